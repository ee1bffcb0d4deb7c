/* SPDX-License-Identifier: Apache-2.0
 *
 * report.c - what was found, for people, for programs, for continuous integration; and the table of
 * checks.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parent.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static uint32_t count(const struct run *run, uint32_t status)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < run->nresults; i++)
        n += run->results[i].status == status;
    return n;
}

/* --- human --------------------------------------------------------------------------- */

static void print_note(const struct run *run, const struct result *r, const struct note *n)
{
    printf("%s: level %" PRIu32 ": %s: %s%s%s: ", base_name(run->options->plugin), n->check->level,
           n->check->name, kind_name(r->kind), r->type[0] ? " " : "", r->type);
    if (n->where[0])
        printf("in %s(): ", n->where);
    printf("%s: %s (%s)\n", n->cause, n->check->cure, n->check->source);
}

static void print_made(const struct result *r)
{
    static const char *const words[] = {"passed", "FAILED", "not made"};

    printf("    level %2" PRIu32 "  %-12s %-9s %-20s %-8s %.2f s%s%s\n", r->check->level,
           r->check->name, kind_name(r->kind), r->type, words[r->status], r->seconds,
           r->why ? "  " : "", r->why ? r->why : "");
}

void report_human(const struct run *run)
{
    for (uint32_t i = 0; i < run->nresults; i++) {
        const struct result *r = &run->results[i];

        if (run->options->verbose)
            print_made(r);
        for (uint32_t n = 0; n < r->nnotes; n++)
            print_note(run, r, &r->notes[n]);
    }
    printf("%s: %s %s: %" PRIu32 " types, %" PRIu32 " checks up to level %" PRIu32 ", %" PRIu32
           " not made, seed %" PRIu64 ": %" PRIu32 " findings\n",
           base_name(run->options->plugin), run->id[0] ? run->id : "?", run->version, run->ntypes,
           run->nresults - count(run, SKIPPED), run->options->level, count(run, SKIPPED),
           run->options->seed, run->nfindings);
}

/* --- JSON ---------------------------------------------------------------------------- */

static void json_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < ' ' || *c >= 0x7f)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    }
    putchar('"');
}

static void json_pair(const char *name, const char *text, const char *after)
{
    printf("\"%s\": ", name);
    json_text(text);
    fputs(after, stdout);
}

static void json_note(const struct note *n)
{
    fputs("{", stdout);
    json_pair("check", n->check->name, ", ");
    printf("\"level\": %" PRIu32 ", ", n->check->level);
    json_pair("function", n->where, ", ");
    json_pair("cause", n->cause, ", ");
    json_pair("contract", n->check->holds, ", ");
    json_pair("source", n->check->source, ", ");
    json_pair("cure", n->check->cure, "}");
}

static void json_result(const struct result *r)
{
    static const char *const words[] = {"passed", "failed", "skipped"};

    fputs("    {", stdout);
    json_pair("check", r->check->name, ", ");
    printf("\"level\": %" PRIu32 ", ", r->check->level);
    json_pair("kind", kind_name(r->kind), ", ");
    json_pair("type", r->type, ", ");
    json_pair("status", words[r->status], ", ");
    if (r->why)
        json_pair("reason", r->why, ", ");
    printf("\"seconds\": %.3f, \"findings\": [", r->seconds);
    for (uint32_t n = 0; n < r->nnotes; n++) {
        fputs(n ? ", " : "", stdout);
        json_note(&r->notes[n]);
    }
    fputs("]}", stdout);
}

void report_json(const struct run *run)
{
    fputs("{\n  ", stdout);
    json_pair("file", run->options->plugin, ", ");
    json_pair("plugin", run->id, ", ");
    json_pair("version", run->version, ",\n");
    printf("  \"seed\": %" PRIu64 ", \"level\": %" PRIu32 ", \"findings\": %" PRIu32
           ",\n  \"results\": [\n",
           run->options->seed, run->options->level, run->nfindings);
    for (uint32_t i = 0; i < run->nresults; i++) {
        json_result(&run->results[i]);
        fputs(i + 1 < run->nresults ? ",\n" : "\n", stdout);
    }
    fputs("  ]\n}\n", stdout);
}

/* --- JUnit --------------------------------------------------------------------------- */

static void xml_text(FILE *f, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (strchr("<>&\"'", *c) || *c >= 0x7f)
            fprintf(f, "&#%u;", *c);
        else
            fputc(*c, f);
    }
}

static void junit_result(FILE *f, const struct run *run, const struct result *r)
{
    fprintf(f, "  <testcase classname=\"");
    xml_text(f, base_name(run->options->plugin));
    fprintf(f, "%s%s\" name=\"%s\" time=\"%.3f\">\n", r->type[0] ? "." : "", r->type,
            r->check->name, r->seconds);
    for (uint32_t n = 0; n < r->nnotes; n++) {
        fprintf(f, "    <failure type=\"%s\" message=\"", r->notes[n].check->name);
        xml_text(f, r->notes[n].cause);
        fprintf(f, "\">");
        xml_text(f, r->notes[n].where);
        fprintf(f, "%s", r->notes[n].where[0] ? "(): " : "");
        xml_text(f, r->notes[n].check->cure);
        fprintf(f, "</failure>\n");
    }
    if (r->status == SKIPPED) {
        fprintf(f, "    <skipped message=\"");
        xml_text(f, r->why ? r->why : "");
        fprintf(f, "\"/>\n");
    }
    fprintf(f, "  </testcase>\n");
}

bool report_junit(const struct run *run, const char *path)
{
    FILE *f = fopen(path, "w");

    if (!f) {
        fprintf(stderr, "backplane-check: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
    xml_text(f, base_name(run->options->plugin));
    fprintf(f, "\" tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" skipped=\"%" PRIu32 "\">\n",
            run->nresults, count(run, FAILED), count(run, SKIPPED));
    for (uint32_t i = 0; i < run->nresults; i++)
        junit_result(f, run, &run->results[i]);
    fprintf(f, "</testsuite>\n");
    if (fclose(f)) {
        fprintf(stderr, "backplane-check: %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

/* --- --list -------------------------------------------------------------------------- */

static void list_kinds(uint32_t kinds)
{
    const char *between = "";

    if ((kinds & KIND_TYPES) == KIND_TYPES) {
        fputs("all", stdout);
        return;
    }
    for (uint32_t kind = KIND_OBJECT; kind <= KIND_ACCEL; kind <<= 1) {
        if (kinds & kind) {
            printf("%s%s", between, kind_name(kind));
            between = ", ";
        }
    }
}

void report_list(void)
{
    puts("| level | check | of | what must hold | where | cure |\n|---|---|---|---|---|---|");
    for (uint32_t i = 0; i < nchecks; i++) {
        const struct check *c = &checks[i];

        if (c->run)
            printf("| %" PRIu32 " | `%s` | ", c->level, c->name);
        else
            printf("| watch | `%s` | ", c->name);
        list_kinds(c->kinds);
        printf(" | %s | %s | %s |\n", c->holds, c->source, c->cure);
    }
}
