/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.h - the libuv loop, the queue that other threads fill, and the two bridges between devices and back ends.
 *
 * Callbacks of libuv only collect: they note what happened, or let a back end do so, and return. loop_turn() then does
 * the work outside of uv_run(), in machine context where needed. Therefore somebody on [main] who has to wait for a back
 * end (a device that drains its requests, the machine that parks its vCPUs) may call loop_serve(), which runs libuv and
 * back ends but no device, wherever he is.
 */
#ifndef CORE_LOOP_LOOP_H
#define CORE_LOOP_LOOP_H

#include <backplane/backend.h>
#include <backplane/block.h>
#include <backplane/char.h>
#include <backplane/thread.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

struct bp_dev;
struct machine;

/* Something to do in machine context: fn(instance of dev, ctx). */
struct loop_post {
    struct loop_post *next;
    struct bp_dev *dev;
    void (*fn)(void *self, void *ctx);
    void *ctx;
};

struct loop {
    struct machine *machine;
    bool open;
    uv_loop_t uv;
    uv_async_t wake;
    uv_poll_t timer; /* the timerfd of virtual time */
    uv_signal_t signals[2];
    bool timer_due;
    _Atomic bool asked;   /* by loop_wake(); for who does not sleep in libuv */
    pthread_mutex_t lock; /* of the queue */
    struct loop_post *first, **last;
    bool closed;               /* nothing is accepted any more */
    struct char_bridge *chars; /* all bridges, [main] */
    struct block_bridge *blocks;
    uint32_t work;   /* jobs on the pool; [main] */
    bool has_worked; /* the pool has its threads; [main] */
};

int32_t loop_init(struct loop *loop, struct machine *m);
/* For threads that this one makes, which inherit it: signals are [main]'s, but faults are for the thread that makes them, and
 * kill where they are blocked. `before` is what pthread_sigmask() is to set again. [any] */
void loop_block_signals(sigset_t *before);
/* Signals that end a run are caught only while it lasts. */
void loop_catch_signals(struct loop *loop);
void loop_release_signals(struct loop *loop);
void loop_finish(struct loop *loop);
void loop_wake(struct loop *loop); /* [any] */
/* True once after loop_wake(): there may be something to do. [main] */
bool loop_asked(struct loop *loop);
/* One round: waits for something (or not), then does all that is due. [main] */
void loop_turn(struct loop *loop, bool wait);
/* As far as that concerns back ends alone: libuv, and requests on their way to block back ends. [main], with or without
 * the machine lock, but not from a callback of libuv. */
void loop_serve(struct loop *loop, bool wait);
bool loop_posts_queued(struct loop *loop); /* [any] */
void loop_run_posts(struct loop *loop);    /* what is queued now; [main] */
/* Forgets what is queued for a device: its instance is gone. [main] */
void loop_drop_posts(struct loop *loop, const struct bp_dev *dev);
/* Refuses posts from now on, and runs what was accepted. [main] */
void loop_close_posts(struct loop *loop);
void loop_free_watches(struct bp_dev *dev);
/* libuv's close callback of handles that services.c allocated. */
void loop_free_handle(uv_handle_t *handle);

/* --- chars.c ------------------------------------------------------------------------------------------ */
/* A CHAR port and, if the description gives it one, its back end. */
struct char_bridge {
    struct char_bridge *next;
    struct bp_dev *dev, *backend;
    const struct bp_char_client *client;
    _Atomic bool dirty; /* there may be something to do: set by both sides, cleared by the loop */
    /* Output, [machine]: a ring. `stalled`: the device waits for room. `blocked`: the back end waits. */
    uint8_t *ring;
    uint32_t head, used;
    bool stalled, blocked;
    /* Input, [main]: what the back end sent and the device has no room for yet; `granted` bytes may still come. */
    uint8_t *pending;
    uint32_t npending, granted;
};
int32_t chars_attach(struct char_bridge *bridge, struct bp_dev *dev, uint32_t port,
                     struct bp_dev *backend);
void chars_finish(struct char_bridge *bridge);
void chars_turn(struct char_bridge *bridge); /* [main] */
/* True of back ends for characters: this one becomes one that takes everything and says nothing. While building. */
bool chars_are_silent(struct bp_dev *backend);
void chars_look(struct char_bridge *bridge); /* the room of its device may have changed; [any] */
bool chars_drained(
    const struct loop *loop); /* all output is with the back ends; [main], vCPUs parked */
extern const struct bp_char_api chars_api;

/* --- blocks.c ----------------------------------------------------------------------------------------- */
struct block_request {
    struct bp_block_io io; /* first member */
    struct block_request *next;
    struct block_bridge *bridge;
    uint64_t token;
    uint64_t number; /* of all ever submitted */
    int32_t status;
    struct bp_iovec iov[];
};

/* A BLOCK port. `lock` guards the two lists and the count; it is below the machine lock and held for list operations
 * only. `info` never changes. */
struct block_bridge {
    struct block_bridge *next;
    struct bp_dev *dev, *backend;
    const struct bp_block_client *client;
    struct bp_block_info info;
    pthread_mutex_t lock;
    pthread_cond_t completed;
    struct block_request *waiting, **waiting_last; /* for the back end */
    struct block_request *done, **done_last;       /* for the device */
    uint32_t in_flight;
    uint64_t delivered; /* ever */
};
int32_t blocks_attach(struct block_bridge *bridge, struct bp_dev *dev, uint32_t port,
                      struct bp_dev *backend);
void blocks_finish(struct block_bridge *bridge);
void blocks_serve(struct block_bridge *bridge); /* hands requests to the back end; [main] */
void blocks_turn(struct block_bridge *bridge);  /* delivers completions as well; [main] */
/* Lets all requests made so far come to their end, and delivers; [main], deterministic time */
void blocks_settle(struct block_bridge *bridge);
void blocks_drain(struct block_bridge *bridge); /* [machine] */
bool blocks_busy(struct loop *loop);            /* requests are in flight; [main] */
extern const struct bp_block_api blocks_api;

extern const struct bp_loop_api loop_api;
extern const struct bp_thread_api loop_thread_api;
extern const struct bp_backend_host loop_backend_host;

#endif
