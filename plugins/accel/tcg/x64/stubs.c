/* SPDX-License-Identifier: Apache-2.0
 *
 * stubs.c - the code in front of all blocks: into translated code and out of it, calls of sites;
 * and what changes code that exists: links, dead entries.
 *
 * System V AMD64 ABI 1.0, 3.2: rbx, rbp, r12 to r15 are the caller's; rsp is a multiple of 16 at
 * calls. Inside translated code it is one.
 */
#include <cpuid.h>

#include "gen.h"

static const uint8_t kept[] = {RBX, RBP, R12, R13, R14, R15};

#define NSAVED (sizeof kept / sizeof *kept)

#define STUBS 4096 /* more than they need */

/* A function in C may change every xmm register, but seldom does: builds that look for mistakes clear them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WIPED 16
#else
#define WIPED 0
#endif

static int supports(uint32_t leaf, uint32_t reg, uint32_t bits)
{
    uint32_t r[4];

    return __get_cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3]) && (r[reg] & bits) == bits;
}

/* The x86-64-v3 level (System V AMD64 ABI, 3.1.1), as far as code here uses it. */
const char *host_refuses(void)
{
    if (!supports(1, 2, 1u << 12 | 1u << 23 | 1u << 28) || !supports(7, 1, 1u << 3 | 1u << 8) ||
        !supports(0x80000001u, 2, 1u << 5))
        return "this processor is older than x86-64-v3 (AVX, FMA, BMI, LZCNT, POPCNT): use interp";
    return NULL;
}

static const struct bp_cpu_reg *reg_at(const struct bp_cpu_class *cls, uint32_t i)
{
    return (const void *)((const char *)cls->regs + (size_t)i * cls->reg_stride);
}

static uint32_t registers(const struct bp_cpu_class *cls)
{
    uint32_t n = 0;

    while (n < cls->nregs && n < TCG_REGS && reg_at(cls, n)->flags & BP_CPU_REG_IR)
        n++;
    return n;
}

/* Without the class's word, the first general registers. */
static void choose_pins(const struct bp_vcpu *v, struct tcg_code *t)
{
    const struct bp_cpu_class *cls = v->cls;
    uint32_t n = registers(cls), nhot = BP_HAS(cls, nhot) ? cls->nhot : 0;
    uint32_t most = tcg_does(v)->pins ? PINS : 0;

    memset(t->host_of, NO_REG, sizeof t->host_of);
    for (uint32_t i = 0; i < n && tcg_does(v)->narrow; i++)
        t->narrow |= (uint64_t)(reg_at(cls, i)->bits == 32) << i;
    for (uint32_t i = 0; i < (nhot ? nhot : n) && t->npinned < most; i++) {
        uint32_t reg = nhot ? cls->hot[i] : i;
        if (reg >= n || t->host_of[reg] != NO_REG)
            continue;
        t->host_of[reg] = pins_host(t->npinned);
        t->guest_of[t->npinned++] = (uint8_t)reg;
    }
    /* Displacements of one byte reach 16 slots either way. */
    t->base = n ? v->reg_offsets[n > 16 ? 16 : n - 1] : 0;
}

static const void *make_enter(struct code *c, const struct bp_vcpu *v, const struct pins *pins)
{
    const void *at = asm_run(c);

    for (uint32_t i = 0; i < NSAVED; i++)
        asm_push(c, kept[i]);
    asm_alu_imm(c, ALU_SUB, 1, rm_reg(RSP), 8);
    asm_move(c, 1, RBP, RDI);
    asm_move(c, 1, RAX, RSI);
    pins_load(c, v, pins, NULL);
    asm_jmp_rm(c, rm_reg(RAX));
    return at;
}

static void make_leave(struct code *c, const struct bp_vcpu *v, struct tcg_code *t,
                       const struct pins *pins)
{
    t->leave = asm_run(c);
    pins_store(c, v, pins, NULL);
    t->leave_stored = asm_run(c);
    asm_alu_imm(c, ALU_ADD, 1, rm_reg(RSP), 8);
    for (uint32_t i = NSAVED; i-- > 0;)
        asm_pop(c, kept[i]);
    asm_ret(c);
}

const void *stub_leave(struct code *c, const struct bp_vcpu *v, const struct pins *pins)
{
    const void *at = asm_run(c);

    pins_store(c, v, pins, NULL);
    asm_jmp_to(c, tcg_of(v)->leave_stored);
    return at;
}

const void *stub_thunk(struct code *c, const struct bp_vcpu *v, const struct pins *pins)
{
    const struct tcg_code *t = tcg_of(v);
    const void *at = asm_run(c);
    struct label leave = {0};

    asm_alu_imm(c, ALU_SUB, 1, rm_reg(RSP), 8);
    pins_store(c, v, pins, NULL);
    asm_lea(c, 1, RDI, rm_mem(RBP, (int32_t)-t->base));
    asm_move(c, 1, RSI, RDX);
    asm_call_rm(c, rm_mem(RSI, offsetof(struct tcg_site, call)));
    for (int i = 0; i < WIPED; i++)
        asm_xorps(c, (uint32_t)i);
    asm_alu_imm(c, ALU_ADD, 1, rm_reg(RSP), 8);
    asm_test(c, 0, RAX, rm_reg(RAX));
    asm_jcc(c, CC_NE, &leave);
    pins_load(c, v, pins, NULL);
    asm_ret(c);
    asm_place(c, &leave);
    asm_alu_imm(c, ALU_ADD, 1, rm_reg(RSP), 8); /* where it would have returned to */
    asm_constant(c, RAX, 0);
    asm_jmp_to(c, t->leave_stored);
    return at;
}

