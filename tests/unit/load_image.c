/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader: Linux Images, compressed and flat files, initrd, device tree, and where all of them go.
 */
#include "load_files.h"

#include <fcntl.h>
#include <libfdt.h>
#include <sys/stat.h>
#include <zlib.h>

/* "Boot image header in RISC-V Linux": the fields a loader reads. */
struct linux_image {
    uint32_t code[2];
    uint64_t text_offset, image_size, flags;
    uint32_t version, reserved[3];
    char magic[8], magic2[4];
    uint32_t pe;
    uint8_t text[64];
};

static struct linux_image linux_image(uint64_t text_offset, uint64_t image_size)
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

static uint64_t fdt_address(void)
{
    return rig.m->boot.fdt;
}

/* A property of /chosen in the device tree that was loaded. */
static const void *chosen(const char *name, int *bytes)
{
    const struct segment *s = segment_at(fdt_address());

    cr_assert(s);
    cr_assert_eq(fdt_check_full(s->data, s->bytes), 0);
    return fdt_getprop(s->data, fdt_path_offset(s->data, "/chosen"), name, bytes);
}

static uint64_t chosen_u64(const char *name)
{
    int bytes;
    const void *data = chosen(name, &bytes);

    return data && bytes == 8 ? fdt64_ld(data) : 0;
}

Test(image, behind_the_firmware)
{
    struct program64 f = program64(RAM, RAM);
    struct linux_image k = linux_image(2 * MIB, 5 * MIB);
    const struct segment *s;

    board(&cpu64, 64 * MIB);
    give_image("firmware", file_with("fw", &f, sizeof(f)));
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    must_load();
    s = segment_at(RAM + 2 * MIB);
    cr_assert(s);
    cr_expect_eq(s->bytes, sizeof(k));
    cr_expect_eq(s->bytes + s->zero, 5 * MIB, "image_size covers .bss");
    cr_expect_eq(rig.m->boot.next_entry, RAM + 2 * MIB);
    cr_expect_eq(rig.m->boot.entry, RAM + 4);
    rig_finish(&rig);
}

Test(image, a_large_firmware_pushes_it_up)
{
    struct program64 f = program64(RAM, RAM);
    struct linux_image k = linux_image(2 * MIB, MIB);

    f.p[1].p_memsz = 2 * MIB + 1;
    board(&cpu64, 64 * MIB);
    give_image("firmware", file_with("fw", &f, sizeof(f)));
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    must_load();
    cr_expect_eq(rig.m->boot.next_entry, RAM + 4 * MIB);
    rig_finish(&rig);
}

Test(image, sv32_wants_4_mib)
{
    struct program32 f = program32((uint32_t)RAM);
    struct linux_image k = linux_image(0, MIB);

    board(&cpu32, 64 * MIB);
    give_image("firmware", file_with("fw", &f, sizeof(f)));
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    must_load();
    cr_expect_eq(rig.m->boot.next_entry, RAM + 4 * MIB);
    rig_finish(&rig);
}

Test(image, alone_at_text_offset)
{
    struct linux_image k = linux_image(0, MIB);

    board(&cpu64, 64 * MIB);
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM);
    rig_finish(&rig);
}

Test(image, at_the_place_of_the_board)
{
    struct linux_image k = linux_image(2 * MIB, MIB);

    board(&cpu64, 64 * MIB);
    give_place("kernel", RAM + 32 * MIB);
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM + 32 * MIB);
    rig_finish(&rig);
}

static char *gzipped(const char *name, const void *data, size_t bytes)
{
    char *path = file_with(name, "", 0);
    gzFile file = gzopen(path, "wb");

    cr_assert_eq(gzwrite(file, data, (unsigned)bytes), (int)bytes);
    gzclose(file);
    return path;
}

