/* SPDX-License-Identifier: Apache-2.0
 *
 * Has no walk().
 */
#include "cpu.h"

static const struct bp_cpu_class broken = {
    CPU_MEMBERS,
    .translate = cpu_translate,
};

CPU(broken)
