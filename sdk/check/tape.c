/* SPDX-License-Identifier: Apache-2.0
 *
 * tape.c - what could be seen of a device from outside, in order.
 */
#include <inttypes.h>

#include "rig.h"

#define TAPE_MOST (1u << 20)

void tape_add(struct rig *rig, uint32_t kind, uint32_t index, uint64_t a, uint64_t b)
{
    struct tape *t = &rig->tape;

    if (t->pause || t->count == TAPE_MOST)
        return;
    if (t->count == t->room) {
        uint32_t room = t->room ? 2 * t->room : 1024;
        struct tape_entry *entries = realloc(t->entries, room * sizeof *entries);

        if (!entries)
            return;
        t->entries = entries;
        t->room = room;
    }
    t->entries[t->count++] = (struct tape_entry){kind, index, a, b};
}

static void describe(const struct tape_entry *e, char *text, size_t room)
{
    static const char *const formats[] = {
        [TAPE_READ] = "region %u + %#" PRIx64 " reads %#" PRIx64,
        [TAPE_STATUS] = "an access to region %u + %#" PRIx64 " gives status %" PRId64,
        [TAPE_LINE] = "port %u drives line %" PRIu64 " to %" PRIu64,
        [TAPE_CHAR] = "port %u writes %" PRIu64 " bytes with sum %#" PRIx64,
        [TAPE_DMA] = "DMA %u (1: a write) to %#" PRIx64 " of %" PRIu64 " bytes",
        [TAPE_BLOCK] = "block operation %u at %#" PRIx64 " of %" PRIu64 " bytes",
        [TAPE_POWER] = "power action %u with code %" PRIu64 "%.0" PRIu64,
        [TAPE_CLOCK] = "clock port %u runs at %" PRIu64 " Hz%.0" PRIu64,
        [TAPE_REGION] = "region %u: call %" PRIu64 " with %#" PRIx64,
        [TAPE_PART] = "part %u on a bus is told %#" PRIx64 " after %#" PRIx64,
    };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, room, formats[e->kind], e->index, e->a, e->b);
#pragma GCC diagnostic pop
}

static bool entry_same(const struct tape_entry *a, const struct tape_entry *b)
{
    return a->kind == b->kind && a->index == b->index && a->a == b->a && a->b == b->b;
}

bool tape_same(struct kit *kit, const struct tape *a, const struct tape *b, const char *what)
{
    char left[120] = "nothing more", right[120] = "nothing more";
    uint32_t i = 0;

    while (i < a->count && i < b->count && entry_same(&a->entries[i], &b->entries[i]))
        i++;
    if (i == a->count && i == b->count)
        return true;
    if (i < a->count)
        describe(&a->entries[i], left, sizeof left);
    if (i < b->count)
        describe(&b->entries[i], right, sizeof right);
    kit_fail(kit, "%s: after %u equal steps, %s; and the other time, %s", what, i, left, right);
    return false;
}
