/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.h - runs programs of the test CPU (toy.h) on an accelerator plug-in in a machine of one vCPU,
 * some RAM and one device, or on the reference evaluator, and compares what came out.
 */
#ifndef TESTS_IR_RIG_H
#define TESTS_IR_RIG_H

#include <backplane/accel.h>

#include "toy.h"

/* Everything a program can see or change. Input and result of a run. */
struct machine_state {
    uint64_t regs[TOY_REGS];
    uint64_t pc, fflags;
    uint64_t count;        /* result: instructions retired */
    uint32_t faults;       /* result */
    struct bp_fault fault; /* result, if faults */
    uint64_t fault_pc;
    uint8_t device[TOY_DEVICE_BYTES];
    uint8_t ram[TOY_RAM_BYTES];
};

struct rig;

/* Loads the accelerator from a plug-in and creates a vCPU of the class. Exits the test by cr_assert
 * on failure. */
struct rig *rig_open(const char *path, const struct bp_cpu_class *cls);
void rig_close(struct rig *rig);

/* Runs `program` from state->pc until it stops, on `rig`. With `single`: one instruction at a time,
 * by step(). 0, or -1 if the accelerator failed or did not stop. */
int rig_run(struct rig *rig, const struct toy_program *program, struct machine_state *state,
            int single);

/* The same by the reference evaluator. -1: it ran for more than `limit` instructions. */
int reference_run(const struct bp_cpu_class *cls, const struct toy_program *program,
                  struct machine_state *state, uint64_t limit);

/* Fills registers with a pattern that tells them apart (32-bit ones sign-extended), clears the
 * rest. */
void machine_clear(struct machine_state *state);

/* Describes the first difference in `text`. 0: none. */
int machine_differs(const struct machine_state *got, const struct machine_state *want, char *text,
                    size_t room);

/* One access to what lies at a physical address: `value` is read or written. BP_OK or
 * BP_E_DECODE. */
int32_t machine_access(uint8_t *ram, uint8_t *device, uint64_t pa, uint32_t width, int write,
                       uint64_t *value);

/* The accelerators to test: paths, NULL-terminated. */
extern const char *const rig_accelerators[];

#endif
