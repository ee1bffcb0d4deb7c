/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine/yaml.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct arena arena;
static struct diag d;
static jmp_buf escape;
static volatile int escaped;

static void begin(void)
{
    arena_init(&arena, 0, &escape);
    diag_init(&d);
}

static void end(void)
{
    arena_finish(&arena);
    diag_finish(&d);
}

TestSuite(yaml, .init = begin, .fini = end);

static struct yaml_file read_bytes(const char *bytes, size_t length)
{
    static struct yaml_file file;

    escaped = setjmp(escape);
    if (!escaped)
        yaml_read_text(&arena, &d, "x.yaml", bytes, length, &file);
    return file;
}

static struct yaml_file read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* All mistakes as text, malloc'ed. */
static char *mistakes(void)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    diag_print(&d, out);
    fclose(out);
    return text;
}

static void expect_mistakes(const char *wanted)
{
    char *text = mistakes();

    cr_expect_str_eq(text, wanted);
    free(text);
}

Test(yaml, gives_every_value_a_place)
{
    struct yaml_file file = read_text("a: 1\nb:\n  - x\n  - {c: \"q\"}\n---\nsecond\n");
    const struct yaml_value *root;
    const struct yaml_entry *b;

    cr_assert_eq(file.count, 2);
    root = file.documents[0];
    cr_assert_eq(root->kind, YAML_MAP);
    cr_expect_eq(root->count, 2);
    cr_expect_str_eq(yaml_find(root, "a")->value->text, "1");
    cr_expect_eq(yaml_find(root, "a")->value->pos.line, 1);
    cr_expect_eq(yaml_find(root, "a")->value->pos.column, 4);
    b = yaml_find(root, "b");
    cr_assert_not_null(b);
    cr_expect_eq(b->pos.line, 2);
    cr_assert_eq(b->value->kind, YAML_LIST);
    cr_expect_eq(b->value->items[1]->entries[0].pos.line, 4);
    cr_expect_eq(b->value->items[1]->entries[0].pos.column, 6);
    cr_expect(b->value->items[1]->entries[0].value->quoted);
    cr_expect_not(b->value->items[0]->quoted);
    cr_expect_str_eq(b->value->pos.file, "x.yaml");
    cr_expect_str_eq(file.documents[1]->text, "second");
    cr_expect_eq(file.documents[1]->pos.line, 6);
    cr_expect_null(yaml_find(root, "c"));
    cr_expect_null(yaml_find(NULL, "a"));
    cr_expect_null(yaml_find(file.documents[1], "a"));
}

Test(yaml, takes_a_byte_order_mark)
{
    struct yaml_file file = read_text("\xef\xbb\xbf"
                                      "a: 1\n");

    cr_assert_eq(d.errors, 0);
    cr_assert_eq(file.count, 1);
    cr_assert_not_null(yaml_find(file.documents[0], "a"));
    cr_expect_eq(file.documents[0]->pos.column, 1);
}

Test(yaml, knows_the_scalars_of_the_core_schema)
{
    struct yaml_file file = read_text("[~, null, Null, NULL, , \"~\", 'null', nil, x]");
    const char *const yes[] = {"true", "True", "TRUE"}, *const no[] = {"false", "False", "FALSE"};
    const char *const neither[] = {"yes", "no", "on", "off", "y", "1", "tRUE", ""};
    bool value;

    cr_assert_eq(file.count, 0, "an empty entry between commas is no YAML");
    file = read_text("[~, null, Null, NULL, \"~\", 'null', nil, x]");
    cr_assert_eq(file.count, 1);
    for (uint32_t i = 0; i < file.documents[0]->count; i++)
        cr_expect_eq(yaml_is_null(file.documents[0]->items[i]), i < 4, "%u", i);
    cr_expect(yaml_is_null(read_text("a:").documents[0]->entries[0].value));
    for (size_t i = 0; i < 3; i++) {
        cr_expect(yaml_boolean(yes[i], &value) && value);
        cr_expect(yaml_boolean(no[i], &value) && !value);
    }
    for (size_t i = 0; i < COUNT(neither); i++)
        cr_expect_not(yaml_boolean(neither[i], &value), "%s", neither[i]);
}

