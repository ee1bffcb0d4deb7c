/* SPDX-License-Identifier: Apache-2.0
 *
 * test_run.c - control flow, counting, traps, kicks, single steps, breakpoints.
 */
#include <criterion/criterion.h>
#include <fenv.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

static struct machine *m;
static struct toy *cpu;

static void set_up(void)
{
    m = machine_new(1, 0);
    cpu = m->cpus[0];
    cpu->vector = VECTOR;
    CODE(m, VECTOR, HALT);
}

static void tear_down(void)
{
    machine_free(m);
}

TestSuite(run, .init = set_up, .fini = tear_down, .timeout = 120 * BP_PATIENCE);

Test(run, loop_counts_exactly)
{
    CODE(m, TEXT, LI(1, 1000), LI(2, 0), LI(3, 0), ADDI(2, 2, 3), ADDI(1, 1, -1), BNE(1, 3, -2),
         RETIRED, HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], 3000);
    cr_assert_eq(cpu->retired, 3 + 3 * 1000);
    cr_assert_eq(cpu->pc, TEXT + 8 * 4);
}

Test(run, branches_inside_a_block_count_what_they_skip)
{
    CODE(m, TEXT, LI(1, 1), LI(2, 0), BNE(1, 2, 3), ADDI(5, 5, 1), ADDI(5, 5, 1), ADDI(6, 6, 1),
         RETIRED, HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[5], 0);
    cr_assert_eq(cpu->r[6], 1);
    cr_assert_eq(cpu->retired, 4);
}

Test(run, constants_fold_but_branches_see_them)
{
    /* r1 is constant in line, but the loop comes back into the middle with another value. */
    CODE(m, TEXT, LI(2, 0), LI(4, 3), LI(1, 5), ADDI(1, 1, 1), ADDI(2, 2, 1), BNE(2, 4, -2), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[1], 5 + 3);
}

Test(run, calls_and_indirect_jumps)
{
    uint64_t function = TEXT + 0x1800; /* another page */

    CODE(m, TEXT, LI(1, 200), LI(3, 0), CALL(15, (0x1800 - 8) / 4), ADDI(1, 1, -1), BNE(1, 3, -2),
         RETIRED, HALT);
    CODE(m, function, ADDI(2, 2, 1), JR(15));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], 200);
    cr_assert_eq(cpu->retired, 2 + 5 * 200);
    cr_assert_lt(machine_counter(m, "blocks"), 10);
}

Test(run, illegal_instruction_traps_with_exact_state)
{
    CODE(m, TEXT, LI(1, 7), ADDI(1, 1, 1), ILLEGAL, ADDI(1, 1, 1));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_ILLEGAL);
    cr_assert_eq(cpu->epc, TEXT + 8);
    cr_assert_eq(cpu->r[1], 8);
}

Test(run, fetch_fault_reports_the_address)
{
    CODE(m, TEXT, ADDR(1, HOLE + 0x10), JR(1));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_BUS);
    cr_assert_eq(cpu->fault_kind, BP_MEM_FETCH);
    cr_assert_eq(cpu->fault_va, HOLE + 0x10);
    cr_assert_eq(cpu->epc, HOLE + 0x10);
}

Test(run, modes_have_their_own_blocks)
{
    CODE(m, TEXT, LI(1, 2), LI(2, 0), ADDI(1, 1, -1), BNE(1, 2, 2), HALT, MODE(5), JMP(-4));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->mode, 5);
    cr_assert_eq(cpu->r[1], 0);
}

Test(run, fp_flags_go_to_the_state_and_not_to_the_host)
{
    const double one = 1.0, zero = 0.0;

    memcpy(&cpu->r[1], &one, sizeof one);
    memcpy(&cpu->r[2], &zero, sizeof zero);
    feclearexcept(FE_ALL_EXCEPT);
    CODE(m, TEXT, FDIV(1, 2), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->fflags, 8); /* DZ */
    cr_assert_eq(cpu->r[1], 0x7ff0000000000000ull);
    cr_assert_eq(fetestexcept(FE_DIVBYZERO), 0);
}

/* --- other threads --------------------------------------------------------------------------- */

static void *interrupt_later(void *arg)
{
    usleep(20000);
    atomic_store(&cpu->interrupt, 1);
    m->accel->kick(m->vcpus[0]);
    return arg;
}

static void interrupts_a_loop(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, interrupt_later, NULL);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    pthread_join(thread, NULL);
    cr_assert_eq(cpu->cause, TOY_INTERRUPT);
}

Test(run, kick_interrupts_an_empty_loop)
{
    CODE(m, TEXT, JMP(0));
    interrupts_a_loop();
    cr_assert_eq(cpu->epc, TEXT);
}

Test(run, kick_interrupts_with_exact_state)
{
    /* r1 and r2 are equal except between two instructions. */
    CODE(m, TEXT, LI(3, -1), ADDI(1, 1, 1), ADDI(2, 2, 1), BNE(1, 3, -2));
    interrupts_a_loop();
    cr_assert_eq(cpu->r[1], cpu->epc == TEXT + 8 ? cpu->r[2] + 1 : cpu->r[2]);
    cr_assert(cpu->epc >= TEXT + 4 && cpu->epc <= TEXT + 12);
}

Test(run, kick_interrupts_a_loop_across_pages)
{
    uint64_t other = TEXT + 0x1800;

    CODE(m, TEXT, JMP(0x1800 / 4));
    CODE(m, other, JMP(-(0x1800 / 4)));
    interrupts_a_loop();
    cr_assert(cpu->epc == TEXT || cpu->epc == other);
}

