/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.h - machines for unit tests, without any description: graphs made by hand from device classes of the test itself.
 *
 *     struct rig r;
 *     rig_init(&r);
 *     struct graph_node *ram = rig_device(&r, "ram", &core_ram, 0x80000000, 0x1000);
 *     ...
 *     cr_assert(rig_build(&r, MACHINE_NO_BACKENDS));
 *     ...
 *     rig_finish(&r);
 *
 * Everything is static, so that each test program has a rig of its own.
 */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"
#include "core/plugin/object.h"

#include <backplane/util/bytes.h>

#define RIG_MAX 40

struct rig {
    struct graph graph;
    struct registry *registry;
    struct diag diag;
    struct machine *m;
    struct graph_node nodes[RIG_MAX], *node_list[RIG_MAX];
    struct graph_wire wires[4 * RIG_MAX];
    struct graph_clock clocks[RIG_MAX];
    struct graph_attach attaches[RIG_MAX];
    struct graph_backend backends[RIG_MAX];
    struct graph_accel accels[4];
    struct type *types[4 * RIG_MAX]; /* owned */
    uint32_t ntypes;
};

#define RIG_UNUSED __attribute__((unused))

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    diag_init(&r->diag);
    r->registry = registry_create(NULL);
    cr_assert(r->registry, "the registry is made");
    r->graph.name = (char *)"rig";
    r->graph.nodes = r->node_list;
    r->graph.wires = r->wires;
    r->graph.clocks = r->clocks;
    r->graph.attaches = r->attaches;
    r->graph.backends = r->backends;
    r->graph.accels = r->accels;
}

/* Destroys the machine first: it borrows the graph. */
static void rig_finish(struct rig *r)
{
    machine_destroy(r->m);
    for (uint32_t i = 0; i < r->graph.nnodes; i++) {
        free(r->nodes[i].props);
        free(r->nodes[i].regs);
    }
    for (uint32_t i = 0; i < r->graph.nbackends; i++)
        free(r->backends[i].props);
    for (uint32_t i = 0; i < r->graph.naccels; i++)
        free(r->accels[i].props);
    for (uint32_t i = 0; i < r->ntypes; i++)
        type_free(r->types[i]);
    registry_destroy(r->registry);
    diag_finish(&r->diag);
}

/* --- types -------------------------------------------------------------------------------------------- */

static void *rig_rows(const void *rows, uint32_t count, size_t size)
{
    void *copy = count ? calloc(count, size) : NULL;

    if (count)
        memcpy(copy, rows, count * size);
    return copy;
}

/* The classes of one test program all have today's row sizes. */
static struct type *rig_type(struct rig *r, enum type_kind kind, const void *cls, const char *name,
                             const struct bp_prop *props, uint32_t nprops, uint32_t size,
                             uint32_t align)
{
    struct type *t = calloc(1, sizeof(*t));

    t->kind = kind;
    t->name = name;
    t->doc = "";
    t->device = cls;
    t->props = rig_rows(props, nprops, sizeof(*props));
    t->nprops = nprops;
    t->instance_size = size;
    t->instance_align = align ? align : 8;
    r->types[r->ntypes++] = t;
    return t;
}

static struct graph_prop *rig_props(const struct type *t)
{
    struct graph_prop *props = calloc(t->nprops + 1, sizeof(*props));

    for (uint32_t i = 0; i < t->nprops; i++) {
        props[i].row = &t->props[i];
        props[i].value.type = t->props[i].type;
    }
    return props;
}

static struct graph_node *rig_node(struct rig *r, const char *name, const struct type *t)
{
    struct graph_node *node = &r->nodes[r->graph.nnodes];

    node->name = (char *)name;
    node->pos = (struct diag_pos){"rig.yaml", r->graph.nnodes + 1, 1};
    node->type = t;
    node->type_text = (char *)t->name;
    node->props = rig_props(t);
    node->nprops = t->nprops;
    for (uint32_t i = 0; i < t->nprops; i++)
        node->props[i].value.pos = (struct diag_pos){"rig.yaml", node->pos.line, 10 + i};
    node->index = r->graph.nnodes;
    r->node_list[r->graph.nnodes++] = node;
    return node;
}

/* bytes 0: no `reg`. */
RIG_UNUSED static void rig_reg(struct graph_node *node, uint32_t region, uint64_t base,
                               uint64_t bytes)
{
    node->regs = realloc(node->regs, (node->nregs + 1) * sizeof(*node->regs));
    node->regs[node->nregs++] = (struct graph_reg){region, base, bytes, node->pos};
}

RIG_UNUSED static struct graph_node *rig_device(struct rig *r, const char *name,
                                                const struct bp_device_class *cls, uint64_t base,
                                                uint64_t bytes)
{
    char why[OBJECT_WHY] = "";
    struct type *t = type_from_device(NULL, cls, why);
    struct graph_node *node;

    cr_assert(t, "%s", why);
    r->types[r->ntypes++] = t;
    node = rig_node(r, name, t);
    if (bytes)
        rig_reg(node, 0, base, bytes);
    return node;
}

