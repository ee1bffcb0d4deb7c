/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_exit.c - branches, jumps, the code behind a block.
 *
 * v->count is what has been retired before the block's first instruction; a branch adds what was
 * executed when it is taken, and a branch within the block the difference, so that v->count plus
 * the index of an instruction is exact.
 */
#include "gen.h"

#include <stdlib.h>

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

static uint64_t address(const struct gen *e, int64_t offset)
{
    return (e->va + (uint64_t)offset) & e->v->pc_mask;
}

/* The instruction of the unit that begins at this offset, or -1. */
static int begins_at(const struct gen *e, int64_t offset)
{
    for (uint32_t i = 0; i < e->unit->ninsns; i++) {
        if (e->unit->insns[i].offset == offset)
            return (int)i;
    }
    return -1;
}

/* The instruction that the op leads to, or -1. */
static int leads_to(const struct gen *e, const struct bp_ir_op *op)
{
    switch (op->op) {
    case BP_IR_BR:
        return begins_at(e, op->disp);
    case BP_IR_GOTO:
        return begins_at(e, op->imm);
    default:
        return -1;
    }
}

#define MOST_NESTED 3 /* loops around an instruction that count */

/* Calls back for every jump inside: from instruction `from` to `to`. */
static void for_jumps(struct gen *e,
                      void (*found)(struct gen *, uint32_t from, uint32_t to, void *),
                      void *context)
{
    const struct tcg_unit *unit = e->unit;

    for (uint32_t op = 0, insn = 0; op < unit->nops; op++) {
        int to = leads_to(e, &unit->ops[op]);
        while (insn + 1 < unit->ninsns && unit->insns[insn + 1].first_op <= op)
            insn++;
        if (to >= 0)
            found(e, insn, (uint32_t)to, context);
        for (uint32_t i = 0; unit->ops[op].op == BP_IR_JMP && i < unit->nreturns; i++) {
            to = begins_at(e, unit->returns[i]);
            if (to >= 0)
                found(e, insn, (uint32_t)to, context);
        }
    }
}

static void note_leader(struct gen *e, uint32_t from, uint32_t to, void *ends)
{
    uint32_t *end = (uint32_t *)ends + to;

    e->leader[to] = 1;
    if (from >= to && *end <= from)
        *end = from + 1;
}

void gen_find_leaders(struct gen *e, uint32_t *weights)
{
    uint32_t n = e->unit->ninsns, *depths = calloc(n, sizeof *depths);

    for_jumps(e, note_leader, weights); /* of a loop's first instruction: behind its last */
    for (uint32_t i = 0; depths && i < n; i++) {
        for (uint32_t in = i; in < weights[i]; in++)
            depths[in] += depths[in] < MOST_NESTED;
    }
    for (uint32_t i = 0; i < n; i++)
        weights[i] = depths ? 1u << 3 * depths[i] : 1;
    free(depths);
}

static void note_length(struct gen *e, uint32_t from, uint32_t to, void *shortest)
{
    uint32_t length = from - to + 1;

    if (from >= to && length < *(uint32_t *)shortest)
        *(uint32_t *)shortest = length;
}

uint32_t gen_shortest_loop(struct gen *e)
{
    uint32_t shortest = UINT32_MAX;

    for_jumps(e, note_length, &shortest);
    return shortest;
}

static void note_wanted(struct gen *e, uint32_t from, uint32_t to, void *context)
{
    (void)context;
    gen_want_floats(e, to, from);
}

void gen_find_wanted(struct gen *e)
{
    for_jumps(e, note_wanted, NULL);
}

static int backwards(const struct gen *e, int64_t offset)
{
    int to = begins_at(e, offset);

    return to >= 0 ? (uint32_t)to <= e->insn : offset <= e->unit->insns[e->insn].offset;
}

/* Where the instruction at hand may jump to without leaving the unit, or -1. With a budget
 * nothing runs twice behind one look at it: regions look at every jump backwards, blocks have none. An instruction
 * that may have to leave does so by the next block's look. */
static int inside(const struct gen *e, int64_t offset)
{
    if (e->calls || !tcg_does(e->v)->loops ||
        (e->v->budgeted && (e->loose || (!e->unit->region && offset && backwards(e, offset)))))
        return -1;
    return begins_at(e, offset);
}

/* The block that has the instruction. */
static struct block *member(const struct gen *e, uint32_t insn)
{
    return e->unit->members[e->unit->insns[insn].member];
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
    exit->from = linked && tcg_does(e->v)->links ? member(e, e->insn) : NULL;
    return exit;
}

void gen_count(struct gen *e, int32_t n)
{
    if (n && e->pins.count != NO_REG)
        asm_lea(&e->code, 1, e->pins.count, rm_mem(e->pins.count, n));
    else if (n)
        asm_alu_imm(&e->code, ALU_ADD, 1, FIELD(e, count), n);
}

