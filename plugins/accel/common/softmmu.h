/* SPDX-License-Identifier: Apache-2.0
 *
 * softmmu.h - guest memory as a vCPU sees it: soft TLBs per memory context, filled from the CPU
 * class's walk() and the core's map of physical addresses, and the slow paths of every kind of
 * access.
 *
 * The hit path is the accelerator's: with the page's entry e in the read or write table,
 *
 *     (va ^ e->tag) <= 4096 - width   =>   the bytes are at host address va + e->addend
 *
 * One comparison checks page and page crossing. A free entry has tag 0, which no address that
 * selects it matches: va ^ 0 has the entry's index bits set; in entry 0, where that fails, it is
 * all ones instead.
 *
 * Only what may be touched directly is in the tables: whole pages of RAM (or directly readable
 * ROM), and in the write table only pages that codemap_writer() allows. All else comes to
 * mmu_load() and friends every time; for these a second table remembers the walk.
 *
 * A struct mmu belongs to its vCPU's thread, unless a function says otherwise.
 */
#ifndef ACCEL_SOFTMMU_H
#define ACCEL_SOFTMMU_H

#include <stdatomic.h>

#include <backplane/accel.h>

#include "codemap.h"
#include "reserve.h"
#include "world.h"

#define MMU_PAGE     0x1000ull
#define MMU_CONTEXTS 16
#define MMU_BITS     9
#define MMU_ENTRIES  (1u << MMU_BITS)
#define MMU_WALKS    64

struct mmu_entry {
    uint64_t tag, addend;
};

/* A remembered walk whose page is not in the tables above: MMIO, pages with code, SYNC pages. */
struct mmu_walk {
    uint64_t va;   /* page address, +1 when valid */
    uint64_t pa;   /* page address */
    uint32_t prot; /* BP_PROT_* */
};

struct mmu_tlb {
    struct mmu_entry read[MMU_ENTRIES], write[MMU_ENTRIES];
    struct mmu_walk walks[MMU_WALKS];
};

/* Offset of the entry for va in a table. */
static inline uint64_t mmu_slot(uint64_t va)
{
    return va >> (12 - 4) & (MMU_ENTRIES - 1) << 4;
}

/* What all vCPUs of a machine share. */
struct mmu_machine {
    const struct bp_accel_host *api;
    void *host;
    struct codemap map;
    struct world world;
    struct reserve reserve;
};

/* A physical page. */
struct mmu_page {
    uint64_t pa; /* of the page; +1 when valid */
    uint8_t
        *host; /* of the page's first byte; NULL: nothing direct, or only a part of the page is */
    codemap_word *word; /* with host; NULL: not to be cached anywhere */
    uint32_t flags;     /* BP_PHYS_* */
};
#define MMU_PAGES 64

/* A page that code is fetched from. */
struct mmu_fetch {
    uint64_t va, pa; /* page addresses */
    uint64_t generation;
    uint32_t context;
};
#define MMU_FETCHES 64

struct mmu_stats {
    uint64_t misses, slow, walks, flushes, page_flushes, mmio, code_hits, shootdowns;
};

struct mmu {
    struct mmu_machine *machine;
    const struct bp_cpu_class *cls;
    void *state;
    uint32_t index, ncontexts;
    struct mmu_tlb *tlbs; /* ncontexts of them, zeroed by the caller before mmu_init() */
    uint32_t touched;     /* contexts with anything in them */
    uint64_t generation; /* of fetch mappings; all translations of code addresses made under another
                            are void */
    struct bp_fault fault; /* what MMU_FAULT refers to */
    struct reservation reservation;
    struct world_cpu world;
    struct { /* va ranges mapped by more than one page at a time, merged: (va & mask) == base */
        uint64_t base, mask;
    } large[MMU_CONTEXTS];
    uint32_t has_large; /* bit per context */
    struct mmu_page pages[MMU_PAGES];
    struct mmu_fetch fetches[MMU_FETCHES];
    uint64_t fetched[64]; /* filter: bit hash(page) set if the page was fetched from under this
                             generation */
    struct mmu_stats stats;
    /* The accelerator's part. Forgets code translated from [pa, pa + bytes); 1: some other code of
     * this vCPU is left in the granules that the range touches. (0, ~0) is everything. */
    int (*forget_code)(struct mmu *mmu, uint64_t pa, uint64_t bytes);
    /* Something that running code may depend on changed: leave the current block after this
     * instruction. */
    void (*changed)(struct mmu *mmu);
    /* Brackets around code that is not the guest's: devices. */
    void (*outside)(struct mmu *mmu);
    void (*inside)(struct mmu *mmu);
};

