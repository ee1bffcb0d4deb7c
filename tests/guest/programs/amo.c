/* SPDX-License-Identifier: Apache-2.0
 *
 * amo.c - every AMO of both widths on words that all harts fight over: no update is lost, what comes back is what was
 * there, sign-extended. Among stores and LR/SC too, and misaligned. Unprivileged ISA 20240411, 13.4.
 */
#include "guest.h"

#define ROUNDS 2000
#define HARTS  4

typedef long sreg_t;

static unsigned nharts;
static volatile uint32_t arrived __attribute__((aligned(64)));
static volatile uint32_t wrong;

/* What they fight over, at both ends of a page: the last word has nothing behind it. */
static struct {
    volatile reg_t first;
    char rest[4096 - 2 * sizeof(reg_t)];
    volatile reg_t last;
} words __attribute__((aligned(4096)));

static volatile reg_t given[HARTS], taken[HARTS]; /* sums of what was swapped in and out */

static void barrier(unsigned times)
{
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < times * nharts)
        ;
}

static void expect(int right)
{
    if (!right)
        __atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST);
}

/* clang-format off */
#define AMO(name, instruction)                                                                     \
    static reg_t name(volatile reg_t *at, reg_t operand)                                           \
    {                                                                                              \
        reg_t old;                                                                                 \
        __asm__ volatile(instruction " %0, %2, (%1)"                                               \
                         : "=&r"(old) : "r"(at), "r"(operand) : "memory");                         \
        return old;                                                                                \
    }
