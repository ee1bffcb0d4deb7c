/* SPDX-License-Identifier: Apache-2.0
 *
 * dev.h - the insides of struct bp_dev and struct machine, shared by the rooms of the core and by nobody else.
 *
 * A bp_dev stands for one instance: a device, CPU, back end or the accelerator. What a plug-in holds in its ports
 * (struct bp_line, bp_clock_in, ...) are members of arrays that belong to the bp_dev.
 */
#ifndef CORE_MACHINE_DEV_H
#define CORE_MACHINE_DEV_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "core/bus/bus.h"
#include "core/cpu/schedule.h"
#include "core/cpu/vcpu.h"
#include "core/loop/loop.h"
#include "core/machine/call.h"
#include "core/machine/graph.h"
#include "core/machine/lock.h"
#include "core/machine/machine.h"
#include "core/time/vtime.h"
#include "core/trace/hash.h"
#include "core/trace/trace.h"
#include "core/wire/wire.h"

struct dev_allocation { /* memory that lives as long as the bp_dev: lists, byte strings */
    struct dev_allocation *next;
    max_align_t bytes[];
};

struct bp_dev {
    struct machine *machine;
    const struct type *type;
    const char *name; /* of the node, back end or accelerator */
    struct diag_pos pos;
    const struct graph_node *node;       /* devices and CPUs */
    const struct graph_backend *backend; /* back ends */
    struct vcpu *vcpu;                   /* CPUs */
    void *instance;
    bool initialised;
    struct dev_allocation *allocations;
    struct dev_allocation *values;   /* lists that the instance refers to, made anew with it */
    struct bus_region *regions;      /* type->nregions */
    union dev_port *ports;           /* type->nports */
    struct bp_timer *timers;         /* list */
    struct loop_watch *watches;      /* back ends: list */
    struct char_bridge *char_client; /* back ends: who uses this one; NULL */
    uint32_t char_events;            /* bit per BP_CHAR_* not delivered yet; [main] */
    _Atomic bool hung_up;            /* there is no peer */
    bool failed;                     /* init() said so */
    struct trace_dev trace;
    /* bp.error/1: what the plug-in said about the failure in progress; under trace.lock of the machine. */
    char *error, *error_property;
};

/* What the handle of a port points to, by kind of port. */
union dev_port {
    struct wire_port *wire; /* IRQ, GPIO, RESET: out. in: inputs */
    struct clock_in *clock_in;
    struct clock_out *clock_out;
    struct bus_port *bus;
    struct char_bridge *chars;
    struct block_bridge *blocks;
};

struct segment { /* loaded again at every reset */
    char *name;
    uint64_t pa, bytes, zero;
    uint8_t *data; /* NULL: `bytes` from `offset` of `fd` */
    int fd;        /* -1: none */
    uint64_t offset;
};

struct symbol {
    char *name;
    uint64_t address;
};

enum machine_phase { PHASE_BUILD, PHASE_READY, PHASE_RUN, PHASE_END };

struct machine {
    struct graph *graph;
    struct registry *registry;
    struct diag *diag; /* while building; NULL later */
    struct bp_core core;
    uint32_t flags;
    pid_t owner; /* the process that made it */
    enum machine_phase phase;
    struct machine_lock lock;
    struct calling calling;
    struct loop loop;
    struct vtime time;
    struct bus bus;
    struct trace trace;
    struct schedule schedule;
    struct hash hash;
    uint64_t random; /* state of what repeats; [machine] */

    /* No input hears of changes: before the first reset, during one, and once devices are being finished. [machine] */
    bool lines_quiet;
    struct bp_dev *devs; /* one per node, in graph order */
    uint32_t ndevs;
    struct bp_dev *backends;
    uint32_t nbackends;

    struct bp_dev accel_dev;
    const struct bp_accel_class *accel;
    void *accel_self;
    struct bp_accel_host accel_host;
    struct vcpu *vcpus;
    uint32_t nvcpus;
    _Atomic uint64_t wakes; /* of any vCPU, ever */

    struct segment *segments;
    uint32_t nsegments;
    struct symbol *symbols;
    uint32_t nsymbols;
    struct bp_boot boot;

    /* Requests to the loop; `request` is set from any thread. */
    _Atomic uint32_t request; /* REQUEST_* */
    _Atomic uint32_t power_code;
    _Atomic int quit_signal;
    _Atomic uint64_t first_run;      /* host ns of the first run() */
    uint64_t run_started, run_ended; /* host ns */
    bool paused;                     /* [main] */
    struct control *control;         /* its socket; NULL: none */
};

#define REQUEST_POWER_OFF 1u
#define REQUEST_RESET     2u
#define REQUEST_FAIL      4u
#define REQUEST_QUIT      8u
#define REQUEST_STOP      16u /* pause */
#define REQUEST_BREAK     32u /* ... because of trace.hit */
#define REQUESTS_PAUSE    (REQUEST_STOP | REQUEST_BREAK)
#define REQUESTS_END      (REQUEST_POWER_OFF | REQUEST_FAIL | REQUEST_QUIT)

/* [any]. Notes a request, stops the vCPUs and wakes the loop. */
void machine_request(struct machine *m, uint32_t request);

/* What machine_run() does, one after the other; round() in deterministic time only. [main] */
void machine_begin(struct machine *m);
void machine_round(struct machine *m); /* also resets the machine when that was asked for */
bool machine_over(const struct machine *m);
struct machine_result machine_end(struct machine *m);

/* Adds "node.property: text" to the machine's diag, with the text of trace_why(). */
void dev_report(struct bp_dev *dev, int32_t status, const char *what, const char *cure);
/* --- instance.c: one instance -------------------------------------------------------------------------- */
/* Memory for an instance: zeroed, aligned; free(). NULL: none left. */
void *dev_memory(uint32_t bytes, uint32_t align);
/* Makes a node's instance, regions and ports, without properties. */
int32_t dev_build(struct bp_dev *dev);
/* The plug-in's own functions, where it has them. init() makes it `initialised`, even when it fails. */
int32_t dev_init(struct bp_dev *dev);
void dev_reset(struct bp_dev *dev, uint32_t kind); /* CPUs and devices */
void dev_finish(struct bp_dev *dev);               /* ... unless it is not initialised */
/* Frees all that, properties, timers and error texts; finish() is over. */
void dev_free(struct bp_dev *dev);
/* Zeroed memory freed with the bp_dev; NULL: none left. */
void *dev_alloc(struct bp_dev *dev, size_t bytes);
/* The same for what properties and seats of the instance refer to. */
void *dev_alloc_value(struct bp_dev *dev, size_t bytes);
void dev_free_list(struct dev_allocation *list);
/* Writes checked properties into an instance. References need all instances to be there. */
int32_t dev_write_props(struct bp_dev *dev, const struct graph_prop *props, uint32_t nprops);
/* Writes both ends of every seat into their instances, once all are there. Where they have been written before, they are again, in
 * place: the instance behind one is another. */
int32_t machine_write_seats(struct machine *m);
/* Writes references alone again: the instance behind one is another. */
void dev_write_refs(struct bp_dev *dev);
/* Writes the handle of a port into the instance. */
void dev_write_port(struct bp_dev *dev, uint32_t port);
struct bp_dev *machine_dev_of(struct machine *m, const struct graph_node *node);

/* segment.c: all segments into memory; false: a file could not be read, which was logged. Holds the machine lock. */
bool segments_load(struct machine *m);
void segments_free(struct machine *m);

const void *machine_iface(const struct bp_core *core, const char *id);

#endif
