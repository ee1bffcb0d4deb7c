/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane list`: plug-ins in the search path, what they bring, and the boards that come with the command.
 */
#include "core/cli/json.h"
#include "core/cli/places.h"
#include "core/cli/session.h"
#include "core/cli/table.h"
#include "core/plugin/words.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TYPES  4096u
#define NO_PLUGINS "give a folder with --plugin-path or BACKPLANE_PLUGIN_PATH"

static const char *plugin_name(const struct type *type)
{
    return type->plugin ? plugin_info(type->plugin)->id : "core";
}

/* --- one row of each section ------------------------------------------------------------------------------- */

static void plugin_row(struct table *t, const struct plugin *p)
{
    const struct bp_plugin *info = plugin_info(p);

    table_row(t);
    table_text(t, info->id);
    table_text(t, info->version);
    table_text(t, info->doc);
    table_text(t, plugin_path(p));
}

static void plugin_json(struct json *j, const struct plugin *p)
{
    const struct bp_plugin *info = plugin_info(p);

    json_open(j, NULL, '{');
    json_text(j, "id", info->id);
    json_text(j, "version", info->version);
    json_text(j, "vendor", info->vendor);
    json_text(j, "license", info->license);
    json_text(j, "doc", info->doc);
    json_text(j, "path", plugin_path(p));
    json_close(j, '}');
}

static void type_row(struct table *t, const struct type *type)
{
    bool bare = type->kind == TYPE_BACKEND || type->kind == TYPE_ACCEL;

    table_row(t);
    table_format(t, "%s%s%s", bare ? "" : plugin_name(type), bare ? "" : "/", type->name);
    table_text(t, type->kind == TYPE_ACCEL ? NULL : word_type_kind(type));
    table_text(t, type->doc);
}

static void type_json(struct json *j, const struct type *type)
{
    json_open(j, NULL, '{');
    json_text(j, "name", type->name);
    json_text(j, "plugin", plugin_name(type));
    json_text(j, "kind", word_type_kind(type));
    json_text(j, "doc", type->doc);
    json_close(j, '}');
}

/* --- lists that are not of types ----------------------------------------------------------------------------- */

static void plugin_rows(const struct registry *r, struct table *t)
{
    const struct plugin *const *plugins;
    size_t count = registry_plugins(r, &plugins);

    for (size_t i = 0; i < count; i++)
        plugin_row(t, plugins[i]);
}

static void plugins_json(const struct registry *r, struct json *j)
{
    const struct plugin *const *plugins;
    size_t count = registry_plugins(r, &plugins);

    for (size_t i = 0; i < count; i++)
        plugin_json(j, plugins[i]);
}

static void board_rows(const struct registry *r, struct table *t)
{
    struct places_entry *entries;
    size_t count = places_list(&entries);

    for (size_t i = 0; i < count; i++) {
        table_row(t);
        table_text(t, entries[i].name);
        table_text(t, entries[i].is_run ? "run" : "board");
        table_text(t, entries[i].path);
    }
    places_free(entries, count);
}

static void boards_json(const struct registry *r, struct json *j)
{
    struct places_entry *entries;
    size_t count = places_list(&entries);

    for (size_t i = 0; i < count; i++) {
        json_open(j, NULL, '{');
        json_text(j, "name", entries[i].name);
        json_text(j, "kind", entries[i].is_run ? "run" : "board");
        json_text(j, "path", entries[i].path);
        json_close(j, '}');
    }
    places_free(entries, count);
}

/* --- sections ------------------------------------------------------------------------------------------------ */

static const struct section {
    const char *name, *title;
    enum type_kind kinds[2]; /* `nkinds` of them */
    size_t nkinds;
    void (*print)(const struct registry *r, struct table *t); /* when it is no list of types */
    void (*print_json)(const struct registry *r, struct json *j);
    const char *none; /* what to do when there are none */
} sections[] = {
    {.name = "plugins",
     .title = "Plug-ins",
     .print = plugin_rows,
     .print_json = plugins_json,
     .none = NO_PLUGINS},
    {"types", "Types for nodes", {TYPE_CPU, TYPE_DEVICE}, 2, .none = NO_PLUGINS},
    {"accels", "Accelerators", {TYPE_ACCEL}, 1, .none = NO_PLUGINS},
    {"backends", "Back ends", {TYPE_BACKEND}, 1, .none = NO_PLUGINS},
    {.name = "boards",
     .title = "Boards and runs",
     .print = board_rows,
     .print_json = boards_json,
     .none = "install the package `backplane` as a whole, or name files by their path"},
};

#define NSECTIONS (sizeof(sections) / sizeof(*sections))

static int by_name(const void *a, const void *b)
{
    const struct type *x = *(const struct type *const *)a, *y = *(const struct type *const *)b;
    int plugin = strcmp(plugin_name(x), plugin_name(y));

    return plugin ? plugin : strcmp(x->name, y->name);
}

/* Types of a section, sorted within each kind. */
static size_t types_of(const struct registry *r, const struct section *section,
                       const struct type **list)
{
    size_t count = 0;

    for (size_t k = 0; k < section->nkinds; k++) {
        size_t more = registry_types(r, section->kinds[k], list + count, MAX_TYPES - count);

        if (more > MAX_TYPES - count)
            more = MAX_TYPES - count;
        qsort(list + count, more, sizeof(*list), by_name);
        count += more;
    }
    return count;
}

static void print_section(const struct registry *r, const struct section *section,
                          const struct type **list, bool titled)
{
    size_t ntypes = types_of(r, section, list);
    struct table t = {0};
    bool empty;

    for (size_t i = 0; i < ntypes; i++)
        type_row(&t, list[i]);
    if (section->print)
        section->print(r, &t);
    empty = !t.rows;
    if (titled)
        printf("%s%s:\n", section == sections ? "" : "\n", section->title);
    table_print(&t, titled ? 2 : 0, stdout);
    if (empty)
        printf("%snone: %s\n", titled ? "  " : "", section->none);
}

static void print_section_json(const struct registry *r, const struct section *section,
                               const struct type **list, const char *key, struct json *j)
{
    size_t ntypes = types_of(r, section, list);

    json_open(j, key, '[');
    if (section->print_json)
        section->print_json(r, j);
    for (size_t i = 0; i < ntypes; i++)
        type_json(j, list[i]);
    json_close(j, ']');
}

static void print_all(const struct registry *r, const struct section *only, bool as_json,
                      const struct type **list)
{
    struct json j = {.out = stdout};

    if (as_json && !only)
        json_open(&j, NULL, '{');
    for (const struct section *s = sections; s < sections + NSECTIONS; s++) {
        if (only && s != only)
            continue;
        if (as_json)
            print_section_json(r, s, list, only ? NULL : s->name, &j);
        else
            print_section(r, s, list, !only);
    }
    if (as_json && !only)
        json_close(&j, '}');
}

int command_list(const struct arguments *args)
{
    const char *word = args->positional.count ? args->positional.items[0] : NULL;
    const struct section *only = NULL;
    const char *names[NSECTIONS];
    char what[80];
    const struct type **list;
    struct session s;
    bool ready;

    for (size_t i = 0; i < NSECTIONS; i++) {
        names[i] = sections[i].name;
        if (word && !strcmp(word, names[i]))
            only = &sections[i];
    }
    if (word && !only) {
        snprintf(what, sizeof(what), "no list of `%s`", word);
        return usage_unknown(command_find("list"), what, diag_nearest(word, names, NSECTIONS),
                             "there are plugins, types, accels, backends and boards");
    }
    ready = session_init(&s, args);
    list = malloc(MAX_TYPES * sizeof(*list));
    ready = ready && list;
    if (ready) {
        registry_open_all(s.registry, &s.diag);
        print_all(s.registry, only, args->json, list);
    }
    session_report(&s);
    session_finish(&s);
    free(list);
    return ready ? EXIT_OK : EXIT_USAGE;
}
