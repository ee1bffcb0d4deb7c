/* SPDX-License-Identifier: Apache-2.0
 *
 * vtime.h - virtual time and the timers that wait for it.
 *
 * Deterministic: virtual time follows the instructions of all vCPUs, in slots (core/cpu/schedule.h).
 * Realtime: it runs with the host's monotonic clock while the machine runs. Fast: as realtime, and when all
 * vCPUs wait, time jumps to the next deadline. The heap of armed timers belongs to [machine]; the loop is woken by
 * a timerfd, because the loop's own timers have a grain of a millisecond and a timerfd one of a nanosecond. Setting a
 * timerfd needs no loop, so a vCPU thread that arms an earlier deadline does it itself.
 */
#ifndef CORE_TIME_VTIME_H
#define CORE_TIME_VTIME_H

#include <backplane/time.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/machine/graph.h"

struct bp_dev;
struct machine;

struct bp_timer {
    struct bp_timer *next; /* of the same device */
    struct bp_dev *dev;
    char *name;
    void (*fn)(void *self);
    uint64_t deadline;
    uint32_t slot; /* in the heap, from 1; 0: not armed */
};

struct vtime {
    struct machine *machine;
    enum graph_time mode;
    int fd; /* timerfd */
    /* now = running ? host - offset : frozen. Each is set while the other one counts. Written by [main]: at start and
     * stop, with the vCPUs parked, and when fast mode jumps, with all of them waiting. */
    _Atomic uint64_t offset, frozen;
    _Atomic uint32_t running;
    struct bp_timer **heap;
    uint32_t count, ntimers; /* armed; all there are, for which the heap has room */
    uint64_t wall_base;      /* wall-clock ns at virtual 0 */
    /* Deterministic: slots that are gone, except those of the run() at hand; [main] writes. And slots in a second. */
    _Atomic uint64_t slots;
    uint64_t rate;
};

int32_t vtime_init(struct vtime *t, struct machine *m, enum graph_time mode);
void vtime_finish(struct vtime *t);
uint64_t vtime_host(void); /* monotonic ns of the host */
uint64_t vtime_now(const struct vtime *t);
/* Deterministic: the first slot at which it is so late, or UINT64_MAX: never. */
uint64_t vtime_slot(const struct vtime *t, uint64_t ns);
/* Deterministic: the slot of the next deadline; UINT64_MAX: there is none. [main] */
uint64_t vtime_due(const struct vtime *t);
void vtime_start(struct vtime *t); /* [main] */
void vtime_stop(struct vtime *t);  /* [main], vCPUs stopped */
/* [main], [machine]. Runs the timers that are due, oldest deadline first. Timers that keep arming themselves for the past
 * do not keep it: what is left is due again in the next turn of the loop. */
void vtime_expire(struct vtime *t);
/* [main], [machine], fast or deterministic mode, all vCPUs waiting: jumps to the next deadline. False: there is none. */
bool vtime_skip(struct vtime *t);
void vtime_free_timers(struct bp_dev *dev);
/* Sees to it that the next deadline is met: by the timerfd, or by a shorter run. [machine] */
void vtime_rearm(struct vtime *t);

extern const struct bp_timer_api vtime_timer_api;

#endif
