/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_int.c - integer ops. Each computes in `to`: the host register of its destination, or rax
 * when that has none or is still needed as a source; gen_put() brings it home in the form of its
 * type.
 */
#include "gen.h"

/* Operand y: a constant of 32 bits, or a place. */
struct operand {
    int constant;
    int32_t imm;
    struct rm rm;
};

static struct operand operand_of(struct gen *e, const struct bp_ir_op *op, uint32_t scratch)
{
    int64_t value = op->imm;
    int constant = op->b == BP_IR_IMM || gen_known(e, op->b, &value);

    if (constant && op->type != BP_T_I64)
        value = (int32_t)value;
    if (constant && value == (int32_t)value)
        return (struct operand){.constant = 1, .imm = (int32_t)value};
    if (!constant)
        return (struct operand){.rm = gen_where(e, op->b)};
    asm_constant(&e->code, scratch, (uint64_t)value);
    return (struct operand){.rm = rm_reg(scratch)};
}

/* y in a register. */
static uint32_t operand_reg(struct gen *e, const struct bp_ir_op *op, uint32_t scratch)
{
    if (op->b != BP_IR_IMM)
        return gen_get(e, op->b, scratch);
    asm_constant(&e->code, scratch, (uint64_t)op->imm);
    return scratch;
}

static int is_wide(const struct bp_ir_op *op)
{
    return op->type == BP_T_I64;
}

/* Where to compute, given a source that must survive until the end. */
static uint32_t result_beside(const struct gen *e, uint16_t d, struct rm source)
{
    uint32_t to = gen_result(e, d);

    return rm_is(source, to) ? RAX : to;
}

static void load_a(struct gen *e, const struct bp_ir_op *op, uint32_t to)
{
    if (gen_pinned(e, op->a) != (int)to)
        gen_fetch(e, op->a, to);
}

/* --- constants ------------------------------------------------------------------------------- */

static int64_t slot_of(uint32_t type, int64_t value)
{
    if (type == BP_T_S32)
        return (int32_t)value;
    return type == BP_T_U32 ? (int64_t)(uint32_t)value : value;
}

void gen_constant(struct gen *e, uint16_t d, int64_t value)
{
    int pin = gen_pinned(e, d);

    if (pin >= 0) {
        if (value)
            asm_constant(&e->code, (uint32_t)pin, (uint64_t)value);
        else
            asm_alu(&e->code, ALU_XOR, 0, (uint32_t)pin, rm_reg((uint32_t)pin));
    } else if (value == (int32_t)value) {
        asm_store_imm(&e->code, 1, gen_home(e, d), (int32_t)value);
    } else {
        asm_constant(&e->code, RAX, (uint64_t)value);
        asm_store(&e->code, 1, RAX, gen_home(e, d));
    }
    gen_learn(e, d, value);
}

/* What address and constant building uses. 1: *value is the result. */
static int fold(const struct gen *e, const struct bp_ir_op *op, int64_t *value)
{
    int64_t a, y = op->imm;
    uint64_t x, mask = is_wide(op) ? 63 : 31;

    if (!gen_known(e, op->a, &a) || (op->b != BP_IR_IMM && !gen_known(e, op->b, &y)))
        return 0;
    x = (uint64_t)a;
    switch (op->op) {
    case BP_IR_ADD:
        x += (uint64_t)y;
        break;
    case BP_IR_SUB:
        x -= (uint64_t)y;
        break;
    case BP_IR_AND:
        x &= (uint64_t)y;
        break;
    case BP_IR_OR:
        x |= (uint64_t)y;
        break;
    case BP_IR_XOR:
        x ^= (uint64_t)y;
        break;
    case BP_IR_SHL:
        x <<= (uint64_t)y & mask;
        break;
    default:
        return 0;
    }
    *value = slot_of(op->type, (int64_t)x);
    return 1;
}

static void gen_move(struct gen *e, const struct bp_ir_op *op)
{
    int64_t value = op->imm;
    uint32_t to = gen_result(e, op->d);

    if (op->b == BP_IR_IMM || gen_known(e, op->b, &value)) {
        gen_constant(e, op->d, slot_of(op->type, value));
        return;
    }
    if ((op->type == BP_T_I64 || gen_narrow(e, op->d)) && op->d == op->b)
        return;
    if (op->type == BP_T_S32 && !(gen_pinned(e, op->d) >= 0 && gen_narrow(e, op->d)))
        asm_movsxd(&e->code, 1, to, gen_where(e, op->b));
    else
        asm_load(&e->code, is_wide(op), to, gen_where(e, op->b));
    gen_put(e, op->d, BP_T_I64, to);
}

