/* SPDX-License-Identifier: Apache-2.0
 *
 * region.c - loops that go round often are compiled as a whole, as one unit: the blocks that can be reached from
 * the loop's head without a computed jump and came to code of their own, functions they call included. What a
 * unit saves over its blocks is in x64/pins.c and gen_xmm.c: registers of its own choice, and nothing to move or
 * to count where one block ends and the next begins.
 *
 * A region replaces nothing. Its head is entered here instead of in its own code, and its other members keep
 * theirs, for those who come from elsewhere. It is forgotten when one of its members is: the bytes it was made of
 * are those of its members, so whatever makes them stale makes it stale.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define MOST_INSNS   512
#define MOST_OPS     (4 * MOST_INSNS)
#define MOST_MEMBERS 48
#define MOST_TARGETS 256
#define REACH        (1ull << 30) /* from the head: offsets have 32 bits */
#define PLACES       1024         /* a power of 2, twice as many as instructions */
#define MOST_WORTH   128          /* instructions: more have no registers in common */
#define MOST_ROUND   500          /* instructions, of a loop around loops: more are not worth it */
#define ROOM         (256u << 10) /* of code and of data, for the largest */

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

struct region {
    struct block *head;
    const void *entry;
    const void *own; /* the head's own code */
    uint8_t saved[HOST_SAVED];
    uint32_t dead;
};

/* Of a block: the regions it is in. */
struct membership {
    struct membership *next;
    struct region *region;
};

/* Instructions that follow each other, of one block. */
struct run {
    uint32_t first_insn, ninsns;
};

struct maker {
    struct bp_vcpu *v;
    uint64_t va; /* of the head */
    uint32_t nops, ninsns, nmembers, ntargets, entry;
    uint16_t link; /* where its calls put the address they come back to */
    uint32_t nreturns;
    int32_t returns[TCG_RETURNS]; /* offsets of those that are targets, too */
    struct block *members[MOST_MEMBERS];
    uint64_t targets[MOST_TARGETS]; /* addresses to be looked at */
    struct run runs[MOST_MEMBERS];  /* by member */
    uint16_t places[PLACES];        /* instructions by their offsets, from 1; 0: free */
    uint8_t loops[MOST_INSNS];      /* the head can be reached from here */
    struct tcg_insn insns[MOST_INSNS];
    struct bp_ir_op ops[MOST_OPS + MOST_MEMBERS];
};

/* --- what belongs to it ---------------------------------------------------------------------- */

static uint32_t place_of(const struct maker *m, int64_t offset)
{
    uint32_t place = (uint32_t)offset * 0x9e3779b1u >> 22;

    while (m->places[place] && m->insns[m->places[place] - 1].offset != offset)
        place = (place + 1) % PLACES;
    return place;
}

/* The instruction at an offset from the head, or -1. */
static int insn_at(const struct maker *m, int64_t offset)
{
    return (int)m->places[place_of(m, offset)] - 1;
}

static int has(const struct maker *m, uint64_t va)
{
    return insn_at(m, (int64_t)(va - m->va)) >= 0;
}

/* The block at va that was executed under the present mapping, or NULL. */
static struct block *block_at(const struct maker *m, uint64_t va)
{
    struct bp_vcpu *v = m->v;
    struct block *jump = INTERP_JUMP_CACHE(v)[interp_jump_slot(va)];

    if (jump->va == va && jump->key == v->key)
        return jump;
    for (uint32_t i = 0; i < m->nmembers; i++) {
        const struct block *member = m->members[i];
        if (PAGE_OF(member->va) == PAGE_OF(va))
            return interp_cache_find(v, va, PAGE_OF(member->pa) + va % MMU_PAGE,
                                     v->key & INTERP_MODE);
    }
    return NULL;
}

static int is_fit(const struct maker *m, const struct block *block)
{
    const struct block *head = m->members[0];

    return block->cached && !block->dead && block->mode == head->mode &&
           block->pa2 == INTERP_NO_PAGE && block->native != tcg_of(m->v)->unentered &&
           block->va - m->va + REACH < 2 * REACH;
}

