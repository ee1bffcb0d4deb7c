/* SPDX-License-Identifier: Apache-2.0
 *
 * load_files.h - small programs and images made by the tests of the loader, and the machine they go into.
 */
#ifndef TESTS_UNIT_LOAD_FILES_H
#define TESTS_UNIT_LOAD_FILES_H

#include "core/load/load.h"
#include "rig.h"

#include <elf.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#define RAM UINT64_C(0x80000000)
#define MIB UINT64_C(0x100000)
#define KIB UINT64_C(0x400)

static struct rig rig;
static struct graph_image images[8];
static struct graph_place places[8];
static char folder[64];

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command))
        fprintf(stderr, "%s stays behind\n", folder);
}

/* A file of this test process. Only the last eight paths are kept. */
static char *file_with(const char *name, const void *data, size_t bytes)
{
    static char paths[8][128];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    FILE *file;

    if (!*folder) {
        strcpy(folder, "/tmp/backplane-test-XXXXXX");
        cr_assert(mkdtemp(folder));
        atexit(remove_folder);
    }
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    file = fopen(path, "w");
    cr_assert(file);
    cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
    return path;
}

RIG_UNUSED static void give_image(const char *role, const char *path)
{
    images[rig.graph.nimages++] =
        (struct graph_image){.role = (char *)role, .path = (char *)path, .pos = {"run.yaml", 7, 3}};
}

RIG_UNUSED static void give_place(const char *role, uint64_t address)
{
    places[rig.graph.nplaces++] = (struct graph_place){.role = (char *)role, .address = address};
}

static int32_t cpu_init(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                        struct bp_dev *dev, const struct bp_core *core)
{
    return BP_OK;
}

static const struct bp_cpu_class cpu64 = {.size = sizeof(cpu64),
                                          .name = "cpu64",
                                          .state_size = 64,
                                          .state_align = 8,
                                          .xlen = 64,
                                          .init = cpu_init,
                                          .elf_machine = EM_RISCV};
static const struct bp_cpu_class cpu32 = {.size = sizeof(cpu32),
                                          .name = "cpu32",
                                          .state_size = 64,
                                          .state_align = 8,
                                          .xlen = 32,
                                          .init = cpu_init,
                                          .elf_machine = EM_RISCV};

/* RAM at 0x80000000, a ROM at 0x1000 and a CPU. */
static void board(const struct bp_cpu_class *cpu, uint64_t ram_bytes)
{
    rig_init(&rig);
    memset(images, 0, sizeof(images));
    memset(places, 0, sizeof(places));
    rig.graph.images = images;
    rig.graph.places = places;
    rig_core(&rig, "ram", "ram", RAM, ram_bytes);
    rig_core(&rig, "rom", "rom", 0x1000, 0x1000);
    rig_cpu(&rig, "hart0", cpu);
}

/* With an accelerator if the rig has one, as only then is there a CPU to ask. */
static int32_t load(void)
{
    rig_must_build(&rig, rig.graph.naccels ? 0 : MACHINE_NO_BACKENDS);
    return load_images(rig.m, &rig.diag);
}

RIG_UNUSED static void must_load(void)
{
    int32_t status = load();

    if (status != BP_OK)
        diag_print(&rig.diag, stderr);
    cr_assert_eq(status, BP_OK);
    cr_assert_eq(rig.diag.errors, 0);
}

/* Loading fails with exactly this one error, about `thing` (a file of ours is named without its folder). */
RIG_UNUSED static void must_refuse(const char *thing, const char *text)
{
    const char *is;

    cr_assert_neq(load(), BP_OK);
    if (rig.diag.count != 1)
        diag_print(&rig.diag, stderr);
    cr_assert_eq(rig.diag.count, 1);
    is = rig.diag.items[0].thing;
    if (is && !strncmp(is, folder, strlen(folder)) && *folder)
        is += strlen(folder) + 1;
    cr_expect_str_eq(is ? is : "", thing);
    cr_expect_str_eq(rig.diag.items[0].text, text);
}

/* The segment that begins at `pa`, or NULL. */
RIG_UNUSED static const struct segment *segment_at(uint64_t pa)
{
    for (uint32_t i = 0; i < rig.m->nsegments; i++)
        if (rig.m->segments[i].pa == pa)
            return &rig.m->segments[i];
    return NULL;
}

