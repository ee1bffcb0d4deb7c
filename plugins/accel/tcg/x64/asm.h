/* SPDX-License-Identifier: Apache-2.0
 *
 * asm.h - an assembler for the x86-64 instructions that translated code uses. Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2: 2.1 to 2.3 for the formats, chapters 3 to 5
 * for the instructions.
 *
 * A struct code is a window of memory that is filled from the front. Writing past its end sets
 * `full` and drops the bytes; whoever made the window looks at it once, at the end. Jumps inside
 * the window go through labels, with 32-bit distances.
 *
 * Operands: a host register (0..15, or of xmm), or memory at [base + index + disp]. Functions are
 * named after what they emit; w is 1 for 64-bit operands and 0 for 32.
 */
#ifndef TCG_X64_ASM_H
#define TCG_X64_ASM_H

#include <stdint.h>
#include <string.h>

enum host_reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    NO_REG = 0xff
};

enum host_cc { /* Jcc, SETcc, CMOVcc */
               CC_O,
               CC_NO,
               CC_B,
               CC_AE,
               CC_E,
               CC_NE,
               CC_BE,
               CC_A,
               CC_S,
               CC_NS,
               CC_P,
               CC_NP,
               CC_L,
               CC_GE,
               CC_LE,
               CC_G
};

struct code {
    uint8_t *at;        /* where the next byte is written */
    const uint8_t *end; /* of the window */
    int64_t run_offset; /* from where it is written to where it is executed */
    int full;
};

/* A place in the code that jumps refer to; the list of those waiting runs through their distances. */
struct label {
    uint8_t *at;      /* where it is written; NULL: not placed yet */
    uint8_t *waiting; /* the last distance that waits */
};

static inline void asm_u8(struct code *c, uint32_t byte)
{
    if (c->at < c->end)
        *c->at++ = (uint8_t)byte;
    else
        c->full = 1;
}

static inline void asm_bytes(struct code *c, const void *bytes, uint32_t n)
{
    if ((uint64_t)(c->end - c->at) < n) {
        c->full = 1;
        return;
    }
    memcpy(c->at, bytes, n);
    c->at += n;
}

static inline void asm_u32(struct code *c, uint32_t value)
{
    asm_bytes(c, &value, 4);
}

static inline void asm_u64(struct code *c, uint64_t value)
{
    asm_bytes(c, &value, 8);
}

/* Where the next byte will be executed. */
static inline const uint8_t *asm_run(const struct code *c)
{
    return c->at + c->run_offset;
}

/* --- operands -------------------------------------------------------------------------------- */

/* The r/m side of an instruction. */
struct rm {
    uint8_t reg;   /* register, or base of memory */
    uint8_t index; /* NO_REG: none */
    uint8_t scale; /* log2 */
    uint8_t memory;
    int32_t disp;
};

static inline struct rm rm_reg(uint32_t reg)
{
    return (struct rm){.reg = (uint8_t)reg, .index = NO_REG};
}

static inline struct rm rm_mem(uint32_t base, int32_t disp)
{
    return (struct rm){.reg = (uint8_t)base, .index = NO_REG, .memory = 1, .disp = disp};
}

static inline struct rm rm_index(uint32_t base, uint32_t index, uint32_t scale, int32_t disp)
{
    return (struct rm){.reg = (uint8_t)base,
                       .index = (uint8_t)index,
                       .scale = (uint8_t)scale,
                       .memory = 1,
                       .disp = disp};
}

static inline int rm_is(struct rm rm, uint32_t reg)
{
    return !rm.memory && rm.reg == reg;
}

static inline void asm_modrm(struct code *c, uint32_t reg, struct rm rm)
{
    uint32_t mod = 2, low = rm.reg & 7;

    if (!rm.memory) {
        asm_u8(c, 0xc0 | (reg & 7) << 3 | low);
        return;
    }
    if (!rm.disp && low != 5) /* rbp and r13 have no form without a displacement */
        mod = 0;
    else if (rm.disp == (int8_t)rm.disp)
        mod = 1;
    if (rm.index != NO_REG || low == 4) { /* rsp and r12 need a SIB byte */
        asm_u8(c, mod << 6 | (reg & 7) << 3 | 4);
        asm_u8(c, (uint32_t)rm.scale << 6 | (rm.index == NO_REG ? 4 : rm.index & 7u) << 3 | low);
    } else {
        asm_u8(c, mod << 6 | (reg & 7) << 3 | low);
    }
    if (mod == 1)
        asm_u8(c, (uint8_t)rm.disp);
    else if (mod == 2)
        asm_u32(c, (uint32_t)rm.disp);
}

