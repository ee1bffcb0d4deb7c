/* SPDX-License-Identifier: Apache-2.0
 *
 * sifive.so: peripherals of SiFive's FU540-C000 and FE310 chips.
 */
#include "sifive.h"

#include <string.h>

static const struct bp_device_class *const classes[] = {
    &gpio_class, &i2c_class,  &pdma_class, &pwm_class, &qspi_class,
    &spi_class,  &uart_class, &wdt_class,  NULL,
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
        .id = "sifive",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "peripherals of SiFive's FU540-C000 and FE310",
        .get_factory = get_factory,
    };

    return &plugin;
}
