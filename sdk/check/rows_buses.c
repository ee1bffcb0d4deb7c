/* SPDX-License-Identifier: Apache-2.0
 *
 * rows_buses.c - level 1, descriptors: buses that a class runs and seats it has on others.
 */
#include <string.h>

#include <backplane/can.h>
#include <backplane/i2c.h>
#include <backplane/spi.h>

#include "rows.h"

/* "bp.spi/1": something, a slash and a number. */
static bool is_iface_id(const char *text)
{
    const char *slash = text ? strrchr(text, '/') : NULL;

    return slash && slash != text && slash[1] && strlen(text) < 64 &&
           slash[1 + strspn(slash + 1, "0123456789")] == 0;
}

static void check_ids(struct kit *kit, const char *what, const char *name, const char *kind,
                      const char *peer)
{
    if (!is_iface_id(kind))
        kit_fail(kit, "%s %s: kind \"%s\" is no name like com.acme.bus/1", what, name,
                 kind ? kind : "NULL");
    if (peer && !is_iface_id(peer))
        kit_fail(kit, "%s %s: peer_iface \"%s\" is no interface's name", what, name, peer);
}

/* What the classes on either side of the known kinds of bus offer to each other. */
static const struct {
    const char *kind, *controller, *part;
} known[] = {
    {BP_I2C_BUS, NULL, BP_I2C_TARGET_ID},
    {BP_SPI_BUS, NULL, BP_SPI_TARGET_ID},
    {BP_CAN_BUS, BP_CAN_WIRE_ID, BP_CAN_NODE_ID},
};
#define NKNOWN (sizeof known / sizeof *known)

/* get_iface() depends on the class alone, so it is asked without an instance, as the core asks. */
static void check_offer(struct kit *kit, const char *what, const char *name, const char *id)
{
    const struct bp_device_class *cls = kit->device;

    if (!id)
        return;
    kit_doing(kit, "get_iface(\"%s\") without an instance", id);
    if (!cls->get_iface || !cls->get_iface(NULL, id))
        kit_fail(kit, "%s %s: get_iface() has no %s, which the other side of the bus calls", what,
                 name, id);
}

static bool has_number(const struct any *any, const char *name)
{
    const struct array *a = &any->arrays[ARRAY_PROPS];

    for (uint32_t i = 0; i < a->count; i++) {
        const struct bp_prop *row = any_row(a, i);

        if (row->name && !strcmp(row->name, name))
            return row->type >= BP_PROP_U8 && row->type <= BP_PROP_U64;
    }
    return false;
}

static void check_bus(struct kit *kit, const struct any *any, const struct bp_bus_row *row)
{
    check_ids(kit, "bus", row->name, row->kind, row->peer_iface);
    if (row->flags & ~BP_BUS_UNADDRESSED)
        kit_fail(kit, "bus %s: flags %#x are not known", row->name, row->flags);
    offset_holds(kit, any, row->offset, sizeof(struct bp_list), sizeof(void *), "bus", row->name);
    if (row->min > row->max)
        kit_fail(kit, "bus %s: its lowest address is above its highest", row->name);
    if (row->count_prop && !has_number(any, row->count_prop))
        kit_fail(kit, "bus %s: count_prop \"%s\" is no number property of the class", row->name,
                 row->count_prop);
    for (size_t i = 0; row->kind && i < NKNOWN; i++) {
        if (!strcmp(row->kind, known[i].kind))
            check_offer(kit, "bus", row->name, known[i].controller);
    }
}

static void check_seat(struct kit *kit, const struct any *any, const struct bp_seat_row *row)
{
    check_ids(kit, "seat", row->name, row->kind, row->peer_iface);
    if (row->flags & ~BP_SEAT_OPTIONAL)
        kit_fail(kit, "seat %s: flags %#x are not known", row->name, row->flags);
    offset_holds(kit, any, row->offset, sizeof(struct bp_attached), sizeof(void *), "seat",
                 row->name);
    if (row->word && !*row->word)
        kit_fail(kit, "seat %s: its word is empty", row->name);
    for (size_t i = 0; row->kind && i < NKNOWN; i++) {
        if (!strcmp(row->kind, known[i].kind))
            check_offer(kit, "seat", row->name, known[i].part);
    }
}

static bool same_word(const struct bp_seat_row *a, const struct bp_seat_row *b)
{
    return !strcmp(a->word ? a->word : "bus", b->word ? b->word : "bus");
}

void check_buses(struct kit *kit)
{
    struct any any;
    const struct array *buses = &any.arrays[ARRAY_BUSES], *seats = &any.arrays[ARRAY_SEATS];

    any_class(kit, &any);
    for (uint32_t i = 0; array_holds(NULL, buses) && i < buses->count; i++) {
        const struct bp_bus_row *row = any_row(buses, i);

        name_holds(kit, buses, i, row->doc);
        if (row->name)
            check_bus(kit, &any, row);
    }
    for (uint32_t i = 0; array_holds(NULL, seats) && i < seats->count; i++) {
        const struct bp_seat_row *row = any_row(seats, i);

        name_holds(kit, seats, i, row->doc);
        if (!row->name)
            continue;
        check_seat(kit, &any, row);
        for (uint32_t k = 0; k < i; k++) {
            if (same_word(row, any_row(seats, k)))
                kit_fail(kit, "seats %s and %s have the same word in a description",
                         ((const struct bp_seat_row *)any_row(seats, k))->name, row->name);
        }
    }
}
