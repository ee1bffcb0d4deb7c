/* SPDX-License-Identifier: Apache-2.0
 *
 * patterns.h - the encodings of insns.def: each expands to "mask, match" of a 32-bit instruction
 * word. Names and fields are those of the instruction formats (RV32I 2.2, 2.3).
 */
#ifndef RISCV_PATTERNS_H
#define RISCV_PATTERNS_H

#define ALL(word)        0xffffffffu, (word)
#define U(op)            0x0000007fu, (op)
#define I(op, f3)        0x0000707fu, (op) | (f3) << 12
#define R(op, f3, f7)    0xfe00707fu, (op) | (f3) << 12 | (uint32_t)(f7) << 25
#define SH(op, f3, f6)   0xfc00707fu, (op) | (f3) << 12 | (uint32_t)(f6) << 26
#define U12(op, f3, f12) 0xfff0707fu, (op) | (f3) << 12 | (uint32_t)(f12) << 20
#define CBO(f12)         0xfff07fffu, 0x0fu | 2u << 12 | (uint32_t)(f12) << 20
#define AMO(f3, f5)      0xf800707fu, 0x2fu | (f3) << 12 | (uint32_t)(f5) << 27
#define LR(f3)           0xf9f0707fu, 0x2fu | (f3) << 12 | 2u << 27
#define R4(op, fmt)      0x0600007fu, (op) | (fmt) << 25
#define FR(f7)           0xfe00007fu, 0x53u | (uint32_t)(f7) << 25
#define FR2(f7, rs2)     0xfff0007fu, 0x53u | (rs2) << 20 | (uint32_t)(f7) << 25
#define RS(f7)           0xfe007fffu, 0x73u | (uint32_t)(f7) << 25

#endif
