/* SPDX-License-Identifier: Apache-2.0
 *
 * tools.c - printer, parser and verifier of the IR on their own: any bytes are safe, round trips
 * are exact, messages are bounded. What the verifier refuses, rule by rule, is in data/bad.ir.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../../plugins/accel/common/ir_info.h"
#include "../../plugins/accel/common/ir_text.h"
#include "../../plugins/accel/common/ir_verify.h"
#include "rng.h"
#include "toy.h"

#define MAX_INSNS 4
#define MAX_OPS   (MAX_INSNS * BP_IR_OPS_PER_INSN + 1)

struct room {
    struct bp_ir_op ops[MAX_OPS];
    struct bp_ir_insn insns[MAX_INSNS];
    struct bp_ir_builder builder;
};

static struct bp_ir_builder *clear(struct room *room)
{
    memset(room, 0, sizeof *room);
    room->builder = (struct bp_ir_builder){.size = sizeof room->builder,
                                           .ops = room->ops,
                                           .insns = room->insns,
                                           .max_insns = MAX_INSNS};
    return &room->builder;
}

static int32_t parse(struct room *room, const char *text, char *why, uint32_t size)
{
    return ir_parse(&toy_class, text, (uint32_t)strlen(text), clear(room), why, size);
}

/* --- tables ----------------------------------------------------------------------------------- */

Test(info, names_and_types)
{
    int ops = 0;

    for (int op = 0; op < IR_OPS; op++) {
        const struct ir_info *info = &ir_infos[op];
        if (!info->text)
            continue;
        ops++;
        cr_expect_eq(ir_op_by_name(info->text, (uint32_t)strlen(info->text)), op, "%s", info->text);
        cr_expect(!ir_type_allowed(info, IR_TYPES) && !ir_type_allowed(info, 1000));
        cr_expect_lt(info->format, IR_FORMATS);
    }
    cr_expect_gt(ops, 90);
    cr_expect_eq(ir_op_by_name("add", 2), BP_IR_NONE);
    cr_expect_eq(ir_op_by_name("", 0), BP_IR_NONE);
    cr_expect(ir_type_allowed(&ir_infos[BP_IR_LD], BP_T_S16) &&
              !ir_type_allowed(&ir_infos[BP_IR_ST], BP_T_S16));
}

Test(info, reads_and_writes)
{
    struct bp_ir_op amo = {.op = BP_IR_AMOADD, .d = 1, .a = 2, .b = BP_IR_ZERO};
    struct bp_ir_op fma = {.op = BP_IR_FMADD, .type = BP_T_F64, .d = 1, .a = 2, .b = 3, .c = 4};
    struct bp_ir_op set = {
        .op = BP_IR_SET, .d = BP_IR_TEMP + 1, .a = 2, .b = BP_IR_IMM, .c = BP_CC_LT};
    struct bp_ir_op go = {.op = BP_IR_GOTO, .imm = 4};
    uint16_t operands[3];

    cr_expect_eq(ir_reads(&amo, operands), 1);
    cr_expect_eq(operands[0], 2);
    cr_expect_eq(ir_writes(&amo), 1);
    cr_expect_eq(ir_reads(&fma, operands), 3);
    cr_expect_eq(operands[2], 4);
    cr_expect_eq(ir_reads(&set, operands), 1, "the condition is no operand");
    cr_expect_eq(ir_writes(&set), BP_IR_TEMP + 1);
    cr_expect_eq(ir_reads(&go, operands), 0);
    cr_expect_eq(ir_writes(&go), BP_IR_ZERO);
}

/* --- text ------------------------------------------------------------------------------------- */

static void expect_text(struct bp_ir_op op, const char *expected)
{
    char text[128];
    uint32_t n = ir_print_op(&toy_class, &op, text, sizeof text);

    cr_expect_str_eq(text, expected);
    cr_expect_eq(n, strlen(expected));
}

