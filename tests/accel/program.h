/* SPDX-License-Identifier: Apache-2.0
 *
 * program.h - the toy CPU's assembler: one macro per instruction, for CODE().
 */
#ifndef TESTS_ACCEL_PROGRAM_H
#define TESTS_ACCEL_PROGRAM_H

#include "machine.h"

#define LI(d, value) toy_wide(OP_LI, d, value)
/* d = a constant of 31 bits; two instructions */
#define ADDR(d, value)                                                                             \
    toy_wide(OP_LI, d, (int32_t)((value) >> 16)), toy_wide(OP_LIH, d, (int32_t)((value)&0xffff))
#define ADDI(d, a, imm)    toy_insn(OP_ADDI, d, a, imm)
#define ADD(d, a, b)       toy_insn(OP_ADD, d, a, b)
#define LD(d, a, imm)      toy_insn(OP_LD, d, a, imm)
#define LDW(d, a, imm)     toy_insn(OP_LDW, d, a, imm)
#define LDA(d, a, imm)     toy_insn(OP_LDA, d, a, imm)
#define ST(d, a, imm)      toy_insn(OP_ST, d, a, imm)
#define STW(d, a, imm)     toy_insn(OP_STW, d, a, imm)
#define STB(d, a, imm)     toy_insn(OP_STB, d, a, imm)
#define PUSH(d, a, imm)    toy_insn(OP_PUSH, d, a, imm)
#define BNE(d, a, words)   toy_insn(OP_BNE, d, a, words)
#define JMP(words)         toy_wide(OP_JMP, 0, words)
#define JR(a)              toy_insn(OP_JR, 0, a, 0)
#define CALL(d, words)     toy_wide(OP_CALL, d, words)
#define LR(d, a)           toy_insn(OP_LR, d, a, 0)
#define SC(d, a, b)        toy_insn(OP_SC, d, a, b)
#define AMOADD(d, a, b)    toy_insn(OP_AMOADD, d, a, b)
#define HALT               toy_insn(OP_HALT, 0, 0, 0)
#define FENCEI             toy_insn(OP_FENCEI, 0, 0, 0)
#define FLUSH(a)           toy_insn(OP_FLUSH, 0, a, 0)
#define FLUSHALL           toy_insn(OP_FLUSHALL, 0, 0, 0)
#define RETIRED            toy_insn(OP_RETIRED, 0, 0, 0)
#define FDIV(d, a)         toy_insn(OP_FDIV, d, a, 0)
#define MODE(value)        toy_wide(OP_MODE, 0, value)
#define ENTER(space)       toy_wide(OP_ENTER, 0, space)
#define FORGET(space)      toy_wide(OP_FORGET, 0, space)
#define FORGETIN(a, space) toy_insn(OP_FORGETIN, 0, a, space)
#define ILLEGAL            toy_insn(OP_ILLEGAL, 0, 0, 0)

#define TEXT   (RAM_BASE + 0x1000) /* programs start here ... */
#define VECTOR (RAM_BASE + 0x3000) /* ... traps halt here ... */
#define DATA   (RAM_BASE + 0x8000) /* ... and data is here */

#endif
