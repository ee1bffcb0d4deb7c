/* SPDX-License-Identifier: Apache-2.0
 *
 * A peripheral becomes a block: clusters and arrays are expanded, defaults inherited, names made.
 */
#include "core/svd/tree.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CLUSTERS 16u /* inside of each other */

/* Where in the expansion we are. */
struct place {
    const char *prefix; /* of names: "CH2_" */
    const char *path;   /* "CH[2]." */
    const char *row; /* "CH_": the prefix without the number of the innermost array that counts */
    uint64_t offset;
    uint32_t index, count; /* in that array; count 0: in none */
    uint64_t stride;
    const struct svd_defaults *defaults;
    bool alternate;
    uint32_t depth;
};

struct expansion {
    struct svd *svd;
    struct svd_register *list;
    uint32_t count, clusters;
};

const char *svd_identifier(struct svd *svd, const char *text)
{
    char *name = arena_copy(&svd->arena, text, strlen(text));

    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            *c = '_';
    return name;
}

const char *svd_doc(struct svd *svd, const struct svd_element *e)
{
    const struct svd_element *doc = svd_child(svd, e, TAG_DESCRIPTION);

    return doc && *doc->text ? doc->text : NULL;
}

/* --- what registers inherit ------------------------------------------------------------------- */

static bool same_defaults(const struct svd_defaults *a, const struct svd_defaults *b)
{
    return a->bits == b->bits && a->reset == b->reset && a->reset_mask == b->reset_mask &&
           a->rules.access == b->rules.access && a->rules.write == b->rules.write &&
           a->rules.read == b->rules.read;
}

/* The defaults below an element; NULL after an error. */
static const struct svd_defaults *inherit(struct svd *svd, const struct svd_element *e,
                                          const struct svd_defaults *outer)
{
    struct svd_defaults *d = arena_alloc(&svd->arena, sizeof(*d));
    bool ok;

    *d = *outer;
    ok = svd_number(svd, e, TAG_SIZE, false, &d->bits) &&
         svd_number(svd, e, TAG_RESET_VALUE, false, &d->reset) &&
         svd_number(svd, e, TAG_RESET_MASK, false, &d->reset_mask) &&
         svd_read_rules(svd, e, &d->rules);
    return ok ? d : NULL;
}

/* --- registers -------------------------------------------------------------------------------- */

static const struct svd_layout *read_layout(struct svd *svd, const struct svd_element *e,
                                            const struct svd_defaults *outer)
{
    struct svd_element *own =
        (struct svd_element *)e; /* keeps what was read: all elements of an array are alike */
    const struct svd_defaults *d;
    struct svd_layout *layout;

    if (e->layout && same_defaults(e->inherited, outer))
        return e->layout;
    d = inherit(svd, e, outer);
    if (!d)
        return NULL;
    if (!d->bits || d->bits > 64) {
        svd_error(svd, e, TAG_SIZE, "%" PRIu64 " bits: use 1 to 64", d->bits);
        return NULL;
    }
    layout = arena_alloc(&svd->arena, sizeof(*layout));
    *layout = (struct svd_layout){.doc = svd_doc(svd, e),
                                  .bits = (uint32_t)d->bits,
                                  .bytes = 1,
                                  .reset = d->reset & d->reset_mask & svd_ones((uint32_t)d->bits),
                                  .reset_mask = d->reset_mask & svd_ones((uint32_t)d->bits),
                                  .rules = d->rules,
                                  .line = e->line,
                                  .column = e->column};
    while (8 * layout->bytes < d->bits)
        layout->bytes *= 2;
    /* What a whole peripheral inherits may well be wider than a register of it. */
    if (svd_own(e, TAG_RESET_VALUE) && d->reset & ~svd_ones((uint32_t)d->bits))
        svd_warn(svd, e, TAG_RESET_VALUE,
                 "has more than the register's %" PRIu64
                 " bits, which are left out: correct one of them",
                 d->bits);
    if (!svd_read_constraint(svd, e, layout->bits, &layout->constraint) ||
        !svd_read_fields(svd, e, layout))
        return NULL;
    own->layout = layout;
    own->inherited = outer;
    return layout;
}

static bool is_alternate(struct svd *svd, const struct svd_element *e)
{
    return svd_child(svd, e, TAG_ALTERNATE_REGISTER) || svd_child(svd, e, TAG_ALTERNATE_GROUP) ||
           svd_child(svd, e, TAG_ALTERNATE_CLUSTER);
}

