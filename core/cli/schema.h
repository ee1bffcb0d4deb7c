/* SPDX-License-Identifier: Apache-2.0
 *
 * schema.h - between the files of `backplane schema`. What it writes is JSON Schema draft-07 with `enumDescriptions`,
 * the dialect that editors' YAML language servers read. [main]
 *
 * A schema never refuses what the loader accepts. It knows less: names, arithmetic in ${...} and the order of addresses
 * are `backplane check`'s.
 */
#ifndef CORE_CLI_SCHEMA_H
#define CORE_CLI_SCHEMA_H

#include "core/cli/json.h"
#include "core/plugin/registry.h"

#include <stddef.h>

/* A type that nodes may have, as the description writes it. */
struct schema_node {
    const struct type *type;
    char *owner; /* "std": the alias; in a schema for every description the plug-in's id */
};

struct schema {
    struct json json;
    bool every_alias; /* for every description: aliases are not known */
    struct schema_node *nodes;
    size_t nnodes;
    const struct type **backends, **accels;
    size_t nbackends, naccels;
    const char **plugins; /* ids, for `use:` */
    size_t nplugins;
};

/* schema_grammar.c: all of it. */
void schema_write(struct schema *s);

/* schema_nodes.c: definitions for the types of nodes, and those that choose among them: `node`, `whole-node` (with what must
 * be given). */
void schema_nodes(struct schema *s);
/* "OWNER.TYPE", the name of a type's definition. */
const char *schema_definition(const char *owner, const struct type *type, char room[160]);

/* schema_hosts.c: the same for back ends and accelerators: `backend`, `accel`. */
void schema_hosts(struct schema *s);

/* schema_values.c */
/* A member for one property; it may also be ${...}, and null for "not given". */
void schema_property(struct json *j, const struct bp_prop *row);
/* The same for a single value of a type (BP_PROP_*), which may be a list element or a parameter. */
void schema_value(struct json *j, const char *key, uint32_t type, const char *doc);
/* "key": {"type": [...]}, with words separated by blanks: "string null". */
void schema_types(struct json *j, const char *key, const char *types);
/* An object with a reference to a definition; key NULL inside of arrays. */
void schema_ref(struct json *j, const char *key, const char *definition);

#define SCHEMA_EXPRESSION "\\$\\{" /* a pattern: holds arithmetic */
#define SCHEMA_NAME       "^[A-Za-z][A-Za-z0-9_-]*$"
#define SCHEMA_SCALAR     "string number boolean null"

#endif
