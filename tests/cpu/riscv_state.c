/* SPDX-License-Identifier: Apache-2.0
 *
 * A hart from outside: registers as a debugger writes them, and snapshots, carried from one hart to
 * another as a core does it: slots of `regs`, then the state rows, then post_load().
 */
#include "riscv_fake.h"

#include <backplane/state.h>
#include <criterion/criterion.h>
#include <stdatomic.h>

static const char *type = "rv64gc";

static int32_t row(const char *name)
{
    const struct bp_cpu_class *cls = fake_class(type);

    for (uint32_t i = 0; i < cls->nregs; i++)
        if (!strcmp(cls->regs[i].name, name))
            return (int32_t)i;
    cr_assert_fail("%s has no register %s", type, name);
    return -1;
}

static int32_t poke(struct hart *h, const char *name, uint64_t value)
{
    return fake_class(type)->reg_write(h, (uint32_t)row(name), value);
}

static uint64_t peek(struct hart *h, const char *name)
{
    uint64_t value;

    cr_assert_eq(fake_class(type)->reg_read(h, (uint32_t)row(name), &value), BP_OK, "%s", name);
    return value;
}

/* --- debuggers -------------------------------------------------------------------------- */

Test(state, the_mode_word_follows_what_is_written)
{
    struct hart *h = fake_hart(type, 0);
    uint32_t mode = h->mode;

    cr_assert_eq(poke(h, "priv", PRIV_U), BP_OK);
    cr_expect(h->priv == PRIV_U && h->fetch_context == CONTEXT_U);
    cr_expect_neq(h->mode, mode);
    cr_assert_eq(poke(h, "priv", PRIV_M), BP_OK);
    cr_expect_eq(h->mode, mode);
    cr_assert_eq(poke(h, "mstatus", MSTATUS_FS), BP_OK);
    cr_expect_eq(h->mode >> MODE_FP_SHIFT & 3, MODE_FP_DIRTY);
    cr_expect_eq(peek(h, "mstatus") & MSTATUS_SD64, MSTATUS_SD64, "SD goes with FS");
    cr_assert_eq(poke(h, "frm", 3), BP_OK);
    cr_expect_eq(h->mode >> MODE_FRM_SHIFT & 7, 3);
    cr_assert_eq(poke(h, "mstatus", MSTATUS_FS | MSTATUS_MPRV | (uint64_t)PRIV_S << 11), BP_OK);
    cr_expect_eq(h->mode >> MODE_CONTEXT_SHIFT & 15, CONTEXT_S);
    free(h);
}

Test(state, registers_keep_their_rules)
{
    struct hart *h = fake_hart(type, 0);
    uint64_t misa = peek(h, "misa");

    poke(h, "x0", 5);
    cr_expect_eq(h->x[0], 0);
    poke(h, "misa", 0);
    cr_expect_eq(peek(h, "misa"), misa);
    cr_expect_eq(poke(h, "priv", 2), BP_E_ACCESS);
    cr_expect_eq(h->priv, PRIV_M);
    poke(h, "mstatus", UINT64_C(2) << 11);
    cr_expect_eq(peek(h, "mstatus") & MSTATUS_MPP, 0, "MPP has no value 2");
    poke(h, "satp", UINT64_C(5) << 60);
    cr_expect_eq(peek(h, "satp"), 0, "a mode that does not exist");
    fake.flushes = 0;
    poke(h, "satp", UINT64_C(8) << 60);
    cr_expect_eq(fake.flushes, 1, "translations of the old one are dropped");
    poke(h, "mip", UINT64_MAX);
    cr_expect_eq(peek(h, "mip"), IRQ_S_ALL,
                 "the pins are not software's, and bits 62 and 63 nobody's");
    cr_expect_eq(atomic_load(&h->mip) & MIP_SEI_LINE, 0);
    poke(h, "pc", FAKE_BASE + 0x101);
    cr_expect_eq(h->pc, FAKE_BASE + 0x100);
    cr_expect_eq(fake_class(type)->reg_write(h, 10000, 0), BP_E_NOENT);
    free(h);
}

Test(state, a_new_pc_ends_a_wait)
{
    struct hart *h = fake_hart(type, 0);

    h->waiting = 1;
    poke(h, "pc", FAKE_BASE);
    cr_expect_eq(fake_class(type)->poll(h), BP_CPU_RUN);
    free(h);
}

