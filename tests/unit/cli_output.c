/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of the command that are not in the library: JSON, aligned tables, and the guard of the terminal.
 */
#include "core/cli/json.c"
#include "core/cli/table.c"
#include "core/cli/terminal.c"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* terminal.c asks a machine to end, which this one remembers, and has crashes reported, which tests/control sees. */
static volatile sig_atomic_t quits;

void machine_quit(struct machine *m)
{
    quits++;
}

void crash_report(int number, const siginfo_t *info, const void *context)
{
}

static char *text;
static size_t text_bytes;

Test(json, nests_and_escapes)
{
    struct json j = {.out = open_memstream(&text, &text_bytes)};

    json_open(&j, NULL, '{');
    json_text(&j, "a\"b", "line\nback\\slash\x01 \xc3\xa9");
    json_text(&j, "none", NULL);
    json_open(&j, "list", '[');
    json_u64(&j, NULL, UINT64_MAX);
    json_hex(&j, NULL, 0x80000000);
    json_bool(&j, NULL, true);
    json_close(&j, ']');
    json_open(&j, "empty", '{');
    json_close(&j, '}');
    json_close(&j, '}');
    fclose(j.out);
    cr_expect_str_eq(text, "{\n"
                           "  \"a\\\"b\": \"line\\nback\\\\slash\\u0001 \xc3\xa9\",\n"
                           "  \"none\": null,\n"
                           "  \"list\": [\n"
                           "    18446744073709551615,\n"
                           "    \"0x80000000\",\n"
                           "    true\n"
                           "  ],\n"
                           "  \"empty\": {}\n"
                           "}\n");
    free(text);
}

Test(table, aligns_and_drops_empty_columns)
{
    FILE *out = open_memstream(&text, &text_bytes);
    struct table t = {0};

    table_row(&t);
    table_text(&t, "a");
    table_text(&t, "");
    table_text(&t, "short");
    table_text(&t, "last");
    table_row(&t);
    table_format(&t, "%s", "long\xc3\xa9r"); /* six characters in seven bytes */
    table_text(&t, NULL);
    table_text(&t, NULL);
    table_text(&t, "x");
    table_row(&t);
    table_text(&t, "b");
    table_print(&t, 2, out);
    fclose(out);
    cr_expect_str_eq(text, "  a       short  last\n"
                           "  long\xc3\xa9r         x\n"
                           "  b\n");
    free(text);
}

/* --- the terminal ---------------------------------------------------------------------------------------------- */

static int keyboard, terminal;
static struct termios cooked;

/* A child with a terminal of its own runs `body`; the test looks at the terminal afterwards. */
static int in_child(void (*body)(void))
{
    int status;
    pid_t child;

    cr_assert_eq(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
    cr_assert_eq(tcgetattr(terminal, &cooked), 0);
    child = fork();
    if (!child) {
        setsid();
        ioctl(terminal, TIOCSCTTY, 0);
        dup2(terminal, STDIN_FILENO);
        body();
        _exit(77);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static void make_raw(void)
{
    struct termios raw = cooked;

    cfmakeraw(&raw);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
        _exit(78);
}

static bool is_cooked(void)
{
    struct termios now;

    cr_assert_eq(tcgetattr(terminal, &now), 0);
    return now.c_lflag == cooked.c_lflag && now.c_iflag == cooked.c_iflag &&
           now.c_oflag == cooked.c_oflag;
}

static int fatal_signal;

static void die(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};

    sigaction(fatal_signal, &plain, NULL); /* not a sanitizer's */
    terminal_guard();
    make_raw();
    raise(fatal_signal);
}

Test(terminal, is_restored_by_every_death)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
                                  SIGQUIT, SIGHUP, SIGINT, SIGTERM};

    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        int status;

        fatal_signal = signals[i];
        status = in_child(die);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signals[i], "signal %d: status 0x%x",
                  signals[i], status);
        cr_expect(is_cooked(), "signal %d", signals[i]);
        close(keyboard);
        close(terminal);
    }
}

static void fault(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    volatile int *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    sigaction(SIGSEGV, &plain, NULL);
    terminal_guard();
    make_raw();
    *nowhere = 1;
}

Test(terminal, is_restored_by_a_real_fault)
{
    int status = in_child(fault);

    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    cr_expect(is_cooked());
}

static void release(void)
{
    terminal_guard();
    make_raw();
    terminal_release();
    _exit(0);
}

Test(terminal, is_restored_by_release)
{
    cr_expect_eq(in_child(release), 0);
    cr_expect(is_cooked());
}

static void end_machine(void)
{
    int number;

    terminal_guard();
    terminal_watch((struct machine *)&quits); /* only ever handed on */
    raise(SIGHUP);
    number = terminal_signal();
    terminal_watch(NULL);
    terminal_release();
    _exit(quits == 1 && number == SIGHUP ? 0 : 1);
}

Test(terminal, a_running_machine_ends_in_order)
{
    cr_expect_eq(in_child(end_machine), 0);
}

static void stop(void)
{
    struct termios now;

    terminal_guard();
    make_raw();
    raise(SIGTSTP);
    if (tcgetattr(STDIN_FILENO, &now))
        _exit(1);
    _exit(now.c_lflag & ICANON ? 2 : 0); /* raw again */
}

Test(terminal, stop_gives_it_back_and_continue_takes_it_again)
{
    int status;
    pid_t child;

    cr_assert_eq(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
    cr_assert_eq(tcgetattr(terminal, &cooked), 0);
    child = fork();
    if (!child) {
        int inner;
        pid_t job;

        /* A shell in between, because the kernel does not stop an orphaned process group. */
        setsid();
        ioctl(terminal, TIOCSCTTY, 0);
        dup2(terminal, STDIN_FILENO);
        signal(SIGTTOU, SIG_IGN);
        job = fork();
        if (!job) {
            setpgid(0, 0);
            tcsetpgrp(STDIN_FILENO, getpid());
            signal(SIGTTOU, SIG_DFL);
            stop();
        }
        if (waitpid(job, &inner, WUNTRACED) != job || !WIFSTOPPED(inner))
            _exit(10);
        if (!is_cooked())
            _exit(11);
        kill(job, SIGCONT);
        waitpid(job, &inner, 0);
        _exit(WIFEXITED(inner) ? WEXITSTATUS(inner) : 12);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", status);
}

static void ignore(void)
{
    signal(SIGHUP, SIG_IGN);
    terminal_guard();
    raise(SIGHUP);
    _exit(0);
}

Test(terminal, what_was_ignored_stays_ignored)
{
    cr_expect_eq(in_child(ignore), 0);
}
