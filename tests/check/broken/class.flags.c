/* SPDX-License-Identifier: Apache-2.0
 *
 * A flag that no SDK has.
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

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .flags = 0x80000000u,
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
