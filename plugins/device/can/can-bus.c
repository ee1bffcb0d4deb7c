/* SPDX-License-Identifier: Apache-2.0
 *
 * can-bus: the wire between CAN controllers, and a way out of the machine.
 *
 * Source: Bosch, "CAN Specification" 2.0, part B: 3.1 (frame formats), 4 (message filtering and validation), 5
 * (coding), 6 (error handling). Section numbers below are of that part.
 *
 * One frame is on the wire at a time; it takes as long as its bits, stuff bits included, take at its sender's rate.
 * Arbitration is decided when the wire becomes idle. What is behind the character back end counts as one more node, which
 * acknowledges while a peer is there.
 */
#include "can-classes.h"

#include <backplane/backend.h>
#include <backplane/can.h>
#include <backplane/char.h>
#include <backplane/props.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define MAX_NODES 32u
#define HOST      MAX_NODES /* the sender behind the back end */
#define SENDERS   (MAX_NODES + 1)
#define NOBODY    0xffu
#define QUEUE     64u /* frames from the host that wait */

/* 3.1.5, 6.2, 3.2: bits of the tail that is not stuffed (delimiters, acknowledge, end, intermission), and of an error
 * frame with its intermission. */
#define TAIL_BITS  13u
#define ERROR_BITS 17u

struct wire {
    struct bp_dev *dev;
    const struct bp_timer_api *timers;
    const struct bp_char_api *chars;
    struct bp_char *chardev;
    struct bp_list nodes; /* of struct bp_attached */
    struct bp_timer *end;
    uint64_t bitrate; /* property: of frames from the host */

    struct bp_can_frame up[SENDERS]; /* one for each sender */
    uint64_t bit_ns[SENDERS];        /* 0: none is up */
    uint8_t current;                 /* whose is on the wire; NOBODY */
    uint8_t resting;                 /* the timer is the end of an error frame */
    uint8_t queue[QUEUE][BP_CAN_RECORD];
    uint32_t nqueue;
    uint8_t partial[BP_CAN_RECORD]; /* the beginning of a record */
    uint32_t npartial;
    uint8_t rest[BP_CAN_RECORD]; /* the end of a record that the peer did not take at once */
    uint32_t nrest;
};

static const struct bp_attached *node_at(const struct wire *w, uint32_t i)
{
    return (const struct bp_attached *)((const char *)w->nodes.items +
                                        (uint64_t)w->nodes.stride * i);
}

static const struct bp_can_node *iface_at(const struct wire *w, uint32_t i)
{
    return node_at(w, i)->iface;
}

static uint32_t count(const struct wire *w)
{
    return (uint32_t)bp_min(w->nodes.count, MAX_NODES);
}

/* --- bits --------------------------------------------------------------------------------------- */

/* The bits from the start of a frame to the end of its CRC, as they come before stuffing. */
struct bits {
    uint8_t list[160];
    uint32_t count;
};

static void put(struct bits *b, uint32_t value, uint32_t width)
{
    while (width--)
        b->list[b->count++] = value >> width & 1;
}

/* 3.1.1: the arbitration field. RTR and SRR and IDE are recessive, 1, in what they mark. */
static void put_arbitration(struct bits *b, const struct bp_can_frame *f)
{
    uint32_t remote = (f->flags & BP_CAN_REMOTE) != 0;

    if (f->flags & BP_CAN_EXTENDED) {
        put(b, f->id >> 18, 11);
        put(b, 3, 2);
        put(b, f->id & 0x3ffff, 18);
    } else {
        put(b, f->id, 11);
    }
    put(b, remote, 1);
}

/* 3.1.1 CRC sequence: the generator polynomial is 4599h. */
static uint32_t crc(const struct bits *b)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        uint32_t feedback = b->list[i] ^ (value >> 14 & 1);

        value = (value << 1 & 0x7fff) ^ (feedback ? 0x4599 : 0);
    }
    return value;
}

/* 5: behind five equal bits comes one of the other value, which counts for the next five. */
static uint32_t stuff_bits(const struct bits *b)
{
    uint32_t run = 0, last = 2, stuffed = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        run = b->list[i] == last ? run + 1 : 1;
        last = b->list[i];
        if (run == 5) {
            stuffed++;
            last ^= 1;
            run = 1;
        }
    }
    return stuffed;
}

static uint32_t frame_bits(const struct bp_can_frame *f)
{
    struct bits b = {.count = 0};

    put(&b, 0, 1);
    put_arbitration(&b, f);
    put(&b, 0, 2); /* IDE and r0, or r1 and r0 */
    put(&b, f->length, 4);
    for (uint32_t i = 0; !(f->flags & BP_CAN_REMOTE) && i < f->length; i++)
        put(&b, f->data[i], 8);
    put(&b, crc(&b), 15);
    return b.count + stuff_bits(&b) + TAIL_BITS;
}