Test(run, kick_interrupts_a_loop_of_indirect_jumps)
{
    CODE(m, TEXT, ADDR(1, TEXT + 8), JR(1));
    interrupts_a_loop();
    cr_assert_eq(cpu->epc, TEXT + 8);
}

Test(run, stop_and_kick_are_sticky)
{
    CODE(m, TEXT, JMP(0));
    cpu->pc = TEXT;
    m->accel->stop(m->vcpus[0]);
    cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_KICKED);
    cr_assert_eq(cpu->pc, TEXT);
    atomic_store(&cpu->interrupt, 1);
    m->accel->kick(m->vcpus[0]);
    cr_assert_eq(machine_continue(m, 0), BP_RUN_WAIT);
    cr_assert_eq(cpu->epc, TEXT);
}

Test(run, waiting_goes_on_until_an_interrupt)
{
    CODE(m, TEXT, HALT, ADDI(1, 1, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(machine_continue(m, 0), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[1], 0);
    cr_assert_eq(cpu->pc, TEXT + 4);
    atomic_store(&cpu->interrupt, 1);
    cr_assert_eq(machine_continue(m, 0), BP_RUN_WAIT);
    cr_assert_eq(cpu->epc, TEXT + 4);
}

/* --- debugger -------------------------------------------------------------------------------- */

Test(run, steps_one_instruction_at_a_time)
{
    static const uint64_t pcs[] = {4, 8, 12, 4, 8, 12, 16};

    CODE(m, TEXT, LI(3, 2), ADDI(1, 1, 1), ADDI(2, 2, 5), BNE(1, 3, -2), HALT);
    cpu->pc = TEXT;
    for (size_t i = 0; i < sizeof pcs / sizeof *pcs; i++) {
        m->accel->step(m->vcpus[0], 1);
        cr_assert_eq(machine_continue(m, 0), BP_RUN_DEBUG);
        cr_assert_eq(cpu->pc, TEXT + pcs[i], "step %zu", i);
    }
    cr_assert_eq(cpu->r[2], 10);
    cr_assert_eq(machine_counter(m, "instructions"), 7);
}

Test(run, steps_by_the_dozen_and_freely_afterwards)
{
    CODE(m, TEXT, LI(3, 0), LI(1, 100), ADDI(1, 1, -1), BNE(1, 3, -1), HALT);
    cpu->pc = TEXT;
    m->accel->step(m->vcpus[0], 12);
    cr_assert_eq(machine_continue(m, 0), BP_RUN_DEBUG);
    cr_assert_eq(cpu->r[1], 95);
    cr_assert_eq(cpu->pc, TEXT + 8);
    cr_assert_eq(machine_continue(m, 0), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[1], 0);
}

Test(run, breakpoints_stop_before_their_instruction)
{
    CODE(m, TEXT, LI(3, 3), ADDI(1, 1, 1), ADDI(2, 2, 1), BNE(1, 3, -2), HALT);
    cr_assert_eq(m->accel->breakpoint(m->instance, TEXT + 8, 1), BP_OK);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_DEBUG);
    cr_assert_eq(m->hit_pc, TEXT + 8);
    cr_assert_eq(cpu->pc, TEXT + 8);
    cr_assert_eq(cpu->r[1], 1);
    cr_assert_eq(cpu->r[2], 0);
    /* Going on executes the instruction; the next round stops again. */
    cr_assert_eq(machine_continue(m, 0), BP_RUN_DEBUG);
    cr_assert_eq(cpu->r[1], 2);
    cr_assert_eq(cpu->r[2], 1);
    cr_assert_eq(m->hits, 2);
    cr_assert_eq(m->accel->breakpoint(m->instance, TEXT + 8, 0), BP_OK);
    cr_assert_eq(machine_continue(m, 0), BP_RUN_WAIT);
    cr_assert_eq(m->hits, 2);
    cr_assert_eq(m->accel->breakpoint(m->instance, TEXT + 8, 0), BP_E_NOENT);
}

Test(run, breakpoints_work_in_code_that_has_run)
{
    CODE(m, TEXT, LI(3, 0), LI(1, 9), ADDI(1, 1, -1), BNE(1, 3, -1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    m->accel->breakpoint(m->instance, TEXT + 16, 1);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_DEBUG);
    cr_assert_eq(cpu->pc, TEXT + 16);
}

/* --- the code cache -------------------------------------------------------------------------- */

Test(run, cache_smaller_than_the_program)
{
    struct machine *small = machine_new(1, 64 << 10);
    uint32_t code[0x4000];
    uint32_t n = 0;

    /* A chain of short blocks, run through three times. */
    for (uint32_t i = 0; i < 0x1ff0; i++) {
        code[n++] = ADDI(1, 1, 1);
        code[n++] = JMP(1);
    }
    code[n++] = ADDI(2, 2, 1);
    code[n++] = LI(3, 3);
    code[n++] = LI(4, 0);
    code[n++] = BNE(2, 3, 2);
    code[n++] = HALT;
    code[n++] = LI(5, TEXT >> 16);
    code[n++] = toy_wide(OP_LIH, 5, TEXT & 0xffff);
    code[n++] = JR(5);
    machine_code(small, TEXT, code, n);
    cr_assert_eq(machine_run(small, TEXT), BP_RUN_WAIT);
    cr_assert_eq(small->cpus[0]->r[1], 3 * 0x1ff0);
    cr_assert_gt(machine_counter(small, "cache-flushes"), 2);
    machine_free(small);
}
