/* SPDX-License-Identifier: Apache-2.0
 *
 * interp.h - the interpreter's own structures: machine, vCPU, blocks and the pre-decoded records
 * they consist of. docs/internals/interp.md walks through them.
 *
 * One allocation per vCPU, `v` pointing into its middle:
 *
 *     [tables of context 0] .. [tables of n-1] [jump cache] | struct bp_vcpu | [state of the CPU]
 *                                                           ^ v
 *
 * Records address guest registers, temporaries and the zero slot with 16-bit offsets from v, and a
 * context's tables with a (negative) 32-bit offset.
 */
#ifndef INTERP_H
#define INTERP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <backplane/accel.h>
#include <backplane/trace.h>

#include "../common/softmmu.h"

/* One step of the interpreter. */
struct rec {
    const void *handler; /* label in interp_exec() */
    union {
        struct {
            uint16_t d, a; /* operands: offsets from v */
            union {
                struct {
                    uint16_t b, c;
                };
                int32_t table; /* loads and stores: offset of the context's struct mmu_tlb from v */
                uint32_t high; /* upper half of a 64-bit constant */
            };
        };
        uint64_t target; /* exits: guest address */
    };
    int32_t imm;   /* constant; or bytes from this record to the one to continue with */
    uint16_t self; /* index of the record in its block */
    uint8_t insn;  /* index of its (first) guest instruction, or INTERP_STUB */
    int8_t n;      /* branches: instructions to count when taken; memory: low byte of x */
};
_Static_assert(sizeof(struct rec) == 24, "records are packed");

/* Pairs of accesses have 16 bits for the distance of the context's tables, in this unit. */
#define INTERP_TABLE_UNIT 16
_Static_assert(sizeof(struct mmu_tlb) % INTERP_TABLE_UNIT == 0,
               "tables lie at multiples of the unit");

#define INTERP_STUB  0xff /* rec.insn of the exits behind a block: nothing left to count */
#define INTERP_INSNS 64   /* guest instructions per block; rec.n and rec.insn have to hold it */
#define INTERP_BYTES 256  /* code bytes per block */
#define INTERP_RECS  (INTERP_INSNS * (BP_IR_OPS_PER_INSN + 4) + 8)

/* A translated block; its records follow, then ninsns + 1 offsets of instructions. Lives in the
 * vCPU's arena until that is emptied as a whole; a dead one is unlinked from all tables and its
 * first record leads to a look-up. */
struct block {
    uint64_t va;
    uint64_t key;       /* vcpu.key under which it may be entered; 0: never without a look-up */
    uint64_t pa;        /* of the first byte */
    uint64_t pa2;       /* page of the last instruction's rest if it crosses, else INTERP_NO_PAGE */
    uint64_t mode;      /* INTERP_MODE part of the key */
    struct block *next; /* in its bucket */
    struct block *next_cross; /* in its bucket of crossing blocks */
    uint16_t bytes, nrecs;
    uint8_t ninsns;
    uint8_t cached; /* may be found again; else it runs once */
    uint8_t dead;
    uint8_t reserved;
    uint32_t heat;      /* with a tier: how often it is yet to be entered until it is hot */
    const void *native; /* with a tier: where jumps of translated code enter; never NULL then */
    void *upper;        /* the tier's own; NULL at first */
    struct rec recs[];
};
#define INTERP_NO_PAGE (~0ull)

/* A key is the mode a block was translated for and the generation of fetch mappings it was last
 * checked under. */
#define INTERP_MODE         ((1ull << 37) - 1)
#define INTERP_MODE_CONTEXT 32
#define INTERP_MODE_SINGLE                                                                         \
    (1ull << 36) /* one instruction, never linked: single steps, ends of budgets */
#define INTERP_GENERATION 37

#define INTERP_JUMPS   4096 /* entries of the jump cache */
#define INTERP_CROSSES 64

/*
 * What a translator puts on top of the interpreter, which then runs the code that is not worth
 * translating. All [vcpu], RUNNING, with the guest's floating-point state in place.
 */
struct interp_tier {
    uint32_t heat; /* a block is hot when it was entered so often */
    /* Room for translated code, after the block cache was made. BP_OK or BP_E_NOMEM. */
    int32_t (*start)(struct bp_vcpu *v);
    void (*stop)(struct bp_vcpu *v);
    const void *(*unentered)(struct bp_vcpu *v); /* block.native of blocks without code */
    /* The block at v's pc became hot: give it code, if possible. May empty the cache. */
    void (*hot)(struct bp_vcpu *v, struct block *block);
    /* Runs the block's code and what it links to. As interp_next(). */
    const struct rec *(*enter)(struct bp_vcpu *v, struct block *block);
    void (*kill)(struct bp_vcpu *v, struct block *block); /* its code may be running */
    void (*emptied)(struct bp_vcpu *v);                   /* all blocks are gone */
    uint64_t (*used)(const struct bp_vcpu *v); /* bytes of the code cache that it fills */
};

