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
 * mmu_load() and friends every time; a second, larger level remembers walks for these, and for what
 * was driven out of the first.
 *
 * Each address space (bp_vcpu_api.enter_space) keeps what it has in the second level while others
 * are present: entries carry the stamp of their space, or the one of what is global, and only those
 * of the present space count. To forget a space is to give it another stamp. What is in the first
 * level is always the present space's; a list of what is not global there makes leaving it cheap.
 * For code addresses generations are what stamps are for data: a block of translated code is
 * entered under the generation its mapping was last looked at.
 *
 * Of a context whose addresses are physical, memory in one piece is a window (windows.c): one comparison,
 * and no table.
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
#define MMU_BITS     10
#define MMU_ENTRIES  (1u << MMU_BITS)
#define MMU_SETS     1024 /* of the second level ... */
#define MMU_WAYS     4    /* ... and entries of each: spaces that are laid out alike meet there */
#define MMU_SPACES   16
#define MMU_LOCALS   256 /* entries of the first level that can be taken out one by one */

struct mmu_entry {
    uint64_t tag, addend;
};

/* A remembered walk. */
struct mmu_walk {
    uint64_t va;    /* page address, +1 when valid */
    uint64_t pa;    /* page address; in the bits below it BP_PROT_* */
    uint64_t stamp; /* of its space, or of what is global in the context */
};

struct mmu_tlb {
    struct mmu_entry read[MMU_ENTRIES], write[MMU_ENTRIES];
};

/* With va - base < bytes, the MMU_WIDEST bytes at va are at host address host + (va - base). All windows that are open
 * show the same piece of RAM, so that va + mmu.distance is the same. */
struct mmu_window {
    uint64_t base, bytes, host; /* bytes: 0: closed */
};
#define MMU_WIDEST 8

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
    codemap_word *word;   /* with host; NULL: not to be cached anywhere */
    uint64_t first, last; /* with host: pages of the piece of memory it is in */
    uint32_t flags;       /* BP_PHYS_* */
};
#define MMU_PAGES 2048

/* A page that code is fetched from. */
struct mmu_fetch {
    uint64_t va, pa; /* page addresses */
    uint64_t generation;
    uint32_t context;
};
#define MMU_FETCHES    512
#define MMU_FETCH_STEP 61  /* spaces that are laid out alike do not meet */
#define MMU_FILTER     512 /* words of a filter of pages: much more than what is to be told apart */

/* What is kept of an address space. Of the present one, `generations` is in struct mmu. */
struct mmu_space {
    uint64_t id, entered;               /* entered: when, counted in entries; 0: free */
    uint64_t stamps[MMU_CONTEXTS];      /* 0: none yet */
    uint64_t generations[MMU_CONTEXTS]; /* 0: none of its own */
};

/* Entries of the first level that are not global: slot, and MMU_ENTRIES in the write table. */
struct mmu_locals {
    uint32_t n; /* MMU_LOCALS + 1: too many */
    uint16_t slots[MMU_LOCALS];
};

/* Pages larger than 4 KiB, of one size: a filter by their address. */
struct mmu_large {
    uint64_t log2_size; /* 0: none */
    uint64_t bits[MMU_FILTER];
};
#define MMU_LARGES 2 /* sizes that are told apart; any page may be part of one of another size */

/* What must not depend on when code is looked at, lest one accelerator walks where another does not
 * (docs/internals/time.md), is kept apart from what does. */
enum mmu_kind { MMU_DATA, MMU_CODE, MMU_KINDS };

/* What only slow paths look at: too large to be near the CPU's state. */
struct mmu_far {
    struct mmu_walk walks[MMU_CONTEXTS][MMU_SETS][MMU_WAYS];
    struct mmu_page pages[MMU_PAGES];
    struct mmu_fetch fetches[MMU_FETCHES];
    struct mmu_space spaces[MMU_SPACES];
    struct mmu_locals locals[MMU_CONTEXTS];
    struct mmu_large larges[MMU_CONTEXTS][MMU_KINDS][MMU_LARGES];
    uint64_t fetched[MMU_CONTEXTS][MMU_FILTER]; /* filter: pages that were fetched from */
};

