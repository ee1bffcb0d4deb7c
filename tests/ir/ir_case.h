/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_case.h - golden tests: files with IR in text form, inputs, and what must come out.
 *
 * A file is a list of cases. Lines, `;` starts a comment:
 *
 *     test NAME             starts a case
 *     cpu toy32             the class with 32-bit addresses; toy64 otherwise
 *     in REG VALUE          also pc and fflags; registers not named have a pattern of their own
 *     mem ADDRESS BYTES     RAM or device registers before, hexadecimal bytes
 *     block ADDRESS         IR in text form, up to a line "end"
 *     out REG VALUE         afterwards; also pc, fflags, count (instructions retired)
 *     out mem ADDRESS BYTES
 *     out fault TYPE KIND ADDRESS PC [CAUSE]    walk|misaligned|bus, read|write|fetch|amo
 *     out error TEXT        the verifier refuses the first block with this text; nothing runs
 *
 * What no `out` line names must be as before; pc is always named (or is the block's end for short
 * cases, count is free). A short case is one line, for one op:
 *
 *     op add.i64 r1, r2, #-1 : r2=0 -> r1=-1 fflags=0
 */
#ifndef TESTS_IR_IR_CASE_H
#define TESTS_IR_IR_CASE_H

#include <stdio.h>

#include "rig.h"

struct ir_case {
    char name[256];
    const char *path;
    unsigned line; /* of its start */
    const struct bp_cpu_class *cls;
    struct toy_program program;
    struct machine_state in, out;
    int has_count;
    char error[256]; /* of `out error`; empty: none */
};

struct ir_case_file {
    const char *path;
    FILE *file;
    unsigned line;
    char pending[512]; /* the line that ended the case before */
};

/* Fails the test by cr_assert on a syntax error. */
void ir_case_open(struct ir_case_file *f, const char *path);
int ir_case_next(struct ir_case_file *f, struct ir_case *c); /* 0: no more; the file is closed */

#endif
