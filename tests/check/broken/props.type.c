/* SPDX-License-Identifier: Apache-2.0
 *
 * A type that no SDK has.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static const struct bp_prop props[] = {
    {.name = "depth", .doc = "a depth", .type = 99, .offset = BP_OFFSET(struct broken, value)},
};

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .props = BP_ARRAY(props),
};

PLUGIN(broken)
