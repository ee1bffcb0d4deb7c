/* SPDX-License-Identifier: Apache-2.0
 *
 * The registers of the CAN controller: 6.3.1, table 2 (BasicCAN) and 6.4.1, table 11 (PeliCAN). What is at an address
 * depends on the mode, and on whether the controller is in reset mode: four sets of rows.
 */
#include "sja1000.h"

static uint32_t debug(const struct bp_access *access)
{
    return access->flags & BP_ACCESS_DEBUG;
}

/* --- both modes ------------------------------------------------------------------------------------ */

static void on_cmr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    sja_command(self, (uint8_t)value);
}

static uint64_t on_cmr_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    return sja_pelican(self) ? 0 : 0xff; /* 6.3.4: reads as FFh; 6.4.4: as 00h */
}

static uint64_t on_sr_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    return sja_status(self);
}

/* A read gives back what has happened since the last one; RI stays for as long as there is a message in PeliCAN mode, and in
 * BasicCAN comes back with the next one or with RRB. */
static uint64_t on_ir_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    struct sja1000 *s = self;
    uint8_t ir = s->ir;

    if (!debug(access)) {
        s->ir = 0;
        sja_update_irq(s);
    }
    return sja_pelican(s) ? ir : ir | 0xe0u; /* 6.3.6: IR.7 to 5 read 1 */
}

static uint64_t on_tx_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    return ((struct sja1000 *)self)->tx[index];
}

/* 6.4.13, 6.3.7: the buffer is locked while a message waits in it. */
static void on_tx_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;

    if (s->sr & SR_TBS)
        s->tx[index] = (uint8_t)value;
}

static uint64_t on_rx_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    return sja_fifo_get(self, index);
}

/* 6.5.3: the mode can be changed, and the clock stopped, in reset mode only. */
static void on_cdr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;
    uint8_t locked = sja_resetting(s) ? 0 : 0xe8;

    s->cdr = (uint8_t)((old & locked) | (value & ~(uint64_t)locked & 0xef));
    if ((old ^ s->cdr) & CDR_PELICAN) {
        s->mod = MOD_RM;
        s->ier = 0;
        sja_enter_reset(s);
    }
}

/* --- BasicCAN -------------------------------------------------------------------------------------- */

static uint64_t on_cr_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    const struct sja1000 *s = self;

    return s->cr | (s->mod & MOD_RM) | 0x20;
}

/* 6.3.3: the interrupt enables are bits 1 to 4. */
static void on_cr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;

    s->cr = (uint8_t)value & 0x5e;
    s->ier = (uint8_t)((value >> 1 & (IR_RI | IR_TI | IR_EI | IR_DOI)) | IR_WUI);
    if (value & MOD_RM)
        sja_enter_reset(s);
    else if (sja_resetting(s))
        sja_leave_reset(s);
    sja_update_irq(s);
}

/* --- PeliCAN --------------------------------------------------------------------------------------- */

/* 6.4.3: LOM, STM and AFM can be written in reset mode only, SM outside of it. */
static void on_mod_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;
    uint8_t modes = MOD_LOM | MOD_STM | MOD_AFM, was = (uint8_t)old;

    s->mod = (uint8_t)((was & MOD_RM) |
                       (was & MOD_RM ? value & modes : (was & modes) | (value & MOD_SM)));
    if (value & MOD_RM)
        sja_enter_reset(s);
    else if (was & MOD_RM)
        sja_leave_reset(s);
}

static void on_ier_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    sja_update_irq(self);
}

static uint64_t on_alc_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    struct sja1000 *s = self;

    s->alc_locked = debug(access) ? s->alc_locked : 0;
    return value;
}

static uint64_t on_ecc_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    struct sja1000 *s = self;

    s->ecc_locked = debug(access) ? s->ecc_locked : 0;
    return value;
}

static uint64_t on_txerr_read(void *self, uint32_t index, uint64_t value,
                              const struct bp_access *access)
{
    return sja_txerr(self);
}

