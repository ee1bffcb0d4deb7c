/* SPDX-License-Identifier: Apache-2.0
 *
 * One node of the graph becomes one node of the device tree: what the description says (address, interrupts, clocks,
 * what it provides), then what the class adds through bp.fdt-node/1, then the description's `fdt:` escape, each
 * replacing what came before. Property names: Devicetree Specification 0.4, chapters 2 and 3.
 */
#include "core/fdt/builder.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 1024u

/* Where a class is while its emit() runs. */
struct emitter {
    struct builder *builder;
    const struct graph_node *node;
    struct tree_node *top, *at;
};

struct cells {
    uint32_t list[MAX_CELLS];
    uint32_t count;
    bool full;
};

static void push(struct cells *c, uint32_t value)
{
    if (c->count == MAX_CELLS)
        c->full = true;
    else
        c->list[c->count++] = value;
}

/* --- the writer given to classes --------------------------------------------------------------------- */

static int32_t to_writer(int32_t status)
{
    return status == BP_OK ? BP_OK : BP_E_FULL;
}

static int32_t write_u32(void *ctx, const char *prop, uint32_t value)
{
    return to_writer(tree_set_u32(((struct emitter *)ctx)->at, prop, value));
}

static int32_t write_u64(void *ctx, const char *prop, uint64_t value)
{
    return to_writer(tree_set_u64(((struct emitter *)ctx)->at, prop, value));
}

static int32_t write_cells(void *ctx, const char *prop, const uint32_t *cells, uint32_t count)
{
    return to_writer(tree_set_cells(((struct emitter *)ctx)->at, prop, cells, count));
}

static int32_t write_str(void *ctx, const char *prop, const char *text)
{
    return to_writer(tree_set_list(((struct emitter *)ctx)->at, prop, text));
}

static int32_t write_bytes(void *ctx, const char *prop, const void *data, uint32_t bytes)
{
    return to_writer(tree_set(((struct emitter *)ctx)->at, prop, data, bytes));
}

static int32_t write_empty(void *ctx, const char *prop)
{
    return to_writer(tree_set(((struct emitter *)ctx)->at, prop, NULL, 0));
}

static int32_t write_begin(void *ctx, const char *name)
{
    struct emitter *e = ctx;
    struct tree_node *child = tree_add(e->at, name);

    if (!child)
        return BP_E_FULL;
    e->at = child;
    return BP_OK;
}

static int32_t write_end(void *ctx)
{
    struct emitter *e = ctx;

    if (e->at == e->top)
        return BP_E_FULL; /* one end() too many; emit() is expected to hand this back */
    e->at = e->at->parent;
    return BP_OK;
}

static uint32_t write_phandle(void *ctx, struct bp_dev *dev, const char *child)
{
    struct emitter *e = ctx;
    const struct graph_node *node = dev ? machine_node(dev) : NULL;

    return node ? builder_phandle(e->builder, node, child) : 0;
}

static int32_t writer_reg(void *ctx, uint32_t index, uint64_t *base, uint64_t *bytes)
{
    const struct graph_node *node = ((struct emitter *)ctx)->node;

    for (uint32_t i = 0; i < node->nregs; i++) {
        if (node->regs[i].region == index) {
            *base = node->regs[i].base;
            *bytes = node->regs[i].bytes;
            return BP_OK;
        }
    }
    return BP_E_NOENT;
}

static int32_t run_class(struct builder *b, const struct graph_node *node, struct tree_node *at,
                         const struct bp_fdt_node *iface)
{
    struct emitter e = {.builder = b, .node = node, .top = at, .at = at};
    const struct bp_fdt_writer writer = {
        .size = sizeof(writer),
        .ctx = &e,
        .u32 = write_u32,
        .u64 = write_u64,
        .cells = write_cells,
        .str = write_str,
        .bytes = write_bytes,
        .empty = write_empty,
        .begin = write_begin,
        .end = write_end,
        .phandle = write_phandle,
        .reg = writer_reg,
    };
    int32_t status;

    if (!iface || !iface->emit)
        return BP_OK;
    status = iface->emit(machine_instance(b->machine, node), &writer);
    if (status < 0)
        diag_error(b->diag, node->pos, node->name,
                   "%s refuses to describe itself in the device tree (status %" PRId32
                   "): hide it with `fdt: false`, or mend the plug-in",
                   node->type_text, status);
    else if (e.at != e.top)
        diag_error(b->diag, node->pos, node->name,
                   "%s leaves a child of its device tree node open: mend the plug-in",
                   node->type_text);
    return status < 0 || e.at != e.top ? BP_E_INVAL : BP_OK;
}

