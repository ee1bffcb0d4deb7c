/* SPDX-License-Identifier: Apache-2.0
 *
 * countdown - the down counter of countdown.c in C++20: the same registers, the same snapshot.
 *
 *   0x0 CTRL    bit 0 EN: counts; bit 1 IE: interrupt enable; bit 2 AUTO: starts again from LOAD
 *   0x4 LOAD    ticks of the clock input from start to expiry
 *   0x8 VALUE   ticks left (read-only)
 *   0xc STATUS  bit 0 EXPIRED: write 1 to clear
 */
#include <backplane/cxx/device.hpp>

#include <limits>

namespace {

enum : uint32_t { EN = 1, IE = 2, AUTO = 4 };
enum : uint32_t { EXPIRED = 1 };

struct countdown {
    bp_dev *dev;
    const bp_line_api *lines;
    const bp_timer_api *timers;
    const bp_clock_api *clocks;
    bp_line *irq;
    bp_clock_in *clock;
    bp_timer *timer;
    uint32_t ctrl, load, status; /* registers */
    uint64_t expiry;             /* virtual time; holds while EN */

    int32_t init(bp_dev *self, const bp_core *core);
    void reset(uint32_t kind);

    void update_irq();
    void start(uint64_t from);
    void on_expiry();
    void on_ctrl_write(uint32_t index, uint64_t value, uint64_t old);
    void on_status_write(uint32_t index, uint64_t value, uint64_t old);
    uint64_t on_value_read(uint32_t index, uint64_t value, const bp_access *access);
};

/* --- behaviour ------------------------------------------------------------------------ */

void countdown::update_irq()
{
    lines->set(irq, 0, (status & EXPIRED) && (ctrl & IE));
}

void countdown::start(uint64_t from)
{
    constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
    uint64_t ns = bp_ticks_to_ns(load ? load : 1, clocks->hz(clock));

    expiry = ns > never - from ? never : from + ns;
    timers->arm(timer, expiry);
}

void countdown::on_expiry()
{
    status |= EXPIRED;
    if (ctrl & AUTO)
        start(expiry); /* not from now: a late callback must not make the period longer */
    else
        ctrl &= ~EN;
    update_irq();
}

void countdown::on_ctrl_write(uint32_t, uint64_t value, uint64_t old)
{
    if (value & ~old & EN)
        start(timers->now(dev, BP_TIME_VIRTUAL));
    else if (old & ~value & EN)
        timers->cancel(timer);
    update_irq();
}

uint64_t countdown::on_value_read(uint32_t, uint64_t, const bp_access *)
{
    uint64_t now = timers->now(dev, BP_TIME_VIRTUAL);

    return !(ctrl & EN) || now >= expiry ? 0 : bp_ticks(expiry - now, clocks->hz(clock));
}

void countdown::on_status_write(uint32_t, uint64_t, uint64_t)
{
    update_irq();
}

int32_t countdown::init(bp_dev *self, const bp_core *core)
{
    if (int32_t failed = backplane::fetch(self, core, lines, timers, clocks))
        return failed;
    dev = self;
    timer = timers->create(dev, "expiry", backplane::method<&countdown::on_expiry>);
    return timer ? BP_OK : BP_E_NOMEM;
}

void countdown::reset(uint32_t)
{
    timers->cancel(timer); /* the registers have their reset values already */
    update_irq();
}

/* --- rows ----------------------------------------------------------------------------- */

constexpr bp_reg_field ctrl_fields[] = {
    {.name = "EN", .doc = "counts", .lsb = 0, .width = 1},
    {.name = "IE", .doc = "interrupt enable", .lsb = 1, .width = 1},
    {.name = "AUTO", .doc = "starts again from LOAD", .lsb = 2, .width = 1},
    {},
};

constexpr bp_reg regs[] = {
    {.offset = 0x0,
     .width = 4,
     .name = "CTRL",
     .doc = "control",
     .write_mask = EN | IE | AUTO,
     .bound = BP_OFFSET(countdown, ctrl),
     .fields = ctrl_fields,
     .on_write = backplane::method<&countdown::on_ctrl_write>},
    {.offset = 0x4,
     .width = 4,
     .name = "LOAD",
     .doc = "ticks to expiry",
     .bound = BP_OFFSET(countdown, load)},
    {.offset = 0x8,
     .width = 4,
     .access = BP_REG_RO,
     .name = "VALUE",
     .doc = "ticks left",
     .bound = BP_UNBOUND,
     .on_read = backplane::method<&countdown::on_value_read>},
    {.offset = 0xc,
     .width = 4,
     .access = BP_REG_W1C,
     .name = "STATUS",
     .doc = "bit 0: expired",
     .write_mask = EXPIRED,
     .bound = BP_OFFSET(countdown, status),
     .on_write = backplane::method<&countdown::on_status_write>},
};

constexpr bp_region regions[] = {
    backplane::with(bp_region{.name = "reg", .doc = "the registers", .length = 0x10}, regs),
};

constexpr bp_port ports[] = {
    {.name = "irq",
     .doc = "expiry",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(countdown, irq)},
    {.name = "clock",
     .doc = "what is counted",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(countdown, clock)},
};

constexpr bp_state_field fields[] = {
    {.tag = 1, .type = BP_STATE_U64, .offset = BP_OFFSET(countdown, expiry), .name = "expiry"},
};

constexpr bp_state state =
    backplane::with(bp_state{.size = sizeof(bp_state), .version = 1}, fields);

/* --- the plug-in ---------------------------------------------------------------------- */

constexpr bp_device_class countdown_class = backplane::device_class<countdown>(
    {
        .name = "countdown",
        .doc = "down counter with an interrupt",
        .state = &state,
        .init = backplane::method<&countdown::init>,
        .reset = backplane::method<&countdown::reset>,
    },
    ports, regions);

constexpr bp_plugin plugin = {
    .size = sizeof(bp_plugin),
    .id = "countdown-cxx",
    .version = "1.0.0",
    .vendor = "Example",
    .license = "Apache-2.0",
    .doc = "a down counter",
    .get_factory = backplane::devices<countdown_class>,
};

} // namespace

BP_EXPORT const bp_plugin *bp_plugin_query_v1()
{
    return &plugin;
}
