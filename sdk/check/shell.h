/* SPDX-License-Identifier: Apache-2.0
 *
 * shell.h - an instance of a class that is no device: memory between guards, properties and ports
 * as a description gives them. The test host only knows devices, so a class of one is made up.
 */
#ifndef CHECK_SHELL_H
#define CHECK_SHELL_H

#include "check.h"
#include <testhost.h>

struct shell {
    struct kit *kit;
    struct bp_device_class cls; /* made up */
    struct th *t;               /* t->self is the instance */
    bool given;                 /* its properties can be written */
};

/* False: a skip says why. shell_close() is due either way. */
bool shell_open(struct shell *shell, struct kit *kit,
                const void *(*get)(const struct bp_core *core, const char *id));
/* Writes properties and ports. */
int32_t shell_furnish(struct shell *shell);
void shell_close(struct shell *shell);
/* [main] callbacks: a finding of `context` when another thread is here. */
bool shell_on_main(const struct shell *shell, const char *function);

#endif
