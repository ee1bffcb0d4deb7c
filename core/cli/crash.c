/* SPDX-License-Identifier: Apache-2.0
 *
 * Plug-ins that crash or never return (crash.h).
 *
 * In a handler there is no printf(): a line is put together by hand and written at once. Which object an address is in
 * comes from _dl_find_object(3), which takes no locks.
 */
#include "core/cli/crash.h"

#include "core/cli/command.h"
#include "core/machine/machine.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define LINE 1024

/* --- a line ---------------------------------------------------------------------------------------------------- */

struct line {
    char text[LINE];
    size_t used;
};

static void add(struct line *line, const char *text)
{
    for (; *text && line->used < LINE - 1; text++)
        line->text[line->used++] = *text;
}

static void add_hex(struct line *line, uint64_t value)
{
    int shift = 60;

    add(line, "0x");
    while (shift && !(value >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        add(line, (char[]){"0123456789abcdef"[value >> shift & 15], '\0'});
}

static void add_number(struct line *line, unsigned value)
{
    char digits[12];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    add(line, digits + at);
}

static void put(struct line *line)
{
    ssize_t written;

    line->text[line->used++] = '\n';
    written = write(STDERR_FILENO, line->text, line->used);
    (void)written; /* there is nobody to tell */
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "backplane: uart0: plug-in acme, type acme-uart: on_write() of LCR" */
static void add_call(struct line *line, const struct machine_call *call)
{
    add(line, call->node);
    add(line, ": plug-in ");
    add(line, call->plugin);
    add(line, ", type ");
    add(line, call->type);
    add(line, ": ");
    add(line, call->function);
    if (call->of) {
        add(line, " of ");
        add(line, call->of);
    }
}

/* --- crashes --------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define PC(context) ((uintptr_t)(context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__aarch64__)
#define PC(context) ((uintptr_t)(context)->uc_mcontext.pc)
#elif defined(__riscv)
#define PC(context) ((uintptr_t)(context)->uc_mcontext.__gregs[REG_PC])
#else
#define PC(context) ((uintptr_t)0 * sizeof(context))
#endif

static const struct {
    int number;
    const char *text;
    bool has_address; /* si_addr says which memory */
} kinds[] = {
    {SIGSEGV, "a segmentation fault", true},
    {SIGBUS, "a bus error", true},
    {SIGILL, "an instruction that this host has not", false},
    {SIGFPE, "a division by zero", false},
    {SIGABRT, "a call of abort()", false},
    {SIGSYS, "a system call that is not allowed", false},
};

/* The file of the object that the code is in, and where in it; NULL: in none. */
static const char *object_at(uintptr_t pc, uintptr_t *offset)
{
    struct dl_find_object found;

    if (_dl_find_object((void *)pc, &found))
        return NULL;
    *offset = pc - found.dlfo_link_map->l_addr;
    return found.dlfo_link_map->l_name;
}

void crash_report(int number, const siginfo_t *info, const void *context)
{
    struct line line = {.used = 0};
    struct machine_call call;
    uintptr_t pc = PC((const ucontext_t *)context), offset = 0;
    const char *file = object_at(pc, &offset);
    bool called = machine_call_here(&call);
    size_t kind = 0;

    while (kind < sizeof(kinds) / sizeof(*kinds) && kinds[kind].number != number)
        kind++;
    if (kind == sizeof(kinds) / sizeof(*kinds) || info->si_code == SI_USER)
        return; /* asked for, from outside */
    add(&line, isatty(STDERR_FILENO) ? "\r\nbackplane: " : "backplane: ");
    if (called)
        add_call(&line, &call);
    else
        add(&line, file && *file ? base_name(file) : "backplane");
    add(&line, ": crashed with ");
    add(&line, kinds[kind].text);
    if (kinds[kind].has_address) {
        add(&line, " at ");
        add_hex(&line, (uintptr_t)info->si_addr);
    }
    add(&line, ", in ");
    if (file) {
        add(&line, *file ? base_name(file) : "backplane");
        add(&line, "+");
        add_hex(&line, offset);
    } else {
        add(&line, "translated code or nowhere");
    }
    if (called && call.file) {
        add(&line, ": a mistake of the plug-in: backplane-check ");
        add(&line, base_name(call.file));
        add(&line, " finds many; gdb --args backplane ... shows where");
    } else {
        add(&line,
            ": a mistake of Backplane or of a plug-in: gdb --args backplane ... shows where");
    }
    put(&line);
}

/* --- calls that do not return ------------------------------------------------------------------------------------ */

#define TICK_NS  250000000 /* a process that is stopped, or in a debugger, does not tick */
#define TICKS(s) ((s)*1000000000ll / TICK_NS)

enum {
    LEAVE_AFTER = 1, /* seconds that a call may hold up a machine that is to end */
    TELL_AFTER = 3,
    END_AFTER = 10,
};

static struct {
    struct machine *machine;
    void (*end)(int code);
    pthread_t thread;
    bool running;
    _Atomic bool stop;
} watch;

static void tell(const struct machine_call *call, const char *what, unsigned seconds,
                 const char *cure)
{
    struct line line = {.used = 0};

    add(&line, "backplane: ");
    add_call(&line, call);
    add(&line, what);
    add_number(&line, seconds);
    add(&line, cure);
    put(&line);
}

static void look(uint64_t *last, unsigned *ticks)
{
    struct machine_call call;
    uint64_t count = machine_call_count(watch.machine);
    bool ends, there;

    if (!count || count != *last) {
        *last = count;
        *ticks = 0;
        return;
    }
    ++*ticks;
    ends = *ticks >= TICKS(END_AFTER) ||
           (*ticks >= TICKS(LEAVE_AFTER) && machine_end_requested(watch.machine));
    if (!ends && *ticks != TICKS(TELL_AFTER))
        return;
    machine_call_hold(watch.machine);
    there = machine_call_now(watch.machine, &call);
    if (there && ends)
        tell(&call, ": did not return for ", (unsigned)(*ticks * (int64_t)TICK_NS / 1000000000),
             " s: the machine ends without it");
    else if (there)
        tell(
            &call, ": has not returned for ", TELL_AFTER,
            " s, and all wait for it: a loop or a wait in the plug-in: use a timer, or bp.thread/1");
    machine_call_release(watch.machine);
    if (there && ends)
        watch.end(EXIT_MACHINE);
}

static void *watch_calls(void *unused)
{
    const struct timespec tick = {.tv_nsec = TICK_NS};
    uint64_t last = 0;
    unsigned ticks = 0;

    while (!atomic_load(&watch.stop)) {
        look(&last, &ticks);
        nanosleep(&tick, NULL);
    }
    return unused;
}

void crash_watch(struct machine *m, void (*end)(int code))
{
    sigset_t all, before;

    watch.machine = m;
    watch.end = end;
    atomic_store(&watch.stop, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Without it the machine runs as well. */
    watch.running = !pthread_create(&watch.thread, NULL, watch_calls, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void crash_unwatch(void)
{
    if (!watch.running)
        return;
    atomic_store(&watch.stop, true);
    pthread_join(watch.thread, NULL);
    watch.running = false;
}
