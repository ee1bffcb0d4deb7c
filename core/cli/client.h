/* SPDX-License-Identifier: Apache-2.0
 *
 * client.h - the other end of a control socket, for commands that talk to a running machine. [main]
 */
#ifndef CORE_CLI_CLIENT_H
#define CORE_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct arguments;

struct client {
    const char *command, *path; /* for what is said on standard error */
    FILE *in;
    int out;
    int code; /* to exit with when something failed */
};

/* The socket of --control, else of the first operand if there is one more than `operands` (0: any number may follow), else of
 * BACKPLANE_CONTROL. *first is the index of the first operand that is not it. False: standard error was told, and `code` is the exit code for that. */
bool client_open(struct client *c, const struct arguments *args, const char *command,
                 size_t operands, size_t *first);
void client_close(struct client *c); /* accepts one that was not opened */
/* Runs a command; takes over `arguments` (NULL: none). The answer is the caller's; NULL: standard error was told. */
json_t *client_execute(struct client *c, const char *name, json_t *arguments);
/* The next event, for which it waits; NULL: there will be none. */
json_t *client_event(struct client *c);

#endif
