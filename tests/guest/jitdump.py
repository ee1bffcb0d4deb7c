# SPDX-License-Identifier: Apache-2.0
"""Reads a jitdump file, strictly: Linux, tools/perf/Documentation/jitdump-specification.txt, version 1 of the format."""
import re
import struct
import time

from harness import check

HEADER = struct.Struct("<IIIIIIQQ")  # magic, version, total_size, elf_mach, pad1, pid, timestamp, flags
RECORD = struct.Struct("<IIQ")  # id, total_size, timestamp
LOAD = struct.Struct("<IIQQQQ")  # pid, tid, vma, code_addr, code_size, code_index
CODE_LOAD, CODE_CLOSE = 0, 3
EM_X86_64 = 62
NAME = re.compile(r"(guest|region)-(0x[0-9a-f]+)")


class Code:
    """One JIT_CODE_LOAD."""

    def __init__(self, tid, name, address, code):
        kind = NAME.fullmatch(name)
        check(kind, f"a record is called {name!r}")
        self.tid, self.address, self.code = tid, address, code
        self.kind, self.va = "region" if kind[1] == "region" else "block", int(kind[2], 16)


def read(path, pid, ends=True):
    """All code in the file, which has an end (`ends`) or was cut short."""
    with open(path, "rb") as file:
        data = file.read()
    check(len(data) >= HEADER.size, f"{len(data)} bytes are no header")
    magic, version, size, machine, pad, owner, last, flags = HEADER.unpack_from(data)
    check(data[:4] == b"DTiJ" and magic == 0x4A695444, f"magic number {magic:#x}")
    check((version, size, pad, flags) == (1, HEADER.size, 0, 0), f"header {data[:HEADER.size].hex()}")
    check(machine == EM_X86_64 and owner == pid, f"machine {machine} and process {owner} in the header")
    codes, indices, closed, at = [], set(), False, size
    while at < len(data):
        check(not closed, "something follows JIT_CODE_CLOSE")
        check(len(data) - at >= RECORD.size, f"{len(data) - at} bytes at the end are no record")
        kind, size, timestamp = RECORD.unpack_from(data, at)
        check(RECORD.size <= size <= len(data) - at, f"a record of {size} bytes at {at} of {len(data)}")
        check(kind in (CODE_LOAD, CODE_CLOSE), f"a record of kind {kind} at {at}")
        check(timestamp >= last, f"time runs backwards at {at}")
        last = timestamp
        if kind == CODE_CLOSE:
            check(size == RECORD.size, f"JIT_CODE_CLOSE has {size} bytes")
            closed = True
        else:
            codes.append(load(data[at + RECORD.size:at + size], pid, indices))
        at += size
    check(closed == ends, "no JIT_CODE_CLOSE at the end" if ends else "JIT_CODE_CLOSE in a file that was cut short")
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    check(now - 600 * 10**9 < last < now, f"{last} is not a time of CLOCK_MONOTONIC, which has {now}")
    return codes


def load(record, pid, indices):
    check(len(record) > LOAD.size, f"JIT_CODE_LOAD has {len(record)} bytes")
    owner, tid, vma, address, size, index = LOAD.unpack_from(record)
    end = record.find(b"\0", LOAD.size)
    check(end >= 0, "a name without an end")
    name, code = record[LOAD.size:end].decode("ascii"), record[end + 1:]
    check(owner == pid and tid > 0, f"{name}: of process {owner}, thread {tid}")
    check(vma == address != 0, f"{name}: at {vma:#x} and {address:#x}")
    check(len(code) == size > 0, f"{name}: {len(code)} bytes of code, not {size}")
    check(index not in indices, f"{name}: index {index} is not its own")
    indices.add(index)
    return Code(tid, name, address, code)
