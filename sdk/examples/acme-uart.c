/* SPDX-License-Identifier: Apache-2.0
 *
 * acme-uart - a serial port with FIFOs: the example of docs/device-author.md that Linux talks to. Its registers are those of
 * chapter 13 of SiFive's FU540-C000 manual (v1p0), so that Linux has a driver.
 */
#include <backplane/char.h>
#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>

#define FIFO     8u
#define ENABLE   1u /* txctrl, rxctrl */
#define TXWM     1u /* ie, ip */
#define RXWM     2u
#define FULL     0x80000000u /* txdata; the same bit says "empty" in rxdata */
#define EMPTY    FULL
#define LEVEL(r) ((r) >> 16 & 7)

struct acme_uart {
    const struct bp_line_api *lines;
    const struct bp_char_api *chars;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_char *port;
    uint32_t txctrl, rxctrl, ie, div; /* registers */
    uint32_t ntx, nrx;
    uint8_t tx[FIFO], rx[FIFO];
};

/* --- behaviour --- */

static uint32_t pending(const struct acme_uart *u)
{
    return (u->ntx < LEVEL(u->txctrl) ? TXWM : 0) | (u->nrx > LEVEL(u->rxctrl) ? RXWM : 0);
}

static void update(struct acme_uart *u)
{
    u->lines->set(u->irq, 0, (pending(u) & u->ie) != 0);
}

/* Offers the back end what is in the FIFO. What it does not take is offered again when it can. */
static void transmit(void *self)
{
    struct acme_uart *u = self;
    uint32_t taken = u->txctrl & ENABLE ? u->chars->write(u->port, u->tx, u->ntx) : 0;

    u->ntx -= taken;
    memmove(u->tx, u->tx + taken, u->ntx);
    update(u);
}

static uint32_t room(void *self)
{
    struct acme_uart *u = self;

    return u->rxctrl & ENABLE ? FIFO - u->nrx : 0;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct acme_uart *u = self;

    memcpy(u->rx + u->nrx, data, bytes); /* at most room() */
    u->nrx += bytes;
    update(u);
}

static uint64_t read_txdata(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    return ((struct acme_uart *)self)->ntx == FIFO ? FULL : 0;
}

static void write_txdata(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct acme_uart *u = self;

    if (u->ntx < FIFO)
        u->tx[u->ntx++] = (uint8_t)value;
    transmit(u);
}

static uint64_t read_rxdata(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    struct acme_uart *u = self;
    uint8_t first = u->rx[0];

    if (!u->nrx)
        return EMPTY;
    if (access->flags & BP_ACCESS_DEBUG) /* only looks */
        return first;
    memmove(u->rx, u->rx + 1, --u->nrx);
    u->chars->resume(u->port);
    update(u);
    return first;
}

static uint64_t read_ip(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    return pending(self);
}

static void write_control(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct acme_uart *u = self;

    u->chars->resume(u->port);
    transmit(u);
}

/* --- what it is made of --- */

#define BOUND(where, what, text, mask, hook)                                                       \
    {                                                                                              \
        .offset = (where), .width = 4, .name = #what, .doc = (text), .write_mask = (mask),         \
        .bound = BP_OFFSET(struct acme_uart, what), .on_write = (hook)                             \
    }

static const struct bp_reg regs[] = {
    {.offset = 0x00,
     .width = 4,
     .name = "txdata",
     .doc = "transmit",
     .bound = BP_UNBOUND,
     .on_read = read_txdata,
     .on_write = write_txdata},
    {.offset = 0x04,
     .width = 4,
     .access = BP_REG_RO,
     .name = "rxdata",
     .doc = "receive",
     .bound = BP_UNBOUND,
     .on_read = read_rxdata},
    BOUND(0x08, txctrl, "transmit control", 0x70003, write_control),
    BOUND(0x0c, rxctrl, "receive control", 0x70001, write_control),
    BOUND(0x10, ie, "interrupt enable", TXWM | RXWM, write_control),
    {.offset = 0x14,
     .width = 4,
     .access = BP_REG_RO,
     .name = "ip",
     .doc = "interrupts pending",
     .bound = BP_UNBOUND,
     .on_read = read_ip},
    BOUND(0x18, div, "clock divisor", 0xffff, NULL),
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_char_client client = {
    .size = sizeof client, .room = room, .on_input = on_input, .on_writable = transmit};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "a watermark is passed",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct acme_uart, irq)},
    {.name = "clock",
     .doc = "what div divides",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct acme_uart, clock)},
    {.name = "port",
     .doc = "the wires",
     .kind = BP_PORT_CHAR,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct acme_uart, port),
     .client = &client},
};

static const struct bp_state_field fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct acme_uart, ntx), .name = "ntx"},
    {.tag = 2, .type = BP_STATE_U32, .offset = BP_OFFSET(struct acme_uart, nrx), .name = "nrx"},
    {.tag = 3,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct acme_uart, tx),
     .count = FIFO,
     .name = "tx"},
    {.tag = 4,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct acme_uart, rx),
     .count = FIFO,
     .name = "rx"},
};

/* A snapshot is input like any other. */
static int32_t post_load(void *self)
{
    const struct acme_uart *u = self;

    return u->ntx <= FIFO && u->nrx <= FIFO ? BP_OK : BP_E_INVAL;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields), .post_load = post_load};

/* Linux finds its driver by `compatible`. */
static const void *get_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof node, .name = "serial", .compatible = "acme,uart\nsifive,uart0"};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    static const struct bp_iface_row ifaces[] = {
        {BP_LINE_ID, BP_OFFSET(struct acme_uart, lines)},
        {BP_CHAR_ID, BP_OFFSET(struct acme_uart, chars)},
    };

    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static void reset(void *self, uint32_t kind)
{
    struct acme_uart *u = self;

    u->ntx = u->nrx = 0;
}

static const struct bp_device_class acme_uart_class = {
    .size = sizeof acme_uart_class,
    .instance_size = sizeof(struct acme_uart),
    .instance_align = _Alignof(struct acme_uart),
    .name = "acme-uart",
    .doc = "Serial port with FIFOs.",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};

static const struct bp_device_class *const classes[] = {&acme_uart_class, NULL};

static const void *get_factory(const char *id)
{
    static const struct bp_device_factory factory = {sizeof factory, 0, classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "acme-uart",
        .version = "0.1.0",
        .vendor = "ACME",
        .license = "Apache-2.0",
        .doc = "ACME's serial port",
        .get_factory = get_factory,
    };

    return &plugin;
}
