/* SPDX-License-Identifier: Apache-2.0
 *
 * other.h - the doors of plug-ins that are no device.
 */
#ifndef BROKEN_OTHER_H
#define BROKEN_OTHER_H

#include "base.h"

#include <backplane/accel.h>
#include <backplane/backend.h>

#define DOOR(id_of_factory, factory_type, class_type, cls)                                         \
    static const void *get_factory(const char *id)                                                 \
    {                                                                                              \
        static const struct class_type *const classes[] = {&(cls), NULL};                          \
        static const struct factory_type factory = {sizeof factory, 0, classes};                   \
                                                                                                   \
        return strcmp(id, id_of_factory) ? NULL : &factory;                                        \
    }                                                                                              \
                                                                                                   \
    BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)                                     \
    {                                                                                              \
        static const struct bp_plugin plugin = {                                                   \
            .size = sizeof plugin, PLUGIN_TEXTS, .get_factory = get_factory};                      \
                                                                                                   \
        return &plugin;                                                                            \
    }

#define BACKEND(cls) DOOR(BP_FACTORY_BACKENDS, bp_backend_factory, bp_backend_class, cls)
#define CPU(cls)     DOOR(BP_FACTORY_CPUS, bp_cpu_factory, bp_cpu_class, cls)
#define ACCEL(cls)   DOOR(BP_FACTORY_ACCELS, bp_accel_factory, bp_accel_class, cls)

#endif
