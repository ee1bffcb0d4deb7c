/* SPDX-License-Identifier: Apache-2.0
 *
 * Hot reload (reload.h): all devices of a plug-in at once. Until all new instances have taken their state, the old ones are kept, and
 * anything that goes wrong puts them back.
 */
#include "core/machine/reload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/swap.h"

#define ROUNDS 1000 /* of posts that a post may cause, before nobody waits for the end of it */

bool reload_refuse(const struct reload *r, const char *thing, const char *format, ...)
{
    int used = snprintf(r->why, RELOAD_WHY, "%.100s: ", thing);
    va_list args;

    va_start(args, format);
    vsnprintf(r->why + used, RELOAD_WHY - (size_t)used, format, args);
    va_end(args);
    return false;
}

bool reload_no_memory(const struct reload *r)
{
    return reload_refuse(r, plugin_info(r->old)->id, "no memory left on the host");
}

/* --- devices that stay, and share a bus with one that is swapped --- */

static bool add_peer(struct reload *r, const struct graph_node *node)
{
    struct peer *peer = &r->peers[r->npeers];
    char why[STATE_WHY];

    for (uint32_t i = 0; i < r->npeers; i++)
        if (r->peers[i].dev->node == node)
            return true;
    if (reload_concerns(r, node))
        return true;
    r->npeers++;
    peer->dev = machine_dev_of(r->m, node);
    return state_take(peer->dev, STATE_NO_MEMORY, &peer->state, why) == BP_OK ||
           reload_refuse(r, peer->dev->name, "%s", why);
}

static bool find_peers(struct reload *r)
{
    const struct graph *g = r->m->graph;
    bool ok = true;

    r->peers = calloc(r->m->ndevs + 1, sizeof(*r->peers));
    if (!r->peers)
        return reload_no_memory(r);
    for (uint32_t i = 0; ok && i < g->nseats; i++) {
        if (reload_concerns(r, g->seats[i].node))
            ok = add_peer(r, g->seats[i].to);
        if (ok && reload_concerns(r, g->seats[i].to))
            ok = add_peer(r, g->seats[i].node);
    }
    return ok;
}

/* Nothing of this can fail but for what the peer itself says. */
static bool restore_peers(const struct reload *r)
{
    char why[STATE_WHY];
    bool ok = true;

    for (uint32_t i = 0; i < r->npeers; i++)
        if (r->peers[i].state.used &&
            state_give(r->peers[i].dev, STATE_NO_MEMORY, r->peers[i].state.data,
                       r->peers[i].state.used, why) != BP_OK)
            ok = reload_refuse(r, r->peers[i].dev->name, "%s", why);
    return ok;
}

/* --- the whole --- */

/* Wires remember which row of their target's references they were described by. */
static void move_providers(struct reload *r)
{
    for (uint32_t i = 0; i < r->m->graph->nwires; i++) {
        struct graph_wire *w = &r->m->graph->wires[i];

        for (uint32_t k = 0; w->provider && k < r->nswaps; k++) {
            const struct swap *s = &r->swaps[k];
            ptrdiff_t row = s->dev->node == w->to ? w->provider - s->old_type->providers : -1;

            if (row < 0)
                continue;
            w->provider =
                row < (ptrdiff_t)s->new_type->nproviders ? &s->new_type->providers[row] : NULL;
            break;
        }
    }
}

/* What all instances know of others. */
static bool introduce(struct reload *r)
{
    for (uint32_t i = 0; i < r->m->ndevs; i++)
        dev_write_refs(&r->m->devs[i]);
    return machine_write_seats(r->m) == BP_OK || reload_no_memory(r);
}

static void free_all(struct reload *r)
{
    for (uint32_t i = 0; i < r->nswaps; i++)
        swap_free(&r->swaps[i]);
    for (uint32_t i = 0; i < r->npeers; i++)
        free(r->peers[i].state.data);
    free(r->peers);
}

/* After undoing: everyone is with the old instances again. The reason is one already. */
static void make_up(struct reload *r)
{
    char why[RELOAD_WHY], *reason = r->why;

    r->why = why;
    introduce(r);
    restore_peers(r);
    r->why = reason;
}

