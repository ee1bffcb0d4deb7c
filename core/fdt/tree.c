/* SPDX-License-Identifier: Apache-2.0
 *
 * The device tree under construction (tree.h), and its flattening through libfdt's sequential writer.
 */
#include "core/fdt/tree.h"

#include <backplane/abi.h>

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 8192u
#define LARGEST                                                                                    \
    (16u << 20) /* far above any machine; keeps a runaway emitter from eating the host */

static struct tree_node *make_node(struct tree *tree, struct tree_node *parent, const char *name)
{
    struct tree_node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    node->name = strdup(name);
    if (!node->name) {
        free(node);
        return NULL;
    }
    node->tree = tree;
    node->parent = parent;
    return node;
}

static void free_node(struct tree_node *node)
{
    if (!node)
        return;
    for (uint32_t i = 0; i < node->nchildren; i++)
        free_node(node->children[i]);
    for (uint32_t i = 0; i < node->nprops; i++) {
        free(node->props[i].name);
        free(node->props[i].data);
    }
    free(node->children);
    free(node->props);
    free(node->name);
    free(node);
}

int32_t tree_init(struct tree *tree)
{
    *tree = (struct tree){0};
    tree->root = make_node(tree, NULL, "");
    return tree->root ? BP_OK : BP_E_NOMEM;
}

void tree_finish(struct tree *tree)
{
    free_node(tree->root);
    tree->root = NULL;
}

struct tree_node *tree_add(struct tree_node *parent, const char *name)
{
    struct tree_node *node = make_node(parent->tree, parent, name);
    struct tree_node **grown =
        node ? realloc(parent->children, (parent->nchildren + 1) * sizeof(*grown)) : NULL;

    if (!grown) {
        free_node(node);
        parent->tree->no_memory = true;
        return NULL;
    }
    parent->children = grown;
    parent->children[parent->nchildren++] = node;
    return node;
}

struct tree_node *tree_child(const struct tree_node *parent, const char *name)
{
    for (uint32_t i = 0; i < parent->nchildren; i++)
        if (!strcmp(parent->children[i]->name, name))
            return parent->children[i];
    return NULL;
}

int32_t tree_rename(struct tree_node *node, const char *name)
{
    char *copy = strdup(name);

    if (!copy) {
        node->tree->no_memory = true;
        return BP_E_NOMEM;
    }
    free(node->name);
    node->name = copy;
    return BP_OK;
}

static struct tree_prop *find_prop(const struct tree_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->nprops; i++)
        if (!strcmp(node->props[i].name, name))
            return &node->props[i];
    return NULL;
}

const struct tree_prop *tree_get(const struct tree_node *node, const char *name)
{
    return find_prop(node, name);
}

static struct tree_prop *make_prop(struct tree_node *node, const char *name)
{
    struct tree_prop *grown = realloc(node->props, (node->nprops + 1) * sizeof(*grown));

    if (!grown)
        return NULL;
    node->props = grown;
    grown += node->nprops;
    *grown = (struct tree_prop){.name = strdup(name)};
    if (!grown->name)
        return NULL;
    node->nprops++;
    return grown;
}

int32_t tree_set(struct tree_node *node, const char *name, const void *data, uint32_t bytes)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    struct tree_prop *prop = find_prop(node, name);

    if (copy && !prop)
        prop = make_prop(node, name);
    if (!copy || !prop) {
        free(copy);
        node->tree->no_memory = true;
        return BP_E_NOMEM;
    }
    if (bytes)
        memcpy(copy, data, bytes);
    free(prop->data);
    prop->data = copy;
    prop->bytes = bytes;
    return BP_OK;
}

