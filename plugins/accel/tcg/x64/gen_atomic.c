/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_atomic.c - AMOs, and LR with SC. What is inline needs the page in the write table; all else is a
 * call.
 *
 * An LR and an SC of the same address with nothing but arithmetic and ways out between them are a
 * compare-and-swap: the LR loads, the SC swaps if memory still has what was loaded. Memory may have
 * changed and changed back meanwhile, which a reservation would notice. It makes no difference that anyone
 * could see: the code between depends on the value alone, so that all of it might as well have happened
 * after the change back. No reservation is taken, and no page gets slow stores for it.
 */
#include "gen.h"

/* Minima and maxima: when memory keeps what it has. */
static int keeps(uint32_t op)
{
    switch (op) {
    case BP_IR_AMOMINS:
        return CC_LE;
    case BP_IR_AMOMAXS:
        return CC_GE;
    case BP_IR_AMOMINU:
        return CC_BE;
    case BP_IR_AMOMAXU:
        return CC_AE;
    default:
        return -1;
    }
}

/* rcx = what memory holds afterwards, of rax and the operand. */
static void gen_combine(struct gen *e, const struct bp_ir_op *op, int w)
{
    static const uint8_t alus[] = {
        [BP_IR_AMOAND] = ALU_AND, [BP_IR_AMOOR] = ALU_OR, [BP_IR_AMOXOR] = ALU_XOR};

    gen_fetch(e, op->b, RCX);
    if (keeps(op->op) < 0) {
        asm_alu(&e->code, alus[op->op], w, RCX, rm_reg(RAX));
        return;
    }
    asm_alu(&e->code, ALU_CMP, w, RAX, rm_reg(RCX));
    asm_cmov(&e->code, (enum host_cc)keeps(op->op), w, RCX, rm_reg(RAX));
}

/* Where the old value is; rax is the host address. */
static uint32_t gen_modify(struct gen *e, const struct bp_ir_op *op, int w)
{
    struct label again = {0};

    switch (op->op) {
    case BP_IR_AMOSWAP:
        gen_fetch(e, op->b, RCX);
        asm_xchg(&e->code, w, RCX, rm_mem(RAX, 0)); /* locks by itself */
        return RCX;
    case BP_IR_AMOADD:
        gen_fetch(e, op->b, RCX);
        asm_lock(&e->code);
        asm_xadd(&e->code, w, RCX, rm_mem(RAX, 0));
        return RCX;
    default:
        asm_move(&e->code, 1, RDX, RAX);
        asm_load(&e->code, w, RAX, rm_mem(RDX, 0));
        asm_place(&e->code, &again);
        gen_combine(e, op, w);
        asm_lock(&e->code);
        asm_cmpxchg(&e->code, w, RCX, rm_mem(RDX, 0));
        asm_jcc(&e->code, CC_NE, &again);
        return RAX;
    }
}

/* A page in the write table has no reservations (../../common/reserve.h), so what a store may do
 * here an atomic may. It orders all that is around it: locked instructions are fences. */
static void gen_amo(struct gen *e, const struct bp_ir_op *op, struct tcg_site *site)
{
    uint32_t bytes = ir_type_bytes[op->type], old;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site;
    gen_lookup(e, op, 1, &cold->in);
    asm_test_imm8(&e->code, rm_reg(RDX), bytes - 1);
    asm_jcc(&e->code, CC_NE, &cold->in);
    old = gen_modify(e, op, bytes == 8);
    gen_put(e, op->d, op->type, old);
    gen_rejoin(e, cold);
}

/* --- LR and SC ------------------------------------------------------------------------------- */

#define SEQUENCE 16 /* instructions, of LR/SC loops that have to succeed at last (13.3) */

