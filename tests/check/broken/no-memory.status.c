/* SPDX-License-Identifier: Apache-2.0
 *
 * Blames the user when there is no memory.
 */
#include "base.h"

struct broken {
    uint32_t value;
    uint8_t *buffer;
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

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;

    b->buffer = malloc(64);
    if (!b->buffer)
        return bp_fail(core, dev, BP_E_INVAL, NULL, "something is wrong: try again");
    return BP_OK;
}

static void finish(void *self)
{
    free(((struct broken *)self)->buffer);
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
    .finish = finish,
};

PLUGIN(broken)
