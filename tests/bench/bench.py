#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backplane beside QEMU: the same guests, runs interleaved, medians and ratios as a table. Started by tools/bench.

What the numbers are:
  MIPS             instructions that minstret counted under Backplane, over the guest's own mtime, for the same binary
  boot to shell    execve of the emulator to the first line of the initramfs' script
  first insn       execve to the first byte that a bare ELF writes to its UART
  memory           Rss of the process less Rss of the mapping that holds the guest's RAM (/proc/PID/smaps), at the shell;
                   for the bare ELF, its peak Rss (ru_maxrss), of which guest RAM is a few pages
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


class Emulator:
    def __init__(self, name, options):
        self.name, self.options = name, options


class Backplane(Emulator):
    def bare(self, elf):
        return self.base(512) + ["--image", f"firmware={elf}"]

    def base(self, memory):
        command = [self.options.backplane, "run", self.options.board, "--backend", "console=stdio", "--set", f"memory={memory}MiB"]
        return command + (["--accel", self.options.accel] if self.options.accel else [])

    def linux(self, memory, initrd):
        guest = self.options.guest
        return self.base(memory) + ["--image", f"firmware={guest}/fw_dynamic.bin", "--image", f"kernel={guest}/Image",
                                    "--image", f"initrd={initrd}", "--cmdline", "console=ttyS0"]


class Qemu(Emulator):
    def base(self, memory):
        return [self.options.qemu, "-M", "virt", "-nographic", "-monitor", "none", "-serial", "stdio", "-m", str(memory)]

    def bare(self, elf):
        return self.base(512) + ["-bios", "none", "-kernel", elf]

    def linux(self, memory, initrd):
        guest = self.options.guest
        return self.base(memory) + ["-bios", f"{guest}/fw_dynamic.bin", "-kernel", f"{guest}/Image", "-initrd", initrd,
                                    "-append", "console=ttyS0"]


def run(command, until=None, timeout=600):
    """Seconds to the byte string `until` (or the first output), all output, peak Rss; `look` sees the process then."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, seconds, smaps = b"", None, None
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
                smaps = read_smaps(process.pid)
        if not data:
            break
    errors = process.stderr.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or seconds is None:
        raise SystemExit(f"exit status {process.returncode}: {' '.join(command)}\n{output.decode('utf-8', 'replace')[-2000:]}\n{errors}")
    return seconds, output, usage.ru_maxrss * 1024, smaps


def read_smaps(pid):
    """(Rss of all mappings, Rss of the largest one)."""
    total, largest, largest_size, size = 0, 0, 0, 0
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("Size:"):
                size = int(line.split()[1])
            elif line.startswith("Rss:"):
                rss = int(line.split()[1]) * 1024
                total += rss
                if size > largest_size:
                    largest_size, largest = size, rss
    return total, largest


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
    names = [e.name for e in emulators]
    print(f"| {'':<28} | unit | " + " | ".join(f"{n:>10}" for n in names) + (" |    ratio |" if len(names) > 1 else " |"))
    print(f"|{'-' * 30}|------|" + "|".join("-" * 12 for _ in names) + ("|----------|" if len(names) > 1 else "|"))
    for title, unit, values, larger_is_better in rows:
        line = f"| {title:<28} | {unit:<4} | " + " | ".join(f"{values[n]:>10.4g}" for n in names)
        if len(names) > 1:
            first, second = values[names[0]], values[names[1]]
            ratio = first / second if larger_is_better else second / first
            line += f" | {ratio:>7.2f}x"
        print(line + " |")
    if len(names) > 1:
        print(f"\nRatios above 1 are in favour of {names[0]}.")


def main():
    parser = argparse.ArgumentParser(description="Backplane beside QEMU on the same guests.")
    parser.add_argument("--backplane", required=True)
    parser.add_argument("--board", required=True)
    parser.add_argument("--guest", required=True, help="folder of tools/guest")
    parser.add_argument("--programs", required=True, help="folder with kernels.elf and first.elf")
    parser.add_argument("--initrd", required=True, help="initramfs with a script that ends at once")
    parser.add_argument("--accel", help="accelerator of Backplane")
    parser.add_argument("--qemu", help="qemu-system-riscv64; none: Backplane alone")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--no-boot", action="store_true", help="bare programs only")
    parser.add_argument("--json", help="raw results go there as well")
    options = parser.parse_args()

    backplane = Backplane("backplane", options)
    emulators = [backplane] + ([Qemu("qemu", options)] if options.qemu else [])
    rows, raw = [], {}

    sys.stderr.write("start ")
    starts = interleaved(emulators, 5 if options.quick else 25, lambda e: run(e.bare(f"{options.programs}/first.elf")))
    raw["first"] = {n: [r[0] for r in v] for n, v in starts.items()}
    first = {n: statistics.median(r[0] for r in v) * 1000 for n, v in starts.items()}
    bare_rss = {n: statistics.median(r[2] for r in v) / MIB for n, v in starts.items()}

    sys.stderr.write("kernels ")
    runs = interleaved(emulators, 1 if options.quick else 5, lambda e: parse_kernels(run(e.bare(f"{options.programs}/kernels.elf"))[1]))
    raw["kernels"] = runs
    counts = runs["backplane"][0]
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

    if not options.no_boot:
        sys.stderr.write("boot ")
        boots = interleaved(emulators, 1 if options.quick else 3, lambda e: run(e.linux(512, options.initrd), b"guest: script begins"))
        raw["boot"] = {n: [r[0] for r in v] for n, v in boots.items()}
        rows.append(("boot to shell", "s", {n: statistics.median(r[0] for r in v) for n, v in boots.items()}, False))
        rows.append(("memory over RAM, at the shell", "MiB",
                     {n: statistics.median(r[3][0] - r[3][1] for r in v) / MIB for n, v in boots.items()}, False))
    rows.append(("execve to first insn", "ms", first, False))
    rows.append(("peak memory, bare ELF", "MiB", bare_rss, False))

    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "?")
    print(f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}; medians of "
          f"{len(raw['kernels']['backplane'])} (kernels), {len(raw['first']['backplane'])} (start) interleaved runs.\n")
    table(rows, emulators)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(raw, file, indent=1)


main()
