/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections of the control socket. Callbacks of libuv only collect what arrives; control_turn(), which the loop calls
 * when libuv has returned, looks at it. So a command may park vCPUs, for which the loop is served again, and meanwhile
 * more arrives, or its client goes.
 *
 * Nothing a client does costs more than is stated in control.h: input is read no faster than it is answered, and who does
 * not fetch answers is let go.
 */
#include "core/control/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/machine/dev.h"

#define INPUT_ROOM (CONTROL_MAX_LINE + sizeof(((struct client *)0)->chunk))
#define BACKLOG    128
#define LINES      8 /* of one client in a turn: the others, and the devices, want theirs too */

static void wake(const struct control *c)
{
    if (c->machine->control == c) /* else the loop is about to end */
        loop_wake(&c->machine->loop);
}

/* --- sending -------------------------------------------------------------------------------------------------- */

struct sending {
    uv_write_t request;
    struct client *client;
    size_t bytes;
    char *text;
};

static void on_sent(uv_write_t *request, int status)
{
    struct sending *s = (struct sending *)request;

    s->client->unsent -= s->bytes;
    if (status < 0)
        s->client->gone = true;
    if (s->client->leaving || s->client->gone)
        wake(s->client->control);
    free(s->text);
    free(s);
}

static void send_text(struct client *client, char *text)
{
    struct sending *s = calloc(1, sizeof(*s));
    uv_buf_t buffer;

    if (!s || client->unsent > CONTROL_MAX_UNSENT) {
        client->gone = true;
        free(text);
        free(s);
        return;
    }
    s->client = client;
    s->text = text;
    s->bytes = strlen(text);
    buffer = uv_buf_init(text, (unsigned)s->bytes);
    client->unsent += s->bytes;
    if (!uv_write(&s->request, (uv_stream_t *)&client->pipe, &buffer, 1, on_sent))
        return;
    client->unsent -= s->bytes;
    client->gone = true;
    free(text);
    free(s);
}

void client_send(struct client *client, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    size_t length = text ? strlen(text) : 0;
    char *line = text ? realloc(text, length + 3) : NULL;

    json_decref(value);
    if (!line) {
        free(text);
        client->gone = true;
        return;
    }
    memcpy(line + length, "\r\n", 3);
    if (client->gone || client->closed)
        free(line);
    else
        send_text(client, line);
}

/* --- receiving ------------------------------------------------------------------------------------------------ */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct client *client = (struct client *)handle->data;

    (void)suggested;
    *out = uv_buf_init(client->chunk, sizeof(client->chunk));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct client *client = stream->data;

    (void)buffer;
    if (got < 0) {
        client->eof = true;
        client->gone |= got != UV_EOF;
        uv_read_stop(stream);
    } else if (got > 0) {
        memcpy(client->input + client->used, client->chunk, (size_t)got);
        client->used += (size_t)got;
        /* Room for one more chunk is kept. */
        if (client->used > INPUT_ROOM - sizeof(client->chunk)) {
            uv_read_stop(stream);
            client->stopped = true;
        }
    }
    wake(client->control);
}

static void consume(struct client *client, size_t bytes)
{
    client->used -= bytes;
    memmove(client->input, client->input + bytes, client->used);
}

/* Answers the next line. False: there is none yet. */
static bool next_line(struct client *client)
{
    char *end = memchr(client->input, '\n', client->used);
    size_t length = end ? (size_t)(end - client->input) : client->used;
    char *line;

    if (!end && client->skipping) { /* all of it belongs to the line that was too long */
        client->used = 0;
        return false;
    }
    if (!end && client->used > CONTROL_MAX_LINE) {
        envelope_error(client, NULL, CLASS_GENERIC, "a line has at most 65536 bytes: send less");
        client->skipping = true;
        client->used = 0;
        return false;
    }
    if (!end && !(client->eof && client->used))
        return false;
    /* A copy: more may arrive while the command runs. */
    line = client->skipping ? NULL : malloc(length + 1);
    if (line)
        memcpy(line, client->input, length);
    consume(client, end ? length + 1 : length);
    if (line)
        envelope_line(client, line, length);
    client->skipping = false;
    free(line);
    return true;
}

static void serve(struct client *client)
{
    int lines = 0;

    while (!client->gone && !client->leaving && lines < LINES && next_line(client))
        lines++;
    if (lines == LINES)
        wake(client->control);
    else if (client->eof)
        client->leaving = true;
    if (client->stopped && !client->eof && !client->gone &&
        client->used <= INPUT_ROOM - sizeof(client->chunk)) {
        client->stopped = false;
        client->eof = uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read) != 0;
    }
}

/* --- life of a connection ------------------------------------------------------------------------------------- */

static void free_client(struct client *client)
{
    free(client->input);
    free(client);
}

/* libuv is done with one of the handles; with the last one everything goes. */
static void drop_handle(struct control *c)
{
    if (--c->handles)
        return;
    while (c->clients) {
        struct client *client = c->clients;

        c->clients = client->next;
        free_client(client);
    }
    free(c);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    client->closed = true;
    wake(client->control);
    drop_handle(client->control);
}

