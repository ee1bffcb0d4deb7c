/* SPDX-License-Identifier: Apache-2.0
 *
 * Linked with -z execstack: the stack of the whole machine becomes executable.
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
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
