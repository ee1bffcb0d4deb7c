/* SPDX-License-Identifier: Apache-2.0
 *
 * One value of one property. The type of the property decides how its text is read: quotes only
 * keep YAML's own punctuation away, so "${n}" is a number where a number belongs. Defaults of
 * classes go the same way.
 */
#include "core/machine/graph_load.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LIST 65536u

/* A value while it is read: where it stands, and the row that it must fit. */
struct reading {
    struct graph_loader *l;
    const struct graph_where *w;
    const struct bp_prop *row;
    struct diag_pos pos;
    const char *text;
};

#define ERROR(r, ...) (graph_error((r)->l, (r)->pos, (r)->w->node, (r)->w->key, __VA_ARGS__), false)

static bool read_bool(const struct reading *r, struct graph_value *out)
{
    bool value;

    if (!yaml_boolean(r->text, &value))
        return ERROR(r, "`%.40s` where a yes or no belongs: write true or false", r->text);
    out->u = value;
    return true;
}

static bool in_range(const struct reading *r, uint64_t value, uint64_t low, uint64_t high)
{
    if (value >= low && value <= high)
        return true;
    return ERROR(r, "%.40s is out of range: use %" PRIu64 " to %" PRIu64, r->text, low, high);
}

static bool read_unsigned(const struct reading *r, struct graph_value *out)
{
    static const uint64_t most[] = {[BP_PROP_U8] = UINT8_MAX,
                                    [BP_PROP_U16] = UINT16_MAX,
                                    [BP_PROP_U32] = UINT32_MAX,
                                    [BP_PROP_U64] = UINT64_MAX};
    bool negative, limited = r->row->min || r->row->max;
    uint64_t high = most[out->type], low = limited ? r->row->min : 0;
    char why[UNITS_WHY];

    if (limited && r->row->max < high)
        high = r->row->max;
    if (!units_integer(r->text, &negative, &out->u, why))
        return ERROR(r, "%s", why);
    if (negative && out->u)
        return ERROR(r, "%.40s is out of range: use %" PRIu64 " to %" PRIu64, r->text, low, high);
    return in_range(r, out->u, low, high);
}

static bool read_signed(const struct reading *r, struct graph_value *out)
{
    bool negative, limited = r->row->min || r->row->max;
    int64_t low = limited ? (int64_t)r->row->min : INT64_MIN,
            high = limited ? (int64_t)r->row->max : INT64_MAX;
    uint64_t magnitude;
    char why[UNITS_WHY];
    bool fits;

    if (!units_integer(r->text, &negative, &magnitude, why))
        return ERROR(r, "%s", why);
    fits = magnitude <= (uint64_t)INT64_MAX + negative;
    out->i = negative ? (int64_t)-magnitude : (int64_t)magnitude;
    if (fits && out->i >= low && out->i <= high)
        return true;
    return ERROR(r, "%.40s is out of range: use %" PRId64 " to %" PRId64, r->text, low, high);
}

static bool read_double(const struct reading *r, struct graph_value *out)
{
    char *end;

    errno = 0;
    out->f = strtod(r->text, &end);
    /* strtod() also takes hexadecimal, inf and blanks in front. */
    if (end == r->text || *end || errno || strspn(r->text, "0123456789+-.eE") != strlen(r->text))
        return ERROR(r, "`%.40s` is not a number: write one such as 0.5 or 1e6", r->text);
    return true;
}

static bool read_string(const struct reading *r, struct graph_value *out)
{
    out->s = arena_copy(r->l->arena, r->text, strlen(r->text));
    return true;
}

static bool read_path(const struct reading *r, struct graph_value *out)
{
    const char *path = graph_path(r->l, r->w->scope, r->text);
    char here[4096];

    if (!*r->text)
        return ERROR(r, "is an empty path: name a file");
    if (path[0] == '/')
        out->s = arena_copy(r->l->arena, path, strlen(path));
    else if (!getcwd(here, sizeof(here)))
        return ERROR(r, "cannot be made absolute (%s): write an absolute path", strerror(errno));
    else
        out->s = arena_printf(r->l->arena, "%s/%s", here, path);
    return true;
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

static bool read_bytes(const struct reading *r, struct graph_value *out)
{
    const char *p = r->text;

    out->bytes.data = arena_alloc(r->l->arena, strlen(p) / 2 + 1);
    out->bytes.size = 0;
    while (*p) {
        int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);

        if (low < 0 || (p[2] == ':' && !p[3]))
            return ERROR(r,
                         "`%.40s` is not a row of bytes: write two hexadecimal digits each, as in "
                         "de:ad:be:ef",
                         r->text);
        out->bytes.data[out->bytes.size++] = (uint8_t)(high << 4 | low);
        p += 2 + (p[2] == ':');
    }
    return true;
}

