/* SPDX-License-Identifier: Apache-2.0
 *
 * room() returns a negative number.
 */
#include "base.h"

struct broken {
    struct bp_char *chr;
    uint32_t used;
};

static uint32_t room(void *self)
{
    return 16u - ((struct broken *)self)->used - 1000;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    ((struct broken *)self)->used += bytes;
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
