/* SPDX-License-Identifier: Apache-2.0
 *
 * accel.c - accelerators: life, and running a CPU of one instruction.
 */
#include <inttypes.h>

#include "being.h"
#include "shell.h"
#include "where.h"

#define COUNTERS_MOST 1000u
#define STEPS_MOST    40u

/* --- a CPU whose every four bytes add one to r0 -------------------------------------- */

struct tiny {
    uint64_t r0, pc, fflags;
    uint32_t mode, fetch_context;
};

static int32_t tiny_init(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                         struct bp_dev *dev, const struct bp_core *core)
{
    return BP_OK;
}

static void tiny_finish(void *state)
{
}

static void tiny_reset(void *state, uint32_t kind)
{
    *(struct tiny *)state = (struct tiny){.pc = TH_RAM_BASE};
}

static void tiny_boot(void *state, uint32_t index, const struct bp_boot *boot)
{
}

static int32_t tiny_translate(void *state, struct bp_ir_builder *b)
{
    uint32_t at = 0;
    uint16_t code;

    while (b->ninsns < (b->flags & BP_BUILDER_SINGLE ? 1 : b->max_insns)) {
        if (b->fetch16(b->ctx, at, &code))
            return b->ninsns ? BP_OK : BP_E_FAULT;
        b->insns[b->ninsns++] =
            (struct bp_ir_insn){.first_op = b->nops, .pc_offset = (uint16_t)at, .length = 4};
        b->ops[b->nops++] =
            (struct bp_ir_op){.op = BP_IR_ADD, .type = BP_T_I64, .b = BP_IR_IMM, .imm = 1};
        at += 4;
        if (at == 32) { /* back to the start */
            b->ops[b->nops++] = (struct bp_ir_op){.op = BP_IR_GOTO, .imm = 0};
            return BP_OK;
        }
    }
    b->ops[b->nops++] = (struct bp_ir_op){.op = BP_IR_GOTO, .imm = at};
    return BP_OK;
}

static int32_t tiny_walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                         struct bp_walk *out)
{
    out->pa = va;
    out->log2_size = 12;
    out->prot = BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH;
    return 0;
}

static void tiny_fault(void *state, const struct bp_fault *fault)
{
    ((struct tiny *)state)->pc = TH_RAM_BASE;
}

static int32_t tiny_poll(void *state)
{
    return BP_CPU_RUN;
}

static const struct bp_cpu_reg tiny_regs[] = {
    {.name = "r0", .bits = 64, .offset = offsetof(struct tiny, r0), .flags = BP_CPU_REG_IR},
    {.name = "pc", .bits = 64, .offset = offsetof(struct tiny, pc), .flags = BP_CPU_REG_PC},
};

static const struct bp_cpu_class tiny_class = {
    .size = sizeof tiny_class,
    .name = "tiny",
    .doc = "One instruction.",
    .state_size = sizeof(struct tiny),
    .state_align = _Alignof(struct tiny),
    .regs = BP_ARRAY(tiny_regs),
    .ir_major = BP_IR_MAJOR,
    .xlen = 64,
    .ncontexts = 1,
    .insn_align = 4,
    .mode_offset = offsetof(struct tiny, mode),
    .pc_offset = offsetof(struct tiny, pc),
    .fflags_offset = offsetof(struct tiny, fflags),
    .fetch_context_offset = offsetof(struct tiny, fetch_context),
    .init = tiny_init,
    .finish = tiny_finish,
    .reset = tiny_reset,
    .set_boot = tiny_boot,
    .translate = tiny_translate,
    .walk = tiny_walk,
    .fault = tiny_fault,
    .poll = tiny_poll,
};

/* --- the host ------------------------------------------------------------------------ */

struct accel {
    struct shell shell;
    const struct bp_accel_class *cls;
    struct bp_vcpu *vcpu;
    struct tiny *state;
    uint32_t hits;
    bool ready;
};

static void resolve(void *host, uint64_t pa, struct bp_phys *out)
{
    const struct accel *a = host;

    if (th_ram_after(a->shell.t, pa))
        *out = (struct bp_phys){TH_RAM_BASE, TH_RAM_BYTES, a->shell.t->ram, BP_PHYS_WRITABLE, 0};
    else
        *out = (struct bp_phys){pa & ~(uint64_t)4095, 4096, NULL, 0, 0};
}

