/* SPDX-License-Identifier: Apache-2.0
 *
 * Integers and quantities, from text and back.
 */
#include "core/machine/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_UNITS    5
#define MAX_FRACTION 18 /* digits behind the point: 10^18 fits in 64 bits */
#define SHOWN        40 /* bytes of a wrong text that an error repeats */

__extension__ typedef unsigned __int128 wide;

static const struct {
    const char *name, *example;
    uint64_t bare_max; /* decimals up to this need no unit */
    struct unit {
        const char *name;
        uint64_t factor;
    } units[MAX_UNITS]; /* smallest first */
} kinds[UNIT_KINDS] = {
    [UNIT_SIZE] = {"a size",
                   "64KiB",
                   9,
                   {{"B", 1},
                    {"KiB", 1ull << 10},
                    {"MiB", 1ull << 20},
                    {"GiB", 1ull << 30},
                    {"TiB", 1ull << 40}}},
    [UNIT_FREQ] = {"a frequency",
                   "24MHz",
                   0,
                   {{"Hz", 1}, {"kHz", 1000}, {"MHz", 1000000}, {"GHz", 1000000000}}},
    [UNIT_DURATION] = {"a duration",
                       "10us",
                       0,
                       {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}}},
};

const char *units_name(enum unit_kind kind)
{
    return kinds[kind].name;
}

const char *units_example(enum unit_kind kind)
{
    return kinds[kind].example;
}

const char *units_unit(enum unit_kind kind, size_t i)
{
    return i < MAX_UNITS ? kinds[kind].units[i].name : NULL;
}

/* --- integers --------------------------------------------------------------------------------- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Digits of `base` at *text, which is moved behind them. False: more than 64 bits. */
static bool digits(const char **text, int base, uint64_t *value)
{
    bool fits = true;

    *value = 0;
    for (; digit(**text) < base; (*text)++)
        fits &= !__builtin_mul_overflow(*value, (uint64_t)base, value) &&
                !__builtin_add_overflow(*value, (uint64_t)digit(**text), value);
    return fits;
}

bool units_integer(const char *text, bool *negative, uint64_t *magnitude, char why[UNITS_WHY])
{
    const char *p = text, *start;
    int base = 10;
    bool fits;

    *negative = *p == '-';
    if (*p == '-' || *p == '+') {
        p++;
    } else if (*p == '0' && (p[1] == 'x' || p[1] == 'o')) {
        base = p[1] == 'x' ? 16 : 8;
        p += 2;
    }
    start = p;
    fits = digits(&p, base, magnitude);
    if (p == start || *p) {
        snprintf(why, UNITS_WHY,
                 "`%.*s` is not a whole number: write decimal digits or 0x and hexadecimal ones",
                 SHOWN, text);
        return false;
    }
    if (!fits)
        snprintf(why, UNITS_WHY, "`%.*s` does not fit in 64 bits: write a smaller number", SHOWN,
                 text);
    return fits;
}

/* --- quantities ------------------------------------------------------------------------------- */

static const struct unit *find_unit(enum unit_kind kind, const char *name)
{
    for (size_t i = 0; i < MAX_UNITS && kinds[kind].units[i].name; i++)
        if (!strcmp(kinds[kind].units[i].name, name))
            return &kinds[kind].units[i];
    return NULL;
}

static void explain_unit(enum unit_kind kind, const char *name, char why[UNITS_WHY])
{
    const struct unit *units = kinds[kind].units, *guess = NULL;
    size_t at = 0;

    /* KB, K, kb: the first letter says enough. */
    for (size_t i = 0; i < MAX_UNITS && units[i].name && !guess; i++)
        if (tolower((unsigned char)units[i].name[0]) == tolower((unsigned char)name[0]))
            guess = &units[i];
    at += (size_t)snprintf(why, UNITS_WHY, "`%.*s` is not a unit of %s: write ", SHOWN, name,
                           kinds[kind].name);
    if (guess) {
        snprintf(why + at, UNITS_WHY - at, "%s", guess->name);
        return;
    }
    for (size_t i = 0; i < MAX_UNITS && units[i].name; i++)
        at += (size_t)snprintf(why + at, UNITS_WHY - at, "%s%s", i ? ", " : "", units[i].name);
}

