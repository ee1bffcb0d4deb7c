/* SPDX-License-Identifier: Apache-2.0
 *
 * reference.c - the evaluator that accelerators are compared with: runs a program op by op,
 * straight from the text of ir.h and cpu.h, with no regard for speed.
 */
#include "reference.h"

#include <string.h>

#include "../../plugins/accel/common/fp_soft.h"
#include "../../plugins/accel/common/ir_info.h"
#include "fp_eval.h"
#include "rig.h"

enum outcome {
    NEXT,    /* go on with the next op */
    LEFT,    /* state->pc is where to continue; the instruction is complete */
    DIVERTED /* state->pc is where to continue; the instruction does not count */
};

struct run {
    const struct bp_cpu_class *cls;
    const struct toy_program *program;
    struct machine_state *state;
    struct toy_state toy; /* what helpers see */
    uint64_t temps[BP_IR_TEMPS];
    uint64_t block_pc, insn_pc;
    uint64_t reserved; /* physical address, 0: none */
    uint32_t reserved_width;
};

/* --- operands --------------------------------------------------------------------------------- */

static uint64_t get(const struct run *r, uint16_t operand)
{
    if (operand == BP_IR_ZERO)
        return 0;
    return operand >= BP_IR_TEMP ? r->temps[operand - BP_IR_TEMP] : r->state->regs[operand];
}

static void put(struct run *r, uint16_t operand, uint64_t v)
{
    if (operand >= BP_IR_TEMP && operand < BP_IR_ZERO)
        r->temps[operand - BP_IR_TEMP] = v;
    else if (operand < BP_IR_TEMP)
        r->state->regs[operand] = v;
}

static uint64_t get_y(const struct run *r, const struct bp_ir_op *op)
{
    return op->b == BP_IR_IMM ? (uint64_t)op->imm : get(r, op->b);
}

static uint64_t address(const struct run *r, uint64_t offset)
{
    uint64_t pc = r->block_pc + offset;

    return r->cls->xlen == 32 ? (uint32_t)pc : pc;
}

static enum outcome go(struct run *r, uint64_t pc)
{
    r->state->pc = r->cls->xlen == 32 ? (uint32_t)pc : pc;
    return LEFT;
}

/* --- memory ----------------------------------------------------------------------------------- */

static enum outcome fault(struct run *r, uint32_t type, uint32_t kind, uint32_t cause, uint64_t va)
{
    struct machine_state *s = r->state;

    s->faults++;
    s->fault = (struct bp_fault){
        .size = sizeof s->fault, .type = type, .kind = kind, .cause = cause, .va = va};
    s->fault_pc = r->insn_pc;
    s->pc = TOY_FAULT_HANDLER;
    return DIVERTED;
}

static uint64_t effective(const struct run *r, const struct bp_ir_op *op)
{
    uint64_t va = get(r, op->a) + (uint64_t)(int64_t)op->disp;

    return op->x & BP_MEM_ADDR32 ? (uint32_t)va : va;
}

static uint64_t after(const struct bp_ir_op *op, uint64_t va, uint32_t i)
{
    return op->x & BP_MEM_ADDR32 ? (uint32_t)(va + i) : va + i;
}

/* Translates every byte; each page once, and all of them before anything is accessed. */
static enum outcome translate(struct run *r, const struct bp_ir_op *op, uint32_t kind, uint64_t va,
                              uint32_t width, uint64_t pa[8])
{
    struct bp_walk walk;
    int aligned = (op->x & BP_MEM_ALIGNED) || (ir_infos[op->op].does & IR_DOES_ATOMIC);

    if (aligned && va % width)
        return fault(r, BP_FAULT_MISALIGNED, kind, 0, va);
    for (uint32_t i = 0; i < width; i++) {
        int32_t cause = toy_walk(&r->toy, after(op, va, i), kind, op->x & BP_MEM_CONTEXT, 0, &walk);
        if (cause)
            return fault(r, BP_FAULT_WALK, kind, (uint32_t)cause, after(op, va, i));
        pa[i] = walk.pa;
    }
    return NEXT;
}

static uint64_t swap_if_big(const struct bp_ir_op *op, uint64_t v, uint32_t width)
{
    uint64_t swapped = 0;

    if (!(op->x & BP_MEM_BIG))
        return v;
    for (uint32_t i = 0; i < width; i++)
        swapped |= (v >> 8 * i & 0xff) << 8 * (width - 1 - i);
    return swapped;
}

