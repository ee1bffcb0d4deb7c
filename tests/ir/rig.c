/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.c - the machine around an accelerator under test: what the core would be.
 */
#include "rig.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <backplane/plugin.h>
#include <backplane/props.h>
#include <backplane/trace.h>

#define CODE_BYTES (TOY_DATA - TOY_RAM)
#define MAX_RUNS   100000 /* calls of run() until a program has stopped */

struct rig {
    void *object;
    const struct bp_accel_class *accel;
    void *self;
    struct bp_vcpu *vcpu;
    const struct bp_cpu_class *cls;
    struct toy_state *toy;
    struct machine_state *state; /* of the current run */
    uint64_t start;              /* retired() when it began */
    uint8_t *ram; /* what the accelerator was told; state->ram is copied in and out */
};

const char *const rig_accelerators[] = {IR_ACCELERATORS NULL};

/* --- the core's side -------------------------------------------------------------------------- */

static void set_error(struct bp_dev *dev, const char *property, const char *text)
{
    cr_log_warn("accelerator: %s%s%s", property ? property : "", property ? ": " : "", text);
}

static const struct bp_error_api error_api = {.size = sizeof error_api, .set = set_error};

static const void *get(const struct bp_core *core, const char *id)
{
    return strcmp(id, BP_ERROR_ID) ? NULL : &error_api;
}

static const struct bp_core core = {.size = sizeof core, .version = "0.1.0", .get = get};

static void resolve(void *host, uint64_t pa, struct bp_phys *out)
{
    struct rig *rig = host;

    if (pa >= TOY_RAM && pa - TOY_RAM < TOY_RAM_BYTES)
        *out = (struct bp_phys){TOY_RAM, TOY_RAM_BYTES, rig->ram, BP_PHYS_WRITABLE, 0};
    else if (pa >= TOY_DEVICE && pa - TOY_DEVICE < 0x1000)
        *out = (struct bp_phys){TOY_DEVICE, 0x1000, NULL, BP_PHYS_DEVICE, 0};
    else
        *out = (struct bp_phys){pa & ~(uint64_t)0xfff, 0x1000, NULL, 0, 0};
}

static int32_t read_phys(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                         uint64_t *value)
{
    struct rig *rig = host;

    return machine_access(rig->ram, rig->state->device, pa, width, 0, value);
}

static int32_t write_phys(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                          uint64_t value)
{
    struct rig *rig = host;

    return machine_access(rig->ram, rig->state->device, pa, width, 1, &value);
}

static int32_t ram_range(void *host, uint32_t i, struct bp_phys *out)
{
    if (i)
        return BP_E_NOENT;
    resolve(host, TOY_RAM, out);
    return BP_OK;
}

static void debug_hit(void *host, uint32_t vcpu, uint64_t pc)
{
}

static uint64_t now(void *host)
{
    return 0;
}

static const struct bp_accel_host host_api = {
    .size = sizeof host_api,
    .resolve = resolve,
    .read = read_phys,
    .write = write_phys,
    .ram = ram_range,
    .debug_hit = debug_hit,
    .now = now,
};

/* --- setting up ------------------------------------------------------------------------------- */

/* Defaults of the few property types accelerators have; checking of IR is switched on. */
static void set_properties(const struct bp_accel_class *cls, char *self)
{
    for (uint32_t i = 0; i < cls->nprops; i++) {
        const struct bp_prop *p =
            (const void *)((const char *)cls->props + (size_t)i * cls->prop_stride);
        char *unit = "";
        uint64_t v = p->def ? strtoull(p->def, &unit, 0) : 0;
        v <<= !strcmp(unit, "KiB") ? 10 : !strcmp(unit, "MiB") ? 20 : !strcmp(unit, "GiB") ? 30 : 0;
        if (p->type == BP_PROP_BOOL)
            self[p->offset] = !strcmp(p->name, "verify") || (p->def && !strcmp(p->def, "true"));
        else if (p->type == BP_PROP_SIZE || p->type == BP_PROP_U64)
            memcpy(self + p->offset, &v, 8);
        else if (p->type == BP_PROP_U32 || p->type == BP_PROP_ENUM)
            memcpy(self + p->offset, &v, 4);
    }
}

