/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane schema`: a description's grammar for editors, from the tables of the loader and of the plug-ins.
 *
 * For one file, node types are those of the plug-ins that it names, under its aliases. A file that is being written has
 * mistakes, so it is not loaded as a machine: only what it says under `plugins:` is looked at.
 */
#include "core/cli/schema.h"
#include "core/cli/describe.h"
#include "core/cli/session.h"
#include "core/machine/arena.h"
#include "core/machine/yaml.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MEMORY ((size_t)16 << 20)

/* --- what there is ------------------------------------------------------------------------------------------ */

static bool add_node(struct schema *s, const struct type *type, const char *owner)
{
    struct schema_node *nodes;
    char *copy;

    if (type->kind != TYPE_DEVICE && type->kind != TYPE_CPU)
        return true;
    for (size_t i = 0; i < s->nnodes; i++)
        if (s->nodes[i].type == type && !strcmp(s->nodes[i].owner, owner))
            return true;
    nodes = realloc(s->nodes, (s->nnodes + 1) * sizeof(*nodes));
    copy = strdup(owner);
    if (nodes)
        s->nodes = nodes;
    if (!nodes || !copy) {
        free(copy);
        return false;
    }
    nodes[s->nnodes++] = (struct schema_node){type, copy};
    return true;
}

/* Types of everything installed: hosts for any description, nodes for one whose aliases are not known. */
static bool add_installed(struct schema *s, const struct registry *r, const struct type **types,
                          size_t count)
{
    const struct plugin *const *plugins;
    size_t nplugins = registry_plugins(r, &plugins);
    bool ok = true;

    s->backends = calloc(count + 1, sizeof(*s->backends));
    s->accels = calloc(count + 1, sizeof(*s->accels));
    s->plugins = calloc(nplugins + 1, sizeof(*s->plugins));
    if (!s->backends || !s->accels || !s->plugins)
        return false;
    for (size_t i = 0; i < nplugins; i++)
        s->plugins[s->nplugins++] = plugin_info(plugins[i])->id;
    for (size_t i = 0; i < count; i++) {
        if (types[i]->kind == TYPE_BACKEND)
            s->backends[s->nbackends++] = types[i];
        else if (types[i]->kind == TYPE_ACCEL)
            s->accels[s->naccels++] = types[i];
        else if (s->every_alias || !types[i]->plugin)
            ok &= add_node(s, types[i], describe_plugin(types[i]));
    }
    return ok;
}

/* --- a file's plug-ins -------------------------------------------------------------------------------------- */

/* What the reading of a file works on; apart, because a longjmp() may end it anywhere. */
struct reading {
    struct schema *schema;
    struct session *session;
    const char *path, *dir;
    bool ok;
};

static void read_alias(struct reading *r, const struct yaml_entry *entry)
{
    const struct yaml_entry *use = yaml_find(entry->value, "use");
    const struct yaml_entry *version = yaml_find(entry->value, "version");
    const char *range =
        version && version->value->kind == YAML_SCALAR ? version->value->text : NULL;
    const struct type *const *types;
    const struct plugin *plugin;
    size_t count;

    if (!use || use->value->kind != YAML_SCALAR)
        return; /* being written */
    if (strstr(use->value->text, "${") || (range && strstr(range, "${"))) {
        r->schema->every_alias = true; /* depends on parameters: any plug-in may be meant */
        return;
    }
    plugin = registry_open(r->session->registry, use->value->text, range, r->dir, &r->session->diag,
                           use->value->pos);
    if (!plugin)
        return; /* reported */
    count = plugin_types(plugin, &types);
    for (size_t i = 0; i < count; i++)
        r->ok &= add_node(r->schema, types[i], entry->key);
}

static void read_file(struct arena *arena, struct reading *r)
{
    const char *slash = strrchr(r->path, '/');
    struct yaml_file file = {.count = 0};

    r->dir = arena_copy(arena, r->path, slash ? (size_t)(slash + 1 - r->path) : 0);
    yaml_read_file(arena, &r->session->diag, r->path, &file);
    for (uint32_t d = 0; d < file.count; d++) {
        const struct yaml_entry *plugins = yaml_find(file.documents[d], "plugins");

        for (uint32_t i = 0;
             plugins && plugins->value->kind == YAML_MAP && i < plugins->value->count; i++)
            read_alias(r, &plugins->value->entries[i]);
    }
}

static bool read_plugins(struct reading *r)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    jmp_buf here;

    if (!arena)
        return false;
    arena_init(arena, MAX_MEMORY, &here);
    if (setjmp(here) == 0)
        read_file(arena, r);
    else
        r->ok = false;
    arena_finish(arena);
    free(arena);
    return r->ok;
}

/* --- the command -------------------------------------------------------------------------------------------- */

static void finish(struct schema *s)
{
    for (size_t i = 0; i < s->nnodes; i++)
        free(s->nodes[i].owner);
    free(s->nodes);
    free(s->backends);
    free(s->accels);
    free(s->plugins);
}

int command_schema(const struct arguments *args)
{
    const char *file = args->positional.count ? args->positional.items[0] : NULL;
    struct schema schema = {.json = {.out = stdout}, .every_alias = !file};
    const struct type **types = NULL;
    struct session s;
    struct reading reading = {&schema, &s, file, NULL, true};
    bool ok = false;
    size_t count;

    if (!file == !args->all)
        return usage_error(command_find("schema"), "needs a FILE, or --all for every description");
    if (!session_init(&s, args))
        goto out;
    types = describe_types(&s, &count);
    ok = types && (!file || read_plugins(&reading)) &&
         add_installed(&schema, s.registry, types, count);
    if (!ok)
        fputs("backplane: schema: no memory left on the host: close something\n", stderr);
    ok = ok && !s.diag.errors;
    if (ok)
        schema_write(&schema);
out:
    session_report(&s);
    finish(&schema);
    free(types);
    session_finish(&s);
    return ok ? EXIT_OK : EXIT_USAGE;
}
