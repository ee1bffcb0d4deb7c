/* SPDX-License-Identifier: Apache-2.0
 *
 * Back ends and accelerators as JSON Schema definitions (schema.h): what a run may say about each.
 */
#include "core/cli/schema.h"

static void put_host_type(struct json *j, const char *group, const struct type *type)
{
    char name[160];

    json_open(j, schema_definition(group, type, name), '{');
    json_text(j, "description", type->doc);
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    json_open(j, "type", '{');
    json_close(j, '}');
    for (uint32_t i = 0; i < type->nprops; i++)
        schema_property(j, &type->props[i]);
    json_close(j, '}');
    json_bool(j, "additionalProperties", false);
    json_open(j, "required", '[');
    json_text(j, NULL, "type");
    for (uint32_t i = 0; i < type->nprops; i++)
        if (type->props[i].flags & BP_PROP_REQUIRED)
            json_text(j, NULL, type->props[i].name);
    json_close(j, ']');
    json_close(j, '}');
}

/* TYPE[,KEY=VALUE]..., or { type: TYPE, KEY: VALUE }. What is not installed here may be elsewhere: it is only offered. */
static void put_host_choice(struct json *j, const char *group, const struct type *const *types,
                            size_t count)
{
    char name[160];

    json_open(j, group, '{');
    schema_types(j, "type", "string object null");
    json_open(j, "examples", '[');
    for (size_t i = 0; i < count; i++)
        json_text(j, NULL, types[i]->name);
    json_close(j, ']');
    json_open(j, "properties", '{');
    json_open(j, "type", '{');
    json_open(j, "anyOf", '[');
    json_open(j, NULL, '{');
    json_open(j, "enum", '[');
    for (size_t i = 0; i < count; i++)
        json_text(j, NULL, types[i]->name);
    json_close(j, ']');
    json_open(j, "enumDescriptions", '[');
    for (size_t i = 0; i < count; i++)
        json_text(j, NULL, types[i]->doc ? types[i]->doc : "");
    json_close(j, ']');
    json_close(j, '}');
    json_open(j, NULL, '{');
    json_text(j, "type", "string");
    json_close(j, '}');
    json_close(j, ']');
    json_close(j, '}');
    json_close(j, '}');
    json_open(j, "allOf", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(j, NULL, '{');
        json_open(j, "if", '{');
        json_text(j, "type", "object");
        json_open(j, "properties", '{');
        json_open(j, "type", '{');
        json_text(j, "const", types[i]->name);
        json_close(j, '}');
        json_close(j, '}');
        json_open(j, "required", '[');
        json_text(j, NULL, "type");
        json_close(j, ']');
        json_close(j, '}');
        schema_ref(j, "then", schema_definition(group, types[i], name));
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

void schema_hosts(struct schema *s)
{
    for (size_t i = 0; i < s->nbackends; i++)
        put_host_type(&s->json, "backend", s->backends[i]);
    for (size_t i = 0; i < s->naccels; i++)
        put_host_type(&s->json, "accel", s->accels[i]);
    put_host_choice(&s->json, "backend", s->backends, s->nbackends);
    put_host_choice(&s->json, "accel", s->accels, s->naccels);
}
