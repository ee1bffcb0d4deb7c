/* SPDX-License-Identifier: Apache-2.0
 *
 * gpio: the GPIO controller of SiFive's FU540-C000 and FE310.
 *
 * Source: "SiFive FU540-C000 Manual" v1p4, chapter 17; the registers iof_en and iof_sel, which the FU540 reserves, are those
 * of the FE310-G002 manual, chapter 17.
 *
 * A pin is what drives it: the output when it is enabled, else the line from outside, else its pull-up. Lines of the
 * machine are 0 when nobody drives them, so a pin to which nothing is wired is named in `open-pins`. Drive strength has
 * nobody to notice it.
 */
#include "sifive.h"

#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/props.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>

#define MAX_PINS 32

struct gpio {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    struct bp_line *out, *irq;
    uint32_t npins, open_pins; /* properties */

    uint32_t input_en, output_en, output_val, pue, ds;
    uint32_t rise_ie, rise_ip, fall_ie, fall_ip, high_ie, high_ip, low_ie, low_ip;
    uint32_t iof_en, iof_sel, out_xor;
    uint32_t outside; /* levels of the lines from outside */
    uint32_t value;   /* input_val */
};

static uint32_t all_pins(const struct gpio *g)
{
    return (uint32_t)(BP_BIT64(g->npins) - 1);
}

/* 17.9: one interrupt for each pin. */
static void update_irqs(struct gpio *g)
{
    uint32_t pending = (g->rise_ip & g->rise_ie) | (g->fall_ip & g->fall_ie) |
                       (g->high_ip & g->high_ie) | (g->low_ip & g->low_ie);

    for (uint32_t i = 0; i < g->npins; i++)
        g->lines->set(g->irq, i, pending >> i & 1);
}

/* What the pins carry now. 17.4: a disabled input reads 0. 17.9: every pending bit is set whether it is enabled or not;
 * the level ones follow the pin for as long as it has that level. */
static void update_pins(struct gpio *g)
{
    uint32_t driven = (g->output_val ^ g->out_xor) & g->output_en;
    uint32_t from_outside = (g->outside & ~g->open_pins) | (g->pue & g->open_pins);
    uint32_t old = g->value;

    g->value = (driven | (from_outside & ~g->output_en)) & g->input_en & all_pins(g);
    g->rise_ip |= g->value & ~old;
    g->fall_ip |= ~g->value & old;
    g->high_ip |= g->value;
    g->low_ip |= ~g->value & all_pins(g);
    for (uint32_t i = 0; i < g->npins; i++)
        g->lines->set(g->out, i, driven >> i & 1);
    update_irqs(g);
}

static void on_pin(void *self, uint32_t index, uint32_t level)
{
    struct gpio *g = self;

    if (index >= g->npins)
        return;
    g->outside = (g->outside & ~BP_BIT(index)) | (level ? BP_BIT(index) : 0);
    update_pins(g);
}

static void on_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    update_pins(self);
}

#define REG(at, label, text, field)                                                                \
    .offset = (at), .width = 4, .name = (label), .doc = (text),                                    \
    .bound = BP_OFFSET(struct gpio, field)

/* 17.3, table 50. Bits of pins that are not there are kept, as in the chip, and mean nothing. clang-format would spread the
 * table over many lines. */
/* clang-format off */
static const struct bp_reg regs[] = {
    {REG(0x00, "input_val", "levels of the pins", value), .access = BP_REG_RO},
    {REG(0x04, "input_en", "input enable", input_en), .on_write = on_write},
    {REG(0x08, "output_en", "output enable", output_en), .on_write = on_write},
    {REG(0x0c, "output_val", "output levels", output_val), .on_write = on_write},
    {REG(0x10, "pue", "pull-up enable", pue), .on_write = on_write},
    {REG(0x14, "ds", "drive strength", ds)},
    {REG(0x18, "rise_ie", "rising edge interrupt enable", rise_ie), .on_write = on_write},
    {REG(0x1c, "rise_ip", "rising edge seen", rise_ip), .access = BP_REG_W1C, .on_write = on_write},
    {REG(0x20, "fall_ie", "falling edge interrupt enable", fall_ie), .on_write = on_write},
    {REG(0x24, "fall_ip", "falling edge seen", fall_ip), .access = BP_REG_W1C, .on_write = on_write},
    {REG(0x28, "high_ie", "high level interrupt enable", high_ie), .on_write = on_write},
    {REG(0x2c, "high_ip", "high level seen", high_ip), .access = BP_REG_W1C, .on_write = on_write},
    {REG(0x30, "low_ie", "low level interrupt enable", low_ie), .on_write = on_write},
    {REG(0x34, "low_ip", "low level seen", low_ip), .access = BP_REG_W1C, .on_write = on_write},
    {REG(0x38, "iof_en", "I/O function enable", iof_en)},
    {REG(0x3c, "iof_sel", "I/O function select", iof_sel)},
    {REG(0x40, "out_xor", "output inversion", out_xor), .on_write = on_write},
};
/* clang-format on */

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .min_width = 4, .max_width = 4, .regs = BP_ARRAY(regs)},
};

