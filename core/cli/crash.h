/* SPDX-License-Identifier: Apache-2.0
 *
 * crash.h - plug-ins that crash or never return: told by name, as far as the process still can.
 */
#ifndef CORE_CLI_CRASH_H
#define CORE_CLI_CRASH_H

#include <signal.h>

struct machine;

/* In the handler of a fault, async-signal-safe: writes who crashed to standard error. `context` is the handler's third
 * argument (sigaction(2)). */
void crash_report(int number, const siginfo_t *info, const void *context);

/* [main]. Watches this machine from a thread of its own until crash_unwatch(): a call into a plug-in that has not
 * returned for some seconds is told; if the machine is asked to end meanwhile, or it takes much longer, end(code) is
 * called on that thread. It restores what has to be and ends the process. One machine at a time. */
void crash_watch(struct machine *m, void (*end)(int code));
void crash_unwatch(void);

#endif
