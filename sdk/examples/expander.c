/* SPDX-License-Identifier: Apache-2.0
 *
 * An I/O expander with one output register, behind a controller on I2C: what docs/device-author.md builds.
 */
#include <backplane/device.h>
#include <backplane/i2c.h>
#include <backplane/line.h>
#include <backplane/util/ifaces.h>

struct expander {
    const struct bp_line_api *lines;
    struct bp_line *pins;
    struct bp_attached bus; /* the controller, and this part's address */
    uint8_t latch;
};

static uint32_t start(void *self, uint32_t address, uint32_t read)
{
    return 1; /* acknowledged */
}

static uint32_t write(void *self, uint8_t data)
{
    struct expander *e = self;

    e->latch = data;
    for (uint32_t i = 0; i < 8; i++)
        e->lines->set(e->pins, i, data >> i & 1);
    return 1;
}

static uint8_t read(void *self)
{
    return ((struct expander *)self)->latch;
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

static const struct bp_seat_row seats[] = {
    {.name = "i2c",
     .doc = "SCL and SDA",
     .kind = BP_I2C_BUS,
     .offset = BP_OFFSET(struct expander, bus)},
};

static const struct bp_port ports[] = {
    {.name = "pins",
     .doc = "P0 to P7",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct expander, pins),
     .width = 8},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    static const struct bp_iface_row ifaces[] = {{BP_LINE_ID, BP_OFFSET(struct expander, lines)}};

    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static const struct bp_device_class expander_class = {
    .size = sizeof expander_class,
    .instance_size = sizeof(struct expander),
    .instance_align = _Alignof(struct expander),
    .name = "expander",
    .doc = "Eight pins on I2C.",
    .ports = BP_ARRAY(ports),
    .init = init,
    .get_iface = get_iface,
    .seats = BP_ARRAY(seats),
};

static const struct bp_device_class *const classes[] = {&expander_class, NULL};
static const struct bp_device_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "expander",
        .version = "1.0.0",
        .vendor = "ACME",
        .license = "Apache-2.0",
        .doc = "an example",
        .get_factory = get_factory,
    };

    return &plugin;
}
