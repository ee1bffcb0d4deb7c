/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts on buses in a machine: what each end of a seat finds in its instance, and where a part is in the device tree.
 */
#include "core/fdt/devicetree.h"
#include "rig.h"

#include <backplane/attach.h>
#include <backplane/fdt.h>

#include <stdio.h>

/* --- a controller and a part ------------------------------------------------------------------- */

struct controller {
    struct bp_list parts, more;
};

struct part {
    struct bp_attached controller;
};

static const void *controller_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof(node), .name = "i2c", .compatible = "acme,i2c"};
    static const uint32_t clock = 42;

    return !strcmp(id, BP_FDT_NODE_ID)  ? (const void *)&node
           : !strcmp(id, "test.host/1") ? &clock
                                        : NULL;
}

static const void *part_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {
        .size = sizeof(node), .name = "eeprom", .compatible = "acme,rom"};
    static const uint32_t answer = 7;

    return !strcmp(id, BP_FDT_NODE_ID)  ? (const void *)&node
           : !strcmp(id, "test.part/1") ? &answer
                                        : NULL;
}

static const struct bp_bus_row buses[] = {
    {.name = "main",
     .kind = "test.bus/1",
     .peer_iface = "test.part/1",
     .offset = BP_OFFSET(struct controller, parts),
     .max = 127},
    {.name = "aux", .kind = "test.bus/1", .offset = BP_OFFSET(struct controller, more), .max = 127},
};
static const struct bp_seat_row seats[] = {
    {.name = "bus",
     .kind = "test.bus/1",
     .peer_iface = "test.host/1",
     .offset = BP_OFFSET(struct part, controller)},
};
static const struct bp_region regions[] = {{.name = "reg", .doc = "registers"}};

static const struct bp_device_class controller_class = {
    .size = sizeof(controller_class),
    .instance_size = sizeof(struct controller),
    .name = "controller",
    .regions = BP_ARRAY(regions),
    .get_iface = controller_iface,
    .buses = buses,
    .nbuses = 1,
    .bus_stride = sizeof(*buses),
};
static const struct bp_device_class double_class = {
    .size = sizeof(double_class),
    .instance_size = sizeof(struct controller),
    .name = "double",
    .regions = BP_ARRAY(regions),
    .get_iface = controller_iface,
    .buses = BP_ARRAY(buses),
};
static const struct bp_device_class part_class = {
    .size = sizeof(part_class),
    .instance_size = sizeof(struct part),
    .name = "part",
    .get_iface = part_iface,
    .seats = BP_ARRAY(seats),
};
/* What a plug-in built before there were seats hands over: its struct ends with get_iface. */
static const struct bp_device_class old_class = {
    .size = offsetof(struct bp_device_class, buses),
    .instance_size = sizeof(struct part),
    .name = "old",
    .get_iface = part_iface,
    .seats = BP_ARRAY(seats), /* must not be looked at */
};

/* --- the machine --------------------------------------------------------------------------------- */

static struct rig rig;
static struct graph_seat seat_rows[8];

/* Seats come in order, as the loader leaves them. */
static void sit(struct graph_node *node, struct graph_node *to, uint32_t bus, uint64_t address,
                uint64_t naddress)
{
    struct graph_seat *seat = &seat_rows[rig.graph.nseats++];

    *seat = (struct graph_seat){.node = node,
                                .to = to,
                                .bus = bus,
                                .address = address,
                                .naddress = naddress,
                                .pos = node->pos};
    node->place = seat;
    rig.graph.seats = seat_rows;
}

static char *tree(void)
{
    static const struct devicetree_chosen none;
    uint8_t *fdt = NULL;
    uint32_t bytes = 0;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    cr_assert_eq(devicetree_build(rig.m, &none, &fdt, &bytes, &rig.diag), BP_OK);
    cr_assert_eq(devicetree_print(fdt, bytes, out), BP_OK);
    fclose(out);
    free(fdt);
    return text;
}

