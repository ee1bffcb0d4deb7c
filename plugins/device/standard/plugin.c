/* SPDX-License-Identifier: Apache-2.0
 *
 * standard.so: devices that many boards share.
 */
#include "standard.h"

#include <string.h>

static const struct bp_device_class *const classes[] = {
    &ns16550_class, &goldfish_rtc_class, &syscon_class, &cfi_flash_class, NULL,
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
        .id = "standard",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "UART, real-time clock, system controller and flash",
        .get_factory = get_factory,
    };

    return &plugin;
}
