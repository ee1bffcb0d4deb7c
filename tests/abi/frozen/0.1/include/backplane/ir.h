/* SPDX-License-Identifier: Apache-2.0
 *
 * ir.h - the IR: how a CPU plug-in tells an accelerator what guest code means. Tier X (see ABI.md).
 *
 * A block is a linear list of 16-byte ops for consecutive guest instructions, with one entry and several exits.
 * It is independent of the virtual address it runs at: addresses are relative to the block's first byte. An
 * operand is a guest register, a block temporary or a constant; guest registers are first class, so that a RISC
 * instruction is normally one op.
 *
 * Slots: every guest register and temporary is 64 bits wide. A guest register declared with 32 bits (struct
 * bp_cpu_reg) may appear only in 32-bit operations, as address base with BP_MEM_ADDR32, or as store data; its
 * upper half is the sign extension, as S32 writes it.
 *
 * Faults are exact: an op that may leave the block (memory, helper) sees all effects of the instructions before
 * its own and none of its own, so a translator puts the writes of an instruction last.
 */
#ifndef BACKPLANE_IR_H
#define BACKPLANE_IR_H

#include <backplane/abi.h>

BP_BEGIN

#define BP_IR_MAJOR 0

enum bp_ir_opcode_ { /* names only; the ABI field is a uint8_t */
#define BP_IR_OP(number, NAME, text, format, types) BP_IR_##NAME = number,
#include <backplane/ir_ops.def>
#undef BP_IR_OP
                     BP_IR_NONE = 0
};

/* Types. */
#define BP_T_I64 0
#define BP_T_S32 1
#define BP_T_U32 2
#define BP_T_F32 3
#define BP_T_F64 4
#define BP_T_U8  5 /* memory only, as the next three */
#define BP_T_S8  6
#define BP_T_U16 7
#define BP_T_S16 8

/* Operands. Guest register i of the CPU's IR register list is i itself. */
#define BP_IR_REG_MAX 0x3fff
#define BP_IR_TEMP                                                                                 \
    0x4000 /* + n: temporary n of the block, n < BP_IR_TEMPS; lives within one instruction */
#define BP_IR_TEMPS 32
#define BP_IR_ZERO  0x8000 /* reads as 0; never a destination */
#define BP_IR_IMM   0x8001 /* operand b only: the value is `imm` */

struct bp_ir_op {
    uint8_t op, type;
    uint16_t d, a, b;
    union {
        int64_t imm;
        struct {
            int32_t
                disp; /* displacement, branch target, helper constant; SET: the constant when b is IMM */
            uint16_t c; /* third source, or condition */
            uint16_t x; /* flags of the op */
        };
    };
};

/* Formats (column of ir_ops.def): which fields count. "y" is b, or `imm` when b is IMM.
 *   DY d,y · DAY d,a,y · DA d,a · DAX d,a,x · DABX d,a,b,x · DABCX d,a,b,c,x · DABC SET: d,a,b|disp, c=condition
 *   DABSEL d,a,b,c · DI d,imm · D d · Y y · I imm · X x · AX a,x · DAIX d,a,x · NONE
 *   LOAD d,[a+disp],x · STORE [a+disp],b,x · AMO d,[a+disp],b,x · BRANCH a,b,c=condition,disp
 *   HELPER d,a,b,disp,c=0,x=helper; d, a and b may be ZERO (unused) */

/* Conditions (SET, BR), compared in the op's type. */
#define BP_CC_EQ  0
#define BP_CC_NE  1
#define BP_CC_LT  2 /* signed */
#define BP_CC_GE  3
#define BP_CC_LTU 4 /* unsigned */
#define BP_CC_GEU 5

/* x of memory ops: the low nibble is the memory context (struct bp_cpu_class.ncontexts). */
#define BP_MEM_CONTEXT 0x000fu
#define BP_MEM_ADDR32  0x0010u /* the address is modulo 2^32, zero-extended */
#define BP_MEM_BOX     0x0020u /* F32 load: write all ones above */
#define BP_MEM_ALIGNED                                                                             \
    0x0040u /* a misaligned address faults with BP_FAULT_MISALIGNED instead of working */
#define BP_MEM_BIG     0x0080u /* big-endian data */
#define BP_MEM_ACQUIRE 0x0100u
#define BP_MEM_RELEASE 0x0200u
/* Atomics (LR, SC, AMO*) are always aligned. */

/* x of FENCE: which earlier accesses are ordered before which later ones. */
#define BP_FENCE_RR 1u
#define BP_FENCE_RW 2u
#define BP_FENCE_WR 4u
#define BP_FENCE_WW 8u

/* x of floating-point ops. */
#define BP_RM_RNE  0u
#define BP_RM_RTZ  1u
#define BP_RM_RDN  2u
#define BP_RM_RUP  3u
#define BP_RM_RMM  4u /* to nearest, ties away from zero */
#define BP_RM_MASK 7u
#define BP_FP_BOX  0x0008u /* F32 slots are NaN-boxed: a badly boxed source is the canonical NaN */
#define BP_FP_INT_S32                                                                              \
    0x0000u /* FCVTFI, FCVTIF: the integer type; 32-bit results are sign-extended */
#define BP_FP_INT_U32  0x0010u
#define BP_FP_INT_S64  0x0020u
#define BP_FP_INT_U64  0x0030u
#define BP_FP_INT_MASK 0x0030u

/* x of JMP. */
#define BP_JMP_PLAIN  0u
#define BP_JMP_CALL   1u /* the next instruction's address is pushed as a return address */
#define BP_JMP_RETURN 2u /* returns to the newest pushed one, probably */

/* A guest instruction of the block, in order. */
struct bp_ir_insn {
    uint32_t first_op;  /* index of its first op; an instruction may have none */
    uint16_t pc_offset; /* bytes from the start of the block */
    uint8_t length;     /* bytes */
    uint8_t flags;      /* BP_INSN_* */
};
#define BP_INSN_CALL 1u /* GOTO/BR that ends it is a call: push the return address */

#define BP_IR_OPS_PER_INSN 24 /* the most ops one instruction may emit */

/*
 * Where translate() writes. The accelerator owns the arrays and gives room for max_insns instructions, each with
 * BP_IR_OPS_PER_INSN ops, plus one GOTO. One builder is used by one thread.
 */
struct bp_ir_builder {
    uint32_t size, flags;
    struct bp_ir_op *ops;
    struct bp_ir_insn *insns;
    uint32_t nops, ninsns;
    uint32_t max_insns;
    uint32_t mode; /* the CPU's mode word the block is for */
    uint64_t pc;   /* guest virtual address of the block */
    void *ctx;
    /* Reads 2 bytes of guest code at pc + offset (little-endian value), through the CPU's own translation for
     * fetches. BP_E_FAULT: not fetchable; if this is the first instruction, translate() returns
     * BP_E_FAULT and the accelerator raises the fault it noted; else the block ends before it. */
    int32_t (*fetch16)(void *ctx, uint32_t offset, uint16_t *code);
};

#define BP_BUILDER_SINGLE 1u /* flag: translate exactly one instruction */

BP_END
#endif
