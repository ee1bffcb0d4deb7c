/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of the grammar as JSON Schema (schema.h), from the tables of core/machine/grammar.c.
 */
#include "core/cli/schema.h"
#include "core/machine/grammar.h"

#include <stdio.h>
#include <string.h>

/* --- shapes ------------------------------------------------------------------------------------------------- */

/* Opens a member that is a map, or nothing at all. */
static void open_map(struct json *j, const char *key, const char *doc)
{
    json_open(j, key, '{');
    if (doc)
        json_text(j, "description", doc);
    schema_types(j, "type", "object null");
}

static void put_names(struct json *j)
{
    json_open(j, "propertyNames", '{');
    json_text(j, "pattern", SCHEMA_NAME);
    json_close(j, '}');
}

static void put_single(struct json *j, const struct grammar_word *word)
{
    schema_value(j, word->name, BP_PROP_STR, word->doc);
}

static void put_texts(struct json *j, const struct grammar_word *word)
{
    json_open(j, word->name, '{');
    json_text(j, "description", word->doc);
    schema_types(j, "type", "array " SCHEMA_SCALAR);
    json_open(j, "items", '{');
    schema_types(j, "type", SCHEMA_SCALAR);
    json_close(j, '}');
    json_close(j, '}');
}

static void put_version(struct json *j, const struct grammar_word *word)
{
    json_open(j, word->name, '{');
    json_text(j, "description", word->doc);
    json_open(j, "enum", '[');
    json_u64(j, NULL, GRAMMAR_VERSION);
    json_close(j, ']');
    json_close(j, '}');
}

static void put_kind(struct json *j, const struct grammar_word *word)
{
    json_open(j, word->name, '{');
    json_text(j, "description", word->doc);
    json_open(j, "enum", '[');
    for (const struct grammar_kind *kind = grammar_kinds; kind->name; kind++)
        json_text(j, NULL, kind->name);
    json_close(j, ']');
    json_open(j, "enumDescriptions", '[');
    for (const struct grammar_kind *kind = grammar_kinds; kind->name; kind++)
        json_text(j, NULL, kind->doc);
    json_close(j, ']');
    json_close(j, '}');
}

static void put_map_of(struct json *j, const struct grammar_word *word, const char *definition)
{
    open_map(j, word->name, word->doc);
    schema_ref(j, "additionalProperties", definition);
    json_close(j, '}');
}

static void put_plugins(struct json *j, const struct grammar_word *word)
{
    open_map(j, word->name, word->doc);
    put_names(j);
    schema_ref(j, "additionalProperties", "plugin");
    json_close(j, '}');
}

static void put_params(struct json *j, const struct grammar_word *word)
{
    open_map(j, word->name, word->doc);
    json_open(j, "propertyNames", '{');
    json_text(j, "pattern", "^[A-Za-z_][A-Za-z0-9_]*$");
    json_close(j, '}');
    schema_ref(j, "additionalProperties", "param");
    json_close(j, '}');
}

static void put_include(struct json *j, const struct grammar_word *word)
{
    json_open(j, word->name, '{');
    json_text(j, "description", word->doc);
    schema_types(j, "type", "array null");
    schema_ref(j, "items", "include");
    json_close(j, '}');
}

