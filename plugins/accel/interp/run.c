/* SPDX-License-Identifier: Apache-2.0
 *
 * run.c - what happens between blocks: polls, single steps, look-up, links, faults; and run()
 * around it all.
 */
#include "../common/fp.h"
#include "handlers.h"
#include "interp.h"

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

void interp_outside(struct mmu *mmu)
{
    struct bp_vcpu *v = interp_of(mmu);

    *v->fflags = fp_end(v->fp_host);
}

void interp_inside(struct mmu *mmu)
{
    struct bp_vcpu *v = interp_of(mmu);

    v->fp_host = fp_begin((uint32_t)*v->fflags);
}

/* The instruction after this one is looked up anew; and should this block be left in another way,
 * the next poll sees to it that links within the page do not go on for ever. */
void interp_request_leave(struct mmu *mmu)
{
    interp_of(mmu)->leave = 1;
    interp_of(mmu)->gate = 0;
    world_raise(&mmu->world, WORLD_POLL_LEAVE);
}

/* Whoever has a budget is polled where the guest made it necessary, not where blocks happen to
 * end. */
void interp_raise(struct bp_vcpu *v, uint32_t bits)
{
    world_raise(&v->mmu.world, bits);
    if (atomic_load(&v->in_run) && pthread_equal(atomic_load(&v->runner), pthread_self()) &&
        v->budgeted) {
        v->leave = 1;
        v->gate = 0;
    }
}

void interp_fault(struct bp_vcpu *v)
{
    v->end--;
    v->cls->fault(v->state, &v->mmu.fault);
}

static int stop(struct bp_vcpu *v, int32_t result)
{
    v->result = result;
    return 1;
}

/* 1: leave run(). */
static int ask(struct bp_vcpu *v)
{
    int32_t answer;

    v->ask = 0;
    interp_outside(&v->mmu);
    answer = v->cls->poll(v->state);
    interp_inside(&v->mmu);
    return answer == BP_CPU_WAIT ? stop(v, BP_RUN_WAIT) : 0;
}

/* Does what the poll word asks for. 1: leave run(). */
static int service(struct bp_vcpu *v)
{
    uint32_t poll = atomic_fetch_and(&v->mmu.world.poll,
                                     ~(WORLD_POLL_KICK | WORLD_POLL_STOP | WORLD_POLL_LEAVE));

    mmu_drain(&v->mmu);
    if (poll & WORLD_POLL_STOP) {
        if (poll & WORLD_POLL_KICK)
            world_raise(&v->mmu.world, WORLD_POLL_KICK);
        return stop(v, BP_RUN_KICKED);
    }
    if (poll & WORLD_POLL_KICK)
        v->ask = 1;
    return 0;
}

static void set_key(struct bp_vcpu *v, int single)
{
    uint64_t mode = *v->mode | (uint64_t)*v->fetch_context << INTERP_MODE_CONTEXT;

    if (single)
        mode |= INTERP_MODE_SINGLE;
    if (v->mmu.next_generation >> (64 - INTERP_GENERATION)) {
        /* The counter has run out of bits: keys of the first generations must not come back to
         * life. */
        interp_cache_empty(v);
        mmu_flush_map(&v->mmu);
        mmu_restart_generations(&v->mmu);
    }
    v->key = v->mmu.generations[*v->fetch_context] << INTERP_GENERATION | mode;
}

/* The block at pc. NULL: v->mmu.fault, or v->failed. */
static struct block *look_up(struct bp_vcpu *v, uint64_t pc)
{
    struct block **jump = &INTERP_JUMP_CACHE(v)[interp_jump_slot(pc)], *block = *jump;
    uint64_t pa;
    int whole;

    if (block->va == pc && block->key == v->key)
        return block;
    v->stats.lookups++;
    if (mmu_fetch(&v->mmu, pc, *v->fetch_context, &pa, &whole))
        return NULL;
    block = whole ? interp_cache_find(v, pc, pa, v->key & INTERP_MODE) : NULL;
    if (!block)
        block = interp_translate(v, pc, pa, whole);
    /* Mail that came while it was made may have killed it; in the cache it would be found for ever. */
    if (!block || !block->cached || block->dead)
        return block;
    block->key = v->key;
    *jump = block;
    return block;
}

