/* SPDX-License-Identifier: Apache-2.0
 *
 * random_program.c - random IR programs: see random_program.h. Ops are made from the formats of
 * ir_info.h with random fields; an instruction that the verifier refuses is made anew.
 */
#include "random_program.h"

#include <string.h>

#include "../../plugins/accel/common/ir_info.h"
#include "../../plugins/accel/common/ir_verify.h"

#define COUNTER     (TOY_R + 15)
#define POINTERS    (TOY_R + 12) /* r12, r13, r14 */
#define BLOCK_BYTES 0x100u

struct maker {
    struct rng *rng;
    const struct bp_cpu_class *cls;
    const struct toy_program *program; /* so far */
    uint32_t index, nblocks;           /* of the block being made */
    uint32_t temps;                    /* written in this instruction */
    struct bp_ir_op ops[BP_IR_OPS_PER_INSN];
    uint32_t nops;
};

/* --- values ----------------------------------------------------------------------------------- */

static const uint64_t corners[] = {
    0,
    1,
    2,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xffffffff80000000,
    0xffffffffffffffff,
    /* floating point, F64 and boxed and plain F32 */
    0x3ff0000000000000,
    0xbff0000000000000,
    0x7ff0000000000000,
    0xfff0000000000000,
    0x7ff8000000000000,
    0x7ff0000000000001,
    0x0010000000000000,
    0x8000000000000001,
    0x7fefffffffffffff,
    0x3ca0000000000000,
    0x41e0000000000000,
    0xc1e0000000200000,
    0x43e0000000000000,
    0x3fe0000000000000,
    0xffffffff3f800000,
    0xffffffffbf800001,
    0xffffffff7f800000,
    0xffffffff7fc00000,
    0xffffffff7f800001,
    0xffffffff00000001,
    0xffffffff7f7fffff,
    0xffffffff4f000000,
    0x3f800000,
    0x7fc00000,
    0xff800000,
    0x00800000,
};

static uint64_t any_value(struct rng *rng)
{
    uint64_t v = rng_below(rng, 2) ? corners[rng_below(rng, sizeof corners / sizeof *corners)]
                                   : rng_next(rng);

    return rng_below(rng, 4) ? v : v >> rng_below(rng, 64);
}

static uint64_t any_pointer(struct rng *rng)
{
    static const uint64_t places[] = {
        TOY_DATA + 0x100,  TOY_DATA + 0x1000,    TOY_DATA + 0x2ff8, TOY_HOLE,
        TOY_HOLE + 0x1000, TOY_READ_ONLY + 0x20, TOY_READ_ONLY,     TOY_RAM + TOY_RAM_BYTES,
        TOY_NOTHING,       TOY_DATA + 0x4000,
    };

    return places[rng_below(rng, rng_below(rng, 2) ? 3 : 10)] - rng_below(rng, 16);
}

static uint16_t any_register(struct maker *m)
{
    uint32_t kind = rng_below(m->rng, 8);

    return (uint16_t)(kind < 4   ? TOY_R + rng_below(m->rng, 12)
                      : kind < 6 ? TOY_F + rng_below(m->rng, 8)
                                 : TOY_W + rng_below(m->rng, 8));
}

static uint16_t any_source(struct maker *m)
{
    uint32_t kind = rng_below(m->rng, 10);

    if (kind == 0)
        return BP_IR_ZERO;
    if (kind < 4 && m->temps)
        for (uint16_t i = (uint16_t)rng_below(m->rng, BP_IR_TEMPS);; i = (i + 1) % BP_IR_TEMPS)
            if (m->temps >> i & 1)
                return (uint16_t)(BP_IR_TEMP + i);
    return kind == 4 ? (uint16_t)(POINTERS + rng_below(m->rng, 4)) : any_register(m);
}

static uint16_t any_destination(struct maker *m)
{
    return rng_below(m->rng, 4) ? any_register(m)
                                : (uint16_t)(BP_IR_TEMP + rng_below(m->rng, BP_IR_TEMPS));
}

/* --- ops -------------------------------------------------------------------------------------- */

