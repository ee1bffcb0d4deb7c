/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_parse.c - reads the text form of IR: lines of comma-separated fields, laid out as ir_text.c
 * prints them.
 */
#include "ir_text.h"

#include "ir_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
    const char *text;
    size_t length;
};

struct parser {
    const struct bp_cpu_class *cls;
    struct bp_ir_builder *block;
    struct span rest; /* of the current line */
    unsigned line;
    char *why;
    uint32_t room;
};

__attribute__((format(printf, 2, 3))) static int32_t refuse(struct parser *p, const char *format,
                                                            ...)
{
    va_list args;
    int n = snprintf(p->why, p->room, "line %u: ", p->line);

    va_start(args, format);
    if (n >= 0 && (uint32_t)n < p->room)
        vsnprintf(p->why + n, p->room - (uint32_t)n, format, args);
    va_end(args);
    return BP_E_INVAL;
}

/* --- spans and numbers ------------------------------------------------------------------------ */

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
    while (s.length && is_space(s.text[0])) {
        s.text++;
        s.length--;
    }
    while (s.length && is_space(s.text[s.length - 1]))
        s.length--;
    return s;
}

static int equals(struct span s, const char *word)
{
    return strlen(word) == s.length && !memcmp(s.text, word, s.length);
}

/* For messages: at most this much of a field is quoted. */
static int quoted(struct span s)
{
    return s.length < 40 ? (int)s.length : 40;
}

/* Cuts the text before `separator` (or all of it) off the front. */
static struct span cut(struct span *s, char separator)
{
    const char *at = s->length ? memchr(s->text, separator, s->length) : NULL;
    struct span head = *s;

    if (at) {
        head.length = (size_t)(at - s->text);
        s->text = at + 1;
        s->length -= head.length + 1;
    } else {
        s->text += s->length;
        s->length = 0;
    }
    return trim(head);
}

/* Digits in base 10, or 16 after 0x. */
static int number(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t base = 10, v = 0;

    if (s.length > 2 && s.text[0] == '0' && s.text[1] == 'x') {
        base = 16;
        s.text += 2;
        s.length -= 2;
    }
    if (!s.length)
        return 0;
    for (size_t i = 0; i < s.length; i++) {
        char c = s.text[i];
        uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                                                : 99;
        if (digit >= base || v > (UINT64_MAX - digit) / base)
            return 0;
        v = v * base + digit;
    }
    *out = v;
    return v <= max;
}

/* A number after one of the characters in `lead`. */
static int led_number(struct span s, char lead, uint64_t max, uint64_t *out)
{
    return s.length && s.text[0] == lead &&
           number((struct span){s.text + 1, s.length - 1}, max, out);
}

/* +n or -n, as 64-bit two's complement. */
static int offset(struct span s, int64_t *out)
{
    uint64_t v;

    if (led_number(s, '+', INT64_MAX, &v)) {
        *out = (int64_t)v;
        return 1;
    }
    if (led_number(s, '-', (uint64_t)INT64_MAX + 1, &v)) {
        *out = (int64_t)(0 - v);
        return 1;
    }
    return 0;
}

/* #n, #-n or #0x...: any 64 bits. */
static int constant(struct span s, int64_t *out)
{
    uint64_t v;

    if (led_number(s, '#', UINT64_MAX, &v)) {
        *out = (int64_t)v;
        return 1;
    }
    return s.length > 1 && s.text[0] == '#' && s.text[1] == '-' &&
           offset((struct span){s.text + 1, s.length - 1}, out);
}

/* --- fields ----------------------------------------------------------------------------------- */

static int32_t operand(struct parser *p, struct span s, uint16_t *out)
{
    uint64_t v;
    int reg;

    if (equals(s, "zero")) {
        *out = BP_IR_ZERO;
    } else if (led_number(s, '%', BP_IR_ZERO - BP_IR_TEMP - 1, &v)) {
        *out = (uint16_t)(BP_IR_TEMP + v);
    } else if (led_number(s, '$', BP_IR_REG_MAX, &v) || led_number(s, '?', UINT16_MAX, &v)) {
        *out = (uint16_t)v;
    } else {
        reg = ir_reg_by_name(p->cls, s.text, s.length);
        if (reg < 0)
            return refuse(p, "unknown operand '%.*s'", quoted(s), s.text);
        *out = (uint16_t)reg;
    }
    return BP_OK;
}

static int32_t displacement(struct parser *p, struct span s, int fits, int64_t v, int32_t *out)
{
    if (!fits || v < INT32_MIN || v > INT32_MAX)
        return refuse(p, "'%.*s' is not a 32-bit number of this kind", quoted(s), s.text);
    *out = (int32_t)v;
    return BP_OK;
}

