/* SPDX-License-Identifier: Apache-2.0
 *
 * integer.c - integer programs: what microcontroller benchmarks are made of (lists, matrices,
 * state machines, CRC), sorting, hashing, graphs, search.
 */
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* Lists, small matrices, a state machine over text and a CRC over all results, in turn and in small
   portions: what benchmarks of microcontrollers do. The portions are ours. */
struct item {
    struct item *next;
    int16_t key, value;
};

static uint16_t crc16(uint16_t crc, uint16_t value)
{
    for (int i = 0; i < 16; i++) {
        unsigned odd = (crc ^ value) & 1;

        crc >>= 1;
        value >>= 1;
        if (odd)
            crc ^= 0xa001;
    }
    return crc;
}

/* Bottom-up merge sort of a list by key; equal keys keep their order. */
static struct item *sort_list(struct item *head)
{
    for (unsigned width = 1;; width *= 2) {
        struct item *rest = head, *sorted = NULL, **tail = &sorted;
        unsigned merges = 0;

        while (rest) {
            struct item *left = rest, *right = rest;
            unsigned lefts = 0, rights = width;

            merges++;
            for (; lefts < width && right; lefts++)
                right = right->next;
            while (lefts || (rights && right)) {
                struct item **from = !lefts                    ? &right
                                     : !rights || !right       ? &left
                                     : left->key <= right->key ? &left
                                                               : &right;

                if (from == &left)
                    lefts--;
                else
                    rights--;
                *tail = *from;
                *from = (*from)->next;
                tail = &(*tail)->next;
            }
            rest = right;
        }
        *tail = NULL;
        head = sorted;
        if (merges <= 1)
            return head;
    }
}

static uint16_t list_portion(struct item *items, unsigned count, unsigned seed)
{
    struct item *head = NULL;
    uint16_t crc = 0;

    for (unsigned i = 0; i < count; i++) {
        items[i].key = (int16_t)((i * 7919 + seed * 104729) >> 3);
        items[i].value = (int16_t)i;
        items[i].next = head;
        head = &items[i];
    }
    for (unsigned find = 0; find < 32; find++) {
        int16_t wanted = (int16_t)((find * seed) % count);
        struct item *previous = NULL, *at = head;

        while (at && at->value != wanted) {
            previous = at;
            at = at->next;
        }
        if (at && previous) { /* found things move to the front */
            previous->next = at->next;
            at->next = head;
            head = at;
        }
    }
    head = sort_list(head);
    for (struct item *at = head; at; at = at->next)
        crc = crc16(crc, (uint16_t)at->value);
    return crc;
}

static uint16_t matrix_portion(unsigned seed)
{
    enum { N = 12 };
    static int16_t a[N][N], b[N][N];
    static int32_t c[N][N];
    uint16_t crc = 0;

    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (int16_t)(seed * (i + 1) + j);
            b[i][j] = (int16_t)(seed ^ (i * 17 + j * 3));
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int32_t s = 0;

            for (int k = 0; k < N; k++)
                s += a[i][k] * b[k][j];
            c[i][j] = s;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            crc = crc16(crc, (uint16_t)(c[i][j] >> 2 & 0x7fff));
    return crc;
}

/* Counts the kinds of number in a line: integer, fraction, exponent, none. */
static uint16_t state_portion(unsigned seed)
{
    static const char *const lines[] = {
        "5012,1234,-874,+122,", "35.54400,.1234500,-110.700,+0.64400,",
        "5.500e+3,-.123e-2,-87e+832,+0.6e-12,", "T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^,"};
    enum { START, SIGN, WHOLE, FRACTION, EXPONENT, EXPONENT_SIGN, POWER, WRONG, STATES };
    unsigned ends[STATES] = {0}, steps[STATES] = {0};
    uint16_t crc = 0;

    for (unsigned i = 0; i < 16; i++) {
        unsigned state = START;

        for (const char *p = lines[(i + seed) & 3]; *p; p++) {
            int digit = *p >= '0' && *p <= '9';

            if (*p == ',') {
                ends[state]++;
                state = START;
                continue;
            }
            switch (state) {
            case START:
                state = digit                    ? WHOLE
                        : *p == '+' || *p == '-' ? SIGN
                        : *p == '.'              ? FRACTION
                                                 : WRONG;
                break;
            case SIGN:
                state = digit ? WHOLE : *p == '.' ? FRACTION : WRONG;
                break;
            case WHOLE:
                state = digit ? WHOLE : *p == '.' ? FRACTION : *p == 'e' ? EXPONENT : WRONG;
                break;
            case FRACTION:
                state = digit ? FRACTION : *p == 'e' ? EXPONENT : WRONG;
                break;
            case EXPONENT:
                state = *p == '+' || *p == '-' ? EXPONENT_SIGN : WRONG;
                break;
            case EXPONENT_SIGN:
            case POWER:
                state = digit ? POWER : WRONG;
                break;
            default:
                break;
            }
            steps[state]++;
        }
    }
    for (int i = 0; i < STATES; i++)
        crc = crc16(crc16(crc, (uint16_t)ends[i]), (uint16_t)steps[i]);
    return crc;
}

static uint64_t core(unsigned long work, unsigned long threads)
{
    static struct item items[120];
    uint64_t sum = 0;

    (void)threads;
    for (unsigned long i = 0; i < work; i++) {
        uint16_t list = list_portion(items, 120, (unsigned)i + 1),
                 matrix = matrix_portion((unsigned)i);

        sum = mix(sum, (uint64_t)list << 32 | (uint32_t)matrix << 16 | state_portion((unsigned)i));
    }
    return sum;
}

