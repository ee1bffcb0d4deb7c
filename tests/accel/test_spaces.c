/* SPDX-License-Identifier: Apache-2.0
 *
 * test_spaces.c - address spaces: what is known of one stays known while others are there, and is
 * forgotten when it has to be. Whether something was known shows in that the tables are changed
 * behind the accelerator's back, and in the number of walks.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "program.h"

#define RWX    (BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH)
#define GLOBAL BP_PROT_GLOBAL
#define VA     0x40000ull
#define PAGE   0x1000ull

/* Spaces 1.., each with the program at PROGRAM and VECTOR; space i has word 100 + i at VA. */
#define PROGRAM 0x1000ull
static struct machine *m;
static struct toy *cpu;
static struct toy_page tables[TOY_SPACES][TOY_PAGES];

static uint64_t frame(uint64_t i)
{
    return DATA + i * PAGE;
}

static void set_up(void)
{
    m = machine_new(1, 0);
    cpu = m->cpus[0];
    CODE(m, VECTOR, HALT);
    memset(tables, 0, sizeof tables);
    for (uint32_t i = 0; i < TOY_SPACES; i++) {
        tables[i][0] = (struct toy_page){DEVICE, RWX | GLOBAL, 0};
        tables[i][1] = (struct toy_page){TEXT, RWX | GLOBAL, 0};
        tables[i][3] = (struct toy_page){VECTOR, RWX | GLOBAL, 0};
        tables[i][VA / PAGE] = (struct toy_page){frame(i), RWX, 0};
        cpu->spaces[i] = tables[i];
        *machine_word(m, frame(i)) = 100 + i;
    }
    cpu->pages = tables[0];
    cpu->vector = 0x3000;
    cpu->mmu_on = 1;
}

static void tear_down(void)
{
    machine_free(m);
}

TestSuite(spaces, .init = set_up, .fini = tear_down, .timeout = 120);

/* The store of a number to page 0, the device, has all spaces' VA moved by that many frames. */
static void move(struct machine *machine, uint32_t index, uint64_t value)
{
    for (uint32_t i = 0; i < TOY_SPACES; i++)
        tables[i][VA / PAGE].pa = frame(i + value);
}

#define MOVE LI(7, 10), ST(7, 0, 0)

static void run(void)
{
    m->on_write = move;
    cpu->r[1] = VA;
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->ntraps, 0, "trap %d", (int)cpu->cause);
}

Test(spaces, what_was_known_is_known_again)
{
    CODE(m, TEXT, ENTER(1), LD(2, 1, 0), ENTER(2), LD(3, 1, 0), MOVE, ENTER(1), LD(4, 1, 0),
         ENTER(2), LD(5, 1, 0), HALT);
    run();
    cr_assert_eq(cpu->r[2], 101);
    cr_assert_eq(cpu->r[3], 102);
    cr_assert_eq(cpu->r[4], 101);
    cr_assert_eq(cpu->r[5], 102);
}

Test(spaces, a_switch_costs_no_walks)
{
    uint64_t before;

    CODE(m, TEXT, ENTER(1), LD(2, 1, 0), ST(2, 1, 8), ENTER(2), LD(3, 1, 0), ST(3, 1, 8), HALT);
    run();
    before = machine_counter(m, "tlb-walks");
    CODE(m, TEXT, LI(8, 100), ENTER(1), LD(2, 1, 0), ST(2, 1, 8), ENTER(2), LD(3, 1, 0),
         ST(3, 1, 8), ADDI(8, 8, -1), BNE(8, 0, -7), HALT);
    run();
    cr_assert_leq(machine_counter(m, "tlb-walks"), before + 2);
    cr_assert_eq(*machine_word(m, frame(1) + 8), 101);
    cr_assert_eq(*machine_word(m, frame(2) + 8), 102);
}

Test(spaces, before_the_first_is_none_of_them)
{
    CODE(m, TEXT, LD(2, 1, 0), ENTER(1), LD(3, 1, 0), HALT);
    run();
    cr_assert_eq(cpu->r[2], 100);
    cr_assert_eq(cpu->r[3], 101);
}

Test(spaces, stores_stay_in_their_space)
{
    CODE(m, TEXT, LI(2, 7), LI(3, 8), ENTER(1), ST(2, 1, 0), ENTER(2), ST(3, 1, 0), ENTER(1),
         ST(2, 1, 8), ENTER(2), ST(3, 1, 8), HALT);
    run();
    cr_assert_eq(*machine_word(m, frame(1)), 7);
    cr_assert_eq(*machine_word(m, frame(2)), 8);
    cr_assert_eq(*machine_word(m, frame(1) + 8), 7);
    cr_assert_eq(*machine_word(m, frame(2) + 8), 8);
}

/* What space 1 has at VA after it moved, something was done in space `there`, and 1 is entered again, is
 * `one`; the same of space 2 is `two`. */
