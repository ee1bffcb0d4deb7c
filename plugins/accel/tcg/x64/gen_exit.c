/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_exit.c - branches, jumps, the code behind a block.
 *
 * v->count is what has been retired before the block's first instruction; a branch adds what was
 * executed when it is taken, and a branch within the block the difference, so that v->count plus
 * the index of an instruction is exact.
 */
#include "gen.h"

static uint64_t address(const struct gen *e, int64_t offset)
{
    return (e->block->va + (uint64_t)offset) & e->v->pc_mask;
}

/* The instruction of the block that begins at this offset, or -1. */
static int begins_at(const struct gen *e, int64_t offset)
{
    for (uint32_t i = 0; i < e->ir->ninsns && e->ir->insns[i].pc_offset <= offset; i++) {
        if (e->ir->insns[i].pc_offset == offset)
            return (int)i;
    }
    return -1;
}

/* The instruction that has this op. */
static uint32_t insn_of(const struct gen *e, uint32_t op)
{
    uint32_t insn = 0;

    while (insn + 1 < e->ir->ninsns && e->ir->insns[insn + 1].first_op <= op)
        insn++;
    return insn;
}

void gen_find_leaders(struct gen *e)
{
    for (uint32_t i = 0; i < e->ir->nops; i++) {
        const struct bp_ir_op *op = &e->ir->ops[i];
        int to = op->op == BP_IR_BR     ? begins_at(e, op->disp)
                 : op->op == BP_IR_GOTO ? begins_at(e, op->imm)
                                        : -1;
        if (to < 0)
            continue;
        e->leader[to] = 1;
        gen_want_floats(e, (uint32_t)to, insn_of(e, i));
    }
}

static int backwards(const struct gen *e, int64_t offset)
{
    return offset <= e->ir->insns[e->insn].pc_offset;
}

/* Where the instruction at hand may jump to without leaving the block, or -1. With a budget
 * nothing runs twice behind one look at it, and an instruction that may have to leave does so by
 * the next block's. */
static int inside(const struct gen *e, int64_t offset)
{
    if (e->calls || !tcg_does(e->v)->loops ||
        (e->v->budgeted && (e->loose || (offset && backwards(e, offset)))))
        return -1;
    return begins_at(e, offset);
}

/* An exit to `offset` with `count` instructions to add. */
static struct tcg_exit *new_exit(struct gen *e, int64_t offset, uint32_t count, int linked)
{
    static struct tcg_exit nowhere;
    struct tcg_exit *exit = tcg_alloc(e->t, sizeof *exit);

    if (!exit) {
        e->code.full = 1;
        return &nowhere;
    }
    exit->target = address(e, offset);
    exit->count = count;
    exit->from = linked && tcg_does(e->v)->links ? e->block : NULL;
    return exit;
}

static void add_count(struct gen *e, int32_t n)
{
    if (n)
        asm_alu_imm(&e->code, ALU_ADD, 1, FIELD(e, count), n);
}

static void look_at_poll(struct gen *e, struct label *leave)
{
    asm_alu_imm(&e->code, ALU_CMP, 0, FIELD(e, mmu.world.poll), 0);
    asm_jcc(&e->code, CC_NE, leave);
}

/* A jump that leaves by the exit until it is linked. */
static void linkable(struct gen *e, struct tcg_exit *exit, struct label *leave)
{
    asm_jmp(&e->code, leave);
    exit->jump = (uint32_t)(e->code.at - 4 - e->t->write);
}

static struct cold *leave_by(struct gen *e, struct tcg_exit *exit)
{
    struct cold *cold = gen_cold(e, COLD_LEAVE);

    cold->exit = exit;
    return cold;
}

void gen_budget(struct gen *e)
{
    asm_load(&e->code, 1, RAX, FIELD(e, gate));
    asm_alu(&e->code, ALU_SUB, 1, RAX, FIELD(e, count));
    asm_alu_imm(&e->code, ALU_CMP, 1, rm_reg(RAX), (int32_t)e->ir->ninsns);
    asm_jcc(&e->code, CC_L, &leave_by(e, e->dead)->in);
}

