/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the files that come with the command are.
 */
#include "core/cli/places.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"boards", "runs"};

#define NFOLDERS (sizeof(folders) / sizeof(*folders))
#define SUFFIX   ".yaml"

char *places_share(const char *name)
{
    char exe[PATH_MAX], *slash, *path = NULL;
    ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

    if (length <= 0)
        return NULL;
    exe[length] = '\0';
    for (int i = 0; i < 2; i++) { /* bin/backplane */
        slash = strrchr(exe, '/');
        if (!slash)
            return NULL;
        *slash = '\0';
    }
    return asprintf(&path, "%s/share/backplane/%s", exe, name) < 0 ? NULL : path;
}

bool places_is_file(const char *path)
{
    struct stat info;

    return !stat(path, &info) && !S_ISDIR(info.st_mode);
}

char *places_description(const char *file)
{
    static const char *const suffixes[] = {"", SUFFIX};

    if (strchr(file, '/') || places_is_file(file))
        return strdup(file);
    for (size_t i = 0; i < 2 * NFOLDERS; i++) {
        char *name = NULL, *path;

        if (asprintf(&name, "%s/%s%s", folders[i / 2], file, suffixes[i % 2]) < 0)
            return NULL;
        path = places_share(name);
        free(name);
        if (path && places_is_file(path))
            return path;
        free(path);
    }
    return strdup(file);
}

static int is_description(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);

    return length > suffix && !strcmp(entry->d_name + length - suffix, SUFFIX);
}

/* Takes over `path`. False: no memory. */
static bool add(struct places_entry **entries, size_t *count, const char *file, char *path,
                bool is_run)
{
    struct places_entry *grown = path ? realloc(*entries, (*count + 1) * sizeof(*grown)) : NULL;
    char *name = grown ? strndup(file, strlen(file) - strlen(SUFFIX)) : NULL;

    if (grown)
        *entries = grown;
    if (!name) {
        free(path);
        return false;
    }
    grown[(*count)++] = (struct places_entry){name, path, is_run};
    return true;
}

size_t places_list(struct places_entry **out)
{
    size_t count = 0;

    *out = NULL;
    for (size_t f = 0; f < NFOLDERS; f++) {
        char *folder = places_share(folders[f]);
        struct dirent **found = NULL;
        int files = folder ? scandir(folder, &found, is_description, alphasort) : 0;

        for (int i = 0; i < files; i++) {
            char *path = NULL;

            if (asprintf(&path, "%s/%s", folder, found[i]->d_name) < 0)
                path = NULL;
            add(out, &count, found[i]->d_name, path, f == 1);
            free(found[i]);
        }
        if (files >= 0)
            free(found);
        free(folder);
    }
    return count;
}

void places_free(struct places_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(entries[i].name);
        free(entries[i].path);
    }
    free(entries);
}
