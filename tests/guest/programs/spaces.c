/* SPDX-License-Identifier: Apache-2.0
 *
 * spaces.c - address spaces told apart by ASID: what is right after satp, SFENCE.VMA in its four forms, global mappings,
 * PMP, and the bits of mstatus that translation looks at; the same between harts. Privileged Architecture 20240411,
 * sections 12.1.11, 12.2.1, 12.3.2. Software does all the fences it has to here, so there is one right answer.
 */
#include "guest.h"

#define V         1u
#define R         2u
#define W         4u
#define X         8u
#define U         16u
#define G         32u
#define A         64u
#define D         128u
#define DATA_PAGE (V | R | W | A | D)

#if XLEN == 64
typedef uint64_t pte_t;
#define MODE       ((reg_t)8 << 60)
#define ASID_SHIFT 44
#define LEVELS     3
#define BITS       9
#else
typedef uint32_t pte_t;
#define MODE       ((reg_t)1 << 31)
#define ASID_SHIFT 22
#define LEVELS     2
#define BITS       10
#endif
#define ENTRIES (4096 / sizeof(pte_t))

#define SPACES 40 /* many more than any cache of translations keeps apart */
#define PAGES  8
#define VA     0x60000000ul                /* PAGES of them, mapped by one last-level table */
#define LARGE  (VA + (1ul << (12 + BITS))) /* a superpage */
#define FRAMES (RAM + 0x1000000)           /* physical memory behind them */
#define MIDDLE (RAM + 0x1800000)           /* aligned to the superpage */

/* RAM as it is, for the program itself; shared by all spaces, and global. */
static pte_t roots[SPACES][ENTRIES] __attribute__((aligned(4096)));
static pte_t middles[SPACES][ENTRIES] __attribute__((aligned(4096)));
static pte_t leaves[SPACES][ENTRIES] __attribute__((aligned(4096)));
#if XLEN == 64
static pte_t ram_tables[ENTRIES] __attribute__((aligned(4096)));
#endif

static pte_t pte(reg_t pa, unsigned flags)
{
    return (pte_t)(pa >> 12) << 10 | flags;
}

static pte_t *leaf(unsigned space, reg_t va)
{
    return &leaves[space][va >> 12 & (ENTRIES - 1)];
}

static pte_t *large(unsigned space)
{
    return (LEVELS == 3 ? middles : roots)[space] + (LARGE >> (12 + BITS) & (ENTRIES - 1));
}

static void make_spaces(void)
{
    for (unsigned i = 0; i < SPACES; i++) {
        pte_t *above = roots[i];

#if XLEN == 64
        roots[i][VA >> 30] = pte((reg_t)middles[i], V);
        above = middles[i];
        roots[i][RAM >> 30] = pte((reg_t)ram_tables, V);
        for (unsigned k = 0; k < 32; k++)
            ram_tables[k] = pte(RAM + ((reg_t)k << 21), DATA_PAGE | X | G);
#else
        for (unsigned k = 0; k < 16; k++)
            roots[i][(RAM >> 22) + k] = pte(RAM + ((reg_t)k << 22), DATA_PAGE | X | G);
#endif
        above[VA >> (12 + BITS) & (ENTRIES - 1)] = pte((reg_t)leaves[i], V);
    }
}

static reg_t satp_of(unsigned space)
{
    return MODE | (reg_t)(space + 1) << ASID_SHIFT | (reg_t)roots[space] >> 12;
}

static void enter(unsigned space)
{
    csr_write(satp, satp_of(space));
}

