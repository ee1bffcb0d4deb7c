/* SPDX-License-Identifier: Apache-2.0
 *
 * gen.c - a block from its first instruction to its last: operands, helpers, the walk over the
 * IR. Constants are followed and folded; nothing is moved or dropped, so state is exact wherever
 * code can fault or leave.
 */
#include "gen.h"

#include <stdlib.h>

/* --- operands -------------------------------------------------------------------------------- */

int32_t gen_offset(const struct gen *e, const void *field)
{
    return (int32_t)((const char *)field - (const char *)e->v - e->t->base);
}

uint16_t gen_slot(const struct gen *e, uint16_t operand)
{
    if (operand == BP_IR_ZERO)
        return offsetof(struct bp_vcpu, zero);
    if (operand >= BP_IR_TEMP)
        return (uint16_t)(offsetof(struct bp_vcpu, temps) +
                          (operand - BP_IR_TEMP) * sizeof(uint64_t));
    return e->v->reg_offsets[operand];
}

uint16_t gen_target(const struct gen *e, uint16_t operand)
{
    return operand == BP_IR_ZERO ? offsetof(struct bp_vcpu, sink) : gen_slot(e, operand);
}

int gen_pinned(const struct gen *e, uint16_t operand)
{
    return operand < TCG_REGS && e->pins.host_of[operand] != NO_REG ? e->pins.host_of[operand] : -1;
}

int gen_narrow(const struct gen *e, uint16_t operand)
{
    return operand < TCG_REGS && e->t->narrow >> operand & 1;
}

struct rm gen_home(const struct gen *e, uint16_t operand)
{
    return rm_mem(RBP, (int32_t)(gen_target(e, operand) - e->t->base));
}

struct rm gen_where(const struct gen *e, uint16_t operand)
{
    int pin = gen_pinned(e, operand);

    return pin >= 0 ? rm_reg((uint32_t)pin) : gen_home(e, operand);
}

static int tracked(uint16_t operand)
{
    if (operand < TCG_REGS)
        return operand;
    return operand >= BP_IR_TEMP && operand < BP_IR_TEMP + BP_IR_TEMPS
               ? TCG_REGS + operand - BP_IR_TEMP
               : -1;
}

int gen_known(const struct gen *e, uint16_t operand, int64_t *value)
{
    int i = tracked(operand);

    *value = 0;
    if (operand == BP_IR_ZERO)
        return 1;
    if (i < 0 || !e->known[i])
        return 0;
    *value = e->value[i];
    return 1;
}

/* The operand changes. */
static void forget_shared(struct gen *e, uint16_t operand)
{
    if (e->shared.op && e->shared.op->a == operand)
        e->shared.op = NULL;
}

void gen_learn(struct gen *e, uint16_t operand, int64_t value)
{
    int i = tracked(operand);

    if (i >= 0) {
        e->known[i] = tcg_does(e->v)->constants;
        e->value[i] = value;
        e->boxed[i] = 0;
        gen_lose_float(e, operand);
    }
    forget_shared(e, operand);
}

void gen_forget(struct gen *e, uint16_t operand)
{
    int i = tracked(operand);

    if (i >= 0) {
        e->known[i] = e->boxed[i] = 0;
        gen_lose_float(e, operand);
    }
    forget_shared(e, operand);
}

static void forget_all(struct gen *e)
{
    memset(e->known, 0, sizeof e->known);
    memset(e->boxed, 0, sizeof e->boxed);
}

void gen_fetch(struct gen *e, uint16_t operand, uint32_t reg)
{
    int64_t value;

    if (gen_known(e, operand, &value))
        asm_constant(&e->code, reg, (uint64_t)value);
    else
        asm_load(&e->code, 1, reg, gen_where(e, operand));
}

uint32_t gen_get(struct gen *e, uint16_t operand, uint32_t scratch)
{
    int pin = gen_pinned(e, operand);

    if (pin >= 0)
        return (uint32_t)pin;
    gen_fetch(e, operand, scratch);
    return scratch;
}

