/* SPDX-License-Identifier: Apache-2.0
 *
 * random_program.h - random IR programs that obey the rules of ir.h and end by themselves.
 */
#ifndef TESTS_IR_RANDOM_PROGRAM_H
#define TESTS_IR_RANDOM_PROGRAM_H

#include "rig.h"
#include "rng.h"

/*
 * Fills `program` and the state it starts from. Blocks branch forwards, besides loops that are
 * counted down in r15. r12..r14 point to memory of all kinds. What the IR leaves open is left out:
 * the result of a store-conditional after other accesses, and what a half-done access to a device
 * has done.
 */
void random_program(struct rng *rng, const struct bp_cpu_class *cls, struct toy_program *program,
                    struct machine_state *state);

#endif
