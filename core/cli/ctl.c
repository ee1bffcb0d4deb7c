/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane ctl`: any command of a control socket, as words on the command line.
 */
#include "core/cli/client.h"
#include "core/cli/command.h"
#include "core/cli/table.h"

#include <string.h>

static void print(const json_t *value)
{
    if (!value || (json_is_object(value) && !json_object_size(value)))
        return;
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

/* "NAME=TEXT NAME=TEXT" of one command, for the list. */
static void put_arguments(struct table *t, const json_t *arguments)
{
    char text[256] = "";
    size_t used = 0, i;
    json_t *a;

    json_array_foreach (arguments, i, a) {
        bool required = json_is_true(json_object_get(a, "required"));

        if (used < sizeof(text))
            used += (size_t)snprintf(
                text + used, sizeof(text) - used, "%s%s%s=%s%s", used ? " " : "",
                required ? "" : "[", json_string_value(json_object_get(a, "name")),
                json_string_value(json_object_get(a, "type")), required ? "" : "]");
    }
    table_text(t, text);
}

static int list_commands(struct client *c)
{
    json_t *list = client_execute(c, "query-commands", NULL), *command;
    struct table t = {0};
    size_t i;

    json_array_foreach (list, i, command) {
        table_row(&t);
        table_text(&t, json_string_value(json_object_get(command, "name")));
        put_arguments(&t, json_object_get(command, "arguments"));
        table_text(&t, json_string_value(json_object_get(command, "doc")));
    }
    table_print(&t, 0, stdout);
    json_decref(list);
    return list ? EXIT_OK : c->code;
}

/* NAME=VALUE words as an object of texts, of which the machine makes what it needs; a name twice is a list. NULL: a word is
 * something else, which was said. */
static json_t *read_arguments(const struct arguments *args, size_t first)
{
    json_t *out = json_object();

    for (size_t i = first; i < args->positional.count; i++) {
        const char *word = args->positional.items[i], *equals = strchr(word, '=');
        char name[64];
        json_t *before, *value = equals ? json_string(equals + 1) : NULL;

        snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - word) : 0, word);
        before = json_object_get(out, name);
        if (!value || !*name) {
            usage_error(command_find("ctl"), "`%s` is not an argument: write NAME=VALUE", word);
            json_decref(value);
            json_decref(out);
            return NULL;
        }
        if (json_is_array(before))
            json_array_append_new(before, value);
        else if (before)
            json_object_set_new(out, name, json_pack("[O, o]", before, value));
        else
            json_object_set_new(out, name, value);
    }
    return out;
}

static int follow_events(struct client *c)
{
    json_t *event;

    while ((event = client_event(c))) {
        json_dumpf(event, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(event);
    }
    return EXIT_OK;
}

int command_ctl(const struct arguments *args)
{
    json_t *arguments, *result = NULL;
    struct client c;
    size_t first;
    int code = EXIT_USAGE;

    if (!client_open(&c, args, "ctl", 0, &first)) {
        client_close(&c);
        return c.code;
    }
    if (args->events) {
        code = follow_events(&c);
    } else if (first == args->positional.count) {
        code = list_commands(&c);
    } else if ((arguments = read_arguments(args, first + 1))) {
        result = client_execute(&c, args->positional.items[first], arguments);
        code = result ? EXIT_OK : c.code;
        print(result);
    }
    json_decref(result);
    client_close(&c);
    return code;
}
