/*
 * template-name - says when a time has passed. Replace it piece by piece; what a row or a hook may say is in <backplane/regs.h>
 * and <backplane/device.h>.
 *
 *   0x0 CTRL      bit 0 EN: starts; bit 1 IE: interrupt enable
 *   0x4 DELAY     microseconds from EN to DONE
 *   0x8 STATUS    bit 0 DONE: write 1 to clear
 *   0xc REVISION  of the block (read-only), from the property `revision`
 */
#include <backplane/device.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>

#define CTRL_EN     0x1u
#define CTRL_IE     0x2u
#define STATUS_DONE 0x1u

/* The core allocates it, zeroed. */
struct template_name {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    struct bp_line *irq;
    struct bp_timer *timer;
    uint32_t revision;            /* property */
    uint32_t ctrl, delay, status; /* registers */
};

/* --- behaviour --- */

static void update_irq(struct template_name *d)
{
    d->lines->set(d->irq, 0, (d->status & STATUS_DONE) && (d->ctrl & CTRL_IE));
}

static void on_done(void *self)
{
    struct template_name *d = self;

    d->status |= STATUS_DONE;
    d->ctrl &= ~CTRL_EN;
    update_irq(d);
}

/* Hooks run after the table has changed the bound value; `old` is the one before. */
static void on_ctrl_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct template_name *d = self;
    uint64_t now = d->timers->now(d->dev, BP_TIME_VIRTUAL);

    (void)index;
    if (value & ~old & CTRL_EN)
        d->timers->arm(d->timer, now + d->delay * UINT64_C(1000));
    else if (old & ~value & CTRL_EN)
        d->timers->cancel(d->timer);
    update_irq(d);
}

static void on_status_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    (void)index;
    (void)value;
    (void)old;
    update_irq(self);
}

static uint64_t on_revision_read(void *self, uint32_t index, uint64_t value,
                                 const struct bp_access *access)
{
    (void)index;
    (void)value;
    (void)access;
    return ((struct template_name *)self)->revision;
}

/* --- what it is made of: rows --- */

static const struct bp_reg_field ctrl_fields[] = {
    {.name = "EN", .doc = "starts", .lsb = 0, .width = 1},
    {.name = "IE", .doc = "interrupt enable", .lsb = 1, .width = 1},
    {.name = NULL},
};

static const struct bp_reg_field status_fields[] = {
    {.name = "DONE", .doc = "the time has passed", .lsb = 0, .width = 1},
    {.name = NULL},
};

static const struct bp_reg regs[] = {
    {.offset = 0x0,
     .width = 4,
     .name = "CTRL",
     .doc = "control",
     .write_mask = CTRL_EN | CTRL_IE,
     .bound = BP_OFFSET(struct template_name, ctrl),
     .fields = ctrl_fields,
     .on_write = on_ctrl_write},
    {.offset = 0x4,
     .width = 4,
     .name = "DELAY",
     .doc = "microseconds from EN to DONE",
     .bound = BP_OFFSET(struct template_name, delay)},
    {.offset = 0x8,
     .width = 4,
     .access = BP_REG_W1C,
     .name = "STATUS",
     .doc = "what has happened",
     .write_mask = STATUS_DONE,
     .bound = BP_OFFSET(struct template_name, status),
     .fields = status_fields,
     .on_write = on_status_write},
    {.offset = 0xc,
     .width = 4,
     .access = BP_REG_RO,
     .name = "REVISION",
     .doc = "of the block",
     .bound = BP_UNBOUND,
     .on_read = on_revision_read},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
};

static const struct bp_prop props[] = {
    {.name = "revision",
     .doc = "What REVISION reads as.",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct template_name, revision),
     .def = "1"},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "high while DONE and IE",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct template_name, irq)},
};

/* --- life --- */

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct template_name, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct template_name, timers)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct template_name *d = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    d->dev = dev;
    d->timer = d->timers->create(dev, "done", on_done);
    return d->timer ? BP_OK : BP_E_NOMEM;
}

/* Registers have their reset value already; what else there is to undo. */
static void reset(void *self, uint32_t kind)
{
    struct template_name *d = self;

    (void)kind;
    d->timers->cancel(d->timer);
    update_irq(d);
}

static const struct bp_device_class device_class = {
    .size = sizeof(device_class),
    .instance_size = sizeof(struct template_name),
    .instance_align = _Alignof(struct template_name),
    .name = "template-name",
    .doc = "Says when a time has passed.",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .init = init,
    .reset = reset,
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
