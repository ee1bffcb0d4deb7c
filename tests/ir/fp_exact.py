#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes test vectors for the floating-point operations of the IR, computed with exact rational numbers.

Independent of the code under test: real results are fractions, and the only rounding is round_real(). Each line is

    op.type words operands -> result flags

as fp_vectors.c reads it: hexadecimal slots; flags are the letters n z o u x (invalid, division by zero, overflow,
underflow, inexact) or "-". Usage: fp_exact.py SEED COUNT > vectors
"""
import itertools
import math
import random
import sys
from fractions import Fraction

MODES = ["rne", "rtz", "rdn", "rup", "rmm"]


class Format:
    def __init__(self, name, bits, precision):
        self.name, self.bits, self.p = name, bits, precision
        self.emax = (1 << (bits - precision - 1)) - 1
        self.emin = 1 - self.emax
        self.fraction = precision - 1
        self.sign = 1 << (bits - 1)
        self.inf = ((1 << (bits - precision)) - 1) << self.fraction
        self.nan = self.inf | 1 << (self.fraction - 1)
        self.snan = self.inf | 1
        self.max = self.inf - 1
        self.min_normal = 1 << self.fraction
        self.one = self.emax << self.fraction

    def is_nan(self, v):
        return v & ~self.sign > self.inf

    def is_snan(self, v):
        return self.is_nan(v) and not v >> (self.fraction - 1) & 1

    def is_inf(self, v):
        return v & ~self.sign == self.inf

    def is_zero(self, v):
        return not v & ~self.sign

    def negative(self, v):
        return bool(v & self.sign)

    def real(self, v):
        biased = v >> self.fraction & (1 << (self.bits - self.p)) - 1
        significand = v & (1 << self.fraction) - 1
        if biased:
            significand |= 1 << self.fraction
        power = max(biased, 1) - self.emax - self.fraction
        magnitude = Fraction(significand) * Fraction(2) ** power
        return -magnitude if self.negative(v) else magnitude


F32, F64 = Format("f32", 32, 24), Format("f64", 64, 53)


def round_integer(q, negative, mode):
    """Rounds the non-negative fraction q to an integer; returns it and whether that was inexact."""
    n, rest = divmod(q.numerator, q.denominator)
    twice = 2 * rest
    up = {"rne": twice > q.denominator or (twice == q.denominator and n & 1),
          "rtz": False, "rdn": negative and rest, "rup": not negative and rest,
          "rmm": twice >= q.denominator}[mode]
    return n + bool(up), bool(rest)


def exponent_of(q):
    e = q.numerator.bit_length() - q.denominator.bit_length()
    return e if q >= Fraction(2) ** e else e - 1


def round_real(f, q, mode):
    """The non-zero fraction q in format f: bits and flags (IEEE 754-2019, 4.3 and 7; tininess after rounding)."""
    negative, q = q < 0, abs(q)
    sign = f.sign if negative else 0
    e = exponent_of(q)
    unbounded, _ = round_integer(q / Fraction(2) ** (e - f.fraction), negative, mode)
    tiny = Fraction(unbounded) * Fraction(2) ** (e - f.fraction) < Fraction(2) ** f.emin
    quantum = max(e, f.emin) - f.fraction
    n, inexact = round_integer(q / Fraction(2) ** quantum, negative, mode)
    if n >= 1 << f.p:
        n >>= 1
        quantum += 1
    if quantum + f.fraction > f.emax:
        finite = mode == "rtz" or (mode == "rdn" and not negative) or (mode == "rup" and negative)
        return sign | (f.max if finite else f.inf), "ox"
    flags = ("ux" if tiny else "x") if inexact else ""
    if n < 1 << f.fraction:
        return sign | n, flags
    return sign | (quantum + f.fraction + f.emax) << f.fraction | (n - (1 << f.fraction)), flags


def any_nan(f, *values):
    return any(f.is_nan(v) for v in values)


def nan_result(f, *values):
    return f.nan, "n" if any(f.is_snan(v) for v in values) else ""


def add(f, a, b, mode):
    if any_nan(f, a, b):
        return nan_result(f, a, b)
    if f.is_inf(a) or f.is_inf(b):
        if f.is_inf(a) and f.is_inf(b) and a != b:
            return f.nan, "n"
        return (a if f.is_inf(a) else b), ""
    total = f.real(a) + f.real(b)
    if total:
        return round_real(f, total, mode)
    if f.is_zero(a) and f.is_zero(b) and a == b:
        return a, ""
    return (f.sign if mode == "rdn" else 0), ""


def mul(f, a, b, mode):
    sign = (a ^ b) & f.sign
    if any_nan(f, a, b):
        return nan_result(f, a, b)
    if f.is_inf(a) or f.is_inf(b):
        return (f.nan, "n") if f.is_zero(a) or f.is_zero(b) else (sign | f.inf, "")
    product = f.real(a) * f.real(b)
    return round_real(f, product, mode) if product else (sign, "")


def div(f, a, b, mode):
    sign = (a ^ b) & f.sign
    if any_nan(f, a, b):
        return nan_result(f, a, b)
    if (f.is_inf(a) and f.is_inf(b)) or (f.is_zero(a) and f.is_zero(b)):
        return f.nan, "n"
    if f.is_inf(a):
        return sign | f.inf, ""
    if f.is_zero(b):
        return sign | f.inf, "z"
    if f.is_zero(a) or f.is_inf(b):
        return sign, ""
    return round_real(f, f.real(a) / f.real(b), mode)


def sqrt(f, a, mode):
    if any_nan(f, a):
        return nan_result(f, a)
    if f.is_zero(a):
        return a, ""
    if f.negative(a):
        return f.nan, "n"
    if f.is_inf(a):
        return a, ""
    q = f.real(a)
    scale = 2 * (600 if f is F64 else 100) + 2 * f.p
    scaled = q * Fraction(4) ** scale
    assert scaled.denominator == 1
    root = math.isqrt(scaled.numerator)
    exact = root * root == scaled.numerator
    value = Fraction(root) if exact else Fraction(2 * root + 1, 2)  # strictly between two candidates
    return round_real(f, value / Fraction(2) ** scale, mode)


def fma(f, a, b, c, mode):
    if (f.is_inf(a) and f.is_zero(b)) or (f.is_zero(a) and f.is_inf(b)):
        return f.nan, "n"
    if any_nan(f, a, b, c):
        return nan_result(f, a, b, c)
    sign = (a ^ b) & f.sign
    if f.is_inf(a) or f.is_inf(b):
        if f.is_inf(c) and (c & f.sign) != sign:
            return f.nan, "n"
        return sign | f.inf, ""
    if f.is_inf(c):
        return c, ""
    product = f.real(a) * f.real(b)
    total = product + f.real(c)
    if total:
        return round_real(f, total, mode)
    if not product and f.is_zero(c) and (c & f.sign) == sign:
        return sign, ""
    return (f.sign if mode == "rdn" else 0), ""


def order(f, v):
    return (f.real(v) if not f.is_inf(v) else Fraction(2) ** 2000 * (-1 if f.negative(v) else 1))


def minmax(f, a, b, want_max):
    flags = "n" if f.is_snan(a) or f.is_snan(b) else ""
    if f.is_nan(a) or f.is_nan(b):
        return (f.nan if f.is_nan(a) and f.is_nan(b) else b if f.is_nan(a) else a), flags
    low, high = sorted((a, b), key=lambda v: (order(f, v), not f.negative(v)))
    return (high if want_max else low), ""


def compare(f, op, a, b):
    quiet = op == "feq"
    if any_nan(f, a, b):
        return 0, "n" if not quiet or f.is_snan(a) or f.is_snan(b) else ""
    x, y = order(f, a), order(f, b)
    return int(x == y if op == "feq" else x < y if op == "flt" else x <= y), ""


def classify(f, a):
    if f.is_nan(a):
        return 1 << (8 if f.is_snan(a) else 9)
    magnitude = a & ~f.sign
    bit = 0 if magnitude == f.inf else 1 if magnitude >= f.min_normal else 2 if magnitude else 3
    return 1 << (bit if f.negative(a) else 7 - bit)


def to_int(f, a, kind, mode):
    signed, bits = kind[0] == "s", int(kind[1:])
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if f.is_nan(a):
        value, flags = high, "n"
    elif f.is_inf(a):
        value, flags = (low if f.negative(a) else high), "n"
    else:
        n, inexact = round_integer(abs(f.real(a)), f.negative(a), mode)
        n = -n if f.negative(a) else n
        value = min(max(n, low), high)
        flags = "n" if value != n else "x" if inexact else ""
    if bits == 32 and value & 1 << 31:
        value -= 1 << 32 if value > 0 else 0
    return value & (1 << 64) - 1, flags


def from_int(f, slot, kind, mode):
    bits = int(kind[1:])
    value = slot & (1 << bits) - 1
    if kind[0] == "s" and value >> (bits - 1):
        value -= 1 << bits
    return round_real(f, Fraction(value), mode) if value else (0, "")


def convert(to, frm, a, mode):
    if frm.is_nan(a):
        return to.nan, "n" if frm.is_snan(a) else ""
    sign = to.sign if frm.negative(a) else 0
    if frm.is_inf(a):
        return sign | to.inf, ""
    return (sign, "") if frm.is_zero(a) else round_real(to, frm.real(a), mode)


# --- operands ---------------------------------------------------------------------------------------------------

def specials(f):
    ulp_over_one = f.one + 1
    half = f.one - (1 << f.fraction)
    tie = f.one - (f.p << f.fraction)  # half an ulp of 1
    positive = [0, 1, 2, f.min_normal - 1, f.min_normal, f.min_normal + 1, half, f.one - 1, f.one, ulp_over_one,
                f.one + (1 << f.fraction), tie, tie + 1, f.max - 1, f.max, f.inf, f.nan, f.snan]
    return positive + [v | f.sign for v in positive]


def pattern(f, rng):
    """A number whose significand has few runs of ones, or is uniform; exponents favour the boundaries."""
    exponents = 1 << (f.bits - f.p)
    near = rng.choice([0, 1, 2, f.p, f.emax - f.p, f.emax - 1, f.emax, f.emax + 1, f.emax + f.p, exponents - f.p,
                       exponents - 3, exponents - 2])
    biased = rng.choice([near, near + rng.randint(-2, 2), rng.randrange(exponents)]) % exponents
    fraction = rng.getrandbits(f.fraction)
    if rng.random() < 0.6:
        i, j = rng.randint(0, f.fraction), rng.randint(0, f.fraction)
        fraction = abs((1 << i) - (1 << j)) & (1 << f.fraction) - 1
    return rng.getrandbits(1) << (f.bits - 1) | biased << f.fraction | fraction


def near(f, rng, a, spread):
    """A number whose exponent lies within `spread` of that of a."""
    mask = (1 << (f.bits - f.p)) - 1
    biased = (a >> f.fraction & mask) + rng.randint(-spread, spread)
    return (pattern(f, rng) & ~f.inf) | min(max(biased, 0), mask) << f.fraction


def tie_in_integer(f, rng, bits):
    """Close to an integer or half-integer, close to the limits of `bits`-bit integers half of the time."""
    base = Fraction(1 << bits if rng.random() < 0.5 else rng.getrandbits(rng.randint(1, bits)))
    value = (base + Fraction(rng.randint(-4, 4), 4)) * rng.choice([1, -1, Fraction(1, 2), -Fraction(1, 2)])
    return round_real(f, value, rng.choice(MODES))[0] if value else 0


def pairs(f, rng, count):
    yield from itertools.product(specials(f), repeat=2)
    for _ in range(count):
        a = pattern(f, rng)
        yield a, rng.choice([pattern(f, rng), near(f, rng, a, f.p + 2), near(f, rng, a, 1), a ^ f.sign ^ rng.getrandbits(1)])


def triples(f, rng, count):
    short = [0, f.sign, 1, f.min_normal, f.one, f.one | f.sign, f.max, f.inf, f.inf | f.sign, f.nan, f.snan]
    yield from itertools.product(short, repeat=3)
    for _ in range(count):
        a = pattern(f, rng)
        b = rng.choice([pattern(f, rng), f.one ^ rng.getrandbits(3)])
        product = mul(f, a, b, "rtz")[0]
        yield a, b, rng.choice([pattern(f, rng), product ^ f.sign, near(f, rng, product, f.p + 3)])


# --- output -----------------------------------------------------------------------------------------------------

def emit(op, f, words, operands, result):
    value, flags = result
    slots = " ".join("%x" % v for v in operands)
    print(f"{op}.{f.name} {','.join(words) or '-'} {slots} -> {value:x} {flags or '-'}")


def main():
    rng, count = random.Random(int(sys.argv[1])), int(sys.argv[2])
    for f, mode in itertools.product((F32, F64), MODES):
        other = F64 if f is F32 else F32
        for a, b in pairs(f, rng, count):
            emit("fadd", f, [mode], (a, b), add(f, a, b, mode))
            emit("fsub", f, [mode], (a, b), add(f, a, b if f.is_nan(b) else b ^ f.sign, mode))
            emit("fmul", f, [mode], (a, b), mul(f, a, b, mode))
            emit("fdiv", f, [mode], (a, b), div(f, a, b, mode))
        for v in specials(f) + [pattern(f, rng) for _ in range(count)]:
            emit("fsqrt", f, [mode], (v,), sqrt(f, v, mode))
        for a, b, c in triples(f, rng, count):
            emit("fmadd", f, [mode], (a, b, c), fma(f, a, b, c, mode))
        for a, b, c in itertools.islice(triples(f, rng, 0), 0, None, 7):
            emit("fmsub", f, [mode], (a, b, c), fma(f, a, b, c ^ f.sign, mode))
            emit("fnmsub", f, [mode], (a, b, c), fma(f, a ^ f.sign, b, c, mode))
            emit("fnmadd", f, [mode], (a, b, c), fma(f, a ^ f.sign, b, c ^ f.sign, mode))
        for v in specials(other) + [pattern(other, rng) for _ in range(count)]:
            emit("fcvtff", f, [mode], (v,), convert(f, other, v, mode))
        for kind in ("s32", "u32", "s64", "u64"):
            bits = int(kind[1:])
            for v in specials(f) + [tie_in_integer(f, rng, bits) for _ in range(count)]:
                emit("fcvtif", f, [mode, kind], (v,), to_int(f, v, kind, mode))
            edges = [0, 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1,
                     (1 << 24) + 1, (1 << 53) + 1, (1 << 64) - (1 << 10), (1 << 64) - (1 << 39)]
            for v in edges + [rng.getrandbits(64) >> rng.randint(0, 63) for _ in range(count)]:
                emit("fcvtfi", f, [mode, kind], (v,), from_int(f, v, kind, mode))
    for f in (F32, F64):
        for a, b in pairs(f, rng, count):
            emit("fmin", f, [], (a, b), minmax(f, a, b, False))
            emit("fmax", f, [], (a, b), minmax(f, a, b, True))
            for op in ("feq", "flt", "fle"):
                emit(op, f, [], (a, b), compare(f, op, a, b))
            emit("fsgnj", f, [], (a, b), ((a & ~f.sign) | (b & f.sign), ""))
            emit("fsgnjn", f, [], (a, b), ((a & ~f.sign) | (~b & f.sign), ""))
            emit("fsgnjx", f, [], (a, b), (a ^ (b & f.sign), ""))
            emit("fclass", f, [], (a,), (classify(f, a), ""))


main()