/* The first bit in which `a` is recessive and `b` dominant; UINT32_MAX: `a` wins, or they are alike. */
static uint32_t loses_at(const struct bp_can_frame *a, const struct bp_can_frame *b)
{
    struct bits x = {.count = 0}, y = {.count = 0};

    put_arbitration(&x, a);
    put_arbitration(&y, b);
    put(&x, 0, 1); /* IDE of a standard frame is dominant */
    put(&y, 0, 1);
    for (uint32_t i = 0; i < x.count && i < y.count; i++)
        if (x.list[i] != y.list[i])
            return x.list[i] ? i : UINT32_MAX;
    return UINT32_MAX;
}

/* --- the host ------------------------------------------------------------------------------------ */

static void decode(const uint8_t *record, struct bp_can_frame *f)
{
    uint32_t id = bp_load_le32(record);

    memset(f, 0, sizeof *f);
    f->size = sizeof *f;
    f->flags = (id & BP_CAN_RECORD_EXTENDED ? BP_CAN_EXTENDED : 0) |
               (id & BP_CAN_RECORD_REMOTE ? BP_CAN_REMOTE : 0);
    f->id = id & (f->flags & BP_CAN_EXTENDED ? 0x1fffffffu : 0x7ffu);
    f->length = (uint32_t)bp_min(record[4], 8);
    if (!(f->flags & BP_CAN_REMOTE))
        memcpy(f->data, record + 8, f->length);
}

static void encode(const struct bp_can_frame *f, uint8_t *record)
{
    memset(record, 0, BP_CAN_RECORD);
    bp_store_le32(record, f->id | (f->flags & BP_CAN_EXTENDED ? BP_CAN_RECORD_EXTENDED : 0) |
                              (f->flags & BP_CAN_REMOTE ? BP_CAN_RECORD_REMOTE : 0));
    record[4] = (uint8_t)f->length;
    if (!(f->flags & BP_CAN_REMOTE))
        memcpy(record + 8, f->data, bp_min(f->length, 8));
}

/* The next frame of the host is up as soon as the last one is gone. */
static void next_of_host(struct wire *w)
{
    if (!w->nqueue || w->bit_ns[HOST])
        return;
    decode(w->queue[0], &w->up[HOST]);
    w->bit_ns[HOST] = BP_NS_PER_S / w->bitrate;
    w->nqueue--;
    memmove(w->queue[0], w->queue[1], (size_t)w->nqueue * BP_CAN_RECORD);
}

/* --- frames -------------------------------------------------------------------------------------- */

/* 3.1.1, 4: among those that are up the lowest identifier wins; the others learn where they lost. */
static void arbitrate(struct wire *w)
{
    uint32_t winner = NOBODY;

    next_of_host(w);
    if (w->current != NOBODY || w->resting)
        return;
    for (uint32_t i = 0; i < SENDERS; i++)
        if (w->bit_ns[i] && (winner == NOBODY || loses_at(&w->up[winner], &w->up[i]) != UINT32_MAX))
            winner = i;
    if (winner == NOBODY)
        return;
    w->current = (uint8_t)winner;
    w->timers->arm(w->end, w->timers->now(w->dev, BP_TIME_VIRTUAL) +
                               frame_bits(&w->up[winner]) * w->bit_ns[winner]);
    for (uint32_t i = 0; i < count(w); i++) {
        uint32_t bit = w->bit_ns[i] ? loses_at(&w->up[i], &w->up[winner]) : UINT32_MAX;

        if (i != winner && bit != UINT32_MAX)
            iface_at(w, i)->lost(node_at(w, i)->self, bit);
    }
}

/* Records stay whole: while the end of one waits for the peer, frames are lost to it as they are to a slow computer. */
static void write_record(struct wire *w, const struct bp_can_frame *f)
{
    uint8_t record[BP_CAN_RECORD];
    uint32_t taken;

    if (w->nrest || !w->chars->connected(w->chardev))
        return;
    encode(f, record);
    taken = w->chars->write(w->chardev, record, sizeof record);
    w->nrest = taken ? BP_CAN_RECORD - taken : 0;
    memcpy(w->rest, record + taken, w->nrest);
}

static void on_writable(void *self)
{
    struct wire *w = self;
    uint32_t taken = w->nrest ? w->chars->write(w->chardev, w->rest, w->nrest) : 0;

    w->nrest -= taken;
    memmove(w->rest, w->rest + taken, w->nrest);
}

