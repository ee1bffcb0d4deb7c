/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes accesses in parallel and drives lines in them, for which the lock is needed: several threads
 * have something to report at once.
 */
#include "base.h"

struct broken {
    const struct bp_line_api *lines;
    struct bp_line *irq[4];
    uint32_t value[4];
};

#define IRQ(n)                                                                                     \
    {                                                                                              \
        .name = "irq" #n, .doc = "interrupts", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,             \
        .offset = BP_OFFSET(struct broken, irq[n]), .width = 2                                     \
    }

static const struct bp_port ports[] = {IRQ(0), IRQ(1), IRQ(2), IRQ(3)};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;

    b->lines->set(b->irq[value % 4], 0, 1);
}

#define VALUE(n)                                                                                   \
    {                                                                                              \
        .offset = 4 * (n), .width = 4, .name = "VALUE" #n, .doc = "a value",                       \
        .bound = BP_OFFSET(struct broken, value[n]), .on_write = on_write                          \
    }

static const struct bp_reg regs[] = {VALUE(0), VALUE(1), VALUE(2), VALUE(3)};

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

    for (uint32_t i = 0; i < 4; i++)
        b->lines->set(b->irq[i], 0, 0);
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .flags = BP_DEVICE_PARALLEL,
    .regions = BP_ARRAY(regions),
    .ports = BP_ARRAY(ports),
    .init = init,
    .reset = reset,
};

PLUGIN(broken)
