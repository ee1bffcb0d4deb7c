/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.c - rounds of all vCPUs, and what the host may do between them.
 */
#include "core/cpu/schedule.h"

#include "core/machine/dev.h"
#include "core/trace/hash.h"

#define TURN  (1u << 20) /* slots after which the loop is turned although nobody asked */
#define BEGIN 4 /* turns that take input which is there already from its file to its device */

int32_t schedule_init(struct machine *m)
{
    uint64_t quantum = m->graph->quantum;

    if (!BP_HAS(m->accel, spent) || !m->accel->budget || !m->accel->spent)
        return BP_E_UNSUPPORTED;
    m->schedule.quantum = quantum ? quantum : SCHEDULE_QUANTUM;
    m->schedule.limit = m->graph->until ? vtime_slot(&m->time, m->graph->until) : UINT64_MAX;
    m->schedule.stop = UINT64_MAX;
    return BP_OK;
}

uint64_t schedule_slots(const struct machine *m)
{
    uint64_t slots = atomic_load(&m->time.slots);

    if (lock_is_server(&m->lock) && m->schedule.running)
        slots += m->accel->spent(m->schedule.running->handle);
    return slots;
}

void schedule_cut(struct machine *m, uint64_t slot)
{
    if (m->schedule.running && slot < m->schedule.until)
        m->accel->stop(m->schedule.running->handle);
}

/* --- a vCPU ----------------------------------------------------------------------------------- */

/* It has nothing to run, or a debugger holds it. */
static bool is_idle(struct vcpu *v)
{
    bool idle;

    pthread_mutex_lock(&v->lock);
    idle = v->park || (v->waiting && !v->wake);
    pthread_mutex_unlock(&v->lock);
    return idle;
}

static bool all_idle(struct machine *m)
{
    bool idle = true;

    for (uint32_t i = 0; idle && i < m->nvcpus; i++)
        idle = is_idle(&m->vcpus[i]);
    return idle;
}

static void run(struct machine *m, struct vcpu *v, uint64_t until)
{
    struct schedule *s = &m->schedule;
    int32_t why;

    vcpu_note_first_run(m);
    pthread_mutex_lock(&v->lock);
    v->waiting = v->wake = false;
    pthread_mutex_unlock(&v->lock);
    m->accel->budget(v->handle, until - atomic_load(&m->time.slots));
    s->until = until;
    s->last = v->index;
    s->running = v;
    why = m->accel->run(v->handle);
    s->running = NULL;
    atomic_fetch_add(&m->time.slots, m->accel->spent(v->handle));
    vcpu_ran(v, why);
    pthread_mutex_lock(&v->lock);
    v->waiting = why == BP_RUN_WAIT && !v->wake;
    pthread_mutex_unlock(&v->lock);
}

/* Runs the timers that are due. The slot at which to look again, at least one ahead: what arms
 * itself for the past must not keep instructions from running. */
static uint64_t expire(struct machine *m)
{
    uint64_t now = atomic_load(&m->time.slots), due = vtime_due(&m->time);

    if (due <= now) {
        lock_take(&m->lock);
        vtime_expire(&m->time);
        lock_drop(&m->lock);
        due = vtime_due(&m->time);
    }
    return due > now ? due : now + 1;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* False: it is not over yet. */
static bool give_quantum(struct machine *m, struct vcpu *v)
{
    struct schedule *s = &m->schedule;
    uint64_t leave = least(s->stop, s->limit), now = atomic_load(&m->time.slots);

    if (!s->end)
        s->end = now + s->quantum;
    for (; now < s->end && !(atomic_load(&m->request) & ~REQUESTS_PAUSE);
         now = atomic_load(&m->time.slots)) {
        uint64_t until;

        if (now >= leave || atomic_load(&m->request))
            return false;
        until = least(expire(m), least(s->end, leave));
        if (!is_idle(v))
            run(m, v, until);
        else if (all_idle(m))
            break;
        else
            atomic_store(&m->time.slots, until);
    }
    s->end = 0;
    hash_vcpu(m, v);
    return true;
}

/* --- the host --------------------------------------------------------------------------------- */

static bool undelivered(struct machine *m)
{
    return !chars_drained(&m->loop) && !(atomic_load(&m->request) & REQUESTS_END);
}

/* Output that a back end has not taken would show the guest how fast the host is, so it is
 * waited for. */
static void turn(struct machine *m)
{
    m->schedule.served = atomic_load(&m->time.slots);
    loop_turn(&m->loop, false);
    while (undelivered(m))
        loop_turn(&m->loop, true);
}

void schedule_begin(struct machine *m)
{
    for (int i = 0; i < BEGIN; i++)
        turn(m);
}

void schedule_round(struct machine *m)
{
    struct schedule *s = &m->schedule;
    bool skipped;

    for (; s->turn < m->nvcpus; s->turn++)
        if (!give_quantum(m, &m->vcpus[s->turn])) {
            if (atomic_load(&m->time.slots) >= s->limit)
                machine_request(m, REQUEST_QUIT);
            return;
        }
    s->turn = 0;
    for (struct block_bridge *b = m->loop.blocks; b; b = b->next)
        blocks_settle(b);
    if (loop_asked(&m->loop) || atomic_load(&m->time.slots) - s->served >= TURN)
        turn(m);
    if (atomic_load(&m->request) || m->paused || !all_idle(m) || blocks_busy(&m->loop))
        return;
    lock_take(&m->lock);
    skipped = vcpu_all_wait(m) && vtime_skip(&m->time);
    lock_drop(&m->lock);
    if (!skipped)
        loop_turn(&m->loop, true);
}
