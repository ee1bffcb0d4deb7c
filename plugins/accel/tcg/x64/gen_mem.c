/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_mem.c - loads, stores, atomics. The hit path is here, as ../../common/softmmu.h explains it;
 * all else is a call.
 */
#include "gen.h"

/* rax = the guest address. */
static void gen_address(struct gen *e, const struct bp_ir_op *op)
{
    int w = !(op->x & BP_MEM_ADDR32), pin = gen_pinned(e, op->a);
    int64_t value;

    if (gen_known(e, op->a, &value)) {
        uint64_t va = (uint64_t)value + (uint64_t)(int64_t)op->disp;
        asm_constant(&e->code, RAX, w ? va : (uint32_t)va);
    } else if (pin >= 0 && op->disp) {
        asm_lea(&e->code, w, RAX, rm_mem((uint32_t)pin, op->disp));
    } else {
        asm_load(&e->code, w, RAX, gen_where(e, op->a));
        if (op->disp)
            asm_alu_imm(&e->code, ALU_ADD, w, rm_reg(RAX), op->disp);
    }
}

/* rax = the host address of the access, rdx = its offset in the page; or off to `miss`. */
static void gen_lookup(struct gen *e, const struct bp_ir_op *op, int write, struct label *miss)
{
    const struct mmu_tlb *tlb = &e->v->mmu.tlbs[op->x & BP_MEM_CONTEXT];
    const struct mmu_entry *table = write ? tlb->write : tlb->read;
    uint32_t bytes = ir_type_bytes[op->type];

    gen_address(e, op);
    asm_rorx(&e->code, 0, RCX, rm_reg(RAX), 8);
    asm_alu_imm(&e->code, ALU_AND, 0, rm_reg(RCX), (MMU_ENTRIES - 1) << 4);
    asm_load(&e->code, 1, RDX, rm_index(RBP, RCX, 0, gen_offset(e, &table->tag)));
    asm_alu(&e->code, ALU_XOR, 1, RDX, rm_reg(RAX));
    asm_alu_imm(&e->code, ALU_CMP, 1, rm_reg(RDX), (int32_t)(MMU_PAGE - bytes));
    asm_jcc(&e->code, CC_A, miss);
    asm_alu(&e->code, ALU_ADD, 1, RAX, rm_index(RBP, RCX, 0, gen_offset(e, &table->addend)));
}

/* Alignment rules and big-endian data are the slow path's. */
static int is_general(const struct bp_ir_op *op)
{
    return op->x & (BP_MEM_ALIGNED | BP_MEM_BIG) && op->type != BP_T_U8 && op->type != BP_T_S8;
}

static void gen_read(struct gen *e, uint32_t type, uint32_t d)
{
    const struct rm host = rm_mem(RAX, 0);

    switch (type) {
    case BP_T_I64:
    case BP_T_F64:
        asm_load(&e->code, 1, d, host);
        break;
    case BP_T_S32:
        asm_movsxd(&e->code, 1, d, host);
        break;
    case BP_T_U8:
        asm_movzx8(&e->code, 0, d, host);
        break;
    case BP_T_S8:
        asm_movsx8(&e->code, 1, d, host);
        break;
    case BP_T_U16:
        asm_movzx16(&e->code, 0, d, host);
        break;
    case BP_T_S16:
        asm_movsx16(&e->code, 1, d, host);
        break;
    default:
        asm_load(&e->code, 0, d, host);
    }
}

void gen_load(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_load);
    int boxed = op->type == BP_T_F32 && op->x & BP_MEM_BOX;
    struct cold *cold;
    uint32_t d = gen_result(e, op->d);

    site->rec.d = gen_target(e, op->d);
    if (is_general(op) || (boxed && gen_pinned(e, op->d) >= 0)) {
        gen_call_site(e, site);
        gen_forget(e, op->d);
        return;
    }
    cold = gen_cold(e, COLD_CALL);
    cold->site = site;
    gen_lookup(e, op, 0, &cold->in);
    gen_forget(e, op->d);
    if ((boxed || op->type == BP_T_F64) && gen_pinned(e, op->d) < 0) {
        uint32_t xmm = gen_float_result(e, op->d);
        asm_fp(&e->code, 0x10, !boxed, xmm, 0, rm_mem(RAX, 0));
        gen_float_put(e, op->d, !boxed, boxed, xmm);
    } else {
        gen_read(e, op->type, d);
        if (gen_pinned(e, op->d) < 0)
            asm_store(&e->code, 1, d, gen_home(e, op->d));
    }
    gen_rejoin(e, cold);
}

static void gen_write(struct gen *e, uint32_t type, uint32_t from)
{
    const struct rm host = rm_mem(RAX, 0);

    switch (ir_type_bytes[type]) {
    case 1:
        asm_store8(&e->code, host, from);
        break;
    case 2:
        asm_store16(&e->code, host, from);
        break;
    case 4:
        asm_store(&e->code, 0, from, host);
        break;
    default:
        asm_store(&e->code, 1, from, host);
    }
}

