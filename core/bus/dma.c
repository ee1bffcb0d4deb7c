/* SPDX-License-Identifier: Apache-2.0
 *
 * dma.c - bp.dma/1 and bp.mem/1 (sdk/include/backplane/bus.h).
 */
#include <string.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"

/* Tells the accelerator that RAM changed behind its back. */
static void written(struct machine *m, uint64_t pa, uint64_t bytes)
{
    if (m->accel && m->accel_self && bytes)
        m->accel->ram_written(m->accel_self, pa, bytes);
}

/* A copy through whatever lies there; devices get naturally aligned words. */
static int32_t copy(struct bus *bus, uint64_t addr, uint8_t *data, uint64_t bytes, bool write)
{
    uint64_t done = 0;
    int32_t status = BP_OK;

    while (done < bytes && status == BP_OK) {
        struct bus_segment segment;
        uint64_t pa = addr + done, left = bytes - done;

        if (pa < addr ||
            !bus_find(bus, pa, &segment)) { /* nothing answers behind the last address */
            status = BP_E_DECODE;
        } else if (bus_direct(segment.region, write)) {
            uint64_t chunk = segment.last - pa < left - 1 ? segment.last - pa + 1 : left;
            uint8_t *host = segment.region->ram + segment.offset + (pa - segment.first);

            memcpy(write ? host : data + done, write ? data + done : host, chunk);
            if (write)
                written(bus->machine, pa, chunk);
            done += chunk;
        } else {
            uint32_t width = 8;
            uint64_t value = 0;

            while (width > left || pa & (width - 1))
                width /= 2;
            if (write)
                memcpy(&value, data + done, width);
            status = bus_access(bus, BP_INITIATOR_DMA, pa, width, 0, &value, write);
            if (status == BP_OK && !write)
                memcpy(data + done, &value, width);
            if (status == BP_OK)
                done += width;
        }
    }
    return status != BP_OK && done ? BP_E_PARTIAL : status;
}

static int32_t dma_read(struct bp_bus *port, uint64_t addr, void *data, uint64_t bytes)
{
    const struct bus_port *from = (const struct bus_port *)port;

    if (!contract_machine(from->dev, "read() of bp.dma/1"))
        return BP_E_STATE;
    return copy(from->bus, addr, data, bytes, false);
}

static int32_t dma_write(struct bp_bus *port, uint64_t addr, const void *data, uint64_t bytes)
{
    const struct bus_port *to = (const struct bus_port *)port;

    if (!contract_machine(to->dev, "write() of bp.dma/1"))
        return BP_E_STATE;
    return copy(to->bus, addr, (uint8_t *)data, bytes, true);
}

static void *dma_map(struct bp_bus *port, uint64_t addr, uint64_t *bytes, uint32_t direction)
{
    struct bus *bus = ((struct bus_port *)port)->bus;
    struct bus_segment segment;

    if (!contract_machine(((struct bus_port *)port)->dev, "map() of bp.dma/1"))
        return NULL;
    if (!*bytes || !bus_find(bus, addr, &segment) ||
        !bus_direct(segment.region, direction == BP_DMA_FROM_DEVICE))
        return NULL;
    if (segment.last - addr < *bytes - 1)
        *bytes = segment.last - addr + 1;
    return segment.region->ram + segment.offset + (addr - segment.first);
}

static void dma_unmap(struct bp_bus *port, void *host, uint64_t bytes, uint32_t direction)
{
    struct bus *bus = ((struct bus_port *)port)->bus;
    const uint8_t *at = host;

    if (direction != BP_DMA_FROM_DEVICE)
        return;
    for (uint32_t i = 0; i < bus->nplaced; i++) {
        const struct bus_region *region = bus->placed[i];

        if (region->ram && at >= region->ram && at < region->ram + region->bytes)
            written(bus->machine, region->base + (uint64_t)(at - region->ram), bytes);
    }
}

const struct bp_dma_api bus_dma_api = {
    .size = sizeof(bus_dma_api),
    .read = dma_read,
    .write = dma_write,
    .map = dma_map,
    .unmap = dma_unmap,
};

/* --- bp.mem/1 ----------------------------------------------------------------------------------------- */

static struct bus_region *region_of(struct bp_dev *dev, uint32_t region)
{
    return region < dev->type->nregions ? &dev->regions[region] : NULL;
}

static void map_changed(struct bus_region *region)
{
    struct machine *m = region->dev->machine;

    if (m->accel && m->accel_self && region->bytes)
        m->accel->map_changed(m->accel_self, region->base, region->bytes);
}

static void *mem_data(struct bp_dev *dev, uint32_t index, uint64_t *bytes)
{
    struct bus_region *region = region_of(dev, index);

    if (bytes)
        *bytes = region && region->ram ? region->bytes : 0;
    return region ? region->ram : NULL;
}

static void mem_set_direct(struct bp_dev *dev, uint32_t index, uint32_t on)
{
    struct bus_region *region = region_of(dev, index);

    if (!contract_machine(dev, "set_direct() of bp.mem/1"))
        return;
    if (region && region->ram && atomic_exchange(&region->direct, on != 0) != (on != 0))
        map_changed(region);
}

static void mem_enable(struct bp_dev *dev, uint32_t index, uint32_t on)
{
    struct bus_region *region = region_of(dev, index);

    if (!contract_machine(dev, "enable() of bp.mem/1"))
        return;
    if (!region || region->enabled == (on != 0))
        return;
    region->enabled = on != 0;
    bus_publish(&dev->machine->bus); /* has room already */
    map_changed(region);
}

static int32_t mem_move(struct bp_dev *dev, uint32_t index, uint64_t addr)
{
    struct bus_region *region = region_of(dev, index);
    int32_t status;

    if (!contract_machine(dev, "move() of bp.mem/1"))
        return BP_E_STATE;
    if (!region || !region->floating || !region->bytes || addr + (region->bytes - 1) < addr)
        return BP_E_INVAL;
    map_changed(region);
    region->base = addr;
    region->enabled = true;
    status = bus_publish(&dev->machine->bus);
    map_changed(region);
    return status;
}

static void mem_changed(struct bp_dev *dev, uint32_t index, uint64_t offset, uint64_t bytes)
{
    struct bus_region *region = region_of(dev, index);

    if (region && region->ram && offset < region->bytes && bytes <= region->bytes - offset)
        written(dev->machine, region->base + offset, bytes);
}

const struct bp_mem_api bus_mem_api = {
    .size = sizeof(bus_mem_api),
    .data = mem_data,
    .set_direct = mem_set_direct,
    .enable = mem_enable,
    .move = mem_move,
    .changed = mem_changed,
};
