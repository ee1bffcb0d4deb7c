/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.c - deterministic time: instructions tell the time, timers come at their instruction,
 * vCPUs take turns, the host comes in between, and the hash of a run says whether two did the same.
 */
#include "fake.h"

#include <backplane/random.h>

#define MS   1000000ull
#define HOUR (3600ull * 1000 * MS)
#define OFF  0xff0 /* a write here powers the machine off */

static struct rig r;
static struct graph_node *node;
static struct pad *pad;
static uint64_t log_of[4096];
static uint32_t nlog;

static void record(uint64_t what)
{
    cr_assert_lt(nlog, sizeof(log_of) / sizeof(*log_of));
    log_of[nlog++] = what;
}

static uint64_t now(const struct pad *p)
{
    return p->timers->now(p->dev, BP_TIME_VIRTUAL);
}

static uint64_t steps(uint32_t i)
{
    return atomic_load(&((struct fake_cpu *)r.m->vcpus[i].dev->instance)->steps);
}

static void describe(uint32_t cpus, int32_t (*program)(struct fake_cpu *cpu))
{
    node = fake_board(&r, cpus, program);
    r.graph.time = TIME_DETERMINISTIC;
    nlog = 0;
}

static void build(void)
{
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
}

static void run(void)
{
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
}

static void power_off(struct pad *p)
{
    p->machine->power(p->dev, BP_POWER_OFF, 0);
}

static void fini(void)
{
    rig_finish(&r);
}

TestSuite(schedule, .fini = fini, .timeout = 60 * BP_PATIENCE);

/* --- time ------------------------------------------------------------------------------------- */

/* Every third instruction writes to the device; the thousandth powers off. */
static int32_t writer(struct fake_cpu *c)
{
    uint64_t n = atomic_load(&c->steps);

    if (n == 1000)
        fake_store(c, PAD + OFF, 0);
    else if (n % 3 == 0)
        fake_store(c, PAD, n);
    return BP_RUN_KICKED;
}

static void compare_with_steps(struct pad *p, uint64_t addr, uint64_t value)
{
    if (addr == OFF)
        power_off(p);
    else
        cr_assert_eq(now(p), (value - 1) * 5, "at instruction %u", (unsigned)value);
    record(value);
}

Test(schedule, an_instruction_takes_its_time)
{
    describe(1, writer);
    r.graph.frequency = 200000000; /* 5 ns */
    r.graph.quantum = 7;
    pad_on_write = compare_with_steps;
    build();
    run();
    cr_assert_eq(nlog, 334);
    cr_assert_eq(vtime_now(&r.m->time), 5000);
    cr_assert_eq(steps(0), 1000, "nothing runs behind the instruction that powers off");
}

static void tell_time(struct pad *p, uint64_t addr, uint64_t value)
{
    if (addr == OFF)
        power_off(p);
    record(now(p));
    record(p->timers->now(p->dev, BP_TIME_WALL));
}

Test(schedule, time_never_runs_backwards_and_the_wall_clock_starts_on_its_day)
{
    describe(3, writer);
    r.graph.quantum = 10;
    pad_on_write = tell_time;
    build();
    run();
    for (uint32_t i = 0; i < nlog; i += 2) {
        cr_assert(!i || log_of[i] >= log_of[i - 2]);
        cr_assert_eq(log_of[i + 1] - log_of[i], 1577836800000 * MS);
    }
}

static void arm_once(struct pad *p)
{
    p->timers->arm(p->timer[0], 1234);
    p->timers->arm(p->timer[1], 20000);
    p->timers->arm(p->timer[2], 20001);
}

static void record_steps(struct pad *p, uint32_t timer)
{
    record(steps(0));
    cr_assert_eq(now(p), steps(0));
    if (timer == 2)
        power_off(p);
}

static int32_t spin(struct fake_cpu *c)
{
    return BP_RUN_KICKED;
}