/* --- what the description says ----------------------------------------------------------------------- */

static void set_cells(struct builder *b, const struct graph_node *node, struct tree_node *at,
                      const char *prop, const struct cells *c)
{
    if (c->full)
        diag_error(b->diag, node->pos, node->name, "%s has more than %u cells: split the node",
                   prop, MAX_CELLS);
    else if (c->count)
        tree_set_cells(at, prop, c->list, c->count);
}

static void put_reg(struct builder *b, const struct graph_node *node, struct tree_node *at)
{
    struct cells c = {.count = 0};

    if (node->place && node->place->naddress)
        push(&c, (uint32_t)node->place->address);
    for (uint32_t i = 0; !node->place && i < node->nregs; i++) {
        push(&c, (uint32_t)(node->regs[i].base >> 32));
        push(&c, (uint32_t)node->regs[i].base);
        push(&c, (uint32_t)(node->regs[i].bytes >> 32));
        push(&c, (uint32_t)node->regs[i].bytes);
    }
    set_cells(b, node, at, "reg", &c);
}

/* How each kind of provider announces itself. */
static const struct {
    uint32_t kind;
    const char *marker, *cells;
} provider_words[] = {
    {BP_PORT_IRQ, "interrupt-controller", "#interrupt-cells"},
    {BP_PORT_GPIO, "gpio-controller", "#gpio-cells"},
    {BP_PORT_RESET, NULL, "#reset-cells"},
};

static uint32_t clock_outputs(const struct type *type)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < type->nports; i++)
        if (type->ports[i].kind == BP_PORT_CLOCK && type->ports[i].dir == BP_DIR_OUT)
            count += type->ports[i].width ? type->ports[i].width : 1;
    return count;
}

/* Cells of a clock specifier: as its provider row says; without one none for a single output, else its number. */
static uint32_t clock_cells(const struct type *type)
{
    for (uint32_t i = 0; i < type->nproviders; i++)
        if (type->providers[i].kind == BP_PORT_CLOCK)
            return type->providers[i].fdt_cells;
    return clock_outputs(type) > 1;
}

static void put_providers(const struct graph_node *node, struct tree_node *at)
{
    for (uint32_t i = 0; i < node->type->nproviders; i++) {
        const struct bp_provider *row = &node->type->providers[i];

        if (row->kind == BP_PORT_GPIO && !row->fdt_cells)
            continue; /* a pin of a part that others drive; no controller to the guest */
        for (size_t k = 0; k < sizeof(provider_words) / sizeof(*provider_words); k++) {
            if (provider_words[k].kind != row->kind)
                continue;
            if (provider_words[k].marker)
                tree_set(at, provider_words[k].marker, NULL, 0);
            tree_set_u32(at, provider_words[k].cells, row->fdt_cells);
        }
    }
    if (clock_outputs(node->type))
        tree_set_u32(at, "#clock-cells", clock_cells(node->type));
}

static bool is_interrupt(const struct builder *b, const struct graph_wire *wire,
                         const struct graph_node *node)
{
    return wire->from == node && wire->provider && wire->provider->kind == BP_PORT_IRQ &&
           builder_shows(b, wire->to, NULL);
}

static void push_specifier(struct cells *c, const struct graph_wire *wire)
{
    uint32_t wanted = wire->provider->fdt_cells;

    for (uint32_t i = 0; i < wire->ncells && i < wanted; i++)
        push(c, wire->cells[i]);
    for (uint32_t i = wire->ncells; i < wanted; i++)
        push(c, i == wire->ncells ? wire->flag : 0);
}

/* A CPU takes interrupts through the controller inside it. */
static uint32_t controller(struct builder *b, const struct graph_node *target)
{
    return builder_phandle(b, target,
                           target->type->kind == TYPE_CPU ? "interrupt-controller" : NULL);
}

