/* SPDX-License-Identifier: Apache-2.0
 *
 * th_i2c.h - I2C without the other side: the test as the controller of a part, or a made-up part
 * for a controller.
 */
#ifndef BACKPLANE_TH_I2C_H
#define BACKPLANE_TH_I2C_H

#include "th_attach.h"

#include <backplane/i2c.h>

/* --- the test is the controller ------------------------------------------------------ */

static inline const struct bp_i2c_target *th_i2c(const struct th *t)
{
    return (const struct bp_i2c_target *)th_iface(t, BP_I2C_TARGET_ID);
}

/* A start, the address, then bytes until one is not acknowledged. Returns how many were; -1: not
 * even the address. Leaves the transfer open for a repeated start. */
static inline int32_t th_i2c_write(struct th *t, uint32_t address, const void *data, uint32_t bytes)
{
    uint32_t done = 0;

    if (!th_i2c(t)->start(t->self, address, 0))
        return -1;
    while (done < bytes && th_i2c(t)->write(t->self, ((const uint8_t *)data)[done]))
        done++;
    return (int32_t)done;
}

/* A start, the address, then bytes, all acknowledged but the last. -1: the address was not
 * acknowledged. */
static inline int32_t th_i2c_read(struct th *t, uint32_t address, void *data, uint32_t bytes)
{
    if (!th_i2c(t)->start(t->self, address, 1))
        return -1;
    for (uint32_t i = 0; i < bytes; i++) {
        ((uint8_t *)data)[i] = th_i2c(t)->read(t->self);
        if (th_i2c(t)->ack)
            th_i2c(t)->ack(t->self, i + 1 < bytes);
    }
    return (int32_t)bytes;
}

static inline void th_i2c_stop(struct th *t)
{
    th_i2c(t)->stop(t->self);
}

/* A whole write with its stop. */
static inline int32_t th_i2c_send(struct th *t, uint32_t address, const void *data, uint32_t bytes)
{
    int32_t done = th_i2c_write(t, address, data, bytes);

    if (done >= 0)
        th_i2c_stop(t);
    return done;
}

/* --- a made-up part ------------------------------------------------------------------ */

/* For th_attach(): `self` is this, `iface` th_i2c_part_iface. */
struct th_i2c_part {
    uint8_t written[64], answer[64]; /* what came; what it will say, then 0xff */
    uint32_t nwritten, nanswer, next;
    uint32_t refuse;        /* 1: does not acknowledge its address */
    uint32_t full;          /* when not 0: acknowledges so many bytes of a transfer */
    uint32_t starts, stops; /* so far */
    uint32_t address, reading, taken, acknowledged; /* of the transfer: taken bytes, last answer */
};

static inline uint32_t th_i2c_part_start(void *self, uint32_t address, uint32_t read)
{
    struct th_i2c_part *p = (struct th_i2c_part *)self;

    p->starts++;
    p->address = address;
    p->reading = read;
    p->taken = 0;
    return !p->refuse;
}

static inline uint32_t th_i2c_part_write(void *self, uint8_t data)
{
    struct th_i2c_part *p = (struct th_i2c_part *)self;

    if (p->nwritten < sizeof p->written)
        p->written[p->nwritten++] = data;
    return !p->full || ++p->taken <= p->full;
}

static inline uint8_t th_i2c_part_read(void *self)
{
    struct th_i2c_part *p = (struct th_i2c_part *)self;

    return p->next < p->nanswer ? p->answer[p->next++] : 0xff;
}

static inline void th_i2c_part_ack(void *self, uint32_t acknowledged)
{
    ((struct th_i2c_part *)self)->acknowledged = acknowledged;
}

static inline void th_i2c_part_stop(void *self)
{
    ((struct th_i2c_part *)self)->stops++;
}

static const struct bp_i2c_target th_i2c_part_iface
    __attribute__((unused)) = {sizeof(struct bp_i2c_target),
                               0,
                               th_i2c_part_start,
                               th_i2c_part_write,
                               th_i2c_part_read,
                               th_i2c_part_ack,
                               th_i2c_part_stop};

#endif