Test(state, floating_point_is_dirty_afterwards_and_stays_off)
{
    struct hart *h = fake_hart(type, 0);

    poke(h, "f3", 77);
    poke(h, "fflags", 0xff);
    poke(h, "frm", 0xff);
    cr_expect(h->f[3] == 77 && h->fflags == 0x1f && h->frm == 7);
    cr_expect_eq(peek(h, "mstatus") & MSTATUS_FS, 0, "off as before");
    poke(h, "mstatus", (uint64_t)FS_CLEAN << MSTATUS_FS_SHIFT);
    poke(h, "f3", 78);
    cr_expect_eq(peek(h, "mstatus") & MSTATUS_FS, MSTATUS_FS);
    cr_expect_eq(h->mode >> MODE_FP_SHIFT & 3, MODE_FP_DIRTY);
    free(h);
}

Test(state, the_timer_follows_stimecmp)
{
    struct hart *h = fake_hart(type, 0);

    poke(h, "menvcfg", ENVCFG_STCE);
    poke(h, "stimecmp", 1000);
    cr_expect_eq(fake.armed, 100000);
    cr_expect_eq(fake.locked, 0);
    free(h);
}

Test(state, rv32_has_whole_64_bit_registers_and_extends)
{
    struct hart *h;

    type = "rv32gc";
    h = fake_hart(type, 0);
    poke(h, "menvcfg", ENVCFG_STCE | ENVCFG_FIOM);
    cr_expect_eq(peek(h, "menvcfg"), ENVCFG_STCE | ENVCFG_FIOM);
    poke(h, "stimecmp", UINT64_C(0x123456789abcdef0));
    cr_expect_eq(peek(h, "stimecmp"), UINT64_C(0x123456789abcdef0));
    poke(h, "x5", 0x80000000);
    cr_expect_eq(h->x[5], UINT64_C(0xffffffff80000000));
    poke(h, "mscratch", UINT64_MAX);
    cr_expect_eq(h->mscratch, 0xffffffff);
    free(h);
}

/* --- snapshots -------------------------------------------------------------------------- */

static int32_t carry(struct hart *to, struct hart *from)
{
    const struct bp_cpu_class *cls = fake_class(type);
    const struct bp_state *state = cls->state;

    cr_assert_eq(state->pre_save(from), BP_OK);
    for (uint32_t i = 0; i < cls->nregs; i++)
        memcpy((char *)to + cls->regs[i].offset, (const char *)from + cls->regs[i].offset, 8);
    for (uint32_t i = 0; i < state->nfields; i++) {
        const struct bp_state_field *f = &state->fields[i];
        uint32_t width = f->type == BP_STATE_U64 ? 8 : f->type == BP_STATE_U32 ? 4 : 1;

        cr_assert(f->type == BP_STATE_U64 || f->type == BP_STATE_U32 || f->type == BP_STATE_BYTES);
        memcpy((char *)to + f->offset, (const char *)from + f->offset, (size_t)width * f->count);
    }
    return state->post_load(to);
}

Test(state, a_snapshot_holds_the_whole_hart)
{
    struct hart *a = fake_hart(type, 0), *b;
    uint32_t log2_size = 12;

    fake_write(a, 0x3b0, FAKE_BASE >> 2);
    fake_write(a, 0x3b1, (FAKE_BASE + 0x10000) >> 2);
    fake_write(a, 0x3a0, (uint64_t)(PMP_A_TOR | PMP_R | PMP_L) << 8);
    fake_write(a, 0x30a, ENVCFG_STCE);
    fake_write(a, 0x300, MSTATUS_FS | MSTATUS_MPRV);
    fake_write(a, 0x002, 2);
    fake_write(a, 0x180, UINT64_C(9) << 60 | 0x80010);
    fake_write(a, 0x14d, 500);
    fake_write(a, 0x303, IRQ_S_ALL);
    riscv_line_seip(a, 0, 1);
    fake.retired = 1000;
    fake_write(a, 0xb00, 40);
    fake.retired = 1011;
    a->waiting = 1;
    fake_priv(a, PRIV_S);
    b = fake_hart(type, 0); /* sets the fakes back */
    fake.retired = 1011;
    cr_assert_eq(carry(b, a), BP_OK);
    cr_expect_eq(b->mode, a->mode);
    cr_expect_eq(b->fetch_context, a->fetch_context);
    cr_expect(b->priv == PRIV_S && b->waiting == 1 && b->sstc_on);
    cr_expect_eq(atomic_load(&b->mip), atomic_load(&a->mip));
    cr_expect_eq(riscv_cycle(b), 50);
    fake.retired = 3; /* another accelerator has counted less so far */
    cr_assert_eq(fake_class(type)->state->post_load(b), BP_OK);
    cr_expect_eq(riscv_cycle(b), 50);
    cr_expect_eq(b->pmp_used, 2);
    cr_expect_eq(riscv_pmp(b, FAKE_BASE, 4, PRIV_M, &log2_size), BP_PROT_READ, "locked");
    cr_expect_eq(b->flush_pending, 1);
    free(a);
    free(b);
}

