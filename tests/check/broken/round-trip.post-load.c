/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading changes what was saved.
 */
#include "base.h"

struct broken {
    uint32_t value, count;
};

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return ((struct broken *)self)->count;
}

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    ((struct broken *)self)->count++;
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
    ((struct broken *)self)->count = 0;
}

static int32_t post_load(void *self)
{
    ((struct broken *)self)->count++;
    return BP_OK;
}

static const struct bp_state_field fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct broken, count), .name = "count"},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields), .post_load = post_load};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .reset = reset,
};

PLUGIN(broken)
