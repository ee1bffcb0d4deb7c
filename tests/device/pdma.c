/* SPDX-License-Identifier: Apache-2.0
 *
 * The FU540's DMA engine against chapter 12 of its manual.
 */
#include "device.h"

enum {
    CONTROL = 0x000,
    CONFIG = 0x004,
    BYTES = 0x008,
    DESTINATION = 0x010,
    SOURCE = 0x018,
    EXEC_CONFIG = 0x104,
    EXEC_BYTES = 0x108,
    EXEC_DESTINATION = 0x110,
    EXEC_SOURCE = 0x118
};
#define CLAIM    0x1u
#define RUN      0x2u
#define DONE_IE  0x4000u
#define ERROR_IE 0x8000u
#define DONE     0x40000000u
#define ERROR    0x80000000u
#define FROM     TH_RAM_BASE
#define TO       (TH_RAM_BASE + 0x10000)

static struct th *started(void)
{
    struct th *t = open_device("sifive", "pdma");

    t->region_bytes[0] = 1 << 20;
    th_clock(t, "clock", 1000000);
    start_device(t);
    for (uint32_t i = 0; i < 0x8000; i++)
        *(uint8_t *)th_ram(t, FROM + i) = (uint8_t)(i * 7 + (i >> 8));
    return t;
}

static void transfer(struct th *t, uint32_t ch, uint64_t from, uint64_t to, uint64_t bytes,
                     uint32_t config)
{
    uint64_t base = 0x1000 * ch;

    th_write(t, 0, base + CONTROL, 4, CLAIM);
    th_write(t, 0, base + CONFIG, 4, config);
    th_write(t, 0, base + BYTES, 8, bytes);
    th_write(t, 0, base + DESTINATION, 8, to);
    th_write(t, 0, base + SOURCE, 4, from & UINT32_MAX); /* in halves */
    th_write(t, 0, base + SOURCE + 4, 4, from >> 32);
    th_write(t, 0, base + CONTROL, 4, CLAIM | RUN | DONE_IE | ERROR_IE);
}

Test(pdma, moves_memory)
{
    struct th *t = started();

    transfer(t, 2, FROM + 3, TO, 10000, 0xff000000);
    cr_expect_eq(th_read(t, 0, 0x2000 + CONTROL, 4), CLAIM | RUN | DONE_IE | ERROR_IE);
    cr_expect_eq(th_read(t, 0, 0x2000 + EXEC_BYTES, 8), 10000);
    cr_expect_eq(th_read(t, 0, 0x2000 + EXEC_CONFIG, 4), 0xff000000);
    th_advance(t, 512000); /* 4 KiB at eight bytes a microsecond */
    cr_expect_eq(th_read(t, 0, 0x2000 + EXEC_BYTES, 8), 10000 - 4096);
    cr_expect_eq(th_read(t, 0, 0x2000 + EXEC_SOURCE, 8), FROM + 3 + 4096);
    cr_expect_eq(th_read(t, 0, 0x2000 + EXEC_DESTINATION, 8), TO + 4096);
    th_advance(t, 1250000 - 512000 - 1);
    cr_expect_eq(th_level(t, "irq", 4), 0);
    th_advance(t, 1);
    cr_expect_arr_eq(th_ram(t, FROM + 3), th_ram(t, TO), 10000);
    cr_expect_eq(*(uint8_t *)th_ram(t, TO + 10000), 0);
    cr_expect_eq(th_read(t, 0, 0x2000 + CONTROL, 4), CLAIM | DONE_IE | ERROR_IE | DONE);
    cr_expect_eq(th_level(t, "irq", 4), 1);
    cr_expect_eq(th_level(t, "irq", 5), 0);
    th_write(t, 0, 0x2000 + CONTROL, 4, CLAIM | DONE_IE);
    cr_expect_eq(th_level(t, "irq", 4), 0);
    close_device(t);
}

