/* SPDX-License-Identifier: Apache-2.0
 *
 * rows_ports.c - level 1, descriptors: ports and what a node offers to references.
 */
#include <stdlib.h>
#include <string.h>

#include <backplane/block.h>
#include <backplane/char.h>

#include "rows.h"

#define WIDTH_MOST 65536u

static const struct bp_prop *prop_named(const struct any *any, const char *name)
{
    const struct array *a = &any->arrays[ARRAY_PROPS];

    for (uint32_t i = 0; i < a->count; i++) {
        const struct bp_prop *row = any_row(a, i);

        if (row->name && !strcmp(row->name, name))
            return row;
    }
    return NULL;
}

static const struct bp_port *port_named(const struct any *any, const char *name)
{
    const struct array *a = &any->arrays[ARRAY_PORTS];

    for (uint32_t i = 0; i < a->count; i++) {
        const struct bp_port *row = any_row(a, i);

        if (row->name && name && !strcmp(row->name, name))
            return row;
    }
    return NULL;
}

static void check_width(struct kit *kit, const struct any *any, const struct bp_port *row)
{
    const struct bp_prop *width = row->width_prop ? prop_named(any, row->width_prop) : NULL;
    const struct bp_prop *via = row->via_prop ? prop_named(any, row->via_prop) : NULL;

    if (row->width > WIDTH_MOST)
        kit_fail(kit, "port %s: %u lines are not believable", row->name, row->width);
    if (row->width_prop && (!width || width->type != BP_PROP_U32))
        kit_fail(kit, "port %s: width_prop \"%s\" is no u32 property of the class", row->name,
                 row->width_prop);
    if (row->via_prop &&
        (!via || via->type != BP_PROP_LIST || via->element != BP_PROP_REF || !row->via_port))
        kit_fail(kit,
                 "port %s: via_prop \"%s\" is no list of references of the class, or via_port "
                 "is missing",
                 row->name, row->via_prop);
}

/* Callbacks of a back-end port: a struct that begins with its size. */
static void check_client(struct kit *kit, const struct bp_port *row)
{
    const struct bp_char_client *chr = row->client;
    const struct bp_block_client *block = row->client;
    uint32_t least =
        row->kind == BP_PORT_CHAR
            ? offsetof(struct bp_char_client, on_event) + sizeof chr->on_event
            : offsetof(struct bp_block_client, on_complete) + sizeof block->on_complete;

    if (!row->client) {
        kit_fail(kit, "port %s: has no callbacks (client)", row->name);
        return;
    }
    if (chr->size < least || chr->size > 4096)
        kit_fail(kit, "port %s: size %u of its callbacks is not that of the struct (%u)", row->name,
                 chr->size, least);
    else if (row->kind == BP_PORT_BLOCK && !block->on_complete)
        kit_fail(kit, "port %s: has no on_complete(), which is called for every request",
                 row->name);
    else if (row->kind == BP_PORT_CHAR && !chr->room != !chr->on_input)
        kit_fail(kit, "port %s: has one of room() and on_input(), which go together", row->name);
}

static void check_port(struct kit *kit, const struct any *any, const struct bp_port *row)
{
    bool lines = row->kind >= BP_PORT_IRQ && row->kind <= BP_PORT_RESET;

    if (row->flags & ~BP_PORT_REQUIRED)
        kit_fail(kit, "port %s: flags %#x are not known", row->name, row->flags);
    if (row->dir > BP_DIR_OUT) {
        kit_fail(kit, "port %s: direction %u is neither IN nor OUT", row->name, row->dir);
        return;
    }
    if (row->offset != BP_NO_OFFSET)
        offset_holds(kit, any, row->offset, sizeof(void *), sizeof(void *), "port", row->name);
    else if ((!lines && row->kind != BP_PORT_CLOCK) || row->dir == BP_DIR_OUT)
        kit_fail(kit, "port %s: has no place in the instance for its handle", row->name);
    if (lines && row->dir == BP_DIR_IN && !row->on_line)
        kit_fail(kit, "port %s: an input without on_line() hears nothing", row->name);
    if (lines)
        check_width(kit, any, row);
    if (row->kind == BP_PORT_CHAR || row->kind == BP_PORT_BLOCK)
        check_client(kit, row);
}

static void check_provider(struct kit *kit, const struct any *any, const struct bp_provider *row,
                           uint32_t i)
{
    const struct bp_port *port = port_named(any, row->port);
    uint32_t flags = 0;

    if (row->kind < BP_PORT_IRQ || row->kind > BP_PORT_CLOCK)
        kit_fail(kit, "providers: row %u: kind %u is not that of a line or clock", i, row->kind);
    /* A line goes to an input of any kind of line: a pin takes interrupts. */
    if (!port || (port->kind == BP_PORT_CLOCK) != (row->kind == BP_PORT_CLOCK) ||
        port->kind > BP_PORT_CLOCK)
        kit_fail(kit, "providers: row %u: port \"%s\" is no port in the class for this", i,
                 row->port ? row->port : "NULL");
    if (row->ncells && !row->cells)
        kit_fail(kit, "providers: row %u: %u cells, and no array", i, row->ncells);
    for (uint32_t c = 0; row->cells && c < row->ncells && c < 16; c++) {
        if (!row->cells[c].name || row->cells[c].min > row->cells[c].max)
            kit_fail(kit, "providers: row %u: cell %u has no name or no values", i, c);
        if (row->cells[c].max_prop && !prop_named(any, row->cells[c].max_prop))
            kit_fail(kit, "providers: row %u: max_prop \"%s\" is no property", i,
                     row->cells[c].max_prop);
    }
    while (row->flag_names && row->flag_names[flags])
        flags++;
    if (flags && row->flag_default >= flags)
        kit_fail(kit, "providers: row %u: flag_default %u is none of its %u flags", i,
                 row->flag_default, flags);
}

void check_ports(struct kit *kit)
{
    struct any any;
    const struct array *ports = &any.arrays[ARRAY_PORTS];
    const struct array *providers = &any.arrays[ARRAY_PROVIDERS];

    any_class(kit, &any);
    if (array_holds(NULL, ports)) {
        for (uint32_t i = 0; i < ports->count; i++) {
            const struct bp_port *row = any_row(ports, i);

            name_holds(kit, ports, i, row->doc);
            if (!row->name)
                continue;
            if (!row->kind || row->kind > BP_PORT_BLOCK)
                kit_fail(kit, "port %s: kind %u is not known", row->name, row->kind);
            else
                check_port(kit, &any, row);
        }
    }
    if (array_holds(NULL, providers)) {
        for (uint32_t i = 0; i < providers->count; i++)
            check_provider(kit, &any, any_row(providers, i), i);
    }
}