static bool read_enum(const struct reading *r, struct graph_value *out)
{
    const char *const *choices = r->row->choices;
    const char *list = "";
    size_t count = 0;

    for (; choices[count]; count++) {
        out->u = count;
        if (!strcmp(choices[count], r->text))
            return true;
        if (count < 16)
            list = arena_printf(r->l->arena, "%s%s%s", list, count ? ", " : "", choices[count]);
    }
    return ERROR(r, "`%.40s` is none of the choices: use %s%s", r->text, list,
                 graph_hint(r->l, r->text, choices, count));
}

static bool read_quantity(const struct reading *r, struct graph_value *out)
{
    enum unit_kind kind = out->type == BP_PROP_SIZE   ? UNIT_SIZE
                          : out->type == BP_PROP_FREQ ? UNIT_FREQ
                                                      : UNIT_DURATION;
    char why[UNITS_WHY], low[32], high[32];

    if (!units_parse(kind, r->text, &out->u, why))
        return ERROR(r, "%s", why);
    if ((!r->row->min && !r->row->max) || (out->u >= r->row->min && out->u <= r->row->max))
        return true;
    return ERROR(r, "%.40s is out of range: use %s to %s", r->text,
                 units_format(kind, r->row->min, low), units_format(kind, r->row->max, high));
}

static bool read_address(const struct reading *r, struct graph_value *out)
{
    if (!graph_address(r->l, r->w, r->pos, r->text, &out->u))
        return false;
    return (!r->row->min && !r->row->max) || in_range(r, out->u, r->row->min, r->row->max);
}

/* get_iface() is pure and needs no instance for that. */
bool graph_offers(const struct graph_node *node, const char *id)
{
    const void *(*get)(void *self, const char *id) = NULL;

    if (!id)
        return true;
    if (node->type->kind == TYPE_CPU)
        get = node->type->cpu->get_iface;
    else if (node->type->kind == TYPE_DEVICE)
        get = node->type->device->get_iface;
    return get && get(NULL, id);
}

static bool check_target(const struct reading *r, const struct graph_node *node)
{
    if (graph_offers(node, r->row->ref_iface))
        return true;
    return ERROR(r, "%s (%s) does not offer %s: refer to a node that does", node->name,
                 node->type_text, r->row->ref_iface);
}

static bool read_ref(const struct reading *r, struct graph_value *out)
{
    out->ref = graph_node(r->l, r->w, r->pos, r->text);
    return out->ref && check_target(r, out->ref);
}

static const struct {
    const char *what; /* an element of that type */
    bool (*read)(const struct reading *r, struct graph_value *out);
} readers[] = {
    [BP_PROP_BOOL] = {"true or false", read_bool},
    [BP_PROP_U8] = {"a number", read_unsigned},
    [BP_PROP_U16] = {"a number", read_unsigned},
    [BP_PROP_U32] = {"a number", read_unsigned},
    [BP_PROP_U64] = {"a number", read_unsigned},
    [BP_PROP_I64] = {"a number", read_signed},
    [BP_PROP_F64] = {"a number", read_double},
    [BP_PROP_STR] = {"a text", read_string},
    [BP_PROP_BYTES] = {"bytes", read_bytes},
    [BP_PROP_ENUM] = {"one of its choices", read_enum},
    [BP_PROP_SIZE] = {"a size", read_quantity},
    [BP_PROP_FREQ] = {"a frequency", read_quantity},
    [BP_PROP_ADDR] = {"an address", read_address},
    [BP_PROP_DURATION] = {"a duration", read_quantity},
    [BP_PROP_REF] = {"a node", read_ref},
    [BP_PROP_PATH] = {"a path", read_path},
};

/* --- lists ------------------------------------------------------------------------------------ */

struct globbing {
    const struct reading *reading;
    struct graph_value *out;
    bool ok;
};

static void add_ref(void *ctx, struct graph_node *node)
{
    struct globbing *g = ctx;
    struct graph_value *item;

    if (g->out->list.count >= MAX_LIST)
        return;
    g->ok &= check_target(g->reading, node);
    item = arena_push(g->reading->l->arena, g->out->list.items, g->out->list.count);
    *item = (struct graph_value){.type = BP_PROP_REF, .pos = g->reading->pos, .ref = node};
}

static bool read_element(struct reading *r, const struct yaml_value *v, struct graph_value *out)
{
    struct globbing g = {r, out, true};
    struct graph_value *item, value = {.type = r->row->element, .pos = v->pos};

    r->pos = v->pos;
    r->text = graph_text(r->l, r->w, v);
    if (!r->text)
        return false;
    if (r->row->element == BP_PROP_REF && strpbrk(r->text, "*?[")) {
        graph_glob(r->l, r->w, r->pos, r->text, add_ref, &g);
        return g.ok;
    }
    if (!readers[r->row->element].read(r, &value))
        return false;
    item = arena_push(r->l->arena, out->list.items, out->list.count);
    *item = value;
    return true;
}