static void note_target(struct maker *m, uint64_t va)
{
    if (m->ntargets < MOST_TARGETS)
        m->targets[m->ntargets++] = va;
}

/* Behind the last instruction, on to where the region has the next one, or leaves. */
static void add_goto(struct maker *m)
{
    const struct tcg_insn *last = &m->insns[m->ninsns - 1];

    m->ops[m->nops++] = (struct bp_ir_op){
        .op = BP_IR_GOTO, .type = BP_T_I64, .imm = (int64_t)last->offset + last->length};
    note_target(m, m->va + (uint64_t)((int64_t)last->offset + last->length));
}

/* Targets and constants count from the head from now on. */
static void add_op(struct maker *m, const struct bp_ir_op *op, int64_t shift)
{
    struct bp_ir_op *copy = &m->ops[m->nops++];

    *copy = *op;
    switch (op->op) {
    case BP_IR_BR:
        copy->disp = (int32_t)(op->disp + shift);
        note_target(m, m->va + (uint64_t)(int64_t)copy->disp);
        break;
    case BP_IR_GOTO:
        copy->imm = op->imm + shift;
        note_target(m, m->va + (uint64_t)copy->imm);
        break;
    case BP_IR_PCREL:
        copy->imm = op->imm + shift;
        break;
    default:
        break;
    }
}

/* A call comes back behind itself, if what it calls is in the region. */
static void note_call(struct maker *m, const struct tcg_insn *insn, const struct bp_ir_op *ops,
                      uint32_t nops)
{
    const struct bp_ir_op *link = NULL;

    for (uint32_t i = 0; i < nops; i++)
        link = ops[i].op == BP_IR_PCREL ? &ops[i] : link;
    if (!link || ops[nops - 1].op != BP_IR_GOTO || m->nreturns == TCG_RETURNS ||
        (m->nreturns && link->d != m->link))
        return;
    m->link = link->d;
    m->returns[m->nreturns++] = insn->offset + insn->length;
    note_target(m, m->va + (uint64_t)(int64_t)(insn->offset + insn->length));
}

/* The block's instructions, up to the first that is there already. 0: none. */
static int add_block(struct maker *m, struct block *block)
{
    int64_t shift = (int64_t)(block->va - m->va);
    struct run *run = &m->runs[m->nmembers];
    struct bp_ir_builder ir;
    uint32_t n;
    int cacheable;

    if (interp_decode(m->v, block->va, block->pa, 1, &ir, &cacheable) != BP_OK || !cacheable ||
        ir.ninsns != block->ninsns)
        return 0;
    *run = (struct run){.first_insn = m->ninsns};
    for (n = 0; n < ir.ninsns; n++) {
        const struct bp_ir_insn *insn = &ir.insns[n];
        uint32_t end = n + 1 < ir.ninsns ? ir.insns[n + 1].first_op : ir.nops;
        if (m->ninsns == MOST_INSNS || end - insn->first_op + 1 > MOST_OPS - m->nops ||
            has(m, block->va + insn->pc_offset))
            break;
        m->places[place_of(m, shift + insn->pc_offset)] = (uint16_t)(m->ninsns + 1);
        m->insns[m->ninsns++] = (struct tcg_insn){.offset = (int32_t)(shift + insn->pc_offset),
                                                  .first_op = m->nops,
                                                  .member = (uint16_t)m->nmembers,
                                                  .length = insn->length};
        if (insn->flags & BP_INSN_CALL)
            note_call(m, &m->insns[m->ninsns - 1], &ir.ops[insn->first_op], end - insn->first_op);
        for (uint32_t i = insn->first_op; i < end; i++)
            add_op(m, &ir.ops[i], shift);
    }
    if (n && n < ir.ninsns)
        add_goto(m);
    run->ninsns = m->ninsns - run->first_insn;
    m->members[m->nmembers] = block;
    m->nmembers += n > 0;
    return n > 0;
}

static int ends(const struct bp_ir_op *op)
{
    return op->op == BP_IR_GOTO || op->op == BP_IR_JMP || op->op == BP_IR_EXIT;
}

static int comes_back(const struct maker *m, const struct bp_ir_op *ops,
                      const struct bp_ir_op *jump)
{
    return m->nreturns && jump->op == BP_IR_JMP && ops->a == m->link;
}

