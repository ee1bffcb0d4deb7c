/* SPDX-License-Identifier: Apache-2.0
 *
 * Two blocks side by side. Arrays are compared by their rows, so that a longer array is one change.
 */
#include "core/svd/diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 256

struct comparison {
    svd_change_fn *fn;
    void *ctx;
    size_t changes;
};

static void tell(struct comparison *c, char sign, const char *what, const char *property,
                 const char *before, const char *after)
{
    const struct svd_change change = {sign, what, property, before, after};

    c->changes++;
    c->fn(c->ctx, &change);
}

static void compare_text(struct comparison *c, const char *what, const char *property,
                         const char *before, const char *after)
{
    if (strcmp(before ? before : "", after ? after : ""))
        tell(c, '~', what, property, before && *before ? before : NULL,
             after && *after ? after : NULL);
}

static void compare_number(struct comparison *c, const char *what, const char *property,
                           uint64_t before, uint64_t after, bool hex)
{
    char texts[2][32];

    if (before == after)
        return;
    snprintf(texts[0], sizeof(texts[0]), hex ? "0x%" PRIx64 : "%" PRIu64, before);
    snprintf(texts[1], sizeof(texts[1]), hex ? "0x%" PRIx64 : "%" PRIu64, after);
    tell(c, '~', what, property, texts[0], texts[1]);
}

static void compare_rules(struct comparison *c, const char *what, const struct svd_rules *before,
                          const struct svd_rules *after)
{
    compare_text(c, what, "access", svd_access_text(before->access),
                 svd_access_text(after->access));
    compare_text(c, what, "modifiedWriteValues", svd_write_text(before->write),
                 svd_write_text(after->write));
    compare_text(c, what, "readAction", svd_read_text(before->read), svd_read_text(after->read));
}

static void compare_constraints(struct comparison *c, const char *what,
                                const struct svd_constraint *before,
                                const struct svd_constraint *after)
{
    char texts[2][ROOM];

    svd_constraint_text(before, texts[0], ROOM);
    svd_constraint_text(after, texts[1], ROOM);
    compare_text(c, what, "writeConstraint", texts[0], texts[1]);
}

/* --- values ----------------------------------------------------------------------------------- */

static const struct svd_value *find_value(const struct svd_field *field,
                                          const struct svd_value *like)
{
    for (uint32_t i = 0; i < field->nvalues; i++)
        if (!strcmp(field->values[i].name, like->name) && field->values[i].usage == like->usage)
            return &field->values[i];
    return NULL;
}

static void value_text(const struct svd_value *v, char text[ROOM])
{
    if (v->is_default)
        snprintf(text, ROOM, "all others");
    else
        snprintf(text, ROOM, "0x%" PRIx64, v->value);
}

static void compare_values(struct comparison *c, const char *field, const struct svd_field *before,
                           const struct svd_field *after)
{
    char what[ROOM], texts[2][ROOM];

    for (uint32_t i = 0; i < before->nvalues; i++) {
        const struct svd_value *old = &before->values[i], *new = find_value(after, old);

        snprintf(what, sizeof(what), "%.140s.%.100s", field, old->name);
        value_text(old, texts[0]);
        if (!new) {
            tell(c, '-', what, NULL, texts[0], NULL);
            continue;
        }
        value_text(new, texts[1]);
        compare_text(c, what, "value", texts[0], texts[1]);
        compare_text(c, what, "description", old->doc, new->doc);
    }
    for (uint32_t i = 0; i < after->nvalues; i++) {
        if (find_value(before, &after->values[i]))
            continue;
        snprintf(what, sizeof(what), "%.140s.%.100s", field, after->values[i].name);
        value_text(&after->values[i], texts[0]);
        tell(c, '+', what, NULL, NULL, texts[0]);
    }
}

/* --- fields ----------------------------------------------------------------------------------- */

static const struct svd_field *find_field(const struct svd_layout *layout, const char *name)
{
    for (uint32_t i = 0; i < layout->nfields; i++)
        if (!strcmp(layout->fields[i].name, name))
            return &layout->fields[i];
    return NULL;
}

static void field_text(const struct svd_field *field, char text[ROOM])
{
    if (field->width > 1)
        snprintf(text, ROOM, "bits %" PRIu32 ":%" PRIu32 ", %s", field->lsb + field->width - 1,
                 field->lsb, svd_access_text(field->rules.access));
    else
        snprintf(text, ROOM, "bit %" PRIu32 ", %s", field->lsb,
                 svd_access_text(field->rules.access));
}

static void bits_text(const struct svd_field *field, char text[ROOM])
{
    snprintf(text, ROOM, "%" PRIu32 ":%" PRIu32, field->lsb + field->width - 1, field->lsb);
}

static void compare_fields(struct comparison *c, const char *reg, const struct svd_layout *before,
                           const struct svd_layout *after)
{
    char what[ROOM], texts[2][ROOM];

    for (uint32_t i = 0; i < before->nfields; i++) {
        const struct svd_field *old = &before->fields[i], *new = find_field(after, old->name);

        snprintf(what, sizeof(what), "%.140s.%.100s", reg, old->name);
        if (!new) {
            field_text(old, texts[0]);
            tell(c, '-', what, NULL, texts[0], NULL);
            continue;
        }
        bits_text(old, texts[0]);
        bits_text(new, texts[1]);
        compare_text(c, what, "bits", texts[0], texts[1]);
        compare_rules(c, what, &old->rules, &new->rules);
        compare_constraints(c, what, &old->constraint, &new->constraint);
        compare_text(c, what, "description", old->doc, new->doc);
        compare_values(c, what, old, new);
    }
    for (uint32_t i = 0; i < after->nfields; i++) {
        if (find_field(before, after->fields[i].name))
            continue;
        snprintf(what, sizeof(what), "%.140s.%.100s", reg, after->fields[i].name);
        field_text(&after->fields[i], texts[0]);
        tell(c, '+', what, NULL, NULL, texts[0]);
    }
}

