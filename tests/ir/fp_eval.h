/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_eval.h - the floating-point operations of the IR by opcode, twice: as accelerators compute
 * them (fp.h), and slowly by other means, for comparison.
 */
#ifndef TESTS_IR_FP_EVAL_H
#define TESTS_IR_FP_EVAL_H

#include <stdint.h>

/* op is one of BP_IR_FADD..BP_IR_FBOX, type BP_T_F32 or BP_T_F64, x as in struct bp_ir_op. `flags`
 * accrues. */
typedef uint64_t fp_evaluator(uint8_t op, uint8_t type, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t x, uint32_t *flags);
fp_evaluator fp_eval;      /* fp.h */
fp_evaluator fp_reference; /* fp_soft.h for arithmetic, C comparisons for the rest */

#endif
