/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_case.c - reads golden test files: see ir_case.h.
 */
#include "ir_case.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/accel/common/ir_text.h"

#define BLOCK_TEXT  16384
#define SHORT_BYTES 16u /* the instruction of a short case */

#define REQUIRE(f, condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            char text_[640];                                                                       \
            snprintf(text_, sizeof text_, __VA_ARGS__);                                            \
            cr_assert_fail("%s:%u: %s", (f)->path, (f)->line, text_);                              \
        }                                                                                          \
    } while (0)

static const char *const fault_types[] = {"walk", "misaligned", "bus"};
static const char *const fault_kinds[] = {"read", "write", "fetch", "amo"};

static uint64_t number(struct ir_case_file *f, const char *text)
{
    char *end;
    uint64_t v = text && text[0] == '-' ? 0 - strtoull(text + 1, &end, 0)
                                        : strtoull(text ? text : "", &end, 0);

    REQUIRE(f, text && text[0] && !*end, "'%s' is not a number", text ? text : "");
    return v;
}

static uint32_t choice(struct ir_case_file *f, const char *text, const char *const *names,
                       uint32_t n)
{
    uint32_t i = 0;

    while (i < n && (!text || strcmp(text, names[i]) != 0))
        i++;
    REQUIRE(f, i < n, "unknown word '%s'", text ? text : "");
    return i;
}

static uint64_t *named(struct ir_case_file *f, struct machine_state *s, const char *name)
{
    static const struct {
        char letter;
        uint32_t first, count;
    } banks[] = {{'r', TOY_R, 16}, {'f', TOY_F, 8}, {'w', TOY_W, 8}};

    if (!strcmp(name, "pc"))
        return &s->pc;
    if (!strcmp(name, "fflags"))
        return &s->fflags;
    if (!strcmp(name, "count"))
        return &s->count;
    for (int i = 0; i < 3; i++)
        if (name[0] == banks[i].letter && number(f, name + 1) < banks[i].count)
            return &s->regs[banks[i].first + number(f, name + 1)];
    REQUIRE(f, 0, "unknown register '%s'", name);
    return NULL;
}

static void write_byte(struct ir_case_file *f, struct machine_state *s, uint64_t pa, uint64_t byte)
{
    REQUIRE(f, !machine_access(s->ram, s->device, pa, 1, 1, &byte), "no memory at 0x%llx",
            (unsigned long long)pa);
}

static void write_bytes(struct ir_case_file *f, struct machine_state *s, char **save)
{
    uint64_t pa = number(f, strtok_r(NULL, " \n", save));

    for (char *byte = strtok_r(NULL, " \n", save); byte; byte = strtok_r(NULL, " \n", save))
        write_byte(f, s, pa++, strtoull(byte, NULL, 16));
}

/* --- lines ------------------------------------------------------------------------------------ */

static int read_line(struct ir_case_file *f, char *line, size_t room)
{
    char *comment;

    if (f->pending[0]) {
        memcpy(line, f->pending, sizeof f->pending < room ? sizeof f->pending : room);
        f->pending[0] = 0;
        return 1;
    }
    if (!fgets(line, (int)room, f->file))
        return 0;
    f->line++;
    comment = strchr(line, ';');
    if (comment)
        *comment = 0;
    line[strcspn(line, "\n")] = 0;
    return 1;
}

static void parse_ir(struct ir_case_file *f, struct ir_case *c, uint64_t pc, const char *text)
{
    struct toy_block *block = &c->program.blocks[c->program.nblocks++];
    struct bp_ir_builder builder = {
        .ops = block->ops, .insns = block->insns, .max_insns = TOY_BLOCK_INSNS};
    char why[256];

    REQUIRE(f, c->program.nblocks <= TOY_BLOCKS, "too many blocks");
    REQUIRE(f, !ir_parse(c->cls, text, (uint32_t)strlen(text), &builder, why, sizeof why), "%s",
            why);
    block->pc = pc;
    block->nops = builder.nops;
    block->ninsns = builder.ninsns;
}

static void parse_block(struct ir_case_file *f, struct ir_case *c, uint64_t pc)
{
    char text[BLOCK_TEXT] = "", line[512];

    for (;;) {
        REQUIRE(f, read_line(f, line, sizeof line), "no 'end' after the block");
        if (!strcmp(line, "end"))
            break;
        REQUIRE(f, strlen(text) + strlen(line) + 2 < sizeof text, "the block is too long");
        strcat(strcat(text, line), "\n");
    }
    parse_ir(f, c, pc, text);
}

static void parse_fault(struct ir_case_file *f, struct ir_case *c, char **save)
{
    struct bp_fault *fault = &c->out.fault;
    char *cause;

    c->out.faults = 1;
    fault->type = choice(f, strtok_r(NULL, " ", save), fault_types, 3);
    fault->kind = choice(f, strtok_r(NULL, " ", save), fault_kinds, 4);
    fault->va = number(f, strtok_r(NULL, " ", save));
    c->out.fault_pc = number(f, strtok_r(NULL, " ", save));
    c->out.pc = TOY_FAULT_HANDLER;
    cause = strtok_r(NULL, " ", save);
    fault->cause = cause ? (uint32_t)number(f, cause) : 0;
}

