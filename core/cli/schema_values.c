/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of properties as JSON Schema (schema.h).
 *
 * One value has several spellings: 65536, 0x10000, "0x10000", 64KiB, "${n * 1KiB}". Keywords for numbers do not touch
 * strings and the other way round, so that all spellings fit into one flat schema, about which editors complain in
 * plain words; only choices need an alternative.
 */
#include "core/cli/schema.h"
#include "core/machine/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER "0x[0-9a-fA-F]+|0o[0-7]+|[-+]?[0-9]+"

/* How values of a type are spelled. */
static const struct spelling {
    const char *types, *pattern;
    uint64_t max; /* of the plain number; 0: no limits */
    bool counts;  /* limits of the property are those of the plain number */
} spellings[] = {
    [BP_PROP_BOOL] = {"boolean string null", "true|True|TRUE|false|False|FALSE", 0, false},
    [BP_PROP_U8] = {"integer string null", INTEGER, UINT8_MAX, true},
    [BP_PROP_U16] = {"integer string null", INTEGER, UINT16_MAX, true},
    [BP_PROP_U32] = {"integer string null", INTEGER, UINT32_MAX, true},
    [BP_PROP_U64] = {"integer string null", INTEGER, UINT64_MAX, true},
    [BP_PROP_I64] = {"integer string null", INTEGER, 0, true},
    [BP_PROP_F64] = {"number string null", "[-+.eE0-9]+", 0, false},
    [BP_PROP_STR] = {SCHEMA_SCALAR, NULL, 0, false},
    [BP_PROP_BYTES] = {"string number null", "([0-9a-fA-F]{2}:?)*", 0, false},
    [BP_PROP_ENUM] = {"string null", NULL, 0, false},
    [BP_PROP_SIZE] = {"integer string null", NULL, UINT64_MAX, true},
    [BP_PROP_FREQ] = {"integer string null", NULL, UINT64_MAX, true},
    [BP_PROP_ADDR] = {"integer string null", INTEGER "|[A-Za-z].*", UINT64_MAX, true},
    [BP_PROP_DURATION] = {"integer string null", NULL, UINT64_MAX, true},
    [BP_PROP_REF] = {"string null", "[A-Za-z*?\\[].*", 0, false},
    [BP_PROP_LIST] = {NULL, NULL, 0, false},
    [BP_PROP_PATH] = {SCHEMA_SCALAR, NULL, 0, false},
};

static const struct spelling *spelling(uint32_t type)
{
    static const struct spelling any = {SCHEMA_SCALAR, NULL, 0, false};

    return type < sizeof(spellings) / sizeof(*spellings) && spellings[type].types ? &spellings[type]
                                                                                  : &any;
}

void schema_types(struct json *j, const char *key, const char *types)
{
    char word[32];
    size_t length;

    json_open(j, key, '[');
    for (; *types; types += length + (types[length] == ' ')) {
        length = strcspn(types, " ");
        snprintf(word, sizeof(word), "%.*s", (int)length, types);
        json_text(j, NULL, word);
    }
    json_close(j, ']');
}

void schema_ref(struct json *j, const char *key, const char *definition)
{
    char pointer[256];

    snprintf(pointer, sizeof(pointer), "#/definitions/%s", definition);
    json_open(j, key, '{');
    json_text(j, "$ref", pointer);
    json_close(j, '}');
}

static bool unit_kind(uint32_t type, enum unit_kind *kind)
{
    *kind = type == BP_PROP_SIZE ? UNIT_SIZE : type == BP_PROP_FREQ ? UNIT_FREQ : UNIT_DURATION;
    return type == BP_PROP_SIZE || type == BP_PROP_FREQ || type == BP_PROP_DURATION;
}

/* What a string has to look like. */
static void put_pattern(struct json *j, uint32_t type)
{
    const char *pattern = spelling(type)->pattern;
    char units[64] = "", text[512];
    enum unit_kind kind;

    if (unit_kind(type, &kind)) {
        for (size_t i = 0; units_unit(kind, i); i++)
            snprintf(units + strlen(units), sizeof(units) - strlen(units), "%s%s", i ? "|" : "",
                     units_unit(kind, i));
        snprintf(text, sizeof(text), "^(0x[0-9a-fA-F]+|[0-9]|[0-9]+(\\.[0-9]+)?(%s))$|%s", units,
                 SCHEMA_EXPRESSION);
        json_text(j, "pattern", text);
    } else if (pattern) {
        snprintf(text, sizeof(text), "^(%s)$|%s", pattern, SCHEMA_EXPRESSION);
        json_text(j, "pattern", text);
    }
}

