/* SPDX-License-Identifier: Apache-2.0
 *
 * The evaluator of ${...}: precedence climbing over a table of operators. What ?:, && and || do not
 * choose is parsed but not computed, so that ${n ? 100 / n : 0} is fine for n = 0.
 */
#include "core/machine/expr.h"

#include "core/diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 64
#define MAX_NAMES 256 /* considered for a "did you mean" */
#define MIN_INT   (-((expr_int)1 << 63))
#define MAX_INT   (((expr_int)1 << 64) - 1)

struct parser {
    struct arena *arena;
    const char *at, *end;
    const struct expr_scope *scope;
    unsigned depth;
    unsigned skip; /* > 0: inside of what is not chosen */
    enum expr_status status;
    char *why;
};

static const char *const type_names[] = {"a size",   "a frequency",   "a duration",
                                         "a number", "true or false", "a text"};

/* Keeps the first error; returns false for the callers' convenience. */
__attribute__((format(printf, 2, 3))) static bool fail(struct parser *p, const char *format, ...)
{
    va_list args;

    if (p->status != EXPR_OK)
        return false;
    p->status = EXPR_FAILED;
    va_start(args, format);
    vsnprintf(p->why, EXPR_WHY, format, args);
    va_end(args);
    return false;
}

static void skip_space(struct parser *p)
{
    while (p->at < p->end && isspace((unsigned char)*p->at))
        p->at++;
}

static bool accept(struct parser *p, const char *token)
{
    size_t length = strlen(token);

    skip_space(p);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, token, length))
        return false;
    p->at += length;
    return true;
}

/* --- operations ------------------------------------------------------------------------------- */

enum op {
    OP_OR,
    OP_AND,
    OP_BIT_OR,
    OP_BIT_XOR,
    OP_BIT_AND,
    OP_EQ,
    OP_NE,
    OP_LE,
    OP_GE,
    OP_LT,
    OP_GT,
    OP_SHL,
    OP_SHR,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD
};

static const struct operator
{
    const char *token;
    int precedence;
}
operators[] = {
    /* A token that begins another stands behind it: `<=` and `<<` before `<`, `||` before `|`. */
    [OP_OR] = {"||", 1},     [OP_AND] = {"&&", 2}, [OP_BIT_OR] = {"|", 3}, [OP_BIT_XOR] = {"^", 4},
    [OP_BIT_AND] = {"&", 5}, [OP_EQ] = {"==", 6},  [OP_NE] = {"!=", 6},    [OP_LE] = {"<=", 7},
    [OP_GE] = {">=", 7},     [OP_LT] = {"<", 7},   [OP_GT] = {">", 7},     [OP_SHL] = {"<<", 8},
    [OP_SHR] = {">>", 8},    [OP_ADD] = {"+", 9},  [OP_SUB] = {"-", 9},    [OP_MUL] = {"*", 10},
    [OP_DIV] = {"/", 10},    [OP_MOD] = {"%", 10},
};
#define OPERATORS (sizeof(operators) / sizeof(*operators))

static bool is_quantity(const struct expr_value *v)
{
    return v->type <= EXPR_DURATION;
}

static bool is_number(const struct expr_value *v)
{
    return v->type <= EXPR_INT;
}

static bool mismatch(struct parser *p, enum op op, const struct expr_value *a,
                     const struct expr_value *b)
{
    return fail(p, "`%s` does not go between %s and %s: make both the same kind",
                operators[op].token, type_names[a->type], type_names[b->type]);
}

