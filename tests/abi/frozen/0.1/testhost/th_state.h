/* SPDX-License-Identifier: Apache-2.0
 *
 * th_state.h - snapshots as the core takes them (table registers, state rows, lines, timers, RAM
 * regions), to prove that a class declares all that it needs; and the rules a class's rows must
 * obey.
 */
#ifndef BACKPLANE_TH_STATE_H
#define BACKPLANE_TH_STATE_H

#include "th_regs.h"
#include "th_types.h"

static inline uint32_t th_state_width(uint32_t type)
{
    return type == BP_STATE_U64 ? 8 : type == BP_STATE_U32 ? 4 : type == BP_STATE_U16 ? 2 : 1;
}

static inline const struct bp_state_field *th_state_row(const struct bp_state *state, uint32_t i)
{
    return (const struct bp_state_field *)th_row(state->fields, state->field_stride, i);
}

static inline void th_copy_regs(struct th *to, const struct th *from)
{
    for (uint32_t i = 0; i < from->cls->nregions; i++) {
        const struct bp_region *region = th_region_row(from, i);

        for (uint32_t j = 0; j < region->nregs; j++) {
            const struct bp_reg *reg = th_reg_row(region, j);

            for (uint32_t k = 0; k < th_reg_count(reg); k++)
                th_reg_bind(to, reg, k, th_reg_bound(from, reg, k));
        }
        if (from->regions[i].data)
            memcpy(to->regions[i].data, from->regions[i].data, from->regions[i].bytes);
        to->regions[i].enabled = from->regions[i].enabled;
        to->regions[i].direct = from->regions[i].direct;
        to->regions[i].base = from->regions[i].base;
    }
}

static inline void th_copy_lines_and_timers(struct th *to, const struct th *from)
{
    for (uint32_t i = 0; i < from->cls->nports; i++) {
        struct bp_line *a = (struct bp_line *)from->ports[i], *b = (struct bp_line *)to->ports[i];

        if (th_port_row(from, i)->kind <= BP_PORT_RESET)
            memcpy(b->level, a->level, a->width);
    }
    for (struct bp_timer *a = from->timers; a; a = a->next) {
        for (struct bp_timer *b = to->timers; b; b = b->next) {
            if (!strcmp(a->name, b->name)) {
                b->armed = a->armed;
                b->deadline = a->deadline;
            }
        }
    }
    to->now = from->now;
    to->wall_start = from->wall_start;
}

/* Carries the state of `from` into `to`, another started host of the same class, as save and load
 * would. */
static inline int32_t th_migrate(struct th *to, struct th *from)
{
    const struct bp_state *state = from->cls->state;
    int32_t status = state && state->pre_save ? state->pre_save(from->self) : BP_OK;

    if (status)
        return status;
    th_copy_regs(to, from);
    for (uint32_t i = 0; state && i < state->nfields; i++) {
        const struct bp_state_field *row = th_state_row(state, i);
        uint32_t count = row->count ? row->count : 1;

        if (row->count_offset)
            memcpy(&count, th_at(from, row->count_offset), sizeof count);
        memcpy(th_at(to, row->offset), th_at(from, row->offset),
               (size_t)count * th_state_width(row->type));
    }
    th_copy_lines_and_timers(to, from);
    memcpy(to->ram, from->ram, TH_RAM_BYTES);
    return state && state->post_load ? state->post_load(to->self) : BP_OK;
}

static inline const char *th_check_regs(const struct bp_device_class *cls,
                                        const struct bp_region *region)
{
    for (uint32_t i = 0; i < region->nregs; i++) {
        const struct bp_reg *a = th_reg_row(region, i);
        uint64_t bytes = (uint64_t)th_reg_count(a) * a->width;

        if (a->width != 1 && a->width != 2 && a->width != 4 && a->width != 8)
            return "a register is not 1, 2, 4 or 8 bytes wide";
        if (!a->name || !a->doc)
            return "a register has no name or no doc";
        if (a->offset % a->width || th_reg_stride(a) < a->width)
            return "a register is not aligned, or its stride is too small";
        if (a->bound != BP_UNBOUND &&
            (a->bound % a->width || a->bound + bytes > cls->instance_size))
            return "a register is bound outside of the instance";
        if (region->length &&
            a->offset + (uint64_t)(th_reg_count(a) - 1) * th_reg_stride(a) + a->width >
                region->length)
            return "a register lies behind the end of its region";
    }
    return NULL;
}

/* The first rule that the rows of a class break, for a test to compare with NULL. */
static inline const char *th_check_class(const struct bp_device_class *cls)
{
    for (uint32_t i = 0; i < cls->nregions; i++) {
        const struct bp_region *region =
            (const struct bp_region *)th_row(cls->regions, cls->region_stride, i);
        const char *text = th_check_regs(cls, region);

        if (text)
            return text;
    }
    for (uint32_t i = 0; i < cls->nprops; i++) {
        const struct bp_prop *row = (const struct bp_prop *)th_row(cls->props, cls->prop_stride, i);

        if (!row->name || !row->doc)
            return "a property has no name or no doc";
        if ((row->flags & BP_PROP_REQUIRED) && row->def)
            return "a required property has a default";
    }
    for (uint32_t i = 0; cls->state && i < cls->state->nfields; i++) {
        const struct bp_state_field *row = th_state_row(cls->state, i);
        uint64_t bytes = (uint64_t)(row->count ? row->count : 1) * th_state_width(row->type);

        if (!row->tag || !row->name)
            return "a state row has no tag or no name";
        if (row->offset + bytes > cls->instance_size)
            return "a state row lies outside of the instance";
        for (uint32_t j = 0; j < i; j++) {
            if (th_state_row(cls->state, j)->tag == row->tag)
                return "a state tag is used twice";
        }
    }
    return NULL;
}

#endif