struct interp_stats {
    uint64_t translated, insns, lookups, links, invalidated, emptied, code_bytes;
    /* Of a tier. */
    uint64_t host_blocks, regions, host_bytes, host_links, host_enters, host_ns, region_ns;
    uint64_t exits_link, exits_poll, exits_jump, exits_block, exits_call;
};

struct interp {
    uint64_t cache; /* property: bytes of code cache for all vCPUs */
    uint8_t verify; /* property: check the IR of every block */
    struct bp_dev *dev;
    const struct bp_error_api *error; /* may be NULL */
    struct mmu_machine machine;
    uint32_t ready; /* machine has been set up */
    uint32_t nvcpus, room;
    struct bp_vcpu **vcpus;
    uint64_t *breakpoints; /* addresses, in no order */
    uint32_t nbreakpoints;
    const struct interp_tier *tier; /* NULL: none */
};

struct interp_scratch; /* translate.c */
struct bp_ir_builder;

struct bp_vcpu {
    uint64_t zero;  /* reads as 0 */
    uint64_t sink;  /* takes unused results */
    uint64_t konst; /* constants too wide for a record */
    uint64_t temps[BP_IR_TEMPS];
    uint64_t key;     /* blocks may be entered if theirs is the same */
    uint64_t pc_mask; /* 32-bit CPUs: addresses wrap */
    uint64_t count;   /* retired instructions; exact whenever interp_exec() calls out */
    uint64_t *pc;     /* in the state */
    void *state;
    const struct bp_cpu_class *cls;
    struct mmu mmu; /* mmu.world.poll is what back-edges look at */
    uint32_t leave; /* leave the block after this instruction */
    uint32_t ask; /* call poll() before the next block: an instruction may have enabled something */
    uint32_t fp_host; /* of fp_begin() */
    int32_t result;   /* of run(), when interp_next() returns NULL */
    /* With a budget: `count` at which it is spent, moved closer by instructions that `count`
     * leaves out; what entries of blocks compare with, 0 when they have to leave; what was
     * given. */
    uint64_t end, gate, given;
    uint8_t budgeted;

    struct interp *interp;
    const struct interp_tier *tier; /* NULL: none */
    void *translator;               /* of the tier, from start() to stop() */
    uint64_t *fflags;               /* in the state */
    const uint32_t *mode, *fetch_context;
    uint64_t steps; /* single steps left */
    uint8_t stepping;
    uint8_t failed; /* the host failed; run() cannot go on */
    uint8_t broke;  /* a breakpoint instruction was reported */
    _Atomic uint8_t in_run;
    _Atomic(pthread_t) runner; /* in_run: by this thread */
    uint8_t at_breakpoint;
    uint64_t resume_pc; /* with at_breakpoint: the breakpoint here has been reported */

    /* Code cache. */
    uint8_t *arena;
    uint64_t arena_size, arena_used; /* size: of the cache, which the tier takes its part of */
    uint64_t epoch;                  /* times it was emptied */
    struct block **buckets;          /* by granule of the physical address */
    uint32_t bucket_mask;
    struct block *crosses[INTERP_CROSSES]; /* by second page */
    struct interp_scratch *scratch;
    struct interp_stats stats;
    uint16_t *reg_offsets; /* of IR registers, from v */
    void *memory;          /* the allocation */
    size_t memory_size;
};

#define INTERP_JUMP_CACHE(v) ((struct block **)(v)-INTERP_JUMPS)

static inline uint64_t interp_jump_slot(uint64_t pc)
{
    return ((pc ^ pc >> 12) >> 1) & (INTERP_JUMPS - 1);
}

static inline struct block *interp_block(const struct rec *rec)
{
    return (struct block *)((char *)(rec - rec->self) - offsetof(struct block, recs));
}

/* Offsets of the instructions from block->va, and of the end behind the last. */
static inline uint16_t *interp_offsets(struct block *block)
{
    return (uint16_t *)&block->recs[block->nrecs];
}

/* --- exec.c: the loop ------------------------------------------------------------------------ */

/* Runs from the state's pc until interp_next() returns NULL. */
void interp_exec(struct bp_vcpu *v);
/* Label of each enum interp_handler; filled in by interp_exec(NULL). */
extern const void *interp_handlers[];

/* --- run.c: between blocks ------------------------------------------------------------------- */

/* The record to go on with at the state's pc, after polls, look-up, translation and faults; NULL:
 * leave run(). */
