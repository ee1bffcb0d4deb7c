/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_fake.h - a hart without a machine: 1 MiB of flat memory at FAKE_BASE, an accelerator that
 * counts what it is asked for, and a clock the test turns by hand.
 */
#ifndef RISCV_FAKE_H
#define RISCV_FAKE_H

#include <backplane/plugin.h>
#include <backplane/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

#define FAKE_BASE  UINT64_C(0x80000000)
#define FAKE_BYTES 0x100000u

struct fake {
    uint8_t memory[FAKE_BYTES];
    uint32_t kicks, flushes, flushed_contexts, page_flushes, code_flushes;
    uint64_t flushed_va, retired, time, armed;
    uint32_t enters, space_flushes, space_contexts;
    uint64_t entered, flushed_space; /* the last ones; flushed_va: ~0 for all */
    uint32_t cas_fails, locked, debugger;
    char error[128];
};

static struct fake fake;

static void fake_flush_tlb(struct bp_vcpu *vcpu, uint32_t contexts)
{
    fake.flushes++;
    fake.flushed_contexts |= contexts;
}

static void fake_flush_page(struct bp_vcpu *vcpu, uint64_t va)
{
    fake.page_flushes++;
    fake.flushed_va = va;
}

static void fake_flush_code(struct bp_vcpu *vcpu)
{
    fake.code_flushes++;
}

static uint64_t fake_retired(struct bp_vcpu *vcpu)
{
    return fake.retired;
}

static bool fake_has(uint64_t pa, uint32_t width)
{
    return pa >= FAKE_BASE && pa - FAKE_BASE <= FAKE_BYTES - width;
}

static int32_t fake_load(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t *value)
{
    if (!fake_has(pa, width))
        return BP_E_DECODE;
    *value = 0;
    memcpy(value, fake.memory + (pa - FAKE_BASE), width);
    return BP_OK;
}

static int32_t fake_store(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t value)
{
    if (!fake_has(pa, width))
        return BP_E_DECODE;
    memcpy(fake.memory + (pa - FAKE_BASE), &value, width);
    return BP_OK;
}

static int32_t fake_cas(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t expected,
                        uint64_t desired)
{
    uint64_t old;

    if (fake_load(vcpu, pa, width, &old) != BP_OK)
        return BP_E_DECODE;
    if (fake.cas_fails) {
        fake.cas_fails--;
        return 0;
    }
    if (old != expected)
        return 0;
    fake_store(vcpu, pa, width, desired);
    return 1;
}

static void fake_kick(struct bp_vcpu *vcpu)
{
    fake.kicks++;
}

static int32_t fake_debug_break(struct bp_vcpu *vcpu)
{
    return fake.debugger ? BP_OK : BP_E_UNSUPPORTED;
}

static void fake_enter_space(struct bp_vcpu *vcpu, uint32_t contexts, uint64_t space)
{
    fake.enters++;
    fake.space_contexts |= contexts;
    fake.entered = space;
}

static void fake_flush_space(struct bp_vcpu *vcpu, uint32_t contexts, uint64_t space,
                             const uint64_t *va)
{
    fake.space_flushes++;
    fake.space_contexts |= contexts;
    fake.flushed_space = space;
    fake.flushed_va = va ? *va : UINT64_MAX;
}

static const struct bp_vcpu_api fake_api = {
    .size = sizeof(fake_api),
    .flush_tlb = fake_flush_tlb,
    .flush_page = fake_flush_page,
    .flush_code = fake_flush_code,
    .retired = fake_retired,
    .load = fake_load,
    .store = fake_store,
    .cas = fake_cas,
    .kick = fake_kick,
    .debug_break = fake_debug_break,
    .enter_space = fake_enter_space,
    .flush_space = fake_flush_space,
};

static uint64_t fake_counter_read(void *self)
{
    return fake.time;
}

static uint64_t fake_counter_hz(void *self)
{
    return 10000000;
}

static uint64_t fake_counter_when(void *self, uint64_t value)
{
    return value >= UINT64_MAX / 100 ? UINT64_MAX : value * 100;
}

static int32_t fake_counter_watch(void *self, void (*fn)(void *ctx), void *ctx)
{
    return BP_OK;
}

static const struct bp_counter_iface fake_counter = {
    sizeof(fake_counter), 0, fake_counter_read, fake_counter_hz, fake_counter_when,
    fake_counter_watch,
};

