/* SPDX-License-Identifier: Apache-2.0
 *
 * What rows of a class must keep to, so that nobody who works with them later has to ask: names
 * that exist and are unique, values that stay inside of the instance, rows that name other rows
 * which are there.
 */
#include "core/plugin/object.h"

#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/trace.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME  64u
#define MAX_WORDS 1024u /* choices, flags, arguments */
#define MAX_WIDTH 65536u
#define MAX_CELLS 4u

__attribute__((format(printf, 2, 3))) static bool fail(char why[OBJECT_WHY], const char *format,
                                                       ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, OBJECT_WHY, format, args);
    va_end(args);
    return false;
}

static bool is_name(const char *name)
{
    size_t length = name ? strnlen(name, MAX_NAME) : 0;

    if (!length || length == MAX_NAME)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
            return false;
    return true;
}

/* Entries of a list that ends with NULL; MAX_WORDS: it does not end. */
static uint32_t count_words(const char *const *words)
{
    uint32_t n = 0;

    while (words && n < MAX_WORDS && words[n])
        n++;
    return n;
}

static bool inside(const struct type *t, uint64_t offset, uint64_t bytes)
{
    return bytes <= t->instance_size && offset <= t->instance_size - bytes;
}

static const struct bp_prop *find_prop(const struct type *t, const char *name)
{
    for (uint32_t i = 0; i < t->nprops; i++)
        if (!strcmp(t->props[i].name, name))
            return &t->props[i];
    return NULL;
}

static const struct bp_port *find_port(const struct type *t, const char *name)
{
    for (uint32_t i = 0; i < t->nports; i++)
        if (!strcmp(t->ports[i].name, name))
            return &t->ports[i];
    return NULL;
}

/* --- properties ------------------------------------------------------------------------------- */

/* Bytes that each type takes in the instance; 0: no such type. */
static const uint8_t prop_bytes[] = {
    [BP_PROP_BOOL] = 1,
    [BP_PROP_U8] = 1,
    [BP_PROP_U16] = 2,
    [BP_PROP_U32] = 4,
    [BP_PROP_U64] = 8,
    [BP_PROP_I64] = 8,
    [BP_PROP_F64] = 8,
    [BP_PROP_STR] = sizeof(char *),
    [BP_PROP_BYTES] = sizeof(struct bp_bytes),
    [BP_PROP_ENUM] = 4,
    [BP_PROP_SIZE] = 8,
    [BP_PROP_FREQ] = 8,
    [BP_PROP_ADDR] = 8,
    [BP_PROP_DURATION] = 8,
    [BP_PROP_REF] = sizeof(struct bp_ref),
    [BP_PROP_LIST] = sizeof(struct bp_list),
    [BP_PROP_PATH] = sizeof(char *),
};
#define PROP_TYPES (sizeof(prop_bytes) / sizeof(*prop_bytes))

/* Words that mean something in every node. */
static const char *const reserved[] = {"type", "reg", "repeat", "when",
                                       "doc",  "bus", "fdt",    "delete"};

static bool check_prop(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_prop *p = &t->props[index];
    uint32_t element;

    if (!is_name(p->name))
        return fail(why, "property %u has no valid name: use letters, digits and -", index);
    for (size_t i = 0; t->kind <= TYPE_CPU && i < sizeof(reserved) / sizeof(*reserved); i++)
        if (!strcmp(reserved[i], p->name))
            return fail(why, "property %s: the name means something in every node: use another",
                        p->name);
    if (find_prop(t, p->name) != p)
        return fail(why, "property %s: is there twice: rename one", p->name);
    if (p->type >= PROP_TYPES || !prop_bytes[p->type])
        return fail(why, "property %s: unknown type %u: use a BP_PROP_*", p->name, p->type);
    element = p->type == BP_PROP_LIST ? p->element : p->type;
    if (element >= PROP_TYPES || !prop_bytes[element] || element == BP_PROP_LIST)
        return fail(why, "property %s: unknown element type %u: set `element`", p->name, element);
    if (!inside(t, p->offset, prop_bytes[p->type]))
        return fail(why,
                    "property %s: offset %u is outside of the instance (%u bytes): use offsetof",
                    p->name, p->offset, t->instance_size);
    if (element == BP_PROP_ENUM &&
        (!count_words(p->choices) || count_words(p->choices) == MAX_WORDS))
        return fail(why, "property %s: has no choices: list them, ending with NULL", p->name);
    if (p->type == BP_PROP_I64 ? (int64_t)p->min > (int64_t)p->max : p->min > p->max)
        return fail(why, "property %s: min is above max: swap them", p->name);
    return true;
}

