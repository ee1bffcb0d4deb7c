/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `pty`: a pseudo-terminal for a terminal program to attach to, again and again.
 *
 * While nobody has the other side open, the kernel reports a permanent hang-up; it cannot be waited for to end, so it is
 * asked for a few times a second.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 100

struct pty {
    struct channel channel; /* first */
    const char *link;
    uint8_t wait;
    uint8_t linked, open;
    int master;
    char path[64];
};

static const struct bp_prop props[] = {
    {.name = "link",
     .doc = "Symbolic link to make to the terminal, so that its name is known beforehand.",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct pty, link)},
    {.name = "wait",
     .doc = "Hold output back while nobody is attached, instead of losing it.",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct pty, wait),
     .def = "false"},
};

static void look(void *self, void *ctx);

static void look_later(struct pty *p)
{
    if (p->channel.sv.loop->after(p->channel.sv.dev, LOOK_AGAIN_MS, look, NULL) != BP_OK)
        services_log(&p->channel.sv, BP_LOG_ERROR, "no memory for a timer: %s stays closed",
                     p->path);
}

static void closed(struct channel *c)
{
    struct pty *p = (struct pty *)c;

    p->open = 0;
    channel_lost(c);
    c->sv.host->event(c->sv.dev, BP_CHAR_CLOSED);
    look_later(p);
}

/* Has someone attached? */
static void look(void *self, void *ctx)
{
    struct pty *p = self;
    struct pollfd fd = {.fd = p->master};

    (void)ctx;
    if (p->master < 0 || p->open)
        return;
    if (poll(&fd, 1, 0) != 0 || channel_open(&p->channel, p->master, p->master) != BP_OK) {
        look_later(p);
        return;
    }
    p->open = 1;
    p->channel.sv.host->event(p->channel.sv.dev, BP_CHAR_OPENED);
}

/* The first turn of the loop: by now there is a device to tell that nobody is there yet. */
static void begin_alone(void *self, void *ctx)
{
    struct pty *p = self;

    p->channel.sv.host->event(p->channel.sv.dev, BP_CHAR_CLOSED);
    look(self, ctx);
}

/* An own stale link is replaced; anything else in the way is the user's. */
static int32_t make_link(struct pty *p)
{
    struct stat info;

    if (!lstat(p->link, &info) && S_ISLNK(info.st_mode))
        unlink(p->link);
    if (symlink(p->path, p->link))
        return services_fail_errno(&p->channel.sv, errno, "link", p->link, "choose another path");
    p->linked = 1;
    return BP_OK;
}

/* Bytes pass unchanged in both directions, whoever attaches. */
static int make_transparent(const char *path)
{
    struct termios mode;
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), result;

    if (fd < 0)
        return -1;
    result = tcgetattr(fd, &mode);
    if (!result) {
        cfmakeraw(&mode);
        result = tcsetattr(fd, TCSANOW, &mode);
    }
    close(fd);
    return result;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct pty *p = self;
    struct channel *c = &p->channel;
    int32_t status = channel_init(c, dev, core);

    p->master = -1;
    if (status != BP_OK)
        return status;
    c->closed = closed;
    c->hold = p->wait;
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (p->master < 0 || grantpt(p->master) || unlockpt(p->master) ||
        ptsname_r(p->master, p->path, sizeof(p->path)) || make_transparent(p->path))
        return services_fail_errno(&c->sv, errno, NULL, "a pseudo-terminal",
                                   "is /dev/pts there, and not full?");
    if (p->link) {
        status = make_link(p);
        if (status != BP_OK)
            return status;
    }
    services_log(&c->sv, BP_LOG_INFO, "attach to %s", p->link ? p->link : p->path);
    return c->sv.loop->after(dev, 0, begin_alone, NULL);
}

static void finish(void *self)
{
    struct pty *p = self;
    char target[sizeof(p->path)];
    ssize_t length;

    if (!p->channel.sv.host)
        return;
    channel_close(&p->channel);
    if (p->linked) {
        length = readlink(p->link, target, sizeof(target));
        if (length == (ssize_t)strlen(p->path) && !memcmp(target, p->path, (size_t)length))
            unlink(p->link);
        p->linked = 0;
    }
    if (p->master >= 0)
        close(p->master);
    p->master = -1;
}

const struct bp_backend_class pty_class = {
    .size = sizeof(pty_class),
    .instance_size = sizeof(struct pty),
    .instance_align = _Alignof(struct pty),
    .name = "pty",
    .doc = "pseudo-terminal to attach a terminal program to",
    .kind = BP_BACKEND_CHAR,
    .props = BP_ARRAY(props),
    .init = init,
    .finish = finish,
    .write = channel_write,
    .credit = channel_credit,
};
