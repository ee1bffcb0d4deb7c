/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c - the checks, in the order they are made. docs/conformance.md carries this table; a test
 * compares.
 */
#include "check.h"

#include <string.h>

#define ALL KIND_TYPES
#define DEV KIND_DEVICE
#define CPU KIND_CPU

const struct check checks[] = {
    /* level 1: descriptors */
    {"object", 1, KIND_OBJECT, check_object,
     "The file is a shared object for this host, without executable stack, text relocations or NODELETE.",
     "plugin.h", "compile with -fPIC, link with -shared, and leave linker flags alone"},
    {"symbols", 1, KIND_OBJECT, check_symbols,
     "It exports bp_plugin_query_v1 alone, save __jit_debug_* for GDB, and needs only libc and libm.",
     "plugin.h", "compile with -fvisibility=hidden and mark the one function BP_EXPORT"},
    {"query", 1, KIND_OBJECT, check_query,
     "bp_plugin_query_v1() and get_factory() are pure, and what they return is complete.",
     "plugin.h", "return static constant structs with size = sizeof and every text set"},
    {"class", 1, ALL, check_class,
     "The class has a believable size, name, doc, instance and arrays with their strides.",
     "device.h", "set size = sizeof of the struct and give arrays with BP_ARRAY()"},
    {"props", 1, ALL, check_props,
     "Every property row has a name, doc, known type, a place in the instance and a default of its own.",
     "props.h", "compare the row with the member it is written to"},
    {"ports", 1, DEV | CPU, check_ports,
     "Every port and provider row has a name, doc, known kind, place and the callbacks of its kind.",
     "device.h", "compare the row with what struct bp_port asks of its kind"},
    {"buses", 1, DEV, check_buses,
     "Every row of a bus or seat has a name, doc, kind, known flags, a place in the instance and addresses.",
     "attach.h", "compare the row with what struct bp_bus_row and struct bp_seat_row ask"},
    {"regions", 1, DEV, check_regions,
     "Regions and register tables are consistent: widths, bounds, masks, fields, no two for one address.",
     "regs.h", "compare the row with the data sheet and with the member it is bound to"},
    {"state", 1, DEV | CPU, check_state_rows,
     "Every state row has a name, a tag of its own, a known type and a place in the instance.",
     "state.h", "give each row its own tag for ever, and the type of its member"},
    {"events", 1, DEV, check_events, "Every event row has a name, doc and at most six arguments.",
     "trace.h", "end args with NULL and point enable_offset at a byte of the instance"},
    {"cpu", 1, CPU, check_cpu_rows,
     "Registers, helpers, offsets and contexts of a CPU class lie in its state and in the IR's limits.",
     "cpu.h", "compare the row with what struct bp_cpu_class asks"},
    {"functions", 1, KIND_BACKEND | CPU | KIND_ACCEL, check_functions,
     "A back end, CPU or accelerator has every function its kind needs.", "backend.h",
     "fill in the function; only those that say so may be NULL"},

    /* level 2: life and properties */
    {"init", 2, ALL, check_init,
     "init() accepts the defaults, returns BP_OK or a BP_E_* with one line of text for BP_E_INVAL.",
     "device.h", "let defaults work, or give values with --props; say why with bp.error/1"},
    {"zeroed", 2, ALL, check_zeroed,
     "finish() accepts a zeroed instance, as it is when init() was never called.", "device.h",
     "test pointers before use in finish()"},
    {"refuse", 2, DEV | KIND_BACKEND, check_refuse,
     "Without an interface of the core it works on, or init() returns BP_E_UNSUPPORTED.",
     "plugin.h", "test what core->get() returns; bp_fetch_ifaces() does"},
    {"no-memory", 2, ALL, check_nomem,
     "When memory or a timer cannot be had, init() returns BP_E_NOMEM and finish() copes.", "abi.h",
     "test every allocation and create(), and return BP_E_NOMEM"},
    {"iface", 2, DEV, check_iface,
     "get_iface() is pure: the same pointer in every phase, NULL for ids it does not know.",
     "device.h", "return static constant structs, chosen by the id alone"},
    {"values", 2, DEV, check_prop_fuzz,
     "Any values the rows allow are accepted, or refused by init() with a text.", "props.h",
     "check in init() what the row cannot say, or narrow min and max"},

    /* level 3: the guest and the world */
    {"mmio", 3, DEV, check_mmio,
     "Any access of a guest returns; a read() that returns BP_OK has stored a value.", "mmio.h",
     "set *value on every path, or return BP_E_DECODE"},
    {"lines", 3, DEV, check_lines,
     "Any levels, clock rates (0 as well), late timers and jumps of time are taken.", "line.h",
     "bound what the guest can ask for; a clock of 0 Hz never ticks"},
    {"char", 3, DEV, check_char,
     "A peer that sends, stalls, leaves and comes back is taken, as are events of a later SDK.",
     "char.h", "keep what was not accepted until on_writable(); ignore unknown events"},
    {"block", 3, DEV, check_block,
     "Requests that fail, complete in any order or are refused are taken; a reset waits for them.",
     "block.h", "call drain() of bp.block/1 in reset()"},
    {"dma", 3, DEV, check_dma,
     "Memory that is not there is taken, and every map() is undone by the end.", "bus.h",
     "test the result of every transfer, and unmap() in reset() and finish()"},
    {"device-tree", 3, DEV, check_fdt,
     "emit() of bp.fdt-node/1 balances begin() and end(), and passes on a refusal of the writer.",
     "fdt.h", "return the first status that is not BP_OK"},
    {"io", 3, KIND_BACKEND, check_backend_io,
     "write() takes 0 to all bytes, every request completes once, info() is believable.",
     "backend.h", "return what was taken, and call complete() once for each request"},
    {"translate", 3, CPU, check_translate,
     "Any code translates into well-formed IR within the builder's room; disasm() stays in its own.",
     "ir.h", "emit at most BP_IR_OPS_PER_INSN ops, and a CALL that traps for what is illegal"},
    {"vcpu", 3, KIND_ACCEL, check_vcpu,
     "vCPUs are made, run, kicked and destroyed; counters end; run() returns a BP_RUN_*.",
     "accel.h", "make kick() and stop() sticky, and free in vcpu_destroy()"},

    /* level 4 */
    {"debug", 4, DEV, check_debug,
     "A read with BP_ACCESS_DEBUG changes nothing, calls nothing that does, and repeats its value.",
     "mmio.h", "return early for BP_ACCESS_DEBUG before any side effect"},
    {"walk", 4, CPU, check_walk,
     "walk() with debug changes nothing in the state and gives the same result twice.", "cpu.h",
     "leave accessed and dirty bits, caches and causes alone when debug is set"},

    /* level 5 */
    {"instances", 5, DEV, check_instances, "Instances of a type share nothing.", "device.h",
     "keep state in the instance, not in static variables"},
    {"reset", 5, DEV, check_reset,
     "After a cold reset a used device looks like a new one; a second reset changes nothing.",
     "device.h", "set every member in reset() that has no table row, and drive each line"},

    /* level 6 */
    {"determinism", 6, DEV, check_determinism,
     "The same steps give the same results, whatever the host's clocks, chance and memory hold.",
     "time.h", "take time from bp.timer/1 and write memory before reading it"},
    {"round-trip", 6, DEV, check_roundtrip,
     "Saving, loading and saving again gives the same bytes.", "state.h",
     "change nothing in pre_save() and post_load() that a row carries"},
    {"complete", 6, DEV, check_complete,
     "A loaded device goes on exactly like the saved one, without driving lines in post_load().",
     "state.h", "give each member that survives an access a state row or a table row"},
    {"damaged", 6, DEV, check_hostile,
     "A damaged snapshot is refused by post_load() or gives some valid state.", "state.h",
     "check indices and lengths in post_load() and return BP_E_INVAL"},

    /* level 7 */
    {"threads", 7, DEV, check_threads,
     "Calls come from one thread and then another without a difference.", "abi.h",
     "keep no thread-local state, and lean on no thread's identity"},
    {"parallel", 7, DEV, check_parallel,
     "A device with BP_DEVICE_PARALLEL takes accesses of several threads at once.", "device.h",
     "use atomics for what regions touch, and call only what is [any]"},

    /* level 8 */
    {"leak", 8, ALL, check_leak,
     "finish() frees all memory, mappings, descriptors and threads, after a failed init() as well.",
     "device.h", "free in finish() what init() and the calls since have taken"},

    /* level 9 */
    {"stray", 9, ALL, check_stray,
     "Nothing beside the instance, values and buffers is touched, nor what was given back.",
     "device.h", "bound every index and length"},

    /* level 10 */
    {"older-core", 10, DEV, check_core_size,
     "In a core as small as that of SDK 0.1 it works, or refuses: fields are tested with BP_HAS.",
     "abi.h", "test BP_HAS(api, field) before using a field added later"},
    {"reload", 10, ALL, check_reload,
     "A hundred times loaded, used and unloaded leave nothing behind.", "plugin.h",
     "start nothing when loaded, and end everything in finish()"},

    /* watches */
    {"crash", 1, ALL | KIND_OBJECT, NULL, "No call crashes.", "device.h",
     "run the same seed under a debugger or with -fsanitize=address"},
    {"hang", 1, ALL | KIND_OBJECT, NULL, "Every call returns soon.", "device.h",
     "bound loops whose length a guest chooses"},
    {"output", 1, ALL | KIND_OBJECT, NULL, "Nothing is printed.", "trace.h",
     "use log() of bp.trace/1"},
    {"host", 1, ALL | KIND_OBJECT, NULL,
     "The process is left alone: no exit, abort, fork, signal handlers, locale, environment.",
     "device.h", "return a status, and say why with bp.error/1"},
    {"status", 1, ALL, NULL, "Results are BP_OK or a BP_E_*, lengths are real.", "abi.h",
     "return a constant of abi.h, not errno or a boolean"},
    {"timer", 3, DEV, NULL, "Timers move time on.", "time.h",
     "arm the next deadline after the one that has passed"},
    {"contract", 1, ALL, NULL,
     "Interfaces of the core are called with their own handles, within widths and ranges.",
     "line.h", "compare the call with the comment of the function"},
    {"context", 1, ALL, NULL,
     "Functions of the core are called in the phase and on the thread their comments name.",
     "abi.h", "defer to reset(), or reach the machine with bp.thread/1 post()"},
};

const uint32_t nchecks = sizeof checks / sizeof *checks;

const struct check *check_find(const char *name)
{
    for (uint32_t i = 0; i < nchecks; i++) {
        if (!strcmp(checks[i].name, name))
            return &checks[i];
    }
    return NULL;
}
