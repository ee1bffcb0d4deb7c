/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed parameters:
 *
 *   params:
 *     harts:  { type: u32, default: 1, range: [1, 8], doc: "Number of harts." }
 *     memory: { type: size, default: 512MiB }
 *     mode:   { type: enum, choices: [fast, slow], default: fast }
 *
 * type: u32 u64 bool size freq duration string enum. A parameter without default must be given.
 * Defaults and ranges may use the parameters above them. Values come from `set:` and --set for a
 * board and a run, from `params:` of the include for a part.
 */
#include "core/machine/graph_load.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a value is in expressions. */
static enum expr_type expr_type(const struct grammar_param_type *type)
{
    switch (type->prop) {
    case BP_PROP_BOOL:
        return EXPR_BOOL;
    case BP_PROP_SIZE:
        return EXPR_SIZE;
    case BP_PROP_FREQ:
        return EXPR_FREQ;
    case BP_PROP_DURATION:
        return EXPR_DURATION;
    case BP_PROP_STR:
        return EXPR_STRING;
    default:
        return EXPR_INT;
    }
}

/* One entry of `params:` while it is read. */
struct param {
    const struct yaml_entry *entry;
    const struct grammar_param_type *type;
    struct graph_where where;
};

/* Names are used in expressions, where a - would mean minus. */
static bool is_identifier(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static const struct grammar_param_type *find_type(struct graph_loader *l, const struct param *p)
{
    const struct yaml_entry *entry = yaml_find(p->entry->value, "type");
    const char **names = NULL, *list = "";
    uint32_t count = 0;

    for (const struct grammar_param_type *t = grammar_param_types; t->name; t++) {
        *arena_push(l->arena, names, count) = t->name;
        list = arena_printf(l->arena, "%s%s%s", list,
                            count == 1  ? ""
                            : t[1].name ? ", "
                                        : " or ",
                            t->name);
    }
    if (!entry || entry->value->kind != YAML_SCALAR) {
        graph_error(l, entry ? entry->value->pos : p->entry->pos, "params", p->entry->key,
                    "has no type: write `type:` and %s", list);
        return NULL;
    }
    for (const struct grammar_param_type *t = grammar_param_types; t->name; t++)
        if (!strcmp(t->name, entry->value->text))
            return t;
    graph_error(l, entry->value->pos, "params", p->entry->key, "no type `%.40s`: write %s%s",
                entry->value->text, list, graph_hint(l, entry->value->text, names, count));
    return NULL;
}

/* Text as a value of the parameter's type, without its range. */
static bool read_value(struct graph_loader *l, const struct param *p, const struct graph_where *w,
                       const struct yaml_value *v, struct expr_value *out)
{
    const char *text = graph_text(l, w, v);
    char why[UNITS_WHY];
    uint64_t value = 0;
    bool negative = false, flag, ok = true;

    if (!text)
        return false;
    *out = (struct expr_value){.type = expr_type(p->type), .text = text};
    switch (out->type) {
    case EXPR_STRING:
        return true;
    case EXPR_BOOL:
        ok = yaml_boolean(text, &flag);
        value = ok && flag;
        snprintf(why, sizeof(why), "`%.40s` where a yes or no belongs: write true or false", text);
        break;
    case EXPR_INT:
        ok = units_integer(text, &negative, &value, why);
        if (ok && ((negative && value) || value > p->type->max)) {
            snprintf(why, sizeof(why), "%.40s is out of range: a %s is 0 to %" PRIu64, text,
                     p->type->name, p->type->max);
            ok = false;
        }
        break;
    default:
        ok = units_parse((enum unit_kind)out->type, text, &value, why);
        break;
    }
    out->number = value;
    if (!ok)
        graph_error(l, v->pos, w->node, w->key, "%s", why);
    return ok;
}

static bool check_range(struct graph_loader *l, const struct param *p, const struct graph_where *w,
                        const struct yaml_value *v, const struct expr_value *value)
{
    const struct yaml_entry *range = yaml_find(p->entry->value, "range");
    struct expr_value low, high;

    if (!range)
        return true;
    if (range->value->kind != YAML_LIST || range->value->count != 2 || value->type == EXPR_STRING ||
        value->type == EXPR_BOOL) {
        graph_error(l, range->value->pos, "params", p->entry->key,
                    "not a range: write range: [lowest, highest] for a type with an order");
        return false;
    }
    if (!read_value(l, p, &p->where, range->value->items[0], &low) ||
        !read_value(l, p, &p->where, range->value->items[1], &high))
        return false;
    if (value->number >= low.number && value->number <= high.number)
        return true;
    graph_error(l, v->pos, w->node, w->key, "%s is out of range: use %s to %s",
                expr_format(l->arena, value), expr_format(l->arena, &low),
                expr_format(l->arena, &high));
    return false;
}

static bool check_choices(struct graph_loader *l, const struct param *p,
                          const struct graph_where *w, const struct yaml_value *v,
                          const struct expr_value *value)
{
    const struct yaml_entry *choices = yaml_find(p->entry->value, "choices");
    const char **names, *list = "", *text;
    struct expr_value choice;

    if (!choices && strcmp(p->type->name, "enum"))
        return true;
    if (!choices || choices->value->kind != YAML_LIST || !choices->value->count) {
        graph_error(l, choices ? choices->value->pos : p->entry->pos, "params", p->entry->key,
                    "has no choices: write choices: [one, other]");
        return false;
    }
    names = arena_alloc(l->arena, choices->value->count * sizeof(*names));
    text = expr_format(l->arena, value);
    for (uint32_t i = 0; i < choices->value->count; i++) {
        if (!read_value(l, p, &p->where, choices->value->items[i], &choice))
            return false;
        names[i] = expr_format(l->arena, &choice);
        if (!strcmp(names[i], text))
            return true;
        if (i < 16)
            list = arena_printf(l->arena, "%s%s%s", list, i ? ", " : "", names[i]);
    }
    graph_error(l, v->pos, w->node, w->key, "`%.40s` is none of the choices: use %s%s", text, list,
                graph_hint(l, text, names, choices->value->count));
    return false;
}

/* The last value that somebody gave, else the default. */
static bool find_value(struct graph_loader *l, const struct param *p, struct graph_set *sets,
                       uint32_t nsets, struct expr_value *out)
{
    const struct yaml_entry *fallback = yaml_find(p->entry->value, "default");
    const struct graph_set *set = NULL;
    const struct yaml_value *v;
    struct graph_where w = p->where;
    bool ok = true;

    for (uint32_t i = 0; i < nsets; i++) {
        if (strcmp(sets[i].name, p->entry->key))
            continue;
        sets[i].used = true;
        set = &sets[i];
    }
    /* A default that nobody uses is checked all the same. */
    if (fallback && set)
        ok = read_value(l, p, &p->where, fallback->value, out) &&
             check_range(l, p, &p->where, fallback->value, out) &&
             check_choices(l, p, &p->where, fallback->value, out);
    if (!set && !fallback) {
        graph_error(l, p->entry->pos, "params", p->entry->key,
                    "has no default and is not given: set it%s",
                    p->where.scope->part->outer ? " under `params:` of the include"
                                                : " with --set or `set:`");
        return false;
    }
    v = set ? set->value : fallback->value;
    if (set) {
        w.node = set->scope ? "set" : NULL;
        w.scope = set->scope;
        if (!set->scope)
            w.key = arena_printf(l->arena, "--set %s", set->name);
    }
    return read_value(l, p, &w, v, out) && check_range(l, p, &w, v, out) &&
           check_choices(l, p, &w, v, out) && ok;
}

/* For `describe`: parameters of the board and the run. */
static void keep(struct graph_loader *l, const struct param *p, const struct expr_value *value)
{
    struct graph_param *out = arena_push(l->arena, l->graph->params, l->graph->nparams);
    const struct yaml_entry *doc = yaml_find(p->entry->value, "doc");

    out->name = arena_copy(l->arena, p->entry->key, strlen(p->entry->key));
    out->doc = doc && doc->value->kind == YAML_SCALAR ? (char *)doc->value->text : NULL;
    out->value = (struct graph_value){.type = p->type->prop, .pos = p->entry->pos};
    if (value->type == EXPR_STRING)
        out->value.s = arena_copy(l->arena, value->text, strlen(value->text));
    else
        out->value.u = (uint64_t)value->number;
}

static bool read_param(struct graph_loader *l, struct param *p, struct graph_set *sets,
                       uint32_t nsets, struct expr_value *out)
{
    if (!is_identifier(p->entry->key)) {
        graph_error(l, p->entry->pos, "params", p->entry->key,
                    "not a name for a parameter: use letters, digits and _ (a - would be a minus)");
        return false;
    }
    if (p->entry->value->kind != YAML_MAP) {
        graph_error(l, p->entry->value->pos, "params", p->entry->key,
                    "%s where a map belongs: write { type: u32, default: 1 }",
                    yaml_kind_name(p->entry->value));
        return false;
    }
    graph_check_keys(l, "params", p->entry->key, p->entry->value, grammar_param, "a parameter");
    p->type = find_type(l, p);
    return p->type && find_value(l, p, sets, nsets, out);
}

void graph_params(struct graph_loader *l, struct graph_part *part, struct graph_set *sets,
                  uint32_t nsets)
{
    const struct graph_where w = {.scope = &part->scope};
    const struct yaml_value *map = graph_map(l, &w, part->document->root, "params");
    struct expr_var *vars = map ? arena_alloc(l->arena, (map->count + 1) * sizeof(*vars)) : NULL;

    part->scope.names.vars = vars;
    if (map && map->count > GRAPH_MAX_PARAMS) {
        graph_error(l, map->pos, NULL, "params", "more than %u parameters: use fewer",
                    GRAPH_MAX_PARAMS);
        return;
    }
    for (uint32_t i = 0; map && i < map->count; i++) {
        struct param p = {.entry = &map->entries[i],
                          .where = {"params", map->entries[i].key, &part->scope}};

        vars[i].name = p.entry->key;
        vars[i].broken = !read_param(l, &p, sets, nsets, &vars[i].value);
        if (!vars[i].broken && !part->outer)
            keep(l, &p, &vars[i].value);
        /* Also a broken one is in sight, so that its users are not said to use something
         * unknown. */
        part->scope.names.count = i + 1;
    }
    for (uint32_t i = 0; i < nsets; i++)
        for (uint32_t k = 0; map && k < map->count; k++)
            sets[i].used |= !strcmp(sets[i].name, map->entries[k].key);
}

void graph_add_sets(struct graph_loader *l, const struct yaml_value *map,
                    const struct graph_scope *scope, struct graph_set **sets, uint32_t *nsets)
{
    for (uint32_t i = 0; map && i < map->count; i++) {
        struct graph_set *set = arena_push(l->arena, *sets, *nsets);

        *set = (struct graph_set){map->entries[i].key, map->entries[i].pos, map->entries[i].value,
                                  scope, false};
    }
}

void graph_check_sets(struct graph_loader *l, const char *key, const struct graph_set *sets,
                      uint32_t nsets, const struct graph_part *const *parts, uint32_t nparts)
{
    const char **names = NULL, *hint, *list = "";
    uint32_t count = 0;

    for (uint32_t p = 0; p < nparts; p++)
        for (size_t i = 0; i < parts[p]->scope.names.count; i++) {
            *arena_push(l->arena, names, count) = parts[p]->scope.names.vars[i].name;
            if (count <= 16)
                list =
                    arena_printf(l->arena, "%s%s%s", list, count > 1 ? ", " : "", names[count - 1]);
        }
    for (uint32_t i = 0; i < nsets; i++) {
        if (sets[i].used)
            continue;
        hint = graph_hint(l, sets[i].name, names, count);
        graph_error(l, sets[i].pos, sets[i].scope ? key : NULL,
                    sets[i].scope ? sets[i].name : arena_printf(l->arena, "--set %s", sets[i].name),
                    "no such parameter%s%s%s", hint, !*hint && count ? ": there are " : "",
                    *hint   ? ""
                    : count ? list
                            : ": there are none");
    }
}
