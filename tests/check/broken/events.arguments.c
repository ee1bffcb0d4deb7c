/* SPDX-License-Identifier: Apache-2.0
 *
 * An event with seven arguments.
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

static const char *const args[] = {"a", "b", "c", "d", "e", "f", "g", NULL};

static const struct bp_event events[] = {
    {.name = "moved", .doc = "something moved", .args = args, .enable_offset = BP_NO_OFFSET},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .events = BP_ARRAY(events),
};

PLUGIN(broken)
