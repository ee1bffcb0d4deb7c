/* SPDX-License-Identifier: Apache-2.0
 *
 * chars.c - the bridge between a device's CHAR port and a character back end: bp.char/1 on one side, the character
 * part of bp.backend-host/1 on the other.
 *
 * Output goes through a ring that the device fills in machine context and the loop empties. Input is credited: the
 * back end may send as much as the device has room for; if the room shrinks meanwhile, the rest waits in `pending`.
 * Whoever changes something marks the bridge dirty, so that a turn of the loop costs idle bridges nothing, and wakes the
 * loop if it was clean.
 */
#include <stdlib.h>
#include <string.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"

#define RING    65536u
#define PENDING 65536u /* bounds the credit as well */
#define CHUNK   4096u
#define CHUNKS  16 /* offered in one turn: a guest that prints without end must not keep the loop */

int32_t chars_attach(struct char_bridge *bridge, struct bp_dev *dev, uint32_t port,
                     struct bp_dev *backend)
{
    struct loop *loop = &dev->machine->loop;

    bridge->dev = dev;
    bridge->backend = backend;
    bridge->client = dev->type->ports[port].client;
    if (!backend)
        return BP_OK;
    bridge->ring = malloc(RING);
    bridge->pending = malloc(PENDING);
    if (!bridge->ring || !bridge->pending)
        return BP_E_NOMEM;
    backend->char_client = bridge;
    atomic_store(&bridge->dirty, true); /* the first turn grants credits */
    bridge->next = loop->chars;
    loop->chars = bridge;
    return BP_OK;
}

void chars_finish(struct char_bridge *bridge)
{
    free(bridge->ring);
    free(bridge->pending);
}

/* --- the device's side, [machine] ----------------------------------------------------------------------------- */

static void mark(struct char_bridge *b)
{
    if (!atomic_exchange(&b->dirty, true))
        loop_wake(&b->dev->machine->loop);
}

static void put(struct char_bridge *b, const uint8_t *data, uint32_t bytes)
{
    uint32_t at = (b->head + b->used) % RING, first = bytes < RING - at ? bytes : RING - at;

    memcpy(b->ring + at, data, first);
    memcpy(b->ring, data + first, bytes - first);
    b->used += bytes;
}

static uint32_t chars_write(struct bp_char *handle, const void *data, uint32_t bytes)
{
    struct char_bridge *b = (struct char_bridge *)handle;
    uint32_t room = RING - b->used, taken = bytes < room ? bytes : room;

    if (!contract_machine(b->dev, "write() of bp.char/1"))
        return 0;
    if (!b->backend)
        taken = bytes;
    hash_output(b->dev, data, taken);
    if (!b->backend)
        return bytes;
    put(b, data, taken);
    b->stalled |= taken < bytes;
    mark(b);
    return taken;
}

static void chars_resume(struct bp_char *handle)
{
    struct char_bridge *b = (struct char_bridge *)handle;

    if (b->backend)
        mark(b);
}

static uint32_t chars_connected(struct bp_char *handle)
{
    const struct char_bridge *b = (const struct char_bridge *)handle;

    return b->backend && !atomic_load(&b->backend->hung_up);
}

static uint32_t chars_attached(struct bp_char *handle)
{
    return ((const struct char_bridge *)handle)->backend != NULL;
}

const struct bp_char_api chars_api = {
    .size = sizeof(chars_api),
    .write = chars_write,
    .resume = chars_resume,
    .connected = chars_connected,
    .attached = chars_attached,
};

/* --- the loop's side, [main] ------------------------------------------------------------------------------------ */

static uint32_t peek(const struct char_bridge *b, uint8_t chunk[CHUNK])
{
    uint32_t n = b->used < CHUNK ? b->used : CHUNK, first = n < RING - b->head ? n : RING - b->head;

    memcpy(chunk, b->ring + b->head, first);
    memcpy(chunk + first, b->ring, n - first);
    return n;
}

/* Offers output to the back end, a chunk at a time; the machine lock is held only to copy. `blocked` is set before the
 * offer, because writable() may be called before write() returns. */
static void push_output(struct char_bridge *b)
{
    const struct bp_backend_class *cls = b->backend->type->backend;
    struct machine_lock *lock = &b->dev->machine->lock;
    uint8_t chunk[CHUNK];

    for (int i = 0; i < CHUNKS && !b->blocked; i++) {
        uint32_t n;
        int64_t taken;

        lock_take(lock);
        n = peek(b, chunk);
        lock_drop(lock);
        if (!n)
            return;
        b->blocked = true;
        taken = cls->write(b->backend->instance, chunk, n);
        if (taken < 0 ||
            taken > n) /* the back end is broken and has said so: what was meant for it is lost */
            taken = n;
        if (taken == n)
            b->blocked = false;
        lock_take(lock);
        b->head = (b->head + (uint32_t)taken) % RING;
        b->used -= (uint32_t)taken;
        if (b->stalled && b->used <= RING / 2) {
            b->stalled = false;
            if (b->client && b->client->on_writable) {
                struct dev_call before = call_enter(b->dev, "on_writable()", b->backend->name);

                b->client->on_writable(b->dev->instance);
                call_leave(before);
            }
        }
        lock_drop(lock);
    }
    if (!b->blocked)
        mark(b);
}

static bool take_event(struct char_bridge *b, uint32_t event)
{
    bool was = b->backend->char_events >> event & 1;

    b->backend->char_events &= ~(1u << event);
    return was;
}

