/* SPDX-License-Identifier: Apache-2.0
 *
 * The back ends `tcp` and `unix`: a stream socket that listens for one peer at a time, or connects and comes back when
 * the connection is lost.
 */
#include "address.h"
#include "channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS      UINT64_C(1000000) /* nanoseconds */
#define BACKLOG 8

struct sock {
    struct channel channel; /* first */
    const char *listen, *connect;
    uint64_t reconnect; /* ns; 0: never */
    uint8_t wait;
    uint8_t bound, complained;
    int listener, peer;
    struct bp_watch *accepting, *connecting;
    struct resolve *resolving;
    struct addresses to;
    uint32_t at;            /* which of them is being tried */
    struct address address; /* where we listen, or connect to */
};

#define RECONNECT_PROP                                                                             \
    {                                                                                              \
        .name = "reconnect",                                                                       \
        .doc = "How long to wait before connecting again after a failure or a loss; 0s: never.",   \
        .type = BP_PROP_DURATION, .offset = offsetof(struct sock, reconnect), .def = "1s"          \
    }
#define WAIT_PROP                                                                                  \
    {                                                                                              \
        .name = "wait", .doc = "Hold output back while there is no peer, instead of losing it.",   \
        .type = BP_PROP_BOOL, .offset = offsetof(struct sock, wait), .def = "false"                \
    }

static const struct bp_prop tcp_props[] = {
    {.name = "listen",
     .doc = "Address to wait at for a peer: host:port, or :port for this computer only.",
     .type = BP_PROP_STR,
     .offset = offsetof(struct sock, listen)},
    {.name = "connect",
     .doc = "Address to connect to: host:port.",
     .type = BP_PROP_STR,
     .offset = offsetof(struct sock, connect)},
    RECONNECT_PROP,
    WAIT_PROP,
};

static const struct bp_prop unix_props[] = {
    {.name = "listen",
     .doc = "Path of a socket to make and to wait at for a peer.",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct sock, listen)},
    {.name = "connect",
     .doc = "Path of a socket to connect to.",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct sock, connect)},
    RECONNECT_PROP,
    WAIT_PROP,
};

static void try_later(struct sock *s);

/* --- one peer ----------------------------------------------------------------------------------------------- */

static void lost(struct channel *c)
{
    struct sock *s = (struct sock *)c;

    channel_lost(c);
    close(s->peer);
    s->peer = -1;
    c->sv.host->event(c->sv.dev, BP_CHAR_CLOSED);
    services_log(&c->sv, BP_LOG_INFO, "the peer is gone");
    if (s->accepting)
        c->sv.loop->rewatch(s->accepting, BP_LOOP_READABLE);
    else
        try_later(s);
}

static void begin(struct sock *s, int fd)
{
    struct channel *c = &s->channel;
    int on = 1;

    if (s->address.storage.ss_family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* people type single keys */
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    s->peer = fd;
    s->complained = 0;
    c->sv.host->event(c->sv.dev, BP_CHAR_OPENED);
    if (channel_open(c, fd, fd) != BP_OK)
        lost(c);
}

/* --- listening ---------------------------------------------------------------------------------------------- */

static void on_accept(void *self, int32_t fd, uint32_t events)
{
    struct sock *s = self;
    int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)events;
    if (peer < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            services_log(&s->channel.sv, BP_LOG_ERROR, "cannot accept a peer: %s", strerror(errno));
        return;
    }
    /* One at a time; who comes next waits in the queue. */
    s->channel.sv.loop->rewatch(s->accepting, 0);
    begin(s, peer);
}

/* A socket file that nobody listens at is left over from a process that died. */
static void remove_stale(const struct address *a)
{
    const char *path = ((const struct sockaddr_un *)&a->storage)->sun_path;
    struct stat info;
    int fd;

    if (lstat(path, &info) || !S_ISSOCK(info.st_mode))
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&a->storage, a->bytes) && errno == ECONNREFUSED)
        unlink(path);
    close(fd);
}

