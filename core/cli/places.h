/* SPDX-License-Identifier: Apache-2.0
 *
 * places.h - files that come with the command: boards, runs, the template of `backplane new`. They are found from the place
 * of the executable, ../share/backplane, so that a build tree, an installation and a moved installation work alike. [main]
 */
#ifndef CORE_CLI_PLACES_H
#define CORE_CLI_PLACES_H

#include "core/cli/command.h"

/* The path of `name` in the folder of shared files, malloc'ed; NULL: no memory, or no /proc. It need not exist. */
char *places_share(const char *name);

/* What FILE of the command line means: a path, or else the name of a board or run that comes with the command, with or
 * without its ".yaml". malloc'ed; `file` itself when neither exists, so that the error names what was written. NULL: no
 * memory. */
char *places_description(const char *file);

/* Is there something to read, and no folder? */
bool places_is_file(const char *path);

/* One board or run that comes with the command. */
struct places_entry {
    char *name; /* "virt-riscv64" */
    char *path;
    bool is_run;
};

/* All of them, boards first, each kind sorted by name; freed by places_free(). Returns their number. */
size_t places_list(struct places_entry **out);
void places_free(struct places_entry *entries, size_t count);

#endif
