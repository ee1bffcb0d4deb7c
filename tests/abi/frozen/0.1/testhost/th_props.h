/* SPDX-License-Identifier: Apache-2.0
 *
 * th_props.h - properties from text, with units, as in a machine description.
 */
#ifndef BACKPLANE_TH_PROPS_H
#define BACKPLANE_TH_PROPS_H

#include "th_types.h"

static inline struct th_prop *th_prop_slot(struct th *t, const char *name)
{
    for (uint32_t i = 0; i < t->nprops; i++) {
        if (!strcmp(t->props[i].name, name))
            return &t->props[i];
    }
    if (t->nprops == TH_MAX_PROPS)
        abort();
    t->props[t->nprops].name = name;
    return &t->props[t->nprops++];
}

/* Gives a property, before th_start(). `name` must outlive the host. */
static inline void th_set(struct th *t, const char *name, const char *text)
{
    struct th_prop *p = th_prop_slot(t, name);

    free(p->text);
    p->text = strdup(text);
}

/* Makes `count` up nodes for a REF or a LIST of REF: "NAME0", "NAME1", ... */
static inline void th_set_refs(struct th *t, const char *name, uint32_t count)
{
    th_prop_slot(t, name)->nrefs = count;
}

/* A number with an optional unit of size, frequency or duration. Returns 0 when `text` is none. */
static inline int th_parse_number(const char *text, uint64_t *out)
{
    static const struct {
        const char *unit;
        uint64_t factor;
    } units[] = {
        {"", 1},
        {"B", 1},
        {"KiB", 1ull << 10},
        {"MiB", 1ull << 20},
        {"GiB", 1ull << 30},
        {"Hz", 1},
        {"kHz", 1000},
        {"MHz", 1000000},
        {"GHz", 1000000000},
        {"ns", 1},
        {"us", 1000},
        {"ms", 1000000},
        {"s", 1000000000},
    };
    char *end;
    uint64_t value = strtoull(text, &end, 0);

    if (end == text)
        return 0;
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!strcmp(end, units[i].unit)) {
            *out = value * units[i].factor;
            return 1;
        }
    }
    return 0;
}

static inline uint32_t th_number_width(uint32_t type)
{
    switch (type) {
    case BP_PROP_BOOL:
    case BP_PROP_U8:
        return 1;
    case BP_PROP_U16:
        return 2;
    case BP_PROP_U32:
    case BP_PROP_ENUM:
        return 4;
    default:
        return 8;
    }
}

static inline int th_store_number(void *at, uint32_t type, const char *text,
                                  const char *const *choices)
{
    uint64_t value = 0;

    if (type == BP_PROP_BOOL) {
        value = !strcmp(text, "true");
        if (!value && strcmp(text, "false"))
            return 0;
    } else if (type == BP_PROP_ENUM) {
        while (choices[value] && strcmp(choices[value], text))
            value++;
        if (!choices[value])
            return 0;
    } else if (type == BP_PROP_F64) {
        double number = strtod(text, NULL);
        memcpy(at, &number, sizeof number);
        return 1;
    } else if (type == BP_PROP_I64) {
        value = (uint64_t)strtoll(text, NULL, 0);
    } else if (!th_parse_number(text, &value)) {
        return 0;
    }
    memcpy(at, &value, th_number_width(type)); /* hosts are little-endian */
    return 1;
}

static inline int th_in_range(const struct bp_prop *row, const void *at)
{
    uint64_t value = 0;

    if (row->min == 0 && row->max == 0)
        return 1;
    memcpy(&value, at, th_number_width(row->type));
    return value >= row->min && value <= row->max;
}

static inline int th_store_bytes(struct th_prop *p, void *at, const char *text)
{
    struct bp_bytes *out = (struct bp_bytes *)at;
    uint8_t *data = (uint8_t *)calloc(1, strlen(text) + 1);
    char *end;

    p->storage = data;
    out->data = data;
    for (out->size = 0; data && *text; text = *end == ':' ? end + 1 : end) {
        data[out->size++] = (uint8_t)strtoul(text, &end, 16);
        if (end == text)
            return 0;
    }
    return data != NULL;
}

/* "1, 2, 3" or "[1, 2, 3]" */
static inline int th_store_list(struct th_prop *p, const struct bp_prop *row, const char *text,
                                struct bp_list *out)
{
    uint32_t width = th_number_width(row->element);
    char *copy = strdup(text), *rest = copy, *word;
    int ok = copy != NULL;

    p->storage = calloc(strlen(text) + 1, width);
    out->items = p->storage;
    out->stride = width;
    out->count = 0;
    while (ok && (word = strtok_r(rest, "[], ", &rest)))
        ok = th_store_number((char *)p->storage + width * out->count++, row->element, word,
                             row->choices);
    free(copy);
    return ok;
}

static inline int th_store_refs(struct th *t, struct th_prop *p, const struct bp_prop *row,
                                void *at)
{
    struct bp_ref *refs = (struct bp_ref *)calloc(p->nrefs + 1, sizeof *refs);
    struct bp_list list = {refs, p->nrefs, sizeof *refs};

    if (!refs)
        return 0;
    t->ref_dev.th = t;
    for (uint32_t i = 0; i < p->nrefs; i++) {
        refs[i].dev = &t->ref_dev;
        refs[i].path = row->name;
    }
    p->storage = refs;
    if (row->type == BP_PROP_LIST)
        memcpy(at, &list, sizeof list);
    else
        memcpy(at, refs, sizeof *refs);
    return 1;
}

static inline int th_prop_write(struct th *t, const struct bp_prop *row)
{
    struct th_prop *p = th_prop_slot(t, row->name);
    const char *text = p->text ? p->text : row->def;
    void *at = th_at(t, row->offset);

    if (row->type == BP_PROP_REF || (row->type == BP_PROP_LIST && row->element == BP_PROP_REF))
        return th_store_refs(t, p, row, at);
    if (!text)
        return !(row->flags & BP_PROP_REQUIRED);
    if (row->type == BP_PROP_STR || row->type == BP_PROP_PATH) {
        p->storage = strdup(text);
        memcpy(at, &p->storage, sizeof p->storage);
        return p->storage != NULL;
    }
    if (row->type == BP_PROP_BYTES)
        return th_store_bytes(p, at, text);
    if (row->type == BP_PROP_LIST)
        return th_store_list(p, row, text, (struct bp_list *)at);
    return th_store_number(at, row->type, text, row->choices) && th_in_range(row, at);
}

/* Writes all properties. BP_E_INVAL, with the name in error_property, when one is refused by its
 * row. */
static inline int32_t th_props_write(struct th *t)
{
    for (uint32_t i = 0; i < t->cls->nprops; i++) {
        const struct bp_prop *row = th_prop_row(t, i);

        if (!th_prop_write(t, row)) {
            snprintf(t->error_property, sizeof t->error_property, "%s", row->name);
            snprintf(t->error, sizeof t->error, "the value does not suit the property's row");
            return BP_E_INVAL;
        }
    }
    return BP_OK;
}

static inline void th_props_free(struct th *t)
{
    for (uint32_t i = 0; i < t->nprops; i++) {
        free(t->props[i].text);
        free(t->props[i].storage);
    }
}

#endif
