/* SPDX-License-Identifier: Apache-2.0
 *
 * emit_int.c - integer computation and control transfer: RV32I, RV64I, M, Zba, Zbb, Zbc, Zbs,
 * Zicond.
 *
 * Instructions that only write x0 are hints and emit nothing. RV32 min, max and the like go through
 * temporaries, which are 64 bits wide and hold sign-extended copies: comparisons, signed and
 * unsigned, come out the same.
 */
#include "emit.h"

riscv_emit_fn riscv_emit_lui, riscv_emit_auipc, riscv_emit_addi, riscv_emit_alu_imm,
    riscv_emit_shift_imm, riscv_emit_set_imm, riscv_emit_alu, riscv_emit_set, riscv_emit_shadd,
    riscv_emit_unary, riscv_emit_extend, riscv_emit_minmax, riscv_emit_czero, riscv_emit_value,
    riscv_emit_jal, riscv_emit_jalr, riscv_emit_branch;

void riscv_emit_lui(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_imm(e, BP_IR_MOV, e->xtype, emit_x(insn_rd(insn)), 0, insn_imm_u(insn));
}

void riscv_emit_auipc(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_op(e, BP_IR_PCREL, e->xtype, emit_x(insn_rd(insn)), 0, 0)->imm =
            (int64_t)e->offset + insn_imm_u(insn);
}

/* ADDI and ADDIW: also the ways to write "move" and "load constant". */
void riscv_emit_addi(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint32_t rd = insn_rd(insn), rs1 = insn_rs1(insn);
    int32_t imm = insn_imm_i(insn);

    if (!rd)
        return;
    if (!rs1)
        emit_imm(e, BP_IR_MOV, emit_type(e, row), emit_x(rd), 0, imm);
    else if (!imm)
        emit_op(e, BP_IR_MOV, emit_type(e, row), emit_x(rd), 0, emit_x(rs1));
    else
        emit_imm(e, BP_IR_ADD, emit_type(e, row), emit_x(rd), emit_x(rs1), imm);
}

void riscv_emit_alu_imm(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_imm(e, row->op, emit_type(e, row), emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)),
                 insn_imm_i(insn));
}

void riscv_emit_shift_imm(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_imm(e, row->op, emit_type(e, row), emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)),
                 insn >> 20 & 63);
}

void riscv_emit_set_imm(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    struct bp_ir_op *op;

    if (!insn_rd(insn))
        return;
    op = emit_op(e, BP_IR_SET, e->xtype, emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)), BP_IR_IMM);
    op->disp = insn_imm_i(insn);
    op->c = row->aux;
}

void riscv_emit_alu(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_op(e, row->op, emit_type(e, row), emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)),
                emit_x(insn_rs2(insn)));
}

void riscv_emit_set(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_op(e, BP_IR_SET, e->xtype, emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)),
                emit_x(insn_rs2(insn)))
            ->c = row->aux;
}

void riscv_emit_shadd(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_op(e, row->op, e->xtype, emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)),
                emit_x(insn_rs2(insn)))
            ->x = row->aux;
}

void riscv_emit_unary(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_op(e, row->op, emit_type(e, row), emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)), 0);
}

/* SEXT.B, SEXT.H, ZEXT.H. */
void riscv_emit_extend(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint16_t a;

    if (!insn_rd(insn))
        return;
    a = emit_wide(e, insn_rs1(insn), T0);
    if (e->xlen == 64) {
        emit_op(e, row->op, BP_T_I64, emit_x(insn_rd(insn)), a, 0);
        return;
    }
    emit_op(e, row->op, BP_T_I64, T0, a, 0);
    emit_op(e, BP_IR_MOV, BP_T_S32, emit_x(insn_rd(insn)), 0, T0);
}

void riscv_emit_minmax(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint16_t a, b;

    if (!insn_rd(insn))
        return;
    a = emit_wide(e, insn_rs1(insn), T0);
    b = emit_wide(e, insn_rs2(insn), T1);
    if (e->xlen == 64) {
        emit_op(e, row->op, BP_T_I64, emit_x(insn_rd(insn)), a, b);
        return;
    }
    emit_op(e, row->op, BP_T_I64, T0, a, b);
    emit_op(e, BP_IR_MOV, BP_T_S32, emit_x(insn_rd(insn)), 0, T0);
}

