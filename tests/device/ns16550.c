/* SPDX-License-Identifier: Apache-2.0
 *
 * The 16550 against its data sheet (PC16550D; section numbers as in
 * plugins/device/standard/ns16550.h).
 */
#include "device.h"

enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, IIR = 2, FCR = 2, LCR, MCR, LSR, MSR, SCR };

#define CLOCK   1843200u
#define CHAR_NS (10ull * 16 * 1000000000 / CLOCK) /* 8N1 at divisor 1 */

static struct th *uart(void)
{
    struct th *t = open_device("standard", "ns16550");

    th_clock(t, "clock", CLOCK);
    return t;
}

static struct th *started(void)
{
    struct th *t = uart();

    start_device(t);
    return t;
}

static uint64_t get(struct th *t, uint32_t reg)
{
    return th_read(t, 0, reg, 1);
}

static void set(struct th *t, uint32_t reg, uint64_t value)
{
    cr_assert_eq(th_write(t, 0, reg, 1, value), BP_OK);
}

static void set_divisor(struct th *t, uint32_t divisor)
{
    set(t, LCR, 0x83);
    set(t, DLL, divisor & 0xff);
    set(t, DLM, divisor >> 8);
    set(t, LCR, 0x03);
}

static uint32_t irq(struct th *t)
{
    return th_level(t, "irq", 0);
}

Test(ns16550, reset_values)
{
    struct th *t = started();

    cr_expect_eq(get(t, IER), 0);
    cr_expect_eq(get(t, IIR), 0x01);
    cr_expect_eq(get(t, LCR), 0);
    cr_expect_eq(get(t, MCR), 0);
    cr_expect_eq(get(t, LSR), 0x60);
    cr_expect_eq(get(t, MSR) & 0x0f, 0);
    cr_expect_eq(irq(t), 0);
    close_device(t);
}

Test(ns16550, divisor_latch_shares_addresses)
{
    struct th *t = started();

    set(t, IER, 0x05);
    set(t, LCR, 0x80);
    set(t, DLL, 0x34);
    set(t, DLM, 0x12);
    cr_expect_eq(get(t, DLL), 0x34);
    cr_expect_eq(get(t, DLM), 0x12);
    set(t, LCR, 0x00);
    cr_expect_eq(get(t, IER), 0x05);
    cr_expect(th_wrote(t, ""), "a divisor must not be transmitted");
    close_device(t);
}

Test(ns16550, unused_bits_read_as_zero)
{
    struct th *t = started();

    set(t, IER, 0xff);
    cr_expect_eq(get(t, IER), 0x0f);
    set(t, MCR, 0xff);
    cr_expect_eq(get(t, MCR), 0x1f);
    set(t, SCR, 0xa5);
    cr_expect_eq(get(t, SCR), 0xa5);
    close_device(t);
}

Test(ns16550, status_registers_cannot_be_written)
{
    struct th *t = started();
    uint64_t msr = get(t, MSR);

    set(t, LSR, 0xff);
    set(t, MSR, 0xff);
    cr_expect_eq(get(t, LSR), 0x60);
    cr_expect_eq(get(t, MSR), msr);
    close_device(t);
}

Test(ns16550, transmits)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    for (const char *c = "hello"; *c; c++)
        set(t, THR, (uint8_t)*c);
    cr_expect(th_wrote(t, "hello"));
    cr_expect_eq(get(t, LSR), 0x60);
    close_device(t);
}

Test(ns16550, word_length_masks_data)
{
    struct th *t = started();

    set(t, LCR, 0x02); /* 7 bits */
    set(t, THR, 0xc1);
    cr_expect(th_wrote(t, "A"));
    th_type(t, "\xc2", 1);
    cr_expect_eq(get(t, RBR), 'B');
    close_device(t);
}

Test(ns16550, thre_interrupt)
{
    struct th *t = started();

    set(t, IER, 0x02);
    cr_expect_eq(irq(t), 1, "8.6: enabling while THRE is set interrupts at once");
    cr_expect_eq(get(t, IIR), 0x02);
    cr_expect_eq(irq(t), 0, "8.5: reading IIR resets it");
    cr_expect_eq(get(t, IIR), 0x01);
    set(t, THR, 'x');
    cr_expect_eq(irq(t), 1);
    cr_expect_eq(th_peek(t, 0, IIR, 1), 0x02);
    cr_expect_eq(irq(t), 1, "a debugger's look must not acknowledge");
    set(t, IER, 0x00);
    cr_expect_eq(irq(t), 0);
    close_device(t);
}

