/* SPDX-License-Identifier: Apache-2.0
 *
 * test_gdb.c - the property `gdb` of tcg: what a debugger finds on the list of GDB's JIT
 * compilation interface. Every look at it checks that its objects are well-formed, and that no
 * address has two names.
 */
#include <criterion/criterion.h>

#include <dlfcn.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "program.h"

/* "Debugging with GDB", "JIT Compilation Interface", "Declarations". */
struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
};
struct jit_descriptor {
    uint32_t version, action_flag;
    struct jit_code_entry *relevant_entry, *first_entry;
};

#define MOST 100000

struct range {
    uint64_t from, to;
};

static struct {
    uint32_t objects, stubs, blocks, regions, frames;
    struct range named[MOST], framed[MOST];
    uint64_t va[MOST]; /* of blocks */
} seen;

static struct machine *m;

static struct machine *make(uint32_t ncpus, uint64_t cache)
{
    struct machine *made = machine_new(ncpus, cache);

    CODE(made, VECTOR, HALT);
    for (uint32_t i = 0; i < ncpus; i++)
        made->cpus[i]->vector = VECTOR;
    return made;
}

static void set_up(void)
{
    machine_gdb = 1;
    m = make(1, 0);
}

static void tear_down(void)
{
    machine_free(m);
}

TestSuite(gdb, .init = set_up, .fini = tear_down, .timeout = 120 * BP_PATIENCE);

