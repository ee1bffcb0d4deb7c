/* SPDX-License-Identifier: Apache-2.0
 *
 * units.h - numbers as people write them: 0x80000000, 64KiB, 3.6864MHz, 10us. Pure functions.
 */
#ifndef CORE_MACHINE_UNITS_H
#define CORE_MACHINE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit_kind { UNIT_SIZE, UNIT_FREQ, UNIT_DURATION, UNIT_KINDS }; /* bytes, hertz, nanoseconds */

#define UNITS_WHY 160 /* bytes that are always enough for the `why` of a failure: "cause: cure" */

/* An integer of YAML's core schema: decimal, 0x or 0o, with an optional sign. `why` is written on
 * failure. */
bool units_integer(const char *text, bool *negative, uint64_t *magnitude, char why[UNITS_WHY]);

/* A number with a unit of `kind`. Hexadecimal needs no unit; a bare decimal is refused, apart from
 * 0 and, for sizes, 1..9 (0x4 says no more than 4). Fractions are fine when the result is whole:
 * 1.5KiB. */
bool units_parse(enum unit_kind kind, const char *text, uint64_t *value, char why[UNITS_WHY]);

/* As units_parse, with the kind found by the unit, which must be there. */
bool units_parse_any(const char *text, enum unit_kind *kind, uint64_t *value, char why[UNITS_WHY]);

/* The shortest text that units_parse() reads back as `value`. `out` has at least 32 bytes. Returns
 * out. */
char *units_format(enum unit_kind kind, uint64_t value, char *out);

const char *units_name(enum unit_kind kind);    /* "a size" */
const char *units_example(enum unit_kind kind); /* "64KiB" */
const char *units_unit(enum unit_kind kind,
                       size_t i); /* "KiB", smallest first; NULL behind the last */

#endif
