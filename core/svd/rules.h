/* SPDX-License-Identifier: Apache-2.0
 *
 * rules.h - access, modifiedWriteValues and readAction of a register and its fields, as a row of a register table says them
 * (<backplane/regs.h>). Pure.
 *
 * Bits without a field are reserved where there are fields: they keep their reset value. Bits of two fields, one to read and one to
 * write, can be both. A first write that would count (writeOnce) is a write like others: no table knows of it. Bits that are only
 * written are BP_REG_WO, whatever a written one does: nothing can be seen of it.
 */
#ifndef CORE_SVD_RULES_H
#define CORE_SVD_RULES_H

#include "core/svd/svd.h"

#include <backplane/regs.h>

#define SVD_MAX_RULES 65 /* one for each bit, and the end */

struct svd_row {
    uint32_t access;     /* BP_REG_* */
    uint64_t write_mask; /* 0: all bits, or none for BP_REG_RO and BP_REG_RC */
    struct bp_reg_bits bits[SVD_MAX_RULES];
    uint32_t nbits; /* without the end; 0: `access` is for all bits */
};

void svd_make_row(const struct svd_layout *layout, struct svd_row *row);

#endif
