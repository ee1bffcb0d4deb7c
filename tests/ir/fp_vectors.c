/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_vectors.c - floating-point test vectors from files, through fp.h and through its reference:
 * directed cases (data/directed.fp), exact rational arithmetic (fp_exact.py), and Berkeley
 * TestFloat's if a directory with them is given.
 *
 * A TestFloat directory has files FUNCTION.MODE, such as f64_mulAdd.rdn, written by
 *     testfloat_gen -tininessafter -rmin f64_mulAdd > f64_mulAdd.rdn
 * with SoftFloat built for RISC-V (its conversions and NaNs are the ones expected here).
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <backplane/ir.h>

#include "../../plugins/accel/common/fp.h"
#include "../../plugins/accel/common/ir_info.h"
#include "fp_eval.h"

#define BOX         0xffffffff00000000u
#define MAX_REPORTS 10

struct vector {
    uint8_t op, type;
    uint32_t x, flags;
    uint64_t in[3], out;
};

struct tally {
    const char *file;
    unsigned line, vectors, failures;
};

static const struct word {
    const char *text;
    uint32_t x;
} words[] = {
    {"-", 0},
    {"rne", BP_RM_RNE},
    {"rtz", BP_RM_RTZ},
    {"rdn", BP_RM_RDN},
    {"rup", BP_RM_RUP},
    {"rmm", BP_RM_RMM},
    {"box", BP_FP_BOX},
    {"s32", BP_FP_INT_S32},
    {"u32", BP_FP_INT_U32},
    {"s64", BP_FP_INT_S64},
    {"u64", BP_FP_INT_U64},
};

/* --- running one vector ----------------------------------------------------------------------- */

static void compare(struct tally *t, const struct vector *v, const char *who, fp_evaluator *eval)
{
    uint32_t flags = 0;
    uint64_t out = eval(v->op, v->type, v->in[0], v->in[1], v->in[2], v->x, &flags);

    if (out == v->out && flags == v->flags)
        return;
    if (t->failures++ < MAX_REPORTS)
        cr_log_error(
            "%s:%u: %s: %s.%s x=0x%x %llx %llx %llx: %llx flags %x, expected %llx flags %x",
            t->file, t->line, who, ir_infos[v->op].text, ir_type_names[v->type], v->x,
            (unsigned long long)v->in[0], (unsigned long long)v->in[1],
            (unsigned long long)v->in[2], (unsigned long long)out, flags,
            (unsigned long long)v->out, v->flags);
}

static void run(struct tally *t, const struct vector *v)
{
    compare(t, v, "fp.h", fp_eval);
    compare(t, v, "reference", fp_reference);
    t->vectors++;
}

static int result_is_f32(const struct vector *v)
{
    return v->type == BP_T_F32 && !(v->op >= BP_IR_FEQ && v->op <= BP_IR_FCLASS) &&
           v->op != BP_IR_FCVTIF;
}

static int sources_are_f32(const struct vector *v)
{
    return v->op == BP_IR_FCVTFF ? v->type == BP_T_F64
                                 : v->type == BP_T_F32 && v->op != BP_IR_FCVTFI;
}

/* The same vector in boxed slots. */
static void run_boxed(struct tally *t, struct vector v)
{
    if ((v.x & BP_FP_BOX) || v.op == BP_IR_FBOX)
        return;
    v.x |= BP_FP_BOX;
    for (int i = 0; i < 3; i++)
        v.in[i] |= sources_are_f32(&v) ? BOX : 0;
    v.out |= result_is_f32(&v) ? BOX : 0;
    run(t, &v);
}

/* --- our own files ---------------------------------------------------------------------------- */

static uint32_t parse_flags(const char *letters)
{
    static const char names[] = "xuozn"; /* from bit 0 */
    uint32_t flags = 0;

    for (; *letters; letters++) {
        const char *at = strchr(names, *letters);
        cr_assert(*letters == '-' || at, "bad flags '%s'", letters);
        if (at)
            flags |= 1u << (at - names);
    }
    return flags;
}

static uint32_t parse_words(char *list)
{
    uint32_t x = 0;
    char *save;

    for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        size_t i = 0;
        while (i < sizeof words / sizeof *words && strcmp(words[i].text, word) != 0)
            i++;
        cr_assert(i < sizeof words / sizeof *words, "unknown word '%s'", word);
        x |= words[i].x;
    }
    return x;
}

static int type_named(const char *text)
{
    return !strcmp(text, "f32") ? BP_T_F32 : BP_T_F64;
}

static void parse_line(struct vector *v, char *line)
{
    char *save, *token = strtok_r(line, " \n", &save), *dot = strchr(token, '.');
    int n = 0;

    memset(v, 0, sizeof *v);
    cr_assert(dot);
    v->op = ir_op_by_name(token, (uint32_t)(dot - token));
    v->type = (uint8_t)type_named(dot + 1);
    cr_assert(v->op, "unknown op '%s'", token);
    v->x = parse_words(strtok_r(NULL, " \n", &save));
    while ((token = strtok_r(NULL, " \n", &save)) && strcmp(token, "->") != 0) {
        cr_assert(n < 3);
        v->in[n++] = strtoull(token, NULL, 16);
    }
    cr_assert(token, "no result");
    v->out = strtoull(strtok_r(NULL, " \n", &save), NULL, 16);
    v->flags = parse_flags(strtok_r(NULL, " \n", &save));
}

