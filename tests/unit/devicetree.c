/* SPDX-License-Identifier: Apache-2.0
 *
 * The generated device tree: one machine with a bit of everything against its expected source, and what goes wrong.
 */
#include "core/fdt/devicetree.h"
#include "core/fdt/tree.h"
#include "rig.h"

#include <backplane/fdt.h>
#include <backplane/line.h>

#include <libfdt.h>
#include <stdio.h>
#include <unistd.h>

/* --- a CPU, an interrupt controller, a device ------------------------------------------------------------------ */

struct cpu {
    uint64_t hartid;
    uint64_t ready;
};

/* A machine that is only described has no accelerator, but its CPUs have been initialised. */
static int32_t cpu_init(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                        struct bp_dev *dev, const struct bp_core *core)
{
    uint64_t value;

    cr_expect_null(vcpu);
    api->kick(vcpu);
    cr_expect_eq(api->load(vcpu, 0, 8, &value), BP_E_DECODE);
    ((struct cpu *)state)->ready = 1;
    return BP_OK;
}

static int32_t cpu_emit(void *self, const struct bp_fdt_writer *w)
{
    cr_expect_eq(((struct cpu *)self)->ready, 1);
    w->str(w->ctx, "device_type", "cpu");
    w->u32(w->ctx, "reg", (uint32_t)((struct cpu *)self)->hartid);
    w->u32(w->ctx, "timebase-frequency", 10000000);
    w->begin(w->ctx, "interrupt-controller");
    w->u32(w->ctx, "#interrupt-cells", 1);
    w->empty(w->ctx, "interrupt-controller");
    return w->end(w->ctx);
}

static const void *cpu_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof(node), .name = "cpu", .compatible = "riscv", .emit = cpu_emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_prop cpu_props[] = {
    {.name = "hartid",
     .doc = "number",
     .type = BP_PROP_U64,
     .offset = offsetof(struct cpu, hartid)},
};

static const struct bp_cpu_class cpu_class = {
    .size = sizeof(cpu_class),
    .name = "cpu64",
    .state_size = sizeof(struct cpu),
    .state_align = 8,
    .props = BP_ARRAY(cpu_props),
    .xlen = 64,
    .init = cpu_init,
    .get_iface = cpu_iface,
};

struct intc {
    struct bp_list harts;
};

static int32_t intc_emit(void *self, const struct bp_fdt_writer *w)
{
    const struct intc *intc = self;
    const struct bp_ref *harts = intc->harts.items;
    uint32_t cells[8];

    for (uint32_t i = 0; i < intc->harts.count; i++) {
        cells[2 * i] = w->phandle(w->ctx, harts[i].dev, "interrupt-controller");
        cells[2 * i + 1] = 11;
    }
    return w->cells(w->ctx, "interrupts-extended", cells, 2 * intc->harts.count);
}

