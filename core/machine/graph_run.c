/* SPDX-License-Identifier: Apache-2.0
 *
 * A run: which board, with which parameters; and the command line, which counts as a last run.
 *
 *   backplane: 1
 *   kind: run
 *   board: ../boards/acme-devkit.yaml     left out when the same file has the board
 *   params: ...                           a run may have parameters of its own
 *   set: { memory: 1GiB }                 parameters of the board
 *   time: realtime                        or fast, deterministic, "deterministic,frequency=1GHz,quantum=10000",
 *                                         { mode: deterministic, frequency: 1GHz, quantum: 10000 }
 *   seed: 1                               of all randomness, when deterministic
 *   accel: [kvm, tcg, interp]             graph_host.c, with images: and backends:
 *
 * --set NAME=VALUE means a parameter of the run if it has that one, else of the board.
 */
#include "core/machine/graph_load.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct graph_set *command_line_sets(struct graph_loader *l, uint32_t *count)
{
    struct graph_set *sets = NULL;

    *count = 0;
    for (size_t i = 0; l->options->set && l->options->set[i]; i++) {
        const char *text = l->options->set[i], *equals = strchr(text, '=');
        struct graph_set set = {.pos = graph_command_line};

        if (!equals || equals == text) {
            graph_error(l, graph_command_line, NULL, arena_printf(l->arena, "--set %.80s", text),
                        "not a parameter and its value: write --set NAME=VALUE");
            continue;
        }
        set.name = arena_copy(l->arena, text, (size_t)(equals - text));
        set.value = yaml_scalar(l->arena, graph_command_line, equals + 1);
        *arena_push(l->arena, sets, *count) = set;
    }
    return sets;
}

/* The only document of a kind; NULL and an error if there are several. */
static const struct graph_document *only(struct graph_loader *l, const struct graph_documents *docs,
                                         enum graph_kind kind, const char *word)
{
    const struct graph_document *found = NULL;

    for (uint32_t i = 0; i < docs->count; i++) {
        if (docs->items[i].kind != kind)
            continue;
        if (found)
            graph_error(l, docs->items[i].root->pos, NULL, NULL,
                        "a second %s in this file (line %u): put it into its own", word,
                        found->root->pos.line);
        else
            found = &docs->items[i];
    }
    return found;
}

/* The board of a run: the file it names, or the one beside it. */
static const struct graph_document *find_board(struct graph_loader *l,
                                               const struct graph_documents *docs)
{
    const struct yaml_entry *entry = yaml_find(l->run->document->root, "board");
    struct graph_where w = {NULL, "board", &l->run->scope};
    const struct graph_document *board;
    struct graph_documents named;
    const char *path;

    if (!entry || yaml_is_null(entry->value)) {
        board = only(l, docs, KIND_BOARD, "board");
        if (!board)
            graph_error(l, l->run->document->root->pos, NULL, "board",
                        "is missing: write board: PATH");
        return board;
    }
    path = graph_text(l, &w, entry->value);
    if (!path)
        return NULL;
    named = graph_open(l, graph_path(l, w.scope, path), entry->value->pos);
    board = only(l, &named, KIND_BOARD, "board");
    if (!board && named.count)
        graph_error(l, entry->value->pos, NULL, "board",
                    "%.80s describes no board: name a file with `kind: board`", path);
    return board;
}

bool graph_read(struct graph_loader *l, const char *file)
{
    struct graph_documents docs = graph_open(l, file, (struct diag_pos){.file = NULL});
    const struct graph_document *run = only(l, &docs, KIND_RUN, "run"), *board;
    const struct graph_part *parts[2] = {NULL, NULL};
    struct graph_set *given, *sets = NULL;
    uint32_t ngiven, nsets = 0;

    if (!docs.count)
        return false;
    given = command_line_sets(l, &ngiven);
    if (run) {
        l->run = graph_part(l, run, NULL, "", given, ngiven);
        board = find_board(l, &docs);
        graph_add_sets(
            l, graph_map(l, &(struct graph_where){.scope = &l->run->scope}, run->root, "set"),
            &l->run->scope, &sets, &nsets);
    } else {
        board = only(l, &docs, KIND_BOARD, "board");
        if (!board)
            graph_error(l, docs.items[0].root->pos, NULL, "kind",
                        "neither a board nor a run: include it in a board");
    }
    if (!board)
        return false;
    for (uint32_t i = 0; i < ngiven; i++)
        if (!given[i].used)
            *arena_push(l->arena, sets, nsets) = given[i];
    parts[0] = graph_part(l, board, NULL, "", sets, nsets);
    parts[1] = l->run;
    graph_check_sets(l, "set", sets, nsets, parts, l->run ? 2 : 1);
    return true;
}

