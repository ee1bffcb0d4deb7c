/* SPDX-License-Identifier: Apache-2.0
 *
 * get_iface() returns its device tree node for every id.
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

static const struct bp_fdt_node node = {.size = sizeof node, .compatible = "acme,broken"};

static const void *get_iface(void *self, const char *id)
{
    return &node;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .get_iface = get_iface,
};

PLUGIN(broken)
