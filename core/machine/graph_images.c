/* SPDX-License-Identifier: Apache-2.0
 *
 * Images of a run: which file for which role. Where they go is the board's business
 * (graph_board.c).
 *
 *   images: { firmware: fw.elf, kernel: Image, initrd: ~, cmdline: "console=ttyS0" }
 *
 * Roles are firmware, kernel, initrd, fdt, and the names under `boot: { load: ... }`. `firmware:
 * none` says that there is none. Without path (~ or an empty text) a role is left out. Of --image
 * the last one with a role counts, and replaces the run's.
 */
#include "core/machine/graph_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool check_role(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                       const char *role)
{
    const struct graph *g = l->graph;
    const char **names = NULL;
    const char *hint;
    uint32_t count = 0;

    for (const struct grammar_word *word = grammar_images; word->name; word++)
        *arena_push(l->arena, names, count) = word->name;
    for (uint32_t i = 0; i < g->nplaces; i++)
        if (strcmp(g->places[i].role, "info")) /* made by the loader */
            *arena_push(l->arena, names, count) = g->places[i].role;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], role))
            return true;
    hint = graph_hint(l, role, names, count);
    graph_error(l, pos, w->node, w->key, "no such role%s",
                *hint ? hint
                      : ": use firmware, kernel, initrd, fdt, or give it a place under `boot: { "
                        "load: ... }` of the board");
    return false;
}

static void set_image(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                      const char *role, const char *path)
{
    struct graph *g = l->graph;
    uint32_t i = 0;

    if (!strcmp(role, "cmdline")) {
        g->cmdline = path ? arena_copy(l->arena, path, strlen(path)) : NULL;
        return;
    }
    if (path && *path && strcmp(path, "none"))
        path = graph_path(l, w->scope, path);
    while (i < g->nimages && strcmp(g->images[i].role, role))
        i++;
    if (i == g->nimages)
        arena_push(l->arena, g->images, g->nimages);
    g->images[i].role = arena_copy(l->arena, role, strlen(role));
    g->images[i].path = path && *path ? arena_copy(l->arena, path, strlen(path)) : NULL;
    g->images[i].pos = pos;
}

static void check_files(struct graph_loader *l)
{
    struct graph *g = l->graph;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < g->nimages; i++)
        if (g->images[i].path)
            g->images[kept++] = g->images[i];
    g->nimages = kept;
    for (uint32_t i = 0; l->options->check_host && i < g->nimages; i++) {
        const struct graph_image *image = &g->images[i];

        if (strcmp(image->path, "none") && access(image->path, R_OK))
            graph_error(
                l, image->pos, NULL,
                arena_printf(l->arena, image->pos.line ? "images.%s" : "--image %s", image->role),
                "%.200s cannot be read (%s): check the path", image->path, strerror(errno));
    }
}

void graph_make_images(struct graph_loader *l)
{
    struct graph_where w = {"images", NULL, l->run ? &l->run->scope : NULL};
    const struct yaml_value *map =
        l->run ? graph_map(l, &w, l->run->document->root, "images") : NULL;
    const char *const *given = l->options->images;
    const char *text;

    for (uint32_t i = 0; map && i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];

        w.key = entry->key;
        if (check_role(l, &w, entry->pos, entry->key) &&
            graph_optional_text(l, &w, entry->value, &text))
            set_image(l, &w, entry->value->pos, entry->key, text);
    }
    w = (struct graph_where){.node = NULL};
    for (size_t i = 0; given && given[i]; i++) {
        const char *equals = strchr(given[i], '=');
        const char *role = arena_copy(l->arena, given[i], equals ? (size_t)(equals - given[i]) : 0);

        w.key = arena_printf(l->arena, "--image %.80s", *role ? role : given[i]);
        if (!*role || !equals[1])
            graph_error(l, graph_command_line, NULL, w.key,
                        "not a role and a file: write --image ROLE=PATH");
        else if (check_role(l, &w, graph_command_line, role))
            set_image(l, &w, graph_command_line, role, equals + 1);
    }
    if (l->options->cmdline)
        l->graph->cmdline = arena_copy(l->arena, l->options->cmdline, strlen(l->options->cmdline));
    check_files(l);
}
