/* SPDX-License-Identifier: Apache-2.0
 *
 * lockstep.h - `--accel lockstep:ONE,OTHER`: two machines of one description side by side, each with its accelerator, in
 * deterministic time. They are compared after every round; the first difference is narrowed down to the instruction.
 *
 * An accelerator that runs two others would need to know of devices, disassemblers and reports, which plug-ins do not;
 * and a device that answers once cannot answer two CPUs. Two whole machines need neither: whatever one of them does is
 * what the other one must do. docs/internals/time.md
 */
#ifndef CORE_MACHINE_LOCKSTEP_H
#define CORE_MACHINE_LOCKSTEP_H

#include <stdio.h>

#include "core/machine/machine.h"

/* Makes a machine with its images loaded; NULL: the errors are in `d`. */
typedef struct machine *lockstep_maker(void *ctx, uint32_t flags, struct diag *d);

struct lockstep {
    lockstep_maker *make;
    void *ctx;
    struct diag *d;
    FILE *out;      /* the report */
    uint64_t every; /* slots between comparisons of RAM; 0: a good number */
};

struct lockstep_result {
    struct machine_result machine; /* how the first one ended */
    bool built;                    /* false: there are errors */
    bool differ;
    uint64_t slot; /* differ: behind which instruction of the run, counted from 1 */
    uint64_t hash; /* of the first one's run */
    uint64_t ns;   /* guest time at the end */
};

/* Runs until both end or differ; the report is written then. [main] */
struct lockstep_result lockstep_run(const struct lockstep *l);

#endif
