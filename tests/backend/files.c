/* SPDX-License-Identifier: Apache-2.0
 *
 * Character back ends on files and pipes: null, file, and stdio without a terminal.
 */
#include "fake.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fake f;

Test(null, takes_everything)
{
    cr_assert_eq(fake_open(&f, "null", NULL), BP_OK);
    cr_expect_eq(f.cls->write(f.self, "hello", 5), 5);
    f.cls->credit(f.self, 100);
    fake_turn(&f, 0);
    cr_expect_eq(f.ninput, 0);
    fake_close(&f);
}

Test(every_class, accepts_finish_of_a_zeroed_instance)
{
    static const char *const types[] = {"stdio", "file", "null", "pty",
                                        "tcp",   "unix", "raw",  "memory"};

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        fake_zeroed(&f, types[i]);
        fake_close(&f);
        /* It owns nothing: a descriptor 0 out of zeroed memory must not be taken for its own. */
        cr_expect_geq(fcntl(0, F_GETFD), 0, "%s closed standard input", types[i]);
    }
}

Test(file, writes_and_truncates)
{
    const char *path = fake_path("out");

    fake_spill(path, "older and longer", 16);
    cr_assert_eq(fake_open(&f, "file", "path", path, NULL), BP_OK);
    fake_write(&f, "new", 3);
    fake_close(&f); /* writes what is still in the buffer */
    cr_expect_str_eq(fake_slurp(path), "new");
}

Test(file, appends)
{
    const char *path = fake_path("out");

    fake_spill(path, "one ", 4);
    cr_assert_eq(fake_open(&f, "file", "path", path, "append", "true", NULL), BP_OK);
    fake_write(&f, "two", 3);
    fake_close(&f);
    cr_expect_str_eq(fake_slurp(path), "one two");
}

Test(file, takes_more_than_its_buffer_in_order)
{
    static uint8_t data[700000];
    const char *path = fake_path("out");
    const char *text;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)('a' + i * 7 % 26);
    cr_assert_eq(fake_open(&f, "file", "path", path, NULL), BP_OK);
    fake_write(&f, data, sizeof(data));
    fake_close(&f);
    text = fake_slurp(path);
    cr_expect_eq(memcmp(text, data, sizeof(data)), 0);
    cr_expect_eq(text[sizeof(data)], '\0');
}

Test(file, works_without_a_pool)
{
    const char *path = fake_path("out");

    cr_assert_eq(fake_open(&f, "file", "path", path, NULL), BP_OK);
    f.refuse_work = true;
    fake_write(&f, "still", 5);
    cr_expect_str_eq(fake_slurp(path), "still");
    fake_close(&f);
}

Test(file, input_follows_the_credit)
{
    const char *in = fake_path("in");

    fake_spill(in, "abcdef", 6);
    cr_assert_eq(fake_open(&f, "file", "path", fake_path("out"), "input", in, NULL), BP_OK);
    for (int i = 0; i < 5; i++)
        fake_turn(&f, 5);
    cr_expect_eq(f.ninput, 0, "input without credit");
    f.cls->credit(f.self, 2);
    UNTIL(&f, f.ninput == 2);
    f.cls->credit(f.self, 100);
    UNTIL(&f, f.ninput == 6);
    cr_expect_eq(memcmp(f.input, "abcdef", 6), 0);
    for (int i = 0; i < 5; i++)
        fake_turn(&f, 5); /* the end of the file is quiet */
    fake_close(&f);
}

Test(file, says_why_it_cannot_open)
{
    const char *fifo = fake_path("fifo");

    cr_expect_eq(fake_open(&f, "file", "path", "/nonexistent/out", NULL), BP_E_NOENT);
    cr_expect_str_eq(
        f.error, "/nonexistent/out: No such file or directory: choose a path that can be written");
    cr_expect_str_eq(f.error_property, "path");
    fake_close(&f);

    cr_expect_eq(fake_open(&f, "file", "path", fake_path("out"), "input", "/nonexistent/in", NULL),
                 BP_E_NOENT);
    cr_expect_str_eq(f.error_property, "input");
    fake_close(&f);

    cr_assert_eq(mkfifo(fifo, 0600), 0);
    cr_expect_eq(fake_open(&f, "file", "path", fifo, NULL), BP_E_IO);
    cr_expect_not_null(strstr(f.error, "nobody reads this FIFO"));
    fake_close(&f);
}

