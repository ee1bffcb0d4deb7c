/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and addresses that registers share. Several registers at one address are several banks, unless one is only read and
 * the other only written. Which bank a guest sees, and when, no description says.
 */
#include "core/svd/tree.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Primary registers before their alternates, then as in the file. */
static int by_offset(const void *a, const void *b)
{
    const struct svd_register *x = a, *y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->alternate != y->alternate)
        return x->alternate ? 1 : -1;
    if (x->layout->line != y->layout->line)
        return x->layout->line < y->layout->line ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* An error about a register of the peripheral, at the register's place. */
__attribute__((format(printf, 4, 5))) static bool fail(struct svd *svd,
                                                       const struct svd_element *peripheral,
                                                       const struct svd_register *reg,
                                                       const char *format, ...)
{
    struct svd_element at = *peripheral;
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    at.line = reg->layout->line;
    at.column = reg->layout->column;
    return svd_error(svd, &at, TAGS, "%s", text);
}

/* --- banks ------------------------------------------------------------------------------------ */

static bool only_read(const struct svd_register *reg)
{
    return reg->layout->rules.access == SVD_READ_ONLY;
}

static bool only_written(const struct svd_register *reg)
{
    enum svd_access access = reg->layout->rules.access;

    return access == SVD_WRITE_ONLY || access == SVD_WRITE_ONCE;
}

static bool share(const struct svd_register *a, const struct svd_register *b)
{
    bool split = (only_read(a) && only_written(b)) || (only_written(a) && only_read(b));

    return !split && a->offset < b->offset + b->layout->bytes &&
           b->offset < a->offset + a->layout->bytes;
}

/* No register is longer than 8 bytes, so only those that begin less than 8 bytes before can matter. */
static bool find_banks(struct svd *svd, const struct svd_element *e, struct svd_register *list,
                       uint32_t count, uint32_t *nbanks)
{
    *nbanks = 1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t taken = 0;

        for (uint32_t k = i; k-- > 0 && list[k].offset + 8 > list[i].offset;)
            if (share(&list[k], &list[i]))
                taken |= UINT64_C(1) << list[k].bank;
        while (taken >> list[i].bank & 1)
            list[i].bank++;
        if (list[i].bank >= SVD_MAX_BANKS)
            return svd_error(
                svd, e, TAGS,
                "more than %u registers share the address of %.60s: correct their offsets",
                SVD_MAX_BANKS, list[i].path);
        if (list[i].bank >= *nbanks)
            *nbanks = list[i].bank + 1;
    }
    return true;
}

/* --- names ------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct svd_register *const *)a)->name,
                  (*(struct svd_register *const *)b)->name);
}

static int by_row(const void *a, const void *b)
{
    const struct svd_register *x = *(struct svd_register *const *)a,
                              *y = *(struct svd_register *const *)b;
    int order = strcmp(x->row, y->row);

    return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

static void stand_alone(struct svd_register *reg)
{
    reg->row = reg->name;
    reg->index = 0;
    reg->count = 1;
    reg->stride = 0;
}

/* A row is one only if all of its elements are there once, at their places, and of the same kind. */
static bool is_row(struct svd_register *const *first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct svd_register *reg = first[i];

        if (reg->count != count || reg->index != i || reg->bank != first[0]->bank ||
            reg->stride != first[0]->stride || reg->layout != first[0]->layout ||
            reg->offset != first[0]->offset + (uint64_t)i * reg->stride)
            return false;
    }
    return true;
}

static void check_rows(struct svd_register **order, uint32_t count)
{
    qsort(order, count, sizeof(*order), by_row);
    for (uint32_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && !strcmp(order[next]->row, order[i]->row);)
            next++;
        if (!is_row(order + i, next - i))
            for (uint32_t k = i; k < next; k++)
                stand_alone(order[k]);
    }
}

/* An array DATA of DATA0, DATA1 beside a register DATA, or one DATA1 of its own: the elements go by their own names then. */
static void check_row_names(struct svd_register *list, struct svd_register **order, uint32_t count)
{
    qsort(order, count, sizeof(*order), by_name);
    for (uint32_t i = 0; i < count; i++) {
        struct svd_register key = {.name = list[i].row}, *wanted = &key;

        if (list[i].count > 1 && bsearch(&wanted, order, count, sizeof(*order), by_name))
            stand_alone(&list[i]);
    }
}

static bool check_names(struct svd *svd, const struct svd_element *e, struct svd_register **order,
                        uint32_t count)
{
    qsort(order, count, sizeof(*order), by_name);
    for (uint32_t i = 1; i < count; i++)
        if (!strcmp(order[i - 1]->name, order[i]->name))
            return fail(svd, e, order[i],
                        "there are two registers called %.60s (lines %" PRIu32 " and %" PRIu32
                        "): rename one",
                        order[i]->path, order[i - 1]->layout->line, order[i]->layout->line);
    return true;
}

bool svd_place_registers(struct svd *svd, const struct svd_element *e, struct svd_register *list,
                         uint32_t count, uint32_t *nbanks)
{
    struct svd_register **order = arena_alloc(&svd->arena, count * sizeof(*order));

    qsort(list, count, sizeof(*list), by_offset);
    for (uint32_t i = 0; i < count; i++)
        order[i] = &list[i];
    if (!check_names(svd, e, order, count) || !find_banks(svd, e, list, count, nbanks))
        return false;
    check_rows(order, count);
    check_row_names(list, order, count);
    return true;
}
