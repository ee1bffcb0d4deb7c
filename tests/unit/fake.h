/* SPDX-License-Identifier: Apache-2.0
 *
 * fake.h - for machines of rig.h that run: an accelerator whose CPUs execute C functions, and a device with every kind of
 * port whose behaviour is the test's.
 */
#ifndef TESTS_UNIT_FAKE_H
#define TESTS_UNIT_FAKE_H

#include "rig.h"

#include <unistd.h>

/* --- a CPU ----------------------------------------------------------------------------------------------- */

/* The state block. `irq` is the only thing that other threads touch. */
struct fake_cpu {
    struct bp_vcpu *vcpu;
    const struct bp_vcpu_api *api;
    const struct bp_core *core;
    struct bp_dev *dev;
    uint32_t index, tag; /* tag: a property */
    uint64_t pc;
    _Atomic uint32_t irq;
    bool wfi;
    uint32_t resets, last_reset, boots, finished;
    struct bp_boot boot;
    _Atomic uint64_t steps;
};

struct bp_vcpu {
    struct fake_accel *accel;
    const struct bp_cpu_class *cls;
    struct fake_cpu *cpu;
    uint32_t index;
    _Atomic bool kicked, stopped;
    uint64_t budget, spent; /* budget 0: none */
};

struct fake_accel {
    struct bp_dev *dev;
    const struct bp_core *core;
    const struct bp_accel_host *api;
    void *host;
    uint32_t vcpus, finished;
    _Atomic uint32_t written;
};

/* One instruction of every CPU. A program that has nothing to do calls fake_wait(). Returns BP_RUN_KICKED to go on, or
 * what run() is to return. */
static int32_t (*fake_program)(struct fake_cpu *cpu);
static void (*fake_in_window)(
    struct fake_cpu *cpu);           /* after poll() said WAIT, before run() returns; may be NULL */
static bool fake_mute;               /* the accelerator does not call wake() */
static const char *fake_refuses;     /* text with which vcpu_create() fails; empty: none */
static struct fake_accel *fake_last; /* the accelerator made last */

RIG_UNUSED static void fake_wait(struct fake_cpu *cpu)
{
    cpu->wfi = true;
    atomic_store(&cpu->vcpu->kicked, true); /* ask poll() */
}

RIG_UNUSED static int32_t fake_store(struct fake_cpu *cpu, uint64_t pa, uint64_t value)
{
    const struct fake_accel *accel = cpu->vcpu->accel;

    return accel->api->write(accel->host, cpu->index, pa, 4, 0, value);
}

RIG_UNUSED static uint64_t fake_load(struct fake_cpu *cpu, uint64_t pa)
{
    const struct fake_accel *accel = cpu->vcpu->accel;
    uint64_t value = 0;

    accel->api->read(accel->host, cpu->index, pa, 4, 0, &value);
    return value;
}

static int32_t fake_cpu_init(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                             struct bp_dev *dev, const struct bp_core *core)
{
    struct fake_cpu *cpu = state;

    cpu->vcpu = vcpu;
    cpu->api = api;
    cpu->dev = dev;
    cpu->core = core;
    cpu->index = vcpu ? vcpu->index : 0; /* NULL: no accelerator, for the device tree only */
    return BP_OK;
}

static void fake_cpu_finish(void *state)
{
    ((struct fake_cpu *)state)->finished++;
}

static void fake_cpu_reset(void *state, uint32_t kind)
{
    struct fake_cpu *cpu = state;

    cpu->resets++;
    cpu->last_reset = kind;
    cpu->wfi = false;
    cpu->pc = 0;
    atomic_store(&cpu->irq, 0);
}

static void fake_cpu_boot(void *state, uint32_t index, const struct bp_boot *boot)
{
    struct fake_cpu *cpu = state;

    (void)index;
    cpu->boots++;
    cpu->boot = *boot;
    cpu->pc = boot->entry;
}

static int32_t fake_cpu_poll(void *state)
{
    struct fake_cpu *cpu = state;

    if (cpu->wfi && !atomic_load(&cpu->irq))
        return BP_CPU_WAIT;
    cpu->wfi = false;
    return BP_CPU_RUN;
}

static void fake_cpu_line(void *state, uint32_t index, uint32_t level)
{
    struct fake_cpu *cpu = state;

    (void)index;
    atomic_store(&cpu->irq, level);
    if (cpu->api)
        cpu->api->kick(cpu->vcpu);
}

