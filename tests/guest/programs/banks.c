/* SPDX-License-Identifier: Apache-2.0
 *
 * banks.c - the same hot loops in two pieces of RAM, turn by turn and in both at once: what an accelerator knows of where
 * one of them lies at the host must not be used for the other.
 */
#include "guest.h"

#define BANK   0x90000000ul
#define WORDS  512
#define ROUNDS 400

static reg_t here[WORDS], copy[WORDS];

__attribute__((noinline)) static void fill(reg_t *to, reg_t seed)
{
    for (unsigned i = 0; i < WORDS; i++)
        to[i] = seed + i * 2654435761u;
}

__attribute__((noinline)) static reg_t sum(const reg_t *from)
{
    reg_t total = 0;

    for (unsigned i = 0; i < WORDS; i++)
        total = (total << 1 | total >> (XLEN - 1)) ^ from[i];
    return total;
}

__attribute__((noinline)) static void move(reg_t *to, const reg_t *from)
{
    for (unsigned i = 0; i < WORDS; i++)
        to[i] = from[i];
}

/* Four with the same base at a time. */
__attribute__((noinline)) static void turn(reg_t *at)
{
    for (unsigned i = 0; i < WORDS; i += 4) {
        reg_t a = at[i], b = at[i + 1], c = at[i + 2], d = at[i + 3];
        at[i] = d;
        at[i + 1] = a;
        at[i + 2] = b;
        at[i + 3] = c;
    }
}

/* A chain of addresses that goes from one piece to the other with every step. */
__attribute__((noinline)) static unsigned chase(reg_t *a, reg_t *b)
{
    reg_t *at = a;
    unsigned n = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        a[i] = (reg_t)&b[i];
        b[i] = (reg_t)&a[i + 1];
    }
    b[WORDS - 1] = 0;
    for (; at; at = (reg_t *)*at)
        n++;
    return n;
}

int test_main(reg_t hart)
{
    reg_t *bank = (reg_t *)BANK, want;

    fill(here, 1); /* this piece first: it is the smaller one */
    want = sum(here);
    for (unsigned round = 0; round < ROUNDS; round++) {
        reg_t *there = bank + round * 64;
        fill(there, 1);
        CHECK_EQ(sum(there), want);
        CHECK_EQ(sum(here), want);
        for (unsigned i = 0; i < 4; i++)
            turn(there);
        CHECK_EQ(sum(there), want);
        move(copy, there);
        CHECK_EQ(sum(copy), want);
        turn(copy);
        CHECK(sum(copy) != want);
        for (unsigned i = 0; i < 3; i++)
            turn(copy);
        CHECK_EQ(sum(copy), want);
        CHECK_EQ(chase(copy, there), 2 * WORDS);
        CHECK_EQ(sum(here), want);
    }
    return 0;
}
