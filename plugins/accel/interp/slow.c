/* SPDX-License-Identifier: Apache-2.0
 *
 * slow.c - what handlers call: accesses that missed the TLB, atomics, helpers of the CPU class.
 */
#include "../common/fp.h"
#include "../common/ir_info.h"
#include "interp.h"

#define SLOT(v, offset) (*(uint64_t *)((char *)(v) + (offset)))

static uint64_t extended(uint64_t value, uint32_t type, uint32_t x)
{
    switch (type) {
    case BP_T_S32:
        return (uint64_t)(int64_t)(int32_t)value;
    case BP_T_S16:
        return (uint64_t)(int64_t)(int16_t)value;
    case BP_T_S8:
        return (uint64_t)(int64_t)(int8_t)value;
    case BP_T_F32:
        return x & BP_MEM_BOX ? value | FP_BOXED : value;
    default:
        return value;
    }
}

int interp_load(struct bp_vcpu *v, uint64_t va, uint32_t type, uint32_t x, uint32_t reg)
{
    uint64_t value;

    if (mmu_load(&v->mmu, va, ir_type_bytes[type], x, &value))
        return INTERP_FAULT;
    SLOT(v, reg) = extended(value, type, x);
    return v->leave ? INTERP_LEAVE : INTERP_OK;
}

int interp_store(struct bp_vcpu *v, uint64_t va, uint32_t type, uint32_t x, uint32_t reg)
{
    if (mmu_store(&v->mmu, va, ir_type_bytes[type], x, SLOT(v, reg)))
        return INTERP_FAULT;
    return v->leave ? INTERP_LEAVE : INTERP_OK;
}

int interp_atomic(struct bp_vcpu *v, const struct rec *rec)
{
    uint32_t op = rec->c & 0xff, type = rec->c >> 8, x = (uint8_t)rec->n,
             width = ir_type_bytes[type];
    uint64_t va = SLOT(v, rec->a) + (uint64_t)(int64_t)rec->imm, old;
    int fault;

    if (x & BP_MEM_ADDR32)
        va = (uint32_t)va;
    switch (op) {
    case BP_IR_LR:
        fault = mmu_load_reserved(&v->mmu, va, width, x, &old);
        break;
    case BP_IR_SC:
        fault = mmu_store_conditional(&v->mmu, va, width, x, SLOT(v, rec->b), &old);
        break;
    default:
        fault = mmu_atomic(&v->mmu, op, va, width, x, SLOT(v, rec->b), &old);
    }
    if (fault)
        return INTERP_FAULT;
    SLOT(v, rec->d) = extended(old, type, 0);
    return v->leave ? INTERP_LEAVE : INTERP_OK;
}

static const struct bp_cpu_helper *helper_of(const struct bp_vcpu *v, const struct rec *rec)
{
    return (const void *)((const char *)v->cls->helpers + (size_t)rec->c * v->cls->helper_stride);
}

uint64_t interp_call_value(struct bp_vcpu *v, const struct rec *rec)
{
    uint64_t result;

    interp_outside(&v->mmu);
    result = helper_of(v, rec)->fn(v->state, SLOT(v, rec->a), SLOT(v, rec->b), rec->imm);
    interp_inside(&v->mmu);
    return result;
}

int interp_call_control(struct bp_vcpu *v, const struct rec *rec)
{
    uint64_t gone;

    interp_outside(&v->mmu);
    gone = helper_of(v, rec)->fn(v->state, SLOT(v, rec->a), SLOT(v, rec->b), rec->imm);
    interp_inside(&v->mmu);
    if (gone) {
        v->ask = 1;
        v->end -= !v->broke;
        return INTERP_GONE;
    }
    return v->leave ? INTERP_LEAVE : INTERP_OK;
}

void interp_set_pc(struct bp_vcpu *v, const struct rec *rec, uint32_t insn)
{
    struct block *block = interp_block(rec);

    *v->pc = (block->va + interp_offsets(block)[insn]) & v->pc_mask;
}
