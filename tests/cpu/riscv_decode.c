/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_decode.c - the instruction table, the expansion of compressed instructions, and the
 * disassembler over both.
 */
#include <criterion/criterion.h>

#include "patterns.h"
#include "riscv_fake.h"

static const struct {
    const char *name;
    uint32_t mask, match;
    uint32_t ext, xlen;
} rows[] = {
#define INSN(id, name, encoding, ext, xlen, operands, traits, emit, op, type, aux)                 \
    {name, encoding, EXT_##ext, xlen},
#define GROUP(opcode, first, last)
#include "insns.def"
#undef INSN
#undef GROUP
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* A row that another one shadows, or that stands outside of its group, would never be found. */
Test(decode, every_row_is_reachable)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (uint32_t xlen = 32; xlen <= 64; xlen += 32) {
            const struct riscv_insn *found = riscv_decode(rows[i].match, xlen, ~0u);

            if (rows[i].xlen && rows[i].xlen != xlen)
                continue;
            cr_assert_not_null(found, "%s is not found on RV%u", rows[i].name, xlen);
            cr_assert_str_eq(found->name, rows[i].name);
            cr_assert_eq(found->mask, rows[i].mask);
        }
    }
}

/* No two rows claim the same word, but for the ones meant for different widths. */
Test(decode, rows_do_not_overlap)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = i + 1; k < ROWS; k++) {
            uint32_t common = rows[i].mask & rows[k].mask;

            if (rows[i].xlen && rows[k].xlen && rows[i].xlen != rows[k].xlen)
                continue;
            cr_assert((rows[i].match ^ rows[k].match) & common, "%s and %s overlap", rows[i].name,
                      rows[k].name);
        }
}

Test(decode, match_lies_inside_mask)
{
    for (size_t i = 0; i < ROWS; i++)
        cr_assert_eq(rows[i].match & ~rows[i].mask, 0, "%s", rows[i].name);
}

Test(decode, extensions_switch_their_rows_off)
{
    for (size_t i = 0; i < ROWS; i++) {
        uint32_t xlen = rows[i].xlen ? rows[i].xlen : 64;

        if (rows[i].ext == EXT_NONE)
            cr_assert_not_null(riscv_decode(rows[i].match, xlen, 0), "%s", rows[i].name);
        else
            cr_assert_null(riscv_decode(rows[i].match, xlen, ~(1u << rows[i].ext)), "%s",
                           rows[i].name);
    }
}

/* --- text ----------------------------------------------------------------- */

static const struct {
    uint32_t code, xlen;
    const char *text;
} texts[] = {
    {0x00a00513, 64, "addi a0, zero, 10"},
    {0xfff5051b, 64, "addiw a0, a0, -1"},
    {0xfff5051b, 32, ".word 0xfff5051b"},
    {0x00053503, 64, "ld a0, 0(a0)"},
    {0xfea43c23, 64, "sd a0, -8(s0)"},
    {0x00b50463, 64, "beq a0, a1, 0x1008"},
    {0xffdff0ef, 64, "jal ra, 0xffc"},
    {0x00008067, 64, "jalr zero, 0(ra)"},
    {0x30002573, 64, "csrrs a0, mstatus, zero"},
    {0x3b351073, 64, "csrrw zero, pmpaddr3, a0"},
    {0xb03022f3, 64, "csrrs t0, mhpmcounter3, zero"},
    {0xc8302573, 32, "csrrs a0, hpmcounter3h, zero"},
    {0x7c0510f3, 64, "csrrw ra, 0x7c0, a0"},
    {0x02051513, 64, "slli a0, a0, 32"},
    {0x02051513, 32, ".word 0x02051513"},
    {0x1005252f, 64, "lr.w a0, (a0)"},
    {0x1eb5252f, 64, "sc.w.aqrl a0, a1, (a0)"},
    {0x02b576c3, 64, "fmadd.d fa3, fa0, fa1, ft0, dyn"},
    {0xd2058553, 64, "fcvt.d.w fa0, a1, rne"},
    {0x0ff0000f, 64, "fence iorw, iorw"},
    {0x12000073, 64, "sfence.vma zero, zero"},
    {0x12345537, 64, "lui a0, 0x12345"},
    {0x4501, 64, "addi a0, zero, 0"},
    {0x8082, 64, "jalr zero, 0(ra)"},
    {0x9002, 64, "ebreak"},
    {0x0000, 64, ".half 0x0000"},
    {0xffffffff, 64, ".word 0xffffffff"},
};

Test(disasm, known_texts)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const struct bp_cpu_class *cls = fake_class(texts[i].xlen == 32 ? "rv32gc" : "rv64gc");
        uint8_t code[4];
        char text[64];

        memcpy(code, &texts[i].code, 4);
        cr_assert_eq(cls->disasm(NULL, 0x1000, code, 4, text, sizeof(text)),
                     (texts[i].code & 3) == 3 ? 4 : 2);
        cr_assert_str_eq(text, texts[i].text);
    }
}

