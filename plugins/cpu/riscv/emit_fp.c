/* SPDX-License-Identifier: Apache-2.0
 *
 * emit_fp.c - F and D. Single values are NaN-boxed in their 64-bit registers (D: NaN
 * boxing), which every op with an F32 operand is told by BP_FP_BOX. translate.c has checked
 * mstatus.FS and the rounding mode.
 */
#include "emit.h"

riscv_emit_fn riscv_emit_fp_load, riscv_emit_fp_store, riscv_emit_fp_arith, riscv_emit_fp_fma,
    riscv_emit_fp_compare, riscv_emit_fp_to_int, riscv_emit_fp_from_int, riscv_emit_fp_to_bits,
    riscv_emit_fp_from_bits, riscv_emit_fp_class;

/* While FS is not Dirty it must become so after the access, which may fault, and without
 * repeating it. */
void riscv_emit_fp_load(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    bool dirty = (e->mode >> MODE_FP_SHIFT & 3) == MODE_FP_DIRTY;
    uint32_t rd = insn_rd(insn);
    struct bp_ir_op *op =
        emit_op(e, BP_IR_LD, row->type, dirty ? emit_f(rd) : T0, emit_x(insn_rs1(insn)), 0);

    op->disp = insn_imm_i(insn);
    op->x = e->mem | (row->type == BP_T_F32 ? BP_MEM_BOX : 0);
    if (!dirty)
        emit_leave(e, HELPER_FP_LOAD, T0, BP_IR_ZERO, rd | e->length << 8);
}

void riscv_emit_fp_store(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    struct bp_ir_op *op =
        emit_op(e, BP_IR_ST, row->type, 0, emit_x(insn_rs1(insn)), emit_f(insn_rs2(insn)));

    op->disp = insn_imm_s(insn);
    op->x = e->mem;
}

/* All that read and write f registers only: d, a, and b where the op has one. */
void riscv_emit_fp_arith(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    bool unary = row->op == BP_IR_FSQRT || row->op == BP_IR_FCVTFF;

    emit_op(e, row->op, row->type, emit_f(insn_rd(insn)), emit_f(insn_rs1(insn)),
            unary ? 0 : emit_f(insn_rs2(insn)))
        ->x = e->rm | BP_FP_BOX;
}

void riscv_emit_fp_fma(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    struct bp_ir_op *op = emit_op(e, row->op, row->type, emit_f(insn_rd(insn)),
                                  emit_f(insn_rs1(insn)), emit_f(insn_rs2(insn)));

    op->c = emit_f(insn_rs3(insn));
    op->x = e->rm | BP_FP_BOX;
}

/* A result in an x register: also for x0, because of the flags. RV32 registers take it through a
 * temporary. */
static void to_x(struct emitter *e, const struct riscv_insn *row, uint32_t insn, uint16_t b,
                 uint16_t x)
{
    uint32_t rd = insn_rd(insn);
    bool direct = e->xlen == 64 && rd;

    emit_op(e, row->op, row->type, direct ? emit_x(rd) : T0, emit_f(insn_rs1(insn)), b)->x =
        x | BP_FP_BOX;
    if (!direct && rd)
        emit_op(e, BP_IR_MOV, BP_T_S32, emit_x(rd), 0, T0);
}

void riscv_emit_fp_compare(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    to_x(e, row, insn, emit_f(insn_rs2(insn)), 0);
}

void riscv_emit_fp_class(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    to_x(e, row, insn, 0, 0);
}

void riscv_emit_fp_to_int(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    to_x(e, row, insn, 0, e->rm | row->aux);
}

void riscv_emit_fp_from_int(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    emit_op(e, row->op, row->type, emit_f(insn_rd(insn)), emit_wide(e, insn_rs1(insn), T0), 0)->x =
        e->rm | BP_FP_BOX | row->aux;
}

void riscv_emit_fp_to_bits(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    if (insn_rd(insn))
        emit_op(e, BP_IR_MOV, row->type, emit_x(insn_rd(insn)), 0, emit_f(insn_rs1(insn)));
}

void riscv_emit_fp_from_bits(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint16_t source = emit_x(insn_rs1(insn));

    if (row->op == BP_IR_FBOX)
        emit_op(e, BP_IR_FBOX, row->type, emit_f(insn_rd(insn)), source, 0);
    else
        emit_op(e, BP_IR_MOV, row->type, emit_f(insn_rd(insn)), 0, source);
}
