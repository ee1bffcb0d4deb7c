/* SPDX-License-Identifier: Apache-2.0
 *
 * wdt: the watchdog of SiFive's FE310, which is part of its always-on block.
 *
 * Source: "SiFive FE310-G002 Manual" v1p1, chapter 14, whose sections are cited below.
 *
 * Every write to a register needs the key in front of it. The count is computed from the time at which it was
 * started; a timer runs only at the moment when the comparator matches.
 */
#include "sifive.h"

#include <backplane/bus.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/trace.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define KEY        0x51f15eu
#define FOOD       0x0d09f00du
#define COUNT_MASK 0x7fffffffu /* 14.2: 31 bits */

#define CFG_SCALE(c)  ((c)&15u)
#define CFG_RSTEN     BP_BIT(8)
#define CFG_ZEROCMP   BP_BIT(9)
#define CFG_ENALWAYS  BP_BIT(12)
#define CFG_COREAWAKE BP_BIT(13)
#define CFG_IP        BP_BIT(28)
#define CFG_MASK      0x1000330fu

struct wdt {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    const struct bp_machine_api *machine;
    const struct bp_trace_api *trace;
    struct bp_line *irq, *reset_out;
    struct bp_clock_in *clock;
    struct bp_timer *match;

    uint32_t cfg;   /* with IP as latched */
    uint32_t cmp;   /* 16 bits */
    uint32_t count; /* at `since`, virtual time; goes on from there while it runs */
    uint64_t since;
    uint8_t unlocked;
};

/* 14.3: the core of an emulated machine does not sleep in a way that stops this clock. */
static uint32_t running(const struct wdt *w)
{
    return (w->cfg & (CFG_ENALWAYS | CFG_COREAWAKE)) != 0;
}

static uint32_t count_now(const struct wdt *w)
{
    uint64_t now = w->timers->now(w->dev, BP_TIME_VIRTUAL);
    uint64_t ticks = running(w) ? bp_ticks(now - w->since, w->clocks->hz(w->clock)) : 0;

    return (uint32_t)(w->count + ticks) & COUNT_MASK;
}

static uint32_t scaled(const struct wdt *w, uint32_t count)
{
    return count >> CFG_SCALE(w->cfg) & 0xffff;
}

static void settle(struct wdt *w)
{
    w->count = count_now(w);
    w->since = w->timers->now(w->dev, BP_TIME_VIRTUAL);
}

/* 14.3 wdogrsten: a full reset of the chip, through the line and of the machine. */
static void bite(struct wdt *w)
{
    w->trace->log(w->dev, BP_LOG_INFO, "the watchdog resets the machine");
    w->lines->set(w->reset_out, 0, 1);
    w->machine->power(w->dev, BP_POWER_RESET, 0);
}

/* 14.6: the comparator looks at wdogs; a match is latched, and with zerocmp begins the count anew. */
static void update(void *self)
{
    struct wdt *w = self;
    uint64_t ticks, ns;

    settle(w);
    if (running(w) && scaled(w, w->count) >= w->cmp) {
        w->cfg |= CFG_IP;
        if (w->cfg & CFG_ZEROCMP)
            w->count = 0;
        if (w->cfg & CFG_RSTEN)
            bite(w);
    }
    w->lines->set(w->irq, 0, (w->cfg & CFG_IP) != 0);
    w->timers->cancel(w->match);
    /* Once it has matched it goes on matching until it is fed or wraps; the bit is there already. */
    if (!running(w) || scaled(w, w->count) >= w->cmp)
        return;
    ticks = ((uint64_t)w->cmp << CFG_SCALE(w->cfg)) -
            (w->count & (BP_BIT64(16 + CFG_SCALE(w->cfg)) - 1));
    ns = bp_ticks_to_ns(ticks, w->clocks->hz(w->clock));
    if (ns <= UINT64_MAX - w->since)
        w->timers->arm(w->match, w->since + ns);
}

static void on_clock(void *self, uint64_t hz)
{
    update(self);
}

/* --- registers ------------------------------------------------------------------------------- */

/* 14.5: the key opens the registers for one write. */
static uint32_t unlock(struct wdt *w)
{
    uint32_t was = w->unlocked;

    w->unlocked = 0;
    return was;
}

static uint64_t on_cfg_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    return ((struct wdt *)self)->cfg;
}

static void on_cfg_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct wdt *w = self;

    if (!unlock(w))
        return;
    settle(w);
    w->cfg = (uint32_t)value;
    update(w);
}

static uint64_t on_count_read(void *self, uint32_t index, uint64_t value,
                              const struct bp_access *access)
{
    return count_now(self);
}

static void on_count_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct wdt *w = self;

    if (!unlock(w))
        return;
    settle(w);
    w->count = (uint32_t)value & COUNT_MASK;
    update(w);
}

static uint64_t on_wdogs_read(void *self, uint32_t index, uint64_t value,
                              const struct bp_access *access)
{
    return scaled(self, count_now(self));
}

