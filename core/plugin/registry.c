/* SPDX-License-Identifier: Apache-2.0
 *
 * The plug-ins that are open, and their types by name.
 */
#include "core/plugin/registry.h"

#include "core/plugin/object.h"
#include "core/plugin/search.h"
#include "core/plugin/semver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct registry {
    struct search search;
    const struct plugin **plugins; /* owned */
    size_t nplugins;
    struct type **core_types; /* owned */
    size_t ncore_types;
    bool all_open;
};

/* --- life ------------------------------------------------------------------------------------- */

static bool add_core_types(struct registry *r)
{
    char why[OBJECT_WHY];
    size_t count = 0;

    while (core_device_classes[count])
        count++;
    r->core_types = calloc(count + 1, sizeof(*r->core_types));
    for (size_t i = 0; r->core_types && i < count; i++) {
        r->core_types[i] = type_from_device(NULL, core_device_classes[i], why);
        if (!r->core_types[i])
            return false;
        r->ncore_types++;
    }
    return r->core_types != NULL;
}

struct registry *registry_create(const char *const *extra_paths)
{
    struct registry *r = calloc(1, sizeof(*r));

    if (r && search_init(&r->search, extra_paths) && add_core_types(r))
        return r;
    registry_destroy(r);
    return NULL;
}

void registry_destroy(struct registry *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nplugins; i++)
        object_close((struct plugin *)r->plugins[i]);
    for (size_t i = 0; i < r->ncore_types; i++)
        type_free(r->core_types[i]);
    free(r->plugins);
    free(r->core_types);
    search_finish(&r->search);
    free(r);
}

/* --- opening ---------------------------------------------------------------------------------- */

static const struct plugin *find_open(const struct registry *r, const char *path)
{
    struct stat info;

    if (stat(path, &info))
        return NULL;
    for (size_t i = 0; i < r->nplugins; i++)
        if (r->plugins[i]->device == info.st_dev && r->plugins[i]->inode == info.st_ino)
            return r->plugins[i];
    return NULL;
}

/* Opens a file, or finds it open. NULL: `why` says why. */
static const struct plugin *open_path(struct registry *r, const char *path, char why[OBJECT_WHY])
{
    const struct plugin *open = find_open(r, path), **list;
    struct plugin *p;

    if (open)
        return open;
    p = object_open(path, why);
    if (!p)
        return NULL;
    for (size_t i = 0; i < r->nplugins; i++) {
        if (strcmp(r->plugins[i]->info->id, p->info->id))
            continue;
        snprintf(why, OBJECT_WHY, "plug-in %s is open already, from %s: use one of the two",
                 p->info->id, r->plugins[i]->path);
        goto fail;
    }
    list = realloc(r->plugins, (r->nplugins + 1) * sizeof(*list));
    if (!list) {
        snprintf(why, OBJECT_WHY, "no memory");
        goto fail;
    }
    r->plugins = list;
    list[r->nplugins++] = p;
    return p;
fail:
    object_close(p);
    return NULL;
}

/* A path has a folder or a suffix; a name is looked for. */
static bool is_path(const char *use)
{
    size_t length = strlen(use);

    return strchr(use, '/') || (length > 3 && !strcmp(use + length - 3, ".so"));
}

/* The file that `use` means, malloc'ed; NULL after an error. */
static char *resolve(const struct registry *r, const char *use, const char *base_dir,
                     struct diag *d, struct diag_pos pos)
{
    char *path = NULL, *where = NULL;
    size_t length = 0;
    FILE *list;

    if (is_path(use)) {
        if (use[0] == '/' || !base_dir || !*base_dir)
            path = strdup(use);
        else if (asprintf(&path, "%s%s%s", base_dir,
                          base_dir[strlen(base_dir) - 1] == '/' ? "" : "/", use) < 0)
            path = NULL;
        if (!path)
            diag_error(d, pos, use, "no memory");
        return path;
    }
    path = *use ? search_find(&r->search, use) : NULL;
    if (path)
        return path;
    list = open_memstream(&where, &length);
    for (size_t i = 0; list && i < r->search.count; i++)
        fprintf(list, "%s%s", i ? ", " : "", r->search.dirs[i]);
    if (list)
        fclose(list);
    diag_error(d, pos, use,
               "no plug-in %s.so in %s: install it, or add its folder with --plugin-path", use,
               where && *where ? where : "an empty search path");
    free(where);
    return NULL;
}

const struct plugin *registry_open(struct registry *r, const char *use, const char *version,
                                   const char *base_dir, struct diag *d, struct diag_pos pos)
{
    char *path = resolve(r, use, base_dir, d, pos);
    const struct plugin *p = NULL;
    char why[OBJECT_WHY];

    if (!path)
        return NULL;
    p = open_path(r, path, why);
    if (!p) {
        diag_error(d, pos, path, "%s", why);
        goto out;
    }
    switch (semver_match(p->info->version, version ? version : "*")) {
    case SEMVER_YES:
        break;
    case SEMVER_BAD_RANGE:
        diag_error(d, pos, use,
                   "`%s` is not a range of versions: write one such as ^1.2, ~1.2.3 or >=1 <3",
                   version);
        p = NULL;
        break;
    default:
        diag_error(d, pos, use,
                   "version %s (%s) is not in %s: install another, or change the range",
                   p->info->version, p->path, version);
        p = NULL;
        break;
    }
out:
    free(path);
    return p;
}

