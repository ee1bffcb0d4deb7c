/* SPDX-License-Identifier: Apache-2.0
 *
 * The other end of a control socket (client.h).
 */
#include "core/cli/client.h"

#include "core/cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool fail(const struct client *c, const char *text)
{
    usage_error(command_find(c->command), "%s: %s", c->path, text);
    return false;
}

/* The next line as a value; NULL at the end. */
static json_t *receive(struct client *c)
{
    json_error_t error;
    char *line = NULL;
    size_t room = 0;
    json_t *value = NULL;

    if (getline(&line, &room, c->in) > 0)
        value = json_loads(line, JSON_DECODE_ANY, &error);
    free(line);
    return value;
}

static bool say(struct client *c, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    size_t length = text ? strlen(text) : 0, done = 0;
    bool ok = text != NULL;

    json_decref(value);
    if (ok)
        text[length++] = '\n'; /* in the place of the end */
    while (ok && done < length) {
        ssize_t sent = send(c->out, text + done, length - done, MSG_NOSIGNAL);

        ok = sent > 0 || (sent < 0 && errno == EINTR);
        done += sent > 0 ? (size_t)sent : 0;
    }
    free(text);
    return ok;
}

static bool connect_to(struct client *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(c->path) >= sizeof(address.sun_path))
        return fail(c, "the path of a socket has at most 107 bytes: use a shorter one");
    strcpy(address.sun_path, c->path);
    c->code = EXIT_MACHINE;
    c->out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->out < 0 || connect(c->out, (struct sockaddr *)&address, sizeof(address))) {
        usage_error(command_find(c->command),
                    "%s: no machine answers (%s): start one with --control %s", c->path,
                    strerror(errno), c->path);
        return false;
    }
    c->in = fdopen(dup(c->out), "r");
    return c->in || fail(c, "no memory left on the host: close something");
}

/* The greeting, and its end. */
static bool negotiate(struct client *c)
{
    json_t *greeting = receive(c), *answer;
    bool known = json_object_get(greeting, "QMP") != NULL;

    if (json_object_get(greeting, "error"))
        fail(c, json_string_value(json_object_get(json_object_get(greeting, "error"), "desc")));
    else if (!known)
        fail(c, "is not the control socket of a machine: check the path");
    json_decref(greeting);
    answer = known ? client_execute(c, "qmp_capabilities", NULL) : NULL;
    json_decref(answer);
    return answer != NULL;
}

bool client_open(struct client *c, const struct arguments *args, const char *command,
                 size_t operands, size_t *first)
{
    *c = (struct client){.command = command, .out = -1, .code = EXIT_USAGE};
    *first = 0;
    c->path = args->control ? args->control : getenv("BACKPLANE_CONTROL");
    /* Where any number of words may follow, a path is known by its slash. */
    if (!args->control && args->positional.count > operands &&
        (operands || !c->path || strchr(args->positional.items[0], '/')))
        c->path = args->positional.items[(*first)++];
    if (!c->path) {
        usage_error(command_find(command),
                    "which machine? name its socket with --control PATH, or in BACKPLANE_CONTROL");
        return false;
    }
    return connect_to(c) && negotiate(c);
}

void client_close(struct client *c)
{
    if (c->in)
        fclose(c->in);
    if (c->out >= 0)
        close(c->out);
}

json_t *client_execute(struct client *c, const char *name, json_t *arguments)
{
    json_t *answer, *result;
    const char *desc;

    if (!say(c, json_pack("{s:s, s:o*}", "execute", name, "arguments", arguments))) {
        fail(c, "the machine does not listen any more");
        return NULL;
    }
    while ((answer = receive(c)) && json_object_get(answer, "event"))
        json_decref(answer);
    result = json_incref(json_object_get(answer, "return"));
    desc = json_string_value(json_object_get(json_object_get(answer, "error"), "desc"));
    if (!result)
        usage_error(command_find(c->command), "%s",
                    desc ? desc : "the machine ended before it answered");
    json_decref(answer);
    return result;
}

json_t *client_event(struct client *c)
{
    json_t *value;

    while ((value = receive(c)) && !json_object_get(value, "event"))
        json_decref(value);
    return value;
}