static const struct bp_accel_class *find_class(void *object)
{
    const struct bp_plugin *(*query)(void);
    const struct bp_accel_factory *factory;

    *(void **)&query = dlsym(object, "bp_plugin_query_v1");
    cr_assert(query);
    factory = query()->get_factory(BP_FACTORY_ACCELS);
    cr_assert(factory && factory->classes[0]);
    return factory->classes[0];
}

struct rig *rig_open(const char *path, const struct bp_cpu_class *cls)
{
    struct rig *rig = calloc(1, sizeof *rig);
    uint32_t align;
    void *state;

    cr_assert(rig);
    rig->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(rig->object, "%s", dlerror());
    rig->accel = find_class(rig->object);
    rig->cls = cls;
    rig->ram = aligned_alloc(4096, TOY_RAM_BYTES);
    align = rig->accel->instance_align > 16 ? rig->accel->instance_align : 16;
    rig->self = aligned_alloc(align, (rig->accel->instance_size + align - 1) / align * align);
    cr_assert(rig->ram && rig->self);
    memset(rig->ram, 0, TOY_RAM_BYTES);
    memset(rig->self, 0, rig->accel->instance_size);
    set_properties(rig->accel, rig->self);
    cr_assert_eq(rig->accel->init(rig->self, (struct bp_dev *)rig, &core, &host_api, rig), BP_OK);
    cr_assert_eq(rig->accel->vcpu_create(rig->self, 0, cls, &rig->vcpu, &state), BP_OK);
    rig->toy = state;
    cr_assert_eq(
        cls->init(state, rig->vcpu, rig->accel->vcpu_api(rig->self), (struct bp_dev *)rig, &core),
        BP_OK);
    return rig;
}

void rig_close(struct rig *rig)
{
    rig->cls->finish(rig->toy);
    rig->accel->vcpu_destroy(rig->vcpu);
    rig->accel->finish(rig->self);
    dlclose(rig->object);
    free(rig->self);
    free(rig->ram);
    free(rig);
}

/* --- a run ------------------------------------------------------------------------------------ */

static void on_stop(void *ctx)
{
    struct rig *rig = ctx;

    rig->accel->stop(rig->vcpu);
}

static uint64_t retired(const struct toy_state *toy)
{
    const struct rig *rig = toy->ctx;

    return toy->api->retired(toy->vcpu) - rig->start;
}

static void load_state(struct rig *rig, const struct toy_program *program,
                       const struct machine_state *state)
{
    struct toy_state *toy = rig->toy;

    memcpy(toy->regs, state->regs, sizeof toy->regs);
    memcpy(rig->ram, state->ram, TOY_RAM_BYTES);
    toy->pc = state->pc;
    toy->fflags = state->fflags;
    toy->program = program;
    toy->on_stop = on_stop;
    toy->ctx = rig;
    toy->retired = retired;
    toy->stopped = toy->faults = 0;
    memset(&toy->fault, 0, sizeof toy->fault);
    toy->fault_pc = 0;
}

static void store_state(const struct rig *rig, struct machine_state *state)
{
    const struct toy_state *toy = rig->toy;

    memcpy(state->regs, toy->regs, sizeof toy->regs);
    memcpy(state->ram, rig->ram, TOY_RAM_BYTES);
    state->pc = toy->pc;
    state->fflags = toy->fflags;
    state->count = toy->stop_count;
    state->faults = toy->faults;
    state->fault = toy->fault;
    state->fault_pc = toy->fault_pc;
}

