/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_words.h - what the printer and the parser of the text form share: layouts, flag words, names
 * of a class.
 */
#ifndef ACCEL_IR_WORDS_H
#define ACCEL_IR_WORDS_H

#include <backplane/cpu.h>

#include "ir_info.h"

/* The fields of a format in the order they are written, a letter each: d a b c operands · y b or
 * #imm · z b or #disp · o +imm · t +disp · e #disp · k condition · h helper · m [a +disp] */
extern const char *const ir_layouts[IR_FORMATS];

/* A word that stands for `value` in the bits `mask` of a flags field. Tables end with a NULL
 * text. */
struct ir_word {
    const char *text;
    uint16_t mask, value;
};
const struct ir_word *ir_flag_words(uint8_t op); /* for x of this op */
extern const struct ir_word ir_insn_words[];     /* for bp_ir_insn.flags */

/* Rows of a class. cls may be NULL: nothing is found. */
uint32_t ir_reg_count(const struct bp_cpu_class *cls); /* registers that may be operands */
const struct bp_cpu_reg *ir_reg(const struct bp_cpu_class *cls, uint16_t operand);
const struct bp_cpu_helper *ir_helper(const struct bp_cpu_class *cls, uint32_t i);
int ir_reg_by_name(const struct bp_cpu_class *cls, const char *name, size_t length); /* -1: none */
int ir_helper_by_name(const struct bp_cpu_class *cls, const char *name,
                      size_t length); /* -1: none */

#endif
