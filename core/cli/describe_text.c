/* SPDX-License-Identifier: Apache-2.0
 *
 * A type as text for people.
 */
#include "core/cli/describe.h"
#include "core/cli/session.h"
#include "core/cli/table.h"

#include <inttypes.h>

static void put_props(const struct type *type)
{
    struct table t = {0};
    char room[128];

    for (uint32_t i = 0; i < type->nprops; i++) {
        const struct bp_prop *p = &type->props[i];

        table_row(&t);
        table_text(&t, p->name);
        table_text(&t, describe_prop_type(p, room));
        table_text(&t, describe_prop_range(p, room));
        if (p->flags & BP_PROP_REQUIRED)
            table_text(&t, "required");
        else
            table_format(&t, "%s%s", p->def ? "default " : "", p->def ? p->def : "");
        table_text(&t, p->doc);
    }
    if (type->nprops)
        puts("\nProperties:");
    table_print(&t, 2, stdout);
}

static void put_ports(const struct type *type)
{
    struct table t = {0};

    for (uint32_t i = 0; i < type->nports; i++) {
        const struct bp_port *p = &type->ports[i];

        table_row(&t);
        table_text(&t, p->name);
        table_format(&t, "%s%s", word_port_kind(p->kind), describe_port_direction(p));
        if (p->width_prop)
            table_format(&t, "x %s", p->width_prop);
        else
            table_format(&t, "%s%.0" PRIu32, p->width > 1 ? "x " : "", p->width > 1 ? p->width : 0);
        table_text(&t, describe_port_word(p));
        table_text(&t, p->flags & BP_PORT_REQUIRED ? "required" : NULL);
        table_text(&t, p->doc);
    }
    if (type->nports)
        puts("\nPorts:");
    table_print(&t, 2, stdout);
}

static void put_providers(const struct type *type)
{
    struct table t = {0};

    for (uint32_t i = 0; i < type->nproviders; i++) {
        const struct bp_provider *p = &type->providers[i];
        char room[512];

        table_row(&t);
        table_text(&t, word_port_kind(p->kind));
        table_text(&t, describe_reference(p, room));
    }
    if (type->nproviders)
        puts("\nReferences to it:");
    table_print(&t, 2, stdout);
}

static void put_buses(const struct type *type)
{
    struct table t = {0};

    for (uint32_t i = 0; i < type->nbuses; i++) {
        const struct bp_bus_row *bus = &type->buses[i];
        const char *address = bus->address_name ? bus->address_name : "address";

        table_row(&t);
        table_format(&t, "runs %s", bus->name);
        table_text(&t, bus->kind);
        if (bus->flags & BP_BUS_UNADDRESSED)
            table_text(&t, NULL);
        else if (bus->count_prop)
            table_format(&t, "%s %" PRIu64 "..%s - 1", address, bus->min, bus->count_prop);
        else
            table_format(&t, "%s 0x%" PRIx64 "..0x%" PRIx64, address, bus->min, bus->max);
        table_text(&t, bus->doc);
    }
    for (uint32_t i = 0; i < type->nseats; i++) {
        const struct bp_seat_row *seat = &type->seats[i];

        table_row(&t);
        table_format(&t, "sits on %s", seat->name);
        table_text(&t, seat->kind);
        table_format(&t, "%s:%s", seat->word ? seat->word : "bus",
                     seat->flags & BP_SEAT_OPTIONAL ? "" : " required");
        table_text(&t, seat->doc);
    }
    if (type->nbuses || type->nseats)
        puts("\nBuses of parts:");
    table_print(&t, 2, stdout);
}

static void put_regions(const struct type *type)
{
    struct table t = {0};
    char size[32];

    for (uint32_t i = 0; i < type->nregions; i++) {
        const struct bp_region *r = &type->regions[i];

        table_row(&t);
        table_text(&t, r->name);
        table_text(&t, r->flags & BP_REGION_ROMD  ? "ROM"
                       : r->flags & BP_REGION_RAM ? "RAM"
                                                  : "MMIO");
        table_text(&t, r->length ? session_size(r->length, size) : "any size");
        table_text(&t, r->flags & BP_REGION_FLOATING   ? "placed by the device"
                       : r->flags & BP_REGION_OPTIONAL ? "optional"
                                                       : NULL);
        table_text(&t, r->doc);
    }
    if (type->nregions)
        puts("\nRegions:");
    table_print(&t, 2, stdout);
}

