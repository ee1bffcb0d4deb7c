/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of nodes. A name means a node of the part where it stands, else one of the part around
 * that, and so on to the board: a part may use `plic` without knowing the prefix that it was
 * included with.
 */
#include "core/machine/graph_load.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_COMPARISONS 10000000u /* half a second */

/* FNV-1a, over one part of a name after the other. */
static uint32_t hash(uint32_t start, const char *text)
{
    for (; *text; text++)
        start = (start ^ (unsigned char)*text) * 16777619u;
    return start;
}

static uint32_t bucket(const char *prefix, const char *name)
{
    return hash(hash(2166136261u, prefix), name) % GRAPH_BUCKETS;
}

void graph_add_instance(struct graph_loader *l, struct graph_instance *instance)
{
    struct graph_instance **head = &l->buckets[bucket("", instance->name)];

    instance->next = *head;
    *head = instance;
    *arena_push(l->arena, l->instances, l->ninstances) = instance;
}

struct graph_instance *graph_find_instance(const struct graph_loader *l, const char *prefix,
                                           const char *name)
{
    struct graph_instance *i = l->buckets[bucket(prefix, name)];
    size_t length = strlen(prefix);

    while (i && (strncmp(i->name, prefix, length) || strcmp(i->name + length, name)))
        i = i->next;
    return i;
}

bool graph_is_lost(const struct graph_loader *l, const char *name)
{
    for (uint32_t i = 0; i < l->nlost; i++) {
        size_t length = strlen(l->lost[i]);

        if (!strncmp(l->lost[i], name, length) &&
            strspn(name + length, "0123456789") == strlen(name + length))
            return true;
    }
    return false;
}

struct graph_instance *graph_instance(const struct graph_loader *l, const struct graph_scope *scope,
                                      const char *name)
{
    const struct graph_part *part = scope && scope->part ? scope->part : l->board;
    struct graph_instance *found = NULL;

    for (; part && !found; part = part->outer)
        found = graph_find_instance(l, part->prefix, name);
    return found;
}

struct graph_node *graph_node(struct graph_loader *l, const struct graph_where *w,
                              struct diag_pos pos, const char *name)
{
    const struct graph_part *part = w->scope && w->scope->part ? w->scope->part : l->board;
    const struct graph_instance *found = graph_instance(l, w->scope, name);
    const char **names, *hint;

    if (found && found->absent) {
        graph_error(l, pos, w->node, w->key,
                    "%s (line %u) %s: change that, or refer to another node", found->name,
                    found->pos.line, found->absent);
        return NULL;
    }
    if (found)
        return found->node; /* NULL when broken: reported with its type */
    for (const struct graph_part *p = part; p; p = p->outer)
        if (graph_is_lost(l, arena_printf(l->arena, "%s%s", p->prefix, name)))
            return NULL;
    names = arena_alloc(l->arena, (l->ninstances + 1) * sizeof(*names));
    for (uint32_t i = 0; i < l->ninstances; i++) {
        names[i] = l->instances[i]->absent ? NULL : l->instances[i]->name;
        /* The name before a repeat. */
        if (!strcmp(l->instances[i]->template, name)) {
            graph_error(l, pos, w->node, w->key,
                        "`%s` is repeated: write %s, or %s* where several may stand", name,
                        l->instances[i]->name, name);
            return NULL;
        }
    }
    hint = graph_hint(l, name, names, l->ninstances);
    graph_error(l, pos, w->node, w->key, "no node `%.64s`%s", name,
                *hint ? hint : ": define it under `nodes:`");
    return NULL;
}

void graph_glob(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                const char *pattern, void (*fn)(void *ctx, struct graph_node *node), void *ctx)
{
    const struct graph_part *part = w->scope && w->scope->part ? w->scope->part : l->board;
    bool found = false;

    l->comparisons += l->ninstances;
    if (l->comparisons > MAX_COMPARISONS) {
        graph_error(l, pos, w->node, w->key, "too many patterns for this many nodes: use fewer");
        return;
    }
    for (; part && !found; part = part->outer) {
        size_t length = strlen(part->prefix);

        for (uint32_t i = 0; i < l->ninstances; i++) {
            const struct graph_instance *instance = l->instances[i];

            if (instance->absent || strncmp(instance->name, part->prefix, length) ||
                fnmatch(pattern, instance->name + length, 0))
                continue;
            found = true;
            if (instance->node)
                fn(ctx, instance->node);
        }
        for (uint32_t i = 0; i < l->nlost; i++)
            found |= !strncmp(l->lost[i], part->prefix, length) &&
                     !fnmatch(pattern, arena_printf(l->arena, "%s0", l->lost[i] + length), 0);
    }
    if (!found)
        graph_error(l, pos, w->node, w->key, "no node is called like `%.64s`: check the pattern",
                    pattern);
}

static bool read_number(const char *text, uint64_t *out, char why[UNITS_WHY])
{
    bool negative;

    if (!units_integer(text, &negative, out, why))
        return false;
    if (negative && *out)
        snprintf(why, UNITS_WHY, "`%.40s` is negative: addresses are not", text);
    return !negative || !*out;
}

bool graph_address(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                   const char *text, uint64_t *out)
{
    const char *plus = strchr(text, '+');
    const char *name = arena_copy(l->arena, text, plus ? (size_t)(plus - text) : strlen(text));
    const struct graph_node *node;
    char why[UNITS_WHY];
    uint64_t offset = 0;

    if (!graph_is_name(name)) {
        if (read_number(text, out, why))
            return true;
        graph_error(l, pos, w->node, w->key, "%s",
                    text[0] >= '0' && text[0] <= '9'
                        ? why
                        : "not an address: write a number such as 0x80000000, or NODE+OFFSET such "
                          "as ram+2MiB");
        return false;
    }
    node = graph_node(l, w, pos, name);
    if (!node)
        return false;
    if (!node->nregs) {
        graph_error(l, pos, w->node, w->key, "%s has no address: refer to a node with `reg:`",
                    node->name);
        return false;
    }
    if (plus && !units_parse(UNIT_SIZE, plus + 1, &offset, why)) {
        graph_error(l, pos, w->node, w->key, "%s", why);
        return false;
    }
    if (offset >= node->regs[0].bytes) {
        char size[32];

        graph_error(l, pos, w->node, w->key,
                    "0x%" PRIx64 " is behind the end of %s, which has %s: use less", offset,
                    node->name, units_format(UNIT_SIZE, node->regs[0].bytes, size));
        return false;
    }
    *out = node->regs[0].base + offset;
    return true;
}