/* --- Linux Image, gzip ---------------------------------------------------------------------------------- */

/* "Boot image header in RISC-V Linux": the fields a loader reads. */
struct linux_image {
    uint32_t code[2];
    uint64_t text_offset, image_size, flags;
    uint32_t version, reserved[3];
    char magic[8], magic2[4];
    uint32_t pe;
    uint8_t text[64];
};

RIG_UNUSED static struct linux_image linux_image(uint64_t text_offset, uint64_t image_size)
{
    struct linux_image image = {.code = {0x5a4d},
                                .text_offset = text_offset,
                                .image_size = image_size,
                                .version = 2,
                                .magic = "RISCV",
                                .magic2 = "RSC\x05",
                                .text = "the kernel"};

    return image;
}

RIG_UNUSED static char *gzipped(const char *name, const void *data, size_t bytes)
{
    char *path = file_with(name, "", 0);
    gzFile file = gzopen(path, "wb");

    cr_assert_eq(gzwrite(file, data, (unsigned)bytes), (int)bytes);
    gzclose(file);
    return path;
}

/* --- ELF ------------------------------------------------------------------------------------------------ */

/* Header, two program headers, 16 bytes of code, a symbol table. */
struct program64 {
    Elf64_Ehdr e;
    Elf64_Phdr p[2];
    uint8_t code[16];
    Elf64_Sym symbols[4];
    char names[32];
    Elf64_Shdr s[3];
};

RIG_UNUSED static struct program64 program64(uint64_t vaddr, uint64_t paddr)
{
    struct program64 f = {
        .e = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
              .e_type = ET_EXEC,
              .e_machine = EM_RISCV,
              .e_version = EV_CURRENT,
              .e_entry = vaddr + 4,
              .e_phoff = offsetof(struct program64, p),
              .e_shoff = offsetof(struct program64, s),
              .e_ehsize = sizeof(Elf64_Ehdr),
              .e_phentsize = sizeof(Elf64_Phdr),
              .e_phnum = 2,
              .e_shentsize = sizeof(Elf64_Shdr),
              .e_shnum = 3},
        .p = {{.p_type = PT_NOTE},
              {.p_type = PT_LOAD,
               .p_offset = offsetof(struct program64, code),
               .p_vaddr = vaddr,
               .p_paddr = paddr,
               .p_filesz = 16,
               .p_memsz = 4096}},
        .code = "code and no data",
        .symbols = {{0},
                    {.st_name = 1,
                     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                     .st_shndx = 1,
                     .st_value = vaddr},
                    {.st_name = 8,
                     .st_info = ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE),
                     .st_shndx = 1,
                     .st_value = vaddr},
                    {.st_name = 11,
                     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
                     .st_shndx = SHN_ABS,
                     .st_value = 5}},
        .names = "\0_start\0$x\0absolute",
        .s = {{0},
              {.sh_type = SHT_SYMTAB,
               .sh_offset = offsetof(struct program64, symbols),
               .sh_size = sizeof(f.symbols),
               .sh_link = 2,
               .sh_entsize = sizeof(Elf64_Sym)},
              {.sh_type = SHT_STRTAB,
               .sh_offset = offsetof(struct program64, names),
               .sh_size = sizeof(f.names)}},
    };

    return f;
}

struct program32 {
    Elf32_Ehdr e;
    Elf32_Phdr p[1];
    uint8_t code[16];
};

RIG_UNUSED static struct program32 program32(uint32_t address)
{
    return (struct program32){
        .e = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
              .e_type = ET_EXEC,
              .e_machine = EM_RISCV,
              .e_version = EV_CURRENT,
              .e_entry = address,
              .e_phoff = offsetof(struct program32, p),
              .e_ehsize = sizeof(Elf32_Ehdr),
              .e_phentsize = sizeof(Elf32_Phdr),
              .e_phnum = 1},
        .p = {{.p_type = PT_LOAD,
               .p_offset = offsetof(struct program32, code),
               .p_vaddr = address,
               .p_paddr = address,
               .p_filesz = 16,
               .p_memsz = 16}},
    };
}

#endif
