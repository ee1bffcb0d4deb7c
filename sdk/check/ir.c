/* SPDX-License-Identifier: Apache-2.0
 *
 * ir.c - what translate() may emit (ir.h): known operations with operands that exist, in the room
 * there is.
 */
#include <inttypes.h>

#include "cpu.h"
#include "guard.h"

#define INSNS     24u
#define ROUNDS    3000u
#define TEXT_ROOM 64u

#define USE_D 1u
#define USE_A 2u
#define USE_B 4u /* may be IMM where the format has a "y" */
#define USE_Y 8u
#define USE_C 16u

/* Which operands the formats of ir_ops.def have (the comment in ir.h). */
static const struct {
    const char *name;
    uint32_t use;
} formats[] = {
    {"DY", USE_D | USE_Y},
    {"DAY", USE_D | USE_A | USE_Y},
    {"DA", USE_D | USE_A},
    {"DAX", USE_D | USE_A},
    {"DABX", USE_D | USE_A | USE_B},
    {"DABCX", USE_D | USE_A | USE_B | USE_C},
    {"DABC", USE_D | USE_A | USE_Y},
    {"DABSEL", USE_D | USE_A | USE_B | USE_C},
    {"DI", USE_D},
    {"D", USE_D},
    {"Y", USE_Y},
    {"I", 0},
    {"X", 0},
    {"AX", USE_A},
    {"DAIX", USE_D | USE_A},
    {"NONE", 0},
    {"LOAD", USE_D | USE_A},
    {"STORE", USE_A | USE_B},
    {"AMO", USE_D | USE_A | USE_B},
    {"BRANCH", USE_A | USE_B},
    {"HELPER", USE_D | USE_A | USE_B},
};

static const struct {
    const char *text, *format;
} ops[] = {
#define BP_IR_OP(number, NAME, text, format, types) [number] = {text, #format},
#include <backplane/ir_ops.def>
#undef BP_IR_OP
};
#define NOPS (sizeof ops / sizeof *ops)

static uint32_t use_of(const char *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!strcmp(formats[i].name, format))
            return formats[i].use;
    }
    return 0;
}

/* --- what was emitted ---------------------------------------------------------------- */

static uint32_t count_ir_regs(const struct bp_cpu_class *cls)
{
    uint32_t n = 0;

    while (n < cls->nregs &&
           (((const struct bp_cpu_reg *)((const char *)cls->regs + (size_t)cls->reg_stride * n))
                ->flags &
            BP_CPU_REG_IR))
        n++;
    return n;
}

static bool is_operand(uint32_t operand, uint32_t nregs, bool imm)
{
    return operand < nregs || (operand >= BP_IR_TEMP && operand < BP_IR_TEMP + BP_IR_TEMPS) ||
           operand == BP_IR_ZERO || (imm && operand == BP_IR_IMM);
}

static void check_op(struct kit *kit, const struct bp_cpu_class *cls, const struct bp_ir_op *op,
                     uint32_t i)
{
    uint32_t nregs = count_ir_regs(cls), use;

    if (op->op >= NOPS || !ops[op->op].text || op->type > BP_T_S16) {
        kit_watch(kit, "translate", NULL, "op %u: operation %u of type %u does not exist", i,
                  op->op, op->type);
        return;
    }
    use = use_of(ops[op->op].format);
    if (((use & USE_D) && !is_operand(op->d, nregs, false)) ||
        ((use & USE_A) && !is_operand(op->a, nregs, false)) ||
        ((use & USE_B) && !is_operand(op->b, nregs, false)) ||
        ((use & USE_Y) && !is_operand(op->b, nregs, true)) ||
        ((use & USE_C) && !is_operand(op->c, nregs, false)))
        kit_watch(kit, "translate", NULL,
                  "op %u: %s has an operand that does not exist (d %#x, a %#x, b %#x)", i,
                  ops[op->op].text, op->d, op->a, op->b);
    if (!strcmp(ops[op->op].format, "HELPER") && op->x >= cls->nhelpers)
        kit_watch(kit, "translate", NULL, "op %u: calls helper %u of %u", i, op->x, cls->nhelpers);
}

static void check_emitted(struct kit *kit, const struct bp_cpu_class *cls,
                          const struct bp_ir_builder *b)
{
    uint32_t op = 0;

    if (!b->ninsns || b->ninsns > b->max_insns || !b->nops) {
        kit_watch(kit, "translate", NULL,
                  "translate() returned BP_OK with %u of at most %u instructions and %u ops",
                  b->ninsns, b->max_insns, b->nops);
        return;
    }
    for (uint32_t i = 0; i < b->ninsns; i++) {
        const struct bp_ir_insn *insn = &b->insns[i];
        uint32_t end = i + 1 < b->ninsns ? b->insns[i + 1].first_op : b->nops;

        if (insn->first_op != op || end < op || end > b->nops ||
            end - op > BP_IR_OPS_PER_INSN + (i + 1 == b->ninsns) || !insn->length) {
            kit_watch(kit, "translate", NULL,
                      "instruction %u has %u bytes and the ops %u to %u of %u", i, insn->length,
                      insn->first_op, end, b->nops);
            return;
        }
        op = end;
    }
    for (uint32_t i = 0; i < b->nops; i++)
        check_op(kit, cls, &b->ops[i], i);
}