Test(text, forms)
{
    expect_text((struct bp_ir_op){.op = BP_IR_ADD, .d = 1, .a = 2, .b = BP_IR_IMM, .imm = -8},
                "add.i64 r1, r2, #-8");
    expect_text(
        (struct bp_ir_op){
            .op = BP_IR_ADD, .type = BP_T_S32, .d = TOY_W, .a = BP_IR_ZERO, .b = BP_IR_TEMP + 31},
        "add.s32 w0, zero, %31");
    expect_text((struct bp_ir_op){.op = BP_IR_MOV, .d = 0, .b = BP_IR_IMM, .imm = INT64_MIN},
                "mov.i64 r0, #0x8000000000000000");
    expect_text((struct bp_ir_op){.op = BP_IR_LD,
                                  .type = BP_T_F32,
                                  .d = TOY_F,
                                  .a = 2,
                                  .disp = -4,
                                  .x = BP_MEM_BOX | BP_MEM_BIG | 3},
                "ld.f32 f0, [r2 -4], ctx3, box, big");
    expect_text(
        (struct bp_ir_op){
            .op = BP_IR_SET, .d = 1, .a = 2, .b = BP_IR_IMM, .c = BP_CC_GEU, .disp = 70000},
        "set.i64 r1, r2, geu, #0x11170");
    expect_text((struct bp_ir_op){.op = BP_IR_FCVTIF,
                                  .type = BP_T_F64,
                                  .d = 1,
                                  .a = TOY_F,
                                  .x = BP_RM_RTZ | BP_FP_INT_U32},
                "fcvtif.f64 r1, f0, u32, rtz");
    expect_text((struct bp_ir_op){.op = BP_IR_BR,
                                  .type = BP_T_S32,
                                  .a = TOY_W,
                                  .b = BP_IR_ZERO,
                                  .c = BP_CC_NE,
                                  .disp = -6},
                "br.s32 w0, ne, zero, -6");
    expect_text(
        (struct bp_ir_op){
            .op = BP_IR_CALL, .d = BP_IR_ZERO, .a = BP_IR_ZERO, .b = BP_IR_ZERO, .disp = INT32_MIN},
        "call stop, zero, zero, zero, #0x80000000");
    expect_text(
        (struct bp_ir_op){
            .op = BP_IR_CALL, .d = 1, .a = 2, .b = BP_IR_ZERO, .disp = 5, .x = TOY_MIX},
        "call mix, r1, r2, zero, #5");
    expect_text((struct bp_ir_op){.op = BP_IR_JMP, .a = BP_IR_TEMP, .x = BP_JMP_RETURN},
                "jmp %0, return");
    expect_text((struct bp_ir_op){.op = BP_IR_SHADDUW, .d = 1, .a = 2, .b = 3},
                "shadduw r1, r2, r3, #0");
    expect_text((struct bp_ir_op){.op = BP_IR_FENCE, .x = BP_FENCE_WR | 0x100}, "fence wr, ?0x100");
    expect_text(
        (struct bp_ir_op){.op = BP_IR_ADD, .type = BP_T_F64, .d = 40, .a = 0x9000, .b = BP_IR_IMM},
        "add.f64 $40, ?36864, #0");
    expect_text((struct bp_ir_op){.op = 200, .type = 9, .imm = 1},
                "raw 200, 9, 0x0, 0x0, 0x0, 0x1");
    expect_text((struct bp_ir_op){.op = BP_IR_EXIT, .d = 1}, "raw 131, 0, 0x1, 0x0, 0x0, 0x0");
}

static void expect_error(const char *text, const char *expected)
{
    struct room room;
    char why[128];

    cr_expect_neq(parse(&room, text, why, sizeof why), BP_OK, "accepted: %s", text);
    cr_expect_str_eq(why, expected);
}

