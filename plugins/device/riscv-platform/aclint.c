/* SPDX-License-Identifier: Apache-2.0
 *
 * aclint.c - RISC-V Advanced Core Local Interruptor 1.0-rc4: machine timers, machine and supervisor
 * software interrupts. With MSWI at 0, MTIMER at 0x4000 of one window it is the SiFive CLINT
 * (section 1.1), which is what the device tree calls it.
 */
#include "platform.h"

#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/trace.h>
#include <backplane/util/ticks.h>
#include <stdatomic.h>

/* 2.2, table 3: MTIMECMP of hart i at 8 i, MTIME behind 4095 of them, as CLINT has it. */
#define MTIME_OFFSET 0x7ff8u
#define CLINT_MTIMER 0x4000u /* 1.1: where the SiFive CLINT has MTIMER, behind MSWI */
#define WATCHERS     64u

struct aclint {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    struct bp_line *msip, *mtip, *ssip;
    struct bp_clock_in *clock;
    struct bp_timer *timer; /* for the earliest MTIMECMP that is still ahead */
    struct bp_list harts;
    uint32_t msip_bits[PLATFORM_HARTS];
    uint64_t mtimecmp[PLATFORM_HARTS];
    /* mtime = ticks(now - since) + base, in atomics: harts read it without the machine lock.
     * `sequence` is odd during a change of the two. */
    _Atomic uint64_t base, since, rate;
    _Atomic uint32_t sequence;
    uint64_t saved_base, saved_age; /* in a snapshot: base, and now - since */
    struct {
        void (*fn)(void *ctx);
        void *ctx;
    } watchers[WATCHERS];
    uint32_t nwatchers;
};

/* --- mtime ---------------------------------------------------------------------------- */

static uint64_t counter_read(void *self)
{
    struct aclint *a = self;
    uint64_t base, since, rate;
    uint32_t sequence;

    do {
        sequence = atomic_load(&a->sequence);
        base = atomic_load(&a->base);
        since = atomic_load(&a->since);
        rate = atomic_load(&a->rate);
    } while (sequence & 1 || sequence != atomic_load(&a->sequence));
    return base + bp_ticks(a->timers->now(a->dev, BP_TIME_VIRTUAL) - since, rate);
}

/* The count was `value` at the virtual time `since` and grows at the clock's rate. [machine] */
static void set_count_since(struct aclint *a, uint64_t value, uint64_t since)
{
    atomic_fetch_add(&a->sequence, 1);
    atomic_store(&a->base, value);
    atomic_store(&a->since, since);
    atomic_store(&a->rate, a->clocks->hz(a->clock));
    atomic_fetch_add(&a->sequence, 1);
}

static void set_count(struct aclint *a, uint64_t value)
{
    set_count_since(a, value, a->timers->now(a->dev, BP_TIME_VIRTUAL));
}

static uint64_t counter_hz(void *self)
{
    struct aclint *a = self;

    return atomic_load(&a->rate);
}

/* Virtual time at which the count has grown by `ticks`; UINT64_MAX: never. Counted from `since`,
 * not from the base, because the count may have wrapped in between. */
static uint64_t after_ticks(struct aclint *a, uint64_t ticks)
{
    uint64_t rate = atomic_load(&a->rate), since = atomic_load(&a->since);
    uint64_t now = a->timers->now(a->dev, BP_TIME_VIRTUAL);
    uint64_t passed = bp_ticks(now - since, rate), ns;

    if (!rate || ticks > UINT64_MAX - passed)
        return UINT64_MAX;
    ns = bp_ticks_to_ns(passed + ticks, rate);
    if (ns > UINT64_MAX - since)
        return UINT64_MAX;
    /* A clock so fast that `passed` has wrapped must not make a deadline that has passed. */
    return bp_max(ns + since, now + 1);
}

static uint64_t counter_when(void *self, uint64_t value)
{
    struct aclint *a = self;
    uint64_t count = counter_read(a);

    return count >= value ? a->timers->now(a->dev, BP_TIME_VIRTUAL) : after_ticks(a, value - count);
}

static int32_t counter_watch(void *self, void (*fn)(void *ctx), void *ctx)
{
    struct aclint *a = self;

    if (a->nwatchers == WATCHERS)
        return BP_E_FULL;
    a->watchers[a->nwatchers].fn = fn;
    a->watchers[a->nwatchers++].ctx = ctx;
    return BP_OK;
}

/* Drives every mtip by comparison (2.1: MTIME >= MTIMECMP) and sets the timer for the next that
 * will change. */
