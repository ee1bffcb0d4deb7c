/* SPDX-License-Identifier: Apache-2.0
 *
 * A run: which board, with which parameters; and the command line, which counts as a last run.
 *
 *   backplane: 1
 *   kind: run
 *   board: ../boards/acme-devkit.yaml     left out when the same file has the board
 *   params: ...                           a run may have parameters of its own
 *   set: { memory: 1GiB }                 parameters of the board
 *   time: realtime                        or fast, deterministic
 *   seed: 1                               of all randomness, when deterministic
 *   accel: [kvm, tcg, interp]             graph_host.c, with images: and backends:
 *
 * --set NAME=VALUE means a parameter of the run if it has that one, else of the board.
 */
#include "core/machine/graph_load.h"

#include <inttypes.h>
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

static void read_time(struct graph_loader *l)
{
    size_t count;
    const char **modes = graph_words(l, grammar_times, &count);
    const struct yaml_entry *entry = l->run ? yaml_find(l->run->document->root, "time") : NULL;
    struct graph_where w = {NULL, "time", l->run ? &l->run->scope : NULL};
    struct diag_pos pos = graph_command_line;
    const char *text = l->options->time;

    if (text) {
        w.key = "--time";
    } else if (entry) {
        pos = entry->value->pos;
        if (!graph_optional_text(l, &w, entry->value, &text))
            return;
    }
    if (!text)
        return;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(modes[i], text)) {
            l->graph->time = (enum graph_time)i;
            return;
        }
    graph_error(l, pos, NULL, w.key, "no mode `%.40s`: use realtime, fast or deterministic%s", text,
                graph_hint(l, text, modes, count));
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

void graph_make_run(struct graph_loader *l)
{
    read_time(l);
    read_seed(l);
}
