/* SPDX-License-Identifier: Apache-2.0
 *
 * lockstep_pair.c - what two machines have in common, and the report of what they have not.
 */
#include <inttypes.h>
#include <string.h>

#include "core/machine/lockstep_pair.h"

#define BEFORE   72 /* instructions listed: more than the longest block has */
#define SHOWN    24 /* differences of registers and memory shown */
#define INSN_MAX 16 /* bytes of an instruction */

uint64_t pair_slots(const struct pair *p)
{
    uint64_t a = schedule_slots(p->of[0]), b = schedule_slots(p->of[1]);

    return a > b ? a : b;
}

bool pair_same_cpus(const struct pair *p)
{
    const struct machine *a = p->of[0], *b = p->of[1];

    if (schedule_slots(a) != schedule_slots(b) || a->hash.value != b->hash.value ||
        atomic_load(&a->request) != atomic_load(&b->request) ||
        atomic_load(&a->power_code) != atomic_load(&b->power_code))
        return false;
    for (uint32_t i = 0; i < a->nvcpus; i++)
        for (uint32_t r = 0; r < a->vcpus[i].dev->type->cpu->nregs; r++)
            if (hash_register(&a->vcpus[i], r) != hash_register(&b->vcpus[i], r))
                return false;
    return true;
}

/* Regions of memory, in the same order in both. NULL: no more of them, or none for now. */
static const struct bus_region *memory_of(const struct machine *m, uint32_t i)
{
    const struct bus_region *region = m->bus.placed[i];

    return region->ram && region->bytes ? region : NULL;
}

bool pair_same_ram(const struct pair *p)
{
    for (uint32_t i = 0; i < p->of[0]->bus.nplaced; i++) {
        const struct bus_region *a = memory_of(p->of[0], i), *b = memory_of(p->of[1], i);

        if (a && b && memcmp(a->ram, b->ram, a->bytes))
            return false;
    }
    return true;
}

/* --- the report ------------------------------------------------------------------------------------------- */

static const char *name_of(const struct pair *p, int i)
{
    return p->of[i]->accel->name;
}

/* The instruction at pc as the CPU writes it, or why there is none to see. */
static void disassemble(struct vcpu *v, uint64_t pc, char *text, uint32_t room)
{
    struct machine *m = v->dev->machine;
    const struct bp_cpu_class *cls = v->dev->type->cpu;
    uint8_t code[INSN_MAX];
    uint32_t context, got = 0;

    memcpy(&context, (const char *)v->dev->instance + cls->fetch_context_offset, sizeof(context));
    for (; got < sizeof(code); got += 2) {
        struct bp_walk walk = {.bytes = 2};

        if (cls->walk(v->dev->instance, pc + got, BP_MEM_FETCH, context, 1, &walk) ||
            machine_mem_read(m, walk.pa, code + got, 2) != BP_OK)
            break;
    }
    if (!got)
        snprintf(text, room, "(no memory to execute)");
    else if (!cls->disasm || cls->disasm(v->dev->instance, pc, code, got, text, room) < 0)
        snprintf(text, room, "(not known: %02x%02x)", code[1], code[0]);
}

/* Steps the machine to `slot` and lists what it executes. */
static void list_instructions(struct machine *m, uint64_t slot, FILE *out)
{
    char text[128];

    while (!machine_over(m) && schedule_slots(m) < slot) {
        uint64_t at = schedule_slots(m), pc[64];
        uint32_t n = m->nvcpus < 64 ? m->nvcpus : 64;
        struct vcpu *v;

        for (uint32_t i = 0; i < n; i++)
            memcpy(&pc[i],
                   (char *)m->vcpus[i].dev->instance + m->vcpus[i].dev->type->cpu->pc_offset, 8);
        m->schedule.last = UINT32_MAX;
        machine_advance(m, at + 1);
        if (m->schedule.last >= n)
            continue;
        v = &m->vcpus[m->schedule.last];
        disassemble(v, pc[v->index], text, sizeof(text));
        fprintf(out, "  %s %016" PRIx64 "  %s\n", v->dev->name, pc[v->index], text);
    }
}

static uint32_t list_registers(const struct pair *p, uint32_t room, FILE *out)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < p->of[0]->nvcpus; i++) {
        const struct vcpu *a = &p->of[0]->vcpus[i], *b = &p->of[1]->vcpus[i];
        const struct bp_cpu_class *cls = a->dev->type->cpu;

        for (uint32_t r = 0; r < cls->nregs && shown < room; r++) {
            const struct bp_cpu_reg *row =
                (const void *)((const char *)cls->regs + (size_t)r * cls->reg_stride);
            uint64_t x = hash_register(a, r), y = hash_register(b, r);

            if (x == y)
                continue;
            fprintf(out, "  %s.%s: %s %#" PRIx64 ", %s %#" PRIx64 "\n", a->dev->name,
                    row->alias ? row->alias : row->name, name_of(p, 0), x, name_of(p, 1), y);
            shown++;
        }
    }
    return shown;
}

static uint32_t list_memory(const struct pair *p, uint32_t room, FILE *out)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < p->of[0]->bus.nplaced; i++) {
        const struct bus_region *a = memory_of(p->of[0], i), *b = memory_of(p->of[1], i);

        for (uint64_t at = 0; a && b && at + 8 <= a->bytes && shown < room; at += 8) {
            uint64_t x, y;

            memcpy(&x, a->ram + at, 8);
            memcpy(&y, b->ram + at, 8);
            if (x == y)
                continue;
            fprintf(out, "  %s %#" PRIx64 ": %s %#" PRIx64 ", %s %#" PRIx64 "\n", a->dev->name,
                    a->base + at, name_of(p, 0), x, name_of(p, 1), y);
            shown++;
        }
    }
    return shown;
}

void pair_report(const struct lockstep *l, uint64_t slot)
{
    uint32_t shown;
    struct pair p;
    uint64_t ns;

    if (!pair_open(&p, l, MACHINE_QUIET))
        return;
    machine_advance(p.of[0], slot > BEFORE ? slot - BEFORE : 0);
    fprintf(l->out,
            "lockstep: %s and %s differ behind instruction %" PRIu64
            ", the last of these; the block that makes the difference begins among them:\n",
            name_of(&p, 0), name_of(&p, 1), slot);
    list_instructions(p.of[0], slot, l->out);
    machine_advance(p.of[1], slot);
    ns = vtime_now(&p.of[0]->time);
    fprintf(l->out, "lockstep: at %" PRIu64 ".%09" PRIu64 " s of guest time:\n", ns / 1000000000u,
            ns % 1000000000u);
    shown = list_registers(&p, SHOWN, l->out);
    shown += list_memory(&p, SHOWN - shown, l->out);
    if (schedule_slots(p.of[0]) != schedule_slots(p.of[1]))
        fprintf(l->out, "  instructions: %s %" PRIu64 ", %s %" PRIu64 "\n", name_of(&p, 0),
                schedule_slots(p.of[0]), name_of(&p, 1), schedule_slots(p.of[1]));
    else if (!shown)
        fputs(
            "  registers and memory are the same: accesses to devices differ, output, the end, or something that "
            "is overwritten soon\n",
            l->out);
    pair_close(&p);
}
