/* SPDX-License-Identifier: Apache-2.0
 *
 * golden.c - runs the golden tests (ir_case.h): parses the IR, verifies it, prints it and reads
 * that back, runs it on the reference evaluator and on every accelerator, and compares the state
 * with what the file says.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/accel/common/ir_info.h"
#include "../../plugins/accel/common/ir_text.h"
#include "../../plugins/accel/common/ir_verify.h"
#include "ir_case.h"

#define MAX_REPORTS   20
#define TEXT_ROOM     32768
#define NACCELERATORS 8

struct suite {
    struct rig *rigs[2][NACCELERATORS]; /* for toy64 and toy32 */
    struct machine_state *state;
    unsigned cases, failures;
    uint16_t seen[IR_OPS]; /* types that occurred, a bit each */
};

static void fail(struct suite *s, const struct ir_case *c, const char *what, const char *why)
{
    if (s->failures++ < MAX_REPORTS)
        cr_log_error("%s:%u: %s: %s: %s", c->path, c->line, c->name, what, why);
}

static struct bp_ir_builder builder_of(struct toy_block *block)
{
    return (struct bp_ir_builder){.size = sizeof(struct bp_ir_builder),
                                  .ops = block->ops,
                                  .insns = block->insns,
                                  .nops = block->nops,
                                  .ninsns = block->ninsns,
                                  .max_insns = TOY_BLOCK_INSNS,
                                  .pc = block->pc};
}

/* 1: refused as the file says, or by mistake; there is nothing to run. */
static int verify(struct suite *s, struct ir_case *c)
{
    char text[512] = "";
    int32_t rc = BP_OK;

    for (uint32_t i = 0; i < c->program.nblocks && !rc; i++) {
        struct bp_ir_builder b = builder_of(&c->program.blocks[i]);
        rc = ir_verify(c->cls, &b, text, sizeof text);
    }
    if (strcmp(text, c->error) != 0)
        fail(s, c, "verifier", rc ? text : "accepted what should be refused");
    return rc || c->error[0];
}

static void round_trip(struct suite *s, const struct ir_case *c, struct toy_block *block)
{
    static struct toy_block again;
    static char text[TEXT_ROOM], why[256];
    struct bp_ir_builder b = builder_of(block), back = builder_of(&again);
    uint32_t length = ir_print(c->cls, &b, text, sizeof text);

    cr_assert_lt(length, sizeof text);
    if (!c->error[0] && strstr(text, "raw "))
        fail(s, c, "printer", "a valid op has no readable form");
    if (ir_parse(c->cls, text, length, &back, why, sizeof why))
        fail(s, c, "printed text is not parsed", why);
    else if (back.nops != b.nops || back.ninsns != b.ninsns ||
             memcmp(b.ops, back.ops, b.nops * sizeof *b.ops) != 0 ||
             memcmp(b.insns, back.insns, b.ninsns * sizeof *b.insns) != 0)
        fail(s, c, "printed text gives other IR", text);
}

static void check(struct suite *s, struct ir_case *c, const char *who, int rc)
{
    char text[256];

    if (!c->has_count)
        c->out.count = s->state->count;
    if (rc)
        fail(s, c, who, "did not stop");
    else if (machine_differs(s->state, &c->out, text, sizeof text))
        fail(s, c, who, text);
}

static void run_case(struct suite *s, struct ir_case *c)
{
    struct rig **rigs = s->rigs[c->cls == &toy_class32];

    s->cases++;
    for (uint32_t i = 0; i < c->program.nblocks; i++) {
        round_trip(s, c, &c->program.blocks[i]);
        for (uint32_t op = 0; op < c->program.blocks[i].nops; op++)
            s->seen[c->program.blocks[i].ops[op].op] |=
                (uint16_t)(1u << c->program.blocks[i].ops[op].type);
    }
    if (verify(s, c))
        return;
    *s->state = c->in;
    check(s, c, "reference", reference_run(c->cls, &c->program, s->state, 100000));
    for (int i = 0; rig_accelerators[i]; i++) {
        *s->state = c->in;
        check(s, c, rig_accelerators[i], rig_run(rigs[i], &c->program, s->state, 0));
    }
}

static void run_file(struct suite *s, const char *path)
{
    struct ir_case *c = calloc(1, sizeof *c);
    struct ir_case_file f;

    cr_assert(c);
    ir_case_open(&f, path);
    while (ir_case_next(&f, c))
        run_case(s, c);
    free(c);
}

static void begin(struct suite *s)
{
    memset(s, 0, sizeof *s);
    s->state = calloc(1, sizeof *s->state);
    cr_assert(s->state);
    for (int i = 0; rig_accelerators[i]; i++) {
        cr_assert_lt(i, NACCELERATORS);
        s->rigs[0][i] = rig_open(rig_accelerators[i], &toy_class);
        s->rigs[1][i] = rig_open(rig_accelerators[i], &toy_class32);
    }
}

static void end(struct suite *s)
{
    for (int i = 0; rig_accelerators[i]; i++) {
        rig_close(s->rigs[0][i]);
        rig_close(s->rigs[1][i]);
    }
    free(s->state);
    cr_assert_eq(s->failures, 0, "%u failures in %u cases", s->failures, s->cases);
}

static int has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);

    return n > m && !strcmp(name + n - m, suffix);
}

/* Every op of ir_ops.def in every type it has occurs in the files. */
static void check_coverage(const struct suite *s)
{
    for (int op = 1; op < IR_OPS; op++)
        for (uint32_t type = 0; ir_infos[op].text && type < IR_TYPES; type++)
            cr_expect(!ir_type_allowed(&ir_infos[op], type) || (s->seen[op] >> type & 1),
                      "no golden test for %s.%s", ir_infos[op].text, ir_type_names[type]);
}

static void run_directory(struct suite *s, const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort);
    char path[512];

    cr_assert_gt(n, 0);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (has_suffix(path, ".ir"))
            run_file(s, path);
        free(entries[i]);
    }
    free(entries);
}

/* The files, and integer operations on corner and random values as int_exact.py computes them. */
Test(golden, files, .timeout = 250 * BP_PATIENCE)
{
    struct suite s;

    begin(&s);
    run_directory(&s, IR_DATA_DIR);
    cr_expect_gt(s.cases, 150);
    run_file(&s, IR_INTEGER_FILE);
    cr_expect_gt(s.cases, 5000);
    check_coverage(&s);
    end(&s);
}
