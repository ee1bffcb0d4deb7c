/* SPDX-License-Identifier: Apache-2.0
 *
 * lrsc.c - what LR and SC have to do whatever else they are compiled to, in code that is hot: pairs with and without
 * something between them, ways out in the middle, a second SC, other addresses, faults. Unprivileged ISA 20240411, 13.2.
 */
#include "guest.h"

#define HARTS  4
#define ROUNDS 300

#if XLEN == 64
#define LR "lr.d"
#define SC "sc.d"
#else
#define LR "lr.w"
#define SC "sc.w"
#endif

static volatile reg_t words[64] __attribute__((aligned(4096)));
static volatile reg_t *const one = &words[0], *const other = &words[32];
static volatile uint32_t arrived, turns;

/* The usual pair: 0 if `expected` was there and is `desired` now. */
static reg_t exchange(volatile reg_t *at, reg_t expected, reg_t desired, reg_t *found)
{
    reg_t fails;

    __asm__ volatile("1: " LR " %0, (%2)\nli %1, 1\nbne %0, %3, 2f\n" SC
                     " %1, %4, (%2)\nbnez %1, 1b\n2:"
                     : "=&r"(*found), "=&r"(fails)
                     : "r"(at), "r"(expected), "r"(desired)
                     : "memory");
    return fails;
}

static void exchanges(void)
{
    reg_t found;

    for (reg_t i = 0; i < ROUNDS; i++) {
        *one = ~i;
        CHECK_EQ(exchange(one, ~i, i, &found), 0);
        CHECK_EQ(found, ~i);
        CHECK_EQ(*one, i);
        CHECK_EQ(exchange(one, ~i, 5, &found), 1);
        CHECK_EQ(found, i);
        CHECK_EQ(*one, i);
    }
}

/* 32 bits of a word, sign-extended, and no more than these are compared and written. */
static void halves(void)
{
    for (reg_t i = 0; i < ROUNDS; i++) {
        volatile uint32_t *half = (volatile uint32_t *)one + i % (XLEN / 32);
        reg_t found, fails;
        *one = ~(reg_t)0 - i;
        half[0] = 0x80000000u + (uint32_t)i;
        __asm__ volatile("lr.w.aq %0, (%2)\nxori %0, %0, -1\nsc.w.rl %1, %0, (%2)\nxori %0, %0, -1"
                         : "=&r"(found), "=&r"(fails)
                         : "r"(half)
                         : "memory");
        CHECK_EQ(fails, 0);
        CHECK_EQ(found, (reg_t)(long)(int32_t)(0x80000000u + (uint32_t)i));
        CHECK_EQ(*half, 0x7fffffffu - (uint32_t)i);
#if XLEN == 64
        CHECK_EQ(((volatile uint32_t *)one)[1 - i % 2], i % 2 ? ~(uint32_t)i : 0xffffffffu);
#endif
    }
}

/* An SC ends the reservation, whether it stored or not; and without one it fails. */
static void second(void)
{
    for (reg_t i = 0; i < ROUNDS; i++) {
        reg_t found, first, again;
        *one = i;
        __asm__ volatile(LR " %0, (%3)\n" SC " %1, %4, (%3)\n" SC " %2, %3, (%3)"
                         : "=&r"(found), "=&r"(first), "=&r"(again)
                         : "r"(one), "r"(i + 7)
                         : "memory");
        CHECK_EQ(found, i);
        CHECK_EQ(first, 0);
        CHECK_EQ(again, 1);
        CHECK_EQ(*one, i + 7);
    }
}

/* Only the address of the last LR counts. */
static void addresses(void)
{
    for (reg_t i = 0; i < ROUNDS; i++) {
        reg_t fails, late;
        *one = *other = i;
        __asm__ volatile(LR " t0, (%2)\n" SC " %0, %3, (%4)\n" LR " t0, (%2)\n" LR " t1, (%4)\n" SC
                            " %1, %3, (%2)"
                         : "=&r"(fails), "=&r"(late)
                         : "r"(one), "r"(i + 1), "r"(other)
                         : "t0", "t1", "memory");
        CHECK_EQ(fails, 1);
        CHECK_EQ(late, 1);
        CHECK_EQ(*one, i);
        CHECK_EQ(*other, i);
    }
}

