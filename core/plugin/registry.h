/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.h - finding plug-ins, opening them and checking what they say of themselves. [main]
 *
 * Search order: directories given with --plugin-path, BACKPLANE_PLUGIN_PATH (colon-separated), the directory
 * `plugins` beside the executable's own (build tree), ../lib/backplane/plugins relative to it (installed).
 * `use: NAME` means NAME.so in one of them whose bp_plugin.id is NAME; `use: ./path.so` is a file relative to the
 * description. Nothing is ever closed while a registry lives.
 */
#ifndef CORE_PLUGIN_REGISTRY_H
#define CORE_PLUGIN_REGISTRY_H

#include "core/diag.h"

#include <backplane/accel.h>
#include <backplane/backend.h>
#include <backplane/cpu.h>
#include <backplane/device.h>

enum type_kind { TYPE_DEVICE, TYPE_CPU, TYPE_BACKEND, TYPE_ACCEL };

struct plugin; /* one opened object */

/* One class of any kind, with the parts that all kinds share lifted out. Lives as long as the registry. */
struct type {
    enum type_kind kind;
    const char *name;
    const char *doc;
    const struct plugin *plugin; /* NULL for core/... types */
    union {
        const struct bp_device_class *device;
        const struct bp_cpu_class *cpu;
        const struct bp_backend_class *backend;
        const struct bp_accel_class *accel;
    };
    /* Rows copied by stride into arrays of the current row size, newer tails dropped, missing ones zero. */
    struct bp_prop *props;
    uint32_t nprops;
    struct bp_port *ports;
    uint32_t nports;
    struct bp_provider *providers;
    uint32_t nproviders;
    struct bp_region *regions;
    uint32_t nregions;
    struct bp_event *events;
    uint32_t nevents;
    struct bp_bus_row *buses; /* of devices; also seats */
    uint32_t nbuses;
    struct bp_seat_row *seats;
    uint32_t nseats;
    uint32_t instance_size, instance_align;
};

struct registry;

/* `extra_paths`: NULL-terminated list searched first; may be NULL. NULL: no memory. */
struct registry *registry_create(const char *const *extra_paths);
void registry_destroy(struct registry *r);

/* Adds the core's own types (core/ram, ...). Called once by registry_create(). */
extern const struct bp_device_class *const core_device_classes[];

/* Opens the plug-in `use` (a name or a path) that satisfies `version` (semver range, NULL: any). Problems go to `d`
 * at `pos`; NULL then. Opening the same one twice returns the same pointer. */
const struct plugin *registry_open(struct registry *r, const char *use, const char *version,
                                   const char *base_dir, struct diag *d, struct diag_pos pos);

/* Opens every plug-in found in the search path, for `list` and for bare names of back ends and accelerators.
 * A broken file is a warning in `d`. */
void registry_open_all(struct registry *r, struct diag *d);

size_t registry_plugins(const struct registry *r, const struct plugin *const **out);
const struct bp_plugin *plugin_info(const struct plugin *p);
const char *plugin_path(const struct plugin *p); /* the file it came from */
const char *
plugin_loaded(const struct plugin *p); /* the file that is loaded: after a hot reload a copy */

/* --- hot reload: see core/machine/reload.c ---------------------------------------------------------------------------- */
/* Opens the file at `path` (NULL: where `old` came from) anew, whatever is open already. It must call itself like `old`. The
 * registry does not know it yet. NULL: `why` (512 bytes) says why. */
struct plugin *registry_reopen(const struct plugin *old, const char *path, char *why);
/* Puts `new` in the place of `old` and closes that: nothing may point to its types any more. */
void registry_replace(struct registry *r, const struct plugin *old, struct plugin *new);
void registry_discard(struct plugin *new); /* closes what registry_reopen() gave; accepts NULL */
/* The plug-in of this id that is open; NULL. */
const struct plugin *registry_plugin(const struct registry *r, const char *id);
size_t plugin_types(const struct plugin *p, const struct type *const **out);

/* A type of a plug-in (NULL plug-in: of the core) by name; NULL if it has none. Devices and CPUs only. */
const struct type *registry_node_type(const struct registry *r, const struct plugin *p,
                                      const char *name);
/* A back end or accelerator by bare name, opening what is needed; NULL if there is none. */
const struct type *registry_find(struct registry *r, enum type_kind kind, const char *name,
                                 struct diag *d);
/* All types of a kind known so far. */
size_t registry_types(const struct registry *r, enum type_kind kind, const struct type **out,
                      size_t room);

#endif