/* The kind of a result, or false when the operands do not go together. */
static bool result_type(struct parser *p, enum op op, const struct expr_value *a,
                        const struct expr_value *b, enum expr_type *type)
{
    bool same = a->type == b->type;

    if (!is_number(a) || !is_number(b))
        return mismatch(p, op, a, b);
    *type = a->type;
    switch (op) {
    case OP_ADD:
    case OP_SUB:
        if (same)
            return true;
        /* An address plus or minus a size is an address. */
        *type = EXPR_INT;
        if (a->type == EXPR_INT && b->type == EXPR_SIZE)
            return true;
        return (op == OP_ADD && a->type == EXPR_SIZE && b->type == EXPR_INT) ||
               mismatch(p, op, a, b);
    case OP_MUL:
        *type = is_quantity(a) ? a->type : b->type;
        return !is_quantity(a) || !is_quantity(b) || mismatch(p, op, a, b);
    case OP_DIV:
        if (same)
            *type = EXPR_INT;
        return same || b->type == EXPR_INT || mismatch(p, op, a, b);
    case OP_MOD:
        return same || (a->type == EXPR_INT && b->type == EXPR_SIZE) || b->type == EXPR_INT ||
               mismatch(p, op, a, b);
    case OP_SHL:
    case OP_SHR:
        return b->type == EXPR_INT || mismatch(p, op, a, b);
    default: /* bit operations: flags in numbers, masks over sizes */
        if (a->type == EXPR_INT)
            *type = b->type;
        return same || a->type == EXPR_INT || b->type == EXPR_INT || mismatch(p, op, a, b);
    }
}

static bool compute(struct parser *p, enum op op, expr_int a, expr_int b, expr_int *out)
{
    bool fits = true;

    switch (op) {
    case OP_ADD:
        *out = a + b;
        break;
    case OP_SUB:
        *out = a - b;
        break;
    case OP_MUL:
        fits = !__builtin_mul_overflow(a, b, out);
        break;
    case OP_DIV:
    case OP_MOD:
        if (!b)
            return fail(p, "division by zero: guard it, as in ${n ? x / n : 0}");
        *out = op == OP_DIV ? a / b : a % b;
        break;
    case OP_SHL:
    case OP_SHR:
        if (b < 0 || b > 63)
            return fail(p, "shift by %s bits: use 0 to 63",
                        b < 0 ? "fewer than 0" : "more than 63");
        /* Division rounds to zero; a shift to the right rounds down. */
        *out = op == OP_SHL ? a * ((expr_int)1 << b) : a >> b;
        break;
    case OP_BIT_AND:
        *out = (expr_int)((uint64_t)a & (uint64_t)b);
        break;
    case OP_BIT_OR:
        *out = (expr_int)((uint64_t)a | (uint64_t)b);
        break;
    default:
        *out = (expr_int)((uint64_t)a ^ (uint64_t)b);
        break;
    }
    if (!fits || *out < MIN_INT || *out > MAX_INT)
        return fail(p, "`%s` overflows 64 bits: use smaller numbers", operators[op].token);
    return true;
}

static bool compare(struct parser *p, enum op op, const struct expr_value *a,
                    const struct expr_value *b, struct expr_value *out)
{
    int order;

    if (a->type != b->type || (op != OP_EQ && op != OP_NE && !is_number(a)))
        return mismatch(p, op, a, b);
    if (a->type == EXPR_STRING)
        order = strcmp(a->text, b->text);
    else
        order = a->number < b->number ? -1 : a->number > b->number;
    out->type = EXPR_BOOL;
    switch (op) {
    case OP_EQ:
        out->number = order == 0;
        break;
    case OP_NE:
        out->number = order != 0;
        break;
    case OP_LT:
        out->number = order < 0;
        break;
    case OP_LE:
        out->number = order <= 0;
        break;
    case OP_GT:
        out->number = order > 0;
        break;
    default:
        out->number = order >= 0;
        break;
    }
    return true;
}

static bool apply(struct parser *p, enum op op, struct expr_value *a, const struct expr_value *b)
{
    enum expr_type type = EXPR_INT;

    if (p->skip)
        return true;
    switch (op) {
    case OP_OR:
    case OP_AND:
        if (b->type != EXPR_BOOL)
            return mismatch(p, op, a, b);
        a->number = b->number; /* the left side did not decide */
        return true;
    case OP_EQ:
    case OP_NE:
    case OP_LE:
    case OP_GE:
    case OP_LT:
    case OP_GT:
        return compare(p, op, a, b, a);
    default:
        if (!result_type(p, op, a, b, &type) || !compute(p, op, a->number, b->number, &a->number))
            return false;
        a->type = type;
        return true;
    }
}

