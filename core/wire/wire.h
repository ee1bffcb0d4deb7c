/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.h - lines and clocks between ports: what struct bp_line and struct bp_clock_in/out point to. [machine]
 *
 * An output line has a level and a list of inputs it reaches; an input counts how many of its drivers are high (after
 * inversion) and tells its device when that starts or ends. Levels are the core's: a reset drives every output low.
 *
 * A device may drive lines while it is told of a change, its own included. So each connection remembers what it
 * contributes to its input, and whoever walks the connections of a line brings them to the line's level as it is then.
 */
#ifndef CORE_WIRE_WIRE_H
#define CORE_WIRE_WIRE_H

#include <backplane/line.h>
#include <backplane/time.h>
#include <stdbool.h>

struct bp_dev;
struct machine;

struct wire_input {   /* one line of an IN port */
    uint32_t drivers; /* that are high now */
};

struct wire_target {
    struct bp_dev *dev;
    uint32_t port, index; /* of the input */
    bool invert;
    bool high; /* what it contributes to the input now, after inversion */
};

struct wire_line { /* one line of an OUT port */
    uint32_t level;
    uint32_t ntargets;
    struct wire_target *targets;
};

struct wire_port { /* OUT: lines; IN: inputs */
    struct bp_dev *dev;
    uint32_t port, width;
    struct wire_line *lines;
    struct wire_input *inputs;
};

struct clock_in {
    struct bp_dev *dev;
    uint32_t port;
    const struct clock_out *source; /* NULL: open */
};

struct clock_out {
    struct bp_dev *dev;
    uint32_t port;
    uint64_t hz;
    struct clock_in **consumers;
    uint32_t nconsumers;
};

/* [main], while building. Negative: no memory. */
int32_t wire_port_init(struct wire_port *port, struct bp_dev *dev, uint32_t index, uint32_t width,
                       bool out);
void wire_port_finish(struct wire_port *port);
int32_t wire_connect(struct wire_port *from, uint32_t line, struct wire_port *to, uint32_t input,
                     bool invert);
int32_t wire_connect_clock(struct clock_out *from, struct clock_in *to);

/* Does a port of this kind have lines? [any] */
bool wire_carries(uint32_t kind);
/* Makes a line have a level that it had before, without a word to those it reaches. [machine] */
void wire_restore(struct wire_port *port, uint32_t index, bool level);

/* Bracket a reset of all devices. From begin on all outputs are low and nobody is told of changes, for the devices are
 * half old, half new; what reset() drives counts all the same. At the end every input is told its level. [machine] */
void wire_reset_begin(struct machine *m);
void wire_reset_end(struct machine *m);

extern const struct bp_line_api wire_line_api;
extern const struct bp_clock_api wire_clock_api;

#endif
