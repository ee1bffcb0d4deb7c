/* SPDX-License-Identifier: Apache-2.0
 *
 * A type as JSON for programs.
 */
#include "core/cli/describe.h"
#include "core/cli/json.h"

static void put_props(struct json *j, const struct type *type)
{
    char room[128];

    json_open(j, "properties", '[');
    for (uint32_t i = 0; i < type->nprops; i++) {
        const struct bp_prop *p = &type->props[i];

        json_open(j, NULL, '{');
        json_text(j, "name", p->name);
        json_text(j, "type", describe_prop_type(p, room));
        json_bool(j, "required", p->flags & BP_PROP_REQUIRED);
        json_text(j, "default", p->def);
        if (p->min || p->max) {
            json_u64(j, "min", p->min);
            json_u64(j, "max", p->max);
        }
        if (p->choices) {
            json_open(j, "choices", '[');
            for (uint32_t c = 0; p->choices[c]; c++)
                json_text(j, NULL, p->choices[c]);
            json_close(j, ']');
        }
        json_text(j, "doc", p->doc);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_ports(struct json *j, const struct type *type)
{
    json_open(j, "ports", '[');
    for (uint32_t i = 0; i < type->nports; i++) {
        const struct bp_port *p = &type->ports[i];

        json_open(j, NULL, '{');
        json_text(j, "name", p->name);
        json_text(j, "kind", word_port_kind(p->kind));
        json_text(j, "direction", p->dir == BP_DIR_OUT ? "out" : "in");
        json_text(j, "word", describe_port_word(p));
        json_u64(j, "width", p->width ? p->width : 1);
        json_text(j, "width-property", p->width_prop);
        json_bool(j, "required", p->flags & BP_PORT_REQUIRED);
        json_text(j, "doc", p->doc);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_providers(struct json *j, const struct type *type)
{
    json_open(j, "references", '[');
    for (uint32_t i = 0; i < type->nproviders; i++) {
        const struct bp_provider *p = &type->providers[i];

        json_open(j, NULL, '{');
        json_text(j, "kind", word_port_kind(p->kind));
        json_open(j, "cells", '[');
        for (uint32_t c = 0; c < p->ncells; c++) {
            json_open(j, NULL, '{');
            json_text(j, "name", p->cells[c].name);
            json_u64(j, "min", p->cells[c].min);
            json_u64(j, "max", p->cells[c].max);
            json_text(j, "max-property", p->cells[c].max_prop);
            json_close(j, '}');
        }
        json_close(j, ']');
        json_open(j, "flags", '[');
        for (uint32_t f = 0; p->flag_names && p->flag_names[f]; f++)
            json_text(j, NULL, p->flag_names[f]);
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_buses(struct json *j, const struct type *type)
{
    json_open(j, "buses", '[');
    for (uint32_t i = 0; i < type->nbuses; i++) {
        const struct bp_bus_row *bus = &type->buses[i];

        json_open(j, NULL, '{');
        json_text(j, "name", bus->name);
        json_text(j, "kind", bus->kind);
        json_bool(j, "addressed", !(bus->flags & BP_BUS_UNADDRESSED));
        json_u64(j, "min", bus->min);
        json_u64(j, "max", bus->max);
        json_text(j, "count-property", bus->count_prop);
        json_text(j, "doc", bus->doc);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_open(j, "seats", '[');
    for (uint32_t i = 0; i < type->nseats; i++) {
        const struct bp_seat_row *seat = &type->seats[i];

        json_open(j, NULL, '{');
        json_text(j, "name", seat->name);
        json_text(j, "kind", seat->kind);
        json_text(j, "word", seat->word ? seat->word : "bus");
        json_bool(j, "required", !(seat->flags & BP_SEAT_OPTIONAL));
        json_text(j, "doc", seat->doc);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_fields(struct json *j, const struct bp_reg *reg)
{
    json_open(j, "fields", '[');
    for (const struct bp_reg_field *field = reg->fields; field && field->name; field++) {
        const struct bp_reg_bits *bits = describe_bits(reg, field);

        json_open(j, NULL, '{');
        json_text(j, "name", field->name);
        json_u64(j, "lsb", field->lsb);
        json_u64(j, "width", field->width);
        json_text(j, "access", word_access(bits ? bits->access : reg->access));
        if (bits && describe_read(bits->read))
            json_text(j, "read", describe_read(bits->read));
        json_text(j, "doc", field->doc);
        json_open(j, "values", '{');
        for (const struct bp_reg_value *value = field->values; value && value->name; value++)
            json_u64(j, value->name, value->value);
        json_close(j, '}');
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_registers(struct json *j, const struct bp_region *region)
{
    json_open(j, "registers", '[');
    for (uint32_t i = 0; i < region->nregs; i++) {
        struct bp_reg r = describe_reg(region, i);

        json_open(j, NULL, '{');
        json_text(j, "name", r.name);
        json_u64(j, "offset", r.offset);
        json_u64(j, "width", r.width);
        json_text(j, "access", word_access(r.access));
        if (r.bound != BP_UNBOUND)
            json_hex(j, "reset", r.reset);
        json_u64(j, "count", r.count ? r.count : 1);
        json_u64(j, "stride", r.stride ? r.stride : r.width);
        json_text(j, "doc", r.doc);
        put_fields(j, &r);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_regions(struct json *j, const struct type *type)
{
    json_open(j, "regions", '[');
    for (uint32_t i = 0; i < type->nregions; i++) {
        const struct bp_region *r = &type->regions[i];

        json_open(j, NULL, '{');
        json_text(j, "name", r->name);
        json_bool(j, "ram", r->flags & BP_REGION_RAM);
        json_bool(j, "rom", r->flags & BP_REGION_ROMD);
        json_bool(j, "floating", r->flags & BP_REGION_FLOATING);
        json_bool(j, "optional", r->flags & BP_REGION_OPTIONAL);
        json_u64(j, "length", r->length);
        json_text(j, "doc", r->doc);
        put_registers(j, r);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_cpu(struct json *j, const struct bp_cpu_class *cpu)
{
    json_u64(j, "xlen", cpu->xlen);
    json_open(j, "registers", '[');
    for (uint32_t i = 0; i < cpu->nregs; i++) {
        struct bp_cpu_reg r = describe_cpu_reg(cpu, i);

        json_open(j, NULL, '{');
        json_text(j, "name", r.name);
        json_text(j, "alias", r.alias);
        json_u64(j, "bits", r.bits);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_events(struct json *j, const struct type *type)
{
    json_open(j, "events", '[');
    for (uint32_t i = 0; i < type->nevents; i++) {
        const struct bp_event *e = &type->events[i];

        json_open(j, NULL, '{');
        json_text(j, "name", e->name);
        json_text(j, "doc", e->doc);
        json_open(j, "arguments", '[');
        for (uint32_t a = 0; e->args && e->args[a]; a++)
            json_text(j, NULL, e->args[a]);
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

void describe_json(const struct type *type)
{
    struct json j = {.out = stdout};

    json_open(&j, NULL, '{');
    json_text(&j, "name", type->name);
    json_text(&j, "plugin", describe_plugin(type));
    json_text(&j, "version", type->plugin ? plugin_info(type->plugin)->version : NULL);
    json_text(&j, "kind", describe_kind(type));
    json_text(&j, "doc", type->doc);
    put_props(&j, type);
    put_ports(&j, type);
    put_providers(&j, type);
    put_buses(&j, type);
    put_regions(&j, type);
    if (type->kind == TYPE_CPU)
        put_cpu(&j, type->cpu);
    put_events(&j, type);
    json_close(&j, '}');
}