Test(gzip, image_and_elf)
{
    struct linux_image k = linux_image(2 * MIB, MIB);
    struct program64 f = program64(RAM, RAM);

    board(&cpu64, 64 * MIB);
    give_image("firmware", gzipped("fw.gz", &f, sizeof(f)));
    give_image("kernel", gzipped("Image.gz", &k, sizeof(k)));
    must_load();
    cr_expect_arr_eq(segment_at(RAM + 2 * MIB)->data, &k, sizeof(k));
    cr_expect_eq(rig.m->boot.entry, RAM + 4);
    rig_finish(&rig);
}

Test(gzip, damage)
{
    static uint8_t plain[100000], packed[200000];
    size_t bytes;
    FILE *file;

    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * i >> 3);
    file = fopen(gzipped("good.gz", plain, sizeof(plain)), "r");
    bytes = fread(packed, 1, sizeof(packed), file);
    fclose(file);

    board(&cpu64, 64 * MIB);
    give_image("kernel", file_with("cut.gz", packed, bytes / 2));
    must_refuse("cut.gz", "the gzip data ends too early: fetch it again");
    rig_finish(&rig);

    packed[bytes / 2] ^= 0xff;
    packed[bytes / 2 + 1] ^= 0xff;
    board(&cpu64, 64 * MIB);
    give_image("kernel", file_with("bent.gz", packed, bytes));
    must_refuse("bent.gz", "the gzip data is damaged: fetch it again");
    rig_finish(&rig);

    board(&cpu64, 64 * MIB);
    give_image("kernel", gzipped("nothing.gz", "", 0));
    must_refuse("nothing.gz", "the gzip data is empty: fetch it again");
    rig_finish(&rig);
}

Test(gzip, a_bomb_is_limited_by_the_ram)
{
    static uint8_t zeros[3 << 20];

    board(&cpu64, 2 * MIB);
    give_image("kernel", gzipped("bomb.gz", zeros, sizeof(zeros)));
    must_refuse("bomb.gz", "unpacks to more than the board's RAM: give the board more memory");
    rig_finish(&rig);
}

Test(gzip, twice)
{
    static uint8_t inner[1000];
    FILE *file = fopen(gzipped("inner.gz", "kernel", 6), "r");
    size_t bytes = fread(inner, 1, sizeof(inner), file);

    fclose(file);
    board(&cpu64, 2 * MIB);
    give_image("kernel", gzipped("outer.gz", inner, bytes));
    must_refuse("outer.gz", "is gzip inside gzip: unpack it once");
    rig_finish(&rig);
}

Test(image, files_of_other_kinds)
{
    static const struct {
        size_t offset;
        const char *magic;
        size_t bytes;
        const char *says;
    } kinds[] = {
        {56, "ARM\x64", 4, "is a Linux Image for arm64: take one for RISC-V"},
        {0, "MZ", 2,
         "is an EFI program without a Linux Image header: give its firmware a disk with it"},
        {4, "zimg", 4, "is a compressed EFI kernel (zboot): take the plain Image, or unpack it"},
        {0, "\xfd\x37zXZ", 6, "is compressed with xz: unpack it first"},
        {0, "\x28\xb5\x2f\xfd", 4, "is compressed with zstd: unpack it first"},
        {0, "\x04\x22\x4d\x18", 4, "is compressed with lz4: unpack it first"},
        {0, "BZh9", 4, "is compressed with bzip2: unpack it first"},
        {0, "\x27\x05\x19\x56", 4, "is a U-Boot uImage: give the program that was put into it"},
        {0, "\xd0\x0d\xfe\xed", 4,
         "is a device tree blob or FIT image: give a tree as image `fdt`"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        uint8_t file[128] = {0};

        memcpy(file + kinds[i].offset, kinds[i].magic, kinds[i].bytes);
        board(&cpu64, 16 * MIB);
        give_image("kernel", file_with("other", file, sizeof(file)));
        must_refuse("other", kinds[i].says);
        rig_finish(&rig);
    }
}

Test(image, hostile_headers)
{
    struct linux_image big = linux_image(0, UINT64_MAX), far = linux_image(UINT64_MAX - 5, MIB),
                       endian = linux_image(0, MIB), wide = linux_image(0, 100 * MIB);

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("big", &big, sizeof(big)));
    must_refuse(
        "big",
        "has a damaged Linux Image header (text_offset 0x0, image_size 0xffffffffffffffff): fetch it again");
    rig_finish(&rig);
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("far", &far, sizeof(far)));
    must_refuse(
        "far",
        "has a damaged Linux Image header (text_offset 0xfffffffffffffffa, image_size 0x100000): fetch it again");
    rig_finish(&rig);
    endian.flags = 1;
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("endian", &endian, sizeof(endian)));
    must_refuse("endian", "is a big-endian kernel: build a little-endian one");
    rig_finish(&rig);
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("wide", &wide, sizeof(wide)));
    must_refuse(
        "wide",
        "0x80000000-0x863fffff does not fit into the RAM at 0x80000000-0x80ffffff: give the board more memory");
    rig_finish(&rig);
}