static uint32_t end_of(const struct maker *m, uint32_t insn)
{
    return insn + 1 < m->ninsns ? m->insns[insn + 1].first_op : m->nops;
}

/* Does something that may follow the instruction lead to the head? */
static int leads_to_head(const struct maker *m, uint32_t insn)
{
    const struct bp_ir_op *first = &m->ops[m->insns[insn].first_op],
                          *end = &m->ops[end_of(m, insn)];
    int to[TCG_RETURNS];

    for (const struct bp_ir_op *op = first; op < end; op++) {
        uint32_t n = 0;
        if (op->op == BP_IR_BR)
            to[n++] = insn_at(m, op->disp);
        else if (op->op == BP_IR_GOTO)
            to[n++] = insn_at(m, op->imm);
        for (uint32_t i = 0; i < m->nreturns && comes_back(m, first, op); i++)
            to[n++] = insn_at(m, m->returns[i]);
        while (n-- > 0) {
            if (to[n] == 0 || (to[n] > 0 && m->loops[to[n]]))
                return 1;
        }
    }
    return insn + 1 < m->ninsns && (first == end || !ends(end - 1)) && m->loops[insn + 1];
}

/* The loop is what the head can be reached from. */
static void find_loop(struct maker *m)
{
    for (int changes = 1; changes;) {
        changes = 0;
        for (uint32_t i = m->ninsns; i-- > 0;) {
            if (!m->loops[i] && leads_to_head(m, i))
                changes = m->loops[i] = 1;
        }
    }
}

static int collect(struct maker *m, struct block *head)
{
    m->members[0] = head;
    if (!is_fit(m, head) || !add_block(m, head))
        return 0;
    for (uint32_t i = 0; i < m->ntargets && m->nmembers < MOST_MEMBERS && m->ninsns < MOST_INSNS;
         i++) {
        struct block *block = has(m, m->targets[i]) ? NULL : block_at(m, m->targets[i]);
        if (block && is_fit(m, block))
            add_block(m, block);
    }
    find_loop(m);
    return m->loops[0];
}

/* --- its order ------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b, void *context)
{
    const struct maker *m = context;
    int32_t x = m->insns[((const struct run *)a)->first_insn].offset,
            y = m->insns[((const struct run *)b)->first_insn].offset;

    return (x > y) - (x < y);
}

/* The run, as far as it is of the loop; where it is cut off, which is between two instructions, it leaves. */
static void put_run(struct maker *m, struct maker *to, const struct run *run)
{
    uint32_t last = run->first_insn;

    for (uint32_t i = run->first_insn; i < run->first_insn + run->ninsns && m->loops[i]; i++) {
        to->entry = m->insns[i].offset ? to->entry : to->ninsns;
        to->insns[to->ninsns] = m->insns[i];
        to->insns[to->ninsns++].first_op = to->nops;
        for (uint32_t op = m->insns[i].first_op; op < end_of(m, i); op++)
            to->ops[to->nops++] = m->ops[op];
        last = i + 1;
    }
    if (last > run->first_insn && last < run->first_insn + run->ninsns)
        to->ops[to->nops++] =
            (struct bp_ir_op){.op = BP_IR_GOTO, .type = BP_T_I64, .imm = m->insns[last].offset};
}

/* By address: compilers lay loops out so that what belongs to one lies together, its head first. */
static void sort(struct maker *m, struct maker *to)
{
    memcpy(to, m, offsetof(struct maker, targets));
    to->nops = to->ninsns = 0;
    qsort_r(m->runs, m->nmembers, sizeof *m->runs, by_address, m);
    for (uint32_t i = 0; i < m->nmembers; i++)
        put_run(m, to, &m->runs[i]);
}

/* `m` is the loop of `all`. Going in and out costs some twenty moves. A loop without inner loops that takes more instructions than it has is left
 * too soon: it will be part of the loop around it. Nor is one worth it that spends its time in other loops, or that
 * jumps who knows where: the heart of an interpreter would change registers over and over. */
