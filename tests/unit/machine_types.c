/* SPDX-License-Identifier: Apache-2.0
 *
 * machine_types.c - the core's own node types: what a stub answers, and what all of them say of themselves.
 */
#include "fake.h"

#include <backplane/fdt.h>

#define RAM 0x80000000ull

static struct rig r;

static void fini(void)
{
    rig_finish(&r);
}

TestSuite(machine_types, .fini = fini, .timeout = 60 * BP_PATIENCE);

static FILE *out;
static char *text;
static size_t length;

static int32_t stub_access(uint64_t at, uint32_t flags, uint64_t *value, bool write)
{
    return bus_access(&r.m->bus, 0, PAD + at, 4, flags, value, write);
}

static uint64_t stub_read(uint64_t at)
{
    uint64_t value = 0;

    cr_assert_eq(stub_access(at, 0, &value, false), BP_OK);
    return value;
}

static void stub_write(uint64_t at, uint64_t value)
{
    cr_assert_eq(stub_access(at, 0, &value, true), BP_OK);
}

static struct graph_node *stub(struct graph_value *force, uint32_t count)
{
    struct graph_node *node;

    rig_init(&r);
    node = rig_core(&r, "trng", "stub", PAD, 0x1000);
    rig_value(node, "fill")->u = 0x55;
    rig_value(node, "force")->list.items = force;
    rig_value(node, "force")->list.count = count;
    return node;
}

Test(machine_types, a_stub_answers_with_fill_forced_and_written_words)
{
    struct graph_value force[] = {{.type = BP_PROP_STR, .s = (char *)"0x10=0x8000"},
                                  {.type = BP_PROP_STR, .s = (char *)"20=7"}};
    uint64_t value = 0;
    const char *first;

    out = open_memstream(&text, &length);
    trace_configure(out, BP_LOG_INFO, NULL);
    stub(force, 2);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    cr_assert_eq(stub_access(0x40, BP_ACCESS_DEBUG, &value, false), BP_OK);
    cr_assert_eq(value, 0x55);
    fflush(out);
    cr_assert_eq(length, 0, "a debugger leaves no trace");
    cr_assert_eq(stub_read(0), 0x55);
    cr_assert_eq(stub_read(0x10), 0x8000);
    cr_assert_eq(stub_read(20), 7);
    stub_write(0x10, 1);
    stub_write(0x24, 9);
    cr_assert_eq(stub_read(0x10), 0x8000);
    cr_assert_eq(stub_read(0x24), 9);
    fflush(out);
    first = strstr(text, "+0x24");
    cr_assert(first && !strstr(first + 1, "+0x24"), "the first touch only");
    cr_assert(strstr(text, "trng: info: first touch of +0x10: read"));
    for (uint64_t at = 0; at < 0x1000; at += 4)
        stub_write(at, at); /* more than it cares to remember */
    cr_assert_eq(stub_read(0x24), 0x24);
    trace_configure(NULL, BP_LOG_WARN, NULL);
    machine_destroy(r.m);
    r.m = NULL;
    fclose(out);
    free(text);
}

Test(machine_types, a_stub_refuses_what_it_cannot_do)
{
    static const char *const bad[][2] = {
        {"", "`` is not OFFSET=VALUE"},
        {"=1", "`=1` is not OFFSET=VALUE"},
        {"0x10", "`0x10` is not OFFSET=VALUE"},
        {"x=1", "`x=1` is no OFFSET=VALUE"},
        {"-4=1", "`-4=1` is no OFFSET=VALUE"},
        {"1=1", "a multiple of 4"},
        {"0x10=", "`` is no number"},
        {"0x10=z", "`z` is no number"},
        {"0x10=1x", "`1x` is no number"},
        {"0x10=0x100000000", "32 bits"},
        {" 4=1", "` 4=1` is no OFFSET=VALUE"},
        {"4=-1", "`-1` is no number"},
        {"0x100000000000000000=1", "is no OFFSET=VALUE"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct graph_value force = {.type = BP_PROP_STR, .s = (char *)bad[i][0]};

        stub(&force, 1);
        cr_assert_not(rig_build(&r, MACHINE_NO_BACKENDS), "'%s'", bad[i][0]);
        cr_assert(rig_complains(&r, "trng.force", bad[i][1]), "'%s'", bad[i][0]);
        rig_finish(&r);
    }
    rig_value(stub(NULL, 0), "registers")->s = (char *)"svd:x.svd#TRNG";
    cr_assert_not(rig_build(&r, MACHINE_NO_BACKENDS));
    cr_assert(rig_complains(&r, "trng.registers", "was not read"));
}

/* --- device tree of the core's types -------------------------------------------------------------------------------------- */

static char emitted[128];

static int32_t emit_text(void *ctx, const char *prop, const char *value)
{
    (void)ctx;
    snprintf(emitted, sizeof(emitted), "%s=%s", prop, value);
    return BP_OK;
}

static int32_t emit_number(void *ctx, const char *prop, uint32_t value)
{
    (void)ctx;
    snprintf(emitted, sizeof(emitted), "%s=%u", prop, value);
    return BP_OK;
}

Test(machine_types, ram_and_clocks_describe_themselves)
{
    const struct bp_fdt_writer writer = {
        .size = sizeof(writer), .str = emit_text, .u32 = emit_number};
    const struct bp_fdt_node *iface;
    struct graph_node *ram, *osc;

    rig_init(&r);
    ram = rig_core(&r, "ram", "ram", RAM, 0x1000);
    osc = rig_core(&r, "osc", "fixed-clock", 0, 0);
    rig_value(osc, "frequency")->u = 10000000;
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    iface = ram->type->device->get_iface(rig_self(&r, ram), BP_FDT_NODE_ID);
    cr_assert(iface && iface->emit(rig_self(&r, ram), &writer) == BP_OK);
    cr_assert_str_eq(emitted, "device_type=memory");
    iface = osc->type->device->get_iface(rig_self(&r, osc), BP_FDT_NODE_ID);
    cr_assert(iface && !strcmp(iface->compatible, "fixed-clock") &&
              iface->emit(rig_self(&r, osc), &writer) == BP_OK);
    cr_assert_str_eq(emitted, "clock-frequency=10000000");
}
