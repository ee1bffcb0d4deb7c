/* SPDX-License-Identifier: Apache-2.0
 *
 * Types as JSON Schema definitions (schema.h): which keys a node, a back end or an accelerator of each type takes.
 */
#include "core/cli/describe.h"
#include "core/cli/schema.h"
#include "core/machine/grammar.h"

#include <stdio.h>
#include <string.h>

const char *schema_definition(const char *owner, const struct type *type, char room[160])
{
    snprintf(room, 160, "%s.%s", owner, type->name);
    return room;
}

/* --- ports -------------------------------------------------------------------------------------------------- */

/* The key that connects a port; NULL: it is connected from its other end, or through a property. */
static const char *key_of(const struct bp_port *port)
{
    const char *word = port->via_prop ? NULL : describe_port_word(port);

    return word && *word ? word : NULL;
}

static bool same_key(const struct type *type, uint32_t a, uint32_t b)
{
    const char *x = key_of(&type->ports[a]), *y = key_of(&type->ports[b]);

    return x && y && !strcmp(x, y);
}

static bool takes_lines(uint32_t kind)
{
    return kind == BP_PORT_IRQ || kind == BP_PORT_GPIO || kind == BP_PORT_RESET;
}

/* A reference, or several of them for a port of lines. */
static void put_reference_types(struct json *j, uint32_t kind)
{
    if (takes_lines(kind))
        schema_types(j, "type", "string array null");
    else
        schema_types(j, "type", "string null");
    if (takes_lines(kind)) {
        json_open(j, "items", '{');
        schema_types(j, "type", "string array null");
        json_close(j, '}');
    }
}

static void put_port_member(struct json *j, const struct bp_port *port)
{
    json_open(j, port->name, '{');
    if (port->doc)
        json_text(j, "description", port->doc);
    put_reference_types(j, port->kind);
    json_close(j, '}');
}

/* The key of port `first` and of all that share it: { rx: plic 1, tx: plic 2 }, or plain for the only one. */
static void put_port_key(struct json *j, const struct type *type, uint32_t first)
{
    const struct bp_port *port = &type->ports[first];
    uint32_t sharing = 0;
    char doc[256];

    for (uint32_t i = 0; i < type->nports; i++)
        sharing += same_key(type, i, first);
    json_open(j, key_of(port), '{');
    snprintf(doc, sizeof(doc), "%s%s", sharing > 1 ? "By name of the port." : "",
             sharing == 1 && port->doc ? port->doc : "");
    if (*doc)
        json_text(j, "description", doc);
    if (sharing > 1)
        schema_types(j, "type", "object null");
    else if (takes_lines(port->kind))
        schema_types(j, "type", "string array object null");
    else
        schema_types(j, "type", "string object null");
    if (sharing == 1 && takes_lines(port->kind)) {
        json_open(j, "items", '{');
        schema_types(j, "type", "string array null");
        json_close(j, '}');
    }
    json_open(j, "properties", '{');
    for (uint32_t i = 0; i < type->nports; i++)
        if (same_key(type, i, first))
            put_port_member(j, &type->ports[i]);
    json_close(j, '}');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static bool is_first_of_key(const struct type *type, uint32_t port)
{
    for (uint32_t i = 0; i < port; i++)
        if (same_key(type, i, port))
            return false;
    return key_of(&type->ports[port]) != NULL;
}

/* --- regions ------------------------------------------------------------------------------------------------ */

static bool is_fixed(const struct bp_region *region)
{
    return !(region->flags & BP_REGION_FLOATING);
}

static uint32_t fixed_regions(const struct type *type)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < type->nregions; i++)
        n += is_fixed(&type->regions[i]);
    return n;
}

static bool is_required(const struct bp_region *region)
{
    return is_fixed(region) && !(region->flags & BP_REGION_OPTIONAL);
}

static uint32_t required_regions(const struct type *type)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < type->nregions; i++)
        n += is_required(&type->regions[i]);
    return n;
}