/* Within a page there is one access; across pages it is taken byte by byte, once all bytes are
 * known to be there. */
static enum outcome access(struct run *r, const struct bp_ir_op *op, uint32_t kind, int write,
                           uint64_t va, const uint64_t pa[8], uint64_t *value)
{
    uint32_t width = ir_type_bytes[op->type], step = (va & 0xfff) + width <= 0x1000 ? width : 1;
    struct machine_state *s = r->state;
    uint64_t v = write ? swap_if_big(op, *value, width) : 0, part;

    for (uint32_t i = 0; i < width; i += step)
        if (machine_access(s->ram, s->device, pa[i], step, 0, &part))
            return fault(r, BP_FAULT_BUS, kind, 0, after(op, va, i));
    for (uint32_t i = 0; i < width; i += step) {
        part = v >> 8 * i;
        machine_access(s->ram, s->device, pa[i], step, write, &part);
        if (!write)
            v |= part << 8 * i;
    }
    if (!write)
        *value = swap_if_big(op, v, width);
    return NEXT;
}

static enum outcome load(struct run *r, const struct bp_ir_op *op)
{
    uint64_t va = effective(r, op), pa[8], v = 0;
    uint32_t width = ir_type_bytes[op->type];
    enum outcome out;

    if (op->op == BP_IR_LR)
        r->reserved = 0;
    out = translate(r, op, BP_MEM_READ, va, width, pa);
    if (out == NEXT)
        out = access(r, op, BP_MEM_READ, 0, va, pa, &v);
    if (out != NEXT)
        return out;
    v = reference_extend(op->type, v);
    put(r, op->d, op->x & BP_MEM_BOX ? v | 0xffffffff00000000u : v);
    if (op->op == BP_IR_LR) {
        r->reserved = pa[0];
        r->reserved_width = width;
    }
    return NEXT;
}

static enum outcome store(struct run *r, const struct bp_ir_op *op)
{
    uint64_t va = effective(r, op), pa[8], v = get(r, op->b);
    enum outcome out = translate(r, op, BP_MEM_WRITE, va, ir_type_bytes[op->type], pa);

    return out == NEXT ? access(r, op, BP_MEM_WRITE, 1, va, pa, &v) : out;
}

static enum outcome atomic(struct run *r, const struct bp_ir_op *op)
{
    uint64_t va = effective(r, op), pa[8], old = 0, v = get(r, op->b);
    uint32_t width = ir_type_bytes[op->type];
    enum outcome out = translate(r, op, BP_MEM_AMO, va, width, pa);
    int held;

    if (op->op == BP_IR_SC) {
        held = r->reserved == pa[0] && r->reserved_width == width;
        r->reserved = 0;
        if (out == NEXT && held)
            out = access(r, op, BP_MEM_AMO, 1, va, pa, &v);
        if (out == NEXT)
            put(r, op->d, !held);
        return out;
    }
    if (out == NEXT)
        out = access(r, op, BP_MEM_AMO, 0, va, pa, &old);
    if (out != NEXT)
        return out;
    v = reference_amo(op->op, op->type, old, v);
    out = access(r, op, BP_MEM_AMO, 1, va, pa, &v);
    if (out == NEXT)
        put(r, op->d, reference_extend(op->type, old));
    return out;
}

/* --- everything else -------------------------------------------------------------------------- */

static uint64_t retired(const struct toy_state *toy)
{
    const struct run *r = toy->ctx;

    return r->state->count;
}

static enum outcome call(struct run *r, const struct bp_ir_op *op)
{
    const struct bp_cpu_helper *helper = &r->cls->helpers[op->x];
    struct machine_state *s = r->state;
    struct toy_state *toy = &r->toy;
    uint64_t result;

    memcpy(toy->regs, s->regs, sizeof toy->regs);
    toy->fflags = s->fflags;
    toy->pc = r->insn_pc;
    result = helper->fn(toy, get(r, op->a), get(r, op->b), op->disp);
    if (!(helper->flags & BP_HELPER_CONTROL)) {
        put(r, op->d, result);
        return NEXT;
    }
    memcpy(s->regs, toy->regs, sizeof toy->regs);
    s->fflags = toy->fflags;
    if (!result)
        return NEXT;
    s->pc = toy->pc;
    return DIVERTED;
}

static enum outcome floating(struct run *r, const struct bp_ir_op *op)
{
    uint32_t flags = (uint32_t)r->state->fflags;