static void look_at_poll(struct gen *e, struct label *leave)
{
    asm_alu_imm(&e->code, ALU_CMP, 0, FIELD(e, mmu.world.poll), 0);
    asm_jcc(&e->code, CC_NE, leave);
}

/* A jump that leaves by the exit until it is linked; registers are as they are between blocks. */
static void linkable(struct gen *e, struct tcg_exit *exit, struct label *leave)
{
    asm_jmp(&e->code, leave);
    exit->jump = (uint32_t)(e->code.at - 4 - e->t->write);
}

static struct cold *leave_by(struct gen *e, struct tcg_exit *exit, int outside)
{
    struct cold *cold = gen_cold(e, COLD_LEAVE);

    cold->exit = exit;
    cold->outside = (uint8_t)outside;
    return cold;
}

/* From the unit's registers to those between blocks. */
static void change_over(struct gen *e)
{
    pins_store(&e->code, e->v, &e->pins, &e->fixed);
    pins_load(&e->code, e->v, &e->fixed, &e->pins);
}

/* A loop that goes round often enough goes to `hot` by the exit, to be compiled as a region. */
static void count_heat(struct gen *e, struct tcg_exit *exit, int to_region, struct label *hot)
{
    const struct tcg *tcg = (const struct tcg *)e->v->interp;
    struct tcg_loop *loop = tcg_alloc(e->t, sizeof *loop);

    exit->loop = loop;
    if (!loop) {
        e->code.full = 1;
        return;
    }
    loop->heat = (int32_t)tcg->very_hot;
    loop->to_region = (uint8_t)to_region;
    loop->counter = (uint32_t)(e->code.at - e->t->write);
    asm_constant(&e->code, RAX, (uintptr_t)loop);
    asm_alu_imm(&e->code, ALU_SUB, 0, rm_mem(RAX, offsetof(struct tcg_loop, heat)), 1);
    asm_jcc(&e->code, CC_L, hot);
    loop->counted = (uint8_t)((uint32_t)(e->code.at - e->t->write) - loop->counter);
}

static int counts_heat(const struct gen *e)
{
    return !e->unit->region && tcg_does(e->v)->regions && !e->calls;
}

/* "Less": there is not enough for all of the unit. `count` is where v->count is. */
static void look_at_budget(struct gen *e, struct rm count)
{
    asm_load(&e->code, 1, RAX, FIELD(e, gate));
    asm_alu(&e->code, ALU_SUB, 1, RAX, count);
    asm_alu_imm(&e->code, ALU_CMP, 1, rm_reg(RAX), (int32_t)e->unit->ninsns);
}

void gen_budget(struct gen *e)
{
    look_at_budget(e, FIELD(e, count));
    if (e->unit->region)
        asm_jcc_to(&e->code, CC_L, (const uint8_t *)e->unit->own + ENTRY_NOP);
    else
        asm_jcc(&e->code, CC_L, &leave_by(e, e->dead, 1)->in);
}

/* On to an instruction in a block of another page: its mapping may have changed, as in stubs.c. */
static void check_key(struct gen *e, const struct block *to, struct label *leave)
{
    asm_constant(&e->code, RAX, (uintptr_t)&to->key);
    asm_load(&e->code, 1, RCX, FIELD(e, key));
    asm_alu(&e->code, ALU_CMP, 1, RCX, rm_mem(RAX, 0));
    asm_jcc(&e->code, CC_NE, leave);
}

/* What is to be looked at on the way. */
static void go_inside(struct gen *e, uint32_t from, uint32_t to)
{
    const struct block *here = member(e, from), *there = member(e, to);
    int far = PAGE_OF(here->va ^ there->va) || PAGE_OF(here->pa ^ there->pa), back = to <= from;

    if (back || far) {
        struct tcg_exit *exit = new_exit(e, e->unit->insns[to].offset, (uint32_t)to, 0);
        struct cold *cold = leave_by(e, exit, 0);
        look_at_poll(e, &cold->in);
        if (far)
            check_key(e, there, &cold->in);
        if (back && counts_heat(e)) {
            struct cold *hot = gen_cold(e, COLD_LINK); /* to the region, from then on */
            hot->add = to;
            hot->exit = new_exit(e, e->unit->insns[to].offset, 0, 1);
            hot->from = (uint16_t)from;
            count_heat(e, hot->exit, 1, &hot->in);
        }
        if (back && e->v->budgeted) {
            look_at_budget(e, e->pins.count == NO_REG ? FIELD(e, count) : rm_reg(e->pins.count));
            asm_jcc(&e->code, CC_L, &cold->in);
        }
    }
}

