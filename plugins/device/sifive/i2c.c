/* SPDX-License-Identifier: Apache-2.0
 *
 * i2c: the I2C controller of SiFive's FU540-C000, which is the OpenCores I2C master.
 *
 * Sources: "SiFive FU540-C000 Manual" v1p4, chapter 20; Richard Herveille, "I2C-Master Core
 * Specification" 0.9, whose sections are cited below. The registers are one byte wide and four
 * bytes apart.
 *
 * A command is over at once, or with `pace: true` when its bits have passed at the programmed rate. Parts never stretch the clock and there is no second master, so arbitration is never lost.
 */
#include "sifive.h"

#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/i2c.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define CTR_EN  0x80u
#define CTR_IEN 0x40u

#define CR_STA  0x80u
#define CR_STO  0x40u
#define CR_RD   0x20u
#define CR_WR   0x10u
#define CR_NACK 0x08u /* 0: acknowledge what is read */
#define CR_IACK 0x01u
#define CR_KEPT (CR_STA | CR_STO | CR_RD | CR_WR | CR_NACK)

#define SR_RXACK 0x80u /* 1: no acknowledge from the part */
#define SR_BUSY  0x40u
#define SR_TIP   0x02u
#define SR_IF    0x01u

struct i2c {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_timer *done;
    struct bp_i2c_wires wires;
    uint8_t pace;

    uint8_t prer_low, prer_high, ctr, txr, rxr, sr;
    uint8_t command;              /* in progress; 0: none */
    uint8_t address_due, reading; /* of the transfer on the bus */
    uint64_t due; /* virtual time at which the command is over; UINT64_MAX: the clock is gated */
};

static void update_irq(struct i2c *c)
{
    c->lines->set(c->irq, 0, (c->sr & SR_IF) && (c->ctr & CTR_IEN));
}

/* 3.2.1: PRER is the bus clock over five times the SCL rate, minus one. */
static uint64_t command_ns(const struct i2c *c)
{
    uint64_t period = 5 * ((uint64_t)(c->prer_low | c->prer_high << 8) + 1);
    uint64_t bits = (c->command & CR_STA ? 1 : 0) + (c->command & CR_STO ? 1 : 0) +
                    (c->command & (CR_RD | CR_WR | CR_STA) ? 9 : 0);

    return bp_ticks_to_ns(bits * period, c->clocks->hz(c->clock));
}

/* 3.2.5, 4.2: what the shift register has put on the bus is in RXR as well. */
static void send_byte(struct i2c *c)
{
    uint32_t acknowledged;

    if (c->address_due) {
        c->reading = c->txr & 1;
        acknowledged = bp_i2c_start(&c->wires, c->txr >> 1, c->reading);
    } else {
        acknowledged = c->reading ? 0 : bp_i2c_write(&c->wires, c->txr);
    }
    c->address_due = 0;
    c->rxr = c->txr;
    c->sr = (uint8_t)(acknowledged ? c->sr & ~SR_RXACK : c->sr | SR_RXACK);
}

static void receive_byte(struct i2c *c)
{
    c->rxr = c->reading ? bp_i2c_read(&c->wires, !(c->command & CR_NACK)) : 0xff;
    c->sr = (uint8_t)(c->command & CR_NACK ? c->sr | SR_RXACK : c->sr & ~SR_RXACK);
}

static void on_done(void *self)
{
    struct i2c *c = self;

    if (c->command & CR_STA) {
        c->sr |= SR_BUSY;
        c->address_due = 1;
        c->reading = 0;
    }
    if (c->command & CR_RD)
        receive_byte(c);
    else if (c->command & (CR_WR | CR_STA))
        send_byte(c);
    if (c->command & CR_STO) {
        bp_i2c_stop(&c->wires);
        c->sr &= (uint8_t)~SR_BUSY;
        c->address_due = c->reading = 0;
    }
    c->command = 0;
    c->sr = (uint8_t)((c->sr & ~SR_TIP) | SR_IF);
    update_irq(c);
}

static void start_timer(struct i2c *c)
{
    uint64_t ns = command_ns(c);

    if (!c->pace && ns != UINT64_MAX) {
        on_done(c);
        return;
    }
    c->due = ns == UINT64_MAX ? ns : c->timers->now(c->dev, BP_TIME_VIRTUAL) + ns;
    if (c->due == UINT64_MAX) /* it waits for the clock */
        c->timers->cancel(c->done);
    else
        c->timers->arm(c->done, c->due);
}

/* A host under load may run timers late; whoever polls sees the command end when it does. */
static void catch_up(struct i2c *c)
{
    if (!c->command || c->timers->now(c->dev, BP_TIME_VIRTUAL) < c->due)
        return;
    c->timers->cancel(c->done);
    on_done(c);
}

static void on_clock(void *self, uint64_t hz)
{
    struct i2c *c = self;

    if (c->command)
        start_timer(c);
}

/* 3.2.4: STA alone is no command; a command while one is in progress is not taken. */
static void on_cr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct i2c *c = self;

    catch_up(c);
    if (value & CR_IACK) {
        c->sr &= (uint8_t)~SR_IF;
        update_irq(c);
    }
    if (!(c->ctr & CTR_EN) || c->command || !(value & (CR_RD | CR_WR | CR_STO)))
        return;
    c->command = value & CR_KEPT;
    c->sr |= SR_TIP;
    start_timer(c);
}

static uint64_t on_sr_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    struct i2c *c = self;

    if (!(access->flags & BP_ACCESS_DEBUG))
        catch_up(c);
    return c->sr;
}

