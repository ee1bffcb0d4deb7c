/* SPDX-License-Identifier: Apache-2.0
 *
 * stress_code.c - phases of stress.c in which one hart, each in its turn, changes code and page tables that the others are
 * using, and makes them fence by an interrupt, as firmware does for an operating system.
 */
#include "stress.h"

#define VERSIONS 12u

#define LI_A0(value) (0x00000513u | (uint32_t)(value) << 20)
#define LI_T0_4      0x00400293u
#define DEC_T0       0xfff28293u
#define LOOP_T0      0xfe029ee3u /* bnez t0, -4 */
#define RET          0x00008067u

static unsigned leader(void)
{
    return round_now() / nharts % nharts;
}

/* All others have fenced for what is there now. */
static void make_all_fence(unsigned me, uint32_t what, uint32_t version)
{
    for (unsigned i = 0; i < nharts; i++)
        if (i != me)
            ask(i, what);
    for (unsigned i = 0; i < nharts; i++) {
        volatile uint32_t *answer = what == ASK_CODE ? &HART(i)->code : &HART(i)->pages;

        if (i != me && __atomic_load_n(answer, __ATOMIC_ACQUIRE) != version)
            SLEEP_UNTIL(me, __atomic_load_n(answer, __ATOMIC_ACQUIRE) == version);
    }
}

/* --- code ----------------------------------------------------------------------------------------------------------- */

static uint32_t text[8] __attribute__((aligned(64)));
static volatile uint32_t begun __attribute__((aligned(64))), written, done;

void code_answer(unsigned me)
{
    uint32_t version = __atomic_load_n(&written, __ATOMIC_ACQUIRE);

    __asm__ volatile("fence.i" ::: "memory");
    __atomic_store_n(&HART(me)->code, version, __ATOMIC_RELEASE);
    ask(leader(), ASK_WAKE);
}

static uint32_t call_text(void)
{
    return (uint32_t)((reg_t(*)(void))(reg_t)text)();
}

static void rewrite(unsigned me)
{
    text[1] = LI_T0_4;
    text[2] = DEC_T0;
    text[3] = LOOP_T0;
    text[4] = RET;
    for (uint32_t version = 1; version <= VERSIONS; version++) {
        __atomic_store_n(&begun, version, __ATOMIC_SEQ_CST);
        __atomic_store_n(&text[0], LI_A0(version), __ATOMIC_SEQ_CST);
        __atomic_store_n(&written, version, __ATOMIC_SEQ_CST);
        __asm__ volatile("fence.i" ::: "memory");
        make_all_fence(me, ASK_CODE, version);
        EXPECT(call_text(), version);
        HART(me)->steps++;
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
}

static void run_code(unsigned me)
{
    if (me == leader()) {
        rewrite(me);
        return;
    }
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        uint32_t least = __atomic_load_n(&HART(me)->code, __ATOMIC_ACQUIRE), is, most;

        if (!least)
            continue; /* nothing has been written yet */
        is = call_text();
        most = __atomic_load_n(&begun, __ATOMIC_SEQ_CST);
        EXPECT(least <= is && is <= most, 1);
        HART(me)->steps++;
    }
}

static void verify_code(void)
{
    begun = written = done = 0;
    for (unsigned i = 0; i < nharts; i++)
        HART(i)->code = 0;
}

const struct phase code = {"remote fence.i", run_code, verify_code};

/* --- page tables ------------------------------------------------------------------------------------------------------ */

#define V 1u
#define R 2u
#define W 4u
#define X 8u
#define A 64u
#define D 128u

#if XLEN == 64
typedef uint64_t pte_t;
#define MODE       ((reg_t)8 << 60)
#define ASID_SHIFT 44
#else
typedef uint32_t pte_t;
#define MODE       ((reg_t)1 << 31)
#define ASID_SHIFT 22
#endif
#define ENTRIES (4096 / sizeof(pte_t))
#define ASID    5u
#define VA      0x60000000ul
#define VA_CODE (VA + 4096)
#define FRAMES  4u
#define POISON  0xdeadbeefu

static pte_t root[ENTRIES] __attribute__((aligned(4096)));
static pte_t leaf[ENTRIES] __attribute__((aligned(4096)));
#if XLEN == 64
static pte_t middle[ENTRIES] __attribute__((aligned(4096)));
#endif
static volatile uint32_t frames[FRAMES][1024] __attribute__((aligned(4096)));
static uint32_t texts[VERSIONS + 1][1024] __attribute__((aligned(4096)));
static volatile uint32_t mapping __attribute__((aligned(64))), mapped, over;

static pte_t pte(reg_t pa, unsigned flags)
{
    return (pte_t)(pa >> 12) << 10 | flags;
}

