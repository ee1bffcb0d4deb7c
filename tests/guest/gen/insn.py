#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the instruction tests: insn.py GROUP XLEN > GROUP.S, GROUP one of groups() below.

Every row of a table is an instruction with its meaning from the manual as a Python function. The output is assembly:
one stub per form of an instruction, and rows of operands with the result that the function computed. The harness
(programs/insn.c) calls the stubs and compares. Forms vary the registers (rd = rs1, rd = rs2, x0, equal sources),
because translators special-case them.
"""
import random
import sys

import softfp as fp

random.seed(20240411)


class Machine:
    """Arithmetic at one XLEN."""

    def __init__(self, xlen):
        self.n = xlen
        self.mask = (1 << xlen) - 1
        self.word = ".dword" if xlen == 64 else ".word"
        self.load, self.store = ("ld", "sd") if xlen == 64 else ("lw", "sw")

    def s(self, x, bits=None):
        bits = bits or self.n
        x &= (1 << bits) - 1
        return x - (1 << bits) if x >> (bits - 1) else x

    def w(self, x):
        """A 32-bit result, sign-extended."""
        return self.s(x, 32) & self.mask

    def corners(self):
        n = self.n
        base = [0, 1, 2, 3, 7, 31, 32, 63, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff,
                0x123456789abcdef0, 0xfedcba9876543210, 0x00ff00ff00ff00ff, 1 << (n - 1), (1 << (n - 1)) - 1, -1, -2, -128, -32768,
                0xffffffff00000000, 0x5555555555555555]
        values = []
        for v in base:
            if v & self.mask not in values:
                values.append(v & self.mask)
        return values


# --- integer -------------------------------------------------------------------------------------------------
def div(a, b):
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


def clmul(a, b, n):
    r = 0
    for i in range(n):
        if b >> i & 1:
            r ^= a << i
    return r


def bytes_of(x, n):
    return [x >> 8 * i & 255 for i in range(n // 8)]


def join(parts):
    return sum(b << 8 * i for i, b in enumerate(parts))


def ror(x, k, n):
    x &= (1 << n) - 1
    k %= n
    return (x >> k | x << (n - k)) & (1 << n) - 1


def lead(x, n):
    return n - (x & (1 << n) - 1).bit_length()


def trail(x, n):
    x &= (1 << n) - 1
    return n if x == 0 else (x & -x).bit_length() - 1


def register_ops(m):
    """name: (group, f(a, b)); results are taken modulo 2^XLEN."""
    n, s, w = m.n, m.s, m.w
    low = n - 1
    ops = {
        "add": ("i", lambda a, b: a + b), "sub": ("i", lambda a, b: a - b),
        "sll": ("i", lambda a, b: a << (b & low)), "srl": ("i", lambda a, b: a >> (b & low)),
        "sra": ("i", lambda a, b: s(a) >> (b & low)),
        "slt": ("i", lambda a, b: s(a) < s(b)), "sltu": ("i", lambda a, b: a < b),
        "and": ("i", lambda a, b: a & b), "or": ("i", lambda a, b: a | b), "xor": ("i", lambda a, b: a ^ b),
        "mul": ("m", lambda a, b: a * b), "mulh": ("m", lambda a, b: s(a) * s(b) >> n),
        "mulhu": ("m", lambda a, b: a * b >> n), "mulhsu": ("m", lambda a, b: s(a) * b >> n),
        "div": ("m", lambda a, b: -1 if b == 0 else div(s(a), s(b))),
        "divu": ("m", lambda a, b: -1 if b == 0 else a // b),
        "rem": ("m", lambda a, b: a if b == 0 else s(a) - s(b) * div(s(a), s(b))),
        "remu": ("m", lambda a, b: a if b == 0 else a % b),
        "sh1add": ("zba", lambda a, b: b + (a << 1)), "sh2add": ("zba", lambda a, b: b + (a << 2)),
        "sh3add": ("zba", lambda a, b: b + (a << 3)),
        "andn": ("zbb", lambda a, b: a & ~b), "orn": ("zbb", lambda a, b: a | ~b), "xnor": ("zbb", lambda a, b: ~(a ^ b)),
        "max": ("zbb", lambda a, b: max(s(a), s(b))), "maxu": ("zbb", lambda a, b: max(a, b)),
        "min": ("zbb", lambda a, b: min(s(a), s(b))), "minu": ("zbb", lambda a, b: min(a, b)),
        "rol": ("zbb", lambda a, b: ror(a, -(b & low), n)), "ror": ("zbb", lambda a, b: ror(a, b & low, n)),
        "clmul": ("zbc", lambda a, b: clmul(a, b, n)), "clmulh": ("zbc", lambda a, b: clmul(a, b, n) >> n),
        "clmulr": ("zbc", lambda a, b: clmul(a, b, n) >> (n - 1)),
        "bclr": ("zbs", lambda a, b: a & ~(1 << (b & low))), "bset": ("zbs", lambda a, b: a | 1 << (b & low)),
        "binv": ("zbs", lambda a, b: a ^ 1 << (b & low)), "bext": ("zbs", lambda a, b: a >> (b & low) & 1),
        # Zicond by encoding, for assemblers without it: funct7 7, funct3 5 and 7.
        ".insn r 0x33, 5, 7,": ("zicond", lambda a, b: 0 if b == 0 else a),
        ".insn r 0x33, 7, 7,": ("zicond", lambda a, b: 0 if b != 0 else a),
    }
    if n == 64:
        u = lambda x: x & 0xffffffff
        ops |= {
            "addw": ("i", lambda a, b: w(a + b)), "subw": ("i", lambda a, b: w(a - b)),
            "sllw": ("i", lambda a, b: w(a << (b & 31))), "srlw": ("i", lambda a, b: w(u(a) >> (b & 31))),
            "sraw": ("i", lambda a, b: w(s(a, 32) >> (b & 31))),
            "mulw": ("m", lambda a, b: w(a * b)),
            "divw": ("m", lambda a, b: -1 if u(b) == 0 else w(div(s(a, 32), s(b, 32)))),
            "divuw": ("m", lambda a, b: -1 if u(b) == 0 else w(u(a) // u(b))),
            "remw": ("m", lambda a, b: w(a) if u(b) == 0 else w(s(a, 32) - s(b, 32) * div(s(a, 32), s(b, 32)))),
            "remuw": ("m", lambda a, b: w(a) if u(b) == 0 else w(u(a) % u(b))),
            "add.uw": ("zba", lambda a, b: b + u(a)), "sh1add.uw": ("zba", lambda a, b: b + (u(a) << 1)),
            "sh2add.uw": ("zba", lambda a, b: b + (u(a) << 2)), "sh3add.uw": ("zba", lambda a, b: b + (u(a) << 3)),
            "rolw": ("zbb", lambda a, b: w(ror(a, -(b & 31), 32))), "rorw": ("zbb", lambda a, b: w(ror(a, b & 31, 32))),
        }
    return ops


def immediate_ops(m):
    """name: (group, immediates, f(a, imm))."""
    n, s, w = m.n, m.s, m.w
    i12 = [0, 1, -1, 2, 5, 255, 256, 2047, -2048, -255]
    sh, sh32 = [0, 1, 7, 8, 31, n // 2, n - 1], [0, 1, 7, 16, 31]
    ops = {
        "addi": ("i", i12, lambda a, i: a + i), "slti": ("i", i12, lambda a, i: s(a) < i),
        "sltiu": ("i", i12, lambda a, i: a < i & m.mask), "xori": ("i", i12, lambda a, i: a ^ i),
        "ori": ("i", i12, lambda a, i: a | i), "andi": ("i", i12, lambda a, i: a & i),
        "slli": ("i", sh, lambda a, i: a << i), "srli": ("i", sh, lambda a, i: a >> i),
        "srai": ("i", sh, lambda a, i: s(a) >> i),
        "rori": ("zbb", sh, lambda a, i: ror(a, i, n)),
        "bclri": ("zbs", sh, lambda a, i: a & ~(1 << i)), "bseti": ("zbs", sh, lambda a, i: a | 1 << i),
        "binvi": ("zbs", sh, lambda a, i: a ^ 1 << i), "bexti": ("zbs", sh, lambda a, i: a >> i & 1),
    }
    if n == 64:
        ops |= {
            "addiw": ("i", i12, lambda a, i: w(a + i)), "slliw": ("i", sh32, lambda a, i: w(a << i)),
            "srliw": ("i", sh32, lambda a, i: w((a & 0xffffffff) >> i)), "sraiw": ("i", sh32, lambda a, i: w(s(a, 32) >> i)),
            "roriw": ("zbb", sh32, lambda a, i: w(ror(a, i, 32))),
            "slli.uw": ("zba", sh, lambda a, i: (a & 0xffffffff) << i),
        }
    return ops


def unary_ops(m):
    n, s = m.n, m.s
    ops = {
        "clz": lambda a: lead(a, n), "ctz": lambda a: trail(a, n), "cpop": lambda a: bin(a).count("1"),
        "sext.b": lambda a: s(a, 8), "sext.h": lambda a: s(a, 16), "zext.h": lambda a: a & 0xffff,
        "orc.b": lambda a: join(255 if b else 0 for b in bytes_of(a, n)),
        "rev8": lambda a: join(reversed(bytes_of(a, n))),
    }
    if n == 64:
        ops |= {"clzw": lambda a: lead(a, 32), "ctzw": lambda a: trail(a, 32),
                "cpopw": lambda a: bin(a & 0xffffffff).count("1")}
    return ops


def compressed_ops(m):
    """(assembly on a0, a1, ..., f(a, b)); the stub returns a0."""
    n, s, w = m.n, m.s, m.w
    rows = [(f"c.{name} a0, a1", f) for name, f in (
        ("add", lambda a, b: a + b), ("mv", lambda a, b: b), ("sub", lambda a, b: a - b), ("xor", lambda a, b: a ^ b),
        ("or", lambda a, b: a | b), ("and", lambda a, b: a & b))]
    i6 = [1, -1, 31, -32, 13]
    shifts = [1, 5, 31] + ([32, 63] if n == 64 else [])
    for i in i6:
        rows += [(f"c.addi a0, {i}", lambda a, b, i=i: a + i), (f"c.li a0, {i}", lambda a, b, i=i: i),
                 (f"c.andi a0, {i}", lambda a, b, i=i: a & i)]
        if n == 64:
            rows.append((f"c.addiw a0, {i}", lambda a, b, i=i: w(a + i)))
    for k in shifts:
        rows += [(f"c.slli a0, {k}", lambda a, b, k=k: a << k), (f"c.srli a0, {k}", lambda a, b, k=k: a >> k),
                 (f"c.srai a0, {k}", lambda a, b, k=k: s(a) >> k)]
    for i in (1, 31, 0xfffe0, 0xfffff):
        rows.append((f"c.lui a0, {i}", lambda a, b, i=i: w(i << 12)))
    if n == 64:
        rows += [("c.subw a0, a1", lambda a, b: w(a - b)), ("c.addw a0, a1", lambda a, b: w(a + b))]
    for i in (4, 8, 252, 1020):
        rows.append((f"mv t0, sp; c.addi4spn a0, sp, {i}; sub a0, a0, t0", lambda a, b, i=i: i))
    for i in (16, -16, 496, -512):
        rows.append((f"mv t0, sp; c.addi16sp sp, {i}; mv a0, sp; mv sp, t0; sub a0, a0, t0", lambda a, b, i=i: i))
    rows += [("c.nop", lambda a, b: a),
             ("c.beqz a0, 1f; c.li a0, 7; 1:", lambda a, b: 7 if a else a),
             ("c.bnez a0, 1f; c.li a0, 7; 1:", lambda a, b: a if a else 7),
             ("c.j 1f; c.li a0, 7; 1:", lambda a, b: a),
             ("la t0, 1f; c.jr t0; c.li a0, 7; 1:", lambda a, b: a),
             # the link of a compressed call is 2 bytes on
             ("mv t1, ra; la t0, 1f; la t2, 2f; c.jalr t0; 2: c.li a0, 7; 1: sub a0, ra, t2; mv ra, t1", lambda a, b: 0)]
    if n == 32:
        rows.append(("mv t1, ra; la t2, 2f; c.jal 1f; 2: c.li a0, 7; 1: sub a0, ra, t2; mv ra, t1", lambda a, b: 0))
    for name, size in (("w", 4),) + ((("d", 8),) if n == 64 else ()):
        for off in (0, size, 15 * size):
            rows.append((f"addi sp, sp, -256; mv t0, a0; mv a0, sp; c.s{name} a1, {off}(a0); c.l{name} a0, {off}(a0); addi sp, sp, 256",
                         lambda a, b, size=size: s(b, 8 * size)))
            rows.append((f"addi sp, sp, -256; c.s{name}sp a1, {off}(sp); c.l{name}sp a0, {off}(sp); addi sp, sp, 256",
                         lambda a, b, size=size: s(b, 8 * size)))
    move = ("fmv.d.x", "fmv.x.d", "d", 64) if n == 64 else ("fmv.w.x", "fmv.x.w", "w", 32)
    rows.append((f"addi sp, sp, -256; mv a0, sp; {move[0]} fa0, a1; c.fs{move[2]} fa0, 8(a0); "
                 f"c.fl{move[2]} fa1, 8(a0); {move[1]} a0, fa1; addi sp, sp, 256", lambda a, b: b))
    rows.append((f"addi sp, sp, -256; {move[0]} fa0, a1; c.fs{move[2]}sp fa0, 16(sp); c.fl{move[2]}sp fa1, 16(sp); "
                 f"{move[1]} a0, fa1; addi sp, sp, 256", lambda a, b: b))
    return rows


def control_rows(m):
    """Branches, jumps, upper immediates, CSR access: (assembly, f(a, b))."""
    s = m.s
    rows = []
    for name, f in (("beq", lambda a, b: a == b), ("bne", lambda a, b: a != b), ("blt", lambda a, b: s(a) < s(b)),
                    ("bge", lambda a, b: s(a) >= s(b)), ("bltu", lambda a, b: a < b), ("bgeu", lambda a, b: a >= b)):
        rows.append((f"{name} a0, a1, 1f; li a0, 0; j 2f; 1: li a0, 1; 2:", f))
        rows.append((f"j 3f; 1: li a0, 1; j 2f; 3: {name} a0, a1, 1b; li a0, 0; 2:", f))
        rows.append((f"{name} a0, x0, 1f; li a0, 0; j 2f; 1: li a0, 1; 2:", lambda a, b, f=f: f(a, 0)))
        rows.append((f"{name} a0, a0, 1f; li a0, 0; j 2f; 1: li a0, 1; 2:", lambda a, b, f=f: f(a, a)))
    for i in (0, 1, 0x7ffff, 0x80000, 0xfffff, 0x12345):
        rows.append((f"lui a0, {i}", lambda a, b, i=i: m.w(i << 12)))
        rows.append((f"la t0, 1f; 1: auipc a0, {i}; sub a0, a0, t0", lambda a, b, i=i: m.w(i << 12)))
    rows += [
        ("mv t1, ra; la t2, 2f; jal ra, 1f; 2: li ra, 0; 1: sub a0, ra, t2; mv ra, t1", lambda a, b: 0),
        ("j 3f; 1: sub a0, t0, t2; j 4f; 3: la t2, 2f; jal t0, 1b; 2: li a0, 7; 4:", lambda a, b: 0),
        # bit 0 of the target is cleared; the source may be the link register
        ("la t0, 1f + 1; la t2, 2f; jalr t0, t0, 0; 2: li t0, 0; 1: sub a0, t0, t2", lambda a, b: 0),
        ("la t0, 1f - 2047; jalr x0, 2047(t0); li a0, 7; 1:", lambda a, b: a),
        ("la t0, 1f + 2048; jalr x0, -2048(t0); li a0, 7; 1:", lambda a, b: a),
        ("fence; fence.i; fence rw, w; fence.tso", lambda a, b: a),
        ("lui x0, 0x12345; mv a0, x0", lambda a, b: 0),
        ("addi x0, a0, 1; jal x0, 1f; 1: mv a0, x0", lambda a, b: 0),
    ]
    old = "csrw sscratch, a0; "
    new = "; csrr a0, sscratch"
    for name, f in (("csrrw", lambda a, b: b), ("csrrs", lambda a, b: a | b), ("csrrc", lambda a, b: a & ~b)):
        rows.append((old + f"{name} a0, sscratch, a1", lambda a, b: a))
        rows.append((old + f"{name} x0, sscratch, a1" + new, f))
        rows.append((old + f"{name} a1, sscratch, a1" + new, f))
        for i in (0, 1, 21, 31):
            rows.append((old + f"{name}i a0, sscratch, {i}", lambda a, b: a))
            rows.append((old + f"{name}i a1, sscratch, {i}" + new, lambda a, b, i=i, f=f: f(a, i)))
    return rows


# --- memory ---------------------------------------------------------------------------------------------------
PATTERN = [(0x81 + 37 * i) & 255 for i in range(32)]


def memory_rows(m):
    """(assembly on a0 = address, a1 = value, offset, value, result or None for a0 = address, bytes after)."""
    sizes = {"b": 1, "h": 2, "w": 4} | ({"d": 8} if m.n == 64 else {})
    rows = []
    for name, size in sizes.items():
        for unsigned in ((False, True) if 8 * size < m.n else (False,)):
            for offset in range(0, 12):  # misaligned ones included
                got = join(PATTERN[8 + offset:8 + offset + size])
                want = got if unsigned else m.s(got, 8 * size) & m.mask
                for delta in (0, -3, 2047, -2048):
                    text = f"li t0, {-delta}; add a0, a0, t0; l{name}{'u' if unsigned else ''} a0, {delta}(a0)"
                    rows.append((text, 8 + offset, 0, want, PATTERN))
        for offset in range(0, 12):
            value = 0xfedcba9876543210 & m.mask
            after = list(PATTERN)
            after[8 + offset:8 + offset + size] = bytes_of(value, 64)[:size]
            for delta in (0, 5, 2047, -2048):
                rows.append((f"li t0, {-delta}; add a0, a0, t0; s{name} a1, {delta}(a0); li a0, 0", 8 + offset, value, 0, after))
    return rows


def atomic_rows(m):
    rows = []
    for suffix, bits in (("w", 32),) + ((("d", 64),) if m.n == 64 else ()):
        size, mask = bits // 8, (1 << bits) - 1
        signed = lambda x, bits=bits: m.s(x, bits)
        for name, f in (("swap", lambda a, b: b), ("add", lambda a, b: a + b), ("xor", lambda a, b: a ^ b),
                        ("and", lambda a, b: a & b), ("or", lambda a, b: a | b),
                        ("min", lambda a, b: min(signed(a), signed(b))), ("max", lambda a, b: max(signed(a), signed(b))),
                        ("minu", lambda a, b: min(a, b)), ("maxu", lambda a, b: max(a, b))):
            old = join(PATTERN[8:8 + size])
            for order in ("", ".aq", ".rl", ".aqrl"):
                for value in (0, 1, m.mask, 0x80000000, 0x7fffffff, old, old + 1, old - 1, 0xfedcba9876543210 & m.mask):
                    new = f(old, value & mask) & mask
                    after = PATTERN[:8] + bytes_of(new, 64)[:size] + PATTERN[8 + size:]
                    rows.append((f"amo{name}.{suffix}{order} a0, a1, (a0)", 8, value & m.mask, signed(old) & m.mask, after))
                    rows.append((f"amo{name}.{suffix}{order} x0, a1, (a0); mv a0, x0", 8, value & m.mask, 0, after))
        for order in ("", ".aq", ".rl", ".aqrl"):
            value = 0xfedcba9876543210 & m.mask
            stored = PATTERN[:8] + bytes_of(value, 64)[:size] + PATTERN[8 + size:]
            rows += [
                (f"lr.{suffix}{order} a0, (a0)", 8, 0, signed(join(PATTERN[8:8 + size])) & m.mask, PATTERN),
                (f"lr.{suffix} t0, (a0); sc.{suffix}{order} a0, a1, (a0)", 8, value, 0, stored),
                # an sc ends the reservation, so the second one fails and stores nothing
                (f"lr.{suffix} t0, (a0); sc.{suffix} t1, t0, (a0); sc.{suffix}{order} a0, a1, (a0); snez a0, a0", 8, value, 1, PATTERN),
            ]
    return rows


# --- floating point ---------------------------------------------------------------------------------------------
MODES = ["rne", "rtz", "rdn", "rup", "rmm"]


def fp_values(f):
    one = f.bias << f.fraction
    halves = [f.nan, f.inf | 1, 0, f.inf, 1, f.max, 1 << f.fraction, (1 << f.fraction) - 1, one, one + 1, one - 1,
              one + (1 << f.fraction), one - (1 << f.fraction), one | 3 << (f.fraction - 2), 3, one + (f.p << f.fraction)]
    values = []
    for h in halves:
        values += [h, h | f.sign_bit]
    return values


def near(f, count):
    """Random pairs and triples with exponents close enough to interact."""
    for _ in range(count):
        e = random.randrange(1, f.exp_mask - 1)
        yield [random.getrandbits(f.fraction) | min(f.exp_mask - 1, max(0, e + random.randrange(-3, 4))) << f.fraction |
               random.getrandbits(1) << (f.bits - 1) for _ in range(3)]


def fp_operands(f, arity):
    v = fp_values(f)
    if arity == 1:
        rows = [(a, 0, 0) for a in v]
    elif arity == 2:
        rows = [(a, b, 0) for a in v for b in v]
    else:
        rows = [tuple(random.choice(v) for _ in range(3)) for _ in range(600)]
    rows += [tuple(r[:arity] + [0] * (3 - arity)) for r in near(f, 120)]
    # halves of the exponent range: products that under- and overflow by little
    for _ in range(80):
        e = random.choice([f.bias // 2, f.bias + f.bias // 2]) + random.randrange(-2, 3)
        rows.append(tuple((random.getrandbits(f.fraction) | e << f.fraction) if i < arity else 0 for i in range(3)))
    return rows


def fp_arith(f):
    neg = lambda x: x ^ f.sign_bit
    return {
        "fadd": (2, lambda a, b, c, r: fp.add(f, a, b, r)), "fsub": (2, lambda a, b, c, r: fp.sub(f, a, b, r)),
        "fmul": (2, lambda a, b, c, r: fp.mul(f, a, b, r)), "fdiv": (2, lambda a, b, c, r: fp.div(f, a, b, r)),
        "fsqrt": (1, lambda a, b, c, r: fp.sqrt(f, a, r)),
        "fmadd": (3, lambda a, b, c, r: fp.fma(f, a, b, c, r)), "fmsub": (3, lambda a, b, c, r: fp.fma(f, a, b, neg(c), r)),
        "fnmsub": (3, lambda a, b, c, r: fp.fma(f, neg(a), b, c, r)), "fnmadd": (3, lambda a, b, c, r: fp.fma(f, neg(a), b, neg(c), r)),
    }


def fp_exact(f):
    """No rounding: result kept in a register of the format."""
    top = f.sign_bit
    return {
        "fsgnj": lambda a, b: (a & ~top | b & top, 0), "fsgnjn": lambda a, b: (a & ~top | (b & top ^ top), 0),
        "fsgnjx": lambda a, b: (a ^ b & top, 0),
        "fmin": lambda a, b: fp.minmax(f, a, b, False), "fmax": lambda a, b: fp.minmax(f, a, b, True),
    }


# --- output -----------------------------------------------------------------------------------------------------
class Writer:
    KINDS = {"int": 0, "mem": 1, "fp": 2}

    def __init__(self, m):
        self.m = m
        self.groups = 0
        self.lines = [f"/* Written by gen/insn.py. */", ".option norvc", ".text"]

    def emit(self, kind, name, stub, rows, rvc=False):
        k = self.groups
        self.groups += 1
        label = name.replace('"', "").replace("\\", "")
        self.lines += [".text", ".align 2"] + ([".option rvc"] if rvc else []) + [f"stub{k}: {stub}; ret"] + \
                      ([".option norvc"] if rvc else [])
        self.lines += [".section .rodata", f'name{k}: .asciz "{label}"', ".align 3", f"rows{k}:"]
        self.lines += ["    " + row for row in rows]
        self.lines += ['.section .groups, "a"', f"    {self.m.word} name{k}, stub{k}, rows{k}, {len(rows)}, {self.KINDS[kind]}"]

    def integer(self, name, stub, triples, rvc=False):
        self.emit("int", name, stub, [f"{self.m.word} {a:#x}, {b:#x}, {int(w) & self.m.mask:#x}" for a, b, w in triples], rvc)

    def memory(self, text, offset, value, want, after):
        row = [f"{self.m.word} {offset:#x}, {value:#x}, {want:#x}, 0", ".byte " + ", ".join(map(str, after))]
        self.emit("mem", text, text, [" ; ".join(row)])

    def floating(self, name, stub, rows):
        """rows: (a, b, c, integer operand, frm, want, flags), all raw 64-bit images."""
        self.emit("fp", name, stub, [f".dword {a:#x}, {b:#x}, {c:#x}, {i & 0xffffffffffffffff:#x}, {w & 0xffffffffffffffff:#x}; .word {r}, {fl}"
                                     for a, b, c, i, r, w, fl in rows])

    def text(self):
        return "\n".join(self.lines + ['.section .groups, "a"', f"    {self.m.word} 0, 0, 0, 0, 0", ""])


def write_integer(out, m, group):
    values = m.corners()
    pairs = [(a, b) for a in values for b in values] + [(random.getrandbits(m.n), random.getrandbits(m.n)) for _ in range(60)]
    some = pairs[::7]
    for name, (g, f) in register_ops(m).items():
        if g != group:
            continue
        op = lambda d, a, b, name=name: f"{name} {d}, {a}, {b}"
        out.integer(op("a0", "a0", "a1"), op("a0", "a0", "a1"), [(a, b, f(a, b)) for a, b in pairs])
        out.integer(op("a1", "a0", "a1"), op("a1", "a0", "a1") + "; mv a0, a1", [(a, b, f(a, b)) for a, b in some])
        out.integer(op("t4", "a0", "a1"), op("t4", "a0", "a1") + "; mv a0, t4", [(a, b, f(a, b)) for a, b in some])
        out.integer(op("x0", "a0", "a1"), op("x0", "a0", "a1") + "; mv a0, x0", [(a, b, 0) for a, b in some[:9]])
        out.integer(op("a0", "a0", "a0"), op("a0", "a0", "a0"), [(a, 0, f(a, a)) for a in values])
        out.integer(op("a0", "x0", "a1"), op("a0", "x0", "a1"), [(0, b, f(0, b)) for b in values])
        out.integer(op("a0", "a0", "x0"), op("a0", "a0", "x0"), [(a, 0, f(a, 0)) for a in values])
    for name, (g, immediates, f) in immediate_ops(m).items():
        if g != group:
            continue
        for i in immediates:
            out.integer(f"{name} a0, a0, {i}", f"{name} a0, a0, {i}", [(a, 0, f(a, i)) for a in values])
            out.integer(f"{name} t4, a0, {i}", f"{name} t4, a0, {i}; mv a0, t4", [(a, 0, f(a, i)) for a in values[::4]])
            out.integer(f"{name} a0, x0, {i}", f"{name} a0, x0, {i}", [(7, 0, f(0, i))])
        out.integer(f"{name} x0", f"{name} x0, a0, {immediates[1]}; mv a0, x0", [(a, 0, 0) for a in values[:3]])
    if group == "zbb":
        for name, f in unary_ops(m).items():
            singles = values + [1 << i for i in range(m.n)]
            out.integer(name, f"{name} a0, a0", [(a, 0, f(a)) for a in singles])
            out.integer(name + " t4", f"{name} t4, a0; mv a0, t4", [(a, 0, f(a)) for a in values])
    if group == "i":
        for text, f in control_rows(m):
            out.integer(text, text, [(a, b, f(a, b)) for a, b in pairs[::5] + [(a, a) for a in values]])
        for row in memory_rows(m):
            out.memory(*row)
    if group == "a":
        for row in atomic_rows(m):
            out.memory(*row)
    if group == "c":
        for text, f in compressed_ops(m):
            out.integer(text, text, [(a, b, f(a, b)) for a, b in some], rvc=True)


def box(f, x):
    return x | 0xffffffff00000000 if f is fp.F32 else x


def write_floating(out, m, group):
    f = fp.F32 if group == "f" else fp.F64
    x = "s" if group == "f" else "d"
    loads = ["fld fa0, 0(a0)", "fld fa1, 8(a0)", "fld fa2, 16(a0)"]
    done = "fsd fa0, 24(a0)"
    # Register numbers beyond the first few, and rd equal to each source.
    registers = lambda arity: ", ".join(["fa0", "fa1", "fa2"][:arity])

    def stub(op, arity, rm="", rd="fa0"):
        move = "" if rd == "fa0" else f"; fmv.d fa0, {rd}"
        return "; ".join(loads[:arity]) + f"; {op} {rd}, {registers(arity)}{rm}{move}; {done}"

    for name, (arity, g) in fp_arith(f).items():
        operands = fp_operands(f, arity)
        rows = []
        for k, (a, b, c) in enumerate(operands):
            for r in range(5) if k % 3 == 0 or arity == 1 else (k % 5,):
                want, flags = g(a, b, c, r)
                rows.append((box(f, a), box(f, b), box(f, c), 0, r, box(f, want), flags))
        op = f"{name}.{x}"
        out.floating(op, stub(op, arity), rows)
        for r, mode in enumerate(MODES):
            # a static mode wins over frm, which holds another one
            chosen = [(box(f, a), box(f, b), box(f, c), 0, (r + 2) % 5) + (lambda t: (box(f, t[0]), t[1]))(g(a, b, c, r))
                      for a, b, c in operands[::9]]
            out.floating(f"{op} {mode}", stub(op, arity, f", {mode}"), chosen)
        for rd in ["fa1", "fa2", "ft11"][0 if arity > 1 else 2:]:
            out.floating(f"{op} {rd}", stub(op, arity, "", rd), rows[::13])
        if f is fp.F32:
            # operands that are not NaN-boxed count as the canonical NaN
            bad = [0x3f800000, 0x00000001_3f800000, 0xffffffff_7fffffff & 0xfffffffe_ffffffff, 0x7ff00000_00000000]
            rows = []
            for b in bad:
                for place in range(arity):
                    ops = [fp.F32.bias << 23] * 3
                    ops[place] = f.nan
                    want, flags = g(*ops, 0)
                    raw = [box(f, o) for o in [fp.F32.bias << 23] * 3]
                    raw[place] = b
                    rows.append((*raw, 0, 0, box(f, want), flags))
            out.floating(f"{op} unboxed", stub(op, arity), rows)

    pairs = fp_operands(f, 2)
    for name, g in fp_exact(f).items():
        out.floating(f"{name}.{x}", stub(f"{name}.{x}", 2), [(box(f, a), box(f, b), 0, 0, 0) + (lambda t: (box(f, t[0]), t[1]))(g(a, b))
                                                          for a, b, _ in pairs])
    clear = f"{m.store} a1, 24(a0)"
    for name in ("feq", "flt", "fle"):
        op = f"{name}.{x}"
        out.floating(op, f"{loads[0]}; {loads[1]}; {op} a1, fa0, fa1; {clear}",
                     [(box(f, a), box(f, b), 0, 0, 0) + fp.compare(f, a, b, name) for a, b, _ in pairs])
    singles = [a for a, _, _ in fp_operands(f, 1)]
    out.floating(f"fclass.{x}", f"{loads[0]}; fclass.{x} a1, fa0; {clear}", [(box(f, a), 0, 0, 0, 0, fp.classify(f, a), 0) for a in singles])

    # Conversions: around the limits of every integer type, and halves for the rounding modes.
    whole = [0, 1, 2, 3, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 24) + 1, (1 << 53) + 1,
             0x123456789abcdef, 0xfffffffffffffc00, 0xffffff7fffffffff, 0xffffff8000000000]
    reals = list(singles)
    for v in (0.5, 1.5, 2.5, 0.49999, 0.75, 2147483646.5, 2147483647.5, 2147483648.5, 4294967295.5, 9.2e18, 1.8e19, 3.0e20, 0.99999, 4294967295.0):
        for sign in (1, -1):
            reals.append(fp.rounded(fp.Fraction(v) * sign, 0, f)[0])
    for e in (31, 32, 63, 64):
        for step in (-1, 0, 1):
            base = (f.bias + e << f.fraction) + step
            reals += [base, base | f.sign_bit]
    for word, bits, signed in (("w", 32, True), ("wu", 32, False), ("l", 64, True), ("lu", 64, False)):
        if bits > m.n:
            continue
        mask = m.mask

        def keep(v, bits=bits):
            return (v if bits == m.n else m.s(v, 32)) & mask

        for r, mode in list(enumerate(MODES)) + [(None, "dyn")]:
            rows = []
            for k, a in enumerate(reals):
                rr = k % 5 if r is None else r
                v, flags = fp.to_integer(f, a, bits, signed, rr)
                rows.append((box(f, a), 0, 0, 0, rr if r is None else (r + 1) % 5, keep(v), flags))
            out.floating(f"fcvt.{word}.{x} {mode}", f"{loads[0]}; fcvt.{word}.{x} a1, fa0, {mode}; {clear}", rows)
            rows = []
            for k, n in enumerate(whole + [-v for v in whole]):
                rr = k % 5 if r is None else r
                v = m.s(n, bits) if signed else n & (1 << bits) - 1
                want, flags = fp.from_integer(f, v, rr)
                rows.append((0, 0, 0, n, rr if r is None else (r + 1) % 5, box(f, want), flags))
            # FCVT.D.W[U] is exact; the manual fixes its rm field to rne in older assemblers
            if f is fp.F64 and bits == 32 and mode not in ("rne", "dyn"):
                continue
            rm = "" if f is fp.F64 and bits == 32 else f", {mode}"
            out.floating(f"fcvt.{x}.{word} {mode}", f"{m.load} a1, 32(a0); fcvt.{x}.{word} fa0, a1{rm}; {done}", rows)
    if f is fp.F64:
        rows = []
        for k, a in enumerate(singles + [fp.rounded(fp.F32.value(v) * fp.Fraction(2 ** 30 + 1, 2 ** 30), 0, fp.F64)[0]
                                         for v in fp_values(fp.F32) if not fp.F32.is_nan(v) and not fp.F32.is_inf(v)]):
            for r in range(5):
                want, flags = fp.convert(fp.F32, fp.F64, a, r)
                rows.append((a, 0, 0, 0, r, box(fp.F32, want), flags))
        out.floating("fcvt.s.d", f"{loads[0]}; fcvt.s.d fa0, fa0; {done}", rows)
        out.floating("fcvt.d.s", f"{loads[0]}; fcvt.d.s fa0, fa0; {done}",
                     [(box(fp.F32, a), 0, 0, 0, 0, *fp.convert(fp.F64, fp.F32, a, 0)) for a in fp_values(fp.F32)] +
                     [(0x3f800000, 0, 0, 0, 0, fp.F64.nan, 0)])
        if m.n == 64:
            raw = [0, 1 << 63, 0x0123456789abcdef, 0xfff0000000000001]
            out.floating("fmv.x.d", f"{loads[0]}; fmv.x.d a1, fa0; {clear}", [(v, 0, 0, 0, 0, v, 0) for v in raw])
            out.floating("fmv.d.x", f"ld a1, 32(a0); fmv.d.x fa0, a1; {done}", [(0, 0, 0, v, 0, v, 0) for v in raw])
    else:
        raw = [0, 0x80000000, 0x7f800001, 0x12345678]
        out.floating("fmv.x.w", f"{loads[0]}; fmv.x.w a1, fa0; {clear}",
                     [(0xdeadbeef << 32 | v, 0, 0, 0, 0, m.w(v), 0) for v in raw])
        out.floating("fmv.w.x", f"{m.load} a1, 32(a0); fmv.w.x fa0, a1; {done}", [(0, 0, 0, v, 0, box(f, v), 0) for v in raw])
        out.floating("flw boxes", f"flw fa0, 0(a0); {done}", [(0x12345678 << 32 | v, 0, 0, 0, 0, box(f, v), 0) for v in raw])
        out.floating("fsw keeps the low half", f"{loads[0]}; sw x0, 28(a0); fsw fa0, 24(a0)", [(0x12345678 << 32 | v, 0, 0, 0, 0, v, 0) for v in raw])
    # Moves between registers do not look at the value: a signalling NaN passes, no flag.
    out.floating(f"fmv.{x} snan", f"{loads[0]}; fmv.{x} fa0, fa0; {done}", [(box(f, f.inf | 1), 0, 0, 0, 0, box(f, f.inf | 1), 0)])


def main():
    group, xlen = sys.argv[1], int(sys.argv[2])
    m = Machine(xlen)
    out = Writer(m)
    if group in ("f", "d"):
        write_floating(out, m, group)
    else:
        write_integer(out, m, group)
    if out.groups == 0:
        raise SystemExit(f"{group}: no such group")
    sys.stdout.write(out.text())


main()