static int32_t fake_cpu_translate(void *state, struct bp_ir_builder *builder)
{
    (void)state, (void)builder;
    return BP_E_UNSUPPORTED;
}

static int32_t fake_cpu_walk(void *state, uint64_t va, uint32_t kind, uint32_t context,
                             uint32_t debug, struct bp_walk *out)
{
    (void)state, (void)kind, (void)context, (void)debug;
    *out = (struct bp_walk){
        .pa = va, .log2_size = 12, .prot = BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH};
    return BP_OK;
}

static void fake_cpu_fault(void *state, const struct bp_fault *fault)
{
    (void)state, (void)fault;
}

static const void *fake_cpu_iface(void *state, const char *id)
{
    static const uint32_t iface = 0xc0de;

    (void)state;
    return strcmp(id, "test.cpu/1") ? NULL : &iface;
}

static const struct bp_prop fake_cpu_props[] = {
    {.name = "tag", .type = BP_PROP_U32, .offset = BP_OFFSET(struct fake_cpu, tag)},
};

static const struct bp_port fake_cpu_ports[] = {
    {.name = "irq",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .on_line = fake_cpu_line},
};

static const struct bp_cpu_class fake_cpu_class = {
    .size = sizeof(fake_cpu_class),
    .name = "fake-cpu",
    .state_size = sizeof(struct fake_cpu),
    .state_align = 8,
    .props = BP_ARRAY(fake_cpu_props),
    .ports = BP_ARRAY(fake_cpu_ports),
    .init = fake_cpu_init,
    .finish = fake_cpu_finish,
    .reset = fake_cpu_reset,
    .set_boot = fake_cpu_boot,
    .translate = fake_cpu_translate,
    .walk = fake_cpu_walk,
    .fault = fake_cpu_fault,
    .poll = fake_cpu_poll,
    .get_iface = fake_cpu_iface,
};

/* --- an accelerator ---------------------------------------------------------------------------------------- */

static void fake_kick(struct bp_vcpu *v)
{
    atomic_store(&v->kicked, true);
}

static void fake_api_kick(struct bp_vcpu *v)
{
    fake_kick(v);
    if (!fake_mute)
        v->accel->api->wake(v->accel->host, v->index);
}

static void fake_stop(struct bp_vcpu *v)
{
    atomic_store(&v->stopped, true);
}

static const struct bp_vcpu_api fake_vcpu_api = {.size = sizeof(fake_vcpu_api),
                                                 .kick = fake_api_kick};

static int32_t fake_accel_init(void *self, struct bp_dev *dev, const struct bp_core *core,
                               const struct bp_accel_host *api, void *host)
{
    struct fake_accel *accel = self;

    fake_last = accel;
    accel->dev = dev;
    accel->core = core;
    accel->api = api;
    accel->host = host;
    return BP_OK;
}

static void fake_accel_finish(void *self)
{
    ((struct fake_accel *)self)->finished++;
}

static int32_t fake_vcpu_create(void *self, uint32_t index, const struct bp_cpu_class *cls,
                                struct bp_vcpu **vcpu, void **state)
{
    struct fake_accel *accel = self;
    const struct bp_error_api *error = accel->core->get(accel->core, BP_ERROR_ID);

    if (fake_refuses) {
        if (*fake_refuses)
            error->set(accel->dev, NULL, fake_refuses);
        return BP_E_UNSUPPORTED;
    }
    *vcpu = calloc(1, sizeof(**vcpu));
    *state = calloc(1, cls->state_size);
    **vcpu = (struct bp_vcpu){.accel = accel, .cls = cls, .cpu = *state, .index = index};
    accel->vcpus++;
    return BP_OK;
}

static void fake_vcpu_destroy(struct bp_vcpu *v)
{
    v->accel->vcpus--;
    free(v->cpu);
    free(v);
}

static const struct bp_vcpu_api *fake_get_api(void *self)
{
    (void)self;
    return &fake_vcpu_api;
}

static int32_t fake_run(struct bp_vcpu *v)
{
    int32_t reason;

    atomic_store(&v->kicked, true);
    for (;;) {
        if (atomic_exchange(&v->stopped, false))
            return BP_RUN_KICKED;
        if (atomic_exchange(&v->kicked, false) && v->cls->poll(v->cpu) == BP_CPU_WAIT) {
            if (fake_in_window)
                fake_in_window(v->cpu);
            return BP_RUN_WAIT;
        }
        if (v->budget && v->spent == v->budget)
            return BP_RUN_BUDGET;
        atomic_fetch_add(&v->cpu->steps, 1);
        reason = fake_program(v->cpu);
        v->spent++;
        if (reason != BP_RUN_KICKED)
            return reason;
    }
}

