#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What random programs found, each as the few instructions it takes: found.py BACKPLANE BOARD ACCELS"""
import os
import subprocess
import sys
import tempfile

import riscv
from riscv import addi, b_type, lui, r_type, s_type

PATIENCE = float(os.environ.get("BACKPLANE_TEST_PATIENCE", "1"))  # how much slower than the plain build

FINISH = [lui(5, riscv.FINISHER >> 12), *riscv.li(6, 0x5555), s_type(riscv.STORE, 2, 5, 6, 0), riscv.jal(0, 0)]
FLOAT_ON = [*riscv.li(5, 0x6000), riscv.csr(2, 0, 5, 0x300)]


def fmv_d(rd, rs):
    return r_type(riscv.OP_FP, 0, 0x79, rd, rs, 0)


# A source that is no boxed F32 reads as a NaN each time, not only where the block looks at it first.
UNBOXED_TWICE = [
    *FLOAT_ON, addi(10, 0, 1), fmv_d(3, 10), *riscv.li(11, 0x3F800000), r_type(riscv.OP_FP, 0, 0x78, 4, 11, 0), addi(31, 0, 100),
    r_type(riscv.OP_FP, 0, 0x04, 5, 4, 3),   # fsub.s f5, f4, f3
    r_type(riscv.OP_FP, 0, 0x21, 6, 3, 0),   # fcvt.d.s f6, f3
    r_type(riscv.OP_FP, 0, 0x08, 7, 3, 4),   # fmul.s f7, f3, f4
    r_type(riscv.OP_FP, 2, 0x50, 12, 3, 3),  # feq.s a2, f3, f3
    r_type(0x43, 0, 4 << 2, 8, 4, 3),        # fmadd.s f8, f4, f3, f4
    addi(31, 31, -1), b_type(1, 31, 0, -24), *FINISH]

PROGRAMS = {"unboxed_twice": UNBOXED_TWICE}


def main():
    backplane, board, accels = sys.argv[1:]
    bad = 0
    for name, words in PROGRAMS.items():
        with tempfile.NamedTemporaryFile() as image:
            image.write(riscv.encode(words))
            image.flush()
            result = subprocess.run([backplane, "run", board, "--accel", f"lockstep:{accels}", "--image", f"firmware={image.name}",
                                     "--set", "memory=16MiB"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * PATIENCE,
                                    check=False)
        if result.returncode or result.stderr:
            bad += 1
            print(f"{name}: status {result.returncode}\n{result.stderr}")
    sys.exit(bad != 0)


main()
