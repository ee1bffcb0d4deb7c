/* SPDX-License-Identifier: Apache-2.0
 *
 * th_regs.h - guest accesses to a region, with the register-table rules of regs.h.
 */
#ifndef BACKPLANE_TH_REGS_H
#define BACKPLANE_TH_REGS_H

#include "th_types.h"

#include <backplane/util/rules.h>

static inline const struct bp_reg *th_reg_row(const struct bp_region *region, uint32_t i)
{
    return (const struct bp_reg *)th_row(region->regs, region->reg_stride, i);
}

static inline uint32_t th_reg_count(const struct bp_reg *reg)
{
    return reg->count ? reg->count : 1;
}

static inline uint32_t th_reg_stride(const struct bp_reg *reg)
{
    return reg->stride ? reg->stride : reg->width;
}

static inline uint64_t th_bytes_mask(uint32_t bytes)
{
    return bytes >= 8 ? UINT64_MAX : (1ull << (8 * bytes)) - 1;
}

static inline uint64_t th_reg_bound(const struct th *t, const struct bp_reg *reg, uint32_t index)
{
    uint64_t value = 0;

    if (reg->bound != BP_UNBOUND)
        memcpy(&value, th_at(t, reg->bound + index * reg->width), reg->width);
    return value;
}

static inline void th_reg_bind(struct th *t, const struct bp_reg *reg, uint32_t index,
                               uint64_t value)
{
    if (reg->bound != BP_UNBOUND)
        memcpy(th_at(t, reg->bound + index * reg->width), &value, reg->width);
}

static inline uint64_t th_reg_read(struct th *t, const struct bp_reg *reg, uint32_t index,
                                   const struct bp_access *access)
{
    uint64_t bound = th_reg_bound(t, reg, index);
    uint64_t value = bp_reg_shown(reg, bound);

    if (reg->on_read)
        value = reg->on_read(t->self, index, bound, access);
    if (bp_reg_read_acts(reg) && !(access->flags & BP_ACCESS_DEBUG))
        th_reg_bind(t, reg, index, bp_reg_after_read(reg, th_reg_bound(t, reg, index)));
    return value & th_bytes_mask(reg->width);
}

static inline uint32_t th_is_writable(uint32_t access)
{
    return access != BP_REG_RO && access != BP_REG_RC;
}

/* `lanes`: bits of the register that the access carries. */
static inline void th_reg_write(struct th *t, const struct bp_reg *reg, uint32_t index,
                                uint64_t written, uint64_t lanes)
{
    uint64_t old = th_reg_bound(t, reg, index);
    uint32_t any = th_is_writable(reg->access);

    for (const struct bp_reg_bits *b = reg->bits; b && b->mask; b++)
        any |= th_is_writable(b->access);
    if (!any)
        return;
    th_reg_bind(t, reg, index, bp_reg_written(reg, old, written, lanes));
    if (reg->on_write)
        reg->on_write(t->self, index, written & bp_reg_writable(reg), old);
}

/* What the bytes a partial write lacks are taken to be. */
static inline uint64_t th_reg_filler(struct th *t, const struct bp_reg *reg, uint32_t index)
{
    struct bp_access debug = {sizeof debug, BP_ACCESS_DEBUG, reg->offset, reg->width, 0};

    return bp_reg_lacking(reg, th_reg_read(t, reg, index, &debug));
}

/* The register that covers the byte at `addr`, as a copy in which what an older row lacks is 0. Returns 0 when there is
 * none. */
static inline uint32_t th_reg_find(struct th *t, const struct bp_region *region, uint64_t addr,
                                   struct bp_reg *out, uint32_t *index)
{
    uint32_t bytes = region->reg_stride < sizeof *out ? region->reg_stride : sizeof *out;
    uint32_t bank = region->bank ? region->bank(t->self) : 0;

    for (uint32_t i = 0; i < region->nregs; i++) {
        const struct bp_reg *reg = th_reg_row(region, i);
        uint64_t in = addr - reg->offset;

        if (reg->banks && !(reg->banks >> bank & 1))
            continue;
        if (addr < reg->offset || in >= (uint64_t)th_reg_stride(reg) * th_reg_count(reg) ||
            in % th_reg_stride(reg) >= reg->width)
            continue;
        *index = (uint32_t)(in / th_reg_stride(reg));
        memset(out, 0, sizeof *out);
        memcpy(out, reg, bytes);
        return 1;
    }
    return 0;
}

static inline void th_table_access(struct th *t, const struct bp_region *region,
                                   struct bp_access *access, uint64_t *value, uint32_t write)
{
    uint64_t end = access->addr + access->width, result = 0;

