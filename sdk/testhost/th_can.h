/* SPDX-License-Identifier: Apache-2.0
 *
 * th_can.h - CAN without the other side: the test as the wire of a controller, or made-up nodes for a
 * wire.
 */
#ifndef BACKPLANE_TH_CAN_H
#define BACKPLANE_TH_CAN_H

#include "th_attach.h"

#include <backplane/can.h>

/* --- the test is the wire ------------------------------------------------------------- */

/* For th_seat(): `self` is this, `iface` th_can_wire_iface. */
struct th_can_wire {
    struct bp_can_frame frame; /* put up last */
    uint64_t bit_ns;
    uint32_t up;             /* 1 while a frame is up */
    uint32_t on_wire;        /* set by the test: the frame has begun */
    uint32_t sends, cancels; /* so far */
};

static inline int32_t th_can_wire_send(void *self, const void *node,
                                       const struct bp_can_frame *frame, uint64_t bit_ns)
{
    struct th_can_wire *w = (struct th_can_wire *)self;

    (void)node;
    if (w->on_wire)
        return BP_E_STATE;
    w->frame = *frame;
    w->bit_ns = bit_ns;
    w->up = 1;
    w->sends++;
    return BP_OK;
}

static inline int32_t th_can_wire_cancel(void *self, const void *node)
{
    struct th_can_wire *w = (struct th_can_wire *)self;

    (void)node;
    if (w->on_wire)
        return BP_E_STATE;
    w->up = 0;
    w->cancels++;
    return BP_OK;
}

static inline uint32_t th_can_wire_activity(void *self, const void *node)
{
    (void)node;
    return ((struct th_can_wire *)self)->on_wire ? 2 : 0;
}

static const struct bp_can_wire th_can_wire_iface __attribute__((unused)) = {
    sizeof(struct bp_can_wire), 0, th_can_wire_send, th_can_wire_cancel, th_can_wire_activity};

static inline const struct bp_can_node *th_can(const struct th *t)
{
    return (const struct bp_can_node *)th_iface(t, BP_CAN_NODE_ID);
}

/* The frame that is up ends so. */
static inline void th_can_sent(struct th *t, struct th_can_wire *w, uint32_t result)
{
    w->up = w->on_wire = 0;
    th_can(t)->sent(t->self, result);
}

/* A frame from somebody else, at `bit_ns`. Returns what the controller makes of it. */
static inline uint32_t th_can_receive(struct th *t, uint32_t id, uint32_t flags, const void *data,
                                      uint32_t length, uint64_t bit_ns)
{
    struct bp_can_frame frame = {sizeof frame, flags, id, length, {0}};
    uint32_t reaction;

    if (length && data)
        memcpy(frame.data, data, length);
    reaction = th_can(t)->hear(t->self, &frame, bit_ns);
    if (reaction == BP_CAN_ACK || reaction == BP_CAN_LISTENS)
        th_can(t)->receive(t->self, &frame);
    return reaction;
}

/* --- a made-up node -------------------------------------------------------------------- */

/* For th_attach(): `self` is this, `iface` th_can_node_iface. */
struct th_can_node {
    uint32_t reaction; /* BP_CAN_*, what it makes of frames */
    struct bp_can_frame received[16];
    uint32_t nreceived, heard, sent, result, lost, lost_bit;
    uint64_t bit_ns; /* of what was heard last */
};

static inline uint32_t th_can_node_hear(void *self, const struct bp_can_frame *frame,
                                        uint64_t bit_ns)
{
    struct th_can_node *n = (struct th_can_node *)self;

    (void)frame;
    n->heard++;
    n->bit_ns = bit_ns;
    return n->reaction;
}

static inline void th_can_node_receive(void *self, const struct bp_can_frame *frame)
{
    struct th_can_node *n = (struct th_can_node *)self;

    n->received[n->nreceived % 16] = *frame;
    n->nreceived++;
}

static inline void th_can_node_sent(void *self, uint32_t result)
{
    struct th_can_node *n = (struct th_can_node *)self;

    n->sent++;
    n->result = result;
}

static inline void th_can_node_lost(void *self, uint32_t bit)
{
    struct th_can_node *n = (struct th_can_node *)self;

    n->lost++;
    n->lost_bit = bit;
}

static const struct bp_can_node th_can_node_iface
    __attribute__((unused)) = {sizeof(struct bp_can_node), 0,
                               th_can_node_hear,           th_can_node_receive,
                               th_can_node_sent,           th_can_node_lost};

#endif
