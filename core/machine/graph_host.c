/* SPDX-License-Identifier: Apache-2.0
 *
 * The host side of a machine: accelerators and back ends.
 *
 *   accel: [kvm, tcg, "interp,cache=64MiB"]   in order of preference; one string is fine too
 *   backends:
 *     console: { type: stdio }                or in short, as on the command line: "stdio"
 *     root:    { type: raw, path: disk.img }  "raw,path=disk.img"; a comma in a value is doubled
 *
 * An accelerator that is not installed is passed over if another one of the list is there. Of
 * --backend the last one with a name counts, and replaces the run's.
 */
#include "core/machine/graph_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCKSTEP "lockstep:"

/* A type by its bare name, with settings. */
struct choice {
    const char *name; /* under `backends:` */
    const char *type;
    struct diag_pos pos;
    struct graph_given *given;
    uint32_t ngiven;
};

/* The piece up to a single comma; *text is moved behind it, NULL at the end. Two commas are one
 * that belongs to it. */
static char *next_piece(struct graph_loader *l, const char **text)
{
    char *piece = arena_alloc(l->arena, strlen(*text) + 1), *out = piece;
    const char *p = *text;

    for (; *p && (*p != ',' || p[1] == ','); p++) {
        p += *p == ',';
        *out++ = *p;
    }
    *text = *p ? p + 1 : NULL;
    return piece;
}

static void add_setting(struct graph_loader *l, struct choice *c, char *piece)
{
    char *equals = strchr(piece, '=');
    struct graph_given given = {.pos = c->pos};

    *equals = 0;
    given.key = piece;
    given.value = yaml_scalar(l->arena, c->pos, equals + 1);
    *arena_push(l->arena, c->given, c->ngiven) = given;
}

static struct choice *add_choice(struct graph_loader *l, struct choice **list, uint32_t *count,
                                 const char *name, const char *type, struct diag_pos pos)
{
    struct choice *c = arena_push(l->arena, *list, *count);

    *c = (struct choice){.name = name, .type = type, .pos = pos};
    return c;
}

/* "interp,cache=64MiB": types, each followed by its settings. `scope` is where relative paths
 * start. */
static void read_short(struct graph_loader *l, const char *thing, const char *key, const char *name,
                       const char *text, struct diag_pos pos, const struct graph_scope *scope,
                       struct choice **list, uint32_t *count)
{
    uint32_t first = *count;

    while (text) {
        const char *rest = text;
        char *piece = next_piece(l, &text);

        if (!strncmp(piece, LOCKSTEP, strlen(LOCKSTEP))) { /* two names: one choice to the end */
            add_choice(l, list, count, name, rest, pos);
            return;
        }
        if (!strchr(piece, '=')) {
            if (*piece)
                add_choice(l, list, count, name, piece, pos);
            else
                graph_error(l, pos, thing, key, "an empty name: write TYPE[,KEY=VALUE]...");
        } else if (*count > first && *piece != '=') {
            add_setting(l, &(*list)[*count - 1], piece);
            (*list)[*count - 1].given[(*list)[*count - 1].ngiven - 1].scope = scope;
        } else {
            graph_error(l, pos, thing, key,
                        "`%.40s` has no type before it: write TYPE[,KEY=VALUE]...", piece);
        }
    }
}

/* { type: raw, path: disk.img } */
static void read_long(struct graph_loader *l, const struct graph_where *w, const char *name,
                      const struct yaml_value *v, struct choice **list, uint32_t *count)
{
    const struct yaml_entry *type = yaml_find(v, "type");
    const char *text = type ? graph_text(l, w, type->value) : NULL;
    struct choice *c;

    if (!type)
        graph_error(l, v->pos, w->node, w->key,
                    "has no type: write `type:` and one that `backplane list` shows");
    if (!text)
        return;
    c = add_choice(l, list, count, name, text, type->value->pos);
    for (uint32_t i = 0; i < v->count; i++)
        if (&v->entries[i] != type)
            *arena_push(l->arena, c->given, c->ngiven) = (struct graph_given){
                v->entries[i].key, v->entries[i].pos, v->entries[i].value, w->scope};
}

