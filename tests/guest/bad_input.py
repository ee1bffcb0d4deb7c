#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad files given to the command: bad_input.py TEST BACKPLANE BOARD.

Each must end with status 1 or 2 within seconds, name the file and say something, on standard error and nothing else.
"""
import gzip
import os
import random
import struct
import sys
import tempfile

from harness import Guest, check, check_sane, main

RAM = 0x80000000
EM_RISCV, EM_X86_64, EM_AARCH64 = 243, 62, 183


def elf_bytes(machine=EM_RISCV, cls=2, data=1, kind=2, entry=RAM, phoff=64, phentsize=56, phnum=1, offset=120, paddr=RAM,
              filesz=4, memsz=4, align=8, code=b"\x6f\0\0\0"):
    head = b"\x7fELF" + bytes([cls, data, 1]) + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, phoff, 0, 0, 64, phentsize, phnum, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 7, offset, paddr, paddr, filesz, memsz, align) + code


def refused(guests, command, *needles):
    guest = Guest(command)
    guests.append(guest)
    guest.process.stdin.close()
    status = guest.wait(20)
    check_sane(guest, status)
    check(status in (1, 2), f"exit status {status}, wanted 1 or 2")
    message = guest.error_text()
    check(message.strip() != "", "no message on standard error")
    check(len(message) < 20000, "a flood of messages")
    for needle in needles:
        check(needle in message, f"the message does not mention {needle!r}: {message!r}")
    check("\x00" not in message, "binary in the message")
    guests.remove(guest)


class Files:
    def __init__(self, folder):
        self.folder = folder

    def put(self, name, data):
        path = f"{self.folder}/{name}"
        with open(path, "wb") as file:
            file.write(data)
        return path


def firmware(backplane, board, path):
    return [backplane, "run", board, "--image", f"firmware={path}", "--backend", "console=null"]


def elf(guests, files, backplane, board):
    good = elf_bytes()
    big = 0xffffffffffffff00
    cases = {
        "empty.elf": b"", "magic-only.elf": b"\x7fELF", "header-cut.elf": good[:40], "segments-cut.elf": good[:100], "code-cut.elf": good[:-2],
        "x86.elf": elf_bytes(machine=EM_X86_64), "arm64.elf": elf_bytes(machine=EM_AARCH64), "big-endian.elf": elf_bytes(data=2),
        "class.elf": elf_bytes(cls=7), "relocatable.elf": elf_bytes(kind=1), "phoff.elf": elf_bytes(phoff=big), "phnum.elf": elf_bytes(phnum=65535),
        "phentsize.elf": elf_bytes(phentsize=0), "no-segments.elf": elf_bytes(phnum=0), "offset.elf": elf_bytes(offset=big),
        "filesz.elf": elf_bytes(filesz=big), "filesz-over-memsz.elf": elf_bytes(filesz=4, memsz=2), "memsz.elf": elf_bytes(memsz=big),
        "memsz-wide.elf": elf_bytes(memsz=1 << 45), "not-in-ram.elf": elf_bytes(paddr=0x6000000), "wraps.elf": elf_bytes(paddr=big, memsz=0x1000),
    }
    for name, data in cases.items():
        refused(guests, firmware(backplane, board, files.put(name, data)), name)


def elf_random(guests, files, backplane, board):
    """Flipped bytes in a good file: it may run or be refused, it must not crash."""
    for seed in range(40):
        source = random.Random(seed)
        data = bytearray(elf_bytes())
        for _ in range(source.randrange(1, 6)):
            data[source.randrange(4, 120)] = source.randrange(256)
        guest = Guest(firmware(backplane, board, files.put("flipped.elf", bytes(data))))
        guests.append(guest)
        guest.process.stdin.close()
        import time
        until = time.monotonic() + 0.4
        while time.monotonic() < until and guest._pump(0.05):
            pass
        if guest.process.poll() is None:
            guest.signal(15)
        status = guest.wait(10)
        if status != -15:
            check_sane(guest, status)
        guests.remove(guest)


def image_header(bytes_, flags):
    """Header of a RISC-V Linux Image: Documentation/arch/riscv/boot-image-header of the kernel's manual."""
    return struct.pack("<IIQQQIIQQII", 0x6f, 0, 0x200000, bytes_, flags, 2, 0, 0, 0x5643534952, 0x05435352, 0)


