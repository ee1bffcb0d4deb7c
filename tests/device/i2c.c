/* SPDX-License-Identifier: Apache-2.0
 *
 * The FU540's I2C controller against the OpenCores core specification, with made-up parts.
 */
#include "device.h"
#include "th_i2c.h"

enum { PRER_LOW = 0x00, PRER_HIGH = 0x04, CTR = 0x08, DATA = 0x0c, CMD = 0x10 };
enum { EN = 0x80, IEN = 0x40 };
enum { STA = 0x80, STO = 0x40, RD = 0x20, WR = 0x10, NACK = 0x08, IACK = 0x01 };
enum { RXACK = 0x80, BUSY = 0x40, TIP = 0x02, IF = 0x01 };

/* 50 MHz and a prescaler of 99 make 100 kHz: ten microseconds a bit. */
#define BIT_NS 10000u

static struct th_i2c_part part;

static struct th *opened(void)
{
    struct th *t = open_device("sifive", "i2c");

    memset(&part, 0, sizeof part);
    th_clock(t, "clock", 50000000);
    th_set(t, "pace", "true");
    th_attach(t, "i2c", 0x50, 1, &part, &th_i2c_part_iface);
    return t;
}

static struct th *started(void)
{
    struct th *t = opened();

    start_device(t);
    th_write(t, 0, PRER_LOW, 1, 99);
    th_write(t, 0, PRER_HIGH, 1, 0);
    th_write(t, 0, CTR, 1, EN | IEN);
    return t;
}

/* Gives a command, waits as a driver that polls, and returns the status. */
static uint32_t command(struct th *t, uint32_t bits)
{
    th_write(t, 0, CMD, 1, bits);
    cr_expect(th_read(t, 0, CMD, 1) & TIP);
    th_advance(t, 11 * BIT_NS);
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0);
    return (uint32_t)th_read(t, 0, CMD, 1);
}

static uint32_t send(struct th *t, uint32_t byte, uint32_t bits)
{
    th_write(t, 0, DATA, 1, byte);
    return command(t, WR | bits);
}

Test(i2c, reset_values)
{
    struct th *t = opened();

    start_device(t);
    cr_expect_eq(th_read(t, 0, PRER_LOW, 1), 0xff);
    cr_expect_eq(th_read(t, 0, PRER_HIGH, 1), 0xff);
    cr_expect_eq(th_read(t, 0, CTR, 1), 0);
    cr_expect_eq(th_read(t, 0, CMD, 1), 0);
    cr_expect_eq(th_read(t, 0, DATA, 4), 0, "a word access reaches the byte");
    close_device(t);
}

Test(i2c, writes_bytes)
{
    struct th *t = started();
    uint32_t status = send(t, 0x50 << 1, STA);

    cr_expect_eq(status & (RXACK | BUSY | IF), BUSY | IF);
    cr_expect_eq(part.starts, 1);
    cr_expect_eq(part.address, 0x50);
    cr_expect_eq(part.reading, 0);
    send(t, 0x12, 0);
    cr_expect_eq(part.stops, 0);
    status = send(t, 0x34, STO);
    cr_expect_eq(status & (RXACK | BUSY), 0);
    cr_expect_eq(part.nwritten, 2);
    cr_expect_eq(part.written[0], 0x12);
    cr_expect_eq(part.written[1], 0x34);
    cr_expect_eq(part.stops, 1);
    close_device(t);
}

Test(i2c, reads_bytes_after_a_repeated_start)
{
    struct th *t = started();

    part.nanswer = 2;
    part.answer[0] = 0xa5;
    part.answer[1] = 0x5a;
    send(t, 0x50 << 1, STA);
    send(t, 0x07, 0);
    send(t, 0x50 << 1 | 1, STA);
    cr_expect_eq(part.starts, 2);
    cr_expect_eq(part.stops, 0, "a repeated start is no stop");
    cr_expect_eq(part.reading, 1);
    command(t, RD);
    cr_expect_eq(th_read(t, 0, DATA, 1), 0xa5);
    cr_expect_eq(part.acknowledged, 1);
    command(t, RD | NACK | STO);
    cr_expect_eq(th_read(t, 0, DATA, 1), 0x5a);
    cr_expect_eq(part.acknowledged, 0);
    cr_expect_eq(part.stops, 1);
    close_device(t);
}

