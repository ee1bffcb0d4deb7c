# SPDX-License-Identifier: Apache-2.0
"""What RISC-V's integer instructions compute, written from the unprivileged manual (20240411) alone.

Every row is (mnemonic, format, extension, function(xlen, operands...) -> value), with operands and result as
unsigned integers of xlen bits. Chapters: 2 RV32I, 4 RV64I, 12 M, 28 B (Zba, Zbb, Zbs), 28.4 Zbc.
"""


def mask(bits):
    return (1 << bits) - 1


def signed(value, bits):
    value &= mask(bits)
    return value - (1 << bits) if value >> (bits - 1) else value


def sext32(value, xlen):
    return signed(value, 32) & mask(xlen)


def divide(a, b, bits, is_signed):
    """Quotient and remainder with the manual's results for zero divisors and overflow (table 12.1)."""
    if is_signed:
        a, b = signed(a, bits), signed(b, bits)
    if b == 0:
        return mask(bits), a & mask(bits)
    if is_signed and a == -(1 << (bits - 1)) and b == -1:
        return a & mask(bits), 0
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient & mask(bits), (a - quotient * b) & mask(bits)


def clmul(a, b, xlen):
    product = 0
    for i in range(xlen):
        if b >> i & 1:
            product ^= a << i
    return product


def rotate_left(value, count, bits):
    value &= mask(bits)
    count %= bits
    return (value << count | value >> (bits - count)) & mask(bits)


def leading_zeros(value, bits):
    return bits - (value & mask(bits)).bit_length()


def trailing_zeros(value, bits):
    value &= mask(bits)
    return bits if value == 0 else (value & -value).bit_length() - 1


def orc_b(value, xlen):
    return sum(0xff << i for i in range(0, xlen, 8) if value >> i & 0xff)


