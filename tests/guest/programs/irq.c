/* SPDX-License-Identifier: Apache-2.0
 *
 * irq.c - interrupts as firmware sees them: ACLINT timer and software interrupts, Sstc, vectors, priorities,
 * delegation, WFI, and the PLIC with the UART behind it. Privileged Architecture 20240411, sections 3.1.6 to 3.1.9 and
 * 3.3.3; ACLINT 1.0-rc4; PLIC 1.0.0; PC16550D data sheet.
 */
#include "guest.h"

#define MTIMECMP     (ACLINT + 0x4000)
#define MTIME        (ACLINT + 0xbff8)
#define MENVCFG_STCE (1ull << 63)

#define PLIC_PRIORITY(source)   MMIO32(PLIC + 4 * (source))
#define PLIC_PENDING(word)      MMIO32(PLIC + 0x1000 + 4 * (word))
#define PLIC_ENABLE(context)    MMIO32(PLIC + 0x2000 + 0x80 * (context))
#define PLIC_THRESHOLD(context) MMIO32(PLIC + 0x200000 + 0x1000 * (context))
#define PLIC_CLAIM(context)     MMIO32(PLIC + 0x200004 + 0x1000 * (context))
#define CONTEXT_M               0
#define CONTEXT_S               1

#define IER MMIO8(UART + 1)
#define IIR MMIO8(UART + 2)
#define MCR MMIO8(UART + 4)
#define LSR MMIO8(UART + 5)
#define SCR MMIO8(UART + 7)

static volatile reg_t order[8];
static volatile unsigned norder;

static uint64_t mtime(void)
{
#if XLEN == 64
    return MMIO64(MTIME);
#else
    uint32_t high, low;
    do {
        high = MMIO32(MTIME + 4);
        low = MMIO32(MTIME);
    } while (high != MMIO32(MTIME + 4));
    return (uint64_t)high << 32 | low;
#endif
}

static void set_mtimecmp(uint64_t value)
{
    MMIO32(MTIMECMP + 4) = 0xffffffff;
    MMIO32(MTIMECMP) = (uint32_t)value;
    MMIO32(MTIMECMP + 4) = (uint32_t)(value >> 32);
}

/* Notes the order and switches that interrupt off. */
static void note(struct frame *f)
{
    reg_t number = csr_read(mcause) & ~INTERRUPT;

    if (norder < 8)
        order[norder++] = number;
    csr_clear(mie, 1ul << number);
}

static void wait_for_traps(reg_t count)
{
    for (unsigned i = 0; i < 50000000 && my_trap()->count < count; i++)
        __asm__ volatile("" ::: "memory");
}

static void timer(void)
{
    uint64_t start;

    set_mtimecmp(~0ull);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MTI, 0);
    start = mtime();
    set_mtimecmp(start); /* mtime >= mtimecmp: pending at once */
    for (unsigned i = 0; i < 1000000 && !(csr_read(mip) & 1ul << IRQ_MTI); i++)
        ;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MTI, 1ul << IRQ_MTI);
    set_mtimecmp(~0ull);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MTI, 0);
    /* WFI wakes when an enabled interrupt becomes pending, even with MIE clear, and goes on behind itself. */
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(mie, 1ul << IRQ_MTI);
    start = mtime();
    set_mtimecmp(start + 20000);
    trap_clear();
    while (!(csr_read(mip) & 1ul << IRQ_MTI))
        __asm__ volatile("wfi");
    CHECK(mtime() >= start + 20000);
    CHECK_EQ(my_trap()->count, 0);
    /* ... and taken as soon as MIE is set */
    my_trap()->hook = note;
    norder = 0;
    csr_set(mstatus, MSTATUS_MIE);
    wait_for_traps(1);
    CHECK_EQ(my_trap()->cause, INTERRUPT | IRQ_MTI);
    csr_clear(mstatus, MSTATUS_MIE);
    set_mtimecmp(~0ull);
    /* an interrupt in a loop that does nothing arrives as well */
    csr_write(mie, 1ul << IRQ_MTI);
    trap_clear();
    set_mtimecmp(mtime() + 5000);
    csr_set(mstatus, MSTATUS_MIE);
    wait_for_traps(1);
    CHECK_EQ(my_trap()->count, 1);
    csr_clear(mstatus, MSTATUS_MIE);
    set_mtimecmp(~0ull);
    csr_write(mie, 0);
}

