/* SPDX-License-Identifier: Apache-2.0
 *
 * mmu.c - address translation: every combination of permission bits, mode, SUM and MXR at every level of every
 * scheme the hart offers, against a model written from Privileged Architecture 20240411, sections 12.3 to 12.6.
 */
#include "guest.h"

#define V 1u
#define R 2u
#define W 4u
#define X 8u
#define U 16u
#define G 32u
#define A 64u
#define D 128u

#define MENVCFG_ADUE  (1ull << 61)
#define WINDOW_OFFSET 0x1123458u /* into a superpage, kept in the page offset */

enum access { FETCH, LOAD, STORE };

struct scheme {
    const char *name;
    unsigned mode, levels, bits; /* satp.MODE, levels, index bits a level */
};

#if XLEN == 64
typedef uint64_t pte_t;
#define SATP_MODE_SHIFT 60
static const struct scheme schemes[] = {{"sv39", 8, 3, 9}, {"sv48", 9, 4, 9}, {"sv57", 10, 5, 9}};
#else
typedef uint32_t pte_t;
#define SATP_MODE_SHIFT 31
static const struct scheme schemes[] = {{"sv32", 1, 2, 10}};
#endif

#define ENTRIES (4096 / sizeof(pte_t))
static pte_t tables[16][ENTRIES] __attribute__((aligned(4096)));
static unsigned used;
static const struct scheme *scheme;
static int hardware_ad; /* A and D are set by the hart, else they fault */
static reg_t test_area; /* physical, aligned to the largest leaf tried */

static pte_t *new_table(void)
{
    pte_t *table = tables[used++];

    for (unsigned i = 0; i < ENTRIES; i++)
        table[i] = 0;
    return table;
}

static pte_t make_pte(reg_t pa, unsigned flags)
{
    return (pte_t)(pa >> 12) << 10 | flags;
}

/* The entry for va at `level` (0: 4 KiB), with the tables above it in place. */
static pte_t *entry(reg_t va, unsigned level)
{
    pte_t *table = tables[0];

    for (unsigned l = scheme->levels - 1;; l--) {
        pte_t *e = &table[va >> (12 + l * scheme->bits) & (ENTRIES - 1)];
        if (l == level)
            return e;
        if (!(*e & V))
            *e = make_pte((reg_t)new_table(), V);
        table = (pte_t *)((reg_t)(*e >> 10) << 12);
    }
}

