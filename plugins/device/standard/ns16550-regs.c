/* SPDX-License-Identifier: Apache-2.0
 *
 * The registers of the UART: PC16550D, 8.0, table 2.
 */
#include "ns16550.h"

#include <backplane/util/bytes.h>

static uint64_t on_rbr_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    struct uart *u = self;

    return access->flags & BP_ACCESS_DEBUG ? u->rx.data[0] : uart_read_rbr(u);
}

static void on_thr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    uart_write_thr(self, (uint8_t)value);
}

static void on_ier_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;

    if ((value & ~old & IER_THRE) && !u->tx.count)
        u->thre_pending = 1; /* 8.6: enabled while THRE is already set */
    uart_update_irq(u);
}

static uint64_t on_iir_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    struct uart *u = self;
    uint8_t id = uart_pending(u);

    if (id == IIR_THRE && !(access->flags & BP_ACCESS_DEBUG)) {
        u->thre_pending = 0; /* 8.5, table IV: reading IIR resets it if it is the source */
        uart_update_irq(u);
    }
    return id | (u->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static void on_fcr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;
    uint32_t toggled = (value ^ u->fcr) & FCR_ENABLE;

    if (!(value & FCR_ENABLE)) /* 8.4: other bits count only with bit 0 set */
        value = 0;
    if (toggled || (value & FCR_CLEAR_RX))
        uart_clear_rx(u);
    if (toggled || (value & FCR_CLEAR_TX))
        uart_clear_tx(u);
    u->fcr = value & FCR_KEPT;
    uart_update_irq(u);
    u->chars->resume(u->chardev);
}

static void on_mcr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;

    uart_update_modem(u);
    if (old & ~value & MCR_LOOP)
        u->chars->resume(u->chardev);
}

static uint64_t on_lsr_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
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
        uart_update_irq(u);
    }
    return lsr;
}

static uint64_t on_msr_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    struct uart *u = self;

    if (!(access->flags & BP_ACCESS_DEBUG)) {
        u->msr &= (uint8_t)~MSR_DELTAS;
        uart_update_irq(u);
    }
    return value;
}

static const struct bp_reg_value word_lengths[] = {
    {"5", 0}, {"6", 1}, {"7", 2}, {"8", 3}, {NULL, 0}};
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

/* A board chooses how far apart the registers are (reg-shift) and the guest what the first two mean
 * (DLAB). The bank is 2 * reg-shift + DLAB, so every row exists once for each distance. */
/* clang-format off */
#define BANK(shift, dlab) BP_BIT(2 * (shift) + (dlab))
#define BOTH(shift) (BANK(shift, 0) | BANK(shift, 1))
#define AT(shift, n, bank_set) .offset = (uint64_t)(n) << (shift), .width = 1, .banks = (bank_set)
#define FIELD(name) .bound = BP_OFFSET(struct uart, name)
#define ROWS(s) \
    {AT(s, 0, BANK(s, 0)), .name = "RBR_THR", \
     .doc = "receiver buffer (read), transmitter holding (write)", \
     .bound = BP_UNBOUND, .on_read = on_rbr_read, .on_write = on_thr_write}, \
    {AT(s, 0, BANK(s, 1)), .name = "DLL", .doc = "divisor latch, low", FIELD(dll)}, \
    {AT(s, 1, BANK(s, 0)), .name = "IER", .doc = "interrupt enable", FIELD(ier), \
     .write_mask = 0x0f, .fields = ier_fields, .on_write = on_ier_write}, \
    {AT(s, 1, BANK(s, 1)), .name = "DLM", .doc = "divisor latch, high", FIELD(dlm)}, \
    {AT(s, 2, BOTH(s)), .name = "IIR_FCR", \
     .doc = "interrupt identification (read), FIFO control (write)", \
     .bound = BP_UNBOUND, .fields = iir_fields, .on_read = on_iir_read, .on_write = on_fcr_write}, \
    {AT(s, 3, BOTH(s)), .name = "LCR", .doc = "line control", FIELD(lcr), .fields = lcr_fields}, \
    {AT(s, 4, BOTH(s)), .name = "MCR", .doc = "modem control", FIELD(mcr), \
     .write_mask = 0x1f, .fields = mcr_fields, .on_write = on_mcr_write}, \
    {AT(s, 5, BOTH(s)), .access = BP_REG_RO, .name = "LSR", .doc = "line status", \
     .bound = BP_UNBOUND, .fields = lsr_fields, .on_read = on_lsr_read}, \
    {AT(s, 6, BOTH(s)), .access = BP_REG_RO, .name = "MSR", .doc = "modem status", FIELD(msr), \
     .fields = msr_fields, .on_read = on_msr_read}, \
    {AT(s, 7, BOTH(s)), .name = "SCR", .doc = "scratch", FIELD(scr)}
/* clang-format on */

static const struct bp_reg regs[] = {ROWS(0), ROWS(1), ROWS(2), ROWS(3)};

static uint32_t bank(void *self)
{
    const struct uart *u = self;

    return 2 * u->reg_shift + (u->lcr & LCR_DLAB ? 1 : 0);
}

const struct bp_region uart_region = {
    .name = "reg", .doc = "the eight registers", .regs = BP_ARRAY(regs), .bank = bank};
