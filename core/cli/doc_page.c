/* SPDX-License-Identifier: Apache-2.0
 *
 * A type as a page of Markdown, for `backplane doc`: what describe_text.c prints, for a book.
 */
#include "core/cli/describe.h"
#include "core/cli/doc.h"
#include "core/cli/session.h"

#include <inttypes.h>

/* Text inside of a table: a bar would end the cell, an angle bracket start HTML. */
static void put_text(FILE *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '|' || *text == '<' || *text == '*' || *text == '_' || *text == '`')
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

/* A cell in the type of code; empty when there is nothing. */
static void put_code(FILE *out, const char *text)
{
    if (!text || !*text)
        return;
    fputc('`', out);
    for (; *text; text++)
        fprintf(out, *text == '|' ? "\\|" : "%c", *text);
    fputc('`', out);
}

static void put_props(FILE *out, const struct type *type)
{
    char room[128];

    if (!type->nprops)
        return;
    fputs("\n## Properties\n\n| name | type | values | default | |\n|---|---|---|---|---|\n", out);
    for (uint32_t i = 0; i < type->nprops; i++) {
        const struct bp_prop *p = &type->props[i];

        fputs("| ", out);
        put_code(out, p->name);
        fprintf(out, " | %s | ", describe_prop_type(p, room));
        put_code(out, describe_prop_range(p, room));
        fputs(" | ", out);
        if (p->flags & BP_PROP_REQUIRED)
            fputs("*required*", out);
        else
            put_code(out, p->def);
        fputs(" | ", out);
        put_text(out, p->doc);
        fputs(" |\n", out);
    }
}

static void put_ports(FILE *out, const struct type *type)
{
    char lines[64];

    if (!type->nports)
        return;
    fputs("\n## Ports\n\n| port | kind | lines | written as | |\n|---|---|---|---|---|\n", out);
    for (uint32_t i = 0; i < type->nports; i++) {
        const struct bp_port *p = &type->ports[i];

        snprintf(lines, sizeof(lines), "%" PRIu32, p->width ? p->width : 1);
        fputs("| ", out);
        put_code(out, p->name);
        fprintf(out, " | %s%s | %s | ", word_port_kind(p->kind), describe_port_direction(p),
                p->width_prop ? p->width_prop : lines);
        put_code(out, describe_port_word(p));
        fputs(p->flags & BP_PORT_REQUIRED ? " *required* | " : " | ", out);
        put_text(out, p->doc);
        fputs(" |\n", out);
    }
}

static void put_references(FILE *out, const struct type *type)
{
    char room[512];

    if (type->nproviders)
        fputs("\n## References to it\n\n", out);
    for (uint32_t i = 0; i < type->nproviders; i++)
        fprintf(out, "- %s: `%s`\n", word_port_kind(type->providers[i].kind),
                describe_reference(&type->providers[i], room));
}

static void put_buses(FILE *out, const struct type *type)
{
    if (type->nbuses)
        fputs("\n## Buses of parts\n\n| bus | kind | addresses | |\n|---|---|---|---|\n", out);
    for (uint32_t i = 0; i < type->nbuses; i++) {
        const struct bp_bus_row *bus = &type->buses[i];

        fputs("| ", out);
        put_code(out, bus->name);
        fputs(" | ", out);
        put_code(out, bus->kind);
        if (bus->flags & BP_BUS_UNADDRESSED)
            fputs(" | none | ", out);
        else if (bus->count_prop)
            fprintf(out, " | %" PRIu64 "..%s - 1 | ", bus->min, bus->count_prop);
        else
            fprintf(out, " | 0x%" PRIx64 "..0x%" PRIx64 " | ", bus->min, bus->max);
        put_text(out, bus->doc);
        fputs(" |\n", out);
    }
    if (type->nseats)
        fputs("\n## Seats on buses\n\n| seat | kind | written as | |\n|---|---|---|---|\n", out);
    for (uint32_t i = 0; i < type->nseats; i++) {
        const struct bp_seat_row *seat = &type->seats[i];

        fputs("| ", out);
        put_code(out, seat->name);
        fputs(" | ", out);
        put_code(out, seat->kind);
        fputs(" | ", out);
        put_code(out, seat->word ? seat->word : "bus");
        fputs(seat->flags & BP_SEAT_OPTIONAL ? " | " : " *required* | ", out);
        put_text(out, seat->doc);
        fputs(" |\n", out);
    }
}

static void put_regions(FILE *out, const struct type *type)
{
    char size[32];

    if (!type->nregions)
        return;
    fputs("\n## Regions\n\n| region | kind | size | |\n|---|---|---|---|\n", out);
    for (uint32_t i = 0; i < type->nregions; i++) {
        const struct bp_region *r = &type->regions[i];

        fputs("| ", out);
        put_code(out, r->name);
        fprintf(out, " | %s | %s | ",
                r->flags & BP_REGION_ROMD  ? "ROM"
                : r->flags & BP_REGION_RAM ? "RAM"
                                           : "registers",
                r->length ? session_size(r->length, size) : "any");
        put_text(out, r->doc);
        fputs(r->flags & BP_REGION_FLOATING ? " Placed by the device. |\n" : " |\n", out);
    }
}

