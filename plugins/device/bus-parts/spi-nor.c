/* SPDX-License-Identifier: Apache-2.0
 *
 * spi-nor: a serial NOR flash of the W25Q or IS25 families on SPI, with dual and quad reads.
 *
 * Sources: see spi-nor.h. This file is the pins: it turns clocks into bytes on as many lanes as the step of the
 * transfer uses, whatever the controller thinks. Suspend and resume, the individual block locks, the one-time
 * registers and QPI are not offered, and the discoverable parameters say so where they can.
 */
#include "spi-nor.h"

#include <backplane/fdt.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>

#define MS 1000000ull

static const struct nor_model models[] = {
    {"w25q128jv",
     {0xef, 0x40, 0x18},
     NOR_WINBOND_128,
     16u << 20,
     700000,
     45 * MS,
     120 * MS,
     150 * MS,
     40000 * MS,
     10 * MS,
     0x00a60236,
     0xc914ea82},
    {"w25q256jv",
     {0xef, 0x40, 0x19},
     NOR_WINBOND_256,
     32u << 20,
     700000,
     45 * MS,
     120 * MS,
     150 * MS,
     80000 * MS,
     10 * MS,
     0x00a60236,
     0xd314ea82},
    {"is25wp256d",
     {0x9d, 0x70, 0x19},
     NOR_ISSI,
     32u << 20,
     200000,
     45 * MS,
     140 * MS,
     170 * MS,
     70000 * MS,
     2 * MS,
     0x00a60236,
     0xd312e282},
};

static const char *const model_names[] = {"w25q128jv", "w25q256jv", "is25wp256d", NULL};

/* --- steps of a transfer ---------------------------------------------------------------------- */

static void next_step(struct nor *n, const struct nor_command *c, uint32_t step)
{
    n->step = (uint8_t)step;
    n->nbits = n->shift = 0;
    switch (step) {
    case STEP_ADDRESS:
        n->left = c->address == ADDRESS_DEFAULT ? (n->four_byte ? 4 : 3) : c->address;
        n->address = n->left == 3 && c->address == ADDRESS_DEFAULT ? n->extended : 0;
        if (!n->left)
            next_step(n, c, STEP_MODE);
        break;
    case STEP_MODE:
        if (!(c->flags & COMMAND_MODE))
            next_step(n, c, STEP_DUMMY);
        break;
    case STEP_DUMMY:
        n->left = c->dummy;
        if (!n->left)
            next_step(n, c, c->out ? STEP_OUT : c->in ? STEP_IN : STEP_IGNORE);
        break;
    default:
        break;
    }
}

/* 8.1: whether the part listens to an instruction now. The first byte behind a deep power-down or while busy matters as
 * well as the latches. */
static uint32_t accepts(const struct nor *n, const struct nor_command *c)
{
    if (nor_is_busy(n) && !(c->flags & COMMAND_BUSY))
        return 0;
    if (n->sleeping && c->opcode != 0xab)
        return 0;
    return !(c->flags & COMMAND_QUAD) || nor_quad_enabled(n);
}

static void on_command(struct nor *n, uint8_t opcode)
{
    const struct nor_command *c = nor_command(n, opcode);

    n->opcode = opcode;
    n->ndata = 0;
    n->nloaded = 0;
    n->address = 0;
    next_step(n, c, c && accepts(n, c) ? STEP_ADDRESS : STEP_IGNORE);
    if (n->step == STEP_IGNORE && c && !accepts(n, c))
        n->opcode = 0; /* nothing to finish */
}

static void on_byte(struct nor *n, const struct nor_command *c, uint8_t byte)
{
    switch (n->step) {
    case STEP_COMMAND:
        on_command(n, byte);
        break;
    case STEP_ADDRESS:
        n->address = n->address << 8 | byte;
        if (!--n->left)
            next_step(n, c, STEP_MODE);
        break;
    case STEP_MODE: /* 6.1.3: M5-4 of 10 keep the instruction for the next transfer */
        n->continuous = (byte & 0x30) == 0x20 ? c->opcode : 0;
        next_step(n, c, STEP_DUMMY);
        break;
    case STEP_IN:
        c->in(n, byte);
        break;
    default:
        break;
    }
}

/* Lanes on which the current step passes bits. */
static uint32_t step_lanes(const struct nor *n, const struct nor_command *c)
{
    if (n->step == STEP_ADDRESS || n->step == STEP_MODE)
        return c->address_lanes;
    return n->step == STEP_OUT || n->step == STEP_IN ? c->data_lanes : 1;
}