/* rcx: a block without code. */
static void make_unentered(struct code *c, const struct bp_vcpu *v, struct tcg_code *t)
{
    t->unentered = asm_run(c);
    asm_load(c, 1, RAX, rm_mem(RCX, offsetof(struct block, va)));
    asm_store(c, 1, RAX, rm_mem(RBP, (int32_t)((const char *)v->pc - (const char *)v - t->base)));
    asm_constant(c, RAX, (uintptr_t)&tcg_left_for_block);
    asm_jmp_to(c, t->leave);
}

void host_make_stubs(struct bp_vcpu *v, struct tcg_code *t)
{
    struct code c = {.at = t->write, .end = t->write + STUBS, .run_offset = t->run - t->write};

    struct pins pins;

    choose_pins(v, t);
    pins_fixed(t, &pins);
    t->enter = make_enter(&c, v, &pins);
    make_leave(&c, v, t, &pins);
    t->thunk = stub_thunk(&c, v, &pins);
    make_unentered(&c, v, t);
    t->first = (uint32_t)(c.at - t->write + 63) & ~63u;
}

const struct tcg_exit *host_enter(struct bp_vcpu *v, const void *entry)
{
    const struct tcg_code *t = tcg_of(v);
    const struct tcg_exit *(*enter)(void *base, const void *entry);

    memcpy(&enter, &t->enter, sizeof enter);
    return enter((char *)v + t->base, entry);
}

/* --- changes --------------------------------------------------------------------------------- */

static void patch(struct tcg_code *t, uint32_t at, const void *target)
{
    int32_t distance = (int32_t)((const uint8_t *)target - (t->run + at + 4));

    memcpy(t->write + at, &distance, 4);
}

/* The guard of a link: the block may be entered, and nobody asks to poll. */
static const void *make_guard(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_exit *exit,
                              const struct block *to)
{
    struct code c = {
        .at = t->write + t->used, .end = t->write + t->size, .run_offset = t->run - t->write};
    const void *at = asm_run(&c);
    struct label miss = {0};
    int64_t base = (int64_t)(uintptr_t)v + t->base;

    asm_constant(&c, RAX, (uintptr_t)&to->key);
    asm_load(&c, 1, RCX, rm_mem(RBP, (int32_t)((int64_t)(uintptr_t)&v->key - base)));
    asm_alu(&c, ALU_CMP, 1, RCX, rm_mem(RAX, 0));
    asm_jcc(&c, CC_NE, &miss);
    asm_alu_imm(&c, ALU_CMP, 0,
                rm_mem(RBP, (int32_t)((int64_t)(uintptr_t)&v->mmu.world.poll - base)), 0);
    asm_jcc(&c, CC_NE, &miss);
    asm_jmp_to(&c, to->native);
    asm_place(&c, &miss);
    asm_constant(&c, RAX, (uintptr_t)exit);
    asm_jmp_to(&c, t->leave);
    if (c.full)
        return NULL;
    t->used = (uint32_t)(c.at - t->write);
    return at;
}

int host_link(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_exit *exit,
              const struct block *to, int guarded)
{
    const void *target = guarded ? make_guard(v, t, exit, to) : to->native;

    if (!target)
        return 0;
    patch(t, exit->jump, target);
    return 1;
}

void host_stop_counting(struct tcg_code *t, const struct tcg_loop *loop)
{
    const uint8_t past[] = {0xeb, (uint8_t)(loop->counted - 2)}; /* jmp past it */

    memcpy(t->write + loop->counter, past, sizeof past);
}

void host_kill(struct tcg_code *t, const void *entry)
{
    static const uint8_t back[] = {0xeb, (uint8_t)(-DEAD_STUB - 2)}; /* jmp to the dead stub */

    memcpy(t->write + ((const uint8_t *)entry - t->run), back, sizeof back);
}

/* The dead stub in front of the entry becomes a jump to the other one. */
void host_redirect(struct tcg_code *t, const void *entry, const void *other,
                   uint8_t saved[HOST_SAVED])
{
    uint8_t *at = t->write + ((const uint8_t *)entry - t->run);
    struct code c = {.at = at - DEAD_STUB, .end = at, .run_offset = t->run - t->write};

    memcpy(saved, at - DEAD_STUB, DEAD_STUB + 2);
    asm_jmp_to(&c, other);
    host_kill(t, entry);
}

void host_restore(struct tcg_code *t, const void *entry, const uint8_t saved[HOST_SAVED])
{
    memcpy(t->write + ((const uint8_t *)entry - t->run) - DEAD_STUB, saved, DEAD_STUB + 2);
}