Test(yaml, follows_aliases_without_copies)
{
    struct yaml_file file = read_text("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n");
    const struct yaml_value *root;

    cr_assert_eq(file.count, 1);
    root = file.documents[0];
    cr_expect_eq(root->entries[0].value, root->entries[1].value);
    cr_expect_str_eq(root->entries[3].value->text, "3");
    cr_expect_eq(d.count, 0);
}

Test(yaml, explains_what_is_no_description)
{
    const struct {
        const char *text, *wanted;
    } rows[] = {
        {"", "x.yaml:1:1: is empty: a description starts with `backplane: 1`\n"},
        {"# only a comment\n", "x.yaml:1:1: is empty: a description starts with `backplane: 1`\n"},
        {"a:\n\tb: 1\n",
         "x.yaml:2:1: found character that cannot start any token: indent with spaces, "
         "and quote texts that start with @ or `\n"},
        {"a: {b: 1\n",
         "x.yaml:2:1: did not find expected ',' or '}': close the {, and quote texts that "
         "contain { or }\n"},
        {"a: [1, 2\nb: 1\n", "x.yaml:2:2: did not find expected ',' or ']': close the [\n"},
        {"a: b: c\n",
         "x.yaml:1:5: mapping values are not allowed in this context: quote a text that "
         "contains `: `\n"},
        {"a: \"open\n", "x.yaml:2:1: found unexpected end of stream: close the quoted text\n"},
        {"a: 1\n b: 2\n",
         "x.yaml:2:3: mapping values are not allowed in this context: quote a text "
         "that contains `: `\n"},
        {"a: *b\n", "x.yaml:1:4: no anchor &b before this alias: define it, or quote a text that "
                    "starts with *\n"},
        {"a: &a [*a]\n", "x.yaml:1:8: alias *a inside of its own anchor (line 1): write the value "
                         "out\n"},
        {"--- &a 1\n--- *a\n",
         "x.yaml:2:5: no anchor &a before this alias: define it, or quote a text "
         "that starts with *\n"},
        {"a: !!binary abc\n",
         "x.yaml:1:4: tag tag:yaml.org,2002:binary has no meaning here: remove "
         "it\n"},
        {"a: !x {}\n", "x.yaml:1:4: tag !x has no meaning here: remove it\n"},
        {"{a: 1}: 2\n", "x.yaml:1:1: a key that is a map: keys are names\n"},
        {"? [a]\n: 2\n", "x.yaml:1:3: a key that is a list: keys are names\n"},
        {"a: \"x\\0y\"\n", "x.yaml:1:4: a text with a NUL character: remove it\n"},
        {"a: 1\nb: 2\na: 3\na: 4\n",
         "x.yaml:3:1: `a` is already given in line 1: remove one of them\n"
         "x.yaml:4:1: `a` is already given in line 1: remove one of them\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        diag_finish(&d);
        read_text(rows[i].text);
        expect_mistakes(rows[i].wanted);
    }
}

Test(yaml, refuses_bytes_that_are_not_text)
{
    const struct {
        const char *bytes;
        size_t length;
        const char *wanted;
    } rows[] = {
        {"a: 1\nb: \0x\n", 11, "x.yaml:2:4: not text (control characters are not allowed: 0x00): "},
        {"a: \x01\n", 5, "x.yaml:1:4: not text (control characters are not allowed: 0x01): "},
        {"a: \xff\n", 5, "x.yaml:1:4: not text (invalid leading UTF-8 octet: 0xff): "},
        {"a: \xc3(\n", 6, "x.yaml:1:5: not text (invalid trailing UTF-8 octet: 0x28): "},
        {"a: \xe2\x82", 5, "x.yaml:1:4: not text (incomplete UTF-8 octet sequence): "},
        {"a: \xed\xa0\x80\n", 7, "x.yaml:1:4: not text (invalid Unicode character: 0xd800): "},
        {"\xff\xfe"
         "a\0:\0",
         6, "x.yaml:1:1: not text (invalid leading UTF-8 octet: 0xff): "},
        {"\x7f"
         "ELF\2\1\1\0",
         8, "x.yaml:1:1: not text (control characters are not allowed: 0x7f): "},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text;

        diag_finish(&d);
        cr_expect_eq(read_bytes(rows[i].bytes, rows[i].length).count, 0);
        text = mistakes();
        cr_expect(!strncmp(text, rows[i].wanted, strlen(rows[i].wanted)), "%zu: %s", i, text);
        free(text);
    }
}

Test(yaml, limits_depth)
{
    static char text[20000];

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    cr_expect_eq(read_text(text).count, 1, "64 levels are fine");
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    cr_expect_eq(read_text(text).count, 0);
    expect_mistakes("x.yaml:1:65: nested more than 64 levels deep: flatten it\n");
    diag_finish(&d);
    memset(text, '[', sizeof(text) - 1);
    cr_expect_eq(read_text(text).count, 0);
    cr_expect_eq(d.errors, 1);
    diag_finish(&d);
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "- ", 3);
    cr_expect_eq(read_text(text).count, 0);
    cr_expect_eq(d.errors, 1);
}

