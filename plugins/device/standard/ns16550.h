/* SPDX-License-Identifier: Apache-2.0
 *
 * ns16550.h - what the two files of the UART share: its parts (ns16550.c) and its registers
 * (ns16550-regs.c).
 *
 * Source: National Semiconductor / Texas Instruments PC16550D, "Universal Asynchronous
 * Receiver/Transmitter with FIFOs" (SNLS378). Section numbers in comments are of its register
 * description (8.0).
 */
#ifndef NS16550_H
#define NS16550_H

#include <backplane/backend.h>
#include <backplane/char.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/time.h>

#define FIFO_DEPTH 16

#define IER_RDA   0x01u
#define IER_THRE  0x02u
#define IER_RLS   0x04u
#define IER_MODEM 0x08u

/* 8.5: interrupt identification, in falling priority. */
#define IIR_NONE    0x01u
#define IIR_RLS     0x06u
#define IIR_RDA     0x04u
#define IIR_TIMEOUT 0x0cu
#define IIR_THRE    0x02u
#define IIR_MODEM   0x00u
#define IIR_FIFO    0xc0u

#define FCR_ENABLE   0x01u
#define FCR_CLEAR_RX 0x02u
#define FCR_CLEAR_TX 0x04u
#define FCR_KEPT     (0xc0u | 0x08u | FCR_ENABLE) /* the clear bits clear themselves */

#define LCR_STOP   0x04u
#define LCR_PARITY 0x08u
#define LCR_BREAK  0x40u
#define LCR_DLAB   0x80u

#define MCR_DTR  0x01u
#define MCR_RTS  0x02u
#define MCR_OUT1 0x04u
#define MCR_OUT2 0x08u
#define MCR_LOOP 0x10u

#define LSR_DR          0x01u
#define LSR_OE          0x02u
#define LSR_PE          0x04u
#define LSR_FE          0x08u
#define LSR_BI          0x10u
#define LSR_THRE        0x20u
#define LSR_TEMT        0x40u
#define LSR_FIFO_ERROR  0x80u
#define LSR_ERRORS      (LSR_OE | LSR_PE | LSR_FE | LSR_BI)
#define LSR_CHAR_ERRORS (LSR_PE | LSR_FE | LSR_BI) /* travel with the character they belong to */

#define MSR_DCTS   0x01u
#define MSR_DDSR   0x02u
#define MSR_TERI   0x04u
#define MSR_DDCD   0x08u
#define MSR_CTS    0x10u
#define MSR_DSR    0x20u
#define MSR_RI     0x40u
#define MSR_DCD    0x80u
#define MSR_DELTAS 0x0fu

struct uart_fifo {
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
    uint8_t timed_out;    /* 8.10: character time-out is pending */
    uint8_t thre_pending; /* THRE interrupt: pending until IIR is read or THR written */
    uint8_t tsr, tsr_full;
    uint8_t tsr_done; /* shifted out, and the peer did not take it yet */
    struct uart_fifo rx, tx;
};

/* Drives INTR as IER and the causes have it. */
void uart_update_irq(struct uart *u);
/* The cause of highest priority: an IIR_* value. */
uint8_t uart_pending(const struct uart *u);

/* Receiver. A read of RBR takes the oldest character; the FIFO may be cleared. */
uint8_t uart_read_rbr(struct uart *u);
void uart_clear_rx(struct uart *u);
/* Transmitter. */
void uart_write_thr(struct uart *u, uint8_t data);
void uart_clear_tx(struct uart *u);
/* MSR after MCR or the peer changed. */
void uart_update_modem(struct uart *u);

extern const struct bp_region uart_region;

#endif
