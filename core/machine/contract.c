/* SPDX-License-Identifier: Apache-2.0
 *
 * contract.c - breaches of the plug-in contract in a running machine.
 */
#include "core/machine/contract.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/machine/dev.h"
#include "core/plugin/object.h"

void contract_broken(struct bp_dev *dev, const char *function, const char *rule)
{
    const struct plugin *plugin = dev->type ? dev->type->plugin : NULL;

    trace_format(dev, BP_LOG_ERROR, "plug-in %s, type %s: %s: %s",
                 plugin ? plugin->info->id : "core", dev->type ? dev->type->name : "?", function,
                 rule);
}

bool contract_machine(struct bp_dev *dev, const char *function)
{
    struct machine *m = dev->machine;

    if (lock_mine(&m->lock) || m->phase != PHASE_RUN)
        return true;
    contract_broken(dev, function,
                    "called outside of machine context: call it where the machine calls the "
                    "device, or reach that with post() of bp.thread/1; the machine stops");
    machine_request(m, REQUEST_FAIL);
    return false;
}

int32_t contract_status(struct bp_dev *dev, const char *function, int32_t status)
{
    char rule[80];

    if (status <= BP_OK && status >= BP_E_FULL)
        return status;
    snprintf(rule, sizeof(rule), "returned %" PRId32 ": return BP_OK or a BP_E_* of abi.h", status);
    contract_broken(dev, function, rule);
    return status > 0 ? BP_OK : BP_E_IO;
}
