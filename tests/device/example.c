/* SPDX-License-Identifier: Apache-2.0
 *
 * The example of the device author's guide, tested the way the guide says.
 */
#include "device.h"

static struct th *countdown(void)
{
    const char *why = "";
    struct th *t = th_open_why(BP_EXAMPLE_DIR "/countdown.so", "countdown", &why);

    cr_assert_not_null(t, "%s", why);
    th_clock(t, "clock", 1000000);
    start_device(t);
    return t;
}

Test(example, expires_once)
{
    struct th *t = countdown();

    cr_expect_null(th_check_class(t->cls));
    th_write(t, 0, 0x4, 4, 100);
    th_write(t, 0, 0x0, 4, 3);
    th_advance(t, 40000);
    cr_expect_eq(th_read(t, 0, 0x8, 4), 60);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 60000);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect_eq(th_read(t, 0, 0x0, 4), 2, "it has stopped");
    th_write(t, 0, 0xc, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 1000000);
    cr_expect_eq(th_rises(t, "irq", 0), 1);
    close_device(t);
}

Test(example, starts_again)
{
    struct th *t = countdown();

    th_write(t, 0, 0x4, 4, 10);
    th_write(t, 0, 0x0, 4, 7);
    for (uint32_t i = 1; i <= 5; i++) {
        th_advance(t, 10000);
        cr_expect_eq(th_rises(t, "irq", 0), i);
        th_write(t, 0, 0xc, 4, 1);
    }
    th_write(t, 0, 0x0, 4, 0);
    th_advance(t, 100000);
    cr_expect_eq(th_rises(t, "irq", 0), 5);
    close_device(t);
}

Test(example, gated_clock_never_expires)
{
    struct th *t = countdown();

    th_clock(t, "clock", 0);
    th_write(t, 0, 0x0, 4, 3);
    th_advance(t, 1ull << 60);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    close_device(t);
}

Test(example, snapshot)
{
    struct th *a = countdown(), *b = countdown();

    th_write(a, 0, 0x4, 4, 100);
    th_write(a, 0, 0x0, 4, 3);
    th_advance(a, 30000);
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, 0, 0x8, 4), 70);
    th_advance(b, 70000);
    cr_expect_eq(th_level(b, "irq", 0), 1);
    close_device(a);
    close_device(b);
}

/* The fake host itself notices what a device must not do. */
Test(example, violations_are_counted)
{
    struct th *t = countdown();
    struct bp_line *irq = th_line(t, "irq");

    cr_expect_eq(t->violations, 0);
    th_api_line_set(irq, 1, 1);
    cr_expect_eq(t->violations, 1);
    cr_expect(strstr(t->violation, "width"), "%s", t->violation);
    cr_expect_eq(th_close(t), 1);
}