/* CZERO: rs1 when rs2 compares so (aux) with zero, else 0; a mask does it for both widths. */
void riscv_emit_czero(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (!insn_rd(insn))
        return;
    emit_op(e, BP_IR_SET, e->xtype, T0, emit_x(insn_rs2(insn)), BP_IR_ZERO)->c = row->aux;
    emit_op(e, BP_IR_SUB, e->xtype, T0, BP_IR_ZERO, T0);
    emit_op(e, BP_IR_AND, e->xtype, emit_x(insn_rd(insn)), emit_x(insn_rs1(insn)), T0);
}

/* A function of two registers that a VALUE helper computes. */
void riscv_emit_value(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint16_t a, b;

    if (!insn_rd(insn))
        return;
    a = emit_wide(e, insn_rs1(insn), T0);
    b = emit_wide(e, insn_rs2(insn), T1);
    if (e->xlen == 64) {
        emit_call(e, row->aux, emit_x(insn_rd(insn)), a, b, e->xlen);
        return;
    }
    emit_call(e, row->aux, T0, a, b, e->xlen);
    emit_op(e, BP_IR_MOV, BP_T_S32, emit_x(insn_rd(insn)), 0, T0);
}

/* --- control transfer ----------------------------------------------------- */

/* Without C, targets must have four-byte alignment, and the jump itself takes the exception
 * (2.5). */
static bool misaligned(const struct emitter *e, int32_t distance)
{
    return distance & 2 && !(e->mode >> MODE_EXT_SHIFT >> EXT_C & 1);
}

static bool is_link(uint32_t reg)
{
    return reg == 1 || reg == 5;
}

static void emit_link(struct emitter *e, uint32_t rd)
{
    if (rd)
        emit_op(e, BP_IR_PCREL, e->xtype, emit_x(rd), 0, 0)->imm = (int64_t)e->offset + e->length;
}

void riscv_emit_jal(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    int32_t distance = insn_imm_j(insn);

    if (misaligned(e, distance)) {
        emit_imm(e, BP_IR_MOV, BP_T_I64, T0, 0, 1);
        emit_leave(e, HELPER_MISALIGNED, T0, BP_IR_ZERO, (uint32_t)distance);
        return;
    }
    emit_link(e, insn_rd(insn));
    if (is_link(insn_rd(insn)))
        e->builder->insns[e->builder->ninsns - 1].flags |= BP_INSN_CALL;
    emit_op(e, BP_IR_GOTO, BP_T_I64, 0, 0, 0)->imm = (int64_t)e->offset + distance;
    e->ended = true;
}

void riscv_emit_jalr(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint32_t rd = insn_rd(insn), rs1 = insn_rs1(insn);
    uint16_t base = emit_x(rs1);
    uint16_t hint = is_link(rd) ? BP_JMP_CALL : is_link(rs1) ? BP_JMP_RETURN : BP_JMP_PLAIN;

    if (insn_imm_i(insn)) {
        emit_imm(e, BP_IR_ADD, e->xtype, T0, base, insn_imm_i(insn));
        base = T0;
    }
    /* The jump takes a zero-extended address. */
    emit_imm(e, BP_IR_AND, e->xlen == 32 ? BP_T_U32 : BP_T_I64, T0, base, -2);
    if (misaligned(e, 2))
        emit_call(e, HELPER_TARGET, BP_IR_ZERO, T0, BP_IR_ZERO, 0);
    emit_link(e, rd);
    emit_op(e, BP_IR_JMP, BP_T_I64, 0, T0, 0)->x = hint;
    e->ended = true;
}

void riscv_emit_branch(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint16_t a = emit_x(insn_rs1(insn)), b = emit_x(insn_rs2(insn));
    int32_t distance = insn_imm_b(insn);
    struct bp_ir_op *op;

    if (misaligned(e, distance)) {
        emit_op(e, BP_IR_SET, e->xtype, T0, a, b)->c = row->aux;
        emit_call(e, HELPER_MISALIGNED, BP_IR_ZERO, T0, BP_IR_ZERO, (uint32_t)distance);
        return;
    }
    op = emit_op(e, BP_IR_BR, e->xtype, 0, a, b);
    op->disp = (int32_t)e->offset + distance;
    op->c = row->aux;
}
