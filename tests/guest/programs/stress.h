/* SPDX-License-Identifier: Apache-2.0
 *
 * stress.h - between the phases of stress.c.
 */
#ifndef STRESS_H
#define STRESS_H

#include "guest.h"

#define MSWI      ACLINT
#define SSWI      0x2f00000ul
#define MAX_HARTS 8

#define FENCE_ALL __asm__ volatile("fence iorw, iorw" ::: "memory")
#define WFI       __asm__ volatile("wfi" ::: "memory")

/* Like CHECK_EQ(), without counting: harts would mostly do that. */
#define EXPECT(got, want)                                                                          \
    do {                                                                                           \
        reg_t got_ = (reg_t)(got), want_ = (reg_t)(want);                                          \
        if (got_ != want_)                                                                         \
            failed(__FILE_NAME__, __LINE__, #got " == " #want, got_, want_);                       \
    } while (0)

enum does { WORKS, SLEEPS, WAITS };

struct hart {
    volatile uint32_t asked; /* ASK_*: what the software interrupt is for */
    volatile uint32_t dozes; /* rings are wanted */
    volatile uint32_t does;
    volatile uint32_t steps;
    volatile uint32_t code, pages; /* the versions it has answered for */
    volatile uint64_t alarm, tick; /* of mtime; its own only */
    uint64_t since;
    uint32_t stage_seen, seed;
} __attribute__((aligned(128)));

extern struct hart all_harts[MAX_HARTS];
extern unsigned nharts;
#define HART(i) (&all_harts[i])

#define ASK_WAKE  1u
#define ASK_CODE  2u
#define ASK_PAGES 4u
#define ASK_PLACE 8u

/* Interrupts another hart, or this one. M-mode. */
void ask(unsigned hart, uint32_t what);
void nap(unsigned me, uint32_t ticks); /* by timer */
uint32_t chance(unsigned me, uint32_t n);
uint32_t round_now(void); /* the same for all harts during a phase */

/* As idle loops do it: look with interrupts off, sleep if there is nothing, let them in. */
#define SLEEP_UNTIL(me, condition)                                                                 \
    do {                                                                                           \
        HART(me)->does = SLEEPS;                                                                   \
        csr_clear(mstatus, MSTATUS_MIE);                                                           \
        if (!(condition))                                                                          \
            WFI;                                                                                   \
        csr_set(mstatus, MSTATUS_MIE);                                                             \
        HART(me)->does = WORKS;                                                                    \
    } while (!(condition))

struct phase {
    const char *name;
    void (*run)(unsigned me); /* all harts */
    void (*verify)(void);     /* hart 0, when all are through */
};
extern const struct phase mail_in_m, mail_in_s, locks, naps, code, pages;

void code_answer(unsigned me);
void pages_answer(unsigned me);
void pages_init(void);

#endif