Test(i2c, nobody_at_an_address)
{
    struct th *t = started();

    cr_expect(send(t, 0x51 << 1, STA) & RXACK);
    cr_expect_eq(part.starts, 0, "the part is not bothered");
    cr_expect(send(t, 0x00, 0) & RXACK, "nobody takes the byte either");
    cr_expect_eq(command(t, STO) & BUSY, 0);
    cr_expect_eq(part.stops, 0);
    part.refuse = 1;
    cr_expect(send(t, 0x50 << 1, STA) & RXACK, "there, but busy");
    cr_expect_eq(part.starts, 1);
    send(t, 0x51 << 1 | 1, STA);
    command(t, RD | NACK | STO);
    cr_expect_eq(th_read(t, 0, DATA, 1), 0xff, "a line that nobody pulls down");
    close_device(t);
}

Test(i2c, a_part_that_takes_no_more)
{
    struct th *t = started();

    part.full = 1;
    send(t, 0x50 << 1, STA);
    cr_expect_eq(send(t, 1, 0) & RXACK, 0);
    cr_expect(send(t, 2, STO) & RXACK);
    close_device(t);
}

Test(i2c, another_address_ends_the_transfer_of_a_part)
{
    struct th *t = started();

    send(t, 0x50 << 1, STA);
    send(t, 0x22 << 1, STA);
    cr_expect_eq(part.stops, 1);
    close_device(t);
}

/* 3.2.1 */
Test(i2c, takes_the_time_of_its_bits)
{
    struct th *t = started();

    th_write(t, 0, DATA, 1, 0xa0);
    th_write(t, 0, CMD, 1, STA | WR); /* start, 8 bits, acknowledge */
    th_advance(t, 10 * BIT_NS - 1);
    cr_expect(th_read(t, 0, CMD, 1) & TIP);
    cr_expect_eq(part.starts, 0);
    th_advance(t, 1);
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0);
    th_write(t, 0, CMD, 1, STO);
    th_advance(t, BIT_NS - 1);
    cr_expect(th_read(t, 0, CMD, 1) & BUSY);
    th_advance(t, 1);
    cr_expect_eq(th_read(t, 0, CMD, 1) & BUSY, 0);
    close_device(t);
}

Test(i2c, takes_no_time_unless_paced)
{
    struct th *t = opened();

    th_set(t, "pace", "false");
    start_device(t);
    th_write(t, 0, CTR, 1, EN | IEN);
    th_write(t, 0, DATA, 1, 0xa0);
    th_write(t, 0, CMD, 1, STA | WR);
    cr_expect_eq(th_read(t, 0, CMD, 1), BUSY | IF);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect_eq(part.starts, 1);
    th_clock(t, "clock", 0);
    th_write(t, 0, CMD, 1, STO);
    cr_expect_eq(th_read(t, 0, CMD, 1) & (BUSY | TIP), BUSY | TIP, "but not without a clock");
    th_clock(t, "clock", 50000000);
    cr_expect_eq(th_read(t, 0, CMD, 1) & (BUSY | TIP), 0);
    close_device(t);
}

/* A host under load runs timers late. */
Test(i2c, who_polls_does_not_wait_for_a_late_timer)
{
    struct th *t = started();

    th_write(t, 0, DATA, 1, 0xa0);
    th_write(t, 0, CMD, 1, STA | WR);
    t->now += 20 * BIT_NS;
    cr_expect(th_peek(t, 0, CMD, 1) & TIP, "a debugger is no driver");
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0);
    cr_expect_eq(part.starts, 1);
    th_advance(t, 20 * BIT_NS);
    cr_expect_eq(part.starts, 1, "once");
    close_device(t);
}

Test(i2c, interrupt_until_acknowledged)
{
    struct th *t = started();

    send(t, 0xa0, STA);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    th_write(t, 0, CTR, 1, EN);
    cr_expect_eq(th_level(t, "irq", 0), 0, "IEN");
    th_write(t, 0, CTR, 1, EN | IEN);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    th_peek(t, 0, CMD, 1);
    th_write(t, 0, CMD, 1, IACK);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    cr_expect_eq(th_read(t, 0, CMD, 1) & (IF | TIP), 0, "IACK alone is no command");
    close_device(t);
}

