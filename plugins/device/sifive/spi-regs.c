/* SPDX-License-Identifier: Apache-2.0
 *
 * The registers of the SPI controllers: FU540-C000 manual, 19.3, table 55.
 */
#include "spi.h"

static const struct bp_reg_value csmodes[] = {{"AUTO", 0}, {"HOLD", 2}, {"OFF", 3}, {NULL, 0}};
static const struct bp_reg_value protos[] = {{"single", 0}, {"dual", 1}, {"quad", 2}, {NULL, 0}};
static const struct bp_reg_value orders[] = {{"MSB", 0}, {"LSB", 1}, {NULL, 0}};
static const struct bp_reg_value directions[] = {{"rx", 0}, {"tx", 1}, {NULL, 0}};

/* 19.9: HOLD lasts until csmode or csid get another value, or csdef changes the pin. */
static void release(struct spi *s)
{
    s->asserted = 0;
    spi_update_pins(s);
}

static void on_csid_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct spi *s = self;
    uint32_t id = s->csid;

    if (value == old)
        return;
    s->csid = (uint32_t)old; /* the pin that was asserted is let go first */
    release(s);
    s->csid = id;
}

static void on_csdef_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct spi *s = self;

    s->csdef &= (uint32_t)bp_byte_mask(4) >> (32 - s->num_cs);
    if (s->csid < s->num_cs && ((s->csdef ^ old) >> s->csid & 1))
        s->asserted = 0;
    spi_update_pins(s);
}

static void on_csmode_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    if (value != old)
        release(self);
}

static void on_txdata_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct spi *s = self;

    if (s->tx.count == SPI_FIFO)
        return; /* 19.12: ignored */
    s->tx.data[s->tx.count++] = (uint8_t)value;
    spi_run(s);
}

static uint64_t on_txdata_read(void *self, uint32_t index, uint64_t value,
                               const struct bp_access *access)
{
    const struct spi *s = self;

    return s->tx.count == SPI_FIFO ? BP_BIT(31) : 0;
}

static uint64_t on_rxdata_read(void *self, uint32_t index, uint64_t value,
                               const struct bp_access *access)
{
    struct spi *s = self;
    uint64_t data;

    if (!s->rx.count)
        return BP_BIT(31);
    if (access->flags & BP_ACCESS_DEBUG)
        return s->rx.data[0];
    data = spi_fifo_pop(&s->rx);
    spi_update_irq(s);
    return data;
}

static uint64_t on_ip_read(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    return spi_pending(self);
}

static void on_mark_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    spi_update_irq(self);
}

/* 19.15: the window takes the wire over; what is held ends. */
static void on_fctrl_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct spi *s = self;

    if (value & FCTRL_EN)
        release(s);
    spi_run(s);
}

static const struct bp_reg_field sckmode_fields[] = {
    {.name = "pha", .doc = "data is sampled at the trailing edge", .lsb = 0, .width = 1},
    {.name = "pol", .doc = "the clock rests high", .lsb = 1, .width = 1},
    {0}};
static const struct bp_reg_field csmode_fields[] = {
    {.name = "mode", .doc = "who drives the chip select", .lsb = 0, .width = 2, .values = csmodes},
    {0}};
static const struct bp_reg_field delay0_fields[] = {
    {.name = "cssck", .doc = "chip select to clock", .lsb = 0, .width = 8},
    {.name = "sckcs", .doc = "clock to chip select", .lsb = 16, .width = 8},
    {0}};
static const struct bp_reg_field delay1_fields[] = {
    {.name = "intercs", .doc = "minimum time without chip select", .lsb = 0, .width = 8},
    {.name = "interxfr", .doc = "maximum time between frames", .lsb = 16, .width = 8},
    {0}};
static const struct bp_reg_field fmt_fields[] = {
    {.name = "proto", .doc = "lanes", .lsb = 0, .width = 2, .values = protos},
    {.name = "endian", .doc = "which bit goes first", .lsb = 2, .width = 1, .values = orders},
    {.name = "dir", .doc = "whether frames are kept", .lsb = 3, .width = 1, .values = directions},
    {.name = "len", .doc = "bits of a frame", .lsb = 16, .width = 4},
    {0}};
static const struct bp_reg_field txdata_fields[] = {
    {.name = "data", .doc = "a frame to send", .lsb = 0, .width = 8},
    {.name = "full", .doc = "the FIFO takes no more", .lsb = 31, .width = 1},
    {0}};
static const struct bp_reg_field rxdata_fields[] = {
    {.name = "data", .doc = "a received frame", .lsb = 0, .width = 8},
    {.name = "empty", .doc = "there is none", .lsb = 31, .width = 1},
    {0}};
static const struct bp_reg_field interrupt_fields[] = {
    {.name = "txwm", .doc = "transmit FIFO below its mark", .lsb = 0, .width = 1},
    {.name = "rxwm", .doc = "receive FIFO above its mark", .lsb = 1, .width = 1},
    {0}};
static const struct bp_reg_field fctrl_fields[] = {
    {.name = "en", .doc = "flash mode: the window works, the FIFOs rest", .lsb = 0, .width = 1},
    {0}};
