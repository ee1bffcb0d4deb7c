/* SPDX-License-Identifier: Apache-2.0
 *
 * A plug-in for the tests of descriptions: one property of every type, ports of every kind, and
 * nothing behind them.
 */
#include <backplane/accel.h>
#include <backplane/backend.h>
#include <backplane/block.h>
#include <backplane/device.h>
#include <backplane/plugin.h>
#include <backplane/time.h>
#include <string.h>

struct instance {
    uint64_t room[32]; /* of every property and port; nobody runs this */
};
#define AT(slot) (8 * (slot))

static const void *no_iface(void *self, const char *id)
{
    (void)self;
    (void)id;
    return NULL;
}

#define CLASS(id, text, ...)                                                                       \
    static const struct bp_device_class id##_class = {.size = sizeof(struct bp_device_class),      \
                                                      .instance_size = sizeof(struct instance),    \
                                                      .instance_align = _Alignof(struct instance), \
                                                      .name = #id,                                 \
                                                      .doc = text,                                 \
                                                      __VA_ARGS__}
#define PROPS(rows)                                                                                \
    .props = rows, .nprops = sizeof(rows) / sizeof(*rows), .prop_stride = sizeof(*rows)
#define PORTS(rows)                                                                                \
    .ports = rows, .nports = sizeof(rows) / sizeof(*rows), .port_stride = sizeof(*rows)
#define REGIONS(rows)                                                                              \
    .regions = rows, .nregions = sizeof(rows) / sizeof(*rows), .region_stride = sizeof(*rows)
#define PROVIDERS(rows)                                                                            \
    .providers = rows, .nproviders = sizeof(rows) / sizeof(*rows), .provider_stride = sizeof(*rows)

static const struct bp_region one_region[] = {{.name = "reg"}};

/* --- hart: inputs, and a counter as interface of `clock` -------------------------------------- */

static const struct bp_prop hart_props[] = {
    {.name = "hartid", .type = BP_PROP_U32, .offset = AT(0), .def = "0"},
    {.name = "time", .type = BP_PROP_REF, .offset = AT(1), .ref_iface = BP_COUNTER_ID},
};
static const struct bp_port hart_ports[] = {
    {.name = "mei", .kind = BP_PORT_IRQ, .dir = BP_DIR_IN, .offset = BP_NO_OFFSET},
    {.name = "mti", .kind = BP_PORT_IRQ, .dir = BP_DIR_IN, .offset = BP_NO_OFFSET},
};
CLASS(hart, "Something with interrupt inputs.", PROPS(hart_props), PORTS(hart_ports),
      .get_iface = no_iface);

/* --- timer: the counter ----------------------------------------------------------------------- */

static const void *timer_iface(void *self, const char *id)
{
    static const struct bp_counter_iface counter = {.size = sizeof(counter)};

    (void)self;
    return strcmp(id, BP_COUNTER_ID) ? NULL : &counter;
}

static const struct bp_prop timer_props[] = {
    {.name = "harts",
     .type = BP_PROP_LIST,
     .element = BP_PROP_REF,
     .offset = AT(0),
     .flags = BP_PROP_REQUIRED,
     .min = 1,
     .max = 4},
};
static const struct bp_port timer_ports[] = {
    {.name = "mti",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = AT(4),
     .via_prop = "harts",
     .via_port = "mti"},
    {.name = "clock",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = AT(5),
     .flags = BP_PORT_REQUIRED},
};
CLASS(timer, "A counter for harts.", PROPS(timer_props), PORTS(timer_ports), REGIONS(one_region),
      .get_iface = timer_iface);

/* --- intc: an interrupt controller ------------------------------------------------------------ */

static const struct bp_prop intc_props[] = {
    {.name = "sources",
     .doc = "number of sources",
     .type = BP_PROP_U32,
     .offset = AT(0),
     .def = "16",
     .min = 1,
     .max = 63},
    {.name = "harts", .type = BP_PROP_LIST, .element = BP_PROP_REF, .offset = AT(1)},
};
static const struct bp_port intc_ports[] = {
    {.name = "source", .kind = BP_PORT_IRQ, .dir = BP_DIR_IN, .offset = BP_NO_OFFSET, .width = 64},
    {.name = "mei",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = AT(4),
     .via_prop = "harts",
     .via_port = "mei"},
};
static const struct bp_cell intc_cells[] = {
    {.name = "source", .min = 1, .max = 63, .max_prop = "sources"}};