/* 0 + b: how instruction sets without a move write one. */
static int is_move(const struct gen *e, const struct bp_ir_op *op)
{
    int64_t a;

    return (op->op == BP_IR_ADD || op->op == BP_IR_OR || op->op == BP_IR_XOR) &&
           op->b != BP_IR_IMM && gen_known(e, op->a, &a) && !a;
}

/* --- two operands ---------------------------------------------------------------------------- */

/* to = a op y, for the basic operations; `b` may be the same as d when they commute. */
static void gen_alu(struct gen *e, const struct bp_ir_op *op, enum host_alu alu, int commutes)
{
    struct operand y = operand_of(e, op, RCX);
    int w = is_wide(op), pin = gen_pinned(e, op->a);
    uint32_t to = y.constant ? gen_result(e, op->d) : result_beside(e, op->d, y.rm);

    if (commutes && !y.constant && rm_is(y.rm, gen_result(e, op->d))) {
        to = gen_result(e, op->d);
        if (gen_known(e, op->a, &(int64_t){0}))
            asm_alu(&e->code, alu, w, to, rm_reg(gen_get(e, op->a, RAX)));
        else
            asm_alu(&e->code, alu, w, to, gen_where(e, op->a));
    } else if (alu == ALU_ADD && y.constant && pin >= 0 && pin != (int)to) {
        asm_lea(&e->code, w, to, rm_mem((uint32_t)pin, y.imm));
    } else if (alu == ALU_ADD && !y.constant && !y.rm.memory && pin >= 0 && pin != (int)to) {
        asm_lea(&e->code, w, to, rm_index((uint32_t)pin, y.rm.reg, 0, 0));
    } else {
        load_a(e, op, to);
        if (!y.constant)
            asm_alu(&e->code, alu, w, to, y.rm);
        else if (y.imm || alu == ALU_AND)
            asm_alu_imm(&e->code, alu, w, rm_reg(to), y.imm);
    }
    gen_put(e, op->d, op->type, to);
}

/* to = y - a */
static void gen_rsub(struct gen *e, const struct bp_ir_op *op)
{
    int w = is_wide(op);
    uint32_t a = gen_get(e, op->a, RCX);

    if (op->b == BP_IR_IMM)
        asm_constant(&e->code, RAX, (uint64_t)op->imm);
    else
        gen_fetch(e, op->b, RAX);
    asm_alu(&e->code, ALU_SUB, w, RAX, rm_reg(a));
    gen_put(e, op->d, op->type, RAX);
}

/* a & ~y, a | ~y, ~(a ^ y): the second in rax, inverted first. */
static void gen_inverted(struct gen *e, const struct bp_ir_op *op, enum host_alu alu)
{
    int w = is_wide(op);
    uint32_t y = operand_reg(e, op, RAX);

    if (y != RAX)
        asm_move(&e->code, 1, RAX, y);
    asm_unary(&e->code, UNARY_NOT, w, rm_reg(RAX));
    asm_alu(&e->code, alu, w, RAX, rm_reg(gen_get(e, op->a, RCX)));
    gen_put(e, op->d, op->type, RAX);
}

static void gen_shift(struct gen *e, const struct bp_ir_op *op, enum host_shift shift)
{
    struct operand y = operand_of(e, op, RCX);
    int w = is_wide(op);
    uint32_t to = gen_result(e, op->d), count;

    if (y.constant) {
        load_a(e, op, to);
        if (y.imm & (w ? 63 : 31))
            asm_shift_imm(&e->code, shift, w, rm_reg(to), (uint32_t)y.imm & (w ? 63 : 31));
        gen_put(e, op->d, op->type, to);
        return;
    }
    if (shift == SHIFT_ROL || shift == SHIFT_ROR) {
        gen_fetch(e, op->b, RCX);
        gen_fetch(e, op->a, RAX);
        asm_shift_cl(&e->code, shift, w, rm_reg(RAX));
        gen_put(e, op->d, op->type, RAX);
        return;
    }
    count = operand_reg(e, op, RCX);
    if (gen_known(e, op->a, &(int64_t){0})) {
        gen_fetch(e, op->a, RAX);
        y.rm = rm_reg(RAX);
    } else {
        y.rm = gen_where(e, op->a);
    }
    if (shift == SHIFT_SHL)
        asm_shlx(&e->code, w, to, y.rm, count);
    else if (shift == SHIFT_SHR)
        asm_shrx(&e->code, w, to, y.rm, count);
    else
        asm_sarx(&e->code, w, to, y.rm, count);
    gen_put(e, op->d, op->type, to);
}

