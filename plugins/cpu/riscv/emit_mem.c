/* SPDX-License-Identifier: Apache-2.0
 *
 * emit_mem.c - loads, stores, atomics, fences and cache blocks. RV32I 2.6, 2.7, A,
 * Zicbom, Zicboz.
 */
#include "emit.h"

riscv_emit_fn riscv_emit_load, riscv_emit_store, riscv_emit_lr, riscv_emit_amo, riscv_emit_fence,
    riscv_emit_cbo_manage, riscv_emit_cbo_zero;

void riscv_emit_load(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    struct bp_ir_op *op =
        emit_op(e, BP_IR_LD, row->type, emit_x_or_temp(insn_rd(insn)), emit_x(insn_rs1(insn)), 0);

    op->disp = insn_imm_i(insn);
    op->x = e->mem;
}

void riscv_emit_store(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    struct bp_ir_op *op =
        emit_op(e, BP_IR_ST, row->type, 0, emit_x(insn_rs1(insn)), emit_x(insn_rs2(insn)));

    op->disp = insn_imm_s(insn);
    op->x = e->mem;
}

static uint16_t atomic_flags(const struct emitter *e, uint32_t insn)
{
    return (uint16_t)(e->mem_atomic | (insn >> 26 & 1 ? BP_MEM_ACQUIRE : 0) |
                      (insn >> 25 & 1 ? BP_MEM_RELEASE : 0));
}

void riscv_emit_lr(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    emit_op(e, BP_IR_LR, row->type, emit_x_or_temp(insn_rd(insn)), emit_x(insn_rs1(insn)), 0)->x =
        atomic_flags(e, insn);
}

void riscv_emit_amo(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    emit_op(e, row->op, row->type, emit_x_or_temp(insn_rd(insn)), emit_x(insn_rs1(insn)),
            emit_x(insn_rs2(insn)))
        ->x = atomic_flags(e, insn);
}

/* FENCE pred, succ: device input and output order like memory reads and writes. PAUSE and other
 * hints have an empty set and order nothing. */
void riscv_emit_fence(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    bool from_r = insn >> 24 & 0xa, from_w = insn >> 24 & 5, to_r = insn >> 20 & 0xa,
         to_w = insn >> 20 & 5;
    bool tso = insn >> 28 == 8;
    uint16_t x =
        (uint16_t)((from_r && to_r ? BP_FENCE_RR : 0) | (from_r && to_w ? BP_FENCE_RW : 0) |
                   (from_w && to_r && !tso ? BP_FENCE_WR : 0) | (from_w && to_w ? BP_FENCE_WW : 0));

    if (x)
        emit_op(e, BP_IR_FENCE, BP_T_I64, 0, 0, 0)->x = x;
}

void riscv_emit_cbo_manage(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    emit_call(e, HELPER_CBO_MANAGE, BP_IR_ZERO, emit_wide(e, insn_rs1(insn), T0), BP_IR_ZERO,
              e->raw);
}

void riscv_emit_cbo_zero(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    emit_call(e, HELPER_CBO_ZERO, BP_IR_ZERO, BP_IR_ZERO, BP_IR_ZERO, e->raw);
    emit_imm(e, BP_IR_AND, e->xtype, T0, emit_x(insn_rs1(insn)), -(int64_t)RISCV_CACHE_BLOCK);
    for (uint32_t i = 0; i < RISCV_CACHE_BLOCK; i += 8) {
        struct bp_ir_op *op = emit_op(e, BP_IR_ST, BP_T_I64, 0, T0, BP_IR_ZERO);

        op->disp = (int32_t)i;
        op->x = e->mem;
    }
}
