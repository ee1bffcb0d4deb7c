/* SPDX-License-Identifier: Apache-2.0
 *
 * grammar.h - the words of a description that no plug-in defines, with what they mean: read by the loader, which refuses
 * every other word, and by `backplane schema`, which tells them to editors. Tables end with a NULL name. [any]
 */
#ifndef CORE_MACHINE_GRAMMAR_H
#define CORE_MACHINE_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

#define GRAMMAR_VERSION 1 /* of `backplane:`, the first word of every description */

/* Bits, for sets of them. */
enum graph_kind { KIND_PART = 1, KIND_SOC = 2, KIND_BOARD = 4, KIND_RUN = 8 };

struct grammar_kind {
    const char *name;
    enum graph_kind kind;
    const char *doc;
};
extern const struct grammar_kind grammar_kinds[];

struct grammar_word {
    const char *name, *doc;
    unsigned kinds; /* of descriptions that may have it; 0 where that makes no difference */
};
extern const struct grammar_word grammar_top[];    /* keys of a description */
extern const struct grammar_word grammar_node[];   /* of every node, beside its type's own */
extern const struct grammar_word grammar_param[];  /* of an entry of `params:` */
extern const struct grammar_word grammar_plugin[]; /* of an entry of `plugins:` */
extern const struct grammar_word grammar_include[];
extern const struct grammar_word grammar_boot[];
extern const struct grammar_word grammar_images[]; /* roles, beside the board's own */
extern const struct grammar_word grammar_times[];  /* in the order of enum graph_time */

/* Settings of deterministic time, beside `mode`. */
struct grammar_setting {
    const char *name;
    uint32_t prop;     /* BP_PROP_* of its value */
    uint64_t min, max; /* of it */
    size_t offset;     /* of the uint64_t in struct graph that takes it */
    const char *doc;
};
extern const struct grammar_setting grammar_time_settings[];

/* Types of a parameter, in no order that matters. */
struct grammar_param_type {
    const char *name;
    uint32_t prop; /* BP_PROP_* of its value */
    uint64_t max;  /* of those that count */
    const char *doc;
};
extern const struct grammar_param_type grammar_param_types[];

#endif
