/* SPDX-License-Identifier: Apache-2.0
 *
 * toy_cpu.h - a CPU class made for testing accelerators: sixteen 64-bit registers, instructions of
 * four bytes, an MMU that is one array, and a trap that stores everything there is to know.
 */
#ifndef TESTS_ACCEL_TOY_CPU_H
#define TESTS_ACCEL_TOY_CPU_H

#include <stdatomic.h>

#include <backplane/accel.h>

#define TOY_REGS   16
#define TOY_PAGES  256 /* pages of virtual memory from address 0, while the MMU is on */
#define TOY_SPACES 32  /* address spaces that ENTER knows */

struct toy_page {
    uint64_t pa;
    uint32_t prot;      /* BP_PROT_*; 0: not mapped */
    uint32_t log2_size; /* what walk() says; 0 reads as 12 */
};

/* Why the vector was entered. */
enum toy_cause { TOY_NONE, TOY_ILLEGAL, TOY_PAGE_FAULT, TOY_MISALIGNED, TOY_BUS, TOY_INTERRUPT };

struct toy {
    uint64_t r[TOY_REGS];
    uint64_t f[2];
    uint64_t pc, fflags;
    uint32_t mode, fetch_context;
    uint64_t vector; /* where traps go */
    uint64_t epc, cause, fault_va, fault_kind, ntraps;
    uint64_t retired; /* what the RETIRED instruction saw last */
    uint64_t polls;
    uint32_t mmu_on, waiting;
    _Atomic uint32_t interrupt;          /* taken at a poll; also ends waiting */
    struct toy_page *pages;              /* TOY_PAGES of them, shared by the test */
    struct toy_page *spaces[TOY_SPACES]; /* what ENTER makes of `pages` */
    struct bp_vcpu *vcpu;
    const struct bp_vcpu_api *api;
    void (*on_translate)(struct toy *cpu); /* a block's code has been read; may be NULL */
};

extern const struct bp_cpu_class toy_class;

/* Instructions: op, d, a, b, one byte each; b is a register or a signed constant, "ab" a signed
 * 16-bit constant. */
enum toy_op {
    OP_ILLEGAL,
    OP_LI,   /* d = ab */
    OP_LIH,  /* d = d << 16 | zext(ab) */
    OP_ADDI, /* d = a + b constant */
    OP_ADD,  /* d = a + b */
    OP_LD,   /* d = 8 bytes at a + b constant */
    OP_ST,   /* 8 bytes at a + b constant = d */
    OP_LDW,  /* 4 bytes, sign-extended */
    OP_STW,
    OP_STB,
    OP_LDA,    /* as LD, must be aligned */
    OP_BNE,    /* if d != a: pc += 4 * b constant */
    OP_JMP,    /* pc += 4 * ab */
    OP_JR,     /* pc = a */
    OP_CALL,   /* d = address behind, pc += 4 * ab */
    OP_LR,     /* d = 8 bytes at a, reserved */
    OP_SC,     /* d = 0 if b was stored at a */
    OP_AMOADD, /* d = 8 bytes at a, += b */
    OP_HALT,   /* wait for an interrupt */
    OP_FENCEI, /* flush_code() */
    OP_FLUSH,  /* flush_page(a) */
    OP_FLUSHALL,
    OP_RETIRED, /* notes retired() */
    OP_FDIV,    /* f0 = d / a as doubles in registers, into d */
    OP_PUSH,    /* 8 bytes at a = d, then a = a + b constant: a store that is not its instruction's
                   last op */
    OP_MODE,    /* mode = ab, leaves the block */
    OP_ENTER,   /* enter_space(ab), and its pages */
    OP_FORGET,  /* flush_space(ab) */
    OP_FORGETIN /* flush_space(b, a) */
};

static inline uint32_t toy_insn(enum toy_op op, uint32_t d, uint32_t a, int32_t b)
{
    return (uint32_t)op | d << 8 | a << 16 | (uint32_t)(uint8_t)b << 24;
}

static inline uint32_t toy_wide(enum toy_op op, uint32_t d, int32_t ab)
{
    return (uint32_t)op | d << 8 | (uint32_t)(uint16_t)ab << 16;
}

#endif
