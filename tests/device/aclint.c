/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers and software interrupts against the ACLINT specification 1.0-rc4.
 */
#include "device.h"

enum { MSWI, MTIMER, SSWI };

#define HZ    10000000u /* 100 ns */
#define MTIME 0x7ff8u
#define HARTS 3u

static struct th *aclint(void)
{
    struct th *t = open_device("riscv-platform", "aclint");

    th_set_refs(t, "harts", HARTS);
    th_clock(t, "clock", HZ);
    t->region_bytes[MSWI] = t->region_bytes[SSWI] = 0x4000;
    t->region_bytes[MTIMER] = 0x8000;
    return t;
}

static struct th *started(void)
{
    struct th *t = aclint();

    start_device(t);
    return t;
}

static const struct bp_counter_iface *counter(struct th *t)
{
    const struct bp_counter_iface *c = t->cls->get_iface(t->self, BP_COUNTER_ID);

    cr_assert_not_null(c);
    return c;
}

Test(aclint, counts)
{
    struct th *t = started();

    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 0);
    th_advance(t, 99);
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 0);
    th_advance(t, 1);
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 1);
    th_advance(t, 1000000000);
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), HZ + 1);
    close_device(t);
}

Test(aclint, halves)
{
    struct th *t = started();

    th_write(t, MTIMER, MTIME, 4, 0x11111111);
    th_write(t, MTIMER, MTIME + 4, 4, 0x22222222);
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 0x2222222211111111);
    cr_expect_eq(th_read(t, MTIMER, MTIME + 4, 4), 0x22222222);
    th_write(t, MTIMER, 8, 4, 0x1234);
    cr_expect_eq(th_read(t, MTIMER, 8, 8), 0xffffffff00001234);
    close_device(t);
}

Test(aclint, timer_interrupt)
{
    struct th *t = started();

    th_write(t, MTIMER, 8, 8, 50);
    cr_expect_eq(th_level(t, "mtip", 1), 0);
    th_advance(t, 4999);
    cr_expect_eq(th_level(t, "mtip", 1), 0);
    th_advance(t, 1);
    cr_expect_eq(th_level(t, "mtip", 1), 1);
    cr_expect_eq(th_level(t, "mtip", 0), 0, "the others are quiet");
    th_write(t, MTIMER, 8, 8, 51);
    cr_expect_eq(th_level(t, "mtip", 1), 0, "a later compare value ends it");
    th_advance(t, 100);
    cr_expect_eq(th_level(t, "mtip", 1), 1);
    close_device(t);
}

Test(aclint, several_comparators)
{
    struct th *t = started();

    th_write(t, MTIMER, 0, 8, 30);
    th_write(t, MTIMER, 8, 8, 10);
    th_write(t, MTIMER, 16, 8, 20);
    th_advance(t, 1000);
    cr_expect(th_level(t, "mtip", 1) && !th_level(t, "mtip", 2) && !th_level(t, "mtip", 0));
    th_advance(t, 1000);
    cr_expect(th_level(t, "mtip", 2) && !th_level(t, "mtip", 0));
    th_advance(t, 1000);
    cr_expect(th_level(t, "mtip", 0));
    close_device(t);
}

Test(aclint, no_interrupt_after_reset)
{
    struct th *t = started();

    cr_expect_eq(th_read(t, MTIMER, 0, 8), UINT64_MAX);
    th_write(t, MTIMER, 0, 8, 0);
    th_write(t, MSWI, 4, 4, 1);
    cr_expect_eq(th_level(t, "mtip", 0), 1);
    th_advance(t, 5000);
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(th_level(t, "mtip", 0), 0);
    cr_expect_eq(th_level(t, "msip", 1), 0, "3.2: MSIP is cleared, and so is its line");
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 0);
    close_device(t);
}

Test(aclint, writing_mtime_compares_again)
{
    struct th *t = started();

    th_write(t, MTIMER, 0, 8, 1000);
    th_write(t, MTIMER, MTIME, 8, 1000);
    cr_expect_eq(th_level(t, "mtip", 0), 1);
    th_write(t, MTIMER, MTIME, 8, 999);
    cr_expect_eq(th_level(t, "mtip", 0), 0);
    th_advance(t, 100);
    cr_expect_eq(th_level(t, "mtip", 0), 1);
    close_device(t);
}

/* The guest sets mtime close to its end; once it has wrapped, a far mtimecmp is far again, not
 * due all the time. */
Test(aclint, count_wraps_around)
{
    struct th *t = started();

    th_write(t, MTIMER, 0, 8, UINT64_MAX);
    th_write(t, MTIMER, MTIME, 8, UINT64_MAX - 5);
    th_advance(t, 1000);
    cr_expect_lt(th_read(t, MTIMER, MTIME, 8), 100);
    cr_expect_eq(th_level(t, "mtip", 0), 0);
    th_write(t, MTIMER, 8, 8, 50);
    th_advance(t, 10000);
    cr_expect_eq(th_level(t, "mtip", 1), 1);
    cr_expect_gt(th_next_deadline(t), t->now, "nothing is due that does not move time on");
    close_device(t);
}

Test(aclint, far_values_do_not_overflow)
{
    struct th *t = started();

    th_advance(t, 12345);
    th_write(t, MTIMER, 0, 8, UINT64_MAX - 1);
    th_write(t, MTIMER, 8, 8, 1ull << 63);
    th_advance(t, 1000000000000);
    cr_expect_eq(th_level(t, "mtip", 0), 0);
    cr_expect_eq(th_level(t, "mtip", 1), 0);
    close_device(t);
}

