/* SPDX-License-Identifier: Apache-2.0
 *
 * base.h - what the broken plug-ins have in common: everything that is right. A file is named
 * CHECK.WHAT.c after the check that has to find it, holds one class with one fault, and ends with
 * PLUGIN(class) or a door of its own.
 */
#ifndef BROKEN_BASE_H
#define BROKEN_BASE_H

#include <backplane/block.h>
#include <backplane/bus.h>
#include <backplane/char.h>
#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/thread.h>
#include <backplane/time.h>
#include <backplane/trace.h>
#include <backplane/util/bytes.h>
#include <backplane/util/ifaces.h>

#include <stdlib.h>
#include <string.h>

/* Members of a class that every file writes alike. */
#define CLASS(type)                                                                                \
    .size = sizeof(struct bp_device_class), .instance_size = sizeof(type),                         \
    .instance_align = _Alignof(type), .name = "broken", .doc = "A device with one fault."

#define PLUGIN_TEXTS                                                                               \
    .id = "broken", .version = "1.0.0", .vendor = "Backplane", .license = "Apache-2.0",            \
    .doc = "a plug-in with one fault"

#define PLUGIN(cls)                                                                                \
    static const void *get_factory(const char *id)                                                 \
    {                                                                                              \
        static const struct bp_device_class *const classes[] = {&(cls), NULL};                     \
        static const struct bp_device_factory factory = {sizeof factory, 0, classes};              \
                                                                                                   \
        return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;                                   \
    }                                                                                              \
                                                                                                   \
    BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)                                     \
    {                                                                                              \
        static const struct bp_plugin plugin = {                                                   \
            .size = sizeof plugin, PLUGIN_TEXTS, .get_factory = get_factory};                      \
                                                                                                   \
        return &plugin;                                                                            \
    }

#endif
