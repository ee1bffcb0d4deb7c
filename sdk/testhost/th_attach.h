/* SPDX-License-Identifier: Apache-2.0
 *
 * th_attach.h - buses of parts (attach.h): what sits on a bus of the device under test, and which
 * bus it sits on. All before th_start().
 *
 *     th_attach(t, "i2c", 0x50, 1, &fake, &th_i2c_part_iface);   a part that the test made up
 *     th_plug(t, "i2c", 0x50, 1, rom);                           another device under test
 */
#ifndef BACKPLANE_TH_ATTACH_H
#define BACKPLANE_TH_ATTACH_H

#include "th_types.h"

static inline const struct bp_bus_row *th_bus_row(const struct th *t, uint32_t i)
{
    return (const struct bp_bus_row *)th_row(t->cls->buses, t->cls->bus_stride, i);
}

static inline const struct bp_seat_row *th_seat_row(const struct th *t, uint32_t i)
{
    return (const struct bp_seat_row *)th_row(t->cls->seats, t->cls->seat_stride, i);
}

static inline const void *th_iface(const struct th *t, const char *id)
{
    return t->cls->get_iface && id ? t->cls->get_iface(t->self, id) : NULL;
}

/* Puts a part on a bus of the device, by the bus row's name. */
static inline void th_attach(struct th *t, const char *bus, uint64_t address, uint64_t naddress,
                             void *self, const void *iface)
{
    struct bp_attached part = {self, iface, &t->ref_dev, "part", address, naddress, 0, 0};

    t->ref_dev.th = t;
    for (uint32_t i = 0; i < t->cls->nbuses && i < TH_MAX_BUSES; i++) {
        struct th_parts *parts = &t->buses[i];
        uint32_t at = parts->count;

        if (strcmp(th_bus_row(t, i)->name, bus))
            continue;
        if (parts->count == TH_MAX_PARTS)
            break;
        for (part.bus = i; at && parts->items[at - 1].address > address; at--)
            parts->items[at] = parts->items[at - 1]; /* in order of address */
        parts->items[at] = part;
        parts->count++;
        return;
    }
    fprintf(stderr, "testhost: %s has no bus %s, or too many parts\n", t->cls->name, bus);
    abort();
}

/* Puts the device on a bus, by the seat row's name. */
static inline void th_seat(struct th *t, const char *seat, uint64_t address, uint64_t naddress,
                           void *self, const void *iface)
{
    struct bp_attached to = {self, iface, &t->ref_dev, "controller", address, naddress, 0, 0};

    t->ref_dev.th = t;
    for (uint32_t i = 0; i < t->cls->nseats && i < TH_MAX_BUSES; i++) {
        if (!strcmp(th_seat_row(t, i)->name, seat)) {
            t->seats[i] = to;
            return;
        }
    }
    fprintf(stderr, "testhost: %s has no seat %s\n", t->cls->name, seat);
    abort();
}

/* Puts one device under test on a bus of another. Each keeps its own time. */
static inline void th_plug(struct th *t, const char *bus, uint64_t address, uint64_t naddress,
                           struct th *part)
{
    for (uint32_t i = 0; i < t->cls->nbuses; i++) {
        const struct bp_bus_row *row = th_bus_row(t, i);

        for (uint32_t k = 0; !strcmp(row->name, bus) && k < part->cls->nseats; k++) {
            const struct bp_seat_row *seat = th_seat_row(part, k);

            if (strcmp(seat->kind, row->kind))
                continue;
            th_attach(t, bus, address, naddress, part->self, th_iface(part, row->peer_iface));
            th_seat(part, seat->name, address, naddress, t->self, th_iface(t, seat->peer_iface));
            return;
        }
    }
    fprintf(stderr, "testhost: %s does not sit on a bus like %s\n", part->cls->name, bus);
    abort();
}

static inline void th_seats_write(struct th *t)
{
    for (uint32_t i = 0; i < t->cls->nbuses && i < TH_MAX_BUSES; i++) {
        struct bp_list list = {t->buses[i].items, t->buses[i].count, sizeof(struct bp_attached)};

        memcpy(th_at(t, th_bus_row(t, i)->offset), &list, sizeof list);
    }
    for (uint32_t i = 0; i < t->cls->nseats && i < TH_MAX_BUSES; i++)
        memcpy(th_at(t, th_seat_row(t, i)->offset), &t->seats[i], sizeof t->seats[i]);
}

#endif
