/* SPDX-License-Identifier: Apache-2.0
 *
 * mmio.h - regions: windows of guest address space that a device answers.
 *
 * Addresses in an access are relative to the region. The core splits, merges and byte-swaps, so a device
 * sees only the widths it declared, aligned to their size, with the value in host order. A region of
 * registers should carry a register table (regs.h); then read and write may both be NULL.
 */
#ifndef BACKPLANE_MMIO_H
#define BACKPLANE_MMIO_H

#include <backplane/plugin.h>

BP_BEGIN

struct bp_reg; /* regs.h */

#define BP_ACCESS_DEBUG  1u /* a debugger or snapshot looks: no side effect of any kind */
#define BP_ACCESS_SECURE 2u
#define BP_ACCESS_FETCH  4u /* an instruction fetch */

struct bp_access {
    uint32_t size, flags;
    uint64_t addr;      /* bytes from the start of the region */
    uint32_t width;     /* 1, 2, 4 or 8 bytes */
    uint32_t initiator; /* index of the vCPU, or BP_INITIATOR_DMA */
};
#define BP_INITIATOR_DMA 0xffffffffu

#define BP_ENDIAN_LITTLE 0
#define BP_ENDIAN_BIG    1

#define BP_REGION_MMIO 0u /* every access calls the device */
#define BP_REGION_RAM  1u /* flag: the core backs it with RAM; see bp.mem/1 in bus.h */
#define BP_REGION_ROMD                                                                             \
    2u /* flag, with RAM: guest reads are direct while enabled, writes call the device */
#define BP_REGION_FLOATING 4u /* flag: has no `reg` in YAML; the device places it (bp.mem/1 move) */

struct bp_region {
    const char *name, *doc; /* "csr"; a single region may be called "reg" */
    uint32_t flags;
    uint32_t endian;
    uint32_t min_width, max_width; /* bytes the callbacks take; both 0: 1 and 8 */
    uint64_t length; /* bytes decoded by the device; 0: whatever the YAML gives it. A YAML
                                    window larger than this answers BP_E_DECODE behind it */
    /* [machine], or [any] for BP_DEVICE_PARALLEL. A negative result reaches the guest as a bus error. */
    int32_t (*read)(void *self, const struct bp_access *access, uint64_t *value);
    int32_t (*write)(void *self, const struct bp_access *access, uint64_t value);
    const struct bp_reg *regs;
    uint32_t nregs, reg_stride;
    uint32_t (*bank)(void *self); /* current register bank, 0..31 (regs.h); may be NULL: always 0 */
    uint32_t
        fill; /* RAM: the byte it holds when it was never written; erased flash: 0xff. A core that
                          predates the field gives zeros */
    uint32_t reserved; /* 0 */
};

BP_END
#endif
