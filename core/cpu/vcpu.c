/* SPDX-License-Identifier: Apache-2.0
 *
 * vcpu.c - vCPU threads, run control, and what accelerators and CPU plug-ins ask of the core.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"

int32_t vcpu_create(struct vcpu *vcpu, struct bp_dev *dev, uint32_t index)
{
    struct machine *m = dev->machine;
    void *state;
    int32_t status;

    status = m->accel->vcpu_create(m->accel_self, index, dev->type->cpu, &vcpu->handle, &state);
    if (status != BP_OK)
        return status;
    vcpu->dev = dev;
    vcpu->index = index;
    vcpu->park = true;
    pthread_mutex_init(&vcpu->lock, NULL);
    pthread_cond_init(&vcpu->change, NULL);
    dev->vcpu = vcpu;
    dev->instance = state;
    return BP_OK;
}

/* --- the thread ----------------------------------------------------------------------------------------- */

void vcpu_note_first_run(struct machine *m)
{
    uint64_t none = 0;

    if (!atomic_load_explicit(&m->first_run, memory_order_relaxed))
        atomic_compare_exchange_strong(&m->first_run, &none, vtime_host());
}

/* Sleeps while there is nothing to run. False: the thread is to end. */
static bool may_run(struct vcpu *v, int32_t last)
{
    struct machine *m = v->dev->machine;
    bool leave;

    pthread_mutex_lock(&v->lock);
    v->waiting = last == BP_RUN_WAIT && !v->wake;
    while (!v->leave && (v->park || (v->waiting && !v->wake))) {
        bool parks = v->park && !v->parked;

        v->parked = v->park;
        if (parks || (v->waiting && !v->park && m->time.mode == TIME_FAST))
            loop_wake(&m->loop); /* which is what [main] waits for */
        pthread_cond_wait(&v->change, &v->lock);
    }
    v->parked = v->waiting = v->wake = false;
    leave = v->leave;
    pthread_mutex_unlock(&v->lock);
    return !leave;
}

void vcpu_ran(struct vcpu *v, int32_t result)
{
    struct machine *m = v->dev->machine;

    if (result == BP_RUN_FAILED) {
        char text[256];

        trace_error_text(&m->accel_dev, text, sizeof(text));
        trace_text(v->dev, BP_LOG_ERROR, *text ? text : "the accelerator cannot go on");
        machine_request(m, REQUEST_FAIL);
    }
    if (result == BP_RUN_FAILED || result == BP_RUN_DEBUG) {
        pthread_mutex_lock(&v->lock);
        v->park = true;
        pthread_mutex_unlock(&v->lock);
    }
}

#define HANDLER_STACK 65536

static void *run_thread(void *arg)
{
    struct vcpu *v = arg;
    struct machine *m = v->dev->machine;
    /* For handlers of faults, of which one is an overflow of the thread's own stack. Without it all runs as well. */
    stack_t stack = {.ss_sp = malloc(HANDLER_STACK), .ss_size = HANDLER_STACK};
    const stack_t none = {.ss_flags = SS_DISABLE};
    int32_t last = BP_RUN_KICKED;

    if (stack.ss_sp)
        sigaltstack(&stack, NULL);
    while (may_run(v, last)) {
        vcpu_note_first_run(m);
        last = m->accel->run(v->handle);
        vcpu_ran(v, last);
    }
    sigaltstack(&none, NULL);
    free(stack.ss_sp);
    return NULL;
}

int32_t vcpu_start_thread(struct vcpu *vcpu)
{
    sigset_t before;
    char name[16];
    int failed;

    loop_block_signals(&before);
    failed = pthread_create(&vcpu->thread, NULL, run_thread, vcpu);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return BP_E_NOMEM;
    snprintf(name, sizeof(name), "vcpu%" PRIu32, vcpu->index);
    pthread_setname_np(vcpu->thread, name);
    vcpu->started = true;
    return BP_OK;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    struct machine *m;

    if (!vcpu->handle)
        return;
    m = vcpu->dev->machine;
    if (vcpu->started) {
        pthread_mutex_lock(&vcpu->lock);
        vcpu->leave = true;
        pthread_cond_signal(&vcpu->change);
        pthread_mutex_unlock(&vcpu->lock);
        m->accel->stop(vcpu->handle);
        pthread_join(vcpu->thread, NULL);
    }
    m->accel->vcpu_destroy(vcpu->handle);
    pthread_cond_destroy(&vcpu->change);
    pthread_mutex_destroy(&vcpu->lock);
    memset(vcpu, 0, sizeof(*vcpu));
}

void vcpu_wake(struct vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->lock);
    if (!vcpu->wake)
        atomic_fetch_add(&vcpu->dev->machine->wakes, 1);
    vcpu->wake = true;
    pthread_cond_signal(&vcpu->change);
    pthread_mutex_unlock(&vcpu->lock);
}

/* --- all of them ----------------------------------------------------------------------------------------- */

