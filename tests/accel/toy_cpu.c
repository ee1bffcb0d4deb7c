/* SPDX-License-Identifier: Apache-2.0
 *
 * toy_cpu.c - the toy CPU; toy_cpu.h lists its instructions.
 */
#include "toy_cpu.h"

#include <string.h>

#define PAGE      0x1000ull
#define AT(field) (uint32_t) offsetof(struct toy, field)

static uint64_t trap(struct toy *cpu, enum toy_cause cause)
{
    cpu->epc = cpu->pc;
    cpu->cause = cause;
    cpu->ntraps++;
    cpu->pc = cpu->vector;
    return 1;
}

/* --- helpers --------------------------------------------------------------------------------- */

static uint64_t illegal(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    return trap(state, TOY_ILLEGAL);
}

static uint64_t halt(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->waiting = 1;
    cpu->pc += 4;
    return 1;
}

static uint64_t fence_i(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->api->flush_code(cpu->vcpu);
    return 0;
}

static uint64_t flush(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    if (imm)
        cpu->api->flush_tlb(cpu->vcpu, ~0u);
    else
        cpu->api->flush_page(cpu->vcpu, a);
    return 0;
}

static uint64_t retired(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->retired = cpu->api->retired(cpu->vcpu);
    return 0;
}

static uint64_t set_mode(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->mode = (uint32_t)imm;
    cpu->pc += 4;
    return 1;
}

static uint64_t enter(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->pages = cpu->spaces[imm];
    cpu->api->enter_space(cpu->vcpu, 1, (uint64_t)imm);
    return 0;
}

static uint64_t forget(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->api->flush_space(cpu->vcpu, 1, (uint64_t)imm, NULL);
    return 0;
}

static uint64_t forget_in(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct toy *cpu = state;

    cpu->api->flush_space(cpu->vcpu, 1, (uint64_t)imm, &a);
    return 0;
}

enum { ILLEGAL, HALT, FENCE_I, FLUSH, RETIRED, SET_MODE, ENTER, FORGET, FORGET_IN };
#define CONTROL(fn)                                                                                \
    {                                                                                              \
#fn, fn, BP_HELPER_CONTROL, 0, ~0ull, ~0ull                                                \
    }
static const struct bp_cpu_helper helpers[] = {
    [ILLEGAL] = CONTROL(illegal), [HALT] = CONTROL(halt),       [FENCE_I] = CONTROL(fence_i),
    [FLUSH] = CONTROL(flush),     [RETIRED] = CONTROL(retired), [SET_MODE] = CONTROL(set_mode),
    [ENTER] = CONTROL(enter),     [FORGET] = CONTROL(forget),   [FORGET_IN] = CONTROL(forget_in),
};

/* --- translation ----------------------------------------------------------------------------- */

struct code {
    struct bp_ir_builder *b;
    uint32_t at;
    int ended;
};

static struct bp_ir_op *put(struct code *c, uint8_t op, uint8_t type, uint32_t d, uint32_t a,
                            uint32_t b)
{
    struct bp_ir_op *ir = &c->b->ops[c->b->nops++];

    *ir = (struct bp_ir_op){
        .op = op, .type = type, .d = (uint16_t)d, .a = (uint16_t)a, .b = (uint16_t)b};
    return ir;
}

static void call(struct code *c, uint32_t helper, uint32_t a, int32_t imm)
{
    struct bp_ir_op *ir = put(c, BP_IR_CALL, BP_T_I64, BP_IR_ZERO, a, BP_IR_ZERO);

    ir->x = (uint16_t)helper;
    ir->disp = imm;
}

static void leave(struct code *c, uint32_t helper, int32_t imm)
{
    call(c, helper, BP_IR_ZERO, imm);
    put(c, BP_IR_EXIT, BP_T_I64, 0, 0, 0);
    c->ended = 1;
}

static void go(struct code *c, int64_t to)
{
    put(c, BP_IR_GOTO, BP_T_I64, 0, 0, 0)->imm = to;
    c->ended = 1;
}

