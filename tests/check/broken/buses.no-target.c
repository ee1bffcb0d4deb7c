/* SPDX-License-Identifier: Apache-2.0
 *
 * A part on I2C that offers its controller nothing to call.
 */
#include "base.h"

#include <backplane/i2c.h>

struct broken {
    struct bp_attached seat;
};

static const struct bp_seat_row seats[] = {
    {.name = "i2c",
     .doc = "the controller",
     .kind = BP_I2C_BUS,
     .offset = BP_OFFSET(struct broken, seat)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .seats = BP_ARRAY(seats),
};

PLUGIN(broken)
