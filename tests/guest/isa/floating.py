# SPDX-License-Identifier: Apache-2.0
"""An exact oracle for RISC-V floating point: IEEE 754-2019 arithmetic on fractions, rounded once.

Nothing here uses the host's floating point, so results, flags and rounding modes are independent of any
implementation under test. Sources: IEEE 754-2019 clauses 4, 5.4, 7; RISC-V unprivileged manual 20240411, chapters 20
and 21 (canonical NaN, minimum/maximum, conversions, tininess after rounding).
"""
from fractions import Fraction
from math import isqrt

NV, DZ, OF, UF, NX = 16, 8, 4, 2, 1
RNE, RTZ, RDN, RUP, RMM = range(5)
MODES = ["rne", "rtz", "rdn", "rup", "rmm"]


class Format:
    def __init__(self, bits, exponent_bits):
        self.bits, self.ebits = bits, exponent_bits
        self.precision = bits - exponent_bits  # with the hidden bit
        self.fbits = self.precision - 1
        self.bias = (1 << (exponent_bits - 1)) - 1
        self.emin = 1 - self.bias
        self.emax = self.bias
        self.inf = ((1 << exponent_bits) - 1) << self.fbits
        self.nan = self.inf | 1 << (self.fbits - 1)
        self.sign = 1 << (bits - 1)

    def is_nan(self, v):
        return v & ~self.sign > self.inf

    def is_snan(self, v):
        return self.is_nan(v) and not v >> (self.fbits - 1) & 1

    def is_inf(self, v):
        return v & ~self.sign == self.inf

    def is_zero(self, v):
        return v & ~self.sign == 0

    def negative(self, v):
        return bool(v & self.sign)

    def value(self, v):
        """The exact value of a finite number."""
        exponent, fraction = (v & ~self.sign) >> self.fbits, v & ((1 << self.fbits) - 1)
        if exponent:
            fraction |= 1 << self.fbits
        else:
            exponent = 1
        scale = exponent - self.bias - self.fbits
        result = Fraction(fraction) * (Fraction(2) ** scale)
        return -result if self.negative(v) else result

    def round(self, exact, mode, zero_sign=False, sticky=False):
        """Rounds a fraction (plus an infinitesimal towards larger magnitude if `sticky`); returns (bits, flags)."""
        if exact == 0 and not sticky:
            return (self.sign if zero_sign else 0), 0
        negative = exact < 0
        magnitude = abs(exact)
        exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
        if magnitude < Fraction(2) ** exponent:
            exponent -= 1

        def at(quantum_exponent):
            """Magnitude in units of 2**quantum_exponent: rounded integer, inexact."""
            scaled = magnitude / Fraction(2) ** quantum_exponent
            whole = scaled.numerator // scaled.denominator
            rest = scaled - whole
            inexact = rest != 0 or sticky
            half = Fraction(1, 2)
            above = rest > half or rest == half and sticky
            tie = rest == half and not sticky
            up = {RNE: above or tie and whole & 1, RTZ: False, RDN: negative and inexact, RUP: not negative and inexact,
                  RMM: above or tie}[mode]
            return whole + bool(up), inexact

        unbounded, _ = at(exponent - self.fbits)
        tiny = (exponent + (unbounded >> self.precision)) < self.emin  # tininess is detected after rounding
        quantum = max(exponent, self.emin) - self.fbits
        integer, inexact = at(quantum)
        flags = NX if inexact else 0
        if integer >> self.precision:
            integer >>= 1
            quantum += 1
        if quantum + self.fbits > self.emax:
            to_inf = {RNE: True, RTZ: False, RDN: negative, RUP: not negative, RMM: True}[mode]
            bits = self.inf if to_inf else self.inf - 1
            return bits | (self.sign if negative else 0), OF | NX
        if tiny and inexact:
            flags |= UF
        if integer >> self.fbits:
            bits = (quantum + self.fbits + self.bias) << self.fbits | integer & ((1 << self.fbits) - 1)
        else:
            bits = integer
        return bits | (self.sign if negative else 0), flags


F32, F64 = Format(32, 8), Format(64, 11)


def nan_result(f, *operands):
    return f.nan, NV if any(f.is_snan(v) for v in operands) else 0


def add(f, a, b, mode):
    if f.is_nan(a) or f.is_nan(b):
        return nan_result(f, a, b)
    if f.is_inf(a) and f.is_inf(b) and (a ^ b) & f.sign:
        return f.nan, NV
    if f.is_inf(a) or f.is_inf(b):
        return (a if f.is_inf(a) else b), 0
    total = f.value(a) + f.value(b)
    zero_sign = f.negative(a) if f.negative(a) == f.negative(b) else mode == RDN
    return f.round(total, mode, zero_sign)


def sub(f, a, b, mode):
    return add(f, a, b if f.is_nan(b) else b ^ f.sign, mode)


def mul(f, a, b, mode):
    if f.is_nan(a) or f.is_nan(b):
        return nan_result(f, a, b)
    sign = (a ^ b) & f.sign
    if f.is_inf(a) or f.is_inf(b):
        return (f.nan, NV) if f.is_zero(a) or f.is_zero(b) else (f.inf | sign, 0)
    return f.round(f.value(a) * f.value(b), mode, bool(sign))


def div(f, a, b, mode):
    if f.is_nan(a) or f.is_nan(b):
        return nan_result(f, a, b)
    sign = (a ^ b) & f.sign
    if f.is_inf(a):
        return (f.nan, NV) if f.is_inf(b) else (f.inf | sign, 0)
    if f.is_inf(b):
        return sign, 0
    if f.is_zero(b):
        return (f.nan, NV) if f.is_zero(a) else (f.inf | sign, DZ)
    return f.round(f.value(a) / f.value(b), mode, bool(sign))


