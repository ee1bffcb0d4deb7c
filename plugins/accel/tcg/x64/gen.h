/* SPDX-License-Identifier: Apache-2.0
 *
 * gen.h - IR to x86-64, one block at a time: what the gen_*.c files share.
 *
 * Host registers: rbp is the base, somewhere in the CPU's state so that guest registers have short
 * displacements; rax, rcx, rdx and xmm0, xmm1 are scratch; the other general registers hold guest
 * registers (tcg_code.host_of), the same in all code. Such a guest register is either in its host
 * register or in its slot, never in both; the stubs (stubs.c) move them. Floats are in their slots
 * always, and in xmm2 and up as well where that helps (gen_xmm.c).
 */
#ifndef TCG_X64_GEN_H
#define TCG_X64_GEN_H

#include "../../common/ir_info.h"
#include "../host.h"
#include "asm.h"

#define GEN_TRACKED (TCG_REGS + BP_IR_TEMPS)
#define GEN_FLOATS  14 /* host registers for them */
#define DEAD_STUB   15 /* bytes in front of an entry: leaves with the block's pc */
#define ENTRY_NOP   2  /* bytes at an entry that may be overwritten: host_kill(), host_redirect() */

/* Code that is rarely run, placed behind the block. */
struct cold {
    struct label in, out;
    struct tcg_site *site;     /* calls it, then goes on at `out` ... */
    const struct bp_ir_op *op; /* COLD_TABLE: the access; its site if that misses */
    struct tcg_exit *exit;     /* ... or leaves by it ... */
    uint32_t add;              /* ... or jumps on by a link: instructions to count first */
    uint16_t insn;             /* COLD_LOOP: goes on at this instruction ... */
    uint16_t from;             /* ... from this one */
    uint8_t kind;              /* enum cold_kind */
    uint8_t outside;           /* COLD_LEAVE: registers are as they are between blocks */
    uint8_t shares;            /* rdx is 0 at `out` */
    uint8_t held[GEN_FLOATS];  /* at `out`; COLD_LOOP: at the jump */
};
enum cold_kind { COLD_CALL, COLD_TABLE, COLD_LEAVE, COLD_LINK, COLD_LOOP };

/* What a host register has of the slot of its guest register. */
enum held { HELD_NOT, HELD_F32, HELD_F64 };

/* Which guest register lives in which host register: pins.c. */
#define PINS 11 /* host registers for them */
/* In place of a guest register. */
#define PIN_COUNT    0xfe /* v->count */
#define PIN_DISTANCE 0xfd /* v->mmu.distance */
struct pins {
    uint8_t host_of[TCG_REGS]; /* NO_REG: in its slot */
    uint8_t guest_of[16];      /* by host register; NO_REG: none */
    uint8_t dirty[16];         /* by host register: its slot does not have the value */
    uint8_t count;             /* host register of v->count; NO_REG: in its slot */
    uint8_t distance;          /* of v->mmu.distance; NO_REG: none */
};

/* A look at the TLB that several accesses share: rdx is the host address of `low`, or 0 if they have to look for
 * themselves. */
struct shared {
    const struct bp_ir_op *op; /* the first; NULL: none */
    int32_t low, high;         /* bytes that it was for, from the base */
    uint8_t write;
};

struct gen {
    struct code code;
    struct bp_vcpu *v;
    struct tcg_code *t;
    const struct tcg_unit *unit;
    uint64_t va;             /* that offsets count from */
    struct pins fixed, pins; /* between blocks; here */
    const void *leave, *thunk;
    uint32_t insn;
    uint32_t op, op_end; /* indices of the op at hand, and behind the instruction's last */
    int calls;           /* the instruction called a CONTROL helper: what follows is not linked */
    int loose;           /* a check is due at the end of the instruction */
    uint8_t known[GEN_TRACKED];
    int64_t value[GEN_TRACKED];
    uint8_t boxed[GEN_TRACKED]; /* holds a boxed F32 */
    uint8_t *leader;
    struct label *insns;
    uint8_t xmm_of[TCG_REGS];     /* which of the registers for floats, from 1; 0: none */
    uint8_t float_of[GEN_FLOATS]; /* the other way round */
    uint8_t held[GEN_FLOATS];
    uint8_t (*wanted)[GEN_FLOATS]; /* held by whoever comes to this instruction */
    struct shared shared;
    const struct bp_ir_op *swap; /* the SC of the last LR, if they are a compare-and-swap */
    struct tcg_exit *dead;       /* leaves with the block's pc */
    struct cold *colds;
    uint32_t ncolds, max_colds;
};

/* --- operands: gen.c ------------------------------------------------------------------------- */

/* From the base register. */
int32_t gen_offset(const struct gen *e, const void *field);
#define FIELD(e, member) rm_mem(RBP, gen_offset(e, &(e)->v->member))
/* From v, as the interpreter's records have it; results go to gen_target(). */
uint16_t gen_slot(const struct gen *e, uint16_t operand);
uint16_t gen_target(const struct gen *e, uint16_t operand);
/* Where a guest register or temporary is. */
struct rm gen_where(const struct gen *e, uint16_t operand);
struct rm gen_home(const struct gen *e, uint16_t operand); /* its slot, pinned or not */
int gen_pinned(const struct gen *e, uint16_t operand);     /* host register, or -1 */
/* Its host register may have anything above the low 32 bits, which is all that ops read of it. */
int gen_narrow(const struct gen *e, uint16_t operand);
int gen_known(const struct gen *e, uint16_t operand, int64_t *value);
void gen_learn(struct gen *e, uint16_t operand, int64_t value);
void gen_forget(struct gen *e, uint16_t operand);
/* The value of an operand in a register: its own, or `scratch` after loading it. */
uint32_t gen_get(struct gen *e, uint16_t operand, uint32_t scratch);
/* The same, always in `reg`. */
void gen_fetch(struct gen *e, uint16_t operand, uint32_t reg);
/* Where a result is to be computed, and its way home from there: type I64, S32 or U32. */
uint32_t gen_result(const struct gen *e, uint16_t d);
void gen_put(struct gen *e, uint16_t d, uint32_t type, uint32_t reg);

