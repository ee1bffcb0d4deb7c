/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader: ELF programs, whole and damaged in every way the file format allows.
 */
#include "load_files.h"

Test(elf, segments_go_to_their_physical_addresses)
{
    struct program64 f = program64(UINT64_C(0xffffffff80000000), RAM + 0x2000);
    const struct segment *s;

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("vmlinux", &f, sizeof(f)));
    must_load();
    s = segment_at(RAM + 0x2000);
    cr_assert(s);
    cr_expect_eq(s->bytes, 16);
    cr_expect_eq(s->zero, 4080);
    cr_expect_arr_eq(s->data, f.code, 16);
    cr_expect_eq(rig.m->boot.entry, RAM + 0x2004,
                 "the entry is virtual in the file and physical for the CPU");
    cr_expect_eq(rig.m->boot.next_entry, 0, "no firmware, nothing behind it");
    rig_finish(&rig);
}

Test(elf, firmware_first_kernel_next)
{
    struct program64 f = program64(RAM, RAM), k = program64(RAM + 2 * MIB, RAM + 2 * MIB);

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("kernel", &k, sizeof(k)));
    give_image("firmware", file_with("firmware", &f, sizeof(f)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM + 4);
    cr_expect_eq(rig.m->boot.next_entry, RAM + 2 * MIB + 4);
    rig_finish(&rig);
}

