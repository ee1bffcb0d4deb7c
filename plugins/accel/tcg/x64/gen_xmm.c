/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_xmm.c - floats in registers. The slot of a guest register always has its value: results are stored when they are
 * computed. What is saved is loading them again, which takes longer than most operations: a block's most used floats
 * have a host register each, and `held` says at every point whether it has the slot's value. A function in C may
 * change all of them: a call on the hot path loses them, one behind the block loads again what is held where it comes
 * back to.
 *
 * A loop has its floats loaded in front of it, once: whoever jumps to its first instruction, or to another one in it,
 * holds what is `wanted` there.
 */
#include "gen.h"

#define FIRST_XMM 2 /* those before are scratch */

struct reals { /* the operands of an op that are floats; BP_IR_ZERO: none */
    uint16_t d, sources[3];
    uint8_t kind, source_kind;
};

static uint8_t kind_of(int real)
{
    return real ? HELD_F64 : HELD_F32;
}

static struct reals reals_of(const struct bp_ir_op *op)
{
    uint8_t kind = kind_of(op->type == BP_T_F64);
    struct reals r = {.d = BP_IR_ZERO,
                      .sources = {BP_IR_ZERO, BP_IR_ZERO, BP_IR_ZERO},
                      .kind = kind,
                      .source_kind = kind};
    int moves = op->op == BP_IR_LD || op->op == BP_IR_ST;

    if (moves ? op->type != BP_T_F32 && op->type != BP_T_F64
              : op->op < BP_IR_FADD || op->op > BP_IR_FCVTIF)
        return r;
    if (op->op == BP_IR_ST) {
        r.sources[0] = op->b;
        return r;
    }
    if (op->op < BP_IR_FEQ || op->op == BP_IR_FCVTFF || op->op == BP_IR_FCVTFI || moves)
        r.d = op->d;
    if (op->op == BP_IR_FCVTFI || moves)
        return r;
    if (op->op == BP_IR_FCVTFF)
        r.source_kind = kind_of(op->type != BP_T_F64);
    r.sources[0] = op->a;
    if (ir_infos[op->op].uses & IR_USE_B)
        r.sources[1] = op->b;
    if (ir_infos[op->op].uses & IR_USE_C)
        r.sources[2] = op->c;
    return r;
}

/* Index of the register's host register, from 0; -1: it has none. */
static int xmm_of(const struct gen *e, uint16_t operand)
{
    return operand < TCG_REGS ? e->xmm_of[operand] - 1 : -1;
}

/* --- which, and where they are wanted ------------------------------------------------------------ */

int gen_is_float(const struct gen *e, const struct bp_ir_op *op, uint16_t operand)
{
    struct reals r = reals_of(op);

    return operand == r.d || operand == r.sources[0] || operand == r.sources[1] ||
           operand == r.sources[2];
}

static void count(const struct gen *e, uint32_t *uses, uint16_t operand, uint32_t weight)
{
    if (operand < TCG_REGS && gen_pinned(e, operand) < 0)
        uses[operand] += weight;
}

static void want(struct gen *e, uint32_t from, uint32_t to)
{
    const struct tcg_unit *unit = e->unit;
    uint32_t end = to + 1 < unit->ninsns ? unit->insns[to + 1].first_op : unit->nops;
    uint8_t wanted[GEN_FLOATS] = {0};

    for (uint32_t i = unit->insns[from].first_op; i < end; i++) {
        struct reals r = reals_of(&unit->ops[i]);
        for (int s = 0; s < 3; s++) {
            int xmm = xmm_of(e, r.sources[s]);
            if (xmm >= 0 && !wanted[xmm])
                wanted[xmm] = r.source_kind;
        }
    }
    for (uint32_t i = from; i <= to; i++) {
        for (uint32_t xmm = 0; e->leader[i] && xmm < GEN_FLOATS; xmm++)
            e->wanted[i][xmm] = e->wanted[i][xmm] ? e->wanted[i][xmm] : wanted[xmm];
    }
}