static void satp_on(unsigned asid)
{
    csr_write(satp, (reg_t)scheme->mode << SATP_MODE_SHIFT | (reg_t)asid << (XLEN == 64 ? 44 : 22) |
                        (reg_t)tables[0] >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void fence(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* A fresh address space: RAM, devices identity-mapped for S, a second view of RAM for U. */
#define USER_DELTA (XLEN == 64 ? 0x40000000ul : 0x20000000ul)
#define TEST_VA    (XLEN == 64 ? 0x140000000ul : 0x60000000ul)
static void fresh(void)
{
    used = 0;
    new_table();
    for (reg_t offset = 0; offset < 0x800000; offset += 1ul << (12 + scheme->bits)) {
        *entry(RAM + offset, 1) = make_pte(RAM + offset, V | R | W | X | A | D);
        *entry(RAM + USER_DELTA + offset, 1) = make_pte(RAM + offset, V | R | W | X | U | A | D);
    }
}

/* Loads and stores as another mode see memory, through MPRV; the cause of the fault or NO_TRAP. */
static reg_t probe(enum access access, reg_t mode, reg_t va)
{
    struct trap *t = my_trap();
    reg_t set = MSTATUS_MPRV | mode << 11, keep = MSTATUS_MPRV | MSTATUS_MPP;
    uint32_t value = 0;

    trap_clear();
    if (access == FETCH) {
        extern char after_mode[];
        reg_t delta = mode == MODE_U ? USER_DELTA : 0;

        /* What lies there is "ret": it comes back through leave_mode; a fault ends in after_mode. */
        t->resume = (reg_t)after_mode;
        enter_mode(mode, (reg_t(*)(reg_t))va, 0, delta);
        t->resume = 0;
        return t->cause;
    }
    csr_clear(mstatus, keep);
    if (access == LOAD)
        __asm__ volatile("csrs mstatus, %2\nlw %0, 0(%1)\ncsrc mstatus, %3"
                         : "+&r"(value)
                         : "r"(va), "r"(set), "r"(MSTATUS_MPRV)
                         : "memory");
    else
        __asm__ volatile("csrs mstatus, %2\nsw %0, 0(%1)\ncsrc mstatus, %3" ::"r"(value), "r"(va),
                         "r"(set), "r"(MSTATUS_MPRV)
                         : "memory");
    return t->cause;
}

static const reg_t page_fault[] = {FETCH_PAGE, LOAD_PAGE, STORE_PAGE};

/* Section 12.3.2: does this leaf allow the access? */
static int allowed(enum access access, unsigned flags, reg_t mode, int sum, int mxr)
{
    if (!(flags & V) || (flags & (R | W)) == W || !(flags & (R | W | X)))
        return 0;
    if (mode == MODE_U && !(flags & U))
        return 0;
    if (mode == MODE_S && (flags & U) && (access == FETCH || !sum))
        return 0;
    if (access == FETCH && !(flags & X))
        return 0;
    if (access == LOAD && !(flags & R) && !(mxr && (flags & X)))
        return 0;
    if (access == STORE && !(flags & W))
        return 0;
    return hardware_ad || ((flags & A) && (access != STORE || (flags & D)));
}

#define RET_INSTRUCTION 0x00008067u

static void permissions(unsigned level)
{
    reg_t size = 1ul << (12 + level * scheme->bits),
          inside = TEST_VA + (WINDOW_OFFSET & (size - 1) & ~3ul);
    reg_t target = (test_area & ~(size - 1)) + (inside & (size - 1));
    pte_t *e = entry(TEST_VA & ~(size - 1), level), before = *e;

    for (unsigned flags = 0; flags < 256; flags++) {
        if (flags & G)
            continue;
        for (unsigned setting = 0; setting < 8; setting++) {
            reg_t mode = setting & 1, sum = setting >> 1 & 1, mxr = setting >> 2 & 1;

            csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);
            csr_set(mstatus, (sum ? MSTATUS_SUM : 0) | (mxr ? MSTATUS_MXR : 0));
            for (enum access access = FETCH; access <= STORE; access++) {
                *(volatile uint32_t *)target = RET_INSTRUCTION;
                __asm__ volatile("fence.i" ::: "memory");
                *e = make_pte(target & ~(size - 1), flags);
                fence();
                int ok = allowed(access, flags, mode, sum, mxr);
                reg_t got = probe(access, mode, inside);
                if (got != (ok ? NO_TRAP : page_fault[access])) {
                    print(scheme->name);
                    print(" level ");
                    print_dec(level);
                    print(" flags ");
                    print_hex(flags);
                    print(" mode/sum/mxr ");
                    print_hex(setting);
                    print(" access ");
                    print_dec(access);
                    print("\n");
                }
                CHECK_EQ(got, ok ? NO_TRAP : page_fault[access]);
                if (!ok) {
                    CHECK_EQ(my_trap()->tval, inside);
                    CHECK_EQ((reg_t)*e, (reg_t)make_pte(target & ~(size - 1),
                                                        flags)); /* a fault changes no bit */
                } else {
                    CHECK_EQ(*e & A, A);
                    if (access == STORE)
                        CHECK_EQ(*e & D, D);
                    else
                        CHECK_EQ(*e & D, flags & D); /* D is not set by a read */
                }
            }
        }
    }
    *e = before;
    fence();
}

static void structure(void)
{
    pte_t *e;

    csr_set(mstatus, MSTATUS_SUM);
    /* Superpages that are not aligned to their size fault. */
    for (unsigned level = 1; level < scheme->levels; level++) {
        reg_t size = 1ul << (12 + level * scheme->bits);
        e = entry(TEST_VA & ~(size - 1), level);
        pte_t old = *e;
        *e = make_pte(RAM + 4096, V | R | W | X | A | D);
        fence();
        CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), LOAD_PAGE);
        *e = old;
        fence();
    }
    /* A pointer at the last level, and pointers with A, D or U, are reserved. */
    e = entry(TEST_VA, 0);
    *e = make_pte(RAM, V);
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), LOAD_PAGE);
    *e = make_pte(RAM, V | R | W | A | D);
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), NO_TRAP);
    pte_t *up = entry(TEST_VA, 1);
    pte_t pointer = *up;
    static const unsigned bad[] = {A, D, U};
    for (unsigned i = 0; i < 3; i++) {
        *up = pointer | bad[i];
        fence();
        CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), LOAD_PAGE);
    }
    *up = pointer;
    /* Tables that are not in memory give an access fault, of the kind of the original access. */
    *up = make_pte(0x06000000, V);
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), LOAD_ACCESS);
    CHECK_EQ(probe(STORE, MODE_S, TEST_VA), STORE_ACCESS);
    CHECK_EQ(probe(FETCH, MODE_S, TEST_VA), FETCH_ACCESS);
    CHECK_EQ(my_trap()->tval, TEST_VA);
    *up = pointer;
    /* A translation to nowhere is an access fault too. */
    *e = make_pte(0x06000000, V | R | W | X | A | D);
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA + 8), LOAD_ACCESS);
    CHECK_EQ(my_trap()->tval, TEST_VA + 8);
    *e = 0;
    fence();
    /* An access across two pages of which the second is missing: tval is in the second, or the access's own address. */
    *e = make_pte(test_area, V | R | W | A | D);
    *entry(TEST_VA + 4096, 0) = 0;
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA + 4094), LOAD_PAGE);
    CHECK(my_trap()->tval == TEST_VA + 4096 || my_trap()->tval == TEST_VA + 4094);
    *(volatile uint32_t *)(test_area + 4092) = 0x11223344;
    CHECK_EQ(probe(STORE, MODE_S, TEST_VA + 4094), STORE_PAGE);
    CHECK_EQ(*(volatile uint32_t *)(test_area + 4092), 0x11223344);
    /* Both pages there, and not next to each other. */
    *entry(TEST_VA + 4096, 0) = make_pte(test_area + 8192, V | R | W | A | D);
    *(volatile uint32_t *)(test_area + 8192) = 0x55667788;
    fence();
    CHECK_EQ(probe(STORE, MODE_S, TEST_VA + 4094), NO_TRAP); /* writes 0 */
    CHECK_EQ(*(volatile uint32_t *)(test_area + 4092), 0x00003344);
    CHECK_EQ(*(volatile uint32_t *)(test_area + 8192), 0x55660000);
    *e = 0;
    *entry(TEST_VA + 4096, 0) = 0;
    fence();
