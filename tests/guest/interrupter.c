/* SPDX-License-Identifier: Apache-2.0
 *
 * interrupter.c - preloaded into the command: SIGUSR1 and SIGUSR2 are handled, by nothing, and without SA_RESTART, as in a
 * program that has handlers of its own and embeds the core. Every system call that waits may then end with EINTR.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

static _Atomic unsigned seen;

static void handle(int number)
{
    (void)number;
    atomic_fetch_add(&seen, 1);
}

__attribute__((destructor)) static void tell(void)
{
    fprintf(stderr, "interrupter: %u signals\n", atomic_load(&seen));
}

/* They are blocked until now, or they would have ended the process before it came here. */
__attribute__((constructor)) static void install(void)
{
    const struct sigaction action = {.sa_handler = handle};
    sigset_t ours;

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGUSR2);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);
}