static uint64_t fake_now(struct bp_dev *dev, uint32_t clock)
{
    return fake.time * 100;
}

static struct bp_timer *fake_timer_create(struct bp_dev *dev, const char *name,
                                          void (*fn)(void *self))
{
    return (struct bp_timer *)&fake;
}

static void fake_timer_arm(struct bp_timer *timer, uint64_t deadline)
{
    fake.armed = deadline;
}

static void fake_timer_cancel(struct bp_timer *timer)
{
    fake.armed = UINT64_MAX;
}

static const struct bp_timer_api fake_timers = {
    sizeof(fake_timers), 0, fake_now, fake_timer_create, fake_timer_arm, fake_timer_cancel,
};

static void fake_lock(struct bp_dev *dev)
{
    fake.locked++;
}

static void fake_unlock(struct bp_dev *dev)
{
    fake.locked--;
}

static const struct bp_vcpu_host fake_host = {sizeof(fake_host), 0, fake_lock, fake_unlock};

static void fake_error(struct bp_dev *dev, const char *property, const char *text)
{
    snprintf(fake.error, sizeof(fake.error), "%s: %s", property ? property : "-", text);
}

static const struct bp_error_api fake_errors = {sizeof(fake_errors), 0, fake_error};

static const void *fake_get(const struct bp_core *core, const char *id)
{
    static const struct {
        const char *id;
        const void *api;
    } offers[] = {
        {BP_TIMER_ID, &fake_timers}, {BP_VCPU_HOST_ID, &fake_host}, {BP_ERROR_ID, &fake_errors}};

    for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++)
        if (!strcmp(id, offers[i].id))
            return offers[i].api;
    return NULL;
}

static const struct bp_core fake_core = {sizeof(fake_core), 0, "0.1.0", fake_get};

static inline const struct bp_cpu_class *fake_class(const char *name)
{
    const struct bp_cpu_factory *factory = bp_plugin_query_v1()->get_factory(BP_FACTORY_CPUS);

    for (const struct bp_cpu_class *const *c = factory->classes; *c; c++)
        if (!strcmp((*c)->name, name))
            return *c;
    return NULL;
}

/* A hart with the class's defaults and all of `ext_off` (bit set of EXT_*) switched off, after
 * reset; NULL if init() refuses. Freed with free(). */
static inline struct hart *fake_hart(const char *type, uint32_t ext_off)
{
    const struct bp_cpu_class *cls = fake_class(type);
    struct hart *h = aligned_alloc(cls->state_align, cls->state_size);

    memset(&fake, 0, sizeof(fake));
    memset(h, 0, cls->state_size);
    for (uint32_t i = 0; i < cls->nprops; i++)
        if (cls->props[i].type == BP_PROP_BOOL)
            *((uint8_t *)h + cls->props[i].offset) = !strcmp(cls->props[i].def, "true");
    for (uint32_t i = 0; i < EXT_COUNT; i++)
        if (ext_off >> i & 1)
            h->ext_on[i] = 0;
    h->mmu = cls->xlen == 32 ? 1 : 3;
    h->pmp_regions = 16;
    h->reset_vector = FAKE_BASE;
    h->time = (struct bp_ref){.self = &fake, .iface = &fake_counter, .path = "clock"};
    if (cls->init(h, NULL, &fake_api, NULL, &fake_core) != BP_OK) {
        free(h);
        return NULL;
    }
    cls->reset(h, BP_RESET_COLD);
    return h;
}

/* Runs one CSR instruction; true unless it trapped (then mcause tells). */
static inline bool fake_csr(struct hart *h, uint32_t number, uint32_t kind, uint32_t rd,
                            uint32_t rs1, uint64_t source)
{
    uint64_t pc = h->pc;
    uint64_t result = riscv_csr(h, number << 20 | rs1 << 15 | kind << 12 | rd << 7 | 0x73, source);

    return !result || h->pc == pc + 4;
}

static inline bool fake_write(struct hart *h, uint32_t number, uint64_t value)
{
    return fake_csr(h, number, 1, 0, 5, value);
}

static inline uint64_t fake_read(struct hart *h, uint32_t number)
{
    h->x[6] = 0xbad;
    fake_csr(h, number, 2, 6, 0, 0);
    return h->x[6];
}

/* Sets the privilege as MRET would. */
static inline void fake_priv(struct hart *h, uint32_t priv)
{
    h->priv = priv;
    riscv_update_mode(h);
}

#endif
