/* SPDX-License-Identifier: Apache-2.0
 *
 * test_memory.c - accesses of every kind: page crossings, devices, faults, and forgetting
 * translations.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "program.h"

#define RWX (BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH)
#define VA  0x40000ull /* a virtual page, index 0x40 */

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

/* Programs of tests with the MMU live at virtual 0x1000.., mapped to TEXT.. */
#define PROGRAM 0x1000ull
static void mmu(void)
{
    m->pages[1] = (struct toy_page){TEXT, RWX, 0};
    m->pages[2] = (struct toy_page){TEXT + 0x1000, RWX, 0};
    m->pages[3] = (struct toy_page){VECTOR, RWX, 0};
    cpu->vector = 0x3000;
    cpu->mmu_on = 1;
}

TestSuite(memory, .init = set_up, .fini = tear_down, .timeout = 120 * BP_PATIENCE);

Test(memory, widths_and_extension)
{
    *machine_word(m, DATA) = 0x8877665544332211ull;
    CODE(m, TEXT, ADDR(1, DATA), LD(2, 1, 0), LDW(3, 1, 4), LI(4, -1), STB(4, 1, 1), STW(4, 1, 4),
         LD(5, 1, 0), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], 0x8877665544332211ull);
    cr_assert_eq(cpu->r[3], 0xffffffff88776655ull);
    cr_assert_eq(cpu->r[5], 0xffffffff4433ff11ull);
}

Test(memory, misaligned_and_page_crossing_in_ram)
{
    CODE(m, TEXT, ADDR(1, DATA + 0xffd), ADDR(2, 0x12345678), ST(2, 1, 0), LD(3, 1, 0), ST(2, 1, 0),
         LDW(4, 1, 1), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[3], 0x12345678);
    cr_assert_eq(cpu->r[4], 0x123456);
}

Test(memory, alignment_rule_faults)
{
    CODE(m, TEXT, ADDR(1, DATA), LDA(2, 1, 8), LDA(2, 1, 4));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_MISALIGNED);
    cr_assert_eq(cpu->fault_va, DATA + 4);
    cr_assert_eq(cpu->fault_kind, BP_MEM_READ);
    cr_assert_eq(cpu->epc, TEXT + 12);
}

Test(memory, crossing_store_faults_before_it_stores)
{
    mmu();
    m->pages[VA >> 12] = (struct toy_page){DATA, RWX, 0};
    m->pages[(VA >> 12) + 1] = (struct toy_page){DATA + 0x1000, BP_PROT_READ, 0};
    CODE(m, TEXT, ADDR(1, VA + 0xffc), LI(2, -1), STW(2, 1, -4), LD(3, 1, 0), ST(2, 1, 0));
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_PAGE_FAULT);
    cr_assert_eq(cpu->fault_va, VA + 0x1000);
    cr_assert_eq(cpu->fault_kind, BP_MEM_WRITE);
    cr_assert_eq(cpu->epc, PROGRAM + 20);
    cr_assert_eq(*machine_word(m, DATA + 0xff8), 0xffffffffull);
}

/* Two accesses with one base, the second of which lies in a page that allows nothing. */
static void second_of_two_faults(uint32_t first, uint32_t second, uint32_t kind)
{
    mmu();
    m->pages[VA >> 12] = (struct toy_page){DATA, RWX, 0};
    *machine_word(m, DATA + 0xff0) = 77;
    CODE(m, TEXT, ADDR(1, VA + 0xff0), LI(4, 9), LI(5, 8), first, second, ADDI(4, 4, 1));
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_PAGE_FAULT);
    cr_assert_eq(cpu->fault_kind, kind);
    cr_assert_eq(cpu->fault_va, VA + 0x1000);
    cr_assert_eq(cpu->epc, PROGRAM + 20);
    cr_assert_eq(cpu->r[4], kind == BP_MEM_READ ? 77 : 9);
    cr_assert_eq(cpu->r[5], 8);
    cr_assert_eq(*machine_word(m, DATA + 0xff0), kind == BP_MEM_READ ? 77 : 9);
}

Test(memory, second_of_two_loads_faults)
{
    second_of_two_faults(LD(4, 1, 0), LD(5, 1, 16), BP_MEM_READ);
}

Test(memory, second_of_two_stores_faults)
{
    second_of_two_faults(ST(4, 1, 0), ST(5, 1, 16), BP_MEM_WRITE);
}

