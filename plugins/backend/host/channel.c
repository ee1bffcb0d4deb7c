/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes between descriptors and a device (channel.h).
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 4096u

/* A read on the pool. */
struct channel_read {
    struct job job;
    struct channel *owner;
    int fd;
    uint64_t wanted;
    ssize_t got; /* or minus an errno */
    uint8_t data[CHUNK];
};

static void give(struct channel *c, const uint8_t *data, uint64_t bytes)
{
    if (c->received) {
        c->received(c, data, bytes);
        return;
    }
    c->credit -= bytes;
    c->sv.host->input(c->sv.dev, data, bytes);
}

static uint64_t wanted(const struct channel *c)
{
    return c->greedy || c->credit > CHUNK ? CHUNK : c->credit;
}

static void set_interest(struct channel *c)
{
    uint32_t in = wanted(c) && c->in_fd >= 0 ? BP_LOOP_READABLE : 0;
    uint32_t out = c->owed && c->out_fd >= 0 && !c->paused ? BP_LOOP_WRITABLE : 0;

    if (c->in_watch && c->in_watch == c->out_watch) {
        c->sv.loop->rewatch(c->in_watch, in | out);
        return;
    }
    if (c->in_watch)
        c->sv.loop->rewatch(c->in_watch, in);
    if (c->out_watch)
        c->sv.loop->rewatch(c->out_watch, out);
}

/* The input side is over; the output may go on (a pipe that ended, a terminal in the background). */
static void end_input(struct channel *c)
{
    if (c->in_watch && c->in_watch != c->out_watch)
        c->sv.loop->unwatch(c->in_watch);
    c->in_watch = c->in_watch == c->out_watch ? c->in_watch : NULL;
    c->in_fd = -1;
    set_interest(c);
    if (c->closed)
        c->closed(c);
}

static void end_output(struct channel *c)
{
    int owed = c->owed;

    if (c->out_watch && c->in_watch != c->out_watch)
        c->sv.loop->unwatch(c->out_watch);
    c->out_watch = c->in_watch == c->out_watch ? c->out_watch : NULL;
    c->out_fd = -1;
    c->owed = 0;
    set_interest(c);
    if (c->deaf)
        c->deaf(c);
    else if (c->closed)
        c->closed(c);
    if (owed)
        c->sv.host->writable(c->sv.dev);
}

