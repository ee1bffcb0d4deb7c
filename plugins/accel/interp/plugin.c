/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c - the door of interp.so.
 */
#include <string.h>

#include "interp.h"

static const struct bp_accel_class *const classes[] = {&interp_class, NULL};
static const struct bp_accel_factory factory = {.size = sizeof factory, .classes = classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_ACCELS) ? NULL : &factory;
}

static const struct bp_plugin plugin = {
    .size = sizeof plugin,
    .id = "interp",
    .version = "0.1.0",
    .vendor = "Backplane",
    .license = "Apache-2.0",
    .doc = "accelerator that interprets pre-decoded IR",
    .get_factory = get_factory,
};

const struct bp_plugin *bp_plugin_query_v1(void)
{
    return &plugin;
}
