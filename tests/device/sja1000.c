/* SPDX-License-Identifier: Apache-2.0
 *
 * The SJA1000 against its data sheet, with the test as the wire; then two of them on a real one.
 */
#include "device.h"
#include "th_can.h"

enum {
    MOD = 0,
    CMR = 1,
    SR = 2,
    IR = 3,
    IER = 4,
    BTR0 = 6,
    BTR1 = 7,
    ALC = 11,
    ECC = 12,
    EWLR = 13,
    RXERR = 14,
    TXERR = 15,
    BUF = 16,
    ACR = 16,
    AMR = 20,
    RMC = 29,
    CDR = 31
};
enum { RM = 1, LOM = 2, STM = 4, AFM = 8, SM = 16 };
enum { TR = 1, AT = 2, RRB = 4, CDO = 8, SRR = 16 };
enum { RBS = 1, DOS = 2, TBS = 4, TCS = 8, RS = 16, TS = 32, ES = 64, BS = 128 };
enum { RI = 1, TI = 2, EI = 4, DOI = 8, WUI = 16, EPI = 32, ALI = 64, BEI = 128 };

#define BIT_NS 2000u /* 16 MHz, BTR 00h 1Ch: 500 kbit/s */

static struct th_can_wire wire;

static uint32_t get(struct th *t, uint32_t reg)
{
    return (uint32_t)th_read(t, 0, reg, 1);
}

static void set(struct th *t, uint32_t reg, uint32_t value)
{
    th_write(t, 0, reg, 1, value);
}

static struct th *opened(void)
{
    struct th *t = open_device("can", "sja1000");

    memset(&wire, 0, sizeof wire);
    th_clock(t, "clock", 16000000);
    return t;
}

/* PeliCAN with all interrupts, everything accepted, in operation. */
static void configure(struct th *t, uint32_t mode)
{
    set(t, CDR, 0x88);
    set(t, MOD, RM | mode);
    set(t, BTR0, 0x00);
    set(t, BTR1, 0x1c);
    for (uint32_t i = 0; i < 4; i++)
        set(t, AMR + i, 0xff);
    set(t, IER, 0xff);
    set(t, MOD, mode);
}

static struct th *started(uint32_t mode)
{
    struct th *t = opened();

    th_seat(t, "can", 0, 0, &wire, &th_can_wire_iface);
    start_device(t);
    configure(t, mode);
    return t;
}

static void load(struct th *t, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        set(t, BUF + i, bytes[i]);
}

static const uint8_t standard[] = {0x02, 0xaa, 0xa0, 0x11, 0x22}; /* 555h */
static const uint8_t extended[] = {0xc3, 0x91, 0xa2, 0xb3, 0xc0}; /* 12345678h, remote */

Test(sja1000, reset_values)
{
    struct th *t = opened();

    th_seat(t, "can", 0, 0, &wire, &th_can_wire_iface);
    start_device(t);
    cr_expect_eq(get(t, 0), 0x21, "BasicCAN, reset request");
    cr_expect_eq(get(t, 1), 0xff);
    cr_expect_eq(get(t, SR), TBS | TCS);
    set(t, CDR, 0x80);
    cr_expect_eq(get(t, MOD), RM);
    cr_expect_eq(get(t, CMR), 0);
    cr_expect_eq(get(t, EWLR), 96);
    cr_expect_eq(get(t, IR), 0);
    set(t, MOD, 0);
    set(t, CDR, 0);
    cr_expect_eq(get(t, CDR), 0x80, "the mode is locked outside of reset mode");
    cr_expect_eq(th_read(t, 0, EWLR, 1), 96);
    set(t, EWLR, 10);
    cr_expect_eq(get(t, EWLR), 96, "and so are these");
    close_device(t);
}