def sqrt(f, a, mode):
    if f.is_nan(a):
        return nan_result(f, a)
    if f.is_zero(a):
        return a, 0
    if f.negative(a):
        return f.nan, NV
    if f.is_inf(a):
        return a, 0
    exact = f.value(a)
    shift = 2 * (f.precision + f.bias)  # enough digits, for subnormals too, that only the sticky bit is left
    scaled = exact * Fraction(2) ** shift
    digits = scaled.numerator // scaled.denominator
    root = isqrt(digits)
    return f.round(Fraction(root, 1 << (shift // 2)), mode, False, root * root != scaled)


def fused(f, a, b, c, mode, negate_product, negate_addend):
    """(+-a * b) +- c rounded once. inf * 0 is invalid even when c is a quiet NaN (IEEE 754 7.2, RISC-V 20.6)."""
    invalid_product = f.is_inf(a) and f.is_zero(b) or f.is_zero(a) and f.is_inf(b)
    if f.is_nan(a) or f.is_nan(b) or f.is_nan(c) or invalid_product:
        bits, flags = nan_result(f, a, b, c)
        return bits, flags | (NV if invalid_product else 0)
    product_sign = (a ^ b) & f.sign ^ (f.sign if negate_product else 0)
    c ^= f.sign if negate_addend else 0
    if f.is_inf(a) or f.is_inf(b):
        if f.is_inf(c) and (c ^ product_sign) & f.sign:
            return f.nan, NV
        return f.inf | product_sign, 0
    if f.is_inf(c):
        return c, 0
    product = f.value(a) * f.value(b) * (-1 if negate_product else 1)
    same = bool(product_sign) == f.negative(c)
    return f.round(product + f.value(c), mode, bool(product_sign) if same else mode == RDN)


def minmax(f, a, b, want_max):
    flags = NV if f.is_snan(a) or f.is_snan(b) else 0
    if f.is_nan(a) and f.is_nan(b):
        return f.nan, flags
    if f.is_nan(a) or f.is_nan(b):
        return (b if f.is_nan(a) else a), flags

    def key(v):  # total order of non-NaN values, -0 below +0
        return (-(v & ~f.sign), 0) if f.negative(v) else (v, 1)
    return (max if want_max else min)(a, b, key=key), flags


def compare(f, a, b, relation):
    unordered = f.is_nan(a) or f.is_nan(b)
    if relation == "eq":
        flags = NV if f.is_snan(a) or f.is_snan(b) else 0
    else:
        flags = NV if unordered else 0
    if unordered:
        return 0, flags

    def key(v):
        return -(v & ~f.sign) if f.negative(v) else v
    x, y = key(a), key(b)
    return int({"eq": x == y, "lt": x < y, "le": x <= y}[relation]), flags


def classify(f, a):
    negative, exponent = f.negative(a), a & f.inf
    if f.is_nan(a):
        return 1 << (8 if f.is_snan(a) else 9)
    if f.is_inf(a):
        return 1 << (0 if negative else 7)
    if f.is_zero(a):
        return 1 << (3 if negative else 4)
    if exponent == 0:
        return 1 << (2 if negative else 5)
    return 1 << (1 if negative else 6)


def to_integer(f, a, mode, bits, is_signed):
    """Integer value (as two's complement of `bits`) and flags; table 20.2 of the manual for what does not fit."""
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)
    if f.is_nan(a):
        return high & (1 << bits) - 1, NV
    if f.is_inf(a):
        return (low if f.negative(a) else high) & (1 << bits) - 1, NV
    exact = f.value(a)
    whole = abs(exact).numerator // abs(exact).denominator
    rest, negative = abs(exact) - whole, exact < 0
    half = Fraction(1, 2)
    up = {RNE: rest > half or rest == half and whole & 1, RTZ: False, RDN: negative and rest, RUP: not negative and rest,
          RMM: rest >= half}[mode]
    integer = (whole + bool(up)) * (-1 if negative else 1)
    if not low <= integer <= high:
        return (low if integer < low else high) & (1 << bits) - 1, NV
    return integer & (1 << bits) - 1, NX if rest else 0


def from_integer(f, value, mode, bits, is_signed):
    value &= (1 << bits) - 1
    if is_signed and value >> (bits - 1):
        value -= 1 << bits
    return f.round(Fraction(value), mode)


def convert(to, source, a, mode):
    if source.is_nan(a):
        return to.nan, NV if source.is_snan(a) else 0
    sign = to.sign if source.negative(a) else 0
    if source.is_inf(a):
        return to.inf | sign, 0
    return to.round(source.value(a), mode, bool(sign))


def corner_values(f):
    one = f.bias << f.fbits
    base = [0, 1, 2, 1 << (f.fbits - 1), (1 << f.fbits) - 1, 1 << f.fbits, (1 << f.fbits) + 1, one - 1, one, one + 1,
            one + (1 << (f.fbits - 1)), one + (1 << f.fbits), one + (3 << (f.fbits - 1)), f.inf - 1, f.inf]
    integers = [((f.bias + e) << f.fbits) - d for e in (31, 32, 53, 63, 64) for d in (0, 1)]
    halves = [((f.bias - 1) << f.fbits), ((f.bias - 1) << f.fbits) + 1, ((f.bias + 1) << f.fbits) + (1 << (f.fbits - 2))]
    finite = base + integers + halves
    return finite + [v | f.sign for v in finite] + [f.nan, f.nan | f.sign, f.inf + 1, f.nan + 5]
