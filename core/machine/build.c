/* SPDX-License-Identifier: Apache-2.0
 *
 * build.c - from a checked graph to a machine: instances, wires, init. And back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/control/control.h"
#include "core/machine/dev.h"

#define ANOTHER_ACCEL "choose another with --accel"

/* --- the machine ----------------------------------------------------------------------------------------- */

static struct bp_dev *name_dev(struct bp_dev *dev, struct machine *m, const struct type *type,
                               const char *name, struct diag_pos pos)
{
    dev->machine = m;
    dev->type = type;
    dev->name = name;
    dev->pos = pos;
    return dev;
}

/* `what` and `cure` are for those who say nothing themselves. */
static bool failed(struct bp_dev *dev, int32_t status, const char *what, const char *cure)
{
    if (status != BP_OK)
        dev_report(dev, status, what, cure);
    return status != BP_OK;
}

static bool init_failed(struct bp_dev *dev, int32_t status)
{
    return failed(dev, status, "init() fails", "look for its messages, or ask its author");
}

static bool no_memory(struct machine *m)
{
    diag_error(m->diag, (struct diag_pos){0}, "machine",
               "the host has no memory left: make the machine smaller");
    return false;
}

static bool build_accel(struct machine *m)
{
    const struct graph_accel *chosen = NULL;
    char why[256], refused[1024] = "";

    uint32_t first = 0, end = m->graph->naccels;

    if (m->graph->lockstep) { /* the one, or the other */
        first = m->flags & MACHINE_SECOND ? 1 : 0;
        end = first + 1;
    }
    for (uint32_t i = first; i < end && !chosen; i++) {
        const struct bp_accel_class *cls = m->graph->accels[i].type->accel;

        why[0] = 0;
        if (!cls->probe || cls->probe(&m->core, why, sizeof(why)) >= 0)
            chosen = &m->graph->accels[i];
        else
            snprintf(refused + strlen(refused), sizeof(refused) - strlen(refused), " %s: %s.",
                     m->graph->accels[i].name, why);
    }
    if (!chosen) {
        diag_error(m->diag, (struct diag_pos){0}, "accel",
                   "none of the accelerators runs here:%s add interp to the list", refused);
        return false;
    }
    name_dev(&m->accel_dev, m, chosen->type, chosen->name, chosen->pos);
    if (*refused)
        trace_format(&m->accel_dev, BP_LOG_INFO, "runs the machine; passed over:%s", refused);
    m->accel_dev.instance = dev_memory(chosen->type->instance_size, chosen->type->instance_align);
    if (!m->accel_dev.instance ||
        dev_write_props(&m->accel_dev, chosen->props, chosen->nprops) != BP_OK)
        return no_memory(m);
    m->accel = chosen->type->accel;
    m->accel_self = m->accel_dev.instance;
    vcpu_accel_host(&m->accel_host);
    m->accel_dev.initialised = true;
    return !failed(&m->accel_dev,
                   m->accel->init(m->accel_self, &m->accel_dev, &m->core, &m->accel_host, m),
                   "init() of the accelerator fails", ANOTHER_ACCEL);
}

/* Deterministic time counts instructions: run() has to stop after a given number of them. */
static bool check_time(struct machine *m)
{
    if (m->graph->time != TIME_DETERMINISTIC || schedule_init(m) == BP_OK)
        return true;
    diag_error(
        m->diag, (struct diag_pos){0}, "time",
        "accelerator %s cannot run on a budget of instructions, which deterministic time needs: use "
        "time: realtime or time: fast",
        m->accel->name);
    return false;
}

/* Each machine of a lockstep run sees what was on its disks before all of them, and leaves them so. */
static void keep_medium(struct bp_dev *dev)
{
    for (uint32_t i = 0; dev->instance && i < dev->type->nprops; i++) {
        const struct bp_prop *row = &dev->type->props[i];

        if (row->type == BP_PROP_BOOL && !strcmp(row->name, "snapshot"))
            ((uint8_t *)dev->instance)[row->offset] = 1;
    }
}

