/* SPDX-License-Identifier: Apache-2.0
 *
 * csr.c - what control and status registers keep, hide and refuse: WARL fields, views of one another, counters.
 * Privileged Architecture 20240411, chapters 2, 3 and 12.
 */
#include "guest.h"

/* Writes all ones and all zeros; gives what stuck. Restores the old value. */
#define ONES(name)                                                                                 \
    ({                                                                                             \
        reg_t old_ = csr_read(name), r_;                                                           \
        csr_write(name, ~0ul);                                                                     \
        r_ = csr_read(name);                                                                       \
        csr_write(name, old_);                                                                     \
        r_;                                                                                        \
    })
#define ZEROS(name)                                                                                \
    ({                                                                                             \
        reg_t old_ = csr_read(name), r_;                                                           \
        csr_write(name, 0);                                                                        \
        r_ = csr_read(name);                                                                       \
        csr_write(name, old_);                                                                     \
        r_;                                                                                        \
    })

#define MISA_BIT(letter) (1ul << ((letter) - 'A'))

static void identity(void)
{
    reg_t misa = csr_read(misa);

    CHECK_EQ(misa >> (XLEN - 2), XLEN == 64 ? 2 : 1);
    CHECK_EQ(misa & MISA_BIT('I'), MISA_BIT('I'));
    CHECK_EQ(misa & MISA_BIT('M'), MISA_BIT('M'));
    CHECK_EQ(misa & MISA_BIT('S'), MISA_BIT('S'));
    CHECK_EQ(misa & MISA_BIT('U'), MISA_BIT('U'));
    CHECK_EQ(misa & MISA_BIT('E'), 0);
    CHECK_EQ(csr_read(mhartid), 0);
    TRY("csrr x0, mvendorid\ncsrr x0, marchid\ncsrr x0, mimpid\ncsrr x0, mconfigptr");
    CHECK_EQ(my_trap()->count, 0);
}

static void warl(void)
{
    /* mtvec: mode 0 or 1, base 4-byte aligned */
    reg_t tvec = ONES(mtvec);
    CHECK((tvec & 3) <= 1);
    CHECK_EQ(ZEROS(mepc), 0);
    /* without IALIGN 32 only bit 0 of mepc is zero */
    reg_t epc = ONES(mepc);
    CHECK_EQ(epc & 1, 0);
    CHECK_EQ(epc | 3, ~0ul);
    CHECK_EQ(ONES(mscratch), ~0ul);
    CHECK_EQ(ONES(sscratch), ~0ul);
    /* delegation: no bit for what cannot happen below M */
    CHECK_EQ(ONES(medeleg) >> ECALL_M & 1, 0);
    CHECK_EQ(ONES(medeleg) >> ECALL_U & 1, 1);
    CHECK_EQ(ONES(medeleg) >> STORE_PAGE & 1, 1);
    CHECK_EQ(ONES(mideleg) & (1ul << IRQ_SSI | 1ul << IRQ_STI | 1ul << IRQ_SEI),
             1ul << IRQ_SSI | 1ul << IRQ_STI | 1ul << IRQ_SEI);
    CHECK_EQ(ONES(mideleg) & (1ul << IRQ_MSI | 1ul << IRQ_MTI | 1ul << IRQ_MEI), 0);
    /* mie: the six standard interrupts, mip: of those, only the supervisor ones can be written */
    reg_t standard = 1ul << IRQ_SSI | 1ul << IRQ_MSI | 1ul << IRQ_STI | 1ul << IRQ_MTI |
                     1ul << IRQ_SEI | 1ul << IRQ_MEI;
    CHECK_EQ(ONES(mie) & standard, standard);
    csr_write(mip, ~0ul);
    CHECK_EQ(csr_read(mip) & (1ul << IRQ_MSI | 1ul << IRQ_MEI), 0);
    CHECK_EQ(csr_read(mip) & (1ul << IRQ_SSI), 1ul << IRQ_SSI);
    csr_write(mip, 0);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_SSI, 0);
    /* MPP never holds the reserved value 2 */
    csr_clear(mstatus, MSTATUS_MPP);
    csr_set(mstatus, 2ul << 11);
    CHECK((csr_read(mstatus) & MSTATUS_MPP) != 2ul << 11);
    csr_set(mstatus, MSTATUS_MPP);
    CHECK_EQ(csr_read(mstatus) & MSTATUS_MPP, MSTATUS_MPP);
    /* satp: an unsupported mode leaves the whole register alone */
    csr_write(satp, 0);
#if XLEN == 64
    csr_write(satp, 0x3ul << 60 | 0x1234);
    CHECK_EQ(csr_read(satp), 0);
    CHECK_EQ(csr_read(mstatus) >> 32 & 15, 10); /* UXL and SXL are 64 */
