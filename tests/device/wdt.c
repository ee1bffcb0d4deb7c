/* SPDX-License-Identifier: Apache-2.0
 *
 * The FE310's watchdog against chapter 14 of its manual.
 */
#include "device.h"

enum { CFG = 0x00, COUNT = 0x08, WDOGS = 0x10, FEED = 0x18, KEY = 0x1c, CMP = 0x20 };
enum { RSTEN = 1 << 8, ZEROCMP = 1 << 9, ALWAYS = 1 << 12, IP = 1 << 28 };

#define S 1000000000ull

static struct th *started(void)
{
    struct th *t = open_device("sifive", "wdt");

    th_clock(t, "clock", 32768);
    start_device(t);
    return t;
}

static void set(struct th *t, uint32_t reg, uint32_t value)
{
    th_write(t, 0, KEY, 4, 0x51f15e);
    th_write(t, 0, reg, 4, value);
}

/* 14.5 */
Test(wdt, every_write_needs_the_key)
{
    struct th *t = started();

    th_write(t, 0, CFG, 4, ALWAYS);
    cr_expect_eq(th_read(t, 0, CFG, 4), 0);
    th_write(t, 0, KEY, 4, 0x51f15f);
    cr_expect_eq(th_read(t, 0, KEY, 4), 0);
    th_write(t, 0, CMP, 4, 5);
    cr_expect_eq(th_read(t, 0, CMP, 4), 0xffff);
    th_write(t, 0, KEY, 4, 0x51f15e);
    cr_expect_eq(th_read(t, 0, KEY, 4), 1);
    th_write(t, 0, CMP, 4, 5);
    cr_expect_eq(th_read(t, 0, CMP, 4), 5);
    th_write(t, 0, CMP, 4, 6);
    cr_expect_eq(th_read(t, 0, CMP, 4), 5, "one write for one key");
    close_device(t);
}

Test(wdt, bites_when_it_is_not_fed)
{
    struct th *t = started();

    set(t, CMP, 64);
    set(t, CFG, RSTEN | ALWAYS | 10); /* 64 * 1024 ticks: two seconds */
    for (int i = 0; i < 5; i++) {
        th_advance(t, 2 * S - 1000000);
        set(t, FEED, 0x0d09f00d);
    }
    cr_expect_eq(t->power_calls, 0);
    th_advance(t, S);
    set(t, FEED, 0xdeadbeef);
    cr_expect_eq(th_read(t, 0, COUNT, 4), 32768, "is no food");
    th_write(t, 0, FEED, 4, 0x0d09f00d);
    cr_expect_eq(th_read(t, 0, COUNT, 4), 32768, "nor is food without the key");
    th_advance(t, S - 1);
    cr_expect_eq(t->power_calls, 0);
    th_advance(t, 1);
    cr_expect_eq(t->power_calls, 1);
    cr_expect_eq(t->power_action, BP_POWER_RESET);
    cr_expect_eq(th_level(t, "reset", 0), 1);
    th_advance(t, 100 * S);
    cr_expect_eq(t->power_calls, 1);
    close_device(t);
}

Test(wdt, an_interrupt_instead)
{
    struct th *t = started();

    set(t, CMP, 32768);
    set(t, CFG, ALWAYS | ZEROCMP);
    th_advance(t, S);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect(th_read(t, 0, CFG, 4) & IP);
    cr_expect_eq(th_read(t, 0, COUNT, 4), 0, "zerocmp");
    th_advance(t, S / 2);
    cr_expect_eq(th_read(t, 0, WDOGS, 4), 16384);
    set(t, CFG, ALWAYS | ZEROCMP);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, S / 2);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect_eq(t->power_calls, 0);
    close_device(t);
}

Test(wdt, stands_still_when_it_is_not_enabled)
{
    struct th *t = started();

    set(t, CMP, 1);
    th_advance(t, 10 * S);
    cr_expect_eq(th_read(t, 0, COUNT, 4), 0);
    set(t, COUNT, 77);
    cr_expect_eq(th_read(t, 0, COUNT, 4), 77);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    close_device(t);
}

Test(wdt, a_snapshot_while_it_counts)
{
    struct th *a = started(), *b = started();

    set(a, CMP, 32768);
    set(a, CFG, ALWAYS | RSTEN);
    th_advance(a, S / 2);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, 0, COUNT, 4), 16384);
    th_advance(b, S / 2);
    cr_expect_eq(b->power_calls, 1);
    close_device(a);
    close_device(b);
}
