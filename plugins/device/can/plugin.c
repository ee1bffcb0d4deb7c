/* SPDX-License-Identifier: Apache-2.0
 *
 * can.so: CAN controllers, and the wire between them.
 */
#include "can-classes.h"

#include <string.h>

static const struct bp_device_class *const classes[] = {&can_bus_class, &sja1000_class, NULL};

static const struct bp_device_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "can",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "CAN controllers and their wire",
        .get_factory = get_factory,
    };

    return &plugin;
}
