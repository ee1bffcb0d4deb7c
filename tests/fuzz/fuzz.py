#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs random programs (riscv.py) on two accelerators in lockstep.

    fuzz.py [--first N] [--count N] [--seconds S] [--keep DIR] [--set NAME=VALUE] BACKPLANE BOARD XLEN [ONE,OTHER[,KEY=VALUE]...]

A program on which they differ is left in DIR with the report, and the status is 1. For a long run:

    tests/fuzz/fuzz.py --first 1000000 --seconds 3600 --keep /tmp/fuzz build/bin/backplane \\
        configs/boards/virt-riscv64.yaml 64
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

import riscv

PATIENCE = float(os.environ.get("BACKPLANE_TEST_PATIENCE", "1"))  # how much slower than the plain build

UNTIL = "5ms"  # of guest time: programs end long before, unless they got lost


def run(options, image):
    command = [options.backplane, "run", options.board, "--accel", f"lockstep:{options.accels}", "--time",
               f"deterministic,until={UNTIL},quantum=5000", "--log", "error", "--image", f"firmware={image}",
               *(["--set", options.set] if options.set else [])]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=options.timeout, check=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1 << 62)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--timeout", type=float, default=300 * PATIENCE)
    parser.add_argument("--keep")
    parser.add_argument("--set", help="a parameter of the board, such as memory=16MiB: memory is compared as well")
    parser.add_argument("backplane")
    parser.add_argument("board")
    parser.add_argument("xlen", type=int, choices=(32, 64))
    parser.add_argument("accels", nargs="?", default="interp,tcg,hot=2")
    options = parser.parse_args()
    end, bad, ended, count = time.monotonic() + options.seconds, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.count):
            if time.monotonic() > end:
                break
            image = f"{folder}/program.bin"
            with open(image, "wb") as file:
                file.write(riscv.program(seed, options.xlen))
            result = run(options, image)
            count += 1
            ended += result.returncode == 0
            if result.returncode == 0 and not result.stderr:
                continue
            bad += 1
            print(f"seed {seed}, RV{options.xlen}, {options.accels}: status {result.returncode}\n{result.stderr}", flush=True)
            if options.keep:
                os.makedirs(options.keep, exist_ok=True)
                name = f"{options.keep}/{options.xlen}-{seed}"
                os.rename(image, f"{name}.bin")
                with open(f"{name}.txt", "w", encoding="ascii", errors="replace") as file:
                    file.write(result.stderr)
    print(f"{count} programs, {bad} of them differ or fail")
    if not count:
        print("no time for a single program")
    sys.exit(bad != 0 or not count)


main()
