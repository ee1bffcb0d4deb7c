/* SPDX-License-Identifier: Apache-2.0
 *
 * 24Cxx EEPROMs against their data sheets, seen from the bus.
 */
#include "device.h"
#include "th_i2c.h"

#define WRITE_NS 5000000u

static struct th *opened(const char *model, uint32_t address, uint32_t naddress)
{
    struct th *t = open_device("bus-parts", "at24");

    th_set(t, "model", model);
    th_seat(t, "i2c", address, naddress, NULL, NULL);
    return t;
}

static struct th *started(const char *model, uint32_t address, uint32_t naddress)
{
    struct th *t = opened(model, address, naddress);

    start_device(t);
    return t;
}

/* Writes with two address bytes and waits for the end of the cycle. */
static void store(struct th *t, uint32_t at, const void *data, uint32_t bytes)
{
    uint8_t message[300] = {(uint8_t)(at >> 8), (uint8_t)at};

    memcpy(message + 2, data, bytes);
    cr_assert_eq(th_i2c_send(t, 0x50, message, bytes + 2), (int32_t)bytes + 2);
    th_advance(t, WRITE_NS);
}

static uint32_t load(struct th *t, uint32_t at)
{
    uint8_t address[2] = {(uint8_t)(at >> 8), (uint8_t)at}, data;

    cr_assert_eq(th_i2c_write(t, 0x50, address, 2), 2);
    cr_assert_eq(th_i2c_read(t, 0x50, &data, 1), 1);
    th_i2c_stop(t);
    return data;
}

Test(at24, is_delivered_erased)
{
    struct th *t = started("24c256", 0x50, 1);

    cr_expect_eq(load(t, 0), 0xff);
    cr_expect_eq(load(t, 32767), 0xff);
    close_device(t);
}

Test(at24, byte_write_and_random_read)
{
    struct th *t = started("24c256", 0x50, 1);

    store(t, 0x1234, "\x42", 1);
    cr_expect_eq(load(t, 0x1234), 0x42);
    cr_expect_eq(load(t, 0x1233), 0xff);
    cr_expect_eq(load(t, 0x1235), 0xff);
    cr_expect_eq(load(t, 0x9234), 0x42, "address bits above the size do not count");
    close_device(t);
}

/* 7.3 */
Test(at24, does_not_answer_during_a_write_cycle)
{
    struct th *t = started("24c256", 0x50, 1);
    uint8_t byte;

    cr_expect_eq(th_i2c_send(t, 0x50, "\0\0\x11", 3), 3);
    cr_expect_eq(th_i2c_write(t, 0x50, "", 0), -1);
    cr_expect_eq(th_i2c_read(t, 0x50, &byte, 1), -1);
    th_advance(t, WRITE_NS - 1);
    cr_expect_eq(th_i2c_write(t, 0x50, "", 0), -1);
    th_advance(t, 1);
    cr_expect_eq(th_i2c_write(t, 0x50, "", 0), 0);
    th_i2c_stop(t);
    cr_expect_eq(load(t, 0), 0x11);
    close_device(t);
}

/* 7.2 */
Test(at24, a_page_write_rolls_over)
{
    struct th *t = started("24c256", 0x50, 1);
    uint8_t data[70];

    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    store(t, 0x40 + 62, data, 4); /* a page has 64 bytes */
    cr_expect_eq(load(t, 0x7e), 0);
    cr_expect_eq(load(t, 0x7f), 1);
    cr_expect_eq(load(t, 0x40), 2);
    cr_expect_eq(load(t, 0x41), 3);
    cr_expect_eq(load(t, 0x42), 0xff, "what was not loaded stays");
    cr_expect_eq(load(t, 0x80), 0xff);
    store(t, 0x100, data, 70);
    cr_expect_eq(load(t, 0x100), 64, "later bytes replace the first ones");
    cr_expect_eq(load(t, 0x105), 69);
    cr_expect_eq(load(t, 0x106), 6);
    close_device(t);
}

Test(at24, only_a_stop_starts_the_write)
{
    struct th *t = started("24c256", 0x50, 1);
    uint8_t byte;

    cr_expect_eq(th_i2c_write(t, 0x50, "\0\0\x11", 3), 3);
    cr_expect_eq(th_i2c_read(t, 0x50, &byte, 1), 1, "a repeated start: no write cycle");
    th_i2c_stop(t);
    cr_expect_eq(load(t, 0), 0xff);
    close_device(t);
}

/* 8 */
Test(at24, the_counter_goes_on_and_rolls_over)
{
    struct th *t = started("24c256", 0x50, 1);
    uint8_t data[3];

    store(t, 32767, "\x11", 1);
    store(t, 0, "\x22\x33", 2);
    th_i2c_write(t, 0x50, "\x7f\xff", 2);
    th_i2c_read(t, 0x50, data, 2);
    th_i2c_stop(t);
    cr_expect_eq(data[0], 0x11);
    cr_expect_eq(data[1], 0x22);
    th_i2c_read(t, 0x50, data, 1);
    th_i2c_stop(t);
    cr_expect_eq(data[0], 0x33, "current address read");
    close_device(t);
}

/* 7.4 */
Test(at24, write_protect_inhibits_the_cycle)
{
    struct th *t = started("24c256", 0x50, 1);

    th_drive(t, "wp", 0, 1);
    cr_expect_eq(th_i2c_send(t, 0x50, "\0\0\x11", 3), 3);
    cr_expect_eq(th_i2c_write(t, 0x50, "", 0), 0, "ready at once");
    th_i2c_stop(t);
    cr_expect_eq(load(t, 0), 0xff);
    th_drive(t, "wp", 0, 0);
    store(t, 0, "\x11", 1);
    cr_expect_eq(load(t, 0), 0x11);
    close_device(t);
}

