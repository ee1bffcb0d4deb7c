/* SPDX-License-Identifier: Apache-2.0
 *
 * hart.h - one RISC-V hart: its state block, and the functions that the files of this plug-in offer
 * each other.
 *
 * Registers of an RV32 hart keep 32 meaningful bits in their 64-bit slots: x registers
 * sign-extended (the IR's rule), pc and CSRs zero-extended.
 */
#ifndef RISCV_HART_H
#define RISCV_HART_H

#include <backplane/cpu.h>
#include <backplane/time.h>
#include <stdbool.h>

#include "csr_bits.h"

enum riscv_ext {
#define RISCV_EXT(ID, word, gc, imac, misa, doc) EXT_##ID,
#include "extensions.def"
    EXT_COUNT,
    EXT_NONE = 0xff, /* of a table row: always there */
};

/* The mode word: what a translation depends on besides memory. */
#define MODE_PRIV_SHIFT     0  /* 2 bits: PRIV_* */
#define MODE_CONTEXT_SHIFT  2  /* 4 bits: memory context of loads and stores */
#define MODE_FP_SHIFT       6  /* 2 bits: MODE_FP_* */
#define MODE_FRM_SHIFT      8  /* 3 bits: frm; 0 while the FPU is off */
#define MODE_MISALIGN_SHIFT 11 /* 1: misaligned loads and stores trap */
#define MODE_EXT_SHIFT      12 /* the extensions, one bit each */
_Static_assert(MODE_EXT_SHIFT + EXT_COUNT <= 32, "the extensions fit into the mode word");
#define MODE_FP_OFF   0u
#define MODE_FP_CLEAN 1u /* on; the next write to FP state must make mstatus.FS dirty */
#define MODE_FP_DIRTY 2u

/* Memory contexts. MXR adds CONTEXT_MXR to those of S and U. */
#define CONTEXT_M        0u
#define CONTEXT_S        1u
#define CONTEXT_S_SUM    2u
#define CONTEXT_U        3u
#define CONTEXT_MXR      3u
#define CONTEXTS         7u
#define CONTEXTS_VIRTUAL 0x7eu /* all that satp translates */

/* mip is one atomic word. SEIP has two sources, kept in bits no CSR read shows; bit IRQ_SEI is
 * their OR. */
#define MIP_SEI_SOFT (UINT64_C(1) << 62)
#define MIP_SEI_LINE (UINT64_C(1) << 63)
#define MIP_VISIBLE  UINT64_C(0xffff)

/* A PMP entry, decoded: [first, last] and cfg, or first > last when it matches nothing. */
struct pmp_range {
    uint64_t first, last;
    uint32_t cfg, reserved;
};

/* Addresses for which the same entry decides: from `first` to the next zone. */
struct pmp_zone {
    uint64_t first;
    uint8_t machine, others; /* BP_PROT_*, in M-mode and below */
};
#define PMP_ZONES (2 * PMP_MAX + 1)

struct hart {
    /* Hot. */
    uint64_t pc;
    uint64_t x[32];
    uint64_t f[32];
    uint64_t fflags;
    uint32_t mode, fetch_context;
    uint64_t priv; /* PRIV_* */
    uint32_t xlen; /* 32, 64 */
    uint32_t ext;  /* bit set of enum riscv_ext */
    uint32_t waiting;
    struct bp_vcpu *vcpu;
    const struct bp_vcpu_api *api;

    /* CSRs. */
    uint64_t frm;
    uint64_t mstatus, misa, medeleg, mideleg, mie, mtvec, mcounteren, menvcfg, mcountinhibit;
    uint64_t mscratch, mepc, mcause, mtval;
    _Atomic uint64_t mip;
    uint64_t stvec, scounteren, senvcfg, sscratch, sepc, scause, stval, satp;
    uint64_t stimecmp;      /* written under the machine lock: the timer reads it */
    uint32_t sstc_on;       /* menvcfg.STCE, likewise */
    uint32_t flush_pending; /* a reset happened: drop translations at the next poll */
    /* What is added to the instructions retired; of a stopped counter, its value. */
    uint64_t cycle_base, instret_base;
    uint64_t saved_cycle, saved_instret; /* in a snapshot: what the counters read */

