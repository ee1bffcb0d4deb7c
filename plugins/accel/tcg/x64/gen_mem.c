/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_mem.c - loads and stores. The hit path is here, as ../../common/softmmu.h explains it; all else
 * is a call.
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

/* Of accesses to [va, va + bytes), with the context of `op`. */
static void look_up(struct gen *e, const struct bp_ir_op *op, uint32_t bytes, int write,
                    struct label *miss)
{
    const struct mmu_tlb *tlb = &e->v->mmu.tlbs[op->x & BP_MEM_CONTEXT];
    const struct mmu_entry *table = write ? tlb->write : tlb->read;

    gen_address(e, op);
    asm_rorx(&e->code, 0, RCX, rm_reg(RAX), 8);
    asm_alu_imm(&e->code, ALU_AND, 0, rm_reg(RCX), (MMU_ENTRIES - 1) << 4);
    asm_load(&e->code, 1, RDX, rm_index(RBP, RCX, 0, gen_offset(e, &table->tag)));
    asm_alu(&e->code, ALU_XOR, 1, RDX, rm_reg(RAX));
    asm_alu_imm(&e->code, ALU_CMP, 1, rm_reg(RDX), (int32_t)(MMU_PAGE - bytes));
    asm_jcc(&e->code, CC_A, miss);
    asm_alu(&e->code, ALU_ADD, 1, RAX, rm_index(RBP, RCX, 0, gen_offset(e, &table->addend)));
}

void gen_lookup(struct gen *e, const struct bp_ir_op *op, int write, struct label *miss)
{
    look_up(e, op, ir_type_bytes[op->type], write, miss);
}

/* Alignment rules and big-endian data are the slow path's. */
static int is_general(const struct bp_ir_op *op)
{
    return op->x & (BP_MEM_ALIGNED | BP_MEM_BIG) && op->type != BP_T_U8 && op->type != BP_T_S8;
}

static int is_float(const struct bp_ir_op *op)
{
    return op->type == BP_T_F32 || op->type == BP_T_F64;
}

/* --- shared looks at the table --------------------------------------------------------------- */

#define SHARED_OPS   32  /* how far is looked for more accesses */
#define SHARED_BYTES 512 /* between the first and the last of them: more crosses pages too often */

int gen_shares(const struct bp_ir_op *op)
{
    switch (op->op) {
    case BP_IR_MULHSS ... BP_IR_REMU:
    case BP_IR_ORCB:
    case BP_IR_SEL:
        return 0;
    case BP_IR_BR:
    case BP_IR_LD:
    case BP_IR_ST:
        return 1;
    default:
        return op->op < BP_IR_LD;
    }
}

static int same_base(const struct bp_ir_op *a, const struct bp_ir_op *b)
{
    uint16_t how = BP_MEM_CONTEXT | BP_MEM_ADDR32;

    return a->a == b->a && (a->x & how) == (b->x & how) && !is_general(b);
}

/* The bytes, from the base, that the access and those behind it reach that it may look for. 0: there are none. */
static int plan(const struct gen *e, const struct bp_ir_op *first, int write, struct shared *shared)
{
    const struct tcg_unit *unit = e->unit;
    const struct bp_ir_op *op = first + 1, *end = &unit->ops[unit->nops];
    uint32_t insn = e->insn, found = 0;
    int64_t value;

    *shared = (struct shared){.op = first,
                              .write = (uint8_t)write,
                              .low = first->disp,
                              .high = first->disp + ir_type_bytes[first->type]};
    if (!tcg_does(e->v)->checks || gen_known(e, first->a, &value) || ir_writes(first) == first->a)
        return 0;
    for (end = end - op > SHARED_OPS ? op + SHARED_OPS : end; op < end; op++) {
        int32_t low = shared->low, high = shared->high;
        while (insn + 1 < unit->ninsns && &unit->ops[unit->insns[insn + 1].first_op] <= op)
            insn++;
        if ((insn != e->insn && e->leader[insn]) || !gen_shares(op))
            break;
        if (op->op == BP_IR_LD || op->op == BP_IR_ST) {
            low = op->disp < low ? op->disp : low;
            high = op->disp + ir_type_bytes[op->type] > high ? op->disp + ir_type_bytes[op->type]
                                                             : high;
            if (!same_base(first, op) || (op->op == BP_IR_ST && !write) ||
                high - low > SHARED_BYTES)
                break;
            shared->low = low;
            shared->high = high;
            found++;
        }
        if (ir_writes(op) == first->a)
            break;
    }
    return found > 0;
}

/* Has what is in rdx been looked up for this access, too? */
static int rides(const struct gen *e, const struct bp_ir_op *op, int write)
{
    const struct shared *shared = &e->shared;

    return shared->op && same_base(shared->op, op) && op->disp >= shared->low &&
           op->disp + ir_type_bytes[op->type] <= shared->high && (!write || shared->write);
}

