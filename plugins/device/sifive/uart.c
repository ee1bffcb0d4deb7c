/* SPDX-License-Identifier: Apache-2.0
 *
 * uart: the UART of SiFive's FU540-C000 and FE310.
 *
 * Source: "SiFive FU540-C000 Manual" v1p4, chapter 13, whose sections are cited below.
 *
 * Characters leave at once, as fast as the peer takes them. The divisor is kept and changes nothing.
 */
#include "sifive.h"

#include <backplane/char.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>

#define FIFO 8u /* 13.1 */

#define TXCTRL_TXEN BP_BIT(0)
#define RXCTRL_RXEN BP_BIT(0)
#define CTRL_CNT(c) ((c) >> 16 & 7u)
#define IP_TXWM     BP_BIT(0)
#define IP_RXWM     BP_BIT(1)
#define NONE        BP_BIT(31) /* full, of txdata; empty, of rxdata */

struct uart {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_char_api *chars;
    struct bp_line *irq;
    struct bp_char *chardev;

    uint32_t txctrl, rxctrl, ie, div;
    uint8_t tx[FIFO], rx[FIFO];
    uint32_t ntx, nrx;
};

/* 13.8: strict comparisons. */
static uint32_t pending(const struct uart *u)
{
    return (u->ntx < CTRL_CNT(u->txctrl) ? IP_TXWM : 0) |
           (u->nrx > CTRL_CNT(u->rxctrl) ? IP_RXWM : 0);
}

static void update_irq(struct uart *u)
{
    u->lines->set(u->irq, 0, (pending(u) & u->ie) != 0);
}

/* 13.6: without txen what is in the FIFO stays there. */
static void transmit(void *self)
{
    struct uart *u = self;
    uint32_t taken =
        u->txctrl & TXCTRL_TXEN && u->ntx ? u->chars->write(u->chardev, u->tx, u->ntx) : 0;

    u->ntx -= taken;
    memmove(u->tx, u->tx + taken, u->ntx);
    update_irq(u);
}

/* 13.7: without rxen nothing is received; the peer waits instead of being ignored. */
static uint32_t room(void *self)
{
    const struct uart *u = self;

    return u->rxctrl & RXCTRL_RXEN ? FIFO - u->nrx : 0;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct uart *u = self;

    memcpy(u->rx + u->nrx, data, bytes);
    u->nrx += bytes;
    update_irq(u);
}

/* --- registers -------------------------------------------------------------------------------- */

static uint64_t on_txdata_read(void *self, uint32_t index, uint64_t value,
                               const struct bp_access *access)
{
    return ((struct uart *)self)->ntx == FIFO ? NONE : 0;
}

/* 13.4: a write to a full FIFO is ignored. */
static void on_txdata_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;

    if (u->ntx < FIFO)
        u->tx[u->ntx++] = (uint8_t)value;
    transmit(u);
}

static uint64_t on_rxdata_read(void *self, uint32_t index, uint64_t value,
                               const struct bp_access *access)
{
    struct uart *u = self;
    uint8_t data = u->rx[0];

    if (!u->nrx)
        return NONE;
    if (!(access->flags & BP_ACCESS_DEBUG)) {
        memmove(u->rx, u->rx + 1, --u->nrx);
        update_irq(u);
        u->chars->resume(u->chardev);
    }
    return data;
}

static uint64_t on_ip_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    return pending(self);
}

static void on_control_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct uart *u = self;

    transmit(u);
    u->chars->resume(u->chardev);
}

static const struct bp_reg_field txdata_fields[] = {
    {.name = "data", .doc = "character to send", .lsb = 0, .width = 8},
    {.name = "full", .doc = "the FIFO takes no more", .lsb = 31, .width = 1},
    {0}};
static const struct bp_reg_field rxdata_fields[] = {
    {.name = "data", .doc = "received character", .lsb = 0, .width = 8},
    {.name = "empty", .doc = "there is none", .lsb = 31, .width = 1},
    {0}};
static const struct bp_reg_field txctrl_fields[] = {
    {.name = "txen", .doc = "transmit enable", .lsb = 0, .width = 1},
    {.name = "nstop", .doc = "two stop bits", .lsb = 1, .width = 1},
    {.name = "txcnt", .doc = "transmit watermark", .lsb = 16, .width = 3},
    {0}};
