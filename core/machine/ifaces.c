/* SPDX-License-Identifier: Apache-2.0
 *
 * ifaces.c - what plug-ins get from the core, by interface id; and bp.machine/1.
 */
#include <inttypes.h>
#include <string.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"
#include "core/machine/random.h"

static void power(struct bp_dev *dev, uint32_t action, uint32_t code)
{
    static const uint32_t requests[] = {
        [BP_POWER_OFF] = REQUEST_POWER_OFF,
        [BP_POWER_RESET] = REQUEST_RESET,
        [BP_POWER_FAIL] = REQUEST_FAIL,
    };

    if (action > BP_POWER_FAIL) {
        contract_broken(dev, "power() of bp.machine/1", "an action that does not exist");
        return;
    }
    if (action != BP_POWER_RESET)
        atomic_store(&dev->machine->power_code, code);
    if (action == BP_POWER_FAIL)
        trace_format(dev, BP_LOG_ERROR, "the guest reports failure %" PRIu32, code);
    machine_request(dev->machine, requests[action]);
}

static int32_t symbol(struct bp_dev *dev, const char *name, uint64_t *addr)
{
    const struct machine *m = dev->machine;

    for (uint32_t i = 0; i < m->nsymbols; i++)
        if (!strcmp(m->symbols[i].name, name)) {
            *addr = m->symbols[i].address;
            return BP_OK;
        }
    return BP_E_NOENT;
}

static const struct bp_machine_api machine_api = {
    .size = sizeof(machine_api),
    .power = power,
    .symbol = symbol,
};

static const struct {
    const char *id;
    const void *iface;
} offered[] = {
    {BP_LINE_ID, &wire_line_api},
    {BP_CLOCK_ID, &wire_clock_api},
    {BP_TIMER_ID, &vtime_timer_api},
    {BP_DMA_ID, &bus_dma_api},
    {BP_MEM_ID, &bus_mem_api},
    {BP_MACHINE_ID, &machine_api},
    {BP_CHAR_ID, &chars_api},
    {BP_BLOCK_ID, &blocks_api},
    {BP_LOOP_ID, &loop_api},
    {BP_THREAD_ID, &loop_thread_api},
    {BP_BACKEND_HOST_ID, &loop_backend_host},
    {BP_TRACE_ID, &trace_api},
    {BP_ERROR_ID, &trace_error_api},
    {BP_VCPU_HOST_ID, &vcpu_host_api},
    {BP_RANDOM_ID, &random_api},
};

const void *machine_iface(const struct bp_core *core, const char *id)
{
    (void)core;
    for (size_t i = 0; i < sizeof(offered) / sizeof(*offered); i++)
        if (!strcmp(offered[i].id, id))
            return offered[i].iface;
    return NULL;
}