/* --- clocks -------------------------------------------------------------------------------------- */

/* One clock: the levels of IO3 to IO0 with the controller's share in, and what they are with the part's. An open lane is
 * high. */
static uint32_t clock_lines(struct nor *n, uint32_t lines)
{
    const struct nor_command *c = n->step == STEP_COMMAND ? NULL : nor_command(n, n->opcode);
    uint32_t lanes = c ? step_lanes(n, c) : 1, mask = BP_BIT(lanes) - 1, drives;

    if (n->step == STEP_IGNORE) {
        n->opcode = 0; /* 8.1: clocks behind the last byte of an instruction cancel it */
        return lines;
    }
    if (n->step == STEP_DUMMY) {
        if (!--n->left)
            next_step(n, c, c->out ? STEP_OUT : c->in ? STEP_IN : STEP_IGNORE);
        return lines;
    }
    if (n->step == STEP_OUT) {
        if (!n->nbits)
            n->shift = c->out(n);
        drives = n->shift >> (8 - lanes) & mask;
        n->shift = (uint8_t)(n->shift << lanes);
        n->nbits = (uint8_t)((n->nbits + lanes) & 7);
        return lanes == 1 ? (lines & ~2u) | drives << 1 : (lines & ~mask) | drives;
    }
    n->shift = (uint8_t)(n->shift << lanes | (lines & mask));
    n->nbits = (uint8_t)((n->nbits + lanes) & 7);
    if (!n->nbits)
        on_byte(n, c, n->shift);
    return lines;
}

/* What a frame drives in its clock `i`, from the first on, and the lanes that are open. */
static uint32_t frame_lines(const struct bp_spi_frame *f, uint32_t i)
{
    uint32_t mask = BP_BIT(f->lanes) - 1;
    uint32_t bits = f->out >> (f->bits - (i + 1) * f->lanes) & mask;

    return f->flags & BP_SPI_LISTEN && f->lanes > 1 ? 15 : bits | (15 & ~mask);
}

/* Whole bytes on as many lanes as both sides use: most of the traffic. */
static uint32_t transfer_byte(struct nor *n, const struct bp_spi_frame *f)
{
    const struct nor_command *c = nor_command(n, n->opcode);

    if (n->step == STEP_OUT)
        return c->out(n);
    on_byte(n, c, (uint8_t)f->out);
    return 0xff;
}

static uint32_t transfer(void *self, const struct bp_spi_frame *f)
{
    struct nor *n = self;
    uint32_t mode = f->flags & (BP_SPI_CPHA | BP_SPI_CPOL), in = 0;
    uint32_t byte_step = n->step == STEP_COMMAND || n->step == STEP_ADDRESS ||
                         n->step == STEP_OUT || n->step == STEP_IN;

    /* 6.1.1: modes 0 and 3. In the others it would take what is no bit. */
    if (!n->selected || (mode && mode != (BP_SPI_CPHA | BP_SPI_CPOL)) || f->lanes > 4)
        return UINT32_MAX;
    if (byte_step && !n->nbits && f->bits == 8 &&
        f->lanes == (n->step == STEP_COMMAND ? 1 : step_lanes(n, nor_command(n, n->opcode))) &&
        (f->lanes == 1 || !(f->flags & BP_SPI_LISTEN) == (n->step != STEP_OUT)))
        return transfer_byte(n, f);
    for (uint32_t i = 0; i < f->bits / f->lanes; i++) {
        uint32_t lines = clock_lines(n, frame_lines(f, i));

        in = f->lanes == 1 ? in << 1 | (lines >> 1 & 1)
                           : in << f->lanes | (lines & (BP_BIT(f->lanes) - 1));
    }
    return in;
}

/* 8.1: instructions that change something act when the chip select rises, and only behind whole bytes. */
static void finish_command(struct nor *n)
{
    const struct nor_command *c = n->opcode ? nor_command(n, n->opcode) : NULL;
    uint32_t latched = n->sr1 & SR_WEL;

    if (!c || !c->finish || n->nbits || n->step == STEP_ADDRESS || n->step == STEP_COMMAND)
        return;
    if (n->volatile_sr && (c->opcode == 0x01 || c->opcode == 0x31 || c->opcode == 0x11))
        latched = 1;
    if (!(c->flags & COMMAND_WEL) || latched)
        c->finish(n);
    if (c->opcode != 0x50)
        n->volatile_sr = 0;
}

