/* SPDX-License-Identifier: Apache-2.0
 *
 * session.h - registry, diagnostics and graph for the length of one sub-command. [main]
 */
#ifndef CORE_CLI_SESSION_H
#define CORE_CLI_SESSION_H

#include "core/cli/command.h"
#include "core/machine/graph.h"

struct session {
    struct diag diag;
    struct registry *registry;
    struct graph *graph; /* NULL until session_load() */
};

/* False: no memory, was said. session_finish() is due in any case. */
bool session_init(struct session *s, const struct arguments *args);
/* Reads a description, given by path or by the name of a board that comes with the command (places.h), with what the
 * command line adds. False: see the diagnostics. */
bool session_load(struct session *s, const struct arguments *args, const char *file,
                  bool check_host);
/* Prints what was found on standard error. */
void session_report(const struct session *s);
void session_finish(struct session *s);

/* "512 MiB", "64 KiB", "100 B": exact. `text` has room for 32 bytes. */
const char *session_size(uint64_t bytes, char text[32]);

#endif
