/* SPDX-License-Identifier: Apache-2.0
 *
 * class.c - the accelerator's face towards the core: instance, run control, changes of memory,
 * breakpoints, counters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/fp.h"
#include "../common/ram.h"
#include "interp.h"

#define DEFAULT_CACHE "32MiB"
#define MIN_CACHE     (64ull << 10)

void interp_error(struct interp *interp, const char *property, const char *text)
{
    if (interp->error)
        interp->error->set(interp->dev, property, text);
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core,
                    const struct bp_accel_host *api, void *host)
{
    struct interp *interp = self;

    interp->dev = dev;
    interp->error = core->get(core, BP_ERROR_ID);
    interp->machine.api = api;
    interp->machine.host = host;
    codemap_init(&interp->machine.map);
    world_init(&interp->machine.world);
    interp->ready = 1;
    fp_init();
    interp_exec(NULL);
    return BP_OK;
}

static void finish(void *self)
{
    struct interp *interp = self;

    if (interp->ready) {
        world_finish(&interp->machine.world);
        codemap_finish(&interp->machine.map);
    }
    free(interp->breakpoints);
    free(interp->vcpus);
}

static const struct bp_vcpu_api *vcpu_api(void *self)
{
    return &interp_vcpu_api;
}

static void kick(struct bp_vcpu *v)
{
    interp_raise(v, WORLD_POLL_KICK);
}

static void stop(struct bp_vcpu *v)
{
    interp_raise(v, WORLD_POLL_STOP);
}

/* Which translations went through the range is not recorded; such changes are rare. */
static void map_changed(void *self, uint64_t pa, uint64_t bytes)
{
    struct interp *interp = self;

    world_post_all(&interp->machine.world, NULL, WORLD_FLUSH_MAP, pa, bytes);
}

static void ram_written(void *self, uint64_t pa, uint64_t bytes)
{
    struct interp *interp = self;

    mmu_ram_written(&interp->machine, pa, bytes);
}

static int32_t step(struct bp_vcpu *v, uint64_t n)
{
    v->steps = n;
    v->stepping = n != 0;
    return BP_OK;
}

/* Blocks were made with or without the look at the budget: all go. */
static int32_t budget(struct bp_vcpu *v, uint64_t n)
{
    if (v->budgeted != (n != 0))
        world_post(&v->mmu.world, WORLD_FLUSH_CODE, 0, 0);
    v->budgeted = n != 0;
    v->given = n;
    v->end = v->count + n;
    return BP_OK;
}

static uint64_t spent(struct bp_vcpu *v)
{
    return v->given - (v->end - v->count);
}

/* Blocks were made with or without the checks that the new set needs: all go. */
static int32_t breakpoint(void *self, uint64_t va, uint32_t on)
{
    struct interp *interp = self;
    uint32_t i = 0;

    while (i < interp->nbreakpoints && interp->breakpoints[i] != va)
        i++;
    if (!on && i == interp->nbreakpoints)
        return BP_E_NOENT;
    if (on && i == interp->nbreakpoints) {
        uint64_t *room = realloc(interp->breakpoints, (i + 1) * sizeof *room);
        if (!room)
            return BP_E_NOMEM;
        interp->breakpoints = room;
        interp->breakpoints[interp->nbreakpoints++] = va;
    } else if (!on) {
        interp->breakpoints[i] = interp->breakpoints[--interp->nbreakpoints];
    }
    for (i = 0; i < interp->machine.world.ncpus; i++)
        world_post(interp->machine.world.cpus[i], WORLD_FLUSH_CODE, 0, 0);
    return BP_OK;
}

/* --- counters -------------------------------------------------------------------------------- */

