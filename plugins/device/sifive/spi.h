/* SPDX-License-Identifier: Apache-2.0
 *
 * spi.h - what the two files of the SPI controllers share: their parts (spi.c) and their registers (spi-regs.c).
 *
 * Source: "SiFive FU540-C000 Manual" v1p4, chapter 19. Section numbers in comments are of that chapter.
 */
#ifndef SIFIVE_SPI_H
#define SIFIVE_SPI_H

#include "sifive.h"

#include <backplane/line.h>
#include <backplane/props.h>
#include <backplane/regs.h>
#include <backplane/spi.h>
#include <backplane/time.h>
#include <backplane/util/bytes.h>

#define SPI_FIFO 8u

#define SCKMODE_PHA 1u
#define SCKMODE_POL 2u

#define CSMODE_AUTO 0u
#define CSMODE_HOLD 2u
#define CSMODE_OFF  3u

#define PROTO_DUAL 1u
#define PROTO_QUAD 2u

#define FMT_PROTO(f) ((f)&3u)
#define FMT_LSB      BP_BIT(2)
#define FMT_DIR_TX   BP_BIT(3)
#define FMT_LEN(f)   ((f) >> 16 & 15u)

#define FCTRL_EN 1u

#define FFMT_CMD_EN        1u
#define FFMT_ADDR_LEN(f)   ((f) >> 1 & 7u)
#define FFMT_PAD_CNT(f)    ((f) >> 4 & 15u)
#define FFMT_CMD_PROTO(f)  ((f) >> 8 & 3u)
#define FFMT_ADDR_PROTO(f) ((f) >> 10 & 3u)
#define FFMT_DATA_PROTO(f) ((f) >> 12 & 3u)
#define FFMT_CMD_CODE(f)   ((f) >> 16 & 0xffu)
#define FFMT_PAD_CODE(f)   ((f) >> 24)

#define IP_TXWM 1u
#define IP_RXWM 2u

struct spi_fifo {
    uint8_t data[SPI_FIFO];
    uint32_t count;
};

struct spi {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_timer *frame;
    struct bp_list parts; /* of struct bp_attached */
    uint32_t num_cs;
    uint8_t pace;

    uint32_t sckdiv, sckmode, csid, csdef, csmode, delay0, delay1, fmt, txmark, rxmark, fctrl, ffmt,
        ie;
    struct spi_fifo rx, tx;
    uint32_t levels;  /* of the chip selects, as the parts know them */
    uint8_t asserted; /* the one of csid */
    uint8_t busy;     /* a frame is on the wire: its data is in shift */
    uint8_t shift;
};

uint8_t spi_fifo_pop(struct spi_fifo *f);  /* not of an empty one */
uint32_t spi_pending(const struct spi *s); /* IP_* */
void spi_update_irq(struct spi *s);
void spi_update_pins(struct spi *s);
void spi_run(struct spi *s);

/* The window of a qspi. */
int32_t spi_window_read(void *self, const struct bp_access *access, uint64_t *value);
int32_t spi_window_write(void *self, const struct bp_access *access, uint64_t value);

extern const struct bp_region spi_regions[1], qspi_regions[2];

#endif
