/* SPDX-License-Identifier: Apache-2.0
 *
 * exec.c - the loop: direct-threaded code. Every record holds the address of the label that
 * executes it, and every handler ends with the jump to the next one, so that the host's branch
 * predictor sees one indirect jump per record.
 *
 * Locals that live in host registers: ip, the record; v, the base of all operands; count, the
 * instructions retired up to the start of the current block (plus a correction for branches inside
 * it), so that count + ip->insn is exact.
 *
 * The function reads and writes guest RAM, which guest programs race for; a race detector must not
 * look at it (ram.h). Everything that synchronises with other threads is called from here, not
 * inlined.
 */
#include <string.h>

#include "../common/fp.h"
#include "../common/ram.h"
#include "handlers.h"
#include "interp.h"

const void *interp_handlers[INTERP_HANDLERS];

#define LIKELY(c)   __builtin_expect(!!(c), 1)
#define UNLIKELY(c) __builtin_expect(!!(c), 0)
#define UNUSED      __attribute__((unused))

#define R(offset) (*(uint64_t *)((char *)v + (offset)))
#define GO        goto * ip->handler
#define NEXT                                                                                       \
    do {                                                                                           \
        ip++;                                                                                      \
        GO;                                                                                        \
    } while (0)
#define TARGET(from) ((const struct rec *)((const char *)(from) + (from)->imm))
#define POLL         UNLIKELY(atomic_load_explicit(&v->mmu.world.poll, memory_order_relaxed))

/* An integer type: ut, st, their double widths, N and M, for the expressions of int_ops.def. */
#define TYPES(bits, half_u, half_s, wide_u, wide_s)                                                \
    typedef half_u ut UNUSED;                                                                      \
    typedef half_s st UNUSED;                                                                      \
    typedef wide_u wu UNUSED;                                                                      \
    typedef wide_s ws UNUSED;                                                                      \
    enum { N = bits, M = bits - 1 }
#define TYPES_l TYPES(64, uint64_t, int64_t, unsigned __int128, __int128)
#define TYPES_s TYPES(32, uint32_t, int32_t, uint64_t, int64_t)
#define TYPES_u TYPES(32, uint32_t, int32_t, uint64_t, int64_t)
/* How a result of that type becomes a slot. */
#define SLOT_l(value) ((uint64_t)(value))
#define SLOT_s(value) ((uint64_t)(int64_t)(int32_t)(value))
#define SLOT_u(value) ((uint64_t)(uint32_t)(value))

/* Bytes that are not zero become 0xff. */
static inline uint64_t or_bytes(uint64_t x)
{
    x |= x >> 4 & 0x0f0f0f0f0f0f0f0full;
    x |= x >> 2 & 0x3f3f3f3f3f3f3f3full;
    x |= x >> 1 & 0x7f7f7f7f7f7f7f7full;
    return (x & 0x0101010101010101ull) * 0xff;
}

static inline uint64_t boxed_slot(uint32_t value)
{
    return FP_BOXED | value;
}

RAM_ACCESS void interp_exec(struct bp_vcpu *v)
{
    static const void *const labels[] = {
#define H(name) [H_##name] = &&L_##name,
#include "handlers.def"
#undef H
    };
    const struct rec *ip;
    uint64_t count, va;
    uint32_t type;
    int status;

    if (!v) {
        memcpy(interp_handlers, labels, sizeof labels);
        return;
    }

dispatch:
    ip = interp_next(v);
entered:
    if (!ip)
        return;
    count = v->count;
    GO;

/* Labels, and macros that later files use: the order matters. */
#include "handlers_int.inc"

#include "handlers_fp.inc"

#include "handlers_mem.inc"

#include "handlers_exit.inc"

#include "handlers_fused.inc"
}
