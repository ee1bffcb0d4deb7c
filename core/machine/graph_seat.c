/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts on buses (sdk/include/backplane/attach.h): which node runs the bus, and where on it a part sits.
 *
 *   rom0:   { type: parts/at24, bus: i2c0, reg: 0x50 }      one address
 *   rom1:   { type: parts/at24, bus: i2c0, reg: [0x50, 4] } four, from the first one on
 *   rom2:   { type: parts/at24, bus: mux0 ch3, reg: 0x50 }  one bus of several, by its name
 *   can0:   { type: can/sja1000, can: net0, ... }           a device with its place elsewhere
 *   bridge: { type: acme/bridge, side: i2c1 0x20, ... }
 */
#include "core/machine/graph_load.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *graph_seat_word(const struct bp_seat_row *seat)
{
    return seat->word ? seat->word : "bus";
}

const struct bp_seat_row *graph_place_row(const struct type *type)
{
    for (uint32_t i = 0; i < type->nseats; i++)
        if (!type->seats[i].word)
            return &type->seats[i];
    return NULL;
}

/* --- which bus -------------------------------------------------------------------------------- */

static bool runs(const struct type *type, const char *kind)
{
    for (uint32_t i = 0; i < type->nbuses; i++)
        if (!strcmp(type->buses[i].kind, kind))
            return true;
    return false;
}

/* "; refer to i2c0, i2c1": the nodes that would do. */
static const char *candidates(struct graph_loader *l, const char *kind)
{
    const char *list = "";
    uint32_t count = 0;

    for (uint32_t i = 0; i < l->graph->nnodes && count < 8; i++)
        if (runs(l->graph->nodes[i]->type, kind))
            list = arena_printf(l->arena, "%s%s%s", list, count++ ? ", " : "",
                                l->graph->nodes[i]->name);
    return count ? arena_printf(l->arena, "refer to %s%s", count > 1 ? "one of " : "", list)
                 : arena_printf(l->arena, "add a node that runs a %s bus", kind);
}

static const char *bus_names(struct graph_loader *l, const struct type *type, const char *kind)
{
    const char *list = "";

    for (uint32_t i = 0; i < type->nbuses; i++)
        if (!strcmp(type->buses[i].kind, kind))
            list = arena_printf(l->arena, "%s%s%s", list, *list ? ", " : "", type->buses[i].name);
    return list;
}

/* The bus of seat->to that is meant; `name` NULL: its only one of the kind. */
static bool find_bus(struct graph_loader *l, const struct graph_where *w, struct graph_seat *seat,
                     const struct bp_seat_row *row, const char *name)
{
    const struct type *type = seat->to->type;
    uint32_t fitting = 0;

    if (!runs(type, row->kind)) {
        graph_error(l, seat->pos, w->node, w->key, "%s (%s) runs no %s bus: %s", seat->to->name,
                    seat->to->type_text, row->kind, candidates(l, row->kind));
        return false;
    }
    for (uint32_t i = 0; i < type->nbuses; i++) {
        if (strcmp(type->buses[i].kind, row->kind) || (name && strcmp(type->buses[i].name, name)))
            continue;
        seat->bus = i;
        fitting++;
    }
    if (fitting == 1)
        return true;
    if (name)
        graph_error(l, seat->pos, w->node, w->key, "%s has no %s bus `%.40s`: choose one of %s",
                    seat->to->name, row->kind, name, bus_names(l, type, row->kind));
    else
        graph_error(l, seat->pos, w->node, w->key,
                    "%s has several %s buses: write `%s NAME` with one of %s", seat->to->name,
                    row->kind, seat->to->name, bus_names(l, type, row->kind));
    return false;
}

/* Each side offers what the other is going to call. */
static bool check_peers(struct graph_loader *l, const struct graph_where *w,
                        const struct graph_seat *seat, const struct bp_seat_row *row)
{
    const struct bp_bus_row *bus = &seat->to->type->buses[seat->bus];

    if (!graph_offers(seat->node, bus->peer_iface)) {
        graph_error(l, seat->pos, w->node, w->key,
                    "%s does not offer %s, which %s calls its parts by: mend the plug-in",
                    seat->node->type_text, bus->peer_iface, seat->to->name);
        return false;
    }
    if (!graph_offers(seat->to, row->peer_iface)) {
        graph_error(l, seat->pos, w->node, w->key,
                    "%s (%s) does not offer %s: refer to a node that does", seat->to->name,
                    seat->to->type_text, row->peer_iface);
        return false;
    }
    return true;
}

/* --- where on it ------------------------------------------------------------------------------ */

static const char *address_name(const struct bp_bus_row *bus)
{
    return bus->address_name ? bus->address_name : "address";
}

static uint64_t last_address(const struct graph_seat *seat)
{
    const struct bp_bus_row *bus = &seat->to->type->buses[seat->bus];
    const struct graph_value *count =
        bus->count_prop ? graph_value(seat->to, bus->count_prop) : NULL;

    return count ? bus->min + count->u - 1 : bus->max; /* min - 1 for none at all: nothing fits */
}

