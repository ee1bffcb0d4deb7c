/* SPDX-License-Identifier: Apache-2.0
 *
 * ns16550: the 16550 UART.
 *
 * Source: National Semiconductor / Texas Instruments PC16550D, "Universal Asynchronous
 * Receiver/Transmitter with FIFOs" (SNLS378). Section numbers below are of its register description
 * (8.0).
 *
 * The character behind the pins is not cut into bits: it leaves at once, or after the time it would
 * take at the programmed rate with `pace: true`. Bits are still counted for what software can
 * observe: word length and the receiver's character time-out. The delay of the THRE interrupt by a
 * character time after a one-byte write (8.10) does not exist without pins and is left out in both
 * modes.
 */
#include "ns16550.h"
#include "standard.h"

#include <backplane/fdt.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

static void fifo_push(struct uart_fifo *f, uint8_t data, uint8_t errors)
{
    f->data[f->count] = data;
    f->errors[f->count++] = errors;
}

static uint8_t fifo_pop(struct uart_fifo *f)
{
    uint8_t data = f->data[0];

    f->count--;
    memmove(f->data, f->data + 1, f->count);
    memmove(f->errors, f->errors + 1, f->count);
    return data;
}

static uint32_t depth(const struct uart *u)
{
    return u->fcr & FCR_ENABLE ? FIFO_DEPTH : 1;
}

static uint32_t trigger(const struct uart *u)
{
    static const uint8_t levels[] = {1, 4, 8, 14};

    return u->fcr & FCR_ENABLE ? levels[u->fcr >> 6] : 1;
}

/* 8.1: the word length, bits 0 and 1 of LCR. */
static uint8_t word_mask(const struct uart *u)
{
    return (uint8_t)(0xff >> (3 - (u->lcr & 3)));
}

/* Time of one character: start, 5..8 data, parity and stop bits at clock / (16 * divisor), in half
 * bits because five data bits go with one and a half stop bits. */
static uint64_t char_ns(const struct uart *u)
{
    uint64_t hz = u->clocks->hz(u->clock);
    uint64_t divisor = u->dll | u->dlm << 8;
    uint64_t half_bits = 2 * (1 + 5 + (u->lcr & 3) + 1);

    if (u->lcr & LCR_PARITY)
        half_bits += 2;
    if (u->lcr & LCR_STOP)
        half_bits += u->lcr & 3 ? 2 : 1;
    return hz ? bp_muldiv(half_bits * 8 * divisor, BP_NS_PER_S, hz) : 0;
}

uint8_t uart_pending(const struct uart *u)
{
    if ((u->ier & IER_RLS) && (u->errors & LSR_ERRORS))
        return IIR_RLS;
    if ((u->ier & IER_RDA) && u->rx.count >= trigger(u))
        return IIR_RDA;
    if ((u->ier & IER_RDA) && u->timed_out)
        return IIR_TIMEOUT;
    if ((u->ier & IER_THRE) && u->thre_pending)
        return IIR_THRE;
    if ((u->ier & IER_MODEM) && (u->msr & MSR_DELTAS))
        return IIR_MODEM;
    return IIR_NONE;
}

void uart_update_irq(struct uart *u)
{
    u->lines->set(u->irq, 0, uart_pending(u) != IIR_NONE);
}

/* --- receiver ------------------------------------------------------------------------- */

/* 8.10: the time-out counts from the last character received or read. */
static void restart_timeout(struct uart *u)
{
    u->timed_out = 0;
    if ((u->fcr & FCR_ENABLE) && u->rx.count)
        u->timers->arm(u->timeout, u->timers->now(u->dev, BP_TIME_VIRTUAL) + 4 * char_ns(u));
    else
        u->timers->cancel(u->timeout);
}

static void on_timeout(void *self)
{
    struct uart *u = self;

    u->timed_out = u->rx.count != 0;
    uart_update_irq(u);
}

/* The errors of a character show in LSR when it reaches the top of the FIFO (8.3). */
static void reveal_errors(struct uart *u)
{
    if (u->rx.count)
        u->errors |= u->rx.errors[0];
}

static void receive(struct uart *u, uint8_t data, uint8_t errors)
{
    if (u->rx.count < depth(u)) {
        fifo_push(&u->rx, data & word_mask(u), errors);
        if (u->rx.count == 1)
            reveal_errors(u);
    } else {
        u->errors |= LSR_OE;
        if (!(u->fcr & FCR_ENABLE)) {
            /* 8.3: the 16450 overwrites; in FIFO mode the new character is lost */
            u->rx.count = 0;
            fifo_push(&u->rx, data & word_mask(u), errors);
            reveal_errors(u);
        }
    }
    if (!u->timed_out) /* 8.10: once it has occurred only a read ends it */
        restart_timeout(u);
}

