/* SPDX-License-Identifier: Apache-2.0
 *
 * Files, their peripherals, and what is said about mistakes in them.
 */
#include "core/svd/tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_MEMORY ((size_t)1 << 30)
#define MAX_WORK                                                                                   \
    UINT64_C(100000000) /* steps of a call: seconds, and more than any real file takes */
#define MAX_ERRORS 50u  /* of one file; the cause of so many is one */

/* --- errors ----------------------------------------------------------------------------------- */

/* "peripheral[UART]/register[CR]/field[EN]"; elements that only hold others are left out. */
static const char *path_of(struct svd *svd, const struct svd_element *e, enum svd_tag tag)
{
    const char *path = tag == TAGS ? "" : svd_tag_names[tag];

    for (; e && e->tag != TAG_DEVICE; e = e->parent) {
        const char *name = svd_name(e), *slash = *path ? "/" : "";

        if (e->tag == TAG_PERIPHERALS || e->tag == TAG_REGISTERS || e->tag == TAG_FIELDS)
            continue;
        if (*name)
            path = arena_printf(&svd->arena, "%s[%.60s]%s%s", svd_tag_names[e->tag], name, slash,
                                path);
        else
            path = arena_printf(&svd->arena, "%s%s%s", svd_tag_names[e->tag], slash, path);
    }
    return *path ? path : "device";
}

static void report(struct svd *svd, const struct svd_element *e, enum svd_tag tag,
                   enum diag_level level, const char *format, va_list args)
{
    const struct svd_element *child = tag == TAGS ? NULL : svd_own(e, tag);
    const struct svd_element *at = child ? child : e;
    struct diag_pos pos = {svd->file, at->line, at->column};
    char text[512];

    vsnprintf(text, sizeof(text), format, args);
    /* What several registers inherit is wrong once. */
    for (size_t i = 0; i < svd->diag->count; i++) {
        const struct diag_item *item = &svd->diag->items[i];

        if (item->pos.line == pos.line && item->pos.column == pos.column &&
            !strcmp(item->text, text))
            return;
    }
    diag_add(svd->diag, level, pos, path_of(svd, e, tag), "%s", text);
}

bool svd_error(struct svd *svd, const struct svd_element *e, enum svd_tag tag, const char *format,
               ...)
{
    va_list args;

    if (svd->errors++ >= MAX_ERRORS)
        return false;
    va_start(args, format);
    report(svd, e, tag, DIAG_ERROR, format, args);
    va_end(args);
    return false;
}

void svd_warn(struct svd *svd, const struct svd_element *e, enum svd_tag tag, const char *format,
              ...)
{
    va_list args;

    if (svd->warnings++ >= MAX_ERRORS)
        return;
    va_start(args, format);
    report(svd, e, tag, DIAG_WARNING, format, args);
    va_end(args);
}

bool svd_step(struct svd *svd, const struct svd_element *e)
{
    if (svd->work++ < MAX_WORK)
        return true;
    if (svd->work == MAX_WORK + 1)
        svd_error(svd, e, TAGS, "takes too long to resolve: derive less, or make dim smaller");
    return false;
}

/* What became of a call that left through the arena's escape. */
static void say_why(struct svd *svd, int why)
{
    diag_error(svd->diag, (struct diag_pos){.file = svd->file}, NULL,
               why == ARENA_LIMIT ? "describes more than 1 GiB of registers: make it smaller"
                                  : "no memory");
}

/* --- files ------------------------------------------------------------------------------------ */

static void list_peripherals(struct svd *svd)
{
    const struct svd_element *holder = svd_own(svd->device, TAG_PERIPHERALS);
    size_t count = 0;

    for (struct svd_element *e = holder ? holder->first : NULL; e; e = e->next) {
        const struct svd_element *doc, *group;
        struct svd_peripheral *p;

        if (e->tag != TAG_PERIPHERAL)
            continue;
        *arena_push(&svd->arena, svd->elements, count) = e;
        p = arena_push(&svd->arena, svd->peripherals, svd->nperipherals);
        p->name = svd_name(e);
        p->derived_from = e->derived;
        doc = svd_own(e, TAG_DESCRIPTION);
        group = svd_own(e, TAG_GROUP_NAME);
        p->doc = doc ? doc->text : NULL;
        p->group = group ? group->text : NULL;
        if (svd_own(e, TAG_BASE_ADDRESS))
            svd_parse_number(svd_own(e, TAG_BASE_ADDRESS)->text, &p->base);
    }
    svd->blocks = arena_alloc(&svd->arena, (svd->nperipherals + 1) * sizeof(*svd->blocks));
}