static bool in_range(struct graph_loader *l, const struct graph_where *w,
                     const struct graph_seat *seat)
{
    const struct bp_bus_row *bus = &seat->to->type->buses[seat->bus];
    uint64_t last = last_address(seat), end = seat->address + (seat->naddress - 1);

    if (last + 1 > bus->min && seat->address >= bus->min && end >= seat->address && end <= last)
        return true;
    if (last + 1 <= bus->min)
        graph_error(l, seat->pos, w->node, w->key, "%s has no %s (raise %s.%s)", seat->to->name,
                    address_name(bus), seat->to->name, bus->count_prop);
    else if (bus->count_prop)
        graph_error(l, seat->pos, w->node, w->key,
                    "%s %" PRIu64 " of %s is out of range %" PRIu64 "..%" PRIu64 " (set %s.%s)",
                    address_name(bus), end, seat->to->name, bus->min, last, seat->to->name,
                    bus->count_prop);
    else
        graph_error(l, seat->pos, w->node, w->key,
                    "%s 0x%" PRIx64 " of %s is out of range: use 0x%" PRIx64 "..0x%" PRIx64,
                    address_name(bus), seat->address < bus->min ? seat->address : end,
                    seat->to->name, bus->min, last);
    return false;
}

static bool read_number(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                        const char *text, uint64_t *out)
{
    char why[UNITS_WHY];
    bool negative;

    if (units_integer(text, &negative, out, why) && (!negative || !*out))
        return true;
    graph_error(l, pos, w->node, w->key, "`%.40s` is not an address: write a number such as 0x50",
                text);
    return false;
}

/* ADDRESS, or [FIRST, COUNT]. */
static bool read_reg(struct graph_loader *l, const struct graph_where *w, struct graph_seat *seat,
                     const struct yaml_value *v)
{
    const char *first, *count = NULL;

    seat->pos = v->pos;
    seat->naddress = 1;
    if (v->kind == YAML_MAP || (v->kind == YAML_LIST && v->count != 2)) {
        graph_error(l, v->pos, w->node, w->key,
                    "not an address on %s: write ADDRESS, or [FIRST, COUNT]", seat->to->name);
        return false;
    }
    first = graph_text(l, w, v->kind == YAML_LIST ? v->items[0] : v);
    if (v->kind == YAML_LIST)
        count = graph_text(l, w, v->items[1]);
    if (!first || (v->kind == YAML_LIST && !count) ||
        !read_number(l, w, v->pos, first, &seat->address) ||
        (count && !read_number(l, w, v->pos, count, &seat->naddress)))
        return false;
    if (!seat->naddress) {
        graph_error(l, v->pos, w->node, w->key, "takes no address at all: use a count above 0");
        return false;
    }
    return in_range(l, w, seat);
}

/* The address of a part under `reg:`, of another seat behind the reference. */
static bool read_address(struct graph_loader *l, const struct graph_instance *instance,
                         const struct graph_where *w, struct graph_seat *seat, const char *word)
{
    const struct bp_bus_row *bus = &seat->to->type->buses[seat->bus];
    const struct graph_given *reg =
        seat->node->type->seats[seat->seat].word ? NULL : graph_given(instance, "reg");
    struct graph_where at = {w->node, "reg", reg ? reg->scope : NULL};

    if (bus->flags & BP_BUS_UNADDRESSED) {
        if (reg || word)
            graph_error(l, reg ? reg->pos : seat->pos, w->node, reg ? "reg" : w->key,
                        "%s has no addresses: remove it", seat->to->name);
        return !reg && !word;
    }
    if (word && !seat->node->type->seats[seat->seat].word) {
        graph_error(l, seat->pos, w->node, w->key, "`%.40s` is too much: the %s goes under `reg:`",
                    word, address_name(bus));
        return false;
    }
    if (reg)
        return read_reg(l, &at, seat, reg->value);
    if (!word) {
        graph_error(l, seat->pos, w->node,
                    seat->node->type->seats[seat->seat].word ? w->key : "reg",
                    "is missing: write %s and the %s on %s",
                    seat->node->type->seats[seat->seat].word
                        ? arena_printf(l->arena, "`%s: %s ADDRESS`", w->key, seat->to->name)
                        : "`reg: ADDRESS`",
                    address_name(bus), seat->to->name);
        return false;
    }
    seat->naddress = 1;
    return read_number(l, w, seat->pos, word, &seat->address) && in_range(l, w, seat);
}

/* --- seats ------------------------------------------------------------------------------------ */

