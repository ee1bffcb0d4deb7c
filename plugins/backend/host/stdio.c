/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `stdio`: the terminal Backplane was started on, or the pipes and files in its place.
 *
 * On a terminal every key goes to the guest, except those behind the escape prefix, which work even while the guest
 * takes no input: keys are read ahead into a buffer. Output processing stays on, so that lines which others print
 * still begin at the left. What finish() restores here, the command restores as well when the process dies.
 */
#include "channel.h"
#include "escape.h"

#include <backplane/bus.h> /* BP_POWER_* */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define AHEAD 65536u

struct stdio {
    struct channel channel; /* first */
    const char *escape_text;
    uint8_t signals;
    uint8_t raw;
    struct escape escape;
    struct termios saved;
    int in, out;
    int flags[2];   /* of descriptors 0 and 1, which other processes share */
    uint8_t *ahead; /* a ring of keys the guest has no room for yet */
    uint32_t first, count;
    uint8_t full;
    uint8_t last; /* byte that the guest printed */
};

static const struct bp_prop props[] = {
    {.name = "escape",
     .doc = "Prefix of the keys that are for Backplane: ctrl-a to ctrl-z, or none.",
     .type = BP_PROP_STR,
     .offset = offsetof(struct stdio, escape_text),
     .def = "ctrl-a"},
    {.name = "signals",
     .doc = "Ctrl-C, Ctrl-Z and Ctrl-\\ are for Backplane instead of the guest.",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct stdio, signals),
     .def = "false"},
};

/* --- keys --------------------------------------------------------------------------------------------------- */

static void keep(struct stdio *s, uint8_t byte)
{
    if (s->count == AHEAD) {
        if (!s->full)
            services_log(&s->channel.sv, BP_LOG_WARN,
                         "the guest takes no input: keys are being lost");
        s->full = 1;
        return;
    }
    s->ahead[(s->first + s->count++) % AHEAD] = byte;
}

/* Gives the guest what it has room for. */
static void pass_on(struct stdio *s)
{
    struct channel *c = &s->channel;

    while (s->count && c->credit) {
        uint32_t run = AHEAD - s->first < s->count ? AHEAD - s->first : s->count;
        const uint8_t *data = s->ahead + s->first;

        if (run > c->credit)
            run = (uint32_t)c->credit;
        s->first = (s->first + run) % AHEAD;
        s->count -= run;
        s->full = 0;
        c->credit -= run;
        c->sv.host->input(c->sv.dev, data, run);
    }
}

/* A terminal that takes nothing now does without: the loop waits for nobody. */
static void tell_user(struct stdio *s, const char *text)
{
    ssize_t shown = write(s->out, text, strlen(text));

    (void)shown;
    s->last = '\n';
}

static void act(struct stdio *s, enum escape_action action)
{
    struct channel *c = &s->channel;
    char text[512];

    switch (action) {
    case ESCAPE_LEAVE:
        c->sv.host->request(c->sv.dev, BP_POWER_OFF);
        break;
    case ESCAPE_RESET:
        c->sv.host->request(c->sv.dev, BP_POWER_RESET);
        break;
    case ESCAPE_BREAK:
        c->sv.host->event(c->sv.dev, BP_CHAR_BREAK);
        break;
    case ESCAPE_HELP:
        escape_help(&s->escape, text, sizeof(text));
        tell_user(s, text);
        break;
    case ESCAPE_UNKNOWN:
        escape_hint(&s->escape, text, sizeof(text));
        tell_user(s, text);
        break;
    case ESCAPE_PASS:
    case ESCAPE_WAIT:
        break;
    }
}

static void received(struct channel *c, const uint8_t *data, uint64_t bytes)
{
    struct stdio *s = (struct stdio *)c;

    for (uint64_t i = 0; i < bytes; i++) {
        uint8_t byte;
        enum escape_action action = escape_feed(&s->escape, data[i], &byte);

        if (action == ESCAPE_PASS)
            keep(s, byte);
        else
            act(s, action);
    }
    pass_on(s);
}

static int64_t put(void *self, const void *data, uint64_t bytes)
{
    struct stdio *s = self;
    int64_t taken = channel_write(self, data, bytes);

    if (taken > 0)
        s->last = ((const uint8_t *)data)[taken - 1];
    return taken;
}