/* --- operands --------------------------------------------------------------------------------- */

static bool parse_choice(struct parser *p, struct expr_value *out);

static bool unknown_name(struct parser *p, const char *name)
{
    const char *names[MAX_NAMES], *nearest;
    size_t count = 0;

    for (const struct expr_scope *s = p->scope; s; s = s->outer)
        for (size_t i = 0; i < s->count && count < MAX_NAMES; i++)
            names[count++] = s->vars[i].name;
    nearest = diag_nearest(name, names, count);
    if (nearest)
        return fail(p, "no parameter `%.64s`; did you mean %.64s?", name, nearest);
    return fail(p, "no parameter `%.64s`: declare it under `params:`", name);
}

static bool parse_name(struct parser *p, struct expr_value *out)
{
    const char *start = p->at;
    char *name;

    while (p->at < p->end && (isalnum((unsigned char)*p->at) || *p->at == '_'))
        p->at++;
    name = arena_copy(p->arena, start, (size_t)(p->at - start));
    if (!strcmp(name, "true") || !strcmp(name, "false")) {
        *out = (struct expr_value){.type = EXPR_BOOL, .number = name[0] == 't'};
        return true;
    }
    for (const struct expr_scope *s = p->scope; s; s = s->outer)
        for (size_t i = 0; i < s->count; i++) {
            if (strcmp(s->vars[i].name, name))
                continue;
            *out = s->vars[i].value;
            if (s->vars[i].broken && p->status == EXPR_OK)
                p->status = EXPR_BROKEN;
            return !s->vars[i].broken;
        }
    return unknown_name(p, name);
}

static bool parse_number(struct parser *p, struct expr_value *out)
{
    const char *start = p->at;
    char why[UNITS_WHY], *text;
    enum unit_kind kind;
    uint64_t magnitude;
    bool negative;

    while (p->at < p->end && (isalnum((unsigned char)*p->at) || *p->at == '.'))
        p->at++;
    text = arena_copy(p->arena, start, (size_t)(p->at - start));
    if (!strncmp(text, "0x", 2) || !strncmp(text, "0o", 2) ||
        strspn(text, "0123456789") == strlen(text)) {
        if (!units_integer(text, &negative, &magnitude, why))
            return fail(p, "%s", why);
        *out = (struct expr_value){.type = EXPR_INT, .number = magnitude};
        return true;
    }
    if (!units_parse_any(text, &kind, &magnitude, why))
        return fail(p, "%s", why);
    *out = (struct expr_value){.type = (enum expr_type)kind, .number = magnitude};
    return true;
}

static bool parse_string(struct parser *p, struct expr_value *out)
{
    const char *start = p->at + 1, *close = memchr(start, *p->at, (size_t)(p->end - start));

    if (!close)
        return fail(p, "the text that starts with %c does not end: close it", *p->at);
    *out = (struct expr_value){.type = EXPR_STRING,
                               .text = arena_copy(p->arena, start, (size_t)(close - start))};
    p->at = close + 1;
    return true;
}

