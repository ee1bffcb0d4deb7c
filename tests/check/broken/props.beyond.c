/* SPDX-License-Identifier: Apache-2.0
 *
 * A property that is written behind the instance.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static const struct bp_prop props[] = {
    {.name = "size",
     .doc = "a size",
     .type = BP_PROP_U64,
     .offset = BP_OFFSET(struct broken, value)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .props = BP_ARRAY(props),
};

PLUGIN(broken)
