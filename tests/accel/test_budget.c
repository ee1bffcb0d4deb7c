/* SPDX-License-Identifier: Apache-2.0
 *
 * test_budget.c - budgets of instructions, on every accelerator: what a vCPU did when one is spent
 * is what so many single steps do, wherever blocks begin and end; and what the guest asks for
 * happens right behind the instruction that asked.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "program.h"

static struct machine *m;
static struct toy *cpu;

static void open_machine(void)
{
    m = machine_new(1, 0);
    cpu = m->cpus[0];
    cpu->vector = VECTOR;
}

TestSuite(budget, .timeout = 300 * BP_PATIENCE);

/* Every accelerator: translating nothing before long, what has run twice, and all at once. */
#define FOR_EACH_ACCEL                                                                             \
    for (const char *const *so = machine_accels; *so; so++)                                        \
        for (uint32_t hot = 1; hot < 1u << 20; hot = hot == 1   ? 2                                \
                                                     : hot == 2 ? 1u << 16                         \
                                                                : 1u << 20)                        \
            if (machine_accel = *so, machine_hot = hot, 1)

/* --- what instructions do --------------------------------------------------------------------- */

/* Loops in and across blocks and pages, branches taken forwards, calls, traps that come back, a
 * helper that leaves, code that writes code, and stores that wait for more of their instruction. */
static void load_program(void)
{
    CODE(m, TEXT, LI(3, 0), ADDR(10, DATA), LI(9, 5), LI(1, 4), ADDI(1, 1, -1), ADD(4, 4, 1),
         ST(4, 10, 8), BNE(1, 3, -3),                              /* a loop in a loop */
         LD(5, 10, 8), BNE(5, 3, 3), ADDI(6, 6, 1), ADDI(6, 6, 1), /* skips two */
         CALL(15, (0x1800 - 0x34) / 4), PUSH(4, 10, 8), ILLEGAL, MODE(3), ADDI(7, 7, 1), JMP(1),
         ADDI(10, 10, -8), ADDI(9, 9, -1), BNE(9, 3, -17), ADDR(8, HOLE), LD(8, 8, 0), JMP(0));
    CODE(m, TEXT + 0x1800, LI(2, 3), ADDI(2, 2, -1), BNE(2, 3, -1), MODE(0), FLUSHALL, RETIRED,
         JR(15));
    /* The trap handler goes on behind the cause. The address is in r14, which the program leaves
     * alone. */
    CODE(m, VECTOR, ADDI(14, 14, 1), ADDI(13, 13, 2),
         JMP(((int)(TEXT + 0x40) - (int)(VECTOR + 8)) / 4));
    cpu->pc = TEXT;
}

struct state {
    uint64_t r[16], pc, retired, epc, data;
    uint32_t mode, ntraps, cause;
};

static struct state state(void)
{
    struct state s;

    memset(&s, 0, sizeof s);
    memcpy(s.r, cpu->r, sizeof s.r);
    s.pc = cpu->pc;
    s.retired = cpu->api->retired(cpu->vcpu);
    s.epc = cpu->epc;
    s.data = *machine_word(m, DATA + 8);
    s.mode = cpu->mode;
    s.ntraps = (uint32_t)cpu->ntraps;
    s.cause = (uint32_t)cpu->cause;
    return s;
}

#define STEPS 420

static struct state stepped[STEPS + 1];

static void step_through(void)
{
    machine_accel = machine_accels[0];
    open_machine();
    load_program();
    stepped[0] = state();
    for (uint32_t i = 1; i <= STEPS; i++) {
        m->accel->step(m->vcpus[0], 1);
        cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_DEBUG);
        stepped[i] = state();
    }
    cr_assert_gt(stepped[STEPS].ntraps, 5, "the program traps");
    machine_free(m);
}

static void expect_state(uint32_t at)
{
    const struct state *want = &stepped[at];
    struct state is = state();

    cr_assert_eq(is.pc, want->pc, "%s, hot %u, after %u: pc %#lx, not %#lx", machine_accel,
                 machine_hot, at, (unsigned long)is.pc, (unsigned long)want->pc);
    cr_assert_arr_eq(&is, want, sizeof is, "%s, hot %u, after %u", machine_accel, machine_hot, at);
}

