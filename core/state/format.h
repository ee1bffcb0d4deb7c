/* SPDX-License-Identifier: Apache-2.0
 *
 * format.h - bytes that describe themselves: the state of one device as a list of tagged records. [any]
 *
 * All numbers are little-endian.
 *
 *   header   u32 magic "BPst", u16 format, u16 0, u32 version of the class's state, u32 bytes of the class's name, name
 *   record   u16 kind, u8 type, u8 flags, u32 tag, u32 count, u32 bytes of the name, u64 bytes of the values, name, values
 *   ...
 *   record   of kind STATE_END
 *
 * A record is found by its kind and its name, or by its tag if it has one; never by its place. A reader that does not know
 * a record skips it when it is STATE_OPTIONAL and refuses it by name otherwise. Names and values are not padded.
 */
#ifndef CORE_STATE_FORMAT_H
#define CORE_STATE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_MAGIC  0x74735042u
#define STATE_FORMAT 1u

/* Kinds of record, appended and never renumbered. `name`, `type` and values of each: */
enum state_kind {
    STATE_END = 0,
    STATE_REGISTER = 1, /* REGION.NAME; elements as wide as the register */
    STATE_FIELD = 2,    /* a row of the class's state, with its tag */
    STATE_LINE = 3,     /* an OUT port of lines; a byte for each level */
    STATE_CLOCK = 4,    /* an OUT port of clocks; u64 hertz */
    STATE_TIMER = 5,    /* u64: 1 when armed; u64 deadline in virtual ns */
    STATE_WINDOW =
        6, /* a region: u64 flags (1 enabled, 2 direct), u64 base; what bp.mem/1 changed */
    STATE_MEMORY =
        7, /* a RAM region: u64 bytes; all of them are the fill byte but what PAGES hold */
    STATE_PAGES = 8, /* a RAM region: eight bytes of offset, then contents */
};

#define STATE_OPTIONAL 1u /* flag: nothing is lost when the reader does not know it */

struct state_record {
    uint16_t kind;
    uint8_t type; /* BP_STATE_*: elements of the values */
    uint8_t flags;
    uint32_t tag;
    uint32_t count; /* elements */
    const char *name;
    uint32_t name_bytes; /* the name is not terminated */
    const uint8_t *values;
    uint64_t bytes;
};

/* A row of bytes that grows. Zero it to begin with; free(data) ends it. */
struct state_bytes {
    uint8_t *data;
    size_t used, room;
    bool no_memory;
};

void state_put_header(struct state_bytes *out, const char *class_name, uint32_t version);
/* Adds a record with room for `bytes` of values and returns them, to be filled in; NULL: no memory. */
uint8_t *state_put(struct state_bytes *out, const struct state_record *record);

/* Reads hostile bytes. False from state_open() and, for good, from state_next(): `why` says what is broken, or is empty at
 * the end of the list. Records point into the bytes. */
#define STATE_WHY 256
struct state_reader {
    const uint8_t *at, *end;
    const char *class_name; /* not terminated */
    uint32_t class_bytes, version;
    char why[STATE_WHY];
};
bool state_open(struct state_reader *r, const void *data, size_t bytes);
bool state_next(struct state_reader *r, struct state_record *out);

/* Bytes of one element; 0: an unknown type. */
uint32_t state_width(uint32_t type);
uint32_t state_type(uint32_t width); /* of unsigned numbers of 1, 2, 4 or 8 bytes; else 0 */
uint64_t state_get_number(const uint8_t *at, uint32_t width);
void state_put_number(uint8_t *at, uint32_t width, uint64_t value);
bool state_is_named(const struct state_record *record, const char *name);

#endif
