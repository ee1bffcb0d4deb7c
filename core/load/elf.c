/* SPDX-License-Identifier: Apache-2.0
 *
 * ELF32 and ELF64, little-endian: loadable segments to their physical addresses. Every count and offset in the file is
 * checked before it is used.
 */
#include "core/load/elf.h"
#include "core/load/loader.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEGMENTS   256u
#define MAX_PHDR_BYTES 65536u

static const struct elf_field e_type = {16, 2, 16, 2}, e_machine = {18, 2, 18, 2},
                              e_version = {20, 4, 20, 4}, e_entry = {24, 4, 24, 8},
                              e_phoff = {28, 4, 32, 8}, e_shoff = {32, 4, 40, 8},
                              e_phentsize = {42, 2, 54, 2}, e_phnum = {44, 2, 56, 2},
                              e_shentsize = {46, 2, 58, 2}, e_shnum = {48, 2, 60, 2};
static const struct elf_field p_type = {0, 4, 0, 4}, p_offset = {4, 4, 8, 8},
                              p_vaddr = {8, 4, 16, 8}, p_paddr = {12, 4, 24, 8},
                              p_filesz = {16, 4, 32, 8}, p_memsz = {20, 4, 40, 8};

struct segment {
    uint64_t offset, vaddr, paddr, filesz, memsz;
};

/* Names for the e_machine values people mix up. */
static const struct {
    uint32_t machine;
    const char *name;
} machine_names[] = {
    {EM_386, "x86"},   {EM_X86_64, "x86-64"}, {EM_ARM, "Arm"},      {EM_AARCH64, "AArch64"},
    {EM_MIPS, "MIPS"}, {EM_PPC64, "PowerPC"}, {EM_RISCV, "RISC-V"}, {EM_S390, "s390"},
};

static const char *machine_name(uint32_t machine, char text[24])
{
    for (size_t i = 0; i < sizeof(machine_names) / sizeof(*machine_names); i++)
        if (machine_names[i].machine == machine)
            return machine_names[i].name;
    snprintf(text, 24, "machine %" PRIu32, machine);
    return text;
}

static const struct bp_cpu_class *first_cpu(const struct loader *l)
{
    for (uint32_t i = 0; i < l->graph->nnodes; i++)
        if (l->graph->nodes[i]->type->kind == TYPE_CPU)
            return l->graph->nodes[i]->type->cpu;
    return NULL;
}

static bool right_machine(struct loader *l, const struct source *s, const struct elf_view *elf)
{
    const struct bp_cpu_class *cpu = first_cpu(l);
    char is[24], wants[24];

    if (!cpu)
        return true;
    if (BP_HAS(cpu, elf_machine) && cpu->elf_machine && cpu->elf_machine != elf->machine) {
        source_error(l, s, "is a program for %s, but the CPUs are %s: build it for them",
                     machine_name(elf->machine, is), machine_name(cpu->elf_machine, wants));
        return false;
    }
    if (elf->wide != (cpu->xlen == 64)) {
        source_error(l, s,
                     "is a %d-bit program, but the CPUs are %" PRIu32 "-bit: build it for them",
                     elf->wide ? 64 : 32, cpu->xlen);
        return false;
    }
    return true;
}

/* The header, or an error. A table that reaches past the file is the mark of a cut download. */
static bool read_header(struct loader *l, struct source *s, struct elf_view *elf)
{
    uint8_t h[sizeof(Elf64_Ehdr)] = {0};
    uint64_t bytes = s->bytes < sizeof(h) ? s->bytes : sizeof(h);
    bool wide;

    if (source_read(l, s, 0, h, bytes) != BP_OK)
        return false;
    wide = h[EI_CLASS] == ELFCLASS64;
    if (bytes < (wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr))) {
        source_error(l, s, "is cut off inside the ELF header: build or fetch it again");
        return false;
    }
    if (!wide && h[EI_CLASS] != ELFCLASS32) {
        source_error(l, s, "has ELF class %u, which is neither 32 nor 64 bit: the file is damaged",
                     h[EI_CLASS]);
        return false;
    }
    if (h[EI_DATA] != ELFDATA2LSB) {
        source_error(l, s, "is not little-endian: build it for a little-endian machine");
        return false;
    }
    *elf = (struct elf_view){
        .wide = wide,
        .type = (uint32_t)elf_get(h, wide, e_type),
        .machine = (uint32_t)elf_get(h, wide, e_machine),
        .entry = elf_get(h, wide, e_entry),
        .phoff = elf_get(h, wide, e_phoff),
        .shoff = elf_get(h, wide, e_shoff),
        .phentsize = (uint32_t)elf_get(h, wide, e_phentsize),
        .phnum = (uint32_t)elf_get(h, wide, e_phnum),
        .shentsize = (uint32_t)elf_get(h, wide, e_shentsize),
        .shnum = (uint32_t)elf_get(h, wide, e_shnum),
    };
    if (elf_get(h, wide, e_version) != EV_CURRENT) {
        source_error(l, s, "has an unknown ELF version: the file is damaged");
        return false;
    }
    if (elf->type != ET_EXEC && elf->type != ET_DYN) {
        source_error(l, s,
                     elf->type == ET_REL ? "is an object file: link it first"
                                         : "is not an executable ELF file: link a program");
        return false;
    }
    return right_machine(l, s, elf);
}