uint8_t uart_read_rbr(struct uart *u)
{
    uint8_t data = u->rx.data[0];

    if (u->rx.count) {
        fifo_pop(&u->rx);
        reveal_errors(u);
        restart_timeout(u);
        uart_update_irq(u);
        u->chars->resume(u->chardev);
    }
    return data;
}

void uart_clear_rx(struct uart *u)
{
    u->rx.count = 0;
    restart_timeout(u);
}

static uint32_t room(void *self)
{
    struct uart *u = self;

    return u->mcr & MCR_LOOP ? 0 : depth(u) - (uint32_t)bp_min(u->rx.count, depth(u));
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct uart *u = self;

    for (uint32_t i = 0; i < bytes; i++)
        receive(u, data[i], 0);
    uart_update_irq(u);
}

/* --- transmitter ---------------------------------------------------------------------- */

/* The character in the shift register is over. Returns 0 while the peer has no room for it. */
static uint32_t shift_out(struct uart *u)
{
    uint8_t data = u->tsr & word_mask(u);

    if (u->mcr & MCR_LOOP)
        receive(u, data, 0); /* 8.7: the shift register's output is looped into the receiver */
    else if (!(u->lcr & LCR_BREAK) && !u->chars->write(u->chardev, &data, 1))
        return 0; /* a break holds SOUT low: what is shifted meanwhile is not seen by anybody */
    u->tsr_full = 0;
    return 1;
}

/* Moves characters from the FIFO through the shift register until one has to wait. */
static void transmit(struct uart *u)
{
    while (u->tsr_full || u->tx.count) {
        if (!u->tsr_full) {
            u->tsr = fifo_pop(&u->tx);
            u->tsr_full = 1;
            u->tsr_done = !u->pace;
            if (!u->tx.count)
                u->thre_pending = 1;
            if (u->pace)
                u->timers->arm(u->shift, u->timers->now(u->dev, BP_TIME_VIRTUAL) + char_ns(u));
        }
        if (!u->tsr_done || !shift_out(u))
            break;
    }
    uart_update_irq(u);
}

static void on_shift(void *self)
{
    struct uart *u = self;

    u->tsr_done = 1;
    transmit(u);
}

static void on_writable(void *self)
{
    transmit(self);
}

void uart_write_thr(struct uart *u, uint8_t data)
{
    u->thre_pending = 0;
    if (u->tx.count == depth(u))
        u->tx.count--; /* written over THRE = 0: the last character is replaced */
    fifo_push(&u->tx, data, 0);
    transmit(u);
}

void uart_clear_tx(struct uart *u)
{
    if (u->tx.count)
        u->thre_pending = 1;
    u->tx.count = 0;
}

/* --- modem lines ---------------------------------------------------------------------- */

/* 8.8: what the four inputs carry; in loop-back the four outputs (8.7), else whether a peer is
 * there. */