static void read_choice(struct graph_loader *l, const struct graph_where *w, const char *name,
                        const struct yaml_value *v, struct choice **list, uint32_t *count)
{
    const char *text;

    if (v->kind == YAML_MAP) {
        read_long(l, w, name, v, list, count);
        return;
    }
    text = graph_text(l, w, v);
    if (text)
        read_short(l, w->node, w->key, name, text, v->pos, w->scope, list, count);
}

/* --- types ------------------------------------------------------------------------------------ */

static const char *available(struct graph_loader *l, enum type_kind kind, const char *word)
{
    const struct type *types[64];
    const char *names[64], *list = "", *hint;
    size_t count = registry_types(l->registry, kind, types, 64);

    for (size_t i = 0; i < count; i++) {
        names[i] = types[i]->name;
        list = arena_printf(l->arena, "%s%s%s", list, i ? ", " : "", names[i]);
    }
    hint = graph_hint(l, word, names, count);
    if (*hint)
        return hint;
    return count ? arena_printf(l->arena, ": there %s %s", count == 1 ? "is" : "are", list)
                 : ": no plug-in has any; add one with --plugin-path";
}

static void check_settings(struct graph_loader *l, const struct choice *c, const struct type *type,
                           const char *thing)
{
    const char **names = arena_alloc(l->arena, (type->nprops + 1) * sizeof(*names));

    for (uint32_t i = 0; i < type->nprops; i++)
        names[i] = type->props[i].name;
    for (uint32_t i = 0; i < c->ngiven; i++) {
        bool found = false;

        for (uint32_t k = 0; k < type->nprops; k++)
            found |= !strcmp(names[k], c->given[i].key);
        if (!found)
            graph_error(l, c->given[i].pos, thing, c->given[i].key, "no such setting of %s%s",
                        type->name, graph_hint(l, c->given[i].key, names, type->nprops));
    }
}

/* --- accelerators ----------------------------------------------------------------------------- */

static void add_accel(struct graph_loader *l, const struct choice *c, const struct type *type)
{
    struct graph_accel *out = arena_push(l->arena, l->graph->accels, l->graph->naccels);
    const char *thing = c->pos.line ? "accel" : "--accel";

    check_settings(l, c, type, thing);
    *out = (struct graph_accel){.type = type,
                                .name = arena_copy(l->arena, c->type, strlen(c->type)),
                                .nprops = type->nprops,
                                .pos = c->pos};
    out->props = graph_props(l, type, thing, c->pos, c->given, c->ngiven);
}

static const struct type *find_accel(struct graph_loader *l, const struct choice *c)
{
    return registry_find(l->registry, TYPE_ACCEL, c->type, l->diag);
}

static bool is_lockstep(const struct choice *c)
{
    return !strncmp(c->type, LOCKSTEP, strlen(LOCKSTEP));
}

/* lockstep:interp,tcg,hot=1 is two accelerators, and both are needed. */
static void make_lockstep(struct graph_loader *l, const struct graph_where *w,
                          const struct choice *c)
{
    struct choice *list = NULL;
    uint32_t count = 0;

    read_short(l, NULL, w->key, NULL, c->type + strlen(LOCKSTEP), c->pos, w->scope, &list, &count);
    if (count != 2)
        graph_error(l, c->pos, NULL, w->key,
                    "lockstep runs two accelerators: write lockstep:ONE,OTHER");
    for (uint32_t i = 0; i < count; i++) {
        const struct type *type = find_accel(l, &list[i]);

        if (type)
            add_accel(l, &list[i], type);
        else
            graph_error(l, list[i].pos, NULL, w->key, "no accelerator `%.40s`%s", list[i].type,
                        available(l, TYPE_ACCEL, list[i].type));
    }
    l->graph->lockstep = true;
}

static uint32_t rank_of(const struct type *type)
{
    return BP_HAS(type->accel, rank) ? type->accel->rank : 0;
}

static int by_rank(const void *a, const void *b)
{
    const struct type *const *x = a, *const *y = b;
    uint32_t of_x = rank_of(*x), of_y = rank_of(*y);

    return of_x != of_y ? (of_x < of_y) - (of_x > of_y) : strcmp((*x)->name, (*y)->name);
}