static void fence_all(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void fence_page(reg_t va)
{
    __asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}

static void fence_space(unsigned space)
{
    __asm__ volatile("sfence.vma x0, %0" ::"r"((reg_t)space + 1) : "memory");
}

static void fence_page_space(reg_t va, unsigned space)
{
    __asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"((reg_t)space + 1) : "memory");
}

#define FAULT 0xfa017u

/* What a 32-bit load at va gives in S-mode, by MPRV; FAULT if there is a page fault, else the cause + 1000. */
static uint32_t load_as(reg_t mode, reg_t va)
{
    uint32_t value = 0;

    trap_clear();
    csr_clear(mstatus, MSTATUS_MPP);
    __asm__ volatile("csrs mstatus, %2\nlw %0, 0(%1)\ncsrc mstatus, %3"
                     : "+&r"(value)
                     : "r"(va), "r"(MSTATUS_MPRV | mode << 11), "r"(MSTATUS_MPRV)
                     : "memory");
    return my_trap()->cause == NO_TRAP     ? value
           : my_trap()->cause == LOAD_PAGE ? FAULT
                                           : 1000 + my_trap()->cause;
}

static uint32_t load(reg_t va)
{
    return load_as(MODE_S, va);
}

/* The cause, NO_TRAP if there was none. */
static reg_t store(reg_t va, uint32_t value)
{
    trap_clear();
    csr_clear(mstatus, MSTATUS_MPP);
    __asm__ volatile("csrs mstatus, %2\nsw %0, 0(%1)\ncsrc mstatus, %3" ::"r"(value), "r"(va),
                     "r"(MSTATUS_MPRV | (reg_t)MODE_S << 11), "r"(MSTATUS_MPRV)
                     : "memory");
    return my_trap()->cause;
}

static reg_t frame(unsigned n)
{
    return FRAMES + (reg_t)n * 4096;
}

static volatile uint32_t *word(reg_t pa)
{
    return (volatile uint32_t *)pa;
}

static void number_frames(void)
{
    for (unsigned i = 0; i < 64; i++)
        *word(frame(i)) = 100 + i;
}

/* --- the four forms -------------------------------------------------------------------------- */

/* Two spaces with pages in the same place come and go without fences. */
static void switching(void)
{
    for (unsigned i = 0; i < SPACES; i++)
        *leaf(i, VA) = pte(frame(i), DATA_PAGE);
    fence_all();
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < SPACES; i++) {
            enter(i);
            CHECK_EQ(load(VA), 100 + i + 1000 * round);
            CHECK_EQ(store(VA, 100 + i + 1000 * (round + 1)), NO_TRAP);
        }
    }
    for (unsigned i = 0; i < SPACES; i++)
        CHECK_EQ(*word(frame(i)), 4100 + i);
    number_frames();
    /* A space with nothing there has nothing there. */
    *leaf(1, VA) = 0;
    enter(1);
    fence_space(1);
    CHECK_EQ(load(VA), FAULT);
    enter(0);
    CHECK_EQ(load(VA), 100);
    enter(1);
    CHECK_EQ(load(VA), FAULT);
}

enum form { ALL, PAGE, SPACE, PAGE_SPACE };

static void fence_with(enum form form, reg_t va, unsigned space)
{
    switch (form) {
    case ALL:
        fence_all();
        break;
    case PAGE:
        fence_page(va);
        break;
    case SPACE:
        fence_space(space);
        break;
    default:
        fence_page_space(va, space);
    }
}

/* Each form, for the space that is there and for one that is not; `size`: a superpage, and an address somewhere in it. */
static void forms(void)
{
    for (enum form form = ALL; form <= PAGE_SPACE; form++) {
        for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
            for (unsigned size = 0; size < 2; size++) {
                reg_t va = size ? LARGE + 0x5000 : VA, within = size ? LARGE + 0x9abc : VA + 0x123;
                pte_t *e = size ? large(0) : leaf(0, VA);
                reg_t first = size ? MIDDLE : frame(1),
                      second = size ? MIDDLE + (1ul << (12 + BITS)) : frame(2);

                *word(first + (va & 0x5000)) = 1;
                *word(second + (va & 0x5000)) = 2;
                *e = pte(first, DATA_PAGE);
                *leaf(0, VA + 4096) = pte(frame(3), DATA_PAGE);
                *leaf(1, VA) = *leaf(1, VA + 4096) = pte(frame(4), DATA_PAGE);
                fence_all();
                enter(0);
                CHECK_EQ(load(va), 1);
                CHECK_EQ(load(VA + 4096), 103);
                enter(1);
                CHECK_EQ(load(VA), 104);
                enter(elsewhere);
                *e = pte(second, DATA_PAGE);
                fence_with(form, within, 0);
                enter(0);
                CHECK_EQ(load(va), 2);
                CHECK_EQ(store(va, 3), NO_TRAP);
                CHECK_EQ(*word(second + (va & 0x5000)), 3);
                CHECK_EQ(load(VA + 4096), 103);
                enter(1);
                CHECK_EQ(load(VA), 104);
                enter(elsewhere);
                *e = 0;
                fence_with(form, within, 0);
                enter(0);
                CHECK_EQ(load(va), FAULT);
                CHECK_EQ(store(va, 4), STORE_PAGE);
            }
        }
    }
    number_frames();
}

