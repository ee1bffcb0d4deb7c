/* SPDX-License-Identifier: Apache-2.0
 *
 * hash.c - the hash of a run. Each word is mixed by a step that can be undone, so that two states
 * which differ once stay different as long as the same words follow.
 */
#include "core/trace/hash.h"

#include <string.h>

#include "core/machine/dev.h"

enum event { ACCESS = 1, LINE, TIMER, OUTPUT, REQUEST, QUANTUM, END };

static void mix(struct hash *h, uint64_t word)
{
    h->value = (h->value ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    h->value ^= h->value >> 29;
}

static void begin(struct machine *m, enum event event, uint64_t who)
{
    mix(&m->hash, (uint64_t)event << 32 | who);
    mix(&m->hash, schedule_slots(m));
}

/* A device's place in the machine: names and addresses of the host are no part of a run. */
static uint64_t number(const struct bp_dev *dev)
{
    return dev->node ? dev->node->index : UINT32_MAX;
}

void hash_start(struct machine *m)
{
    m->hash.on = true;
    m->hash.value = UINT64_C(0x243f6a8885a308d3);
}

void hash_access(struct machine *m, uint32_t initiator, uint64_t pa, uint32_t width, uint64_t value,
                 int32_t status, bool write)
{
    if (!m->hash.on)
        return;
    begin(m, ACCESS, initiator);
    mix(&m->hash, pa);
    mix(&m->hash, value);
    mix(&m->hash, (uint64_t)(uint32_t)status << 32 | width << 1 | write);
}

void hash_line(struct bp_dev *dev, uint32_t port, uint32_t index, uint32_t level)
{
    struct machine *m = dev->machine;

    if (!m->hash.on)
        return;
    begin(m, LINE, number(dev));
    mix(&m->hash, (uint64_t)port << 32 | index << 1 | (level != 0));
}

void hash_timer(struct bp_dev *dev, uint64_t deadline)
{
    if (!dev->machine->hash.on)
        return;
    begin(dev->machine, TIMER, number(dev));
    mix(&dev->machine->hash, deadline);
}

void hash_output(struct bp_dev *dev, const void *data, size_t bytes)
{
    struct hash *h = &dev->machine->hash;
    const uint8_t *at = data;

    if (!h->on)
        return;
    begin(dev->machine, OUTPUT, number(dev));
    mix(h, bytes);
    for (size_t i = 0; i < bytes; i++)
        mix(h, at[i]);
}

void hash_request(struct bp_dev *dev, uint32_t op, uint64_t offset, uint64_t bytes)
{
    struct hash *h = &dev->machine->hash;

    if (!h->on)
        return;
    begin(dev->machine, REQUEST, number(dev));
    mix(h, op);
    mix(h, offset);
    mix(h, bytes);
}

/* --- registers -------------------------------------------------------------------------------- */

static const struct bp_cpu_reg *reg_at(const struct bp_cpu_class *cls, uint32_t i)
{
    return (const void *)((const char *)cls->regs + (size_t)i * cls->reg_stride);
}

static uint64_t slot(const struct vcpu *v, const struct bp_cpu_reg *reg)
{
    uint64_t value;

    memcpy(&value, (const char *)v->dev->instance + reg->offset, sizeof(value));
    return reg->bits == 32 ? (uint32_t)value : value;
}

void hash_vcpu(struct machine *m, const struct vcpu *v)
{
    const struct bp_cpu_class *cls = v->dev->type->cpu;

    if (!m->hash.on)
        return;
    begin(m, QUANTUM, v->index);
    for (uint32_t i = 0; i < cls->nregs; i++)
        if (reg_at(cls, i)->flags & (BP_CPU_REG_IR | BP_CPU_REG_PC))
            mix(&m->hash, slot(v, reg_at(cls, i)));
}

uint64_t hash_register(const struct vcpu *v, uint32_t i)
{
    const struct bp_cpu_class *cls = v->dev->type->cpu;
    uint64_t value = 0;

    if (!BP_HAS(cls, reg_read) || !cls->reg_read)
        return slot(v, reg_at(cls, i));
    return cls->reg_read(v->dev->instance, i, &value) == BP_OK ? value : 0;
}

uint64_t hash_finish(struct machine *m)
{
    for (uint32_t i = 0; i < m->nvcpus; i++) {
        const struct vcpu *v = &m->vcpus[i];

        begin(m, END, v->index);
        for (uint32_t r = 0; r < v->dev->type->cpu->nregs; r++)
            mix(&m->hash, hash_register(v, r));
    }
    return m->hash.value;
}