/* The SC that makes the LR at hand a compare-and-swap, or NULL. */
static const struct bp_ir_op *partner(const struct gen *e)
{
    const struct tcg_unit *unit = e->unit;
    const struct bp_ir_op *lr = &unit->ops[e->op], *op = lr + 1;

    if (ir_writes(lr) == lr->a || lr->x & (BP_MEM_BIG | BP_MEM_RELEASE))
        return NULL;
    for (uint32_t insn = e->insn; op < &unit->ops[unit->nops]; op++) {
        while (insn + 1 < unit->ninsns && &unit->ops[unit->insns[insn + 1].first_op] <= op)
            insn++;
        if (insn - e->insn >= SEQUENCE || (insn > e->insn && e->leader[insn]))
            return NULL;
        if (op->op == BP_IR_SC)
            return op->a == lr->a && op->disp == lr->disp && op->type == lr->type &&
                           (op->x & (BP_MEM_CONTEXT | BP_MEM_ADDR32 | BP_MEM_BIG)) ==
                               (lr->x & (BP_MEM_CONTEXT | BP_MEM_ADDR32))
                       ? op
                       : NULL;
        if (!(op->op == BP_IR_BR || op->op < BP_IR_LD) || ir_writes(op) == lr->a)
            return NULL;
    }
    return NULL;
}

/* reservation.value is what is expected, .host where; .width 0 keeps other SCs from taking it for a reservation. */
static void gen_expect(struct gen *e, const struct bp_ir_op *op, struct tcg_site *site)
{
    int w = op->type == BP_T_I64;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site;
    site->call = tcg_expect;
    gen_lookup(e, op, 1, &cold->in);
    asm_test_imm8(&e->code, rm_reg(RDX), ir_type_bytes[op->type] - 1u);
    asm_jcc(&e->code, CC_NE, &cold->in);
    asm_load(&e->code, w, RCX, rm_mem(RAX, 0));
    asm_store(&e->code, 1, RAX, FIELD(e, mmu.reservation.host));
    asm_store_imm(&e->code, 0, FIELD(e, mmu.reservation.width), 0);
    asm_store(&e->code, 1, RCX, FIELD(e, mmu.reservation.value));
    gen_put(e, op->d, op->type, RCX);
    gen_rejoin(e, cold);
}

/* A NULL .host: the LR was a call, which found no page to write to. */
static void gen_swap(struct gen *e, const struct bp_ir_op *op, struct tcg_site *site)
{
    int w = op->type == BP_T_I64;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site;
    site->call = tcg_swap;
    asm_load(&e->code, 1, RDX, FIELD(e, mmu.reservation.host));
    asm_test(&e->code, 1, RDX, rm_reg(RDX));
    asm_jcc(&e->code, CC_E, &cold->in);
    asm_load(&e->code, 1, RAX, FIELD(e, mmu.reservation.value));
    gen_fetch(e, op->b, RCX);
    asm_lock(&e->code);
    asm_cmpxchg(&e->code, w, RCX, rm_mem(RDX, 0));
    asm_setcc(&e->code, CC_NE, RAX);
    asm_movzx8(&e->code, 0, RAX, rm_reg(RAX));
    gen_put(e, op->d, BP_T_I64, RAX);
    gen_rejoin(e, cold);
}

/* With a budget all accelerators have to agree on which SC fails. */
static int swaps(const struct gen *e)
{
    return tcg_does(e->v)->swaps && !e->v->budgeted;
}

void gen_atomic(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_atomic);

    site->rec.d = gen_target(e, op->d);
    site->rec.b = op->op == BP_IR_LR ? 0 : gen_slot(e, op->b);
    site->rec.c = (uint16_t)(op->op | op->type << 8);
    if (op->op == BP_IR_LR && swaps(e)) {
        e->swap = partner(e);
        if (e->swap) {
            gen_expect(e, op, site);
            return;
        }
    } else if (op->op == BP_IR_SC && op == e->swap) {
        gen_swap(e, op, site);
        return;
    } else if (op->op != BP_IR_LR && op->op != BP_IR_SC && !(op->x & BP_MEM_BIG)) {
        gen_amo(e, op, site);
        return;
    }
    gen_call_site(e, site);
    gen_forget(e, op->d);
}