Test(file, a_full_disk_is_reported_once_and_does_not_stop_the_guest)
{
    static const char said[] =
        "output is being lost: No space left on device: make room or choose another file\n";

    cr_assert_eq(fake_open(&f, "file", "path", "/dev/full", NULL), BP_OK);
    for (int i = 0; i < 3; i++) {
        fake_write(&f, "lost", 4);
        UNTIL(&f, !f.works);
    }
    fake_close(&f);
    cr_expect_str_eq(f.log, said);
}

/* Standard input and output become pipes; the other ends are returned. */
static void make_pipes(int *to, int *from)
{
    int in[2], out[2];

    cr_assert_eq(pipe(in), 0);
    cr_assert_eq(pipe(out), 0);
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[0]);
    close(out[1]);
    *to = in[1];
    *from = out[0];
}

Test(stdio, pipes_pass_bytes_unchanged)
{
    int to, from;
    char text[16] = "";

    make_pipes(&to, &from);
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    cr_expect_eq(f.opened, 1);
    cr_assert_eq(write(to, "a\001xb", 4), 4); /* no escape keys without a terminal */
    f.cls->credit(f.self, 100);
    UNTIL(&f, f.ninput == 4);
    cr_expect_eq(memcmp(f.input, "a\001xb", 4), 0);
    cr_expect_eq(f.leaves, 0);
    fake_write(&f, "out", 3);
    cr_assert_eq(read(from, text, sizeof(text)), 3);
    cr_expect_str_eq(text, "out");
    fake_close(&f);
    cr_expect_eq(fcntl(1, F_GETFL) & O_NONBLOCK, 0, "the shared descriptor was changed");
}

Test(stdio, the_end_of_input_does_not_end_the_machine)
{
    int to, from;
    char text[8] = "";

    make_pipes(&to, &from);
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 10);
    close(to);
    for (int i = 0; i < 5; i++)
        fake_turn(&f, 5);
    cr_expect_eq(f.leaves, 0);
    fake_write(&f, "on", 2);
    cr_expect_eq(read(from, text, sizeof(text)), 2);
    fake_close(&f);
}

Test(stdio, a_slow_reader_slows_the_guest)
{
    static uint8_t data[300000];
    int to, from;
    int64_t taken;
    size_t got = 0;

    make_pipes(&to, &from);
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    memset(data, 'x', sizeof(data));
    taken = f.cls->write(f.self, data, sizeof(data));
    cr_expect(taken > 0 && (size_t)taken < sizeof(data));
    fake_turn(&f, 5);
    cr_expect_eq(f.writable, 0, "writable() although the pipe is full");
    while (got < (size_t)taken)
        got += (size_t)read(from, data, sizeof(data));
    UNTIL(&f, f.writable == 1);
    fake_close(&f);
}

Test(stdio, a_reader_that_leaves_ends_the_machine)
{
    int to, from;

    signal(SIGPIPE, SIG_IGN);
    make_pipes(&to, &from);
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    close(from);
    cr_expect_eq(f.cls->write(f.self, "lost", 4), 4);
    UNTIL(&f, f.leaves == 1);
    cr_expect_eq(f.cls->write(f.self, "more", 4), 4);
    fake_close(&f);
}

Test(stdio, files_in_place_of_pipes)
{
    const char *in = fake_path("in"), *out = fake_path("out");

    fake_spill(in, "typed", 5);
    dup2(open(in, O_RDONLY), 0);
    dup2(open(out, O_WRONLY | O_CREAT, 0600), 1);
    cr_assert_eq(fake_open(&f, "stdio", NULL), BP_OK);
    f.cls->credit(f.self, 100);
    UNTIL(&f, f.ninput == 5);
    fake_write(&f, "printed", 7);
    fake_close(&f);
    cr_expect_str_eq(fake_slurp(out), "printed");
}

Test(stdio, refuses_a_strange_prefix)
{
    cr_expect_eq(fake_open(&f, "stdio", "escape", "f12", NULL), BP_E_INVAL);
    cr_expect_str_eq(f.error, "`f12` is no prefix: ctrl-a to ctrl-z, or none");
    cr_expect_str_eq(f.error_property, "escape");
    fake_close(&f);
}
