/* SPDX-License-Identifier: Apache-2.0
 *
 * access.c - one access, whatever is there: RAM, registers, callbacks; splitting, merging and byte order.
 */
#include <string.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"

static uint64_t ones(uint32_t width)
{
    return width >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width)) - 1;
}

static uint64_t swap(uint64_t value, uint32_t width)
{
    return __builtin_bswap64(value) >> (64 - 8 * width);
}

/* The callback of a region with a width it takes, aligned. */
static int32_t call(struct bus_region *region, const struct bp_access *access, uint64_t *value,
                    bool write)
{
    const struct bp_region *row = region->row;
    void *self = region->dev->instance;

    int32_t status = BP_E_ACCESS;

    if (write)
        return row->write ? row->write(self, access, *value) : BP_E_ACCESS;
    *value = 0;
    if (row->read)
        status = row->read(self, access, value);
    *value &= ones(access->width); /* whatever the device left behind it */
    return status;
}

/* Narrower than the device decodes: the bytes are cut out of, or put into, its narrowest word. Without byte enables a
 * device sees the whole word written; the rest of it comes from a read without side effects. */
static int32_t narrow(struct bus_region *region, const struct bp_access *access, uint32_t min,
                      uint64_t *value, bool write)
{
    struct bp_access whole = *access;
    uint32_t shift = (uint32_t)(access->addr & (min - 1)) * 8;
    uint64_t word = 0, mask;
    int32_t status;

    if (region->row->endian == BP_ENDIAN_BIG)
        shift = (min - access->width) * 8 - shift;
    mask = ones(access->width) << shift;
    whole.addr &= ~(uint64_t)(min - 1);
    whole.width = min;
    if (write)
        whole.flags |= BP_ACCESS_DEBUG;
    status = call(region, &whole, &word, false);
    if (status >= 0 && !write)
        *value = (word & mask) >> shift;
    if (!write)
        return status;
    whole.flags = access->flags;
    word = (status >= 0 ? word & ~mask : 0) | (*value << shift & mask);
    return call(region, &whole, &word, true);
}

/* Splits what is too wide or misaligned into the widest pieces that are neither, lowest address first. */
static int32_t split(struct bus_region *region, const struct bp_access *access, uint32_t min,
                     uint32_t max, uint64_t *value, bool write)
{
    bool big = region->row->endian == BP_ENDIAN_BIG;
    uint64_t result = 0;

    for (uint32_t done = 0; done < access->width;) {
        struct bp_access piece = *access;
        uint32_t shift, width = max;
        uint64_t part;
        int32_t status;

        piece.addr += done;
        while (width > 1 && (width > access->width - done || piece.addr & (width - 1)))
            width /= 2;
        piece.width = width;
        shift = 8 * (big ? access->width - done - width : done);
        part = *value >> shift & ones(width);
        status = width < min ? narrow(region, &piece, min, &part, write)
                             : call(region, &piece, &part, write);
        if (status < 0)
            return status;
        result |= part << shift;
        done += width;
    }
    if (!write)
        *value = result;
    return BP_OK;
}

static int32_t callbacks(struct bus_region *region, const struct bp_access *access, uint64_t *value,
                         bool write)
{
    uint32_t min = region->row->min_width ? region->row->min_width : 1;
    uint32_t max = region->row->max_width ? region->row->max_width : 8;

    if (access->width >= min && access->width <= max && !(access->addr & (access->width - 1)))
        return call(region, access, value, write);
    if (access->width < min &&
        !((access->addr ^ (access->addr + access->width - 1)) & ~(uint64_t)(min - 1)))
        return narrow(region, access, min, value, write);
    return split(region, access, min, max, value, write);
}

int32_t bus_region_access(struct bus_region *region, const struct bp_access *access,
                          uint64_t *value, bool write)
{
    const struct bp_region *row = region->row;
    bool big = row->endian == BP_ENDIAN_BIG;
    bool missed = true;
    int32_t status = BP_OK;
    struct dev_call before;

    if (access->addr >= region->decoded || access->width > region->decoded - access->addr)
        return BP_E_DECODE;
    /* The guest's value is little-endian on the bus; a big-endian device sees its bytes the other way round. */
    if (write)
        *value = big ? swap(*value, access->width) : *value & ones(access->width);
    before = call_enter(region->dev, write ? "write()" : "read()", row->name);
    if (region->regs)
        status = regs_access(region, access, value, write, &missed);
    if (missed && (!region->regs || (write ? row->write != NULL : row->read != NULL)))
        status = callbacks(region, access, value, write);
    else if (missed && !(access->flags & BP_ACCESS_DEBUG))
        trace_unknown(region, access, write);
    call_leave(before);
    if (status)
        status = contract_status(region->dev, write ? "write() of a region" : "read() of a region",
                                 status);
    if (!write && status >= 0 && big)
        *value = swap(*value, access->width);
    if (trace_mmio_on(region->dev) && !(access->flags & BP_ACCESS_DEBUG))
        trace_mmio(region, access, *value, write, status);
    return status;
}

/* What the callers of bus_access() may hear of a device that refuses. */
static int32_t bus_status(int32_t status)
{
    return status >= 0 ? BP_OK : status == BP_E_DECODE || status == BP_E_ACCESS ? status : BP_E_IO;
}

/* Byte by byte, for an access that leaves its segment. Nothing answers behind the last address. */
static int32_t straddle(struct bus *bus, uint32_t initiator, uint64_t pa, uint32_t width,
                        uint32_t flags, uint64_t *value, bool write)
{
    uint64_t result = 0;

    for (uint32_t i = 0; i < width; i++) {
        uint64_t byte = *value >> (8 * i) & 0xff;
        int32_t status =
            pa + i < pa ? BP_E_DECODE : bus_access(bus, initiator, pa + i, 1, flags, &byte, write);

        if (status != BP_OK)
            return status;
        result |= byte << (8 * i);
    }
    if (!write)
        *value = result;
    return BP_OK;
}

bool bus_direct(const struct bus_region *region, bool write)
{
    if (!region->ram)
        return false;
    return !(region->row->flags & BP_REGION_ROMD) || (!write && atomic_load(&region->direct));
}

int32_t bus_access(struct bus *bus, uint32_t initiator, uint64_t pa, uint32_t width, uint32_t flags,
                   uint64_t *value, bool write)
{
    struct machine_lock *lock = &bus->machine->lock;
    struct bus_segment segment;
    struct bus_region *region;
    struct bp_access access;
    bool serial;
    int32_t status;

    if (!bus_find(bus, pa, &segment))
        return BP_E_DECODE;
    if (segment.last - pa < width - 1)
        return straddle(bus, initiator, pa, width, flags, value, write);
    region = segment.region;
    if (bus_direct(region, write)) {
        uint8_t *host = region->ram + segment.offset + (pa - segment.first);

        if (!write)
            *value = 0;
        memcpy(write ? (void *)host : value, write ? (void *)value : host, width);
        return BP_OK;
    }
    access = (struct bp_access){sizeof(access), flags, segment.offset + (pa - segment.first), width,
                                initiator};
    serial = !(region->dev->type->device->flags & BP_DEVICE_PARALLEL);
    if (serial)
        lock_take(lock);
    status = bus_status(bus_region_access(region, &access, value, write));
    if (serial)
        lock_drop(lock);
    hash_access(bus->machine, initiator, pa, width, *value, status, write);
    return status;
}