Test(sja1000, transmits)
{
    struct th *t = started(AFM);

    load(t, standard, 5);
    set(t, CMR, TR);
    cr_expect_eq(get(t, SR), 0, "neither free nor complete");
    cr_expect_eq(wire.up, 1);
    cr_expect_eq(wire.bit_ns, BIT_NS);
    cr_expect_eq(wire.frame.id, 0x555);
    cr_expect_eq(wire.frame.flags, 0);
    cr_expect_eq(wire.frame.length, 2);
    cr_expect_eq(wire.frame.data[1], 0x22);
    set(t, BUF, 0xff);
    wire.on_wire = 1;
    cr_expect_eq(get(t, SR), TS);
    th_can_sent(t, &wire, BP_CAN_SENT);
    cr_expect_eq(get(t, SR), TBS | TCS);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect_eq(th_peek(t, 0, IR, 1), TI);
    cr_expect_eq(get(t, IR), TI);
    cr_expect_eq(get(t, IR), 0);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    cr_expect_eq(th_read(t, 0, 96, 1), 0x02, "the buffer was locked meanwhile");
    load(t, extended, 5);
    set(t, CMR, TR);
    cr_expect_eq(wire.frame.id, 0x12345678);
    cr_expect_eq(wire.frame.flags, BP_CAN_EXTENDED | BP_CAN_REMOTE);
    cr_expect_eq(wire.frame.length, 3);
    close_device(t);
}

/* 6.4.4 */
Test(sja1000, abort_and_single_shot)
{
    struct th *t = started(AFM);

    load(t, standard, 5);
    set(t, CMR, TR);
    set(t, CMR, AT);
    cr_expect_eq(wire.cancels, 1);
    cr_expect_eq(get(t, SR), TBS, "free, but not complete");
    cr_expect_eq(get(t, IR), TI);
    set(t, CMR, TR);
    wire.on_wire = 1;
    set(t, CMR, AT);
    cr_expect_eq(get(t, SR) & TBS, 0, "on the wire: it ends there");
    th_can_sent(t, &wire, BP_CAN_NO_ACK);
    cr_expect_eq(wire.up, 0, "and is not sent again");
    cr_expect_eq(get(t, SR) & (TBS | TCS), TBS);
    set(t, CMR, TR | AT);
    th_can_sent(t, &wire, BP_CAN_NO_ACK);
    cr_expect_eq(wire.up, 0);
    set(t, CMR, TR | AT);
    th_can(t)->lost(t->self, 5);
    cr_expect_eq(wire.up, 0, "a single shot that lost");
    close_device(t);
}

Test(sja1000, receives)
{
    struct th *t = started(AFM);

    cr_expect_eq(th_can_receive(t, 0x555, 0, "\x11\x22", 2, BIT_NS), BP_CAN_ACK);
    cr_expect_eq(th_can_receive(t, 0x12345678, BP_CAN_EXTENDED | BP_CAN_REMOTE, NULL, 3, BIT_NS),
                 BP_CAN_ACK);
    cr_expect_eq(get(t, SR) & RBS, RBS);
    cr_expect_eq(get(t, RMC), 2);
    cr_expect_eq(get(t, IR), RI);
    cr_expect_eq(get(t, IR), RI, "6.4.6: until the buffer is released");
    cr_expect_eq(get(t, BUF), 0x02);
    cr_expect_eq(get(t, BUF + 1), 0xaa);
    cr_expect_eq(get(t, BUF + 2), 0xa0);
    cr_expect_eq(get(t, BUF + 4), 0x22);
    set(t, CMR, RRB);
    cr_expect_eq(get(t, BUF), 0xc3);
    cr_expect_eq(get(t, BUF + 1), 0x91);
    cr_expect_eq(get(t, BUF + 4), 0xc4, "with RTR");
    set(t, CMR, RRB);
    cr_expect_eq(get(t, SR) & RBS, 0);
    cr_expect_eq(get(t, IR), 0);
    set(t, CMR, RRB);
    cr_expect_eq(get(t, RMC), 0, "nothing left to release");
    close_device(t);
}

