#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what tcg tells of the code it makes: the map for perf(1), the dump, and the jitdump file.

    translated.py [--threads] backplane run BOARD ...

The program is run with all three and must pass; they must tell of the same code, without overlaps, and in order unless
several vCPUs make it (--threads). Then with places for them where nothing can be written, which must end the run before
it begins; with too little room for the jitdump file, which must end with a whole record; and with two translators in
one process, which share the file.
"""
import os
import re
import sys
import tempfile

import jitdump
from harness import Guest, check, check_sane, main

HEADER = re.compile(r"(block|region) (0x[0-9a-f]+), (\d+) instructions, mode 0x[0-9a-f]+")
HOST = re.compile(r"host (0x[0-9a-f]+), (\d+) bytes")
MAP = re.compile(r"([0-9a-f]+) ([0-9a-f]+) (guest|region)-(0x[0-9a-f]+)")
RAM = 0x80000000
ROOM = 64  # blocks of 512 bytes


def start(guests, command, choice, before=()):
    at = command.index("run")
    guest = Guest([*before, *command[:at + 1], "--accel", choice, *command[at + 1:]])
    guests.append(guest)
    guest.process.stdin.close()
    return guest


def passes(guest):
    status = guest.wait(60)
    check_sane(guest, status)
    check(status == 0 and "PASS " in guest.text(), "the program does not pass")


def read_dump(text):
    """(kind, guest address, host address, host bytes) of each block and region."""
    blocks = []
    for part in text.split("\n\n")[:-1]:
        header, *lines = part.split("\n")
        first = HEADER.fullmatch(header)
        check(first, f"the dump has {header!r} where a block should begin")
        at = next((i for i, line in enumerate(lines) if line.startswith("host ")), None)
        check(at is not None, f"no host code of {header!r}")
        if first[1] == "block":
            count = sum(line.startswith("insn ") for line in lines[:at])
            check(count == int(first[3]), f"{header!r}: IR of {count} instructions")
        else:
            members = {int(line.split()[1], 16) for line in lines[:at]}
            check(int(first[2], 16) in members, f"{header!r} is not of its own blocks: {lines[:at]}")
            check(members <= {va for kind, va, _, _ in blocks if kind == "block"}, f"{header!r} is of blocks that were not translated")
        host = HOST.fullmatch(lines[at])
        code = bytes.fromhex(" ".join(lines[at + 1:]))
        check(len(code) == int(host[2]), f"{header!r}: {len(code)} bytes of code instead of {host[2]}")
        blocks.append((first[1], int(first[2], 16), int(host[1], 16), code))
    return blocks


def read_map(path):
    blocks = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            entry = MAP.fullmatch(line.rstrip("\n"))
            check(entry, f"{line!r} in the map")
            blocks.append(("region" if entry[3] == "region" else "block", int(entry[4], 16), int(entry[1], 16), int(entry[2], 16)))
    return blocks


def by_host(blocks):
    return sorted(blocks, key=lambda block: block[2])


def check_told(guests, command, folder, threads):
    dump = os.path.join(folder, "dump")
    guest = start(guests, command, f"tcg,hot=1,very-hot=10,perf=true,dump={dump},jitdump={folder}")
    path = f"/tmp/perf-{guest.process.pid}.map"
    try:
        passes(guest)
        mapped = read_map(path)
    finally:
        if os.path.exists(path):
            os.unlink(path)
    with open(dump, encoding="ascii") as file:
        dumped = read_dump(file.read())
    codes = jitdump.read(f"{folder}/jit-{guest.process.pid}.dump", guest.process.pid)
    loaded = [(code.kind, code.va, code.address, code.code) for code in codes]
    if threads:
        check(len({code.tid for code in codes}) > 1, "all code is of one thread")
        mapped, dumped, loaded = by_host(mapped), by_host(dumped), by_host(loaded)
    check(len(dumped) > 20, f"only {len(dumped)} blocks")
    check(mapped == [(*block, len(code)) for *block, code in dumped], "map and dump differ")
    check(loaded == dumped, "jitdump file and dump differ")
    check(threads or any(kind == "region" for kind, *_ in dumped), "no regions, of a program with loops")
    for (*_, host, code), (*_, following, _) in zip(dumped, dumped[1:]):
        check(host + len(code) <= following, "blocks overlap")
    check(RAM in (va for _, va, _, _ in dumped), "no block where the program begins")


def check_refused(guests, command, folder):
    file = os.path.join(folder, "file")
    with open(file, "w", encoding="ascii"):
        pass
    for choice, word in ((f"dump={folder}/none/dump", "dump: cannot be written"),
                         (f"jitdump={folder}/none", "jitdump: is no folder that can be opened: name one"),
                         (f"jitdump={file}", "jitdump: is no folder that can be opened: name one"),
                         ("jitdump=/proc", "jitdump: its file jit-PID.dump cannot be written: name a folder")):
        guest = start(guests, command, f"tcg,{choice}")
        check(guest.wait(30) == 2, f"{choice} is accepted")
        check(f"tcg.{word}" in guest.error_text(), f"no word about {choice}")
        check("PASS " not in guest.text(), "the program ran all the same")


def check_cut_short(guests, command, folder):
    limited = ["sh", "-c", f"trap '' XFSZ; ulimit -f {ROOM}; exec \"$@\"", "sh"]
    guest = start(guests, command, f"tcg,hot=1,very-hot=10,jitdump={folder}", limited)
    passes(guest)
    path = f"{folder}/jit-{guest.process.pid}.dump"
    check(len(jitdump.read(path, guest.process.pid, ends=False)) > 20, "nothing in a file that had room for more")
    check(os.path.getsize(path) <= ROOM * 512, "the limit was none")
    check(guest.error_text().count("jit-PID.dump cannot be written on") == 1, "no word, or many, of a file that is cut short")


def check_shared(guests, command, folder):
    guest = start(guests, command, f"lockstep:tcg,hot=1,jitdump={folder},tcg,hot=1,regions=false,jitdump={folder}")
    passes(guest)
    codes = jitdump.read(f"{folder}/jit-{guest.process.pid}.dump", guest.process.pid)
    starts = [code for code in codes if code.kind == "block" and code.va == RAM]
    check(len(starts) > 1, "one translator of two is missing")


def test(guests, arguments):
    threads = arguments[0] == "--threads"
    command = arguments[threads:]
    with tempfile.TemporaryDirectory() as folder:
        check_told(guests, command, folder, threads)
        if not threads:
            check_refused(guests, command, folder)
            check_cut_short(guests, command, folder)
            check_shared(guests, command, folder)


main(test, sys.argv[1:])
