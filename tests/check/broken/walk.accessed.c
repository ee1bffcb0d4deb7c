/* SPDX-License-Identifier: Apache-2.0
 *
 * A debugger's look sets the accessed bit.
 */
#include "cpu.h"

static int32_t walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                    struct bp_walk *out)
{
    ((struct cpu *)state)->accessed++;
    return cpu_walk(state, va, kind, context, debug, out);
}

static const struct bp_cpu_class broken = {
    CPU_MEMBERS,
    .translate = cpu_translate,
    .walk = walk,
};

CPU(broken)