static void gen_multiply(struct gen *e, const struct bp_ir_op *op)
{
    struct operand y = operand_of(e, op, RCX);
    int w = is_wide(op);
    uint32_t to;

    if (y.constant) {
        asm_constant(&e->code, RCX, (uint64_t)(int64_t)y.imm);
        y.rm = rm_reg(RCX);
    }
    to = result_beside(e, op->d, y.rm);
    load_a(e, op, to);
    asm_imul(&e->code, w, to, y.rm);
    gen_put(e, op->d, op->type, to);
}

/* The high half of a product. Signed times unsigned is the unsigned product less y where a is
 * negative. */
static void gen_high(struct gen *e, const struct bp_ir_op *op, enum host_unary multiply)
{
    int w = is_wide(op);
    uint32_t y = operand_reg(e, op, RCX);

    gen_fetch(e, op->a, RAX);
    asm_unary(&e->code, multiply, w, rm_reg(y));
    if (op->op == BP_IR_MULHSU) {
        gen_fetch(e, op->a, RAX);
        asm_shift_imm(&e->code, SHIFT_SAR, w, rm_reg(RAX), w ? 63 : 31);
        asm_alu(&e->code, ALU_AND, w, RAX, rm_reg(y));
        asm_alu(&e->code, ALU_SUB, w, RDX, rm_reg(RAX));
    }
    gen_put(e, op->d, op->type, RDX);
}

/* Hosts trap on a divisor of 0 and on the overflow of -1; both are decided before. */
static void gen_divide(struct gen *e, const struct bp_ir_op *op)
{
    int w = is_wide(op), is_signed = op->op == BP_IR_DIVS || op->op == BP_IR_REMS;
    int remainder = op->op == BP_IR_REMS || op->op == BP_IR_REMU;
    struct label zero = {0}, minus = {0}, done = {0};

    if (op->b == BP_IR_IMM)
        asm_constant(&e->code, RCX, (uint64_t)op->imm);
    else
        gen_fetch(e, op->b, RCX);
    gen_fetch(e, op->a, RAX);
    asm_test(&e->code, w, RCX, rm_reg(RCX));
    asm_jcc(&e->code, CC_E, &zero);
    if (is_signed) {
        asm_alu_imm(&e->code, ALU_CMP, w, rm_reg(RCX), -1);
        asm_jcc(&e->code, CC_E, &minus);
        asm_cqo(&e->code, w);
        asm_unary(&e->code, UNARY_IDIV, w, rm_reg(RCX));
    } else {
        asm_alu(&e->code, ALU_XOR, 0, RDX, rm_reg(RDX));
        asm_unary(&e->code, UNARY_DIV, w, rm_reg(RCX));
    }
    if (remainder)
        asm_move(&e->code, 1, RAX, RDX);
    asm_jmp(&e->code, &done);
    if (is_signed) {
        asm_place(&e->code, &minus);
        if (remainder)
            asm_alu(&e->code, ALU_XOR, 0, RAX, rm_reg(RAX));
        else
            asm_unary(&e->code, UNARY_NEG, w, rm_reg(RAX));
        asm_jmp(&e->code, &done);
    }
    asm_place(&e->code, &zero);
    if (!remainder)
        asm_constant(&e->code, RAX, ~0ull);
    asm_place(&e->code, &done);
    gen_put(e, op->d, op->type, RAX);
}

static void gen_extreme(struct gen *e, const struct bp_ir_op *op, enum host_cc take_y)
{
    uint32_t y = operand_reg(e, op, RCX);

    gen_fetch(e, op->a, RAX);
    asm_alu(&e->code, ALU_CMP, 1, y, rm_reg(RAX));
    asm_cmov(&e->code, take_y, 1, RAX, rm_reg(y));
    gen_put(e, op->d, op->type, RAX);
}

/* d = b + (a << x) */
static void gen_shadd(struct gen *e, const struct bp_ir_op *op)
{
    int w = is_wide(op);
    uint32_t b = gen_get(e, op->b, RCX), a = gen_get(e, op->a, RAX);

    if (op->op == BP_IR_SHADDUW) {
        asm_move(&e->code, 0, RAX, a);
        a = RAX;
    }
    asm_lea(&e->code, w, RAX, rm_index(b, a, op->x & 3, 0));
    gen_put(e, op->d, op->type, RAX);
}

