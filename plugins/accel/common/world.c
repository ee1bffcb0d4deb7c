/* SPDX-License-Identifier: Apache-2.0
 *
 * world.c - mailboxes and shootdowns; world.h has the protocol and why it is right.
 */
#include "world.h"

#include <sched.h>
#include <stdlib.h>

#include <backplane/abi.h>

#define SPINS                                                                                      \
    200 /* a running vCPU polls within microseconds; only then is sleeping worth its price */

void world_init(struct world *world)
{
    pthread_mutex_init(&world->shootdown, NULL);
    pthread_mutex_init(&world->lock, NULL);
    pthread_cond_init(&world->changed, NULL);
    atomic_init(&world->waiting, 0);
    world->ncpus = world->room = 0;
    world->cpus = NULL;
}

void world_finish(struct world *world)
{
    free(world->cpus);
    pthread_cond_destroy(&world->changed);
    pthread_mutex_destroy(&world->lock);
    pthread_mutex_destroy(&world->shootdown);
}

int32_t world_add(struct world *world, struct world_cpu *cpu)
{
    if (world->ncpus == world->room) {
        uint32_t room = world->room ? 2 * world->room : 4;
        struct world_cpu **cpus = realloc(world->cpus, room * sizeof *cpus);
        if (!cpus)
            return BP_E_NOMEM;
        world->cpus = cpus;
        world->room = room;
    }
    pthread_mutex_init(&cpu->lock, NULL);
    world->cpus[world->ncpus++] = cpu;
    return BP_OK;
}

void world_remove(struct world *world, struct world_cpu *cpu)
{
    for (uint32_t i = 0; i < world->ncpus; i++) {
        if (world->cpus[i] != cpu)
            continue;
        world->cpus[i] = world->cpus[--world->ncpus];
        pthread_mutex_destroy(&cpu->lock);
        return;
    }
}

/* Whoever sets `waiting` looks at the vCPUs afterwards, and we come here after the change: one of
 * us sees the other. */
static void announce(struct world *world)
{
    if (!atomic_load(&world->waiting))
        return;
    pthread_mutex_lock(&world->lock);
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

void world_enter(struct world_cpu *cpu)
{
    atomic_store(&cpu->running, 1);
}

void world_leave(struct world *world, struct world_cpu *cpu)
{
    atomic_store(&cpu->running, 0);
    announce(world);
}

void world_post(struct world_cpu *cpu, enum world_kind kind, uint64_t pa, uint64_t bytes)
{
    pthread_mutex_lock(&cpu->lock);
    if (cpu->nmails == WORLD_MAILS)
        cpu->overflow = 1;
    else
        cpu->mails[cpu->nmails++] = (struct world_mail){kind, pa, bytes};
    atomic_fetch_add(&cpu->posted, 1);
    pthread_mutex_unlock(&cpu->lock);
    world_raise(cpu, WORLD_POLL_MAIL);
}

void world_post_all(struct world *world, const struct world_cpu *self, enum world_kind kind,
                    uint64_t pa, uint64_t bytes)
{
    for (uint32_t i = 0; i < world->ncpus; i++) {
        if (world->cpus[i] != self)
            world_post(world->cpus[i], kind, pa, bytes);
    }
}

static int quiet(struct world_cpu *cpu, uint64_t posted)
{
    return !atomic_load(&cpu->running) || atomic_load(&cpu->applied) >= posted;
}

static void wait_for(struct world *world, struct world_cpu *cpu)
{
    uint64_t posted = atomic_load(&cpu->posted);

    for (int i = 0; i < SPINS; i++) {
        if (quiet(cpu, posted))
            return;
        sched_yield();
    }
    pthread_mutex_lock(&world->lock);
    atomic_fetch_add(&world->waiting, 1);
    while (!quiet(cpu, posted))
        pthread_cond_wait(&world->changed, &world->lock);
    atomic_fetch_sub(&world->waiting, 1);
    pthread_mutex_unlock(&world->lock);
}

void world_wait(struct world *world, const struct world_cpu *self)
{
    for (uint32_t i = 0; i < world->ncpus; i++) {
        if (world->cpus[i] != self)
            wait_for(world, world->cpus[i]);
    }
}

void world_drain(struct world *world, struct world_cpu *cpu,
                 void (*apply)(void *ctx, const struct world_mail *mail), void *ctx)
{
    static const struct world_mail everything[] = {{WORLD_FLUSH_MAP, 0, 0},
                                                   {WORLD_FLUSH_CODE, 0, 0}};
    struct world_mail mails[WORLD_MAILS];
    uint32_t n, overflow;
    uint64_t posted;

    atomic_fetch_and(&cpu->poll, ~WORLD_POLL_MAIL);
    pthread_mutex_lock(&cpu->lock);
    n = cpu->nmails;
    overflow = cpu->overflow;
    posted = atomic_load(&cpu->posted);
    for (uint32_t i = 0; i < n; i++)
        mails[i] = cpu->mails[i];
    cpu->nmails = cpu->overflow = 0;
    pthread_mutex_unlock(&cpu->lock);

    for (uint32_t i = 0; i < n && !overflow; i++)
        apply(ctx, &mails[i]);
    for (uint32_t i = 0; i < 2 && overflow; i++)
        apply(ctx, &everything[i]);
    atomic_store(&cpu->applied, posted);
    announce(world);
}