Test(flat, start_of_ram_next_boundary_or_place)
{
    board(&cpu64, 16 * MIB);
    give_image("firmware", file_with("fw.bin", "firmware", 8));
    give_image("kernel", file_with("u-boot.bin", "u-boot", 6));
    must_load();
    cr_expect_eq(rig.m->boot.entry, RAM);
    cr_expect_eq(rig.m->boot.next_entry, RAM + 2 * MIB);
    rig_finish(&rig);

    board(&cpu64, 16 * MIB);
    give_place("firmware", 0x1000);
    give_image("firmware", file_with("fw.bin", "firmware", 8));
    give_image("kernel", file_with("u-boot.bin", "u-boot", 6));
    must_load();
    cr_expect_eq(rig.m->boot.entry, 0x1000, "in ROM");
    cr_expect_eq(rig.m->boot.next_entry, RAM, "which leaves the start of RAM free");
    rig_finish(&rig);
}

Test(flat, one_byte)
{
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("byte", "x", 1));
    must_load();
    cr_expect_eq(segment_at(RAM)->bytes, 1);
    rig_finish(&rig);
}

Test(file, problems_are_named)
{
    char *fifo;

    board(&cpu64, 16 * MIB);
    give_image("kernel", "/nonexistent/Image");
    must_refuse("/nonexistent/Image", "no such file: check the path of image `kernel`");
    cr_expect_str_eq(rig.diag.items[0].pos.file, "run.yaml");
    cr_expect_eq(rig.diag.items[0].pos.line, 7);
    rig_finish(&rig);

    board(&cpu64, 16 * MIB);
    give_image("initrd", "/tmp");
    must_refuse("/tmp", "is a folder: name a file in it");
    rig_finish(&rig);

    board(&cpu64, 16 * MIB);
    give_image("firmware", file_with("empty", "", 0));
    must_refuse("empty", "is empty: build or fetch it again");
    rig_finish(&rig);

    fifo = file_with("fifo", "", 0);
    unlink(fifo);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    board(&cpu64, 16 * MIB);
    give_image("kernel", fifo);
    must_refuse("fifo", "is not a regular file: copy its content into one");
    rig_finish(&rig);
}

Test(initrd, high_in_ram_and_in_the_tree)
{
    struct linux_image k = linux_image(0, 4 * MIB);
    static uint8_t cpio[3 << 20];

    memset(cpio, 7, sizeof(cpio));
    board(&cpu64, 64 * MIB);
    rig.graph.cmdline = (char *)"console=ttyS0 quiet";
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    give_image("initrd", file_with("initrd", cpio, sizeof(cpio)));
    must_load();
    cr_expect_eq(chosen_u64("linux,initrd-start"), RAM + 60 * MIB,
                 "the highest 2 MiB boundary with room behind it");
    cr_expect_eq(chosen_u64("linux,initrd-end"), RAM + 63 * MIB);
    cr_expect_str_eq(chosen("bootargs", NULL), "console=ttyS0 quiet");
    cr_assert(segment_at(RAM + 60 * MIB));
    cr_expect(fdt_address() >= RAM + 63 * MIB || fdt_address() < RAM + 60 * MIB);
    cr_expect_eq(fdt_address() % 4096, 0);
    rig_finish(&rig);
}

