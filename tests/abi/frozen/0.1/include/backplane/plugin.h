/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.h - the door of a plug-in, and how it reaches the core.
 *
 * The core opens the object with RTLD_NOW | RTLD_LOCAL, calls bp_plugin_query_v1() once and reads the static
 * description it returns. The query must be pure: no threads, no files, no output, so that `backplane list`
 * and schema generators may call it.
 */
#ifndef BACKPLANE_PLUGIN_H
#define BACKPLANE_PLUGIN_H

#include <backplane/abi.h>

BP_BEGIN

/* Factories a plug-in may offer through get_factory(). */
#define BP_FACTORY_DEVICES  "bp.devices/1"  /* struct bp_device_factory  (device.h)  */
#define BP_FACTORY_BACKENDS "bp.backends/1" /* struct bp_backend_factory (backend.h) */
#define BP_FACTORY_CPUS     "bp.cpus/1"     /* struct bp_cpu_factory     (cpu.h)     */
#define BP_FACTORY_ACCELS   "bp.accels/1"   /* struct bp_accel_factory   (accel.h)   */

/* What a plug-in says about itself. Static and constant; valid until the object is closed. */
struct bp_plugin {
    uint32_t size, flags;               /* flags: 0 */
    const char *id;                     /* "standard", "com.acme.soc9"; what `use:` names */
    const char *version;                /* "2.1.0", semantic version */
    const char *vendor, *license, *doc; /* one line each; license as an SPDX expression */
    const char *const
        *requires_ids; /* interfaces it cannot live without, NULL-terminated; may be NULL */
    const void *(*get_factory)(const char *id); /* [main]; NULL for a factory it does not have */
};

/* The one exported symbol. The digit is the ABI major. */
BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void);

/* The core as a plug-in sees it. Given to every init(); valid until the matching finish() returns. */
struct bp_core {
    uint32_t size, flags;
    const char *version; /* of the core, "0.1.0" */
    const void *(*get)(const struct bp_core *core,
                       const char *iface_id); /* [any]; NULL: not offered */
};

/* The core's name for one instance: a device, back end, CPU or accelerator in a machine. First argument of
 * most interface functions. Created before init(), gone after finish(). */
struct bp_dev;

BP_END
#endif
