/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane run` from outside, with the virt board and programs of a few instructions: how a run ends, with which code,
 * and what is left of the terminal.
 */
#include "core/cli/command.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define COMMAND BP_BINARY_DIR "/bin/backplane"
#define BOARD   BP_SOURCE_DIR "/configs/boards/virt-riscv64.yaml"

/* The test finisher is at 0x100000, the serial port at 0x10000000; both are reached with one lui. */
#define LUI_T0_FINISHER 0x001002b7u
#define LUI_T0_SERIAL   0x100002b7u
#define SW_T1           0x0062a023u /* to 0(t0) */
#define SB_T1           0x00628023u
#define SB_T1_LCR       0x006281a3u /* to 3(t0) */
#define J_SELF          0x0000006fu
#define LI_T1(value)    (0x00000313u | (uint32_t)(value) << 20)

/* lui and addi of what the finisher takes. */
#define T1_PASS 0x00005337u, 0x55530313u /* 0x5555 */
#define T1_FAIL 0x00033337u, 0x33330313u /* 0x3333 with status 3 */

/* After a reset characters have five bits (16550D, LCR); eight of them arrive as they are. */
#define EIGHT_BITS LUI_T0_SERIAL, LI_T1(3), SB_T1_LCR
#define SAY(c)     LI_T1(c), SB_T1

static const uint32_t pass[] = {LUI_T0_FINISHER, T1_PASS, SW_T1, J_SELF};
static const uint32_t fail[] = {LUI_T0_FINISHER, T1_FAIL, SW_T1, J_SELF};
static const uint32_t speak[] = {EIGHT_BITS, SAY('o'), SAY('k'), LUI_T0_FINISHER,
                                 T1_PASS,    SW_T1,    J_SELF};
static const uint32_t forever[] = {EIGHT_BITS, SAY('!'), J_SELF};

static char folder[] = "/tmp/backplane-test-XXXXXX";

static void enter_folder(void)
{
    cr_assert(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(run, .init = enter_folder, .fini = leave_folder, .timeout = 60 * BP_PATIENCE);

static void program(const uint32_t *words, size_t bytes)
{
    FILE *file = fopen("program", "w");

    cr_assert(file);
    cr_assert_eq(fwrite(words, 1, bytes, file), bytes);
    fclose(file);
}

static const char *slurp(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");

    cr_assert(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int run(const char *options)
{
    char line[512];
    int status;

    snprintf(line, sizeof(line), "'%s' run '%s' --image firmware=program %s >out 2>err </dev/null",
             COMMAND, BOARD, options);
    status = system(line);
    cr_assert(WIFEXITED(status), "status 0x%x: %s", status, slurp("err"));
    return WEXITSTATUS(status);
}

Test(run, power_off_is_success)
{
    program(pass, sizeof(pass));
    cr_expect_eq(run(""), EXIT_OK, "%s", slurp("err"));
    cr_expect_str_eq(slurp("err"), "");
}

Test(run, a_guest_that_fails_fails_the_run)
{
    program(fail, sizeof(fail));
    cr_expect_eq(run(""), EXIT_MACHINE);
    cr_expect(strstr(slurp("err"), "status 3"), "%s", slurp("err"));
}

Test(run, stats_go_to_standard_error)
{
    program(pass, sizeof(pass));
    cr_expect_eq(run("--stats --accel interp --backend console=stdio"), EXIT_OK);
    cr_expect_str_eq(slurp("out"), "");
    cr_expect(strstr(slurp("err"), "Accelerator interp, 1 vCPUs:\n"), "%s", slurp("err"));
    cr_expect(strstr(slurp("err"), "to the first instruction"), "%s", slurp("err"));
}

/* The line of the trace hash, which is alone on standard error. */
static const char *hash(const char *options)
{
    cr_expect_eq(run(options), EXIT_OK, "%s", slurp("err"));
    cr_expect_eq(strncmp(slurp("err"), "trace ", 6), 0, "%s", slurp("err"));
    return slurp("err");
}

Test(run, the_trace_hash_is_the_same_again)
{
    char first[256];

    program(speak, sizeof(speak));
    snprintf(first, sizeof(first), "%s", hash("--time deterministic --trace-hash"));
    cr_expect_str_eq(hash("--time deterministic --trace-hash --accel interp"), first);
    cr_expect_str_neq(hash("--time deterministic,frequency=1MHz --trace-hash"), first);
    program(pass, sizeof(pass));
    cr_expect_str_neq(hash("--time deterministic --trace-hash"), first);
}

Test(run, a_trace_hash_needs_deterministic_time)
{
    program(pass, sizeof(pass));
    cr_expect_eq(run("--trace-hash"), EXIT_USAGE);
    cr_expect(strstr(slurp("err"), "--trace-hash: no two runs are the same"), "%s", slurp("err"));
}

Test(run, two_machines_in_lockstep_are_not_steered)
{
    program(pass, sizeof(pass));
    cr_expect_eq(run("--accel lockstep:interp,interp --control socket"), EXIT_USAGE);
    cr_expect(strstr(slurp("err"), "--control: two machines in lockstep cannot be steered"), "%s",
              slurp("err"));
    cr_expect_eq(run("--accel lockstep:interp,interp --break '*'"), EXIT_USAGE);
    cr_expect(strstr(slurp("err"), "--break: two machines in lockstep run to the end"), "%s",
              slurp("err"));
    cr_expect_eq(run("--accel lockstep:interp,interp"), EXIT_OK, "%s", slurp("err"));
}

Test(run, output_reaches_a_pipe)
{
    program(speak, sizeof(speak));
    cr_expect_eq(run("--backend console=stdio"), EXIT_OK, "%s", slurp("err"));
    cr_expect_str_eq(slurp("out"), "ok");
    cr_expect_eq(run("--backend console=file,path=serial.txt"), EXIT_OK, "%s", slurp("err"));
    cr_expect_str_eq(slurp("serial.txt"), "ok");
}

Test(run, a_back_end_that_does_not_open_is_the_users_mistake)
{
    program(pass, sizeof(pass));
    cr_expect_eq(run("--backend console=file,path=/nonexistent/x"), EXIT_USAGE);
    cr_expect(strstr(slurp("err"), "console.path: /nonexistent/x: No such file or directory"), "%s",
              slurp("err"));
    cr_expect_eq(run("--image kernel=/nonexistent/Image"), EXIT_USAGE);
    cr_expect(strstr(slurp("err"), "/nonexistent/Image"), "%s", slurp("err"));
}

/* --- on a terminal --------------------------------------------------------------------------------- */

static int keyboard;
static pid_t child;
static struct termios before;

/* Starts a run on a terminal of its own and waits until the guest has spoken. */
static void start(void)
{
    char text[1024];
    size_t used = 0;
    int terminal;

    program(forever, sizeof(forever));
    cr_assert_eq(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
    cr_assert_eq(tcgetattr(terminal, &before), 0);
    child = fork();
    cr_assert_geq(child, 0);
    if (!child) {
        close(keyboard);
        login_tty(terminal);
        setenv("ASAN_OPTIONS", "handle_segv=0", 1); /* the signal itself is to end it */
        execl(COMMAND, COMMAND, "run", BOARD, "--image", "firmware=program", "--backend",
              "console=stdio", NULL);
        _exit(127);
    }
    close(terminal); /* so that a run which ends early ends the reading */
    do {
        ssize_t got = read(keyboard, text + used, sizeof(text) - 1 - used);

        cr_assert_gt(got, 0, "it ended, after: %.*s", (int)used, text);
        used += (size_t)got;
        text[used] = '\0';
    } while (!strchr(text, '!'));
}

static bool is_restored(void)
{
    struct termios now;

    cr_assert_eq(tcgetattr(keyboard, &now), 0);
    return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag &&
           now.c_oflag == before.c_oflag;
}

static int end(void)
{
    int status;

    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

Test(run, the_escape_key_leaves)
{
    int status;

    start();
    cr_expect_not(is_restored(), "raw while it runs");
    cr_assert_eq(write(keyboard, "\003\001x", 3), 3); /* Ctrl-C is the guest's */
    status = end();
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_OK, "status 0x%x", status);
    cr_expect(is_restored());
}

Test(run, signals_end_it_in_order)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        int status;

        start();
        kill(child, signals[i]);
        status = end();
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 128 + signals[i],
                  "signal %d: status 0x%x", signals[i], status);
        cr_expect(is_restored(), "signal %d", signals[i]);
        close(keyboard);
    }
}

Test(run, a_crash_restores_the_terminal)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGQUIT};

    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        int status;

        start();
        cr_expect_not(is_restored(), "raw while it runs");
        kill(child, signals[i]);
        status = end();
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signals[i], "signal %d: status 0x%x",
                  signals[i], status);
        cr_expect(is_restored(), "signal %d", signals[i]);
        close(keyboard);
    }
}

Test(run, a_terminal_that_closes_ends_it)
{
    int status;

    start();
    close(keyboard);
    status = end();
    cr_expect(WIFEXITED(status) &&
                  (WEXITSTATUS(status) == EXIT_OK || WEXITSTATUS(status) == 128 + SIGHUP),
              "status 0x%x", status);
}
