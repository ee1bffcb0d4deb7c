/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.c - register tables at work (sdk/include/backplane/regs.h): look-up, access rules, reset values.
 */
#include <backplane/util/rules.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"

/* A row with its extent. Rows are sorted by `first`; `reach` is the largest `last` of this row and those before, so a
 * search walks back no further than some row can matter. */
struct entry {
    uint64_t first, last, reach;
    uint32_t count, stride;
    struct bp_reg
        row; /* copied by the table's own stride: the plug-in's rows may be shorter or longer */
};

struct regs_index {
    uint32_t count;
    struct entry entries[];
};

static int by_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

struct regs_index *regs_create(const struct bp_region *region)
{
    struct regs_index *index = calloc(1, sizeof(*index) + region->nregs * sizeof(*index->entries));
    size_t bytes =
        region->reg_stride < sizeof(struct bp_reg) ? region->reg_stride : sizeof(struct bp_reg);

    if (!index)
        return NULL;
    for (uint32_t i = 0; i < region->nregs; i++) {
        struct entry *entry = &index->entries[index->count];

        memcpy(&entry->row, (const char *)region->regs + (size_t)i * region->reg_stride, bytes);
        if (!entry->row.width || entry->row.width > 8)
            continue;
        entry->count = entry->row.count ? entry->row.count : 1;
        entry->stride = entry->row.stride ? entry->row.stride : entry->row.width;
        entry->first = entry->row.offset;
        entry->last =
            entry->first + (uint64_t)(entry->count - 1) * entry->stride + entry->row.width - 1;
        index->count++;
    }
    qsort(index->entries, index->count, sizeof(*index->entries), by_first);
    for (uint32_t i = 0; i < index->count; i++) {
        struct entry *entry = &index->entries[i];

        entry->reach = i && entry[-1].reach > entry->last ? entry[-1].reach : entry->last;
    }
    return index;
}

void regs_destroy(struct regs_index *index)
{
    free(index);
}

uint32_t regs_rows(const struct regs_index *index)
{
    return index->count;
}

const struct bp_reg *regs_row(const struct regs_index *index, uint32_t i)
{
    return &index->entries[i].row;
}

static uint64_t ones(uint32_t width)
{
    return width >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width)) - 1;
}

static void *slot(const struct entry *entry, void *self, uint32_t element)
{
    return (char *)self + entry->row.bound + (size_t)element * entry->row.width;
}

static uint64_t stored(const struct entry *entry, void *self, uint32_t element)
{
    uint64_t value = 0;

    if (entry->row.bound != BP_UNBOUND)
        memcpy(&value, slot(entry, self, element), entry->row.width);
    return value;
}

static void store(const struct entry *entry, void *self, uint32_t element, uint64_t value)
{
    if (entry->row.bound != BP_UNBOUND)
        memcpy(slot(entry, self, element), &value, entry->row.width);
}

void regs_reset(const struct regs_index *index, void *self)
{
    for (uint32_t i = 0; i < index->count; i++)
        for (uint32_t element = 0; element < index->entries[i].count; element++)
            store(&index->entries[i], self, element, index->entries[i].row.reset);
}

static bool readable(const struct entry *entry)
{
    bool any = entry->row.access != BP_REG_WO || entry->row.on_read;

    for (const struct bp_reg_bits *b = entry->row.bits; b && b->mask && !any; b++)
        any = b->access != BP_REG_WO;
    return any;
}

static bool is_writable(uint32_t access)
{
    return access != BP_REG_RO && access != BP_REG_RC;
}

/* Some bits are enough. */
static bool writable(const struct entry *entry)
{
    bool any = is_writable(entry->row.access);

    for (const struct bp_reg_bits *b = entry->row.bits; b && b->mask && !any; b++)
        any = is_writable(b->access);
    return any;
}