static void missing(struct graph_loader *l, const struct graph_instance *instance,
                    const struct bp_seat_row *row)
{
    const struct graph_given *reg = row->word ? NULL : graph_given(instance, "reg");

    if (!(row->flags & BP_SEAT_OPTIONAL))
        graph_error(l, instance->pos, instance->name, graph_seat_word(row),
                    "is missing: write `%s: NODE`; %s", graph_seat_word(row),
                    candidates(l, row->kind));
    else if (reg)
        graph_error(l, reg->pos, instance->name, "reg",
                    "an address without a bus: write `bus:`, "
                    "or remove it");
}

/* NODE, NODE BUS, NODE ADDRESS, NODE BUS ADDRESS */
static void read_seat(struct graph_loader *l, const struct graph_instance *instance, uint32_t index)
{
    struct graph_node *node = instance->node;
    const struct bp_seat_row *row = &node->type->seats[index];
    const struct graph_given *given = graph_given(instance, graph_seat_word(row));
    struct graph_where w = {node->name, graph_seat_word(row), given ? given->scope : NULL};
    struct graph_seat seat = {.node = node, .seat = index};
    const char *words[GRAPH_MAX_WORDS], *name = NULL, *address = NULL;
    uint32_t count;

    if (!given) {
        missing(l, instance, row);
        return;
    }
    seat.pos = given->value->pos;
    if (!graph_split(l, &w, given->value, words, &count))
        return;
    if (count > 1 && !isdigit((unsigned char)words[1][0]))
        name = words[1];
    if (count > 1u + (name != NULL))
        address = words[1 + (name != NULL)];
    if (count > 1u + (name != NULL) + (address != NULL)) {
        graph_error(l, seat.pos, w.node, w.key, "`%.40s` is too much: write NODE, or NODE BUS",
                    words[count - 1]);
        return;
    }
    seat.to = graph_node(l, &w, seat.pos, words[0]);
    if (seat.to && find_bus(l, &w, &seat, row, name) && check_peers(l, &w, &seat, row) &&
        read_address(l, instance, &w, &seat, address))
        *arena_push(l->arena, l->graph->seats, l->graph->nseats) = seat;
}

static int in_order(const void *a, const void *b)
{
    const struct graph_seat *x = a, *y = b;

    if (x->to != y->to)
        return x->to->index < y->to->index ? -1 : 1;
    if (x->bus != y->bus)
        return x->bus < y->bus ? -1 : 1;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->node != y->node)
        return x->node->index < y->node->index ? -1 : 1;
    return (x->seat > y->seat) - (x->seat < y->seat);
}

/* Seats in order of address: whoever starts before the one that reached farthest so far has ended takes what is
 * taken. The part that stands later in the description is told. */
static void check_taken(struct graph_loader *l)
{
    const struct graph_seat *far = NULL;

    for (uint32_t i = 0; i < l->graph->nseats; i++) {
        const struct graph_seat *seat = &l->graph->seats[i], *late = seat, *early = far;

        if (!seat->naddress)
            continue;
        if (!far || far->to != seat->to || far->bus != seat->bus) {
            far = seat;
            continue;
        }
        if (seat->address - far->address < far->naddress) {
            if (far->node->index > seat->node->index) {
                late = far;
                early = seat;
            }
            graph_error(l, late->pos, late->node->name,
                        late->node->type->seats[late->seat].word
                            ? late->node->type->seats[late->seat].word
                            : "reg",
                        "%s 0x%" PRIx64 " of %s is taken by %s (%s): use another",
                        address_name(&seat->to->type->buses[seat->bus]), seat->address,
                        seat->to->name, early->node->name, graph_line(l, late->pos, early->pos));
        }
        if (seat->address + (seat->naddress - 1) > far->address + (far->naddress - 1))
            far = seat;
    }
}

/* A part that runs a bus itself may not sit on it, however far around. */
static void check_loops(struct graph_loader *l)
{
    for (uint32_t i = 0; i < l->graph->nseats; i++) {
        const struct graph_seat *seat = &l->graph->seats[i], *up = seat;
        uint32_t steps = 0;

        while (up && up->to != seat->node && steps++ < l->graph->nnodes)
            up = up->to->place;
        if (up && up->to == seat->node && seat == seat->node->place)
            graph_error(l, seat->pos, seat->node->name, "bus",
                        "%s sits on its own bus%s: refer to another node", seat->node->name,
                        seat->to == seat->node ? "" : " by way of others");
    }
}

void graph_make_seats(struct graph_loader *l)
{
    for (uint32_t i = 0; i < l->ninstances; i++) {
        const struct graph_node *node = l->instances[i]->node;

        for (uint32_t k = 0; node && k < node->type->nseats; k++)
            read_seat(l, l->instances[i], k);
    }
    if (l->graph->nseats)
        qsort(l->graph->seats, l->graph->nseats, sizeof(*l->graph->seats), in_order);
    for (uint32_t i = 0; i < l->graph->nseats; i++)
        if (!l->graph->seats[i].node->type->seats[l->graph->seats[i].seat].word)
            l->graph->seats[i].node->place = &l->graph->seats[i];
    check_taken(l);
    check_loops(l);
}
