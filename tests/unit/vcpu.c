/* SPDX-License-Identifier: Apache-2.0
 *
 * vcpu.c - vCPU threads under stress: sleep and wake-up, parking, resets from any thread, the machine lock, and the ways a
 * run ends. A lost wake-up shows as a test that does not end within its time.
 */
#include "fake.h"

#include <signal.h>

static struct rig r;
static struct graph_node *node;
static struct pad *pad;

static void board(uint32_t cpus, int32_t (*program)(struct fake_cpu *cpu))
{
    node = fake_board(&r, cpus, program);
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
}

static struct fake_cpu *cpu(uint32_t i)
{
    return r.m->vcpus[i].dev->instance;
}

static void fini(void)
{
    rig_finish(&r);
}

TestSuite(vcpu, .fini = fini, .timeout = 100 * BP_PATIENCE);

/* --- sleep and wake-up ------------------------------------------------------------------------------------------ */

#define PULSES 5000

static _Atomic uint32_t acked[4];
static uint32_t target;

/* Handles an interrupt when there is one: acknowledges it at the device, then sleeps. */
static int32_t handler(struct fake_cpu *c)
{
    if (atomic_load(&c->irq))
        fake_store(c, PAD + 4 * c->index, 1);
    fake_wait(c);
    return BP_RUN_KICKED;
}

static void ack(struct pad *p, uint64_t addr, uint64_t value)
{
    uint32_t i = (uint32_t)addr / 4;

    (void)value;
    p->lines->set(p->out, i, 0);
    atomic_fetch_add(&acked[i], 1);
}

static void raise_line(void *self, void *ctx)
{
    struct pad *p = self;

    p->lines->set(p->out, (uint32_t)(uintptr_t)ctx, 1);
}

static void finish_run(void *self, void *ctx)
{
    struct pad *p = self;

    p->machine->power(p->dev, BP_POWER_OFF, (uint32_t)(uintptr_t)ctx);
}

/* Raises each CPU's line and waits for its answer, again and again. */
static void *pulse(void *arg)
{
    uint32_t cpus = (uint32_t)(uintptr_t)arg;

    for (uint32_t n = 1; n <= PULSES / cpus; n++) {
        for (uint32_t i = 0; i < cpus; i++)
            pad->threads->post(pad->dev, raise_line, (void *)(uintptr_t)i);
        for (uint32_t i = 0; i < cpus; i++)
            while (atomic_load(&acked[i]) < n)
                sched_yield();
    }
    pad->threads->post(pad->dev, finish_run, (void *)7);
    return NULL;
}

static void pulses(uint32_t cpus)
{
    pthread_t thread;

    pad_on_write = ack;
    board(cpus, handler);
    pthread_create(&thread, NULL, pulse, (void *)(uintptr_t)cpus);
    cr_assert_eq(machine_run(r.m).code, 7);
    pthread_join(thread, NULL);
    for (uint32_t i = 0; i < cpus; i++)
        cr_assert_eq(atomic_load(&acked[i]), PULSES / cpus);
}

Test(vcpu, no_wake_up_is_lost_on_the_way_to_sleep)
{
    pulses(1);
}

Test(vcpu, no_wake_up_is_lost_with_several_cpus)
{
    pulses(3);
}

/* The gap between the last look and the sleep, made as wide as a barn door. */
static void dawdle(struct fake_cpu *c)
{
    if (atomic_load(&c->steps) % 4 == 0)
        usleep(50);
}

Test(vcpu, no_wake_up_is_lost_in_the_gap_before_the_sleep)
{
    fake_in_window = dawdle;
    pulses(2);
}

/* All of it on one thread: the wake-up comes exactly there. */
static void wake_in_window(struct fake_cpu *c)
{
    if (atomic_exchange(&c->irq, 1))
        return;
    c->api->kick(c->vcpu);
}

static int32_t handle_once(struct fake_cpu *c)
{
    if (atomic_load(&c->irq))
        fake_store(c, PAD, 8);
    fake_wait(c);
    return BP_RUN_KICKED;
}

