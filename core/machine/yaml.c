/* SPDX-License-Identifier: Apache-2.0
 *
 * From libyaml's events to a tree with positions.
 */
#include "core/machine/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct anchor {
    const char *name;
    struct yaml_value *value; /* NULL until its end has been seen */
    struct diag_pos pos;
};

struct reader {
    struct arena *arena;
    struct diag *diag;
    const char *name;
    const char *bytes;
    size_t length;
    yaml_parser_t parser;
    yaml_event_t event;
    struct anchor *anchors; /* of the current document */
    uint32_t nanchors;
    uint32_t values;
};

/* --- errors ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static bool fail(struct reader *r, struct diag_pos pos,
                                                       const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diag_error(r->diag, pos, NULL, "%s", text);
    return false;
}

static struct diag_pos position(const struct reader *r, yaml_mark_t mark)
{
    return (struct diag_pos){r->name, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* libyaml gives a byte offset for what is not text. */
static struct diag_pos at_offset(const struct reader *r, size_t offset)
{
    struct diag_pos pos = {r->name, 1, 1};

    for (size_t i = 0; i < offset && i < r->length; i++) {
        pos.column += (r->bytes[i] & 0xc0) != 0x80; /* a column is a character */
        if (r->bytes[i] == '\n') {
            pos.line++;
            pos.column = 1;
        }
    }
    return pos;
}

/* What libyaml says in its own words, and what to do about it. */
static const struct {
    const char *problem, *cure;
} cures[] = {
    {"found character that cannot start any token",
     "indent with spaces, and quote texts that start with @ or `"},
    {"found a tab character", "indent with spaces"},
    {"mapping values are not allowed in this context", "quote a text that contains `: `"},
    {"could not find expected ':'", "write `key: value`, and indent what belongs to it"},
    {"did not find expected key", "check the indentation, and that every { and [ is closed"},
    {"did not find expected ',' or '}'", "close the {, and quote texts that contain { or }"},
    {"did not find expected ',' or ']'", "close the ["},
    {"did not find expected '-' indicator", "check the indentation"},
    {"found unexpected end of stream", "close the quoted text"},
    {"found undefined tag handle", "remove the tag"},
    {"did not find expected alphabetic or numeric character",
     "quote a text that starts with * or &"},
};

static bool syntax_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "cannot be read", *cure = "check the syntax";

    if (p->error == YAML_MEMORY_ERROR)
        longjmp(*r->arena->escape, ARENA_NO_MEMORY);
    if (p->error == YAML_READER_ERROR) {
        if (p->problem_value >= 0)
            return fail(r, at_offset(r, p->problem_offset),
                        "not text (%s: 0x%02x): a description is UTF-8 without control characters",
                        problem, (unsigned)p->problem_value);
        return fail(r, at_offset(r, p->problem_offset), "not text (%s): a description is UTF-8",
                    problem);
    }
    for (size_t i = 0; i < sizeof(cures) / sizeof(*cures); i++)
        if (strstr(problem, cures[i].problem))
            cure = cures[i].cure;
    return fail(r, position(r, p->problem_mark), "%s: %s", problem, cure);
}

static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    memset(&r->event, 0, sizeof(r->event));
    return yaml_parser_parse(&r->parser, &r->event) || syntax_error(r);
}

/* --- values ----------------------------------------------------------------------------------- */

static bool read_value(struct reader *r, uint32_t depth, struct yaml_value **out);

static struct yaml_value *new_value(struct reader *r, enum yaml_kind kind)
{
    struct yaml_value *v = arena_alloc(r->arena, sizeof(*v));

    v->kind = kind;
    v->pos = position(r, r->event.start_mark);
    v->weight = 1;
    v->height = 1;
    return v;
}

/* Takes `child` into account. Small files with aliases of aliases describe enormous trees. */
static bool add_weight(struct reader *r, struct yaml_value *v, const struct yaml_value *child,
                       uint32_t depth)
{
    v->weight += child->weight;
    if (v->height <= child->height)
        v->height = child->height + 1;
    if (v->weight > YAML_MAX_VALUES)
        return fail(r, v->pos, "more than %u values with its aliases followed: write fewer",
                    YAML_MAX_VALUES);
    if (depth + v->height > YAML_MAX_DEPTH + 1)
        return fail(r, v->pos, "nested more than %u levels deep: flatten it", YAML_MAX_DEPTH);
    return true;
}

static struct anchor *open_anchor(struct reader *r, const yaml_char_t *name, struct diag_pos pos)
{
    struct anchor *anchor;

