/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c - what passes between devices and back ends: characters with flow control both ways, blocks and drain() from every
 * thread that may call it, posts from foreign threads, and the loop's services.
 */
#include "fake.h"

#include <fcntl.h>

static struct rig r;
static struct graph_node *node;
static struct pad *pad;

/* --- a character back end ------------------------------------------------------------------------------------ */

struct sink {
    struct bp_dev *dev;
    const struct bp_core *core;
    const struct bp_backend_host *host;
    const struct bp_loop_api *loop;
    uint8_t taken[200000];
    uint64_t ntaken, accepts, credit; /* accepts: bytes it takes before it says stop */
    bool writable_at_once;            /* says writable() inside of write(), and takes more then */
    bool echoes;                      /* for each chunk it takes, the device says something more */
    uint32_t writes, finished;
};

static struct sink *sink; /* the last one made */

static uint32_t say(const void *data, uint32_t bytes)
{
    return pad->chars->write(pad->chardev, data, bytes);
}

static uint32_t sink_first_event;
static bool sink_fails;

static int32_t sink_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct sink *s = self;

    sink = s;
    s->dev = dev;
    s->core = core;
    s->host = core->get(core, BP_BACKEND_HOST_ID);
    s->loop = core->get(core, BP_LOOP_ID);
    s->accepts = UINT64_MAX;
    if (sink_first_event)
        s->host->event(dev, sink_first_event);
    if (sink_fails) {
        const struct bp_error_api *error = core->get(core, BP_ERROR_ID);

        error->set(dev, NULL, "no such terminal: plug one in");
        return BP_E_IO;
    }
    return BP_OK;
}

static void sink_finish(void *self)
{
    ((struct sink *)self)->finished++;
}

static int64_t sink_write(void *self, const void *data, uint64_t bytes)
{
    struct sink *s = self;
    uint64_t n = bytes < s->accepts ? bytes : s->accepts;

    cr_assert_not(lock_mine(&s->dev->machine->lock), "a back end never sees the machine lock");
    s->writes++;
    if (s->ntaken + n <= sizeof(s->taken))
        memcpy(s->taken + s->ntaken, data, n);
    s->ntaken += n;
    if (s->accepts != UINT64_MAX)
        s->accepts -= n;
    if (s->echoes) {
        lock_take(&s->dev->machine->lock);
        cr_assert_eq(say("more", 4), 4);
        lock_drop(&s->dev->machine->lock);
    }
    if (s->writable_at_once && n < bytes) {
        s->accepts = 1000;
        s->host->writable(s->dev);
    }
    return (int64_t)n;
}

static void sink_credit(void *self, uint64_t bytes)
{
    ((struct sink *)self)->credit += bytes;
}

static const struct bp_backend_class sink_class = {
    .size = sizeof(sink_class), .instance_size = sizeof(struct sink), .instance_align = 8, .name = "sink",
    .kind = BP_BACKEND_CHAR, .init = sink_init, .finish = sink_finish, .write = sink_write, .credit = sink_credit};

static void char_board(void)
{
    rig_init(&r);
    node = rig_device(&r, "pad", &pad_class, PAD, 0x1000);
    rig_backend(&r, "console", &sink_class);
    rig_attach(&r, node, "chardev", "console");
    rig_accel(&r, &fake_accel_class);
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
    r.m->phase = PHASE_RUN;
}

static void turn(void)
{
    for (int i = 0; i < 40; i++)
        loop_turn(&r.m->loop, false);
}

static void fini(void)
{
    rig_finish(&r);
}

TestSuite(loop, .fini = fini, .timeout = 60);

Test(loop, output_arrives_whole_and_in_order)
{
    static uint8_t text[50000];

    char_board();
    for (uint32_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7);
    for (uint32_t round = 0; round < 3; round++) { /* around the end of the ring */
        cr_assert_eq(say(text, sizeof(text)), sizeof(text));
        turn();
        cr_assert_eq(sink->ntaken, (round + 1) * sizeof(text));
        cr_assert_arr_eq(sink->taken + round * sizeof(text), text, sizeof(text));
    }
}

