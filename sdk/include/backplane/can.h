/* SPDX-License-Identifier: Apache-2.0
 *
 * can.h - bp.can/1: CAN controllers on a wire.
 *
 * The wire is a node of its own, with a bus row of kind BP_CAN_BUS and without addresses; a controller has a seat of that
 * kind (attach.h). The wire arbitrates, keeps the time that frames take, and asks all others what they make of
 * a frame; a controller counts its errors itself. Names and rules are those of the CAN specification 2.0 (Bosch,
 * 1991), part B.
 *
 * Between the wire and the outside of the machine frames travel as records of BP_CAN_RECORD bytes, which is what Linux's
 * raw CAN sockets carry on little-endian hosts: identifier and flags (4 bytes), length (1), three bytes of 0, data (8).
 */
#ifndef BACKPLANE_CAN_H
#define BACKPLANE_CAN_H

#include <backplane/attach.h>

BP_BEGIN

#define BP_CAN_BUS "bp.can/1"

#define BP_CAN_EXTENDED 1u /* flag: an identifier of 29 bits, not 11 */
#define BP_CAN_REMOTE   2u /* flag: a remote frame, without data */

struct bp_can_frame {
    uint32_t size, flags;
    uint32_t id;
    uint32_t length;  /* 0..8; of a remote frame the length that is asked for */
    uint8_t data[64]; /* room for what later versions may carry */
};

#define BP_CAN_RECORD          16u
#define BP_CAN_RECORD_EXTENDED 0x80000000u
#define BP_CAN_RECORD_REMOTE   0x40000000u
#define BP_CAN_RECORD_ERROR    0x20000000u /* not a frame; ignored */

/* What a node makes of a frame on the wire. */
#define BP_CAN_SILENT  0u /* does not take part, or missed it: it is not given the frame */
#define BP_CAN_ACK     1u /* heard it, and acknowledges */
#define BP_CAN_ERROR   2u /* heard no valid frame, and destroys it with an error flag */
#define BP_CAN_LISTENS 3u /* heard it, and says nothing */

/* How a transmission ended. */
#define BP_CAN_SENT   0u
#define BP_CAN_NO_ACK 1u /* nobody acknowledged */
#define BP_CAN_BROKEN 2u /* somebody destroyed it */

/* What a controller offers to the wire. All [machine]. */
#define BP_CAN_NODE_ID "bp.can-node/1"
struct bp_can_node {
    uint32_t size, flags;
    /* Another node's frame is about to end; a bit took `bit_ns`. Returns what this node makes of it. */
    uint32_t (*hear)(void *self, const struct bp_can_frame *frame, uint64_t bit_ns);
    /* The frame is valid; for nodes that said ACK or LISTENS. */
    void (*receive)(void *self, const struct bp_can_frame *frame);
    /* The node's own frame has ended: BP_CAN_SENT, ... It may send() again at once. */
    void (*sent)(void *self, uint32_t result);
    /* Arbitration was lost in bit `bit`, counted from the first of the identifier. The frame stays up. */
    void (*lost)(void *self, uint32_t bit);
};

/* What the wire offers to controllers. All [machine]. `node` is the caller's own instance. */
#define BP_CAN_WIRE_ID "bp.can-wire/1"
struct bp_can_wire {
    uint32_t size, flags;
    /* Puts a frame up; it is copied. A node has one at a time: another replaces it, unless it is on the wire already.
     * `bit_ns` is not 0. BP_E_STATE: on the wire. */
    int32_t (*send)(void *self, const void *node, const struct bp_can_frame *frame,
                    uint64_t bit_ns);
    /* Takes it back; sent() does not follow. BP_E_STATE: it is on the wire and will end there. */
    int32_t (*cancel)(void *self, const void *node);
    /* 0: the wire is idle; 1: another node's frame is on it; 2: the caller's. */
    uint32_t (*activity)(void *self, const void *node);
};

BP_END
#endif
