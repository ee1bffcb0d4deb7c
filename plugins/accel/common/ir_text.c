/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_text.c - prints IR. The layout of each format is a short pattern that ir_parse.c follows as
 * well.
 */
#include "ir_text.h"

#include "ir_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- shared with the parser ------------------------------------------------------------------- */

const char *const ir_layouts[IR_FORMATS] = {
    [IR_F_DY] = "dy",        [IR_F_DAY] = "day",    [IR_F_DA] = "da",     [IR_F_DAX] = "da",
    [IR_F_DABX] = "dab",     [IR_F_DABCX] = "dabc", [IR_F_DABC] = "dakz", [IR_F_DABSEL] = "dabc",
    [IR_F_DI] = "do",        [IR_F_D] = "d",        [IR_F_Y] = "y",       [IR_F_I] = "o",
    [IR_F_X] = "",           [IR_F_AX] = "a",       [IR_F_DAIX] = "da",   [IR_F_NONE] = "",
    [IR_F_LOAD] = "dm",      [IR_F_STORE] = "mb",   [IR_F_AMO] = "dmb",   [IR_F_BRANCH] = "akbt",
    [IR_F_HELPER] = "hdabe",
};

static const struct ir_word memory_words[] = {
    {"ctx1", BP_MEM_CONTEXT, 1},
    {"ctx2", BP_MEM_CONTEXT, 2},
    {"ctx3", BP_MEM_CONTEXT, 3},
    {"ctx4", BP_MEM_CONTEXT, 4},
    {"ctx5", BP_MEM_CONTEXT, 5},
    {"ctx6", BP_MEM_CONTEXT, 6},
    {"ctx7", BP_MEM_CONTEXT, 7},
    {"ctx8", BP_MEM_CONTEXT, 8},
    {"ctx9", BP_MEM_CONTEXT, 9},
    {"ctx10", BP_MEM_CONTEXT, 10},
    {"ctx11", BP_MEM_CONTEXT, 11},
    {"ctx12", BP_MEM_CONTEXT, 12},
    {"ctx13", BP_MEM_CONTEXT, 13},
    {"ctx14", BP_MEM_CONTEXT, 14},
    {"ctx15", BP_MEM_CONTEXT, 15},
    {"addr32", BP_MEM_ADDR32, BP_MEM_ADDR32},
    {"box", BP_MEM_BOX, BP_MEM_BOX},
    {"aligned", BP_MEM_ALIGNED, BP_MEM_ALIGNED},
    {"big", BP_MEM_BIG, BP_MEM_BIG},
    {"acquire", BP_MEM_ACQUIRE, BP_MEM_ACQUIRE},
    {"release", BP_MEM_RELEASE, BP_MEM_RELEASE},
    {NULL, 0, 0},
};

static const struct ir_word fence_words[] = {
    {"rr", BP_FENCE_RR, BP_FENCE_RR},
    {"rw", BP_FENCE_RW, BP_FENCE_RW},
    {"wr", BP_FENCE_WR, BP_FENCE_WR},
    {"ww", BP_FENCE_WW, BP_FENCE_WW},
    {NULL, 0, 0},
};

static const struct ir_word fp_words[] = {
    {"rne", BP_RM_MASK, BP_RM_RNE},
    {"rtz", BP_RM_MASK, BP_RM_RTZ},
    {"rdn", BP_RM_MASK, BP_RM_RDN},
    {"rup", BP_RM_MASK, BP_RM_RUP},
    {"rmm", BP_RM_MASK, BP_RM_RMM},
    {"box", BP_FP_BOX, BP_FP_BOX},
    {NULL, 0, 0},
};

static const struct ir_word convert_words[] = {
    {"s32", BP_FP_INT_MASK, BP_FP_INT_S32},
    {"u32", BP_FP_INT_MASK, BP_FP_INT_U32},
    {"s64", BP_FP_INT_MASK, BP_FP_INT_S64},
    {"u64", BP_FP_INT_MASK, BP_FP_INT_U64},
    {"rne", BP_RM_MASK, BP_RM_RNE},
    {"rtz", BP_RM_MASK, BP_RM_RTZ},
    {"rdn", BP_RM_MASK, BP_RM_RDN},
    {"rup", BP_RM_MASK, BP_RM_RUP},
    {"rmm", BP_RM_MASK, BP_RM_RMM},
    {"box", BP_FP_BOX, BP_FP_BOX},
    {NULL, 0, 0},
};

static const struct ir_word jump_words[] = {
    {"call", 0xffff, BP_JMP_CALL},
    {"return", 0xffff, BP_JMP_RETURN},
    {NULL, 0, 0},
};

static const struct ir_word no_words[] = {{NULL, 0, 0}};

const struct ir_word ir_insn_words[] = {{"call", BP_INSN_CALL, BP_INSN_CALL}, {NULL, 0, 0}};