void gen_choose_floats(struct gen *e, const uint32_t *weights)
{
    uint32_t uses[TCG_REGS] = {0};

    if (!tcg_does(e->v)->floats)
        return;
    for (uint32_t i = 0, insn = 0; i < e->unit->nops; i++) {
        struct reals r = reals_of(&e->unit->ops[i]);
        while (insn + 1 < e->unit->ninsns && e->unit->insns[insn + 1].first_op <= i)
            insn++;
        count(e, uses, r.d, weights[insn]);
        for (int s = 0; s < 3; s++)
            count(e, uses, r.sources[s], weights[insn]);
    }
    for (uint32_t xmm = 0; xmm < GEN_FLOATS; xmm++) {
        uint32_t best = 0;
        for (uint32_t reg = 1; reg < TCG_REGS; reg++)
            best = uses[reg] > uses[best] ? reg : best;
        if (!uses[best])
            return;
        uses[best] = 0;
        e->xmm_of[best] = (uint8_t)(xmm + 1);
        e->float_of[xmm] = (uint8_t)best;
    }
}

void gen_want_floats(struct gen *e, uint32_t from, uint32_t to)
{
    if (from <= to)
        want(e, from, to);
}

/* --- what is held ------------------------------------------------------------------------------------ */

void gen_lose_float(struct gen *e, uint16_t operand)
{
    int xmm = xmm_of(e, operand);

    if (xmm >= 0)
        e->held[xmm] = HELD_NOT;
}

void gen_lose_floats(struct gen *e)
{
    memset(e->held, HELD_NOT, sizeof e->held);
}

static void load(struct gen *e, uint32_t xmm, uint8_t kind)
{
    asm_fp(&e->code, 0x10, kind == HELD_F64, FIRST_XMM + xmm, 0, gen_home(e, e->float_of[xmm]));
}

void gen_hold(struct gen *e, const uint8_t *held, const uint8_t *wanted)
{
    for (uint32_t xmm = 0; xmm < GEN_FLOATS; xmm++) {
        if (wanted[xmm] && wanted[xmm] != held[xmm])
            load(e, xmm, wanted[xmm]);
    }
}

void gen_rejoin(struct gen *e, struct cold *cold)
{
    asm_place(&e->code, &cold->out);
    memcpy(cold->held, e->held, sizeof cold->held);
    if (!cold->shares)
        e->shared.op = NULL;
}

uint32_t gen_float(struct gen *e, uint16_t operand, int real, uint32_t scratch)
{
    int xmm = xmm_of(e, operand);

    if (xmm < 0) {
        asm_fp(&e->code, 0x10, real, scratch, 0, gen_home(e, operand));
        return scratch;
    }
    if (e->held[xmm] != kind_of(real)) {
        load(e, (uint32_t)xmm, kind_of(real));
        e->held[xmm] = kind_of(real);
    }
    return FIRST_XMM + (uint32_t)xmm;
}

struct rm gen_float_rm(struct gen *e, uint16_t operand, int real)
{
    return xmm_of(e, operand) < 0 ? gen_home(e, operand) : rm_reg(gen_float(e, operand, real, 0));
}

int gen_float_held(const struct gen *e, uint16_t operand)
{
    int xmm = xmm_of(e, operand);

    return xmm >= 0 && e->held[xmm] ? FIRST_XMM + xmm : -1;
}

uint32_t gen_float_result(const struct gen *e, uint16_t d)
{
    int xmm = xmm_of(e, d);

    return xmm < 0 ? 0 : FIRST_XMM + (uint32_t)xmm;
}

void gen_float_put(struct gen *e, uint16_t d, int real, int box, uint32_t xmm)
{
    int own = xmm_of(e, d);

    gen_forget(e, d);
    asm_fp(&e->code, 0x11, real, xmm, 0, gen_home(e, d));
    if (!real) {
        asm_store_imm(&e->code, 0, rm_mem(RBP, gen_home(e, d).disp + 4), box ? -1 : 0);
        if (d < TCG_REGS)
            e->boxed[d] = box != 0;
    }
    if (own >= 0 && xmm == FIRST_XMM + (uint32_t)own)
        e->held[own] = kind_of(real);
}