static void read_some(struct channel *c)
{
    uint8_t data[CHUNK];
    uint64_t bytes = wanted(c);
    ssize_t got;

    do
        got = read(c->in_fd, data, bytes);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        give(c, data, (uint64_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        end_input(c);
    set_interest(c);
}

static void on_event(void *self, int32_t fd, uint32_t events)
{
    struct channel *c = self;

    if (fd == c->out_fd && c->owed && events & (BP_LOOP_WRITABLE | BP_LOOP_HANGUP)) {
        c->owed = 0;
        set_interest(c);
        c->sv.host->writable(c->sv.dev);
    }
    /* A hang-up is found by reading what came before it. The write above may have closed everything. */
    if (fd == c->in_fd && events & (BP_LOOP_READABLE | BP_LOOP_HANGUP)) {
        c->paused = !wanted(c);
        if (c->paused)
            set_interest(c); /* it would be reported again and again */
        else
            read_some(c);
    } else if (fd == c->out_fd && events & BP_LOOP_HANGUP) {
        end_output(c);
    }
}

/* --- input that cannot be polled ------------------------------------------------------------------------- */

static void run_read(struct job *job)
{
    struct channel_read *r = (struct channel_read *)job;

    do
        r->got = read(r->fd, r->data, r->wanted);
    while (r->got < 0 && errno == EINTR);
}

static void free_read(struct job *job)
{
    free(job);
}

static void start_read(struct channel *c);

static void done_read(struct job *job)
{
    struct channel_read *r = (struct channel_read *)job;
    struct channel *c = r->owner;

    c->reading = NULL;
    if (r->got > 0)
        give(c, r->data, (uint64_t)r->got);
    else
        end_input(c);
    free(r);
    start_read(c);
}

static void start_read(struct channel *c)
{
    struct channel_read *r;

    if (!c->in_file || c->reading || c->in_fd < 0 || !wanted(c))
        return;
    r = calloc(1, sizeof(*r));
    if (!r)
        return; /* tried again with the next credit */
    r->job = (struct job){.run = run_read, .done = done_read, .release = free_read};
    r->owner = c;
    r->fd = c->in_fd;
    r->wanted = wanted(c);
    c->reading = r;
    if (job_start(&c->sv, &r->job) != BP_OK) {
        c->reading = NULL;
        free(r);
    }
}

/* --- life ------------------------------------------------------------------------------------------------- */

int32_t channel_init(struct channel *c, struct bp_dev *dev, const struct bp_core *core)
{
    c->in_fd = c->out_fd = -1;
    return services_init(&c->sv, dev, core);
}

static void outfile_ready(void *ctx)
{
    struct channel *c = ctx;

    c->sv.host->writable(c->sv.dev);
}

static int is_socket(int fd)
{
    struct stat info;

    return fd >= 0 && !fstat(fd, &info) && S_ISSOCK(info.st_mode);
}

int32_t channel_open(struct channel *c, int in_fd, int out_fd)
{
    c->in_fd = in_fd;
    c->out_fd = out_fd;
    c->is_socket = (uint8_t)is_socket(out_fd);
    c->in_file = c->out_file = c->paused = 0;
    if (out_fd >= 0) {
        c->out_watch = c->sv.loop->watch(c->sv.dev, out_fd, 0, on_event);
        c->out_file = !c->out_watch;
        c->blocking =
            !(fcntl(out_fd, F_GETFL) & O_NONBLOCK); /* now: a loop may set it for what it watches */
        if (c->out_file && outfile_init(&c->outfile, &c->sv, out_fd, outfile_ready, c) != BP_OK) {
            channel_close(c);
            return BP_E_NOMEM;
        }
    }
    if (in_fd >= 0) {
        c->in_watch =
            in_fd == out_fd ? c->out_watch : c->sv.loop->watch(c->sv.dev, in_fd, 0, on_event);
        c->in_file = !c->in_watch;
    }
    set_interest(c);
    start_read(c);
    if (c->owed && c->out_fd >= 0 && c->hold) {
        c->owed = 0; /* what was held back for a peer */
        c->sv.host->writable(c->sv.dev);
    }
    return BP_OK;
}

void channel_close(struct channel *c)
{
    if (c->reading)
        job_abandon(&c->reading->job);
    c->reading = NULL;
    if (c->in_watch && c->in_watch != c->out_watch)
        c->sv.loop->unwatch(c->in_watch);
    if (c->out_watch)
        c->sv.loop->unwatch(c->out_watch);
    c->in_watch = c->out_watch = NULL;
    outfile_finish(&c->outfile);
    c->in_file = c->out_file = 0;
    c->in_fd = c->out_fd = -1;
}

void channel_lost(struct channel *c)
{
    channel_close(c);
    if (c->owed && !c->hold) {
        c->owed = 0; /* from here on everything is taken, and lost */
        c->sv.host->writable(c->sv.dev);
    }
}

/* --- output ------------------------------------------------------------------------------------------------- */

/* A descriptor that could not be made non-blocking takes a page at a time, and only when poll() promises room. */
static ssize_t write_polled(int fd, const void *data, uint64_t bytes)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    if (poll(&p, 1, 0) != 1 || !(p.revents & (POLLOUT | POLLERR))) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, data, bytes < PIPE_BUF ? bytes : PIPE_BUF);
}

static ssize_t write_some(const struct channel *c, const void *data, uint64_t bytes)
{
    if (c->is_socket)
        return send(c->out_fd, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    return c->blocking ? write_polled(c->out_fd, data, bytes) : write(c->out_fd, data, bytes);
}

int64_t channel_write(void *self, const void *data, uint64_t bytes)
{
    struct channel *c = self;
    uint64_t taken = 0;

    if (c->out_file)
        return (int64_t)outfile_write(&c->outfile, data, bytes);
    while (taken < bytes && c->out_fd >= 0) {
        ssize_t put = write_some(c, (const uint8_t *)data + taken, bytes - taken);

        if (put > 0) {
            taken += (uint64_t)put;
        } else if (put < 0 && errno != EINTR) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                end_output(c);
                break;
            }
            c->owed = 1;
            set_interest(c);
            return (int64_t)taken;
        }
    }
    if (taken < bytes && c->hold) {
        c->owed = 1;
        return (int64_t)taken;
    }
    return (int64_t)bytes; /* nobody is there to read the rest */
}

void channel_credit(void *self, uint64_t bytes)
{
    struct channel *c = self;

    c->credit += bytes;
    c->paused = 0;
    set_interest(c);
    start_read(c);
}

int channel_own(int fd, int flags)
{
    struct stat info;
    char path[32];
    int own;

    if (fstat(fd, &info))
        return -1;
    if (S_ISCHR(info.st_mode) || S_ISFIFO(info.st_mode)) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (own >= 0)
            return own;
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}
