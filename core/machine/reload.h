/* SPDX-License-Identifier: Apache-2.0
 *
 * reload.h - hot reload: a rebuilt plug-in takes the place of the one that is loaded, under a running guest. [main], not from a
 * callback of libuv
 */
#ifndef CORE_MACHINE_RELOAD_H
#define CORE_MACHINE_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct plugin;

#define RELOAD_WHY 600
#define RELOAD_LOSSY                                                                               \
    1u /* state that the new build has no place for is dropped instead of refused */

/*
 * Opens the file of `plugin` anew (or the one at `path`), and swaps all its devices in the machine at once: vCPUs parked, disk
 * requests ended, nothing posted. Each new instance is initialised, reset and given the state of the old one; lines and clocks
 * keep their levels, and nobody hears of anything. False: `why` says why ("node: cause: cure"), and everything is as before.
 */
bool machine_reload(struct machine *m, const struct plugin *plugin, const char *path,
                    uint32_t flags, char why[RELOAD_WHY]);

#endif
