/* SPDX-License-Identifier: Apache-2.0
 *
 * vtime.c - virtual time and timers: order, re-arming, timers that never let go, stopping, and jumps in fast mode. Nothing
 * here depends on how fast the host is.
 */
#include "fake.h"

#define MS   1000000ull
#define HOUR (3600ull * 1000 * MS)

static struct rig r;
static struct graph_node *node;
static struct pad *pad;
static struct vtime *t;

static void board(void)
{
    rig_init(&r);
    node = rig_device(&r, "pad", &pad_class, PAD, 0x1000);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    pad = rig_self(&r, node);
    t = &r.m->time;
}

static void arm(uint32_t timer, uint64_t deadline)
{
    pad->timers->arm(pad->timer[timer], deadline);
}

static void fini(void)
{
    rig_finish(&r);
}

static void turn_until_expired(uint32_t timer, uint32_t times)
{
    while (pad->expired[timer] < times)
        loop_turn(&r.m->loop, true);
}

TestSuite(vtime, .fini = fini, .timeout = 60 * BP_PATIENCE);

Test(vtime, stands_still_until_started_and_when_stopped)
{
    uint64_t at;

    board();
    cr_assert_eq(vtime_now(t), 0);
    usleep(2000);
    cr_assert_eq(vtime_now(t), 0);
    vtime_start(t);
    while (vtime_now(t) < MS)
        ;
    vtime_stop(t);
    at = vtime_now(t);
    usleep(2000);
    cr_assert_eq(vtime_now(t), at);
    vtime_start(t);
    cr_assert_geq(vtime_now(t), at);
    cr_assert_lt(vtime_now(t), at + HOUR, "no leap at the restart");
    cr_assert_geq(pad->timers->now(pad->dev, BP_TIME_HOST), vtime_now(t));
    cr_assert_gt(pad->timers->now(pad->dev, BP_TIME_WALL), 1500000000ull * 1000 * MS);
}

Test(vtime, nothing_expires_while_stopped)
{
    board();
    arm(0, 0);
    for (int i = 0; i < 3; i++)
        loop_turn(&r.m->loop, false);
    cr_assert_eq(pad->expired[0], 0);
}

static uint32_t order[16], norder;

static void note(struct pad *p, uint32_t timer)
{
    cr_assert(lock_mine(&p->dev->machine->lock), "in machine context");
    if (norder < 16)
        order[norder++] = timer;
}

Test(vtime, deadlines_expire_in_order_and_once)
{
    board();
    pad_on_timer = note;
    arm(2, 3000);
    arm(0, 9000);
    arm(1, 1000);
    arm(3, 5000);
    arm(0, 2000); /* earlier than before */
    arm(3, 9500); /* later */
    vtime_start(t);
    turn_until_expired(3, 1);
    cr_assert_eq(norder, 4);
    cr_assert(order[0] == 1 && order[1] == 0 && order[2] == 2 && order[3] == 3);
    cr_assert_geq(vtime_now(t), 9500);
    loop_turn(&r.m->loop, false);
    cr_assert_eq(norder, 4);
}

Test(vtime, the_loop_wakes_for_a_deadline_and_not_before_it)
{
    board();
    vtime_start(t);
    for (uint32_t i = 1; i <= 20; i++) {
        uint64_t deadline =
            vtime_now(t) + 300000; /* less than the grain of the loop's own timers */

        arm(0, deadline);
        turn_until_expired(0, i);
        cr_assert_geq(vtime_now(t), deadline);
    }
}

static void cancel_others(struct pad *p, uint32_t timer)
{
    note(p, timer);
    p->timers->cancel(p->timer[1]);
    p->timers->cancel(p->timer[timer]); /* itself: not armed, no harm */
}

Test(vtime, a_cancelled_timer_is_not_called_even_when_due)
{
    board();
    pad_on_timer = cancel_others;
    arm(0, 10);
    arm(1, 20);
    arm(2, 30);
    vtime_start(t);
    turn_until_expired(2, 1);
    cr_assert(norder == 2 && order[0] == 0 && order[1] == 2);
}

static void *wake_later(void *arg)
{
    usleep(100000);
    loop_wake(arg);
    return NULL;
}

/* Whoever waits for a back end while a timer is due sleeps all the same; the turn that follows does not. */
Test(vtime, a_timer_that_is_due_does_not_make_waiting_spin)
{
    uint64_t began;
    pthread_t thread;

    board();
    arm(0, 1);
    vtime_start(t);
    while (!r.m->loop.timer_due)
        loop_serve(&r.m->loop, true);
    began = vtime_host();
    pthread_create(&thread, NULL, wake_later, &r.m->loop);
    loop_serve(&r.m->loop, true);
    cr_assert_geq(vtime_host() - began, 50 * MS);
    pthread_join(thread, NULL);
    loop_turn(&r.m->loop, true);
    cr_assert_eq(pad->expired[0], 1);
}

static void rearm_in_the_past(struct pad *p, uint32_t timer)
{
    p->timers->arm(p->timer[timer], 0);
}

Test(vtime, a_timer_that_arms_itself_for_the_past_does_not_keep_the_loop)
{
    board();
    pad_on_timer = rearm_in_the_past;
    arm(0, 0);
    vtime_start(t);
    for (int i = 0; i < 3; i++)
        loop_turn(&r.m->loop, true); /* returns each time, and comes back for the rest */
    cr_assert_gt(pad->expired[0], 2);
}

