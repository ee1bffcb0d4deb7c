/* SPDX-License-Identifier: Apache-2.0
 *
 * A device in many builds, for tests of hot reload: it counts milliseconds. What differs from build to build is named by macros;
 * BUILD is what the guest sees of it.
 */
#include <backplane/char.h>
#include <backplane/device.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/trace.h>
#include <backplane/util/bytes.h>
#include <string.h>

#ifndef BUILD
#define BUILD 1
#endif
#ifndef ID
#define ID "pace"
#endif
#ifndef INIT_STATUS
#define INIT_STATUS BP_OK
#endif
#ifndef LOAD_STATUS
#define LOAD_STATUS BP_OK
#endif
#ifndef COUNT_WIDTH
#define COUNT_WIDTH 4
#endif
#ifndef SECRET_TAG
#define SECRET_TAG 1
#endif
#ifndef SECRET_TYPE
#define SECRET_TYPE BP_STATE_U32
#endif
#ifndef CHOICES
#define CHOICES "slow", "fast"
#endif

#define MS 1000000u

struct pace {
#ifdef PADDING
    uint8_t padding[PADDING]; /* everything moves */
#endif
    const struct bp_timer_api *timers;
    const struct bp_line_api *lines;
    const struct bp_char_api *chars;
    struct bp_line *irq;
    struct bp_char *port;
    struct bp_timer *tick;
    struct bp_dev *dev;
    uint64_t count;
    uint32_t ctrl, secret, step, mode, extra;
    uint8_t input[8];
    uint32_t ninput;
};

static void on_tick(void *self)
{
    struct pace *p = self;

    p->count += p->step;
    p->timers->arm(p->tick, p->timers->now(p->dev, BP_TIME_VIRTUAL) + MS);
}

static uint64_t read_build(void *self, uint32_t index, uint64_t value,
                           const struct bp_access *access)
{
    (void)self;
    (void)index;
    (void)value;
    (void)access;
    return BUILD;
}

static void write_ctrl(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct pace *p = self;

    (void)index;
    (void)old;
    p->secret += (uint32_t)value;
    p->lines->set(p->irq, 0, value & 1);
    if (value & 1)
        p->timers->arm(p->tick, p->timers->now(p->dev, BP_TIME_VIRTUAL) + MS);
}

static const struct bp_reg_field ctrl_fields[] = {
    {.name = "EN", .doc = "runs", .lsb = 0, .width = 1},
    {.name = "MODE",
     .doc = "how",
     .lsb = 4,
     .width = 4,
     .values = (const struct bp_reg_value[]){{"plain", 0}, {"odd", 5}, {NULL, 0}}},
    {.name = NULL},
};

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "BUILD",
     .doc = "which build this is",
     .access = BP_REG_RO,
     .bound = BP_UNBOUND,
     .on_read = read_build},
    {.offset = 4,
     .width = 4,
     .name = "CTRL",
     .doc = "bit 0 starts",
     .bound = BP_OFFSET(struct pace, ctrl),
     .fields = ctrl_fields,
     .on_write = write_ctrl},
    {.offset = 8,
     .width = COUNT_WIDTH,
     .name = "COUNT",
     .doc = "milliseconds",
     .access = BP_REG_RO,
     .bound = BP_OFFSET(struct pace, count)},
#ifdef EXTRA
    {.offset = 16,
     .width = 4,
     .name = "EXTRA",
     .doc = "new",
     .reset = 77,
     .bound = BP_OFFSET(struct pace, extra)},
#endif
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "registers", .length = 0x100, .regs = BP_ARRAY(regs)},
#ifdef MORE_REGIONS
    {.name = "more", .doc = "registers", .flags = BP_REGION_OPTIONAL, .length = 0x100},
#endif
};

static uint32_t room(void *self)
{
    return (uint32_t)sizeof(((struct pace *)self)->input) - ((struct pace *)self)->ninput;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct pace *p = self;

    while (bytes--) /* echo, one build up */
        p->input[p->ninput++ % sizeof(p->input)] = *data++;
    for (; p->ninput; p->ninput--) {
        uint8_t c = (uint8_t)(p->input[p->ninput - 1] + BUILD);

        p->chars->write(p->port, &c, 1);
    }
}

static const struct bp_char_client client = {
    .size = sizeof(client), .room = room, .on_input = on_input};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "runs",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pace, irq)},
    {.name = "port",
     .doc = "echo",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct pace, port),
     .client = &client},
#ifdef MORE_PORTS
    {.name = "more",
     .doc = "new",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pace, irq)},
#endif
};

static const char *const choices[] = {CHOICES, NULL};

static const struct bp_prop props[] = {
#ifdef MORE_PROPS
    {.name = "extra",
     .doc = "new",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct pace, extra),
     .def = "9"},
#endif
    {.name = "mode",
     .doc = "how",
     .type = BP_PROP_ENUM,
     .offset = BP_OFFSET(struct pace, mode),
     .choices = choices},
#ifndef NO_STEP
    {.name = "step",
     .doc = "of a millisecond",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct pace, step),
     .def = "1"},
#endif
};

static const struct bp_state_field fields[] = {
    {.tag = SECRET_TAG,
     .type = SECRET_TYPE,
     .name = "secret",
     .offset = BP_OFFSET(struct pace, secret)},
};

static int32_t post_load(void *self)
{
    (void)self;
    return LOAD_STATUS;
}

static const struct bp_state state = {
    .size = sizeof(state), .fields = BP_ARRAY(fields), .post_load = post_load};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_error_api *error = core->get(core, BP_ERROR_ID);
    struct pace *p = self;

    p->dev = dev;
    p->timers = core->get(core, BP_TIMER_ID);
    p->lines = core->get(core, BP_LINE_ID);
    p->chars = core->get(core, BP_CHAR_ID);
    p->tick = p->timers->create(dev, "tick", on_tick);
    if (INIT_STATUS != BP_OK)
        error->set(dev, NULL, "this build never starts: use another");
#ifdef CRUEL /* what a careless init() and reset() may do: nobody may notice */
    p->lines->set(p->irq, 0, 0);
#endif
    return p->tick ? INIT_STATUS : BP_E_NOMEM;
}

static void reset(void *self, uint32_t kind)
{
    struct pace *p = self;

    (void)kind;
    p->count = 0;
    p->secret = 0;
    p->lines->set(p->irq, 0, 0);
    p->timers->cancel(p->tick);
}

static const struct bp_device_class pace_class = {
    .size = sizeof(pace_class),
    .instance_size = sizeof(struct pace),
    .instance_align = _Alignof(struct pace),
#ifdef RENAMED
    .name = "peace",
#else
    .name = "pace",
#endif
    .doc = "counts",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
};

static const void *get_factory(const char *id)
{
    static const struct bp_device_class *const classes[] = {&pace_class, NULL};
    static const struct bp_device_factory factory = {.size = sizeof(factory), .classes = classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {.size = sizeof(plugin),
                                            .id = ID,
                                            .version = "1.0.0",
                                            .vendor = "tests",
                                            .license = "Apache-2.0",
                                            .doc = "A device in many builds.",
                                            .get_factory = get_factory};

    return &plugin;
}