/* `at` with the element `index` of a register or cluster added. */
static struct place enter(struct svd *svd, const struct svd_element *e, const struct svd_dim *dim,
                          uint32_t index, uint64_t offset, const struct place *at, const char *end)
{
    const char *name = svd_name(e), *number = dim->count ? dim->index[index] : NULL;
    const char *own = dim->count ? svd_dim_name(svd, name, number, false) : name;
    struct place in = *at;

    in.prefix =
        svd_identifier(svd, arena_printf(&svd->arena, "%s%s%s", at->prefix, own, *end ? "_" : ""));
    in.path = arena_printf(&svd->arena, "%s%s%s", at->path,
                           dim->count ? svd_dim_name(svd, name, number, true) : name, end);
    in.offset += offset + index * dim->increment;
    in.alternate |= is_alternate(svd, e);
    if (dim->count && dim->counts) {
        const char *bare = svd_dim_name(svd, name, NULL, false);

        in.row = arena_printf(&svd->arena, "%s%s%s", at->prefix, bare, *end ? "_" : "");
        in.index = index;
        in.count = dim->count;
        in.stride = dim->increment;
    } else {
        in.row = arena_printf(&svd->arena, "%s%s%s", at->row, own, *end ? "_" : "");
    }
    in.row = svd_identifier(svd, in.row);
    return in;
}

/* What registers and clusters begin with. */
static bool begin(struct svd *svd, const struct svd_element *e, struct svd_dim *dim,
                  uint64_t *offset)
{
    if (!*svd_name(e))
        return svd_error(svd, e, TAG_NAME, "is missing: add <name>");
    if (e->derived && !svd_base(svd, e))
        return false;
    if (!svd_read_dim(svd, e, dim) || !svd_number(svd, e, TAG_ADDRESS_OFFSET, true, offset))
        return false;
    return (*offset <= UINT32_MAX && dim->increment <= UINT32_MAX) ||
           svd_error(svd, e, TAG_ADDRESS_OFFSET,
                     "lies more than 4 GiB behind the block: correct it");
}

static bool add_register(struct expansion *x, const struct svd_element *e, const struct place *in,
                         const struct svd_layout *layout)
{
    struct svd *svd = x->svd;
    struct svd_register *reg;

    if (x->count == SVD_MAX_REGISTERS)
        return svd_error(svd, e, TAGS,
                         "is one of more than %u registers of the block: make dim smaller",
                         SVD_MAX_REGISTERS);
    if (in->offset + layout->bytes > UINT32_MAX)
        return svd_error(svd, e, TAGS, "lies more than 4 GiB behind the block: correct its offset");
    reg = arena_push(&svd->arena, x->list, x->count);
    *reg = (struct svd_register){.name = in->prefix,
                                 .path = in->path,
                                 .offset = in->offset,
                                 .layout = layout,
                                 .row = in->prefix,
                                 .count = 1,
                                 .alternate = in->alternate};
    if (in->count > 1 && in->stride >= layout->bytes) {
        reg->row = in->row;
        reg->index = in->index;
        reg->count = in->count;
        reg->stride = (uint32_t)in->stride;
    }
    return true;
}

static bool expand_register(struct expansion *x, const struct svd_element *e,
                            const struct place *at)
{
    const struct svd_layout *layout;
    uint64_t offset = 0;
    struct svd_dim dim;

    if (!begin(x->svd, e, &dim, &offset))
        return false;
    layout = read_layout(x->svd, e, at->defaults);
    if (!layout)
        return false;
    if (dim.count > 1 && dim.increment < layout->bytes)
        return svd_error(x->svd, e, TAG_DIM_INCREMENT,
                         "%" PRIu64 " bytes from one register to the next, of %" PRIu32
                         " bytes each: make it larger",
                         dim.increment, layout->bytes);
    for (uint32_t i = 0; i < (dim.count ? dim.count : 1); i++) {
        struct place in;

        if (!svd_step(x->svd, e))
            return false;
        in = enter(x->svd, e, &dim, i, offset, at, "");
        if (!add_register(x, e, &in, layout))
            return false;
    }
    return true;
}

/* --- clusters --------------------------------------------------------------------------------- */

static bool expand_all(struct expansion *x, const struct svd_element *e, enum svd_tag holder,
                       const struct place *at);

