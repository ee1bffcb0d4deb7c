/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane svd list` and `backplane svd diff`: a look into register descriptions, and what a new one changes.
 */
#include "core/cli/command.h"
#include "core/cli/json.h"
#include "core/cli/table.h"
#include "core/svd/diff.h"
#include "core/svd/rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_DIFFERENT 1 /* as of diff(1) */

/* "FILE#BLOCK", opened. */
struct opened {
    char *file;
    const char *block; /* NULL: all of them */
    struct svd *svd;   /* NULL: could not be read */
};

static struct opened open_one(const char *text, struct diag *d)
{
    struct opened o = {.svd = NULL};

    o.file = svd_split(text, &o.block);
    if (o.file)
        o.svd = svd_open(o.file, d);
    else
        diag_error(d, (struct diag_pos){.file = text}, NULL, "no memory");
    return o;
}

static void close_one(struct opened *o)
{
    svd_close(o->svd);
    free(o->file);
}

static const struct svd_block *block_of(const struct opened *o, const char *name, struct diag *d)
{
    return svd_block(o->svd, name, (struct diag_pos){.file = NULL}, NULL, d);
}

/* --- list ------------------------------------------------------------------------------------- */

static void print_peripherals(const struct svd *svd, bool as_json)
{
    const struct svd_peripheral *list;
    size_t count = svd_peripherals(svd, &list);
    struct json j = {.out = stdout};
    struct table t = {0};

    if (as_json)
        json_open(&j, NULL, '[');
    for (size_t i = 0; i < count; i++) {
        const struct svd_peripheral *p = &list[i];

        if (as_json) {
            json_open(&j, NULL, '{');
            json_text(&j, "name", p->name);
            json_hex(&j, "base", p->base);
            json_text(&j, "group", p->group);
            json_text(&j, "derivedFrom", p->derived_from);
            json_text(&j, "doc", p->doc);
            json_close(&j, '}');
            continue;
        }
        table_row(&t);
        table_text(&t, p->name);
        table_format(&t, "0x%08" PRIx64, p->base);
        table_format(&t, "%s%s", p->derived_from ? "as " : "",
                     p->derived_from ? p->derived_from : "");
        table_text(&t, p->doc);
    }
    if (as_json)
        json_close(&j, ']');
    else
        table_print(&t, 0, stdout);
}

static void print_registers(const struct svd_block *block)
{
    struct table t = {0};

    for (uint32_t i = 0; i < block->nregisters; i++) {
        const struct svd_register *reg = &block->registers[i];

        if (reg->index)
            continue;
        table_row(&t);
        table_format(&t, "0x%03" PRIx64, reg->offset);
        if (reg->count > 1)
            table_format(&t, "%s[%" PRIu32 "]", reg->row, reg->count);
        else
            table_text(&t, reg->row);
        table_format(&t, "%" PRIu32 " bit", reg->layout->bits);
        table_text(&t, svd_access_text(reg->layout->rules.access));
        table_format(&t, "reset 0x%0*" PRIx64, (int)reg->layout->bytes * 2, reg->layout->reset);
        table_text(&t, reg->layout->doc);
    }
    table_print(&t, 0, stdout);
}

static void json_rules(struct json *j, const struct svd_rules *rules)
{
    json_text(j, "access", svd_access_text(rules->access));
    if (rules->write != SVD_MODIFY)
        json_text(j, "modifiedWriteValues", svd_write_text(rules->write));
    if (rules->read != SVD_NO_ACTION)
        json_text(j, "readAction", svd_read_text(rules->read));
}

static void json_constraint(struct json *j, const struct svd_constraint *c)
{
    char text[64];

    svd_constraint_text(c, text, sizeof(text));
    if (*text)
        json_text(j, "writeConstraint", text);
}

static void json_fields(struct json *j, const struct svd_layout *layout)
{
    json_open(j, "fields", '[');
    for (uint32_t i = 0; i < layout->nfields; i++) {
        const struct svd_field *field = &layout->fields[i];

        json_open(j, NULL, '{');
        json_text(j, "name", field->name);
        json_u64(j, "lsb", field->lsb);
        json_u64(j, "width", field->width);
        json_rules(j, &field->rules);
        json_constraint(j, &field->constraint);
        json_text(j, "doc", field->doc);
        json_open(j, "values", '[');
        for (uint32_t k = 0; k < field->nvalues; k++) {
            json_open(j, NULL, '{');
            json_text(j, "name", field->values[k].name);
            json_hex(j, "value", field->values[k].value);
            json_bool(j, "default", field->values[k].is_default);
            json_close(j, '}');
        }
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void print_registers_json(const struct svd_block *block)
{
    struct json j = {.out = stdout};

    json_open(&j, NULL, '[');
    for (uint32_t i = 0; i < block->nregisters; i++) {
        const struct svd_register *reg = &block->registers[i];

        if (reg->index)
            continue;
        json_open(&j, NULL, '{');
        json_text(&j, "name", reg->row);
        json_hex(&j, "offset", reg->offset);
        json_u64(&j, "bits", reg->layout->bits);
        json_u64(&j, "count", reg->count);
        json_u64(&j, "stride", reg->stride);
        json_u64(&j, "bank", reg->bank);
        json_hex(&j, "reset", reg->layout->reset);
        json_hex(&j, "resetMask", reg->layout->reset_mask);
        json_rules(&j, &reg->layout->rules);
        json_constraint(&j, &reg->layout->constraint);
        json_text(&j, "doc", reg->layout->doc);
        json_fields(&j, reg->layout);
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

static int list(const struct arguments *args, struct diag *d)
{
    struct opened o = open_one(args->positional.items[1], d);
    const struct svd_block *block = NULL;

    if (o.svd && !o.block)
        print_peripherals(o.svd, args->json);
    else if (o.svd)
        block = block_of(&o, o.block, d);
    if (block && args->json)
        print_registers_json(block);
    else if (block)
        print_registers(block);
    close_one(&o);
    return d->errors ? EXIT_USAGE : EXIT_OK;
}

/* --- diff ------------------------------------------------------------------------------------- */

struct printing {
    struct json *json; /* NULL: text */
};

static void print_change(void *ctx, const struct svd_change *change)
{
    struct printing *p = ctx;
    const char sign[] = {change->sign, '\0'};

    if (p->json) {
        json_open(p->json, NULL, '{');
        json_text(p->json, "sign", sign);
        json_text(p->json, "what", change->what);
        json_text(p->json, "property", change->property);
        json_text(p->json, "before", change->before);
        json_text(p->json, "after", change->after);
        json_close(p->json, '}');
    } else if (change->sign == '~') {
        printf("~ %s: %s: %s -> %s\n", change->what, change->property,
               change->before ? change->before : "none", change->after ? change->after : "none");
    } else {
        printf("%c %s: %s\n", change->sign, change->what,
               change->before ? change->before : change->after);
    }
}

static bool has(const struct opened *o, const char *name)
{
    const struct svd_peripheral *list;
    size_t count = svd_peripherals(o->svd, &list);

    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, name))
            return true;
    return false;
}

static size_t diff_one(const struct opened *before, const char *old_name,
                       const struct opened *after, const char *new_name, struct printing *p,
                       struct diag *d)
{
    const struct svd_block *old = block_of(before, old_name, d),
                           *new = block_of(after, new_name, d);

    return old && new ? svd_diff_blocks(old, new, print_change, p) : 0;
}

/* All blocks of both files. */
static size_t diff_all(const struct opened *before, const struct opened *after, struct printing *p,
                       struct diag *d)
{
    const struct svd_peripheral *olds, *news;
    size_t nolds = svd_peripherals(before->svd, &olds), nnews = svd_peripherals(after->svd, &news),
           changes = 0;

    for (size_t i = 0; i < nolds; i++) {
        const struct svd_change gone = {'-', olds[i].name, NULL,
                                        olds[i].doc ? olds[i].doc : "a block", NULL};

        if (has(after, olds[i].name)) {
            changes += diff_one(before, olds[i].name, after, olds[i].name, p, d);
        } else {
            print_change(p, &gone);
            changes++;
        }
    }
    for (size_t i = 0; i < nnews; i++) {
        const struct svd_change come = {'+', news[i].name, NULL, NULL,
                                        news[i].doc ? news[i].doc : "a block"};

        if (has(before, news[i].name))
            continue;
        print_change(p, &come);
        changes++;
    }
    return changes;
}

static int diff(const struct arguments *args, struct diag *d)
{
    struct opened before = open_one(args->positional.items[1], d),
                  after = open_one(args->positional.items[2], d);
    struct json j = {.out = stdout};
    struct printing p = {args->json ? &j : NULL};
    size_t changes = 0;

    if (!before.svd || !after.svd)
        goto out;
    if (args->json)
        json_open(&j, NULL, '[');
    if (before.block || after.block)
        changes = diff_one(&before, before.block ? before.block : after.block, &after,
                           after.block ? after.block : before.block, &p, d);
    else
        changes = diff_all(&before, &after, &p, d);
    if (args->json)
        json_close(&j, ']');
out:
    close_one(&before);
    close_one(&after);
    return d->errors ? EXIT_USAGE : changes ? EXIT_DIFFERENT : EXIT_OK;
}

int command_svd(const struct arguments *args)
{
    static const char *const words[] = {"list", "diff"};
    const struct command *command = command_find("svd");
    const char *word = args->positional.items[0];
    bool is_diff = !strcmp(word, "diff");
    struct diag d;
    char what[80];
    int code;

    if (!is_diff && strcmp(word, "list")) {
        snprintf(what, sizeof(what), "cannot `%s`", word);
        return usage_unknown(command, what, diag_nearest(word, words, 2), "write list or diff");
    }
    if (args->positional.count != (is_diff ? 3 : 2))
        return usage_error(
            command, is_diff ? "diff needs two files: backplane svd diff OLD.svd NEW.svd#BLOCK"
                             : "list needs one file: backplane svd list FILE.svd#BLOCK");
    diag_init(&d);
    code = is_diff ? diff(args, &d) : list(args, &d);
    fflush(stdout);
    diag_print(&d, stderr);
    diag_finish(&d);
    return code;
}
