/* SPDX-License-Identifier: Apache-2.0
 *
 * derivedFrom: an element is what another one is, but for what it says itself. The reference is a name, or names with dots between
 * from any enclosing scope on: "CR", "CH[%s].CR", "TIMER0.CR.EN".
 *
 * A reference is resolved when somebody looks, so that mistakes in what nobody asks for do not matter.
 */
#include "core/svd/tree.h"

#include <string.h>

#define MAX_CHAIN 64u

const struct svd_element *svd_own(const struct svd_element *e, enum svd_tag tag)
{
    for (const struct svd_element *child = e->first; child; child = child->next)
        if (child->tag == tag)
            return child;
    return NULL;
}

const char *svd_name(const struct svd_element *e)
{
    const struct svd_element *name = svd_own(e, TAG_NAME);

    return name ? name->text : "";
}

/* --- names ------------------------------------------------------------------------------------ */

/* Is `word` (of `length`) an element's place in the name of an array: nothing, a number, or a word of its dimIndex? */
static bool is_index(const struct svd_element *e, const char *word, size_t length)
{
    const struct svd_element *index = svd_own(e, TAG_DIM_INDEX);

    if (strspn(word, "0123456789") >= length)
        return true;
    for (const char *at = index ? index->text : ""; *at;
         at += strcspn(at, ", -"), at += strspn(at, ", -"))
        if (strcspn(at, ", -") == length && !memcmp(at, word, length))
            return true;
    return false;
}

/* Does `word` (of `length`) name the element? Beside its `exact` name CH[%s], an array goes by the name without the mark, CH, and
 * by those of its elements, CH2. */
static bool is_called(const struct svd_element *e, const char *word, size_t length, bool exact)
{
    const char *name = svd_name(e), *mark = strstr(name, "%s"), *tail;
    size_t before, behind;

    if (exact || !mark)
        return exact && strlen(name) == length && !memcmp(name, word, length);
    before = (size_t)(mark - name);
    tail = mark + 2;
    if (before && name[before - 1] == '[' && *tail == ']') {
        before--;
        tail++;
    }
    behind = strlen(tail);
    return length >= before + behind && !memcmp(name, word, before) &&
           !memcmp(tail, word + length - behind, behind) &&
           is_index(e, word + before, length - before - behind);
}

/* Elements that only hold others. */
static bool is_holder(enum svd_tag tag)
{
    return tag == TAG_PERIPHERALS || tag == TAG_REGISTERS || tag == TAG_FIELDS;
}

/* The next element behind `e` below `root`, children first where `deep` says so. */
static const struct svd_element *next_below(const struct svd_element *root,
                                            const struct svd_element *e, bool deep)
{
    if (deep && e->first)
        return e->first;
    while (e != root && !e->next)
        e = e->parent;
    return e == root ? NULL : e->next;
}

/* The child of a scope, or of what only holds children there, with that name. The `last` name of a path is one of the asker's
 * kind. */
static const struct svd_element *child_called(struct svd *svd, const struct svd_element *scope,
                                              const char *word, size_t length, bool last,
                                              const struct svd_element *asker)
{
    for (int exact = 1; exact >= 0; exact--)
        for (const struct svd_element *e = next_below(scope, scope, true); e;
             e = next_below(scope, e, is_holder(e->tag))) {
            if (!svd_step(svd, asker))
                return NULL;
            if (e != asker && (!last || e->tag == asker->tag) && is_called(e, word, length, exact))
                return e;
        }
    return NULL;
}

/* Follows names with dots from a scope. */
static const struct svd_element *walk(struct svd *svd, const struct svd_element *scope,
                                      const char *path, const struct svd_element *asker)
{
    while (scope) {
        size_t length = strcspn(path, ".");
        bool last = !path[length];
        const struct svd_element *found = child_called(svd, scope, path, length, last, asker);

        if (last || !found)
            return found;
        path += length + 1;
        scope = found;
    }
    return NULL;
}

