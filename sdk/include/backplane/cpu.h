/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.h - the CPU class: an instruction set as a plug-in. Tier X (see ABI.md).
 *
 * A CPU plug-in owns meaning: decoding, IR, address translation, exceptions, reset. It keeps no state outside one
 * flat block per vCPU, which the accelerator allocates next to its own hot data. The register table over that
 * block serves the IR, GDB, traces, snapshots and hardware accelerators alike.
 */
#ifndef BACKPLANE_CPU_H
#define BACKPLANE_CPU_H

#include <backplane/device.h>
#include <backplane/ir.h>

BP_BEGIN

struct bp_vcpu; /* the accelerator's handle of one vCPU */

struct bp_cpu_reg {
    const char *name, *alias; /* "x10", "a0" (NULL: none) */
    uint32_t bits;            /* 32 or 64: what is meaningful in the 64-bit slot */
    uint32_t offset;          /* of a uint64_t in the state block */
    uint32_t group;           /* BP_REGS_* */
    uint32_t flags;           /* BP_CPU_REG_* */
    int32_t gdb;              /* number in the GDB target description; -1: not shown */
    uint32_t reserved;
    uint64_t hypervisor; /* register id for the host's hypervisor; 0: none */
};
#define BP_REGS_GENERAL 0
#define BP_REGS_FLOAT   1
#define BP_REGS_SYSTEM  2
#define BP_CPU_REG_IR                                                                              \
    1u /* may be an IR operand; all such rows come first and their row number is the operand */
#define BP_CPU_REG_PC 2u

/* A function of the CPU plug-in that IR may call.
 *
 * VALUE:   d = fn(state, a, b, imm); cannot fault, sees and changes no guest register by other means.
 * CONTROL: result 0 continues with the next op; any other leaves the block, with the pc in the state: the
 *          helper has set it (a trap, a return from one, a wait). Before it is called the accelerator has
 *          written the instruction's own address to the pc slot, its registers and fp flags to the state, and the
 *          count for retired(); afterwards it re-reads what the helper may have changed. A CONTROL helper that
 *          continues leaves the pc slot alone. An instruction left this way is not counted by the accelerator:
 *          only the plug-in knows whether it retired, and adds it to its own counters. */
struct bp_cpu_helper {
    const char *name;
    uint64_t (*fn)(void *state, uint64_t a, uint64_t b, int64_t imm);
    uint32_t flags; /* BP_HELPER_* */
    uint32_t reserved;
    uint64_t reads, writes; /* IR registers 0..63 it touches in the state; CONTROL: ~0 for "any" */
};
#define BP_HELPER_VALUE   0u
#define BP_HELPER_CONTROL 1u

/* Kinds of access, for walks and faults. */
#define BP_MEM_READ  0
#define BP_MEM_WRITE 1
#define BP_MEM_FETCH 2
#define BP_MEM_AMO   3 /* needs both read and write permission; faults as a write */

/* Result of a successful walk. The mapping holds for the 2^log2_size bytes around va. */
struct bp_walk {
    uint64_t pa;        /* physical address of va */
    uint32_t log2_size; /* 12 or more: may be cached as a page; less: good for this access only */
    uint32_t prot;      /* BP_PROT_*: what may be cached for this context */
    uint32_t bytes; /* in: width of the access, as far as it lies in the page of va; 0: not known */
    uint32_t
        flat; /* not 0: in the 2^flat bytes around va (64: everywhere) addresses of this context are physical,
                     * with the same prot, until flush_tlb() or flush_space() of the context */
};
#define BP_PROT_READ   1u
#define BP_PROT_WRITE  2u
#define BP_PROT_FETCH  4u
#define BP_PROT_GLOBAL 8u /* the same in all spaces; see bp_vcpu_api.enter_space */

#define BP_FAULT_WALK       0 /* walk() refused; `cause` is what it returned */
#define BP_FAULT_MISALIGNED 1
#define BP_FAULT_BUS        2 /* nothing at the physical address, or the device failed the access */
struct bp_fault {
    uint32_t size, type;
    uint32_t kind;  /* BP_MEM_* */
    uint32_t cause; /* of WALK */
    uint64_t va;    /* first address that failed */
};

