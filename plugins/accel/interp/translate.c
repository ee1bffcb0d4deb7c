/* SPDX-License-Identifier: Apache-2.0
 *
 * translate.c - makes a block: lets the CPU class turn guest code into IR, and that into records in
 * the code cache.
 *
 * A block stays within its page, ends before a breakpoint and at INTERP_BYTES. Only if its first
 * instruction does not fit that way - it crosses a page, or a breakpoint lies inside it - it gets a
 * block of its own. Code is marked in the code map before it is read (codemap.h). The vCPU is OUT
 * meanwhile: marking may have to wait for others, and mail that arrives is applied when the block
 * is in place, so that it cannot be missed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/ir_verify.h"
#include "handlers.h"
#include "interp.h"

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

struct interp_scratch {
    struct bp_ir_op ops[INTERP_INSNS * BP_IR_OPS_PER_INSN + 1];
    struct bp_ir_insn insns[INTERP_INSNS];
    struct rec recs[INTERP_RECS];
};

struct fetcher {
    struct bp_vcpu *v;
    uint64_t va, pa, pa2;
    uint64_t marked[2]; /* granules of the two pages */
    int whole;          /* the mapping may be relied on */
    int alone;          /* one instruction, whatever it takes */
    int refused;        /* the block had to end where it did not want to */
    int cacheable;
};

int32_t interp_scratch_init(struct bp_vcpu *v)
{
    v->scratch = malloc(sizeof *v->scratch);
    return v->scratch ? BP_OK : BP_E_NOMEM;
}

void interp_scratch_finish(struct bp_vcpu *v)
{
    free(v->scratch);
}

static int is_breakpoint(const struct interp *interp, uint64_t va)
{
    for (uint32_t i = 0; i < interp->nbreakpoints; i++) {
        if (interp->breakpoints[i] == va)
            return 1;
    }
    return 0;
}

static int single(const struct bp_vcpu *v)
{
    return (v->key & INTERP_MODE_SINGLE) != 0;
}

/* Physical address of the code at va + offset. */
static int locate(struct fetcher *f, uint32_t offset, uint64_t *pa)
{
    struct bp_vcpu *v = f->v;
    uint64_t va = (f->va + offset) & v->pc_mask, left = MMU_PAGE - f->pa % MMU_PAGE;
    uint32_t context = *v->fetch_context;

    if (!f->whole)
        return mmu_fetch(&v->mmu, va, context, pa, NULL);
    if (offset < left) {
        *pa = f->pa + offset;
        return MMU_OK;
    }
    if (f->pa2 == INTERP_NO_PAGE) {
        int whole;
        if (mmu_fetch(&v->mmu, va, context, pa, &whole))
            return MMU_FAULT;
        f->pa2 = PAGE_OF(*pa);
        f->cacheable &= whole;
    }
    *pa = f->pa2 + (offset - left);
    return MMU_OK;
}

/* Marks the granule at pa, in the page of the block (0) or the one behind (1). */
static void mark(struct fetcher *f, uint64_t pa, int page)
{
    struct mmu *mmu = &f->v->mmu;
    codemap_word *word = mmu_page(mmu, pa)->word;
    uint64_t granule = codemap_granules(pa, 2);

    if (f->marked[page] & granule)
        return;
    f->marked[page] |= granule;
    if (word)
        codemap_mark(word, pa, granule, 0, &mmu->machine->world, &mmu->world);
    else
        f->cacheable = 0;
}

static int32_t fetch16(void *ctx, uint32_t offset, uint16_t *code)
{
    struct fetcher *f = ctx;
    struct bp_vcpu *v = f->v;
    uint64_t va = (f->va + offset) & v->pc_mask, pa;
    int beyond = offset >= MMU_PAGE - f->va % MMU_PAGE;

    if (!f->alone &&
        (beyond || offset + 2 > INTERP_BYTES || (offset && is_breakpoint(v->interp, va)))) {
        f->refused = 1;
        return BP_E_FAULT;
    }
    if (locate(f, offset, &pa))
        return BP_E_FAULT;
    if (f->whole)
        mark(f, pa, beyond);
    return mmu_code16(&v->mmu, pa, va, code) ? BP_E_FAULT : BP_OK;
}

