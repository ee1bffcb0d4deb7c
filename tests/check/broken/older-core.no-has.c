/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls a function that came after SDK 0.1 without BP_HAS.
 */
#include "base.h"

struct broken {
    const struct bp_char_api *chars;
    struct bp_char *chr;
    uint32_t value;
};

static uint32_t room(void *self)
{
    return 0;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
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

static const struct bp_iface_row ifaces[] = {
    {BP_CHAR_ID, BP_OFFSET(struct broken, chars)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct broken *b = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (!status)
        b->value = b->chars->attached(b->chr);
    return status;
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .ports = BP_ARRAY(ports),
    .init = init,
};

PLUGIN(broken)