/* --- what is left of it ----------------------------------------------------------------------- */

static void set_mode(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                     const char *text)
{
    size_t count;
    const char **modes = graph_words(l, grammar_times, &count);

    for (size_t i = 0; i < count; i++)
        if (!strcmp(modes[i], text)) {
            l->graph->time = (enum graph_time)i;
            return;
        }
    graph_error(l, pos, NULL, w->key, "no mode `%.40s`: use realtime, fast or deterministic%s",
                text, graph_hint(l, text, modes, count));
}

static void set_setting(struct graph_loader *l, const struct graph_where *w, const char *key,
                        const struct yaml_value *v)
{
    const struct grammar_setting *s = grammar_time_settings;
    const char **names = NULL;
    uint32_t count = 0;

    for (; s->name && strcmp(s->name, key); s++)
        *arena_push(l->arena, names, count) = s->name;
    if (!s->name) {
        graph_error(l, v->pos, w->key, key,
                    "no such setting of time: there are frequency, quantum and until%s",
                    graph_hint(l, key, names, count));
    } else if (l->graph->time != TIME_DETERMINISTIC) {
        graph_error(l, v->pos, w->key, key, "only deterministic time has this setting");
    } else {
        const struct bp_prop row = {.name = s->name, .type = s->prop, .min = s->min, .max = s->max};
        struct graph_value value;

        if (graph_read_value(l, &(struct graph_where){w->key, key, w->scope}, &row, v, &value))
            *(uint64_t *)((char *)l->graph + s->offset) = value.u;
    }
}

/* MODE[,KEY=VALUE]... */
static void read_time_text(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                           const char *text)
{
    size_t length = strcspn(text, ",");

    set_mode(l, w, pos, arena_copy(l->arena, text, length));
    for (text += length; *text; text += length) {
        char *equals, *piece;

        length = strcspn(++text, ",");
        piece = arena_copy(l->arena, text, length);
        equals = strchr(piece, '=');
        if (!equals) {
            graph_error(l, pos, NULL, w->key, "`%.40s` has no value: write MODE[,KEY=VALUE]...",
                        piece);
            continue;
        }
        *equals = 0;
        set_setting(l, w, piece, yaml_scalar(l->arena, pos, equals + 1));
    }
}

static void read_time_map(struct graph_loader *l, const struct graph_where *w,
                          const struct yaml_value *v)
{
    const struct yaml_entry *mode = yaml_find(v, "mode");
    const char *text = mode ? graph_text(l, w, mode->value) : NULL;

    if (!mode)
        graph_error(l, v->pos, NULL, w->key,
                    "has no mode: write `mode:` and realtime, fast or deterministic");
    if (!text)
        return;
    set_mode(l, w, mode->value->pos, text);
    for (uint32_t i = 0; i < v->count; i++)
        if (&v->entries[i] != mode)
            set_setting(l, w, v->entries[i].key, v->entries[i].value);
}

static void read_time(struct graph_loader *l)
{
    const struct yaml_entry *entry = l->run ? yaml_find(l->run->document->root, "time") : NULL;
    struct graph_where w = {NULL, "time", l->run ? &l->run->scope : NULL};
    const char *text = NULL;

    if (l->options->time) {
        w.key = "--time";
        read_time_text(l, &w, graph_command_line, l->options->time);
    } else if (entry && entry->value->kind == YAML_MAP) {
        read_time_map(l, &w, entry->value);
    } else if (entry && graph_optional_text(l, &w, entry->value, &text) && text) {
        read_time_text(l, &w, entry->value->pos, text);
    }
}

static void read_seed(struct graph_loader *l)
{
    const struct bp_prop row = {.name = "seed", .type = BP_PROP_U64};
    const struct yaml_entry *entry = l->run ? yaml_find(l->run->document->root, "seed") : NULL;
    struct graph_where w = {NULL, "seed", l->run ? &l->run->scope : NULL};
    struct graph_value value;

    if (entry && !yaml_is_null(entry->value) && graph_read_value(l, &w, &row, entry->value, &value))
        l->graph->seed = value.u;
}

/* The command line gives the accelerators of lockstep, and a run file's time was meant for others. */
void graph_make_run(struct graph_loader *l)
{
    read_time(l);
    if (l->graph->lockstep)
        l->graph->time = TIME_DETERMINISTIC;
    read_seed(l);
}
