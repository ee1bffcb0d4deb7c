/* SPDX-License-Identifier: Apache-2.0
 *
 * reference_int.c - integer operations: see reference.h. Slow and plain on purpose.
 */
#include "reference.h"

#include <backplane/ir.h>

typedef unsigned __int128 u128;
typedef __int128 s128;

uint64_t reference_extend(uint8_t type, uint64_t v)
{
    switch (type) {
    case BP_T_S32:
        return (uint64_t)(int64_t)(int32_t)v;
    case BP_T_U32:
    case BP_T_F32:
        return (uint32_t)v;
    case BP_T_U8:
        return (uint8_t)v;
    case BP_T_S8:
        return (uint64_t)(int64_t)(int8_t)v;
    case BP_T_U16:
        return (uint16_t)v;
    case BP_T_S16:
        return (uint64_t)(int64_t)(int16_t)v;
    default:
        return v;
    }
}

static int bits_of(uint8_t type)
{
    return type == BP_T_I64 ? 64 : 32;
}

static uint64_t zero_extended(uint8_t type, uint64_t v)
{
    return type == BP_T_I64 ? v : (uint32_t)v;
}

static int64_t sign_extended(uint8_t type, uint64_t v)
{
    return type == BP_T_I64 ? (int64_t)v : (int32_t)v;
}

static uint64_t divide(uint8_t op, uint8_t type, uint64_t ua, uint64_t uy)
{
    s128 sa = sign_extended(type, ua), sy = sign_extended(type, uy);

    switch (op) {
    case BP_IR_DIVS:
        return uy ? (uint64_t)(sa / sy)
                  : ~(uint64_t)0; /* 128 bits: -2^(N-1) / -1 is 2^(N-1), which wraps to a */
    case BP_IR_DIVU:
        return uy ? ua / uy : ~(uint64_t)0;
    case BP_IR_REMS:
        return uy ? (uint64_t)(sa % sy) : ua;
    default:
        return uy ? ua % uy : ua;
    }
}

static uint64_t high_product(uint8_t op, uint8_t type, uint64_t ua, uint64_t uy)
{
    s128 sa = sign_extended(type, ua), sy = sign_extended(type, uy);

    switch (op) {
    case BP_IR_MULHSS:
        return (uint64_t)((sa * sy) >> bits_of(type));
    case BP_IR_MULHUU:
        return (uint64_t)(((u128)ua * uy) >> bits_of(type));
    default:
        return (uint64_t)((sa * (s128)(u128)uy) >> bits_of(type));
    }
}

static uint64_t count_bits(uint8_t op, uint8_t type, uint64_t ua)
{
    int n = 0, bits = bits_of(type);

    switch (op) {
    case BP_IR_CLZ:
        while (n < bits && !(ua >> (bits - 1 - n) & 1))
            n++;
        break;
    case BP_IR_CTZ:
        while (n < bits && !(ua >> n & 1))
            n++;
        break;
    default:
        for (int i = 0; i < bits; i++)
            n += ua >> i & 1;
        break;
    }
    return (uint64_t)n;
}

static uint64_t bytewise(uint8_t op, uint8_t type, uint64_t ua)
{
    int bytes = bits_of(type) / 8;
    uint64_t r = 0;

    for (int i = 0; i < bytes; i++) {
        uint64_t byte = ua >> 8 * i & 0xff;
        if (op == BP_IR_BSWAP)
            r |= byte << 8 * (bytes - 1 - i);
        else if (byte)
            r |= (uint64_t)0xff << 8 * i;
    }
    return r;
}

static uint64_t rotate_right(uint64_t ua, unsigned n, int bits)
{
    return n ? ua >> n | ua << (bits - (int)n) : ua;
}

static uint64_t smaller(int a_is_smaller, int want_smaller, uint64_t a, uint64_t y)
{
    return a_is_smaller == want_smaller ? a : y;
}

