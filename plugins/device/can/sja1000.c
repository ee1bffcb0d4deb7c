/* SPDX-License-Identifier: Apache-2.0
 *
 * sja1000: the CAN controller of Philips, in BasicCAN and PeliCAN mode.
 *
 * Source: see sja1000.h; error handling also from Bosch, "CAN Specification" 2.0, part B, 7 (fault confinement).
 *
 * This file is the protocol as seen by one controller: what it makes of frames on the wire, how its error counters move,
 * and what its status and interrupt bits make of that. Whole frames pass, so an error has one place in it: an
 * acknowledge that is missing, or a frame at another rate than the programmed one.
 */
#include "sja1000.h"

#include <backplane/fdt.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define PASSIVE 128u /* 7: error passive from this count on */
#define BUS_OFF 256u

/* 6.4.9, table 18: where and what an error was. */
#define ECC_OTHER 0xc0u
#define ECC_STUFF 0x80u
#define ECC_BIT   0x00u
#define ECC_RX    0x20u
#define ECC_ACK   0x19u /* acknowledge slot */
#define ECC_ID28  0x02u /* identifier bits 28 to 21 */

static const struct bp_can_wire *wire(const struct sja1000 *s)
{
    return s->wire.iface;
}

uint32_t sja_pelican(const struct sja1000 *s)
{
    return s->cdr & CDR_PELICAN;
}

uint32_t sja_resetting(const struct sja1000 *s)
{
    return s->mod & MOD_RM;
}

/* 6.5.1, 6.5.2: a bit has 1 + TSEG1 + TSEG2 quanta of 2 * BRP clocks. 0: there is no clock. */
static uint64_t bit_ns(const struct sja1000 *s)
{
    uint64_t quanta = 1 + ((s->btr1 & 15u) + 1) + ((s->btr1 >> 4 & 7u) + 1);
    uint64_t clocks = quanta * 2 * ((s->btr0 & 63u) + 1);
    uint64_t ns = bp_ticks_to_ns(clocks, s->clocks->hz(s->clock));

    return ns == UINT64_MAX ? 0 : ns;
}

/* --- interrupts ----------------------------------------------------------------------------------- */

void sja_update_irq(struct sja1000 *s)
{
    /* 6.4.6: RI is no memory of an event but says that a message is there. */
    s->ir = (uint8_t)(s->messages && (s->ier & IR_RI) ? s->ir | IR_RI : s->ir & ~IR_RI);
    s->lines->set(s->irq, 0, s->ir != 0);
}

void sja_interrupt(struct sja1000 *s, uint8_t bits)
{
    s->ir |= bits & s->ier;
    sja_update_irq(s);
}

/* --- status and errors ---------------------------------------------------------------------------- */

uint8_t sja_status(const struct sja1000 *s)
{
    uint32_t activity = sja_resetting(s) ? 0 : wire(s)->activity(s->wire.self, s);
    uint8_t sr = s->sr;

    sr |= s->messages ? SR_RBS : 0;
    sr |= activity == 1 ? SR_RS : 0;
    sr |= activity == 2 ? SR_TS : 0;
    return sr;
}

/* 6.4.12: during bus-off TXERR counts down from 127 what is left of 128 times 11 recessive bits. */
uint8_t sja_txerr(const struct sja1000 *s)
{
    uint64_t eleven = 11 * bit_ns(s), passed;

    if (!(s->sr & SR_BS) || sja_resetting(s) || !eleven)
        return (uint8_t)bp_min(s->txerr, 255);
    passed = (s->timers->now(s->dev, BP_TIME_VIRTUAL) - s->recovery_start) / eleven;
    return (uint8_t)(passed > 127 ? 0 : 127 - passed);
}

static void go_bus_off(struct sja1000 *s)
{
    s->sr |= SR_BS;
    s->txerr = 127; /* 6.4.12 */
    s->rxerr = 0;
    sja_enter_reset(s);
}

void sja_errors_changed(struct sja1000 *s, uint32_t old_txerr, uint32_t old_rxerr)
{
    uint32_t was_passive = old_txerr >= PASSIVE || old_rxerr >= PASSIVE;
    uint8_t old = s->sr;

    if (s->txerr >= BUS_OFF && !sja_resetting(s))
        go_bus_off(s);
    s->sr = (uint8_t)(s->txerr >= s->ewlr || s->rxerr >= s->ewlr || s->sr & SR_BS ? s->sr | SR_ES
                                                                                  : s->sr & ~SR_ES);
    if ((old ^ s->sr) & (SR_ES | SR_BS))
        sja_interrupt(s, IR_EI);
    if (!(s->sr & SR_BS) && was_passive != (s->txerr >= PASSIVE || s->rxerr >= PASSIVE))
        sja_interrupt(s, IR_EPI);
}