static const char *const intc_flags[] = {"level-high", "level-low", "edge-rising", NULL};
static const uint32_t intc_flag_values[] = {4, 8, 1};
static const struct bp_provider intc_providers[] = {
    {.kind = BP_PORT_IRQ,
     .ncells = 1,
     .port = "source",
     .cells = intc_cells,
     .flag_names = intc_flags,
     .flag_values = intc_flag_values,
     .fdt_cells = 2},
};
CLASS(intc, "An interrupt controller.", PROPS(intc_props), PORTS(intc_ports),
      PROVIDERS(intc_providers), REGIONS(one_region));

/* --- gpio, cmu -------------------------------------------------------------------------------- */

static const struct bp_prop gpio_props[] = {
    {.name = "lines", .type = BP_PROP_U32, .offset = AT(0), .def = "8", .min = 1, .max = 32},
};
static const struct bp_port gpio_ports[] = {
    {.name = "pin",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .width_prop = "lines"},
    {.name = "irq", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, .offset = AT(4), .width = 2},
};
static const struct bp_cell gpio_cells[] = {{.name = "pin", .min = 0, .max = 31}};
static const char *const gpio_flags[] = {"active-high", "active-low", NULL};
static const struct bp_provider gpio_providers[] = {
    {.kind = BP_PORT_GPIO,
     .ncells = 1,
     .port = "pin",
     .cells = gpio_cells,
     .flag_names = gpio_flags,
     .fdt_cells = 2},
};
CLASS(gpio, "Pins.", PROPS(gpio_props), PORTS(gpio_ports), PROVIDERS(gpio_providers),
      REGIONS(one_region));

static const struct bp_port cmu_ports[] = {
    {.name = "apb1", .kind = BP_PORT_CLOCK, .dir = BP_DIR_OUT, .offset = AT(0)},
    {.name = "apb2", .kind = BP_PORT_CLOCK, .dir = BP_DIR_OUT, .offset = AT(1), .width = 2},
};
CLASS(cmu, "Clocks.", PORTS(cmu_ports));

/* --- uart, disk ------------------------------------------------------------------------------- */

static const struct bp_port uart_ports[] = {
    {.name = "irq", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, .offset = AT(0)},
    {.name = "clock", .kind = BP_PORT_CLOCK, .dir = BP_DIR_IN, .offset = AT(1)},
    {.name = "line", .kind = BP_PORT_CHAR, .offset = AT(2)},
};
CLASS(uart, "A serial port.", PORTS(uart_ports), REGIONS(one_region));

static const struct bp_port disk_ports[] = {
    {.name = "irq",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = AT(0),
     .flags = BP_PORT_REQUIRED},
    {.name = "medium", .kind = BP_PORT_BLOCK, .offset = AT(2)},
};
CLASS(disk, "A disk.", PORTS(disk_ports), REGIONS(one_region));

/* --- radio: several of everything ------------------------------------------------------------- */

static const struct bp_prop radio_props[] = {
    {.name = "fifo-depth", .type = BP_PROP_U32, .offset = AT(0), .def = "16"},
};
static const struct bp_port radio_ports[] = {
    {.name = "rx", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, .offset = AT(4)},
    {.name = "err", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, .offset = AT(5)},
    {.name = "wake", .kind = BP_PORT_GPIO, .dir = BP_DIR_OUT, .offset = AT(6)},
    {.name = "ref", .kind = BP_PORT_CLOCK, .dir = BP_DIR_IN, .offset = AT(7), .word = "ref-clock"},
};
static const struct bp_region radio_regions[] = {{.name = "csr"},
                                                 {.name = "fifo"},
                                                 {.name = "window", .flags = BP_REGION_FLOATING},
                                                 {.name = "spare", .flags = BP_REGION_OPTIONAL}};
CLASS(radio, "A radio.", PROPS(radio_props), PORTS(radio_ports), REGIONS(radio_regions));

/* --- all: every type of property -------------------------------------------------------------- */

