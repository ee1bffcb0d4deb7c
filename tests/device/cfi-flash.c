/* SPDX-License-Identifier: Apache-2.0
 *
 * A bank of two 16-bit chips against the Common Flash Interface and the Intel extended command set.
 */
#include "device.h"

#include <backplane/util/bytes.h>

#define BYTES         (1u << 20)
#define BLOCK         (256u << 10)
#define READY         0x00800080u
#define BOTH(command) ((command) | (uint32_t)(command) << 16)

static struct th *flash(void)
{
    struct th *t = open_device("standard", "cfi-flash");

    t->region_bytes[0] = BYTES;
    return t;
}

static struct th *started(void)
{
    struct th *t = flash();

    start_device(t);
    return t;
}

static uint64_t get(struct th *t, uint64_t at)
{
    return th_read(t, 0, at, 4);
}

static void cycle(struct th *t, uint64_t at, uint32_t value)
{
    cr_assert_eq(th_write(t, 0, at, 4, value), BP_OK);
}

static void program(struct th *t, uint64_t at, uint32_t value)
{
    cycle(t, at, BOTH(0x40));
    cycle(t, at, value);
}

Test(cfi_flash, starts_erased_and_direct)
{
    struct th *t = started();

    cr_expect_eq(get(t, 0), 0xffffffff);
    cr_expect_eq(get(t, BYTES - 4), 0xffffffff);
    cr_expect_eq(t->regions[0].direct, 1);
    close_device(t);
}

Test(cfi_flash, query)
{
    struct th *t = started();

    cycle(t, 0x55 * 4, BOTH(0x98));
    cr_expect_eq(t->regions[0].direct, 0);
    cr_expect_eq(get(t, 0x10 * 4), BOTH('Q'));
    cr_expect_eq(get(t, 0x11 * 4), BOTH('R'));
    cr_expect_eq(get(t, 0x12 * 4), BOTH('Y'));
    cr_expect_eq(get(t, 0x13 * 4), BOTH(1), "primary set 0x0001");
    cr_expect_eq(get(t, 0x27 * 4), BOTH(19), "each chip has half a MiB");
    cr_expect_eq(get(t, 0x28 * 4), BOTH(1), "x16");
    cr_expect_eq(get(t, 0x2a * 4), BOTH(6), "a write buffer of 64 bytes");
    cr_expect_eq(get(t, 0x2c * 4), BOTH(1));
    cr_expect_eq(get(t, 0x2d * 4), BOTH(3), "four blocks");
    cr_expect_eq(get(t, 0x2f * 4) | get(t, 0x30 * 4) << 8, BOTH(0x200) | 0ull, "of 128 KiB");
    cr_expect_eq(get(t, get(t, 0x15 * 4) % 0x10000 * 4), BOTH('P'), "where the primary table says");
    cr_expect_eq(get(t, 0x1000 * 4), 0, "nothing behind the tables");
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 0x10 * 4), 0xffffffff);
    cr_expect_eq(t->regions[0].direct, 1);
    close_device(t);
}

Test(cfi_flash, identifier)
{
    struct th *t = flash();

    th_set(t, "manufacturer", "0x20");
    th_set(t, "device-id", "0x8962");
    start_device(t);
    cycle(t, 0, BOTH(0x90));
    cr_expect_eq(get(t, 0), BOTH(0x20));
    cr_expect_eq(get(t, 4), BOTH(0x8962));
    cr_expect_eq(get(t, BLOCK + 8), 0, "not locked");
    close_device(t);
}

Test(cfi_flash, programs_by_clearing_bits)
{
    struct th *t = started();

    program(t, 0x100, 0x12345678);
    cr_expect_eq(get(t, 0x100), READY, "status follows");
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 0x100), 0x12345678);
    program(t, 0x100, 0xffff0000);
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 0x100), 0x12340000, "no bit is set by programming");
    cr_expect_eq(get(t, 0x104), 0xffffffff);
    close_device(t);
}