/* An opcode of one to three bytes, the mandatory prefix in bits 24 to 31, the escape 0F or 0F38 in
 * the upper bytes as written: 0x0faf, 0xf20f58 ... `byte`: registers 4 to 7 are spl to dil, not ah
 * to bh. */
static inline void asm_op(struct code *c, uint32_t prefix, uint32_t op, int w, uint32_t reg,
                          struct rm rm, int byte)
{
    uint32_t rex = (w ? 8u : 0) | (reg >> 1 & 4u) | (rm.reg >> 3 & 1u) |
                   (rm.index != NO_REG ? rm.index >> 2 & 2u : 0);

    if (prefix)
        asm_u8(c, prefix);
    if (rex || (byte && (reg >= 4 || (!rm.memory && rm.reg >= 4))))
        asm_u8(c, 0x40 | rex);
    if (op > 0xffff)
        asm_u8(c, op >> 16);
    if (op > 0xff)
        asm_u8(c, op >> 8 & 0xff);
    asm_u8(c, op & 0xff);
    asm_modrm(c, reg, rm);
}

#define ASM_RM(name, prefix, op)                                                                   \
    static inline void asm_##name(struct code *c, int w, uint32_t reg, struct rm rm)               \
    {                                                                                              \
        asm_op(c, prefix, op, w, reg, rm, 0);                                                      \
    }

ASM_RM(load, 0, 0x8b)  /* mov reg, r/m */
ASM_RM(store, 0, 0x89) /* mov r/m, reg */
ASM_RM(lea, 0, 0x8d)
ASM_RM(movzx8, 0, 0x0fb6)
ASM_RM(movsx8, 0, 0x0fbe)
ASM_RM(movzx16, 0, 0x0fb7)
ASM_RM(movsx16, 0, 0x0fbf)
ASM_RM(movsxd, 0, 0x63)
ASM_RM(imul, 0, 0x0faf)
ASM_RM(test, 0, 0x85)
ASM_RM(xchg, 0, 0x87)
ASM_RM(xadd, 0, 0x0fc1)    /* these two are atomic behind asm_lock() */
ASM_RM(cmpxchg, 0, 0x0fb1) /* with rax */
ASM_RM(lzcnt, 0xf3, 0x0fbd)
ASM_RM(tzcnt, 0xf3, 0x0fbc)
ASM_RM(popcnt, 0xf3, 0x0fb8)
ASM_RM(bts, 0, 0x0fab) /* bt family: r/m must be a register here, the count wraps then */
ASM_RM(btr, 0, 0x0fb3)
ASM_RM(btc, 0, 0x0fbb)
ASM_RM(bt, 0, 0x0fa3)

/* The eight basic operations; the number is their place in the opcode map. */
enum host_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

static inline void asm_alu(struct code *c, enum host_alu op, int w, uint32_t reg, struct rm rm)
{
    asm_op(c, 0, (uint32_t)op << 3 | 3, w, reg, rm, 0);
}

/* r/m op= reg */
static inline void asm_alu_to(struct code *c, enum host_alu op, int w, struct rm rm, uint32_t reg)
{
    asm_op(c, 0, (uint32_t)op << 3 | 1, w, reg, rm, 0);
}

static inline void asm_alu_imm(struct code *c, enum host_alu op, int w, struct rm rm, int32_t imm)
{
    int small = imm == (int8_t)imm;

    asm_op(c, 0, small ? 0x83 : 0x81, w, (uint32_t)op, rm, 0);
    if (small)
        asm_u8(c, (uint8_t)imm);
    else
        asm_u32(c, (uint32_t)imm);
}

