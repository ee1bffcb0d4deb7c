/* SPDX-License-Identifier: Apache-2.0
 *
 * graph_load.h - the steps from files to a graph, inside of core/machine. [main]
 *
 *   graph_file.c     files, documents, kinds and their top-level keys
 *   graph_params.c   typed parameters
 *   graph_include.c  parts inside of parts, plug-in aliases
 *   graph_expand.c   repeat, when, override: from `nodes:` to instances
 *   graph_node.c     an instance becomes a node: type, properties
 *   graph_value.c    one value of one property
 *   graph_name.c     names of nodes as they are meant where they stand
 *   graph_reg.c      addresses, overlaps
 *   graph_port.c     ports and the words that connect them; clocks, back ends
 *   graph_wire.c     lines
 *   graph_stub.c     register descriptions of core/stub
 *   graph_fdt.c      the `fdt:` escape
 *   graph_board.c    aliases, boot places, what the root of the device tree says
 *   graph_run.c      a run: its board, and the command line as a last run
 *   graph_host.c     accelerators, back ends
 *   graph_images.c   images
 *
 * All memory is the graph's arena. A step reports what is wrong and goes on; what it could not make
 * is absent or `broken`, so that nobody complains about the same thing again.
 */
#ifndef CORE_MACHINE_GRAPH_LOAD_H
#define CORE_MACHINE_GRAPH_LOAD_H

#include "core/machine/expr.h"
#include "core/machine/grammar.h"
#include "core/machine/graph.h"
#include "core/machine/yaml.h"

#define GRAPH_MAX_NODES  4096u
#define GRAPH_MAX_DEPTH  16u /* of includes */
#define GRAPH_MAX_PARTS  1024u
#define GRAPH_MAX_PARAMS 256u /* of a file */
#define GRAPH_BUCKETS    1024u

struct graph_document {
    const struct yaml_value *root; /* a map */
    const char *file, *dir; /* `dir` is where its relative paths start: "" or with a final / */
    enum graph_kind kind;
};

/* What names mean at some place of a description. */
struct graph_scope {
    struct expr_scope names;       /* parameters, and the index of a repeat around them */
    const struct graph_part *part; /* NULL: the command line */
};

/* One description in the place where it is included. */
struct graph_part {
    const struct graph_document *document;
    const struct graph_part *outer; /* that includes it; NULL: the board, or a run */
    const char *prefix;             /* of its nodes' names; "" */
    unsigned depth;
    struct graph_scope scope;
    struct graph_use {
        const char *alias;
        const struct plugin *plugin; /* NULL: could not be opened */
    } * uses;
    uint32_t nuses;
};

/* One `key: value` of a node, and where names in the value are looked up. */
struct graph_given {
    const char *key;
    struct diag_pos pos;
    const struct yaml_value *value;
    const struct graph_scope *scope;
};

/* A node on its way: repeats are expanded, nothing is interpreted. */
struct graph_instance {
    const char *name, *template; /* "hart3", "hart" */
    struct diag_pos pos;
    const struct graph_scope *scope;
    struct graph_given *given;
    uint32_t ngiven;
    const char *absent;          /* why there is no such node after all; NULL: there is */
    struct graph_node *node;     /* NULL: absent or broken */
    bool broken;                 /* its type is not known; reported */
    struct graph_instance *next; /* of the same bucket */
};

/* A value given for a parameter. */
struct graph_set {
    const char *name;
    struct diag_pos pos;
    const struct yaml_value *value;
    const struct graph_scope *scope;
    bool used;
};

struct graph_loader {
    struct arena *arena;
    struct diag *diag;
    size_t reports;     /* calls of graph_error() */
    size_t comparisons; /* of names with patterns */
    size_t first_item;  /* of this description in `diag` */
    struct registry *registry;
    const struct graph_options *options;
    struct graph *graph;
    struct graph_source *sources; /* files read so far */
    uint32_t nsources;
    struct graph_part *run; /* NULL: a board alone */
    struct graph_part *board;
    struct graph_part **parts; /* the board and all that it includes, outer ones first */
    uint32_t nparts;
    struct graph_instance **instances;
    uint32_t ninstances;
    struct graph_instance *buckets[GRAPH_BUCKETS]; /* the same, by name */
    const char **lost; /* nodes whose repeat could not be expanded; nobody misses them aloud */
    uint32_t nlost;
};

