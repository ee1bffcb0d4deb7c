/* SPDX-License-Identifier: Apache-2.0
 *
 * core/stub with a register description: reset values, access rules, forced fields, and what is logged.
 */
#include "core/machine/dev.h"
#include "core/machine/graph.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BOARD BP_SOURCE_DIR "/tests/unit/data/good/stub.yaml"
#define TRNG  0x40020000u
#define TIMER 0x40010000u

static struct diag d;
static struct registry *registry;
static struct graph *g;
static struct machine *m;
static FILE *out;
static char *text;
static size_t length;

static void begin(void)
{
    diag_init(&d);
    out = open_memstream(&text, &length);
    trace_configure(out, BP_LOG_INFO, NULL);
    registry = registry_create(NULL);
    g = graph_load(BOARD, NULL, registry, &d);
    diag_print(&d, stderr);
    cr_assert_not_null(g);
    m = machine_create(g, registry, MACHINE_NO_BACKENDS, &d);
    diag_print(&d, stderr);
    cr_assert_not_null(m);
    for (uint32_t i = 0; i < m->ndevs; i++)
        m->devs[i].type->device->reset(m->devs[i].instance, BP_RESET_COLD);
}

static void end(void)
{
    trace_configure(NULL, BP_LOG_WARN, NULL);
    machine_destroy(m);
    graph_destroy(g);
    registry_destroy(registry);
    diag_finish(&d);
    fclose(out);
    free(text);
}

TestSuite(stub, .init = begin, .fini = end);

static uint64_t look(uint64_t at, uint32_t width, uint32_t flags)
{
    uint64_t value = 0;

    cr_assert_eq(bus_access(&m->bus, 0, at, width, flags, &value, false), BP_OK);
    return value;
}

static uint64_t get(uint64_t at, uint32_t width)
{
    return look(at, width, 0);
}

static void put(uint64_t at, uint32_t width, uint64_t value)
{
    cr_assert_eq(bus_access(&m->bus, 0, at, width, 0, &value, true), BP_OK);
}

/* How often a text was logged. */
static int said(const char *what)
{
    int count = 0;

    fflush(out);
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

Test(stub, answers_with_reset_values)
{
    cr_expect_eq(get(TIMER + 0x00, 4), 0x10 | 1 << 4);
    cr_expect_eq(get(TIMER + 0x10, 4), 0xffff);
    cr_expect_eq(get(TIMER + 0x50, 2), 3); /* forced: CH[1].LO */
    cr_expect_eq(get(TIMER + 0x60, 2), 0x55);
    cr_expect_eq(get(TRNG + 0x08, 4), 0xf0);
    cr_expect_eq(get(TRNG + 0x100, 4), 0); /* not described */
}

Test(stub, forces_fields_and_leaves_the_others)
{
    cr_expect_eq(get(TRNG + 4, 4), 0x9); /* READY forced, ID 2 from the reset value */
    put(TRNG + 4, 4, 0);
    cr_expect_eq(get(TRNG + 4, 4), 0x9);
    cr_expect_eq(get(TRNG, 4), 1);
    put(TRNG, 4, 0);
    cr_expect_eq(get(TRNG, 4), 1);
    cr_expect_eq(get(TRNG + 0x40, 4), 7);
    cr_expect_eq(get(TIMER, 4) >> 4 & 7, 1); /* by the name of a value */
}

Test(stub, keeps_to_the_access_rules)
{
    put(TIMER, 4, 0xffffffff);
    cr_expect_eq(get(TIMER, 4), 0xff13, "%lx", get(TIMER, 4)); /* fields alone; MODE is forced */
    put(TRNG + 8, 4, 0x30);
    cr_expect_eq(get(TRNG + 8, 4), 0xc0); /* a written 1 clears */
    put(TRNG + 8, 1, 0x40);
    cr_expect_eq(get(TRNG + 8, 4), 0x80);
    put(TIMER + 8, 2, 0x1234);
    cr_expect_eq(get(TIMER + 8, 2), 0); /* read-only */
    put(TIMER + 0x30, 4, 77);           /* TXD; RXD is read */
    cr_expect_eq(get(TIMER + 0x30, 4), 0);
    put(TIMER + 0x20, 4, 0xabcd1234); /* OUT_A keeps what is written, also in parts */
    put(TIMER + 0x21, 1, 0xee);
    cr_expect_eq(get(TIMER + 0x20, 4), 0xabcdee34);
    put(TIMER + 0x0c, 4, 5); /* not described */
    cr_expect_eq(get(TIMER + 0x0c, 4), 5);
}

Test(stub, goes_over_registers_and_gaps_in_one_access)
{
    put(TIMER + 0x60, 2,
        0x1111); /* LO of 16 bits, HI of 8, a byte of nothing, 4 bytes of nothing */
    put(TIMER + 0x62, 1, 0x22);
    put(TIMER + 0x63, 1, 0x33);
    put(TIMER + 0x64, 4, 0x44444444);
    cr_expect_eq(get(TIMER + 0x60, 8), 0x4444444433221111, "%lx", get(TIMER + 0x60, 8));
    put(TIMER + 0x60, 8, 0x8877665544332211);
    cr_expect_eq(get(TIMER + 0x60, 2), 0x2211);
    cr_expect_eq(get(TIMER + 0x62, 1), 0x33);
    cr_expect_eq(get(TIMER + 0x63, 1), 0x44);
    cr_expect_eq(get(TIMER + 0x64, 4), 0x88776655);
}

Test(stub, logs_the_first_touch_by_name)
{
    look(TRNG + 4, 4, BP_ACCESS_DEBUG);
    cr_expect_eq(said("first touch"), 0);
    get(TRNG + 4, 4);
    get(TRNG + 4, 4);
    cr_expect_eq(said("trng: info: first touch of SR (+0x4): read 0x9"), 1, "%s", text);
    put(TIMER + 0x30, 4, 0x41);
    get(TIMER + 0x30, 4);
    cr_expect_eq(said("timer: info: first touch of TXD (+0x30): write 0x41"), 1, "%s", text);
    cr_expect_eq(said("timer: info: first touch of RXD (+0x30): read 0"), 1, "%s", text);
    put(TIMER + 0x60, 2, 1);
    cr_expect_eq(said("first touch of CH[2].LO (+0x60): write 0x1"), 1, "%s", text);
    get(TRNG + 0x1f0, 4);
    cr_expect_eq(said("first touch of +0x1f0, where the description has no register: read 0"), 1,
                 "%s", text);
    cr_expect_eq(said("first touch"), 5);
}

Test(stub, a_reset_brings_the_description_back)
{
    const struct bp_device_class *cls = machine_dev_of(m, graph_find(g, "trng"))->type->device;

    put(TRNG + 8, 4, 0xff);
    put(TRNG + 0x1f0, 4, 5);
    cls->reset(machine_dev_of(m, graph_find(g, "trng"))->instance, BP_RESET_WARM);
    cr_expect_eq(get(TRNG + 8, 4), 0xf0);
    cr_expect_eq(get(TRNG + 0x1f0, 4), 0);
    cr_expect_eq(get(TRNG + 4, 4), 9);
}