static void on_listener_closed(uv_handle_t *handle)
{
    drop_handle(handle->data);
}

/* Starts to close who is done, and frees who is closed. */
static void sweep(struct control *c)
{
    struct client **at = &c->clients;

    while (*at) {
        struct client *client = *at;

        if (client->closed) {
            *at = client->next;
            c->nclients--;
            free_client(client);
            continue;
        }
        if ((client->gone || (client->leaving && !client->unsent)) &&
            !uv_is_closing((uv_handle_t *)&client->pipe))
            uv_close((uv_handle_t *)&client->pipe, on_client_closed);
        at = &client->next;
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *c = listener->data;
    struct client *client = status < 0 ? NULL : calloc(1, sizeof(*client));

    if (!client)
        return;
    client->control = c;
    client->input = malloc(INPUT_ROOM);
    if (!client->input || uv_pipe_init(listener->loop, &client->pipe, 0)) {
        free_client(client);
        return;
    }
    client->pipe.data = client;
    client->next = c->clients;
    c->clients = client;
    c->nclients++;
    c->handles++;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe)) {
        client->gone = true;
    } else if (c->nclients > CONTROL_MAX_CLIENTS) {
        envelope_error(client, NULL, CLASS_GENERIC,
                       "there are 16 clients already: end one of them");
        client->leaving = true;
    } else {
        envelope_greet(client);
        client->gone |= uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read) != 0;
    }
    wake(c);
}

void control_turn(struct machine *m)
{
    struct control *c = m->control;

    if (!c)
        return;
    for (struct client *client = c->clients; client; client = client->next)
        serve(client);
    sweep(c);
}

void control_event(struct machine *m, const char *name, const char *format, ...)
{
    uv_timeval64_t now = {0};
    json_t *data = NULL, *event;
    va_list args;

    if (!m->control)
        return;
    if (format) {
        va_start(args, format);
        data = json_vpack_ex(NULL, 0, format, args);
        va_end(args);
    }
    uv_gettimeofday(&now);
    event = json_pack("{s:s, s:{s:I, s:i}, s:o*}", "event", name, "timestamp", "seconds",
                      (json_int_t)now.tv_sec, "microseconds", (int)now.tv_usec, "data", data);
    for (struct client *client = m->control->clients; client; client = client->next)
        if (client->negotiated && !client->gone && !client->leaving)
            client_send(client, json_incref(event));
    json_decref(event);
}

/* --- the socket ------------------------------------------------------------------------------------------------- */

static bool refuse(char why[CONTROL_WHY], const char *path, const char *text)
{
    snprintf(why, CONTROL_WHY, "%.120s: %s", path, text);
    return false;
}

/* Makes way for a new socket: one whose owner died is still there as a file. */
static bool clear_path(const char *path, char why[CONTROL_WHY])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat info;
    bool alive;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path))
        return refuse(why, path, "the path of a socket has at most 107 bytes: use a shorter one");
    if (lstat(path, &info))
        return true;
    if (!S_ISSOCK(info.st_mode))
        return refuse(why, path, "is there and is not a socket: use another path");
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    alive = fd < 0 || !connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
            errno != ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    if (alive)
        return refuse(why, path, "another machine listens there: use another path");
    unlink(path);
    return true;
}

bool control_open(struct machine *m, const char *path, char why[CONTROL_WHY])
{
    struct control *c;
    mode_t mask;
    int failed;

    if (machine_refusal(m)) {
        snprintf(why, CONTROL_WHY, "the machine was %s", machine_refusal(m));
        return false;
    }
    if (!clear_path(path, why))
        return false;
    c = calloc(1, sizeof(*c));
    if (!c || uv_pipe_init(&m->loop.uv, &c->listener, 0)) {
        free(c);
        return refuse(why, path, "no memory left on the host: close something");
    }
    c->machine = m;
    c->handles = 1;
    c->listener.data = c;
    m->control = c;
    mask = umask(0177); /* before there are other threads; a chmod() would come too late */
    failed = uv_pipe_bind(&c->listener, path);
    umask(mask);
    if (!failed)
        failed = uv_listen((uv_stream_t *)&c->listener, BACKLOG, on_connection);
    if (!failed)
        return true;
    snprintf(why, CONTROL_WHY, "%.120s: cannot be made (%s): choose a path that can be written",
             path, uv_strerror(failed));
    control_close(m);
    return false;
}

void control_close(struct machine *m)
{
    struct control *c = m->control;

    m->control = NULL;
    if (!c)
        return;
    for (struct client *client = c->clients; client; client = client->next)
        if (!uv_is_closing((uv_handle_t *)&client->pipe))
            uv_close((uv_handle_t *)&client->pipe, on_client_closed);
    uv_close((uv_handle_t *)&c->listener, on_listener_closed);
}

bool control_is_open(const struct machine *m)
{
    return m->control != NULL;
}
