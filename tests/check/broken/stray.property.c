/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes into the value of a property.
 */
#include "base.h"

struct broken {
    uint32_t value;
    char *label;
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
    {.name = "label",
     .doc = "a label",
     .type = BP_PROP_STR,
     .offset = BP_OFFSET(struct broken, label),
     .def = "unnamed"},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;

    if (b->label)
        b->label[0] = 'U';
    return BP_OK;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .props = BP_ARRAY(props),
    .init = init,
};

PLUGIN(broken)
