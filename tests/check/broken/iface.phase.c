/* SPDX-License-Identifier: Apache-2.0
 *
 * get_iface() depends on the phase.
 */
#include "base.h"

struct broken {
    uint32_t value, ready;
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

static const struct bp_fdt_node node = {.size = sizeof node, .compatible = "acme,broken"};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    ((struct broken *)self)->ready = 1;
    return BP_OK;
}

static const void *get_iface(void *self, const char *id)
{
    const struct broken *b = self;

    return b->ready && !strcmp(id, BP_FDT_NODE_ID) ? &node : NULL;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
    .get_iface = get_iface,
};

PLUGIN(broken)