static inline void asm_alu_imm8(struct code *c, enum host_alu op, struct rm byte, int32_t imm)
{
    asm_op(c, 0, 0x80, 0, (uint32_t)op, byte, 1);
    asm_u8(c, (uint8_t)imm);
}

enum host_shift { SHIFT_ROL = 0, SHIFT_ROR = 1, SHIFT_SHL = 4, SHIFT_SHR = 5, SHIFT_SAR = 7 };

static inline void asm_shift_imm(struct code *c, enum host_shift op, int w, struct rm rm,
                                 uint32_t count)
{
    asm_op(c, 0, 0xc1, w, op, rm, 0);
    asm_u8(c, count);
}

/* By cl. */
static inline void asm_shift_cl(struct code *c, enum host_shift op, int w, struct rm rm)
{
    asm_op(c, 0, 0xd3, w, op, rm, 0);
}

/* One operand: rdx:rax = rax op r/m, or in place. */
enum host_unary { UNARY_NOT = 2, UNARY_NEG = 3, UNARY_MUL = 4, UNARY_IMUL, UNARY_DIV, UNARY_IDIV };

static inline void asm_unary(struct code *c, enum host_unary op, int w, struct rm rm)
{
    asm_op(c, 0, 0xf7, w, op, rm, 0);
}

static inline void asm_cqo(struct code *c, int w) /* sign of rax into rdx */
{
    if (w)
        asm_u8(c, 0x48);
    asm_u8(c, 0x99);
}

static inline void asm_move(struct code *c, int w, uint32_t d, uint32_t a)
{
    asm_load(c, w, d, rm_reg(a));
}

/* The shortest way to a constant; flags survive. */
static inline void asm_constant(struct code *c, uint32_t d, uint64_t value)
{
    if (value > 0xffffffffu && (int64_t)value == (int32_t)value) {
        asm_op(c, 0, 0xc7, 1, 0, rm_reg(d), 0);
        asm_u32(c, (uint32_t)value);
        return;
    }
    if (value > 0xffffffffu || d >= 8)
        asm_u8(c, (value > 0xffffffffu ? 0x48u : 0x40u) | d >> 3);
    asm_u8(c, 0xb8 | (d & 7));
    if (value > 0xffffffffu)
        asm_u64(c, value);
    else
        asm_u32(c, (uint32_t)value);
}

static inline void asm_store_imm(struct code *c, int w, struct rm rm, int32_t imm)
{
    asm_op(c, 0, 0xc7, w, 0, rm, 0);
    asm_u32(c, (uint32_t)imm);
}

static inline void asm_store8(struct code *c, struct rm rm, uint32_t reg)
{
    asm_op(c, 0, 0x88, 0, reg, rm, 1);
}

static inline void asm_store16(struct code *c, struct rm rm, uint32_t reg)
{
    asm_op(c, 0x66, 0x89, 0, reg, rm, 0);
}

static inline void asm_setcc(struct code *c, enum host_cc cc, uint32_t reg)
{
    asm_op(c, 0, 0x0f90 | cc, 0, 0, rm_reg(reg), 1);
}

static inline void asm_cmov(struct code *c, enum host_cc cc, int w, uint32_t d, struct rm rm)
{
    asm_op(c, 0, 0x0f40 | cc, w, d, rm, 0);
}

static inline void asm_test_imm8(struct code *c, struct rm byte, uint32_t imm)
{
    asm_op(c, 0, 0xf6, 0, 0, byte, 1);
    asm_u8(c, imm);
}

static inline void asm_bit_imm(struct code *c, uint32_t which, int w, struct rm rm, uint32_t bit)
{
    asm_op(c, 0, 0x0fba, w, which, rm, 0); /* 4 bt, 5 bts, 6 btr, 7 btc */
    asm_u8(c, bit);
}

static inline void asm_bswap(struct code *c, int w, uint32_t reg)
{
    uint32_t rex = (w ? 8u : 0) | reg >> 3;

    if (rex)
        asm_u8(c, 0x40 | rex);
    asm_u8(c, 0x0f);
    asm_u8(c, 0xc8 | (reg & 7));
}

