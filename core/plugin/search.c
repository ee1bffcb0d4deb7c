/* SPDX-License-Identifier: Apache-2.0
 *
 * Where plug-ins are looked for.
 */
#include "core/plugin/search.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Takes over `dir`. */
static bool add(struct search *s, char *dir)
{
    char **dirs = dir ? realloc(s->dirs, (s->count + 1) * sizeof(*dirs)) : NULL;

    if (!dirs) {
        free(dir);
        return false;
    }
    s->dirs = dirs;
    dirs[s->count++] = dir;
    return true;
}

static bool add_list(struct search *s, const char *list)
{
    bool ok = true;

    while (ok && list && *list) {
        size_t length = strcspn(list, ":");

        if (length)
            ok = add(s, strndup(list, length));
        list += length + (list[length] == ':');
    }
    return ok;
}

bool search_program(const char *link, char *path)
{
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    const char *started = (const char *)getauxval(AT_EXECFN);

    if (length > 0) {
        path[length] = 0;
        return true;
    }
    return started && realpath(started, path);
}

/* The executable's own folder decides, so that a build tree and an installation both work without
 * settings. */
static bool add_own(struct search *s)
{
    static const char *const places[] = {"plugins", "../lib/backplane/plugins"};
    char exe[PATH_MAX], *slash = NULL;
    bool ok = true;

    if (search_program("/proc/self/exe", exe))
        slash = strrchr(exe, '/');
    if (!slash)
        return true;
    *slash = 0;
    for (size_t i = 0; ok && i < sizeof(places) / sizeof(*places); i++) {
        char *dir = NULL;

        if (asprintf(&dir, "%s/%s", exe, places[i]) < 0)
            dir = NULL;
        ok = add(s, dir);
    }
    return ok;
}

bool search_init(struct search *s, const char *const *extra_paths)
{
    bool ok = true;

    *s = (struct search){.count = 0};
    for (size_t i = 0; ok && extra_paths && extra_paths[i]; i++)
        ok = add(s, strdup(extra_paths[i]));
    return ok && add_list(s, getenv("BACKPLANE_PLUGIN_PATH")) && add_own(s);
}

void search_finish(struct search *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->dirs[i]);
    free(s->dirs);
    *s = (struct search){.count = 0};
}

char *search_find(const struct search *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        char *path = NULL;

        if (asprintf(&path, "%s/%s.so", s->dirs[i], name) < 0)
            return NULL;
        if (!access(path, F_OK))
            return path;
        free(path);
    }
    return NULL;
}

static int is_object(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 3 && !strcmp(entry->d_name + length - 3, ".so");
}

bool search_each(const struct search *s, void (*fn)(void *ctx, const char *path), void *ctx)
{
    bool ok = true;

    for (size_t i = 0; i < s->count; i++) {
        struct dirent **entries;
        int count = scandir(s->dirs[i], &entries, is_object, alphasort);

        for (int k = 0; k < count; k++) {
            char *path = NULL;

            if (asprintf(&path, "%s/%s", s->dirs[i], entries[k]->d_name) < 0)
                path = NULL;
            if (path)
                fn(ctx, path);
            ok &= path != NULL;
            free(path);
            free(entries[k]);
        }
        if (count >= 0)
            free(entries);
    }
    return ok;
}