const struct ir_word *ir_flag_words(uint8_t op)
{
    const struct ir_info *info = &ir_infos[op];

    if (!(info->uses & IR_USE_X) || info->format == IR_F_HELPER)
        return no_words;
    if (info->does & IR_DOES_MEMORY)
        return memory_words;
    if (info->does & IR_DOES_FP)
        return info->format == IR_F_DAIX ? convert_words : fp_words;
    return op == BP_IR_FENCE ? fence_words : op == BP_IR_JMP ? jump_words : no_words;
}

static const struct bp_cpu_reg *reg_row(const struct bp_cpu_class *cls, uint32_t i)
{
    return (const struct bp_cpu_reg *)((const char *)cls->regs + (size_t)i * cls->reg_stride);
}

uint32_t ir_reg_count(const struct bp_cpu_class *cls)
{
    uint32_t n = 0;

    while (cls && n < cls->nregs && n <= BP_IR_REG_MAX && (reg_row(cls, n)->flags & BP_CPU_REG_IR))
        n++;
    return n;
}

const struct bp_cpu_reg *ir_reg(const struct bp_cpu_class *cls, uint16_t operand)
{
    return operand < ir_reg_count(cls) ? reg_row(cls, operand) : NULL;
}

const struct bp_cpu_helper *ir_helper(const struct bp_cpu_class *cls, uint32_t i)
{
    if (!cls || i >= cls->nhelpers)
        return NULL;
    return (const struct bp_cpu_helper *)((const char *)cls->helpers +
                                          (size_t)i * cls->helper_stride);
}

int ir_reg_by_name(const struct bp_cpu_class *cls, const char *name, size_t length)
{
    uint32_t n = ir_reg_count(cls);

    for (uint32_t i = 0; i < n; i++)
        if (strlen(reg_row(cls, i)->name) == length && !memcmp(reg_row(cls, i)->name, name, length))
            return (int)i;
    return -1;
}

int ir_helper_by_name(const struct bp_cpu_class *cls, const char *name, size_t length)
{
    for (uint32_t i = 0; cls && i < cls->nhelpers && i <= UINT16_MAX; i++)
        if (strlen(ir_helper(cls, i)->name) == length &&
            !memcmp(ir_helper(cls, i)->name, name, length))
            return (int)i;
    return -1;
}

/* --- printing --------------------------------------------------------------------------------- */

struct out {
    char *text;
    uint32_t room, length; /* length may exceed room */
    int fields;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *format, ...)
{
    uint32_t left = o->length < o->room ? o->room - o->length : 0;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(left ? o->text + o->length : NULL, left, format, args);
    va_end(args);
    o->length += n > 0 ? (uint32_t)n : 0;
}

/* Starts the next field of an op. */
static void next(struct out *o)
{
    put(o, o->fields++ ? ", " : " ");
}

/* A name can stand for its number if it reads as a word and the parser finds this number by it. */
static int is_word(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

    return n && !name[n] && strcmp(name, "zero") != 0 && !strchr("0123456789", name[0]);
}

static void put_operand(struct out *o, const struct bp_cpu_class *cls, uint16_t operand)
{
    const struct bp_cpu_reg *reg = ir_reg(cls, operand);

    if (operand == BP_IR_ZERO)
        put(o, "zero");
    else if (operand > BP_IR_ZERO)
        put(o, "?%u", operand);
    else if (operand >= BP_IR_TEMP)
        put(o, "%%%u", operand - BP_IR_TEMP);
    else if (reg && is_word(reg->name) &&
             ir_reg_by_name(cls, reg->name, strlen(reg->name)) == operand)
        put(o, "%s", reg->name);
    else
        put(o, "$%u", operand);
}

static void put_constant(struct out *o, int64_t v)
{
    if (v > -65536 && v < 65536)
        put(o, "#%lld", (long long)v);
    else
        put(o, "#0x%llx", (unsigned long long)v);
}

static void put_constant32(struct out *o, int32_t v)
{
    if (v > -65536 && v < 65536)
        put(o, "#%d", v);
    else
        put(o, "#0x%x", (unsigned)v);
}

static void put_offset(struct out *o, int64_t v)
{
    put(o, "%c%llu", v < 0 ? '-' : '+', v < 0 ? -(unsigned long long)v : (unsigned long long)v);
}

static void put_helper(struct out *o, const struct bp_cpu_class *cls, uint16_t i)
{
    const struct bp_cpu_helper *helper = ir_helper(cls, i);

    if (helper && is_word(helper->name) &&
        ir_helper_by_name(cls, helper->name, strlen(helper->name)) == i)
        put(o, "%s", helper->name);
    else
        put(o, "$%u", i);
}

/* Words for the bits of x; what no word explains is printed as a number. A word for zero bits is
 * printed if the mode it belongs to counts for the op: `always` has the masks. */
static void put_words(struct out *o, const struct ir_word *words, uint32_t bits, uint32_t always)
{
    for (uint32_t done = 0; words->text; words++) {
        if (!(words->mask & done) && (bits & words->mask) == words->value &&
            (words->value || (words->mask & always))) {
            next(o);
            put(o, "%s", words->text);
            done |= words->mask;
            bits &= ~(uint32_t)words->mask;
        }
    }
    if (bits) {
        next(o);
        put(o, "?0x%x", bits);
    }
}

