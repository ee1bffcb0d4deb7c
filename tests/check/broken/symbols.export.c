/* SPDX-License-Identifier: Apache-2.0
 *
 * Exports a second function.
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

BP_EXPORT int broken_helper(int value);

int broken_helper(int value)
{
    return value + 1;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
