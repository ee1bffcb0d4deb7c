/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_translate.c - the shape of blocks: where they end, what the mode word changes, and that
 * every instruction word gives IR that the verifier accepts.
 */
#include <criterion/criterion.h>

#include "ir_verify.h"
#include "riscv_fake.h"

#define MAX_INSNS 32

struct block {
    struct bp_ir_op ops[MAX_INSNS * BP_IR_OPS_PER_INSN + 1];
    struct bp_ir_insn insns[MAX_INSNS];
    struct bp_ir_builder builder;
    const uint16_t *code;
    uint32_t halves; /* fetchable ones */
    int32_t status;
};

static int32_t fetch16(void *ctx, uint32_t offset, uint16_t *code)
{
    const struct block *b = ctx;

    if (offset / 2 >= b->halves)
        return BP_E_FAULT;
    *code = b->code[offset / 2];
    return BP_OK;
}

static struct block block; /* too large for a stack */

static void translate(struct hart *h, const void *code, uint32_t bytes, uint64_t pc)
{
    block.code = code;
    block.halves = bytes / 2;
    block.builder = (struct bp_ir_builder){
        .size = sizeof(block.builder),
        .ops = block.ops,
        .insns = block.insns,
        .max_insns = MAX_INSNS,
        .mode = h->mode,
        .pc = pc,
        .ctx = &block,
        .fetch16 = fetch16,
    };
    block.status = riscv_translate(h, &block.builder);
}

static uint32_t last_op(void)
{
    return block.ops[block.builder.nops - 1].op;
}

static bool calls(enum riscv_helper helper)
{
    for (uint32_t i = 0; i < block.builder.nops; i++)
        if (block.ops[i].op == BP_IR_CALL && block.ops[i].x == helper)
            return true;
    return false;
}

static void set_fs(struct hart *h, uint64_t fs)
{
    h->mstatus = (h->mstatus & ~MSTATUS_FS) | fs << MSTATUS_FS_SHIFT;
    riscv_update_mode(h);
}

#define NOP   0x00000013u
#define ADD   0x00b50533u /* add a0, a0, a1 */
#define BEQ   0x00b50463u /* beq a0, a1, +8 */
#define J     0x0080006fu
#define FADD  0x02b57553u /* fadd.d fa0, fa0, fa1, dyn */
#define FLD   0x00053507u /* fld fa0, 0(a0) */
#define CSRR  0x34002573u /* csrr a0, mscratch */
#define ECALL 0x00000073u

Test(translate, goes_on_past_a_branch_and_ends_at_a_jump)
{
    const uint32_t code[] = {ADD, BEQ, ADD, J, ADD};
    struct hart *h = fake_hart("rv64gc", 0);

    translate(h, code, sizeof(code), FAKE_BASE);
    cr_assert_eq(block.builder.ninsns, 4);
    cr_assert_eq(last_op(), BP_IR_GOTO);
    cr_assert_eq(block.ops[block.builder.nops - 1].imm, 20);
    cr_assert_eq(block.ops[1].op, BP_IR_BR);
    cr_assert_eq(block.ops[1].disp, 12);
    free(h);
}

Test(translate, hints_have_no_ops)
{
    const uint32_t code[] = {NOP, NOP, ECALL};
    struct hart *h = fake_hart("rv64gc", 0);

    translate(h, code, sizeof(code), FAKE_BASE);
    cr_assert_eq(block.builder.ninsns, 3);
    cr_assert_eq(block.insns[2].first_op, 0);
    cr_assert(calls(HELPER_ECALL));
    cr_assert_eq(last_op(), BP_IR_EXIT);
    free(h);
}

Test(translate, stops_in_front_of_the_next_page)
{
    const uint32_t code[] = {ADD, ADD, ADD, ADD};
    struct hart *h = fake_hart("rv64gc", 0);

    translate(h, code, sizeof(code), FAKE_BASE + 0xff8);
    cr_assert_eq(block.builder.ninsns, 2);
    /* An instruction that starts in the page may end in the next. */
    translate(h, code, sizeof(code), FAKE_BASE + 0xffa);
    cr_assert_eq(block.builder.ninsns, 2);
    cr_assert_eq(block.ops[block.builder.nops - 1].imm, 8);
    free(h);
}

