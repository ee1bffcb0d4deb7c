/* SPDX-License-Identifier: Apache-2.0
 *
 * state.h - what of an instance belongs into a snapshot, beyond its register tables.
 *
 * Registers with a table row, line levels, timers and RAM regions are saved without any row here. Tags are
 * numbers that are never reused; a tag the reader does not know is skipped when OPTIONAL and refused by name
 * otherwise; a tag the file lacks leaves the reset value.
 */
#ifndef BACKPLANE_STATE_H
#define BACKPLANE_STATE_H

#include <backplane/plugin.h>

BP_BEGIN

#define BP_STATE_U8    1
#define BP_STATE_U16   2
#define BP_STATE_U32   3
#define BP_STATE_U64   4
#define BP_STATE_BYTES 5 /* `count` raw bytes */

#define BP_STATE_OPTIONAL 1u

struct bp_state_field {
    uint32_t tag; /* 1.. ; unique in the class for ever */
    uint32_t type, flags;
    uint32_t offset; /* into the instance */
    uint32_t count;  /* elements; 0 reads as 1 */
    uint32_t
        count_offset; /* when not 0: offset of a uint32_t <= count: how many of them are in use */
    const char *name;
};

struct bp_state {
    uint32_t size, version;
    const struct bp_state_field *fields;
    uint32_t nfields, field_stride;
    int32_t (*pre_save)(void *self);  /* [machine]; may be NULL */
    int32_t (*post_load)(void *self); /* [machine]; may touch its own device only; may be NULL */
};

BP_END
#endif
