/* SPDX-License-Identifier: Apache-2.0
 *
 * th_types.h - what the fake host is made of. The fields a test may read are described; functions
 * write them.
 */
#ifndef BACKPLANE_TH_TYPES_H
#define BACKPLANE_TH_TYPES_H

#include <backplane/block.h>
#include <backplane/bus.h>
#include <backplane/char.h>
#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/thread.h>
#include <backplane/time.h>
#include <backplane/trace.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TH_RAM_BASE  0x80000000ull
#define TH_RAM_BYTES (1u << 20)
#define TH_NO_LIMIT  0xffffffffu

#define TH_MAX_PROPS   64
#define TH_MAX_PORTS   16
#define TH_MAX_REGIONS 8
#define TH_MAX_MAPS    1024
#define TH_MAX_POSTS   64
#define TH_MAX_SYMBOLS 8
#define TH_LOG_LEVELS  5

struct th;

struct bp_dev {
    struct th *th;
};

struct bp_line {
    struct th *th;
    const struct bp_port *row;
    uint32_t width;
    uint8_t *level;
    uint32_t *rises; /* changes from 0 to 1 so far, for each line */
};

struct bp_clock_in {
    uint64_t hz;
};

struct bp_clock_out {
    uint64_t hz;
};

struct bp_bus {
    struct th *th;
};

struct bp_char {
    struct th *th;
    const struct bp_char_client *client;
    uint8_t *output; /* what the device has written */
    uint32_t noutput, output_room;
    uint32_t accept; /* bytes the peer still takes; TH_NO_LIMIT */
    uint8_t *queue;  /* typed, and not yet taken by the device */
    uint32_t nqueue;
    uint32_t attached, connected,
        starved; /* starved: a write was cut short, on_writable() is owed */
};

struct th_request {
    struct bp_iovec *iov;
    uint32_t niov, op;
    uint64_t offset, bytes, token;
};

struct bp_block {
    struct th *th;
    const struct bp_block_client *client;
    uint8_t *medium; /* NULL: no medium */
    struct bp_block_info info;
    struct th_request *requests; /* in flight, oldest first */
    uint32_t nrequests;
    int32_t fail;     /* status of the requests that complete from now on */
    int32_t refuse;   /* status submit() returns from now on */
    uint32_t submits; /* requests accepted so far */
    uint32_t flushes; /* of them, flushes completed */
};

struct bp_timer {
    struct th *th;
    struct bp_timer *next;
    const char *name;
    void (*fn)(void *self);
    uint64_t deadline;
    uint32_t armed;
};

struct th_region {
    uint8_t *data;
    uint64_t bytes;   /* length decoded */
    uint64_t base;    /* FLOATING: where it was moved to */
    uint32_t enabled; /* 1 until disabled; FLOATING: 0 until moved */
    uint32_t direct;  /* ROMD: guest reads bypass the device */
};

struct th_prop {
    const char *name;
    char *text;     /* as given; NULL: default */
    uint32_t nrefs; /* LIST of REF and REF: targets made up */
    void *storage;  /* of a string or list */
};

struct th_map {
    void *host;
    uint64_t bytes;
    uint32_t direction;
};

struct th {
    struct bp_core core; /* first: th_core_get() casts */
    struct bp_dev dev;
    const struct bp_device_class *cls;
    void *object, *self;
    const char *without; /* id of an interface the core pretends to lack; NULL */
    uint32_t initialised;

    uint32_t violations;
    char violation[200];
    char error[200], error_property[64]; /* last bp.error/1 text */
    char log[200];                       /* last log line */
    uint32_t logs[TH_LOG_LEVELS], events;

    struct th_prop props[TH_MAX_PROPS];
    uint32_t nprops;
    void *ports[TH_MAX_PORTS]; /* handle of each port, by row */
    uint64_t clock_hz[TH_MAX_PORTS];
    struct bp_dev ref_dev; /* the node behind every made-up reference */
    struct th_region regions[TH_MAX_REGIONS];
    uint64_t region_bytes
        [TH_MAX_REGIONS]; /* wanted length of regions that leave it to the description */

    uint64_t now, wall_start; /* virtual ns; wall clock at virtual 0 */
    struct bp_timer *timers;

    uint8_t *ram;
    uint64_t ram_base;
    struct th_map maps[TH_MAX_MAPS]; /* open map()s */
    uint32_t nmaps;

    struct bp_char chr;
    struct bp_block block;

    uint32_t power_calls, power_action, power_code;
    struct {
        const char *name;
        uint64_t addr;
    } symbols[TH_MAX_SYMBOLS];
    uint32_t nsymbols;
    struct {
        void (*fn)(void *self, void *ctx);
        void *ctx;
    } posts[TH_MAX_POSTS];
    uint32_t nposts;
    char fdt[8192];
    uint32_t nfdt, fdt_depth;
};

/* Notes a breach of the contract by the device. */
static inline void th_violation(struct th *t, const char *text)
{
    t->violations++;
    snprintf(t->violation, sizeof t->violation, "%s", text);
}

static inline const void *th_row(const void *rows, uint32_t stride, uint32_t i)
{
    return (const char *)rows + (size_t)stride * i;
}

static inline const struct bp_prop *th_prop_row(const struct th *t, uint32_t i)
{
    return (const struct bp_prop *)th_row(t->cls->props, t->cls->prop_stride, i);
}

static inline const struct bp_port *th_port_row(const struct th *t, uint32_t i)
{
    return (const struct bp_port *)th_row(t->cls->ports, t->cls->port_stride, i);
}

static inline const struct bp_region *th_region_row(const struct th *t, uint32_t i)
{
    return (const struct bp_region *)th_row(t->cls->regions, t->cls->region_stride, i);
}

static inline void *th_at(const struct th *t, uint32_t offset)
{
    return (char *)t->self + offset;
}

#endif