Test(text, errors)
{
    expect_error("add.i64 r1, r2, r3", "line 1: an op before the first insn line");
    expect_error("insn +0, 4\n\n  frob r1", "line 3: unknown op 'frob'");
    expect_error("insn +0, 4\nadd r1, r2, r3", "line 2: add: a type is missing, as in add.i64");
    expect_error("insn +0, 4\nadd.i63 r1, r2, r3", "line 2: add: unknown type 'i63'");
    expect_error("insn +0, 4\nadd.i64 r1, r2", "line 2: add: a field is missing");
    expect_error("insn +0, 4\nadd.i64 r1, r2, r3, r4", "line 2: unknown flag 'r4'");
    expect_error("insn +0, 4\nadd.i64 r1, r16, r3", "line 2: unknown operand 'r16'");
    expect_error("insn +0, 4\nadd.i64 r1, %16384, r3", "line 2: unknown operand '%16384'");
    expect_error("insn +0, 4\nadd.i64 r1, r2, #0x10000000000000000",
                 "line 2: '#0x10000000000000000' is not a constant");
    expect_error("insn +0, 4\nld.i64 r1, r2", "line 2: 'r2' is not an address like [x2 +8]");
    expect_error("insn +0, 4\nld.i64 r1, [r2 +2147483648]",
                 "line 2: '+2147483648' is not a 32-bit number of this kind");
    expect_error("insn +0, 4\nld.i64 r1, [r2 8]",
                 "line 2: '8' is not a 32-bit number of this kind");
    expect_error("insn +0, 4\nset.i64 r1, r2, lt, #0x100000000",
                 "line 2: '#0x100000000' is not a 32-bit number of this kind");
    expect_error("insn +0, 4\nbr.i64 r1, lo, r2, +4", "line 2: unknown condition 'lo'");
    expect_error("insn +0, 4\ncall frob, zero, zero, zero, #0", "line 2: unknown helper 'frob'");
    expect_error("insn +0, 4\nshadd.i64 r1, r2, r3",
                 "line 2: shadd: the shift count, like #1, is missing or wrong");
    expect_error("insn 0, 4", "line 1: insn: '0' is not an offset like +4");
    expect_error("insn +0, 256", "line 1: insn: '256' is not a length in bytes");
    expect_error("insn +0, 4, jump", "line 1: unknown flag 'jump'");
    expect_error("insn +0, 4\nraw 1, 2, 3", "line 2: raw: '' is not a number that fits");
    expect_error("insn +0, 2\ninsn +2, 2\ninsn +4, 2\ninsn +6, 2\ninsn +8, 2\n",
                 "line 5: no room for more than 4 instructions of 24 ops each");
}

/* Ops made of random bytes, and random valid-looking ones: printed and parsed, nothing is lost. */
Test(text, any_op_survives)
{
    struct rng rng = {.state = 1};
    char text[256], line[300], why[128];
    struct room room;

    for (int i = 0; i < 200000; i++) {
        struct bp_ir_op op = {.op = (uint8_t)rng_next(&rng),
                              .type = (uint8_t)rng_below(&rng, rng_below(&rng, 8) ? 9 : 256)};
        uint16_t *fields[] = {&op.d, &op.a, &op.b};
        op.imm = (int64_t)(rng_next(&rng) >> rng_below(&rng, 64));
        for (int f = 0; f < 3; f++)
            *fields[f] = (uint16_t)(rng_below(&rng, 2)   ? rng_below(&rng, 40)
                                    : rng_below(&rng, 2) ? BP_IR_TEMP + rng_below(&rng, 40)
                                                         : BP_IR_ZERO + rng_below(&rng, 3));
        if (rng_below(&rng, 4) == 0)
            op.a = (uint16_t)rng_next(&rng);
        cr_assert_lt(ir_print_op(&toy_class, &op, text, sizeof text), sizeof text);
        snprintf(line, sizeof line, "insn +0, 2\n%s", text);
        cr_assert_eq(parse(&room, line, why, sizeof why), BP_OK, "%s: %s", text, why);
        cr_assert(!memcmp(&op, &room.ops[0], sizeof op), "%s", text);
    }
}

Test(text, any_text_is_safe)
{
    static const char alphabet[] = "insn add.i64 ld st r1 w0 %#$?[]+-,,,;\n\n0123456789x \t\r";
    struct rng rng = {.state = 2};
    struct room room;
    char text[200], why[40];

    for (int i = 0; i < 100000; i++) {
        uint32_t n = rng_below(&rng, sizeof text), start = n > 12 && rng_below(&rng, 2) ? 12 : 0;
        memcpy(text, "insn +0, 4\n ", start);
        for (uint32_t c = start; c < n; c++)
            text[c] = rng_below(&rng, 50) ? alphabet[rng_below(&rng, sizeof alphabet - 1)]
                                          : (char)rng_next(&rng);
        ir_parse(&toy_class, text, n, clear(&room), why, rng_below(&rng, sizeof why + 1));
        cr_assert_leq(room.builder.nops, MAX_OPS);
        cr_assert_leq(room.builder.ninsns, MAX_INSNS);
    }
}

