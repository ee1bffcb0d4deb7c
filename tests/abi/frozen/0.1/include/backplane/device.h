/* SPDX-License-Identifier: Apache-2.0
 *
 * device.h - the device class: what a device is made of, and its life.
 *
 * The core allocates `instance_size` zeroed bytes, writes properties, ports and references into them, then:
 *
 *   init()   once, [main]; create timers, check values; other devices may not be called yet
 *   reset()  [machine]; COLD once after all inits, then whenever the machine or the node is reset.
 *            Registers with a table row have their reset value already when reset() is called.
 *   ...      regions, line inputs, timers, back-end callbacks, all [machine]
 *   finish() once, [main]; must accept a zeroed instance and one whose init() failed
 *
 * A device never holds a lock, an absolute address, an interrupt number or a clock rate: those are the
 * machine description's.
 */
#ifndef BACKPLANE_DEVICE_H
#define BACKPLANE_DEVICE_H

#include <backplane/mmio.h>
#include <backplane/plugin.h>
#include <backplane/props.h>

BP_BEGIN

struct bp_state; /* state.h */
struct bp_event; /* trace.h */

#define BP_RESET_COLD 0 /* power-on: everything */
#define BP_RESET_WARM 1 /* system reset: everything but what the data sheet says survives */
#define BP_RESET_BUS  2 /* the bus the device sits on was reset */

/* Kinds of port, and what the core writes at `offset` of the instance before init(). */
#define BP_PORT_IRQ   1 /* OUT: struct bp_line * (line.h). IN: nothing; on_line() is called */
#define BP_PORT_GPIO  2 /* as IRQ */
#define BP_PORT_RESET 3 /* as IRQ; level 1 means "held in reset" */
#define BP_PORT_CLOCK 4 /* IN: struct bp_clock_in * (time.h). OUT: struct bp_clock_out * */
#define BP_PORT_BUS   5 /* OUT: struct bp_bus * (bus.h), to issue DMA on. One per node unless named */
#define BP_PORT_CHAR  6 /* struct bp_char * (char.h); `client` is a struct bp_char_client */
#define BP_PORT_BLOCK 7 /* struct bp_block * (block.h); `client` is a struct bp_block_client */

#define BP_DIR_IN  0
#define BP_DIR_OUT 1

#define BP_PORT_OPTIONAL 0u
#define BP_PORT_REQUIRED 1u /* flag: the description must connect it */

/*
 * One connection point. Written in YAML under the property `word`, or by default: `interrupts` for IRQ out,
 * `gpios` for GPIO out, `resets` for RESET out, `clock` for CLOCK in, `chardev` and `drive` for back ends. A
 * class with one port of a kind takes the plain form (`interrupts: plic 10`), one with several a map by
 * port name (`interrupts: { rx: plic 1, tx: plic 2 }`).
 *
 * A handle is never NULL: a port nobody connected behaves like an open wire or an empty socket.
 */
struct bp_port {
    const char *name, *doc;
    uint32_t kind, dir, flags;
    uint32_t offset;        /* into the instance; 0xffffffff for an input that stores nothing */
    uint32_t width;         /* lines in the port; 0 reads as 1 */
    uint32_t reserved;      /* 0 */
    const char *word;       /* YAML word when not the default one; NULL */
    const char *width_prop; /* name of a u32 property that gives the width instead; NULL */
    const char
        *via_prop; /* OUT lines wired by a LIST-of-REF property: line i goes to target i; NULL */
    const char *via_port; /* ... to this input port of the target */
    void (*on_line)(void *self, uint32_t index, uint32_t level); /* IN lines; [machine] */
    void (*on_clock)(void *self, uint64_t hz); /* CLOCK in, on change; [machine] */
    const void *client;                        /* callbacks of back-end kinds */
};
#define BP_NO_OFFSET 0xffffffffu

/*
 * What a node offers to references of a kind: `plic 10 level-high` is provider, cells, flags. A device with
 * lines IN describes how cells select a line of one of its ports, so that the checker can say what is wrong.
 */
struct bp_cell {
    const char *name; /* "source" */
    uint64_t min, max;
    const char *max_prop; /* name of a property whose value replaces max (inclusive); NULL */
};

struct bp_provider {
    uint32_t kind; /* BP_PORT_IRQ, GPIO, RESET or CLOCK */
    uint32_t ncells;
    const char *port; /* the input port whose line is meant; the first cell is the index */
    const struct bp_cell *cells; /* 32 bytes each on LP64; never grows */
    const char *const
        *flag_names; /* NULL-terminated: "level-high", "edge-rising", "active-low"; may be NULL */
    const uint32_t *flag_values; /* what goes into the device tree for each flag; may be NULL */
    uint32_t flag_default;       /* index into flag_names */
    uint32_t
        fdt_cells; /* #interrupt-cells / #gpio-cells: the first ncells, then the flag if it fits */
};
/* A flag named "active-low", "level-low" or "edge-falling" makes the core invert the line on the way. */

#define BP_DEVICE_PARALLEL                                                                         \
    1u /* flag: regions are called without the machine lock, by several threads */

struct bp_device_class {
    uint32_t size, flags;
    uint32_t instance_size, instance_align;
    const char *name, *doc; /* "ns16550"; the part behind the slash of a node's type */
    const struct bp_prop *props;
    uint32_t nprops, prop_stride;
    const struct bp_port *ports;
    uint32_t nports, port_stride;
    const struct bp_provider *providers;
    uint32_t nproviders, provider_stride;
    const struct bp_region *regions;
    uint32_t nregions, region_stride;
    const struct bp_event *events;
    uint32_t nevents, event_stride;
    const struct bp_state *state;
    int32_t (*init)(void *self, struct bp_dev *dev, const struct bp_core *core); /* may be NULL */
    void (*reset)(void *self, uint32_t kind);                                    /* may be NULL */
    void (*finish)(void *self);                                                  /* may be NULL */
    /* Pure: depends on the class, not on the phase. NULL for an id it does not have; may be NULL. */
    const void *(*get_iface)(void *self, const char *id);
};

struct bp_device_factory {
    uint32_t size, flags;
    const struct bp_device_class *const *classes; /* NULL-terminated */
};

BP_END
#endif