static void translate_one(struct code *c, uint32_t word)
{
    uint32_t d = word >> 8 & 15, a = word >> 16 & 15, b = word >> 24 & 15;
    int32_t imm = (int8_t)(word >> 24), wide = (int16_t)(word >> 16);

    switch (word & 0xff) {
    case OP_LI:
        put(c, BP_IR_MOV, BP_T_I64, d, 0, BP_IR_IMM)->imm = wide;
        break;
    case OP_LIH:
        put(c, BP_IR_SHL, BP_T_I64, d, d, BP_IR_IMM)->imm = 16;
        put(c, BP_IR_OR, BP_T_I64, d, d, BP_IR_IMM)->imm = (uint16_t)wide;
        break;
    case OP_ADDI:
        put(c, BP_IR_ADD, BP_T_I64, d, a, BP_IR_IMM)->imm = imm;
        break;
    case OP_ADD:
        put(c, BP_IR_ADD, BP_T_I64, d, a, b);
        break;
    case OP_LD:
        put(c, BP_IR_LD, BP_T_I64, d, a, 0)->disp = imm;
        break;
    case OP_LDA: {
        struct bp_ir_op *ir = put(c, BP_IR_LD, BP_T_I64, d, a, 0);
        ir->disp = imm;
        ir->x = BP_MEM_ALIGNED;
        break;
    }
    case OP_LDW:
        put(c, BP_IR_LD, BP_T_S32, d, a, 0)->disp = imm;
        break;
    case OP_ST:
        put(c, BP_IR_ST, BP_T_I64, 0, a, d)->disp = imm;
        break;
    case OP_STW:
        put(c, BP_IR_ST, BP_T_U32, 0, a, d)->disp = imm;
        break;
    case OP_STB:
        put(c, BP_IR_ST, BP_T_U8, 0, a, d)->disp = imm;
        break;
    case OP_BNE: {
        struct bp_ir_op *ir = put(c, BP_IR_BR, BP_T_I64, 0, d, a);
        ir->c = BP_CC_NE;
        ir->disp = (int32_t)c->at + 4 * imm;
        break;
    }
    case OP_JMP:
        go(c, (int64_t)c->at + 4 * wide);
        break;
    case OP_JR:
        put(c, BP_IR_JMP, BP_T_I64, 0, a, 0);
        c->ended = 1;
        break;
    case OP_CALL:
        put(c, BP_IR_PCREL, BP_T_I64, d, 0, 0)->imm = c->at + 4;
        go(c, (int64_t)c->at + 4 * wide);
        break;
    case OP_LR:
        put(c, BP_IR_LR, BP_T_I64, d, a, 0);
        break;
    case OP_SC:
        put(c, BP_IR_SC, BP_T_I64, d, a, b);
        break;
    case OP_AMOADD:
        put(c, BP_IR_AMOADD, BP_T_I64, d, a, b);
        break;
    case OP_HALT:
        leave(c, HALT, 0);
        break;
    case OP_FENCEI:
        call(c, FENCE_I, BP_IR_ZERO, 0);
        break;
    case OP_FLUSH:
        call(c, FLUSH, a, 0);
        break;
    case OP_FLUSHALL:
        call(c, FLUSH, BP_IR_ZERO, 1);
        break;
    case OP_RETIRED:
        call(c, RETIRED, BP_IR_ZERO, 0);
        break;
    case OP_FDIV:
        put(c, BP_IR_FDIV, BP_T_F64, d, d, a);
        break;
    case OP_PUSH:
        put(c, BP_IR_ST, BP_T_I64, 0, a, d);
        put(c, BP_IR_ADD, BP_T_I64, a, a, BP_IR_IMM)->imm = imm;
        break;
    case OP_MODE:
        leave(c, SET_MODE, wide);
        break;
    case OP_ENTER:
        call(c, ENTER, BP_IR_ZERO, wide);
        break;
    case OP_FORGET:
        call(c, FORGET, BP_IR_ZERO, wide);
        break;
    case OP_FORGETIN:
        call(c, FORGET_IN, a, imm);
        break;
    default:
        leave(c, ILLEGAL, 0);
    }
}

