/* SPDX-License-Identifier: Apache-2.0
 *
 * The generated device tree: one machine with a bit of everything against its expected source, and what goes wrong.
 */
#include "devicetree.h"

#include <unistd.h>

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