/* 6.4.12: 255 in reset mode provokes bus-off when reset mode is left; the status follows then. */
static void on_txerr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;
    uint32_t was = s->txerr;

    s->txerr = value == 255 ? 256 : (uint32_t)value;
    sja_errors_changed(s, was, s->rxerr);
}

static void on_rxerr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;

    sja_errors_changed(s, s->txerr, (uint32_t)old);
}

static void on_ewlr_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sja1000 *s = self;

    sja_errors_changed(s, s->txerr, s->rxerr);
}

static uint64_t on_rmc_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    return ((struct sja1000 *)self)->messages & 0x1f;
}

static uint64_t on_rbsa_read(void *self, uint32_t index, uint64_t value,
                             const struct bp_access *access)
{
    return ((struct sja1000 *)self)->fifo_start;
}

/* --- the table ------------------------------------------------------------------------------------- */

static const struct bp_reg_field mod_fields[] = {
    {.name = "RM", .doc = "reset mode", .lsb = 0, .width = 1},
    {.name = "LOM", .doc = "listen only", .lsb = 1, .width = 1},
    {.name = "STM", .doc = "self test", .lsb = 2, .width = 1},
    {.name = "AFM", .doc = "one acceptance filter instead of two", .lsb = 3, .width = 1},
    {.name = "SM", .doc = "sleep", .lsb = 4, .width = 1},
    {0}};
static const struct bp_reg_field cr_fields[] = {
    {.name = "RR", .doc = "reset request", .lsb = 0, .width = 1},
    {.name = "RIE", .doc = "receive interrupt enable", .lsb = 1, .width = 1},
    {.name = "TIE", .doc = "transmit interrupt enable", .lsb = 2, .width = 1},
    {.name = "EIE", .doc = "error interrupt enable", .lsb = 3, .width = 1},
    {.name = "OIE", .doc = "overrun interrupt enable", .lsb = 4, .width = 1},
    {0}};
static const struct bp_reg_field sr_fields[] = {
    {.name = "RBS", .doc = "a message is there", .lsb = 0, .width = 1},
    {.name = "DOS", .doc = "one was lost", .lsb = 1, .width = 1},
    {.name = "TBS", .doc = "the transmit buffer is free", .lsb = 2, .width = 1},
    {.name = "TCS", .doc = "the last transmission is complete", .lsb = 3, .width = 1},
    {.name = "RS", .doc = "receiving", .lsb = 4, .width = 1},
    {.name = "TS", .doc = "transmitting", .lsb = 5, .width = 1},
    {.name = "ES", .doc = "an error counter is at the warning limit", .lsb = 6, .width = 1},
    {.name = "BS", .doc = "bus-off", .lsb = 7, .width = 1},
    {0}};
static const struct bp_reg_field ir_fields[] = {
    {.name = "RI", .doc = "receive", .lsb = 0, .width = 1},
    {.name = "TI", .doc = "transmit", .lsb = 1, .width = 1},
    {.name = "EI", .doc = "error warning", .lsb = 2, .width = 1},
    {.name = "DOI", .doc = "data overrun", .lsb = 3, .width = 1},
    {.name = "WUI", .doc = "wake-up", .lsb = 4, .width = 1},
    {.name = "EPI", .doc = "error passive", .lsb = 5, .width = 1},
    {.name = "ALI", .doc = "arbitration lost", .lsb = 6, .width = 1},
    {.name = "BEI", .doc = "bus error", .lsb = 7, .width = 1},
    {0}};
static const struct bp_reg_field btr0_fields[] = {
    {.name = "BRP", .doc = "prescaler", .lsb = 0, .width = 6},
    {.name = "SJW", .doc = "synchronization jump width", .lsb = 6, .width = 2},
    {0}};
static const struct bp_reg_field btr1_fields[] = {
    {.name = "TSEG1", .doc = "time segment 1", .lsb = 0, .width = 4},
    {.name = "TSEG2", .doc = "time segment 2", .lsb = 4, .width = 3},
    {.name = "SAM", .doc = "three samples", .lsb = 7, .width = 1},
    {0}};
