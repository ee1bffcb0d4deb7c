/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers only the thread that made it.
 */
#include "base.h"

#include <pthread.h>

struct broken {
    uint32_t value;
    pthread_t maker;
};

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return pthread_equal(((struct broken *)self)->maker, pthread_self()) ? value : 0;
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value),
     .on_read = on_read},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    ((struct broken *)self)->maker = pthread_self();
    return BP_OK;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
};

PLUGIN(broken)