Test(vtime, the_heap_keeps_its_order_under_random_use)
{
    uint32_t random = 1;

    board();
    pad_on_timer = NULL;
    for (int i = 0; i < 5000; i++) {
        random = random * 1103515245 + 12345;
        if (random >> 20 & 1)
            arm(random >> 16 & 3, random % 1000000 + 1);
        else
            pad->timers->cancel(pad->timer[random >> 16 & 3]);
        for (uint32_t k = 2; k <= t->count; k++)
            cr_assert_leq(t->heap[k / 2]->deadline, t->heap[k]->deadline);
        for (uint32_t k = 1; k <= t->count; k++)
            cr_assert_eq(t->heap[k]->slot, k);
    }
}

Test(vtime, a_deadline_at_the_end_of_time_never_comes)
{
    board();
    arm(0, UINT64_MAX);
    arm(1, 1000);
    vtime_start(t);
    turn_until_expired(1, 1);
    cr_assert_eq(pad->expired[0], 0);
}

/* --- fast mode ----------------------------------------------------------------------------------------------- */

static int32_t sleeper(struct fake_cpu *cpu)
{
    fake_wait(cpu);
    return BP_RUN_KICKED;
}

static void fast_board(uint32_t cpus, int32_t (*program)(struct fake_cpu *cpu))
{
    node = fake_board(&r, cpus, program);
    r.graph.time = TIME_FAST;
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
    t = &r.m->time;
}

static void off_at_the_last(struct pad *p, uint32_t timer)
{
    note(p, timer);
    if (timer == 2)
        p->machine->power(p->dev, BP_POWER_OFF, 3);
}

static void arm_hours(struct pad *p)
{
    p->timers->arm(p->timer[0], HOUR);
    p->timers->arm(p->timer[1], 2 * HOUR);
    p->timers->arm(p->timer[2], 1000 * 24 * HOUR);
}

Test(vtime, fast_mode_jumps_from_deadline_to_deadline)
{
    struct machine_stats stats;
    struct machine_result result;

    fast_board(2, sleeper);
    pad_on_reset = arm_hours;
    pad_on_timer = off_at_the_last;
    result = machine_run(r.m);
    cr_assert(result.end == MACHINE_POWER_OFF && result.code == 3);
    cr_assert(norder == 3 && order[0] == 0 && order[1] == 1 && order[2] == 2);
    machine_get_stats(r.m, &stats);
    cr_assert_geq(stats.virtual_ns, 1000 * 24 * HOUR);
    cr_assert_lt(stats.virtual_ns, 1001 * 24 * HOUR, "and no further");
}

/* A vCPU that runs holds time to the host's pace, however far it has jumped before. */
static void arm_soon(struct pad *p, uint32_t timer)
{
    note(p, timer);
    if (timer == 0) {
        p->lines->set(p->out, 0, 1); /* CPU 0 runs from now on */
        p->timers->arm(p->timer[1], p->timers->now(p->dev, BP_TIME_VIRTUAL) + MS);
    } else {
        p->machine->power(p->dev, BP_POWER_OFF, 0);
    }
}

static void arm_far(struct pad *p)
{
    p->timers->arm(p->timer[0], 40000 * HOUR); /* longer than any host is up */
}

Test(vtime, after_a_jump_timers_still_fire_for_a_running_cpu)
{
    fast_board(1, sleeper);
    pad_on_reset = arm_far;
    pad_on_timer = arm_soon;
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_eq(norder, 2);
    cr_assert_geq(vtime_now(t), 40000 * HOUR + MS);
    cr_assert_lt(vtime_now(t), 40001 * HOUR);
}

/* A post takes no time of the guest's: one that is queued holds time back as a request to a disk does. */
static uint32_t links;

static void next_link(void *self, void *ctx)
{
    struct pad *p = self;

    (void)ctx;
    usleep(100); /* the CPU has long been asleep */
    if (++links == 200)
        p->machine->power(p->dev, BP_POWER_OFF, 4);
    else
        p->threads->post(p->dev, next_link, NULL);
}

static void first_link(struct pad *p)
{
    arm_far(p);
    p->threads->post(p->dev, next_link, NULL);
}

Test(vtime, time_does_not_jump_while_posts_are_queued)
{
    fast_board(1, sleeper);
    pad_on_reset = first_link;
    pad_on_timer = note;
    cr_assert_eq(machine_run(r.m).code, 4);
    cr_assert_eq(norder, 0);
    cr_assert_lt(vtime_now(t), HOUR);
}

/* One of two CPUs works: time must not jump. */
static int32_t worker(struct fake_cpu *cpu)
{
    if (cpu->index)
        fake_wait(cpu);
    else if (atomic_load(&cpu->steps) > 200000)
        fake_store(cpu, PAD, 1);
    return BP_RUN_KICKED;
}

static void off(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr;
    p->machine->power(p->dev, BP_POWER_OFF, (uint32_t)value);
}

Test(vtime, time_does_not_jump_while_one_cpu_works)
{
    fast_board(2, worker);
    pad_on_reset = arm_far;
    pad_on_timer = note;
    pad_on_write = off;
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_eq(norder, 0);
    cr_assert_lt(vtime_now(t), HOUR);
}

Test(vtime, deterministic_time_is_refused_without_budgets)
{
    static struct bp_accel_class without;

    without = fake_accel_class;
    without.budget = NULL;
    fake_program = sleeper;
    rig_init(&r);
    rig_cpu(&r, "cpu0", &fake_cpu_class);
    rig_accel(&r, &without);
    r.graph.time = TIME_DETERMINISTIC;
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "time", "budget"));
    cr_assert(rig_complains(&r, "time", "fake"), "and says which accelerator lacks it");
}