static void put_fields(struct table *t, const struct bp_reg *reg)
{
    for (const struct bp_reg_field *field = reg->fields; field && field->name; field++) {
        const struct bp_reg_bits *bits = describe_bits(reg, field);

        table_row(t);
        table_text(t, NULL);
        if (field->width > 1)
            table_format(t, "  %" PRIu32 ":%" PRIu32, field->lsb + field->width - 1, field->lsb);
        else
            table_format(t, "  %" PRIu32, field->lsb);
        table_text(t, field->name);
        table_text(t, bits ? word_access(bits->access) : NULL);
        table_text(t, bits ? describe_read(bits->read) : NULL);
        table_text(t, field->doc);
        for (const struct bp_reg_value *value = field->values; value && value->name; value++) {
            table_row(t);
            table_text(t, NULL);
            table_text(t, NULL);
            table_format(t, "  %" PRIu64 " %s", value->value, value->name);
        }
    }
}

static void put_registers(const struct bp_region *region)
{
    struct table t = {0};

    for (uint32_t i = 0; i < region->nregs; i++) {
        struct bp_reg r = describe_reg(region, i);

        table_row(&t);
        table_format(&t, "0x%02" PRIx64, r.offset);
        if (r.count > 1)
            table_format(&t, "%s[%" PRIu32 "]", r.name, r.count);
        else
            table_text(&t, r.name);
        table_format(&t, "%" PRIu32 " bit", r.width * 8);
        table_text(&t, word_access(r.access));
        if (r.bound != BP_UNBOUND)
            table_format(&t, "reset 0x%0*" PRIx64, (int)r.width * 2, r.reset);
        else
            table_text(&t, NULL);
        table_text(&t, r.doc);
        put_fields(&t, &r);
    }
    if (region->nregs)
        printf("\nRegisters of %s:\n", region->name);
    table_print(&t, 2, stdout);
}

static void put_cpu(const struct bp_cpu_class *cpu)
{
    static const char *const groups[] = {"general", "float", "system"};
    struct table t = {0};

    for (uint32_t i = 0; i < cpu->nregs; i++) {
        struct bp_cpu_reg r = describe_cpu_reg(cpu, i);

        table_row(&t);
        table_text(&t, r.name);
        table_text(&t, r.alias);
        table_format(&t, "%" PRIu32 " bit", r.bits);
        table_text(&t, r.group < 3 ? groups[r.group] : "?");
    }
    printf("\nRegisters (%" PRIu32 "-bit addresses):\n", cpu->xlen);
    table_print(&t, 2, stdout);
}

static void put_events(const struct type *type)
{
    struct table t = {0};

    for (uint32_t i = 0; i < type->nevents; i++) {
        table_row(&t);
        table_text(&t, type->events[i].name);
        table_text(&t, type->events[i].doc);
    }
    if (type->nevents)
        puts("\nEvents:");
    table_print(&t, 2, stdout);
}

void describe_text(const struct type *type)
{
    const struct bp_plugin *plugin = type->plugin ? plugin_info(type->plugin) : NULL;

    printf("%s/%s: %s of ", describe_plugin(type), type->name, describe_kind(type));
    if (plugin)
        printf("plug-in %s %s\n", plugin->id, plugin->version);
    else
        puts("the core");
    if (type->doc)
        puts(type->doc);
    put_props(type);
    put_ports(type);
    put_providers(type);
    put_buses(type);
    put_regions(type);
    for (uint32_t i = 0; i < type->nregions; i++)
        put_registers(&type->regions[i]);
    if (type->kind == TYPE_CPU)
        put_cpu(type->cpu);
    put_events(type);
}