Test(initrd, gzip_stays_packed)
{
    static uint8_t packed[1000];
    char *path = gzipped("initrd.gz", "cpio", 4);
    FILE *file = fopen(path, "r");
    size_t bytes = fread(packed, 1, sizeof(packed), file);

    fclose(file);
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("k", "k", 1));
    give_image("initrd", path);
    must_load();
    cr_expect_arr_eq(segment_at(chosen_u64("linux,initrd-start"))->data, packed, bytes);
    rig_finish(&rig);
}

Test(initrd, without_room)
{
    struct linux_image k = linux_image(0, 7 * MIB);
    static uint8_t cpio[2 << 20];

    board(&cpu64, 8 * MIB);
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    give_image("initrd", file_with("initrd", cpio, sizeof(cpio)));
    must_refuse("initrd", "does not fit into RAM beside the kernel: give the board more memory");
    rig_finish(&rig);
}

Test(initrd, fits_below_two_mib_boundaries_in_small_ram)
{
    board(&cpu64, MIB);
    give_image("kernel", file_with("k", "k", 1));
    give_image("initrd", file_with("initrd", "cpio", 4));
    must_load();
    cr_expect_eq(chosen_u64("linux,initrd-end") - chosen_u64("linux,initrd-start"), 4);
    rig_finish(&rig);
}

Test(places, stay_below_four_gib)
{
    struct linux_image k = linux_image(0, 4 * MIB);

    board(&cpu64, 8192 * MIB);
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    give_image("initrd", file_with("initrd", "cpio", 4));
    must_load();
    cr_expect_leq(chosen_u64("linux,initrd-end"), UINT64_C(1) << 32);
    cr_expect_lt(fdt_address(), UINT64_C(1) << 32);
    rig_finish(&rig);
}

Test(places, of_the_board_win)
{
    board(&cpu64, 16 * MIB);
    give_place("initrd", RAM + 5 * MIB);
    give_place("fdt", RAM + 6 * MIB);
    give_image("kernel", file_with("k", "k", 1));
    give_image("initrd", file_with("initrd", "cpio", 4));
    must_load();
    cr_expect_eq(chosen_u64("linux,initrd-start"), RAM + 5 * MIB);
    cr_expect_eq(fdt_address(), RAM + 6 * MIB);
    rig_finish(&rig);
}

Test(places, that_collide)
{
    board(&cpu64, 16 * MIB);
    give_place("kernel", RAM);
    give_place("initrd", RAM + 3);
    give_image("kernel", file_with("k", "kernel", 6));
    give_image("initrd", file_with("i", "initrd", 6));
    cr_assert_neq(load(), BP_OK);
    cr_assert_eq(rig.diag.count, 1);
    cr_expect(strstr(rig.diag.items[0].text, "0x80000003-0x80000008 overlaps "));
    cr_expect(strstr(rig.diag.items[0].text,
                     "/k at 0x80000000-0x80000005: give one of them another place under `boot:`"));
    rig_finish(&rig);
}

Test(others, go_to_their_place)
{
    struct program64 f = program64(RAM + MIB, RAM + MIB);

    board(&cpu64, 16 * MIB);
    give_place("blob", RAM + 0x100);
    give_place("second", 0);
    give_image("blob", file_with("blob", "\x1f\x8b raw", 6));
    give_image("second", file_with("second.elf", &f, sizeof(f)));
    must_load();
    cr_expect_arr_eq(segment_at(RAM + 0x100)->data, "\x1f\x8b raw", 6);
    cr_expect(segment_at(RAM + MIB));
    cr_expect_eq(rig.m->boot.entry, 0, "data has no entry");
    rig_finish(&rig);
}

Test(others, need_a_place)
{
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("k", "k", 1));
    give_image("splash", file_with("splash", "x", 1));
    must_refuse("splash",
                "the board has no place for this image: add it under `boot: { load: ... }`");
    rig_finish(&rig);
}

