/* SPDX-License-Identifier: Apache-2.0
 *
 * A reset forgets a request that is in flight.
 */
#include "base.h"

struct broken {
    const struct bp_block_api *blocks;
    struct bp_block *drive;
    uint32_t value, busy;
    uint8_t sector[512];
};

static void on_complete(void *self, uint64_t token, int32_t status)
{
    ((struct broken *)self)->busy = 0;
}

static const struct bp_block_client client = {.size = sizeof client, .on_complete = on_complete};

static const struct bp_port ports[] = {
    {.name = "drive",
     .doc = "a disk",
     .kind = BP_PORT_BLOCK,
     .offset = BP_OFFSET(struct broken, drive),
     .client = &client},
};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;
    struct bp_iovec iov = {b->sector, sizeof b->sector};

    if (!b->busy && b->blocks->submit(b->drive, BP_BLOCK_READ, 0, 512, &iov, 1, 0) == BP_OK)
        b->busy = 1;
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
    {BP_BLOCK_ID, BP_OFFSET(struct broken, blocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static void reset(void *self, uint32_t kind)
{
    ((struct broken *)self)->busy = 0;
}

static const struct bp_device_class broken = {
    CLASS(struct broken), .regions = BP_ARRAY(regions), .ports = BP_ARRAY(ports), .init = init,
    .reset = reset,
};

PLUGIN(broken)
