#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden tests (ir_case.h) for the integer operations of the IR, computed with Python's integers.

Independent of the evaluator in C. Usage: int_exact.py SEED COUNT > integer.ir
"""
import random
import sys

TYPES = {"i64": 64, "s32": 32, "u32": 32}
CORNERS = [0, 1, 2, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff00, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
           0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000, 0xffffffffffffffff, 0x0102030405060708,
           0x00ff00000000ff01]
MASK = (1 << 64) - 1


def signed(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def unsigned(v, bits):
    return v & (1 << bits) - 1


def extend(kind, v):
    return v & MASK if kind == "i64" else signed(v, 32) & MASK if kind == "s32" else v & 0xffffffff


def quotient(a, y):
    q = abs(a) // abs(y)
    return -q if (a < 0) != (y < 0) else q


def rotate(a, n, bits):
    a = unsigned(a, bits)
    return a << n | a >> (bits - n)


def bytes_of(a, bits):
    return unsigned(a, bits).to_bytes(bits // 8, "little")


# name: (types, function of a, y and the width)
BINARY = {
    "add": ("isu", lambda a, y, n: a + y), "sub": ("isu", lambda a, y, n: a - y),
    "rsub": ("isu", lambda a, y, n: y - a), "and": ("isu", lambda a, y, n: a & y),
    "or": ("isu", lambda a, y, n: a | y), "xor": ("isu", lambda a, y, n: a ^ y),
    "andn": ("isu", lambda a, y, n: a & ~y), "orn": ("isu", lambda a, y, n: a | ~y),
    "xnor": ("isu", lambda a, y, n: ~(a ^ y)), "shl": ("isu", lambda a, y, n: a << y % n),
    "shr": ("isu", lambda a, y, n: unsigned(a, n) >> y % n), "sar": ("isu", lambda a, y, n: signed(a, n) >> y % n),
    "rol": ("isu", lambda a, y, n: rotate(a, y % n, n)), "ror": ("isu", lambda a, y, n: rotate(a, -y % n, n)),
    "mul": ("isu", lambda a, y, n: a * y), "mulhss": ("is", lambda a, y, n: signed(a, n) * signed(y, n) >> n),
    "mulhuu": ("is", lambda a, y, n: unsigned(a, n) * unsigned(y, n) >> n),
    "mulhsu": ("is", lambda a, y, n: signed(a, n) * unsigned(y, n) >> n),
    "divs": ("is", lambda a, y, n: quotient(signed(a, n), signed(y, n)) if unsigned(y, n) else -1),
    "divu": ("is", lambda a, y, n: unsigned(a, n) // unsigned(y, n) if unsigned(y, n) else -1),
    "rems": ("is", lambda a, y, n: signed(a, n) - signed(y, n) * quotient(signed(a, n), signed(y, n))
             if unsigned(y, n) else a),
    "remu": ("is", lambda a, y, n: unsigned(a, n) % unsigned(y, n) if unsigned(y, n) else a),
    "mins": ("i", lambda a, y, n: min(signed(a, n), signed(y, n))),
    "maxs": ("i", lambda a, y, n: max(signed(a, n), signed(y, n))),
    "minu": ("i", lambda a, y, n: min(a, y)), "maxu": ("i", lambda a, y, n: max(a, y)),
    "shluw": ("i", lambda a, y, n: unsigned(a, 32) << y % n),
    "bset": ("is", lambda a, y, n: a | 1 << y % n), "bclr": ("is", lambda a, y, n: a & ~(1 << y % n)),
    "binv": ("is", lambda a, y, n: a ^ 1 << y % n), "bext": ("is", lambda a, y, n: a >> y % n & 1),
}

UNARY = {
    "clz": ("is", lambda a, n: n - unsigned(a, n).bit_length()),
    "ctz": ("is", lambda a, n: (unsigned(a, n) & -unsigned(a, n)).bit_length() - 1 if unsigned(a, n) else n),
    "popcnt": ("is", lambda a, n: bin(unsigned(a, n)).count("1")),
    "bswap": ("is", lambda a, n: int.from_bytes(bytes_of(a, n), "big")),
    "orcb": ("is", lambda a, n: int.from_bytes(bytes(255 if b else 0 for b in bytes_of(a, n)), "little")),
    "exts8": ("i", lambda a, n: signed(a, 8)), "exts16": ("i", lambda a, n: signed(a, 16)),
    "exts32": ("i", lambda a, n: signed(a, 32)), "extu8": ("i", lambda a, n: unsigned(a, 8)),
    "extu16": ("i", lambda a, n: unsigned(a, 16)), "extu32": ("i", lambda a, n: unsigned(a, 32)),
}

CONDITIONS = {
    "eq": lambda a, b, n: unsigned(a, n) == unsigned(b, n), "ne": lambda a, b, n: unsigned(a, n) != unsigned(b, n),
    "lt": lambda a, b, n: signed(a, n) < signed(b, n), "ge": lambda a, b, n: signed(a, n) >= signed(b, n),
    "ltu": lambda a, b, n: unsigned(a, n) < unsigned(b, n), "geu": lambda a, b, n: unsigned(a, n) >= unsigned(b, n),
}


def suffix(name, kind, types):
    return name if types == "i" else f"{name}.{kind}"


def kinds(types):
    return [kind for kind in TYPES if kind[0] in types]


def emit(text, result, **inputs):
    print(f"op {text} : {' '.join(f'{r}=0x{v:x}' for r, v in inputs.items())} -> {result}")


def operands(rng, count):
    for _ in range(count):
        pick = lambda: rng.choice([rng.choice(CORNERS), rng.getrandbits(64), rng.getrandbits(64) >> rng.randrange(64)])
        yield pick(), pick()


def binary(rng, count):
    for name, (types, function) in BINARY.items():
        for kind in kinds(types):
            n = TYPES[kind]
            head = suffix(name, kind, types)
            for a, y in operands(rng, count):
                r = extend(kind, function(a, y, n))
                form = rng.randrange(6)
                if form == 0:
                    emit(f"{head} r1, r2, #0x{y:x}", f"r1=0x{r:x}", r2=a)
                elif form == 1:  # the destination is a source
                    emit(f"{head} r2, r2, r3", f"r2=0x{r:x}", r2=a, r3=y)
                elif form == 2:
                    emit(f"{head} r3, r2, r3", f"r3=0x{r:x}", r2=a, r3=y)
                elif form == 3:
                    emit(f"{head} r2, r2, #0x{y:x}", f"r2=0x{r:x}", r2=a)
                else:
                    emit(f"{head} r1, r2, r3", f"r1=0x{r:x}", r2=a, r3=y)
            for v in rng.sample(CORNERS, 3):
                emit(f"{head} r1, r2, r2", f"r1=0x{extend(kind, function(v, v, n)):x}", r2=v)
                emit(f"{head} r1, zero, r2", f"r1=0x{extend(kind, function(0, v, n)):x}", r2=v)
                emit(f"{head} r1, r2, zero", f"r1=0x{extend(kind, function(v, 0, n)):x}", r2=v)


def others(rng, count):
    for name, (types, function) in UNARY.items():
        for kind in kinds(types):
            for a in CORNERS + [v for v, _ in operands(rng, count)]:
                emit(f"{suffix(name, kind, types)} r1, r2", f"r1=0x{extend(kind, function(a, TYPES[kind])):x}", r2=a)
    for kind, n in TYPES.items():
        for v in CORNERS:
            emit(f"mov.{kind} r1, r2", f"r1=0x{extend(kind, v):x}", r2=v)
            emit(f"mov.{kind} r1, #0x{v:x}", f"r1=0x{extend(kind, v):x}")
    for kind in ("i64", "s32"):
        n = TYPES[kind]
        for cc, function in CONDITIONS.items():
            for a, b in list(operands(rng, count)) + [(v, v) for v in CORNERS]:
                emit(f"set.{kind} r1, r2, {cc}, r3", f"r1={int(function(a, b, n))}", r2=a, r3=b)
                small = signed(b, 32)
                emit(f"set.{kind} r1, r2, {cc}, #{small}", f"r1={int(function(a, small, n))}", r2=a)
        for x in (1, 2, 3):
            for a, b in operands(rng, count):
                emit(f"shadd.{kind} r1, r2, r3, #{x}", f"r1=0x{extend(kind, b + (a << x)):x}", r2=a, r3=b)
    for x in (0, 1, 2, 3):
        for a, b in operands(rng, count):
            r = (b + (unsigned(a, 32) << x)) & MASK
            emit(f"shadduw r1, r2, r3, #{x}", f"r1=0x{r:x}", r2=a, r3=b)
    for a, b in operands(rng, count):
        emit("sel r1, r2, r3, r4", f"r1=0x{b if a else 7:x}", r2=a, r3=b, r4=7)


def main():
    rng, count = random.Random(int(sys.argv[1])), int(sys.argv[2])
    binary(rng, count)
    others(rng, count)


main()