/* The access of a field is told where it is not the register's. */
static void put_field(FILE *out, const struct bp_reg *reg, const struct bp_reg_field *field)
{
    const struct bp_reg_bits *bits = describe_bits(reg, field);

    if (field->width > 1)
        fprintf(out, "| %" PRIu32 ":%" PRIu32 " | ", field->lsb + field->width - 1, field->lsb);
    else
        fprintf(out, "| %" PRIu32 " | ", field->lsb);
    put_code(out, field->name);
    fprintf(out, " | %s%s%s | ", bits ? word_access(bits->access) : "",
            bits && describe_read(bits->read) ? ", " : "",
            bits && describe_read(bits->read) ? describe_read(bits->read) : "");
    for (const struct bp_reg_value *value = field->values; value && value->name; value++) {
        fprintf(out, "%s%" PRIu64 " ", value == field->values ? "" : ", ", value->value);
        put_text(out, value->name);
    }
    fputs(" | ", out);
    put_text(out, field->doc);
    fputs(" |\n", out);
}

static void put_registers(FILE *out, const struct bp_region *region)
{
    if (!region->nregs)
        return;
    fprintf(out,
            "\n## Registers of `%s`\n\n| offset | name | bits | access | reset | |\n"
            "|---|---|---|---|---|---|\n",
            region->name);
    for (uint32_t i = 0; i < region->nregs; i++) {
        struct bp_reg r = describe_reg(region, i);

        fprintf(out, "| 0x%02" PRIx64 " | `%s%s` | %" PRIu32 " | %s | ", r.offset, r.name,
                r.count > 1 ? "0..." : "", r.width * 8, word_access(r.access));
        if (r.bound != BP_UNBOUND)
            fprintf(out, "0x%0*" PRIx64, (int)r.width * 2, r.reset);
        fputs(" | ", out);
        put_text(out, r.doc);
        if (r.banks)
            fprintf(out, " Banks 0x%" PRIx32 ".", r.banks);
        if (r.count > 1)
            fprintf(out, " %" PRIu32 " of them, every %" PRIu32 " bytes.", r.count,
                    r.stride ? r.stride : r.width);
        fputs(" |\n", out);
    }
    for (uint32_t i = 0; i < region->nregs; i++) {
        struct bp_reg r = describe_reg(region, i);

        if (!r.fields || !r.fields->name)
            continue;
        fprintf(out,
                "\n### Fields of `%s`\n\n| bits | name | access | values | |\n"
                "|---|---|---|---|---|\n",
                r.name);
        for (const struct bp_reg_field *field = r.fields; field->name; field++)
            put_field(out, &r, field);
    }
}

static void put_cpu(FILE *out, const struct bp_cpu_class *cpu)
{
    fprintf(out,
            "\n## Registers\n\nAddresses have %" PRIu32
            " bits.\n\n| name | also | bits |\n|---|---|---|\n",
            cpu->xlen);
    for (uint32_t i = 0; i < cpu->nregs; i++) {
        struct bp_cpu_reg r = describe_cpu_reg(cpu, i);

        fprintf(out, "| `%s` | ", r.name);
        put_code(out, r.alias);
        fprintf(out, " | %" PRIu32 " |\n", r.bits);
    }
}

static void put_events(FILE *out, const struct type *type)
{
    if (!type->nevents)
        return;
    fputs("\n## Events\n\n| name | arguments | |\n|---|---|---|\n", out);
    for (uint32_t i = 0; i < type->nevents; i++) {
        const struct bp_event *e = &type->events[i];

        fputs("| ", out);
        put_code(out, e->name);
        fputs(" | ", out);
        for (uint32_t a = 0; e->args && e->args[a]; a++)
            fprintf(out, "%s%s", a ? ", " : "", e->args[a]);
        fputs(" | ", out);
        put_text(out, e->doc);
        fputs(" |\n", out);
    }
}

void doc_page(const struct type *type, FILE *out)
{
    const struct bp_plugin *plugin = type->plugin ? plugin_info(type->plugin) : NULL;

    fprintf(out, "# %s/%s\n\n", describe_plugin(type), type->name);
    if (type->doc)
        fprintf(out, "%s\n\n", type->doc);
    fprintf(out, "A %s of ", describe_kind(type));
    if (plugin)
        fprintf(out, "plug-in `%s` %s.\n", plugin->id, plugin->version);
    else
        fputs("the core.\n", out);
    put_props(out, type);
    put_ports(out, type);
    put_references(out, type);
    put_buses(out, type);
    put_regions(out, type);
    for (uint32_t i = 0; i < type->nregions; i++)
        put_registers(out, &type->regions[i]);
    if (type->kind == TYPE_CPU)
        put_cpu(out, type->cpu);
    put_events(out, type);
}
