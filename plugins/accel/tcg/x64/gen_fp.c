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

/* xmm0 to the slot. */
static void put_real(struct gen *e, const struct bp_ir_op *op, int real)
{
    gen_forget(e, op->d);
    asm_fp(&e->code, 0x11, real, 0, 0, gen_home(e, op->d));
    if (real)
        return;
    asm_store_imm(&e->code, 0, rm_mem(RBP, gen_home(e, op->d).disp + 4),
                  op->x & BP_FP_BOX ? -1 : 0);
    if (op->d < TCG_REGS)
        e->boxed[op->d] = (op->x & BP_FP_BOX) != 0;
}

static void check_nan(struct gen *e, int real, struct cold *cold)
{
    asm_fp_compare(&e->code, 0x2e, real, 0, rm_reg(0));
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

/* d = a op b to nearest */
static void gen_arithmetic(struct gen *e, const struct bp_ir_op *op, uint32_t code)
{
    int real = op->type == BP_T_F64;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site_of(e, op);
    if (!real) {
        check_box(e, op, op->a, cold);
        if (op->op != BP_IR_FSQRT)
            check_box(e, op, op->b, cold);
    }
    if (op->op == BP_IR_FSQRT) {
        asm_fp(&e->code, 0x10, real, 0, 0, gen_home(e, op->a));
        asm_fp(&e->code, code, real, 0, 0, rm_reg(0));
    } else {
        asm_fp(&e->code, 0x10, real, 0, 0, gen_home(e, op->a));
        asm_fp(&e->code, code, real, 0, 0, gen_home(e, op->b));
    }
    check_nan(e, real, cold);
    put_real(e, op, real);
    asm_place(&e->code, &cold->out);
}

static void gen_fused(struct gen *e, const struct bp_ir_op *op, uint32_t code)
{
    int real = op->type == BP_T_F64;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site_of(e, op);
    if (!real) {
        check_box(e, op, op->a, cold);
        check_box(e, op, op->b, cold);
        check_box(e, op, op->c, cold);
    }
    asm_fp(&e->code, 0x10, real, 0, 0, gen_home(e, op->a));
    asm_fp(&e->code, 0x10, real, 1, 0, gen_home(e, op->b));
    asm_fma(&e->code, code, real, 0, 1, gen_home(e, op->c));
    check_nan(e, real, cold);
    put_real(e, op, real);
    asm_place(&e->code, &cold->out);
}

/* d = a < b and the like; with the operands exchanged "above" is false for NaNs. */
static void gen_compare(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64, equal = op->op == BP_IR_FEQ;
    struct cold *cold = NULL;
    uint32_t to = gen_result(e, op->d);

    if (!real) {
        cold = gen_cold(e, COLD_CALL);
        cold->site = site_of(e, op);
        check_box(e, op, op->a, cold);
        check_box(e, op, op->b, cold);
    }
    asm_fp(&e->code, 0x10, real, 0, 0, gen_home(e, equal ? op->a : op->b));
    asm_fp_compare(&e->code, equal ? 0x2e : 0x2f, real, 0, gen_home(e, equal ? op->b : op->a));
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
        asm_place(&e->code, &cold->out);
}

/* F64 with the sign of another: bits. */
static void gen_sign(struct gen *e, const struct bp_ir_op *op)
{
    asm_load(&e->code, 1, RAX, gen_home(e, op->a));
    if (op->a == op->b) {
        if (op->op != BP_IR_FSGNJ)
            asm_bit_imm(&e->code, op->op == BP_IR_FSGNJN ? 7 : 6, 1, rm_reg(RAX), 63);
    } else {
        asm_load(&e->code, 1, RCX, gen_home(e, op->b));
        if (op->op == BP_IR_FSGNJX) {
            asm_shift_imm(&e->code, SHIFT_SHR, 1, rm_reg(RCX), 63);
            asm_shift_imm(&e->code, SHIFT_SHL, 1, rm_reg(RCX), 63);
            asm_alu(&e->code, ALU_XOR, 1, RAX, rm_reg(RCX));
        } else {
            if (op->op == BP_IR_FSGNJN)
                asm_unary(&e->code, UNARY_NOT, 1, rm_reg(RCX));
            asm_shift_imm(&e->code, SHIFT_SHR, 1, rm_reg(RCX), 63);
            asm_shift_imm(&e->code, SHIFT_SHL, 1, rm_reg(RCX), 63);
            asm_bit_imm(&e->code, 6, 1, rm_reg(RAX), 63);
            asm_alu(&e->code, ALU_OR, 1, RAX, rm_reg(RCX));
        }
    }
    gen_put(e, op->d, BP_T_I64, RAX);
}

static void gen_narrow_or_widen(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site_of(e, op);
    if (real)
        check_box(e, op, op->a, cold);
    asm_xorps(&e->code, 0);
    asm_fp(&e->code, 0x5a, !real, 0, 0, gen_home(e, op->a));
    check_nan(e, real, cold);
    put_real(e, op, real);
    asm_place(&e->code, &cold->out);
}

/* Integers that a host instruction takes: s32, u32 as s64, s64. */
static void gen_from_integer(struct gen *e, const struct bp_ir_op *op)
{
    int real = op->type == BP_T_F64;
    uint32_t from = op->x & BP_FP_INT_MASK;
    int64_t value;

    if (gen_known(e, op->a, &value))
        asm_constant(&e->code, RAX, (uint64_t)value);
    else
        asm_load(&e->code, from == BP_FP_INT_S64, RAX, gen_where(e, op->a));
    if (from == BP_FP_INT_U32)
        asm_move(&e->code, 0, RAX, RAX);
    asm_xorps(&e->code, 0);
    asm_fp_of_int(&e->code, real, from != BP_FP_INT_S32, 0, 0, rm_reg(RAX));
    put_real(e, op, real);
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
    asm_int_of_fp(&e->code, code, real, w, RAX, gen_home(e, op->a));
    asm_constant(&e->code, RCX, w ? 0x8000000000000000ull : 0x80000000u);
    asm_alu(&e->code, ALU_CMP, w, RAX, rm_reg(RCX));
    asm_jcc(&e->code, CC_E, &cold->in);
    gen_put(e, op->d, w ? BP_T_I64 : BP_T_S32, RAX);
    asm_place(&e->code, &cold->out);
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
    case BP_IR_FEQ ... BP_IR_FLE:
        gen_compare(e, op);
        return;
    case BP_IR_FSGNJ ... BP_IR_FSGNJX:
        if (op->type == BP_T_F64) {
            gen_sign(e, op);
            return;
        }
        break;
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