static inline void asm_push(struct code *c, uint32_t reg)
{
    if (reg >= 8)
        asm_u8(c, 0x41);
    asm_u8(c, 0x50 | (reg & 7));
}

static inline void asm_pop(struct code *c, uint32_t reg)
{
    if (reg >= 8)
        asm_u8(c, 0x41);
    asm_u8(c, 0x58 | (reg & 7));
}

static inline void asm_ret(struct code *c)
{
    asm_u8(c, 0xc3);
}

/* Prefix of the next instruction. */
static inline void asm_lock(struct code *c)
{
    asm_u8(c, 0xf0);
}

static inline void asm_mfence(struct code *c)
{
    /* lock or dword [rsp], 0: the same order for cacheable memory, and cheaper */
    asm_lock(c);
    asm_alu_imm(c, ALU_OR, 0, rm_mem(RSP, 0), 0);
}

static inline void asm_jmp_rm(struct code *c, struct rm rm)
{
    asm_op(c, 0, 0xff, 0, 4, rm, 0);
}

static inline void asm_call_rm(struct code *c, struct rm rm)
{
    asm_op(c, 0, 0xff, 0, 2, rm, 0);
}

/* A nop of n bytes, n <= 8. */
static inline void asm_nop(struct code *c, uint32_t n)
{
    static const uint8_t nops[9][8] = {
        {0},
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };

    asm_bytes(c, nops[n], n);
}

/* --- VEX: three operands and the BMI instructions ------------------------------------------- */

/* pp: 0 none, 1 66, 2 F3, 3 F2; map: 1 0F, 2 0F38, 3 0F3A; v: the second operand's register. */
static inline void asm_vex(struct code *c, uint32_t pp, uint32_t map, uint32_t op, int w,
                           uint32_t reg, uint32_t v, struct rm rm)
{
    uint32_t x = rm.index != NO_REG ? rm.index >> 3 & 1u : 0;

    asm_u8(c, 0xc4);
    asm_u8(c, (~reg >> 3 & 1) << 7 | (~x & 1) << 6 | (~(uint32_t)rm.reg >> 3 & 1) << 5 | map);
    asm_u8(c, (w ? 0x80u : 0) | (~v & 15) << 3 | pp);
    asm_u8(c, op);
    asm_modrm(c, reg, rm);
}

/* d = a shifted by the register `count`. */
static inline void asm_shlx(struct code *c, int w, uint32_t d, struct rm a, uint32_t count)
{
    asm_vex(c, 1, 2, 0xf7, w, d, count, a);
}

static inline void asm_shrx(struct code *c, int w, uint32_t d, struct rm a, uint32_t count)
{
    asm_vex(c, 3, 2, 0xf7, w, d, count, a);
}

static inline void asm_sarx(struct code *c, int w, uint32_t d, struct rm a, uint32_t count)
{
    asm_vex(c, 2, 2, 0xf7, w, d, count, a);
}

static inline void asm_rorx(struct code *c, int w, uint32_t d, struct rm a, uint32_t count)
{
    asm_vex(c, 3, 3, 0xf0, w, d, 0, a);
    asm_u8(c, count);
}

static inline void asm_andn(struct code *c, int w, uint32_t d, uint32_t a, struct rm b)
{
    asm_vex(c, 0, 2, 0xf2, w, d, a, b); /* d = ~a & b */
}

/* --- floating point -------------------------------------------------------------------------- */

/* A scalar operation d = a op b; `real` is 0 for F32 and 1 for F64. Opcodes: 58 add, 59 mul, 5c
 * sub, 5e div, 51 sqrt, 5a to the other type, 10 load, 11 store. */
static inline void asm_fp(struct code *c, uint32_t op, int real, uint32_t d, uint32_t a,
                          struct rm b)
{
    asm_vex(c, real ? 3 : 2, 1, op, 0, d, a, b);
}

/* 2e ucomis, 2f comis */
static inline void asm_fp_compare(struct code *c, uint32_t op, int real, uint32_t a, struct rm b)
{
    asm_vex(c, real ? 1 : 0, 1, op, 0, a, 0, b);
}

