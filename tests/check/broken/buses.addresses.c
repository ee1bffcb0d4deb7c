/* SPDX-License-Identifier: Apache-2.0
 *
 * A bus on which no address can be.
 */
#include "base.h"

#include <backplane/i2c.h>

struct broken {
    struct bp_list parts;
};

static const struct bp_bus_row buses[] = {
    {.name = "i2c",
     .doc = "parts",
     .kind = BP_I2C_BUS,
     .peer_iface = BP_I2C_TARGET_ID,
     .offset = BP_OFFSET(struct broken, parts),
     .min = BP_I2C_LAST,
     .max = BP_I2C_FIRST},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .buses = BP_ARRAY(buses),
};

PLUGIN(broken)
