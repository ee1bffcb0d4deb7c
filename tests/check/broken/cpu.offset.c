/* SPDX-License-Identifier: Apache-2.0
 *
 * Its mode word lies behind the state.
 */
#include "cpu.h"

#define PLACE (BP_OFFSET(struct cpu, fetch_context) + 4)

static const struct bp_cpu_class broken = {
    .size = sizeof(struct bp_cpu_class),
    .name = "broken",
    .doc = "A CPU with one fault.",
    .state_size = sizeof(struct cpu),
    .state_align = _Alignof(struct cpu),
    .regs = BP_ARRAY(cpu_regs),
    .xlen = 64,
    .ncontexts = 1,
    .insn_align = 4,
    .mode_offset = PLACE,
    .init = cpu_init,
    .reset = cpu_reset,
    .set_boot = cpu_boot,
    .translate = cpu_translate,
    .walk = cpu_walk,
    .fault = cpu_fault,
    .poll = cpu_poll,
};

CPU(broken)
