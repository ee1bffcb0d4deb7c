/* SPDX-License-Identifier: Apache-2.0
 *
 * A register follows a pointer that nobody has set.
 */
#include "base.h"

struct broken {
    uint32_t value;
    uint32_t *next;
};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;

    *b->next = (uint32_t)value;
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value),
     .on_write = on_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