#endif
}

static void views(void)
{
    /* sstatus is a part of mstatus, sie and sip of mie and mip as far as delegated. */
    csr_set(sstatus, MSTATUS_SUM);
    CHECK_EQ(csr_read(mstatus) & MSTATUS_SUM, MSTATUS_SUM);
    csr_clear(mstatus, MSTATUS_SUM);
    CHECK_EQ(csr_read(sstatus) & MSTATUS_SUM, 0);
    csr_set(mstatus, MSTATUS_MIE);
    CHECK_EQ(csr_read(sstatus) & (MSTATUS_MIE | MSTATUS_MPP | MSTATUS_MPRV), 0);
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(sstatus, csr_read(sstatus) | MSTATUS_MPRV | MSTATUS_TVM);
    CHECK_EQ(csr_read(mstatus) & (MSTATUS_MPRV | MSTATUS_TVM), 0);
    csr_write(mie, 1ul << IRQ_SSI | 1ul << IRQ_STI | 1ul << IRQ_MTI);
    csr_write(mideleg, 1ul << IRQ_SSI);
    CHECK_EQ(csr_read(sie), 1ul << IRQ_SSI);
    csr_write(sie, 0);
    CHECK_EQ(csr_read(mie), 1ul << IRQ_STI | 1ul << IRQ_MTI);
    csr_write(mie, 0);
    csr_write(mideleg, 0);
    /* fcsr is frm and fflags together */
    csr_write(fcsr, 0xff);
    CHECK_EQ(csr_read(frm), 7);
    CHECK_EQ(csr_read(fflags), 31);
    csr_write(frm, 2);
    CHECK_EQ(csr_read(fcsr), 2 << 5 | 31);
    csr_write(fflags, 9);
    CHECK_EQ(csr_read(fcsr), 2 << 5 | 9);
    csr_write(fcsr, ~0ul);
    CHECK_EQ(csr_read(fcsr), 0xff);
    csr_write(fcsr, 0);
}

static reg_t read_cycle(reg_t x)
{
    __asm__ volatile("csrr %0, cycle" : "+r"(x));
    return x;
}

static reg_t read_time(reg_t x)
{
    __asm__ volatile("csrr %0, time" : "+r"(x));
    return x;
}

static void counters(void)
{
    reg_t a, b;

    /* instret counts exactly; the csrr that reads it is not yet counted in what it reads */
    __asm__ volatile("csrr %0, minstret\nnop\nnop\nnop\nnop\ncsrr %1, minstret"
                     : "=&r"(a), "=r"(b));
    CHECK_EQ(b - a, 5);
    __asm__ volatile(
        "csrr %0, minstret\nli t0, 100\n1: addi t0, t0, -1\nbnez t0, 1b\ncsrr %1, minstret"
        : "=&r"(a), "=r"(b)::"t0");
    CHECK_EQ(b - a, 202);
    /* a write counts from the next instruction on */
    __asm__ volatile("li t0, 1000\ncsrw minstret, t0\ncsrr %0, minstret" : "=r"(a)::"t0");
    CHECK_EQ(a, 1000);
    /* inhibited, it stands still */
    csr_write(mcountinhibit, 4);
    if (csr_read(mcountinhibit) & 4) {
        a = csr_read(minstret);
        b = csr_read(minstret);
        CHECK_EQ(a, b);
        csr_write(mcountinhibit, 0);
    }
    a = csr_read(mcycle);
    b = csr_read(mcycle);
    CHECK(b > a);
    a = csr_read(time);
    for (unsigned i = 0; i < 100000; i++)
        __asm__ volatile("");
    b = csr_read(time);
    CHECK(b > a);
    /* mcounteren, then scounteren, open them to lower modes */
    csr_write(mcounteren, 0);
    trap_clear();
    enter_mode(MODE_S, read_cycle, 0, 0);
    CHECK_EQ(my_trap()->cause, ILLEGAL);
    csr_write(mcounteren, 7);
    csr_write(scounteren, 0);
    trap_clear();
    enter_mode(MODE_S, read_cycle, 0, 0);
    CHECK_EQ(my_trap()->count, 0);
    trap_clear();
    enter_mode(MODE_U, read_time, 0, 0);
    CHECK_EQ(my_trap()->cause, ILLEGAL);
    csr_write(scounteren, 7);
    trap_clear();
    enter_mode(MODE_U, read_time, 0, 0);
    CHECK_EQ(my_trap()->count, 0);
}

int test_main(reg_t hart)
{
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
    identity();
    warl();
    views();
    counters();
    return 0;
}
