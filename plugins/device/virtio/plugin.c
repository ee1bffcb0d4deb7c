/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio.so: virtio devices over MMIO.
 */
#include "virtio.h"

extern const struct bp_device_class virtio_blk_class, virtio_rng_class, virtio_console_class;

static const struct bp_device_class *const classes[] = {
    &virtio_blk_class,
    &virtio_rng_class,
    &virtio_console_class,
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
        .id = "virtio",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "virtio block, entropy and console devices",
        .get_factory = get_factory,
    };

    return &plugin;
}
