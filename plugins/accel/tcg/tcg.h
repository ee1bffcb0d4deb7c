/* SPDX-License-Identifier: Apache-2.0
 *
 * tcg.h - the translator's own structures. It is a tier on top of the interpreter (../interp):
 * blocks start as records, and those that become hot get host code. docs/internals/tcg.md walks
 * through it; host.h is what a back end for another host has to provide.
 *
 * Code, and everything else here, belongs to one vCPU and is touched by its thread only.
 */
#ifndef TCG_H
#define TCG_H

#include <stdio.h>

#include "../interp/interp.h"

/* A way out of translated code that can be linked to the block it leads to. */
struct tcg_exit {
    uint64_t target;       /* guest address */
    struct block *from;    /* NULL: never linked, or linked for good */
    uint32_t jump;         /* offset in the code of the 32-bit distance to patch */
    uint32_t count;        /* instructions to add to v->count */
    struct tcg_loop *loop; /* backwards: it counts; else NULL */
};

/* How hot a loop is, by the exit that leads back. */
struct tcg_loop {
    int32_t heat;      /* how often it is yet to be taken until the target gets a region */
    uint32_t counter;  /* offset in the code of what counts down ... */
    uint8_t counted;   /* ... and its bytes */
    uint8_t watched;   /* it was hot, and is being looked at ... */
    uint8_t to_region; /* taken when it is hot only: linked to nothing but a region */
    uint64_t since;    /* ... from this v->count on */
};

/* Ways out without an exit of their own; pc and count are set. */
extern const struct tcg_exit tcg_left_by_jump, tcg_left_for_block;

/* A place where translated code calls C. The function finds its operands in the slots of v and
 * leaves its results there; registers that live in host registers are in their slots meanwhile.
 * It returns 0 to go on, 1 to leave with pc and count set. */
struct tcg_site {
    int (*call)(struct bp_vcpu *v, const struct tcg_site *site);
    struct rec rec;    /* operands, as the interpreter has them */
    uint64_t pc, next; /* of the instruction, and of the one behind */
    uint16_t insn;     /* its index in the unit */
    uint16_t x;        /* of the IR op */
    uint8_t rest;      /* more of the instruction follows, with a check at its end */
    uint8_t type;      /* BP_T_* of a load or store */
    uint8_t op;        /* floating point: BP_IR_* */
    uint8_t reserved;
};

/* What is translated at once: a block, or a region of several (region.c). Instructions that follow
 * each other here do so in the guest, unless the first ends with a jump. */
struct tcg_insn {
    int32_t offset;    /* from the unit's va */
    uint32_t first_op; /* its ops' targets and constants count from the unit's va as well */
    uint16_t member;   /* the block it is of */
    uint8_t length;
    uint8_t reserved;
};
#define TCG_RETURNS 4
struct tcg_unit {
    struct block **members; /* the first is the one that is entered */
    const struct bp_ir_op *ops;
    const struct tcg_insn *insns;
    uint32_t nmembers, nops, ninsns;
    uint32_t entry; /* its first instruction */
    /* Of a region: where its calls come back to, as offsets, by computed jumps to what `link` holds. */
    int32_t returns[TCG_RETURNS];
    uint32_t nreturns;
    uint16_t link;
    uint8_t region;
    const void *own; /* of a region: the entry of the first block's own code */
};

#define TCG_REGS 64 /* IR registers that may live in host registers */

/* Per vCPU, behind bp_vcpu.translator. */
struct tcg_code {
    uint8_t *write, *run; /* the same memory, mapped twice: writable, and executable */
    uint32_t size, used;
    uint32_t first; /* bytes of the stubs in front of it all */
    uint32_t shown; /* from here on `write` has been in use since it was hidden */
    uint8_t *data;  /* sites and exits */
    uint32_t data_size, data_used;
    /* Stubs, as addresses to execute. */
    const void *enter, *leave, *leave_stored, *thunk, *unentered;
    uint8_t host_of[TCG_REGS];  /* guest register -> host register it lives in, or 0xff */
    uint8_t guest_of[TCG_REGS]; /* the guest registers that live in host registers ... */
    uint32_t npinned;           /* ... and how many */
    uint64_t narrow;            /* bits: guest registers of 32 bits, by number */
    int64_t base;               /* what the base register points to, from v */
    struct tcg_names *names;    /* of gdbjit.c; NULL: none */
};