static const struct bp_reg_field cdr_fields[] = {
    {.name = "CD", .doc = "divider of CLKOUT", .lsb = 0, .width = 3},
    {.name = "clock_off", .doc = "CLKOUT is off", .lsb = 3, .width = 1},
    {.name = "RXINTEN", .doc = "TX1 is a receive interrupt", .lsb = 5, .width = 1},
    {.name = "CBP", .doc = "comparator bypass", .lsb = 6, .width = 1},
    {.name = "mode", .doc = "1: PeliCAN", .lsb = 7, .width = 1},
    {0}};

/* The bank is 4 * reg-shift + 2 * PeliCAN + reset mode, so every row exists once for each distance. clang-format would tear the
 * rows apart. */
/* clang-format off */
#define SET(s, pelican, rm) BP_BIT(4 * (s) + 2 * (pelican) + (rm))
#define BASIC(s)   (SET(s, 0, 0) | SET(s, 0, 1))
#define PELI(s)    (SET(s, 1, 0) | SET(s, 1, 1))
#define BOTH(s)    (BASIC(s) | PELI(s))
#define RESET(s)   (SET(s, 0, 1) | SET(s, 1, 1))
#define RUN(s)     (SET(s, 0, 0) | SET(s, 1, 0))
#define AT(s, n, set) .offset = (uint64_t)(n) << (s), .width = 1, .banks = (set)
#define ARRAY(s, n, elements, set) AT(s, n, set), .count = (elements), .stride = 1u << (s)
#define FIELD(name) .bound = BP_OFFSET(struct sja1000, name)
#define ROWS(s) \
    {AT(s, 0, BASIC(s)), .name = "CR", .doc = "control", .bound = BP_UNBOUND, \
     .fields = cr_fields, .on_read = on_cr_read, .on_write = on_cr_write}, \
    {AT(s, 0, PELI(s)), .name = "MOD", .doc = "mode", FIELD(mod), .reset = 1, .write_mask = 0x1f, \
     .fields = mod_fields, .on_write = on_mod_write}, \
    {AT(s, 1, BOTH(s)), .name = "CMR", .doc = "command", .bound = BP_UNBOUND, \
     .on_read = on_cmr_read, .on_write = on_cmr_write}, \
    {AT(s, 2, BOTH(s)), .access = BP_REG_RO, .name = "SR", .doc = "status", .bound = BP_UNBOUND, \
     .fields = sr_fields, .on_read = on_sr_read}, \
    {AT(s, 3, BOTH(s)), .access = BP_REG_RO, .name = "IR", .doc = "interrupts, which a read clears", \
     .bound = BP_UNBOUND, .fields = ir_fields, .on_read = on_ir_read}, \
    {AT(s, 4, SET(s, 0, 1)), .name = "AC", .doc = "acceptance code", FIELD(acr)}, \
    {AT(s, 5, SET(s, 0, 1)), .name = "AM", .doc = "acceptance mask", FIELD(amr)}, \
    {AT(s, 4, PELI(s)), .name = "IER", .doc = "interrupt enable", FIELD(ier), \
     .fields = ir_fields, .on_write = on_ier_write}, \
    {AT(s, 6, RESET(s)), .name = "BTR0", .doc = "bus timing 0", FIELD(btr0), .fields = btr0_fields}, \
    {AT(s, 7, RESET(s)), .name = "BTR1", .doc = "bus timing 1", FIELD(btr1), .fields = btr1_fields}, \
    {AT(s, 8, RESET(s)), .name = "OCR", .doc = "output control", FIELD(ocr)}, \
    {AT(s, 6, SET(s, 1, 0)), .access = BP_REG_RO, .name = "BTR0", .doc = "bus timing 0", \
     FIELD(btr0), .fields = btr0_fields}, \
    {AT(s, 7, SET(s, 1, 0)), .access = BP_REG_RO, .name = "BTR1", .doc = "bus timing 1", \
     FIELD(btr1), .fields = btr1_fields}, \
    {AT(s, 8, SET(s, 1, 0)), .access = BP_REG_RO, .name = "OCR", .doc = "output control", FIELD(ocr)}, \
    {ARRAY(s, 10, 10, SET(s, 0, 0)), .name = "TX", .doc = "transmit buffer", .bound = BP_UNBOUND, \
     .on_read = on_tx_read, .on_write = on_tx_write}, \
    {ARRAY(s, 20, 10, BASIC(s)), .access = BP_REG_RO, .name = "RX", .doc = "receive buffer", \
     .bound = BP_UNBOUND, .on_read = on_rx_read}, \
    {AT(s, 11, PELI(s)), .access = BP_REG_RO, .name = "ALC", .doc = "arbitration lost capture", \
     FIELD(alc), .on_read = on_alc_read}, \
    {AT(s, 12, PELI(s)), .access = BP_REG_RO, .name = "ECC", .doc = "error code capture", \
     FIELD(ecc), .on_read = on_ecc_read}, \
    {AT(s, 13, SET(s, 1, 1)), .name = "EWLR", .doc = "error warning limit", FIELD(ewlr), \
     .reset = 96, .on_write = on_ewlr_write}, \
    {AT(s, 13, SET(s, 1, 0)), .access = BP_REG_RO, .name = "EWLR", .doc = "error warning limit", \
     FIELD(ewlr), .reset = 96}, \
    {AT(s, 14, SET(s, 1, 1)), .name = "RXERR", .doc = "receive error counter", FIELD(rxerr), \
     .on_write = on_rxerr_write}, \
    {AT(s, 14, SET(s, 1, 0)), .access = BP_REG_RO, .name = "RXERR", \
     .doc = "receive error counter", FIELD(rxerr)}, \
    {AT(s, 15, SET(s, 1, 1)), .name = "TXERR", .doc = "transmit error counter", \
     .bound = BP_UNBOUND, .on_read = on_txerr_read, .on_write = on_txerr_write}, \
    {AT(s, 15, SET(s, 1, 0)), .access = BP_REG_RO, .name = "TXERR", \
     .doc = "transmit error counter", .bound = BP_UNBOUND, .on_read = on_txerr_read}, \
    {ARRAY(s, 16, 13, SET(s, 1, 0)), .name = "RX_TX", \
     .doc = "receive buffer (read), transmit buffer (write)", .bound = BP_UNBOUND, \
     .on_read = on_rx_read, .on_write = on_tx_write}, \
    {ARRAY(s, 16, 4, SET(s, 1, 1)), .name = "ACR", .doc = "acceptance code", FIELD(acr)}, \
    {ARRAY(s, 20, 4, SET(s, 1, 1)), .name = "AMR", .doc = "acceptance mask", FIELD(amr)}, \
    {AT(s, 29, PELI(s)), .access = BP_REG_RO, .name = "RMC", .doc = "number of messages", \
     .bound = BP_UNBOUND, .on_read = on_rmc_read}, \
    {AT(s, 30, PELI(s)), .access = BP_REG_RO, .name = "RBSA", .doc = "start of the receive buffer", \
     .bound = BP_UNBOUND, .on_read = on_rbsa_read}, \
    {AT(s, 31, BOTH(s)), .name = "CDR", .doc = "clock divider", FIELD(cdr), .fields = cdr_fields, \
     .on_write = on_cdr_write}, \
    {ARRAY(s, 32, RX_FIFO, PELI(s)), .access = BP_REG_RO, .name = "FIFO", \
     .doc = "the memory of the receive FIFO", FIELD(fifo)}, \
    {ARRAY(s, 96, BUFFER, PELI(s)), .access = BP_REG_RO, .name = "TXB", \
     .doc = "the transmit buffer, to read", FIELD(tx)}
/* clang-format on */

static const struct bp_reg regs[] = {ROWS(0), ROWS(1), ROWS(2)};

static uint32_t bank(void *self)
{
    const struct sja1000 *s = self;

    return 4 * s->reg_shift + (sja_pelican(s) ? 2 : 0) + (sja_resetting(s) ? 1 : 0);
}

const struct bp_region sja1000_region = {
    .name = "reg", .doc = "the registers of the mode", .regs = BP_ARRAY(regs), .bank = bank};
