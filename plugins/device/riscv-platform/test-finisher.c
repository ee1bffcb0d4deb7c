/* SPDX-License-Identifier: Apache-2.0
 *
 * test-finisher: one register that ends a run with a verdict, or resets.
 *
 * Source: SiFive test finisher, as bindings sifive,test0 and sifive,test1 and the RISC-V `virt` platforms use it: the low 16
 * bits of a word are the status, the high 16 bits the code of a failure.
 */
#include "platform.h"

#include <backplane/bus.h>
#include <backplane/regs.h>
#include <backplane/trace.h>
#include <backplane/util/ifaces.h>

#define FAIL 0x3333u
#define PASS 0x5555u
#define RESET 0x7777u

struct finisher {
    struct bp_dev *dev;
    const struct bp_machine_api *machine;
    const struct bp_trace_api *trace;
};

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct finisher *f = self;

    switch (value & 0xffff) {
    case PASS:
        f->machine->power(f->dev, BP_POWER_OFF, 0);
        break;
    case FAIL:
        f->machine->power(f->dev, BP_POWER_FAIL, (uint32_t)(value >> 16));
        break;
    case RESET:
        f->machine->power(f->dev, BP_POWER_RESET, 0);
        break;
    default:
        f->trace->log(f->dev, BP_LOG_GUEST, "the status is none of 0x3333, 0x5555, 0x7777: ignored");
    }
}

static const struct bp_reg_value statuses[] = {{"FAIL", FAIL}, {"PASS", PASS}, {"RESET", RESET}, {NULL, 0}};
static const struct bp_reg_field fields[] = {
    {.name = "STATUS", .doc = "what happened", .lsb = 0, .width = 16, .values = statuses},
    {.name = "CODE", .doc = "of a failure", .lsb = 16, .width = 16},
    {0}};

static const struct bp_reg regs[] = {
    {.offset = 0, .width = 4, .access = BP_REG_WO, .name = "FINISH", .doc = "ends the run", .bound = BP_UNBOUND,
     .fields = fields, .on_write = on_write},
};

static const struct bp_region regions[] = {{.name = "reg", .doc = "the register", .regs = BP_ARRAY(regs)}};

static const struct bp_iface_row ifaces[] = {
    {BP_MACHINE_ID, BP_OFFSET(struct finisher, machine)},
    {BP_TRACE_ID, BP_OFFSET(struct finisher, trace)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct finisher *f = self;

    f->dev = dev;
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static int32_t emit_action(const struct finisher *f, const struct bp_fdt_writer *w, const char *name,
                           const char *compatible, uint32_t value)
{
    int32_t status;

    if ((status = w->begin(w->ctx, name)) || (status = w->str(w->ctx, "compatible", compatible)) ||
        (status = w->u32(w->ctx, "regmap", w->phandle(w->ctx, f->dev, NULL))) ||
        (status = w->u32(w->ctx, "offset", 0)) || (status = w->u32(w->ctx, "value", value)))
        return status;
    return w->end(w->ctx);
}

/* Bindings syscon-poweroff.yaml and syscon-reboot.yaml; "simple-mfd" makes the guest look at the children. */
static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct finisher *f = self;
    int32_t status = emit_action(f, w, "poweroff", "syscon-poweroff", PASS);

    return status ? status : emit_action(f, w, "reboot", "syscon-reboot", RESET);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node,
    .name = "test",
    .compatible = "sifive,test1\nsifive,test0\nsyscon\nsimple-mfd",
    .emit = emit,
};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class test_finisher_class = {
    .size = sizeof test_finisher_class,
    .instance_size = sizeof(struct finisher),
    .instance_align = _Alignof(struct finisher),
    .name = "test-finisher",
    .doc = "SiFive test finisher: power-off, failure, reset",
    .regions = BP_ARRAY(regions),
    .init = init,
    .get_iface = get_iface,
};
