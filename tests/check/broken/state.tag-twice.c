/* SPDX-License-Identifier: Apache-2.0
 *
 * Two state rows with one tag.
 */
#include "base.h"

struct broken {
    uint32_t value, other;
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

static const struct bp_state_field fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct broken, value), .name = "value"},
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct broken, other), .name = "other"},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields)};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .state = &state,
};

PLUGIN(broken)
