/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_fp.c - floating point. What x86-64 computes exactly as IEEE 754-2019 and the IR's choices
 * want it (../../common/fp.h has the argument) is inline, with MXCSR collecting the flags; results
 * that are NaNs, values that do not fit and badly boxed sources go the long way, which computes
 * them again: flags are sticky, so nothing is lost by that.
 */
#include "gen.h"

static struct tcg_site *site_of(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_fp);

    site->rec.d = gen_target(e, op->d);
    site->rec.b = gen_slot(e, op->b);
    site->rec.c = gen_slot(e, op->c);
    return site;
}

static void gen_long(struct gen *e, const struct bp_ir_op *op)
{
    gen_call_site(e, site_of(e, op));
    gen_forget(e, op->d);
}

/* Sources that are not known to be boxed are checked. That teaches nothing: what is not boxed goes the
 * long way and comes back, still not boxed. */
static void check_box(struct gen *e, const struct bp_ir_op *op, uint16_t operand, struct cold *cold)
{
    if (!(op->x & BP_FP_BOX) || (operand < TCG_REGS && e->boxed[operand]))
        return;
    asm_alu_imm(&e->code, ALU_CMP, 0, rm_mem(RBP, gen_home(e, operand).disp + 4), -1);
    asm_jcc(&e->code, CC_NE, &cold->in);
}

static void check_nan(struct gen *e, int real, uint32_t xmm, struct cold *cold)
{
    asm_fp_compare(&e->code, 0x2e, real, xmm, rm_reg(xmm));
    asm_jcc(&e->code, CC_P, &cold->in);
}

/* Floats are expected in their slots. */
static int has_pinned_real(const struct gen *e, const struct bp_ir_op *op)
{
    int d_is_integer = (op->op >= BP_IR_FEQ && op->op <= BP_IR_FCLASS) || op->op == BP_IR_FCVTIF;
    int a_is_integer = op->op == BP_IR_FCVTFI;

    return (!d_is_integer && gen_pinned(e, op->d) >= 0) ||
           (!a_is_integer && gen_pinned(e, op->a) >= 0) ||
           (ir_infos[op->op].uses & IR_USE_B && gen_pinned(e, op->b) >= 0) ||
           (ir_infos[op->op].uses & IR_USE_C && gen_pinned(e, op->c) >= 0);
}

/* The long way reads the sources' slots: the result's register may be one of theirs. */
static void put_real(struct gen *e, const struct bp_ir_op *op, int real, uint32_t xmm,
                     struct cold *cold)
{
    check_nan(e, real, xmm, cold);
    gen_float_put(e, op->d, real, op->x & BP_FP_BOX, xmm);
    gen_rejoin(e, cold);
}

/* d = a op b to nearest */
static void gen_arithmetic(struct gen *e, const struct bp_ir_op *op, uint32_t code)
{
    int real = op->type == BP_T_F64, one = op->op == BP_IR_FSQRT;
    struct cold *cold = gen_cold(e, COLD_CALL);
    uint32_t a, d = gen_float_result(e, op->d);

    cold->site = site_of(e, op);
    if (!real) {
        check_box(e, op, op->a, cold);
        if (!one)
            check_box(e, op, op->b, cold);
    }
    a = gen_float(e, op->a, real, 0);
    asm_fp(&e->code, code, real, d, a, one ? rm_reg(a) : gen_float_rm(e, op->b, real));
    put_real(e, op, real, d, cold);
}

/* minimumNumber and maximumNumber (IEEE 754-2019, 9.6). Of operands that are equal the host takes either, but the zeros
 * have an order: equal numbers have equal bits but for the sign of zeros, so `or` is the lower and `and` the higher. */
static void gen_extreme(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64, low = op->op == BP_IR_FMIN;
    struct cold *cold = gen_cold(e, COLD_CALL);
    struct label differ = {0}, out = {0};
    uint32_t a, b, d = gen_float_result(e, op->d);

    cold->site = site_of(e, op);
    if (!real) {
        check_box(e, op, op->a, cold);
        check_box(e, op, op->b, cold);
    }
    a = gen_float(e, op->a, real, 0);
    b = gen_float(e, op->b, real, 1);
    asm_fp_compare(&e->code, 0x2e, real, a, rm_reg(b));
    asm_jcc(&e->code, CC_P, &cold->in);
    asm_jcc(&e->code, CC_NE, &differ);
    asm_fp_bits(&e->code, low ? 0x56 : 0x54, d, a, b);
    asm_jmp(&e->code, &out);
    asm_place(&e->code, &differ);
    asm_fp(&e->code, low ? 0x5d : 0x5f, real, d, a, rm_reg(b));
    asm_place(&e->code, &out);
    gen_float_put(e, op->d, real, op->x & BP_FP_BOX, d);
    gen_rejoin(e, cold);
}