/* --- registers -------------------------------------------------------------------------------- */

static int by_row(const void *a, const void *b)
{
    return strcmp((*(const struct svd_register *const *)a)->row,
                  (*(const struct svd_register *const *)b)->row);
}

/* The registers that stand for their rows, sorted by name; malloc'ed. NULL: no memory. */
static const struct svd_register **rows_of(const struct svd_block *block, size_t *count)
{
    const struct svd_register **rows = malloc(block->nregisters * sizeof(*rows));

    *count = 0;
    for (uint32_t i = 0; rows && i < block->nregisters; i++)
        if (block->registers[i].index == 0)
            rows[(*count)++] = &block->registers[i];
    if (rows)
        qsort(rows, *count, sizeof(*rows), by_row);
    return rows;
}

static const struct svd_register *find_row(const struct svd_register *const *rows, size_t count,
                                           const struct svd_register *like)
{
    const struct svd_register *const *found = bsearch(&like, rows, count, sizeof(*rows), by_row);

    return found ? *found : NULL;
}

static void register_text(const struct svd_register *reg, char text[ROOM])
{
    int length = snprintf(text, ROOM, "offset 0x%" PRIx64 ", %" PRIu32 " bit, %s", reg->offset,
                          reg->layout->bits, svd_access_text(reg->layout->rules.access));

    if (reg->count > 1)
        snprintf(text + length, ROOM - (size_t)length, ", %" PRIu32 " elements", reg->count);
}

static void compare_register(struct comparison *c, const char *what,
                             const struct svd_register *before, const struct svd_register *after)
{
    compare_number(c, what, "offset", before->offset, after->offset, true);
    compare_number(c, what, "bits", before->layout->bits, after->layout->bits, false);
    compare_number(c, what, "elements", before->count, after->count, false);
    compare_number(c, what, "stride", before->stride, after->stride, true);
    compare_number(c, what, "reset", before->layout->reset, after->layout->reset, true);
    compare_number(c, what, "reset mask", before->layout->reset_mask, after->layout->reset_mask,
                   true);
    compare_rules(c, what, &before->layout->rules, &after->layout->rules);
    compare_constraints(c, what, &before->layout->constraint, &after->layout->constraint);
    compare_text(c, what, "description", before->layout->doc, after->layout->doc);
    compare_fields(c, what, before->layout, after->layout);
}

static void compare_registers(struct comparison *c, const struct svd_block *before,
                              const struct svd_block *after)
{
    size_t olds, news;
    const struct svd_register **old_rows = rows_of(before, &olds),
                              **new_rows = rows_of(after, &news);
    char what[ROOM], text[ROOM];

    for (uint32_t i = 0; old_rows && new_rows && i < before->nregisters; i++) {
        const struct svd_register *old = &before->registers[i], *new;

        if (old->index)
            continue;
        new = find_row(new_rows, news, old);
        snprintf(what, sizeof(what), "%.60s.%.80s", before->name, old->row);
        register_text(old, text);
        if (new)
            compare_register(c, what, old, new);
        else
            tell(c, '-', what, NULL, text, NULL);
    }
    for (uint32_t i = 0; old_rows && new_rows && i < after->nregisters; i++) {
        const struct svd_register *new = &after->registers[i];

        if (new->index || find_row(old_rows, olds, new))
            continue;
        snprintf(what, sizeof(what), "%.60s.%.80s", after->name, new->row);
        register_text(new, text);
        tell(c, '+', what, NULL, NULL, text);
    }
    free(old_rows);
    free(new_rows);
}

/* --- interrupts ------------------------------------------------------------------------------- */

static const struct svd_interrupt *find_interrupt(const struct svd_block *block, const char *name)
{
    for (uint32_t i = 0; i < block->ninterrupts; i++)
        if (!strcmp(block->interrupts[i].name, name))
            return &block->interrupts[i];
    return NULL;
}

static void compare_interrupts(struct comparison *c, const struct svd_block *before,
                               const struct svd_block *after)
{
    char what[ROOM], text[ROOM];

    for (uint32_t i = 0; i < before->ninterrupts; i++) {
        const struct svd_interrupt *old = &before->interrupts[i],
                                   *new = find_interrupt(after, old->name);

        snprintf(what, sizeof(what), "%.60s interrupt %.80s", before->name, old->name);
        snprintf(text, sizeof(text), "%" PRIu32, old->value);
        if (new)
            compare_number(c, what, "number", old->value, new->value, false);
        else
            tell(c, '-', what, NULL, text, NULL);
    }
    for (uint32_t i = 0; i < after->ninterrupts; i++) {
        if (find_interrupt(before, after->interrupts[i].name))
            continue;
        snprintf(what, sizeof(what), "%.60s interrupt %.80s", after->name,
                 after->interrupts[i].name);
        snprintf(text, sizeof(text), "%" PRIu32, after->interrupts[i].value);
        tell(c, '+', what, NULL, NULL, text);
    }
}

size_t svd_diff_blocks(const struct svd_block *before, const struct svd_block *after,
                       svd_change_fn *fn, void *ctx)
{
    struct comparison c = {fn, ctx, 0};

    compare_number(&c, before->name, "base", before->base, after->base, true);
    compare_number(&c, before->name, "bytes", before->bytes, after->bytes, true);
    compare_interrupts(&c, before, after);
    compare_registers(&c, before, after);
    return c.changes;
}
