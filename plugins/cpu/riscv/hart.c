/* SPDX-License-Identifier: Apache-2.0
 *
 * hart.c - life of a hart: properties into an extension set, reset, and the mode word that ties
 * translations to the privilege, memory context and FP state they were made for.
 */
#include "hart.h"

#include <backplane/trace.h>

static const uint8_t misa_letters[EXT_COUNT] = {
#define RISCV_EXT(ID, word, gc, imac, misa, doc) [EXT_##ID] = misa,
#include "extensions.def"
};

/* An extension that means nothing without another one. */
static const struct {
    uint8_t ext, needs;
    const char *property, *text;
} needs[] = {
    {EXT_D, EXT_F, "d", "double precision includes single precision: set f too, or d: false"},
    {EXT_S, EXT_U, "supervisor",
     "a hart with S-mode has U-mode: set user too, or supervisor: false"},
};

void riscv_set_fs_dirty(struct hart *h)
{
    h->mstatus |= MSTATUS_FS | (h->xlen == 32 ? MSTATUS_SD32 : MSTATUS_SD64);
}

/* Memory context of data accesses (3.1.6.3, 10.1.1.2). */
static uint32_t data_context(const struct hart *h)
{
    uint32_t priv = (uint32_t)h->priv, context;

    if (h->mstatus & MSTATUS_MPRV && priv == PRIV_M)
        priv = (h->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    if (priv == PRIV_M)
        return CONTEXT_M;
    if (priv == PRIV_S)
        context = h->mstatus & MSTATUS_SUM ? CONTEXT_S_SUM : CONTEXT_S;
    else
        context = CONTEXT_U;
    return h->mstatus & MSTATUS_MXR ? context + CONTEXT_MXR : context;
}

void riscv_update_mode(struct hart *h)
{
    uint32_t fs = (h->mstatus & MSTATUS_FS) >> MSTATUS_FS_SHIFT;
    uint32_t fp = fs == FS_OFF ? MODE_FP_OFF : fs == FS_DIRTY ? MODE_FP_DIRTY : MODE_FP_CLEAN;
    uint32_t frm = fs == FS_OFF ? 0 : (uint32_t)h->frm;

    h->mode = (uint32_t)h->priv << MODE_PRIV_SHIFT | data_context(h) << MODE_CONTEXT_SHIFT |
              fp << MODE_FP_SHIFT | frm << MODE_FRM_SHIFT | h->misaligned << MODE_MISALIGN_SHIFT |
              h->ext << MODE_EXT_SHIFT;
    h->fetch_context = h->priv == PRIV_M ? CONTEXT_M : h->priv == PRIV_S ? CONTEXT_S : CONTEXT_U;
}

/* What hangs on something else goes quietly: defaults are "true" for harts without an MMU or a clock,
 * too. */
uint32_t riscv_extensions(const struct hart *h)
{
    uint32_t ext = 0;

    for (uint32_t i = 0; i < EXT_COUNT; i++)
        ext |= (uint32_t)(h->ext_on[i] != 0) << i;
    if (!(ext >> EXT_S & 1))
        ext &= ~(1u << EXT_SSTC | 1u << EXT_SVINVAL | 1u << EXT_SVADU);
    if (!h->mmu)
        ext &= ~(1u << EXT_SVADU);
    if (!riscv_has_time(h))
        ext &= ~(1u << EXT_SSTC);
    return ext;
}

static int32_t check_extensions(const struct hart *h, const struct bp_error_api *error)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
        if (!hart_has(h, needs[i].ext) || hart_has(h, needs[i].needs))
            continue;
        if (error)
            error->set(h->dev, needs[i].property, needs[i].text);
        return BP_E_INVAL;
    }
    return BP_OK;
}

