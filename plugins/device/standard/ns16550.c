/* SPDX-License-Identifier: Apache-2.0
 *
 * ns16550: the 16550 UART.
 *
 * Source: National Semiconductor / Texas Instruments PC16550D, "Universal Asynchronous Receiver/Transmitter with
 * FIFOs" (SNLS378). Section numbers below are of its register description (8.0).
 *
 * The character behind the pins is not cut into bits: it leaves at once, or after the time it would take at the
 * programmed rate with `pace: true`. Bits are still counted for what software can observe: word length and the
 * receiver's character time-out. The delay of the THRE interrupt by a character time after a one-byte write
 * (8.5, note 2 of the FIFO mode) does not exist without pins and is left out in both modes.
 */
#include "standard.h"

#include <backplane/backend.h>
#include <backplane/char.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define FIFO_DEPTH 16

#define IER_RDA 0x01u
#define IER_THRE 0x02u
#define IER_RLS 0x04u
#define IER_MODEM 0x08u

/* 8.4: interrupt identification, in falling priority. */
#define IIR_NONE 0x01u
#define IIR_RLS 0x06u
#define IIR_RDA 0x04u
#define IIR_TIMEOUT 0x0cu
#define IIR_THRE 0x02u
#define IIR_MODEM 0x00u
#define IIR_FIFO 0xc0u

#define FCR_ENABLE 0x01u
#define FCR_CLEAR_RX 0x02u
#define FCR_CLEAR_TX 0x04u
#define FCR_KEPT (0xc0u | 0x08u | FCR_ENABLE) /* the clear bits clear themselves */

#define LCR_STOP 0x04u
#define LCR_PARITY 0x08u
#define LCR_BREAK 0x40u
#define LCR_DLAB 0x80u

#define MCR_DTR 0x01u
#define MCR_RTS 0x02u
#define MCR_OUT1 0x04u
#define MCR_OUT2 0x08u
#define MCR_LOOP 0x10u

#define LSR_DR 0x01u
#define LSR_OE 0x02u
#define LSR_PE 0x04u
#define LSR_FE 0x08u
#define LSR_BI 0x10u
#define LSR_THRE 0x20u
#define LSR_TEMT 0x40u
#define LSR_FIFO_ERROR 0x80u
#define LSR_ERRORS (LSR_OE | LSR_PE | LSR_FE | LSR_BI)
#define LSR_CHAR_ERRORS (LSR_PE | LSR_FE | LSR_BI) /* travel with the character they belong to */

#define MSR_DCTS 0x01u
#define MSR_DDSR 0x02u
#define MSR_TERI 0x04u
#define MSR_DDCD 0x08u
#define MSR_CTS 0x10u
#define MSR_DSR 0x20u
#define MSR_RI 0x40u
#define MSR_DCD 0x80u
#define MSR_DELTAS 0x0fu

struct fifo {
    uint8_t data[FIFO_DEPTH];
    uint8_t errors[FIFO_DEPTH]; /* LSR_CHAR_ERRORS of each character */
    uint32_t count;
};

struct uart {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_char_api *chars;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;

    struct bp_line *irq;
    struct bp_char *chardev;
    struct bp_clock_in *clock;
    struct bp_timer *timeout, *shift;
    uint32_t reg_shift, reg_io_width;
    uint8_t pace;

    uint8_t ier, fcr, lcr, mcr, msr, scr, dll, dlm;
    uint8_t errors;       /* LSR error bits not yet read */
    uint8_t timed_out;    /* 8.4: character time-out is pending */
    uint8_t thre_pending; /* THRE interrupt: pending until IIR is read or THR written */
    uint8_t tsr, tsr_full;
    uint8_t tsr_done;     /* shifted out, and the peer did not take it yet */
    struct fifo rx, tx;
};

static void fifo_clear(struct fifo *f)
{
    f->count = 0;
}

static void fifo_push(struct fifo *f, uint8_t data, uint8_t errors)
{
    f->data[f->count] = data;
    f->errors[f->count++] = errors;
}

static uint8_t fifo_pop(struct fifo *f)
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

/* Time of one character: start, 5..8 data, parity and stop bits at clock / (16 * divisor), in half bits because
 * five data bits go with one and a half stop bits. */
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

static uint8_t pending(const struct uart *u)
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

static void update_irq(struct uart *u)
{
    u->lines->set(u->irq, 0, pending(u) != IIR_NONE);
}

/* --- receiver ------------------------------------------------------------------------------------------ */

/* 8.6, FIFO interrupt mode: the time-out counts from the last character received or read. */
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
    update_irq(u);
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
        if (!(u->fcr & FCR_ENABLE)) /* 8.3: the 16450 overwrites; in FIFO mode the new character is lost */
            u->rx.data[0] = data & word_mask(u);
    }
    if (!u->timed_out) /* 8.6: once it has occurred only a read ends it */
        restart_timeout(u);
}

