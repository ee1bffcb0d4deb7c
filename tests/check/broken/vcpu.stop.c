/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgets a stop() that comes before run().
 */
#include "other.h"

struct broken {
    const struct bp_accel_host *api;
};

struct bp_vcpu {
    uint32_t stop;
    uint64_t state[64]; /* larger than that of any CPU of the kit */
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core,
                    const struct bp_accel_host *api, void *host)
{
    ((struct broken *)self)->api = api;
    return BP_OK;
}

static int32_t vcpu_create(void *self, uint32_t index, const struct bp_cpu_class *cls,
                           struct bp_vcpu **vcpu, void **state)
{
    *vcpu = calloc(1, sizeof **vcpu);
    if (!*vcpu)
        return BP_E_NOMEM;
    *state = (*vcpu)->state;
    return BP_OK;
}

static void vcpu_destroy(struct bp_vcpu *vcpu)
{
    free(vcpu);
}

static void nothing(struct bp_vcpu *vcpu, uint32_t contexts)
{
}

static void nothing_page(struct bp_vcpu *vcpu, uint64_t va)
{
}

static void stop(struct bp_vcpu *vcpu)
{
    vcpu->stop = 1;
}

static const struct bp_vcpu_api *vcpu_api(void *self)
{
    static const struct bp_vcpu_api api = {.size = sizeof api,
                                           .flush_tlb = nothing,
                                           .flush_page = nothing_page,
                                           .flush_code = stop,
                                           .kick = stop};

    return &api;
}

static int32_t run(struct bp_vcpu *vcpu)
{
    vcpu->stop = 0;
    return BP_RUN_WAIT;
}

static void changed(void *self, uint64_t pa, uint64_t bytes)
{
}

static const struct bp_accel_class broken = {
    .size = sizeof broken,
    .instance_size = sizeof(struct broken),
    .instance_align = _Alignof(struct broken),
    .name = "broken",
    .doc = "An accelerator with one fault.",
    .ir_max = BP_IR_MAJOR,
    .init = init,
    .vcpu_create = vcpu_create,
    .vcpu_destroy = vcpu_destroy,
    .vcpu_api = vcpu_api,
    .run = run,
    .kick = stop,
    .stop = stop,
    .map_changed = changed,
    .ram_written = changed,
};

ACCEL(broken)
