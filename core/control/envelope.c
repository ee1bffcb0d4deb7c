/* SPDX-License-Identifier: Apache-2.0
 *
 * The envelope of commands: what a line must look like, who may say it, and the answer. It is that of the QEMU Machine
 * Protocol (QMP specification, version 1.1), so that its clients work here.
 */
#include "core/control/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diag.h"
#include "core/machine/dev.h"
#include "core/machine/units.h"

static json_t *version_value(void)
{
    int part[3] = {0, 0, 0};

    sscanf(BACKPLANE_VERSION, "%d.%d.%d", &part[0], &part[1], &part[2]);
    return json_pack("{s:{s:i, s:i, s:i}, s:s}", "backplane", "major", part[0], "minor", part[1],
                     "micro", part[2], "package", "backplane " BACKPLANE_VERSION);
}

void envelope_greet(struct client *client)
{
    client_send(client,
                json_pack("{s:{s:o, s:[]}}", "QMP", "version", version_value(), "capabilities"));
}

/* Text with pieces of what somebody sent, perhaps cut off in the middle of a character. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    char *copy = value ? NULL : strdup(text);

    for (char *c = copy; c && *c; c++)
        *c = *c & 0x80 ? '?' : *c;
    if (copy)
        value = json_string(copy);
    free(copy);
    return value;
}

void envelope_error(struct client *client, json_t *id, const char *class, const char *desc)
{
    client_send(client, json_pack("{s:{s:s, s:o}, s:O*}", "error", "class", class, "desc",
                                  text_value(desc), "id", id));
}

/* --- arguments -------------------------------------------------------------------------------------------------- */

const char *argument_type_name(enum argument_type type)
{
    static const char *const names[] = {
        [ARG_TEXT] = "text",   [ARG_NUMBER] = "number", [ARG_BOOL] = "bool",
        [ARG_TEXTS] = "texts", [ARG_CHOICE] = "choice",
    };

    return names[type];
}

static bool is_choice(const struct argument *argument, const char *text)
{
    for (size_t i = 0; argument->choices[i]; i++)
        if (!strcmp(argument->choices[i], text))
            return true;
    return false;
}

static bool is_texts(const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return false;
    return json_is_array(value) || json_is_string(value);
}

static bool check_type(struct call *call, const struct argument *a, const json_t *value)
{
    uint64_t number;

    switch (a->type) {
    case ARG_TEXT:
        return json_is_string(value) ||
               call_fail(call, CLASS_GENERIC, "%s is not a text: quote it", a->name);
    case ARG_NUMBER:
        if (!value_number(value, &number))
            return call_fail(call, CLASS_GENERIC,
                             "%s is not a number: write 4096, \"0x1000\" or \"4KiB\"", a->name);
        return !a->max || number <= a->max ||
               call_fail(call, CLASS_GENERIC, "%s is out of range: use at most %llu", a->name,
                         (unsigned long long)a->max);
    case ARG_BOOL:
        return json_is_boolean(value) ||
               (json_is_string(value) && (!strcmp(json_string_value(value), "true") ||
                                          !strcmp(json_string_value(value), "false"))) ||
               call_fail(call, CLASS_GENERIC, "%s is not true or false", a->name);
    case ARG_TEXTS:
        return is_texts(value) ||
               call_fail(call, CLASS_GENERIC, "%s is not a list of texts", a->name);
    case ARG_CHOICE:
        return (json_is_string(value) && is_choice(a, json_string_value(value))) ||
               call_fail(call, CLASS_GENERIC, "%s is none of its choices: see query-commands",
                         a->name);
    }
    return false;
}

static const struct argument *find_argument(const struct command_row *row, const char *name)
{
    const struct argument *a = row->arguments;

    while (a && a->name && strcmp(a->name, name))
        a++;
    return a && a->name ? a : NULL;
}

static bool unknown_argument(struct call *call, const struct command_row *row, const char *name)
{
    const char *names[16], *near;
    size_t count = 0;

    for (const struct argument *a = row->arguments; a && a->name && count < 16; a++)
        names[count++] = a->name;
    near = diag_nearest(name, names, count);
    return call_fail(call, CLASS_GENERIC, "%s has no argument `%.40s`%s%s%s", row->name, name,
                     near ? ": did you mean " : ": see query-commands", near ? near : "",
                     near ? "?" : "");
}

static bool check_arguments(struct call *call, const struct command_row *row)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)call->arguments, key, value) {
        const struct argument *a = find_argument(row, key);

        if (!a)
            return unknown_argument(call, row, key);
        if (!check_type(call, a, value))
            return false;
    }
    for (const struct argument *a = row->arguments; a && a->name; a++)
        if (a->required && !call_has(call, a->name))
            return call_fail(call, CLASS_GENERIC, "%s needs the argument `%s`: %s", row->name,
                             a->name, a->doc);
    return true;
}

/* --- what commands use ------------------------------------------------------------------------------------------ */

bool call_fail(struct call *call, const char *class, const char *format, ...)
{
    va_list args;

    call->error_class = class;
    va_start(args, format);
    vsnprintf(call->error, sizeof(call->error), format, args);
    va_end(args);
    return false;
}