static void spend(uint64_t n)
{
    cr_assert_eq(m->accel->budget(m->vcpus[0], n), BP_OK);
    cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_BUDGET);
    cr_assert_eq(m->accel->spent(m->vcpus[0]), n);
}

Test(budget, any_number_of_instructions_in_one_go)
{
    step_through();
    FOR_EACH_ACCEL
    {
        for (uint32_t n = 1; n <= STEPS; n += n < 60 ? 1 : 7) {
            open_machine();
            load_program();
            spend(n);
            expect_state(n);
            machine_free(m);
        }
    }
}

Test(budget, one_after_the_other)
{
    static const uint32_t sizes[] = {1, 2, 3, 5, 7, 11, 13, 64, 65, 200};

    step_through();
    FOR_EACH_ACCEL
    {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            open_machine();
            load_program();
            for (uint32_t at = sizes[i]; at <= STEPS; at += sizes[i]) {
                spend(sizes[i]);
                expect_state(at);
            }
            machine_free(m);
        }
    }
}

Test(budget, an_end_does_not_shift_what_follows)
{
    FOR_EACH_ACCEL
    {
        open_machine();
        CODE(m, TEXT, LI(3, 0), ADDI(1, 1, 1), JMP(-1));
        cpu->pc = TEXT;
        spend(1000001);
        cr_assert_eq(cpu->r[1], 500000);
        spend(1);
        cr_assert_eq(cpu->r[1], 500001);
        machine_free(m);
    }
}

Test(budget, fetches_that_fault_are_counted)
{
    FOR_EACH_ACCEL
    {
        open_machine();
        cpu->vector = HOLE;
        cpu->pc = HOLE;
        spend(12345);
        cr_assert_eq(cpu->ntraps, 12345);
        cr_assert_eq(cpu->api->retired(cpu->vcpu), 0);
        machine_free(m);
    }
}

Test(budget, waiting_ends_a_run_early)
{
    FOR_EACH_ACCEL
    {
        open_machine();
        CODE(m, TEXT, ADDI(1, 1, 1), ADDI(1, 1, 1), HALT, ADDI(1, 1, 1));
        cpu->pc = TEXT;
        m->accel->budget(m->vcpus[0], 100);
        cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_WAIT);
        cr_assert_eq(m->accel->spent(m->vcpus[0]), 3);
        m->accel->budget(m->vcpus[0], 100);
        cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_WAIT);
        cr_assert_eq(m->accel->spent(m->vcpus[0]), 0);
        machine_free(m);
    }
}

Test(budget, none_runs_freely_again)
{
    FOR_EACH_ACCEL
    {
        open_machine();
        CODE(m, TEXT, LI(3, 1000), ADDI(1, 1, 1), ADDI(2, 2, 1), BNE(1, 3, -2), HALT);
        cpu->pc = TEXT;
        spend(20);
        m->accel->budget(m->vcpus[0], 0);
        cr_assert_eq(machine_continue(m, 0), BP_RUN_WAIT);
        cr_assert_eq(cpu->r[2], 1000);
        machine_free(m);
    }
}

/* --- what the guest asks for ------------------------------------------------------------------ */

static uint64_t spent_at; /* the device was touched */

static void interrupt(struct machine *machine, uint32_t index, uint64_t value)
{
    (void)value;
    spent_at = machine->accel->spent(machine->vcpus[index]);
    atomic_store(&machine->cpus[index]->interrupt, 1);
    machine->cpus[index]->api->kick(machine->vcpus[index]);
}

static void interrupt_by_reading(struct machine *machine, uint32_t index)
{
    interrupt(machine, index, 0);
}

/* Runs `words` at TEXT until the interrupt, which must come right behind the instruction at
 * index `behind`. */
