/* SPDX-License-Identifier: Apache-2.0
 *
 * What hot reload refuses, with the reason (reload.h): what is wired, mapped and attached once, and what cannot be found from here:
 * callbacks that a device left with another one, through an interface between the two.
 */
#include <string.h>

#include "core/machine/swap.h"

/* --- what may be reloaded ------------------------------------------------------------------------------------- */

/* Only devices are swapped: a CPU's state is the accelerator's, a back end's is the host's. */
static bool check_users(const struct reload *r)
{
    const struct machine *m = r->m;
    const char *other = NULL;

    for (uint32_t i = 0; i < m->nbackends; i++)
        if (m->backends[i].type->plugin == r->old)
            other = m->backends[i].name;
    for (uint32_t i = 0; i < m->ndevs; i++)
        if (m->devs[i].type->plugin == r->old && m->devs[i].type->kind == TYPE_CPU)
            other = m->devs[i].name;
    if (m->accel_dev.type && m->accel_dev.type->plugin == r->old)
        other = m->accel_dev.name;
    return !other ||
           reload_refuse(r, other,
                         "only devices are reloaded, and %s is none: start the machine again",
                         other);
}

bool reload_concerns(const struct reload *r, const struct graph_node *node)
{
    return node && node->type->plugin == r->old;
}

/* Behind an interface one device may have left callbacks with another: bp.counter/1 lets it, and others may. */
static bool check_ref(const struct reload *r, const struct bp_dev *dev, const struct bp_prop *row,
                      const struct graph_node *to)
{
    if (!row->ref_iface || !to || !(reload_concerns(r, dev->node) || reload_concerns(r, to)))
        return true;
    return reload_refuse(
        r, reload_concerns(r, to) ? to->name : dev->name,
        "%s.%s uses %s of %s, which may hold callbacks of either: start the machine again",
        dev->name, row->name, row->ref_iface, to->name);
}

static bool check_refs(const struct reload *r)
{
    bool ok = true;

    for (uint32_t d = 0; ok && d < r->m->ndevs; d++) {
        const struct bp_dev *dev = &r->m->devs[d];

        for (uint32_t i = 0; ok && i < dev->node->nprops; i++) {
            const struct graph_prop *p = &dev->node->props[i];

            if (p->row->type == BP_PROP_REF)
                ok = check_ref(r, dev, p->row, p->value.ref);
            if (p->row->type != BP_PROP_LIST || p->row->element != BP_PROP_REF)
                continue;
            for (uint32_t k = 0; ok && k < p->value.list.count; k++)
                ok = check_ref(r, dev, p->row, p->value.list.items[k].ref);
        }
    }
    return ok;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Ports are wired and regions are mapped as the description says; that is not done again. */
static bool check_ports(const struct reload *r, const struct swap *s)
{
    for (uint32_t i = 0; i < s->old_type->nports || i < s->new_type->nports; i++) {
        const struct bp_port *a = i < s->old_type->nports ? &s->old_type->ports[i] : NULL;
        const struct bp_port *b = i < s->new_type->nports ? &s->new_type->ports[i] : NULL;

        if (!a || !b || strcmp(a->name, b->name) || a->kind != b->kind || a->dir != b->dir ||
            a->width != b->width || !same_text(a->width_prop, b->width_prop) ||
            !same_text(a->via_prop, b->via_prop))
            return reload_refuse(
                r, s->dev->name,
                "port %s is not what it was in the old build, and ports are wired once: "
                "start the machine again",
                a ? a->name : b->name);
    }
    return true;
}

static bool check_regions(const struct reload *r, const struct swap *s)
{
    for (uint32_t i = 0; i < s->old_type->nregions || i < s->new_type->nregions; i++) {
        const struct bp_region *a = i < s->old_type->nregions ? &s->old_type->regions[i] : NULL;
        const struct bp_region *b = i < s->new_type->nregions ? &s->new_type->regions[i] : NULL;
        bool sized = a && (a->flags & (BP_REGION_RAM | BP_REGION_FLOATING));

        if (!a || !b || strcmp(a->name, b->name) || a->flags != b->flags ||
            (sized && a->length != b->length))
            return reload_refuse(
                r, s->dev->name,
                "region %s is not what it was in the old build, and regions are mapped "
                "once: start the machine again",
                a ? a->name : b->name);
    }
    return true;
}

static bool offers(const struct type *type, const char *id)
{
    return !id || (type->device->get_iface && type->device->get_iface(NULL, id));
}

/* Parts sit on buses as the description says, and both sides know what the other offers. */
static bool check_buses(const struct reload *r, const struct swap *s)
{
    const struct type *old = s->old_type, *new = s->new_type;

    for (uint32_t i = 0; i < old->nbuses || i < new->nbuses; i++) {
        const struct bp_bus_row *a = i < old->nbuses ? &old->buses[i] : NULL;
        const struct bp_bus_row *b = i < new->nbuses ? &new->buses[i] : NULL;

        if (!a || !b || strcmp(a->name, b->name) || strcmp(a->kind, b->kind) ||
            a->flags != b->flags || !same_text(a->peer_iface, b->peer_iface))
            return reload_refuse(
                r, s->dev->name,
                "bus %s is not what it was in the old build, and parts are put there "
                "once: start the machine again",
                a ? a->name : b->name);
    }
    for (uint32_t i = 0; i < old->nseats || i < new->nseats; i++) {
        const struct bp_seat_row *a = i < old->nseats ? &old->seats[i] : NULL;
        const struct bp_seat_row *b = i < new->nseats ? &new->seats[i] : NULL;

        if (!a || !b || strcmp(a->name, b->name) || strcmp(a->kind, b->kind) ||
            a->flags != b->flags || !same_text(a->peer_iface, b->peer_iface) ||
            !same_text(a->word, b->word))
            return reload_refuse(
                r, s->dev->name,
                "seat %s is not what it was in the old build, and parts are put on their "
                "buses once: start the machine again",
                a ? a->name : b->name);
    }
    return true;
}

/* What the other ends of its seats call has to be there still. */
static bool check_peers(const struct reload *r, const struct swap *s)
{
    const struct graph *g = r->m->graph;

    for (uint32_t i = 0; i < g->nseats; i++) {
        const struct graph_seat *seat = &g->seats[i];
        const char *id = NULL;

        if (seat->node == s->dev->node)
            id = seat->to->type->buses[seat->bus].peer_iface;
        if (seat->to == s->dev->node)
            id = seat->node->type->seats[seat->seat].peer_iface;
        if (!offers(s->new_type, id))
            return reload_refuse(r, s->dev->name,
                                 "the new build does not offer %s: start the machine again", id);
    }
    return true;
}

bool reload_check(const struct reload *r)
{
    return check_users(r) && check_refs(r);
}

bool reload_check_type(const struct reload *r, const struct swap *s)
{
    return check_ports(r, s) && check_regions(r, s) && check_buses(r, s) && check_peers(r, s);
}