static void off(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr;
    p->machine->power(p->dev, BP_POWER_OFF, (uint32_t)value);
}

Test(vcpu, a_wake_up_exactly_in_the_gap_is_not_lost, .timeout = 10 * BP_PATIENCE)
{
    fake_in_window = wake_in_window;
    pad_on_write = off;
    board(1, handle_once);
    cr_assert_eq(machine_run(r.m).code, 8);
}

Test(vcpu, lines_wake_even_if_the_accelerator_does_not)
{
    fake_mute = true;
    pulses(2);
}

/* CPUs pass a token around: each wakes the next one from its own thread. */
static int32_t ring(struct fake_cpu *c)
{
    if (atomic_load(&c->irq))
        fake_store(c, PAD + 4 * c->index, 1);
    fake_wait(c);
    return BP_RUN_KICKED;
}

static void pass_on(struct pad *p, uint64_t addr, uint64_t value)
{
    uint32_t i = (uint32_t)addr / 4;

    (void)value;
    p->lines->set(p->out, i, 0);
    if (++target == PULSES)
        p->machine->power(p->dev, BP_POWER_OFF, 1);
    else
        p->lines->set(p->out, (i + 1) % 3, 1);
}

static void first_token(struct pad *p)
{
    p->lines->set(p->out, 0, 1);
}

Test(vcpu, cpus_wake_each_other)
{
    pad_on_write = pass_on;
    pad_on_reset = first_token;
    board(3, ring);
    cr_assert_eq(machine_run(r.m).code, 1);
    cr_assert_eq(target, PULSES);
}

/* A CPU's own timer ends its sleep through nothing but the kick of its API. */
static void kick_only(struct pad *p, uint32_t timer)
{
    struct fake_cpu *c = cpu(0);

    (void)p, (void)timer;
    atomic_store(&c->irq, 1);
    c->api->kick(c->vcpu);
}

static int32_t sleep_then_leave(struct fake_cpu *c)
{
    if (atomic_load(&c->irq))
        fake_store(c, PAD, 3);
    fake_wait(c);
    return BP_RUN_KICKED;
}

static void arm_soon(struct pad *p)
{
    p->timers->arm(p->timer[0], 1000000);
}

Test(vcpu, a_kick_ends_a_sleep)
{
    pad_on_write = off;
    pad_on_timer = kick_only;
    pad_on_reset = arm_soon;
    board(1, sleep_then_leave);
    cr_assert_eq(machine_run(r.m).code, 3);
}

Test(vcpu, a_sleeping_cpu_uses_no_time)
{
    struct timespec before, after;

    pad_on_timer = kick_only;
    pad_on_write = off;
    board(1, sleep_then_leave);
    pad->timers->arm(pad->timer[0], 300 * 1000000ull);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    machine_run(r.m);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    cr_assert_lt(atomic_load(&cpu(0)->steps), 20, "it did not poll its way through");
    cr_assert_lt((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000,
                 200);
}

/* --- the ways a run ends ---------------------------------------------------------------------------------------- */

static int32_t spin(struct fake_cpu *c)
{
    (void)c;
    return BP_RUN_KICKED;
}

static int32_t storm(struct fake_cpu *c)
{
    fake_store(c, PAD + 0x100, 1);
    return BP_RUN_KICKED;
}

static int32_t fault_storm(struct fake_cpu *c)
{
    fake_load(c, 0x40);
    return BP_RUN_KICKED;
}

static _Atomic bool running;

static void note_running(struct pad *p)
{
    (void)p;
    atomic_store(&running, true);
}

static void *interrupt_later(void *arg)
{
    while (!atomic_load(&running) || !atomic_load(&r.m->first_run))
        usleep(1000);
    usleep(20000);
    kill(getpid(), (int)(uintptr_t)arg);
    return NULL;
}

static void quit_by(int number, int32_t (*program)(struct fake_cpu *c))
{
    struct machine_result result;
    pthread_t thread;
    sigset_t set;

    pad_on_write = NULL;
    pad_on_reset = note_running;
    board(3, program);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&thread, NULL, interrupt_later,
                   (void *)(uintptr_t)number); /* only [main] takes the signal */
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    result = machine_run(r.m);
    pthread_join(thread, NULL);
    cr_assert(result.end == MACHINE_QUIT && result.signal == number);
}

