/* SPDX-License-Identifier: Apache-2.0
 *
 * compressed.c - the C extension: each 16-bit instruction is a short form of a 32-bit one, so it is
 * expanded and decoded like any other. Unprivileged ISA, C extension; the immediates are
 * named by the manual's bit lists.
 */
#include "decode.h"

/* Bits [high:low] of the instruction, moved so that `low` lands on bit `to`. */
static uint32_t field(uint16_t insn, unsigned high, unsigned low, unsigned to)
{
    return ((insn >> low) & ((1u << (high - low + 1)) - 1)) << to;
}

static int32_t sign(uint32_t value, unsigned bits)
{
    return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

/* --- 32-bit formats ------------------------------------------------------- */

static uint32_t make_r(uint32_t op, uint32_t f3, uint32_t f7, uint32_t rd, uint32_t rs1,
                       uint32_t rs2)
{
    return op | rd << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | f7 << 25;
}

static uint32_t make_i(uint32_t op, uint32_t f3, uint32_t rd, uint32_t rs1, int32_t imm)
{
    return op | rd << 7 | f3 << 12 | rs1 << 15 | (uint32_t)imm << 20;
}

static uint32_t make_s(uint32_t op, uint32_t f3, uint32_t rs1, uint32_t rs2, uint32_t imm)
{
    return op | (imm & 31) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5) << 25;
}

static uint32_t make_b(uint32_t f3, uint32_t rs1, int32_t imm)
{
    uint32_t u = (uint32_t)imm;

    return 0x63u | (u >> 11 & 1) << 7 | (u >> 1 & 15) << 8 | f3 << 12 | rs1 << 15 |
           (u >> 5 & 63) << 25 | (u >> 12 & 1) << 31;
}

static uint32_t make_j(uint32_t rd, int32_t imm)
{
    uint32_t u = (uint32_t)imm;

    return 0x6fu | rd << 7 | (u & 0xff000) | (u >> 11 & 1) << 20 | (u >> 1 & 0x3ff) << 21 |
           (u >> 20 & 1) << 31;
}

#define OP_LOAD     0x03u
#define OP_LOAD_FP  0x07u
#define OP_IMM      0x13u
#define OP_IMM_32   0x1bu
#define OP_STORE    0x23u
#define OP_STORE_FP 0x27u
#define OP_REG      0x33u
#define OP_LUI      0x37u
#define OP_REG_32   0x3bu
#define OP_JALR     0x67u
#define INSN_EBREAK 0x00100073u

/* --- quadrants ------------------------------------------------------------ */

/* Offsets of the register-based loads and stores: [5:3|7:6] and [5:3|2|6]. */
static uint32_t offset_d(uint16_t insn)
{
    return field(insn, 12, 10, 3) | field(insn, 6, 5, 6);
}

static uint32_t offset_w(uint16_t insn)
{
    return field(insn, 12, 10, 3) | field(insn, 6, 6, 2) | field(insn, 5, 5, 6);
}

static uint32_t quadrant0(uint16_t insn, uint32_t xlen)
{
    uint32_t rd = 8 + field(insn, 4, 2, 0), rs1 = 8 + field(insn, 9, 7, 0), imm;

    switch (insn >> 13) {
    case 0: /* c.addi4spn; nzuimm[5:4|9:6|2|3] */
        imm = field(insn, 12, 11, 4) | field(insn, 10, 7, 6) | field(insn, 6, 6, 2) |
              field(insn, 5, 5, 3);
        return imm ? make_i(OP_IMM, 0, rd, 2, (int32_t)imm) : 0;
    case 1: /* c.fld */
        return make_i(OP_LOAD_FP, 3, rd, rs1, (int32_t)offset_d(insn));
    case 2: /* c.lw */
        return make_i(OP_LOAD, 2, rd, rs1, (int32_t)offset_w(insn));
    case 3: /* c.ld, c.flw */
        return xlen == 64 ? make_i(OP_LOAD, 3, rd, rs1, (int32_t)offset_d(insn))
                          : make_i(OP_LOAD_FP, 2, rd, rs1, (int32_t)offset_w(insn));
    case 5: /* c.fsd */
        return make_s(OP_STORE_FP, 3, rs1, rd, offset_d(insn));
    case 6: /* c.sw */
        return make_s(OP_STORE, 2, rs1, rd, offset_w(insn));
    case 7: /* c.sd, c.fsw */
        return xlen == 64 ? make_s(OP_STORE, 3, rs1, rd, offset_d(insn))
                          : make_s(OP_STORE_FP, 2, rs1, rd, offset_w(insn));
    default:
        return 0;
    }
}

/* c.srli, c.srai, c.andi and the register forms. */
static uint32_t arithmetic(uint16_t insn, uint32_t xlen)
{
    static const struct {
        uint8_t op, f3, f7;
    } forms[8] = {
        {OP_REG, 0, 0x20},    {OP_REG, 4, 0},
        {OP_REG, 6, 0},       {OP_REG, 7, 0},    /* sub xor or and */
        {OP_REG_32, 0, 0x20}, {OP_REG_32, 0, 0}, /* subw addw, reserved */
    };
    uint32_t rd = 8 + field(insn, 9, 7, 0), rs2 = 8 + field(insn, 4, 2, 0);
    uint32_t imm = field(insn, 12, 12, 5) | field(insn, 6, 2, 0), form;

    switch (insn >> 10 & 3) {
    case 0:
    case 1: /* shift amounts above 31 are for custom use on RV32 */
        if (xlen == 32 && imm > 31)
            return 0;
        return make_i(OP_IMM, 5, rd, rd, (int32_t)(imm | (insn >> 10 & 1) << 10));
    case 2:
        return make_i(OP_IMM, 7, rd, rd, sign(imm, 6));
    default:
        form = field(insn, 12, 12, 2) | field(insn, 6, 5, 0);
        if (!forms[form].op || (forms[form].op == OP_REG_32 && xlen == 32))
            return 0;
        return make_r(forms[form].op, forms[form].f3, forms[form].f7, rd, rd, rs2);
    }
}