struct mmu_stats {
    uint64_t misses, slow, walks, flushes, page_flushes, mmio, code_hits, shootdowns;
};

struct mmu {
    struct mmu_machine *machine;
    const struct bp_cpu_class *cls;
    void *state;
    uint32_t index, ncontexts;
    struct mmu_window windows[MMU_CONTEXTS][2]; /* for reading; for writing */
    uint64_t
        distance; /* from physical addresses of the RAM in windows to the host's; changed by walks only */
    uint64_t piece_bytes; /* of that RAM */
    struct mmu_tlb *tlbs; /* ncontexts of them, zeroed by the caller before mmu_init() */
    struct mmu_far *far;  /* zeroed by the caller as well */
    /* Bits per context: */
    uint32_t touched; /* something is in it, on either level, of whatever space */
    uint32_t filled;  /* something is in its first level */
    uint32_t fetched; /* code was fetched there ... */
    uint32_t
        local; /* ... under the present generation by mappings that are not global, so that it is
                       * this space's */
    uint32_t large[MMU_KINDS]; /* pages larger than 4 KiB are known ... */
    uint32_t huge[MMU_KINDS];  /* ... and of too many sizes */
    uint32_t next_way;
    uint64_t stamps[MMU_CONTEXTS], globals[MMU_CONTEXTS], next_stamp; /* never the same twice */
    uint64_t generations[MMU_CONTEXTS], next_generation;
    uint64_t
        commons[MMU_CONTEXTS]; /* generation of spaces without code of their own; 0: none yet */
    struct mmu_space *space;   /* the present one; NULL: it has no name */
    uint32_t spaced;           /* contexts that spaces are entered for */
    uint64_t entries;          /* of spaces */
    struct bp_fault fault;     /* what MMU_FAULT refers to */
    struct reservation reservation;
    struct world_cpu world;
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

/* An LR and the SC behind it as a compare-and-swap: no reservation is held between them, but what was
 * loaded is in mmu->reservation, and becomes `value` if memory still has it. */
int mmu_expect(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value);
int mmu_swap(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value,
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

/* --- spaces.c: forgetting -------------------------------------------------------------------- */

/* As in struct bp_vcpu_api. */
void mmu_enter_space(struct mmu *mmu, uint32_t contexts, uint64_t id);
void mmu_flush_space(struct mmu *mmu, uint32_t contexts, uint64_t id, const uint64_t *va);

/* Forgets translations, of all spaces: of contexts in the bit set; of one address in all contexts;
 * of everything, physical map included; the write entries of one physical page. */
void mmu_flush(struct mmu *mmu, uint32_t contexts);
void mmu_flush_page(struct mmu *mmu, uint64_t va);
void mmu_flush_map(struct mmu *mmu);
void mmu_drop_writes(struct mmu *mmu, uint64_t pa);

/* Notes that the page around va in `context` is part of one of 2^log2_size bytes: forgetting any
 * address of it forgets all. */
void mmu_note_large(struct mmu *mmu, enum mmu_kind kind, uint32_t context, uint64_t va,
                    uint32_t log2_size);
/* Notes that code is fetched from va, by a mapping of BP_PROT_*. */
void mmu_note_fetch(struct mmu *mmu, uint32_t context, uint64_t va, uint32_t prot);

/* Counts generations from 1 again. Nothing that was made under an earlier one may be left. */
void mmu_restart_generations(struct mmu *mmu);

/* --- windows.c ------------------------------------------------------------------------------- */

/* After a walk: as far as it tells. */
void mmu_open_windows(struct mmu *mmu, uint32_t context, const struct bp_walk *walk);
/* Of contexts in the bit set. */
void mmu_close_windows(struct mmu *mmu, uint32_t contexts);
/* The page is in no window for writing any more. */
void mmu_split_windows(struct mmu *mmu, uint64_t pa);

/* --- softmmu.c ------------------------------------------------------------------------------- */

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
              const struct mmu_found *found, const struct mmu_page *page);
int mmu_raise(struct mmu *mmu, uint32_t type, uint32_t kind, uint32_t cause, uint64_t va);

#endif
