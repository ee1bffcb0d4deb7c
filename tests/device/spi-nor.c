/* SPDX-License-Identifier: Apache-2.0
 *
 * The serial flash against its data sheets and JESD216B, seen from the pins.
 */
#include "spi-nor.h"

Test(spi_nor, identifies_itself)
{
    static const struct {
        const char *model;
        uint8_t id[3];
    } rows[] = {{"w25q128jv", {0xef, 0x40, 0x18}},
                {"w25q256jv", {0xef, 0x40, 0x19}},
                {"is25wp256d", {0x9d, 0x70, 0x19}}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started(rows[i].model);
        uint8_t id[6];

        th_spi_command(t, "\x9f", 1, id, 6);
        cr_expect_arr_eq(id, rows[i].id, 3);
        cr_expect_arr_eq(id + 3, rows[i].id, 3, "and again");
        th_spi_command(t, "\x90\0\0\1", 4, id, 2);
        cr_expect_eq(id[0], rows[i].id[2] - 1);
        cr_expect_eq(id[1], rows[i].id[0]);
        cr_expect_eq(get(t, 0), 0xff, "erased");
        close_device(t);
    }
}

static uint32_t sfdp_word(struct th *t, uint32_t at)
{
    const uint8_t message[] = {0x5a, 0, 0, (uint8_t)at, 0};
    uint8_t data[4];

    th_spi_command(t, message, 5, data, 4);
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

/* JESD216B, read as a driver reads it. */
Test(spi_nor, discoverable_parameters)
{
    static const struct {
        const char *model;
        uint32_t bytes, tables, qer;
    } rows[] = {{"w25q128jv", 16u << 20, 0, 5},
                {"w25q256jv", 32u << 20, 1, 5},
                {"is25wp256d", 32u << 20, 1, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started(rows[i].model);
        uint32_t basic, words, four;

        cr_expect_eq(sfdp_word(t, 0), 0x50444653, "SFDP");
        cr_expect_eq(sfdp_word(t, 4), 0xff000106 | rows[i].tables << 16);
        cr_expect_eq(sfdp_word(t, 8) & 0xffffff, 0x010600, "the basic table, revision 1.6");
        words = sfdp_word(t, 8) >> 24;
        basic = sfdp_word(t, 12) & 0xffffff;
        cr_expect_eq(words, 16);
        cr_expect_eq(sfdp_word(t, basic) & 3, 1, "4 KiB erase");
        cr_expect_eq(sfdp_word(t, basic) >> 8 & 0xff, 0x20);
        cr_expect_eq(sfdp_word(t, basic) >> 17 & 3, rows[i].tables, "bytes of the address");
        cr_expect_eq((uint64_t)sfdp_word(t, basic + 4) + 1, rows[i].bytes * 8ull, "density");
        cr_expect_eq(sfdp_word(t, basic + 40) >> 4 & 15, 8, "a page of 2^8");
        cr_expect_eq(sfdp_word(t, basic + 56) >> 20 & 7, rows[i].qer);
        if (rows[i].tables) {
            cr_expect_eq(sfdp_word(t, 16), 0x02010084, "the table of four-byte commands");
            four = sfdp_word(t, 20) & 0xffffff;
            cr_expect_eq(sfdp_word(t, four) & 0xff, 0xff, "reads and programs");
            cr_expect_eq(sfdp_word(t, four + 4) & 0xff, 0x21);
            cr_expect_eq(sfdp_word(t, four + 4) >> 16 & 0xff, 0xdc);
        } else {
            cr_expect_eq(sfdp_word(t, 16), 0xffffffff);
        }
        close_device(t);
    }
}

/* 8.2.17 */
Test(spi_nor, programming_clears_bits_within_a_page)
{
    struct th *t = started("w25q256jv");
    uint8_t data[300];

    put(t, 0x1000fe, "\x11\x22\x33", 3);
    cr_expect_eq(get(t, 0x1000fe), 0x11);
    cr_expect_eq(get(t, 0x1000ff), 0x22);
    cr_expect_eq(get(t, 0x100000), 0x33, "wraps in the page");
    cr_expect_eq(get(t, 0x100100), 0xff);
    put(t, 0x1000fe, "\xf0", 1);
    cr_expect_eq(get(t, 0x1000fe), 0x10, "bits are only cleared");
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    put(t, 0x200000, data, 300);
    cr_expect_eq(get(t, 0x200000), data[256], "of more than a page the last 256 count");
    cr_expect_eq(get(t, 0x20002b), data[299]);
    cr_expect_eq(get(t, 0x20002c), data[44]);
    close_device(t);
}

Test(spi_nor, writes_need_the_latch_and_whole_bytes)
{
    struct th *t = started("w25q256jv");

    with_address(t, 0x02, 0, "\0", 1);
    cr_expect_eq(status(t, 0x05), 0);
    cr_expect_eq(get(t, 0), 0xff, "no write enable");
    command(t, 0x06);
    cr_expect_eq(status(t, 0x05), 2);
    command(t, 0x04);
    cr_expect_eq(status(t, 0x05), 0);
    command(t, 0x06);
    th_spi_select(t, 0);
    for (const char *c = "\x02\0\0\0\0"; c < "\x02\0\0\0\0" + 5; c++)
        th_spi(t, (uint8_t)*c);
    th_spi_frame(t, 0, 3, 1, 0);
    th_spi_select(t, 1);
    cr_expect_eq(status(t, 0x05), 2, "three bits too many: nothing is done");
    with_address(t, 0x02, 0, "", 0);
    cr_expect_eq(status(t, 0x05), 2, "no data");
    enabled(t, 0x20, 0, "\0", 1);
    cr_expect_eq(status(t, 0x05), 2, "an erase with something behind its address");
    put(t, 0, "\0", 1);
    cr_expect_eq(status(t, 0x05), 0, "the latch ends with the cycle");
    close_device(t);
}

/* 8.2.19 to 8.2.22 and 9.6 */
Test(spi_nor, erasing_takes_its_time)
{
    static const struct {
        uint8_t opcode;
        uint32_t bytes;
        uint64_t ns;
    } rows[] = {{0x20, 4096, 45 * MS}, {0x52, 32768, 120 * MS}, {0xd8, 65536, 150 * MS}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started("w25q256jv");

        put(t, 0x30000 - 1, "\0", 1);
        put(t, 0x30000, "\0", 1);
        put(t, 0x30000 + rows[i].bytes - 1, "\0", 1);
        put(t, 0x30000 + rows[i].bytes, "\0", 1);
        enabled(t, rows[i].opcode, 0x30123, NULL, 0);
        cr_expect_eq(status(t, 0x05), 1, "busy, and the latch is taken");
        th_advance(t, rows[i].ns - 1);
        cr_expect_eq(status(t, 0x05) & 1, 1);
        cr_expect_eq(get(t, 0), 0xff, "no reads meanwhile");
        th_advance(t, 1);
        cr_expect_eq(status(t, 0x05), 0);
        cr_expect_eq(get(t, 0x30000 - 1), 0);
        cr_expect_eq(get(t, 0x30000), 0xff);
        cr_expect_eq(get(t, 0x30000 + rows[i].bytes - 1), 0xff);
        cr_expect_eq(get(t, 0x30000 + rows[i].bytes), 0);
        close_device(t);
    }
}

Test(spi_nor, chip_erase)
{
    struct th *t = started("w25q256jv");

    put(t, 0, "\0", 1);
    put(t, 0xffffff, "\0", 1);
    command(t, 0x06);
    command(t, 0xc7);
    enabled(t, 0x02, 5, "\0", 1);
    th_advance(t, 79999 * MS);
    cr_expect_eq(status(t, 0x05) & 1, 1);
    th_advance(t, MS);
    cr_expect_eq(status(t, 0x05), 0);
    cr_expect_eq(get(t, 0), 0xff);
    cr_expect_eq(get(t, 0xffffff), 0xff);
    cr_expect_eq(get(t, 5), 0xff, "what came while busy was not heard");
    close_device(t);
}

Test(spi_nor, instant)
{
    struct th *t = opened("w25q256jv");

    th_set(t, "instant", "true");
    start_device(t);
    enabled(t, 0x02, 0, "\x12", 1);
    cr_expect_eq(status(t, 0x05), 0);
    cr_expect_eq(get(t, 0), 0x12);
    close_device(t);
}

struct protection {
    const char *model;
    uint8_t sr1, sr2;
    uint32_t inside, outside; /* UINT32_MAX: there is none */
};

/* 7.1.17 */
Test(spi_nor, block_protection)
{
    static const struct protection rows[] = {
        {"w25q256jv", 0x04, 0, 0x1ff0000, 0x1fe0000}, {"w25q256jv", 0x44, 0, 0, 0x10000},
        {"w25q256jv", 0x24, 0, 0x1000000, 0x0ff0000}, {"w25q256jv", 0x3c, 0, 0, UINT32_MAX},
        {"w25q256jv", 0x04, 0x40, 0, 0x1ff0000},      {"w25q128jv", 0x04, 0, 0xfc0000, 0xfb0000},
        {"w25q128jv", 0x24, 0, 0, 0x40000},           {"w25q128jv", 0x64, 0, 0, 0x1000},
        {"w25q128jv", 0x1c, 0, 0, UINT32_MAX},        {"w25q128jv", 0x54, 0, 0xff8000, 0xff7000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started(rows[i].model);

        if (!strcmp(rows[i].model, "w25q256jv"))
            command(t, 0xb7);
        set_status(t, rows[i].sr1, rows[i].sr2);
        for (uint32_t outside = 0; outside < 2; outside++) {
            uint32_t at = outside ? rows[i].outside : rows[i].inside;
            uint8_t message[] = {
                0x02, (uint8_t)(at >> 24), (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at, 0};
            uint8_t *from = message, value;

            if (at == UINT32_MAX)
                continue;
            if (!strcmp(rows[i].model, "w25q128jv"))
                *++from = 0x02;
            command(t, 0x06);
            th_spi_command(t, from, (uint32_t)(message + 6 - from), NULL, 0);
            th_advance(t, MS);
            *from = 0x03;
            th_spi_command(t, from, (uint32_t)(message + 5 - from), &value, 1);
            cr_expect_eq(value, outside ? 0 : 0xff, "row %zu at %#x", i, at);
        }
        command(t, 0x06);
        command(t, 0xc7);
        cr_expect_eq(status(t, 0x05) & 1, 0, "row %zu: no chip erase over a protected block", i);
        close_device(t);
    }
}

/* 7.1.8, 7.1.9 */
Test(spi_nor, status_registers_and_their_locks)
{
    struct th *t = started("w25q256jv");

    set_status(t, 0xff, 0xff);
    cr_expect_eq(status(t, 0x05), 0xfc);
    cr_expect_eq(status(t, 0x35), 0x43);
    th_drive(t, "wp", 0, 1);
    set_status(t, 0, 0x43);
    cr_expect_eq(status(t, 0x05), 0, "with QE the pin is a data lane");
    set_status(t, 0x80, 0);
    set_status(t, 0x04, 0);
    cr_expect_eq(status(t, 0x05), 0x80, "SRP and the pin");
    th_drive(t, "wp", 0, 0);
    set_status(t, 0x04, 0);
    cr_expect_eq(status(t, 0x05), 0x04);
    command(t, 0x06);
    th_spi_command(t, "\x01\x08", 2, NULL, 0);
    cr_expect_eq(status(t, 0x05) & 1, 1, "the write cycle");
    th_advance(t, 10 * MS);
    command(t, 0x50);
    th_spi_command(t, "\x01\x10", 2, NULL, 0);
    cr_expect_eq(status(t, 0x05), 0x10, "volatile: at once, without the latch");
    command(t, 0x66);
    command(t, 0x99);
    th_advance(t, 30000);
    cr_expect_eq(status(t, 0x05), 0x08, "and gone with a reset");
    close_device(t);
}

Test(spi_nor, reset_needs_its_enable_right_before)
{
    struct th *t = started("w25q256jv");

    command(t, 0xb7);
    command(t, 0x99);
    cr_expect_eq(status(t, 0x15) & 1, 1);
    command(t, 0x66);
    status(t, 0x05);
    command(t, 0x99);
    cr_expect_eq(status(t, 0x15) & 1, 1);
    enabled(t, 0x20, 0, NULL, 0);
    command(t, 0x66);
    command(t, 0x99);
    th_advance(t, 30000);
    cr_expect_eq(status(t, 0x05), 0, "an erase is cut short");
    cr_expect_eq(status(t, 0x15) & 1, 0);
    close_device(t);
}

Test(spi_nor, deep_power_down)
{
    struct th *t = started("w25q256jv");
    uint8_t id[3], device;

    command(t, 0xb9);
    th_spi_command(t, "\x9f", 1, id, 3);
    cr_expect_eq(id[0], 0xff);
    th_spi_command(t, "\xab\0\0\0", 4, &device, 1);
    cr_expect_eq(device, 0x18);
    th_spi_command(t, "\x9f", 1, id, 3);
    cr_expect_eq(id[0], 0xef);
    command(t, 0xb9);
    command(t, 0xab);
    th_spi_command(t, "\x9f", 1, id, 3);
    cr_expect_eq(id[0], 0xef, "without reading the number as well");
    close_device(t);
}

Test(spi_nor, an_image_is_read_and_written_back)
{
    struct th *t = opened("w25q256jv");

    th_insert(t, 1 << 20, 0, "flash");
    memset(t->block.medium, 0xff, 1 << 20);
    t->block.medium[0x1234] = 0x42;
    start_device(t);
    cr_expect_eq(get(t, 0x1234), 0x42);
    cr_expect_eq(get(t, 2 << 20), 0xff, "behind the end of the image: erased");
    put(t, 0x1235, "\x43", 1);
    th_complete(t);
    cr_expect_eq(t->block.medium[0x1235], 0x43);
    cr_expect_eq(t->block.medium[0x1236], 0xff);
    put(t, 2 << 20, "\x44", 1);
    cr_expect_eq(t->block.nrequests, 0);
    cr_expect_eq(get(t, 2 << 20), 0x44);
    close_device(t);
}

Test(spi_nor, images_that_do_not_suit)
{
    struct th *t = opened("w25q128jv");

    th_insert(t, (16 << 20) + 512, 0, "flash");
    expect_refused(t, "");
    t = opened("w25q128jv");
    th_insert(t, 4096, BP_BLOCK_READ_ONLY, "flash");
    start_device(t);
    put(t, 0, "\1", 1);
    cr_expect_eq(t->block.submits, 1, "the load only");
    cr_expect_eq(get(t, 0), 0);
    close_device(t);
    t = opened("w25q128jv");
    th_set(t, "bus-width", "3");
    expect_refused(t, "bus-width");
}

Test(spi_nor, a_snapshot_in_the_middle_of_everything)
{
    struct th *a = started("w25q256jv"), *b = started("w25q256jv");

    put(a, 0x77, "\x12", 1);
    enabled(a, 0x20, 0x10000, NULL, 0);
    th_spi_select(a, 0);
    th_spi(a, 0x05);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_spi(b, 0xff) & 1, 1, "the same transfer goes on");
    th_spi_select(b, 1);
    th_advance(b, 45 * MS);
    cr_expect_eq(status(b, 0x05), 0);
    cr_expect_eq(get(b, 0x77), 0x12);
    close_device(a);
    close_device(b);
}

Test(spi_nor, behind_a_controller)
{
    struct th *flash = opened("is25wp256d"), *t = open_device("sifive", "qspi");

    th_clock(t, "clock", 500000000);
    th_plug(t, "spi", 0, 1, flash);
    start_device(flash);
    start_device(t);
    put(flash, 0x100, "\x78\x56\x34\x12", 4);
    cr_expect_eq(th_read(t, 1, 0x100, 4), 0x12345678, "through the window");
    th_write(t, 0, 0x60, 4, 0);
    th_write(t, 0, 0x40, 4, 0x80000);
    th_write(t, 0, 0x18, 4, 2);
    for (int i = 0; i < 4; i++)
        th_write(t, 0, 0x48, 4, i ? 0 : 0x9f);
    th_write(t, 0, 0x18, 4, 0);
    th_read(t, 0, 0x4c, 4);
    cr_expect_eq(th_read(t, 0, 0x4c, 4), 0x9d);
    cr_expect_eq(th_read(t, 0, 0x4c, 4), 0x70);
    close_device(t);
    close_device(flash);
}

Test(spi_nor, device_tree)
{
    struct th *t = started("w25q256jv");

    cr_expect_str_eq(th_fdt(t),
                     "compatible = \"jedec,spi-nor\"\nspi-max-frequency = <0x2faf080>\n"
                     "spi-rx-bus-width = <0x4>\nspi-tx-bus-width = <0x4>\nm25p,fast-read\n");
    close_device(t);
}
