/*
 * template-name - the hand-written half: behaviour. Registers, fields and reset values are in template-name-regs.h and
 * template-name-regs.inc, which `backplane new device --update` writes again from a newer description; this file it leaves alone.
 *
 * A register without a hook does what its row says: it keeps what is written, clears, toggles, goes back at a reset. A hook makes
 * more of it (<backplane/regs.h>):
 *
 *   static void on_cr_write(void *self, uint32_t index, uint64_t value, uint64_t old) { ... }
 *   #define TEMPLATE_NAME_CR_ON_WRITE on_cr_write
 */
#include <backplane/device.h>
#include <backplane/line.h>
#include <backplane/util/ifaces.h>

#include "template-name-regs.h"

/* The core allocates it, zeroed. */
struct template_name {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    struct template_name_regs regs;
    /* @LINES@ */
};

/* --- behaviour --- */

/* @HOOKS@ */
#include "template-name-regs.inc"

/* --- what it is made of: rows --- */

static const struct bp_region regions[] = {
    {.name = "reg",
     .doc = "the registers",
     /* @BANK@ */
     .regs = BP_ARRAY(template_name_table)},
};

/* @PORTS@ */
/* --- life --- */

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct template_name, lines)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct template_name *d = self;

    d->dev = dev;
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

static const struct bp_device_class device_class = {
    .size = sizeof(device_class),
    .instance_size = sizeof(struct template_name),
    .instance_align = _Alignof(struct template_name),
    .name = "template-name",
    .doc = "A block with the registers of its description.",
    /* @PORTS_ROW@ */
    .regions = BP_ARRAY(regions),
    .init = init,
};

static const struct bp_device_class *const classes[] = {&device_class, NULL};
static const struct bp_device_factory factory = {sizeof(factory), 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {
        .size = sizeof(plugin),
        .id = "template-name",
        .version = "0.1.0",
        .vendor = "unnamed",
        .license = "unlicensed",
        .doc = "The device template-name.",
        .get_factory = get_factory,
    };

    return &plugin;
}