#define BP_CPU_RUN  0
#define BP_CPU_WAIT 1 /* waits for an interrupt: nothing to do until kicked */

/* What the loader found, for set_boot(). Addresses are physical; 0: none. */
struct bp_boot {
    uint32_t size, flags;
    uint64_t entry;      /* where the vCPU starts */
    uint64_t fdt;        /* device tree */
    uint64_t next_entry; /* the kernel behind the firmware */
    uint64_t blob;       /* where boot_blob()'s bytes were placed */
    uint32_t boot_cpu;   /* index of the vCPU that firmware should prefer */
    uint32_t ncpus;
};

/* What the accelerator offers to its CPU plug-in. [vcpu] unless said otherwise: called from helpers, walk(), poll(),
 * translate() of the same vCPU; also [main] between init() and the first run. */
struct bp_vcpu_api {
    uint32_t size, flags;
    void (*flush_tlb)(struct bp_vcpu *vcpu,
                      uint32_t contexts);                  /* bit set of memory contexts; ~0 all */
    void (*flush_page)(struct bp_vcpu *vcpu, uint64_t va); /* in all contexts */
    void (*flush_code)(struct bp_vcpu *vcpu); /* make earlier stores visible to fetches */
    uint64_t (*retired)(
        struct bp_vcpu *vcpu); /* instructions before the current one; exact in CONTROL helpers */
    /* Physical accesses of the table walker and of debug. 1, 2, 4, 8 bytes, aligned. BP_OK, BP_E_DECODE, BP_E_ACCESS. */
    int32_t (*load)(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t *value);
    int32_t (*store)(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t value);
    /* Atomic compare and swap in RAM: 1 swapped, 0 changed meanwhile, negative: not RAM. width 4 or 8. */
    int32_t (*cas)(struct bp_vcpu *vcpu, uint64_t pa, uint32_t width, uint64_t expected,
                   uint64_t desired);
    /* [any]. Makes the vCPU call poll() soon: an interrupt line changed. */
    void (*kick)(struct bp_vcpu *vcpu);
    /* The guest asked for a debugger breakpoint to be reported instead of a trap; BP_OK if someone takes it. */
    int32_t (*debug_break)(struct bp_vcpu *vcpu);
    void (*drop_reservation)(struct bp_vcpu *vcpu); /* LR/SC */
    /* Address spaces. Both may be missing or NULL: flush_tlb() does then. From now on walks of `contexts` go through
     * the tables of another space, whose number is the class's choice (mode and ASID, say). `contexts` is the same in all
     * calls. What is known of the space left stays known for when it is entered again, and what walk() calls
     * BP_PROT_GLOBAL is known in all of them. Before the first call, all is one space without a number. */
    void (*enter_space)(struct bp_vcpu *vcpu, uint32_t contexts, uint64_t space);
    /* Forgets what is known of one space, entered or not, save what is global: all of it (va NULL), or of one address.
     * flush_tlb() and flush_page() forget in all spaces, what is global too; the space entered last stays the present
     * one. */
    void (*flush_space)(struct bp_vcpu *vcpu, uint32_t contexts, uint64_t space,
                        const uint64_t *va);
};

/*
 * The class. Properties and ports have offsets into the state block. The machine lock is held in init, reset, set_boot
 * and on_line of a port; it is NOT held in translate, walk, fault, poll and helpers: there, use atomics for
 * what on_line touches, and take the lock with machine_lock of bp.vcpu-host/1 to call timers or counters that
 * want [machine].
 */
