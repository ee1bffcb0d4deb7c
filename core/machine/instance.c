/* SPDX-License-Identifier: Apache-2.0
 *
 * instance.c - one instance: its memory, properties, regions and ports, made and unmade.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"

struct bp_dev *machine_dev_of(struct machine *m, const struct graph_node *node)
{
    return node ? &m->devs[node->index] : NULL;
}

static void *allocate(struct dev_allocation **list, size_t bytes)
{
    struct dev_allocation *allocation = calloc(1, sizeof(*allocation) + bytes);

    if (!allocation)
        return NULL;
    allocation->next = *list;
    *list = allocation;
    return allocation->bytes;
}

void *dev_alloc(struct bp_dev *dev, size_t bytes)
{
    return allocate(&dev->allocations, bytes);
}

void *dev_alloc_value(struct bp_dev *dev, size_t bytes)
{
    return allocate(&dev->values, bytes);
}

void dev_free_list(struct dev_allocation *list)
{
    while (list) {
        struct dev_allocation *next = list->next;

        free(list);
        list = next;
    }
}

void dev_report(struct bp_dev *dev, int32_t status, const char *what, const char *cure)
{
    struct machine *m = dev->machine;
    struct diag_pos pos = dev->pos;
    char thing[256], why[512];

    for (uint32_t i = 0; dev->error_property && dev->node && i < dev->node->nprops; i++)
        if (!strcmp(dev->node->props[i].row->name, dev->error_property) &&
            dev->node->props[i].given)
            pos = dev->node->props[i].value.pos;
    for (uint32_t i = 0; dev->error_property && dev->backend && i < dev->backend->nprops; i++)
        if (!strcmp(dev->backend->props[i].row->name, dev->error_property) &&
            dev->backend->props[i].given)
            pos = dev->backend->props[i].value.pos;
    snprintf(thing, sizeof(thing), "%s%s%s", dev->name, dev->error_property ? "." : "",
             dev->error_property ? dev->error_property : "");
    trace_why(dev, status, what, cure, why, sizeof(why));
    if (m->diag)
        diag_error(m->diag, pos, thing, "%s", why);
}

/* --- properties ----------------------------------------------------------------------------------------- */

static uint32_t element_size(uint32_t type)
{
    static const uint8_t sizes[] = {
        [BP_PROP_BOOL] = 1,
        [BP_PROP_U8] = 1,
        [BP_PROP_U16] = 2,
        [BP_PROP_U32] = 4,
        [BP_PROP_U64] = 8,
        [BP_PROP_I64] = 8,
        [BP_PROP_F64] = 8,
        [BP_PROP_STR] = sizeof(char *),
        [BP_PROP_BYTES] = sizeof(struct bp_bytes),
        [BP_PROP_ENUM] = 4,
        [BP_PROP_SIZE] = 8,
        [BP_PROP_FREQ] = 8,
        [BP_PROP_ADDR] = 8,
        [BP_PROP_DURATION] = 8,
        [BP_PROP_REF] = sizeof(struct bp_ref),
        [BP_PROP_LIST] = 0,
        [BP_PROP_PATH] = sizeof(char *),
    };

    return type < sizeof(sizes) ? sizes[type] : 0;
}

static void write_ref(struct bp_dev *dev, const struct bp_prop *row, const struct graph_node *node,
                      struct bp_ref *ref)
{
    struct bp_dev *target = machine_dev_of(dev->machine, node);

    memset(ref, 0, sizeof(*ref));
    if (!target)
        return;
    ref->self = target->instance;
    ref->dev = target;
    ref->path = target->name;
    if (row->ref_iface && target->type->kind == TYPE_CPU && target->type->cpu->get_iface)
        ref->iface = target->type->cpu->get_iface(target->instance, row->ref_iface);
    else if (row->ref_iface && target->type->kind == TYPE_DEVICE && target->type->device->get_iface)
        ref->iface = target->type->device->get_iface(target->instance, row->ref_iface);
}

