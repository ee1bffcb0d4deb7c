/* SPDX-License-Identifier: Apache-2.0
 *
 * object.h - one opened plug-in, and the types that its factories offer. Inside of core/plugin.
 * [main]
 */
#ifndef CORE_PLUGIN_OBJECT_H
#define CORE_PLUGIN_OBJECT_H

#include "core/plugin/registry.h"

#include <sys/types.h>

#define OBJECT_WHY 512 /* bytes for the text of a failure, "cause: cure" */

struct plugin {
    char *path;   /* what was opened */
    char *origin; /* the file that it is a copy of, which is removed with it; NULL: it is none */
    void *handle;
    dev_t device; /* which file it is, whatever its path; of a copy, what was copied */
    ino_t inode;
    const struct bp_plugin *info;
    const struct type **types; /* owned */
    size_t ntypes;
};

/* Opens the file and checks everything it says of itself. NULL: `why` says why. Freed by
 * object_close(). */
struct plugin *object_open(const char *path, char why[OBJECT_WHY]);

/* The same for a copy of the file, in a folder of its own: the loader gives back what it has open under a path or an inode, however
 * new the file is. The copy keeps its name and its debug information, and is there as long as it is open. */
struct plugin *object_open_copy(const char *path, char why[OBJECT_WHY]);

/* Closes the object and frees what the core made of it. Accepts NULL. */
void object_close(struct plugin *p);

/* Reads the classes of all factories into p->types (types.c). */
int32_t types_read(struct plugin *p, char why[OBJECT_WHY]);

/* One class of devices as a type; NULL: `why` says why. Freed by type_free(). */
struct type *type_from_device(const struct plugin *p, const struct bp_device_class *cls,
                              char why[OBJECT_WHY]);
void type_free(const struct type *t);

/* Are the rows of a type, already copied, safe to work with (rules.c)? False: `why` says why. */
bool rules_check(const struct type *t, char why[OBJECT_WHY]);

#endif
