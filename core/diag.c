/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of everything that is wrong: adding to it, printing it as text or JSON, and guessing
 * what was meant.
 */
#include "core/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS 1000u
#define MAX_WORD  64u /* longer words are not worth a guess */

static const char *const level_names[] = {"error", "warning", "note"};

void diag_init(struct diag *d)
{
    *d = (struct diag){.count = 0};
}

void diag_finish(struct diag *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->items[i].thing);
        free(d->items[i].text);
    }
    for (size_t i = 0; i < d->nfiles; i++)
        free(d->files[i]);
    free(d->items);
    free(d->files);
    *d = (struct diag){.count = 0};
}

const char *diag_file(struct diag *d, const char *name)
{
    char **files;

    for (size_t i = 0; i < d->nfiles; i++)
        if (!strcmp(d->files[i], name))
            return d->files[i];
    files = realloc(d->files, (d->nfiles + 1) * sizeof(*files));
    if (!files)
        return "?";
    d->files = files;
    files[d->nfiles] = strdup(name);
    return files[d->nfiles] ? files[d->nfiles++] : "?";
}

static struct diag_item *add_item(struct diag *d)
{
    size_t capacity = d->capacity ? 2 * d->capacity : 16;
    struct diag_item *items;

    if (d->count == d->capacity) {
        items = realloc(d->items, capacity * sizeof(*items));
        if (!items)
            return NULL;
        d->items = items;
        d->capacity = capacity;
    }
    return &d->items[d->count];
}

void diag_add(struct diag *d, enum diag_level level, struct diag_pos pos, const char *thing,
              const char *format, ...)
{
    struct diag_item *item;
    va_list args;
    int length;

    d->errors += level == DIAG_ERROR;
    if (d->count >= MAX_ITEMS) {
        d->dropped++;
        return;
    }
    item = add_item(d);
    if (!item) {
        d->dropped++;
        return;
    }
    /* The item must be printable after the description that the position came with is gone. */
    *item = (struct diag_item){.level = level, .pos = pos, .thing = thing ? strdup(thing) : NULL};
    if (pos.file)
        item->pos.file = diag_file(d, pos.file);
    va_start(args, format);
    length = vasprintf(&item->text, format, args);
    va_end(args);
    if (length < 0 || (thing && !item->thing)) {
        if (length >= 0)
            free(item->text);
        free(item->thing);
        d->dropped++;
        return;
    }
    d->count++;
}

/* --- printing --------------------------------------------------------------------------------- */

static int compare_u32(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

/* By file, line and column; what has no place comes first, and what was found first stays first. */
static int by_place(const void *a, const void *b)
{
    const struct diag_item *x = *(const struct diag_item *const *)a;
    const struct diag_item *y = *(const struct diag_item *const *)b;
    int order = strcmp(x->pos.file ? x->pos.file : "", y->pos.file ? y->pos.file : "");

    if (!order)
        order = compare_u32(x->pos.line, y->pos.line);
    if (!order)
        order = compare_u32(x->pos.column, y->pos.column);
    return order ? order : x < y ? -1 : x > y;
}

/* Items in the order of printing, malloc'ed; NULL: no memory, print in the order of finding. */
static const struct diag_item **sorted(const struct diag *d)
{
    const struct diag_item **list = malloc((d->count + 1) * sizeof(*list));

    if (!list)
        return NULL;
    for (size_t i = 0; i < d->count; i++)
        list[i] = &d->items[i];
    qsort(list, d->count, sizeof(*list), by_place);
    return list;
}

/* Words of files come back in messages: what a terminal would act on is shown as \xNN, the C1 controls of UTF-8 (two
 * bytes) included. */
static void put_text(const char *text, FILE *out)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
            fprintf(out, "\\x%02x", *p == 0xc2 ? *++p : *p);
        else
            fputc(*p, out);
    }
}

void diag_print(const struct diag *d, FILE *out)
{
    const struct diag_item **list = sorted(d);

    for (size_t i = 0; i < d->count; i++) {
        const struct diag_item *item = list ? list[i] : &d->items[i];

        if (item->pos.file) {
            put_text(item->pos.file, out);
            fputc(':', out);
        }
        if (item->pos.file && item->pos.line)
            fprintf(out, "%u:%u:", item->pos.line, item->pos.column);
        if (item->pos.file)
            fputc(' ', out);
        if (item->level != DIAG_ERROR)
            fprintf(out, "%s: ", level_names[item->level]);
        if (item->thing) {
            put_text(item->thing, out);
            fputs(": ", out);
        }
        put_text(item->text, out);
        fputc('\n', out);
    }
    if (d->dropped)
        fprintf(out, "... and %zu more\n", d->dropped);
    free(list);
}

static void print_string(const char *text, FILE *out)
{
    if (!text) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\u%04x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

void diag_print_json(const struct diag *d, FILE *out)
{
    const struct diag_item **list = sorted(d);

    fputc('[', out);
    for (size_t i = 0; i < d->count; i++) {
        const struct diag_item *item = list ? list[i] : &d->items[i];

        fprintf(out, "%s\n  {\"level\": \"%s\", \"file\": ", i ? "," : "",
                level_names[item->level]);
        print_string(item->pos.file, out);
        fprintf(out, ", \"line\": %u, \"column\": %u, \"thing\": ", item->pos.line,
                item->pos.column);
        print_string(item->thing, out);
        fputs(", \"text\": ", out);
        print_string(item->text, out);
        fputc('}', out);
    }
    fputs(d->count ? "\n]\n" : "]\n", out);
    free(list);
}

/* --- guessing --------------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. Both are at
 * most MAX_WORD long. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][MAX_WORD + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;
    size_t la = strlen(a), lb = strlen(b);

    for (size_t j = 0; j <= lb; j++)
        above[j] = j;
    for (size_t i = 1; i <= la; i++) {
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[lb];
}

const char *diag_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word), best = length / 3 ? length / 3 : 1;
    const char *nearest = NULL;

    if (length > MAX_WORD)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t d;

        if (!candidates[i] || strlen(candidates[i]) > MAX_WORD)
            continue;
        d = distance(word, candidates[i]);
        if (d < best || (d == best && !nearest)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
