/* SPDX-License-Identifier: Apache-2.0
 *
 * Words for what the SDK's rows say in numbers.
 */
#include "core/cli/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const prop_types[] = {
    [BP_PROP_BOOL] = "bool",     [BP_PROP_U8] = "u8",
    [BP_PROP_U16] = "u16",       [BP_PROP_U32] = "u32",
    [BP_PROP_U64] = "u64",       [BP_PROP_I64] = "i64",
    [BP_PROP_F64] = "f64",       [BP_PROP_STR] = "text",
    [BP_PROP_BYTES] = "bytes",   [BP_PROP_ENUM] = "choice",
    [BP_PROP_SIZE] = "size",     [BP_PROP_FREQ] = "frequency",
    [BP_PROP_ADDR] = "address",  [BP_PROP_DURATION] = "duration",
    [BP_PROP_REF] = "reference", [BP_PROP_LIST] = "list",
    [BP_PROP_PATH] = "path",
};

static const struct {
    const char *in, *out; /* default property for each direction */
} port_words[] = {
    [BP_PORT_IRQ] = {NULL, "interrupts"}, [BP_PORT_GPIO] = {NULL, "gpios"},
    [BP_PORT_RESET] = {NULL, "resets"},   [BP_PORT_CLOCK] = {"clock", NULL},
    [BP_PORT_BUS] = {NULL, NULL},         [BP_PORT_CHAR] = {"chardev", "chardev"},
    [BP_PORT_BLOCK] = {"drive", "drive"},
};

#define WORD(table, i) ((i) < sizeof(table) / sizeof(*(table)) && (table)[i] ? (table)[i] : "?")

const char *describe_kind(const struct type *type)
{
    switch (type->kind) {
    case TYPE_DEVICE:
        return "device";
    case TYPE_CPU:
        return "CPU";
    case TYPE_ACCEL:
        return "accelerator";
    case TYPE_BACKEND:
        return type->backend->kind == BP_BACKEND_BLOCK ? "block back end" : "character back end";
    }
    return "";
}

const char *describe_plugin(const struct type *type)
{
    return type->plugin ? plugin_info(type->plugin)->id : "core";
}

const char *describe_port_direction(const struct bp_port *port)
{
    /* Back ends and buses carry both ways. */
    if (port->kind >= BP_PORT_BUS)
        return "";
    return port->dir == BP_DIR_OUT ? " out" : " in";
}

const char *describe_port_word(const struct bp_port *port)
{
    const char *word = NULL;

    if (port->word)
        return port->word;
    if (port->via_prop)
        return port->via_prop;
    if (port->kind < sizeof(port_words) / sizeof(*port_words))
        word = port->dir == BP_DIR_IN ? port_words[port->kind].in : port_words[port->kind].out;
    return word ? word : "";
}

const char *describe_read(uint32_t read)
{
    return read == BP_READ_CLEARS ? "read clears" : read == BP_READ_SETS ? "read sets" : NULL;
}

const char *describe_prop_type(const struct bp_prop *prop, char room[128])
{
    if (prop->type == BP_PROP_LIST)
        snprintf(room, 128, "list of %s", WORD(prop_types, prop->element));
    else
        snprintf(room, 128, "%s", WORD(prop_types, prop->type));
    return room;
}

const char *describe_prop_range(const struct bp_prop *prop, char room[128])
{
    size_t used = 0;

    *room = '\0';
    for (uint32_t i = 0; prop->choices && prop->choices[i] && used < 120; i++)
        used += (size_t)snprintf(room + used, 128 - used, "%s%s", i ? "|" : "", prop->choices[i]);
    if (prop->choices || (!prop->min && !prop->max))
        return room;
    if (prop->type == BP_PROP_I64)
        snprintf(room, 128, "%" PRId64 "..%" PRId64, (int64_t)prop->min, (int64_t)prop->max);
    else if (prop->max == UINT64_MAX)
        snprintf(room, 128, "%" PRIu64 "..", prop->min);
    else
        snprintf(room, 128, "%" PRIu64 "..%" PRIu64 "%s", prop->min, prop->max,
                 prop->type == BP_PROP_LIST ? " elements" : "");
    return room;
}

const struct bp_reg_bits *describe_bits(const struct bp_reg *reg, const struct bp_reg_field *field)
{
    for (const struct bp_reg_bits *b = reg->bits; b && b->mask; b++)
        if (field->lsb < 64 && b->mask >> field->lsb & 1)
            return b;
    return NULL;
}

const char *describe_reference(const struct bp_provider *provider, char room[512])
{
    size_t used = (size_t)snprintf(room, 512, "NODE");

    for (uint32_t i = 0; i < provider->ncells && used < 512; i++) {
        const struct bp_cell *cell = &provider->cells[i];

        if (cell->max_prop)
            used += (size_t)snprintf(room + used, 512 - used, " %s:%" PRIu64 "..%s", cell->name,
                                     cell->min, cell->max_prop);
        else
            used += (size_t)snprintf(room + used, 512 - used, " %s:%" PRIu64 "..%" PRIu64,
                                     cell->name, cell->min, cell->max);
    }
    for (uint32_t i = 0; provider->flag_names && provider->flag_names[i] && used < 512; i++)
        used += (size_t)snprintf(room + used, 512 - used, "%s%s", i ? "|" : " ",
                                 provider->flag_names[i]);
    return room;
}

struct bp_reg describe_reg(const struct bp_region *region, uint32_t i)
{
    struct bp_reg row = {0};

    memcpy(&row, (const uint8_t *)region->regs + (size_t)i * region->reg_stride,
           region->reg_stride < sizeof(row) ? region->reg_stride : sizeof(row));
    return row;
}

struct bp_cpu_reg describe_cpu_reg(const struct bp_cpu_class *cpu, uint32_t i)
{
    struct bp_cpu_reg row = {0};

    memcpy(&row, (const uint8_t *)cpu->regs + (size_t)i * cpu->reg_stride,
           cpu->reg_stride < sizeof(row) ? cpu->reg_stride : sizeof(row));
    return row;
}