/* Goes on at `offset` from here. */
static void gen_way(struct gen *e, int64_t offset)
{
    int to = inside(e, offset), back = backwards(e, offset);
    struct cold *cold;

    if (to >= 0) {
        add_count(e, (int32_t)e->insn + 1 - to);
        if (back)
            look_at_poll(e, &leave_by(e, new_exit(e, offset, (uint32_t)to, 0))->in);
        gen_hold(e, e->held, e->wanted[to]);
        asm_jmp(&e->code, &e->insns[to]);
        return;
    }
    add_count(e, (int32_t)e->insn + 1);
    cold = leave_by(e, new_exit(e, offset, 0, !e->calls));
    if (back)
        look_at_poll(e, &cold->in);
    linkable(e, cold->exit, &cold->in);
}

void gen_goto(struct gen *e, int64_t imm)
{
    gen_way(e, imm);
}

static const uint8_t conditions[] = {[BP_CC_EQ] = CC_E,  [BP_CC_NE] = CC_NE, [BP_CC_LT] = CC_L,
                                     [BP_CC_GE] = CC_GE, [BP_CC_LTU] = CC_B, [BP_CC_GEU] = CC_AE};

void gen_branch(struct gen *e, const struct bp_ir_op *op)
{
    int w = op->type == BP_T_I64, back = backwards(e, op->disp);
    int64_t y;
    struct label past = {0};
    struct cold *cold;

    if (gen_known(e, op->b, &y) && y == (int32_t)y) {
        if (!y && gen_pinned(e, op->a) >= 0) {
            uint32_t a = (uint32_t)gen_pinned(e, op->a);
            asm_test(&e->code, w, a, rm_reg(a));
        } else {
            uint32_t a = gen_get(e, op->a, RAX);
            asm_alu_imm(&e->code, ALU_CMP, w, rm_reg(a), (int32_t)y);
        }
    } else {
        uint32_t a = gen_get(e, op->a, RAX);
        if (gen_known(e, op->b, &y)) {
            gen_fetch(e, op->b, RCX);
            asm_alu(&e->code, ALU_CMP, w, a, rm_reg(RCX));
        } else {
            asm_alu(&e->code, ALU_CMP, w, a, gen_where(e, op->b));
        }
    }
    if (back) { /* a loop: its way back is the straight one */
        asm_jcc(&e->code, conditions[op->c] ^ 1, &past);
        gen_way(e, op->disp);
        asm_place(&e->code, &past);
        return;
    }
    cold = gen_cold(e, COLD_LINK);
    cold->add = e->insn + 1;
    asm_jcc(&e->code, conditions[op->c], &cold->in);
    if (inside(e, op->disp) >= 0) {
        cold->kind = COLD_LOOP;
        cold->reg = (uint8_t)inside(e, op->disp);
        memcpy(cold->held, e->held, sizeof cold->held);
    } else {
        cold->exit = new_exit(e, op->disp, 0, !e->calls);
    }
}

/* rax is the target. The jump cache, as in ../interp/handlers_exit.inc. */
static void gen_indirect(struct gen *e)
{
    struct label miss = {0};

    add_count(e, (int32_t)e->insn + 1);
    if (e->v->pc_mask != ~0ull)
        asm_move(&e->code, 0, RAX, RAX);
    if (!e->calls && tcg_does(e->v)->jumps) {
        asm_move(&e->code, 1, RCX, RAX);
        asm_shift_imm(&e->code, SHIFT_SHR, 1, rm_reg(RCX), 12);
        asm_alu(&e->code, ALU_XOR, 0, RCX, rm_reg(RAX));
        asm_shift_imm(&e->code, SHIFT_SHR, 0, rm_reg(RCX), 1);
        asm_alu_imm(&e->code, ALU_AND, 0, rm_reg(RCX), INTERP_JUMPS - 1);
        asm_load(&e->code, 1, RCX, rm_index(RBP, RCX, 3, gen_offset(e, INTERP_JUMP_CACHE(e->v))));
        asm_alu(&e->code, ALU_CMP, 1, RAX, rm_mem(RCX, offsetof(struct block, va)));
        asm_jcc(&e->code, CC_NE, &miss);
        asm_load(&e->code, 1, RDX, FIELD(e, key));
        asm_alu(&e->code, ALU_CMP, 1, RDX, rm_mem(RCX, offsetof(struct block, key)));
        asm_jcc(&e->code, CC_NE, &miss);
        look_at_poll(e, &miss);
        asm_jmp_rm(&e->code, rm_mem(RCX, offsetof(struct block, native)));
        asm_place(&e->code, &miss);
    }
    asm_store(&e->code, 1, RAX, rm_mem(RBP, gen_offset(e, e->v->pc)));
    asm_constant(&e->code, RAX, 0);
    asm_jmp_to(&e->code, e->t->leave);
}