static void software(void)
{
    csr_write(mie, 1ul << IRQ_MSI);
    MMIO32(ACLINT) = 1;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MSI, 1ul << IRQ_MSI);
    CHECK_EQ(MMIO32(ACLINT), 1);
    MMIO32(ACLINT) = 0xfffffffe; /* only bit 0 exists */
    CHECK_EQ(MMIO32(ACLINT), 0);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MSI, 0);
    csr_write(mie, 0);
}

static void priorities(void)
{
    reg_t all = 1ul << IRQ_SSI | 1ul << IRQ_MSI | 1ul << IRQ_STI | 1ul << IRQ_MTI | 1ul << IRQ_SEI;

    /* All pending at once: MEI, MSI, MTI, SEI, SSI, STI is the order. */
    norder = 0;
    trap_clear();
    csr_clear(mstatus, MSTATUS_MIE);
    MMIO32(ACLINT) = 1;
    set_mtimecmp(0);
    csr_set(mip, 1ul << IRQ_SSI | 1ul << IRQ_STI | 1ul << IRQ_SEI);
    csr_write(mie, all);
    csr_set(mstatus, MSTATUS_MIE);
    wait_for_traps(5);
    csr_clear(mstatus, MSTATUS_MIE);
    CHECK_EQ(norder, 5);
    CHECK_EQ(order[0], IRQ_MSI);
    CHECK_EQ(order[1], IRQ_MTI);
    CHECK_EQ(order[2], IRQ_SEI);
    CHECK_EQ(order[3], IRQ_SSI);
    CHECK_EQ(order[4], IRQ_STI);
    MMIO32(ACLINT) = 0;
    set_mtimecmp(~0ull);
    csr_clear(mip, 1ul << IRQ_SSI | 1ul << IRQ_STI | 1ul << IRQ_SEI);
    csr_write(mie, 0);
}

static reg_t spin(reg_t x)
{
    for (volatile unsigned i = 0; i < 1000; i++)
        ;
    return x;
}

static volatile reg_t s_count, s_last;
static void s_handler(void) __attribute__((interrupt("supervisor"), aligned(4)));
static void s_handler(void)
{
    s_count++;
    s_last = csr_read(scause);
    csr_clear(sie, 1ul << (s_last & 63));
}

static void lower_modes(void)
{
    /* Interrupts for M are on in S and U whatever MIE says. */
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(mie, 1ul << IRQ_MSI);
    trap_clear();
    norder = 0;
    MMIO32(ACLINT) = 1;
    CHECK_EQ(my_trap()->count, 0);
    my_trap()->hook = NULL;
    my_trap()->acknowledge = 1ul << IRQ_MSI;
    enter_mode(MODE_U, spin, 0, 0);
    CHECK_EQ(my_trap()->count, 1);
    CHECK_EQ(my_trap()->cause, INTERRUPT | IRQ_MSI);
    MMIO32(ACLINT) = 0;
    /* A delegated one goes to S: masked there by SIE, always taken from U, never in M. */
    csr_write(mideleg, 1ul << IRQ_SSI);
    csr_write(stvec, s_handler);
    csr_write(mie, 1ul << IRQ_SSI);
    csr_set(mip, 1ul << IRQ_SSI);
    s_count = 0;
    csr_set(mstatus, MSTATUS_MIE);
    spin(0);
    csr_clear(mstatus, MSTATUS_MIE);
    CHECK_EQ(s_count, 0);
    csr_clear(mstatus, MSTATUS_SIE);
    enter_mode(MODE_S, spin, 0, 0);
    CHECK_EQ(s_count, 0);
    csr_set(mstatus, MSTATUS_SIE);
    enter_mode(MODE_S, spin, 0, 0);
    CHECK_EQ(s_count, 1);
    CHECK_EQ(s_last, INTERRUPT | IRQ_SSI);
    csr_write(mie, 1ul << IRQ_SSI);
    csr_clear(mstatus, MSTATUS_SIE);
    enter_mode(MODE_U, spin, 0, 0);
    CHECK_EQ(s_count, 2);
    csr_write(mip, 0);
    csr_write(mideleg, 0);
}

