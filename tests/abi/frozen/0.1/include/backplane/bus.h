/* SPDX-License-Identifier: Apache-2.0
 *
 * bus.h - bp.dma/1: a device reads and writes guest memory; bp.mem/1: a device owns RAM-like regions.
 */
#ifndef BACKPLANE_BUS_H
#define BACKPLANE_BUS_H

#include <backplane/plugin.h>

BP_BEGIN

struct bp_bus; /* one BUS OUT port */

#define BP_DMA_TO_DEVICE   0u /* the device will read guest memory */
#define BP_DMA_FROM_DEVICE 1u /* the device will write guest memory */

#define BP_DMA_ID "bp.dma/1"
struct bp_dma_api {
    uint32_t size, flags;
    /* [machine]. Copies through the address space the port is wired to, RAM or MMIO alike. Results: BP_OK,
     * BP_E_DECODE, BP_E_ACCESS, BP_E_IO, or BP_E_PARTIAL when a leading part was transferred. A write makes
     * accelerators forget translated code it overwrites. */
    int32_t (*read)(struct bp_bus *bus, uint64_t addr, void *data, uint64_t bytes);
    int32_t (*write)(struct bp_bus *bus, uint64_t addr, const void *data, uint64_t bytes);
    /* [machine]. Host pointer to guest RAM at `addr`; `*bytes` in: wanted, out: contiguous, at least 1. NULL
     * when it is not plain RAM: then use read and write. Every map() is ended by one unmap() with the same
     * pointer, length and the direction; until then the RAM stays. Between the two the pointer may be used by
     * any thread. unmap() of FROM_DEVICE makes accelerators forget overwritten code. */
    void *(*map)(struct bp_bus *bus, uint64_t addr, uint64_t *bytes, uint32_t direction);
    void (*unmap)(struct bp_bus *bus, void *host, uint64_t bytes, uint32_t direction);
};

#define BP_MEM_ID "bp.mem/1"
struct bp_mem_api {
    uint32_t size, flags;
    /* All for regions of the calling device, by index in its class. [main] in init, else [machine]. */
    void *(*data)(struct bp_dev *dev, uint32_t region,
                  uint64_t *bytes); /* backing of a RAM region */
    void (*set_direct)(struct bp_dev *dev, uint32_t region,
                       uint32_t on); /* ROMD: are guest reads direct? */
    void (*enable)(struct bp_dev *dev, uint32_t region, uint32_t on);
    /* Place a FLOATING region at a bus address, in front of whatever is there. */
    int32_t (*move)(struct bp_dev *dev, uint32_t region, uint64_t addr);
    /* The device changed [offset, offset + bytes) of a RAM region behind the guest's back. */
    void (*changed)(struct bp_dev *dev, uint32_t region, uint64_t offset, uint64_t bytes);
};

/* bp.machine/1: what a device may ask of the whole machine. */
#define BP_MACHINE_ID  "bp.machine/1"
#define BP_POWER_OFF   0u /* stop; `code` becomes the exit status of a run */
#define BP_POWER_RESET 1u /* warm reset of every node; images are loaded again */
#define BP_POWER_FAIL  2u /* stop because the guest reported a failure */
struct bp_machine_api {
    uint32_t size, flags;
    /* [machine]. Takes effect once the current instruction or event is over. */
    void (*power)(struct bp_dev *dev, uint32_t action, uint32_t code);
    /* [machine] from the first reset on. Address of a symbol of a loaded ELF image; BP_E_NOENT. */
    int32_t (*symbol)(struct bp_dev *dev, const char *name, uint64_t *addr);
};

BP_END
#endif
