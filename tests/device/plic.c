/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupt controller against the RISC-V PLIC specification 1.0.0.
 */
#include "device.h"

#define PENDING            0x1000u
#define ENABLE(context)    (0x2000u + 0x80u * (context))
#define THRESHOLD(context) (0x200000u + 0x1000u * (context))
#define CLAIM(context)     (THRESHOLD(context) + 4)

static struct th *plic(void)
{
    struct th *t = open_device("riscv-platform", "plic");

    th_set_refs(t, "harts", 2);
    th_set(t, "sources", "40");
    return t;
}

static struct th *started(void)
{
    struct th *t = plic();

    start_device(t);
    return t;
}

static void set(struct th *t, uint64_t at, uint32_t value)
{
    cr_assert_eq(th_write(t, 0, at, 4, value), BP_OK);
}

static uint32_t get(struct th *t, uint64_t at)
{
    return (uint32_t)th_read(t, 0, at, 4);
}

static void source(struct th *t, uint32_t id, uint32_t level)
{
    th_drive(t, "source", id, level);
}

Test(plic, level_source_from_line_to_completion)
{
    struct th *t = started();

    set(t, 4 * 10, 3);
    set(t, ENABLE(1), 1 << 10);
    source(t, 10, 1);
    cr_expect_eq(get(t, PENDING), 1 << 10);
    cr_expect_eq(th_level(t, "seip", 0), 1);
    cr_expect_eq(th_level(t, "meip", 0), 0);
    cr_expect_eq(th_peek(t, 0, CLAIM(1), 4), 10);
    cr_expect_eq(th_level(t, "seip", 0), 1, "a debugger's look does not claim");
    cr_expect_eq(get(t, CLAIM(1)), 10);
    cr_expect_eq(th_level(t, "seip", 0), 0);
    cr_expect_eq(get(t, PENDING), 0);
    cr_expect_eq(get(t, CLAIM(1)), 0, "nothing else");
    set(t, CLAIM(1), 10);
    cr_expect_eq(th_level(t, "seip", 0), 1, "the line is still up: the gateway asks again");
    cr_expect_eq(get(t, CLAIM(1)), 10);
    source(t, 10, 0);
    set(t, CLAIM(1), 10);
    cr_expect_eq(th_level(t, "seip", 0), 0);
    close_device(t);
}

Test(plic, request_outlives_its_line)
{
    struct th *t = started();

    set(t, 4 * 5, 1);
    set(t, ENABLE(0), 1 << 5);
    source(t, 5, 1);
    source(t, 5, 0);
    cr_expect_eq(th_level(t, "meip", 0), 1);
    cr_expect_eq(get(t, CLAIM(0)), 5);
    close_device(t);
}

Test(plic, priorities)
{
    struct th *t = started();

    set(t, 4 * 7, 2);
    set(t, 4 * 3, 2);
    set(t, 4 * 35, 6);
    set(t, ENABLE(2), 0xffffffff);
    set(t, ENABLE(2) + 4, 0xffffffff);
    source(t, 7, 1);
    source(t, 3, 1);
    source(t, 35, 1);
    source(t, 20, 1); /* priority 0 */
    cr_expect_eq(get(t, CLAIM(2)), 35, "the highest priority");
    cr_expect_eq(get(t, CLAIM(2)), 3, "the lowest id among equals");
    cr_expect_eq(get(t, CLAIM(2)), 7);
    cr_expect_eq(get(t, CLAIM(2)), 0, "priority 0 never interrupts");
    close_device(t);
}

Test(plic, threshold)
{
    struct th *t = started();

    set(t, 4 * 1, 3);
    set(t, ENABLE(0), 2);
    set(t, THRESHOLD(0), 3);
    source(t, 1, 1);
    cr_expect_eq(th_level(t, "meip", 0), 0, "not above the threshold");
    set(t, THRESHOLD(0), 2);
    cr_expect_eq(th_level(t, "meip", 0), 1);
    set(t, THRESHOLD(0), 7);
    cr_expect_eq(th_level(t, "meip", 0), 0);
    cr_expect_eq(get(t, CLAIM(0)), 1, "a claim does not look at it");
    close_device(t);
}

Test(plic, several_contexts_compete)
{
    struct th *t = started();

    set(t, 4 * 9, 1);
    set(t, ENABLE(0), 1 << 9);
    set(t, ENABLE(3), 1 << 9);
    source(t, 9, 1);
    cr_expect(th_level(t, "meip", 0) && th_level(t, "seip", 1));
    cr_expect_eq(get(t, CLAIM(3)), 9);
    cr_expect(!th_level(t, "meip", 0) && !th_level(t, "seip", 1));
    cr_expect_eq(get(t, CLAIM(0)), 0, "the other came late");
    source(t, 9, 0);
    source(t, 9, 1);
    cr_expect_eq(get(t, PENDING), 0, "no second request before completion");
    set(t, CLAIM(0), 9);
    cr_expect_eq(get(t, PENDING), 1 << 9, "any context that enables it may complete");
    close_device(t);
}

Test(plic, completion_that_is_not_one)
{
    struct th *t = started();

    set(t, 4 * 9, 1);
    set(t, ENABLE(0), 1 << 9);
    source(t, 9, 1);
    cr_expect_eq(get(t, CLAIM(0)), 9);
    set(t, CLAIM(1), 9); /* not enabled there */
    set(t, CLAIM(0), 0);
    set(t, CLAIM(0), 41);
    set(t, CLAIM(0), 0xffffffff);
    set(t, CLAIM(0), 8); /* not claimed */
    cr_expect_eq(get(t, PENDING), 0);
    set(t, ENABLE(0), 0);
    set(t, CLAIM(0), 9);
    cr_expect_eq(get(t, PENDING), 0, "not enabled any more: ignored");
    close_device(t);
}