static bool build_backends(struct machine *m)
{
    bool ok = true;

    if (m->flags & MACHINE_NO_BACKENDS)
        return true;
    m->backends = calloc(m->graph->nbackends + 1, sizeof(*m->backends));
    if (!m->backends)
        return no_memory(m);
    for (uint32_t i = 0; i < m->graph->nbackends; i++) {
        const struct graph_backend *backend = &m->graph->backends[i];
        struct bp_dev *dev =
            name_dev(&m->backends[i], m, backend->type, backend->name, backend->pos);
        int32_t status = BP_E_NOMEM;

        m->nbackends++;
        dev->backend = backend;
        if (m->flags & MACHINE_QUIET && chars_are_silent(dev))
            continue;
        dev->instance = dev_memory(dev->type->instance_size, dev->type->instance_align);
        if (dev->instance)
            status = dev_write_props(dev, backend->props, backend->nprops);
        if (m->graph->lockstep)
            keep_medium(dev);
        if (status == BP_OK)
            status = dev_init(dev);
        dev->failed = init_failed(dev, status);
        ok &= !dev->failed;
    }
    return ok;
}

static bool build_failed(struct bp_dev *dev, int32_t status)
{
    if (dev->type->kind == TYPE_CPU)
        return failed(dev, status, "the accelerator makes no vCPU for it", ANOTHER_ACCEL);
    return failed(dev, status, "this core does not make its regions and ports",
                  "look at its plug-in with backplane-check");
}

static bool build_nodes(struct machine *m)
{
    const struct graph *g = m->graph;

    m->devs = calloc(g->nnodes + 1, sizeof(*m->devs));
    m->vcpus = calloc(g->nnodes + 1, sizeof(*m->vcpus));
    if (!m->devs || !m->vcpus)
        return no_memory(m);
    m->ndevs = g->nnodes;
    for (uint32_t i = 0; i < g->nnodes; i++) {
        name_dev(&m->devs[i], m, g->nodes[i]->type, g->nodes[i]->name, g->nodes[i]->pos)->node =
            g->nodes[i];
        m->nvcpus += g->nodes[i]->type->kind == TYPE_CPU && m->accel_self;
    }
    for (uint32_t i = 0; i < m->ndevs; i++)
        if (build_failed(&m->devs[i], dev_build(&m->devs[i]))) {
            m->nvcpus = 0; /* some have no handle: none will be used */
            return false;
        }
    for (uint32_t i = 0; i < m->ndevs; i++)
        if (dev_write_props(&m->devs[i], g->nodes[i]->props, g->nodes[i]->nprops) != BP_OK)
            return no_memory(m); /* which lists need, and nothing else can go wrong */
    return machine_write_seats(m) == BP_OK || no_memory(m);
}

static bool connect_ports(struct machine *m)
{
    const struct graph *g = m->graph;
    int32_t status = bus_publish(&m->bus);

    for (uint32_t i = 0; i < g->nwires && status == BP_OK; i++) {
        const struct graph_wire *w = &g->wires[i];

        status =
            wire_connect(machine_dev_of(m, w->from)->ports[w->out_port].wire, w->out_index,
                         machine_dev_of(m, w->to)->ports[w->in_port].wire, w->in_index, w->invert);
        if (status == BP_E_INVAL)
            diag_error(m->diag, w->pos, w->from->name,
                       "the line is out of the port's width: connect fewer");
    }
    for (uint32_t i = 0; i < g->nclocks && status == BP_OK; i++) {
        const struct graph_clock *c = &g->clocks[i];

        status = wire_connect_clock(machine_dev_of(m, c->from)->ports[c->out_port].clock_out,
                                    machine_dev_of(m, c->to)->ports[c->in_port].clock_in);
    }
    return status == BP_E_NOMEM ? no_memory(m) : status == BP_OK;
}