Test(cfi_flash, one_chip_alone)
{
    struct th *t = started();

    th_write(t, 0, 0x202, 2, 0x40);
    th_write(t, 0, 0x202, 2, 0xbeef);
    cr_expect_eq(get(t, 0x200), 0x0080ffff, "the lower chip still reads its array");
    th_write(t, 0, 0x202, 2, 0xff);
    cr_expect_eq(get(t, 0x200), 0xbeefffff);
    close_device(t);
}

Test(cfi_flash, erases_a_block)
{
    struct th *t = started();

    program(t, BLOCK - 4, 0);
    program(t, BLOCK, 0);
    program(t, 2 * BLOCK - 4, 0);
    program(t, 2 * BLOCK, 0);
    cycle(t, BLOCK + 64, BOTH(0x20));
    cycle(t, BLOCK + 64, BOTH(0xd0));
    cr_expect_eq(get(t, 0), READY);
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, BLOCK - 4), 0);
    cr_expect_eq(get(t, BLOCK), 0xffffffff);
    cr_expect_eq(get(t, 2 * BLOCK - 4), 0xffffffff);
    cr_expect_eq(get(t, 2 * BLOCK), 0);
    close_device(t);
}

Test(cfi_flash, erase_needs_confirmation)
{
    struct th *t = started();

    program(t, 0, 0);
    cycle(t, 0, BOTH(0x20));
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 0), BOTH(0xb0), "both error bits: a wrong sequence");
    cycle(t, 0, BOTH(0x50));
    cr_expect_eq(get(t, 0), READY, "cleared");
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 0), 0, "and nothing was erased");
    close_device(t);
}

Test(cfi_flash, buffered_program)
{
    struct th *t = started();

    cycle(t, 0x1000, BOTH(0xe8));
    cr_expect_eq(get(t, 0x1000), READY, "the buffer is free");
    cycle(t, 0x1000, BOTH(31));
    for (uint32_t i = 0; i < 32; i++)
        cycle(t, 0x1000 + 4 * i, 0xa5000000 + i);
    cycle(t, 0x1000, BOTH(0xd0));
    cr_expect_eq(get(t, 0x1000), READY);
    cycle(t, 0, BOTH(0xff));
    for (uint32_t i = 0; i < 32; i++)
        cr_expect_eq(get(t, 0x1000 + 4 * i), 0xa5000000 + i);
    cr_expect_eq(get(t, 0x1080), 0xffffffff);
    close_device(t);
}

Test(cfi_flash, buffered_program_mistakes)
{
    struct th *t = started();

    cycle(t, 0, BOTH(0xe8));
    cycle(t, 0, BOTH(32)); /* 33 words */
    cr_expect_eq(get(t, 0), BOTH(0xb0), "more than the buffer holds");
    cycle(t, 0, BOTH(0x50));
    cycle(t, 0, BOTH(0xe8));
    cycle(t, 0, BOTH(1));
    cycle(t, 0x7c, 0);
    cycle(t, 0x80, 0); /* the next buffer */
    cycle(t, 0, BOTH(0xd0));
    cr_expect_eq(get(t, 0), BOTH(0xb0), "across the end of the buffer");
    cycle(t, 0, BOTH(0x50));
    cycle(t, 0, BOTH(0xe8));
    cycle(t, 0, 0);
    cycle(t, 0, 0);
    cycle(t, 0, BOTH(0x12)); /* no confirmation */
    cr_expect_eq(get(t, 0), BOTH(0xb0));
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 0), 0xffffffff);
    cr_expect_eq(get(t, 0x7c), 0xffffffff);
    close_device(t);
}

