/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane doc`: pages about types, one after the other or as a folder with an index.
 */
#include "core/cli/doc.h"
#include "core/cli/describe.h"
#include "core/cli/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_PATH 4096

static bool fail(const char *path)
{
    fprintf(stderr, "backplane: doc: %s cannot be written (%s): check the folder\n", path,
            strerror(errno));
    return false;
}

static bool make_folder(const char *path)
{
    return !mkdir(path, 0777) || errno == EEXIST || fail(path);
}

/* A full disk shows only when the file is closed. */
static bool close_file(FILE *out, const char *path)
{
    bool good = !ferror(out);

    return (!fclose(out) && good) || fail(path);
}

static bool write_page(const struct type *type, const char *dir)
{
    char path[MAX_PATH];
    FILE *out;

    if (!dir) {
        doc_page(type, stdout);
        return true;
    }
    snprintf(path, sizeof(path), "%s/%s", dir, describe_plugin(type));
    if (!make_folder(path))
        return false;
    snprintf(path, sizeof(path), "%s/%s/%s.md", dir, describe_plugin(type), type->name);
    out = fopen(path, "w");
    if (!out)
        return fail(path);
    doc_page(type, out);
    return close_file(out, path);
}

static bool write_index(const struct type *const *types, size_t count, const char *dir)
{
    char path[MAX_PATH];
    const char *kind = "";
    FILE *out;

    snprintf(path, sizeof(path), "%s/README.md", dir);
    out = fopen(path, "w");
    if (!out)
        return fail(path);
    fputs("# Types\n", out);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind, describe_kind(types[i]))) {
            kind = describe_kind(types[i]);
            fprintf(out, "\n## %c%ss\n\n", kind[0] >= 'a' ? kind[0] - 32 : kind[0], kind + 1);
        }
        fprintf(out, "- [%s/%s](%s/%s.md): %s\n", describe_plugin(types[i]), types[i]->name,
                describe_plugin(types[i]), types[i]->name, types[i]->doc ? types[i]->doc : "");
    }
    return close_file(out, path);
}

/* The types that the command line names. */
static bool write_named(const struct arguments *args, const struct type *const *types, size_t count)
{
    bool ok = true;

    for (size_t i = 0; i < args->positional.count; i++) {
        const struct type *type =
            describe_find("doc", types, count, args->positional.items[i], "type");

        ok &= type && write_page(type, args->dir);
    }
    return ok;
}

int command_doc(const struct arguments *args)
{
    const struct type **types = NULL;
    struct session s;
    bool ok = false;
    size_t count;

    if (!args->positional.count == !args->all)
        return usage_error(command_find("doc"), "needs a TYPE, or --all for every one");
    if (session_init(&s, args))
        types = describe_types(&s, &count);
    if (types && (!args->dir || make_folder(args->dir)))
        ok = !args->all || !args->dir || write_index(types, count, args->dir);
    for (size_t i = 0; ok && args->all && i < count; i++)
        ok = write_page(types[i], args->dir);
    ok = ok && write_named(args, types, count);
    session_report(&s);
    free(types);
    session_finish(&s);
    return ok ? EXIT_OK : EXIT_USAGE;
}