static void choose_installed(struct graph_loader *l)
{
    const struct type *types[64];
    size_t count;

    registry_open_all(l->registry, l->diag);
    count = registry_types(l->registry, TYPE_ACCEL, types, 64);
    qsort(types, count, sizeof(*types), by_rank);
    for (size_t i = 0; i < count; i++)
        add_accel(l, &(struct choice){.type = types[i]->name, .pos = graph_command_line}, types[i]);
    if (!count)
        graph_error(l, graph_command_line, NULL, "--accel",
                    "no accelerator is installed: add one with --plugin-path");
}

void graph_make_accels(struct graph_loader *l)
{
    const struct yaml_entry *entry = l->run ? yaml_find(l->run->document->root, "accel") : NULL;
    struct graph_where w = {NULL, "accel", l->run ? &l->run->scope : NULL};
    struct choice *list = NULL;
    const struct type *type;
    uint32_t count = 0, known = 0;

    if (l->options->accel) {
        w.key = "--accel";
        read_short(l, NULL, w.key, NULL, l->options->accel, graph_command_line, NULL, &list,
                   &count);
    } else if (entry && entry->value->kind == YAML_LIST) {
        for (uint32_t i = 0; i < entry->value->count; i++)
            read_choice(l, &w, NULL, entry->value->items[i], &list, &count);
    } else if (entry && !yaml_is_null(entry->value)) {
        read_choice(l, &w, NULL, entry->value, &list, &count);
    } else if (l->options->check_host) {
        choose_installed(l);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!is_lockstep(&list[i]))
            continue;
        if (count == 1)
            make_lockstep(l, &w, &list[i]);
        else
            graph_error(l, list[i].pos, NULL, w.key,
                        "lockstep is no choice among others: write lockstep:ONE,OTHER alone");
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        type = find_accel(l, &list[i]);
        if (type)
            add_accel(l, &list[i], type);
        known += type != NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (find_accel(l, &list[i]))
            continue;
        if (known)
            diag_warn(l->diag, list[i].pos, w.key, "no accelerator `%.40s`, passed over%s",
                      list[i].type, available(l, TYPE_ACCEL, list[i].type));
        else
            graph_error(l, list[i].pos, NULL, w.key, "no accelerator `%.40s`%s", list[i].type,
                        available(l, TYPE_ACCEL, list[i].type));
    }
}

/* --- back ends -------------------------------------------------------------------------------- */

static const char *kind_name(uint32_t kind)
{
    return kind == BP_BACKEND_CHAR ? "characters" : "blocks";
}

/* How an error names it: as the user did. */
static const char *backend_thing(struct graph_loader *l, struct diag_pos pos, const char *name)
{
    return arena_printf(l->arena, pos.line ? "backends.%s" : "--backend %s", name);
}

static void add_backend(struct graph_loader *l, const struct choice *c)
{
    const char *thing = backend_thing(l, c->pos, c->name);
    const struct type *type = registry_find(l->registry, TYPE_BACKEND, c->type, l->diag);
    struct graph_backend *out;

    if (!type) {
        graph_error(l, c->pos, thing, NULL, "no back end `%.40s`%s", c->type,
                    available(l, TYPE_BACKEND, c->type));
        return;
    }
    check_settings(l, c, type, thing);
    out = arena_push(l->arena, l->graph->backends, l->graph->nbackends);
    *out = (struct graph_backend){.name = arena_copy(l->arena, c->name, strlen(c->name)),
                                  .pos = c->pos,
                                  .type = type,
                                  .nprops = type->nprops};
    out->props = graph_props(l, type, thing, c->pos, c->given, c->ngiven);
}

static const struct graph_backend *find_backend(const struct graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->nbackends; i++)
        if (!strcmp(g->backends[i].name, name))
            return &g->backends[i];
    return NULL;
}

static bool is_chosen(const struct choice *list, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, name))
            return true;
    return false;
}