static bool read_all(struct svd *svd, const char *bytes, size_t length)
{
    jmp_buf here;
    int why;

    svd->arena.escape = &here;
    why = setjmp(here);
    if (why) {
        say_why(svd, why);
        return false;
    }
    svd->file = arena_copy(&svd->arena, svd->file, strlen(svd->file));
    if (!svd_read_tree(svd, bytes, length))
        return false;
    list_peripherals(svd);
    return true;
}

struct svd *svd_parse(const char *bytes, size_t length, const char *name, struct diag *d)
{
    struct svd *svd = calloc(1, sizeof(*svd));
    bool ok;

    if (!svd) {
        diag_error(d, (struct diag_pos){.file = name}, NULL, "no memory");
        return NULL;
    }
    svd->file = name;
    svd->diag = d;
    arena_init(&svd->arena, MAX_MEMORY, NULL);
    ok = read_all(svd, bytes, length);
    svd->diag = NULL;
    svd->arena.escape = NULL;
    if (ok)
        return svd;
    svd_close(svd);
    return NULL;
}

struct svd *svd_open(const char *path, struct diag *d)
{
    const struct diag_pos pos = {.file = path};
    FILE *file = fopen(path, "rb");
    struct svd *svd = NULL;
    char *bytes = NULL;
    struct stat info;
    size_t length;

    if (!file || fstat(fileno(file), &info)) {
        diag_error(d, pos, NULL, "cannot be read (%s): check the path", strerror(errno));
        goto out;
    }
    if (!S_ISREG(info.st_mode) || (size_t)info.st_size > SVD_MAX_BYTES) {
        diag_error(d, pos, NULL, "is no file, or larger than %zu MiB: name a register description",
                   SVD_MAX_BYTES >> 20);
        goto out;
    }
    bytes = malloc((size_t)info.st_size + 1);
    if (!bytes) {
        diag_error(d, pos, NULL, "no memory");
        goto out;
    }
    length = fread(bytes, 1, (size_t)info.st_size, file);
    if (ferror(file))
        diag_error(d, pos, NULL, "cannot be read (%s): check the disk", strerror(errno));
    else
        svd = svd_parse(bytes, length, path, d);
out:
    if (file)
        fclose(file);
    free(bytes);
    return svd;
}

void svd_close(struct svd *svd)
{
    if (!svd)
        return;
    arena_finish(&svd->arena);
    free(svd);
}

const char *svd_file(const struct svd *svd)
{
    return svd->file;
}

const char *svd_device_name(const struct svd *svd)
{
    return svd_name(svd->device);
}

const char *svd_device_version(const struct svd *svd)
{
    const struct svd_element *version = svd_own(svd->device, TAG_VERSION);

    return version ? version->text : "";
}

size_t svd_peripherals(const struct svd *svd, const struct svd_peripheral **out)
{
    *out = svd->peripherals;
    return svd->nperipherals;
}

