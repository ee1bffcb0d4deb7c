/* SPDX-License-Identifier: Apache-2.0
 *
 * rows.c - level 1, descriptors: the class itself and its arrays, properties, events.
 */
#include "rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <backplane/attach.h>
#include <backplane/trace.h>
#include <th_props.h>

#define ROWS_MOST          65536u
#define BYTES_MOST         (256u << 20)
#define UP_TO(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))

static struct array array_of(const char *name, const void *rows, uint32_t count, uint32_t stride,
                             uint32_t row_bytes)
{
    return (struct array){name, rows, count, stride, row_bytes};
}

static void device_class(const struct bp_device_class *c, struct any *out)
{
    *out = (struct any){c->size,
                        UP_TO(bp_device_class, get_iface),
                        c->flags,
                        BP_DEVICE_PARALLEL,
                        c->instance_size,
                        c->instance_align,
                        c->name,
                        c->doc,
                        {{0}}};
    out->arrays[ARRAY_PROPS] =
        array_of("props", c->props, c->nprops, c->prop_stride, UP_TO(bp_prop, ref_iface));
    out->arrays[ARRAY_PORTS] =
        array_of("ports", c->ports, c->nports, c->port_stride, UP_TO(bp_port, client));
    out->arrays[ARRAY_PROVIDERS] = array_of("providers", c->providers, c->nproviders,
                                            c->provider_stride, UP_TO(bp_provider, fdt_cells));
    out->arrays[ARRAY_REGIONS] =
        array_of("regions", c->regions, c->nregions, c->region_stride, UP_TO(bp_region, bank));
    out->arrays[ARRAY_EVENTS] =
        array_of("events", c->events, c->nevents, c->event_stride, UP_TO(bp_event, flags));
    if (!BP_HAS(c, seat_stride))
        return;
    out->arrays[ARRAY_BUSES] =
        array_of("buses", c->buses, c->nbuses, c->bus_stride, UP_TO(bp_bus_row, count_prop));
    out->arrays[ARRAY_SEATS] =
        array_of("seats", c->seats, c->nseats, c->seat_stride, UP_TO(bp_seat_row, word));
}

static void cpu_class(const struct bp_cpu_class *c, struct any *out)
{
    *out = (struct any){c->size,       UP_TO(bp_cpu_class, get_iface),
                        c->flags,      0,
                        c->state_size, c->state_align,
                        c->name,       c->doc,
                        {{0}}};
    out->arrays[ARRAY_PROPS] =
        array_of("props", c->props, c->nprops, c->prop_stride, UP_TO(bp_prop, ref_iface));
    out->arrays[ARRAY_PORTS] =
        array_of("ports", c->ports, c->nports, c->port_stride, UP_TO(bp_port, client));
    out->arrays[ARRAY_PROVIDERS] = array_of("providers", c->providers, c->nproviders,
                                            c->provider_stride, UP_TO(bp_provider, fdt_cells));
    out->arrays[ARRAY_OTHER] =
        array_of("regs", c->regs, c->nregs, c->reg_stride, UP_TO(bp_cpu_reg, hypervisor));
}

void any_class(const struct kit *kit, struct any *out)
{
    const struct bp_backend_class *b = kit->backend;
    const struct bp_accel_class *a = kit->accel;

    if (kit->device) {
        device_class(kit->device, out);
    } else if (kit->cpu) {
        cpu_class(kit->cpu, out);
    } else if (b) {
        *out = (struct any){b->size,
                            UP_TO(bp_backend_class, submit),
                            b->flags,
                            BP_BACKEND_TERMINAL,
                            b->instance_size,
                            b->instance_align,
                            b->name,
                            b->doc,
                            {{0}}};
        out->arrays[ARRAY_PROPS] =
            array_of("props", b->props, b->nprops, b->prop_stride, UP_TO(bp_prop, ref_iface));
    } else {
        *out = (struct any){a->size,
                            UP_TO(bp_accel_class, counter),
                            a->flags,
                            0,
                            a->instance_size,
                            a->instance_align,
                            a->name,
                            a->doc,
                            {{0}}};
        out->arrays[ARRAY_PROPS] =
            array_of("props", a->props, a->nprops, a->prop_stride, UP_TO(bp_prop, ref_iface));
    }
}

const void *any_row(const struct array *array, uint32_t i)
{
    return (const char *)array->rows + (size_t)array->stride * i;
}

