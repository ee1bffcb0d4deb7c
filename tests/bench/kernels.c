/* SPDX-License-Identifier: Apache-2.0
 *
 * kernels.c - what the benchmark runs on the bare machine: integer loops of different habits. Prints for each
 * kernel "name instructions ticks checksum"; ticks are those of mtime, 10 MHz. SCALE multiplies the work.
 */
#include "guest.h"

#ifndef SCALE
#define SCALE 1
#endif

#define MTIME (ACLINT + 0xbff8)

static uint8_t bytes[1 << 20];
static uint32_t words[1 << 16];
static int32_t a[64][64], b[64][64], c[64][64];

static uint32_t random_state;
static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* Strided byte stores and a simple branch. */
static uint32_t sieve(unsigned rounds)
{
    uint32_t found = 0;

    while (rounds--) {
        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = 1;
        for (unsigned i = 2; i * i < sizeof(bytes); i++)
            if (bytes[i])
                for (unsigned k = i * i; k < sizeof(bytes); k += i)
                    bytes[k] = 0;
        for (unsigned i = 2; i < sizeof(bytes); i++)
            found += bytes[i];
    }
    return found;
}

/* Unpredictable branches and recursion. */
static void quicksort(uint32_t *v, int low, int high)
{
    while (low < high) {
        uint32_t pivot = v[(low + high) >> 1];
        int i = low, j = high;

        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                uint32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (low < j)
            quicksort(v, low, j);
        low = i;
    }
}

static uint32_t sort(unsigned rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        for (unsigned i = 0; i < 1 << 16; i++)
            words[i] = next_random();
        quicksort(words, 0, (1 << 16) - 1);
        sum += words[1000] ^ words[60000];
    }
    return sum;
}

/* Multiply-add over rows and columns. */
static uint32_t matrix(unsigned rounds)
{
    uint32_t sum = 0;

    for (int i = 0; i < 64; i++)
        for (int j = 0; j < 64; j++) {
            a[i][j] = i * j + 1;
            b[i][j] = i - j;
        }
    while (rounds--) {
        for (int i = 0; i < 64; i++)
            for (int j = 0; j < 64; j++) {
                int32_t s = 0;
                for (int k = 0; k < 64; k++)
                    s += a[i][k] * b[k][j];
                c[i][j] = s;
            }
        sum += c[rounds & 63][17];
    }
    return sum;
}

/* Shifts and masks, bit by bit. */
static uint32_t crc(unsigned rounds)
{
    uint32_t value = 0xffffffff;

    while (rounds--)
        for (unsigned i = 0; i < 4096; i++) {
            value ^= (uint8_t)(i * 7 + rounds);
            for (int k = 0; k < 8; k++)
                value = value >> 1 ^ (0xedb88320u & -(value & 1));
        }
    return value;
}

/* A switch in a loop: indirect jumps, as interpreters and parsers have them. */
static uint32_t states(unsigned rounds)
{
    static const char text[] =
        "let x1 = 42 + foo(7, bar) * -13; // a comment\nif (x1 >= 10) { y = x1 / 2; } else { y = 0x1f; }\n";
    uint32_t counts[8] = {0};

    while (rounds--) {
        unsigned state = 0;
        for (const char *p = text; *p; p++) {
            char ch = *p;
            switch (state) {
            case 0:
                state = ch >= '0' && ch <= '9'   ? 1
                        : ch >= 'a' && ch <= 'z' ? 2
                        : ch == '/'              ? 3
                        : ch == ' '              ? 0
                                                 : 4;
                break;
            case 1:
                state = (ch >= '0' && ch <= '9') || ch == 'x' ? 1 : ch == ' ' ? 0 : 5;
                break;
            case 2:
                state = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ? 2 : 6;
                break;
            case 3:
                state = ch == '/' ? 7 : 0;
                break;
            case 4:
            case 5:
                state = ch == ' ' ? 0 : ch >= 'a' ? 2 : 1;
                break;
            case 6:
                state = ch == ' ' ? 0 : 4;
                break;
            case 7:
                state = ch == '\n' ? 0 : 7;
                break;
            }
            counts[state]++;
        }
    }
    return counts[0] * 3 + counts[2] * 5 + counts[7];
}

/* Byte loops with an early way out: length, copy, compare. */
static uint32_t strings(unsigned rounds)
{
    char from[256], to[256];
    uint32_t sum = 0;

    for (unsigned i = 0; i < 255; i++)
        from[i] = 'a' + i % 26;
    from[255] = 0;
    while (rounds--) {
        unsigned n = 0, i = 0;
        while (((volatile char *)from)[n])
            n++;
        do
            ((volatile char *)to)[i] = from[i];
        while (from[i++]);
        for (i = 0; from[i] && ((volatile char *)from)[i] == ((volatile char *)to)[i]; i++)
            ;
        sum += n + i;
    }
    return sum;
}

/* Calls and returns. */
static __attribute__((noinline)) uint32_t fibonacci(uint32_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint32_t calls(unsigned rounds)
{
    uint32_t sum = 0;

    while (rounds--)
        sum += fibonacci(22);
    return sum;
}

/* Dependent loads all over a megabyte. */
static uint32_t chase(unsigned rounds)
{
    uint32_t *next = (uint32_t *)bytes, at = 0, n = sizeof(bytes) / 4;

    for (uint32_t i = 0; i < n; i++)
        next[i] = (i * 1103515245u + 12345u) % n; /* full period: n is a power of two */
    while (rounds--)
        for (uint32_t i = 0; i < n - 1; i++) /* a whole period would end where it began */
            at = next[at];
    return at;
}

static const struct {
    const char *name;
    uint32_t (*run)(unsigned rounds);
    unsigned rounds;
} kernels[] = {
    {"sieve", sieve, 3},  {"sort", sort, 3},         {"matrix", matrix, 40},
    {"crc", crc, 150},    {"states", states, 30000}, {"strings", strings, 15000},
    {"calls", calls, 80}, {"chase", chase, 20},
};

int test_main(reg_t hart)
{
    for (unsigned i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        random_state = 2463534242u;
        reg_t insns = csr_read(minstret);
        uint64_t ticks = MMIO64(MTIME);
        uint32_t sum = kernels[i].run(kernels[i].rounds * SCALE);
        ticks = MMIO64(MTIME) - ticks;
        insns = csr_read(minstret) - insns;
        print(kernels[i].name);
        print(" ");
        print_dec(insns);
        print(" ");
        print_dec(ticks);
        print(" ");
        print_dec(sum);
        print("\n");
    }
    return 0;
}