Test(cfi_flash, locks)
{
    struct th *t = started();

    cycle(t, BLOCK, BOTH(0x60));
    cycle(t, BLOCK, BOTH(0x01));
    program(t, BLOCK, 0);
    cr_expect_eq(get(t, 0), BOTH(0x92), "program error, locked");
    cycle(t, BLOCK, BOTH(0x50));
    cycle(t, BLOCK, BOTH(0x20));
    cycle(t, BLOCK, BOTH(0xd0));
    cr_expect_eq(get(t, 0), BOTH(0xa2), "erase error, locked");
    cycle(t, 0, BOTH(0x90));
    cr_expect_eq(get(t, BLOCK + 8), BOTH(1));
    cr_expect_eq(get(t, 8), 0, "its neighbour is not");
    cycle(t, BLOCK, BOTH(0x60));
    cycle(t, BLOCK, BOTH(0xd0));
    cycle(t, BLOCK, BOTH(0x50));
    program(t, BLOCK, 0x11111111);
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, BLOCK), 0x11111111);
    close_device(t);
}

Test(cfi_flash, locked_after_reset)
{
    struct th *t = flash();

    th_set(t, "locked", "true");
    start_device(t);
    program(t, 0, 0);
    cr_expect_eq(get(t, 0), BOTH(0x92));
    close_device(t);
}

Test(cfi_flash, reset_returns_to_the_array_and_keeps_it)
{
    struct th *t = started();

    program(t, 0, 0x55);
    cycle(t, 0, BOTH(0x98));
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(get(t, 0), 0x55);
    cr_expect_eq(t->regions[0].direct, 1);
    close_device(t);
}

Test(cfi_flash, reset_waits_for_the_image)
{
    struct th *t = flash();

    th_insert(t, BYTES, 0, "f0");
    memset(t->block.medium, 0xff, BYTES);
    start_device(t);
    program(t, 0x2000, 0x12345678);
    cr_expect_eq(t->block.nrequests, 1);
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(t->block.nrequests, 0);
    cr_expect_eq(bp_load_le32(t->block.medium + 0x2000), 0x12345678);
    close_device(t);
}

Test(cfi_flash, reads_its_image)
{
    struct th *t = flash();

    th_insert(t, BYTES / 2, 0, "");
    memcpy(t->block.medium, "boot", 4);
    start_device(t);
    cr_expect_eq(get(t, 0), 0x746f6f62);
    cr_expect_eq(get(t, BYTES / 2 - 4), 0);
    cr_expect_eq(get(t, BYTES / 2), 0xffffffff, "a shorter image leaves the rest erased");
    th_reset(t, BP_RESET_COLD);
    cr_expect_eq(t->block.submits, 1, "it is read once");
    close_device(t);
}

Test(cfi_flash, writes_back)
{
    struct th *t = flash();

    th_insert(t, BYTES, 0, "");
    memset(t->block.medium, 0xff, BYTES);
    start_device(t);
    program(t, 0x10, 0xcafe0001);
    program(t, 0x3000, 0xcafe0002); /* while the first is in flight */
    program(t, 0x14, 0xcafe0003);
    cr_expect_eq(t->block.nrequests, 1, "one at a time");
    th_complete(t);
    cr_expect_eq(bp_load_le32(t->block.medium + 0x10), 0xcafe0001);
    cr_expect_eq(bp_load_le32(t->block.medium + 0x14), 0xcafe0003);
    cr_expect_eq(bp_load_le32(t->block.medium + 0x3000), 0xcafe0002);
    cr_expect_eq(t->block.medium[0x1000], 0xff);
    cycle(t, 0, BOTH(0x20));
    cycle(t, 0, BOTH(0xd0));
    th_complete(t);
    cr_expect_eq(bp_load_le32(t->block.medium + 0x10), 0xffffffff);
    close_device(t);
}

Test(cfi_flash, change_behind_a_short_image)
{
    struct th *t = flash();

    th_insert(t, 0x1800, 0, "");
    memset(t->block.medium, 0xff, 0x1800);
    start_device(t);
    program(t, 0x17fc, 0);
    program(t, 0x1800, 0);
    program(t, 0x8000, 0);
    th_complete(t);
    cr_expect_eq(bp_load_le32(t->block.medium + 0x17fc), 0);
    close_device(t);
}