void gen_store(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_store);

    site->rec.d = gen_slot(e, op->b);
    if (is_general(op)) {
        gen_call_site(e, site);
    } else {
        struct cold *cold = gen_cold(e, COLD_CALL);
        cold->site = site;
        gen_lookup(e, op, 1, &cold->in);
        if (op->type == BP_T_F64 && gen_float_result(e, op->b))
            asm_fp(&e->code, 0x11, 1, gen_float(e, op->b, 1, 0), 0, rm_mem(RAX, 0));
        else if (op->type == BP_T_F32 && gen_float_held(e, op->b) >= 0)
            asm_fp(&e->code, 0x11, 0, (uint32_t)gen_float_held(e, op->b), 0, rm_mem(RAX, 0));
        else
            gen_write(e, op->type, gen_get(e, op->b, RCX));
        gen_rejoin(e, cold);
    }
    /* Host stores are releases already; against later acquires they need the fence. */
    if (op->x & BP_MEM_RELEASE)
        asm_mfence(&e->code);
}

/* --- atomics --------------------------------------------------------------------------------- */

/* Minima and maxima: when memory keeps what it has. */
static int keeps(uint32_t op)
{
    switch (op) {
    case BP_IR_AMOMINS:
        return CC_LE;
    case BP_IR_AMOMAXS:
        return CC_GE;
    case BP_IR_AMOMINU:
        return CC_BE;
    case BP_IR_AMOMAXU:
        return CC_AE;
    default:
        return -1;
    }
}

/* rcx = what memory holds afterwards, of rax and the operand. */
static void gen_combine(struct gen *e, const struct bp_ir_op *op, int w)
{
    static const uint8_t alus[] = {
        [BP_IR_AMOAND] = ALU_AND, [BP_IR_AMOOR] = ALU_OR, [BP_IR_AMOXOR] = ALU_XOR};

    gen_fetch(e, op->b, RCX);
    if (keeps(op->op) < 0) {
        asm_alu(&e->code, alus[op->op], w, RCX, rm_reg(RAX));
        return;
    }
    asm_alu(&e->code, ALU_CMP, w, RAX, rm_reg(RCX));
    asm_cmov(&e->code, (enum host_cc)keeps(op->op), w, RCX, rm_reg(RAX));
}

/* Where the old value is; rax is the host address. */
static uint32_t gen_modify(struct gen *e, const struct bp_ir_op *op, int w)
{
    struct label again = {0};

    switch (op->op) {
    case BP_IR_AMOSWAP:
        gen_fetch(e, op->b, RCX);
        asm_xchg(&e->code, w, RCX, rm_mem(RAX, 0)); /* locks by itself */
        return RCX;
    case BP_IR_AMOADD:
        gen_fetch(e, op->b, RCX);
        asm_lock(&e->code);
        asm_xadd(&e->code, w, RCX, rm_mem(RAX, 0));
        return RCX;
    default:
        asm_move(&e->code, 1, RDX, RAX);
        asm_load(&e->code, w, RAX, rm_mem(RDX, 0));
        asm_place(&e->code, &again);
        gen_combine(e, op, w);
        asm_lock(&e->code);
        asm_cmpxchg(&e->code, w, RCX, rm_mem(RDX, 0));
        asm_jcc(&e->code, CC_NE, &again);
        return RAX;
    }
}

/* A page in the write table has no reservations (../../common/reserve.h), so what a store may do
 * here an atomic may. It orders all that is around it: locked instructions are fences. */
static void gen_amo(struct gen *e, const struct bp_ir_op *op, struct tcg_site *site)
{
    uint32_t bytes = ir_type_bytes[op->type], old;
    struct cold *cold = gen_cold(e, COLD_CALL);

    cold->site = site;
    gen_lookup(e, op, 1, &cold->in);
    asm_test_imm8(&e->code, rm_reg(RDX), bytes - 1);
    asm_jcc(&e->code, CC_NE, &cold->in);
    old = gen_modify(e, op, bytes == 8);
    gen_put(e, op->d, op->type, old);
    gen_rejoin(e, cold);
}

void gen_atomic(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_atomic);
    int reserves = op->op == BP_IR_LR || op->op == BP_IR_SC;

    site->rec.d = gen_target(e, op->d);
    site->rec.b = op->op == BP_IR_LR ? 0 : gen_slot(e, op->b);
    site->rec.c = (uint16_t)(op->op | op->type << 8);
    if (!reserves && !(op->x & BP_MEM_BIG)) {
        gen_amo(e, op, site);
        return;
    }
    gen_call_site(e, site);
    gen_forget(e, op->d);
}
