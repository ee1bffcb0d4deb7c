/* SPDX-License-Identifier: Apache-2.0
 *
 * slow.c - what translated code calls: accesses that missed the TLB, atomics, helpers of the CPU
 * class, floating point that has no short form. The interpreter's functions do the work; here pc
 * and count are set as they expect, and what they answer becomes "go on" or "leave".
 */
#include "../common/fp.h"
#include "../common/ir_info.h"
#include "tcg.h"

#define SLOT(v, offset) (*(uint64_t *)((char *)(v) + (offset)))

/* After something that may have changed mappings or code. */
static int finish(struct bp_vcpu *v, const struct tcg_site *site, int status)
{
    switch (status) {
    case INTERP_FAULT:
        *v->pc = site->pc;
        interp_fault(v);
        return 1;
    case INTERP_GONE:
        return 1;
    case INTERP_LEAVE:
        if (!site->rest) {
            *v->pc = site->next;
            v->count++;
            return 1;
        }
        break;
    default:
        break;
    }
    v->count -= site->insn;
    return 0;
}

static uint64_t address(const struct bp_vcpu *v, const struct tcg_site *site)
{
    uint64_t va = SLOT(v, site->rec.a) + (uint64_t)(int64_t)site->rec.imm;

    return site->x & BP_MEM_ADDR32 ? (uint32_t)va : va;
}

int tcg_load(struct bp_vcpu *v, const struct tcg_site *site)
{
    v->count += site->insn;
    return finish(v, site, interp_load(v, address(v, site), site->type, site->x, site->rec.d));
}

int tcg_store(struct bp_vcpu *v, const struct tcg_site *site)
{
    v->count += site->insn;
    return finish(v, site, interp_store(v, address(v, site), site->type, site->x, site->rec.d));
}

int tcg_atomic(struct bp_vcpu *v, const struct tcg_site *site)
{
    v->count += site->insn;
    return finish(v, site, interp_atomic(v, &site->rec));
}

static uint64_t extended(const struct tcg_site *site, uint64_t value)
{
    return site->type == BP_T_S32 ? (uint64_t)(int64_t)(int32_t)value : value;
}

int tcg_expect(struct bp_vcpu *v, const struct tcg_site *site)
{
    uint64_t value = 0;
    int fault;

    v->count += site->insn;
    fault = mmu_expect(&v->mmu, address(v, site), ir_type_bytes[site->type], site->x, &value);
    if (!fault)
        SLOT(v, site->rec.d) = extended(site, value);
    return finish(v, site, fault ? INTERP_FAULT : v->leave ? INTERP_LEAVE : INTERP_OK);
}

int tcg_swap(struct bp_vcpu *v, const struct tcg_site *site)
{
    uint64_t failed;
    int fault;

    v->count += site->insn;
    fault = mmu_swap(&v->mmu, address(v, site), ir_type_bytes[site->type], site->x,
                     SLOT(v, site->rec.b), &failed);
    if (!fault)
        SLOT(v, site->rec.d) = failed;
    return finish(v, site, fault ? INTERP_FAULT : v->leave ? INTERP_LEAVE : INTERP_OK);
}

int tcg_value(struct bp_vcpu *v, const struct tcg_site *site)
{
    SLOT(v, site->rec.d) = interp_call_value(v, &site->rec);
    return 0;
}

int tcg_control(struct bp_vcpu *v, const struct tcg_site *site)
{
    v->count += site->insn;
    *v->pc = site->pc;
    return finish(v, site, interp_call_control(v, &site->rec));
}

int tcg_leave(struct bp_vcpu *v, const struct tcg_site *site)
{
    *v->pc = site->next;
    v->count += site->insn + 1u;
    return 1;
}

int tcg_exit_state(struct bp_vcpu *v, const struct tcg_site *site)
{
    v->count += site->insn + 1u;
    v->ask = 1;
    return 1;
}

/* --- floating point -------------------------------------------------------------------------- */

typedef uint64_t evaluator(uint64_t a, uint64_t b, uint64_t c, uint32_t x);

#define FP1(name, fn)                                                                              \
    static uint64_t fn##_f(uint64_t a, uint64_t b, uint64_t c, uint32_t x)                         \
    {                                                                                              \
        return fp_##fn##_f(a, x);                                                                  \
    }                                                                                              \
    static uint64_t fn##_d(uint64_t a, uint64_t b, uint64_t c, uint32_t x)                         \
    {                                                                                              \
        return fp_##fn##_d(a, x);                                                                  \
    }
#define FP2(name, fn)                                                                              \
    static uint64_t fn##_f(uint64_t a, uint64_t b, uint64_t c, uint32_t x)                         \
    {                                                                                              \
        return fp_##fn##_f(a, b, x);                                                               \
    }                                                                                              \
    static uint64_t fn##_d(uint64_t a, uint64_t b, uint64_t c, uint32_t x)                         \
    {                                                                                              \
        return fp_##fn##_d(a, b, x);                                                               \
    }
#define FP3(name, fn)                                                                              \
    static uint64_t fn##_f(uint64_t a, uint64_t b, uint64_t c, uint32_t x)                         \
    {                                                                                              \
        return fp_##fn##_f(a, b, c, x);                                                            \
    }                                                                                              \
    static uint64_t fn##_d(uint64_t a, uint64_t b, uint64_t c, uint32_t x)                         \
    {                                                                                              \
        return fp_##fn##_d(a, b, c, x);                                                            \
    }
#include "../interp/fp_ops.def"
#undef FP1
#undef FP2
#undef FP3

static evaluator *const evaluators[256][2] = {
#define FP1(name, fn) [BP_IR_##name] = {fn##_f, fn##_d},
#define FP2(name, fn) FP1(name, fn)
#define FP3(name, fn) FP1(name, fn)
#include "../interp/fp_ops.def"
#undef FP1
#undef FP2
#undef FP3
};

int tcg_fp(struct bp_vcpu *v, const struct tcg_site *site)
{
    const struct rec *r = &site->rec;

    SLOT(v, r->d) = evaluators[site->op][site->type == BP_T_F64](SLOT(v, r->a), SLOT(v, r->b),
                                                                 SLOT(v, r->c), site->x);
    return 0;
}

int tcg_fflags(struct bp_vcpu *v, const struct tcg_site *site)
{
    SLOT(v, site->rec.d) = fp_flags_get();
    return 0;
}

int tcg_fsetfl(struct bp_vcpu *v, const struct tcg_site *site)
{
    fp_flags_set((uint32_t)(site->rest ? (uint64_t)site->rec.imm : SLOT(v, site->rec.a)));
    return 0;
}
