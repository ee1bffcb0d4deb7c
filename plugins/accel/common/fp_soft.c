/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_soft.c - binary32 and binary64 arithmetic in integers. Operands are unpacked to a 128-bit
 * significand, the exact result (or one with a sticky last bit) is formed there, and one routine
 * rounds everything.
 */
#include "fp_soft.h"

#include <backplane/ir.h>

typedef unsigned __int128 u128;

#define TOP ((u128)1 << 127)

const struct fp_format fp_format_f = {24, 127};
const struct fp_format fp_format_d = {53, 1023};

enum kind { ZERO, FINITE, INFINITE, QUIET, SIGNALING };

/* FINITE: (-1)^sign * sig / 2^127 * 2^exp, with the top bit of sig set. */
struct value {
    enum kind kind;
    int sign, exp;
    u128 sig;
};

static int leading_zeros(u128 v)
{
    uint64_t high = (uint64_t)(v >> 64);

    return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)v);
}

static void normalize(struct value *v)
{
    int shift = leading_zeros(v->sig);

    v->sig <<= shift;
    v->exp -= shift;
}

/* Shifts right; what falls out stays visible in the last bit. */
static u128 shift_sticky(u128 v, int count)
{
    if (count <= 0)
        return v;
    if (count >= 128)
        return v != 0;
    return v >> count | ((v & (((u128)1 << count) - 1)) != 0);
}

static int total_bits(const struct fp_format *f)
{
    return f->precision == 24 ? 32 : 64;
}

static uint64_t infinity(const struct fp_format *f, int sign)
{
    uint64_t exponents = (uint64_t)(2 * f->emax + 1) << (f->precision - 1);

    return exponents | (uint64_t)sign << (total_bits(f) - 1);
}

static uint64_t zero(const struct fp_format *f, int sign)
{
    return (uint64_t)sign << (total_bits(f) - 1);
}

static uint64_t quiet_nan(const struct fp_format *f)
{
    return infinity(f, 0) | (uint64_t)1 << (f->precision - 2);
}

static uint64_t invalid(const struct fp_format *f, uint32_t *flags)
{
    *flags |= FP_NV;
    return quiet_nan(f);
}

static struct value unpack(const struct fp_format *f, uint64_t bits)
{
    int fraction_bits = f->precision - 1;
    uint64_t fraction = bits & (((uint64_t)1 << fraction_bits) - 1);
    int biased = (int)(bits >> fraction_bits) & (2 * f->emax + 1);
    struct value v = {.sign = (int)(bits >> (total_bits(f) - 1) & 1)};

    if (biased == 2 * f->emax + 1) {
        v.kind = !fraction ? INFINITE : fraction >> (fraction_bits - 1) ? QUIET : SIGNALING;
    } else if (biased || fraction) {
        v.kind = FINITE;
        v.sig = (u128)(biased ? fraction | (uint64_t)1 << fraction_bits : fraction)
                << (127 - fraction_bits);
        v.exp = (biased ? biased : 1) - f->emax;
        normalize(&v);
    }
    return v;
}

/* v without its last `drop` bits (1..127), rounded. */
static u128 round_off(u128 v, int drop, int sign, uint32_t rm, int *inexact)
{
    u128 kept = v >> drop, rest = v & (((u128)1 << drop) - 1), half = (u128)1 << (drop - 1);
    int up;

    switch (rm) {
    case BP_RM_RNE:
        up = rest > half || (rest == half && (kept & 1));
        break;
    case BP_RM_RTZ:
        up = 0;
        break;
    case BP_RM_RDN:
        up = sign && rest;
        break;
    case BP_RM_RUP:
        up = !sign && rest;
        break;
    default:
        up = rest >= half;
        break;
    }
    *inexact = rest != 0;
    return kept + (u128)up;
}

/* IEEE 754-2019, 7.4: the overflow result is infinity, or the largest finite number where that is
 * nearer to zero in the direction of rounding. */
static uint64_t overflow(const struct fp_format *f, int sign, uint32_t rm, uint32_t *flags)
{
    int to_infinity = rm == BP_RM_RTZ ? 0 : rm == BP_RM_RDN ? sign : rm == BP_RM_RUP ? !sign : 1;

    *flags |= FP_OF | FP_NX;
    return infinity(f, sign) - !to_infinity;
}

/* The one rounding: a finite non-zero value into the format. */
static uint64_t round_pack(const struct fp_format *f, const struct value *v, uint32_t rm,
                           uint32_t *flags)
{
    int drop = 128 - f->precision, emin = 1 - f->emax, exp = v->exp, inexact, tiny;
    u128 carry = (u128)1 << f->precision;
    u128 kept = round_off(v->sig, drop, v->sign, rm, &inexact);

    if (kept == carry) {
        kept >>= 1;
        exp++;
    }
    if (exp > f->emax)
        return overflow(f, v->sign, rm, flags);
    /* Tininess is judged on the result rounded as if the exponent had no limit (RISC-V manual,
     * "F"). */
    tiny = exp < emin;
    if (v->exp < emin) {
        kept = round_off(shift_sticky(v->sig, emin - v->exp), drop, v->sign, rm, &inexact);
        exp = emin;
    }
    if (inexact)
        *flags |= tiny ? FP_NX | FP_UF : FP_NX;
    if (kept < carry >> 1) /* subnormal: exponent field 0 */
        return zero(f, v->sign) | (uint64_t)kept;
    return zero(f, v->sign) + ((uint64_t)(exp + f->emax - 1) << (f->precision - 1)) +
           (uint64_t)kept;
}

