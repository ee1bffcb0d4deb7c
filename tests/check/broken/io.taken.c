/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes more than it was given.
 */
#include "other.h"

struct broken {
    uint32_t value;
};

static int64_t write(void *self, const void *data, uint64_t bytes)
{
    return (int64_t)bytes + 1; /* and the end of the line */
}

static const struct bp_backend_class broken = {
    .size = sizeof broken,
    .instance_size = sizeof(struct broken),
    .instance_align = _Alignof(struct broken),
    .name = "broken",
    .doc = "A back end with one fault.",
    .kind = BP_BACKEND_CHAR,
    .write = write,
};

BACKEND(broken)
