/* SPDX-License-Identifier: Apache-2.0
 *
 * run.c - a built machine at work: reset, the loop, requests to end or reset, and what the loader and the device tree
 * need of it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/control/control.h"
#include "core/machine/dev.h"

#define FLUSH_MS 2000 /* how long output may take to reach its back ends at the end */

/* --- reset ------------------------------------------------------------------------------------------------ */

static void reset_devices(struct machine *m, uint32_t kind)
{
    for (uint32_t i = 0; i < m->ndevs; i++)
        for (uint32_t r = 0; r < m->devs[i].type->nregions; r++)
            if (m->devs[i].regions[r].regs)
                regs_reset(m->devs[i].regions[r].regs, m->devs[i].instance);
    wire_reset_begin(m);
    /* CPUs first: devices may call them in reset(). */
    for (uint32_t i = 0; i < m->ndevs; i++)
        if (m->devs[i].vcpu)
            dev_reset(&m->devs[i], kind);
    for (uint32_t i = 0; i < m->ndevs; i++)
        if (!m->devs[i].vcpu)
            dev_reset(&m->devs[i], kind);
    wire_reset_end(m);
}

/* vCPUs are parked. */
static void reset(struct machine *m, uint32_t kind)
{
    lock_take(&m->lock);
    reset_devices(m, kind);
    if (!segments_load(m))
        machine_request(m, REQUEST_FAIL);
    for (uint32_t i = 0; i < m->nvcpus; i++)
        m->vcpus[i].dev->type->cpu->set_boot(m->vcpus[i].dev->instance, i, &m->boot);
    lock_drop(&m->lock);
}

/* --- running ---------------------------------------------------------------------------------------------- */

void machine_request(struct machine *m, uint32_t request)
{
    atomic_fetch_or(&m->request, request);
    vcpu_stop_all(m);
    loop_wake(&m->loop);
}

void machine_quit(struct machine *m)
{
    if (machine_refusal(m))
        return; /* the descriptor below is the other process's as well */
    atomic_fetch_or(&m->request, REQUEST_QUIT);
    uv_async_send(
        &m->loop.wake); /* the one async-signal-safe call of libuv; the loop stops the vCPUs */
}

static void warm_reset(struct machine *m)
{
    vcpu_park_all(m);
    atomic_fetch_and(&m->request, ~REQUEST_RESET);
    reset(m, BP_RESET_WARM);
    if (!m->paused)
        vcpu_resume_all(m);
    control_event(m, "RESET", NULL);
}

void machine_pause(struct machine *m)
{
    if (machine_refusal(m))
        return;
    atomic_fetch_and(&m->request, ~REQUEST_STOP);
    vcpu_park_all(m);
    if (m->paused || machine_is_ending(m))
        return;
    m->paused = true;
    lock_take(&m->lock);
    for (struct block_bridge *b = m->loop.blocks; b; b = b->next)
        blocks_drain(b);
    lock_drop(&m->lock);
    vtime_stop(&m->time);
    control_event(m, "STOP", NULL);
}

void machine_continue(struct machine *m)
{
    if (machine_refusal(m) || !m->paused || machine_is_ending(m))
        return;
    m->paused = false;
    control_event(m, "RESUME", NULL);
    vtime_start(&m->time);
    if (!atomic_load(&m->request))
        vcpu_resume_all(m);
    loop_wake(&m->loop); /* input has waited */
}

bool machine_is_paused(const struct machine *m)
{
    return m->paused;
}

bool machine_is_ending(const struct machine *m)
{
    return m->phase != PHASE_RUN || atomic_load(&m->request) & REQUESTS_END;
}

bool machine_end_requested(const struct machine *m)
{
    return atomic_load(&m->request) & REQUESTS_END;
}