uint32_t gen_result(const struct gen *e, uint16_t d)
{
    int pin = gen_pinned(e, d);

    return pin >= 0 ? (uint32_t)pin : RAX;
}

void gen_put(struct gen *e, uint16_t d, uint32_t type, uint32_t reg)
{
    int pin = gen_pinned(e, d);
    uint32_t to = pin >= 0 ? (uint32_t)pin : reg;

    if (type == BP_T_S32 && !(pin >= 0 && gen_narrow(e, d)))
        asm_movsxd(&e->code, 1, to, rm_reg(reg));
    else if (to != reg)
        asm_move(&e->code, type == BP_T_I64, to, reg);
    if (pin < 0)
        asm_store(&e->code, 1, to, gen_home(e, d));
    gen_forget(e, d);
}

/* --- calls ----------------------------------------------------------------------------------- */

struct cold *gen_cold(struct gen *e, enum cold_kind kind)
{
    struct cold *cold = &e->colds[e->ncolds];

    if (e->ncolds + 1 < e->max_colds)
        e->ncolds++;
    else
        e->code.full = 1;
    memset(cold, 0, sizeof *cold);
    cold->kind = (uint8_t)kind;
    return cold;
}

/* Of the instruction at hand, or the one behind it. */
static uint64_t address_of(const struct gen *e, int behind)
{
    const struct tcg_insn *insn = &e->unit->insns[e->insn];

    return (e->va + (uint64_t)(int64_t)insn->offset + (behind ? insn->length : 0)) & e->v->pc_mask;
}

struct tcg_site *gen_site(struct gen *e, const struct bp_ir_op *op,
                          int (*call)(struct bp_vcpu *, const struct tcg_site *))
{
    static struct tcg_site nowhere;
    struct tcg_site *site = tcg_alloc(e->t, sizeof *site);

    if (!site) {
        e->code.full = 1;
        return &nowhere;
    }
    site->call = call;
    site->pc = address_of(e, 0);
    site->next = address_of(e, 1);
    site->insn = (uint16_t)e->insn;
    site->rest = e->op + 1 < e->op_end;
    site->type = op->type;
    site->op = op->op;
    site->x = op->x;
    site->rec.a = gen_slot(e, op->a);
    site->rec.imm = op->disp;
    site->rec.n = (int8_t)(op->x & 0xff);
    return site;
}

void gen_call_site(struct gen *e, const struct tcg_site *site)
{
    asm_constant(&e->code, RDX, (uintptr_t)site);
    asm_call_to(&e->code, e->thunk);
    gen_lose_floats(e);
    e->shared.op = NULL;
}

static const struct bp_cpu_helper *helper_at(const struct bp_vcpu *v, uint32_t i)
{
    return (const void *)((const char *)v->cls->helpers + (size_t)i * v->cls->helper_stride);
}

static void gen_helper(struct gen *e, const struct bp_ir_op *op)
{
    int control = helper_at(e->v, op->x)->flags & BP_HELPER_CONTROL;
    struct tcg_site *site = gen_site(e, op, control ? tcg_control : tcg_value);

    site->rec.d = gen_target(e, op->d);
    site->rec.b = gen_slot(e, op->b);
    site->rec.c = op->x;
    gen_call_site(e, site);
    gen_forget(e, op->d);
    if (control) {
        e->calls = 1;
        forget_all(e);
    }
}

static void gen_flags(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, op->op == BP_IR_FFLAGS ? tcg_fflags : tcg_fsetfl);

    if (op->op == BP_IR_FFLAGS) {
        site->rec.d = gen_target(e, op->d);
        gen_forget(e, op->d);
    } else {
        site->rest = op->b == BP_IR_IMM;
        site->rec.a = site->rest ? 0 : gen_slot(e, op->b);
        site->rec.imm = (int32_t)op->imm;
    }
    gen_call_site(e, site);
}

/* --- the walk -------------------------------------------------------------------------------- */

