/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates: reading them, replacing words, writing the result all or nothing.
 */
#include "core/cli/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TEMPLATE (1u << 20) /* bytes of a file */

__attribute__((format(printf, 2, 3))) static bool fail(char **why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vasprintf(why, format, args) < 0)
        *why = NULL;
    va_end(args);
    return false;
}

static char *join(const char *folder, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The whole file, NUL-terminated; NULL with errno. */
static char *slurp(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = file ? malloc(MAX_TEMPLATE + 1) : NULL;
    size_t length = text ? fread(text, 1, MAX_TEMPLATE, file) : 0;
    bool ok = text && !ferror(file);

    if (file)
        fclose(file);
    if (ok) {
        text[length] = '\0';
        return text;
    }
    free(text);
    return NULL;
}

/* `text` with the words replaced; NULL: no memory. */
static char *replace_words(const char *text, const struct template_word *words)
{
    char *out = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&out, &length);

    if (!stream)
        return NULL;
    while (*text) {
        const struct template_word *w = words;

        while (w->word && strncmp(text, w->word, strlen(w->word)))
            w++;
        if (w->word) {
            fputs(w->value ? w->value : "", stream);
            text += strlen(w->word);
        } else {
            putc(*text++, stream);
        }
    }
    if (fclose(stream)) {
        free(out);
        return NULL;
    }
    return out;
}

static char *target_name(const char *file, const char *name)
{
    char *target = NULL;
    size_t length = strlen(TEMPLATE_NAME);
    bool named = !strncmp(file, TEMPLATE_NAME, length);

    if (!strcmp(file, "gitignore"))
        return strdup(".gitignore");
    return asprintf(&target, "%s%s", named ? name : "", file + (named ? length : 0)) < 0 ? NULL
                                                                                         : target;
}

static int is_plain(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

bool project_add(struct project *p, const char *name, char *text)
{
    struct template_file *files = realloc(p->files, (p->count + 1) * sizeof(*files));
    char *copy = text ? strdup(name) : NULL;

    if (files)
        p->files = files;
    if (!files || !copy) {
        free(copy);
        free(text);
        return false;
    }
    files[p->count++] = (struct template_file){.name = copy, .text = text};
    return true;
}

static bool read_one(struct project *p, const char *path, const char *file, const char *name,
                     const struct template_word *words, char **why)
{
    char *text = slurp(path), *target = target_name(file, name);
    bool ok = text && target;

    if (!text)
        fail(why, "%s: %s: install the package `backplane-sdk` again", path, strerror(errno));
    ok = ok && project_add(p, target, replace_words(text, words));
    free(target);
    free(text);
    return ok;
}

bool project_read(struct project *p, const char *folder, const char *name,
                  const struct template_word *words, char **why)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_plain, alphasort);
    bool ok = count >= 0;

    if (!ok)
        fail(why, "%s: %s: install the package `backplane-sdk`, which has the templates", folder,
             strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = join(folder, entries[i]->d_name);

        ok = ok && path && read_one(p, path, entries[i]->d_name, name, words, why);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return ok;
}

void project_free(struct project *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->files[i].name);
        free(p->files[i].text);
    }
    free(p->files);
    *p = (struct project){.count = 0};
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool store(const char *path, const char *text, const char *mode)
{
    FILE *file = fopen(path, mode);
    bool ok = file && fputs(text, file) >= 0;
    int error = errno;

    if (file && fclose(file)) {
        error = errno;
        ok = false;
    }
    errno = error;
    return ok;
}

/* A file that exists is replaced as a whole or not at all. */
static bool store_over(const char *path, const char *text)
{
    char *beside = NULL;
    bool ok;
    int error;

    if (asprintf(&beside, "%s.new", path) < 0)
        return false;
    ok = store(beside, text, "w") && !rename(beside, path);
    error = errno;
    if (!ok)
        unlink(beside);
    free(beside);
    errno = error;
    return ok;
}

static bool write_one(struct template_file *file, const char *folder, bool replace, char **why)
{
    char *path = join(folder, file->name);
    bool ok = path && (replace ? store_over(path, file->text) : store(path, file->text, "wx"));

    file->written = ok && !replace;
    if (path && !ok && errno == EEXIST)
        fail(why, "%s: exists already: choose another --dir, or move it away", path);
    else if (path && !ok)
        fail(why, "%s: %s: make room, or choose another --dir", path, strerror(errno));
    free(path);
    return ok;
}

static void take_back(struct project *p, const char *folder, bool made)
{
    for (size_t i = 0; i < p->count; i++) {
        char *path = p->files[i].written ? join(folder, p->files[i].name) : NULL;

        if (path)
            unlink(path);
        free(path);
    }
    if (made)
        rmdir(folder);
}

bool project_write(struct project *p, const char *folder, bool replace, char **why)
{
    bool made = !mkdir(folder, 0777), ok = made || errno == EEXIST;

    if (!ok)
        return fail(why, "%s: %s: choose another --dir", folder, strerror(errno));
    for (size_t i = 0; ok && i < p->count; i++)
        ok = write_one(&p->files[i], folder, replace, why);
    if (!ok)
        take_back(p, folder, made);
    return ok;
}
