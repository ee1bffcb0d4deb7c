/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of state, written and read (format.h).
 */
#include "core/state/format.h"

#include <backplane/state.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 16u
#define RECORD_BYTES 24u
#define MAX_NAME     512u /* of a class or a record */

uint32_t state_width(uint32_t type)
{
    static const uint8_t widths[] = {
        [BP_STATE_U8] = 1,  [BP_STATE_U16] = 2,   [BP_STATE_U32] = 4,
        [BP_STATE_U64] = 8, [BP_STATE_BYTES] = 1,
    };

    return type < sizeof(widths) ? widths[type] : 0;
}

uint32_t state_type(uint32_t width)
{
    static const uint8_t types[] = {
        [1] = BP_STATE_U8, [2] = BP_STATE_U16, [4] = BP_STATE_U32, [8] = BP_STATE_U64};

    return width < sizeof(types) ? types[width] : 0;
}

uint64_t state_get_number(const uint8_t *at, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < width; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

void state_put_number(uint8_t *at, uint32_t width, uint64_t value)
{
    for (uint32_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

bool state_is_named(const struct state_record *record, const char *name)
{
    return strlen(name) == record->name_bytes && !memcmp(name, record->name, record->name_bytes);
}

/* --- writing ------------------------------------------------------------------------------------------------ */

static uint8_t *reserve(struct state_bytes *out, size_t bytes)
{
    size_t room = out->room ? out->room : 1024;
    uint8_t *data;

    if (out->no_memory || bytes > SIZE_MAX / 4 - out->used) {
        out->no_memory = true;
        return NULL;
    }
    while (room < out->used + bytes)
        room *= 2;
    if (room != out->room) {
        data = realloc(out->data, room);
        if (!data) {
            out->no_memory = true;
            return NULL;
        }
        out->data = data;
        out->room = room;
    }
    out->used += bytes;
    return out->data + out->used - bytes;
}

void state_put_header(struct state_bytes *out, const char *class_name, uint32_t version)
{
    size_t length = strlen(class_name);
    uint8_t *at = reserve(out, HEADER_BYTES + length);

    if (!at)
        return;
    state_put_number(at, 4, STATE_MAGIC);
    state_put_number(at + 4, 2, STATE_FORMAT);
    state_put_number(at + 6, 2, 0);
    state_put_number(at + 8, 4, version);
    state_put_number(at + 12, 4, length);
    memcpy(at + HEADER_BYTES, class_name, length);
}

uint8_t *state_put(struct state_bytes *out, const struct state_record *record)
{
    uint8_t *at = reserve(out, RECORD_BYTES + record->name_bytes + record->bytes);

    if (!at)
        return NULL;
    state_put_number(at, 2, record->kind);
    at[2] = record->type;
    at[3] = record->flags;
    state_put_number(at + 4, 4, record->tag);
    state_put_number(at + 8, 4, record->count);
    state_put_number(at + 12, 4, record->name_bytes);
    state_put_number(at + 16, 8, record->bytes);
    if (record->name_bytes)
        memcpy(at + RECORD_BYTES, record->name, record->name_bytes);
    at += RECORD_BYTES + record->name_bytes;
    if (record->values && record->bytes)
        memcpy(at, record->values, record->bytes);
    return at;
}

/* --- reading ------------------------------------------------------------------------------------------------ */

static bool broken(struct state_reader *r, const char *text)
{
    snprintf(r->why, sizeof(r->why), "%s", text);
    r->at = r->end;
    return false;
}

static size_t left(const struct state_reader *r)
{
    return (size_t)(r->end - r->at);
}

bool state_open(struct state_reader *r, const void *data, size_t bytes)
{
    *r = (struct state_reader){.at = data, .end = (const uint8_t *)data + bytes};
    if (bytes < HEADER_BYTES || state_get_number(r->at, 4) != STATE_MAGIC)
        return broken(r, "not the state of a device");
    if (state_get_number(r->at + 4, 2) != STATE_FORMAT) {
        snprintf(r->why, sizeof(r->why), "state of format %u, which this core does not know",
                 (unsigned)state_get_number(r->at + 4, 2));
        r->at = r->end;
        return false;
    }
    r->version = (uint32_t)state_get_number(r->at + 8, 4);
    r->class_bytes = (uint32_t)state_get_number(r->at + 12, 4);
    r->at += HEADER_BYTES;
    if (r->class_bytes > MAX_NAME || r->class_bytes > left(r))
        return broken(r, "the state is cut off in its header");
    r->class_name = (const char *)r->at;
    r->at += r->class_bytes;
    return true;
}

/* The values of a record are as many as it says: nobody has to look again. */
static bool check_record(struct state_reader *r, const struct state_record *record)
{
    uint32_t width = state_width(record->type);

    if (record->kind == STATE_END && (record->bytes || record->count || record->name_bytes))
        return broken(r, "the end of the state is damaged");
    if (record->kind != STATE_END &&
        (!width || record->bytes / width != record->count || record->bytes % width))
        return broken(r, "a record of the state has other values than it says");
    return true;
}

bool state_next(struct state_reader *r, struct state_record *out)
{
    const uint8_t *at = r->at;

    if (r->why[0] || !r->at)
        return false;
    if (left(r) < RECORD_BYTES)
        return broken(r, "the state is cut off");
    *out = (struct state_record){
        .kind = (uint16_t)state_get_number(at, 2),
        .type = at[2],
        .flags = at[3],
        .tag = (uint32_t)state_get_number(at + 4, 4),
        .count = (uint32_t)state_get_number(at + 8, 4),
        .name_bytes = (uint32_t)state_get_number(at + 12, 4),
        .bytes = state_get_number(at + 16, 8),
    };
    r->at += RECORD_BYTES;
    if (out->name_bytes > MAX_NAME || out->name_bytes > left(r) ||
        out->bytes > left(r) - out->name_bytes)
        return broken(r, "the state is cut off in a record");
    out->name = (const char *)r->at;
    out->values = r->at + out->name_bytes;
    r->at += out->name_bytes + out->bytes;
    if (!check_record(r, out))
        return false;
    if (out->kind != STATE_END)
        return true;
    if (left(r))
        return broken(r, "there is more behind the end of the state");
    r->at = NULL;
    return false;
}
