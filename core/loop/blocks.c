/* SPDX-License-Identifier: Apache-2.0
 *
 * blocks.c - the bridge between a device's BLOCK port and a block back end: bp.block/1.
 *
 * A request goes device -> `waiting` -> loop -> back end -> `done` -> device. Whoever delivers from `done` holds the
 * machine lock: the loop in its turn, or the device's own drain(), which keeps the lock while it waits, because its
 * device is in the middle of something and nobody may enter it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"

int32_t blocks_attach(struct block_bridge *bridge, struct bp_dev *dev, uint32_t port,
                      struct bp_dev *backend)
{
    struct loop *loop = &dev->machine->loop;
    int32_t status;

    bridge->dev = dev;
    bridge->client = dev->type->ports[port].client;
    bridge->waiting_last = &bridge->waiting;
    bridge->done_last = &bridge->done;
    if (!backend)
        return BP_OK;
    bridge->info.size = sizeof(bridge->info);
    status = backend->type->backend->info(backend->instance, &bridge->info);
    if (status != BP_OK)
        return status;
    pthread_mutex_init(&bridge->lock, NULL);
    pthread_cond_init(&bridge->completed, NULL);
    bridge->backend = backend;
    bridge->next = loop->blocks;
    loop->blocks = bridge;
    return BP_OK;
}

static void free_list(struct block_request *request)
{
    while (request) {
        struct block_request *next = request->next;

        free(request);
        request = next;
    }
}

void blocks_finish(struct block_bridge *bridge)
{
    if (!bridge->backend)
        return;
    free_list(bridge->waiting);
    free_list(bridge->done);
    pthread_cond_destroy(&bridge->completed);
    pthread_mutex_destroy(&bridge->lock);
}

/* The one of `done` to deliver next, taken out; NULL: none. In deterministic time it is the oldest request, else whichever
 * the host was done with first. Under `lock`. */
static struct block_request *take_done(struct block_bridge *b)
{
    bool ordered = b->dev->machine->time.mode == TIME_DETERMINISTIC;
    struct block_request **link = &b->done, *request;

    while (*link && ordered && (*link)->number != b->delivered)
        link = &(*link)->next;
    request = *link;
    if (!request)
        return NULL;
    *link = request->next;
    if (b->done_last == &request->next)
        b->done_last = link;
    b->delivered++;
    b->in_flight--;
    return request;
}

/* Delivers everything in `done`. [machine] */
static void deliver(struct block_bridge *b)
{
    for (;;) {
        struct block_request *request;

        pthread_mutex_lock(&b->lock);
        request = take_done(b);
        pthread_mutex_unlock(&b->lock);
        if (!request)
            return;
        if (b->client && b->client->on_complete) {
            struct dev_call before = call_enter(b->dev, "on_complete()", b->backend->name);

            b->client->on_complete(b->dev->instance, request->token, request->status);
            call_leave(before);
        }
        free(request);
    }
}

void blocks_serve(struct block_bridge *b)
{
    const struct bp_backend_class *cls = b->backend->type->backend;
    struct block_request *request, *next;

    pthread_mutex_lock(&b->lock);
    request = b->waiting;
    b->waiting = NULL;
    b->waiting_last = &b->waiting;
    pthread_mutex_unlock(&b->lock);
    for (; request; request = next) {
        struct dev_call before = call_enter(b->backend, "submit()", NULL);

        next = request->next;
        cls->submit(b->backend->instance, &request->io);
        call_leave(before);
    }
}

static bool all_done(struct block_bridge *b)
{
    uint32_t left;

    pthread_mutex_lock(&b->lock);
    left = b->in_flight;
    for (const struct block_request *request = b->done; request; request = request->next)
        left--;
    pthread_mutex_unlock(&b->lock);
    return !left;
}

void blocks_settle(struct block_bridge *b)
{
    struct machine *m = b->dev->machine;

    loop_serve(&m->loop, false);
    while (!all_done(b))
        loop_serve(&m->loop, true);
    blocks_turn(b);
}

void blocks_turn(struct block_bridge *b)
{
    struct machine_lock *lock = &b->dev->machine->lock;
    bool done;

    blocks_serve(b);
    pthread_mutex_lock(&b->lock);
    done = b->done != NULL;
    pthread_mutex_unlock(&b->lock);
    if (!done)
        return;
    lock_take(lock);
    deliver(b);
    lock_drop(lock);
}