Test(translate, fetch_faults)
{
    const uint32_t code[] = {ADD, ADD};
    struct hart *h = fake_hart("rv64gc", 0);

    translate(h, code, 6, FAKE_BASE); /* the second one is cut in half */
    cr_assert_eq(block.status, BP_OK);
    cr_assert_eq(block.builder.ninsns, 1);
    translate(h, code, 2, FAKE_BASE);
    cr_assert_eq(block.status, BP_E_FAULT);
    translate(h, code, 0, FAKE_BASE);
    cr_assert_eq(block.status, BP_E_FAULT);
    free(h);
}

Test(translate, single_and_full)
{
    uint32_t code[MAX_INSNS + 4];
    struct hart *h = fake_hart("rv64gc", 0);

    for (uint32_t i = 0; i < MAX_INSNS + 4; i++)
        code[i] = ADD;
    translate(h, code, sizeof(code), FAKE_BASE);
    cr_assert_eq(block.builder.ninsns, MAX_INSNS);
    block.builder.flags = BP_BUILDER_SINGLE;
    cr_assert_eq(riscv_translate(h, &block.builder), BP_OK);
    cr_assert_eq(block.builder.ninsns, 1);
    cr_assert_eq(block.ops[block.builder.nops - 1].imm, 4);
    free(h);
}

Test(translate, fp_state)
{
    const uint32_t add[] = {FADD, ADD}, load[] = {FLD, ADD};
    struct hart *h = fake_hart("rv64gc", 0);

    set_fs(h, FS_OFF);
    translate(h, add, sizeof(add), FAKE_BASE);
    cr_assert(calls(HELPER_ILLEGAL) && block.builder.ninsns == 1);
    translate(h, load, sizeof(load), FAKE_BASE);
    cr_assert(calls(HELPER_ILLEGAL));

    set_fs(h, FS_CLEAN);
    translate(h, add, sizeof(add), FAKE_BASE);
    cr_assert(calls(HELPER_FP_DIRTY) && block.builder.ninsns == 1);
    /* A load may fault, and must not happen twice: it comes first, then the change of state. */
    translate(h, load, sizeof(load), FAKE_BASE);
    cr_assert(block.ops[0].op == BP_IR_LD && block.ops[0].d >= BP_IR_TEMP && calls(HELPER_FP_LOAD));

    set_fs(h, FS_DIRTY);
    translate(h, add, sizeof(add), FAKE_BASE);
    cr_assert(block.ops[0].op == BP_IR_FADD && block.builder.ninsns == 2);
    free(h);
}

Test(translate, rounding_mode_is_static)
{
    const uint32_t dynamic = FADD, reserved = (FADD & ~0x7000u) | 5u << 12;
    struct hart *h = fake_hart("rv64gc", 0);

    set_fs(h, FS_DIRTY);
    for (uint64_t frm = 0; frm < 8; frm++) {
        h->frm = frm;
        riscv_update_mode(h);
        translate(h, &dynamic, 4, FAKE_BASE);
        if (frm > BP_RM_RMM)
            cr_assert(calls(HELPER_ILLEGAL));
        else
            cr_assert_eq(block.ops[0].x & BP_RM_MASK, frm);
        translate(h, &reserved, 4, FAKE_BASE);
        cr_assert(calls(HELPER_ILLEGAL));
    }
    free(h);
}

/* Without C a jump to a halfword takes the exception itself; with C it is a jump. */
Test(translate, alignment_of_targets)
{
    const uint32_t jal = 0x0060006fu, beq = 0x00b50363u, jalr = 0x00008067u;
    struct hart *h = fake_hart("rv64gc", 1u << EXT_C);

    translate(h, &jal, 4, FAKE_BASE);
    cr_assert(calls(HELPER_MISALIGNED) && last_op() == BP_IR_EXIT);
    translate(h, &beq, 4, FAKE_BASE);
    cr_assert(calls(HELPER_MISALIGNED) && last_op() == BP_IR_GOTO);
    translate(h, &jalr, 4, FAKE_BASE);
    cr_assert(calls(HELPER_TARGET));
    free(h);
    h = fake_hart("rv64gc", 0);
    translate(h, &jal, 4, FAKE_BASE);
    cr_assert(!calls(HELPER_MISALIGNED) && last_op() == BP_IR_GOTO);
    translate(h, &jalr, 4, FAKE_BASE);
    cr_assert(!calls(HELPER_TARGET) && block.ops[block.builder.nops - 1].x == BP_JMP_RETURN);
    free(h);
}