int32_t tree_set_cells(struct tree_node *node, const char *name, const uint32_t *cells,
                       uint32_t count)
{
    fdt32_t *big = malloc(count ? count * sizeof(*big) : 1);
    int32_t status;

    if (!big) {
        node->tree->no_memory = true;
        return BP_E_NOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        big[i] = cpu_to_fdt32(cells[i]);
    status = tree_set(node, name, big, count * (uint32_t)sizeof(*big));
    free(big);
    return status;
}

int32_t tree_set_u32(struct tree_node *node, const char *name, uint32_t value)
{
    return tree_set_cells(node, name, &value, 1);
}

int32_t tree_set_u64(struct tree_node *node, const char *name, uint64_t value)
{
    return tree_set_cells(node, name, (uint32_t[]){(uint32_t)(value >> 32), (uint32_t)value}, 2);
}

int32_t tree_set_text(struct tree_node *node, const char *name, const char *text)
{
    return tree_set(node, name, text, (uint32_t)strlen(text) + 1);
}

int32_t tree_set_list(struct tree_node *node, const char *name, const char *joined)
{
    uint32_t bytes = (uint32_t)strlen(joined) + 1;
    char *list = strdup(joined);
    int32_t status;

    if (!list) {
        node->tree->no_memory = true;
        return BP_E_NOMEM;
    }
    for (char *c = list; (c = strchr(c, '\n'));)
        *c++ = '\0';
    status = tree_set(node, name, list, bytes);
    free(list);
    return status;
}

void tree_drop(struct tree_node *node, const char *name)
{
    struct tree_prop *prop = find_prop(node, name);

    if (!prop)
        return;
    free(prop->name);
    free(prop->data);
    memmove(prop, prop + 1, (size_t)(node->props + node->nprops - (prop + 1)) * sizeof(*prop));
    node->nprops--;
}

char *tree_path(const struct tree_node *node)
{
    size_t bytes = 2;
    char *path, *at;

    for (const struct tree_node *n = node; n->parent; n = n->parent)
        bytes += strlen(n->name) + 1;
    path = malloc(bytes);
    if (!path)
        return NULL;
    at = path + bytes - 1;
    *at = '\0';
    if (!node->parent) {
        strcpy(path, "/");
        return path;
    }
    for (const struct tree_node *n = node; n->parent; n = n->parent) {
        size_t length = strlen(n->name);

        at -= length;
        memcpy(at, n->name, length);
        *--at = '/';
    }
    memmove(path, at, strlen(at) + 1);
    return path;
}

static int flatten_node(void *fdt, const struct tree_node *node)
{
    int error = fdt_begin_node(fdt, node->name);

    for (uint32_t i = 0; !error && i < node->nprops; i++)
        error =
            fdt_property(fdt, node->props[i].name, node->props[i].data, (int)node->props[i].bytes);
    for (uint32_t i = 0; !error && i < node->nchildren; i++)
        error = flatten_node(fdt, node->children[i]);
    return error ? error : fdt_end_node(fdt);
}

static int flatten_into(void *fdt, uint32_t bytes, const struct tree *tree)
{
    int error = fdt_create(fdt, (int)bytes);

    if (!error && tree->reserved_bytes)
        error = fdt_add_reservemap_entry(fdt, tree->reserved, tree->reserved_bytes);
    if (!error)
        error = fdt_finish_reservemap(fdt);
    if (!error)
        error = flatten_node(fdt, tree->root);
    return error ? error : fdt_finish(fdt);
}

int32_t tree_flatten(const struct tree *tree, uint8_t **out, uint32_t *bytes)
{
    int error = -FDT_ERR_NOSPACE;

    if (tree->no_memory)
        return BP_E_NOMEM;
    for (uint32_t size = FIRST_SIZE; error == -FDT_ERR_NOSPACE && size <= LARGEST; size *= 2) {
        uint8_t *fdt = calloc(1, size);

        if (!fdt)
            return BP_E_NOMEM;
        error = flatten_into(fdt, size, tree);
        if (!error) {
            *out = fdt;
            *bytes = fdt_totalsize(fdt);
            return BP_OK;
        }
        free(fdt);
    }
    return error == -FDT_ERR_NOSPACE ? BP_E_FULL : BP_E_INVAL;
}