static uint8_t any_type(struct maker *m, const struct ir_info *info)
{
    uint8_t type;

    do
        type = (uint8_t)rng_below(m->rng, IR_TYPES);
    while (!ir_type_allowed(info, type));
    return type;
}

static uint16_t memory_flags(struct maker *m, const struct bp_ir_op *op)
{
    struct rng *rng = m->rng;
    uint32_t x = rng_below(rng, 8) ? 0 : rng_below(rng, 40) ? rng_below(rng, 3) : 3; /* context */

    x |= rng_below(rng, 4) ? 0 : BP_MEM_ADDR32;
    x |= rng_below(rng, 4) ? 0 : BP_MEM_BIG;
    x |= rng_below(rng, 8) ? 0 : BP_MEM_ALIGNED;
    x |= rng_below(rng, 8) ? 0 : BP_MEM_ACQUIRE | BP_MEM_RELEASE;
    x |= op->op == BP_IR_LD && op->type == BP_T_F32 && rng_below(rng, 2) ? BP_MEM_BOX : 0;
    return (uint16_t)x;
}

static uint16_t other_flags(struct maker *m, const struct ir_info *info, uint8_t op)
{
    struct rng *rng = m->rng;
    uint32_t x = 0;

    if (op == BP_IR_SHADD || op == BP_IR_SHADDUW)
        return (uint16_t)(1 + rng_below(rng, 3));
    if (op == BP_IR_FENCE)
        return (uint16_t)rng_below(rng, 16);
    if (info->does & IR_DOES_ROUND)
        x = rng_below(rng, 5);
    if (info->does & IR_DOES_FP)
        x |= rng_below(rng, 2) ? BP_FP_BOX : 0;
    if (info->format == IR_F_DAIX)
        x |= rng_below(rng, 4) << 4;
    return (uint16_t)x;
}

static struct bp_ir_op any_op(struct maker *m, uint8_t number)
{
    const struct ir_info *info = &ir_infos[number];
    struct bp_ir_op op = {.op = number, .type = any_type(m, info)};
    struct rng *rng = m->rng;
    int constant = (info->uses & (IR_USE_BIMM | IR_USE_BIMM32)) && rng_below(rng, 3) == 0;

    if (info->uses & IR_USE_D)
        op.d = any_destination(m);
    if (info->uses & IR_USE_A)
        op.a = any_source(m);
    if (info->uses & IR_USE_B)
        op.b = constant ? BP_IR_IMM : any_source(m);
    if ((info->uses & IR_USE_IMM) || (constant && (info->uses & IR_USE_BIMM))) {
        op.imm = (int64_t)any_value(rng);
        return op;
    }
    if (constant)
        op.disp = (int32_t)any_value(rng);
    if (info->uses & IR_USE_C)
        op.c = any_source(m);
    if (info->uses & IR_USE_COND)
        op.c = (uint16_t)rng_below(rng, IR_CONDITIONS);
    if (info->uses & IR_USE_X)
        op.x = info->does & IR_DOES_MEMORY ? memory_flags(m, &op) : other_flags(m, info, number);
    return op;
}

static void put(struct maker *m, struct bp_ir_op op)
{
    uint16_t d = ir_writes(&op);

    m->ops[m->nops++] = op;
    if (d >= BP_IR_TEMP && d < BP_IR_ZERO)
        m->temps |= 1u << (d - BP_IR_TEMP);
}

static uint8_t any_computation(struct maker *m)
{
    for (;;) {
        uint8_t op = (uint8_t)(rng_below(m->rng, 3) ? 1 + rng_below(m->rng, BP_IR_PCREL)
                                                    : BP_IR_FADD + rng_below(m->rng, 24));
        if (ir_infos[op].text)
            return op;
    }
}

