/* SPDX-License-Identifier: Apache-2.0
 *
 * Uses bp.trace/1 without looking whether the core has it.
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
    const struct bp_trace_api *trace = core->get(core, BP_TRACE_ID);

    trace->log(dev, BP_LOG_DEBUG, "here I am");
    return BP_OK;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
};

PLUGIN(broken)
