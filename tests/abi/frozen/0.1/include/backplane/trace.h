/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.h - bp.trace/1: log lines and typed events; bp.error/1: the text behind a failed call.
 *
 * Names and arguments of events are static, so a trace file can carry them once. Text crosses the border
 * finished: no format strings.
 */
#ifndef BACKPLANE_TRACE_H
#define BACKPLANE_TRACE_H

#include <backplane/plugin.h>

BP_BEGIN

#define BP_LOG_ERROR 0
#define BP_LOG_WARN  1
#define BP_LOG_GUEST 2 /* the guest did something its manual forbids */
#define BP_LOG_INFO  3
#define BP_LOG_DEBUG 4

/* One row of a class's `events`. Emitting an event that is off costs the caller one branch on the byte that
 * the core keeps at `enable_offset` of the instance. */
struct bp_event {
    const char *name, *doc;
    const char *const *args; /* names of the arguments, NULL-terminated; at most 6 */
    uint32_t enable_offset;  /* uint8_t in the instance; 0xffffffff: always call */
    uint32_t flags;
};

#define BP_TRACE_ID "bp.trace/1"
struct bp_trace_api {
    uint32_t size, flags;
    /* [any]. One line of text, no newline; the core adds the node's name and limits floods. */
    void (*log)(struct bp_dev *dev, uint32_t level, const char *text);
    /* [any]. `event` is the row's index in the class, `args` as many values as the row names. */
    void (*emit)(struct bp_dev *dev, uint32_t event, const uint64_t *args);
};

#define BP_ERROR_ID "bp.error/1"
struct bp_error_api {
    uint32_t size, flags;
    /* Says why the call in progress is about to return a negative status: "cause: cure". `property` names the
     * property at fault, so that the message points at its line in the description; may be NULL. */
    void (*set)(struct bp_dev *dev, const char *property, const char *text);
};

BP_END
#endif