static int32_t start_listening(struct sock *s)
{
    const struct services *sv = &s->channel.sv;
    const struct sockaddr *name = (const struct sockaddr *)&s->address.storage;
    char text[160];
    int on = 1, local = s->address.storage.ss_family == AF_UNIX;

    if (local)
        remove_stale(&s->address);
    s->listener = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listener < 0)
        return services_fail_errno(sv, errno, "listen", s->listen, "choose another address");
    if (!local)
        setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s->listener, name, s->address.bytes))
        return services_fail_errno(sv, errno, "listen", s->listen,
                                   errno == EADDRINUSE
                                       ? "end the other program or choose another address"
                                       : "choose another address");
    s->bound = (uint8_t)local;
    if (listen(s->listener, BACKLOG))
        return services_fail_errno(sv, errno, "listen", s->listen, "choose another address");
    s->address.bytes = sizeof(s->address.storage);
    getsockname(s->listener, (struct sockaddr *)&s->address.storage, &s->address.bytes);
    s->accepting = sv->loop->watch(sv->dev, s->listener, BP_LOOP_READABLE, on_accept);
    if (!s->accepting)
        return BP_E_NOMEM;
    address_text(&s->address, text, sizeof(text));
    services_log(sv, BP_LOG_INFO, "listening at %s", text);
    return BP_OK;
}

/* --- connecting --------------------------------------------------------------------------------------------- */

/* Name look-ups can take seconds, so they run on the pool. */
struct resolve {
    struct job job;
    struct sock *owner;
    char *text;
    struct addresses found;
    const char *wrong;
};

static void complain(struct sock *s, const char *why)
{
    if (!s->complained)
        services_log(&s->channel.sv, BP_LOG_WARN, "cannot connect to %s: %s%s", s->connect, why,
                     s->reconnect ? "; trying again" : "");
    s->complained = 1;
}

static void start_connecting(struct sock *s);

/* The next address of the name, or after the last one all of them again, later. */
static void not_connected(struct sock *s, int error)
{
    s->peer = -1;
    if (++s->at < s->to.count) {
        start_connecting(s);
        return;
    }
    complain(s, strerror(error));
    try_later(s);
}

static void on_connected(void *self, int32_t fd, uint32_t events)
{
    struct sock *s = self;
    socklen_t bytes = sizeof(int);
    int error = 0;

    (void)events;
    s->channel.sv.loop->unwatch(s->connecting);
    s->connecting = NULL;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes))
        error = errno;
    if (!error) {
        begin(s, fd);
        return;
    }
    close(fd);
    not_connected(s, error);
}

static void start_connecting(struct sock *s)
{
    const struct services *sv = &s->channel.sv;
    const struct sockaddr *name = (const struct sockaddr *)&s->address.storage;
    int fd, error;

    s->address = s->to.items[s->at];
    fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && !connect(fd, name, s->address.bytes)) {
        begin(s, fd);
        return;
    }
    error = errno;
    if (fd >= 0 && (error == EINPROGRESS || error == EINTR)) {
        s->peer = fd;
        s->connecting = sv->loop->watch(sv->dev, fd, BP_LOOP_WRITABLE, on_connected);
        if (s->connecting)
            return;
        error = ENOMEM;
    }
    if (fd >= 0)
        close(fd);
    not_connected(s, error);
}

static void run_resolve(struct job *job)
{
    struct resolve *r = (struct resolve *)job;

    r->wrong = address_resolve(&r->found, r->text, 0);
}

static void free_resolve(struct job *job)
{
    free(((struct resolve *)job)->text);
    free(job);
}

static void done_resolve(struct job *job)
{
    struct resolve *r = (struct resolve *)job;
    struct sock *s = r->owner;
    const char *wrong = r->wrong;

    s->resolving = NULL;
    s->to = r->found;
    free_resolve(job);
    if (!wrong) {
        s->at = 0;
        start_connecting(s);
        return;
    }
    complain(s, wrong);
    try_later(s);
}

static void start_resolving(struct sock *s)
{
    struct resolve *r = calloc(1, sizeof(*r));

    if (r)
        r->text = strdup(s->connect);
    if (r && r->text) {
        r->job = (struct job){.run = run_resolve, .done = done_resolve, .release = free_resolve};
        r->owner = s;
        s->resolving = r;
        if (job_start(&s->channel.sv, &r->job) == BP_OK)
            return;
        s->resolving = NULL;
    }
    if (r)
        free_resolve(&r->job);
    try_later(s);
}

