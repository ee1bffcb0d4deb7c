/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows the host's clock to the guest.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

#include <time.h>

static uint64_t on_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return access->flags & BP_ACCESS_DEBUG ? 0 : (uint64_t)time(NULL);
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

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
