/* SPDX-License-Identifier: Apache-2.0
 *
 * pmp.c - physical memory protection: every mode of matching, permissions, priority, locking, M-mode, page-table
 * walks. Privileged Architecture 20240411, section 3.7.
 */
#include "guest.h"

#define PMP_R     1u
#define PMP_W     2u
#define PMP_X     4u
#define PMP_TOR   (1u << 3)
#define PMP_NA4   (2u << 3)
#define PMP_NAPOT (3u << 3)
#define PMP_L     0x80u

static uint32_t area[4096] __attribute__((aligned(16384)));

static void set_cfg(unsigned index, unsigned cfg)
{
    reg_t shift = index % sizeof(reg_t) * 8, mask = (reg_t)0xff << shift, old;

    /* RV64 has pmpcfg0, 2, ...; RV32 one for each four entries. Only the first eight are used here. */
    if (XLEN == 64 || index < 4) {
        old = csr_read(pmpcfg0);
        csr_write(pmpcfg0, (old & ~mask) | (reg_t)cfg << shift);
    } else {
        old = csr_read(0x3a1);
        csr_write(0x3a1, (old & ~mask) | (reg_t)cfg << shift);
    }
}

static unsigned get_cfg(unsigned index)
{
    reg_t shift = index % sizeof(reg_t) * 8;

    return (XLEN == 64 || index < 4 ? csr_read(pmpcfg0) : csr_read(0x3a1)) >> shift & 0xff;
}

static void clear_all(void)
{
    csr_write(pmpcfg0, 0);
    if (XLEN == 32)
        csr_write(0x3a1, 0);
}

#define napot(base, bytes) (((reg_t)(base) >> 2) | (((reg_t)(bytes) >> 3) - 1))

static reg_t access_as(reg_t mode, int write, const volatile void *p)
{
    reg_t set = MSTATUS_MPRV | mode << 11, value = 0;

    trap_clear();
    csr_clear(mstatus, MSTATUS_MPP);
    if (write)
        __asm__ volatile("csrs mstatus, %1\nsw %2, 0(%0)\ncsrc mstatus, %3" ::"r"(p), "r"(set),
                         "r"(value), "r"(MSTATUS_MPRV)
                         : "memory");
    else
        __asm__ volatile("csrs mstatus, %2\nlw %0, 0(%1)\ncsrc mstatus, %3"
                         : "+&r"(value)
                         : "r"(p), "r"(set), "r"(MSTATUS_MPRV)
                         : "memory");
    return my_trap()->cause;
}

#if XLEN == 64
static reg_t load_double(reg_t mode, const volatile void *p)
{
    reg_t set = MSTATUS_MPRV | mode << 11, value;

    trap_clear();
    csr_clear(mstatus, MSTATUS_MPP);
    __asm__ volatile("csrs mstatus, %2\nld %0, 0(%1)\ncsrc mstatus, %3"
                     : "=&r"(value)
                     : "r"(p), "r"(set), "r"(MSTATUS_MPRV)
                     : "memory");
    return my_trap()->cause;
}
#endif

static reg_t fetch_as(reg_t mode, const volatile void *p)
{
    extern char after_mode[];

    trap_clear();
    my_trap()->resume = (reg_t)after_mode;
    enter_mode(mode, (reg_t(*)(reg_t))(reg_t)p, 0, 0);
    my_trap()->resume = 0;
    return my_trap()->cause;
}

static void permissions(void)
{
    for (unsigned i = 0; i < 4096; i++)
        area[i] = 0x00008067; /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    /* Entry 7 lets everything else through, entry 0 decides about 4 KiB. */
    csr_write(pmpaddr7, ~0ul);
    for (unsigned rwx = 0; rwx < 8; rwx++) {
        if ((rwx & (PMP_R | PMP_W)) == PMP_W)
            continue; /* reserved */
        clear_all();
        csr_write(pmpaddr0, napot(area, 4096));
        set_cfg(7, PMP_NAPOT | 7);
        set_cfg(0, PMP_NAPOT | rwx);
        __asm__ volatile("sfence.vma" ::: "memory");
        for (reg_t mode = MODE_U; mode <= MODE_S; mode++) {
            CHECK_EQ(access_as(mode, 0, &area[5]), rwx & PMP_R ? NO_TRAP : LOAD_ACCESS);
            if (!(rwx & PMP_R))
                CHECK_EQ(my_trap()->tval, (reg_t)&area[5]);
            CHECK_EQ(access_as(mode, 1, &area[1023]), rwx & PMP_W ? NO_TRAP : STORE_ACCESS);
            area[1023] = 0x00008067;
            __asm__ volatile("fence.i" ::: "memory");
            CHECK_EQ(fetch_as(mode, &area[8]), rwx & PMP_X ? NO_TRAP : FETCH_ACCESS);
            CHECK_EQ(access_as(mode, 0, &area[1024]), NO_TRAP); /* just behind */
        }
        /* M-mode is not restricted by entries that are not locked. */
        CHECK_EQ(access_as(MODE_M, 1, &area[1023]), NO_TRAP);
        area[1023] = 0x00008067;
    }
    /* No entry matches: U and S have nothing, M everything. */
    clear_all();
    set_cfg(1, PMP_NA4 | 7);
    csr_write(pmpaddr1, 0);
    __asm__ volatile("sfence.vma" ::: "memory");
    CHECK_EQ(access_as(MODE_U, 0, area), LOAD_ACCESS);
    CHECK_EQ(access_as(MODE_S, 1, area), STORE_ACCESS);
    CHECK_EQ(access_as(MODE_M, 0, area), NO_TRAP);
}

