/* SPDX-License-Identifier: Apache-2.0
 *
 * guard.h - memory that tells who writes beside it.
 *
 * Every block lies between two pages that nobody may touch. GUARD_AFTER puts its end at the second
 * one, so that the first byte behind it traps; GUARD_BEFORE its start behind the first one. The
 * side that has room left holds a pattern, which is looked at when the block is released. A
 * released block stays unusable for as long as there is room.
 */
#ifndef CHECK_GUARD_H
#define CHECK_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kit;
struct th_memory;

#define GUARD_AFTER  0u
#define GUARD_BEFORE 1u

void guard_place(uint32_t place); /* of the blocks made from now on */
/* Zeroed; NULL: the host has no memory. `what` names it in findings. */
void *guard_get(size_t bytes, size_t align, const char *what);
void guard_put(void *memory); /* accepts NULL */
void guard_read_only(void *memory);
/* Reports every live block whose pattern was overwritten. */
void guard_check(struct kit *kit);
/* Describes an address near a block in text: "4 bytes behind the end of the instance". False:
 * near none. */
bool guard_describe(const void *address, char *text, size_t room);
extern const struct th_memory guard_memory;

#endif
