/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.c - programs that wait for memory: more of it than caches and translation buffers hold.
 */
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* A cycle through all of 64 MiB in an order that no prefetcher guesses: each address is what the
   one before contains. */
static uint64_t chase(unsigned long work, unsigned long threads)
{
    size_t count = (64u << 20) / sizeof(uint32_t);
    uint32_t *next = allocate(count * sizeof(*next)), at = 0;

    (void)threads;
    for (size_t i = 0; i < count; i++) /* full period: count is a power of two (Hull and Dobell) */
        next[i] = (uint32_t)((i * 1103515245u + 12345u) % count);
    begin();
    for (unsigned long i = 0; i < work * 1000; i++)
        at = next[at];
    return at;
}

/* The C library's memcpy() and memset() on blocks of 4 MiB. */
static uint64_t copy(unsigned long work, unsigned long threads)
{
    enum { SIZE = 4 << 20 };
    char *from = allocate(SIZE), *to = allocate(SIZE);
    uint64_t sum = 0;

    (void)threads;
    memset(from, 1, SIZE);
    memset(to, 2, SIZE);
    begin();
    while (work--) {
        memcpy(to, from, SIZE);
        sum += (unsigned char)to[work % SIZE];
        memset(from, (int)(work & 255), SIZE / 2);
        memmove(from + 64, from, SIZE - 64);
        sum = mix(sum, (unsigned char)from[SIZE / 2 + 10]);
    }
    return sum;
}

/* A table of 32 MiB, looked up and written all over. */
static uint64_t table(unsigned long work, unsigned long threads)
{
    size_t slots = (32u << 20) / 16;
    struct {
        uint64_t key, value;
    } *entries = allocate(slots * sizeof(*entries));
    uint64_t sum = 0, state = 23;

    (void)threads;
    memset(entries, 0, slots * sizeof(*entries));
    begin();
    for (unsigned long i = 0; i < work * 1000; i++) {
        uint64_t key = 1 + next_random(&state) % slots / 2;
        size_t at = key * 0x9e3779b97f4a7c15ull % slots;

        while (entries[at].key && entries[at].key != key)
            at = (at + 1) % slots;
        entries[at].key = key;
        sum += entries[at].value++;
    }
    return mix(0, sum);
}

/* Copy, scale, add and triad over arrays of 16 MiB, as STREAM has them. */
static uint64_t stream(unsigned long work, unsigned long threads)
{
    size_t count = (16u << 20) / sizeof(double);
    double *a = allocate(count * sizeof(*a)), *b = allocate(count * sizeof(*b)),
           *c = allocate(count * sizeof(*c));

    (void)threads;
    for (size_t i = 0; i < count; i++) {
        a[i] = 1;
        b[i] = 2;
        c[i] = 0;
    }
    begin();
    while (work--) {
        for (size_t i = 0; i < count; i++)
            c[i] = a[i];
        for (size_t i = 0; i < count; i++)
            b[i] = 0.375 * c[i];
        for (size_t i = 0; i < count; i++)
            c[i] = a[i] + b[i];
        for (size_t i = 0; i < count; i++)
            a[i] = b[i] + 0.375 * c[i];
    }
    return mix_double(mix_double(0, a[count / 2]), c[7]);
}

/* A binary tree of two million nodes, built and walked. */
static uint64_t tree(unsigned long work, unsigned long threads)
{
    enum { NODES = 2000000 };
    struct node {
        uint32_t key, left, right;
    } *nodes = allocate((NODES + 1) * sizeof(*nodes));
    uint64_t sum = 0, state = 31;
    uint32_t used = 1;

    (void)threads;
    nodes[1] = (struct node){.key = 0x80000000u};
    for (uint32_t i = 2; i <= NODES && i <= work * 1000; i++) {
        uint32_t key = (uint32_t)next_random(&state), at = 1, *link;

        for (;;) {
            link = key < nodes[at].key ? &nodes[at].left : &nodes[at].right;
            if (!*link)
                break;
            at = *link;
            sum += at;
        }
        *link = ++used;
        nodes[used] = (struct node){.key = key};
    }
    return mix(sum, used);
}

const struct program memory_programs[] = {
    {"chase", chase},   {"copy", copy}, {"table", table},
    {"stream", stream}, {"tree", tree}, {NULL, NULL},
};
