/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_text.h - IR as text and back, exactly: parsing what was printed gives the same ops and
 * instructions. The form is described in docs/internals/ir.md.
 */
#ifndef ACCEL_IR_TEXT_H
#define ACCEL_IR_TEXT_H

#include <backplane/cpu.h>

/* Prints one op, e.g. "add.i64 x10, x11, 8", without a line end. `cls` names registers and helpers;
 * NULL: r0, r1 ... and numbers. Any bytes are safe to print. Cuts at room - 1 and terminates.
 * Returns the full length. */
uint32_t ir_print_op(const struct bp_cpu_class *cls, const struct bp_ir_op *op, char *text,
                     uint32_t room);

/* Prints a whole block, one op a line under "insn" lines. Returns the full length, as snprintf()
 * does. */
uint32_t ir_print(const struct bp_cpu_class *cls, const struct bp_ir_builder *block, char *text,
                  uint32_t room);

/*
 * Parses `length` bytes of text into block->ops and insns (room: block->max_insns instructions and
 * max_insns * BP_IR_OPS_PER_INSN + 1 ops), and sets nops and ninsns. No verification beyond syntax
 * and ranges of the fields. BP_OK, or BP_E_INVAL with "line 3: add: unknown type 'i63'" in `why`;
 * BP_E_FULL if the room is used up.
 */
int32_t ir_parse(const struct bp_cpu_class *cls, const char *text, uint32_t length,
                 struct bp_ir_builder *block, char *why, uint32_t room);

#endif
