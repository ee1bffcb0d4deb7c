/* SPDX-License-Identifier: Apache-2.0
 *
 * insn.c - runs the tables that gen/insn.py writes: calls each stub with the operands of each row.
 */
#include "guest.h"

#define PATTERN_BYTES 32
enum kind { KIND_INT, KIND_MEM, KIND_FP };

struct group {
    const char *name;
    void *stub;
    const void *rows;
    reg_t nrows;
    reg_t kind;
};

struct int_row {
    reg_t a, b, want;
};

struct mem_row {
    reg_t offset, value, want, reserved;
    uint8_t after[PATTERN_BYTES];
};

struct fp_row {
    uint64_t a, b, c, integer, want;
    uint32_t frm, flags;
};

/* What a floating-point stub reads and writes; the offsets are in gen/insn.py. */
struct fp_args {
    uint64_t a, b, c, result, integer;
};

extern const struct group __start_groups[];

static void report(const struct group *g, reg_t row, const char *what, uint64_t got, uint64_t want)
{
    if (failures++ >= 40)
        return;
    print(g->name);
    print(": row ");
    print_dec(row);
    print(what);
    print(": got ");
    if (XLEN == 32)
        print_hex((reg_t)(got >> 32));
    print_hex((reg_t)got);
    print(", want ");
    if (XLEN == 32)
        print_hex((reg_t)(want >> 32));
    print_hex((reg_t)want);
    print("\n");
}

static void run_int(const struct group *g)
{
    const struct int_row *row = g->rows;
    reg_t (*stub)(reg_t, reg_t) = g->stub;

    for (reg_t i = 0; i < g->nrows; i++) {
        reg_t got = stub(row[i].a, row[i].b);
        if (got != row[i].want)
            report(g, i, "", got, row[i].want);
    }
}

static void run_mem(const struct group *g)
{
    const struct mem_row *row = g->rows;
    reg_t (*stub)(void *, reg_t) = g->stub;
    static uint8_t memory[PATTERN_BYTES] __attribute__((aligned(64)));

    for (reg_t i = 0; i < g->nrows; i++) {
        for (unsigned k = 0; k < PATTERN_BYTES; k++)
            memory[k] = 0x81 + 37 * k;
        reg_t got = stub(memory + row[i].offset, row[i].value);
        if (got != row[i].want)
            report(g, i, "", got, row[i].want);
        for (unsigned k = 0; k < PATTERN_BYTES; k++)
            if (((volatile uint8_t *)memory)[k] != row[i].after[k])
                report(g, k, " (byte of memory)", memory[k], row[i].after[k]);
    }
}

static void run_fp(const struct group *g)
{
    const struct fp_row *row = g->rows;
    void (*stub)(volatile struct fp_args *) = g->stub;
    volatile struct fp_args args;

    for (reg_t i = 0; i < g->nrows; i++) {
        args.a = row[i].a;
        args.b = row[i].b;
        args.c = row[i].c;
        args.integer = row[i].integer;
        args.result = 0;
        csr_write(fcsr, row[i].frm << 5);
        stub(&args);
        reg_t fcsr = csr_read(fcsr);
        if (args.result != row[i].want)
            report(g, i, "", args.result, row[i].want);
        if ((fcsr & 31) != row[i].flags)
            report(g, i, " (flags)", fcsr & 31, row[i].flags);
        if (fcsr >> 5 != row[i].frm)
            report(g, i, " (frm)", fcsr >> 5, row[i].frm);
    }
}

int test_main(reg_t hart)
{
    static void (*const run[])(const struct group *) = {
        [KIND_INT] = run_int, [KIND_MEM] = run_mem, [KIND_FP] = run_fp};

    for (const struct group *g = __start_groups; g->name; g++) {
        trap_clear();
        run[g->kind](g);
        if (my_trap()->count)
            report(g, 0, " trapped, cause", my_trap()->cause, NO_TRAP);
        checks += g->nrows;
    }
    return 0;
}
