/* SPDX-License-Identifier: Apache-2.0
 *
 * tree.h - a device tree in memory, open to change everywhere until it is flattened.
 *
 * libfdt's sequential writer wants every property before the first child and a node's name before its `reg`. Emitters
 * work in the other order, so the tree is collected here first. Out of memory is sticky: tree_flatten()
 * reports it, so that callers need not look at every single step. [main]
 */
#ifndef CORE_FDT_TREE_H
#define CORE_FDT_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_prop {
    char *name;
    uint8_t *data; /* may be NULL when bytes is 0 */
    uint32_t bytes;
};

struct tree_node {
    char *name; /* with its unit address */
    struct tree *tree;
    struct tree_node *parent;
    struct tree_prop *props;
    uint32_t nprops;
    struct tree_node **children;
    uint32_t nchildren;
};

struct tree {
    struct tree_node *root;
    uint64_t reserved,
        reserved_bytes; /* the memory reservation block's only entry; 0 bytes: none */
    bool no_memory;
};

int32_t tree_init(struct tree *tree); /* BP_OK or BP_E_NOMEM; makes the root */
void tree_finish(struct tree *tree);

/* A new child behind the others; NULL: no memory (sticky). The name is copied. */
struct tree_node *tree_add(struct tree_node *parent, const char *name);
struct tree_node *tree_child(const struct tree_node *parent, const char *name);
int32_t tree_rename(struct tree_node *node, const char *name);

/* Sets a property, replacing one of that name. Data is copied. BP_OK or BP_E_NOMEM (sticky). */
int32_t tree_set(struct tree_node *node, const char *name, const void *data, uint32_t bytes);
int32_t tree_set_cells(struct tree_node *node, const char *name, const uint32_t *cells,
                       uint32_t count);
int32_t tree_set_u32(struct tree_node *node, const char *name, uint32_t value);
int32_t tree_set_u64(struct tree_node *node, const char *name, uint64_t value);
int32_t tree_set_text(struct tree_node *node, const char *name, const char *text);
/* A string list, given joined by '\n'. */
int32_t tree_set_list(struct tree_node *node, const char *name, const char *joined);
const struct tree_prop *tree_get(const struct tree_node *node, const char *name);
void tree_drop(struct tree_node *node, const char *name);

/* "/soc/serial@10000000", malloc'ed; NULL: no memory. */
char *tree_path(const struct tree_node *node);

/* The flattened tree, malloc'ed. BP_OK, BP_E_NOMEM, or BP_E_INVAL for a name that libfdt refuses. */
int32_t tree_flatten(const struct tree *tree, uint8_t **out, uint32_t *bytes);

#endif
