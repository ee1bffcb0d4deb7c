/* SPDX-License-Identifier: Apache-2.0
 *
 * th_spi.h - SPI without the other side: the test as the controller of a part, or a made-up part
 * for a controller.
 */
#ifndef BACKPLANE_TH_SPI_H
#define BACKPLANE_TH_SPI_H

#include "th_attach.h"

#include <backplane/spi.h>

/* --- the test is the controller ------------------------------------------------------ */

static inline const struct bp_spi_target *th_spi_target(const struct th *t)
{
    return (const struct bp_spi_target *)th_iface(t, BP_SPI_TARGET_ID);
}

static inline void th_spi_select(struct th *t, uint32_t level)
{
    th_spi_target(t)->chip_select(t->self, level);
}

static inline uint32_t th_spi_frame(struct th *t, uint32_t out, uint32_t bits, uint32_t lanes,
                                    uint32_t flags)
{
    struct bp_spi_frame frame = {sizeof frame, flags, out, bits, lanes};

    return th_spi_target(t)->transfer(t->self, &frame);
}

/* A byte each way, in mode 0. */
static inline uint8_t th_spi(struct th *t, uint32_t out)
{
    return (uint8_t)th_spi_frame(t, out, 8, 1, 0);
}

/* A whole command: select, `nout` bytes out, `nin` bytes in, deselect. */
static inline void th_spi_command(struct th *t, const void *out, uint32_t nout, void *in,
                                  uint32_t nin)
{
    th_spi_select(t, 0);
    for (uint32_t i = 0; i < nout; i++)
        th_spi(t, ((const uint8_t *)out)[i]);
    for (uint32_t i = 0; i < nin; i++)
        ((uint8_t *)in)[i] = th_spi(t, 0xff);
    th_spi_select(t, 1);
}

/* --- a made-up part ------------------------------------------------------------------ */

/* For th_attach(): `self` is this, `iface` th_spi_part_iface. */
struct th_spi_part {
    struct bp_spi_frame frames[64]; /* the last ones are dropped when there are more */
    uint32_t nframes;
    uint32_t answer[64], nanswer, next; /* what it will say, then all ones */
    uint32_t level, changes;            /* of the chip select */
};

static inline void th_spi_part_select(void *self, uint32_t level)
{
    struct th_spi_part *p = (struct th_spi_part *)self;

    p->level = level;
    p->changes++;
}

static inline uint32_t th_spi_part_transfer(void *self, const struct bp_spi_frame *frame)
{
    struct th_spi_part *p = (struct th_spi_part *)self;

    if (p->nframes < sizeof p->frames / sizeof *p->frames)
        p->frames[p->nframes++] = *frame;
    return p->next < p->nanswer ? p->answer[p->next++] : 0xffffffffu;
}

static const struct bp_spi_target th_spi_part_iface __attribute__((unused)) = {
    sizeof(struct bp_spi_target), 0, th_spi_part_select, th_spi_part_transfer};

#endif