#if XLEN == 64
    /* Bits 63:54 are reserved or belong to extensions that are off; addresses must be sign-extended. */
    *e = make_pte(test_area, V | R | W | A | D) | 1ull << 54;
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), LOAD_PAGE);
    *e = make_pte(test_area, V | R | W | A | D);
    fence();
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA), NO_TRAP);
    unsigned va_bits = 12 + scheme->levels * scheme->bits;
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA | 1ul << va_bits), LOAD_PAGE);
    CHECK_EQ(my_trap()->tval, TEST_VA | 1ul << va_bits);
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA | 1ul << 63), LOAD_PAGE);
    CHECK_EQ(probe(LOAD, MODE_S, TEST_VA | 1ul << (va_bits - 1)), LOAD_PAGE);
#endif
    csr_clear(mstatus, MSTATUS_SUM);
}

static uint32_t load_as_s(reg_t va)
{
    uint32_t value;

    csr_clear(mstatus, MSTATUS_MPP);
    __asm__ volatile("csrs mstatus, %2\nlw %0, 0(%1)\ncsrc mstatus, %3"
                     : "=&r"(value)
                     : "r"(va), "r"(MSTATUS_MPRV | 1ul << 11), "r"(MSTATUS_MPRV)
                     : "memory");
    return value;
}

