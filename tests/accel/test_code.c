/* SPDX-License-Identifier: Apache-2.0
 *
 * test_code.c - self-modifying code, by the vCPU itself and by devices, exact to the instruction.
 */
#include <criterion/criterion.h>

#include "program.h"

static struct machine *m;
static struct toy *cpu;

static void set_up(void)
{
    m = machine_new(1, 0);
    cpu = m->cpus[0];
    cpu->vector = VECTOR;
    CODE(m, VECTOR, HALT);
    /* r1: where to patch, r2: the new instruction, r3: 0, r6: the device */
    cpu->r[2] = ADDI(5, 5, 100);
    cpu->r[6] = DEVICE;
}

static void tear_down(void)
{
    machine_free(m);
}

TestSuite(code, .init = set_up, .fini = tear_down, .timeout = 120 * BP_PATIENCE);

Test(code, store_to_the_next_instruction)
{
    cpu->r[1] = TEXT + 8;
    CODE(m, TEXT, LI(5, 1), STW(2, 1, 0), ADDI(5, 5, 1), RETIRED, HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 101);
    cr_assert_eq(cpu->retired, 3);
}

Test(code, store_that_is_not_its_instructions_last_op)
{
    /* Overwrites two instructions and moves r1 on: both must be visible behind it. */
    cpu->r[1] = TEXT + 8;
    cpu->r[2] = ADDI(5, 5, 100) | (uint64_t)ADDI(5, 5, 20) << 32;
    CODE(m, TEXT, LI(5, 1), PUSH(2, 1, 8), ADDI(5, 5, 1), ADDI(5, 5, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 121);
    cr_assert_eq(cpu->r[1], TEXT + 16);
}

Test(code, store_to_the_store_behind_it)
{
    /* The first store makes the second one an addition; nothing is stored at TEXT + 20. */
    cpu->r[1] = TEXT + 8;
    cpu->r[7] = ADDI(5, 5, 50);
    CODE(m, TEXT, LI(5, 1), STW(2, 1, 0), STW(7, 1, 8), LI(8, 1), ADDI(5, 5, 1), RETIRED, HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 102);
    cr_assert_eq(cpu->retired, 5);
}

Test(code, second_of_two_stores_to_the_next_instruction)
{
    cpu->r[1] = TEXT + 12;
    CODE(m, TEXT, LI(5, 1), STW(3, 1, 64), STW(2, 1, 0), ADDI(5, 5, 1), RETIRED, HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 101);
    cr_assert_eq(cpu->retired, 4);
}

Test(code, store_into_the_loop_that_runs)
{
    /* Round 1 adds 1 and patches the addition for the later rounds. */
    cpu->r[1] = TEXT + 4;
    CODE(m, TEXT, LI(4, 3), ADDI(5, 5, 1), STW(2, 1, 0), ADDI(4, 4, -1), BNE(4, 3, -3), RETIRED,
         HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 1 + 100 + 100);
    cr_assert_eq(cpu->retired, 1 + 3 * 4);
}

Test(code, store_to_a_function_called_before)
{
    cpu->r[1] = TEXT + 0x2800;
    CODE(m, TEXT + 0x2800, ADDI(5, 5, 1), JR(15));
    CODE(m, TEXT, LI(4, 2), CALL(15, 0x2800 / 4 - 1), STW(2, 1, 0), ADDI(4, 4, -1), BNE(4, 3, -3),
         HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 101);
}

Test(code, atomic_on_code)
{
    cpu->r[1] = TEXT + 8;
    cpu->r[4] = 99ull << 24; /* makes the constant 1 into 100 */
    CODE(m, TEXT, LI(5, 1), AMOADD(7, 1, 4), ADDI(5, 5, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 101);
}

Test(code, store_across_a_page_into_code)
{
    /* Eight bytes, the last four of which are an instruction at the start of the next page. */
    cpu->r[1] = TEXT + 0xffc;
    cpu->r[2] = (uint64_t)ADDI(5, 5, 100) << 32 | JMP(1);
    CODE(m, TEXT + 0xffc, JMP(1), ADDI(5, 5, 1), JR(15));
    CODE(m, TEXT, CALL(15, 0xffc / 4), ST(2, 1, 0), CALL(15, 0xffc / 4 - 2), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 101);
}

Test(code, patched_many_times)
{
    /* r2 is the instruction "add n", its constant counts up; each value is executed once. */
    cpu->r[1] = TEXT + 12;
    cpu->r[2] = ADDI(5, 5, 0);
    cpu->r[7] = 1u << 24;
    cpu->r[4] = 100;
    CODE(m, TEXT, ADD(2, 2, 7), STW(2, 1, 0), ADDI(8, 8, 1), ADDI(5, 5, 0), ADDI(4, 4, -1),
         BNE(4, 3, -5), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 100 * 101 / 2);
    cr_assert_eq(cpu->r[8], 100);
}

Test(code, data_beside_code_does_not_invalidate_it)
{
    cpu->r[1] = TEXT + 64; /* the same granule */
    cpu->r[4] = 1000;
    CODE(m, TEXT, ST(4, 1, 0), LD(7, 1, 0), ADDI(4, 4, -1), BNE(4, 3, -3), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[7], 1);
    cr_assert_eq(machine_counter(m, "invalidations"), 0);
    cr_assert_lt(machine_counter(m, "blocks"), 5);
}

static void patch_by_dma(struct machine *machine, uint32_t index, uint64_t value)
{
    CODE(machine, TEXT + 8, (uint32_t)value);
}

Test(code, dma_to_the_next_instruction)
{
    m->on_write = patch_by_dma;
    CODE(m, TEXT, LI(5, 1), STW(2, 6, 0), ADDI(5, 5, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 101);
}

static void patch_meanwhile(struct toy *unused)
{
    (void)unused;
    cpu->on_translate = NULL;
    CODE(m, TEXT, LI(5, 2));
}

/* The block is dead when it is there, and must be found neither now nor ever. */
Test(code, written_while_it_is_translated)
{
    CODE(m, TEXT, LI(5, 1), HALT);
    cpu->on_translate = patch_meanwhile;
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 2);
}

Test(code, loader_between_runs)
{
    CODE(m, TEXT, LI(5, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    CODE(m, TEXT, LI(5, 2), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 2);
}

Test(code, pages_are_writable_again_when_their_code_is_gone)
{
    uint64_t before;

    /* The program fills the page of a function with data, again and again. */
    cpu->r[1] = TEXT + 0x2800;
    cpu->r[4] = 1000;
    CODE(m, TEXT + 0x2800, ADDI(5, 5, 1), JR(15));
    CODE(m, TEXT, CALL(15, 0x2800 / 4), ST(4, 1, 0), ADDI(4, 4, -1), BNE(4, 3, -2), HALT);
    before = machine_counter(m, "slow-stores");
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_lt(machine_counter(m, "slow-stores") - before, 10);
}