Test(state, what_no_hart_can_hold_is_refused)
{
    static const struct {
        size_t offset;
        uint64_t value;
    } rows[] = {
        {offsetof(struct hart, priv), 2},
        {offsetof(struct hart, priv), UINT64_C(1) << 32},
        {offsetof(struct hart, frm), 8},
        {offsetof(struct hart, mstatus), UINT64_C(2) << 11},
        {offsetof(struct hart, mstatus), UINT64_C(1) << 40},
        {offsetof(struct hart, satp), UINT64_C(15) << 60},
        {offsetof(struct hart, misa), 1},
        {offsetof(struct hart, x), 1},
        {offsetof(struct hart, pc), 1},
        {offsetof(struct hart, mip), 1},
        {offsetof(struct hart, mideleg), IRQ_BIT(IRQ_MTI)},
        {offsetof(struct hart, pmpaddr) + 8 * 20, 4},
        {offsetof(struct hart, pmpaddr), UINT64_MAX},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct hart *h = fake_hart(type, 0);

        cr_assert_eq(carry(h, h), BP_OK);
        memcpy((char *)h + rows[i].offset, &rows[i].value, 8);
        cr_expect_eq(fake_class(type)->state->post_load(h), BP_E_INVAL, "row %zu", i);
        free(h);
    }
}

/* Every member of the hart that a program can change is a register or a state row, follows from one, or is a property:
 * whoever adds one decides here. */
Test(state, the_hart_has_no_member_that_nobody_saves)
{
    static const struct {
        size_t offset, bytes;
    } derived[] = {
#define MEMBER(m) {offsetof(struct hart, m), sizeof(((struct hart *)0)->m)}
        MEMBER(mode),        MEMBER(fetch_context), MEMBER(xlen),         MEMBER(ext),
        MEMBER(vcpu),        MEMBER(api),           MEMBER(sstc_on),      MEMBER(flush_pending),
        MEMBER(cycle_base),  MEMBER(instret_base),  MEMBER(pmp),          MEMBER(pmp_used),
        MEMBER(dev),         MEMBER(timers),        MEMBER(host),         MEMBER(stimer),
        MEMBER(watching),    MEMBER(ext_on),        MEMBER(hartid),       MEMBER(mmu),
        MEMBER(pmp_regions), MEMBER(misaligned),    MEMBER(reset_vector), MEMBER(time),
        MEMBER(pmp_nzones),  MEMBER(pmp_zones),
#undef MEMBER
    };
    const struct bp_cpu_class *cls = fake_class(type);
    uint8_t known[sizeof(struct hart)] = {0};
    uint32_t unknown = 0;

    for (size_t i = 0; i < sizeof(derived) / sizeof(*derived); i++)
        memset(known + derived[i].offset, 1, derived[i].bytes);
    for (uint32_t i = 0; i < cls->nregs; i++)
        memset(known + cls->regs[i].offset, 1, 8);
    for (uint32_t i = 0; i < cls->state->nfields; i++) {
        const struct bp_state_field *f = &cls->state->fields[i];

        memset(known + f->offset, 1,
               (size_t)f->count * (f->type == BP_STATE_U64   ? 8
                                   : f->type == BP_STATE_U32 ? 4
                                                             : 1));
    }
    for (size_t i = 0; i < sizeof(known);
         i += 8) { /* padding is shorter than a member of 8 bytes */
        uint32_t missing = 0;

        for (size_t k = 0; k < 8; k++)
            missing += !known[i + k];
        unknown += missing == 8;
        cr_expect_neq(missing, 8, "the member at offset %zu", i);
    }
    cr_expect_eq(unknown, 0);
}