Test(cfi_flash, image_errors_are_reported)
{
    struct th *t = flash();
    uint32_t errors;

    th_insert(t, BYTES, 0, "");
    t->block.fail = BP_E_IO;
    start_device(t);
    cr_expect_eq(t->logs[BP_LOG_ERROR], 1, "not read");
    program(t, 0, 0);
    th_complete(t);
    errors = t->logs[BP_LOG_ERROR];
    cr_expect_gt(errors, 1, "not written");
    t->block.refuse = BP_E_INVAL;
    program(t, 4, 0);
    cr_expect_gt(t->logs[BP_LOG_ERROR], errors, "not even begun");
    cycle(t, 0, BOTH(0xff));
    cr_expect_eq(get(t, 4), 0, "the guest sees what it wrote all the same");
    close_device(t);
}

Test(cfi_flash, read_only_image)
{
    struct th *t = flash();

    th_insert(t, BYTES, BP_BLOCK_READ_ONLY, "");
    start_device(t);
    program(t, 0, 0);
    cr_expect_eq(get(t, 0), BOTH(0x92));
    cycle(t, 0, BOTH(0x60)); /* cannot be unlocked */
    cycle(t, 0, BOTH(0xd0));
    cycle(t, 0, BOTH(0x50));
    program(t, 0, 0);
    cr_expect_eq(get(t, 0), BOTH(0x92));
    close_device(t);
}

Test(cfi_flash, geometry_is_checked)
{
    static const struct {
        const char *name, *text, *blamed;
    } rows[] = {
        {"bank-width", "3", "bank-width"},    {"bank-width", "1", "device-width"},
        {"block-size", "3KiB", "block-size"}, {"block-size", "256B", "block-size"},
        {"block-size", "2MiB", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = flash();

        th_set(t, rows[i].name, rows[i].text);
        expect_refused(t, rows[i].blamed);
    }
}

Test(cfi_flash, oversized_image_is_refused)
{
    struct th *t = flash();

    th_insert(t, BYTES + 512, 0, "");
    expect_refused(t, "");
}

Test(cfi_flash, other_widths)
{
    struct th *t = flash();

    th_set(t, "bank-width", "1");
    th_set(t, "device-width", "1");
    th_set(t, "block-size", "64KiB");
    start_device(t);
    th_write(t, 0, 0x55, 1, 0x98);
    cr_expect_eq(th_read(t, 0, 0x10, 1), 'Q');
    cr_expect_eq(th_read(t, 0, 0x10, 4), 0x01595251, "a wide read is several cycles");
    cr_expect_eq(th_read(t, 0, 0x27, 1), 20);
    th_write(t, 0, 0, 1, 0xff);
    th_write(t, 0, 7, 1, 0x10);
    th_write(t, 0, 7, 1, 0x3c);
    th_write(t, 0, 0, 1, 0xff);
    cr_expect_eq(th_read(t, 0, 7, 1), 0x3c);
    close_device(t);
}

Test(cfi_flash, snapshot_after_a_count_that_was_refused)
{
    struct th *a = started(), *b = started();

    cycle(a, 0, BOTH(0xe8));
    cycle(a, 0, BOTH(0xff));
    cr_assert_eq(th_migrate(b, a), BP_OK);
    close_device(a);
    close_device(b);
}

Test(cfi_flash, snapshot)
{
    struct th *a = started(), *b = started();

    cycle(a, 0, BOTH(0xe8));
    cycle(a, 0, BOTH(1));
    cycle(a, 0, 0x1);
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cycle(b, 4, 0x2);
    cycle(b, 0, BOTH(0xd0));
    cycle(b, 0, BOTH(0xff));
    cr_expect_eq(get(b, 0), 0x1);
    cr_expect_eq(get(b, 4), 0x2);
    close_device(a);
    close_device(b);
}