static int32_t block_info(struct bp_block *handle, struct bp_block_info *out)
{
    const struct block_bridge *b = (const struct block_bridge *)handle;

    if (!b->backend)
        return BP_E_NOENT;
    *out = b->info;
    return BP_OK;
}

/* Does the memory of a request have its length? What a back end would read or write beyond it is not its own. */
static bool adds_up(uint32_t op, uint64_t bytes, const struct bp_iovec *iov, uint32_t niov)
{
    uint64_t sum = 0;

    if (op != BP_BLOCK_READ && op != BP_BLOCK_WRITE)
        return true;
    for (uint32_t i = 0; i < niov; i++) {
        if (iov[i].bytes > bytes - sum)
            return false;
        sum += iov[i].bytes;
    }
    return sum == bytes;
}

static int32_t block_submit(struct bp_block *handle, uint32_t op, uint64_t offset, uint64_t bytes,
                            const struct bp_iovec *iov, uint32_t niov, uint64_t token)
{
    struct block_bridge *b = (struct block_bridge *)handle;
    struct block_request *request;

    if (!contract_machine(b->dev, "submit() of bp.block/1"))
        return BP_E_STATE;
    if (!b->backend)
        return BP_E_NOENT;
    if (offset > b->info.bytes || bytes > b->info.bytes - offset || op > BP_BLOCK_ZERO)
        return BP_E_INVAL;
    if (b->info.flags & BP_BLOCK_READ_ONLY && op != BP_BLOCK_READ && op != BP_BLOCK_FLUSH)
        return BP_E_INVAL;
    if (!adds_up(op, bytes, iov, niov)) {
        contract_broken(b->dev, "submit() of bp.block/1",
                        "the pieces of memory do not add up to the length: make them");
        return BP_E_INVAL;
    }
    request = calloc(1, sizeof(*request) + niov * sizeof(*iov));
    if (!request)
        return BP_E_NOMEM;
    if (niov)
        memcpy(request->iov, iov, niov * sizeof(*iov));
    request->io =
        (struct bp_block_io){sizeof(request->io), op, offset, bytes, request->iov, niov, 0};
    request->bridge = b;
    request->token = token;
    hash_request(b->dev, op, offset, bytes);
    pthread_mutex_lock(&b->lock);
    request->number = b->delivered + b->in_flight;
    *b->waiting_last = request;
    b->waiting_last = &request->next;
    b->in_flight++;
    pthread_mutex_unlock(&b->lock);
    loop_wake(&b->dev->machine->loop);
    return BP_OK;
}

static uint32_t block_in_flight(struct bp_block *handle)
{
    struct block_bridge *b = (struct block_bridge *)handle;
    uint32_t n;

    if (!b->backend)
        return 0;
    pthread_mutex_lock(&b->lock);
    n = b->in_flight;
    pthread_mutex_unlock(&b->lock);
    return n;
}

/* On [main] there is nobody else to turn the loop; on other threads [main] does it, even while it waits for the machine
 * lock that we hold. */
static void wait_for_one(struct block_bridge *b)
{
    struct machine *m = b->dev->machine;

    if (lock_is_server(&m->lock)) {
        loop_serve(
            &m->loop,
            true); /* submit() has seen to it that this does not wait for a request to be handed on */
        return;
    }
    lock_drain_begin(&m->lock);
    loop_wake(&m->loop);
    pthread_mutex_lock(&b->lock);
    while (!b->done)
        pthread_cond_wait(&b->completed, &b->lock);
    pthread_mutex_unlock(&b->lock);
    lock_drain_end(&m->lock);
    loop_wake(&m->loop);
}

void blocks_drain(struct block_bridge *b)
{
    deliver(b);
    while (block_in_flight((struct bp_block *)b)) {
        wait_for_one(b);
        deliver(b);
    }
}

bool blocks_busy(struct loop *loop)
{
    for (struct block_bridge *b = loop->blocks; b; b = b->next)
        if (block_in_flight((struct bp_block *)b))
            return true;
    return false;
}

static void block_drain(struct bp_block *handle)
{
    struct block_bridge *b = (struct block_bridge *)handle;

    if (b->backend)
        blocks_drain(b);
}

const struct bp_block_api blocks_api = {
    .size = sizeof(blocks_api),
    .info = block_info,
    .submit = block_submit,
    .in_flight = block_in_flight,
    .drain = block_drain,
};