static uint32_t quadrant1(uint16_t insn, uint32_t xlen)
{
    uint32_t rd = field(insn, 11, 7, 0), imm6 = field(insn, 12, 12, 5) | field(insn, 6, 2, 0), imm;

    switch (insn >> 13) {
    case 0: /* c.addi, c.nop */
        return make_i(OP_IMM, 0, rd, rd, sign(imm6, 6));
    case 1: /* c.addiw, c.jal */
        if (xlen == 64)
            return rd ? make_i(OP_IMM_32, 0, rd, rd, sign(imm6, 6)) : 0;
        break;
    case 2: /* c.li */
        return make_i(OP_IMM, 0, rd, 0, sign(imm6, 6));
    case 3: /* c.addi16sp; nzimm[9|4|6|8:7|5], c.lui */
        if (rd == 2) {
            imm = field(insn, 12, 12, 9) | field(insn, 6, 6, 4) | field(insn, 5, 5, 6) |
                  field(insn, 4, 3, 7) | field(insn, 2, 2, 5);
            return imm ? make_i(OP_IMM, 0, 2, 2, sign(imm, 10)) : 0;
        }
        return imm6 ? OP_LUI | rd << 7 | (uint32_t)sign(imm6, 6) << 12 : 0;
    case 4:
        return arithmetic(insn, xlen);
    case 5: /* c.j */
        break;
    default: /* c.beqz, c.bnez; offset[8|4:3] and [7:6|2:1|5] */
        imm = field(insn, 12, 12, 8) | field(insn, 11, 10, 3) | field(insn, 6, 5, 6) |
              field(insn, 4, 3, 1) | field(insn, 2, 2, 5);
        return make_b(insn >> 13 & 1, 8 + field(insn, 9, 7, 0), sign(imm, 9));
    }
    /* c.j and c.jal; offset[11|4|9:8|10|6|7|3:1|5] */
    imm = field(insn, 12, 12, 11) | field(insn, 11, 11, 4) | field(insn, 10, 9, 8) |
          field(insn, 8, 8, 10) | field(insn, 7, 7, 6) | field(insn, 6, 6, 7) |
          field(insn, 5, 3, 1) | field(insn, 2, 2, 5);
    return make_j(insn >> 13 == 1, sign(imm, 12));
}

static uint32_t quadrant2(uint16_t insn, uint32_t xlen)
{
    uint32_t rd = field(insn, 11, 7, 0), rs2 = field(insn, 6, 2, 0);
    uint32_t shamt = field(insn, 12, 12, 5) | rs2;
    /* Stack-relative: loads [5|4:3|8:6], [5|4:2|7:6]; stores [5:3|8:6], [5:2|7:6]. */
    uint32_t load_d = field(insn, 12, 12, 5) | field(insn, 6, 5, 3) | field(insn, 4, 2, 6);
    uint32_t load_w = field(insn, 12, 12, 5) | field(insn, 6, 4, 2) | field(insn, 3, 2, 6);
    uint32_t store_d = field(insn, 12, 10, 3) | field(insn, 9, 7, 6);
    uint32_t store_w = field(insn, 12, 9, 2) | field(insn, 8, 7, 6);

    switch (insn >> 13) {
    case 0: /* c.slli */
        return xlen == 32 && shamt > 31 ? 0 : make_i(OP_IMM, 1, rd, rd, (int32_t)shamt);
    case 1: /* c.fldsp */
        return make_i(OP_LOAD_FP, 3, rd, 2, (int32_t)load_d);
    case 2: /* c.lwsp */
        return rd ? make_i(OP_LOAD, 2, rd, 2, (int32_t)load_w) : 0;
    case 3: /* c.ldsp, c.flwsp */
        if (xlen == 32)
            return make_i(OP_LOAD_FP, 2, rd, 2, (int32_t)load_w);
        return rd ? make_i(OP_LOAD, 3, rd, 2, (int32_t)load_d) : 0;
    case 4: /* c.jr, c.mv, c.ebreak, c.jalr, c.add */
        if (rs2)
            return make_r(OP_REG, 0, 0, rd, insn >> 12 & 1 ? rd : 0, rs2);
        if (!rd)
            return insn >> 12 & 1 ? INSN_EBREAK : 0;
        return make_i(OP_JALR, 0, insn >> 12 & 1, rd, 0);
    case 5: /* c.fsdsp */
        return make_s(OP_STORE_FP, 3, 2, rs2, store_d);
    case 6: /* c.swsp */
        return make_s(OP_STORE, 2, 2, rs2, store_w);
    default: /* c.sdsp, c.fswsp */
        return xlen == 64 ? make_s(OP_STORE, 3, 2, rs2, store_d)
                          : make_s(OP_STORE_FP, 2, 2, rs2, store_w);
    }
}

uint32_t riscv_expand(uint16_t insn, uint32_t xlen)
{
    switch (insn & 3) {
    case 0:
        return quadrant0(insn, xlen);
    case 1:
        return quadrant1(insn, xlen);
    case 2:
        return quadrant2(insn, xlen);
    default:
        return 0;
    }
}
