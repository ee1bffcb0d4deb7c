/* SPDX-License-Identifier: Apache-2.0
 *
 * Where regions are.
 *
 *   reg: [0x10000000, 4KiB]                              the one region of the type: base and size
 *   reg: { csr: [0x40030000, 4KiB], fifo: [0x40031000, 1KiB] }    by name; optional ones may be left out
 *
 * Regions of one bus do not overlap.
 */
#include "core/machine/graph_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What to write: the regions that have to be there, or all when none has to. */
static const char *region_names(struct graph_loader *l, const struct type *type, bool required)
{
    const uint32_t without = BP_REGION_FLOATING | (required ? BP_REGION_OPTIONAL : 0);
    const char *list = "";

    for (uint32_t i = 0; i < type->nregions; i++)
        if (!(type->regions[i].flags & without))
            list = arena_printf(l->arena, "%s%s%s: [BASE, SIZE]", list, *list ? ", " : "",
                                type->regions[i].name);
    return list;
}

/* [base, size] */
static void read_pair(struct graph_loader *l, const struct graph_where *w, struct graph_node *node,
                      uint32_t region, const struct yaml_value *v)
{
    struct graph_reg *reg, out = {.region = region, .pos = v->pos};
    const char *base, *size;
    char why[UNITS_WHY];
    bool negative;

    if (v->kind != YAML_LIST || v->count != 2) {
        graph_error(l, v->pos, w->node, w->key, "not a base and a size: write [0x10000000, 4KiB]");
        return;
    }
    base = graph_text(l, w, v->items[0]);
    size = graph_text(l, w, v->items[1]);
    if (!base || !size)
        return;
    if (!units_integer(base, &negative, &out.base, why) || (negative && out.base)) {
        graph_error(l, v->items[0]->pos, w->node, w->key,
                    "`%.40s` is not an address: write a number such as 0x10000000", base);
        return;
    }
    if (!units_parse(UNIT_SIZE, size, &out.bytes, why)) {
        graph_error(l, v->items[1]->pos, w->node, w->key, "%s", why);
        return;
    }
    if (!out.bytes || out.bytes - 1 > UINT64_MAX - out.base) {
        graph_error(l, v->items[1]->pos, w->node, w->key, "%s",
                    out.bytes ? "reaches beyond 64 bits: use a smaller size"
                              : "is empty: use a size above 0");
        return;
    }
    reg = arena_push(l->arena, node->regs, node->nregs);
    *reg = out;
}

static void read_map(struct graph_loader *l, const struct graph_given *given,
                     struct graph_node *node)
{
    const struct type *type = node->type;
    const struct yaml_value *v = given->value;
    const char **names = arena_alloc(l->arena, (type->nregions + 1) * sizeof(*names));

    for (uint32_t i = 0; i < type->nregions; i++)
        names[i] = type->regions[i].flags & BP_REGION_FLOATING ? NULL : type->regions[i].name;
    for (uint32_t k = 0; k < v->count; k++) {
        const char *key = arena_printf(l->arena, "reg.%s", v->entries[k].key);
        struct graph_where w = {node->name, key, given->scope};
        uint32_t region = 0;

        while (region < type->nregions &&
               (!names[region] || strcmp(names[region], v->entries[k].key)))
            region++;
        if (region < type->nregions)
            read_pair(l, &w, node, region, v->entries[k].value);
        else
            graph_error(l, v->entries[k].pos, node->name, key, "no such region of %s%s",
                        node->type_text, graph_hint(l, v->entries[k].key, names, type->nregions));
    }
    for (uint32_t i = 0; i < type->nregions; i++)
        if (names[i] && !(type->regions[i].flags & BP_REGION_OPTIONAL) && !yaml_find(v, names[i]))
            graph_error(l, given->pos, node->name, arena_printf(l->arena, "reg.%s", names[i]),
                        "is missing: write `%s: [BASE, SIZE]`", names[i]);
}

static void read_reg(struct graph_loader *l, const struct graph_instance *instance)
{
    const struct graph_given *given = graph_given(instance, "reg");
    const struct type *type = instance->node->type;
    struct graph_where w = {instance->name, "reg", given ? given->scope : NULL};
    uint32_t fixed = 0, required = 0, last = 0;

    for (uint32_t i = 0; i < type->nregions; i++) {
        if (type->regions[i].flags & BP_REGION_FLOATING)
            continue;
        fixed++;
        required += !(type->regions[i].flags & BP_REGION_OPTIONAL);
        last = i;
    }
    if (!fixed) {
        if (given)
            graph_error(l, given->pos, w.node, w.key, "%s has no regions: remove it",
                        instance->node->type_text);
        return;
    }
    if (!given && !required)
        return;
    if (!given)
        graph_error(l, instance->pos, w.node, w.key, "is missing: write `reg: %s%s%s`",
                    fixed > 1 ? "{ " : "", fixed > 1 ? region_names(l, type, true) : "[BASE, SIZE]",
                    fixed > 1 ? " }" : "");
    else if (given->value->kind == YAML_MAP)
        read_map(l, given, instance->node);
    else if (fixed > 1)
        graph_error(l, given->value->pos, w.node, w.key, "%s has several regions: write { %s }",
                    instance->node->type_text, region_names(l, type, required));
    else
        read_pair(l, &w, instance->node, last, given->value);
}

