/* SPDX-License-Identifier: Apache-2.0
 *
 * where.c - names for code addresses, from the symbol table of the plug-in's file.
 */
#include "where.h"

#include <execinfo.h>
#include <link.h>
#include <stdio.h>

#include "elf.h"

#define FRAMES 48

static struct elf file;
static bool known;
static uint64_t base, end;

void where_learn(void *object, const char *path)
{
    struct link_map *map;
    void *frame[1];

    where_forget();
    if (dlinfo(object, RTLD_DI_LINKMAP, &map) || elf_open(&file, path)) {
        elf_close(&file);
        return;
    }
    base = map->l_addr;
    end = base;
    for (uint32_t i = 0; i < file.head->e_phnum; i++) {
        const Elf64_Phdr *p = &file.segments[i];

        if (p->p_type == PT_LOAD && base + p->p_vaddr + p->p_memsz > end)
            end = base + p->p_vaddr + p->p_memsz;
    }
    known = true;
    backtrace(frame, 1); /* loads what it needs now, not in a signal handler */
}

void where_forget(void)
{
    if (known)
        elf_close(&file);
    known = false;
}

bool where_inside(const void *pc)
{
    return known && (uintptr_t)pc >= base && (uintptr_t)pc < end;
}

static const char *function_at(uint64_t address)
{
    static const uint32_t tables[] = {SHT_SYMTAB, SHT_DYNSYM};
    struct elf_symbols symbols;

    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        if (!elf_symbols(&file, tables[t], &symbols))
            continue;
        for (uint64_t i = 0; i < symbols.count; i++) {
            const Elf64_Sym *s = &symbols.rows[i];

            if (ELF64_ST_TYPE(s->st_info) == STT_FUNC && address >= s->st_value &&
                address - s->st_value < s->st_size)
                return elf_symbol_name(&symbols, s);
        }
    }
    return NULL;
}

bool where_name(const void *pc, char *text, size_t room)
{
    const char *name;

    if (!where_inside(pc))
        return false;
    name = function_at((uintptr_t)pc - base);
    if (name)
        snprintf(text, room, "%s", name);
    else
        snprintf(text, room, "+%#llx", (unsigned long long)((uintptr_t)pc - base));
    return true;
}

const void *where_caller(void)
{
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES);

    for (int i = 0; i < count; i++) {
        /* A return address may be the first byte behind its function. */
        const char *pc = (const char *)frames[i] - 1;

        if (where_inside(pc))
            return pc;
    }
    return NULL;
}
