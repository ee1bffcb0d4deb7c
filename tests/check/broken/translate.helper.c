/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls a helper that it does not have.
 */
#include "cpu.h"

static int32_t translate(void *state, struct bp_ir_builder *b)
{
    int32_t status = cpu_translate(state, b);

    if (!status)
        b->ops[0].x = 1;
    return status;
}

static const struct bp_cpu_class broken = {
    CPU_MEMBERS,
    .translate = translate,
    .walk = cpu_walk,
};

CPU(broken)
