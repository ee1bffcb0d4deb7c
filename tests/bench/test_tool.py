#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py against emulators that only pretend: its arithmetic, and what it says of emulators that fail or disagree."""
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = 0.02  # seconds that a program takes under the faster emulator

# How the emulators behave: seconds of each program in TICKs, checksum of all, what goes wrong.
MODES = {
    "fast": (1, 7, None), "slow": (3, 7, None), "wrong": (1, 8, None), "dies": (1, 7, "dies"), "fails": (1, 7, "fails"),
    "racing": (1, 7, "racing"), "hurried": (1, 7, "hurried"), "dirty": (1, 7, "dirty"),
}


def say(text):
    print(text, flush=True)


def pretend(mode, arguments):
    """Plays an emulator with its guest."""
    ticks, check, fault = MODES[mode]
    if arguments[0] == "--version":
        say("Pretender version 12.3")
        return 0
    if arguments[0] == "describe":
        say('{"properties": [{"name": "merge", "type": "bool", "default": "true", "doc": "checks once"},'
            ' {"name": "verify", "type": "bool", "default": "false", "doc": "no optimisation"}]}')
        return 0
    if any("merge=false" in a for a in arguments):
        ticks *= 2
    if any("kernels" in a for a in arguments):
        say(f"sieve 1000000 {ticks * 1000} {check}\ncrc 4000000 {ticks * 2000} {check}\nPASS")
        return 0
    say("bench: ready")
    for line in sys.stdin:
        words = line.split()
        if words[0] == "exit":
            return 1 if fault == "dirty" else 0
        if words[:2] == ["suite", "wait"]:
            say("begin")
            time.sleep(int(words[2]) / 1000)
            say(f"result wait {int(words[2]) * 1000000 * (3 if fault == 'racing' else 1)} 0\nbench: status 0")
            continue
        if fault == "dies":
            return 5
        if fault == "fails":
            say("suite: mmap: Cannot allocate memory\nbench: status 1")
            continue
        threads = int(words[3]) if len(words) == 4 else 1
        seconds = TICK * ticks / threads
        time.sleep(seconds)
        say(f"result {words[1]} {int(seconds * 1e9) * (100 if fault == 'hurried' else 1)} {check:016x}\nbench: status 0")
    return 3


def bench(folder, ours, theirs, *options):
    """Runs bench.py; (exit status, what it printed)."""
    qemu = ["--qemu", f"other={folder}/{theirs}"] if theirs else []
    done = subprocess.run([sys.executable, f"{HERE}/bench.py", "--backplane", f"{folder}/{ours}", "--boards", folder, "--guest",
                           folder, "--programs", folder, "--initrd", "none", "--own", "--rounds", "1", *qemu, *options],
                          capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def cells(output, title):
    """What stands in a row of a table; the last of that title counts."""
    row = re.findall(rf"^\| {re.escape(title)} *\|(.*)\|$", output, re.M)
    assert row, f"no row {title!r}:\n{output}"
    return [cell.strip() for cell in row[-1].split("|")]


def expect(got, status, *texts):
    assert got[0] == status, f"exit status {got[0]} instead of {status}:\n{got[1]}"
    for text in texts:
        assert text in got[1], f"{text!r} is missing in:\n{got[1]}"


def test(folder):
    for mode in MODES:
        with open(f"{folder}/{mode}", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec '{sys.executable}' '{os.path.abspath(__file__)}' {mode} \"$@\"\n")
        os.chmod(f"{folder}/{mode}", 0o755)

    # Ratios: in seconds less is better, in MIPS and in scaling more is.
    got = bench(folder, "fast", "slow", "--suite", "fp,bare", "--row", "fft", "--row", "nbody")
    expect(got, 0, "other: Pretender version 12.3", "Ratios above 1")
    assert cells(got[1], "fft")[1:] == ["0.02", "0.06", "3.00x"], got[1]
    assert cells(got[1], "sieve") == ["MIPS", "10000", "3333", "3.00x"], got[1]
    assert cells(got[1], "crc") == ["MIPS", "20000", "6667", "3.00x"], got[1]
    assert cells(got[1], "geometric mean") == ["s", "0.02", "0.06", "3.00x"], got[1]
    assert cells(got[1], "fp: geometric mean")[0] == "3.00x", got[1]
    assert "matrix" not in got[1], "rows that were not asked for"

    got = bench(folder, "slow", "fast", "--suite", "smp", "--row", "apart")
    expect(got, 0)
    assert cells(got[1], "apart, 4 threads")[-1] == "0.33x", got[1]
    assert cells(got[1], "apart, 1 to 4") == ["x", "4", "4", "1.00x"], got[1]
    assert cells(got[1], "smp: geometric mean, 1 to 4")[0] == "1.00x", got[1]

    # A switch that makes everything twice as slow is worth 2; what is off by default is no switch.
    got = bench(folder, "fast", None, "--ablate", "--suite", "os", "--row", "calls", "--row", "files")
    expect(got, 0)
    assert cells(got[1], "merge") == ["2.00x", "checks once"], got[1]
    assert "verify" not in got[1], got[1]

    # Two that disagree are told apart, and the exit status says so.
    expect(bench(folder, "fast", "wrong", "--suite", "os", "--row", "calls"), 1, "WRONG: os calls: checksums differ",
           "backplane 0000000000000007", "other 0000000000000008")
    expect(bench(folder, "fast", "wrong", "--suite", "bare"), 1, "WRONG: bare sieve: checksums differ")

    # What goes wrong is said, with the emulator and the command.
    one = ("--suite", "os", "--row", "calls")
    expect(bench(folder, "fast", "dies", *one), 1, "other ended before its time, status 5")
    expect(bench(folder, "fast", "fails", *one), 1, "other: suite calls 400: suite: mmap: Cannot allocate memory")
    expect(bench(folder, "hurried", "fast", *one), 1, "backplane: suite calls 400", "by the guest's clock, less by the host's")
    expect(bench(folder, "fast", "racing", *one), 1, "other: 3.00 s by the guest's clock are 1.0")
    expect(bench(folder, "fast", "dirty", *one), 1, "other ends with status 1")
    expect(bench(folder, "fast", None, "--suite", "ints"), 2, "there is no suite 'ints'; there are bare, rv32")
    os.symlink("slow", f"{folder}/riscv64")
    expect(bench(folder, "fast", "riscv64", "--suite", "rv32"), 1, f"other: suite rv32 needs {folder}/riscv32")
    expect(bench(folder, "fast", None, "--row", "cals"), 2, "--row cals: there are core")
    expect(bench(folder, "fast", None, "--rounds", "0"), 2, "--rounds: at least 1")


if sys.argv[1:2] and sys.argv[1] in MODES:
    sys.exit(pretend(sys.argv[1], sys.argv[2:]))
with tempfile.TemporaryDirectory() as temporary:
    test(temporary)