/* 6.4.9: the first error is kept until it is read. */
static void capture_error(struct sja1000 *s, uint8_t code)
{
    if (!s->ecc_locked)
        s->ecc = code;
    s->ecc_locked = 1;
    sja_interrupt(s, IR_BEI);
}

/* --- transmission ---------------------------------------------------------------------------------- */

/* Puts the transmit buffer up. Without a clock it waits for one. */
static void put_up(struct sja1000 *s)
{
    struct bp_can_frame frame;
    uint64_t ns = bit_ns(s);

    if (!ns || sja_resetting(s))
        return;
    sja_tx_frame(s, &frame);
    wire(s)->send(s->wire.self, s, &frame, ns);
}

static void transmission_over(struct sja1000 *s, uint32_t complete)
{
    s->sending = 0;
    s->sr |= SR_TBS | (complete ? SR_TCS : 0);
    sja_interrupt(s, IR_TI);
}

/* 6.4.4: TR and SRR are requests, with AT in the same write for a single attempt; AT alone takes back what is not on the wire
 * yet, and lets what is on it be the last attempt. */
void sja_command(struct sja1000 *s, uint8_t command)
{
    uint8_t self_reception = sja_pelican(s) ? CMR_SRR : 0;
    uint8_t request = command & (CMR_TR | self_reception);

    if (command & CMR_RRB)
        sja_fifo_release(s);
    if (command & CMR_CDO)
        s->sr &= (uint8_t)~SR_DOS;
    if (!sja_pelican(s) && command & CMR_SRR)
        s->mod |= MOD_SM;
    sja_update_irq(s);
    if (sja_resetting(s) || s->sr & SR_BS || (s->mod & MOD_LOM && sja_pelican(s)))
        return;
    if (request && !s->sending) {
        s->mod &= (uint8_t)~MOD_SM;
        s->sending = request | (command & CMR_AT);
        s->sr &= (uint8_t) ~(SR_TBS | SR_TCS);
        put_up(s);
    } else if (command & CMR_AT && s->sending) {
        if (wire(s)->cancel(s->wire.self, s) == BP_OK)
            transmission_over(s, 0);
        else
            s->sending |= CMR_AT;
    }
}

static void receive_own(struct sja1000 *s)
{
    struct bp_can_frame frame;

    sja_tx_frame(s, &frame);
    if (!sja_accepts(s, &frame))
        return;
    if (!sja_fifo_put(s, &frame)) {
        s->sr |= SR_DOS;
        sja_interrupt(s, IR_DOI);
    }
    sja_update_irq(s);
}

/* 7, rule 3, exception 1: an error-passive transmitter does not count a missing acknowledge. 6.4.3 STM: in self test mode there need
 * be none. */
static void sent(void *self, uint32_t result)
{
    struct sja1000 *s = self;
    uint32_t old = s->txerr;
    uint32_t passive = s->txerr >= PASSIVE || s->rxerr >= PASSIVE;

    if (!s->sending)
        return;
    if (result == BP_CAN_NO_ACK && s->mod & MOD_STM && sja_pelican(s))
        result = BP_CAN_SENT;
    if (result == BP_CAN_SENT) {
        s->txerr -= s->txerr != 0;
        if (s->sending & CMR_SRR)
            receive_own(s);
        transmission_over(s, 1);
        sja_errors_changed(s, old, s->rxerr);
        return;
    }
    capture_error(s, result == BP_CAN_NO_ACK ? ECC_OTHER | ECC_ACK : ECC_BIT | ECC_ID28);
    if (result != BP_CAN_NO_ACK || !passive)
        s->txerr += 8;
    sja_errors_changed(s, old, s->rxerr);
    if (!s->sending)
        return; /* bus-off has ended it */
    if (s->sending & CMR_AT)
        transmission_over(s, 0);
    else
        put_up(s);
}

/* 6.4.8: the first loss is kept until it is read; a single attempt ends with it. */
static void lost(void *self, uint32_t bit)
{
    struct sja1000 *s = self;

    if (!s->alc_locked)
        s->alc = (uint8_t)(bit & 31);
    s->alc_locked = 1;
    sja_interrupt(s, IR_ALI);
    if (s->sending & CMR_AT && wire(s)->cancel(s->wire.self, s) == BP_OK)
        transmission_over(s, 0);
}

