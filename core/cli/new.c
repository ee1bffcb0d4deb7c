/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane new device NAME`: the project of a device, outside of this tree, from the template of the SDK.
 */
#include "core/cli/places.h"
#include "core/cli/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 48u

/* The three ways in which a project is called. */
struct names {
    const char *name;         /* acme-timer */
    char ident[MAX_NAME + 1]; /* acme_timer */
    char upper[MAX_NAME + 1]; /* ACME_TIMER */
};

/* C11 6.4.1 without the words that have a capital letter: a struct cannot be called so. */
static const char *const c_words[] = {
    "auto",     "break",  "case",   "char",     "const",    "continue", "default",  "do",
    "double",   "else",   "enum",   "extern",   "float",    "for",      "goto",     "if",
    "inline",   "int",    "long",   "register", "restrict", "return",   "short",    "signed",
    "sizeof",   "static", "struct", "switch",   "typedef",  "union",    "unsigned", "void",
    "volatile", "while",  "asm",    "typeof",
};

static const char *wrong_name(const char *name)
{
    size_t length = strlen(name);

    if (length > MAX_NAME)
        return "is longer than 48 characters: shorten it";
    if (!islower((unsigned char)name[0]))
        return "does not begin with a lower-case letter: write one such as acme-timer";
    if (name[length - 1] == '-' || strstr(name, "--"))
        return "has a hyphen without a word on both sides: write one such as acme-timer";
    for (size_t i = 0; i < length; i++)
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '-')
            return "has other characters than a-z, 0-9 and hyphens: write one such as acme-timer";
    for (size_t i = 0; i < sizeof(c_words) / sizeof(*c_words); i++)
        if (!strcmp(name, c_words[i]))
            return "is a word of the C language: write one such as acme-timer";
    return NULL;
}

static void make_names(struct names *n, const char *name)
{
    *n = (struct names){.name = name};
    for (size_t i = 0; name[i]; i++) {
        n->ident[i] = name[i] == '-' ? '_' : name[i];
        n->upper[i] = (char)toupper((unsigned char)n->ident[i]);
    }
}

/* "0.1": what find_package() is asked for. */
static void version_text(char text[32])
{
    const char *dot = strchr(BACKPLANE_VERSION, '.');
    size_t length = dot ? (size_t)(dot - BACKPLANE_VERSION) + 1 + strcspn(dot + 1, ".")
                        : strlen(BACKPLANE_VERSION);

    snprintf(text, 32, "%.*s", (int)length, BACKPLANE_VERSION);
}

static bool read_templates(struct project *p, const struct names *n, const char *const *folders,
                           size_t count, char **why)
{
    char version[32];
    const struct template_word words[] = {
        {TEMPLATE_NAME, n->name},
        {"template_name", n->ident},
        {"TEMPLATE_NAME", n->upper},
        {"@VERSION@", version},
        {NULL, NULL},
    };
    bool ok = true;

    version_text(version);
    for (size_t i = 0; ok && i < count; i++) {
        char *folder = places_share(folders[i]);

        ok = folder && project_read(p, folder, n->name, words, why);
        free(folder);
    }
    return ok;
}

static void say_next(const struct project *p, const char *folder, const char *name)
{
    printf("%s:", folder);
    for (size_t i = 0; i < p->count; i++)
        printf(" %s", p->files[i].name);
    printf("\n\nNext:\n"
           "    cd %s\n"
           "    cmake -S . -B build && cmake --build build && ctest --test-dir build\n"
           "    backplane run run.yaml\n"
           "then edit %s.c; README.md says what is what.\n",
           folder, name);
}

static int new_device(const struct command *command, const struct arguments *args, const char *name)
{
    static const char *const folders[] = {"template/common", "template/device"};
    const char *folder = args->dir ? args->dir : name;
    struct project p = {.count = 0};
    int code = EXIT_USAGE;
    char *why = NULL;
    struct names n;

    make_names(&n, name);
    if (read_templates(&p, &n, folders, sizeof(folders) / sizeof(*folders), &why) &&
        project_write(&p, folder, false, &why)) {
        say_next(&p, folder, name);
        code = EXIT_OK;
    } else {
        usage_error(command, "%s", why ? why : "no memory left on the host: close something");
    }
    free(why);
    project_free(&p);
    return code;
}

int command_new(const struct arguments *args)
{
    const struct command *command = command_find("new");
    const char *what = args->positional.items[0], *name = args->positional.items[1], *wrong;

    if (strcmp(what, "device"))
        return usage_error(command, "cannot write a `%s`: write `backplane new device %s`", what,
                           name);
    wrong = wrong_name(name);
    if (wrong)
        return usage_error(command, "the name `%s` %s", name, wrong);
    return new_device(command, args, name);
}