static int32_t read_at(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                       uint64_t *value)
{
    const struct accel *a = host;

    *value = 0;
    if (th_ram_after(a->shell.t, pa) < width)
        return BP_E_DECODE;
    memcpy(value, th_ram(a->shell.t, pa), width);
    return BP_OK;
}

static int32_t write_at(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                        uint64_t value)
{
    const struct accel *a = host;

    if (th_ram_after(a->shell.t, pa) < width)
        return BP_E_DECODE;
    memcpy(th_ram(a->shell.t, pa), &value, width);
    return BP_OK;
}

static int32_t ram(void *host, uint32_t i, struct bp_phys *out)
{
    if (i)
        return BP_E_NOENT;
    resolve(host, TH_RAM_BASE, out);
    return BP_OK;
}

static void debug_hit(void *host, uint32_t vcpu, uint64_t pc)
{
    ((struct accel *)host)->hits++;
}

static uint64_t now(void *host)
{
    return 0;
}

static void wake(void *host, uint32_t vcpu)
{
}

static const struct bp_accel_host host_api = {
    .size = sizeof host_api,
    .resolve = resolve,
    .read = read_at,
    .write = write_at,
    .ram = ram,
    .debug_hit = debug_hit,
    .now = now,
    .wake = wake,
};

static const char *iface(uint32_t i)
{
    static const char *const ids[] = {BP_TRACE_ID, BP_ERROR_ID, NULL};

    return ids[i];
}

static const void *get(const struct bp_core *core, const char *id)
{
    const struct th *t = (const struct th *)core;

    return t->without && !strcmp(t->without, id) ? NULL : th_core_get(core, id);
}

static struct being *make(struct kit *kit)
{
    struct accel *a = calloc(1, sizeof *a);
    char why[200] = "";

    if (!a)
        return NULL;
    a->cls = kit->accel;
    if (!shell_open(&a->shell, kit, get))
        goto fail;
    kit_doing(kit, "probe()");
    if (a->cls->probe && a->cls->probe(&a->shell.t->core, why, sizeof why) < 0) {
        kit_skip(kit, "cannot run on this host: %s", why);
        goto fail;
    }
    return (struct being *)a;
fail:
    shell_close(&a->shell);
    free(a);
    return NULL;
}

static int32_t init(struct being *being)
{
    struct accel *a = (struct accel *)being;
    struct th *t = a->shell.t;
    int32_t status = shell_furnish(&a->shell);

    if (status)
        return status;
    kit_doing(a->shell.kit, "init()");
    status = a->cls->init(t->self, &t->dev, &t->core, &host_api, a);
    if (!status_known(status))
        kit_watch(a->shell.kit, "status", NULL, "init() returned %" PRId32, status);
    if (status)
        return status;
    a->ready = true;
    kit_doing(a->shell.kit, "vcpu_create()");
    status = a->cls->vcpu_create(t->self, 0, &tiny_class, &a->vcpu, (void **)&a->state);
    if (!status_known(status))
        kit_watch(a->shell.kit, "status", NULL, "vcpu_create() returned %" PRId32, status);
    if (status)
        a->vcpu = NULL;
    return status;
}

static void end(struct being *being)
{
    struct accel *a = (struct accel *)being;

    kit_doing(a->shell.kit, "vcpu_destroy()");
    if (a->vcpu)
        a->cls->vcpu_destroy(a->vcpu);
    kit_doing(a->shell.kit, "finish()");
    if (a->cls->finish)
        a->cls->finish(a->shell.t->self);
    shell_close(&a->shell);
    free(a);
}

static int32_t run(struct accel *a, const char *what)
{
    int32_t result;

    kit_doing(a->shell.kit, "run() %s", what);
    result = a->cls->run(a->vcpu);
    if (result < BP_RUN_KICKED || result > BP_RUN_FAILED)
        kit_watch(a->shell.kit, "status", NULL, "run() returned %" PRId32, result);
    return result;
}

