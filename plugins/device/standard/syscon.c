/* SPDX-License-Identifier: Apache-2.0
 *
 * syscon: a block of plain registers, two values of which switch the machine off or reset it.
 *
 * Source: Linux bindings syscon.yaml, syscon-poweroff.yaml and syscon-reboot.yaml: a driver writes
 * `value` under `mask` to the register at `offset`. What the values mean is the board's, so all of
 * it are properties.
 */
#include "standard.h"

#include <backplane/bus.h>
#include <backplane/fdt.h>
#include <backplane/regs.h>
#include <backplane/util/ifaces.h>

#define WORDS 1024 /* one page of registers; the window of the description may be smaller */

/* What one write does. An offset beyond the block means that there is no such action. */
struct action {
    uint32_t offset, mask, value;
};
#define NO_ACTION "0xffffffff"

struct syscon {
    struct bp_dev *dev;
    const struct bp_machine_api *machine;
    struct action poweroff, reboot;
    uint32_t words[WORDS];
};

static uint32_t matches(const struct action *a, uint32_t offset, uint32_t value)
{
    return a->offset == offset && (value & a->mask) == (a->value & a->mask);
}

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct syscon *s = self;

    if (matches(&s->poweroff, 4 * index, (uint32_t)value))
        s->machine->power(s->dev, BP_POWER_OFF, 0);
    else if (matches(&s->reboot, 4 * index, (uint32_t)value))
        s->machine->power(s->dev, BP_POWER_RESET, 0);
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "WORD",
     .doc = "a register",
     .bound = BP_OFFSET(struct syscon, words),
     .count = WORDS,
     .on_write = on_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

#define NUMBER(label, text, field, value)                                                          \
    {                                                                                              \
        .name = (label), .doc = (text), .type = BP_PROP_U32,                                       \
        .offset = BP_OFFSET(struct syscon, field), .def = (value)                                  \
    }

static const struct bp_prop props[] = {
    NUMBER("poweroff-offset", "register that switches off; none unless given", poweroff.offset,
           NO_ACTION),
    NUMBER("poweroff-mask", "bits of it that count", poweroff.mask, "0xffffffff"),
    NUMBER("poweroff-value", "what they must be", poweroff.value, "0"),
    NUMBER("reboot-offset", "register that resets; none unless given", reboot.offset, NO_ACTION),
    NUMBER("reboot-mask", "bits of it that count", reboot.mask, "0xffffffff"),
    NUMBER("reboot-value", "what they must be", reboot.value, "0"),
};

static const struct bp_iface_row ifaces[] = {
    {BP_MACHINE_ID, BP_OFFSET(struct syscon, machine)},
};

static uint32_t present(const struct action *a)
{
    return a->offset != UINT32_MAX;
}

static uint32_t fits(const struct action *a)
{
    return !present(a) || (a->offset % 4 == 0 && a->offset < 4 * WORDS);
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct syscon *s = self;

    s->dev = dev;
    if (!fits(&s->poweroff))
        return bp_fail(core, dev, BP_E_INVAL, "poweroff-offset",
                       "not a register: give a multiple of 4 below 4096");
    if (!fits(&s->reboot))
        return bp_fail(core, dev, BP_E_INVAL, "reboot-offset",
                       "not a register: give a multiple of 4 below 4096");
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static int32_t emit_action(const struct syscon *s, const struct bp_fdt_writer *w, const char *name,
                           const char *compatible, const struct action *a)
{
    int32_t status;

    if (!present(a))
        return BP_OK;
    if ((status = w->begin(w->ctx, name)) || (status = w->str(w->ctx, "compatible", compatible)) ||
        (status = w->u32(w->ctx, "regmap", w->phandle(w->ctx, s->dev, NULL))) ||
        (status = w->u32(w->ctx, "offset", a->offset)) ||
        (status = w->u32(w->ctx, "value", a->value)) || (status = w->u32(w->ctx, "mask", a->mask)))
        return status;
    return w->end(w->ctx);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct syscon *s = self;
    int32_t status = emit_action(s, w, "poweroff", "syscon-poweroff", &s->poweroff);

    return status ? status : emit_action(s, w, "reboot", "syscon-reboot", &s->reboot);
}

/* "simple-mfd" makes the guest look for drivers of the two children. */
static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "syscon", .compatible = "syscon\nsimple-mfd", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class syscon_class = {
    .size = sizeof syscon_class,
    .instance_size = sizeof(struct syscon),
    .instance_align = _Alignof(struct syscon),
    .name = "syscon",
    .doc = "system controller: registers, power-off and reset",
    .props = BP_ARRAY(props),
    .regions = BP_ARRAY(regions),
    .init = init,
    .get_iface = get_iface,
};