static void sstc(void)
{
#if XLEN == 64
    csr_set(menvcfg, MENVCFG_STCE);
    if (!(csr_read(menvcfg) & MENVCFG_STCE))
        return;
    csr_write(0x14d, ~0ul); /* stimecmp */
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_STI, 0);
    csr_set(mip, 1ul << IRQ_STI); /* read-only now */
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_STI, 0);
    csr_write(mideleg, 1ul << IRQ_STI);
    csr_write(mie, 1ul << IRQ_STI);
    s_count = 0;
    csr_write(0x14d, csr_read(time) + 2000);
    csr_set(mstatus, MSTATUS_SIE);
    for (unsigned i = 0; i < 100000 && !s_count; i++)
        enter_mode(MODE_S, spin, 0, 0);
    CHECK_EQ(s_count, 1);
    CHECK_EQ(s_last, INTERRUPT | IRQ_STI);
    CHECK(csr_read(time) >= csr_read(0x14d));
    csr_write(0x14d, ~0ul);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_STI, 0);
    csr_clear(menvcfg, MENVCFG_STCE);
    csr_write(mideleg, 0);
    csr_write(mie, 0);
#endif
}

static volatile reg_t vector_hit;
void vector_table(void);
__asm__(".align 8\n"
        ".globl vector_table\nvector_table:\n"
        "j 1f\n.rept 6\nj 1f\n.endr\nj vector_timer\n.rept 8\nj 1f\n.endr\n"
        "1: j 1b\n"
        "vector_timer:\n"
        "csrw mscratch, t0\n"
        "la t0, vector_hit\n"
        "sw sp, 0(t0)\n"
        "li t0, 128\n"
        "csrc mie, t0\n"
        "csrr t0, mscratch\n"
        "mret\n");

static void vectored(void)
{
    reg_t tvec = csr_read(mtvec), scratch = csr_read(mscratch);

    csr_write(mtvec, (reg_t)vector_table | 1);
    vector_hit = 0;
    csr_write(mie, 1ul << IRQ_MTI);
    set_mtimecmp(0);
    csr_set(mstatus, MSTATUS_MIE);
    for (unsigned i = 0; i < 50000000 && !vector_hit; i++)
        __asm__ volatile("" ::: "memory");
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(mtvec, tvec);
    csr_write(mscratch, scratch);
    CHECK(vector_hit);
    set_mtimecmp(~0ull);
    csr_write(mie, 0);
}