static void expect_interrupt(const uint32_t *words, uint32_t count, uint32_t behind)
{
    FOR_EACH_ACCEL
    {
        for (uint32_t rounds = 1; rounds <= 3; rounds++) { /* cold, and once it may be translated */
            if (rounds == 1) {
                open_machine();
                m->on_write = interrupt;
                m->on_read = interrupt_by_reading;
                machine_code(m, TEXT, words, count);
                CODE(m, VECTOR, HALT);
            }
            cpu->r[10] = DEVICE;
            cpu->pc = TEXT;
            cpu->cause = cpu->waiting = 0;
            m->accel->budget(m->vcpus[0], 1000);
            cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_WAIT);
            cr_assert_eq(cpu->cause, TOY_INTERRUPT);
            cr_assert_eq(cpu->epc, TEXT + 4 * (behind + 1), "%s, hot %u, round %u: at %#lx",
                         machine_accel, machine_hot, rounds, (unsigned long)(cpu->epc - TEXT));
            cr_assert_eq(spent_at, behind);
            cr_assert_eq(m->accel->spent(m->vcpus[0]), behind + 2, "and then HALT");
        }
        machine_free(m);
    }
}
#define INTERRUPTED(behind, ...)                                                                   \
    expect_interrupt((const uint32_t[]){__VA_ARGS__},                                              \
                     sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), behind)

Test(budget, a_store_that_interrupts)
{
    INTERRUPTED(1, ADDI(1, 1, 1), ST(1, 10, 0), ADDI(2, 2, 1), ADDI(2, 2, 1), JMP(0));
}

Test(budget, a_store_that_interrupts_at_the_end_of_a_block)
{
    INTERRUPTED(1, ADDI(1, 1, 1), ST(1, 10, 0), JMP(1), JMP(1), JMP(0));
}

Test(budget, a_load_that_interrupts)
{
    INTERRUPTED(2, ADDI(1, 1, 1), ADDI(1, 1, 1), LD(4, 10, 0), ADDI(2, 2, 1), JMP(0));
}

Test(budget, the_first_of_two_loads_that_are_one_record)
{
    INTERRUPTED(1, ADDI(1, 1, 1), LD(4, 10, 0), LD(5, 10, 8), ADDI(2, 2, 1), JMP(0));
}

Test(budget, an_aligned_load_that_interrupts)
{
    INTERRUPTED(1, ADDI(1, 1, 1), LDA(4, 10, 0), ADDI(2, 2, 1), JMP(0));
}

Test(budget, a_store_with_more_of_its_instruction_to_come)
{
    INTERRUPTED(1, ADDI(1, 1, 1), PUSH(1, 10, 8), ADDI(2, 2, 1), JMP(0));
}

Test(budget, a_store_in_a_loop)
{
    INTERRUPTED(2, LI(3, 0), LI(1, 9), ST(1, 10, 0), ADDI(1, 1, -1), BNE(1, 3, -2), JMP(0));
}

Test(budget, a_block_that_goes_on_in_the_next)
{
    uint32_t words[200];
    uint32_t n = 0;

    /* Longer than a block may be; each place where one may end has its turn. */
    for (; n < 180; n++)
        words[n] = ADDI(1, 1, 1);
    for (uint32_t at = 50; at < 140; at++) {
        words[at] = ST(1, 10, 0);
        expect_interrupt(words, n, at);
        words[at] = ADDI(1, 1, 1);
    }
}

static void stop(struct machine *machine, uint32_t index, uint64_t value)
{
    (void)value;
    machine->accel->stop(machine->vcpus[index]);
}

Test(budget, a_store_that_stops)
{
    FOR_EACH_ACCEL
    {
        open_machine();
        m->on_write = stop;
        CODE(m, TEXT, ADDI(1, 1, 1), ST(1, 10, 0), ADDI(2, 2, 1), JMP(-3));
        cpu->r[10] = DEVICE;
        cpu->pc = TEXT;
        for (uint64_t round = 1; round < 8; round++) {
            m->accel->budget(m->vcpus[0], 1000);
            cr_assert_eq(m->accel->run(m->vcpus[0]), BP_RUN_KICKED);
            cr_assert_eq(cpu->r[1], round);
            cr_assert_eq(cpu->r[2], round - 1);
            cr_assert_eq(m->accel->spent(m->vcpus[0]), round == 1 ? 2 : 4);
        }
        machine_free(m);
    }
}
