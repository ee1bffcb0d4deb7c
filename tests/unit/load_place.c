/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader: where kernel, initrd, device tree and other images go, and what the tree says of them.
 */
#include "load_files.h"

#include <libfdt.h>

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
