/* SPDX-License-Identifier: Apache-2.0
 *
 * Its interrupt survives a cold reset, because what it is pending on does.
 */
#include "base.h"

struct broken {
    const struct bp_line_api *lines;
    struct bp_line *irq;
    uint32_t value, pending;
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "interrupts",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct broken, irq),
     .width = 2},
};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;

    b->pending = 1;
    b->lines->set(b->irq, 0, 1);
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
    {BP_LINE_ID, BP_OFFSET(struct broken, lines)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static void reset(void *self, uint32_t kind)
{
    struct broken *b = self;

    b->lines->set(b->irq, 0, b->pending);
}

static const struct bp_device_class broken = {
    CLASS(struct broken), .regions = BP_ARRAY(regions), .ports = BP_ARRAY(ports), .init = init,
    .reset = reset,
};

PLUGIN(broken)
