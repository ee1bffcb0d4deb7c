/* SPDX-License-Identifier: Apache-2.0
 *
 * reference.h - the integer operations of the IR, each spelled out as ir_ops.def words it. Part of
 * the evaluator that accelerators are compared with; int_exact.py checks it.
 */
#ifndef TESTS_IR_REFERENCE_H
#define TESTS_IR_REFERENCE_H

#include <stdint.h>

/* `op` is one of BP_IR_MOV..BP_IR_EXTU32, without SET; y is operand b or the constant; x of
 * SHADD. */
uint64_t reference_int(uint8_t op, uint8_t type, uint64_t a, uint64_t y, uint32_t x);

/* SET and BR: a cc b ? */
int reference_condition(uint8_t type, uint32_t cc, uint64_t a, uint64_t b);

/* What an AMO stores, of the old value in memory and the operand. */
uint64_t reference_amo(uint8_t op, uint8_t type, uint64_t old, uint64_t operand);

/* The low bits of v as type `type` writes them: BP_T_I64 all, S32 and U32 extended, memory types
 * likewise. */
uint64_t reference_extend(uint8_t type, uint64_t v);

#endif