Test(loop, a_back_end_that_stops_is_asked_again_only_when_it_says_so)
{
    char_board();
    sink->accepts = 3;
    say("abcdef", 6);
    turn();
    cr_assert(sink->ntaken == 3 && sink->writes == 1);
    sink->accepts = 100;
    turn();
    cr_assert_eq(sink->writes, 1);
    sink->host->writable(sink->dev);
    turn();
    cr_assert(sink->ntaken == 6 && !memcmp(sink->taken, "abcdef", 6));
}

Test(loop, writable_inside_of_write_is_not_lost)
{
    char_board();
    sink->accepts = 2;
    sink->writable_at_once = true;
    say("abcdef", 6);
    turn();
    cr_assert(sink->ntaken == 6 && !memcmp(sink->taken, "abcdef", 6));
}

Test(loop, output_without_end_leaves_turns_to_others, .timeout = 10)
{
    char_board();
    sink->echoes = true;
    say("first", 5);
    loop_turn(&r.m->loop, false);
    cr_assert_lt(sink->writes, 100);
    sink->echoes = false;
    loop_turn(&r.m->loop, true); /* does not block: there is more to do */
    cr_assert_eq(sink->ntaken % 4, 1);
    cr_assert(chars_drained(&r.m->loop));
}

Test(loop, a_full_ring_refuses_and_tells_when_there_is_room)
{
    static uint8_t text[70000];

    char_board();
    sink->accepts = 0;
    cr_assert_eq(say(text, sizeof(text)), 65536);
    cr_assert_eq(say(text, 1), 0);
    turn();
    cr_assert_eq(pad->writables, 0);
    sink->accepts = UINT64_MAX;
    sink->host->writable(sink->dev);
    turn();
    cr_assert_eq(pad->writables, 1, "once");
    cr_assert_eq(sink->ntaken, 65536);
}

Test(loop, a_port_without_a_back_end_swallows_everything)
{
    rig_init(&r);
    node = rig_device(&r, "pad", &pad_class, PAD, 0x1000);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    pad = rig_self(&r, node);
    cr_assert_eq(say("abc", 3), 3);
    cr_assert_eq(pad->chars->connected(pad->chardev), 0);
    cr_assert_eq(pad->chars->attached(pad->chardev), 0);
    pad->chars->resume(pad->chardev);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 0);
    pad->blocks->drain(pad->drive);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, 0, 0, NULL, 0, 1), BP_E_NOENT);
}

Test(loop, input_comes_within_the_credit_that_the_device_has_room_for)
{
    char_board();
    turn();
    cr_assert_eq(sink->credit, 0, "no room, no credit");
    pad->room = 4;
    pad->chars->resume(pad->chardev);
    turn();
    cr_assert_eq(sink->credit, 4);
    turn();
    cr_assert_eq(sink->credit, 4, "granted once");
    sink->host->input(sink->dev, "wxyz", 4);
    turn();
    cr_assert(pad->ninput == 4 && !memcmp(pad->input, "wxyz", 4));
    pad->room = 2;
    pad->chars->resume(pad->chardev);
    turn();
    cr_assert_eq(sink->credit, 6);
}

Test(loop, input_waits_when_the_room_shrinks)
{
    char_board();
    pad->room = 4;
    pad->chars->resume(pad->chardev);
    turn();
    pad->room = 1; /* the guest changed the size of a FIFO */
    sink->host->input(sink->dev, "wxyz", 4);
    turn();
    cr_assert_eq(pad->ninput, 1);
    pad->room = 2;
    pad->chars->resume(pad->chardev);
    turn();
    cr_assert(pad->ninput == 3 && !memcmp(pad->input, "wxy", 3));
    cr_assert_eq(sink->credit, 4, "what waits counts against the room");
    pad->room = 8;
    pad->chars->resume(pad->chardev);
    turn();
    cr_assert(pad->ninput == 4 && sink->credit == 4 + 7);
}

Test(loop, a_back_end_that_sends_more_than_granted_loses_the_rest_only)
{
    static uint8_t flood[100000];

    char_board();
    sink->host->input(sink->dev, flood, sizeof(flood));
    sink->host->input(sink->dev, flood, sizeof(flood));
    turn();
    cr_assert_eq(pad->ninput, 0);
    pad->room = 5;
    pad->chars->resume(pad->chardev);
    turn();
    cr_assert_eq(pad->ninput, 5);
}

