/* SPDX-License-Identifier: Apache-2.0
 *
 * Seats of a graph become pointers: each part finds its controller in its instance, each controller a
 * list of its parts (attach.h).
 */
#include "core/machine/dev.h"

#include <string.h>

static const void *iface_of(const struct bp_dev *dev, const char *id)
{
    const struct bp_device_class *cls = dev->type->device;

    return id && cls->get_iface ? cls->get_iface(dev->instance, id) : NULL;
}

/* `dev` as the other side sees it. */
static struct bp_attached attached(struct bp_dev *dev, const struct graph_seat *seat,
                                   const char *peer_iface)
{
    return (struct bp_attached){
        .self = dev->instance,
        .iface = iface_of(dev, peer_iface),
        .dev = dev,
        .path = dev->name,
        .address = seat->address,
        .naddress = seat->naddress,
        .bus = seat->bus,
    };
}

static void write_part(struct machine *m, const struct graph_seat *seat)
{
    const struct bp_seat_row *row = &seat->node->type->seats[seat->seat];
    struct bp_attached to = attached(machine_dev_of(m, seat->to), seat, row->peer_iface);

    memcpy((char *)machine_dev_of(m, seat->node)->instance + row->offset, &to, sizeof(to));
}

/* The list of one bus. The graph has sorted the seats. */
static int32_t write_controller(struct bp_dev *dev, uint32_t bus)
{
    const struct graph *g = dev->machine->graph;
    const struct bp_bus_row *row = &dev->type->buses[bus];
    struct bp_attached *items;
    struct bp_list list;

    memcpy(&list, (char *)dev->instance + row->offset, sizeof(list));
    items = (struct bp_attached *)list.items;
    list = (struct bp_list){.stride = sizeof(*items)};
    for (uint32_t i = 0; i < g->nseats; i++)
        list.count += g->seats[i].to == dev->node && g->seats[i].bus == bus;
    if (!items)
        items = dev_alloc_value(dev, list.count * sizeof(*items) + 1);
    list.items = items;
    if (!items)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < g->nseats; i++)
        if (g->seats[i].to == dev->node && g->seats[i].bus == bus)
            *items++ = attached(machine_dev_of(dev->machine, g->seats[i].node), &g->seats[i],
                                row->peer_iface);
    memcpy((char *)dev->instance + row->offset, &list, sizeof(list));
    return BP_OK;
}

int32_t machine_write_seats(struct machine *m)
{
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < m->graph->nseats; i++)
        write_part(m, &m->graph->seats[i]);
    for (uint32_t i = 0; i < m->ndevs; i++)
        for (uint32_t bus = 0; bus < m->devs[i].type->nbuses && status == BP_OK; bus++)
            status = write_controller(&m->devs[i], bus);
    return status;
}
