/* SPDX-License-Identifier: Apache-2.0
 *
 * elf.h - the few offsets of ELF that loading needs, for both classes, and little-endian access to them.
 * System V Application Binary Interface, chapters 4 and 5.
 */
#ifndef CORE_LOAD_ELF_H
#define CORE_LOAD_ELF_H

#include <stdbool.h>
#include <stdint.h>

/* Offset and width of one field in the 32-bit and in the 64-bit layout. */
struct elf_field {
    uint8_t at32, bytes32, at64, bytes64;
};

/* What the ELF header said, checked against the size of the file. */
struct elf_view {
    bool wide; /* ELFCLASS64 */
    uint32_t type, machine;
    uint64_t entry;
    uint64_t phoff, shoff;
    uint32_t phentsize, phnum, shentsize, shnum;
};

static inline uint64_t elf_little(const uint8_t *p, uint32_t bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | p[bytes];
    return value;
}

static inline uint64_t elf_get(const uint8_t *record, bool wide, struct elf_field f)
{
    return wide ? elf_little(record + f.at64, f.bytes64) : elf_little(record + f.at32, f.bytes32);
}

#endif
