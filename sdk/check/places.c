/* SPDX-License-Identifier: Apache-2.0
 *
 * places.c - buses of parts (attach.h): stand-ins for what sits on a bus of the device and for the controller behind
 * each of its seats. They answer anything, note what they are told on the tape, and say who calls them when they must
 * not be called.
 */
#include <stdlib.h>

#include <backplane/can.h>
#include <backplane/i2c.h>
#include <backplane/spi.h>

#include "host.h"

#define I2C_ADDRESS 0x50u /* of a part that takes any */

/* Answers are made of what a part was told, so that two runs that should be the same are. */
static uint32_t mix(struct rig_part *part, uint32_t value)
{
    part->state = (part->state ^ value) * 2654435761u + 0x9e3779b9u;
    return part->state >> 8;
}

static uint32_t told(struct rig_part *part, const char *function, uint32_t value)
{
    if (!host_allowed(part->rig, function, PHASE_MACHINE))
        return 0;
    tape_add(part->rig, TAPE_PART, (uint32_t)(part - part->rig->parts), value, part->state);
    return mix(part, value);
}

/* Why a frame cannot be on a wire (can.h); NULL. */
static const char *frame_fault(const struct bp_can_frame *frame, uint64_t bit_ns)
{
    if (!frame)
        return "no frame";
    if (frame->length > 8)
        return "a frame of more than 8 bytes";
    if (frame->flags & ~(BP_CAN_EXTENDED | BP_CAN_REMOTE))
        return "a frame with flags that are not known";
    if (frame->id >> (frame->flags & BP_CAN_EXTENDED ? 29 : 11))
        return "an identifier with more bits than its frame has";
    return bit_ns ? NULL : "bits without length";
}

/* --- parts on a bus of the device ------------------------------------------------------------- */

static uint32_t i2c_start(void *self, uint32_t address, uint32_t read)
{
    return told(self, "start() of bp.i2c-target/1", address << 1 | read) % 4 != 0;
}

static uint32_t i2c_write(void *self, uint8_t data)
{
    return told(self, "write() of bp.i2c-target/1", data) % 4 != 0;
}

static uint8_t i2c_read(void *self)
{
    return (uint8_t)told(self, "read() of bp.i2c-target/1", 0);
}

static void i2c_ack(void *self, uint32_t acknowledged)
{
    told(self, "ack() of bp.i2c-target/1", acknowledged);
}

static void i2c_stop(void *self)
{
    told(self, "stop() of bp.i2c-target/1", 0);
}

static const struct bp_i2c_target i2c_target = {sizeof i2c_target, 0,       i2c_start, i2c_write,
                                                i2c_read,          i2c_ack, i2c_stop};

static void spi_select(void *self, uint32_t level)
{
    if (level > 1)
        host_breach("chip_select() of bp.spi-target/1", "the level is neither 0 nor 1");
    told(self, "chip_select() of bp.spi-target/1", level);
}

static uint32_t spi_transfer(void *self, const struct bp_spi_frame *frame)
{
    static const char function[] = "transfer() of bp.spi-target/1";

    if (!frame || !frame->bits || frame->bits > 32 || !frame->lanes || frame->lanes > 8 ||
        frame->bits % frame->lanes) {
        host_breach(function, "the frame has no number of bits and lanes that can be");
        return 0;
    }
    return told(self, function, frame->out) & (uint32_t)((1ull << frame->bits) - 1);
}

static const struct bp_spi_target spi_target = {sizeof spi_target, 0, spi_select, spi_transfer};

static uint32_t can_hear(void *self, const struct bp_can_frame *frame, uint64_t bit_ns)
{
    static const char function[] = "hear() of bp.can-node/1";
    const char *fault = frame_fault(frame, bit_ns);

    if (fault) {
        host_breach(function, fault);
        return BP_CAN_SILENT;
    }
    return told(self, function, frame->id) % 4;
}

static void can_receive(void *self, const struct bp_can_frame *frame)
{
    told(self, "receive() of bp.can-node/1", frame ? frame->id : 0);
}

static void can_sent(void *self, uint32_t result)
{
    told(self, "sent() of bp.can-node/1", result);
}