/* The ASID is all there is: another table under the one at hand, after a fence. */
static void tables_change(void)
{
    *leaf(0, VA) = pte(frame(5), DATA_PAGE);
    *leaf(1, VA) = pte(frame(6), DATA_PAGE);
    fence_all();
    enter(0);
    CHECK_EQ(load(VA), 105);
    csr_write(satp, (satp_of(0) & ~((reg_t)-1 >> (XLEN == 64 ? 20 : 10))) | (reg_t)roots[1] >> 12);
    fence_space(0);
    CHECK_EQ(load(VA), 106);
    enter(0);
    fence_space(0);
    CHECK_EQ(load(VA), 105);
    /* Off and on: physical addresses between. */
    csr_write(satp, 0);
    CHECK_EQ(load(frame(7)), 107);
    CHECK_EQ(load(frame(5)), 105);
    enter(0);
    CHECK_EQ(load(VA), 105);
    CHECK_EQ(load(frame(5)), 105); /* by the global mapping of RAM */
}

/* What is global is seen in all spaces, survives fences for an ASID as it should, and goes with those for all. */
static void global_pages(void)
{
    for (unsigned i = 0; i < 3; i++) {
        *leaf(i, VA) = pte(frame(8), DATA_PAGE | G);
        *leaf(i, VA + 4096) = pte(frame(10 + i), DATA_PAGE);
    }
    fence_all();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 3; i++) {
            enter(i);
            CHECK_EQ(load(VA), 108);
            CHECK_EQ(load(VA + 4096), 110 + i);
            fence_space(i);
            CHECK_EQ(load(VA), 108);
        }
    }
    for (enum form form = ALL; form <= PAGE; form++) {
        for (unsigned i = 0; i < 3; i++) {
            enter(i);
            CHECK_EQ(load(VA), 108 + form);
        }
        for (unsigned i = 0; i < 3; i++)
            *leaf(i, VA) = pte(frame(9 + form), DATA_PAGE | G);
        fence_with(form, VA, 0);
        for (unsigned i = 0; i < 3; i++) {
            enter(i);
            CHECK_EQ(load(VA), 109 + form);
        }
    }
    /* A pointer that is global makes all below it so; from local to global and back, each time with a fence. */
    for (unsigned i = 0; i < 3; i++)
        *leaf(i, VA) = pte(frame(20 + i), DATA_PAGE);
    fence_all();
    for (unsigned i = 0; i < 3; i++) {
        enter(i);
        CHECK_EQ(load(VA), 120 + i);
    }
}

/* --- code ------------------------------------------------------------------------------------ */

#define LI_A0(value) (0x00000513u | (uint32_t)(value) << 20)
#define RET          0x00008067u

static reg_t call(reg_t va)
{
    extern char after_mode[];
    reg_t result;

    trap_clear();
    my_trap()->resume = (reg_t)after_mode;
    result = enter_mode(MODE_S, (reg_t(*)(reg_t))va, 0, 0);
    my_trap()->resume = 0;
    return my_trap()->cause == FETCH_PAGE ? FAULT : result;
}

