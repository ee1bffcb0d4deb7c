/* SPDX-License-Identifier: Apache-2.0
 *
 * lock.c - the machine lock, a ticket lock that remembers its owner and whose waiters sleep.
 *
 * A waiter announces itself in `sleepers` and then looks at `serving`; who drops the lock advances `serving` and then
 * looks at `sleepers`. Both are sequentially consistent, so one of the two sees the other: no wake-up is lost.
 */
#include "core/machine/lock.h"

#include <stddef.h>

#define SPINS 100 /* most accesses to devices are over sooner than a thread falls asleep */

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

/* The address of a thread's own variable names the thread. */
static const void *me(void)
{
    static _Thread_local char identity;

    return &identity;
}

void lock_init(struct machine_lock *lock)
{
    atomic_init(&lock->next, 0);
    atomic_init(&lock->serving, 0);
    atomic_init(&lock->owner, NULL);
    atomic_init(&lock->sleepers, 0);
    atomic_init(&lock->drains, 0);
    lock->depth = 0;
    lock->server = NULL;
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_cond_init(&lock->turn, NULL);
}

void lock_finish(struct machine_lock *lock)
{
    pthread_cond_destroy(&lock->turn);
    pthread_mutex_destroy(&lock->mutex);
}

void lock_set_server(struct machine_lock *lock, void (*serve)(void *ctx), void *ctx)
{
    lock->server = me();
    lock->serve = serve;
    lock->ctx = ctx;
}

bool lock_is_server(const struct machine_lock *lock)
{
    return lock->server == me();
}

/* Only the thread itself stores its own identity, so what it reads of that is never stale. */
bool lock_mine(const struct machine_lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == me();
}

static void sleep_until(struct machine_lock *lock, uint64_t ticket)
{
    pthread_mutex_lock(&lock->mutex);
    atomic_fetch_add(&lock->sleepers, 1);
    while (atomic_load(&lock->serving) != ticket) {
        if (lock_is_server(lock) && atomic_load(&lock->drains)) {
            pthread_mutex_unlock(&lock->mutex);
            lock->serve(lock->ctx);
            pthread_mutex_lock(&lock->mutex);
        } else {
            pthread_cond_wait(&lock->turn, &lock->mutex);
        }
    }
    atomic_fetch_sub(&lock->sleepers, 1);
    pthread_mutex_unlock(&lock->mutex);
}

void lock_take(struct machine_lock *lock)
{
    uint64_t ticket;

    if (lock_mine(lock)) {
        lock->depth++;
        return;
    }
    ticket = atomic_fetch_add(&lock->next, 1);
    for (int i = 0; atomic_load(&lock->serving) != ticket; i++) {
        if (i == SPINS) {
            sleep_until(lock, ticket);
            break;
        }
        PAUSE();
    }
    atomic_store_explicit(&lock->owner, me(), memory_order_relaxed);
    lock->depth = 1;
}

static void wake_sleepers(struct machine_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    pthread_cond_broadcast(&lock->turn);
    pthread_mutex_unlock(&lock->mutex);
}

void lock_drop(struct machine_lock *lock)
{
    if (--lock->depth)
        return;
    atomic_store_explicit(&lock->owner, NULL, memory_order_relaxed);
    atomic_fetch_add(&lock->serving, 1);
    if (atomic_load(&lock->sleepers))
        wake_sleepers(lock);
}

void lock_drain_begin(struct machine_lock *lock)
{
    atomic_fetch_add(&lock->drains, 1);
    wake_sleepers(lock);
}

void lock_drain_end(struct machine_lock *lock)
{
    atomic_fetch_sub(&lock->drains, 1);
}
