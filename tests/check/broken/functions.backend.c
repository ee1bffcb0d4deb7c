/* SPDX-License-Identifier: Apache-2.0
 *
 * A character back end that takes no output.
 */
#include "other.h"

struct broken {
    uint32_t value;
};

static const struct bp_backend_class broken = {
    .size = sizeof broken,
    .instance_size = sizeof(struct broken),
    .instance_align = _Alignof(struct broken),
    .name = "broken",
    .doc = "A back end with one fault.",
    .kind = BP_BACKEND_CHAR,
};

BACKEND(broken)