static int is_worth(const struct maker *all, const struct maker *m, uint64_t per_round)
{
    int nests = 0, to_insn;

    for (uint32_t insn = 0; insn < m->ninsns; insn++) {
        const struct bp_ir_op *first = &m->ops[m->insns[insn].first_op];
        for (uint32_t op = m->insns[insn].first_op; op < end_of(m, insn); op++) {
            const struct bp_ir_op *o = &m->ops[op];
            int64_t to = o->op == BP_IR_BR ? o->disp : o->imm;
            if (o->op == BP_IR_JMP && !comes_back(m, first, o))
                return 0;
            if ((o->op != BP_IR_BR && o->op != BP_IR_GOTO) || to > m->insns[insn].offset)
                continue;
            to_insn = insn_at(all, to);
            nests |= to_insn > 0 && all->loops[to_insn];
        }
    }
    if (m->ninsns > MOST_WORTH)
        return 0;
    return per_round <= (nests ? MOST_ROUND : m->ninsns + m->ninsns / 4 + 2);
}

/* --- putting it in place --------------------------------------------------------------------- */

static int join(struct bp_vcpu *v, struct region *region, struct block *const *members, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct membership *membership = tcg_alloc(tcg_of(v), sizeof *membership);
        if (!membership)
            return 0;
        *membership = (struct membership){members[i]->upper, region};
        members[i]->upper = membership;
    }
    return 1;
}

static void compile(struct maker *m)
{
    struct bp_vcpu *v = m->v;
    struct tcg_code *t = tcg_of(v);
    struct block *head = m->members[0];
    struct region *region = tcg_alloc(t, sizeof *region);
    struct tcg_unit unit = {.members = m->members,
                            .ops = m->ops,
                            .insns = m->insns,
                            .nmembers = m->nmembers,
                            .nops = m->nops,
                            .ninsns = m->ninsns,
                            .entry = m->entry,
                            .nreturns = m->nreturns,
                            .link = m->link,
                            .region = 1,
                            .own = head->native};

    if (!region)
        return;
    memcpy(unit.returns, m->returns, sizeof unit.returns);
    region->dead = 1;
    region->head = head;
    region->entry = join(v, region, m->members, m->nmembers) ? host_translate(v, t, &unit) : NULL;
    if (!region->entry)
        return;
    region->dead = 0;
    region->own = head->native;
    host_redirect(t, region->own, region->entry, region->saved);
    head->native = region->entry;
    v->stats.regions++;
    tcg_dump(v, &unit, NULL, region->entry);
}

static int in_region(const struct block *head)
{
    for (const struct membership *m = head->upper; m; m = m->next) {
        if (m->region->head == head && !m->region->dead)
            return 1;
    }
    return 0;
}

int tcg_region_make(struct bp_vcpu *v, struct block *head, uint64_t per_round)
{
    const struct tcg_code *t = tcg_of(v);
    uint64_t start = tcg_now();
    struct maker *m;

    if (in_region(head))
        return 1;
    if (v->stepping || !head->cached || head->dead || t->size - t->used < 2 * ROOM ||
        t->data_size - t->data_used < 2 * ROOM)
        return 0;
    m = calloc(2, sizeof *m);
    if (!m)
        return 0;
    m->v = v;
    m->va = head->va;
    interp_outside(&v->mmu);
    mmu_pause(&v->mmu);
    if (head->native == t->unentered)
        tcg_translate(v, head);
    if (collect(m, head)) {
        sort(m, &m[1]);
        if (is_worth(m, &m[1], per_round))
            compile(&m[1]);
    }
    mmu_resume(&v->mmu);
    interp_inside(&v->mmu);
    free(m);
    v->stats.host_ns += tcg_now() - start;
    v->stats.region_ns += tcg_now() - start;
    return in_region(head);
}

/* The head has its own code again. */
static void forget(struct tcg_code *t, struct region *region)
{
    region->dead = 1;
    host_kill(t, region->entry);
    host_restore(t, region->own, region->saved);
    region->head->native = region->own;
}

void tcg_region_forget(struct bp_vcpu *v, struct block *member)
{
    for (struct membership *m = member->upper; m; m = m->next) {
        if (!m->region->dead)
            forget(tcg_of(v), m->region);
    }
    member->upper = NULL;
}