/* Does what a node expects fit what the run gives it? False: the port stays open. */
static bool check_attach(struct graph_loader *l, uint32_t index, const struct choice *list,
                         uint32_t count)
{
    const struct graph_attach *a = &l->graph->attaches[index];
    const struct bp_port *port = &a->node->type->ports[a->port];
    const struct graph_backend *backend = find_backend(l->graph, a->backend);
    uint32_t wanted = port->kind == BP_PORT_CHAR ? BP_BACKEND_CHAR : BP_BACKEND_BLOCK;
    const char *word = graph_port_word(port);

    if (!backend) {
        if (wanted == BP_BACKEND_BLOCK && !a->optional && l->options->check_host &&
            !is_chosen(list, count, a->backend))
            graph_error(l, a->pos, a->node->name, word,
                        "no back end `%s`: define it under `backends:` of a run, or with --backend "
                        "%s=raw,path=FILE",
                        a->backend, a->backend);
        return false;
    }
    if (backend->type->backend->kind != wanted)
        graph_error(l, backend->pos, backend_thing(l, backend->pos, backend->name), NULL,
                    "%s is for %s, %s.%s takes %s: use another type", backend->type->name,
                    kind_name(backend->type->backend->kind), a->node->name, word,
                    kind_name(wanted));
    for (uint32_t i = 0; i < index; i++)
        if (!strcmp(l->graph->attaches[i].backend, a->backend))
            graph_error(l, a->pos, a->node->name, word,
                        "back end %s is taken by %s (line %u): use another", a->backend,
                        l->graph->attaches[i].node->name, l->graph->attaches[i].pos.line);
    return true;
}

static void check_attaches(struct graph_loader *l, const struct choice *list, uint32_t count)
{
    struct graph *g = l->graph;
    const char **names = arena_alloc(l->arena, (g->nattaches + 1) * sizeof(*names));
    struct graph_attach *kept = arena_alloc(l->arena, (g->nattaches + 1) * sizeof(*kept));
    const struct graph_backend *terminal = NULL;
    uint32_t nkept = 0, nnames = g->nattaches;

    for (uint32_t i = 0; i < g->nattaches; i++)
        names[i] = g->attaches[i].backend;
    for (uint32_t i = 0; i < g->nbackends; i++) {
        const struct graph_backend *b = &g->backends[i];
        bool used = false;

        for (uint32_t k = 0; k < nnames; k++)
            used |= !strcmp(names[k], b->name);
        if (!used && !l->nlost)
            diag_warn(l->diag, b->pos, b->name, "no node uses this back end%s",
                      graph_hint(l, b->name, names, nnames));
        if (!(b->type->backend->flags & BP_BACKEND_TERMINAL))
            continue;
        if (terminal)
            graph_error(l, b->pos, backend_thing(l, b->pos, b->name), NULL,
                        "%s takes the terminal, which %s has already: use another type",
                        b->type->name, terminal->name);
        terminal = b;
    }
    /* From the end: the earlier ones are still there to be compared with. */
    for (uint32_t i = nnames; i-- > 0;)
        if (check_attach(l, i, list, count))
            kept[nkept++] = g->attaches[i];
    for (uint32_t i = 0; i < nkept; i++)
        g->attaches[i] = kept[nkept - 1 - i];
    g->nattaches = nkept;
}

void graph_make_backends(struct graph_loader *l)
{
    struct graph_where w = {"backends", NULL, l->run ? &l->run->scope : NULL};
    const struct yaml_value *map =
        l->run ? graph_map(l, &w, l->run->document->root, "backends") : NULL;
    const char *const *given = l->options->backends;
    struct choice *list = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; map && i < map->count; i++) {
        w.key = map->entries[i].key;
        read_choice(l, &w, map->entries[i].key, map->entries[i].value, &list, &count);
    }
    for (size_t i = 0; given && given[i]; i++) {
        const char *equals = strchr(given[i], '=');
        const char *name = arena_copy(l->arena, given[i], equals ? (size_t)(equals - given[i]) : 0);

        if (graph_is_name(name) && equals[1])
            read_short(l, NULL, arena_printf(l->arena, "--backend %s", name), name, equals + 1,
                       graph_command_line, NULL, &list, &count);
        else
            graph_error(l, graph_command_line, NULL,
                        arena_printf(l->arena, "--backend %.80s", given[i]),
                        "not a name and a type: write --backend NAME=TYPE[,KEY=VALUE]...");
    }
    for (uint32_t i = 0; i < count; i++)
        if (!is_chosen(list + i + 1, count - i - 1, list[i].name)) /* the last one counts */
            add_backend(l, &list[i]);
    check_attaches(l, list, count);
}