static void gen_shluw(struct gen *e, const struct bp_ir_op *op)
{
    uint32_t y = operand_reg(e, op, RCX);

    asm_move(&e->code, 0, RAX, gen_get(e, op->a, RAX));
    asm_shlx(&e->code, 1, RAX, rm_reg(RAX), y);
    gen_put(e, op->d, op->type, RAX);
}

static void gen_bit(struct gen *e, const struct bp_ir_op *op)
{
    int w = is_wide(op);
    uint32_t y = operand_reg(e, op, RCX);

    gen_fetch(e, op->a, RAX);
    switch (op->op) {
    case BP_IR_BSET:
        asm_bts(&e->code, w, y, rm_reg(RAX));
        break;
    case BP_IR_BCLR:
        asm_btr(&e->code, w, y, rm_reg(RAX));
        break;
    case BP_IR_BINV:
        asm_btc(&e->code, w, y, rm_reg(RAX));
        break;
    default:
        asm_shrx(&e->code, w, RAX, rm_reg(RAX), y);
        asm_alu_imm(&e->code, ALU_AND, 0, rm_reg(RAX), 1);
    }
    gen_put(e, op->d, op->type, RAX);
}

/* --- one operand ----------------------------------------------------------------------------- */

/* Every byte that is not zero becomes 0xff. */
static void gen_orcb(struct gen *e, uint32_t reg)
{
    static const struct {
        uint32_t shift;
        uint64_t mask;
    } steps[] = {
        {4, 0x0f0f0f0f0f0f0f0full}, {2, 0x3f3f3f3f3f3f3f3full}, {1, 0x7f7f7f7f7f7f7f7full}};

    for (uint32_t i = 0; i < 3; i++) {
        asm_move(&e->code, 1, RCX, reg);
        asm_shift_imm(&e->code, SHIFT_SHR, 1, rm_reg(RCX), steps[i].shift);
        asm_constant(&e->code, RDX, steps[i].mask);
        asm_alu(&e->code, ALU_AND, 1, RCX, rm_reg(RDX));
        asm_alu(&e->code, ALU_OR, 1, reg, rm_reg(RCX));
    }
    asm_constant(&e->code, RDX, 0x0101010101010101ull);
    asm_alu(&e->code, ALU_AND, 1, reg, rm_reg(RDX));
    asm_move(&e->code, 1, RCX, reg);
    asm_shift_imm(&e->code, SHIFT_SHL, 1, rm_reg(reg), 8);
    asm_alu(&e->code, ALU_SUB, 1, reg, rm_reg(RCX));
}

static void gen_unary(struct gen *e, const struct bp_ir_op *op)
{
    int w = is_wide(op);
    struct rm rax = rm_reg(RAX);

    gen_fetch(e, op->a, RAX);
    switch (op->op) {
    case BP_IR_CLZ:
        asm_lzcnt(&e->code, w, RAX, rax);
        break;
    case BP_IR_CTZ:
        asm_tzcnt(&e->code, w, RAX, rax);
        break;
    case BP_IR_POPCNT:
        asm_popcnt(&e->code, w, RAX, rax);
        break;
    case BP_IR_BSWAP:
        asm_bswap(&e->code, w, RAX);
        break;
    case BP_IR_ORCB:
        gen_orcb(e, RAX);
        break;
    case BP_IR_EXTS8:
        asm_movsx8(&e->code, 1, RAX, rax);
        break;
    case BP_IR_EXTS16:
        asm_movsx16(&e->code, 1, RAX, rax);
        break;
    case BP_IR_EXTS32:
        asm_movsxd(&e->code, 1, RAX, rax);
        break;
    case BP_IR_EXTU8:
        asm_movzx8(&e->code, 0, RAX, rax);
        break;
    case BP_IR_EXTU16:
        asm_movzx16(&e->code, 0, RAX, rax);
        break;
    default: /* EXTU32 */
        asm_move(&e->code, 0, RAX, RAX);
    }
    gen_put(e, op->d, op->type, RAX);
}

/* --- conditions ------------------------------------------------------------------------------ */