/* The last word to clients: why it ended. */
static void tell_end(struct machine *m, const struct machine_result *result)
{
    switch (result->end) {
    case MACHINE_POWER_OFF:
        control_event(m, "POWERDOWN", "{s:i}", "code", (int)result->code);
        break;
    case MACHINE_FAILED:
        control_event(m, "FAILED", "{s:i}", "code", (int)result->code);
        break;
    case MACHINE_QUIT:
        control_event(m, "QUIT", "{s:i}", "signal", result->signal);
        break;
    case MACHINE_BREAK: /* there is no socket */
    case MACHINE_REFUSED:
        break;
    }
}

/* What the guest printed last must reach the user, but not at any price. */
static void flush_output(struct machine *m)
{
    uint64_t end = vtime_host() + FLUSH_MS * 1000000ull;

    while (!chars_drained(&m->loop) && vtime_host() < end) {
        struct timespec pause = {0, 1000000};

        loop_turn(&m->loop, false);
        if (!chars_drained(&m->loop))
            nanosleep(&pause, NULL);
    }
}

/* The machine stands still after a watched access. False: nobody could make it go on. */
static bool tell_break(struct machine *m)
{
    char *text = trace_take_hit(m);

    atomic_fetch_and(&m->request, ~REQUEST_BREAK);
    trace_say(m, "break", text ? text : "");
    control_event(m, "BREAK", "{s:s}", "what", text ? text : "");
    free(text);
    return control_is_open(m);
}

void machine_begin(struct machine *m)
{
    bool threads = m->time.mode != TIME_DETERMINISTIC, started = true;

    m->diag = NULL;
    reset(m, BP_RESET_COLD);
    for (uint32_t i = 0; i < m->nvcpus && threads; i++)
        started &= vcpu_start_thread(&m->vcpus[i]) == BP_OK;
    if (!started)
        machine_request(m, REQUEST_FAIL);
    loop_catch_signals(&m->loop);
    m->phase = PHASE_RUN;
    m->run_started = vtime_host();
    vtime_start(&m->time);
    if (started)
        vcpu_resume_all(m);
    loop_wake(&m->loop); /* the first turn grants input credits */
    if (!threads)
        schedule_begin(m);
}

bool machine_over(const struct machine *m)
{
    return atomic_load(&m->request) & REQUESTS_END;
}

/* Requests that do not end it. False: nobody could make it go on. */
static bool attend(struct machine *m)
{
    uint32_t request = atomic_load(&m->request);

    if (request & REQUEST_RESET)
        warm_reset(m);
    if (request & REQUEST_STOP)
        machine_pause(m);
    return !(request & REQUEST_BREAK) || tell_break(m);
}

void machine_round(struct machine *m)
{
    attend(m);
    schedule_round(m);
}

struct machine_result machine_end(struct machine *m)
{
    struct machine_result result = {MACHINE_FAILED, 0, 0};
    uint32_t request = atomic_load(&m->request);

    vcpu_park_all(m);
    vtime_stop(&m->time);
    m->paused = false;
    flush_output(m);
    loop_release_signals(&m->loop);
    m->phase = PHASE_READY;
    m->run_ended = vtime_host();
    if (request & REQUEST_FAIL) {
        result.end = MACHINE_FAILED;
    } else if (request & REQUEST_POWER_OFF) {
        result.end = MACHINE_POWER_OFF;
    } else {
        result.end = MACHINE_QUIT;
        result.signal = atomic_load(&m->quit_signal);
    }
    result.code = atomic_load(&m->power_code);
    tell_end(m, &result);
    return result;
}

struct machine_result machine_run(struct machine *m)
{
    struct machine_result result = {MACHINE_REFUSED, 0, 0};
    bool broken = false;

    if (machine_refusal(m))
        return result;
    machine_begin(m);
    while (!machine_over(m)) {
        broken = !attend(m);
        if (broken)
            break;
        if (m->time.mode == TIME_DETERMINISTIC && !m->paused)
            schedule_round(m);
        else
            loop_turn(&m->loop, true);
    }
    result = machine_end(m);
    if (broken)
        result.end = MACHINE_BREAK;
    return result;
}

void machine_hash_trace(struct machine *m)
{
    hash_start(m);
}

