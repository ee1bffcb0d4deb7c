/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c - lines and clocks: fan-out, OR, inversion, loops, devices that drive while they are told, and resets.
 */
#include "fake.h"

static struct rig r;
static struct graph_node *node[4];
static struct pad *pad[4];

static void nodes(uint32_t n)
{
    static const char *const names[] = {"a", "b", "c", "d"};

    trace_configure(NULL, BP_LOG_WARN, NULL);
    rig_init(&r);
    for (uint32_t i = 0; i < n; i++)
        node[i] = rig_device(&r, names[i], &pad_class, PAD + 0x1000 * i, 0x1000);
}

static void wire(uint32_t from, uint32_t out, uint32_t to, uint32_t in, bool invert)
{
    rig_wire(&r, node[from], "out", out, node[to], "in", in, invert);
}

static void reset_lines(void)
{
    wire_reset_begin(r.m);
    wire_reset_end(r.m);
}

static void build(void)
{
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    for (uint32_t i = 0; i < r.graph.nnodes; i++)
        pad[i] = rig_self(&r, node[i]);
    reset_lines();
    for (uint32_t i = 0; i < r.graph.nnodes; i++)
        memset(pad[i]->changes, 0, sizeof(pad[i]->changes));
}

static void set(uint32_t who, uint32_t line, uint32_t level)
{
    pad[who]->lines->set(pad[who]->out, line, level);
}

static void fini(void)
{
    rig_finish(&r);
    trace_configure(NULL, BP_LOG_WARN, NULL);
}

TestSuite(wire, .fini = fini);

static void drive_early(struct pad *p)
{
    p->lines->set(p->out, 0, 1);
}

/* The device at the other end may not have been initialised yet; it hears of it with the first reset. */
Test(wire, a_line_driven_in_init_reaches_nobody_before_the_reset)
{
    pad_on_init = drive_early;
    nodes(2);
    wire(0, 0, 1, 0, false);
    wire(1, 0, 0, 0, false);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    for (uint32_t i = 0; i < 2; i++) {
        pad[i] = rig_self(&r, node[i]);
        cr_assert_eq(pad[i]->changes[0], 0);
    }
    reset_lines();
    cr_assert(pad[0]->changes[0] == 1 && pad[1]->changes[0] == 1);
}

Test(wire, one_output_reaches_many_inputs_and_only_changes_arrive)
{
    nodes(3);
    wire(0, 1, 1, 2, false);
    wire(0, 1, 2, 3, false);
    build();
    set(0, 1, 1);
    set(0, 1, 7);
    cr_assert(pad[1]->level[2] == 1 && pad[2]->level[3] == 1);
    cr_assert_eq(pad[1]->changes[2], 1);
    cr_assert_eq(pad[0]->lines->get(pad[0]->out, 1), 1);
    cr_assert_eq(pad[0]->lines->get(pad[0]->out, 0), 0);
    set(0, 1, 0);
    cr_assert(pad[1]->level[2] == 0 && pad[1]->changes[2] == 2);
}

Test(wire, drivers_of_an_input_are_ored)
{
    nodes(3);
    wire(0, 0, 2, 0, false);
    wire(1, 0, 2, 0, false);
    build();
    set(0, 0, 1);
    set(1, 0, 1);
    cr_assert_eq(pad[2]->changes[0], 1);
    set(0, 0, 0);
    cr_assert(pad[2]->level[0] == 1 && pad[2]->changes[0] == 1);
    set(1, 0, 0);
    cr_assert(pad[2]->level[0] == 0 && pad[2]->changes[0] == 2);
}

Test(wire, an_inverted_wire_is_high_while_its_driver_is_low)
{
    nodes(3);
    wire(0, 0, 2, 0, true);
    wire(1, 0, 2, 0, false);
    build();
    cr_assert_eq(pad[2]->level[0], 1, "from reset on");
    set(1, 0, 1);
    set(0, 0, 1);
    cr_assert_eq(pad[2]->level[0], 1, "the other one holds it");
    set(1, 0, 0);
    cr_assert_eq(pad[2]->level[0], 0);
    set(0, 0, 0);
    cr_assert_eq(pad[2]->level[0], 1);
}

Test(wire, an_open_line_and_an_impossible_one_do_nothing)
{
    nodes(1);
    build();
    set(0, 3, 1);
    cr_assert_eq(pad[0]->lines->get(pad[0]->out, 3), 1);
    set(0, PAD_LINES, 1);
    cr_assert_eq(pad[0]->lines->get(pad[0]->out, PAD_LINES), 0);
}

static void repeat(struct pad *p, uint32_t index, uint32_t level)
{
    p->lines->set(p->out, index, level);
}

Test(wire, a_ring_of_repeaters_settles)
{
    nodes(3);
    wire(0, 0, 1, 0, false);
    wire(1, 0, 2, 0, false);
    wire(2, 0, 0, 0, false);
    build();
    pad_on_line = repeat;
    set(0, 0, 1);
    cr_assert(pad[0]->level[0] && pad[1]->level[0] && pad[2]->level[0]);
}