static void gen_op(struct gen *e, const struct bp_ir_op *op)
{
    if (!gen_shares(op))
        e->shared.op = NULL;
    switch (op->op) {
    case BP_IR_LD:
        gen_load(e, op);
        break;
    case BP_IR_ST:
        gen_store(e, op);
        break;
    case BP_IR_LR:
    case BP_IR_SC:
    case BP_IR_AMOSWAP ... BP_IR_AMOMAXU:
        gen_atomic(e, op);
        break;
    case BP_IR_FENCE:
        if (op->x & BP_FENCE_WR)
            asm_mfence(&e->code);
        break;
    case BP_IR_FADD ... BP_IR_FBOX:
        gen_fp(e, op);
        break;
    case BP_IR_FFLAGS:
    case BP_IR_FSETFL:
        gen_flags(e, op);
        break;
    case BP_IR_GOTO:
        gen_goto(e, op->imm);
        break;
    case BP_IR_BR:
        gen_branch(e, op);
        break;
    case BP_IR_JMP:
        gen_jump(e, op);
        break;
    case BP_IR_EXIT:
        gen_call_site(e, gen_site(e, op, tcg_exit_state));
        break;
    case BP_IR_CALL:
        gen_helper(e, op);
        break;
    default:
        gen_integer(e, op);
    }
}

static int ends(uint8_t op)
{
    return op == BP_IR_GOTO || op == BP_IR_JMP || op == BP_IR_EXIT;
}

/* Stores and helpers may ask to leave behind the instruction; with ops after them, here. */
static void gen_check(struct gen *e, const struct bp_ir_op *last)
{
    struct cold *cold;

    if (!e->loose)
        return;
    cold = gen_cold(e, COLD_CALL);
    cold->site = gen_site(e, last, tcg_leave);
    if (last->op == BP_IR_GOTO)
        cold->site->next = (e->va + (uint64_t)last->imm) & e->v->pc_mask;
    asm_alu_imm(&e->code, ALU_CMP, 0, FIELD(e, leave), 0);
    asm_jcc(&e->code, CC_NE, &cold->in);
    gen_rejoin(e, cold);
}

static void gen_insn(struct gen *e)
{
    const struct tcg_unit *unit = e->unit;
    const struct bp_ir_op *ops = &unit->ops[unit->insns[e->insn].first_op];

    e->op = unit->insns[e->insn].first_op;
    e->op_end = e->insn + 1 < unit->ninsns ? unit->insns[e->insn + 1].first_op : unit->nops;
    e->calls = e->loose = 0;
    if (e->leader[e->insn]) {
        gen_hold(e, e->held, e->wanted[e->insn]);
        forget_all(e);
        e->shared.op = NULL;
        memcpy(e->held, e->wanted[e->insn], sizeof e->held);
    }
    asm_place(&e->code, &e->insns[e->insn]);
    if (!e->insn && e->v->budgeted && !unit->region)
        gen_budget(e);
    if (e->op == e->op_end || gen_computed_jump(e, ops, e->op_end - e->op))
        return;
    for (; e->op < e->op_end; e->op++) {
        const struct bp_ir_op *op = &unit->ops[e->op];
        int may_leave = ir_infos[op->op].does & (IR_DOES_MEMORY | IR_DOES_CALL);
        if (unit->region && op->op == BP_IR_GOTO) {
            gen_check(e, op); /* it may lead to what this instruction has changed */
            e->loose = 0;
        }
        gen_op(e, op);
        if (may_leave && (op->op != BP_IR_LD || e->v->budgeted) && e->op + 1 < e->op_end)
            e->loose = 1;
    }
    e->op = e->op_end - 1;
    if (!ends(unit->ops[e->op].op))
        gen_check(e, &unit->ops[e->op]);
}

/* In front of an entry: leaves with the block's pc. */
static void gen_dead_stub(struct gen *e)
{
    asm_u8(&e->code, 0x48);
    asm_u8(&e->code, 0xb8);
    asm_u64(&e->code, (uintptr_t)e->dead);
    asm_jmp_to(&e->code, e->t->leave);
}

/* Fewer instructions take less time than an addition to memory after the last one. */
#define SHORT_LOOP 8

