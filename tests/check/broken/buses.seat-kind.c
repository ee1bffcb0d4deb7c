/* SPDX-License-Identifier: Apache-2.0
 *
 * A seat on a bus without a name.
 */
#include "base.h"

#include <backplane/attach.h>

struct broken {
    struct bp_attached seat;
};

static const struct bp_seat_row seats[] = {
    {.name = "i2c", .doc = "the controller", .offset = BP_OFFSET(struct broken, seat)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .seats = BP_ARRAY(seats),
};

PLUGIN(broken)
