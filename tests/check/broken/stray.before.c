/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes one element before the instance.
 */
#include "base.h"

struct broken {
    uint32_t fifo[8];
    uint32_t value;
};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;

    b->fifo[(int32_t)(value % 4) - 1] = 0; /* value 0 gives -1 */
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