def images(guests, files, backplane, board):
    good = files.put("good.elf", elf_bytes())
    missing = f"{files.folder}/missing"

    def with_image(role, path):
        return [*firmware(backplane, board, good), "--image", f"{role}={path}"]

    refused(guests, firmware(backplane, board, missing), "missing", "No such file")
    refused(guests, firmware(backplane, board, files.folder), files.folder)
    refused(guests, with_image("kernel", missing), "missing")
    refused(guests, with_image("initrd", missing), "missing")
    refused(guests, with_image("bootloader", good), "bootloader")
    # a RISC-V Image header that claims to be larger than all memory, and one for another order of bytes
    refused(guests, with_image("kernel", files.put("huge-image", image_header(1 << 50, 0))), "huge-image")
    refused(guests, with_image("kernel", files.put("larger-image", image_header(1 << 36, 0))), "larger-image")
    refused(guests, with_image("kernel", files.put("big-endian-image", image_header(0x1000, 1))), "big-endian-image")
    # gzip: cut, corrupt, and a bomb
    packed = gzip.compress(image_header(0x1000, 0) + random.Random(1).randbytes(5000))
    refused(guests, with_image("kernel", files.put("cut.gz", packed[:-100])), "cut.gz")
    refused(guests, with_image("kernel", files.put("corrupt.gz", packed[:3000] + b"\xff" * 50 + packed[3050:])), "corrupt.gz")
    if not os.access("/root", os.W_OK):  # root reads everything
        secret = files.put("secret.elf", elf_bytes())
        os.chmod(secret, 0)
        refused(guests, firmware(backplane, board, secret), "secret.elf", "ermission")
    # an initrd larger than the guest's memory
    with open(f"{files.folder}/huge-initrd", "wb") as file:
        file.truncate(64 << 30)
    refused(guests, with_image("initrd", f"{files.folder}/huge-initrd"), "huge-initrd")


def disks(guests, files, backplane, board):
    good = files.put("good.elf", elf_bytes())

    def with_disk(value):
        return [*firmware(backplane, board, good), "--backend", f"root={value}"]

    refused(guests, with_disk(f"raw,path={files.folder}/missing.img"), "missing.img")
    refused(guests, with_disk(f"raw,path={files.folder}"), files.folder)
    refused(guests, with_disk("raw"), "path")
    refused(guests, with_disk("rar,path=x"), "rar")
    refused(guests, with_disk(f"raw,path={good},snapshots=true"), "snapshots")