static bool expand_cluster(struct expansion *x, const struct svd_element *e, const struct place *at)
{
    const struct svd_defaults *defaults;
    uint64_t offset = 0;
    struct svd_dim dim;

    if (at->depth == MAX_CLUSTERS)
        return svd_error(x->svd, e, TAGS,
                         "is inside of %u other clusters, or derived from one around it: "
                         "break the circle",
                         MAX_CLUSTERS);
    if (!begin(x->svd, e, &dim, &offset))
        return false;
    defaults = inherit(x->svd, e, at->defaults);
    if (!defaults)
        return false;
    for (uint32_t i = 0; i < (dim.count ? dim.count : 1); i++) {
        struct place in;

        if (x->clusters++ == SVD_MAX_REGISTERS)
            return svd_error(x->svd, e, TAGS,
                             "is one of more than %u clusters of the block: make dim smaller",
                             SVD_MAX_REGISTERS);
        in = enter(x->svd, e, &dim, i, offset, at, ".");
        in.defaults = defaults;
        in.depth++;
        if (!expand_all(x, e, TAGS, &in))
            return false;
    }
    return true;
}

static bool expand_all(struct expansion *x, const struct svd_element *e, enum svd_tag holder,
                       const struct place *at)
{
    const uint64_t tags = UINT64_C(1) << TAG_REGISTER | UINT64_C(1) << TAG_CLUSTER;
    const struct svd_element **children;
    uint32_t count;
    bool ok = true;

    if (!svd_children(x->svd, e, holder, tags, &children, &count))
        return false;
    /* All mistakes of one level are found in one pass; not those of every element of an array. */
    for (uint32_t i = 0; i < count; i++)
        ok &= children[i]->tag == TAG_REGISTER ? expand_register(x, children[i], at)
                                               : expand_cluster(x, children[i], at);
    return ok;
}

/* --- the block -------------------------------------------------------------------------------- */

static bool read_interrupts(struct svd *svd, const struct svd_element *e, struct svd_block *block)
{
    struct svd_interrupt *list = NULL;
    const struct svd_element **children;
    uint32_t count;

    if (!svd_children(svd, e, TAGS, UINT64_C(1) << TAG_INTERRUPT, &children, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct svd_interrupt interrupt = {.name = svd_name(children[i]),
                                          .doc = svd_doc(svd, children[i])};
        uint64_t value = 0;

        if (!*interrupt.name)
            return svd_error(svd, children[i], TAG_NAME, "is missing: add <name>");
        if (!svd_number(svd, children[i], TAG_VALUE, true, &value))
            return false;
        interrupt.value = (uint32_t)value;
        *arena_push(&svd->arena, list, block->ninterrupts) = interrupt;
    }
    block->interrupts = list;
    return true;
}

static bool read_extent(struct svd *svd, const struct svd_element *e, struct svd_block *block)
{
    const struct svd_element **children;
    uint32_t count;

    if (!svd_children(svd, e, TAGS, UINT64_C(1) << TAG_ADDRESS_BLOCK, &children, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t offset = 0, size = 0;

        if (!svd_number(svd, children[i], TAG_OFFSET, true, &offset) ||
            !svd_number(svd, children[i], TAG_SIZE, true, &size))
            return false;
        if (offset > UINT32_MAX || size > UINT32_MAX)
            return svd_error(svd, children[i], TAGS, "is larger than 4 GiB: correct it");
        if (offset + size > block->bytes)
            block->bytes = offset + size;
    }
    for (uint32_t i = 0; i < block->nregisters; i++) {
        uint64_t end = block->registers[i].offset + block->registers[i].layout->bytes;

        if (!count && end > block->bytes)
            block->bytes = end;
    }
    return true;
}

bool svd_read_block(struct svd *svd, const struct svd_element *e, struct svd_block *block)
{
    const struct svd_defaults none = {.bits = 32, .reset_mask = UINT64_MAX};
    const struct svd_defaults *outer = inherit(svd, svd->device, &none);
    struct expansion x = {.svd = svd};
    struct place at = {.prefix = "", .path = "", .row = ""};

    if (e->derived && !svd_base(svd, e))
        return false;
    at.defaults = outer ? inherit(svd, e, outer) : NULL;
    if (!at.defaults || !expand_all(&x, e, TAG_REGISTERS, &at))
        return false;
    if (!x.count)
        return svd_error(svd, e, TAG_REGISTERS, "has no registers: choose another block");
    if (!svd_place_registers(svd, e, x.list, x.count, &block->nbanks))
        return false;
    block->registers = x.list;
    block->nregisters = x.count;
    block->doc = svd_doc(svd, e);
    return read_interrupts(svd, e, block) && read_extent(svd, e, block);
}
