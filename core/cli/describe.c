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

#define MAX_TYPES 4096u

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

/* Does `word` name this type, alone or behind its plug-in? */
static bool is_named(const struct type *type, const char *word)
{
    const char *plugin = describe_plugin(type), *slash = strchr(word, '/');
    size_t length = slash ? (size_t)(slash - word) : 0;

    if (!slash)
        return !strcmp(type->name, word);
    return strlen(plugin) == length && !memcmp(plugin, word, length) &&
           !strcmp(type->name, slash + 1);
}

static int say_ambiguous(const struct type *const *list, const bool *fits, size_t count,
                         const char *word)
{
    fprintf(stderr, "backplane: describe: `%s` is more than one type: name its plug-in:", word);
    for (size_t i = 0; i < count; i++)
        if (fits[i])
            fprintf(stderr, " %s/%s", describe_plugin(list[i]), list[i]->name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int say_unknown(const struct type *const *list, size_t count, const char *word)
{
    const char **names = malloc((count + 1) * sizeof(*names)), *near = NULL;
    const char *slash = strchr(word, '/');
    char what[80];

    for (size_t i = 0; names && i < count; i++)
        names[i] = list[i]->name;
    if (names)
        near = diag_nearest(slash ? slash + 1 : word, names, count);
    snprintf(what, sizeof(what), "no type or file `%s`", word);
    usage_unknown(command_find("describe"), what, near, "see `backplane list`");
    free(names);
    return EXIT_USAGE;
}

static int describe_type(struct session *s, const char *word, bool as_json)
{
    static const enum type_kind kinds[] = {TYPE_DEVICE, TYPE_CPU, TYPE_BACKEND, TYPE_ACCEL};
    const struct type **list = malloc(MAX_TYPES * sizeof(*list)), *found = NULL;
    bool *fits = calloc(MAX_TYPES, sizeof(*fits));
    size_t count = 0, matches = 0;
    int code = EXIT_USAGE;

    if (!list || !fits)
        goto out;
    registry_open_all(s->registry, &s->diag);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        size_t more = registry_types(s->registry, kinds[k], list + count, MAX_TYPES - count);

        count += more < MAX_TYPES - count ? more : MAX_TYPES - count;
    }
    for (size_t i = 0; i < count; i++) {
        fits[i] = is_named(list[i], word);
        matches += fits[i];
        found = fits[i] ? list[i] : found;
    }
    if (matches == 1) {
        if (as_json)
            describe_json(found);
        else
            describe_text(found);
        code = EXIT_OK;
    } else {
        code = matches ? say_ambiguous(list, fits, count, word) : say_unknown(list, count, word);
    }
out:
    free(fits);
    free(list);
    return code;
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
