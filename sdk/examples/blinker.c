/* SPDX-License-Identifier: Apache-2.0
 *
 * blinker - one register and one line: the first example of docs/device-author.md.
 */
#include <backplane/device.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <string.h>

struct blinker {
    const struct bp_line_api *lines;
    struct bp_line *led;
    uint32_t control;
};

static void write_control(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct blinker *b = self;

    b->lines->set(b->led, 0, value & 1);
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "CONTROL",
     .doc = "bit 0: the LED is on",
     .write_mask = 1,
     .bound = offsetof(struct blinker, control),
     .on_write = write_control},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_port ports[] = {
    {.name = "led",
     .doc = "high when it is on",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_OUT,
     .offset = offsetof(struct blinker, led)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct blinker *b = self;

    b->lines = core->get(core, BP_LINE_ID);
    return b->lines ? BP_OK : BP_E_UNSUPPORTED;
}

static const struct bp_device_class blinker = {
    .size = sizeof(blinker),
    .instance_size = sizeof(struct blinker),
    .instance_align = _Alignof(struct blinker),
    .name = "blinker",
    .doc = "A light.",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .init = init,
};

static const struct bp_device_class *const classes[] = {&blinker, NULL};
static const struct bp_device_factory factory = {sizeof(factory), 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof(plugin),
        .id = "blinker",
        .version = "1.0.0",
        .vendor = "ACME",
        .license = "Apache-2.0",
        .doc = "an example",
        .get_factory = get_factory,
    };

    return &plugin;
}