def rev8(value, xlen):
    return int.from_bytes(value.to_bytes(xlen // 8, "little"), "big")


def word(function):
    """The *W form: 32-bit operands, sign-extended result."""
    return lambda x, a, b=0: sext32(function(32, a & mask(32), b & mask(32)), x)


SHIFT = {32: 31, 64: 63}
ADD = lambda x, a, b: (a + b) & mask(x)
SUB = lambda x, a, b: (a - b) & mask(x)
SLL = lambda x, a, b: (a << (b & SHIFT[x])) & mask(x)
SRL = lambda x, a, b: a >> (b & SHIFT[x])
SRA = lambda x, a, b: signed(a, x) >> (b & SHIFT[x]) & mask(x)
SLT = lambda x, a, b: int(signed(a, x) < signed(b, x))
SLTU = lambda x, a, b: int(a < b)
ROL = lambda x, a, b: rotate_left(a, b & SHIFT[x], x)
ROR = lambda x, a, b: rotate_left(a, -(b & SHIFT[x]) % x, x)

R_TYPE = [
    ("add", "I", ADD), ("sub", "I", SUB), ("sll", "I", SLL), ("slt", "I", SLT), ("sltu", "I", SLTU),
    ("xor", "I", lambda x, a, b: a ^ b), ("srl", "I", SRL), ("sra", "I", SRA),
    ("or", "I", lambda x, a, b: a | b), ("and", "I", lambda x, a, b: a & b),
    ("mul", "M", lambda x, a, b: a * b & mask(x)),
    ("mulh", "M", lambda x, a, b: signed(a, x) * signed(b, x) >> x & mask(x)),
    ("mulhsu", "M", lambda x, a, b: signed(a, x) * b >> x & mask(x)),
    ("mulhu", "M", lambda x, a, b: a * b >> x),
    ("div", "M", lambda x, a, b: divide(a, b, x, True)[0]), ("divu", "M", lambda x, a, b: divide(a, b, x, False)[0]),
    ("rem", "M", lambda x, a, b: divide(a, b, x, True)[1]), ("remu", "M", lambda x, a, b: divide(a, b, x, False)[1]),
    ("sh1add", "Zba", lambda x, a, b: (a << 1) + b & mask(x)), ("sh2add", "Zba", lambda x, a, b: (a << 2) + b & mask(x)),
    ("sh3add", "Zba", lambda x, a, b: (a << 3) + b & mask(x)),
    ("andn", "Zbb", lambda x, a, b: a & ~b & mask(x)), ("orn", "Zbb", lambda x, a, b: (a | ~b) & mask(x)),
    ("xnor", "Zbb", lambda x, a, b: ~(a ^ b) & mask(x)),
    ("max", "Zbb", lambda x, a, b: max(signed(a, x), signed(b, x)) & mask(x)), ("maxu", "Zbb", lambda x, a, b: max(a, b)),
    ("min", "Zbb", lambda x, a, b: min(signed(a, x), signed(b, x)) & mask(x)), ("minu", "Zbb", lambda x, a, b: min(a, b)),
    ("rol", "Zbb", ROL), ("ror", "Zbb", ROR),
    ("clmul", "Zbc", lambda x, a, b: clmul(a, b, x) & mask(x)), ("clmulh", "Zbc", lambda x, a, b: clmul(a, b, x) >> x),
    ("clmulr", "Zbc", lambda x, a, b: clmul(a, b, x) >> (x - 1) & mask(x)),
    ("bclr", "Zbs", lambda x, a, b: a & ~(1 << (b & SHIFT[x]))), ("bset", "Zbs", lambda x, a, b: a | 1 << (b & SHIFT[x])),
    ("binv", "Zbs", lambda x, a, b: a ^ 1 << (b & SHIFT[x])), ("bext", "Zbs", lambda x, a, b: a >> (b & SHIFT[x]) & 1),
]

R_TYPE_64 = [
    ("addw", "I", word(ADD)), ("subw", "I", word(SUB)), ("sllw", "I", word(SLL)), ("srlw", "I", word(SRL)),
    ("sraw", "I", word(SRA)),
    ("mulw", "M", word(lambda x, a, b: a * b)),
    ("divw", "M", word(lambda x, a, b: divide(a, b, x, True)[0])),
    ("divuw", "M", word(lambda x, a, b: divide(a, b, x, False)[0])),
    ("remw", "M", word(lambda x, a, b: divide(a, b, x, True)[1])),
    ("remuw", "M", word(lambda x, a, b: divide(a, b, x, False)[1])),
    ("add.uw", "Zba", lambda x, a, b: (a & mask(32)) + b & mask(x)),
    ("sh1add.uw", "Zba", lambda x, a, b: ((a & mask(32)) << 1) + b & mask(x)),
    ("sh2add.uw", "Zba", lambda x, a, b: ((a & mask(32)) << 2) + b & mask(x)),
    ("sh3add.uw", "Zba", lambda x, a, b: ((a & mask(32)) << 3) + b & mask(x)),
    ("rolw", "Zbb", word(ROL)), ("rorw", "Zbb", word(ROR)),
]

UNARY = [
    ("clz", "Zbb", lambda x, a: leading_zeros(a, x)), ("ctz", "Zbb", lambda x, a: trailing_zeros(a, x)),
    ("cpop", "Zbb", lambda x, a: bin(a).count("1")), ("sext.b", "Zbb", lambda x, a: signed(a, 8) & mask(x)),
    ("sext.h", "Zbb", lambda x, a: signed(a, 16) & mask(x)), ("zext.h", "Zbb", lambda x, a: a & 0xffff),
    ("orc.b", "Zbb", lambda x, a: orc_b(a, x)), ("rev8", "Zbb", lambda x, a: rev8(a, x)),
]

UNARY_64 = [
    ("clzw", "Zbb", lambda x, a: leading_zeros(a, 32)), ("ctzw", "Zbb", lambda x, a: trailing_zeros(a, 32)),
    ("cpopw", "Zbb", lambda x, a: bin(a & mask(32)).count("1")),
]

# Immediates: "i12" signed 12 bits, "sh" a shift count of the operand's width.
I_TYPE = [
    ("addi", "I", "i12", ADD), ("slti", "I", "i12", SLT), ("sltiu", "I", "i12", SLTU),
    ("xori", "I", "i12", lambda x, a, b: a ^ b), ("ori", "I", "i12", lambda x, a, b: a | b),
    ("andi", "I", "i12", lambda x, a, b: a & b),
    ("slli", "I", "sh", SLL), ("srli", "I", "sh", SRL), ("srai", "I", "sh", SRA), ("rori", "Zbb", "sh", ROR),
    ("bclri", "Zbs", "sh", R_TYPE[-4][2]), ("bseti", "Zbs", "sh", R_TYPE[-3][2]),
    ("binvi", "Zbs", "sh", R_TYPE[-2][2]), ("bexti", "Zbs", "sh", R_TYPE[-1][2]),
]

I_TYPE_64 = [
    ("addiw", "I", "i12", word(ADD)), ("slliw", "I", "shw", word(SLL)), ("srliw", "I", "shw", word(SRL)),
    ("sraiw", "I", "shw", word(SRA)), ("roriw", "Zbb", "shw", word(ROR)),
    ("slli.uw", "Zba", "sh", lambda x, a, b: (a & mask(32)) << b & mask(x)),
]

BRANCHES = [
    ("beq", lambda x, a, b: a == b), ("bne", lambda x, a, b: a != b),
    ("blt", lambda x, a, b: signed(a, x) < signed(b, x)), ("bge", lambda x, a, b: signed(a, x) >= signed(b, x)),
    ("bltu", lambda x, a, b: a < b), ("bgeu", lambda x, a, b: a >= b),
]

# (load, bytes, sign-extends); the store of the same width takes its name from STORES.
LOADS = [("lb", 1, True), ("lbu", 1, False), ("lh", 2, True), ("lhu", 2, False), ("lw", 4, True)]
LOADS_64 = [("lwu", 4, False), ("ld", 8, True)]
STORES = [("sb", 1), ("sh", 2), ("sw", 4)]
STORES_64 = [("sd", 8)]

AMOS = [
    ("amoswap", lambda n, m, r: r), ("amoadd", lambda n, m, r: (m + r) & mask(n)), ("amoand", lambda n, m, r: m & r),
    ("amoor", lambda n, m, r: m | r), ("amoxor", lambda n, m, r: m ^ r),
    ("amomin", lambda n, m, r: min(signed(m, n), signed(r, n)) & mask(n)),
    ("amomax", lambda n, m, r: max(signed(m, n), signed(r, n)) & mask(n)),
    ("amominu", lambda n, m, r: min(m, r)), ("amomaxu", lambda n, m, r: max(m, r)),
]


def corner_values(xlen):
    values = {0, 1, 2, 3, 7, 0x1f, 0x20, 0x3f, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x12345678, 0x7fffffff, 0x80000000,
              0x80000001, 0xffffffff, mask(xlen), mask(xlen) - 1, 1 << (xlen - 1), (1 << (xlen - 1)) - 1,
              0xa5a5a5a5, 0x00ff00ff}
    if xlen == 64:
        values |= {0x100000000, 0xffffffff00000000, 0xffffffff80000000, 0x0123456789abcdef, 0xfedcba9876543210,
                   0x8000000080000000, 0x7fffffff00000000, 0x00ff000000ff0000}
    return sorted(values)