/* A 32-bit constant, signed or as its bits. */
static int32_t constant32(struct parser *p, struct span s, int32_t *out)
{
    int64_t v = 0;
    int fits = constant(s, &v);

    if (v > INT32_MAX && v <= UINT32_MAX)
        v = (int32_t)v;
    return displacement(p, s, fits, v, out);
}

static int32_t operand_or_constant(struct parser *p, struct span s, char field, struct bp_ir_op *op)
{
    int64_t v = 0;

    if (!s.length || s.text[0] != '#')
        return operand(p, s, &op->b);
    op->b = BP_IR_IMM;
    if (field == 'z')
        return constant32(p, s, &op->disp);
    if (!constant(s, &v))
        return refuse(p, "'%.*s' is not a constant", quoted(s), s.text);
    op->imm = v;
    return BP_OK;
}

static int32_t address(struct parser *p, struct span s, struct bp_ir_op *op)
{
    struct span base;
    int64_t v = 0;
    int32_t rc;
    int fits;

    if (s.length < 2 || s.text[0] != '[' || s.text[s.length - 1] != ']')
        return refuse(p, "'%.*s' is not an address like [x2 +8]", quoted(s), s.text);
    s = trim((struct span){s.text + 1, s.length - 2});
    base = cut(&s, ' ');
    s = trim(s);
    if (s.length) {
        fits = offset(s, &v);
        rc = displacement(p, s, fits, v, &op->disp);
        if (rc)
            return rc;
    }
    return operand(p, base, &op->a);
}

static int32_t condition(struct parser *p, struct span s, uint16_t *out)
{
    uint64_t v;

    for (uint16_t i = 0; i < IR_CONDITIONS; i++) {
        if (equals(s, ir_condition_names[i])) {
            *out = i;
            return BP_OK;
        }
    }
    if (!led_number(s, '?', UINT16_MAX, &v))
        return refuse(p, "unknown condition '%.*s'", quoted(s), s.text);
    *out = (uint16_t)v;
    return BP_OK;
}

static int32_t helper(struct parser *p, struct span s, uint16_t *out)
{
    uint64_t v = 0;
    int i;

    if (!led_number(s, '$', UINT16_MAX, &v)) {
        i = ir_helper_by_name(p->cls, s.text, s.length);
        if (i < 0)
            return refuse(p, "unknown helper '%.*s'", quoted(s), s.text);
        v = (uint64_t)i;
    }
    *out = (uint16_t)v;
    return BP_OK;
}

static int32_t field(struct parser *p, struct span s, char kind, struct bp_ir_op *op)
{
    int64_t v = 0;
    int fits;

    switch (kind) {
    case 'd':
        return operand(p, s, &op->d);
    case 'a':
        return operand(p, s, &op->a);
    case 'b':
        return operand(p, s, &op->b);
    case 'c':
        return operand(p, s, &op->c);
    case 'y':
    case 'z':
        return operand_or_constant(p, s, kind, op);
    case 'o':
        if (!offset(s, &op->imm))
            return refuse(p, "'%.*s' is not an offset like +8", quoted(s), s.text);
        return BP_OK;
    case 't':
        fits = offset(s, &v);
        return displacement(p, s, fits, v, &op->disp);
    case 'e':
        return constant32(p, s, &op->disp);
    case 'k':
        return condition(p, s, &op->c);
    case 'h':
        return helper(p, s, &op->x);
    default:
        return address(p, s, op);
    }
}

static int32_t words(struct parser *p, const struct ir_word *table, uint64_t max, uint16_t *out)
{
    uint64_t v;

    while (p->rest.length) {
        struct span s = cut(&p->rest, ',');
        const struct ir_word *w = table;
        while (w->text && !equals(s, w->text))
            w++;
        if (w->text)
            v = w->value;
        else if (!led_number(s, '?', max, &v))
            return refuse(p, "unknown flag '%.*s'", quoted(s), s.text);
        *out |= (uint16_t)v;
    }
    return BP_OK;
}

/* --- lines ------------------------------------------------------------------------------------ */

static int32_t parse_insn(struct parser *p)
{
    struct bp_ir_builder *block = p->block;
    struct bp_ir_insn *insn = &block->insns[block->ninsns];
    struct span s = cut(&p->rest, ',');
    uint64_t pc_offset, length;
    uint16_t flags = 0;
    int32_t rc;

    if (block->ninsns == block->max_insns)
        return BP_E_FULL;
    if (!led_number(s, '+', UINT16_MAX, &pc_offset))
        return refuse(p, "insn: '%.*s' is not an offset like +4", quoted(s), s.text);
    s = cut(&p->rest, ',');
    if (!number(s, UINT8_MAX, &length))
        return refuse(p, "insn: '%.*s' is not a length in bytes", quoted(s), s.text);
    rc = words(p, ir_insn_words, UINT8_MAX, &flags);
    if (rc)
        return rc;
    *insn = (struct bp_ir_insn){block->nops, (uint16_t)pc_offset, (uint8_t)length, (uint8_t)flags};
    block->ninsns++;
    return BP_OK;
}

