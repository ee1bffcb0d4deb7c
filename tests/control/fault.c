/* SPDX-License-Identifier: Apache-2.0
 *
 * A device that goes wrong in the way that the guest writes into its register, or at once in a build with BROKEN_INIT: for
 * tests of what the command says then.
 */
#include <backplane/device.h>
#include <backplane/regs.h>
#include <backplane/time.h>
#include <backplane/util/bytes.h>
#include <stdlib.h>
#include <string.h>

enum fault { NULL_POINTER = 1, ABORT, OVERFLOW, LOOP, IN_TIMER, LOOP_IN_TIMER, IN_READ };

struct fault_device {
    const struct bp_timer_api *timers;
    struct bp_timer *timer;
    struct bp_dev *dev;
    uint32_t kind;
};

static volatile uint32_t *volatile nowhere;
static volatile uint32_t forever = 1;

static void crash(void)
{
    *nowhere = 1;
}

static uint32_t fall(volatile uint32_t depth)
{
    volatile char filler[4096] = {0};

    filler[depth & 4095] = (char)fall(depth + 1);
    return depth + (uint32_t)filler[0];
}

static void spin(void)
{
    while (forever)
        ;
}

static void on_timer(void *self)
{
    const struct fault_device *f = self;

    if (f->kind == LOOP_IN_TIMER)
        spin();
    crash();
}

static void write_kind(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct fault_device *f = self;

    (void)index;
    (void)old;
    switch ((enum fault)value) {
    case NULL_POINTER:
        crash();
        break;
    case ABORT:
        abort();
    case OVERFLOW:
        fall(0);
        break;
    case LOOP:
        spin();
        break;
    case IN_TIMER:
    case LOOP_IN_TIMER:
        f->timers->arm(f->timer, f->timers->now(f->dev, BP_TIME_VIRTUAL) + 1000000);
        break;
    case IN_READ:
        break;
    }
}

static int32_t read_raw(void *self, const struct bp_access *access, uint64_t *value)
{
    (void)self;
    (void)access;
    (void)value;
    crash();
    return BP_OK;
}

static const struct bp_reg regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "KIND",
     .doc = "what goes wrong",
     .bound = BP_OFFSET(struct fault_device, kind),
     .on_write = write_kind},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .regs = BP_ARRAY(regs)},
    {.name = "raw", .doc = "without a table", .read = read_raw},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct fault_device *f = self;

#ifdef BROKEN_INIT
    crash();
#endif
    f->dev = dev;
    f->timers = core->get(core, BP_TIMER_ID);
    f->timer = f->timers->create(dev, "late", on_timer);
    return f->timer ? BP_OK : BP_E_NOMEM;
}

static const struct bp_device_class fault_class = {
    .size = sizeof(fault_class),
    .instance_size = sizeof(struct fault_device),
    .instance_align = _Alignof(struct fault_device),
    .name = "fault",
    .doc = "goes wrong",
    .regions = BP_ARRAY(regions),
    .init = init,
};

static const void *get_factory(const char *id)
{
    static const struct bp_device_class *const classes[] = {&fault_class, NULL};
    static const struct bp_device_factory factory = {.size = sizeof(factory), .classes = classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? NULL : &factory;
}

BP_EXPORT const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const struct bp_plugin plugin = {.size = sizeof(plugin),
                                            .id = "acme",
                                            .version = "1.0.0",
                                            .vendor = "tests",
                                            .license = "Apache-2.0",
                                            .doc = "A device that goes wrong.",
                                            .get_factory = get_factory};

    return &plugin;
}
