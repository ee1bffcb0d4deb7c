/* SPDX-License-Identifier: Apache-2.0
 *
 * vtime.c - virtual time, the timer heap, bp.timer/1.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"

#define NS         1000000000ull
#define FAR        (1ull << 60) /* ns, 36 years: a deadline beyond that is never */
#define EXPIRE_MAX 256          /* timers run in one go */
#define WALL_BASE                                                                                  \
    (1577836800 * NS) /* 2020-01-01, the day on which every deterministic machine is switched on */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

uint64_t vtime_host(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int32_t vtime_init(struct vtime *t, struct machine *m, enum graph_time mode)
{
    uint64_t frequency = m->graph->frequency ? m->graph->frequency : SCHEDULE_FREQUENCY;
    uint32_t ncpus = machine_cpus(m);

    t->machine = m;
    t->mode = mode;
    t->rate = frequency * (ncpus ? ncpus : 1);
    t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (t->fd < 0)
        return BP_E_IO;
    t->wall_base = mode == TIME_DETERMINISTIC ? WALL_BASE : clock_ns(CLOCK_REALTIME);
    return BP_OK;
}

void vtime_finish(struct vtime *t)
{
    if (!t->machine)
        return;
    if (t->fd >= 0)
        close(t->fd);
    free(t->heap);
    memset(t, 0, sizeof(*t));
}

uint64_t vtime_now(const struct vtime *t)
{
    if (t->mode == TIME_DETERMINISTIC)
        return (uint64_t)((unsigned __int128)schedule_slots(t->machine) * NS / t->rate);
    return atomic_load(&t->running) ? vtime_host() - atomic_load(&t->offset)
                                    : atomic_load(&t->frozen);
}

uint64_t vtime_slot(const struct vtime *t, uint64_t ns)
{
    unsigned __int128 slot = ((unsigned __int128)ns * t->rate + NS - 1) / NS;

    return ns < FAR && slot < UINT64_MAX ? (uint64_t)slot : UINT64_MAX;
}

uint64_t vtime_due(const struct vtime *t)
{
    return t->count ? vtime_slot(t, t->heap[1]->deadline) : UINT64_MAX;
}

void vtime_start(struct vtime *t)
{
    if (t->mode == TIME_DETERMINISTIC || atomic_load(&t->running))
        return;
    atomic_store(&t->offset, vtime_host() - atomic_load(&t->frozen));
    atomic_store(&t->running, 1);
    vtime_rearm(t);
}

void vtime_stop(struct vtime *t)
{
    if (!atomic_load(&t->running))
        return;
    atomic_store(&t->frozen, vtime_now(t));
    atomic_store(&t->running, 0);
    vtime_rearm(t);
}

/* --- the heap: slot i has its children in 2i and 2i+1; the earliest deadline is in slot 1 --------------------- */

static void put(struct vtime *t, uint32_t slot, struct bp_timer *timer)
{
    t->heap[slot] = timer;
    timer->slot = slot;
}

static void sift(struct vtime *t, uint32_t slot)
{
    struct bp_timer *timer = t->heap[slot];

    while (slot > 1 && t->heap[slot / 2]->deadline > timer->deadline) {
        put(t, slot, t->heap[slot / 2]);
        slot /= 2;
    }
    for (;;) {
        uint32_t child = 2 * slot;

        if (child < t->count && t->heap[child + 1]->deadline < t->heap[child]->deadline)
            child++;
        if (child > t->count || t->heap[child]->deadline >= timer->deadline)
            break;
        put(t, slot, t->heap[child]);
        slot = child;
    }
    put(t, slot, timer);
}

static void take_out(struct vtime *t, struct bp_timer *timer)
{
    uint32_t slot = timer->slot;
    struct bp_timer *last = t->heap[t->count--];

    timer->slot = 0;
    if (last != timer) {
        put(t, slot, last);
        sift(t, slot);
    }
}

void vtime_rearm(struct vtime *t)
{
    struct itimerspec when = {0}; /* zero: never */

    if (t->mode == TIME_DETERMINISTIC) {
        schedule_cut(t->machine, vtime_due(t));
        return;
    }
    if (t->count && atomic_load(&t->running)) {
        uint64_t host = vtime_host(), now = host - atomic_load(&t->offset), at = host;

        if (t->heap[1]->deadline > now)
            at += t->heap[1]->deadline - now < FAR ? t->heap[1]->deadline - now : FAR;
        when.it_value.tv_sec = (time_t)(at / NS);
        when.it_value.tv_nsec = (long)(at % NS);
    }
    timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void vtime_expire(struct vtime *t)
{
    uint64_t now = vtime_now(t);

    for (int i = 0; i < EXPIRE_MAX && t->count && t->heap[1]->deadline <= now; i++) {
        struct bp_timer *timer = t->heap[1];

        struct dev_call before;

        take_out(t, timer);
        hash_timer(timer->dev, timer->deadline);
        before = call_enter(timer->dev, "the function of a timer", timer->name);
        timer->fn(timer->dev->instance);
        call_leave(before);
        if (timer->dev->vcpu)
            vcpu_wake(timer->dev->vcpu);
    }
    vtime_rearm(t);
}

bool vtime_skip(struct vtime *t)
{
    uint64_t now = vtime_now(t);

    if (t->mode == TIME_DETERMINISTIC) {
        uint64_t due = vtime_due(t);

        if (due == UINT64_MAX)
            return false;
        if (due > atomic_load(&t->slots))
            atomic_store(&t->slots, due);
        vtime_expire(t);
        return true;
    }
    if (!t->count || (t->heap[1]->deadline > now && t->heap[1]->deadline - now >= FAR))
        return false;
    if (t->heap[1]->deadline > now)
        atomic_fetch_sub(&t->offset, t->heap[1]->deadline - now);
    vtime_expire(t);
    return true;
}

/* --- bp.timer/1 --------------------------------------------------------------------------------------- */

static uint64_t timer_now(struct bp_dev *dev, uint32_t clock)
{
    const struct vtime *t = &dev->machine->time;

    if (clock == BP_TIME_HOST)
        return vtime_host();
    return clock == BP_TIME_WALL ? t->wall_base + vtime_now(t) : vtime_now(t);
}

static struct bp_timer *timer_create_named(struct bp_dev *dev, const char *name,
                                           void (*fn)(void *self))
{
    struct vtime *t = &dev->machine->time;
    struct bp_timer **heap;
    struct bp_timer *timer;

    if (dev->initialised) {
        contract_broken(dev, "create() of bp.timer/1",
                        "called after init(): create every timer there");
        return NULL;
    }
    timer = calloc(1, sizeof(*timer));
    if (!timer)
        return NULL;
    timer->name = strdup(name);
    timer->dev = dev;
    timer->fn = fn;
    /* The heap has room for every timer there is, so that arming cannot fail; slot 0 stays empty. */
    heap = realloc(t->heap, (t->ntimers + 2) * sizeof(*heap));
    if (heap)
        t->heap = heap;
    if (!timer->name || !heap) {
        free(timer->name);
        free(timer);
        return NULL;
    }
    t->ntimers++;
    timer->next = dev->timers;
    dev->timers = timer;
    return timer;
}

static void timer_arm(struct bp_timer *timer, uint64_t deadline)
{
    struct vtime *t = &timer->dev->machine->time;
    const struct bp_timer *first = t->count ? t->heap[1] : NULL;
    uint64_t before = first ? first->deadline : UINT64_MAX;

    if (!contract_machine(timer->dev, "arm() of bp.timer/1"))
        return;
    timer->deadline = deadline;
    if (!timer->slot)
        put(t, ++t->count, timer);
    sift(t, timer->slot);
    if (t->heap[1] != first || t->heap[1]->deadline != before)
        vtime_rearm(t);
}

static void timer_cancel(struct bp_timer *timer)
{
    if (timer->slot)
        take_out(&timer->dev->machine->time, timer);
}

void vtime_free_timers(struct bp_dev *dev)
{
    while (dev->timers) {
        struct bp_timer *timer = dev->timers;

        dev->timers = timer->next;
        timer_cancel(timer);
        dev->machine->time.ntimers--;
        free(timer->name);
        free(timer);
    }
}

const struct bp_timer_api vtime_timer_api = {
    .size = sizeof(vtime_timer_api),
    .now = timer_now,
    .create = timer_create_named,
    .arm = timer_arm,
    .cancel = timer_cancel,
};
