/* SPDX-License-Identifier: Apache-2.0
 *
 * rows_regs.c - level 1, descriptors: regions, register tables, state rows.
 */
#include <stdlib.h>
#include <string.h>

#include <backplane/regs.h>
#include <backplane/state.h>
#include <th_regs.h>
#include <th_state.h>

#include "rows.h"

#define REGS_MOST 65536u

static void check_fields(struct kit *kit, const struct bp_reg *reg)
{
    uint64_t taken = 0;

    for (uint32_t i = 0; reg->fields && reg->fields[i].name; i++) {
        const struct bp_reg_field *f = &reg->fields[i];
        uint64_t mask;

        if (!f->width || f->lsb >= 8 * reg->width || f->width > 8 * reg->width - f->lsb) {
            kit_fail(kit, "register %s: field %s has %u bits from bit %u on, and the register %u",
                     reg->name, f->name, f->width, f->lsb, 8 * reg->width);
            continue;
        }
        mask = (f->width == 64 ? UINT64_MAX : (1ull << f->width) - 1) << f->lsb;
        if (taken & mask)
            kit_fail(kit, "register %s: field %s shares bits with another", reg->name, f->name);
        taken |= mask;
        for (uint32_t v = 0; f->values && f->values[v].name; v++) {
            if (f->values[v].value > mask >> f->lsb)
                kit_fail(kit, "register %s: value %s does not fit into field %s", reg->name,
                         f->values[v].name, f->name);
        }
    }
}

static void check_reg(struct kit *kit, const struct any *any, const struct bp_region *region,
                      const struct bp_reg *reg)
{
    uint64_t mask = th_bytes_mask(reg->width);

    if (reg->access > BP_REG_RC)
        kit_fail(kit, "register %s: access kind %u is not known", reg->name, reg->access);
    if (reg->offset % reg->width || th_reg_stride(reg) < reg->width)
        kit_fail(kit,
                 "register %s: its offset is no multiple of its width, or its stride too small",
                 reg->name);
    if (th_reg_count(reg) > REGS_MOST)
        kit_fail(kit, "register %s: %u elements are not believable", reg->name, reg->count);
    else if (region->length &&
             (reg->offset > region->length ||
              reg->offset + (uint64_t)(th_reg_count(reg) - 1) * th_reg_stride(reg) + reg->width >
                  region->length))
        kit_fail(kit, "register %s: lies behind the end of its region", reg->name);
    if (reg->bound != BP_UNBOUND)
        offset_holds(kit, any, reg->bound, (uint64_t)th_reg_count(reg) * reg->width, reg->width,
                     "register", reg->name);
    else if (reg->reset)
        kit_fail(kit, "register %s: has a reset value and is bound to nothing that could hold it",
                 reg->name);
    if ((reg->reset | reg->write_mask) & ~mask)
        kit_fail(kit, "register %s: its reset value or write mask is wider than its %u bytes",
                 reg->name, reg->width);
    check_fields(kit, reg);
}

/* Do two rows answer the same byte in the same bank? */
static bool overlap(const struct bp_reg *a, const struct bp_reg *b)
{
    uint64_t a_end = a->offset + (uint64_t)(th_reg_count(a) - 1) * th_reg_stride(a) + a->width;
    uint64_t b_end = b->offset + (uint64_t)(th_reg_count(b) - 1) * th_reg_stride(b) + b->width;
    bool interleaved = th_reg_stride(a) != a->width || th_reg_stride(b) != b->width;

    return !interleaved && a->offset < b_end && b->offset < a_end &&
           (!a->banks || !b->banks || (a->banks & b->banks));
}

static void check_table(struct kit *kit, const struct any *any, const struct bp_region *region)
{
    const struct array table = {region->name, region->regs, region->nregs, region->reg_stride,
                                offsetof(struct bp_reg, on_write) +
                                    sizeof(((struct bp_reg *)0)->on_write)};

    if (!region->nregs || !array_holds(kit, &table))
        return;
    for (uint32_t i = 0; i < region->nregs; i++) {
        const struct bp_reg *reg = th_reg_row(region, i);

        if (!reg->name || !*reg->name || !reg->doc || !*reg->doc) {
            kit_fail(kit, "region %s: register %u has no name or no doc", region->name, i);
            continue;
        }
        if (reg->width != 1 && reg->width != 2 && reg->width != 4 && reg->width != 8) {
            kit_fail(kit, "register %s: is %u bytes wide; 1, 2, 4 or 8 can be", reg->name,
                     reg->width);
            continue;
        }
        check_reg(kit, any, region, reg);
        for (uint32_t k = 0; k < i; k++) {
            const struct bp_reg *other = th_reg_row(region, k);

            if (other->name && !strcmp(other->name, reg->name) &&
                (!other->banks || !reg->banks || (other->banks & reg->banks)))
                kit_fail(kit, "region %s: two registers have the name %s", region->name, reg->name);
            if (overlap(other, reg))
                kit_fail(kit, "registers %s and %s answer the same address", other->name,
                         reg->name);
        }
        if (reg->banks && !region->bank)
            kit_fail(kit, "register %s: is in a bank, and the region has no bank()", reg->name);
    }
}

