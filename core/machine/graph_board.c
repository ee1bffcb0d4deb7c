/* SPDX-License-Identifier: Apache-2.0
 *
 * What a board says beside its nodes.
 *
 *   name: acme-devkit                    the file's name without folder and suffix unless given
 *   model: "ACME development kit"        root of the device tree
 *   compatible: ["acme,devkit"]
 *   aliases: { serial0: uart0 }          of every part
 *   boot:
 *     firmware: ram+0                    where an image goes: a node and an offset, or a number
 *     kernel: ram+2MiB                   also initrd, fdt
 *     load: { splash: ram+64MiB }        images of the run with names of their own
 *
 * A board that includes another one takes these from it unless it says its own.
 */
#include "core/machine/graph_load.h"

#include <stdio.h>
#include <string.h>

/* The entry of the outermost board that has it, and that board. */
static const struct yaml_entry *find_key(const struct graph_loader *l, const char *key,
                                         const struct graph_part **part)
{
    for (uint32_t i = 0; i < l->nparts; i++) {
        const struct yaml_entry *entry = yaml_find(l->parts[i]->document->root, key);

        *part = l->parts[i];
        if (l->parts[i]->document->kind == KIND_BOARD && entry && !yaml_is_null(entry->value))
            return entry;
    }
    return NULL;
}

static char *text_of(struct graph_loader *l, const char *key)
{
    const struct graph_part *part;
    const struct yaml_entry *entry = find_key(l, key, &part);
    struct graph_where w = {NULL, key, entry ? &part->scope : NULL};
    const char *text = entry ? graph_text(l, &w, entry->value) : NULL;

    return text ? arena_copy(l->arena, text, strlen(text)) : NULL;
}

static char *file_name(struct graph_loader *l, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    return arena_copy(l->arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static void read_compatible(struct graph_loader *l)
{
    const struct graph_part *part;
    const struct yaml_entry *entry = find_key(l, "compatible", &part);
    struct graph_where w = {NULL, "compatible", entry ? &part->scope : NULL};
    uint32_t count = !entry ? 0 : entry->value->kind == YAML_LIST ? entry->value->count : 1;

    for (uint32_t i = 0; i < count; i++) {
        const struct yaml_value *v =
            entry->value->kind == YAML_LIST ? entry->value->items[i] : entry->value;
        const char *text = graph_text(l, &w, v);

        if (text)
            *arena_push(l->arena, l->graph->compatible, l->graph->ncompatible) =
                arena_copy(l->arena, text, strlen(text));
    }
}

/* --- aliases ---------------------------------------------------------------------------------- */

static void read_aliases(struct graph_loader *l, const struct graph_part *part)
{
    struct graph_where w = {"aliases", NULL, &part->scope};
    const struct yaml_value *map = graph_map(l, &w, part->document->root, "aliases");

    for (uint32_t i = 0; map && i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        struct graph_alias *out;
        struct graph_node *node;
        const char *text;
        bool taken = false;

        w.key = entry->key;
        text = graph_text(l, &w, entry->value);
        node = text ? graph_node(l, &w, entry->value->pos, text) : NULL;
        for (uint32_t k = 0; k < l->graph->naliases; k++)
            taken |= !strcmp(l->graph->aliases[k].name, entry->key);
        if (taken)
            graph_error(l, entry->pos, "aliases", entry->key,
                        "is there already, in another part: rename one of the two");
        if (!node || taken)
            continue;
        out = arena_push(l->arena, l->graph->aliases, l->graph->naliases);
        *out = (struct graph_alias){arena_copy(l->arena, entry->key, strlen(entry->key)), node};
    }
}

/* --- boot ------------------------------------------------------------------------------------- */

static void read_place(struct graph_loader *l, const struct graph_part *part, const char *key,
                       const struct yaml_entry *entry)
{
    struct graph_where w = {"boot", key, &part->scope};
    const char *text = graph_text(l, &w, entry->value);
    struct graph_place *out, place = {.pos = entry->value->pos};

    if (!text || !graph_address(l, &w, entry->value->pos, text, &place.address))
        return;
    place.role = arena_copy(l->arena, entry->key, strlen(entry->key));
    out = arena_push(l->arena, l->graph->places, l->graph->nplaces);
    *out = place;
}

/* All words of `boot:` name a place but one, which holds more of them. */
static bool is_place(const char *word)
{
    return strcmp(word, "load") != 0;
}

static void read_boot(struct graph_loader *l)
{
    const struct graph_part *part;
    const struct yaml_entry *boot = find_key(l, "boot", &part);
    struct graph_where w = {"boot", NULL, boot ? &part->scope : NULL};
    const struct yaml_value *map = boot ? graph_map(l, &w, part->document->root, "boot") : NULL;
    const struct yaml_value *others = graph_map(l, &w, map, "load");

    graph_check_keys(l, NULL, "boot", map, grammar_boot, "boot");
    for (const struct grammar_word *word = grammar_boot; word->name; word++) {
        const struct yaml_entry *entry = yaml_find(map, word->name);

        if (entry && is_place(word->name) && !yaml_is_null(entry->value))
            read_place(l, part, entry->key, entry);
    }
    for (uint32_t i = 0; others && i < others->count; i++) {
        const char *key = arena_printf(l->arena, "load.%s", others->entries[i].key);

        for (const struct grammar_word *word = grammar_boot; word->name; word++)
            if (is_place(word->name) && !strcmp(others->entries[i].key, word->name))
                graph_error(l, others->entries[i].pos, "boot", key,
                            "is a role of its own: move it to boot.%s", word->name);
        read_place(l, part, key, &others->entries[i]);
    }
}

void graph_make_board(struct graph_loader *l)
{
    l->graph->name = text_of(l, "name");
    if (!l->graph->name)
        l->graph->name = file_name(l, l->board->document->file);
    l->graph->model = text_of(l, "model");
    read_compatible(l);
    for (uint32_t i = 0; i < l->nparts; i++)
        read_aliases(l, l->parts[i]);
    read_boot(l);
}