const struct rec *interp_next(struct bp_vcpu *v);
/* The same for an exit that was not linked, and links it. */
const struct rec *interp_link(struct bp_vcpu *v, struct rec *exit);
/* Delivers v->mmu.fault. */
void interp_fault(struct bp_vcpu *v);
int32_t interp_run(struct bp_vcpu *v);
void interp_request_leave(struct mmu *mmu);
/* [any]. Raises WORLD_POLL_* bits; with a budget, by the vCPU's own thread, at once. */
void interp_raise(struct bp_vcpu *v, uint32_t bits);
/* The block starts at a breakpoint. 1: stop here, v->result is set. */
int interp_breakpoint_hit(struct bp_vcpu *v, uint64_t pc);

/* Brackets around code that is not the guest's: the floating-point state. */
void interp_outside(struct mmu *mmu);
void interp_inside(struct mmu *mmu);

static inline struct bp_vcpu *interp_of(struct mmu *mmu)
{
    return (struct bp_vcpu *)((char *)mmu - offsetof(struct bp_vcpu, mmu));
}

/* --- slow.c: accesses, called by handlers with a status of enum interp_status ---------------- */

enum interp_status {
    INTERP_OK,
    INTERP_FAULT, /* v->mmu.fault */
    INTERP_LEAVE, /* done, but leave the block after this instruction */
    INTERP_GONE   /* a helper set the pc */
};

/* Kind of a load or store: BP_T_* is the type. The slot at offset `reg` is read or written. */
int interp_load(struct bp_vcpu *v, uint64_t va, uint32_t type, uint32_t x, uint32_t reg);
int interp_store(struct bp_vcpu *v, uint64_t va, uint32_t type, uint32_t x, uint32_t reg);
int interp_atomic(struct bp_vcpu *v, const struct rec *rec);          /* c: op | type << 8 */
uint64_t interp_call_value(struct bp_vcpu *v, const struct rec *rec); /* c: index of the helper */
int interp_call_control(struct bp_vcpu *v, const struct rec *rec);
/* Sets the state's pc to instruction `insn` of the record's block. */
void interp_set_pc(struct bp_vcpu *v, const struct rec *rec, uint32_t insn);

/* --- blocks.c: the code cache ---------------------------------------------------------------- */

int32_t interp_cache_init(struct bp_vcpu *v, uint64_t bytes);
void interp_cache_finish(struct bp_vcpu *v);
/* The block for (va, pa, mode), or NULL. */
struct block *interp_cache_find(struct bp_vcpu *v, uint64_t va, uint64_t pa, uint64_t mode);
/* Room for a block; may empty the cache. NULL: larger than the cache. */
struct block *interp_cache_alloc(struct bp_vcpu *v, uint32_t nrecs, uint32_t ninsns);
void interp_cache_insert(struct bp_vcpu *v, struct block *block);
void interp_cache_empty(struct bp_vcpu *v);
uint64_t interp_cache_room(const struct bp_vcpu *v); /* bytes that blocks and tier may yet take */
int interp_cache_forget(struct mmu *mmu, uint64_t pa, uint64_t bytes); /* mmu.forget_code */

/* --- translate.c, emit.c --------------------------------------------------------------------- */

int32_t interp_scratch_init(struct bp_vcpu *v);
void interp_scratch_finish(struct bp_vcpu *v);
/* Makes the block at (va, pa). NULL: v->mmu.fault has been noted, or v->failed is set. */
struct block *interp_translate(struct bp_vcpu *v, uint64_t va, uint64_t pa, int whole);

/* The same up to the IR, for a tier: BP_OK, BP_E_FAULT or worse, as above. The IR stays until the
 * next call. [vcpu], OUT. `cacheable`: it may be kept. */
int32_t interp_decode(struct bp_vcpu *v, uint64_t va, uint64_t pa, int whole,
                      struct bp_ir_builder *ir, int *cacheable);

/* Turns IR into records. `recs` has INTERP_RECS of room. Returns how many. */
struct interp_source {
    const struct bp_ir_op *ops;
    const struct bp_ir_insn *insns;
    uint32_t nops, ninsns;
    uint64_t va;
    int single;     /* for single steps: exits that never link */
    int breakpoint; /* starts with a check */
};
uint32_t interp_emit(struct bp_vcpu *v, const struct interp_source *source, struct rec *recs);

/* --- class.c: the vCPU's face towards the CPU class ------------------------------------------ */

extern const struct bp_vcpu_api interp_vcpu_api;
extern const struct bp_accel_class interp_class;
int32_t interp_vcpu_create(void *self, uint32_t index, const struct bp_cpu_class *cls,
                           struct bp_vcpu **vcpu, void **state);
void interp_vcpu_destroy(struct bp_vcpu *v);
int32_t interp_first_run(struct bp_vcpu *v); /* makes the code cache */
void interp_error(struct interp *interp, const char *property, const char *text);

#endif