/* What an included node is cannot be seen from here, so that its keys are not known. */
static void put_override(struct json *j, const struct grammar_word *word)
{
    open_map(j, word->name, word->doc);
    json_open(j, "additionalProperties", '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    schema_value(j, "delete", BP_PROP_BOOL, "Removes the node.");
    json_close(j, '}');
    json_close(j, '}');
    json_close(j, '}');
}

static void put_nodes(struct json *j, const struct grammar_word *word)
{
    open_map(j, word->name, word->doc);
    put_names(j);
    schema_ref(j, "additionalProperties", "node");
    json_close(j, '}');
}

static void put_boot(struct json *j, const struct grammar_word *word)
{
    open_map(j, word->name, word->doc);
    json_open(j, "properties", '{');
    for (const struct grammar_word *role = grammar_boot; role->name; role++)
        if (strcmp(role->name, "load"))
            schema_value(j, role->name, BP_PROP_ADDR, role->doc);
        else
            put_map_of(j, role, "place");
    json_close(j, '}');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static void put_images(struct json *j, const struct grammar_word *word)
{
    open_map(j, word->name, word->doc);
    json_open(j, "properties", '{');
    for (const struct grammar_word *role = grammar_images; role->name; role++)
        put_single(j, role);
    json_close(j, '}');
    json_open(j, "additionalProperties", '{'); /* roles of the board's own */
    schema_types(j, "type", SCHEMA_SCALAR);
    json_close(j, '}');
    json_close(j, '}');
}

static void put_time_map(struct json *j)
{
    json_open(j, NULL, '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    json_open(j, "mode", '{');
    json_open(j, "enum", '[');
    for (const struct grammar_word *mode = grammar_times; mode->name; mode++)
        json_text(j, NULL, mode->name);
    json_close(j, ']');
    json_close(j, '}');
    for (const struct grammar_setting *s = grammar_time_settings; s->name; s++)
        schema_value(j, s->name, s->prop, s->doc);
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, "mode");
    json_close(j, ']');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static void put_times(struct json *j, const struct grammar_word *word)
{
    json_open(j, word->name, '{');
    json_text(j, "description", word->doc);
    json_open(j, "anyOf", '[');
    json_open(j, NULL, '{');
    json_open(j, "enum", '[');
    for (const struct grammar_word *mode = grammar_times; mode->name; mode++)
        json_text(j, NULL, mode->name);
    json_close(j, ']');
    json_open(j, "enumDescriptions", '[');
    for (const struct grammar_word *mode = grammar_times; mode->name; mode++)
        json_text(j, NULL, mode->doc);
    json_close(j, ']');
    json_close(j, '}');
    json_open(j, NULL, '{'); /* deterministic,quantum=1000 */
    schema_types(j, "type", "string null");
    json_text(j, "pattern", "^deterministic,|" SCHEMA_EXPRESSION);
    json_close(j, '}');
    put_time_map(j);
    json_close(j, ']');
    json_close(j, '}');
}

static void put_seed(struct json *j, const struct grammar_word *word)
{
    schema_value(j, word->name, BP_PROP_U64, word->doc);
}

static void put_aliases(struct json *j, const struct grammar_word *word)
{
    put_map_of(j, word, "text");
}

static void put_set(struct json *j, const struct grammar_word *word)
{
    put_map_of(j, word, "text");
}

static void put_backends(struct json *j, const struct grammar_word *word)
{
    put_map_of(j, word, "backend");
}

static void put_accel(struct json *j, const struct grammar_word *word)
{
    json_open(j, word->name, '{');
    json_text(j, "description", word->doc);
    json_open(j, "anyOf", '[');
    schema_ref(j, NULL, "accel");
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    schema_ref(j, "items", "accel");
    json_close(j, '}');
    json_close(j, ']');
    json_close(j, '}');
}

static const struct {
    const char *name;
    void (*put)(struct json *j, const struct grammar_word *word);
} shapes[] = {
    {"backplane", put_version}, {"kind", put_kind},         {"name", put_single},
    {"doc", put_single},        {"plugins", put_plugins},   {"params", put_params},
    {"include", put_include},   {"override", put_override}, {"nodes", put_nodes},
    {"aliases", put_aliases},   {"boot", put_boot},         {"model", put_single},
    {"compatible", put_texts},  {"board", put_single},      {"set", put_set},
    {"accel", put_accel},       {"time", put_times},        {"seed", put_seed},
    {"images", put_images},     {"backends", put_backends},
};

static void put_top(struct json *j, const struct grammar_word *word)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        if (!strcmp(shapes[i].name, word->name)) {
            shapes[i].put(j, word);
            return;
        }
    json_open(j, word->name, '{'); /* a word that this file does not know is still a word */
    json_text(j, "description", word->doc);
    json_close(j, '}');
}

/* --- smaller words -------------------------------------------------------------------------------------------- */

static void define_plugin(struct schema *s)
{
    struct json *j = &s->json;

    json_open(j, "plugin", '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    for (const struct grammar_word *word = grammar_plugin; word->name; word++) {
        bool is_use = !strcmp(word->name, "use");

        json_open(j, word->name, '{');
        json_text(j, "description", word->doc);
        schema_types(j, "type", SCHEMA_SCALAR);
        json_open(j, "examples", '[');
        for (size_t i = 0; is_use && i < s->nplugins; i++)
            json_text(j, NULL, s->plugins[i]);
        if (!is_use)
            json_text(j, NULL, "^" BACKPLANE_VERSION);
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, "use");
    json_close(j, ']');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static void define_param(struct json *j)
{
    json_open(j, "param", '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    for (const struct grammar_word *word = grammar_param; word->name; word++) {
        json_open(j, word->name, '{');
        json_text(j, "description", word->doc);
        if (!strcmp(word->name, "type")) {
            json_open(j, "enum", '[');
            for (const struct grammar_param_type *t = grammar_param_types; t->name; t++)
                json_text(j, NULL, t->name);
            json_close(j, ']');
            json_open(j, "enumDescriptions", '[');
            for (const struct grammar_param_type *t = grammar_param_types; t->name; t++)
                json_text(j, NULL, t->doc);
            json_close(j, ']');
        } else if (!strcmp(word->name, "range") || !strcmp(word->name, "choices")) {
            json_text(j, "type", "array");
            json_u64(j, "minItems", *word->name == 'r' ? 2 : 1);
            if (*word->name == 'r')
                json_u64(j, "maxItems", 2);
        } else {
            schema_types(j, "type", SCHEMA_SCALAR);
        }
        json_close(j, '}');
    }
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, "type");
    json_close(j, ']');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static void define_include(struct json *j)
{
    json_open(j, "include", '{');
    schema_types(j, "type", "string object");
    json_open(j, "properties", '{');
    for (const struct grammar_word *word = grammar_include; word->name; word++)
        if (!strcmp(word->name, "params"))
            put_map_of(j, word, "text");
        else
            put_single(j, word);
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, "file");
    json_close(j, ']');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

/* The keys that every node may have, but `type` and `reg`, which depend on the types. */
static void define_node_words(struct json *j)
{
    for (const struct grammar_word *word = grammar_node; word->name; word++) {
        char name[64];

        if (!strcmp(word->name, "type") || !strcmp(word->name, "reg"))
            continue;
        snprintf(name, sizeof(name), "node-%s", word->name);
        if (!strcmp(word->name, "when")) {
            schema_value(j, name, BP_PROP_BOOL, word->doc);
            continue;
        }
        json_open(j, name, '{');
        json_text(j, "description", word->doc);
        if (!strcmp(word->name, "fdt")) {
            schema_types(j, "type", "object boolean string null");
            json_text(j, "pattern", "^(true|false)$|" SCHEMA_EXPRESSION);
        } else if (!strcmp(word->name, "repeat")) {
            json_text(j, "type", "object");
            put_names(j);
            json_u64(j, "minProperties", 1);
            json_u64(j, "maxProperties", 1);
            json_open(j, "additionalProperties", '{');
            json_text(j, "type", "string");
            json_text(j, "pattern", "\\.\\.|" SCHEMA_EXPRESSION);
            json_close(j, '}');
        } else {
            schema_types(j, "type", SCHEMA_SCALAR);
        }
        json_close(j, '}');
    }
}

static void define_values(struct json *j)
{
    json_open(j, "text", '{');
    schema_types(j, "type", SCHEMA_SCALAR);
    json_close(j, '}');
    schema_value(j, "place", BP_PROP_ADDR, NULL);
    schema_value(j, "address", BP_PROP_U64, "First address.");
    schema_value(j, "length", BP_PROP_SIZE, "Size, such as 4KiB.");
    json_open(j, "window", '{');
    json_text(j, "type", "array");
    json_open(j, "items", '[');
    schema_ref(j, NULL, "address");
    schema_ref(j, NULL, "length");
    json_close(j, ']');
    json_u64(j, "minItems", 2);
    json_u64(j, "maxItems", 2);
    json_close(j, '}');
}

/* --- descriptions ----------------------------------------------------------------------------------------------- */

static void define_kind(struct json *j, const struct grammar_kind *kind)
{
    json_open(j, kind->name, '{');
    json_text(j, "description", kind->doc);
    json_open(j, "properties", '{');
    for (const struct grammar_word *word = grammar_top; word->name; word++) {
        if (!(word->kinds & kind->kind))
            continue;
        if (kind->kind == KIND_BOARD && !strcmp(word->name, "nodes")) {
            open_map(j, word->name, word->doc);
            put_names(j);
            schema_ref(j, "additionalProperties", "whole-node");
            json_close(j, '}');
        } else {
            put_top(j, word);
        }
    }
    json_close(j, '}');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static void put_kinds(struct json *j)
{
    json_open(j, "allOf", '[');
    for (const struct grammar_kind *kind = grammar_kinds; kind->name; kind++) {
        json_open(j, NULL, '{');
        json_open(j, "if", '{');
        json_open(j, "properties", '{');
        json_open(j, "kind", '{');
        json_text(j, "const", kind->name);
        json_close(j, '}');
        json_close(j, '}');
        json_open(j, "required", '[');
        json_text(j, NULL, "kind");
        json_close(j, ']');
        json_close(j, '}');
        schema_ref(j, "then", kind->name);
        json_close(j, '}');
    }
    json_close(j, ']');
}

void schema_write(struct schema *s)
{
    struct json *j = &s->json;

    json_open(j, NULL, '{');
    json_text(j, "$schema", "http://json-schema.org/draft-07/schema#");
    json_text(
        j, "$comment",
        "Backplane machine descriptions; written by `backplane schema` of " BACKPLANE_VERSION);
    json_text(j, "type", "object");
    json_open(j, "required", '[');
    json_text(j, NULL, "backplane");
    json_text(j, NULL, "kind");
    json_close(j, ']');
    json_open(j, "properties", '{');
    for (const struct grammar_word *word = grammar_top; word->name; word++)
        if (!strcmp(word->name, "backplane") || !strcmp(word->name, "kind"))
            put_top(j, word);
    json_close(j, '}');
    put_kinds(j);
    json_open(j, "definitions", '{');
    for (const struct grammar_kind *kind = grammar_kinds; kind->name; kind++)
        define_kind(j, kind);
    define_plugin(s);
    define_param(j);
    define_include(j);
    define_node_words(j);
    define_values(j);
    schema_nodes(s);
    schema_hosts(s);
    json_close(j, '}');
    json_close(j, '}');
}