/* A type of the core, such as "ram". */
RIG_UNUSED static struct graph_node *rig_core(struct rig *r, const char *name, const char *type,
                                              uint64_t base, uint64_t bytes)
{
    const struct type *t = registry_node_type(r->registry, NULL, type);
    struct graph_node *node;

    cr_assert(t, "core/%s exists", type);
    node = rig_node(r, name, t);
    if (bytes)
        rig_reg(node, 0, base, bytes);
    return node;
}

RIG_UNUSED static struct graph_node *rig_cpu(struct rig *r, const char *name,
                                             const struct bp_cpu_class *cls)
{
    struct type *t = rig_type(r, TYPE_CPU, cls, cls->name, cls->props, cls->nprops, cls->state_size,
                              cls->state_align);
    struct graph_node *node;
    uint32_t cpus = 0;

    t->ports = rig_rows(cls->ports, cls->nports, sizeof(*cls->ports));
    t->nports = cls->nports;
    for (uint32_t i = 0; i < r->graph.nnodes; i++)
        cpus += r->nodes[i].type->kind == TYPE_CPU;
    node = rig_node(r, name, t);
    node->cpu_index = cpus;
    return node;
}

RIG_UNUSED static struct graph_backend *rig_backend(struct rig *r, const char *name,
                                                    const struct bp_backend_class *cls)
{
    struct graph_backend *backend = &r->backends[r->graph.nbackends++];
    struct type *t = rig_type(r, TYPE_BACKEND, cls, cls->name, cls->props, cls->nprops,
                              cls->instance_size, cls->instance_align);

    backend->name = (char *)name;
    backend->pos = (struct diag_pos){"rig.yaml", 100 + r->graph.nbackends, 1};
    backend->type = t;
    backend->props = rig_props(t);
    backend->nprops = t->nprops;
    return backend;
}

RIG_UNUSED static void rig_accel(struct rig *r, const struct bp_accel_class *cls)
{
    struct graph_accel *accel = &r->accels[r->graph.naccels++];
    struct type *t = rig_type(r, TYPE_ACCEL, cls, cls->name, cls->props, cls->nprops,
                              cls->instance_size, cls->instance_align);

    accel->type = t;
    accel->name = (char *)cls->name;
    accel->props = rig_props(t);
    accel->nprops = t->nprops;
}

/* --- contents ----------------------------------------------------------------------------------------- */

static struct graph_value *rig_value(struct graph_node *node, const char *prop) RIG_UNUSED;
static struct graph_value *rig_value(struct graph_node *node, const char *prop)
{
    for (uint32_t i = 0; i < node->nprops; i++)
        if (!strcmp(node->props[i].row->name, prop)) {
            node->props[i].given = true;
            return &node->props[i].value;
        }
    cr_assert_fail("%s has no property %s", node->name, prop);
    return NULL;
}

static uint32_t rig_port(const struct graph_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->type->nports; i++)
        if (!strcmp(node->type->ports[i].name, name))
            return i;
    cr_assert_fail("%s has no port %s", node->name, name);
    return 0;
}

RIG_UNUSED static void rig_wire(struct rig *r, struct graph_node *from, const char *out,
                                uint32_t out_index, struct graph_node *to, const char *in,
                                uint32_t in_index, bool invert)
{
    r->wires[r->graph.nwires++] = (struct graph_wire){
        .from = from,
        .to = to,
        .out_port = rig_port(from, out),
        .out_index = out_index,
        .in_port = rig_port(to, in),
        .in_index = in_index,
        .invert = invert,
    };
}

RIG_UNUSED static void rig_clock(struct rig *r, struct graph_node *from, const char *out,
                                 struct graph_node *to, const char *in)
{
    r->clocks[r->graph.nclocks++] =
        (struct graph_clock){from, rig_port(from, out), 0, to, rig_port(to, in)};
}

RIG_UNUSED static void rig_attach(struct rig *r, struct graph_node *node, const char *port,
                                  const char *backend)
{
    r->attaches[r->graph.nattaches++] =
        (struct graph_attach){node, rig_port(node, port), (char *)backend, node->pos, false};
}

static bool rig_build(struct rig *r, uint32_t flags)
{
    r->m = machine_create(&r->graph, r->registry, flags, &r->diag);
    return r->m != NULL;
}

/* A machine that has to be there; otherwise its errors are shown. */
RIG_UNUSED static void rig_must_build(struct rig *r, uint32_t flags)
{
    if (!rig_build(r, flags))
        diag_print(&r->diag, stderr);
    cr_assert(r->m, "the machine is built");
}

RIG_UNUSED static bool rig_complains(const struct rig *r, const char *thing, const char *text)
{
    for (size_t i = 0; i < r->diag.count; i++) {
        const struct diag_item *item = &r->diag.items[i];

        if (item->level == DIAG_ERROR && (!thing || (item->thing && !strcmp(item->thing, thing))) &&
            strstr(item->text, text))
            return true;
    }
    return false;
}

RIG_UNUSED static void *rig_self(struct rig *r, const struct graph_node *node)
{
    return machine_instance(r->m, node);
}

#endif
