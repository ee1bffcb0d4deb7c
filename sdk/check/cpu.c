/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.c - CPU classes: their tables, life without an accelerator, translation of any code, walks.
 */
#include "cpu.h"

#include <inttypes.h>

#include "guard.h"
#include "rows.h"
#include "where.h"

#define ROUNDS 400u

/* --- level 1 ------------------------------------------------------------------------- */

static void check_regs(struct kit *kit, const struct any *any, const struct array *regs)
{
    bool ir_over = false, pc = false;

    for (uint32_t i = 0; i < regs->count; i++) {
        const struct bp_cpu_reg *row = any_row(regs, i);

        if (!row->name || !*row->name) {
            kit_fail(kit, "regs: row %u has no name", i);
            continue;
        }
        if (row->bits != 32 && row->bits != 64)
            kit_fail(kit, "register %s: has %u bits; 32 or 64 can be", row->name, row->bits);
        if (row->group > BP_REGS_SYSTEM)
            kit_fail(kit, "register %s: group %u is not known", row->name, row->group);
        offset_holds(kit, any, row->offset, 8, 8, "register", row->name);
        if ((row->flags & BP_CPU_REG_IR) && ir_over)
            kit_fail(kit, "register %s: is an IR operand behind one that is none", row->name);
        ir_over = ir_over || !(row->flags & BP_CPU_REG_IR);
        pc = pc || (row->flags & BP_CPU_REG_PC);
        for (uint32_t k = 0; k < i; k++) {
            const struct bp_cpu_reg *other = any_row(regs, k);

            if (other->name && !strcmp(other->name, row->name))
                kit_fail(kit, "regs: two rows have the name %s", row->name);
            if (row->gdb >= 0 && other->gdb == row->gdb)
                kit_fail(kit, "registers %s and %s have the GDB number %d", other->name, row->name,
                         (int)row->gdb);
        }
    }
    if (!pc)
        kit_fail(kit, "no register has the flag BP_CPU_REG_PC");
}

void check_cpu_rows(struct kit *kit)
{
    const struct bp_cpu_class *c = kit->cpu;
    struct array helpers = {"helpers", c->helpers, c->nhelpers, c->helper_stride,
                            sizeof(struct bp_cpu_helper)};
    struct any any;

    any_class(kit, &any);
    if (array_holds(kit, &any.arrays[ARRAY_OTHER]))
        check_regs(kit, &any, &any.arrays[ARRAY_OTHER]);
    for (uint32_t i = 0; array_holds(i ? NULL : kit, &helpers) && i < helpers.count; i++) {
        const struct bp_cpu_helper *row = any_row(&helpers, i);

        if (!row->name || !row->fn || row->flags > BP_HELPER_CONTROL)
            kit_fail(kit, "helpers: row %u has no name, no function or unknown flags", i);
    }
    offset_holds(kit, &any, c->mode_offset, 4, 4, "word", "mode_offset");
    offset_holds(kit, &any, c->pc_offset, 8, 8, "word", "pc_offset");
    offset_holds(kit, &any, c->fflags_offset, 8, 8, "word", "fflags_offset");
    offset_holds(kit, &any, c->fetch_context_offset, 4, 4, "word", "fetch_context_offset");
    if (c->ir_major > BP_IR_MAJOR)
        kit_fail(kit, "emits IR major %" PRIu32 "; this SDK knows up to %d", c->ir_major,
                 BP_IR_MAJOR);
    if (!c->ncontexts || c->ncontexts > 16 || (c->xlen != 32 && c->xlen != 64) ||
        (c->insn_align != 1 && c->insn_align != 2 && c->insn_align != 4))
        kit_fail(kit,
                 "ncontexts %" PRIu32 ", xlen %" PRIu32 " or insn_align %" PRIu32
                 " is out of its range",
                 c->ncontexts, c->xlen, c->insn_align);
}

/* --- a vCPU without an accelerator --------------------------------------------------- */

struct bp_vcpu {
    struct cpu *cpu;
};

struct cpu {
    struct shell shell;
    struct bp_vcpu vcpu;
    const struct bp_cpu_class *cls;
    uint32_t spaced; /* contexts of spaces */
};

static void flush_tlb(struct bp_vcpu *vcpu, uint32_t contexts)
{
}

static void flush_page(struct bp_vcpu *vcpu, uint64_t va)
{
}

static void flush_code(struct bp_vcpu *vcpu)
{
}

static uint64_t retired(struct bp_vcpu *vcpu)
{
    return 0;
}