static int32_t write_value(struct bp_dev *dev, const struct bp_prop *row, uint32_t type,
                           const struct graph_value *value, void *at)
{
    struct bp_bytes bytes;
    struct bp_list list;

    switch (type) {
    case BP_PROP_STR:
    case BP_PROP_PATH:
        memcpy(at, &value->s, sizeof(value->s));
        return BP_OK;
    case BP_PROP_BYTES:
        bytes = (struct bp_bytes){value->bytes.data, value->bytes.size};
        memcpy(at, &bytes, sizeof(bytes));
        return BP_OK;
    case BP_PROP_REF:
        write_ref(dev, row, value->ref, at);
        return BP_OK;
    case BP_PROP_LIST:
        list.count = value->list.count;
        list.stride = element_size(row->element);
        list.items = dev_alloc_value(dev, (size_t)list.count * list.stride + 1);
        if (!list.items)
            return BP_E_NOMEM;
        for (uint32_t i = 0; i < list.count; i++)
            write_value(dev, row, row->element, &value->list.items[i],
                        (char *)list.items + (size_t)i * list.stride);
        memcpy(at, &list, sizeof(list));
        return BP_OK;
    default: /* numbers: little-endian host, so the low bytes are the value */
        memcpy(at, &value->u, element_size(type));
        return BP_OK;
    }
}

int32_t dev_write_props(struct bp_dev *dev, const struct graph_prop *props, uint32_t nprops)
{
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < nprops && status == BP_OK; i++)
        status = write_value(dev, props[i].row, props[i].row->type, &props[i].value,
                             (char *)dev->instance + props[i].row->offset);
    return status;
}

void dev_write_refs(struct bp_dev *dev)
{
    const struct graph_node *node = dev->node;

    for (uint32_t i = 0; i < node->nprops; i++) {
        const struct bp_prop *row = node->props[i].row;
        const struct graph_value *value = &node->props[i].value;
        char *at = (char *)dev->instance + row->offset;
        struct bp_list list;

        if (row->type == BP_PROP_REF)
            write_ref(dev, row, value->ref, (struct bp_ref *)(void *)at);
        if (row->type != BP_PROP_LIST || row->element != BP_PROP_REF)
            continue;
        memcpy(&list, at, sizeof(list)); /* the items stay where they are */
        for (uint32_t k = 0; k < value->list.count && k < list.count; k++)
            write_ref(dev, row, value->list.items[k].ref, &((struct bp_ref *)list.items)[k]);
    }
}

/* --- instances ------------------------------------------------------------------------------------------- */

void *dev_memory(uint32_t bytes, uint32_t align)
{
    void *memory;

    if (align < sizeof(void *))
        align = sizeof(void *);
    if (posix_memalign(&memory, align, bytes ? bytes : 1))
        return NULL;
    memset(memory, 0, bytes);
    return memory;
}

static struct bp_dev *backend_of(struct machine *m, const struct graph_node *node, uint32_t port)
{
    for (uint32_t i = 0; i < m->graph->nattaches; i++) {
        const struct graph_attach *attach = &m->graph->attaches[i];

        if (attach->node != node || attach->port != port)
            continue;
        for (uint32_t b = 0; b < m->nbackends; b++)
            if (!strcmp(m->backends[b].name, attach->backend) && !m->backends[b].failed)
                return &m->backends[b];
    }
    return NULL;
}

void dev_write_port(struct bp_dev *dev, uint32_t port)
{
    uint32_t offset = dev->type->ports[port].offset;

    if (offset != BP_NO_OFFSET && (size_t)offset + sizeof(void *) <= dev->type->instance_size)
        memcpy((char *)dev->instance + offset, &dev->ports[port].wire, sizeof(void *));
}