static inline struct tcg_code *tcg_of(const struct bp_vcpu *v)
{
    return v->translator;
}

/* Optimisations, each a property. */
struct tcg_does {
    uint8_t pins, floats, constants, loops, links, jumps, regions, swaps, windows, narrow, checks;
};

#define TCG_LISTENERS 4

struct tcg {
    struct interp interp;   /* first: the interpreter sees its own instance */
    uint32_t hot, very_hot; /* properties */
    struct tcg_does does;
    uint8_t perf, gdb;
    const char *dump_path, *jitdump_path;
    const struct bp_trace_api *trace; /* may be NULL */
    FILE *dump, *map;                 /* NULL: none */
    struct jitdump *jitdump;          /* likewise */
    const struct tcg_listener *listeners[TCG_LISTENERS];
    uint32_t nlisteners; /* those that were asked for */
    struct interp_tier tier;
};

static inline const struct tcg_does *tcg_does(const struct bp_vcpu *v)
{
    return &((const struct tcg *)v->interp)->does;
}

extern const struct interp_tier tcg_tier;

/* Nanoseconds of a clock that only grows. */
uint64_t tcg_now(void);

/* Room in the data area, zeroed, 8-byte aligned. NULL: full. Valid until the cache is emptied. */
void *tcg_alloc(struct tcg_code *t, uint32_t bytes);

/* --- dump.c: who is told of translated code --------------------------------------------------- */

/* [main] Opens what the properties ask for. BP_E_*: interp_error() has been told what cannot be. */
int32_t tcg_listen(struct tcg *tcg);
void tcg_unlisten(struct tcg *tcg);
/* Tells them what was just translated; `ir`: a block's, NULL for a region. */
void tcg_dump(struct bp_vcpu *v, const struct tcg_unit *unit, const struct bp_ir_builder *ir,
              const void *entry);
/* All code of this vCPU is gone. */
void tcg_dump_forget(struct bp_vcpu *v);

/* Gives the block code, if possible. OUT. */
void tcg_translate(struct bp_vcpu *v, struct block *block);

/* --- region.c: what loops become ------------------------------------------------------------- */

/* Gives the block code of a region to enter, if there is a loop around it that is worth it: `per_round` instructions were
 * retired from one time that it went round to the next. Between blocks; the block is at v's pc. 1: it has one. */
int tcg_region_make(struct bp_vcpu *v, struct block *head, uint64_t per_round);
/* The block is being forgotten: so are the regions with its instructions. */
void tcg_region_forget(struct bp_vcpu *v, struct block *member);

/* --- slow.c: what sites call ----------------------------------------------------------------- */

int tcg_load(struct bp_vcpu *v, const struct tcg_site *site);
int tcg_store(struct bp_vcpu *v, const struct tcg_site *site);
int tcg_atomic(struct bp_vcpu *v, const struct tcg_site *site);
/* LR and SC of a compare-and-swap: what is expected, and where, is in v's reservation between them. */
int tcg_expect(struct bp_vcpu *v, const struct tcg_site *site);
int tcg_swap(struct bp_vcpu *v, const struct tcg_site *site);
int tcg_value(struct bp_vcpu *v, const struct tcg_site *site);      /* a VALUE helper */
int tcg_control(struct bp_vcpu *v, const struct tcg_site *site);    /* a CONTROL helper */
int tcg_leave(struct bp_vcpu *v, const struct tcg_site *site);      /* behind the instruction */
int tcg_exit_state(struct bp_vcpu *v, const struct tcg_site *site); /* EXIT */
int tcg_fp(struct bp_vcpu *v, const struct tcg_site *site); /* any op of ../interp/fp_ops.def */
int tcg_fflags(struct bp_vcpu *v, const struct tcg_site *site);
int tcg_fsetfl(struct bp_vcpu *v, const struct tcg_site *site);

#endif
