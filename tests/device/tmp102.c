/* SPDX-License-Identifier: Apache-2.0
 *
 * The TMP102 against its data sheet, seen from the bus.
 */
#include "device.h"
#include "th_i2c.h"

enum { TEMPERATURE, CONF, LOW, HIGH };

#define CONVERSION_NS 26000000u
#define PERIOD_NS     250000000u /* 4 Hz, the default */

static struct th *opened(const char *degrees)
{
    struct th *t = open_device("bus-parts", "tmp102");

    th_set(t, "temperature", degrees);
    th_seat(t, "i2c", 0x48, 1, NULL, NULL);
    th_connect(t, 1);
    return t;
}

static struct th *started(const char *degrees)
{
    struct th *t = opened(degrees);

    start_device(t);
    return t;
}

static uint32_t get(struct th *t, uint8_t pointer)
{
    uint8_t data[2];

    cr_assert_eq(th_i2c_write(t, 0x48, &pointer, 1), 1);
    cr_assert_eq(th_i2c_read(t, 0x48, data, 2), 2);
    th_i2c_stop(t);
    return (uint32_t)(data[0] << 8 | data[1]);
}

static void set(struct th *t, uint8_t pointer, uint32_t value)
{
    const uint8_t message[] = {pointer, (uint8_t)(value >> 8), (uint8_t)value};

    cr_assert_eq(th_i2c_send(t, 0x48, message, 3), 3);
}

/* A new temperature, and time for the next conversion to find it. */
static void becomes(struct th *t, const char *degrees)
{
    th_type(t, degrees, (uint32_t)strlen(degrees));
    th_type(t, "\n", 1);
    th_advance(t, PERIOD_NS);
}

Test(tmp102, reset_values)
{
    struct th *t = started("25");

    cr_expect_eq(get(t, CONF), 0x60a0);
    cr_expect_eq(get(t, LOW), 0x4b00);
    cr_expect_eq(get(t, HIGH), 0x5000);
    cr_expect_eq(get(t, TEMPERATURE), 0, "zero until the first conversion is over");
    cr_expect_eq(th_level(t, "alert", 0), 0, "open drain, inactive");
    th_advance(t, CONVERSION_NS);
    cr_expect_eq(get(t, TEMPERATURE), 0x1900);
    close_device(t);
}

/* 7.3.1, tables of digital output */
Test(tmp102, encodes_degrees)
{
    static const struct {
        const char *degrees;
        uint32_t normal, extended;
    } rows[] = {{"127.9375", 0x7ff0, 0x3ff9}, {"0.25", 0x0040, 0x0021}, {"-0.25", 0xffc0, 0xffe1},
                {"-25", 0xe700, 0xf381},      {"-55", 0xc900, 0xe481},  {"150", 0x7ff0, 0x4b01}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started(rows[i].degrees);

        th_advance(t, CONVERSION_NS);
        cr_expect_eq(get(t, TEMPERATURE), rows[i].normal, "%s", rows[i].degrees);
        set(t, CONF, 0x60b0);
        cr_expect_eq(get(t, TEMPERATURE), rows[i].extended, "%s extended", rows[i].degrees);
        close_device(t);
    }
}

Test(tmp102, the_pointer_stays)
{
    struct th *t = started("25");
    uint8_t data[3];

    get(t, HIGH);
    cr_expect_eq(th_i2c_read(t, 0x48, data, 2), 2);
    th_i2c_stop(t);
    cr_expect_eq(data[0], 0x50);
    set(t, TEMPERATURE, 0xffff);
    cr_expect_eq(get(t, TEMPERATURE), 0, "read only");
    set(t, LOW, 0xffff);
    cr_expect_eq(get(t, LOW), 0xfff8, "unused bits");
    close_device(t);
}

/* 7.4.4 */
Test(tmp102, comparator_mode)
{
    struct th *t = started("25");

    th_advance(t, CONVERSION_NS);
    set(t, HIGH, 0x1e00); /* 30 */
    set(t, LOW, 0x1c00);  /* 28 */
    becomes(t, "30");
    cr_expect_eq(th_level(t, "alert", 0), 1, "the pin is low");
    cr_expect_eq(get(t, CONF) & 0x20, 0, "AL");
    cr_expect_eq(th_level(t, "alert", 0), 1, "reading does not clear it");
    becomes(t, "29");
    cr_expect_eq(th_level(t, "alert", 0), 1, "hysteresis");
    becomes(t, "28");
    cr_expect_eq(th_level(t, "alert", 0), 1, "not below TLOW yet");
    becomes(t, "27.9");
    cr_expect_eq(th_level(t, "alert", 0), 0);
    set(t, CONF, 0x64a0);
    cr_expect_eq(th_level(t, "alert", 0), 1, "POL inverts the pin");
    becomes(t, "31");
    cr_expect_eq(th_level(t, "alert", 0), 0);
    cr_expect_eq(get(t, CONF) & 0x20, 0x20, "and AL");
    close_device(t);
}

Test(tmp102, fault_queue)
{
    struct th *t = started("25");

    set(t, HIGH, 0x1e00);
    set(t, CONF, 0x70a0); /* four faults */
    th_advance(t, CONVERSION_NS);
    becomes(t, "31");
    becomes(t, "31");
    becomes(t, "31");
    becomes(t, "25");
    for (int i = 0; i < 3; i++)
        becomes(t, "31");
    cr_expect_eq(th_level(t, "alert", 0), 0, "not four in a row");
    becomes(t, "31");
    cr_expect_eq(th_level(t, "alert", 0), 1);
    close_device(t);
}

