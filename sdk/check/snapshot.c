/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.c - a device's state as bytes: the registers of its tables, its state rows, levels of
 * its lines, its timers, its RAM regions. Nothing else survives, as in the core.
 */
#include "rig.h"

static bool put(struct snapshot *s, const void *data, size_t bytes)
{
    if (bytes > s->room - s->bytes) {
        size_t room = 2 * (s->room + bytes) + 256;
        uint8_t *more = realloc(s->data, room);

        if (!more)
            return false;
        s->data = more;
        s->room = room;
    }
    if (bytes)
        memcpy(s->data + s->bytes, data, bytes);
    s->bytes += bytes;
    return true;
}

/* Saving appends what is at `at`; loading takes as many bytes from `from`, as far as there are
 * some. */
struct pass {
    struct rig *rig;
    struct snapshot *save;
    const struct snapshot *load;
    size_t used; /* of load */
    bool ok;
};

static void carry(struct pass *pass, void *at, size_t bytes)
{
    if (pass->save) {
        pass->ok = pass->ok && put(pass->save, at, bytes);
    } else if (bytes > pass->load->bytes - pass->used) {
        pass->ok = false;
    } else {
        memcpy(at, pass->load->data + pass->used, bytes);
        pass->used += bytes;
    }
}

static void carry_regions(struct pass *pass)
{
    struct th *t = pass->rig->t;

    for (uint32_t i = 0; i < t->cls->nregions; i++) {
        const struct bp_region *region = th_region_row(t, i);

        for (uint32_t j = 0; j < region->nregs; j++) {
            const struct bp_reg *reg = th_reg_row(region, j);

            if (reg->bound != BP_UNBOUND)
                carry(pass, th_at(t, reg->bound), (size_t)th_reg_count(reg) * reg->width);
        }
        if (t->regions[i].data)
            carry(pass, t->regions[i].data, t->regions[i].bytes);
        carry(pass, &t->regions[i].enabled, sizeof t->regions[i].enabled);
        carry(pass, &t->regions[i].direct, sizeof t->regions[i].direct);
        carry(pass, &t->regions[i].base, sizeof t->regions[i].base);
    }
}

static void carry_rows(struct pass *pass)
{
    struct th *t = pass->rig->t;
    const struct bp_state *state = t->cls->state;

    for (uint32_t i = 0; state && i < state->nfields; i++) {
        const struct bp_state_field *row = th_state_row(state, i);
        uint32_t most = row->count ? row->count : 1, count = most;

        if (row->count_offset) {
            memcpy(&count, th_at(t, row->count_offset), sizeof count);
            if (pass->save && count > most)
                kit_watch(pass->rig->kit, "contract", NULL,
                          "state row %s: %u elements are in use, and the row has %u", row->name,
                          count, most);
            carry(pass, &count, sizeof count);
            count = count < most ? count : most;
        }
        carry(pass, th_at(t, row->offset), (size_t)count * th_state_width(row->type));
    }
}

static void carry_wires(struct pass *pass)
{
    struct th *t = pass->rig->t;

    for (uint32_t i = 0; i < t->cls->nports; i++) {
        struct bp_line *line = t->ports[i];

        if (th_port_row(t, i)->kind <= BP_PORT_RESET && th_port_row(t, i)->dir == BP_DIR_OUT)
            carry(pass, line->level, line->width);
    }
    for (struct bp_timer *timer = t->timers; timer; timer = timer->next) {
        carry(pass, &timer->armed, sizeof timer->armed);
        if (!timer->armed)
            timer->deadline = 0;
        carry(pass, &timer->deadline, sizeof timer->deadline);
    }
}

static void carry_all(struct pass *pass)
{
    carry_rows(pass); /* first: counts of later rows may be table registers, which is as good */
    carry_regions(pass);
    carry_wires(pass);
}

bool snapshot_save(struct rig *rig, struct snapshot *out)
{
    struct pass pass = {.rig = rig, .save = out, .ok = true};
    const struct bp_state *state = rig->t->cls->state;
    int32_t status = BP_OK;
    uint32_t before;

    out->bytes = 0;
    kit_doing(rig->kit, "pre_save()");
    before = rig_enter(rig, PHASE_SAVE);
    if (state && state->pre_save)
        status = state->pre_save(rig->t->self);
    rig_leave(rig, before);
    if (state)
        rig_status(rig, status, "pre_save()", (const void *)(uintptr_t)state->pre_save);
    if (status) {
        kit_fail(rig->kit, "pre_save() returns %d", (int)status);
        return false;
    }
    carry_all(&pass);
    return pass.ok;
}

int32_t snapshot_load(struct rig *rig, const struct snapshot *from)
{
    struct pass pass = {.rig = rig, .load = from, .ok = true};
    const struct bp_state *state = rig->t->cls->state;
    int32_t status = BP_OK;
    uint32_t before;

    carry_all(&pass);
    kit_doing(rig->kit, "post_load()");
    before = rig_enter(rig, PHASE_LOAD);
    if (state && state->post_load)
        status = state->post_load(rig->t->self);
    rig_leave(rig, before);
    if (state)
        rig_status(rig, status, "post_load()", (const void *)(uintptr_t)state->post_load);
    return pass.ok ? status : BP_E_PARTIAL;
}

void snapshot_free(struct snapshot *s)
{
    free(s->data);
    *s = (struct snapshot){0};
}

void snapshot_world(struct rig *to, const struct rig *from)
{
    const struct th *a = from->t;
    struct th *b = to->t;

    memcpy(b->ram, a->ram, TH_RAM_BYTES);
    if (a->block.medium && b->block.medium)
        memcpy(b->block.medium, a->block.medium, a->block.info.bytes);
    b->block.refuse = a->block.refuse;
    b->chr.attached = a->chr.attached;
    b->chr.connected = a->chr.connected;
    b->chr.accept = a->chr.accept;
    b->chr.starved = a->chr.starved;
    b->now = a->now;
    places_world(to, from);
    b->wall_start = a->wall_start;
    for (uint32_t i = 0; i < a->cls->nports; i++) {
        const struct bp_port *row = th_port_row(a, i);
        const struct bp_line *line = a->ports[i];

        if (row->kind == BP_PORT_CLOCK)
            ((struct bp_clock_in *)b->ports[i])->hz = ((struct bp_clock_in *)a->ports[i])->hz;
        else if (row->kind <= BP_PORT_RESET && row->dir == BP_DIR_IN)
            memcpy(((struct bp_line *)b->ports[i])->level, line->level, line->width);
    }
}
