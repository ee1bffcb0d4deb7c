/* SPDX-License-Identifier: Apache-2.0
 *
 * devicetree.h - the guest's device tree, generated from the graph and the bp.fdt-node/1 of each instance. [main]
 */
#ifndef CORE_FDT_DEVICETREE_H
#define CORE_FDT_DEVICETREE_H

#include "core/machine/machine.h"

struct devicetree_chosen {
    const char *bootargs;              /* NULL: none */
    uint64_t initrd_start, initrd_end; /* both 0: none */
    const uint8_t *rng_seed;           /* NULL: none */
    uint32_t rng_seed_bytes;
    uint64_t reserved, reserved_bytes; /* RAM that programs must leave alone; 0 bytes: none */
};

/* Builds a flattened tree (malloc'ed, *out, *bytes). BP_OK, or a negative status with text in `d`. */
int32_t devicetree_build(struct machine *m, const struct devicetree_chosen *chosen, uint8_t **out,
                         uint32_t *bytes, struct diag *d);
/* A copy of a tree that the user gave (malloc'ed, *out, *out_bytes) with /chosen filled in; what it has there and
 * `chosen` leaves out stays. BP_OK, BP_E_NOMEM, or BP_E_INVAL: not a whole device tree. */
int32_t devicetree_amend(const uint8_t *fdt, uint32_t bytes, const struct devicetree_chosen *chosen,
                         uint8_t **out, uint32_t *out_bytes);
/* Prints a flattened tree as source (.dts) text. */
int32_t devicetree_print(const uint8_t *fdt, uint32_t bytes, FILE *out);

#endif
