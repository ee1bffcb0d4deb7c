/* SPDX-License-Identifier: Apache-2.0
 *
 * A CAN controller that sends while its bits have no length.
 */
#include "base.h"

#include <backplane/can.h>

struct broken {
    struct bp_attached wire;
};

static void reset(void *self, uint32_t kind)
{
    struct broken *b = self;
    const struct bp_can_wire *wire = b->wire.iface;
    const struct bp_can_frame frame = {.size = sizeof frame, .id = 1};

    (void)kind;
    wire->send(b->wire.self, b, &frame, 0);
}

static uint32_t hear(void *self, const struct bp_can_frame *frame, uint64_t bit_ns)
{
    (void)self;
    (void)frame;
    (void)bit_ns;
    return BP_CAN_SILENT;
}

static void receive(void *self, const struct bp_can_frame *frame)
{
    (void)self;
    (void)frame;
}

static void number(void *self, uint32_t value)
{
    (void)self;
    (void)value;
}

static const struct bp_can_node node = {sizeof node, 0, hear, receive, number, number};

static const void *get_iface(void *self, const char *id)
{
    (void)self;
    return strcmp(id, BP_CAN_NODE_ID) ? NULL : &node;
}

static const struct bp_seat_row seats[] = {
    {.name = "can",
     .doc = "the wire",
     .kind = BP_CAN_BUS,
     .peer_iface = BP_CAN_WIRE_ID,
     .offset = BP_OFFSET(struct broken, wire)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .seats = BP_ARRAY(seats),
    .reset = reset,
    .get_iface = get_iface,
};

PLUGIN(broken)
