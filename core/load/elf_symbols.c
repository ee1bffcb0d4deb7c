/* SPDX-License-Identifier: Apache-2.0
 *
 * The symbol table of an ELF file. It is a help for people and for devices that look up a name, so damage is a
 * warning and never keeps a program from running.
 */
#include "core/load/elf.h"
#include "core/load/loader.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TABLE_BYTES (64u << 20)
#define MAX_NAME        255u

static const struct elf_field sh_type = {4, 4, 4, 4}, sh_offset = {16, 4, 24, 8},
                              sh_size = {20, 4, 32, 8}, sh_link = {24, 4, 40, 4},
                              sh_entsize = {36, 4, 56, 8};
static const struct elf_field st_name = {0, 4, 0, 4}, st_info = {12, 1, 4, 1},
                              st_shndx = {14, 2, 6, 2}, st_value = {4, 4, 8, 8};

/* One section's bytes. */
struct table {
    uint8_t *data;
    uint64_t bytes, entsize;
    uint32_t link;
};

static bool in_file(const struct source *s, uint64_t offset, uint64_t bytes)
{
    return offset <= s->bytes && bytes <= s->bytes - offset;
}

static bool read_headers(struct loader *l, struct source *s, const struct elf_view *elf,
                         struct table *out)
{
    uint64_t bytes = (uint64_t)elf->shentsize * elf->shnum;

    if (elf->shentsize < (elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) ||
        !in_file(s, elf->shoff, bytes))
        return false;
    *out = (struct table){.data = malloc(bytes), .bytes = bytes};
    return out->data && source_read(l, s, elf->shoff, out->data, bytes) == BP_OK;
}

static bool read_section(struct loader *l, struct source *s, const struct elf_view *elf,
                         const struct table *headers, uint32_t index, struct table *out)
{
    const uint8_t *h = headers->data + (uint64_t)index * elf->shentsize;
    uint64_t offset = elf_get(h, elf->wide, sh_offset), bytes = elf_get(h, elf->wide, sh_size);

    if (!bytes || bytes > MAX_TABLE_BYTES || !in_file(s, offset, bytes))
        return false;
    *out = (struct table){
        .data = malloc(bytes),
        .bytes = bytes,
        .entsize = elf_get(h, elf->wide, sh_entsize),
        .link = (uint32_t)elf_get(h, elf->wide, sh_link),
    };
    return out->data && source_read(l, s, offset, out->data, bytes) == BP_OK;
}

/* Named code and data; not files, sections, the assembler's local labels or the ABI's mapping symbols ($x). */
static bool is_wanted(const uint8_t *symbol, bool wide, const char *name)
{
    uint32_t type = ELF64_ST_TYPE(elf_get(symbol, wide, st_info));
    uint64_t section = elf_get(symbol, wide, st_shndx);

    return section != SHN_UNDEF && (type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC) &&
           *name && *name != '$' && strncmp(name, ".L", 2);
}

/* False at the first entry that cannot be right. */
static bool add_all(struct loader *l, const struct elf_view *elf, const struct table *symbols,
                    const struct table *names, uint64_t shift)
{
    uint64_t least = elf->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);

    if (symbols->entsize < least || names->data[names->bytes - 1])
        return false;
    for (uint64_t at = symbols->entsize; at + least <= symbols->bytes; at += symbols->entsize) {
        const uint8_t *symbol = symbols->data + at;
        uint64_t name = elf_get(symbol, elf->wide, st_name);
        const char *text = (const char *)names->data + name;

        if (name >= names->bytes)
            return false;
        if (!is_wanted(symbol, elf->wide, text) || strnlen(text, MAX_NAME + 1) > MAX_NAME)
            continue;
        if (machine_add_symbol(l->machine, text,
                               elf_get(symbol, elf->wide, st_value) +
                                   (elf_get(symbol, elf->wide, st_shndx) == SHN_ABS ? 0 : shift)) !=
            BP_OK)
            return true; /* the machine has enough of them */
    }
    return true;
}

void elf_symbols(struct loader *l, struct source *s, const struct elf_view *elf, uint64_t shift)
{
    struct table headers = {0}, symbols = {0}, names = {0};
    bool sane = true;

    if (!elf->shnum || !elf->shoff)
        return;
    sane = read_headers(l, s, elf, &headers);
    for (uint32_t i = 0; sane && i < elf->shnum; i++) {
        if (elf_get(headers.data + (uint64_t)i * elf->shentsize, elf->wide, sh_type) != SHT_SYMTAB)
            continue;
        sane = read_section(l, s, elf, &headers, i, &symbols) && symbols.link < elf->shnum &&
               read_section(l, s, elf, &headers, symbols.link, &names) &&
               add_all(l, elf, &symbols, &names, shift);
        break; /* the specification allows one */
    }
    if (!sane)
        diag_warn(l->diag, s->image->pos, s->image->path,
                  "its symbol table is damaged and was left out: build it again to see names");
    free(headers.data);
    free(symbols.data);
    free(names.data);
}