static void fail(struct bp_vcpu *v, const char *why)
{
    interp_error(v->interp, NULL, why);
    v->failed = 1;
}

/* Runs the CPU class on the code. BP_OK, BP_E_FAULT with v->mmu.fault, or worse with v->failed. */
static int32_t decode(struct bp_vcpu *v, struct fetcher *f, struct bp_ir_builder *builder)
{
    char text[256], why[sizeof text + 64];
    int32_t status;

    for (;;) {
        *builder = (struct bp_ir_builder){
            .size = sizeof *builder,
            .flags = f->alone || single(v) || !f->whole ? BP_BUILDER_SINGLE : 0,
            .ops = v->scratch->ops,
            .insns = v->scratch->insns,
            .max_insns = INTERP_INSNS,
            .mode = *v->mode,
            .pc = f->va,
            .ctx = f,
            .fetch16 = fetch16,
        };
        status = v->cls->translate(v->state, builder);
        if (status != BP_E_FAULT || !f->refused || f->alone)
            break;
        f->alone = 1;
    }
    if (status != BP_OK && status != BP_E_FAULT)
        fail(v, "the CPU plug-in cannot translate: its translate() failed");
    else if (status == BP_OK && v->interp->verify &&
             ir_verify(v->cls, builder, text, sizeof text) != BP_OK) {
        snprintf(why, sizeof why, "the CPU plug-in made bad IR: %s", text);
        fail(v, why);
        status = BP_E_INVAL;
    }
    return status;
}

static struct block *build(struct bp_vcpu *v, const struct fetcher *f,
                           const struct bp_ir_builder *ir)
{
    const struct bp_ir_insn *last = &ir->insns[ir->ninsns - 1];
    struct interp_source source = {
        .ops = ir->ops,
        .insns = ir->insns,
        .nops = ir->nops,
        .ninsns = ir->ninsns,
        .va = f->va,
        .single = single(v),
        .breakpoint = !v->stepping && is_breakpoint(v->interp, f->va),
    };
    uint32_t nrecs = interp_emit(v, &source, v->scratch->recs);
    struct block *block = interp_cache_alloc(v, nrecs, ir->ninsns);
    uint16_t *offsets;

    if (!block) {
        fail(v, "the code cache cannot hold one block: give it a larger `cache`");
        return NULL;
    }
    block->va = f->va;
    block->pa = f->pa;
    block->mode = v->key & INTERP_MODE;
    block->bytes = (uint16_t)(last->pc_offset + last->length);
    block->pa2 = block->bytes > MMU_PAGE - f->pa % MMU_PAGE ? f->pa2 : INTERP_NO_PAGE;
    block->cached = (uint8_t)(f->cacheable && f->whole);
    memcpy(block->recs, v->scratch->recs, nrecs * sizeof(struct rec));
    offsets = interp_offsets(block);
    for (uint32_t i = 0; i < ir->ninsns; i++)
        offsets[i] = ir->insns[i].pc_offset;
    offsets[ir->ninsns] = block->bytes;
    if (block->cached)
        interp_cache_insert(v, block);
    v->stats.translated++;
    v->stats.insns += ir->ninsns;
    return block;
}

int32_t interp_decode(struct bp_vcpu *v, uint64_t va, uint64_t pa, int whole,
                      struct bp_ir_builder *ir, int *cacheable)
{
    struct fetcher f = {
        .v = v, .va = va, .pa = pa, .pa2 = INTERP_NO_PAGE, .whole = whole, .cacheable = 1};
    int32_t status = decode(v, &f, ir);

    *cacheable = f.cacheable && f.whole;
    return status;
}

struct block *interp_translate(struct bp_vcpu *v, uint64_t va, uint64_t pa, int whole)
{
    struct fetcher f = {
        .v = v, .va = va, .pa = pa, .pa2 = INTERP_NO_PAGE, .whole = whole, .cacheable = 1};
    struct bp_ir_builder builder;
    struct block *block = NULL;

    interp_outside(&v->mmu);
    mmu_pause(&v->mmu);
    if (decode(v, &f, &builder) == BP_OK)
        block = build(v, &f, &builder);
    mmu_resume(&v->mmu);
    interp_inside(&v->mmu);
    return block;
}