Test(aclint, software_interrupts)
{
    struct th *t = started();

    th_write(t, MSWI, 8, 4, 0xffffffff);
    cr_expect_eq(th_level(t, "msip", 2), 1);
    cr_expect_eq(th_read(t, MSWI, 8, 4), 1, "bit 0 is all there is");
    th_write(t, MSWI, 8, 4, 0xfffffffe);
    cr_expect_eq(th_level(t, "msip", 2), 0);
    th_write(t, MSWI, 4 * HARTS, 4, 1); /* a hart that does not exist */
    close_device(t);
}

Test(aclint, supervisor_software_interrupts_are_edges)
{
    struct th *t = started();

    th_write(t, SSWI, 4, 4, 1);
    cr_expect_eq(th_rises(t, "ssip", 1), 1);
    cr_expect_eq(th_level(t, "ssip", 1), 0);
    cr_expect_eq(th_read(t, SSWI, 4, 4), 0);
    th_write(t, SSWI, 4, 4, 0);
    th_write(t, SSWI, 4, 4, 2);
    cr_expect_eq(th_rises(t, "ssip", 1), 1);
    th_write(t, SSWI, 4 * HARTS, 4, 1);
    close_device(t);
}

static void jump(void *ctx)
{
    ++*(int *)ctx;
}

Test(aclint, counter_for_harts)
{
    struct th *t = started();
    const struct bp_counter_iface *c = counter(t);
    int jumps = 0;

    cr_expect_eq(c->hz(t->self), HZ);
    cr_assert_eq(c->watch(t->self, jump, &jumps), BP_OK);
    th_advance(t, 250);
    cr_expect_eq(c->read(t->self), 2);
    cr_expect_eq(c->when(t->self, 5), 500);
    cr_expect_eq(c->when(t->self, 1), 250, "now: it has come already");
    cr_expect_eq(c->when(t->self, UINT64_MAX), UINT64_MAX);
    cr_expect_eq(jumps, 0);
    th_write(t, MTIMER, MTIME, 8, 1000);
    cr_expect_eq(jumps, 1);
    cr_expect_eq(c->when(t->self, 1001), 350);
    close_device(t);
}

Test(aclint, clock_changes)
{
    struct th *t = started();

    th_write(t, MTIMER, 0, 8, 20);
    th_advance(t, 1000);
    th_clock(t, "clock", HZ / 10);
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 10, "it goes on from where it was");
    th_advance(t, 9000);
    cr_expect_eq(th_level(t, "mtip", 0), 0);
    th_advance(t, 1000);
    cr_expect_eq(th_level(t, "mtip", 0), 1);
    th_write(t, MTIMER, 0, 8, 1000);
    th_clock(t, "clock", 0);
    th_advance(t, 1000000000);
    cr_expect_eq(th_read(t, MTIMER, MTIME, 8), 20, "a gated clock stands still");
    cr_expect_eq(counter(t)->when(t->self, 21), UINT64_MAX);
    close_device(t);
}

Test(aclint, device_tree)
{
    struct th *t = started();

    t->region_base[0] = 0x2000000;
    t->region_base[1] = 0x2004000;
    cr_expect_str_eq(th_fdt(t),
                     "compatible = \"sifive,clint0\nriscv,clint0\"\n"
                     "interrupts-extended = <0x1 0x3 0x1 0x7 0x1 0x3 0x1 0x7 0x1 0x3 0x1 0x7>\n"
                     "reg = <0 0x2000000 0 0xc000>\n");
    t->region_base[1] = 0x2010000;
    cr_expect_str_eq(th_fdt(t), "", "a driver for the CLINT would look in the wrong place");
    close_device(t);
}

Test(aclint, timer_alone)
{
    struct th *t = aclint();

    t->absent = 1 << 0 | 1 << 2; /* mswi and sswi */
    start_device(t);
    th_write(t, MTIMER, 0, 8, 100);
    th_advance(t, 10000);
    cr_expect_eq(th_level(t, "mtip", 0), 1);
    cr_expect_str_eq(th_fdt(t), "");
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(th_level(t, "mtip", 0), 0);
    close_device(t);
}

/* A snapshot in the middle of a tick does not make that tick longer. */
Test(aclint, snapshot_within_a_tick)
{
    struct th *a = started(), *b = started();

    th_write(a, MTIMER, MTIME, 8, 5000);
    th_advance(a, 499); /* 4.99 ticks */
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, MTIMER, MTIME, 8), 5004);
    th_advance(b, 1);
    cr_expect_eq(th_read(b, MTIMER, MTIME, 8), 5005);
    close_device(a);
    close_device(b);
}

Test(aclint, snapshot)
{
    struct th *a = started(), *b = started();

    th_write(a, MTIMER, MTIME, 8, 5000);
    th_write(a, MTIMER, 0, 8, 5010);
    th_advance(a, 500);
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, MTIMER, MTIME, 8), 5005);
    th_advance(b, 499);
    cr_expect_eq(th_level(b, "mtip", 0), 0);
    th_advance(b, 1);
    cr_expect_eq(th_level(b, "mtip", 0), 1);
    close_device(a);
    close_device(b);
}
