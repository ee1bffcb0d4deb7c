/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields and enumerated values (CMSIS-SVD 1.3.10, "/device/peripherals/registers/.../fields" and ".../enumeratedValues").
 */
#include "core/svd/tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- where it is ------------------------------------------------------------------------------ */

static bool number_of(struct svd *svd, const struct svd_element *e, uint64_t *out)
{
    return svd_parse_number(e->text, out) ||
           svd_error(svd, e, TAGS, "`%.40s` is no number: write one such as 4", e->text);
}

/* "[7:4]" */
static bool read_range(struct svd *svd, const struct svd_element *range, uint64_t *lsb,
                       uint64_t *msb)
{
    const char *text = range->text, *colon = strchr(text, ':');
    size_t length = strlen(text);
    const char *high, *low;

    if (!colon || text[0] != '[' || text[length - 1] != ']')
        goto wrong;
    high = arena_copy(&svd->arena, text + 1, (size_t)(colon - text) - 1);
    low = arena_copy(&svd->arena, colon + 1, (size_t)(text + length - 1 - (colon + 1)));
    if (svd_parse_number(high, msb) && svd_parse_number(low, lsb))
        return true;
wrong:
    return svd_error(svd, range, TAGS,
                     "`%.40s` is no range of bits: write [msb:lsb], such as [7:4]", text);
}

/* One of three ways to say it; the nearest element that says anything counts, a width may come from further away. */
static bool read_place(struct svd *svd, const struct svd_element *e, uint64_t *lsb, uint64_t *width)
{
    uint64_t msb = 0;
    bool ok = true;

    for (const struct svd_element *at = e; at; at = svd_base(svd, at)) {
        const struct svd_element *range = svd_own(at, TAG_BIT_RANGE);

        if (range) {
            ok = read_range(svd, range, lsb, &msb);
        } else if (svd_own(at, TAG_LSB) || svd_own(at, TAG_MSB)) {
            ok =
                svd_number(svd, at, TAG_LSB, true, lsb) && svd_number(svd, at, TAG_MSB, true, &msb);
        } else if (svd_own(at, TAG_BIT_OFFSET)) {
            const struct svd_element *bits = svd_child(svd, at, TAG_BIT_WIDTH);

            *width = 1;
            return number_of(svd, svd_own(at, TAG_BIT_OFFSET), lsb) &&
                   (!bits || number_of(svd, bits, width));
        } else {
            continue;
        }
        if (ok && msb < *lsb)
            return svd_error(svd, range ? range : e, range ? TAGS : TAG_MSB,
                             "the most significant bit is %" PRIu64 ", below the least, %" PRIu64
                             ": swap them",
                             msb, *lsb);
        *width = msb - *lsb + 1;
        return ok;
    }
    return svd_error(svd, e, TAGS,
                     "does not say where its bits are: add <bitRange>[msb:lsb]</bitRange>");
}

/* --- enumerated values ------------------------------------------------------------------------ */

/* The nearest element of the chain with a child of the tag; NULL. */
static const struct svd_element *with_child(struct svd *svd, const struct svd_element *e,
                                            enum svd_tag tag)
{
    while (e && !svd_own(e, tag))
        e = svd_base(svd, e);
    return e;
}

static bool read_value(struct svd *svd, const struct svd_element *e, const struct svd_field *field,
                       uint32_t usage, struct svd_value *out, bool *keep)
{
    const struct svd_element *value = svd_own(e, TAG_VALUE), *fallback = svd_own(e, TAG_IS_DEFAULT);

    *keep = true;
    *out = (struct svd_value){.name = svd_name(e), .doc = svd_doc(svd, e), .usage = usage};
    out->is_default = fallback && svd_boolean(fallback->text);
    if (!value && !out->is_default)
        return svd_error(svd, e, TAG_VALUE,
                         "is missing: add <value>, or <isDefault>true</isDefault>");
    if (value && !svd_parse_pattern(value->text, &out->value, &out->care))
        return svd_error(svd, value, TAGS, "`%.40s` is no value: write one such as 3, 0x3 or #1x",
                         value->text);
    if (!*out->name)
        out->name = value ? value->text : "default";
    if (out->is_default) {
        out->value = out->care = 0;
    } else if (out->value & ~svd_ones(field->width)) {
        svd_warn(svd, value, TAGS,
                 "%s does not fit into %" PRIu32 " bits, so it is left out: correct it",
                 value->text, field->width);
        *keep = false;
    }
    out->care &= svd_ones(field->width);
    return true;
}

static bool read_values(struct svd *svd, const struct svd_element *set, struct svd_field *field,
                        struct svd_value **list)
{
    const struct svd_element *usage = svd_child(svd, set, TAG_USAGE);
    const struct svd_element *from = with_child(svd, set, TAG_ENUMERATED_VALUE);
    uint32_t uses = SVD_USE_READ | SVD_USE_WRITE;
    struct svd_value value;
    bool keep;