static void put_access(struct maker *m, uint8_t number)
{
    struct bp_ir_op op = any_op(m, number);
    uint32_t device = rng_below(m->rng, 12) == 0 && !(ir_infos[number].does & IR_DOES_ATOMIC);
    uint32_t width = ir_type_bytes[op.type];

    op.a = (uint16_t)(POINTERS + rng_below(m->rng, 3));
    op.disp = (int32_t)rng_below(m->rng, 33) - 16;
    if ((ir_infos[number].does & IR_DOES_ATOMIC) && rng_below(m->rng, 4)) { /* aligned, mostly */
        put(m, (struct bp_ir_op){
                   .op = BP_IR_AND, .d = BP_IR_TEMP, .a = op.a, .b = BP_IR_IMM, .imm = -8});
        op.a = BP_IR_TEMP;
        op.disp &= -8;
    }
    if (device) {
        op.a = BP_IR_ZERO;
        op.disp = (int32_t)(TOY_DEVICE + rng_below(m->rng, 9) * 8 + (width < 8 ? width : 0));
        op.x &= (uint16_t)~BP_MEM_CONTEXT;
    }
    put(m, op);
}

/* LR and the SC to the same place, with computations between. */
static void put_reservation(struct maker *m)
{
    struct bp_ir_op lr, sc, add;

    put_access(m, BP_IR_LR);
    lr = m->ops[--m->nops];
    if (lr.d == BP_IR_TEMP) /* keep the address for the SC */
        lr.d = BP_IR_TEMP + 1;
    put(m, lr);
    add = any_op(m, BP_IR_ADD);
    add.d = (uint16_t)(BP_IR_TEMP + 1 + rng_below(m->rng, BP_IR_TEMPS - 1)); /* not the address */
    put(m, add);
    sc = any_op(m, BP_IR_SC);
    sc.type = rng_below(m->rng, 8) ? lr.type : sc.type;
    sc.a = lr.a;
    sc.disp = lr.disp;
    sc.x = lr.x;
    put(m, sc);
}

static void put_call(struct maker *m)
{
    struct bp_ir_op op = {.op = BP_IR_CALL, .d = BP_IR_ZERO, .a = BP_IR_ZERO, .b = BP_IR_ZERO};

    op.x = (uint16_t)(TOY_MIX + rng_below(m->rng, 3));
    op.disp = (int32_t)rng_next(m->rng);
    if (op.x == TOY_MIX) {
        op.d = any_destination(m);
        op.a = any_source(m);
        op.b = any_source(m);
    }
    put(m, op);
}

/* --- instructions and blocks ------------------------------------------------------------------ */

static void make_insn(struct maker *m)
{
    struct rng *rng = m->rng;
    uint32_t kind = rng_below(rng, 20);

    m->nops = m->temps = 0;
    for (uint32_t n = rng_below(rng, 3); n; n--) { /* towards what follows: temporaries only */
        struct bp_ir_op op = any_op(m, any_computation(m));
        op.d = (uint16_t)(BP_IR_TEMP + rng_below(rng, BP_IR_TEMPS));
        put(m, op);
    }
    if (kind < 6)
        put_access(m, rng_below(rng, 2) ? BP_IR_LD : BP_IR_ST);
    else if (kind < 8)
        put_access(m, (uint8_t)(BP_IR_AMOSWAP + rng_below(rng, 9)));
    else if (kind == 8)
        put_reservation(m);
    else if (kind == 9)
        put_call(m);
    else if (kind == 10)
        put(m, any_op(m, rng_below(rng, 2) ? BP_IR_FSETFL : BP_IR_FFLAGS));
    for (uint32_t n = 1 + rng_below(rng, 2); n; n--)
        put(m, any_op(m, any_computation(m)));
}

