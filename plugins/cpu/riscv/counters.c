/* SPDX-License-Identifier: Apache-2.0
 *
 * counters.c - cycle, time, instret and their machine twins (Privileged Architecture 3.1.10 to
 * 3.1.12, Zicntr), and the supervisor timer (Sstc).
 *
 * One instruction is one cycle. Both counters are the accelerator's count of retired instructions
 * plus a base; a counter that mcountinhibit stops keeps its value in the base.
 */
#include "hart.h"

bool riscv_counter_allowed(const struct hart *h, uint32_t counter)
{
    if (h->priv != PRIV_M && !(h->mcounteren >> counter & 1))
        return false;
    if (h->priv == PRIV_U && hart_has(h, EXT_S) && !(h->scounteren >> counter & 1))
        return false;
    return true;
}

static bool stopped(const struct hart *h, uint32_t counter)
{
    return h->mcountinhibit >> counter & 1;
}

static uint64_t read_counter(const struct hart *h, uint32_t counter, uint64_t base)
{
    return stopped(h, counter) ? base : base + h->api->retired(h->vcpu);
}

uint64_t riscv_counter_base(const struct hart *h, uint32_t counter, uint64_t value)
{
    return stopped(h, counter) ? value : value - h->api->retired(h->vcpu);
}

/* The base with which the next instruction reads `value`: the present one still retires, without
 * counting. */
static uint64_t base_for(const struct hart *h, uint32_t counter, uint64_t value)
{
    return riscv_counter_base(h, counter, value) - !stopped(h, counter);
}

uint64_t riscv_cycle(const struct hart *h)
{
    return read_counter(h, COUNTER_CY, h->cycle_base);
}

uint64_t riscv_instret(const struct hart *h)
{
    return read_counter(h, COUNTER_IR, h->instret_base);
}

void riscv_set_cycle(struct hart *h, uint64_t value)
{
    h->cycle_base = base_for(h, COUNTER_CY, value);
}

void riscv_set_instret(struct hart *h, uint64_t value)
{
    h->instret_base = base_for(h, COUNTER_IR, value);
}

void riscv_set_countinhibit(struct hart *h, uint64_t value)
{
    uint64_t cycle = riscv_cycle(h), instret = riscv_instret(h);

    h->mcountinhibit = value & (1u << COUNTER_CY | 1u << COUNTER_IR);
    riscv_set_cycle(h, cycle);
    riscv_set_instret(h, instret);
}

void riscv_retire(struct hart *h)
{
    h->cycle_base += !stopped(h, COUNTER_CY);
    h->instret_base += !stopped(h, COUNTER_IR);
}

/* --- time and Sstc -------------------------------------------------------- */

bool riscv_has_time(const struct hart *h)
{
    return h->time.iface != NULL;
}

uint64_t riscv_time(const struct hart *h)
{
    const struct bp_counter_iface *counter = h->time.iface;

    return counter->read(h->time.self);
}

/* Makes STIP what it should be, and arms the timer for the moment that changes; [machine]. */
static void follow(struct hart *h)
{
    const struct bp_counter_iface *counter = h->time.iface;
    uint64_t when;

    if (!h->stimer || !h->sstc_on)
        return;
    if (riscv_time(h) >= h->stimecmp) {
        riscv_change_mip(h, 0, IRQ_BIT(IRQ_STI));
        h->timers->cancel(h->stimer);
        h->api->kick(h->vcpu);
        return;
    }
    riscv_change_mip(h, IRQ_BIT(IRQ_STI), 0);
    when = counter->when(h->time.self, h->stimecmp);
    if (when == UINT64_MAX)
        h->timers->cancel(h->stimer);
    else
        h->timers->arm(h->stimer, when);
}

void riscv_stimer_set(struct hart *h, uint64_t stimecmp, bool stce)
{
    if (!h->stimer)
        return;
    h->host->machine_lock(h->dev);
    if (h->sstc_on && !stce) { /* STIP is software's again */
        h->timers->cancel(h->stimer);
        riscv_change_mip(h, IRQ_BIT(IRQ_STI), 0);
    }
    h->stimecmp = stimecmp;
    h->sstc_on = stce;
    follow(h);
    h->host->machine_unlock(h->dev);
}

void riscv_stimer_fired(void *state)
{
    follow(state);
}

static void time_jumped(void *state)
{
    follow(state);
}

void riscv_stimer_connect(struct hart *h)
{
    const struct bp_counter_iface *counter = h->time.iface;

    if (!h->stimer)
        return;
    h->timers->cancel(h->stimer);
    if (!h->watching && counter->watch(h->time.self, time_jumped, h) == BP_OK)
        h->watching = 1;
}