/* The same address is other code in each space, and some code is in all of them. */
static void code(void)
{
    for (unsigned i = 0; i < SPACES; i++) {
        word(frame(i))[0] = LI_A0(200 + i);
        word(frame(i))[1] = RET;
    }
    for (unsigned i = 0; i < SPACES; i++) {
        *leaf(i, VA) = pte(frame(i), V | R | X | A);
        *leaf(i, VA + 4096) = pte(frame(20), V | R | X | A | G);
    }
    __asm__ volatile("fence.i" ::: "memory");
    fence_all();
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < SPACES; i++) {
            enter(i);
            CHECK_EQ(call(VA), 200 + i);
            CHECK_EQ(call(VA + 4096), 220);
        }
    }
    for (enum form form = ALL; form <= PAGE_SPACE; form++) {
        for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
            enter(elsewhere);
            *leaf(0, VA) = pte(frame(12 + form), V | R | X | A);
            fence_with(form, VA, 0);
            CHECK_EQ(call(VA), elsewhere ? 201u : 212u + form);
            enter(0);
            CHECK_EQ(call(VA), 212 + form);
            enter(2);
            CHECK_EQ(call(VA), 202);
            enter(elsewhere);
            *leaf(0, VA) = pte(frame(0), V | R | A); /* no longer to be executed */
            fence_with(form, VA, 0);
            enter(0);
            CHECK_EQ(call(VA), FAULT);
            CHECK_EQ(call(VA + 4096), 220);
        }
    }
    for (unsigned i = 0; i < SPACES; i++)
        *leaf(i, VA + 4096) = pte(frame(21), V | R | X | A | G);
    enter(1);
    fence_page(VA + 4096);
    for (unsigned i = 0; i < SPACES; i++) {
        enter(i);
        CHECK_EQ(call(VA + 4096), 221);
    }
    for (unsigned i = 0; i < SPACES; i++)
        *leaf(i, VA) = *leaf(i, VA + 4096) = 0;
    fence_all();
    number_frames();
}

/* --- thousands of switches -------------------------------------------------------------------------------------------- */

