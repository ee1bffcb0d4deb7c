#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py BACKPLANE TALLY.so: a plug-in built with SDK 0.1 in a machine of today's core. A hart adds with the device, waits
for its timer and its line, prints through it, and powers off with what it found."""
import os
import struct
import subprocess
import sys
import tempfile

BOARD = """
backplane: 1
kind: board
plugins:
  rv: {{ use: riscv }}
  rvp: {{ use: riscv-platform }}
  old: {{ use: "{tally}", version: "^0.1" }}
nodes:
  sysclk: {{ type: core/fixed-clock, frequency: 1MHz }}
  hart0: {{ type: rv/rv32imac, hartid: 0, mmu: none, reset-vector: rom+0 }}
  rom: {{ type: core/rom, reg: [0x20000000, 4KiB] }}
  finisher: {{ type: rvp/test-finisher, reg: [0x00100000, 4KiB] }}
  plic: {{ type: rvp/plic, reg: [0x0c000000, 4MiB], harts: hart0, supervisor: false, sources: 31 }}
  tally: {{ type: old/tally, reg: [0x40000000, 4KiB], interrupts: plic 3, clock: sysclk, step: 7, chardev: console }}
boot: {{ firmware: rom+0 }}
"""
DEVICE, FINISHER, PLIC = 0x40000000, 0x00100000, 0x0c000000


class Program:
    """RV32I by hand: enough for loads, stores and comparisons with constants."""

    def __init__(self):
        self.words = []

    def load_constant(self, register, value):
        high = (value + 0x800) >> 12 & 0xfffff
        self.words += [high << 12 | register << 7 | 0x37,  # LUI, ADDI
                       (value & 0xfff) << 20 | register << 15 | register << 7 | 0x13]

    def store(self, address, value):
        self.load_constant(10, address)
        self.load_constant(11, value)
        self.words.append(11 << 20 | 10 << 15 | 2 << 12 | 0x23)  # SW x11, 0(x10)

    def load(self, address):
        self.load_constant(10, address)
        self.words.append(10 << 15 | 2 << 12 | 12 << 7 | 0x03)  # LW x12, 0(x10)

    def expect(self, address, value, code):
        """Fails with `code` when there is another value."""
        self.load(address)
        self.load_constant(11, value)
        self.words.append(self.branch(12, 11, 0, 4 * 7))  # BEQ, behind the failure
        self.store(FINISHER, code << 16 | 0x3333)
        self.words.append(0x0000006f)  # JAL x0, 0

    def wait_for(self, address, value):
        start = len(self.words)
        self.load(address)
        self.load_constant(11, value)
        self.words.append(self.branch(12, 11, 1, 4 * (start - len(self.words))))  # BNE

    @staticmethod
    def branch(a, b, funct3, offset):
        bits = offset & 0x1fff
        return (bits >> 12 << 31 | (bits >> 5 & 0x3f) << 25 | b << 20 | a << 15 | funct3 << 12 | (bits >> 1 & 0xf) << 8 |
                (bits >> 11 & 1) << 7 | 0x63)


def program():
    p = Program()
    p.store(DEVICE + 0, 5)
    p.store(DEVICE + 0, 1)
    p.expect(DEVICE + 4, 42, 1)  # SUM: (5 + 1) times step
    p.expect(DEVICE + 12, 0, 2)  # DONE
    p.expect(PLIC + 0x1000, 0, 3)  # pending
    p.store(DEVICE + 8, 1000)  # DELAY: 1 ms
    p.wait_for(DEVICE + 12, 1)
    p.expect(PLIC + 0x1000, 8, 4)  # source 3 is pending
    p.store(DEVICE + 12, 1)
    p.expect(DEVICE + 12, 0, 5)
    for byte in b"0.1\n":
        p.store(DEVICE + 16, byte)
    p.expect(DEVICE + 20, 4, 6)  # SAID
    p.store(FINISHER, 0x5555)
    p.words.append(0x0000006f)
    return struct.pack(f"<{len(p.words)}I", *p.words)


def main():
    backplane, tally = sys.argv[1], os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        board, image, output = (os.path.join(folder, name) for name in ("board.yaml", "image.bin", "output"))
        with open(board, "w", encoding="utf-8") as file:
            file.write(BOARD.format(tally=tally))
        with open(image, "wb") as file:
            file.write(program())
        result = subprocess.run([backplane, "run", board, "--image", f"firmware={image}", "--backend",
                                 f"console=file,path={output}"], timeout=60, stdin=subprocess.DEVNULL)
        with open(output, "rb") as file:
            said = file.read()
    if result.returncode or said != b"0.1\n":
        print(f"exit status {result.returncode}, output {said}: a plug-in of SDK 0.1 does not behave as it did")
        return 1
    print("frozen: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
