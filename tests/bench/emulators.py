# SPDX-License-Identifier: Apache-2.0
"""The emulators that the benchmark compares: command lines for the same guest under each of them."""
import ctypes
import re
import subprocess
import time

MEMORY = 512  # MiB of guest RAM


class Emulator:
    """`images` has the paths of all that guests are made of: see tools/bench."""

    def __init__(self, name, images):
        self.name, self.images = name, images


class Backplane(Emulator):
    def __init__(self, name, images, path, accel):
        super().__init__(name, images)
        self.path, self.accel = path, accel

    def version(self):
        words = first_line([self.path, "--version"])
        return f"{words}, accelerator {self.accel}" if self.accel else words

    def base(self, board, memory, *settings):
        command = [self.path, "run", f"{self.images.boards}/{board}.yaml", "--backend", "console=stdio"]
        for setting in (f"memory={memory}MiB", *settings):
            command += ["--set", setting]
        return command + (["--accel", self.accel] if self.accel else [])

    def bare(self, elf):
        return self.base("virt-riscv64", MEMORY) + ["--image", f"firmware={elf}"]

    def bare32(self, elf):
        """The clock makes mtime count 10 MHz, as on the other boards."""
        return self.base("rv32-mcu", 64, "clock=320MHz") + ["--image", f"firmware={self.images.programs}/jump32.elf",
                                                             "--image", f"kernel={elf}"]

    def linux(self, initrd, harts=1):
        guest = self.images.guest
        return self.base("virt-riscv64", MEMORY, f"harts={harts}") + [
            "--image", f"firmware={guest}/fw_dynamic.bin", "--image", f"kernel={guest}/Image", "--image", f"initrd={initrd}",
            "--cmdline", "console=ttyS0"]


class Qemu(Emulator):
    """The rest of the path says which one; its 32-bit sister has the same name but for the digits."""

    def __init__(self, name, images, path):
        super().__init__(name, images)
        self.path = path

    def version(self):
        return first_line([self.path, "--version"])

    def base(self, path, memory, harts=1):
        return [path, "-accel", "tcg,thread=multi", "-M", "virt", "-nographic", "-monitor", "none", "-serial", "stdio",
                "-m", str(memory), "-smp", str(harts)]

    def bare(self, elf):
        return self.base(self.path, MEMORY) + ["-bios", "none", "-kernel", elf]

    def bare32(self, elf):
        folder, slash, name = self.path.rpartition("/")
        return self.base(folder + slash + name.replace("riscv64", "riscv32"), 64) + ["-bios", "none", "-kernel", elf]

    def linux(self, initrd, harts=1):
        guest = self.images.guest
        return self.base(self.path, MEMORY, harts) + ["-bios", f"{guest}/fw_dynamic.bin", "-kernel", f"{guest}/Image",
                                                      "-initrd", initrd, "-append", "console=ttyS0"]


def first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or "?").splitlines()[0]


def name_of_qemu(path):
    """qemu10 for one that says it is version 10."""
    number = re.search(r"version (\d+)", first_line([path, "--version"]))
    return f"qemu{number[1] if number else ''}"


def emulators_of(images, backplane, accels, qemus):
    """Backplane with each accelerator, then each QEMU; what all others are compared with comes first."""
    out = [Backplane(a or "backplane", images, backplane, a) for a in accels or [None]]
    for text in qemus or []:
        name, equals, path = text.rpartition("=")
        out.append(Qemu(name if equals else name_of_qemu(path), images, path))
    names = [e.name for e in out]
    if len(set(names)) != len(names):
        raise SystemExit(f"two columns have one name, of {', '.join(names)}: write --qemu NAME=PATH")
    return out


def memory_over_ram(pid):
    """Bytes: the most the process had, less what is in the mapping with guest RAM, which is the one whose size comes
    nearest to it: code caches may be larger."""
    def value(line):
        return int(line.split()[1]) * 1024

    mappings, size = [], 0
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("Size:"):
                size = value(line)
            elif line.startswith("Rss:"):
                mappings.append((abs(size - (MEMORY << 20)), value(line)))
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        peak = next((value(line) for line in file if line.startswith("VmHWM:")), None)
    if peak is None or not mappings:
        raise SystemExit("the emulator ended before its memory was looked at: the host is too busy; start this again")
    return peak - min(mappings)[1]


def cpu_seconds(pid):
    """Of all threads, the ones that ended included."""
    clock = ctypes.c_int()
    if ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise SystemExit(f"process {pid} has ended before its time was looked at")
    return time.clock_gettime(clock.value)
