/* SPDX-License-Identifier: Apache-2.0
 *
 * command.h - the sub-commands, their options and exit codes. One file per sub-command; the tables in main.c and options.c
 * are what --help prints. [main]
 */
#ifndef CORE_CLI_COMMAND_H
#define CORE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_OK      0
#define EXIT_MACHINE 1 /* the machine ran and failed */
#define EXIT_USAGE   2 /* the command line or the description is wrong */
#define EXIT_BREAK   3 /* --break stopped the machine, and there is no control socket to go on from */

/* Values of an option that may be given several times. */
struct texts {
    const char **items; /* NULL-terminated; NULL when there are none */
    size_t count;
};

/* The command line, read. Texts are borrowed from argv. */
struct arguments {
    struct texts positional;
    struct texts set, images, backends, plugin_paths, traces, breaks;
    const char *accel, *time, *cmdline, *log, *dtb, *dir, *svd, *control, *file;
    bool stats, json, help, version, update, trace_hash, all, events, lossy;
};

/* Bits of struct command's `options`; rows of the same order in options.c. */
#define OPTION_ACCEL       (1u << 0)
#define OPTION_TIME        (1u << 1)
#define OPTION_SET         (1u << 2)
#define OPTION_IMAGE       (1u << 3)
#define OPTION_CMDLINE     (1u << 4)
#define OPTION_BACKEND     (1u << 5)
#define OPTION_PLUGIN_PATH (1u << 6)
#define OPTION_STATS       (1u << 7)
#define OPTION_LOG         (1u << 8)
#define OPTION_TRACE       (1u << 9)
#define OPTION_JSON        (1u << 10)
#define OPTION_DTB         (1u << 11)
#define OPTION_HELP        (1u << 12)
#define OPTION_VERSION     (1u << 13)
#define OPTION_DIR         (1u << 14)
#define OPTION_SVD         (1u << 15)
#define OPTION_UPDATE      (1u << 16)
#define OPTION_TRACE_HASH  (1u << 17)
#define OPTION_ALL         (1u << 18)
#define OPTION_CONTROL     (1u << 19)
#define OPTION_EVENTS      (1u << 20)
#define OPTION_BREAK       (1u << 21)
#define OPTION_FILE        (1u << 22)
#define OPTION_LOSSY       (1u << 23)

/* What changes the machine itself, and so belongs to every command that reads a description. */
#define OPTIONS_MACHINE                                                                            \
    (OPTION_ACCEL | OPTION_TIME | OPTION_SET | OPTION_IMAGE | OPTION_CMDLINE | OPTION_BACKEND |    \
     OPTION_PLUGIN_PATH)

struct command {
    const char *name;
    const char *operands; /* "FILE" */
    const char *doc;      /* one line */
    const char *details;  /* paragraphs for --help; may be NULL */
    uint32_t options;
    uint32_t least, most;                     /* number of operands */
    int (*run)(const struct arguments *args); /* returns the exit code */
};

extern const struct command commands[]; /* ends with a NULL name */
const struct command *command_find(const char *name);
int unknown_command(const char *word); /* says so, with a suggestion; EXIT_USAGE */

/* Reads argv[first..] for a command (NULL: only what goes before one). False: it was said what is wrong. */
bool options_read(struct arguments *args, const struct command *command, uint32_t allowed, int argc,
                  char **argv, int first);
void options_finish(struct arguments *args);
/* The "Options" part of a help text. */
void options_help(uint32_t allowed, FILE *out);
/* "backplane: COMMAND: text" on standard error, and EXIT_USAGE. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for a word nobody knows: `what` and a suggestion, or `otherwise` when there is none (NULL). */
int usage_unknown(const struct command *command, const char *what, const char *near,
                  const char *otherwise);

/* Words filled into lines of a terminal, from `column` on; later lines begin at `indent`. */
void help_fill(const char *text, size_t column, size_t indent, FILE *out);
/* One row of a list: what it is called, and at `column` what it is for. */
void help_row(const char *name, size_t column, const char *doc, FILE *out);
void help_overview(FILE *out);
void help_command(const struct command *command, FILE *out);

int command_run(const struct arguments *args);
int command_check(const struct arguments *args);
int command_list(const struct arguments *args);
int command_describe(const struct arguments *args);
int command_fdt(const struct arguments *args);
int command_map(const struct arguments *args);
int command_new(const struct arguments *args);
int command_svd(const struct arguments *args);
int command_schema(const struct arguments *args);
int command_doc(const struct arguments *args);
int command_ctl(const struct arguments *args);
int command_inspect(const struct arguments *args);
int command_stats(const struct arguments *args);
int command_reload(const struct arguments *args);
int command_help(const struct arguments *args);

#endif
