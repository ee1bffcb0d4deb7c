/* SPDX-License-Identifier: Apache-2.0
 *
 * attach.h - buses of parts: how a device finds what sits on it, whatever the bus.
 *
 * I2C, SPI and CAN (i2c.h, spi.h, can.h) work this way, and so does a bus that a plug-in brings itself. A bus is a
 * kind, named like an interface: "bp.i2c/1", "com.acme.backplane-bus/1". The class that runs one has a row of
 * `buses`, the class that sits on one has a row of `seats`, and both give through get_iface() what the other
 * side is to call. The core compares names, checks addresses and hands the pointers over; what is said over
 * the bus is between the two, as function calls in machine context.
 *
 *     i2c0: { type: sifive/i2c, reg: [0x10030000, 4KiB], ... }
 *     rom0: { type: bus-parts/at24, bus: i2c0, reg: 0x50 }      a seat: which bus, and where on it
 *
 * In the guest's device tree such a node is a child of the one it sits on.
 */
#ifndef BACKPLANE_ATTACH_H
#define BACKPLANE_ATTACH_H

#include <backplane/plugin.h>

BP_BEGIN

/*
 * The other end of a seat. A controller finds one for each part in a struct bp_list, in order of address; a part finds
 * its controller. Written before init(); `self` may be *called* only from the first reset() on. Hot reload of either side writes
 * it again, in place: call through it, and keep no copy of `self` or `iface`.
 */
struct bp_attached {
    void *self;
    const void *iface; /* what its get_iface() gave for `peer_iface`; NULL when that is NULL */
    struct bp_dev *dev;
    const char *path;           /* node name, "rom0"; core-owned until finish() */
    uint64_t address, naddress; /* of the part, on either side: first address, and how many */
    uint32_t bus;               /* row of the controller's `buses` */
    uint32_t reserved;
};

#define BP_BUS_UNADDRESSED 1u /* flag: parts have no address (CAN); any number may sit there */

/* A bus that a class runs; a row of `buses`. */
struct bp_bus_row {
    const char *name, *doc; /* "i2c"; with several of a kind, YAML says `bus: NODE NAME` */
    const char *kind;       /* BP_I2C_BUS, ...; up to 63 bytes */
    const char *peer_iface; /* what parts must offer; NULL: nothing */
    uint32_t flags;
    uint32_t offset;          /* into the instance: a struct bp_list of struct bp_attached */
    const char *address_name; /* what an address is called: "chip select"; NULL: "address" */
    uint64_t min, max;        /* addresses that exist, inclusive */
    const char *count_prop; /* name of a number property: how many there are from `min` on; NULL */
};

#define BP_SEAT_OPTIONAL 1u /* flag: the description may leave the part off any bus */

/* A bus that a class sits on; a row of `seats`. */
struct bp_seat_row {
    const char *name, *doc;
    const char *kind;
    const char *peer_iface; /* what the controller must offer; NULL: nothing */
    uint32_t flags;
    uint32_t offset; /* into the instance: a struct bp_attached, the controller; all zero when off
                        any bus */
    /* NULL: `bus: NODE` and `reg: ADDRESS` or `reg: [FIRST, COUNT]`, for a class whose place in the machine this is.
     * Else the YAML word of a device that has its place elsewhere: `can: net0`, `side: i2c1 0x50`. */
    const char *word;
};

BP_END
#endif