/* A peer that went and came, or came and went: what holds now is told last. */
static void push_events(struct char_bridge *b)
{
    bool closed = atomic_load(&b->backend->hung_up);
    const uint32_t order[] = {closed ? BP_CHAR_OPENED : BP_CHAR_CLOSED,
                              closed ? BP_CHAR_CLOSED : BP_CHAR_OPENED, BP_CHAR_BREAK};

    for (uint32_t i = 0; i < 3; i++)
        if (take_event(b, order[i]) && b->client->on_event)
            b->client->on_event(b->dev->instance, order[i]);
}

/* Delivers events and pending input, then grants the back end what room is left. */
static void push_input(struct char_bridge *b)
{
    const struct bp_char_client *client = b->client;
    struct machine_lock *lock = &b->dev->machine->lock;
    uint32_t room, grant = 0;
    struct dev_call before;

    if (!client)
        return;
    lock_take(lock);
    before = call_enter(b->dev, "room(), on_event() or on_input()", b->backend->name);
    push_events(b);
    room = client->room ? client->room(b->dev->instance) : 0;
    while (b->npending && room && client->on_input) {
        uint32_t n = b->npending < room ? b->npending : room;

        client->on_input(b->dev->instance, b->pending, n);
        b->npending -= n;
        memmove(b->pending, b->pending + n, b->npending);
        room = client->room(b->dev->instance);
    }
    call_leave(before);
    lock_drop(lock);
    if (room > PENDING - b->npending)
        room = PENDING - b->npending;
    if (room > b->npending + b->granted)
        grant = room - b->npending - b->granted;
    b->granted += grant;
    if (grant && b->backend->type->backend->credit)
        b->backend->type->backend->credit(b->backend->instance, grant);
}

void chars_look(struct char_bridge *bridge)
{
    if (bridge->backend)
        mark(bridge);
}

void chars_turn(struct char_bridge *bridge)
{
    bool paused = bridge->dev->machine->paused;

    if (bridge->dev->machine->phase != PHASE_RUN || !atomic_exchange(&bridge->dirty, false))
        return;
    if (!paused)
        push_input(bridge);
    push_output(bridge);
    if (paused) /* there may be input when it goes on */
        atomic_store(&bridge->dirty, true);
}

bool chars_drained(const struct loop *loop)
{
    for (const struct char_bridge *b = loop->chars; b; b = b->next)
        if (b->used)
            return false;
    return true;
}

/* --- silence ------------------------------------------------------------------------------------------------------ */

static int64_t lose(void *self, const void *data, uint64_t bytes)
{
    (void)self, (void)data;
    return (int64_t)bytes;
}

bool chars_are_silent(struct bp_dev *backend)
{
    static const struct bp_backend_class silent = {
        .size = sizeof(silent), .name = "silent", .kind = BP_BACKEND_CHAR, .write = lose};
    static const struct type type = {
        .kind = TYPE_BACKEND, .name = "silent", .doc = "", .backend = &silent};

    if (backend->type->backend->kind != BP_BACKEND_CHAR)
        return false;
    backend->type = &type;
    return true;
}

/* --- bp.backend-host/1 -------------------------------------------------------------------------------------------- */

/* Two machines in lockstep could not be told the same at the same instruction: they hear nothing from outside. */
static bool is_deaf(const struct bp_dev *dev)
{
    return dev->machine->graph->lockstep;
}

static void host_input(struct bp_dev *dev, const void *data, uint64_t bytes)
{
    struct char_bridge *b = dev->char_client;
    uint64_t room;

    if (!b || is_deaf(dev))
        return;
    room = PENDING - b->npending;
    if (bytes > room) { /* sent more than it was granted: the contract's breach costs it the rest */
        trace_text(dev, BP_LOG_ERROR,
                   "sends more input than it was granted: the excess is dropped");
        bytes = room;
    }
    memcpy(b->pending + b->npending, data, bytes);
    b->npending += (uint32_t)bytes;
    b->granted -= b->granted < bytes ? b->granted : (uint32_t)bytes;
    mark(b);
}

static void host_event(struct bp_dev *dev, uint32_t event)
{
    if (event < BP_CHAR_OPENED || event > BP_CHAR_BREAK || is_deaf(dev))
        return;
    if (event != BP_CHAR_BREAK)
        atomic_store(&dev->hung_up, event == BP_CHAR_CLOSED);
    dev->char_events |= 1u << event; /* kept for a device that is attached later */
    if (dev->char_client)
        mark(dev->char_client);
}

static void host_writable(struct bp_dev *dev)
{
    if (!dev->char_client)
        return;
    dev->char_client->blocked = false;
    mark(dev->char_client);
}

static void host_complete(struct bp_dev *dev, struct bp_block_io *io, int32_t status)
{
    struct block_request *request = (struct block_request *)io;
    struct block_bridge *b = request->bridge;

    (void)dev;
    request->status = status;
    request->next = NULL;
    pthread_mutex_lock(&b->lock);
    *b->done_last = request;
    b->done_last = &request->next;
    pthread_cond_broadcast(&b->completed);
    pthread_mutex_unlock(&b->lock);
    loop_wake(&b->dev->machine->loop);
}

static void host_request(struct bp_dev *dev, uint32_t action)
{
    machine_request(dev->machine, action == BP_POWER_RESET ? REQUEST_RESET : REQUEST_QUIT);
}

const struct bp_backend_host loop_backend_host = {
    .size = sizeof(loop_backend_host),
    .input = host_input,
    .event = host_event,
    .writable = host_writable,
    .complete = host_complete,
    .request = host_request,
};
