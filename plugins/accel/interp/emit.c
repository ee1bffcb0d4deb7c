/* SPDX-License-Identifier: Apache-2.0
 *
 * emit.c - IR to records, one instruction after the other. Constants are followed through the block
 * and folded; nothing else is moved or dropped, so that state is exact before every record that can
 * fault or leave. Pairs of records are fused afterwards (fuse.c).
 */
#include <string.h>

#include "emit.h"

struct rec *emit_rec(struct emit *e, uint32_t handler)
{
    struct rec *rec = &e->recs[e->n];

    memset(rec, 0, sizeof *rec);
    e->ids[e->n] = (uint16_t)handler;
    rec->handler = interp_handlers[handler];
    rec->self = (uint16_t)e->n++;
    rec->insn = (uint8_t)e->insn;
    return rec;
}

uint16_t emit_source(const struct emit *e, uint16_t operand)
{
    if (operand == BP_IR_ZERO)
        return offsetof(struct bp_vcpu, zero);
    if (operand >= BP_IR_TEMP)
        return (uint16_t)(offsetof(struct bp_vcpu, temps) +
                          (operand - BP_IR_TEMP) * sizeof(uint64_t));
    return e->v->reg_offsets[operand];
}

uint16_t emit_target(const struct emit *e, uint16_t operand)
{
    return operand == BP_IR_ZERO ? offsetof(struct bp_vcpu, sink) : emit_source(e, operand);
}

/* --- constants ------------------------------------------------------------------------------- */

static int tracked(uint16_t operand)
{
    if (operand < 64)
        return operand;
    return operand >= BP_IR_TEMP && operand < BP_IR_TEMP + BP_IR_TEMPS ? 64 + operand - BP_IR_TEMP
                                                                       : -1;
}

int emit_known(const struct emit *e, uint16_t operand, int64_t *value)
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

void emit_forget(struct emit *e, uint16_t d)
{
    int i = tracked(d);

    if (i >= 0)
        e->known[i] = 0;
}

static void forget_all(struct emit *e)
{
    memset(e->known, 0, sizeof e->known);
}

static int is_constant(uint16_t id)
{
    return id == H_LI || id == H_LI64;
}

void emit_constant(struct emit *e, uint16_t d, int64_t value)
{
    uint16_t slot = emit_target(e, d);
    int i = tracked(d);
    uint8_t insn = (uint8_t)e->insn;
    struct rec *rec;

    /* A constant written over before anyone could see it: lui and addi, auipc and addi. The
     * record takes the place of the dropped one: a poll on the way to it resumes at the dropped
     * one's instruction, whose effects are not there. */
    if (e->n && (e->n > e->start || !e->leader[e->insn]) && is_constant(e->ids[e->n - 1]) &&
        e->recs[e->n - 1].d == slot) {
        e->n--;
        insn = e->recs[e->n].insn;
        if (e->start > e->n)
            e->start = e->n;
    }
    rec = emit_rec(e, value == (int32_t)value ? H_LI : H_LI64);
    rec->insn = insn;
    rec->d = slot;
    rec->imm = (int32_t)value;
    rec->high = (uint32_t)((uint64_t)value >> 32);
    if (i >= 0) {
        e->known[i] = 1;
        e->value[i] = value;
    }
}

/* --- memory ---------------------------------------------------------------------------------- */

static const uint16_t loads[] = {
    [BP_T_I64] = H_LD_l, [BP_T_S32] = H_LD_s,  [BP_T_U32] = H_LD_u,
    [BP_T_F32] = H_LD_u, [BP_T_F64] = H_LD_l,  [BP_T_U8] = H_LD_ub,
    [BP_T_S8] = H_LD_sb, [BP_T_U16] = H_LD_uh, [BP_T_S16] = H_LD_sh,
};
static const uint16_t stores[] = {
    [BP_T_I64] = H_ST_l, [BP_T_S32] = H_ST_w, [BP_T_U32] = H_ST_w,
    [BP_T_F32] = H_ST_w, [BP_T_F64] = H_ST_l, [BP_T_U8] = H_ST_b,
    [BP_T_S8] = H_ST_b,  [BP_T_U16] = H_ST_h, [BP_T_S16] = H_ST_h,
};
_Static_assert(H_LD_l_a32 == H_LD_l + 1 && H_ST_h_a32 == H_ST_h + 1, "emit_memory() counts on it");

