/* SPDX-License-Identifier: Apache-2.0
 *
 * smc.c - code that changes itself: in the next instruction's page, in the running block, across pages, by
 * DMA-like stores of every width, over and over (a guest's own just-in-time compiler), and execution across a page
 * boundary. FENCE.I: Unprivileged ISA 20240411, chapter 5.
 */
#include "guest.h"

#define RET      0x00008067u
#define LI_A0(n) (0x00000513u | (uint32_t)(n) << 20)
#define NOP      0x00000013u

static uint32_t buffer[4096] __attribute__((aligned(4096)));

static void sync(void)
{
    __asm__ volatile("fence.i" ::: "memory");
}

static reg_t call(const uint32_t *code)
{
    return ((reg_t(*)(void))(reg_t)code)();
}

static void simple(void)
{
    for (unsigned i = 0; i < 2000; i++) {
        buffer[0] = LI_A0(i);
        buffer[1] = RET;
        sync();
        CHECK_EQ(call(buffer), i);
    }
    /* by bytes and halves */
    ((volatile uint8_t *)buffer)[3] = 0x12; /* bits 11:4 of the immediate, over 1999 = 0x7cf */
    sync();
    CHECK_EQ(call(buffer), 0x12f);
    ((volatile uint16_t *)buffer)[1] = 0x0550;
    sync();
    CHECK_EQ(call(buffer), 0x055);
}

/* Stores to the block that is running, behind the pc, then fence.i in the same block. */
static void ahead(void)
{
    reg_t got;

    for (unsigned i = 0; i < 200; i++) {
        __asm__ volatile("la t0, 1f\n"
                         "sw %1, 0(t0)\n"
                         "fence.i\n"
                         "nop\n"
                         "1: li a0, 0\n"
                         "mv %0, a0\n"
                         : "=r"(got)
                         : "r"(LI_A0(i))
                         : "t0", "a0", "memory");
        CHECK_EQ(got, i);
    }
}

static void many_pages(void)
{
    /* data and code in the same page, neighbours changed while the code stays */
    buffer[512] = LI_A0(7);
    buffer[513] = RET;
    sync();
    for (unsigned i = 0; i < 3000; i++) {
        buffer[600 + i % 300] = i;
        CHECK_EQ(call(&buffer[512]), 7);
    }
    /* a block that runs across a page boundary, either half of which changes */
    for (unsigned i = 1020; i < 1028; i++)
        buffer[i] = NOP;
    buffer[1028] = RET;
    for (unsigned i = 0; i < 50; i++) {
        buffer[1023] = LI_A0(i);
        buffer[1024] = NOP;
        sync();
        CHECK_EQ(call(&buffer[1020]), i);
        buffer[1024] = LI_A0(i + 100);
        sync();
        CHECK_EQ(call(&buffer[1020]), i + 100);
    }
    /* a 4-byte instruction across the boundary needs the C extension's alignment: c.nop, then li a0 */
    volatile uint16_t *half = (volatile uint16_t *)buffer;
    half[2046] = 0x0001;
    for (unsigned i = 0; i < 50; i++) {
        uint32_t insn = LI_A0(i + 30);
        half[2047] = (uint16_t)insn;
        half[2048] = (uint16_t)(insn >> 16);
        half[2049] = 0x8082; /* c.jr ra */
        sync();
        CHECK_EQ(call((const uint32_t *)&half[2046]), i + 30);
    }
    /* a chain of jumps through pages whose links change */
    for (unsigned i = 0; i < 100; i++) {
        buffer[2048] =
            0x0000006f | 1u << 12; /* j +4096: bit 12 of the offset is bit 12 of the encoding */
        buffer[3072] = LI_A0(i);
        buffer[3073] = RET;
        sync();
        CHECK_EQ(call(&buffer[2048]), i);
    }
}

int test_main(reg_t hart)
{
    simple();
    ahead();
    many_pages();
    return 0;
}
