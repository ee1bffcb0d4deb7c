/* SPDX-License-Identifier: Apache-2.0
 *
 * A plug-in with one thing wrong, chosen by the compiler's -D (tests/unit/CMakeLists.txt). Without
 * any it is fine.
 */
#include <backplane/device.h>
#include <backplane/plugin.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <string.h>

#ifndef ENTRY
#define ENTRY bp_plugin_query_v1
#endif
#ifndef ID
#define ID "broken"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef PLUGIN
#define PLUGIN &plugin
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(struct bp_plugin)
#endif
#ifndef REQUIRES
#define REQUIRES NULL
#endif
#ifndef FACTORY
#define FACTORY &factory
#endif
#ifndef CLASSES
#define CLASSES classes
#endif
#ifndef CLASS_SIZE
#define CLASS_SIZE sizeof(struct bp_device_class)
#endif
#ifndef CLASS_NAME
#define CLASS_NAME "thing"
#endif
#ifndef ALIGN
#define ALIGN 8
#endif
#ifndef PROP
#define PROP                                                                                       \
    {                                                                                              \
        .name = "fine", .type = BP_PROP_U32                                                        \
    }
#endif
#ifndef PROP_STRIDE
#define PROP_STRIDE sizeof(struct bp_prop)
#endif
#ifndef PORT
#define PORT                                                                                       \
    {                                                                                              \
        .name = "irq", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, .offset = 8                         \
    }
#endif
#ifndef PROVIDER
#define PROVIDER                                                                                   \
    {                                                                                              \
        .kind = BP_PORT_IRQ, .port = "in", .fdt_cells = 1                                          \
    }
#endif
#ifndef REGION
#define REGION                                                                                     \
    {                                                                                              \
        .name = "reg"                                                                              \
    }
#endif
#ifndef STATE
#define STATE                                                                                      \
    {                                                                                              \
        .tag = 1, .type = BP_STATE_U64, .offset = 56, .name = "last"                               \
    }
#endif
#ifndef BUS
#define BUS                                                                                        \
    {                                                                                              \
        .name = "two", .kind = "acme.two/1", .max = 1                                              \
    }
#endif
#ifndef SEAT
#define SEAT                                                                                       \
    {                                                                                              \
        .name = "side", .kind = "acme.two/1", .word = "side"                                       \
    }
#endif
#ifndef SECOND
#define SECOND NULL
#endif

/* Larger than the rows of these headers, to be what a plug-in from the future has. */
struct wide_prop {
    struct bp_prop row;
    uint64_t later;
};

static const struct wide_prop wide[] = {{{.name = "first", .type = BP_PROP_U32}, 1},
                                        {{.name = "second", .type = BP_PROP_U64, .offset = 8}, 2}};
static const struct bp_prop props[] = {PROP};
static const struct bp_port ports[] = {PORT,
                                       {.name = "in", .kind = BP_PORT_IRQ, .offset = BP_NO_OFFSET}};
static const struct bp_provider providers[] = {PROVIDER};
/* A register for REGION: two rules for the same bit. */
__attribute__((unused)) static const struct bp_reg_bits two_rules[] = {
    {.mask = 3, .access = BP_REG_W1C}, {.mask = 6, .access = BP_REG_W1S}, {.mask = 0}};
__attribute__((unused)) static const struct bp_reg mixed[] = {
    {.name = "MIXED", .width = 4, .bound = BP_UNBOUND, .bits = two_rules}};
static const struct bp_region regions[] = {REGION};
static const struct bp_bus_row buses[] = {BUS};
static const struct bp_seat_row seats[] = {SEAT};

static const struct bp_state_field fields[] = {
    {.tag = 7, .type = BP_STATE_U8, .count = 64, .name = "all"}, STATE};
static const struct bp_state state = {
    .size = sizeof(state), .fields = fields, .nfields = 2, .field_stride = sizeof(*fields)};

static const struct bp_device_class thing = {.size = CLASS_SIZE,
                                             .instance_size = 64,
                                             .instance_align = ALIGN,
                                             .name = CLASS_NAME,
                                             .props = props,
                                             .nprops = 1,
                                             .prop_stride = PROP_STRIDE,
                                             .ports = ports,
                                             .nports = 2,
                                             .port_stride = sizeof(*ports),
                                             .providers = providers,
                                             .nproviders = 1,
                                             .provider_stride = sizeof(*providers),
                                             .regions = regions,
                                             .nregions = 1,
                                             .region_stride = sizeof(*regions),
                                             .state = &state,
                                             .buses = buses,
                                             .nbuses = 1,
                                             .bus_stride = sizeof(*buses),
                                             .seats = seats,
                                             .nseats = 1,
                                             .seat_stride = sizeof(*seats)};
static const struct bp_device_class tomorrow = {.size = sizeof(tomorrow),
                                                .instance_size = 64,
                                                .name = "tomorrow",
                                                .props = &wide[0].row,
                                                .nprops = 2,
                                                .prop_stride = sizeof(*wide)};
static const struct bp_device_class *const classes[] = {&thing, &tomorrow, SECOND, NULL};
static const struct bp_device_factory factory = {.size = sizeof(factory), .classes = CLASSES};

static const void *get_factory(const char *id)
{
    (void)classes;
    (void)&factory;
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : FACTORY;
}

BP_EXPORT const struct bp_plugin *ENTRY(void);

const struct bp_plugin *ENTRY(void)
{
    static const char *const requires_ids[] = {"bp.line/1", REQUIRES, NULL};
    static const struct bp_plugin plugin = {.size = PLUGIN_SIZE,
                                            .id = ID,
                                            .version = VERSION,
                                            .requires_ids = requires_ids,
                                            .get_factory = get_factory};

    (void)&plugin;
    return PLUGIN;
}