/* --- translation --------------------------------------------------------------------- */

struct source {
    const struct th *t;
    uint64_t pc;
};

static int32_t fetch16(void *ctx, uint32_t offset, uint16_t *code)
{
    const struct source *source = ctx;

    if (th_ram_after(source->t, source->pc + offset) < 2)
        return BP_E_FAULT;
    memcpy(code, th_ram(source->t, source->pc + offset), 2);
    return BP_OK;
}

/* Random words; now and then with the low bits that RISC encodings use for their full-size
 * instructions. */
static void fill(struct th *t, struct random *random, uint64_t at)
{
    for (uint32_t i = 0; i < INSNS + 1; i++) {
        uint32_t word = (uint32_t)random_next(random) | (random_below(random, 2) ? 3 : 0);

        memcpy(t->ram + at + 4 * i, &word, sizeof word);
    }
}

static uint32_t word_at(const void *state, uint32_t offset)
{
    uint32_t word;

    memcpy(&word, (const char *)state + offset, sizeof word);
    return word;
}

void cpu_translate(struct being *being, struct random *random)
{
    const struct bp_cpu_class *cls = cpu_class_of(being);
    struct shell *s = cpu_shell_of(being);
    uint32_t max = 1 + (uint32_t)random_below(random, INSNS);
    uint64_t at = random_below(random, TH_RAM_BYTES / 8 - INSNS) * 8;
    struct source source = {s->t, TH_RAM_BASE + at};
    struct bp_ir_builder b = {
        .size = sizeof b,
        .flags = random_below(random, 8) ? 0 : BP_BUILDER_SINGLE,
        .max_insns = max,
        .mode = word_at(s->t->self, cls->mode_offset),
        .pc = source.pc,
        .ctx = &source,
        .fetch16 = fetch16,
    };
    int32_t status;

    b.ops = guard_get((size_t)(max * BP_IR_OPS_PER_INSN + 1) * sizeof *b.ops, 8,
                      "the ops of the builder");
    b.insns = guard_get((size_t)max * sizeof *b.insns, 4, "the instructions of the builder");
    if (b.ops && b.insns) {
        fill(s->t, random, at);
        kit_doing(s->kit, "translate() of words from %#" PRIx64 " on, at most %u instructions",
                  (uint64_t)word_at(s->t->ram + at, 0), max);
        status = cls->translate(s->t->self, &b);
        if (!status)
            check_emitted(s->kit, cls, &b);
        else
            kit_watch(s->kit, "translate", NULL,
                      "translate() returned %" PRId32 " for code that can be fetched", status);
    }
    guard_put(b.ops);
    guard_put(b.insns);
}

/* --- disassembly --------------------------------------------------------------------- */

static void check_disasm(struct being *being, struct random *random)
{
    const struct bp_cpu_class *cls = cpu_class_of(being);
    struct shell *s = cpu_shell_of(being);
    uint32_t bytes = 1 + (uint32_t)random_below(random, 8);
    uint32_t room = 1 + (uint32_t)random_below(random, TEXT_ROOM);
    uint8_t *code = guard_get(bytes, 1, "the code to disassemble");
    char *text = guard_get(room, 1, "the text of disasm()");
    int32_t length;

    if (code && text) {
        for (uint32_t i = 0; i < bytes; i++)
            code[i] = (uint8_t)random_next(random);
        if (random_below(random, 2))
            code[0] |= 3;
        memset(text, 'x', room);
        kit_doing(s->kit, "disasm() of %u bytes into %u of text", bytes, room);
        length = cls->disasm(s->t->self, TH_RAM_BASE, code, bytes, text, room);
        if (length != BP_E_INVAL && (length <= 0 || (uint32_t)length > bytes))
            kit_fail(s->kit, "disasm() of %u bytes returned %" PRId32, bytes, length);
        else if (length > 0 && !memchr(text, 0, room))
            kit_fail(s->kit, "disasm() leaves its text without an end in %u bytes", room);
    }
    guard_put(code);
    guard_put(text);
}

void check_translate(struct kit *kit)
{
    struct random random = random_of(kit, 16);
    struct being *being = cpu_started(kit);

    for (uint32_t i = 0; being && i < ROUNDS && !kit_failed(kit); i++) {
        cpu_translate(being, &random);
        if (cpu_class_of(being)->disasm)
            check_disasm(being, &random);
    }
    if (being)
        cpu_being.end(being);
}