static void gen_set(struct gen *e, const struct bp_ir_op *op)
{
    static const uint8_t conditions[] = {
        [BP_CC_EQ] = CC_E,  [BP_CC_NE] = CC_NE, [BP_CC_LT] = CC_L,
        [BP_CC_GE] = CC_GE, [BP_CC_LTU] = CC_B, [BP_CC_GEU] = CC_AE,
    };
    int w = is_wide(op);
    int64_t y = op->disp;
    uint32_t a = gen_get(e, op->a, RCX);

    if ((op->b == BP_IR_IMM || gen_known(e, op->b, &y)) && y == (int32_t)y) {
        asm_alu_imm(&e->code, ALU_CMP, w, rm_reg(a), (int32_t)y);
    } else {
        uint32_t b = gen_get(e, op->b, RAX);
        asm_alu(&e->code, ALU_CMP, w, a, rm_reg(b));
    }
    asm_setcc(&e->code, conditions[op->c], RAX);
    asm_movzx8(&e->code, 0, gen_result(e, op->d), rm_reg(RAX));
    gen_put(e, op->d, BP_T_I64, gen_result(e, op->d));
}

static void gen_select(struct gen *e, const struct bp_ir_op *op)
{
    uint32_t a = gen_get(e, op->a, RCX), b;

    gen_fetch(e, op->c, RAX);
    b = gen_get(e, op->b, RDX);
    asm_test(&e->code, 1, a, rm_reg(a));
    asm_cmov(&e->code, CC_NE, 1, RAX, rm_reg(b));
    gen_put(e, op->d, BP_T_I64, RAX);
}

void gen_integer(struct gen *e, const struct bp_ir_op *op)
{
    int64_t value;

    if (op->op >= BP_IR_ADD && op->op <= BP_IR_SHL && fold(e, op, &value)) {
        gen_constant(e, op->d, value);
        return;
    }
    if (is_move(e, op)) {
        gen_move(e, op);
        return;
    }
    switch (op->op) {
    case BP_IR_MOV:
        gen_move(e, op);
        break;
    case BP_IR_ADD:
        gen_alu(e, op, ALU_ADD, 1);
        break;
    case BP_IR_SUB:
        gen_alu(e, op, ALU_SUB, 0);
        break;
    case BP_IR_AND:
        gen_alu(e, op, ALU_AND, 1);
        break;
    case BP_IR_OR:
        gen_alu(e, op, ALU_OR, 1);
        break;
    case BP_IR_XOR:
        gen_alu(e, op, ALU_XOR, 1);
        break;
    case BP_IR_RSUB:
        gen_rsub(e, op);
        break;
    case BP_IR_ANDN:
        gen_inverted(e, op, ALU_AND);
        break;
    case BP_IR_ORN:
        gen_inverted(e, op, ALU_OR);
        break;
    case BP_IR_XNOR:
        gen_inverted(e, op, ALU_XOR);
        break;
    case BP_IR_SHL:
        gen_shift(e, op, SHIFT_SHL);
        break;
    case BP_IR_SHR:
        gen_shift(e, op, SHIFT_SHR);
        break;
    case BP_IR_SAR:
        gen_shift(e, op, SHIFT_SAR);
        break;
    case BP_IR_ROL:
        gen_shift(e, op, SHIFT_ROL);
        break;
    case BP_IR_ROR:
        gen_shift(e, op, SHIFT_ROR);
        break;
    case BP_IR_MUL:
        gen_multiply(e, op);
        break;
    case BP_IR_MULHSS:
        gen_high(e, op, UNARY_IMUL);
        break;
    case BP_IR_MULHUU:
    case BP_IR_MULHSU:
        gen_high(e, op, UNARY_MUL);
        break;
    case BP_IR_DIVS ... BP_IR_REMU:
        gen_divide(e, op);
        break;
    case BP_IR_MINS:
        gen_extreme(e, op, CC_L);
        break;
    case BP_IR_MAXS:
        gen_extreme(e, op, CC_G);
        break;
    case BP_IR_MINU:
        gen_extreme(e, op, CC_B);
        break;
    case BP_IR_MAXU:
        gen_extreme(e, op, CC_A);
        break;
    case BP_IR_SHADD:
    case BP_IR_SHADDUW:
        gen_shadd(e, op);
        break;
    case BP_IR_SHLUW:
        gen_shluw(e, op);
        break;
    case BP_IR_BSET ... BP_IR_BEXT:
        gen_bit(e, op);
        break;
    case BP_IR_SET:
        gen_set(e, op);
        break;
    case BP_IR_SEL:
        gen_select(e, op);
        break;
    case BP_IR_PCREL:
        gen_constant(e, op->d, slot_of(op->type, (int64_t)(e->va + (uint64_t)op->imm)));
        break;
    default:
        gen_unary(e, op);
    }
}
