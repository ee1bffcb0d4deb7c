/* SPDX-License-Identifier: Apache-2.0
 *
 * services.c - bp.loop/1: descriptors, pool jobs and delays for back ends. [main]
 */
#include <stdlib.h>

#include "core/machine/dev.h"

struct loop_watch {
    uv_poll_t poll; /* first member: freed through it */
    struct loop_watch *next;
    struct bp_dev *dev;
    int32_t fd;
    void (*fn)(void *self, int32_t fd, uint32_t events);
};

struct loop_job {
    uv_work_t work; /* first member */
    struct bp_dev *dev;
    void (*run)(void *ctx);
    void (*done)(void *self, void *ctx);
    void *ctx;
};

struct loop_delay {
    uv_timer_t timer; /* first member */
    struct bp_dev *dev;
    void (*fn)(void *self, void *ctx);
    void *ctx;
};

void loop_free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct loop_watch *watch = (struct loop_watch *)poll;
    uint32_t seen = (events & UV_READABLE ? BP_LOOP_READABLE : 0) |
                    (events & UV_WRITABLE ? BP_LOOP_WRITABLE : 0) |
                    (events & UV_DISCONNECT || status < 0 ? BP_LOOP_HANGUP : 0);
    struct dev_call before;

    before = call_enter(watch->dev, "the function of watch()", NULL);
    watch->fn(watch->dev->instance, watch->fd, seen);
    call_leave(before);
}

static void rewatch(struct bp_watch *handle, uint32_t events)
{
    struct loop_watch *watch = (struct loop_watch *)handle;
    int uv_events = (events & BP_LOOP_READABLE ? UV_READABLE : 0) |
                    (events & BP_LOOP_WRITABLE ? UV_WRITABLE : 0);

    if (uv_events)
        uv_poll_start(&watch->poll, uv_events | UV_DISCONNECT, on_poll);
    else
        uv_poll_stop(&watch->poll);
}

static struct bp_watch *watch_fd(struct bp_dev *dev, int32_t fd, uint32_t events,
                                 void (*fn)(void *self, int32_t fd, uint32_t events))
{
    struct loop_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    if (uv_poll_init(&dev->machine->loop.uv, &watch->poll, fd)) {
        free(watch);
        return NULL;
    }
    watch->dev = dev;
    watch->fd = fd;
    watch->fn = fn;
    watch->next = dev->watches;
    dev->watches = watch;
    rewatch((struct bp_watch *)watch, events);
    return (struct bp_watch *)watch;
}

static void unwatch(struct bp_watch *handle)
{
    struct loop_watch *watch = (struct loop_watch *)handle;

    for (struct loop_watch **at = &watch->dev->watches; *at; at = &(*at)->next)
        if (*at == watch) {
            *at = watch->next;
            uv_poll_stop(&watch->poll);
            uv_close((uv_handle_t *)&watch->poll, loop_free_handle);
            return;
        }
}

void loop_free_watches(struct bp_dev *dev)
{
    while (dev->watches)
        unwatch((struct bp_watch *)dev->watches);
}

static void job_run(uv_work_t *work)
{
    struct loop_job *job = (struct loop_job *)work;

    job->run(job->ctx);
}

static void job_done(uv_work_t *work, int status)
{
    struct loop_job *job = (struct loop_job *)work;
    struct dev_call before = call_enter(job->dev, "done() of a job", NULL);

    (void)status;
    job->dev->machine->loop.work--;
    job->done(job->dev->instance, job->ctx);
    call_leave(before);
    free(job);
}

/* The first one starts the threads of the pool. */
static int queue(struct loop *loop, uv_work_t *work)
{
    sigset_t before;
    int failed;

    if (loop->has_worked)
        return uv_queue_work(&loop->uv, work, job_run, job_done);
    loop_block_signals(&before);
    failed = uv_queue_work(&loop->uv, work, job_run, job_done);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->has_worked = !failed;
    return failed;
}

static int32_t start_job(struct bp_dev *dev, void (*run)(void *ctx),
                         void (*done)(void *self, void *ctx), void *ctx)
{
    struct loop_job *job = malloc(sizeof(*job));

    if (!job)
        return BP_E_NOMEM;
    job->dev = dev;
    job->run = run;
    job->done = done;
    job->ctx = ctx;
    if (queue(&dev->machine->loop, &job->work)) {
        free(job);
        return BP_E_IO;
    }
    dev->machine->loop.work++;
    return BP_OK;
}

static void on_delay(uv_timer_t *timer)
{
    struct loop_delay *delay = (struct loop_delay *)timer;

    /* A back end that is being finished is not called any more. */
    if (delay->dev->initialised) {
        struct dev_call before = call_enter(delay->dev, "the function of after()", NULL);

        delay->fn(delay->dev->instance, delay->ctx);
        call_leave(before);
    }
    uv_close((uv_handle_t *)timer, loop_free_handle);
}

static int32_t after(struct bp_dev *dev, uint64_t ms, void (*fn)(void *self, void *ctx), void *ctx)
{
    struct loop_delay *delay = calloc(1, sizeof(*delay));

    if (!delay)
        return BP_E_NOMEM;
    delay->dev = dev;
    delay->fn = fn;
    delay->ctx = ctx;
    uv_timer_init(&dev->machine->loop.uv, &delay->timer);
    uv_timer_start(&delay->timer, on_delay, ms, 0);
    return BP_OK;
}

const struct bp_loop_api loop_api = {
    .size = sizeof(loop_api),
    .watch = watch_fd,
    .rewatch = rewatch,
    .unwatch = unwatch,
    .work = start_job,
    .after = after,
};
