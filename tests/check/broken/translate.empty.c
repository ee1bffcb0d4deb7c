/* SPDX-License-Identifier: Apache-2.0
 *
 * Stops before an instruction it does not know.
 */
#include "cpu.h"

static int32_t translate(void *state, struct bp_ir_builder *b)
{
    uint16_t code;

    if (b->fetch16(b->ctx, 0, &code))
        return BP_E_FAULT;
    return code & 1 ? cpu_translate(state, b) : BP_OK; /* a CALL that traps was due */
}

static const struct bp_cpu_class broken = {
    CPU_MEMBERS,
    .translate = translate,
    .walk = cpu_walk,
};

CPU(broken)