/* The element at addr. Where a read-only and a write-only row share an address, the direction decides. */
static const struct entry *find(const struct regs_index *index, uint64_t addr, uint32_t bank,
                                bool write, uint32_t *element)
{
    const struct entry *second = NULL;
    uint32_t low = 0, high = index->count, second_element = 0;

    while (low < high) { /* the first row that starts behind addr */
        uint32_t middle = (low + high) / 2;

        if (index->entries[middle].first <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    while (low-- > 0 && index->entries[low].reach >= addr) {
        const struct entry *entry = &index->entries[low];
        uint64_t n = (addr - entry->first) / entry->stride;

        if (addr > entry->last || (addr - entry->first) % entry->stride >= entry->row.width)
            continue;
        if (entry->row.banks && !(entry->row.banks >> bank & 1))
            continue;
        *element = (uint32_t)n;
        if (write ? writable(entry) : readable(entry))
            return entry;
        second = entry;
        second_element = *element;
    }
    *element = second_element;
    return second;
}

static uint64_t read_register(const struct entry *entry, void *self, uint32_t element,
                              const struct bp_access *access)
{
    const struct bp_reg *row = &entry->row;
    uint64_t value = stored(entry, self, element), seen;

    if (row->on_read) {
        call_refine("on_read()", row->name);
        seen = row->on_read(self, element, value, access);
    } else {
        seen = bp_reg_shown(row, value);
    }
    /* What the hook has changed stays, but for the bits whose rule it is to go or come. Nothing is stored without such a rule:
     * regions may be read by several threads. */
    if (bp_reg_read_acts(row) && !(access->flags & BP_ACCESS_DEBUG))
        store(entry, self, element, bp_reg_after_read(row, stored(entry, self, element)));
    return seen & ones(row->width);
}

/* `lanes`: bits of the register that the access carries. */
static void write_register(const struct entry *entry, void *self, uint32_t element, uint64_t value,
                           uint64_t lanes)
{
    const struct bp_reg *row = &entry->row;
    uint64_t old = stored(entry, self, element);

    if (!writable(entry))
        return;
    value &= ones(row->width);
    store(entry, self, element, bp_reg_written(row, old, value, lanes));
    if (row->on_write) {
        call_refine("on_write()", row->name);
        row->on_write(self, element, value & bp_reg_writable(row), old);
    }
}

/* The bytes that a write of part of a register lacks. */
static uint64_t lacking(const struct entry *entry, void *self, uint32_t element,
                        const struct bp_access *access)
{
    struct bp_access look = *access;

    look.flags |= BP_ACCESS_DEBUG;
    return bp_reg_lacking(&entry->row, read_register(entry, self, element, &look));
}

/* What an access and a register have in common: `bytes` of them, from bit `into` of the register and bit `from` of the
 * access on. In a big-endian region the lowest address holds the highest bits of both. */
struct overlap {
    uint32_t bytes, into, from;
};

static struct overlap overlap(const struct bus_region *region, const struct entry *entry,
                              uint32_t element, const struct bp_access *access, uint64_t addr)
{
    uint32_t inside = (uint32_t)(addr - (entry->first + (uint64_t)element * entry->stride));
    uint32_t done = (uint32_t)(addr - access->addr), bytes = entry->row.width - inside;

    if (bytes > access->width - done)
        bytes = access->width - done;
    if (region->row->endian == BP_ENDIAN_BIG) {
        inside = entry->row.width - inside - bytes;
        done = access->width - done - bytes;
    }
    return (struct overlap){bytes, 8 * inside, 8 * done};
}

uint64_t regs_peek(struct bus_region *region, uint32_t row, uint32_t element)
{
    const struct entry *entry = &region->regs->entries[row];
    const struct bp_access look = {.size = sizeof(look),
                                   .flags = BP_ACCESS_DEBUG,
                                   .addr = entry->first + (uint64_t)element * entry->stride,
                                   .width = entry->row.width,
                                   .initiator = BP_INITIATOR_DMA};
    struct dev_call before;
    uint64_t value;

    if (entry->row.access == BP_REG_WO && entry->row.bound != BP_UNBOUND)
        return stored(entry, region->dev->instance, element);
    before = call_enter(region->dev, "on_read()", entry->row.name);
    value = read_register(entry, region->dev->instance, element, &look);
    call_leave(before);
    return value;
}

uint64_t regs_field(const struct bp_reg_field *field, uint64_t value)
{
    uint64_t mask = field->width < 64 ? (UINT64_C(1) << field->width) - 1 : UINT64_MAX;

    return field->lsb < 64 ? value >> field->lsb & mask : 0;
}

const char *regs_field_text(const struct bp_reg_field *field, uint64_t part)
{
    for (const struct bp_reg_value *value = field->values; value && value->name; value++)
        if (value->value == part)
            return value->name;
    return NULL;
}

int32_t regs_access(struct bus_region *region, const struct bp_access *access, uint64_t *value,
                    bool write, bool *missed)
{
    void *self = region->dev->instance;
    uint64_t result = 0, addr = access->addr, end = access->addr + access->width;

    *missed = true;
    while (addr < end) {
        uint32_t bank = region->row->bank ? region->row->bank(self) & 31 : 0, element;
        const struct entry *entry = find(region->regs, addr, bank, write, &element);
        struct overlap o;
        uint64_t part;

        if (!entry) {
            addr++;
            continue;
        }
        *missed = false;
        o = overlap(region, entry, element, access, addr);
        if (write) {
            uint64_t lanes = ones(o.bytes) << o.into;

            part = *value >> o.from & ones(o.bytes);
            if (o.bytes < entry->row.width)
                part = (lacking(entry, self, element, access) & ~lanes) | part << o.into;
            write_register(entry, self, element, part, lanes);
        } else {
            part = read_register(entry, self, element, access);
            result |= (part >> o.into & ones(o.bytes)) << o.from;
        }
        if (trace_mmio_on(region->dev) && !(access->flags & BP_ACCESS_DEBUG))
            trace_register(region, &entry->row, element, part, write);
        addr += o.bytes;
    }
    if (!write)
        *value = result;
    return BP_OK;
}
