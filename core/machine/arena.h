/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.h - memory for a description: taken in pieces, freed at once. [main]
 *
 * A description becomes thousands of small objects with one lifetime. No allocation here returns
 * NULL: when the host has no more, or the limit is reached, control goes to `escape` with
 * longjmp(). So whoever holds anything else meanwhile (an open file, a parser) sets an escape of
 * its own, releases it and goes on to the previous one.
 */
#ifndef CORE_MACHINE_ARENA_H
#define CORE_MACHINE_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_NO_MEMORY 1 /* values that reach setjmp() */
#define ARENA_LIMIT     2

struct arena {
    struct arena_block *last;
    size_t used, limit; /* bytes; limit 0: none */
    jmp_buf *escape;    /* set before the first allocation */
};

void arena_init(struct arena *a, size_t limit, jmp_buf *escape);
void arena_finish(struct arena *a);

/* Zeroed, aligned for every type. Never NULL. */
void *arena_alloc(struct arena *a, size_t bytes);
char *arena_copy(struct arena *a, const char *text, size_t length); /* NUL-terminated */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for element `count` of an array that grew one by one so: array = arena_grow(a, array, count,
 * size). */
void *arena_grow(struct arena *a, void *array, size_t count, size_t size);

/* Appends a zeroed element to `array`, `count` (lvalues) and yields its address. */
#define arena_push(a, array, count)                                                                \
    ((array) = arena_grow((a), (array), (count), sizeof(*(array))), &(array)[(count)++])

#endif
