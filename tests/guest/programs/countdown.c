/* SPDX-License-Identifier: Apache-2.0
 *
 * countdown.c - drives the example of the device author's guide, in as many languages as there are: counters in a row,
 * each with a source of its own at the PLIC.
 */
#include "guest.h"

#define COUNTDOWN(n)       (0x10010000ul + 0x1000ul * (n))
#define CTRL(n)            MMIO32(COUNTDOWN(n) + 0x0)
#define LOAD(n)            MMIO32(COUNTDOWN(n) + 0x4)
#define VALUE(n)           MMIO32(COUNTDOWN(n) + 0x8)
#define STATUS(n)          MMIO32(COUNTDOWN(n) + 0xc)
#define FIRST_SOURCE       20
#define COUNTERS           3
#define EN_IE              3
#define EN_IE_AUTO         7
#define PLIC_ENABLE        MMIO32(PLIC + 0x2000)
#define PLIC_PRIORITY(src) MMIO32(PLIC + 4 * (src))
#define PLIC_CLAIM         MMIO32(PLIC + 0x200004)

/* wfi wakes for it, and mstatus.MIE stays 0: no trap. */
static uint32_t wait_for_source(void)
{
    while (!(csr_read(mip) & 1ul << IRQ_MEI))
        __asm__ volatile("wfi");
    return PLIC_CLAIM;
}

/* The host may stop at any point for longer than a counter runs: nothing here depends on how fast the program gets on. */
static void once(unsigned n)
{
    uint32_t left;

    LOAD(n) = 1000;
    CTRL(n) = EN_IE;
    left = VALUE(n);
    CHECK(left <= 1000 && (left || STATUS(n)));
    CHECK_EQ(wait_for_source(), FIRST_SOURCE + n);
    CHECK_EQ(STATUS(n), 1);
    CHECK_EQ(CTRL(n), 2);
    CHECK_EQ(VALUE(n), 0);
    STATUS(n) = 1;
    CHECK_EQ(STATUS(n), 0);
    PLIC_CLAIM = FIRST_SOURCE + n;
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
}

/* All at once, and each is heard of. */
static void together(void)
{
    uint32_t heard = 0, source;

    for (unsigned n = 0; n < COUNTERS; n++) {
        LOAD(n) = 3000 * (COUNTERS - n);
        CTRL(n) = EN_IE;
    }
    for (unsigned i = 0; i < COUNTERS; i++) {
        source = wait_for_source();
        heard |= 1u << (source - FIRST_SOURCE);
        STATUS(source - FIRST_SOURCE) = 1;
        PLIC_CLAIM = source;
    }
    CHECK_EQ(heard, (1u << COUNTERS) - 1);
}

/* Stopped, one more may be pending: it had expired already. */
static void again(unsigned n)
{
    LOAD(n) = 100;
    CTRL(n) = EN_IE_AUTO;
    for (unsigned i = 0; i < 5; i++) {
        CHECK_EQ(wait_for_source(), FIRST_SOURCE + n);
        STATUS(n) = 1;
        PLIC_CLAIM = FIRST_SOURCE + n;
    }
    CTRL(n) = 0;
    STATUS(n) = 1;
    if (csr_read(mip) & 1ul << IRQ_MEI) {
        CHECK_EQ(PLIC_CLAIM, FIRST_SOURCE + n);
        PLIC_CLAIM = FIRST_SOURCE + n;
    }
    CHECK_EQ(csr_read(mip) & 1ul << IRQ_MEI, 0);
}

int test_main(unsigned long hart)
{
    csr_write(mie, 1ul << IRQ_MEI);
    for (unsigned n = 0; n < COUNTERS; n++)
        PLIC_PRIORITY(FIRST_SOURCE + n) = 1;
    PLIC_ENABLE = ((1u << COUNTERS) - 1) << FIRST_SOURCE;
    for (unsigned n = 0; n < COUNTERS; n++) {
        once(n);
        again(n);
    }
    together();
    return 0;
}
