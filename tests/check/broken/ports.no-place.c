/* SPDX-License-Identifier: Apache-2.0
 *
 * An output whose handle the device cannot find.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "an interrupt",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_NO_OFFSET},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .ports = BP_ARRAY(ports),
};

PLUGIN(broken)
