/* SPDX-License-Identifier: Apache-2.0
 *
 * countdown - a down counter with an interrupt: the example of docs/device-author.md, a whole
 * plug-in in one file.
 *
 *   0x0 CTRL    bit 0 EN: counts; bit 1 IE: interrupt enable; bit 2 AUTO: starts again from LOAD
 *   0x4 LOAD    ticks of the clock input from start to expiry
 *   0x8 VALUE   ticks left (read-only)
 *   0xc STATUS  bit 0 EXPIRED: write 1 to clear
 */
#include <backplane/device.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define CTRL_EN        1u
#define CTRL_IE        2u
#define CTRL_AUTO      4u
#define STATUS_EXPIRED 1u

struct countdown {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_timer *timer;
    uint32_t ctrl, load, status; /* registers */
    uint64_t expiry;             /* virtual time; holds while EN */
};

/* --- behaviour ------------------------------------------------------------------------ */

static void update_irq(struct countdown *c)
{
    c->lines->set(c->irq, 0, (c->status & STATUS_EXPIRED) && (c->ctrl & CTRL_IE));
}

static void start(struct countdown *c, uint64_t from)
{
    uint64_t ns = bp_ticks_to_ns(c->load ? c->load : 1, c->clocks->hz(c->clock));

    c->expiry = ns > UINT64_MAX - from ? UINT64_MAX : from + ns;
    c->timers->arm(c->timer, c->expiry);
}

static void on_expiry(void *self)
{
    struct countdown *c = self;

    c->status |= STATUS_EXPIRED;
    if (c->ctrl & CTRL_AUTO)
        start(c, c->expiry); /* not from now: a late callback must not make the period longer */
    else
        c->ctrl &= ~CTRL_EN;
    update_irq(c);
}

static void on_ctrl_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct countdown *c = self;

    if (value & ~old & CTRL_EN)
        start(c, c->timers->now(c->dev, BP_TIME_VIRTUAL));
    else if (old & ~value & CTRL_EN)
        c->timers->cancel(c->timer);
    update_irq(c);
}

static uint64_t on_value_read(void *self, uint32_t index, uint64_t value,
                              const struct bp_access *access)
{
    struct countdown *c = self;
    uint64_t now = c->timers->now(c->dev, BP_TIME_VIRTUAL);

    if (!(c->ctrl & CTRL_EN) || now >= c->expiry)
        return 0;
    return bp_ticks(c->expiry - now, c->clocks->hz(c->clock));
}

static void on_status_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    update_irq(self);
}

/* --- registers ------------------------------------------------------------------------ */

static const struct bp_reg_field ctrl_fields[] = {
    {.name = "EN", .doc = "counts", .lsb = 0, .width = 1},
    {.name = "IE", .doc = "interrupt enable", .lsb = 1, .width = 1},
    {.name = "AUTO", .doc = "starts again from LOAD", .lsb = 2, .width = 1},
    {0},
};

static const struct bp_reg regs[] = {
    {.offset = 0x0,
     .width = 4,
     .name = "CTRL",
     .doc = "control",
     .write_mask = 0x7,
     .bound = BP_OFFSET(struct countdown, ctrl),
     .fields = ctrl_fields,
     .on_write = on_ctrl_write},
    {.offset = 0x4,
     .width = 4,
     .name = "LOAD",
     .doc = "ticks to expiry",
     .bound = BP_OFFSET(struct countdown, load)},
    {.offset = 0x8,
     .width = 4,
     .access = BP_REG_RO,
     .name = "VALUE",
     .doc = "ticks left",
     .bound = BP_UNBOUND,
     .on_read = on_value_read},
    {.offset = 0xc,
     .width = 4,
     .access = BP_REG_W1C,
     .name = "STATUS",
     .doc = "bit 0: expired",
     .write_mask = STATUS_EXPIRED,
     .bound = BP_OFFSET(struct countdown, status),
     .on_write = on_status_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .length = 0x10, .regs = BP_ARRAY(regs)},
};

/* --- ports, state, life --------------------------------------------------------------- */

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "expiry",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct countdown, irq)},
    {.name = "clock",
     .doc = "what is counted",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct countdown, clock)},
};

static const struct bp_state_field fields[] = {
    {.tag = 1,
     .type = BP_STATE_U64,
     .offset = BP_OFFSET(struct countdown, expiry),
     .name = "expiry"},
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct countdown, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct countdown, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct countdown, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct countdown *c = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    c->dev = dev;
    c->timer = c->timers->create(dev, "expiry", on_expiry);
    return c->timer ? BP_OK : BP_E_NOMEM;
}

static void reset(void *self, uint32_t kind)
{
    struct countdown *c = self;

    c->timers->cancel(c->timer); /* the registers have their reset values already */
    update_irq(c);
}

/* --- the plug-in ---------------------------------------------------------------------- */

static const struct bp_device_class countdown_class = {
    .size = sizeof countdown_class,
    .instance_size = sizeof(struct countdown),
    .instance_align = _Alignof(struct countdown),
    .name = "countdown",
    .doc = "down counter with an interrupt",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
};

static const struct bp_device_class *const classes[] = {&countdown_class, NULL};

static const void *get_factory(const char *id)
{
    static const struct bp_device_factory factory = {sizeof factory, 0, classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "countdown",
        .version = "1.0.0",
        .vendor = "Example",
        .license = "Apache-2.0",
        .doc = "a down counter",
        .get_factory = get_factory,
    };

    return &plugin;
}