/* 6.4.14 */
Test(sja1000, overrun)
{
    struct th *t = started(AFM);

    for (uint32_t i = 0; i < 5; i++)
        th_can_receive(t, 0x100 + i, 0, "01234567", 8, BIT_NS);
    cr_expect_eq(get(t, RMC), 5, "55 bytes of 64");
    cr_expect_eq(get(t, SR) & DOS, 0);
    th_can_receive(t, 0x105, 0, "01234567", 8, BIT_NS);
    cr_expect_eq(get(t, RMC), 5);
    cr_expect_eq(get(t, SR) & DOS, DOS);
    cr_expect_eq(get(t, IR), DOI | RI);
    th_can_receive(t, 0x106, 0, "012345", 6, BIT_NS);
    cr_expect_eq(get(t, RMC), 6, "a shorter one still fits");
    set(t, CMR, CDO);
    cr_expect_eq(get(t, SR) & DOS, 0);
    for (uint32_t i = 0; i < 20; i++) { /* around the ring */
        set(t, CMR, RRB);
        th_can_receive(t, i, 0, "01234567", 8, BIT_NS);
    }
    set(t, CMR, RRB);
    cr_expect_eq(get(t, BUF + 10), '7');
    close_device(t);
}

static void set_filter(struct th *t, uint32_t mode, uint32_t code, uint32_t mask)
{
    set(t, MOD, RM | mode);
    for (uint32_t i = 0; i < 4; i++) {
        set(t, ACR + i, code >> (24 - 8 * i) & 0xff);
        set(t, AMR + i, mask >> (24 - 8 * i) & 0xff);
    }
    set(t, MOD, mode);
}