/* The same; as the budget goes to its end, one instruction at a time. */
static struct block *affordable(struct bp_vcpu *v, uint64_t pc)
{
    struct block *block = look_up(v, pc);

    if (!block || !v->budgeted || v->end - v->count >= block->ninsns)
        return block;
    set_key(v, 1);
    return look_up(v, pc);
}

const struct rec *interp_next(struct bp_vcpu *v)
{
    for (;;) {
        struct block *block;
        uint64_t pc;
        if (atomic_load_explicit(&v->mmu.world.poll, memory_order_relaxed) && service(v))
            return NULL;
        v->leave = 0;
        v->gate = v->end;
        if (v->broke) {
            v->broke = 0;
            stop(v, BP_RUN_DEBUG);
            return NULL;
        }
        if (v->stepping && !v->steps) {
            stop(v, BP_RUN_DEBUG);
            return NULL;
        }
        if (v->ask && ask(v))
            return NULL;
        if (v->budgeted && v->end == v->count) {
            stop(v, BP_RUN_BUDGET);
            return NULL;
        }
        set_key(v, v->stepping);
        pc = *v->pc & v->pc_mask;
        block = affordable(v, pc);
        if (v->failed) {
            stop(v, BP_RUN_FAILED);
            return NULL;
        }
        if (v->stepping)
            v->steps--;
        if (!block) {
            interp_fault(v);
            continue;
        }
        /* Mail may have come while the block was made; it is applied, and may have killed the
         * block. */
        if (!block->dead && v->key >> INTERP_GENERATION == v->mmu.generations[*v->fetch_context])
            return block->recs;
        if (v->stepping)
            v->steps++;
    }
}

const struct rec *interp_link(struct bp_vcpu *v, struct rec *exit)
{
    struct block *from = interp_block(exit), *to;
    uint64_t epoch = v->epoch, pc = exit->target;
    const struct rec *next = interp_next(v);
    struct rec *branch;

    if (!next || v->epoch != epoch || from->dead)
        return next;
    to = interp_block(next);
    if (to->va != pc || to->mode != from->mode || to->key != v->key)
        return next;
    v->stats.links++;
    if (exit->handler == interp_handlers[H_EXIT_FAR] || PAGE_OF(to->pa ^ from->pa) ||
        PAGE_OF(to->va ^ from->va) || to->pa2 != INTERP_NO_PAGE || from->pa2 != INTERP_NO_PAGE) {
        exit->imm = (int32_t)((const char *)next - (const char *)exit);
        exit->handler = interp_handlers[H_EXIT_FAR];
        return next;
    }
    branch = exit + exit->imm; /* the exit itself if it ends the block */
    branch->imm = (int32_t)((const char *)next - (const char *)branch);
    if (branch == exit)
        exit->handler = interp_handlers[to->va <= from->va ? H_EXIT_NEAR_back : H_EXIT_NEAR];
    return next;
}

int interp_breakpoint_hit(struct bp_vcpu *v, uint64_t pc)
{
    const struct mmu_machine *machine = &v->interp->machine;

    if (v->at_breakpoint && v->resume_pc == pc) {
        v->at_breakpoint = 0;
        return 0;
    }
    v->at_breakpoint = 1;
    v->resume_pc = pc;
    interp_outside(&v->mmu);
    machine->api->debug_hit(machine->host, v->mmu.index, pc);
    interp_inside(&v->mmu);
    return stop(v, BP_RUN_DEBUG);
}

int32_t interp_run(struct bp_vcpu *v)
{
    if (!v->arena && interp_first_run(v) != BP_OK) {
        interp_error(v->interp, "cache", "no memory for the code cache: make it smaller");
        return BP_RUN_FAILED;
    }
    v->ask = 1;
    if (v->at_breakpoint && v->resume_pc != (*v->pc & v->pc_mask))
        v->at_breakpoint = 0;
    atomic_store(&v->runner, pthread_self());
    atomic_store(&v->in_run, 1);
    mmu_resume(&v->mmu);
    interp_inside(&v->mmu);
    interp_exec(v);
    interp_outside(&v->mmu);
    mmu_pause(&v->mmu);
    atomic_store(&v->in_run, 0);
    if (v->stepping && !v->steps)
        v->stepping = 0;
    return v->result;
}
