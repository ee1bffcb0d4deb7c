# SPDX-License-Identifier: Apache-2.0
"""Random programs for RISC-V harts, as flat binaries: program(seed, xlen) is one.

A program is some hundred pieces, executed several times over, so that what is translated after a while is executed both
before and after. A piece is an instruction, or a few that belong together: a loop, a call, code that changes code, a page
table entry that changes. Encodings are those of the RISC-V manuals. Traps go to a handler that skips the instruction; the
last piece writes to the test finisher.

Registers: x2 and x4 belong to the handler, x3 counts, x12 holds return addresses; x8 points to data, x9 to the end of a page
of data, or to one whose mapping changes. Everything else is random.
"""
import random
import struct

BASE, DATA, TABLE, WINDOW, FINISHER = 0x80000000, 0x80100000, 0x80200000, 0xC0000000, 0x100000
KEPT = (2, 3, 4, 8, 9, 12)
FREE = [r for r in range(1, 32) if r not in KEPT]
OP, OP_IMM, OP_32, OP_IMM_32, LOAD, STORE, BRANCH, SYSTEM = 0x33, 0x13, 0x3B, 0x1B, 0x03, 0x23, 0x63, 0x73
LOAD_FP, STORE_FP, OP_FP, AMO, AUIPC, LUI, JAL, JALR, MISC_MEM = 0x07, 0x27, 0x53, 0x2F, 0x17, 0x37, 0x6F, 0x67, 0x0F


def r_type(opcode, funct3, funct7, rd, rs1, rs2):
    return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25


def i_type(opcode, funct3, rd, rs1, imm):
    return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | (imm & 0xFFF) << 20


def s_type(opcode, funct3, rs1, rs2, imm):
    return opcode | (imm & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 0x7F) << 25


def b_type(funct3, rs1, rs2, offset):
    return (BRANCH | (offset >> 11 & 1) << 7 | (offset >> 1 & 15) << 8 | funct3 << 12 | rs1 << 15 | rs2 << 20
            | (offset >> 5 & 63) << 25 | (offset >> 12 & 1) << 31)


def jal(rd, offset):
    return (JAL | rd << 7 | (offset >> 12 & 0xFF) << 12 | (offset >> 11 & 1) << 20 | (offset >> 1 & 0x3FF) << 21
            | (offset >> 20 & 1) << 31)


def lui(rd, value):
    return LUI | rd << 7 | (value & 0xFFFFF) << 12


def addi(rd, rs1, imm):
    return i_type(OP_IMM, 0, rd, rs1, imm)


def csr(funct3, rd, rs1, number):
    return i_type(SYSTEM, funct3, rd, rs1, number)


def li(rd, value):
    """Two instructions for 32 bits, which RV64 extends by their sign."""
    return [lui(rd, (value + 0x800) >> 12), addi(rd, rd, value)]


ECALL, EBREAK, MRET, FENCE, FENCE_I, SFENCE = 0x73, 0x100073, 0x30200073, 0x0FF0000F, 0x100F, 0x12000073

# (funct7, funct3) of OP, by extension: I, M, Zba, Zbb, Zbc, Zbs, Zicond.
REGISTER = ([(0, f) for f in range(8)] + [(0x20, 0), (0x20, 5)] + [(1, f) for f in range(8)] * 2
            + [(0x10, 2), (0x10, 4), (0x10, 6), (0x20, 4), (0x20, 6), (0x20, 7), (5, 4), (5, 5), (5, 6), (5, 7)]
            + [(0x30, 1), (0x30, 5), (5, 1), (5, 2), (5, 3), (0x24, 1), (0x14, 1), (0x24, 5), (0x34, 1), (7, 5), (7, 7)])
REGISTER_32 = [(0, 0), (0x20, 0), (0, 1), (0, 5), (0x20, 5), (1, 0), (1, 4), (1, 5), (1, 6), (1, 7), (4, 0), (0x10, 2),
               (0x10, 4), (0x10, 6), (0x30, 1), (0x30, 5)]
