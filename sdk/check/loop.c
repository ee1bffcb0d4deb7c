/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c - watches, work and timers of a back end.
 */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "where.h"

#define WATCHES 64

struct bp_watch {
    struct bp_watch *next;
    struct loop *loop;
    int32_t fd;
    uint32_t events;
    bool dead;
    void (*fn)(void *self, int32_t fd, uint32_t events);
};

struct job { /* on a thread, or due at a time */
    struct job *next;
    void (*work)(void *ctx);
    void (*done)(void *self, void *ctx);
    void *ctx;
    uint64_t due; /* ms; 0: when the thread ends */
    pthread_t thread;
    _Atomic bool ended;
};

struct loop {
    struct shell *shell;
    struct bp_watch *watches;
    struct job *jobs;
};

static struct loop *here; /* of the only back end there is */

uint64_t loop_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A regular file is always ready, and nothing to wait for. */
static bool pollable(int32_t fd)
{
    struct epoll_event any = {.events = EPOLLIN};
    int set = epoll_create1(EPOLL_CLOEXEC), refused = epoll_ctl(set, EPOLL_CTL_ADD, fd, &any);

    close(set);
    return !refused;
}

static struct bp_watch *watch(struct bp_dev *dev, int32_t fd, uint32_t events,
                              void (*fn)(void *self, int32_t fd, uint32_t events))
{
    struct bp_watch *w;

    if (!shell_on_main(here->shell, "bp.loop/1 watch()") || !pollable(fd))
        return NULL;
    w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct bp_watch){here->watches, here, fd, events, false, fn};
    here->watches = w;
    return w;
}

static bool is_watch(const struct bp_watch *handle, const char *function)
{
    for (const struct bp_watch *w = here->watches; w; w = w->next) {
        if (w == handle && !w->dead)
            return shell_on_main(here->shell, function);
    }
    kit_watch(here->shell->kit, "contract", where_caller(), "%s: no such watch", function);
    return false;
}

static void rewatch(struct bp_watch *handle, uint32_t events)
{
    if (is_watch(handle, "bp.loop/1 rewatch()"))
        handle->events = events;
}

static void unwatch(struct bp_watch *handle)
{
    if (is_watch(handle, "bp.loop/1 unwatch()"))
        handle->dead = true;
}

static void *run_job(void *arg)
{
    struct job *job = arg;

    job->work(job->ctx);
    atomic_store(&job->ended, true);
    return NULL;
}

static struct job *add_job(void (*done)(void *self, void *ctx), void *ctx)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    job->done = done;
    job->ctx = ctx;
    job->next = here->jobs;
    here->jobs = job;
    return job;
}

static int32_t work(struct bp_dev *dev, void (*fn)(void *ctx), void (*done)(void *self, void *ctx),
                    void *ctx)
{
    struct job *job = shell_on_main(here->shell, "bp.loop/1 work()") ? add_job(done, ctx) : NULL;

    if (!job)
        return BP_E_NOMEM;
    job->work = fn;
    if (!pthread_create(&job->thread, NULL, run_job, job))
        return BP_OK;
    here->jobs = job->next;
    free(job);
    return BP_E_NOMEM;
}

static int32_t after(struct bp_dev *dev, uint64_t ms, void (*fn)(void *self, void *ctx), void *ctx)
{
    struct job *job = shell_on_main(here->shell, "bp.loop/1 after()") ? add_job(fn, ctx) : NULL;

    if (!job)
        return BP_E_NOMEM;
    job->due = loop_now_ms() + ms + 1;
    return BP_OK;
}

const struct bp_loop_api loop_api = {sizeof loop_api, 0, watch, rewatch, unwatch, work, after};

static void sweep(struct loop *loop)
{
    for (struct bp_watch **at = &loop->watches; *at;) {
        struct bp_watch *w = *at;

        if (!w->dead) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        free(w);
    }
}

/* Takes one job that is over out of the list and tells. */
static bool finish_job(struct loop *loop)
{
    for (struct job **at = &loop->jobs; *at; at = &(*at)->next) {
        struct job *job = *at;

        if (job->due ? job->due > loop_now_ms() : !atomic_load(&job->ended))
            continue;
        *at = job->next;
        if (!job->due)
            pthread_join(job->thread, NULL);
        kit_doing(loop->shell->kit, job->due ? "a function given to after()" : "done() of work()");
        job->done(loop->shell->t->self, job->ctx);
        free(job);
        return true;
    }
    return false;
}

static uint32_t bits(uint32_t a, uint32_t if_a, uint32_t then)
{
    return a & if_a ? then : 0;
}

bool loop_turn(struct loop *loop, int ms)
{
    struct pollfd fds[WATCHES];
    struct bp_watch *of[WATCHES];
    nfds_t n = 0;
    bool ran = finish_job(loop);

    sweep(loop);
    for (struct bp_watch *w = loop->watches; w && n < WATCHES; w = w->next) {
        fds[n].fd = w->fd;
        fds[n].revents = 0;
        fds[n].events = (short)(bits(w->events, BP_LOOP_READABLE, POLLIN) |
                                bits(w->events, BP_LOOP_WRITABLE, POLLOUT));
        of[n++] = w;
    }
    if (poll(fds, n, ran || loop->jobs ? (ms < 1 ? ms : 1) : ms) <= 0)
        return ran;
    for (nfds_t i = 0; i < n; i++) {
        uint32_t events = bits((uint32_t)fds[i].revents, POLLIN, BP_LOOP_READABLE) |
                          bits((uint32_t)fds[i].revents, POLLOUT, BP_LOOP_WRITABLE) |
                          bits((uint32_t)fds[i].revents, POLLHUP | POLLERR, BP_LOOP_HANGUP);

        if (!events || of[i]->dead)
            continue;
        kit_doing(loop->shell->kit, "a watch with events %u", events);
        of[i]->fn(loop->shell->t->self, of[i]->fd, events);
        ran = true;
    }
    sweep(loop);
    return ran;
}

struct loop *loop_make(struct shell *shell)
{
    here = calloc(1, sizeof *here);
    if (here)
        here->shell = shell;
    return here;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    while (loop->jobs) {
        struct job *job = loop->jobs;

        loop->jobs = job->next;
        if (!job->due) {
            pthread_join(job->thread, NULL);
            kit_doing(loop->shell->kit, "done() of work(), after finish()");
            job->done(loop->shell->t->self, job->ctx);
        }
        free(job);
    }
    for (struct bp_watch *w = loop->watches; w; w = w->next)
        w->dead = true;
    sweep(loop);
    free(loop);
    here = NULL;
}