static const struct bp_reg_field rxctrl_fields[] = {
    {.name = "rxen", .doc = "receive enable", .lsb = 0, .width = 1},
    {.name = "rxcnt", .doc = "receive watermark", .lsb = 16, .width = 3},
    {0}};
static const struct bp_reg_field interrupt_fields[] = {
    {.name = "txwm", .doc = "transmit FIFO below its mark", .lsb = 0, .width = 1},
    {.name = "rxwm", .doc = "receive FIFO above its mark", .lsb = 1, .width = 1},
    {0}};

#define FIELD(name) .bound = BP_OFFSET(struct uart, name)

/* 13.3, table 37; the divisor of 13.9 is reset to 115,200 baud at 500 MHz. */
static const struct bp_reg regs[] = {
    {.offset = 0x00,
     .width = 4,
     .name = "txdata",
     .doc = "transmit data",
     .bound = BP_UNBOUND,
     .fields = txdata_fields,
     .on_read = on_txdata_read,
     .on_write = on_txdata_write},
    {.offset = 0x04,
     .width = 4,
     .access = BP_REG_RO,
     .name = "rxdata",
     .doc = "receive data",
     .bound = BP_UNBOUND,
     .fields = rxdata_fields,
     .on_read = on_rxdata_read},
    {.offset = 0x08,
     .width = 4,
     .name = "txctrl",
     .doc = "transmit control",
     FIELD(txctrl),
     .write_mask = 0x70003,
     .fields = txctrl_fields,
     .on_write = on_control_write},
    {.offset = 0x0c,
     .width = 4,
     .name = "rxctrl",
     .doc = "receive control",
     FIELD(rxctrl),
     .write_mask = 0x70001,
     .fields = rxctrl_fields,
     .on_write = on_control_write},
    {.offset = 0x10,
     .width = 4,
     .name = "ie",
     .doc = "interrupt enable",
     FIELD(ie),
     .write_mask = 3,
     .fields = interrupt_fields,
     .on_write = on_control_write},
    {.offset = 0x14,
     .width = 4,
     .access = BP_REG_RO,
     .name = "ip",
     .doc = "interrupt pending",
     .bound = BP_UNBOUND,
     .fields = interrupt_fields,
     .on_read = on_ip_read},
    {.offset = 0x18,
     .width = 4,
     .name = "div",
     .doc = "baud rate divisor",
     .reset = 4339,
     FIELD(div),
     .write_mask = 0xfffff},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .min_width = 4, .max_width = 4, .regs = BP_ARRAY(regs)},
};

/* --- the class --------------------------------------------------------------------------------- */

static const struct bp_char_client char_client = {
    .size = sizeof char_client, .room = room, .on_input = on_input, .on_writable = transmit};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "watermark interrupts",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct uart, irq)},
    {.name = "clock",
     .doc = "bus clock; drivers ask for it",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET},
    {.name = "chardev",
     .doc = "what is behind TX and RX",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct uart, chardev),
     .client = &char_client},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct uart, ntx), .name = "ntx"},
    {.tag = 2, .type = BP_STATE_U32, .offset = BP_OFFSET(struct uart, nrx), .name = "nrx"},
    {.tag = 3,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct uart, tx),
     .count = FIFO,
     .name = "tx"},
    {.tag = 4,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct uart, rx),
     .count = FIFO,
     .name = "rx"},
};

/* A snapshot is input: counts that no FIFO can have are refused. */
static int32_t post_load(void *self)
{
    const struct uart *u = self;

    return u->ntx > FIFO || u->nrx > FIFO ? BP_E_INVAL : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct uart, lines)},
    {BP_CHAR_ID, BP_OFFSET(struct uart, chars)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    ((struct uart *)self)->dev = dev;
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static void reset(void *self, uint32_t kind)
{
    struct uart *u = self;

    u->ntx = u->nrx = 0;
    update_irq(u);
}

static const struct bp_fdt_node fdt_node = {.size = sizeof fdt_node,
                                            .name = "serial",
                                            .compatible = "sifive,fu540-c000-uart\nsifive,uart0"};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class uart_class = {
    .size = sizeof uart_class,
    .instance_size = sizeof(struct uart),
    .instance_align = _Alignof(struct uart),
    .name = "uart",
    .doc = "UART of the FU540 and FE310",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
