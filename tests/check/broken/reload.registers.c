/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers each load with the process and never takes it back.
 */
#include "base.h"

struct broken {
    uint32_t value;
};

#include <stdio.h>

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "VALUE",
     .doc = "a value",
     .bound = BP_OFFSET(struct broken, value)},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

/* A buffer that libc keeps for a stream: never closed, and not the plug-in's to free. */
__attribute__((constructor)) static void loaded(void)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);

    if (stream)
        fflush(stream);
}

static const struct bp_device_class broken = {
    CLASS(struct broken),
    .regions = BP_ARRAY(regions),
};

PLUGIN(broken)
