/* SPDX-License-Identifier: Apache-2.0
 *
 * The FU540's PWM against chapter 16 of its manual. One tick a microsecond, or ten.
 */
#include "device.h"

enum { CFG = 0x00, COUNT = 0x08, PWMS = 0x10, CMP = 0x20 };
enum {
    STICKY = 1 << 8,
    ZEROCMP = 1 << 9,
    DEGLITCH = 1 << 10,
    ALWAYS = 1 << 12,
    ONESHOT = 1 << 13,
    CENTER1 = 1 << 17,
    GANG1 = 1 << 25
};

#define IPS(cfg) ((cfg) >> 28)
#define US       1000u

static struct th *started(void)
{
    struct th *t = open_device("sifive", "pwm");

    th_clock(t, "clock", 1000000);
    start_device(t);
    return t;
}

static uint64_t count(struct th *t)
{
    return th_read(t, 0, COUNT, 4);
}

Test(pwm, counts_and_scales)
{
    struct th *t = started();

    th_advance(t, 100 * US);
    cr_expect_eq(count(t), 0, "not enabled");
    th_write(t, 0, CFG, 4, ALWAYS | 3);
    th_advance(t, 100 * US);
    cr_expect_eq(count(t), 100);
    cr_expect_eq(th_peek(t, 0, PWMS, 4), 12);
    th_write(t, 0, COUNT, 4, 0x1234);
    cr_expect_eq(count(t), 0x1234);
    th_write(t, 0, CFG, 4, 3);
    th_advance(t, 100 * US);
    cr_expect_eq(count(t), 0x1234, "stopped");
    close_device(t);
}

/* 16.7 */
Test(pwm, the_count_begins_anew)
{
    struct th *t = started();

    th_write(t, 0, CFG, 4, ALWAYS);
    th_advance(t, 65535ull * US);
    cr_expect_eq(count(t), 0xffff);
    th_advance(t, US);
    cr_expect_eq(count(t), 0, "the carry out of pwms");
    th_write(t, 0, COUNT, 4, 0);
    th_write(t, 0, CMP, 4, 9);
    th_write(t, 0, CFG, 4, ALWAYS | ZEROCMP);
    th_advance(t, 9 * US);
    cr_expect_eq(count(t), 9);
    th_advance(t, US);
    cr_expect_eq(count(t), 0, "the tick behind the match");
    th_advance(t, 1000 * US);
    cr_expect_eq(count(t), 0, "a hundred periods");
    th_write(t, 0, COUNT, 4, 50);
    th_advance(t, US);
    cr_expect_eq(count(t), 0, "beyond the comparator is a match");
    close_device(t);
}

Test(pwm, a_wave)
{
    struct th *t = started();

    th_write(t, 0, CMP, 4, 99);     /* 100 us */
    th_write(t, 0, CMP + 4, 4, 75); /* the last 25 us high */
    th_write(t, 0, CFG, 4, ALWAYS | ZEROCMP);
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(th_level(t, "out", 1), 0);
        th_advance(t, 74 * US);
        cr_expect_eq(th_level(t, "out", 1), 0);
        th_advance(t, US);
        cr_expect_eq(th_level(t, "out", 1), 1);
        cr_expect_eq(th_level(t, "irq", 1), 1);
        cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 2);
        th_advance(t, 25 * US);
    }
    cr_expect_eq(th_rises(t, "out", 1), 3);
    close_device(t);
}

/* 16.8, 16.9 */
Test(pwm, centred_and_ganged)
{
    struct th *t = started();

    th_write(t, 0, CMP + 4, 4, 0x7ff0);
    th_write(t, 0, CMP + 8, 4, 0x8008);
    th_write(t, 0, CFG, 4, ALWAYS | CENTER1 | GANG1);
    th_advance(t, 0x7fefull * US);
    cr_expect_eq(th_level(t, "irq", 1), 0);
    th_advance(t, US);
    cr_expect_eq(th_level(t, "irq", 1), 1);
    cr_expect_eq(th_level(t, "out", 1), 1);
    th_advance(t, 0x18 * US);
    cr_expect_eq(th_level(t, "irq", 2), 1);
    cr_expect_eq(th_level(t, "out", 1), 0, "gang: and not the next one");
    th_advance(t, 7 * US);
    cr_expect_eq(th_level(t, "irq", 1), 1, "at 800fh");
    th_advance(t, US);
    cr_expect_eq(th_level(t, "irq", 1), 0, "as long behind the middle as before it");
    close_device(t);
}

