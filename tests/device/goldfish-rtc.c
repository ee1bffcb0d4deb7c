/* SPDX-License-Identifier: Apache-2.0
 *
 * The Goldfish real-time clock against its document.
 */
#include "device.h"

enum {
    TIME_LOW = 0,
    TIME_HIGH = 4,
    ALARM_LOW = 8,
    ALARM_HIGH = 12,
    IRQ_ENABLED = 16,
    CLEAR_ALARM = 20,
    ALARM_STATUS = 24,
    CLEAR_INTERRUPT = 28
};

static struct th *started(void)
{
    struct th *t = open_device("standard", "goldfish-rtc");

    start_device(t);
    return t;
}

static uint64_t read_time(struct th *t)
{
    uint64_t low = th_read(t, 0, TIME_LOW, 4);

    return th_read(t, 0, TIME_HIGH, 4) << 32 | low;
}

static void write_pair(struct th *t, uint32_t low, uint64_t value)
{
    th_write(t, 0, low + 4, 4, value >> 32);
    th_write(t, 0, low, 4, value & UINT32_MAX);
}

Test(goldfish_rtc, tells_wall_time)
{
    struct th *t = started();

    cr_expect_eq(read_time(t), t->wall_start);
    th_advance(t, 1500000000);
    cr_expect_eq(read_time(t), t->wall_start + 1500000000);
    close_device(t);
}

Test(goldfish_rtc, high_half_is_latched)
{
    struct th *t = started();
    uint64_t low, high;

    t->wall_start = 0x11ffffffffu;
    low = th_read(t, 0, TIME_LOW, 4);
    th_advance(t, 10);
    th_peek(t, 0, TIME_LOW, 4);
    high = th_read(t, 0, TIME_HIGH, 4);
    cr_expect_eq(high << 32 | low, 0x11ffffffffu, "the carry came between the two reads");
    close_device(t);
}

Test(goldfish_rtc, can_be_set)
{
    struct th *t = started();

    write_pair(t, TIME_LOW, 123456789012345678u);
    cr_expect_eq(read_time(t), 123456789012345678u);
    th_advance(t, 22);
    cr_expect_eq(read_time(t), 123456789012345700u);
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(read_time(t), 123456789012345700u,
                 "a clock keeps its time through a system reset");
    th_reset(t, BP_RESET_COLD);
    cr_expect_eq(read_time(t), t->wall_start + 22);
    close_device(t);
}

Test(goldfish_rtc, alarm)
{
    struct th *t = started();

    th_write(t, 0, IRQ_ENABLED, 4, 1);
    write_pair(t, ALARM_LOW, t->wall_start + 5000);
    cr_expect_eq(th_read(t, 0, ALARM_STATUS, 4), 1);
    cr_expect_eq(th_read(t, 0, ALARM_HIGH, 4) << 32 | th_read(t, 0, ALARM_LOW, 4),
                 t->wall_start + 5000);
    th_advance(t, 4999);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect_eq(th_read(t, 0, ALARM_STATUS, 4), 0);
    th_write(t, 0, CLEAR_INTERRUPT, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 1000000);
    cr_expect_eq(th_rises(t, "irq", 0), 1, "an alarm rings once");
    close_device(t);
}

Test(goldfish_rtc, alarm_in_the_past_rings_at_once)
{
    struct th *t = started();

    write_pair(t, ALARM_LOW, t->wall_start - 1);
    cr_expect_eq(th_level(t, "irq", 0), 0, "not enabled");
    th_write(t, 0, IRQ_ENABLED, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    close_device(t);
}

Test(goldfish_rtc, alarm_can_be_cleared)
{
    struct th *t = started();

    th_write(t, 0, IRQ_ENABLED, 4, 1);
    write_pair(t, ALARM_LOW, t->wall_start + 100);
    th_write(t, 0, CLEAR_ALARM, 4, 0);
    cr_expect_eq(th_read(t, 0, ALARM_STATUS, 4), 0);
    th_advance(t, 1000);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    close_device(t);
}

Test(goldfish_rtc, far_alarms_do_not_overflow)
{
    struct th *t = started();

    th_write(t, 0, IRQ_ENABLED, 4, 1);
    th_advance(t, 1000);
    write_pair(t, ALARM_LOW, UINT64_MAX);
    th_advance(t, 1000000000);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    close_device(t);
}

Test(goldfish_rtc, standing_still_does_not_lose_the_alarm)
{
    struct th *t = started();

    th_write(t, 0, IRQ_ENABLED, 4, 1);
    write_pair(t, ALARM_LOW, t->wall_start + 1000);
    t->wall_start -= 400; /* the wall clock fell behind virtual time */
    th_advance(t, 1000);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 400);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    close_device(t);
}

Test(goldfish_rtc, setting_the_time_moves_the_alarm)
{
    struct th *t = started();

    th_write(t, 0, IRQ_ENABLED, 4, 1);
    write_pair(t, ALARM_LOW, t->wall_start + 1000000);
    write_pair(t, TIME_LOW, t->wall_start + 2000000);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    close_device(t);
}

Test(goldfish_rtc, snapshot)
{
    struct th *a = started(), *b = started();

    th_write(a, 0, IRQ_ENABLED, 4, 1);
    write_pair(a, TIME_LOW, 1000);
    write_pair(a, ALARM_LOW, 1500);
    cr_assert_eq(th_migrate(b, a), BP_OK);
    th_advance(b, 499);
    cr_expect_eq(th_level(b, "irq", 0), 0);
    th_advance(b, 1);
    cr_expect_eq(th_level(b, "irq", 0), 1);
    cr_expect_eq(read_time(b), 1500);
    close_device(a);
    close_device(b);
}
