/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.h - deterministic time: all vCPUs on [main], one after the other, each for a fixed
 * number of instructions.
 *
 * Time is counted in slots. A slot is one instruction of one vCPU, and there are `frequency` of
 * them in a second for each. In a round every vCPU gets `quantum` slots, in the order of the
 * description; one that waits lets them pass. So the slots that are gone tell what time it is, for
 * all vCPUs alike, and time never runs backwards between two of them. A timer ends a run at its own
 * slot. When all vCPUs wait, time jumps to the next timer.
 *
 * Nothing else happens during a round. Behind it, [main] lets requests to disks come to their end,
 * in the order they were made, and output reach its back ends; input of any kind reaches devices
 * only there. docs/internals/time.md
 */
#ifndef CORE_CPU_SCHEDULE_H
#define CORE_CPU_SCHEDULE_H

#include <stdint.h>

struct machine;
struct vcpu;

#define SCHEDULE_FREQUENCY                                                                         \
    1000000000u /* instructions of a vCPU in a second, if nobody says how many */
#define SCHEDULE_QUANTUM 10000u

/* All [main]. */
struct schedule {
    struct vcpu *running; /* whose run() this is; NULL: none */
    uint64_t until;       /* the slot at which that run ends */
    uint64_t quantum;
    uint64_t served; /* the slot at which the loop was turned last */
    uint64_t limit;  /* the slot at which the machine is switched off */
    /* Where the round is, so that it can be left in the middle: whose turn it is, and the slot at which that ends (0: it
     * has not begun); the slot at which to leave. */
    uint32_t turn;
    uint64_t end, stop;
    uint32_t last; /* the vCPU that ran last */
};

/* BP_E_UNSUPPORTED: the accelerator knows no budgets. [main] */
int32_t schedule_init(struct machine *m);
/* What is there when the machine starts comes before the first instruction. [main] */
void schedule_begin(struct machine *m);
/* One round and what follows it, or what is left of them. A request ends it, and so does `stop`, which leaves it where it
 * is; how often that happens changes nothing in what the guest does. [main] */
void schedule_round(struct machine *m);
/* Slots that are gone, the instruction at hand not among them. On [main] exact; elsewhere, those
 * before this run. [any] */
uint64_t schedule_slots(const struct machine *m);
/* A timer was set for an earlier slot than that at which the present run ends. [main] */
void schedule_cut(struct machine *m, uint64_t slot);

#endif
