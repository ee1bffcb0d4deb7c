/* SPDX-License-Identifier: Apache-2.0
 *
 * stress_wake.c - phases of stress.c about sleep, locks and sums.
 */
#include "stress.h"

/* --- mail: a ring of harts, each fed by the one before ---------------------------------------------------------------- */

#define ITEMS 400u
#define ROOM  8u

static struct queue {
    volatile uint32_t head, tail; /* taken, put */
    volatile uint32_t items[ROOM];
} queues[MAX_HARTS] __attribute__((aligned(128)));

static uint32_t item(unsigned from, uint32_t n)
{
    return (from + 1) * 2654435761u ^ n * 40503u;
}

/* Only who says that it sleeps is woken: its word must be out before it looks for the last time (store, fence, load). */
static void rouse(unsigned hart, int supervisor)
{
    __asm__ volatile("fence rw, rw" ::: "memory");
    if (!HART(hart)->dozes)
        return;
    if (!supervisor) {
        ask(hart, ASK_WAKE);
        return;
    }
    FENCE_ALL;
    MMIO32(SSWI + 4 * hart) = 1;
}

static int empty(const struct queue *q)
{
    return __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE) == q->head;
}

static int full(const struct queue *q)
{
    return q->tail - __atomic_load_n(&q->head, __ATOMIC_ACQUIRE) == ROOM;
}

static void mail(unsigned me, int supervisor)
{
    struct hart *h = HART(me);
    unsigned next = (me + 1) % nharts, before = (me + nharts - 1) % nharts;
    struct queue *in = &queues[me], *out = &queues[next];
    uint32_t sent = 0, got = 0;

    while (sent < ITEMS || got < ITEMS) {
        uint32_t took = 0, put = 0;

        for (; got < ITEMS && !empty(in); took++, got++) {
            EXPECT(in->items[in->head % ROOM], item(before, got));
            __atomic_store_n(&in->head, in->head + 1, __ATOMIC_RELEASE);
        }
        if (took)
            rouse(before, supervisor);
        for (uint32_t n = 1 + chance(me, ROOM); put < n && sent < ITEMS && !full(out);
             put++, sent++) {
            out->items[out->tail % ROOM] = item(me, sent);
            __atomic_store_n(&out->tail, out->tail + 1, __ATOMIC_RELEASE);
        }
        if (put)
            rouse(next, supervisor);
        h->steps++;
        if (took || put)
            continue;
        if (!supervisor)
            csr_clear(mstatus, MSTATUS_MIE);
        h->does = SLEEPS;
        h->dozes = 1;
        __asm__ volatile("fence rw, rw" ::: "memory");
        if (!(got < ITEMS && !empty(in)) && !(sent < ITEMS && !full(out)))
            WFI;
        h->dozes = 0;
        h->does = WORKS;
        if (supervisor)
            csr_clear(sip, 1ul << IRQ_SSI);
        else
            csr_set(mstatus, MSTATUS_MIE);
    }
}

static void run_mail_in_m(unsigned me)
{
    mail(me, 0);
}

static reg_t supervisor_mail(reg_t me)
{
    csr_write(sie, 1ul << IRQ_SSI);
    csr_clear(sstatus, MSTATUS_SIE); /* WFI wakes all the same */
    mail(me, 1);
    return 0;
}

static void run_mail_in_s(unsigned me)
{
    csr_clear(mstatus, MSTATUS_MIE); /* nothing may come between mepc and MRET */
    enter_mode(MODE_S, supervisor_mail, me, 0);
    csr_clear(mie, 1ul << IRQ_SSI); /* a ring that comes late would keep WFI awake */
    csr_clear(mip, 1ul << IRQ_SSI);
    csr_set(mstatus, MSTATUS_MIE);
}

static void verify_mail(void)
{
    for (unsigned i = 0; i < nharts; i++) {
        EXPECT(queues[i].head, ITEMS);
        EXPECT(queues[i].tail, ITEMS);
        queues[i].head = queues[i].tail = 0;
    }
}

const struct phase mail_in_m = {"mail in M-mode", run_mail_in_m, verify_mail};
const struct phase mail_in_s = {"mail in S-mode", run_mail_in_s, verify_mail};

/* --- locks and counters ----------------------------------------------------------------------------------------------- */

#define TURNS 120u

static struct {
    volatile uint32_t word, serving __attribute__((aligned(64)));
    volatile uint32_t first, second __attribute__((aligned(64))); /* what it guards */
} guarded[3] __attribute__((aligned(64)));

