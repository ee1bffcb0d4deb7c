/* SPDX-License-Identifier: Apache-2.0
 *
 * stub.h - between the files of core/stub. [main]
 */
#ifndef CORE_MACHINE_STUB_H
#define CORE_MACHINE_STUB_H

#include "core/svd/svd.h"

#define STUB_WHY 512 /* bytes for "cause: cure" */

/* One entry of `force`: bits that always read the same. */
struct stub_force {
    const struct svd_register *reg; /* NULL: the 32-bit word at `offset` */
    uint64_t offset, mask, value;
};

/* "0x10=1", and with a description "SR=3", "SR.READY=1", "TRNG.SR.MODE=Up". `block` may be NULL. False: `why` says why. */
bool stub_parse_force(const char *text, const struct svd_block *block, struct stub_force *out,
                      char why[STUB_WHY]);

/* "svd:FILE#BLOCK" without its "svd:"; NULL: it is none. */
const char *stub_registers(const char *text);

#endif
