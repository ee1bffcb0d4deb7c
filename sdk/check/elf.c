/* SPDX-License-Identifier: Apache-2.0
 *
 * elf.c - the parts of ELF (System V ABI, chapters 4 and 5) that tell what a shared object is and
 * asks for.
 */
#include "elf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#else
#define MACHINE EM_NONE
#endif

/* [offset, offset + count * size) of the file; NULL when it does not lie inside, or not aligned. */
static const void *part(const struct elf *elf, uint64_t offset, uint64_t count, uint64_t size)
{
    if (offset > elf->bytes || count > (elf->bytes - offset) / size || offset % 8)
        return NULL;
    return elf->data + offset;
}

static const char *map_file(struct elf *elf, const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map;

    if (fd < 0)
        return strerror(errno);
    if (fstat(fd, &info) || !S_ISREG(info.st_mode)) {
        close(fd);
        return "not a regular file";
    }
    if (info.st_size < (off_t)sizeof(Elf64_Ehdr)) {
        close(fd);
        return "too short to be a shared object";
    }
    map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return strerror(errno);
    elf->data = map;
    elf->bytes = (uint64_t)info.st_size;
    return NULL;
}

const char *elf_open(struct elf *elf, const char *path)
{
    const char *why;

    memset(elf, 0, sizeof *elf);
    why = map_file(elf, path);
    if (why)
        return why;
    elf->head = (const Elf64_Ehdr *)elf->data;
    if (memcmp(elf->head->e_ident, ELFMAG, SELFMAG))
        return "not an ELF file";
    if (elf->head->e_ident[EI_CLASS] != ELFCLASS64 || elf->head->e_ident[EI_DATA] != ELFDATA2LSB)
        return "not a 64-bit little-endian ELF file";
    if (elf->head->e_machine != MACHINE)
        return "built for another processor than this host's";
    if (elf->head->e_type != ET_DYN)
        return "not a shared object";
    elf->segments = part(elf, elf->head->e_phoff, elf->head->e_phnum, sizeof(Elf64_Phdr));
    if (!elf->segments || elf->head->e_phentsize != sizeof(Elf64_Phdr))
        return "damaged: its program headers lie outside of the file";
    elf->sections = part(elf, elf->head->e_shoff, elf->head->e_shnum, sizeof(Elf64_Shdr));
    if (!elf->sections || (elf->head->e_shnum && elf->head->e_shentsize != sizeof(Elf64_Shdr)))
        return "damaged: its section headers lie outside of the file";
    return NULL;
}

void elf_close(struct elf *elf)
{
    if (elf->data)
        munmap((void *)elf->data, elf->bytes);
}

const Elf64_Phdr *elf_segment(const struct elf *elf, uint32_t type)
{
    for (uint32_t i = 0; i < elf->head->e_phnum; i++) {
        if (elf->segments[i].p_type == type)
            return &elf->segments[i];
    }
    return NULL;
}

const Elf64_Dyn *elf_dynamic(const struct elf *elf, uint32_t *count)
{
    const Elf64_Phdr *segment = elf_segment(elf, PT_DYNAMIC);

    if (!segment)
        return NULL;
    *count = (uint32_t)(segment->p_filesz / sizeof(Elf64_Dyn));
    return part(elf, segment->p_offset, *count, sizeof(Elf64_Dyn));
}

/* Offset in the file of what is loaded at an address; UINT64_MAX: nothing. */
static uint64_t offset_of(const struct elf *elf, uint64_t address)
{
    for (uint32_t i = 0; i < elf->head->e_phnum; i++) {
        const Elf64_Phdr *p = &elf->segments[i];

        if (p->p_type == PT_LOAD && address >= p->p_vaddr && address - p->p_vaddr < p->p_filesz)
            return address - p->p_vaddr + p->p_offset;
    }
    return UINT64_MAX;
}

const char *elf_dynamic_text(const struct elf *elf, uint64_t offset)
{
    uint32_t count = 0;
    const Elf64_Dyn *rows = elf_dynamic(elf, &count);

    for (uint32_t i = 0; rows && i < count && rows[i].d_tag != DT_NULL; i++) {
        uint64_t at;

        if (rows[i].d_tag != DT_STRTAB)
            continue;
        at = offset_of(elf, rows[i].d_un.d_ptr);
        if (at < elf->bytes && offset < elf->bytes - at &&
            memchr(elf->data + at + offset, 0, elf->bytes - at - offset))
            return (const char *)elf->data + at + offset;
    }
    return "?";
}

bool elf_symbols(const struct elf *elf, uint32_t type, struct elf_symbols *out)
{
    for (uint32_t i = 0; i < elf->head->e_shnum; i++) {
        const Elf64_Shdr *s = &elf->sections[i], *text;

        if (s->sh_type != type || s->sh_link >= elf->head->e_shnum)
            continue;
        text = &elf->sections[s->sh_link];
        out->count = s->sh_size / sizeof(Elf64_Sym);
        out->rows = part(elf, s->sh_offset, out->count, sizeof(Elf64_Sym));
        if (!out->rows || text->sh_offset > elf->bytes ||
            text->sh_size > elf->bytes - text->sh_offset)
            return false;
        out->text = (const char *)elf->data + text->sh_offset;
        out->text_bytes = text->sh_size;
        return true;
    }
    return false;
}

const char *elf_symbol_name(const struct elf_symbols *symbols, const Elf64_Sym *symbol)
{
    if (symbol->st_name >= symbols->text_bytes ||
        !memchr(symbols->text + symbol->st_name, 0, symbols->text_bytes - symbol->st_name))
        return "?";
    return symbols->text + symbol->st_name;
}
