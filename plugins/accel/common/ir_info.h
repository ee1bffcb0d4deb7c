/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_info.h - what ir_ops.def says about each IR operation, as tables: for the verifier, the text
 * form, accelerators and tests. Read-only data; every function may be called from any thread.
 */
#ifndef ACCEL_IR_INFO_H
#define ACCEL_IR_INFO_H

#include <backplane/ir.h>

/* The format column of ir_ops.def; see the list in ir.h. */
enum ir_format {
    IR_F_DY,
    IR_F_DAY,
    IR_F_DA,
    IR_F_DAX,
    IR_F_DABX,
    IR_F_DABCX,
    IR_F_DABC,
    IR_F_DABSEL,
    IR_F_DI,
    IR_F_D,
    IR_F_Y,
    IR_F_I,
    IR_F_X,
    IR_F_AX,
    IR_F_DAIX,
    IR_F_NONE,
    IR_F_LOAD,
    IR_F_STORE,
    IR_F_AMO,
    IR_F_BRANCH,
    IR_F_HELPER,
    IR_FORMATS
};

/* Which fields of struct bp_ir_op an op of some format uses. Fields it does not use are zero. */
#define IR_USE_D      0x001u /* d is a destination: a register or temporary */
#define IR_USE_A      0x002u /* a is a source: register, temporary or ZERO */
#define IR_USE_B      0x004u /* b is a source */
#define IR_USE_C      0x008u /* c is a source */
#define IR_USE_BIMM   0x010u /* b may be BP_IR_IMM: the constant is `imm` */
#define IR_USE_BIMM32 0x020u /* b may be BP_IR_IMM: the constant is `disp` */
#define IR_USE_IMM    0x040u /* imm counts in any case */
#define IR_USE_DISP   0x080u /* disp counts in any case */
#define IR_USE_COND   0x100u /* c is a condition, BP_CC_* */
#define IR_USE_X      0x200u /* x counts */
#define IR_USE_DZERO  0x400u /* d may be BP_IR_ZERO: the result is dropped */

/* What an op does besides computing. */
#define IR_DOES_END    0x01u /* always leaves the block */
#define IR_DOES_BRANCH 0x02u /* may leave it for another address */
#define IR_DOES_MEMORY 0x04u /* accesses guest memory and may fault */
#define IR_DOES_ATOMIC 0x08u /* LR, SC, AMO*: aligned, atomic */
#define IR_DOES_CALL   0x10u /* helper */
#define IR_DOES_FP     0x20u /* x is BP_RM_*, BP_FP_*; or it touches the accrued exceptions */
#define IR_DOES_ROUND  0x40u /* the rounding mode in x counts */

struct ir_info {
    const char *text;  /* "add"; NULL: no such op */
    const char *types; /* letters of ir_ops.def; see ir_type_allowed() */
    uint16_t uses;     /* IR_USE_*, of the format */
    uint8_t format;    /* enum ir_format */
    uint8_t does;      /* IR_DOES_* */
};

#define IR_OPS        256
#define IR_TYPES      9
#define IR_CONDITIONS 6

extern const struct ir_info ir_infos[IR_OPS];     /* by opcode; unused numbers have text NULL */
extern const char *const ir_type_names[IR_TYPES]; /* "i64" "s32" ... */
extern const char *const ir_condition_names[IR_CONDITIONS]; /* "eq" ... */
extern const uint8_t ir_type_bytes[IR_TYPES];               /* size in memory: 8, 4, ... */

/* Does this op (a known one) exist for BP_T_* `type`? Any number is safe. */
int ir_type_allowed(const struct ir_info *info, uint32_t type);

/* The op of this name (not terminated, `length` bytes), or BP_IR_NONE. */
uint8_t ir_op_by_name(const char *text, uint32_t length);

/* The registers and temporaries an op reads, without ZERO and constants. Returns how many, 0..3. */
uint32_t ir_reads(const struct bp_ir_op *op, uint16_t operands[3]);

/* The register or temporary it writes; BP_IR_ZERO: none. A CALL may change more, see its helper. */
uint16_t ir_writes(const struct bp_ir_op *op);

#endif
