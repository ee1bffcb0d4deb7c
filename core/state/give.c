/* SPDX-License-Identifier: Apache-2.0
 *
 * Giving state to a device (state.h). Every record is looked at twice: first all are checked against what the receiver
 * has, then all are written, so that a state that does not fit changes nothing.
 */
#include <backplane/state.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/dev.h"
#include "core/state/state.h"

struct giving {
    struct bp_dev *dev;
    uint32_t flags;
    bool write; /* the second pass */
    char *why;
};

static bool refuse(const struct giving *g, const struct state_record *record, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

static bool refuse(const struct giving *g, const struct state_record *record, const char *format,
                   ...)
{
    va_list args;
    int used =
        snprintf(g->why, STATE_WHY,
                 "%.*s: ", record->name_bytes > 80 ? 80 : (int)record->name_bytes, record->name);

    va_start(args, format);
    vsnprintf(g->why + used, STATE_WHY - (size_t)used, format, args);
    va_end(args);
    return false;
}

/* What the receiver does not have. */
static bool unknown(const struct giving *g, const struct state_record *record, const char *what)
{
    return record->flags & STATE_OPTIONAL || g->flags & STATE_LOSSY ||
           refuse(g, record, "%s has no such %s, and its value would be lost", g->dev->type->name,
                  what);
}

static const char *type_text(uint32_t type)
{
    static const char *const names[] = {
        [BP_STATE_U8] = "u8",   [BP_STATE_U16] = "u16",     [BP_STATE_U32] = "u32",
        [BP_STATE_U64] = "u64", [BP_STATE_BYTES] = "bytes",
    };

    return type < sizeof(names) / sizeof(*names) && names[type] ? names[type] : "?";
}

/* Elements of a record into the instance. */
static bool give_elements(const struct giving *g, const struct state_record *record, uint32_t type,
                          uint32_t room, uint32_t offset)
{
    uint32_t width = state_width(type);

    if (record->type != type)
        return refuse(g, record, "its type was %s and is %s", type_text(record->type),
                      type_text(type));
    if (record->count > room)
        return refuse(g, record, "it had %" PRIu32 " elements and has %" PRIu32, record->count,
                      room);
    if ((uint64_t)offset + (uint64_t)room * width > g->dev->type->instance_size)
        return refuse(g, record, "lies outside of the instance");
    for (uint32_t i = 0; g->write && i < record->count; i++) {
        uint64_t value = state_get_number(record->values + (size_t)i * width, width);

        memcpy((char *)g->dev->instance + offset + (size_t)i * width, &value, width);
    }
    return true;
}

/* --- registers ---------------------------------------------------------------------------------------------- */

static bool give_register(const struct giving *g, const struct state_record *record)
{
    char name[320];

    for (uint32_t r = 0; r < g->dev->type->nregions; r++) {
        const struct bus_region *region = &g->dev->regions[r];

        for (uint32_t i = 0; region->regs && i < regs_rows(region->regs); i++) {
            const struct bp_reg *reg = regs_row(region->regs, i);

            if (state_register_name(region, i, name, sizeof(name)) && state_is_named(record, name))
                return give_elements(g, record, state_type(reg->width), reg->count ? reg->count : 1,
                                     reg->bound);
        }
    }
    return unknown(g, record, "register");
}

/* --- fields ------------------------------------------------------------------------------------------------- */

static bool give_field(const struct giving *g, const struct state_record *record)
{
    const struct bp_state *state = state_rows(g->dev);

    for (uint32_t i = 0; state && i < state->nfields; i++) {
        struct bp_state_field row = state_row(state, i);

        if (row.tag == record->tag)
            return give_elements(g, record, row.type, row.count ? row.count : 1, row.offset);
    }
    return unknown(g, record, "state");
}

/* Counts of elements in use came out of the state as well; nobody may index with them before this. */
static bool check_counts(const struct giving *g)
{
    const struct bp_state *state = state_rows(g->dev);

    for (uint32_t i = 0; state && i < state->nfields; i++) {
        struct bp_state_field row = state_row(state, i);
        uint32_t count = 0, room = row.count ? row.count : 1;

        if (row.count_offset)
            memcpy(&count, (const char *)g->dev->instance + row.count_offset, sizeof(count));
        if (count > room) {
            snprintf(g->why, STATE_WHY,
                     "%s: the state says that %" PRIu32 " of %" PRIu32 " elements are in use",
                     row.name ? row.name : "?", count, room);
            return false;
        }
    }
    return true;
}

/* --- what the core holds -------------------------------------------------------------------------------------- */

static bool find_port(const struct giving *g, const struct state_record *record, uint32_t *port)
{
    for (*port = 0; *port < g->dev->type->nports; ++*port)
        if (state_is_named(record, g->dev->type->ports[*port].name) &&
            g->dev->type->ports[*port].dir == BP_DIR_OUT)
            return true;
    return false;
}

static bool give_lines(const struct giving *g, const struct state_record *record)
{
    struct wire_port *wire;
    uint32_t port;

    if (!find_port(g, record, &port) || !wire_carries(g->dev->type->ports[port].kind))
        return unknown(g, record, "output");
    wire = g->dev->ports[port].wire;
    if (record->type != BP_STATE_U8)
        return refuse(g, record, "levels of lines are u8");
    if (record->count > wire->width)
        return unknown(g, record, "output of that many lines");
    for (uint32_t i = 0; g->write && i < record->count; i++)
        wire_restore(wire, i, record->values[i] != 0);
    return true;
}

/* Records of a fixed number of u64. */
static bool has_numbers(const struct giving *g, const struct state_record *record, uint32_t count)
{
    return (record->type == BP_STATE_U64 && record->count == count) ||
           refuse(g, record, "%" PRIu32 " numbers of 64 bits belong there", count);
}

static bool give_clock(const struct giving *g, const struct state_record *record)
{
    uint32_t port;

    if (!find_port(g, record, &port) || g->dev->type->ports[port].kind != BP_PORT_CLOCK)
        return unknown(g, record, "clock");
    if (!has_numbers(g, record, 1))
        return false;
    if (g->write)
        g->dev->ports[port].clock_out->hz = state_get_number(record->values, 8);
    return true;
}

static bool give_timer(const struct giving *g, const struct state_record *record)
{
    struct bp_timer *timer = g->dev->timers;

    while (timer && !state_is_named(record, timer->name))
        timer = timer->next;
    if (!timer)
        return unknown(g, record, "timer");
    if (!has_numbers(g, record, 2))
        return false;
    if (g->write && state_get_number(record->values, 8))
        vtime_timer_api.arm(timer, state_get_number(record->values + 8, 8));
    else if (g->write)
        vtime_timer_api.cancel(timer);
    return true;
}

static struct bus_region *find_region(const struct giving *g, const struct state_record *record)
{
    for (uint32_t i = 0; i < g->dev->type->nregions; i++)
        if (state_is_named(record, g->dev->type->regions[i].name))
            return &g->dev->regions[i];
    return NULL;
}

static bool give_window(const struct giving *g, const struct state_record *record)
{
    struct bus_region *region = find_region(g, record);
    uint64_t bits, base;

    if (!region || !(region->ram || region->floating))
        return unknown(g, record, "region");
    if (!has_numbers(g, record, 2))
        return false;
    bits = state_get_number(record->values, 8);
    base = state_get_number(record->values + 8, 8);
    if (bits > 3)
        return refuse(g, record, "flags 0x%" PRIx64 " of a region are unknown", bits);
    if (region->floating && region->bytes && base > UINT64_MAX - (region->bytes - 1))
        return refuse(g, record, "a region would reach beyond the last address");
    if (!g->write)
        return true;
    if (region->floating && bits & 1)
        bus_mem_api.move(g->dev, region->index, base);
    bus_mem_api.enable(g->dev, region->index, bits & 1);
    bus_mem_api.set_direct(g->dev, region->index, bits >> 1 & 1);
    if (region->floating)
        region->base = base;
    return true;
}

static bool give_memory(const struct giving *g, const struct state_record *record)
{
    struct bus_region *region = find_region(g, record);
    uint64_t offset;

    if (g->flags & STATE_NO_MEMORY)
        return true;
    if (!region || !region->ram)
        return unknown(g, record, "memory");
    if (record->kind == STATE_MEMORY) {
        if (!has_numbers(g, record, 1))
            return false;
        if (state_get_number(record->values, 8) != region->bytes)
            return refuse(g, record, "it had %" PRIu64 " bytes and has %" PRIu64,
                          state_get_number(record->values, 8), region->bytes);
        if (g->write)
            memset(region->ram, (int)region->row->fill, region->bytes);
        if (g->write)
            bus_mem_api.changed(g->dev, region->index, 0, region->bytes);
        return true;
    }
    if (record->type != BP_STATE_BYTES || record->bytes < 8)
        return refuse(g, record, "pages without contents");
    offset = state_get_number(record->values, 8);
    if (offset > region->bytes || record->bytes - 8 > region->bytes - offset)
        return refuse(g, record, "pages behind its end");
    if (!g->write)
        return true;
    memcpy(region->ram + offset, record->values + 8, record->bytes - 8);
    bus_mem_api.changed(g->dev, region->index, offset, record->bytes - 8);
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

static bool give_record(const struct giving *g, const struct state_record *record)
{
    static bool (*const givers[])(const struct giving *, const struct state_record *) = {
        [STATE_REGISTER] = give_register, [STATE_FIELD] = give_field,  [STATE_LINE] = give_lines,
        [STATE_CLOCK] = give_clock,       [STATE_TIMER] = give_timer,  [STATE_WINDOW] = give_window,
        [STATE_MEMORY] = give_memory,     [STATE_PAGES] = give_memory,
    };

    if (record->kind < sizeof(givers) / sizeof(*givers) && givers[record->kind])
        return givers[record->kind](g, record);
    return unknown(g, record, "kind of state");
}

static bool pass(const struct giving *g, const void *data, size_t bytes)
{
    struct state_reader reader;
    struct state_record record;

    if (state_open(&reader, data, bytes))
        while (state_next(&reader, &record))
            if (!give_record(g, &record))
                return false;
    if (reader.why[0])
        snprintf(g->why, STATE_WHY, "%s", reader.why);
    return !reader.why[0];
}

int32_t state_give(struct bp_dev *dev, uint32_t flags, const void *data, size_t bytes,
                   char why[STATE_WHY])
{
    const struct bp_state *state = state_rows(dev);
    struct giving g = {.dev = dev, .flags = flags, .why = why};
    struct state_reader reader;
    int32_t status = BP_OK;

    why[0] = 0;
    if (machine_refusal(dev->machine)) {
        snprintf(why, STATE_WHY, "the machine was %s", machine_refusal(dev->machine));
        return BP_E_STATE;
    }
    if (state_open(&reader, data, bytes) &&
        (strlen(dev->type->name) != reader.class_bytes ||
         memcmp(dev->type->name, reader.class_name, reader.class_bytes))) {
        snprintf(why, STATE_WHY, "the state is one of %.*s, not of %s", (int)reader.class_bytes,
                 reader.class_name, dev->type->name);
        return BP_E_INVAL;
    }
    if (!pass(&g, data, bytes))
        return BP_E_INVAL;
    g.write = true;
    if (!pass(&g, data, bytes) || !check_counts(&g))
        return BP_E_INVAL;
    if (state && state->post_load)
        status = state->post_load(dev->instance);
    if (status != BP_OK)
        snprintf(why, STATE_WHY, "the device refuses the state (status %" PRId32 ")", status);
    return status;
}
