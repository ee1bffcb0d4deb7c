/* SPDX-License-Identifier: Apache-2.0
 *
 * util/i2c.h - a controller's view of its I2C bus: who answers an address, and what all of them say together. Inline;
 * not ABI.
 *
 * `targets` is the list of the bus row. `active` is part of the controller's state: one bit for each entry that
 * has acknowledged and not seen a stop; 128 of them, for there are not more addresses.
 */
#ifndef BACKPLANE_UTIL_I2C_H
#define BACKPLANE_UTIL_I2C_H

#include <backplane/i2c.h>
#include <backplane/props.h>

struct bp_i2c_wires {
    struct bp_list targets; /* of struct bp_attached */
    uint64_t active[2];
};

static inline const struct bp_attached *bp_i2c_part(const struct bp_i2c_wires *w, uint32_t i)
{
    return (const struct bp_attached *)((const char *)w->targets.items +
                                        (uint64_t)w->targets.stride * i);
}

static inline uint32_t bp_i2c_count(const struct bp_i2c_wires *w)
{
    return w->targets.count < 128 ? w->targets.count : 128;
}

static inline uint32_t bp_i2c_is_active(const struct bp_i2c_wires *w, uint32_t i)
{
    return w->active[i / 64] >> (i % 64) & 1;
}

/* A stop condition. */
static inline void bp_i2c_stop(struct bp_i2c_wires *w)
{
    for (uint32_t i = 0; i < bp_i2c_count(w); i++) {
        const struct bp_attached *part = bp_i2c_part(w, i);

        if (bp_i2c_is_active(w, i))
            ((const struct bp_i2c_target *)part->iface)->stop(part->self);
    }
    w->active[0] = w->active[1] = 0;
}

/* A start or repeated start with its address byte; 1: somebody acknowledged. */
static inline uint32_t bp_i2c_start(struct bp_i2c_wires *w, uint32_t address, uint32_t read)
{
    uint64_t active[2] = {0, 0};

    for (uint32_t i = 0; i < bp_i2c_count(w); i++) {
        const struct bp_attached *part = bp_i2c_part(w, i);
        const struct bp_i2c_target *target = (const struct bp_i2c_target *)part->iface;
        uint32_t own = address - part->address < part->naddress;

        if ((own || (target->flags & BP_I2C_ALL_ADDRESSES)) &&
            target->start(part->self, address, read))
            active[i / 64] |= (uint64_t)1 << (i % 64);
        else if (bp_i2c_is_active(w, i))
            target->stop(part->self);
    }
    w->active[0] = active[0];
    w->active[1] = active[1];
    return (active[0] | active[1]) != 0;
}

/* A byte to the parts; 1: acknowledged. */
static inline uint32_t bp_i2c_write(struct bp_i2c_wires *w, uint8_t data)
{
    uint32_t acknowledged = 0;

    for (uint32_t i = 0; i < bp_i2c_count(w); i++) {
        const struct bp_attached *part = bp_i2c_part(w, i);

        if (bp_i2c_is_active(w, i))
            acknowledged |= ((const struct bp_i2c_target *)part->iface)->write(part->self, data);
    }
    return acknowledged;
}

/* A byte from the parts, and the controller's answer to it. Lines that nobody pulls low read as 1. */
static inline uint8_t bp_i2c_read(struct bp_i2c_wires *w, uint32_t acknowledge)
{
    uint8_t data = 0xff;

    for (uint32_t i = 0; i < bp_i2c_count(w); i++) {
        const struct bp_attached *part = bp_i2c_part(w, i);

        if (bp_i2c_is_active(w, i))
            data &= ((const struct bp_i2c_target *)part->iface)->read(part->self);
    }
    for (uint32_t i = 0; i < bp_i2c_count(w); i++) {
        const struct bp_attached *part = bp_i2c_part(w, i);
        const struct bp_i2c_target *target = (const struct bp_i2c_target *)part->iface;

        if (bp_i2c_is_active(w, i) && target->ack)
            target->ack(part->self, acknowledge);
    }
    return data;
}

#endif
