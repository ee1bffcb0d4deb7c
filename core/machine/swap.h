/* SPDX-License-Identifier: Apache-2.0
 *
 * swap.h - inside of hot reload (reload.h): what may be reloaded, and one device on its way from the old build to the new one.
 * [main], vCPUs parked, with the machine lock
 */
#ifndef CORE_MACHINE_SWAP_H
#define CORE_MACHINE_SWAP_H

#include "core/machine/dev.h"
#include "core/machine/reload.h"
#include "core/state/state.h"

/* One device on its way from the old build to the new one. */
struct swap {
    struct bp_dev *dev;
    const struct type *old_type, *new_type;
    void *old_instance, *new_instance;
    struct graph_prop *old_props, *new_props;
    struct bp_timer *old_timers;
    struct dev_allocation *old_values;
    struct bus_region *old_regions; /* copies */
    struct regs_index **indexes;    /* of the new rows; NULL where there are none */
    uint32_t *levels;               /* of all output lines, port by port */
    uint64_t *hz;                   /* of output clocks, by port */
    struct state_bytes state;
    bool installed, started;
};

/* A device that stays and shares a bus with one that is swapped. A reset of the new instance may reach it, which the guest must
 * not notice: it is given its own state again. */
struct peer {
    struct bp_dev *dev;
    struct state_bytes state;
};

struct reload {
    struct machine *m;
    const struct plugin *old;
    struct plugin *new;
    uint32_t flags;
    struct swap *swaps;
    uint32_t nswaps;
    struct peer *peers;
    uint32_t npeers;
    char *why;
};

/* "thing: text" for whoever asked; false. */
bool reload_refuse(const struct reload *r, const char *thing, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool reload_no_memory(const struct reload *r);

/* reload_check.c: is it a plug-in of devices alone, none of which another may hold callbacks of? Before anything stops. */
bool reload_check(const struct reload *r);
/* Can the new type of a device take the place of the old one, with all that is wired, mapped and attached? */
bool reload_check_type(const struct reload *r, const struct swap *s);
bool reload_concerns(const struct reload *r, const struct graph_node *node);

/* swap.c, in this order; false: refused, and all that was begun is to be undone. */
bool swap_prepare(const struct reload *r, struct swap *s); /* nothing of the machine changes */
bool swap_install(const struct reload *r, struct swap *s); /* the new instance is in its place */
bool swap_start(const struct reload *r, struct swap *s);   /* init() */
void swap_reset(struct swap *s);
bool swap_fill(const struct reload *r, struct swap *s); /* it has its state */
void swap_retire(struct swap *s);                       /* the old instance has done its service */
void swap_undo(struct swap *s);                         /* ... or is in its place again */
void swap_free(struct swap *s);

#endif
