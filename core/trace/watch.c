/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of accesses (watch.h): read once, compared with each access of the nodes they concern.
 */
#include "core/trace/watch.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"
#include "core/machine/units.h"

/* --- reading -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum watch_op op;
} ops[] = {
    {"==", WATCH_EQ}, {"!=", WATCH_NE}, {"<=", WATCH_LE},  {">=", WATCH_GE},
    {"<", WATCH_LT},  {">", WATCH_GT},  {"&", WATCH_BITS},
};

/* Splits "SELECTOR OP VALUE"; a text without operator is all selector. */
static const char *find_op(const char *text, enum watch_op *op, size_t *length)
{
    for (const char *at = text; *at; at++)
        for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
            if (!strncmp(at, ops[i].text, strlen(ops[i].text))) {
                *op = ops[i].op;
                *length = strlen(ops[i].text);
                return at;
            }
    *op = WATCH_ANY;
    *length = 0;
    return text + strlen(text);
}

static bool read_value(struct watch *w, const char *text, char why[WATCH_WHY])
{
    char cause[UNITS_WHY];
    bool negative = false;

    if (w->op == WATCH_ANY)
        return true;
    while (*text == ' ')
        text++;
    w->numeric = units_integer(text, &negative, &w->value, cause) && !negative;
    if (!*text || negative || (!w->numeric && !w->field)) {
        snprintf(
            why, WATCH_WHY,
            "`%.60s`: `%.20s` is not a value: write a number, or for a field the name of a value",
            w->text, text);
        return false;
    }
    w->word = strdup(text);
    return w->word != NULL;
}

/* The suffix that says which accesses. */
static bool read_kinds(struct watch *w, char *selector, char why[WATCH_WHY])
{
    char *colon = strrchr(selector, ':');

    w->kinds = WATCH_READ | WATCH_WRITE;
    if (!colon)
        return true;
    *colon++ = 0;
    w->kinds = !strcmp(colon, "r") ? WATCH_READ : !strcmp(colon, "w") ? WATCH_WRITE : 0;
    if (!strcmp(colon, "rw"))
        w->kinds = WATCH_READ | WATCH_WRITE;
    if (!w->kinds)
        snprintf(why, WATCH_WHY, "`%.60s`: accesses are :r, :w or :rw, not :%.20s", w->text, colon);
    return w->kinds != 0;
}

static bool read_names(struct watch *w, char *selector, char why[WATCH_WHY])
{
    char *item = strchr(selector, '.'), *field = item ? strchr(item + 1, '.') : NULL;

    if (item)
        *item++ = 0;
    if (field)
        *field++ = 0;
    if (!*selector || (item && !*item) || (field && !*field)) {
        snprintf(why, WATCH_WHY,
                 "`%.60s` names nothing: write NODE, NODE.REGISTER or NODE.REGISTER.FIELD",
                 w->text);
        return false;
    }
    w->node = strdup(selector);
    w->item = item ? strdup(item) : NULL;
    w->field = field ? strdup(field) : NULL;
    return true;
}

static void finish(struct watch *w)
{
    free(w->text);
    free(w->node);
    free(w->item);
    free(w->field);
    free(w->word);
}

static bool read_watch(struct watch *w, const char *text, char why[WATCH_WHY])
{
    size_t length, selected;
    const char *op;
    char *selector;
    bool ok;

    *w = (struct watch){.text = strdup(text)};
    op = find_op(text, &w->op, &length);
    selected = (size_t)(op - text);
    while (selected && text[selected - 1] == ' ')
        selected--;
    selector = strndup(text, selected);
    ok = w->text && selector && read_kinds(w, selector, why) && read_names(w, selector, why) &&
         read_value(w, op + length, why);
    free(selector);
    return ok;
}

bool watches_read(struct watches *out, const char *const *texts, char why[WATCH_WHY])
{
    uint32_t count = 0;

    while (texts && texts[count])
        count++;
    *out = (struct watches){.items = calloc(count + 1, sizeof(*out->items))};
    snprintf(why, WATCH_WHY, "no memory left on the host");
    for (uint32_t i = 0; out->items && i < count; i++) {
        out->count++;
        if (!read_watch(&out->items[i], texts[i], why)) {
            watches_finish(out);
            return false;
        }
    }
    if (!out->items)
        return false;
    why[0] = 0;
    return true;
}

