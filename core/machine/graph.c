/* SPDX-License-Identifier: Apache-2.0
 *
 * graph_load() from start to end, and the words that all its steps use.
 */
#include "core/machine/graph_load.h"
#include "core/svd/svd.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_MEMORY ((size_t)64 << 20) /* a board with 4,096 nodes needs a third of it */

#define MAX_REPORTS 20000u
#define ENOUGH                                                                                     \
    3 /* reaches setjmp() beside ARENA_*: so much is wrong that the rest does not matter */

const struct diag_pos graph_command_line = {.file = "command line"};

/* A graph with the memory behind everything it points to. */
struct owner {
    struct graph graph;
    struct arena arena;
};

/* --- errors ----------------------------------------------------------------------------------- */

static bool same_key(const char *thing, const char *node, const char *key)
{
    const char *dot = thing ? strchr(thing, '.') : NULL;

    if (!node || !thing)
        return false;
    return dot ? key && !strcmp(dot + 1, key) : !key;
}

void graph_error(struct graph_loader *l, struct diag_pos pos, const char *node, const char *key,
                 const char *format, ...)
{
    char text[1024], thing[256];
    va_list args;

    /* Nobody reads on; a hostile description could keep us busy for long. */
    if (++l->reports > MAX_REPORTS || l->diag->dropped)
        longjmp(*l->arena->escape, ENOUGH);
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (size_t i = l->first_item; i < l->diag->count; i++) {
        const struct diag_item *item = &l->diag->items[i];

        if (pos.line && item->pos.line == pos.line && item->pos.column == pos.column && pos.file &&
            item->pos.file && !strcmp(item->pos.file, pos.file) && !strcmp(item->text, text) &&
            same_key(item->thing, node, key))
            return;
    }
    snprintf(thing, sizeof(thing), "%s%s%s", node ? node : "", node && key ? "." : "",
             key ? key : "");
    diag_error(l->diag, pos, *thing ? thing : NULL, "%s", text);
}

const char *graph_hint(struct graph_loader *l, const char *word, const char *const *candidates,
                       size_t count)
{
    const char *nearest = diag_nearest(word, candidates, count);

    return nearest ? arena_printf(l->arena, "; did you mean %s?", nearest) : "";
}

/* --- texts ------------------------------------------------------------------------------------ */

const char *graph_text(struct graph_loader *l, const struct graph_where *w,
                       const struct yaml_value *v)
{
    const char *text = NULL;
    char why[EXPR_WHY];

    if (v->kind != YAML_SCALAR) {
        graph_error(l, v->pos, w->node, w->key, "%s where a single value belongs: write one value",
                    yaml_kind_name(v));
        return NULL;
    }
    if (!w->scope)
        return v->text;
    switch (expr_expand(l->arena, v->text, &w->scope->names, &text, why)) {
    case EXPR_OK:
        return text;
    case EXPR_FAILED:
        graph_error(l, v->pos, w->node, w->key, "in `%.80s`: %s", v->text, why);
        return NULL;
    default:
        return NULL;
    }
}

bool graph_optional_text(struct graph_loader *l, const struct graph_where *w,
                         const struct yaml_value *v, const char **out)
{
    *out = NULL;
    if (!v || yaml_is_null(v))
        return true;
    *out = graph_text(l, w, v);
    return *out != NULL;
}

bool graph_boolean(struct graph_loader *l, const struct graph_where *w, const struct yaml_value *v,
                   bool *out)
{
    const char *text = graph_text(l, w, v);

    if (!text)
        return false;
    if (yaml_boolean(text, out))
        return true;
    graph_error(l, v->pos, w->node, w->key,
                "`%.40s` where a yes or no belongs: write true or false", text);
    return false;
}

bool graph_is_name(const char *text)
{
    size_t length = strlen(text);

    if (!isalpha((unsigned char)text[0]) || length > 64)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return true;
}

const struct yaml_value *graph_map(struct graph_loader *l, const struct graph_where *w,
                                   const struct yaml_value *parent, const char *key)
{
    const struct yaml_entry *entry = yaml_find(parent, key);

    if (!entry || yaml_is_null(entry->value))
        return NULL;
    if (entry->value->kind == YAML_MAP)
        return entry->value;
    graph_error(l, entry->value->pos, w->node, key,
                "%s where a map belongs: write `name: value` lines", yaml_kind_name(entry->value));
    return NULL;
}

void graph_check_keys(struct graph_loader *l, const char *node, const char *key,
                      const struct yaml_value *map, const struct grammar_word *known,
                      const char *what)
{
    size_t count;
    const char **names = graph_words(l, known, &count);

    for (uint32_t i = 0; map && i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        bool found = false;

        for (size_t k = 0; k < count; k++)
            found |= !strcmp(names[k], entry->key);
        if (!found)
            graph_error(l, entry->pos, node,
                        key ? arena_printf(l->arena, "%s.%s", key, entry->key) : entry->key,
                        "no such key of %s%s", what, graph_hint(l, entry->key, names, count));
    }
}

