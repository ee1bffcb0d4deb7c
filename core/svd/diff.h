/* SPDX-License-Identifier: Apache-2.0
 *
 * diff.h - what differs between two descriptions, as a device's author sees it: registers and fields by name. [main]
 */
#ifndef CORE_SVD_DIFF_H
#define CORE_SVD_DIFF_H

#include "core/svd/svd.h"

struct svd_change {
    char sign; /* '+' only in the new one, '-' only in the old one, '~' in both, and different */
    const char *what;     /* "TIMER0.CR.EN" */
    const char *property; /* "reset"; NULL for + and - */
    const char *before,
        *after; /* NULL where there is none; for + and - one of them describes what is there */
};

/* Called for each change, in the order of the old block, then what is new. Texts live until the function returns. */
typedef void svd_change_fn(void *ctx, const struct svd_change *change);

/* The number of changes. Descriptions (doc) count as well. */
size_t svd_diff_blocks(const struct svd_block *before, const struct svd_block *after,
                       svd_change_fn *fn, void *ctx);

#endif
