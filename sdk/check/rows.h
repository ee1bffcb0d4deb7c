/* SPDX-License-Identifier: Apache-2.0
 *
 * rows.h - the arrays of a class, whatever its kind, for the checks of descriptors.
 */
#ifndef CHECK_ROWS_H
#define CHECK_ROWS_H

#include "check.h"

struct array {
    const char *name; /* "props" */
    const void *rows;
    uint32_t count, stride;
    uint32_t row_bytes; /* a row in SDK 0.1 */
};

#define CLASS_ARRAYS 8

/* What all kinds of class have, read from the one that is checked. */
struct any {
    uint32_t size, first_size; /* first_size: of the struct in SDK 0.1 */
    uint32_t flags, known_flags;
    uint32_t instance_size, instance_align;
    const char *name, *doc;
    struct array arrays[CLASS_ARRAYS]; /* those it does not have are empty */
};
#define ARRAY_PROPS     0
#define ARRAY_PORTS     1
#define ARRAY_PROVIDERS 2
#define ARRAY_REGIONS   3
#define ARRAY_EVENTS    4
#define ARRAY_OTHER     5 /* CPUs: registers */
#define ARRAY_BUSES     6
#define ARRAY_SEATS     7

void any_class(const struct kit *kit, struct any *out);
const void *any_row(const struct array *array, uint32_t i);
/* Count, stride and pointer are believable; else a finding, unless kit is NULL. */
bool array_holds(struct kit *kit, const struct array *array);
/* [offset, offset + bytes) lies in the instance at a multiple of `align`; else a finding about
 * `what`. */
bool offset_holds(struct kit *kit, const struct any *any, uint64_t offset, uint64_t bytes,
                  uint32_t align, const char *kind, const char *what);
/* A name in kebab-case, unique among the rows before (their names at offset 0), and a doc line. */
void name_holds(struct kit *kit, const struct array *array, uint32_t i, const char *doc);

#endif