static unsigned run_file(const char *path)
{
    struct tally t = {.file = path};
    FILE *file = fopen(path, "r");
    char line[256];
    struct vector v;

    cr_assert(file, "cannot read %s", path);
    fp_init();
    while (fgets(line, sizeof line, file)) {
        t.line++;
        if (line[strspn(line, " \n")] == '\0' || line[0] == ';')
            continue;
        parse_line(&v, line);
        run(&t, &v);
        run_boxed(&t, v);
    }
    fclose(file);
    cr_assert_eq(t.failures, 0, "%s: %u of %u vectors differ", path, t.failures, t.vectors);
    return t.vectors;
}

Test(fp_vectors, directed)
{
    cr_assert_gt(run_file(IR_DATA_DIR "/directed.fp"), 100);
}

Test(fp_vectors, exact)
{
    cr_assert_gt(run_file(IR_EXACT_FILE), 50000);
}

/* --- TestFloat -------------------------------------------------------------------------------- */

/* What a TestFloat function is called here. %s: f32 or f64 in its name. */
static const struct function {
    const char *name;
    uint8_t op;
    uint32_t x;
    int sources; /* operands; 0: an integer or the other type, named in front */
} functions[] = {
    {"%s_add", BP_IR_FADD, 0, 2},
    {"%s_sub", BP_IR_FSUB, 0, 2},
    {"%s_mul", BP_IR_FMUL, 0, 2},
    {"%s_div", BP_IR_FDIV, 0, 2},
    {"%s_sqrt", BP_IR_FSQRT, 0, 1},
    {"%s_mulAdd", BP_IR_FMADD, 0, 3},
    {"%s_eq", BP_IR_FEQ, 0, 2},
    {"%s_lt", BP_IR_FLT, 0, 2},
    {"%s_le", BP_IR_FLE, 0, 2},
    {"%s_to_i32", BP_IR_FCVTIF, BP_FP_INT_S32, 1},
    {"%s_to_ui32", BP_IR_FCVTIF, BP_FP_INT_U32, 1},
    {"%s_to_i64", BP_IR_FCVTIF, BP_FP_INT_S64, 1},
    {"%s_to_ui64", BP_IR_FCVTIF, BP_FP_INT_U64, 1},
    {"i32_to_%s", BP_IR_FCVTFI, BP_FP_INT_S32, 1},
    {"ui32_to_%s", BP_IR_FCVTFI, BP_FP_INT_U32, 1},
    {"i64_to_%s", BP_IR_FCVTFI, BP_FP_INT_S64, 1},
    {"ui64_to_%s", BP_IR_FCVTFI, BP_FP_INT_U64, 1},
};

static int find_function(const char *name, struct vector *v)
{
    char wanted[64];

    memset(v, 0, sizeof *v);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        for (v->type = BP_T_F32; v->type <= BP_T_F64; v->type++) {
            snprintf(wanted, sizeof wanted, functions[i].name, ir_type_names[v->type]);
            if (!strcmp(wanted, name)) {
                v->op = functions[i].op;
                v->x = functions[i].x;
                return functions[i].sources;
            }
        }
    }
    v->op = BP_IR_FCVTFF;
    v->type = !strcmp(name, "f64_to_f32") ? BP_T_F32 : BP_T_F64;
    return v->type == BP_T_F32 || !strcmp(name, "f32_to_f64");
}

static void run_testfloat(const char *directory, const char *name)
{
    char path[512], function[64], line[256];
    const char *dot = strchr(name, '.');
    struct tally t = {.file = name};
    struct vector v;
    FILE *file;
    int sources;

    snprintf(function, sizeof function, "%.*s", (int)(dot - name), name);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    sources = find_function(function, &v);
    cr_assert(sources, "%s: unknown function", name);
    v.x |= parse_words(strdupa(dot + 1));
    file = fopen(path, "r");
    cr_assert(file, "cannot read %s", path);
    while (fgets(line, sizeof line, file)) {
        char *at = line;
        t.line++;
        for (int i = 0; i < sources; i++)
            v.in[i] = strtoull(at, &at, 16);
        v.out = strtoull(at, &at, 16);
        v.flags = (uint32_t)strtoul(at, NULL, 16);
        if (v.op == BP_IR_FCVTIF && !(v.x & BP_FP_INT_S64))
            v.out = (uint64_t)(int64_t)(int32_t)v.out;
        run(&t, &v);
    }
    fclose(file);
    cr_assert_eq(t.failures, 0, "%s: %u of %u vectors differ", name, t.failures, t.vectors);
    cr_assert_gt(t.vectors, 0, "%s is empty", name);
}

Test(fp_vectors, testfloat)
{
    const char *directory = TESTFLOAT_DIR;
    struct dirent *entry;
    DIR *dir;
    int files = 0;

    if (!directory[0])
        cr_skip_test("configure with -DTESTFLOAT_DIR=... to run TestFloat's vectors");
    fp_init();
    dir = opendir(directory);
    cr_assert(dir, "cannot open %s", directory);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.' && strchr(entry->d_name, '.')) {
            run_testfloat(directory, entry->d_name);
            files++;
        }
    }
    closedir(dir);
    cr_assert_gt(files, 0);
}
