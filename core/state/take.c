/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking the state of a device (state.h).
 */
#include <backplane/state.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/dev.h"
#include "core/state/state.h"

#define PAGE      4096u
#define MAX_PAGES 256u /* in a record */

const struct bp_state *state_rows(const struct bp_dev *dev)
{
    return dev->type->kind == TYPE_DEVICE ? dev->type->device->state : NULL;
}

struct bp_state_field state_row(const struct bp_state *state, uint32_t i)
{
    struct bp_state_field row = {0};

    memcpy(&row, (const char *)state->fields + (size_t)i * state->field_stride,
           state->field_stride < sizeof(row) ? state->field_stride : sizeof(row));
    return row;
}

bool state_register_name(const struct bus_region *region, uint32_t row, char *name, size_t room)
{
    const struct bp_reg *reg = regs_row(region->regs, row);
    bool alone = true;

    if (reg->bound == BP_UNBOUND)
        return false;
    for (uint32_t i = 0; i < row; i++) {
        const struct bp_reg *other = regs_row(region->regs, i);

        if (other->bound == BP_UNBOUND || strcmp(other->name, reg->name))
            continue;
        if (other->bound == reg->bound)
            return false;
        alone = false;
    }
    if (alone)
        snprintf(name, room, "%s.%s", region->row->name, reg->name);
    else
        snprintf(name, room, "%s.%s@%" PRIx64 ":%" PRIx32, region->row->name, reg->name,
                 reg->offset, reg->banks);
    return true;
}

/* A record of numbers. */
static void put_numbers(struct state_bytes *out, uint16_t kind, const char *name, uint8_t flags,
                        const uint64_t *numbers, uint32_t count)
{
    const struct state_record record = {
        .kind = kind,
        .type = BP_STATE_U64,
        .flags = flags,
        .count = count,
        .name = name,
        .name_bytes = (uint32_t)strlen(name),
        .bytes = 8ull * count,
    };
    uint8_t *values = state_put(out, &record);

    for (uint32_t i = 0; values && i < count; i++)
        state_put_number(values + 8 * i, 8, numbers[i]);
}

/* `count` elements of the instance, which are in the host's order there. */
static bool put_elements(struct state_bytes *out, struct state_record *record, const void *from)
{
    uint32_t width = state_width(record->type);
    uint8_t *values;

    record->name_bytes = (uint32_t)strlen(record->name);
    record->bytes = (uint64_t)record->count * width;
    values = state_put(out, record);
    for (uint32_t i = 0; values && i < record->count; i++) {
        uint64_t value = 0;

        memcpy(&value, (const char *)from + (size_t)i * width, width); /* little-endian hosts */
        state_put_number(values + (size_t)i * width, width, value);
    }
    return values != NULL;
}

static void put_registers(struct state_bytes *out, const struct bus_region *region)
{
    char name[320];

    for (uint32_t i = 0; region->regs && i < regs_rows(region->regs); i++) {
        const struct bp_reg *reg = regs_row(region->regs, i);
        struct state_record record = {.kind = STATE_REGISTER,
                                      .type = (uint8_t)state_type(reg->width),
                                      .flags = STATE_OPTIONAL,
                                      .count = reg->count ? reg->count : 1,
                                      .name = name};
        const char *from = (const char *)region->dev->instance + reg->bound;

        if (!record.type || !state_register_name(region, i, name, sizeof(name)))
            continue;
        for (uint32_t k = 0; k < record.count; k++) {
            uint64_t value = 0;

            memcpy(&value, from + (size_t)k * reg->width, reg->width);
            if (value != (reg->reset & (reg->width < 8 ? (1ull << (8 * reg->width)) - 1 : ~0ull)))
                record.flags = 0;
        }
        put_elements(out, &record, from);
    }
}

static int32_t put_fields(struct state_bytes *out, const struct bp_dev *dev, char why[STATE_WHY])
{
    const struct bp_state *state = state_rows(dev);

    for (uint32_t i = 0; state && i < state->nfields; i++) {
        struct bp_state_field row = state_row(state, i);
        uint32_t room = row.count ? row.count : 1, count = room;
        struct state_record record = {.kind = STATE_FIELD,
                                      .type = (uint8_t)row.type,
                                      .flags = row.flags & BP_STATE_OPTIONAL ? STATE_OPTIONAL : 0,
                                      .tag = row.tag,
                                      .name = row.name ? row.name : ""};

        if (row.count_offset)
            memcpy(&count, (const char *)dev->instance + row.count_offset, sizeof(count));
        if (count > room || !state_width(row.type)) {
            snprintf(why, STATE_WHY, "%s: says that %" PRIu32 " of %" PRIu32 " elements are in use",
                     record.name, count, room);
            return BP_E_INVAL;
        }
        record.count = count;
        put_elements(out, &record, (const char *)dev->instance + row.offset);
    }
    return BP_OK;
}

