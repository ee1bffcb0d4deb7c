/* SPDX-License-Identifier: Apache-2.0
 *
 * disasm() does not end its text.
 */
#include "cpu.h"

static int32_t disasm(const void *state, uint64_t pc, const uint8_t *code, uint32_t bytes,
                      char *text, uint32_t room)
{
    memset(text, '?', room);
    return bytes < 4 ? BP_E_INVAL : 4;
}

static const struct bp_cpu_class broken = {
    CPU_MEMBERS,
    .translate = cpu_translate,
    .walk = cpu_walk,
    .disasm = disasm,
};

CPU(broken)