/* A new entry of the list of cold code; never NULL: when it is full, the code is. */
struct cold *gen_cold(struct gen *e, enum cold_kind kind);
struct tcg_site *gen_site(struct gen *e, const struct bp_ir_op *op,
                          int (*call)(struct bp_vcpu *, const struct tcg_site *));
/* Calls the site here, on the hot path. */
void gen_call_site(struct gen *e, const struct tcg_site *site);

/* --- registers: pins.c ----------------------------------------------------------------------- */

uint8_t pins_host(uint32_t i); /* in the order in which guest registers get them */
void pins_fixed(const struct tcg_code *t, struct pins *pins);
/* For a region, by how much its instructions use and whether they write registers; `counts`: v->count gets one, too,
 * `looks_out`: and v->mmu.distance, if there is one left. */
void pins_choose(const struct bp_vcpu *v, const uint32_t uses[TCG_REGS],
                 const uint8_t written[TCG_REGS], int counts, int looks_out, struct pins *pins);
/* From the slots, and to them; those that are where `but` has them stay. */
void pins_load(struct code *c, const struct bp_vcpu *v, const struct pins *pins,
               const struct pins *but);
void pins_store(struct code *c, const struct bp_vcpu *v, const struct pins *pins,
                const struct pins *but);

/* stubs.c: what leaves, and what calls sites, for code with such a map. */
const void *stub_leave(struct code *c, const struct bp_vcpu *v, const struct pins *pins);
const void *stub_thunk(struct code *c, const struct bp_vcpu *v, const struct pins *pins);

/* --- floats: gen_xmm.c ----------------------------------------------------------------------- */

/* `weights`: of the instructions, what using a register in them counts. */
void gen_choose_floats(struct gen *e, const uint32_t *weights);
int gen_is_float(const struct gen *e, const struct bp_ir_op *op, uint16_t operand);
/* Instructions `from` to `to` are a loop. */
void gen_want_floats(struct gen *e, uint32_t from, uint32_t to);
void gen_lose_float(struct gen *e, uint16_t operand); /* its slot changes */
void gen_lose_floats(struct gen *e);
/* Loads what is wanted and not held. */
void gen_hold(struct gen *e, const uint8_t *held, const uint8_t *wanted);
/* Where cold code comes back. */
void gen_rejoin(struct gen *e, struct cold *cold);
/* The value of a float: its own xmm register, or `scratch` after loading it. */
uint32_t gen_float(struct gen *e, uint16_t operand, int real, uint32_t scratch);
struct rm gen_float_rm(struct gen *e, uint16_t operand, int real); /* ... or its slot */
int gen_float_held(const struct gen *e,
                   uint16_t operand); /* an xmm register with its low bits; -1 */
/* Where a result is to be computed: its own xmm register, or 0. */
uint32_t gen_float_result(const struct gen *e, uint16_t d);
/* A result from an xmm register into its slot; box: with ones above an F32. */
void gen_float_put(struct gen *e, uint16_t d, int real, int box, uint32_t xmm);

/* --- one file each --------------------------------------------------------------------------- */

void gen_integer(struct gen *e, const struct bp_ir_op *op);
void gen_constant(struct gen *e, uint16_t d, int64_t value);
void gen_load(struct gen *e, const struct bp_ir_op *op);
void gen_store(struct gen *e, const struct bp_ir_op *op);
/* An access that was outside of the window, or could not share what others looked up. */
void gen_table(struct gen *e, const struct cold *cold);
/* Where cold code of an access comes back. */
/* Does the access look into a window, and that for itself alone? */
int gen_looks_out(const struct gen *e, const struct bp_ir_op *op);
void gen_unshared(struct gen *e, const struct cold *cold);
/* Does code for the op leave rdx as it is? */
int gen_shares(const struct bp_ir_op *op);
void gen_atomic(struct gen *e, const struct bp_ir_op *op);
/* rax = the host address of the access, rdx = its offset in the page; or off to `miss`. */
void gen_lookup(struct gen *e, const struct bp_ir_op *op, int write, struct label *miss);
void gen_fp(struct gen *e, const struct bp_ir_op *op);
/* Where jumps inside lead to; and the weights of instructions, by the loops they are in. */
void gen_find_leaders(struct gen *e, uint32_t *weights);
/* The fewest instructions that a loop goes round with. */
uint32_t gen_shortest_loop(struct gen *e);
void gen_find_wanted(struct gen *e);      /* the floats that loops want at their heads */
void gen_count(struct gen *e, int32_t n); /* adds to v->count */
/* At the entry: there has to be enough for the whole unit. */
void gen_budget(struct gen *e);
void gen_goto(struct gen *e, int64_t imm);
void gen_branch(struct gen *e, const struct bp_ir_op *op);
void gen_jump(struct gen *e, const struct bp_ir_op *op);
int gen_computed_jump(struct gen *e, const struct bp_ir_op *ops, uint32_t nops);
void gen_colds(struct gen *e);

#endif
