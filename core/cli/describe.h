/* SPDX-License-Identifier: Apache-2.0
 *
 * describe.h - between the files of `backplane describe`. [main]
 */
#ifndef CORE_CLI_DESCRIBE_H
#define CORE_CLI_DESCRIBE_H

#include "core/plugin/registry.h"
#include "core/plugin/words.h"

#include <backplane/regs.h>
#include <backplane/trace.h>

#include <stddef.h>

struct json;
struct session;

/* describe_find.c: every type there is, by kind, plug-in and name; free() the list. NULL: no memory. */
const struct type **describe_types(struct session *s, size_t *count);
/* The one of the list that `word` names, with or without plug-in. NULL: standard error was told, in the name of
 * `command`, that there is no `wanted`. */
const struct type *describe_find(const char *command, const struct type *const *list, size_t count,
                                 const char *word, const char *wanted);

/* describe_text.c, describe_json.c: everything a type says of itself, on standard output. */
void describe_text(const struct type *type);
void describe_json(const struct type *type);

/* describe_words.c: words for the numbers of the SDK. Text lives until the next call with the same `room`. */
const char *describe_kind(const struct type *type);
const char *describe_plugin(const struct type *type);            /* "core" without one */
const char *describe_port_direction(const struct bp_port *port); /* " in", " out", or "" */
const char *describe_port_word(const struct bp_port *port); /* the property it is written under */
const char *describe_read(uint32_t read); /* "read clears"; NULL for a read without effect */
const char *describe_prop_type(const struct bp_prop *prop,
                               char room[128]); /* "list of reference" */
const char *describe_prop_range(const struct bp_prop *prop,
                                char room[128]); /* "1..8", choices, or "" */
/* How other nodes refer to one: "NODE source:1..sources level-high|level-low". */
const char *describe_reference(const struct bp_provider *provider, char room[512]);
/* Row `i` of a table with its own stride, as this version knows it. */
struct bp_reg describe_reg(const struct bp_region *region, uint32_t i);
/* The rule of a field that is not the register's; NULL. */
const struct bp_reg_bits *describe_bits(const struct bp_reg *reg, const struct bp_reg_field *field);
struct bp_cpu_reg describe_cpu_reg(const struct bp_cpu_class *cpu, uint32_t i);

#endif