Test(text, rooms_are_respected)
{
    struct bp_ir_op op = {.op = BP_IR_ADD, .d = 1, .a = 2, .b = 3};
    char text[32];
    struct room room;

    memset(text, '#', sizeof text);
    cr_expect_eq(ir_print_op(&toy_class, &op, text, 8), strlen("add.i64 r1, r2, r3"));
    cr_expect_str_eq(text, "add.i64");
    cr_expect_eq(text[8], '#');
    cr_expect_eq(ir_print_op(&toy_class, &op, NULL, 0), strlen("add.i64 r1, r2, r3"));
    cr_expect_eq(parse(&room, "frob", text, 10), BP_E_INVAL);
    cr_expect_str_eq(text, "line 1: a");
    cr_expect_eq(ir_print_op(NULL, &op, text, sizeof text), strlen("add.i64 $1, $2, $3"));
}

/* --- verifier --------------------------------------------------------------------------------- */

static void expect_verdict(struct room *room, const char *expected)
{
    char text[256];
    int32_t rc = ir_verify(&toy_class, &room->builder, text, sizeof text);

    cr_expect_str_eq(text, expected);
    cr_expect_eq(rc, expected[0] ? BP_E_INVAL : BP_OK);
}

static void good(struct room *room)
{
    char why[128];

    cr_assert_eq(
        parse(room, "insn +0, 2\nadd.i64 r1, r2, r3\ninsn +2, 4\ngoto +6\n", why, sizeof why),
        BP_OK, "%s", why);
}

/* The table of instructions, which the text form cannot get wrong. */
Test(verify, instruction_table)
{
    struct room room;

    good(&room);
    expect_verdict(&room, "");
    room.insns[0].first_op = 1;
    expect_verdict(&room, "insn 0 (+0): its first op is 1, not 0");
    good(&room);
    room.insns[1].first_op = 3;
    expect_verdict(&room, "insn 0 (+0): its ops are [0, 3), the block has 2");
    good(&room);
    room.builder.ninsns = 0;
    expect_verdict(&room, "block: 0 instructions, 1 to 4 are allowed");
    room.builder.ninsns = 5;
    expect_verdict(&room, "block: 5 instructions, 1 to 4 are allowed");
    good(&room);
    room.builder.nops = 0;
    expect_verdict(&room, "block: 0 ops, 1 to 97 are allowed");
    room.builder.nops = 98;
    expect_verdict(&room, "block: 98 ops, 1 to 97 are allowed");
    good(&room);
    room.builder.flags = BP_BUILDER_SINGLE;
    expect_verdict(&room, "block: 2 instructions where one was asked for");
    good(&room);
    room.insns[0].flags = 2;
    expect_verdict(&room, "insn 0 (+0): unknown flags 0x2");
}

Test(verify, ops_per_instruction)
{
    struct room room;

    good(&room);
    for (uint32_t i = 0; i < BP_IR_OPS_PER_INSN; i++)
        room.ops[i] = (struct bp_ir_op){.op = BP_IR_ADD, .d = 1, .a = 2, .b = 3};
    room.ops[BP_IR_OPS_PER_INSN] = (struct bp_ir_op){.op = BP_IR_GOTO, .imm = 6};
    room.builder.nops = BP_IR_OPS_PER_INSN + 1;
    room.insns[1].first_op = 0; /* no ops in the first, and the block's goto on top in the last */
    expect_verdict(&room, "");
    room.ops[BP_IR_OPS_PER_INSN + 1] = room.ops[BP_IR_OPS_PER_INSN];
    room.ops[BP_IR_OPS_PER_INSN] = room.ops[0];
    room.builder.nops++;
    expect_verdict(&room, "insn 1 (+2): 26 ops, at most 25 are allowed");
}

Test(verify, any_bytes_are_safe)
{
    struct rng rng = {.state = 3};
    struct room room;
    char text[64];
    int accepted = 0;

    for (int i = 0; i < 100000; i++) {
        clear(&room);
        for (uint32_t j = 0; j < sizeof room.ops / 8; j++) {
            uint64_t v = rng_next(&rng) & rng_next(&rng) & rng_next(&rng);
            memcpy((char *)room.ops + 8 * j, &v, 8);
        }
        for (uint32_t j = 0; j < MAX_INSNS; j++)
            room.insns[j] = (struct bp_ir_insn){rng_below(&rng, 4) * j, (uint16_t)(2 * j), 2, 0};
        room.builder.nops = rng_below(&rng, MAX_OPS);
        room.builder.ninsns = rng_below(&rng, MAX_INSNS + 1);
        accepted += !ir_verify(&toy_class, &room.builder, text, rng_below(&rng, sizeof text + 1));
    }
    cr_expect_lt(accepted, 100000);
}
