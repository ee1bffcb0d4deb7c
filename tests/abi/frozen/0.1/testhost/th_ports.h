/* SPDX-License-Identifier: Apache-2.0
 *
 * th_ports.h - lines and clocks, and the handles a device finds in its ports.
 */
#ifndef BACKPLANE_TH_PORTS_H
#define BACKPLANE_TH_PORTS_H

#include "th_types.h"

static inline void th_api_line_set(struct bp_line *port, uint32_t index, uint32_t level)
{
    if (index >= port->width) {
        th_violation(port->th, "line set: index beyond the port's width");
        return;
    }
    if (level && !port->level[index])
        port->rises[index]++;
    port->level[index] = level != 0;
}

static inline uint32_t th_api_line_get(struct bp_line *port, uint32_t index)
{
    return index < port->width ? port->level[index] : 0;
}

static inline uint64_t th_api_clock_hz(struct bp_clock_in *clock)
{
    return clock->hz;
}

static inline void th_api_clock_set_hz(struct bp_clock_out *clock, uint64_t hz)
{
    clock->hz = hz;
}

/* Row number of a port by name; the test is wrong if there is none. */
static inline uint32_t th_port_index(const struct th *t, const char *name)
{
    for (uint32_t i = 0; i < t->cls->nports; i++) {
        if (!strcmp(th_port_row(t, i)->name, name))
            return i;
    }
    fprintf(stderr, "testhost: %s has no port %s\n", t->cls->name, name);
    abort();
}

static inline struct bp_line *th_line(const struct th *t, const char *port)
{
    return (struct bp_line *)t->ports[th_port_index(t, port)];
}

/* Level of an output line, and how often it rose. */
static inline uint32_t th_level(const struct th *t, const char *port, uint32_t index)
{
    return th_api_line_get(th_line(t, port), index);
}

static inline uint32_t th_rises(const struct th *t, const char *port, uint32_t index)
{
    return th_line(t, port)->rises[index];
}

/* Drives an input line. */
static inline void th_drive(struct th *t, const char *port, uint32_t index, uint32_t level)
{
    th_port_row(t, th_port_index(t, port))->on_line(t->self, index, level);
}

/* Rate of a clock input; before th_start() as wired, later as a change the device hears of. */
static inline void th_clock(struct th *t, const char *port, uint64_t hz)
{
    uint32_t i = th_port_index(t, port);
    struct bp_clock_in *clock = (struct bp_clock_in *)t->ports[i];

    t->clock_hz[i] = hz;
    if (!clock)
        return;
    clock->hz = hz;
    if (th_port_row(t, i)->on_clock)
        th_port_row(t, i)->on_clock(t->self, hz);
}

static inline uint32_t th_port_width(struct th *t, const struct bp_port *row)
{
    for (uint32_t i = 0; i < t->cls->nprops; i++) {
        const struct bp_prop *prop = th_prop_row(t, i);
        uint32_t width;

        if (row->width_prop && !strcmp(prop->name, row->width_prop)) {
            memcpy(&width, th_at(t, prop->offset), sizeof width);
            return width;
        }
        if (row->via_prop && !strcmp(prop->name, row->via_prop))
            return ((const struct bp_list *)th_at(t, prop->offset))->count;
    }
    return row->width ? row->width : 1;
}

static inline void *th_line_create(struct th *t, const struct bp_port *row)
{
    struct bp_line *line = (struct bp_line *)calloc(1, sizeof *line);

    if (!line)
        return NULL;
    line->th = t;
    line->row = row;
    line->width = th_port_width(t, row);
    line->level = (uint8_t *)calloc(line->width + 1, 1);
    line->rises = (uint32_t *)calloc(line->width + 1, sizeof *line->rises);
    return line;
}

static inline void *th_port_create(struct th *t, const struct bp_port *row, uint32_t i)
{
    struct bp_clock_in *clock;
    struct bp_bus *bus;

    switch (row->kind) {
    case BP_PORT_IRQ:
    case BP_PORT_GPIO:
    case BP_PORT_RESET:
        return th_line_create(t, row);
    case BP_PORT_CLOCK:
        clock = (struct bp_clock_in *)calloc(1, sizeof *clock);
        if (clock)
            clock->hz = t->clock_hz[i];
        return clock;
    case BP_PORT_BUS:
        bus = (struct bp_bus *)calloc(1, sizeof *bus);
        if (bus)
            bus->th = t;
        return bus;
    case BP_PORT_CHAR:
        t->chr.th = t;
        t->chr.client = (const struct bp_char_client *)row->client;
        return &t->chr;
    case BP_PORT_BLOCK:
        t->block.th = t;
        t->block.client = (const struct bp_block_client *)row->client;
        return &t->block;
    default:
        return NULL;
    }
}

static inline int32_t th_ports_create(struct th *t)
{
    if (t->cls->nports > TH_MAX_PORTS)
        return BP_E_FULL;
    for (uint32_t i = 0; i < t->cls->nports; i++) {
        const struct bp_port *row = th_port_row(t, i);

        t->ports[i] = th_port_create(t, row, i);
        if (!t->ports[i])
            return BP_E_NOMEM;
        if (row->offset != BP_NO_OFFSET)
            memcpy(th_at(t, row->offset), &t->ports[i], sizeof t->ports[i]);
    }
    return BP_OK;
}

static inline void th_ports_free(struct th *t)
{
    for (uint32_t i = 0; i < t->cls->nports && i < TH_MAX_PORTS; i++) {
        uint32_t kind = th_port_row(t, i)->kind;

        if (t->ports[i] && kind <= BP_PORT_RESET) {
            struct bp_line *line = (struct bp_line *)t->ports[i];
            free(line->level);
            free(line->rises);
        }
        if (kind <= BP_PORT_BUS)
            free(t->ports[i]);
    }
}

#endif
