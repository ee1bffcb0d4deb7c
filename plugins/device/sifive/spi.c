/* SPDX-License-Identifier: Apache-2.0
 *
 * spi, qspi: the SPI controllers of SiFive's FU540-C000 and FE310, without and with a window onto flash.
 *
 * Source: "SiFive FU540-C000 Manual" v1p4, chapter 19, whose sections are cited below.
 *
 * Frames pass at once, or in the time they would take with `pace: true`. The window reads flash by the sequence that
 * ffmt describes, each access anew; a debugger's access to it finds nothing, since a real one would disturb
 * the part.
 */
#include "spi.h"

#include <backplane/fdt.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

/* --- chip selects --------------------------------------------------------------------------- */

static const struct bp_attached *part_at(const struct spi *s, uint64_t address)
{
    const struct bp_attached *parts = s->parts.items;

    for (uint32_t i = 0; i < s->parts.count; i++)
        if (address - parts[i].address < parts[i].naddress)
            return &parts[i];
    return NULL;
}

/* 19.7, 19.8: csdef has the inactive levels, and the one of csid is inverted while it is asserted. */
static uint32_t pin_levels(const struct spi *s)
{
    return s->csdef ^ (s->asserted && s->csid < s->num_cs ? BP_BIT(s->csid) : 0);
}

void spi_update_pins(struct spi *s)
{
    uint32_t levels = pin_levels(s), changed = levels ^ s->levels;

    s->levels = levels;
    for (uint32_t i = 0; i < s->num_cs; i++) {
        const struct bp_attached *part = changed >> i & 1 ? part_at(s, i) : NULL;

        if (part)
            ((const struct bp_spi_target *)part->iface)->chip_select(part->self, levels >> i & 1);
    }
}

static void assert_cs(struct spi *s, uint32_t asserted)
{
    s->asserted = (uint8_t)asserted;
    spi_update_pins(s);
}

/* --- frames --------------------------------------------------------------------------------- */

static uint32_t lanes_of(uint32_t proto)
{
    return proto == PROTO_QUAD ? 4 : proto == PROTO_DUAL ? 2 : 1;
}

/* All parts hear a frame; those that are not selected do not answer. */
static uint32_t put_frame(const struct spi *s, uint32_t out, uint32_t bits, uint32_t lanes,
                          uint32_t flags)
{
    const struct bp_attached *parts = s->parts.items;
    uint32_t mode =
        (s->sckmode & SCKMODE_PHA ? BP_SPI_CPHA : 0) | (s->sckmode & SCKMODE_POL ? BP_SPI_CPOL : 0);
    const struct bp_spi_frame frame = {sizeof frame, flags | mode, out, bits, lanes};
    uint32_t in = (uint32_t)bp_byte_mask((bits + 7) / 8);

    for (uint32_t i = 0; i < s->parts.count; i++) {
        const struct bp_spi_target *target = parts[i].iface;

        in &= target->transfer(parts[i].self, &frame);
    }
    return in;
}

static uint8_t reverse(uint32_t byte)
{
    uint32_t out = 0;

    for (uint32_t i = 0; i < 8; i++)
        out |= (byte >> i & 1) << (7 - i);
    return (uint8_t)out;
}

/* 19.11: shorter frames are left-aligned when the most significant bit goes first, else right-aligned. */
static uint32_t frame_bits(const struct spi *s)
{
    uint32_t bits = (uint32_t)bp_min(FMT_LEN(s->fmt), 8), lanes = lanes_of(FMT_PROTO(s->fmt));

    return (bits + lanes - 1) / lanes * lanes;
}

static void transfer(struct spi *s, uint8_t data)
{
    uint32_t bits = frame_bits(s), lanes = lanes_of(FMT_PROTO(s->fmt)), in = 0;
    uint32_t listens = lanes > 1 && !(s->fmt & FMT_DIR_TX);
    uint8_t out = s->fmt & FMT_LSB ? reverse(data) : data;

    if (s->csmode != CSMODE_OFF)
        assert_cs(s, 1);
    if (bits)
        in = put_frame(s, out >> (8 - bits), bits, lanes, listens ? BP_SPI_LISTEN : 0)
             << (8 - bits);
    in &= 0xff;
    if (s->csmode == CSMODE_AUTO)
        assert_cs(s, 0);
    if (s->fmt & FMT_DIR_TX || s->rx.count == SPI_FIFO)
        return; /* 19.11 dir: not kept; 19.13: a full FIFO takes no more */
    s->rx.data[s->rx.count++] = s->fmt & FMT_LSB ? reverse(in) : (uint8_t)in;
}