static int32_t table_offset(const struct emit *e, uint32_t context)
{
    return (int32_t)((const char *)&e->v->mmu.tlbs[context] - (const char *)e->v);
}

/* `slot` is where a load goes and a store comes from. */
static void emit_memory(struct emit *e, const struct bp_ir_op *op, uint32_t plain, uint32_t any,
                        uint16_t slot)
{
    int general =
        op->x & (BP_MEM_ALIGNED | BP_MEM_BIG) && op->type != BP_T_U8 && op->type != BP_T_S8;
    struct rec *rec = emit_rec(e, general ? any : plain + !!(op->x & BP_MEM_ADDR32));

    rec->d = slot;
    rec->a = emit_source(e, op->a);
    if (general)
        rec->b = op->type;
    else
        rec->table = table_offset(e, op->x & BP_MEM_CONTEXT);
    rec->imm = op->disp;
    rec->n = (int8_t)(op->x & 0xff);
}

static void emit_load(struct emit *e, const struct bp_ir_op *op)
{
    int boxed = op->type == BP_T_F32 && op->x & BP_MEM_BOX;

    emit_memory(e, op, boxed ? H_LD_box : loads[op->type], H_LD_any, emit_target(e, op->d));
    if (e->v->budgeted) /* else it does no harm when a device's wish to leave waits for the next poll */
        e->loose = e->n;
    emit_forget(e, op->d);
}

static void emit_store(struct emit *e, const struct bp_ir_op *op)
{
    emit_memory(e, op, stores[op->type], H_ST_any, emit_source(e, op->b));
    e->loose = e->n;
    /* Host stores are releases already; against later acquires they need the fence. */
    if (op->x & BP_MEM_RELEASE)
        emit_rec(e, H_FENCE);
}

static void emit_atomic(struct emit *e, const struct bp_ir_op *op)
{
    struct rec *rec = emit_rec(e, H_ATOMIC);

    rec->d = emit_target(e, op->d);
    rec->a = emit_source(e, op->a);
    rec->b = op->op == BP_IR_LR ? 0 : emit_source(e, op->b);
    rec->c = (uint16_t)(op->op | op->type << 8);
    rec->imm = op->disp;
    rec->n = (int8_t)(op->x & 0xff);
    e->loose = e->n;
    emit_forget(e, op->d);
}

/* --- floating point -------------------------------------------------------------------------- */

static const uint16_t fp_handlers[256] = {
#define FP1(name, f) [BP_IR_##name] = H_##name##_f_x,
#define FP2(name, f) FP1(name, f)
#define FP3(name, f) FP1(name, f)
#include "fp_ops.def"
#undef FP1
#undef FP2
#undef FP3
};

static void emit_fp(struct emit *e, const struct bp_ir_op *op)
{
    int usual =
        op->type == BP_T_F32 ? op->x == (BP_RM_RNE | BP_FP_BOX) : (op->x & ~BP_FP_BOX) == BP_RM_RNE;
    struct rec *rec;

    if (op->op == BP_IR_FCVTFF) /* its source is the F32 one when the type is F64 */
        usual = op->x == (BP_RM_RNE | BP_FP_BOX);
    rec = emit_rec(e, fp_handlers[op->op] + (op->type == BP_T_F64 ? 2u : 0) + (usual ? 1 : 0));
    rec->d = emit_target(e, op->d);
    rec->a = emit_source(e, op->a);
    rec->b = emit_source(e, op->b);
    rec->c = emit_source(e, op->c);
    rec->n = (int8_t)op->x;
    emit_forget(e, op->d);
}

static void emit_fp_flags(struct emit *e, const struct bp_ir_op *op)
{
    struct rec *rec;

    switch (op->op) {
    case BP_IR_FFLAGS:
        emit_rec(e, H_FFLAGS)->d = emit_target(e, op->d);
        emit_forget(e, op->d);
        return;
    case BP_IR_FBOX:
        rec = emit_rec(e, H_FBOX);
        rec->d = emit_target(e, op->d);
        rec->a = emit_source(e, op->a);
        emit_forget(e, op->d);
        return;
    default:
        rec = emit_rec(e, op->b == BP_IR_IMM ? H_FSETFL_i : H_FSETFL_r);
        if (op->b == BP_IR_IMM)
            rec->imm = (int32_t)op->imm;
        else
            rec->a = emit_source(e, op->b);
    }
}

