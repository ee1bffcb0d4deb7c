/* SPDX-License-Identifier: Apache-2.0
 *
 * Its version is no semantic version.
 */
#include "base.h"

static const void *get_factory(const char *id)
{
    static const struct bp_device_class broken = {CLASS(int)};
    static const struct bp_device_class *const classes[] = {&broken, NULL};
    static const struct bp_device_factory factory = {sizeof factory, 0, classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {.size = sizeof plugin,
                                            .id = "broken",
                                            .version = "latest",
                                            .vendor = "Backplane",
                                            .license = "Apache-2.0",
                                            .doc = "a plug-in with one fault",
                                            .get_factory = get_factory};

    return &plugin;
}