bool call_has(const struct call *call, const char *argument)
{
    return json_object_get(call->arguments, argument) != NULL;
}

const char *call_text(const struct call *call, const char *argument)
{
    return json_string_value(json_object_get(call->arguments, argument));
}

uint64_t call_number(const struct call *call, const char *argument, uint64_t otherwise)
{
    value_number(json_object_get(call->arguments, argument), &otherwise);
    return otherwise;
}

bool call_flag(const struct call *call, const char *argument)
{
    const json_t *value = json_object_get(call->arguments, argument);

    return json_is_true(value) ||
           (json_is_string(value) && !strcmp(json_string_value(value), "true"));
}

struct bp_dev *call_node(struct call *call, const char *argument)
{
    struct machine *m = call->machine;
    const char *name = call_text(call, argument), *near;
    const char **names = malloc((m->ndevs + 1) * sizeof(*names));

    for (uint32_t i = 0; i < m->ndevs; i++) {
        if (names)
            names[i] = m->devs[i].name;
        if (!strcmp(m->devs[i].name, name)) {
            free(names);
            return &m->devs[i];
        }
    }
    near = names ? diag_nearest(name, names, m->ndevs) : NULL;
    call_fail(call, CLASS_NOT_FOUND, "no node `%.64s`%s%s%s", name,
              near ? ": did you mean " : ": see query-nodes", near ? near : "", near ? "?" : "");
    free(names);
    return NULL;
}

json_t *value_hex(uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    return json_string(text);
}

json_t *value_u64(uint64_t value)
{
    return json_integer((json_int_t)value);
}

bool value_number(const json_t *value, uint64_t *out)
{
    char why[UNITS_WHY];
    bool negative = false;
    enum unit_kind kind;

    if (json_is_integer(value)) {
        *out = (uint64_t)json_integer_value(value);
        return json_integer_value(value) >= 0;
    }
    if (!json_is_string(value))
        return false;
    return (units_integer(json_string_value(value), &negative, out, why) && !negative) ||
           units_parse_any(json_string_value(value), &kind, out, why);
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static void say_unknown_command(struct client *client, json_t *id, const char *name)
{
    const char *names[64], *near;
    char text[160];
    size_t count = 0;

    for (const struct command_row *row = command_rows; row->name && count < 64; row++)
        names[count++] = row->name;
    near = diag_nearest(name, names, count);
    snprintf(text, sizeof(text), "no command `%.64s`%s%s%s", name,
             near ? ": did you mean " : ": see query-commands", near ? near : "", near ? "?" : "");
    envelope_error(client, id, CLASS_COMMAND, text);
}

static void execute(struct client *client, json_t *id, const struct command_row *row,
                    const json_t *arguments)
{
    struct call call = {.machine = client->control->machine, .arguments = arguments};

    if (check_arguments(&call, row) && row->run(&call)) {
        if (row->run == run_capabilities)
            client->negotiated = true;
        client_send(client, json_pack("{s:o, s:O*}", "return",
                                      call.result ? call.result : json_object(), "id", id));
        return;
    }
    json_decref(call.result);
    envelope_error(client, id, call.error_class ? call.error_class : CLASS_GENERIC, call.error);
}

/* The members of a request, and nothing else. */
static const char *check_members(const json_t *request)
{
    const json_t *arguments = json_object_get(request, "arguments");
    const char *key;
    json_t *value;

    if (!json_is_object(request))
        return "a command is an object: {\"execute\": \"query-commands\"}";
    json_object_foreach ((json_t *)request, key, value)
        if (strcmp(key, "execute") && strcmp(key, "arguments") && strcmp(key, "id"))
            return "a command has the members execute, arguments and id";
    if (!json_is_string(json_object_get(request, "execute")))
        return "the member execute is missing, or is not a text";
    if (arguments && !json_is_object(arguments))
        return "the member arguments is not an object";
    return NULL;
}

static void answer(struct client *client, const json_t *request)
{
    json_t *id = json_object_get(request, "id");
    const char *wrong = check_members(request), *name;
    const struct command_row *row = command_rows;

    if (wrong) {
        envelope_error(client, id, CLASS_GENERIC, wrong);
        return;
    }
    name = json_string_value(json_object_get(request, "execute"));
    while (row->name && strcmp(row->name, name))
        row++;
    if (!row->name)
        say_unknown_command(client, id, name);
    else if (!client->negotiated && row->run != run_capabilities)
        envelope_error(client, id, CLASS_COMMAND, "say qmp_capabilities first");
    else
        execute(client, id, row, json_object_get(request, "arguments"));
}

void envelope_line(struct client *client, const char *line, size_t bytes)
{
    char text[JSON_ERROR_TEXT_LENGTH + 64];
    json_error_t error;
    json_t *request;

    while (bytes && strchr(" \t\r", line[bytes - 1]))
        bytes--;
    if (!bytes)
        return;
    request = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, &error);
    if (request) {
        answer(client, request);
        json_decref(request);
        return;
    }
    snprintf(text, sizeof(text), "not JSON, at byte %d: %s", error.position, error.text);
    envelope_error(client, NULL, CLASS_GENERIC, text);
}