/* "12.5MiB" in parts: 125, 1 digit of fraction, "MiB". */
struct quantity {
    uint64_t mantissa;
    unsigned fraction;
    bool fits;
    const char *unit;
};

static bool split(const char *text, struct quantity *q)
{
    const char *p = text, *point;
    uint64_t tail;

    q->fits = digits(&p, 10, &q->mantissa);
    q->fraction = 0;
    if (p == text)
        return false;
    if (*p == '.') {
        point = ++p;
        q->fits &= digits(&p, 10, &tail) && p - point <= MAX_FRACTION;
        if (p == point)
            return false;
        q->fraction = q->fits ? (unsigned)(p - point) : 0;
        for (unsigned i = 0; i < q->fraction; i++)
            q->fits &= !__builtin_mul_overflow(q->mantissa, (uint64_t)10, &q->mantissa);
        q->fits &= !__builtin_add_overflow(q->mantissa, tail, &q->mantissa);
    }
    q->unit = p;
    return true;
}

static bool scale(enum unit_kind kind, const char *text, const struct quantity *q,
                  const struct unit *unit, uint64_t *value, char why[UNITS_WHY])
{
    wide product = (wide)q->mantissa * unit->factor, power = 1;

    for (unsigned i = 0; i < q->fraction; i++)
        power *= 10;
    if (product % power) {
        snprintf(why, UNITS_WHY, "`%.*s` is not a whole number of %s: write it with a smaller unit",
                 SHOWN, text, kinds[kind].units[0].name);
        return false;
    }
    product /= power;
    if (!q->fits || product > UINT64_MAX) {
        snprintf(why, UNITS_WHY, "`%.*s` does not fit in 64 bits: write a smaller number", SHOWN,
                 text);
        return false;
    }
    *value = (uint64_t)product;
    return true;
}

bool units_parse(enum unit_kind kind, const char *text, uint64_t *value, char why[UNITS_WHY])
{
    static const struct unit bare = {"", 1};
    struct quantity q;
    bool negative;
    char text_out[32];

    if (!strncmp(text, "0x", 2))
        return units_integer(text, &negative, value, why);
    if (!split(text, &q)) {
        snprintf(why, UNITS_WHY, "`%.*s` is not %s: write a number and a unit, such as %s", SHOWN,
                 text, kinds[kind].name, kinds[kind].example);
        return false;
    }
    if (!*q.unit && !q.fraction && q.mantissa <= kinds[kind].bare_max && q.fits)
        return scale(kind, text, &q, &bare, value, why);
    if (!*q.unit) {
        if (q.fraction || !q.fits)
            snprintf(text_out, sizeof(text_out), "%s", kinds[kind].example);
        else
            units_format(kind, q.mantissa, text_out);
        snprintf(why, UNITS_WHY,
                 "`%.*s` is a bare number where %s belongs: write a unit, such as %s", SHOWN, text,
                 kinds[kind].name, text_out);
        return false;
    }
    if (!find_unit(kind, q.unit)) {
        explain_unit(kind, q.unit, why);
        return false;
    }
    return scale(kind, text, &q, find_unit(kind, q.unit), value, why);
}

bool units_parse_any(const char *text, enum unit_kind *kind, uint64_t *value, char why[UNITS_WHY])
{
    struct quantity q;

    if (split(text, &q))
        for (*kind = UNIT_SIZE; *kind < UNIT_KINDS; (*kind)++)
            if (find_unit(*kind, q.unit))
                return scale(*kind, text, &q, find_unit(*kind, q.unit), value, why);
    snprintf(why, UNITS_WHY,
             "`%.*s` is not a number: write 12, 0xc, or one with a unit such as 64KiB, 24MHz, 10us",
             SHOWN, text);
    return false;
}

char *units_format(enum unit_kind kind, uint64_t value, char *out)
{
    const struct unit *best = &kinds[kind].units[0];

    for (size_t i = 0; value && i < MAX_UNITS && kinds[kind].units[i].name; i++)
        if (value % kinds[kind].units[i].factor == 0)
            best = &kinds[kind].units[i];
    sprintf(out, "%" PRIu64 "%s", value / best->factor, best->name);
    return out;
}
