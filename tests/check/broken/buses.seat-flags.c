/* SPDX-License-Identifier: Apache-2.0
 *
 * A seat with a flag that no SDK has.
 */
#include "base.h"

#include <backplane/i2c.h>

static uint32_t start(void *self, uint32_t address, uint32_t read)
{
    return 1;
}

static uint32_t write(void *self, uint8_t data)
{
    return 1;
}

static uint8_t read(void *self)
{
    return 0;
}

static void stop(void *self)
{
}

static const struct bp_i2c_target target = {
    .size = sizeof target, .start = start, .write = write, .read = read, .stop = stop};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_I2C_TARGET_ID) ? NULL : &target;
}

struct broken {
    struct bp_attached seat;
};

static const struct bp_seat_row seats[] = {
    {.name = "i2c",
     .doc = "the controller",
     .kind = BP_I2C_BUS,
     .flags = 0x80,
     .offset = BP_OFFSET(struct broken, seat)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .seats = BP_ARRAY(seats),
    .get_iface = get_iface,
};

PLUGIN(broken)