    if (!name)
        return NULL;
    /* A later anchor of the same name replaces an earlier one for what follows it (YAML 1.2,
     * 3.2.2.2). */
    anchor = arena_push(r->arena, r->anchors, r->nanchors);
    anchor->name = arena_copy(r->arena, (const char *)name, strlen((const char *)name));
    anchor->pos = pos;
    return anchor;
}

static bool read_alias(struct reader *r, struct yaml_value **out)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    struct diag_pos pos = position(r, r->event.start_mark);

    for (uint32_t i = r->nanchors; i-- > 0;) {
        if (strcmp(r->anchors[i].name, name))
            continue;
        *out = r->anchors[i].value;
        return *out ||
               fail(r, pos, "alias *%.64s inside of its own anchor (line %u): write the value out",
                    name, r->anchors[i].pos.line);
    }
    return fail(r, pos,
                "no anchor &%.64s before this alias: define it, or quote a text that starts with *",
                name);
}

static bool read_scalar(struct reader *r, struct yaml_value *v)
{
    const char *text = (const char *)r->event.data.scalar.value;
    size_t length = r->event.data.scalar.length;

    v->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    v->text = arena_copy(r->arena, text, length);
    /* "\0" in double quotes. */
    return strlen(v->text) == length || fail(r, v->pos, "a text with a NUL character: remove it");
}

static bool read_list(struct reader *r, struct yaml_value *v, uint32_t depth)
{
    for (;;) {
        struct yaml_value *item;

        if (!next(r))
            return false;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!read_value(r, depth + 1, &item) || !add_weight(r, v, item, depth))
            return false;
        *arena_push(r->arena, v->items, v->count) = item;
    }
}

static bool read_map(struct reader *r, struct yaml_value *v, uint32_t depth)
{
    for (;;) {
        struct yaml_value *key, *value;
        const struct yaml_entry *before;
        struct yaml_entry *entry;

        if (!next(r))
            return false;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return true;
        if (!read_value(r, depth + 1, &key))
            return false;
        if (key->kind != YAML_SCALAR)
            return fail(r, key->pos, "a key that is %s: keys are names", yaml_kind_name(key));
        if (!next(r) || !read_value(r, depth + 1, &value) || !add_weight(r, v, value, depth))
            return false;
        if (v->count == YAML_MAX_KEYS)
            return fail(r, key->pos, "more than %u keys in a map: split it", YAML_MAX_KEYS);
        before = yaml_find(v, key->text);
        if (before) {
            /* Not fatal: the first one counts, the rest of the file is still worth checking. */
            fail(r, key->pos, "`%.64s` is already given in line %u: remove one of them", key->text,
                 before->pos.line);
            continue;
        }
        entry = arena_push(r->arena, v->entries, v->count);
        *entry = (struct yaml_entry){key->text, key->pos, value};
    }
}

/* What each event begins. */
static const yaml_char_t *event_tag(const yaml_event_t *e)
{
    return e->type == YAML_SCALAR_EVENT           ? e->data.scalar.tag
           : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.tag
                                                  : e->data.mapping_start.tag;
}

static const yaml_char_t *event_anchor(const yaml_event_t *e)
{
    return e->type == YAML_SCALAR_EVENT           ? e->data.scalar.anchor
           : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.anchor
                                                  : e->data.mapping_start.anchor;
}

/* The value that the current event begins. */
static bool read_value(struct reader *r, uint32_t depth, struct yaml_value **out)
{
    struct diag_pos pos = position(r, r->event.start_mark);
    uint32_t anchor = 0;
    struct yaml_value *v;
    bool ok;

    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, out);
    if (++r->values > YAML_MAX_VALUES)
        return fail(r, pos, "more than %u values in a file: split it", YAML_MAX_VALUES);
    if (depth > YAML_MAX_DEPTH)
        return fail(r, pos, "nested more than %u levels deep: flatten it", YAML_MAX_DEPTH);
    if (event_tag(&r->event))
        return fail(r, pos, "tag %.64s has no meaning here: remove it",
                    (const char *)event_tag(&r->event));
    if (open_anchor(r, event_anchor(&r->event), pos))
        anchor = r->nanchors;
    v = new_value(r, YAML_SCALAR);
    if (r->event.type == YAML_SCALAR_EVENT) {
        ok = read_scalar(r, v);
    } else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        v->kind = YAML_LIST;
        ok = read_list(r, v, depth);
    } else {
        v->kind = YAML_MAP;
        ok = read_map(r, v, depth);
    }
    if (ok && anchor)
        r->anchors[anchor - 1].value = v;
    *out = v;
    return ok;
}

