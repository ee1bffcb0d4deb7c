/* SPDX-License-Identifier: Apache-2.0
 *
 * devicetree.h - a machine with a bit of everything that a device tree describes, and the tree of it.
 */
#ifndef TESTS_UNIT_DEVICETREE_H
#define TESTS_UNIT_DEVICETREE_H

#include "core/fdt/devicetree.h"
#include "rig.h"

#include <backplane/fdt.h>
#include <backplane/line.h>

#include <libfdt.h>
#include <stdio.h>

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

#endif