/* What sfence.vma must and must not forget. */
static void caching(void)
{
    pte_t *e = entry(TEST_VA, 0), *f = entry(TEST_VA + 4096, 0);

    *(volatile uint32_t *)test_area = 111;
    *(volatile uint32_t *)(test_area + 4096) = 222;
    *e = *f = make_pte(test_area, V | R | A | D);
    satp_on(1);
    CHECK_EQ(load_as_s(TEST_VA), 111);
    CHECK_EQ(load_as_s(TEST_VA + 4096), 111);
    *e = *f = make_pte(test_area + 4096, V | R | A | D);
    /* by address */
    __asm__ volatile("sfence.vma %0" ::"r"(TEST_VA) : "memory");
    CHECK_EQ(load_as_s(TEST_VA), 222);
    __asm__ volatile("sfence.vma %0, %1" ::"r"(TEST_VA + 4096), "r"(1ul) : "memory");
    CHECK_EQ(load_as_s(TEST_VA + 4096), 222);
    /* by address space */
    *e = make_pte(test_area, V | R | A | D);
    __asm__ volatile("sfence.vma x0, %0" ::"r"(1ul) : "memory");
    CHECK_EQ(load_as_s(TEST_VA), 111);
    /* another ASID has another view once fenced; switching alone is enough for one never used before */
    *e = make_pte(test_area + 4096, V | R | A | D);
    csr_write(satp, (csr_read(satp) & ~((reg_t)0x1ff << (XLEN == 64 ? 44 : 22))) |
                        (reg_t)2 << (XLEN == 64 ? 44 : 22));
    __asm__ volatile("sfence.vma x0, %0" ::"r"(2ul) : "memory");
    CHECK_EQ(load_as_s(TEST_VA), 222);
    /* removing write permission */
    *e = make_pte(test_area, V | R | W | A | D);
    fence();
    CHECK_EQ(probe(STORE, MODE_S, TEST_VA), NO_TRAP);
    *e = make_pte(test_area, V | R | A | D);
    fence();
    CHECK_EQ(probe(STORE, MODE_S, TEST_VA), STORE_PAGE);
    *e = *f = 0;
    fence();
    satp_on(0);
}

static void run_scheme(void)
{
    reg_t wanted = (reg_t)scheme->mode << SATP_MODE_SHIFT;

    csr_write(satp, wanted);
    if ((csr_read(satp) ^ wanted) >> SATP_MODE_SHIFT) {
        csr_write(satp, 0);
        return;
    }
    fresh();
    satp_on(0);
    /* Which of the two ways with A and D is it? The hart may offer both. */
    pte_t *e = entry(TEST_VA, 0);
    for (int way = 0; way < 2; way++) {
#if XLEN == 64
        if (way)
            csr_set(menvcfg, MENVCFG_ADUE);
        else
            csr_clear(menvcfg, MENVCFG_ADUE);
#else
        if (way)
            csr_set(0x31a, MENVCFG_ADUE >> 32);
        else
            csr_clear(0x31a, MENVCFG_ADUE >> 32);
#endif
        *e = make_pte(test_area, V | R);
        fence();
        int was = hardware_ad;
        hardware_ad = probe(LOAD, MODE_S, TEST_VA) == NO_TRAP;
        *e = 0;
        fence();
        if (way && was == hardware_ad)
            break; /* only one way */
        for (unsigned level = 0; level < scheme->levels && level < 3;
             level++) /* 512 GiB: no such RAM */
            permissions(level);
        structure();
    }
    caching();
    csr_write(satp, 0);
    fence();
    print(scheme->name);
    print(hardware_ad ? " (sets A and D) ok\n" : " (faults on A and D) ok\n");
}

int test_main(reg_t hart)
{
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
    test_area = RAM + 0x1000000;
    for (unsigned i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        scheme = &schemes[i];
        run_scheme();
    }
    return 0;
}