Test(wire, a_loop_that_cannot_settle_is_cut_and_reported)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    trace_configure(out, BP_LOG_ERROR, NULL);
    nodes(1);
    trace_configure(out, BP_LOG_ERROR, NULL);
    wire(0, 0, 0, 0, true);
    pad_on_line = NULL;
    build();
    pad_on_line = repeat;
    set(0, 0, 1);
    fflush(out);
    cr_assert(strstr(text, "a: error: lines form a loop"));
    cr_assert_leq(pad[0]->changes[0], 80);
    cr_assert_lt(length, 4000, "one report, not one a level");
    pad_on_line = NULL;
    set(0, 1, 1); /* others go on working */
    cr_assert_eq(pad[0]->lines->get(pad[0]->out, 1), 1);
    trace_configure(NULL, BP_LOG_WARN, NULL);
    rig_finish(&r);
    fclose(out);
    free(text);
    rig_init(&r);
}

/* The first listener takes the line back while the second has not heard of it yet. */
static void take_back(struct pad *p, uint32_t index, uint32_t level)
{
    (void)index;
    if (p == pad[1] && level)
        pad[0]->lines->set(pad[0]->out, 0, 0);
}

static uint32_t lows;

static void take_back_and_watch(struct pad *p, uint32_t index, uint32_t level)
{
    take_back(p, index, level);
    lows += p == pad[2] && !level;
}

Test(wire, a_line_taken_back_while_it_is_told_leaves_others_right)
{
    nodes(4);
    wire(0, 0, 1, 0, false);
    wire(0, 0, 2, 0, false);
    wire(3, 0, 2, 0, false); /* holds the second listener high all the time */
    build();
    set(3, 0, 1);
    lows = 0;
    pad_on_line = take_back_and_watch;
    set(0, 0, 1);
    pad_on_line = NULL;
    cr_assert_eq(lows, 0, "an input that is driven high never sees low");
    cr_assert(pad[1]->level[0] == 0 && pad[2]->level[0] == 1);
    set(3, 0, 0);
    cr_assert_eq(pad[2]->level[0], 0, "nothing is left over");
    set(0, 0, 1);
    cr_assert_eq(pad[2]->level[0], 1);
}

/* A device that is reset before another one forgets what that one drives; in the end all are told. */
static void drive_in_reset(struct pad *p)
{
    if (p == pad[0])
        p->lines->set(p->out, 0, 1);
}

Test(wire, lines_driven_in_reset_arrive_after_all_resets)
{
    nodes(3);
    wire(0, 0, 1, 0, false);
    wire(2, 0, 1, 1, true);
    build();
    set(2, 0, 1);
    wire_reset_begin(r.m);
    drive_in_reset(pad[0]);
    cr_assert_eq(pad[1]->changes[0], 0, "not before its own reset");
    memset(pad[1]->level, 0xff, sizeof(pad[1]->level));
    wire_reset_end(r.m);
    cr_assert_eq(pad[1]->level[0], 1);
    cr_assert_eq(pad[1]->level[1], 1, "low driver, inverted");
    cr_assert_eq(pad[1]->level[2], 0, "nobody drives it");
    cr_assert_eq(pad[2]->lines->get(pad[2]->out, 0), 0);
}

Test(wire, clocks_are_known_in_init_and_changes_are_heard)
{
    struct graph_node *osc;

    nodes(1); /* the consumer comes first */
    osc = rig_core(&r, "osc", "fixed-clock", 0, 0);
    rig_value(osc, "frequency")->u = 24000000;
    rig_clock(&r, osc, "out", node[0], "clock");
    r.graph.nnodes = 2;
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    pad[0] = rig_self(&r, node[0]);
    cr_assert_eq(pad[0]->hz, 24000000, "in init()");
    cr_assert_eq(machine_node_clock(r.m, node[0]), 24000000);
    pad[0]->clocks->set_hz((struct bp_clock_out *)machine_dev(r.m, osc)->ports[0].clock_out, 12);
    cr_assert(pad[0]->hz == 12 && pad[0]->clocks->hz(pad[0]->clock_in) == 12);
    pad[0]->clocks->set_hz((struct bp_clock_out *)machine_dev(r.m, osc)->ports[0].clock_out, 12);
    cr_assert_eq(pad[0]->hz_changes, 1);
}

Test(wire, an_open_clock_stands_still)
{
    nodes(1);
    build();
    cr_assert_eq(pad[0]->clocks->hz(pad[0]->clock_in), 0);
    cr_assert_eq(machine_node_clock(r.m, node[0]), 0);
}

Test(wire, a_wire_to_a_line_that_is_not_there_is_an_error)
{
    nodes(2);
    wire(0, 0, 1, PAD_LINES, false);
    cr_assert_not(rig_build(&r, MACHINE_NO_BACKENDS));
    cr_assert(rig_complains(&r, "a", "out of the port's width"));
}
