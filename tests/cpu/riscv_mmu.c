/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_mmu.c - translation and protection: what walk() answers, what it caches, what it writes to
 * page tables.
 */
#include <criterion/criterion.h>

#include "riscv_fake.h"

#include <backplane/state.h>

#define ROOT (FAKE_BASE + 0x10000)
#define MID  (FAKE_BASE + 0x11000)
#define LEAF (FAKE_BASE + 0x12000)
#define DATA (FAKE_BASE + 0x20000)
#define VA   UINT64_C(0x40201000) /* Sv39: indices 1, 1, 1 */

#define RWXAD (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

static uint64_t pte(uint64_t pa, uint64_t bits)
{
    return pa >> 12 << PTE_PPN_SHIFT | bits;
}

static uint64_t read64(uint64_t pa)
{
    uint64_t value = 0;

    fake_load(NULL, pa, 8, &value);
    return value;
}

/* An RV64 hart in S-mode with Sv39 tables that map VA to DATA with `bits`. PMP lets everything
 * through. */
static struct hart *mapped(uint64_t bits)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_store(NULL, ROOT + 8, 8, pte(MID, PTE_V));
    fake_store(NULL, MID + 8, 8, pte(LEAF, PTE_V));
    fake_store(NULL, LEAF + 8, 8, pte(DATA, bits));
    fake_write(h, 0x3b0, UINT64_MAX);
    fake_write(h, 0x3a0, PMP_A_NAPOT | PMP_R | PMP_W | PMP_X);
    h->satp = UINT64_C(8) << SATP64_SHIFT | ROOT >> 12;
    fake_priv(h, PRIV_S);
    return h;
}

static struct bp_walk walked;

static int32_t walk(struct hart *h, uint64_t va, uint32_t kind, uint32_t context)
{
    walked = (struct bp_walk){0};
    return riscv_walk(h, va, kind, context, 0, &walked);
}

Test(walk, translates)
{
    struct hart *h = mapped(RWXAD);

    cr_assert_eq(walk(h, VA + 0x123, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.pa, DATA + 0x123);
    cr_assert_eq(walked.log2_size, 12);
    cr_assert_eq(walked.prot, BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH);
    /* M-mode sees physical addresses, whatever satp says. */
    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_M), 0);
    cr_assert_eq(walked.pa, DATA);
    free(h);
}

Test(walk, permissions)
{
    static const struct {
        uint64_t bits;
        uint32_t kind, context;
        int32_t cause;
    } cases[] = {
        {RWXAD, BP_MEM_FETCH, CONTEXT_S, 0},
        {RWXAD, BP_MEM_READ, CONTEXT_U, CAUSE_LOAD_PAGE},
        {RWXAD, BP_MEM_FETCH, CONTEXT_U, CAUSE_FETCH_PAGE},
        {RWXAD | PTE_U, BP_MEM_READ, CONTEXT_U, 0},
        {RWXAD | PTE_U, BP_MEM_FETCH, CONTEXT_U, 0},
        {RWXAD | PTE_U, BP_MEM_READ, CONTEXT_S, CAUSE_LOAD_PAGE},
        {RWXAD | PTE_U, BP_MEM_WRITE, CONTEXT_S_SUM, 0},
        {RWXAD | PTE_U, BP_MEM_FETCH, CONTEXT_S_SUM, CAUSE_FETCH_PAGE}, /* never, SUM or not */
        {RWXAD & ~PTE_W, BP_MEM_WRITE, CONTEXT_S, CAUSE_STORE_PAGE},
        {RWXAD & ~PTE_W, BP_MEM_AMO, CONTEXT_S, CAUSE_STORE_PAGE},
        {RWXAD & ~PTE_X, BP_MEM_FETCH, CONTEXT_S, CAUSE_FETCH_PAGE},
        {PTE_V | PTE_X | PTE_A, BP_MEM_READ, CONTEXT_S, CAUSE_LOAD_PAGE},
        {PTE_V | PTE_X | PTE_A, BP_MEM_READ, CONTEXT_S + CONTEXT_MXR, 0},
        {RWXAD & ~PTE_R, BP_MEM_READ, CONTEXT_S, CAUSE_LOAD_PAGE}, /* W without R: reserved */
        {RWXAD & ~PTE_V, BP_MEM_READ, CONTEXT_S, CAUSE_LOAD_PAGE},
        {RWXAD | UINT64_C(1) << 63, BP_MEM_READ, CONTEXT_S,
         CAUSE_LOAD_PAGE}, /* N, without Svnapot */
        {RWXAD | UINT64_C(1) << 61, BP_MEM_READ, CONTEXT_S,
         CAUSE_LOAD_PAGE}, /* PBMT, without Svpbmt */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct hart *h = mapped(cases[i].bits);

        cr_assert_eq(walk(h, VA, cases[i].kind, cases[i].context), cases[i].cause, "case %zu", i);
        free(h);
    }
}

