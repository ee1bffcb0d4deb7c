#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lockstep finds mistakes, names their place, and finds none where there is none.

    lockstep.py BACKPLANE BOARD PLUGIN_DIR

PLUGIN_DIR holds the accelerator `flawed` (flawed.c).
"""
import os
import re
import subprocess
import sys
import tempfile

import riscv
from riscv import addi, b_type, jal, lui, s_type

PATIENCE = float(os.environ.get("BACKPLANE_TEST_PATIENCE", "1"))  # how much slower than the plain build

FINISH = [lui(5, riscv.FINISHER >> 12), *riscv.li(6, 0x5555), s_type(riscv.STORE, 2, 5, 6, 0), jal(0, 0)]


def check(condition, message, report=""):
    if not condition:
        sys.exit(f"FAILED: {message}\n{report}")


def run(words, *more, accels="interp,flawed"):
    backplane, board, plugins = sys.argv[1:4]
    with tempfile.NamedTemporaryFile() as image:
        image.write(riscv.encode(words))
        image.flush()
        return subprocess.run([backplane, "run", board, "--plugin-path", plugins, "--accel", f"lockstep:{accels}",
                               "--image", f"firmware={image.name}", "--set", "memory=16MiB", *more],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120 * PATIENCE, check=False)


def loop(body, times):
    """Counts x31 down to zero around the body."""
    return [*riscv.li(31, times), *body, addi(31, 31, -1), b_type(1, 31, 0, -(riscv.length(body) + 4))]


def instruction(report):
    found = re.search(r"interp and flawed differ behind instruction (\d+),", report)
    check(found, "no instruction is named", report)
    return int(found[1])


plain = run([*loop([addi(10, 10, 1)], 100000), *riscv.li(28, 7), addi(11, 28, 0x5A4), *FINISH])
check(plain.returncode == 0 and not plain.stderr, "nothing is wrong, and something was found", plain.stderr)

late = run([*loop([addi(10, 10, 1)], 100000), addi(28, 0, 1), *loop([addi(12, 12, 1), addi(11, 11, 0x5A5), addi(13, 13, 1)], 50),
            *FINISH])
report = late.stderr
check(late.returncode == 1, f"status {late.returncode} instead of 1", report)
at = instruction(report)
listed = re.findall(r"^  hart0 ([0-9a-f]{16})  (.*)$", report, re.MULTILINE)
# Two for the constant, two for each round of the first loop and its body: then comes a block with the first round.
first = 2 + 3 * 100000
check(first + 5 <= at <= first + 64, f"instruction {at}, and the block begins behind {first}", report)
check(any("0x5a5" in text or "1445" in text for _, text in listed), "the listing does not show the addition", report)
check(re.search(r"hart0\.a1: interp 0x[0-9a-f]+, flawed 0x[0-9a-f]+$", report, re.MULTILINE), "a1 is not named", report)
check("hart0.a2" not in report and "hart0.a3" not in report, "registers that are the same are named", report)

# A store that goes astray shows nowhere but in memory.
memory = run([*riscv.li(8, riscv.DATA - (1 << 32)), riscv.i_type(0x13, 1, 8, 8, 32), riscv.i_type(0x13, 5, 8, 8, 32), addi(7, 0, 77),
              *loop([addi(10, 10, 1)], 20000), addi(10, 10, 1), s_type(riscv.STORE, 3, 8, 7, 0x7A8), addi(10, 10, 1),
              *loop([addi(10, 10, 1)], 20000), *FINISH])
report = memory.stderr
check(memory.returncode == 1, f"status {memory.returncode} instead of 1", report)
at = instruction(report)
store = 5 + 2 + 3 * 20000 + 2
check(store <= at <= store + 64, f"instruction {at}, and the store is number {store}", report)
check(re.search(r"ram 0x801007a8: interp 0x4d, flawed 0$", report, re.MULTILINE), "memory is not named", report)
check(re.search(r"ram 0x801007b0: interp 0, flawed 0x4d$", report, re.MULTILINE), "memory is not named", report)

# What the guest prints is seen once, and deterministic time is a matter of course.
hello = [lui(5, 0x10000), addi(6, 0, 3), s_type(riscv.STORE, 0, 5, 6, 3), addi(6, 0, ord("A")), s_type(riscv.STORE, 0, 5, 6, 0), *FINISH]
once = run(hello, "--backend", "console=stdio", "--time", "realtime", "--trace-hash", accels="interp,interp,cache=1MiB")
check(once.stdout == "A" and once.returncode == 0, "the console says something else", once.stdout + once.stderr)
check(re.match(r"trace [0-9a-f]{16}, ", once.stderr), "no trace hash", once.stderr)