Test(elf, firmware_none_enters_the_kernel)
{
    struct program64 k = program64(RAM, RAM);

    board(&cpu64, 16 * MIB);
    give_image("firmware", "none");
    give_image("kernel", file_with("kernel", &k, sizeof(k)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM + 4);
    cr_expect_eq(rig.m->boot.next_entry, 0);
    rig_finish(&rig);
}

Test(elf, class_32)
{
    struct program32 f = program32((uint32_t)RAM);

    board(&cpu32, 16 * MIB);
    give_image("kernel", file_with("small", &f, sizeof(f)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM);
    cr_expect(segment_at(RAM));
    rig_finish(&rig);
}

Test(elf, position_independent_code_moves)
{
    struct program64 f = program64(0, 0);

    f.e.e_type = ET_DYN;
    board(&cpu64, 16 * MIB);
    give_place("firmware", RAM + 0x10000);
    give_image("firmware", file_with("fw.elf", &f, sizeof(f)));
    must_load();
    cr_expect(segment_at(RAM + 0x10000));
    cr_expect_eq(rig.m->boot.entry, RAM + 0x10004);
    cr_expect_eq(rig.m->symbols[0].address, RAM + 0x10000, "symbols move along");
    cr_expect_eq(rig.m->symbols[1].address, 5, "absolute ones do not");
    rig_finish(&rig);
}

Test(elf, position_independent_code_without_a_place)
{
    struct program64 f = program64(0, 0), linked = program64(RAM + MIB, RAM + MIB);

    f.e.e_type = linked.e.e_type = ET_DYN;
    board(&cpu64, 16 * MIB);
    give_image("firmware", file_with("fw.elf", &f, sizeof(f)));
    give_image("kernel", file_with("kernel.elf", &linked, sizeof(linked)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM + 4, "linked nowhere: to the start of RAM");
    cr_expect_eq(rig.m->boot.next_entry, RAM + MIB + 4, "linked into RAM: stays");
    rig_finish(&rig);
}

Test(elf, into_rom)
{
    struct program64 f = program64(0x1000, 0x1000);

    f.p[1].p_memsz = 16;
    board(&cpu64, 16 * MIB);
    give_image("firmware", file_with("boot-rom", &f, sizeof(f)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, 0x1004);
    rig_finish(&rig);
}

Test(elf, symbols)
{
    struct program64 f = program64(RAM, RAM);

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("kernel", &f, sizeof(f)));
    must_load();
    cr_assert_eq(rig.m->nsymbols, 2, "neither the null symbol nor $x");
    cr_expect_str_eq(rig.m->symbols[0].name, "_start");
    cr_expect_eq(rig.m->symbols[0].address, RAM);
    cr_expect_str_eq(rig.m->symbols[1].name, "absolute");
    rig_finish(&rig);
}

/* --- damage ------------------------------------------------------------------------------------------------- */

#define FIELD(member, value_)                                                                      \
    .offset = offsetof(struct program64, member),                                                  \
    .bytes = sizeof(((struct program64 *)0)->member), .value = (value_)

/* One change to a good file, and what is said about it. */
struct damage {
    size_t offset, bytes;
    uint64_t value;
    const char *says;
};

static const struct damage fatal[] = {
    {FIELD(e.e_ident[EI_CLASS], 3),
     "has ELF class 3, which is neither 32 nor 64 bit: the file is damaged"},
    {FIELD(e.e_ident[EI_DATA], ELFDATA2MSB),
     "is not little-endian: build it for a little-endian machine"},
    {FIELD(e.e_version, 9), "has an unknown ELF version: the file is damaged"},
    {FIELD(e.e_type, ET_REL), "is an object file: link it first"},
    {FIELD(e.e_type, ET_CORE), "is not an executable ELF file: link a program"},
    {FIELD(e.e_machine, EM_X86_64),
     "is a program for x86-64, but the CPUs are RISC-V: build it for them"},
    {FIELD(e.e_machine, 4242),
     "is a program for machine 4242, but the CPUs are RISC-V: build it for them"},
    {FIELD(e.e_phnum, 0), "has no program headers: link it with a linker script"},
    {FIELD(e.e_phnum, 0xffff),
     "its program headers lie outside of the file: build or fetch it again"},
    {FIELD(e.e_phentsize, 8),
     "its program headers lie outside of the file: build or fetch it again"},
    {FIELD(e.e_phoff, UINT64_MAX - 8),
     "its program headers lie outside of the file: build or fetch it again"},
    {FIELD(e.e_entry, 0x4000),
     "its entry point 0x4000 is in none of its segments: set one with the linker's -e"},
    {FIELD(p[1].p_type, PT_NULL), "has nothing to load: link it with a linker script"},
    {FIELD(p[1].p_offset, UINT64_MAX),
     "segment 1 reaches past the end of the file: build or fetch it again"},
    {FIELD(p[1].p_offset, 600),
     "segment 1 reaches past the end of the file: build or fetch it again"},
    {FIELD(p[1].p_memsz, 15),
     "segment 1 has more bytes in the file than in memory: the file is damaged"},
    {FIELD(p[1].p_memsz, UINT64_C(1) << 40),
     "0x80000000-0x1007fffffff does not fit into the RAM at 0x80000000-0x80ffffff: give the board more memory"},
    {FIELD(p[1].p_memsz, UINT64_MAX),
     "0x80000000 and 0xffffffffffffffff bytes pass the end of the address space: the file is damaged"},
    {FIELD(p[1].p_paddr, 0x40000000),
     "0x40000000-0x40000fff is not memory on this board, whose RAM is 0x80000000-0x80ffffff: link it for that address, "
     "or give its place under `boot:`"},
    {FIELD(p[1].p_paddr, 0x1000),
     "0x00001000-0x00001fff is not memory on this board, whose RAM is 0x80000000-0x80ffffff: link it for that address, "
     "or give its place under `boot:`"}, /* .bss in a ROM */
};

Test(elf, damage_is_named)
{
    for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) {
        struct program64 f = program64(RAM, RAM);

        memcpy((uint8_t *)&f + fatal[i].offset, &fatal[i].value, fatal[i].bytes);
        board(&cpu64, 16 * MIB);
        give_image("kernel", file_with("bad.elf", &f, sizeof(f)));
        must_refuse("bad.elf", fatal[i].says);
        rig_finish(&rig);
    }
}

/* Symbols are a help, so what is wrong with them never keeps a program from running. */
static const struct damage harmless[] = {
    {FIELD(e.e_shoff, UINT64_MAX - 3), NULL},
    {FIELD(e.e_shentsize, 1), NULL},
    {FIELD(e.e_shnum, 0xfff0), NULL},
    {FIELD(s[1].sh_offset, UINT64_MAX), NULL},
    {FIELD(s[1].sh_size, UINT64_MAX), NULL},
    {FIELD(s[1].sh_size, 0), NULL},
    {FIELD(s[1].sh_entsize, 0), NULL},
    {FIELD(s[1].sh_link, 77), NULL},
    {FIELD(s[2].sh_offset, 1 << 20), NULL},
    {FIELD(s[2].sh_size, 5), NULL}, /* does not end in NUL */
    {FIELD(symbols[1].st_name, 0xffffff), NULL},
};

Test(elf, damaged_symbols_are_left_out)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
        struct program64 f = program64(RAM, RAM);

        memcpy((uint8_t *)&f + harmless[i].offset, &harmless[i].value, harmless[i].bytes);
        board(&cpu64, 16 * MIB);
        give_image("kernel", file_with("odd.elf", &f, sizeof(f)));
        cr_assert_eq(load(), BP_OK, "case %zu", i);
        cr_assert_eq(rig.diag.count, 1, "case %zu", i);
        cr_expect_eq(rig.diag.items[0].level, DIAG_WARNING);
        cr_expect_str_eq(
            rig.diag.items[0].text,
            "its symbol table is damaged and was left out: build it again to see names");
        rig_finish(&rig);
    }
}

