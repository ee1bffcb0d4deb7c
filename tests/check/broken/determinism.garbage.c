/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows memory that nobody wrote.
 */
#include "base.h"

struct broken {
    uint32_t value;
    uint8_t *buffer;
};

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    const struct broken *b = self;

    return b->buffer[0];
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

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;

    b->buffer = malloc(4000);
    return b->buffer ? BP_OK : BP_E_NOMEM;
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
