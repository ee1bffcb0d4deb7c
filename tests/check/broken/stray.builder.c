/* SPDX-License-Identifier: Apache-2.0
 *
 * Emits instructions without looking how many there is room for.
 */
#include "cpu.h"

static int32_t translate(void *state, struct bp_ir_builder *b)
{
    int32_t status = cpu_translate(state, b);

    for (uint32_t i = 0; !status && i < 32; i++)
        b->insns[b->ninsns++] = (struct bp_ir_insn){.length = 4};
    return status;
}

static const struct bp_cpu_class broken = {
    CPU_MEMBERS,
    .translate = translate,
    .walk = cpu_walk,
};

CPU(broken)
