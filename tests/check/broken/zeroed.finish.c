/* SPDX-License-Identifier: Apache-2.0
 *
 * finish() takes for granted that init() was called.
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

    b->buffer = malloc(16);
    return b->buffer ? BP_OK : BP_E_NOMEM;
}

static void finish(void *self)
{
    struct broken *b = self;

    b->buffer[0] = 0; /* as if to wipe a secret */
    free(b->buffer);
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
    .finish = finish,
};

PLUGIN(broken)