Test(disasm, wants_whole_instructions_and_keeps_to_its_room)
{
    const struct bp_cpu_class *cls = fake_class("rv64gc");
    const uint8_t code[4] = {0x13, 0x05, 0xa0, 0x00};
    char text[8] = "#######";

    cr_assert_eq(cls->disasm(NULL, 0, code, 2, text, sizeof(text)), BP_E_INVAL);
    cr_assert_eq(cls->disasm(NULL, 0, code, 1, text, sizeof(text)), BP_E_INVAL);
    cr_assert_eq(cls->disasm(NULL, 0, code, 4, text, 5), 4);
    cr_assert_str_eq(text, "addi");
    cr_assert_eq(text[5], '#');
}

/* --- compressed ----------------------------------------------------------- */

static const struct {
    uint16_t code;
    uint32_t xlen, expanded;
} forms[] = {
    {0x0000, 64, 0},                                    /* defined illegal */
    {0x1141, 64, 0xff010113},                           /* c.addi sp, -16 */
    {0xe406, 64, 0x00113423},                           /* c.sdsp ra, 8(sp) */
    {0x60a2, 64, 0x00813083},                           /* c.ldsp ra, 8(sp) */
    {0x6105, 64, 0x02010113},                           /* c.addi16sp 32 */
    {0x6101, 64, 0},                                    /* c.addi16sp 0: reserved */
    {0x0800, 64, 0x01010413},                           /* c.addi4spn s0, sp, 16 */
    {0x2501, 64, 0x0005051b},                           /* c.addiw a0, 0 */
    {0x2001, 64, 0},                                    /* c.addiw zero: reserved */
    {0x2001, 32, 0x000000ef},                           /* ... which is c.jal 0 on RV32 */
    {0x9502, 64, 0x000500e7},                           /* c.jalr a0 */
    {0x8002, 64, 0},                                    /* c.jr zero: reserved */
    {0x852e, 64, 0x00b00533},                           /* c.mv a0, a1 */
    {0x952e, 64, 0x00b50533},                           /* c.add a0, a1 */
    {0x9d0d, 64, 0x40b5053b},                           /* c.subw a0, a1 */
    {0x9d0d, 32, 0},          {0x9002, 64, 0x00100073}, /* c.ebreak */
    {0x1502, 64, 0x02051513},                           /* c.slli a0, 32 */
    {0x1502, 32, 0},                                    /* custom space on RV32 */
    {0x9105, 64, 0x02155513},                           /* c.srli a0, 33 */
    {0x8505, 64, 0x40155513},                           /* c.srai a0, 1 */
    {0x6108, 64, 0x00053503},                           /* c.ld a0, 0(a0) */
    {0x6108, 32, 0x00052507},                           /* c.flw fa0, 0(a0) */
    {0x4002, 64, 0},                                    /* c.lwsp zero: reserved */
    {0x6002, 64, 0},                                    /* c.ldsp zero: reserved */
    {0x6002, 32, 0x00012007},                           /* c.flwsp ft0, 0(sp) */
    {0x2002, 64, 0x00013007},                           /* c.fldsp ft0, 0(sp) */
    {0xc111, 64, 0x00050263},                           /* c.beqz a0, +4 */
    {0xfd75, 64, 0xfe051ee3},                           /* c.bnez a0, -4 */
    {0xbffd, 64, 0xfffff06f},                           /* c.j -2 */
    {0x6505, 64, 0x00001537},                           /* c.lui a0, 1 */
    {0x6501, 64, 0},                                    /* c.lui a0, 0: reserved */
    {0x8000, 64, 0},                                    /* reserved row of quadrant 0 */
    {0x9c41, 64, 0},                                    /* reserved register forms */
};

Test(compressed, expansion)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
        cr_assert_eq(riscv_expand(forms[i].code, forms[i].xlen), forms[i].expanded,
                     "%04x on RV%u becomes %08x, not %08x", forms[i].code, forms[i].xlen,
                     riscv_expand(forms[i].code, forms[i].xlen), forms[i].expanded);
}

/* What an expansion yields is a valid base instruction, always. */
Test(compressed, all_expansions_decode)
{
    for (uint32_t code = 1; code < 0x10000; code++)
        for (uint32_t xlen = 32; xlen <= 64; xlen += 32) {
            uint32_t insn = riscv_expand((uint16_t)code, xlen);

            if (insn)
                cr_assert_not_null(riscv_decode(insn, xlen, ~0u), "%04x -> %08x", code, insn);
        }
}