static uint32_t seed = 1;
static unsigned chance(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

#define SWITCHES 12000u
#define PRIVATE  VA           /* a page of data, of each space its own */
#define PROGRAM  (VA + 4096)  /* a page of code, likewise */
#define SHARED   (VA + 8192)  /* code for all, global */
#define COMMON   (VA + 12288) /* data for all, global */

/* A loop, hot enough for any tier: a0 += `what` for each of its rounds. */
static void write_program(reg_t pa, unsigned what)
{
    static const uint32_t rest[] = {
        0x00a00293, /* li t0, 10 */
        0x00000013, /* addi a0, a0, what */
        0xfff28293, /* addi t0, t0, -1 */
        0xfe029ce3, /* bnez t0, -8 */
        RET,
    };

    for (unsigned i = 0; i < sizeof(rest) / sizeof(*rest); i++)
        word(pa)[i] = rest[i];
    word(pa)[1] = 0x00050513u | what << 20;
}

static reg_t call_with(reg_t va, reg_t a0)
{
    return enter_mode(MODE_S, (reg_t(*)(reg_t))va, a0, 0);
}

/* What a kernel does for hours: another space, its data, its code, what is global; with ASIDs, or with one for all and a
 * fence at every switch. Between them pages come to lie elsewhere, with all the fences that are enough for it. */
static void thousands(int asids)
{
    static uint32_t data[SPACES]; /* what must be there */
    static uint8_t at[SPACES];    /* 1: data and program lie in the second pair of frames */
    uint32_t common = 7;

    for (unsigned i = 0; i < SPACES; i++) {
        at[i] = 0;
        data[i] = 1000 + i;
        *word(frame(i)) = data[i];
        for (unsigned k = 0; k < 2; k++)
            write_program(frame((2 + k) * SPACES + i), 1 + i + k * SPACES);
        *leaf(i, PRIVATE) = pte(frame(i), DATA_PAGE);
        *leaf(i, PROGRAM) = pte(frame(2 * SPACES + i), V | R | X | A);
        *leaf(i, SHARED) = pte(frame(4 * SPACES), V | R | X | A | G);
        *leaf(i, COMMON) = pte(frame(4 * SPACES + 1), DATA_PAGE | G);
    }
    write_program(frame(4 * SPACES), 500);
    *word(frame(4 * SPACES + 1)) = common;
    __asm__ volatile("fence.i" ::: "memory");
    fence_all();
    for (unsigned n = 0; n < SWITCHES; n++) {
        unsigned i = chance(4) ? chance(SPACES) : n % SPACES;

        if (asids) {
            enter(i);
        } else {
            csr_write(satp, satp_of(i) & ~((reg_t)0x1ff << ASID_SHIFT));
            fence_all();
        }
        CHECK_EQ(load(PRIVATE), data[i]);
        CHECK_EQ(store(PRIVATE, ++data[i]), NO_TRAP);
        CHECK_EQ(call_with(PROGRAM, i), i + 10 * (1 + i + at[i] * SPACES));
        if (!chance(3)) {
            CHECK_EQ(call_with(SHARED, n), n + 5000);
            CHECK_EQ(load(COMMON), common);
            CHECK_EQ(store(COMMON, ++common), NO_TRAP);
        }
        if (!chance(8)) { /* the pages of some space move */
            unsigned other = chance(2) ? i : chance(SPACES), now = at[other] ^= 1;
            enum form form = asids ? (enum form)chance(4) : ALL;

            *word(frame(now * SPACES + other)) = data[other];
            *leaf(other, PRIVATE) = pte(frame(now * SPACES + other), DATA_PAGE);
            *leaf(other, PROGRAM) = pte(frame((2 + now) * SPACES + other), V | R | X | A);
            fence_with(form, PRIVATE, other);
            fence_with(form, PROGRAM, other);
        }
    }
    for (unsigned i = 0; i < SPACES; i++) {
        CHECK_EQ(*word(frame(at[i] * SPACES + i)), data[i]);
        for (unsigned k = 0; k < 4; k++)
            *leaf(i, VA + k * 4096) = 0;
    }
    CHECK_EQ(*word(frame(4 * SPACES + 1)), common);
    fence_all();
    number_frames();
}

/* --- what else decides ----------------------------------------------------------------------- */

/* PMP with a fence behind it (3.7.2), for spaces that are not there just now as well. */
static void protection(void)
{
    for (unsigned i = 0; i < 3; i++)
        *leaf(i, VA) = pte(frame(30 + i), DATA_PAGE);
    fence_all();
    for (unsigned i = 0; i < 3; i++) {
        enter(i);
        CHECK_EQ(load(VA), 130 + i);
        CHECK_EQ(store(VA, 130 + i), NO_TRAP);
    }
    /* Entry 0, before the one that allows all: the frame of space 1 cannot be written, nor read later. */
    csr_write(pmpaddr1, csr_read(pmpaddr0));
    csr_write(pmpcfg0, 0x1f << 8);
    csr_write(pmpaddr0, frame(31) >> 2 | 0x1ff);
    csr_write(pmpcfg0, 0x1f << 8 | 0x19);
    fence_all();
    for (unsigned i = 0; i < 3; i++) {
        enter(i);
        CHECK_EQ(load(VA), 130 + i);
        CHECK_EQ(store(VA, 130 + i), i == 1 ? (reg_t)STORE_ACCESS : NO_TRAP);
    }
    csr_write(pmpcfg0, 0x1f << 8 | 0x18);
    fence_all();
    for (unsigned i = 0; i < 3; i++) {
        enter(i);
        CHECK_EQ(load(VA), i == 1 ? 1000u + LOAD_ACCESS : 130 + i);
    }
    csr_write(pmpcfg0, 0x1f << 8);
    csr_write(pmpaddr0, csr_read(pmpaddr1));
    csr_write(pmpcfg0, 0x1f);
    fence_all();
    enter(1);
    CHECK_EQ(load(VA), 131);
    CHECK_EQ(store(VA, 131), NO_TRAP);
}

/* SUM, MXR and MPRV act at once, without a fence. */
static void status_bits(void)
{
    for (unsigned i = 0; i < 2; i++) {
        *leaf(i, VA) = pte(frame(40 + i), V | R | W | U | A | D);
        *leaf(i, VA + 4096) = pte(frame(42 + i), V | X | A);
    }
    fence_all();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 2; i++) {
            enter(i);
            csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);
            CHECK_EQ(load(VA), FAULT);
            CHECK_EQ(load_as(MODE_U, VA), 140 + i);
            CHECK_EQ(load(VA + 4096), FAULT);
            csr_set(mstatus, MSTATUS_SUM);
            CHECK_EQ(load(VA), 140 + i);
            CHECK_EQ(load(VA + 4096), FAULT);
            csr_set(mstatus, MSTATUS_MXR);
            CHECK_EQ(load(VA + 4096), 142 + i);
            CHECK_EQ(load_as(MODE_U, VA + 4096), FAULT);
            csr_clear(mstatus, MSTATUS_SUM);
            CHECK_EQ(load(VA), FAULT);
            CHECK_EQ(load(VA + 4096), 142 + i);
            csr_clear(mstatus, MSTATUS_MXR);
            CHECK_EQ(*word(frame(40 + i)), 140 + i); /* M-mode without MPRV: physical */
        }
    }
}

