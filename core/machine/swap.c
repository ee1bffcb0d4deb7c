/* SPDX-License-Identifier: Apache-2.0
 *
 * One device in two builds (swap.h). What other parts of the machine hold of it is its bp_dev, which stays: its ports with their
 * wires and bridges, its regions with their memory. What came from the plug-in is replaced: the type, the instance, timers,
 * rows and callbacks.
 */
#include <stdlib.h>
#include <string.h>

#include "core/machine/swap.h"

/* --- preparing: nothing of the machine changes ----------------------------------------------------------------- */

static const struct type *find_type(const struct reload *r, const char *name)
{
    const struct type *const *types;
    size_t count = plugin_types(r->new, &types);

    for (size_t i = 0; i < count; i++)
        if (types[i]->kind == TYPE_DEVICE && !strcmp(types[i]->name, name))
            return types[i];
    return NULL;
}

static bool convert_props(const struct reload *r, struct swap *s)
{
    struct diag d;
    bool ok;

    diag_init(&d);
    ok = graph_retype(r->m->graph, s->dev->node, s->new_type, &s->new_props, &d);
    if (!ok)
        reload_refuse(r, d.count && d.items[0].thing ? d.items[0].thing : s->dev->name, "%s",
                      d.count ? d.items[0].text : "its properties do not fit");
    diag_finish(&d);
    return ok;
}

static uint32_t count_lines(const struct type *type, const struct bp_dev *dev)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < type->nports; i++)
        if (wire_carries(type->ports[i].kind) && type->ports[i].dir == BP_DIR_OUT)
            n += dev->ports[i].wire->width;
    return n;
}

static bool allocate(struct swap *s)
{
    const struct type *type = s->new_type;

    s->new_instance = dev_memory(type->instance_size, type->instance_align);
    s->old_regions = calloc(type->nregions + 1, sizeof(*s->old_regions));
    s->indexes = calloc(type->nregions + 1, sizeof(*s->indexes));
    s->levels = calloc(count_lines(s->old_type, s->dev) + 1, sizeof(*s->levels));
    s->hz = calloc(type->nports + 1, sizeof(*s->hz));
    if (!s->new_instance || !s->old_regions || !s->indexes || !s->levels || !s->hz)
        return false;
    for (uint32_t i = 0; i < type->nregions; i++) {
        s->old_regions[i] = s->dev->regions[i];
        if (type->regions[i].nregs)
            s->indexes[i] = regs_create(&type->regions[i]);
        if (type->regions[i].nregs && !s->indexes[i])
            return false;
    }
    return true;
}

bool swap_prepare(const struct reload *r, struct swap *s)
{
    char why[STATE_WHY];

    s->new_type = find_type(r, s->old_type->name);
    if (!s->new_type)
        return reload_refuse(r, s->dev->name,
                             "the new build has no device %s: start the machine again",
                             s->old_type->name);
    if (!reload_check_type(r, s) || !convert_props(r, s))
        return false;
    if (!allocate(s))
        return reload_no_memory(r);
    return state_take(s->dev, STATE_NO_MEMORY, &s->state, why) == BP_OK ||
           reload_refuse(r, s->dev->name, "%s", why);
}

/* --- swapping ----------------------------------------------------------------------------------------------------- */

/* Output lines and clocks as they were, or as they shall be again. */
static void save_outputs(struct swap *s)
{
    uint32_t *level = s->levels;

    for (uint32_t i = 0; i < s->old_type->nports; i++) {
        const struct bp_port *row = &s->old_type->ports[i];

        if (row->dir != BP_DIR_OUT)
            continue;
        if (row->kind == BP_PORT_CLOCK)
            s->hz[i] = s->dev->ports[i].clock_out->hz;
        for (uint32_t k = 0; wire_carries(row->kind) && k < s->dev->ports[i].wire->width; k++)
            *level++ = s->dev->ports[i].wire->lines[k].level;
    }
}

static void restore_outputs(struct swap *s)
{
    const uint32_t *level = s->levels;

    for (uint32_t i = 0; i < s->old_type->nports; i++) {
        const struct bp_port *row = &s->old_type->ports[i];

        if (row->dir != BP_DIR_OUT)
            continue;
        if (row->kind ==
            BP_PORT_CLOCK) /* a consumer that heard of another rate hears of this one */
            wire_clock_api.set_hz((struct bp_clock_out *)s->dev->ports[i].clock_out, s->hz[i]);
        for (uint32_t k = 0; wire_carries(row->kind) && k < s->dev->ports[i].wire->width; k++)
            wire_restore(s->dev->ports[i].wire, k, *level++ != 0);
    }
}

/* Rows of back ends' callbacks and of regions are the type's. */
static void bind_callbacks(struct bp_dev *dev)
{
    for (uint32_t i = 0; i < dev->type->nports; i++) {
        const struct bp_port *row = &dev->type->ports[i];

        if (row->kind == BP_PORT_CHAR)
            dev->ports[i].chars->client = row->client;
        if (row->kind == BP_PORT_BLOCK)
            dev->ports[i].blocks->client = row->client;
    }
}