static uint64_t read_rbr(struct uart *u)
{
    uint8_t data = u->rx.data[0];

    if (u->rx.count) {
        fifo_pop(&u->rx);
        reveal_errors(u);
        restart_timeout(u);
        update_irq(u);
        u->chars->resume(u->chardev);
    }
    return data;
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
    update_irq(u);
}

/* --- transmitter --------------------------------------------------------------------------------------- */

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
    update_irq(u);
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

static void write_thr(struct uart *u, uint8_t data)
{
    u->thre_pending = 0;
    if (u->tx.count == depth(u))
        u->tx.count--; /* written over THRE = 0: the last character is replaced */
    fifo_push(&u->tx, data, 0);
    transmit(u);
}

/* --- modem lines --------------------------------------------------------------------------------------- */

/* 8.8: what the four inputs carry; in loop-back the four outputs (8.7), else whether a peer is there. */
static uint8_t modem_inputs(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return u->chars->connected(u->chardev) ? MSR_CTS | MSR_DSR | MSR_DCD : 0;
    return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
                     (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static void update_modem(struct uart *u)
{
    uint8_t now = modem_inputs(u), changed = (uint8_t)((u->msr ^ now) & ~MSR_DELTAS);

    u->msr = (uint8_t)(now | (u->msr & MSR_DELTAS));
    u->msr |= changed & MSR_CTS ? MSR_DCTS : 0;
    u->msr |= changed & MSR_DSR ? MSR_DDSR : 0;
    u->msr |= changed & MSR_DCD ? MSR_DDCD : 0;
    u->msr |= (changed & MSR_RI) && !(now & MSR_RI) ? MSR_TERI : 0; /* trailing edge only */
    update_irq(u);
}

static void on_event(void *self, uint32_t event)
{
    struct uart *u = self;

    if (event == BP_CHAR_BREAK && !(u->mcr & MCR_LOOP))
        receive(u, 0, LSR_BI); /* 8.3: one zero character enters the FIFO */
    update_modem(u);
}

/* --- registers (8.0, table 2) --------------------------------------------------------------------------- */

static uint64_t on_rbr_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct uart *u = self;

    return access->flags & BP_ACCESS_DEBUG ? u->rx.data[0] : read_rbr(u);
}

static void on_thr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    write_thr(self, (uint8_t)value);
}

static void on_ier_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;

    if ((value & ~old & IER_THRE) && !u->tx.count)
        u->thre_pending = 1; /* 8.5: enabled while THRE is already set */
    update_irq(u);
}

static uint64_t on_iir_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct uart *u = self;
    uint8_t id = pending(u);

    if (id == IIR_THRE && !(access->flags & BP_ACCESS_DEBUG)) {
        u->thre_pending = 0; /* 8.4, table 4: reading IIR resets it if it is the source */
        update_irq(u);
    }
    return id | (u->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static void on_fcr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;
    uint32_t toggled = (value ^ u->fcr) & FCR_ENABLE;

    if (toggled || (value & FCR_CLEAR_RX)) {
        fifo_clear(&u->rx);
        restart_timeout(u);
    }
    if ((toggled || (value & FCR_CLEAR_TX)) && u->tx.count) {
        fifo_clear(&u->tx);
        u->thre_pending = 1;
    }
    u->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0; /* 8.2: other bits count only with bit 0 set */
    update_irq(u);
    u->chars->resume(u->chardev);
}

static void on_mcr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;

    update_modem(u);
    if (old & ~value & MCR_LOOP)
        u->chars->resume(u->chardev);
}

static uint64_t on_lsr_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct uart *u = self;
    uint8_t lsr = u->errors;

    lsr |= u->rx.count ? LSR_DR : 0;
    lsr |= u->tx.count ? 0 : LSR_THRE;
    lsr |= u->tx.count || u->tsr_full ? 0 : LSR_TEMT;
    for (uint32_t i = 0; (u->fcr & FCR_ENABLE) && i < u->rx.count; i++)
        lsr |= u->rx.errors[i] ? LSR_FIFO_ERROR : 0;
    if (!(access->flags & BP_ACCESS_DEBUG)) {
        u->errors = 0;
        u->rx.errors[0] = 0; /* 8.3: reading clears the indicators of the character at the top */
        update_irq(u);
    }
    return lsr;
}

static uint64_t on_msr_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct uart *u = self;

    if (!(access->flags & BP_ACCESS_DEBUG)) {
        u->msr &= (uint8_t)~MSR_DELTAS;
        update_irq(u);
    }
    return value;
}