/* What all others make of the frame; `*takers` has a bit for each that is to be given it. */
static uint32_t ask_all(const struct wire *w, uint32_t sender, const struct bp_can_frame *f,
                        uint64_t bit_ns, uint32_t *takers)
{
    uint32_t acknowledged = sender != HOST && w->chars->connected(w->chardev), broken = 0;

    *takers = 0;
    for (uint32_t i = 0; i < count(w); i++) {
        uint32_t reaction =
            i == sender ? BP_CAN_SILENT : iface_at(w, i)->hear(node_at(w, i)->self, f, bit_ns);

        acknowledged |= reaction == BP_CAN_ACK;
        broken |= reaction == BP_CAN_ERROR;
        *takers |= reaction == BP_CAN_ACK || reaction == BP_CAN_LISTENS ? BP_BIT(i) : 0;
    }
    return broken ? BP_CAN_BROKEN : acknowledged ? BP_CAN_SENT : BP_CAN_NO_ACK;
}

static void deliver(struct wire *w, uint32_t sender, const struct bp_can_frame *f, uint32_t takers)
{
    for (uint32_t i = 0; i < count(w); i++)
        if (takers >> i & 1)
            iface_at(w, i)->receive(node_at(w, i)->self, f);
    if (sender != HOST)
        write_record(w, f);
}

/* 6.2: behind an error the wire is taken by the error frame for a while. The host's frames are not sent again: its own
 * controller has had its acknowledge long ago. */
static void on_end(void *self)
{
    struct wire *w = self;
    uint32_t sender = w->current, result, takers;
    struct bp_can_frame frame;
    uint64_t bit_ns;

    if (w->resting || sender == NOBODY) {
        w->resting = 0;
        arbitrate(w);
        return;
    }
    frame = w->up[sender];
    bit_ns = w->bit_ns[sender];
    result = ask_all(w, sender, &frame, bit_ns, &takers);
    w->current = NOBODY;
    w->bit_ns[sender] = 0;
    if (result != BP_CAN_SENT) {
        w->resting = 1;
        w->timers->arm(w->end, w->timers->now(w->dev, BP_TIME_VIRTUAL) + ERROR_BITS * bit_ns);
    } else {
        deliver(w, sender, &frame, takers);
    }
    if (sender != HOST)
        iface_at(w, sender)->sent(node_at(w, sender)->self, result);
    arbitrate(w);
    w->chars->resume(w->chardev);
}

/* --- what controllers call ----------------------------------------------------------------------- */

static uint32_t index_of(const struct wire *w, const void *node)
{
    for (uint32_t i = 0; i < count(w); i++)
        if (node_at(w, i)->self == node)
            return i;
    return NOBODY;
}

static int32_t send(void *self, const void *node, const struct bp_can_frame *frame, uint64_t bit_ns)
{
    struct wire *w = self;
    uint32_t i = index_of(w, node);

    if (i == NOBODY || !bit_ns || frame->length > 8)
        return BP_E_INVAL;
    if (i == w->current)
        return BP_E_STATE;
    w->up[i] = *frame;
    w->bit_ns[i] = bit_ns;
    arbitrate(w);
    return BP_OK;
}

static int32_t cancel(void *self, const void *node)
{
    struct wire *w = self;
    uint32_t i = index_of(w, node);

    if (i == NOBODY)
        return BP_E_INVAL;
    if (i == w->current)
        return BP_E_STATE;
    w->bit_ns[i] = 0;
    return BP_OK;
}

static uint32_t activity(void *self, const void *node)
{
    const struct wire *w = self;

    return w->current == NOBODY ? 0 : w->current == index_of(w, node) ? 2 : 1;
}

static const struct bp_can_wire wire_iface = {
    .size = sizeof wire_iface, .send = send, .cancel = cancel, .activity = activity};

/* --- the back end -------------------------------------------------------------------------------- */

static uint32_t room(void *self)
{
    const struct wire *w = self;

    return (QUEUE - w->nqueue) * BP_CAN_RECORD - w->npartial;
}

static void take_record(struct wire *w, const uint8_t *record)
{
    if (bp_load_le32(record) & BP_CAN_RECORD_ERROR || w->nqueue == QUEUE)
        return;
    memcpy(w->queue[w->nqueue++], record, BP_CAN_RECORD);
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct wire *w = self;

    for (uint32_t i = 0; i < bytes; i++) {
        w->partial[w->npartial++] = data[i];
        if (w->npartial < BP_CAN_RECORD)
            continue;
        take_record(w, w->partial);
        w->npartial = 0;
    }
    arbitrate(w);
}

