# SPDX-License-Identifier: Apache-2.0
"""Exact IEEE 754 arithmetic on rationals, as RISC-V's F and D extensions define it.

Results are computed exactly (Fraction) and rounded once, so the model has nothing in common with an
implementation that works on bits or on the host's floating point. Unprivileged ISA 20240411, chapters 21 and 22.
"""
from fractions import Fraction
from math import isqrt

NX, UF, OF, DZ, NV = 1, 2, 4, 8, 16
RNE, RTZ, RDN, RUP, RMM = range(5)


class Format:
    def __init__(self, bits, exponent_bits):
        self.bits = bits
        self.p = bits - exponent_bits            # precision with the hidden bit
        self.bias = (1 << (exponent_bits - 1)) - 1
        self.emin = 1 - self.bias
        self.emax = self.bias
        self.fraction = self.p - 1
        self.exp_mask = (1 << exponent_bits) - 1
        self.sign_bit = 1 << (bits - 1)
        self.inf = self.exp_mask << self.fraction
        self.nan = self.inf | 1 << (self.fraction - 1)  # the canonical one
        self.max = self.inf - 1

    def sign(self, x):
        return x >> (self.bits - 1)

    def magnitude(self, x):
        return x & (self.sign_bit - 1)

    def is_nan(self, x):
        return self.magnitude(x) > self.inf

    def is_snan(self, x):
        return self.is_nan(x) and not x >> (self.fraction - 1) & 1

    def is_inf(self, x):
        return self.magnitude(x) == self.inf

    def is_zero(self, x):
        return self.magnitude(x) == 0

    def value(self, x):
        m = self.magnitude(x)
        e, f = m >> self.fraction, m & (1 << self.fraction) - 1
        v = Fraction(f) * Fraction(2) ** (self.emin - self.fraction) if e == 0 else \
            Fraction(f | 1 << self.fraction) * Fraction(2) ** (e - self.bias - self.fraction)
        return -v if self.sign(x) else v

    def pack_inf(self, sign):
        return self.inf | sign << (self.bits - 1)

    def pack_zero(self, sign):
        return sign << (self.bits - 1)


F32, F64 = Format(32, 8), Format(64, 11)


def round_integer(v, rm):
    """Non-negative rational to integer for a positive value; callers fold the sign into rm."""
    n, rest = v.numerator // v.denominator, v - v.numerator // v.denominator
    if rest == 0:
        return n, False
    if rm == RNE:
        up = rest > Fraction(1, 2) or rest == Fraction(1, 2) and n & 1
    elif rm == RMM:
        up = rest >= Fraction(1, 2)
    else:
        up = rm == RUP
    return n + (1 if up else 0), True


def fold(rm, negative):
    """Rounding of a magnitude: down and up swap for negative numbers."""
    if negative and rm in (RDN, RUP):
        return RUP if rm == RDN else RDN
    return rm


def exponent_of(v):
    """floor(log2 v) for v > 0."""
    e = v.numerator.bit_length() - v.denominator.bit_length()
    return e if Fraction(2) ** e <= v else e - 1


def rounded(v, rm, fmt, zero_sign=0):
    """Exact value to (bits, flags). Tininess is detected after rounding (F extension, section 21.2)."""
    if v == 0:
        return fmt.pack_zero(zero_sign), 0
    sign, mag = (1, -v) if v < 0 else (0, v)
    mode, e = fold(rm, sign), exponent_of(mag)
    scale = max(e, fmt.emin) - fmt.fraction
    n, inexact = round_integer(mag / Fraction(2) ** scale, mode)
    flags = NX if inexact else 0
    if inexact and e < fmt.emin:
        # tiny unless it rounds to the smallest normal number with an unbounded exponent
        unbounded, _ = round_integer(mag / Fraction(2) ** (e - fmt.fraction), mode)
        if unbounded * Fraction(2) ** (e - fmt.fraction) < Fraction(2) ** fmt.emin:
            flags |= UF
    if n * Fraction(2) ** scale >= Fraction(2) ** (fmt.emax + 1):
        to_inf = mode in (RNE, RMM, RUP)
        return (fmt.inf if to_inf else fmt.max) | sign << (fmt.bits - 1), OF | NX
    if n >> fmt.p:  # carried into the next binade
        n >>= 1
        scale += 1
    bits = n if n < 1 << fmt.fraction else ((scale + fmt.fraction + fmt.bias) << fmt.fraction) + (n - (1 << fmt.fraction))
    return bits | sign << (fmt.bits - 1), flags


def nan_of(fmt, *operands):
    """The canonical NaN if an operand is one, with NV for a signalling one; None if there is none."""
    if any(fmt.is_nan(x) for x in operands):
        return fmt.nan, NV if any(fmt.is_snan(x) for x in operands) else 0
    return None


def add(fmt, a, b, rm):
    special = nan_of(fmt, a, b)
    if special:
        return special
    if fmt.is_inf(a) or fmt.is_inf(b):
        if fmt.is_inf(a) and fmt.is_inf(b) and a != b:
            return fmt.nan, NV
        return (a if fmt.is_inf(a) else b), 0
    total = fmt.value(a) + fmt.value(b)
    both = fmt.sign(a) if fmt.sign(a) == fmt.sign(b) else (1 if rm == RDN else 0)
    return rounded(total, rm, fmt, both)


def sub(fmt, a, b, rm):
    if fmt.is_nan(b):
        return nan_of(fmt, a, b)
    return add(fmt, a, b ^ fmt.sign_bit, rm)