/* The instruction overwrites one factor; which of the two does not matter for the result. */
static void gen_fused(struct gen *e, const struct bp_ir_op *op, uint32_t code)
{
    int real = op->type == BP_T_F64;
    struct cold *cold = gen_cold(e, COLD_CALL);
    uint32_t a, b, into, d = gen_float_result(e, op->d);
    struct rm c;

    cold->site = site_of(e, op);
    if (!real) {
        check_box(e, op, op->a, cold);
        check_box(e, op, op->b, cold);
        check_box(e, op, op->c, cold);
    }
    a = gen_float(e, op->a, real, 0);
    b = gen_float(e, op->b, real, 1);
    c = gen_float_rm(e, op->c, real);
    if (d && op->d == op->c && op->d != op->a && op->d != op->b) {
        asm_fma(&e->code, code | 0x10, real, d, a, rm_reg(b)); /* ...231: d = a * b + d */
        put_real(e, op, real, d, cold);
        return;
    }
    into = op->d == op->b || op->d == op->c ? 0 : d; /* what it is computed in is not read again */
    if (a != into)
        asm_move_fp(&e->code, into, a);
    asm_fma(&e->code, code, real, into, b, c);
    if (into != d)
        asm_move_fp(&e->code, d, into);
    put_real(e, op, real, d, cold);
}

/* d = a < b and the like; with the operands exchanged "above" is false for NaNs. */
static void gen_compare(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64, equal = op->op == BP_IR_FEQ;
    struct cold *cold = NULL;
    uint32_t a, to = gen_result(e, op->d);

    if (!real) {
        cold = gen_cold(e, COLD_CALL);
        cold->site = site_of(e, op);
        check_box(e, op, op->a, cold);
        check_box(e, op, op->b, cold);
    }
    a = gen_float(e, equal ? op->a : op->b, real, 0);
    asm_fp_compare(&e->code, equal ? 0x2e : 0x2f, real, a,
                   gen_float_rm(e, equal ? op->b : op->a, real));
    if (equal) {
        asm_setcc(&e->code, CC_NP, RCX);
        asm_setcc(&e->code, CC_E, RAX);
        asm_alu(&e->code, ALU_AND, 0, RAX, rm_reg(RCX));
    } else {
        asm_setcc(&e->code, op->op == BP_IR_FLT ? CC_A : CC_AE, RAX);
    }
    asm_movzx8(&e->code, 0, to, rm_reg(RAX));
    gen_put(e, op->d, BP_T_I64, to);
    if (cold)
        gen_rejoin(e, cold);
}

/* The bits of a float in a general register. */
static void get_bits(struct gen *e, uint16_t operand, int real, uint32_t reg)
{
    int xmm = gen_float_held(e, operand);

    if (xmm >= 0 && gen_float(e, operand, real, 0) == (uint32_t)xmm)
        asm_movq_from_xmm(&e->code, real, rm_reg(reg), (uint32_t)xmm);
    else
        asm_load(&e->code, real, reg, gen_home(e, operand));
}

/* A float with the sign of another: bits. Without a change of sign it is a move between registers. */
static void gen_sign(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64;
    uint32_t sign = real ? 63 : 31, d = gen_float_result(e, op->d);
    struct cold *cold = NULL;

    if (!real) {
        cold = gen_cold(e, COLD_CALL);
        cold->site = site_of(e, op);
        check_box(e, op, op->a, cold);
        check_box(e, op, op->b, cold);
    }
    if (op->a == op->b && op->op == BP_IR_FSGNJ) {
        uint32_t a = gen_float(e, op->a, real, d);
        if (a != d)
            asm_move_fp(&e->code, d, a);
        gen_float_put(e, op->d, real, op->x & BP_FP_BOX, d);
    } else {
        get_bits(e, op->a, real, RAX);
        if (op->a == op->b) {
            asm_bit_imm(&e->code, op->op == BP_IR_FSGNJN ? 7 : 6, real, rm_reg(RAX), sign);
        } else {
            get_bits(e, op->b, real, RCX);
            if (op->op == BP_IR_FSGNJN)
                asm_unary(&e->code, UNARY_NOT, real, rm_reg(RCX));
            asm_shift_imm(&e->code, SHIFT_SHR, real, rm_reg(RCX), sign);
            asm_shift_imm(&e->code, SHIFT_SHL, real, rm_reg(RCX), sign);
            if (op->op != BP_IR_FSGNJX)
                asm_bit_imm(&e->code, 6, real, rm_reg(RAX), sign);
            asm_alu(&e->code, ALU_XOR, real, RAX, rm_reg(RCX));
        }
        asm_movq_to_xmm(&e->code, real, d, rm_reg(RAX));
        gen_float_put(e, op->d, real, op->x & BP_FP_BOX, d);
    }
    if (cold)
        gen_rejoin(e, cold);
}

static void gen_narrow_or_widen(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64;
    struct cold *cold = gen_cold(e, COLD_CALL);
    uint32_t d = gen_float_result(e, op->d);
    struct rm a;

    cold->site = site_of(e, op);
    if (real)
        check_box(e, op, op->a, cold);
    a = gen_float_rm(e, op->a, !real);
    asm_xorps(&e->code, 0); /* what the upper half of the result is taken from: waits for nothing */
    asm_fp(&e->code, 0x5a, !real, d, 0, a);
    put_real(e, op, real, d, cold);
}

