/* SPDX-License-Identifier: Apache-2.0
 *
 * Names, strings and comments of the C source that is written.
 */
#include "core/svd/writer.h"

#include <ctype.h>
#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- names ------------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* `name`, or with underscores behind it when it is taken; kept until the writer is done. NULL: no memory. */
const char *writer_unique(struct writer *w, char *name)
{
    char **found;

    while (name) {
        char *longer = NULL;

        found = tsearch(name, &w->names, by_text);
        if (found && *found == name)
            return name;
        if (!found || asprintf(&longer, "%s_", name) < 0)
            longer = NULL;
        free(name);
        name = longer;
    }
    w->no_memory = true;
    return NULL;
}

const char *writer_define(struct writer *w, const char *format, ...)
{
    char *name = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&name, format, args) < 0)
        name = NULL;
    va_end(args);
    for (char *c = name; c && *c; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    return writer_unique(w, name);
}

/* Members of the struct are lower-case. Both files must find the same name, so each names all rows in the same order. */
const char *writer_member(struct writer *w, const struct svd_register *reg)
{
    static const char *const c_words[] = {
        "auto",     "break",  "case",   "char",     "const",    "continue", "default",  "do",
        "double",   "else",   "enum",   "extern",   "float",    "for",      "goto",     "if",
        "inline",   "int",    "long",   "register", "restrict", "return",   "short",    "signed",
        "sizeof",   "static", "struct", "switch",   "typedef",  "union",    "unsigned", "void",
        "volatile", "while",  "asm",    "typeof"};
    char *name = NULL;
    bool word = false;

    if (asprintf(&name, "%s%s", isdigit((unsigned char)reg->row[0]) ? "_" : "", reg->row) < 0)
        name = NULL;
    for (char *c = name; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (size_t i = 0; name && i < sizeof(c_words) / sizeof(*c_words); i++)
        word |= !strcmp(name, c_words[i]);
    if (word) {
        char *longer = NULL;

        if (asprintf(&longer, "%s_", name) < 0)
            longer = NULL;
        free(name);
        name = longer;
    }
    return writer_unique(w, name);
}

/* --- texts ------------------------------------------------------------------------------------ */

void writer_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || *text == '?')
            fputc('\\', out);
        fputc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
    }
    fputc('"', out);
}

/* In a comment, whose end it must not contain. */
void writer_comment(FILE *out, const char *text)
{
    for (; *text; text++) {
        fputc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
        if ((text[0] == '*' && text[1] == '/') || (text[0] == '/' && text[1] == '*'))
            fputc(' ', out);
    }
}

bool writer_begin(struct writer *w, const struct svd_block *block, const struct svd_source *source)
{
    *w = (struct writer){.block = block, .source = source};
    w->out = open_memstream(&w->text, &w->length);
    return w->out;
}

char *writer_finish(struct writer *w)
{
    bool failed = fclose(w->out) || w->no_memory;

    tdestroy(w->names, free);
    if (failed)
        free(w->text);
    return failed ? NULL : w->text;
}

void writer_head(struct writer *w, const char *what)
{
    fprintf(w->out, SVD_GENERATED " %s --svd ", w->source->name);
    writer_comment(w->out, w->source->from);
    fprintf(w->out, "`: do not edit.\n *\n * %s ", what);
    writer_comment(w->out, w->block->name);
    fputs(" in ", w->out);
    writer_comment(w->out, w->source->device);
    if (*w->source->version)
        fputs(" version ", w->out);
    writer_comment(w->out, w->source->version);
    fprintf(
        w->out,
        ". With --update the command writes it again; what is written by hand is in %s.c.\n */\n",
        w->source->name);
}