struct bp_cpu_class {
    uint32_t size, flags;
    const char *name, *doc; /* "rv64gc" */
    uint32_t state_size, state_align;
    const struct bp_prop *props;
    uint32_t nprops, prop_stride;
    const struct bp_port *ports;
    uint32_t nports, port_stride;
    const struct bp_provider *providers;
    uint32_t nproviders, provider_stride;
    const struct bp_cpu_reg *regs;
    uint32_t nregs, reg_stride;
    const struct bp_cpu_helper *helpers;
    uint32_t nhelpers, helper_stride;
    uint32_t ir_major;   /* BP_IR_MAJOR it emits */
    uint32_t xlen;       /* address bits of the widest mode: 32 or 64 */
    uint32_t ncontexts;  /* memory contexts, 1..16 */
    uint32_t insn_align; /* 2 or 4: alignment of instructions */
    uint32_t
        mode_offset; /* of a uint32_t in the state: everything besides memory that translate() depends on;
                               blocks are found by (address, mode). Kept up to date by the plug-in. */
    uint32_t pc_offset; /* of the uint64_t pc */
    uint32_t
        fflags_offset; /* of a uint64_t: accrued fp exceptions, while the vCPU is not running */
    uint32_t fetch_context_offset; /* of a uint32_t: memory context of instruction fetches */

    int32_t (*init)(void *state, struct bp_vcpu *vcpu, const struct bp_vcpu_api *api,
                    struct bp_dev *dev, const struct bp_core *core); /* [main] */
    void (*finish)(void *state); /* [main]; accepts a zeroed state */
    void (*reset)(void *state, uint32_t kind);
    void (*set_boot)(void *state, uint32_t index, const struct bp_boot *boot); /* after reset() */
    /* Bytes the firmware expects in memory (an information block); at most `room`. Returns the length, 0: none. */
    uint32_t (*boot_blob)(void *state, const struct bp_boot *boot, void *bytes, uint32_t room);
    /* Fills the builder from builder->pc on. At least one instruction; an illegal one becomes a CALL that traps. */
    int32_t (*translate)(void *state, struct bp_ir_builder *builder);
    /* Guest virtual to physical in `context`. 0, or a positive cause for fault(). With `debug` nothing changes. */
    int32_t (*walk)(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                    struct bp_walk *out);
    /* Takes the exception: the pc slot holds the faulting instruction's address on entry, the handler's after. */
    void (*fault)(void *state, const struct bp_fault *fault);
    /* At a poll: takes a pending interrupt if there is one. BP_CPU_RUN or BP_CPU_WAIT. pc slot is exact. */
    int32_t (*poll)(void *state);
    /* Text of the instruction in `code`; returns its length in bytes, or BP_E_INVAL. No state. */
    int32_t (*disasm)(const void *state, uint64_t pc, const uint8_t *code, uint32_t bytes,
                      char *text, uint32_t room);
    const void *(*get_iface)(void *state, const char *id); /* as in struct bp_device_class */
    uint32_t
        elf_machine; /* e_machine of programs for this CPU (243: RISC-V); 0: the loader does not check */
    uint32_t reserved;
    /* What a snapshot holds of the state block besides the slots of `regs`; NULL: nothing. pre_save() and post_load() are
     * [main] with the vCPU stopped. A snapshot is input: post_load() refuses with BP_E_INVAL what no CPU of this kind can
     * hold, and recomputes what follows from the rest, the mode word above all. It leaves timers and lines alone. */
    const struct bp_state *state;
    /* Row `reg` of `regs` as a debugger sees and changes it. [main], the vCPU stopped. A write keeps to the register's own
     * rules, as one by the most privileged instruction would, and what depends on it follows. BP_OK, BP_E_NOENT (no such
     * row), BP_E_ACCESS (it cannot be written). NULL: the slot is all there is. */
    int32_t (*reg_read)(void *state, uint32_t reg, uint64_t *value);
    int32_t (*reg_write)(void *state, uint32_t reg, uint64_t value);
    /* IR registers from the one that compiled code uses most: translators keep the first
     * of them in registers of the host. May be NULL. */
    const uint16_t *hot;
    uint32_t nhot;
    uint32_t reserved2;
};

/* bp.vcpu-host/1: what CPU plug-ins need of the core beyond accelerators. */
#define BP_VCPU_HOST_ID "bp.vcpu-host/1"
struct bp_vcpu_host {
    uint32_t size, flags;
    void (*machine_lock)(struct bp_dev *dev); /* [vcpu], [main]; recursive */
    void (*machine_unlock)(struct bp_dev *dev);
};

struct bp_cpu_factory {
    uint32_t size, flags;
    const struct bp_cpu_class *const *classes; /* NULL-terminated */
};

BP_END
#endif
