/* SPDX-License-Identifier: Apache-2.0
 *
 * accel.h - the accelerator class: something that runs vCPUs. Tier X (see ABI.md).
 *
 * The core makes one instance per machine and one vCPU per CPU node, and gives each vCPU a thread that calls run() again
 * and again. The accelerator owns soft TLBs, code caches and the vCPU's memory: its hot data and, right
 * behind, the CPU plug-in's state block.
 */
#ifndef BACKPLANE_ACCEL_H
#define BACKPLANE_ACCEL_H

#include <backplane/cpu.h>

BP_BEGIN

/* What lies at a physical address. Valid until map_changed() is called. */
struct bp_phys {
    uint64_t base, bytes; /* the extent [base, base + bytes) that all of this is true for */
    void *host;           /* RAM or direct ROM: host address of `base`; NULL: device or nothing */
    uint32_t flags;       /* BP_PHYS_* */
    uint32_t reserved;
};
#define BP_PHYS_WRITABLE 1u /* `host` may be written by the guest directly */
#define BP_PHYS_DEVICE   2u /* mmio_read/mmio_write reach something (for ROM: writes do) */

/* What the core offers to accelerators. `host` is opaque. [vcpu] or [main]; takes the machine lock itself. */
struct bp_accel_host {
    uint32_t size, flags;
    void (*resolve)(void *host, uint64_t pa, struct bp_phys *out); /* [any] */
    /* One access of 1, 2, 4 or 8 bytes to whatever is there, RAM included. BP_OK, BP_E_DECODE, BP_E_ACCESS, BP_E_IO. */
    int32_t (*read)(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t access_flags,
                    uint64_t *value);
    int32_t (*write)(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t access_flags,
                     uint64_t value);
    /* RAM of the machine, to size page maps: range i; BP_E_NOENT past the last. */
    int32_t (*ram)(void *host, uint32_t i, struct bp_phys *out);
    void (*debug_hit)(void *host, uint32_t vcpu, uint64_t pc); /* run() will return BP_RUN_DEBUG */
    uint64_t (*now)(void *host);                               /* virtual ns, [any] */
    /* [any]. The vCPU was kicked through its own API: ends the sleep that BP_RUN_WAIT began. */
    void (*wake)(void *host, uint32_t vcpu);
};

/* Why run() returned. */
#define BP_RUN_KICKED 0 /* someone called kick(); just call again after looking around */
#define BP_RUN_WAIT   1 /* poll() said BP_CPU_WAIT: sleep until the next kick */
#define BP_RUN_DEBUG  2 /* stopped at a breakpoint or after single steps */
#define BP_RUN_FAILED 3 /* cannot go on (out of host memory); text through bp.error/1 */
#define BP_RUN_BUDGET 4 /* the budget is spent */

struct bp_accel_counter {
    const char *name, *doc;
    uint64_t value;
};

struct bp_accel_class {
    uint32_t size, flags;
    uint32_t instance_size, instance_align;
    const char *name, *doc;      /* "interp" */
    const struct bp_prop *props; /* settings: `--accel interp,cache=64MiB` */
    uint32_t nprops, prop_stride;
    uint32_t ir_min, ir_max; /* IR majors it takes */
    /* [main]. Can it run here? Negative: no, and `why` (room bytes) says why. No instance exists yet; may be NULL. */
    int32_t (*probe)(const struct bp_core *core, char *why, uint32_t room);
    int32_t (*init)(void *self, struct bp_dev *dev, const struct bp_core *core,
                    const struct bp_accel_host *api, void *host); /* [main] */
    void (*finish)(void *self); /* [main]; after every vcpu_destroy() */
    /* [main]. Allocates a vCPU with a zeroed state block of cls->state_size. The core then writes properties into
     * the state and calls cls->init() with vcpu_api(). `index` counts from 0. */
    int32_t (*vcpu_create)(void *self, uint32_t index, const struct bp_cpu_class *cls,
                           struct bp_vcpu **vcpu, void **state);
    void (*vcpu_destroy)(struct bp_vcpu *vcpu); /* [main]; its thread is gone */
    const struct bp_vcpu_api *(*vcpu_api)(void *self);
    int32_t (*run)(struct bp_vcpu *vcpu); /* [vcpu], without the machine lock; BP_RUN_* */
    void (*kick)(struct bp_vcpu *vcpu); /* [any]; run() polls soon. Sticky when it is not running */
    void (*stop)(struct bp_vcpu *vcpu); /* [any]; run() returns BP_RUN_KICKED soon. Sticky */
    /* [any], all vCPUs may be running: the physical map changed in [pa, pa + bytes). */
    void (*map_changed)(void *self, uint64_t pa, uint64_t bytes);
    /* [any]: someone other than a vCPU wrote RAM there; forget code translated from it. */
    void (*ram_written)(void *self, uint64_t pa, uint64_t bytes);
    /* [main], vCPU stopped: execute n instructions at the next run(), then return BP_RUN_DEBUG; 0: freely. */
    int32_t (*step)(struct bp_vcpu *vcpu, uint64_t n);
    int32_t (*breakpoint)(void *self, uint64_t va, uint32_t on); /* [main], all stopped */
    /* [any]: counter i of the instance; BP_E_NOENT past the last. Values may lag. */
    int32_t (*counter)(void *self, uint32_t i, struct bp_accel_counter *out);
    /* Among the accelerators that can run here, the user gets the one of the highest rank when none is named: 10
     * an interpreter, 50 a translator, 90 hardware. */
    uint32_t rank, reserved;
    /* Deterministic time; both NULL: the accelerator cannot. [main], vCPU stopped: the next run() returns BP_RUN_BUDGET
     * after exactly n instructions, unless it ends sooner; 0: freely. What counts is an instruction that was begun, so
     * one that traps does; taking an interrupt does not. With a budget, kick() and stop() by the thread that is in run()
     * take effect right behind the instruction at hand, so that how the accelerator cuts code shows nowhere. */
    int32_t (*budget)(struct bp_vcpu *vcpu, uint64_t n);
    /* Instructions begun since budget(). The thread that calls run(): between calls, and exact in accesses to devices
     * and CONTROL helpers, where the instruction at hand is not among them. */
    uint64_t (*spent)(struct bp_vcpu *vcpu);
};

struct bp_accel_factory {
    uint32_t size, flags;
    const struct bp_accel_class *const *classes; /* NULL-terminated */
};

BP_END
#endif
