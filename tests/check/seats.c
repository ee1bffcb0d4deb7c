/* SPDX-License-Identifier: Apache-2.0
 *
 * Two devices that are right, on buses no kit knows: one has to sit there, which only a machine can arrange, the other
 * need not.
 */
#include "broken/base.h"

struct sitter {
    struct bp_attached seat;
};

#define SEAT(when)                                                                                 \
    {                                                                                              \
        {.name = "side",                                                                           \
         .doc = "a bus of its own",                                                                \
         .kind = "com.acme.side/1",                                                                \
         .peer_iface = "com.acme.side-host/1",                                                     \
         .flags = (when),                                                                          \
         .offset = BP_OFFSET(struct sitter, seat),                                                 \
         .word = "side"},                                                                          \
    }

static const struct bp_seat_row required_seats[] = SEAT(0);
static const struct bp_seat_row optional_seats[] = SEAT(BP_SEAT_OPTIONAL);

#define SITTER(label, rows)                                                                        \
    {                                                                                              \
        .size = sizeof(struct bp_device_class), .instance_size = sizeof(struct sitter),            \
        .instance_align = _Alignof(struct sitter), .name = (label),                                \
        .doc = "A part of such a bus.", .seats = BP_ARRAY(rows),                                   \
    }

static const struct bp_device_class required = SITTER("required", required_seats);
static const struct bp_device_class optional = SITTER("optional", optional_seats);

static const void *get_factory(const char *id)
{
    static const struct bp_device_class *const classes[] = {&required, &optional, NULL};
    static const struct bp_device_factory factory = {sizeof factory, 0, classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {.size = sizeof plugin,
                                            .id = "seats",
                                            .version = "1.0.0",
                                            .vendor = "Backplane",
                                            .license = "Apache-2.0",
                                            .doc = "parts of a bus that no kit knows",
                                            .get_factory = get_factory};

    return &plugin;
}
