/* SPDX-License-Identifier: Apache-2.0
 *
 * edges.c - code that has become hot meets the last bytes of RAM, what lies behind them, devices, and pages that have
 * turned into code: with addresses that nothing translates, and with an entry of PMP that protects some of them.
 */
#include "guest.h"

#define ROUNDS 64
#define STEP   0x100000ul

static reg_t end; /* of RAM */

/* Loads and stores of each width; a fault leaves the value as it was. */
#define ACCESS(name, load, store, mask)                                                            \
    static reg_t load_##name(reg_t at)                                                             \
    {                                                                                              \
        reg_t value = 0x5a5a;                                                                      \
        __asm__ volatile(load " %0, 0(%1)" : "+r"(value) : "r"(at) : "memory");                    \
        return value & (mask);                                                                     \
    }                                                                                              \
    static void store_##name(reg_t at, reg_t value)                                                \
    {                                                                                              \
        __asm__ volatile(store " %0, 0(%1)" ::"r"(value), "r"(at) : "memory");                     \
    }
ACCESS(1, "lbu", "sb", 0xff)
ACCESS(2, "lhu", "sh", 0xffff)
ACCESS(4, "lw", "sw", 0xffffffff)
#if XLEN == 64
ACCESS(8, "ld", "sd", ~0ul)
#endif

static const struct {
    unsigned bytes;
    reg_t (*load)(reg_t at);
    void (*store)(reg_t at, reg_t value);
} widths[] = {
    {1, load_1, store_1},
    {2, load_2, store_2},
    {4, load_4, store_4},
#if XLEN == 64
    {8, load_8, store_8},
#endif
};
#define WIDTHS (sizeof(widths) / sizeof(*widths))

static void find_end(void)
{
    for (end = RAM + STEP;; end += STEP) {
        trap_clear();
        load_1(end);
        if (my_trap()->cause == LOAD_ACCESS)
            break;
    }
    print_dec((end - RAM) / STEP);
    print(" MiB\n");
}

/* Around `at`, from where on there is nothing. */
static void check_edge(reg_t at)
{
    for (unsigned i = 0; i < WIDTHS; i++) {
        unsigned bytes = widths[i].bytes;
        reg_t mask = bytes == sizeof(reg_t) ? ~(reg_t)0 : ((reg_t)1 << 8 * bytes) - 1;
        for (int distance = -16; distance <= 8; distance++) {
            reg_t address = at + (reg_t)(long)distance, value = 0x8182838485868788u + address;
            int inside = distance + (int)bytes <= 0;
            for (unsigned round = 0; round < 3; round++) {
                trap_clear();
                widths[i].store(address, value);
                CHECK_EQ(my_trap()->cause, inside ? NO_TRAP : STORE_ACCESS);
                trap_clear();
                CHECK_EQ(widths[i].load(address), inside ? value & mask : 0x5a5a & mask);
                CHECK_EQ(my_trap()->cause, inside ? NO_TRAP : LOAD_ACCESS);
            }
        }
    }
}

/* Four words with the same base, as compilers save and load registers, of which some lie behind `at`: these trap, each by
 * itself, and the others do not. */
static void check_frame(reg_t at)
{
    const unsigned word = sizeof(reg_t);

    for (int below = 0; below <= 6; below++) {
        reg_t base = at - (reg_t)below * word, sum, in_range = below < 4 ? (reg_t)below : 4;
        for (unsigned round = 0; round < 4; round++) {
            reg_t a = round + 1, b = 2 * round + 3, c = 5 * round + 7, d = round + 11;
            trap_clear();
            __asm__ volatile(STORE_REG " %1, %5(%0)\n" STORE_REG
                                       " %2, 0(%0)\naddi %1, %1, 1\n" STORE_REG
                                       " %3, %6(%0)\n" STORE_REG " %4, %7(%0)\n"
                             : "+r"(base), "+r"(a)
                             : "r"(b), "r"(c), "r"(d), "i"(sizeof(reg_t)), "i"(3 * sizeof(reg_t)),
                               "i"(2 * sizeof(reg_t))
                             : "memory");
            CHECK_EQ(my_trap()->count, 4 - in_range);
            trap_clear();
            sum = in_range > 1 ? a - 1 : 0x5a5a;
            sum += in_range > 0 ? b : 0x5a5a;
            sum += in_range > 3 ? c : 0x5a5a;
            sum += in_range > 2 ? d : 0x5a5a;
            a = b = c = d = 0x5a5a;
            __asm__ volatile(LOAD_REG " %1, %5(%0)\n" LOAD_REG " %2, 0(%0)\n" LOAD_REG
                                      " %3, %6(%0)\naddi %1, %1, 1\n" LOAD_REG
                                      " %4, %7(%0)\naddi %1, %1, -1"
                             : "+r"(base), "+r"(a), "+r"(b), "+r"(c), "+r"(d)
                             : "i"(sizeof(reg_t)), "i"(3 * sizeof(reg_t)), "i"(2 * sizeof(reg_t))
                             : "memory");
            CHECK_EQ(my_trap()->count, 4 - in_range);
            CHECK_EQ(a + b + c + d, sum);
        }
    }
}

/* One loop that goes from RAM to a device and back. */
static void alternate(void)
{
    static volatile uint32_t word;
    volatile uint32_t *const places[] = {&word, (volatile uint32_t *)(ACLINT), &word};

    for (uint32_t i = 0; i < 3 * ROUNDS; i++) {
        volatile uint32_t *at = places[i % 3];
        *at = i % 3 == 1 ? 0 : i;
        CHECK_EQ(*at, i % 3 == 1 ? 0 : i);
    }
    CHECK_EQ(word, 3 * ROUNDS - 1);
}

/* Stores walk over pages, some of which were executed meanwhile: what is executed is what was stored. */
static void turn_into_code(void)
{
    static uint32_t pages[8][1024] __attribute__((aligned(4096)));

    for (uint32_t round = 0; round < 4 * ROUNDS; round++) {
        uint32_t *code = &pages[round * 5 % 8][round % 1000];
        reg_t (*function)(void) = (reg_t(*)(void))code;
        code[0] = (round << 20) | 10u << 7 | 0x13; /* addi a0, zero, round */
        code[1] = 0x00008067;                      /* ret */
        __asm__ volatile("fence.i" ::: "memory");
        CHECK_EQ(function(), round & 0x7ff);
        for (unsigned page = 0; page < 8; page++)
            pages[page][1001 + round % 20] = round + page;
        for (unsigned page = 0; page < 8; page++)
            CHECK_EQ(pages[page][1001 + round % 20], round + page);
    }
}

/* Bytes that M-mode may not touch either, from the middle of a page on, until the entry goes. They are locked, so for
 * good: the last thing that is done. */
static void protect(void)
{
    reg_t at = end - 2 * STEP + 0x7f8;

    check_edge(end);
    check_frame(end);
    csr_write(pmpaddr0, at >> 2);
    csr_write(pmpaddr1, (end - STEP) >> 2);
    csr_write(pmpcfg0, 0x8800u); /* entry 1: locked, top of range, no permission */
    check_edge(at);
    check_frame(at);
    check_edge(end);
}

int test_main(reg_t hart)
{
    (void)hart;
    find_end();
    for (unsigned i = 0; i < 4; i++) {
        check_edge(end);
        check_frame(end);
    }
    alternate();
    turn_into_code();
    protect();
    return 0;
}