static int32_t translate(void *state, struct bp_ir_builder *b)
{
    struct toy *cpu = state;
    struct code c = {.b = b};
    uint32_t max = b->flags & BP_BUILDER_SINGLE ? 1 : b->max_insns;

    while (!c.ended && b->ninsns < max) {
        uint16_t low, high;
        if (b->fetch16(b->ctx, c.at, &low) || b->fetch16(b->ctx, c.at + 2, &high)) {
            if (!b->ninsns)
                return BP_E_FAULT;
            break;
        }
        b->insns[b->ninsns++] =
            (struct bp_ir_insn){.first_op = b->nops, .pc_offset = (uint16_t)c.at, .length = 4};
        translate_one(&c, low | (uint32_t)high << 16);
        c.at += 4;
    }
    if (!c.ended)
        go(&c, c.at);
    if (cpu->on_translate)
        cpu->on_translate(cpu);
    return BP_OK;
}

/* --- memory, traps, polls -------------------------------------------------------------------- */

static int32_t walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                    struct bp_walk *out)
{
    static const uint32_t needed[] = {BP_PROT_READ, BP_PROT_WRITE, BP_PROT_FETCH,
                                      BP_PROT_READ | BP_PROT_WRITE};
    struct toy *cpu = state;
    const struct toy_page *page;

    *out = (struct bp_walk){
        .pa = va, .log2_size = 64, .prot = BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH};
    if (!cpu->mmu_on)
        return 0;
    if (va / PAGE >= TOY_PAGES)
        return 7;
    page = &cpu->pages[va / PAGE];
    if ((page->prot & needed[kind]) != needed[kind])
        return 7;
    *out = (struct bp_walk){.pa = page->pa + va % PAGE,
                            .log2_size = page->log2_size ? page->log2_size : 12,
                            .prot = page->prot};
    return 0;
}

static void fault(void *state, const struct bp_fault *fault)
{
    static const enum toy_cause causes[] = {[BP_FAULT_WALK] = TOY_PAGE_FAULT,
                                            [BP_FAULT_MISALIGNED] = TOY_MISALIGNED,
                                            [BP_FAULT_BUS] = TOY_BUS};
    struct toy *cpu = state;

    cpu->fault_va = fault->va;
    cpu->fault_kind = fault->kind;
    trap(cpu, causes[fault->type]);
}

static int32_t poll(void *state)
{
    struct toy *cpu = state;

    cpu->polls++;
    if (atomic_exchange(&cpu->interrupt, 0)) {
        cpu->waiting = 0;
        trap(cpu, TOY_INTERRUPT);
    }
    return cpu->waiting ? BP_CPU_WAIT : BP_CPU_RUN;
}

static int32_t init(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                    struct bp_dev *dev, const struct bp_core *core)
{
    struct toy *cpu = state;

    cpu->vcpu = vcpu;
    cpu->api = api;
    return BP_OK;
}

#define REG(i)                                                                                     \
    {                                                                                              \
        .name = "r" #i, .bits = 64, .offset = AT(r[i]), .flags = BP_CPU_REG_IR, .gdb = i           \
    }
static const struct bp_cpu_reg regs[] = {REG(0),  REG(1),  REG(2),  REG(3), REG(4),  REG(5),
                                         REG(6),  REG(7),  REG(8),  REG(9), REG(10), REG(11),
                                         REG(12), REG(13), REG(14), REG(15)};

const struct bp_cpu_class toy_class = {
    .size = sizeof toy_class,
    .name = "toy",
    .doc = "CPU for tests",
    .state_size = sizeof(struct toy),
    .state_align = _Alignof(struct toy),
    .regs = regs,
    .nregs = sizeof regs / sizeof *regs,
    .reg_stride = sizeof *regs,
    .helpers = helpers,
    .nhelpers = sizeof helpers / sizeof *helpers,
    .helper_stride = sizeof *helpers,
    .ir_major = BP_IR_MAJOR,
    .xlen = 64,
    .ncontexts = 1,
    .insn_align = 4,
    .mode_offset = AT(mode),
    .pc_offset = AT(pc),
    .fflags_offset = AT(fflags),
    .fetch_context_offset = AT(fetch_context),
    .init = init,
    .translate = translate,
    .walk = walk,
    .fault = fault,
    .poll = poll,
};