/* Where a value stands: for errors, and for the meaning of names. */
struct graph_where {
    const char *node, *key; /* "uart0", "interrupts.rx"; node may be NULL */
    const struct graph_scope *scope;
};

/* --- graph.c --- */
/* An error about `node.key` (each may be NULL). The same words for the same place are said once,
 * however often a repeat meets them. */
void graph_error(struct graph_loader *l, struct diag_pos pos, const char *node, const char *key,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Where everything of a graph lives. */
struct arena *graph_arena(struct graph *g);
/* "; did you mean X?" or "". */
const char *graph_hint(struct graph_loader *l, const char *word, const char *const *candidates,
                       size_t count);
/* The text of a plain value with ${...} replaced; NULL after an error. */
const char *graph_text(struct graph_loader *l, const struct graph_where *w,
                       const struct yaml_value *v);
/* As graph_text, for texts that may be missing (~): false after an error, *out NULL when
 * missing. */
bool graph_optional_text(struct graph_loader *l, const struct graph_where *w,
                         const struct yaml_value *v, const char **out);
bool graph_boolean(struct graph_loader *l, const struct graph_where *w, const struct yaml_value *v,
                   bool *out);
bool graph_is_name(const char *text); /* letters, digits, - and _, starting with a letter */
/* A map; NULL when missing (also ~) or after an error. */
const struct yaml_value *graph_map(struct graph_loader *l, const struct graph_where *w,
                                   const struct yaml_value *parent, const char *key);
/* Reports every key of a map that is not among `known`. */
void graph_check_keys(struct graph_loader *l, const char *node, const char *key,
                      const struct yaml_value *map, const struct grammar_word *known,
                      const char *what);
/* The names of a table of words, for graph_hint(). */
const char **graph_words(struct graph_loader *l, const struct grammar_word *words, size_t *count);
/* `path` as it is meant in the description that `w` stands in. */
const char *graph_path(struct graph_loader *l, const struct graph_scope *scope, const char *path);

/* --- graph_file.c --- */
struct graph_documents {
    struct graph_document *items;
    uint32_t count;
};
/* The documents of a file, checked at the top level; count 0 after an error. `named` is where the
 * file is named. */
struct graph_documents graph_open(struct graph_loader *l, const char *path, struct diag_pos named);

/* --- graph_params.c --- */
/* Reads `params:` of a part into its scope. Values in `sets` (later ones win) are marked as
 * used. */
void graph_params(struct graph_loader *l, struct graph_part *part, struct graph_set *sets,
                  uint32_t nsets);
/* Adds entries of a map to a list of sets. */
void graph_add_sets(struct graph_loader *l, const struct yaml_value *map,
                    const struct graph_scope *scope, struct graph_set **sets, uint32_t *nsets);
/* Reports sets that no parameter of the parts took. */
void graph_check_sets(struct graph_loader *l, const char *key, const struct graph_set *sets,
                      uint32_t nsets, const struct graph_part *const *parts, uint32_t nparts);

/* --- graph_include.c --- */
/* Makes a part of a document and expands everything in it. NULL after an error. */
struct graph_part *graph_part(struct graph_loader *l, const struct graph_document *document,
                              const struct graph_part *outer, const char *prefix,
                              struct graph_set *sets, uint32_t nsets);

/* --- graph_expand.c --- */
/* Adds the instances of `nodes:`. */
void graph_expand(struct graph_loader *l, const struct graph_part *part);
/* Applies `override:` to the instances from `first` on, which the part's includes made. */
void graph_override(struct graph_loader *l, const struct graph_part *part, uint32_t first);

/* --- graph_name.c --- */
void graph_add_instance(struct graph_loader *l, struct graph_instance *instance);
/* Would a node of this name be there, had its repeat not been wrong? */
bool graph_is_lost(const struct graph_loader *l, const char *name);
/* The instance called exactly so; NULL. */
struct graph_instance *graph_find_instance(const struct graph_loader *l, const char *prefix,
                                           const char *name);
/* The instance that `name` means in a scope: of the same part, or of one around it; NULL. */
struct graph_instance *graph_instance(const struct graph_loader *l, const struct graph_scope *scope,
                                      const char *name);
/* The node, with an error when there is none. */
struct graph_node *graph_node(struct graph_loader *l, const struct graph_where *w,
                              struct diag_pos pos, const char *name);
/* Calls fn for each node that a glob means; an error when there is none. */
void graph_glob(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                const char *pattern, void (*fn)(void *ctx, struct graph_node *node), void *ctx);
/* A number, or NODE+OFFSET. */
bool graph_address(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                   const char *text, uint64_t *out);

/* --- graph_value.c --- */
/* Checks `v` (not null) against a row of `owner`. */
bool graph_read_value(struct graph_loader *l, const struct graph_where *w,
                      const struct bp_prop *row, const struct yaml_value *v,
                      struct graph_value *out);
/* The row's default, or nothing: a zero, an empty list. */
void graph_default(struct graph_loader *l, const struct graph_where *w, const struct bp_prop *row,
                   struct graph_value *out);
/* All properties of a type from a list of what is given; others are the caller's business. */
struct graph_prop *graph_props(struct graph_loader *l, const struct type *type, const char *node,
                               struct diag_pos pos, const struct graph_given *given,
                               uint32_t ngiven);

/* --- graph_node.c, graph_reg.c, graph_port.c, graph_wire.c, graph_seat.c, graph_fdt.c --- */
void graph_make_nodes(struct graph_loader *l);
void graph_make_regs(struct graph_loader *l);
void graph_make_props(struct graph_loader *l);
void graph_make_stubs(struct graph_loader *l);
void graph_make_ports(struct graph_loader *l);
void graph_make_via(struct graph_loader *l);
void graph_make_seats(struct graph_loader *l);
void graph_check_required(struct graph_loader *l);
void graph_make_fdt(struct graph_loader *l, struct graph_node *node,
                    const struct graph_given *given);

const struct graph_given *graph_given(const struct graph_instance *i,
                                      const char *key); /* NULL: not, or null */
/* The seat of a type that takes `bus:` and `reg:`; NULL: they mean an address space and regions. */
const struct bp_seat_row *graph_place_row(const struct type *type);
/* The word that says where a seat is. */
const char *graph_seat_word(const struct bp_seat_row *seat);
/* Does the class of a node offer an interface? NULL id: every class does. */
bool graph_offers(const struct graph_node *node, const char *id);
/* "line 7", or "FILE:7" when `other` is in another file than `pos`. */
const char *graph_line(struct graph_loader *l, struct diag_pos pos, struct diag_pos other);
/* The word that connects a port; NULL: nothing in the description does. */
const char *graph_port_word(const struct bp_port *port);
/* Connects one OUT port of kind IRQ, GPIO or RESET as `v` says. */
void graph_wire_port(struct graph_loader *l, const struct graph_where *w, struct graph_node *node,
                     uint32_t port, const struct yaml_value *v);
/* "plic 10 level-high" in pieces; at most GRAPH_MAX_WORDS. False: too many or none, reported. */
#define GRAPH_MAX_WORDS 8u
bool graph_split(struct graph_loader *l, const struct graph_where *w, const struct yaml_value *v,
                 const char *words[GRAPH_MAX_WORDS], uint32_t *count);
const struct bp_provider *graph_provider(const struct type *type, uint32_t kind);
/* Checks a cell of a reference; `*out` is its value. */
bool graph_cell(struct graph_loader *l, const struct graph_where *w, struct diag_pos pos,
                const struct graph_node *to, const struct bp_cell *cell, const char *text,
                uint32_t *out);

/* --- graph_board.c --- */
void graph_make_board(struct graph_loader *l);

/* --- graph_run.c, graph_host.c, graph_images.c --- */
/* Finds the run and the board in FILE and reads both. False after an error that leaves nothing to
 * check. */
bool graph_read(struct graph_loader *l, const char *file);
void graph_make_run(struct graph_loader *l); /* time, seed */
void graph_make_accels(struct graph_loader *l);
void graph_make_backends(struct graph_loader *l);
void graph_make_images(struct graph_loader *l);

extern const struct diag_pos graph_command_line; /* the place of everything that was given there */

#endif
