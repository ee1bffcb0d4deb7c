/* SPDX-License-Identifier: Apache-2.0
 *
 * toy.c - the test CPU class: see toy.h.
 */
#include "toy.h"

#include <string.h>

/* --- registers -------------------------------------------------------------------------------- */

#define REG(i, text, width, kind)                                                                  \
    {                                                                                              \
        .name = text, .bits = width, .offset = offsetof(struct toy_state, regs) + 8 * (i),         \
        .group = kind, .flags = BP_CPU_REG_IR, .gdb = -1                                           \
    }
#define R(i) REG(TOY_R + i, "r" #i, 64, BP_REGS_GENERAL)
#define F(i) REG(TOY_F + i, "f" #i, 64, BP_REGS_FLOAT)
#define W(i) REG(TOY_W + i, "w" #i, 32, BP_REGS_GENERAL)

static const struct bp_cpu_reg regs[] = {
    R(0),
    R(1),
    R(2),
    R(3),
    R(4),
    R(5),
    R(6),
    R(7),
    R(8),
    R(9),
    R(10),
    R(11),
    R(12),
    R(13),
    R(14),
    R(15),
    F(0),
    F(1),
    F(2),
    F(3),
    F(4),
    F(5),
    F(6),
    F(7),
    W(0),
    W(1),
    W(2),
    W(3),
    W(4),
    W(5),
    W(6),
    W(7),
    {.name = "pc",
     .bits = 64,
     .offset = offsetof(struct toy_state, pc),
     .group = BP_REGS_GENERAL,
     .flags = BP_CPU_REG_PC,
     .gdb = -1},
};

/* --- helpers ---------------------------------------------------------------------------------- */

static uint64_t stop(void *opaque, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy_state *state = opaque;

    state->stopped = 1;
    state->stop_count = state->retired(state);
    if (state->on_stop)
        state->on_stop(state->ctx);
    return 1;
}

static uint64_t mix(void *opaque, uint64_t a, uint64_t b, int64_t imm)
{
    return a + 3 * b + (uint64_t)imm;
}

static uint64_t peek(void *opaque, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy_state *state = opaque;

    state->regs[0] = state->pc;
    state->regs[1] = state->retired(state);
    state->regs[2] = state->fflags;
    state->fflags = (uint64_t)imm & 31;
    return 0;
}

static uint64_t swap(void *opaque, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy_state *state = opaque;
    uint64_t kept = state->regs[3];

    state->regs[3] = state->regs[4];
    state->regs[4] = kept;
    return 0;
}

static uint64_t divert(void *opaque, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy_state *state = opaque;

    if (a)
        state->pc = b;
    return a != 0;
}

static const struct bp_cpu_helper helpers[TOY_HELPERS] = {
    [TOY_STOP] = {.name = "stop", .fn = stop, .flags = BP_HELPER_CONTROL},
    [TOY_MIX] = {.name = "mix", .fn = mix, .flags = BP_HELPER_VALUE},
    [TOY_PEEK] = {.name = "peek", .fn = peek, .flags = BP_HELPER_CONTROL, .writes = 7},
    [TOY_SWAP] =
        {.name = "swap", .fn = swap, .flags = BP_HELPER_CONTROL, .reads = 0x18, .writes = 0x18},
    [TOY_DIVERT] = {.name = "divert", .fn = divert, .flags = BP_HELPER_CONTROL},
};

/* --- code ------------------------------------------------------------------------------------- */

static void emit_stop(struct bp_ir_builder *builder)
{
    builder->insns[0] = (struct bp_ir_insn){.length = 2};
    builder->ops[0] = (struct bp_ir_op){
        .op = BP_IR_CALL, .d = BP_IR_ZERO, .a = BP_IR_ZERO, .b = BP_IR_ZERO, .x = TOY_STOP};
    builder->ops[1] = (struct bp_ir_op){.op = BP_IR_EXIT};
    builder->ninsns = 1;
    builder->nops = 2;
}

/* A prefix of the block that ends before instruction n: what a translator leaves when it may not go
 * on. */
static void cut_off(struct bp_ir_builder *builder, const struct toy_block *block, uint32_t n)
{
    builder->ninsns = n;
    builder->nops = n < block->ninsns ? block->insns[n].first_op : block->nops;
    if (n < block->ninsns)
        builder->ops[builder->nops++] =
            (struct bp_ir_op){.op = BP_IR_GOTO, .imm = block->insns[n].pc_offset};
}

/* Instructions behind the first are found, too: whoever cuts a block off continues at the rest of
 * it. */
const struct toy_block *toy_find(const struct toy_program *program, uint64_t pc, uint32_t *insn)
{
    for (uint32_t i = 0; i < program->nblocks; i++) {
        const struct toy_block *block = &program->blocks[i];
        for (*insn = 0; *insn < block->ninsns; ++*insn)
            if (block->pc + block->insns[*insn].pc_offset == pc)
                return block;
    }
    return NULL;
}