    /* PMP. */
    uint8_t pmpcfg[PMP_MAX];
    uint64_t pmpaddr[PMP_MAX];
    struct pmp_range pmp[PMP_MAX];
    uint32_t pmp_used; /* entries up to the last one that is not OFF */
    uint32_t pmp_nzones;
    struct pmp_zone pmp_zones[PMP_ZONES];

    /* Connections and properties. */
    struct bp_dev *dev;
    const struct bp_timer_api *timers;
    const struct bp_vcpu_host *host;
    struct bp_timer *stimer;
    uint32_t watching;
    uint8_t ext_on[EXT_COUNT]; /* properties */
    uint32_t hartid, mmu, pmp_regions, misaligned;
    uint64_t reset_vector;
    struct bp_ref time;
};

static inline bool hart_has(const struct hart *h, enum riscv_ext ext)
{
    return h->ext >> ext & 1;
}

/* A value of XLEN bits as an x register keeps it. */
static inline uint64_t hart_extend(const struct hart *h, uint64_t value)
{
    return h->xlen == 32 ? (uint64_t)(int64_t)(int32_t)(uint32_t)value : value;
}

/* A value of XLEN bits as pc and CSRs keep it. */
static inline uint64_t hart_trim(const struct hart *h, uint64_t value)
{
    return h->xlen == 32 ? (uint32_t)value : value;
}

/* --- hart.c --------------------------------------------------------------- */
int32_t riscv_init32(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                     struct bp_dev *dev, const struct bp_core *core);
int32_t riscv_init64(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                     struct bp_dev *dev, const struct bp_core *core);
void riscv_finish(void *state);
void riscv_reset(void *state, uint32_t kind);
/* The extensions (bit set of enum riscv_ext) that properties and connections give; before init(),
 * too. */
uint32_t riscv_extensions(const struct hart *h);
/* What misa reads. */
uint64_t riscv_misa(const struct hart *h);
/* Recomputes mode and fetch_context; call after any change of what they are made of. */
void riscv_update_mode(struct hart *h);
/* mstatus.FS = Dirty, SD with it. The caller updates the mode. */
void riscv_set_fs_dirty(struct hart *h);

/* --- trap.c --------------------------------------------------------------- */
/* Takes an exception at h->pc (3.1.6.1, 3.1.7, 3.1.8). Returns 1, as a CONTROL helper that
 * leaves the block does. */
uint64_t riscv_raise(struct hart *h, uint32_t cause, uint64_t tval);
void riscv_fault(void *state, const struct bp_fault *fault);
int32_t riscv_poll(void *state);
/* Highest-priority interrupt that would be taken now, or -1. */
int riscv_pending_interrupt(struct hart *h);
/* Asks for a poll if an interrupt is deliverable; returns 1 if so. */
uint32_t riscv_check_interrupts(struct hart *h);
/* Interrupt pins, [machine]. */
void riscv_line_msip(void *state, uint32_t index, uint32_t level);
void riscv_line_mtip(void *state, uint32_t index, uint32_t level);
void riscv_line_meip(void *state, uint32_t index, uint32_t level);
void riscv_line_seip(void *state, uint32_t index, uint32_t level);
void riscv_line_ssip(void *state, uint32_t index, uint32_t level);
/* Changes mip: clears, then sets bits, and makes SEIP follow its two sources. [any] */
void riscv_change_mip(struct hart *h, uint64_t clear, uint64_t set);

/* --- csr.c ---------------------------------------------------------------- */
/* Executes CSRRW/S/C[I] `insn` with the source operand `source`: a CONTROL helper's body. */
uint64_t riscv_csr(struct hart *h, uint32_t insn, uint64_t source);
/* The same without an instruction: no privilege is needed, and a register this hart does not have is BP_E_NOENT. */
int32_t riscv_csr_peek(struct hart *h, uint32_t number, uint64_t *value);
int32_t riscv_csr_poke(struct hart *h, uint32_t number, uint64_t value);
/* Name of a CSR into `text`; "0x7c0" for an unknown one. */
void riscv_csr_name(uint32_t number, char *text, uint32_t room);