Test(memory, two_loads_from_two_pages)
{
    *machine_word(m, DATA + 0xff8) = 1;
    *machine_word(m, DATA + 0x1000) = 2;
    CODE(m, TEXT, ADDR(1, DATA + 0xff8), LI(6, 0), LI(7, 3), LD(2, 1, 0), LD(3, 1, 8), ST(3, 1, 0),
         ST(2, 1, 8), ADDI(7, 7, -1), BNE(7, 6, -5), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(*machine_word(m, DATA + 0xff8), 2); /* swapped three times */
    cr_assert_eq(*machine_word(m, DATA + 0x1000), 1);
}

Test(memory, device_accesses)
{
    CODE(m, TEXT, ADDR(1, DEVICE), LD(2, 1, 0), LD(3, 1, 8), LDW(4, 1, 0), STB(3, 1, 5), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], 0x1122334455667700ull);
    cr_assert_eq(cpu->r[3], 0x1122334455667701ull);
    cr_assert_eq(cpu->r[4], 0x55667702);
    cr_assert_eq(m->last_width, 1);
    cr_assert_eq(m->last_addr, DEVICE + 5);
    cr_assert_eq(m->last_write, 0x01);
    cr_assert_eq(m->reads, 3);
}

Test(memory, device_errors_are_bus_faults)
{
    CODE(m, TEXT, ADDR(1, DEVICE), LI(2, 1), ADDI(1, 1, 127), ADDI(1, 1, 127), LI(3, DEVICE_BAD),
         ADD(1, 1, 3), ADDI(1, 1, -127), ADDI(1, 1, -127), ST(2, 1, 0));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_BUS);
    cr_assert_eq(cpu->fault_va, DEVICE + DEVICE_BAD);
    cr_assert_eq(cpu->fault_kind, BP_MEM_WRITE);
    cr_assert_eq(cpu->epc, TEXT + 9 * 4);
}

Test(memory, atomics_want_ram)
{
    CODE(m, TEXT, ADDR(1, DEVICE), AMOADD(2, 1, 1));
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_BUS);
    cr_assert_eq(cpu->fault_kind, BP_MEM_AMO);
    cr_assert_eq(m->reads + m->writes, 0);
}

Test(memory, faulting_atomics_are_writes_and_change_nothing)
{
    mmu();
    m->pages[VA >> 12] = (struct toy_page){DATA, BP_PROT_READ, 0};
    *machine_word(m, DATA) = 5;
    CODE(m, TEXT, ADDR(1, VA), LD(3, 1, 0), AMOADD(2, 1, 1));
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->cause, TOY_PAGE_FAULT);
    cr_assert_eq(cpu->fault_kind, BP_MEM_AMO);
    cr_assert_eq(cpu->r[2], 0);
    cr_assert_eq(*machine_word(m, DATA), 5);
}

Test(memory, reservations_hold_and_break)
{
    CODE(m, TEXT, ADDR(1, DATA), LI(2, 9), LR(3, 1), SC(4, 1, 2), SC(5, 1, 2), ADDI(6, 1, 64),
         LR(3, 1), SC(7, 6, 2), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[4], 0);
    cr_assert_eq(cpu->r[5], 1); /* used up */
    cr_assert_eq(cpu->r[7], 1); /* elsewhere */
    cr_assert_eq(*machine_word(m, DATA), 9);
    cr_assert_eq(*machine_word(m, DATA + 64), 0);
}

static void dma_to_data(struct machine *machine, uint32_t index, uint64_t value)
{
    *machine_word(machine, DATA) = value;
    machine->accel->ram_written(machine->instance, DATA, 8);
}

Test(memory, dma_breaks_reservations_even_with_the_same_value)
{
    m->on_write = dma_to_data;
    CODE(m, TEXT, ADDR(1, DATA), ADDR(6, DEVICE), LI(2, 9), LR(3, 1), ST(3, 6, 0), SC(4, 1, 2),
         HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[4], 1);
    cr_assert_eq(*machine_word(m, DATA), 0);
}

/* --- translations ---------------------------------------------------------------------------- */

static void remap(struct machine *machine, uint32_t index, uint64_t value)
{
    machine->pages[(VA >> 12) + (value >> 8)].pa = DATA + 0x1000 * (value & 0xff);
}

/* r2 = word at VA + offset before, r3 after the page was remapped, r4 after the flush. */
static void run_flush(uint32_t flush, uint32_t log2_size, uint32_t which)
{
    mmu();
    m->on_write = remap;
    m->pages[0] = (struct toy_page){DEVICE, RWX, 0};
    for (uint64_t i = 0; i < 2; i++)
        m->pages[(VA >> 12) + i] = (struct toy_page){DATA + 0x1000 * i, RWX, log2_size};
    for (uint64_t i = 0; i < 4; i++)
        *machine_word(m, DATA + 0x1000 * i) = 100 + i;
    CODE(m, TEXT, ADDR(1, VA), LI(6, 0), LI(7, (int32_t)(which << 8 | 3)), LI(8, 0x1000),
         ADD(8, 8, 1), LD(2, 1, 0), LD(9, 8, 0), ST(7, 6, 0), LD(3, 1, 0), flush, LD(4, 1, 0),
         LD(5, 8, 0), HALT);
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], 100);
}

