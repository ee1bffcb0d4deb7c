/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine/units.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

Test(units, reads_integers_of_the_core_schema)
{
    const struct {
        const char *text;
        bool negative;
        uint64_t value;
    } rows[] = {
        {"0", false, 0},
        {"010", false, 10}, /* not octal: YAML 1.2 */
        {"0o17", false, 15},
        {"0xdeadBEEF", false, 0xdeadbeef},
        {"-5", true, 5},
        {"+7", false, 7},
        {"18446744073709551615", false, UINT64_MAX},
        {"0xffffffffffffffff", false, UINT64_MAX},
        {"00000000000000000000000000000001", false, 1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value;
        bool negative;
        char why[UNITS_WHY];

        cr_assert(units_integer(rows[i].text, &negative, &value, why), "%s: %s", rows[i].text, why);
        cr_expect_eq(value, rows[i].value, "%s", rows[i].text);
        cr_expect_eq(negative, rows[i].negative, "%s", rows[i].text);
    }
}

Test(units, refuses_what_is_no_integer)
{
    const struct {
        const char *text, *why;
    } rows[] = {
        {"", "`` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {"-", "`-` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {"0x", "`0x` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {"1_000", "`1_000` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {"1.5", "`1.5` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {" 1", "` 1` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {"-0x1", "`-0x1` is not a whole number: write decimal digits or 0x and hexadecimal ones"},
        {"18446744073709551616",
         "`18446744073709551616` does not fit in 64 bits: write a smaller number"},
        {"0x10000000000000000",
         "`0x10000000000000000` does not fit in 64 bits: write a smaller number"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value;
        bool negative;
        char why[UNITS_WHY];

        cr_expect_not(units_integer(rows[i].text, &negative, &value, why), "%s", rows[i].text);
        cr_expect_str_eq(why, rows[i].why);
    }
}

Test(units, reads_quantities)
{
    const struct {
        enum unit_kind kind;
        const char *text;
        uint64_t value;
    } rows[] = {
        {UNIT_SIZE, "64KiB", 65536},
        {UNIT_SIZE, "1.5KiB", 1536},
        {UNIT_SIZE, "0", 0},
        {UNIT_SIZE, "9", 9},
        {UNIT_SIZE, "0x1000", 4096},
        {UNIT_SIZE, "1B", 1},
        {UNIT_SIZE, "16777215TiB", UINT64_C(16777215) << 40},
        {UNIT_FREQ, "3.6864MHz", 3686400},
        {UNIT_FREQ, "32.768kHz", 32768},
        {UNIT_FREQ, "1GHz", 1000000000},
        {UNIT_FREQ, "0", 0},
        {UNIT_DURATION, "10us", 10000},
        {UNIT_DURATION, "0.5s", 500000000},
        {UNIT_DURATION, "7ns", 7},
        {UNIT_DURATION, "1.000000000s", 1000000000},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[UNITS_WHY];
        uint64_t value;

        cr_assert(units_parse(rows[i].kind, rows[i].text, &value, why), "%s: %s", rows[i].text,
                  why);
        cr_expect_eq(value, rows[i].value, "%s: %" PRIu64, rows[i].text, value);
    }
}

Test(units, refuses_bare_numbers_wrong_units_and_fractions)
{
    const struct {
        enum unit_kind kind;
        const char *text, *why;
    } rows[] = {
        {UNIT_SIZE, "10", "`10` is a bare number where a size belongs: write a unit, such as 10B"},
        {UNIT_SIZE, "4096",
         "`4096` is a bare number where a size belongs: write a unit, such as 4KiB"},
        {UNIT_SIZE, "1.5",
         "`1.5` is a bare number where a size belongs: write a unit, such as 64KiB"},
        {UNIT_FREQ, "1",
         "`1` is a bare number where a frequency belongs: write a unit, such as 1Hz"},
        {UNIT_DURATION, "5",
         "`5` is a bare number where a duration belongs: write a unit, such as 5ns"},
        {UNIT_SIZE, "64KB", "`KB` is not a unit of a size: write KiB"},
        {UNIT_SIZE, "1G", "`G` is not a unit of a size: write GiB"},
        {UNIT_SIZE, "64 KiB", "` KiB` is not a unit of a size: write B, KiB, MiB, GiB, TiB"},
        {UNIT_FREQ, "24Mhz", "`Mhz` is not a unit of a frequency: write MHz"},
        {UNIT_DURATION, "1min", "`min` is not a unit of a duration: write ms"},
        {UNIT_SIZE, "24MHz", "`MHz` is not a unit of a size: write MiB"},
        {UNIT_SIZE, "0.3KiB", "`0.3KiB` is not a whole number of B: write it with a smaller unit"},
        {UNIT_SIZE, "-1KiB", "`-1KiB` is not a size: write a number and a unit, such as 64KiB"},
        {UNIT_SIZE, "", "`` is not a size: write a number and a unit, such as 64KiB"},
        {UNIT_SIZE, "16777216TiB", "`16777216TiB` does not fit in 64 bits: write a smaller number"},
        {UNIT_SIZE, "99999999999999999999999KiB",
         "`99999999999999999999999KiB` does not fit in 64 bits: write a smaller number"},
        {UNIT_SIZE, "0.0000000000000000001KiB",
         "`0.0000000000000000001KiB` does not fit in 64 bits: write a smaller number"},
        {UNIT_SIZE, "1.KiB", "`1.KiB` is not a size: write a number and a unit, such as 64KiB"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[UNITS_WHY];
        uint64_t value;

        cr_expect_not(units_parse(rows[i].kind, rows[i].text, &value, why), "%s", rows[i].text);
        cr_expect_str_eq(why, rows[i].why);
    }
}

Test(units, explains_texts_of_any_length)
{
    char text[4096], why[UNITS_WHY];
    uint64_t value;
    bool negative;

    for (int c = 1; c < 128; c++) {
        memset(text, c, sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        for (int kind = 0; kind < UNIT_KINDS; kind++)
            if (!units_parse((enum unit_kind)kind, text, &value, why))
                cr_assert_lt(strlen(why), UNITS_WHY);
        if (!units_integer(text, &negative, &value, why))
            cr_assert_lt(strlen(why), UNITS_WHY);
    }
}

Test(units, formats_what_it_reads_back)
{
    const uint64_t values[] = {
        0, 1, 1000, 1024, 1536, 3686400, 24000000, UINT64_C(1) << 40, 123456789, UINT64_MAX};

    for (size_t i = 0; i < COUNT(values); i++)
        for (int kind = 0; kind < UNIT_KINDS; kind++) {
            char text[32], why[UNITS_WHY];
            uint64_t value = ~values[i];

            units_format((enum unit_kind)kind, values[i], text);
            cr_assert(units_parse((enum unit_kind)kind, text, &value, why), "%s: %s", text, why);
            cr_expect_eq(value, values[i], "%s", text);
        }
    char text[32];

    cr_expect_str_eq(units_format(UNIT_SIZE, 512 << 20, text), "512MiB");
    cr_expect_str_eq(units_format(UNIT_FREQ, 3686400, text), "3686400Hz");
    cr_expect_str_eq(units_format(UNIT_DURATION, 10000, text), "10us");
}
