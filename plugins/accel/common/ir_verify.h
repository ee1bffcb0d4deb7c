/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_verify.h - does a block of IR keep the rules of ir.h? Accelerators run it after every
 * translate() in checked builds; tests run it on everything.
 */
#ifndef ACCEL_IR_VERIFY_H
#define ACCEL_IR_VERIFY_H

#include <backplane/cpu.h>

/*
 * Checks the block in `block` as translate() of `cls` left it. Reads only: any bytes in ops and
 * insns are safe, as long as the arrays have the declared counts and the class is well-formed.
 * Returns BP_OK, or BP_E_INVAL for the first violation, described in `text` (always terminated if
 * room > 0, cut at room - 1 bytes):
 *     op 3 (insn 1, +4): add.i64 x1, %5, x3: a: a temporary is read before its instruction writes it
 */
int32_t ir_verify(const struct bp_cpu_class *cls, const struct bp_ir_builder *block, char *text,
                  uint32_t room);

#endif
