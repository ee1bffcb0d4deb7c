/* SPDX-License-Identifier: Apache-2.0
 *
 * graph.h - a machine description after reading, expanding and checking: what is to be built, without any text left
 * to interpret. Produced by graph_load(), consumed by machine_create(), the device tree, `map` and `check`.
 *
 * Everything is owned by the graph and freed by graph_destroy(). Nodes are in the order of the description, repeats
 * expanded ("hart" with repeat 4 gives hart0..hart3).
 */
#ifndef CORE_MACHINE_GRAPH_H
#define CORE_MACHINE_GRAPH_H

#include "core/diag.h"
#include "core/plugin/registry.h"

struct graph_node;

/* A checked value of one property. */
struct graph_value {
    uint32_t type; /* BP_PROP_*; for list elements the element type */
    struct diag_pos pos;
    union {
        uint64_t u; /* BOOL, U8..U64, ENUM index, SIZE, FREQ, ADDR, DURATION */
        int64_t i;
        double f;
        char *s; /* STR, PATH; may be NULL */
        struct {
            uint8_t *data;
            uint64_t size;
        } bytes;
        struct graph_node *ref; /* may be NULL when optional and absent */
        struct {
            struct graph_value *items;
            uint32_t count;
        } list;
    };
};

struct graph_prop {
    const struct bp_prop *row;
    struct graph_value value; /* given or default */
    bool given;
};

/* A region at an address: one entry of `reg`. */
struct graph_reg {
    uint32_t region; /* index in the type's regions */
    uint64_t base, bytes;
    struct diag_pos pos;
};

/* One line from an OUT port to an IN port, already resolved through providers or via_prop. */
struct graph_wire {
    struct graph_node *from, *to;
    uint32_t out_port, out_index; /* rows of from->type->ports */
    uint32_t in_port, in_index;
    bool invert;
    /* For the device tree: what the description said. provider NULL for wires made by via_prop. */
    const struct bp_provider *provider;
    uint32_t cells[4], ncells;
    uint32_t flag; /* value for the device tree */
    struct diag_pos pos;
};

/* A clock consumer port connected to a clock provider port. */
struct graph_clock {
    struct graph_node *from; /* provider */
    uint32_t out_port, out_index;
    struct graph_node *to;
    uint32_t in_port;
};

/* A back-end port of a node bound to a back end by name (chardev:, drive:). */
struct graph_attach {
    struct graph_node *node;
    uint32_t port;
    char *backend; /* name under `backends:` */
    struct diag_pos pos;
    bool optional; /* nothing is wrong when no run defines it */
};

/* A part on a bus of another node. */
struct graph_seat {
    struct graph_node *node;    /* the part */
    uint32_t seat;              /* row of its type's seats */
    struct graph_node *to;      /* who runs the bus */
    uint32_t bus;               /* row of that one's buses */
    uint64_t address, naddress; /* 0 and 0 on a bus without addresses */
    struct diag_pos pos;        /* of the address, or of the reference */
};

struct graph_node {
    char *name;
    struct diag_pos pos;
    const struct type *type; /* DEVICE or CPU */
    char *type_text;         /* "std/ns16550" */
    struct graph_prop *props;
    uint32_t nprops; /* = type->nprops, same order */
    struct graph_reg *regs;
    uint32_t nregs;
    uint32_t cpu_index;             /* of CPU nodes, 0.. */
    char *bus;                      /* name of the address space it sits on; NULL: the machine's */
    const struct graph_seat *place; /* its seat under `bus:`, if it is a part; NULL */
    struct graph_fdt *fdt;          /* `fdt:` escape: extra properties; NULL */
    uint32_t index;                 /* in graph.nodes */
    const struct svd_block *registers; /* of a described core/stub, the graph owns it; NULL */
};

/* The `fdt:` escape of a node: property -> string, u32 list or empty. `fdt: false` hides the node. */
struct graph_fdt {
    bool hidden;
    struct graph_fdt_prop {
        char *name;
        char *text;      /* not NULL: a string (list joined by '\n') */
        uint32_t *cells; /* else cells; both NULL: an empty property */
        uint32_t ncells;
    } * props;
    uint32_t nprops;
};

struct graph_backend {
    char *name;
    struct diag_pos pos;
    const struct type *type;
    struct graph_prop *props;
    uint32_t nprops;
};