static void can_lost(void *self, uint32_t bit)
{
    told(self, "lost() of bp.can-node/1", bit);
}

static const struct bp_can_node can_node = {sizeof can_node, 0,        can_hear,
                                            can_receive,     can_sent, can_lost};

/* --- controllers behind a seat ---------------------------------------------------------------- */

/* May the caller say that now, and is it who it says? */
static bool wire_hears(struct rig_part *wire, const char *function, const void *node,
                       uint32_t phases)
{
    if (!host_allowed(wire->rig, function, phases))
        return false;
    if (node == wire->rig->t->self)
        return true;
    host_breach(function, "the node is not the caller's instance");
    return false;
}

static int32_t wire_send(void *self, const void *node, const struct bp_can_frame *frame,
                         uint64_t bit_ns)
{
    static const char function[] = "send() of bp.can-wire/1";
    const char *fault = frame_fault(frame, bit_ns);
    struct rig_part *wire = self;

    if (!wire_hears(wire, function, node, PHASE_MACHINE))
        return BP_OK;
    if (fault) {
        host_breach(function, fault);
        return BP_OK;
    }
    tape_add(wire->rig, TAPE_PART, (uint32_t)(wire - wire->rig->parts), frame->id, bit_ns);
    if (wire->busy == 2)
        return BP_E_STATE;
    wire->busy = 1;
    mix(wire, frame->id);
    return BP_OK;
}

static int32_t wire_cancel(void *self, const void *node)
{
    struct rig_part *wire = self;

    if (!wire_hears(wire, "cancel() of bp.can-wire/1", node, PHASE_MACHINE))
        return BP_OK;
    if (wire->busy == 2)
        return BP_E_STATE;
    wire->busy = 0;
    return BP_OK;
}

static uint32_t wire_activity(void *self, const void *node)
{
    struct rig_part *wire = self;

    /* A look that changes nothing, so debuggers may. */
    wire_hears(wire, "activity() of bp.can-wire/1", node, PHASE_MACHINE | PHASE_DEBUG);
    return wire->busy == 2 ? 2 : 0;
}

static const struct bp_can_wire can_wire = {sizeof can_wire, 0, wire_send, wire_cancel,
                                            wire_activity};

/* A frame goes onto the wire, then ends; in between others send. */
static void wire_step(struct rig *rig, struct rig_part *wire)
{
    const struct bp_can_node *node = rig_iface(rig, BP_CAN_NODE_ID);
    struct bp_can_frame frame = {sizeof frame, 0, 0x123, 3, {1, 2, 3}};
    uint32_t before, choice = mix(wire, 7);

    if (!node)
        return;
    before = rig_enter(rig, PHASE_RUN);
    if (wire->busy == 1) {
        wire->busy = 2;
    } else if (wire->busy == 2) {
        wire->busy = 0;
        kit_doing(rig->kit, "sent() of bp.can-node/1");
        node->sent(rig->t->self, choice % 3);
    } else {
        frame.id = choice & 0x7ff;
        kit_doing(rig->kit, "hear() of bp.can-node/1");
        choice = node->hear(rig->t->self, &frame, 2000);
        if (choice > BP_CAN_LISTENS)
            kit_watch(rig->kit, "status", (const void *)(uintptr_t)node->hear,
                      "hear() of bp.can-node/1 returned %u", choice);
        if (choice == BP_CAN_ACK || choice == BP_CAN_LISTENS)
            node->receive(rig->t->self, &frame);
    }
    rig_leave(rig, before);
}

/* --- furnishing --------------------------------------------------------------------------------- */

static const struct {
    const char *id;
    const void *iface;
    void (*step)(struct rig *rig, struct rig_part *part);
} known[] = {
    {BP_I2C_TARGET_ID, &i2c_target, NULL},
    {BP_SPI_TARGET_ID, &spi_target, NULL},
    {BP_CAN_NODE_ID, &can_node, NULL},
    {BP_CAN_WIRE_ID, &can_wire, wire_step},
};
#define NKNOWN (sizeof known / sizeof *known)

