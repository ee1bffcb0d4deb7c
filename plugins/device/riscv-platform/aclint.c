/* SPDX-License-Identifier: Apache-2.0
 *
 * aclint: MTIMER and MSWI devices of the RISC-V ACLINT, laid out as the SiFive CLINT; aclint-sswi: the SSWI device.
 *
 * Source: RISC-V Advanced Core Local Interruptor Specification 1.0-rc4; "2.1" and so on below are its sections. The counter
 * is derived from virtual time and the clock input and takes no time to run; a hart's comparator is a timer.
 */
#include "platform.h"

#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#include <stdio.h>
#include <stdlib.h>

#define MAX_HARTS 4095 /* 2.1, 3.1: registers per device */
#define MAX_WATCHERS (4 * MAX_HARTS)

/* mtime = offset + ticks(virtual time). Read by vCPUs at any time without a lock, so a change fills the set that is
 * not in use and then switches over. */
struct rate {
    uint64_t hz, offset;
};

struct watcher {
    void (*fn)(void *ctx);
    void *ctx;
};

struct aclint {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;

    struct bp_list harts;
    struct bp_clock_in *clock;
    struct bp_line *msip_lines, *mtip_lines;
    struct bp_timer **comparators; /* one for each hart */

    struct rate rates[2];
    uint32_t rate; /* which of them holds; __atomic */
    uint64_t saved_mtime;
    struct watcher *watchers;
    uint32_t nwatchers;

    uint64_t mtimecmp[MAX_HARTS];
    uint32_t msip[MAX_HARTS];
};

/* --- the counter ---------------------------------------------------------------------------------------- */

static struct rate current(const struct aclint *a)
{
    return a->rates[__atomic_load_n(&a->rate, __ATOMIC_ACQUIRE)];
}

static uint64_t mtime(const struct aclint *a)
{
    struct rate r = current(a);

    return r.offset + bp_ticks(a->timers->now(a->dev, BP_TIME_VIRTUAL), r.hz);
}

/* From now on the counter runs at `hz`, starting from `value`. */
static void set_mtime(struct aclint *a, uint64_t value, uint64_t hz)
{
    uint32_t other = !a->rate;

    a->rates[other].hz = hz;
    a->rates[other].offset = value - bp_ticks(a->timers->now(a->dev, BP_TIME_VIRTUAL), hz);
    __atomic_store_n(&a->rate, other, __ATOMIC_RELEASE);
}

/* Virtual time at which the counter first reads >= value, as if it counted for ever from now on without wrapping. */
static uint64_t when(const struct aclint *a, uint64_t value)
{
    struct rate r = current(a);
    uint64_t now = a->timers->now(a->dev, BP_TIME_VIRTUAL), ticks = bp_ticks(now, r.hz);
    uint64_t count = r.offset + ticks;

    if (count >= value)
        return now;
    if (value - count > UINT64_MAX - ticks)
        return UINT64_MAX;
    return bp_ticks_to_ns(ticks + (value - count), r.hz);
}

/* 2.3: the interrupt is pending whenever mtime >= mtimecmp; it is a level, cleared by writing mtimecmp. */
static void compare(struct aclint *a, uint32_t hart)
{
    uint32_t level = mtime(a) >= a->mtimecmp[hart];
    uint64_t deadline = level ? UINT64_MAX : when(a, a->mtimecmp[hart]);

    if (deadline == UINT64_MAX)
        a->timers->cancel(a->comparators[hart]);
    else
        a->timers->arm(a->comparators[hart], deadline);
    a->lines->set(a->mtip_lines, hart, level);
}

static void compare_all(struct aclint *a)
{
    for (uint32_t i = 0; i < a->harts.count; i++)
        compare(a, i);
}

/* A comparator came due. A timer does not say which; the others find their line as it should be. */
static void on_due(void *self)
{
    struct aclint *a = self;
    uint64_t time = mtime(a);

    for (uint32_t i = 0; i < a->harts.count; i++) {
        if (time >= a->mtimecmp[i])
            a->lines->set(a->mtip_lines, i, 1);
    }
}

static void jumped(struct aclint *a)
{
    compare_all(a);
    for (uint32_t i = 0; i < a->nwatchers; i++)
        a->watchers[i].fn(a->watchers[i].ctx);
}

static void on_clock(void *self, uint64_t hz)
{
    struct aclint *a = self;

    set_mtime(a, mtime(a), hz);
    jumped(a);
}

/* --- bp.counter/1: mtime for the harts' `time` CSR and Sstc ----------------------------------------------- */

static uint64_t counter_read(void *self)
{
    return mtime(self);
}

static uint64_t counter_hz(void *self)
{
    return current(self).hz;
}

static uint64_t counter_when(void *self, uint64_t value)
{
    return when(self, value);
}

static int32_t counter_watch(void *self, void (*fn)(void *ctx), void *ctx)
{
    struct aclint *a = self;
    struct watcher *watchers;

    if (a->nwatchers == MAX_WATCHERS)
        return BP_E_FULL;
    watchers = realloc(a->watchers, (a->nwatchers + 1) * sizeof *watchers);
    if (!watchers)
        return BP_E_NOMEM;
    a->watchers = watchers;
    watchers[a->nwatchers++] = (struct watcher){fn, ctx};
    return BP_OK;
}

