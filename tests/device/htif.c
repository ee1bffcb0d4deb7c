/* SPDX-License-Identifier: Apache-2.0
 *
 * The host-target interface as test programs use it.
 */
#include "device.h"

#include <backplane/util/bytes.h>

enum { TOHOST, FROMHOST };

#define BLOCK                     (TH_RAM_BASE + 0x1000)
#define TEXT                      (TH_RAM_BASE + 0x2000)
#define CONSOLE(command, payload) (1ull << 56 | (uint64_t)(command) << 48 | (payload))

static struct th *started(void)
{
    struct th *t = open_device("riscv-platform", "htif");

    th_symbol(t, "tohost", TH_RAM_BASE + 0x100);
    th_symbol(t, "fromhost", TH_RAM_BASE + 0x140);
    start_device(t);
    return t;
}

static uint64_t tohost(struct th *t)
{
    return th_read(t, TOHOST, 0, 8);
}

static void send(struct th *t, uint64_t message)
{
    cr_assert_eq(th_write(t, TOHOST, 0, 8, message), BP_OK);
}

static uint64_t call(struct th *t, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    uint8_t *block = th_ram(t, BLOCK);

    bp_store_le64(block, number);
    bp_store_le64(block + 8, a);
    bp_store_le64(block + 16, b);
    bp_store_le64(block + 24, c);
    send(t, BLOCK);
    return bp_load_le64(block);
}

Test(htif, lies_over_the_symbols)
{
    struct th *t = started();

    cr_expect_eq(t->regions[TOHOST].base, TH_RAM_BASE + 0x100);
    cr_expect_eq(t->regions[FROMHOST].base, TH_RAM_BASE + 0x140);
    cr_expect(t->regions[TOHOST].enabled && t->regions[FROMHOST].enabled);
    close_device(t);
}

Test(htif, is_absent_without_symbols)
{
    struct th *t = open_device("riscv-platform", "htif");

    start_device(t);
    cr_expect(!t->regions[TOHOST].enabled && !t->regions[FROMHOST].enabled);
    cr_expect_eq(t->logs[BP_LOG_WARN], 1);
    th_symbol(t, "tohost", TH_RAM_BASE);
    th_reset(t, BP_RESET_WARM); /* another program was loaded */
    cr_expect_eq(t->regions[TOHOST].enabled, 1);
    close_device(t);
}

Test(htif, exit_codes)
{
    static const uint32_t codes[] = {0, 1, 42, 1337};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct th *t = started();

        send(t, (uint64_t)codes[i] << 1 | 1);
        cr_expect_eq(t->power_action, BP_POWER_OFF);
        cr_expect_eq(t->power_code, codes[i]);
        send(t, 0xbad1);
        cr_expect_eq(t->power_calls, 1, "the first verdict holds");
        close_device(t);
    }
}

/* A 32-bit program writes two words, and the high one is zero: sw gp, tohost; sw zero, tohost +
 * 4. */
Test(htif, exit_in_two_halves)
{
    struct th *t = started();

    th_write(t, TOHOST, 0, 4, 7);
    cr_expect_eq(t->power_calls, 0);
    th_write(t, TOHOST, 4, 4, 0);
    cr_expect_eq(t->power_calls, 1);
    cr_expect_eq(t->power_code, 3);
    close_device(t);
}

/* Some never write the high half, and repeat or stop. */
Test(htif, exit_in_one_half)
{
    struct th *t = started();

    for (int i = 0; i < 100; i++) {
        th_write(t, TOHOST, 0, 4, 5);
        th_advance(t, 100000);
    }
    cr_expect_eq(t->power_calls, 1);
    cr_expect_eq(t->power_code, 2);
    close_device(t);
}

/* The low half of a console message alone looks like an exit. */
Test(htif, console_in_two_halves)
{
    struct th *t = started();

    th_write(t, TOHOST, 0, 4, 'a');
    th_write(t, TOHOST, 4, 4, 0x01010000);
    cr_expect(th_wrote(t, "a"));
    cr_expect_eq(t->power_calls, 0);
    cr_expect_eq(tohost(t), 0);
    th_advance(t, 10000000);
    cr_expect_eq(t->power_calls, 0);
    close_device(t);
}

