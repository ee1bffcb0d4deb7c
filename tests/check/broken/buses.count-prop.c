/* SPDX-License-Identifier: Apache-2.0
 *
 * A bus whose number of addresses is a property that the class has not.
 */
#include "base.h"

#include <backplane/spi.h>

struct broken {
    struct bp_list parts;
};

static const struct bp_bus_row buses[] = {
    {.name = "spi",
     .doc = "parts",
     .kind = BP_SPI_BUS,
     .peer_iface = BP_SPI_TARGET_ID,
     .offset = BP_OFFSET(struct broken, parts),
     .count_prop = "num-cs"},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .buses = BP_ARRAY(buses),
};

PLUGIN(broken)