/* Where the uint64_t lies. */
#define AT(field) offsetof(struct bp_vcpu, field)
static const struct {
    const char *name, *doc;
    size_t offset;
} counters[] = {
    {"instructions", "guest instructions retired", AT(count)},
    {"blocks", "blocks translated", AT(stats.translated)},
    {"block-instructions", "guest instructions translated", AT(stats.insns)},
    {"block-lookups", "look-ups that missed the jump cache", AT(stats.lookups)},
    {"block-links", "exits linked to their target", AT(stats.links)},
    {"invalidations", "blocks forgotten because their code changed", AT(stats.invalidated)},
    {"cache-flushes", "times a full code cache was emptied", AT(stats.emptied)},
    {"cache-bytes", "most bytes of code cache in use", AT(stats.code_bytes)},
    {"host-blocks", "blocks translated to host code", AT(stats.host_blocks)},
    {"host-regions", "loops compiled to host code as a whole", AT(stats.regions)},
    {"host-bytes", "most bytes of host code", AT(stats.host_bytes)},
    {"host-links", "exits of host code linked to host code", AT(stats.host_links)},
    {"host-entries", "times host code was entered from elsewhere", AT(stats.host_enters)},
    {"host-ns", "nanoseconds spent on making host code", AT(stats.host_ns)},
    {"region-ns", "nanoseconds of these for regions", AT(stats.region_ns)},
    {"exits-links", "times it was left by an exit that was not linked", AT(stats.exits_link)},
    {"exits-polls", "... for a poll, a budget, a mapping to be looked at", AT(stats.exits_poll)},
    {"exits-jumps", "... by a computed jump to what the jump cache does not have",
     AT(stats.exits_jump)},
    {"exits-blocks", "... for a block without host code", AT(stats.exits_block)},
    {"exits-calls", "... by a fault, or an instruction that changes more than registers",
     AT(stats.exits_call)},
    {"tlb-misses", "pages entered into a TLB", AT(mmu.stats.misses)},
    {"tlb-walks", "address translations by the CPU", AT(mmu.stats.walks)},
    {"tlb-flushes", "flushes of whole contexts", AT(mmu.stats.flushes)},
    {"tlb-page-flushes", "flushes of one page", AT(mmu.stats.page_flushes)},
    {"slow-stores", "stores next to code or reservations", AT(mmu.stats.slow)},
    {"code-stores", "stores that hit translated code", AT(mmu.stats.code_hits)},
    {"shootdowns", "pages that lost write entries for another vCPU", AT(mmu.stats.shootdowns)},
    {"mmio", "accesses to devices", AT(mmu.stats.mmio)},
};

/* Counters belong to the vCPU threads; what is read here may lag behind. */
RAM_ACCESS static uint64_t peek(const struct bp_vcpu *v, size_t offset)
{
    return *(const volatile uint64_t *)((const char *)v + offset);
}

static int32_t counter(void *self, uint32_t i, struct bp_accel_counter *out)
{
    struct interp *interp = self;

    if (i >= sizeof counters / sizeof *counters)
        return BP_E_NOENT;
    *out = (struct bp_accel_counter){counters[i].name, counters[i].doc, 0};
    for (uint32_t c = 0; c < interp->nvcpus; c++)
        out->value += peek(interp->vcpus[c], counters[i].offset);
    return BP_OK;
}

/* --- the class ------------------------------------------------------------------------------- */

static const struct bp_prop props[] = {
    {.name = "cache",
     .doc = "code cache of all vCPUs together; memory is taken as it fills",
     .type = BP_PROP_SIZE,
     .offset = offsetof(struct interp, cache),
     .def = DEFAULT_CACHE,
     .min = MIN_CACHE,
     .max = 1ull << 30},
    {.name = "verify",
     .doc = "check the IR of every block against the rules of ir.h",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct interp, verify),
     .def = "false"},
};

const struct bp_accel_class interp_class = {
    .size = sizeof interp_class,
    .instance_size = sizeof(struct interp),
    .instance_align = _Alignof(struct interp),
    .name = "interp",
    .doc = "interpreter of pre-decoded IR; runs on any host",
    .props = props,
    .nprops = sizeof props / sizeof *props,
    .prop_stride = sizeof *props,
    .ir_min = BP_IR_MAJOR,
    .ir_max = BP_IR_MAJOR,
    .init = init,
    .finish = finish,
    .vcpu_create = interp_vcpu_create,
    .vcpu_destroy = interp_vcpu_destroy,
    .vcpu_api = vcpu_api,
    .run = interp_run,
    .kick = kick,
    .stop = stop,
    .map_changed = map_changed,
    .ram_written = ram_written,
    .step = step,
    .breakpoint = breakpoint,
    .counter = counter,
    .rank = 10,
    .budget = budget,
    .spent = spent,
};