Test(loop, events_of_init_are_not_lost)
{
    sink_first_event = BP_CHAR_CLOSED;
    char_board();
    cr_assert_eq(pad->chars->connected(pad->chardev), 0);
    cr_assert_eq(pad->chars->attached(pad->chardev), 1);
    turn();
    cr_assert(pad->nevents == 1 && pad->events[0] == BP_CHAR_CLOSED);
    sink->host->event(sink->dev, BP_CHAR_OPENED);
    cr_assert_eq(pad->chars->connected(pad->chardev), 1);
    turn();
    cr_assert(pad->nevents == 2 && pad->events[1] == BP_CHAR_OPENED);
    sink->host->event(sink->dev, 77);
    turn();
    cr_assert_eq(pad->nevents, 2);
}

Test(loop, a_peer_that_comes_and_goes_in_one_turn_is_told_in_order)
{
    char_board();
    sink->host->event(sink->dev, BP_CHAR_CLOSED);
    sink->host->event(sink->dev, BP_CHAR_OPENED);
    turn();
    cr_assert(pad->nevents == 2 && pad->events[0] == BP_CHAR_CLOSED && pad->events[1] == BP_CHAR_OPENED);
    sink->host->event(sink->dev, BP_CHAR_OPENED);
    sink->host->event(sink->dev, BP_CHAR_CLOSED);
    turn();
    cr_assert(pad->nevents == 4 && pad->events[2] == BP_CHAR_OPENED && pad->events[3] == BP_CHAR_CLOSED);
}

Test(loop, a_back_end_that_fails_is_reported_and_finished)
{
    sink_fails = true;
    rig_init(&r);
    node = rig_device(&r, "pad", &pad_class, PAD, 0x1000);
    rig_backend(&r, "console", &sink_class);
    rig_attach(&r, node, "chardev", "console");
    rig_accel(&r, &fake_accel_class);
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "console", "no such terminal"));
    cr_assert_eq(r.diag.items[0].pos.line, 101);
}

/* --- blocks ---------------------------------------------------------------------------------------------------- */

#define DISK 65536u

struct disk {
    struct bp_dev *dev;
    const struct bp_backend_host *host;
    const struct bp_loop_api *loop;
    struct bp_block_io *queue[64];
    uint32_t nqueue, submitted;
};

static struct disk *disk;
static enum { AT_ONCE, ON_POOL, BY_HAND, BACKWARDS } disk_mode;
static uint32_t disk_flags;

static int32_t disk_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    disk = self;
    disk->dev = dev;
    disk->host = core->get(core, BP_BACKEND_HOST_ID);
    disk->loop = core->get(core, BP_LOOP_ID);
    return BP_OK;
}

static int32_t disk_info(void *self, struct bp_block_info *out)
{
    (void)self;
    *out = (struct bp_block_info){.size = sizeof(*out), .flags = disk_flags, .bytes = DISK, .sector = 512};
    return BP_OK;
}

static void disk_work(void *ctx)
{
    (void)ctx;
    usleep(500);
}

static void disk_done(void *self, void *ctx)
{
    disk->host->complete(((struct disk *)self)->dev, ctx, BP_OK);
}

static void complete_all(void)
{
    while (disk->nqueue)
        disk->host->complete(disk->dev, disk->queue[--disk->nqueue], BP_E_IO);
}

static void disk_submit(void *self, struct bp_block_io *io)
{
    struct disk *d = self;

    d->submitted++;
    switch (disk_mode) {
    case AT_ONCE:
        d->host->complete(d->dev, io, BP_OK);
        break;
    case ON_POOL:
        cr_assert_eq(d->loop->work(d->dev, disk_work, disk_done, io), BP_OK);
        break;
    default:
        d->queue[d->nqueue++] = io;
        if (disk_mode == BACKWARDS && d->nqueue == 3)
            complete_all();
        break;
    }
}

