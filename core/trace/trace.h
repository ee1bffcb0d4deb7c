/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.h - log lines and events: bp.trace/1 and bp.error/1. [any] unless said otherwise
 */
#ifndef CORE_TRACE_TRACE_H
#define CORE_TRACE_TRACE_H

#include <backplane/mmio.h>
#include <backplane/regs.h>
#include <backplane/trace.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/trace/watch.h"

struct bp_dev;
struct bus_region;
struct machine;

/* Per device. */
struct trace_dev {
    _Atomic uint32_t lines; /* logged so far */
    uint32_t mmio;          /* accesses are traced */
    uint64_t
        unknown[64]; /* offsets outside of the register table already reported; under trace.lock */
    uint32_t nunknown;
};

struct trace {
    pthread_mutex_t lock; /* of output */
    FILE *out;
    uint32_t level; /* highest BP_LOG_* shown */
    bool quiet;     /* nothing is */
    /* Changed while no vCPU runs and with the machine lock held; so whoever accesses a device may read them. */
    struct watches traces, breaks;
    char *hit; /* which break it was; under lock */
};

/* [main]. What machines made from now on show: a level and glob patterns ("uart0.LCR*", "plic.*"), NULL-terminated;
 * patterns may be NULL and must outlive the machines. `out` NULL: standard error. */
void trace_configure(FILE *out, uint32_t level, const char *const *patterns);
/* The same for accesses that stop a machine. Both lists have been read with watches_read() before. */
void trace_configure_breaks(const char *const *patterns);

void trace_init(struct trace *t);
void trace_finish(struct trace *t);
void trace_dev_init(
    struct bp_dev *dev); /* after the type is known: which of its events and registers are on */

/* A line about the machine as a whole. */
void trace_say(struct machine *m, const char *what, const char *text);
void trace_text(struct bp_dev *dev, uint32_t level, const char *text);
void trace_format(struct bp_dev *dev, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Replaces a list of patterns. False: `why` says what is wrong, and nothing has changed. [machine], [main], vCPUs parked */
bool trace_set(struct machine *m, bool breaks, const char *const *patterns, char why[WATCH_WHY]);
/* The first pattern that can never match anything in the machine; NULL. [main] */
const struct watch *trace_pointless(const struct machine *m, const struct watches *watches);
/* What a break has hit since the last call, for free(); NULL: nothing. */
char *trace_take_hit(struct machine *m);

/* Accesses, [machine]. */
bool trace_mmio_on(const struct bp_dev *dev);
void trace_mmio(const struct bus_region *region, const struct bp_access *access, uint64_t value,
                bool write, int32_t status);
void trace_register(const struct bus_region *region, const struct bp_reg *row, uint32_t element,
                    uint64_t value, bool write);
void trace_unknown(const struct bus_region *region, const struct bp_access *access, bool write);

/* What the plug-in said last through bp.error/1; an empty text: nothing. */
void trace_error_text(struct bp_dev *dev, char *text, size_t room);
/* Why a call failed with this status: what the plug-in said, or else "WHAT and does not say why (meaning of the status):
 * CURE". */
void trace_why(struct bp_dev *dev, int32_t status, const char *what, const char *cure, char *text,
               size_t room);

extern const struct bp_trace_api trace_api;
extern const struct bp_error_api trace_error_api;

#endif