/* What compilers emit: one op, few registers, small constants, accesses with one base. */
static void make_plain_insn(struct maker *m)
{
    static const uint8_t numbers[] = {BP_IR_ADD,    BP_IR_ADD,    BP_IR_ADD, BP_IR_MOV, BP_IR_SHL,
                                      BP_IR_SHR,    BP_IR_SAR,    BP_IR_SUB, BP_IR_AND, BP_IR_XOR,
                                      BP_IR_SET,    BP_IR_EXTS32, BP_IR_LD,  BP_IR_LD,  BP_IR_ST,
                                      BP_IR_EXTU32, BP_IR_ST,     BP_IR_MUL};
    struct rng *rng = m->rng;
    struct bp_ir_op op = any_op(m, numbers[rng_below(rng, sizeof numbers)]);
    const struct ir_info *info = &ir_infos[op.op];
    int constant = op.b == BP_IR_IMM;

    m->nops = m->temps = 0;
    if (ir_type_allowed(info, BP_T_S32) || op.op == BP_IR_ST)
        op.type = rng_below(rng, 3) ? BP_T_I64 : op.op == BP_IR_ST ? BP_T_U32 : BP_T_S32;
    if (info->uses & IR_USE_D)
        op.d = (uint16_t)(TOY_R + 1 + rng_below(rng, 3));
    if (info->uses & IR_USE_A)
        op.a = (uint16_t)(TOY_R + 1 + rng_below(rng, 3));
    if ((info->uses & IR_USE_B) && !constant)
        op.b = (uint16_t)(TOY_R + 1 + rng_below(rng, 3));
    if (info->does & IR_DOES_MEMORY) {
        op.a = (uint16_t)(POINTERS + rng_below(rng, 2));
        op.disp = (int32_t)rng_below(rng, 8) * 8 - 32;
        op.x = 0;
    } else if (constant && (info->uses & IR_USE_BIMM)) {
        op.imm = (int64_t)rng_below(rng, 80) - 40;
    } else if (constant) {
        op.disp = (int32_t)rng_below(rng, 80) - 40;
    }
    put(m, op);
}

static int writes_fixed_register(const struct maker *m)
{
    for (uint32_t i = 0; i < m->nops; i++)
        if (ir_writes(&m->ops[i]) >= POINTERS && ir_writes(&m->ops[i]) <= COUNTER)
            return 1;
    return 0;
}

static int is_valid(const struct maker *m)
{
    struct bp_ir_op ops[BP_IR_OPS_PER_INSN + 1];
    struct bp_ir_insn insn = {.length = 4};
    struct bp_ir_builder b = {
        .ops = ops, .insns = &insn, .nops = m->nops + 1, .ninsns = 1, .max_insns = 1};
    char text[256];

    memcpy(ops, m->ops, m->nops * sizeof *ops);
    ops[m->nops] = (struct bp_ir_op){.op = BP_IR_GOTO, .imm = 4};
    return !writes_fixed_register(m) && ir_verify(m->cls, &b, text, sizeof text) == BP_OK;
}

static void append(struct maker *m, struct toy_block *block)
{
    struct bp_ir_insn *insn = &block->insns[block->ninsns++];

    *insn = (struct bp_ir_insn){.first_op = block->nops, .length = rng_below(m->rng, 2) ? 2 : 4};
    if (block->ninsns > 1)
        insn->pc_offset = (uint16_t)(insn[-1].pc_offset + insn[-1].length);
    memcpy(block->ops + block->nops, m->ops, m->nops * sizeof *m->ops);
    block->nops += m->nops;
}

static uint64_t place(uint32_t index)
{
    return TOY_RAM + (uint64_t)index * BLOCK_BYTES;
}

/* A way out of the block to a later one, or the end of the program: conditional. */
static void put_branch(struct maker *m)
{
    struct bp_ir_op op = any_op(m, BP_IR_BR);
    uint32_t to = m->index + 1 + rng_below(m->rng, m->nblocks - m->index);

    op.disp = (int32_t)((to - m->index) * BLOCK_BYTES);
    if (rng_below(m->rng, 2)) {
        op.type = rng_below(m->rng, 2) ? BP_T_I64 : BP_T_S32;
        op.a = (uint16_t)(TOY_R + 1 + rng_below(m->rng, 3));
        op.b = (uint16_t)(rng_below(m->rng, 2) ? TOY_R + 1 + rng_below(m->rng, 3) : BP_IR_ZERO);
    }
    put(m, op);
}