Test(ns16550, output_waits_for_the_peer)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, FCR, 0x01);
    th_accept(t, 2);
    for (int i = 0; i < 6; i++)
        set(t, THR, (uint64_t)('a' + i));
    cr_expect(th_wrote(t, "ab"));
    cr_expect_eq(get(t, LSR) & 0x60, 0, "characters wait in the FIFO");
    th_accept(t, TH_NO_LIMIT);
    cr_expect(th_wrote(t, "cdef"));
    cr_expect_eq(get(t, LSR) & 0x60, 0x60);
    close_device(t);
}

Test(ns16550, transmitter_fifo_can_be_cleared)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, FCR, 0x01);
    th_accept(t, 0);
    for (int i = 0; i < 8; i++)
        set(t, THR, 'z');
    set(t, FCR, 0x05);
    cr_expect_eq(get(t, LSR) & 0x60, 0x20, "8.4: the shift register is not cleared");
    th_accept(t, TH_NO_LIMIT);
    cr_expect(th_wrote(t, "z"));
    close_device(t);
}

Test(ns16550, receives_without_fifo)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, IER, 0x01);
    th_type(t, "ab", 2);
    cr_expect_eq(irq(t), 1);
    cr_expect_eq(get(t, IIR), 0x04);
    cr_expect_eq(get(t, LSR), 0x61, "the second character waits at the peer, no overrun");
    cr_expect_eq(get(t, RBR), 'a');
    cr_expect_eq(get(t, RBR), 'b');
    cr_expect_eq(irq(t), 0);
    cr_expect_eq(get(t, LSR), 0x60);
    close_device(t);
}

Test(ns16550, trigger_levels)
{
    static const uint32_t levels[] = {1, 4, 8, 14};

    for (uint32_t i = 0; i < 4; i++) {
        struct th *t = started();

        set(t, LCR, 0x03);
        set(t, FCR, 0x01 | i << 6);
        cr_expect_eq(get(t, IIR), 0xc1);
        set(t, IER, 0x01);
        for (uint32_t n = 1; n <= levels[i]; n++) {
            cr_expect_eq(irq(t), 0, "level %u after %u", levels[i], n - 1);
            th_type(t, "x", 1);
        }
        cr_expect_eq(irq(t), 1, "level %u", levels[i]);
        cr_expect_eq(get(t, IIR), 0xc4);
        get(t, RBR);
        cr_expect_eq(irq(t), 0, "drops below the trigger");
        close_device(t);
    }
}

Test(ns16550, fcr_bits_need_the_enable_bit)
{
    struct th *t = started();

    set(t, FCR, 0xc0);
    cr_expect_eq(get(t, IIR), 0x01);
    set(t, FCR, 0x41);
    set(t, LCR, 0x03);
    th_type(t, "abc", 3);
    set(t, FCR, 0x00);
    cr_expect_eq(get(t, LSR) & 1, 0, "changing the mode clears the FIFOs");
    close_device(t);
}

Test(ns16550, clear_bits_need_the_enable_bit)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    th_type(t, "a", 1);
    th_accept(t, 0);
    set(t, THR, 'x');
    set(t, THR, 'y');
    set(t, FCR, 0x06);
    cr_expect_eq(get(t, LSR), 0x01, "nothing was cleared");
    cr_expect_eq(get(t, RBR), 'a');
    th_accept(t, TH_NO_LIMIT);
    cr_expect(th_wrote(t, "xy"));
    close_device(t);
}

Test(ns16550, break_overwrites_without_fifo)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    th_type(t, "a", 1);
    th_char_event(t, BP_CHAR_BREAK);
    cr_expect_eq(get(t, LSR), 0x73, "8.3: overrun, and the break of the character that overwrote");
    cr_expect_eq(get(t, RBR), 0);
    close_device(t);
}

