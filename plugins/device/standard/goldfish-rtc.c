/* SPDX-License-Identifier: Apache-2.0
 *
 * goldfish-rtc: the real-time clock of the Goldfish virtual platform.
 *
 * Source: Android "Goldfish Virtual Hardware" document, section "Goldfish real-time clock"; binding
 * google,goldfish-rtc. Time is in nanoseconds since 1970-01-01 UTC, 64 bits through two 32-bit
 * registers: reading TIME_LOW latches TIME_HIGH; of a pair that is written the high half goes first
 * and the low half acts.
 */
#include "standard.h"

#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>

struct rtc {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    struct bp_line *irq;
    struct bp_timer *alarm_timer;

    uint64_t offset; /* the guest's time minus wall time, set by writing TIME */
    uint64_t alarm;
    uint32_t time_high, alarm_high; /* latches */
    uint32_t irq_enabled, armed, pending;
};

static uint64_t now(const struct rtc *r)
{
    return r->timers->now(r->dev, BP_TIME_WALL) + r->offset;
}

static void update_irq(struct rtc *r)
{
    r->lines->set(r->irq, 0, r->pending && r->irq_enabled);
}

/* Wall and virtual time part when the machine stands still: a timer that comes early is armed
 * again. */
static void check_alarm(void *self)
{
    struct rtc *r = self;
    uint64_t time = now(r);

    if (!r->armed)
        return;
    if (time < r->alarm) {
        uint64_t start = r->timers->now(r->dev, BP_TIME_VIRTUAL), wait = r->alarm - time;

        r->timers->arm(r->alarm_timer, wait > UINT64_MAX - start ? UINT64_MAX : start + wait);
        return;
    }
    r->armed = 0;
    r->pending = 1;
    update_irq(r);
}

static uint64_t on_time_low_read(void *self, uint32_t index, uint64_t value,
                                 const struct bp_access *access)
{
    struct rtc *r = self;
    uint64_t time = now(r);

    if (!(access->flags & BP_ACCESS_DEBUG))
        r->time_high = (uint32_t)(time >> 32);
    return time;
}

static void on_time_low_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct rtc *r = self;

    r->offset = ((uint64_t)r->time_high << 32 | value) - r->timers->now(r->dev, BP_TIME_WALL);
    r->timers->cancel(r->alarm_timer);
    check_alarm(r);
}

static uint64_t on_alarm_low_read(void *self, uint32_t index, uint64_t value,
                                  const struct bp_access *access)
{
    const struct rtc *r = self;

    return r->alarm;
}

static void on_alarm_low_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct rtc *r = self;

    r->alarm = (uint64_t)r->alarm_high << 32 | value;
    r->armed = 1;
    r->timers->cancel(r->alarm_timer);
    check_alarm(r);
}

static uint64_t on_alarm_high_read(void *self, uint32_t index, uint64_t value,
                                   const struct bp_access *access)
{
    const struct rtc *r = self;

    return r->alarm >> 32;
}

static void on_irq_enabled_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    update_irq(self);
}

static void on_clear_alarm(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct rtc *r = self;

    r->armed = 0;
    r->timers->cancel(r->alarm_timer);
}

static void on_clear_interrupt(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct rtc *r = self;

    r->pending = 0;
    update_irq(r);
}

#define REG(at, kind, label) .offset = (at), .width = 4, .access = (kind), .name = (label)
#define FIELD(name)          .bound = BP_OFFSET(struct rtc, name)

static const struct bp_reg regs[] = {
    {REG(0x00, BP_REG_RW, "TIME_LOW"),
     .doc = "time, low half; a read latches TIME_HIGH, a write sets the time", .bound = BP_UNBOUND,
     .on_read = on_time_low_read, .on_write = on_time_low_write},
    {REG(0x04, BP_REG_RW, "TIME_HIGH"), .doc = "time, high half, as latched", FIELD(time_high)},
    {REG(0x08, BP_REG_RW, "ALARM_LOW"), .doc = "alarm, low half; a write arms it",
     .bound = BP_UNBOUND, .on_read = on_alarm_low_read, .on_write = on_alarm_low_write},
    {REG(0x0c, BP_REG_RW, "ALARM_HIGH"), .doc = "alarm, high half", FIELD(alarm_high),
     .on_read = on_alarm_high_read},
    {REG(0x10, BP_REG_RW, "IRQ_ENABLED"), .doc = "1: the alarm raises the interrupt",
     .write_mask = 1, FIELD(irq_enabled), .on_write = on_irq_enabled_write},
    {REG(0x14, BP_REG_WO, "CLEAR_ALARM"), .doc = "any write disarms the alarm", .bound = BP_UNBOUND,
     .on_write = on_clear_alarm},
    {REG(0x18, BP_REG_RO, "ALARM_STATUS"), .doc = "1: the alarm is armed", FIELD(armed)},
    {REG(0x1c, BP_REG_WO, "CLEAR_INTERRUPT"), .doc = "any write acknowledges the interrupt",
     .bound = BP_UNBOUND, .on_write = on_clear_interrupt},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .min_width = 4, .max_width = 4, .regs = BP_ARRAY(regs)},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "alarm",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct rtc, irq)},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U64, .offset = BP_OFFSET(struct rtc, offset), .name = "offset"},
    {.tag = 2, .type = BP_STATE_U64, .offset = BP_OFFSET(struct rtc, alarm), .name = "alarm"},
    {.tag = 3, .type = BP_STATE_U32, .offset = BP_OFFSET(struct rtc, pending), .name = "pending"},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct rtc, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct rtc, timers)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct rtc *r = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    r->dev = dev;
    r->alarm_timer = r->timers->create(dev, "alarm", check_alarm);
    return r->alarm_timer ? BP_OK : BP_E_NOMEM;
}

/* A clock on the wall keeps its time through a system reset; only power-on forgets what was set. */
static void reset(void *self, uint32_t kind)
{
    struct rtc *r = self;

    if (kind == BP_RESET_COLD)
        r->offset = 0;
    r->alarm = 0;
    r->pending = 0;
    r->timers->cancel(r->alarm_timer);
    update_irq(r);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "rtc", .compatible = "google,goldfish-rtc"};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class goldfish_rtc_class = {
    .size = sizeof goldfish_rtc_class,
    .instance_size = sizeof(struct rtc),
    .instance_align = _Alignof(struct rtc),
    .name = "goldfish-rtc",
    .doc = "Goldfish real-time clock",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