static const struct jit_descriptor *descriptor(void)
{
    void *object = dlopen(machine_accel, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    const struct jit_descriptor *d;

    cr_assert_not_null(object);
    cr_assert_not_null(dlsym(object, "__jit_debug_register_code"));
    d = dlsym(object, "__jit_debug_descriptor");
    cr_assert_not_null(d);
    return d;
}

/* --- an object -------------------------------------------------------------------------------- */

static const void *content(const struct jit_code_entry *entry, const Elf64_Shdr *section)
{
    cr_assert_leq(section->sh_offset, entry->symfile_size);
    cr_assert_leq(section->sh_size, entry->symfile_size - section->sh_offset);
    cr_assert_eq(section->sh_offset % section->sh_addralign, 0);
    return entry->symfile_addr + section->sh_offset;
}

static void note_name(const char *name, struct range range)
{
    unsigned long long va;
    char again[64];

    seen.named[seen.stubs + seen.blocks + seen.regions] = range;
    if (!strcmp(name, "tcg-stubs")) {
        seen.stubs++;
    } else if (sscanf(name, "guest-0x%llx", &va) == 1) {
        snprintf(again, sizeof again, "guest-0x%llx", va);
        cr_assert_str_eq(name, again);
        seen.va[seen.blocks++] = va;
    } else {
        cr_assert_eq(sscanf(name, "region-0x%llx", &va), 1);
        seen.regions++;
    }
    cr_assert_lt(seen.stubs + seen.blocks + seen.regions, MOST);
}

/* DWARF 5, 6.4.1: entries are a length, and 0xffffffff (a CIE) or where the CIE is. */
static void check_frames(const uint8_t *at, uint64_t size, struct range text)
{
    for (uint64_t offset = 0; offset < size;) {
        uint32_t length, id, of;
        struct range range;
        cr_assert_leq(offset + 24, size);
        memcpy(&length, at + offset, 4);
        memcpy(&id, at + offset + 4, 4);
        cr_assert_leq(length, size - offset - 4);
        if (id != UINT32_MAX) {
            memcpy(&range, at + offset + 8, sizeof range);
            range.to += range.from;
            cr_assert(text.from <= range.from && range.from < range.to && range.to <= text.to);
            seen.framed[seen.frames++] = range;
            cr_assert_lt(seen.frames, MOST);
            cr_assert_lt(id, offset);
            memcpy(&of, at + id + 4, 4);
            cr_assert_eq(of, UINT32_MAX);
        }
        offset += length + 4;
    }
}

static void check_object(const struct jit_code_entry *entry)
{
    const Elf64_Ehdr *ehdr = (const void *)entry->symfile_addr;
    const Elf64_Shdr *sections, *text = NULL, *symtab = NULL, *frames = NULL;
    const Elf64_Sym *symbols;
    const char *strings;
    struct range code;

    cr_assert_geq(entry->symfile_size, sizeof *ehdr);
    cr_assert_eq(memcmp(ehdr->e_ident, ELFMAG, SELFMAG), 0);
    cr_assert_eq(ehdr->e_ident[EI_CLASS], ELFCLASS64);
    cr_assert_eq(ehdr->e_machine, EM_X86_64);
    cr_assert_eq(ehdr->e_shentsize, sizeof *sections);
    cr_assert_leq(ehdr->e_shoff + ehdr->e_shnum * sizeof *sections, entry->symfile_size);
    sections = (const void *)(entry->symfile_addr + ehdr->e_shoff);
    strings = content(entry, &sections[ehdr->e_shstrndx]);
    for (uint32_t i = 1; i < ehdr->e_shnum; i++) {
        const char *name = strings + sections[i].sh_name;
        text = strcmp(name, ".text") ? text : &sections[i];
        symtab = strcmp(name, ".symtab") ? symtab : &sections[i];
        frames = strcmp(name, ".debug_frame") ? frames : &sections[i];
    }
    cr_assert(text && symtab && frames);
    cr_assert_eq(text->sh_type, SHT_NOBITS);
    cr_assert_eq(text->sh_flags, SHF_ALLOC | SHF_EXECINSTR);
    code = (struct range){text->sh_addr, text->sh_addr + text->sh_size};
    cr_assert_eq(symtab->sh_type, SHT_SYMTAB);
    strings = content(entry, &sections[symtab->sh_link]);
    cr_assert_eq(strings[sections[symtab->sh_link].sh_size - 1], 0);
    symbols = content(entry, symtab);
    cr_assert_geq(symtab->sh_size, 2 * sizeof *symbols);
    for (uint64_t i = 1; i < symtab->sh_size / sizeof *symbols; i++) {
        struct range range = {symbols[i].st_value, symbols[i].st_value + symbols[i].st_size};
        cr_assert_eq(ELF64_ST_TYPE(symbols[i].st_info), STT_FUNC);
        cr_assert_lt(symbols[i].st_name, sections[symtab->sh_link].sh_size);
        cr_assert(code.from <= range.from && range.from < range.to && range.to <= code.to);
        note_name(strings + symbols[i].st_name, range);
    }
    check_frames(content(entry, frames), frames->sh_size, code);
}

static int by_address(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

static void check_apart(struct range *ranges, uint32_t n)
{
    qsort(ranges, n, sizeof *ranges, by_address);
    for (uint32_t i = 1; i < n; i++)
        cr_assert_leq(ranges[i - 1].to, ranges[i].from);
}

/* Each piece of named code has a frame, each frame is of one piece. */
static void check_covered(uint32_t named)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < named; i++) {
        while (at < seen.frames && seen.framed[at].from < seen.named[i].from)
            at++;
        cr_assert_lt(at, seen.frames);
        cr_assert_eq(seen.framed[at].from, seen.named[i].from);
        cr_assert_eq(seen.framed[at].to, seen.named[i].to);
    }
}

static void look(void)
{
    const struct jit_descriptor *d = descriptor();
    const struct jit_code_entry *before = NULL;

    seen.objects = seen.stubs = seen.blocks = seen.regions = seen.frames = 0;
    cr_assert_eq(d->version, 1);
    for (const struct jit_code_entry *entry = d->first_entry; entry; entry = entry->next_entry) {
        cr_assert_eq(entry->prev_entry, before);
        before = entry;
        seen.objects++;
        check_object(entry);
    }
    check_apart(seen.named, seen.stubs + seen.blocks + seen.regions);
    check_apart(seen.framed, seen.frames);
    check_covered(seen.stubs + seen.blocks + seen.regions);
}

static uint32_t times(uint64_t va)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < seen.blocks; i++)
        n += seen.va[i] == va;
    return n;
}