/* Why an array cannot be read; NULL. */
static const char *fault_of(const struct array *a)
{
    if (a->count > ROWS_MOST)
        return "more rows than can be believed";
    if (!a->rows)
        return "a count, and no array";
    return a->stride < a->row_bytes || a->stride % 8 || a->stride > 4096
               ? "a stride that is not the size of a row"
               : NULL;
}

bool array_holds(struct kit *kit, const struct array *a)
{
    const char *fault = a->count ? fault_of(a) : NULL;

    if (fault && kit)
        kit_fail(kit, "%s: %s (count %u, stride %u, a row is %u bytes)", a->name, fault, a->count,
                 a->stride, a->row_bytes);
    return a->count && !fault;
}

bool offset_holds(struct kit *kit, const struct any *any, uint64_t offset, uint64_t bytes,
                  uint32_t align, const char *kind, const char *what)
{
    if (offset > any->instance_size || bytes > any->instance_size - offset)
        kit_fail(kit, "%s %s: %llu bytes at offset %llu reach beyond the instance of %u bytes",
                 kind, what, (unsigned long long)bytes, (unsigned long long)offset,
                 any->instance_size);
    else if (offset % align)
        kit_fail(kit, "%s %s: offset %llu is not a multiple of %u", kind, what,
                 (unsigned long long)offset, align);
    else
        return true;
    return false;
}

static bool is_kebab(const char *name)
{
    bool word = false;

    for (const char *c = name; *c; c++) {
        if (*c == '-' ? !word : !islower((unsigned char)*c) && !isdigit((unsigned char)*c))
            return false;
        word = *c != '-';
    }
    return word && !isdigit((unsigned char)*name);
}

void name_holds(struct kit *kit, const struct array *array, uint32_t i, const char *doc)
{
    const char *name = *(const char *const *)any_row(array, i);

    if (!name || !is_kebab(name)) {
        kit_fail(kit, "%s: row %u: name \"%s\" is not in kebab-case", array->name, i,
                 name ? name : "NULL");
        return;
    }
    if (!doc || !*doc)
        kit_fail(kit, "%s: %s has no doc", array->name, name);
    for (uint32_t k = 0; k < i; k++) {
        const char *other = *(const char *const *)any_row(array, k);

        if (other && !strcmp(other, name))
            kit_fail(kit, "%s: two rows have the name %s", array->name, name);
    }
}

void check_class(struct kit *kit)
{
    struct any any;

    any_class(kit, &any);
    if (any.size < any.first_size || any.size > 65536) {
        kit_fail(kit, "size is %u; sizeof of the struct was %u in SDK 0.1", any.size,
                 any.first_size);
        return;
    }
    if (any.flags & ~any.known_flags)
        kit_fail(kit, "flags %#x are not known", any.flags & ~any.known_flags);
    if (!any.doc || !*any.doc)
        kit_fail(kit, "has no doc");
    if (!is_kebab(any.name))
        kit_fail(kit, "the name is not in kebab-case");
    if (!any.instance_size || any.instance_size > BYTES_MOST)
        kit_fail(kit, "an instance of %u bytes is not believable", any.instance_size);
    if (!any.instance_align || (any.instance_align & (any.instance_align - 1)) ||
        any.instance_align > 4096)
        kit_fail(kit, "an alignment of %u is no power of two up to 4096", any.instance_align);
    else if (any.instance_size % any.instance_align)
        kit_fail(kit, "%u bytes of instance are not a multiple of its alignment %u",
                 any.instance_size, any.instance_align);
    for (uint32_t i = 0; i < CLASS_ARRAYS; i++)
        array_holds(kit, &any.arrays[i]);
}

/* --- properties ---------------------------------------------------------------------- */

static const struct {
    uint32_t bytes, align;
} prop_places[] = {
    [BP_PROP_BOOL] = {1, 1},
    [BP_PROP_U8] = {1, 1},
    [BP_PROP_U16] = {2, 2},
    [BP_PROP_U32] = {4, 4},
    [BP_PROP_U64] = {8, 8},
    [BP_PROP_I64] = {8, 8},
    [BP_PROP_F64] = {8, 8},
    [BP_PROP_STR] = {8, 8},
    [BP_PROP_BYTES] = {sizeof(struct bp_bytes), 8},
    [BP_PROP_ENUM] = {4, 4},
    [BP_PROP_SIZE] = {8, 8},
    [BP_PROP_FREQ] = {8, 8},
    [BP_PROP_ADDR] = {8, 8},
    [BP_PROP_DURATION] = {8, 8},
    [BP_PROP_REF] = {sizeof(struct bp_ref), 8},
    [BP_PROP_LIST] = {sizeof(struct bp_list), 8},
    [BP_PROP_PATH] = {8, 8},
};