static const void *intc_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {.size = sizeof(node),
                                            .flags = BP_FDT_NO_INTERRUPTS,
                                            .name = "interrupt-controller",
                                            .compatible = "acme,intc-2\nacme,intc",
                                            .emit = intc_emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static void no_line(void *self, uint32_t index, uint32_t level)
{
}

static const struct bp_prop intc_props[] = {
    {.name = "harts",
     .doc = "targets",
     .type = BP_PROP_LIST,
     .element = BP_PROP_REF,
     .offset = offsetof(struct intc, harts)},
};
static const struct bp_port intc_ports[] = {
    {.name = "source",
     .doc = "in",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .width = 32,
     .on_line = no_line},
};
static const struct bp_cell intc_cells[] = {{.name = "source", .min = 1, .max = 31}};
static const struct bp_provider intc_providers[] = {
    {.kind = BP_PORT_IRQ, .ncells = 1, .port = "source", .cells = intc_cells, .fdt_cells = 2},
};
static const struct bp_region intc_regions[] = {{.name = "reg", .doc = "registers"}};
static const struct bp_device_class intc_class = {
    .size = sizeof(intc_class),
    .instance_size = sizeof(struct intc),
    .instance_align = 8,
    .name = "intc",
    .doc = "interrupt controller",
    .props = BP_ARRAY(intc_props),
    .ports = BP_ARRAY(intc_ports),
    .providers = BP_ARRAY(intc_providers),
    .regions = BP_ARRAY(intc_regions),
    .get_iface = intc_iface,
};

struct uart {
    struct bp_line *irq;
    struct bp_clock_in *clock;
};

static int32_t emit_status; /* what the UART's emit() returns */

static int32_t uart_emit(void *self, const struct bp_fdt_writer *w)
{
    uint64_t base = 0, bytes = 0;

    cr_expect_eq(w->reg(w->ctx, 0, &base, &bytes), BP_OK);
    cr_expect_eq(base, 0x10000000);
    cr_expect_eq(w->reg(w->ctx, 7, &base, &bytes), BP_E_NOENT);
    w->u32(w->ctx, "reg-shift", 2);
    w->bytes(w->ctx, "mac", "\x01\x02\x03\x04\x05", 5);
    w->u64(w->ctx, "wide", UINT64_C(0x100000002));
    return emit_status;
}

static const void *uart_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof(node), .name = "serial", .compatible = "acme,uart", .emit = uart_emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_port uart_ports[] = {
    {.name = "irq",
     .doc = "out",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = offsetof(struct uart, irq)},
    {.name = "clock",
     .doc = "in",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = offsetof(struct uart, clock)},
};
static const struct bp_region uart_regions[] = {{.name = "reg", .doc = "registers"}};
static const struct bp_device_class uart_class = {
    .size = sizeof(uart_class),
    .instance_size = sizeof(struct uart),
    .instance_align = 8,
    .name = "uart",
    .doc = "serial port",
    .ports = BP_ARRAY(uart_ports),
    .regions = BP_ARRAY(uart_regions),
    .get_iface = uart_iface,
};

/* Writes its own reg, as a block of several regions does that is one node to the guest. */
static int32_t block_emit(void *self, const struct bp_fdt_writer *w)
{
    w->str(w->ctx, "compatible", "acme,block-3\nacme,block");
    return w->cells(w->ctx, "reg", (uint32_t[]){0, 0x2000000, 0, 0xc000}, 4);
}

static const void *block_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof(node), .flags = BP_FDT_NO_REG, .name = "block", .emit = block_emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_device_class block_class = {
    .size = sizeof(block_class),
    .instance_size = 8,
    .instance_align = 8,
    .name = "block",
    .doc = "two windows",
    .regions = BP_ARRAY(uart_regions),
    .get_iface = block_iface,
};

/* --- the machine ------------------------------------------------------------------------------------------------------ */

static struct rig rig;
static struct graph_node *hart0, *hart1, *intc, *uart, *osc, *ram;
static struct graph_value hart_items[2];
static struct graph_alias alias;
static uint8_t *fdt;
static uint32_t fdt_bytes;

static void machine(void)
{
    struct graph_value *harts;

    rig_init(&rig);
    osc = rig_core(&rig, "osc", "fixed-clock", 0, 0);
    rig_value(osc, "frequency")->u = 24000000;
    hart0 = rig_cpu(&rig, "hart0", &cpu_class);
    hart1 = rig_cpu(&rig, "hart1", &cpu_class);
    rig_value(hart1, "hartid")->u = 1;
    ram = rig_core(&rig, "ram", "ram", 0x80000000, 0x8000000);
    intc = rig_device(&rig, "intc", &intc_class, 0xc000000, 0x1000);
    uart = rig_device(&rig, "uart0", &uart_class, 0x10000000, 0x100);
    harts = rig_value(intc, "harts");
    hart_items[0] = (struct graph_value){.type = BP_PROP_REF, .ref = hart0};
    hart_items[1] = (struct graph_value){.type = BP_PROP_REF, .ref = hart1};
    harts->list.items = hart_items;
    harts->list.count = 2;
    rig_wire(&rig, uart, "irq", 0, intc, "source", 10, false);
    rig.wires[0].provider = &intc->type->providers[0];
    rig.wires[0].cells[0] = 10;
    rig.wires[0].ncells = 1;
    rig.wires[0].flag = 4;
    rig_clock(&rig, osc, "out", uart, "clock");
    alias = (struct graph_alias){(char *)"serial0", uart};
    rig.graph.aliases = &alias;
    rig.graph.naliases = 1;
    emit_status = BP_OK;
}

static int32_t build(const struct devicetree_chosen *chosen)
{
    static const struct devicetree_chosen none;

    rig_must_build(&rig, MACHINE_NO_BACKENDS);
    return devicetree_build(rig.m, chosen ? chosen : &none, &fdt, &fdt_bytes, &rig.diag);
}

static void done(void)
{
    free(fdt);
    fdt = NULL;
    rig_finish(&rig);
}

/* What devicetree_print() writes for the tree. */
static char *printed(void)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    cr_assert_eq(devicetree_print(fdt, fdt_bytes, out), BP_OK);
    fclose(out);
    return text;
}

