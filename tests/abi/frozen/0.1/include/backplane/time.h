/* SPDX-License-Identifier: Apache-2.0
 *
 * time.h - bp.timer/1 and bp.clock/1: when things happen, and how fast.
 *
 * Virtual time is what the guest sees: nanoseconds since the machine was switched on, standing still while the
 * machine is stopped. Host time is the monotonic clock of the host and must not influence a guest in
 * deterministic mode.
 */
#ifndef BACKPLANE_TIME_H
#define BACKPLANE_TIME_H

#include <backplane/plugin.h>

BP_BEGIN

#define BP_TIME_VIRTUAL 0
#define BP_TIME_HOST    1
#define BP_TIME_WALL                                                                               \
    2 /* nanoseconds since 1970-01-01 UTC, for clocks on the wall; fixed start when deterministic */

struct bp_timer;

#define BP_TIMER_ID "bp.timer/1"
struct bp_timer_api {
    uint32_t size, flags;
    uint64_t (*now)(struct bp_dev *dev, uint32_t clock); /* [any]; nanoseconds */
    /* [main], in init() only. `name` is unique in the device and names the timer in snapshots. Freed by the core
     * after finish(). `fn` runs [machine], at or after the deadline, once for each arm(). NULL: no memory. */
    struct bp_timer *(*create)(struct bp_dev *dev, const char *name, void (*fn)(void *self));
    void (*arm)(struct bp_timer *timer,
                uint64_t deadline);         /* [machine]; virtual ns; re-arming replaces */
    void (*cancel)(struct bp_timer *timer); /* [machine]; no call follows */
};

struct bp_clock_in;  /* one CLOCK IN port */
struct bp_clock_out; /* one CLOCK OUT port */

#define BP_CLOCK_ID "bp.clock/1"
struct bp_clock_api {
    uint32_t size, flags;
    uint64_t (*hz)(struct bp_clock_in *clock); /* [machine] and init(); 0: gated or open */
    void (*set_hz)(struct bp_clock_out *clock,
                   uint64_t hz); /* [machine]; consumers hear of a change */
};

/* bp.counter/1: offered by a node (get_iface) that counts time for others, such as RISC-V mtime. */
#define BP_COUNTER_ID "bp.counter/1"
struct bp_counter_iface {
    uint32_t size, flags;
    uint64_t (*read)(void *self); /* [any]; must be monotonic between writes to the counter */
    uint64_t (*hz)(void *self);   /* [any] */
    /* [any]; virtual ns at which the counter first reads >= value; UINT64_MAX: never */
    uint64_t (*when)(void *self, uint64_t value);
    /* [main] in init, or [machine]; `fn(ctx)` is called [machine] whenever the count jumps (was written). */
    int32_t (*watch)(void *self, void (*fn)(void *ctx), void *ctx);
};

BP_END
#endif
