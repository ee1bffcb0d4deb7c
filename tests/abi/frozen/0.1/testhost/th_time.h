/* SPDX-License-Identifier: Apache-2.0
 *
 * th_time.h - bp.timer/1 on a virtual time that only the test moves.
 */
#ifndef BACKPLANE_TH_TIME_H
#define BACKPLANE_TH_TIME_H

#include "th_types.h"

static inline uint64_t th_api_now(struct bp_dev *dev, uint32_t clock)
{
    return clock == BP_TIME_WALL ? dev->th->wall_start + dev->th->now : dev->th->now;
}

static inline struct bp_timer *th_api_timer_create(struct bp_dev *dev, const char *name,
                                                   void (*fn)(void *self))
{
    struct bp_timer *timer = (struct bp_timer *)calloc(1, sizeof *timer);

    for (struct bp_timer *other = dev->th->timers; other; other = other->next) {
        if (!strcmp(other->name, name))
            th_violation(dev->th, "timer create: the name is taken");
    }
    if (!timer)
        return NULL;
    timer->th = dev->th;
    timer->name = strdup(name);
    timer->fn = fn;
    timer->next = dev->th->timers;
    dev->th->timers = timer;
    return timer;
}

static inline void th_api_timer_arm(struct bp_timer *timer, uint64_t deadline)
{
    timer->deadline = deadline;
    timer->armed = 1;
}

static inline void th_api_timer_cancel(struct bp_timer *timer)
{
    timer->armed = 0;
}

/* The armed timer that is due first; NULL. */
static inline struct bp_timer *th_next_timer(const struct th *t)
{
    struct bp_timer *first = NULL;

    for (struct bp_timer *timer = t->timers; timer; timer = timer->next) {
        if (timer->armed && (!first || timer->deadline < first->deadline))
            first = timer;
    }
    return first;
}

/* Lets `ns` of virtual time pass; timers run at their deadline, in order. Stops after a million
 * calls. */
static inline void th_advance(struct th *t, uint64_t ns)
{
    uint64_t end = t->now + ns;
    uint32_t calls = 0;
    struct bp_timer *timer;

    while ((timer = th_next_timer(t)) && timer->deadline <= end) {
        if (timer->deadline > t->now)
            t->now = timer->deadline;
        timer->armed = 0;
        timer->fn(t->self);
        if (++calls == 1000000) {
            th_violation(t, "timer: re-armed without end at the same time");
            return;
        }
    }
    t->now = end;
}

/* Nanoseconds until the next timer; UINT64_MAX: none is armed. */
static inline uint64_t th_next_deadline(const struct th *t)
{
    const struct bp_timer *timer = th_next_timer(t);

    return timer ? timer->deadline : UINT64_MAX;
}

static inline void th_time_free(struct th *t)
{
    while (t->timers) {
        struct bp_timer *next = t->timers->next;

        free((char *)t->timers->name);
        free(t->timers);
        t->timers = next;
    }
}

#endif
