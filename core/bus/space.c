/* SPDX-License-Identifier: Apache-2.0
 *
 * space.c - the flat view of the address space: placing regions, finding and resolving addresses.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/machine/dev.h"

#define HUGE_RAM (4u << 20) /* RAM this large is worth huge pages */

/* Readers may be reading while a view is being made; what they make of it is thrown away then, but the race has to be
 * one between atomics. Loads acquire and stores release, so that the generation is looked at last and set first. */
struct slot {
    _Atomic uint64_t first, last, offset;
    _Atomic(struct bus_region *) region;
};

struct bus_view {
    _Atomic uint32_t count;
    struct slot slots[];
};

int32_t bus_init(struct bus *bus, struct machine *m)
{
    bus->machine = m;
    return bus_publish(bus);
}

static void forget_views(struct bus *bus)
{
    free(bus->views[0]);
    free(bus->views[1]);
    free(bus->cuts);
    bus->views[0] = bus->views[1] = NULL;
    bus->cuts = NULL;
}

void bus_finish(struct bus *bus)
{
    forget_views(bus);
    free(bus->placed);
    memset(bus, 0, sizeof(*bus));
}

int32_t bus_region_init(struct bus_region *region, struct bp_dev *dev, uint32_t index,
                        uint64_t base, uint64_t bytes)
{
    const struct bp_region *row = &dev->type->regions[index];

    region->dev = dev;
    region->index = index;
    region->row = row;
    region->base = base;
    region->bytes = bytes || row->flags & BP_REGION_OPTIONAL ? bytes : row->length;
    region->decoded = row->length && row->length < region->bytes ? row->length : region->bytes;
    region->floating = row->flags & BP_REGION_FLOATING;
    region->enabled = !region->floating;
    if (row->flags & BP_REGION_RAM && region->bytes) {
        region->ram = mmap(NULL, region->bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (region->ram == MAP_FAILED) {
            region->ram = NULL;
            return BP_E_NOMEM;
        }
        if (region->bytes >= HUGE_RAM)
            madvise(region->ram, region->bytes, MADV_HUGEPAGE);
        madvise(region->ram, region->bytes, MADV_DONTDUMP);
        /* Not for children: a guest that runs on would pay for every page that it writes with a copy. */
        madvise(region->ram, region->bytes, MADV_DONTFORK);
        atomic_store(&region->direct, 1);
    }
    if (row->nregs) {
        region->regs = regs_create(row);
        if (!region->regs)
            return BP_E_NOMEM;
    }
    return BP_OK;
}

void bus_region_finish(struct bus_region *region)
{
    if (region->ram)
        munmap(region->ram, region->bytes);
    regs_destroy(region->regs);
    memset(region, 0, sizeof(*region));
}

int32_t bus_place(struct bus *bus, struct bus_region *region)
{
    struct bus_region **placed;

    for (uint32_t i = 0; i < bus->nplaced; i++)
        if (bus->placed[i] == region)
            return BP_OK;
    placed = realloc(bus->placed, (bus->nplaced + 1) * sizeof(*placed));
    if (!placed)
        return BP_E_NOMEM;
    bus->placed = placed;
    bus->placed[bus->nplaced++] = region;
    return BP_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool covers(const struct bus_region *region, uint64_t pa)
{
    return region->enabled && region->bytes && pa - region->base < region->bytes;
}

/* Floating regions lie in front of fixed ones; among equals the one placed last wins. */
static struct bus_region *front(const struct bus *bus, uint64_t pa)
{
    struct bus_region *best = NULL;

    for (uint32_t i = 0; i < bus->nplaced; i++) {
        struct bus_region *region = bus->placed[i];

        if (covers(region, pa) && (!best || region->floating >= best->floating))
            best = region;
    }
    return best;
}

/* Room in both views for all placed regions: each has two ends. Only while building, when nobody reads. */
static int32_t make_room(struct bus *bus)
{
    size_t slots = 2 * (size_t)bus->nplaced + 1;

    if (bus->views[1] && bus->room >= bus->nplaced)
        return BP_OK;
    forget_views(bus);
    bus->cuts = malloc(slots * sizeof(*bus->cuts));
    for (uint32_t i = 0; i < 2; i++)
        bus->views[i] = calloc(1, sizeof(**bus->views) + slots * sizeof(struct slot));
    bus->room = bus->nplaced;
    return bus->cuts && bus->views[0] && bus->views[1] ? BP_OK : BP_E_NOMEM;
}

/* The addresses at which something starts or ends, sorted; UINT64_MAX + 1 is left out. */
static uint32_t make_cuts(const struct bus *bus)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < bus->nplaced; i++) {
        const struct bus_region *region = bus->placed[i];

        if (!region->enabled || !region->bytes)
            continue;
        bus->cuts[n++] = region->base;
        if (region->base + region->bytes)
            bus->cuts[n++] = region->base + region->bytes;
    }
    qsort(bus->cuts, n, sizeof(*bus->cuts), by_value);
    return n;
}