/* Devices that give clocks come first, so that init() of the others finds them running. */
static bool init_nodes(struct machine *m)
{
    bool ok = true;

    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < m->ndevs; i++) {
            bool source = false;

            for (uint32_t p = 0; p < m->devs[i].type->nports; p++)
                source |= m->devs[i].type->ports[p].kind == BP_PORT_CLOCK &&
                          m->devs[i].type->ports[p].dir == BP_DIR_OUT;
            if (source != (pass == 0))
                continue;
            trace_dev_init(&m->devs[i]);
            ok &= !init_failed(&m->devs[i], dev_init(&m->devs[i]));
        }
    return ok;
}

struct machine *machine_create(struct graph *g, struct registry *r, uint32_t flags, struct diag *d)
{
    struct machine *m = calloc(1, sizeof(*m));
    bool ok = m != NULL;

    if (!ok) {
        diag_error(d, (struct diag_pos){0}, g->name, "the host has no memory left");
        return NULL;
    }
    m->owner = getpid();
    m->graph = g;
    m->registry = r;
    m->diag = d;
    m->flags = flags;
    m->lines_quiet = true;
    m->random = ~g->seed; /* apart from what the device tree gives away */
    m->core = (struct bp_core){
        .size = sizeof(m->core), .version = BACKPLANE_VERSION, .get = machine_iface};
    lock_init(&m->lock);
    pthread_mutex_init(&m->calling.types, NULL);
    trace_init(&m->trace);
    m->trace.quiet = flags & MACHINE_QUIET;
    if (vtime_init(&m->time, m, g->time) != BP_OK || loop_init(&m->loop, m) != BP_OK ||
        bus_init(&m->bus, m) != BP_OK) {
        diag_error(d, (struct diag_pos){0}, g->name,
                   "the host refuses timers, descriptors or memory: raise its limits");
        ok = false;
    }
    if (ok && !(flags & MACHINE_NO_BACKENDS))
        ok = build_accel(m) && check_time(m);
    if (ok) {
        bool backends = build_backends(m);

        ok = build_nodes(m) && backends && connect_ports(m) && init_nodes(m);
    }
    if (!ok) {
        machine_destroy(m);
        return NULL;
    }
    m->phase = PHASE_READY;
    return m;
}

const char *machine_refusal(const struct machine *m)
{
    return m->owner == getpid()
               ? NULL
               : "made by a process of which this one is a fork, and its threads, devices and memory "
                 "stayed there: make a machine after the fork";
}

/* The reverse of building, as far as it got: nobody may be called once what it uses is gone. */
void machine_destroy(struct machine *m)
{
    if (!m || machine_refusal(m))
        return;
    m->phase = PHASE_END;
    vcpu_park_all(m);
    loop_close_posts(&m->loop);
    control_close(m);
    lock_take(&m->lock);
    for (struct block_bridge *b = m->loop.blocks; b; b = b->next)
        blocks_drain(b); /* requests end before their device and their back end do */
    m->lines_quiet = true;
    lock_drop(&m->lock);
    for (uint32_t i = m->ndevs; i-- > 0;)
        dev_finish(&m->devs[i]);
    for (uint32_t i = m->nbackends; i-- > 0;) {
        dev_finish(&m->backends[i]);
        loop_free_watches(&m->backends[i]);
    }
    loop_finish(&m->loop);
    for (uint32_t i = m->ndevs; m->vcpus && i-- > 0;)
        vcpu_destroy(&m->vcpus[i]);
    for (uint32_t i = m->ndevs; i-- > 0;)
        dev_free(&m->devs[i]);
    for (uint32_t i = m->nbackends; i-- > 0;)
        dev_free(&m->backends[i]);
    if (m->accel_dev.initialised && m->accel->finish)
        m->accel->finish(m->accel_self);
    dev_free(&m->accel_dev);
    bus_finish(&m->bus);
    vtime_finish(&m->time);
    segments_free(m);
    for (uint32_t i = 0; i < m->nsymbols; i++)
        free(m->symbols[i].name);
    free(m->symbols);
    free(m->devs);
    free(m->vcpus);
    free(m->backends);
    trace_finish(&m->trace);
    pthread_mutex_destroy(&m->calling.types);
    lock_finish(&m->lock);
    free(m);
}