#define AMOS(suffix, width)                                                                        \
    AMO(swap##suffix, "amoswap." #width)   AMO(add##suffix, "amoadd." #width ".aqrl")              \
    AMO(and##suffix, "amoand." #width)     AMO(or##suffix, "amoor." #width)                        \
    AMO(xor##suffix, "amoxor." #width)     AMO(min##suffix, "amomin." #width)                      \
    AMO(max##suffix, "amomax." #width)     AMO(minu##suffix, "amominu." #width)                    \
    AMO(maxu##suffix, "amomaxu." #width)
/* clang-format on */
AMOS(_w, w)
#if XLEN == 64
AMOS(_d, d)
#endif

struct amos {
    unsigned bits;
    reg_t (*swap)(volatile reg_t *at, reg_t operand), (*add)(volatile reg_t *at, reg_t operand),
        (*and)(volatile reg_t *at, reg_t operand), (* or)(volatile reg_t *at, reg_t operand),
        (*xor)(volatile reg_t *at, reg_t operand), (*min)(volatile reg_t *at, reg_t operand),
        (*max)(volatile reg_t *at, reg_t operand), (*minu)(volatile reg_t *at, reg_t operand),
        (*maxu)(volatile reg_t *at, reg_t operand);
};
static const struct amos widths[] = {
    {32, swap_w, add_w, and_w, or_w, xor_w, min_w, max_w, minu_w, maxu_w},
#if XLEN == 64
    {64, swap_d, add_d, and_d, or_d, xor_d, min_d, max_d, minu_d, maxu_d},
#endif
};
static const struct amos *amos;
static volatile reg_t *word;

/* A value of the width as it comes back. */
static reg_t extended(reg_t value)
{
    return amos->bits == 32 ? (reg_t)(sreg_t)(int32_t)value : value;
}

/* What is put in comes out once. */
static void swaps(unsigned hart)
{
    reg_t in = 0, out = 0;

    barrier(1);
    for (reg_t i = 1; i <= ROUNDS; i++) {
        reg_t value = (i * HARTS + hart) << 2, old = amos->swap(word, value);
        in += value;
        out += old;
        expect(old == extended(old));
    }
    given[hart] = in;
    taken[hart] = out;
}

/* Through zero and the sign. */
static void sums(unsigned hart)
{
    barrier(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        reg_t old = amos->add(word, (reg_t)0 - (hart + 1));
        expect(old == extended(old));
    }
}

/* A bit of its own for each hart, the sign for the first. */
static void bits(unsigned hart)
{
    reg_t mine = (reg_t)1 << (amos->bits - 1 - hart * 9), sign = extended(mine);

    barrier(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        expect(!(amos->or (word, mine) & mine));
        expect((amos->and (word, ~mine) & sign) == (hart ? mine : sign));
        expect(!(amos->xor (word, mine) & sign));
        expect((amos->xor (word, mine) & sign) == (hart ? mine : sign));
    }
}

/* Bounds only move one way, and none that was set is forgotten. */
static void bounds(unsigned hart)
{
    reg_t step = (reg_t)1 << (amos->bits - 11), lowest = (reg_t)1 << (amos->bits - 1);

    barrier(1);
    for (reg_t i = 0, last = extended(lowest); i < ROUNDS; i++) {
        reg_t value = extended(lowest + i * step + hart), old = amos->max(word, value);
        expect((sreg_t)old >= (sreg_t)last && old == extended(old));
        last = (sreg_t)old > (sreg_t)value ? old : value;
    }
    barrier(2);
    for (reg_t i = 0, last = extended(lowest - 1); i < ROUNDS; i++) {
        reg_t value = extended(lowest - 1 - i * step - hart), old = amos->min(word, value);
        expect((sreg_t)old <= (sreg_t)last && old == extended(old));
        last = (sreg_t)old < (sreg_t)value ? old : value;
    }
    barrier(3);
    amos->and (word, 0);
    barrier(4);
    for (reg_t i = 0, last = 0; i < ROUNDS; i++) {
        reg_t value = extended(i * step + hart), old = amos->maxu(word, value);
        expect(old >= last && old == extended(old));
        last = old > value ? old : value;
    }
    barrier(5);
    amos->or (word, ~(reg_t)0);
    barrier(6);
    for (reg_t i = 0, last = ~(reg_t)0; i < ROUNDS; i++) {
        reg_t value = extended(~(i * step) - hart), old = amos->minu(word, value);
        expect(old <= last && old == extended(old));
        last = old < value ? old : value;
    }
}

/* An AMO breaks the reservations of others: with its LR/SC a hart never overwrites a sum. */
static void mixed(unsigned hart)
{
    barrier(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if ((i + hart) % 3) {
            amos->add(word, 1);
            continue;
        }
#if XLEN == 64
        if (amos->bits == 64)
            __asm__ volatile(
                "1: lr.d t0, (%0)\naddi t0, t0, 1\nsc.d t1, t0, (%0)\nbnez t1, 1b" ::"r"(word)
                : "t0", "t1", "memory");
        else
#endif
            __asm__ volatile(
                "1: lr.w t0, (%0)\naddi t0, t0, 1\nsc.w t1, t0, (%0)\nbnez t1, 1b" ::"r"(word)
                : "t0", "t1", "memory");
    }
}

static void run(void (*function)(unsigned hart), reg_t start)
{
    *word = start;
    arrived = 0;
    on_harts(nharts, function);
    CHECK_EQ(wrong, 0);
}

/* A misaligned one traps and does nothing, also where aligned ones have been often. */
static void misaligned(void)
{
    volatile reg_t *odd = (volatile reg_t *)((reg_t)word ^ 2);
    reg_t before = *word;

    for (unsigned i = 0; i < 100; i++) {
        trap_clear();
        amos->add(i % 2 ? odd : word, i % 2);
        CHECK_EQ(my_trap()->cause, i % 2 ? STORE_MISALIGNED : NO_TRAP);
    }
    CHECK_EQ(*word, before);
}

int test_main(reg_t hart)
{
    (void)hart;
    nharts = harts();
    print_dec(nharts);
    print(" harts\n");
    CHECK_EQ(nharts, HARTS);
    for (unsigned i = 0; i < 2 * sizeof(widths) / sizeof(*widths); i++) {
        reg_t in = 7, out = 0, sum = 0;
        amos = &widths[i / 2];
        word = i % 2 ? &words.last : &words.first;
        run(swaps, in);
        for (unsigned h = 0; h < nharts; h++) {
            in += given[h];
            out += taken[h];
            sum += (h + 1) * ROUNDS;
        }
        CHECK_EQ(in, out + *word);
        run(sums, 5);
        CHECK_EQ(amos->add(word, 0), extended(5 - sum));
        run(bits, 0);
        CHECK_EQ(*word, 0);
        run(bounds, (reg_t)1 << (amos->bits - 1));
        run(mixed, 0);
        CHECK_EQ(*word, nharts * ROUNDS);
        misaligned();
    }
    return 0;
}