/* --- ports and providers ---------------------------------------------------------------------- */

static bool check_via(const struct type *t, const struct bp_port *p, char why[OBJECT_WHY])
{
    const struct bp_prop *list = find_prop(t, p->via_prop);

    if (!list || list->type != BP_PROP_LIST || list->element != BP_PROP_REF)
        return fail(why,
                    "port %s: via_prop `%.64s` is no property that lists nodes: use LIST of REF",
                    p->name, p->via_prop);
    if (p->dir != BP_DIR_OUT || p->kind > BP_PORT_RESET || !is_name(p->via_port))
        return fail(why, "port %s: via_prop is for lines out, with a via_port: set both", p->name);
    return true;
}

static bool check_port(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_port *p = &t->ports[index];
    const struct bp_prop *width;

    if (!is_name(p->name))
        return fail(why, "port %u has no valid name: use letters, digits and -", index);
    if (find_port(t, p->name) != p)
        return fail(why, "port %s: is there twice: rename one", p->name);
    if (p->kind < BP_PORT_IRQ || p->kind > BP_PORT_BLOCK || p->dir > BP_DIR_OUT)
        return fail(why, "port %s: unknown kind %u or direction %u: use BP_PORT_* and BP_DIR_*",
                    p->name, p->kind, p->dir);
    if (p->offset != BP_NO_OFFSET && !inside(t, p->offset, sizeof(void *)))
        return fail(why, "port %s: offset %u is outside of the instance (%u bytes): use offsetof",
                    p->name, p->offset, t->instance_size);
    if (p->width > MAX_WIDTH)
        return fail(why, "port %s: %u lines: use at most %u", p->name, p->width, MAX_WIDTH);
    if (p->word && (!is_name(p->word) || find_prop(t, p->word)))
        return fail(why, "port %s: word `%.64s` is not valid, or a property: use another", p->name,
                    p->word);
    width = p->width_prop ? find_prop(t, p->width_prop) : NULL;
    if (p->width_prop && (!width || width->type != BP_PROP_U32))
        return fail(why, "port %s: width_prop `%.64s` is no u32 property: name one", p->name,
                    p->width_prop);
    return !p->via_prop || check_via(t, p, why);
}

static bool check_cell(const struct type *t, const struct bp_provider *p, uint32_t index,
                       char why[OBJECT_WHY])
{
    const struct bp_cell *cell = &p->cells[index];
    const struct bp_prop *max;

    if (!is_name(cell->name))
        return fail(why, "provider %s: cell %u has no valid name: set it", p->port, index);
    max = cell->max_prop ? find_prop(t, cell->max_prop) : NULL;
    if (cell->max_prop && (!max || max->type < BP_PROP_U8 || max->type > BP_PROP_U64))
        return fail(why, "provider %s: max_prop `%.64s` is no number property: name one", p->port,
                    cell->max_prop);
    return true;
}