/* Resets may reach from one device to the other, so all come before any state is given. */
static bool swap_all(struct reload *r)
{
    bool ok = true, met = false;

    for (uint32_t i = 0; ok && i < r->nswaps; i++)
        ok = swap_prepare(r, &r->swaps[i]);
    ok = ok && find_peers(r);
    for (uint32_t i = 0; ok && i < r->nswaps; i++)
        ok = swap_install(r, &r->swaps[i]);
    if (ok) {
        met = true;
        ok = introduce(r);
    }
    for (uint32_t i = 0; ok && i < r->nswaps; i++)
        ok = swap_start(r, &r->swaps[i]);
    for (uint32_t i = 0; ok && i < r->nswaps; i++)
        swap_reset(&r->swaps[i]);
    for (uint32_t i = 0; ok && i < r->nswaps; i++)
        ok = swap_fill(r, &r->swaps[i]);
    ok = ok && restore_peers(r);
    if (ok)
        move_providers(r);
    for (uint32_t i = 0; ok && i < r->nswaps; i++)
        swap_retire(&r->swaps[i]);
    for (uint32_t i = r->nswaps; !ok && i-- > 0;)
        swap_undo(&r->swaps[i]);
    if (!ok && met)
        make_up(r);
    free_all(r);
    return ok;
}

static bool find_devices(struct reload *r)
{
    r->swaps = calloc(r->m->ndevs + 1, sizeof(*r->swaps));
    if (!r->swaps)
        return reload_no_memory(r);
    for (uint32_t i = 0; i < r->m->ndevs; i++) {
        struct bp_dev *dev = &r->m->devs[i];

        if (dev->type->plugin == r->old)
            r->swaps[r->nswaps++] = (struct swap){.dev = dev,
                                                  .old_type = dev->type,
                                                  .old_instance = dev->instance,
                                                  .old_props = dev->node->props};
    }
    return r->nswaps ||
           reload_refuse(r, plugin_info(r->old)->id, "no node of this machine is of it");
}

/* Nobody is inside of a device, on the way to one, or wakes up in one. False: posts beget posts. */
static bool halt(struct machine *m)
{
    int rounds = 0;

    if (!m->paused) {
        vcpu_park_all(m);
        vtime_stop(&m->time);
    }
    lock_take(&m->lock);
    do {
        loop_run_posts(&m->loop);
        for (struct block_bridge *b = m->loop.blocks; b; b = b->next)
            blocks_drain(b);
    } while (loop_posts_queued(&m->loop) && ++rounds < ROUNDS);
    return rounds < ROUNDS;
}

static void go_on(struct machine *m)
{
    lock_drop(&m->lock);
    if (m->paused)
        return;
    vtime_start(&m->time);
    if (!atomic_load(&m->request))
        vcpu_resume_all(m);
    loop_wake(&m->loop);
}

bool machine_reload(struct machine *m, const struct plugin *plugin, const char *path,
                    uint32_t flags, char why[RELOAD_WHY])
{
    struct reload r = {.m = m, .old = plugin, .flags = flags, .why = why};
    bool quiet, ok;
    char cause[512];

    if (machine_refusal(m))
        return reload_refuse(&r, "machine", "%s", machine_refusal(m));
    ok = reload_check(&r) && find_devices(&r);
    if (ok) {
        r.new = registry_reopen(plugin, path, cause);
        ok = r.new || reload_refuse(&r, path ? path : plugin_path(plugin), "%s", cause);
    }
    if (ok) {
        ok = halt(m) ||
             reload_refuse(&r, plugin_info(plugin)->id,
                           "its devices or others post() without end: start the machine again");
        quiet = m->lines_quiet;
        m->lines_quiet = true;
        ok = ok && swap_all(&r);
        m->lines_quiet = quiet;
        if (ok)
            registry_replace(m->registry, plugin, r.new);
        go_on(m);
    }
    if (!ok)
        registry_discard(r.new);
    free(r.swaps);
    return ok;
}
