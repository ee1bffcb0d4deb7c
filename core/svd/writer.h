/* SPDX-License-Identifier: Apache-2.0
 *
 * writer.h - between the files that write C: a growing text, and the names it has defined. [main]
 */
#ifndef CORE_SVD_WRITER_H
#define CORE_SVD_WRITER_H

#include "core/svd/source.h"

#include <stdio.h>

struct writer {
    const struct svd_block *block;
    const struct svd_source *source; /* may be NULL for pieces that need no names */
    FILE *out;
    char *text;
    size_t length;
    void *names; /* of tsearch() */
    bool no_memory;
};

/* False: no memory. */
bool writer_begin(struct writer *w, const struct svd_block *block, const struct svd_source *source);
/* The text, malloc'ed; NULL: there was no memory. */
char *writer_finish(struct writer *w);

/* `name`, which is taken over, or with underscores behind it when it is taken; lives as long as the writer. NULL: no memory. */
const char *writer_unique(struct writer *w, char *name);
/* The same for a macro: upper-case letters, digits and underscores. */
const char *writer_define(struct writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The member of struct NAME_regs for a row. All files must name all rows in the same order, to get the same names. */
const char *writer_member(struct writer *w, const struct svd_register *reg);
/* The first register of a row stands for the row. */
static inline bool writer_is_first(const struct svd_register *reg)
{
    return reg->index == 0;
}

void writer_string(FILE *out, const char *text);  /* a C string */
void writer_comment(FILE *out, const char *text); /* what a comment can hold */
/* The comment that generated files begin with; `what` they are of the block, "Registers of". */
void writer_head(struct writer *w, const char *what);

#endif