static const struct bp_reg_value word_lengths[] = {{"5", 0}, {"6", 1}, {"7", 2}, {"8", 3}, {NULL, 0}};
static const struct bp_reg_field ier_fields[] = {
    {.name = "ERBFI", .doc = "received data available, time-out", .lsb = 0, .width = 1},
    {.name = "ETBEI", .doc = "transmitter holding register empty", .lsb = 1, .width = 1},
    {.name = "ELSI", .doc = "receiver line status", .lsb = 2, .width = 1},
    {.name = "EDSSI", .doc = "modem status", .lsb = 3, .width = 1},
    {0}};
static const struct bp_reg_field iir_fields[] = {
    {.name = "IPN", .doc = "0: an interrupt is pending", .lsb = 0, .width = 1},
    {.name = "ID", .doc = "which one", .lsb = 1, .width = 3},
    {.name = "FIFO", .doc = "3: the FIFOs are enabled", .lsb = 6, .width = 2},
    {0}};
static const struct bp_reg_field lcr_fields[] = {
    {.name = "WLS", .doc = "word length", .lsb = 0, .width = 2, .values = word_lengths},
    {.name = "STB", .doc = "more than one stop bit", .lsb = 2, .width = 1},
    {.name = "PEN", .doc = "parity enable", .lsb = 3, .width = 1},
    {.name = "EPS", .doc = "even parity", .lsb = 4, .width = 1},
    {.name = "SP", .doc = "stick parity", .lsb = 5, .width = 1},
    {.name = "BC", .doc = "break control", .lsb = 6, .width = 1},
    {.name = "DLAB", .doc = "divisor latch access", .lsb = 7, .width = 1},
    {0}};
static const struct bp_reg_field mcr_fields[] = {
    {.name = "DTR", .doc = "data terminal ready", .lsb = 0, .width = 1},
    {.name = "RTS", .doc = "request to send", .lsb = 1, .width = 1},
    {.name = "OUT1", .doc = "user output", .lsb = 2, .width = 1},
    {.name = "OUT2", .doc = "user output", .lsb = 3, .width = 1},
    {.name = "LOOP", .doc = "loop-back", .lsb = 4, .width = 1},
    {0}};
static const struct bp_reg_field lsr_fields[] = {
    {.name = "DR", .doc = "data ready", .lsb = 0, .width = 1},
    {.name = "OE", .doc = "overrun error", .lsb = 1, .width = 1},
    {.name = "PE", .doc = "parity error", .lsb = 2, .width = 1},
    {.name = "FE", .doc = "framing error", .lsb = 3, .width = 1},
    {.name = "BI", .doc = "break interrupt", .lsb = 4, .width = 1},
    {.name = "THRE", .doc = "transmitter holding register empty", .lsb = 5, .width = 1},
    {.name = "TEMT", .doc = "transmitter empty", .lsb = 6, .width = 1},
    {.name = "ERF", .doc = "error in the receiver FIFO", .lsb = 7, .width = 1},
    {0}};
static const struct bp_reg_field msr_fields[] = {
    {.name = "DCTS", .doc = "CTS has changed", .lsb = 0, .width = 1},
    {.name = "DDSR", .doc = "DSR has changed", .lsb = 1, .width = 1},
    {.name = "TERI", .doc = "RI has fallen", .lsb = 2, .width = 1},
    {.name = "DDCD", .doc = "DCD has changed", .lsb = 3, .width = 1},
    {.name = "CTS", .doc = "clear to send", .lsb = 4, .width = 1},
    {.name = "DSR", .doc = "data set ready", .lsb = 5, .width = 1},
    {.name = "RI", .doc = "ring indicator", .lsb = 6, .width = 1},
    {.name = "DCD", .doc = "data carrier detect", .lsb = 7, .width = 1},
    {0}};

/* A board chooses how far apart the registers are (reg-shift) and the guest what the first two mean (DLAB). The
 * bank is 2 * reg-shift + DLAB, so every row exists once for each distance. */
