/* SPDX-License-Identifier: Apache-2.0
 *
 * th_bus.h - bp.dma/1 over one MiB of RAM at TH_RAM_BASE, and bp.mem/1. Addresses outside of the
 * RAM decode to nothing.
 */
#ifndef BACKPLANE_TH_BUS_H
#define BACKPLANE_TH_BUS_H

#include "th_types.h"

/* Bytes of RAM from `addr` on; 0: not RAM. */
static inline uint64_t th_ram_after(const struct th *t, uint64_t addr)
{
    uint64_t offset = addr - t->ram_base;

    return addr < t->ram_base || offset >= TH_RAM_BYTES ? 0 : TH_RAM_BYTES - offset;
}

/* Host address of guest RAM; the test must stay inside. */
static inline void *th_ram(const struct th *t, uint64_t addr)
{
    return t->ram + (addr - t->ram_base);
}

static inline int32_t th_dma_result(uint64_t room, uint64_t bytes)
{
    return room >= bytes ? BP_OK : room ? BP_E_PARTIAL : BP_E_DECODE;
}

static inline int32_t th_api_dma_read(struct bp_bus *bus, uint64_t addr, void *data, uint64_t bytes)
{
    uint64_t room = th_ram_after(bus->th, addr);

    memcpy(data, room ? th_ram(bus->th, addr) : data, room ? (bytes < room ? bytes : room) : 0);
    return th_dma_result(room, bytes);
}

static inline int32_t th_api_dma_write(struct bp_bus *bus, uint64_t addr, const void *data,
                                       uint64_t bytes)
{
    uint64_t room = th_ram_after(bus->th, addr);

    if (room)
        memcpy(th_ram(bus->th, addr), data, bytes < room ? bytes : room);
    return th_dma_result(room, bytes);
}

static inline void *th_api_dma_map(struct bp_bus *bus, uint64_t addr, uint64_t *bytes,
                                   uint32_t direction)
{
    struct th *t = bus->th;
    uint64_t room = th_ram_after(t, addr);

    if (!room || !*bytes || t->nmaps == TH_MAX_MAPS)
        return NULL;
    if (*bytes > room)
        *bytes = room;
    t->maps[t->nmaps].host = th_ram(t, addr);
    t->maps[t->nmaps].bytes = *bytes;
    t->maps[t->nmaps++].direction = direction;
    return th_ram(t, addr);
}

static inline void th_api_dma_unmap(struct bp_bus *bus, void *host, uint64_t bytes,
                                    uint32_t direction)
{
    struct th *t = bus->th;

    for (uint32_t i = 0; i < t->nmaps; i++) {
        if (t->maps[i].host == host && t->maps[i].bytes == bytes &&
            t->maps[i].direction == direction) {
            t->maps[i] = t->maps[--t->nmaps];
            return;
        }
    }
    th_violation(t, "unmap: no such map");
}

static inline void th_bus_check_unmapped(struct th *t)
{
    if (t->nmaps)
        th_violation(t, "map: still open when the device was finished");
}

static inline void *th_api_mem_data(struct bp_dev *dev, uint32_t region, uint64_t *bytes)
{
    if (region >= dev->th->cls->nregions || !dev->th->regions[region].data) {
        th_violation(dev->th, "mem data: not a RAM region");
        return NULL;
    }
    *bytes = dev->th->regions[region].bytes;
    return dev->th->regions[region].data;
}

static inline void th_api_mem_direct(struct bp_dev *dev, uint32_t region, uint32_t on)
{
    if (region >= dev->th->cls->nregions ||
        !(th_region_row(dev->th, region)->flags & BP_REGION_ROMD))
        th_violation(dev->th, "mem set_direct: not a ROMD region");
    else
        dev->th->regions[region].direct = on;
}

static inline void th_api_mem_enable(struct bp_dev *dev, uint32_t region, uint32_t on)
{
    if (region >= dev->th->cls->nregions)
        th_violation(dev->th, "mem enable: no such region");
    else
        dev->th->regions[region].enabled = on;
}

static inline int32_t th_api_mem_move(struct bp_dev *dev, uint32_t region, uint64_t addr)
{
    if (region >= dev->th->cls->nregions ||
        !(th_region_row(dev->th, region)->flags & BP_REGION_FLOATING)) {
        th_violation(dev->th, "mem move: not a FLOATING region");
        return BP_E_INVAL;
    }
    dev->th->regions[region].base = addr;
    dev->th->regions[region].enabled = 1;
    return BP_OK;
}

static inline void th_api_mem_changed(struct bp_dev *dev, uint32_t region, uint64_t offset,
                                      uint64_t bytes)
{
    const struct th_region *r = &dev->th->regions[region < TH_MAX_REGIONS ? region : 0];

    if (region >= dev->th->cls->nregions || offset > r->bytes || bytes > r->bytes - offset)
        th_violation(dev->th, "mem changed: outside of the region");
}

static inline int32_t th_regions_create(struct th *t)
{
    if (t->cls->nregions > TH_MAX_REGIONS)
        return BP_E_FULL;
    for (uint32_t i = 0; i < t->cls->nregions; i++) {
        const struct bp_region *row = th_region_row(t, i);
        struct th_region *r = &t->regions[i];

        r->bytes = row->length ? row->length : t->region_bytes[i] ? t->region_bytes[i] : 4096;
        r->enabled = !(row->flags & BP_REGION_FLOATING);
        r->direct = (row->flags & BP_REGION_ROMD) != 0;
        if (row->flags & BP_REGION_RAM) {
            r->data = (uint8_t *)malloc(r->bytes);
            if (!r->data)
                return BP_E_NOMEM;
            memset(r->data, (int)row->fill, r->bytes);
        }
    }
    return BP_OK;
}

static inline void th_regions_free(struct th *t)
{
    for (uint32_t i = 0; i < TH_MAX_REGIONS; i++)
        free(t->regions[i].data);
}

#endif