#define NTYPES (sizeof prop_places / sizeof *prop_places)

static bool is_number(uint32_t type)
{
    return (type >= BP_PROP_U8 && type <= BP_PROP_I64) || type == BP_PROP_SIZE ||
           type == BP_PROP_FREQ || type == BP_PROP_ADDR || type == BP_PROP_DURATION;
}

static void check_default(struct kit *kit, const struct bp_prop *row)
{
    uint64_t value = 0;

    if (!row->def)
        return;
    if (row->flags & BP_PROP_REQUIRED)
        kit_fail(kit, "property %s: is required and has a default", row->name);
    if (row->type == BP_PROP_REF)
        kit_fail(kit, "property %s: a reference has no default", row->name);
    else if ((is_number(row->type) || row->type == BP_PROP_BOOL || row->type == BP_PROP_ENUM) &&
             !(row->type == BP_PROP_ENUM && !row->choices) &&
             (!th_store_number(&value, row->type, row->def, row->choices) ||
              (is_number(row->type) && !th_in_range(row, &value))))
        kit_fail(kit, "property %s: its default \"%s\" is none of its own values", row->name,
                 row->def);
}

static void check_prop(struct kit *kit, const struct any *any, const struct bp_prop *row)
{
    uint32_t element = row->type == BP_PROP_LIST ? row->element : row->type;

    if (!row->type || row->type >= NTYPES) {
        kit_fail(kit, "property %s: type %u is not known", row->name, row->type);
        return;
    }
    if (row->flags & ~BP_PROP_REQUIRED)
        kit_fail(kit, "property %s: flags %#x are not known", row->name, row->flags);
    if (!element || element >= NTYPES || (row->type == BP_PROP_LIST && element == BP_PROP_LIST))
        kit_fail(kit, "property %s: a list of type %u cannot be", row->name, element);
    offset_holds(kit, any, row->offset, prop_places[row->type].bytes, prop_places[row->type].align,
                 "property", row->name);
    if (row->min > row->max && (row->type != BP_PROP_I64 || (int64_t)row->min > (int64_t)row->max))
        kit_fail(kit, "property %s: its least value is above its largest", row->name);
    if (element == BP_PROP_ENUM && (!row->choices || !row->choices[0]))
        kit_fail(kit, "property %s: has no choices", row->name);
    check_default(kit, row);
}

static bool overlap(const struct bp_prop *a, const struct bp_prop *b)
{
    return a->type < NTYPES && b->type < NTYPES &&
           a->offset < b->offset + prop_places[b->type].bytes &&
           b->offset < a->offset + prop_places[a->type].bytes;
}

void check_props(struct kit *kit)
{
    struct any any;
    const struct array *a = &any.arrays[ARRAY_PROPS];

    any_class(kit, &any);
    if (!array_holds(NULL, a))
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct bp_prop *row = any_row(a, i);

        name_holds(kit, a, i, row->doc);
        if (!row->name)
            continue;
        check_prop(kit, &any, row);
        for (uint32_t k = 0; k < i; k++) {
            if (overlap(row, any_row(a, k)))
                kit_fail(kit, "properties %s and %s are written to the same bytes",
                         ((const struct bp_prop *)any_row(a, k))->name, row->name);
        }
    }
}

/* --- events -------------------------------------------------------------------------- */

#define ARGS_MOST 6u

void check_events(struct kit *kit)
{
    struct any any;
    const struct array *a = &any.arrays[ARRAY_EVENTS];

    any_class(kit, &any);
    if (!array_holds(NULL, a))
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct bp_event *row = any_row(a, i);
        uint32_t args = 0;

        name_holds(kit, a, i, row->doc);
        while (row->args && row->args[args] && args <= ARGS_MOST)
            args++;
        if (args > ARGS_MOST)
            kit_fail(kit, "event %s: more than %u arguments", row->name, ARGS_MOST);
        if (row->enable_offset != BP_NO_OFFSET)
            offset_holds(kit, &any, row->enable_offset, 1, 1, "event", row->name);
    }
}
