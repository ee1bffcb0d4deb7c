/* SPDX-License-Identifier: Apache-2.0
 *
 * tally.c - a device as an author wrote it against SDK 0.1: a register table with hooks, a
 * property, a line, a clock, a timer, a character port and state rows. It is built against the
 * frozen headers beside it.
 */
#include <backplane/char.h>
#include <backplane/device.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#include <string.h>

struct tally {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    const struct bp_char_api *chars;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_char *chardev;
    struct bp_timer *timer;
    uint32_t step; /* property: what every write adds, times the value */
    uint32_t sum, delay, done;
    uint32_t said; /* in no table */
};

static void on_add(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct tally *t = self;

    t->sum += (uint32_t)value * t->step;
}

static void on_delay(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct tally *t = self;
    uint64_t ns = bp_ticks_to_ns(value, t->clocks->hz(t->clock));

    t->timers->arm(t->timer, t->timers->now(t->dev, BP_TIME_VIRTUAL) + ns);
}

static void on_say(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct tally *t = self;
    uint8_t byte = (uint8_t)value;

    t->said += t->chars->write(t->chardev, &byte, 1);
}

static uint64_t on_said(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return ((const struct tally *)self)->said;
}

static void on_done(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct tally *t = self;

    t->lines->set(t->irq, 0, t->done);
}

static void on_timer(void *self)
{
    struct tally *t = self;

    t->done = 1;
    t->lines->set(t->irq, 0, 1);
}

#define REG(at, kind, text, ...)                                                                   \
    {                                                                                              \
        .offset = (at), .width = 4, .access = (kind), .name = (text), .doc = (text), __VA_ARGS__   \
    }

static const struct bp_reg regs[] = {
    REG(0, BP_REG_WO, "ADD", .bound = BP_UNBOUND, .on_write = on_add),
    REG(4, BP_REG_RO, "SUM", .bound = BP_OFFSET(struct tally, sum)),
    REG(8, BP_REG_RW, "DELAY", .bound = BP_OFFSET(struct tally, delay), .on_write = on_delay),
    REG(12, BP_REG_W1C, "DONE", .bound = BP_OFFSET(struct tally, done), .on_write = on_done),
    REG(16, BP_REG_WO, "SAY", .bound = BP_UNBOUND, .on_write = on_say),
    REG(20, BP_REG_RO, "SAID", .bound = BP_UNBOUND, .on_read = on_said),
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_prop props[] = {
    {.name = "step",
     .doc = "what a write of 1 adds",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct tally, step),
     .def = "1",
     .min = 1,
     .max = 1000},
};

static const struct bp_char_client client = {.size = sizeof client};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "the delay is over",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct tally, irq)},
    {.name = "clock",
     .doc = "what DELAY counts",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct tally, clock)},
    {.name = "chardev",
     .doc = "where SAY goes",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct tally, chardev),
     .client = &client},
};

static const struct bp_state_field fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct tally, said), .name = "said"},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct tally, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct tally, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct tally, clocks)},
    {BP_CHAR_ID, BP_OFFSET(struct tally, chars)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct tally *t = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    t->dev = dev;
    t->timer = t->timers->create(dev, "delay", on_timer);
    return t->timer ? BP_OK : BP_E_NOMEM;
}

static void reset(void *self, uint32_t kind)
{
    struct tally *t = self;

    t->said = 0;
    t->timers->cancel(t->timer);
    t->lines->set(t->irq, 0, 0);
}

static const struct bp_device_class tally = {
    .size = sizeof tally,
    .instance_size = sizeof(struct tally),
    .instance_align = _Alignof(struct tally),
    .name = "tally",
    .doc = "Adds up.",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
};

static const struct bp_device_class *const classes[] = {&tally, NULL};
static const struct bp_device_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "tally",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "a plug-in of SDK 0.1",
        .get_factory = get_factory,
    };

    return &plugin;
}