static const struct bp_reg_field ffmt_fields[] = {
    {.name = "cmd_en", .doc = "send a command", .lsb = 0, .width = 1},
    {.name = "addr_len", .doc = "bytes of the address", .lsb = 1, .width = 3},
    {.name = "pad_cnt", .doc = "dummy clocks", .lsb = 4, .width = 4},
    {.name = "cmd_proto", .doc = "lanes of the command", .lsb = 8, .width = 2, .values = protos},
    {.name = "addr_proto",
     .doc = "lanes of address and pad",
     .lsb = 10,
     .width = 2,
     .values = protos},
    {.name = "data_proto", .doc = "lanes of the data", .lsb = 12, .width = 2, .values = protos},
    {.name = "cmd_code", .doc = "the command", .lsb = 16, .width = 8},
    {.name = "pad_code", .doc = "first bits of the dummy clocks", .lsb = 24, .width = 8},
    {0}};

#define FIELD(name) .bound = BP_OFFSET(struct spi, name)

/* Reset values of fmt and txmark differ: 19.11 and 19.14, footnotes. clang-format would tear the rows apart. */
/* clang-format off */
#define ROWS(fmt_reset, txmark_reset) \
    {.offset = 0x00, .width = 4, .name = "sckdiv", .doc = "serial clock divisor", \
     .reset = 3, .write_mask = 0xfff, FIELD(sckdiv)}, \
    {.offset = 0x04, .width = 4, .name = "sckmode", .doc = "serial clock mode", \
     .write_mask = 3, FIELD(sckmode), .fields = sckmode_fields}, \
    {.offset = 0x10, .width = 4, .name = "csid", .doc = "number of the chip select", \
     FIELD(csid), .on_write = on_csid_write}, \
    {.offset = 0x14, .width = 4, .name = "csdef", .doc = "inactive levels of the chip selects", \
     .reset = 0xffffffff, FIELD(csdef), .on_write = on_csdef_write}, \
    {.offset = 0x18, .width = 4, .name = "csmode", .doc = "chip select mode", \
     .write_mask = 3, FIELD(csmode), .fields = csmode_fields, .on_write = on_csmode_write}, \
    {.offset = 0x28, .width = 4, .name = "delay0", .doc = "delays around the chip select", \
     .reset = 0x00010001, .write_mask = 0x00ff00ff, FIELD(delay0), .fields = delay0_fields}, \
    {.offset = 0x2c, .width = 4, .name = "delay1", .doc = "delays between frames", \
     .reset = 0x00000001, .write_mask = 0x00ff00ff, FIELD(delay1), .fields = delay1_fields}, \
    {.offset = 0x40, .width = 4, .name = "fmt", .doc = "frame format", \
     .reset = (fmt_reset), .write_mask = 0x000f000f, FIELD(fmt), .fields = fmt_fields}, \
    {.offset = 0x48, .width = 4, .name = "txdata", .doc = "transmit FIFO", \
     .bound = BP_UNBOUND, .fields = txdata_fields, \
     .on_read = on_txdata_read, .on_write = on_txdata_write}, \
    {.offset = 0x4c, .width = 4, .access = BP_REG_RO, .name = "rxdata", .doc = "receive FIFO", \
     .bound = BP_UNBOUND, .fields = rxdata_fields, .on_read = on_rxdata_read}, \
    {.offset = 0x50, .width = 4, .name = "txmark", .doc = "transmit watermark", \
     .reset = (txmark_reset), .write_mask = 7, FIELD(txmark), .on_write = on_mark_write}, \
    {.offset = 0x54, .width = 4, .name = "rxmark", .doc = "receive watermark", \
     .write_mask = 7, FIELD(rxmark), .on_write = on_mark_write}, \
    {.offset = 0x70, .width = 4, .name = "ie", .doc = "interrupt enable", \
     .write_mask = 3, FIELD(ie), .fields = interrupt_fields, .on_write = on_mark_write}, \
    {.offset = 0x74, .width = 4, .access = BP_REG_RO, .name = "ip", .doc = "interrupt pending", \
     .bound = BP_UNBOUND, .fields = interrupt_fields, .on_read = on_ip_read}
/* clang-format on */

static const struct bp_reg spi_rows[] = {ROWS(0x00080000, 0)};

static const struct bp_reg qspi_rows[] = {
    ROWS(0x00080008, 1),
    {.offset = 0x60,
     .width = 4,
     .name = "fctrl",
     .doc = "flash interface control",
     .reset = 1,
     .write_mask = 1,
     FIELD(fctrl),
     .fields = fctrl_fields,
     .on_write = on_fctrl_write},
    {.offset = 0x64,
     .width = 4,
     .name = "ffmt",
     .doc = "flash instruction format",
     .reset = 0x00030007,
     .write_mask = 0xffff3fff,
     FIELD(ffmt),
     .fields = ffmt_fields},
};

const struct bp_region spi_regions[1] = {
    {.name = "reg",
     .doc = "the registers",
     .min_width = 4,
     .max_width = 4,
     .regs = BP_ARRAY(spi_rows)},
};

const struct bp_region qspi_regions[2] = {
    {.name = "reg",
     .doc = "the registers",
     .min_width = 4,
     .max_width = 4,
     .regs = BP_ARRAY(qspi_rows)},
    {.name = "flash",
     .doc = "the part at csid, read in place",
     .min_width = 1,
     .max_width = 8,
     .read = spi_window_read,
     .write = spi_window_write},
};
