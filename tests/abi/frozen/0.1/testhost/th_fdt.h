/* SPDX-License-Identifier: Apache-2.0
 *
 * th_fdt.h - what a device writes into the guest's device tree, as text to compare: one "name =
 * value" a line, numbers in hexadecimal, children in braces, every phandle 0x1.
 */
#ifndef BACKPLANE_TH_FDT_H
#define BACKPLANE_TH_FDT_H

#include "th_types.h"

static inline int32_t th_fdt_text(struct th *t, const char *text)
{
    size_t bytes = strlen(text);

    if (t->nfdt + bytes >= sizeof t->fdt)
        return BP_E_FULL;
    memcpy(t->fdt + t->nfdt, text, bytes + 1);
    t->nfdt += (uint32_t)bytes;
    return BP_OK;
}

static inline int32_t th_fdt_cells(void *ctx, const char *prop, const uint32_t *cells,
                                   uint32_t count)
{
    struct th *t = (struct th *)ctx;
    char word[16];
    int32_t status = th_fdt_text(t, prop);

    if (!status)
        status = th_fdt_text(t, " = <");
    for (uint32_t i = 0; i < count && !status; i++) {
        snprintf(word, sizeof word, i ? " %#x" : "%#x", cells[i]);
        status = th_fdt_text(t, word);
    }
    return status ? status : th_fdt_text(t, ">\n");
}

static inline int32_t th_fdt_u32(void *ctx, const char *prop, uint32_t value)
{
    return th_fdt_cells(ctx, prop, &value, 1);
}

static inline int32_t th_fdt_u64(void *ctx, const char *prop, uint64_t value)
{
    uint32_t cells[2] = {(uint32_t)(value >> 32), (uint32_t)value};

    return th_fdt_cells(ctx, prop, cells, 2);
}

static inline int32_t th_fdt_str(void *ctx, const char *prop, const char *text)
{
    char line[512];

    snprintf(line, sizeof line, "%s = \"%s\"\n", prop, text);
    return th_fdt_text((struct th *)ctx, line);
}

static inline int32_t th_fdt_bytes(void *ctx, const char *prop, const void *data, uint32_t bytes)
{
    char line[512];

    (void)data;
    snprintf(line, sizeof line, "%s = [%u bytes]\n", prop, bytes);
    return th_fdt_text((struct th *)ctx, line);
}

static inline int32_t th_fdt_empty(void *ctx, const char *prop)
{
    char line[256];

    snprintf(line, sizeof line, "%s\n", prop);
    return th_fdt_text((struct th *)ctx, line);
}

static inline int32_t th_fdt_begin(void *ctx, const char *name)
{
    char line[256];

    ((struct th *)ctx)->fdt_depth++;
    snprintf(line, sizeof line, "%s {\n", name);
    return th_fdt_text((struct th *)ctx, line);
}

static inline int32_t th_fdt_end(void *ctx)
{
    struct th *t = (struct th *)ctx;

    if (!t->fdt_depth)
        th_violation(t, "fdt end: no child is open");
    else
        t->fdt_depth--;
    return th_fdt_text(t, "}\n");
}

static inline uint32_t th_fdt_phandle(void *ctx, struct bp_dev *dev, const char *child)
{
    (void)child;
    if (!dev)
        th_violation((struct th *)ctx, "fdt phandle: of no node");
    return 1;
}

static inline int32_t th_fdt_reg(void *ctx, uint32_t index, uint64_t *base, uint64_t *bytes)
{
    struct th *t = (struct th *)ctx;

    if (index >= t->cls->nregions)
        return BP_E_NOENT;
    *base = 0x10000000u + 0x100000u * index;
    *bytes = t->regions[index].bytes;
    return BP_OK;
}

/* The node's compatible and everything emit() writes; "" when the class has no bp.fdt-node/1. */
static inline const char *th_fdt(struct th *t)
{
    struct bp_fdt_writer w = {sizeof w,
                              0,
                              t,
                              th_fdt_u32,
                              th_fdt_u64,
                              th_fdt_cells,
                              th_fdt_str,
                              th_fdt_bytes,
                              th_fdt_empty,
                              th_fdt_begin,
                              th_fdt_end,
                              th_fdt_phandle,
                              th_fdt_reg};
    const struct bp_fdt_node *node = NULL;

    if (t->cls->get_iface)
        node = (const struct bp_fdt_node *)t->cls->get_iface(t->self, BP_FDT_NODE_ID);
    t->nfdt = 0;
    t->fdt[0] = 0;
    if (node && node->compatible)
        th_fdt_str(t, "compatible", node->compatible);
    if (node && node->emit && node->emit(t->self, &w))
        th_violation(t, "fdt emit: failed");
    if (t->fdt_depth)
        th_violation(t, "fdt emit: a child is left open");
    return t->fdt;
}

#endif
