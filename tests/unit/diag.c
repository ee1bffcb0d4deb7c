/* SPDX-License-Identifier: Apache-2.0 */
#include "core/diag.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct diag d;

static void begin(void)
{
    diag_init(&d);
}

static void end(void)
{
    diag_finish(&d);
}

TestSuite(diag, .init = begin, .fini = end);

/* What is printed, malloc'ed. */
static char *printed(void (*print)(const struct diag *, FILE *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    print(&d, out);
    fclose(out);
    return text;
}

static void expect(void (*print)(const struct diag *, FILE *), const char *wanted)
{
    char *text = printed(print);

    cr_expect_str_eq(text, wanted);
    free(text);
}

Test(diag, prints_items_by_file_line_and_column)
{
    diag_error(&d, ((struct diag_pos){"b.yaml", 2, 7}), "uart0.clock", "no node `%s`: define it",
               "osc");
    diag_warn(&d, ((struct diag_pos){"a.yaml", 10, 1}), "root", "no node uses this back end");
    diag_error(&d, ((struct diag_pos){"b.yaml", 2, 3}), NULL, "a tab: use spaces");
    diag_error(&d, ((struct diag_pos){"a.yaml", 9, 1}), "x", "first");
    diag_error(&d, ((struct diag_pos){"command line", 0, 0}), "--set x", "no such parameter");
    diag_add(&d, DIAG_NOTE, (struct diag_pos){NULL, 0, 0}, NULL, "nowhere");
    expect(diag_print, "note: nowhere\n"
                       "a.yaml:9:1: x: first\n"
                       "a.yaml:10:1: warning: root: no node uses this back end\n"
                       "b.yaml:2:3: a tab: use spaces\n"
                       "b.yaml:2:7: uart0.clock: no node `osc`: define it\n"
                       "command line: --set x: no such parameter\n");
    cr_expect_eq(d.errors, 4);
}

/* What files say is quoted in messages; it must not move the cursor of the terminal they end on. */
Test(diag, prints_controls_as_text)
{
    diag_error(&d, ((struct diag_pos){"a\r.yaml", 1, 1}), "x\033[2J",
               "no `\x7f\t\xc2\x9b\xc3\xa9`");
    expect(diag_print, "a\\x0d.yaml:1:1: x\\x1b[2J: no `\\x7f\\x09\\x9b\xc3\xa9`\n");
}

Test(diag, keeps_the_order_of_finding_in_one_place)
{
    for (int i = 0; i < 40; i++)
        diag_error(&d, ((struct diag_pos){"a", 1, 1}), NULL, "%02d", i);
    char *text = printed(diag_print);
    char *last = text;

    for (int i = 0; i < 40; i++) {
        char wanted[32];
        char *found;

        snprintf(wanted, sizeof(wanted), "a:1:1: %02d\n", i);
        found = strstr(text, wanted);
        cr_assert_not_null(found);
        cr_assert(found >= last);
        last = found;
    }
    free(text);
}

Test(diag, prints_json_with_everything_escaped)
{
    diag_error(&d, ((struct diag_pos){"a\"b", 1, 2}), "t\\x", "line\nand\ttab");
    diag_warn(&d, ((struct diag_pos){NULL, 0, 0}), NULL, "plain");
    expect(diag_print_json, "[\n"
                            "  {\"level\": \"warning\", \"file\": null, \"line\": 0, \"column\": "
                            "0, \"thing\": null, \"text\": \"plain\"},\n"
                            "  {\"level\": \"error\", \"file\": \"a\\\"b\", \"line\": 1, "
                            "\"column\": 2, \"thing\": \"t\\\\x\", "
                            "\"text\": \"line\\u000aand\\u0009tab\"}\n"
                            "]\n");
}

Test(diag, prints_an_empty_list_of_json)
{
    expect(diag_print_json, "[]\n");
    expect(diag_print, "");
}

Test(diag, outlives_the_names_of_files)
{
    char name[] = "gone.yaml";

    diag_error(&d, ((struct diag_pos){name, 1, 1}), NULL, "x");
    memset(name, '?', sizeof(name) - 1);
    expect(diag_print, "gone.yaml:1:1: x\n");
}

Test(diag, counts_what_is_beyond_a_thousand)
{
    for (int i = 0; i < 1234; i++)
        diag_error(&d, ((struct diag_pos){"a", 1, 1}), NULL, "%d", i);
    cr_expect_eq(d.errors, 1234);
    cr_expect_eq(d.count, 1000);
    cr_expect_eq(d.dropped, 234);
    char *text = printed(diag_print);

    cr_expect_not_null(strstr(text, "\n... and 234 more\n"));
    free(text);
}

Test(diag, interns_files)
{
    const char *a = diag_file(&d, "one");

    cr_expect_eq(diag_file(&d, "one"), a);
    cr_expect_neq(diag_file(&d, "two"), a);
}

Test(diag, finds_the_nearest_word)
{
    static const char *const words[] = {"fifo-depth", NULL, "interrupts", "reg", "clock"};
    const struct {
        const char *word, *nearest;
    } rows[] = {
        {"fifo-dept", "fifo-depth"},
        {"fifo_depth", "fifo-depth"},
        {"interupts", "interrupts"},
        {"intrerupts", "interrupts"},
        {"rge", "reg"},
        {"re", "reg"},
        {"clcok", "clock"},
        {"clock", "clock"},
        {"frequency", NULL},
        {"x", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *found = diag_nearest(rows[i].word, words, 5);

        if (rows[i].nearest)
            cr_expect(found && !strcmp(found, rows[i].nearest), "%s: %s", rows[i].word,
                      found ? found : "nothing");
        else
            cr_expect_null(found, "%s: %s", rows[i].word, found);
    }
    cr_expect_null(diag_nearest("a", words, 0));
}

Test(diag, does_not_guess_about_long_words)
{
    char word[5000];
    const char *const words[] = {"reg"};

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = 0;
    cr_expect_null(diag_nearest(word, words, 1));
}
