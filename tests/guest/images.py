# SPDX-License-Identifier: Apache-2.0
"""Programs for the bare machine from instruction words, as the smallest files that hold them."""
import struct

RAM = 0x80000000


def elf(code, entry=RAM):
    """A RISC-V ELF with one segment at RAM."""
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 7, 120, RAM, RAM, len(code), len(code), 8)
    return head + segment + code


def words(*values):
    return b"".join(struct.pack("<I", v) for v in values)