Test(vcpu, a_signal_ends_a_guest_that_spins)
{
    quit_by(SIGINT, spin);
}

Test(vcpu, a_signal_ends_a_guest_that_storms_a_device)
{
    quit_by(SIGTERM, storm);
}

Test(vcpu, a_signal_ends_a_guest_that_storms_nothing)
{
    quit_by(SIGINT, fault_storm);
}

static int32_t sleeper(struct fake_cpu *c)
{
    fake_wait(c);
    return BP_RUN_KICKED;
}

Test(vcpu, a_signal_ends_a_guest_that_sleeps)
{
    quit_by(SIGINT, sleeper);
}

static void *quit(void *arg)
{
    (void)arg;
    usleep(20000);
    machine_quit(r.m);
    return NULL;
}

Test(vcpu, quit_comes_from_any_thread)
{
    struct machine_result result;
    pthread_t thread;

    board(2, storm);
    pthread_create(&thread, NULL, quit, NULL);
    result = machine_run(r.m);
    pthread_join(thread, NULL);
    cr_assert(result.end == MACHINE_QUIT && result.signal == 0);
}

Test(vcpu, quit_before_the_run_is_not_forgotten)
{
    board(1, spin);
    machine_quit(r.m);
    cr_assert_eq(machine_run(r.m).end, MACHINE_QUIT);
}

static int32_t fail(struct fake_cpu *c)
{
    struct fake_accel *accel = c->vcpu->accel;
    const struct bp_error_api *error = accel->core->get(accel->core, BP_ERROR_ID);

    error->set(accel->dev, NULL, "out of luck: bring more");
    return BP_RUN_FAILED;
}

Test(vcpu, an_accelerator_that_cannot_go_on_ends_the_run_and_is_quoted)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    trace_configure(out, BP_LOG_ERROR, NULL);
    board(3, fail);
    cr_assert_eq(machine_run(r.m).end, MACHINE_FAILED);
    fflush(out);
    cr_assert(strstr(text, "error: out of luck"));
    trace_configure(NULL, BP_LOG_WARN, NULL);
    machine_destroy(r.m);
    r.m = NULL;
    fclose(out);
    free(text);
}

static void guest_fails(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr;
    p->machine->power(p->dev, BP_POWER_FAIL, (uint32_t)value);
    p->machine->power(p->dev, BP_POWER_RESET, 99); /* later requests change neither end nor code */
}

static int32_t fail_by_store(struct fake_cpu *c)
{
    fake_store(c, PAD, 21);
    return BP_RUN_KICKED;
}

Test(vcpu, a_guest_that_reports_failure_fails_with_its_code)
{
    struct machine_result result;

    pad_on_write = guest_fails;
    trace_configure(fopen("/dev/null", "w"), BP_LOG_ERROR, NULL);
    board(1, fail_by_store);
    result = machine_run(r.m);
    cr_assert(result.end == MACHINE_FAILED && result.code == 21);
}

/* --- resets ------------------------------------------------------------------------------------------------------- */

#define RESETS 60

static _Atomic uint32_t inside;
static uint32_t overlaps;

static void enter(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr, (void)value;
    overlaps += atomic_fetch_add(&inside, 1) != 0;
    if (p->resets > RESETS)
        p->machine->power(p->dev, BP_POWER_OFF, 2);
    else
        p->machine->power(p->dev, BP_POWER_RESET, 0);
    atomic_fetch_sub(&inside, 1);
}

static void check_reset(struct pad *p)
{
    overlaps += atomic_load(&inside) != 0;
    if (p->resets > 1)
        cr_assert_eq(p->last_reset, BP_RESET_WARM);
    for (uint32_t i = 0; i < p->dev->machine->nvcpus; i++) {
        struct vcpu *v = &p->dev->machine->vcpus[i];

        pthread_mutex_lock(&v->lock);
        overlaps += v->started && !v->parked;
        pthread_mutex_unlock(&v->lock);
    }
}

