/* SPDX-License-Identifier: Apache-2.0
 *
 * bus.h - the machine's physical address space: what answers where, RAM, MMIO dispatch and DMA.
 *
 * Regions are placed into a sorted, flat list of segments (struct bus_view). Placing, moving or hiding a region makes a
 * new one. There are two views: readers search the one that `generation` names, without a lock, and search again if the
 * generation changed meanwhile, because the view they looked at may then be the one under construction. So no view is
 * ever freed under a reader, whatever thread it is on.
 */
#ifndef CORE_BUS_BUS_H
#define CORE_BUS_BUS_H

#include <backplane/accel.h>
#include <backplane/bus.h>
#include <backplane/mmio.h>
#include <backplane/regs.h>
#include <stdatomic.h>
#include <stdbool.h>

struct bp_dev;
struct machine;
struct regs_index;

/* One region of one device. Lives as long as the device. */
struct bus_region {
    struct bp_dev *dev;
    uint32_t index;
    const struct bp_region *row;
    uint64_t base, bytes; /* of the window; bytes 0: not placed */
    uint64_t decoded;     /* what the device answers of it */
    bool enabled, floating;
    uint8_t *ram;            /* of RAM regions, `bytes` long */
    _Atomic uint32_t direct; /* ROMD: guest reads go to ram */
    struct regs_index *regs; /* of regions with a register table */
};

struct bus_segment {
    uint64_t first, last;      /* inclusive */
    uint64_t offset;           /* of `first` in the region */
    struct bus_region *region; /* NULL: a hole */
};

struct bus_view; /* space.c */

struct bus {
    struct machine *machine;
    _Atomic uint64_t generation; /* views[generation & 1] is the current one */
    struct bus_view *views[2];
    uint64_t *cuts; /* room for bus_publish() */
    uint32_t room;  /* regions that views and cuts have room for */
    struct bus_region *
        *placed; /* every region that may have an address; fixed once the machine is built */
    uint32_t nplaced;
};

/* One BUS OUT port. */
struct bus_port {
    struct bp_dev *dev;
    struct bus *bus;
};

int32_t bus_init(struct bus *bus, struct machine *m);
void bus_finish(struct bus *bus);

/* Sets up a device's region; RAM is allocated, a register table indexed. An optional one of no bytes is not there. [main] */
int32_t bus_region_init(struct bus_region *region, struct bp_dev *dev, uint32_t index,
                        uint64_t base, uint64_t bytes);
void bus_region_finish(struct bus_region *region);

/* Makes the region part of the address space, at its base as far as it is enabled. Published by bus_publish(). [main],
 * while building */
int32_t bus_place(struct bus *bus, struct bus_region *region);
/* [machine]. BP_E_NOMEM only after bus_place(). */
int32_t bus_publish(struct bus *bus);

/* [any], without a lock. Segment around pa; false: nothing there, and *out tells the hole. */
bool bus_find(const struct bus *bus, uint64_t pa, struct bus_segment *out);
void bus_resolve(const struct bus *bus, uint64_t pa, struct bp_phys *out);

/* True when an access to the region goes straight to its memory, and not to the device. [any] */
bool bus_direct(const struct bus_region *region, bool write);

/* [any]; takes the machine lock around devices. One access of 1, 2, 4 or 8 bytes anywhere. BP_OK, BP_E_DECODE,
 * BP_E_ACCESS, BP_E_IO. A write to RAM does not tell the accelerator. */
int32_t bus_access(struct bus *bus, uint32_t initiator, uint64_t pa, uint32_t width, uint32_t flags,
                   uint64_t *value, bool write);

/* A region's own answer, without the address space: what register tables, width rules and byte order make of it. The
 * caller holds the machine lock. */
int32_t bus_region_access(struct bus_region *region, const struct bp_access *access,
                          uint64_t *value, bool write);

/* Debug copies: RAM, ROM and ROMD regions only, guest-read-only ones too. BP_OK or BP_E_DECODE. */
int32_t bus_copy(struct bus *bus, uint64_t pa, void *data, uint64_t bytes, bool write);

/* --- regs.c ------------------------------------------------------------------------------------------ */
/* Rows of a table sorted for look-up. NULL: no memory. */
struct regs_index *regs_create(const struct bp_region *region);
void regs_destroy(struct regs_index *index);
/* Rows as this version knows them, in order of their offsets. */
uint32_t regs_rows(const struct regs_index *index);
const struct bp_reg *regs_row(const struct regs_index *index, uint32_t i);
/* A register's value to somebody who only looks, whatever bank is current: what it holds, or what a DEBUG read of one that
 * holds nothing gives. [machine] */
uint64_t regs_peek(struct bus_region *region, uint32_t row, uint32_t element);
/* The part of a register's value that a field is, and its name if it has one; NULL. */
uint64_t regs_field(const struct bp_reg_field *field, uint64_t value);
const char *regs_field_text(const struct bp_reg_field *field, uint64_t part);
/* Writes the reset values into the instance. */
void regs_reset(const struct regs_index *index, void *self);
/* An access of any width within the region; values are in the byte order of the region. Sets *missed when no row was
 * touched. */
int32_t regs_access(struct bus_region *region, const struct bp_access *access, uint64_t *value,
                    bool write, bool *missed);

extern const struct bp_dma_api bus_dma_api;
extern const struct bp_mem_api bus_mem_api;

#endif
