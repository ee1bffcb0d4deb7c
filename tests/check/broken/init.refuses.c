/* SPDX-License-Identifier: Apache-2.0
 *
 * Refuses the defaults of its own properties.
 */
#include "base.h"

struct broken {
    uint32_t value, depth;
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
    {.name = "depth",
     .doc = "a depth",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct broken, depth)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct broken *b = self;

    if (!b->depth) /* and the default is 0 */
        return bp_fail(core, dev, BP_E_INVAL, "depth", "0 entries hold nothing: give it some");
    return BP_OK;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .props = BP_ARRAY(props),
    .init = init,
};

PLUGIN(broken)