static void put_loop(struct maker *m)
{
    uint32_t to = rng_below(m->rng, m->index + 1);

    put(m,
        (struct bp_ir_op){.op = BP_IR_SUB, .d = COUNTER, .a = COUNTER, .b = BP_IR_IMM, .imm = 1});
    put(m, (struct bp_ir_op){.op = BP_IR_BR,
                             .a = COUNTER,
                             .b = BP_IR_ZERO,
                             .c = BP_CC_GE, /* signed */
                             .disp = -(int32_t)((m->index - to) * BLOCK_BYTES)});
}

static void put_end(struct maker *m)
{
    uint64_t next = (uint64_t)BLOCK_BYTES * (1 + rng_below(m->rng, m->nblocks - m->index));
    uint32_t kind = rng_below(m->rng, 4);

    if (kind == 0) {
        put(m, (struct bp_ir_op){.op = BP_IR_PCREL, .d = BP_IR_TEMP, .imm = (int64_t)next});
        put(m, (struct bp_ir_op){
                   .op = BP_IR_JMP, .a = BP_IR_TEMP, .x = (uint16_t)rng_below(m->rng, 3)});
    } else if (kind == 1) {
        put(m, (struct bp_ir_op){.op = BP_IR_PCREL, .d = BP_IR_TEMP, .imm = (int64_t)next});
        put(m, (struct bp_ir_op){.op = BP_IR_MOV, .d = BP_IR_TEMP + 1, .b = BP_IR_IMM, .imm = 1});
        put(m, (struct bp_ir_op){.op = BP_IR_CALL,
                                 .d = BP_IR_ZERO,
                                 .a = BP_IR_TEMP + 1,
                                 .b = BP_IR_TEMP,
                                 .x = TOY_DIVERT});
        put(m, (struct bp_ir_op){.op = BP_IR_EXIT});
    } else {
        put(m, (struct bp_ir_op){.op = BP_IR_GOTO, .imm = (int64_t)next});
    }
}

static void make_block(struct maker *m, struct toy_block *block)
{
    uint32_t n = 1 + rng_below(m->rng, TOY_BLOCK_INSNS - 3), plain = rng_below(m->rng, 3) == 0;

    block->pc = place(m->index);
    block->nops = block->ninsns = 0;
    while (n--) {
        do
            plain ? make_plain_insn(m) : make_insn(m);
        while (!is_valid(m));
        append(m, block);
    }
    if (rng_below(m->rng, 2)) {
        do {
            m->nops = m->temps = 0;
            put_branch(m);
        } while (!is_valid(m));
        append(m, block);
    }
    m->nops = m->temps = 0;
    if (rng_below(m->rng, 3) == 0) {
        put_loop(m);
        append(m, block);
        m->nops = m->temps = 0;
    }
    put_end(m);
    append(m, block);
}

static void make_state(struct rng *rng, struct machine_state *state)
{
    machine_clear(state);
    for (uint32_t i = 0; i < TOY_REGS; i++)
        state->regs[i] = i < TOY_W ? any_value(rng) : (uint64_t)(int64_t)(int32_t)any_value(rng);
    for (uint32_t i = 0; i < 3; i++)
        state->regs[POINTERS + i] = any_pointer(rng);
    state->regs[COUNTER] = rng_below(rng, 6);
    state->fflags = rng_below(rng, 32) & rng_below(rng, 32);
    for (uint32_t i = 0; i < TOY_DEVICE_BYTES; i++)
        state->device[i] = (uint8_t)rng_next(rng);
    for (uint32_t i = TOY_DATA - TOY_RAM; i < TOY_RAM_BYTES; i += 8) {
        uint64_t v = rng_next(rng);
        memcpy(state->ram + i, &v, 8);
    }
}

void random_program(struct rng *rng, const struct bp_cpu_class *cls, struct toy_program *program,
                    struct machine_state *state)
{
    struct maker m = {.rng = rng, .cls = cls, .program = program, .nblocks = 1 + rng_below(rng, 6)};

    program->nblocks = m.nblocks;
    for (m.index = 0; m.index < m.nblocks; m.index++)
        make_block(&m, &program->blocks[m.index]);
    make_state(rng, state);
}