/* Exactly n instructions, then BP_RUN_DEBUG. */
static void step(struct accel *a, uint64_t n)
{
    uint64_t before = a->state->r0;
    int32_t result, status = a->cls->step ? a->cls->step(a->vcpu, n) : BP_E_UNSUPPORTED;

    if (status)
        return;
    do
        result = run(a, "after step()");
    while (result == BP_RUN_KICKED);
    if (result != BP_RUN_DEBUG || a->state->r0 - before != n)
        kit_watch(a->shell.kit, "vcpu", NULL,
                  "after step(%" PRIu64 "), run() returned %" PRId32 " and %" PRIu64
                  " instructions were executed",
                  n, result, a->state->r0 - before);
    a->cls->step(a->vcpu, 0);
}

/* An accelerator need not keep spaces apart. */
static void enter_spaces(struct accel *a, const struct bp_vcpu_api *api, struct random *random)
{
    uint64_t va = random_value(random);

    if (!BP_HAS(api, flush_space) || !api->enter_space || !api->flush_space)
        return;
    kit_doing(a->shell.kit, "enter_space(), flush_space() of the vCPU");
    for (uint32_t i = 0; i < 3; i++) {
        api->enter_space(a->vcpu, 1, random_below(random, 40));
        api->flush_space(a->vcpu, 1, random_below(random, 40), i ? &va : NULL);
    }
}

static void work(struct being *being, struct random *random, uint32_t steps)
{
    struct accel *a = (struct accel *)being;
    const struct bp_vcpu_api *api = a->cls->vcpu_api(a->shell.t->self);
    int32_t result;

    if (!api || !BP_HAS(api, drop_reservation)) {
        kit_watch(a->shell.kit, "vcpu", NULL, "vcpu_api() returned nothing, or a struct too small");
        return;
    }
    tiny_reset(a->state, BP_RESET_COLD);
    tiny_init(a->state, a->vcpu, api, &a->shell.t->dev, &a->shell.t->core);
    for (uint32_t i = 0; i < steps && i < STEPS_MOST; i++) {
        switch (random_below(random, 4)) {
        case 0:
            step(a, 1 + random_below(random, 100));
            break;
        case 1:
            a->cls->stop(a->vcpu); /* sticky: it is not running */
            result = run(a, "after stop()");
            if (result > BP_RUN_KICKED && result <= BP_RUN_FAILED)
                kit_watch(a->shell.kit, "vcpu", NULL, "run() after stop() is not BP_RUN_KICKED");
            break;
        case 2:
            kit_doing(a->shell.kit, "ram_written(), map_changed()");
            a->cls->ram_written(a->shell.t->self, TH_RAM_BASE + random_below(random, 64), 8);
            a->cls->map_changed(a->shell.t->self, TH_RAM_BASE, TH_RAM_BYTES);
            break;
        default:
            kit_doing(a->shell.kit, "flush_tlb(), flush_page(), flush_code() of the vCPU");
            api->flush_tlb(a->vcpu, ~0u);
            api->flush_page(a->vcpu, random_value(random));
            api->flush_code(a->vcpu);
            enter_spaces(a, api, random);
        }
    }
}

static void without(struct being *being, const char *id)
{
    ((struct accel *)being)->shell.t->without = id;
}

static const char *error(const struct being *being)
{
    return ((const struct accel *)being)->shell.t->error;
}

const struct being_kind accel_being = {KIND_ACCEL, make, init, work, end, without, iface, error};

/* --- level 3 ------------------------------------------------------------------------- */

static void check_counters(struct accel *a)
{
    struct bp_accel_counter counter;
    uint32_t i = 0;

    kit_doing(a->shell.kit, "counter()");
    while (a->cls->counter && i <= COUNTERS_MOST) {
        counter = (struct bp_accel_counter){0};
        if (a->cls->counter(a->shell.t->self, i, &counter))
            break;
        if (!counter.name || !counter.doc)
            kit_fail(a->shell.kit, "counter %u has no name or no doc", i);
        i++;
    }
    if (i > COUNTERS_MOST)
        kit_fail(a->shell.kit, "counter() never says BP_E_NOENT");
}

void check_vcpu(struct kit *kit)
{
    struct random random = random_of(kit, 17);
    struct accel *a = (struct accel *)make(kit);

    if (!a)
        return;
    if (!init((struct being *)a)) {
        for (uint32_t i = 0; i < 10 && !kit_failed(kit); i++)
            work((struct being *)a, &random, STEPS_MOST);
        check_counters(a);
    }
    end((struct being *)a);
}