/* --- reception ------------------------------------------------------------------------------------- */

/* A rate that is off by more than one part in 64 leads the sampling astray within a frame. */
static uint32_t same_rate(uint64_t a, uint64_t b)
{
    uint64_t difference = a > b ? a - b : b - a;

    return difference * 64 <= b;
}

/* 7, rule 1: a receiver that finds an error adds one; listening only, nothing changes and nothing is said (6.4.3 LOM). */
static uint32_t hear(void *self, const struct bp_can_frame *frame, uint64_t their_bit_ns)
{
    struct sja1000 *s = self;
    uint32_t old = s->rxerr, listens = sja_pelican(s) && s->mod & MOD_LOM;
    uint64_t ns = bit_ns(s);

    if (sja_resetting(s) || s->sr & SR_BS || !ns)
        return BP_CAN_SILENT;
    if (s->mod & MOD_SM) { /* 6.4.3 SM: activity on the bus wakes it; this frame is missed */
        s->mod &= (uint8_t)~MOD_SM;
        sja_interrupt(s, IR_WUI);
        return BP_CAN_SILENT;
    }
    if (same_rate(their_bit_ns, ns))
        return listens ? BP_CAN_LISTENS : BP_CAN_ACK;
    capture_error(s, ECC_STUFF | ECC_RX | ECC_ID28);
    if (listens)
        return BP_CAN_SILENT;
    s->rxerr = (uint8_t)bp_min(s->rxerr + 1u, 255);
    sja_errors_changed(s, s->txerr, old);
    /* 6.1 of the specification: the error flag of an error-passive node destroys nothing */
    return s->rxerr < PASSIVE && s->txerr < PASSIVE ? BP_CAN_ERROR : BP_CAN_SILENT;
}

/* 7, rule 8: a frame received leads back below the passive limit. */
static void receive(void *self, const struct bp_can_frame *frame)
{
    struct sja1000 *s = self;
    uint32_t old = s->rxerr;

    if (!(sja_pelican(s) && s->mod & MOD_LOM) && s->rxerr) {
        s->rxerr = (uint8_t)(s->rxerr > 127 ? 127 : s->rxerr - 1);
        sja_errors_changed(s, s->txerr, old);
    }
    if (!sja_accepts(s, frame))
        return;
    if (!sja_fifo_put(s, frame)) {
        s->sr |= SR_DOS;
        sja_interrupt(s, IR_DOI);
    }
    sja_update_irq(s);
}

static const struct bp_can_node node_iface = {
    .size = sizeof node_iface, .hear = hear, .receive = receive, .sent = sent, .lost = lost};

/* --- reset mode -------------------------------------------------------------------------------------- */

/* 6.4.3 RM: what is being sent is given up. A frame that is on the wire already ends there without this controller. */
void sja_enter_reset(struct sja1000 *s)
{
    s->mod |= MOD_RM;
    if (s->sending)
        wire(s)->cancel(s->wire.self, s);
    s->sending = 0;
    s->sr |= SR_TBS | SR_TCS;
    s->sr &= (uint8_t)~SR_DOS;
    s->fifo_start = s->fifo_bytes = s->messages = 0;
    s->timers->cancel(s->recovery);
    sja_update_irq(s);
}

/* 6.4.12: 255 written in reset mode is bus-off as soon as that is left. 7, rule 12: back from bus-off after 128 times 11 recessive bits. */
void sja_leave_reset(struct sja1000 *s)
{
    uint64_t ns = bit_ns(s);

    s->mod &= (uint8_t)~MOD_RM;
    if (s->txerr >= BUS_OFF)
        sja_errors_changed(s, s->txerr, s->rxerr);
    if (sja_resetting(s) || !(s->sr & SR_BS) || !ns)
        return;
    s->recovery_start = s->timers->now(s->dev, BP_TIME_VIRTUAL);
    s->timers->arm(s->recovery, s->recovery_start + 128 * 11 * ns);
}

static void on_recovery(void *self)
{
    struct sja1000 *s = self;

    s->sr &= (uint8_t) ~(SR_BS | SR_ES);
    s->txerr = s->rxerr = 0;
    sja_interrupt(s, IR_EI);
}

static void on_clock(void *self, uint64_t hz)
{
    struct sja1000 *s = self;

    if (s->sending)
        put_up(s);
    if (s->sr & SR_BS && !sja_resetting(s))
        sja_leave_reset(s);
}

