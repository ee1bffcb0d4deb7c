/* SPDX-License-Identifier: Apache-2.0
 *
 * spi.h - bp.spi/1: parts behind the chip selects of a serial peripheral interface.
 *
 * A controller is a class with a bus row of kind BP_SPI_BUS, a part one with a seat of that kind (attach.h); the address
 * of a part is the number of its chip select. A frame is a run of clocks with nothing in between: what is
 * driven and what comes back on one lane in each direction, or on several lanes in one direction. The controller
 * keeps the time frames take.
 */
#ifndef BACKPLANE_SPI_H
#define BACKPLANE_SPI_H

#include <backplane/attach.h>

BP_BEGIN

#define BP_SPI_BUS "bp.spi/1"

#define BP_SPI_CPHA   1u /* data is taken at the trailing edge of a clock */
#define BP_SPI_CPOL   2u /* the clock rests high */
#define BP_SPI_LISTEN 4u /* several lanes: the controller leaves them to the part */

struct bp_spi_frame {
    uint32_t size, flags;
    /* What the controller drives, right-aligned: the most significant of `bits` goes first; with several lanes, into the
     * highest of them, IO3 of four. A controller that sends the other end first turns it around here and there. */
    uint32_t out;
    uint32_t bits;  /* 1..32; a multiple of lanes */
    uint32_t lanes; /* 1: MOSI is IO0 and MISO is IO1; 2, 4 or 8: IO0 and up, bits / lanes clocks */
};

/* What a part offers to the controller. All [machine]. */
#define BP_SPI_TARGET_ID "bp.spi-target/1"
struct bp_spi_target {
    uint32_t size, flags;
    /* The level of the chip select, on change. Most parts are selected by 0; after a reset it is 1. */
    void (*chip_select)(void *self, uint32_t level);
    /* A frame while the part may be selected (the controller need not know its polarity). Returns what the controller
     * finds on the lanes, arranged as `out`; a lane that nobody drives is 1. */
    uint32_t (*transfer)(void *self, const struct bp_spi_frame *frame);
};

BP_END
#endif
