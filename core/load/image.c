/* SPDX-License-Identifier: Apache-2.0
 *
 * What kind of file an image is, and the kinds besides ELF: the Linux Image of RISC-V ("Boot image header in RISC-V
 * Linux", kernel documentation) and flat binaries.
 */
#include "core/load/loader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MIB          UINT64_C(0x100000)
#define HEADER_BYTES 64u

/* Linux Image header: offsets in bytes, values little-endian. */
#define IMAGE_TEXT_OFFSET     8
#define IMAGE_SIZE            16
#define IMAGE_FLAGS           24
#define IMAGE_FLAG_BIG_ENDIAN 1u

enum kind { KIND_FLAT, KIND_ELF, KIND_GZIP, KIND_LINUX, KIND_REFUSED };

/* Files known by their first bytes. The order matters: a Linux Image may begin with the "MZ" of a PE file. */
static const struct {
    uint32_t offset, bytes;
    const char *magic;
    enum kind kind;
    const char *refusal; /* REFUSED: cause and cure */
} magics[] = {
    {0, 4, "\177ELF", KIND_ELF, NULL},
    {0, 2, "\x1f\x8b", KIND_GZIP, NULL},
    {56, 4, "RSC\x05", KIND_LINUX, NULL},
    {56, 4, "ARM\x64", KIND_REFUSED, "is a Linux Image for arm64: take one for RISC-V"},
    {4, 4, "zimg", KIND_REFUSED,
     "is a compressed EFI kernel (zboot): take the plain Image, or unpack it"},
    {0, 2, "MZ", KIND_REFUSED,
     "is an EFI program without a Linux Image header: give its firmware a disk with it"},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     KIND_REFUSED, "is compressed with xz: unpack it first"},
    {0, 4, "\x28\xb5\x2f\xfd", KIND_REFUSED, "is compressed with zstd: unpack it first"},
    {0, 4, "\x04\x22\x4d\x18", KIND_REFUSED, "is compressed with lz4: unpack it first"},
    {0, 4, "\x02\x21\x4c\x18", KIND_REFUSED, "is compressed with lz4: unpack it first"},
    {0, 3, "BZh", KIND_REFUSED, "is compressed with bzip2: unpack it first"},
    {0, 4, "\x27\x05\x19\x56", KIND_REFUSED,
     "is a U-Boot uImage: give the program that was put into it"},
    {0, 4, "\xd0\x0d\xfe\xed", KIND_REFUSED,
     "is a device tree blob or FIT image: give a tree as image `fdt`"},
};

static uint64_t get64(const uint8_t *p)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static int32_t look(struct loader *l, const struct source *s, uint8_t header[HEADER_BYTES],
                    size_t *which)
{
    uint64_t bytes = s->bytes < HEADER_BYTES ? s->bytes : HEADER_BYTES;
    int32_t status;

    memset(header, 0, HEADER_BYTES);
    status = source_read(l, s, 0, header, bytes);
    for (*which = 0; *which < sizeof(magics) / sizeof(*magics); ++*which)
        if (!memcmp(header + magics[*which].offset, magics[*which].magic, magics[*which].bytes))
            break;
    return status;
}

static int32_t put_flat(struct loader *l, struct source *s, uint64_t base, uint64_t memory,
                        struct loaded *out)
{
    bool writable = memory > s->bytes;
    int32_t status;

    if (!place_claim(l, s->image->pos, s->image->path, (struct extent){base, memory}, writable))
        return BP_E_INVAL;
    status = source_segment(l, s, 0, base, s->bytes, memory - s->bytes);
    *out = (struct loaded){.base = base, .end = base + memory, .entry = base, .has_entry = true};
    return status;
}

/* Large pages map the kernel, so it begins on one: 2 MiB, 4 MiB with Sv32. */
static uint64_t kernel_boundary(const struct loader *l)
{
    for (uint32_t i = 0; i < l->graph->nnodes; i++)
        if (l->graph->nodes[i]->type->kind == TYPE_CPU)
            return l->graph->nodes[i]->type->cpu->xlen == 32 ? 4 * MIB : 2 * MIB;
    return 2 * MIB;
}