static const char expected[] = "/dts-v1/;\n"
                               "\n"
                               "/ {\n"
                               "\t#address-cells = <0x2>;\n"
                               "\t#size-cells = <0x2>;\n"
                               "\tcompatible = \"backplane,rig\";\n"
                               "\tmodel = \"rig\";\n"
                               "\n"
                               "\taliases {\n"
                               "\t\tserial0 = \"/soc/serial@10000000\";\n"
                               "\t};\n"
                               "\n"
                               "\tchosen {\n"
                               "\t\tstdout-path = \"/soc/serial@10000000\";\n"
                               "\t\tbootargs = \"quiet \\\"quoted\\\"\";\n"
                               "\t\tlinux,initrd-start = <0x0 0x84000000>;\n"
                               "\t\tlinux,initrd-end = <0x0 0x84001000>;\n"
                               "\t\trng-seed = [00 01 02];\n"
                               "\t};\n"
                               "\n"
                               "\tclock {\n"
                               "\t\tcompatible = \"fixed-clock\";\n"
                               "\t\t#clock-cells = <0x0>;\n"
                               "\t\tclock-frequency = <0x16e3600>;\n"
                               "\t\tphandle = <0x4>;\n"
                               "\t};\n"
                               "\n"
                               "\tmemory@80000000 {\n"
                               "\t\treg = <0x0 0x80000000 0x0 0x8000000>;\n"
                               "\t\tdevice_type = \"memory\";\n"
                               "\t};\n"
                               "\n"
                               "\tcpus {\n"
                               "\t\t#address-cells = <0x1>;\n"
                               "\t\t#size-cells = <0x0>;\n"
                               "\t\ttimebase-frequency = <0x989680>;\n"
                               "\n"
                               "\t\tcpu@0 {\n"
                               "\t\t\tcompatible = \"riscv\";\n"
                               "\t\t\tdevice_type = \"cpu\";\n"
                               "\t\t\treg = <0x0>;\n"
                               "\t\t\ttimebase-frequency = <0x989680>;\n"
                               "\n"
                               "\t\t\tinterrupt-controller {\n"
                               "\t\t\t\t#interrupt-cells = <0x1>;\n"
                               "\t\t\t\tinterrupt-controller;\n"
                               "\t\t\t\t#address-cells = <0x0>;\n"
                               "\t\t\t\tphandle = <0x1>;\n"
                               "\t\t\t};\n"
                               "\t\t};\n"
                               "\n"
                               "\t\tcpu@1 {\n"
                               "\t\t\tcompatible = \"riscv\";\n"
                               "\t\t\tdevice_type = \"cpu\";\n"
                               "\t\t\treg = <0x1>;\n"
                               "\t\t\ttimebase-frequency = <0x989680>;\n"
                               "\n"
                               "\t\t\tinterrupt-controller {\n"
                               "\t\t\t\t#interrupt-cells = <0x1>;\n"
                               "\t\t\t\tinterrupt-controller;\n"
                               "\t\t\t\t#address-cells = <0x0>;\n"
                               "\t\t\t\tphandle = <0x2>;\n"
                               "\t\t\t};\n"
                               "\t\t};\n"
                               "\t};\n"
                               "\n"
                               "\tsoc {\n"
                               "\t\tcompatible = \"simple-bus\";\n"
                               "\t\t#address-cells = <0x2>;\n"
                               "\t\t#size-cells = <0x2>;\n"
                               "\t\tranges;\n"
                               "\n"
                               "\t\tinterrupt-controller@c000000 {\n"
                               "\t\t\tcompatible = \"acme,intc-2\", \"acme,intc\";\n"
                               "\t\t\treg = <0x0 0xc000000 0x0 0x1000>;\n"
                               "\t\t\tinterrupt-controller;\n"
                               "\t\t\t#interrupt-cells = <0x2>;\n"
                               "\t\t\tinterrupts-extended = <0x1 0xb 0x2 0xb>;\n"
                               "\t\t\t#address-cells = <0x0>;\n"
                               "\t\t\tphandle = <0x3>;\n"
                               "\t\t};\n"
                               "\n"
                               "\t\tserial@10000000 {\n"
                               "\t\t\tcompatible = \"acme,uart\";\n"
                               "\t\t\treg = <0x0 0x10000000 0x0 0x100>;\n"
                               "\t\t\tinterrupt-parent = <0x3>;\n"
                               "\t\t\tinterrupts = <0xa 0x4>;\n"
                               "\t\t\tclocks = <0x4>;\n"
                               "\t\t\treg-shift = <0x2>;\n"
                               "\t\t\tmac = [01 02 03 04 05];\n"
                               "\t\t\twide = <0x1 0x2>;\n"
                               "\t\t};\n"
                               "\t};\n"
                               "};\n";

