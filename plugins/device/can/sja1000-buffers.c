/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of the CAN controller: how a frame lies in the buffers of each mode (6.3.7, 6.4.13), what the acceptance filter lets
 * in (6.3.9, 6.4.15) and the receive FIFO (6.4.14).
 */
#include "sja1000.h"

#include <string.h>

/* --- layouts -------------------------------------------------------------------------------------- */

#define FRAME_FF  0x80u /* an extended frame */
#define FRAME_RTR 0x40u

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* 6.3.7: ten bits of identifier and RTR and length in two bytes, then data. 6.4.13: a byte of frame information, two or four
 * of identifier, data. Lengths above 8 mean 8. */
void sja_tx_frame(const struct sja1000 *s, struct bp_can_frame *out)
{
    const uint8_t *b = s->tx, *data;

    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    if (!sja_pelican(s)) {
        out->id = (uint32_t)(b[0] << 3 | b[1] >> 5);
        out->flags = b[1] & 0x10 ? BP_CAN_REMOTE : 0;
        out->length = least(b[1] & 15, 8);
        data = b + 2;
    } else {
        out->flags =
            (b[0] & FRAME_RTR ? BP_CAN_REMOTE : 0) | (b[0] & FRAME_FF ? BP_CAN_EXTENDED : 0);
        out->length = least(b[0] & 15, 8);
        out->id = b[0] & FRAME_FF ? (uint32_t)b[1] << 21 | (uint32_t)b[2] << 13 |
                                        (uint32_t)b[3] << 5 | b[4] >> 3
                                  : (uint32_t)(b[1] << 3 | b[2] >> 5);
        data = b + (b[0] & FRAME_FF ? 5 : 3);
    }
    if (!(out->flags & BP_CAN_REMOTE))
        memcpy(out->data, data, out->length);
}

/* Returns the number of bytes. */
static uint32_t layout(const struct sja1000 *s, const struct bp_can_frame *f, uint8_t out[BUFFER])
{
    uint8_t remote = f->flags & BP_CAN_REMOTE ? 1 : 0, n = 0;
    uint32_t length = remote ? 0 : f->length;

    if (!sja_pelican(s)) {
        out[n++] = (uint8_t)(f->id >> 3);
        out[n++] = (uint8_t)((f->id & 7) << 5 | (uint32_t)remote << 4 | f->length);
    } else if (f->flags & BP_CAN_EXTENDED) {
        out[n++] = (uint8_t)(FRAME_FF | (remote ? FRAME_RTR : 0) | f->length);
        out[n++] = (uint8_t)(f->id >> 21);
        out[n++] = (uint8_t)(f->id >> 13);
        out[n++] = (uint8_t)(f->id >> 5);
        out[n++] = (uint8_t)((f->id & 31) << 3 | (uint32_t)remote << 2);
    } else {
        out[n++] = (uint8_t)((remote ? FRAME_RTR : 0) | f->length);
        out[n++] = (uint8_t)(f->id >> 3);
        out[n++] = (uint8_t)((f->id & 7) << 5 | (uint32_t)remote << 4);
    }
    memcpy(out + n, f->data, length);
    return n + length;
}

/* --- acceptance filter ------------------------------------------------------------------------------ */

/* Do the bits of `care` agree with ACR `i`, as far as AMR does not mask them? */
static uint32_t agrees(const struct sja1000 *s, uint32_t i, uint32_t value, uint32_t care)
{
    return !((value ^ s->acr[i]) & ~(uint32_t)s->amr[i] & care & 0xff);
}

/* Data bytes that a frame does not have are not looked at (6.4.15.1). */
static uint32_t data_care(const struct bp_can_frame *f, uint32_t i, uint32_t care)
{
    return !(f->flags & BP_CAN_REMOTE) && i < f->length ? care : 0;
}

static uint32_t accepts_single(const struct sja1000 *s, const struct bp_can_frame *f)
{
    uint32_t remote = f->flags & BP_CAN_REMOTE ? 1 : 0;

    if (f->flags & BP_CAN_EXTENDED)
        return agrees(s, 0, f->id >> 21, 0xff) && agrees(s, 1, f->id >> 13, 0xff) &&
               agrees(s, 2, f->id >> 5, 0xff) &&
               agrees(s, 3, (f->id & 31) << 3 | remote << 2, 0xfc);
    return agrees(s, 0, f->id >> 3, 0xff) && agrees(s, 1, (f->id & 7) << 5 | remote << 4, 0xf0) &&
           agrees(s, 2, f->data[0], data_care(f, 0, 0xff)) &&
           agrees(s, 3, f->data[1], data_care(f, 1, 0xff));
}

/* 6.4.15.2: the first of two filters also looks at the first data byte, its halves in two places. */
static uint32_t accepts_dual(const struct sja1000 *s, const struct bp_can_frame *f)
{
    uint32_t remote = f->flags & BP_CAN_REMOTE ? 1 : 0;
    uint32_t head = (f->id & 7) << 5 | remote << 4;

    if (f->flags & BP_CAN_EXTENDED)
        return (agrees(s, 0, f->id >> 21, 0xff) && agrees(s, 1, f->id >> 13, 0xff)) ||
               (agrees(s, 2, f->id >> 21, 0xff) && agrees(s, 3, f->id >> 13, 0xff));
    return (agrees(s, 0, f->id >> 3, 0xff) &&
            agrees(s, 1, head | f->data[0] >> 4, 0xf0 | data_care(f, 0, 0x0f)) &&
            agrees(s, 3, f->data[0], data_care(f, 0, 0x0f))) ||
           (agrees(s, 2, f->id >> 3, 0xff) && agrees(s, 3, head, 0xf0));
}

/* 6.3.9: BasicCAN compares the upper eight bits of the identifier, and has no extended frames. */
uint32_t sja_accepts(const struct sja1000 *s, const struct bp_can_frame *f)
{
    if (!sja_pelican(s))
        return !(f->flags & BP_CAN_EXTENDED) && agrees(s, 0, f->id >> 3, 0xff);
    return s->mod & MOD_AFM ? accepts_single(s, f) : accepts_dual(s, f);
}

/* --- receive FIFO ------------------------------------------------------------------------------------ */

uint8_t sja_fifo_get(const struct sja1000 *s, uint32_t i)
{
    return s->fifo[(s->fifo_start + i) % RX_FIFO];
}

static uint32_t front_bytes(const struct sja1000 *s)
{
    uint32_t first = sja_fifo_get(s, 0), second = sja_fifo_get(s, 1);

    if (!sja_pelican(s))
        return 2 + (second & 0x10 ? 0 : least(second & 15, 8));
    return (first & FRAME_FF ? 5 : 3) + (first & FRAME_RTR ? 0 : least(first & 15, 8));
}

uint32_t sja_fifo_put(struct sja1000 *s, const struct bp_can_frame *f)
{
    uint8_t message[BUFFER];
    uint32_t bytes = layout(s, f, message);

    if (s->fifo_bytes + bytes > RX_FIFO)
        return 0;
    for (uint32_t i = 0; i < bytes; i++)
        s->fifo[(s->fifo_start + s->fifo_bytes + i) % RX_FIFO] = message[i];
    s->fifo_bytes += bytes;
    s->messages++;
    return 1;
}

void sja_fifo_release(struct sja1000 *s)
{
    uint32_t bytes = s->messages ? least(front_bytes(s), s->fifo_bytes) : 0;

    if (!s->messages)
        return;
    s->fifo_start = (s->fifo_start + bytes) % RX_FIFO;
    s->fifo_bytes -= bytes;
    s->messages--;
}