/* Goes on at `offset` from here. */
static void gen_way(struct gen *e, int64_t offset)
{
    int to = inside(e, offset), back = backwards(e, offset);
    struct tcg_exit *exit;

    if (to >= 0) {
        gen_count(e, (int32_t)e->insn + 1 - to);
        go_inside(e, e->insn, (uint32_t)to);
        if ((uint32_t)to == e->insn + 1 && e->op + 1 == e->op_end)
            return; /* it follows */
        gen_hold(e, e->held, e->wanted[to]);
        asm_jmp(&e->code, &e->insns[to]);
        return;
    }
    gen_count(e, (int32_t)e->insn + 1);
    exit = new_exit(e, offset, 0, !e->calls);
    if (back) {
        struct cold *cold = leave_by(e, exit, 0);
        look_at_poll(e, &cold->in);
        if (counts_heat(e))
            count_heat(e, exit, 0, &cold->in);
    }
    change_over(e);
    linkable(e, exit, &leave_by(e, exit, 1)->in);
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
    cold->from = (uint16_t)e->insn;
    if (inside(e, op->disp) >= 0) {
        cold->kind = COLD_LOOP;
        cold->insn = (uint16_t)inside(e, op->disp);
        memcpy(cold->held, e->held, sizeof cold->held);
    } else {
        cold->exit = new_exit(e, op->disp, 0, !e->calls);
    }
}

/* rax is the target: one of those that the unit's calls come back to? */
static void gen_returns(struct gen *e)
{
    for (uint32_t i = 0; i < e->unit->nreturns; i++) {
        uint64_t target = address(e, e->unit->returns[i]);
        int to = inside(e, e->unit->returns[i]);
        struct cold *cold;
        if (to < 0)
            continue;
        cold = gen_cold(e, COLD_LOOP);
        cold->add = e->insn + 1;
        cold->from = (uint16_t)e->insn;
        cold->insn = (uint16_t)to;
        memcpy(cold->held, e->held, sizeof cold->held);
        if ((int64_t)target == (int32_t)target) {
            asm_alu_imm(&e->code, ALU_CMP, 1, rm_reg(RAX), (int32_t)target);
        } else {
            asm_constant(&e->code, RCX, target);
            asm_alu(&e->code, ALU_CMP, 1, RAX, rm_reg(RCX));
        }
        asm_jcc(&e->code, CC_E, &cold->in);
    }
}

/* rax is the target, and was in `from`. The jump cache, as in ../interp/handlers_exit.inc. */
static void gen_indirect(struct gen *e, uint16_t from)
{
    struct label miss = {0};

    if (e->v->pc_mask != ~0ull)
        asm_move(&e->code, 0, RAX, RAX);
    if (e->unit->nreturns && from == e->unit->link)
        gen_returns(e);
    gen_count(e, (int32_t)e->insn + 1);
    change_over(e);
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
    asm_constant(&e->code, RAX, (uintptr_t)&tcg_left_by_jump);
    asm_jmp_to(&e->code, e->t->leave); /* registers were changed over */
}

void gen_jump(struct gen *e, const struct bp_ir_op *op)
{
    gen_fetch(e, op->a, RAX);
    gen_indirect(e, op->a);
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
        gen_goto(e, (int64_t)(((uint64_t)(value + add) & ~1ull) - e->va));
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
    gen_indirect(e, a);
    return 1;
}

/* --- cold code ------------------------------------------------------------------------------- */

static void gen_one(struct gen *e, struct cold *cold)
{
    struct label unlinked = {0};

    e->insn = cold->from;
    asm_place(&e->code, &cold->in);
    switch ((enum cold_kind)cold->kind) {
    case COLD_TABLE:
        gen_table(e, cold);
        break;
    case COLD_CALL:
        gen_call_site(e, cold->site);
        gen_hold(e, e->held, cold->held);
        gen_unshared(e, cold);
        asm_jmp(&e->code, &cold->out);
        break;
    case COLD_LEAVE:
        asm_constant(&e->code, RAX, (uintptr_t)cold->exit);
        asm_jmp_to(&e->code, cold->outside ? e->t->leave : e->leave);
        break;
    case COLD_LINK:
        gen_count(e, (int32_t)cold->add);
        change_over(e);
        linkable(e, cold->exit, &unlinked);
        asm_place(&e->code, &unlinked);
        asm_constant(&e->code, RAX, (uintptr_t)cold->exit);
        asm_jmp_to(&e->code, e->t->leave);
        break;
    case COLD_LOOP:
        gen_count(e, (int32_t)cold->add - cold->insn);
        go_inside(e, cold->from, cold->insn);
        gen_hold(e, cold->held, e->wanted[cold->insn]);
        asm_jmp(&e->code, &e->insns[cold->insn]);
        break;
    }
}

/* The list grows meanwhile. */
void gen_colds(struct gen *e)
{
    for (uint32_t i = 0; i < e->ncolds; i++)
        gen_one(e, &e->colds[i]);
}