static const struct devicetree_chosen full = {
    .bootargs = "quiet \"quoted\"",
    .initrd_start = 0x84000000,
    .initrd_end = 0x84001000,
    .rng_seed = (const uint8_t *)"\0\1\2",
    .rng_seed_bytes = 3,
};

Test(devicetree, a_whole_machine)
{
    char *text;

    machine();
    cr_assert_eq(build(&full), BP_OK);
    text = printed();
    cr_expect_str_eq(text, expected);
    free(text);
    done();
}

/* dtc (device-tree-compiler) must read the source back into the same tree, without a word. */
Test(devicetree, dtc_reads_it_back)
{
    char folder[] = "/tmp/backplane-test-XXXXXX", path[64], command[512];
    char *text;
    FILE *file;

    cr_assert(mkdtemp(folder));
    machine();
    cr_assert_eq(build(&full), BP_OK);
    text = printed();
    snprintf(path, sizeof(path), "%s/a.dts", folder);
    file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    free(text);
    snprintf(path, sizeof(path), "%s/b.dtb", folder);
    file = fopen(path, "w");
    cr_assert_eq(fwrite(fdt, 1, fdt_bytes, file), fdt_bytes);
    fclose(file);
    snprintf(
        command, sizeof(command),
        "cd %s && dtc -q -I dts -O dtb -o a.dtb a.dts && dtc -q -I dtb -O dts -s a.dtb >a.out && "
        "dtc -q -I dtb -O dts -s b.dtb >b.out && cmp a.out b.out; r=$?; rm -r %s; exit $r",
        folder, folder);
    cr_expect_eq(system(command), 0);
    done();
}

Test(devicetree, a_class_that_writes_its_own_reg_is_named_by_it)
{
    int node, bytes;

    machine();
    rig_device(&rig, "block0", &block_class, 0x2000000, 0x4000);
    cr_assert_eq(build(NULL), BP_OK);
    node = fdt_path_offset(fdt, "/soc/block@2000000");
    cr_assert_geq(node, 0);
    cr_expect_arr_eq(fdt_getprop(fdt, node, "compatible", &bytes), "acme,block-3\0acme,block", 24);
    cr_expect_eq(bytes, 24);
    done();
}

Test(devicetree, the_escape_wins_and_hides)
{
    static uint32_t speed = 115200;
    static struct graph_fdt_prop props[] = {
        {.name = (char *)"compatible", .text = (char *)"ns16550a\nns16550"},
        {.name = (char *)"current-speed", .cells = &speed, .ncells = 1},
        {.name = (char *)"wakeup-source"},
    };
    static struct graph_fdt escape = {.props = props, .nprops = 3}, hide = {.hidden = true};
    int node, bytes;

    machine();
    uart->fdt = &escape;
    cr_assert_eq(build(NULL), BP_OK);
    node = fdt_path_offset(fdt, "/soc/serial@10000000");
    cr_expect_arr_eq(fdt_getprop(fdt, node, "compatible", &bytes), "ns16550a\0ns16550", 17);
    cr_expect_eq(bytes, 17);
    cr_expect_eq(fdt32_ld(fdt_getprop(fdt, node, "current-speed", &bytes)), 115200);
    cr_expect(fdt_getprop(fdt, node, "wakeup-source", &bytes) && bytes == 0);
    free(fdt);
    fdt = NULL;
    uart->fdt = &hide;
    cr_assert_eq(devicetree_build(rig.m, &full, &fdt, &fdt_bytes, &rig.diag), BP_OK);
    cr_expect_lt(fdt_path_offset(fdt, "/soc/serial@10000000"), 0);
    cr_expect_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/aliases"), "serial0", NULL),
                   "an alias of nothing");
    done();
}

Test(devicetree, consumers_of_hidden_providers_go_without)
{
    static struct graph_fdt hide = {.hidden = true};
    int node;

    machine();
    intc->fdt = &hide;
    osc->fdt = &hide;
    cr_assert_eq(build(NULL), BP_OK);
    node = fdt_path_offset(fdt, "/soc/serial@10000000");
    cr_expect_null(fdt_getprop(fdt, node, "interrupts", NULL));
    cr_expect_null(fdt_getprop(fdt, node, "clocks", NULL));
    done();
}

