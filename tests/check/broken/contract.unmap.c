/* SPDX-License-Identifier: Apache-2.0
 *
 * Unmaps another length than it mapped.
 */
#include "base.h"

struct broken {
    const struct bp_dma_api *dma;
    struct bp_bus *bus;
    uint64_t value;
};

static const struct bp_port ports[] = {
    {.name = "bus",
     .doc = "where DMA goes",
     .kind = BP_PORT_BUS,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct broken, bus)},
};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;
    uint64_t bytes = 4096; /* out: what is contiguous */
    void *ring = b->dma->map(b->bus, value, &bytes, BP_DMA_TO_DEVICE);

    if (ring)
        b->dma->unmap(b->bus, ring, 64, BP_DMA_TO_DEVICE);
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 8,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value),
     .on_write = on_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_iface_row ifaces[] = {
    {BP_DMA_ID, BP_OFFSET(struct broken, dma)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .ports = BP_ARRAY(ports),
    .init = init,
};

PLUGIN(broken)
