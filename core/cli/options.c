/* SPDX-License-Identifier: Apache-2.0
 *
 * Options: one table that is parsed by and printed from.
 */
#include "core/cli/command.h"
#include "core/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, LIST };

static const struct option {
    const char *name, *value, *doc;
    enum kind kind;
    size_t offset; /* in struct arguments */
} options[] = {
    {"accel", "LIST",
     "accelerators in order of preference: interp, or tcg,interp; lockstep:interp,tcg compares two",
     TEXT, offsetof(struct arguments, accel)},
    {"time", "MODE[,KEY=VALUE]...",
     "how guest time passes: realtime, fast or deterministic,frequency=1GHz,quantum=10000,until=2s",
     TEXT, offsetof(struct arguments, time)},
    {"set", "NAME=VALUE", "a parameter of the board, such as memory=1GiB; repeatable", LIST,
     offsetof(struct arguments, set)},
    {"image", "NAME=PATH", "firmware, kernel, initrd, fdt or what the board names; repeatable",
     LIST, offsetof(struct arguments, images)},
    {"cmdline", "TEXT", "arguments for the kernel", TEXT, offsetof(struct arguments, cmdline)},
    {"backend", "NAME=TYPE[,KEY=VALUE]...",
     "host side of a device, such as root=raw,path=disk.img; repeatable", LIST,
     offsetof(struct arguments, backends)},
    {"plugin-path", "DIR", "look for plug-ins here first; repeatable", LIST,
     offsetof(struct arguments, plugin_paths)},
    {"stats", NULL, "print counters when the machine ends", FLAG,
     offsetof(struct arguments, stats)},
    {"log", "LEVEL", "least severe messages to show: error, warn, guest, info or debug", TEXT,
     offsetof(struct arguments, log)},
    {"trace", "PATTERN",
     "show accesses to registers and events, such as 'uart0.LCR*' or 'plic.claim==10'; repeatable",
     LIST, offsetof(struct arguments, traces)},
    {"json", NULL, "print JSON for programs", FLAG, offsetof(struct arguments, json)},
    {"dtb", "OUT", "write the flattened tree to a file instead", TEXT,
     offsetof(struct arguments, dtb)},
    {"help", NULL, "show this help", FLAG, offsetof(struct arguments, help)},
    {"version", NULL, "show the version", FLAG, offsetof(struct arguments, version)},
    {"dir", "DIR", "the folder to write into", TEXT, offsetof(struct arguments, dir)},
    {"svd", "FILE#BLOCK", "begin with the registers of a CMSIS-SVD description", TEXT,
     offsetof(struct arguments, svd)},
    {"update", NULL, "only write the generated half again, from a newer description", FLAG,
     offsetof(struct arguments, update)},
    {"trace-hash", NULL, "print one number for all that happened; needs --time deterministic", FLAG,
     offsetof(struct arguments, trace_hash)},
    {"all", NULL, "everything that is installed", FLAG, offsetof(struct arguments, all)},
    {"control", "PATH", "unix socket through which the machine is looked at and steered", TEXT,
     offsetof(struct arguments, control)},
    {"events", NULL, "print events as they come, until the machine ends", FLAG,
     offsetof(struct arguments, events)},
    {"break", "PATTERN", "stop at such an access, such as 'uart0.LCR.DLAB==1'; repeatable", LIST,
     offsetof(struct arguments, breaks)},
    {"file", "PATH", "the new build; where the old one came from unless given", TEXT,
     offsetof(struct arguments, file)},
    {"lossy", NULL, "drop state that the new build has no place for", FLAG,
     offsetof(struct arguments, lossy)},
};

#define OPTIONS_COLUMN 23

#define NOPTIONS (sizeof(options) / sizeof(*options))

int usage_error(const struct command *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "backplane: %s%s", command ? command->name : "", command ? ": " : "");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

int usage_unknown(const struct command *command, const char *what, const char *near,
                  const char *otherwise)
{
    return near ? usage_error(command, "%s: did you mean %s?", what, near)
                : usage_error(command, "%s: %s", what, otherwise);
}

static bool append(struct texts *list, const char *text)
{
    const char **grown = realloc(list->items, (list->count + 2) * sizeof(*grown));

    if (!grown)
        return false;
    list->items = grown;
    grown[list->count++] = text;
    grown[list->count] = NULL;
    return true;
}