/* --- FIFOs and time ------------------------------------------------------------------------- */

/* 19.17: strict comparisons. */
uint32_t spi_pending(const struct spi *s)
{
    return (s->tx.count < s->txmark ? IP_TXWM : 0) | (s->rx.count > s->rxmark ? IP_RXWM : 0);
}

void spi_update_irq(struct spi *s)
{
    s->lines->set(s->irq, 0, (spi_pending(s) & s->ie) != 0);
}

uint8_t spi_fifo_pop(struct spi_fifo *f)
{
    uint8_t data = f->data[0];

    f->count--;
    memmove(f->data, f->data + 1, f->count);
    return data;
}

/* 19.4: a period of SCK is 2 * (div + 1) of the bus clock; 19.10: delays are in those. */
static uint64_t frame_ns(const struct spi *s)
{
    uint64_t periods = frame_bits(s) / lanes_of(FMT_PROTO(s->fmt));

    if (s->csmode == CSMODE_AUTO)
        periods += (s->delay0 & 0xff) + (s->delay0 >> 16 & 0xff) + (s->delay1 & 0xff);
    else
        periods += s->delay1 >> 16 & 0xff;
    return bp_ticks_to_ns(periods * 2 * (s->sckdiv + 1), s->clocks->hz(s->clock));
}

/* Starts the next frame, if there is one and the wire is free. */
void spi_run(struct spi *s)
{
    if (!s->pace) {
        while (s->tx.count && !(s->fctrl & FCTRL_EN))
            transfer(s, spi_fifo_pop(&s->tx));
    } else if (!s->busy && s->tx.count && !(s->fctrl & FCTRL_EN)) {
        uint64_t ns = frame_ns(s);

        s->busy = ns != UINT64_MAX; /* without a clock frames wait in the FIFO */
        if (s->busy) {
            s->shift = spi_fifo_pop(&s->tx);
            s->timers->arm(s->frame, s->timers->now(s->dev, BP_TIME_VIRTUAL) + ns);
        }
    }
    spi_update_irq(s);
}

static void on_frame(void *self)
{
    struct spi *s = self;

    s->busy = 0;
    transfer(s, s->shift);
    spi_run(s);
}

static void on_clock(void *self, uint64_t hz)
{
    spi_run(self);
}

/* --- the window ----------------------------------------------------------------------------- */

/* 19.16: the parts of a flash read, each on its own number of lanes. */
static void put_command(const struct spi *s, uint64_t address)
{
    uint32_t f = s->ffmt, lanes = lanes_of(FFMT_ADDR_PROTO(f)), pad = FFMT_PAD_CNT(f);
    uint32_t coded = (uint32_t)bp_min(pad, 8 / lanes);

    if (f & FFMT_CMD_EN)
        put_frame(s, FFMT_CMD_CODE(f), 8, lanes_of(FFMT_CMD_PROTO(f)), 0);
    for (uint32_t i = (uint32_t)bp_min(FFMT_ADDR_LEN(f), 4); i-- > 0;)
        put_frame(s, address >> (8 * i) & 0xff, 8, lanes, 0);
    /* pad_cnt clocks; the bits of pad_code go first, then nothing is driven */
    if (pad)
        put_frame(s, FFMT_PAD_CODE(f) >> (8 - coded * lanes), coded * lanes, lanes, 0);
    for (; coded < pad; coded++)
        put_frame(s, (uint32_t)bp_byte_mask(1) >> (8 - lanes), lanes, lanes,
                  lanes > 1 ? BP_SPI_LISTEN : 0);
}

int32_t spi_window_read(void *self, const struct bp_access *access, uint64_t *value)
{
    struct spi *s = self;
    uint32_t lanes = lanes_of(FFMT_DATA_PROTO(s->ffmt));

    *value = 0;
    if (access->flags & BP_ACCESS_DEBUG || !(s->fctrl & FCTRL_EN))
        return BP_E_ACCESS;
    assert_cs(s, 0); /* 19.9: HOLD ends where the window is used */
    assert_cs(s, 1);
    put_command(s, access->addr);
    for (uint32_t i = 0; i < access->width; i++) {
        uint64_t byte = put_frame(s, 0xff, 8, lanes, lanes > 1 ? BP_SPI_LISTEN : 0) & 0xff;

        *value |= byte << (8 * i);
    }
    assert_cs(s, 0);
    return BP_OK;
}

