/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of memory that are freed together.
 */
#include "core/machine/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 << 10)
#define ALIGN       _Alignof(max_align_t)

struct arena_block {
    struct arena_block *previous;
    size_t used, bytes;
    _Alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *a, size_t limit, jmp_buf *escape)
{
    *a = (struct arena){.limit = limit, .escape = escape};
}

void arena_finish(struct arena *a)
{
    while (a->last) {
        struct arena_block *block = a->last;

        a->last = block->previous;
        free(block);
    }
    a->used = 0;
}

static struct arena_block *add_block(struct arena *a, size_t bytes)
{
    struct arena_block *block;

    if (bytes < BLOCK_BYTES)
        bytes = BLOCK_BYTES;
    block = calloc(1, sizeof(*block) + bytes);
    if (!block)
        longjmp(*a->escape, ARENA_NO_MEMORY);
    block->bytes = bytes;
    block->previous = a->last;
    a->last = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    struct arena_block *block = a->last;
    void *piece;

    if (bytes > SIZE_MAX / 2)
        longjmp(*a->escape, ARENA_NO_MEMORY);
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (a->limit && bytes > a->limit - a->used)
        longjmp(*a->escape, ARENA_LIMIT);
    if (!block || bytes > block->bytes - block->used)
        block = add_block(a, bytes);
    piece = block->data + block->used;
    block->used += bytes;
    a->used += bytes;
    return piece;
}

char *arena_copy(struct arena *a, const char *text, size_t length)
{
    char *copy = arena_alloc(a, length + 1);

    memcpy(copy, text, length);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    char *text;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = arena_alloc(a, length < 0 ? 1 : (size_t)length + 1);
    if (length >= 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void *arena_grow(struct arena *a, void *array, size_t count, size_t size)
{
    size_t capacity = count ? 2 * count : 4;
    void *larger;

    /* Capacities are 4, 8, 16, ...: the array is full exactly when the count is one of these. */
    if (count && (count < 4 || (count & (count - 1))))
        return array;
    if (capacity > SIZE_MAX / 2 / size)
        longjmp(*a->escape, ARENA_NO_MEMORY);
    larger = arena_alloc(a, capacity * size);
    if (count)
        memcpy(larger, array, count * size);
    return larger;
}
