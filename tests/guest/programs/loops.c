/* SPDX-License-Identifier: Apache-2.0
 *
 * loops.c - loops, for accelerators that compile them as a whole: left by faults and interrupts in the middle, with all
 * registers in use; around calls; and changed by their own stores while they run.
 */
#include "guest.h"

#define MTIMECMP (ACLINT + 0x4000)
#define MTIME    (ACLINT + 0xbff8)
#define NOWHERE  0x60000000ul /* nothing answers here */

#define ADDI_A0_A0(n) (0x00050513u | (uint32_t)(n) << 20)

/* --- faults ---------------------------------------------------------------------------------- */

static reg_t seen[32];

static void keep_and_leave(struct frame *f)
{
    for (unsigned i = 0; i < 32; i++)
        seen[i] = f->x[i];
    f->pc = my_trap()->resume;
}

/* The loop counts in every register that it may, and faults in the round that the address becomes bad. */
static void faults(void)
{
    static reg_t cell;

    for (unsigned last = 1; last < 300; last += 23) {
        trap_clear();
        my_trap()->hook = keep_and_leave;
        __asm__ volatile(
            "la t0, 3f\n"
            "mv t1, %0\n" STORE_REG " t0, 0(t1)\n"
            "mv t0, %1\n"
            "mv t1, %2\n"
            "mv t2, %3\n"
            "li a1, 0\n li a2, 0\n li a3, 0\n li a4, 0\n li a5, 0\n li a6, 0\n li a7, 0\n"
            "li s2, 0\n li s3, 0\n li s4, 0\n li s5, 0\n li s6, 0\n li s7, 0\n li s8, 0\n"
            "li s9, 0\n li s10, 0\n li s11, 0\n li t3, 0\n li t4, 0\n li t5, 0\n"
            "1: addi a1, a1, 1\n add a2, a2, a1\n xor a3, a3, a2\n add a4, a4, a3\n"
            "addi s2, s2, 2\n add s3, s3, s2\n xor s4, s4, s3\n add s5, s5, s4\n"
            "bne a1, t2, 2f\n"
            "mv t1, t0\n"
            "2: " LOAD_REG " a5, 0(t1)\n"
            "addi a6, a6, 1\n add a7, a7, a5\n addi s6, s6, 3\n add s7, s7, s6\n"
            "addi s8, s8, 4\n add s9, s9, s8\n addi s10, s10, 5\n add s11, s11, s10\n"
            "addi t3, t3, 6\n add t4, t4, t3\n addi t5, t5, 7\n"
            "j 1b\n"
            "3:\n"
            :
            : "r"(&my_trap()->resume), "r"(NOWHERE), "r"(&cell), "r"((reg_t)last)
            : "t0", "t1", "t2", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5",
              "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "memory");
        my_trap()->hook = NULL;
        my_trap()->resume = 0;
        {
            reg_t a[4] = {0}, s[4] = {0}, sums[5] = {0}, before = last - 1;
            for (reg_t i = 1; i <= last; i++) {
                a[0]++, a[1] += a[0], a[2] ^= a[1], a[3] += a[2];
                s[0] += 2, s[1] += s[0], s[2] ^= s[1], s[3] += s[2];
            }
            for (reg_t i = 1; i <= before; i++)
                for (unsigned k = 0; k < 5; k++)
                    sums[k] += (k + 3) * i;
            for (unsigned k = 0; k < 4; k++) {
                CHECK_EQ(seen[11 + k], a[k]);
                CHECK_EQ(seen[18 + k], s[k]);
            }
            CHECK_EQ(seen[16], before);
            CHECK_EQ(seen[22], 3 * before);
            CHECK_EQ(seen[23], sums[0]);
            CHECK_EQ(seen[24], 4 * before);
            CHECK_EQ(seen[25], sums[1]);
            CHECK_EQ(seen[26], 5 * before);
            CHECK_EQ(seen[27], sums[2]);
            CHECK_EQ(seen[28], 6 * before);
            CHECK_EQ(seen[29], sums[3]);
            CHECK_EQ(seen[30], 7 * before);
        }
        CHECK_EQ(seen[6], NOWHERE);
    }
}

/* --- calls ----------------------------------------------------------------------------------- */

static __attribute__((noinline)) reg_t twist(reg_t a, reg_t b)
{
    return (a << 5 ^ a >> 3) + b;
}

static __attribute__((noinline)) reg_t turn(reg_t a, reg_t b)
{
    for (reg_t i = b & 7; i; i--)
        a = a * 3 + i;
    return a;
}

static reg_t mixed(reg_t n)
{
    reg_t sum = 1;

    for (reg_t i = 0; i < n; i++) {
        sum = twist(sum, i);
        if (sum & 16)
            sum = turn(sum, i);
        sum ^= twist(i, sum);
    }
    return sum;
}

static reg_t (*volatile through)(reg_t, reg_t) = twist;

/* The same, with calls whose targets no translator knows. */
static reg_t mixed_blindly(reg_t n)
{
    reg_t sum = 1;

    for (reg_t i = 0; i < n; i++) {
        through = twist;
        sum = through(sum, i);
        if (sum & 16) {
            through = turn;
            sum = through(sum, i);
        }
        through = twist;
        sum ^= through(i, sum);
    }
    return sum;
}

static void calls(void)
{
    for (reg_t n = 1; n < 3000; n = n * 3 + 1)
        CHECK_EQ(mixed(n), mixed_blindly(n));
}

/* --- interrupts ------------------------------------------------------------------------------ */

static volatile reg_t interrupts, rounds = 20000; /* volatile: computed again each time */

static void set_timer(uint32_t ticks)
{
    MMIO32(MTIMECMP + 4) = 0xffffffff;
    MMIO32(MTIMECMP) = MMIO32(MTIME) + ticks;
    MMIO32(MTIMECMP + 4) = MMIO32(MTIME + 4) + (MMIO32(MTIMECMP) < ticks);
}

static void again(struct frame *f)
{
    (void)f;
    interrupts++;
    set_timer(20 + interrupts % 64);
}

static void interrupted(void)
{
    reg_t want = mixed(rounds);

    trap_clear();
    my_trap()->hook = again;
    set_timer(10);
    csr_set(mie, 1ul << IRQ_MTI);
    csr_set(mstatus, MSTATUS_MIE);
    /* However late a busy host's timers are. */
    for (unsigned i = 0; i < 10 || (interrupts <= 10 && i < 20000); i++)
        CHECK_EQ(mixed(rounds), want);
    csr_clear(mstatus, MSTATUS_MIE);
    csr_clear(mie, 1ul << IRQ_MTI);
    my_trap()->hook = NULL;
    CHECK_EQ(interrupts > 10, 1);
}

/* --- stores to the loop ---------------------------------------------------------------------- */

/* In round `when` the loop's first instruction, which adds 1, is made one that adds 3. */
static reg_t changing(reg_t n, reg_t when)
{
    register reg_t sum __asm__("a0") = 0;

    __asm__ volatile("la t0, 1f\n"
                     "li t1, 0\n"
                     "sw %4, 0(t0)\n"
                     "fence.i\n"
                     "1: addi a0, a0, 1\n"
                     "addi t1, t1, 1\n"
                     "bne t1, %2, 2f\n"
                     "sw %3, 0(t0)\n"
                     "fence.i\n"
                     "2: bne t1, %1, 1b\n"
                     : "+r"(sum)
                     : "r"(n), "r"(when), "r"(ADDI_A0_A0(3)), "r"(ADDI_A0_A0(1))
                     : "t0", "t1", "memory");
    return sum;
}

static void changes(void)
{
    for (reg_t when = 1; when < 400; when += 13)
        CHECK_EQ(changing(500, when), when + 3 * (500 - when));
    CHECK_EQ(changing(500, 501), 500);
}

int test_main(unsigned long hart)
{
    (void)hart;
    for (unsigned i = 0; i < 3; i++) {
        faults();
        calls();
        changes();
    }
    interrupted();
    return 0;
}
