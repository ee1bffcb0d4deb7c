/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest's device tree: root, /chosen, /aliases, /memory, /cpus and /soc around the nodes of the graph.
 * Devicetree Specification 0.4, chapter 3; /chosen also follows the bindings of Linux (initrd, rng-seed).
 */
#include "core/fdt/devicetree.h"
#include "core/fdt/builder.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

/* Room for what devicetree_amend() adds besides the boot arguments. */
#define AMEND_SLACK 512u

uint32_t builder_phandle(struct builder *b, const struct graph_node *node, const char *child)
{
    struct builder_phandle *grown;

    for (uint32_t i = 0; i < b->nphandles; i++) {
        const struct builder_phandle *p = &b->phandles[i];

        if (p->node == node && !p->child == !child && (!child || !strcmp(p->child, child)))
            return i + 1;
    }
    grown = realloc(b->phandles, (b->nphandles + 1) * sizeof(*grown));
    if (!grown)
        goto no_memory;
    b->phandles = grown;
    grown[b->nphandles] =
        (struct builder_phandle){.node = node, .child = child ? strdup(child) : NULL};
    if (child && !grown[b->nphandles].child)
        goto no_memory;
    return ++b->nphandles;

no_memory:
    b->tree.no_memory = true;
    return 0;
}

static int32_t resolve_phandles(struct builder *b)
{
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < b->nphandles; i++) {
        const struct builder_phandle *p = &b->phandles[i];
        struct tree_node *at = b->nodes[p->node->index];

        if (at && p->child)
            at = tree_child(at, p->child);
        if (at) {
            tree_set_u32(at, "phandle", i + 1);
            continue;
        }
        diag_error(
            b->diag, p->node->pos, p->node->name,
            "another node of the device tree points here, but %s%s is not in it: show it, or hide "
            "the others with `fdt: false`",
            p->child ? "its child " : "it", p->child ? p->child : "");
        status = BP_E_INVAL;
    }
    return status;
}

static void put_root(struct builder *b)
{
    struct tree_node *root = b->tree.root;
    const struct graph *g = b->graph;

    tree_set_u32(root, "#address-cells", 2);
    tree_set_u32(root, "#size-cells", 2);
    if (g->ncompatible) {
        size_t bytes = 0;
        char *list, *end;

        for (uint32_t i = 0; i < g->ncompatible; i++)
            bytes += strlen(g->compatible[i]) + 1;
        list = end = malloc(bytes);
        for (uint32_t i = 0; list && i < g->ncompatible; i++)
            end = stpcpy(end, g->compatible[i]) + 1;
        if (list)
            tree_set(root, "compatible", list, (uint32_t)bytes);
        else
            b->tree.no_memory = true;
        free(list);
    } else {
        char name[128];

        snprintf(name, sizeof(name), "backplane,%.100s", g->name);
        tree_set_text(root, "compatible", name);
    }
    tree_set_text(root, "model", g->model ? g->model : g->name);
}

/* Does a node sit under the root itself, like memory and oscillators? */
static bool in_root(const struct builder *b, const struct graph_node *node)
{
    const struct bp_fdt_node *iface = NULL;

    return node->type->kind != TYPE_CPU && builder_shows(b, node, &iface) && iface &&
           iface->flags & BP_FDT_ROOT;
}

static int32_t put_nodes(struct builder *b, bool roots)
{
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < b->graph->nnodes; i++) {
        const struct graph_node *node = b->graph->nodes[i];
        int32_t one = in_root(b, node) == roots ? builder_emit(b, node) : BP_OK;

        if (one != BP_OK)
            status = one;
    }
    return status;
}

/* All nodes, in the order a reader expects: aliases, chosen, memory and clocks, CPUs, devices. */
static int32_t put_tree(struct builder *b)
{
    int32_t status, others;

    put_root(b);
    tree_add(b->tree.root, "aliases");
    tree_add(b->tree.root, "chosen");
    if (b->tree.no_memory)
        return BP_E_NOMEM;
    status = put_nodes(b, true);
    b->cpus = tree_add(b->tree.root, "cpus");
    b->soc = tree_add(b->tree.root, "soc");
    if (b->tree.no_memory)
        return BP_E_NOMEM;
    tree_set_u32(b->cpus, "#address-cells", 1);
    tree_set_u32(b->cpus, "#size-cells", 0);
    tree_set_text(b->soc, "compatible", "simple-bus");
    tree_set_u32(b->soc, "#address-cells", 2);
    tree_set_u32(b->soc, "#size-cells", 2);
    tree_set(b->soc, "ranges", NULL, 0);
    others = put_nodes(b, false);
    return status != BP_OK ? status : others;
}

/* RISC-V keeps the time base once, in /cpus (binding riscv/cpus.yaml); the CPUs know it. */
static void put_timebase(struct builder *b)
{
    const struct tree_prop *hz =
        b->cpus->nchildren ? tree_get(b->cpus->children[0], "timebase-frequency") : NULL;

    if (hz)
        tree_set(b->cpus, "timebase-frequency", hz->data, hz->bytes);
}