static int32_t parse_raw(struct parser *p, struct bp_ir_op *op)
{
    static const uint64_t max[6] = {UINT8_MAX,  UINT8_MAX,  UINT16_MAX,
                                    UINT16_MAX, UINT16_MAX, UINT64_MAX};
    uint64_t v[6];

    for (int i = 0; i < 6; i++) {
        struct span s = cut(&p->rest, ',');
        if (!number(s, max[i], &v[i]))
            return refuse(p, "raw: '%.*s' is not a number that fits", quoted(s), s.text);
    }
    *op = (struct bp_ir_op){(uint8_t)v[0],  (uint8_t)v[1],  (uint16_t)v[2],
                            (uint16_t)v[3], (uint16_t)v[4], .imm = 0};
    op->imm = (int64_t)v[5];
    return p->rest.length ? refuse(p, "raw: more than six numbers") : BP_OK;
}

/* "add.i64", or "goto" for an op with one type. */
static int32_t parse_head(struct parser *p, struct span head, struct bp_ir_op *op)
{
    struct span name = cut(&head, '.');
    const struct ir_info *info;

    op->op = ir_op_by_name(name.text, (uint32_t)name.length);
    info = &ir_infos[op->op];
    if (op->op == BP_IR_NONE)
        return refuse(p, "unknown op '%.*s'", quoted(name), name.text);
    if (!head.length && info->types[1])
        return refuse(p, "%s: a type is missing, as in %s.i64", info->text, info->text);
    for (op->type = 0; op->type < IR_TYPES; op->type++)
        if (head.length ? equals(head, ir_type_names[op->type]) : ir_type_allowed(info, op->type))
            return BP_OK;
    return refuse(p, "%s: unknown type '%.*s'", info->text, quoted(head), head.text);
}

static int32_t parse_op(struct parser *p, struct span head, struct bp_ir_op *op)
{
    int32_t rc = parse_head(p, head, op);
    int64_t v;

    if (rc)
        return rc;
    for (const char *kind = ir_layouts[ir_infos[op->op].format]; *kind; kind++) {
        if (!p->rest.length)
            return refuse(p, "%s: a field is missing", ir_infos[op->op].text);
        rc = field(p, cut(&p->rest, ','), *kind, op);
        if (rc)
            return rc;
    }
    if (op->op != BP_IR_SHADD && op->op != BP_IR_SHADDUW)
        return p->rest.length ? words(p, ir_flag_words(op->op),
                                      ir_infos[op->op].uses & IR_USE_X ? UINT16_MAX : 0, &op->x)
                              : BP_OK;
    if (!constant(cut(&p->rest, ','), &v) || v < 0 || v > UINT16_MAX || p->rest.length)
        return refuse(p, "%s: the shift count, like #1, is missing or wrong",
                      ir_infos[op->op].text);
    op->x = (uint16_t)v;
    return BP_OK;
}

static int32_t parse_line(struct parser *p, struct span line)
{
    struct bp_ir_builder *block = p->block;
    struct bp_ir_op op = {0};
    struct span head;
    int32_t rc;

    line = trim(cut(&line, ';'));
    if (!line.length)
        return BP_OK;
    head = cut(&line, ' ');
    p->rest = trim(line);
    if (equals(head, "insn"))
        return parse_insn(p);
    if (!block->ninsns)
        return refuse(p, "an op before the first insn line");
    rc = equals(head, "raw") ? parse_raw(p, &op) : parse_op(p, head, &op);
    if (rc)
        return rc;
    if (block->nops == block->max_insns * BP_IR_OPS_PER_INSN + 1)
        return BP_E_FULL;
    block->ops[block->nops++] = op;
    return BP_OK;
}

int32_t ir_parse(const struct bp_cpu_class *cls, const char *text, uint32_t length,
                 struct bp_ir_builder *block, char *why, uint32_t room)
{
    struct parser p = {.cls = cls, .block = block, .why = why, .room = room};
    struct span all = {text, length};
    int32_t rc = BP_OK;

    if (room)
        why[0] = 0;
    block->nops = block->ninsns = 0;
    while (all.length && !rc) {
        p.line++;
        rc = parse_line(&p, cut(&all, '\n'));
    }
    if (rc == BP_E_FULL)
        refuse(&p, "no room for more than %u instructions of %d ops each", block->max_insns,
               BP_IR_OPS_PER_INSN);
    return rc;
}
