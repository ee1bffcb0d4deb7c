/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane new device NAME`: the project of a device, outside of this tree, from the templates of the SDK; with --svd from a
 * register description, whose generated half can be written again.
 */
#include "core/cli/places.h"
#include "core/cli/template.h"
#include "core/svd/source.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
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

/* --- with a register description -------------------------------------------------------------- */

/* What a description adds to a project. */
struct description {
    struct svd *svd;
    const struct svd_block *block;
    struct svd_source source;
    char *hooks, *lines, *ports, *wires;
    char size[32];
};

static bool read_description(struct description *in, const struct names *n, const char *from,
                             struct diag *d)
{
    const char *block;
    char *file = svd_split(from, &block);
    bool ok = false;

    if (!file)
        return false;
    in->svd = svd_open(file, d);
    if (in->svd)
        in->block = svd_block(in->svd, block, (struct diag_pos){.file = NULL}, "--svd", d);
    if (!in->block || !svd_source_check(in->block, file, d))
        goto out;
    in->source = (struct svd_source){.name = n->name,
                                     .ident = n->ident,
                                     .upper = n->upper,
                                     .from = from,
                                     .device = svd_device_name(in->svd),
                                     .version = svd_device_version(in->svd)};
    in->hooks = svd_source_hooks(in->block, &in->source);
    in->lines = svd_source_lines(in->block);
    in->ports = svd_source_ports(in->block, &in->source);
    in->wires = svd_source_wires(in->block);
    snprintf(in->size, sizeof(in->size), "%" PRIu64 "KiB", (in->block->bytes + 4095) / 4096 * 4);
    ok = in->hooks && in->lines && in->ports && in->wires;
out:
    free(file);
    return ok;
}

static void free_description(struct description *in)
{
    free(in->hooks);
    free(in->lines);
    free(in->ports);
    free(in->wires);
    svd_close(in->svd);
}

static bool add_generated(struct project *p, const struct description *in)
{
    char name[MAX_NAME + 16];
    bool ok;

    snprintf(name, sizeof(name), "%s-regs.h", in->source.name);
    ok = project_add(p, name, svd_source_header(in->block, &in->source));
    snprintf(name, sizeof(name), "%s-regs.inc", in->source.name);
    return ok && project_add(p, name, svd_source_table(in->block, &in->source));
}

/* --- projects --------------------------------------------------------------------------------- */

/* "0.1": what find_package() is asked for. */
static void version_text(char text[32])
{
    const char *dot = strchr(BACKPLANE_VERSION, '.');
    size_t length = dot ? (size_t)(dot - BACKPLANE_VERSION) + 1 + strcspn(dot + 1, ".")
                        : strlen(BACKPLANE_VERSION);

    snprintf(text, 32, "%.*s", (int)length, BACKPLANE_VERSION);
}

/* A word of a template that stands for whole lines, in a comment so that the template is C. */
#define LINES(indent, word) indent "/* @" word "@ */\n"

static bool read_templates(struct project *p, const struct names *n, const struct description *in,
                           char **why)
{
    const char *const folders[] = {"template/common", in->svd ? "template/svd" : "template/device"};
    char version[32];
    const struct template_word words[] = {
        {TEMPLATE_NAME, n->name},
        {"template_name", n->ident},
        {"TEMPLATE_NAME", n->upper},
        {"@VERSION@", version},
        {"@SIZE@", in->size},
        {"@WIRES@", in->wires},
        {LINES("    ", "LINES"), in->lines},
        {LINES("", "HOOKS"), in->hooks},
        {LINES("", "PORTS"), in->ports},
        {LINES("    ", "PORTS_ROW"),
         in->ports && *in->ports ? "    .ports = BP_ARRAY(ports),\n" : ""},
        {LINES("     ", "BANK"), in->block && in->block->nbanks > 1 ? "     .bank = bank,\n" : ""},
        {NULL, NULL},
    };
    bool ok = true;

    version_text(version);
    for (size_t i = 0; ok && i < sizeof(folders) / sizeof(*folders); i++) {
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

/* Only what the command once wrote is written over; the rest of a project is its author's. */
static bool may_update(const struct project *p, const char *folder, char **why)
{
    for (size_t i = 0; i < p->count; i++) {
        char first[sizeof(SVD_GENERATED)] = "", *path = NULL;
        FILE *file;

        if (asprintf(&path, "%s/%s", folder, p->files[i].name) < 0)
            return false;
        file = fopen(path, "r");
        if (file) {
            first[fread(first, 1, sizeof(first) - 1, file)] = '\0';
            fclose(file);
        }
        if (!file &&
            asprintf(
                why,
                "%s: %s: leave --update out to write a new project, or name its folder with --dir",
                path, strerror(errno)) < 0)
            *why = NULL;
        else if (file && strcmp(first, SVD_GENERATED) &&
                 asprintf(why, "%s: was not generated, or has lost its first line: move it away",
                          path) < 0)
            *why = NULL;
        free(path);
        if (!file || strcmp(first, SVD_GENERATED))
            return false;
    }
    return true;
}

static int new_device(const struct command *command, const struct arguments *args, const char *name)
{
    const char *folder = args->dir ? args->dir : name;
    struct description in = {.svd = NULL};
    struct project p = {.count = 0};
    char *why = NULL;
    bool ok = true;
    struct names n;
    struct diag d;

    diag_init(&d);
    make_names(&n, name);
    if (args->svd)
        ok = read_description(&in, &n, args->svd, &d) && add_generated(&p, &in);
    if (ok && !args->update)
        ok = read_templates(&p, &n, &in, &why);
    ok = ok && (!args->update || may_update(&p, folder, &why)) &&
         project_write(&p, folder, args->update, &why);
    diag_print(&d, stderr);
    if (ok && args->update)
        printf("%s: %s and %s are written again\n", folder, p.files[0].name, p.files[1].name);
    else if (ok)
        say_next(&p, folder, name);
    else if (why || !d.errors)
        usage_error(command, "%s", why ? why : "no memory left on the host: close something");
    free(why);
    project_free(&p);
    free_description(&in);
    diag_finish(&d);
    return ok ? EXIT_OK : EXIT_USAGE;
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
    if (args->update && !args->svd)
        return usage_error(command, "--update needs to know from what: add --svd FILE.svd#BLOCK");
    return new_device(command, args, name);
}
