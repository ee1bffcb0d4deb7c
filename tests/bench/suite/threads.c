/* SPDX-License-Identifier: Apache-2.0
 *
 * threads.c - the same work by one thread or by several: how a machine of several harts scales.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "suite.h"

enum { MOST = 16, PIECES = 64 };

/* Pieces of work that threads take one after the other. */
struct crew {
    atomic_ulong next;
    unsigned long work;
    uint64_t (*piece)(struct crew *crew, unsigned long number);
    uint64_t sums[PIECES];
    pthread_mutex_t lock;
    uint64_t shared;
};

static void *member(void *opaque)
{
    struct crew *crew = opaque;
    unsigned long number;

    while ((number = atomic_fetch_add(&crew->next, 1)) < PIECES)
        crew->sums[number] = crew->piece(crew, number);
    return NULL;
}

static uint64_t run_crew(struct crew *crew, unsigned long threads)
{
    pthread_t others[MOST];
    uint64_t sum = 0;

    if (threads < 1 || threads > MOST)
        threads = 1;
    for (unsigned long i = 1; i < threads; i++)
        if (pthread_create(&others[i], NULL, member, crew))
            fail("pthread_create");
    member(crew);
    for (unsigned long i = 1; i < threads; i++)
        pthread_join(others[i], NULL);
    for (int i = 0; i < PIECES; i++)
        sum = mix(sum, crew->sums[i]);
    return mix(sum, crew->shared);
}

/* Nothing in common but the counter of pieces. */
static uint64_t collatz_piece(struct crew *crew, unsigned long number)
{
    uint64_t longest = 0;

    for (uint64_t start = 1; start <= crew->work * 100; start++) {
        uint64_t value = start * PIECES + number, steps = 0;

        for (; value != 1; steps++)
            value = value & 1 ? 3 * value + 1 : value / 2;
        if (steps > longest)
            longest = steps;
    }
    return longest;
}

static uint64_t apart(unsigned long work, unsigned long threads)
{
    struct crew crew = {.work = work, .piece = collatz_piece, .lock = PTHREAD_MUTEX_INITIALIZER};

    return run_crew(&crew, threads);
}

/* A lock taken and given back, with a little work between. */
static uint64_t lock_piece(struct crew *crew, unsigned long number)
{
    uint64_t own = number + 1;

    for (unsigned long i = 0; i < crew->work * 10; i++) {
        for (int k = 0; k < 50; k++)
            own = mix(own, (uint64_t)k);
        pthread_mutex_lock(&crew->lock);
        crew->shared += own & 1;
        pthread_mutex_unlock(&crew->lock);
    }
    return own;
}

static uint64_t locks(unsigned long work, unsigned long threads)
{
    struct crew crew = {.work = work, .piece = lock_piece, .lock = PTHREAD_MUTEX_INITIALIZER};

    return run_crew(&crew, threads);
}

/* Atomic additions to one word. */
static uint64_t atomic_piece(struct crew *crew, unsigned long number)
{
    for (unsigned long i = 0; i < crew->work * 100; i++)
        __atomic_fetch_add(&crew->shared, number + i, __ATOMIC_SEQ_CST);
    return number;
}

static uint64_t atomics(unsigned long work, unsigned long threads)
{
    struct crew crew = {.work = work, .piece = atomic_piece, .lock = PTHREAD_MUTEX_INITIALIZER};

    return run_crew(&crew, threads);
}

const struct program thread_programs[] = {
    {"apart", apart},
    {"locks", locks},
    {"atomics", atomics},
    {NULL, NULL},
};