/* 6.4.15 */
Test(sja1000, acceptance_filters)
{
    static const struct {
        uint32_t mode, code, mask, id, flags;
        const char *data;
        uint32_t accepted;
    } rows[] = {
        {AFM, 0xaaa00000, 0x001fffff, 0x555, 0, "", 1},
        {AFM, 0xaaa00000, 0x001fffff, 0x554, 0, "", 0},
        {AFM, 0xaaa00000, 0x000fffff, 0x555, BP_CAN_REMOTE, "", 0},
        {AFM, 0xaaa04100, 0x001f00ff, 0x555, 0, "A", 1},
        {AFM, 0xaaa04100, 0x001f00ff, 0x555, 0, "B", 0},
        {AFM, 0xaaa04100, 0x001f00ff, 0x555, 0, "", 1}, /* no byte to compare */
        {AFM, 0x91a2b3c0, 0x00000007, 0x12345678, BP_CAN_EXTENDED, "", 1},
        {AFM, 0x91a2b3c0, 0x00000007, 0x12345679, BP_CAN_EXTENDED, "", 0},
        {AFM, 0x91a2b3c0, 0x00000003, 0x12345678, BP_CAN_EXTENDED | BP_CAN_REMOTE, "", 0},
        {0, 0xaaa02460, 0x001f001f, 0x555, 0, "", 1},
        {0, 0xaaa02460, 0x001f001f, 0x123, 0, "", 1},
        {0, 0xaaa02460, 0x001f001f, 0x124, 0, "", 0},
        {0, 0xaaa42461, 0x00100010, 0x555, 0, "A", 1}, /* both halves of the first byte */
        {0, 0xaaa42461, 0x00100010, 0x555, 0, "B", 0},
        {0, 0xaaa52461, 0x00100010, 0x555, 0, "A", 0},
        {0, 0x91a2ffff, 0x00000000, 0x12345678, BP_CAN_EXTENDED, "", 1},
        {0, 0x91a2ffff, 0x00000000, 0x1fffe000, BP_CAN_EXTENDED, "", 1},
        {0, 0x91a2ffff, 0x00000000, 0x1fff0000, BP_CAN_EXTENDED, "", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started(AFM);

        set_filter(t, rows[i].mode, rows[i].code, rows[i].mask);
        cr_expect_eq(th_can_receive(t, rows[i].id, rows[i].flags, rows[i].data,
                                    (uint32_t)strlen(rows[i].data), BIT_NS),
                     BP_CAN_ACK, "acknowledged whether it is wanted or not");
        cr_expect_eq(get(t, RMC), rows[i].accepted, "row %zu", i);
        close_device(t);
    }
}

/* 7 of the CAN specification; 6.4.9, 6.4.10, 6.4.12 */
Test(sja1000, transmit_errors_lead_to_bus_off_and_back)
{
    struct th *t = started(AFM);

    load(t, standard, 5);
    set(t, CMR, TR);
    th_can_sent(t, &wire, BP_CAN_BROKEN);
    cr_expect_eq(get(t, TXERR), 8);
    cr_expect_eq(wire.up, 1, "sent again");
    cr_expect_eq(get(t, IR), BEI);
    for (int i = 1; i < 12; i++)
        th_can_sent(t, &wire, BP_CAN_BROKEN);
    cr_expect_eq(get(t, TXERR), 96);
    cr_expect_eq(get(t, SR) & (ES | BS), ES);
    cr_expect_eq(get(t, IR), BEI | EI, "the warning limit");
    for (int i = 12; i < 16; i++)
        th_can_sent(t, &wire, BP_CAN_BROKEN);
    cr_expect_eq(get(t, IR), BEI | EPI, "error passive");
    for (int i = 16; i < 31; i++)
        th_can_sent(t, &wire, BP_CAN_BROKEN);
    cr_expect_eq(get(t, TXERR), 248);
    cr_expect_eq(wire.up, 1);
    th_can_sent(t, &wire, BP_CAN_BROKEN);
    cr_expect_eq(get(t, SR) & (ES | BS), ES | BS);
    cr_expect_eq(get(t, MOD) & RM, RM);
    cr_expect_eq(get(t, TXERR), 127);
    cr_expect_eq(get(t, IR) & EI, EI);
    cr_expect_eq(wire.up, 0);
    cr_expect_eq(th_can_receive(t, 1, 0, "", 0, BIT_NS), BP_CAN_SILENT);
    set(t, MOD, AFM);
    set(t, CMR, TR);
    cr_expect_eq(wire.up, 0, "not yet");
    th_advance(t, 64ull * 11 * BIT_NS);
    cr_expect_eq(get(t, TXERR), 63);
    th_advance(t, 64ull * 11 * BIT_NS);
    cr_expect_eq(get(t, SR) & (ES | BS), 0);
    cr_expect_eq(get(t, TXERR), 0);
    cr_expect_eq(get(t, IR) & EI, EI);
    set(t, CMR, TR);
    cr_expect_eq(wire.up, 1);
    close_device(t);
}

Test(sja1000, nobody_acknowledges)
{
    struct th *t = started(AFM);

    load(t, standard, 5);
    set(t, CMR, TR);
    for (int i = 0; i < 100; i++)
        th_can_sent(t, &wire, BP_CAN_NO_ACK);
    cr_expect_eq(get(t, TXERR), 128, "7, rule 3: no further");
    cr_expect_eq(get(t, SR) & BS, 0);
    cr_expect_eq(get(t, ECC), 0xd9, "6.4.9: other, transmitting, acknowledge slot");
    th_can_sent(t, &wire, BP_CAN_SENT);
    cr_expect_eq(get(t, TXERR), 127);
    cr_expect_eq(get(t, IR) & EPI, EPI, "active again");
    close_device(t);
}

Test(sja1000, another_bit_rate)
{
    struct th *t = started(AFM);

    cr_expect_eq(th_can_receive(t, 1, 0, "", 0, 4000), BP_CAN_ERROR);
    cr_expect_eq(get(t, RXERR), 1);
    cr_expect_eq(get(t, ECC), 0xa2);
    cr_expect_eq(get(t, IR), BEI);
    for (int i = 0; i < 200; i++)
        th_can_receive(t, 1, 0, "", 0, 4000);
    cr_expect_eq(get(t, RXERR), 201);
    cr_expect_eq(th_can(t)->hear(t->self, &wire.frame, 4000), BP_CAN_SILENT, "error passive");
    th_can_receive(t, 1, 0, "", 0, BIT_NS);
    cr_expect_eq(get(t, RXERR), 127, "7, rule 8");
    th_can_receive(t, 1, 0, "", 0, BIT_NS + 10);
    cr_expect_eq(get(t, RXERR), 126, "within tolerance");
    close_device(t);
}

/* 6.4.3 */
Test(sja1000, listen_only_self_test_and_sleep)
{
    struct th *t = started(AFM | LOM);

    cr_expect_eq(th_can_receive(t, 1, 0, "", 0, BIT_NS), BP_CAN_LISTENS);
    cr_expect_eq(get(t, RMC), 1);
    cr_expect_eq(th_can_receive(t, 1, 0, "", 0, 4000), BP_CAN_SILENT);
    cr_expect_eq(get(t, RXERR), 0);
    load(t, standard, 5);
    set(t, CMR, TR);
    cr_expect_eq(wire.up, 0);
    close_device(t);

    t = started(AFM | STM);
    load(t, standard, 5);
    set(t, CMR, SRR);
    th_can_sent(t, &wire, BP_CAN_NO_ACK);
    cr_expect_eq(get(t, SR) & (TCS | RBS), TCS | RBS, "its own message, without an acknowledge");
    cr_expect_eq(get(t, BUF + 1), 0xaa);
    cr_expect_eq(get(t, TXERR), 0);
    set(t, CMR, RRB);
    get(t, IR);
    set(t, MOD, AFM | STM | SM);
    cr_expect_eq(get(t, MOD), AFM | STM | SM);
    cr_expect_eq(th_can_receive(t, 1, 0, "", 0, BIT_NS), BP_CAN_SILENT, "missed");
    cr_expect_eq(get(t, IR), WUI);
    cr_expect_eq(get(t, MOD), AFM | STM);
    cr_expect_eq(get(t, RMC), 0);
    cr_expect_eq(th_can_receive(t, 1, 0, "", 0, BIT_NS), BP_CAN_ACK, "but not the next one");
    close_device(t);
}

Test(sja1000, arbitration_lost)
{
    struct th *t = started(AFM);

    load(t, standard, 5);
    set(t, CMR, TR);
    th_can(t)->lost(t->self, 7);
    th_can(t)->lost(t->self, 9);
    cr_expect_eq(wire.up, 1, "tries again");
    cr_expect_eq(get(t, IR), ALI);
    cr_expect_eq(th_peek(t, 0, ALC, 1), 7);
    cr_expect_eq(get(t, ALC), 7, "the first one is kept until it is read");
    th_can(t)->lost(t->self, 9);
    cr_expect_eq(get(t, ALC), 9);
    close_device(t);
}

Test(sja1000, counters_written_in_reset_mode)
{
    struct th *t = started(AFM);

    set(t, TXERR, 50);
    cr_expect_eq(get(t, TXERR), 0, "not in operation");
    set(t, MOD, RM | AFM);
    set(t, TXERR, 100);
    cr_expect_eq(get(t, SR) & ES, ES);
    set(t, EWLR, 120);
    cr_expect_eq(get(t, SR) & ES, 0);
    set(t, RXERR, 130);
    cr_expect_eq(get(t, SR) & ES, ES);
    set(t, TXERR, 255);
    cr_expect_eq(get(t, SR) & BS, 0);
    set(t, MOD, AFM);
    cr_expect_eq(get(t, SR) & BS, BS, "6.4.12: bus-off, on leaving reset mode");
    cr_expect_eq(get(t, MOD) & RM, RM);
    close_device(t);
}

/* 6.3 */
Test(sja1000, basic_can)
{
    struct th *t = opened();

    th_seat(t, "can", 0, 0, &wire, &th_can_wire_iface);
    start_device(t);
    set(t, 4, 0xaa); /* AC */
    set(t, 5, 0x00);
    set(t, 6, 0x00);
    set(t, 7, 0x1c);
    set(t, 0, 0x1e); /* CR: all interrupts, in operation */
    cr_expect_eq(get(t, 0), 0x3e);
    th_can_receive(t, 0x123, 0, "", 0, BIT_NS);
    th_can_receive(t, 0x550 << 18, BP_CAN_EXTENDED, "", 0, BIT_NS);
    cr_expect_eq(get(t, SR) & RBS, 0, "other identifiers");
    th_can_receive(t, 0x555, 0, "ab", 2, BIT_NS);
    cr_expect_eq(get(t, SR) & RBS, RBS);
    cr_expect_eq(get(t, 3), 0xe1);
    cr_expect_eq(get(t, 20), 0xaa);
    cr_expect_eq(get(t, 21), 0xa2);
    cr_expect_eq(get(t, 23), 'b');
    set(t, CMR, RRB);
    cr_expect_eq(get(t, SR) & RBS, 0);
    set(t, 10, 0x24);
    set(t, 11, 0x71);
    set(t, 12, 'z');
    set(t, CMR, TR);
    cr_expect_eq(wire.frame.id, 0x123);
    cr_expect_eq(wire.frame.flags, BP_CAN_REMOTE);
    cr_expect_eq(wire.frame.length, 1);
    th_can_sent(t, &wire, BP_CAN_SENT);
    cr_expect_eq(get(t, 3), 0xe2);
    close_device(t);
}

Test(sja1000, registers_four_bytes_apart)
{
    struct th *t = opened();

    th_set(t, "reg-shift", "2");
    th_seat(t, "can", 0, 0, &wire, &th_can_wire_iface);
    start_device(t);
    th_write(t, 0, CDR << 2, 1, 0x80);
    cr_expect_eq(th_read(t, 0, EWLR << 2, 1), 96);
    th_write(t, 0, (AMR + 3) << 2, 1, 0x77);
    cr_expect_eq(th_read(t, 0, (AMR + 3) << 2, 4), 0x77);
    cr_expect_str_eq(th_fdt(t), "compatible = \"nxp,sja1000\"\nreg-io-width = <0x4>\n"
                                "nxp,external-clock-frequency = <0xf42400>\n");
    close_device(t);
}

Test(sja1000, a_snapshot_with_messages_and_a_transmission)
{
    struct th *a = started(AFM), *b = started(AFM);

    th_can_receive(a, 0x555, 0, "ab", 2, BIT_NS);
    load(a, standard, 5);
    set(a, CMR, TR);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(get(b, BUF + 3), 'a');
    th_can_sent(b, &wire, BP_CAN_SENT);
    cr_expect_eq(get(b, SR) & (TBS | TCS | RBS), TBS | TCS | RBS);
    close_device(a);
    close_device(b);
}

/* Two controllers on a wire: registers to registers. */
Test(sja1000, one_to_another)
{
    struct th *bus = open_device("can", "can-bus"), *a = opened(), *b = opened();

    th_plug(bus, "can", 0, 0, a);
    th_plug(bus, "can", 0, 0, b);
    start_device(bus);
    start_device(a);
    start_device(b);
    configure(a, AFM);
    configure(b, AFM);
    load(a, standard, 5);
    set(a, CMR, TR);
    cr_expect_eq(get(a, SR) & TS, TS);
    cr_expect_eq(get(b, SR) & RS, RS);
    th_advance(bus, 200000);
    cr_expect_eq(get(a, SR) & (TBS | TCS), TBS | TCS);
    cr_expect_eq(get(b, RMC), 1);
    cr_expect_eq(get(b, BUF + 4), 0x22);
    set(b, MOD, RM | AFM);
    set(a, CMR, TR);
    th_advance(bus, 200000);
    cr_expect_geq(get(a, TXERR), 8, "alone: no acknowledge");
    set(b, MOD, AFM);
    th_advance(bus, 400000);
    cr_expect_eq(get(b, RMC), 1, "it has gone on trying");
    cr_expect_eq(get(a, SR) & TCS, TCS);
    close_device(a);
    close_device(b);
    close_device(bus);
}
