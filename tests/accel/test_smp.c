/* SPDX-License-Identifier: Apache-2.0
 *
 * test_smp.c - several vCPUs on threads: code written by one and run by others, reservations,
 * atomics. Each test ends in a state that a single lost notice would spoil.
 */
#include <criterion/criterion.h>

#include "program.h"

#define FLAG     DATA           /* round the writer has announced */
#define ACK      (DATA + 0x100) /* rounds the others have answered, one word each */
#define FUNCTION (TEXT + 0x6000)

static struct machine *m;

static void make(uint32_t ncpus)
{
    m = machine_new(ncpus, 0);
    CODE(m, VECTOR, HALT);
    for (uint32_t i = 0; i < ncpus; i++)
        m->cpus[i]->vector = VECTOR;
}

static void tear_down(void)
{
    machine_free(m);
}

TestSuite(smp, .fini = tear_down, .timeout = 240 * BP_PATIENCE);

static void set(uint32_t i, uint64_t pc, uint32_t reg, uint64_t value)
{
    m->cpus[i]->pc = pc;
    m->cpus[i]->r[reg] = value;
}

/* CPU 0 writes "li r5, n; jr r15" for n = 1.., announces n, and waits until all others have called
 * it. */
static void cross_modify(uint32_t ncpus, uint64_t rounds)
{
    uint64_t reader = TEXT + 0x1000;

    make(ncpus);
    CODE(m, FUNCTION, LI(5, 0), JR(15));
    /* r1 FLAG, r2 code word, r4 rounds left, r6 ACK of CPU 1, r7 1 << 16, r8 FUNCTION, r9 n, r10
     * ncpus - 1, r3 zero */
    CODE(m, TEXT, ADDI(9, 9, 1), ADD(2, 2, 7), STW(2, 8, 0), ST(9, 1, 0), ADDI(11, 10, 0),
         ADDI(12, 6, 0),
         /* wait: */ LD(13, 12, 0), BNE(13, 9, -1), ADDI(12, 12, 8), ADDI(11, 11, -1),
         BNE(11, 3, -4), ADDI(4, 4, -1), BNE(4, 3, -12), HALT);
    /* r1 FLAG, r4 rounds left, r6 own ACK, r8 FUNCTION, r9 n expected, r14 errors */
    CODE(m, reader, ADDI(9, 9, 1), /* wait: */ LD(13, 1, 0), BNE(13, 9, -1), FENCEI,
         ADDR(15, reader + 7 * 4), JR(8),
         /* back: */ BNE(5, 9, 5), ST(9, 6, 0), ADDI(4, 4, -1), BNE(4, 3, -10), HALT,
         /* wrong: */ ADDI(14, 14, 1), JMP(-5));
    for (uint32_t i = 0; i < ncpus; i++) {
        set(i, i ? reader : TEXT, 1, FLAG);
        set(i, i ? reader : TEXT, 4, rounds);
        set(i, i ? reader : TEXT, 6, i ? ACK + 8 * (i - 1) : ACK);
        set(i, i ? reader : TEXT, 8, FUNCTION);
    }
    m->cpus[0]->r[2] = LI(5, 0);
    m->cpus[0]->r[7] = 1 << 16;
    m->cpus[0]->r[10] = ncpus - 1;
    cr_assert_eq(machine_run_all(m), 0);
    for (uint32_t i = 1; i < ncpus; i++) {
        cr_assert_eq(m->cpus[i]->r[14], 0, "CPU %u ran old code", i);
        cr_assert_eq(m->cpus[i]->r[9], rounds);
    }
}

Test(smp, code_written_by_another_cpu)
{
    cross_modify(2, 1000);
}

Test(smp, code_written_for_three_others)
{
    cross_modify(4, 200);
}

/* CPU 1 translates from pages that CPU 0 keeps writing data to: the writer's TLB entries go again
 * and again. */
Test(smp, writers_next_to_new_code)
{
    uint64_t page = TEXT + 0x8000;

    make(2);
    /* CPU 0: counts in a word of the page. CPU 1: writes a function there and calls it, at ever new
     * places. */
    CODE(m, TEXT, ADDI(9, 9, 1), ST(9, 8, 0), ADDI(4, 4, -1), BNE(4, 3, -3), HALT);
    CODE(m, TEXT + 0x1000, ST(2, 8, 0), ADDR(15, TEXT + 0x1000 + 16), JR(8), ADDI(8, 8, 8),
         ADDI(4, 4, -1), BNE(4, 3, -6), HALT);
    set(0, TEXT, 4, 300000);
    set(0, TEXT, 8, page + 0xff8);
    set(1, TEXT + 0x1000, 4, 400);
    set(1, TEXT + 0x1000, 8, page);
    m->cpus[1]->r[2] = ADDI(5, 5, 1) | (uint64_t)JR(15) << 32;
    cr_assert_eq(machine_run_all(m), 0);
    cr_assert_eq(*machine_word(m, page + 0xff8), 300000);
    cr_assert_eq(m->cpus[1]->r[5], 400);
}