    for (uint64_t at = access->addr; at < end;) {
        uint32_t index = 0;
        struct bp_reg row, *reg = &row;
        uint64_t start, stop, skip, bytes, mask, part;

        if (!th_reg_find(t, region, at, &row, &index)) {
            at++;
            continue;
        }
        start = reg->offset + (uint64_t)index * th_reg_stride(reg);
        stop = start + reg->width < end ? start + reg->width : end;
        skip = at - start; /* bytes of the register before the access */
        bytes = stop - at; /* bytes of it in the access */
        mask = th_bytes_mask((uint32_t)bytes);
        if (write) {
            part = *value >> (8 * (at - access->addr)) & mask;
            if (bytes < reg->width)
                part = (th_reg_filler(t, reg, index) & ~(mask << (8 * skip))) | part << (8 * skip);
            th_reg_write(t, reg, index, part, mask << (8 * skip));
        } else {
            struct bp_access whole = *access;
            whole.addr = start;
            whole.width = reg->width;
            part = th_reg_read(t, reg, index, &whole) >> (8 * skip) & mask;
            result |= part << (8 * (at - access->addr));
        }
        at = stop;
    }
    if (!write)
        *value = result;
}

/* Splits to the widths the callbacks take; a narrow access is cut out of, or merged into, the
 * narrowest one. */
static inline int32_t th_callback_access(struct th *t, const struct bp_region *region,
                                         struct bp_access *access, uint64_t *value, uint32_t write)
{
    uint32_t min = region->min_width ? region->min_width : 1,
             max = region->max_width ? region->max_width : 8;
    uint32_t width = access->width > max ? max : access->width < min ? min : access->width;
    uint64_t first = access->addr & ~(uint64_t)(width - 1), result = 0;
    int32_t status = BP_OK;

    if ((write && !region->write) || (!write && !region->read)) {
        if (!write)
            *value = 0;
        return BP_OK;
    }
    for (uint64_t at = first; at < access->addr + access->width && status == BP_OK; at += width) {
        struct bp_access part = *access;
        uint32_t shift = 8 * (uint32_t)(at > access->addr ? at - access->addr : 0);
        uint64_t v = 0;

        part.addr = at;
        part.width = width;
        if (write && access->width >= width) {
            status = region->write(t->self, &part, *value >> shift & th_bytes_mask(width));
        } else if (write) {
            uint32_t in = 8 * (uint32_t)(access->addr - at);
            uint64_t mask = th_bytes_mask(access->width) << in;
            part.flags |= BP_ACCESS_DEBUG;
            if (region->read)
                status = region->read(t->self, &part, &v);
            part.flags = access->flags;
            if (status == BP_OK)
                status = region->write(t->self, &part, (v & ~mask) | (*value << in & mask));
        } else {
            status = region->read(t->self, &part, &v);
            if (at < access->addr)
                v >>= 8 * (access->addr - at);
            result |= v << shift;
        }
    }
    if (!write)
        *value = result & th_bytes_mask(access->width);
    return status;
}

/* One access as the guest (flags 0) or a debugger makes it. BP_OK, or what the guest sees as a bus
 * error. */
static inline int32_t th_access(struct th *t, uint32_t region, uint64_t addr, uint32_t width,
                                uint32_t flags, uint64_t *value, uint32_t write)
{
    const struct bp_region *row = th_region_row(t, region);
    struct th_region *r = &t->regions[region];
    struct bp_access access = {sizeof access, flags, addr, width, 0};

    if (!r->enabled || addr > r->bytes || width > r->bytes - addr)
        return BP_E_DECODE;
    if (r->data && (!(row->flags & BP_REGION_ROMD) || (r->direct && !write))) {
        memcpy(write ? (void *)(r->data + addr) : (void *)value,
               write ? (void *)value : (void *)(r->data + addr), width);
        return BP_OK;
    }
    for (uint64_t at = addr; row->nregs && at < addr + width; at++) {
        struct bp_reg reg;
        uint32_t index;

        if (th_reg_find(t, row, at, &reg, &index)) {
            th_table_access(t, row, &access, value, write);
            return BP_OK;
        }
    }
    return th_callback_access(t, row, &access, value, write);
}

/* Guest read; a bus error reads as all ones. */
static inline uint64_t th_read(struct th *t, uint32_t region, uint64_t addr, uint32_t width)
{
    uint64_t value = 0;

    return th_access(t, region, addr, width, 0, &value, 0) ? UINT64_MAX : value;
}

/* A debugger's read: the device must not notice. */
static inline uint64_t th_peek(struct th *t, uint32_t region, uint64_t addr, uint32_t width)
{
    uint64_t value = 0;

    return th_access(t, region, addr, width, BP_ACCESS_DEBUG, &value, 0) ? UINT64_MAX : value;
}

/* Guest write; returns what th_access() does. */
static inline int32_t th_write(struct th *t, uint32_t region, uint64_t addr, uint32_t width,
                               uint64_t value)
{
    return th_access(t, region, addr, width, 0, &value, 1);
}

static inline void th_regs_reset(struct th *t)
{
    for (uint32_t i = 0; i < t->cls->nregions; i++) {
        const struct bp_region *region = th_region_row(t, i);

        for (uint32_t j = 0; j < region->nregs; j++) {
            const struct bp_reg *reg = th_reg_row(region, j);

            for (uint32_t k = 0; k < th_reg_count(reg); k++)
                th_reg_bind(t, reg, k, reg->reset);
        }
    }
}

#endif