/* All CPUs ask for a reset all the time; one of them mostly sleeps. */
static int32_t resetter(struct fake_cpu *c)
{
    if (c->index == 2 && atomic_load(&c->steps) % 3)
        fake_wait(c);
    else
        fake_store(c, PAD, 1);
    return BP_RUN_KICKED;
}

Test(vcpu, resets_from_all_cpus_at_once_meet)
{
    pad_on_write = enter;
    pad_on_reset = check_reset;
    board(3, resetter);
    cr_assert_eq(machine_run(r.m).code, 2);
    cr_assert_eq(overlaps, 0);
    cr_assert_gt(pad->resets, RESETS);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(cpu(i)->resets, pad->resets);
        cr_assert_eq(cpu(i)->boots, pad->resets);
        cr_assert_eq(cpu(i)->last_reset, BP_RESET_WARM);
    }
}

static void reset_by_timer(struct pad *p, uint32_t timer)
{
    (void)timer;
    p->machine->power(p->dev, p->resets > 20 ? BP_POWER_OFF : BP_POWER_RESET, 6);
}

static void arm_again(struct pad *p)
{
    p->timers->arm(p->timer[0], p->timers->now(p->dev, BP_TIME_VIRTUAL) + 100000);
}

Test(vcpu, a_timer_resets_sleeping_and_running_cpus)
{
    pad_on_timer = reset_by_timer;
    pad_on_reset = arm_again;
    board(3, resetter);
    cr_assert_eq(machine_run(r.m).code, 6);
    cr_assert_gt(pad->resets, 20);
}

/* --- the machine lock ---------------------------------------------------------------------------------------------- */

static struct machine_lock lock;
static uint64_t shared;
static _Atomic uint32_t in_lock;
static _Atomic uint32_t collisions;

static void *contender(void *arg)
{
    uint32_t times = (uint32_t)(uintptr_t)arg;

    for (uint32_t i = 0; i < times; i++) {
        lock_take(&lock);
        lock_take(&lock);
        if (atomic_fetch_add(&in_lock, 1) || !lock_mine(&lock))
            atomic_fetch_add(&collisions, 1);
        shared++;
        atomic_fetch_sub(&in_lock, 1);
        lock_drop(&lock);
        lock_drop(&lock);
    }
    return NULL;
}

Test(vcpu, the_machine_lock_is_exclusive_and_recursive)
{
    pthread_t threads[4];

    rig_init(&r);
    lock_init(&lock);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, contender, (void *)20000);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(shared, 80000);
    cr_assert_eq(atomic_load(&collisions), 0);
    cr_assert_not(lock_mine(&lock));
    lock_finish(&lock);
}

static _Atomic uint32_t order[4], norder;

static void *queue_up(void *arg)
{
    lock_take(&lock);
    atomic_store(&order[atomic_fetch_add(&norder, 1)], (uint32_t)(uintptr_t)arg);
    lock_drop(&lock);
    return NULL;
}

/* First come, first served: who drops the lock and comes back at once finds the others before him. */
Test(vcpu, waiters_are_served_in_the_order_they_came)
{
    pthread_t threads[3];

    rig_init(&r);
    lock_init(&lock);
    for (int round = 0; round < 50; round++) {
        atomic_store(&norder, 0);
        lock_take(&lock);
        for (uintptr_t i = 0; i < 3; i++) {
            uint64_t before = atomic_load(&lock.next);

            pthread_create(&threads[i], NULL, queue_up, (void *)i);
            while (atomic_load(&lock.next) == before)
                sched_yield();
        }
        if (round % 2)
            usleep(2000); /* let them fall asleep; otherwise some still spin */
        lock_drop(&lock);
        lock_take(&lock);
        cr_assert_eq(atomic_load(&norder), 3);
        for (uint32_t i = 0; i < 3; i++)
            cr_assert_eq(atomic_load(&order[i]), i);
        lock_drop(&lock);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
    }
    lock_finish(&lock);
}
