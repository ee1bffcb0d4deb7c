/* SPDX-License-Identifier: Apache-2.0
 *
 * From bytes to a tree of the elements that are known. expat does the XML; everything else of a document (comments, elements
 * of others, attributes but derivedFrom) is dropped on the way.
 */
#include "core/svd/tree.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 65536u /* bytes between two tags */

#define SVD_TAG_NAME(constant, name) [TAG_##constant] = name,
const char *const svd_tag_names[TAGS] = {SVD_TAGS(SVD_TAG_NAME)};

struct reading {
    struct svd *svd;
    XML_Parser parser;
    struct svd_element
        *at; /* the innermost open element that is kept; NULL before and behind the root */
    uint32_t depth, skipped; /* open elements; of them inside of one that is dropped, with it */
    char text[MAX_TEXT];
    size_t length;
    bool too_long, failed;
};

static struct diag_pos position(const struct reading *r)
{
    return (struct diag_pos){r->svd->file, (uint32_t)XML_GetCurrentLineNumber(r->parser),
                             (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1};
}

/* Ends the parsing. expat may still finish what it is at; callbacks do nothing then. */
static void stop(struct reading *r, const char *text)
{
    if (r->failed)
        return;
    r->failed = true;
    diag_error(r->svd->diag, position(r), NULL, "%s", text);
    XML_StopParser(r->parser, XML_FALSE);
}

static enum svd_tag tag_of(const char *name)
{
    for (int tag = 0; tag < TAGS; tag++)
        if (!strcmp(svd_tag_names[tag], name))
            return (enum svd_tag)tag;
    return TAGS;
}

static void XMLCALL begin_element(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = ctx;
    enum svd_tag tag = tag_of(name);
    struct svd_element *e;

    if (r->failed)
        return;
    if (++r->depth > SVD_MAX_DEPTH) {
        stop(r, "elements are nested more than 32 deep: no register description needs that");
        return;
    }
    if (!r->svd->device && tag != TAG_DEVICE) {
        stop(r, "the outermost element is not <device>: this is no CMSIS-SVD file");
        return;
    }
    if (r->skipped || tag == TAGS) {
        r->skipped++;
        return;
    }
    e = arena_alloc(&r->svd->arena, sizeof(*e));
    e->tag = tag;
    e->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
    e->column = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
    e->text = "";
    e->parent = r->at;
    for (; *attributes; attributes += 2)
        if (!strcmp(attributes[0], "derivedFrom"))
            e->derived = arena_copy(&r->svd->arena, attributes[1], strlen(attributes[1]));
    if (!r->at)
        r->svd->device = e;
    else if (r->at->last)
        r->at->last->next = e;
    else
        r->at->first = e;
    if (r->at)
        r->at->last = e;
    r->at = e;
    r->length = 0;
    r->too_long = false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void XMLCALL end_element(void *ctx, const XML_Char *name)
{
    struct reading *r = ctx;

    (void)name;
    if (r->failed)
        return;
    r->depth--;
    if (r->skipped) {
        r->skipped--;
        return;
    }
    if (r->too_long) {
        stop(r, "a text is longer than 64 KiB: shorten it");
        return;
    }
    while (r->length && is_blank(r->text[r->length - 1]))
        r->length--;
    if (!r->at->first && r->length)
        r->at->text = arena_copy(&r->svd->arena, r->text, r->length);
    r->at = r->at->parent;
    r->length = 0;
}

static void XMLCALL add_text(void *ctx, const XML_Char *text, int length)
{
    struct reading *r = ctx;

    if (r->failed || r->skipped || !r->at)
        return;
    for (int i = 0; i < length; i++) {
        char c = is_blank(text[i]) ? ' ' : text[i];

        if (c == ' ' && (!r->length || r->text[r->length - 1] == ' '))
            continue;
        if (r->length == MAX_TEXT) {
            r->too_long = true;
            return;
        }
        r->text[r->length++] = c;
    }
}

/* With it come entities, whose expansion can be larger than any memory; the format has no use for either. */
static void XMLCALL refuse_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                                   const XML_Char *public, int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop(
        ctx,
        "a document type declaration: remove <!DOCTYPE ...>, which register descriptions do not have");
}

static void report_syntax(struct reading *r)
{
    enum XML_Error error = XML_GetErrorCode(r->parser);

    if (r->failed)
        return;
    r->failed = true;
    if (error == XML_ERROR_NO_MEMORY)
        diag_error(r->svd->diag, position(r), NULL, "no memory");
    else if (error == XML_ERROR_UNKNOWN_ENCODING)
        diag_error(r->svd->diag, position(r), NULL, "unknown character encoding: save it as UTF-8");
    else
        diag_error(r->svd->diag, position(r), NULL,
                   "is not well-formed XML (%s): correct it there, or just before",
                   XML_ErrorString(error));
}

static void parse(struct reading *r, const char *bytes, size_t length)
{
    const size_t most =
        1u << 20; /* expat counts in int, and copies what it has not understood yet */

    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, begin_element, end_element);
    XML_SetCharacterDataHandler(r->parser, add_text);
    XML_SetStartDoctypeDeclHandler(r->parser, refuse_doctype);
    for (size_t at = 0; !r->failed; at += most) {
        size_t piece = length - at < most ? length - at : most;
        bool last = at + piece == length;

        if (XML_Parse(r->parser, bytes + at, (int)piece, last) == XML_STATUS_ERROR)
            report_syntax(r);
        if (last)
            break;
    }
}

bool svd_read_tree(struct svd *svd, const char *bytes, size_t length)
{
    struct reading *const r = calloc(1, sizeof(*r));
    jmp_buf *const outer = svd->arena.escape;
    jmp_buf here;
    int why;
    bool ok;

    if (!r)
        longjmp(*outer, ARENA_NO_MEMORY);
    r->svd = svd;
    svd->arena.escape = &here;
    why = setjmp(here);
    if (!why) {
        r->parser = XML_ParserCreate(NULL);
        if (!r->parser)
            longjmp(here, ARENA_NO_MEMORY);
        parse(r, bytes, length);
    }
    svd->arena.escape = outer;
    if (r->parser)
        XML_ParserFree(r->parser);
    ok = !r->failed;
    free(r);
    if (why)
        longjmp(*outer, why);
    return ok;
}
