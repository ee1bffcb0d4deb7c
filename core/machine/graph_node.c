/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances become nodes: which type, which of its keys mean something.
 *
 *   uart0:
 *     type: std/ns16550        ALIAS/TYPE of `plugins:`, or core/TYPE
 *     reg: ...                 graph_reg.c
 *     bus: soc                 the address space it sits on; the machine's unless given
 *                              (of a part: the node whose bus it sits on, and `reg` its address there:
 *                              graph_seat.c)
 *     fdt: ...                 graph_fdt.c
 *     clock: osc               words of its ports: graph_port.c
 *     fifo-depth: 16           properties: graph_value.c
 */
#include "core/machine/graph_load.h"

#include <stdio.h>
#include <string.h>

const struct graph_given *graph_given(const struct graph_instance *instance, const char *key)
{
    for (uint32_t i = 0; i < instance->ngiven; i++)
        if (!strcmp(instance->given[i].key, key))
            return yaml_is_null(instance->given[i].value) ? NULL : &instance->given[i];
    return NULL;
}

/* --- types ------------------------------------------------------------------------------------ */

static const struct graph_use *find_use(const struct graph_part *part, const char *alias)
{
    for (uint32_t i = 0; part && i < part->nuses; i++)
        if (!strcmp(part->uses[i].alias, alias))
            return &part->uses[i];
    return NULL;
}

static void unknown_alias(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                          const char *alias)
{
    const struct graph_part *part = w->scope->part;
    const char **names = arena_alloc(l->arena, (part->nuses + 1) * sizeof(*names));
    const char *hint;

    for (uint32_t i = 0; i < part->nuses; i++)
        names[i] = part->uses[i].alias;
    hint = graph_hint(l, alias, names, part->nuses);
    graph_error(l, pos, w->node, w->key, "no plug-in is called `%.40s` here%s", alias,
                *hint ? hint : ": name it under `plugins:` of this file");
}

static const char *const *type_names(struct graph_loader *l, const struct plugin *plugin,
                                     size_t *count)
{
    const struct type *core[64];
    const struct type *const *types = core;
    const char **names;
    size_t ntypes = 0;

    *count = 0;
    if (plugin)
        ntypes = plugin_types(plugin, &types);
    else
        ntypes = registry_types(l->registry, TYPE_DEVICE, core, sizeof(core) / sizeof(*core));
    names = arena_alloc(l->arena, (ntypes + 1) * sizeof(*names));
    for (size_t i = 0; i < ntypes; i++)
        if (types[i]->plugin == plugin &&
            (types[i]->kind == TYPE_DEVICE || types[i]->kind == TYPE_CPU))
            names[(*count)++] = types[i]->name;
    return names;
}

static void unknown_type(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                         const char *alias, const struct plugin *plugin, const char *name)
{
    const char *const *names, *list = "", *hint;
    size_t count;

    names = type_names(l, plugin, &count);
    hint = graph_hint(l, name, names, count);
    for (size_t i = 0; !*hint && i < count && i < 16; i++)
        list =
            arena_printf(l->arena, "%s%s%s/%s", list, i ? ", " : ": there are ", alias, names[i]);
    graph_error(l, pos, w->node, w->key, "%s has no type `%.40s`%s%s",
                plugin ? plugin_info(plugin)->id : "the core", name, hint, list);
}