static const struct bp_backend_class disk_class = {
    .size = sizeof(disk_class), .instance_size = sizeof(struct disk), .instance_align = 8, .name = "disk",
    .kind = BP_BACKEND_BLOCK, .init = disk_init, .info = disk_info, .submit = disk_submit};

static void block_board(uint32_t cpus, int32_t (*program)(struct fake_cpu *cpu))
{
    node = fake_board(&r, cpus, program);
    rig_backend(&r, "disk", &disk_class);
    rig_attach(&r, node, "drive", "disk");
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
}

static int32_t submit(struct pad *p, uint64_t token)
{
    static uint8_t buffer[512];
    const struct bp_iovec iov = {buffer, sizeof(buffer)};

    return p->blocks->submit(p->drive, BP_BLOCK_READ, 0, sizeof(buffer), &iov, 1, token);
}

Test(loop, requests_outside_of_the_medium_are_refused)
{
    struct bp_block_info info;

    disk_flags = BP_BLOCK_READ_ONLY;
    block_board(0, NULL);
    cr_assert_eq(pad->blocks->info(pad->drive, &info), BP_OK);
    cr_assert_eq(info.bytes, DISK);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, DISK - 511, 512, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, UINT64_MAX, 2, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_WRITE, 0, 512, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, 17, 0, 512, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 0);
    cr_assert_eq(disk->submitted, 0);
}

Test(loop, a_request_completes_later_never_inside_of_submit)
{
    block_board(0, NULL);
    cr_assert_eq(submit(pad, 7), BP_OK);
    cr_assert(pad->completed == 0 && disk->submitted == 0);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 1);
    turn();
    cr_assert(pad->completed == 1 && pad->tokens[0] == 7 && pad->statuses[0] == BP_OK);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 0);
}

Test(loop, requests_complete_in_any_order_each_with_its_own_status)
{
    disk_mode = BACKWARDS;
    block_board(0, NULL);
    for (uint64_t token = 1; token <= 3; token++)
        submit(pad, token);
    turn();
    cr_assert(pad->completed == 3 && pad->tokens[0] == 3 && pad->tokens[2] == 1 && pad->statuses[0] == BP_E_IO);
}

static void submit_more(struct pad *p, uint64_t token)
{
    cr_assert(lock_mine(&p->dev->machine->lock));
    if (token < 10)
        submit(p, token + 1);
}

Test(loop, drain_on_main_waits_for_requests_that_requests_make)
{
    disk_mode = ON_POOL;
    pad_on_complete = submit_more;
    block_board(0, NULL);
    lock_take(&r.m->lock);
    submit(pad, 1);
    pad->blocks->drain(pad->drive);
    cr_assert_eq(pad->completed, 10);
    cr_assert(lock_mine(&r.m->lock));
    lock_drop(&r.m->lock);
}

/* Draining, the device is in the middle of something: nobody may enter it, from whatever thread. */
static _Atomic bool draining;
static _Atomic uint32_t breaches, posted;

static void drain_now(struct pad *p)
{
    for (uint64_t token = 100; token < 104; token++)
        submit(p, token);
    atomic_store(&draining, true);
    p->blocks->drain(p->drive);
    atomic_store(&draining, false);
}

static void enter(struct pad *p, uint64_t addr, uint64_t value)
{
    if (atomic_load(&draining))
        atomic_fetch_add(&breaches, 1);
    if (addr == 0)
        drain_now(p);
    if (addr == 8)
        p->machine->power(p->dev, BP_POWER_OFF, (uint32_t)value);
}

static void expire(struct pad *p, uint32_t timer)
{
    if (atomic_load(&draining))
        atomic_fetch_add(&breaches, 1);
    p->timers->arm(p->timer[timer], p->timers->now(p->dev, BP_TIME_VIRTUAL) + 20000);
}

/* CPU 0 makes the device drain again and again; others store to it; timers of the device expire. */
static int32_t drain_program(struct fake_cpu *cpu)
{
    uint64_t steps = atomic_load(&cpu->steps);

    if (cpu->index)
        fake_store(cpu, PAD + 4, 0);
    else
        fake_store(cpu, PAD + (steps >= 150 ? 8 : 0), 5);
    return BP_RUN_KICKED;
}