Test(walk, bad_addresses_and_tables)
{
    struct hart *h = mapped(RWXAD);

    cr_assert_eq(walk(h, VA | UINT64_C(1) << 39, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_PAGE,
                 "not canonical");
    cr_assert_eq(walk(h, VA + 0x1000, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_PAGE, "empty entry");
    fake_store(NULL, LEAF + 8, 8, pte(MID, PTE_V)); /* a pointer where only leaves can be */
    cr_assert_eq(walk(h, VA, BP_MEM_WRITE, CONTEXT_S), CAUSE_STORE_PAGE);
    fake_store(NULL, MID + 8, 8, pte(LEAF, PTE_V | PTE_A)); /* reserved bits of a pointer */
    cr_assert_eq(walk(h, VA, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_PAGE);
    fake_store(NULL, MID + 8, 8, pte(0, PTE_V)); /* a table where no memory is */
    cr_assert_eq(walk(h, VA, BP_MEM_FETCH, CONTEXT_S), CAUSE_FETCH_ACCESS);
    free(h);
}

Test(walk, superpages)
{
    struct hart *h = mapped(RWXAD);

    fake_store(NULL, MID + 8, 8, pte(FAKE_BASE, RWXAD));
    cr_assert_eq(walk(h, VA + 0x12345, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.pa, FAKE_BASE + 0x13345);
    cr_assert_eq(walked.log2_size, 21);
    fake_store(NULL, MID + 8, 8, pte(FAKE_BASE + 0x1000, RWXAD));
    cr_assert_eq(walk(h, VA, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_PAGE, "misaligned superpage");
    free(h);
}

Test(walk, svade_traps_on_clear_bits)
{
    struct hart *h = mapped(RWXAD & ~PTE_D);

    cr_assert_eq(walk(h, VA, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.prot, BP_PROT_READ | BP_PROT_FETCH, "the first store must walk");
    cr_assert_eq(walk(h, VA, BP_MEM_WRITE, CONTEXT_S), CAUSE_STORE_PAGE);
    fake_store(NULL, LEAF + 8, 8, pte(DATA, RWXAD & ~PTE_A));
    cr_assert_eq(walk(h, VA, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_PAGE);
    free(h);
}

Test(walk, svadu_sets_them)
{
    struct hart *h = mapped(RWXAD & ~(PTE_A | PTE_D));
    struct bp_walk out;

    h->menvcfg |= ENVCFG_ADUE;
    cr_assert_eq(riscv_walk(h, VA, BP_MEM_WRITE, CONTEXT_S, 1, &out), 0, "a debugger's walk");
    cr_assert_eq(read64(LEAF + 8) & (PTE_A | PTE_D), 0, "changes nothing");
    cr_assert_eq(walk(h, VA, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(read64(LEAF + 8) & (PTE_A | PTE_D), PTE_A);
    cr_assert_eq(walked.prot & BP_PROT_WRITE, 0);
    fake.cas_fails = 2; /* someone else changes the entry: the walk starts again */
    cr_assert_eq(walk(h, VA, BP_MEM_AMO, CONTEXT_S), 0);
    cr_assert_eq(fake.cas_fails, 0);
    cr_assert_eq(read64(LEAF + 8) & (PTE_A | PTE_D), PTE_A | PTE_D);
    cr_assert(walked.prot & BP_PROT_WRITE);
    free(h);
}

Test(walk, sv32)
{
    struct hart *h = fake_hart("rv32gc", 0);

    fake_write(h, 0x3b0, 0xffffffff);
    fake_write(h, 0x3a0, PMP_A_NAPOT | PMP_R | PMP_W | PMP_X);
    fake_store(NULL, ROOT + 4 * 0x100, 4, pte(LEAF, PTE_V));
    fake_store(NULL, LEAF + 4 * 2, 4, pte(DATA, RWXAD));
    fake_store(NULL, ROOT + 4 * 0x101, 4, 0xc0000000u | (uint32_t)RWXAD); /* beyond 4 GiB */
    h->satp = SATP32_MODE | ROOT >> 12;
    fake_priv(h, PRIV_S);
    cr_assert_eq(walk(h, 0x40002004, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.pa, DATA + 4);
    cr_assert_eq(walk(h, UINT64_C(0xffffffff40002004), BP_MEM_READ, CONTEXT_S), 0,
                 "addresses are modulo 2^32");
    cr_assert_eq(walk(h, 0x40400000, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.pa, UINT64_C(0x300000000));
    cr_assert_eq(walked.log2_size, 22);
    free(h);
}

Test(satp, unsupported_modes_change_nothing)
{
    struct hart *h = fake_hart("rv64gc", 0);

    h->mmu = 1; /* Sv39 only */
    cr_assert(fake_write(h, 0x180, UINT64_C(8) << 60 | 5));
    cr_assert_eq(fake_read(h, 0x180), UINT64_C(8) << 60 | 5);
    cr_assert(fake.flushed_contexts == CONTEXTS_VIRTUAL);
    fake_write(h, 0x180, UINT64_C(9) << 60 | 6);
    cr_assert_eq(fake_read(h, 0x180), UINT64_C(8) << 60 | 5);
    fake_write(h, 0x180, UINT64_C(8) << 60 | UINT64_C(0xffff) << 44 | 5); /* ASIDs are kept */
    cr_assert_eq(fake_read(h, 0x180), UINT64_C(8) << 60 | UINT64_C(0xffff) << 44 | 5);
    free(h);
}

/* Which mappings are the same in all spaces: what G says, in the leaf or above it (10.3.1). */
Test(walk, global_mappings)
{
    struct hart *h = mapped(RWXAD);

    walk(h, VA, BP_MEM_READ, CONTEXT_S);
    cr_assert_eq(walked.prot & BP_PROT_GLOBAL, 0);
    fake_store(NULL, LEAF + 8, 8, pte(DATA, RWXAD | PTE_G));
    cr_assert_eq(walk(h, VA, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.prot, BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH | BP_PROT_GLOBAL);
    fake_store(NULL, LEAF + 8, 8, pte(DATA, RWXAD));
    fake_store(NULL, ROOT + 8, 8, pte(MID, PTE_V | PTE_G));
    cr_assert_eq(walk(h, VA, BP_MEM_FETCH, CONTEXT_S), 0);
    cr_assert(walked.prot & BP_PROT_GLOBAL);
    walk(h, DATA, BP_MEM_READ, CONTEXT_M);
    cr_assert_eq(walked.prot & BP_PROT_GLOBAL, 0, "physical addresses are no mapping");
    free(h);
}

/* --- address spaces ------------------------------------------------------- */

#define SATP39(asid, ppn) (UINT64_C(8) << 60 | (uint64_t)(asid) << 44 | (ppn))
#define SATP48(asid, ppn) (UINT64_C(9) << 60 | (uint64_t)(asid) << 44 | (ppn))

Test(spaces, satp_enters_them)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x180, SATP39(1, 5)); /* from Bare: nothing is kept */
    cr_assert_eq(fake.flushes, 1);
    cr_assert_eq(fake.flushed_contexts, CONTEXTS_VIRTUAL);
    cr_assert_eq(fake.entered, SATP39(1, 0));
    cr_assert_eq(fake.space_contexts, CONTEXTS_VIRTUAL);
    fake_write(h, 0x180, SATP39(2, 6));
    fake_write(h, 0x180, SATP39(1, 5));
    cr_assert_eq(fake.entered, SATP39(1, 0));
    cr_assert_eq(fake.enters, 3);
    cr_assert_eq(fake.flushes, 1, "another ASID: all is kept");
    cr_assert_eq(fake.space_flushes, 0);
    fake_write(h, 0x180, SATP39(1, 7)); /* another table for the same one */
    cr_assert_eq(fake.space_flushes, 1);
    cr_assert_eq(fake.flushed_space, SATP39(1, 0));
    cr_assert_eq(fake.flushed_va, UINT64_MAX);
    fake_write(h, 0x180, SATP48(1, 7)); /* another scheme */
    cr_assert_eq(fake.flushes, 2);
    cr_assert_eq(fake.entered, SATP48(1, 0));
    fake_write(h, 0x180, 0);
    cr_assert_eq(fake.flushes, 3);
    cr_assert_eq(fake.enters, 4, "Bare is no space");
    free(h);
}

Test(spaces, sfence_vma_has_four_forms)
{
    struct hart *h = fake_hart("rv64gc", 0);
    const uint64_t va = VA + 0x123, asid = UINT64_C(0xabcdef0002); /* 16 bits count */

    fake_write(h, 0x180, SATP39(1, 5));
    memset(&fake, 0, sizeof(fake));
    riscv_forget(h, NULL, NULL);
    cr_assert_eq(fake.flushes, 1);
    cr_assert_eq(fake.flushed_contexts, CONTEXTS_VIRTUAL);
    riscv_forget(h, &va, NULL);
    cr_assert_eq(fake.page_flushes, 1);
    cr_assert_eq(fake.flushed_va, va);
    riscv_forget(h, NULL, &asid);
    cr_assert_eq(fake.flushed_space, SATP39(2, 0));
    cr_assert_eq(fake.flushed_va, UINT64_MAX);
    riscv_forget(h, &va, &asid);
    cr_assert_eq(fake.flushed_space, SATP39(2, 0));
    cr_assert_eq(fake.flushed_va, va);
    cr_assert_eq(fake.space_flushes, 2);
    cr_assert_eq(fake.flushes, 1);
    cr_assert_eq(fake.page_flushes, 1);
    /* In Bare there are no spaces to choose from. */
    fake_write(h, 0x180, 0);
    memset(&fake, 0, sizeof(fake));
    riscv_forget(h, NULL, &asid);
    riscv_forget(h, &va, &asid);
    cr_assert_eq(fake.flushes, 1);
    cr_assert_eq(fake.page_flushes, 1);
    cr_assert_eq(fake.space_flushes, 0);
    free(h);
}

Test(spaces, rv32_has_nine_bits)
{
    struct hart *h = fake_hart("rv32imac", 0);
    const uint64_t asid = 0xffff;

    fake_write(h, 0x180, SATP32_MODE | 3u << 22 | 5);
    cr_assert_eq(fake.entered, SATP32_MODE | 3u << 22);
    riscv_forget(h, NULL, &asid);
    cr_assert_eq(fake.flushed_space, SATP32_MODE | 0x1ffu << 22);
    free(h);
}

/* An accelerator of an older SDK, or one that has no use for them. */
Test(spaces, without_them_all_is_forgotten)
{
    struct hart *h = fake_hart("rv64gc", 0);
    struct bp_vcpu_api old = fake_api;
    const uint64_t va = VA, asid = 2;

    for (int way = 0; way < 2; way++) {
        old = fake_api;
        if (way)
            old.enter_space = NULL, old.flush_space = NULL;
        else
            old.size = offsetof(struct bp_vcpu_api, enter_space);
        h->api = &old;
        memset(&fake, 0, sizeof(fake));
        fake_write(h, 0x180, SATP39(1, 5));
        fake_write(h, 0x180, SATP39(2, 5));
        riscv_forget(h, NULL, &asid);
        cr_assert_eq(fake.flushes, 3);
        cr_assert_eq(fake.flushed_contexts, CONTEXTS_VIRTUAL);
        riscv_forget(h, &va, &asid);
        cr_assert_eq(fake.page_flushes, 1);
        cr_assert_eq(fake.enters + fake.space_flushes, 0);
        fake_write(h, 0x180, 0);
    }
    free(h);
}

/* After a snapshot was loaded, the vCPU's thread forgets all and learns which space it is in. */
Test(spaces, a_snapshot_enters_its_own)
{
    struct hart *h = fake_hart("rv64gc", 0);
    const struct bp_cpu_class *cls = fake_class("rv64gc");

    cls->poll(h);
    memset(&fake, 0, sizeof(fake));
    h->satp = SATP39(9, 5);
    cr_assert_eq(cls->state->post_load(h), BP_OK);
    cr_assert_eq(fake.enters, 0);
    cls->poll(h);
    cr_assert_eq(fake.flushed_contexts, ~0u);
    cr_assert_eq(fake.entered, SATP39(9, 0));
    free(h);
}

/* --- PMP ------------------------------------------------------------------ */

static void pmp_set(struct hart *h, uint32_t i, uint64_t addr, uint32_t cfg)
{
    uint32_t shift = 8 * (i % 8);

    fake_write(h, 0x3b0 + i, addr >> 2);
    fake_write(h, 0x3a0 + i / 8 * 2,
               (fake_read(h, 0x3a0 + i / 8 * 2) & ~(UINT64_C(0xff) << shift)) | (uint64_t)cfg
                                                                                    << shift);
}

Test(pmp, nothing_matches)
{
    struct hart *h = fake_hart("rv64gc", 0);

    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_M), 0);
    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_ACCESS);
    h->pmp_regions = 0; /* without PMP everything is allowed */
    riscv_pmp_update(h);
    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_U), 0);
    free(h);
}

Test(pmp, tor_na4_napot)
{
    struct hart *h = fake_hart("rv64gc", 0);

    pmp_set(h, 0, DATA, PMP_A_NA4 | PMP_R);
    pmp_set(h, 1, DATA + 0x1000, 0);
    pmp_set(h, 2, DATA + 0x3000, PMP_A_TOR | PMP_R | PMP_W);
    pmp_set(h, 3, (DATA + 0x4000) | 0xffc, PMP_A_NAPOT | PMP_X); /* 8 KiB: ten ones */
    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.log2_size, 2, "four bytes");
    cr_assert_eq(walk(h, DATA + 4, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_ACCESS);
    cr_assert_eq(walk(h, DATA + 0x1000, BP_MEM_WRITE, CONTEXT_S), 0);
    cr_assert_eq(walked.log2_size, 12);
    cr_assert_eq(walk(h, DATA + 0x2fff, BP_MEM_AMO, CONTEXT_S), 0);
    cr_assert_eq(walk(h, DATA + 0x3000, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_ACCESS);
    cr_assert_eq(walk(h, DATA + 0x4000, BP_MEM_FETCH, CONTEXT_U), 0);
    cr_assert_eq(walk(h, DATA + 0x5ffe, BP_MEM_FETCH, CONTEXT_U), 0);
    cr_assert_eq(walk(h, DATA + 0x4000, BP_MEM_READ, CONTEXT_U), CAUSE_LOAD_ACCESS);
    free(h);
}

/* A page that an entry cuts is good for one access only, with the block that is uniform. */
Test(pmp, split_page)
{
    struct hart *h = fake_hart("rv64gc", 0);

    pmp_set(h, 0, DATA + 0x100, PMP_A_TOR);
    pmp_set(h, 1, UINT64_C(0x3fffffffffffff) << 2, PMP_A_NAPOT | PMP_R | PMP_W | PMP_X);
    cr_assert_eq(walk(h, DATA + 0xff, BP_MEM_READ, CONTEXT_S), CAUSE_LOAD_ACCESS);
    cr_assert_eq(walk(h, DATA + 0x100, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.log2_size, 8);
    cr_assert_eq(walk(h, DATA + 0x800, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.log2_size, 11);
    cr_assert_eq(walk(h, DATA + 0x1000, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.log2_size, 12);
    free(h);
}

/* The first entry that matches any byte decides, and must match all of them (3.7.1). */
Test(pmp, partial_match_fails)
{
    struct hart *h = fake_hart("rv64gc", 0);
    struct bp_walk out = {.bytes = 8};

    pmp_set(h, 0, DATA + 0x100, PMP_A_NA4 | PMP_R | PMP_W | PMP_X);
    pmp_set(h, 1, UINT64_C(0x3fffffffffffff) << 2, PMP_A_NAPOT | PMP_R | PMP_W | PMP_X);
    cr_assert_eq(riscv_walk(h, DATA + 0x100, BP_MEM_READ, CONTEXT_U, 0, &out), CAUSE_LOAD_ACCESS);
    cr_assert_eq(riscv_walk(h, DATA + 0xfc, BP_MEM_WRITE, CONTEXT_M, 0, &out), CAUSE_STORE_ACCESS);
    cr_assert_eq(riscv_walk(h, DATA + 0x104, BP_MEM_READ, CONTEXT_U, 0, &out), 0);
    cr_assert_eq(riscv_walk(h, DATA + 0xf8, BP_MEM_READ, CONTEXT_U, 0, &out), 0);
    out.bytes = 4;
    cr_assert_eq(riscv_walk(h, DATA + 0x100, BP_MEM_READ, CONTEXT_U, 0, &out), 0);
    free(h);
}

Test(pmp, locked_entries_bind_machine_mode)
{
    struct hart *h = fake_hart("rv64gc", 0);

    pmp_set(h, 0, DATA, 0);
    pmp_set(h, 1, DATA + 0x1000, PMP_A_TOR | PMP_R | PMP_L);
    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_M), 0);
    cr_assert_eq(walk(h, DATA, BP_MEM_WRITE, CONTEXT_M), CAUSE_STORE_ACCESS);
    fake_write(h, 0x3b0, 0); /* the base of a locked TOR entry */
    fake_write(h, 0x3b1, 0); /* its address */
    fake_write(h, 0x3a0, 0); /* its configuration */
    cr_assert_eq(fake_read(h, 0x3b0), DATA >> 2);
    cr_assert_eq(fake_read(h, 0x3b1), (DATA + 0x1000) >> 2);
    cr_assert_eq(fake_read(h, 0x3a0), (PMP_A_TOR | PMP_R | PMP_L) << 8);
    free(h);
}

Test(pmp, warl_and_absent_entries)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x3a0, PMP_W | PMP_A_NA4); /* W without R is reserved */
    cr_assert_eq(fake_read(h, 0x3a0), PMP_A_NA4);
    fake_write(h, 0x3b0, UINT64_MAX);
    cr_assert_eq(fake_read(h, 0x3b0), (UINT64_C(1) << 54) - 1);
    fake_write(h, 0x3b0 + 16, 5); /* entry 16 of 16 */
    cr_assert_eq(fake_read(h, 0x3b0 + 16), 0);
    cr_assert_not(fake_csr(h, 0x3a1, 2, 6, 0, 0), "odd pmpcfg exists on RV32 only");
    cr_assert(fake.flushed_contexts == ~0u, "protection is part of what TLBs hold");
    free(h);
}

Test(pmp, guards_page_tables)
{
    struct hart *h = mapped(RWXAD & ~PTE_A);

    h->menvcfg |= ENVCFG_ADUE;
    fake_priv(h, PRIV_M);
    fake_write(h, 0x3a0, 0);
    pmp_set(h, 0, LEAF, 0);
    pmp_set(h, 1, LEAF + 0x1000, PMP_A_TOR | PMP_R);
    pmp_set(h, 2, UINT64_C(0x3fffffffffffff) << 2, PMP_A_NAPOT | PMP_R | PMP_W | PMP_X);
    cr_assert_eq(walk(h, VA, BP_MEM_FETCH, CONTEXT_S), CAUSE_FETCH_ACCESS,
                 "the A bit cannot be written");
    pmp_set(h, 1, LEAF + 0x1000, PMP_A_TOR);
    cr_assert_eq(walk(h, VA, BP_MEM_WRITE, CONTEXT_S), CAUSE_STORE_ACCESS,
                 "the entry cannot be read");
    free(h);
}

/* --- PMP against its rule --------------------------------------------------- */

static uint32_t allowed(const struct hart *h, uint64_t first, uint64_t last, uint32_t priv)
{
    for (uint32_t i = 0; i < h->pmp_regions; i++) {
        const struct pmp_range *r = &h->pmp[i];

        if (r->first > r->last || last < r->first || first > r->last)
            continue;
        if (first < r->first || last > r->last)
            return 0;
        if (priv == PRIV_M && !(r->cfg & PMP_L))
            return 7;
        return (r->cfg & PMP_R ? BP_PROT_READ : 0) | (r->cfg & PMP_W ? BP_PROT_WRITE : 0) |
               (r->cfg & PMP_X ? BP_PROT_FETCH : 0);
    }
    return priv == PRIV_M ? 7 : 0;
}

/* Entries of all kinds that overlap and hide each other, asked at and around all their edges. */
Test(pmp, zones_are_the_rule)
{
    uint64_t seed = 1;

    for (int round = 0; round < 300; round++) {
        struct hart *h = fake_hart("rv64gc", 0);

        for (uint32_t i = 0; i < h->pmp_regions; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            h->pmpaddr[i] = (DATA >> 2) + (seed >> 40 & 0x3ff) * (seed >> 60 & 1 ? 4 : 1);
            h->pmpcfg[i] = (uint8_t)(seed >> 32 & (PMP_R | PMP_W | PMP_X | 0x18 | PMP_L));
        }
        riscv_pmp_update(h);
        for (uint32_t i = 0; i < 2 * h->pmp_regions; i++) {
            uint64_t edge = i & 1 ? h->pmp[i / 2].last : h->pmp[i / 2].first;

            for (int d = -16; d <= 16; d++) {
                for (uint32_t priv = PRIV_U; priv <= PRIV_M; priv += 3) {
                    uint64_t pa = edge + (uint64_t)(int64_t)d, bytes = UINT64_C(1) << (d & 3);
                    uint32_t log2_size = 12, prot;

                    prot = riscv_pmp(h, pa, (uint32_t)bytes, priv, &log2_size);
                    cr_assert_eq(prot, allowed(h, pa, pa + bytes - 1, priv), "round %d", round);
                    pa &= ~((UINT64_C(1) << log2_size) - 1);
                    prot = riscv_pmp(h, edge + (uint64_t)(int64_t)d, 1, priv, &log2_size);
                    cr_assert_eq(prot, allowed(h, pa, pa, priv));
                    cr_assert_eq(prot, allowed(h, pa, pa + (UINT64_C(1) << log2_size) - 1, priv),
                                 "round %d: not all of 2^%u bytes", round, log2_size);
                }
            }
        }
        free(h);
    }
}

/* The edges of an entry that is hidden by one before it are nobody's business. */
Test(pmp, hidden_entries_do_not_split_pages)
{
    struct hart *h = fake_hart("rv64gc", 0);

    pmp_set(h, 0, UINT64_C(0x3fffffffffffff) << 2, PMP_A_NAPOT | PMP_R | PMP_W | PMP_X);
    pmp_set(h, 1, DATA + 0x100, PMP_A_NA4);
    cr_assert_eq(walk(h, DATA, BP_MEM_READ, CONTEXT_S), 0);
    cr_assert_eq(walked.log2_size, 12);
    free(h);
}