    if (set->derived && !svd_base(svd, set))
        return false;
    if (usage && !strcmp(usage->text, "read"))
        uses = SVD_USE_READ;
    else if (usage && !strcmp(usage->text, "write"))
        uses = SVD_USE_WRITE;
    else if (usage && strcmp(usage->text, "read-write"))
        return svd_error(svd, usage, TAGS, "`%.40s` is no usage: write read, write or read-write",
                         usage->text);
    for (const struct svd_element *e = from ? from->first : NULL; e; e = e->next) {
        if (e->tag != TAG_ENUMERATED_VALUE)
            continue;
        if (!svd_step(svd, e) || !read_value(svd, e, field, uses, &value, &keep))
            return false;
        if (keep)
            *arena_push(&svd->arena, *list, field->nvalues) = value;
    }
    return true;
}

/* --- fields ----------------------------------------------------------------------------------- */

static bool read_field(struct svd *svd, const struct svd_element *e,
                       const struct svd_layout *layout, struct svd_field *field)
{
    const struct svd_element *sets = with_child(svd, e, TAG_ENUMERATED_VALUES);
    struct svd_value *values = NULL;
    uint64_t lsb = 0, width = 0;

    *field = (struct svd_field){.doc = svd_doc(svd, e), .rules = layout->rules};
    if (e->derived && !svd_base(svd, e))
        return false;
    if (!read_place(svd, e, &lsb, &width) || !svd_read_rules(svd, e, &field->rules))
        return false;
    if (!width)
        return svd_error(svd, e, TAG_BIT_WIDTH, "is a field of no bits: use 1 or more");
    if (lsb >= layout->bits || width > layout->bits - lsb)
        return svd_error(svd, e, TAGS,
                         "bits %" PRIu64 " to %" PRIu64 " of a register of %" PRIu32
                         " bits: correct them, or the register's <size>",
                         lsb, lsb + width - 1, layout->bits);
    field->lsb = (uint32_t)lsb;
    field->width = (uint32_t)width;
    if (!svd_read_constraint(svd, e, field->width, &field->constraint))
        return false;
    for (const struct svd_element *set = sets ? sets->first : NULL; set; set = set->next)
        if (set->tag == TAG_ENUMERATED_VALUES && !read_values(svd, set, field, &values))
            return false;
    field->values = values;
    return true;
}

static bool is_reserved(const char *name)
{
    return !strncasecmp(name, "reserved", 8) || !strncasecmp(name, "rsvd", 4);
}

static bool add_field(struct svd *svd, const struct svd_element *e, struct svd_layout *layout,
                      struct svd_field **list, struct svd_field field)
{
    for (uint32_t i = 0; i < layout->nfields; i++) {
        if (!svd_step(svd, e))
            return false;
        if (strcmp((*list)[i].name, field.name))
            continue;
        if (is_reserved(field.name)) /* descriptions name every gap so */
            return true;
        return svd_error(svd, e, TAGS, "there are two fields called %.60s: rename one", field.name);
    }
    if (layout->nfields == 64 * 4)
        return svd_error(svd, e, TAGS, "is one of more than 256 fields of a register: remove some");
    *arena_push(&svd->arena, *list, layout->nfields) = field;
    return true;
}

static bool expand_field(struct svd *svd, const struct svd_element *e, struct svd_layout *layout,
                         struct svd_field **list)
{
    struct svd_field field;
    struct svd_dim dim;

    if (!*svd_name(e))
        return svd_error(svd, e, TAG_NAME, "is missing: add <name>");
    if (!svd_read_dim(svd, e, &dim) || !read_field(svd, e, layout, &field))
        return false;
    if (dim.count && (dim.increment > 64 ||
                      field.lsb + (dim.count - 1) * dim.increment + field.width > layout->bits))
        return svd_error(svd, e, TAG_DIM,
                         "%" PRIu32 " fields reach beyond the register's %" PRIu32
                         " bits: correct dim or dimIncrement",
                         dim.count, layout->bits);
    for (uint32_t i = 0; i < (dim.count ? dim.count : 1); i++) {
        struct svd_field copy = field;

        copy.name = svd_identifier(
            svd, dim.count ? svd_dim_name(svd, svd_name(e), dim.index[i], false) : svd_name(e));
        copy.lsb += (uint32_t)(i * dim.increment);
        if (!add_field(svd, e, layout, list, copy))
            return false;
    }
    return true;
}

static int by_lsb(const void *a, const void *b)
{
    const struct svd_field *x = a, *y = b;

    return x->lsb != y->lsb ? (x->lsb < y->lsb ? -1 : 1) : strcmp(x->name, y->name);
}

bool svd_read_fields(struct svd *svd, const struct svd_element *reg, struct svd_layout *layout)
{
    const struct svd_element **elements;
    struct svd_field *list = NULL;
    uint32_t count;

    if (!svd_children(svd, reg, TAG_FIELDS, UINT64_C(1) << TAG_FIELD, &elements, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!expand_field(svd, elements[i], layout, &list))
            return false;
    if (list)
        qsort(list, layout->nfields, sizeof(*list), by_lsb);
    layout->fields = list;
    return true;
}