Test(schedule, timers_come_at_their_instruction)
{
    describe(1, spin);
    pad_on_reset = arm_once;
    pad_on_timer = record_steps;
    build();
    run();
    cr_assert_eq(nlog, 3);
    cr_assert_eq(log_of[0], 1234);
    cr_assert_eq(log_of[1], 20000, "at the end of a quantum");
    cr_assert_eq(log_of[2], 20001);
}

static int32_t arms_at_ten(struct fake_cpu *c)
{
    if (atomic_load(&c->steps) == 11) /* ten are over */
        fake_store(c, PAD, 0);
    return BP_RUN_KICKED;
}

static void arm_soon(struct pad *p, uint64_t addr, uint64_t value)
{
    cr_assert_eq(now(p), 10);
    p->timers->arm(p->timer[0], 3); /* late already: behind the instruction at hand */
    p->timers->arm(p->timer[2], 17);
}

Test(schedule, a_timer_that_is_armed_while_code_runs)
{
    describe(1, arms_at_ten);
    pad_on_write = arm_soon;
    pad_on_timer = record_steps;
    build();
    run();
    cr_assert_eq(nlog, 2);
    cr_assert_eq(log_of[0], 11);
    cr_assert_eq(log_of[1], 17);
}

static void arm_again(struct pad *p, uint32_t timer)
{
    p->timers->arm(p->timer[timer], 0);
}

static void arm_for_the_past(struct pad *p)
{
    p->timers->arm(p->timer[0], 0);
}

Test(schedule, timers_that_arm_themselves_for_the_past_let_code_run)
{
    describe(1, writer);
    r.graph.frequency = 200000000;
    pad_on_reset = arm_for_the_past;
    pad_on_timer = arm_again;
    pad_on_write = compare_with_steps;
    build();
    run();
    cr_assert_eq(steps(0), 1000);
}

Test(schedule, the_machine_is_switched_off_at_its_time)
{
    struct machine_result result;

    describe(2, spin);
    r.graph.until = 12345;
    build();
    result = machine_run(r.m);
    cr_assert_eq(result.end, MACHINE_QUIT);
    cr_assert_eq(result.signal, 0);
    cr_assert_eq(vtime_now(&r.m->time), 12345);
    cr_assert_eq(steps(0) + steps(1), 2 * 12345);
}

static int32_t says_who(struct fake_cpu *c)
{
    record(c->index);
    if (nlog == 63)
        fake_store(c, PAD + OFF, 0);
    return BP_RUN_KICKED;
}

static void off_when_told(struct pad *p, uint64_t addr, uint64_t value)
{
    if (addr == OFF)
        power_off(p);
}

Test(schedule, stops_change_nothing)
{
    describe(3, says_who);
    r.graph.quantum = 7;
    pad_on_write = off_when_told;
    build();
    machine_begin(r.m);
    for (uint64_t slot = 1; !machine_over(r.m); slot++) {
        r.m->schedule.stop = slot;
        machine_round(r.m);
        cr_assert_eq(schedule_slots(r.m), slot);
    }
    machine_end(r.m);
    cr_assert_eq(nlog, 63);
    for (uint32_t i = 0; i < nlog; i++)
        cr_assert_eq(log_of[i], i / 7 % 3);
}

/* --- several ---------------------------------------------------------------------------------- */

Test(schedule, cpus_take_turns)
{
    describe(3, says_who);
    r.graph.quantum = 7;
    pad_on_write = off_when_told;
    build();
    run();
    cr_assert_eq(nlog, 63);
    for (uint32_t i = 0; i < nlog; i++)
        cr_assert_eq(log_of[i], i / 7 % 3);
    cr_assert_eq(vtime_now(&r.m->time), 21, "three instructions in a nanosecond");
}

static int32_t sleeper(struct fake_cpu *c)
{
    if (atomic_load(&c->irq))
        fake_store(c, PAD, 0);
    fake_wait(c);
    return BP_RUN_KICKED;
}

static void arm_far(struct pad *p)
{
    p->timers->arm(p->timer[0], HOUR);
}