static uint8_t modem_inputs(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return u->chars->connected(u->chardev) ? MSR_CTS | MSR_DSR | MSR_DCD : 0;
    return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
                     (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

void uart_update_modem(struct uart *u)
{
    uint8_t now = modem_inputs(u), changed = (uint8_t)((u->msr ^ now) & ~MSR_DELTAS);

    u->msr = (uint8_t)(now | (u->msr & MSR_DELTAS));
    u->msr |= changed & MSR_CTS ? MSR_DCTS : 0;
    u->msr |= changed & MSR_DSR ? MSR_DDSR : 0;
    u->msr |= changed & MSR_DCD ? MSR_DDCD : 0;
    u->msr |= (changed & MSR_RI) && !(now & MSR_RI) ? MSR_TERI : 0; /* trailing edge only */
    uart_update_irq(u);
}

static void on_event(void *self, uint32_t event)
{
    struct uart *u = self;

    if (event == BP_CHAR_BREAK && !(u->mcr & MCR_LOOP))
        receive(u, 0, LSR_BI); /* 8.3: one zero character enters the FIFO */
    uart_update_modem(u);
}

/* --- the class ------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "reg-shift",
     .doc = "distance of two registers, as a power of two",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct uart, reg_shift),
     .def = "0",
     .max = 3},
    {.name = "reg-io-width",
     .doc = "width of accesses that drivers are told to use",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct uart, reg_io_width),
     .def = "1",
     .min = 1,
     .max = 4},
    {.name = "pace",
     .doc = "characters leave at the programmed rate instead of at once",
     .type = BP_PROP_BOOL,
     .offset = BP_OFFSET(struct uart, pace),
     .def = "false"},
};

static const struct bp_char_client char_client = {
    .size = sizeof char_client,
    .room = room,
    .on_input = on_input,
    .on_writable = on_writable,
    .on_event = on_event,
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "INTR",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct uart, irq)},
    {.name = "clock",
     .doc = "XIN, sixteen times the rate at divisor 1",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = BP_OFFSET(struct uart, clock)},
    {.name = "chardev",
     .doc = "what is behind SIN and SOUT",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct uart, chardev),
     .client = &char_client},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, fcr), .name = "fcr"},
    {.tag = 2, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, errors), .name = "errors"},
    {.tag = 3,
     .type = BP_STATE_U8,
     .offset = BP_OFFSET(struct uart, timed_out),
     .name = "timed-out"},
    {.tag = 4,
     .type = BP_STATE_U8,
     .offset = BP_OFFSET(struct uart, thre_pending),
     .name = "thre-pending"},
    {.tag = 5, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, tsr), .name = "tsr"},
    {.tag = 6, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, tsr_full), .name = "tsr-full"},
    {.tag = 7, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, tsr_done), .name = "tsr-done"},
    {.tag = 8,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct uart, rx.count),
     .name = "rx-count"},
    {.tag = 9,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct uart, rx.data),
     .count = FIFO_DEPTH,
     .name = "rx-data"},
    {.tag = 10,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct uart, rx.errors),
     .count = FIFO_DEPTH,
     .name = "rx-errors"},
    {.tag = 11,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct uart, tx.count),
     .name = "tx-count"},
    {.tag = 12,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct uart, tx.data),
     .count = FIFO_DEPTH,
     .name = "tx-data"},
};

/* A snapshot is input: counts that no UART can have are refused. */
static int32_t post_load(void *self)
{
    const struct uart *u = self;

    return u->rx.count > depth(u) || u->tx.count > depth(u) ? BP_E_INVAL : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state,
    .version = 1,
    .fields = BP_ARRAY(state_fields),
    .post_load = post_load,
};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct uart, lines)},
    {BP_CHAR_ID, BP_OFFSET(struct uart, chars)},
    {BP_TIMER_ID, BP_OFFSET(struct uart, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct uart, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct uart *u = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    u->dev = dev;
    if (status)
        return status;
    if (u->reg_io_width == 3)
        return bp_fail(core, dev, BP_E_INVAL, "reg-io-width", "3 is not a width: give 1, 2 or 4");
    u->timeout = u->timers->create(dev, "timeout", on_timeout);
    u->shift = u->timers->create(dev, "shift", on_shift);
    return u->timeout && u->shift ? BP_OK : BP_E_NOMEM;
}

/* Table I: master reset. */
static void reset(void *self, uint32_t kind)
{
    struct uart *u = self;

    u->fcr = u->errors = u->timed_out = u->thre_pending = 0;
    u->tsr = u->tsr_full = u->tsr_done = 0;
    memset(&u->rx, 0, sizeof u->rx);
    memset(&u->tx, 0, sizeof u->tx);
    u->timers->cancel(u->timeout);
    u->timers->cancel(u->shift);
    u->msr = modem_inputs(u);
    uart_update_irq(u);
    u->chars->resume(u->chardev);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    struct uart *u = self;
    uint64_t hz = u->clocks->hz(u->clock);
    int32_t status = BP_OK;

    if (hz)
        status = w->u32(w->ctx, "clock-frequency", (uint32_t)hz);
    if (!status && u->reg_shift)
        status = w->u32(w->ctx, "reg-shift", u->reg_shift);
    if (!status && u->reg_io_width > 1)
        status = w->u32(w->ctx, "reg-io-width", u->reg_io_width);
    return status;
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "serial", .compatible = "ns16550a", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class ns16550_class = {
    .size = sizeof ns16550_class,
    .instance_size = sizeof(struct uart),
    .instance_align = _Alignof(struct uart),
    .name = "ns16550",
    .doc = "16550A UART with FIFOs",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = &uart_region,
    .nregions = 1,
    .region_stride = sizeof uart_region,
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
