/* SPDX-License-Identifier: Apache-2.0
 *
 * watch.h - what --trace and --break name: accesses to registers and fields, events, regions.
 *
 *   uart0                 everything of a node
 *   uart0.LCR*            registers, events and regions of that name; * ? [a-z] as in a shell, letters of any case
 *   plic.claim            all elements of an array; plic.claim0: the first
 *   uart0.LCR.DLAB        a field of a register
 *   uart0.LCR:w           writes only; :r reads
 *   plic.claim==10        accesses with this value: == != < <= > >=, and & for "any of these bits"
 *   uart0.LCR.WLS==8      a field's value, by its number or its name
 *
 * A value that is read is what the guest sees, one that is written what the guest writes.
 */
#ifndef CORE_TRACE_WATCH_H
#define CORE_TRACE_WATCH_H

#include <backplane/regs.h>
#include <stdbool.h>

struct bp_dev;

#define WATCH_WHY   160
#define WATCH_READ  1u
#define WATCH_WRITE 2u

enum watch_op { WATCH_ANY, WATCH_EQ, WATCH_NE, WATCH_LE, WATCH_GE, WATCH_LT, WATCH_GT, WATCH_BITS };

struct watch {
    char *text; /* as it was given */
    char *node, *item,
        *field;     /* patterns; item NULL: everything of the node, field NULL: the register */
    uint32_t kinds; /* WATCH_READ, WATCH_WRITE */
    enum watch_op op;
    bool numeric;
    uint64_t value; /* numeric: to compare with */
    char *word;     /* the same as it was given: it may be the name of a field's value */
};

struct watches {
    struct watch *items;
    uint32_t count;
};

/* Reads `texts` (NULL-terminated; NULL: none). False: `why` says what is wrong with one, and nothing is kept. */
bool watches_read(struct watches *out, const char *const *texts, char why[WATCH_WHY]);
void watches_finish(struct watches *w);

/* An event, which has no value of its own. */
bool watch_event(const struct watch *w, const char *node, const char *event);
/* One access to a register. */
bool watch_register(const struct watch *w, const char *node, const struct bp_reg *row,
                    uint32_t element, uint64_t value, bool write);
/* One access to a region. */
bool watch_value(const struct watch *w, const char *node, const char *item, uint64_t value,
                 bool write);
/* Does the pattern of fields (NULL: every one) select this one? */
bool watch_field(const char *pattern, const struct bp_reg_field *field);
/* Is there anything in the device that it can ever match? */
bool watch_can_match(const struct watch *w, const struct bp_dev *dev);

#endif