static const struct bp_prop props[] = {
    {.name = "ngpios",
     .doc = "number of pins",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct gpio, npins),
     .def = "16",
     .min = 1,
     .max = MAX_PINS},
    {.name = "open-pins",
     .doc = "bit mask of pins to which nothing is wired: they follow their pull-ups",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct gpio, open_pins),
     .def = "0"},
};

static const struct bp_port ports[] = {
    {.name = "pin",
     .doc = "what drives the pins from outside",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .width = MAX_PINS,
     .width_prop = "ngpios",
     .on_line = on_pin},
    {.name = "out",
     .doc = "pins that are outputs; others give 0",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct gpio, out),
     .width_prop = "ngpios"},
    {.name = "irq",
     .doc = "one for each pin",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct gpio, irq),
     .width_prop = "ngpios"},
    {.name = "clock",
     .doc = "bus clock; only drivers ask for it",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET},
};

static const struct bp_cell pin_cells[] = {
    {.name = "pin", .max = MAX_PINS - 1}, /* the width of the port is the limit */
};

static const char *const gpio_flags[] = {"active-high", "active-low", NULL};
static const uint32_t gpio_flag_values[] = {0, 1};
static const char *const irq_flags[] = {"edge-rising", "edge-falling", "edge-both",
                                        "level-high",  "level-low",    NULL};
static const uint32_t irq_flag_values[] = {1, 2, 3, 4, 8};

/* Bindings gpio/sifive,gpio.yaml and interrupt-controller/interrupts.txt. A part's interrupt goes to a pin as it is: which
 * edge or level counts is what the guest then programs. */
static const struct bp_provider providers[] = {
    {.kind = BP_PORT_GPIO,
     .ncells = 1,
     .port = "pin",
     .cells = pin_cells,
     .flag_names = gpio_flags,
     .flag_values = gpio_flag_values,
     .fdt_cells = 2},
    {.kind = BP_PORT_IRQ,
     .ncells = 1,
     .port = "pin",
     .cells = pin_cells,
     .flag_names = irq_flags,
     .flag_values = irq_flag_values,
     .flag_default = 3,
     .fdt_cells = 2},
};

#define STATE(n, field, label)                                                                     \
    {                                                                                              \
        .tag = (n), .type = BP_STATE_U32, .offset = BP_OFFSET(struct gpio, field), .name = (label) \
    }

static const struct bp_state_field state_fields[] = {
    STATE(1, outside, "outside"),
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct gpio, lines)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct gpio *g = self;

    g->dev = dev;
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

/* 17.3: all registers are 0. What drives the pins from outside goes on doing so. */
static void reset(void *self, uint32_t kind)
{
    update_pins(self);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    return w->u32(w->ctx, "ngpios", ((struct gpio *)self)->npins);
}

static const struct bp_fdt_node fdt_node = {.size = sizeof fdt_node,
                                            .name = "gpio",
                                            .compatible = "sifive,fu540-c000-gpio\nsifive,gpio0",
                                            .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class gpio_class = {
    .size = sizeof gpio_class,
    .instance_size = sizeof(struct gpio),
    .instance_align = _Alignof(struct gpio),
    .name = "gpio",
    .doc = "GPIO controller of the FU540 and FE310",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .providers = BP_ARRAY(providers),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