static void put_limits(struct json *j, uint32_t type, uint64_t min, uint64_t max)
{
    const struct spelling *s = spelling(type);
    bool limited = min || max;

    if (!s->counts)
        return;
    if (type == BP_PROP_I64 && limited) {
        json_i64(j, "minimum", (int64_t)min);
        json_i64(j, "maximum", (int64_t)max);
    } else if (s->max) {
        json_u64(j, "minimum", min);
        json_u64(j, "maximum", limited && max < s->max ? max : s->max);
    }
}

/* A choice named 1 is a number for YAML. */
static void put_choices(struct json *j, const char *const *choices)
{
    json_open(j, "anyOf", '[');
    json_open(j, NULL, '{');
    json_open(j, "enum", '[');
    for (uint32_t i = 0; choices && choices[i]; i++) {
        char *end;
        unsigned long long number = strtoull(choices[i], &end, 10);

        json_text(j, NULL, choices[i]);
        if (end != choices[i] && !*end && *choices[i] != '-' && *choices[i] != '+')
            json_u64(j, NULL, number);
    }
    json_close(j, ']');
    json_close(j, '}');
    json_open(j, NULL, '{');
    json_text(j, "type", "string");
    json_text(j, "pattern", SCHEMA_EXPRESSION);
    json_close(j, '}');
    json_open(j, NULL, '{');
    json_text(j, "type", "null");
    json_close(j, '}');
    json_close(j, ']');
}

/* The keywords of one value, inside of an object that is open already. */
static void put_value(struct json *j, uint32_t type, const struct bp_prop *row)
{
    bool single = row && row->type == type;

    if (type == BP_PROP_ENUM) {
        put_choices(j, row ? row->choices : NULL);
        return;
    }
    schema_types(j, "type", spelling(type)->types);
    put_limits(j, type, single ? row->min : 0, single ? row->max : 0);
    put_pattern(j, type);
}

void schema_value(struct json *j, const char *key, uint32_t type, const char *doc)
{
    enum unit_kind kind;

    json_open(j, key, '{');
    if (doc)
        json_text(j, "description", doc);
    put_value(j, type, NULL);
    if (unit_kind(type, &kind)) {
        json_open(j, "examples", '[');
        json_text(j, NULL, units_example(kind));
        json_close(j, ']');
    }
    json_close(j, '}');
}

/* One value instead of a list is a list of one. */
static void put_list(struct json *j, const struct bp_prop *row)
{
    json_open(j, "anyOf", '[');
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    /* The number of nodes behind a pattern is not known here. */
    if ((row->min || row->max) && row->element != BP_PROP_REF) {
        json_u64(j, "minItems", row->min);
        json_u64(j, "maxItems", row->max);
    } else if (row->max) {
        json_u64(j, "maxItems", row->max);
    }
    json_open(j, "items", '{');
    put_value(j, row->element, row);
    json_close(j, '}');
    json_close(j, '}');
    json_open(j, NULL, '{');
    put_value(j, row->element, row);
    json_close(j, '}');
    if (row->element == BP_PROP_STR) { /* { KEY: VALUE } is ["KEY=VALUE"] */
        json_open(j, NULL, '{');
        json_text(j, "type", "object");
        json_open(j, "additionalProperties", '{');
        schema_types(j, "type", spelling(BP_PROP_STR)->types);
        json_close(j, '}');
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* What an editor fills in: the default as it would be written. */
static void put_default(struct json *j, const struct bp_prop *row)
{
    enum unit_kind kind;
    bool is_unit = unit_kind(row->type, &kind);
    char *end;

    if (row->def && *row->def && row->type != BP_PROP_LIST) {
        unsigned long long number = strtoull(row->def, &end, 10);

        if (row->type == BP_PROP_BOOL)
            json_bool(j, "default", !strcmp(row->def, "true"));
        else if (row->type >= BP_PROP_U8 && row->type <= BP_PROP_U64 && !*end)
            json_u64(j, "default", number);
        else
            json_text(j, "default", row->def);
    }
    if (is_unit) {
        json_open(j, "examples", '[');
        json_text(j, NULL, units_example(kind));
        json_close(j, ']');
    }
}

void schema_property(struct json *j, const struct bp_prop *row)
{
    json_open(j, row->name, '{');
    if (row->doc)
        json_text(j, "description", row->doc);
    if (row->type == BP_PROP_LIST)
        put_list(j, row);
    else
        put_value(j, row->type, row);
    put_default(j, row);
    json_close(j, '}');
}
