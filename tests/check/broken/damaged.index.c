/* SPDX-License-Identifier: Apache-2.0
 *
 * Trusts an index from a snapshot.
 */
#include "base.h"

struct broken {
    uint32_t value, head;
    uint8_t fifo[16];
};

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    const struct broken *b = self;

    return b->fifo[b->head];
}

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct broken *b = self;

    b->fifo[b->head] = (uint8_t)value;
    b->head = (b->head + 1) % sizeof b->fifo;
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value),
     .on_read = on_read,
     .on_write = on_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static void reset(void *self, uint32_t kind)
{
    struct broken *b = self;

    b->head = 0;
    memset(b->fifo, 0, sizeof b->fifo);
}

static const struct bp_state_field fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct broken, head), .name = "head"},
    {.tag = 2,
     .type = BP_STATE_U8,
     .offset = BP_OFFSET(struct broken, fifo),
     .name = "fifo",
     .count = 16},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields)};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .reset = reset,
};

PLUGIN(broken)
