/* SPDX-License-Identifier: Apache-2.0
 *
 * emit() ignores that the tree is full.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value)},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    w->u32(w->ctx, "acme,depth", 4);
    return w->u32(w->ctx, "acme,width", 8);
}

static const struct bp_fdt_node node = {
    .size = sizeof node, .compatible = "acme,broken", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .get_iface = get_iface,
};

PLUGIN(broken)
