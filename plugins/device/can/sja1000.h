/* SPDX-License-Identifier: Apache-2.0
 *
 * sja1000.h - what the files of the CAN controller share: the protocol and the class (sja1000.c), the registers
 * (sja1000-regs.c), messages, filters and the receive FIFO (sja1000-buffers.c).
 *
 * Source: Philips (NXP) SJA1000 "Stand-alone CAN controller" data sheet, 2000 Jan 04; section numbers in comments are
 * its, 6.3 for BasicCAN mode and 6.4 for PeliCAN mode.
 */
#ifndef SJA1000_H
#define SJA1000_H

#include "can-classes.h"

#include <backplane/can.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/time.h>
#include <backplane/util/bytes.h>

/* 6.4.3: mode register. Bit 0 is the reset request of BasicCAN's control register, too. */
#define MOD_RM  0x01u
#define MOD_LOM 0x02u
#define MOD_STM 0x04u
#define MOD_AFM 0x08u
#define MOD_SM  0x10u

/* 6.4.4, 6.3.4: command register. */
#define CMR_TR  0x01u
#define CMR_AT  0x02u
#define CMR_RRB 0x04u
#define CMR_CDO 0x08u
#define CMR_SRR 0x10u /* GTS, go to sleep, in BasicCAN */

/* 6.4.5, 6.3.5: status register. */
#define SR_RBS 0x01u
#define SR_DOS 0x02u
#define SR_TBS 0x04u
#define SR_TCS 0x08u
#define SR_RS  0x10u
#define SR_TS  0x20u
#define SR_ES  0x40u
#define SR_BS  0x80u

/* 6.4.6, 6.3.6: interrupt register; the first five in both modes. */
#define IR_RI  0x01u
#define IR_TI  0x02u
#define IR_EI  0x04u
#define IR_DOI 0x08u
#define IR_WUI 0x10u
#define IR_EPI 0x20u
#define IR_ALI 0x40u
#define IR_BEI 0x80u

/* 6.5.3: clock divider register. */
#define CDR_PELICAN 0x80u

#define RX_FIFO     64u
#define RX_MESSAGES 21u /* of three bytes each, the shortest */
#define BUFFER      13u

struct sja1000 {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_attached wire;
    struct bp_timer *recovery; /* from bus-off */
    uint32_t reg_shift;        /* property */

    uint8_t mod, cr, sr, ir, ier, btr0, btr1, ocr, cdr;
    uint8_t alc, ecc, alc_locked, ecc_locked;
    uint8_t ewlr, rxerr;
    uint8_t acr[4], amr[4]; /* 6.4.15; BasicCAN's AC and AM are the first of each */
    uint8_t tx[BUFFER];     /* in the layout of the mode */
    uint8_t fifo[RX_FIFO];  /* 6.4.14: a ring of messages */
    uint32_t fifo_start, fifo_bytes, messages;
    uint32_t txerr;          /* beyond 255 is bus-off */
    uint8_t sending;         /* CMR bits of the transmission that is up; 0: none */
    uint64_t recovery_start; /* virtual time */
};

/* --- sja1000.c --- */
uint32_t sja_pelican(const struct sja1000 *s);
uint32_t sja_resetting(const struct sja1000 *s);
/* Sets bits of the interrupt register, those that are enabled, and drives the pin. */
void sja_interrupt(struct sja1000 *s, uint8_t bits);
void sja_update_irq(struct sja1000 *s);
void sja_enter_reset(struct sja1000 *s);
void sja_leave_reset(struct sja1000 *s);
void sja_command(struct sja1000 *s, uint8_t command);
/* The error counters were changed: what follows from it for SR and IR. */
void sja_errors_changed(struct sja1000 *s, uint32_t old_txerr, uint32_t old_rxerr);
uint8_t sja_status(const struct sja1000 *s);
uint8_t sja_txerr(const struct sja1000 *s);

/* --- sja1000-buffers.c --- */
void sja_tx_frame(const struct sja1000 *s, struct bp_can_frame *out);
uint32_t sja_accepts(const struct sja1000 *s, const struct bp_can_frame *f);
/* 0: there is no room for it, an overrun. */
uint32_t sja_fifo_put(struct sja1000 *s, const struct bp_can_frame *f);
void sja_fifo_release(struct sja1000 *s);
/* Byte `i` of the message at the front. */
uint8_t sja_fifo_get(const struct sja1000 *s, uint32_t i);

extern const struct bp_region sja1000_region;

#endif
