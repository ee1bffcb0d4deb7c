/* SPDX-License-Identifier: Apache-2.0
 *
 * vcpu_idle.c - what a CPU plug-in is offered in a machine that is only looked at (`backplane fdt`): no accelerator, no
 * memory behind it, nothing to flush. With it init() runs, and the CPU can describe itself.
 */
#include "core/cpu/vcpu.h"

static void flush_tlb(struct bp_vcpu *vcpu, uint32_t contexts)
{
}

static void flush_page(struct bp_vcpu *vcpu, uint64_t va)
{
}

static void nothing(struct bp_vcpu *vcpu)
{
}

static uint64_t retired(struct bp_vcpu *vcpu)
{
    return 0;
}

static int32_t load(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t *value)
{
    return BP_E_DECODE;
}

static int32_t store(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t value)
{
    return BP_E_DECODE;
}

static int32_t cas(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t expected,
                   uint64_t desired)
{
    return BP_E_DECODE;
}

static int32_t debug_break(struct bp_vcpu *vcpu)
{
    return BP_E_STATE;
}

const struct bp_vcpu_api vcpu_idle_api = {
    .size = sizeof(vcpu_idle_api),
    .flush_tlb = flush_tlb,
    .flush_page = flush_page,
    .flush_code = nothing,
    .retired = retired,
    .load = load,
    .store = store,
    .cas = cas,
    .kick = nothing,
    .debug_break = debug_break,
    .drop_reservation = nothing,
};
