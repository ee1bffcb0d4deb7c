/* SPDX-License-Identifier: Apache-2.0
 *
 * lockstep.c - two machines, round by round; and the search for the first instruction behind which they differ.
 *
 * The search begins anew each time: machines in deterministic time do the same again, up to any slot.
 * To stop is harmless, but not without effect: what is left of a budget when the next block is too long
 * for it is executed one by one. So a mistake in the code of a block shows from the slot on at which the
 * whole block was affordable, which is at most a block's length behind its begin; the report lists as
 * many instructions. A mistake whose effect is overwritten sooner than that is seen only where nobody
 * stopped, and the search ends there.
 */
#include "core/machine/lockstep.h"

#include "core/machine/lockstep_pair.h"

#define EVERY (1u << 28)

bool pair_open(struct pair *p, const struct lockstep *l, uint32_t flags)
{
    *p = (struct pair){{l->make(l->ctx, flags, l->d), NULL}};
    if (p->of[0])
        p->of[1] = l->make(l->ctx, MACHINE_QUIET | MACHINE_SECOND, l->d);
    if (!p->of[1]) {
        machine_destroy(p->of[0]);
        return false;
    }
    for (int i = 0; i < 2; i++) {
        hash_start(p->of[i]);
        machine_begin(p->of[i]);
    }
    return true;
}

struct machine_result pair_close(struct pair *p)
{
    struct machine_result result = machine_end(p->of[0]);

    machine_end(p->of[1]);
    for (int i = 2; i-- > 0;)
        machine_destroy(p->of[i]);
    return result;
}

bool pair_over(const struct pair *p)
{
    return machine_over(p->of[0]) || machine_over(p->of[1]);
}

void machine_advance(struct machine *m, uint64_t slot)
{
    m->schedule.stop = slot;
    while (!machine_over(m) && schedule_slots(m) < slot)
        machine_round(m);
    m->schedule.stop = UINT64_MAX;
}

/* The user wants to leave, and has told one of them, or both at different moments. */
static bool is_left(const struct pair *p)
{
    bool left = false;

    for (int i = 0; i < 2; i++)
        left |= atomic_load(&p->of[i]->request) & REQUEST_QUIT &&
                schedule_slots(p->of[i]) < p->of[i]->schedule.limit;
    return left;
}

/* Runs a pair to a slot. 1: it differs there; 0: it does not; negative: no pair, or the user left. */
static int try(const struct lockstep *l, uint64_t slot, uint64_t *reached)
{
    struct pair p;
    int result = -1;

    if (!pair_open(&p, l, MACHINE_QUIET))
        return -1;
    for (int i = 0; i < 2; i++)
        machine_advance(p.of[i], slot);
    *reached = schedule_slots(p.of[0]);
    if (!is_left(&p))
        result = !pair_same_cpus(&p) || !pair_same_ram(&p);
    pair_close(&p);
    return result;
}

/* The first slot behind which they differ, after `same` and not after `other`. 0: the search was left. */
static uint64_t search(const struct lockstep *l, uint64_t same, uint64_t other)
{
    while (other - same > 1) {
        uint64_t middle = same + (other - same) / 2, reached;
        int differs = try(l, middle, &reached);

        if (differs < 0)
            return 0;
        if (differs)
            other = middle;
        else
            same = reached < other ? reached : other - 1; /* it may have jumped when all waited */
    }
    return other;
}

struct lockstep_result lockstep_run(const struct lockstep *l)
{
    struct lockstep_result result = {.machine = {MACHINE_FAILED, 0, 0}};
    uint64_t same = 0, other = 0, every = l->every ? l->every : EVERY;
    struct pair p;

    if (!pair_open(&p, l, 0))
        return result;
    result.built = true;
    while (!result.differ && !pair_over(&p)) {
        machine_round(p.of[0]);
        machine_round(p.of[1]);
        other = pair_slots(&p);
        if (is_left(&p))
            break;
        result.differ = !pair_same_cpus(&p);
        if (result.differ || (!pair_over(&p) && other - same < every))
            continue;
        result.differ = !pair_same_ram(&p);
        if (!result.differ)
            same = other;
    }
    result.ns = vtime_now(&p.of[0]->time);
    result.hash = hash_finish(p.of[0]);
    result.machine = pair_close(&p);
    if (!result.differ)
        return result;
    fprintf(l->out,
            "lockstep: the machines differ after %llu instructions; looking for the first\n",
            (unsigned long long)other);
    fflush(l->out);
    result.slot = search(l, same, other);
    if (result.slot)
        pair_report(l, result.slot);
    return result;
}
