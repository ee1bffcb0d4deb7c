/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.h - register tables: one row a register, and the core does the rest.
 *
 * From the rows the core supplies reads and writes, reset values, traces by name, documentation, snapshots and
 * inspection (`uart0.LCR.DLAB`). Only a register with behaviour needs a hook.
 *
 * An access that covers several registers, or part of one, is assembled by the core from whole-register
 * reads and writes in address order; bytes between rows read as zero and ignore writes. A write of part of a
 * register takes the bytes it lacks from what a DEBUG read would give (RW, RO, WO, RC), as zeros (W1C, W1S)
 * or as ones (W0C), so that they change nothing. An access that
 * touches no row at all is passed to region->read/write when present, else it reads zero, is dropped, and is
 * reported once per address in the trace.
 */
#ifndef BACKPLANE_REGS_H
#define BACKPLANE_REGS_H

#include <backplane/mmio.h>

BP_BEGIN

#define BP_REG_RW  0
#define BP_REG_RO  1 /* writes are ignored */
#define BP_REG_WO  2 /* reads give 0 (or on_read) */
#define BP_REG_W1C 3 /* a written 1 clears the bit */
#define BP_REG_W0C 4 /* a written 0 clears the bit */
#define BP_REG_W1S 5 /* a written 1 sets the bit */
#define BP_REG_RC  6 /* a (non-debug) read clears the bound value; writes are ignored */

struct bp_reg_value {
    const char *name;
    uint64_t value;
};

struct bp_reg_field {
    const char *name, *doc;
    uint32_t lsb, width;
    const struct bp_reg_value *values; /* ends with a NULL name; may be NULL */
};

struct bp_reg {
    uint64_t offset;        /* from the start of the region */
    uint32_t width;         /* 1, 2, 4 or 8 bytes */
    uint32_t access;        /* BP_REG_* */
    const char *name, *doc; /* "LCR"; an array's elements are shown as NAME0, NAME1, ... */
    uint64_t reset;         /* value after reset; applies to bound registers */
    uint64_t write_mask;    /* bits a guest write can change; 0 reads as "all" for writable kinds */
    uint32_t bound;         /* offset of a uintN_t of this width in the instance, or BP_UNBOUND */
    uint32_t banks;         /* bit set of banks the row exists in; 0: all */
    uint32_t count;         /* elements of a register array; 0 reads as 1 */
    uint32_t stride;        /* bytes from one element to the next on the bus; 0: width */
    const struct bp_reg_field *fields; /* ends with a NULL name; may be NULL */
    /* Hooks, [machine], may be NULL. `index` counts elements of an array.
     * on_read: `value` is the bound value (0 if unbound); returns what the guest sees. For an access with
     *          BP_ACCESS_DEBUG it must change nothing.
     * on_write: called after the bound value was updated by the access rule; `value` is what the guest
     *          wrote (masked), `old` the bound value before (0 if unbound). */
    uint64_t (*on_read)(void *self, uint32_t index, uint64_t value, const struct bp_access *access);
    void (*on_write)(void *self, uint32_t index, uint64_t value, uint64_t old);
};
#define BP_UNBOUND 0xffffffffu
/* Elements of a bound array are contiguous in the instance. */

BP_END
#endif