Test(ns16550, character_timeout)
{
    struct th *t = started();

    set_divisor(t, 1);
    set(t, FCR, 0xc1);
    set(t, IER, 0x01);
    th_type(t, "ab", 2);
    th_advance(t, 4 * CHAR_NS - 10);
    cr_expect_eq(irq(t), 0);
    th_advance(t, 100);
    cr_expect_eq(irq(t), 1);
    cr_expect_eq(get(t, IIR), 0xcc);
    get(t, RBR);
    cr_expect_eq(irq(t), 0, "8.10: a read ends it");
    th_advance(t, 5 * CHAR_NS);
    cr_expect_eq(get(t, IIR), 0xcc, "and it counts again for the rest");
    get(t, RBR);
    th_advance(t, 100 * CHAR_NS);
    cr_expect_eq(get(t, IIR), 0xc1, "an empty FIFO does not time out");
    close_device(t);
}

Test(ns16550, fifo_takes_sixteen)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, FCR, 0x01);
    th_type(t, "0123456789abcdefXYZ", 19);
    cr_expect_eq(t->chr.nqueue, 3, "three wait at the peer");
    for (int i = 0; i < 19; i++)
        cr_expect_eq(get(t, RBR), (uint64_t) "0123456789abcdefXYZ"[i]);
    cr_expect_eq(get(t, LSR), 0x60);
    close_device(t);
}

Test(ns16550, break_is_a_line_status)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, FCR, 0x01);
    set(t, IER, 0x04);
    th_type(t, "a", 1);
    th_char_event(t, BP_CHAR_BREAK);
    cr_expect_eq(irq(t), 0, "8.3: shown when its character is at the top");
    cr_expect_eq(get(t, LSR), 0xe1);
    cr_expect_eq(get(t, RBR), 'a');
    cr_expect_eq(irq(t), 1);
    cr_expect_eq(get(t, IIR), 0xc6);
    cr_expect_eq(get(t, LSR), 0xf1);
    cr_expect_eq(get(t, LSR), 0x61, "reading clears it");
    cr_expect_eq(irq(t), 0);
    cr_expect_eq(get(t, RBR), 0);
    close_device(t);
}

Test(ns16550, loop_back_data)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, MCR, 0x10);
    set(t, THR, 'L');
    cr_expect(th_wrote(t, ""), "8.7: the output is marking");
    cr_expect_eq(get(t, RBR), 'L');
    set(t, THR, '1');
    set(t, THR, '2');
    cr_expect_eq(get(t, LSR) & 0x03, 0x03, "an overrun");
    cr_expect_eq(get(t, RBR), '2', "without FIFO the new character overwrites");
    th_type(t, "p", 1);
    cr_expect_eq(get(t, LSR) & 1, 0, "the input is disconnected");
    set(t, MCR, 0x00);
    cr_expect_eq(get(t, RBR), 'p');
    close_device(t);
}

Test(ns16550, loop_back_overrun_keeps_the_fifo)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, FCR, 0x01);
    set(t, MCR, 0x10);
    for (int i = 0; i < 17; i++)
        set(t, THR, (uint64_t)('a' + i));
    cr_expect_eq(get(t, LSR) & 0x03, 0x03);
    for (int i = 0; i < 16; i++)
        cr_expect_eq(get(t, RBR), (uint64_t)('a' + i));
    cr_expect_eq(get(t, LSR) & 0x03, 0);
    close_device(t);
}

Test(ns16550, loop_back_modem)
{
    struct th *t = started();

    set(t, MCR, 0x10);
    get(t, MSR);
    set(t, IER, 0x08);
    set(t, MCR, 0x13); /* DTR, RTS */
    cr_expect_eq(irq(t), 1);
    cr_expect_eq(get(t, IIR), 0x00);
    cr_expect_eq(get(t, MSR), 0x33);
    cr_expect_eq(get(t, MSR), 0x30, "deltas are cleared by reading");
    cr_expect_eq(irq(t), 0);
    set(t, MCR, 0x17); /* + OUT1 */
    cr_expect_eq(get(t, MSR), 0x70, "8.8: RI tells its trailing edge only");
    set(t, MCR, 0x1b); /* OUT1 falls, OUT2 rises */
    cr_expect_eq(get(t, MSR), 0xbc);
    close_device(t);
}

Test(ns16550, peer_drives_the_modem_lines)
{
    struct th *t = started();

    cr_expect_eq(get(t, MSR), 0x00);
    set(t, IER, 0x08);
    th_connect(t, 1);
    cr_expect_eq(irq(t), 1);
    cr_expect_eq(get(t, MSR), 0xbb);
    th_connect(t, 0);
    cr_expect_eq(get(t, MSR), 0x0b);
    close_device(t);
}

