/* SPDX-License-Identifier: Apache-2.0
 *
 * Ways to end: the test finisher and the system controller.
 */
#include "device.h"

Test(finisher, ends_and_resets)
{
    static const struct {
        uint32_t value, action, code;
    } rows[] = {
        {0x00005555, BP_POWER_OFF, 0},   {0x00035555, BP_POWER_OFF, 3},
        {0x002a3333, BP_POWER_OFF, 42},  {0x00003333, BP_POWER_OFF, 1},
        {0x00007777, BP_POWER_RESET, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = open_device("riscv-platform", "test-finisher");

        start_device(t);
        th_write(t, 0, 0, 4, rows[i].value);
        cr_expect_eq(t->power_calls, 1, "%#x", rows[i].value);
        cr_expect_eq(t->power_action, rows[i].action, "%#x", rows[i].value);
        cr_expect_eq(t->power_code, rows[i].code, "%#x", rows[i].value);
        close_device(t);
    }
}

Test(finisher, ignores_the_rest)
{
    struct th *t = open_device("riscv-platform", "test-finisher");

    start_device(t);
    th_write(t, 0, 0, 4, 0x1234);
    th_write(t, 0, 4, 4, 0x5555);
    cr_expect_eq(th_read(t, 0, 0, 4), 0);
    cr_expect_eq(t->power_calls, 0);
    close_device(t);
}

/* Linux writes the finisher with 16 bits as well. */
Test(finisher, narrow_write)
{
    struct th *t = open_device("riscv-platform", "test-finisher");

    start_device(t);
    th_write(t, 0, 0, 2, 0x7777);
    cr_expect_eq(t->power_action, BP_POWER_RESET);
    close_device(t);
}

Test(finisher, device_tree)
{
    struct th *t = open_device("riscv-platform", "test-finisher");

    start_device(t);
    cr_expect_str_eq(th_fdt(t), "compatible = \"sifive,test1\nsifive,test0\nsyscon\nsimple-mfd\"\n"
                                "poweroff {\ncompatible = \"syscon-poweroff\"\nregmap = "
                                "<0x1>\noffset = <0>\nvalue = <0x5555>\n}\n"
                                "reboot {\ncompatible = \"syscon-reboot\"\nregmap = <0x1>\noffset "
                                "= <0>\nvalue = <0x7777>\n}\n");
    close_device(t);
}

static struct th *syscon(void)
{
    struct th *t = open_device("standard", "syscon");

    th_set(t, "poweroff-offset", "0x10");
    th_set(t, "poweroff-value", "0x80");
    th_set(t, "poweroff-mask", "0xf0");
    th_set(t, "reboot-offset", "0x14");
    th_set(t, "reboot-value", "1");
    return t;
}

Test(syscon, keeps_registers)
{
    struct th *t = syscon();

    start_device(t);
    th_write(t, 0, 0x20, 4, 0x12345678);
    cr_expect_eq(th_read(t, 0, 0x20, 4), 0x12345678);
    th_write(t, 0, 0x21, 1, 0xee);
    cr_expect_eq(th_read(t, 0, 0x20, 4), 0x1234ee78, "a byte is merged");
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(th_read(t, 0, 0x20, 4), 0);
    cr_expect_eq(t->power_calls, 0);
    close_device(t);
}

Test(syscon, acts_on_its_values)
{
    struct th *t = syscon();

    start_device(t);
    th_write(t, 0, 0x10, 4, 0x40);
    cr_expect_eq(t->power_calls, 0, "another value");
    th_write(t, 0, 0x10, 4, 0x8f);
    cr_expect_eq(t->power_calls, 1, "bits outside of the mask do not count");
    cr_expect_eq(t->power_action, BP_POWER_OFF);
    th_write(t, 0, 0x14, 4, 1);
    cr_expect_eq(t->power_action, BP_POWER_RESET);
    close_device(t);
}

Test(syscon, without_actions)
{
    struct th *t = open_device("standard", "syscon");

    start_device(t);
    th_write(t, 0, 0, 4, 0);
    cr_expect_eq(t->power_calls, 0);
    cr_expect_str_eq(th_fdt(t), "compatible = \"syscon\nsimple-mfd\"\n");
    close_device(t);
}

Test(syscon, bad_offset)
{
    struct th *t = syscon();

    th_set(t, "reboot-offset", "0x13");
    expect_refused(t, "reboot-offset");
    t = syscon();
    th_set(t, "poweroff-offset", "0x1000");
    expect_refused(t, "poweroff-offset");
}
