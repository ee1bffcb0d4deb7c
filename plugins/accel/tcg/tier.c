/* SPDX-License-Identifier: Apache-2.0
 *
 * tier.c - the translator as the interpreter's upper tier: room for code, hot blocks, entering,
 * linking, forgetting.
 *
 * Memory is mapped twice, writable and executable, so that no page is ever both. Code only
 * grows until the whole cache is emptied, together with the interpreter's blocks, and that happens
 * between blocks; so code can be forgotten while it runs. A block that is forgotten gets its entry
 * overwritten with a jump that leaves, and links to it need no undoing.
 *
 * A link is straight when both blocks lie in one page of guest memory, for whoever executes in a
 * page has its mapping; else it is guarded by the target's key (interp.h).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../interp/handlers.h"
#include "host.h"

#define PAGE_OF(a)    ((a) & ~(MMU_PAGE - 1))
#define MAX_CODE      (1u << 30) /* distances are 31 bits */
#define LARGEST_BLOCK (64u << 10)
#define HIDDEN        (256u << 10) /* bytes of code that are hidden at a time: a power of 2 */
#define WATCHED       64           /* times a hot loop goes round until it is decided about */

void *tcg_alloc(struct tcg_code *t, uint32_t bytes)
{
    void *p = t->data + t->data_used;

    bytes = (bytes + 7) & ~7u;
    if (bytes > t->data_size - t->data_used)
        return NULL;
    t->data_used += bytes;
    return memset(p, 0, bytes);
}

static void forget_room(struct tcg_code *t)
{
    if (t->write)
        munmap(t->write, t->size);
    if (t->run)
        munmap(t->run, t->size);
    if (t->data)
        munmap(t->data, t->data_size);
}

/* Shared memory, twice: mremap(2) with an old size of 0 makes a second mapping of it. perf(1) takes such memory for
 * anonymous and looks its code up in the map of dump.c, which it does not for a memfd. */