/* The registers that the unit uses, and the stubs that know them. */
static void gen_registers(struct gen *e, const uint32_t *weights)
{
    uint32_t uses[TCG_REGS] = {0};
    uint8_t written[TCG_REGS] = {0}, floats[TCG_REGS] = {0};
    int looks_out = 0;

    pins_fixed(e->t, &e->fixed);
    e->pins = e->fixed;
    e->leave = e->t->leave;
    e->thunk = e->t->thunk;
    if (!e->unit->region)
        return;
    for (uint32_t insn = 0, op = 0; op < e->unit->nops; op++) {
        const struct bp_ir_op *o = &e->unit->ops[op];
        uint16_t operands[4];
        uint32_t n = ir_reads(o, operands);
        while (insn + 1 < e->unit->ninsns && e->unit->insns[insn + 1].first_op <= op)
            insn++;
        operands[n++] = ir_writes(o);
        looks_out |= gen_looks_out(e, o);
        if (ir_writes(o) < TCG_REGS)
            written[ir_writes(o)] = 1;
        while (n-- > 0) {
            if (operands[n] >= TCG_REGS)
                continue;
            uses[operands[n]] += weights[insn];
            floats[operands[n]] |= gen_is_float(e, o, operands[n]) != 0;
        }
    }
    for (uint32_t reg = 0; reg < TCG_REGS; reg++)
        uses[reg] = floats[reg] ? 0 : uses[reg];
    pins_choose(e->v, uses, written, gen_shortest_loop(e) <= SHORT_LOOP, looks_out, &e->pins);
    e->leave = stub_leave(&e->code, e->v, &e->pins);
    e->thunk = stub_thunk(&e->code, e->v, &e->pins);
}

static struct gen *start(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_unit *unit)
{
    uint32_t n = unit->ninsns, max_colds = 3 * (unit->nops + n) + 8;
    struct gen *e = calloc(1, sizeof *e + max_colds * sizeof *e->colds + n * sizeof *e->insns +
                                  n * sizeof *e->wanted + n);

    if (!e)
        return NULL;
    e->colds = (struct cold *)(e + 1);
    e->insns = (struct label *)(e->colds + max_colds);
    e->wanted = (uint8_t(*)[GEN_FLOATS])(e->insns + n);
    e->leader = (uint8_t *)(e->wanted + n);
    e->max_colds = max_colds;
    e->v = v;
    e->t = t;
    e->unit = unit;
    e->va = unit->members[0]->va;
    e->code.at = t->write + t->used;
    e->code.end = t->write + t->size;
    e->code.run_offset = t->run - t->write;
    return e;
}

const void *host_translate(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_unit *unit)
{
    struct gen *e = start(v, t, unit);
    uint32_t *weights = calloc(unit->ninsns, sizeof *weights), data_used = t->data_used;
    struct tcg_exit *dead = tcg_alloc(t, sizeof *dead);
    const uint8_t *entry = NULL;

    if (!e || !weights || !dead)
        goto out;
    e->dead = dead;
    dead->target = e->va;
    gen_find_leaders(e, weights);
    gen_registers(e, weights);
    gen_choose_floats(e, weights);
    gen_find_wanted(e);
    gen_dead_stub(e);
    entry = asm_run(&e->code);
    asm_nop(&e->code, ENTRY_NOP);
    if (v->budgeted && unit->region)
        gen_budget(e);
    pins_store(&e->code, v, &e->fixed, &e->pins);
    pins_load(&e->code, v, &e->pins, &e->fixed);
    if (unit->entry) {
        gen_count(e, -(int32_t)unit->entry);
        gen_hold(e, e->held, e->wanted[unit->entry]);
        asm_jmp(&e->code, &e->insns[unit->entry]);
    }
    e->leader[unit->entry] = 1;
    for (e->insn = 0; e->insn < unit->ninsns; e->insn++)
        gen_insn(e);
    gen_colds(e);
out:
    if (!e || !weights || !dead || e->code.full) {
        t->data_used = data_used;
        entry = NULL;
    } else {
        t->used = (uint32_t)(e->code.at - t->write);
    }
    free(weights);
    free(e);
    return entry;
}
