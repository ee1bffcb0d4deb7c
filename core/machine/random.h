/* SPDX-License-Identifier: Apache-2.0
 *
 * random.h - random bits for devices (bp.random/1) and for the guest's device tree.
 */
#ifndef CORE_MACHINE_RANDOM_H
#define CORE_MACHINE_RANDOM_H

#include <backplane/random.h>
#include <stdbool.h>
#include <stdint.h>

/* From the host; false: it has none to give. [any] */
bool random_host(void *data, uint32_t bytes);
/* The same bits for the same `state`, which moves on. [any] */
void random_repeat(uint64_t *state, void *data, uint32_t bytes);

extern const struct bp_random_api random_api;

#endif