Test(ns16550, interrupt_priorities)
{
    struct th *t = started();

    set(t, LCR, 0x03);
    set(t, IER, 0x0f);
    th_connect(t, 1);
    th_char_event(t, BP_CHAR_BREAK);
    cr_expect_eq(get(t, IIR), 0x06);
    get(t, LSR);
    cr_expect_eq(get(t, IIR), 0x04);
    get(t, RBR);
    cr_expect_eq(get(t, IIR), 0x02);
    cr_expect_eq(get(t, IIR), 0x00);
    get(t, MSR);
    cr_expect_eq(get(t, IIR), 0x01);
    cr_expect_eq(irq(t), 0);
    close_device(t);
}

Test(ns16550, paced_output)
{
    struct th *t = uart();

    th_set(t, "pace", "true");
    start_device(t);
    set_divisor(t, 1);
    set(t, FCR, 0x01);
    set(t, THR, 'a');
    set(t, THR, 'b');
    cr_expect_eq(get(t, LSR) & 0x60, 0x00);
    th_advance(t, CHAR_NS - 10);
    cr_expect(th_wrote(t, ""));
    th_advance(t, 20);
    cr_expect(th_wrote(t, "a"));
    cr_expect_eq(get(t, LSR) & 0x60, 0x20, "the last one is in the shift register");
    th_advance(t, CHAR_NS);
    cr_expect(th_wrote(t, "b"));
    cr_expect_eq(get(t, LSR) & 0x60, 0x60);
    close_device(t);
}

Test(ns16550, register_distance)
{
    struct th *t = uart();

    th_set(t, "reg-shift", "2");
    th_set(t, "reg-io-width", "4");
    start_device(t);
    th_write(t, 0, 4 * SCR, 4, 0x5a);
    cr_expect_eq(th_read(t, 0, 4 * SCR, 4), 0x5a);
    th_write(t, 0, 4 * LCR, 4, 0x83);
    th_write(t, 0, 4 * DLM, 4, 0x77);
    cr_expect_eq(th_read(t, 0, 4 * DLM, 4), 0x77);
    cr_expect_eq(th_read(t, 0, 4 * LSR, 4), 0x60);
    cr_expect_eq(th_read(t, 0, 5, 1), 0, "nothing between the registers");
    cr_expect_str_eq(th_fdt(t), "compatible = \"ns16550a\"\nclock-frequency = <0x1c2000>\n"
                                "reg-shift = <0x2>\nreg-io-width = <0x4>\n");
    close_device(t);
}

Test(ns16550, bad_properties)
{
    struct th *t = uart();

    th_set(t, "reg-io-width", "3");
    expect_refused(t, "reg-io-width");
    t = uart();
    th_set(t, "reg-shift", "4");
    expect_refused(t, "reg-shift");
}

/* A count above the depth of the mode would let the next character write behind the FIFO. */
Test(ns16550, hostile_snapshot)
{
    struct th *a = started(), *b = started();

    set(a, LCR, 0x03);
    set(a, FCR, 0x01);
    th_accept(a, 0);
    for (int i = 0; i < 17; i++)
        set(a, THR, 'x');
    cr_expect_eq(th_migrate(b, a), BP_OK, "a full FIFO is none");
    *(uint8_t *)th_at(a, th_state_row(a->cls->state, 0)->offset) = 0; /* FCR */
    cr_expect_eq(th_migrate(b, a), BP_E_INVAL);
    close_device(a);
    close_device(b);
}

Test(ns16550, snapshot)
{
    struct th *a = started(), *b = started();

    set_divisor(a, 3);
    set(a, FCR, 0x81);
    set(a, IER, 0x05);
    th_type(a, "xyz", 3);
    th_accept(a, 0);
    set(a, THR, 'o');
    set(a, THR, 'p');
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(get(b, LSR), 0x01);
    th_advance(b, 2000000);
    cr_expect_eq(get(b, IIR), 0xcc, "the time-out was under way");
    cr_expect_eq(get(b, RBR), 'x');
    cr_expect_eq(get(b, RBR), 'y');
    b->chr.starved = 1;
    th_accept(b, TH_NO_LIMIT);
    cr_expect(th_wrote(b, "op"));
    close_device(a);
    close_device(b);
}