static void chip_select(void *self, uint32_t level)
{
    struct nor *n = self;

    if (n->selected == !level)
        return;
    n->selected = !level;
    if (level) {
        finish_command(n);
        n->reset_armed = n->reset_armed ? (uint8_t)(n->reset_armed - 1) : 0;
        n->step = STEP_IGNORE;
        return;
    }
    n->step = STEP_COMMAND;
    n->nbits = n->shift = 0;
    n->opcode = 0;
    if (n->continuous && !nor_is_busy(n)) {
        n->opcode = n->continuous;
        next_step(n, nor_command(n, n->opcode), STEP_ADDRESS);
    }
}

static const struct bp_spi_target target = {
    .size = sizeof target, .chip_select = chip_select, .transfer = transfer};

/* --- the class ----------------------------------------------------------------------------------- */

static void on_wp(void *self, uint32_t index, uint32_t level)
{
    ((struct nor *)self)->wp = level != 0;
}

static void on_complete(void *self, uint64_t token, int32_t status)
{
    medium_complete(&((struct nor *)self)->medium, token, status);
}

#define AT(field) .offset = BP_OFFSET(struct nor, field)

static const struct bp_prop props[] = {
    {.name = "model",
     .doc = "part number",
     .type = BP_PROP_ENUM,
     AT(model),
     .def = "w25q256jv",
     .choices = model_names},
    {.name = "quad-enable",
     .doc = "the quad enable bit as the factory has set it",
     .type = BP_PROP_BOOL,
     AT(quad_enable),
     .def = "false"},
    {.name = "instant",
     .doc = "programming and erasing take no time",
     .type = BP_PROP_BOOL,
     AT(instant),
     .def = "false"},
    {.name = "spi-max-frequency",
     .doc = "clock rate that drivers are told to stay below",
     .type = BP_PROP_FREQ,
     AT(max_hz),
     .def = "50MHz"},
    {.name = "bus-width",
     .doc = "lanes the board has wired, which drivers are told",
     .type = BP_PROP_U32,
     AT(bus_width),
     .def = "4",
     .min = 1,
     .max = 4},
};

static const struct bp_block_client block_client = {.size = sizeof block_client,
                                                    .on_complete = on_complete};

static const struct bp_port ports[] = {
    {.name = "wp",
     .doc = "write protect; 1 is asserted, the pin low",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .on_line = on_wp},
    {.name = "drive",
     .doc = "image of the contents",
     .kind = BP_PORT_BLOCK,
     AT(medium.drive),
     .client = &block_client},
};

static const char *const wp_flags[] = {"active-high", "active-low", NULL};

static const struct bp_provider providers[] = {
    {.kind = BP_PORT_GPIO, .port = "wp", .flag_names = wp_flags, .flag_default = 1},
};

/* Never placed on a bus: memory that the core keeps, and that costs nothing where it is erased. */
static const struct bp_region regions[] = {
    {.name = "cells",
     .doc = "the array, inverted",
     .flags = BP_REGION_RAM | BP_REGION_FLOATING,
     .length = NOR_MAX_BYTES},
};

static const struct bp_seat_row seats[] = {
    {.name = "spi", .doc = "CS, CLK and IO0 to IO3", .kind = BP_SPI_BUS, AT(bus)},
};

#define STATE(n, kind, field, elements, label)                                                     \
    {                                                                                              \
        .tag = (n), .type = (kind), AT(field), .count = (elements), .name = (label)                \
    }