Test(load, all_mistakes_in_one_pass)
{
    board(&cpu64, 16 * MIB);
    give_image("firmware", "/nonexistent/a");
    give_image("kernel", "/nonexistent/b");
    give_image("splash", "/nonexistent/c");
    cr_assert_neq(load(), BP_OK);
    cr_expect_eq(rig.diag.errors, 3);
    rig_finish(&rig);
}

/* Flash with a drive behind it, such as a board boots from. */
static const struct bp_region flash_regions[] = {
    {.name = "reg", .doc = "content", .flags = BP_REGION_RAM | BP_REGION_ROMD},
};
static const struct bp_port flash_ports[] = {
    {.name = "drive", .doc = "medium", .kind = BP_PORT_BLOCK, .offset = 0},
};
static const struct bp_device_class flash_class = {
    .size = sizeof(flash_class),
    .instance_size = 8,
    .instance_align = 8,
    .name = "flash",
    .doc = "flash",
    .regions = BP_ARRAY(flash_regions),
    .ports = BP_ARRAY(flash_ports),
};
static const struct bp_backend_class medium_class = {.size = sizeof(medium_class),
                                                     .instance_size = 8,
                                                     .instance_align = 8,
                                                     .name = "medium",
                                                     .kind = BP_BACKEND_BLOCK};

Test(load, flash_with_a_medium_may_hold_a_program)
{
    board(&cpu64, 16 * MIB);
    rig_attach(&rig, rig_device(&rig, "flash0", &flash_class, 0x20000000, 0x1000), "drive", "boot");
    rig_backend(&rig, "boot", &medium_class);
    must_load();
    cr_expect_eq(rig.m->boot.entry, 0);
    rig_finish(&rig);
}

Test(load, empty_flash_holds_none)
{
    board(&cpu64, 16 * MIB);
    rig_attach(&rig, rig_device(&rig, "flash0", &flash_class, 0x20000000, 0x1000), "drive", "boot");
    must_refuse("rig", "nothing to run: name a program with --image kernel=FILE");
    rig_finish(&rig);
}

Test(load, data_for_a_rom_is_a_program)
{
    board(&cpu64, 16 * MIB);
    give_place("bootrom", 0x1000);
    give_image("bootrom", file_with("bootrom", "code", 4));
    must_load();
    rig_finish(&rig);
}

Test(load, large_images_stay_in_their_files)
{
    static uint8_t content[3 << 20], back[3 << 20];
    struct linux_image k = linux_image(0, 4 * MIB);
    const struct segment *s;
    char *path;

    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i ^ i >> 9);
    memcpy(content, &k, sizeof(k));
    board(&cpu64, 64 * MIB);
    path = file_with("Image", content, sizeof(content));
    give_image("kernel", path);
    must_load();
    s = segment_at(RAM);
    cr_assert(s);
    cr_expect_null(s->data);
    memset(back, 0xee, sizeof(back));
    cr_assert_eq(machine_mem_write(rig.m, RAM + 3 * MIB, back, 4), BP_OK);
    cr_expect(segments_load(rig.m));
    cr_assert_eq(machine_mem_read(rig.m, RAM, back, sizeof(back)), BP_OK);
    cr_expect_arr_eq(back, content, sizeof(content));
    cr_assert_eq(machine_mem_read(rig.m, RAM + 3 * MIB, back, 4), BP_OK);
    cr_expect_arr_eq(back, "\0\0\0\0", 4, ".bss is cleared by every reset");
    cr_assert_eq(truncate(path, MIB), 0);
    cr_expect_not(segments_load(rig.m), "a file that became shorter is noticed");
    rig_finish(&rig);
}

Test(load, nothing_to_run)
{
    board(&cpu64, 16 * MIB);
    give_image("initrd", file_with("initrd", "cpio", 4));
    must_refuse("rig", "nothing to run: name a program with --image kernel=FILE");
    rig_finish(&rig);
}

/* --- device tree ------------------------------------------------------------------------------------------------ */