static bool check_provider(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_provider *p = &t->providers[index];
    const struct bp_port *port = is_name(p->port) ? find_port(t, p->port) : NULL;
    uint32_t flags = count_words(p->flag_names);

    if (!port)
        return fail(why, "provider %u: port `%.64s` is not there: name one of the class", index,
                    p->port ? p->port : "");
    if (p->kind < BP_PORT_IRQ || p->kind > BP_PORT_CLOCK ||
        port->dir != (p->kind == BP_PORT_CLOCK ? BP_DIR_OUT : BP_DIR_IN) ||
        (p->kind == BP_PORT_CLOCK) != (port->kind == BP_PORT_CLOCK) || port->kind > BP_PORT_CLOCK)
        return fail(why, "provider %s: kind %u does not fit the port: clocks go out, lines in",
                    p->port, p->kind);
    if (p->ncells > MAX_CELLS || (p->ncells && !p->cells))
        return fail(why, "provider %s: %u cells: list them, at most %u", p->port, p->ncells,
                    MAX_CELLS);
    if (flags == MAX_WORDS || (flags && p->flag_default >= flags))
        return fail(
            why, "provider %s: flag_default %u of %u flags: end the list with NULL and choose one",
            p->port, p->flag_default, flags);
    for (uint32_t i = 0; i < p->ncells; i++)
        if (!check_cell(t, p, i, why))
            return false;
    return true;
}

/* --- regions and events ----------------------------------------------------------------------- */

