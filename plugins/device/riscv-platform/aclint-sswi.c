/* SPDX-License-Identifier: Apache-2.0
 *
 * aclint-sswi: supervisor software interrupts.
 *
 * Source: RISC-V ACLINT Specification 1.0-rc4, chapter 4. SETSSIP reads as zero; writing 1 to bit 0 sends an edge that sets
 * SSIP in the hart's mip, which software clears there.
 */
#include "platform.h"

#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/util/ifaces.h>

#define MAX_HARTS 4095

struct sswi {
    const struct bp_line_api *lines;
    struct bp_line *ssip;
    struct bp_list harts;
};

static void on_setssip_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct sswi *s = self;

    if (!value || index >= s->harts.count)
        return;
    s->lines->set(s->ssip, index, 1);
    s->lines->set(s->ssip, index, 0);
}

static const struct bp_reg regs[] = {
    {.offset = 0, .width = 4, .access = BP_REG_WO, .name = "SETSSIP", .doc = "write 1: interrupt this hart",
     .write_mask = 1, .bound = BP_UNBOUND, .count = MAX_HARTS, .on_write = on_setssip_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "one register for each hart", .length = 0x4000, .regs = BP_ARRAY(regs)},
};

static const struct bp_prop props[] = {
    {.name = "harts", .doc = "the harts, in the order of their registers", .type = BP_PROP_LIST,
     .flags = BP_PROP_REQUIRED, .element = BP_PROP_REF, .offset = BP_OFFSET(struct sswi, harts), .min = 1,
     .max = MAX_HARTS},
};

static const struct bp_port ports[] = {
    {.name = "ssip", .doc = "supervisor software interrupts", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct sswi, ssip), .via_prop = "harts", .via_port = "ssip"},
};

static const struct bp_iface_row ifaces[] = {{BP_LINE_ID, BP_OFFSET(struct sswi, lines)}};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    static const uint32_t irq = PLATFORM_IRQ_SSI;
    const struct sswi *s = self;
    int32_t status = platform_interrupts(w, &s->harts, &irq, 1);

    if (!status)
        status = w->empty(w->ctx, "interrupt-controller");
    return status ? status : w->u32(w->ctx, "#interrupt-cells", 0);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node,
    .flags = BP_FDT_NO_INTERRUPTS,
    .name = "interrupt-controller",
    .compatible = "riscv,aclint-sswi",
    .emit = emit,
};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class aclint_sswi_class = {
    .size = sizeof aclint_sswi_class,
    .instance_size = sizeof(struct sswi),
    .instance_align = _Alignof(struct sswi),
    .name = "aclint-sswi",
    .doc = "RISC-V supervisor software interrupts",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .init = init,
    .get_iface = get_iface,
};
