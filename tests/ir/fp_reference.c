/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_reference.c - the floating-point operations of the IR by slow and obvious means: arithmetic by
 * fp_soft.h (which fp_exact.py checks), everything else by widening to double and C's own
 * comparisons and classes.
 */
#include "fp_eval.h"

#include <math.h>
#include <string.h>

#include <backplane/ir.h>

#include "../../plugins/accel/common/fp_soft.h"

#define BOX 0xffffffff00000000u

struct operand {
    uint64_t bits; /* of the type */
    double value;  /* the same number, exactly */
    int is_nan, is_signaling, is_negative;
};

static uint64_t sign_bit(uint8_t type)
{
    return type == BP_T_F32 ? (uint64_t)1 << 31 : (uint64_t)1 << 63;
}

static uint64_t canonical_nan(uint8_t type)
{
    return type == BP_T_F32 ? 0x7fc00000u : 0x7ff8000000000000u;
}

static struct operand read_operand(uint8_t type, uint64_t slot, uint32_t x)
{
    struct operand o = {.bits = slot};
    uint64_t wide = slot;
    uint32_t ignored = 0;

    if (type == BP_T_F32) {
        o.bits = (x & BP_FP_BOX) && (slot & BOX) != BOX ? canonical_nan(type) : (uint32_t)slot;
        o.is_signaling =
            (o.bits & 0x7f800000) == 0x7f800000 && (o.bits & 0x7fffff) && !(o.bits & 0x400000);
        wide = fp_soft_convert(&fp_format_d, &fp_format_f, o.bits, BP_RM_RNE, &ignored);
    } else {
        o.is_signaling = (o.bits & 0x7ff0000000000000) == 0x7ff0000000000000 &&
                         (o.bits & 0xfffffffffffff) && !(o.bits & 0x8000000000000);
    }
    o.is_negative = (o.bits & sign_bit(type)) != 0;
    memcpy(&o.value, &wide, sizeof wide);
    o.is_nan = isnan(o.value);
    return o;
}

static uint64_t slot_of(uint8_t type, uint64_t bits, uint32_t x)
{
    return type != BP_T_F32 ? bits : x & BP_FP_BOX ? BOX | (uint32_t)bits : (uint32_t)bits;
}

static int is_less(const struct operand *a, const struct operand *b)
{
    return isless(a->value, b->value);
}

static uint64_t compare(uint8_t op, const struct operand *a, const struct operand *b,
                        uint32_t *flags)
{
    if (a->is_signaling || b->is_signaling || (op != BP_IR_FEQ && (a->is_nan || b->is_nan)))
        *flags |= FP_NV;
    return op == BP_IR_FEQ   ? !a->is_nan && !b->is_nan && a->value == b->value
           : op == BP_IR_FLT ? is_less(a, b)
                             : islessequal(a->value, b->value);
}

static uint64_t choose(uint8_t op, uint8_t type, const struct operand *a, const struct operand *b,
                       uint32_t *flags)
{
    int a_is_less;

    if (a->is_signaling || b->is_signaling)
        *flags |= FP_NV;
    if (a->is_nan || b->is_nan)
        return a->is_nan && b->is_nan ? canonical_nan(type) : a->is_nan ? b->bits : a->bits;
    a_is_less = is_less(a, b) || (a->value == 0 && b->value == 0 && a->is_negative);
    return (op == BP_IR_FMIN) == a_is_less ? a->bits : b->bits;
}

static uint64_t class_of(uint8_t type, const struct operand *a)
{
    double least_normal = type == BP_T_F32 ? 0x1p-126 : 0x1p-1022, magnitude = fabs(a->value);
    int bit;

    if (a->is_nan)
        return a->is_signaling ? 1 << 8 : 1 << 9;
    bit = isinf(a->value) ? 0 : magnitude >= least_normal ? 1 : magnitude > 0 ? 2 : 3;
    return (uint64_t)1 << (a->is_negative ? bit : 7 - bit);
}

static uint64_t sign_op(uint8_t op, uint8_t type, uint64_t a, uint64_t b)
{
    uint64_t sign = sign_bit(type);
    uint64_t chosen = op == BP_IR_FSGNJ ? b : op == BP_IR_FSGNJN ? ~b : a ^ b;

    return (a & (sign - 1)) | (chosen & sign);
}

static uint64_t fused(uint8_t op, uint8_t type, uint64_t a, uint64_t b, uint64_t c, uint32_t rm,
                      uint32_t *flags)
{
    const struct fp_format *f = type == BP_T_F32 ? &fp_format_f : &fp_format_d;
    uint64_t product = op == BP_IR_FNMSUB || op == BP_IR_FNMADD ? sign_bit(type) : 0;
    uint64_t addend = op == BP_IR_FMSUB || op == BP_IR_FNMADD ? sign_bit(type) : 0;

    return fp_soft_fma(f, a ^ product, b, c ^ addend, rm, flags);
}

uint64_t fp_reference(uint8_t op, uint8_t type, uint64_t a, uint64_t b, uint64_t c, uint32_t x,
                      uint32_t *flags)
{
    const struct fp_format *f = type == BP_T_F32 ? &fp_format_f : &fp_format_d;
    struct operand va = read_operand(type, a, x), vb = read_operand(type, b, x),
                   vc = read_operand(type, c, x);
    uint32_t rm = x & BP_RM_MASK;
    int bits = x & BP_FP_INT_S64 ? 64 : 32, is_signed = !(x & BP_FP_INT_U32);

    switch (op) {
    case BP_IR_FADD:
        return slot_of(type, fp_soft_add(f, va.bits, vb.bits, rm, flags), x);
    case BP_IR_FSUB:
        return slot_of(type, fp_soft_sub(f, va.bits, vb.bits, rm, flags), x);
    case BP_IR_FMUL:
        return slot_of(type, fp_soft_mul(f, va.bits, vb.bits, rm, flags), x);
    case BP_IR_FDIV:
        return slot_of(type, fp_soft_div(f, va.bits, vb.bits, rm, flags), x);
    case BP_IR_FSQRT:
        return slot_of(type, fp_soft_sqrt(f, va.bits, rm, flags), x);
    case BP_IR_FMADD:
    case BP_IR_FMSUB:
    case BP_IR_FNMSUB:
    case BP_IR_FNMADD:
        return slot_of(type, fused(op, type, va.bits, vb.bits, vc.bits, rm, flags), x);
    case BP_IR_FMIN:
    case BP_IR_FMAX:
        return slot_of(type, choose(op, type, &va, &vb, flags), x);
    case BP_IR_FSGNJ:
    case BP_IR_FSGNJN:
    case BP_IR_FSGNJX:
        return slot_of(type, sign_op(op, type, va.bits, vb.bits), x);
    case BP_IR_FEQ:
    case BP_IR_FLT:
    case BP_IR_FLE:
        return compare(op, &va, &vb, flags);
    case BP_IR_FCLASS:
        return class_of(type, &va);
    case BP_IR_FCVTFF:
        if (type == BP_T_F32)
            return slot_of(type, fp_soft_convert(f, &fp_format_d, a, rm, flags), x);
        return fp_soft_convert(f, &fp_format_f, read_operand(BP_T_F32, a, x).bits, rm, flags);
    case BP_IR_FCVTFI:
        return slot_of(type, fp_soft_from_int(f, a, bits, is_signed, rm, flags), x);
    case BP_IR_FCVTIF:
        return fp_soft_to_int(f, va.bits, bits, is_signed, rm, flags);
    default: /* FBOX */
        return BOX | (uint32_t)a;
    }
}
