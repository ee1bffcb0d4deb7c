/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies of plug-ins (copy.h). In a folder of its own, because a plug-in's file is called like the plug-in; on disk and not in
 * a memfd, because a debugger opens it by its path.
 */
#include "core/plugin/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/plugin/object.h"

#define CHUNK     65536
#define MAX_BYTES ((off_t)1 << 30) /* of a plug-in: more is something else */

static bool copy_bytes(int from, int to)
{
    char *chunk = malloc(CHUNK);
    ssize_t got = chunk ? 1 : -1;
    off_t done = 0;

    while (got > 0 && done < MAX_BYTES) {
        ssize_t put = 0;

        got = read(from, chunk, CHUNK);
        for (ssize_t at = 0; at < got; at += put) {
            put = write(to, chunk + at, (size_t)(got - at));
            if (put < 0) {
                got = -1;
                break;
            }
        }
        done += got > 0 ? got : 0;
    }
    free(chunk);
    return got == 0;
}

/* A file that is being written may be copied half; who opens it says so. */
static bool copy_file(const char *path, const char *copy)
{
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), to = -1;
    struct stat info;
    bool ok = false;

    if (from >= 0 && !fstat(from, &info) && !S_ISREG(info.st_mode))
        errno = EINVAL;
    else if (from >= 0)
        to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (to >= 0)
        ok = copy_bytes(from, to);
    if (to >= 0 && close(to))
        ok = false;
    if (from >= 0)
        close(from);
    return ok;
}

char *copy_make(const char *path, char *why)
{
    const char *root = getenv("TMPDIR"), *slash = strrchr(path, '/');
    char *folder = NULL, *copy = NULL;

    if (asprintf(&folder, "%s/backplane-XXXXXX", root && *root ? root : "/tmp") < 0) {
        snprintf(why, OBJECT_WHY, "no memory");
        return NULL;
    }
    if (!mkdtemp(folder)) {
        snprintf(why, OBJECT_WHY,
                 "no folder for a copy in %.200s (%s): set TMPDIR to one that can be written",
                 root && *root ? root : "/tmp", strerror(errno));
        free(folder);
        return NULL;
    }
    if (asprintf(&copy, "%s/%s", folder, slash ? slash + 1 : path) < 0)
        copy = NULL;
    if (copy && copy_file(path, copy)) {
        free(folder);
        return copy;
    }
    snprintf(why, OBJECT_WHY,
             "cannot be copied (%s): check the path, and that there is room in %.200s",
             strerror(errno), folder);
    if (copy)
        unlink(copy);
    rmdir(folder);
    free(folder);
    free(copy);
    return NULL;
}

void copy_remove(const char *path)
{
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;

    unlink(path);
    if (slash) {
        *slash = 0;
        rmdir(folder);
    }
    free(folder);
}
