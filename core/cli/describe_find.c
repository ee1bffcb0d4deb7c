/* SPDX-License-Identifier: Apache-2.0
 *
 * All types there are, and the one that a word means.
 */
#include "core/cli/describe.h"
#include "core/cli/session.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TYPES 4096u

static int by_name(const void *a, const void *b)
{
    const struct type *x = *(const struct type *const *)a, *y = *(const struct type *const *)b;
    int plugin = strcmp(describe_plugin(x), describe_plugin(y));

    return plugin ? plugin : strcmp(x->name, y->name);
}

const struct type **describe_types(struct session *s, size_t *count)
{
    static const enum type_kind kinds[] = {TYPE_CPU, TYPE_DEVICE, TYPE_BACKEND, TYPE_ACCEL};
    const struct type **list = malloc(MAX_TYPES * sizeof(*list));

    *count = 0;
    if (!list)
        return NULL;
    registry_open_all(s->registry, &s->diag);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        size_t more = registry_types(s->registry, kinds[k], list + *count, MAX_TYPES - *count);

        qsort(list + *count, more, sizeof(*list), by_name);
        *count += more;
    }
    return list;
}

/* Does `word` name this type, alone or behind its plug-in? */
static bool is_named(const struct type *type, const char *word)
{
    const char *plugin = describe_plugin(type), *slash = strchr(word, '/');
    size_t length = slash ? (size_t)(slash - word) : 0;

    if (!slash)
        return !strcmp(type->name, word);
    return strlen(plugin) == length && !memcmp(plugin, word, length) &&
           !strcmp(type->name, slash + 1);
}

static void say_ambiguous(const char *command, const struct type *const *list, size_t count,
                          const char *word)
{
    fprintf(stderr, "backplane: %s: `%s` is more than one type: name its plug-in:", command, word);
    for (size_t i = 0; i < count; i++)
        if (is_named(list[i], word))
            fprintf(stderr, " %s/%s", describe_plugin(list[i]), list[i]->name);
    fputc('\n', stderr);
}

static void say_unknown(const char *command, const struct type *const *list, size_t count,
                        const char *word, const char *wanted)
{
    const char **names = malloc((count + 1) * sizeof(*names)), *near = NULL;
    const char *slash = strchr(word, '/');
    char what[80];

    for (size_t i = 0; names && i < count; i++)
        names[i] = list[i]->name;
    if (names)
        near = diag_nearest(slash ? slash + 1 : word, names, count);
    snprintf(what, sizeof(what), "no %s `%s`", wanted, word);
    usage_unknown(command_find(command), what, near, "see `backplane list`");
    free(names);
}

const struct type *describe_find(const char *command, const struct type *const *list, size_t count,
                                 const char *word, const char *wanted)
{
    const struct type *found = NULL;
    size_t matches = 0;

    for (size_t i = 0; i < count; i++)
        if (is_named(list[i], word)) {
            found = list[i];
            matches++;
        }
    if (matches == 1)
        return found;
    if (matches)
        say_ambiguous(command, list, count, word);
    else
        say_unknown(command, list, count, word, wanted);
    return NULL;
}
