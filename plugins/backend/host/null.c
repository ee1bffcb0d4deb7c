/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `null`: takes everything and says nothing.
 */
#include "services.h"

struct null {
    uint32_t unused;
};

static int64_t take(void *self, const void *data, uint64_t bytes)
{
    (void)self;
    (void)data;
    return (int64_t)bytes;
}

static void credit(void *self, uint64_t bytes)
{
    (void)self;
    (void)bytes;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    (void)self;
    (void)dev;
    (void)core;
    return BP_OK;
}

static void finish(void *self)
{
    (void)self;
}

const struct bp_backend_class null_class = {
    .size = sizeof(null_class),
    .instance_size = sizeof(struct null),
    .instance_align = _Alignof(struct null),
    .name = "null",
    .doc = "loses all output and has no input",
    .kind = BP_BACKEND_CHAR,
    .init = init,
    .finish = finish,
    .write = take,
    .credit = credit,
};
