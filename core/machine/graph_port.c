/* SPDX-License-Identifier: Apache-2.0
 *
 * The words under which a node's ports are connected. Lines are graph_wire.c's.
 *
 *   interrupts: plic 10 level-high                 the one port of that kind
 *   interrupts: { rx: plic 21, err: plic 22 }      by name, for a type with several
 *   interrupts: [plic 1, plic 2]                   the lines of a port; all of these for one
 *   clock: osc                                     a node with one clock output
 *   clock: cmu apb1                                one of several, by name or number
 *   chardev: console                               a back end of the run; none: stays open
 *   drive: root optional                           open when no run defines it
 */
#include "core/machine/graph_load.h"

#include <stdio.h>
#include <string.h>

const char *graph_port_word(const struct bp_port *port)
{
    static const struct {
        uint32_t kind, dir;
        const char *word;
    } words[] = {
        {BP_PORT_IRQ, BP_DIR_OUT, "interrupts"}, {BP_PORT_GPIO, BP_DIR_OUT, "gpios"},
        {BP_PORT_RESET, BP_DIR_OUT, "resets"},   {BP_PORT_CLOCK, BP_DIR_IN, "clock"},
        {BP_PORT_CHAR, BP_DIR_IN, "chardev"},    {BP_PORT_CHAR, BP_DIR_OUT, "chardev"},
        {BP_PORT_BLOCK, BP_DIR_IN, "drive"},     {BP_PORT_BLOCK, BP_DIR_OUT, "drive"},
    };

    for (size_t i = 0; !port->via_prop && i < sizeof(words) / sizeof(*words); i++)
        if (words[i].kind == port->kind && words[i].dir == port->dir)
            return port->word ? port->word : words[i].word;
    return NULL; /* inputs and clock outputs are connected from the other end, buses under `bus:` */
}

static bool same_word(const struct type *type, uint32_t a, uint32_t b)
{
    const char *x = graph_port_word(&type->ports[a]), *y = graph_port_word(&type->ports[b]);

    return x && y && !strcmp(x, y);
}

/* --- clocks ----------------------------------------------------------------------------------- */

static const char *clock_names(struct graph_loader *l, const struct graph_node *from)
{
    const char *list = "";

    for (uint32_t i = 0; i < from->type->nports; i++)
        if (from->type->ports[i].kind == BP_PORT_CLOCK && from->type->ports[i].dir == BP_DIR_OUT)
            list = arena_printf(l->arena, "%s%s%s", list, *list ? ", " : "",
                                from->type->ports[i].name);
    return list;
}

/* The output that `word` names: a port, or a number among all outputs of all ports. NULL word: the
 * only one. */
static bool find_output(const struct graph_node *from, const char *word, uint32_t *port,
                        uint32_t *index)
{
    uint64_t wanted = 0, seen = 0;
    bool negative = false, numeric;
    char why[UNITS_WHY];

    numeric = word && units_integer(word, &negative, &wanted, why) && !negative;
    for (uint32_t i = 0; i < from->type->nports; i++) {
        const struct bp_port *p = &from->type->ports[i];
        uint32_t width;

        if (p->kind != BP_PORT_CLOCK || p->dir != BP_DIR_OUT)
            continue;
        width = graph_port_width(from, i);
        if (numeric ? wanted - seen < width : !word || !strcmp(p->name, word)) {
            *port = i;
            *index = numeric ? (uint32_t)(wanted - seen) : 0;
            if (word)
                return true;
        }
        seen += width;
    }
    return !word && seen == 1;
}

static void connect_clock(struct graph_loader *l, const struct graph_where *w,
                          struct graph_node *node, uint32_t port, const struct yaml_value *v)
{
    const char *words[GRAPH_MAX_WORDS], *names;
    struct graph_clock clock = {.to = node, .in_port = port};
    uint32_t count;

    if (!graph_split(l, w, v, words, &count))
        return;
    clock.from = graph_node(l, w, v->pos, words[0]);
    if (!clock.from)
        return;
    names = clock_names(l, clock.from);
    if (!*names)
        graph_error(l, v->pos, w->node, w->key,
                    "%s (%s) has no clock output: refer to a node with one", clock.from->name,
                    clock.from->type_text);
    else if (count > 2)
        graph_error(l, v->pos, w->node, w->key, "`%.40s` is too much: write NODE, or NODE OUTPUT",
                    words[2]);
    else if (!find_output(clock.from, count > 1 ? words[1] : NULL, &clock.out_port,
                          &clock.out_index))
        graph_error(l, v->pos, w->node, w->key,
                    "%s%.40s%s %s: choose one of its outputs (%s), by name or number",
                    count > 1 ? "no output `" : "which output of", count > 1 ? words[1] : "",
                    count > 1 ? "` in" : "", clock.from->name, names);
    else
        *arena_push(l->arena, l->graph->clocks, l->graph->nclocks) = clock;
}

/* --- back ends -------------------------------------------------------------------------------- */

static void attach(struct graph_loader *l, const struct graph_where *w, struct graph_node *node,
                   uint32_t port, const struct yaml_value *v)
{
    const char *words[GRAPH_MAX_WORDS];
    struct graph_attach *out;
    uint32_t count;

    if (!graph_split(l, w, v, words, &count) || (count == 1 && !strcmp(words[0], "none")))
        return;
    if (!graph_is_name(words[0]) || count > 2 || (count == 2 && strcmp(words[1], "optional"))) {
        graph_error(l, v->pos, w->node, w->key,
                    "`%.40s` is not a back end: write NAME, NAME optional or none", v->text);
        return;
    }
    out = arena_push(l->arena, l->graph->attaches, l->graph->nattaches);
    *out = (struct graph_attach){node, port, arena_copy(l->arena, words[0], strlen(words[0])),
                                 v->pos, count == 2};
}

