/* SPDX-License-Identifier: Apache-2.0
 *
 * options.c - the command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const char help[] =
    "usage: backplane-check [OPTIONS] PLUGIN.so\n"
    "Runs a plug-in through the contract of the SDK, every check in a process of its own.\n"
    "\n"
    "  --level N            checks up to level N, 1 to 10 (default 10; --list shows them)\n"
    "  --only CHECK         one check alone\n"
    "  --type NAME          one type of the plug-in alone\n"
    "  --props [TYPE.]NAME=VALUE\n"
    "                       value of a property, as a machine description has it; repeatable\n"
    "  --seed N             of the random checks (default 1); a failure repeats with its seed\n"
    "  --timeout SECONDS    of processor time for one check (default 20)\n"
    "  --keep-going         go on with a type after a check that failed\n"
    "  --json               what was found as JSON on standard output\n"
    "  --junit FILE         the same as JUnit XML\n"
    "  --list               the checks, as a Markdown table\n"
    "  --verbose            every check that was made, with its time\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 nothing found, 1 findings, 2 wrong use or a file that is not there.\n";

enum { OPT_LEVEL = 256, OPT_ONLY, OPT_TYPE, OPT_PROPS, OPT_SEED, OPT_TIMEOUT, OPT_KEEP_GOING };
enum { OPT_JSON = 300, OPT_JUNIT, OPT_LIST, OPT_VERBOSE, OPT_HELP, OPT_VERSION, OPT_CHILD };

static const struct option rows[] = {
    {"level", required_argument, NULL, OPT_LEVEL},
    {"only", required_argument, NULL, OPT_ONLY},
    {"type", required_argument, NULL, OPT_TYPE},
    {"props", required_argument, NULL, OPT_PROPS},
    {"seed", required_argument, NULL, OPT_SEED},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"keep-going", no_argument, NULL, OPT_KEEP_GOING},
    {"json", no_argument, NULL, OPT_JSON},
    {"junit", required_argument, NULL, OPT_JUNIT},
    {"list", no_argument, NULL, OPT_LIST},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"child", required_argument, NULL, OPT_CHILD},
    {NULL, 0, NULL, 0},
};

static int wrong(const char *option, const char *value, const char *cure)
{
    fprintf(stderr, "backplane-check: %s: '%s' will not do: %s\n", option, value, cure);
    return 2;
}

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 0);
    return !errno && end != text && !*end && *text != '-' && *out >= min && *out <= max;
}

static int no_memory(void)
{
    fputs("backplane-check: no memory\n", stderr);
    return 2;
}

/* [TYPE.]NAME=VALUE; names have no '.' and no '='. */
static int add_setting(struct options *o, const char *argument)
{
    struct setting *all = realloc(o->settings, (o->nsettings + 1) * sizeof *all), *s;
    char *value, *dot;

    if (!all)
        return no_memory();
    o->settings = all;
    s = &all[o->nsettings];
    s->text = strdup(argument);
    if (!s->text)
        return no_memory();
    o->nsettings++;
    value = strchr(s->text, '=');
    if (!value || value == s->text)
        return wrong("--props", argument, "write NAME=VALUE or TYPE.NAME=VALUE");
    *value++ = 0;
    dot = strchr(s->text, '.');
    if (dot)
        *dot = 0;
    s->type = dot ? s->text : NULL;
    s->name = dot ? dot + 1 : s->text;
    s->value = value;
    return 0;
}

void options_free(struct options *o)
{
    for (uint32_t i = 0; i < o->nsettings; i++)
        free(o->settings[i].text);
    free(o->settings);
}

static int take(struct options *o, int option, char *value)
{
    uint64_t n;

    switch (option) {
    case OPT_LEVEL:
        if (!number(value, 1, LEVEL_MAX, &n))
            return wrong("--level", value, "a level is 1 to 10");
        o->level = (uint32_t)n;
        return 0;
    case OPT_ONLY:
        if (!check_find(value) || !check_find(value)->run)
            return wrong("--only", value, "--list shows the checks; watches cannot run alone");
        o->only = value;
        return 0;
    case OPT_TYPE:
        o->type = value;
        return 0;
    case OPT_PROPS:
        return add_setting(o, value);
    case OPT_SEED:
        if (!number(value, 0, UINT64_MAX, &o->seed))
            return wrong("--seed", value, "a seed is a number of 64 bits");
        return 0;
    case OPT_TIMEOUT:
        if (!number(value, 1, 86400, &n))
            return wrong("--timeout", value, "seconds, 1 to 86400");
        o->timeout = (uint32_t)n;
        return 0;
    case OPT_KEEP_GOING:
        o->keep_going = true;
        return 0;
    case OPT_JSON:
        o->json = true;
        return 0;
    case OPT_JUNIT:
        o->junit = value;
        return 0;
    case OPT_LIST:
        o->list = true;
        return 0;
    case OPT_VERBOSE:
        o->verbose = true;
        return 0;
    case OPT_CHILD:
        o->child = value;
        return 0;
    default:
        return 2; /* getopt has said why */
    }
}

int options_parse(struct options *o, int argc, char **argv, int *status)
{
    int option;

    *o = (struct options){.level = LEVEL_MAX, .seed = 1, .timeout = 20};
    while ((option = getopt_long(argc, argv, "", rows, NULL)) != -1) {
        *status = 0;
        if (option == OPT_HELP)
            return fputs(help, stdout), 1;
        if (option == OPT_VERSION)
            return printf("backplane-check %d.%d\n", BP_SDK_MAJOR, BP_SDK_MINOR), 1;
        *status = take(o, option, optarg);
        if (*status)
            return 1;
    }
    if (o->list || (optind == argc - 1 && argv[optind][0]))
        return o->plugin = argv[optind], 0;
    fputs("backplane-check: which plug-in? One file is checked at a time; --help says more\n",
          stderr);
    *status = 2;
    return 1;
}
