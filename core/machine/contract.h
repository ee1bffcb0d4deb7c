/* SPDX-License-Identifier: Apache-2.0
 *
 * contract.h - what a plug-in may not ask of the running core: told with node, plug-in, type,
 * function and rule. Cheap enough to be asked on every call; backplane-check finds the same before
 * it hurts.
 */
#ifndef CORE_MACHINE_CONTRACT_H
#define CORE_MACHINE_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

struct bp_dev;

/* [any]. True when the caller is in machine context, as [machine] functions need: it holds the
 * machine lock, or no machine runs. Else the call must have no effect, because nothing protects
 * what it would change: that is told, and the machine stops as failed. */
bool contract_machine(struct bp_dev *dev, const char *function);

/* [any]. `function`, called by or in the plug-in of `dev`, broke `rule` ("what: cure"), and the
 * core could refuse it or make it harmless: told as an error; the machine goes on. */
void contract_broken(struct bp_dev *dev, const char *function, const char *rule);

/* [any]. A status that a plug-in returned: itself when abi.h knows it; else told, and a success
 * when it is positive, BP_E_IO when it is not. */
int32_t contract_status(struct bp_dev *dev, const char *function, int32_t status);

#endif