static void start_timer(struct pad *p)
{
    p->timers->arm(p->timer[0], 1);
}

Test(loop, drain_on_a_vcpu_keeps_everybody_out_and_the_loop_going)
{
    struct machine_result result;

    disk_mode = ON_POOL;
    pad_on_write = enter;
    pad_on_timer = expire;
    pad_on_reset = start_timer;
    block_board(3, drain_program);
    result = machine_run(r.m);
    cr_assert(result.end == MACHINE_POWER_OFF && result.code == 5);
    cr_assert_geq(pad->completed, 4 * 149);
    cr_assert_eq(atomic_load(&breaches), 0);
    cr_assert_gt(pad->expired[0], 0);
}

/* Power goes off while a device drains: parking has to let it. */
static void off_while_draining(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr, (void)value;
    for (uint64_t token = 0; token < 4; token++)
        submit(p, token);
    p->machine->power(p->dev, BP_POWER_OFF, 9);
    usleep(3000); /* [main] is parking the vCPUs by now */
    p->blocks->drain(p->drive);
}

static int32_t store_once(struct fake_cpu *cpu)
{
    fake_store(cpu, PAD, 0);
    return BP_RUN_KICKED;
}

Test(loop, parking_waits_for_a_drain_without_a_deadlock)
{
    disk_mode = ON_POOL;
    pad_on_write = off_while_draining;
    block_board(1, store_once);
    cr_assert_eq(machine_run(r.m).code, 9);
    cr_assert(pad->completed >= 4 && pad->completed % 4 == 0);
}

static void reset_drains(struct pad *p)
{
    p->blocks->drain(p->drive);
    cr_assert_eq(p->blocks->in_flight(p->drive), 0);
}

static void submit_and_reset(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr, (void)value;
    if (p->resets == 5) {
        p->machine->power(p->dev, BP_POWER_OFF, 0);
        return;
    }
    for (uint64_t token = 0; token < 3; token++)
        submit(p, token);
    p->machine->power(p->dev, BP_POWER_RESET, 0);
}

Test(loop, a_reset_drains_on_main)
{
    disk_mode = ON_POOL;
    pad_on_write = submit_and_reset;
    pad_on_reset = reset_drains;
    block_board(2, store_once);
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_geq(pad->completed, 12);
    cr_assert_eq(pad->last_reset, BP_RESET_WARM);
}

Test(loop, requests_end_before_their_device_does)
{
    disk_mode = ON_POOL;
    block_board(0, NULL);
    submit(pad, 1);
    submit(pad, 2);
    /* fini(): the machine is destroyed with both in flight; leaks and late calls are the sanitizer's to find */
}

/* --- posts ------------------------------------------------------------------------------------------------------ */

static void count_post(void *self, void *ctx)
{
    struct pad *p = self;

    cr_assert_eq(p->threads->in_machine(p->dev), 1);
    if ((uintptr_t)ctx != atomic_load(&posted))
        atomic_fetch_add(&breaches, 1);
    atomic_fetch_add(&posted, 1);
}

static void *poster(void *arg)
{
    (void)arg;
    if (pad->threads->in_machine(pad->dev))
        atomic_fetch_add(&breaches, 1);
    for (uintptr_t i = 0; i < 5000; i++)
        pad->threads->post(pad->dev, count_post, (void *)i);
    return NULL;
}

Test(loop, posts_run_in_order_in_machine_context)
{
    pthread_t thread;

    char_board();
    pthread_create(&thread, NULL, poster, NULL);
    while (atomic_load(&posted) < 5000)
        loop_turn(&r.m->loop, true);
    pthread_join(thread, NULL);
    cr_assert_eq(atomic_load(&breaches), 0);
}

static uint32_t finished_before_post;

static void late_post(void *self, void *ctx)
{
    struct pad *p = self;

    (void)ctx;
    finished_before_post += p->finished;
    atomic_fetch_add(&posted, 1);
    cr_assert_eq(p->threads->post(p->dev, late_post, NULL), BP_E_STATE, "refused from now on");
}

