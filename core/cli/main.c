/* SPDX-License-Identifier: Apache-2.0
 *
 * The `backplane` command: finds the sub-command and lets it do the work.
 */
#include "core/cli/command.h"
#include "core/diag.h"

#include <string.h>

#define OPTIONS_DESCRIPTION (OPTIONS_MACHINE | OPTION_HELP)

const struct command commands[] = {
    {"run", "FILE", "build the machine and run it",
     "FILE is a board or a run: a path, or a name from `backplane list boards`. Options are merged as a "
     "last run file:\nwhat is given here wins.\n"
     "\n"
     "The exit code is 0 when the guest powers off with status 0 or the user leaves, 1 when the "
     "guest or the\n"
     "machine fails, 2 when something is wrong with the command line or the description, 3 when "
     "--break\n"
     "stopped it and there is no control socket, and 128 + N after signal N. On a terminal Ctrl-A "
     "x leaves and Ctrl-A h\nlists the other keys.",
     OPTIONS_DESCRIPTION | OPTION_STATS | OPTION_LOG | OPTION_TRACE | OPTION_TRACE_HASH |
         OPTION_CONTROL | OPTION_BREAK,
     1, 1, command_run},
    {"check", "FILE...", "check descriptions without running them",
     "Reports every mistake as file:line:column: thing: cause: cure. Exit code 2 when there was "
     "one.",
     OPTIONS_DESCRIPTION | OPTION_JSON, 1, UINT32_MAX, command_check},
    {"list", "[plugins|types|accels|backends|boards]", "list what there is to build with", NULL,
     OPTION_PLUGIN_PATH | OPTION_JSON | OPTION_HELP, 0, 1, command_list},
    {"describe", "TYPE|FILE", "explain a type, or the parameters of a board",
     "TYPE is a name from `backplane list`, with or without its plug-in: ns16550 or "
     "standard/ns16550.",
     OPTIONS_DESCRIPTION | OPTION_JSON, 1, 1, command_describe},
    {"fdt", "FILE", "print the device tree that the guest will see", NULL,
     OPTIONS_DESCRIPTION | OPTION_DTB, 1, 1, command_fdt},
    {"map", "FILE", "print the memory map", NULL, OPTIONS_DESCRIPTION | OPTION_JSON, 1, 1,
     command_map},
    {"new", "device NAME", "write the project of a new device",
     "NAME is made of lower-case letters, digits and hyphens, such as acme-timer; it names the "
     "folder, the plug-in\nand the type. The project builds outside of Backplane's own tree, with "
     "CMake or make, and has a test that needs\nno CPU, a board and a guest. Nothing that exists is "
     "overwritten.\n"
     "\n"
     "With --svd its registers, fields, reset values and interrupts come from a description; #BLOCK "
     "may be left out when\nthe file has one block only. They are in files of their own, which "
     "--update writes again and which the rest of\nthe project includes.",
     OPTION_DIR | OPTION_SVD | OPTION_UPDATE | OPTION_HELP, 2, 2, command_new},
    {"svd", "list|diff FILE[#BLOCK]...", "look into register descriptions",
     "  list FILE          the blocks of a file\n"
     "  list FILE#BLOCK    the registers of a block\n"
     "  diff OLD NEW       what a new description changes, in all blocks or in the one that is "
     "named\n"
     "\n"
     "Files are CMSIS-SVD. Exit code of diff: 0 when nothing differs, 1 when something does, 2 when "
     "a file cannot be read.",
     OPTION_JSON | OPTION_HELP, 2, 3, command_svd},
    {"schema", "[FILE]", "print JSON Schema for editors",
     "With FILE, the types of the plug-ins that it names, under its aliases; with --all, those of "
     "every plug-in\n"
     "there is, under any alias. Save it, and name it in the first line of a description:\n"
     "\n"
     "  # yaml-language-server: $schema=board.schema.json",
     OPTION_PLUGIN_PATH | OPTION_ALL | OPTION_HELP, 0, 1, command_schema},
    {"doc", "[TYPE]...", "write a page in Markdown about a type",
     "Without --dir, on standard output. With it, DIR/PLUGIN/TYPE.md for each, and with --all the "
     "index\n"
     "DIR/README.md.",
     OPTION_PLUGIN_PATH | OPTION_ALL | OPTION_DIR | OPTION_HELP, 0, UINT32_MAX, command_doc},
    {"ctl", "[SOCKET] [COMMAND [NAME=VALUE]...]", "run a command in a running machine",
     "SOCKET is what the machine was started with: `backplane run --control SOCKET`. It may also be "
     "given as\n"
     "--control SOCKET or in the environment, as BACKPLANE_CONTROL. Without COMMAND, lists the "
     "commands.",
     OPTION_CONTROL | OPTION_EVENTS | OPTION_HELP, 0, UINT32_MAX, command_ctl},
    {"inspect", "[SOCKET] NODE", "show a node of a running machine from inside",
     "Registers with their fields, lines, timers and state. SOCKET as for `backplane ctl`.",
     OPTION_CONTROL | OPTION_JSON | OPTION_HELP, 1, 2, command_inspect},
    {"stats", "[SOCKET]", "print the counters of a running machine",
     "What `backplane run --stats` prints at the end, now. SOCKET as for `backplane ctl`.",
     OPTION_CONTROL | OPTION_JSON | OPTION_HELP, 0, 1, command_stats},
    {"reload", "[SOCKET] NODE|PLUGIN", "swap a rebuilt plug-in into a running machine",
     "All devices of the plug-in are swapped at once, and carry on from where they were. If the new "
     "build cannot\n"
     "take over their state, it is said why, and the machine goes on with the old one. SOCKET as for "
     "`backplane ctl`.",
     OPTION_CONTROL | OPTION_FILE | OPTION_LOSSY | OPTION_HELP, 1, 2, command_reload},
    {"help", "[COMMAND]", "explain a command", NULL, OPTION_HELP, 0, 1, command_help},
    {NULL, NULL, NULL, NULL, 0, 0, 0, NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

int unknown_command(const char *word)
{
    const char *names[64];
    size_t count = 0;
    char what[80];

    for (const struct command *c = commands; c->name && count < sizeof(names) / sizeof(*names); c++)
        names[count++] = c->name;
    snprintf(what, sizeof(what), "no command `%s`", word);
    return usage_unknown(NULL, what, diag_nearest(word, names, count), "see `backplane help`");
}

/* `backplane --help`, `backplane --version`, and words that are neither option nor command. */
static int without_command(int argc, char **argv)
{
    struct arguments args = {0};
    int code = EXIT_OK;

    if (argc < 2) {
        help_overview(stderr);
        return EXIT_USAGE;
    }
    if (!options_read(&args, NULL, OPTION_HELP | OPTION_VERSION, argc, argv, 1))
        code = EXIT_USAGE;
    else if (args.help)
        help_overview(stdout);
    else if (args.version)
        puts("backplane " BACKPLANE_VERSION);
    else
        code = args.positional.count ? unknown_command(args.positional.items[0]) : EXIT_USAGE;
    options_finish(&args);
    return code;
}

int main(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    struct arguments args = {0};
    int code = EXIT_USAGE;

    if (!command)
        return without_command(argc, argv);
    if (options_read(&args, command, command->options, argc, argv, 2)) {
        if (args.help)
            help_command(command, stdout);
        code = args.help ? EXIT_OK : command->run(&args);
    }
    options_finish(&args);
    /* A full disk behind `> file` must not look like success. */
    if (fflush(stdout) && code == EXIT_OK)
        code = usage_error(command, "the output could not be written: make room");
    return code;
}
