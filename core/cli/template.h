/* SPDX-License-Identifier: Apache-2.0
 *
 * template.h - a folder of files becomes a project. [main]
 *
 * A template is itself a project that builds, called template-name (in C template_name and TEMPLATE_NAME); in what is written
 * the project's own name stands instead, in file names too. A file `gitignore` gets its dot.
 */
#ifndef CORE_CLI_TEMPLATE_H
#define CORE_CLI_TEMPLATE_H

#include "core/cli/command.h"

#define TEMPLATE_NAME "template-name"

struct template_word {
    const char *word;  /* "template_name" */
    const char *value; /* NULL: nothing */
};

/* A file to be written. */
struct template_file {
    char *name;   /* in the project */
    char *text;   /* complete; NUL-terminated */
    bool written; /* by project_write(), and to be removed should it fail */
};

struct project {
    struct template_file *files;
    size_t count;
};

/* Adds every file of a template folder to the project, sorted by name, with the words (the last has a NULL word) replaced. `name`
 * replaces TEMPLATE_NAME in file names. False: *why, malloc'ed or NULL for no memory, says why: "path: cause: cure". */
bool project_read(struct project *p, const char *folder, const char *name,
                  const struct template_word *words, char **why);
/* Adds one file; takes over `text` (NULL: no memory). False: no memory. */
bool project_add(struct project *p, const char *name, char *text);
/* Makes `folder` and writes every file into it, or leaves everything as it was. `replace`: of the files, those that exist
 * are rewritten; else one that exists is an error. False: *why as above. */
bool project_write(struct project *p, const char *folder, bool replace, char **why);
void project_free(struct project *p);

#endif
