/* SPDX-License-Identifier: Apache-2.0
 *
 * Aligned columns (table.h).
 */
#include "core/cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void table_row(struct table *t)
{
    char **grown = realloc(t->cells, (t->rows + 1) * TABLE_COLUMNS * sizeof(*grown));

    t->at = TABLE_COLUMNS; /* without memory the row's cells are dropped */
    if (!grown) {
        t->no_memory = true;
        return;
    }
    t->cells = grown;
    memset(grown + t->rows * TABLE_COLUMNS, 0, TABLE_COLUMNS * sizeof(*grown));
    t->rows++;
    t->at = 0;
}

void table_text(struct table *t, const char *text)
{
    char *copy;

    if (t->at == TABLE_COLUMNS)
        return;
    copy = text && *text ? strdup(text) : NULL;
    t->no_memory |= text && *text && !copy;
    t->cells[(t->rows - 1) * TABLE_COLUMNS + t->at++] = copy;
}

void table_format(struct table *t, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    table_text(t, text);
}

/* Characters, not bytes: continuation bytes of UTF-8 take no column. */
static uint32_t width_of(const char *text)
{
    uint32_t width = 0;

    for (; text && *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void print_row(char *const *row, const uint32_t *widths, uint32_t indent, FILE *out)
{
    uint32_t pending = indent;

    for (uint32_t c = 0; c < TABLE_COLUMNS; c++) {
        if (!widths[c])
            continue;
        if (row[c]) {
            fprintf(out, "%*s%s", (int)pending, "", row[c]);
            pending = 0;
        }
        pending += widths[c] - width_of(row[c]) + GAP;
    }
    fputc('\n', out);
}

void table_print(struct table *t, uint32_t indent, FILE *out)
{
    uint32_t widths[TABLE_COLUMNS] = {0};

    for (uint32_t i = 0; i < t->rows * TABLE_COLUMNS; i++)
        if (width_of(t->cells[i]) > widths[i % TABLE_COLUMNS])
            widths[i % TABLE_COLUMNS] = width_of(t->cells[i]);
    for (uint32_t r = 0; r < t->rows; r++)
        print_row(t->cells + r * TABLE_COLUMNS, widths, indent, out);
    if (t->no_memory)
        fputs("(some lines are missing: no memory left on the host)\n", out);
    for (uint32_t i = 0; i < t->rows * TABLE_COLUMNS; i++)
        free(t->cells[i]);
    free(t->cells);
    *t = (struct table){0};
}
