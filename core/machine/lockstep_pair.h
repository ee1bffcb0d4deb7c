/* SPDX-License-Identifier: Apache-2.0
 *
 * lockstep_pair.h - between lockstep.c, which runs pairs of machines, and lockstep_pair.c, which compares them.
 */
#ifndef CORE_MACHINE_LOCKSTEP_PAIR_H
#define CORE_MACHINE_LOCKSTEP_PAIR_H

#include "core/machine/dev.h"
#include "core/machine/lockstep.h"

struct pair {
    struct machine *of[2];
};

/* Makes both and begins their runs; MACHINE_QUIET: nothing of it is seen. False: the errors are told. */
bool pair_open(struct pair *p, const struct lockstep *l, uint32_t flags);
struct machine_result pair_close(struct pair *p);
bool pair_over(const struct pair *p);
/* Up to a slot, or the end of the run. */
void machine_advance(struct machine *m, uint64_t slot);

/* Slots that are gone in the machine that is ahead. */
uint64_t pair_slots(const struct pair *p);
/* Time, registers, everything in the hash, requests. */
bool pair_same_cpus(const struct pair *p);
bool pair_same_ram(const struct pair *p);
/* Runs both to `slot`, behind which they differ, and writes down what there is to see. */
void pair_report(const struct lockstep *l, uint64_t slot);

#endif