static void try_now(void *self, void *ctx)
{
    struct sock *s = self;

    (void)ctx;
    if (s->listener >= 0 || s->peer >= 0 || s->resolving)
        return;
    if (s->to.count && s->to.items[0].storage.ss_family == AF_UNIX) {
        s->at = 0;
        start_connecting(s);
    } else {
        start_resolving(s);
    }
}

static void try_later(struct sock *s)
{
    const struct services *sv = &s->channel.sv;

    if (s->reconnect &&
        sv->loop->after(sv->dev, (s->reconnect + MS - 1) / MS, try_now, NULL) != BP_OK)
        services_log(sv, BP_LOG_ERROR, "no memory for a timer: will not connect again");
}

/* --- life --------------------------------------------------------------------------------------------------- */

/* The first turn of the loop: by now there is a device to tell that nobody is there yet. */
static void begin_alone(void *self, void *ctx)
{
    struct sock *s = self;

    if (s->peer < 0)
        s->channel.sv.host->event(s->channel.sv.dev, BP_CHAR_CLOSED);
    try_now(self, ctx);
}

static int32_t init(struct sock *s, struct bp_dev *dev, const struct bp_core *core, int local)
{
    struct channel *c = &s->channel;
    const struct services *sv = &c->sv;
    int32_t status = channel_init(c, dev, core);
    const char *text = s->listen ? s->listen : s->connect, *wrong = NULL;

    s->listener = s->peer = -1;
    if (status != BP_OK)
        return status;
    if (!s->listen == !s->connect)
        return services_fail(sv, BP_E_INVAL, s->listen ? "connect" : NULL,
                             "listen and connect: give one of the two");
    c->closed = lost;
    c->hold = s->wait;
    /* A name to connect to is looked up later, without blocking. */
    if (local)
        wrong = address_unix(&s->to.items[0], text);
    else if (s->listen)
        wrong = address_resolve(&s->to, text, 1);
    if (local && !wrong)
        s->to.count = 1;
    s->address = s->to.items[0];
    if (wrong)
        return services_fail(sv, BP_E_INVAL, s->listen ? "listen" : "connect", "%s: %s", text,
                             wrong);
    if (s->listen)
        status = start_listening(s);
    return status == BP_OK ? sv->loop->after(dev, 0, begin_alone, NULL) : status;
}

static int32_t tcp_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return init(self, dev, core, 0);
}

static int32_t unix_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return init(self, dev, core, 1);
}

static void finish(void *self)
{
    struct sock *s = self;
    const struct services *sv = &s->channel.sv;

    if (!sv->host)
        return;
    if (s->resolving)
        job_abandon(&s->resolving->job);
    s->resolving = NULL;
    channel_close(&s->channel);
    if (s->connecting)
        sv->loop->unwatch(s->connecting);
    if (s->accepting)
        sv->loop->unwatch(s->accepting);
    s->connecting = s->accepting = NULL;
    if (s->peer >= 0)
        close(s->peer);
    if (s->listener >= 0)
        close(s->listener);
    s->peer = s->listener = -1;
    if (s->bound)
        unlink(s->listen);
    s->bound = 0;
}

const struct bp_backend_class tcp_class = {
    .size = sizeof(tcp_class),
    .instance_size = sizeof(struct sock),
    .instance_align = _Alignof(struct sock),
    .name = "tcp",
    .doc = "TCP connection: listens for a peer, or connects to one",
    .kind = BP_BACKEND_CHAR,
    .props = BP_ARRAY(tcp_props),
    .init = tcp_init,
    .finish = finish,
    .write = channel_write,
    .credit = channel_credit,
};

const struct bp_backend_class unix_class = {
    .size = sizeof(unix_class),
    .instance_size = sizeof(struct sock),
    .instance_align = _Alignof(struct sock),
    .name = "unix",
    .doc = "Unix-domain stream socket: listens for a peer, or connects to one",
    .kind = BP_BACKEND_CHAR,
    .props = BP_ARRAY(unix_props),
    .init = unix_init,
    .finish = finish,
    .write = channel_write,
    .credit = channel_credit,
};