/* x + y, both finite and non-zero. The sum is exact but for a sticky last bit: significands have at
 * most 106 bits, so bits fall out only where the operands are far apart and cancellation is one bit
 * at most. */
static uint64_t sum(const struct fp_format *f, struct value x, struct value y, uint32_t rm,
                    uint32_t *flags)
{
    struct value r;

    if (x.exp < y.exp) {
        r = x;
        x = y;
        y = r;
    }
    x.sig >>= 1; /* room for the carry; the last bit of a 106-bit significand is far above */
    y.sig = shift_sticky(y.sig >> 1, x.exp - y.exp);
    r = x;
    r.exp++;
    if (x.sign == y.sign) {
        r.sig = x.sig + y.sig;
    } else if (x.sig == y.sig) {
        return zero(f, rm == BP_RM_RDN);
    } else if (x.sig > y.sig) {
        r.sig = x.sig - y.sig;
    } else {
        r.sig = y.sig - x.sig;
        r.sign = y.sign;
    }
    normalize(&r);
    return round_pack(f, &r, rm, flags);
}

static struct value product(const struct value *x, const struct value *y)
{
    struct value r = {.kind = FINITE, .sign = x->sign ^ y->sign, .exp = x->exp + y->exp + 1};

    r.sig = (x->sig >> 64) * (y->sig >> 64);
    normalize(&r);
    return r;
}

static int is_nan(const struct value *v)
{
    return v->kind >= QUIET;
}

/* The result if some operand is a NaN. */
static uint64_t propagate(const struct fp_format *f, const struct value *v, int count,
                          uint32_t *flags)
{
    for (int i = 0; i < count; i++)
        if (v[i].kind == SIGNALING)
            *flags |= FP_NV;
    return quiet_nan(f);
}

static uint64_t add_values(const struct fp_format *f, const struct value v[2], uint64_t a,
                           uint64_t b, uint32_t rm, uint32_t *flags)
{
    if (is_nan(&v[0]) || is_nan(&v[1]))
        return propagate(f, v, 2, flags);
    if (v[0].kind == INFINITE && v[1].kind == INFINITE && v[0].sign != v[1].sign)
        return invalid(f, flags);
    if (v[0].kind == ZERO && v[1].kind == ZERO)
        return v[0].sign == v[1].sign ? a : zero(f, rm == BP_RM_RDN);
    if (v[0].kind == INFINITE || v[1].kind == ZERO)
        return a;
    if (v[1].kind == INFINITE || v[0].kind == ZERO)
        return b;
    return sum(f, v[0], v[1], rm, flags);
}

uint64_t fp_soft_add(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags)
{
    struct value v[2] = {unpack(f, a), unpack(f, b)};

    return add_values(f, v, a, b, rm, flags);
}

uint64_t fp_soft_sub(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags)
{
    return fp_soft_add(f, a, b ^ zero(f, 1), rm, flags);
}

uint64_t fp_soft_mul(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags)
{
    struct value v[2] = {unpack(f, a), unpack(f, b)}, r;
    int sign = v[0].sign ^ v[1].sign;

    if (is_nan(&v[0]) || is_nan(&v[1]))
        return propagate(f, v, 2, flags);
    if (v[0].kind == INFINITE || v[1].kind == INFINITE)
        return v[0].kind == ZERO || v[1].kind == ZERO ? invalid(f, flags) : infinity(f, sign);
    if (v[0].kind == ZERO || v[1].kind == ZERO)
        return zero(f, sign);
    r = product(&v[0], &v[1]);
    return round_pack(f, &r, rm, flags);
}

uint64_t fp_soft_div(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags)
{
    struct value v[2] = {unpack(f, a), unpack(f, b)};
    struct value r = {.kind = FINITE, .sign = v[0].sign ^ v[1].sign, .exp = v[0].exp - v[1].exp};
    u128 dividend;
    uint64_t divisor;

    if (is_nan(&v[0]) || is_nan(&v[1]))
        return propagate(f, v, 2, flags);
    if (v[0].kind == v[1].kind && v[0].kind != FINITE)
        return invalid(f, flags);
    if (v[0].kind == INFINITE)
        return infinity(f, r.sign);
    if (v[1].kind == ZERO) {
        *flags |= FP_DZ;
        return infinity(f, r.sign);
    }
    if (v[0].kind == ZERO || v[1].kind == INFINITE)
        return zero(f, r.sign);
    dividend = v[0].sig >> 1; /* 64 significant bits over 64: a quotient of at least 63 bits */
    divisor = (uint64_t)(v[1].sig >> 64);
    r.sig = dividend / divisor << 64 | (dividend % divisor != 0);
    normalize(&r);
    return round_pack(f, &r, rm, flags);
}

