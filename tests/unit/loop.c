/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c - what passes between devices and character back ends, with flow control both ways; posts from foreign threads;
 * the loop's services; the last output of a run. Blocks are in loop_blocks.c.
 */
#include "fake.h"

#include <fcntl.h>
#include <signal.h>

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
    uint32_t taken;

    lock_take(&pad->dev->machine->lock); /* as whoever calls a device */
    taken = pad->chars->write(pad->chardev, data, bytes);
    lock_drop(&pad->dev->machine->lock);
    return taken;
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

static const struct bp_backend_class sink_class = {.size = sizeof(sink_class),
                                                   .instance_size = sizeof(struct sink),
                                                   .instance_align = 8,
                                                   .name = "sink",
                                                   .kind = BP_BACKEND_CHAR,
                                                   .init = sink_init,
                                                   .finish = sink_finish,
                                                   .write = sink_write,
                                                   .credit = sink_credit};

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

TestSuite(loop, .fini = fini, .timeout = 60 * BP_PATIENCE);

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

Test(loop, output_without_end_leaves_turns_to_others, .timeout = 10 * BP_PATIENCE)
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
    cr_assert(pad->nevents == 2 && pad->events[0] == BP_CHAR_CLOSED &&
              pad->events[1] == BP_CHAR_OPENED);
    sink->host->event(sink->dev, BP_CHAR_OPENED);
    sink->host->event(sink->dev, BP_CHAR_CLOSED);
    turn();
    cr_assert(pad->nevents == 4 && pad->events[2] == BP_CHAR_OPENED &&
              pad->events[3] == BP_CHAR_CLOSED);
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

/* --- posts ------------------------------------------------------------------------------------------------------ */

static _Atomic uint32_t breaches, posted;

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
    cr_assert_null(sink->loop->watch(sink->dev, file, BP_LOOP_READABLE, on_fd),
                   "a regular file cannot be polled");
    close(file);

    sink->loop->after(sink->dev, 1, on_delay, (void *)1);
    sink->loop->work(sink->dev, on_pool, after_pool, &ran);
    while (!delays || !jobs)
        loop_turn(&r.m->loop, true);
    sink->loop->after(sink->dev, 3600000, on_delay,
                      (void *)100); /* still pending at the end: freed, not called */
    turn();
    cr_assert_eq(delays, 1);
}

static void note_signals(void *ctx)
{
    pthread_sigmask(SIG_SETMASK, NULL, ctx);
}

static void pool_is_done(void *self, void *ctx)
{
    (void)self;
    (void)ctx;
    jobs++;
}

/* Handlers run on [main] alone, and faults where they are made. */
Test(loop, signals_do_not_reach_the_pool)
{
    sigset_t there, here;

    char_board();
    sigemptyset(&there);
    for (uint32_t done = jobs = 0; done < 2; done = jobs) {
        sink->loop->work(sink->dev, note_signals, pool_is_done, &there);
        while (jobs == done)
            loop_turn(&r.m->loop, true);
        cr_assert(sigismember(&there, SIGTERM) && sigismember(&there, SIGCONT) &&
                  sigismember(&there, SIGUSR1));
        cr_assert(!sigismember(&there, SIGSEGV) && !sigismember(&there, SIGBUS));
    }
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    cr_assert(!sigismember(&here, SIGTERM));
}

/* --- the end of a run --------------------------------------------------------------------------------------------- */

static int32_t store_once(struct fake_cpu *cpu)
{
    fake_store(cpu, PAD, 0);
    return BP_RUN_KICKED;
}

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
