/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv-platform.so: what surrounds RISC-V harts: timers, interrupts, and the ways out of a test.
 */
#include "platform.h"

#include <stdlib.h>
#include <string.h>

static const struct bp_device_class *const classes[] = {
    &aclint_class, &aclint_sswi_class, &plic_class, &htif_class, &test_finisher_class, NULL,
};

static const struct bp_device_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof plugin,
        .id = "riscv-platform",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "ACLINT, PLIC, HTIF and the test finisher of RISC-V systems",
        .get_factory = get_factory,
    };

    return &plugin;
}

int32_t platform_interrupts(const struct bp_fdt_writer *w, const struct bp_list *harts, const uint32_t *irqs,
                            uint32_t nirqs)
{
    uint32_t *cells = malloc(((uint64_t)harts->count * nirqs * 2 + 1) * sizeof *cells), n = 0;
    int32_t status;

    if (!cells)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < harts->count; i++) {
        const struct bp_ref *hart = (const void *)((const char *)harts->items + (uint64_t)i * harts->stride);
        uint32_t phandle = w->phandle(w->ctx, hart->dev, "interrupt-controller");

        for (uint32_t j = 0; j < nirqs; j++) {
            cells[n++] = phandle;
            cells[n++] = irqs[j];
        }
    }
    status = w->cells(w->ctx, "interrupts-extended", cells, n);
    free(cells);
    return status;
}
