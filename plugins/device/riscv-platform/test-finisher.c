/* SPDX-License-Identifier: Apache-2.0
 *
 * test-finisher.c - the SiFive test finisher: one register through which software ends or resets
 * the machine. Linux bindings power/reset/syscon-poweroff.yaml and syscon-reboot.yaml find it in
 * the device tree.
 */
#include "platform.h"

#include <backplane/bus.h>
#include <backplane/regs.h>

#define FINISH_FAIL  0x3333u /* code in the upper half */
#define FINISH_PASS  0x5555u
#define FINISH_RESET 0x7777u

struct finisher {
    struct bp_dev *dev;
    const struct bp_machine_api *machine;
};

static void write_finish(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct finisher *f = self;

    switch (value & 0xffff) {
    case FINISH_FAIL:
        f->machine->power(f->dev, BP_POWER_OFF, (uint32_t)value >> 16 ? (uint32_t)value >> 16 : 1);
        break;
    case FINISH_PASS:
        f->machine->power(f->dev, BP_POWER_OFF, (uint32_t)value >> 16);
        break;
    case FINISH_RESET:
        f->machine->power(f->dev, BP_POWER_RESET, 0);
        break;
    }
}

static const struct bp_reg_value actions[] = {
    {"fail", FINISH_FAIL}, {"pass", FINISH_PASS}, {"reset", FINISH_RESET}, {NULL, 0}};

static const struct bp_reg_field finish_fields[] = {
    {.name = "ACTION", .doc = "what to do", .lsb = 0, .width = 16, .values = actions},
    {.name = "CODE", .doc = "the result", .lsb = 16, .width = 16},
    {0},
};

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .access = BP_REG_WO,
     .name = "FINISH",
     .doc = "ends the machine",
     .bound = BP_UNBOUND,
     .fields = finish_fields,
     .on_write = write_finish},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the register", .regs = BP_ARRAY(regs)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    static const struct bp_iface_row ifaces[] = {
        {BP_MACHINE_ID, BP_OFFSET(struct finisher, machine)}};

    ((struct finisher *)self)->dev = dev;
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

/* A child node that writes `value` to the register. */
static int32_t action(const struct bp_fdt_writer *w, const char *name, const char *compatible,
                      uint32_t regmap, uint32_t value)
{
    int32_t status = w->begin(w->ctx, name);

    status = status ? status : w->str(w->ctx, "compatible", compatible);
    status = status ? status : w->u32(w->ctx, "regmap", regmap);
    status = status ? status : w->u32(w->ctx, "offset", 0);
    status = status ? status : w->u32(w->ctx, "value", value);
    return status ? status : w->end(w->ctx);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct finisher *f = self;
    uint32_t regmap = w->phandle(w->ctx, f->dev, NULL);
    int32_t status = action(w, "poweroff", "syscon-poweroff", regmap, FINISH_PASS);

    return status ? status : action(w, "reboot", "syscon-reboot", regmap, FINISH_RESET);
}

static const void *get_iface(void *self, const char *id)
{
    /* simple-mfd makes systems look at the children. */
    static const struct bp_fdt_node node = {.size = sizeof node,
                                            .name = "test",
                                            .compatible =
                                                "sifive,test1\nsifive,test0\nsyscon\nsimple-mfd",
                                            .emit = emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

const struct bp_device_class test_finisher_class = {
    .size = sizeof test_finisher_class,
    .instance_size = sizeof(struct finisher),
    .instance_align = _Alignof(struct finisher),
    .name = "test-finisher",
    .doc = "SiFive test finisher: power-off and reset",
    .regions = BP_ARRAY(regions),
    .init = init,
    .get_iface = get_iface,
};