/* The integer square root of v >= 2^126, in [2^63, 2^64). */
static uint64_t square_root(u128 v)
{
    uint64_t root = 0;

    for (uint64_t bit = (uint64_t)1 << 63; bit; bit >>= 1) {
        u128 next = root | bit;
        if (next * next <= v)
            root |= bit;
    }
    return root;
}

uint64_t fp_soft_sqrt(const struct fp_format *f, uint64_t a, uint32_t rm, uint32_t *flags)
{
    struct value v = unpack(f, a);
    uint64_t root;

    if (is_nan(&v))
        return propagate(f, &v, 1, flags);
    if (v.kind == ZERO)
        return a;
    if (v.sign)
        return invalid(f, flags);
    if (v.kind == INFINITE)
        return a;
    if (v.exp & 1)
        v.exp--;
    else
        v.sig >>= 1;
    root = square_root(v.sig);
    v.sig = (u128)root << 64 | ((u128)root * root != v.sig);
    v.exp /= 2;
    return round_pack(f, &v, rm, flags);
}

uint64_t fp_soft_fma(const struct fp_format *f, uint64_t a, uint64_t b, uint64_t c, uint32_t rm,
                     uint32_t *flags)
{
    struct value v[3] = {unpack(f, a), unpack(f, b), unpack(f, c)}, pair[2];
    int sign = v[0].sign ^ v[1].sign;

    if ((v[0].kind == INFINITE && v[1].kind == ZERO) ||
        (v[0].kind == ZERO && v[1].kind == INFINITE))
        return invalid(f, flags);
    if (is_nan(&v[0]) || is_nan(&v[1]) || is_nan(&v[2]))
        return propagate(f, v, 3, flags);
    pair[0] = (struct value){.kind = ZERO, .sign = sign};
    pair[1] = v[2];
    if (v[0].kind == INFINITE || v[1].kind == INFINITE) {
        pair[0].kind = INFINITE;
        return add_values(f, pair, infinity(f, sign), c, rm, flags);
    }
    if (v[0].kind == ZERO || v[1].kind == ZERO)
        return add_values(f, pair, zero(f, sign), c, rm, flags);
    pair[0] = product(&v[0], &v[1]);
    if (v[2].kind == ZERO)
        return round_pack(f, &pair[0], rm, flags);
    return add_values(f, pair, 0, c, rm,
                      flags); /* finite + finite or infinite: the 0 stays unused */
}

uint64_t fp_soft_convert(const struct fp_format *to, const struct fp_format *from, uint64_t a,
                         uint32_t rm, uint32_t *flags)
{
    struct value v = unpack(from, a);

    if (is_nan(&v))
        return propagate(to, &v, 1, flags);
    if (v.kind == INFINITE)
        return infinity(to, v.sign);
    if (v.kind == ZERO)
        return zero(to, v.sign);
    return round_pack(to, &v, rm, flags);
}

uint64_t fp_soft_from_int(const struct fp_format *f, uint64_t a, int bits, int is_signed,
                          uint32_t rm, uint32_t *flags)
{
    struct value v = {.kind = FINITE, .exp = 63};

    if (bits == 32)
        a = is_signed ? (uint64_t)(int64_t)(int32_t)a : (uint32_t)a;
    if (!a)
        return 0;
    v.sign = is_signed && (int64_t)a < 0;
    v.sig = (u128)(v.sign ? -a : a) << 64;
    normalize(&v);
    return round_pack(f, &v, rm, flags);
}

/* RISC-V manual, "Domains of float-to-integer conversions and behavior for invalid inputs". */
uint64_t fp_soft_to_int(const struct fp_format *f, uint64_t a, int bits, int is_signed, uint32_t rm,
                        uint32_t *flags)
{
    struct value v = unpack(f, a);
    u128 one = 1, limit, magnitude = 0;
    int inexact = 0;

    if (is_nan(&v))
        v.sign = 0;
    limit = !is_signed ? (v.sign ? 0 : (one << bits) - 1)
            : v.sign   ? one << (bits - 1)
                       : (one << (bits - 1)) - 1;
    if (v.kind == INFINITE || is_nan(&v) || (v.kind == FINITE && v.exp > 63))
        magnitude = limit + 1;
    else if (v.kind == FINITE) /* 64 bits of integer over 64 of fraction */
        magnitude = round_off(shift_sticky(v.sig, 63 - v.exp), 64, v.sign, rm, &inexact);
    if (magnitude > limit) {
        *flags |= FP_NV;
        magnitude = limit;
    } else if (inexact) {
        *flags |= FP_NX;
    }
    a = v.sign ? -(uint64_t)magnitude : (uint64_t)magnitude;
    return bits == 32 ? (uint64_t)(int64_t)(int32_t)a : a;
}