Test(htif, puts_characters)
{
    struct th *t = started();

    for (const char *c = "hi\n"; *c; c++) {
        send(t, CONSOLE(1, (uint8_t)*c));
        cr_expect_eq(tohost(t), 0, "taken");
    }
    cr_expect(th_wrote(t, "hi\n"));
    close_device(t);
}

Test(htif, target_waits_for_a_full_console)
{
    struct th *t = started();

    th_accept(t, 0);
    send(t, CONSOLE(1, 'x'));
    cr_expect_neq(tohost(t), 0);
    th_accept(t, TH_NO_LIMIT);
    cr_expect_eq(tohost(t), 0);
    cr_expect(th_wrote(t, "x"));
    close_device(t);
}

Test(htif, gets_characters)
{
    struct th *t = started();

    th_type(t, "ab", 2);
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), 0, "only when asked");
    send(t, CONSOLE(0, 0));
    cr_expect_eq(tohost(t), 0);
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), CONSOLE(0, 0x100 | 'a'));
    send(t, CONSOLE(0, 0));
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), CONSOLE(0, 0x100 | 'a'),
                 "not before the target took the first");
    th_write(t, FROMHOST, 0, 8, 0);
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), CONSOLE(0, 0x100 | 'b'));
    close_device(t);
}

Test(htif, write_system_call)
{
    struct th *t = started();

    memcpy(th_ram(t, TEXT), "hello, world\n", 13);
    cr_expect_eq(call(t, 64, 1, TEXT, 13), 13);
    cr_expect(th_wrote(t, "hello, world\n"));
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), 1);
    cr_expect_eq(tohost(t), 0);
    close_device(t);
}

Test(htif, long_write_waits)
{
    struct th *t = started();

    memset(th_ram(t, TEXT), 'w', 1000);
    th_accept(t, 300);
    call(t, 64, 2, TEXT, 1000);
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), 0);
    cr_expect_eq(t->chr.noutput, 300);
    th_accept(t, TH_NO_LIMIT);
    cr_expect_eq(t->chr.noutput, 1000);
    cr_expect_eq(th_read(t, FROMHOST, 0, 8), 1);
    cr_expect_eq(bp_load_le64(th_ram(t, BLOCK)), 1000);
    close_device(t);
}

Test(htif, exit_system_call)
{
    struct th *t = started();

    call(t, 93, 17, 0, 0);
    cr_expect_eq(t->power_calls, 1);
    cr_expect_eq(t->power_code, 17);
    close_device(t);
}

Test(htif, system_calls_that_fail)
{
    struct th *t = started();

    cr_expect_eq(call(t, 63, 0, TEXT, 1), (uint64_t)-38, "read is not offered");
    cr_expect_eq(call(t, 64, 5, TEXT, 1), (uint64_t)-9, "no such descriptor");
    cr_expect_eq(call(t, 64, 1, 0x1000, 4), (uint64_t)-14, "not in memory");
    cr_expect_leq(call(t, 64, 1, TEXT, UINT64_MAX), 65536, "a short write");
    send(t, 0x1000); /* the block itself is not in memory */
    cr_expect_eq(tohost(t), 0);
    send(t, 0x0200000000000010);
    cr_expect_eq(tohost(t), 0, "a device that does not exist");
    cr_expect_eq(t->logs[BP_LOG_GUEST], 2);
    close_device(t);
}

Test(htif, snapshot)
{
    struct th *a = started(), *b = started();

    memset(th_ram(a, TEXT), 's', 100);
    th_accept(a, 30);
    call(a, 64, 1, TEXT, 100);
    cr_assert_eq(th_migrate(b, a), BP_OK);
    b->chr.starved = 1;
    th_accept(b, TH_NO_LIMIT);
    cr_expect_eq(b->chr.noutput, 70);
    cr_expect_eq(bp_load_le64(th_ram(b, BLOCK)), 100);
    close_device(a);
    close_device(b);
}