#define BANK(shift, dlab) BP_BIT(2 * (shift) + (dlab))
#define BOTH(shift) (BANK(shift, 0) | BANK(shift, 1))
#define AT(shift, n, bank_set) .offset = (uint64_t)(n) << (shift), .width = 1, .banks = (bank_set)
#define FIELD(name) .bound = BP_OFFSET(struct uart, name)
#define ROWS(s) \
    {AT(s, 0, BANK(s, 0)), .name = "RBR_THR", .doc = "receiver buffer (read), transmitter holding (write)", \
     .bound = BP_UNBOUND, .on_read = on_rbr_read, .on_write = on_thr_write}, \
    {AT(s, 0, BANK(s, 1)), .name = "DLL", .doc = "divisor latch, low", FIELD(dll)}, \
    {AT(s, 1, BANK(s, 0)), .name = "IER", .doc = "interrupt enable", .write_mask = 0x0f, FIELD(ier), \
     .fields = ier_fields, .on_write = on_ier_write}, \
    {AT(s, 1, BANK(s, 1)), .name = "DLM", .doc = "divisor latch, high", FIELD(dlm)}, \
    {AT(s, 2, BOTH(s)), .name = "IIR_FCR", .doc = "interrupt identification (read), FIFO control (write)", \
     .bound = BP_UNBOUND, .fields = iir_fields, .on_read = on_iir_read, .on_write = on_fcr_write}, \
    {AT(s, 3, BOTH(s)), .name = "LCR", .doc = "line control", FIELD(lcr), .fields = lcr_fields}, \
    {AT(s, 4, BOTH(s)), .name = "MCR", .doc = "modem control", .write_mask = 0x1f, FIELD(mcr), \
     .fields = mcr_fields, .on_write = on_mcr_write}, \
    {AT(s, 5, BOTH(s)), .access = BP_REG_RO, .name = "LSR", .doc = "line status", .bound = BP_UNBOUND, \
     .fields = lsr_fields, .on_read = on_lsr_read}, \
    {AT(s, 6, BOTH(s)), .access = BP_REG_RO, .name = "MSR", .doc = "modem status", FIELD(msr), \
     .fields = msr_fields, .on_read = on_msr_read}, \
    {AT(s, 7, BOTH(s)), .name = "SCR", .doc = "scratch", FIELD(scr)}

static const struct bp_reg regs[] = {ROWS(0), ROWS(1), ROWS(2), ROWS(3)};

static uint32_t bank(void *self)
{
    const struct uart *u = self;

    return 2 * u->reg_shift + (u->lcr & LCR_DLAB ? 1 : 0);
}

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the eight registers", .bank = bank, .regs = BP_ARRAY(regs)},
};

/* --- the class ------------------------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "reg-shift", .doc = "distance of two registers, as a power of two", .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct uart, reg_shift), .def = "0", .max = 3},
    {.name = "reg-io-width", .doc = "width of accesses that drivers are told to use", .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct uart, reg_io_width), .def = "1", .min = 1, .max = 4},
    {.name = "pace", .doc = "characters leave at the programmed rate instead of at once", .type = BP_PROP_BOOL,
     .offset = BP_OFFSET(struct uart, pace), .def = "false"},
};

static const struct bp_char_client char_client = {
    .size = sizeof char_client,
    .room = room,
    .on_input = on_input,
    .on_writable = on_writable,
    .on_event = on_event,
};

static const struct bp_port ports[] = {
    {.name = "irq", .doc = "INTR", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, .offset = BP_OFFSET(struct uart, irq)},
    {.name = "clock", .doc = "XIN, sixteen times the rate at divisor 1", .kind = BP_PORT_CLOCK, .dir = BP_DIR_IN,
     .offset = BP_OFFSET(struct uart, clock)},
    {.name = "chardev", .doc = "what is behind SIN and SOUT", .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct uart, chardev), .client = &char_client},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, fcr), .name = "fcr"},
    {.tag = 2, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, errors), .name = "errors"},
    {.tag = 3, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, timed_out), .name = "timed-out"},
    {.tag = 4, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, thre_pending), .name = "thre-pending"},
    {.tag = 5, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, tsr), .name = "tsr"},
    {.tag = 6, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, tsr_full), .name = "tsr-full"},
    {.tag = 7, .type = BP_STATE_U8, .offset = BP_OFFSET(struct uart, tsr_done), .name = "tsr-done"},
    {.tag = 8, .type = BP_STATE_U32, .offset = BP_OFFSET(struct uart, rx.count), .name = "rx-count"},
    {.tag = 9, .type = BP_STATE_BYTES, .offset = BP_OFFSET(struct uart, rx.data), .count = FIFO_DEPTH,
     .name = "rx-data"},
    {.tag = 10, .type = BP_STATE_BYTES, .offset = BP_OFFSET(struct uart, rx.errors), .count = FIFO_DEPTH,
     .name = "rx-errors"},
    {.tag = 11, .type = BP_STATE_U32, .offset = BP_OFFSET(struct uart, tx.count), .name = "tx-count"},
    {.tag = 12, .type = BP_STATE_BYTES, .offset = BP_OFFSET(struct uart, tx.data), .count = FIFO_DEPTH,
     .name = "tx-data"},
};

/* A snapshot is input: counts that no UART can have are refused. */
static int32_t post_load(void *self)
{
    const struct uart *u = self;

    return u->rx.count > FIFO_DEPTH || u->tx.count > FIFO_DEPTH ? BP_E_INVAL : BP_OK;
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

/* 7.0, table 1: master reset. */
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
    update_irq(u);
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
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