def descriptions(guests, files, backplane, board):
    head = "backplane: 1\nkind: board\n"
    cases = {
        "empty.yaml": "", "binary.yaml": bytes(range(256)) * 20, "zero.yaml": b"\0" * 5000, "scalar.yaml": "just text\n",
        "list.yaml": "- a\n- b\n", "cut.yaml": head + "nodes: { ram: { type: core/ram, reg: [0x80000000, ", "tab.yaml": head + "nodes:\n\tram: {}\n",
        "grammar.yaml": "backplane: 99\nkind: board\n", "kind.yaml": "backplane: 1\nkind: spaceship\n",
        "duplicate.yaml": head + "nodes:\n  ram: { type: core/ram, reg: [0x80000000, 1MiB] }\n  ram: { type: core/ram, reg: [0x90000000, 1MiB] }\n",
        "huge-number.yaml": head + "nodes:\n  ram: { type: core/ram, reg: [0x8000000000000000000000000, 1MiB] }\n",
        "huge-ram.yaml": head + "nodes:\n  ram: { type: core/ram, reg: [0x80000000, 99999999999TiB] }\n",
        "no-unit.yaml": head + "nodes:\n  ram: { type: core/ram, reg: [0x80000000, 1MegaByte] }\n",
        "no-such-type.yaml": head + "nodes:\n  ram: { type: core/rum, reg: [0x80000000, 1MiB] }\n",
        "no-such-plugin.yaml": head + "plugins:\n  x: { use: nonexistent-thing }\nnodes:\n  a: { type: x/y }\n",
        "anchors.yaml": head + "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{chr(97 + i + 1)}: &{chr(97 + i + 1)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
        "deep-flow.yaml": head + "nodes: " + "[" * 100000 + "\n", "deep-map.yaml": head + "nodes:\n" + "".join(" " * (i + 1) + "a:\n" for i in range(3000)),
        "long-line.yaml": head + "nodes: { " + "a" * 2000000 + ": 1 }\n", "utf8.yaml": head.encode() + b"nodes: { \xff\xfe: 1 }\n",
        "merge.yaml": head + "nodes:\n  <<: *nothing\n", "repeat.yaml": head + "nodes:\n  ram: { repeat: { i: \"0..4000000000\" }, type: core/ram, reg: [0x80000000, 1MiB] }\n",
        "self-include.yaml": head + "include: [self-include.yaml]\n",
        "overlap.yaml": head + "nodes:\n  a: { type: core/ram, reg: [0x80000000, 2MiB] }\n  b: { type: core/ram, reg: [0x80100000, 2MiB] }\n",
        "expression.yaml": head + "params:\n  n: { type: u32, default: 1 }\nnodes:\n  ram: { type: core/ram, reg: [\"${n / (n - n)}\", 1MiB] }\n",
    }
    for name, data in cases.items():
        path = files.put(name, data.encode() if isinstance(data, str) else data)
        for command in ("check", "run"):
            refused(guests, [backplane, command, path], name)


def usage(guests, files, backplane, board):
    refused(guests, [backplane, "frobnicate"], "frobnicate")
    refused(guests, [backplane, "run"])
    refused(guests, [backplane, "run", board, "--frobnicate"], "--frobnicate")
    refused(guests, [backplane, "run", f"{files.folder}/missing.yaml"], "missing.yaml")
    refused(guests, [backplane, "run", board, "--set", "nonsense"], "nonsense")
    refused(guests, [backplane, "run", board, "--set", "hart=2"], "hart")
    refused(guests, [backplane, "run", board, "--set", "harts=99"], "harts")
    refused(guests, [backplane, "run", board, "--accel", "warp"], "warp")
    refused(guests, [backplane, "run", board, "--image", "firmware"], "firmware")
    refused(guests, [backplane, "run", board, "--backend", "console=teletype"], "teletype")
    refused(guests, [backplane, "describe", "no-such-type"], "no-such-type")


def helps(guests, files, backplane, board):
    """--help everywhere, on standard output, with status 0."""
    for command in ([], ["run"], ["check"], ["list"], ["describe"], ["fdt"], ["map"]):
        guest = Guest([backplane, *command, "--help"])
        guests.append(guest)
        guest.process.stdin.close()
        status = guest.wait(10)
        check_sane(guest, status)
        check(status == 0 and "sage" in guest.text(), f"{' '.join(command)} --help: status {status}: {guest.text()!r}")
        guests.remove(guest)


def plugins(guests, files, backplane, board):
    """Objects that are no plug-ins, in a folder of the search path."""
    os.makedirs(f"{files.folder}/plugins")
    files.put("plugins/nonsense.so", b"this is no object")
    files.put("plugins/cut.so", b"\x7fELF\x02\x01\x01")
    files.put("plugins/empty.so", b"")
    path = files.put("uses.yaml", b"backplane: 1\nkind: board\nplugins:\n  a: { use: nonsense }\n  b: { use: cut }\n  c: { use: empty }\n"
                                  b"nodes:\n  x: { type: a/x }\n")
    guest = Guest([backplane, "check", path, "--plugin-path", f"{files.folder}/plugins"])
    guests.append(guest)
    status = guest.wait(10)
    check_sane(guest, status)
    check(status == 2, f"exit status {status}, wanted 2")
    for name in ("nonsense", "cut", "empty"):
        check(f"{name}" in guest.error_text(), f"no word about {name}: {guest.error_text()!r}")


def run(guests, name, backplane, board):
    with tempfile.TemporaryDirectory() as folder:
        globals()[name](guests, Files(folder), backplane, board)


main(run, *sys.argv[1:4])