static void put_interrupts(struct builder *b, const struct graph_node *node, struct tree_node *at)
{
    const struct graph_node *parent = NULL;
    struct cells plain = {.count = 0}, extended = {.count = 0};
    bool several = false;

    for (uint32_t i = 0; i < b->graph->nwires; i++) {
        const struct graph_wire *wire = &b->graph->wires[i];

        if (!is_interrupt(b, wire, node))
            continue;
        several |= parent && parent != wire->to;
        parent = wire->to;
        push_specifier(&plain, wire);
        push(&extended, controller(b, wire->to));
        push_specifier(&extended, wire);
    }
    if (!parent)
        return;
    if (several) {
        set_cells(b, node, at, "interrupts-extended", &extended);
        return;
    }
    tree_set_u32(at, "interrupt-parent", controller(b, parent));
    set_cells(b, node, at, "interrupts", &plain);
}

static void put_clocks(struct builder *b, const struct graph_node *node, struct tree_node *at)
{
    struct cells c = {.count = 0};

    for (uint32_t i = 0; i < b->graph->nclocks; i++) {
        const struct graph_clock *clock = &b->graph->clocks[i];

        if (clock->to != node || !builder_shows(b, clock->from, NULL))
            continue;
        push(&c, builder_phandle(b, clock->from, NULL));
        for (uint32_t k = 0; k < clock_cells(clock->from->type); k++)
            push(&c, k ? 0 : clock->out_index);
    }
    set_cells(b, node, at, "clocks", &c);
}

static void put_escape(const struct graph_node *node, struct tree_node *at)
{
    for (uint32_t i = 0; node->fdt && i < node->fdt->nprops; i++) {
        const struct graph_fdt_prop *prop = &node->fdt->props[i];

        if (prop->text)
            tree_set_list(at, prop->name, prop->text);
        else if (prop->cells)
            tree_set_cells(at, prop->name, prop->cells, prop->ncells);
        else
            tree_set(at, prop->name, NULL, 0);
    }
}

/* --- the node ------------------------------------------------------------------------------------------ */

static const void *class_iface(const struct builder *b, const struct graph_node *node,
                               const char *id)
{
    void *self = machine_instance(b->machine, node);

    if (node->type->kind == TYPE_CPU) {
        const struct bp_cpu_class *cpu = node->type->cpu;
        return BP_HAS(cpu, get_iface) && cpu->get_iface && self ? cpu->get_iface(self, id) : NULL;
    }
    const struct bp_device_class *device = node->type->device;
    return BP_HAS(device, get_iface) && device->get_iface && self ? device->get_iface(self, id)
                                                                  : NULL;
}

bool builder_shows(const struct builder *b, const struct graph_node *node,
                   const struct bp_fdt_node **iface)
{
    const struct bp_fdt_node *found;

    /* A guest's tree describes its own address space; nodes behind another one are not for it to touch. A part is found
     * through its controller. */
    if (node->bus || (node->fdt && node->fdt->hidden) ||
        (node->place && !builder_shows(b, node->place->to, NULL)))
        return false;
    found = class_iface(b, node, BP_FDT_NODE_ID);
    if (iface)
        *iface = found;
    return found || (node->fdt && node->fdt->nprops);
}

/* Where a part goes: under its controller, whose address cells it uses; under a child for each bus if that runs several.
 * Devicetree Specification 0.4, section 2.3.5; bindings i2c/i2c-controller.yaml and spi/spi-controller.yaml. */
static struct tree_node *bus_node(struct builder *b, const struct graph_seat *place)
{
    const struct type *type = place->to->type;
    struct tree_node *at = b->nodes[place->to->index], *bus = at;
    char name[96];

    if (type->nbuses > 1) {
        snprintf(name, sizeof(name), "%.64s@%" PRIx32, type->buses[place->bus].name, place->bus);
        bus = tree_child(at, name);
        if (!bus) {
            bus = tree_add(at, name);
            tree_set_u32(at, "#address-cells", 1);
            tree_set_u32(at, "#size-cells", 0);
            if (bus)
                tree_set_u32(bus, "reg", place->bus);
        }
    }
    if (bus && !(type->buses[place->bus].flags & BP_BUS_UNADDRESSED)) {
        tree_set_u32(bus, "#address-cells", 1);
        tree_set_u32(bus, "#size-cells", 0);
    }
    return bus;
}

/* The unit address of a node, as far as the description knows it; false: it has none. */
static bool unit_address(const struct graph_node *node, uint64_t *out)
{
    if (node->place && node->place->naddress)
        *out = node->place->address;
    else if (node->nregs)
        *out = node->regs[0].base;
    else
        return false;
    return true;
}