/* --- where an access goes -------------------------------------------------------------------- */

/* Is the access worth looking into the window for? */
static int has_window(const struct gen *e, const struct bp_ir_op *op,
                      const struct mmu_window *window)
{
    int64_t value;
    uint64_t va;

    if (!tcg_does(e->v)->windows || !window->bytes || is_float(op))
        return 0;
    va = (uint64_t)op->disp + (uint64_t)(gen_known(e, op->a, &value) ? value : 0);
    return !gen_known(e, op->a, &value) ||
           (op->x & BP_MEM_ADDR32 ? (uint32_t)va : va) - window->base < window->bytes;
}

static int is_memory(const struct bp_ir_op *op)
{
    return op->op == BP_IR_LD || op->op == BP_IR_ST;
}

int gen_looks_out(const struct gen *e, const struct bp_ir_op *op)
{
    const struct bp_ir_op *first = e->unit->ops, *end = first + e->unit->nops, *other;

    if (!is_memory(op) || is_general(op) ||
        !has_window(e, op, &e->v->mmu.windows[op->x & BP_MEM_CONTEXT][op->op == BP_IR_ST]))
        return 0;
    for (other = op; other-- > first && !is_memory(other);)
        ;
    if (other >= first && same_base(op, other))
        return 0;
    for (other = op; ++other < end && !is_memory(other);)
        ;
    return other == end || !same_base(op, other);
}

/* The offset of [va, va + bytes) in the window is in `offset`. rdx is lost. */
static void compare(struct gen *e, uint32_t offset, const struct bp_ir_op *op, uint32_t bytes,
                    int write, struct label *miss)
{
    struct rm size = FIELD(e, mmu.windows[op->x & BP_MEM_CONTEXT][write].bytes);

    if (bytes <= MMU_WIDEST) {
        asm_alu(&e->code, ALU_CMP, 1, offset, size);
    } else {
        asm_load(&e->code, 1, RDX, size);
        asm_alu_imm(&e->code, ALU_SUB, 1, rm_reg(RDX), (int32_t)(bytes - MMU_WIDEST));
        asm_jcc(&e->code, CC_B, miss);
        asm_alu(&e->code, ALU_CMP, 1, offset, rm_reg(RDX));
    }
    asm_jcc(&e->code, CC_AE, miss);
}

/* Where the access is to be made if [va, va + bytes) is in the window. With the distance at hand, the way from the guest's
 * address to the data is not longer than the guest's own, and the comparison is beside it. */
static struct rm look_out(struct gen *e, const struct bp_ir_op *op, uint32_t bytes, int write,
                          struct label *miss)
{
    const struct rm base = FIELD(e, mmu.windows[op->x & BP_MEM_CONTEXT][write].base);
    int pin = gen_pinned(e, op->a), wide = !(op->x & BP_MEM_ADDR32);
    int64_t value;

    if (e->pins.distance == NO_REG) {
        gen_address(e, op);
        asm_alu(&e->code, ALU_SUB, 1, RAX, base);
        compare(e, RAX, op, bytes, write, miss);
        asm_alu(&e->code, ALU_ADD, 1, RAX,
                FIELD(e, mmu.windows[op->x & BP_MEM_CONTEXT][write].host));
        return rm_mem(RAX, 0);
    }
    if (pin >= 0 && wide && !gen_known(e, op->a, &value)) {
        asm_lea(&e->code, 1, RCX, rm_mem((uint32_t)pin, op->disp));
        asm_alu(&e->code, ALU_SUB, 1, RCX, base);
        compare(e, RCX, op, bytes, write, miss);
        return rm_index((uint32_t)pin, e->pins.distance, 0, op->disp);
    }
    gen_address(e, op);
    asm_move(&e->code, 1, RCX, RAX);
    asm_alu(&e->code, ALU_SUB, 1, RCX, base);
    compare(e, RCX, op, bytes, write, miss);
    return rm_index(RAX, e->pins.distance, 0, 0);
}

/* `host` is where the access is to be made. The result is for what does not get there. */
static struct cold *gen_find(struct gen *e, const struct bp_ir_op *op, int write,
                             struct tcg_site *site, struct rm *host)
{
    int direct = has_window(e, op, &e->v->mmu.windows[op->x & BP_MEM_CONTEXT][write]);
    int ride = rides(e, op, write), plans;
    struct bp_ir_op lowest = *op;
    struct shared shared = e->shared;
    struct cold *cold = gen_cold(e, COLD_CALL);
    uint32_t bytes = ir_type_bytes[op->type];