void watches_finish(struct watches *w)
{
    for (uint32_t i = 0; i < w->count; i++)
        finish(&w->items[i]);
    free(w->items);
    *w = (struct watches){.items = NULL};
}

/* --- comparing ------------------------------------------------------------------------------------------------ */

static bool matches(const char *pattern, const char *name)
{
    return !pattern || !fnmatch(pattern, name, FNM_CASEFOLD);
}

bool watch_field(const char *pattern, const struct bp_reg_field *field)
{
    return matches(pattern, field->name);
}

bool watch_event(const struct watch *w, const char *node, const char *event)
{
    return !w->field && w->op == WATCH_ANY && matches(w->node, node) && matches(w->item, event);
}

static bool compare(enum watch_op op, uint64_t value, uint64_t with)
{
    switch (op) {
    case WATCH_ANY:
        return true;
    case WATCH_EQ:
        return value == with;
    case WATCH_NE:
        return value != with;
    case WATCH_LE:
        return value <= with;
    case WATCH_GE:
        return value >= with;
    case WATCH_LT:
        return value < with;
    case WATCH_GT:
        return value > with;
    case WATCH_BITS:
        return (value & with) != 0;
    }
    return false;
}

/* What to compare a field with. A name that looks like a number, such as 8 for "8 bits", is a name. False: neither a number nor a
 * name that the field knows. */
static bool field_value(const struct watch *w, const struct bp_reg_field *field, uint64_t *with)
{
    *with = w->value;
    for (const struct bp_reg_value *v = field->values; w->word && v && v->name; v++)
        if (!strcasecmp(v->name, w->word)) {
            *with = v->value;
            return true;
        }
    return w->op == WATCH_ANY || w->numeric;
}

static bool compare_field(const struct watch *w, const struct bp_reg_field *field, uint64_t value)
{
    uint64_t with;

    return field_value(w, field, &with) && compare(w->op, regs_field(field, value), with);
}

/* "CLAIM", or with its number "CLAIM0". */
static bool matches_register(const struct watch *w, const struct bp_reg *row, uint32_t element)
{
    char name[128];

    if (matches(w->item, row->name))
        return true;
    if (row->count <= 1)
        return false;
    snprintf(name, sizeof(name), "%s%u", row->name, element);
    return matches(w->item, name);
}

bool watch_register(const struct watch *w, const char *node, const struct bp_reg *row,
                    uint32_t element, uint64_t value, bool write)
{
    if (!(w->kinds & (write ? WATCH_WRITE : WATCH_READ)) || !matches(w->node, node) ||
        !matches_register(w, row, element))
        return false;
    if (!w->field)
        return compare(w->op, value, w->value);
    for (const struct bp_reg_field *field = row->fields; field && field->name; field++)
        if (watch_field(w->field, field) && compare_field(w, field, value))
            return true;
    return false;
}

bool watch_value(const struct watch *w, const char *node, const char *item, uint64_t value,
                 bool write)
{
    return w->kinds & (write ? WATCH_WRITE : WATCH_READ) && !w->field && matches(w->node, node) &&
           matches(w->item, item) && (w->op == WATCH_ANY || w->numeric) &&
           compare(w->op, value, w->value);
}

/* --- what there is ---------------------------------------------------------------------------------------------- */

static bool register_can_match(const struct watch *w, const struct bp_reg *row)
{
    bool named = false;
    uint64_t with;

    for (uint32_t i = 0; !named && i < (row->count ? row->count : 1); i++)
        named = matches_register(w, row, i);
    if (!named || !w->field)
        return named;
    for (const struct bp_reg_field *field = row->fields; field && field->name; field++)
        if (watch_field(w->field, field) && field_value(w, field, &with))
            return true;
    return false;
}

bool watch_can_match(const struct watch *w, const struct bp_dev *dev)
{
    const struct type *type = dev->type;

    if (!matches(w->node, dev->name))
        return false;
    for (uint32_t r = 0; r < type->nregions; r++) {
        const struct bus_region *region = &dev->regions[r];

        if (!w->field && matches(w->item, region->row->name))
            return true;
        for (uint32_t i = 0; region->regs && i < regs_rows(region->regs); i++)
            if (register_can_match(w, regs_row(region->regs, i)))
                return true;
    }
    for (uint32_t i = 0; i < type->nevents; i++)
        if (watch_event(w, dev->name, type->events[i].name))
            return true;
    return !w->item;
}