static void matching(void)
{
    clear_all();
    set_cfg(7, PMP_NAPOT | 7);
    /* NA4 covers one word; its neighbours belong to entry 7. */
    csr_write(pmpaddr0, (reg_t)&area[100] >> 2);
    set_cfg(0, PMP_NA4);
    __asm__ volatile("sfence.vma" ::: "memory");
    if (csr_read(pmpaddr0) == (reg_t)&area[100] >> 2 && (get_cfg(0) & 0x18) == PMP_NA4) {
        CHECK_EQ(access_as(MODE_U, 0, &area[99]), NO_TRAP);
        CHECK_EQ(access_as(MODE_U, 0, &area[100]), LOAD_ACCESS);
        CHECK_EQ(access_as(MODE_U, 0, &area[101]), NO_TRAP);
        /* An access partly inside the matching entry fails whatever the permissions are. A misaligned one may be
         * decomposed before that, an aligned one may not. */
        set_cfg(0, PMP_NA4 | 7);
        __asm__ volatile("sfence.vma" ::: "memory");
        CHECK_EQ(access_as(MODE_U, 0, &area[100]), NO_TRAP);
#if XLEN == 64
        CHECK_EQ(load_double(MODE_U, &area[100]), LOAD_ACCESS);
        CHECK_EQ(load_double(MODE_U, &area[102]), NO_TRAP);
#endif
    }
    /* TOR: from the previous address up to, not including, its own; entry 0 starts at 0. */
    csr_write(pmpaddr0, (reg_t)&area[1024] >> 2);
    csr_write(pmpaddr1, (reg_t)&area[2048] >> 2);
    set_cfg(0, 0);
    set_cfg(1, PMP_TOR | PMP_R);
    __asm__ volatile("sfence.vma" ::: "memory");
    CHECK_EQ(access_as(MODE_S, 1, &area[1023]), NO_TRAP);
    CHECK_EQ(access_as(MODE_S, 1, &area[1024]), STORE_ACCESS);
    CHECK_EQ(access_as(MODE_S, 0, &area[1024]), NO_TRAP);
    CHECK_EQ(access_as(MODE_S, 1, &area[2047]), STORE_ACCESS);
    CHECK_EQ(access_as(MODE_S, 1, &area[2048]), NO_TRAP);
    /* The lowest-numbered entry that matches wins. */
    csr_write(pmpaddr0, napot(&area[1024], 8192));
    set_cfg(0, PMP_NAPOT | PMP_R | PMP_W);
    __asm__ volatile("sfence.vma" ::: "memory");
    CHECK_EQ(access_as(MODE_S, 1, &area[1024]), NO_TRAP);
    /* An empty TOR range matches nothing. */
    clear_all();
    set_cfg(7, PMP_NAPOT | 7);
    csr_write(pmpaddr0, (reg_t)&area[2048] >> 2);
    csr_write(pmpaddr1, (reg_t)&area[1024] >> 2);
    set_cfg(1, PMP_TOR);
    __asm__ volatile("sfence.vma" ::: "memory");
    CHECK_EQ(access_as(MODE_S, 0, &area[1500]), NO_TRAP);
}

static void locking(void)
{
    clear_all();
    set_cfg(7, PMP_NAPOT | 7);
    /* A locked entry binds M-mode too, and cannot be changed until reset. */
    csr_write(pmpaddr2, napot(&area[3072], 4096));
    set_cfg(2, PMP_L | PMP_NAPOT | PMP_R);
    CHECK_EQ(access_as(MODE_M, 0, &area[3072]), NO_TRAP);
    CHECK_EQ(access_as(MODE_M, 1, &area[3072]), STORE_ACCESS);
    CHECK_EQ(access_as(MODE_U, 1, &area[3072]), STORE_ACCESS);
    set_cfg(2, PMP_NAPOT | 7);
    CHECK_EQ(get_cfg(2), PMP_L | PMP_NAPOT | PMP_R);
    reg_t before = csr_read(pmpaddr2);
    csr_write(pmpaddr2, 0);
    CHECK_EQ(csr_read(pmpaddr2), before);
    /* A locked TOR entry locks the address below it as well. */
    csr_write(pmpaddr3, (reg_t)&area[0] >> 2);
    csr_write(pmpaddr4, (reg_t)&area[1024] >> 2);
    set_cfg(4, PMP_L | PMP_TOR | PMP_R | PMP_W);
    before = csr_read(pmpaddr3);
    csr_write(pmpaddr3, 0);
    CHECK_EQ(csr_read(pmpaddr3), before);
    CHECK_EQ(access_as(MODE_M, 1, &area[0]), NO_TRAP);
}

int test_main(reg_t hart)
{
    permissions();
    matching();
    locking();
    return 0;
}
