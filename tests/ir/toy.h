/* SPDX-License-Identifier: Apache-2.0
 *
 * toy.h - a CPU class for testing accelerators: its guest code is IR. translate() copies blocks of
 * IR from a program by their address; everything else of the class is as small as it can be while
 * being exact.
 *
 * Registers: r0..r15 (64 bits), f0..f7 (64 bits), w0..w7 (32 bits), then pc. Memory contexts:
 *     0  virtual = physical, but for the holes below
 *     1  the two lowest bits of page numbers in RAM are inverted
 *     2  as 0, read-only
 *     3  nothing is mapped
 */
#ifndef TESTS_IR_TOY_H
#define TESTS_IR_TOY_H

#include <backplane/cpu.h>

#define TOY_R        0
#define TOY_F        16
#define TOY_W        24
#define TOY_REGS     32
#define TOY_CONTEXTS 4

/* Physical memory. */
#define TOY_RAM          0x80000000u
#define TOY_RAM_BYTES    0x40000u
#define TOY_DATA         0x80020000u /* RAM from here on has no code */
#define TOY_DEVICE       0x10000000u
#define TOY_DEVICE_BYTES 64u /* its registers; the rest of the page answers BP_E_DECODE */

/* Pages with a story, in contexts 0 to 2. */
#define TOY_HOLE          0x80030000u /* not mapped: cause TOY_CAUSE_HOLE */
#define TOY_READ_ONLY     0x80032000u /* writes: cause TOY_CAUSE_WRITE */
#define TOY_NOTHING       0x90000000u /* mapped, but no memory is there */
#define TOY_CAUSE_HOLE    9
#define TOY_CAUSE_WRITE   7
#define TOY_CAUSE_CONTEXT 5
#define TOY_FAULT_HANDLER 0x80000ff0u /* where fault() goes */

#define TOY_BLOCK_OPS   (8 * BP_IR_OPS_PER_INSN + 1)
#define TOY_BLOCK_INSNS 8
#define TOY_BLOCKS      16

struct toy_block {
    uint64_t pc;
    uint32_t nops, ninsns;
    struct bp_ir_op ops[TOY_BLOCK_OPS];
    struct bp_ir_insn insns[TOY_BLOCK_INSNS];
};

/* Guest code. Where there is no block, the vCPU stops: it finds helper 0 there. */
struct toy_program {
    uint32_t nblocks;
    struct toy_block blocks[TOY_BLOCKS];
};

struct toy_state {
    uint64_t regs[TOY_REGS];
    uint64_t pc, fflags;
    uint32_t mode, fetch_context;

    /* Set by whoever runs it. */
    const struct toy_program *program;
    void (*on_stop)(void *ctx); /* the stop helper was called; may be NULL */
    void *ctx;
    uint64_t (*retired)(const struct toy_state *state); /* instructions before the current one */

    /* What happened. */
    uint32_t stopped, faults;
    uint64_t stop_count;   /* retired() at the stop */
    struct bp_fault fault; /* the last one */
    uint64_t fault_pc;

    struct bp_vcpu *vcpu;
    const struct bp_vcpu_api *api;
};

/* Helpers, by number: see toy.c for what they do. */
#define TOY_STOP    0 /* CONTROL: ends the run */
#define TOY_MIX     1 /* VALUE: a + 3 * b + imm */
#define TOY_PEEK    2 /* CONTROL, continues: r0 = pc, r1 = retired, r2 = fflags; fflags = imm */
#define TOY_SWAP    3 /* CONTROL, continues: exchanges r3 and r4 */
#define TOY_DIVERT  4 /* CONTROL: if a is not 0, continues at b */
#define TOY_HELPERS 5

extern const struct bp_cpu_class toy_class;   /* 64-bit addresses */
extern const struct bp_cpu_class toy_class32; /* 32-bit addresses: pc is modulo 2^32 */

/* The block with an instruction at pc, and which one it is; NULL: none. */
const struct toy_block *toy_find(const struct toy_program *program, uint64_t pc, uint32_t *insn);
int32_t toy_walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                 struct bp_walk *out);

#endif
