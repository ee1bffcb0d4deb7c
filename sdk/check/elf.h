/* SPDX-License-Identifier: Apache-2.0
 *
 * elf.h - reading a 64-bit ELF file that nobody vouches for: every offset is checked against the
 * file.
 */
#ifndef CHECK_ELF_H
#define CHECK_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

struct elf {
    const uint8_t *data;
    uint64_t bytes;
    const Elf64_Ehdr *head;
    const Elf64_Phdr *segments;
    const Elf64_Shdr *sections;
};

/* NULL, or why it is no file to read. elf_close() is due either way. */
const char *elf_open(struct elf *elf, const char *path);
void elf_close(struct elf *elf);

const Elf64_Phdr *elf_segment(const struct elf *elf, uint32_t type);
/* The entries of PT_DYNAMIC and how many; NULL. */
const Elf64_Dyn *elf_dynamic(const struct elf *elf, uint32_t *count);
/* Text of the dynamic string table; "?" when it is not one. */
const char *elf_dynamic_text(const struct elf *elf, uint64_t offset);
/* A symbol table by section type (SHT_DYNSYM, SHT_SYMTAB) with its strings; NULL: none. */
struct elf_symbols {
    const Elf64_Sym *rows;
    uint64_t count;
    const char *text;
    uint64_t text_bytes;
};
bool elf_symbols(const struct elf *elf, uint32_t type, struct elf_symbols *out);
const char *elf_symbol_name(const struct elf_symbols *symbols, const Elf64_Sym *symbol);

#endif
