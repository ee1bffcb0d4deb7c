/* SPDX-License-Identifier: Apache-2.0
 *
 * An init() that fails half way forgets the first half.
 */
#include "base.h"

struct broken {
    uint32_t value;
    uint8_t *second;
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
    uint8_t *first = malloc(64);

    if (!first)
        return BP_E_NOMEM;
    b->second = malloc(64);
    if (!b->second)
        return BP_E_NOMEM; /* first is lost */
    free(first);
    return BP_OK;
}

static void finish(void *self)
{
    free(((struct broken *)self)->second);
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
    .finish = finish,
};

PLUGIN(broken)