static void set_type(struct swap *s, const struct type *type, void *instance,
                     struct graph_prop *props)
{
    struct graph_node *node = s->dev->machine->graph->nodes[s->dev->node->index];

    machine_call_hold(s->dev->machine);
    s->dev->type = node->type = type;
    machine_call_release(s->dev->machine);
    s->dev->instance = instance;
    node->props = props;
    node->nprops = type->nprops;
    bind_callbacks(s->dev);
}

bool swap_install(const struct reload *r, struct swap *s)
{
    struct bp_dev *dev = s->dev;

    save_outputs(s);
    s->old_timers = dev->timers;
    s->old_values = dev->values;
    dev->timers = NULL;
    dev->values = NULL;
    set_type(s, s->new_type, s->new_instance, s->new_props);
    s->installed = true;
    for (uint32_t i = 0; i < dev->type->nregions; i++) {
        struct bus_region *region = &dev->regions[i];

        region->row = &dev->type->regions[i];
        region->regs = s->indexes[i];
        region->decoded = region->row->length && region->row->length < region->bytes
                              ? region->row->length
                              : region->bytes;
    }
    for (uint32_t i = 0; i < dev->type->nports; i++)
        dev_write_port(dev, i);
    return dev_write_props(dev, s->new_props, s->new_type->nprops) == BP_OK || reload_no_memory(r);
}

bool swap_start(const struct reload *r, struct swap *s)
{
    struct bp_dev *dev = s->dev;
    char text[512];
    int32_t status;

    trace_error_api.set(dev, NULL, NULL);
    trace_dev_init(dev);
    s->started = true;
    dev->initialised = false; /* it may create timers */
    status = dev_init(dev);
    if (status == BP_OK)
        return true;
    trace_why(dev, status, "init() fails", "let it use bp.error/1", text, sizeof(text));
    return reload_refuse(r, dev->name, "the new build does not start: %s", text);
}

void swap_reset(struct swap *s)
{
    struct bp_dev *dev = s->dev;

    for (uint32_t i = 0; i < dev->type->nregions; i++)
        if (dev->regions[i].regs)
            regs_reset(dev->regions[i].regs, dev->instance);
    dev_reset(dev, BP_RESET_COLD);
}

bool swap_fill(const struct reload *r, struct swap *s)
{
    struct bp_dev *dev = s->dev;
    char why[STATE_WHY];

    restore_outputs(s);
    return state_give(dev, STATE_NO_MEMORY | (r->flags & RELOAD_LOSSY ? STATE_LOSSY : 0),
                      s->state.data, s->state.used, why) == BP_OK ||
           reload_refuse(r, dev->name, "%s", why);
}

static void free_timers(struct bp_dev *dev, struct bp_timer *timers)
{
    struct bp_timer *kept = dev->timers;

    dev->timers = timers;
    vtime_free_timers(dev);
    dev->timers = kept;
}

/* Puts the old instance back. */
void swap_undo(struct swap *s)
{
    struct bp_dev *dev = s->dev;

    if (!s->installed)
        return;
    if (s->started)
        dev_finish(dev);
    dev->initialised = true;
    loop_drop_posts(&dev->machine->loop, dev);
    vtime_free_timers(dev);
    dev->timers = s->old_timers;
    dev_free_list(dev->values);
    dev->values = s->old_values;
    set_type(s, s->old_type, s->old_instance, s->old_props);
    for (uint32_t i = 0; i < dev->type->nregions; i++) {
        const struct bus_region *old = &s->old_regions[i];

        if (old->floating && old->enabled)
            bus_mem_api.move(dev, i, old->base);
        bus_mem_api.enable(dev, i, old->enabled);
        bus_mem_api.set_direct(dev, i, atomic_load(&old->direct));
        dev->regions[i].row = old->row;
        dev->regions[i].regs = old->regs;
        dev->regions[i].base = old->base;
        dev->regions[i].decoded = old->decoded;
    }
    restore_outputs(s);
    trace_dev_init(dev);
}

/* The old instance has done its service. */
void swap_retire(struct swap *s)
{
    struct bp_dev *dev = s->dev;

    struct dev_call before = call_enter(dev, "finish() of the old build", NULL);

    if (s->old_type->device->finish)
        s->old_type->device->finish(s->old_instance);
    call_leave(before);
    loop_drop_posts(&dev->machine->loop, dev);
    free_timers(dev, s->old_timers);
    dev_free_list(s->old_values);
    for (uint32_t i = 0; i < s->old_type->nregions; i++)
        regs_destroy(s->old_regions[i].regs);
    for (uint32_t i = 0; i < s->new_type->nports; i++)
        if (s->new_type->ports[i].kind == BP_PORT_CHAR)
            chars_look(dev->ports[i].chars);
    s->new_instance = s->old_instance; /* what cleanup() frees */
    memset(s->indexes, 0, s->new_type->nregions * sizeof(*s->indexes));
}

void swap_free(struct swap *s)
{
    for (uint32_t i = 0; s->indexes && i < s->new_type->nregions; i++)
        regs_destroy(s->indexes[i]);
    free(s->new_instance);
    free(s->old_regions);
    free(s->indexes);
    free(s->levels);
    free(s->hz);
    free(s->state.data);
}