static const struct option *find(const char *name, size_t length, uint32_t allowed)
{
    for (size_t i = 0; i < NOPTIONS; i++)
        if (allowed >> i & 1 && strlen(options[i].name) == length &&
            !memcmp(options[i].name, name, length))
            return &options[i];
    return NULL;
}

static void unknown(const struct command *command, const char *word, size_t length,
                    uint32_t allowed)
{
    const char *names[NOPTIONS], *near;
    char name[64], what[80], nearest[80], help[120];

    for (size_t i = 0; i < NOPTIONS; i++)
        names[i] = allowed >> i & 1 ? options[i].name : NULL;
    snprintf(name, sizeof(name), "%.*s", (int)length, word);
    near = diag_nearest(name, names, NOPTIONS);
    snprintf(what, sizeof(what), "no option --%s", name);
    snprintf(nearest, sizeof(nearest), "--%s", near ? near : "");
    snprintf(help, sizeof(help), "see `backplane %s%s--help`%s", command ? command->name : "",
             command ? " " : "",
             allowed & OPTION_SET ? "; a parameter of the board is --set NAME=VALUE" : "");
    usage_unknown(command, what, near ? nearest : NULL, help);
}

/* One "--name", "--name=value" or "--name value"; *at moves behind what was used. */
static bool read_option(struct arguments *args, const struct command *command, uint32_t allowed,
                        int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 2, *value = strchr(word, '=');
    size_t length = value ? (size_t)(value - word) : strlen(word);
    const struct option *o = find(word, length, allowed);
    char *field;

    if (!o) {
        unknown(command, word, length, allowed);
        return false;
    }
    field = (char *)args + o->offset;
    ++*at;
    if (o->kind == FLAG) {
        if (value)
            usage_error(command, "--%s takes no value: write --%s alone", o->name, o->name);
        *(bool *)field = true;
        return !value;
    }
    if (value)
        value++;
    else if (*at < argc)
        value = argv[(*at)++];
    else
        return usage_error(command, "--%s needs a value: --%s %s", o->name, o->name, o->value) ==
               EXIT_OK;
    if (o->kind == LIST) {
        if (!append((struct texts *)(void *)field, value))
            return usage_error(command, "no memory left on the host: close something") == EXIT_OK;
        return true;
    }
    *(const char **)(void *)field = value;
    return true;
}

static bool check_operands(const struct arguments *args, const struct command *command)
{
    size_t count = args->positional.count;

    if (!command || args->help)
        return true;
    if (count < command->least) {
        usage_error(command, "needs %s: see `backplane %s --help`", command->operands,
                    command->name);
        return false;
    }
    if (count > command->most) {
        usage_error(command, "does not know what to do with `%s`: see `backplane %s --help`",
                    args->positional.items[command->most], command->name);
        return false;
    }
    return true;
}

bool options_read(struct arguments *args, const struct command *command, uint32_t allowed, int argc,
                  char **argv, int first)
{
    bool only_operands = false;

    for (int at = first; at < argc;) {
        const char *word = argv[at];

        if (!only_operands && !strcmp(word, "--")) {
            only_operands = true;
            at++;
        } else if (!only_operands && !strncmp(word, "--", 2)) {
            if (!read_option(args, command, allowed, argc, argv, &at))
                return false;
        } else if (!only_operands && !strcmp(word, "-h")) {
            args->help = true; /* everyone tries it */
            at++;
        } else if (!only_operands && *word == '-' && word[1]) {
            usage_error(command, "no option %s: options are spelled out, as in --help", word);
            return false;
        } else if (!append(&args->positional, argv[at++])) {
            usage_error(command, "no memory left on the host: close something");
            return false;
        }
    }
    return check_operands(args, command);
}

void options_finish(struct arguments *args)
{
    struct texts *lists[] = {&args->positional,   &args->set,    &args->images, &args->backends,
                             &args->plugin_paths, &args->traces, &args->breaks};

    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        free(lists[i]->items);
}

void options_help(uint32_t allowed, FILE *out)
{
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < NOPTIONS; i++) {
        char text[80];

        if (!(allowed >> i & 1))
            continue;
        snprintf(text, sizeof(text), "--%s%s%s", options[i].name, options[i].value ? " " : "",
                 options[i].value ? options[i].value : "");
        help_row(text, OPTIONS_COLUMN, options[i].doc, out);
    }
}