UNARY = [0x600, 0x601, 0x602, 0x604, 0x605]  # clz, ctz, cpop, sext.b, sext.h
CSRS = [0x001, 0x002, 0x003, 0xC00, 0xC02, 0xB00, 0xB02, 0x340, 0x342, 0x343, 0xF14, 0x301, 0x140, 0x142, 0xC01, 0x7C0]


class Program:
    def __init__(self, seed, xlen):
        self.random = random.Random(f"{seed}/{xlen}")
        self.xlen = xlen
        self.paged = xlen == 64 and self.random.random() < 0.5

    def pick(self):
        return self.random.choice(FREE)

    def source(self):
        return self.random.choice(FREE + [0, 8, 9])

    def freg(self):
        return self.random.randrange(32)

    # --- pieces: lists of words (32 bits) and half-words, as (value, bytes) -------------------------------------
    def register(self):
        if self.xlen == 64 and self.random.random() < 0.4:
            funct7, funct3 = self.random.choice(REGISTER_32)
            return [r_type(OP_32, funct3, funct7, self.pick(), self.source(), self.source())]
        funct7, funct3 = self.random.choice(REGISTER)
        rd = self.random.choice(FREE + [0])
        return [r_type(OP, funct3, funct7, rd, self.source(), self.source())]

    def immediate(self):
        rng, kind = self.random, self.random.randrange(5)
        rd, rs1 = self.pick(), self.source()
        shift = rng.randrange(self.xlen)
        if kind == 0:
            top = rng.choice([0x000, 0x400, 0x600, 0x480, 0x280, 0x680])  # shifts, rori/bclri/bexti, bseti, binvi
            return [i_type(OP_IMM, rng.choice([1, 5]), rd, rs1, top | shift)]
        if kind == 1:
            return [i_type(OP_IMM, 1, rd, rs1, rng.choice(UNARY))]
        if kind == 2 and self.xlen == 64:
            return [i_type(OP_IMM_32, rng.choice([0, 1, 5]), rd, rs1, rng.choice([0, 0x400, 0x600, 0x080]) | rng.randrange(32))]
        if kind == 3:
            return [rng.choice([LUI, AUIPC]) | rd << 7 | rng.randrange(1 << 20) << 12]
        return [i_type(OP_IMM, rng.choice([0, 2, 3, 4, 6, 7]), rd, rs1, rng.choice([0, 1, -1, rng.randrange(-2048, 2048)]))]

    def memory(self):
        rng = self.random
        base, offset = rng.choice([8, 9]), rng.choice([0, 8, -8, rng.randrange(-256, 256), rng.randrange(-2048, 2048)])
        widths = [0, 1, 2, 3] if self.xlen == 64 else [0, 1, 2]
        kind = rng.randrange(5)
        if kind == 0:
            return [i_type(LOAD, rng.choice(widths + [4, 5] + ([6] if self.xlen == 64 else [])), self.pick(), base, offset)]
        if kind == 1:
            return [s_type(STORE, rng.choice(widths), base, self.source(), offset)]
        if kind == 2:  # two of a kind, as compilers save registers
            width = widths[-1]
            one, other = rng.sample(FREE, 2)
            if rng.random() < 0.5:
                return [i_type(LOAD, width, one, base, offset & ~7), i_type(LOAD, width, other, base, (offset & ~7) + 8)]
            return [s_type(STORE, width, base, one, offset & ~7), s_type(STORE, width, base, other, (offset & ~7) + 8)]
        if kind == 3:
            width = rng.choice([2, 3])
            if rng.random() < 0.5:
                return [i_type(LOAD_FP, width, self.freg(), base, offset)]
            return [s_type(STORE_FP, width, base, self.freg(), offset)]
        return [lui(5, rng.choice([0x1, 0x10000, 0x80100, 0x80100, 0xC0000])), i_type(LOAD, 2, self.pick(), 5, offset & ~3)]

    def atomic(self):
        rng = self.random
        funct3 = rng.choice([2, 3]) if self.xlen == 64 else 2
        ordering = rng.randrange(4)
        pair = [addi(5, 8, rng.randrange(-8, 8) * 8)]
        if rng.random() < 0.3:
            middle = rng.choice([self.immediate, self.memory])() if rng.random() < 0.5 else []
            return [*pair, r_type(AMO, funct3, 2 << 2 | ordering, 6, 5, 0), *middle,
                    r_type(AMO, funct3, 3 << 2 | ordering, self.pick(), 5, self.source())]
        op = rng.choice([0, 1, 4, 8, 12, 16, 20, 24, 28])
        return [*pair, r_type(AMO, funct3, op << 2 | ordering, self.pick(), 5, self.source())]

    def real(self):
        rng, fmt, rm = self.random, self.random.randrange(2), self.random.choice([0, 0, 7, 7, 1, 2, 3, 4, 5])
        rd, a, b = self.freg(), self.freg(), self.freg()
        kind = rng.randrange(7)
        if kind == 0:
            return [r_type(OP_FP, rm, rng.choice([0, 4, 8, 12]) | fmt, rd, a, b)]
        if kind == 1:
            return [r_type(OP_FP, rm, 0x2C | fmt, rd, a, 0)]
        if kind == 2:
            return [r_type(rng.choice([0x43, 0x47, 0x4B, 0x4F]), rm, self.freg() << 2 | fmt, rd, a, b)]
        if kind == 3:  # sgnj, min and max, comparisons
            funct7, most = rng.choice([(0x10, 3), (0x14, 2), (0x50, 3)])
            return [r_type(OP_FP, rng.randrange(most), funct7 | fmt, self.pick() if funct7 == 0x50 else rd, a, b)]
        if kind == 4:  # to integers and from them
            to_int = rng.random() < 0.5
            return [r_type(OP_FP, rm, (0x60 if to_int else 0x68) | fmt, self.pick() if to_int else rd,
                           a if to_int else self.source(), rng.randrange(4))]
        if kind == 5:
            return [r_type(OP_FP, rm, 0x20 | fmt, rd, a, 1 - fmt)]
        if rng.random() < 0.5:
            return [r_type(OP_FP, 0, 0x78 | fmt, rd, self.source(), 0)]
        return [r_type(OP_FP, rng.randrange(2), 0x70 | fmt, self.pick(), a, 0)]

    def status(self):
        rng = self.random
        return [csr(rng.choice([1, 2, 3, 5, 6, 7]), self.pick(), rng.choice([0, 0, self.source()]), rng.choice(CSRS))]

    def system(self):
        return [self.random.choice([ECALL, EBREAK, FENCE, FENCE_I, SFENCE, 0x8330000F, 0])]

    def compressed(self):
        rng, rd, low = self.random, self.pick(), self.random.choice([10, 11, 13, 14, 15]) - 8
        imm = rng.randrange(64)
        fields = (imm & 31) << 2 | (imm >> 5) << 12
        word = rng.choice([
            0x0001 | rd << 7 | fields,                                             # c.addi
            0x4001 | rd << 7 | fields,                                             # c.li
            0x8002 | rd << 7 | self.pick() << 2,                                   # c.mv
            0x9002 | rd << 7 | self.pick() << 2,                                   # c.add
            0x8C01 | low << 7 | rng.randrange(4) << 5 | rng.randrange(8) << 2,     # c.sub .. c.and
            0x8801 | low << 7 | fields,                                            # c.andi
            0x0002 | rd << 7 | (imm & 31) << 2,                                    # c.slli
            0x8001 | low << 7 | rng.randrange(2) << 10 | (imm & 31) << 2,          # c.srli, c.srai
            0x4000 | rng.randrange(2) << 7 | low << 2 | rng.randrange(8) << 10,    # c.lw
            0xC000 | rng.randrange(2) << 7 | low << 2 | rng.randrange(8) << 10,    # c.sw
            0x6000 | rng.randrange(2) << 7 | low << 2 | rng.randrange(8) << 10,    # c.ld, or c.flw
            0xE000 | rng.randrange(2) << 7 | low << 2 | rng.randrange(8) << 10,    # c.sd, or c.fsw
        ])
        return [(word, 2)] + ([(0x0001, 2)] if rng.random() < 0.5 else [])

    def anything(self):
        """Random bits, except what jumps or has a meaning of its own."""
        while True:
            word = self.random.getrandbits(32)
            opcode = word & 0x7F
            writes = opcode not in (STORE, STORE_FP) and (word >> 7 & 31) in KEPT
            wild = opcode in (STORE, LOAD, AMO, STORE_FP) and (word >> 15 & 31) not in (8, 9)
            if opcode & 3 == 3 and opcode not in (BRANCH, JAL, JALR, SYSTEM) and not writes and not wild:
                return [word]

    def simple(self):
        return self.random.choice([self.register, self.immediate, self.register, self.memory, self.real, self.compressed])()

    def branch(self):
        skipped = [word for _ in range(self.random.randrange(1, 6)) for word in self.simple()]
        return [b_type(self.random.choice([0, 1, 4, 5, 6, 7]), self.source(), self.source(), 4 + length(skipped)), *skipped]

    def loop(self):
        body = [word for _ in range(self.random.randrange(1, 5)) for word in self.simple()]
        # x3 counts, with the outer loop's count above its low eight bits.
        return [addi(3, 3, self.random.randrange(1, 20)), *body, addi(3, 3, -1), i_type(OP_IMM, 7, 4, 3, 0xFF),
                b_type(1, 4, 0, -(length(body) + 8))]

    def call(self):
        body = [word for _ in range(self.random.randrange(1, 4)) for word in self.simple()]
        back = [i_type(JALR, 0, 0, 12, 0)]
        if self.random.random() < 0.5:
            return [jal(12, 8), jal(0, 4 + length(body) + 4), *body, *back]
        return [AUIPC | 12 << 7, i_type(JALR, 0, 12, 12, 12), jal(0, 4 + length(body) + 4), *body, *back]

    def change_code(self):
        new = self.random.choice([self.register, self.immediate])()[0]
        words = [*li(6, new - (1 << 32) if new >> 31 else new), AUIPC | 5 << 7]
        fence = [FENCE_I] if self.random.random() < 0.7 else []
        return [*words, s_type(STORE, 2, 5, 6, 8 + length(fence)), *fence, addi(7, 7, 1)]

    def change_page(self):
        if not self.paged:
            return self.register()
        page, flags = self.random.choice([(DATA >> 12, 0xCF), (DATA >> 12, 0x0F), (DATA >> 12, 0xC7), (DATA >> 12, 0xC3),
                                          ((DATA >> 12) + 1, 0xCF), ((DATA >> 12) + 1, 0xDF), ((DATA >> 12) + 1, 0xC0),
                                          (BASE >> 12, 0xCB), (BASE >> 12, 0x4B)])
        fence = [self.random.choice([SFENCE, SFENCE | 9 << 15])] if self.random.random() < 0.9 else []
        return [*li(5, TABLE + 0x2000 - (1 << 32)), i_type(OP_IMM, 1, 5, 5, 32), i_type(OP_IMM, 5, 5, 5, 32),
                *li(6, page << 10 | flags), s_type(STORE, 3, 5, 6, 0), *fence]

    def piece(self):
        return self.random.choices(
            [self.register, self.immediate, self.memory, self.atomic, self.real, self.status, self.system, self.compressed,
             self.anything, self.branch, self.loop, self.call, self.change_code, self.change_page],
            [20, 20, 18, 5, 20, 4, 2, 10, 4, 8, 4, 4, 2, 2])[0]()

    # --- the whole ------------------------------------------------------------------------------------------------
    def address(self, rd, value):
        """A constant below 2^32, zero-extended."""
        words = li(rd, value - (1 << 32) if value >> 31 else value)
        return words + ([i_type(OP_IMM, 1, rd, rd, 32), i_type(OP_IMM, 5, rd, rd, 32)] if self.xlen == 64 and value >> 31 else [])

    def random_value(self):
        rng = self.random
        return rng.choice([0, 1, (1 << 64) - 1, 1 << 63, 0x7FF0000000000000, 0x7FF8000000000001, 0x3FF0000000000000,
                           0xFFFFFFFF7F800000, 0xFFFFFFFF3F800000, 0xFFFFFFFF00000001, rng.getrandbits(64), rng.getrandbits(64),
                           rng.getrandbits(16), 0x1, 0x000FFFFFFFFFFFFF, 0x7FEFFFFFFFFFFFFF])

    def tables(self):
        """Sv39: the root maps the lowest 4 GiB to themselves, but its last one by a page of its own."""
        leaf = 0xCF  # valid, readable, writable, executable, accessed, dirty
        root = [i << 28 | leaf for i in range(3)] + [(TABLE + 0x1000) >> 2 | 1]
        return root, [(TABLE + 0x2000) >> 2 | 1], [(DATA >> 2) | leaf, (DATA >> 2) + 0x400 | leaf]

    def image(self):
        handler = [csr(2, 4, 0, 0x341), i_type(LOAD, 5, 2, 4, 0), i_type(OP_IMM, 7, 2, 2, 3), addi(2, 2, -3),
                   i_type(OP_IMM, 3, 2, 2, 1), i_type(OP_IMM, 1, 2, 2, 1), addi(2, 2, 2), r_type(OP, 0, 0, 4, 4, 2),
                   csr(1, 0, 4, 0x341), MRET]
        size = 3 if self.xlen == 64 else 2
        start = [*self.address(5, BASE + 4), csr(1, 0, 5, 0x305), *li(5, 0x6000), csr(2, 0, 5, 0x300), addi(5, 0, -1),
                 csr(1, 0, 5, 0x3B0), addi(5, 0, 0x1F), csr(1, 0, 5, 0x3A0), *li(5, 7), csr(1, 0, 5, 0x306),
                 csr(1, 0, 5, 0x106)]
        if self.paged:
            start += [*self.address(5, TABLE >> 12), addi(6, 0, 8), i_type(OP_IMM, 1, 6, 6, 60), r_type(OP, 6, 0, 5, 5, 6),
                      csr(1, 0, 5, 0x180), *li(5, 0x1800), csr(3, 0, 5, 0x300), *li(5, 0x800), csr(2, 0, 5, 0x300),
                      AUIPC | 5 << 7, addi(5, 5, 16), csr(1, 0, 5, 0x341), MRET]
        start += self.address(8, DATA + 0x800)
        for i in range(32):
            start.append(i_type(LOAD_FP, 3, i, 8, i * 8))
        for i in FREE:
            start.append(i_type(LOAD, size, i, 8, i * 8))
        start += self.address(9, (WINDOW if self.paged else DATA) + 0xFF8)
        start += li(3, self.random.choice([3, 24, 40]) << 8)
        body = [word for _ in range(self.random.choice([40, 150, 300])) for word in self.piece()]
        again = [addi(3, 3, -256), i_type(OP_IMM, 5, 4, 3, 8), b_type(0, 4, 0, 8)]
        finish = [lui(5, FINISHER >> 12), *li(6, 0x5555), s_type(STORE, 2, 5, 6, 0), jal(0, 0)]
        body += [*again, jal(0, -(length(body) + length(again))), *finish]
        code = encode([jal(0, 4 + length(handler)), *handler, *start, *body])
        image = bytearray(TABLE - BASE + 0x3000 if self.paged else DATA - BASE + 0x2000)
        image[:len(code)] = code
        values = b"".join(struct.pack("<Q", self.random_value()) for _ in range(0x400))
        image[DATA - BASE:DATA - BASE + len(values)] = values
        for i, entries in enumerate(self.tables() if self.paged else ()):
            at = TABLE - BASE + i * 0x1000
            image[at:at + 8 * len(entries)] = b"".join(struct.pack("<Q", entry) for entry in entries)
        return bytes(image)


def length(words):
    return sum(word[1] if isinstance(word, tuple) else 4 for word in words)


def encode(words):
    return b"".join(struct.pack("<H", word[0]) if isinstance(word, tuple) else struct.pack("<I", word & 0xFFFFFFFF)
                    for word in words)


def program(seed, xlen):
    return Program(seed, xlen).image()
