/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines: from a reference (`plic 10 level-high`: provider, cells, flag) or from a property that
 * lists nodes to a pair of ports and indices.
 */
#include "core/machine/graph_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {[BP_PORT_IRQ] = "interrupts",
                                        [BP_PORT_GPIO] = "gpios",
                                        [BP_PORT_RESET] = "resets",
                                        [BP_PORT_CLOCK] = "clocks"};

    return kind < sizeof(names) / sizeof(*names) && names[kind] ? names[kind] : "references";
}

bool graph_split(struct graph_loader *l, const struct graph_where *w, const struct yaml_value *v,
                 const char *words[GRAPH_MAX_WORDS], uint32_t *count)
{
    const char *text = graph_text(l, w, v);
    char *copy, *save, *word;

    *count = 0;
    if (!text)
        return false;
    copy = arena_copy(l->arena, text, strlen(text));
    for (word = strtok_r(copy, " \t\n", &save); word && *count < GRAPH_MAX_WORDS;
         word = strtok_r(NULL, " \t\n", &save))
        words[(*count)++] = word;
    if (*count && !word)
        return true;
    graph_error(l, v->pos, w->node, w->key,
                "`%.40s` is not a reference: write NODE, its numbers and a flag", text);
    return false;
}

const struct bp_provider *graph_provider(const struct type *type, uint32_t kind)
{
    for (uint32_t i = 0; i < type->nproviders; i++)
        if (type->providers[i].kind == kind)
            return &type->providers[i];
    return NULL;
}

static uint32_t find_port(const struct type *type, const char *name)
{
    uint32_t i = 0;

    while (i < type->nports && strcmp(type->ports[i].name, name))
        i++;
    return i;
}

/* --- references ------------------------------------------------------------------------------- */

bool graph_cell(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                const struct graph_node *to, const struct bp_cell *cell, const char *text,
                uint32_t *out)
{
    const struct graph_value *limit = cell->max_prop ? graph_value(to, cell->max_prop) : NULL;
    uint64_t value, max = limit ? limit->u : cell->max;
    char why[UNITS_WHY];
    bool negative;

    if (!units_integer(text, &negative, &value, why)) {
        graph_error(l, pos, w->node, w->key, "%s of %s: %s", cell->name, to->name, why);
        return false;
    }
    if ((!negative || !value) && value >= cell->min && value <= max && value <= UINT32_MAX) {
        *out = (uint32_t)value;
        return true;
    }
    if (limit)
        graph_error(l, pos, w->node, w->key,
                    "%s %.24s of %s is out of range %" PRIu64 "..%" PRIu64 " (set %s.%s)",
                    cell->name, text, to->name, cell->min, max, to->name, cell->max_prop);
    else
        graph_error(l, pos, w->node, w->key,
                    "%s %.24s of %s is out of range: use %" PRIu64 "..%" PRIu64, cell->name, text,
                    to->name, cell->min, max);
    return false;
}

static const char *specifier(struct graph_loader *l, const struct graph_node *to,
                             const struct bp_provider *provider)
{
    const char *text = to->name;

    for (uint32_t i = 0; i < provider->ncells; i++)
        text = arena_printf(l->arena, "%s %s", text, provider->cells[i].name);
    if (provider->flag_names && provider->flag_names[0])
        text = arena_printf(l->arena, "%s %s", text, provider->flag_names[provider->flag_default]);
    return text;
}

static bool read_flag(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                      struct graph_wire *wire, const char *word)
{
    static const char *const inverting[] = {"active-low", "level-low", "edge-falling"};
    const char *const *names = wire->provider->flag_names;
    const char *list = "", *hint;
    uint32_t count = 0, flag = wire->provider->flag_default;

    if (!names || !names[0]) {
        if (word)
            graph_error(l, pos, w->node, w->key, "`%.40s` is too much: write `%s`", word,
                        specifier(l, wire->to, wire->provider));
        return !word;
    }
    for (; names[count]; count++) {
        if (word && !strcmp(names[count], word))
            flag = count;
        list = arena_printf(l->arena, "%s%s%s", list, count ? ", " : "", names[count]);
    }
    if (word && strcmp(names[flag], word)) {
        hint = graph_hint(l, word, names, count);
        graph_error(l, pos, w->node, w->key, "%s has no flag `%.40s`%s%s", wire->to->name, word,
                    *hint ? hint : ": use one of ", *hint ? "" : list);
        return false;
    }
    wire->flag = wire->provider->flag_values ? wire->provider->flag_values[flag] : flag;
    for (size_t i = 0; i < sizeof(inverting) / sizeof(*inverting); i++)
        wire->invert |= !strcmp(names[flag], inverting[i]);
    return true;
}

static bool find_target(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                        struct graph_wire *wire, const char *name, uint32_t kind)
{
    wire->to = graph_node(l, w, pos, name);
    if (!wire->to)
        return false;
    wire->provider = graph_provider(wire->to->type, kind);
    if (!wire->provider) {
        graph_error(l, pos, w->node, w->key, "%s (%s) takes no %s: refer to a node that does",
                    wire->to->name, wire->to->type_text, kind_name(kind));
        return false;
    }
    wire->in_port = find_port(wire->to->type, wire->provider->port);
    return true;
}