char *svd_split(const char *text, const char **block)
{
    const char *hash = strrchr(text, '#');

    *block = hash ? hash + 1 : NULL;
    return strndup(text, hash ? (size_t)(hash - text) : strlen(text));
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Exactly, or else in any letter case when only one is meant; nperipherals: none. */
static size_t find_peripheral(const struct svd *svd, const char *name)
{
    size_t found = svd->nperipherals, matches = 0;

    for (size_t i = 0; i < svd->nperipherals; i++) {
        if (!strcmp(svd->peripherals[i].name, name))
            return i;
        if (!strcasecmp(svd->peripherals[i].name, name)) {
            found = i;
            matches++;
        }
    }
    return matches == 1 ? found : svd->nperipherals;
}

static void say_missing(struct svd *svd, const char *name, struct diag_pos where, const char *thing)
{
    const char **names = arena_alloc(&svd->arena, (svd->nperipherals + 1) * sizeof(*names));
    const char *near, *list = "";

    for (size_t i = 0; i < svd->nperipherals; i++) {
        names[i] = svd->peripherals[i].name;
        if (i < 8)
            list = arena_printf(&svd->arena, "%s%s%.40s", list, i ? ", " : "", names[i]);
    }
    if (svd->nperipherals > 8)
        list = arena_printf(&svd->arena, "%s and %zu more", list, svd->nperipherals - 8);
    near = name ? diag_nearest(name, names, svd->nperipherals) : NULL;
    if (!svd->nperipherals)
        diag_error(svd->diag, where, thing, "%s describes no peripherals: use another file",
                   svd->file);
    else if (!name)
        diag_error(svd->diag, where, thing,
                   "%s describes several blocks: write %s#BLOCK with one of %s", svd->file,
                   svd->file, list);
    else if (near)
        diag_error(svd->diag, where, thing, "%s has no block `%.60s`; did you mean %s?", svd->file,
                   name, near);
    else
        diag_error(svd->diag, where, thing, "%s has no block `%.60s`: it has %s", svd->file, name,
                   list);
}

static const struct svd_block *read_block(struct svd *svd, const char *name, struct diag_pos where,
                                          const char *thing)
{
    size_t index = name                     ? find_peripheral(svd, name)
                   : svd->nperipherals == 1 ? 0
                                            : svd->nperipherals;
    const struct svd_element *e;
    struct svd_block *block;
    size_t errors;

    if (index == svd->nperipherals) {
        say_missing(svd, name, where, thing);
        return NULL;
    }
    if (svd->blocks[index])
        return svd->blocks[index];
    e = svd->elements[index];
    errors = svd->diag->errors;
    block = arena_alloc(&svd->arena, sizeof(*block));
    block->name = svd->peripherals[index].name;
    if (!svd_number(svd, e, TAG_BASE_ADDRESS, true, &block->base) ||
        !svd_read_block(svd, e, block)) {
        /* What is wrong with a reference is said when it is followed first. */
        if (svd->diag->errors == errors)
            svd_error(svd, e, TAGS, "needs what other mistakes are in: correct those first");
        return NULL;
    }
    svd->blocks[index] = block;
    return block;
}

const struct svd_block *svd_block(struct svd *svd, const char *name, struct diag_pos where,
                                  const char *thing, struct diag *d)
{
    const struct svd_block *volatile block = NULL;
    jmp_buf here;
    int why;

    svd->diag = d;
    svd->work = svd->errors = svd->warnings = 0;
    svd->arena.escape = &here;
    why = setjmp(here);
    if (!why)
        block = read_block(svd, name, where, thing);
    else
        say_why(svd, why);
    svd->arena.escape = NULL;
    svd->diag = NULL;
    return why ? NULL : block;
}

/* --- names of registers and fields ------------------------------------------------------------ */

static const struct svd_register *find_register(const struct svd_block *block, const char *name,
                                                size_t length)
{
    for (uint32_t i = 0; i < block->nregisters; i++) {
        const struct svd_register *reg = &block->registers[i];

        if ((strlen(reg->name) == length && !strncasecmp(reg->name, name, length)) ||
            (strlen(reg->path) == length && !strncasecmp(reg->path, name, length)))
            return reg;
    }
    return NULL;
}

/* Nearest to the whole name, or to what stands before its last dot. */
static const char *nearest_register(const struct svd_block *block, const char *name, size_t length)
{
    const char **names = malloc(block->nregisters * sizeof(*names)), *near = NULL;
    char *first = strndup(name, length);

    for (uint32_t i = 0; names && i < block->nregisters; i++)
        names[i] = block->registers[i].name;
    if (names && first)
        near = diag_nearest(name, names, block->nregisters);
    if (names && first && !near)
        near = diag_nearest(first, names, block->nregisters);
    free(first);
    free(names);
    return near;
}

static const char *nearest_field(const struct svd_layout *layout, const char *name)
{
    const char *names[64 * 4];

    for (uint32_t i = 0; i < layout->nfields; i++)
        names[i] = layout->fields[i].name;
    return diag_nearest(name, names, layout->nfields);
}

bool svd_find(const struct svd_block *block, const char *name, const struct svd_register **reg,
              const struct svd_field **field, const char **near)
{
    const char *dot = strrchr(name, '.');
    size_t prefix = strlen(block->name);

    *field = NULL;
    *near = NULL;
    *reg = find_register(block, name, strlen(name));
    if (!*reg && !strncasecmp(name, block->name, prefix) && name[prefix] == '.')
        return svd_find(block, name + prefix + 1, reg, field, near);
    if (*reg)
        return true;
    if (dot)
        *reg = find_register(block, name, (size_t)(dot - name));
    if (!*reg) {
        *near = nearest_register(block, name, dot ? (size_t)(dot - name) : strlen(name));
        return false;
    }
    for (uint32_t i = 0; i < (*reg)->layout->nfields; i++)
        if (!strcasecmp((*reg)->layout->fields[i].name, dot + 1))
            *field = &(*reg)->layout->fields[i];
    if (!*field)
        *near = nearest_field((*reg)->layout, dot + 1);
    return *field;
}