static int32_t attach_blocks(struct bp_dev *dev, uint32_t port, struct bp_dev *backend)
{
    int32_t status = blocks_attach(dev->ports[port].blocks, dev, port, backend);
    char why[512], text[640];

    if (status == BP_OK)
        return BP_OK;
    trace_why(backend, status, "info() fails", "attach another back end", why, sizeof(why));
    snprintf(text, sizeof(text), "%s: back end %s: %s", dev->type->ports[port].name, backend->name,
             why);
    trace_error_api.set(dev, NULL, text);
    return status;
}

/* Makes the object behind a port's handle and writes the handle into the instance. */
static int32_t make_port(struct bp_dev *dev, uint32_t index)
{
    const struct bp_port *row = &dev->type->ports[index];
    union dev_port *port = &dev->ports[index];
    struct bp_dev *backend;
    int32_t status = BP_OK;
    static const size_t sizes[] = {
        [BP_PORT_IRQ] = sizeof(struct wire_port),      [BP_PORT_GPIO] = sizeof(struct wire_port),
        [BP_PORT_RESET] = sizeof(struct wire_port),    [BP_PORT_CLOCK] = sizeof(struct clock_out),
        [BP_PORT_BUS] = sizeof(struct bus_port),       [BP_PORT_CHAR] = sizeof(struct char_bridge),
        [BP_PORT_BLOCK] = sizeof(struct block_bridge),
    };

    if (row->kind >= sizeof(sizes) / sizeof(*sizes) || !sizes[row->kind])
        return BP_E_UNSUPPORTED;
    port->wire =
        dev_alloc(dev, sizes[row->kind] > sizeof(struct clock_in) ? sizes[row->kind]
                                                                  : sizeof(struct clock_in));
    if (!port->wire)
        return BP_E_NOMEM;
    switch (row->kind) {
    case BP_PORT_CLOCK:
        if (row->dir == BP_DIR_OUT)
            *port->clock_out = (struct clock_out){.dev = dev, .port = index};
        else
            *port->clock_in = (struct clock_in){.dev = dev, .port = index};
        break;
    case BP_PORT_BUS:
        *port->bus = (struct bus_port){dev, &dev->machine->bus};
        break;
    case BP_PORT_CHAR:
    case BP_PORT_BLOCK:
        backend = backend_of(dev->machine, dev->node, index);
        status = row->kind == BP_PORT_CHAR ? chars_attach(port->chars, dev, index, backend)
                                           : attach_blocks(dev, index, backend);
        break;
    default:
        status = wire_port_init(port->wire, dev, index, graph_port_width(dev->node, index),
                                row->dir == BP_DIR_OUT);
        break;
    }
    dev_write_port(dev, index);
    return status;
}

static void finish_port(struct bp_dev *dev, uint32_t index)
{
    union dev_port *port = &dev->ports[index];

    if (!port->wire)
        return;
    switch (dev->type->ports[index].kind) {
    case BP_PORT_CLOCK:
        if (dev->type->ports[index].dir == BP_DIR_OUT)
            free(port->clock_out->consumers);
        break;
    case BP_PORT_CHAR:
        chars_finish(port->chars);
        break;
    case BP_PORT_BLOCK:
        blocks_finish(port->blocks);
        break;
    case BP_PORT_BUS:
        break;
    default:
        wire_port_finish(port->wire);
        break;
    }
}

static int32_t make_regions(struct bp_dev *dev)
{
    const struct graph_node *node = dev->node;
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < dev->type->nregions && status == BP_OK; i++) {
        uint64_t base = 0, bytes = 0;

        for (uint32_t r = 0; r < node->nregs; r++)
            if (node->regs[r].region == i) {
                base = node->regs[r].base;
                bytes = node->regs[r].bytes;
            }
        status = bus_region_init(&dev->regions[i], dev, i, base, bytes);
        if (status == BP_OK && dev->regions[i].bytes && (bytes || dev->regions[i].floating))
            status = bus_place(&dev->machine->bus, &dev->regions[i]);
    }
    return status;
}

