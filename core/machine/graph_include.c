/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts inside of parts.
 *
 *   include:
 *     - ../parts/harts.yaml                    a file, relative to this one
 *     - file: ../parts/uart.yaml
 *       params: { base: 0x10001000 }           values for its parameters, computed here
 *       prefix: io-                            in front of the names of its nodes
 *
 * A part, a soc or a board may be included. Its plug-in aliases and parameters are its own; its
 * nodes come before those of the file that includes it, and only they may be changed there, under
 * `override:`.
 *
 *   plugins:
 *     std: { use: standard, version: "^1.0" }  `use: ./path.so` is a file relative to this one
 */
#include "core/machine/graph_load.h"

#include <stdio.h>
#include <string.h>

static void read_plugin(struct graph_loader *l, struct graph_part *part,
                        const struct yaml_entry *entry)
{
    const struct yaml_value *v = entry->value;
    const struct yaml_entry *use = yaml_find(v, "use"), *version = yaml_find(v, "version");
    struct graph_where w = {"plugins", entry->key, &part->scope};
    struct graph_use *out = arena_push(l->arena, part->uses, part->nuses);
    const char *name, *range;

    out->alias = entry->key;
    if (!graph_is_name(entry->key) || !strcmp(entry->key, "core")) {
        graph_error(l, entry->pos, "plugins", entry->key,
                    "not a name for a plug-in: use letters, digits, - and _%s",
                    strcmp(entry->key, "core") ? "" : " (core is the core itself)");
        return;
    }
    if (v->kind != YAML_MAP || !use) {
        graph_error(l, v->pos, "plugins", entry->key,
                    "does not say which plug-in: write { use: NAME, version: \"^1.0\" }");
        return;
    }
    graph_check_keys(l, "plugins", entry->key, v, grammar_plugin, "a plug-in");
    name = graph_text(l, &w, use->value);
    if (name && graph_optional_text(l, &w, version ? version->value : NULL, &range))
        out->plugin =
            registry_open(l->registry, name, range, part->document->dir, l->diag, use->value->pos);
}

static bool is_cycle(const struct graph_part *part, const struct graph_document *document)
{
    for (; part; part = part->outer)
        if (part->document->root == document->root)
            return true;
    return false;
}

/* The one document of the file that describes nodes. */
static const struct graph_document *choose(struct graph_loader *l, const struct graph_where *w,
                                           struct diag_pos pos, const struct graph_documents *docs,
                                           const char *path)
{
    const struct graph_document *found = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < docs->count; i++)
        if (docs->items[i].kind != KIND_RUN) {
            found = &docs->items[i];
            count++;
        }
    if (count > 1)
        graph_error(l, pos, w->node, w->key,
                    "%.80s has %u descriptions of nodes: put them into files of their own", path,
                    count);
    else if (!count && docs->count)
        graph_error(l, pos, w->node, w->key, "%.80s is a run: include a part, a soc or a board",
                    path);
    return count == 1 ? found : NULL;
}

static void read_include(struct graph_loader *l, const struct graph_part *part,
                         const struct yaml_value *v)
{
    const struct graph_where w = {"include", NULL, &part->scope};
    const struct yaml_entry *file = yaml_find(v, "file"), *prefix = yaml_find(v, "prefix");
    const struct yaml_value *named = v->kind == YAML_SCALAR ? v : file ? file->value : NULL;
    const struct graph_document *document;
    struct graph_documents docs;
    struct graph_set *sets = NULL;
    const char *path, *text = NULL;
    struct graph_part *made;
    uint32_t nsets = 0;

    if (!named || v->kind == YAML_LIST) {
        graph_error(l, v->pos, "include", NULL,
                    "does not say which file: write a path, or { file: PATH }");
        return;
    }
    if (v->kind == YAML_MAP)
        graph_check_keys(l, "include", NULL, v, grammar_include, "an include");
    path = graph_text(l, &w, named);
    if (!path || !graph_optional_text(l, &w, prefix ? prefix->value : NULL, &text))
        return;
    if (text && !graph_is_name(text)) {
        graph_error(l, prefix->value->pos, "include", "prefix",
                    "`%.40s` cannot start a name: start with a letter", text);
        return;
    }
    path = graph_path(l, &part->scope, path);
    docs = graph_open(l, path, named->pos);
    document = choose(l, &w, named->pos, &docs, path);
    if (!document)
        return;
    if (is_cycle(part, document)) {
        graph_error(l, named->pos, "include", NULL,
                    "%.80s includes itself this way: break the circle", path);
        return;
    }
    graph_add_sets(l, graph_map(l, &w, v, "params"), &part->scope, &sets, &nsets);
    made = graph_part(l, document, part,
                      text ? arena_printf(l->arena, "%s%s", part->prefix, text) : part->prefix,
                      sets, nsets);
    if (made)
        graph_check_sets(l, "include.params", sets, nsets, (const struct graph_part *const *)&made,
                         1);
}

struct graph_part *graph_part(struct graph_loader *l, const struct graph_document *document,
                              const struct graph_part *outer, const char *prefix,
                              struct graph_set *sets, uint32_t nsets)
{
    struct graph_part *part = arena_alloc(l->arena, sizeof(*part));
    const struct yaml_entry *includes = yaml_find(document->root, "include");
    const struct yaml_value *plugins;
    struct graph_where w = {.scope = &part->scope};
    uint32_t first = l->ninstances;

    *part = (struct graph_part){.document = document,
                                .outer = outer,
                                .prefix = prefix,
                                .depth = outer ? outer->depth + 1 : 0};
    part->scope.part = part;
    if (part->depth > GRAPH_MAX_DEPTH || l->nparts >= GRAPH_MAX_PARTS) {
        graph_error(l, document->root->pos, "include", NULL, "more than %u %s: include fewer",
                    part->depth > GRAPH_MAX_DEPTH ? GRAPH_MAX_DEPTH : GRAPH_MAX_PARTS,
                    part->depth > GRAPH_MAX_DEPTH ? "files inside of each other"
                                                  : "included files");
        return NULL;
    }
    if (document->kind != KIND_RUN) {
        if (!outer)
            l->board = part;
        *arena_push(l->arena, l->parts, l->nparts) = part;
    }
    graph_params(l, part, sets, nsets);
    plugins = graph_map(l, &w, document->root, "plugins");
    for (uint32_t i = 0; plugins && i < plugins->count; i++)
        read_plugin(l, part, &plugins->entries[i]);
    if (includes && includes->value->kind != YAML_LIST && !yaml_is_null(includes->value))
        graph_error(l, includes->value->pos, NULL, "include",
                    "%s where a list belongs: write `- PATH` lines",
                    yaml_kind_name(includes->value));
    for (uint32_t i = 0;
         includes && includes->value->kind == YAML_LIST && i < includes->value->count; i++)
        read_include(l, part, includes->value->items[i]);
    graph_override(l, part, first);
    graph_expand(l, part);
    return part;
}