uint64_t machine_trace_hash(struct machine *m)
{
    return hash_finish(m);
}

/* --- for the loader and the device tree -------------------------------------------------------------------------- */

int32_t machine_mem_write(struct machine *m, uint64_t pa, const void *data, uint64_t bytes)
{
    if (machine_refusal(m))
        return BP_E_STATE;
    return bus_copy(&m->bus, pa, (void *)data, bytes, true);
}

int32_t machine_mem_read(struct machine *m, uint64_t pa, void *data, uint64_t bytes)
{
    if (machine_refusal(m))
        return BP_E_STATE;
    return bus_copy(&m->bus, pa, data, bytes, false);
}

bool machine_ram(struct machine *m, uint64_t pa, uint64_t *base, uint64_t *bytes)
{
    struct bp_phys phys;

    bus_resolve(&m->bus, pa, &phys);
    if (!(phys.flags & BP_PHYS_WRITABLE))
        return false;
    *base = phys.base;
    *bytes = phys.bytes;
    return true;
}

int32_t machine_add_symbol(struct machine *m, const char *name, uint64_t address)
{
    struct symbol *symbols;
    char *copy;

    if (!(m->nsymbols &
          (m->nsymbols + 1))) { /* full: room grows to the next power of two, minus one */
        symbols = realloc(m->symbols, (2 * (size_t)m->nsymbols + 1) * sizeof(*symbols));
        if (!symbols)
            return BP_E_NOMEM;
        m->symbols = symbols;
    }
    copy = strdup(name);
    if (!copy)
        return BP_E_NOMEM;
    m->symbols[m->nsymbols++] = (struct symbol){copy, address};
    return BP_OK;
}

void machine_set_boot(struct machine *m, const struct bp_boot *boot)
{
    m->boot = *boot;
    m->boot.size = sizeof(m->boot);
    m->boot.ncpus = machine_cpus(m);
}

uint32_t machine_cpus(const struct machine *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->graph->nnodes; i++)
        n += m->graph->nodes[i]->type->kind == TYPE_CPU;
    return n;
}

uint32_t machine_boot_blob(struct machine *m, const struct bp_boot *boot, void *bytes,
                           uint32_t room)
{
    const struct bp_cpu_class *cls = m->nvcpus ? m->vcpus[0].dev->type->cpu : NULL;

    return cls && cls->boot_blob ? cls->boot_blob(m->vcpus[0].dev->instance, boot, bytes, room) : 0;
}

void *machine_instance(struct machine *m, const struct graph_node *node)
{
    return m->devs[node->index].instance;
}

struct bp_dev *machine_dev(struct machine *m, const struct graph_node *node)
{
    return &m->devs[node->index];
}

const struct graph_node *machine_node(const struct bp_dev *dev)
{
    return dev->node;
}

const struct graph *machine_graph(const struct machine *m)
{
    return m->graph;
}

uint64_t machine_node_clock(struct machine *m, const struct graph_node *node)
{
    const struct bp_dev *dev = &m->devs[node->index];

    for (uint32_t i = 0; i < dev->type->nports; i++)
        if (dev->type->ports[i].kind == BP_PORT_CLOCK && dev->type->ports[i].dir == BP_DIR_IN)
            return dev->ports[i].clock_in->source ? dev->ports[i].clock_in->source->hz : 0;
    return 0;
}

void machine_get_stats(struct machine *m, struct machine_stats *out)
{
    uint64_t first = atomic_load(&m->first_run);

    out->virtual_ns = vtime_now(&m->time);
    out->host_ns =
        m->run_started ? (m->run_ended ? m->run_ended : vtime_host()) - m->run_started : 0;
    out->first_insn_ns = first > m->run_started ? first - m->run_started : 0;
}

const char *machine_accel_name(const struct machine *m)
{
    return m->accel ? m->accel->name : "";
}

bool machine_counter(struct machine *m, uint32_t i, struct bp_accel_counter *out)
{
    return m->accel && m->accel->counter && m->accel->counter(m->accel_self, i, out) == BP_OK;
}