/* Word 0 is the version; each hart has a word of its own to write. */
static volatile uint32_t *slot(volatile uint32_t *page, unsigned hart)
{
    return page + 16 * (hart + 1);
}

static void fill(uint32_t version, uint32_t value, uint32_t slots)
{
    volatile uint32_t *frame = frames[version % FRAMES];

    frame[0] = value;
    for (unsigned i = 0; i < nharts; i++)
        *slot(frame, i) = slots;
}

void pages_init(void)
{
    /* Everything as it is, but for the test's pages. */
#if XLEN == 64
    for (unsigned i = 0; i < 4; i++)
        root[i] = pte((reg_t)i << 30, V | R | W | X | A | D);
    root[VA >> 30] = pte((reg_t)middle, V);
    middle[VA >> 21 & 511] = pte((reg_t)leaf, V);
#else
    for (unsigned i = 0; i < ENTRIES; i++)
        root[i] = pte((reg_t)i << 22, V | R | W | X | A | D);
    root[VA >> 22] = pte((reg_t)leaf, V);
#endif
    for (uint32_t i = 0; i <= VERSIONS; i++) {
        texts[i][0] = LI_A0(i);
        texts[i][1] = RET;
    }
    for (uint32_t i = 0; i < FRAMES; i++)
        fill(i, POISON, POISON);
}

static void fence_pages(uint32_t version)
{
    switch (version % 4) {
    case 0:
        __asm__ volatile("sfence.vma" ::: "memory");
        break;
    case 1:
        __asm__ volatile("sfence.vma %0\nsfence.vma %1" ::"r"(VA), "r"(VA_CODE) : "memory");
        break;
    case 2:
        __asm__ volatile("sfence.vma x0, %0" ::"r"(ASID) : "memory");
        break;
    default:
        __asm__ volatile("sfence.vma %0, %2\nsfence.vma %1, %2" ::"r"(VA), "r"(VA_CODE), "r"(ASID)
                         : "memory");
    }
}

void pages_answer(unsigned me)
{
    uint32_t version = __atomic_load_n(&mapped, __ATOMIC_ACQUIRE);

    fence_pages(version);
    __atomic_store_n(&HART(me)->pages, version, __ATOMIC_RELEASE);
    ask(leader(), ASK_WAKE);
}

/* Once all have fenced, nobody may write to the page that was there before. */
static void remap(unsigned me)
{
    for (uint32_t version = 1; version <= VERSIONS; version++) {
        for (unsigned i = 0; i < nharts; i++)
            EXPECT(*slot(frames[version % FRAMES], i), POISON);
        fill(version, version, 0);
        __atomic_store_n(&mapping, version, __ATOMIC_SEQ_CST);
        leaf[VA >> 12 & (ENTRIES - 1)] = pte((reg_t)frames[version % FRAMES], V | R | W | A | D);
        leaf[VA_CODE >> 12 & (ENTRIES - 1)] = pte((reg_t)texts[version], V | X | A);
        __atomic_store_n(&mapped, version, __ATOMIC_SEQ_CST);
        make_all_fence(me, ASK_PAGES, version);
        fill(version - 1, POISON, POISON);
        HART(me)->steps++;
    }
    __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
}

/* In S-mode, with the tables. */
static reg_t use_pages(reg_t me)
{
    volatile uint32_t *page = (volatile uint32_t *)VA;
    uint32_t count = 0;

    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
        uint32_t least = __atomic_load_n(&HART(me)->pages, __ATOMIC_ACQUIRE), data, is, most;

        if (!least)
            continue;
        data = page[0];
        *slot(page, me) = count++ & 0xffff;
        is = (uint32_t)((reg_t(*)(void))VA_CODE)();
        most = __atomic_load_n(&mapping, __ATOMIC_SEQ_CST);
        EXPECT(least <= data && data <= most, 1);
        EXPECT(least <= is && is <= most, 1);
        HART(me)->steps++;
    }
    return 0;
}

static void run_pages(unsigned me)
{
    if (me == leader()) {
        remap(me);
        return;
    }
    csr_write(satp, MODE | (reg_t)ASID << ASID_SHIFT | (reg_t)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
    csr_clear(mstatus, MSTATUS_MIE); /* nothing may come between mepc and MRET */
    enter_mode(MODE_S, use_pages, me, 0);
    csr_set(mstatus, MSTATUS_MIE);
    csr_write(satp, 0);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void verify_pages(void)
{
    fill(VERSIONS, POISON, POISON);
    leaf[VA >> 12 & (ENTRIES - 1)] = leaf[VA_CODE >> 12 & (ENTRIES - 1)] = 0;
    mapping = mapped = over = 0;
    for (unsigned i = 0; i < nharts; i++)
        HART(i)->pages = 0;
}

const struct phase pages = {"remote sfence.vma", run_pages, verify_pages};
