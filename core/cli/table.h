/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h - rows of text printed with aligned columns. [main]
 */
#ifndef CORE_CLI_TABLE_H
#define CORE_CLI_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS 8u

struct table {
    char **cells; /* TABLE_COLUMNS to a row */
    uint32_t rows;
    uint32_t at; /* next cell of the row being filled */
    bool no_memory;
};

void table_row(struct table *t); /* begins a row */
/* The next cell of it. NULL or "" leaves it empty. */
void table_text(struct table *t, const char *text);
void table_format(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints and empties the table; every line begins with `indent` spaces and has none at its end. Columns that are empty
 * in all rows take no room. */
void table_print(struct table *t, uint32_t indent, FILE *out);

#endif
