/* SPDX-License-Identifier: Apache-2.0
 *
 * Says that its class is as large as a pointer.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

static const struct bp_device_class broken = {
    .size = sizeof(void *), /* sizeof of the wrong thing */
    .instance_size = sizeof(struct broken),
    .instance_align = _Alignof(struct broken),
    .name = "broken",
    .doc = "A device with one fault.",
};

PLUGIN(broken)
