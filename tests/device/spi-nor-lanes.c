/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and programming the serial flash on one, two and four lanes, and beyond 16 MiB.
 */
#include "spi-nor.h"

/* The byte at `at`, read with `address` bytes on `lanes` lanes, so many dummy clocks, and data on `data` lanes. */
static uint32_t read_by(struct th *t, uint8_t opcode, uint32_t address, uint32_t lanes, uint32_t at,
                        uint32_t dummy, uint32_t data)
{
    uint32_t value;

    th_spi_select(t, 0);
    th_spi(t, opcode);
    for (uint32_t i = address; i-- > 0;)
        th_spi_frame(t, at >> (8 * i) & 0xff, 8, lanes, 0);
    for (uint32_t i = 0; i < dummy; i++)
        th_spi_frame(t, BP_BIT(lanes) - 1, lanes, lanes, lanes > 1 ? BP_SPI_LISTEN : 0);
    value = th_spi_frame(t, 0xff, 8, data, data > 1 ? BP_SPI_LISTEN : 0);
    th_spi_select(t, 1);
    return value & 0xff;
}

Test(spi_nor_lanes, every_way_to_read)
{
    static const struct {
        uint8_t opcode;
        uint32_t address, lanes, dummy, data, quad;
    } rows[] = {
        {0x03, 3, 1, 0, 1, 0}, {0x0b, 3, 1, 8, 1, 0}, {0x3b, 3, 1, 8, 2, 0}, {0x6b, 3, 1, 8, 4, 1},
        {0xbb, 3, 2, 4, 2, 0}, {0xeb, 3, 4, 6, 4, 1}, {0x13, 4, 1, 0, 1, 0}, {0x0c, 4, 1, 8, 1, 0},
        {0x3c, 4, 1, 8, 2, 0}, {0x6c, 4, 1, 8, 4, 1}, {0xbc, 4, 2, 4, 2, 0}, {0xec, 4, 4, 6, 4, 1},
    };
    struct th *t = started("w25q256jv");

    put(t, 0x123456, "\x9a\xbc", 2);
    for (uint32_t quad = 0; quad < 2; quad++) {
        set_status(t, 0, quad ? 2 : 0);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            cr_expect_eq(read_by(t, rows[i].opcode, rows[i].address, rows[i].lanes, 0x123456,
                                 rows[i].dummy, rows[i].data),
                         rows[i].quad && !quad ? 0xff : 0x9a, "%02x, QE %u", rows[i].opcode, quad);
    }
    close_device(t);
}

Test(spi_nor_lanes, quad_page_program)
{
    struct th *t = started("is25wp256d");

    command(t, 0x06);
    th_spi_command(t, "\x01\x40", 2, NULL, 0);
    th_advance(t, 10 * MS);
    cr_expect_eq(status(t, 0x05), 0x40, "QE of ISSI");
    command(t, 0x06);
    th_spi_select(t, 0);
    for (int i = 0; i < 4; i++)
        th_spi(t, i ? 0 : 0x32);
    th_spi_frame(t, 0x5a, 8, 4, 0);
    th_spi_select(t, 1);
    th_advance(t, MS);
    cr_expect_eq(get(t, 0), 0x5a);
    close_device(t);
}

/* Lanes that do not fit are bits in the wrong place, not an error. */
Test(spi_nor_lanes, a_controller_on_other_lanes)
{
    struct th *t = started("w25q256jv");
    uint32_t value;

    put(t, 0, "\xa5", 1);
    th_spi_select(t, 0);
    for (int i = 0; i < 4; i++)
        th_spi(t, i ? 0 : 0x03);
    value = th_spi_frame(t, 0xff, 8, 4, BP_SPI_LISTEN); /* two clocks of a part that sends on IO1 */
    th_spi_select(t, 1);
    cr_expect_eq(value & 0xff, 0xfd, "bits 1 and 0 of the byte at IO1, the rest pulled up");
    th_spi_select(t, 0);
    cr_expect_eq(th_spi_frame(t, 0x9f, 8, 1, BP_SPI_CPHA) & 0xff, 0xff);
    cr_expect_eq(th_spi(t, 0xff), 0xff, "mode 1 is not heard");
    th_spi_select(t, 1);
    cr_expect_eq(th_spi(t, 0x9f), 0xff, "nor is anything without the chip select");
    close_device(t);
}

Test(spi_nor_lanes, single_bits_make_bytes)
{
    struct th *t = started("w25q256jv");
    uint32_t id = 0;

    th_spi_select(t, 0);
    for (int i = 7; i >= 0; i--)
        th_spi_frame(t, 0x9f >> i & 1, 1, 1, 0);
    for (int i = 0; i < 24; i++)
        id = id << 1 | (th_spi_frame(t, 1, 1, 1, 0) & 1);
    th_spi_select(t, 1);
    cr_expect_eq(id, 0xef4019);
    th_spi_select(t, 0);
    th_spi_frame(t, 0x9f, 8, 1, 0);
    cr_expect_eq(th_spi_frame(t, 0, 24, 1, 0), 0xef4019, "or a frame of three");
    th_spi_select(t, 1);
    close_device(t);
}

/* Mode bits A0h: the next transfer begins with its address. */
Test(spi_nor_lanes, continuous_read)
{
    struct th *t = started("w25q256jv");

    put(t, 0, "\x77", 1);
    set_status(t, 0, 2);
    for (int round = 0; round < 3; round++) {
        th_spi_select(t, 0);
        if (!round)
            th_spi(t, 0xeb);
        for (int i = 0; i < 3; i++)
            th_spi_frame(t, 0, 8, 4, 0);
        th_spi_frame(t, round < 2 ? 0xa0 : 0xff, 8, 4, 0);
        for (int i = 0; i < 4; i++)
            th_spi_frame(t, 15, 4, 4, BP_SPI_LISTEN);
        cr_expect_eq(th_spi_frame(t, 0, 8, 4, BP_SPI_LISTEN) & 0xff, 0x77, "round %d", round);
        th_spi_select(t, 1);
    }
    cr_expect_eq(status(t, 0x35), 2, "ended by other mode bits");
    close_device(t);
}

Test(spi_nor_lanes, beyond_16_mib)
{
    struct th *t = started("w25q256jv");
    uint8_t value;

    command(t, 0x06);
    th_spi_command(t, "\x12\x01\0\0\x05\x55", 6, NULL, 0);
    th_advance(t, MS);
    cr_expect_eq(get(t, 5), 0xff);
    th_spi_command(t, "\x13\x01\0\0\x05", 5, &value, 1);
    cr_expect_eq(value, 0x55);
    command(t, 0xb7);
    cr_expect_eq(status(t, 0x15) & 1, 1, "ADS");
    th_spi_command(t, "\x03\x01\0\0\x05", 5, &value, 1);
    cr_expect_eq(value, 0x55);
    command(t, 0xe9);
    command(t, 0x06);
    th_spi_command(t, "\xc5\x01", 2, NULL, 0);
    cr_expect_eq(status(t, 0xc8), 1);
    cr_expect_eq(get(t, 5), 0x55, "the extended address register");
    close_device(t);
    t = started("w25q128jv");
    command(t, 0xb7);
    cr_expect_eq(status(t, 0x15), 0, "nothing of that in a small part");
    close_device(t);
}
