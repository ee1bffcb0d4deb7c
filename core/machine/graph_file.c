/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and their documents. A file is read once, however often it is included.
 *
 *   backplane: 1          the grammar; always there
 *   kind: board           part | soc | board | run (world: several boards; not supported yet)
 *
 * A part and a soc describe some nodes, a board a whole machine, a run what is the host's:
 * accelerator, images, back ends. A file may hold several documents, typically a board and a run.
 */
#include "core/machine/graph_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* GRAMMAR_VERSION as it is written. */
#define TEXT(x)    #x
#define TEXT_OF(x) TEXT(x)
#define GRAMMAR    TEXT_OF(GRAMMAR_VERSION)

struct graph_source {
    dev_t device;
    ino_t inode;
    struct graph_documents documents;
};

static const char *kind_name(enum graph_kind kind)
{
    const struct grammar_kind *k = grammar_kinds;

    while (k->name && k->kind != kind)
        k++;
    return k->name ? k->name : "?";
}

static bool read_kind(struct graph_loader *l, const struct yaml_value *root, enum graph_kind *out)
{
    const struct yaml_entry *entry = yaml_find(root, "kind");
    const char **names = NULL;
    uint32_t count = 0;

    if (!entry || entry->value->kind != YAML_SCALAR) {
        graph_error(l, entry ? entry->value->pos : root->pos, NULL, "kind",
                    "is missing: write kind: part, soc, board or run");
        return false;
    }
    for (const struct grammar_kind *k = grammar_kinds; k->name; k++) {
        *arena_push(l->arena, names, count) = k->name;
        *out = k->kind;
        if (!strcmp(k->name, entry->value->text))
            return true;
    }
    if (!strcmp(entry->value->text, "world"))
        graph_error(l, entry->value->pos, NULL, "kind",
                    "a world of several boards is not supported: run its boards one by one");
    else
        graph_error(l, entry->value->pos, NULL, "kind",
                    "no kind `%.40s`: write part, soc, board or run%s", entry->value->text,
                    graph_hint(l, entry->value->text, names, count));
    return false;
}

static bool check_grammar(struct graph_loader *l, const struct yaml_value *root)
{
    const struct yaml_entry *entry = yaml_find(root, "backplane");

    if (!entry) {
        graph_error(l, root->pos, NULL, "backplane",
                    "is missing: a description starts with `backplane: " GRAMMAR "`");
        return false;
    }
    if (entry->value->kind == YAML_SCALAR && !strcmp(entry->value->text, GRAMMAR))
        return true;
    graph_error(l, entry->value->pos, NULL, "backplane",
                "a grammar this core does not know: it knows " GRAMMAR);
    return false;
}

static void check_keys(struct graph_loader *l, const struct graph_document *doc)
{
    const char **known = NULL;
    uint32_t count = 0;

    for (const struct grammar_word *word = grammar_top; word->name; word++)
        if (word->kinds & doc->kind)
            *arena_push(l->arena, known, count) = word->name;
    for (uint32_t i = 0; i < doc->root->count; i++) {
        const struct yaml_entry *entry = &doc->root->entries[i];
        unsigned others = 0;

        for (const struct grammar_word *word = grammar_top; word->name; word++)
            if (!strcmp(word->name, entry->key))
                others = word->kinds;
        if (others & doc->kind)
            continue;
        if (others)
            graph_error(l, entry->pos, NULL, entry->key,
                        "does not belong into a %s: move it to a %s", kind_name(doc->kind),
                        kind_name((enum graph_kind)(others & -others)));
        else
            graph_error(l, entry->pos, NULL, entry->key, "no such key of a %s%s",
                        kind_name(doc->kind), graph_hint(l, entry->key, known, count));
    }
}

static void add_document(struct graph_loader *l, struct graph_documents *out, const char *file,
                         const struct yaml_value *root)
{
    const char *slash = strrchr(file, '/');
    struct graph_document doc = {.root = root, .file = file};
    bool known;

    doc.dir = arena_copy(l->arena, file, slash ? (size_t)(slash + 1 - file) : 0);
    if (root->kind != YAML_MAP) {
        graph_error(l, root->pos, NULL, NULL,
                    "%s where a description belongs: start with `backplane: " GRAMMAR "`",
                    yaml_kind_name(root));
        return;
    }
    known = check_grammar(l, root);
    if (!read_kind(l, root, &doc.kind) || !known)
        return;
    check_keys(l, &doc);
    *arena_push(l->arena, out->items, out->count) = doc;
}

struct graph_documents graph_open(struct graph_loader *l, const char *path, struct diag_pos named)
{
    struct graph_documents none = {.count = 0};
    struct graph_source *source;
    struct yaml_file file;
    struct stat info;
    const char *name;

    if (stat(path, &info)) {
        const char *why = errno == ENOENT ? "no such file" : strerror(errno);

        if (named.file)
            graph_error(l, named, NULL, path,
                        "%s: check the path, which starts at the folder of this file", why);
        else
            graph_error(l, (struct diag_pos){.file = path}, NULL, NULL, "%s: check the path", why);
        return none;
    }
    if (!S_ISREG(info.st_mode) && named.file) {
        graph_error(l, named, NULL, path, "is not a file: name a description in YAML");
        return none;
    }
    for (uint32_t i = 0; i < l->nsources; i++)
        if (l->sources[i].device == info.st_dev && l->sources[i].inode == info.st_ino)
            return l->sources[i].documents;
    name = arena_copy(l->arena, path, strlen(path));
    source = arena_push(l->arena, l->sources, l->nsources);
    source->device = info.st_dev;
    source->inode = info.st_ino;
    yaml_read_file(l->arena, l->diag, name, &file);
    for (uint32_t i = 0; i < file.count; i++)
        add_document(l, &source->documents, name, file.documents[i]);
    return source->documents;
}
