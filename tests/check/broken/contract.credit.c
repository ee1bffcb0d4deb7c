/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends before the device has room.
 */
#include "other.h"

struct broken {
    struct bp_dev *dev;
    const struct bp_backend_host *host;
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;

    b->dev = dev;
    b->host = core->get(core, BP_BACKEND_HOST_ID);
    return b->host ? BP_OK : BP_E_UNSUPPORTED;
}

static int64_t write(void *self, const void *data, uint64_t bytes)
{
    struct broken *b = self;

    b->host->input(b->dev, data, bytes); /* an echo */
    return (int64_t)bytes;
}

static const struct bp_backend_class broken = {
    .size = sizeof broken,
    .instance_size = sizeof(struct broken),
    .instance_align = _Alignof(struct broken),
    .name = "broken",
    .doc = "A back end with one fault.",
    .kind = BP_BACKEND_CHAR,
    .init = init,
    .write = write,
};

BACKEND(broken)
