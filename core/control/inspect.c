/* SPDX-License-Identifier: Apache-2.0
 *
 * A node from inside (inspect.h): registers with their fields, timers, lines, clocks, and rows of state.
 */
#include "core/control/inspect.h"

#include <backplane/state.h>
#include <stdio.h>
#include <string.h>

#include "core/control/server.h"
#include "core/machine/dev.h"
#include "core/plugin/words.h"
#include "core/state/state.h"

#define MAX_ELEMENTS 4096u /* of an array that are shown */

static json_t *append(json_t *list, json_t *value)
{
    json_array_append_new(list, value);
    return value;
}

/* --- registers ---------------------------------------------------------------------------------------------- */

/* The fields of a value: { "name": "WLS", "lsb": 0, "width": 2, "value": "0x3", "text": "8 bits" } */
static json_t *fields_value(const struct bp_reg_field *field, uint64_t value)
{
    json_t *list = json_array();

    for (; field && field->name; field++) {
        uint64_t part = regs_field(field, value);
        const char *text = regs_field_text(field, part);

        append(list, json_pack("{s:s, s:i, s:i, s:o, s:s*, s:s*}", "name", field->name, "lsb",
                               (int)field->lsb, "width", (int)field->width, "value",
                               value_hex(part), "text", text, "doc", field->doc));
    }
    return list;
}

static json_t *register_value(struct bus_region *region, uint32_t row, bool hidden)
{
    const struct bp_reg *reg = regs_row(region->regs, row);
    uint32_t count = reg->count ? reg->count : 1;
    json_t *out =
        json_pack("{s:s, s:o, s:i, s:s, s:s*}", "name", reg->name, "offset", value_hex(reg->offset),
                  "bits", (int)reg->width * 8, "access", word_access(reg->access), "doc", reg->doc);
    json_t *values;

    if (hidden)
        json_object_set_new(out, "hidden", json_true());
    if (reg->bound != BP_UNBOUND)
        json_object_set_new(out, "reset", value_hex(reg->reset));
    if (count == 1) {
        uint64_t value = regs_peek(region, row, 0);

        json_object_set_new(out, "value", value_hex(value));
        if (reg->fields && reg->fields->name)
            json_object_set_new(out, "fields", fields_value(reg->fields, value));
        return out;
    }
    values = json_array();
    for (uint32_t i = 0; i < count && i < MAX_ELEMENTS; i++)
        append(values, value_hex(regs_peek(region, row, i)));
    json_object_set_new(out, "count", json_integer(count));
    json_object_set_new(out, "stride", json_integer(reg->stride ? reg->stride : reg->width));
    json_object_set_new(out, "values", values);
    return out;
}

static bool in_bank(const struct bp_reg *reg, uint32_t bank)
{
    return !reg->banks || reg->banks >> bank & 1;
}

/* A row of another bank is shown when nothing of its name has been: it is there, and cannot be reached just now. */
static bool is_shown(const struct bus_region *region, uint32_t row, uint32_t bank)
{
    const struct bp_reg *reg = regs_row(region->regs, row);

    if (in_bank(reg, bank))
        return true;
    for (uint32_t i = 0; i < regs_rows(region->regs); i++) {
        const struct bp_reg *other = regs_row(region->regs, i);

        if (!strcmp(other->name, reg->name) && (i < row || in_bank(other, bank)))
            return false;
    }
    return true;
}

static json_t *region_value(struct bus_region *region)
{
    json_t *out = json_pack("{s:s, s:s, s:b, s:s*}", "name", region->row->name, "kind",
                            region->row->flags & BP_REGION_ROMD  ? "rom"
                            : region->row->flags & BP_REGION_RAM ? "ram"
                                                                 : "mmio",
                            "enabled", region->enabled, "doc", region->row->doc);
    uint32_t bank = region->row->bank ? region->row->bank(region->dev->instance) & 31 : 0;
    json_t *registers;

    if (region->bytes) {
        json_object_set_new(out, "address", value_hex(region->base));
        json_object_set_new(out, "bytes", value_u64(region->bytes));
    }
    if (region->row->flags & BP_REGION_ROMD)
        json_object_set_new(out, "direct", json_boolean(atomic_load(&region->direct)));
    if (!region->regs)
        return out;
    if (region->row->bank)
        json_object_set_new(out, "bank", json_integer(bank));
    registers = json_array();
    for (uint32_t i = 0; i < regs_rows(region->regs); i++)
        if (is_shown(region, i, bank))
            append(registers, register_value(region, i, !in_bank(regs_row(region->regs, i), bank)));
    json_object_set_new(out, "registers", registers);
    return out;
}

/* --- ports ---------------------------------------------------------------------------------------------------- */

static json_t *levels_value(const struct wire_port *wire)
{
    json_t *levels = json_array();

    for (uint32_t i = 0; i < wire->width; i++)
        append(levels,
               json_integer(wire->lines ? wire->lines[i].level : wire->inputs[i].drivers != 0));
    return levels;
}