/* Depth through aliases counts too. */
Test(yaml, limits_depth_behind_aliases)
{
    char text[8192] = "- &a0 x\n", line[64];

    for (int i = 1; i < 100; i++) {
        snprintf(line, sizeof(line), "- &a%d [*a%d]\n", i, i - 1);
        strcat(text, line);
    }
    cr_expect_eq(read_text(text).count, 0);
    expect_mistakes("x.yaml:64:3: nested more than 64 levels deep: flatten it\n");
}

Test(yaml, refuses_bombs_of_aliases)
{
    char text[8192] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n", line[256];

    for (int i = 1; i < 12; i++) {
        snprintf(line, sizeof(line),
                 "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    cr_expect_eq(read_text(text).count, 0);
    expect_mistakes("x.yaml:5:5: more than 100000 values with its aliases followed: write fewer\n");
}

Test(yaml, limits_values_and_keys)
{
    size_t room = 800000, length = 0;
    char *text = malloc(room);

    cr_assert_not_null(text);
    for (int i = 0; i <= 100000; i++)
        length += (size_t)sprintf(text + length, "- x\n");
    read_bytes(text, length);
    expect_mistakes("x.yaml:100000:3: more than 100000 values in a file: split it\n");
    diag_finish(&d);
    length = 0;
    for (int i = 0; i <= 5000; i++)
        length += (size_t)sprintf(text + length, "k%d: x\n", i);
    read_bytes(text, length);
    expect_mistakes("x.yaml:4097:1: more than 4096 keys in a map: split it\n");
    free(text);
}

/* What has to be released when memory is out is: the sanitizer would tell. */
Test(yaml, escapes_when_memory_is_out)
{
    const char *text = "a: [1, 2, {b: c}]\nd: &x \"text\"\ne: *x\n";

    for (size_t limit = 1; limit < 4000; limit += 7) {
        arena_finish(&arena);
        arena_init(&arena, limit, &escape);
        diag_finish(&d);
        read_text(text);
        if (!escaped)
            break;
        cr_assert_eq(escaped, ARENA_LIMIT);
        cr_assert_eq(arena.escape, &escape);
    }
    cr_expect_not(escaped, "4,000 bytes are enough");
    cr_expect_eq(d.count, 0);
}

static void expect_file(const char *path, const char *wanted)
{
    struct yaml_file file;
    char *text;

    diag_finish(&d);
    if (!setjmp(escape))
        cr_expect_not(yaml_read_file(&arena, &d, path, &file));
    text = mistakes();
    cr_expect_str_eq(text, wanted);
    free(text);
}

Test(yaml, explains_files_that_cannot_be_read)
{
    char path[] = "/tmp/backplane-yaml-XXXXXX", wanted[256];
    int fd = mkstemp(path);

    expect_file("/nowhere.yaml",
                "/nowhere.yaml: cannot be opened (No such file or directory): check the path\n");
    expect_file("/tmp", "/tmp: is not a file: name a description in YAML\n");
    expect_file("/dev/zero", "/dev/zero: is not a file: name a description in YAML\n");
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, 2 << 20), 0);
    snprintf(wanted, sizeof(wanted),
             "%s: is larger than 1048576 bytes: a description in YAML is small\n", path);
    expect_file(path, wanted);
    cr_assert_eq(ftruncate(fd, 0), 0);
    snprintf(wanted, sizeof(wanted), "%s:1:1: is empty: a description starts with `backplane: 1`\n",
             path);
    expect_file(path, wanted);
    close(fd);
    unlink(path);
}