/* Back ends and accelerators have no regions, a device may have none. */
static void put_reg(struct json *j, const struct type *type, const char *doc)
{
    uint32_t fixed = fixed_regions(type);

    if (!fixed)
        return;
    json_open(j, "reg", '{');
    json_text(j, "description", doc);
    if (fixed == 1)
        schema_types(j, "type", "array object");
    else
        json_text(j, "type", "object");
    if (fixed == 1) {
        json_open(j, "items", '[');
        schema_ref(j, NULL, "address");
        schema_ref(j, NULL, "length");
        json_close(j, ']');
        json_u64(j, "minItems", 2);
        json_u64(j, "maxItems", 2);
    }
    json_open(j, "properties", '{');
    for (uint32_t i = 0; i < type->nregions; i++)
        if (is_fixed(&type->regions[i]))
            schema_ref(j, type->regions[i].name, "window");
    json_close(j, '}');
    json_open(j, "required", '[');
    for (uint32_t i = 0; i < type->nregions; i++)
        if (is_required(&type->regions[i]))
            json_text(j, NULL, type->regions[i].name);
    json_close(j, ']');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

/* --- seats -------------------------------------------------------------------------------------------------- */

static const char *seat_word(const struct bp_seat_row *seat)
{
    return seat->word ? seat->word : "bus";
}

/* Parts have an address, or several in a row, where other nodes have regions. */
static bool is_part(const struct type *type)
{
    for (uint32_t i = 0; i < type->nseats; i++)
        if (!type->seats[i].word)
            return true;
    return false;
}

static void put_place(struct json *j)
{
    json_open(j, "reg", '{');
    json_text(j, "description", "Its address on the bus, or [FIRST, COUNT].");
    json_open(j, "anyOf", '[');
    schema_ref(j, NULL, "address");
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_open(j, "items", '[');
    schema_ref(j, NULL, "address");
    schema_value(j, NULL, BP_PROP_U64, "How many addresses.");
    json_close(j, ']');
    json_u64(j, "minItems", 2);
    json_u64(j, "maxItems", 2);
    json_close(j, '}');
    json_close(j, ']');
    json_close(j, '}');
}

/* The seats that have a word of their own; `bus` is every node's. */
static void put_seats(struct json *j, const struct type *type)
{
    for (uint32_t i = 0; i < type->nseats; i++) {
        const struct bp_seat_row *seat = &type->seats[i];

        if (!seat->word)
            continue;
        json_open(j, seat->word, '{');
        if (seat->doc)
            json_text(j, "description", seat->doc);
        schema_types(j, "type", "string null");
        json_close(j, '}');
    }
}

/* --- a type ------------------------------------------------------------------------------------------------- */

static void put_common(struct json *j, const struct type *type)
{
    for (const struct grammar_word *word = grammar_node; word->name; word++) {
        char definition[64];

        if (!strcmp(word->name, "reg") && is_part(type)) {
            put_place(j);
        } else if (!strcmp(word->name, "reg")) {
            put_reg(j, type, word->doc);
        } else {
            snprintf(definition, sizeof(definition), "node-%s", word->name);
            schema_ref(j, word->name, definition);
        }
    }
}

static void put_node_type(struct json *j, const struct schema_node *node)
{
    const struct type *type = node->type;
    char name[160];

    json_open(j, schema_definition(node->owner, type, name), '{');
    json_text(j, "description", type->doc);
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    put_common(j, type);
    for (uint32_t i = 0; i < type->nprops; i++)
        schema_property(j, &type->props[i]);
    for (uint32_t i = 0; i < type->nports; i++)
        if (is_first_of_key(type, i))
            put_port_key(j, type, i);
    put_seats(j, type);
    json_close(j, '}');
    json_bool(j, "additionalProperties", false);
    json_close(j, '}');
}

static bool needs_anything(const struct type *type)
{
    bool needs = required_regions(type) > 0;

    for (uint32_t i = 0; i < type->nprops; i++)
        needs |= type->props[i].flags & BP_PROP_REQUIRED;
    for (uint32_t i = 0; i < type->nports; i++)
        needs |= type->ports[i].flags & BP_PORT_REQUIRED && key_of(&type->ports[i]);
    for (uint32_t i = 0; i < type->nseats; i++)
        needs |= !(type->seats[i].flags & BP_SEAT_OPTIONAL);
    return needs;
}

static void put_required(struct json *j, const struct type *type)
{
    json_open(j, "required", '[');
    if (required_regions(type))
        json_text(j, NULL, "reg");
    for (uint32_t i = 0; i < type->nprops; i++)
        if (type->props[i].flags & BP_PROP_REQUIRED)
            json_text(j, NULL, type->props[i].name);
    for (uint32_t i = 0; i < type->nports; i++) {
        bool wanted = false;

        for (uint32_t k = i; k < type->nports && is_first_of_key(type, i); k++)
            wanted |= same_key(type, i, k) && type->ports[k].flags & BP_PORT_REQUIRED;
        if (wanted)
            json_text(j, NULL, key_of(&type->ports[i]));
    }
    for (uint32_t i = 0; i < type->nseats; i++)
        if (!(type->seats[i].flags & BP_SEAT_OPTIONAL))
            json_text(j, NULL, seat_word(&type->seats[i]));
    json_close(j, ']');
}

/* --- choosing among types ----------------------------------------------------------------------------------- */

/* "if": the node has this type. Where aliases are not known, any alias will do. */
static void put_condition(struct json *j, const struct schema *s, const struct schema_node *node)
{
    bool any = s->every_alias && node->type->plugin;
    char text[192];

    json_open(j, "if", '{');
    json_open(j, "properties", '{');
    json_open(j, "type", '{');
    snprintf(text, sizeof(text), any ? "^(?!core/)%s/%s$" : "%s/%s", any ? "[^/]+" : node->owner,
             node->type->name);
    json_text(j, any ? "pattern" : "const", text);
    json_close(j, '}');
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, "type");
    json_close(j, ']');
    json_close(j, '}');
}