Test(tree, has_a_seed_that_differs_unless_deterministic)
{
    uint8_t seeds[4][32];

    for (int i = 0; i < 4; i++) {
        int bytes;
        const void *seed;

        board(&cpu64, 16 * MIB);
        rig.graph.time = TIME_REALTIME;
        rig.graph.seed = 42;
        give_image("kernel", file_with("k", "k", 1));
        rig_must_build(&rig, MACHINE_NO_BACKENDS);
        rig.graph.time = i < 2 ? TIME_REALTIME : TIME_DETERMINISTIC;
        cr_assert_eq(load_images(rig.m, &rig.diag), BP_OK);
        seed = chosen("rng-seed", &bytes);
        cr_assert_eq(bytes, 32);
        memcpy(seeds[i], seed, 32);
        rig_finish(&rig);
    }
    cr_expect_neq(memcmp(seeds[0], seeds[1], 32), 0);
    cr_expect_eq(memcmp(seeds[2], seeds[3], 32), 0);
}

Test(tree, leaves_room_for_firmware_to_edit_it)
{
    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("k", "k", 1));
    must_load();
    cr_expect_leq(fdt_address() + segment_at(fdt_address())->bytes + 64 * KIB, RAM + 16 * MIB);
    rig_finish(&rig);
}

Test(tree, a_bare_program_does_without)
{
    struct linux_image k = linux_image(0, 4096);

    board(&cpu64, 4096);
    give_image("kernel", file_with("tiny", (uint8_t[4096]){1}, 4096));
    must_load();
    cr_expect_eq(fdt_address(), 0);
    rig_finish(&rig);

    board(&cpu64, 4096);
    give_image("kernel", file_with("Image", &k, sizeof(k)));
    must_refuse("device tree", "no room for it in RAM: give the board more memory");
    rig_finish(&rig);
}

Test(tree, of_the_user)
{
    uint8_t blob[512];

    cr_assert_eq(fdt_create_empty_tree(blob, sizeof(blob)), 0);
    cr_assert_eq(fdt_setprop_string(blob, 0, "model", "mine"), 0);
    cr_assert_eq(fdt_pack(blob), 0);
    board(&cpu64, 16 * MIB);
    rig.graph.cmdline = (char *)"root=/dev/vda";
    give_image("kernel", file_with("k", "k", 1));
    give_image("fdt", file_with("mine.dtb", blob, fdt_totalsize(blob)));
    must_load();
    cr_expect_str_eq(chosen("bootargs", NULL), "root=/dev/vda");
    cr_expect_str_eq(fdt_getprop(segment_at(fdt_address())->data, 0, "model", NULL), "mine");
    rig_finish(&rig);

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("k", "k", 1));
    give_image("fdt", file_with("cut.dtb", blob, fdt_totalsize(blob) - 9));
    must_refuse("cut.dtb", "is not a whole device tree blob: compile the source with dtc -O dtb");
    rig_finish(&rig);

    board(&cpu64, 16 * MIB);
    give_image("kernel", file_with("k", "k", 1));
    give_image("fdt", file_with("source.dts", "/dts-v1/;", 9));
    must_refuse("source.dts",
                "is not a whole device tree blob: compile the source with dtc -O dtb");
    rig_finish(&rig);
}

Test(tree, noise_of_the_user)
{
    unsigned seed = 3;

    for (int i = 0; i < 200; i++) {
        uint8_t blob[512];

        cr_assert_eq(fdt_create_empty_tree(blob, sizeof(blob)), 0);
        cr_assert_eq(fdt_setprop_string(blob, 0, "model", "mine"), 0);
        for (int k = 0; k < 4; k++)
            blob[4 + (size_t)rand_r(&seed) % 150] = (uint8_t)rand_r(&seed);
        board(&cpu64, MIB);
        give_image("kernel", file_with("k", "k", 1));
        give_image("fdt", file_with("noise.dtb", blob, sizeof(blob)));
        cr_expect_eq(load() == BP_OK, rig.diag.errors == 0);
        rig_finish(&rig);
    }
}
