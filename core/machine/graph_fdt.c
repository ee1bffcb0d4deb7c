/* SPDX-License-Identifier: Apache-2.0
 *
 * The `fdt:` escape: what only the guest's device tree needs.
 *
 *   fdt: false                                   the node is not in the tree
 *   fdt:
 *     status: disabled                           a text
 *     label: [one, two]                          several
 *     current-speed: 115200                      a number of 32 bits; quote it for a text
 *     ranges: [0, 0x10, 0]                       several
 *     big-endian:                                present, without value
 */
#include "core/machine/graph_load.h"

#include <stdio.h>
#include <string.h>

static bool is_number(const struct yaml_value *v, const char *text)
{
    bool negative;
    uint64_t value;
    char why[UNITS_WHY];

    /* "${n}" has to be quoted and is a number all the same. */
    return (!v->quoted || strstr(v->text, "${")) && units_integer(text, &negative, &value, why);
}

static bool read_cell(struct graph_loader *l, const struct graph_where *w,
                      const struct yaml_value *v, const char *text, uint32_t *out)
{
    bool negative;
    uint64_t value;
    char why[UNITS_WHY];

    if (!units_integer(text, &negative, &value, why) || value > UINT32_MAX ||
        (negative && value > INT32_MAX)) {
        graph_error(l, v->pos, w->node, w->key,
                    "%.40s is not a cell of 32 bits: write two cells, or quote a text", text);
        return false;
    }
    *out = negative ? -(uint32_t)value : (uint32_t)value;
    return true;
}

/* A value, or all values of a list: cells if all are numbers, else texts. */
static void read_values(struct graph_loader *l, const struct graph_where *w,
                        struct yaml_value *const *values, uint32_t count,
                        struct graph_fdt_prop *out)
{
    const char **texts = arena_alloc(l->arena, (count + 1) * sizeof(*texts));
    uint32_t numbers = 0;

    for (uint32_t i = 0; i < count; i++) {
        texts[i] = graph_text(l, w, values[i]);
        if (!texts[i])
            return;
        numbers += is_number(values[i], texts[i]);
    }
    if (numbers == count) {
        out->cells = arena_alloc(l->arena, (count + 1) * sizeof(*out->cells));
        out->ncells = count;
        for (uint32_t i = 0; i < count; i++)
            if (!read_cell(l, w, values[i], texts[i], &out->cells[i]))
                return;
        return;
    }
    out->text = "";
    for (uint32_t i = 0; i < count; i++) {
        if (strchr(texts[i], '\n'))
            graph_error(l, values[i]->pos, w->node, w->key,
                        "a text with a line break: write a list of texts");
        out->text = arena_printf(l->arena, "%s%s%s", out->text, i ? "\n" : "", texts[i]);
    }
}

void graph_make_fdt(struct graph_loader *l, struct graph_node *node,
                    const struct graph_given *given)
{
    struct graph_where w = {node->name, "fdt", given->scope};
    const struct yaml_value *map = given->value;
    bool shown;

    node->fdt = arena_alloc(l->arena, sizeof(*node->fdt));
    if (map->kind == YAML_SCALAR) {
        node->fdt->hidden = graph_boolean(l, &w, map, &shown) && !shown;
        return;
    }
    if (map->kind == YAML_LIST) {
        graph_error(l, map->pos, node->name, "fdt",
                    "a list where a map belongs: write `name: value` lines, or false");
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        struct graph_fdt_prop *out = arena_push(l->arena, node->fdt->props, node->fdt->nprops);
        struct yaml_value *single[1] = {entry->value};

        w.key = arena_printf(l->arena, "fdt.%s", entry->key);
        out->name = arena_copy(l->arena, entry->key, strlen(entry->key));
        if (!*entry->key || strlen(entry->key) > 31) /* Devicetree Specification, 2.2.4.1 */
            graph_error(l, entry->pos, node->name, w.key,
                        "not a name for a property: use 1 to 31 characters");
        if (entry->value->kind == YAML_MAP)
            graph_error(l, entry->value->pos, node->name, w.key,
                        "a map: child nodes cannot be added this way");
        else if (entry->value->kind == YAML_LIST)
            read_values(l, &w, entry->value->items, entry->value->count, out);
        else if (!yaml_is_null(entry->value))
            read_values(l, &w, single, 1, out);
    }
}