static int32_t fake_budget(struct bp_vcpu *v, uint64_t n)
{
    v->budget = n;
    v->spent = 0;
    return BP_OK;
}

static uint64_t fake_spent(struct bp_vcpu *v)
{
    return v->spent;
}

static void fake_changed(void *self, uint64_t pa, uint64_t bytes)
{
    (void)self, (void)pa, (void)bytes;
}

static void fake_written(void *self, uint64_t pa, uint64_t bytes)
{
    (void)pa, (void)bytes;
    atomic_fetch_add(&((struct fake_accel *)self)->written, 1);
}

static int32_t fake_counter(void *self, uint32_t i, struct bp_accel_counter *out)
{
    (void)self;
    if (i)
        return BP_E_NOENT;
    *out = (struct bp_accel_counter){"answers", "", 42};
    return BP_OK;
}

static const struct bp_accel_class fake_accel_class = {
    .size = sizeof(fake_accel_class),
    .instance_size = sizeof(struct fake_accel),
    .instance_align = 8,
    .name = "fake",
    .init = fake_accel_init,
    .finish = fake_accel_finish,
    .vcpu_create = fake_vcpu_create,
    .vcpu_destroy = fake_vcpu_destroy,
    .vcpu_api = fake_get_api,
    .run = fake_run,
    .kick = fake_kick,
    .stop = fake_stop,
    .map_changed = fake_changed,
    .ram_written = fake_written,
    .counter = fake_counter,
    .budget = fake_budget,
    .spent = fake_spent,
};

/* --- a device ---------------------------------------------------------------------------------------------- */

#define PAD_LINES 4

struct pad {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    const struct bp_machine_api *machine;
    const struct bp_thread_api *threads;
    const struct bp_char_api *chars;
    const struct bp_block_api *blocks;
    struct bp_line *out;
    struct bp_clock_in *clock_in;
    struct bp_char *chardev;
    struct bp_block *drive;
    struct bp_timer *timer[4];
    uint32_t level[PAD_LINES], changes[PAD_LINES];
    uint64_t hz;
    uint32_t hz_changes, resets, last_reset, finished;
    uint32_t expired[4];
    uint32_t room, ninput, nevents, writables;
    uint8_t input[256];
    uint32_t events[8];
    uint32_t completed;
    uint64_t tokens[64];
    int32_t statuses[64];
};

/* What the test makes of it; all may be NULL. */
static void (*pad_on_write)(struct pad *pad, uint64_t addr, uint64_t value);
static uint64_t (*pad_on_read)(struct pad *pad, uint64_t addr);
static void (*pad_on_line)(struct pad *pad, uint32_t index, uint32_t level);
static void (*pad_on_timer)(struct pad *pad, uint32_t timer);
static void (*pad_on_reset)(struct pad *pad);
static void (*pad_on_init)(struct pad *pad);
static void (*pad_on_complete)(struct pad *pad, uint64_t token);
static void (*pad_on_input)(struct pad *pad);

static int32_t pad_write(void *self, const struct bp_access *access, uint64_t value)
{
    if (pad_on_write)
        pad_on_write(self, access->addr, value);
    return BP_OK;
}

static int32_t pad_read(void *self, const struct bp_access *access, uint64_t *value)
{
    *value = pad_on_read ? pad_on_read(self, access->addr) : 0;
    return BP_OK;
}

static void pad_line(void *self, uint32_t index, uint32_t level)
{
    struct pad *pad = self;

    pad->level[index] = level;
    pad->changes[index]++;
    if (pad_on_line)
        pad_on_line(pad, index, level);
}

static void pad_clock(void *self, uint64_t hz)
{
    struct pad *pad = self;

    pad->hz = hz;
    pad->hz_changes++;
}

static void pad_expire(struct pad *pad, uint32_t i)
{
    pad->expired[i]++;
    if (pad_on_timer)
        pad_on_timer(pad, i);
}

static void pad_timer0(void *self)
{
    pad_expire(self, 0);
}

static void pad_timer1(void *self)
{
    pad_expire(self, 1);
}

static void pad_timer2(void *self)
{
    pad_expire(self, 2);
}

static void pad_timer3(void *self)
{
    pad_expire(self, 3);
}

static uint32_t pad_room(void *self)
{
    return ((struct pad *)self)->room;
}