static const char *const colours[] = {"red", "green", "blue", NULL};
static const struct bp_prop all_props[] = {
    {.name = "bool", .type = BP_PROP_BOOL, .offset = AT(0), .def = "true"},
    {.name = "u8", .type = BP_PROP_U8, .offset = AT(1)},
    {.name = "u16", .type = BP_PROP_U16, .offset = AT(2)},
    {.name = "u32", .type = BP_PROP_U32, .offset = AT(3), .min = 2, .max = 10, .def = "2"},
    {.name = "u64", .type = BP_PROP_U64, .offset = AT(4)},
    {.name = "i64", .type = BP_PROP_I64, .offset = AT(5), .min = (uint64_t)-5, .max = 5},
    {.name = "f64", .type = BP_PROP_F64, .offset = AT(6)},
    {.name = "str", .type = BP_PROP_STR, .offset = AT(7)},
    {.name = "bytes", .type = BP_PROP_BYTES, .offset = AT(8)},
    {.name = "enum", .type = BP_PROP_ENUM, .offset = AT(10), .choices = colours, .def = "green"},
    {.name = "size", .type = BP_PROP_SIZE, .offset = AT(11), .max = 1 << 20},
    {.name = "freq", .type = BP_PROP_FREQ, .offset = AT(12)},
    {.name = "addr", .type = BP_PROP_ADDR, .offset = AT(13)},
    {.name = "duration", .type = BP_PROP_DURATION, .offset = AT(14)},
    {.name = "ref", .type = BP_PROP_REF, .offset = AT(15)},
    {.name = "path", .type = BP_PROP_PATH, .offset = AT(19)},
    {.name = "numbers",
     .type = BP_PROP_LIST,
     .element = BP_PROP_U8,
     .offset = AT(20),
     .def = "[1, 2]"},
    {.name = "colours",
     .type = BP_PROP_LIST,
     .element = BP_PROP_ENUM,
     .offset = AT(22),
     .choices = colours},
    {.name = "nodes", .type = BP_PROP_LIST, .element = BP_PROP_REF, .offset = AT(24)},
};
CLASS(all, "Every type of property.", PROPS(all_props));

/* --- buses of parts --------------------------------------------------------------------------- */

#define BUSES(rows)                                                                                \
    .buses = rows, .nbuses = sizeof(rows) / sizeof(*rows), .bus_stride = sizeof(*rows)
#define SEATS(rows)                                                                                \
    .seats = rows, .nseats = sizeof(rows) / sizeof(*rows), .seat_stride = sizeof(*rows)

static const void *part_iface(void *self, const char *id)
{
    static const uint32_t part = 1;

    (void)self;
    return strcmp(id, "c.two-part/1") ? NULL : &part;
}

static const struct bp_bus_row two_buses[] = {
    {.name = "two", .kind = "c.two/1", .peer_iface = "c.two-part/1", .min = 8, .max = 0x77},
};
CLASS(two, "Runs a bus with addresses.", BUSES(two_buses), REGIONS(one_region));

static const struct bp_prop select_props[] = {
    {.name = "selects", .type = BP_PROP_U32, .offset = AT(8), .def = "2"},
};
static const struct bp_bus_row select_buses[] = {
    {.name = "sel", .kind = "c.select/1", .address_name = "chip select", .count_prop = "selects"},
};
CLASS(select, "Runs a bus of as many addresses as a property says.", PROPS(select_props),
      BUSES(select_buses), REGIONS(one_region));

static const struct bp_bus_row net_buses[] = {
    {.name = "net", .kind = "c.net/1", .flags = BP_BUS_UNADDRESSED},
};
CLASS(net, "Runs a bus without addresses.", BUSES(net_buses));

static const struct bp_seat_row rom_seats[] = {{.name = "two", .kind = "c.two/1"}};
CLASS(rom, "A part with addresses.", SEATS(rom_seats), .get_iface = part_iface);

static const struct bp_seat_row mute_seats[] = {{.name = "two", .kind = "c.two/1"}};
CLASS(mute, "A part that does not offer what it has to.", SEATS(mute_seats));

static const struct bp_seat_row fussy_seats[] = {
    {.name = "two", .kind = "c.two/1", .peer_iface = "c.two-master/1"}};
CLASS(fussy, "A part that wants more than a controller offers.", SEATS(fussy_seats),
      .get_iface = part_iface);

static const struct bp_seat_row chip_seats[] = {{.name = "sel", .kind = "c.select/1"}};
CLASS(chip, "A part behind a chip select.", SEATS(chip_seats));

static const struct bp_bus_row mux_buses[] = {
    {.name = "ch0", .kind = "c.two/1", .offset = AT(8), .min = 8, .max = 0x77},
    {.name = "ch1", .kind = "c.two/1", .offset = AT(10), .min = 8, .max = 0x77},
};
CLASS(mux, "A part that runs two buses.", SEATS(rom_seats), BUSES(mux_buses),
      .get_iface = part_iface);

static const struct bp_seat_row nic_seats[] = {
    {.name = "net", .kind = "c.net/1", .word = "net", .flags = BP_SEAT_OPTIONAL},
    {.name = "side", .kind = "c.two/1", .word = "side", .flags = BP_SEAT_OPTIONAL, .offset = AT(8)},
};
CLASS(nic, "A device with registers that also sits on two buses.", SEATS(nic_seats),
      REGIONS(one_region), .get_iface = part_iface);

