/* SPDX-License-Identifier: Apache-2.0
 *
 * From `nodes:` to instances.
 *
 *   nodes:
 *     hart: { repeat: { i: "0..${harts - 1}" }, when: "${i != 2}", ... }     hart0 hart1 hart3
 *   override:
 *     uart0: { clock: fast-osc }     of an included node, key by key; lists and maps as a whole
 *     hart:  { mmu: none }           of all that came from a repeat
 *     rtc:   { delete: true }
 *     disk0: { drive: ~ }            back to the default
 *
 * A range may be empty (0..-1). Values under `override:` are computed where they stand, in the file
 * that overrides.
 */
#include "core/machine/graph_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- repeat and when -------------------------------------------------------------------------- */

struct range {
    const char *index; /* name; NULL: no repeat */
    int64_t first, last;
};

static bool read_bound(const char **text, int64_t *out)
{
    char number[24] = "", why[UNITS_WHY];
    size_t length = strspn(*text + (**text == '-'), "0123456789") + (**text == '-');
    uint64_t magnitude;
    bool negative;

    if (length >= sizeof(number))
        return false;
    memcpy(number, *text, length);
    *text += length;
    if (!units_integer(number, &negative, &magnitude, why) || magnitude > UINT32_MAX)
        return false;
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

static bool read_range(struct graph_loader *l, const struct graph_where *w,
                       const struct yaml_value *v, struct range *out)
{
    const char *text, *p;

    if (v->kind != YAML_MAP || v->count != 1 || !graph_is_name(v->entries[0].key)) {
        graph_error(l, v->pos, w->node, w->key,
                    "not one index and its range: write { i: \"0..${n - 1}\" }");
        return false;
    }
    out->index = v->entries[0].key;
    for (size_t i = 0; i < w->scope->names.count; i++)
        if (!strcmp(w->scope->names.vars[i].name, out->index)) {
            graph_error(l, v->entries[0].pos, w->node, w->key,
                        "`%s` is a parameter already: use another name", out->index);
            return false;
        }
    p = text = graph_text(l, w, v->entries[0].value);
    if (!text)
        return false;
    if (!read_bound(&p, &out->first) || strncmp(p, "..", 2) ||
        (p += 2, !read_bound(&p, &out->last)) || *p || out->first < 0 ||
        out->last < out->first - 1) {
        graph_error(l, v->entries[0].value->pos, w->node, w->key,
                    "`%.40s` is not a range: write FIRST..LAST, with LAST at least FIRST - 1",
                    text);
        return false;
    }
    return true;
}

/* A scope with the index in front of what `outer` has. */
static const struct graph_scope *index_scope(struct graph_loader *l,
                                             const struct graph_scope *outer, const char *name,
                                             int64_t value)
{
    struct graph_scope *scope = arena_alloc(l->arena, sizeof(*scope));
    struct expr_var *var = arena_alloc(l->arena, sizeof(*var));

    var->name = name;
    var->value = (struct expr_value){.type = EXPR_INT, .number = value};
    *scope = (struct graph_scope){.names = {.vars = var, .count = 1, .outer = &outer->names},
                                  .part = outer->part};
    return scope;
}

static bool is_control(const char *key)
{
    return !strcmp(key, "repeat") || !strcmp(key, "when") || !strcmp(key, "doc");
}

static void add_instance(struct graph_loader *l, const struct graph_scope *scope,
                         const struct yaml_entry *entry, const char *name, const char *template)
{
    const struct yaml_entry *when = yaml_find(entry->value, "when");
    struct graph_instance *instance = arena_alloc(l->arena, sizeof(*instance));
    const struct graph_instance *twin = graph_find_instance(l, "", name);
    struct graph_where w = {name, "when", scope};
    bool wanted = true;

    *instance = (struct graph_instance){
        .name = name, .template = template, .pos = entry->pos, .scope = scope};
    if (twin) {
        bool here = !strcmp(twin->pos.file, entry->pos.file);

        graph_error(l, entry->pos, name, NULL, "is there already (%s%s%u): rename one of the two%s",
                    here ? "line " : twin->pos.file, here ? "" : ":", twin->pos.line,
                    here ? "" : ", or include with a prefix");
        return;
    }
    if (l->ninstances >= GRAPH_MAX_NODES) {
        graph_error(l, entry->pos, NULL, "nodes", "more than %u nodes: describe fewer",
                    GRAPH_MAX_NODES);
        return;
    }
    if (when && graph_boolean(l, &w, when->value, &wanted) && !wanted)
        instance->absent = "is left out by its `when:`";
    for (uint32_t i = 0; i < entry->value->count; i++) {
        const struct yaml_entry *e = &entry->value->entries[i];

        if (!is_control(e->key))
            *arena_push(l->arena, instance->given, instance->ngiven) =
                (struct graph_given){e->key, e->pos, e->value, scope};
    }
    graph_add_instance(l, instance);
}

static void expand_node(struct graph_loader *l, const struct graph_part *part,
                        const struct yaml_entry *entry)
{
    const struct yaml_entry *repeat = yaml_find(entry->value, "repeat");
    const char *name = arena_printf(l->arena, "%s%s", part->prefix, entry->key);
    struct graph_where w = {name, "repeat", &part->scope};
    struct range range = {.first = 0, .last = 0};

    if (!graph_is_name(entry->key)) {
        graph_error(l, entry->pos, "nodes", entry->key,
                    "not a name for a node: start with a letter, use letters, digits, - and _");
        return;
    }
    if (entry->value->kind != YAML_MAP) {
        graph_error(l, entry->value->pos, name, NULL,
                    "%s where a map belongs: write { type: ALIAS/TYPE }",
                    yaml_kind_name(entry->value));
        return;
    }
    if (!repeat) {
        add_instance(l, &part->scope, entry, name, name);
        return;
    }
    if (!read_range(l, &w, repeat->value, &range)) {
        *arena_push(l->arena, l->lost, l->nlost) = name;
        return;
    }
    if (range.last - range.first >= (int64_t)GRAPH_MAX_NODES) {
        graph_error(l, repeat->value->pos, name, "repeat", "more than %u nodes: describe fewer",
                    GRAPH_MAX_NODES);
        *arena_push(l->arena, l->lost, l->nlost) = name;
        return;
    }
    for (int64_t i = range.first; i <= range.last; i++)
        add_instance(l, index_scope(l, &part->scope, range.index, i), entry,
                     arena_printf(l->arena, "%s%" PRId64, name, i), name);
}

void graph_expand(struct graph_loader *l, const struct graph_part *part)
{
    const struct graph_where w = {.scope = &part->scope};
    const struct yaml_value *nodes = graph_map(l, &w, part->document->root, "nodes");

    for (uint32_t i = 0; nodes && i < nodes->count; i++)
        expand_node(l, part, &nodes->entries[i]);
}

/* --- override --------------------------------------------------------------------------------- */

static void change(struct graph_loader *l, struct graph_instance *instance,
                   const struct graph_scope *scope, const struct yaml_entry *entry)
{
    struct graph_given given = {entry->key, entry->pos, entry->value, scope};
    struct graph_where w = {instance->name, entry->key, scope};
    bool deleted;

    if (!strcmp(entry->key, "delete")) {
        if (graph_boolean(l, &w, entry->value, &deleted) && deleted)
            instance->absent = "is deleted under `override:`";
        return;
    }
    if (is_control(entry->key)) {
        graph_error(l, entry->pos, instance->name, entry->key,
                    "cannot be overridden: change a parameter, or write delete: true");
        return;
    }
    for (uint32_t i = 0; i < instance->ngiven; i++)
        if (!strcmp(instance->given[i].key, entry->key)) {
            instance->given[i] = given;
            return;
        }
    *arena_push(l->arena, instance->given, instance->ngiven) = given;
}

static void unknown_target(struct graph_loader *l, const struct graph_part *part, uint32_t first,
                           const struct yaml_entry *entry)
{
    size_t length = strlen(part->prefix);
    const struct yaml_entry *nodes = yaml_find(part->document->root, "nodes");
    const struct yaml_entry *own = nodes ? yaml_find(nodes->value, entry->key) : NULL;
    const char **names, *hint;
    uint32_t count = 0;

    if (own) {
        graph_error(l, entry->pos, "override", entry->key,
                    "is a node of this file (line %u): change it there", own->pos.line);
        return;
    }
    names = arena_alloc(l->arena, (l->ninstances + 1) * sizeof(*names));
    for (uint32_t i = first; i < l->ninstances; i++)
        names[count++] = l->instances[i]->name + length;
    hint = graph_hint(l, entry->key, names, count);
    graph_error(l, entry->pos, "override", entry->key, "no included node of this name%s",
                *hint ? hint : ": only nodes of included files can be overridden");
}

void graph_override(struct graph_loader *l, const struct graph_part *part, uint32_t first)
{
    const struct graph_where w = {.scope = &part->scope};
    const struct yaml_value *map = graph_map(l, &w, part->document->root, "override");

    for (uint32_t i = 0; map && i < map->count; i++) {
        const struct yaml_entry *target = &map->entries[i];
        const char *name = arena_printf(l->arena, "%s%s", part->prefix, target->key);
        bool found = false;

        if (target->value->kind != YAML_MAP) {
            graph_error(l, target->value->pos, "override", target->key,
                        "%s where a map belongs: write { PROPERTY: VALUE } or { delete: true }",
                        yaml_kind_name(target->value));
            continue;
        }
        for (uint32_t k = first; k < l->ninstances; k++) {
            struct graph_instance *instance = l->instances[k];

            if (strcmp(instance->name, name) && strcmp(instance->template, name))
                continue;
            found = true;
            for (uint32_t e = 0; e < target->value->count; e++)
                change(l, instance, &part->scope, &target->value->entries[e]);
        }
        if (!found && !graph_is_lost(l, name))
            unknown_target(l, part, first, target);
    }
}