static void parse_out(struct ir_case_file *f, struct ir_case *c, char **save)
{
    char *what = strtok_r(NULL, " ", save);

    REQUIRE(f, what, "out what?");
    if (!strcmp(what, "mem")) {
        write_bytes(f, &c->out, save);
    } else if (!strcmp(what, "fault")) {
        parse_fault(f, c, save);
    } else if (!strcmp(what, "error")) {
        snprintf(c->error, sizeof c->error, "%.250s", *save);
    } else {
        c->has_count |= !strcmp(what, "count");
        *named(f, &c->out, what) = number(f, strtok_r(NULL, " ", save));
    }
}

/* "r1=5" or "@0x80020000=5", which is eight bytes. */
static void assign(struct ir_case_file *f, struct machine_state *s, char *text)
{
    char *equals = strchr(text, '=');
    uint64_t v;

    REQUIRE(f, equals, "'%s' is not an assignment", text);
    *equals = 0;
    v = number(f, equals + 1);
    if (text[0] == '@')
        for (uint32_t i = 0; i < 8; i++)
            write_byte(f, s, number(f, text + 1) + i, v >> 8 * i & 0xff);
    else
        *named(f, s, text) = v;
}

static void parse_short(struct ir_case_file *f, struct ir_case *c, char *line)
{
    char *colon = strchr(line, ':'), *arrow = strstr(line, "->"), *save, text[320];

    REQUIRE(f, colon && arrow && colon < arrow, "op TEXT : inputs -> outputs");
    snprintf(c->name, sizeof c->name, "%.200s", line);
    *colon = *arrow = 0;
    snprintf(text, sizeof text, "insn +0, %u\n%.200s\ngoto +%u\n", SHORT_BYTES, line, SHORT_BYTES);
    parse_ir(f, c, c->in.pc, text);
    for (char *word = strtok_r(colon + 1, " ", &save); word; word = strtok_r(NULL, " ", &save))
        assign(f, &c->in, word);
    c->out = c->in;
    c->out.pc += SHORT_BYTES;
    for (char *word = strtok_r(arrow + 2, " ", &save); word; word = strtok_r(NULL, " ", &save))
        assign(f, &c->out, word);
}

/* One line of a long case. The outputs start from the inputs as they are when the first `out` line
 * comes. */
static void parse_line(struct ir_case_file *f, struct ir_case *c, char *line, int *outs)
{
    char *save, *word = strtok_r(line, " ", &save);

    if (!word)
        return;
    if (!strcmp(word, "out")) {
        if (!(*outs)++)
            c->out = c->in;
        parse_out(f, c, &save);
        return;
    }
    REQUIRE(f, !*outs, "inputs after outputs");
    if (!strcmp(word, "cpu"))
        c->cls = !strcmp(save, "toy32") ? &toy_class32 : &toy_class;
    else if (!strcmp(word, "mem"))
        write_bytes(f, &c->in, &save);
    else if (!strcmp(word, "block"))
        parse_block(f, c, number(f, strtok_r(NULL, " ", &save)));
    else if (!strcmp(word, "in")) {
        word = strtok_r(NULL, " ", &save);
        REQUIRE(f, word, "in what?");
        *named(f, &c->in, word) = number(f, strtok_r(NULL, " ", &save));
    } else
        REQUIRE(f, 0, "unknown line '%s'", word);
}

/* --- files ------------------------------------------------------------------------------------ */

void ir_case_open(struct ir_case_file *f, const char *path)
{
    memset(f, 0, sizeof *f);
    f->path = path;
    f->file = fopen(path, "r");
    cr_assert(f->file, "cannot read %s", path);
}

static void begin(const struct ir_case_file *f, struct ir_case *c)
{
    memset(&c->program, 0, sizeof c->program);
    machine_clear(&c->in);
    c->cls = &toy_class;
    c->path = f->path;
    c->line = f->line;
    c->has_count = 0;
    c->error[0] = 0;
}

int ir_case_next(struct ir_case_file *f, struct ir_case *c)
{
    char line[512];
    int outs = 0;

    do {
        if (!read_line(f, line, sizeof line)) {
            fclose(f->file);
            return 0;
        }
    } while (!line[strspn(line, " ")]);
    begin(f, c);
    if (!strncmp(line, "op ", 3)) {
        parse_short(f, c, line + 3);
        return 1;
    }
    REQUIRE(f, !strncmp(line, "test ", 5), "'%s' outside of a test", line);
    snprintf(c->name, sizeof c->name, "%.200s", line + 5);
    while (read_line(f, line, sizeof line)) {
        if (!strncmp(line, "test ", 5) || !strncmp(line, "op ", 3)) {
            snprintf(f->pending, sizeof f->pending, "%.500s", line);
            break;
        }
        parse_line(f, c, line, &outs);
    }
    REQUIRE(f, outs, "test %s has no out lines", c->name);
    return 1;
}