Test(pdma, a_place_where_nothing_is)
{
    struct th *t = started();

    transfer(t, 0, 0x1000, TO, 64, 0);
    th_advance(t, 1000000);
    cr_expect_eq(th_read(t, 0, CONTROL, 4), CLAIM | DONE_IE | ERROR_IE | ERROR);
    cr_expect_eq(th_level(t, "irq", 1), 1);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    transfer(t, 0, FROM, TH_RAM_BASE + TH_RAM_BYTES - 32, 64, 0);
    th_advance(t, 1000000);
    cr_expect_eq(th_read(t, 0, CONTROL, 4) & (RUN | ERROR), ERROR, "half of it is not there");
    close_device(t);
}

Test(pdma, claim_and_run)
{
    struct th *t = started();

    th_write(t, 0, CONTROL, 4, RUN);
    cr_expect_eq(th_read(t, 0, CONTROL, 4), 0, "not claimed");
    th_write(t, 0, BYTES, 8, 5);
    th_write(t, 0, CONTROL, 4, CLAIM);
    cr_expect_eq(th_read(t, 0, BYTES, 8), 0, "claiming clears the Next registers");
    th_write(t, 0, BYTES, 8, 5);
    th_write(t, 0, CONTROL, 4, CLAIM | DONE | ERROR);
    cr_expect_eq(th_read(t, 0, CONTROL, 4), CLAIM, "done and error cannot be set");
    cr_expect_eq(th_read(t, 0, BYTES, 8), 5, "claimed already");
    transfer(t, 0, FROM, TO, 100000, 0);
    th_write(t, 0, CONTROL, 4, RUN);
    cr_expect_eq(th_read(t, 0, CONTROL, 4), CLAIM | RUN, "a running channel stays claimed");
    th_write(t, 0, CONTROL, 4, 0);
    th_advance(t, 100000000);
    cr_expect_eq(th_read(t, 0, CONTROL, 4), 0, "stopped and given up");
    cr_expect_eq(*(uint8_t *)th_ram(t, TO + 1), 0);
    close_device(t);
}

Test(pdma, nothing_to_move_is_done)
{
    struct th *t = started();

    transfer(t, 1, FROM, TO, 0, 0);
    th_advance(t, 1);
    cr_expect_eq(th_read(t, 0, 0x1000 + CONTROL, 4) & (RUN | DONE), DONE);
    close_device(t);
}

Test(pdma, repeats)
{
    struct th *t = started();

    transfer(t, 0, FROM, TO, 64, 4);
    th_advance(t, 8000);
    cr_expect_eq(th_read(t, 0, CONTROL, 4) & (RUN | DONE), RUN | DONE);
    th_write(t, 0, SOURCE, 8, FROM + 64);
    th_write(t, 0, DESTINATION, 8, TO + 64);
    th_advance(t, 16000);
    cr_expect_arr_eq(th_ram(t, FROM), th_ram(t, TO), 128);
    th_write(t, 0, CONFIG, 4, 0);
    th_advance(t, 8000);
    cr_expect_eq(th_read(t, 0, CONTROL, 4) & RUN, 0);
    close_device(t);
}

Test(pdma, without_a_clock)
{
    struct th *t = started();

    th_clock(t, "clock", 0);
    transfer(t, 3, FROM, TO, 0x8000, 0);
    th_advance(t, 1);
    cr_expect_arr_eq(th_ram(t, FROM), th_ram(t, TO), 0x8000);
    transfer(t, 0, FROM, TO, 0, 4);
    th_advance(t, 100000);
    cr_expect_eq(th_read(t, 0, CONTROL, 4) & RUN, RUN, "a loop of nothing does not hang");
    close_device(t);
}

Test(pdma, a_snapshot_half_way)
{
    struct th *a = started(), *b = started();

    transfer(a, 0, FROM, TO, 8192, 0);
    th_advance(a, 512000);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    th_advance(b, 512000);
    cr_expect_arr_eq(th_ram(b, FROM), th_ram(b, TO), 8192);
    cr_expect_eq(th_level(b, "irq", 0), 1);
    close_device(a);
    close_device(b);
}