/* d = a op b, all bits: 54 and, 56 or */
static inline void asm_fp_bits(struct code *c, uint32_t op, uint32_t d, uint32_t a, uint32_t b)
{
    asm_vex(c, 0, 1, op, 0, d, a, rm_reg(b));
}

static inline void asm_move_fp(struct code *c, uint32_t d, uint32_t a)
{
    asm_vex(c, 0, 1, 0x28, 0, d, 0, rm_reg(a));
}

/* d = a * d + b and its signed relatives: a9 fmadd213, ab fmsub213, ad fnmadd213, af fnmsub213; with
 * 10 added d = a * b + d: fmadd231 and so on */
static inline void asm_fma(struct code *c, uint32_t op, int real, uint32_t d, uint32_t a,
                           struct rm b)
{
    asm_vex(c, 1, 2, op, real, d, a, b);
}

/* d = float of a general register or integer in memory */
static inline void asm_fp_of_int(struct code *c, int real, int w, uint32_t d, uint32_t a,
                                 struct rm b)
{
    asm_vex(c, real ? 3 : 2, 1, 0x2a, w, d, a, b);
}

/* d = integer of a float: 2c towards zero, 2d by MXCSR */
static inline void asm_int_of_fp(struct code *c, uint32_t op, int real, int w, uint32_t d,
                                 struct rm a)
{
    asm_vex(c, real ? 3 : 2, 1, op, w, d, 0, a);
}

/* Between a general register (or memory) and an xmm register, all bits. */
static inline void asm_movq_to_xmm(struct code *c, int w, uint32_t xmm, struct rm from)
{
    asm_vex(c, 1, 1, 0x6e, w, xmm, 0, from);
}

static inline void asm_movq_from_xmm(struct code *c, int w, struct rm to, uint32_t xmm)
{
    asm_vex(c, 1, 1, 0x7e, w, xmm, 0, to);
}

static inline void asm_xorps(struct code *c, uint32_t d)
{
    asm_vex(c, 0, 1, 0x57, 0, d, d, rm_reg(d));
}

/* --- jumps ----------------------------------------------------------------------------------- */

static inline void asm_place(struct code *c, struct label *label)
{
    uint8_t *at = label->waiting;

    label->at = c->at;
    while (at && !c->full) {
        uint32_t link;
        int32_t distance = (int32_t)(c->at - (at + 4));
        memcpy(&link, at, 4);
        memcpy(at, &distance, 4);
        at = link ? at - link : NULL;
    }
    label->waiting = NULL;
}

/* The 32-bit distance of a jump to the label. */
static inline void asm_distance(struct code *c, struct label *label)
{
    uint8_t *at = c->at;

    if (label->at) {
        asm_u32(c, (uint32_t)(label->at - (at + 4)));
        return;
    }
    asm_u32(c, label->waiting ? (uint32_t)(at - label->waiting) : 0);
    if (!c->full)
        label->waiting = at;
}

static inline void asm_jmp(struct code *c, struct label *label)
{
    asm_u8(c, 0xe9);
    asm_distance(c, label);
}

static inline void asm_jcc(struct code *c, enum host_cc cc, struct label *label)
{
    asm_u8(c, 0x0f);
    asm_u8(c, 0x80 | cc);
    asm_distance(c, label);
}

/* To an address where code is executed, within 2 GiB. */
static inline void asm_jmp_to(struct code *c, const void *target)
{
    asm_u8(c, 0xe9);
    asm_u32(c, (uint32_t)((const uint8_t *)target - (asm_run(c) + 4)));
}

static inline void asm_jcc_to(struct code *c, enum host_cc cc, const void *target)
{
    asm_u8(c, 0x0f);
    asm_u8(c, 0x80 | cc);
    asm_u32(c, (uint32_t)((const uint8_t *)target - (asm_run(c) + 4)));
}

static inline void asm_call_to(struct code *c, const void *target)
{
    asm_u8(c, 0xe8);
    asm_u32(c, (uint32_t)((const uint8_t *)target - (asm_run(c) + 4)));
}

#endif