/* 16.6 */
Test(pwm, sticky_and_deglitch)
{
    struct th *t = started();

    th_write(t, 0, CMP, 4, 99);
    th_write(t, 0, CMP + 4, 4, 50);
    th_write(t, 0, CFG, 4, ALWAYS | ZEROCMP | STICKY);
    th_advance(t, 150 * US);
    cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 3);
    th_advance(t, 60 * US);
    cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 3, "through the beginning of a cycle");
    th_write(t, 0, CFG, 4, ALWAYS | ZEROCMP | STICKY);
    cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 0, "until it is written");
    th_write(t, 0, COUNT, 4, 60);
    th_write(t, 0, CFG, 4, ALWAYS | ZEROCMP | DEGLITCH);
    th_write(t, 0, CMP + 4, 4, 0xffff);
    cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 2, "no longer a match, but kept in this cycle");
    th_advance(t, 40 * US);
    cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 0);
    close_device(t);
}

Test(pwm, one_shot)
{
    struct th *t = started();

    th_write(t, 0, CMP, 4, 99);
    th_write(t, 0, CMP + 4, 4, 50);
    th_write(t, 0, CFG, 4, ONESHOT | ZEROCMP);
    th_advance(t, 60 * US);
    cr_expect_eq(th_level(t, "out", 1), 1);
    cr_expect(th_read(t, 0, CFG, 4) & ONESHOT);
    th_advance(t, 1000 * US);
    cr_expect_eq(th_level(t, "out", 1), 0);
    cr_expect_eq(th_read(t, 0, CFG, 4) & ONESHOT, 0);
    cr_expect_eq(count(t), 0);
    cr_expect_eq(th_rises(t, "out", 1), 1);
    close_device(t);
}

/* A period of ten ticks of 100 ns: more edges than are shown, and nothing is lost but those. */
Test(pwm, a_wave_too_fast_for_its_outputs)
{
    struct th *t = started();

    th_clock(t, "clock", 10000000);
    th_write(t, 0, CMP, 4, 9);
    th_write(t, 0, CMP + 4, 4, 5);
    th_write(t, 0, CFG, 4, ALWAYS | ZEROCMP | STICKY);
    th_advance(t, 10000 * US);
    cr_expect_eq(count(t), 0, "ten thousand whole periods");
    cr_expect_eq(IPS(th_read(t, 0, CFG, 4)), 3);
    cr_expect_leq(th_rises(t, "irq", 0), 10001);
    close_device(t);
}

Test(pwm, a_clock_that_changes)
{
    struct th *t = started();

    th_write(t, 0, CFG, 4, ALWAYS);
    th_write(t, 0, CMP + 4, 4, 100);
    th_advance(t, 50 * US);
    th_clock(t, "clock", 0);
    th_advance(t, 500 * US);
    cr_expect_leq(count(t), 50, "gated");
    cr_expect_eq(th_level(t, "out", 1), 0);
    th_clock(t, "clock", 1000000);
    th_advance(t, 101 * US);
    cr_expect_eq(th_level(t, "out", 1), 1);
    close_device(t);
}

Test(pwm, a_narrow_one)
{
    struct th *t = open_device("sifive", "pwm");

    th_set(t, "compare-width", "8");
    th_clock(t, "clock", 1000000);
    start_device(t);
    th_write(t, 0, CMP + 4, 4, 0x1ff);
    cr_expect_eq(th_read(t, 0, CMP + 4, 4), 0xff);
    th_write(t, 0, CFG, 4, ALWAYS);
    th_advance(t, 256 * US);
    cr_expect_eq(count(t), 0);
    close_device(t);
}

Test(pwm, a_snapshot_in_a_wave)
{
    struct th *a = started(), *b = started();

    th_write(a, 0, CMP, 4, 99);
    th_write(a, 0, CMP + 4, 4, 50);
    th_write(a, 0, CFG, 4, ALWAYS | ZEROCMP);
    th_advance(a, 140 * US);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    th_advance(b, 10 * US);
    cr_expect_eq(count(b), 50);
    cr_expect_eq(th_level(b, "out", 1), 1);
    close_device(a);
    close_device(b);
}

Test(pwm, device_tree)
{
    struct th *t = started();

    cr_expect_str_eq(th_fdt(t),
                     "compatible = \"sifive,fu540-c000-pwm\nsifive,pwm0\"\n#pwm-cells = <0x3>\n");
    close_device(t);
}