static bool is_width(uint32_t width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

static void check_region(struct kit *kit, const struct any *any, const struct bp_region *row)
{
    uint32_t known = BP_REGION_RAM | BP_REGION_ROMD | BP_REGION_FLOATING | BP_REGION_OPTIONAL;

    if (row->flags & ~known)
        kit_fail(kit, "region %s: flags %#x are not known", row->name, row->flags & ~known);
    if ((row->flags & BP_REGION_ROMD) && !(row->flags & BP_REGION_RAM))
        kit_fail(kit, "region %s: ROMD without RAM has nothing to read from", row->name);
    if ((row->flags & BP_REGION_ROMD) && !row->write)
        kit_fail(kit, "region %s: ROMD without write() is plain ROM that cannot be told",
                 row->name);
    if (row->endian > BP_ENDIAN_BIG)
        kit_fail(kit, "region %s: byte order %u is not known", row->name, row->endian);
    if (row->min_width || row->max_width) {
        if (!is_width(row->min_width) || !is_width(row->max_width) ||
            row->min_width > row->max_width)
            kit_fail(kit, "region %s: takes %u to %u bytes; 1, 2, 4 or 8 can be", row->name,
                     row->min_width, row->max_width);
    }
    if (!(row->flags & BP_REGION_RAM) && !row->read && !row->write && !row->nregs)
        kit_fail(kit, "region %s: has neither registers nor read() and write()", row->name);
    if ((row->flags & BP_REGION_FLOATING) && !row->length)
        kit_fail(kit, "region %s: is FLOATING, so no description gives it a length", row->name);
    check_table(kit, any, row);
}

void check_regions(struct kit *kit)
{
    struct any any;
    const struct array *a = &any.arrays[ARRAY_REGIONS];

    any_class(kit, &any);
    if (!array_holds(NULL, a))
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct bp_region *row = any_row(a, i);

        name_holds(kit, a, i, row->doc);
        if (row->name)
            check_region(kit, &any, row);
    }
}

/* --- state --------------------------------------------------------------------------- */

static void check_row(struct kit *kit, const struct any *any, const struct bp_state_field *row)
{
    uint32_t width = th_state_width(row->type);

    if (!row->type || row->type > BP_STATE_BYTES) {
        kit_fail(kit, "state row %s: type %u is not known", row->name, row->type);
        return;
    }
    if (!row->tag)
        kit_fail(kit, "state row %s: has no tag", row->name);
    if (row->flags & ~BP_STATE_OPTIONAL)
        kit_fail(kit, "state row %s: flags %#x are not known", row->name, row->flags);
    offset_holds(kit, any, row->offset, (uint64_t)(row->count ? row->count : 1) * width, width,
                 "state row", row->name);
    if (row->count_offset)
        offset_holds(kit, any, row->count_offset, 4, 4, "count of state row", row->name);
}

static const struct bp_state *state_of(const struct kit *kit)
{
    if (kit->device)
        return kit->device->state;
    return BP_HAS(kit->cpu, state) ? kit->cpu->state : NULL;
}

void check_state_rows(struct kit *kit)
{
    const struct bp_state *state = state_of(kit);
    struct array rows;
    struct any any;

    if (!state)
        return;
    any_class(kit, &any);
    if (state->size < sizeof *state || state->size > 4096 || !state->version) {
        kit_fail(kit, "struct bp_state: size %u is not that of the struct (%zu), or version is 0",
                 state->size, sizeof *state);
        return;
    }
    rows = (struct array){"state", state->fields, state->nfields, state->field_stride,
                          sizeof(struct bp_state_field)};
    if (!rows.count || !array_holds(kit, &rows))
        return;
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct bp_state_field *row = any_row(&rows, i);

        if (!row->name) {
            kit_fail(kit, "state: row %u has no name", i);
            continue;
        }
        check_row(kit, &any, row);
        for (uint32_t k = 0; k < i; k++) {
            if (((const struct bp_state_field *)any_row(&rows, k))->tag == row->tag)
                kit_fail(kit, "state row %s: its tag %u is used twice", row->name, row->tag);
        }
    }
}