static void append(struct bus_view *view, uint64_t first, uint64_t last, struct bus_region *region)
{
    uint32_t count = atomic_load_explicit(&view->count, memory_order_relaxed);
    struct slot *before = count ? &view->slots[count - 1] : NULL, *slot = &view->slots[count];

    if (before && atomic_load(&before->region) == region &&
        atomic_load(&before->last) + 1 == first) {
        atomic_store_explicit(&before->last, last, memory_order_release);
        return;
    }
    atomic_store_explicit(&slot->first, first, memory_order_release);
    atomic_store_explicit(&slot->last, last, memory_order_release);
    atomic_store_explicit(&slot->offset, first - region->base, memory_order_release);
    atomic_store_explicit(&slot->region, region, memory_order_release);
    atomic_store_explicit(&view->count, count + 1, memory_order_release);
}

/* Cuts the address space at every start and end of a region and asks who is in front there. */
int32_t bus_publish(struct bus *bus)
{
    uint64_t generation = atomic_load(&bus->generation) + 1;
    struct bus_view *view;
    uint32_t n;

    if (make_room(bus) != BP_OK)
        return BP_E_NOMEM;
    view = bus->views[generation & 1];
    n = make_cuts(bus);
    atomic_store_explicit(&view->count, 0, memory_order_release);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t last = i + 1 < n ? bus->cuts[i + 1] - 1 : UINT64_MAX;
        struct bus_region *region = front(bus, bus->cuts[i]);

        if (region && !(i + 1 < n && bus->cuts[i + 1] == bus->cuts[i]))
            append(view, bus->cuts[i], last, region);
    }
    atomic_store(&bus->generation, generation);
    return BP_OK;
}

static struct bus_segment read_slot(const struct slot *slot)
{
    return (struct bus_segment){
        atomic_load_explicit(&slot->first, memory_order_acquire),
        atomic_load_explicit(&slot->last, memory_order_acquire),
        atomic_load_explicit(&slot->offset, memory_order_acquire),
        atomic_load_explicit(&slot->region, memory_order_acquire),
    };
}

/* The segment or hole around pa. */
static struct bus_segment search(const struct bus_view *view, uint64_t pa)
{
    uint32_t count = atomic_load_explicit(&view->count, memory_order_acquire), low = 0,
             high = count;
    struct bus_segment hole = {0, UINT64_MAX, 0, NULL};

    while (low < high) { /* the first segment that ends at or behind pa */
        uint32_t middle = low + (high - low) / 2;

        if (atomic_load_explicit(&view->slots[middle].last, memory_order_acquire) < pa)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count) {
        struct bus_segment segment = read_slot(&view->slots[low]);

        if (segment.first <= pa)
            return segment;
        hole.last = segment.first - 1;
    }
    if (low)
        hole.first = atomic_load_explicit(&view->slots[low - 1].last, memory_order_acquire) + 1;
    return hole;
}

bool bus_find(const struct bus *bus, uint64_t pa, struct bus_segment *out)
{
    uint64_t generation;

    do {
        generation = atomic_load_explicit(&bus->generation, memory_order_acquire);
        *out = search(bus->views[generation & 1], pa);
    } while (atomic_load_explicit(&bus->generation, memory_order_relaxed) != generation);
    return out->region != NULL;
}

void bus_resolve(const struct bus *bus, uint64_t pa, struct bp_phys *out)
{
    struct bus_segment segment;
    bool found = bus_find(bus, pa, &segment);
    const struct bus_region *region = segment.region;

    memset(out, 0, sizeof(*out));
    out->base = segment.first;
    out->bytes = segment.last - segment.first + 1;
    if (!found)
        return;
    if (!region->ram) {
        out->flags = BP_PHYS_DEVICE;
    } else if (!(region->row->flags & BP_REGION_ROMD)) {
        out->host = region->ram + segment.offset;
        out->flags = BP_PHYS_WRITABLE;
    } else {
        out->flags = BP_PHYS_DEVICE;
        if (atomic_load(&region->direct))
            out->host = region->ram + segment.offset;
    }
}

int32_t bus_copy(struct bus *bus, uint64_t pa, void *data, uint64_t bytes, bool write)
{
    int32_t status = BP_OK;
    uint8_t *at = data;

    while (bytes) {
        struct bus_segment segment;
        bool found = bus_find(bus, pa, &segment);
        uint64_t chunk = segment.last - pa < bytes - 1 ? segment.last - pa + 1 : bytes;

        if (found && segment.region->ram) {
            uint8_t *host = segment.region->ram + segment.offset + (pa - segment.first);

            memcpy(write ? host : at, write ? at : host, chunk);
        } else { /* a device lies over a part of an image (a host interface): the rest goes on behind it */
            status = BP_E_DECODE;
        }
        at += chunk;
        pa += chunk;
        bytes -= chunk;
    }
    return status;
}
