/* SPDX-License-Identifier: Apache-2.0
 *
 * search.h - the directories where plug-ins live. Inside of core/plugin. [main]
 */
#ifndef CORE_PLUGIN_SEARCH_H
#define CORE_PLUGIN_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct search {
    char **dirs;
    size_t count;
};

/* The running program, through `link` (/proc/self/exe), or where there is no such link, as the kernel was asked to start
 * it. False: nobody knows. `path` has PATH_MAX bytes. */
bool search_program(const char *link, char *path);

/* Collects the directories in the order that registry.h gives. False: no memory. */
bool search_init(struct search *s, const char *const *extra_paths);
void search_finish(struct search *s);

/* Path of NAME.so in the first directory that has it, malloc'ed; NULL. */
char *search_find(const struct search *s, const char *name);

/* Calls fn(ctx, path) for each .so, by directory and then by name. False: no memory. */
bool search_each(const struct search *s, void (*fn)(void *ctx, const char *path), void *ctx);

#endif
