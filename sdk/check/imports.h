/* SPDX-License-Identifier: Apache-2.0
 *
 * imports.h - what the plug-in calls in libc, seen by putting functions of the kit into its import
 * slots.
 *
 * Memory is counted and can run out on purpose; calls a plug-in must not make are findings and do
 * nothing; clocks and random numbers of the host can be shifted, so that a device that looks at
 * them behaves differently. Only calls of the plug-in itself are seen; the kit and libc are left
 * alone.
 */
#ifndef CHECK_IMPORTS_H
#define CHECK_IMPORTS_H

#include <stdint.h>

struct kit;

/* Right after dlopen(). */
void imports_hook(struct kit *kit, void *object);

/* Memory and mappings the plug-in holds now, from its own calls. */
struct imports_use {
    uint64_t blocks, bytes, mappings;
};
struct imports_use imports_use(void);
/* The call number `n` from now on (0: the next) and all later ones find no memory; UINT64_MAX:
 * never. */
void imports_fail_at(uint64_t n);
/* True when a call was refused since imports_fail_at(). */
uint32_t imports_failed(void);
/* Shifts what the host's clocks and random numbers give, and the pattern of fresh memory. */
void imports_shift(uint32_t shift);
/* Where the oldest block that is still held was asked for; NULL. */
const void *imports_oldest(void);

#endif
