/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.h - a built machine: instances, buses, lines, time, vCPUs, back ends, on one loop.
 *
 * Life: create (instantiate, map, wire, init all) -> load images and device tree -> run -> destroy. All functions are
 * [main] unless said otherwise.
 */
#ifndef CORE_MACHINE_MACHINE_H
#define CORE_MACHINE_MACHINE_H

#include "core/diag.h"
#include "core/machine/graph.h"

struct machine;

#define MACHINE_NO_BACKENDS                                                                        \
    1u /* for `fdt`, `map`: no host side is opened, no accelerator is started */

/* One of several machines of the same description: nothing it does is seen. Output is lost, the log is silent. */
#define MACHINE_QUIET 2u
/* Of a description in lockstep: with its second accelerator. */
#define MACHINE_SECOND 4u

/* Builds everything in `g` (borrowed; must outlive the machine, which changes it in a hot reload). Errors go to `d`, with node and property; NULL then. */
struct machine *machine_create(struct graph *g, struct registry *r, uint32_t flags, struct diag *d);
void machine_destroy(
    struct machine *m); /* joins threads, finishes everything in reverse order; accepts NULL */

/* Why a run ended. */
enum machine_end {
    MACHINE_POWER_OFF, /* the guest, `code` is its status */
    MACHINE_FAILED,    /* the guest or the machine failed; reported already */
    MACHINE_QUIT,      /* the user left (escape key, signal) */
    MACHINE_BREAK, /* an access that was watched for, and nobody there to tell; reported already */
    MACHINE_REFUSED, /* it is another process's: machine_refusal() says so. Nothing was done */
};
struct machine_result {
    enum machine_end end;
    uint32_t code;
    int signal; /* QUIT by a signal: which */
};

/* Threads, devices, descriptors and guest memory stay with the process that made a machine. In a process that was made from it
 * by fork(), only this and the refusals of the functions here are left: machine_run() ends with MACHINE_REFUSED, those with a
 * status give BP_E_STATE, those with a `why` say why, the others do nothing, machine_destroy() among them: the memory goes
 * with the process. Whoever forks and goes on to exec() need not care. [any], async-signal-safe.
 * NULL: the machine is this process's; else "cause: cure". docs/internals/threads.md */
const char *machine_refusal(const struct machine *m);

/* Resets, applies boot information to vCPUs, and runs until power-off, failure or quit. SIGINT and SIGTERM end it unless a
 * back end has the terminal in raw mode and delivers them to the guest. */
struct machine_result machine_run(struct machine *m);

/* Deterministic time: machine_run() will keep a hash of all that happens (core/trace/hash.h). Before it. */
void machine_hash_trace(struct machine *m);
uint64_t machine_trace_hash(struct machine *m); /* after it */

/* --- run control: while machine_run() is at work, but not from a callback of libuv ------------------------------------ */
/* Parks the vCPUs, lets requests to disks end, and stops time: no device hears of timers and input until it goes on. */
void machine_pause(struct machine *m);
void machine_continue(struct machine *m);
bool machine_is_paused(const struct machine *m);
bool machine_is_ending(const struct machine *m); /* there is a request to end, or it has */

/* [any], async-signal-safe: asks a running machine to end. */
void machine_quit(struct machine *m);
bool machine_end_requested(
    const struct machine *m); /* [any], async-signal-safe: it, the guest or a failure did */

/* --- which function of a plug-in is running ------------------------------------------------------------------ */
struct machine_call {
    const char *node, *plugin, *type; /* of whom */
    const char *file;                 /* of the plug-in; NULL: it is the core */
    const char *function, *of; /* "on_write()", and of which register, port, timer, ...; NULL */
};
/* [any], async-signal-safe. That of the calling thread; false: it is in none. */
bool machine_call_here(struct machine_call *out);
/* [any]. The one in machine context of any thread: a number that changes with every call and every return; 0: none. */
uint64_t machine_call_count(struct machine *m);
/* [any]. Its names, until machine_call_release(); false: there is none. */
bool machine_call_now(struct machine *m, struct machine_call *out);
/* [any]. Brackets around machine_call_now() and what is done with the names: a hot reload, which takes plug-ins away, waits. */
void machine_call_hold(struct machine *m);
void machine_call_release(struct machine *m);

/* --- for the loader and the device tree ---------------------------------------------------------------- */
/* Debug access to the machine's physical address space (RAM, ROM, flash). BP_OK or BP_E_DECODE. */
int32_t machine_mem_write(struct machine *m, uint64_t pa, const void *data, uint64_t bytes);
int32_t machine_mem_read(struct machine *m, uint64_t pa, void *data, uint64_t bytes);
/* Largest RAM extent that contains pa; false if it is not RAM. */
bool machine_ram(struct machine *m, uint64_t pa, uint64_t *base, uint64_t *bytes);
/* A segment to (re)load at every reset. Bytes are taken over by the machine (malloc'ed). */
int32_t machine_add_segment(struct machine *m, const char *name, uint64_t pa, uint8_t *data,
                            uint64_t bytes, uint64_t zero_bytes);
/* The same for bytes that stay in a file, so that they are in host memory only once. Takes over `fd`. */
int32_t machine_add_file_segment(struct machine *m, const char *name, uint64_t pa, int fd,
                                 uint64_t offset, uint64_t bytes, uint64_t zero_bytes);
/* ELF symbols, for bp.machine/1. Copied. */
int32_t machine_add_symbol(struct machine *m, const char *name, uint64_t address);
void machine_set_boot(struct machine *m, const struct bp_boot *boot);
uint32_t machine_cpus(const struct machine *m);
/* The CPU's boot_blob() for cpu 0. */
uint32_t machine_boot_blob(struct machine *m, const struct bp_boot *boot, void *bytes,
                           uint32_t room);
/* Instance behind a node, for get_iface() of the device tree. */
void *machine_instance(struct machine *m, const struct graph_node *node);
struct bp_dev *machine_dev(struct machine *m, const struct graph_node *node);
const struct graph_node *machine_node(const struct bp_dev *dev);
const struct graph *machine_graph(const struct machine *m);
/* Hz of the clock a node's first CLOCK IN port is connected to; 0. */
uint64_t machine_node_clock(struct machine *m, const struct graph_node *node);

/* Accelerator counters and run statistics for --stats. */
struct machine_stats {
    uint64_t virtual_ns, host_ns,
        first_insn_ns; /* first_insn: host ns from machine_run() to the first run() */
};
void machine_get_stats(struct machine *m, struct machine_stats *out);
const char *machine_accel_name(const struct machine *m);
bool machine_counter(struct machine *m, uint32_t i, struct bp_accel_counter *out);

#endif
