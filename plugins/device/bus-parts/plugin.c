/* SPDX-License-Identifier: Apache-2.0
 *
 * bus-parts.so: parts that sit on a serial bus, whoever makes the controller.
 */
#include "parts.h"

#include <string.h>

static const struct bp_device_class *const classes[] = {
    &at24_class,
    &spi_nor_class,
    &tmp102_class,
    NULL,
};

static const struct bp_device_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "bus-parts",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "memories and sensors on I2C and SPI",
        .get_factory = get_factory,
    };

    return &plugin;
}
