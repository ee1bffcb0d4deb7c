/* SPDX-License-Identifier: Apache-2.0
 *
 * context.c - level 7: threads, and instances side by side.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "rig.h"

#define STEPS    1500u
#define PARALLEL 3u

/* --- machine context is not one thread ----------------------------------------------- */

struct turn {
    struct rig *rig;
    struct random *random;
    uint32_t steps;
};

static void *take_turn(void *arg)
{
    struct turn *turn = arg;

    drive_many(turn->rig, turn->random, ACT_ALL, turn->steps);
    return NULL;
}

/* Runs the steps on a thread that lives only for them. False: none can be made. */
static bool on_thread(struct rig *rig, struct random *random, uint32_t steps)
{
    struct turn turn = {rig, random, steps};
    pthread_t thread;

    if (pthread_create(&thread, NULL, take_turn, &turn))
        return false;
    return !pthread_join(thread, NULL);
}

/* vCPU threads and the loop take turns in a device: where its calls come from must make no
 * difference. */
void check_threads(struct kit *kit)
{
    struct rig *one = rig_started(kit, NULL), *many = one ? rig_started(kit, NULL) : NULL;
    struct random a = random_of(kit, 50), b = a;

    if (many) {
        drive_many(one, &a, ACT_ALL, STEPS);
        for (uint32_t done = 0; done < STEPS; done += 50)
            on_thread(many, &b, 50);
        many->owner = pthread_self();
        tape_same(kit, &one->tape, &many->tape, "on one thread, and on many in turn");
    }
    rig_close(many);
    rig_close(one);
}

/* --- instances ----------------------------------------------------------------------- */

/* A second device of the type that does other things must not show in the first. */
void check_instances(struct kit *kit)
{
    struct random a = random_of(kit, 51), b = a, other = random_of(kit, 52);
    struct rig *alone = rig_started(kit, NULL), *beside, *second;

    if (!alone)
        return;
    drive_many(alone, &a, ACT_ALL, STEPS);
    beside = rig_started(kit, NULL);
    second = rig_started(kit, NULL);
    for (uint32_t i = 0; beside && second && i < STEPS; i++) {
        drive(beside, &b, ACT_ALL);
        drive(second, &other, ACT_ALL);
    }
    if (beside && second)
        tape_same(kit, &alone->tape, &beside->tape, "alone, and beside another instance");
    rig_close(second);
    rig_close(beside);
    rig_close(alone);
}

/* --- devices that take accesses in parallel ------------------------------------------ */

struct racer {
    struct rig *rig;
    atomic_bool *go;
    uint64_t seed;
};

/* Accesses of one vCPU: callbacks and hooks of the regions only, as the core makes them without
 * the lock. */
static void *race(void *arg)
{
    struct racer *racer = arg;
    struct random random = {racer->seed};
    struct th *t = racer->rig->t;

    while (!atomic_load(racer->go)) /* else the first is done before the last one lives */
        sched_yield();
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t region = (uint32_t)random_below(&random, t->cls->nregions);
        uint64_t bytes = t->regions[region].bytes, value = random_value(&random);
        uint64_t addr = random_below(&random, bytes < 4096 ? bytes : 4096) & ~3ull;

        th_access(t, region, addr, 4, 0, &value, (uint32_t)random_below(&random, 2));
    }
    return NULL;
}

void check_parallel(struct kit *kit)
{
    struct racer racers[PARALLEL];
    pthread_t threads[PARALLEL];
    atomic_bool go = false;
    uint32_t started = 0;
    struct rig *rig;

    if (!(kit->device->flags & BP_DEVICE_PARALLEL) || !kit->device->nregions) {
        kit_skip(kit, "takes no accesses in parallel");
        return;
    }
    rig = rig_started(kit, NULL);
    if (!rig)
        return;
    kit_doing(kit, "accesses by %u threads at once", PARALLEL);
    kit_own(kit, true);
    rig->parallel = true;
    rig_enter(rig, PHASE_PARALLEL);
    for (; started < PARALLEL; started++) {
        racers[started] = (struct racer){rig, &go, 77 + started};
        if (pthread_create(&threads[started], NULL, race, &racers[started]))
            break;
    }
    atomic_store(&go, true);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    rig_leave(rig, PHASE_OUTSIDE);
    rig->parallel = false;
    rig_close(rig);
}