static bool parse_unary(struct parser *p, struct expr_value *out)
{
    char c;
    bool ok;

    if (p->depth >= MAX_DEPTH)
        return fail(p, "more than %d levels deep: split it into parameters", MAX_DEPTH);
    skip_space(p);
    if (p->at == p->end)
        return fail(p, "ends where a value should follow: complete it");
    c = *p->at;
    if (isdigit((unsigned char)c))
        return parse_number(p, out);
    if (isalpha((unsigned char)c) || c == '_')
        return parse_name(p, out);
    if (c == '\'' || c == '"')
        return parse_string(p, out);
    if (!strchr("(-+!~", c))
        return fail(p, "`%.*s` is not a value: write a number, a parameter or (",
                    isprint((unsigned char)c) ? 1 : 0, p->at);
    p->at++;
    p->depth++;
    ok = c == '(' ? parse_choice(p, out) : parse_unary(p, out);
    p->depth--;
    if (!ok)
        return false;
    if (c == '(')
        return accept(p, ")") || fail(p, "`(` has no `)`: close it");
    if (p->skip)
        return true;
    if (c == '!' ? out->type != EXPR_BOOL : !is_number(out))
        return fail(p, "`%c` does not go before %s: use it with %s", c, type_names[out->type],
                    type_names[c == '!' ? EXPR_BOOL : EXPR_INT]);
    if (c == '!')
        out->number = !out->number;
    else if (c == '~')
        out->number = (expr_int) ~(uint64_t)out->number;
    else if (c == '-')
        out->number = -out->number;
    return (out->number >= MIN_INT && out->number <= MAX_INT) ||
           fail(p, "`-` overflows 64 bits: use smaller numbers");
}

/* --- operators -------------------------------------------------------------------------------- */

static const struct operator* peek_operator(struct parser *p)
{
    skip_space(p);
    for (size_t i = 0; i < OPERATORS; i++) {
        size_t length = strlen(operators[i].token);

        if ((size_t)(p->end - p->at) < length || memcmp(p->at, operators[i].token, length))
            continue;
        /* `<` also begins `<<`, which stands behind it in the table for the sake of readable
         * precedences. */
        if (length == 1 && p->end - p->at > 1 && p->at[1] == p->at[0] && strchr("<>", p->at[0]))
            continue;
        return &operators[i];
    }
    return NULL;
}

static bool parse_binary(struct parser *p, int least, struct expr_value *out)
{
    const struct operator* o;

    if (!parse_unary(p, out))
        return false;
    while ((o = peek_operator(p)) && o->precedence >= least) {
        enum op op = (enum op)(o - operators);
        struct expr_value right = {.type = EXPR_BOOL};
        bool decided = false, ok;

        if ((op == OP_OR || op == OP_AND) && !p->skip) {
            if (out->type != EXPR_BOOL)
                return fail(p, "`%s` does not go behind %s: use it with true or false", o->token,
                            type_names[out->type]);
            decided = out->number == (op == OP_OR);
        }
        p->at += strlen(o->token);
        p->skip += decided;
        ok = parse_binary(p, o->precedence + 1, &right);
        p->skip -= decided;
        if (!ok || (!decided && !apply(p, op, out, &right)))
            return false;
    }
    return true;
}

static bool parse_choice(struct parser *p, struct expr_value *out)
{
    struct expr_value yes, no;
    bool take, ok;

    if (p->depth >= MAX_DEPTH)
        return fail(p, "more than %d levels deep: split it into parameters", MAX_DEPTH);
    if (!parse_binary(p, 1, out))
        return false;
    if (!accept(p, "?"))
        return true;
    if (!p->skip && out->type != EXPR_BOOL && out->type != EXPR_INT)
        return fail(p, "`?` does not go behind %s: use a condition", type_names[out->type]);
    take = out->number != 0;
    p->depth++;
    p->skip += !take;
    ok = parse_choice(p, &yes);
    p->skip -= !take;
    if (ok && !accept(p, ":"))
        ok = fail(p, "`?` has no `:`: write ${condition ? one : other}");
    p->skip += take;
    ok = ok && parse_choice(p, &no);
    p->skip -= take;
    p->depth--;
    if (ok)
        *out = take ? yes : no;
    return ok;
}

enum expr_status expr_evaluate(struct arena *a, const char *text, size_t length,
                               const struct expr_scope *scope, struct expr_value *out,
                               char why[EXPR_WHY])
{
    struct parser p = {.arena = a, .at = text, .end = text + length, .scope = scope, .why = why};

    if (!parse_choice(&p, out))
        return p.status;
    skip_space(&p);
    if (p.at != p.end)
        fail(&p, "`%.*s` is too much: an operator is missing before it",
             (int)(p.end - p.at > 32 ? 32 : p.end - p.at), p.at);
    return p.status;
}