struct graph_image {
    char *role; /* "firmware", "kernel", "initrd", "fdt", or the name of a `boot.load` entry */
    char *path; /* absolute or relative to the process */
    struct diag_pos pos;
};

/* Where an image role goes: `boot: { firmware: ram+0, kernel: ram+2MiB }`. */
struct graph_place {
    char *role;
    uint64_t address;
    struct diag_pos pos;
};

struct graph_accel {
    const struct type *type;
    char *name;
    struct graph_prop *props;
    uint32_t nprops;
    struct diag_pos pos;
};

enum graph_time { TIME_REALTIME, TIME_FAST, TIME_DETERMINISTIC };

struct graph_param { /* for `describe` and `check` */
    char *name, *doc;
    struct graph_value value;
};

struct graph {
    char *name;        /* board name: file name without folder and suffix, or `name:` */
    char *model;       /* `model:` text for the device tree root; may be NULL */
    char **compatible; /* `compatible:` of the root; ncompatible */
    uint32_t ncompatible;
    struct graph_node **nodes;
    uint32_t nnodes;
    struct graph_wire *wires;
    uint32_t nwires;
    struct graph_clock *clocks;
    uint32_t nclocks;
    struct graph_attach *attaches;
    uint32_t nattaches;
    struct graph_seat *seats; /* in order of controller, bus and address */
    uint32_t nseats;
    struct graph_backend *backends;
    uint32_t nbackends;
    struct graph_image *images;
    uint32_t nimages;
    struct graph_place *places;
    uint32_t nplaces;
    struct graph_accel *accels; /* preference order; at least one after checks of a run */
    uint32_t naccels;
    bool lockstep; /* there are two, and both run: see lockstep.h */
    struct graph_alias {
        char *name;
        struct graph_node *node;
    } * aliases;
    uint32_t naliases;
    struct graph_param *params;
    uint32_t nparams;
    char *cmdline; /* NULL: none */
    enum graph_time time;
    uint64_t seed;               /* `seed:`; used when deterministic, as are: */
    uint64_t frequency, quantum; /* instructions of a CPU in a second, and in a row; 0: not given */
    uint64_t until;              /* ns at which the machine is switched off; 0: never */
    struct graph_description {
        const char *path;
        struct svd *svd; /* NULL: could not be read */
    } * descriptions;    /* register descriptions that nodes refer to */
    uint32_t ndescriptions;
};

/* What the command line adds: merged as a last `run` file. All strings borrowed. */
struct graph_options {
    const char *accel;           /* --accel LIST; NULL */
    const char *time;            /* --time MODE; NULL */
    const char *cmdline;         /* --cmdline */
    const char *const *set;      /* "NAME=VALUE", NULL-terminated; may be NULL */
    const char *const *images;   /* "NAME=PATH" */
    const char *const *backends; /* "NAME=TYPE[,KEY=VALUE]..." */
    bool check_host;             /* false: do not require images and back ends (check, fdt, map) */
};

/*
 * Reads FILE (a board or a run), everything it includes, and the plug-ins it names; checks all of it; adds every
 * mistake to `d`. Returns NULL when there was any error. A back end that a node names and nobody defines
 * leaves its port open, without an attach; for a block one that is an error if check_host, unless the node says
 * `drive: NAME optional`.
 */
struct graph *graph_load(const char *file, const struct graph_options *options, struct registry *r,
                         struct diag *d);
void graph_destroy(struct graph *g);

/* The properties of a node as another build of its type has them: values by name, and what is new by its default. *out has
 * type->nprops rows and is the graph's. False: `d` has what does not fit. For hot reload; [main]. */
bool graph_retype(struct graph *g, const struct graph_node *node, const struct type *type,
                  struct graph_prop **out, struct diag *d);

/* Node by name; NULL. */
struct graph_node *graph_find(const struct graph *g, const char *name);
/* Value of a property by name; NULL if the type has no such row. */
const struct graph_value *graph_value(const struct graph_node *node, const char *property);
/* Lines of port `index` of the node's type: what its width_prop says; else, for a port wired by a list of nodes, one a
 * node; else its width. */
uint32_t graph_port_width(const struct graph_node *node, uint32_t index);

#endif