static void update_timers(struct aclint *a)
{
    uint64_t count = counter_read(a), next = UINT64_MAX;

    for (uint32_t i = 0; i < a->harts.count; i++) {
        uint64_t when;

        a->lines->set(a->mtip, i, count >= a->mtimecmp[i]);
        /* One that is reached changes when the count wraps. */
        when = count < a->mtimecmp[i] ? counter_when(a, a->mtimecmp[i])
               : count                ? after_ticks(a, 0 - count)
                                      : UINT64_MAX;
        next = when < next ? when : next;
    }
    if (next == UINT64_MAX)
        a->timers->cancel(a->timer);
    else
        a->timers->arm(a->timer, next);
}

static void jumped(struct aclint *a)
{
    update_timers(a);
    for (uint32_t i = 0; i < a->nwatchers; i++)
        a->watchers[i].fn(a->watchers[i].ctx);
}

static void on_timer(void *self)
{
    update_timers(self);
}

static void on_clock(void *self, uint64_t hz)
{
    struct aclint *a = self;

    set_count(a, counter_read(a));
    jumped(a);
}

/* --- registers ------------------------------------------------------------------------ */

static uint64_t read_mtime(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    return counter_read(self);
}

static void write_mtime(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    set_count(self, value);
    jumped(self);
}

static void write_mtimecmp(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    update_timers(self);
}

static void write_msip(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct aclint *a = self;

    if (index < a->harts.count)
        a->lines->set(a->msip, index, value & 1);
}

/* 4.2: SETSSIP reads zero; writing 1 sends an edge. */
static void write_setssip(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct aclint *a = self;

    if (index >= a->harts.count || !(value & 1))
        return;
    a->lines->set(a->ssip, index, 1);
    a->lines->set(a->ssip, index, 0);
}

static const struct bp_reg mswi_regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "MSIP",
     .doc = "machine software interrupt of a hart",
     .write_mask = 1,
     .bound = BP_OFFSET(struct aclint, msip_bits),
     .count = PLATFORM_HARTS,
     .on_write = write_msip},
};

static const struct bp_reg mtimer_regs[] = {
    {.offset = 0,
     .width = 8,
     .name = "MTIMECMP",
     .doc = "when a hart's timer interrupt begins",
     .reset = UINT64_MAX,
     .bound = BP_OFFSET(struct aclint, mtimecmp),
     .count = PLATFORM_HARTS,
     .on_write = write_mtimecmp},
    {.offset = MTIME_OFFSET,
     .width = 8,
     .name = "MTIME",
     .doc = "the count",
     .bound = BP_UNBOUND,
     .on_read = read_mtime,
     .on_write = write_mtime},
};

static const struct bp_reg sswi_regs[] = {
    {.offset = 0,
     .width = 4,
     .access = BP_REG_WO,
     .name = "SETSSIP",
     .doc = "sets a hart's supervisor software interrupt",
     .bound = BP_UNBOUND,
     .count = PLATFORM_HARTS,
     .on_write = write_setssip},
};

/* Rows of `regions`. */
#define REGION_MSWI   0u
#define REGION_MTIMER 1u

static const struct bp_region regions[] = {
    {.name = "mswi",
     .doc = "machine software interrupts",
     .flags = BP_REGION_OPTIONAL,
     .min_width = 4,
     .max_width = 4,
     .regs = BP_ARRAY(mswi_regs)},
    {.name = "mtimer",
     .doc = "timers",
     .min_width = 4,
     .max_width = 8,
     .regs = BP_ARRAY(mtimer_regs)},
    {.name = "sswi",
     .doc = "supervisor software interrupts",
     .flags = BP_REGION_OPTIONAL,
     .min_width = 4,
     .max_width = 4,
     .regs = BP_ARRAY(sswi_regs)},
};

/* --- class
 *
 * ------------------------------------------------------------------------------------------------ */

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct aclint, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct aclint, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct aclint, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct aclint *a = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    a->dev = dev;
    set_count(a, 0);
    a->timer = a->timers->create(dev, "mtimer", on_timer);
    return a->timer ? BP_OK : BP_E_NOMEM;
}

/* 2.2 and 3.2: the count and every MSIP become zero. */
static void reset(void *self, uint32_t kind)
{
    struct aclint *a = self;

    set_count(a, 0);
    for (uint32_t i = 0; i < a->harts.count; i++)
        a->lines->set(a->msip, i, 0);
    jumped(a);
}

/* The window of a CLINT, from MSWI to the end of MTIMER. 0: the two do not lie as it has them. */
static uint32_t clint_window(const struct bp_fdt_writer *writer, uint64_t *base, uint64_t *bytes)
{
    uint64_t mtimer, mtimer_bytes;

    if (writer->reg(writer->ctx, REGION_MSWI, base, bytes) ||
        writer->reg(writer->ctx, REGION_MTIMER, &mtimer, &mtimer_bytes) ||
        mtimer != *base + CLINT_MTIMER)
        return 0;
    *bytes = CLINT_MTIMER + mtimer_bytes;
    return 1;
}

