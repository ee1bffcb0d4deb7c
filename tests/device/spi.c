/* SPDX-License-Identifier: Apache-2.0
 *
 * The FU540's SPI controllers against chapter 19 of its manual, with made-up parts.
 */
#include "device.h"
#include "th_spi.h"

enum {
    SCKDIV = 0x00,
    SCKMODE = 0x04,
    CSID = 0x10,
    CSDEF = 0x14,
    CSMODE = 0x18,
    DELAY0 = 0x28,
    DELAY1 = 0x2c,
    FMT = 0x40,
    TXDATA = 0x48,
    RXDATA = 0x4c,
    TXMARK = 0x50,
    RXMARK = 0x54,
    FCTRL = 0x60,
    FFMT = 0x64,
    IE = 0x70,
    IP = 0x74
};
enum { AUTO = 0, HOLD = 2, OFF = 3 };
enum { WINDOW = 1 };

#define EMPTY 0x80000000u

static struct th_spi_part part, other;

static struct th *opened(const char *type)
{
    struct th *t = open_device("sifive", type);

    memset(&part, 0, sizeof part);
    memset(&other, 0, sizeof other);
    part.nanswer = 8;
    t->region_bytes[1] = 16 << 20;
    for (uint32_t i = 0; i < 8; i++)
        part.answer[i] = 0xa0 + i;
    th_clock(t, "clock", 500000000);
    th_set(t, "num-cs", "4");
    th_attach(t, "spi", 0, 1, &part, &th_spi_part_iface);
    th_attach(t, "spi", 2, 1, &other, &th_spi_part_iface);
    return t;
}

static struct th *started(const char *type)
{
    struct th *t = opened(type);

    start_device(t);
    if (!strcmp(type, "qspi"))
        th_write(t, 0, FCTRL, 4, 0);
    part.changes = other.changes = 0;
    return t;
}

Test(spi, reset_values)
{
    static const struct {
        uint32_t reg, spi, qspi;
    } rows[] = {{SCKDIV, 3, 3},
                {CSDEF, 15, 15},
                {CSMODE, 0, 0},
                {DELAY0, 0x10001, 0x10001},
                {DELAY1, 1, 1},
                {FMT, 0x80000, 0x80008},
                {TXMARK, 0, 1},
                {RXMARK, 0, 0},
                {RXDATA, EMPTY, EMPTY},
                {TXDATA, 0, 0},
                {FCTRL, 0, 1},
                {FFMT, 0, 0x30007},
                {IE, 0, 0},
                {IP, 0, 1}};
    struct th *spi = opened("spi"), *qspi = opened("qspi");

    start_device(spi);
    start_device(qspi);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(th_read(spi, 0, rows[i].reg, 4), rows[i].spi, "%#x", rows[i].reg);
        cr_expect_eq(th_read(qspi, 0, rows[i].reg, 4), rows[i].qspi, "%#x of qspi", rows[i].reg);
    }
    cr_expect_eq(part.level, 1, "the chip selects are inactive");
    close_device(spi);
    close_device(qspi);
}

Test(spi, a_frame_each_way)
{
    struct th *t = started("spi");

    th_write(t, 0, TXDATA, 4, 0x9f);
    cr_expect_eq(part.nframes, 1);
    cr_expect_eq(part.frames[0].out, 0x9f);
    cr_expect_eq(part.frames[0].bits, 8);
    cr_expect_eq(part.frames[0].lanes, 1);
    cr_expect_eq(part.frames[0].flags, 0);
    cr_expect_eq(th_peek(t, 0, RXDATA, 4), 0xa0);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), 0xa0);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), EMPTY);
    close_device(t);
}

/* 19.9 */
Test(spi, chip_select_modes)
{
    struct th *t = started("spi");

    th_write(t, 0, TXDATA, 4, 0);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(part.changes, 4, "AUTO: around each frame");
    cr_expect_eq(part.level, 1);
    th_write(t, 0, CSMODE, 4, HOLD);
    cr_expect_eq(part.level, 1, "HOLD begins with a frame");
    th_write(t, 0, TXDATA, 4, 0);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(part.level, 0);
    cr_expect_eq(part.changes, 5);
    th_write(t, 0, CSMODE, 4, HOLD);
    cr_expect_eq(part.level, 0, "the same value changes nothing");
    th_write(t, 0, CSID, 4, 2);
    cr_expect_eq(part.level, 1);
    cr_expect_eq(other.changes, 0);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(other.level, 0);
    th_write(t, 0, CSDEF, 4, 0xb);
    cr_expect_eq(other.level, 0, "let go, at its new inactive level");
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(other.level, 1, "active high");
    th_write(t, 0, CSMODE, 4, OFF);
    cr_expect_eq(other.level, 0);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(other.level, 0, "OFF: no hand on the pin");
    close_device(t);
}

