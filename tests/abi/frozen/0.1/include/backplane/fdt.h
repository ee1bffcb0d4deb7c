/* SPDX-License-Identifier: Apache-2.0
 *
 * fdt.h - bp.fdt-node/1: how a node presents itself in the guest's device tree.
 *
 * The core writes what the description already says: the node with its unit address, `reg`, `interrupts`
 * and `interrupt-parent`, `clocks`, `#interrupt-cells` and `interrupt-controller` of providers, phandles. The class
 * adds `compatible` and what only it knows. Bindings: the Devicetree Specification and the Linux bindings.
 */
#ifndef BACKPLANE_FDT_H
#define BACKPLANE_FDT_H

#include <backplane/plugin.h>

BP_BEGIN

/* Given to emit(); valid during the call. Every function returns BP_OK or BP_E_FULL. */
struct bp_fdt_writer {
    uint32_t size, flags;
    void *ctx;
    int32_t (*u32)(void *ctx, const char *prop, uint32_t value);
    int32_t (*u64)(void *ctx, const char *prop, uint64_t value); /* two cells */
    int32_t (*cells)(void *ctx, const char *prop, const uint32_t *cells, uint32_t count);
    int32_t (*str)(void *ctx, const char *prop,
                   const char *text); /* a list: strings joined by '\n' */
    int32_t (*bytes)(void *ctx, const char *prop, const void *data, uint32_t bytes);
    int32_t (*empty)(void *ctx, const char *prop);
    int32_t (*begin)(void *ctx, const char *name); /* a child node */
    int32_t (*end)(void *ctx);
    /* Phandle of another node of the machine, or of the child `child` of it (a CPU's "interrupt-controller"). */
    uint32_t (*phandle)(void *ctx, struct bp_dev *dev, const char *child);
    /* Base address and size of region `index` of this node; BP_E_NOENT. */
    int32_t (*reg)(void *ctx, uint32_t index, uint64_t *base, uint64_t *bytes);
};

#define BP_FDT_NODE_ID "bp.fdt-node/1"
struct bp_fdt_node {
    uint32_t size, flags;
    const char *name; /* generic name: "serial", "interrupt-controller"; NULL: the node's name */
    const char *compatible; /* strings joined by '\n', most specific first; NULL: none */
    int32_t (*emit)(void *self, const struct bp_fdt_writer *writer); /* [main]; may be NULL */
};
#define BP_FDT_NO_REG                                                                              \
    1u /* flag: do not write `reg`; the unit address follows one that emit() writes */
#define BP_FDT_NO_INTERRUPTS                                                                       \
    2u                 /* flag: emit() writes the interrupts itself (interrupts-extended) */
#define BP_FDT_ROOT 4u /* flag: sits under the root, not under /soc */

BP_END
#endif