static const struct bp_state_field state_fields[] = {
    STATE(25, BP_STATE_U64, ready, 1, "ready"),
    STATE(1, BP_STATE_U8, sr1, 1, "sr1"),
    STATE(2, BP_STATE_U8, sr2, 1, "sr2"),
    STATE(3, BP_STATE_U8, sr3, 1, "sr3"),
    STATE(4, BP_STATE_BYTES, kept, 3, "kept"),
    STATE(5, BP_STATE_U8, extended, 1, "extended"),
    STATE(6, BP_STATE_U8, function, 1, "function"),
    STATE(7, BP_STATE_U8, wp, 1, "wp"),
    STATE(8, BP_STATE_U8, sleeping, 1, "sleeping"),
    STATE(9, BP_STATE_U8, reset_armed, 1, "reset-armed"),
    STATE(10, BP_STATE_U8, volatile_sr, 1, "volatile-sr"),
    STATE(11, BP_STATE_U8, four_byte, 1, "four-byte"),
    STATE(12, BP_STATE_U8, selected, 1, "selected"),
    STATE(13, BP_STATE_U8, step, 1, "step"),
    STATE(14, BP_STATE_U8, opcode, 1, "opcode"),
    STATE(15, BP_STATE_U8, continuous, 1, "continuous"),
    STATE(16, BP_STATE_U8, shift, 1, "shift"),
    STATE(17, BP_STATE_U8, nbits, 1, "nbits"),
    STATE(18, BP_STATE_U8, ndata, 1, "ndata"),
    STATE(19, BP_STATE_U32, left, 1, "left"),
    STATE(20, BP_STATE_U32, address, 1, "address"),
    STATE(21, BP_STATE_U32, nloaded, 1, "nloaded"),
    STATE(22, BP_STATE_BYTES, data, 4, "data"),
    STATE(23, BP_STATE_BYTES, page, NOR_PAGE, "page"),
    STATE(24, BP_STATE_BYTES, loaded, NOR_PAGE, "loaded"),
};

/* A snapshot is input: a step needs the row of its opcode, and what that row has. */
static int32_t post_load(void *self)
{
    const struct nor *n = self;
    const struct nor_command *c = nor_command(n, n->opcode);
    const struct nor_command *kept = n->continuous ? nor_command(n, n->continuous) : NULL;

    if (n->step > STEP_IGNORE || n->nbits > 7 || n->ndata > sizeof n->data ||
        (n->continuous && (!kept || !(kept->flags & COMMAND_MODE))))
        return BP_E_INVAL;
    if (n->step == STEP_COMMAND || n->step == STEP_IGNORE)
        return BP_OK;
    if (!c || (n->step == STEP_OUT && !c->out) || (n->step == STEP_IN && !c->in))
        return BP_E_INVAL;
    return (n->step == STEP_ADDRESS || n->step == STEP_DUMMY) && !n->left ? BP_E_INVAL : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_TIMER_ID, BP_OFFSET(struct nor, timers)},
    {BP_MEM_ID, BP_OFFSET(struct nor, mem)},
    {BP_BLOCK_ID, BP_OFFSET(struct nor, medium.blocks)},
    {BP_TRACE_ID, BP_OFFSET(struct nor, medium.trace)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct nor *n = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
    uint64_t bytes = 0;

    if (status)
        return status;
    n->dev = n->medium.dev = dev;
    n->m = &models[n->model];
    if (n->bus_width == 3)
        return bp_fail(core, dev, BP_E_INVAL, "bus-width", "3 is not a width: give 1, 2 or 4");
    n->cells = n->mem->data(dev, 0, &bytes);
    if (!n->cells || bytes < n->m->bytes)
        return BP_E_NOMEM;
    n->medium.data = n->cells;
    n->medium.bytes = n->m->bytes;
    n->medium.inverted = 1;
    if (n->quad_enable)
        n->kept[n->m->layout == NOR_ISSI ? 0 : 1] = n->m->layout == NOR_ISSI ? ISSI_QE : SR2_QE;
    return medium_init(&n->medium, core);
}

/* There is no reset pin: the part keeps what it was told until power-on or 99h. */
static void reset(void *self, uint32_t kind)
{
    struct nor *n = self;

    medium_load(&n->medium);
    if (kind != BP_RESET_COLD)
        return;
    n->selected = 0;
    nor_power_up(n);
}

static void finish(void *self)
{
    medium_finish(&((struct nor *)self)->medium);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct nor *n = self;
    int32_t status = w->u32(w->ctx, "spi-max-frequency", (uint32_t)bp_min(n->max_hz, UINT32_MAX));

    if (!status)
        status = w->u32(w->ctx, "spi-rx-bus-width", n->bus_width);
    if (!status)
        status = w->u32(w->ctx, "spi-tx-bus-width", n->bus_width);
    return status ? status : w->empty(w->ctx, "m25p,fast-read");
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "flash", .compatible = "jedec,spi-nor", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    if (!strcmp(id, BP_SPI_TARGET_ID))
        return &target;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class spi_nor_class = {
    .size = sizeof spi_nor_class,
    .instance_size = sizeof(struct nor),
    .instance_align = _Alignof(struct nor),
    .name = "spi-nor",
    .doc = "serial NOR flash with dual and quad reads",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .providers = BP_ARRAY(providers),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .finish = finish,
    .get_iface = get_iface,
    .seats = BP_ARRAY(seats),
};
