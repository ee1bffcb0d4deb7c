/* SPDX-License-Identifier: Apache-2.0
 *
 * The FU540's UART against chapter 13 of its manual.
 */
#include "device.h"

enum {
    TXDATA = 0x00,
    RXDATA = 0x04,
    TXCTRL = 0x08,
    RXCTRL = 0x0c,
    IE = 0x10,
    IP = 0x14,
    DIV = 0x18
};
#define NONE 0x80000000u

static struct th *started(void)
{
    struct th *t = open_device("sifive", "uart");

    th_connect(t, 1);
    start_device(t);
    return t;
}

Test(uart, transmits)
{
    struct th *t = started();

    th_write(t, 0, TXDATA, 4, 'a');
    cr_expect(th_wrote(t, ""), "13.6: txen");
    th_write(t, 0, TXCTRL, 4, 1);
    cr_expect(th_wrote(t, "a"));
    th_write(t, 0, TXDATA, 4, 'b');
    cr_expect(th_wrote(t, "b"));
    close_device(t);
}

Test(uart, a_peer_that_takes_nothing_fills_the_fifo)
{
    struct th *t = started();

    th_write(t, 0, TXCTRL, 4, 0x10001);
    th_write(t, 0, IE, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    th_accept(t, 0);
    for (uint32_t i = 0; i < 9; i++)
        th_write(t, 0, TXDATA, 4, '0' + i);
    cr_expect_eq(th_read(t, 0, TXDATA, 4), NONE);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_accept(t, 3);
    cr_expect(th_wrote(t, "012"));
    cr_expect_eq(th_read(t, 0, TXDATA, 4), 0);
    th_accept(t, TH_NO_LIMIT);
    cr_expect(th_wrote(t, "34567"), "the ninth was ignored");
    cr_expect_eq(th_level(t, "irq", 0), 1);
    close_device(t);
}

Test(uart, receives)
{
    struct th *t = started();

    cr_expect_eq(th_read(t, 0, RXDATA, 4), NONE);
    th_type(t, "0123456789", 10);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), NONE, "13.7: rxen");
    th_write(t, 0, RXCTRL, 4, 0x20001);
    th_write(t, 0, IE, 4, 2);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    for (uint32_t i = 0; i < 10; i++) {
        cr_expect_eq(th_peek(t, 0, RXDATA, 4), '0' + i);
        cr_expect_eq(th_read(t, 0, RXDATA, 4), '0' + i);
        cr_expect_eq(th_level(t, "irq", 0), i < 7, "more than two are left");
    }
    cr_expect_eq(th_read(t, 0, RXDATA, 4), NONE);
    close_device(t);
}

Test(uart, registers_and_reset)
{
    struct th *t = started();

    cr_expect_eq(th_read(t, 0, DIV, 4), 4339);
    th_write(t, 0, RXCTRL, 4, 0xffffffff);
    cr_expect_eq(th_read(t, 0, RXCTRL, 4), 0x70001);
    th_type(t, "x", 1);
    th_reset(t, BP_RESET_WARM);
    th_write(t, 0, RXCTRL, 4, 1);
    cr_expect_eq(th_read(t, 0, RXDATA, 4), NONE);
    close_device(t);
}

Test(uart, snapshot)
{
    struct th *a = started(), *b = started();

    th_write(a, 0, RXCTRL, 4, 1);
    th_type(a, "xy", 2);
    th_write(a, 0, TXDATA, 4, 'q');
    cr_expect_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, 0, RXDATA, 4), 'x');
    th_write(b, 0, TXCTRL, 4, 1);
    cr_expect(th_wrote(b, "q"));
    close_device(a);
    close_device(b);
}
