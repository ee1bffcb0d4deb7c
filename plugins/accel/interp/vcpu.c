/* SPDX-License-Identifier: Apache-2.0
 *
 * vcpu.c - making and unmaking a vCPU, and what it offers to its CPU class.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "interp.h"

#define MIN_CACHE   (256ull << 10)
#define STRING(n)   STRING_(n)
#define STRING_(n)  #n
#define OFFSET_ROOM 0xffffu /* operands are 16-bit offsets from the vCPU */

static const struct bp_cpu_reg *reg_at(const struct bp_cpu_class *cls, uint32_t i)
{
    return (const void *)((const char *)cls->regs + (size_t)i * cls->reg_stride);
}

static uint64_t aligned(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

/* Lays the vCPU out as interp.h draws it. NULL: no memory. */
static struct bp_vcpu *allocate(const struct bp_cpu_class *cls)
{
    uint64_t align = cls->state_align > 64 ? cls->state_align : 64;
    uint64_t state = aligned(sizeof(struct bp_vcpu), align);
    uint64_t before =
        cls->ncontexts * sizeof(struct mmu_tlb) + INTERP_JUMPS * sizeof(struct block *);
    uint64_t total = aligned(before, 4096) + state + cls->state_size + align;
    struct bp_vcpu *v;
    char *memory;

    memory = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    v = (struct bp_vcpu *)(memory + aligned(before, align > 4096 ? align : 4096));
    v->memory = memory;
    v->memory_size = total;
    v->state = (char *)v + state;
    v->mmu.tlbs = (struct mmu_tlb *)((char *)v - before);
    v->mmu.far = mmap(NULL, sizeof *v->mmu.far, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (v->mmu.far == MAP_FAILED) {
        munmap(memory, total);
        return NULL;
    }
    return v;
}

/* What this accelerator cannot do for such a CPU, and what would be right; NULL: it takes it. */
static const char *objection(uint32_t index, const struct bp_cpu_class *cls)
{
    if (index >= RESERVE_CPUS)
        return "this accelerator runs " STRING(RESERVE_CPUS) " vCPUs: give the board no more";
    if (cls->ir_major != BP_IR_MAJOR)
        return "this CPU speaks the IR of another version: build its plug-in and this one from the "
               "same SDK";
    if (!cls->ncontexts || cls->ncontexts > MMU_CONTEXTS)
        return "this accelerator has 1 to " STRING(
            MMU_CONTEXTS) " memory contexts: let `ncontexts` "
                          "of the CPU be one of these";
    return NULL;
}

/* Operands of the IR, as offsets. BP_E_UNSUPPORTED: too far away. */
static int32_t place_registers(struct interp *interp, struct bp_vcpu *v)
{
    const struct bp_cpu_class *cls = v->cls;
    uint64_t base = (uint64_t)((char *)v->state - (char *)v);
    uint32_t n = 0;

    while (n < cls->nregs && reg_at(cls, n)->flags & BP_CPU_REG_IR)
        n++;
    v->reg_offsets = calloc(n + 1, sizeof *v->reg_offsets);
    if (!v->reg_offsets)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        if (base + reg_at(cls, i)->offset > OFFSET_ROOM) {
            interp_error(interp, NULL,
                         "a register of this CPU is too far from the start of its state for 16-bit "
                         "offsets: put those that the IR names first");
            return BP_E_UNSUPPORTED;
        }
        v->reg_offsets[i] = (uint16_t)(base + reg_at(cls, i)->offset);
    }
    return BP_OK;
}

static int32_t enlist(struct interp *interp, struct bp_vcpu *v)
{
    if (interp->nvcpus == interp->room) {
        uint32_t room = interp->room ? 2 * interp->room : 4;
        struct bp_vcpu **vcpus = realloc(interp->vcpus, room * sizeof *vcpus);
        if (!vcpus)
            return BP_E_NOMEM;
        interp->vcpus = vcpus;
        interp->room = room;
    }
    if (world_add(&interp->machine.world, &v->mmu.world) != BP_OK)
        return BP_E_NOMEM;
    v->interp = interp;
    v->tier = interp->tier;
    interp->vcpus[interp->nvcpus++] = v;
    return BP_OK;
}

static void set_up(struct bp_vcpu *v, struct interp *interp, uint32_t index)
{
    const struct bp_cpu_class *cls = v->cls;
    char *state = v->state;

    v->pc = (uint64_t *)(state + cls->pc_offset);
    v->fflags = (uint64_t *)(state + cls->fflags_offset);
    v->mode = (const uint32_t *)(state + cls->mode_offset);
    v->fetch_context = (const uint32_t *)(state + cls->fetch_context_offset);
    v->pc_mask = cls->xlen == 32 ? 0xffffffffull : ~0ull;
    v->mmu.machine = &interp->machine;
    v->mmu.cls = cls;
    v->mmu.state = state;
    v->mmu.index = index;
    v->mmu.forget_code = interp_cache_forget;
    v->mmu.changed = interp_request_leave;
    v->mmu.outside = interp_outside;
    v->mmu.inside = interp_inside;
    mmu_init(&v->mmu);
}

int32_t interp_vcpu_create(void *self, uint32_t index, const struct bp_cpu_class *cls,
                           struct bp_vcpu **vcpu, void **state)
{
    struct interp *interp = self;
    const char *why = objection(index, cls);
    struct bp_vcpu *v;
    int32_t status;

    if (why) {
        interp_error(interp, NULL, why);
        return BP_E_UNSUPPORTED;
    }
    v = allocate(cls);
    if (!v)
        return BP_E_NOMEM;
    v->cls = cls;
    set_up(v, interp, index);
    status = place_registers(interp, v);
    if (status == BP_OK)
        status = interp_scratch_init(v);
    if (status == BP_OK)
        status = enlist(interp, v);
    if (status != BP_OK) {
        interp_vcpu_destroy(v);
        return status;
    }
    *vcpu = v;
    *state = v->state;
    return BP_OK;
}

void interp_vcpu_destroy(struct bp_vcpu *v)
{
    struct interp *interp = v->interp;

    if (interp) {
        world_remove(&interp->machine.world, &v->mmu.world);
        for (uint32_t i = 0; i < interp->nvcpus; i++) {
            if (interp->vcpus[i] == v)
                interp->vcpus[i--] = interp->vcpus[--interp->nvcpus];
        }
    }
    interp_cache_finish(v);
    interp_scratch_finish(v);
    free(v->reg_offsets);
    munmap(v->mmu.far, sizeof *v->mmu.far);
    munmap(v->memory, v->memory_size);
}

/* The vCPUs share the cache evenly; how many there are is known only when the first one runs. */
int32_t interp_first_run(struct bp_vcpu *v)
{
    uint64_t share = v->interp->cache / v->interp->nvcpus;

    return interp_cache_init(v, share < MIN_CACHE ? MIN_CACHE : share & ~4095ull);
}

/* --- struct bp_vcpu_api ---------------------------------------------------------------------- */

static void flush_tlb(struct bp_vcpu *v, uint32_t contexts)
{
    mmu_flush(&v->mmu, contexts);
}

static void flush_page(struct bp_vcpu *v, uint64_t va)
{
    mmu_flush_page(&v->mmu, va);
}

static void enter_space(struct bp_vcpu *v, uint32_t contexts, uint64_t space)
{
    mmu_enter_space(&v->mmu, contexts, space);
}

static void flush_space(struct bp_vcpu *v, uint32_t contexts, uint64_t space, const uint64_t *va)
{
    mmu_flush_space(&v->mmu, contexts, space, va);
}

/* Code is invalidated at the store, by mail if another vCPU did it. */
static void flush_code(struct bp_vcpu *v)
{
    mmu_drain(&v->mmu);
}

static uint64_t retired(struct bp_vcpu *v)
{
    return v->count;
}

static int32_t load(struct bp_vcpu *v, uint64_t pa, uint32_t width, uint64_t *value)
{
    return mmu_phys_load(&v->mmu, pa, width, value);
}

static int32_t store(struct bp_vcpu *v, uint64_t pa, uint32_t width, uint64_t value)
{
    return mmu_phys_store(&v->mmu, pa, width, value);
}

static int32_t cas(struct bp_vcpu *v, uint64_t pa, uint32_t width, uint64_t expected,
                   uint64_t desired)
{
    return mmu_phys_cas(&v->mmu, pa, width, expected, desired);
}

/* The poll word is for a vCPU that runs, wake() for one that sleeps after BP_RUN_WAIT. */
static void kick(struct bp_vcpu *v)
{
    const struct mmu_machine *machine = &v->interp->machine;

    interp_raise(v, WORLD_POLL_KICK);
    if (BP_HAS(machine->api, wake) && machine->api->wake)
        machine->api->wake(machine->host, v->mmu.index);
}

/* Stops as at a breakpoint, if a debugger set one anywhere: nobody else is there to look. */
static int32_t debug_break(struct bp_vcpu *v)
{
    const struct mmu_machine *machine = &v->interp->machine;

    if (!v->interp->nbreakpoints)
        return BP_E_UNSUPPORTED;
    machine->api->debug_hit(machine->host, v->mmu.index, *v->pc);
    v->broke = 1;
    return BP_OK;
}

static void drop_reservation(struct bp_vcpu *v)
{
    v->mmu.reservation.host = NULL;
}

const struct bp_vcpu_api interp_vcpu_api = {
    .size = sizeof interp_vcpu_api,
    .flush_tlb = flush_tlb,
    .flush_page = flush_page,
    .flush_code = flush_code,
    .retired = retired,
    .load = load,
    .store = store,
    .cas = cas,
    .kick = kick,
    .debug_break = debug_break,
    .drop_reservation = drop_reservation,
    .enter_space = enter_space,
    .flush_space = flush_space,
};
