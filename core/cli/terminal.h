/* SPDX-License-Identifier: Apache-2.0
 *
 * terminal.h - the user's terminal, given back as it was however the process ends. [main]
 *
 * A back end that makes the terminal raw restores it in finish(). These handlers are for the ways that do not get there:
 * faults, which are reported (crash.h), signals that end the process, and stopping (SIGTSTP), after which the raw mode returns with SIGCONT.
 */
#ifndef CORE_CLI_TERMINAL_H
#define CORE_CLI_TERMINAL_H

struct machine;

/* Remembers the terminal and installs the handlers; does nothing without a terminal on standard input but for SIGHUP,
 * SIGINT and SIGTERM. */
void terminal_guard(void);
/* From now on (NULL: no longer) SIGHUP, SIGINT and SIGTERM end this machine in an orderly way instead of the process. */
void terminal_watch(struct machine *m);
/* The signal that ended the machine through terminal_watch(), or 0. */
int terminal_signal(void);
/* [any]. Restores the terminal and ends the process at once, with a thread that cannot be stopped. */
void terminal_abandon(int code);
/* Restores the terminal and the handlers. */
void terminal_release(void);

#endif
