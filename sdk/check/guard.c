/* SPDX-License-Identifier: Apache-2.0
 *
 * guard.c - blocks between forbidden pages, and which block an address is near of.
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include <th_types.h>

#define PAGE    4096u
#define PATTERN 0xc5
#define BLOCKS  1024u /* live and released ones that are remembered */

struct block {
    uint8_t *map;
    size_t map_bytes;
    uint8_t *data;
    size_t bytes;
    char what[40];
    bool live;
};

static struct block blocks[BLOCKS];
static uint32_t place, oldest;

void guard_place(uint32_t wanted)
{
    place = wanted;
}

/* An unused row, else the one that was released longest ago. */
static struct block *take_row(void)
{
    for (uint32_t i = 0; i < BLOCKS; i++) {
        struct block *b = &blocks[(oldest + i) % BLOCKS];

        if (b->live)
            continue;
        if (b->map)
            munmap(b->map, b->map_bytes);
        oldest = (oldest + i + 1) % BLOCKS;
        memset(b, 0, sizeof *b);
        return b;
    }
    return NULL;
}

void *guard_get(size_t bytes, size_t align, const char *what)
{
    size_t inner = (bytes + PAGE - 1) / PAGE * PAGE;
    struct block *b = take_row();
    uint8_t *start;

    if (!b || bytes > SIZE_MAX / 2)
        return NULL;
    inner = inner ? inner : PAGE;
    b->map_bytes = inner + 2 * PAGE;
    b->map = mmap(NULL, b->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->map == MAP_FAILED) {
        b->map = NULL;
        return NULL;
    }
    start = b->map + PAGE;
    if (mprotect(start, inner, PROT_READ | PROT_WRITE)) {
        munmap(b->map, b->map_bytes);
        b->map = NULL;
        return NULL;
    }
    align = align && align <= PAGE ? align : 1;
    b->data = place == GUARD_BEFORE ? start : start + (inner - bytes) / align * align;
    b->bytes = bytes;
    b->live = true;
    snprintf(b->what, sizeof b->what, "%s", what);
    if (inner - bytes) {
        memset(start, PATTERN, (size_t)(b->data - start));
        memset(b->data + bytes, PATTERN, (size_t)(start + inner - b->data) - bytes);
    }
    return b->data;
}

/* First byte of the pattern that changed; NULL. */
static const uint8_t *damage(const struct block *b)
{
    const uint8_t *start = b->map + PAGE, *end = b->map + b->map_bytes - PAGE;

    for (const uint8_t *p = start; p < b->data; p++) {
        if (*p != PATTERN)
            return p;
    }
    for (const uint8_t *p = b->data + b->bytes; p < end; p++) {
        if (*p != PATTERN)
            return p;
    }
    return NULL;
}

static void describe(const struct block *b, const uint8_t *at, char *text, size_t room)
{
    if (!b->live)
        snprintf(text, room, "%s, which was given back", b->what);
    else if (at < b->data)
        snprintf(text, room, "%zu bytes before %s", (size_t)(b->data - at), b->what);
    else if (at >= b->data + b->bytes)
        snprintf(text, room, "%zu bytes behind the last byte of %s",
                 (size_t)(at - (b->data + b->bytes)) + 1, b->what);
    else
        snprintf(text, room, "%s, which is read-only", b->what);
}

static void inspect(struct kit *kit, const struct block *b)
{
    const uint8_t *at = damage(b);
    char text[96];

    if (!at)
        return;
    describe(b, at, text, sizeof text);
    kit_watch(kit, "stray", NULL, "wrote %s", text);
}

void guard_check(struct kit *kit)
{
    for (uint32_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].live)
            inspect(kit, &blocks[i]);
    }
}

static struct block *block_of(const void *memory)
{
    for (uint32_t i = 0; memory && i < BLOCKS; i++) {
        if (blocks[i].live && blocks[i].data == memory)
            return &blocks[i];
    }
    return NULL;
}

void guard_read_only(void *memory)
{
    struct block *b = block_of(memory);

    if (b)
        mprotect(b->map + PAGE, b->map_bytes - 2 * PAGE, PROT_READ);
}

void guard_put(void *memory)
{
    struct block *b = block_of(memory);

    if (!b)
        return;
    inspect(kit_here(), b);
    b->live = false;
    madvise(b->map + PAGE, b->map_bytes - 2 * PAGE, MADV_DONTNEED);
    mprotect(b->map + PAGE, b->map_bytes - 2 * PAGE, PROT_NONE);
}

bool guard_describe(const void *address, char *text, size_t room)
{
    const uint8_t *at = address;

    for (uint32_t i = 0; i < BLOCKS; i++) {
        const struct block *b = &blocks[i];

        if (b->map && at >= b->map && at < b->map + b->map_bytes) {
            describe(b, at, text, room);
            return true;
        }
    }
    return false;
}

const struct th_memory guard_memory = {guard_get, guard_put};
