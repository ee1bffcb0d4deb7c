/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c - the loop and its queue, and bp.thread/1.
 */
#include "core/loop/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/control/control.h"
#include "core/machine/dev.h"

static void on_wake(uv_async_t *async)
{
    (void)async; /* the turn that follows looks at everything */
}

/* The expiry is taken off the descriptor, or it would stay readable and whoever waits in loop_serve() would spin. */
static void on_timer(uv_poll_t *poll, int status, int events)
{
    struct loop *loop = poll->data;
    uint64_t expiries;

    (void)status;
    (void)events;
    /* Nothing to read: it was set again meanwhile. A turn that looks too early does no harm. */
    if (read(loop->machine->time.fd, &expiries, sizeof(expiries)) < 0)
        expiries = 0;
    loop->timer_due = true;
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct loop *loop = signal->data;

    atomic_store(&loop->machine->quit_signal, number);
    machine_request(loop->machine, REQUEST_QUIT);
}

/* Somebody drains while [main] waits for the machine lock. */
static void serve_once(void *ctx)
{
    loop_serve(ctx, true);
}

int32_t loop_init(struct loop *loop, struct machine *m)
{
    loop->machine = m;
    lock_set_server(&m->lock, serve_once, loop);
    if (uv_loop_init(&loop->uv))
        return BP_E_NOMEM;
    loop->open = true;
    loop->last = &loop->first;
    pthread_mutex_init(&loop->lock, NULL);
    loop->timer.data = loop->signals[0].data = loop->signals[1].data = loop;
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) ||
        uv_poll_init(&loop->uv, &loop->timer, m->time.fd) ||
        uv_signal_init(&loop->uv, &loop->signals[0]) ||
        uv_signal_init(&loop->uv, &loop->signals[1]))
        return BP_E_IO;
    return uv_poll_start(&loop->timer, UV_READABLE, on_timer) ? BP_E_IO : BP_OK;
}

void loop_block_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP};
    sigset_t blocked;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, before);
}

void loop_catch_signals(struct loop *loop)
{
    uv_signal_start(&loop->signals[0], on_signal, SIGINT);
    uv_signal_start(&loop->signals[1], on_signal, SIGTERM);
}

void loop_release_signals(struct loop *loop)
{
    uv_signal_stop(&loop->signals[0]);
    uv_signal_stop(&loop->signals[1]);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) /* the only timers are delays that did not run out */
        uv_close(handle, handle->type == UV_TIMER ? loop_free_handle : NULL);
}

void loop_finish(struct loop *loop)
{
    if (!loop->open)
        return;
    while (loop->work) /* jobs on the pool still use their back ends' memory */
        loop_serve(loop, true);
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    pthread_mutex_destroy(&loop->lock);
    loop->open = false;
}

void loop_wake(struct loop *loop)
{
    atomic_store(&loop->asked, true);
    uv_async_send(&loop->wake);
}

bool loop_asked(struct loop *loop)
{
    return atomic_exchange(&loop->asked, false);
}

static int32_t thread_post(struct bp_dev *dev, void (*fn)(void *self, void *ctx), void *ctx)
{
    struct loop *loop = &dev->machine->loop;
    struct loop_post *post = malloc(sizeof(*post));
    int32_t status = BP_E_STATE;

    if (!post)
        return BP_E_NOMEM;
    *post = (struct loop_post){NULL, dev, fn, ctx};
    pthread_mutex_lock(&loop->lock);
    if (!loop->closed) {
        *loop->last = post;
        loop->last = &post->next;
        status = BP_OK;
        loop_wake(loop); /* under the lock: afterwards the loop may be gone */
    }
    pthread_mutex_unlock(&loop->lock);
    if (status != BP_OK)
        free(post);
    return status;
}

/* Runs what was queued before this call; what it queues itself is for the next turn. */
void loop_run_posts(struct loop *loop)
{
    struct machine_lock *lock = &loop->machine->lock;
    struct loop_post *post, *next;

    pthread_mutex_lock(&loop->lock);
    post = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    for (; post; post = next) {
        struct dev_call before;

        next = post->next;
        lock_take(lock);
        before = call_enter(post->dev, "the function of post()", NULL);
        post->fn(post->dev->instance, post->ctx);
        call_leave(before);
        if (post->dev->vcpu)
            vcpu_wake(post->dev->vcpu);
        lock_drop(lock);
        free(post);
    }
}

void loop_drop_posts(struct loop *loop, const struct bp_dev *dev)
{
    struct loop_post **at, *post;

    pthread_mutex_lock(&loop->lock);
    for (at = &loop->first; (post = *at);) {
        if (post->dev != dev) {
            at = &post->next;
            continue;
        }
        *at = post->next;
        free(post);
    }
    loop->last = at;
    pthread_mutex_unlock(&loop->lock);
}

bool loop_posts_queued(struct loop *loop)
{
    bool queued;

    pthread_mutex_lock(&loop->lock);
    queued = loop->first != NULL;
    pthread_mutex_unlock(&loop->lock);
    return queued;
}

void loop_close_posts(struct loop *loop)
{
    if (!loop->open)
        return;
    pthread_mutex_lock(&loop->lock);
    loop->closed = true;
    pthread_mutex_unlock(&loop->lock);
    loop_run_posts(loop);
}

void loop_serve(struct loop *loop, bool wait)
{
    uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    for (struct block_bridge *b = loop->blocks; b; b = b->next)
        blocks_serve(b);
}

void loop_turn(struct loop *loop, bool wait)
{
    struct machine *m = loop->machine;

    loop_serve(loop, wait && !loop->timer_due);
    loop_run_posts(loop);
    for (struct block_bridge *b = loop->blocks; b; b = b->next)
        blocks_turn(b);
    for (struct char_bridge *c = loop->chars; c; c = c->next)
        chars_turn(c);
    if (loop->timer_due) {
        loop->timer_due = false;
        lock_take(&m->lock);
        if (!m->paused) /* else they are due when it goes on */
            vtime_expire(&m->time);
        lock_drop(&m->lock);
    }
    vcpu_skip_idle(m);
    control_turn(m);
}

static uint32_t thread_in_machine(struct bp_dev *dev)
{
    return lock_mine(&dev->machine->lock);
}

const struct bp_thread_api loop_thread_api = {
    .size = sizeof(loop_thread_api),
    .post = thread_post,
    .in_machine = thread_in_machine,
};
