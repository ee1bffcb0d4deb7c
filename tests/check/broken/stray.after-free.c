/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps the bytes it was given in on_input().
 */
#include "base.h"

struct broken {
    struct bp_char *chr;
    const uint8_t *last;
    uint32_t value;
};

static uint32_t room(void *self)
{
    return 64;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct broken *b = self;

    if (b->last)
        b->value = b->last[0];
    b->last = data; /* valid during the call only */
}

static const struct bp_char_client client = {
    .size = sizeof client, .room = room, .on_input = on_input};

static const struct bp_port ports[] = {
    {.name = "chr",
     .doc = "a terminal",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct broken, chr),
     .client = &client},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .ports = BP_ARRAY(ports),
};

PLUGIN(broken)