Test(spi, a_chip_select_nobody_has)
{
    struct th *t = started("spi");

    th_write(t, 0, CSID, 4, 1);
    th_write(t, 0, TXDATA, 4, 0x55);
    th_write(t, 0, CSID, 4, 77);
    th_write(t, 0, TXDATA, 4, 0x55);
    cr_expect_eq(part.changes + other.changes, 0);
    th_write(t, 0, CSDEF, 4, 0xffffffff);
    cr_expect_eq(th_read(t, 0, CSDEF, 4), 15, "as many pins as there are");
    close_device(t);
}

/* 19.11 */
Test(spi, frame_formats)
{
    struct th *t = started("spi");

    part.answer[0] = 0x5;
    th_write(t, 0, FMT, 4, 0x40000); /* four bits, the most significant first */
    th_write(t, 0, TXDATA, 4, 0xc0);
    cr_expect_eq(part.frames[0].bits, 4);
    cr_expect_eq(part.frames[0].out, 0xc, "left-aligned");
    cr_expect_eq(th_read(t, 0, RXDATA, 4), 0x50);
    part.answer[1] = 0x01;
    th_write(t, 0, FMT, 4, 0x80004); /* the least significant first */
    th_write(t, 0, TXDATA, 4, 0x0f);
    cr_expect_eq(part.frames[1].out, 0xf0);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), 0x80);
    th_write(t, 0, FMT, 4, 0x8000a); /* quad, out */
    th_write(t, 0, TXDATA, 4, 0x12);
    cr_expect_eq(part.frames[2].lanes, 4);
    cr_expect_eq(part.frames[2].flags, 0);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), EMPTY, "dir tx keeps nothing");
    th_write(t, 0, FMT, 4, 0x80001); /* dual, in */
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(part.frames[3].lanes, 2);
    cr_expect_eq(part.frames[3].flags, BP_SPI_LISTEN);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), 0xa3);
    th_write(t, 0, FMT, 4, 0x00000);
    th_write(t, 0, TXDATA, 4, 0xff);
    cr_expect_eq(part.nframes, 4, "no bits, no clocks");
    close_device(t);
}

Test(spi, clock_modes_reach_the_part)
{
    struct th *t = started("spi");

    th_write(t, 0, SCKMODE, 4, 3);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(part.frames[0].flags, BP_SPI_CPHA | BP_SPI_CPOL);
    close_device(t);
}

/* 19.13, 19.14, 19.17 */
Test(spi, watermarks_and_interrupts)
{
    struct th *t = started("spi");

    th_write(t, 0, RXMARK, 4, 2);
    th_write(t, 0, IE, 4, 2);
    th_write(t, 0, TXDATA, 4, 0);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(th_read(t, 0, IP, 4), 0);
    th_write(t, 0, TXDATA, 4, 0);
    cr_expect_eq(th_read(t, 0, IP, 4), 2, "more than the mark");
    cr_expect_eq(th_level(t, "irq", 0), 1);
    th_read(t, 0, RXDATA, 4);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_write(t, 0, TXMARK, 4, 1);
    cr_expect_eq(th_read(t, 0, IP, 4), 1, "fewer than the mark");
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_write(t, 0, IE, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    close_device(t);
}

Test(spi, a_full_receive_fifo_takes_no_more)
{
    struct th *t = started("spi");

    for (int i = 0; i < 10; i++)
        th_write(t, 0, TXDATA, 4, 0);
    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(th_read(t, 0, RXDATA, 4), 0xa0 + i);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), EMPTY);
    close_device(t);
}

