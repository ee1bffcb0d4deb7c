/* SPDX-License-Identifier: Apache-2.0
 *
 * expr.h - the arithmetic inside ${...}: over parameters and repeat indices, without functions or
 * loops. [main]
 *
 *   ?:  ||  &&  |  ^  &  == !=  < <= > >=  << >>  + -  * / %  unary - + ! ~  ( )
 *
 * Precedences are those of C.
 *
 * Whole numbers reach from -2^63 to 2^64 - 1; a result beyond is an error, as is a division by
 * zero. Sizes, frequencies and durations keep their kind: 4 * 1MiB and 8MiB / 2 are sizes, 8MiB /
 * 1MiB is a number; adding a size to a number gives a number (an address), any other mixture is an
 * error. Bit operations work on 64 bits.
 */
#ifndef CORE_MACHINE_EXPR_H
#define CORE_MACHINE_EXPR_H

#include "core/machine/arena.h"
#include "core/machine/units.h"

__extension__ typedef __int128 expr_int;

enum expr_type {
    EXPR_SIZE,
    EXPR_FREQ,
    EXPR_DURATION,
    EXPR_INT,
    EXPR_BOOL,
    EXPR_STRING
}; /* first as unit_kind */

struct expr_value {
    enum expr_type type;
    expr_int number;  /* of all but STRING; BOOL: 0 or 1 */
    const char *text; /* STRING */
};

/* Names in sight: those of a file, and around them in front the index of a repeat. */
struct expr_scope {
    const struct expr_var {
        const char *name;
        struct expr_value value;
        bool broken; /* was reported already: using it fails without another word */
    } * vars;
    size_t count;
    const struct expr_scope *outer;
};

enum expr_status { EXPR_OK, EXPR_FAILED, EXPR_BROKEN /* used a broken variable */ };

#define EXPR_WHY      256   /* bytes that are always enough for the `why` of a failure */
#define EXPR_MAX_TEXT 65536 /* bytes of a text after expansion */

/* The value of the expression `text`. Strings in the result borrow from the scope or are put into
 * `a`. */
enum expr_status expr_evaluate(struct arena *a, const char *text, size_t length,
                               const struct expr_scope *scope, struct expr_value *out,
                               char why[EXPR_WHY]);

/* `text` with every ${...} replaced by its value; $${ stands for ${. A copy in `a` in *out, or
 * `text` itself. */
enum expr_status expr_expand(struct arena *a, const char *text, const struct expr_scope *scope,
                             const char **out, char why[EXPR_WHY]);

/* Text that reads back as the value: 512MiB, -1, true. */
const char *expr_format(struct arena *a, const struct expr_value *value);

#endif