uint64_t riscv_misa(const struct hart *h)
{
    uint64_t misa = UINT64_C(1) << ('I' - 'A');

    for (uint32_t i = 0; i < EXT_COUNT; i++)
        if (misa_letters[i] && hart_has(h, i))
            misa |= UINT64_C(1) << (misa_letters[i] - 'A');
    if (hart_has(h, EXT_ZBA) && hart_has(h, EXT_ZBB) && hart_has(h, EXT_ZBS))
        misa |= UINT64_C(1) << ('B' - 'A');
    return misa | (h->xlen == 32 ? UINT64_C(1) << 30 : UINT64_C(2) << 62);
}

static int32_t init(struct hart *h, uint32_t xlen, struct bp_vcpu *vcpu,
                    const struct bp_vcpu_api *api, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_error_api *error = core->get(core, BP_ERROR_ID);
    int32_t status;

    h->xlen = xlen;
    h->vcpu = vcpu;
    h->api = api;
    h->dev = dev;
    h->timers = core->get(core, BP_TIMER_ID);
    h->host = core->get(core, BP_VCPU_HOST_ID);
    if (!h->timers || !h->host) {
        if (error)
            error->set(dev, NULL,
                       "the core offers no bp.timer/1 or bp.vcpu-host/1: use a newer Backplane");
        return BP_E_UNSUPPORTED;
    }
    h->ext = riscv_extensions(h);
    if (!hart_has(h, EXT_S))
        h->mmu = 0;
    status = check_extensions(h, error);
    if (status != BP_OK)
        return status;
    h->misa = riscv_misa(h);
    if (hart_has(h, EXT_SSTC)) {
        h->stimer = h->timers->create(dev, "stimecmp", riscv_stimer_fired);
        if (!h->stimer)
            return BP_E_NOMEM;
    }
    return BP_OK;
}

int32_t riscv_init32(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                     struct bp_dev *dev, const struct bp_core *core)
{
    return init(state, 32, vcpu, api, dev, core);
}

int32_t riscv_init64(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                     struct bp_dev *dev, const struct bp_core *core)
{
    return init(state, 64, vcpu, api, dev, core);
}

void riscv_finish(void *state)
{
    (void)state; /* timers belong to the core, everything else lies in the state block */
}

/* Reset (3.4). Registers the specification leaves unspecified become zero, so that runs can be
 * compared. */
void riscv_reset(void *state, uint32_t kind)
{
    struct hart *h = state;
    /* Without D, FLEN is 32, and nothing may look badly boxed. */
    uint64_t f = hart_has(h, EXT_D) ? 0 : UINT64_C(0xffffffff00000000);

    (void)kind;
    h->pc = hart_trim(h, h->reset_vector);
    for (int i = 0; i < 32; i++) {
        h->x[i] = 0;
        h->f[i] = f;
    }
    h->fflags = h->frm = 0;
    h->priv = PRIV_M;
    h->mstatus = h->xlen == 64 ? (hart_has(h, EXT_U) ? MSTATUS_UXL_64 : 0) |
                                     (hart_has(h, EXT_S) ? MSTATUS_SXL_64 : 0)
                               : 0;
    if (!hart_has(h, EXT_U))
        h->mstatus |= MSTATUS_MPP;
    h->medeleg = h->mideleg = h->mie = h->mtvec = h->mcounteren = h->menvcfg = h->mcountinhibit = 0;
    h->mscratch = h->mepc = h->mcause = h->mtval = 0;
    h->stvec = h->scounteren = h->senvcfg = h->sscratch = h->sepc = h->scause = h->stval = h->satp =
        0;
    h->stimecmp = UINT64_MAX;
    h->sstc_on = 0;
    riscv_change_mip(h, IRQ_BIT(IRQ_SSI) | IRQ_BIT(IRQ_STI) | MIP_SEI_SOFT, 0);
    h->waiting = 0;
    riscv_pmp_reset(h);
    riscv_stimer_connect(h);
    riscv_update_mode(h);
    /* Caches of translations belong to the vCPU's thread; poll() drops them there. */
    h->flush_pending = 1;
    h->api->kick(h->vcpu);
}