static const struct bp_device_class *const devices[] = {
    &hart_class,  &timer_class, &intc_class, &gpio_class,   &cmu_class, &uart_class, &disk_class,
    &radio_class, &all_class,   &two_class,  &select_class, &net_class, &rom_class,  &mute_class,
    &fussy_class, &chip_class,  &mux_class,  &nic_class,    NULL};
static const struct bp_device_factory device_factory = {.size = sizeof(device_factory),
                                                        .classes = devices};

/* --- back ends, accelerators ------------------------------------------------------------------ */

static int64_t write_nothing(void *self, const void *data, uint64_t bytes)
{
    (void)self;
    (void)data;
    return (int64_t)bytes;
}

static int32_t no_medium(void *self, struct bp_block_info *out)
{
    (void)self;
    (void)out;
    return BP_E_NOENT;
}

static void submit_nothing(void *self, struct bp_block_io *io)
{
    (void)self;
    (void)io;
}

static const struct bp_prop block_props[] = {
    {.name = "path", .type = BP_PROP_PATH, .offset = AT(0), .flags = BP_PROP_REQUIRED},
    {.name = "snapshot", .type = BP_PROP_BOOL, .offset = AT(1), .def = "false"},
};
static const struct bp_backend_class terminal = {.size = sizeof(terminal),
                                                 .flags = BP_BACKEND_TERMINAL,
                                                 .instance_size = 8,
                                                 .name = "terminal",
                                                 .kind = BP_BACKEND_CHAR,
                                                 .write = write_nothing};
static const struct bp_backend_class sink = {.size = sizeof(sink),
                                             .instance_size = 8,
                                             .name = "sink",
                                             .kind = BP_BACKEND_CHAR,
                                             .write = write_nothing};
static const struct bp_backend_class blocks = {.size = sizeof(blocks),
                                               .instance_size = 64,
                                               .name = "blocks",
                                               .kind = BP_BACKEND_BLOCK,
                                               PROPS(block_props),
                                               .info = no_medium,
                                               .submit = submit_nothing};
static const struct bp_backend_class *const backends[] = {&terminal, &sink, &blocks, NULL};
static const struct bp_backend_factory backend_factory = {.size = sizeof(backend_factory),
                                                          .classes = backends};

static int32_t create(void *self, uint32_t index, const struct bp_cpu_class *cls,
                      struct bp_vcpu **vcpu, void **state)
{
    (void)self;
    (void)index;
    (void)cls;
    (void)vcpu;
    (void)state;
    return BP_E_UNSUPPORTED;
}

static void use_vcpu(struct bp_vcpu *vcpu)
{
    (void)vcpu;
}

static int32_t run_vcpu(struct bp_vcpu *vcpu)
{
    (void)vcpu;
    return BP_RUN_FAILED;
}

static const struct bp_vcpu_api *no_api(void *self)
{
    (void)self;
    return NULL;
}

static const struct bp_prop accel_props[] = {
    {.name = "cache", .type = BP_PROP_SIZE, .offset = AT(0), .def = "64MiB"},
};
#define ACCEL(id, at)                                                                              \
    static const struct bp_accel_class id##_accel = {.size = sizeof(struct bp_accel_class),        \
                                                     .instance_size = 64,                          \
                                                     .rank = at,                                   \
                                                     .name = #id,                                  \
                                                     PROPS(accel_props),                           \
                                                     .vcpu_create = create,                        \
                                                     .vcpu_destroy = use_vcpu,                     \
                                                     .vcpu_api = no_api,                           \
                                                     .run = run_vcpu,                              \
                                                     .kick = use_vcpu,                             \
                                                     .stop = use_vcpu}
ACCEL(slow, 1);
ACCEL(fast, 50);
ACCEL(third, 0);
static const struct bp_accel_class *const accels[] = {&slow_accel, &fast_accel, &third_accel, NULL};
static const struct bp_accel_factory accel_factory = {.size = sizeof(accel_factory),
                                                      .classes = accels};

/* --- the door --------------------------------------------------------------------------------- */

static const void *get_factory(const char *id)
{
    static const struct {
        const char *id;
        const void *factory;
    } factories[] = {{BP_FACTORY_DEVICES, &device_factory},
                     {BP_FACTORY_BACKENDS, &backend_factory},
                     {BP_FACTORY_ACCELS, &accel_factory}};

    for (size_t i = 0; i < sizeof(factories) / sizeof(*factories); i++)
        if (!strcmp(factories[i].id, id))
            return factories[i].factory;
    return NULL;
}

const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {.size = sizeof(plugin),
                                            .id = "check",
                                            .version = "1.2.3",
                                            .vendor = "tests",
                                            .license = "Apache-2.0",
                                            .doc = "Types for the tests of descriptions.",
                                            .get_factory = get_factory};

    return &plugin;
}