Test(loop, an_accepted_post_runs_before_finish)
{
    char_board();
    cr_assert_eq(pad->threads->post(pad->dev, late_post, NULL), BP_OK);
    machine_destroy(r.m);
    r.m = NULL;
    cr_assert(atomic_load(&posted) == 1 && finished_before_post == 0);
}

/* --- bp.loop/1 ---------------------------------------------------------------------------------------------------- */

static uint32_t seen_events, delays, jobs;

static void on_fd(void *self, int32_t fd, uint32_t events)
{
    char c;

    cr_assert_eq(self, sink);
    seen_events |= events;
    if (events & BP_LOOP_READABLE)
        cr_assert_geq(read(fd, &c, 1), 0);
}

static void on_delay(void *self, void *ctx)
{
    cr_assert_eq(self, sink);
    delays += (uint32_t)(uintptr_t)ctx;
}

static void on_pool(void *ctx)
{
    *(uint32_t *)ctx = 1;
}

static void after_pool(void *self, void *ctx)
{
    cr_assert(self == sink && *(uint32_t *)ctx == 1);
    jobs++;
}

Test(loop, a_back_end_watches_works_and_waits)
{
    struct bp_watch *watch;
    uint32_t ran = 0;
    int ends[2], file;

    char_board();
    cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
    watch = sink->loop->watch(sink->dev, ends[0], 0, on_fd);
    cr_assert_not_null(watch);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    turn();
    cr_assert_eq(seen_events, 0, "paused");
    sink->loop->rewatch(watch, BP_LOOP_READABLE);
    while (!seen_events)
        loop_turn(&r.m->loop, true);
    cr_assert_eq(seen_events, BP_LOOP_READABLE);
    close(ends[1]);
    while (!(seen_events & BP_LOOP_HANGUP))
        loop_turn(&r.m->loop, true);
    sink->loop->unwatch(watch);
    close(ends[0]);

    file = open("/proc/self/exe", O_RDONLY);
    cr_assert_null(sink->loop->watch(sink->dev, file, BP_LOOP_READABLE, on_fd), "a regular file cannot be polled");
    close(file);

    sink->loop->after(sink->dev, 1, on_delay, (void *)1);
    sink->loop->work(sink->dev, on_pool, after_pool, &ran);
    while (!delays || !jobs)
        loop_turn(&r.m->loop, true);
    sink->loop->after(sink->dev, 3600000, on_delay, (void *)100); /* still pending at the end: freed, not called */
    turn();
    cr_assert_eq(delays, 1);
}

/* --- the end of a run --------------------------------------------------------------------------------------------- */

static void print_and_leave(struct pad *p, uint64_t addr, uint64_t value)
{
    static uint8_t text[30000];

    (void)addr, (void)value;
    memset(text, '!', sizeof(text));
    p->chars->write(p->chardev, text, sizeof(text));
    p->machine->power(p->dev, BP_POWER_OFF, 0);
}

Test(loop, the_last_output_reaches_the_back_end_before_the_run_ends)
{
    pad_on_write = print_and_leave;
    node = fake_board(&r, 1, store_once);
    rig_backend(&r, "console", &sink_class);
    rig_attach(&r, node, "chardev", "console");
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_geq(sink->ntaken, 30000);
}

/* A guest that prints as fast as it can does not keep the loop: a timer still ends the run. */
static void print(struct pad *p, uint64_t addr, uint64_t value)
{
    (void)addr;
    p->chars->write(p->chardev, &value, 1);
}

static void leave(struct pad *p, uint32_t timer)
{
    (void)timer;
    p->machine->power(p->dev, BP_POWER_OFF, 4);
}

static void leave_soon(struct pad *p)
{
    p->timers->arm(p->timer[0], 30 * 1000000);
}

Test(loop, a_storm_of_output_does_not_keep_the_loop)
{
    pad_on_write = print;
    pad_on_timer = leave;
    pad_on_reset = leave_soon;
    node = fake_board(&r, 3, store_once);
    rig_backend(&r, "console", &sink_class);
    rig_attach(&r, node, "chardev", "console");
    rig_must_build(&r, 0);
    cr_assert_eq(machine_run(r.m).code, 4);
    cr_assert_gt(sink->ntaken, 0);
}