/* 19.4, 19.10: 500 MHz by 2 * (249 + 1) is a microsecond a bit */
Test(spi, frames_take_their_time_when_paced)
{
    struct th *t = opened("spi");

    th_set(t, "pace", "true");
    start_device(t);
    th_write(t, 0, SCKDIV, 4, 249);
    th_write(t, 0, TXMARK, 4, 1);
    th_write(t, 0, TXDATA, 4, 1);
    th_advance(t, 10999);
    cr_expect_eq(part.nframes, 0);
    th_advance(t, 1);
    cr_expect_eq(part.nframes, 1, "8 bits and 3 of delays");
    th_write(t, 0, CSMODE, 4, HOLD);
    for (uint32_t i = 0; i < 9; i++)
        th_write(t, 0, TXDATA, 4, i);
    cr_expect_eq(th_read(t, 0, TXDATA, 4), EMPTY, "one on the wire, eight wait: full");
    th_write(t, 0, TXDATA, 4, 0x77);
    cr_expect_eq(th_read(t, 0, IP, 4) & 1, 0);
    th_advance(t, 9 * 8000 - 1);
    cr_expect_eq(part.nframes, 9);
    th_advance(t, 1);
    cr_expect_eq(part.nframes, 10, "the tenth was ignored");
    th_advance(t, 100000);
    cr_expect_eq(part.nframes, 10);
    cr_expect_eq(part.frames[9].out, 8);
    cr_expect_eq(th_read(t, 0, IP, 4) & 1, 1);
    th_clock(t, "clock", 0);
    th_write(t, 0, TXDATA, 4, 0x11);
    th_advance(t, 1000000);
    cr_expect_eq(part.nframes, 10, "no clock");
    th_clock(t, "clock", 500000000);
    th_advance(t, 8000);
    cr_expect_eq(part.nframes, 11);
    close_device(t);
}

/* 19.16 */
Test(spi, the_window_reads_flash)
{
    struct th *t = opened("qspi");

    start_device(t);
    cr_expect_eq(th_read(t, WINDOW, 0x123456, 2), 0xa5a4,
                 "command 03h and three bytes of address first");
    cr_expect_eq(part.nframes, 6);
    cr_expect_eq(part.frames[0].out, 0x03);
    cr_expect_eq(part.frames[1].out, 0x12);
    cr_expect_eq(part.frames[3].out, 0x56);
    cr_expect_eq(part.level, 1);
    cr_expect_eq(th_write(t, WINDOW, 0, 4, 0), BP_E_ACCESS);
    cr_expect_eq(th_peek(t, WINDOW, 0, 4), UINT64_MAX, "a debugger disturbs nothing");
    cr_expect_eq(part.nframes, 6);
    th_write(t, 0, FFMT, 4, 0xa0eb2869); /* EBh: four bytes on four lanes, six dummy clocks */
    part.nframes = 0;
    th_read(t, WINDOW, 0x10, 1);
    cr_expect_eq(part.frames[0].lanes, 1);
    cr_expect_eq(part.frames[1].lanes, 4);
    cr_expect_eq(part.frames[4].out, 0x10);
    cr_expect_eq(part.frames[5].out, 0xa0, "the pad code, on the lanes of the address");
    cr_expect_eq(part.nframes, 5 + 1 + 4 + 1, "four more clocks of nothing, then the byte");
    cr_expect_eq(part.frames[10].flags, BP_SPI_LISTEN);
    th_write(t, 0, FCTRL, 4, 0);
    cr_expect_eq(th_read(t, WINDOW, 0, 4), UINT64_MAX, "not in flash mode");
    close_device(t);
}

Test(spi, flash_mode_rests_the_fifos)
{
    struct th *t = started("qspi");

    th_write(t, 0, FCTRL, 4, 1);
    th_write(t, 0, TXDATA, 4, 0x11);
    cr_expect_eq(part.nframes, 0);
    th_write(t, 0, FCTRL, 4, 0);
    cr_expect_eq(part.nframes, 1);
    close_device(t);
}

Test(spi, a_snapshot_with_a_frame_on_the_wire)
{
    struct th *a = opened("spi"), *b = opened("spi");

    th_set(a, "pace", "true");
    th_set(b, "pace", "true");
    start_device(a);
    start_device(b);
    th_write(a, 0, CSMODE, 4, HOLD);
    th_write(a, 0, TXDATA, 4, 0x11);
    th_write(a, 0, TXDATA, 4, 0x22);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    th_advance(b, 1000000);
    cr_expect_eq(part.nframes, 2);
    cr_expect_eq(part.frames[0].out, 0x11);
    cr_expect_eq(th_read(b, 0, RXDATA, 4), 0xa0);
    close_device(a);
    close_device(b);
}

Test(spi, device_tree)
{
    struct th *t = started("spi");

    cr_expect_str_eq(th_fdt(t), "compatible = \"sifive,fu540-c000-spi\nsifive,spi0\"\n");
    close_device(t);
}
