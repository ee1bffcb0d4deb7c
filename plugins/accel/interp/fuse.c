/* SPDX-License-Identifier: Apache-2.0
 *
 * fuse.c - a pass over the records of a block that makes one of two: the pairs that profiles of
 * compiled guest code show most, and whose operands fit into one record. Handlers and layouts are
 * in handlers_fused.inc.
 *
 * The second record must not be the target of a branch. What the pair does in sum is unchanged, and
 * where its second half can fault or leave, that half is exactly the next instruction, so that
 * state stays exact.
 */
#include "emit.h"

static int small(int32_t imm)
{
    return imm == (int16_t)imm;
}

static int32_t two(int32_t first, int32_t second)
{
    return (int32_t)((uint32_t)(uint16_t)first | (uint32_t)second << 16);
}

/* d = a + constant, in one of its shapes. */
static int is_addition(uint32_t id, const struct rec *rec)
{
    return (id == H_ADD_l_ri || id == H_LI || id == H_MOV_l) && small(rec->imm);
}

static uint16_t addend(uint32_t id, const struct rec *rec)
{
    return id == H_LI ? offsetof(struct bp_vcpu, zero) : rec->a;
}

static uint32_t two_additions(struct rec *out, uint32_t id1, const struct rec *r1, uint32_t id2,
                              const struct rec *r2)
{
    if (!is_addition(id1, r1) || !is_addition(id2, r2))
        return 0;
    out->a = addend(id1, r1);
    out->b = r2->d;
    out->c = addend(id2, r2);
    out->imm = two(r1->imm, r2->imm);
    return H_ADD2;
}

static uint32_t shift_then(struct rec *out, uint32_t id1, const struct rec *r1, uint32_t id2,
                           const struct rec *r2)
{
    if (id1 != H_SHL_l_ri)
        return 0;
    out->c = r2->d;
    if (id2 == H_SHR_l_ri && r2->a == r1->d) {
        out->b = (uint16_t)(r1->imm & 63);
        out->imm = r2->imm;
        return H_SHL_SHR;
    }
    if (id2 == H_ADD_l_rr && r2->a != r2->b && (r2->a == r1->d || r2->b == r1->d)) {
        out->b = r2->a == r1->d ? r2->b : r2->a;
        out->imm = r1->imm;
        return H_SHL_ADD;
    }
    return 0;
}

/* An addition to a register, then a 64-bit branch. `d` stays, `a` becomes the addend. */
static uint32_t addition_and_branch(struct rec *out, uint32_t id1, const struct rec *r1,
                                    uint32_t id2, const struct rec *r2)
{
    uint32_t branch = id2 - H_BR_EQ_l, base;

    if (id2 < H_BR_EQ_l || id2 > H_BR_GEU_s_back || branch % 4 >= 2)
        return 0;
    if (id1 == H_ADD_l_ri || id1 == H_ADD_s_ri) {
        if (r1->d != r1->a || !small(r1->imm))
            return 0;
        out->a = (uint16_t)r1->imm;
        base = id1 == H_ADD_l_ri ? H_ADDI_l_BR_EQ : H_ADDI_s_BR_EQ;
    } else if (id1 == H_ADD_l_rr && (r1->d == r1->a || r1->d == r1->b)) {
        out->a = r1->d == r1->a ? r1->b : r1->a;
        base = H_ADD_l_BR_EQ;
    } else {
        return 0;
    }
    out->b = r2->a;
    out->c = r2->b;
    out->imm = r2->imm;
    out->n = r2->n;
    return base + branch / 4 * 2 + branch % 2;
}

_Static_assert(MMU_CONTEXTS * sizeof(struct mmu_tlb) + INTERP_JUMPS * sizeof(struct block *) <=
                   0xffffull * INTERP_TABLE_UNIT,
               "pairs of accesses reach all tables");

/* Two accesses with one base register, mostly of a stack frame. */
static uint32_t two_accesses(struct rec *out, uint32_t id1, const struct rec *r1, uint32_t id2,
                             const struct rec *r2)
{
    static const struct {
        uint16_t one, two;
    } pairs[] = {{H_LD_l, H_LD2_l}, {H_LD_s, H_LD2_s}, {H_ST_l, H_ST2_l}, {H_ST_w, H_ST2_w}};
    int load = id1 == H_LD_l || id1 == H_LD_s;

    if (id1 != id2 || r1->a != r2->a || r1->table != r2->table || (load && r1->d == r1->a) ||
        !small(r1->imm) || !small(r2->imm) || r2->insn != r1->insn + 1)
        return 0;
    for (uint32_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i].one != id1)
            continue;
        out->b = r2->d;
        out->c = (uint16_t)(-r1->table / INTERP_TABLE_UNIT);
        out->imm = two(r1->imm, r2->imm);
        return pairs[i].two;
    }
    return 0;
}

static uint32_t (*const patterns[])(struct rec *out, uint32_t id1, const struct rec *r1,
                                    uint32_t id2, const struct rec *r2) = {
    two_additions,
    shift_then,
    addition_and_branch,
    two_accesses,
};

/* Makes *r1 the pair of both, if there is a handler for it. */
static int fuse(uint16_t *id1, struct rec *r1, uint32_t id2, const struct rec *r2)
{
    for (uint32_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct rec out = *r1;
        uint32_t id = patterns[i](&out, *id1, r1, id2, r2);
        if (!id)
            continue;
        out.handler = interp_handlers[id];
        *r1 = out;
        *id1 = (uint16_t)id;
        return 1;
    }
    return 0;
}

void emit_fuse(struct emit *e)
{
    uint8_t target[INTERP_RECS] = {0};
    uint16_t moved[INTERP_RECS];
    uint32_t n = 0;

    for (uint32_t i = 0; i < e->source->ninsns; i++)
        target[e->first[i]] |= e->leader[i];
    for (uint32_t i = 0; i < e->n; i++) {
        if (i && !target[i] && fuse(&e->ids[n - 1], &e->recs[n - 1], e->ids[i], &e->recs[i])) {
            moved[i] = (uint16_t)(n - 1);
            continue;
        }
        moved[i] = (uint16_t)n;
        e->ids[n] = e->ids[i];
        e->recs[n] = e->recs[i];
        e->recs[n].self = (uint16_t)n;
        n++;
    }
    moved[e->n] = (uint16_t)n;
    e->n = n;
    for (uint32_t i = 0; i < e->source->ninsns; i++)
        e->first[i] = moved[e->first[i]];
    for (uint32_t i = 0; i < e->ninside; i++)
        e->inside[i].rec = moved[e->inside[i].rec];
    for (uint32_t i = 0; i < e->noutside; i++)
        e->outside[i].rec = moved[e->outside[i].rec];
}