    if (op->op == BP_IR_FFLAGS) {
        put(r, op->d, flags);
        return NEXT;
    }
    if (op->op == BP_IR_FSETFL) {
        r->state->fflags = get_y(r, op) & 31;
        return NEXT;
    }
    put(r, op->d,
        fp_reference(op->op, op->type, get(r, op->a),
                     ir_infos[op->op].uses & IR_USE_B ? get(r, op->b) : 0,
                     ir_infos[op->op].uses & IR_USE_C ? get(r, op->c) : 0, op->x, &flags));
    r->state->fflags = flags;
    return NEXT;
}

static enum outcome integer(struct run *r, const struct bp_ir_op *op)
{
    uint64_t b;

    switch (op->op) {
    case BP_IR_SET:
        b = op->b == BP_IR_IMM ? (uint64_t)(int64_t)op->disp : get(r, op->b);
        put(r, op->d, (uint64_t)reference_condition(op->type, op->c, get(r, op->a), b));
        break;
    case BP_IR_SEL:
        put(r, op->d, get(r, op->a) ? get(r, op->b) : get(r, op->c));
        break;
    case BP_IR_PCREL:
        put(r, op->d, reference_extend(op->type, r->block_pc + (uint64_t)op->imm));
        break;
    case BP_IR_SHADD:
    case BP_IR_SHADDUW:
        put(r, op->d, reference_int(op->op, op->type, get(r, op->a), get(r, op->b), op->x));
        break;
    default:
        put(r, op->d,
            reference_int(op->op, op->type, ir_infos[op->op].uses & IR_USE_A ? get(r, op->a) : 0,
                          ir_infos[op->op].uses & IR_USE_B ? get_y(r, op) : 0, 0));
        break;
    }
    return NEXT;
}

static enum outcome execute(struct run *r, const struct bp_ir_op *op)
{
    if (op->op < BP_IR_LD)
        return integer(r, op);
    if (op->op >= BP_IR_FADD && op->op <= BP_IR_FSETFL)
        return floating(r, op);
    switch (op->op) {
    case BP_IR_LD:
    case BP_IR_LR:
        return load(r, op);
    case BP_IR_ST:
        return store(r, op);
    case BP_IR_FENCE:
        return NEXT;
    case BP_IR_GOTO:
        return go(r, address(r, (uint64_t)op->imm));
    case BP_IR_BR:
        if (!reference_condition(op->type, op->c, get(r, op->a), get(r, op->b)))
            return NEXT;
        return go(r, address(r, (uint64_t)(int64_t)op->disp));
    case BP_IR_JMP:
        return go(r, get(r, op->a));
    case BP_IR_EXIT: /* a helper that wrote the pc did not get here: it is the instruction's own */
        return go(r, r->insn_pc);
    case BP_IR_CALL:
        return call(r, op);
    default:
        return atomic(r, op);
    }
}

/* Runs the instructions of a block from number `insn` on, until one leaves it. Always: the block
 * ends with an exit. */
static void run_block(struct run *r, const struct toy_block *block, uint32_t insn)
{
    enum outcome out = NEXT;

    r->block_pc = block->pc;
    for (; out == NEXT; insn++) {
        uint32_t end = insn + 1 < block->ninsns ? block->insns[insn + 1].first_op : block->nops;
        r->insn_pc = address(r, block->insns[insn].pc_offset);
        for (uint32_t i = block->insns[insn].first_op; i < end && out == NEXT; i++)
            out = execute(r, &block->ops[i]);
        r->state->count += out != DIVERTED;
    }
}

int reference_run(const struct bp_cpu_class *cls, const struct toy_program *program,
                  struct machine_state *state, uint64_t limit)
{
    struct run r = {.cls = cls, .program = program, .state = state};
    const struct toy_block *block;
    struct bp_walk walk;
    uint32_t insn;

    r.toy.ctx = &r;
    r.toy.retired = retired;
    state->count = 0;
    for (;;) {
        if (toy_walk(&r.toy, state->pc, BP_MEM_FETCH, 0, 0, &walk)) {
            r.insn_pc = state->pc;
            fault(&r, BP_FAULT_WALK, BP_MEM_FETCH, TOY_CAUSE_HOLE, state->pc);
            continue;
        }
        block = toy_find(program, state->pc, &insn);
        if (!block)
            return 0;
        if (state->count > limit)
            return -1;
        run_block(&r, block, insn);
    }
}
