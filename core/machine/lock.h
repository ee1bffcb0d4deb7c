/* SPDX-License-Identifier: Apache-2.0
 *
 * lock.h - the machine lock: recursive and fair. [any]
 *
 * Devices are called by whoever holds it. Waiters are served in the order they came, so a vCPU that storms MMIO
 * cannot starve the loop. Free, it costs one atomic addition to take and one store to drop.
 *
 * One thread, the server, runs the loop. Somebody who holds the lock may have to wait for what only the loop can do
 * (a device that drains its requests); the lock stays with him, so that nobody enters devices meanwhile. If the server
 * itself is waiting for the lock then, it serves the loop instead of sleeping. docs/internals/threads.md has the order
 * of all locks.
 */
#ifndef CORE_MACHINE_LOCK_H
#define CORE_MACHINE_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct machine_lock {
    _Atomic uint64_t next, serving; /* tickets: the next to draw, and the one that holds the lock */
    _Atomic(const void *) owner;    /* identity of the holding thread; NULL: free */
    uint32_t depth;                 /* the owner's */
    pthread_mutex_t mutex;          /* for sleeping only */
    pthread_cond_t turn;
    _Atomic uint32_t sleepers, drains;
    const void *server; /* identity; set before there are other threads */
    void (*serve)(void *ctx);
    void *ctx;
};

void lock_init(struct machine_lock *lock);
void lock_finish(struct machine_lock *lock);
void lock_take(struct machine_lock *lock);
void lock_drop(struct machine_lock *lock);
bool lock_mine(const struct machine_lock *lock);

/* The calling thread is the server; serve(ctx) waits for one event of the loop and calls no devices. */
void lock_set_server(struct machine_lock *lock, void (*serve)(void *ctx), void *ctx);
bool lock_is_server(const struct machine_lock *lock);
/* Brackets around waiting for the loop while holding the lock, on any thread but the server. After the end the loop has
 * to be woken, because the server may be waiting for an event. */
void lock_drain_begin(struct machine_lock *lock);
void lock_drain_end(struct machine_lock *lock);

#endif