static bool read_documents(struct reader *r, struct yaml_file *out)
{
    for (;;) {
        struct yaml_value *root;

        if (!next(r))
            return false;
        if (r->event.type == YAML_STREAM_END_EVENT)
            break;
        if (r->event.type != YAML_DOCUMENT_START_EVENT)
            continue; /* the start of the stream, the end of a document */
        r->nanchors = 0;
        r->anchors = NULL;
        if (!next(r) || !read_value(r, 1, &root))
            return false;
        *arena_push(r->arena, out->documents, out->count) = root;
    }
    return out->count || fail(r, (struct diag_pos){r->name, 1, 1},
                              "is empty: a description starts with `backplane: 1`");
}

/* Some editors begin a file with U+FEFF (YAML 1.2, 5.2). */
static size_t byte_order_mark(const char *bytes, size_t length)
{
    return length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
}

bool yaml_read_text(struct arena *a, struct diag *d, const char *name, const char *bytes,
                    size_t length, struct yaml_file *out)
{
    /* Not automatic: it changes between setjmp() and longjmp(). */
    struct reader *r = arena_alloc(a, sizeof(*r));
    jmp_buf *const outer = a->escape;
    volatile int escaped = 0;
    volatile bool ok = false;
    size_t mark = byte_order_mark(bytes, length);
    jmp_buf here;

    bytes += mark;
    length -= mark;
    *out = (struct yaml_file){.count = 0};
    *r = (struct reader){.arena = a, .diag = d, .name = name, .bytes = bytes, .length = length};
    if (!yaml_parser_initialize(&r->parser))
        longjmp(*outer, ARENA_NO_MEMORY);
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)bytes, length);
    a->escape = &here;
    switch (setjmp(here)) {
    case 0:
        ok = read_documents(r, out);
        break;
    case ARENA_LIMIT:
        escaped = ARENA_LIMIT;
        break;
    default:
        escaped = ARENA_NO_MEMORY;
        break;
    }
    a->escape = outer;
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    if (escaped)
        longjmp(*outer, escaped);
    return ok;
}

bool yaml_read_file(struct arena *a, struct diag *d, const char *name, struct yaml_file *out)
{
    struct diag_pos pos = {.file = name};
    size_t length = 0, room;
    struct stat info;
    ssize_t got = 0;
    char *bytes;
    int fd;

    *out = (struct yaml_file){.count = 0};
    if (stat(name, &info)) {
        diag_error(d, pos, NULL, "cannot be opened (%s): check the path", strerror(errno));
        return false;
    }
    if (!S_ISREG(info.st_mode)) {
        diag_error(d, pos, NULL, "is not a file: name a description in YAML");
        return false;
    }
    if (info.st_size > YAML_MAX_BYTES) {
        diag_error(d, pos, NULL, "is larger than %u bytes: a description in YAML is small",
                   YAML_MAX_BYTES);
        return false;
    }
    /* Before the file is open: an arena may escape. */
    room = (size_t)info.st_size;
    bytes = arena_alloc(a, room + 1);
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (fd >= 0 && length < room && (got = read(fd, bytes + length, room - length)) > 0)
        length += (size_t)got;
    if (fd < 0 || got < 0)
        diag_error(d, pos, NULL, "cannot be read (%s): check the file", strerror(errno));
    if (fd >= 0)
        close(fd);
    return fd >= 0 && got >= 0 && yaml_read_text(a, d, name, bytes, length, out);
}

/* --- questions -------------------------------------------------------------------------------- */

struct yaml_value *yaml_scalar(struct arena *a, struct diag_pos pos, const char *text)
{
    struct yaml_value *v = arena_alloc(a, sizeof(*v));

    *v = (struct yaml_value){
        .kind = YAML_SCALAR, .pos = pos, .quoted = true, .weight = 1, .height = 1};
    v->text = arena_copy(a, text, strlen(text));
    return v;
}

const struct yaml_entry *yaml_find(const struct yaml_value *map, const char *key)
{
    for (uint32_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++)
        if (!strcmp(map->entries[i].key, key))
            return &map->entries[i];
    return NULL;
}

bool yaml_is_null(const struct yaml_value *v)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (v->kind == YAML_SCALAR && !v->quoted && !strcmp(v->text, words[i]))
            return true;
    return false;
}

bool yaml_boolean(const char *text, bool *value)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        *value = i >= 3;
        if (!strcmp(text, words[i]))
            return true;
    }
    return false;
}

const char *yaml_kind_name(const struct yaml_value *v)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a plain value", [YAML_LIST] = "a list", [YAML_MAP] = "a map"};

    return names[v->kind];
}