static volatile uint32_t by_amo, by_lr_sc, flipped __attribute__((aligned(64)));
static volatile reg_t wide __attribute__((aligned(64)));

static int try_lr_sc(volatile uint32_t *word)
{
    uint32_t old, lost = 1;

    __asm__ volatile("lr.w.aq %0, (%2)\nbnez %0, 1f\nsc.w %1, %3, (%2)\n1:"
                     : "=&r"(old), "+&r"(lost)
                     : "r"(word), "r"(1)
                     : "memory");
    return !old && !lost;
}

static int try_swap(volatile uint32_t *word)
{
    uint32_t old;

    __asm__ volatile("amoswap.w.aq %0, %2, (%1)" : "=&r"(old) : "r"(word), "r"(1) : "memory");
    return !old;
}

/* More harts than processors: who holds it may not be running. */
static void relax(unsigned me, unsigned tries)
{
    if (tries % 32 == 31)
        nap(me, 100 + chance(me, 200));
}

static void acquire(unsigned me, unsigned kind)
{
    volatile uint32_t *word = &guarded[kind].word;
    uint32_t ticket;

    switch (kind) {
    case 0:
        for (unsigned i = 0; !try_lr_sc(word); i++)
            relax(me, i);
        break;
    case 1:
        for (unsigned i = 0; !try_swap(word); i++)
            relax(me, i);
        break;
    default:
        ticket = __atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
        for (unsigned i = 0; __atomic_load_n(&guarded[kind].serving, __ATOMIC_ACQUIRE) != ticket;
             i++)
            relax(me, i);
    }
}

static void release(unsigned kind)
{
    if (kind == 2)
        __atomic_store_n(&guarded[kind].serving, guarded[kind].serving + 1, __ATOMIC_RELEASE);
    else if (kind == 1)
        __asm__ volatile("amoswap.w.rl x0, x0, (%0)" ::"r"(&guarded[kind].word) : "memory");
    else
        __atomic_store_n(&guarded[kind].word, 0, __ATOMIC_RELEASE);
}

static void run_locks(unsigned me)
{
    for (unsigned i = 0; i < TURNS; i++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            acquire(me, kind);
            EXPECT(guarded[kind].first, guarded[kind].second);
            guarded[kind].first++;
            for (volatile unsigned k = chance(me, 20); k; k--)
                ;
            guarded[kind].second++;
            release(kind);
        }
        for (unsigned k = 0; k < 8; k++) {
            __atomic_fetch_add(&by_amo, 1, __ATOMIC_RELAXED);
            __atomic_fetch_add(&wide, me + 1, __ATOMIC_RELAXED);
            __atomic_fetch_xor(&flipped, 1u << me, __ATOMIC_RELAXED);
            __asm__ volatile(
                "1: lr.w t0, (%0)\naddi t0, t0, 1\nsc.w t1, t0, (%0)\nbnez t1, 1b" ::"r"(&by_lr_sc)
                : "t0", "t1", "memory");
        }
        if (!chance(me, 4))
            ask(chance(me, nharts), ASK_WAKE); /* an interrupt in whatever it does */
        HART(me)->steps++;
    }
}

static void verify_locks(void)
{
    reg_t all = 0;

    for (unsigned i = 0; i < nharts; i++)
        all += (reg_t)(i + 1) * TURNS * 8;
    for (unsigned kind = 0; kind < 3; kind++) {
        EXPECT(guarded[kind].first, nharts * TURNS);
        EXPECT(guarded[kind].second, nharts * TURNS);
        guarded[kind].first = guarded[kind].second = 0;
    }
    EXPECT(by_amo, nharts * TURNS * 8);
    EXPECT(by_lr_sc, nharts * TURNS * 8);
    EXPECT(wide, all);
    EXPECT(flipped, 0);
    by_amo = by_lr_sc = 0;
    wide = 0;
}

const struct phase locks = {"locks", run_locks, verify_locks};

/* --- naps: timers and software interrupts at the same moment ----------------------------------------------------------- */

static void run_naps(unsigned me)
{
    for (unsigned i = 0; i < 40; i++) {
        if (chance(me, 2))
            ask(chance(me, nharts), ASK_WAKE);
        nap(me, chance(me, 300));
        HART(me)->steps++;
    }
}

static void verify_nothing(void)
{
}

const struct phase naps = {"naps", run_naps, verify_nothing};