static const struct type *find_type(struct graph_loader *l, const struct graph_instance *instance,
                                    const char **text)
{
    const struct graph_given *given = graph_given(instance, "type");
    struct graph_where w = {instance->name, "type", given ? given->scope : instance->scope};
    const struct plugin *plugin = NULL;
    const struct graph_use *use;
    const struct type *type;
    const char *slash, *alias;

    if (!given) {
        graph_error(l, instance->pos, instance->name, "type",
                    "is missing: write type: ALIAS/TYPE, or core/ram");
        return NULL;
    }
    *text = graph_text(l, &w, given->value);
    if (!*text)
        return NULL;
    slash = strchr(*text, '/');
    if (!slash || slash == *text || !slash[1]) {
        graph_error(l, given->value->pos, w.node, w.key,
                    "`%.40s` is not a type: write ALIAS/TYPE, or core/ram", *text);
        return NULL;
    }
    alias = arena_copy(l->arena, *text, (size_t)(slash - *text));
    if (strcmp(alias, "core")) {
        use = find_use(given->scope->part, alias);
        if (!use)
            unknown_alias(l, &w, given->value->pos, alias);
        if (!use || !use->plugin) /* could not be opened: reported there */
            return NULL;
        plugin = use->plugin;
    }
    type = registry_node_type(l->registry, plugin, slash + 1);
    if (!type)
        unknown_type(l, &w, given->value->pos, alias, plugin, slash + 1);
    return type;
}

void graph_make_nodes(struct graph_loader *l)
{
    uint32_t cpus = 0;

    for (uint32_t i = 0; i < l->ninstances; i++) {
        struct graph_instance *instance = l->instances[i];
        const char *text = NULL;
        const struct type *type;
        struct graph_node *node;

        if (instance->absent)
            continue;
        type = find_type(l, instance, &text);
        if (!type) {
            instance->broken = true;
            continue;
        }
        node = arena_alloc(l->arena, sizeof(*node));
        node->name = arena_copy(l->arena, instance->name, strlen(instance->name));
        node->pos = instance->pos;
        node->type = type;
        node->type_text = arena_copy(l->arena, text, strlen(text));
        node->cpu_index = type->kind == TYPE_CPU ? cpus++ : 0;
        node->index = l->graph->nnodes;
        instance->node = node;
        *arena_push(l->arena, l->graph->nodes, l->graph->nnodes) = node;
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool is_property(const struct type *type, const char *key)
{
    for (uint32_t i = 0; i < type->nprops; i++)
        if (!strcmp(type->props[i].name, key))
            return true;
    return false;
}

static bool is_word(const struct type *type, const char *key)
{
    for (uint32_t i = 0; i < type->nports; i++) {
        const char *word = graph_port_word(&type->ports[i]);

        if (word && !strcmp(word, key))
            return true;
    }
    for (uint32_t i = 0; i < type->nseats; i++)
        if (!strcmp(graph_seat_word(&type->seats[i]), key))
            return true;
    return false;
}

static void unknown_key(struct graph_loader *l, const struct graph_node *node,
                        const struct graph_given *given)
{
    const struct type *type = node->type;
    const char **names = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < type->nprops; i++)
        *arena_push(l->arena, names, count) = type->props[i].name;
    for (uint32_t i = 0; i < type->nports; i++)
        *arena_push(l->arena, names, count) = graph_port_word(&type->ports[i]);
    for (uint32_t i = 0; i < type->nseats; i++)
        *arena_push(l->arena, names, count) = graph_seat_word(&type->seats[i]);
    for (const struct grammar_word *word = grammar_node; word->name; word++)
        *arena_push(l->arena, names, count) = word->name;
    graph_error(l, given->pos, node->name, given->key, "no such property of %s%s", node->type_text,
                graph_hint(l, given->key, names, count));
}

void graph_make_props(struct graph_loader *l)
{
    for (uint32_t i = 0; i < l->ninstances; i++) {
        const struct graph_instance *instance = l->instances[i];
        struct graph_node *node = instance->node;
        const struct graph_given *fdt;

        if (!node)
            continue;
        for (uint32_t k = 0; k < instance->ngiven; k++) {
            const struct graph_given *given = &instance->given[k];
            bool common = false;

            for (const struct grammar_word *word = grammar_node; word->name; word++)
                common |= !strcmp(word->name, given->key);
            if (!common && !is_property(node->type, given->key) && !is_word(node->type, given->key))
                unknown_key(l, node, given);
        }
        node->props =
            graph_props(l, node->type, node->name, node->pos, instance->given, instance->ngiven);
        node->nprops = node->type->nprops;
        fdt = graph_given(instance, "fdt");
        if (fdt)
            graph_make_fdt(l, node, fdt);
    }
}
