/* SPDX-License-Identifier: Apache-2.0
 *
 * disasm.c - text of an instruction, from the rows that decode it. Compressed instructions are
 * shown as what they expand to, jumps with their absolute target.
 */
#include "decode.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const x_names[32] = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static const char *const f_names[32] = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1",  "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4",  "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};

static const char *const rm_names[8] = {"rne", "rtz", "rdn", "rup", "rmm", "?", "?", "dyn"};

struct text {
    char *at;
    uint32_t room;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list args;
    int n;

    if (!t->room)
        return;
    va_start(args, format);
    n = vsnprintf(t->at, t->room, format, args);
    va_end(args);
    if (n < 0)
        n = 0;
    if ((uint32_t)n >= t->room)
        n = (int)t->room - 1;
    t->at += n;
    t->room -= (uint32_t)n;
}

static void put_set(struct text *t, uint32_t set)
{
    if (!set)
        put(t, "0");
    for (int i = 0; i < 4; i++)
        if (set & 8u >> i)
            put(t, "%c", "iorw"[i]);
}

static void put_target(struct text *t, uint64_t pc, int32_t distance, uint32_t xlen)
{
    uint64_t target = pc + (uint64_t)(int64_t)distance;

    put(t, "0x%llx", (unsigned long long)(xlen == 32 ? (uint32_t)target : target));
}

/* One operand; the letters are explained in insns.def. */
static void put_operand(struct text *t, char kind, uint32_t insn, uint64_t pc, uint32_t xlen)
{
    char name[24];

    switch (kind) {
    case 'd':
        put(t, "%s", x_names[insn_rd(insn)]);
        break;
    case 's':
        put(t, "%s", x_names[insn_rs1(insn)]);
        break;
    case 't':
        put(t, "%s", x_names[insn_rs2(insn)]);
        break;
    case 'D':
        put(t, "%s", f_names[insn_rd(insn)]);
        break;
    case 'S':
        put(t, "%s", f_names[insn_rs1(insn)]);
        break;
    case 'T':
        put(t, "%s", f_names[insn_rs2(insn)]);
        break;
    case 'R':
        put(t, "%s", f_names[insn_rs3(insn)]);
        break;
    case 'j':
        put(t, "%d", insn_imm_i(insn));
        break;
    case 'u':
        put(t, "0x%x", insn >> 12);
        break;
    case 'h':
        put(t, "%u", insn >> 20 & 63);
        break;
    case 'o':
        put(t, "%d(%s)", insn_imm_i(insn), x_names[insn_rs1(insn)]);
        break;
    case 'q':
        put(t, "%d(%s)", insn_imm_s(insn), x_names[insn_rs1(insn)]);
        break;
    case 'A':
        put(t, "(%s)", x_names[insn_rs1(insn)]);
        break;
    case 'b':
        put_target(t, pc, insn_imm_b(insn), xlen);
        break;
    case 'J':
        put_target(t, pc, insn_imm_j(insn), xlen);
        break;
    case 'c':
        riscv_csr_name(insn >> 20, name, sizeof(name));
        put(t, "%s", name);
        break;
    case 'z':
        put(t, "%u", insn_rs1(insn));
        break;
    case 'm':
        put(t, "%s", rm_names[insn_rm(insn)]);
        break;
    case 'p':
        put_set(t, insn >> 24 & 15);
        put(t, ", ");
        put_set(t, insn >> 20 & 15);
        break;
    default:
        break;
    }
}

/* The ordering suffix of atomics. */
static const char *suffix(uint32_t insn)
{
    static const char *const suffixes[4] = {"", ".rl", ".aq", ".aqrl"};

    return (insn & 0x7f) == 0x2f ? suffixes[insn >> 25 & 3] : "";
}

static int32_t disasm(uint32_t xlen, uint64_t pc, const uint8_t *code, uint32_t bytes, char *text,
                      uint32_t room)
{
    struct text t = {text, room};
    const struct riscv_insn *row;
    uint32_t raw, insn;
    int32_t length;

    if (bytes < 2 || !room)
        return BP_E_INVAL;
    raw = code[0] | (uint32_t)code[1] << 8;
    length = (raw & 3) == 3 ? 4 : 2;
    if (bytes < (uint32_t)length)
        return BP_E_INVAL;
    if (length == 4)
        raw |= (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
    insn = length == 4 ? raw : riscv_expand((uint16_t)raw, xlen);
    row = riscv_decode(insn, xlen, ~0u);
    if (!row) {
        put(&t, length == 4 ? ".word 0x%08x" : ".half 0x%04x", raw);
        return length;
    }
    put(&t, "%s%s", row->name, suffix(insn));
    for (const char *o = row->operands; *o; o++) {
        put(&t, o == row->operands ? " " : ", ");
        put_operand(&t, *o, insn, pc, xlen);
    }
    return length;
}

int32_t riscv_disasm32(const void *state, uint64_t pc, const uint8_t *code, uint32_t bytes,
                       char *text, uint32_t room)
{
    (void)state;
    return disasm(32, pc, code, bytes, text, room);
}

int32_t riscv_disasm64(const void *state, uint64_t pc, const uint8_t *code, uint32_t bytes,
                       char *text, uint32_t room)
{
    (void)state;
    return disasm(64, pc, code, bytes, text, room);
}