Test(plic, what_does_not_exist_is_zero)
{
    struct th *t = started();

    set(t, 0, 7);
    cr_expect_eq(get(t, 0), 0, "source 0");
    set(t, 4 * 41, 7);
    cr_expect_eq(get(t, 4 * 41), 0, "beyond the sources");
    set(t, 4 * 40, 0xff);
    cr_expect_eq(get(t, 4 * 40), 7, "as many levels as there are");
    set(t, ENABLE(0), 0xffffffff);
    set(t, ENABLE(0) + 4, 0xffffffff);
    set(t, ENABLE(0) + 8, 0xffffffff);
    cr_expect_eq(get(t, ENABLE(0)), 0xfffffffe);
    cr_expect_eq(get(t, ENABLE(0) + 4), 0x1ff);
    cr_expect_eq(get(t, ENABLE(0) + 8), 0);
    set(t, ENABLE(4), 0xffffffff);
    cr_expect_eq(get(t, ENABLE(4)), 0, "two harts have four contexts");
    set(t, THRESHOLD(4), 1);
    cr_expect_eq(get(t, THRESHOLD(4)), 0);
    cr_expect_eq(get(t, CLAIM(4)), 0);
    set(t, CLAIM(4), 1);
    set(t, PENDING, 0xffffffff);
    cr_expect_eq(get(t, PENDING), 0, "read-only");
    source(t, 0, 1);
    source(t, 41, 1);
    cr_expect_eq(get(t, PENDING) | get(t, PENDING + 4), 0);
    close_device(t);
}

Test(plic, edge_sources)
{
    struct th *t = plic();

    th_set(t, "edge-sources", "[4, 6]");
    start_device(t);
    set(t, 4 * 4, 1);
    set(t, ENABLE(0), 1 << 4);
    source(t, 4, 1);
    cr_expect_eq(get(t, CLAIM(0)), 4);
    set(t, CLAIM(0), 4);
    cr_expect_eq(th_level(t, "meip", 0), 0, "a level that stays is no edge");
    source(t, 4, 0);
    source(t, 4, 1);
    cr_expect_eq(get(t, CLAIM(0)), 4);
    source(t, 4, 0);
    source(t, 4, 1);
    cr_expect_eq(th_level(t, "meip", 0), 0);
    set(t, CLAIM(0), 4);
    cr_expect_eq(th_level(t, "meip", 0), 1, "an edge before completion is kept");
    close_device(t);
    t = plic();
    th_set(t, "edge-sources", "41");
    expect_refused(t, "edge-sources");
}

Test(plic, machine_mode_only)
{
    struct th *t = plic();

    th_set(t, "supervisor", "false");
    start_device(t);
    set(t, 4 * 2, 1);
    set(t, ENABLE(1), 1 << 2);
    source(t, 2, 1);
    cr_expect_eq(th_level(t, "meip", 1), 1, "context 1 is the second hart's");
    cr_expect_str_eq(
        th_fdt(t),
        "compatible = \"sifive,plic-1.0.0\nriscv,plic0\"\n"
        "interrupts-extended = <0x1 0xb 0x1 0xb>\n#address-cells = <0>\nriscv,ndev = <0x28>\n");
    close_device(t);
}

Test(plic, device_tree)
{
    struct th *t = started();

    cr_expect(strstr(th_fdt(t), "interrupts-extended = <0x1 0xb 0x1 0x9 0x1 0xb 0x1 0x9>\n"), "%s",
              t->fdt);
    close_device(t);
}

Test(plic, reset)
{
    struct th *t = started();

    set(t, 4 * 2, 1);
    set(t, ENABLE(0), 1 << 2);
    source(t, 2, 1);
    get(t, CLAIM(0));
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(get(t, 4 * 2) | get(t, ENABLE(0)), 0);
    cr_expect_eq(th_level(t, "meip", 0), 0);
    cr_expect_eq(get(t, PENDING), 1 << 2, "the wire is still up");
    close_device(t);
}

/* A system reset takes the devices' lines down before the controller hears of it. */
Test(plic, reset_takes_the_line_down)
{
    struct th *t = started();

    set(t, 4 * 2, 1);
    set(t, ENABLE(0), 1 << 2);
    source(t, 2, 1);
    th_line(t, "source")->level[2] = 0;
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(get(t, PENDING), 0, "nobody interrupts any more");
    source(t, 2, 1);
    cr_expect_eq(get(t, PENDING), 1 << 2, "the next time is one");
    close_device(t);
}

Test(plic, bad_priorities)
{
    struct th *t = plic();

    th_set(t, "priorities", "5");
    expect_refused(t, "priorities");
}

Test(plic, snapshot)
{
    struct th *a = started(), *b = started();

    set(a, 4 * 2, 1);
    set(a, 4 * 33, 2);
    set(a, ENABLE(0), 1 << 2);
    set(a, ENABLE(0) + 4, 1 << 1);
    source(a, 2, 1);
    source(a, 33, 1);
    get(a, CLAIM(0));
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(get(b, CLAIM(0)), 2);
    set(b, CLAIM(0), 33);
    cr_expect_eq(get(b, CLAIM(0)), 33);
    close_device(a);
    close_device(b);
}
