/* SPDX-License-Identifier: Apache-2.0
 *
 * props.h - typed properties: what a user may write under a node of a machine description.
 *
 * A class lists its properties as static rows. The core parses the text, checks it against the row, reports
 * every mistake with file and line, and writes the value into the instance before init(). The same rows give
 * the schema, the documentation and the completion. Defaults are text, read by the same parser.
 */
#ifndef BACKPLANE_PROPS_H
#define BACKPLANE_PROPS_H

#include <backplane/abi.h>

BP_BEGIN

/* Types, and what the core writes at `offset`. */
#define BP_PROP_BOOL     1 /* uint8_t: 0 or 1 */
#define BP_PROP_U8       2
#define BP_PROP_U16      3
#define BP_PROP_U32      4
#define BP_PROP_U64      5
#define BP_PROP_I64      6
#define BP_PROP_F64      7  /* double */
#define BP_PROP_STR      8  /* const char *, UTF-8, core-owned until finish(); NULL when absent */
#define BP_PROP_BYTES    9  /* struct bp_bytes; written in YAML as a hex string "de:ad:be:ef" */
#define BP_PROP_ENUM     10 /* uint32_t: index into `choices` */
#define BP_PROP_SIZE     11 /* uint64_t bytes; YAML needs a unit: B KiB MiB GiB TiB */
#define BP_PROP_FREQ     12 /* uint64_t hertz; unit: Hz kHz MHz GHz */
#define BP_PROP_ADDR     13 /* uint64_t guest address; a number, or NODE+OFFSET */
#define BP_PROP_DURATION 14 /* uint64_t nanoseconds; unit: ns us ms s */
#define BP_PROP_REF      15 /* struct bp_ref: another node that offers interface `ref_iface` */
#define BP_PROP_LIST     16 /* struct bp_list of `element` type; a REF list may use globs: "hart*" */
#define BP_PROP_PATH     17 /* const char *: a host file, made absolute relative to the YAML file */

#define BP_PROP_REQUIRED 1u /* flag: the user must give it (then `def` is NULL) */

struct bp_prop {
    const char *name, *doc; /* "fifo-depth"; kebab-case, unique in the class */
    uint32_t type, flags;
    uint32_t offset;   /* into the instance */
    uint32_t element;  /* LIST: type of the elements */
    const char *def;   /* default as YAML text; NULL: zero, empty or unset */
    uint64_t min, max; /* inclusive; both 0: the full range of the type. LIST: number of elements */
    const char *const *choices; /* ENUM: NULL-terminated names */
    const char
        *ref_iface; /* REF and LIST of REF: interface id the target must offer; NULL: any node */
};

struct bp_bytes {
    const uint8_t *data; /* core-owned until finish() */
    uint64_t size;
};

/* A resolved reference. Written before init(); `self` may be *called* only from the first reset() on, when
 * every init() is done. `iface` is what get_iface(self, ref_iface) returned, or NULL for ref_iface NULL. */
struct bp_ref {
    void *self;
    const void *iface;
    struct bp_dev *dev;
    const char *path; /* node name, "hart0"; core-owned until finish() */
};

struct bp_list {
    const void
        *items; /* contiguous; element types as in the table above; core-owned until finish() */
    uint32_t count, stride;
};

BP_END
#endif
