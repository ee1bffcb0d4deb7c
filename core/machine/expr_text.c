/* SPDX-License-Identifier: Apache-2.0
 *
 * ${...} inside of text, and values as text. A value is written so that the property that takes it
 * reads it like something typed by hand: rules about units hold for computed values too.
 */
#include "core/machine/expr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *expr_format(struct arena *a, const struct expr_value *value)
{
    char *text;

    switch (value->type) {
    case EXPR_STRING:
        return value->text;
    case EXPR_BOOL:
        return value->number ? "true" : "false";
    case EXPR_INT:
        if (value->number < 0)
            return arena_printf(a, "%" PRId64, (int64_t)value->number);
        return arena_printf(a, "%" PRIu64, (uint64_t)value->number);
    default:
        if (value->number < 0) /* no size: whoever reads it says so */
            return arena_printf(a, "%" PRId64, (int64_t)value->number);
        text = arena_alloc(a, 32);
        return units_format((enum unit_kind)value->type, (uint64_t)value->number, text);
    }
}

/* The end of an expression that starts at `p`: its `}`, which a text in quotes may contain too. */
static const char *find_end(const char *p)
{
    char quote = 0;

    for (; *p; p++) {
        if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '\'' || *p == '"')
            quote = *p;
        else if (*p == '}')
            return p;
    }
    return NULL;
}

struct output {
    struct arena *arena;
    char *text;
    size_t length, capacity;
};

static bool append(struct output *o, const char *text, size_t length)
{
    if (length > EXPR_MAX_TEXT - o->length)
        return false;
    if (o->length + length >= o->capacity) {
        size_t capacity = 2 * (o->length + length) + 32;
        char *larger = arena_alloc(o->arena, capacity);

        if (o->length)
            memcpy(larger, o->text, o->length);
        o->text = larger;
        o->capacity = capacity;
    }
    memcpy(o->text + o->length, text, length);
    o->length += length;
    return true;
}

enum expr_status expr_expand(struct arena *a, const char *text, const struct expr_scope *scope,
                             const char **out, char why[EXPR_WHY])
{
    struct output o = {.arena = a};
    const char *p = text, *dollar;
    struct expr_value value;
    bool fits = true;

    *out = text;
    if (!strstr(text, "${"))
        return EXPR_OK;
    while (fits && (dollar = strstr(p, "${"))) {
        const char *end, *word;
        enum expr_status status;

        if (dollar > p && dollar[-1] == '$') {
            fits = append(&o, p, (size_t)(dollar - 1 - p)) && append(&o, "${", 2);
            p = dollar + 2;
            continue;
        }
        end = find_end(dollar + 2);
        if (!end) {
            snprintf(why, EXPR_WHY,
                     "`${` has no `}`: close it, or write $${ for the characters themselves");
            return EXPR_FAILED;
        }
        status = expr_evaluate(a, dollar + 2, (size_t)(end - dollar - 2), scope, &value, why);
        if (status != EXPR_OK)
            return status;
        word = expr_format(a, &value);
        fits = append(&o, p, (size_t)(dollar - p)) && append(&o, word, strlen(word));
        p = end + 1;
    }
    if (!fits || !append(&o, p, strlen(p)) || !append(&o, "", 1)) {
        snprintf(why, EXPR_WHY, "becomes longer than %d bytes: shorten it", EXPR_MAX_TEXT);
        return EXPR_FAILED;
    }
    *out = o.text;
    return EXPR_OK;
}