static void pad_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct pad *pad = self;

    cr_assert_leq(bytes, pad->room);
    pad->room -= bytes;
    for (uint32_t i = 0; i < bytes; i++)
        pad->input[pad->ninput++ % sizeof(pad->input)] = data[i];
    if (pad_on_input)
        pad_on_input(pad);
}

static void pad_writable(void *self)
{
    ((struct pad *)self)->writables++;
}

static void pad_event(void *self, uint32_t event)
{
    struct pad *pad = self;

    pad->events[pad->nevents++ % 8] = event;
}

static void pad_complete(void *self, uint64_t token, int32_t status)
{
    struct pad *pad = self;

    pad->tokens[pad->completed % 64] = token;
    pad->statuses[pad->completed++ % 64] = status;
    if (pad_on_complete)
        pad_on_complete(pad, token);
}

static int32_t pad_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    static void (*const expire[])(void *self) = {pad_timer0, pad_timer1, pad_timer2, pad_timer3};
    static const char *const names[] = {"t0", "t1", "t2", "t3"};
    struct pad *pad = self;

    pad->dev = dev;
    pad->lines = core->get(core, BP_LINE_ID);
    pad->timers = core->get(core, BP_TIMER_ID);
    pad->clocks = core->get(core, BP_CLOCK_ID);
    pad->machine = core->get(core, BP_MACHINE_ID);
    pad->threads = core->get(core, BP_THREAD_ID);
    pad->chars = core->get(core, BP_CHAR_ID);
    pad->blocks = core->get(core, BP_BLOCK_ID);
    for (uint32_t i = 0; i < 4; i++)
        pad->timer[i] = pad->timers->create(dev, names[i], expire[i]);
    pad->hz = pad->clocks->hz(pad->clock_in);
    if (pad_on_init)
        pad_on_init(pad);
    return BP_OK;
}

static void pad_reset(void *self, uint32_t kind)
{
    struct pad *pad = self;

    pad->resets++;
    pad->last_reset = kind;
    if (pad_on_reset)
        pad_on_reset(pad);
}

static void pad_finish(void *self)
{
    ((struct pad *)self)->finished++;
}

static const struct bp_char_client pad_chars = {
    .size = sizeof(pad_chars),
    .room = pad_room,
    .on_input = pad_input,
    .on_writable = pad_writable,
    .on_event = pad_event,
};

static const struct bp_block_client pad_blocks = {.size = sizeof(pad_blocks),
                                                  .on_complete = pad_complete};

static const struct bp_port pad_ports[] = {
    {.name = "out",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pad, out),
     .width = PAD_LINES},
    {.name = "in",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .width = PAD_LINES,
     .on_line = pad_line},
    {.name = "clock",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = BP_OFFSET(struct pad, clock_in),
     .on_clock = pad_clock},
    {.name = "chardev",
     .kind = BP_PORT_CHAR,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pad, chardev),
     .client = &pad_chars},
    {.name = "drive",
     .kind = BP_PORT_BLOCK,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pad, drive),
     .client = &pad_blocks},
};

static const struct bp_region pad_regions[] = {
    {.name = "reg", .read = pad_read, .write = pad_write}};

static const struct bp_device_class pad_class = {
    .size = sizeof(pad_class),
    .instance_size = sizeof(struct pad),
    .instance_align = 8,
    .name = "pad",
    .ports = BP_ARRAY(pad_ports),
    .regions = BP_ARRAY(pad_regions),
    .init = pad_init,
    .reset = pad_reset,
    .finish = pad_finish,
};

/* --- together ------------------------------------------------------------------------------------------------ */

#define PAD 0x10000000ull

/* A machine with a pad and `cpus` CPUs that run `program`; line i of the pad is CPU i's interrupt. */
RIG_UNUSED static struct graph_node *fake_board(struct rig *r, uint32_t cpus,
                                                int32_t (*program)(struct fake_cpu *cpu))
{
    static const char *const names[] = {"cpu0", "cpu1", "cpu2", "cpu3"};
    struct graph_node *pad;

    fake_program = program;
    rig_init(r);
    pad = rig_device(r, "pad", &pad_class, PAD, 0x1000);
    for (uint32_t i = 0; i < cpus; i++)
        rig_wire(r, pad, "out", i, rig_cpu(r, names[i], &fake_cpu_class), "irq", 0, false);
    rig_accel(r, &fake_accel_class);
    return pad;
}

#endif
