/* SPDX-License-Identifier: Apache-2.0
 *
 * A debugger's look clears the register.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    ((struct broken *)self)->value = 0;
    return value;
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value),
     .on_read = on_read},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