/* Two plug-ins may have types of the same name; behind an unknown alias may be either. */
static bool is_namesake(const struct schema *s, size_t a, size_t b)
{
    const struct type *x = s->nodes[a].type, *y = s->nodes[b].type;

    return a == b || (s->every_alias && x->plugin && y->plugin && !strcmp(x->name, y->name));
}

static bool is_first_namesake(const struct schema *s, size_t node)
{
    for (size_t i = 0; i < node; i++)
        if (is_namesake(s, i, node))
            return false;
    return true;
}

static bool has_namesake(const struct schema *s, size_t node)
{
    for (size_t i = 0; i < s->nnodes; i++)
        if (i != node && is_namesake(s, i, node))
            return true;
    return false;
}

static void put_choice(struct schema *s, size_t node)
{
    struct json *j = &s->json;
    char name[160];

    json_open(j, NULL, '{');
    put_condition(j, s, &s->nodes[node]);
    if (has_namesake(s, node)) {
        json_open(j, "then", '{');
        json_open(j, "anyOf", '[');
        for (size_t i = node; i < s->nnodes; i++)
            if (is_namesake(s, node, i))
                schema_ref(j, NULL, schema_definition(s->nodes[i].owner, s->nodes[i].type, name));
        json_close(j, ']');
        json_close(j, '}');
    } else {
        schema_ref(j, "then", schema_definition(s->nodes[node].owner, s->nodes[node].type, name));
    }
    json_close(j, '}');
}

static void put_node(struct schema *s)
{
    struct json *j = &s->json;

    json_open(j, "node", '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    schema_ref(j, "type", "node-type");
    json_close(j, '}');
    json_open(j, "allOf", '[');
    for (size_t i = 0; i < s->nnodes; i++)
        if (is_first_namesake(s, i))
            put_choice(s, i);
    json_close(j, ']');
    json_close(j, '}');
}

/* A part may leave to the board around it what its nodes need; a board has nobody to leave it to. */
static void put_whole_node(struct schema *s)
{
    struct json *j = &s->json;

    json_open(j, "whole-node", '{');
    json_open(j, "required", '[');
    json_text(j, NULL, "type");
    json_close(j, ']');
    json_open(j, "allOf", '[');
    schema_ref(j, NULL, "node");
    for (size_t i = 0; i < s->nnodes; i++) {
        if (has_namesake(s, i) || !needs_anything(s->nodes[i].type))
            continue;
        json_open(j, NULL, '{');
        put_condition(j, s, &s->nodes[i]);
        json_open(j, "then", '{');
        put_required(j, s->nodes[i].type);
        json_close(j, '}');
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

/* What `type:` of a node may be, with what each is. */
static void put_type_names(struct schema *s)
{
    struct json *j = &s->json;
    char text[192];

    json_open(j, "node-type", '{');
    json_text(j, "description", grammar_node[0].doc);
    json_open(j, "anyOf", '[');
    json_open(j, NULL, '{');
    json_open(j, "enum", '[');
    for (size_t i = 0; i < s->nnodes; i++) {
        snprintf(text, sizeof(text), "%s/%s", s->nodes[i].owner, s->nodes[i].type->name);
        json_text(j, NULL, text);
    }
    json_close(j, ']');
    json_open(j, "enumDescriptions", '[');
    for (size_t i = 0; i < s->nnodes; i++)
        json_text(j, NULL, s->nodes[i].type->doc ? s->nodes[i].type->doc : "");
    json_close(j, ']');
    json_close(j, '}');
    json_open(j, NULL, '{');
    json_text(j, "type", "string");
    json_text(j, "pattern", s->every_alias ? "^[^/]+/[^/]+$" : SCHEMA_EXPRESSION);
    json_close(j, '}');
    json_close(j, ']');
    json_close(j, '}');
}

void schema_nodes(struct schema *s)
{
    for (size_t i = 0; i < s->nnodes; i++)
        put_node_type(&s->json, &s->nodes[i]);
    put_type_names(s);
    put_node(s);
    put_whole_node(s);
}