void gen_jump(struct gen *e, const struct bp_ir_op *op)
{
    gen_fetch(e, op->a, RAX);
    gen_indirect(e);
}

/*
 * t = a + imm, t = t & -2, link = constant, jump to t: how instruction sets with aligned code write
 * an indirect call or return. With a known it is a direct jump.
 */
int gen_computed_jump(struct gen *e, const struct bp_ir_op *ops, uint32_t nops)
{
    const struct bp_ir_op *jump, *link = NULL, *op = ops;
    uint8_t type = e->v->cls->xlen == 32 ? BP_T_S32 : BP_T_I64;
    int64_t value, add = 0;
    uint16_t a;

    if (nops < 2 || nops > 4 || ops[nops - 1].op != BP_IR_JMP)
        return 0;
    jump = &ops[nops - 1];
    a = op->a;
    if (op->op == BP_IR_ADD && op->type == type && op->b == BP_IR_IMM && op->d == jump->a &&
        op->imm == (int32_t)op->imm && op[1].a == op->d) {
        add = op->imm;
        op++;
    }
    if (jump->a < BP_IR_TEMP || jump->a == BP_IR_ZERO || op->op != BP_IR_AND ||
        op->type == BP_T_S32 || op->b != BP_IR_IMM || op->imm != -2 || op->d != jump->a)
        return 0;
    if (++op < jump && op->op == BP_IR_PCREL)
        link = op++;
    if (op != jump || (link && link->d == jump->a))
        return 0;
    if (gen_known(e, a, &value)) {
        if (link)
            gen_integer(e, link);
        gen_goto(e, (int64_t)(((uint64_t)(value + add) & ~1ull) - e->block->va));
        return 1;
    }
    gen_fetch(e, a, RAX);
    if (add)
        asm_alu_imm(&e->code, ALU_ADD, 1, rm_reg(RAX), (int32_t)add);
    asm_alu_imm(&e->code, ALU_AND, 1, rm_reg(RAX), -2);
    if (link) {
        /* The constant's register must not be rax. */
        asm_move(&e->code, 1, RDX, RAX);
        gen_integer(e, link);
        asm_move(&e->code, 1, RAX, RDX);
    }
    gen_indirect(e);
    return 1;
}

/* --- cold code ------------------------------------------------------------------------------- */

static void leave(struct gen *e, const struct tcg_exit *exit)
{
    asm_constant(&e->code, RAX, (uintptr_t)exit);
    asm_jmp_to(&e->code, e->t->leave);
}

static void gen_one(struct gen *e, struct cold *cold)
{
    struct label unlinked = {0};

    asm_place(&e->code, &cold->in);
    switch ((enum cold_kind)cold->kind) {
    case COLD_CALL:
        gen_call_site(e, cold->site);
        gen_hold(e, e->held, cold->held);
        asm_jmp(&e->code, &cold->out);
        break;
    case COLD_LEAVE:
        leave(e, cold->exit);
        break;
    case COLD_LINK:
        add_count(e, (int32_t)cold->add);
        linkable(e, cold->exit, &unlinked);
        asm_place(&e->code, &unlinked);
        leave(e, cold->exit);
        break;
    case COLD_LOOP:
        add_count(e, (int32_t)cold->add - cold->reg);
        gen_hold(e, cold->held, e->wanted[cold->reg]);
        asm_jmp(&e->code, &e->insns[cold->reg]);
        break;
    }
}

void gen_colds(struct gen *e)
{
    for (uint32_t i = 0; i < e->ncolds; i++)
        gen_one(e, &e->colds[i]);
}