Test(seats, both_ends_find_each_other)
{
    struct graph_node *host, *low, *high;
    const struct controller *c;
    const struct bp_attached *parts;
    const struct part *p;

    rig_init(&rig);
    high = rig_device(&rig, "high", &part_class, 0, 0);
    host = rig_device(&rig, "i2c0", &controller_class, 0x1000, 0x1000);
    low = rig_device(&rig, "low", &part_class, 0, 0);
    sit(low, host, 0, 0x50, 1);
    sit(high, host, 0, 0x60, 8);
    rig_must_build(&rig, MACHINE_NO_BACKENDS);

    c = rig_self(&rig, host);
    cr_assert_eq(c->parts.count, 2);
    cr_assert_eq(c->parts.stride, sizeof(*parts));
    parts = c->parts.items;
    cr_expect_eq(parts[0].self, rig_self(&rig, low));
    cr_expect_eq(parts[0].dev, machine_dev(rig.m, low));
    cr_expect_str_eq(parts[0].path, "low");
    cr_expect_eq(*(const uint32_t *)parts[0].iface, 7);
    cr_expect_eq(parts[1].self, rig_self(&rig, high));
    cr_expect_eq(parts[1].address, 0x60);
    cr_expect_eq(parts[1].naddress, 8);
    cr_expect_eq(c->more.count, 0);

    p = rig_self(&rig, high);
    cr_expect_eq(p->controller.self, rig_self(&rig, host));
    cr_expect_eq(*(const uint32_t *)p->controller.iface, 42);
    cr_expect_str_eq(p->controller.path, "i2c0");
    cr_expect_eq(p->controller.address, 0x60);
    rig_finish(&rig);
}

Test(seats, a_controller_without_parts_has_an_empty_list)
{
    struct graph_node *host;
    const struct controller *c;

    rig_init(&rig);
    host = rig_device(&rig, "i2c0", &controller_class, 0x1000, 0x1000);
    rig_must_build(&rig, MACHINE_NO_BACKENDS);
    c = rig_self(&rig, host);
    cr_expect_eq(c->parts.count, 0);
    cr_expect_not_null(c->parts.items);
    rig_finish(&rig);
}

Test(seats, a_class_of_before_has_none)
{
    char why[OBJECT_WHY] = "";
    struct type *type = type_from_device(NULL, &old_class, why);

    cr_assert_not_null(type, "%s", why);
    cr_expect_eq(type->nseats, 0);
    cr_expect_eq(type->nbuses, 0);
    type_free(type);
}

Test(seats, the_device_tree_nests_them)
{
    struct graph_node *host, *rom;
    char *text;

    rig_init(&rig);
    rom = rig_device(&rig, "rom", &part_class, 0, 0); /* before its controller */
    host = rig_device(&rig, "i2c0", &controller_class, 0x1000, 0x1000);
    sit(rom, host, 0, 0x50, 4);
    rig_must_build(&rig, MACHINE_NO_BACKENDS);
    text = tree();
    cr_expect_not_null(strstr(text, "\t\ti2c@1000 {\n"
                                    "\t\t\tcompatible = \"acme,i2c\";\n"
                                    "\t\t\treg = <0x0 0x1000 0x0 0x1000>;\n"
                                    "\t\t\t#address-cells = <0x1>;\n"
                                    "\t\t\t#size-cells = <0x0>;\n"
                                    "\n"
                                    "\t\t\teeprom@50 {\n"
                                    "\t\t\t\tcompatible = \"acme,rom\";\n"
                                    "\t\t\t\treg = <0x50>;\n"
                                    "\t\t\t};\n"
                                    "\t\t};\n"),
                       "%s", text);
    free(text);
    rig_finish(&rig);
}

Test(seats, each_of_several_buses_is_a_child)
{
    struct graph_node *host, *rom[2];
    char *text;

    rig_init(&rig);
    host = rig_device(&rig, "i2c0", &double_class, 0x1000, 0x1000);
    rom[0] = rig_device(&rig, "rom0", &part_class, 0, 0);
    rom[1] = rig_device(&rig, "rom1", &part_class, 0, 0);
    sit(rom[0], host, 0, 0x50, 1);
    sit(rom[1], host, 1, 0x50, 1);
    rig_must_build(&rig, MACHINE_NO_BACKENDS);
    text = tree();
    cr_expect_not_null(strstr(text, "\t\t\tmain@0 {\n\t\t\t\treg = <0x0>;\n"
                                    "\t\t\t\t#address-cells = <0x1>;\n"
                                    "\t\t\t\t#size-cells = <0x0>;\n\n"
                                    "\t\t\t\teeprom@50 {"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "\t\t\taux@1 {\n\t\t\t\treg = <0x1>;"), "%s", text);
    free(text);
    rig_finish(&rig);
}

Test(seats, behind_a_hidden_controller_they_are_hidden)
{
    struct graph_fdt hidden = {.hidden = true};
    struct graph_node *host, *rom;
    char *text;

    rig_init(&rig);
    host = rig_device(&rig, "i2c0", &controller_class, 0x1000, 0x1000);
    rom = rig_device(&rig, "rom", &part_class, 0, 0);
    sit(rom, host, 0, 0x50, 1);
    host->fdt = &hidden;
    rig_must_build(&rig, MACHINE_NO_BACKENDS);
    text = tree();
    cr_expect_null(strstr(text, "i2c@"));
    cr_expect_null(strstr(text, "eeprom@"));
    free(text);
    rig_finish(&rig);
}