Test(elf, every_truncation_is_an_error)
{
    struct program64 f = program64(RAM, RAM);
    size_t whole = offsetof(struct program64, symbols);

    /* Section headers are at the end and optional, so a file cut behind the code still runs. */
    for (size_t bytes = 4; bytes < whole; bytes += bytes < 200 ? 7 : 1) {
        board(&cpu64, 16 * MIB);
        give_image("kernel", file_with("cut.elf", &f, bytes));
        cr_expect_neq(load(), BP_OK, "%zu bytes", bytes);
        cr_expect_eq(rig.diag.errors, 1, "%zu bytes", bytes);
        rig_finish(&rig);
    }
}

Test(elf, cut_inside_the_header)
{
    struct program64 f = program64(RAM, RAM);

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("cut.elf", &f, 40));
    must_refuse("cut.elf", "is cut off inside the ELF header: build or fetch it again");
    rig_finish(&rig);
}

Test(elf, the_width_must_fit)
{
    struct program64 wide = program64(RAM, RAM);
    struct program32 narrow = program32((uint32_t)RAM);

    board(&cpu32, 16 * MIB);
    give_image("kernel", file_with("wide", &wide, sizeof(wide)));
    must_refuse("wide", "is a 64-bit program, but the CPUs are 32-bit: build it for them");
    rig_finish(&rig);
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("narrow", &narrow, sizeof(narrow)));
    must_refuse("narrow", "is a 32-bit program, but the CPUs are 64-bit: build it for them");
    rig_finish(&rig);
}

Test(elf, segments_that_overlap)
{
    struct program64 f = program64(RAM, RAM);
    char *path;

    f.p[0] = f.p[1];
    f.p[0].p_paddr = RAM + 4095;
    board(&cpu64, 16 * MIB);
    path = file_with("twice", &f, sizeof(f));
    give_image("kernel", path);
    cr_assert_neq(load(), BP_OK);
    cr_expect(strstr(rig.diag.items[0].text, "0x80000000-0x80000fff overlaps "), "%s",
              rig.diag.items[0].text);
    cr_expect(strstr(rig.diag.items[0].text,
                     " at 0x80000fff-0x80001ffe: give one of them another place under `boot:`"),
              "%s", rig.diag.items[0].text);
    rig_finish(&rig);
}

Test(elf, too_many_segments)
{
    static uint8_t file[sizeof(Elf64_Ehdr) + 300 * sizeof(Elf64_Phdr)];
    struct program64 f = program64(RAM, RAM);

    f.e.e_phnum = 300;
    f.e.e_phoff = sizeof(f.e);
    f.p[1].p_filesz = f.p[1].p_offset = 0;
    memcpy(file, &f.e, sizeof(f.e));
    for (size_t i = 0; i < 300; i++)
        memcpy(file + sizeof(f.e) + i * sizeof(f.p[1]), &f.p[1], sizeof(f.p[1]));
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("many", file, sizeof(file)));
    must_refuse("many", "has more than 256 loadable segments: link it into fewer");
    rig_finish(&rig);
}

/* Any bytes at all: an error or a program, never a crash (the sanitizers watch). */
Test(elf, noise)
{
    unsigned seed = 1;

    for (int i = 0; i < 300; i++) {
        struct program64 f = program64(RAM, RAM);

        for (int k = 0; k < 6; k++)
            ((uint8_t *)&f)[5 + (size_t)rand_r(&seed) % (sizeof(f) - 5)] = (uint8_t)rand_r(&seed);
        board(&cpu64, MIB);
        give_image("kernel", file_with("noise", &f, sizeof(f)));
        cr_expect_eq(load() == BP_OK, rig.diag.errors == 0);
        rig_finish(&rig);
    }
}