int32_t spi_window_write(void *self, const struct bp_access *access, uint64_t value)
{
    return BP_E_ACCESS;
}

/* --- the classes ---------------------------------------------------------------------------- */

static const struct bp_prop props[] = {
    {.name = "num-cs",
     .doc = "number of chip selects",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct spi, num_cs),
     .def = "1",
     .min = 1,
     .max = 32},
    {.name = "pace",
     .doc = "frames take their time at the programmed rate instead of none",
     .type = BP_PROP_BOOL,
     .offset = BP_OFFSET(struct spi, pace),
     .def = "false"},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "watermark interrupts",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct spi, irq)},
    {.name = "clock",
     .doc = "bus clock, which sckdiv divides",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct spi, clock),
     .on_clock = on_clock},
};

static const struct bp_bus_row buses[] = {
    {.name = "spi",
     .doc = "SCK, DQ0 to DQ3 and the chip selects",
     .kind = BP_SPI_BUS,
     .peer_iface = BP_SPI_TARGET_ID,
     .offset = BP_OFFSET(struct spi, parts),
     .address_name = "chip select",
     .count_prop = "num-cs"},
};

#define STATE(n, kind, field, elements, label)                                                     \
    {                                                                                              \
        .tag = (n), .type = (kind), .offset = BP_OFFSET(struct spi, field), .count = (elements),   \
        .name = (label)                                                                            \
    }

static const struct bp_state_field state_fields[] = {
    STATE(1, BP_STATE_U32, rx.count, 1, "rx-count"),
    STATE(2, BP_STATE_BYTES, rx.data, SPI_FIFO, "rx-data"),
    STATE(3, BP_STATE_U32, tx.count, 1, "tx-count"),
    STATE(4, BP_STATE_BYTES, tx.data, SPI_FIFO, "tx-data"),
    STATE(5, BP_STATE_U32, levels, 1, "levels"),
    STATE(6, BP_STATE_U8, asserted, 1, "asserted"),
    STATE(7, BP_STATE_U8, busy, 1, "busy"),
    STATE(8, BP_STATE_U8, shift, 1, "shift"),
};

/* A snapshot is input: counts that no FIFO can have are refused. */
static int32_t post_load(void *self)
{
    const struct spi *s = self;

    return s->rx.count > SPI_FIFO || s->tx.count > SPI_FIFO ? BP_E_INVAL : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct spi, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct spi, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct spi, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct spi *s = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    s->dev = dev;
    s->frame = s->timers->create(dev, "frame", on_frame);
    return s->frame ? BP_OK : BP_E_NOMEM;
}

static void reset(void *self, uint32_t kind)
{
    struct spi *s = self;

    s->timers->cancel(s->frame);
    s->rx.count = s->tx.count = 0;
    s->busy = s->asserted = 0;
    s->csdef = (uint32_t)bp_byte_mask(4) >> (32 - s->num_cs);
    spi_update_pins(s);
    spi_update_irq(s);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "spi", .compatible = "sifive,fu540-c000-spi\nsifive,spi0"};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

#define COMMON                                                                                     \
    .size = sizeof(struct bp_device_class), .instance_size = sizeof(struct spi),                   \
    .instance_align = _Alignof(struct spi), .props = BP_ARRAY(props), .ports = BP_ARRAY(ports),    \
    .state = &state, .init = init, .reset = reset, .get_iface = get_iface,                         \
    .buses = BP_ARRAY(buses)

const struct bp_device_class spi_class = {
    COMMON,
    .name = "spi",
    .doc = "SPI controller of the FU540",
    .regions = spi_regions,
    .nregions = 1,
    .region_stride = sizeof *spi_regions,
};

const struct bp_device_class qspi_class = {
    COMMON,
    .name = "qspi",
    .doc = "SPI controller of the FU540 with a window onto flash",
    .regions = qspi_regions,
    .nregions = 2,
    .region_stride = sizeof *qspi_regions,
};