static void read_bus(struct graph_loader *l, struct graph_node *node,
                     const struct graph_given *given)
{
    struct graph_where w = {node->name, "bus", given->scope};
    const char *text = graph_text(l, &w, given->value);

    if (text && !graph_is_name(text))
        graph_error(l, given->value->pos, node->name, "bus",
                    "`%.40s` is not a name: start with a letter", text);
    else if (text)
        node->bus = arena_copy(l->arena, text, strlen(text));
}

/* --- overlaps --------------------------------------------------------------------------------- */

struct window {
    const struct graph_node *node;
    const struct graph_reg *reg;
    uint32_t order;
};

static int by_base(const void *a, const void *b)
{
    const struct window *x = a, *y = b;
    int order = strcmp(x->node->bus ? x->node->bus : "", y->node->bus ? y->node->bus : "");

    if (order)
        return order;
    if (x->reg->base != y->reg->base)
        return x->reg->base < y->reg->base ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool same_bus(const struct graph_node *a, const struct graph_node *b)
{
    return !strcmp(a->bus ? a->bus : "", b->bus ? b->bus : "");
}

static const char *window_text(struct graph_loader *l, const struct window *w)
{
    char size[32];

    return arena_printf(l->arena, "0x%" PRIx64 "+%s", w->reg->base,
                        units_format(UNIT_SIZE, w->reg->bytes, size));
}

const char *graph_line(struct graph_loader *l, struct diag_pos pos, struct diag_pos other)
{
    if (!strcmp(pos.file, other.file))
        return arena_printf(l->arena, "line %u", other.line);
    return arena_printf(l->arena, "%s:%u", other.file, other.line);
}

/* The one that stands later in the description is told about the earlier one. */
static void report(struct graph_loader *l, const struct window *a, const struct window *b)
{
    const struct window *late = a->order > b->order ? a : b, *early = late == a ? b : a;
    const char *key = "reg";

    if (late->node->type->nregions > 1)
        key = arena_printf(l->arena, "reg.%s", late->node->type->regions[late->reg->region].name);
    graph_error(l, late->reg->pos, late->node->name, key,
                "%s overlaps %s (%s, %s): move one of them", window_text(l, late),
                early->node->name, window_text(l, early),
                graph_line(l, late->reg->pos, early->reg->pos));
}

static void check_overlaps(struct graph_loader *l)
{
    struct window *windows = NULL;
    uint32_t count = 0, widest = 0;

    for (uint32_t i = 0; i < l->graph->nnodes; i++)
        for (uint32_t k = 0; k < l->graph->nodes[i]->nregs; k++) {
            struct window *w = arena_push(l->arena, windows, count);

            *w = (struct window){l->graph->nodes[i], &l->graph->nodes[i]->regs[k], count};
        }
    if (count)
        qsort(windows, count, sizeof(*windows), by_base);
    /* Compared with the one that reaches farthest so far: a large window may hold several small
     * ones. */
    for (uint32_t i = 1; i < count; i++) {
        const struct graph_reg *reg = windows[i].reg, *far = windows[widest].reg;

        if (!same_bus(windows[i].node, windows[widest].node)) {
            widest = i;
            continue;
        }
        if (reg->base - far->base < far->bytes)
            report(l, &windows[widest], &windows[i]);
        if (reg->base + (reg->bytes - 1) > far->base + (far->bytes - 1))
            widest = i;
    }
}

void graph_make_regs(struct graph_loader *l)
{
    for (uint32_t i = 0; i < l->ninstances; i++) {
        const struct graph_given *bus;

        if (!l->instances[i]->node || graph_place_row(l->instances[i]->node->type))
            continue; /* `reg` and `bus` of a part are graph_seat.c's */
        read_reg(l, l->instances[i]);
        bus = graph_given(l->instances[i], "bus");
        if (bus)
            read_bus(l, l->instances[i]->node, bus);
    }
    check_overlaps(l);
}