/* Results of accesses. */
#define MMU_OK    0
#define MMU_FAULT 1 /* mmu->fault tells; nothing was changed */

/* x of accesses below is as in struct bp_ir_op: context, ADDR32, ALIGNED, BIG. va has ADDR32
 * applied already. */

/* Sets up an empty MMU. The caller has filled in machine, cls, state, index, tlbs and the
 * callbacks. */
void mmu_init(struct mmu *mmu);

/* Reads or writes 1..8 bytes (a power of two) at va; values are zero-extended. Fills the TLB. */
int mmu_load(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value);
int mmu_store(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value);

/* LR, SC and the AMOs of ir_ops.def, `op` telling which; width 4 or 8. `old` is zero-extended; of
 * SC it is the result 0 or 1. */
int mmu_atomic(struct mmu *mmu, uint32_t op, uint64_t va, uint32_t width, uint32_t x,
               uint64_t operand, uint64_t *old);
int mmu_load_reserved(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value);
int mmu_store_conditional(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value,
                          uint64_t *failed);

/* Translates a code address. `whole` (may be NULL): the mapping is that of the whole page; else it
 * holds for these two bytes, now. */
int mmu_fetch(struct mmu *mmu, uint64_t va, uint32_t context, uint64_t *pa, int *whole);

/* Two bytes of code at physical address pa. BP_OK, or the core's error; a bus fault for va has been
 * noted then. */
int32_t mmu_code16(struct mmu *mmu, uint64_t pa, uint64_t va, uint16_t *code);

/* Physical accesses as in struct bp_vcpu_api. */
int32_t mmu_phys_load(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t *value);
int32_t mmu_phys_store(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t value);
int32_t mmu_phys_cas(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t expected,
                     uint64_t desired);

/* The physical page at pa, resolved or remembered. Valid until the next call. */
const struct mmu_page *mmu_page(struct mmu *mmu, uint64_t pa);

/* Forgets translations: of contexts in the bit set; of one address in all contexts; of everything,
 * physical map included; the write entries of one physical page. */
void mmu_flush(struct mmu *mmu, uint32_t contexts);
void mmu_flush_page(struct mmu *mmu, uint64_t va);
void mmu_flush_map(struct mmu *mmu);
void mmu_drop_writes(struct mmu *mmu, uint64_t pa);

/* [any]. Someone other than a vCPU wrote RAM; vCPUs get mail. */
void mmu_ram_written(struct mmu_machine *machine, uint64_t pa, uint64_t bytes);

/* Tells all vCPUs but `self` (NULL: all) to forget the code in the granules around a range within
 * one page. [any] */
void mmu_post_granules(struct mmu_machine *machine, const struct mmu *self, uint64_t pa,
                       uint64_t bytes);

/* Applies the vCPU's mail, if there is any. */
void mmu_drain(struct mmu *mmu);

/* RUNNING -> OUT, and back with all mail applied. */
void mmu_pause(struct mmu *mmu);
void mmu_resume(struct mmu *mmu);

/* Between softmmu.c and access.c: finds va for an access of `kind`; counts a walk if it has to. 0,
 * or MMU_FAULT. */
struct mmu_found {
    uint64_t pa;
    uint32_t prot;
    uint32_t whole; /* the mapping may be cached */
};
int mmu_find(struct mmu *mmu, uint64_t va, uint32_t bytes, uint32_t kind, uint32_t context,
             struct mmu_found *found);
void mmu_fill(struct mmu *mmu, uint64_t va, uint32_t context, int write,
              const struct mmu_page *page);
int mmu_raise(struct mmu *mmu, uint32_t type, uint32_t kind, uint32_t cause, uint64_t va);

#endif