/* --- ports ------------------------------------------------------------------------------------ */

static const char *port_names(struct graph_loader *l, const struct type *type, uint32_t port)
{
    const char *list = "";

    for (uint32_t i = 0; i < type->nports; i++)
        if (same_word(type, i, port))
            list =
                arena_printf(l->arena, "%s%s%s: ...", list, *list ? ", " : "", type->ports[i].name);
    return list;
}

static void connect(struct graph_loader *l, const struct graph_where *w, struct graph_node *node,
                    uint32_t port, const struct yaml_value *v)
{
    switch (node->type->ports[port].kind) {
    case BP_PORT_CLOCK:
        connect_clock(l, w, node, port, v);
        break;
    case BP_PORT_CHAR:
    case BP_PORT_BLOCK:
        attach(l, w, node, port, v);
        break;
    default:
        graph_wire_port(l, w, node, port, v);
        break;
    }
}

/* All ports that share the word of `first`, the first of them. */
static void read_word(struct graph_loader *l, struct graph_node *node, uint32_t first,
                      const struct graph_given *given)
{
    const struct type *type = node->type;
    const struct yaml_value *v = given->value;
    const char **names = arena_alloc(l->arena, (type->nports + 1) * sizeof(*names));
    uint32_t sharing = 0;

    for (uint32_t i = 0; i < type->nports; i++) {
        names[i] = same_word(type, i, first) ? type->ports[i].name : NULL;
        sharing += names[i] != NULL;
    }
    if (v->kind != YAML_MAP) {
        struct graph_where w = {node->name, given->key, given->scope};

        if (sharing == 1)
            connect(l, &w, node, first, v);
        else
            graph_error(l, v->pos, node->name, given->key,
                        "%s has several such ports: write { %s }", node->type_text,
                        port_names(l, type, first));
        return;
    }
    for (uint32_t k = 0; k < v->count; k++) {
        const char *key = arena_printf(l->arena, "%s.%s", given->key, v->entries[k].key);
        struct graph_where w = {node->name, key, given->scope};
        uint32_t port = 0;

        while (port < type->nports && (!names[port] || strcmp(names[port], v->entries[k].key)))
            port++;
        if (port == type->nports)
            graph_error(l, v->entries[k].pos, node->name, key, "no such port of %s%s",
                        node->type_text, graph_hint(l, v->entries[k].key, names, type->nports));
        else if (!yaml_is_null(v->entries[k].value))
            connect(l, &w, node, port, v->entries[k].value);
    }
}

void graph_make_ports(struct graph_loader *l)
{
    for (uint32_t i = 0; i < l->ninstances; i++) {
        struct graph_node *node = l->instances[i]->node;

        for (uint32_t port = 0; node && port < node->type->nports; port++) {
            const char *word = graph_port_word(&node->type->ports[port]);
            const struct graph_given *given = word ? graph_given(l->instances[i], word) : NULL;
            bool first = true;

            for (uint32_t k = 0; k < port; k++)
                first &= !same_word(node->type, k, port);
            if (given && first)
                read_word(l, node, port, given);
        }
    }
}

/* --- what must be connected ------------------------------------------------------------------- */

/* Which ports of all nodes something is connected to: a row of flags for each node. */
static bool **find_connected(struct graph_loader *l)
{
    const struct graph *g = l->graph;
    bool **rows = arena_alloc(l->arena, (g->nnodes + 1) * sizeof(*rows));

    for (uint32_t i = 0; i < g->nnodes; i++)
        rows[i] = arena_alloc(l->arena, g->nodes[i]->type->nports + 1);
    for (uint32_t i = 0; i < g->nwires; i++) {
        rows[g->wires[i].from->index][g->wires[i].out_port] = true;
        rows[g->wires[i].to->index][g->wires[i].in_port] = true;
    }
    for (uint32_t i = 0; i < g->nclocks; i++) {
        rows[g->clocks[i].from->index][g->clocks[i].out_port] = true;
        rows[g->clocks[i].to->index][g->clocks[i].in_port] = true;
    }
    for (uint32_t i = 0; i < g->nattaches; i++)
        rows[g->attaches[i].node->index][g->attaches[i].port] = true;
    return rows;
}

void graph_check_required(struct graph_loader *l)
{
    bool **connected = find_connected(l);

    for (uint32_t i = 0; i < l->ninstances; i++) {
        const struct graph_node *node = l->instances[i]->node;

        for (uint32_t p = 0; node && p < node->type->nports; p++) {
            const struct bp_port *port = &node->type->ports[p];
            const char *word = graph_port_word(port);

            /* A word that is there and wrong has been reported. */
            if (!(port->flags & BP_PORT_REQUIRED) || port->kind == BP_PORT_BUS ||
                connected[node->index][p] || (word && graph_given(l->instances[i], word)))
                continue;
            if (word)
                graph_error(l, node->pos, node->name, word,
                            "port %s must be connected: write `%s:`", port->name, word);
            else
                graph_error(l, node->pos, node->name, port->name, "must be connected: %s",
                            port->via_prop
                                ? arena_printf(l->arena, "list nodes under `%s:`", port->via_prop)
                                : "let another node refer to it");
        }
    }
}
