/* SPDX-License-Identifier: Apache-2.0
 *
 * types.c - the core's own node types, written as anybody's device: core/ram, core/rom, core/fixed-clock. core/stub is in
 * stub.c.
 */
#include <backplane/fdt.h>
#include <backplane/time.h>
#include <string.h>

#include "core/machine/types.h"

/* --- core/ram, core/rom --------------------------------------------------------------------------------- */

static int32_t ram_emit(void *self, const struct bp_fdt_writer *writer)
{
    (void)self;
    return writer->str(writer->ctx, "device_type",
                       "memory"); /* Devicetree Specification 0.4, 3.4 */
}

static const void *ram_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof(node), .flags = BP_FDT_ROOT, .name = "memory", .emit = ram_emit};

    (void)self;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_region ram_regions[] = {
    {.name = "reg", .doc = "The memory.", .flags = BP_REGION_RAM},
};

static const struct bp_device_class ram_class = {
    .size = sizeof(ram_class),
    .instance_size = 1,
    .instance_align = 1,
    .name = "ram",
    .doc = "memory that the guest reads and writes",
    .regions = ram_regions,
    .nregions = 1,
    .region_stride = sizeof(*ram_regions),
    .get_iface = ram_iface,
};

static const struct bp_region rom_regions[] = {
    {.name = "reg", .doc = "The memory.", .flags = BP_REGION_RAM | BP_REGION_ROMD},
};

static const struct bp_device_class rom_class = {
    .size = sizeof(rom_class),
    .instance_size = 1,
    .instance_align = 1,
    .name = "rom",
    .doc = "memory that images are loaded into and the guest only reads; a store is a bus error",
    .regions = rom_regions,
    .nregions = 1,
    .region_stride = sizeof(*rom_regions),
};

/* --- core/fixed-clock -------------------------------------------------------------------------------------- */

struct fixed_clock {
    struct bp_clock_out *out;
    uint64_t frequency;
};

static int32_t clock_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_clock_api *api = core->get(core, BP_CLOCK_ID);
    struct fixed_clock *clock = self;

    (void)dev;
    api->set_hz(clock->out, clock->frequency);
    return BP_OK;
}

static int32_t clock_emit(void *self, const struct bp_fdt_writer *writer)
{
    const struct fixed_clock *clock = self;

    return writer->u32(writer->ctx, "clock-frequency", (uint32_t)clock->frequency);
}

static const void *clock_iface(void *self, const char *id)
{
    /* Linux binding clock/fixed-clock.yaml; the core writes #clock-cells. */
    static const struct bp_fdt_node node = {.size = sizeof(node),
                                            .flags = BP_FDT_ROOT,
                                            .name = "clock",
                                            .compatible = "fixed-clock",
                                            .emit = clock_emit};

    (void)self;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_prop clock_props[] = {
    {.name = "frequency",
     .doc = "Ticks in a second.",
     .type = BP_PROP_FREQ,
     .flags = BP_PROP_REQUIRED,
     .offset = offsetof(struct fixed_clock, frequency)},
};

static const struct bp_port clock_ports[] = {
    {.name = "out",
     .doc = "The clock.",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_OUT,
     .offset = offsetof(struct fixed_clock, out)},
};

static const struct bp_device_class clock_class = {
    .size = sizeof(clock_class),
    .instance_size = sizeof(struct fixed_clock),
    .instance_align = _Alignof(struct fixed_clock),
    .name = "fixed-clock",
    .doc = "oscillator of a fixed frequency",
    .props = clock_props,
    .nprops = 1,
    .prop_stride = sizeof(*clock_props),
    .ports = clock_ports,
    .nports = 1,
    .port_stride = sizeof(*clock_ports),
    .init = clock_init,
    .get_iface = clock_iface,
};

const struct bp_device_class *const core_device_classes[] = {
    &ram_class, &rom_class, &clock_class, &core_stub_class, NULL,
};