/* --- the class ------------------------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "reg-shift",
     .doc = "distance of two registers, as a power of two",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct sja1000, reg_shift),
     .def = "0",
     .max = 2},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "INT; 1 is active",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct sja1000, irq)},
    {.name = "clock",
     .doc = "XTAL1, 24 MHz at most",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct sja1000, clock),
     .on_clock = on_clock},
};

static const struct bp_seat_row seats[] = {
    {.name = "can",
     .doc = "TX0 and RX0, through a transceiver",
     .kind = BP_CAN_BUS,
     .peer_iface = BP_CAN_WIRE_ID,
     .offset = BP_OFFSET(struct sja1000, wire),
     .word = "can"},
};

#define STATE(n, kind, field, elements)                                                            \
    {                                                                                              \
        .tag = (n), .type = (kind), .offset = BP_OFFSET(struct sja1000, field),                    \
        .count = (elements), .name = #field                                                        \
    }

static const struct bp_state_field state_fields[] = {
    STATE(1, BP_STATE_U8, mod, 1),
    STATE(2, BP_STATE_U8, cr, 1),
    STATE(3, BP_STATE_U8, sr, 1),
    STATE(4, BP_STATE_U8, ir, 1),
    STATE(5, BP_STATE_U8, ier, 1),
    STATE(6, BP_STATE_U8, btr0, 1),
    STATE(7, BP_STATE_U8, btr1, 1),
    STATE(8, BP_STATE_U8, ocr, 1),
    STATE(9, BP_STATE_U8, cdr, 1),
    STATE(10, BP_STATE_U8, alc, 1),
    STATE(11, BP_STATE_U8, ecc, 1),
    STATE(12, BP_STATE_U8, alc_locked, 1),
    STATE(13, BP_STATE_U8, ecc_locked, 1),
    STATE(14, BP_STATE_U8, ewlr, 1),
    STATE(15, BP_STATE_U8, rxerr, 1),
    STATE(16, BP_STATE_BYTES, acr, 4),
    STATE(17, BP_STATE_BYTES, amr, 4),
    STATE(18, BP_STATE_BYTES, tx, BUFFER),
    STATE(19, BP_STATE_BYTES, fifo, RX_FIFO),
    STATE(20, BP_STATE_U32, fifo_start, 1),
    STATE(21, BP_STATE_U32, fifo_bytes, 1),
    STATE(22, BP_STATE_U32, messages, 1),
    STATE(23, BP_STATE_U32, txerr, 1),
    STATE(24, BP_STATE_U8, sending, 1),
    STATE(25, BP_STATE_U64, recovery_start, 1),
};

/* A snapshot is input: what no FIFO can hold is refused. */
static int32_t post_load(void *self)
{
    const struct sja1000 *s = self;

    return s->fifo_start >= RX_FIFO || s->fifo_bytes > RX_FIFO || s->messages > RX_FIFO / 2 ||
                   s->txerr > BUS_OFF
               ? BP_E_INVAL
               : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct sja1000, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct sja1000, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct sja1000, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct sja1000 *s = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    s->dev = dev;
    s->recovery = s->timers->create(dev, "recovery", on_recovery);
    return s->recovery ? BP_OK : BP_E_NOMEM;
}

/* 6.4.2, table 12, hardware reset: BasicCAN, in reset mode. */
static void reset(void *self, uint32_t kind)
{
    struct sja1000 *s = self;

    if (s->sending)
        wire(s)->cancel(s->wire.self, s);
    s->sending = 0;
    s->mod = MOD_RM;
    s->cr = 0x20; /* 6.3.2, table 3: CR.5 reads 1 */
    s->sr = 0;
    s->ir = s->ier = 0;
    s->cdr = 0;
    s->alc = s->ecc = s->alc_locked = s->ecc_locked = 0;
    s->ewlr = 96;
    s->txerr = s->rxerr = 0;
    sja_enter_reset(s);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct sja1000 *s = self;
    int32_t status = w->u32(w->ctx, "reg-io-width", 1u << s->reg_shift);

    return status
               ? status
               : w->u32(w->ctx, "nxp,external-clock-frequency", (uint32_t)s->clocks->hz(s->clock));
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "can", .compatible = "nxp,sja1000", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    if (!strcmp(id, BP_CAN_NODE_ID))
        return &node_iface;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class sja1000_class = {
    .size = sizeof sja1000_class,
    .instance_size = sizeof(struct sja1000),
    .instance_align = _Alignof(struct sja1000),
    .name = "sja1000",
    .doc = "SJA1000 CAN controller",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = &sja1000_region,
    .nregions = 1,
    .region_stride = sizeof sja1000_region,
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
    .seats = BP_ARRAY(seats),
};