static void lower(struct pad *p, uint64_t addr, uint64_t value)
{
    p->lines->set(p->out, 1, 0);
}

static void wake_then_off(struct pad *p, uint32_t timer)
{
    record(now(p));
    if (timer == 0) {
        p->lines->set(p->out, 1, 1);
        p->timers->arm(p->timer[1], 3 * HOUR);
    } else {
        power_off(p);
    }
}

Test(schedule, when_all_wait_time_jumps)
{
    describe(2, sleeper);
    pad_on_reset = arm_far;
    pad_on_timer = wake_then_off;
    pad_on_write = lower;
    build();
    run();
    cr_assert_eq(nlog, 2);
    cr_assert_eq(log_of[0], HOUR);
    cr_assert_eq(log_of[1], 3 * HOUR);
    cr_assert_lt(steps(0) + steps(1), 20);
    cr_assert_gt(steps(1), 1, "the line woke it");
}

static int32_t one_works(struct fake_cpu *c)
{
    if (c->index != 1) {
        fake_wait(c);
        return BP_RUN_KICKED;
    }
    if (atomic_load(&c->steps) == 1000)
        fake_store(c, PAD + OFF, 0);
    return BP_RUN_KICKED;
}

Test(schedule, those_that_wait_let_their_time_pass)
{
    describe(4, one_works);
    r.graph.quantum = 100;
    pad_on_write = off_when_told;
    build();
    run();
    cr_assert_eq(steps(1), 1000);
    /* Nine whole rounds of 400 slots, 4 of them in a nanosecond, and two slots of a hundred in
     * the tenth. */
    cr_assert_eq(vtime_now(&r.m->time), (9 * 400 + 200) / 4);
}

/* --- the host --------------------------------------------------------------------------------- */

static struct bp_block_io *queue[8];
static uint32_t nqueue;
static struct bp_dev *disk;
static const struct bp_backend_host *disk_host;

static int32_t disk_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    disk = dev;
    disk_host = core->get(core, BP_BACKEND_HOST_ID);
    return BP_OK;
}

static int32_t disk_info(void *self, struct bp_block_info *out)
{
    *out = (struct bp_block_info){.size = sizeof(*out), .bytes = 4096, .sector = 512};
    return BP_OK;
}

/* Done in the wrong order, once there are three. */
static void disk_submit(void *self, struct bp_block_io *io)
{
    queue[nqueue++] = io;
    if (nqueue == 3)
        while (nqueue)
            disk_host->complete(disk, queue[--nqueue], BP_OK);
}

static const struct bp_backend_class disk_class = {.size = sizeof(disk_class),
                                                   .instance_size = 8,
                                                   .instance_align = 8,
                                                   .name = "disk",
                                                   .kind = BP_BACKEND_BLOCK,
                                                   .init = disk_init,
                                                   .info = disk_info,
                                                   .submit = disk_submit};

static int32_t asks_the_disk(struct fake_cpu *c)
{
    if (atomic_load(&c->steps) == 5)
        fake_store(c, PAD, 0);
    if (atomic_load(&c->steps) == 200)
        fake_store(c, PAD + OFF, 0);
    return BP_RUN_KICKED;
}

static void submit_three(struct pad *p, uint64_t addr, uint64_t value)
{
    if (addr == OFF)
        power_off(p);
    for (uint64_t token = 0; token < 3 && addr != OFF; token++)
        cr_assert_eq(p->blocks->submit(p->drive, BP_BLOCK_READ, 512, 0, NULL, 0, token), BP_OK);
}

static void record_completion(struct pad *p, uint64_t token)
{
    record(token);
    record(now(p));
}

Test(schedule, disks_answer_at_the_end_of_the_round_in_order)
{
    describe(1, asks_the_disk);
    r.graph.quantum = 50;
    pad_on_write = submit_three;
    pad_on_complete = record_completion;
    rig_backend(&r, "disk", &disk_class);
    rig_attach(&r, node, "drive", "disk");
    build();
    run();
    cr_assert_eq(nlog, 6);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(log_of[2 * i], i);
        cr_assert_eq(log_of[2 * i + 1], 50);
    }
}

