/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h - the doorman, shared by the stand-ins of all interfaces.
 */
#ifndef CHECK_HOST_H
#define CHECK_HOST_H

#include "rig.h"

/* May `rig` call `function` in this phase (PHASE_* set), on this thread? Else a finding. */
bool host_allowed(struct rig *rig, const char *function, uint32_t phases);
/* The rig one of whose ports of the kinds and directions (bit sets) is `handle`, and the port's
 * row. NULL: a finding. */
struct rig *host_of_port(const void *handle, const char *function, uint32_t kinds, uint32_t dirs,
                         uint32_t *port);
struct rig *host_of_dev(const struct bp_dev *dev, const char *function);
/* A finding of `contract` by whoever called the interface. */
void host_breach(const char *function, const char *what);

/* host_io.c */
extern const struct bp_dma_api host_dma_api;
extern const struct bp_mem_api host_mem_api;
extern const struct bp_char_api host_char_api;
extern const struct bp_block_api host_block_api;

#endif