/* `KEY: VALUE` of a list of texts that is written as a map. */
static bool read_entry(struct reading *r, const struct yaml_entry *entry, struct graph_value *out)
{
    const char *value;

    r->pos = entry->pos;
    value = graph_text(r->l, r->w, entry->value);
    if (!value)
        return false;
    *arena_push(r->l->arena, out->list.items, out->list.count) =
        (struct graph_value){.type = BP_PROP_STR,
                             .pos = entry->pos,
                             .s = arena_printf(r->l->arena, "%s=%s", entry->key, value)};
    return true;
}

/* One value instead of a list is a list of one. */
static bool read_list(struct reading *r, const struct yaml_value *v, struct graph_value *out)
{
    const struct bp_prop elements = {.name = r->row->name,
                                     .type = r->row->element,
                                     .choices = r->row->choices,
                                     .element = r->row->element,
                                     .ref_iface = r->row->ref_iface};
    const struct bp_prop *row = r->row;
    bool ok = true;

    r->row = &elements; /* min and max are the list's */
    if (v->kind == YAML_SCALAR)
        ok = read_element(r, v, out);
    for (uint32_t i = 0; v->kind == YAML_LIST && i < v->count; i++)
        ok &= read_element(r, v->items[i], out);
    for (uint32_t i = 0; v->kind == YAML_MAP && i < v->count; i++)
        ok &= read_entry(r, &v->entries[i], out);
    r->row = row;
    r->pos = v->pos;
    if (out->list.count < row->min && r->l->nlost) /* they may be among the lost */
        return ok;
    if (ok && (row->min || row->max) && (out->list.count < row->min || out->list.count > row->max))
        return ERROR(r, "has %u elements: use %" PRIu64 " to %" PRIu64, out->list.count, row->min,
                     row->max);
    return ok;
}

bool graph_read_value(struct graph_loader *l, const struct graph_where *w,
                      const struct bp_prop *row, const struct yaml_value *v,
                      struct graph_value *out)
{
    struct reading r = {.l = l, .w = w, .row = row, .pos = v->pos};
    bool is_list = row->type == BP_PROP_LIST;

    *out = (struct graph_value){.type = is_list ? row->element : row->type, .pos = v->pos};
    if ((v->kind == YAML_MAP && !(is_list && row->element == BP_PROP_STR)) ||
        (v->kind == YAML_LIST && !is_list))
        return ERROR(&r, "%s where %s belongs: write %s", yaml_kind_name(v),
                     is_list ? "a list" : readers[row->type].what,
                     is_list ? "[one, other]" : "one value");
    if (is_list)
        return read_list(&r, v, out);
    r.text = graph_text(l, w, v);
    return r.text && readers[row->type].read(&r, out);
}

void graph_default(struct graph_loader *l, const struct graph_where *w, const struct bp_prop *row,
                   struct graph_value *out)
{
    struct yaml_file file = {.count = 0};
    const struct yaml_value *v;
    struct diag_pos pos = {.file = arena_printf(l->arena, "default of %s.%s", w->node, row->name)};

    *out = (struct graph_value){.type = row->type == BP_PROP_LIST ? row->element : row->type,
                                .pos = pos};
    if (!row->def)
        return;
    v = yaml_scalar(l->arena, pos, row->def);
    if (row->type == BP_PROP_LIST && row->def[0] == '[') {
        yaml_read_text(l->arena, l->diag, pos.file, row->def, strlen(row->def), &file);
        if (!file.count)
            return;
        v = file.documents[0];
    }
    graph_read_value(l, w, row, v, out);
}

/* --- all properties of a type ----------------------------------------------------------------- */

struct graph_prop *graph_props(struct graph_loader *l, const struct type *type, const char *node,
                               struct diag_pos pos, const struct graph_given *given,
                               uint32_t ngiven)
{
    struct graph_prop *props = arena_alloc(l->arena, (type->nprops + 1) * sizeof(*props));

    for (uint32_t i = 0; i < type->nprops; i++) {
        const struct bp_prop *row = &type->props[i];
        const struct graph_given *found = NULL;
        struct graph_where w = {node, row->name, NULL};

        props[i].row = row;
        for (uint32_t k = 0; k < ngiven; k++)
            if (!strcmp(given[k].key, row->name) && !yaml_is_null(given[k].value))
                found = &given[k];
        if (found) {
            w.scope = found->scope;
            props[i].given = true;
            graph_read_value(l, &w, row, found->value, &props[i].value);
            continue;
        }
        if (row->flags & BP_PROP_REQUIRED)
            graph_error(l, pos, node, row->name, "is missing: write `%s:` and %s%s%s%s", row->name,
                        row->type == BP_PROP_LIST ? "a list" : readers[row->type].what,
                        row->doc ? " (" : "", row->doc ? row->doc : "", row->doc ? ")" : "");
        graph_default(l, &w, row, &props[i].value);
    }
    return props;
}