static void *ram_at(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width)
{
    const struct th *t = vcpu->cpu->shell.t;

    if (width != 1 && width != 2 && width != 4 && width != 8)
        kit_watch(kit_here(), "contract", where_caller(), "an access of %" PRIu32 " bytes", width);
    else if (pa % width)
        kit_watch(kit_here(), "contract", where_caller(),
                  "an access to %#" PRIx64 ", which is not a multiple of its %" PRIu32 " bytes", pa,
                  width);
    else
        return th_ram_after(t, pa) >= width ? th_ram(t, pa) : NULL;
    return NULL;
}

static int32_t load(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t *value)
{
    const void *at = ram_at(vcpu, pa, width);

    *value = 0;
    if (!at)
        return BP_E_DECODE;
    memcpy(value, at, width);
    return BP_OK;
}

static int32_t store(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t value)
{
    void *at = ram_at(vcpu, pa, width);

    if (!at)
        return BP_E_DECODE;
    memcpy(at, &value, width);
    return BP_OK;
}

static int32_t cas(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t expected,
                   uint64_t desired)
{
    uint64_t old;
    int32_t status = load(vcpu, pa, width, &old);

    if (status)
        return status;
    return old == expected ? store(vcpu, pa, width, desired) + 1 : 0;
}

static void kick(struct bp_vcpu *vcpu)
{
}

static int32_t debug_break(struct bp_vcpu *vcpu)
{
    return BP_E_UNSUPPORTED;
}

static void drop_reservation(struct bp_vcpu *vcpu)
{
}

static void spaces(struct bp_vcpu *vcpu, uint32_t contexts)
{
    struct cpu *cpu = vcpu->cpu;

    if (!contexts || (cpu->spaced && cpu->spaced != contexts))
        kit_watch(kit_here(), "contract", where_caller(),
                  "spaces for contexts %#" PRIx32 ", and for %#" PRIx32 " before", contexts,
                  cpu->spaced);
    cpu->spaced = contexts;
}

static void enter_space(struct bp_vcpu *vcpu, uint32_t contexts, uint64_t space)
{
    spaces(vcpu, contexts);
}

static void flush_space(struct bp_vcpu *vcpu, uint32_t contexts, uint64_t space, const uint64_t *va)
{
    spaces(vcpu, contexts);
}

