#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the public riscv-tests.

    riscv_tests.py suites                          names of all suites, "rv64ui-p"
    riscv_tests.py build GCC SOURCE OUT            compiles what is older than its source
    riscv_tests.py run BACKPLANE BOARD OUT SUITE   runs a suite; a test passes when the guest says so

A test ends by writing its result to `tohost`: the board's htif device makes it the exit status, 0 for passed,
else the number of the failed case.
"""
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
TIME_LIMIT = 120  # seconds for one test; they take milliseconds, sanitizers and busy machines far longer

SKIPPED = 77  # exit status of a suite that the compiler could not build

# suite without rv32/rv64: what the architecture string adds to g, environments
SUITES = {
    "ui": ("", "pv"),
    "um": ("", "pv"),
    "ua": ("", "pv"),
    "uf": ("", "pv"),
    "ud": ("", "pv"),
    "uc": ("", "pv"),
    "uzba": ("_zba", "pv"),
    "uzbb": ("_zbb", "pv"),
    "uzbc": ("_zbc", "pv"),
    "uzbs": ("_zbs", "pv"),
    "uzicond": ("_zicond", "p"),
    "mi": ("", "p"),
    "si": ("", "p"),
    "mzicbo": ("_zicboz", "p"),
}
ABSENT = {"rv32mzicbo"}  # the checkout has no such folder


COMMON = ["-static", "-mcmodel=medany", "-fvisibility=hidden", "-nostdlib", "-nostartfiles"]


def suites():
    """Yields (suite folder, xlen, extension, environment)."""
    for xlen in (64, 32):
        for name, (extension, environments) in SUITES.items():
            folder = f"rv{xlen}{name}"
            if folder not in ABSENT:
                for environment in environments:
                    yield folder, xlen, extension, environment


def listed(makefrag):
    """The tests that a suite's Makefrag lists."""
    try:
        text = makefrag.read_text().replace("\\\n", " ")
    except OSError as error:
        sys.exit(f"{makefrag}: {error.strerror}: is this a complete checkout?")
    names = [name for values in re.findall(r"^\w+_sc_tests\s*\+?=(.*)$", text, re.M)
             for name in values.split()]
    if not names:
        sys.exit(f"{makefrag}: lists no tests: is this a complete checkout?")
    return names


def knows(gcc, xlen, extension):
    """Can this compiler build for the extension?"""
    probe = [gcc, f"-march=rv{xlen}g{extension}", "-mabi=" + abi(xlen), "-x", "c", "-c", os.devnull, "-o", os.devnull]
    return subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0


def abi(xlen):
    return "lp64d" if xlen == 64 else "ilp32"


def command(gcc, source, test, xlen, extension, environment, elf):
    env = source / "env"
    result = [gcc, f"-march=rv{xlen}g{extension}", "-mabi=" + abi(xlen), *COMMON]
    if environment == "v":
        files = [str(env / "v" / "entry.S"), *sorted(str(f) for f in (env / "v").glob("*.c"))]
        # The seed of the environment's random page placement; any will do, the same one each time is best.
        result += ["-DENTROPY=0x5eed5eed", "-std=gnu99", "-O2", "-isystem", str(HERE / "include")]
    else:
        files = []
    return result + [f"-I{env / environment}", f"-I{source / 'isa' / 'macros' / 'scalar'}",
                     f"-T{env / environment / 'link.ld'}", *files, str(test), "-o", str(elf)]


def build(gcc, source, out):
    source, out = pathlib.Path(source).resolve(), pathlib.Path(out)
    jobs = []
    for folder, xlen, extension, environment in suites():
        target = out / f"{folder}-{environment}"
        target.mkdir(parents=True, exist_ok=True)
        if not knows(gcc, xlen, extension):
            (target / "skipped").write_text(f"{gcc} does not know -march=rv{xlen}g{extension}\n")
            continue
        (target / "skipped").unlink(missing_ok=True)
        for name in listed(source / "isa" / folder / "Makefrag"):
            test = source / "isa" / folder / f"{name}.S"
            elf = target / name
            if not elf.exists() or elf.stat().st_mtime < test.stat().st_mtime:
                jobs.append((elf, command(gcc, source, test, xlen, extension, environment, elf)))

    def compile_one(job):
        elf, words = job
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return f"{elf}: {done.stderr[:1000]}" if done.returncode else None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = [error for error in pool.map(compile_one, jobs) if error]
    print(f"{len(jobs)} built, {len(errors)} failed")
    sys.exit("\n".join(errors) if errors else 0)


def run(backplane, board, out, suite):
    folder = pathlib.Path(out) / suite
    skipped = folder / "skipped"
    if skipped.exists():
        print("skipped:", skipped.read_text().strip())
        sys.exit(SKIPPED)
    elfs = sorted(folder.iterdir())
    if not elfs:
        sys.exit(f"{folder}: nothing to run")

    def run_one(elf):
        words = [backplane, "run", board, "--image", f"firmware={elf}"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False,
                                  stdin=subprocess.DEVNULL, timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            return f"FAIL {elf.name}: no result after {TIME_LIMIT} s"
        if done.returncode == 0:
            return None
        return f"FAIL {elf.name}: status {done.returncode}\n{done.stdout}{done.stderr}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [failure for failure in pool.map(run_one, elfs) if failure]
    print("\n".join(failures + [f"{suite}: {len(elfs) - len(failures)} of {len(elfs)} passed"]))
    sys.exit(1 if failures else 0)


def main(arguments):
    match arguments:
        case ["suites"]:
            print("\n".join(f"{folder}-{environment}" for folder, _, _, environment in suites()))
        case ["build", gcc, source, out]:
            build(gcc, source, out)
        case ["run", backplane, board, out, suite]:
            run(backplane, board, out, suite)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