const char **graph_words(struct graph_loader *l, const struct grammar_word *words, size_t *count)
{
    const char **names = NULL;
    uint32_t n = 0;

    for (; words->name; words++)
        *arena_push(l->arena, names, n) = words->name;
    *count = n;
    return names;
}

/* "a/b/../c" -> "a/c", for people's eyes: only when both are the same file, which symbolic links
 * may prevent. */
static const char *shorten(struct graph_loader *l, const char *path)
{
    char *copy = arena_copy(l->arena, path, strlen(path)), *up;
    struct stat before, after;

    while ((up = strstr(copy, "/../"))) {
        char *start = up;

        while (start > copy && start[-1] != '/')
            start--;
        if (start == up || !strncmp(start, "../", 3) || !strncmp(start, "./", 2))
            break;
        memmove(start, up + 4, strlen(up + 4) + 1);
    }
    if (stat(path, &before) || stat(copy, &after) || before.st_dev != after.st_dev ||
        before.st_ino != after.st_ino)
        return path;
    return copy;
}

const char *graph_path(struct graph_loader *l, const struct graph_scope *scope, const char *path)
{
    if (path[0] == '/' || !scope || !scope->part)
        return path;
    return shorten(l, arena_printf(l->arena, "%s%s", scope->part->document->dir, path));
}

/* --- the whole -------------------------------------------------------------------------------- */

static void load(struct graph_loader *l, const char *file)
{
    if (!graph_read(l, file))
        return;
    graph_make_nodes(l);
    graph_make_regs(l);
    graph_make_props(l);
    graph_make_stubs(l);
    graph_make_ports(l);
    graph_make_via(l);
    graph_make_seats(l);
    graph_check_required(l);
    graph_make_board(l);
    graph_make_accels(l);
    graph_make_run(l); /* lockstep decides about the time */
    graph_make_backends(l);
    graph_make_images(l);
}

struct graph *graph_load(const char *file, const struct graph_options *options, struct registry *r,
                         struct diag *d)
{
    static const struct graph_options none;
    const struct diag_pos pos = {.file = file};
    struct owner *const owner = calloc(1, sizeof(*owner));
    struct graph_loader *const l = calloc(1, sizeof(*l));
    const size_t errors = d->errors;
    jmp_buf here;

    if (!owner || !l) {
        diag_error(d, pos, NULL, "no memory");
        free(owner);
        free(l);
        return NULL;
    }
    *l = (struct graph_loader){.arena = &owner->arena,
                               .diag = d,
                               .first_item = d->count,
                               .registry = r,
                               .graph = &owner->graph};
    l->options = options ? options : &none;
    arena_init(&owner->arena, MAX_MEMORY, &here);
    switch (setjmp(here)) {
    case 0:
        load(l, file);
        break;
    case ENOUGH:
        break;
    case ARENA_LIMIT:
        diag_error(d, pos, NULL, "describes more than %zu MiB of nodes: make it smaller",
                   MAX_MEMORY >> 20);
        break;
    default:
        diag_error(d, pos, NULL, "no memory");
        break;
    }
    owner->arena.escape = NULL;
    free(l);
    if (d->errors == errors)
        return &owner->graph;
    graph_destroy(&owner->graph);
    return NULL;
}

void graph_destroy(struct graph *g)
{
    struct owner *owner = (struct owner *)g; /* its first member */

    if (!owner)
        return;
    for (uint32_t i = 0; i < g->ndescriptions; i++)
        svd_close(g->descriptions[i].svd);
    arena_finish(&owner->arena);
    free(owner);
}

struct arena *graph_arena(struct graph *g)
{
    return &((struct owner *)g)->arena;
}

struct graph_node *graph_find(const struct graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->nnodes; i++)
        if (!strcmp(g->nodes[i]->name, name))
            return g->nodes[i];
    return NULL;
}

const struct graph_value *graph_value(const struct graph_node *node, const char *property)
{
    for (uint32_t i = 0; i < node->nprops; i++)
        if (!strcmp(node->props[i].row->name, property))
            return &node->props[i].value;
    return NULL;
}

uint32_t graph_port_width(const struct graph_node *node, uint32_t index)
{
    const struct bp_port *port = &node->type->ports[index];
    const struct graph_value *value = NULL;

    if (port->width_prop) {
        value = graph_value(node, port->width_prop);
        return value ? (uint32_t)value->u : 1;
    }
    value = port->via_prop ? graph_value(node, port->via_prop) : NULL;
    if (value)
        return value->list.count;
    return port->width ? port->width : 1;
}
