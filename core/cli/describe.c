/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane describe`: a type by name, or the parameters of a board.
 */
#include "core/cli/describe.h"
#include "core/cli/json.h"
#include "core/cli/places.h"
#include "core/cli/session.h"
#include "core/cli/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- boards ------------------------------------------------------------------------------------------------- */

/* A parameter's value as one would write it. */
static const char *value_text(const struct graph_value *v, char room[128])
{
    switch (v->type) {
    case BP_PROP_BOOL:
        return v->u ? "true" : "false";
    case BP_PROP_I64:
        snprintf(room, 128, "%" PRId64, v->i);
        break;
    case BP_PROP_F64:
        snprintf(room, 128, "%g", v->f);
        break;
    case BP_PROP_STR:
    case BP_PROP_PATH:
        return v->s ? v->s : "";
    case BP_PROP_SIZE:
        return session_size(v->u, room);
    case BP_PROP_FREQ:
        snprintf(room, 128, "%" PRIu64 " Hz", v->u);
        break;
    case BP_PROP_ADDR:
        snprintf(room, 128, "0x%" PRIx64, v->u);
        break;
    case BP_PROP_DURATION:
        snprintf(room, 128, "%" PRIu64 " ns", v->u);
        break;
    default:
        snprintf(room, 128, "%" PRIu64, v->u);
        break;
    }
    return room;
}

static void print_board(const struct graph *g)
{
    struct table t = {0};
    char room[128];

    printf("%s%s%s\n", g->name, g->model ? ": " : "", g->model ? g->model : "");
    if (g->nparams)
        puts("\nParameters (--set NAME=VALUE):");
    for (uint32_t i = 0; i < g->nparams; i++) {
        table_row(&t);
        table_text(&t, g->params[i].name);
        table_text(&t, value_text(&g->params[i].value, room));
        table_text(&t, g->params[i].doc);
    }
    table_print(&t, 2, stdout);
    puts("\nNodes:");
    for (uint32_t i = 0; i < g->nnodes; i++) {
        table_row(&t);
        table_text(&t, g->nodes[i]->name);
        table_text(&t, g->nodes[i]->type_text);
        table_text(&t, g->nodes[i]->type->doc);
    }
    table_print(&t, 2, stdout);
}

static void print_board_json(const struct graph *g)
{
    struct json j = {.out = stdout};
    char room[128];

    json_open(&j, NULL, '{');
    json_text(&j, "name", g->name);
    json_text(&j, "model", g->model);
    json_open(&j, "parameters", '[');
    for (uint32_t i = 0; i < g->nparams; i++) {
        json_open(&j, NULL, '{');
        json_text(&j, "name", g->params[i].name);
        json_text(&j, "value", value_text(&g->params[i].value, room));
        json_text(&j, "doc", g->params[i].doc);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_open(&j, "nodes", '[');
    for (uint32_t i = 0; i < g->nnodes; i++) {
        json_open(&j, NULL, '{');
        json_text(&j, "name", g->nodes[i]->name);
        json_text(&j, "type", g->nodes[i]->type_text);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
}

/* --- types -------------------------------------------------------------------------------------------------- */

static int describe_type(struct session *s, const char *word, bool as_json)
{
    size_t count;
    const struct type **list = describe_types(s, &count), *found = NULL;

    if (list)
        found = describe_find("describe", list, count, word, "type or file");
    if (found && as_json)
        describe_json(found);
    else if (found)
        describe_text(found);
    free(list);
    return found ? EXIT_OK : EXIT_USAGE;
}

static bool is_file(const char *word)
{
    const char *dot = strrchr(word, '.');
    char *path = places_description(word);
    bool exists = path && places_is_file(path);

    free(path);
    return exists || (dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")));
}

int command_describe(const struct arguments *args)
{
    const char *word = args->positional.items[0];
    struct session s;
    int code = EXIT_USAGE;

    if (!session_init(&s, args))
        goto out;
    if (!is_file(word)) {
        code = describe_type(&s, word, args->json);
    } else if (session_load(&s, args, word, false)) {
        if (args->json)
            print_board_json(s.graph);
        else
            print_board(s.graph);
        code = EXIT_OK;
    }
out:
    session_report(&s);
    session_finish(&s);
    return code;
}