Test(memory, flush_page)
{
    run_flush(FLUSH(1), 12, 0);
    cr_assert_eq(cpu->r[3], 100);
    cr_assert_eq(cpu->r[4], 103);
}

Test(memory, flush_page_leaves_others_alone)
{
    run_flush(FLUSH(1), 12, 1);
    cr_assert_eq(cpu->r[5], 101);
}

Test(memory, flush_page_takes_the_whole_large_page)
{
    run_flush(FLUSH(1), 13, 1);
    cr_assert_eq(cpu->r[5], 103);
}

Test(memory, flush_all)
{
    run_flush(FLUSHALL, 12, 0);
    cr_assert_eq(cpu->r[4], 103);
}

Test(memory, small_mappings_are_never_remembered)
{
    run_flush(ADDI(0, 0, 0), 6, 0);
    cr_assert_eq(cpu->r[3], 103);
}

Test(memory, code_follows_its_mapping)
{
    uint64_t other = DATA;

    mmu();
    m->on_write = remap;
    m->pages[0] = (struct toy_page){DEVICE, RWX, 0};
    m->pages[VA >> 12] = (struct toy_page){DATA, RWX, 0};
    CODE(m, other, LI(2, 1), JR(15));
    CODE(m, other + 0x1000, LI(2, 2), JR(15));
    CODE(m, TEXT, ADDR(1, VA), LI(6, 0), LI(7, 1), ADDR(15, PROGRAM + 28), JR(1),
         /* 28: */ ADDI(3, 2, 0), ST(7, 6, 0), FLUSH(1), ADDR(15, PROGRAM + 52), JR(1), HALT);
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[3], 1);
    cr_assert_eq(cpu->r[2], 2);
}

Test(memory, instruction_across_pages_follows_both_mappings)
{
    uint32_t li = LI(2, 0x0101);
    uint64_t first = DATA, second = DATA + 0x2000;

    /* The instruction's first half ends one page; its constant lies in the next, which changes. */
    mmu();
    m->on_write = remap;
    m->pages[0] = (struct toy_page){DEVICE, RWX, 0};
    m->pages[VA >> 12] = (struct toy_page){first, RWX, 0};
    m->pages[(VA >> 12) + 1] = (struct toy_page){second, RWX, 0};
    memcpy((char *)machine_word(m, first) + 0xffe, &li, 2);
    for (uint64_t page = 1; page < 4; page++) {
        uint32_t tail[2] = {(uint32_t)(0x100 * page) | JR(15) << 16, JR(15) >> 16};
        memcpy(machine_word(m, first + 0x1000 * page), tail, sizeof tail);
    }
    CODE(m, TEXT, ADDR(1, VA + 0xffe), LI(6, 0), LI(7, 0x103), ADDR(15, PROGRAM + 32),
         ADDI(3, 2, 0), JR(1),
         /* 32: */ ST(7, 6, 0), ADDI(4, 2, 0), ADDI(1, 1, 2), FLUSH(1), ADDI(1, 1, -2),
         ADDR(15, PROGRAM + 64), JR(1), HALT, HALT);
    cr_assert_eq(machine_run(m, PROGRAM), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[4], 0x200);
    cr_assert_eq(cpu->r[2], 0x300);
}

static void move_ram(struct machine *machine, uint32_t index, uint64_t value)
{
    machine->moved = value;
    machine->accel->map_changed(machine->instance, RAM_BASE, 0x1000);
}

Test(memory, map_changes_take_effect_at_once)
{
    m->on_write = move_ram;
    *machine_word(m, RAM_BASE) = 1;
    *machine_word(m, RAM_BASE + 0x4000) = 2;
    CODE(m, TEXT, ADDR(1, RAM_BASE), ADDR(6, DEVICE), LI(7, 0x4000), LD(2, 1, 0), ST(7, 6, 0),
         LD(3, 1, 0), HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], 1);
    cr_assert_eq(cpu->r[3], 2);
}

Test(memory, many_pages_miss_and_come_back)
{
    /* More pages than the table has entries for one index: stride of 128 pages over RAM, summed
     * twice. */
    uint64_t expected = 0;

    for (uint64_t i = 0; i < 240; i++) {
        *machine_word(m, DATA + i * 0x1000) = i;
        expected += 2 * i;
    }
    CODE(m, TEXT, LI(9, 2), LI(3, 0), LI(8, 0x1000), ADDR(1, DATA), LI(4, 240), LD(5, 1, 0),
         ADD(2, 2, 5), ADD(1, 1, 8), ADDI(4, 4, -1), BNE(4, 3, -4), ADDI(9, 9, -1), BNE(9, 3, -9),
         HALT);
    cr_assert_eq(machine_run(m, TEXT), BP_RUN_WAIT);
    cr_assert_eq(cpu->r[2], expected);
}