/* The C library's qsort() with a comparison through a pointer, and a radix sort. */
static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static uint64_t sort(unsigned long work, unsigned long threads)
{
    enum { COUNT = 1 << 16 };
    static uint32_t values[COUNT], copy[COUNT], scratch[COUNT];
    uint64_t sum = 0, state = 42;

    (void)threads;
    while (work--) {
        uint32_t *from = copy, *to = scratch;

        for (int i = 0; i < COUNT; i++)
            values[i] = copy[i] = (uint32_t)next_random(&state);
        qsort(values, COUNT, sizeof(values[0]), compare);
        for (int shift = 0; shift < 32; shift += 8) {
            uint32_t starts[257] = {0}, *swap = from;

            for (int i = 0; i < COUNT; i++)
                starts[(from[i] >> shift & 255) + 1]++;
            for (int i = 0; i < 256; i++)
                starts[i + 1] += starts[i];
            for (int i = 0; i < COUNT; i++)
                to[starts[from[i] >> shift & 255]++] = from[i];
            from = to;
            to = swap;
        }
        if (memcmp(values, from, sizeof(values)))
            return 0;
        sum = mix(sum, values[COUNT / 3]);
    }
    return sum;
}

/* Queens on a board that do not threaten each other: recursion and backtracking, on bits. */
static unsigned place(unsigned columns, unsigned left, unsigned right, unsigned full)
{
    unsigned found = 0, open = full & ~(columns | left | right);

    if (columns == full)
        return 1;
    while (open) {
        unsigned here = open & -open;

        open ^= here;
        found += place(columns | here, (left | here) << 1, (right | here) >> 1, full);
    }
    return found;
}

static uint64_t queens(unsigned long work, unsigned long threads)
{
    uint64_t sum = 0;

    (void)threads;
    while (work--)
        sum = mix(sum, place(0, 0, 0, (1u << 10) - 1));
    return sum;
}

/* Shortest paths in a random graph, with a binary heap. */
static uint64_t dijkstra(unsigned long work, unsigned long threads)
{
    enum { NODES = 20000, EDGES = 6 };
    static struct {
        uint32_t to, length;
    } edges[NODES][EDGES];
    static uint32_t distance[NODES];
    static struct {
        uint32_t distance, node;
    } heap[NODES * EDGES + 1];
    uint64_t sum = 0, state = 99;

    (void)threads;
    for (unsigned i = 0; i < NODES; i++)
        for (unsigned k = 0; k < EDGES; k++) {
            edges[i][k].to = (uint32_t)(next_random(&state) % NODES);
            edges[i][k].length = 1 + (uint32_t)(next_random(&state) % 1000);
        }
    begin();
    for (unsigned long round = 0; round < work; round++) {
        unsigned used = 1;

        memset(distance, 0xff, sizeof(distance));
        heap[0].node = (uint32_t)(round * 7919 % NODES);
        heap[0].distance = distance[heap[0].node] = 0;
        while (used) {
            uint32_t node = heap[0].node, reached = heap[0].distance;
            unsigned hole = 0, child;

            used--;
            while ((child = 2 * hole + 1) < used) {
                if (child + 1 < used && heap[child + 1].distance < heap[child].distance)
                    child++;
                if (heap[child].distance >= heap[used].distance)
                    break;
                heap[hole] = heap[child];
                hole = child;
            }
            heap[hole] = heap[used];
            if (reached > distance[node])
                continue;
            for (unsigned k = 0; k < EDGES; k++) {
                uint32_t to = edges[node][k].to, new = reached + edges[node][k].length;

                if (new >= distance[to])
                    continue;
                distance[to] = new;
                hole = used++;
                while (hole && heap[(hole - 1) / 2].distance > new) {
                    heap[hole] = heap[(hole - 1) / 2];
                    hole = (hole - 1) / 2;
                }
                heap[hole].distance = new;
                heap[hole].node = to;
            }
        }
        for (unsigned i = 0; i < NODES; i += 97)
            sum = mix(sum, distance[i]);
    }
    return sum;
}

/* A hash table that fits a cache: open addressing, insert, look up, delete. */
static uint64_t hash(unsigned long work, unsigned long threads)
{
    enum { SLOTS = 1 << 13 };
    static struct {
        uint64_t key, value;
    } table[SLOTS];
    uint64_t sum = 0, state = 5;

    (void)threads;
    while (work--) {
        unsigned used = 0;

        memset(table, 0, sizeof(table));
        for (int i = 0; i < 100000; i++) {
            uint64_t key = 1 + next_random(&state) % (SLOTS * 2);
            unsigned at = (unsigned)(key * 0x9e3779b97f4a7c15ull >> 51);

            while (table[at].key && table[at].key != key)
                at = (at + 1) % SLOTS;
            if (table[at].key) {
                sum += table[at].value++;
            } else if (used < SLOTS * 3 / 4) {
                table[at].key = key;
                table[at].value = (uint64_t)i;
                used++;
            }
        }
        sum = mix(sum, used);
    }
    return sum;
}

const struct program integer_programs[] = {
    {"core", core},         {"sort", sort}, {"queens", queens},
    {"dijkstra", dijkstra}, {"hash", hash}, {NULL, NULL},
};