    plans = !ride && plan(e, op, write, &shared);
    cold->site = site;
    cold->op = op;
    cold->shares = ride || plans;
    if ((direct || cold->shares) && !is_float(op))
        cold->kind = COLD_TABLE;
    if (ride) {
        asm_test(&e->code, 1, RDX, rm_reg(RDX));
        asm_jcc(&e->code, CC_E, &cold->in);
        *host = rm_mem(RDX, op->disp - shared.low);
        return cold;
    }
    e->shared.op = NULL;
    if (plans) {
        lowest.disp = shared.low;
        bytes = (uint32_t)(shared.high - shared.low);
    }
    *host = rm_mem(RAX, 0);
    if (direct)
        *host = look_out(e, &lowest, bytes, write, &cold->in);
    else
        look_up(e, &lowest, bytes, write, &cold->in);
    if (plans) {
        asm_lea(&e->code, 1, RDX, *host);
        *host = rm_mem(RDX, op->disp - shared.low);
        e->shared = shared;
    }
    return cold;
}

static void gen_read(struct gen *e, uint32_t type, uint32_t d, struct rm host)
{
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

static void gen_load_at(struct gen *e, const struct bp_ir_op *op, struct rm host)
{
    uint32_t d = gen_result(e, op->d);

    gen_read(e, op->type, d, host);
    if (gen_pinned(e, op->d) < 0)
        asm_store(&e->code, 1, d, gen_home(e, op->d));
}

void gen_load(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_load);
    int boxed = op->type == BP_T_F32 && op->x & BP_MEM_BOX;
    struct cold *cold;
    struct rm host;

    site->rec.d = gen_target(e, op->d);
    if (is_general(op) || (boxed && gen_pinned(e, op->d) >= 0)) {
        gen_call_site(e, site);
        gen_forget(e, op->d);
        return;
    }
    cold = gen_find(e, op, 0, site, &host);
    gen_forget(e, op->d);
    if ((boxed || op->type == BP_T_F64) && gen_pinned(e, op->d) < 0) {
        uint32_t xmm = gen_float_result(e, op->d);
        asm_fp(&e->code, 0x10, !boxed, xmm, 0, host);
        gen_float_put(e, op->d, !boxed, boxed, xmm);
    } else {
        gen_load_at(e, op, host);
    }
    gen_rejoin(e, cold);
}

static void gen_write(struct gen *e, uint32_t type, uint32_t from, struct rm host)
{
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

static void gen_store_at(struct gen *e, const struct bp_ir_op *op, struct rm host)
{
    uint32_t from = gen_get(e, op->b, RCX);

    if (ir_type_bytes[op->type] == 8 && from != RCX && gen_narrow(e, op->b)) {
        asm_movsxd(&e->code, 1, RCX, rm_reg(from));
        from = RCX;
    }
    gen_write(e, op->type, from, host);
}

void gen_store(struct gen *e, const struct bp_ir_op *op)
{
    struct tcg_site *site = gen_site(e, op, tcg_store);

    site->rec.d = gen_slot(e, op->b);
    if (is_general(op)) {
        gen_call_site(e, site);
    } else {
        struct rm host;
        struct cold *cold = gen_find(e, op, 1, site, &host);
        if (op->type == BP_T_F64 && gen_float_result(e, op->b))
            asm_fp(&e->code, 0x11, 1, gen_float(e, op->b, 1, 0), 0, host);
        else if (op->type == BP_T_F32 && gen_float_held(e, op->b) >= 0)
            asm_fp(&e->code, 0x11, 0, (uint32_t)gen_float_held(e, op->b), 0, host);
        else
            gen_store_at(e, op, host);
        gen_rejoin(e, cold);
    }
    /* Host stores are releases already; against later acquires they need the fence. */
    if (op->x & BP_MEM_RELEASE)
        asm_mfence(&e->code);
}

void gen_table(struct gen *e, const struct cold *outside)
{
    const struct bp_ir_op *op = outside->op;
    struct cold *cold = gen_cold(e, COLD_CALL);

    memset(e->known, 0, sizeof e->known);
    cold->site = outside->site;
    cold->out = outside->out;
    cold->shares = outside->shares;
    memcpy(cold->held, outside->held, sizeof cold->held);
    gen_lookup(e, op, op->op == BP_IR_ST, &cold->in);
    if (op->op == BP_IR_ST)
        gen_store_at(e, op, rm_mem(RAX, 0));
    else
        gen_load_at(e, op, rm_mem(RAX, 0));
    gen_unshared(e, cold);
    asm_jmp(&e->code, &cold->out);
}

void gen_unshared(struct gen *e, const struct cold *cold)
{
    if (cold->shares)
        asm_alu(&e->code, ALU_XOR, 0, RDX, rm_reg(RDX));
}
