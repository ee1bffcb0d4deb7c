/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.h - what guest programs are written with: console, verdict, CSRs, traps.
 *
 * A program defines `int test_main(unsigned long hart)`, run by hart 0 with the others parked until
 * start_harts(). It reports through CHECK() and returns 0; the test finisher then ends the machine with the
 * number of failures. Programs are built without the C extension, so a trapping instruction is 4 bytes.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stddef.h>
#include <stdint.h>

typedef unsigned long reg_t; /* XLEN bits */
#define XLEN __riscv_xlen
#if __riscv_xlen == 64
#define LOAD_REG  "ld"
#define STORE_REG "sd"
#else
#define LOAD_REG  "lw"
#define STORE_REG "sw"
#endif

/* Memory map of the virt board. */
#define FINISHER 0x100000ul
#define RTC      0x101000ul
#define ACLINT   0x2000000ul
#define PLIC     0xc000000ul
#define UART     0x10000000ul
#define UART_IRQ 10
#define RAM      0x80000000ul

#define MMIO8(address)  (*(volatile uint8_t *)(address))
#define MMIO32(address) (*(volatile uint32_t *)(address))
#define MMIO64(address) (*(volatile uint64_t *)(address))

#define csr_read(name)                                                                             \
    ({                                                                                             \
        reg_t v_;                                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(v_)::"memory");                                  \
        v_;                                                                                        \
    })
#define csr_write(name, value)                                                                     \
    ({ __asm__ volatile("csrw " #name ", %0" ::"rK"((reg_t)(value)) : "memory"); })
#define csr_set(name, value)                                                                       \
    ({ __asm__ volatile("csrs " #name ", %0" ::"rK"((reg_t)(value)) : "memory"); })
#define csr_clear(name, value)                                                                     \
    ({ __asm__ volatile("csrc " #name ", %0" ::"rK"((reg_t)(value)) : "memory"); })

#define MODE_U 0
#define MODE_S 1
#define MODE_M 3

#define MSTATUS_SIE  (1ul << 1)
#define MSTATUS_MIE  (1ul << 3)
#define MSTATUS_SPIE (1ul << 5)
#define MSTATUS_MPIE (1ul << 7)
#define MSTATUS_SPP  (1ul << 8)
#define MSTATUS_MPP  (3ul << 11)
#define MSTATUS_FS   (3ul << 13)
#define MSTATUS_MPRV (1ul << 17)
#define MSTATUS_SUM  (1ul << 18)
#define MSTATUS_MXR  (1ul << 19)
#define MSTATUS_TVM  (1ul << 20)
#define MSTATUS_TW   (1ul << 21)
#define MSTATUS_TSR  (1ul << 22)

#define INTERRUPT (1ul << (XLEN - 1))
#define IRQ_SSI   1
#define IRQ_MSI   3
#define IRQ_STI   5
#define IRQ_MTI   7
#define IRQ_SEI   9
#define IRQ_MEI   11

enum cause {
    FETCH_MISALIGNED,
    FETCH_ACCESS,
    ILLEGAL,
    BREAKPOINT,
    LOAD_MISALIGNED,
    LOAD_ACCESS,
    STORE_MISALIGNED,
    STORE_ACCESS,
    ECALL_U,
    ECALL_S,
    ECALL_M = 11,
    FETCH_PAGE,
    LOAD_PAGE,
    STORE_PAGE = 15,
};
#define NO_TRAP (~0ul)

struct frame {
    reg_t x[32];
    reg_t pc, mstatus;
};

/* What the last trap of a hart looked like. */
struct trap {
    reg_t count; /* since trap_clear() */
    reg_t cause, tval, epc;
    reg_t mstatus;     /* as the trap left it */
    reg_t resume;      /* not 0: continue there, else behind the instruction; for fetch faults */
    reg_t acknowledge; /* interrupts: mie bits that the handler clears so that they do not repeat */
    void (*hook)(struct frame *); /* not NULL: called instead of all that */
};
extern struct trap traps[8];

static inline struct trap *my_trap(void)
{
    return &traps[csr_read(mhartid)];
}

static inline void trap_clear(void)
{
    struct trap *t = my_trap();

    t->count = 0;
    t->cause = NO_TRAP;
    t->tval = t->epc = 0;
    __asm__ volatile("" ::: "memory");
}

/* Executes one asm statement in M-mode; gives the cause of the trap it took, or NO_TRAP. */
#define TRY(...)                                                                                   \
    ({                                                                                             \
        trap_clear();                                                                              \
        __asm__ volatile(__VA_ARGS__);                                                             \
        __asm__ volatile("" ::: "memory");                                                         \
        my_trap()->cause;                                                                          \
    })

reg_t enter_mode(reg_t mode, reg_t (*function)(reg_t), reg_t argument, reg_t delta);

void print(const char *text);
void print_hex(reg_t value);
void print_dec(reg_t value);
void finish(uint32_t code) __attribute__((noreturn));
void failed(const char *file, int line, const char *what, reg_t got, reg_t want);
extern volatile uint32_t failures, checks;

#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        reg_t got_ = (reg_t)(got), want_ = (reg_t)(want);                                          \
        __atomic_fetch_add(&checks, 1, __ATOMIC_RELAXED);                                          \
        if (got_ != want_)                                                                         \
            failed(__FILE_NAME__, __LINE__, #got " == " #want, got_, want_);                       \
    } while (0)
#define CHECK(condition) CHECK_EQ(!!(condition), 1)

/* Starts harts 1..count-1 in function(hart) and waits until all of them, with hart 0, have returned from it. */
void on_harts(unsigned count, void (*function)(unsigned hart));
unsigned harts(void); /* that came up */
int test_main(reg_t hart);

void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);

#endif
