/* SPDX-License-Identifier: Apache-2.0
 *
 * where.h - which function of the plug-in an address belongs to, static ones included.
 */
#ifndef CHECK_WHERE_H
#define CHECK_WHERE_H

#include <stdbool.h>
#include <stddef.h>

/* The object dlopen() gave, and the file it came from. */
void where_learn(void *object, const char *path);
void where_forget(void);
bool where_inside(const void *pc);
/* "on_write", or "+0x1234" in a stripped object; false: not in the plug-in. */
bool where_name(const void *pc, char *text, size_t room);
/* The innermost frame of the calling thread that is in the plug-in; NULL: none. Works in signal
 * handlers. */
const void *where_caller(void);

#endif
