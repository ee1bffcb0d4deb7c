/* SPDX-License-Identifier: Apache-2.0
 *
 * diag.h - everything that is wrong, collected: `file:line:column: thing: cause: cure`.
 *
 * Checks never stop at the first mistake; they add to a list that the command prints at the end, as text or JSON.
 * Not thread-safe: [main] only. Text is copied.
 */
#ifndef CORE_DIAG_H
#define CORE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A place in a description. `file` lives as long as the diag or graph it came with. line 0: no place known. */
struct diag_pos {
    const char *file;
    uint32_t line, column; /* from 1 */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_item {
    enum diag_level level;
    struct diag_pos pos;
    char *thing; /* "uart0.clock", a file name, a plug-in; may be NULL */
    char *text;  /* "cause: cure" */
};

struct diag {
    struct diag_item *items;
    size_t count, capacity;
    size_t errors;  /* how many are errors */
    size_t dropped; /* past the limit of 1,000 items */
    char **files;   /* interned file names */
    size_t nfiles;
};

void diag_init(struct diag *d);
void diag_finish(struct diag *d);

/* Interned copy of a file name, valid until diag_finish(). */
const char *diag_file(struct diag *d, const char *name);

/* Adds one item. Out of memory is itself recorded as an error count. */
void diag_add(struct diag *d, enum diag_level level, struct diag_pos pos, const char *thing,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
#define diag_error(d, pos, thing, ...) diag_add(d, DIAG_ERROR, pos, thing, __VA_ARGS__)
#define diag_warn(d, pos, thing, ...)  diag_add(d, DIAG_WARNING, pos, thing, __VA_ARGS__)

/* Prints all items sorted by file and line. Text goes one item a line; JSON is one array. */
void diag_print(const struct diag *d, FILE *out);
void diag_print_json(const struct diag *d, FILE *out);

/* The candidate nearest to `word` (edit distance at most a third of its length, at least 1), or NULL: for "did you
 * mean". `candidates` has `count` entries, NULL entries are skipped. */
const char *diag_nearest(const char *word, const char *const *candidates, size_t count);

#endif