static void credit(void *self, uint64_t bytes)
{
    struct stdio *s = self;

    channel_credit(self, bytes);
    if (s->ahead)
        pass_on(s);
}

/* Whoever read our output left (`| head`): like a user who walks away. */
static void deaf(struct channel *c)
{
    services_log(&c->sv, BP_LOG_INFO, "nobody reads the output any more");
    c->sv.host->request(c->sv.dev, BP_POWER_OFF);
}

/* The terminal was closed, or the pipe ended. A pipe's end says nothing about the rest. */
static void closed(struct channel *c)
{
    if (((struct stdio *)c)->raw)
        c->sv.host->request(c->sv.dev, BP_POWER_OFF);
}

/* --- life --------------------------------------------------------------------------------------------------- */

/* Only the foreground job may change a terminal or read from it; in the background either would stop the process. */
static int in_foreground(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

static int32_t make_raw(struct stdio *s)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &s->saved))
        return services_fail_errno(&s->channel.sv, errno, NULL, "the terminal",
                                   "give input through a pipe");
    raw = s->saved;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!s->signals)
        raw.c_lflag &= ~(tcflag_t)ISIG;
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
        return services_fail_errno(&s->channel.sv, errno, NULL, "the terminal",
                                   "give input through a pipe");
    s->raw = 1;
    return BP_OK;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct stdio *s = self;
    struct channel *c = &s->channel;
    int32_t status = channel_init(c, dev, core);
    int tty = isatty(STDIN_FILENO), reads = !tty || in_foreground(STDIN_FILENO);

    s->in = s->out = s->flags[0] = s->flags[1] = -1;
    s->last = '\n';
    if (status != BP_OK)
        return status;
    if (escape_parse(&s->escape, s->escape_text ? s->escape_text : "none"))
        return services_fail(&c->sv, BP_E_INVAL, "escape",
                             "`%s` is no prefix: ctrl-a to ctrl-z, or none", s->escape_text);
    if (tty && reads) {
        s->ahead = malloc(AHEAD);
        if (!s->ahead)
            return BP_E_NOMEM;
        status = make_raw(s);
        if (status != BP_OK)
            return status;
        c->greedy = 1;
        c->received = received;
    }
    c->closed = closed;
    c->deaf = deaf;
    s->flags[0] = fcntl(STDIN_FILENO, F_GETFL);
    s->flags[1] = fcntl(STDOUT_FILENO, F_GETFL);
    s->in = reads ? channel_own(STDIN_FILENO, O_RDONLY) : -1;
    s->out = channel_own(STDOUT_FILENO, O_WRONLY);
    status = channel_open(c, s->in, s->out);
    if (status == BP_OK)
        c->sv.host->event(dev, BP_CHAR_OPENED);
    return status;
}

static void finish(void *self)
{
    struct stdio *s = self;

    if (!s->channel.sv.host)
        return; /* never initialised: descriptor 0 in the zeroed fields is not ours */
    channel_close(&s->channel);
    if (s->raw && in_foreground(STDIN_FILENO)) {
        /* Whoever prints next, mostly a shell its prompt, begins on a line of its own. */
        if (s->out >= 0 && isatty(s->out) && s->last != '\n')
            tell_user(s, "\r\n");
        tcsetattr(STDIN_FILENO, TCSANOW, &s->saved);
    }
    s->raw = 0;
    if (s->in >= 0)
        close(s->in);
    if (s->out >= 0)
        close(s->out);
    s->in = s->out = -1;
    /* Where no descriptor of our own could be had, the loop made the shared one non-blocking. */
    for (int fd = 0; fd < 2; fd++)
        if (s->flags[fd] >= 0 && fcntl(fd, F_GETFL) != s->flags[fd])
            fcntl(fd, F_SETFL, s->flags[fd]);
    free(s->ahead);
    s->ahead = NULL;
}

const struct bp_backend_class stdio_class = {
    .size = sizeof(stdio_class),
    .flags = BP_BACKEND_TERMINAL,
    .instance_size = sizeof(struct stdio),
    .instance_align = _Alignof(struct stdio),
    .name = "stdio",
    .doc = "the terminal (raw, with escape keys), or standard input and output as pipes or files",
    .kind = BP_BACKEND_CHAR,
    .props = BP_ARRAY(props),
    .init = init,
    .finish = finish,
    .write = put,
    .credit = credit,
};