static const struct bp_vcpu_api vcpu_api = {
    .size = sizeof vcpu_api,
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

static void lock(struct bp_dev *dev)
{
}

static const char *iface(uint32_t i)
{
    static const char *const ids[] = {BP_VCPU_HOST_ID, BP_TIMER_ID, BP_TRACE_ID, BP_ERROR_ID, NULL};

    return ids[i];
}

static const void *get(const struct bp_core *core, const char *id)
{
    static const struct bp_vcpu_host host = {sizeof host, 0, lock, lock};
    const struct th *t = (const struct th *)core;

    if (t->without && !strcmp(t->without, id))
        return NULL;
    return strcmp(id, BP_VCPU_HOST_ID) ? th_core_get(core, id) : &host;
}

static struct being *make(struct kit *kit)
{
    struct cpu *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->cls = kit->cpu;
    c->vcpu.cpu = c;
    if (shell_open(&c->shell, kit, get))
        return (struct being *)c;
    shell_close(&c->shell);
    free(c);
    return NULL;
}

static int32_t init(struct being *being)
{
    struct cpu *c = (struct cpu *)being;
    struct th *t = c->shell.t;
    int32_t status = shell_furnish(&c->shell);

    if (status)
        return status;
    kit_doing(c->shell.kit, "init()");
    status = c->cls->init(t->self, &c->vcpu, &vcpu_api, &t->dev, &t->core);
    if (!status_known(status))
        kit_watch(c->shell.kit, "status", NULL, "init() returned %" PRId32, status);
    return status;
}

static void end(struct being *being)
{
    struct cpu *c = (struct cpu *)being;

    kit_doing(c->shell.kit, "finish()");
    if (c->cls->finish)
        c->cls->finish(c->shell.t->self);
    shell_close(&c->shell);
    free(c);
}

static void restart(struct cpu *c)
{
    const struct bp_boot boot = {
        .size = sizeof boot, .entry = TH_RAM_BASE, .fdt = TH_RAM_BASE + 65536, .ncpus = 1};

    kit_doing(c->shell.kit, "reset()");
    c->cls->reset(c->shell.t->self, BP_RESET_COLD);
    kit_doing(c->shell.kit, "set_boot()");
    c->cls->set_boot(c->shell.t->self, 0, &boot);
}

static void step_lines(struct cpu *c, struct random *random)
{
    uint32_t port;
    const struct bp_port *row;

    if (!c->shell.cls.nports)
        return;
    port = (uint32_t)random_below(random, c->shell.cls.nports);
    row = th_port_row(c->shell.t, port);
    kit_doing(c->shell.kit, "on_line() of %s", row->name);
    if (row->dir == BP_DIR_IN && row->on_line)
        row->on_line(c->shell.t->self, 0, (uint32_t)random_below(random, 2));
}

static void step_fault(struct cpu *c, struct random *random)
{
    const struct bp_fault fault = {
        .size = sizeof fault,
        .type = 1 + (uint32_t)random_below(random, 2),
        .kind = (uint32_t)random_below(random, 4),
        .va = random_value(random),
    };

    kit_doing(c->shell.kit, "fault() of type %u, kind %u", fault.type, fault.kind);
    c->cls->fault(c->shell.t->self, &fault);
}

static void step_poll(struct cpu *c)
{
    int32_t result;

    kit_doing(c->shell.kit, "poll()");
    result = c->cls->poll(c->shell.t->self);
    if (result != BP_CPU_RUN && result != BP_CPU_WAIT)
        kit_watch(c->shell.kit, "status", NULL, "poll() returned %" PRId32, result);
}

static void work(struct being *being, struct random *random, uint32_t steps)
{
    struct cpu *c = (struct cpu *)being;

    restart(c);
    for (uint32_t i = 0; i < steps; i++) {
        switch (random_below(random, 4)) {
        case 0:
            step_lines(c, random);
            break;
        case 1:
            step_fault(c, random);
            break;
        case 2:
            step_poll(c);
            break;
        default:
            cpu_translate((struct being *)c, random);
        }
    }
}

static void without(struct being *being, const char *id)
{
    ((struct cpu *)being)->shell.t->without = id;
}

static const char *error(const struct being *being)
{
    return ((const struct cpu *)being)->shell.t->error;
}

const struct being_kind cpu_being = {KIND_CPU, make, init, work, end, without, iface, error};

const struct bp_cpu_class *cpu_class_of(const struct being *being)
{
    return ((const struct cpu *)being)->cls;
}

struct shell *cpu_shell_of(struct being *being)
{
    return &((struct cpu *)being)->shell;
}

struct being *cpu_started(struct kit *kit)
{
    struct being *being = make(kit);

    if (!being)
        return NULL;
    if (init(being)) {
        end(being);
        return NULL;
    }
    restart((struct cpu *)being);
    return being;
}

/* --- level 4: walks ------------------------------------------------------------------ */

static void check_one_walk(struct cpu *c, struct random *random, void *copy)
{
    uint32_t kind = (uint32_t)random_below(random, 4);
    uint32_t context = (uint32_t)random_below(random, c->cls->ncontexts);
    uint64_t va = random_value(random);
    struct bp_walk first = {0}, second = {0};
    int32_t a, b;

    memcpy(copy, c->shell.t->self, c->cls->state_size);
    kit_doing(c->shell.kit, "walk() of %#" PRIx64 ", kind %u, context %u, with debug", va, kind,
              context);
    a = c->cls->walk(c->shell.t->self, va, kind, context, 1, &first);
    b = c->cls->walk(c->shell.t->self, va, kind, context, 1, &second);
    if (memcmp(copy, c->shell.t->self, c->cls->state_size))
        kit_fail(c->shell.kit, "%s changes the state", c->shell.kit->shared->doing);
    else if (a != b || first.pa != second.pa || first.log2_size != second.log2_size ||
             first.prot != second.prot)
        kit_fail(c->shell.kit, "%s gives another result the second time",
                 c->shell.kit->shared->doing);
    else if (a < 0)
        kit_fail(c->shell.kit, "%s returns %" PRId32 "; 0 or a positive cause can be",
                 c->shell.kit->shared->doing, a);
    else if (!a && !(first.prot & (BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH)))
        kit_fail(c->shell.kit, "%s succeeds and allows nothing", c->shell.kit->shared->doing);
}

void check_walk(struct kit *kit)
{
    struct random random = random_of(kit, 21);
    struct cpu *c = (struct cpu *)cpu_started(kit);
    void *copy = c ? malloc(c->cls->state_size) : NULL;

    for (uint32_t i = 0; copy && i < ROUNDS && !kit_failed(kit); i++)
        check_one_walk(c, &random, copy);
    free(copy);
    if (c)
        end((struct being *)c);
}