/* A new peer begins with a whole record, in both directions. */
static void on_event(void *self, uint32_t event)
{
    struct wire *w = self;

    if (event == BP_CHAR_OPENED)
        w->npartial = w->nrest = 0;
}

/* --- the class ----------------------------------------------------------------------------------- */

static const struct bp_prop props[] = {
    {.name = "bitrate",
     .doc = "rate of frames from the back end",
     .type = BP_PROP_FREQ,
     .offset = BP_OFFSET(struct wire, bitrate),
     .def = "500kHz",
     .min = 5000,
     .max = 1000000},
};

static const struct bp_char_client char_client = {.size = sizeof char_client,
                                                  .room = room,
                                                  .on_input = on_input,
                                                  .on_writable = on_writable,
                                                  .on_event = on_event};

static const struct bp_port ports[] = {
    {.name = "chardev",
     .doc = "the outside of the machine: records of 16 bytes, can.h",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct wire, chardev),
     .client = &char_client},
};

static const struct bp_bus_row buses[] = {
    {.name = "can",
     .doc = "CAN_H and CAN_L, 32 controllers at most",
     .kind = BP_CAN_BUS,
     .peer_iface = BP_CAN_NODE_ID,
     .flags = BP_BUS_UNADDRESSED,
     .offset = BP_OFFSET(struct wire, nodes)},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct wire, up),
     .count = SENDERS * sizeof(struct bp_can_frame),
     .name = "up"},
    {.tag = 2,
     .type = BP_STATE_U64,
     .offset = BP_OFFSET(struct wire, bit_ns),
     .count = SENDERS,
     .name = "bit-ns"},
    {.tag = 3, .type = BP_STATE_U8, .offset = BP_OFFSET(struct wire, current), .name = "current"},
    {.tag = 4, .type = BP_STATE_U8, .offset = BP_OFFSET(struct wire, resting), .name = "resting"},
    {.tag = 5,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct wire, queue),
     .count = QUEUE * BP_CAN_RECORD,
     .name = "queue"},
    {.tag = 6, .type = BP_STATE_U32, .offset = BP_OFFSET(struct wire, nqueue), .name = "nqueue"},
    {.tag = 7,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct wire, partial),
     .count = BP_CAN_RECORD,
     .name = "partial"},
    {.tag = 8,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct wire, npartial),
     .name = "npartial"},
    {.tag = 9,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct wire, rest),
     .count = BP_CAN_RECORD,
     .name = "rest"},
    {.tag = 10, .type = BP_STATE_U32, .offset = BP_OFFSET(struct wire, nrest), .name = "nrest"},
};

/* A snapshot is input: what would lead out of an array is refused. */
static int32_t post_load(void *self)
{
    const struct wire *w = self;

    for (uint32_t i = 0; i < SENDERS; i++)
        if (w->up[i].length > 8 || (w->bit_ns[i] && i >= count(w) && i != HOST))
            return BP_E_INVAL;
    return w->nqueue > QUEUE || w->npartial >= BP_CAN_RECORD || w->nrest >= BP_CAN_RECORD ||
                   (w->current >= count(w) && w->current != HOST && w->current != NOBODY)
               ? BP_E_INVAL
               : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_TIMER_ID, BP_OFFSET(struct wire, timers)},
    {BP_CHAR_ID, BP_OFFSET(struct wire, chars)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct wire *w = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    w->dev = dev;
    w->current = NOBODY;
    if (w->nodes.count > MAX_NODES)
        return bp_fail(core, dev, BP_E_INVAL, NULL,
                       "a wire has 32 controllers at most: add another wire");
    w->end = w->timers->create(dev, "end", on_end);
    return w->end ? BP_OK : BP_E_NOMEM;
}

static void reset(void *self, uint32_t kind)
{
    struct wire *w = self;

    w->timers->cancel(w->end);
    memset(w->bit_ns, 0, sizeof w->bit_ns);
    w->current = NOBODY;
    w->resting = 0;
    w->nqueue = w->npartial = w->nrest = 0;
    w->chars->resume(w->chardev);
}

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_CAN_WIRE_ID) ? NULL : &wire_iface;
}

const struct bp_device_class can_bus_class = {
    .size = sizeof can_bus_class,
    .instance_size = sizeof(struct wire),
    .instance_align = _Alignof(struct wire),
    .name = "can-bus",
    .doc = "the wire between CAN controllers",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
    .buses = BP_ARRAY(buses),
};
