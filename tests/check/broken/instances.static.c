/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps its count in a static variable.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static uint32_t count;

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return access->flags & BP_ACCESS_DEBUG ? 0 : count;
}

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    count = (uint32_t)value;
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value),
     .on_read = on_read,
     .on_write = on_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static void reset(void *self, uint32_t kind)
{
    count = 0;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .reset = reset,
};

PLUGIN(broken)
