/* SPDX-License-Identifier: Apache-2.0
 *
 * translate.c - the block builder: fetches, expands, decodes, checks what the mode decides, and
 * lets the row emit.
 *
 * A block ends at unconditional control flow, at whatever a helper must leave for, at the first
 * instruction of the next page, and when the builder is full. A conditional branch is a side exit:
 * the block goes on behind it.
 */
#include "emit.h"

#define RM_DYNAMIC 7u

uint16_t emit_wide(struct emitter *e, uint32_t reg, uint16_t temp)
{
    if (e->xlen == 64 || !reg)
        return emit_x(reg);
    emit_op(e, BP_IR_MOV, BP_T_S32, temp, 0, emit_x(reg));
    return temp;
}

void emit_call(struct emitter *e, enum riscv_helper helper, uint16_t d, uint16_t a, uint16_t b,
               uint32_t imm)
{
    struct bp_ir_op *op = emit_op(e, BP_IR_CALL, BP_T_I64, d, a, b);

    op->disp = (int32_t)imm;
    op->x = (uint16_t)helper;
}

void emit_leave(struct emitter *e, enum riscv_helper helper, uint16_t a, uint16_t b, uint32_t imm)
{
    emit_call(e, helper, BP_IR_ZERO, a, b, imm);
    emit_op(e, BP_IR_EXIT, BP_T_I64, 0, 0, 0);
    e->ended = true;
}

static void emit_illegal(struct emitter *e)
{
    emit_leave(e, HELPER_ILLEGAL, BP_IR_ZERO, BP_IR_ZERO, e->raw);
}

/* Checks of FP instructions that the mode word answers (Privileged 3.1.6.6; F: fcsr).
 * True: emit it. */
static bool fp_ready(struct emitter *e, const struct riscv_insn *row, uint32_t insn)
{
    uint32_t fp = e->mode >> MODE_FP_SHIFT & 3;

    if (row->traits & INSN_RM) {
        e->rm = (uint8_t)insn_rm(insn);
        if (e->rm == RM_DYNAMIC)
            e->rm = e->mode >> MODE_FRM_SHIFT & 7;
    } else {
        e->rm = BP_RM_RNE;
    }
    if (fp == MODE_FP_OFF || e->rm > BP_RM_RMM) {
        emit_illegal(e);
        return false;
    }
    if (row->traits & INSN_DIRTY && fp != MODE_FP_DIRTY) {
        emit_leave(e, HELPER_FP_DIRTY, BP_IR_ZERO, BP_IR_ZERO, e->raw);
        return false;
    }
    return true;
}

/* Fetches the instruction at e->offset into raw and length. */
static int32_t fetch(struct emitter *e)
{
    struct bp_ir_builder *b = e->builder;
    uint16_t low, high;
    int32_t status = b->fetch16(b->ctx, e->offset, &low);

    if (status != BP_OK)
        return status;
    e->raw = low;
    e->length = 2;
    if ((low & 3) != 3)
        return BP_OK;
    status = b->fetch16(b->ctx, e->offset + 2, &high);
    if (status != BP_OK)
        return status;
    e->raw |= (uint32_t)high << 16;
    e->length = 4;
    return BP_OK;
}

static void translate_one(struct emitter *e)
{
    uint32_t ext = e->mode >> MODE_EXT_SHIFT;
    const struct riscv_insn *row = NULL;
    uint32_t insn = e->raw;

    if (e->length == 2)
        insn = ext >> EXT_C & 1 ? riscv_expand((uint16_t)e->raw, e->xlen) : 0;
    row = riscv_decode(insn, e->xlen, ext);
    if (!row)
        emit_illegal(e);
    else if (!(row->traits & INSN_FP) || fp_ready(e, row, insn))
        row->emit(e, row, insn);
}

int32_t riscv_translate(void *state, struct bp_ir_builder *builder)
{
    const struct hart *h = state;
    const uint32_t max = builder->flags & BP_BUILDER_SINGLE ? 1 : builder->max_insns;
    const uint16_t context = builder->mode >> MODE_CONTEXT_SHIFT & 15;
    const uint16_t addr = h->xlen == 32 ? BP_MEM_ADDR32 : 0;
    const bool aligned = builder->mode >> MODE_MISALIGN_SHIFT & 1;
    struct emitter e = {
        .builder = builder,
        .xlen = h->xlen,
        .mode = builder->mode,
        .mem = context | addr | (aligned ? BP_MEM_ALIGNED : 0),
        .mem_atomic = context | addr | BP_MEM_ALIGNED,
        .xtype = h->xlen == 32 ? BP_T_S32 : BP_T_I64,
    };

    builder->nops = builder->ninsns = 0;
    while (!e.ended && builder->ninsns < max &&
           ((builder->pc + e.offset) ^ builder->pc) >> 12 == 0) {
        if (fetch(&e) != BP_OK) {
            if (builder->ninsns == 0)
                return BP_E_FAULT;
            break;
        }
        builder->insns[builder->ninsns++] = (struct bp_ir_insn){
            .first_op = builder->nops,
            .pc_offset = (uint16_t)e.offset,
            .length = (uint8_t)e.length,
        };
        translate_one(&e);
        e.offset += e.length;
    }
    if (!e.ended)
        emit_op(&e, BP_IR_GOTO, BP_T_I64, 0, 0, 0)->imm = e.offset;
    return BP_OK;
}