/* A stand-in that offers the interface. NULL: the kit has none, or no more. */
static struct rig_part *stand_in(struct rig *rig, const char *id)
{
    uint32_t kind = 0;

    while (id && kind < NKNOWN && strcmp(known[kind].id, id))
        kind++;
    if ((id && kind == NKNOWN) || rig->nparts == RIG_PARTS)
        return NULL;
    rig->parts[rig->nparts] = (struct rig_part){.rig = rig, .kind = id ? kind : NKNOWN};
    return &rig->parts[rig->nparts++];
}

static const void *iface_of(const struct rig_part *part)
{
    return part->kind < NKNOWN ? known[part->kind].iface : NULL;
}

static void furnish_bus(struct rig *rig, const struct bp_bus_row *row, struct random *random)
{
    uint32_t parts = random ? (uint32_t)random_below(random, BUS_PARTS + 1) : 1;
    bool addressed = !(row->flags & BP_BUS_UNADDRESSED);
    uint64_t address = row->min;

    /* Which addresses there are beyond the first may depend on a property. */
    if (addressed && row->count_prop && parts > 1)
        parts = 1;
    for (uint32_t i = 0; i < parts; i++) {
        struct rig_part *part = stand_in(rig, row->peer_iface);

        if (!part)
            return;
        th_attach(rig->t, row->name, addressed ? address : 0, 1, part, iface_of(part));
        if (!addressed)
            continue;
        if (address == row->max)
            return;
        address += random ? 1 + random_below(random, row->max - address) : 1;
    }
}

/* Where the part sits: --props TYPE.reg=ADDRESS, or the word that a description has instead. False: no number. */
static bool seat_address(const struct bp_seat_row *row, const char *given, uint64_t *address)
{
    *address = !strcmp(row->kind, BP_I2C_BUS) ? I2C_ADDRESS : 0;
    return !given || th_store_number(address, BP_PROP_U64, given, NULL);
}

static bool furnish_seat(struct rig *rig, const struct bp_seat_row *row, struct random *random)
{
    const char *word = row->word ? row->word : "reg", *given = kit_setting(rig->kit, word);
    bool optional = row->flags & BP_SEAT_OPTIONAL && !given;
    struct rig_part *part;
    uint64_t address;

    if (!seat_address(row, given, &address)) {
        kit_skip(rig->kit, "seat %s: --props %s=%s is no address", row->name, word, given);
        return false;
    }
    if (optional && random && random_below(random, 2))
        return true;
    part = stand_in(rig, row->peer_iface);
    if (part) {
        th_seat(rig->t, row->name, address, 1, part, iface_of(part));
        return true;
    }
    if (!optional)
        kit_skip(rig->kit, "seat %s needs a controller that offers %s: only a machine has one",
                 row->name, row->peer_iface ? row->peer_iface : row->kind);
    return optional;
}

bool places_furnish(struct rig *rig, struct random *random)
{
    const struct bp_device_class *cls = rig->t->cls;

    if (!BP_HAS(cls, seat_stride))
        return true;
    if (cls->nbuses > TH_MAX_BUSES || cls->nseats > TH_MAX_BUSES) {
        kit_skip(rig->kit, "the kit's host takes %d buses and %d seats", TH_MAX_BUSES,
                 TH_MAX_BUSES);
        return false;
    }
    for (uint32_t i = 0; i < cls->nbuses; i++)
        furnish_bus(rig, th_bus_row(rig->t, i), random);
    for (uint32_t i = 0; i < cls->nseats; i++) {
        if (!furnish_seat(rig, th_seat_row(rig->t, i), random))
            return false;
    }
    return true;
}

void places_step(struct rig *rig)
{
    for (uint32_t i = 0; i < rig->nparts && !rig->finished; i++) {
        if (rig->parts[i].kind < NKNOWN && known[rig->parts[i].kind].step)
            known[rig->parts[i].kind].step(rig, &rig->parts[i]);
    }
}

void places_world(struct rig *to, const struct rig *from)
{
    for (uint32_t i = 0; i < from->nparts && i < to->nparts; i++) {
        to->parts[i].state = from->parts[i].state;
        to->parts[i].busy = from->parts[i].busy;
    }
}