static uint64_t evaluate(uint8_t op, uint8_t type, uint64_t a, uint64_t y, uint32_t x)
{
    uint64_t ua = zero_extended(type, a), uy = zero_extended(type, y), bit;
    int bits = bits_of(type);
    unsigned n = (unsigned)(y % (unsigned)bits);

    bit = (uint64_t)1 << n;
    switch (op) {
    case BP_IR_MOV:
        return y;
    case BP_IR_ADD:
        return a + y;
    case BP_IR_SUB:
        return a - y;
    case BP_IR_RSUB:
        return y - a;
    case BP_IR_AND:
        return a & y;
    case BP_IR_OR:
        return a | y;
    case BP_IR_XOR:
        return a ^ y;
    case BP_IR_ANDN:
        return a & ~y;
    case BP_IR_ORN:
        return a | ~y;
    case BP_IR_XNOR:
        return ~(a ^ y);
    case BP_IR_SHL:
        return ua << n;
    case BP_IR_SHR:
        return ua >> n;
    case BP_IR_SAR:
        return (uint64_t)(sign_extended(type, a) >> n);
    case BP_IR_ROL:
        return rotate_right(ua, (unsigned)(bits - (int)n) % (unsigned)bits, bits);
    case BP_IR_ROR:
        return rotate_right(ua, n, bits);
    case BP_IR_MUL:
        return ua * uy;
    case BP_IR_MULHSS:
    case BP_IR_MULHUU:
    case BP_IR_MULHSU:
        return high_product(op, type, ua, uy);
    case BP_IR_DIVS:
    case BP_IR_DIVU:
    case BP_IR_REMS:
    case BP_IR_REMU:
        return divide(op, type, ua, uy);
    case BP_IR_MINS:
    case BP_IR_MAXS:
        return smaller((int64_t)a < (int64_t)y, op == BP_IR_MINS, a, y);
    case BP_IR_MINU:
    case BP_IR_MAXU:
        return smaller(a < y, op == BP_IR_MINU, a, y);
    case BP_IR_SHADD:
        return y + (a << x);
    case BP_IR_SHADDUW:
        return y + ((uint64_t)(uint32_t)a << x);
    case BP_IR_SHLUW:
        return (uint64_t)(uint32_t)a << n;
    case BP_IR_BSET:
        return a | bit;
    case BP_IR_BCLR:
        return a & ~bit;
    case BP_IR_BINV:
        return a ^ bit;
    case BP_IR_BEXT:
        return ua >> n & 1;
    case BP_IR_CLZ:
    case BP_IR_CTZ:
    case BP_IR_POPCNT:
        return count_bits(op, type, ua);
    case BP_IR_BSWAP:
    case BP_IR_ORCB:
        return bytewise(op, type, ua);
    case BP_IR_EXTS8:
        return reference_extend(BP_T_S8, a);
    case BP_IR_EXTS16:
        return reference_extend(BP_T_S16, a);
    case BP_IR_EXTS32:
        return reference_extend(BP_T_S32, a);
    case BP_IR_EXTU8:
        return reference_extend(BP_T_U8, a);
    case BP_IR_EXTU16:
        return reference_extend(BP_T_U16, a);
    default: /* EXTU32 */
        return reference_extend(BP_T_U32, a);
    }
}

uint64_t reference_int(uint8_t op, uint8_t type, uint64_t a, uint64_t y, uint32_t x)
{
    return reference_extend(type, evaluate(op, type, a, y, x));
}

int reference_condition(uint8_t type, uint32_t cc, uint64_t a, uint64_t b)
{
    uint64_t ua = zero_extended(type, a), ub = zero_extended(type, b);
    int64_t sa = sign_extended(type, a), sb = sign_extended(type, b);

    switch (cc) {
    case BP_CC_EQ:
        return ua == ub;
    case BP_CC_NE:
        return ua != ub;
    case BP_CC_LT:
        return sa < sb;
    case BP_CC_GE:
        return sa >= sb;
    case BP_CC_LTU:
        return ua < ub;
    default:
        return ua >= ub;
    }
}

uint64_t reference_amo(uint8_t op, uint8_t type, uint64_t old, uint64_t operand)
{
    int below = reference_condition(type, BP_CC_LT, old, operand);
    int below_unsigned = reference_condition(type, BP_CC_LTU, old, operand);

    switch (op) {
    case BP_IR_AMOSWAP:
        return operand;
    case BP_IR_AMOADD:
        return old + operand;
    case BP_IR_AMOAND:
        return old & operand;
    case BP_IR_AMOOR:
        return old | operand;
    case BP_IR_AMOXOR:
        return old ^ operand;
    case BP_IR_AMOMINS:
        return below ? old : operand;
    case BP_IR_AMOMAXS:
        return below ? operand : old;
    case BP_IR_AMOMINU:
        return below_unsigned ? old : operand;
    default:
        return below_unsigned ? operand : old;
    }
}
