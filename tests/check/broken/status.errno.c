/* SPDX-License-Identifier: Apache-2.0
 *
 * Returns errno.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

#include <errno.h>

static int32_t read(void *self, const struct bp_access *access, uint64_t *value)
{
    *value = 0;
    return access->addr < 32 ? BP_OK : -EINVAL;
}

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .length = 64, .read = read},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