/* 14.4: any other food does nothing. */
static void on_feed_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct wdt *w = self;

    if (!unlock(w) || value != FOOD)
        return;
    settle(w);
    w->count = 0;
    update(w);
}

static uint64_t on_key_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    return ((struct wdt *)self)->unlocked;
}

static void on_key_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    ((struct wdt *)self)->unlocked = value == KEY;
}

static uint64_t on_cmp_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    return ((struct wdt *)self)->cmp;
}

static void on_cmp_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct wdt *w = self;

    if (!unlock(w))
        return;
    w->cmp = (uint32_t)value;
    update(w);
}

static const struct bp_reg_field cfg_fields[] = {
    {.name = "scale", .doc = "counter scale", .lsb = 0, .width = 4},
    {.name = "rsten", .doc = "a match resets the chip", .lsb = 8, .width = 1},
    {.name = "zerocmp", .doc = "a match begins the count anew", .lsb = 9, .width = 1},
    {.name = "enalways", .doc = "count", .lsb = 12, .width = 1},
    {.name = "coreawake", .doc = "count while the core is awake", .lsb = 13, .width = 1},
    {.name = "ip0", .doc = "a match is pending", .lsb = 28, .width = 1},
    {0}};

/* Offsets are those of the always-on block, whose first registers these are: FE310-G002 manual, chapter 13, table 39. */
static const struct bp_reg regs[] = {
    {.offset = 0x00,
     .width = 4,
     .name = "wdogcfg",
     .doc = "configuration",
     .bound = BP_UNBOUND,
     .write_mask = CFG_MASK,
     .fields = cfg_fields,
     .on_read = on_cfg_read,
     .on_write = on_cfg_write},
    {.offset = 0x08,
     .width = 4,
     .name = "wdogcount",
     .doc = "count",
     .bound = BP_UNBOUND,
     .on_read = on_count_read,
     .on_write = on_count_write},
    {.offset = 0x10,
     .width = 4,
     .access = BP_REG_RO,
     .name = "wdogs",
     .doc = "scaled count",
     .bound = BP_UNBOUND,
     .on_read = on_wdogs_read},
    {.offset = 0x18,
     .width = 4,
     .access = BP_REG_WO,
     .name = "wdogfeed",
     .doc = "0x0d09f00d begins the count anew",
     .bound = BP_UNBOUND,
     .on_write = on_feed_write},
    {.offset = 0x1c,
     .width = 4,
     .name = "wdogkey",
     .doc = "0x51f15e opens the registers for one write",
     .bound = BP_UNBOUND,
     .on_read = on_key_read,
     .on_write = on_key_write},
    {.offset = 0x20,
     .width = 4,
     .name = "wdogcmp0",
     .doc = "comparator",
     .bound = BP_UNBOUND,
     .write_mask = 0xffff,
     .on_read = on_cmp_read,
     .on_write = on_cmp_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .min_width = 4, .max_width = 4, .regs = BP_ARRAY(regs)},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "a match is pending",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct wdt, irq)},
    {.name = "reset",
     .doc = "rises when the watchdog resets the chip",
     .kind = BP_PORT_RESET,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct wdt, reset_out)},
    {.name = "clock",
     .doc = "low-frequency clock, 32.768 kHz in the FE310",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct wdt, clock),
     .on_clock = on_clock},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct wdt, cfg), .name = "cfg"},
    {.tag = 2, .type = BP_STATE_U32, .offset = BP_OFFSET(struct wdt, cmp), .name = "cmp"},
    {.tag = 3, .type = BP_STATE_U32, .offset = BP_OFFSET(struct wdt, count), .name = "count"},
    {.tag = 4, .type = BP_STATE_U64, .offset = BP_OFFSET(struct wdt, since), .name = "since"},
    {.tag = 5, .type = BP_STATE_U8, .offset = BP_OFFSET(struct wdt, unlocked), .name = "unlocked"},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct wdt, lines)},   {BP_TIMER_ID, BP_OFFSET(struct wdt, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct wdt, clocks)}, {BP_MACHINE_ID, BP_OFFSET(struct wdt, machine)},
    {BP_TRACE_ID, BP_OFFSET(struct wdt, trace)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct wdt *w = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    w->dev = dev;
    w->match = w->timers->create(dev, "match", update);
    return w->match ? BP_OK : BP_E_NOMEM;
}

/* 14.3: rsten, enalways and coreawake are 0; the manual leaves the rest open. */
static void reset(void *self, uint32_t kind)
{
    struct wdt *w = self;

    w->timers->cancel(w->match);
    w->cfg = w->count = 0;
    w->since = 0;
    w->cmp = 0xffff;
    w->unlocked = 0;
    w->lines->set(w->irq, 0, 0);
    w->lines->set(w->reset_out, 0, 0);
}

const struct bp_device_class wdt_class = {
    .size = sizeof wdt_class,
    .instance_size = sizeof(struct wdt),
    .instance_align = _Alignof(struct wdt),
    .name = "wdt",
    .doc = "watchdog of the FE310",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
};