static bool is_width(uint32_t bytes)
{
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

static bool check_bits(const struct bp_region *region, const struct bp_reg *reg,
                       char why[OBJECT_WHY])
{
    uint64_t seen = 0;
    uint32_t count = 0;

    /* A plug-in built before the field was there has shorter rows. */
    if (region->reg_stride < offsetof(struct bp_reg, bits) + sizeof(reg->bits) || !reg->bits)
        return true;
    for (const struct bp_reg_bits *b = reg->bits; b->mask; b++) {
        if (++count > 64 || b->mask & seen || b->access > BP_REG_WS || b->read > BP_READ_SETS)
            return fail(
                why,
                "region %s: register %.64s has bits of two rules, or of none: make the masks "
                "disjoint, use BP_REG_* and BP_READ_*, and end with a mask of 0",
                region->name, reg->name);
        seen |= b->mask;
    }
    return true;
}

static bool check_registers(const struct type *t, const struct bp_region *region,
                            char why[OBJECT_WHY])
{
    const size_t min_row = offsetof(struct bp_reg, on_write) + sizeof(void *);

    if (!region->nregs)
        return true;
    if (!region->regs || region->reg_stride < min_row || region->reg_stride > 4096 ||
        region->nregs > 65536)
        return fail(why,
                    "region %s: %u registers of %u bytes: fill the three fields with BP_ARRAY()",
                    region->name, region->nregs, region->reg_stride);
    for (uint32_t i = 0; i < region->nregs; i++) {
        const struct bp_reg *reg =
            (const void *)((const char *)region->regs + (size_t)i * region->reg_stride);

        if (!reg->name || !is_width(reg->width) || reg->access > BP_REG_WS)
            return fail(why,
                        "region %s: register %u has no name, or no valid width or access: set them",
                        region->name, i);
        if (reg->bound != BP_UNBOUND &&
            !inside(t, reg->bound, (uint64_t)reg->width * (reg->count ? reg->count : 1)))
            return fail(why,
                        "region %s: register %.64s is bound outside of the instance: use offsetof",
                        region->name, reg->name);
        if (!check_bits(region, reg, why))
            return false;
    }
    return true;
}

static bool check_region(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_region *r = &t->regions[index];

    if (!is_name(r->name))
        return fail(why, "region %u has no valid name: use letters, digits and -", index);
    for (uint32_t i = 0; i < index; i++)
        if (!strcmp(t->regions[i].name, r->name))
            return fail(why, "region %s: is there twice: rename one", r->name);
    if ((r->min_width || r->max_width) &&
        (!is_width(r->min_width) || !is_width(r->max_width) || r->min_width > r->max_width))
        return fail(why, "region %s: accesses of %u to %u bytes: use 1, 2, 4 or 8", r->name,
                    r->min_width, r->max_width);
    if (r->endian > BP_ENDIAN_BIG)
        return fail(why, "region %s: unknown byte order %u: use BP_ENDIAN_*", r->name, r->endian);
    return check_registers(t, r, why);
}

static bool check_event(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_event *e = &t->events[index];

    if (!is_name(e->name))
        return fail(why, "event %u has no valid name: use letters, digits and -", index);
    if (count_words(e->args) > 6)
        return fail(why, "event %s: more than 6 arguments: drop some", e->name);
    if (e->enable_offset != UINT32_MAX && !inside(t, e->enable_offset, 1))
        return fail(why, "event %s: enable_offset is outside of the instance: use offsetof",
                    e->name);
    return true;
}

/* --- snapshots -------------------------------------------------------------------------------- */

static const struct bp_state *state_of(const struct type *t)
{
    if (t->kind == TYPE_DEVICE)
        return t->device->state;
    return t->kind == TYPE_CPU && BP_HAS(t->cpu, state) ? t->cpu->state : NULL;
}

static const struct bp_state_field *state_row(const struct bp_state *state, uint32_t i)
{
    return (const void *)((const char *)state->fields + (size_t)i * state->field_stride);
}

static bool check_state_row(const struct type *t, const struct bp_state *state, uint32_t index,
                            char why[OBJECT_WHY])
{
    static const uint32_t widths[] = {
        [BP_STATE_U8] = 1,  [BP_STATE_U16] = 2,   [BP_STATE_U32] = 4,
        [BP_STATE_U64] = 8, [BP_STATE_BYTES] = 1,
    };
    const struct bp_state_field *f = state_row(state, index);
    uint64_t count = f->count ? f->count : 1;

    if (!f->name || !f->tag)
        return fail(why, "state row %u has no name or no tag: set both", index);
    if (!f->type || f->type >= sizeof(widths) / sizeof(*widths))
        return fail(why, "state row %s: unknown type %u: use BP_STATE_*", f->name, f->type);
    if (!inside(t, f->offset, count * widths[f->type]) ||
        (f->count_offset && !inside(t, f->count_offset, 4)))
        return fail(why, "state row %s: lies outside of the instance: use offsetof", f->name);
    for (uint32_t i = 0; i < index; i++)
        if (state_row(state, i)->tag == f->tag)
            return fail(why, "state row %s: tag %u is there twice: use a new one", f->name, f->tag);
    return true;
}

static bool check_state(const struct type *t, char why[OBJECT_WHY])
{
    const struct bp_state *state = state_of(t);
    bool ok = true;

    if (!state)
        return true;
    if (!BP_HAS(state, post_load) ||
        (state->nfields && (!state->fields || state->field_stride < sizeof(*state->fields))))
        return fail(
            why,
            "a state of %u bytes with %u rows of %u bytes: set size, and fill the fields with "
            "BP_ARRAY()",
            state->size, state->nfields, state->field_stride);
    for (uint32_t i = 0; ok && i < state->nfields; i++)
        ok = check_state_row(t, state, i, why);
    return ok;
}

/* --- buses of parts ---------------------------------------------------------------------------- */

static bool is_kind(const char *kind)
{
    return kind && *kind && strnlen(kind, MAX_NAME) < MAX_NAME;
}

/* What one side of a bus promises the other must be there in its own class. */
static bool check_bus(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_bus_row *bus = &t->buses[index];
    const struct bp_prop *count = bus->count_prop ? find_prop(t, bus->count_prop) : NULL;

    if (!is_name(bus->name))
        return fail(why, "bus %u has no valid name: use letters, digits and -", index);
    for (uint32_t i = 0; i < index; i++)
        if (!strcmp(t->buses[i].name, bus->name))
            return fail(why, "bus %s: is there twice: rename one", bus->name);
    if (!is_kind(bus->kind))
        return fail(why, "bus %s: has no kind: set one such as BP_I2C_BUS", bus->name);
    if (!inside(t, bus->offset, sizeof(struct bp_list)))
        return fail(why, "bus %s: offset %u is outside of the instance (%u bytes): use offsetof",
                    bus->name, bus->offset, t->instance_size);
    if (bus->min > bus->max)
        return fail(why, "bus %s: min is above max: swap them", bus->name);
    if (bus->count_prop && (!count || count->type < BP_PROP_U8 || count->type > BP_PROP_U64))
        return fail(why, "bus %s: count_prop `%.64s` is no number property: name one", bus->name,
                    bus->count_prop);
    return true;
}

static bool check_seat(const struct type *t, uint32_t index, char why[OBJECT_WHY])
{
    const struct bp_seat_row *seat = &t->seats[index];

    if (!is_name(seat->name))
        return fail(why, "seat %u has no valid name: use letters, digits and -", index);
    if (!is_kind(seat->kind))
        return fail(why, "seat %s: has no kind: set one such as BP_I2C_BUS", seat->name);
    if (!inside(t, seat->offset, sizeof(struct bp_attached)))
        return fail(why, "seat %s: offset %u is outside of the instance (%u bytes): use offsetof",
                    seat->name, seat->offset, t->instance_size);
    if (seat->word && (!is_name(seat->word) || find_prop(t, seat->word)))
        return fail(why, "seat %s: word `%.64s` is not valid, or a property: use another",
                    seat->name, seat->word);
    for (uint32_t i = 0; i < index; i++)
        if (!strcmp(seat->word ? seat->word : "bus", t->seats[i].word ? t->seats[i].word : "bus"))
            return fail(why, "seat %s: another one has the same word: set `word`", seat->name);
    for (uint32_t i = 0; !seat->word && i < t->nregions; i++)
        if (!(t->regions[i].flags & BP_REGION_FLOATING))
            return fail(why, "seat %s: `bus` and `reg` are taken by region %s: set `word`",
                        seat->name, t->regions[i].name);
    return true;
}

/* --- CPUs ------------------------------------------------------------------------------------- */

static bool check_cpu(const struct type *t, char why[OBJECT_WHY])
{
    const struct bp_cpu_class *c = t->cpu;
    const size_t min_reg = offsetof(struct bp_cpu_reg, hypervisor) + sizeof(uint64_t);
    const size_t min_helper = offsetof(struct bp_cpu_helper, writes) + sizeof(uint64_t);

    if (!inside(t, c->mode_offset, 4) || !inside(t, c->pc_offset, 8) ||
        !inside(t, c->fflags_offset, 8) || !inside(t, c->fetch_context_offset, 4))
        return fail(why,
                    "mode, pc, fflags or fetch context lie outside of the state: use offsetof");
    if ((c->nregs && (!c->regs || c->reg_stride < min_reg)) ||
        (c->nhelpers && (!c->helpers || c->helper_stride < min_helper)))
        return fail(
            why,
            "%u registers of %u bytes, %u helpers of %u bytes: fill the fields with BP_ARRAY()",
            c->nregs, c->reg_stride, c->nhelpers, c->helper_stride);
    for (uint32_t i = 0; i < c->nregs; i++) {
        const struct bp_cpu_reg *reg =
            (const void *)((const char *)c->regs + (size_t)i * c->reg_stride);

        if (!reg->name || !inside(t, reg->offset, 8))
            return fail(why, "register %u has no name, or lies outside of the state: use offsetof",
                        i);
    }
    return true;
}

bool rules_check(const struct type *t, char why[OBJECT_WHY])
{
    bool ok = true;

    /* Names first: later rules look rows up by them. */
    for (uint32_t i = 0; ok && i < t->nprops; i++)
        ok = is_name(t->props[i].name) || check_prop(t, i, why);
    for (uint32_t i = 0; ok && i < t->nports; i++)
        ok = is_name(t->ports[i].name) || check_port(t, i, why);
    for (uint32_t i = 0; ok && i < t->nprops; i++)
        ok = check_prop(t, i, why);
    for (uint32_t i = 0; ok && i < t->nports; i++)
        ok = check_port(t, i, why);
    for (uint32_t i = 0; ok && i < t->nproviders; i++)
        ok = check_provider(t, i, why);
    for (uint32_t i = 0; ok && i < t->nregions; i++)
        ok = check_region(t, i, why);
    for (uint32_t i = 0; ok && i < t->nevents; i++)
        ok = check_event(t, i, why);
    for (uint32_t i = 0; ok && i < t->nbuses; i++)
        ok = check_bus(t, i, why);
    for (uint32_t i = 0; ok && i < t->nseats; i++)
        ok = check_seat(t, i, why);
    return ok && check_state(t, why) && (t->kind != TYPE_CPU || check_cpu(t, why));
}