/* Anywhere below a scope: enumerated values are named from far away without a path. */
static const struct svd_element *search(struct svd *svd, const struct svd_element *scope,
                                        const char *name, const struct svd_element *asker)
{
    size_t length = strlen(name);

    for (const struct svd_element *e = scope; e; e = next_below(scope, e, true)) {
        if (!svd_step(svd, asker))
            return NULL;
        if (e != asker && e->tag == asker->tag && is_called(e, name, length, true))
            return e;
    }
    return NULL;
}

static const struct svd_element *find_base(struct svd *svd, const struct svd_element *e)
{
    const struct svd_element *found = NULL;

    for (const struct svd_element *scope = e->parent; scope && !found; scope = scope->parent) {
        if (is_holder(scope->tag))
            continue;
        found = walk(svd, scope, e->derived, e);
        if (!found && scope->tag != TAG_DEVICE && !strchr(e->derived, '.'))
            found = search(svd, scope, e->derived, e);
    }
    return found;
}

/* What the reference alone says. */
static const struct svd_element *resolve(struct svd *svd, const struct svd_element *e)
{
    struct svd_element *own = (struct svd_element *)e; /* what is found out is kept in the tree */

    if (e->resolved || !e->derived)
        return e->base;
    own->resolved = true;
    own->base = find_base(svd, e);
    if (!own->base)
        svd_error(svd, e, TAGS,
                  "is derived from `%.80s`, and there is no other <%s> of that name: correct it",
                  e->derived, svd_tag_names[e->tag]);
    return e->base;
}

const struct svd_element *svd_base(struct svd *svd, const struct svd_element *e)
{
    struct svd_element *own = (struct svd_element *)e;
    const struct svd_element *at = e;
    uint32_t length = 0;

    if (e->straight || !e->derived)
        return e->base;
    own->straight = true;
    do
        at = resolve(svd, at);
    while (at && at != e && ++length < MAX_CHAIN);
    if (!at)
        return e->base;
    own->base = NULL;
    svd_error(
        svd, e, TAGS, "is derived from `%.80s`, %s", e->derived,
        at == e
            ? "which is derived from it: break the circle"
            : "which is derived from too many others, or from itself: derive it from the first");
    return NULL;
}

/* --- looking through it ----------------------------------------------------------------------- */

const struct svd_element *svd_child(struct svd *svd, const struct svd_element *e, enum svd_tag tag)
{
    for (; e; e = svd_base(svd, e)) {
        const struct svd_element *child = svd_own(e, tag);

        if (child)
            return child;
    }
    return NULL;
}

static bool add_child(struct svd *svd, const struct svd_element *child,
                      const struct svd_element ***list, uint32_t *count, uint32_t inherited)
{
    const char *name = svd_name(child);

    for (uint32_t i = 0; i < inherited; i++) {
        if (!svd_step(svd, child))
            return false;
        if ((*list)[i]->tag == child->tag && !strcmp(svd_name((*list)[i]), name)) {
            (*list)[i] = child;
            return true;
        }
    }
    *arena_push(&svd->arena, *list, *count) = child;
    return true;
}

bool svd_children(struct svd *svd, const struct svd_element *e, enum svd_tag holder, uint64_t tags,
                  const struct svd_element ***out, uint32_t *count)
{
    const struct svd_element *chain[MAX_CHAIN + 1];
    uint32_t depth = 0;

    *out = NULL;
    *count = 0;
    for (const struct svd_element *at = e; at && depth < MAX_CHAIN; at = svd_base(svd, at))
        chain[depth++] = at;
    while (depth-- > 0) { /* the one that everything is derived from first */
        const uint32_t inherited = *count;

        for (const struct svd_element *in = chain[depth]->first; in; in = in->next) {
            const struct svd_element *child = holder == TAGS      ? in
                                              : in->tag == holder ? in->first
                                                                  : NULL;

            for (; child; child = holder == TAGS ? NULL : child->next) {
                if (!svd_step(svd, e))
                    return false;
                if (tags >> child->tag & 1 && !add_child(svd, child, out, count, inherited))
                    return false;
            }
        }
    }
    return !e->derived || e->base;
}
