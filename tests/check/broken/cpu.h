/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.h - a CPU whose every instruction of four bytes traps, to be broken in one place.
 */
#ifndef BROKEN_CPU_H
#define BROKEN_CPU_H

#include "other.h"

struct cpu {
    uint64_t r0, pc, fflags, accessed;
    uint32_t mode, fetch_context;
};

static inline int32_t cpu_init(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                               struct bp_dev *dev, const struct bp_core *core)
{
    return BP_OK;
}

static inline void cpu_reset(void *state, uint32_t kind)
{
    memset(state, 0, sizeof(struct cpu));
}

static inline void cpu_boot(void *state, uint32_t index, const struct bp_boot *boot)
{
    ((struct cpu *)state)->pc = boot->entry;
}

static inline int32_t cpu_translate(void *state, struct bp_ir_builder *b)
{
    uint16_t code;

    if (b->fetch16(b->ctx, 0, &code) || b->fetch16(b->ctx, 2, &code))
        return BP_E_FAULT;
    b->insns[b->ninsns++] = (struct bp_ir_insn){.length = 4};
    b->ops[b->nops++] =
        (struct bp_ir_op){.op = BP_IR_CALL, .d = BP_IR_ZERO, .a = BP_IR_ZERO, .b = BP_IR_ZERO};
    b->ops[b->nops++] = (struct bp_ir_op){.op = BP_IR_EXIT};
    return BP_OK;
}

static inline int32_t cpu_walk(void *state, uint64_t va, uint32_t kind, uint32_t context,
                               uint32_t debug, struct bp_walk *out)
{
    out->pa = va;
    out->log2_size = 12;
    out->prot = BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH;
    return 0;
}

static inline void cpu_fault(void *state, const struct bp_fault *fault)
{
    ((struct cpu *)state)->pc = 0;
}

static inline int32_t cpu_poll(void *state)
{
    return BP_CPU_RUN;
}

static inline uint64_t cpu_trap(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    return 1;
}

static const struct bp_cpu_reg cpu_regs[] = {
    {.name = "r0", .bits = 64, .offset = BP_OFFSET(struct cpu, r0), .flags = BP_CPU_REG_IR},
    {.name = "pc",
     .bits = 64,
     .offset = BP_OFFSET(struct cpu, pc),
     .flags = BP_CPU_REG_PC,
     .gdb = 1},
};

static const struct bp_cpu_helper cpu_helpers[] = {{"trap", cpu_trap, BP_HELPER_CONTROL, 0, 0, 0}};

/* All members; what is broken is given behind it. */
#define CPU_MEMBERS                                                                                \
    .size = sizeof(struct bp_cpu_class), .name = "broken", .doc = "A CPU with one fault.",         \
    .state_size = sizeof(struct cpu), .state_align = _Alignof(struct cpu),                         \
    .regs = BP_ARRAY(cpu_regs), .helpers = BP_ARRAY(cpu_helpers), .ir_major = BP_IR_MAJOR,         \
    .xlen = 64, .ncontexts = 1, .insn_align = 4, .mode_offset = BP_OFFSET(struct cpu, mode),       \
    .pc_offset = BP_OFFSET(struct cpu, pc), .fflags_offset = BP_OFFSET(struct cpu, fflags),        \
    .fetch_context_offset = BP_OFFSET(struct cpu, fetch_context), .init = cpu_init,                \
    .reset = cpu_reset, .set_boot = cpu_boot, .fault = cpu_fault, .poll = cpu_poll

#endif
