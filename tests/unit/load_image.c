/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader: what image files are and what they hold. Linux Images, compressed and flat files, and
 * files of other kinds.
 */
#include "load_files.h"

#include <sys/stat.h>

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
