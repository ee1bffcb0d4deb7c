#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backplane beside QEMU: the same guests, runs interleaved, medians and ratios as a table. Started by tools/bench.

What the numbers are:
  MIPS             instructions that minstret counted under Backplane, over the guest's own mtime, for the same binary
  CPU time         of the emulator for all kernels, start included: what other programs on the host disturb least
  boot to shell    execve of the emulator to the first line of the initramfs' script
  first insn       execve to the first byte that a bare ELF writes to its UART
  peak memory      the most the process ever had in memory (VmHWM), less what the mapping with the guest's RAM has
                   (/proc/PID/smaps), at the shell; for the bare ELF all of it, of which guest RAM is a few pages.
                   Code caches are in it on both sides.
"""
import argparse
import json
import os
import platform
import re
import select
import statistics
import subprocess
import sys
import time

MIB = 1 << 20
MEMORY = 512  # MiB of guest RAM


class Emulator:
    def __init__(self, name, options):
        self.name, self.options = name, options


class Backplane(Emulator):
    def __init__(self, name, options, accel):
        super().__init__(name, options)
        self.accel = accel

    def bare(self, elf):
        return self.base() + ["--image", f"firmware={elf}"]

    def base(self):
        command = [self.options.backplane, "run", self.options.board, "--backend", "console=stdio", "--set", f"memory={MEMORY}MiB"]
        return command + (["--accel", self.accel] if self.accel else [])

    def linux(self, initrd):
        guest = self.options.guest
        return self.base() + ["--image", f"firmware={guest}/fw_dynamic.bin", "--image", f"kernel={guest}/Image",
                              "--image", f"initrd={initrd}", "--cmdline", "console=ttyS0"]


class Qemu(Emulator):
    def __init__(self, name, options, path):
        super().__init__(name, options)
        self.path = path

    def base(self):
        return [self.path, "-M", "virt", "-nographic", "-monitor", "none", "-serial", "stdio", "-m", str(MEMORY)]

    def bare(self, elf):
        return self.base() + ["-bios", "none", "-kernel", elf]

    def linux(self, initrd):
        guest = self.options.guest
        return self.base() + ["-bios", f"{guest}/fw_dynamic.bin", "-kernel", f"{guest}/Image", "-initrd", initrd,
                              "-append", "console=ttyS0"]


def emulators_of(options):
    """Backplane with each accelerator, then each QEMU; what all others are compared with comes first."""
    out = [Backplane(a or "backplane", options, a) for a in options.accel or [None]]
    for text in options.qemu or []:
        name, equals, path = text.rpartition("=")
        out.append(Qemu(name if equals else "qemu", options, path))
    names = [e.name for e in out]
    if len(set(names)) != len(names):
        raise SystemExit(f"two columns have one name, of {', '.join(names)}: write --qemu NAME=PATH")
    return out


def run(command, until=None, timeout=600):
    """(seconds to the byte string `until` or the first output, all output, peak Rss, peak Rss over guest RAM if `until`,
    seconds of CPU time)"""
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, seconds, over = b"", None, None
    while True:
        ready, _, _ = select.select([process.stdout], [], [], max(0, started + timeout - time.monotonic()))
        if not ready:
            process.kill()
            raise SystemExit(f"no end after {timeout} s: {' '.join(command)}")
        data = os.read(process.stdout.fileno(), 65536)
        output += data
        if seconds is None and (until in output if until else output):
            seconds = time.monotonic() - started
            if until:
                over = memory_over_ram(process.pid)
        if not data:
            break
    errors = process.stderr.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or seconds is None:
        raise SystemExit(f"exit status {process.returncode}: {' '.join(command)}\n{output.decode('utf-8', 'replace')[-2000:]}\n{errors}")
    return seconds, output, usage.ru_maxrss * 1024, over, usage.ru_utime + usage.ru_stime


def memory_over_ram(pid):
    """Bytes. Guest RAM is the mapping whose size comes nearest to its own: code caches may be larger."""
    def value(line):
        return int(line.split()[1]) * 1024

    mappings, size = [], 0
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("Size:"):
                size = value(line)
            elif line.startswith("Rss:"):
                mappings.append((abs(size - MEMORY * MIB), value(line)))
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        peak = next((value(line) for line in file if line.startswith("VmHWM:")), None)
    if peak is None or not mappings:
        raise SystemExit("the emulator ended before its memory was looked at: the host is too busy; start this again")
    return peak - min(mappings)[1]


def interleaved(emulators, rounds, measure):
    """{emulator name: [result of each round]}, taking turns."""
    results = {e.name: [] for e in emulators}
    for i in range(rounds):
        for e in emulators if i % 2 == 0 else emulators[::-1]:
            results[e.name].append(measure(e))
            sys.stderr.write(".")
            sys.stderr.flush()
    sys.stderr.write("\n")
    return results


def parse_kernels(output):
    return {name: (int(insns), int(ticks), int(check)) for name, insns, ticks, check in
            re.findall(r"^(\w+) (\d+) (\d+) (\d+)\r?$", output.decode("ascii", "replace"), re.M)}


def table(rows, emulators):
    """Values of all, then how the first one compares with each other one."""
    names = [e.name for e in emulators]
    heads = [f"{n:>10}" for n in names] + [f"{'vs ' + n:>10}" for n in names[1:]]
    print(f"| {'':<30} | unit | " + " | ".join(heads) + " |")
    print(f"|{'-' * 32}|------|" + "|".join("-" * (len(h) + 1) + ":" for h in heads) + "|")
    for title, unit, values, larger_is_better in rows:
        cells = [f"{values[n]:.4g}" for n in names]
        for other in names[1:]:
            ratio = values[names[0]] / values[other]
            cells.append(f"{ratio if larger_is_better else 1 / ratio:.2f}x")
        print(f"| {title:<30} | {unit:<4} | " + " | ".join(f"{c:>{len(h)}}" for c, h in zip(cells, heads)) + " |")
    if len(names) > 1:
        print(f"\nRatios above 1 are in favour of {names[0]}.")


def main():
    parser = argparse.ArgumentParser(description="Backplane beside QEMU on the same guests.")
    parser.add_argument("--backplane", required=True)
    parser.add_argument("--board", required=True)
    parser.add_argument("--guest", required=True, help="folder of tools/guest")
    parser.add_argument("--programs", required=True, help="folder with kernels.elf and first.elf")
    parser.add_argument("--initrd", required=True, help="initramfs with a script that waits a little")
    parser.add_argument("--accel", action="append", help="accelerator of Backplane; repeatable")
    parser.add_argument("--qemu", action="append", metavar="[NAME=]PATH", help="a qemu-system-riscv64; repeatable")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--no-boot", action="store_true", help="bare programs only")
    parser.add_argument("--json", help="raw results go there as well")
    options = parser.parse_args()

    emulators = emulators_of(options)
    first_name = emulators[0].name
    rounds = {"start": 5, "kernels": 3, "boot": 1} if options.quick else {"start": 25, "kernels": 5, "boot": 3}
    rows, raw = [], {}

    def medians(results, value):
        return {n: statistics.median(value(r) for r in v) for n, v in results.items()}

    sys.stderr.write("start ")
    starts = interleaved(emulators, rounds["start"], lambda e: run(e.bare(f"{options.programs}/first.elf")))
    raw["start"] = {n: [r[0] for r in v] for n, v in starts.items()}

    sys.stderr.write("kernels ")
    runs = interleaved(emulators, rounds["kernels"], lambda e: run(e.bare(f"{options.programs}/kernels.elf")))
    cpu = medians(runs, lambda r: r[4])
    runs = {n: [parse_kernels(r[1]) for r in v] for n, v in runs.items()}
    raw["kernels"] = runs
    counts = runs[first_name][0]
    mips = {e.name: [] for e in emulators}
    for kernel, (insns, _, check) in counts.items():
        values = {}
        for name, results in runs.items():
            if any(r[kernel][2] != check for r in results):
                raise SystemExit(f"{kernel}: {name} computes another checksum")
            values[name] = insns / (statistics.median(r[kernel][1] for r in results) / 10)
            mips[name].append(values[name])
        rows.append((kernel, "MIPS", values, True))
    rows.append(("geometric mean", "MIPS", {n: statistics.geometric_mean(v) for n, v in mips.items()}, True))
    rows.append(("CPU time of all kernels", "s", cpu, False))

    if not options.no_boot:
        sys.stderr.write("boot ")
        boots = interleaved(emulators, rounds["boot"], lambda e: run(e.linux(options.initrd), b"guest: script begins"))
        raw["boot"] = {n: [(r[0], r[3]) for r in v] for n, v in boots.items()}
        rows.append(("boot to shell", "s", medians(boots, lambda r: r[0]), False))
        rows.append(("peak memory over RAM, at shell", "MiB", medians(boots, lambda r: r[3] / MIB), False))
    rows.append(("execve to first instruction", "ms", medians(starts, lambda r: r[0] * 1000), False))
    rows.append(("peak memory, bare ELF", "MiB", medians(starts, lambda r: r[2] / MIB), False))

    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "?")
    if options.no_boot:
        del rounds["boot"]
    print(f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}; medians of interleaved runs ("
          + ", ".join(f"{name}: {count}" for name, count in rounds.items()) + ").\n")
    table(rows, emulators)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(raw, file, indent=1)


main()