static void plic(void)
{
    /* The UART raises "transmitter empty" when IER bit 1 is set: a level that the program controls. */
    PLIC_PRIORITY(UART_IRQ) = 5;
    CHECK_EQ(PLIC_PRIORITY(UART_IRQ), 5);
    PLIC_PRIORITY(0) = 1; /* source 0 does not exist */
    CHECK_EQ(PLIC_PRIORITY(0), 0);
    PLIC_ENABLE(CONTEXT_M) = 1u << UART_IRQ;
    PLIC_THRESHOLD(CONTEXT_M) = 0;
    CHECK_EQ(PLIC_CLAIM(CONTEXT_M), 0);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
    IER = 2;
    CHECK_EQ(PLIC_PENDING(0) & 1u << UART_IRQ, 1u << UART_IRQ);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 1ul << IRQ_MEI);
    /* the threshold masks priorities up to its own value */
    PLIC_THRESHOLD(CONTEXT_M) = 5;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
    PLIC_THRESHOLD(CONTEXT_M) = 4;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 1ul << IRQ_MEI);
    /* a claim takes it; nothing further comes in before completion */
    CHECK_EQ(PLIC_CLAIM(CONTEXT_M), UART_IRQ);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
    CHECK_EQ(PLIC_CLAIM(CONTEXT_M), 0);
    PLIC_CLAIM(CONTEXT_M) = UART_IRQ + 1; /* completion of another source does nothing */
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
    IER = 2;
    CHECK_EQ(IIR & 15, 2); /* reading IIR takes the transmitter interrupt back */
    CHECK_EQ(IIR & 15, 1);
    PLIC_CLAIM(CONTEXT_M) = UART_IRQ;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
    /* priority 0 means never */
    PLIC_PRIORITY(UART_IRQ) = 0;
    IER = 0;
    IER = 2;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
    PLIC_PRIORITY(UART_IRQ) = 1;
    PLIC_THRESHOLD(CONTEXT_M) = 0;
    /* taken as an interrupt */
    my_trap()->hook = note;
    trap_clear();
    csr_write(mie, 1ul << IRQ_MEI);
    csr_set(mstatus, MSTATUS_MIE);
    wait_for_traps(1);
    csr_clear(mstatus, MSTATUS_MIE);
    CHECK_EQ(my_trap()->cause, INTERRUPT | IRQ_MEI);
    CHECK_EQ(PLIC_CLAIM(CONTEXT_M), UART_IRQ);
    /* still asserted: completing makes it pending again */
    PLIC_CLAIM(CONTEXT_M) = UART_IRQ;
    IER = 0;
    if (PLIC_CLAIM(CONTEXT_M))
        PLIC_CLAIM(CONTEXT_M) = UART_IRQ;
    PLIC_ENABLE(CONTEXT_M) = 0;
    /* the supervisor context of the same hart drives SEIP */
    PLIC_ENABLE(CONTEXT_S) = 1u << UART_IRQ;
    PLIC_THRESHOLD(CONTEXT_S) = 0;
    IER = 2;
    CHECK_EQ(csr_read(mip) & (1ul << IRQ_SEI | 1ul << IRQ_MEI), 1ul << IRQ_SEI);
    /* SEIP reads as the line or the software bit, and csrrw/csrrs/csrrc touch the software bit only (3.1.9) */
    csr_clear(mip, 1ul << IRQ_SEI);
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_SEI, 1ul << IRQ_SEI);
    CHECK_EQ(PLIC_CLAIM(CONTEXT_S), UART_IRQ);
    IER = 0;
    PLIC_CLAIM(CONTEXT_S) = UART_IRQ;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_SEI, 0);
    PLIC_ENABLE(CONTEXT_S) = 0;
    csr_write(mie, 0);
}

static void uart(void)
{
    SCR = 0xa5;
    CHECK_EQ(SCR, 0xa5);
    CHECK_EQ(LSR & 0x60, 0x60);
    /* divisor latch: offsets 0 and 1 change their meaning */
    uint8_t lcr = MMIO8(UART + 3);
    MMIO8(UART + 3) = 0x80;
    MMIO8(UART) = 0x34;
    MMIO8(UART + 1) = 0x12;
    CHECK_EQ(MMIO8(UART), 0x34);
    CHECK_EQ(MMIO8(UART + 1), 0x12);
    MMIO8(UART + 3) = 3;
    CHECK_EQ(MMIO8(UART + 1), 0); /* IER */
    /* loop-back: what is sent comes in, modem outputs appear as inputs */
    MMIO8(UART + 2) = 7; /* FIFOs on and empty */
    CHECK_EQ(IIR & 0xc0, 0xc0);
    MCR = 0x10 | 0x0a;
    CHECK_EQ(MMIO8(UART + 6) & 0xf0, 0x90); /* RTS -> CTS, OUT2 -> DCD */
    MMIO8(UART) = 'x';
    for (unsigned i = 0; i < 1000000 && !(LSR & 1); i++)
        ;
    CHECK_EQ(LSR & 1, 1);
    CHECK_EQ(MMIO8(UART), 'x');
    CHECK_EQ(LSR & 1, 0);
    MCR = 0;
    MMIO8(UART + 3) = lcr;
}

int test_main(reg_t hart)
{
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
    timer();
    software();
    priorities();
    vectored();
    my_trap()->hook = NULL;
    lower_modes();
    sstc();
    plic();
    my_trap()->hook = NULL;
    uart();
    return 0;
}