Test(devicetree, two_parents_need_the_extended_form)
{
    int node, bytes;

    machine();
    rig_wire(&rig, uart, "irq", 0, rig_device(&rig, "intc2", &intc_class, 0xd000000, 0x1000),
             "source", 3, false);
    rig.wires[1].provider = &intc->type->providers[0];
    rig.wires[1].cells[0] = 3;
    rig.wires[1].ncells = 1;
    cr_assert_eq(build(NULL), BP_OK);
    node = fdt_path_offset(fdt, "/soc/serial@10000000");
    cr_expect_null(fdt_getprop(fdt, node, "interrupts", NULL));
    cr_expect(fdt_getprop(fdt, node, "interrupts-extended", &bytes));
    cr_expect_eq(bytes, 24);
    done();
}

Test(devicetree, generic_names_that_collide_fall_back_to_the_description)
{
    machine();
    rig_value(rig_core(&rig, "osc2", "fixed-clock", 0, 0), "frequency")->u = 1000;
    cr_assert_eq(build(NULL), BP_OK);
    cr_expect_geq(fdt_path_offset(fdt, "/clock"), 0);
    cr_expect_geq(fdt_path_offset(fdt, "/osc2"), 0);
    done();
}

Test(devicetree, phandle_of_a_hidden_node_is_an_error)
{
    static struct graph_fdt hide = {.hidden = true};

    machine();
    hart1->fdt = &hide;
    cr_expect_neq(build(NULL), BP_OK);
    cr_expect(rig_complains(&rig, "hart1",
                            "another node of the device tree points here, but its child "
                            "interrupt-controller is not in it: show it, or hide the others with "
                            "`fdt: false`"));
    cr_expect_null(fdt);
    done();
}

Test(devicetree, cpus_with_the_same_number)
{
    machine();
    rig_value(hart1, "hartid")->u = 0;
    cr_expect_neq(build(NULL), BP_OK);
    cr_expect(rig_complains(&rig, "hart1",
                            "another CPU is cpu@0 already: give each its own number (hartid)"));
    done();
}

Test(devicetree, a_class_that_refuses)
{
    machine();
    emit_status = BP_E_INVAL;
    cr_expect_neq(build(NULL), BP_OK);
    cr_expect(rig_complains(
        &rig, "uart0",
        "uart refuses to describe itself in the device tree (status -1): hide it with "
        "`fdt: false`, or mend the plug-in"));
    done();
}

Test(devicetree, root_names_of_the_board)
{
    static char *compatible[] = {(char *)"riscv-virtio", (char *)"acme,board"};

    machine();
    rig.graph.model = (char *)"Acme Board";
    rig.graph.compatible = compatible;
    rig.graph.ncompatible = 2;
    cr_assert_eq(build(NULL), BP_OK);
    cr_expect_arr_eq(fdt_getprop(fdt, 0, "compatible", NULL), "riscv-virtio\0acme,board", 24);
    cr_expect_str_eq(fdt_getprop(fdt, 0, "model", NULL), "Acme Board");
    done();
}

/* --- the tree itself ---------------------------------------------------------------------------------------------- */

Test(tree, grows_beyond_its_first_buffer)
{
    static uint8_t big[100000];
    struct tree t;
    uint8_t *flat = NULL;
    uint32_t bytes;

    cr_assert_eq(tree_init(&t), BP_OK);
    tree_set(tree_add(t.root, "a"), "big", big, sizeof(big));
    cr_assert_eq(tree_flatten(&t, &flat, &bytes), BP_OK);
    cr_expect_eq(fdt_check_full(flat, bytes), 0);
    free(flat);
    tree_finish(&t);
}

Test(tree, replaces_and_finds)
{
    struct tree t;
    struct tree_node *node;
    char *path;

    cr_assert_eq(tree_init(&t), BP_OK);
    node = tree_add(tree_add(t.root, "soc"), "serial@1");
    tree_set_u32(node, "x", 1);
    tree_set_text(node, "x", "two");
    tree_set_list(node, "list", "a\nbc\nd");
    cr_expect_eq(tree_get(node, "list")->bytes, 7);
    cr_expect_arr_eq(tree_get(node, "list")->data, "a\0bc\0d", 7);
    tree_drop(node, "list");
    cr_expect_eq(node->nprops, 1);
    cr_expect_str_eq((char *)tree_get(node, "x")->data, "two");
    cr_expect_null(tree_get(node, "y"));
    path = tree_path(node);
    cr_expect_str_eq(path, "/soc/serial@1");
    free(path);
    path = tree_path(t.root);
    cr_expect_str_eq(path, "/");
    free(path);
    tree_finish(&t);
}

Test(print, refuses_what_is_no_tree)
{
    uint8_t noise[64] = {1, 2, 3};

    cr_expect_eq(devicetree_print(noise, sizeof(noise), stdout), BP_E_INVAL);
}
