/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgets to complete a flush.
 */
#include "other.h"

struct broken {
    struct bp_dev *dev;
    const struct bp_backend_host *host;
};

static int32_t info(void *self, struct bp_block_info *out)
{
    out->bytes = 65536;
    out->sector = 512;
    memset(out->id, 0, sizeof out->id);
    return BP_OK;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;

    b->dev = dev;
    b->host = core->get(core, BP_BACKEND_HOST_ID);
    return b->host ? BP_OK : BP_E_UNSUPPORTED;
}

static void submit(void *self, struct bp_block_io *io)
{
    struct broken *b = self;

    if (io->op != BP_BLOCK_FLUSH)
        b->host->complete(b->dev, io, BP_OK);
}

static const struct bp_backend_class broken = {
    .size = sizeof broken,
    .instance_size = sizeof(struct broken),
    .instance_align = _Alignof(struct broken),
    .name = "broken",
    .doc = "A back end with one fault.",
    .kind = BP_BACKEND_BLOCK,
    .init = init,
    .info = info,
    .submit = submit,
};

BACKEND(broken)
