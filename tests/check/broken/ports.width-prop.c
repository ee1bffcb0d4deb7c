/* SPDX-License-Identifier: Apache-2.0
 *
 * The width of a port comes from a property that does not exist.
 */
#include "base.h"

struct broken {
    struct bp_line *irq;
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "an interrupt",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct broken, irq),
     .width_prop = "lines"},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .ports = BP_ARRAY(ports),
};

PLUGIN(broken)
