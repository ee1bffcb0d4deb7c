/* SPDX-License-Identifier: Apache-2.0
 *
 * A period of 0 arms the timer for now, again and again.
 */
#include "base.h"

struct broken {
    struct bp_dev *dev;
    const struct bp_timer_api *timers;
    struct bp_timer *timer;
    uint32_t value;
};

static void on_tick(void *self)
{
    struct broken *b = self;

    b->timers->arm(b->timer, b->timers->now(b->dev, BP_TIME_VIRTUAL) + b->value % 4 * 1000);
}

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    on_tick(self);
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

static const struct bp_iface_row ifaces[] = {
    {BP_TIMER_ID, BP_OFFSET(struct broken, timers)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    b->dev = dev;
    b->timer = b->timers->create(dev, "tick", on_tick);
    return b->timer ? BP_OK : BP_E_NOMEM;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
};

PLUGIN(broken)