static void put_lines(struct state_bytes *out, const char *name, const struct wire_port *port)
{
    struct state_record record = {.kind = STATE_LINE,
                                  .type = BP_STATE_U8,
                                  .flags = STATE_OPTIONAL,
                                  .count = port->width,
                                  .name = name,
                                  .name_bytes = (uint32_t)strlen(name),
                                  .bytes = port->width};
    uint8_t *levels;

    for (uint32_t i = 0; i < port->width; i++)
        if (port->lines[i].level)
            record.flags = 0;
    levels = state_put(out, &record);
    for (uint32_t i = 0; levels && i < port->width; i++)
        levels[i] = (uint8_t)port->lines[i].level;
}

static void put_ports(struct state_bytes *out, const struct bp_dev *dev)
{
    for (uint32_t i = 0; i < dev->type->nports; i++) {
        const struct bp_port *row = &dev->type->ports[i];

        if (row->dir != BP_DIR_OUT)
            continue;
        if (row->kind == BP_PORT_CLOCK)
            put_numbers(out, STATE_CLOCK, row->name, STATE_OPTIONAL, &dev->ports[i].clock_out->hz,
                        1);
        else if (wire_carries(row->kind))
            put_lines(out, row->name, dev->ports[i].wire);
    }
}

static void put_timers(struct state_bytes *out, const struct bp_dev *dev)
{
    for (const struct bp_timer *timer = dev->timers; timer; timer = timer->next) {
        uint64_t numbers[2] = {timer->slot != 0, timer->slot ? timer->deadline : 0};

        put_numbers(out, STATE_TIMER, timer->name, timer->slot ? 0 : STATE_OPTIONAL, numbers, 2);
    }
}

static void put_window(struct state_bytes *out, const struct bus_region *region)
{
    uint32_t direct = atomic_load(&region->direct) != 0;
    uint64_t numbers[2] = {region->enabled | direct << 1, region->floating ? region->base : 0};
    bool usual = region->enabled == !region->floating && direct == (region->ram != NULL);

    put_numbers(out, STATE_WINDOW, region->row->name, usual ? STATE_OPTIONAL : 0, numbers, 2);
}

static bool is_blank(const uint8_t *page, size_t bytes, uint8_t fill)
{
    return page[0] == fill && !memcmp(page, page + 1, bytes - 1);
}

/* Runs of pages that hold anything, in records of a bounded size. */
static void put_memory(struct state_bytes *out, const struct bus_region *region)
{
    uint8_t fill = (uint8_t)region->row->fill;
    uint64_t start = 0, at = 0, bytes = region->bytes;

    put_numbers(out, STATE_MEMORY, region->row->name, 0, &bytes, 1);
    while (at < bytes) {
        struct state_record record = {.kind = STATE_PAGES,
                                      .type = BP_STATE_BYTES,
                                      .name = region->row->name,
                                      .name_bytes = (uint32_t)strlen(region->row->name)};
        uint8_t *values;

        start = at;
        while (at < bytes && at - start < (uint64_t)MAX_PAGES * PAGE) {
            size_t page = bytes - at < PAGE ? (size_t)(bytes - at) : PAGE;

            if (is_blank(region->ram + at, page, fill))
                break;
            at += page;
        }
        if (at > start) {
            record.count = (uint32_t)(8 + at - start);
            record.bytes = record.count;
            values = state_put(out, &record);
            if (!values)
                return;
            state_put_number(values, 8, start);
            memcpy(values + 8, region->ram + start, at - start);
        } else {
            at += bytes - at < PAGE ? bytes - at : PAGE;
        }
    }
}

int32_t state_take(struct bp_dev *dev, uint32_t flags, struct state_bytes *out, char why[STATE_WHY])
{
    const struct bp_state *state = state_rows(dev);
    int32_t status = BP_OK;

    why[0] = 0;
    if (machine_refusal(dev->machine)) {
        snprintf(why, STATE_WHY, "the machine was %s", machine_refusal(dev->machine));
        return BP_E_STATE;
    }
    if (state && state->pre_save)
        status = state->pre_save(dev->instance);
    if (status != BP_OK) {
        snprintf(why, STATE_WHY, "the device cannot be saved now (status %" PRId32 ")", status);
        return status;
    }
    state_put_header(out, dev->type->name, state ? state->version : 0);
    for (uint32_t i = 0; i < dev->type->nregions; i++) {
        const struct bus_region *region = &dev->regions[i];

        put_registers(out, region);
        if (region->ram || region->floating)
            put_window(out, region);
        if (region->ram && !(flags & STATE_NO_MEMORY))
            put_memory(out, region);
    }
    status = put_fields(out, dev, why);
    if (status != BP_OK)
        return status;
    put_ports(out, dev);
    put_timers(out, dev);
    state_put(out, &(struct state_record){.kind = STATE_END});
    if (!out->no_memory)
        return BP_OK;
    snprintf(why, STATE_WHY, "the host has no memory left");
    return BP_E_NOMEM;
}
