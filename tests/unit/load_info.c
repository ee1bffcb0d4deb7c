/* SPDX-License-Identifier: Apache-2.0
 *
 * load_info.c - the loader: where the CPU's boot information goes, and what the device tree says of it.
 */
#include "fake.h"
#include "load_files.h"

#include <libfdt.h>

static uint32_t boot_blob(void *state, const struct bp_boot *boot, void *bytes, uint32_t room)
{
    if (room < 8 || !boot->next_entry)
        return 0;
    memcpy(bytes, &boot->next_entry, 8);
    return 8;
}

static void board_that_tells(void)
{
    static struct bp_cpu_class told;

    told = fake_cpu_class;
    told.boot_blob = boot_blob;
    board(&told, 16 * MIB);
    rig_accel(&rig, &fake_accel_class);
    give_image("firmware", file_with("fw", "firmware", 8));
    give_image("kernel", file_with("k", "kernel", 6));
}

static const void *tree(void)
{
    return segment_at(rig.m->boot.fdt)->data;
}

/* The only entry of the tree's memory reservation block. */
static uint64_t reserved(uint64_t *bytes)
{
    uint64_t base = 0;

    *bytes = 0;
    cr_assert_leq(fdt_num_mem_rsv(tree()), 1);
    if (fdt_num_mem_rsv(tree()))
        cr_assert_eq(fdt_get_mem_rsv(tree(), 0, &base, bytes), 0);
    return base;
}

Test(info, lies_where_the_board_says)
{
    const uint64_t kernel = RAM + 2 * MIB;
    uint64_t bytes;

    board_that_tells();
    give_place("info", 0x1010);
    must_load();
    cr_expect_eq(rig.m->boot.blob, 0x1010);
    cr_assert(segment_at(0x1010));
    cr_expect_arr_eq(segment_at(0x1010)->data, &kernel, 8);
    cr_expect_eq(segment_at(0x1010)->bytes, 8);
    reserved(&bytes);
    cr_expect_eq(bytes, 0, "no program writes to ROM");
    rig_finish(&rig);
}

/* CPUs that come late read it while a kernel runs already, which must know of it. */
Test(info, in_ram_is_reserved)
{
    uint64_t bytes;
    uint8_t blob[512];

    board_that_tells();
    must_load();
    cr_assert_geq(rig.m->boot.blob, RAM);
    cr_expect_eq(reserved(&bytes), rig.m->boot.blob);
    cr_expect_eq(bytes, 8);
    rig_finish(&rig);

    board_that_tells();
    give_place("info", RAM + 8 * MIB);
    must_load();
    cr_expect_eq(reserved(&bytes), RAM + 8 * MIB);
    rig_finish(&rig);

    cr_assert_eq(fdt_create_empty_tree(blob, sizeof(blob)), 0);
    cr_assert_eq(fdt_pack(blob), 0);
    board_that_tells();
    give_image("fdt", file_with("mine.dtb", blob, fdt_totalsize(blob)));
    must_load();
    cr_expect_eq(reserved(&bytes), rig.m->boot.blob);
    cr_expect_eq(bytes, 8);
    rig_finish(&rig);
}

Test(info, needs_memory_of_its_own)
{
    board_that_tells();
    give_place("info", 0x4000);
    must_refuse("boot information",
                "0x00004000-0x00004007 is not memory on this board, whose RAM is "
                "0x80000000-0x80ffffff: link it for that address, or give its place under `boot:`");
    rig_finish(&rig);

    board_that_tells();
    give_place("info", RAM + 2 * MIB);
    cr_assert_neq(load(), BP_OK);
    cr_assert(rig.diag.count == 1 && strstr(rig.diag.items[0].text, "overlaps "));
    rig_finish(&rig);
}
