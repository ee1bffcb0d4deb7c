/* SPDX-License-Identifier: Apache-2.0
 *
 * stress.c - a parallel load for hours: harts sleep and wake each other in M-mode (MSWI) and S-mode (SSWI), lock and count,
 * rewrite code and page tables under each other. Round after round, until a `q` comes in on the console.
 *
 * A lost wake-up is a hart that sleeps for ever. One hart watches the others by its timer, each in its turn, since a tick
 * would wake a sleeper as well; it says who is where, and ends the machine. A lost update is a wrong sum.
 *
 * ACLINT 1.0-rc4; WFI, SFENCE.VMA, FENCE.I: Privileged Architecture 20240411, 3.3.3 and 12.2.1, Unprivileged ISA, chapter 6.
 */
#include "stress.h"

struct hart all_harts[MAX_HARTS];
unsigned nharts;

static const struct phase *const phases[] = {&mail_in_m, &locks, &code, &mail_in_s, &pages, &naps};

#define NPHASES (sizeof(phases) / sizeof(*phases))

/* --- time and interrupts ------------------------------------------------------------------------------------------ */

#define MTIMECMP (ACLINT + 0x4000)
#define MTIME    (ACLINT + 0xbff8)
#define SECOND   10000000u
#define NEVER    (~0ull)
#define STUCK    30 /* seconds without the end of a phase */

static volatile uint32_t round_number, phase_number, stops;

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

static void set_timer(unsigned me)
{
    uint64_t next = HART(me)->alarm < HART(me)->tick ? HART(me)->alarm : HART(me)->tick;

    MMIO32(MTIMECMP + 8 * me + 4) = 0xffffffff;
    MMIO32(MTIMECMP + 8 * me) = (uint32_t)next;
    MMIO32(MTIMECMP + 8 * me + 4) = (uint32_t)(next >> 32);
}

static void say_where(unsigned hart)
{
    static const char *const doing[] = {" works", " is asleep", " waits for the others"};

    print("hart ");
    print_dec(hart);
    print(doing[HART(hart)->does]);
    print(", ");
    print_dec(HART(hart)->steps);
    print(" steps, asked for ");
    print_hex(HART(hart)->asked);
    print(", msip ");
    print_dec(MMIO32(MSWI + 4 * hart));
    print(HART(hart)->does == WAITS ? "\n" : ": HANGS\n");
}

/* No phase takes this long. Interrupts are not let in here: that of the watching hart stays unanswered. */
static void __attribute__((noreturn)) hang(void)
{
    uint64_t end;

    print("FAIL: no progress for 30 s in ");
    print(phases[phase_number]->name);
    print(", round ");
    print_dec(round_number);
    print("\n");
    for (unsigned i = 0; i < nharts; i++)
        say_where(i);
    for (unsigned i = 0; i < nharts; i++)
        ask(i, ASK_PLACE);
    for (end = mtime() + SECOND; mtime() < end;)
        ;
    finish(98);
}

/* [watching hart] */
static void look(struct hart *h, uint64_t now)
{
    uint32_t stage = round_number * NPHASES + phase_number;

    if (h->stage_seen != stage) {
        h->stage_seen = stage;
        h->since = now;
    } else if (now - h->since > (uint64_t)STUCK * SECOND) {
        hang();
    }
    h->tick = now + SECOND;
}

static void on_interrupt(struct frame *f)
{
    unsigned me = csr_read(mhartid);
    struct hart *h = HART(me);
    reg_t cause = csr_read(mcause);

    if (cause == (INTERRUPT | IRQ_MSI)) {
        uint32_t asked;

        MMIO32(MSWI + 4 * me) = 0;
        FENCE_ALL;
        asked = __atomic_exchange_n(&h->asked, 0, __ATOMIC_ACQ_REL);
        if (asked & ASK_PLACE)
            failed("hart, pc", me, "answers", f->pc, f->mstatus);
        if (asked & ASK_CODE)
            code_answer(me);
        if (asked & ASK_PAGES)
            pages_answer(me);
    } else if (cause == (INTERRUPT | IRQ_MTI)) {
        uint64_t now = mtime();

        if (now >= h->alarm)
            h->alarm = NEVER;
        if (now >= h->tick)
            look(h, now);
        set_timer(me);
    } else {
        failed("hart, pc", me, "an unexpected trap", f->pc, cause);
        finish(97);
    }
}