static uint32_t largest_log2(uint32_t n)
{
    return n > 1 ? 1 + largest_log2(n / 2) : 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

/* `n` blocks in a row, and a last one that halts. */
static void chain(struct machine *machine, uint64_t pa, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++, pa += 8)
        CODE(machine, pa, ADDI(1, 1, 1), JMP(1));
    CODE(machine, pa, HALT);
}

Test(gdb, nothing_before_code_is_translated)
{
    look();
    cr_assert_eq(seen.objects, 0);
}

Test(gdb, a_block_and_the_stubs)
{
    CODE(m, TEXT, ADDI(1, 1, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    look();
    cr_assert_eq(seen.stubs, 1);
    cr_assert_eq(times(TEXT), 1);
}

Test(gdb, many_blocks_in_few_objects)
{
    const uint32_t n = 1000;

    chain(m, TEXT, n);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    look();
    for (uint32_t i = 0; i < n; i++)
        cr_assert_eq(times(TEXT + 8 * i), 1);
    cr_assert_eq(seen.blocks, machine_counter(m, "host-blocks"));
    cr_assert_leq(seen.objects, largest_log2(n) + 1);
}

Test(gdb, code_that_was_emptied_has_no_name)
{
    struct machine *small = make(1, 64 << 10);
    const uint32_t n = 8000;

    chain(small, TEXT, n);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(machine_run(small, TEXT), BP_RUN_WAIT);
    cr_assert_gt(machine_counter(small, "cache-flushes"), 2);
    cr_assert_gt(machine_counter(small, "host-blocks"), n / 2);
    look();
    cr_assert_lt(seen.blocks, n / 2);
    machine_free(small);
    look();
    cr_assert_eq(seen.objects, 0);
}

Test(gdb, machines_share_the_list)
{
    struct machine *other = make(1, 0);

    chain(m, TEXT, 20);
    chain(other, TEXT, 20);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
        cr_assert_eq(machine_run(other, TEXT), BP_RUN_WAIT);
    }
    look();
    cr_assert_eq(seen.stubs, 2);
    cr_assert_eq(times(TEXT), 2);
    machine_free(other);
    look();
    cr_assert_eq(seen.stubs, 1);
    cr_assert_eq(times(TEXT), 1);
}

Test(gdb, vcpus_translate_at_the_same_time)
{
    struct machine *four = make(4, 0);

    for (uint32_t i = 0; i < 4; i++) {
        chain(four, TEXT + 0x4000 * i, 500);
        four->cpus[i]->pc = TEXT + 0x4000 * i;
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 4; i++) {
            four->cpus[i]->pc = TEXT + 0x4000 * i;
            four->cpus[i]->waiting = 0;
        }
        cr_assert_eq(machine_run_all(four), 0);
    }
    look();
    cr_assert_eq(seen.stubs, 4);
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t k = 0; k < 500; k++)
            cr_assert_eq(times(TEXT + 0x4000 * i + 8 * k), 1);
    }
    machine_free(four);
}

Test(gdb, a_region_has_stubs_of_its_own)
{
    /* 20,000 rounds; very-hot is 5,000. */
    CODE(m, TEXT, LI(4, 20000), /* loop: */ ADDI(5, 5, 1), ADDI(4, 4, -1), BNE(4, 3, -2), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    look();
    cr_assert_gt(machine_counter(m, "host-regions"), 0);
    cr_assert_eq(seen.regions, machine_counter(m, "host-regions"));
    cr_assert_eq(seen.stubs, 1 + seen.regions);
}

Test(gdb, off)
{
    struct machine *without;

    machine_gdb = 0;
    without = make(1, 0);
    chain(without, TEXT, 20);
    cr_assert_eq(machine_run(without, TEXT), BP_RUN_WAIT);
    cr_assert_eq(machine_run(without, TEXT), BP_RUN_WAIT);
    cr_assert_gt(machine_counter(without, "host-blocks"), 10);
    look();
    cr_assert_eq(seen.objects, 0);
    machine_free(without);
}