/* --- by chance ------------------------------------------------------------------------------- */

/* Mappings change, each with one of the fences that is enough for it, in whatever space; nothing else may. */
static void by_chance(void)
{
    static uint8_t model[SPACES][PAGES]; /* frame; 0: nothing */
    unsigned here = 0;

    for (unsigned i = 0; i < SPACES; i++)
        for (unsigned k = 0; k < PAGES; k++)
            *leaf(i, VA + k * 4096) = 0;
    enter(0);
    fence_all();
    for (unsigned round = 0; round < 4000; round++) {
        unsigned space = chance(SPACES), page = chance(PAGES), n = chance(4) ? 1 + chance(60) : 0;
        reg_t va = VA + page * 4096;

        if (!chance(3)) {
            model[space][page] = (uint8_t)n;
            *leaf(space, va) = n ? pte(frame(n), DATA_PAGE) : 0;
            fence_with((enum form)chance(4), va, space);
        }
        if (chance(2)) {
            here = chance(SPACES);
            enter(here);
        }
        for (unsigned k = 0; k < 3; k++) {
            page = chance(PAGES);
            n = model[here][page];
            CHECK_EQ(load(VA + page * 4096), n ? 100 + n : FAULT);
        }
    }
}

/* --- other harts ----------------------------------------------------------------------------- */

#define REMOTE_ROUNDS 300
static volatile uint32_t ordered, acknowledged, stop; /* by round */
static volatile reg_t ordered_va;
static volatile unsigned ordered_space, ordered_form, ordered_value;

/* Others look at pages of hart 0's making in two spaces, and fence when they are told to. */
static void looker(unsigned hart)
{
    uint32_t seen = 0;
    unsigned value = 0;

    while (!stop) {
        uint32_t now = __atomic_load_n(&ordered, __ATOMIC_ACQUIRE);

        if (now != seen) {
            fence_with((enum form)ordered_form, ordered_va, ordered_space);
            value = ordered_value;
            seen = now;
            enter(0);
            CHECK_EQ(load(VA), value);
            __atomic_fetch_add(&acknowledged, 1, __ATOMIC_ACQ_REL);
        }
        enter(1);
        CHECK_EQ(load(VA), 150);
        enter(0);
        if (value)
            (void)load(VA);
    }
    csr_write(satp, 0);
    fence_all();
}

static void remote(unsigned hart)
{
    unsigned others = harts() - 1;

    if (hart) {
        csr_write(pmpaddr0, ~0ul);
        csr_write(pmpcfg0, 0x1f);
        enter(0);
        fence_all();
        looker(hart);
        return;
    }
    for (unsigned round = 1; round <= REMOTE_ROUNDS; round++) {
        unsigned n = 1 + chance(40);

        *leaf(0, VA) = pte(frame(n), DATA_PAGE);
        ordered_va = VA;
        ordered_space = 0;
        ordered_form = chance(4);
        ordered_value = 100 + n;
        acknowledged = 0;
        __atomic_store_n(&ordered, round, __ATOMIC_RELEASE);
        fence_with((enum form)ordered_form, VA, 0);
        enter(round & 1);
        CHECK_EQ(load(VA), round & 1 ? 150 : 100 + n);
        while (__atomic_load_n(&acknowledged, __ATOMIC_ACQUIRE) != others)
            ;
    }
    stop = 1;
}

int test_main(reg_t hart)
{
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
    make_spaces();
    number_frames();
    switching();
    forms();
    tables_change();
    global_pages();
    code();
    thousands(1);
    thousands(0);
    protection();
    status_bits();
    by_chance();
    *leaf(0, VA) = *leaf(1, VA) = pte(frame(50), DATA_PAGE);
    fence_all();
    on_harts(harts(), remote);
    csr_write(satp, 0);
    fence_all();
    print_dec(harts());
    print(" harts\n");
    return 0;
}
