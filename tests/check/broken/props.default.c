/* SPDX-License-Identifier: Apache-2.0
 *
 * A default that its own row refuses.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static const struct bp_prop props[] = {
    {.name = "depth",
     .doc = "a depth",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct broken, value),
     .def = "64",
     .min = 1,
     .max = 16},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .props = BP_ARRAY(props),
};

PLUGIN(broken)