static void after(uint32_t something, int32_t there, uint64_t one, uint64_t two)
{
    CODE(m, TEXT, ENTER(1), LD(2, 1, 0), ENTER(2), LD(3, 1, 0), ENTER(there), MOVE, something,
         ENTER(1), LD(2, 1, 0), ENTER(2), LD(3, 1, 0), HALT);
    run();
    cr_assert_eq(cpu->r[2], one);
    cr_assert_eq(cpu->r[3], two);
}

Test(spaces, the_present_one_is_forgotten)
{
    after(FORGET(1), 1, 111, 102);
}

Test(spaces, an_absent_one_is_forgotten)
{
    after(FORGET(1), 2, 111, 102);
}

Test(spaces, an_address_of_the_present_one)
{
    after(FORGETIN(1, 1), 1, 111, 102);
}

Test(spaces, an_address_of_an_absent_one)
{
    after(FORGETIN(1, 1), 2, 111, 102);
}

Test(spaces, another_address_stays)
{
    cpu->r[4] = VA + PAGE;
    after(FORGETIN(4, 1), 1, 101, 102);
}

Test(spaces, another_address_of_an_absent_one_stays)
{
    cpu->r[4] = VA + PAGE;
    after(FORGETIN(4, 1), 2, 101, 102);
}

Test(spaces, a_space_that_nobody_knows)
{
    after(FORGET(9), 1, 101, 102);
}

Test(spaces, flush_page_is_for_all_of_them)
{
    after(FLUSH(1), 3, 111, 112);
}

Test(spaces, flush_tlb_is_for_all_of_them)
{
    after(FLUSHALL, 3, 111, 112);
}

Test(spaces, the_present_one_stays_it_when_all_are_forgotten)
{
    /* What is remembered after the flush is space 1's, not anybody's. */
    CODE(m, TEXT, ENTER(1), FLUSHALL, LD(2, 1, 0), ENTER(2), LD(3, 1, 0), FLUSH(1), LD(4, 1, 0),
         FORGET(1), ENTER(1), LD(5, 1, 0), HALT);
    run();
    cr_assert_eq(cpu->r[2], 101);
    cr_assert_eq(cpu->r[3], 102);
    cr_assert_eq(cpu->r[4], 102);
    cr_assert_eq(cpu->r[5], 101);
}

Test(spaces, any_address_of_a_large_page_forgets_all_of_it)
{
    for (int there = 1; there <= 2; there++) {
        for (uint64_t i = 0; i < 4; i++) {
            tables[1][VA / PAGE + i] = (struct toy_page){frame(20 + i), RWX, 14};
            *machine_word(m, frame(20 + i)) = 120 + i;
        }
        cpu->r[4] = VA + 3 * PAGE;
        CODE(m, TEXT, FLUSHALL, ENTER(1), LD(2, 1, 0), ENTER(there), MOVE, FORGETIN(4, 1), ENTER(1),
             LD(2, 1, 0), HALT);
        run();
        cr_assert_eq(cpu->r[2], 111, "from %d", there);
    }
}

Test(spaces, large_pages_of_many_sizes)
{
    static const uint32_t sizes[] = {13, 14, 15, 16, 40, 64};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        move(m, 0, 0);
        tables[1][VA / PAGE].log2_size = sizes[i];
        cpu->r[4] = VA + PAGE;
        CODE(m, TEXT, ENTER(1), FORGET(1), LD(2, 1, 0), MOVE, FLUSH(4), LD(2, 1, 0), HALT);
        run();
        cr_assert_eq(cpu->r[2], 111, "size %u", sizes[i]);
    }
}

/* Large pages elsewhere do not make an address more than itself. */
Test(spaces, small_pages_among_large_ones)
{
    for (uint64_t i = 0; i < 8; i++)
        tables[1][VA / PAGE + 16 * (i + 1)] = (struct toy_page){frame(0), RWX, 16};
    cpu->r[4] = VA + PAGE;
    CODE(m, TEXT, ENTER(1), LD(2, 1, 0), LI(8, 8), LI(9, 0x4000), ADD(9, 9, 9), ADD(9, 9, 9),
         ADD(10, 1, 9), LD(3, 10, 0), ADD(10, 10, 9), ADDI(8, 8, -1), BNE(8, 0, -3), MOVE, FLUSH(4),
         LD(2, 1, 0), HALT);
    run();
    cr_assert_eq(cpu->r[2], 101);
}

/* --- global mappings ------------------------------------------------------------------------- */

static void share(void)
{
    for (uint32_t i = 0; i < TOY_SPACES; i++)
        tables[i][VA / PAGE] = (struct toy_page){frame(0), RWX | GLOBAL, 0};
}

Test(spaces, global_is_known_everywhere)
{
    share();
    after(ADDI(9, 9, 0), 3, 100, 100);
}

Test(spaces, global_survives_its_space)
{
    share();
    after(FORGET(1), 1, 100, 100);
}

/* Whoever comes first finds the new one, for all. */
Test(spaces, global_goes_with_its_address)
{
    share();
    after(FLUSH(1), 1, 111, 111);
}

Test(spaces, global_goes_with_all)
{
    share();
    after(FLUSHALL, 2, 111, 111);
}

/* --- many ------------------------------------------------------------------------------------ */

