/* SPDX-License-Identifier: Apache-2.0
 *
 * finish() forgets a file.
 */
#include "base.h"

struct broken {
    uint32_t value;
    int32_t fd;
};

#include <fcntl.h>

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value)},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    ((struct broken *)self)->fd = open("/dev/null", O_RDONLY);
    return ((struct broken *)self)->fd < 0 ? BP_E_IO : BP_OK;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
    .init = init,
};

PLUGIN(broken)
