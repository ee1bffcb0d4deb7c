#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what tcg tells of the code it makes: the map for perf(1), and the dump.

    translated.py backplane run BOARD ...

The program is run with both and must pass; map and dump must tell of the same code, in order and without overlaps. Then
with places for them where nothing can be written, which must end the run before it begins.
"""
import os
import re
import sys
import tempfile

from harness import Guest, check, check_sane, main

HEADER = re.compile(r"(block|region) (0x[0-9a-f]+), (\d+) instructions, mode 0x[0-9a-f]+")
HOST = re.compile(r"host (0x[0-9a-f]+), (\d+) bytes")
MAP = re.compile(r"([0-9a-f]+) ([0-9a-f]+) (guest|region)-(0x[0-9a-f]+)")


def start(guests, command, choice):
    guest = Guest([*command[:2], "--accel", choice, *command[2:]])
    guests.append(guest)
    guest.process.stdin.close()
    return guest


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
        blocks.append((first[1], int(first[2], 16), int(host[1], 16), len(code)))
    return blocks


def read_map(path):
    blocks = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            entry = MAP.fullmatch(line.rstrip("\n"))
            check(entry, f"{line!r} in the map")
            blocks.append(("region" if entry[3] == "region" else "block", int(entry[4], 16), int(entry[1], 16), int(entry[2], 16)))
    return blocks


def test(guests, command):
    with tempfile.TemporaryDirectory() as folder:
        dump = os.path.join(folder, "dump")
        guest = start(guests, command, f"tcg,hot=1,very-hot=10,perf=true,dump={dump}")
        path = f"/tmp/perf-{guest.process.pid}.map"
        try:
            status = guest.wait(30)
            check_sane(guest, status)
            check(status == 0 and "PASS " in guest.text(), "the program does not pass")
            mapped = read_map(path)
        finally:
            if os.path.exists(path):
                os.unlink(path)
        with open(dump, encoding="ascii") as file:
            dumped = read_dump(file.read())
        check(len(dumped) > 20, f"only {len(dumped)} blocks")
        check(mapped == dumped, "map and dump differ")
        check(any(kind == "region" for kind, *_ in dumped), "no regions, of a program with loops")
        for (*_, host, length), (*_, following, _) in zip(dumped, dumped[1:]):
            check(host + length <= following, "blocks overlap")
        check(RAM in (va for _, va, _, _ in dumped), "no block where the program begins")

        guest = start(guests, command, f"tcg,dump={folder}/none/dump")
        check(guest.wait(30) == 2, "a dump without a folder is accepted")
        check("tcg.dump: cannot be written" in guest.error_text(), "no word about the dump")
        check("PASS " not in guest.text(), "the program ran all the same")


RAM = 0x80000000
main(test, sys.argv[1:])
