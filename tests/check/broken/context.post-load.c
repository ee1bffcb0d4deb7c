/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives its line again after a snapshot was loaded.
 */
#include "base.h"

struct broken {
    const struct bp_line_api *lines;
    struct bp_line *irq;
    uint32_t value;
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "interrupts",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct broken, irq),
     .width = 2},
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

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct broken, lines)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static int32_t post_load(void *self)
{
    struct broken *b = self;

    b->lines->set(b->irq, 0, b->value & 1);
    return BP_OK;
}

static const struct bp_state state = {.size = sizeof state, .version = 1, .post_load = post_load};

static const struct bp_device_class broken = {
    CLASS(struct broken), .regions = BP_ARRAY(regions), .ports = BP_ARRAY(ports), .state = &state,
    .init = init,
};

PLUGIN(broken)
