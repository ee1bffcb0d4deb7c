/* SPDX-License-Identifier: Apache-2.0
 *
 * values.c - values for properties: the simplest one a row allows, or any of them.
 */
#include "values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <th_props.h>

#define SCRATCH_BYTES (1u << 20)
#define LIST_MOST     6u

static uint64_t type_max(uint32_t type)
{
    switch (type) {
    case BP_PROP_U8:
        return UINT8_MAX;
    case BP_PROP_U16:
        return UINT16_MAX;
    case BP_PROP_U32:
        return UINT32_MAX;
    case BP_PROP_I64:
        return INT64_MAX;
    default:
        return UINT64_MAX;
    }
}

/* A number in the row's range: its least, or any with weight on both ends and on powers of two. */
static uint64_t pick(const struct bp_prop *row, uint32_t type, struct random *random)
{
    bool whole = !row->min && !row->max;
    uint64_t min = whole || row->type == BP_PROP_LIST ? 0 : row->min;
    uint64_t max = whole || row->type == BP_PROP_LIST ? type_max(type) : row->max;
    uint64_t value;

    if (!random)
        return min ? min : max ? 1 : 0;
    switch (random_below(random, 4)) {
    case 0:
        return min;
    case 1:
        return max;
    case 2:
        value = 1ull << random_below(random, 64);
        return value < min || value > max ? min : value;
    default:
        value = random_value(random);
        return value < min || value > max ? min + (max - min ? value % (max - min) : 0) : value;
    }
}

static const char *unit_of(uint32_t type)
{
    return type == BP_PROP_SIZE       ? "B"
           : type == BP_PROP_FREQ     ? "Hz"
           : type == BP_PROP_DURATION ? "ns"
                                      : "";
}

static uint32_t count_choices(const struct bp_prop *row)
{
    uint32_t n = 0;

    while (row->choices && row->choices[n])
        n++;
    return n;
}

static void text_value(struct random *random, char *text, size_t room)
{
    static const char letters[] = "abcXYZ019-_/.:% \"\\";
    size_t length = random ? random_below(random, 40) : 1;

    if (length >= room)
        length = room - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = random ? letters[random_below(random, sizeof letters - 1)] : 'a';
    text[length] = 0;
}

static bool one_value(const struct bp_prop *row, uint32_t type, struct random *random, char *text,
                      size_t room)
{
    uint32_t n;

    switch (type) {
    case BP_PROP_BOOL:
        snprintf(text, room, "%s", random && random_below(random, 2) ? "true" : "false");
        return true;
    case BP_PROP_ENUM:
        n = count_choices(row);
        snprintf(text, room, "%s", n ? row->choices[random ? random_below(random, n) : 0] : "");
        return n != 0;
    case BP_PROP_F64:
        snprintf(text, room, "%g", random ? (double)random_below(random, 1000) / 7 : 1.0);
        return true;
    case BP_PROP_STR:
        text_value(random, text, room);
        return true;
    case BP_PROP_PATH:
        snprintf(text, room, "%s", scratch_file(SCRATCH_BYTES) ? scratch_file(SCRATCH_BYTES) : "");
        return text[0] != 0;
    case BP_PROP_BYTES:
        n = random ? 1 + (uint32_t)random_below(random, 20) : 6;
        for (uint32_t i = 0; i < n && room > 3; i++, text += 3, room -= 3)
            snprintf(text, room, i + 1 < n ? "%02x:" : "%02x",
                     random ? (unsigned)random_below(random, 256) : 2 + i);
        return true;
    case BP_PROP_REF:
    case BP_PROP_LIST:
        return false;
    default:
        snprintf(text, room, "%" PRIu64 "%s", pick(row, type, random), unit_of(type));
        return true;
    }
}

uint32_t value_count(const struct bp_prop *row, struct random *random)
{
    uint64_t min = row->min ? row->min : 1;
    uint64_t max = row->max && row->max < LIST_MOST ? row->max : LIST_MOST;

    if (row->type == BP_PROP_REF)
        return 1;
    if (max < min)
        max = min;
    if (!random)
        return (uint32_t)(min < 2 && max >= 2 ? 2 : min);
    return (uint32_t)(min + random_below(random, max - min + 1));
}

bool value_of(const struct bp_prop *row, struct random *random, char *text, size_t room)
{
    uint32_t count;

    if (row->type != BP_PROP_LIST)
        return one_value(row, row->type, random, text, room);
    count = value_count(row, random);
    for (uint32_t i = 0; i < count; i++) {
        size_t used;

        if (!one_value(row, row->element, random, text, room))
            return false;
        used = strlen(text);
        if (used + 3 > room)
            return false;
        if (i + 1 < count)
            memcpy(text + used, ", ", 3);
        used = strlen(text);
        text += used;
        room -= used;
    }
    return true;
}

/* Required values and those of --props; with `random` most of the others. False: a skip says
 * why. */
static bool give(struct kit *kit, struct th *t, const struct bp_prop *row, struct random *random)
{
    const char *given = kit_setting(kit, row->name);
    bool refs =
        row->type == BP_PROP_REF || (row->type == BP_PROP_LIST && row->element == BP_PROP_REF);
    bool required = row->flags & BP_PROP_REQUIRED;
    bool wanted = required || (random && random_below(random, 4) != 0);
    char text[512];

    if (refs && required && row->ref_iface) {
        kit_skip(kit, "property %s refers to a node that offers %s: only a machine has one",
                 row->name, row->ref_iface);
        return false;
    }
    if (refs && !row->ref_iface && (required || (row->type == BP_PROP_LIST && wanted)))
        th_set_refs(t, row->name, value_count(row, random));
    if (!refs && given)
        th_set(t, row->name, given);
    if (refs || given || !wanted || (random && row->type == BP_PROP_PATH))
        return true;
    if (value_of(row, random, text, sizeof text))
        th_set(t, row->name, text);
    else if (required)
        kit_skip(kit, "property %s is required, and the kit has no value: --props gives one",
                 row->name);
    return !kit->shared->skipped[0];
}

bool values_give(struct kit *kit, struct th *t, struct random *random)
{
    for (uint32_t i = 0; i < t->cls->nprops; i++) {
        if (!give(kit, t, th_prop_row(t, i), random))
            return false;
    }
    return true;
}