/* The block from instruction `first` on. Offsets are relative to its new start. */
static void rebase(struct toy_block *out, const struct toy_block *block, uint32_t first)
{
    uint32_t op = block->insns[first].first_op;
    uint16_t offset = block->insns[first].pc_offset;

    *out = *block;
    out->pc += offset;
    out->ninsns = block->ninsns - first;
    out->nops = block->nops - op;
    for (uint32_t i = 0; i < out->ninsns; i++) {
        out->insns[i] = block->insns[first + i];
        out->insns[i].first_op -= op;
        out->insns[i].pc_offset = (uint16_t)(out->insns[i].pc_offset - offset);
    }
    for (uint32_t i = 0; i < out->nops; i++) {
        struct bp_ir_op *o = &out->ops[i];
        *o = block->ops[op + i];
        if (o->op == BP_IR_BR)
            o->disp -= offset;
        if (o->op == BP_IR_GOTO || o->op == BP_IR_PCREL)
            o->imm = (int64_t)((uint64_t)o->imm - offset);
    }
}

static int32_t translate(void *opaque, struct bp_ir_builder *builder)
{
    const struct toy_state *state = opaque;
    uint32_t n = 0, first, max = builder->flags & BP_BUILDER_SINGLE ? 1 : builder->max_insns;
    const struct toy_block *found = toy_find(state->program, builder->pc, &first);
    struct toy_block block;
    uint16_t code;

    if (!found) {
        if (builder->fetch16(builder->ctx, 0, &code))
            return BP_E_FAULT;
        emit_stop(builder);
        return BP_OK;
    }
    rebase(&block, found, first);
    for (; n < block.ninsns && n < max; n++)
        for (uint32_t byte = 0; byte < block.insns[n].length; byte += 2)
            if (builder->fetch16(builder->ctx, block.insns[n].pc_offset + byte, &code))
                goto fetched;
fetched:
    if (!n)
        return BP_E_FAULT;
    memcpy(builder->insns, block.insns, n * sizeof *builder->insns);
    memcpy(builder->ops, block.ops, block.nops * sizeof *builder->ops);
    cut_off(builder, &block, n);
    return BP_OK;
}

/* --- memory and exceptions -------------------------------------------------------------------- */

static uint64_t page_of(uint64_t va)
{
    return va & ~(uint64_t)0xfff;
}

int32_t toy_walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                 struct bp_walk *out)
{
    int writes = kind == BP_MEM_WRITE || kind == BP_MEM_AMO;
    int read_only = context == 2 || page_of(va) == TOY_READ_ONLY;

    if (context >= 3)
        return TOY_CAUSE_CONTEXT;
    if (page_of(va) == TOY_HOLE || va > UINT32_MAX)
        return TOY_CAUSE_HOLE;
    if (writes && read_only)
        return TOY_CAUSE_WRITE;
    out->pa = va;
    if (context == 1 && va >= TOY_DATA && va < TOY_RAM + TOY_RAM_BYTES)
        out->pa ^= 0x3000;
    out->log2_size = 12;
    out->prot = BP_PROT_READ | BP_PROT_FETCH | (read_only ? 0 : BP_PROT_WRITE);
    return 0;
}

static void fault(void *opaque, const struct bp_fault *what)
{
    struct toy_state *state = opaque;

    state->faults++;
    state->fault = *what;
    state->fault_pc = state->pc;
    state->pc = TOY_FAULT_HANDLER;
}

static int32_t poll(void *state)
{
    return BP_CPU_RUN;
}

static int32_t init(void *opaque, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                    struct bp_dev *dev, const struct bp_core *core)
{
    struct toy_state *state = opaque;

    state->vcpu = vcpu;
    state->api = api;
    return BP_OK;
}

static void finish(void *state)
{
}

static void reset(void *state, uint32_t kind)
{
}

#define CLASS(text, bits)                                                                          \
    {                                                                                              \
        .size = sizeof(struct bp_cpu_class), .name = text, .doc = "runs IR",                       \
        .state_size = sizeof(struct toy_state), .state_align = 16, .regs = regs,                   \
        .nregs = sizeof regs / sizeof *regs, .reg_stride = sizeof *regs, .helpers = helpers,       \
        .nhelpers = TOY_HELPERS, .helper_stride = sizeof *helpers, .ir_major = BP_IR_MAJOR,        \
        .xlen = bits, .ncontexts = TOY_CONTEXTS, .insn_align = 2,                                  \
        .mode_offset = offsetof(struct toy_state, mode),                                           \
        .pc_offset = offsetof(struct toy_state, pc),                                               \
        .fflags_offset = offsetof(struct toy_state, fflags),                                       \
        .fetch_context_offset = offsetof(struct toy_state, fetch_context), .init = init,           \
        .finish = finish, .reset = reset, .translate = translate, .walk = toy_walk,                \
        .fault = fault, .poll = poll,                                                              \
    }

const struct bp_cpu_class toy_class = CLASS("toy64", 64);
const struct bp_cpu_class toy_class32 = CLASS("toy32", 32);
