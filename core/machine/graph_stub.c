/* SPDX-License-Identifier: Apache-2.0
 *
 * What only core/stub has to be checked for: the description that its registers come from. It is read here, once for all blocks of a
 * file, and belongs to the graph.
 */
#include "core/machine/graph_load.h"
#include "core/machine/stub.h"
#include "core/machine/types.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The file, opened now or before; NULL after an error, which is said for the first who asks. */
static struct svd *open_description(struct graph_loader *l, const char *path)
{
    struct graph *g = l->graph;
    struct graph_description *d;

    for (uint32_t i = 0; i < g->ndescriptions; i++)
        if (!strcmp(g->descriptions[i].path, path))
            return g->descriptions[i].svd;
    d = arena_push(l->arena, g->descriptions, g->ndescriptions);
    d->path = arena_copy(l->arena, path, strlen(path));
    d->svd = svd_open(d->path, l->diag);
    return d->svd;
}

static int is_description(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot && !strcasecmp(dot, ".svd");
}

/* "; did you mean X?" for a file that is not there, from those beside it. */
static const char *file_hint(struct graph_loader *l, const char *path)
{
    const char *slash = strrchr(path, '/'), *hint = NULL;
    const char *folder = slash ? arena_copy(l->arena, path, (size_t)(slash - path) + 1) : ".";
    char copy[256] =
        ""; /* nothing may be held when the arena is asked: it may leave this function */
    struct dirent **found;
    int count = scandir(folder, &found, is_description, alphasort);
    const char **names;

    if (count < 0)
        return "";
    names = calloc((size_t)count + 1, sizeof(*names));
    for (int i = 0; names && i < count; i++)
        names[i] = found[i]->d_name;
    if (names)
        hint = diag_nearest(slash ? slash + 1 : path, names, (size_t)count);
    snprintf(copy, sizeof(copy), "%s", hint ? hint : "");
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(found);
    free(names);
    return *copy ? arena_printf(l->arena, "; did you mean %s?", copy) : "";
}

static void read_registers(struct graph_loader *l, struct graph_instance *i,
                           const struct graph_value *value, const struct graph_scope *scope)
{
    const struct graph_where w = {i->name, "registers", scope};
    const char *text = stub_registers(value->s), *hash, *path;
    char thing[128];
    struct svd *svd;

    if (!text) {
        graph_error(l, value->pos, w.node, w.key,
                    "`%.60s` names no register description: write svd:FILE#BLOCK", value->s);
        return;
    }
    hash = strrchr(text, '#');
    path = graph_path(l, scope,
                      arena_copy(l->arena, text, hash ? (size_t)(hash - text) : strlen(text)));
    snprintf(thing, sizeof(thing), "%.60s.registers", i->name);
    if (access(path, R_OK)) {
        const char *cause = strerror(errno), *hint = file_hint(l, path);

        graph_error(l, value->pos, w.node, w.key, "%.200s cannot be read (%s)%s", path, cause,
                    *hint ? hint : ": check the path, which starts at the folder of this file");
        return;
    }
    svd = open_description(l, path);
    if (svd)
        i->node->registers = svd_block(svd, hash ? hash + 1 : NULL, value->pos,
                                       arena_copy(l->arena, thing, strlen(thing)), l->diag);
}

static void check_force(struct graph_loader *l, const struct graph_node *node,
                        const struct graph_value *list)
{
    struct stub_force force;
    char why[STUB_WHY];

    for (uint32_t i = 0; list && i < list->list.count; i++)
        if (!stub_parse_force(list->list.items[i].s, node->registers, &force, why))
            graph_error(l, list->list.items[i].pos, node->name, "force", "%s", why);
}

void graph_make_stubs(struct graph_loader *l)
{
    for (uint32_t k = 0; k < l->ninstances; k++) {
        struct graph_instance *i = l->instances[k];
        const struct graph_given *given;
        const struct graph_value *value;

        if (!i->node || i->node->type->kind != TYPE_DEVICE ||
            i->node->type->device != &core_stub_class)
            continue;
        given = graph_given(i, "registers");
        value = graph_value(i->node, "registers");
        if (given && value && value->s)
            read_registers(l, i, value, given->scope);
        if (!given || i->node->registers)
            check_force(l, i->node, graph_value(i->node, "force"));
    }
}
