/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml.h - a YAML text as a tree whose every value knows its file, line and column. [main]
 *
 * YAML 1.2 with the core schema, read through libyaml's events. Input is hostile: bytes that are
 * not text, nesting beyond YAML_MAX_DEPTH, more than YAML_MAX_VALUES values with aliases followed,
 * duplicate keys, tags and keys that are not plain text are errors. An alias shares the value of
 * its anchor.
 */
#ifndef CORE_MACHINE_YAML_H
#define CORE_MACHINE_YAML_H

#include "core/diag.h"
#include "core/machine/arena.h"

#define YAML_MAX_BYTES  (1u << 20) /* of a file */
#define YAML_MAX_DEPTH  64u
#define YAML_MAX_VALUES 100000u /* in a file */
#define YAML_MAX_KEYS   4096u   /* in a map */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_value {
    enum yaml_kind kind;
    struct diag_pos pos;
    const char *text; /* SCALAR: UTF-8 without NUL */
    bool quoted;      /* SCALAR: never null */
    uint32_t count;   /* LIST, MAP */
    struct yaml_value **items;
    struct yaml_entry {
        const char *key;
        struct diag_pos pos; /* of the key */
        struct yaml_value *value;
    } * entries;
    uint32_t weight, height; /* values in this tree with aliases followed; its levels */
};

struct yaml_file {
    struct yaml_value **documents;
    uint32_t count;
};

/* Reads a file or text. `name` becomes part of positions and must outlive them. Mistakes go to `d`;
 * false: nothing but mistakes was found. After a mistake of syntax the documents before it are
 * there. */
bool yaml_read_file(struct arena *a, struct diag *d, const char *name, struct yaml_file *out);
bool yaml_read_text(struct arena *a, struct diag *d, const char *name, const char *bytes,
                    size_t length, struct yaml_file *out);

/* A scalar made from text, for what comes from elsewhere than a file. */
struct yaml_value *yaml_scalar(struct arena *a, struct diag_pos pos, const char *text);

/* The value of a key in a map; NULL if there is none, or `map` is NULL or no map. */
const struct yaml_entry *yaml_find(const struct yaml_value *map, const char *key);

/* True for a plain ~, null or nothing at all. */
bool yaml_is_null(const struct yaml_value *v);

/* true and false of the core schema; `yes`, `on` and the like are texts. */
bool yaml_boolean(const char *text, bool *value);

const char *yaml_kind_name(const struct yaml_value *v); /* "a list" */

#endif