/* One line of a port to one place. */
static void connect(struct graph_loader *l, const struct graph_where *w, struct graph_node *node,
                    uint32_t port, uint32_t index, const struct yaml_value *v)
{
    struct graph_wire wire = {.from = node, .out_port = port, .out_index = index, .pos = v->pos};
    const char *words[GRAPH_MAX_WORDS];
    const struct bp_provider *provider;
    uint32_t count, lines;
    bool ok = true;

    if (!graph_split(l, w, v, words, &count) ||
        !find_target(l, w, v->pos, &wire, words[0], node->type->ports[port].kind))
        return;
    provider = wire.provider;
    wire.ncells = provider->ncells;
    if (count < 1 + wire.ncells || count > 2 + wire.ncells) {
        graph_error(l, v->pos, w->node, w->key, "%u numbers or flags behind %s: write `%s`",
                    count - 1, words[0], specifier(l, wire.to, provider));
        return;
    }
    for (uint32_t i = 0; i < wire.ncells; i++)
        ok &= graph_cell(l, w, v->pos, wire.to, &provider->cells[i], words[1 + i], &wire.cells[i]);
    ok &= read_flag(l, w, v->pos, &wire, count > 1 + wire.ncells ? words[1 + wire.ncells] : NULL);
    if (!ok)
        return;
    wire.in_index = wire.ncells ? wire.cells[0] : 0;
    lines = graph_port_width(wire.to, wire.in_port);
    if (wire.in_index >= lines) {
        graph_error(l, v->pos, w->node, w->key, "%s has %u lines, there is no %u: use a lower one",
                    wire.to->name, lines, wire.in_index);
        return;
    }
    *arena_push(l->arena, l->graph->wires, l->graph->nwires) = wire;
}

/* A line to all places of a list, or to one. */
static void connect_line(struct graph_loader *l, const struct graph_where *w,
                         struct graph_node *node, uint32_t port, uint32_t index,
                         const struct yaml_value *v)
{
    if (v->kind != YAML_LIST)
        connect(l, w, node, port, index, v);
    for (uint32_t i = 0; v->kind == YAML_LIST && i < v->count; i++)
        connect(l, w, node, port, index, v->items[i]);
}

void graph_wire_port(struct graph_loader *l, const struct graph_where *w, struct graph_node *node,
                     uint32_t port, const struct yaml_value *v)
{
    uint32_t lines = graph_port_width(node, port);

    if (v->kind != YAML_LIST || lines == 1) {
        connect_line(l, w, node, port, 0, v);
        return;
    }
    if (v->count > lines) {
        graph_error(l, v->pos, w->node, w->key, "%u references for a port of %u lines: remove some",
                    v->count, lines);
        return;
    }
    for (uint32_t i = 0; i < v->count; i++)
        if (!yaml_is_null(v->items[i])) /* ~ leaves a line open */
            connect_line(l, w, node, port, i, v->items[i]);
}

/* --- wired by a property ---------------------------------------------------------------------- */

static void wire_list(struct graph_loader *l, struct graph_node *node, uint32_t port,
                      const struct graph_prop *prop)
{
    const struct bp_port *row = &node->type->ports[port];
    const struct graph_value *list = &prop->value;
    uint32_t lines = row->width_prop || !row->width ? graph_port_width(node, port) : row->width;

    if (list->list.count > lines) {
        graph_error(l, list->pos, node->name, row->via_prop,
                    "%u nodes for the %u lines of port %s: list fewer%s%s", list->list.count, lines,
                    row->name, row->width_prop ? ", or raise " : "",
                    row->width_prop ? row->width_prop : "");
        return;
    }
    for (uint32_t i = 0; i < list->list.count; i++) {
        struct graph_node *to = list->list.items[i].ref;
        struct graph_wire wire = {.from = node,
                                  .out_port = port,
                                  .out_index = i,
                                  .to = to,
                                  .pos = list->list.items[i].pos};

        wire.in_port = find_port(to->type, row->via_port);
        if (wire.in_port == to->type->nports || to->type->ports[wire.in_port].dir != BP_DIR_IN ||
            to->type->ports[wire.in_port].kind > BP_PORT_RESET) {
            graph_error(l, wire.pos, node->name, row->via_prop,
                        "%s (%s) has no input %s: list nodes that do", to->name, to->type_text,
                        row->via_port);
            continue;
        }
        *arena_push(l->arena, l->graph->wires, l->graph->nwires) = wire;
    }
}

void graph_make_via(struct graph_loader *l)
{
    for (uint32_t i = 0; i < l->graph->nnodes; i++) {
        struct graph_node *node = l->graph->nodes[i];

        for (uint32_t port = 0; port < node->type->nports; port++)
            for (uint32_t p = 0; node->type->ports[port].via_prop && p < node->nprops; p++)
                if (!strcmp(node->props[p].row->name, node->type->ports[port].via_prop))
                    wire_list(l, node, port, &node->props[p]);
    }
}