struct opening {
    struct registry *registry;
    struct diag *diag;
};

static void open_found(void *ctx, const char *path)
{
    struct opening *o = ctx;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    struct diag_pos nowhere = {.file = NULL};
    char why[OBJECT_WHY];

    /* An earlier directory hides files of the same name in later ones, as for `use:`. */
    for (size_t i = 0; i < o->registry->nplugins; i++) {
        const char *id = o->registry->plugins[i]->info->id;

        if (strlen(base) == strlen(id) + 3 && !strncmp(base, id, strlen(id)))
            return;
    }
    if (!open_path(o->registry, path, why) && o->diag)
        diag_warn(o->diag, nowhere, path, "%s", why);
}

void registry_open_all(struct registry *r, struct diag *d)
{
    struct opening o = {r, d};

    if (!r->all_open)
        search_each(&r->search, open_found, &o);
    r->all_open = true;
}

/* --- what there is ---------------------------------------------------------------------------- */

size_t registry_plugins(const struct registry *r, const struct plugin *const **out)
{
    *out = r->plugins;
    return r->nplugins;
}

const struct bp_plugin *plugin_info(const struct plugin *p)
{
    return p->info;
}

const char *plugin_path(const struct plugin *p)
{
    return p->origin ? p->origin : p->path;
}

const char *plugin_loaded(const struct plugin *p)
{
    return p->path;
}

/* --- hot reload --------------------------------------------------------------------------------------------- */

struct plugin *registry_reopen(const struct plugin *old, const char *path, char *why)
{
    struct plugin *p = object_open_copy(path ? path : plugin_path(old), why);

    if (!p || !strcmp(p->info->id, old->info->id))
        return p;
    snprintf(why, OBJECT_WHY, "calls itself `%.64s`, and %.64s is to be replaced: build that one",
             p->info->id, old->info->id);
    object_close(p);
    return NULL;
}

void registry_replace(struct registry *r, const struct plugin *old, struct plugin *new)
{
    for (size_t i = 0; i < r->nplugins; i++)
        if (r->plugins[i] == old)
            r->plugins[i] = new;
    object_close((struct plugin *)old);
}

void registry_discard(struct plugin *new)
{
    object_close(new);
}

const struct plugin *registry_plugin(const struct registry *r, const char *id)
{
    for (size_t i = 0; i < r->nplugins; i++)
        if (!strcmp(r->plugins[i]->info->id, id))
            return r->plugins[i];
    return NULL;
}

size_t plugin_types(const struct plugin *p, const struct type *const **out)
{
    *out = p->types;
    return p->ntypes;
}

static const struct type *find_type(const struct type *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if ((list[i]->kind == TYPE_DEVICE || list[i]->kind == TYPE_CPU) &&
            !strcmp(list[i]->name, name))
            return list[i];
    return NULL;
}

const struct type *registry_node_type(const struct registry *r, const struct plugin *p,
                                      const char *name)
{
    if (!p)
        return find_type((const struct type *const *)r->core_types, r->ncore_types, name);
    return find_type(p->types, p->ntypes, name);
}

size_t registry_types(const struct registry *r, enum type_kind kind, const struct type **out,
                      size_t room)
{
    size_t count = 0;

    for (size_t i = 0; kind == TYPE_DEVICE && i < r->ncore_types; i++)
        if (count++ < room)
            out[count - 1] = r->core_types[i];
    for (size_t i = 0; i < r->nplugins; i++)
        for (size_t k = 0; k < r->plugins[i]->ntypes; k++)
            if (r->plugins[i]->types[k]->kind == kind && count++ < room)
                out[count - 1] = r->plugins[i]->types[k];
    return count < room ? count : room;
}

static const struct type *find_kind(const struct registry *r, enum type_kind kind, const char *name)
{
    for (size_t i = 0; i < r->nplugins; i++)
        for (size_t k = 0; k < r->plugins[i]->ntypes; k++)
            if (r->plugins[i]->types[k]->kind == kind &&
                !strcmp(r->plugins[i]->types[k]->name, name))
                return r->plugins[i]->types[k];
    return NULL;
}

const struct type *registry_find(struct registry *r, enum type_kind kind, const char *name,
                                 struct diag *d)
{
    const struct type *t = find_kind(r, kind, name);
    char *path, why[OBJECT_WHY];

    if (t)
        return t;
    /* Most plug-ins with one class are called like it: no need to open the others. */
    path = !strchr(name, '/') ? search_find(&r->search, name) : NULL;
    if (path && open_path(r, path, why))
        t = find_kind(r, kind, name);
    free(path);
    if (t)
        return t;
    registry_open_all(r, d);
    return find_kind(r, kind, name);
}
