/* SPDX-License-Identifier: Apache-2.0
 *
 * The `backplane` command from outside: exit codes, usage errors, help out of tables, and what its lists look like.
 */
#include "core/cli/command.h"
#include "core/machine/grammar.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#define COMMAND BP_BINARY_DIR "/bin/backplane"

static char folder[] = "/tmp/backplane-test-XXXXXX";
static char out[1 << 20], err[1 << 16];

static void enter_folder(void)
{
    cr_assert(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    unsetenv("BACKPLANE_PLUGIN_PATH");
}

static void leave_folder(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(cli, .init = enter_folder, .fini = leave_folder);

static void slurp(const char *path, char *text, size_t room)
{
    FILE *file = fopen(path, "r");

    cr_assert(file);
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
}

/* Runs the command with `args`; its exit code. Fills `out` and `err`. */
static int run(const char *args)
{
    char line[1024];
    int status;

    snprintf(line, sizeof(line), "'%s' %s >out 2>err </dev/null", COMMAND, args);
    status = system(line);
    slurp("out", out, sizeof(out));
    slurp("err", err, sizeof(err));
    cr_assert(WIFEXITED(status), "%s: status 0x%x: %s", args, status, err);
    return WEXITSTATUS(status);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

static const char board[] = "backplane: 1\n"
                            "kind: board\n"
                            "model: Test Board\n"
                            "params:\n"
                            "  memory: { type: size, default: 1MiB, doc: \"Size of the RAM.\" }\n"
                            "nodes:\n"
                            "  rom: { type: core/rom, reg: [0x1000, 4KiB] }\n"
                            "  ram: { type: core/ram, reg: [0x80000000, \"${memory}\"] }\n";

/* --- usage ------------------------------------------------------------------------------------------------------ */

Test(cli, usage_errors)
{
    static const struct {
        const char *args, *says;
    } cases[] = {
        {"rnu x.yaml", "backplane: no command `rnu`: did you mean run?\n"},
        {"frobnicate", "backplane: no command `frobnicate`: see `backplane help`\n"},
        {"--verson", "backplane: no option --verson: did you mean --version?\n"},
        {"run", "backplane: run: needs FILE: see `backplane run --help`\n"},
        {"run a b",
         "backplane: run: does not know what to do with `b`: see `backplane run --help`\n"},
        {"run --acel interp x", "backplane: run: no option --acel: did you mean --accel?\n"},
        {"run --quite x",
         "backplane: run: no option --quite: see `backplane run --help`; a parameter of the board is "
         "--set NAME=VALUE\n"},
        {"run -m 512 x", "backplane: run: no option -m: options are spelled out, as in --help\n"},
        {"run x --accel", "backplane: run: --accel needs a value: --accel LIST\n"},
        {"run x --stats=yes", "backplane: run: --stats takes no value: write --stats alone\n"},
        {"check --stats x",
         "backplane: check: no option --stats: see `backplane check --help`; a parameter of the board is "
         "--set NAME=VALUE\n"},
        {"run x --log loud",
         "backplane: run: --log loud: no such level: there are error, warn, guest, info and debug\n"},
        {"run x --log wran", "backplane: run: --log wran: no such level: did you mean warn?\n"},
        {"list typs", "backplane: list: no list of `typs`: did you mean types?\n"},
        {"help nosuch", "backplane: no command `nosuch`: see `backplane help`\n"},
        {"help chekc", "backplane: no command `chekc`: did you mean check?\n"},
        {"describe ramm", "backplane: describe: no type or file `ramm`: did you mean ram?\n"},
        {"describe core/ramm",
         "backplane: describe: no type or file `core/ramm`: did you mean ram?\n"},
        {"schema", "backplane: schema: needs a FILE, or --all for every description\n"},
        {"schema x.yaml --all",
         "backplane: schema: needs a FILE, or --all for every description\n"},
        {"doc", "backplane: doc: needs a TYPE, or --all for every one\n"},
        {"doc core/ramm", "backplane: doc: no type `core/ramm`: did you mean ram?\n"},
        {"doc ram --dir /nonexistent/doc",
         "backplane: doc: /nonexistent/doc cannot be written (No such file or directory): check the "
         "folder\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cr_expect_eq(run(cases[i].args), EXIT_USAGE, "%s", cases[i].args);
        cr_expect_str_eq(err, cases[i].says);
        cr_expect_str_eq(out, "", "%s", cases[i].args);
    }
}

Test(cli, without_words_it_explains_itself)
{
    cr_expect_eq(run(""), EXIT_USAGE);
    cr_expect(strstr(err, "Usage: backplane COMMAND"));
    cr_expect_eq(run("--help"), EXIT_OK);
    cr_expect(strstr(out, "\n  run FILE "));
    cr_expect_str_eq(err, "");
    cr_expect_eq(run("--version"), EXIT_OK);
    cr_expect_str_eq(out, "backplane " BACKPLANE_VERSION "\n");
}

Test(cli, every_command_has_help_with_its_options)
{
    static const struct {
        const char *command, *has, *lacks;
    } cases[] = {
        {"run", "--trace PATTERN", "--dtb"},    {"check", "--json", "--trace"},
        {"list", "--plugin-path DIR", "--set"}, {"describe", "--json", "--dtb"},
        {"fdt", "--dtb OUT", "--json"},         {"map", "--json", "--stats"},
        {"help", "--help", "--json"},           {"schema", "--all", "--dir"},
        {"doc", "--dir DIR", "--json"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char args[64], first[sizeof(out)];

        snprintf(args, sizeof(args), "%s --help", cases[i].command);
        cr_expect_eq(run(args), EXIT_OK);
        cr_expect(strstr(out, cases[i].has), "%s", out);
        cr_expect_null(strstr(out, cases[i].lacks), "%s", out);
        strcpy(first, out);
        snprintf(args, sizeof(args), "help %s", cases[i].command);
        cr_expect_eq(run(args), EXIT_OK);
        cr_expect_str_eq(out, first);
    }
}

Test(cli, help_fits_a_terminal)
{
    static const char *const words[] = {"",         "run", "check", "list",
                                        "describe", "fdt", "map",   "help"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        char args[64];

        snprintf(args, sizeof(args), "%s --help", words[i]);
        cr_expect_eq(run(args), EXIT_OK);
        for (const char *line = out, *end; (end = strchr(line, '\n')); line = end + 1) {
            cr_expect_leq(end - line, 79, "%s: %s", args, line);
            cr_expect(end == line || end[-1] != ' ', "%s: %s", args, line);
        }
    }
    cr_expect_eq(run("run --help"), EXIT_OK);
    cr_expect(strstr(out, "\n\nThe exit code is 0 "), "paragraphs stay apart: %s", out);
    cr_expect(strstr(out, "]...\n                       host side of a device"),
              "a long name has a line of its own: %s", out);
}

Test(cli, options_stand_anywhere_and_end_with_two_dashes)
{
    write_file("board.yaml", board);
    write_file("--odd", board);
    cr_expect_eq(run("map board.yaml --set memory=2MiB"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "0x80000000-0x801fffff"), "%s", out);
    cr_expect_eq(run("map --set=memory=4MiB board.yaml"), EXIT_OK);
    cr_expect(strstr(out, "0x80000000-0x803fffff"), "%s", out);
    cr_expect_eq(run("map -- --odd"), EXIT_OK, "%s", err);
}

Test(cli, output_that_cannot_be_written_is_an_error)
{
    cr_expect_eq(system("'" COMMAND "' help >/dev/full 2>err") >> 8, EXIT_USAGE);
    slurp("err", err, sizeof(err));
    cr_expect_str_eq(err, "backplane: help: the output could not be written: make room\n");
}

/* --- descriptions --------------------------------------------------------------------------------------------- */

Test(cli, check)
{
    write_file("good.yaml", board);
    write_file("bad.yaml",
               "backplane: 1\nkind: board\nnodes:\n  ram: { type: core/rma, reg: [0, 4KiB] }\n");
    cr_expect_eq(run("check good.yaml"), EXIT_OK, "%s", err);
    cr_expect_str_eq(out, "good.yaml: fine: 2 nodes, 0 lines\n");
    cr_expect_eq(run("check good.yaml bad.yaml"), EXIT_USAGE);
    cr_expect(strstr(out, "good.yaml: fine"));
    cr_expect(strstr(err, "bad.yaml:4:"), "%s", err);
    cr_expect_eq(run("check missing.yaml"), EXIT_USAGE);
    cr_expect(strstr(err, "missing.yaml"), "%s", err);
}

Test(cli, map_is_sorted_and_aligned)
{
    write_file("board.yaml", board);
    cr_expect_eq(run("map board.yaml"), EXIT_OK, "%s", err);
    cr_expect_str_eq(out, "0x00001000-0x00001fff       4 KiB  rom  core/rom\n"
                          "0x80000000-0x800fffff       1 MiB  ram  core/ram\n");
}

Test(cli, describe_a_board)
{
    write_file("board.yaml", board);
    cr_expect_eq(run("describe board.yaml"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "Parameters (--set NAME=VALUE):\n  memory  1 MiB  Size of the RAM.\n"),
              "%s", out);
}

Test(cli, describe_a_type)
{
    cr_expect_eq(run("describe core/fixed-clock"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "core/fixed-clock: device of the core\n"), "%s", out);
    cr_expect(strstr(out, "  frequency  frequency  required  "), "%s", out);
    cr_expect(strstr(out, "  out  clock out  "), "%s", out);
    cr_expect_eq(run("describe fixed-clock"), EXIT_OK, "without its plug-in");
}

Test(cli, schema_is_of_the_file_or_of_everything)
{
    write_file("board.yaml", board);
    write_file("bad.yaml", "backplane: 1\nkind: board\nplugins: { x: { use: no-such } }\n");
    cr_expect_eq(run("schema board.yaml"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "\"$schema\": \"http://json-schema.org/draft-07/schema#\""));
    cr_expect(strstr(out, "\"core/ram\""));
    cr_expect_null(strstr(out, "standard/ns16550"), "nobody named that plug-in");
    cr_expect_eq(run("schema --all"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "\"standard/ns16550\""));
    cr_expect_eq(run("schema bad.yaml"), EXIT_USAGE);
    cr_expect(strstr(err, "bad.yaml:3:22: "), "%s", err);
    cr_expect_str_eq(out, "", "half a schema is worse than none");
}

/* Every word of the grammar has a shape: none is let through because the schema forgot it. */
Test(cli, schema_knows_every_word)
{
    static char text[1 << 20];
    const char *definition;

    cr_expect_eq(run("schema --all"), EXIT_OK, "%s", err);
    strcpy(text, out);
    definition = strstr(text, "\"definitions\": {");
    cr_assert(definition);
    for (const struct grammar_word *word = grammar_top; word->name; word++) {
        char member[64];
        const char *at;

        snprintf(member, sizeof(member), "\n        \"%s\": {", word->name);
        at = strstr(definition, member);
        cr_assert(at, "%s", word->name);
        at = strstr(at, "\"description\": ");
        /* The last member of an object has no comma behind it. */
        cr_expect_eq(at[strcspn(at, "\n") - 1], ',', "%s: a description and no shape", word->name);
    }
}

Test(cli, doc_as_text_and_as_a_folder)
{
    static char page[1 << 16];

    cr_expect_eq(run("doc core/fixed-clock"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "# core/fixed-clock\n"), "%s", out);
    cr_expect(strstr(out, "| `frequency` | frequency |  | *required* | Ticks in a second. |\n"));
    cr_expect_eq(run("doc --all --dir book"), EXIT_OK, "%s", err);
    cr_expect_str_eq(out, "");
    slurp("book/README.md", page, sizeof(page));
    cr_expect(strstr(page, "- [core/fixed-clock](core/fixed-clock.md): "), "%s", page);
    slurp("book/core/fixed-clock.md", page, sizeof(page));
    cr_expect_eq(run("doc fixed-clock"), EXIT_OK);
    cr_expect_str_eq(page, out);
}

Test(cli, fdt_as_source_and_blob)
{
    uint8_t magic[4];
    FILE *file;

    write_file("board.yaml", board);
    cr_expect_eq(run("fdt board.yaml --cmdline quiet"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "model = \"Test Board\";"), "%s", out);
    cr_expect(strstr(out, "bootargs = \"quiet\";"), "%s", out);
    cr_expect_eq(run("fdt board.yaml --dtb tree.dtb"), EXIT_OK);
    cr_expect_str_eq(out, "");
    file = fopen("tree.dtb", "r");
    cr_assert(file);
    cr_assert_eq(fread(magic, 1, 4, file), 4);
    fclose(file);
    cr_expect_arr_eq(magic, ((uint8_t[]){0xd0, 0x0d, 0xfe, 0xed}), 4);
    cr_expect_eq(run("fdt board.yaml --dtb /nonexistent/tree.dtb"), EXIT_USAGE);
    cr_expect_str_eq(
        err,
        "backplane: fdt: /nonexistent/tree.dtb: No such file or directory: choose a path that can be written\n");
}

/* JSON is a subset of YAML, so libyaml can tell whether it is whole. */
static bool is_whole(const char *text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    bool good;

    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    good = yaml_parser_load(&parser, &document) && yaml_document_get_root_node(&document);
    if (good)
        yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return good;
}

Test(cli, json_wherever_it_lists)
{
    static const char *const cases[] = {
        "list --json",
        "list types --json",
        "list backends --json",
        "describe core/ram --json",
        "map board.yaml --json",
        "describe board.yaml --json",
        "check board.yaml --json",
        "check bad.yaml --json",
    };

    write_file("board.yaml", board);
    write_file("bad.yaml", "nodes: [\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cr_expect_eq(run(cases[i]), strstr(cases[i], "bad") ? EXIT_USAGE : EXIT_OK, "%s: %s",
                     cases[i], err);
        cr_expect(*out == '[' || *out == '{', "%s: %s", cases[i], out);
        cr_expect(is_whole(out), "%s: %s", cases[i], out);
    }
}

Test(cli, list_knows_the_core_and_the_build_tree)
{
    cr_expect_eq(run("list types"), EXIT_OK, "%s", err);
    cr_expect(strstr(out, "core/ram "), "%s", out);
    cr_expect_eq(run("list backends"), EXIT_OK);
    cr_expect(strstr(out, "stdio "), "%s", out);
    cr_expect(strstr(out, "raw "), "%s", out);
    cr_expect_eq(run("list"), EXIT_OK);
    cr_expect(strstr(out, "Plug-ins:\n"), "%s", out);
    cr_expect(strstr(out, "\nBack ends:\n"), "%s", out);
}

/* --- runs that do not begin ------------------------------------------------------------------------------------ */

Test(cli, a_run_that_cannot_begin_is_a_usage_error)
{
    cr_expect_eq(run("run missing.yaml"), EXIT_USAGE);
    cr_expect(strstr(err, "missing.yaml"), "%s", err);
    write_file("binary.yaml", "\x7f"
                              "ELF\x02\x01");
    cr_expect_eq(run("run binary.yaml"), EXIT_USAGE);
    cr_expect(strstr(err, "binary.yaml:"), "%s", err);
}