Test(i2c, commands_that_are_none)
{
    struct th *t = started();

    th_write(t, 0, CMD, 1, STA);
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0, "3.2.4: STA needs RD or WR");
    th_write(t, 0, CTR, 1, 0);
    th_write(t, 0, CMD, 1, STA | WR);
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0, "not enabled");
    th_write(t, 0, CTR, 1, EN);
    th_write(t, 0, DATA, 1, 0xa0);
    th_write(t, 0, CMD, 1, STA | WR);
    th_write(t, 0, CMD, 1, STO); /* while the other one is in progress */
    th_advance(t, 100 * BIT_NS);
    cr_expect(th_read(t, 0, CMD, 1) & BUSY, "was not taken");
    close_device(t);
}

Test(i2c, disabling_ends_a_command)
{
    struct th *t = started();

    th_write(t, 0, DATA, 1, 0xa0);
    th_write(t, 0, CMD, 1, STA | WR);
    th_write(t, 0, CTR, 1, 0);
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0);
    th_advance(t, 100 * BIT_NS);
    cr_expect_eq(part.starts, 0);
    close_device(t);
}

Test(i2c, a_gated_clock_holds_the_bus)
{
    struct th *t = started();

    th_clock(t, "clock", 0);
    th_write(t, 0, DATA, 1, 0xa0);
    th_write(t, 0, CMD, 1, STA | WR);
    th_advance(t, 1000000000);
    cr_expect(th_read(t, 0, CMD, 1) & TIP);
    th_clock(t, "clock", 50000000);
    th_advance(t, 10 * BIT_NS);
    cr_expect_eq(th_read(t, 0, CMD, 1) & TIP, 0);
    close_device(t);
}

Test(i2c, two_parts_and_a_wired_and)
{
    struct th *t = opened();
    struct th_i2c_part other = {0};
    struct bp_i2c_target nosy = th_i2c_part_iface;

    nosy.flags = BP_I2C_ALL_ADDRESSES;
    th_attach(t, "i2c", 0x20, 1, &other, &nosy);
    start_device(t);
    th_write(t, 0, CTR, 1, EN);
    th_write(t, 0, PRER_LOW, 1, 99);
    th_write(t, 0, PRER_HIGH, 1, 0);
    part.nanswer = other.nanswer = 1;
    part.answer[0] = 0xf5;
    other.answer[0] = 0x5f;
    send(t, 0x50 << 1 | 1, STA);
    cr_expect_eq(other.address, 0x50, "asked for every address");
    command(t, RD | NACK | STO);
    cr_expect_eq(th_read(t, 0, DATA, 1), 0x55);
    close_device(t);
}

Test(i2c, a_snapshot_in_the_middle_of_a_transfer)
{
    struct th *a = started(), *b = opened();

    start_device(b);
    send(a, 0x50 << 1, STA);
    th_write(a, 0, DATA, 1, 0x77);
    th_write(a, 0, CMD, 1, WR | STO);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    th_advance(b, 11 * BIT_NS);
    cr_expect_eq(part.nwritten, 1);
    cr_expect_eq(part.written[0], 0x77);
    cr_expect_eq(part.stops, 1);
    cr_expect_eq(th_level(b, "irq", 0), 1);
    close_device(a);
    close_device(b);
}

Test(i2c, reset_forgets_the_transfer)
{
    struct th *t = started();

    send(t, 0x50 << 1, STA);
    th_write(t, 0, CMD, 1, WR);
    th_reset(t, BP_RESET_WARM);
    th_advance(t, 100 * BIT_NS);
    cr_expect_eq(th_read(t, 0, CMD, 1), 0);
    cr_expect_eq(part.nwritten, 0);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    close_device(t);
}

Test(i2c, device_tree)
{
    struct th *t = started();

    cr_expect_str_eq(th_fdt(t), "compatible = \"sifive,fu540-c000-i2c\nsifive,i2c0\"\n"
                                "reg-shift = <0x2>\nreg-io-width = <0x1>\n");
    close_device(t);
}