Test(spaces, more_than_are_kept)
{
    uint32_t code[TOY_SPACES * 6 + 1], n = 0;

    for (int i = 0; i < TOY_SPACES * 2; i++) { /* r2 counts the wrong ones: never */
        code[n++] = ENTER(i % TOY_SPACES);
        code[n++] = LD(3, 1, 0);
        code[n++] = ADD(2, 2, 3);
    }
    code[n++] = HALT;
    machine_code(m, TEXT, code, n);
    run();
    cr_assert_eq(cpu->r[2], 2 * (TOY_SPACES * 100 + TOY_SPACES * (TOY_SPACES - 1) / 2));
}

Test(spaces, first_level_too_full_to_be_taken_apart)
{
    /* 240 pages by loads and by stores in space 1; in 2 they are all of one frame. */
    for (uint64_t i = 0; i < 190; i++) {
        tables[1][VA / PAGE + i] = (struct toy_page){frame(i), RWX, 0};
        tables[2][VA / PAGE + i] = (struct toy_page){frame(200), RWX, 0};
    }
    *machine_word(m, frame(200)) = 1;
    CODE(m, TEXT, LI(8, 0x1000), ENTER(1), ADDR(1, VA), LI(4, 190), LD(5, 1, 0), ST(5, 1, 8),
         ADD(1, 1, 8), ADDI(4, 4, -1), BNE(4, 0, -4), ENTER(2), ADDR(1, VA), LI(4, 190),
         LD(5, 1, 0), ADD(2, 2, 5), ADD(1, 1, 8), ADDI(4, 4, -1), BNE(4, 0, -4), HALT);
    run();
    cr_assert_eq(cpu->r[2], 190);
}

/* --- code ------------------------------------------------------------------------------------ */

/* Calls VA, which sets r2; r15 is where it returns to. */
static void make_code(uint32_t prot)
{
    for (uint32_t i = 0; i < TOY_SPACES; i++) {
        tables[i][VA / PAGE].prot = prot;
        CODE(m, frame(i), ADDI(2, 2, (int32_t)i), JR(15));
    }
}
#define CALL_VA(at) ADDR(15, PROGRAM + (at) + 12), JR(1) /* 12 bytes */

Test(spaces, code_is_that_of_its_space)
{
    make_code(RWX);
    CODE(m, TEXT, LI(8, 50), /* 4: */ ENTER(1), CALL_VA(8), /* 20: */ ENTER(2), CALL_VA(24),
         /* 36: */ ADDI(8, 8, -1), BNE(8, 0, -9), HALT);
    run();
    cr_assert_eq(cpu->r[2], 50 * 3);
}

/* After 1 was run and moved, `something` in space `there`: what 1 runs then. */
static uint64_t code_after(uint32_t something, int32_t there)
{
    make_code(RWX);
    CODE(m, TEXT, ENTER(1), CALL_VA(4), /* 16: */ CALL_VA(16), /* 28: */ ENTER(2), CALL_VA(32),
         /* 44: */ ENTER(there), MOVE, something, /* 60: */ ENTER(1), LI(2, 0), CALL_VA(68), HALT);
    run();
    return cpu->r[2];
}

Test(spaces, code_stays)
{
    cr_assert_eq(code_after(ADDI(9, 9, 0), 1), 1);
}

Test(spaces, code_of_an_absent_space_stays)
{
    cr_assert_eq(code_after(FORGET(2), 3), 1);
}

Test(spaces, code_is_forgotten)
{
    cr_assert_eq(code_after(FORGET(1), 1), 11);
}

Test(spaces, code_of_an_absent_space_is_forgotten)
{
    cr_assert_eq(code_after(FORGET(1), 3), 11);
}

Test(spaces, code_at_an_address_is_forgotten)
{
    cr_assert_eq(code_after(FORGETIN(1, 1), 1), 11);
}

Test(spaces, code_at_an_address_of_an_absent_space_is_forgotten)
{
    cr_assert_eq(code_after(FORGETIN(1, 1), 3), 11);
}

Test(spaces, code_is_forgotten_in_all_spaces)
{
    cr_assert_eq(code_after(FLUSH(1), 3), 11);
}

Test(spaces, global_code_is_shared_and_forgotten_with_its_address)
{
    for (uint32_t i = 0; i < TOY_SPACES; i++)
        tables[i][VA / PAGE].pa = frame(5);
    CODE(m, frame(5), ADDI(2, 2, 1), JR(15));
    for (uint32_t i = 0; i < TOY_SPACES; i++)
        tables[i][VA / PAGE].prot = RWX | GLOBAL;
    CODE(m, frame(11), ADDI(2, 2, 100), JR(15));
    CODE(m, TEXT, ENTER(1), CALL_VA(4), /* 16: */ ENTER(2), CALL_VA(20), /* 32: */ MOVE, FORGET(2),
         /* 44: */ CALL_VA(44), /* 56: */ FLUSH(1), ENTER(1), CALL_VA(64), HALT);
    run();
    cr_assert_eq(cpu->r[2], 1 + 1 + 1 + 100);
}