/* Out in the middle of a pair, to an SC that has the same address, or another. The latter has to fail. */
static void ways_out(void)
{
    for (reg_t i = 0; i < ROUNDS; i++) {
        reg_t fails = 2;
        *one = *other = i;
        __asm__ volatile("j 1f\n"
                         "3: " SC " %0, %2, (%3)\nj 2f\n"
                         "1: " LR " t0, (%1)\nbeqz zero, 3b\n" SC " %0, %2, (%1)\n2:"
                         : "+&r"(fails)
                         : "r"(one), "r"(i + 1), "r"(i % 2 ? one : other)
                         : "t0", "memory");
        if (i % 2) {
            CHECK_EQ(*one, fails ? i : i + 1);
        } else {
            CHECK_EQ(fails, 1);
            CHECK_EQ(*other, i);
        }
    }
}

/* The register with the address changes, or is what LR loads; a store or load comes in between. */
static void between(void)
{
    for (reg_t i = 0; i < ROUNDS; i++) {
        reg_t found, fails;
        *one = (reg_t)other;
        *other = i;
        __asm__ volatile("mv t0, %2\n" LR " t0, (t0)\n" SC " %0, %3, (t0)\n"
                         "mv t0, %2\n" LR " t1, (t0)\naddi t0, t0, 64\n" SC " %1, %3, (t0)"
                         : "=&r"(found), "=&r"(fails)
                         : "r"(one), "r"(i + 1)
                         : "t0", "t1", "memory");
        CHECK_EQ(found, 1);
        CHECK_EQ(fails, 1);
        CHECK_EQ(*other, i);
        __asm__ volatile("1: " LR " %0, (%2)\n" LR
                         " %0, (%2)\nsw zero, 64(%2)\nlw t0, 64(%2)\nadd %0, %0, t0\n" SC
                         " %1, %0, (%2)\nbnez %1, 1b"
                         : "=&r"(found), "=&r"(fails)
                         : "r"(other)
                         : "t0", "memory");
        CHECK_EQ(*other, i);
    }
}

/* Where there is nothing, and misaligned: LR's faults are those of loads, and what it would have written stays. */
static void faults(void)
{
    for (reg_t i = 0; i < ROUNDS; i++) {
        volatile reg_t *at = i % 3 == 0   ? one
                             : i % 3 == 1 ? (volatile reg_t *)((reg_t)one + 2)
                                          : (volatile reg_t *)8;
        reg_t found = 77;
        *one = i;
        trap_clear();
        __asm__ volatile(".option push\n.option norvc\n" LR
                         " %0, (%1)\n.option pop\naddi t1, %0, 1\n"
                         : "+&r"(found)
                         : "r"(at)
                         : "t1", "memory");
        CHECK_EQ(my_trap()->cause, i % 3 == 0   ? NO_TRAP
                                   : i % 3 == 1 ? LOAD_MISALIGNED
                                                : LOAD_ACCESS);
        CHECK_EQ(found, i % 3 == 0 ? i : 77);
        trap_clear();
        __asm__ volatile(".option push\n.option norvc\n" LR " t0, (%0)\n" SC
                         " t1, %1, (%0)\n.option pop" ::"r"(at),
                         "r"(i + 1)
                         : "t0", "t1", "memory");
        CHECK_EQ(my_trap()->cause, i % 3 == 0   ? NO_TRAP
                                   : i % 3 == 1 ? STORE_MISALIGNED
                                                : STORE_ACCESS);
        CHECK_EQ(*one, i % 3 == 0 ? i + 1 : i);
    }
}

/* A ticket for each turn of each hart, by pairs that are compare-and-swaps and by some that are not. */
static void contend(unsigned hart)
{
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < HARTS)
        ;
    for (unsigned i = 0; i < 20 * ROUNDS; i++) {
        reg_t found = *one, expected;
        if ((i + hart) % 5) {
            do {
                expected = found;
            } while (exchange(one, expected, expected + 1, &found));
        } else {
            __asm__ volatile("1: " LR " t0, (%0)\nlw t1, 64(%0)\naddi t0, t0, 1\n" SC
                             " t1, t0, (%0)\nbnez t1, 1b" ::"r"(one)
                             : "t0", "t1", "memory");
        }
        __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
    }
}

int test_main(reg_t hart)
{
    (void)hart;
    print_dec(harts());
    print(" harts\n");
    exchanges();
    halves();
    second();
    addresses();
    ways_out();
    between();
    faults();
    CHECK_EQ(harts(), HARTS);
    *one = 0;
    on_harts(HARTS, contend);
    CHECK_EQ(*one, 20 * ROUNDS * HARTS);
    CHECK_EQ(turns, 20 * ROUNDS * HARTS);
    return 0;
}