static int make_room(struct tcg_code *t)
{
    void *write = mmap(NULL, t->size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    void *run = write == MAP_FAILED ? MAP_FAILED : mremap(write, 0, t->size, MREMAP_MAYMOVE);
    void *data = mmap(NULL, t->data_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    t->data = data == MAP_FAILED ? NULL : data;
    t->write = write == MAP_FAILED ? NULL : write;
    t->run = run == MAP_FAILED ? NULL : run;
    return t->data && t->write && t->run && !mprotect(t->run, t->size, PROT_READ | PROT_EXEC);
}

static int32_t start(struct bp_vcpu *v)
{
    struct tcg_code *t = calloc(1, sizeof *t);

    if (!t)
        return BP_E_NOMEM;
    t->size = t->data_size = (uint32_t)(v->arena_size > MAX_CODE ? MAX_CODE : v->arena_size);
    if (!make_room(t)) {
        forget_room(t);
        free(t);
        return BP_E_NOMEM;
    }
    v->translator = t;
    host_make_stubs(v, t);
    t->used = t->shown = t->first;
    return BP_OK;
}

static void stop(struct bp_vcpu *v)
{
    tcg_dump_forget(v);
    forget_room(tcg_of(v));
    free(v->translator);
    v->translator = NULL;
}

static const void *unentered(struct bp_vcpu *v)
{
    return tcg_of(v)->unentered;
}

static void emptied(struct bp_vcpu *v)
{
    struct tcg_code *t = tcg_of(v);

    tcg_dump_forget(v);
    t->used = t->shown = t->first;
    t->data_used = 0;
}

static uint64_t used(const struct bp_vcpu *v)
{
    const struct tcg_code *t = tcg_of(v);

    return t->used + (uint64_t)t->data_used;
}

/* What has been written needs to be mapped once only, to be executed; what is patched there comes back by itself. */
static void hide(struct tcg_code *t)
{
    uint32_t end = t->used & ~(HIDDEN - 1);

    if (end <= t->shown)
        return;
    madvise(t->write + (t->shown & ~(HIDDEN - 1)), end - (t->shown & ~(HIDDEN - 1)), MADV_DONTNEED);
    t->shown = end;
}

/* --- hot blocks ------------------------------------------------------------------------------ */

/* Only code whose mapping and bytes can be relied on was put into the cache, so there is no waiting
 * for other vCPUs here: all its granules are marked. */
void tcg_translate(struct bp_vcpu *v, struct block *block)
{
    struct tcg_code *t = tcg_of(v);
    struct tcg_insn insns[INTERP_INSNS];
    struct tcg_unit unit = {.members = &block, .nmembers = 1, .insns = insns};
    struct bp_ir_builder ir;
    const void *entry;
    int cacheable;

    if (interp_decode(v, block->va, block->pa, 1, &ir, &cacheable) != BP_OK || !cacheable ||
        ir.ninsns != block->ninsns)
        return;
    unit.ops = ir.ops;
    unit.nops = ir.nops;
    unit.ninsns = ir.ninsns;
    for (uint32_t i = 0; i < ir.ninsns; i++)
        insns[i] = (struct tcg_insn){.offset = ir.insns[i].pc_offset,
                                     .first_op = ir.insns[i].first_op,
                                     .length = ir.insns[i].length};
    entry = host_translate(v, t, &unit);
    if (!entry)
        return;
    tcg_dump(v, &unit, &ir, entry);
    block->native = entry;
    block->recs[0].handler = interp_handlers[H_NATIVE];
    v->stats.host_blocks++;
}

uint64_t tcg_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void hot(struct bp_vcpu *v, struct block *block)
{
    struct tcg_code *t = tcg_of(v);
    uint64_t start = tcg_now();

    block->heat = v->tier->heat;
    if (!block->cached)
        return;
    if (interp_cache_room(v) < LARGEST_BLOCK) {
        interp_cache_empty(v);
        return;
    }
    interp_outside(&v->mmu);
    mmu_pause(&v->mmu);
    tcg_translate(v, block);
    mmu_resume(&v->mmu);
    interp_inside(&v->mmu);
    hide(t);
    v->stats.host_ns += tcg_now() - start;
    v->stats.host_bytes = t->used > v->stats.host_bytes ? t->used : v->stats.host_bytes;
}

static void kill(struct bp_vcpu *v, struct block *block)
{
    struct tcg_code *t = tcg_of(v);

    tcg_region_forget(v, block);
    if (block->native == t->unentered)
        return;
    host_kill(t, block->native);
    block->native = t->unentered;
}

/* --- running --------------------------------------------------------------------------------- */

static int has_code(const struct bp_vcpu *v, const struct block *block)
{
    return block->native != tcg_of(v)->unentered;
}

static void link_exit(struct bp_vcpu *v, struct tcg_exit *exit, const struct block *to)
{
    struct tcg_code *t = tcg_of(v);
    const struct block *from = exit->from;
    int guarded = PAGE_OF(to->pa ^ from->pa) || PAGE_OF(to->va ^ from->va) ||
                  to->pa2 != INTERP_NO_PAGE || from->pa2 != INTERP_NO_PAGE;

    if (host_link(v, t, exit, to, guarded)) {
        exit->from = NULL;
        v->stats.host_links++;
    }
}

/* A loop that is hot is watched for some more rounds, for how much of the time is its own. An exit that leads nowhere
 * but to a region stays taken from then on. */
static int make_region(struct bp_vcpu *v, struct tcg_exit *exit, struct block *block)
{
    const struct tcg *tcg = (const struct tcg *)v->interp;
    struct tcg_loop *loop = exit->loop;
    uint32_t rounds = tcg->very_hot < WATCHED ? tcg->very_hot : WATCHED;
    uint64_t per_round = (v->count - loop->since) / rounds, epoch = v->epoch;
    int made;

    if (block->mode & INTERP_MODE_SINGLE) /* the end of a budget: next time */
        return 0;
    if (!loop->watched) {
        loop->watched = 1;
        loop->since = v->count;
        loop->heat = (int32_t)rounds - 1;
        return 0;
    }
    made = block->va == exit->target && tcg_region_make(v, block, per_round);
    if (v->epoch == epoch && !(made && loop->to_region)) {
        loop->heat = INT32_MAX;
        host_stop_counting(tcg_of(v), loop);
    }
    return made;
}

const struct tcg_exit tcg_left_by_jump, tcg_left_for_block;

/* Until code is left: by an exit, which has pc and count, or NULL. */
static struct tcg_exit *run(struct bp_vcpu *v, const struct block *block)
{
    struct interp_stats *stats = &v->stats;
    const struct tcg_exit *exit;

    stats->host_enters++;
    exit = host_enter(v, block->native);
    if (!exit || exit == &tcg_left_by_jump || exit == &tcg_left_for_block) {
        stats->exits_call += !exit;
        stats->exits_jump += exit == &tcg_left_by_jump;
        stats->exits_block += exit == &tcg_left_for_block;
        return NULL;
    }
    stats->exits_link += exit->from != NULL;
    stats->exits_poll += exit->from == NULL;
    *v->pc = exit->target;
    v->count += exit->count;
    return (struct tcg_exit *)(uintptr_t)exit;
}

static const struct rec *enter(struct bp_vcpu *v, struct block *block)
{
    const struct rec *next;

    do {
        uint64_t epoch = v->epoch;
        struct tcg_exit *exit = run(v, block);
        int links;
        next = interp_next(v);
        links = next && exit && v->epoch == epoch;
        if (links && exit->loop && exit->loop->heat < 0) {
            links = make_region(v, exit, interp_block(next)) || !exit->loop->to_region;
            next = interp_next(v); /* mail may have come meanwhile */
        }
        if (!next)
            return NULL;
        block = interp_block(next);
        if (links && v->epoch == epoch && exit->from && !exit->from->dead && has_code(v, block) &&
            block->va == exit->target && block->mode == exit->from->mode && block->key == v->key)
            link_exit(v, exit, block);
    } while (block->recs[0].handler == interp_handlers[H_NATIVE]);
    return next;
}

const struct interp_tier tcg_tier = {
    .heat = 32,
    .start = start,
    .stop = stop,
    .unentered = unentered,
    .hot = hot,
    .enter = enter,
    .kill = kill,
    .emptied = emptied,
    .used = used,
};