static void put_aliases(struct builder *b)
{
    struct tree_node *aliases = tree_child(b->tree.root, "aliases");
    struct tree_node *chosen = tree_child(b->tree.root, "chosen");

    for (uint32_t i = 0; i < b->graph->naliases; i++) {
        const struct graph_alias *alias = &b->graph->aliases[i];
        char *path = b->nodes[alias->node->index] ? tree_path(b->nodes[alias->node->index]) : NULL;

        if (!path)
            continue; /* an alias of something the guest does not see */
        tree_set_text(aliases, alias->name, path);
        if (!strcmp(alias->name, "serial0"))
            tree_set_text(chosen, "stdout-path", path);
        free(path);
    }
}

static void put_chosen(struct builder *b, const struct devicetree_chosen *chosen)
{
    struct tree_node *at = tree_child(b->tree.root, "chosen");

    if (chosen->bootargs)
        tree_set_text(at, "bootargs", chosen->bootargs);
    if (chosen->initrd_end) {
        tree_set_u64(at, "linux,initrd-start", chosen->initrd_start);
        tree_set_u64(at, "linux,initrd-end", chosen->initrd_end);
    }
    b->tree.reserved = chosen->reserved;
    b->tree.reserved_bytes = chosen->reserved_bytes;
    if (chosen->rng_seed)
        tree_set(at, "rng-seed", chosen->rng_seed, chosen->rng_seed_bytes);
}

int32_t devicetree_build(struct machine *m, const struct devicetree_chosen *chosen, uint8_t **out,
                         uint32_t *bytes, struct diag *d)
{
    const struct diag_pos nowhere = {0};
    struct builder b = {.machine = m, .graph = machine_graph(m), .diag = d};
    size_t errors = d->errors;
    int32_t status = tree_init(&b.tree);

    b.nodes = calloc(b.graph->nnodes + 1u, sizeof(*b.nodes));
    if (!b.nodes)
        status = BP_E_NOMEM;
    if (status == BP_OK)
        status = put_tree(&b);
    if (status == BP_OK) {
        put_timebase(&b);
        put_aliases(&b);
        put_chosen(&b, chosen);
        status = resolve_phandles(&b);
    }
    if (status == BP_OK)
        status = tree_flatten(&b.tree, out, bytes);
    if (status != BP_OK && d->errors == errors)
        diag_error(d, nowhere, "device tree",
                   status == BP_E_NOMEM ? "no memory left on the host: close something"
                   : status == BP_E_FULL
                       ? "larger than 16 MiB: describe fewer nodes"
                       : "a name in it is not allowed: look at the `fdt:` properties");
    for (uint32_t i = 0; i < b.nphandles; i++)
        free(b.phandles[i].child);
    free(b.phandles);
    free(b.nodes);
    tree_finish(&b.tree);
    return status;
}

int32_t devicetree_amend(const uint8_t *fdt, uint32_t bytes, const struct devicetree_chosen *chosen,
                         uint8_t **out, uint32_t *out_bytes)
{
    size_t room = bytes + AMEND_SLACK + (chosen->bootargs ? strlen(chosen->bootargs) : 0) +
                  chosen->rng_seed_bytes;
    uint8_t *copy;
    int at, error;

    if (room > INT32_MAX || bytes < sizeof(struct fdt_header) || fdt_totalsize(fdt) > bytes)
        return BP_E_INVAL;
    copy = calloc(1, room);
    if (!copy)
        return BP_E_NOMEM;
    error = fdt_check_full(fdt, bytes);
    if (!error)
        error = fdt_open_into(fdt, copy, (int)room);
    at = error ? error : fdt_path_offset(copy, "/chosen");
    if (at == -FDT_ERR_NOTFOUND)
        at = fdt_add_subnode(copy, 0, "chosen");
    error = at < 0 ? at : 0;
    if (!error && chosen->bootargs)
        error = fdt_setprop_string(copy, at, "bootargs", chosen->bootargs);
    if (!error && chosen->initrd_end)
        error = fdt_setprop_u64(copy, at, "linux,initrd-start", chosen->initrd_start);
    if (!error && chosen->initrd_end)
        error = fdt_setprop_u64(copy, at, "linux,initrd-end", chosen->initrd_end);
    if (!error && chosen->rng_seed)
        error = fdt_setprop(copy, at, "rng-seed", chosen->rng_seed, (int)chosen->rng_seed_bytes);
    if (!error && chosen->reserved_bytes)
        error = fdt_add_mem_rsv(copy, chosen->reserved, chosen->reserved_bytes);
    if (!error)
        error = fdt_pack(copy);
    if (error) {
        free(copy);
        return BP_E_INVAL;
    }
    *out = copy;
    *out_bytes = fdt_totalsize(copy);
    return BP_OK;
}
