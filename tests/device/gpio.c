/* SPDX-License-Identifier: Apache-2.0
 *
 * The FU540's GPIO controller against chapter 17 of its manual.
 */
#include "device.h"

enum {
    INPUT_VAL = 0x00,
    INPUT_EN = 0x04,
    OUTPUT_EN = 0x08,
    OUTPUT_VAL = 0x0c,
    PUE = 0x10,
    RISE_IE = 0x18,
    RISE_IP = 0x1c,
    FALL_IE = 0x20,
    FALL_IP = 0x24,
    HIGH_IE = 0x28,
    HIGH_IP = 0x2c,
    LOW_IE = 0x30,
    LOW_IP = 0x34,
    OUT_XOR = 0x40
};

static struct th *started(void)
{
    struct th *t = open_device("sifive", "gpio");

    start_device(t);
    return t;
}

Test(gpio, outputs)
{
    struct th *t = started();

    th_write(t, 0, OUTPUT_VAL, 4, 0xa);
    cr_expect_eq(th_level(t, "out", 1), 0, "not enabled");
    th_write(t, 0, OUTPUT_EN, 4, 0x3);
    cr_expect_eq(th_level(t, "out", 1), 1);
    cr_expect_eq(th_level(t, "out", 0), 0);
    cr_expect_eq(th_level(t, "out", 3), 0);
    th_write(t, 0, OUT_XOR, 4, 0x3);
    cr_expect_eq(th_level(t, "out", 1), 0);
    cr_expect_eq(th_level(t, "out", 0), 1);
    close_device(t);
}

Test(gpio, inputs)
{
    struct th *t = started();

    th_drive(t, "pin", 5, 1);
    cr_expect_eq(th_read(t, 0, INPUT_VAL, 4), 0, "17.4: not enabled");
    th_write(t, 0, INPUT_EN, 4, 0xff);
    cr_expect_eq(th_read(t, 0, INPUT_VAL, 4), 0x20);
    th_write(t, 0, OUTPUT_EN, 4, 0x21);
    th_write(t, 0, OUTPUT_VAL, 4, 0x01);
    cr_expect_eq(th_read(t, 0, INPUT_VAL, 4), 0x01, "an output reads what it drives");
    th_write(t, 0, INPUT_VAL, 4, 0xff);
    cr_expect_eq(th_read(t, 0, INPUT_VAL, 4), 0x01, "read only");
    close_device(t);
}

Test(gpio, pull_ups_of_open_pins)
{
    struct th *t = open_device("sifive", "gpio");

    th_set(t, "open-pins", "0x6");
    start_device(t);
    th_write(t, 0, INPUT_EN, 4, 0xf);
    th_write(t, 0, PUE, 4, 0x3);
    cr_expect_eq(th_read(t, 0, INPUT_VAL, 4), 0x2, "pin 0 is held low from outside");
    close_device(t);
}

/* 17.9 */
Test(gpio, edges)
{
    struct th *t = started();

    th_write(t, 0, INPUT_EN, 4, 0x4);
    th_drive(t, "pin", 2, 1);
    cr_expect_eq(th_read(t, 0, RISE_IP, 4), 0x4, "pending without being enabled");
    cr_expect_eq(th_level(t, "irq", 2), 0);
    th_write(t, 0, RISE_IE, 4, 0x4);
    cr_expect_eq(th_level(t, "irq", 2), 1);
    th_write(t, 0, RISE_IP, 4, 0x3);
    cr_expect_eq(th_level(t, "irq", 2), 1, "other bits");
    th_write(t, 0, RISE_IP, 4, 0x4);
    cr_expect_eq(th_level(t, "irq", 2), 0);
    th_write(t, 0, FALL_IE, 4, 0x4);
    th_drive(t, "pin", 2, 0);
    cr_expect_eq(th_read(t, 0, FALL_IP, 4), 0x4);
    cr_expect_eq(th_read(t, 0, RISE_IP, 4), 0);
    cr_expect_eq(th_level(t, "irq", 2), 1);
    cr_expect_eq(th_level(t, "irq", 3), 0);
    close_device(t);
}

Test(gpio, levels)
{
    struct th *t = started();

    th_write(t, 0, INPUT_EN, 4, 1);
    th_write(t, 0, HIGH_IE, 4, 1);
    th_drive(t, "pin", 0, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    th_write(t, 0, HIGH_IP, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1, "set again while the level is there");
    th_drive(t, "pin", 0, 0);
    cr_expect_eq(th_level(t, "irq", 0), 1, "stays until it is cleared");
    th_write(t, 0, HIGH_IP, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_write(t, 0, LOW_IE, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    close_device(t);
}

Test(gpio, an_output_interrupts_too)
{
    struct th *t = started();

    th_write(t, 0, INPUT_EN, 4, 2);
    th_write(t, 0, RISE_IE, 4, 2);
    th_write(t, 0, OUTPUT_EN, 4, 2);
    th_write(t, 0, OUTPUT_VAL, 4, 2);
    cr_expect_eq(th_level(t, "irq", 1), 1);
    close_device(t);
}

Test(gpio, fewer_pins)
{
    struct th *t = open_device("sifive", "gpio");

    th_set(t, "ngpios", "4");
    start_device(t);
    th_write(t, 0, INPUT_EN, 4, 0xffffffff);
    th_write(t, 0, OUTPUT_EN, 4, 0xffffffff);
    th_write(t, 0, OUTPUT_VAL, 4, 0xffffffff);
    cr_expect_eq(th_read(t, 0, INPUT_VAL, 4), 0xf);
    cr_expect_eq(th_read(t, 0, LOW_IP, 4), 0xf);
    th_drive(t, "pin", 31, 1); /* a wire that is not there */
    close_device(t);
}

Test(gpio, snapshot_and_reset)
{
    struct th *a = started(), *b = started();

    th_write(a, 0, INPUT_EN, 4, 0xff);
    th_drive(a, "pin", 3, 1);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, 0, INPUT_VAL, 4), 8);
    th_drive(b, "pin", 4, 1);
    cr_expect_eq(th_read(b, 0, INPUT_VAL, 4), 0x18, "the lines from outside were saved");
    th_reset(b, BP_RESET_WARM);
    cr_expect_eq(th_read(b, 0, INPUT_VAL, 4), 0);
    th_write(b, 0, INPUT_EN, 4, 0xff);
    cr_expect_eq(th_read(b, 0, INPUT_VAL, 4), 0x18, "and do not end with a reset");
    close_device(a);
    close_device(b);
}

Test(gpio, device_tree)
{
    struct th *t = started();

    cr_expect_str_eq(th_fdt(t),
                     "compatible = \"sifive,fu540-c000-gpio\nsifive,gpio0\"\nngpios = <0x10>\n");
    close_device(t);
}