void ask(unsigned hart, uint32_t what)
{
    __atomic_fetch_or(&HART(hart)->asked, what, __ATOMIC_ACQ_REL);
    FENCE_ALL;
    MMIO32(MSWI + 4 * hart) = 1;
}

void nap(unsigned me, uint32_t ticks)
{
    uint64_t end = mtime() + ticks;

    csr_clear(mstatus, MSTATUS_MIE);
    HART(me)->alarm = end;
    set_timer(me);
    csr_set(mstatus, MSTATUS_MIE);
    SLEEP_UNTIL(me, HART(me)->alarm == NEVER);
    EXPECT(mtime() >= end, 1);
}

uint32_t chance(unsigned me, uint32_t n)
{
    struct hart *h = HART(me);

    h->seed = h->seed * 1664525u + 1013904223u;
    return (h->seed >> 8) % n;
}

/* --- rounds ------------------------------------------------------------------------------------------------------- */

static volatile uint32_t arrived __attribute__((aligned(64))), turn_now;

static void barrier(unsigned me)
{
    uint32_t turn = turn_now;

    HART(me)->does = WAITS;
    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == nharts) {
        arrived = 0;
        __atomic_store_n(&turn_now, turn + 1, __ATOMIC_SEQ_CST);
        for (unsigned i = 0; i < nharts; i++)
            if (i != me)
                ask(i, ASK_WAKE);
    }
    while (__atomic_load_n(&turn_now, __ATOMIC_SEQ_CST) == turn) {
        csr_clear(mstatus, MSTATUS_MIE);
        if (__atomic_load_n(&turn_now, __ATOMIC_SEQ_CST) == turn)
            WFI;
        csr_set(mstatus, MSTATUS_MIE);
    }
    HART(me)->does = WORKS;
}

/* [hart 0] Says that it lives, and hears whether it is to stop. */
static void end_of_round(void)
{
    static uint64_t said;
    uint64_t now = mtime();

    if (now - said > SECOND) {
        print(".");
        said = now;
    }
    stops = failures || (MMIO8(UART + 5) & 1 && MMIO8(UART) == 'q');
    round_number++;
}

static void work(unsigned me)
{
    struct hart *h = HART(me);

    h->seed = me + 1;
    h->alarm = h->tick = NEVER;
    set_timer(me);
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
    csr_write(mideleg, 1ul << IRQ_SSI);
    traps[me].hook = on_interrupt;
    csr_write(mie, 1ul << IRQ_MSI | 1ul << IRQ_MTI);
    csr_set(mstatus, MSTATUS_MIE);
    barrier(me);
    while (!stops) {
        csr_clear(mstatus, MSTATUS_MIE);
        h->tick = round_number % nharts == me ? mtime() + SECOND : NEVER;
        h->stage_seen = ~0u;
        set_timer(me);
        csr_set(mstatus, MSTATUS_MIE);
        for (unsigned i = 0; i < NPHASES; i++) {
            phases[i]->run(me);
            barrier(me);
            if (me == 0) {
                phases[i]->verify();
                phase_number = (i + 1) % NPHASES;
                if (i == NPHASES - 1)
                    end_of_round();
            }
            barrier(me);
        }
    }
    csr_clear(mstatus, MSTATUS_MIE);
    traps[me].hook = NULL;
}

uint32_t round_now(void)
{
    return round_number;
}

int test_main(reg_t hart)
{
    nharts = harts();
    print_dec(nharts);
    print(" harts\n");
    pages_init();
    on_harts(nharts, work);
    print("\n");
    print_dec(round_number);
    print(" rounds\n");
    CHECK(round_number > 0);
    return 0;
}