static bool check_segment(struct loader *l, const struct source *s, uint32_t i,
                          const struct segment *seg)
{
    if (seg->filesz > seg->memsz) {
        source_error(l, s,
                     "segment %" PRIu32
                     " has more bytes in the file than in memory: the file is damaged",
                     i);
        return false;
    }
    if (seg->offset > s->bytes || seg->filesz > s->bytes - seg->offset) {
        source_error(
            l, s, "segment %" PRIu32 " reaches past the end of the file: build or fetch it again",
            i);
        return false;
    }
    return true;
}

/* Loadable segments into `list`; their number, or a negative status that was reported. */
static int32_t read_segments(struct loader *l, struct source *s, const struct elf_view *elf,
                             struct segment *list)
{
    uint64_t table = (uint64_t)elf->phentsize * elf->phnum;
    uint8_t *headers;
    int32_t count = 0;

    if (!elf->phnum || elf->phentsize < (elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) ||
        table > MAX_PHDR_BYTES || elf->phoff > s->bytes || table > s->bytes - elf->phoff) {
        source_error(l, s,
                     elf->phnum
                         ? "its program headers lie outside of the file: build or fetch it again"
                         : "has no program headers: link it with a linker script");
        return BP_E_INVAL;
    }
    headers = malloc(table);
    if (!headers || source_read(l, s, elf->phoff, headers, table) != BP_OK) {
        free(headers);
        return BP_E_IO;
    }
    for (uint32_t i = 0; i < elf->phnum && count >= 0; i++) {
        const uint8_t *h = headers + (size_t)i * elf->phentsize;
        struct segment seg = {
            .offset = elf_get(h, elf->wide, p_offset),
            .vaddr = elf_get(h, elf->wide, p_vaddr),
            .paddr = elf_get(h, elf->wide, p_paddr),
            .filesz = elf_get(h, elf->wide, p_filesz),
            .memsz = elf_get(h, elf->wide, p_memsz),
        };

        if (elf_get(h, elf->wide, p_type) != PT_LOAD || !seg.memsz)
            continue;
        if (!check_segment(l, s, i, &seg)) {
            count = BP_E_INVAL;
        } else if ((uint32_t)count == MAX_SEGMENTS) {
            source_error(l, s, "has more than %u loadable segments: link it into fewer",
                         MAX_SEGMENTS);
            count = BP_E_INVAL;
        } else {
            list[count++] = seg;
        }
    }
    free(headers);
    if (!count)
        source_error(l, s, "has nothing to load: link it with a linker script");
    return count ? count : BP_E_INVAL;
}

static int32_t put_segment(struct loader *l, struct source *s, const struct segment *seg)
{
    if (!place_claim(l, s->image->pos, s->image->path, (struct extent){seg->paddr, seg->memsz},
                     seg->memsz > seg->filesz))
        return BP_E_INVAL;
    return source_segment(l, s, seg->offset, seg->paddr, seg->filesz, seg->memsz - seg->filesz);
}

static bool in_ram(const struct loader *l, uint64_t address)
{
    for (uint32_t i = 0; i < l->nram; i++)
        if (address - l->ram[i].base < l->ram[i].bytes)
            return true;
    return false;
}

/* How far a position-independent program moves from where it was linked. */
static uint64_t shift_of(const struct loader *l, const struct elf_view *elf, uint64_t lowest,
                         const uint64_t *where, uint64_t fallback)
{
    if (elf->type != ET_DYN)
        return 0;
    if (where)
        return *where - lowest;
    return in_ram(l, lowest) ? 0 : fallback - lowest;
}

int32_t elf_load(struct loader *l, struct source *s, const uint64_t *where, uint64_t fallback,
                 struct loaded *out)
{
    struct segment list[MAX_SEGMENTS];
    struct elf_view elf;
    uint64_t lowest = UINT64_MAX, shift;
    int32_t count, status = BP_OK;

    if (!read_header(l, s, &elf))
        return BP_E_INVAL;
    count = read_segments(l, s, &elf, list);
    if (count < 0)
        return count;
    for (int32_t i = 0; i < count; i++)
        lowest = list[i].paddr < lowest ? list[i].paddr : lowest;
    shift = shift_of(l, &elf, lowest, where, fallback);
    *out = (struct loaded){.base = lowest + shift, .entry = elf.entry};
    for (int32_t i = 0; i < count && status == BP_OK; i++) {
        struct segment *seg = &list[i];

        seg->paddr += shift;
        status = put_segment(l, s, seg);
        if (seg->paddr + seg->memsz > out->end)
            out->end = seg->paddr + seg->memsz;
        /* The entry is a virtual address; before paging is on, the CPU needs the physical one. */
        if (elf.entry - seg->vaddr < seg->memsz) {
            out->entry = elf.entry - seg->vaddr + seg->paddr;
            out->has_entry = true;
        }
    }
    if (status == BP_OK)
        elf_symbols(l, s, &elf, shift);
    return status;
}