static void put_field(struct out *o, const struct bp_cpu_class *cls, const struct bp_ir_op *op,
                      char field)
{
    next(o);
    switch (field) {
    case 'd':
        put_operand(o, cls, op->d);
        break;
    case 'a':
        put_operand(o, cls, op->a);
        break;
    case 'b':
        put_operand(o, cls, op->b);
        break;
    case 'c':
        put_operand(o, cls, op->c);
        break;
    case 'y': /* b, or imm */
    case 'z': /* b, or disp */
        if (op->b == BP_IR_IMM)
            field == 'y' ? put_constant(o, op->imm) : put_constant32(o, op->disp);
        else
            put_operand(o, cls, op->b);
        break;
    case 'o':
        put_offset(o, op->imm);
        break;
    case 't':
        put_offset(o, op->disp);
        break;
    case 'e':
        put_constant32(o, op->disp);
        break;
    case 'k':
        if (op->c < IR_CONDITIONS)
            put(o, "%s", ir_condition_names[op->c]);
        else
            put(o, "?%u", op->c);
        break;
    case 'h':
        put_helper(o, cls, op->x);
        break;
    default: /* 'm': an address */
        put(o, "[");
        put_operand(o, cls, op->a);
        if (op->disp) {
            put(o, " ");
            put_offset(o, op->disp);
        }
        put(o, "]");
        break;
    }
}

static void put_flags(struct out *o, const struct bp_ir_op *op)
{
    const struct ir_info *info = &ir_infos[op->op];
    uint32_t always = info->does & IR_DOES_ROUND ? BP_RM_MASK : 0;

    if (!(info->uses & IR_USE_X) || info->format == IR_F_HELPER)
        return;
    if (op->op == BP_IR_SHADD || op->op == BP_IR_SHADDUW) {
        next(o);
        put_constant(o, op->x);
        return;
    }
    if (info->format == IR_F_DAIX)
        always |= BP_FP_INT_MASK;
    put_words(o, ir_flag_words(op->op), op->x, always);
}

static void put_readable(struct out *o, const struct bp_cpu_class *cls, const struct bp_ir_op *op)
{
    const struct ir_info *info = &ir_infos[op->op];

    put(o, "%s", info->text);
    if (info->types[1] || !ir_type_allowed(info, op->type))
        put(o, ".%s", ir_type_names[op->type]);
    for (const char *field = ir_layouts[info->format]; *field; field++)
        put_field(o, cls, op, *field);
    put_flags(o, op);
}

/* Ops that break the rules may carry bits the readable form has no place for. */
static int is_readable(const struct bp_ir_op *op)
{
    const struct ir_info *info = &ir_infos[op->op];
    int constant = op->b == BP_IR_IMM && (info->uses & (IR_USE_BIMM | IR_USE_BIMM32));

    if (!info->text || op->type >= IR_TYPES)
        return 0;
    if ((!(info->uses & IR_USE_D) && op->d) || (!(info->uses & IR_USE_A) && op->a) ||
        (!(info->uses & IR_USE_B) && op->b))
        return 0;
    if ((info->uses & IR_USE_IMM) || (constant && (info->uses & IR_USE_BIMM)))
        return 1;
    return ((info->uses & IR_USE_DISP) || (constant && (info->uses & IR_USE_BIMM32)) ||
            !op->disp) &&
           ((info->uses & (IR_USE_C | IR_USE_COND)) || !op->c) &&
           ((info->uses & IR_USE_X) || !op->x);
}

static void put_op(struct out *o, const struct bp_cpu_class *cls, const struct bp_ir_op *op)
{
    o->fields = 0;
    if (is_readable(op))
        put_readable(o, cls, op);
    else
        put(o, "raw %u, %u, 0x%x, 0x%x, 0x%x, 0x%llx", op->op, op->type, op->d, op->a, op->b,
            (unsigned long long)op->imm);
}

uint32_t ir_print_op(const struct bp_cpu_class *cls, const struct bp_ir_op *op, char *text,
                     uint32_t room)
{
    struct out o = {.text = text, .room = room};

    put_op(&o, cls, op);
    return o.length;
}

static void put_insn(struct out *o, const struct bp_ir_insn *insn)
{
    o->fields = 0;
    put(o, "insn");
    next(o);
    put(o, "+%u", insn->pc_offset);
    next(o);
    put(o, "%u", insn->length);
    put_words(o, ir_insn_words, insn->flags, 0);
    put(o, "\n");
}

uint32_t ir_print(const struct bp_cpu_class *cls, const struct bp_ir_builder *block, char *text,
                  uint32_t room)
{
    struct out o = {.text = text, .room = room};
    uint32_t insn = 0;

    if (room)
        text[0] = 0;
    for (uint32_t i = 0; i <= block->nops; i++) {
        while (insn < block->ninsns && (block->insns[insn].first_op <= i || i == block->nops))
            put_insn(&o, &block->insns[insn++]);
        if (i < block->nops) {
            put(&o, "  ");
            put_op(&o, cls, &block->ops[i]);
            put(&o, "\n");
        }
    }
    return o.length;
}
