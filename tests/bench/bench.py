#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backplane beside QEMU: the same guests, runs interleaved, medians and ratios as tables. Started by tools/bench.

What the numbers are:
  s                by the guest's own clock, for one program in the guest's Linux; with --cpu, CPU time of the emulator
                   meanwhile, all its threads together
  MIPS             instructions that minstret counted under Backplane, over the guest's own mtime, for the same binary
  boot to shell    execve of the emulator to the first line of the initramfs' script
  first insn       execve to the first byte that a bare ELF writes to its UART
  peak memory      the most the process ever had in memory (VmHWM), less what the mapping with the guest's RAM has
                   (/proc/PID/smaps); for the bare ELF all of it, of which guest RAM is a few pages. Code caches are in
                   it on both sides.
"""
import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass

from emulators import Backplane, emulators_of
from guests import Failure, Session, run

MIB = 1 << 20
THREADS = (1, 2, 4)
SUITES = {
    "bare": "integer loops on the bare machine, rv64",
    "rv32": "integer loops on the bare machine, rv32",
    "int": "integer programs in Linux user space",
    "fp": "scalar floating point",
    "mem": "memory heavy",
    "os": "work of the operating system",
    "smp": f"{THREADS[-1]} harts",
    "boot": "start",
}
LINUX = ("int", "fp", "mem", "os")  # one guest with one hart for all of these


@dataclass
class Line:
    """Of a table: the value under each emulator, by its name."""
    title: str
    unit: str
    values: dict
    larger_is_better: bool = False
    mean: bool = False  # of the lines before


@dataclass
class Row:
    """Of rows.txt."""
    suite: str
    name: str
    command: str
    about: str
    source: str

    def shell(self, work, threads=1):
        command = re.sub(r"@(\d+)", lambda m: str(max(1, round(int(m[1]) * work))), self.command)
        return re.sub(r" %$", f" {threads}", command)


def read_rows(path):
    rows = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split(" | ")]
            if len(fields) != 5 or fields[0] not in SUITES:
                raise SystemExit(f"{path}:{number}: not 'suite | name | command | what | source' with a suite of {', '.join(SUITES)}")
            rows.append(Row(*fields))
    return rows


class Bench:
    def __init__(self, options, emulators):
        self.options, self.emulators = options, emulators
        self.first = emulators[0].name
        self.wrong, self.raw = [], {"linux": {}}

    def interleaved(self, rounds, measure):
        """{emulator name: [result of each round]}, taking turns."""
        results = {e.name: [] for e in self.emulators}
        for i in range(rounds):
            for e in self.emulators if i % 2 == 0 else self.emulators[::-1]:
                results[e.name].append(measure(e))
                sys.stderr.write(".")
                sys.stderr.flush()
        return results

    def note(self, text):
        sys.stderr.write(text)
        sys.stderr.flush()

    def checksums(self, what, values):
        """`values`: {emulator name: checksums}; all ought to be one."""
        if len({v for several in values.values() for v in several}) > 1:
            self.wrong.append(f"{what}: checksums differ: " + ", ".join(f"{n} {' '.join(sorted(set(map(str, v))))}" for n, v in values.items()))

    def bare(self, suite):
        """The kernels, each of which says name, instructions, ticks, checksum."""
        def measure(emulator):
            if suite == "bare":
                return run(emulator.bare(f"{self.options.programs}/kernels.elf"))
            return run(emulator.bare32(f"{self.options.programs}/kernels32.elf"))

        runs = self.interleaved(self.options.rounds, measure)
        cpu = medians(runs, lambda r: r[4])
        parsed = {n: [parse_kernels(r[1]) for r in v] for n, v in runs.items()}
        self.raw[suite] = parsed
        lines = []
        for kernel, (insns, _, _) in parsed[self.first][0].items():
            self.checksums(f"{suite} {kernel}", {n: [r[kernel][2] for r in v] for n, v in parsed.items()})
            values = {n: insns / (statistics.median(r[kernel][1] for r in v) / 10) for n, v in parsed.items()}
            lines.append(Line(kernel, "MIPS", values, True))
        return [*lines, mean(lines), Line("CPU time of all kernels", "s", cpu)]

    def boot(self, _):
        options, lines = self.options, []
        boots = self.interleaved(options.rounds, lambda e: run(e.linux(options.boot_initrd), b"guest: script begins"))
        starts = self.interleaved(options.rounds * 5, lambda e: run(e.bare(f"{options.programs}/first.elf")))
        self.raw["boot"] = {n: [(r[0], r[3], r[4]) for r in v] for n, v in boots.items()}
        self.raw["start"] = {n: [r[0] for r in v] for n, v in starts.items()}
        lines.append(Line("boot to shell", "s", medians(boots, lambda r: r[0])))
        lines.append(Line("CPU time of boot and power-off", "s", medians(boots, lambda r: r[4])))
        lines.append(Line("peak memory over RAM, at shell", "MiB", medians(boots, lambda r: r[3] / MIB)))
        lines.append(Line("execve to first instruction", "ms", medians(starts, lambda r: r[0] * 1000)))
        lines.append(Line("peak memory, bare ELF", "MiB", medians(starts, lambda r: r[2] / MIB)))
        return lines

    def linux(self, rows, harts):
        """{suite: lines} of programs in Linux: all emulators have their guest up at once, and take turns."""
        tables, sessions = {}, {}
        try:
            for e in self.emulators:
                self.note(f" {e.name} boots")
                sessions[e.name] = Session(e, self.options.initrd, harts)
                sessions[e.name].ready()
                sessions[e.name].check_clock()
            for row in rows:
                self.note(f" {row.name}")
                if row.suite == "smp":
                    tables.setdefault(row.suite, []).extend(self.threaded(row, sessions))
                else:
                    tables.setdefault(row.suite, []).append(Line(row.name, "s", self.program(row, sessions)))
            for suite, lines in tables.items():
                self.add_means(suite, lines)
            memory = {n: s.memory_over_ram() / MIB for n, s in sessions.items()}
            tables[rows[-1].suite].append(Line("peak memory over RAM, so far", "MiB", memory))
            for session in sessions.values():
                session.end()
        finally:
            for session in sessions.values():
                session.close()
        return tables

    def program(self, row, sessions, threads=1, cpu=None):
        command = row.shell(self.options.work, threads)
        results = self.interleaved(self.options.rounds, lambda e: sessions[e.name].measure(command))
        self.raw["linux"][f"{row.suite} {row.name} {threads}"] = results
        self.checksums(f"{row.suite} {row.name}", {n: [r[2] for r in v] for n, v in results.items()})
        which = 1 if (self.options.cpu if cpu is None else cpu) else 0
        return medians(results, lambda r: r[which])

    def threaded(self, row, sessions):
        """Seconds with the most threads, then how much faster that is than one."""
        times = {count: self.program(row, sessions, count, cpu=False) for count in THREADS}
        lines = [Line(f"{row.name}, {count} thread{'s' * (count > 1)}", "s", values) for count, values in times.items()]
        for count in THREADS[1:]:
            scaling = {n: times[1][n] / times[count][n] for n in times[count]}
            lines.append(Line(f"{row.name}, 1 to {count}", "x", scaling, True))
        return lines

    def add_means(self, suite, lines):
        if suite == "smp":
            most = [l for l in lines if l.title.endswith(f", {THREADS[-1]} threads")]
            scaling = [l for l in lines if l.title.endswith(f"1 to {THREADS[-1]}")]
            lines += [mean(most, f"geometric mean, {THREADS[-1]} threads"), mean(scaling, f"geometric mean, 1 to {THREADS[-1]}")]
        elif len(lines) > 1:
            lines.append(mean(lines))

    def tables(self):
        """{suite: lines}, in the order of SUITES."""
        rows = [r for r in self.options.rows if not self.options.row or r.name in self.options.row]
        out = {}
        for suite, measure in (("bare", self.bare), ("rv32", self.bare), ("boot", self.boot)):
            if suite in self.options.suite:
                self.note(f"{suite} ")
                out[suite] = measure(suite)
                self.note("\n")
        for suites, harts in ((LINUX, 1), (("smp",), THREADS[-1])):
            chosen = [r for r in rows if r.suite in suites and r.suite in self.options.suite]
            if chosen:
                self.note(f"Linux, {harts} hart{'s' * (harts > 1)}:")
                out.update(self.linux(chosen, harts))
                self.note("\n")
        return {suite: out[suite] for suite in SUITES if suite in out}


def medians(results, value):
    return {n: statistics.median(value(r) for r in v) for n, v in results.items()}


def mean(lines, title="geometric mean"):
    values = {n: statistics.geometric_mean(l.values[n] for l in lines) for n in lines[0].values}
    return Line(title, lines[0].unit, values, lines[0].larger_is_better, True)


def parse_kernels(output):
    return {name: (int(insns), int(ticks), int(check)) for name, insns, ticks, check in
            re.findall(r"^(\w+) (\d+) (\d+) (\d+)\r?$", output.decode("ascii", "replace"), re.M)}


def ratio(line, first, other):
    quotient = line.values[first] / line.values[other]
    return quotient if line.larger_is_better else 1 / quotient


def print_table(lines, names):
    """Values of all, then how the first one compares with each other one."""
    heads = [f"{n:>10}" for n in names] + [f"{'vs ' + n:>10}" for n in names[1:]]
    print(f"| {'':<32} | unit | " + " | ".join(heads) + " |")
    print(f"|{'-' * 34}|------|" + "|".join("-" * (len(h) + 1) + ":" for h in heads) + "|")
    for line in lines:
        cells = [f"{v:.4g}" if v < 9999 else f"{v:.0f}" for v in (line.values[n] for n in names)] + [f"{ratio(line, names[0], n):.2f}x" for n in names[1:]]
        print(f"| {line.title:<32} | {line.unit:<4} | " + " | ".join(f"{c:>{len(h)}}" for c, h in zip(cells, heads)) + " |")


def print_host(bench):
    options = bench.options
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    print(f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}. Medians of {options.rounds} interleaved runs, work x {options.work:g}"
          + (", CPU time of the emulator." if options.cpu else "."))
    for e in bench.emulators:
        print(f"{e.name}: {e.version()}.")


def print_comparison(bench, tables):
    names = [e.name for e in bench.emulators]
    print_host(bench)
    for suite, lines in tables.items():
        print(f"\n### {suite}: {SUITES[suite]}\n")
        print_table(lines, names)
    means = [(suite, l) for suite, lines in tables.items() for l in lines if l.mean]
    if len(names) > 1:
        if means:
            print(f"\n### All\n\n| {'suite':<40} | " + " | ".join(f"{'vs ' + n:>10}" for n in names[1:]) + f" | {'worst row':<28} |")
            print(f"|{'-' * 42}|" + "|".join("-" * 11 + ":" for _ in names[1:]) + f"|{'-' * 30}|")
        for suite, line in means:
            rows = [l for l in tables[suite] if l.unit == line.unit and not l.mean and "memory" not in l.title and "CPU" not in l.title]
            worst = min(rows, key=lambda l: min(ratio(l, names[0], n) for n in names[1:]))
            title = f"{suite}: {line.title}"
            about = f"{worst.title} {min(ratio(worst, names[0], n) for n in names[1:]):.2f}x"
            print(f"| {title:<40} | " + " | ".join(f"{ratio(line, names[0], n):>9.2f}x" for n in names[1:]) + f" | {about:<28} |")
        print(f"\nRatios above 1 are in favour of {names[0]}.")


def switches(backplane, accel):
    """Optimisations of an accelerator: its boolean properties that are on by default."""
    done = subprocess.run([backplane, "describe", accel, "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip() or f"backplane describe {accel} fails")
    return [p for p in json.loads(done.stdout)["properties"] if p["type"] == "bool" and p.get("default") == "true"]


def print_ablation(bench, tables, properties):
    """Columns of the tables are emulators; those of this one are suites, and its rows the switches."""
    means = {f"{suite}{': ' + l.title.rpartition(', ')[2] if suite == 'smp' else ''}": l
             for suite, lines in tables.items() for l in lines if l.mean or suite == "boot" and l.title == "boot to shell"}
    print_host(bench)
    print(f"\nHow many times slower without one of them:\n\n| {'switch':<16} | " + " | ".join(f"{m:>8}" for m in means) + " | what it is |")
    print(f"|{'-' * 18}|" + "|".join("-" * (max(8, len(m)) + 1) + ":" for m in means) + "|---|")
    for emulator, p in zip(bench.emulators[1:], properties):
        cells = [f"{ratio(l, bench.first, emulator.name):>{max(7, len(m) - 1)}.2f}x" for m, l in means.items()]
        print(f"| {p['name']:<16} | " + " | ".join(cells) + f" | {p.get('doc', '')} |")


def suites_of(text):
    chosen = text.split(",")
    for name in chosen:
        if name not in SUITES:
            raise argparse.ArgumentTypeError(f"there is no suite {name!r}; there are {', '.join(SUITES)}")
    return chosen


def parse():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Backplane beside QEMU on the same guests.")
    parser.add_argument("--backplane", required=True)
    parser.add_argument("--boards", required=True, help="folder of virt-riscv64.yaml and rv32-mcu.yaml")
    parser.add_argument("--guest", required=True, help="folder of tools/guest")
    parser.add_argument("--programs", required=True, help="folder of build-programs")
    parser.add_argument("--initrd", help="initramfs with guest.sh as script and the programs of rows.txt")
    parser.add_argument("--boot-initrd", help="initramfs with a script that waits a little")
    parser.add_argument("--accel", action="append", help="accelerator of Backplane; repeatable")
    parser.add_argument("--qemu", action="append", metavar="[NAME=]PATH", help="a qemu-system-riscv64; repeatable")
    parser.add_argument("--suite", type=suites_of, default=list(SUITES), help=f"of {','.join(SUITES)}")
    parser.add_argument("--row", action="append", help="only this program of the suites in Linux; repeatable")
    parser.add_argument("--own", action="store_true", help="only programs in `suite`, none of Debian's")
    parser.add_argument("--rounds", type=int, default=3, help="runs of everything under each emulator")
    parser.add_argument("--work", type=float, default=1, help="multiplies the work of programs in Linux")
    parser.add_argument("--cpu", action="store_true", help="compare CPU time: for a host that is busy otherwise")
    parser.add_argument("--ablate", action="store_true", help="compare the accelerator with itself, less one optimisation")
    parser.add_argument("--json", help="raw results go there as well")
    options = parser.parse_args()
    options.rows = [r for r in read_rows(f"{here}/rows.txt") if not options.own or " exec " not in r.command]
    for name in options.row or []:
        if name not in [r.name for r in options.rows]:
            parser.error(f"--row {name}: there are {', '.join(r.name for r in options.rows)}")
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    return options


def main():
    options, properties = parse(), []
    options.guest = os.path.abspath(options.guest)
    if options.ablate:
        accel = (options.accel or ["tcg"])[0]
        properties = switches(options.backplane, accel)
        if not properties:
            print(f"Accelerator {accel} has no optimisation that can be switched off: no boolean property is on by default.")
            return 0
        emulators = [Backplane(accel, options, options.backplane, accel)]
        emulators += [Backplane(f"no {p['name']}", options, options.backplane, f"{accel},{p['name']}=false") for p in properties]
    else:
        emulators = emulators_of(options, options.backplane, options.accel, options.qemu)
    for e in emulators if "rv32" in options.suite else []:
        if not shutil.which(e.bare32("")[0]):
            raise SystemExit(f"{e.name}: suite rv32 needs {e.bare32('')[0]}: without it, choose others with --suite")
    bench = Bench(options, emulators)
    try:
        tables = bench.tables()
    except Failure as failure:
        raise SystemExit(f"\n{failure}") from None
    if options.ablate:
        print_ablation(bench, tables, properties)
    else:
        print_comparison(bench, tables)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(bench.raw, file, indent=1)
    for line in bench.wrong:
        print(f"WRONG: {line}")
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