void vcpu_stop_all(struct machine *m)
{
    for (uint32_t i = 0; i < m->nvcpus; i++) {
        struct vcpu *v = &m->vcpus[i];

        if (!v->handle)
            continue;
        pthread_mutex_lock(&v->lock);
        v->park = true;
        pthread_cond_signal(&v->change);
        pthread_mutex_unlock(&v->lock);
        m->accel->stop(v->handle);
    }
}

static bool all_parked(struct machine *m)
{
    bool all = true;

    for (uint32_t i = 0; i < m->nvcpus && all; i++) {
        pthread_mutex_lock(&m->vcpus[i].lock);
        all = !m->vcpus[i].started || m->vcpus[i].parked;
        pthread_mutex_unlock(&m->vcpus[i].lock);
    }
    return all;
}

void vcpu_park_all(struct machine *m)
{
    vcpu_stop_all(m);
    while (!all_parked(m))
        loop_serve(&m->loop, true);
}

void vcpu_resume_all(struct machine *m)
{
    for (uint32_t i = 0; i < m->nvcpus; i++) {
        struct vcpu *v = &m->vcpus[i];

        pthread_mutex_lock(&v->lock);
        v->park = v->parked = false;
        v->wake = true; /* what happened meanwhile is for poll() to find out */
        pthread_cond_signal(&v->change);
        pthread_mutex_unlock(&v->lock);
    }
}

bool vcpu_all_wait(struct machine *m)
{
    bool all = m->nvcpus != 0;

    for (uint32_t i = 0; all && i < m->nvcpus; i++) {
        pthread_mutex_lock(&m->vcpus[i].lock);
        all = m->vcpus[i].waiting && !m->vcpus[i].wake && !m->vcpus[i].park;
        pthread_mutex_unlock(&m->vcpus[i].lock);
    }
    return all;
}

/* They are looked at one after the other; but nobody stops waiting without a wake-up, so if none came, all of them
 * waited at once. A request to a disk and a post take no time of the guest's: neither must time out because time jumps. */
void vcpu_skip_idle(struct machine *m)
{
    uint64_t wakes = atomic_load(&m->wakes);
    bool skipped = false;

    if (m->time.mode != TIME_FAST || m->phase != PHASE_RUN || !vcpu_all_wait(m))
        return;
    lock_take(&m->lock);
    if (atomic_load(&m->wakes) == wakes && !blocks_busy(&m->loop) && !loop_posts_queued(&m->loop))
        skipped = vtime_skip(&m->time);
    lock_drop(&m->lock);
    if (skipped)
        loop_wake(&m->loop); /* what expired may have woken nobody: look again */
}

/* --- struct bp_accel_host -------------------------------------------------------------------------------- */

static void host_resolve(void *host, uint64_t pa, struct bp_phys *out)
{
    bus_resolve(&((struct machine *)host)->bus, pa, out);
}

static int32_t host_read(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                         uint64_t *value)
{
    return bus_access(&((struct machine *)host)->bus, vcpu, pa, width, flags, value, false);
}

static int32_t host_write(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                          uint64_t value)
{
    return bus_access(&((struct machine *)host)->bus, vcpu, pa, width, flags, &value, true);
}

static int32_t host_ram(void *host, uint32_t i, struct bp_phys *out)
{
    const struct bus *bus = &((struct machine *)host)->bus;

    for (uint32_t n = 0; n < bus->nplaced; n++) {
        const struct bus_region *region = bus->placed[n];

        if (!region->ram || i--)
            continue;
        memset(out, 0, sizeof(*out));
        out->base = region->base;
        out->bytes = region->bytes;
        out->host = region->ram;
        out->flags = region->row->flags & BP_REGION_ROMD ? BP_PHYS_DEVICE : BP_PHYS_WRITABLE;
        return BP_OK;
    }
    return BP_E_NOENT;
}

static void host_debug_hit(void *host, uint32_t vcpu, uint64_t pc)
{
    struct machine *m = host;

    trace_format(m->vcpus[vcpu].dev, BP_LOG_INFO, "breakpoint at %#" PRIx64, pc);
}

static uint64_t host_now(void *host)
{
    return vtime_now(&((struct machine *)host)->time);
}

static void host_wake(void *host, uint32_t vcpu)
{
    struct machine *m = host;

    if (vcpu < m->nvcpus)
        vcpu_wake(&m->vcpus[vcpu]);
}

void vcpu_accel_host(struct bp_accel_host *host)
{
    *host = (struct bp_accel_host){
        .size = sizeof(*host),
        .resolve = host_resolve,
        .read = host_read,
        .write = host_write,
        .ram = host_ram,
        .debug_hit = host_debug_hit,
        .now = host_now,
        .wake = host_wake,
    };
}

/* --- bp.vcpu-host/1 ----------------------------------------------------------------------------------- */

static void machine_lock_dev(struct bp_dev *dev)
{
    lock_take(&dev->machine->lock);
}

static void machine_unlock_dev(struct bp_dev *dev)
{
    lock_drop(&dev->machine->lock);
}

const struct bp_vcpu_host vcpu_host_api = {
    .size = sizeof(vcpu_host_api),
    .machine_lock = machine_lock_dev,
    .machine_unlock = machine_unlock_dev,
};