/* Linux binding timer/sifive,clint.yaml: one node for MSWI and MTIMER with both interrupts of each
 * hart; SSWI is found by nobody there and has no place in it. No binding describes any other
 * arrangement: such a node is for the program that knows its board. */
static int32_t emit(void *self, const struct bp_fdt_writer *writer)
{
    const struct aclint *a = self;
    uint32_t cells[4 * PLATFORM_HARTS], n = 0;
    uint64_t base, bytes;
    int32_t status;

    if (!clint_window(writer, &base, &bytes))
        return BP_OK;
    for (uint32_t i = 0; i < a->harts.count; i++) {
        const struct bp_ref *hart = &((const struct bp_ref *)a->harts.items)[i];
        uint32_t phandle = writer->phandle(writer->ctx, hart->dev, "interrupt-controller");

        cells[n++] = phandle;
        cells[n++] = 3; /* machine software */
        cells[n++] = phandle;
        cells[n++] = 7; /* machine timer */
    }
    status = writer->str(writer->ctx, "compatible", "sifive,clint0\nriscv,clint0");
    status = status ? status : writer->cells(writer->ctx, "interrupts-extended", cells, n);
    if (status)
        return status;
    uint32_t reg[4] = {(uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(bytes >> 32),
                       (uint32_t)bytes};

    return writer->cells(writer->ctx, "reg", reg, 4);
}

static const void *get_iface(void *self, const char *id)
{
    static const struct bp_counter_iface counter = {.size = sizeof counter,
                                                    .read = counter_read,
                                                    .hz = counter_hz,
                                                    .when = counter_when,
                                                    .watch = counter_watch};
    static const struct bp_fdt_node node = {.size = sizeof node,
                                            .flags = BP_FDT_NO_INTERRUPTS | BP_FDT_NO_REG,
                                            .name = "clint",
                                            .emit = emit};

    if (!strcmp(id, BP_COUNTER_ID))
        return &counter;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_prop props[] = {
    {.name = "harts",
     .doc = "The harts it serves, in the order of its registers.",
     .type = BP_PROP_LIST,
     .flags = BP_PROP_REQUIRED,
     .element = BP_PROP_REF,
     .offset = BP_OFFSET(struct aclint, harts),
     .min = 1,
     .max = PLATFORM_HARTS},
};

#define HART_LINE(port, member, text)                                                              \
    {                                                                                              \
        .name = port, .doc = text, .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,                         \
        .offset = BP_OFFSET(struct aclint, member), .via_prop = "harts", .via_port = port          \
    }

static const struct bp_port ports[] = {
    HART_LINE("msip", msip, "machine software interrupts"),
    HART_LINE("mtip", mtip, "machine timer interrupts"),
    HART_LINE("ssip", ssip, "supervisor software interrupts"),
    {.name = "clock",
     .doc = "what MTIME counts",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct aclint, clock),
     .on_clock = on_clock},
};

static const struct bp_state_field fields[] = {
    /* Tag 1 was the count alone, which loses the part of a tick that has passed. */
    {.tag = 2,
     .type = BP_STATE_U64,
     .offset = BP_OFFSET(struct aclint, saved_base),
     .name = "base"},
    {.tag = 3, .type = BP_STATE_U64, .offset = BP_OFFSET(struct aclint, saved_age), .name = "age"},
};

/* What a snapshot keeps holds at any virtual time: the count, to the nanosecond. */
static int32_t pre_save(void *self)
{
    struct aclint *a = self;

    a->saved_base = atomic_load(&a->base);
    a->saved_age = a->timers->now(a->dev, BP_TIME_VIRTUAL) - atomic_load(&a->since);
    return BP_OK;
}

static int32_t post_load(void *self)
{
    struct aclint *a = self;

    set_count_since(a, a->saved_base, a->timers->now(a->dev, BP_TIME_VIRTUAL) - a->saved_age);
    return BP_OK;
}

static const struct bp_state state = {.size = sizeof state,
                                      .version = 1,
                                      .fields = BP_ARRAY(fields),
                                      .pre_save = pre_save,
                                      .post_load = post_load};

const struct bp_device_class aclint_class = {
    .size = sizeof aclint_class,
    .instance_size = sizeof(struct aclint),
    .instance_align = _Alignof(struct aclint),
    .name = "aclint",
    .doc = "RISC-V timers and software interrupts (ACLINT, CLINT)",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