static uint64_t on_rxr_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    const struct i2c *c = self;

    return c->rxr;
}

static void on_txr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct i2c *c = self;

    c->txr = (uint8_t)value;
}

/* 3.2.2: without EN the core does nothing; what it was doing is over. */
static void on_ctr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct i2c *c = self;

    if (!(value & CTR_EN) && c->command) {
        c->timers->cancel(c->done);
        c->command = 0;
        c->sr &= (uint8_t)~SR_TIP;
    }
    update_irq(c);
}

static const struct bp_reg_field ctr_fields[] = {
    {.name = "EN", .doc = "core enable", .lsb = 7, .width = 1},
    {.name = "IEN", .doc = "interrupt enable", .lsb = 6, .width = 1},
    {0}};
static const struct bp_reg_field status_fields[] = {
    {.name = "RxACK", .doc = "1: no acknowledge received", .lsb = 7, .width = 1},
    {.name = "Busy", .doc = "between start and stop", .lsb = 6, .width = 1},
    {.name = "AL", .doc = "arbitration lost", .lsb = 5, .width = 1},
    {.name = "TIP", .doc = "transfer in progress", .lsb = 1, .width = 1},
    {.name = "IF", .doc = "interrupt flag", .lsb = 0, .width = 1},
    {0}};

#define FIELD(name) .bound = BP_OFFSET(struct i2c, name)

/* 3.1, table 1. */
static const struct bp_reg regs[] = {
    {.offset = 0x00,
     .width = 1,
     .name = "PRERlo",
     .doc = "clock prescale, low byte",
     .reset = 0xff,
     FIELD(prer_low)},
    {.offset = 0x04,
     .width = 1,
     .name = "PRERhi",
     .doc = "clock prescale, high byte",
     .reset = 0xff,
     FIELD(prer_high)},
    {.offset = 0x08,
     .width = 1,
     .name = "CTR",
     .doc = "control",
     FIELD(ctr),
     .write_mask = 0xc0,
     .fields = ctr_fields,
     .on_write = on_ctr_write},
    {.offset = 0x0c,
     .width = 1,
     .name = "RXR_TXR",
     .doc = "receive (read), transmit (write)",
     .bound = BP_UNBOUND,
     .on_read = on_rxr_read,
     .on_write = on_txr_write},
    {.offset = 0x10,
     .width = 1,
     .name = "SR_CR",
     .doc = "status (read), command (write)",
     .bound = BP_UNBOUND,
     .fields = status_fields,
     .on_read = on_sr_read,
     .on_write = on_cr_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the five registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_prop props[] = {
    {.name = "pace",
     .doc = "bytes take their time at the programmed rate instead of none",
     .type = BP_PROP_BOOL,
     .offset = BP_OFFSET(struct i2c, pace),
     .def = "false"},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "wb_inta_o",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct i2c, irq)},
    {.name = "clock",
     .doc = "bus clock, which the prescaler divides",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct i2c, clock),
     .on_clock = on_clock},
};

static const struct bp_bus_row buses[] = {
    {.name = "i2c",
     .doc = "SCL and SDA",
     .kind = BP_I2C_BUS,
     .peer_iface = BP_I2C_TARGET_ID,
     .offset = BP_OFFSET(struct i2c, wires.targets),
     .min = BP_I2C_FIRST,
     .max = BP_I2C_LAST},
};

#define STATE(n, kind, field, label)                                                               \
    {                                                                                              \
        .tag = (n), .type = (kind), .offset = BP_OFFSET(struct i2c, field), .name = (label)        \
    }

static const struct bp_state_field state_fields[] = {
    STATE(1, BP_STATE_U8, txr, "txr"),
    STATE(2, BP_STATE_U8, rxr, "rxr"),
    STATE(3, BP_STATE_U8, sr, "sr"),
    STATE(4, BP_STATE_U8, command, "command"),
    STATE(5, BP_STATE_U8, address_due, "address-due"),
    STATE(6, BP_STATE_U8, reading, "reading"),
    STATE(7, BP_STATE_U64, wires.active[0], "active-low"),
    STATE(8, BP_STATE_U64, wires.active[1], "active-high"),
    STATE(9, BP_STATE_U64, due, "due"),
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct i2c, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct i2c, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct i2c, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct i2c *c = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    c->dev = dev;
    c->done = c->timers->create(dev, "done", on_done);
    return c->done ? BP_OK : BP_E_NOMEM;
}

/* The parts are not told: a reset of the controller puts no stop on the bus. */
static void reset(void *self, uint32_t kind)
{
    struct i2c *c = self;

    c->timers->cancel(c->done);
    c->txr = c->rxr = c->sr = c->command = c->address_due = c->reading = 0;
    c->due = 0;
    c->wires.active[0] = c->wires.active[1] = 0;
    update_irq(c);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    int32_t status = w->u32(w->ctx, "reg-shift", 2);

    return status ? status : w->u32(w->ctx, "reg-io-width", 1);
}

static const struct bp_fdt_node fdt_node = {.size = sizeof fdt_node,
                                            .name = "i2c",
                                            .compatible = "sifive,fu540-c000-i2c\nsifive,i2c0",
                                            .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class i2c_class = {
    .size = sizeof i2c_class,
    .instance_size = sizeof(struct i2c),
    .instance_align = _Alignof(struct i2c),
    .name = "i2c",
    .doc = "I2C controller of the FU540 (OpenCores I2C master)",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
    .buses = BP_ARRAY(buses),
};
