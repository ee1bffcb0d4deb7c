/* SPDX-License-Identifier: Apache-2.0
 *
 * Returns BP_E_NOENT in a core without bp.trace/1.
 */
#include "base.h"

struct broken {
    uint32_t value;
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
    return core->get(core, BP_TRACE_ID) ? BP_OK : BP_E_NOENT;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
};

PLUGIN(broken)