static uint64_t next_boundary(const struct loader *l, uint64_t floor)
{
    uint64_t boundary = kernel_boundary(l);

    for (uint32_t i = 0; i < l->nram; i++)
        if (l->ram[i].base == floor)
            return floor; /* nothing in front: the start of RAM is as good a place as any */
    return floor + (-floor & (boundary - 1));
}

static int32_t load_linux(struct loader *l, struct source *s, const uint8_t *header,
                          const uint64_t *where, uint64_t floor, struct loaded *out)
{
    uint64_t text_offset = get64(header + IMAGE_TEXT_OFFSET);
    uint64_t memory = get64(header + IMAGE_SIZE);
    uint64_t base = next_boundary(l, floor), lowest;
    int32_t status;

    if (get64(header + IMAGE_FLAGS) & IMAGE_FLAG_BIG_ENDIAN) {
        source_error(l, s, "is a big-endian kernel: build a little-endian one");
        return BP_E_UNSUPPORTED;
    }
    if (text_offset > 1024 * MIB || memory > 1024 * 1024 * MIB) {
        source_error(l, s,
                     "has a damaged Linux Image header (text_offset 0x%" PRIx64
                     ", image_size 0x%" PRIx64 "): fetch it again",
                     text_offset, memory);
        return BP_E_INVAL;
    }
    /* text_offset counts from the start of RAM and keeps the firmware's memory free. */
    lowest = (l->nram ? l->ram[0].base : 0) + text_offset;
    for (uint32_t i = 0; i < l->nram; i++)
        if (floor - l->ram[i].base < l->ram[i].bytes)
            lowest = l->ram[i].base + text_offset;
    base = where ? *where : base > lowest ? base : lowest;
    status = put_flat(l, s, base, memory > s->bytes ? memory : s->bytes, out);
    out->linux_image = true;
    return status;
}

int32_t image_load(struct loader *l, struct source *s, const uint64_t *where, uint64_t floor,
                   struct loaded *out)
{
    uint8_t header[HEADER_BYTES];
    size_t which;
    int32_t status = look(l, s, header, &which);
    uint64_t boundary = next_boundary(l, floor);
    enum kind kind;

    if (status == BP_OK && which < sizeof(magics) / sizeof(*magics) &&
        magics[which].kind == KIND_GZIP) {
        status = source_gunzip(l, s, place_total(l));
        if (status == BP_OK)
            status = look(l, s, header, &which);
    }
    if (status != BP_OK)
        return status;
    kind = which < sizeof(magics) / sizeof(*magics) ? magics[which].kind : KIND_FLAT;
    switch (kind) {
    case KIND_ELF:
        return elf_load(l, s, where, boundary, out);
    case KIND_LINUX:
        return load_linux(l, s, header, where, floor, out);
    case KIND_GZIP:
        source_error(l, s, "is gzip inside gzip: unpack it once");
        return BP_E_INVAL;
    case KIND_REFUSED:
        source_error(l, s, "%s", magics[which].refusal);
        return BP_E_UNSUPPORTED;
    case KIND_FLAT:
        break;
    }
    return put_flat(l, s, where ? *where : boundary, s->bytes, out);
}

int32_t image_load_raw(struct loader *l, struct source *s, uint64_t where, struct loaded *out)
{
    return put_flat(l, s, where, s->bytes, out);
}

int32_t image_load_data(struct loader *l, struct source *s, uint64_t where, struct loaded *out)
{
    uint8_t header[HEADER_BYTES];
    size_t which;
    int32_t status = look(l, s, header, &which);

    if (status != BP_OK)
        return status;
    if (which < sizeof(magics) / sizeof(*magics) && magics[which].kind == KIND_ELF)
        return elf_load(l, s, &where, where, out);
    return put_flat(l, s, where, s->bytes, out);
}
