/* SPDX-License-Identifier: Apache-2.0
 *
 * emit_sys.c - system instructions: all of them are helper calls. A CSR instruction lets the block
 * go on unless the helper finds that it changed what the block was translated for.
 */
#include "emit.h"

riscv_emit_fn riscv_emit_csr, riscv_emit_leave, riscv_emit_fence_vma;

void riscv_emit_csr(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    bool immediate = insn >> 14 & 1;

    emit_call(e, HELPER_CSR, BP_IR_ZERO, immediate ? BP_IR_ZERO : emit_wide(e, insn_rs1(insn), T0),
              BP_IR_ZERO, insn);
}

void riscv_emit_leave(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    emit_leave(e, row->aux, BP_IR_ZERO, BP_IR_ZERO, e->raw);
}

void riscv_emit_fence_vma(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint16_t va = emit_wide(e, insn_rs1(insn), T0), asid = emit_wide(e, insn_rs2(insn), T1);

    emit_leave(e, row->aux, va, asid, e->raw);
}
