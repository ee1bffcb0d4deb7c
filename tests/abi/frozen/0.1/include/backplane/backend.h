/* SPDX-License-Identifier: Apache-2.0
 *
 * backend.h - the host side of character and block devices, and bp.loop/1, the loop they live on.
 *
 * A back end is an instance like a device: properties, init, finish; but it lives on the loop: all its functions
 * and callbacks are [main]. It never sees the machine lock: the core queues what passes between it and
 * the device. It may use POSIX file descriptors; it must not block, exit, print or install signal handlers.
 */
#ifndef BACKPLANE_BACKEND_H
#define BACKPLANE_BACKEND_H

#include <backplane/plugin.h>
#include <backplane/props.h>

BP_BEGIN

#define BP_BACKEND_CHAR  1
#define BP_BACKEND_BLOCK 2

#define BP_BACKEND_TERMINAL                                                                        \
    1u /* class flag: takes over the user's terminal; at most one in a machine */

/* One request to a block back end. The core owns it; complete() hands it back. */
struct bp_iovec {
    void *base;
    uint64_t bytes;
};
#define BP_BLOCK_READ    0u
#define BP_BLOCK_WRITE   1u
#define BP_BLOCK_FLUSH   2u /* earlier completed writes are on stable storage when it completes */
#define BP_BLOCK_DISCARD 3u /* the range's content no longer matters */
#define BP_BLOCK_ZERO    4u /* the range reads as zero afterwards */
struct bp_block_io {
    uint32_t size, op;
    uint64_t offset, bytes; /* offset + bytes <= size of the medium */
    const struct bp_iovec *iov;
    uint32_t niov, flags;
};

#define BP_BLOCK_READ_ONLY 1u
struct bp_block_info {
    uint32_t size, flags;
    uint64_t bytes;  /* size of the medium */
    uint32_t sector; /* preferred granularity, a power of two >= 512 */
    uint32_t reserved;
    char id[24]; /* serial shown to the guest, NUL-terminated */
};

struct bp_backend_class {
    uint32_t size, flags;
    uint32_t instance_size, instance_align;
    const char *name, *doc; /* "stdio"; the `type` of a back end */
    uint32_t kind, reserved;
    const struct bp_prop *props;
    uint32_t nprops, prop_stride;
    /* Opens files and sockets. A failure tells why through bp.error/1. */
    int32_t (*init)(void *self, struct bp_dev *dev, const struct bp_core *core);
    void (*finish)(void *self); /* must accept a zeroed instance; restores what init() changed */
    /* CHAR: takes up to `bytes`; returns how many were taken (0: call writable() on the host when ready). */
    int64_t (*write)(void *self, const void *data, uint64_t bytes);
    /* CHAR: the device can take `bytes` more of input; sum of all calls is the credit. Never send more. */
    void (*credit)(void *self, uint64_t bytes);
    /* BLOCK: valid after init(). */
    int32_t (*info)(void *self, struct bp_block_info *out);
    /* BLOCK: starts a request; every one is completed exactly once, in any order. */
    void (*submit)(void *self, struct bp_block_io *io);
};

struct bp_backend_factory {
    uint32_t size, flags;
    const struct bp_backend_class *const *classes; /* NULL-terminated */
};

/* What a back end calls. [main] */
#define BP_BACKEND_HOST_ID "bp.backend-host/1"
#define BP_CHAR_OPENED     1u /* a peer connected */
#define BP_CHAR_CLOSED     2u /* the peer went away */
#define BP_CHAR_BREAK      3u
struct bp_backend_host {
    uint32_t size, flags;
    void (*input)(struct bp_dev *dev, const void *data, uint64_t bytes); /* within the credit */
    void (*event)(struct bp_dev *dev, uint32_t event);
    void (*writable)(struct bp_dev *dev); /* write() is worth another try */
    void (*complete)(struct bp_dev *dev, struct bp_block_io *io, int32_t status);
    /* The user asked through this back end (an escape key) to leave, or to reset the machine. */
    void (*request)(struct bp_dev *dev, uint32_t power_action); /* BP_POWER_* of bus.h */
};

struct bp_watch;

#define BP_LOOP_ID       "bp.loop/1"
#define BP_LOOP_READABLE 1u
#define BP_LOOP_WRITABLE 2u
#define BP_LOOP_HANGUP   4u /* reported, need not be asked for */
struct bp_loop_api {
    uint32_t size, flags;
    /* Watches a descriptor; `events` 0 pauses. `fn` gets the events that are true. NULL: no memory or not
     * pollable (a regular file: use work()). The descriptor stays the caller's and must outlive the watch. */
    struct bp_watch *(*watch)(struct bp_dev *dev, int32_t fd, uint32_t events,
                              void (*fn)(void *self, int32_t fd, uint32_t events));
    void (*rewatch)(struct bp_watch *watch, uint32_t events);
    void (*unwatch)(struct bp_watch *watch); /* frees it; no call follows */
    /* Runs work(ctx) on a pool thread, then done(self, ctx) [main]. done() is always called. */
    int32_t (*work)(struct bp_dev *dev, void (*work)(void *ctx),
                    void (*done)(void *self, void *ctx), void *ctx);
    /* Calls fn(self, ctx) once, after `ms` milliseconds of host time (reconnects, time-outs). */
    int32_t (*after)(struct bp_dev *dev, uint64_t ms, void (*fn)(void *self, void *ctx), void *ctx);
};

BP_END
#endif
