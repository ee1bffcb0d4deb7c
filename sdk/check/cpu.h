/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.h - a CPU class under test, shared by its checks.
 */
#ifndef CHECK_CPU_H
#define CHECK_CPU_H

#include "being.h"
#include "shell.h"

/* After init(), reset() and set_boot(); NULL: a skip or finding says why. */
struct being *cpu_started(struct kit *kit);
const struct bp_cpu_class *cpu_class_of(const struct being *being);
struct shell *cpu_shell_of(struct being *being);

/* ir.c: random code in RAM is translated, and the IR looked at. */
void cpu_translate(struct being *being, struct random *random);

#endif