/* "serial@10000000"; the description's name when the generic one is taken already. */
static struct tree_node *add_named(struct tree_node *parent, const struct graph_node *node,
                                   const char *generic, bool addressed)
{
    const char *names[] = {generic ? generic : node->name, node->name};
    char text[256] = "";
    uint64_t address = 0;

    addressed &= unit_address(node, &address);
    for (size_t i = 0; i < 2; i++) {
        if (addressed)
            snprintf(text, sizeof(text), "%.200s@%" PRIx64, names[i], address);
        else
            snprintf(text, sizeof(text), "%.200s", names[i]);
        if (!tree_child(parent, text))
            break;
    }
    return tree_add(parent, text);
}

/* The unit address of a CPU is its `reg`, which only the class knows. */
static int32_t name_cpu(struct builder *b, const struct graph_node *node, struct tree_node *at)
{
    const struct tree_prop *reg = tree_get(at, "reg");
    char name[32];

    if (!reg || reg->bytes != sizeof(fdt32_t)) {
        diag_error(b->diag, node->pos, node->name,
                   "%s writes no `reg` of one cell for its CPU node: mend the plug-in",
                   node->type_text);
        return BP_E_INVAL;
    }
    snprintf(name, sizeof(name), "cpu@%" PRIx32,
             (uint32_t)fdt32_ld((const fdt32_t *)(const void *)reg->data));
    if (tree_child(b->cpus, name)) {
        diag_error(b->diag, node->pos, node->name,
                   "another CPU is %s already: give each its own number (hartid)", name);
        return BP_E_INVAL;
    }
    return tree_rename(at, name);
}

/* A class that writes `reg` itself (BP_FDT_NO_REG) gives the unit address with it. */
static int32_t name_by_reg(struct tree_node *at)
{
    const struct tree_prop *reg = tree_get(at, "reg");
    char name[256];

    if (!reg || reg->bytes < sizeof(fdt64_t) || strchr(at->name, '@'))
        return BP_OK;
    snprintf(name, sizeof(name), "%.200s@%" PRIx64, at->name,
             fdt64_ld((const fdt64_t *)(const void *)reg->data));
    return tree_rename(at, name);
}

/* Section 2.4.3: an interrupt controller tells how many cells its own unit interrupt specifiers have. */
static void complete_controllers(struct tree_node *at)
{
    if (tree_get(at, "interrupt-controller") && !tree_get(at, "#address-cells"))
        tree_set_u32(at, "#address-cells", 0);
    for (uint32_t i = 0; i < at->nchildren; i++)
        complete_controllers(at->children[i]);
}

/* The tree node under which a node goes; its controller is made first. NULL: that failed. */
static struct tree_node *parent_node(struct builder *b, const struct graph_node *node,
                                     uint32_t flags, int32_t *status)
{
    if (node->type->kind == TYPE_CPU)
        return b->cpus;
    if (!node->place)
        return flags & BP_FDT_ROOT ? b->tree.root : b->soc;
    *status = builder_emit(b, node->place->to);
    return *status == BP_OK && b->nodes[node->place->to->index] ? bus_node(b, node->place) : NULL;
}

int32_t builder_emit(struct builder *b, const struct graph_node *node)
{
    const struct bp_fdt_node *iface = NULL;
    bool cpu = node->type->kind == TYPE_CPU;
    uint32_t flags;
    struct tree_node *parent, *at;
    int32_t status = BP_OK;

    if (b->nodes[node->index] || !builder_shows(b, node, &iface))
        return BP_OK; /* or made already, for a part of it */
    flags = iface ? iface->flags : 0;
    parent = parent_node(b, node, flags, &status);
    if (status != BP_OK)
        return status;
    at = parent
             ? add_named(parent, node, iface ? iface->name : NULL, !cpu && !(flags & BP_FDT_NO_REG))
             : NULL;
    if (!at)
        return BP_E_NOMEM;
    b->nodes[node->index] = at;
    if (iface && iface->compatible)
        tree_set_list(at, "compatible", iface->compatible);
    if (!cpu) {
        if (!(flags & BP_FDT_NO_REG))
            put_reg(b, node, at);
        if (!(flags & BP_FDT_NO_INTERRUPTS))
            put_interrupts(b, node, at);
        put_clocks(b, node, at);
        put_providers(node, at);
    }
    status = run_class(b, node, at, iface);
    if (status != BP_OK)
        return status;
    complete_controllers(at);
    put_escape(node, at);
    return cpu ? name_cpu(b, node, at) : name_by_reg(at);
}
