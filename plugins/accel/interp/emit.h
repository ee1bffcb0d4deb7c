/* SPDX-License-Identifier: Apache-2.0
 *
 * emit.h - the state of turning one block of IR into records; shared by emit*.c.
 */
#ifndef INTERP_EMIT_H
#define INTERP_EMIT_H

#include "handlers.h"
#include "interp.h"

#define EMIT_TRACKED (64 + BP_IR_TEMPS) /* registers 0..63 and temporaries */

struct emit {
    struct bp_vcpu *v;
    const struct interp_source *source;
    struct rec *recs;
    uint16_t ids[INTERP_RECS]; /* enum interp_handler of each record, until emit_exits() */
    uint32_t n;                /* records so far */
    uint32_t insn;             /* index of the instruction at hand ... */
    uint32_t start;            /* ... and of its first record */
    int calls;                 /* it calls a CONTROL helper: what follows may not be linked */
    uint32_t loose;            /* index + 1 of its last record that can ask to leave; 0: none */
    uint8_t known[EMIT_TRACKED];
    int64_t value[EMIT_TRACKED];  /* of known ones */
    uint8_t leader[INTERP_INSNS]; /* reached by a branch of the block itself */
    uint16_t first[INTERP_INSNS]; /* first record of each instruction */
    struct {
        uint16_t rec;
        uint8_t insn;
    } inside[INTERP_INSNS * 2]; /* branches to instructions of the block */
    uint32_t ninside;
    struct {
        uint16_t rec;
        uint8_t plain;
        int32_t disp;
    } outside[INTERP_INSNS * 2]; /* branches that need an exit */
    uint32_t noutside;
};

/* emit.c */
struct rec *emit_rec(struct emit *e, uint32_t handler);
uint16_t emit_source(const struct emit *e, uint16_t operand);
uint16_t emit_target(const struct emit *e, uint16_t operand);
void emit_constant(struct emit *e, uint16_t d, int64_t value); /* d: operand */
void emit_forget(struct emit *e, uint16_t d);                  /* d is no longer a known constant */
int emit_known(const struct emit *e, uint16_t operand, int64_t *value);

/* fuse.c: before emit_exits() */
void emit_fuse(struct emit *e);

/* emit_int.c */
void emit_integer(struct emit *e, const struct bp_ir_op *op);
/* emit_exit.c: branches and all that ends a block */
void emit_branch(struct emit *e, const struct bp_ir_op *op);
void emit_goto(struct emit *e, int64_t imm);
void emit_jump(struct emit *e, const struct bp_ir_op *op);
/* An indirect jump whose address the instruction computes itself. 1: done. */
int emit_computed_jump(struct emit *e, const struct bp_ir_op *ops, uint32_t nops);
void emit_find_leaders(struct emit *e);
void emit_exits(struct emit *e);

#endif
