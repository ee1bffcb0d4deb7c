/* SPDX-License-Identifier: Apache-2.0
 *
 * Help texts, from the tables.
 */
#include "core/cli/command.h"

#include <ctype.h>
#include <string.h>

#define WIDTH           79
#define OVERVIEW_COLUMN 28

/* Where the next word goes: behind a space, or on a new line. */
static size_t step(size_t column, size_t indent, size_t word, FILE *out)
{
    if (column == indent || !word)
        return column;
    if (column + 1 + word > WIDTH) {
        fprintf(out, "\n%*s", (int)indent, "");
        return indent;
    }
    fputc(' ', out);
    return column + 1;
}

/* An empty line, and a line that begins with spaces, end the paragraph; other line ends are spaces. */
static bool ends_paragraph(const char *text)
{
    return *text == '\n' && (text[1] == '\n' || text[1] == ' ');
}

void help_fill(const char *text, size_t column, size_t indent, FILE *out)
{
    while (*text) {
        size_t word = strcspn(text, " \n"), space;

        column = step(column, indent, word, out);
        column += (size_t)fprintf(out, "%.*s", (int)word, text);
        text += word;
        if (!ends_paragraph(text)) {
            text += *text != 0;
            continue;
        }
        for (; *text == '\n'; text++)
            fputc('\n', out);
        space = strspn(text, " ");
        fprintf(out, "%*s", (int)(indent + space), "");
        column = indent + space;
        text += space;
    }
    fputc('\n', out);
}

void help_row(const char *name, size_t column, const char *doc, FILE *out)
{
    size_t used = (size_t)fprintf(out, "  %s", name);

    /* Two spaces at least lie between them. */
    if (used + 2 > column) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", (int)(column - used), "");
    help_fill(doc, column, column, out);
}

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
        help_row(text, OVERVIEW_COLUMN, c->doc, out);
    }
    options_help(OPTION_HELP | OPTION_VERSION, out);
    fputs("\n`backplane help COMMAND` explains a command and its options.\n", out);
}

void help_command(const struct command *command, FILE *out)
{
    fprintf(out, "Usage: backplane %s %s [OPTION]...\n\n%c%s.\n", command->name, command->operands,
            toupper((unsigned char)command->doc[0]), command->doc + 1);
    if (command->details) {
        fputc('\n', out);
        help_fill(command->details, 0, 0, out);
    }
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
