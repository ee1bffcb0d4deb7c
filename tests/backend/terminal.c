/* SPDX-License-Identifier: Apache-2.0
 *
 * stdio on a terminal, and pty: the test holds the other side of a pseudo-terminal.
 */
#include "fake.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static struct fake f;
static int keyboard; /* the user's side */
static struct termios before;

/* A terminal of our own as controlling terminal and as standard input and output. */
static void make_terminal(void)
{
    int slave;

    cr_assert_eq(openpty(&keyboard, &slave, NULL, NULL, NULL), 0);
    setsid();
    cr_assert_eq(ioctl(slave, TIOCSCTTY, 0), 0);
    dup2(slave, 0);
    dup2(slave, 1);
    close(slave);
    cr_assert_eq(tcgetattr(0, &before), 0);
}

static void type(const char *keys, size_t count)
{
    cr_assert_eq(write(keyboard, keys, count), (ssize_t)count);
}

static bool same_mode(void)
{
    struct termios now;

    cr_assert_eq(tcgetattr(0, &now), 0);
    return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag &&
           now.c_oflag == before.c_oflag;
}

/* What appeared on the screen within a moment. */
static const char *screen(void)
{
    static char text[4096];
    size_t used = 0;
    struct pollfd p = {.fd = keyboard, .events = POLLIN};

    while (used < sizeof(text) - 1 && poll(&p, 1, 100) == 1 && p.revents & POLLIN)
        used += (size_t)read(keyboard, text + used, sizeof(text) - 1 - used);
    text[used] = '\0';
    return text;
}

Test(stdio, is_raw_and_restores)
{
    struct termios raw;

    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    cr_assert_eq(tcgetattr(0, &raw), 0);
    cr_expect_eq(raw.c_lflag & (ECHO | ICANON | ISIG), 0);
    cr_expect_eq(raw.c_iflag & (ICRNL | IXON), 0);
    cr_expect_neq(raw.c_oflag & OPOST, 0, "lines that others print would not begin at the left");
    fake_close(&f);
    cr_expect(same_mode());
}

Test(stdio, signals_can_stay_with_the_host)
{
    struct termios raw;

    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", "signals", "true", NULL), BP_OK);
    cr_assert_eq(tcgetattr(0, &raw), 0);
    cr_expect_neq(raw.c_lflag & ISIG, 0);
    fake_close(&f);
}

Test(stdio, keys_reach_the_guest_as_credit_allows)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 2);
    type("ab\003\r", 4);
    UNTIL(&f, f.ninput == 2);
    fake_turn(&f, 20);
    cr_expect_eq(f.ninput, 2);
    f.cls->credit(f.self, 10);
    UNTIL(&f, f.ninput == 4);
    cr_expect_eq(memcmp(f.input, "ab\003\r", 4), 0);
    fake_close(&f);
}

Test(stdio, escape_keys_work_while_the_guest_takes_nothing)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    type("typed ahead\001r\001b\001x", 17);
    UNTIL(&f, f.leaves == 1);
    cr_expect_eq(f.resets, 1);
    cr_expect_eq(f.breaks, 1);
    cr_expect_eq(f.ninput, 0);
    fake_close(&f);
    cr_expect(same_mode());
}

Test(stdio, the_prefix_can_be_sent)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    type("\001\001-\001a-\001?.", 9); /* twice, with its letter, and an unknown key */
    UNTIL(&f, f.ninput >= 5);
    fake_turn(&f, 20);
    cr_expect_eq(f.ninput, 5);
    cr_expect_eq(memcmp(f.input, "\001-\001-.", 5), 0);
    fake_close(&f);
}

Test(stdio, help_lists_the_keys)
{
    const char *text;

    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    type("\001h", 2);
    for (int i = 0; i < 5; i++)
        fake_turn(&f, 10);
    text = screen();
    cr_expect_not_null(strstr(text, "Ctrl-A x"), "%s", text);
    cr_expect_not_null(strstr(text, "Ctrl-A Ctrl-A"), "%s", text);
    cr_expect_eq(f.ninput, 0);
    fake_close(&f);
}

Test(stdio, a_key_without_a_meaning_is_answered)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    type("\001c.", 3);
    UNTIL(&f, f.ninput == 1);
    cr_expect_not_null(strstr(screen(), "Ctrl-A h lists"));
    cr_expect_eq(f.input[0], '.');
    fake_close(&f);
}

/* The shell of the guest asks where the cursor is; people type meanwhile. */
Test(stdio, an_answer_of_the_terminal_does_not_use_up_the_prefix)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    type("\001\033[24;80Rx", 10);
    UNTIL(&f, f.leaves == 1);
    UNTIL(&f, f.ninput == 8);
    cr_expect_eq(memcmp(f.input, "\033[24;80R", 8), 0);
    fake_close(&f);
}