/* --- helpers --------------------------------------------------------------------------------- */

static const struct bp_cpu_helper *helper_at(const struct bp_vcpu *v, uint32_t i)
{
    return (const void *)((const char *)v->cls->helpers + (size_t)i * v->cls->helper_stride);
}

static void emit_call(struct emit *e, const struct bp_ir_op *op)
{
    int control = helper_at(e->v, op->x)->flags & BP_HELPER_CONTROL;
    struct rec *rec = emit_rec(e, control ? H_CALL_CONTROL : H_CALL_VALUE);

    rec->d = emit_target(e, op->d);
    rec->a = emit_source(e, op->a);
    rec->b = emit_source(e, op->b);
    rec->c = op->x;
    rec->imm = op->disp;
    emit_forget(e, op->d);
    if (!control)
        return;
    e->calls = 1;
    e->loose = e->n;
    forget_all(e);
}

/* --- blocks ---------------------------------------------------------------------------------- */

static void emit_op(struct emit *e, const struct bp_ir_op *op)
{
    switch (op->op) {
    case BP_IR_LD:
        emit_load(e, op);
        break;
    case BP_IR_ST:
        emit_store(e, op);
        break;
    case BP_IR_LR:
    case BP_IR_SC:
    case BP_IR_AMOSWAP ... BP_IR_AMOMAXU:
        emit_atomic(e, op);
        break;
    case BP_IR_FENCE: /* the host keeps all other orders by itself */
        if (op->x & BP_FENCE_WR)
            emit_rec(e, H_FENCE);
        break;
    case BP_IR_FADD ... BP_IR_FCVTIF:
        emit_fp(e, op);
        break;
    case BP_IR_FBOX:
    case BP_IR_FFLAGS:
    case BP_IR_FSETFL:
        emit_fp_flags(e, op);
        break;
    case BP_IR_GOTO:
        emit_goto(e, op->imm);
        break;
    case BP_IR_BR:
        emit_branch(e, op);
        break;
    case BP_IR_JMP:
        emit_jump(e, op);
        break;
    case BP_IR_EXIT:
        emit_rec(e, H_EXIT_STATE)->n = (int8_t)(e->insn + 1);
        break;
    case BP_IR_CALL:
        emit_call(e, op);
        break;
    default:
        emit_integer(e, op);
    }
}

static int ends(uint8_t op)
{
    return op == BP_IR_GOTO || op == BP_IR_JMP || op == BP_IR_EXIT;
}

static void emit_insn(struct emit *e, const struct bp_ir_op *ops, uint32_t nops)
{
    e->start = e->n;
    e->calls = 0;
    e->loose = 0;
    if (e->leader[e->insn])
        forget_all(e);
    if (!emit_computed_jump(e, ops, nops)) {
        for (uint32_t i = 0; i < nops; i++)
            emit_op(e, &ops[i]);
    }
    e->first[e->insn] = (uint16_t)e->start;
    if (e->loose && e->loose != e->n && !ends(ops[nops - 1].op))
        emit_rec(e, H_CHECK);
}

uint32_t interp_emit(struct bp_vcpu *v, const struct interp_source *source, struct rec *recs)
{
    struct emit e;
    int front;

    memset(&e, 0, sizeof e);
    e.v = v;
    e.source = source;
    e.recs = recs;
    emit_find_leaders(&e);
    if (source->breakpoint)
        emit_rec(&e, H_BREAK);
    else if (v->tier && !source->single)
        emit_rec(&e, H_HEAT);
    if (v->budgeted && !source->single)
        emit_rec(&e, H_BUDGET)->imm = (int32_t)source->ninsns;
    front = e.n != 0;
    for (e.insn = 0; e.insn < source->ninsns; e.insn++) {
        const struct bp_ir_insn *insn = &source->insns[e.insn];
        uint32_t end = e.insn + 1 < source->ninsns ? insn[1].first_op : source->nops;
        emit_insn(&e, &source->ops[insn->first_op], end - insn->first_op);
    }
    if (front)
        e.first[0] = 0;
    if (!source->single)
        emit_fuse(&e);
    emit_exits(&e);
    return e.n;
}
