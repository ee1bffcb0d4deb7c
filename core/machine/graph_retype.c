/* SPDX-License-Identifier: Apache-2.0
 *
 * Properties of a node for another build of its type (graph_retype). The description is not read again: what it said is there as
 * values, which have to fit the new rows.
 */
#include "core/machine/graph_load.h"

#include <stdlib.h>
#include <string.h>

/* What the work needs, apart from the stack: a longjmp() may end it anywhere. */
struct retyping {
    struct graph_loader loader;
    const struct graph_node *node;
    const struct type *type;
    struct graph_prop *props;
};

static const struct graph_prop *find(const struct graph_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->nprops; i++)
        if (!strcmp(node->props[i].row->name, name))
            return &node->props[i];
    return NULL;
}

/* Choices go by name: they may have moved. */
static bool convert_choice(const struct bp_prop *from, const struct bp_prop *to, uint64_t *index)
{
    const char *name = from->choices[*index];

    for (uint64_t i = 0; to->choices && to->choices[i]; i++)
        if (!strcmp(to->choices[i], name)) {
            *index = i;
            return true;
        }
    return false;
}

static bool in_range(const struct bp_prop *row, const struct graph_value *v)
{
    if (!row->min && !row->max)
        return true;
    switch (row->type) {
    case BP_PROP_I64:
        return v->i >= (int64_t)row->min && v->i <= (int64_t)row->max;
    case BP_PROP_LIST:
        return v->list.count >= row->min && v->list.count <= row->max;
    case BP_PROP_U8:
    case BP_PROP_U16:
    case BP_PROP_U32:
    case BP_PROP_U64:
    case BP_PROP_SIZE:
    case BP_PROP_FREQ:
    case BP_PROP_ADDR:
    case BP_PROP_DURATION:
        return v->u >= row->min && v->u <= row->max;
    default:
        return true;
    }
}

static void convert(struct retyping *r, const struct graph_prop *old, struct graph_prop *out)
{
    const struct bp_prop *from = old->row, *to = out->row;
    bool fits = from->type == to->type;

    out->value = old->value;
    out->given = true;
    if (fits && to->type == BP_PROP_LIST)
        fits = from->element == to->element;
    if (!fits) {
        graph_error(&r->loader, old->value.pos, r->node->name, to->name,
                    "has another type in the new build: start the machine again");
        return;
    }
    if (to->type == BP_PROP_ENUM)
        fits = convert_choice(from, to, &out->value.u);
    if (to->type == BP_PROP_LIST && to->element == BP_PROP_ENUM) {
        out->value.list.items =
            arena_alloc(r->loader.arena, (old->value.list.count + 1) * sizeof(struct graph_value));
        memcpy(out->value.list.items, old->value.list.items,
               old->value.list.count * sizeof(struct graph_value));
        for (uint32_t i = 0; i < old->value.list.count; i++)
            fits &= convert_choice(from, to, &out->value.list.items[i].u);
    }
    if (!fits || !in_range(to, &out->value))
        graph_error(&r->loader, old->value.pos, r->node->name, to->name,
                    "its value is none that the new build takes: start the machine again");
}

static void retype(struct retyping *r)
{
    r->props = arena_alloc(r->loader.arena, (r->type->nprops + 1) * sizeof(*r->props));
    for (uint32_t i = 0; i < r->type->nprops; i++) {
        const struct bp_prop *row = &r->type->props[i];
        const struct graph_prop *old = find(r->node, row->name);
        struct graph_where w = {r->node->name, row->name, NULL};

        r->props[i].row = row;
        if (old && old->given) {
            convert(r, old, &r->props[i]);
            continue;
        }
        if (row->flags & BP_PROP_REQUIRED)
            graph_error(&r->loader, r->node->pos, r->node->name, row->name,
                        "has to be given for the new build: start the machine again");
        graph_default(&r->loader, &w, row, &r->props[i].value);
    }
    for (uint32_t i = 0; i < r->node->nprops; i++) {
        const struct graph_prop *old = &r->node->props[i];
        bool gone = old->given;

        for (uint32_t k = 0; k < r->type->nprops; k++)
            gone &= strcmp(r->type->props[k].name, old->row->name) != 0;
        if (gone)
            graph_error(
                &r->loader, old->value.pos, r->node->name, old->row->name,
                "is given, and the new build has no such property: start the machine again");
    }
}

bool graph_retype(struct graph *g, const struct graph_node *node, const struct type *type,
                  struct graph_prop **out, struct diag *d)
{
    static const struct graph_options none;
    struct arena *arena = graph_arena(g);
    struct retyping *const r = calloc(1, sizeof(*r));
    const size_t errors = d->errors;
    jmp_buf here;

    if (!r) {
        diag_error(d, node->pos, node->name, "no memory");
        return false;
    }
    r->loader = (struct graph_loader){
        .arena = arena, .diag = d, .first_item = d->count, .graph = g, .options = &none};
    r->node = node;
    r->type = type;
    arena->escape = &here;
    if (setjmp(here) == 0)
        retype(r);
    else
        diag_error(d, node->pos, node->name, "no memory");
    arena->escape = NULL;
    *out = r->props;
    free(r);
    return d->errors == errors;
}
