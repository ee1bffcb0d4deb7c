/* SPDX-License-Identifier: Apache-2.0
 *
 * A character port without callbacks.
 */
#include "base.h"

struct broken {
    struct bp_char *chr;
};

static const struct bp_port ports[] = {
    {.name = "chr",
     .doc = "a terminal",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct broken, chr)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .ports = BP_ARRAY(ports),
};

PLUGIN(broken)