/* --- counters.c ----------------------------------------------------------- */
bool riscv_counter_allowed(const struct hart *h, uint32_t counter); /* 3.1.11, 10.1.5 */
uint64_t riscv_cycle(const struct hart *h);
uint64_t riscv_instret(const struct hart *h);
void riscv_set_cycle(struct hart *h, uint64_t value);
void riscv_set_instret(struct hart *h, uint64_t value);
/* The base with which a counter reads `value` now. */
uint64_t riscv_counter_base(const struct hart *h, uint32_t counter, uint64_t value);
void riscv_set_countinhibit(struct hart *h, uint64_t value);
/* Counts an instruction that leaves its block through a helper and is done; accelerators count
 * the others. */
void riscv_retire(struct hart *h);
bool riscv_has_time(const struct hart *h);
uint64_t riscv_time(const struct hart *h);
/* Sstc: stores stimecmp and menvcfg.STCE and makes STIP and the timer follow; [vcpu] without the
 * machine lock. */
void riscv_stimer_set(struct hart *h, uint64_t stimecmp, bool stce);
void riscv_stimer_fired(void *state);      /* [machine] */
void riscv_stimer_connect(struct hart *h); /* [machine], at reset */

/* --- state.c -------------------------------------------------------------- */
extern const struct bp_state riscv_state;
/* The register of a row, as reg_read() and reg_write() of struct bp_cpu_class. */
int32_t riscv_reg_read(struct hart *h, const struct bp_cpu_reg *row, uint64_t *value);
int32_t riscv_reg_write(struct hart *h, const struct bp_cpu_reg *row, uint64_t value);

/* --- mmu.c, pmp.c --------------------------------------------------------- */

/* Sets satp, with what the change does to translations. */
void riscv_set_satp(struct hart *h, uint64_t satp);
/* Forgets translations as SFENCE.VMA does: of one address, of one ASID; NULL: of all. */
void riscv_forget(struct hart *h, const uint64_t *address, const uint64_t *asid);
/* Forgets all there is, after a change that no instruction made. */
void riscv_forget_all(struct hart *h);
int32_t riscv_walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                   struct bp_walk *out);
uint32_t riscv_walk_cause(uint32_t kind, bool page); /* page fault or access fault of a BP_MEM_* */
/* True when satp may hold this mode. */
bool riscv_satp_mode_ok(const struct hart *h, uint64_t satp);
/* Permissions (BP_PROT_*) of `bytes` (0: one) from pa for accesses of `priv`; lowers *log2_size until
 * they hold for the whole naturally aligned block around pa. */
uint32_t riscv_pmp(const struct hart *h, uint64_t pa, uint32_t bytes, uint32_t priv,
                   uint32_t *log2_size);
/* True when they are the same everywhere, for each mode. */
bool riscv_pmp_flat(const struct hart *h);
uint64_t riscv_pmpcfg_read(const struct hart *h, uint32_t index);
void riscv_pmpcfg_write(struct hart *h, uint32_t index, uint64_t value);
void riscv_pmpaddr_write(struct hart *h, uint32_t index, uint64_t value);
void riscv_pmp_reset(struct hart *h);
/* Recomputes what follows from pmpcfg and pmpaddr. */
void riscv_pmp_update(struct hart *h);

/* --- translate.c, disasm.c ------------------------------------------------ */
int32_t riscv_translate(void *state, struct bp_ir_builder *builder);
int32_t riscv_disasm32(const void *state, uint64_t pc, const uint8_t *code, uint32_t bytes,
                       char *text, uint32_t room);
int32_t riscv_disasm64(const void *state, uint64_t pc, const uint8_t *code, uint32_t bytes,
                       char *text, uint32_t room);

/* --- boot.c --------------------------------------------------------------- */
void riscv_set_boot(void *state, uint32_t index, const struct bp_boot *boot);
uint32_t riscv_boot_blob(void *state, const struct bp_boot *boot, void *bytes, uint32_t room);
const void *riscv_get_iface32(void *state, const char *id);
const void *riscv_get_iface64(void *state, const char *id);

#define RISCV_CACHE_BLOCK 64u /* bytes a CBO instruction works on */

#endif