/* Integers that a host instruction takes: s32, u32 as s64, s64. */
static void gen_from_integer(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64;
    uint32_t from = op->x & BP_FP_INT_MASK, d = gen_float_result(e, op->d);
    int64_t value;

    if (gen_known(e, op->a, &value))
        asm_constant(&e->code, RAX, (uint64_t)value);
    else
        asm_load(&e->code, from == BP_FP_INT_S64, RAX, gen_where(e, op->a));
    if (from == BP_FP_INT_U32)
        asm_move(&e->code, 0, RAX, RAX);
    asm_xorps(&e->code, 0);
    asm_fp_of_int(&e->code, real, from != BP_FP_INT_S32, d, 0, rm_reg(RAX));
    gen_float_put(e, op->d, real, op->x & BP_FP_BOX, d);
}

/* Signed, towards zero or to nearest; the lowest integer may mean that the value did not fit. */
static void gen_to_integer(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64, w = (op->x & BP_FP_INT_MASK) == BP_FP_INT_S64;
    struct cold *cold = gen_cold(e, COLD_CALL);
    uint32_t code = (op->x & BP_RM_MASK) == BP_RM_RTZ ? 0x2c : 0x2d;

    cold->site = site_of(e, op);
    if (!real)
        check_box(e, op, op->a, cold);
    asm_int_of_fp(&e->code, code, real, w, RAX, gen_float_rm(e, op->a, real));
    asm_constant(&e->code, RCX, w ? 0x8000000000000000ull : 0x80000000u);
    asm_alu(&e->code, ALU_CMP, w, RAX, rm_reg(RCX));
    asm_jcc(&e->code, CC_E, &cold->in);
    gen_put(e, op->d, w ? BP_T_I64 : BP_T_S32, RAX);
    gen_rejoin(e, cold);
}

static int is_nearest(const struct bp_ir_op *op)
{
    return (op->x & BP_RM_MASK) == BP_RM_RNE;
}

static void gen_box(struct gen *e, const struct bp_ir_op *op)
{
    uint32_t a = gen_get(e, op->a, RAX);

    asm_move(&e->code, 0, RAX, a);
    asm_constant(&e->code, RCX, 0xffffffff00000000ull);
    asm_alu(&e->code, ALU_OR, 1, RAX, rm_reg(RCX));
    gen_put(e, op->d, BP_T_I64, RAX);
    if (op->d < TCG_REGS)
        e->boxed[op->d] = 1;
}

void gen_fp(struct gen *e, const struct bp_ir_op *op)
{
    static const uint8_t codes[] = {
        [BP_IR_FADD - BP_IR_FADD] = 0x58,   [BP_IR_FSUB - BP_IR_FADD] = 0x5c,
        [BP_IR_FMUL - BP_IR_FADD] = 0x59,   [BP_IR_FDIV - BP_IR_FADD] = 0x5e,
        [BP_IR_FSQRT - BP_IR_FADD] = 0x51,  [BP_IR_FMADD - BP_IR_FADD] = 0xa9,
        [BP_IR_FMSUB - BP_IR_FADD] = 0xab,  [BP_IR_FNMSUB - BP_IR_FADD] = 0xad,
        [BP_IR_FNMADD - BP_IR_FADD] = 0xaf,
    };
    uint32_t integer = op->x & BP_FP_INT_MASK;

    if (op->op == BP_IR_FBOX) {
        gen_box(e, op);
        return;
    }
    if (has_pinned_real(e, op)) {
        gen_long(e, op);
        return;
    }
    switch (op->op) {
    case BP_IR_FADD ... BP_IR_FSQRT:
        if (is_nearest(op)) {
            gen_arithmetic(e, op, codes[op->op - BP_IR_FADD]);
            return;
        }
        break;
    case BP_IR_FMADD ... BP_IR_FNMADD:
        if (is_nearest(op)) {
            gen_fused(e, op, codes[op->op - BP_IR_FADD]);
            return;
        }
        break;
    case BP_IR_FMIN:
    case BP_IR_FMAX:
        gen_extreme(e, op);
        return;
    case BP_IR_FEQ ... BP_IR_FLE:
        gen_compare(e, op);
        return;
    case BP_IR_FSGNJ ... BP_IR_FSGNJX:
        gen_sign(e, op);
        return;
    case BP_IR_FCVTFF:
        if (is_nearest(op)) {
            gen_narrow_or_widen(e, op);
            return;
        }
        break;
    case BP_IR_FCVTFI:
        if (is_nearest(op) && integer != BP_FP_INT_U64) {
            gen_from_integer(e, op);
            return;
        }
        break;
    case BP_IR_FCVTIF:
        if ((is_nearest(op) || (op->x & BP_RM_MASK) == BP_RM_RTZ) &&
            (integer == BP_FP_INT_S32 || integer == BP_FP_INT_S64)) {
            gen_to_integer(e, op);
            return;
        }
        break;
    default:
        break;
    }
    gen_long(e, op);
}