def mul(fmt, a, b, rm):
    special = nan_of(fmt, a, b)
    if special:
        return special
    sign = fmt.sign(a) ^ fmt.sign(b)
    if fmt.is_inf(a) or fmt.is_inf(b):
        if fmt.is_zero(a) or fmt.is_zero(b):
            return fmt.nan, NV
        return fmt.pack_inf(sign), 0
    return rounded(fmt.value(a) * fmt.value(b), rm, fmt, sign)


def div(fmt, a, b, rm):
    special = nan_of(fmt, a, b)
    if special:
        return special
    sign = fmt.sign(a) ^ fmt.sign(b)
    if fmt.is_inf(a):
        return (fmt.nan, NV) if fmt.is_inf(b) else (fmt.pack_inf(sign), 0)
    if fmt.is_inf(b):
        return fmt.pack_zero(sign), 0
    if fmt.is_zero(b):
        return (fmt.nan, NV) if fmt.is_zero(a) else (fmt.pack_inf(sign), DZ)
    return rounded(fmt.value(a) / fmt.value(b), rm, fmt, sign)


def sqrt(fmt, a, rm):
    special = nan_of(fmt, a)
    if special:
        return special
    if fmt.is_zero(a):
        return a, 0
    if fmt.sign(a):
        return fmt.nan, NV
    if fmt.is_inf(a):
        return a, 0
    v = fmt.value(a)
    # 2*p + 8 bits of root, and a sticky bit below: enough for every rounding.
    shift = 2 * fmt.p + 8 - (exponent_of(v) >> 1)
    scaled = v * Fraction(4) ** shift
    root = isqrt(scaled.numerator // scaled.denominator)
    exact = Fraction(root) * root == scaled
    return rounded((Fraction(root) + (0 if exact else Fraction(1, 2))) / Fraction(2) ** shift, rm, fmt)


def fma(fmt, a, b, c, rm):
    product_invalid = fmt.is_inf(a) and fmt.is_zero(b) or fmt.is_zero(a) and fmt.is_inf(b)
    special = nan_of(fmt, a, b, c)
    if special:
        return special[0], special[1] | (NV if product_invalid else 0)
    if product_invalid:
        return fmt.nan, NV
    sign = fmt.sign(a) ^ fmt.sign(b)
    if fmt.is_inf(a) or fmt.is_inf(b):
        if fmt.is_inf(c) and fmt.sign(c) != sign:
            return fmt.nan, NV
        return fmt.pack_inf(sign), 0
    if fmt.is_inf(c):
        return c, 0
    zero = sign if sign == fmt.sign(c) else (1 if rm == RDN else 0)
    return rounded(fmt.value(a) * fmt.value(b) + fmt.value(c), rm, fmt, zero)


def minmax(fmt, a, b, greater):
    flags = NV if fmt.is_snan(a) or fmt.is_snan(b) else 0
    if fmt.is_nan(a) and fmt.is_nan(b):
        return fmt.nan, flags
    if fmt.is_nan(a) or fmt.is_nan(b):
        return (b if fmt.is_nan(a) else a), flags
    key_a, key_b = order(fmt, a), order(fmt, b)
    return (a if (key_a > key_b) == greater else b), flags


def order(fmt, x):
    """Total order of non-NaNs in which -0 is below +0."""
    return -fmt.magnitude(x) - 1 if fmt.sign(x) else fmt.magnitude(x)


def compare(fmt, a, b, op):
    if fmt.is_nan(a) or fmt.is_nan(b):
        quiet = op == "feq"
        return 0, NV if not quiet or fmt.is_snan(a) or fmt.is_snan(b) else 0
    x = float("-inf") if a == fmt.pack_inf(1) else float("inf") if a == fmt.inf else fmt.value(a)
    y = float("-inf") if b == fmt.pack_inf(1) else float("inf") if b == fmt.inf else fmt.value(b)
    return int({"feq": x == y, "flt": x < y, "fle": x <= y}[op]), 0


def classify(fmt, a):
    if fmt.is_nan(a):
        return 1 << (8 if fmt.is_snan(a) else 9)
    if fmt.is_inf(a):
        return 1 << (0 if fmt.sign(a) else 7)
    if fmt.is_zero(a):
        return 1 << (3 if fmt.sign(a) else 4)
    if fmt.magnitude(a) >> fmt.fraction == 0:
        return 1 << (2 if fmt.sign(a) else 5)
    return 1 << (1 if fmt.sign(a) else 6)


def to_integer(fmt, a, bits, signed, rm):
    """FCVT.int.fmt: saturating, NaN like +infinity; NV excludes NX."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if fmt.is_nan(a) or fmt.is_inf(a):
        return (low if fmt.is_inf(a) and fmt.sign(a) else high), NV
    v = fmt.value(a)
    n, inexact = round_integer(abs(v), fold(rm, v < 0))
    n = -n if v < 0 else n
    if n < low or n > high:
        return (low if n < low else high), NV
    return n, NX if inexact else 0


def from_integer(fmt, n, rm):
    return rounded(Fraction(n), rm, fmt)


def convert(to, frm, a, rm):
    if frm.is_nan(a):
        return to.nan, NV if frm.is_snan(a) else 0
    if frm.is_inf(a):
        return to.pack_inf(frm.sign(a)), 0
    return rounded(frm.value(a), rm, to, frm.sign(a))