static const struct bp_counter_iface counter = {
    sizeof counter, 0, counter_read, counter_hz, counter_when, counter_watch};

/* --- registers ------------------------------------------------------------------------------------------ */

/* 3.2: bit 0 drives the hart's MSIP; registers of harts that do not exist are wired to zero. */
static void on_msip_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct aclint *a = self;

    if (index < a->harts.count)
        a->lines->set(a->msip_lines, index, (uint32_t)value);
    else
        a->msip[index] = 0;
}

static void on_mtimecmp_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct aclint *a = self;

    if (index < a->harts.count)
        compare(a, index);
    else
        a->mtimecmp[index] = 0;
}

static uint64_t on_mtimecmp_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    const struct aclint *a = self;

    return index < a->harts.count ? value : 0;
}

static uint64_t on_mtime_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return mtime(self);
}

static void on_mtime_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct aclint *a = self;

    set_mtime(a, value, current(a).hz);
    jumped(a);
}

/* 2.3 leaves mtimecmp unknown after reset: the largest value raises no interrupt. */
static const struct bp_reg regs[] = {
    {.offset = 0x0000, .width = 4, .name = "MSIP", .doc = "machine software interrupt of a hart", .write_mask = 1,
     .bound = BP_OFFSET(struct aclint, msip), .count = MAX_HARTS, .on_write = on_msip_write},
    {.offset = 0x4000, .width = 8, .name = "MTIMECMP", .doc = "timer comparator of a hart", .reset = UINT64_MAX,
     .bound = BP_OFFSET(struct aclint, mtimecmp), .count = MAX_HARTS, .on_read = on_mtimecmp_read,
     .on_write = on_mtimecmp_write},
    {.offset = 0xbff8, .width = 8, .name = "MTIME", .doc = "the counter", .bound = BP_UNBOUND,
     .on_read = on_mtime_read, .on_write = on_mtime_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "MSWI at 0, MTIMER at 0x4000", .length = 0x10000, .regs = BP_ARRAY(regs)},
};

/* --- the class ------------------------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "harts", .doc = "the harts, in the order of their registers", .type = BP_PROP_LIST,
     .flags = BP_PROP_REQUIRED, .element = BP_PROP_REF, .offset = BP_OFFSET(struct aclint, harts), .min = 1,
     .max = MAX_HARTS},
};

static const struct bp_port ports[] = {
    {.name = "msip", .doc = "machine software interrupts", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct aclint, msip_lines), .via_prop = "harts", .via_port = "msip"},
    {.name = "mtip", .doc = "machine timer interrupts", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct aclint, mtip_lines), .via_prop = "harts", .via_port = "mtip"},
    {.name = "clock", .doc = "rate of mtime", .kind = BP_PORT_CLOCK, .dir = BP_DIR_IN, .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct aclint, clock), .on_clock = on_clock},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U64, .offset = BP_OFFSET(struct aclint, saved_mtime), .name = "mtime"},
};

static int32_t pre_save(void *self)
{
    struct aclint *a = self;

    a->saved_mtime = mtime(a);
    return BP_OK;
}

static int32_t post_load(void *self)
{
    struct aclint *a = self;

    set_mtime(a, a->saved_mtime, current(a).hz);
    return BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .pre_save = pre_save, .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct aclint, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct aclint, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct aclint, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct aclint *a = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
    char name[24];

    if (status)
        return status;
    a->dev = dev;
    a->comparators = calloc(a->harts.count, sizeof *a->comparators);
    if (!a->comparators)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < a->harts.count; i++) {
        snprintf(name, sizeof name, "mtimer%u", i);
        a->comparators[i] = a->timers->create(dev, name, on_due);
        if (!a->comparators[i])
            return BP_E_NOMEM;
    }
    set_mtime(a, 0, a->clocks->hz(a->clock));
    return BP_OK;
}

/* 2.2: mtime is cleared; 3.2: so is every msip. */
static void reset(void *self, uint32_t kind)
{
    struct aclint *a = self;

    set_mtime(a, 0, a->clocks->hz(a->clock));
    for (uint32_t i = 0; i < a->harts.count; i++)
        a->lines->set(a->msip_lines, i, 0);
    jumped(a);
}

static void finish(void *self)
{
    struct aclint *a = self;

    free(a->comparators);
    free(a->watchers);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    static const uint32_t irqs[] = {PLATFORM_IRQ_MSI, PLATFORM_IRQ_MTI};
    const struct aclint *a = self;

    return platform_interrupts(w, &a->harts, irqs, 2);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node,
    .flags = BP_FDT_NO_INTERRUPTS,
    .name = "clint",
    .compatible = "sifive,clint0\nriscv,clint0",
    .emit = emit,
};

static const void *get_iface(void *self, const char *id)
{
    if (!strcmp(id, BP_COUNTER_ID))
        return &counter;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class aclint_class = {
    .size = sizeof aclint_class,
    .instance_size = sizeof(struct aclint),
    .instance_align = _Alignof(struct aclint),
    .name = "aclint",
    .doc = "RISC-V machine timer and software interrupts, laid out as the SiFive CLINT",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .finish = finish,
    .get_iface = get_iface,
};
