/* SPDX-License-Identifier: Apache-2.0
 *
 * loop_blocks.c - requests between devices and block back ends: what is refused, when they complete, and drain() from every
 * thread that may call it.
 */
#include "fake.h"

static struct rig r;
static struct graph_node *node;
static struct pad *pad;

#define DISK 65536u

struct disk {
    struct bp_dev *dev;
    const struct bp_backend_host *host;
    const struct bp_loop_api *loop;
    const struct bp_error_api *error;
    struct bp_block_io *queue[64];
    uint32_t nqueue, submitted;
};

static struct disk *disk;
static enum { AT_ONCE, ON_POOL, BY_HAND, BACKWARDS } disk_mode;
static uint32_t disk_flags;
static int32_t disk_info_status;
static const char *disk_info_text;

static int32_t disk_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    disk = self;
    disk->dev = dev;
    disk->host = core->get(core, BP_BACKEND_HOST_ID);
    disk->loop = core->get(core, BP_LOOP_ID);
    disk->error = core->get(core, BP_ERROR_ID);
    return BP_OK;
}

static int32_t disk_info(void *self, struct bp_block_info *out)
{
    (void)self;
    *out = (struct bp_block_info){
        .size = sizeof(*out), .flags = disk_flags, .bytes = DISK, .sector = 512};
    if (disk_info_text)
        disk->error->set(disk->dev, NULL, disk_info_text);
    return disk_info_status;
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

static const struct bp_backend_class disk_class = {.size = sizeof(disk_class),
                                                   .instance_size = sizeof(struct disk),
                                                   .instance_align = 8,
                                                   .name = "disk",
                                                   .kind = BP_BACKEND_BLOCK,
                                                   .init = disk_init,
                                                   .info = disk_info,
                                                   .submit = disk_submit};

static void draw_board(uint32_t cpus, int32_t (*program)(struct fake_cpu *cpu))
{
    node = fake_board(&r, cpus, program);
    rig_backend(&r, "disk", &disk_class);
    rig_attach(&r, node, "drive", "disk");
}

static void block_board(uint32_t cpus, int32_t (*program)(struct fake_cpu *cpu))
{
    draw_board(cpus, program);
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
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

TestSuite(loop_blocks, .fini = fini, .timeout = 60 * BP_PATIENCE);

static int32_t submit(struct pad *p, uint64_t token)
{
    static uint8_t buffer[512];
    const struct bp_iovec iov = {buffer, sizeof(buffer)};

    return p->blocks->submit(p->drive, BP_BLOCK_READ, 0, sizeof(buffer), &iov, 1, token);
}

Test(loop_blocks, a_back_end_that_does_not_tell_its_size_is_named)
{
    disk_info_status = BP_E_IO;
    draw_board(0, NULL);
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "pad", "drive: back end disk: info() fails"));
    cr_assert(rig_complains(&r, "pad", "BP_E_IO"));
    cr_assert(rig_complains(&r, "pad", "another back end"));
}

Test(loop_blocks, a_back_end_may_say_why_it_does_not_tell_its_size)
{
    disk_info_status = BP_E_IO;
    disk_info_text = "there is no medium: insert one";
    draw_board(0, NULL);
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "pad", "drive: back end disk: there is no medium: insert one"));
}

/* A back end would read or write beyond the memory that the device named. */
Test(loop_blocks, requests_whose_memory_is_not_as_long_are_refused)
{
    static uint8_t bytes[512];
    const struct bp_iovec half = {bytes, 256};
    const struct bp_iovec around[] = {{bytes, UINT64_MAX - 255},
                                      {bytes, 512}}; /* 256, modulo 2^64 */
    const struct bp_iovec whole[] = {{bytes, 256}, {bytes + 256, 256}};

    block_board(0, NULL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, 0, 512, &half, 1, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_WRITE, 0, 256, around, 2, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, 0, 512, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 0);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, 0, 512, whole, 2, 1), BP_OK);
    lock_take(&r.m->lock);
    pad->blocks->drain(pad->drive);
    lock_drop(&r.m->lock);
}

Test(loop_blocks, requests_outside_of_the_medium_are_refused)
{
    struct bp_block_info info;

    disk_flags = BP_BLOCK_READ_ONLY;
    block_board(0, NULL);
    cr_assert_eq(pad->blocks->info(pad->drive, &info), BP_OK);
    cr_assert_eq(info.bytes, DISK);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, DISK - 511, 512, NULL, 0, 1),
                 BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_READ, UINT64_MAX, 2, NULL, 0, 1),
                 BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, BP_BLOCK_WRITE, 0, 512, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->submit(pad->drive, 17, 0, 512, NULL, 0, 1), BP_E_INVAL);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 0);
    cr_assert_eq(disk->submitted, 0);
}

Test(loop_blocks, a_request_completes_later_never_inside_of_submit)
{
    block_board(0, NULL);
    cr_assert_eq(submit(pad, 7), BP_OK);
    cr_assert(pad->completed == 0 && disk->submitted == 0);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 1);
    turn();
    cr_assert(pad->completed == 1 && pad->tokens[0] == 7 && pad->statuses[0] == BP_OK);
    cr_assert_eq(pad->blocks->in_flight(pad->drive), 0);
}

Test(loop_blocks, requests_complete_in_any_order_each_with_its_own_status)
{
    disk_mode = BACKWARDS;
    block_board(0, NULL);
    for (uint64_t token = 1; token <= 3; token++)
        submit(pad, token);
    turn();
    cr_assert(pad->completed == 3 && pad->tokens[0] == 3 && pad->tokens[2] == 1 &&
              pad->statuses[0] == BP_E_IO);
}

static void submit_more(struct pad *p, uint64_t token)
{
    cr_assert(lock_mine(&p->dev->machine->lock));
    if (token < 10)
        submit(p, token + 1);
}

Test(loop_blocks, drain_on_main_waits_for_requests_that_requests_make)
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
static _Atomic uint32_t breaches;

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

Test(loop_blocks, drain_on_a_vcpu_keeps_everybody_out_and_the_loop_going)
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

Test(loop_blocks, parking_waits_for_a_drain_without_a_deadlock)
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

Test(loop_blocks, a_reset_drains_on_main)
{
    disk_mode = ON_POOL;
    pad_on_write = submit_and_reset;
    pad_on_reset = reset_drains;
    block_board(2, store_once);
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_geq(pad->completed, 12);
    cr_assert_eq(pad->last_reset, BP_RESET_WARM);
}

Test(loop_blocks, requests_end_before_their_device_does)
{
    disk_mode = ON_POOL;
    block_board(0, NULL);
    submit(pad, 1);
    submit(pad, 2);
    /* fini(): the machine is destroyed with both in flight; leaks and late calls are the sanitizer's to find */
}