/* A small model has address bits in its device address. */
Test(at24, device_address_bits)
{
    struct th *t = started("24c16", 0x50, 8);
    uint8_t data[2];

    cr_expect_eq(th_i2c_send(t, 0x57, "\xff\x99", 2), 2);
    th_advance(t, WRITE_NS);
    cr_expect_eq(th_i2c_send(t, 0x50, "\0\x11", 2), 2);
    th_advance(t, WRITE_NS);
    th_i2c_write(t, 0x57, "\xff", 1);
    th_i2c_read(t, 0x57, data, 2);
    th_i2c_stop(t);
    cr_expect_eq(data[0], 0x99, "byte 2047");
    cr_expect_eq(data[1], 0x11, "and around to byte 0");
    close_device(t);
}

Test(at24, two_bytes_and_a_device_address_bit)
{
    struct th *t = started("24cm01", 0x50, 2);
    uint8_t data;

    cr_expect_eq(th_i2c_send(t, 0x51, "\x12\x34\x77", 3), 3);
    th_advance(t, WRITE_NS);
    th_i2c_write(t, 0x51, "\x12\x34", 2);
    th_i2c_read(t, 0x51, &data, 1);
    cr_expect_eq(data, 0x77);
    th_i2c_write(t, 0x50, "\x12\x34", 2);
    th_i2c_read(t, 0x50, &data, 1);
    cr_expect_eq(data, 0xff);
    th_i2c_stop(t);
    close_device(t);
}

Test(at24, refuses_addresses_that_do_not_suit_the_model)
{
    expect_refused(opened("24c16", 0x50, 1), "");
    expect_refused(opened("24c256", 0x50, 2), "");
    expect_refused(opened("24c04", 0x51, 2), "");
}

Test(at24, an_image_is_read_and_written_back)
{
    struct th *t = opened("24c02", 0x50, 1);
    uint8_t byte;

    th_insert(t, 256, 0, "rom");
    t->block.medium[3] = 0x33;
    start_device(t);
    th_i2c_write(t, 0x50, "\3", 1);
    th_i2c_read(t, 0x50, &byte, 1);
    cr_expect_eq(byte, 0x33);
    th_i2c_send(t, 0x50, "\4\x44", 2);
    th_complete(t);
    cr_expect_eq(t->block.medium[4], 0x44);
    th_advance(t, WRITE_NS);
    t->block.fail = BP_E_IO;
    th_i2c_send(t, 0x50, "\5\x55", 2);
    th_complete(t);
    cr_expect_eq(t->logs[BP_LOG_ERROR], 1);
    close_device(t);
}

Test(at24, a_large_image_is_refused_and_a_read_only_one_protects)
{
    struct th *t = opened("24c02", 0x50, 1);

    th_insert(t, 512, 0, "rom");
    expect_refused(t, "");
    t = opened("24c02", 0x50, 1);
    th_insert(t, 256, BP_BLOCK_READ_ONLY, "rom");
    start_device(t);
    cr_expect_eq(th_i2c_send(t, 0x50, "\4\x44", 2), 2);
    cr_expect_eq(t->block.nrequests, 0);
    cr_expect_eq(t->logs[BP_LOG_ERROR], 0);
    close_device(t);
}

Test(at24, a_snapshot_in_a_write_cycle)
{
    struct th *a = started("24c256", 0x50, 1), *b = started("24c256", 0x50, 1);

    cr_expect_eq(th_i2c_send(a, 0x50, "\x7f\xff\x11", 3), 3);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_i2c_write(b, 0x50, "", 0), -1);
    th_advance(b, WRITE_NS);
    cr_expect_eq(load(b, 32767), 0x11);
    close_device(a);
    close_device(b);
}

Test(at24, keeps_its_contents_and_its_cycle_through_a_warm_reset)
{
    struct th *t = started("24c256", 0x50, 1);

    cr_expect_eq(th_i2c_send(t, 0x50, "\0\0\x11", 3), 3);
    th_reset(t, BP_RESET_WARM);
    cr_expect_eq(th_i2c_write(t, 0x50, "", 0), -1);
    th_advance(t, WRITE_NS);
    cr_expect_eq(load(t, 0), 0x11);
    close_device(t);
}

Test(at24, device_tree)
{
    struct th *t = started("24c256", 0x50, 1);

    cr_expect_str_eq(th_fdt(t), "compatible = \"atmel,24c256\"\npagesize = <0x40>\n");
    close_device(t);
}

/* The whole path: registers of the controller, wires, the part. */
Test(at24, behind_a_controller)
{
    struct th *rom = opened("24c256", 0x50, 1), *t = open_device("sifive", "i2c");
    static const struct {
        uint32_t data, command;
    } steps[] = {{0xa0, 0x90}, {0x01, 0x10}, {0x02, 0x10}, {0x7e, 0x50}};

    th_clock(t, "clock", 50000000);
    th_plug(t, "i2c", 0x50, 1, rom);
    start_device(rom);
    start_device(t);
    th_write(t, 0, 0x08, 1, 0x80);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        th_write(t, 0, 0x0c, 1, steps[i].data);
        th_write(t, 0, 0x10, 1, steps[i].command);
        th_advance(t, 1000000000);
        cr_expect_eq(th_read(t, 0, 0x10, 1) & 0x80, 0, "step %zu is acknowledged", i);
    }
    th_write(t, 0, 0x0c, 1, 0xa0);
    th_write(t, 0, 0x10, 1, 0x90);
    th_advance(t, 1000000000);
    cr_expect(th_read(t, 0, 0x10, 1) & 0x80, "the write cycle");
    th_advance(rom, WRITE_NS);
    cr_expect_eq(load(rom, 0x102), 0x7e);
    close_device(t);
    close_device(rom);
}
