#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a bare-metal program that executes every instruction of a group on corner values and checks the results.

The expectations come from integer.py and floating.py, which know the manual and nothing else. Values and expected
results are tables in the program's data; each instruction is a loop over its table, so that the guest code stays
small. The first mismatch prints the instruction and the number of its row on the UART and ends the machine through the
test finisher with that number; success prints the count of checks.

    generate.py --list
    generate.py --xlen 64 --group zbb > zbb.S

Registers: s0 table, s1 rows left, s2 row number, s11 name of the instruction; a0-a6 operands.
"""
import argparse
import random
import sys

import floating as fp
import integer as isa

UART, FINISHER = 0x10000000, 0x100000

PROLOGUE = """\
    .option nopic
    .section .text.start, "ax"
    .globl _start
_start:
    csrr t0, mhartid
1:  bnez t0, 1b
    la t0, trapped
    csrw mtvec, t0
    li t0, 0x6000
    csrs mstatus, t0
    li t0, 0x10000000
    li t1, 3
    sb t1, 3(t0)        # eight data bits
"""

EPILOGUE = """\
    la a0, passed_text
    jal print
    li t0, {finisher:#x}
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

trapped:
    la a0, trap_text
    jal print
failed:
    la a0, fail_text
    jal print
    mv a0, s11
    jal print
    la a0, row_text
    jal print
    mv a0, s2
    jal print_number
    la a0, newline
    jal print
    li t0, {finisher:#x}
    slli t1, s2, 16
    li t2, 0x13333
    or t1, t1, t2
    sw t1, 0(t0)
1:  j 1b

print:
    li t0, {uart:#x}
1:  lbu t1, 0(a0)
    beqz t1, 2f
    sb t1, 0(t0)
    addi a0, a0, 1
    j 1b
2:  ret

print_number:
    mv s4, ra
    la a1, number_end
    li a2, 10
1:  addi a1, a1, -1
    remu a3, a0, a2
    addi a3, a3, 48
    sb a3, 0(a1)
    divu a0, a0, a2
    bnez a0, 1b
    mv a0, a1
    jal print
    mv ra, s4
    ret

    .section .rodata
passed_text: .asciz "PASS {group} rv{xlen}: {checks} rows\\n"
fail_text: .asciz "FAIL "
row_text: .asciz " row "
trap_text: .asciz "trap in: "
newline: .asciz "\\n"
    .data
    .skip 24
number_end: .byte 0
    .balign 16
scratch: .skip 64
"""


class Program:
    def __init__(self, xlen):
        self.xlen, self.size = xlen, xlen // 8
        self.load, self.store, self.word = ("ld", "sd", ".dword") if xlen == 64 else ("lw", "sw", ".word")
        self.code, self.data, self.tables, self.rows = [PROLOGUE], [], 0, 0

    def values(self):
        return isa.corner_values(self.xlen)

    def table(self, name, rows, cell=None):
        """Starts the loop over `rows` (tuples of integers); returns its label."""
        self.tables += 1
        self.rows += len(rows)
        label, word = f"t{self.tables}", cell or self.word
        self.data.append(f"    .balign 16\n{label}: " + "\n    ".join(
            f"{word} " + ", ".join(f"{value:#x}" for value in row) for row in rows))
        self.data.append(f"{label}_name: .asciz \"{name}\"")
        self.code.append(f"    la s0, {label}\n    li s1, {len(rows)}\n    li s2, 0\n    la s11, {label}_name\n{label}_loop:")
        return label

    def end(self, label, row_bytes):
        self.code.append(f"    addi s0, s0, {row_bytes}\n    addi s2, s2, 1\n    blt s2, s1, {label}_loop\n")

    def emit(self, *lines):
        self.code += [f"    {line}" for line in lines]

    def get(self, register, index):
        self.emit(f"{self.load} {register}, {index * self.size}(s0)")

    def text(self, group):
        tail = EPILOGUE.format(finisher=FINISHER, uart=UART, group=group, xlen=self.xlen, checks=self.rows)
        return "\n".join(self.code) + "\n" + tail + "\n".join(self.data) + "\n"

    # --- integer ---------------------------------------------------------------------------------------

    def r_type(self, name, function):
        rows = [(a, b, function(self.xlen, a, b)) for a in self.values() for b in self.values()]
        label = self.table(name, rows)
        for register, index in (("a1", 0), ("a2", 1), ("a3", 2)):
            self.get(register, index)
        self.emit(f"{name} a4, a1, a2", "bne a4, a3, failed",
                  "mv a5, a1", f"{name} a5, a5, a2", "bne a5, a3, failed",
                  "mv a5, a2", f"{name} a5, a1, a5", "bne a5, a3, failed",
                  f"{name} x0, a1, a2", "bnez x0, failed")
        self.end(label, 3 * self.size)
        same = [(a, function(self.xlen, a, a), function(self.xlen, 0, a), function(self.xlen, a, 0)) for a in self.values()]
        label = self.table(name + " same/x0", same)
        self.get("a1", 0)
        for index, form in ((1, "a1, a1"), (2, "x0, a1"), (3, "a1, x0")):
            self.get("a3", index)
            self.emit(f"{name} a4, {form}", "bne a4, a3, failed")
        self.end(label, 4 * self.size)

    def unary(self, name, function):
        label = self.table(name, [(a, function(self.xlen, a)) for a in self.values()])
        self.get("a1", 0)
        self.get("a3", 1)
        self.emit(f"{name} a4, a1", "bne a4, a3, failed", f"{name} a1, a1", "bne a1, a3, failed")
        self.end(label, 2 * self.size)

    def i_type(self, name, kind, function):
        width = {"sh": self.xlen, "shw": 32}.get(kind)
        immediates = [0, 1, width // 2, width - 1, 7, 13] if width else [-2048, -1025, -1, 0, 1, 5, 0x555, 2047]
        for immediate in immediates:
            operand = immediate & isa.mask(self.xlen)
            label = self.table(f"{name} {immediate}", [(a, function(self.xlen, a, operand)) for a in self.values()])
            self.get("a1", 0)
            self.get("a3", 1)
            self.emit(f"{name} a4, a1, {immediate}", "bne a4, a3, failed", f"{name} a1, a1, {immediate}", "bne a1, a3, failed")
            self.end(label, 2 * self.size)

    def upper(self):
        for immediate in (0, 1, 0x7ffff, 0x80000, 0xfffff, 0x12345):
            label = self.table(f"lui {immediate:#x}", [(isa.signed(immediate << 12, 32) & isa.mask(self.xlen),)])
            self.get("a3", 0)
            self.emit(f"lui a4, {immediate:#x}", "bne a4, a3, failed",
                      f"auipc a4, {immediate:#x}", "jal a5, 1f", "1: addi a5, a5, -8", "add a6, a5, a3", "bne a4, a6, failed")
            self.end(label, self.size)

    def branch(self, name, function):
        rows = [(a, b, int(function(self.xlen, a, b))) for a in self.values() for b in self.values()]
        label = self.table(name, rows)
        for register, index in (("a1", 0), ("a2", 1), ("a3", 2)):
            self.get(register, index)
        self.emit("li a4, 1", f"{name} a1, a2, 1f", "li a4, 0", "1: bne a4, a3, failed")
        self.end(label, 3 * self.size)

    def memory(self, loads, stores):
        pattern = bytes((0x80 + 37 * i) & 0xff for i in range(32))
        for name, width, extends in loads:
            for offset in (0, 1, 3, 8, 13):
                raw = int.from_bytes(pattern[8 + offset:8 + offset + width], "little")
                value = (isa.signed(raw, width * 8) if extends else raw) & isa.mask(self.xlen)
                label = self.table(f"{name} {offset}", [(value,)])
                self.get("a3", 0)
                self.emit("la a1, pattern + 8", f"{name} a4, {offset}(a1)", "bne a4, a3, failed",
                          f"addi a1, a1, {offset + 1020}", f"{name} a1, -1020(a1)", "bne a1, a3, failed")
                self.end(label, self.size)
        for name, width in stores:
            reload = {1: "lbu", 2: "lhu", 4: "lw", 8: "ld"}[width]
            for offset in (0, 1, 5):
                rows = []
                for value in self.values():
                    raw = value & isa.mask(width * 8)
                    rows.append((value, (isa.signed(raw, 32) & isa.mask(self.xlen)) if width == 4 else raw))
                label = self.table(f"{name} {offset}", rows)
                self.get("a2", 0)
                self.get("a3", 1)
                self.emit("la a1, scratch + 16", "li a6, -1", f"{self.store} a6, 0(a1)", f"{self.store} a6, {self.size}(a1)",
                          f"{self.store} a6, {2 * self.size}(a1)", f"{name} a2, {offset}(a1)", f"{reload} a4, {offset}(a1)", "bne a4, a3, failed",
                          f"lbu a4, {offset + width}(a1)", "li a5, 255", "bne a4, a5, failed", f"lbu a4, {offset - 1}(a1)"
                          if offset else "li a4, 255", "bne a4, a5, failed")
                self.end(label, 2 * self.size)
        self.data.append("    .balign 16\npattern: .byte " + ", ".join(str(b) for b in pattern))

    def atomic(self, name, function):
        for suffix, bits in (("w", 32), ("d", 64)):
            if bits > self.xlen:
                continue
            rows = []
            for old in self.values():
                for operand in self.values():
                    m, r = old & isa.mask(bits), operand & isa.mask(bits)
                    rows.append(tuple(isa.signed(v, bits) & isa.mask(self.xlen) for v in (m, r, function(bits, m, r) & isa.mask(bits))))
            rows = random.Random(1).sample(rows, min(len(rows), 160))
            access = "w" if bits == 32 else "d"
            for order in ("", ".aq", ".rl", ".aqrl"):
                label = self.table(f"{name}.{suffix}{order}", rows)
                for register, index in (("a1", 0), ("a2", 1), ("a3", 2)):
                    self.get(register, index)
                self.emit("la a0, scratch + 16", f"s{access} a1, 0(a0)", f"{name}.{suffix}{order} a4, a2, (a0)",
                          "bne a4, a1, failed", f"l{access} a5, 0(a0)", "bne a5, a3, failed")
                self.end(label, 3 * self.size)

    def reservation(self):
        for access in ["w"] + (["d"] if self.xlen == 64 else []):
            label = self.table(f"lr/sc.{access}", [(v if access == "d" else isa.sext32(v, self.xlen),) for v in self.values()])
            self.get("a1", 0)
            self.emit("la a0, scratch + 16", f"s{access} a1, 0(a0)", "li a6, 99",
                      # An sc without a reservation fails; a failure right after lr may be spurious, so it is tried again.
                      f"sc.{access} a4, a6, (a0)", "beqz a4, failed", f"l{access} a5, 0(a0)", "bne a5, a1, failed",
                      f"1: lr.{access} a4, (a0)", "bne a4, a1, failed", f"sc.{access} a5, a6, (a0)", "bnez a5, 1b",
                      f"l{access} a5, 0(a0)", "bne a5, a6, failed", f"sc.{access} a5, a1, (a0)", "beqz a5, failed")
            self.end(label, self.size)

    def compressed(self):
        """(text with a4 as destination, set-up of a4, function(value of a1)); sources a1 and a4, immediates in the text."""
        x = self.xlen
        keep = isa.mask(x)
        forms = [("c.mv a4, a1", lambda d, s: s), ("c.add a4, a1", lambda d, s: d + s), ("c.sub a4, a1", lambda d, s: d - s),
                 ("c.and a4, a1", lambda d, s: d & s), ("c.or a4, a1", lambda d, s: d | s), ("c.xor a4, a1", lambda d, s: d ^ s),
                 ("c.li a4, -32", lambda d, s: -32), ("c.li a4, 31", lambda d, s: 31), ("c.lui a4, 31", lambda d, s: 31 << 12),
                 ("c.lui a4, 0xfffe0", lambda d, s: -32 << 12), ("c.addi a4, -32", lambda d, s: d - 32), ("c.addi a4, 31", lambda d, s: d + 31),
                 ("c.andi a4, -32", lambda d, s: d & -32), ("c.andi a4, 21", lambda d, s: d & 21),
                 ("c.slli a4, 1", lambda d, s: d << 1), (f"c.slli a4, {x - 1}", lambda d, s: d << (x - 1)),
                 ("c.srli a4, 1", lambda d, s: d >> 1), (f"c.srli a4, {x - 1}", lambda d, s: d >> (x - 1)),
                 ("c.srai a4, 1", lambda d, s: isa.signed(d, x) >> 1), (f"c.srai a4, {x - 1}", lambda d, s: isa.signed(d, x) >> (x - 1))]
        if x == 64:
            forms += [("c.addw a4, a1", lambda d, s: isa.signed(d + s, 32)), ("c.subw a4, a1", lambda d, s: isa.signed(d - s, 32)),
                      ("c.addiw a4, -32", lambda d, s: isa.signed(d - 32, 32)), ("c.addiw a4, 0", lambda d, s: isa.signed(d, 32)),
                      ("c.slli a4, 40", lambda d, s: d << 40), ("c.srli a4, 40", lambda d, s: d >> 40)]
        pairs = [(d, s) for d in self.values() for s in (0, 1, 0x12345678, keep)]
        for form, function in forms:
            label = self.table(form, [(d, s, function(d, s) & keep) for d, s in pairs])
            for register, index in (("a4", 0), ("a1", 1), ("a3", 2)):
                self.get(register, index)
            self.emit(".option push", ".option rvc", form, ".option pop", "bne a4, a3, failed")
            self.end(label, 3 * self.size)
        label = self.table("c memory and control", [(v,) for v in self.values()])
        self.get("a1", 0)
        access = "d" if x == 64 else "w"
        self.emit("la a5, scratch", "mv s5, sp", "la sp, scratch", ".option push", ".option rvc",
                  f"c.s{access} a1, 8(a5)", f"c.l{access} a4, 8(a5)", "bne a4, a1, failed",
                  f"c.s{access}sp a1, 24(sp)", f"c.l{access}sp a4, 24(sp)", "bne a4, a1, failed",
                  "c.sw a1, 16(a5)", "c.lw a4, 16(a5)", "c.swsp a1, 32(sp)", "c.lwsp a3, 32(sp)", "bne a4, a3, failed",
                  "c.addi4spn a4, sp, 1020", "addi a3, sp, 1020", "bne a4, a3, failed",
                  "c.addi16sp sp, -512", "addi a3, a5, -512", "bne sp, a3, failed", "mv sp, s5",
                  "c.mv a4, a1", "li a3, 0", "c.beqz a4, 1f", "c.addi a3, 1", "1: c.bnez a4, 2f", "c.addi a3, 2", "2: snez a4, a1",
                  "bnez a4, 3f", "li a4, 2", "3: bne a3, a4, failed",
                  "c.j 4f", "j failed", "4: la a4, 5f", "c.jr a4", "j failed", "5: la a4, 6f", "c.jalr a4", "7: j failed", "6: la a3, 7b",
                  "bne ra, a3, failed", "c.nop", ".option pop", ".balign 4")
        self.end(label, self.size)

    # --- floating point ----------------------------------------------------------------------------------

    def fp_operation(self, name, f, sources, function, modes, result="float", rows_wanted=400, source=None):
        """One instruction over vectors of its operands. `function(operands, mode)` gives (bits, flags)."""
        source = source or f
        values = fp.corner_values(source) if source is not None else None
        generator = random.Random(hash_of(name))
        vectors = []
        if sources == 1:
            vectors = [(v,) for v in values] + [(generator.getrandbits(source.bits),) for _ in range(60)]
        else:
            for _ in range(rows_wanted):
                vectors.append(tuple(self.fp_pick(source, generator, values) for _ in range(sources)))
            vectors += [(a, b) + ((a,) * (sources - 2)) for a in values[::3] for b in values[::4]]
        for mode in modes:
            dynamic = mode == "dyn"
            number = fp.RUP if dynamic else fp.MODES.index(mode) if mode else fp.RNE
            rows = []
            for vector in vectors:
                bits, flags = function(vector, number)
                rows.append((*vector, *[0] * (3 - sources), bits, flags))
            label = self.table(f"{name} {mode or ''}", rows, ".dword")
            load = "flw" if source.bits == 32 else "fld"
            for i in range(sources):
                self.emit(f"{load} fa{i}, {8 * i}(s0)")
            if dynamic:
                self.emit(f"fsrmi {fp.RUP}")
            self.emit("fsflags zero")
            suffix = ", " + mode if mode else ""
            operands = ", ".join(f"fa{i}" for i in range(sources))
            self.emit(f"{name} {'fa4' if result == 'float' else 'a4'}, {operands}{suffix}", "frflags a5", "lw a3, 32(s0)",
                      "bne a5, a3, failed")
            if result == "float":
                if f.bits == 64:
                    self.emit("la a0, scratch", "fsd fa4, 0(a0)", "lw a4, 0(a0)", "lw a3, 24(s0)", "bne a4, a3, failed",
                              "lw a4, 4(a0)", "lw a3, 28(s0)", "bne a4, a3, failed")
                else:
                    self.emit("fmv.x.w a4, fa4", "lw a3, 24(s0)", "bne a4, a3, failed")
            else:
                self.get_wide("a3", 24)
                self.emit("bne a4, a3, failed")
            self.end(label, 40)

    def get_wide(self, register, offset):
        self.emit(f"{self.load} {register}, {offset}(s0)")

    @staticmethod
    def fp_pick(f, generator, values):
        kind = generator.randrange(4)
        if kind == 0:
            return generator.choice(values)
        if kind == 1:
            return generator.getrandbits(f.bits)
        exponent = f.bias + generator.randrange(-4, 5) if kind == 2 else generator.choice((0, 1, 2, 2 * f.bias - 1, 2 * f.bias))
        fraction = generator.getrandbits(f.fbits) & ~isa.mask(generator.randrange(f.fbits))
        return generator.getrandbits(1) << (f.bits - 1) | exponent << f.fbits | fraction

    def fp_from_integer(self, name, f, bits, is_signed, modes):
        values = sorted({v & isa.mask(bits) for v in isa.corner_values(64)} | {(1 << k) + d & isa.mask(bits) for k in (24, 25, 53, 54, 63) for d in (-1, 0, 1, 3)})
        for mode in modes:
            rows = []
            for v in values:
                result, flags = fp.from_integer(f, v, fp.MODES.index(mode), bits, is_signed)
                register = (isa.signed(v, 32) if bits == 32 else v) & isa.mask(64)
                rows.append((register, 0, 0, result, flags))
            label = self.table(f"{name} {mode}", rows, ".dword")
            exact = bits == 32 and f.bits == 64
            self.get_wide("a1", 0)
            self.emit("fsflags zero", f"{name} fa4, a1" + ("" if exact else f", {mode}"), "frflags a5", "lw a3, 32(s0)",
                      "bne a5, a3, failed", "la a0, scratch")
            if f.bits == 64:
                self.emit("fsd fa4, 0(a0)", "lw a4, 0(a0)", "lw a3, 24(s0)", "bne a4, a3, failed", "lw a4, 4(a0)",
                          "lw a3, 28(s0)", "bne a4, a3, failed")
            else:
                self.emit("fmv.x.w a4, fa4", "lw a3, 24(s0)", "bne a4, a3, failed")
            self.end(label, 40)

    def boxing(self):
        """A single in a double's register is boxed; a badly boxed source is the canonical NaN (20.2 of the manual)."""
        label = self.table("NaN boxing", [(0x3f800000,), (0,), (0x7fc00001,)])
        self.emit("lw a1, 0(s0)", "fmv.w.x fa0, a1", "la a0, scratch", "fsd fa0, 0(a0)", "lw a4, 4(a0)", "li a3, -1",
                  "bne a4, a3, failed", "sw zero, 4(a0)", "fld fa1, 0(a0)", "fadd.s fa2, fa1, fa1", "fmv.x.w a4, fa2",
                  "li a3, 0x7fc00000", "bne a4, a3, failed", "fclass.s a4, fa1", "li a3, 512", "bne a4, a3, failed",
                  "fmv.x.w a4, fa1", "lw a3, 0(s0)", "bne a4, a3, failed", "fsw fa1, 8(a0)", "lw a4, 8(a0)", "bne a4, a3, failed",
                  "fsgnj.s fa2, fa1, fa1", "fmv.x.w a4, fa2", "li a3, 0x7fc00000", "bne a4, a3, failed")
        self.end(label, self.size)

    def fp_group(self, f):
        s, other = ("s", fp.F64) if f is fp.F32 else ("d", fp.F32)
        modes = fp.MODES + ["dyn"]
        two = [("fadd", fp.add), ("fsub", fp.sub), ("fmul", fp.mul), ("fdiv", fp.div)]
        for name, function in two:
            self.fp_operation(f"{name}.{s}", f, 2, lambda v, m, g=function: g(f, v[0], v[1], m), modes)
        self.fp_operation(f"fsqrt.{s}", f, 1, lambda v, m: fp.sqrt(f, v[0], m), modes)
        for name, product, addend in (("fmadd", 0, 0), ("fmsub", 0, 1), ("fnmsub", 1, 0), ("fnmadd", 1, 1)):
            self.fp_operation(f"{name}.{s}", f, 3, lambda v, m, p=product, c=addend: fp.fused(f, *v, m, p, c), modes)
        self.fp_operation(f"fmin.{s}", f, 2, lambda v, m: fp.minmax(f, *v, False), [None])
        self.fp_operation(f"fmax.{s}", f, 2, lambda v, m: fp.minmax(f, *v, True), [None])
        keep = f.sign - 1
        self.fp_operation(f"fsgnj.{s}", f, 2, lambda v, m: (v[0] & keep | v[1] & f.sign, 0), [None])
        self.fp_operation(f"fsgnjn.{s}", f, 2, lambda v, m: (v[0] & keep | ~v[1] & f.sign, 0), [None])
        self.fp_operation(f"fsgnjx.{s}", f, 2, lambda v, m: (v[0] ^ v[1] & f.sign, 0), [None])
        for relation in ("eq", "lt", "le"):
            self.fp_operation(f"f{relation}.{s}", f, 2, lambda v, m, r=relation: fp.compare(f, *v, r), [None], "integer")
        self.fp_operation(f"fclass.{s}", f, 1, lambda v, m: (fp.classify(f, v[0]), 0), [None], "integer")
        for suffix, bits, is_signed in (("w", 32, True), ("wu", 32, False), ("l", 64, True), ("lu", 64, False)):
            if bits > self.xlen:
                continue

            def to_register(v, m, b=bits, g=is_signed):
                value, flags = fp.to_integer(f, v[0], m, b, g)
                return (isa.signed(value, 32) & isa.mask(64) if b == 32 else value), flags
            self.fp_operation(f"fcvt.{suffix}.{s}", f, 1, to_register, modes, "integer")
            self.fp_from_integer(f"fcvt.{s}.{suffix}", f, bits, is_signed, fp.MODES)
        if f is fp.F64:
            self.fp_operation("fcvt.s.d", fp.F32, 1, lambda v, m: fp.convert(fp.F32, fp.F64, v[0], m), modes, source=fp.F64)
            self.fp_operation("fcvt.d.s", fp.F64, 1, lambda v, m: fp.convert(fp.F64, fp.F32, v[0], m), [None], source=fp.F32)
            self.boxing()


def hash_of(name):
    return sum((i + 1) * ord(c) for i, c in enumerate(name))


def integer_group(program, extension):
    wide = program.xlen == 64
    for name, ext, function in isa.R_TYPE + (isa.R_TYPE_64 if wide else []):
        if ext == extension:
            program.r_type(name, function)
    for name, ext, function in isa.UNARY + (isa.UNARY_64 if wide else []):
        if ext == extension:
            program.unary(name, function)
    for name, ext, kind, function in isa.I_TYPE + (isa.I_TYPE_64 if wide else []):
        if ext == extension:
            program.i_type(name, kind, function)


def base_group(program):
    integer_group(program, "I")
    program.upper()
    for name, function in isa.BRANCHES:
        program.branch(name, function)
    wide = program.xlen == 64
    program.memory(isa.LOADS + (isa.LOADS_64 if wide else []), isa.STORES + (isa.STORES_64 if wide else []))


def atomic_group(program):
    for name, function in isa.AMOS:
        program.atomic(name, function)
    program.reservation()


GROUPS = {
    "i": base_group,
    "m": lambda p: integer_group(p, "M"),
    "a": atomic_group,
    "c": Program.compressed,
    "f": lambda p: p.fp_group(fp.F32),
    "d": lambda p: p.fp_group(fp.F64),
    "zba": lambda p: integer_group(p, "Zba"),
    "zbb": lambda p: integer_group(p, "Zbb"),
    "zbc": lambda p: integer_group(p, "Zbc"),
    "zbs": lambda p: integer_group(p, "Zbs"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--list", action="store_true", help="names of the groups")
    parser.add_argument("--xlen", type=int, choices=(32, 64), default=64)
    parser.add_argument("--group", choices=sorted(GROUPS))
    args = parser.parse_args()
    if args.list:
        print("\n".join(GROUPS))
        return
    program = Program(args.xlen)
    GROUPS[args.group](program)
    sys.stdout.write(program.text(args.group))


if __name__ == "__main__":
    main()