/* 7.4.5, 7.3.7 */
Test(tmp102, interrupt_mode_and_alert_response)
{
    struct th *t = started("25");
    uint8_t data;

    set(t, HIGH, 0x1e00);
    set(t, LOW, 0x1c00);
    set(t, CONF, 0x62a0);
    th_advance(t, CONVERSION_NS);
    cr_expect_eq(th_i2c_read(t, BP_I2C_ALERT_RESPONSE, &data, 1), -1, "no alert, no answer");
    becomes(t, "31");
    cr_expect_eq(th_level(t, "alert", 0), 1);
    get(t, TEMPERATURE);
    cr_expect_eq(th_level(t, "alert", 0), 0, "a read clears it");
    becomes(t, "32");
    cr_expect_eq(th_level(t, "alert", 0), 0, "only the next crossing sets it");
    becomes(t, "20");
    cr_expect_eq(th_level(t, "alert", 0), 1);
    cr_expect_eq(th_i2c_read(t, BP_I2C_ALERT_RESPONSE, &data, 1), 1);
    th_i2c_stop(t);
    cr_expect_eq(data, 0x48 << 1, "low limit");
    cr_expect_eq(th_level(t, "alert", 0), 0);
    becomes(t, "31");
    cr_expect_eq(th_i2c_read(t, BP_I2C_ALERT_RESPONSE, &data, 1), 1);
    cr_expect_eq(data, 0x48 << 1 | 1, "high limit");
    close_device(t);
}

/* 7.4.3 */
Test(tmp102, shutdown_and_one_shot)
{
    struct th *t = started("25");

    th_advance(t, CONVERSION_NS);
    set(t, CONF, 0x61a0);
    becomes(t, "40");
    th_advance(t, 10ull * PERIOD_NS);
    cr_expect_eq(get(t, TEMPERATURE), 0x1900, "nothing is measured");
    set(t, CONF, 0xe1a0);
    cr_expect_eq(get(t, CONF) & 0x8000, 0, "in progress");
    th_advance(t, CONVERSION_NS);
    cr_expect_eq(get(t, CONF) & 0x8000, 0x8000);
    cr_expect_eq(get(t, TEMPERATURE), 0x2800);
    becomes(t, "41");
    cr_expect_eq(get(t, TEMPERATURE), 0x2800, "one shot only");
    set(t, CONF, 0x60a0);
    th_advance(t, CONVERSION_NS);
    cr_expect_eq(get(t, TEMPERATURE), 0x2900);
    close_device(t);
}

Test(tmp102, conversion_rate)
{
    struct th *t = started("25");

    th_advance(t, CONVERSION_NS);
    set(t, CONF, 0x6060); /* 1 Hz, from the next rest on */
    th_advance(t, PERIOD_NS);
    th_type(t, "50\n", 3);
    th_advance(t, 999000000);
    cr_expect_eq(get(t, TEMPERATURE), 0x1900);
    th_advance(t, 1000000);
    cr_expect_eq(get(t, TEMPERATURE), 0x3200);
    close_device(t);
}

Test(tmp102, general_call_reset)
{
    struct th *t = started("25");

    set(t, HIGH, 0x1e00);
    cr_expect_eq(th_i2c_send(t, BP_I2C_GENERAL_CALL, "\x04", 1), 0, "not supported");
    cr_expect_eq(get(t, HIGH), 0x1e00);
    cr_expect_eq(th_i2c_send(t, BP_I2C_GENERAL_CALL, "\x06", 1), 1);
    cr_expect_eq(get(t, HIGH), 0x5000);
    cr_expect_eq(th_i2c_write(t, 0x49, "", 0), -1, "somebody else's address");
    close_device(t);
}

Test(tmp102, what_the_back_end_says)
{
    struct th *t = started("25");

    becomes(t, "");
    becomes(t, "warm");
    becomes(t, "30 degrees");
    becomes(t, "nan");
    becomes(t, "1e999");
    cr_expect_eq(get(t, TEMPERATURE), 0x1900, "is no number: ignored");
    becomes(t, "00000000000000000000000000000000000000000000000000000000000000030");
    cr_expect_eq(get(t, TEMPERATURE), 0, "cut off, but not beyond the buffer");
    becomes(t, " -10.5\r");
    cr_expect_eq(get(t, TEMPERATURE), 0xf580);
    close_device(t);
}

Test(tmp102, refuses_other_addresses_and_temperatures)
{
    struct th *t = open_device("bus-parts", "tmp102");

    th_seat(t, "i2c", 0x4c, 1, NULL, NULL);
    expect_refused(t, "");
    expect_refused(opened("1000"), "temperature");
    expect_refused(opened("nan"), "temperature");
}

Test(tmp102, a_snapshot_during_a_conversion)
{
    struct th *a = started("30"), *b = started("10");

    set(a, HIGH, 0x1e00);
    th_advance(a, CONVERSION_NS / 2);
    cr_expect_eq(th_migrate(b, a), BP_OK);
    th_advance(b, CONVERSION_NS / 2);
    cr_expect_eq(get(b, TEMPERATURE), 0x1e00);
    cr_expect_eq(th_level(b, "alert", 0), 1);
    close_device(a);
    close_device(b);
}