static json_t *port_value(const struct bp_dev *dev, uint32_t index)
{
    const struct bp_port *row = &dev->type->ports[index];
    const union dev_port *port = &dev->ports[index];
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s*}", "name", row->name, "kind", word_port_kind(row->kind),
                  "direction", row->dir == BP_DIR_OUT ? "out" : "in", "doc", row->doc);

    if (wire_carries(row->kind))
        json_object_set_new(out, "levels", levels_value(port->wire));
    else if (row->kind == BP_PORT_CLOCK && row->dir == BP_DIR_OUT)
        json_object_set_new(out, "hz", value_u64(port->clock_out->hz));
    else if (row->kind == BP_PORT_CLOCK)
        json_object_set_new(out, "hz",
                            value_u64(port->clock_in->source ? port->clock_in->source->hz : 0));
    else if (row->kind == BP_PORT_CHAR && port->chars->backend)
        json_object_set_new(out, "backend", json_string(port->chars->backend->name));
    else if (row->kind == BP_PORT_BLOCK && port->blocks->backend)
        json_object_set_new(out, "backend", json_string(port->blocks->backend->name));
    return out;
}

/* --- timers and state ------------------------------------------------------------------------------------------- */

static json_t *timers_value(const struct bp_dev *dev)
{
    uint64_t now = vtime_now(&dev->machine->time);
    json_t *list = json_array();

    for (const struct bp_timer *timer = dev->timers; timer; timer = timer->next) {
        json_t *out = json_pack("{s:s, s:b}", "name", timer->name, "armed", timer->slot != 0);

        if (timer->slot) {
            json_object_set_new(out, "deadline-ns", value_u64(timer->deadline));
            json_object_set_new(out, "in-ns",
                                value_u64(timer->deadline > now ? timer->deadline - now : 0));
        }
        append(list, out);
    }
    return list;
}

static json_t *bytes_value(const uint8_t *data, uint32_t count)
{
    char text[2 * 64 + 4];
    uint32_t shown = count < 64 ? count : 64;

    for (uint32_t i = 0; i < shown; i++)
        snprintf(text + 2 * i, 3, "%02x", data[i]);
    text[2 * shown] = 0;
    if (shown < count)
        strcat(text, "...");
    return json_string(text);
}

static json_t *row_value(const struct bp_dev *dev, const struct bp_state_field *row)
{
    const char *at = (const char *)dev->instance + row->offset;
    uint32_t count = row->count ? row->count : 1, width = state_width(row->type), used = count;
    json_t *values;

    if (row->count_offset)
        memcpy(&used, (const char *)dev->instance + row->count_offset, sizeof(used));
    if (used > count)
        used = count;
    if (row->type == BP_STATE_BYTES)
        return bytes_value((const uint8_t *)at, used);
    values = json_array();
    for (uint32_t i = 0; i < used && i < MAX_ELEMENTS; i++) {
        uint64_t value = 0;

        memcpy(&value, at + (size_t)i * width, width);
        if (count == 1) {
            json_decref(values);
            return value_hex(value);
        }
        append(values, value_hex(value));
    }
    return values;
}

static json_t *state_value(const struct bp_dev *dev)
{
    const struct bp_state *state = state_rows(dev);
    json_t *list = json_array();

    for (uint32_t i = 0; state && i < state->nfields; i++) {
        struct bp_state_field row = state_row(state, i);

        if (row.name && state_width(row.type))
            append(list, json_pack("{s:s, s:i, s:o}", "name", row.name, "tag", (int)row.tag,
                                   "value", row_value(dev, &row)));
    }
    return list;
}

static json_t *cpu_registers(const struct bp_dev *dev)
{
    const struct bp_cpu_class *cpu = dev->type->cpu;
    json_t *list = json_array();

    for (uint32_t i = 0; i < cpu->nregs; i++) {
        struct bp_cpu_reg row = {0};
        uint64_t value;

        memcpy(&row, (const char *)cpu->regs + (size_t)i * cpu->reg_stride,
               cpu->reg_stride < sizeof(row) ? cpu->reg_stride : sizeof(row));
        memcpy(&value, (const char *)dev->instance + row.offset, sizeof(value));
        if (row.bits < 64)
            value &= (UINT64_C(1) << row.bits) - 1;
        append(list, json_pack("{s:s, s:s*, s:i, s:o}", "name", row.name, "alias", row.alias,
                               "bits", (int)row.bits, "value", value_hex(value)));
    }
    return list;
}

json_t *inspect_node(struct bp_dev *dev)
{
    const struct type *type = dev->type;
    json_t *out = json_pack("{s:s, s:s, s:s, s:s*}", "node", dev->name, "type",
                            dev->node->type_text, "kind", word_type_kind(type), "doc", type->doc);
    json_t *regions = json_array(), *ports = json_array();

    if (type->plugin)
        json_object_set_new(out, "plugin",
                            json_pack("{s:s, s:s, s:s}", "id", plugin_info(type->plugin)->id,
                                      "version", plugin_info(type->plugin)->version, "file",
                                      plugin_path(type->plugin)));
    if (type->kind == TYPE_CPU)
        json_object_set_new(out, "registers", cpu_registers(dev));
    for (uint32_t i = 0; i < type->nregions; i++)
        append(regions, region_value(&dev->regions[i]));
    for (uint32_t i = 0; i < type->nports; i++)
        append(ports, port_value(dev, i));
    json_object_set_new(out, "regions", regions);
    json_object_set_new(out, "ports", ports);
    json_object_set_new(out, "timers", timers_value(dev));
    json_object_set_new(out, "state", state_value(dev));
    return out;
}
