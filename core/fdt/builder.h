/* SPDX-License-Identifier: Apache-2.0
 *
 * builder.h - what the files of this folder share while one device tree is being made. [main]
 */
#ifndef CORE_FDT_BUILDER_H
#define CORE_FDT_BUILDER_H

#include "core/fdt/devicetree.h"
#include "core/fdt/tree.h"

#include <backplane/fdt.h>

/* A phandle someone asked for; its owner may come later in the tree. The number is the index + 1. */
struct builder_phandle {
    const struct graph_node *node;
    char *child; /* NULL: the node itself */
};

struct builder {
    struct machine *machine;
    const struct graph *graph;
    struct diag *diag;
    struct tree tree;
    struct tree_node *cpus, *soc;
    struct tree_node **nodes; /* by graph_node.index; NULL: not in the tree */
    struct builder_phandle *phandles;
    uint32_t nphandles;
};

/* Whether a node of the graph appears in the tree, and through which interface (may be NULL for one that only its
 * `fdt:` escape describes). */
bool builder_shows(const struct builder *b, const struct graph_node *node,
                   const struct bp_fdt_node **iface);

/* The number for `node` (or its child); 0: no memory. */
uint32_t builder_phandle(struct builder *b, const struct graph_node *node, const char *child);

/* Adds one node of the graph at its place. Errors go to b->diag. */
int32_t builder_emit(struct builder *b, const struct graph_node *node);

#endif
