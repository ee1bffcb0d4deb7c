/* SPDX-License-Identifier: Apache-2.0
 *
 * read() returns BP_OK on a path that stores nothing.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static int32_t read(void *self, const struct bp_access *access, uint64_t *value)
{
    if (access->addr == 0)
        *value = ((struct broken *)self)->value;
    return BP_OK;
}

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .length = 64, .read = read},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