Test(translate, memory_context_follows_the_mode)
{
    const uint32_t lw = 0x00052503u;
    struct hart *h = fake_hart("rv32gc", 0);

    translate(h, &lw, 4, FAKE_BASE);
    cr_assert_eq(block.ops[0].x, CONTEXT_M | BP_MEM_ADDR32);
    fake_priv(h, PRIV_S);
    h->mstatus |= MSTATUS_SUM | MSTATUS_MXR;
    riscv_update_mode(h);
    translate(h, &lw, 4, FAKE_BASE);
    cr_assert_eq(block.ops[0].x, (CONTEXT_S_SUM + CONTEXT_MXR) | BP_MEM_ADDR32);
    cr_assert_eq(h->fetch_context, CONTEXT_S);
    free(h);
}

Test(translate, mprv_moves_data_but_not_fetches)
{
    struct hart *h = fake_hart("rv64gc", 0);

    h->mstatus |= MSTATUS_MPRV | (uint64_t)PRIV_U << MSTATUS_MPP_SHIFT;
    riscv_update_mode(h);
    cr_assert_eq(h->mode >> MODE_CONTEXT_SHIFT & 15, CONTEXT_U);
    cr_assert_eq(h->fetch_context, CONTEXT_M);
    fake_priv(h, PRIV_S); /* MPRV means nothing below M */
    cr_assert_eq(h->mode >> MODE_CONTEXT_SHIFT & 15, CONTEXT_S);
    free(h);
}

/* A CSR instruction does not end the block by itself. */
Test(translate, csr_lets_the_block_go_on)
{
    const uint32_t code[] = {CSRR, ADD, ECALL};
    struct hart *h = fake_hart("rv64gc", 0);

    translate(h, code, sizeof(code), FAKE_BASE);
    cr_assert_eq(block.builder.ninsns, 3);
    free(h);
}

/* All rows with random operands, and random words, in random modes, on all types. */
Test(translate, everything_verifies)
{
    static const char *const types[] = {"rv64gc", "rv64imac", "rv32gc", "rv32imac"};
    static const struct {
        uint32_t mask, match;
    } rows[] = {
#include "patterns.h"
#define INSN(id, name, encoding, ext, xlen, operands, traits, emit, op, type, aux) {encoding},
#define GROUP(opcode, first, last)
#include "insns.def"
#undef INSN
#undef GROUP
    };
    const uint32_t nrows = sizeof(rows) / sizeof(*rows);
    uint64_t random = 88172645463325252u;

    for (uint32_t t = 0; t < 4; t++) {
        struct hart *h = fake_hart(types[t], 0);
        const uint32_t reset_mode = h->mode;

        for (uint32_t i = 0; i < 60000; i++) {
            uint32_t code[8];
            char why[256];

            for (uint32_t k = 0; k < 8; k++) {
                random ^= random << 13, random ^= random >> 7, random ^= random << 17;
                code[k] = (uint32_t)(random >> 11);
                if (i & 1)
                    code[k] = (code[k] & ~rows[i / 2 % nrows].mask) | rows[i / 2 % nrows].match;
            }
            h->mode = (reset_mode & ~0xfffu) | (uint32_t)(random >> 40 & 0x803) |
                      (uint32_t)(random >> 20 % CONTEXTS) % CONTEXTS << MODE_CONTEXT_SHIFT |
                      (uint32_t)(random >> 30) % 3 << MODE_FP_SHIFT |
                      (uint32_t)(random >> 50 & 7) << MODE_FRM_SHIFT;
            translate(h, code, sizeof(code), FAKE_BASE + (random >> 33 & 0xffe));
            cr_assert_eq(block.status, BP_OK);
            cr_assert_eq(ir_verify(fake_class(types[t]), &block.builder, why, sizeof(why)), BP_OK,
                         "%s: %s", types[t], why);
        }
        free(h);
    }
}
