/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.c - the run time of guest programs: UART, finisher, trap bookkeeping, harts.
 */
#include "guest.h"

#define FINISHER_PASS 0x5555u
#define FINISHER_FAIL 0x3333u
#define LSR_THRE      0x20

struct trap traps[8];
volatile uint32_t failures, checks;
static volatile uint32_t arrived, go, done;
static void (*volatile work)(unsigned hart);
static uint32_t print_lock;
extern char after_mode[], trap_entry[];

void print(const char *text)
{
    for (; *text; text++) {
        while (!(MMIO8(UART + 5) & LSR_THRE))
            ;
        MMIO8(UART) = *text;
    }
}

void print_hex(reg_t value)
{
    char text[2 + XLEN / 4 + 1];
    int i;

    text[0] = '0';
    text[1] = 'x';
    for (i = 0; i < XLEN / 4; i++)
        text[2 + i] = "0123456789abcdef"[value >> (XLEN - 4 - 4 * i) & 15];
    text[2 + i] = 0;
    print(text);
}

void print_dec(reg_t value)
{
    char text[24];
    int i = sizeof(text) - 1;

    text[i] = 0;
    do {
        text[--i] = '0' + value % 10;
        value /= 10;
    } while (value);
    print(text + i);
}

void finish(uint32_t code)
{
    MMIO32(FINISHER) = code ? code << 16 | FINISHER_FAIL : FINISHER_PASS;
    for (;;)
        __asm__ volatile("wfi");
}

void failed(const char *file, int line, const char *what, reg_t got, reg_t want)
{
    while (__atomic_exchange_n(&print_lock, 1, __ATOMIC_ACQUIRE))
        ;
    if (failures++ < 40) {
        print(file);
        print(":");
        print_dec(line);
        print(": ");
        print(what);
        print(": got ");
        print_hex(got);
        print(", want ");
        print_hex(want);
        print("\n");
    }
    __atomic_store_n(&print_lock, 0, __ATOMIC_RELEASE);
}

void on_trap(struct frame *f)
{
    struct trap *t = my_trap();
    reg_t cause = csr_read(mcause);

    if ((cause == ECALL_U || cause == ECALL_S) && f->x[17] == 0x1eaf) {
        f->pc = (reg_t)after_mode;
        f->mstatus |= MSTATUS_MPP;
        return;
    }
    t->count++;
    t->cause = cause;
    t->tval = csr_read(mtval);
    t->epc = f->pc;
    t->mstatus = f->mstatus;
    if (t->hook) {
        t->hook(f);
    } else if (cause & INTERRUPT) {
        csr_clear(mie, t->acknowledge);
    } else if (t->resume) {
        f->pc = t->resume;
        f->mstatus |= MSTATUS_MPP;
    } else {
        f->pc += 4;
        if (t->count > 100000) { /* nothing sane is happening any more */
            failed("on_trap", 0, "too many traps, mepc", t->epc, cause);
            finish(99);
        }
    }
}

#define QUIET_TICKS 1000000u /* of the 10 MHz clock: a tenth of a second */

unsigned harts(void)
{
    static unsigned known;

    if (!known) {
        /* Until none has come up for a while. */
        uint32_t before, start;
        do {
            before = arrived;
            start = MMIO32(ACLINT + 0xbff8);
            while (MMIO32(ACLINT + 0xbff8) - start < QUIET_TICKS)
                ;
        } while (before != arrived);
        known = arrived + 1;
    }
    return known;
}

void on_harts(unsigned count, void (*function)(unsigned hart))
{
    work = function;
    done = 0;
    __atomic_store_n(&go, count, __ATOMIC_SEQ_CST);
    for (unsigned i = 1; i < count; i++)
        MMIO32(ACLINT + 4 * i) = 1;
    function(0);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != count - 1)
        ;
}

static void hart_loop(unsigned hart)
{
    csr_write(mie, 1ul << IRQ_MSI);
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        while (!(csr_read(mip) & 1ul << IRQ_MSI))
            __asm__ volatile("wfi");
        MMIO32(ACLINT + 4 * hart) = 0;
        if (hart < __atomic_load_n(&go, __ATOMIC_SEQ_CST)) {
            work(hart);
            __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
        }
        csr_write(mie, 1ul << IRQ_MSI);
    }
}

void guest_start(reg_t hart)
{
    if (hart)
        hart_loop(hart);
    MMIO8(UART + 3) = 3; /* eight bits; after a reset it is five */
    test_main(hart);
    print(failures ? "FAIL " : "PASS ");
    print_dec(checks);
    print(" checks, ");
    print_dec(failures);
    print(" failures\n");
    finish(failures > 100 ? 100 : failures);
}

/* The compiler calls these. */
void *memset(void *to, int byte, size_t bytes)
{
    volatile char *p = to;

    while (bytes--)
        *p++ = byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    volatile char *p = to;
    const char *q = from;

    while (bytes--)
        *p++ = *q++;
    return to;
}