/* --- reservations ---------------------------------------------------------------------------- */

Test(smp, a_value_that_changes_and_changes_back_breaks_the_reservation)
{
    const uint64_t x = DATA + 0x2000;

    make(2);
    *machine_word(m, x) = 5;
    /* CPU 0: reserves x, lets CPU 1 write 6 and 5 there, and tries to store. r14 counts successes.
     */
    CODE(m, TEXT, ADDI(9, 9, 1), LR(5, 8), ST(9, 1, 0), /* wait: */ LD(13, 6, 0), BNE(13, 9, -1),
         SC(10, 8, 9), BNE(10, 3, 2), ADDI(14, 14, 1), ADDI(4, 4, -1), BNE(4, 3, -9), HALT);
    CODE(m, TEXT + 0x1000, ADDI(9, 9, 1), /* wait: */ LD(13, 1, 0), BNE(13, 9, -1), ST(11, 8, 0),
         ST(12, 8, 0), ST(9, 6, 0), ADDI(4, 4, -1), BNE(4, 3, -7), HALT);
    for (uint32_t i = 0; i < 2; i++) {
        set(i, TEXT + 0x1000 * i, 1, FLAG);
        set(i, TEXT + 0x1000 * i, 4, 1000);
        set(i, TEXT + 0x1000 * i, 6, ACK);
        set(i, TEXT + 0x1000 * i, 8, x);
    }
    m->cpus[1]->r[11] = 6;
    m->cpus[1]->r[12] = 5;
    cr_assert_eq(machine_run_all(m), 0);
    cr_assert_eq(m->cpus[0]->r[14], 0);
    cr_assert_eq(*machine_word(m, x), 5);
}

/* Four CPUs add to one word by LR/SC, to another by AMO, and to a third under a lock that is
 * released by a store. */
Test(smp, counters_add_up)
{
    const uint64_t rounds = 20000;

    make(4);
    CODE(m, TEXT, /* lr/sc: */ LR(5, 8), ADDI(5, 5, 1), SC(7, 8, 5), BNE(7, 3, -3),
         AMOADD(7, 9, 10),
         /* lock: */ LR(5, 11), BNE(5, 3, -1), SC(7, 11, 10), BNE(7, 3, -3), LD(5, 12, 0),
         ADDI(5, 5, 1), ST(5, 12, 0), ST(3, 11, 0), ADDI(4, 4, -1), BNE(4, 3, -14), HALT);
    for (uint32_t i = 0; i < 4; i++) {
        set(i, TEXT, 4, rounds);
        set(i, TEXT, 8, DATA);
        set(i, TEXT, 9, DATA + 0x200);
        set(i, TEXT, 10, 1);
        set(i, TEXT, 11, DATA + 0x400);
        set(i, TEXT, 12, DATA + 0x600);
    }
    cr_assert_eq(machine_run_all(m), 0);
    cr_assert_eq(*machine_word(m, DATA), 4 * rounds);
    cr_assert_eq(*machine_word(m, DATA + 0x200), 4 * rounds);
    cr_assert_eq(*machine_word(m, DATA + 0x600), 4 * rounds);
}

/* A page that was synchronised cools down under plain stores, and comes back with the next LR. */
Test(smp, pages_return_to_the_fast_path)
{
    make(2);
    CODE(m, TEXT, LR(5, 8), ST(9, 8, 64), ADDI(4, 4, -1), BNE(4, 3, -2), LR(5, 8), SC(7, 8, 9),
         HALT);
    CODE(m, TEXT + 0x1000, HALT);
    set(0, TEXT, 4, 100000);
    set(0, TEXT, 8, DATA);
    set(1, TEXT + 0x1000, 4, 0);
    cr_assert_eq(machine_run_all(m), 0);
    cr_assert_lt(machine_counter(m, "slow-stores"), 10000);
    cr_assert_eq(m->cpus[0]->r[7], 0);
}
