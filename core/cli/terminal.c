/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard of the terminal (terminal.h). Everything a handler calls is async-signal-safe (signal-safety(7)).
 */
#include "core/cli/terminal.h"
#include "core/cli/crash.h"
#include "core/machine/machine.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* What each signal means here. */
enum meaning { FAULT, END, STOP, CONTINUE };

static const struct {
    int number;
    enum meaning meaning;
} watched[] = {
    {SIGSEGV, FAULT}, {SIGBUS, FAULT},  {SIGILL, FAULT}, {SIGFPE, FAULT},
    {SIGABRT, FAULT}, {SIGQUIT, FAULT}, {SIGSYS, FAULT}, {SIGHUP, END},
    {SIGINT, END},    {SIGTERM, END},   {SIGTSTP, STOP}, {SIGCONT, CONTINUE},
};

#define NWATCHED (sizeof(watched) / sizeof(*watched))

static struct sigaction before[NWATCHED];
static volatile sig_atomic_t installed;
static volatile sig_atomic_t has_terminal, was_stopped;
static volatile sig_atomic_t end_signal;
static struct termios original, stopped;
static _Atomic(struct machine *) current;

static void restore(void)
{
    /* In the background this would stop the process (SIGTTOU), and the terminal is someone else's. */
    if (has_terminal && tcgetpgrp(STDIN_FILENO) == getpgrp())
        tcsetattr(STDIN_FILENO, TCSANOW, &original);
}

static size_t find(int number)
{
    size_t i = 0;

    while (watched[i].number != number)
        i++;
    return i;
}

/* Lets the signal do what it would have done. A fault happens again by itself when the handler returns. */
static void pass_on(int number, const siginfo_t *info)
{
    sigaction(number, &before[find(number)], NULL);
    if (info->si_code <= 0 || watched[find(number)].meaning != FAULT)
        raise(number);
}

static void on_end(int number, const siginfo_t *info)
{
    struct machine *m = atomic_load(&current);

    if (!m) {
        restore();
        pass_on(number, info);
        return;
    }
    end_signal = number;
    machine_quit(m);
}

static void on_stop(void)
{
    struct sigaction now, plain = {.sa_handler = SIG_DFL};
    sigset_t set;

    if (has_terminal && !tcgetattr(STDIN_FILENO, &stopped))
        was_stopped = 1;
    restore();
    /* Really stop: the default action, with the signal let through. */
    sigaction(SIGTSTP, &plain, &now);
    raise(SIGTSTP);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    sigaction(SIGTSTP, &now, NULL);
}

static void on_continue(void)
{
    if (was_stopped && tcgetpgrp(STDIN_FILENO) == getpgrp())
        tcsetattr(STDIN_FILENO, TCSANOW, &stopped);
    was_stopped = 0;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int error = errno;

    switch (watched[find(number)].meaning) {
    case FAULT:
        restore();
        crash_report(number, info, context);
        pass_on(number, info);
        break;
    case END:
        on_end(number, info);
        break;
    case STOP:
        on_stop();
        break;
    case CONTINUE:
        on_continue();
        break;
    }
    errno = error;
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};

    sigfillset(&action.sa_mask);
    /* Who runs us in the background or under nohup has some ignored; that stays. */
    for (size_t i = 0; i < NWATCHED; i++)
        if (before[i].sa_handler != SIG_IGN)
            sigaction(watched[i].number, &action, NULL);
}

void terminal_guard(void)
{
    static char stack[65536];
    const stack_t handlers = {.ss_sp = stack, .ss_size = sizeof(stack)};

    sigaltstack(&handlers, NULL);
    has_terminal = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &original);
    for (size_t i = 0; i < NWATCHED; i++)
        sigaction(watched[i].number, NULL, &before[i]);
    install();
    installed = 1;
}

void terminal_watch(struct machine *m)
{
    atomic_store(&current, m);
    /* The loop has its own handlers while it runs, and leaves the default ones behind. */
    if (!m && installed)
        install();
}

int terminal_signal(void)
{
    return end_signal;
}

void terminal_abandon(int code)
{
    restore();
    _exit(code);
}

void terminal_release(void)
{
    if (!installed)
        return;
    atomic_store(&current, NULL);
    for (size_t i = 0; i < NWATCHED; i++)
        sigaction(watched[i].number, &before[i], NULL);
    restore();
    installed = 0;
}
