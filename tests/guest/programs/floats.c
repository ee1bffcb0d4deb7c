/* SPDX-License-Identifier: Apache-2.0
 *
 * floats.c - floats that live through loops: over loads from pages not seen before, over calls, traps and jumps into the
 * middle, as F32 and F64 in turn, more of them than a host has registers. The numbers are integers, so that every sum is
 * exact. NaN boxing: Unprivileged ISA 20240411, 13.2; canonical NaN: 12.3.
 */
#include "guest.h"

/* The compiler is told not to use floats of its own accord; the assembler takes them from here on. */
__asm__(".option arch, +d");

#define PAGES 40
#define WORDS 1024
#define N     300

static uint32_t singles[PAGES][WORDS] __attribute__((aligned(4096)));
static double doubles[N];

static uint32_t bits_of_single(unsigned n)
{
    uint32_t bits;

    __asm__ volatile("fcvt.s.wu ft11, %1\n fmv.x.w %0, ft11" : "=r"(bits) : "r"(n) : "ft11");
    return bits;
}

/* Every iteration loads from another page. */
static void over_pages(void)
{
    for (unsigned round = 0; round < 20; round++) {
        const uint32_t *at = singles[0];
        reg_t n = PAGES, sum, product;

        for (unsigned i = 0; i < PAGES; i++)
            singles[i][round] = bits_of_single(i + round);
        at += round;
        __asm__ volatile("fmv.w.x ft0, zero\n"
                         "fcvt.d.w ft1, zero\n"
                         "li t0, 3\n"
                         "fcvt.s.w ft2, t0\n"
                         "1: flw ft3, 0(%2)\n"
                         "fadd.s ft0, ft0, ft3\n"
                         "fmul.s ft4, ft3, ft2\n"
                         "fcvt.d.s ft5, ft4\n"
                         "fadd.d ft1, ft1, ft5\n"
                         "add %2, %2, %5\n"
                         "addi %3, %3, -1\n"
                         "bnez %3, 1b\n"
                         "fcvt.w.s %0, ft0\n"
                         "fcvt.w.d %1, ft1\n"
                         : "=&r"(sum), "=&r"(product), "+r"(at), "+r"(n)
                         : "m"(singles), "r"(WORDS * 4)
                         : "t0", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5");
        CHECK_EQ(sum, PAGES * (PAGES - 1) / 2 + PAGES * round);
        CHECK_EQ(product, 3 * sum);
    }
}

/* Atomics are calls on many hosts, here with much to do: each is the first access to its page. */
static void over_calls(void)
{
    static uint32_t counters[2 * PAGES + 1][WORDS] __attribute__((aligned(4096)));
    const uint32_t *at = counters[0];
    reg_t n = PAGES, sum;

    __asm__ volatile("fcvt.d.w ft0, zero\n"
                     "li t0, 7\n"
                     "fcvt.d.w ft1, t0\n"
                     "sfence.vma\n"
                     "fadd.d ft0, ft0, ft1\n"
                     "amoadd.w t1, t0, (%2)\n" /* nothing is held here ... */
                     "bnez t0, 1f\n"           /* ... where this goes into the loop */
                     "fcvt.d.w ft1, zero\n"
                     "1: fadd.d ft0, ft0, ft1\n"
                     "add %2, %2, %3\n"
                     "amoadd.w t1, t0, (%2)\n"
                     "fadd.d ft0, ft0, ft1\n"
                     "add %2, %2, %3\n"
                     "amoadd.w t1, t0, (%2)\n"
                     "addi %1, %1, -1\n"
                     "bnez %1, 1b\n"
                     "fcvt.w.d %0, ft0\n"
                     : "=&r"(sum), "+r"(n), "+r"(at)
                     : "r"(WORDS * 4)
                     : "t0", "t1", "ft0", "ft1", "memory");
    CHECK_EQ(sum, 14 * PAGES + 7);
}

/* The first iteration begins in the middle; every third one skips a part. */
static void into_the_middle(void)
{
    reg_t n = N, sum, third = 0;

    __asm__ volatile("fcvt.d.w ft0, zero\n"
                     "li t0, 5\n"
                     "fcvt.d.w ft1, t0\n"
                     "fcvt.d.w ft2, t0\n"
                     "j 2f\n"
                     "1: fadd.d ft0, ft0, ft1\n"
                     "2: addi %2, %2, 1\n"
                     "li t0, 3\n"
                     "bne %2, t0, 3f\n"
                     "li %2, 0\n"
                     "fadd.d ft0, ft0, ft2\n"
                     "3: addi %1, %1, -1\n"
                     "bnez %1, 1b\n"
                     "fcvt.w.d %0, ft0\n"
                     : "=&r"(sum), "+r"(n), "+r"(third)
                     :
                     : "t0", "ft0", "ft1", "ft2");
    CHECK_EQ(sum, 5 * (N - 1) + 5 * (N / 3));
}

/* The same register holds an F32, then an F64 whose low half is that, then what an integer instruction moved there. */
static void views(void)
{
    reg_t n = N, sum = 0, high = 0;
    static union {
        double real;
        uint32_t words[2];
    } seen;

    __asm__ volatile("li t0, 1\n"
                     "fcvt.s.w ft1, t0\n"
                     "fmv.w.x ft0, zero\n"
                     "1: fadd.s ft0, ft0, ft1\n"
                     "fsd ft0, 0(%3)\n" /* boxed */
                     "lw t1, 4(%3)\n"
                     "add %2, %2, t1\n"
                     "sw zero, 4(%3)\n"
                     "fld ft2, 0(%3)\n"       /* no longer boxed ... */
                     "fadd.s ft3, ft2, ft1\n" /* ... so it counts as a NaN */
                     "fmv.x.w t1, ft3\n"
                     "li t2, 0x7fc00000\n"
                     "sub t1, t1, t2\n"
                     "add %2, %2, t1\n"
                     "flw ft2, 0(%3)\n"
                     "feq.s t1, ft2, ft0\n"
                     "add %0, %0, t1\n"
                     "fmv.x.w t1, ft0\n"
                     "fmv.w.x ft0, t1\n"
                     "addi %1, %1, -1\n"
                     "bnez %1, 1b\n"
                     "fcvt.w.s t1, ft0\n"
                     "add %0, %0, t1\n"
                     : "+r"(sum), "+r"(n), "+r"(high)
                     : "r"(&seen)
                     : "t0", "t1", "t2", "ft0", "ft1", "ft2", "ft3", "memory");
    CHECK_EQ(sum, 2 * N);
    CHECK_EQ(high, (reg_t)-N);
}

/* A loop over all 32. */
static void crowd(void)
{
    reg_t n = N, sum;

    __asm__ volatile(
        "li t0, 1\n"
        "fcvt.d.w f0, t0\n"
        "fmv.d f1, f0\n fmv.d f2, f0\n fmv.d f3, f0\n fmv.d f4, f0\n fmv.d f5, f0\n fmv.d f6, f0\n"
        "fmv.d f7, f0\n fmv.d f8, f0\n fmv.d f9, f0\n fmv.d f10, f0\n fmv.d f11, f0\n fmv.d f12, f0\n"
        "fmv.d f13, f0\n fmv.d f14, f0\n fmv.d f15, f0\n fmv.d f16, f0\n fmv.d f17, f0\n"
        "fcvt.d.w f18, zero\n fmv.d f19, f18\n fmv.d f20, f18\n"
        "1: fadd.d f18, f18, f1\n fadd.d f19, f19, f2\n fadd.d f20, f20, f3\n fadd.d f18, f18, f4\n"
        "fadd.d f19, f19, f5\n fadd.d f20, f20, f6\n fadd.d f18, f18, f7\n fadd.d f19, f19, f8\n"
        "fadd.d f20, f20, f9\n fadd.d f18, f18, f10\n fadd.d f19, f19, f11\n fadd.d f20, f20, f12\n"
        "fadd.d f18, f18, f13\n fadd.d f19, f19, f14\n fadd.d f20, f20, f15\n fadd.d f18, f18, f16\n"
        "fadd.d f19, f19, f17\n fadd.d f20, f20, f0\n"
        "addi %1, %1, -1\n"
        "bnez %1, 1b\n"
        "fadd.d f18, f18, f19\n fadd.d f18, f18, f20\n"
        "fcvt.w.d %0, f18\n"
        : "=&r"(sum), "+r"(n)
        :
        : "t0", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
          "f13", "f14", "f15", "f16", "f17", "f18", "f19", "f20");
    CHECK_EQ(sum, 18 * N);
}

/* Fused operations into each of their operands; sums, and NaNs that come and go. */
static void fused(void)
{
    reg_t n = N, sum, nans = 0;

    for (unsigned i = 0; i < N; i++)
        __asm__ volatile("fcvt.d.w ft0, %1\n fsd ft0, %0" : "=m"(doubles[i]) : "r"(i) : "ft0");
    __asm__ volatile("fcvt.d.w ft0, zero\n"
                     "li t0, 2\n"
                     "fcvt.d.w ft1, t0\n"
                     "li t0, 1\n"
                     "fcvt.d.w ft6, t0\n"
                     "fcvt.d.w ft7, zero\n"
                     "fdiv.d ft8, ft6, ft7\n" /* infinity */
                     "1: fld ft2, 0(%3)\n"
                     "fmadd.d ft0, ft2, ft1, ft0\n"  /* + 2 i, into c */
                     "fmsub.d ft2, ft2, ft1, ft2\n"  /* i, into a and c */
                     "fnmsub.d ft1, ft1, ft6, ft1\n" /* 2 - 2 */
                     "fadd.d ft1, ft1, ft6\n"
                     "fmadd.d ft1, ft1, ft6, ft1\n"  /* 2 again, into a and c */
                     "fnmadd.d ft2, ft6, ft2, ft7\n" /* -i, into b */
                     "fsub.d ft0, ft0, ft2\n"        /* + i */
                     "fmul.d ft3, ft8, ft7\n"        /* infinity * 0 */
                     "feq.d t0, ft3, ft3\n"
                     "addi t0, t0, -1\n"
                     "sub %2, %2, t0\n"
                     "fmin.d ft3, ft3, ft6\n" /* the number */
                     "fsgnjn.d ft4, ft3, ft3\n"
                     "fsgnjx.d ft5, ft4, ft4\n"
                     "fmax.d ft5, ft5, ft4\n" /* 1 */
                     "fadd.d ft0, ft0, ft5\n"
                     "addi %3, %3, 8\n"
                     "addi %1, %1, -1\n"
                     "bnez %1, 1b\n"
                     "fcvt.w.d %0, ft0\n"
                     : "=&r"(sum), "+r"(n), "+r"(nans)
                     : "r"(doubles)
                     : "t0", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "ft8",
                       "memory");
    CHECK_EQ(sum, 3 * (N * (N - 1) / 2) + N);
    CHECK_EQ(nans, N);
}

/* Zeros have an order. */
static void zeros(void)
{
    reg_t n = N, wrong = 0;

    __asm__ volatile("fcvt.s.w ft0, zero\n"
                     "fneg.s ft1, ft0\n"
                     "1: fmin.s ft2, ft0, ft1\n"
                     "fmax.s ft3, ft1, ft0\n"
                     "fmv.x.w t0, ft2\n"
                     "lui t1, 0x80000\n"
                     "xor t0, t0, t1\n"
                     "or %1, %1, t0\n"
                     "fmv.x.w t0, ft3\n"
                     "or %1, %1, t0\n"
                     "addi %0, %0, -1\n"
                     "bnez %0, 1b\n"
                     : "+r"(n), "+r"(wrong)
                     :
                     : "t0", "t1", "ft0", "ft1", "ft2", "ft3");
    CHECK_EQ(wrong, 0);
}

int test_main(reg_t hart)
{
    (void)hart;
    for (unsigned round = 0; round < 3; round++) {
        over_pages();
        over_calls();
        into_the_middle();
        views();
        crowd();
        fused();
        zeros();
    }
    return 0;
}
