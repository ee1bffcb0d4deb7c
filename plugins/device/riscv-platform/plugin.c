/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv-platform.so: what stands around RISC-V harts.
 */
#include "platform.h"

static const struct bp_device_class *const classes[] = {
    &aclint_class, &plic_class, &htif_class, &test_finisher_class, NULL,
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
        .id = "riscv-platform",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "interrupt controllers, timers and the host interface of RISC-V machines",
        .get_factory = get_factory,
    };

    return &plugin;
}