Test(stdio, an_arrow_key_uses_up_the_prefix)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    type("\001\033[Cx\001\033xx", 9);
    UNTIL(&f, f.ninput == 7);
    cr_expect_eq(memcmp(f.input, "\033[Cx\033xx", 7), 0);
    cr_expect_eq(f.leaves, 0);
    fake_close(&f);
}

/* A prompt of the guest has no line end: the shell's begins below it. Output that ends a line gets none. The terminal
 * makes two bytes of each line end. */
Test(stdio, the_next_prompt_begins_a_line)
{
    static const struct {
        const char *output, *seen;
    } rows[] = {{"guest# ", "guest# \r\r\n"}, {"done\r\n", "done\r\r\n"}, {"", ""}};

    make_terminal();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
        fake_write(&f, rows[i].output, strlen(rows[i].output));
        fake_close(&f);
        cr_expect_str_eq(screen(), rows[i].seen);
    }
}

Test(stdio, another_prefix_or_none)
{
    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", "escape", "Ctrl-B", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    type("\001x\002x", 4);
    UNTIL(&f, f.leaves == 1);
    cr_expect_eq(f.ninput, 2);
    fake_close(&f);

    cr_assert_eq(fake_open(&f, "stdio", "escape", "none", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    type("\001x", 2);
    UNTIL(&f, f.ninput == 2);
    cr_expect_eq(f.leaves, 0);
    fake_close(&f);
}

Test(stdio, keys_beyond_the_buffer_are_lost_with_a_word)
{
    char block[1000];

    make_terminal();
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    memset(block, 'k', sizeof(block));
    for (int i = 0; i < 70; i++) {
        type(block, sizeof(block));
        fake_turn(&f, 10);
        fake_turn(&f, 0);
    }
    cr_expect_str_eq(f.log, "the guest takes no input: keys are being lost\n");
    type("\001x", 2);
    UNTIL(&f, f.leaves == 1);
    f.cls->credit(f.self, 1 << 20);
    cr_expect_eq(f.ninput, 65536);
    fake_close(&f);
}

Test(stdio, a_closed_terminal_ends_the_machine)
{
    make_terminal();
    signal(SIGHUP, SIG_IGN);
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    close(keyboard);
    UNTIL(&f, f.leaves >= 1);
    fake_close(&f);
}

/* --- pty ---------------------------------------------------------------------------------------------------------- */

static int attach(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);

    cr_assert_geq(fd, 0);
    UNTIL(&f, f.opened > 0);
    return fd;
}

Test(pty, attach_detach_attach)
{
    const char *link = fake_path("tty");
    char text[16] = "";
    struct stat info;
    int fd;

    cr_assert_eq(fake_open(&f, "pty", "link", link, NULL), BP_OK);
    cr_expect_not_null(strstr(f.log, link), "%s", f.log);
    fake_write(&f, "nobody hears", 12);
    fd = attach(link);
    f.cls->credit(f.self, 100);
    fake_write(&f, "a\nb", 3);
    cr_assert_eq(read(fd, text, sizeof(text)), 3,
                 "raw: no line end is translated, nothing old is kept");
    cr_expect_str_eq(text, "a\nb");
    cr_assert_eq(write(fd, "\003\r", 2), 2);
    UNTIL(&f, f.ninput == 2);
    cr_expect_eq(memcmp(f.input, "\003\r", 2), 0);
    close(fd);
    UNTIL(&f, f.closed == 2); /* at first, and now */
    f.opened = 0;
    fd = attach(link);
    cr_assert_eq(write(fd, "again", 5), 5);
    UNTIL(&f, f.ninput == 7);
    close(fd);
    fake_close(&f);
    cr_expect_neq(lstat(link, &info), 0, "the link stayed behind");
}

Test(pty, can_hold_output_until_someone_attaches)
{
    const char *link = fake_path("tty");
    char text[16] = "";
    int fd;

    cr_assert_eq(fake_open(&f, "pty", "link", link, "wait", "true", NULL), BP_OK);
    cr_expect_eq(f.cls->write(f.self, "first", 5), 0);
    fd = attach(link);
    UNTIL(&f, f.writable == 1);
    fake_write(&f, "first", 5);
    cr_assert_eq(read(fd, text, sizeof(text)), 5);
    close(fd);
    fake_close(&f);
}

Test(pty, a_stale_link_is_replaced_a_file_is_not)
{
    const char *link = fake_path("tty"), *file = fake_path("precious");

    cr_assert_eq(symlink("/dev/pts/99999", link), 0);
    cr_assert_eq(fake_open(&f, "pty", "link", link, NULL), BP_OK);
    fake_close(&f);

    fake_spill(file, "data", 4);
    cr_expect_eq(fake_open(&f, "pty", "link", file, NULL), BP_E_IO);
    cr_expect_not_null(strstr(f.error, "File exists"), "%s", f.error);
    fake_close(&f);
    cr_expect_str_eq(fake_slurp(file), "data");
}