/* What the accelerator says against a CPU is about that CPU's node. */
static int32_t make_vcpu(struct bp_dev *dev)
{
    struct machine *m = dev->machine;
    int32_t status = vcpu_create(&m->vcpus[dev->node->cpu_index], dev, dev->node->cpu_index);
    char text[512];

    trace_error_text(&m->accel_dev, text, sizeof(text));
    if (status != BP_OK && *text)
        trace_error_api.set(dev, NULL, text);
    return status;
}

static int32_t make_instance(struct bp_dev *dev)
{
    struct machine *m = dev->machine;
    const struct type *type = dev->type;

    dev->regions = dev_alloc(dev, type->nregions * sizeof(*dev->regions) + 1);
    dev->ports = dev_alloc(dev, type->nports * sizeof(*dev->ports) + 1);
    if (!dev->regions || !dev->ports)
        return BP_E_NOMEM;
    if (type->kind == TYPE_CPU && m->accel_self)
        return make_vcpu(dev);
    dev->instance = dev_memory(type->instance_size, type->instance_align);
    return dev->instance ? BP_OK : BP_E_NOMEM;
}

int32_t dev_build(struct bp_dev *dev)
{
    int32_t status = make_instance(dev);

    if (status == BP_OK && dev->type->kind == TYPE_DEVICE)
        status = make_regions(dev);
    for (uint32_t i = 0; i < dev->type->nports && status == BP_OK; i++)
        status = make_port(dev, i);
    return status;
}

void dev_free(struct bp_dev *dev)
{
    vtime_free_timers(dev);
    for (uint32_t i = 0; dev->ports && i < dev->type->nports; i++)
        finish_port(dev, i);
    for (uint32_t i = 0; dev->regions && i < dev->type->nregions; i++)
        bus_region_finish(&dev->regions[i]);
    dev_free_list(dev->values);
    dev_free_list(dev->allocations);
    dev->values = dev->allocations = NULL;
    if (!dev->vcpu)
        free(dev->instance);
    free(dev->error);
    free(dev->error_property);
}

int32_t dev_init(struct bp_dev *dev)
{
    const struct type *type = dev->type;
    struct machine *m = dev->machine;
    struct dev_call before = call_enter(dev, "init()", NULL);
    int32_t status = BP_OK;

    if (type->kind == TYPE_BACKEND)
        status = type->backend->init(dev->instance, dev, &m->core);
    else if (type->kind == TYPE_DEVICE && type->device->init)
        status = type->device->init(dev->instance, dev, &m->core);
    else if (type->kind == TYPE_CPU && dev->vcpu)
        status = type->cpu->init(dev->instance, dev->vcpu->handle,
                                 m->accel->vcpu_api(m->accel_self), dev, &m->core);
    else if (type->kind == TYPE_CPU)
        status = type->cpu->init(dev->instance, NULL, &vcpu_idle_api, dev, &m->core);
    call_leave(before);
    /* finish() must accept an instance whose init() failed, and is called for it. */
    dev->initialised = true;
    return status;
}

void dev_reset(struct bp_dev *dev, uint32_t kind)
{
    struct dev_call before = call_enter(dev, "reset()", NULL);

    if (dev->type->kind == TYPE_DEVICE && dev->type->device->reset)
        dev->type->device->reset(dev->instance, kind);
    else if (dev->type->kind == TYPE_CPU && dev->vcpu)
        dev->type->cpu->reset(dev->instance, kind);
    call_leave(before);
}

void dev_finish(struct bp_dev *dev)
{
    struct dev_call before;

    if (!dev->initialised)
        return;
    dev->initialised = false;
    before = call_enter(dev, "finish()", NULL);
    if (dev->type->kind == TYPE_DEVICE && dev->type->device->finish)
        dev->type->device->finish(dev->instance);
    else if (dev->type->kind == TYPE_CPU && dev->type->cpu->finish)
        dev->type->cpu->finish(dev->instance);
    else if (dev->type->kind == TYPE_BACKEND && dev->type->backend->finish)
        dev->type->backend->finish(dev->instance);
    call_leave(before);
}
