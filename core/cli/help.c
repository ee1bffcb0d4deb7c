/* SPDX-License-Identifier: Apache-2.0
 *
 * Help texts, from the tables.
 */
#include "core/cli/command.h"

void help_overview(FILE *out)
{
    fputs("Backplane runs machines that are described in YAML and built from plug-ins.\n"
          "\n"
          "Usage: backplane COMMAND ...\n"
          "\n"
          "Commands:\n",
          out);
    for (const struct command *c = commands; c->name; c++) {
        char text[64];

        snprintf(text, sizeof(text), "%s %s", c->name, c->operands);
        fprintf(out, "  %-37s  %s\n", text, c->doc);
    }
    options_help(OPTION_HELP | OPTION_VERSION, out);
    fputs("\n`backplane help COMMAND` explains a command and its options.\n", out);
}

void help_command(const struct command *command, FILE *out)
{
    fprintf(out, "Usage: backplane %s %s [OPTION]...\n\n%s.\n", command->name, command->operands,
            command->doc);
    if (command->details)
        fprintf(out, "\n%s\n", command->details);
    options_help(command->options, out);
}

int command_help(const struct arguments *args)
{
    const struct command *command;

    if (!args->positional.count) {
        help_overview(stdout);
        return EXIT_OK;
    }
    command = command_find(args->positional.items[0]);
    if (!command)
        return unknown_command(args->positional.items[0]);
    help_command(command, stdout);
    return EXIT_OK;
}
