/* SPDX-License-Identifier: Apache-2.0
 *
 * Refuses some values without a word.
 */
#include "base.h"

struct broken {
    uint32_t value, rate;
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

static const struct bp_prop props[] = {
    {.name = "rate",
     .doc = "bits a second",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct broken, rate),
     .def = "9600"},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct broken *b = self;

    return b->rate % 300 ? BP_E_UNSUPPORTED : BP_OK;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .props = BP_ARRAY(props),
    .init = init,
};

PLUGIN(broken)