static void in_post(void *self, void *ctx)
{
    record(now(self));
}

static void post(struct pad *p, uint64_t addr, uint64_t value)
{
    if (addr == OFF)
        power_off(p);
    else
        p->threads->post(p->dev, in_post, NULL);
}

Test(schedule, posts_wait_for_the_end_of_the_round)
{
    describe(1, asks_the_disk);
    r.graph.quantum = 64;
    pad_on_write = post;
    build();
    run();
    cr_assert_eq(nlog, 1);
    cr_assert_eq(log_of[0], 64);
}

static struct random_bits {
    uint64_t a, b;
} drawn[2];
static const struct bp_random_api *bits;

static void find_bits(struct pad *p)
{
    bits = machine_iface(&p->dev->machine->core, BP_RANDOM_ID);
}

static void draw(struct pad *p, uint64_t addr, uint64_t value)
{
    cr_assert_eq(bits->fill(p->dev, &drawn[value / 1000 % 2], sizeof(*drawn)), BP_OK);
    if (addr == OFF)
        power_off(p);
}

static struct random_bits bits_of_seed(uint64_t seed)
{
    describe(1, writer);
    r.graph.seed = seed;
    pad_on_init = find_bits;
    pad_on_write = draw;
    build();
    run();
    rig_finish(&r);
    return drawn[0];
}

Test(schedule, random_bits_follow_the_seed)
{
    struct random_bits one = bits_of_seed(1), again = bits_of_seed(1), two = bits_of_seed(2);

    cr_assert_eq(one.a, again.a);
    cr_assert_eq(one.b, again.b);
    cr_assert_neq(one.a, two.a);
    cr_assert_neq(one.a, one.b);
    describe(1, spin);
    build();
}

/* --- the hash of a run ------------------------------------------------------------------------ */

static uint64_t changed_step, changed_value;

static int32_t hashed(struct fake_cpu *c)
{
    uint64_t n = atomic_load(&c->steps);

    if (n == 300)
        fake_store(c, PAD + OFF, 0);
    else if (n == changed_step)
        fake_store(c, PAD + 8, changed_value);
    return BP_RUN_KICKED;
}

static uint64_t hash_of(uint64_t step, uint64_t value, uint64_t frequency)
{
    uint64_t hash;

    changed_step = step;
    changed_value = value;
    describe(2, hashed);
    r.graph.frequency = frequency;
    pad_on_write = off_when_told;
    build();
    machine_hash_trace(r.m);
    run();
    hash = machine_trace_hash(r.m);
    rig_finish(&r);
    return hash;
}

Test(schedule, the_hash_says_whether_two_runs_were_the_same)
{
    uint64_t hash = hash_of(100, 5, 0);

    cr_assert_eq(hash_of(100, 5, 0), hash);
    cr_assert_neq(hash_of(100, 6, 0), hash, "another value");
    cr_assert_neq(hash_of(101, 5, 0), hash, "another moment");
    cr_assert_neq(hash_of(1000, 5, 0), hash, "nothing at all");
    describe(1, spin);
    build();
}

static void print(struct pad *p, uint64_t addr, uint64_t value)
{
    const char text[] = {(char)('0' + value % 10)};

    if (addr == OFF)
        power_off(p);
    else
        p->chars->write(p->chardev, text, 1);
}

static uint64_t hash_of_output(uint64_t value)
{
    uint64_t hash;

    changed_step = 10;
    changed_value = value;
    describe(1, hashed);
    pad_on_write = print;
    build();
    machine_hash_trace(r.m);
    run();
    hash = machine_trace_hash(r.m);
    rig_finish(&r);
    return hash;
}

Test(schedule, output_is_part_of_the_hash)
{
    cr_assert_eq(hash_of_output(1), hash_of_output(1));
    cr_assert_neq(hash_of_output(1), hash_of_output(2));
    describe(1, spin);
    build();
}