int rig_run(struct rig *rig, const struct toy_program *program, struct machine_state *state,
            int single)
{
    int32_t result = BP_RUN_KICKED;

    rig->state = state;
    rig->start = rig->toy->api->retired(rig->vcpu);
    load_state(rig, program, state);
    /* The program is another one than in the last run: what was translated is void, as after DMA to
     * it. */
    rig->accel->ram_written(rig->self, TOY_RAM, CODE_BYTES);
    rig->toy->api->drop_reservation(rig->vcpu);
    for (int i = 0; i < MAX_RUNS && !rig->toy->stopped && result != BP_RUN_FAILED; i++) {
        rig->accel->step(rig->vcpu, (uint64_t)single);
        result = rig->accel->run(rig->vcpu);
    }
    rig->accel->step(rig->vcpu, 0);
    store_state(rig, state);
    return rig->toy->stopped && result != BP_RUN_FAILED ? 0 : -1;
}

/* --- the machine ------------------------------------------------------------------------------ */

int32_t machine_access(uint8_t *ram, uint8_t *device, uint64_t pa, uint32_t width, int write,
                       uint64_t *value)
{
    uint8_t *at;

    if (pa >= TOY_RAM && pa - TOY_RAM <= TOY_RAM_BYTES - width)
        at = ram + (pa - TOY_RAM);
    else if (pa >= TOY_DEVICE && pa - TOY_DEVICE <= TOY_DEVICE_BYTES - width)
        at = device + (pa - TOY_DEVICE);
    else
        return BP_E_DECODE;
    if (!write)
        *value = 0;
    memcpy(write ? (void *)at : (void *)value, write ? (const void *)value : at, width);
    return BP_OK;
}

void machine_clear(struct machine_state *state)
{
    memset(state, 0, sizeof *state);
    for (uint32_t i = 0; i < TOY_REGS; i++)
        state->regs[i] = 0x1122334455660000u + i * 0x0101u;
    for (uint32_t i = TOY_W; i < TOY_REGS; i++)
        state->regs[i] = (uint64_t)(int64_t)(int32_t)(0x80000000u + i);
    state->pc = TOY_RAM;
}

static int report(char *text, size_t room, const char *what, uint64_t at, uint64_t got,
                  uint64_t want)
{
    snprintf(text, room, "%s %s%llx: 0x%llx instead of 0x%llx", what, at > 31 ? "0x" : "",
             (unsigned long long)at, (unsigned long long)got, (unsigned long long)want);
    return 1;
}

#define DIFFERS(field)                                                                             \
    (got->field != want->field ? report(text, room, #field, 0, got->field, want->field) : 0)

static int memory_differs(const uint8_t *got, const uint8_t *want, size_t bytes, const char *what,
                          uint64_t base, char *text, size_t room)
{
    if (!memcmp(got, want, bytes))
        return 0;
    for (size_t i = 0; i < bytes; i++)
        if (got[i] != want[i])
            return report(text, room, what, base + i, got[i], want[i]);
    return 0;
}

int machine_differs(const struct machine_state *got, const struct machine_state *want, char *text,
                    size_t room)
{
    if (DIFFERS(pc) || DIFFERS(count) || DIFFERS(faults))
        return 1;
    if (want->faults &&
        (DIFFERS(fault.type) || DIFFERS(fault.kind) || DIFFERS(fault.va) || DIFFERS(fault_pc) ||
         (want->fault.type == BP_FAULT_WALK && DIFFERS(fault.cause))))
        return 1;
    for (uint32_t i = 0; i < TOY_REGS; i++)
        if (got->regs[i] != want->regs[i])
            return report(text, room,
                          i < TOY_F   ? "r"
                          : i < TOY_W ? "f"
                                      : "w",
                          i - (i < TOY_F   ? TOY_R
                               : i < TOY_W ? TOY_F
                                           : TOY_W),
                          got->regs[i], want->regs[i]);
    if (DIFFERS(fflags))
        return 1;
    return memory_differs(got->ram, want->ram, TOY_RAM_BYTES, "memory", TOY_RAM, text, room) ||
           memory_differs(got->device, want->device, TOY_DEVICE_BYTES, "device", TOY_DEVICE, text,
                          room);
}
