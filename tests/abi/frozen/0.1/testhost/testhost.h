/* SPDX-License-Identifier: Apache-2.0
 *
 * testhost.h - a machine made of one device under test, for unit tests of plug-ins. Header only, no
 * CPU, no threads, no assertions of its own: use it with any test framework.
 *
 * The fake host offers the same interfaces as the core. Everything a device does with them is
 * visible to the test, everything a machine would do to the device is a function here:
 *
 *     struct th *t = th_open("plugins/standard.so", "ns16550");
 *     th_set(t, "reg-shift", "2");                      // as written in a description
 *     th_start(t);                                      // properties, ports, init(), cold reset
 *     th_write(t, 0, 4, 4, 0x0f);                       // region 0, offset 4, 4 bytes
 *     th_level(t, "irq", 0);                            // what a line carries
 *     th_advance(t, 1000);                              // virtual time, nanoseconds
 *     th_type(t, "x", 1);                               // a key is pressed
 *     th_close(t);                                      // finish(), frees all
 *
 * What the device must not do (a line out of range, an unmap() without a map(), a submit() outside
 * the medium) is counted in `violations`, with the last one's text in `violation`. A test ends by
 * checking that it is 0. Functions are to be called from one thread.
 */
#ifndef BACKPLANE_TESTHOST_H
#define BACKPLANE_TESTHOST_H

#include "th_types.h"

#include "th_block.h"
#include "th_bus.h"
#include "th_char.h"
#include "th_fdt.h"
#include "th_ports.h"
#include "th_props.h"
#include "th_regs.h"
#include "th_state.h"
#include "th_time.h"

#include <dlfcn.h>

/* --- machine, trace, error, thread: interfaces with nothing behind them but a record -- */

static inline void th_api_power(struct bp_dev *dev, uint32_t action, uint32_t code)
{
    dev->th->power_calls++;
    dev->th->power_action = action;
    dev->th->power_code = code;
}

static inline int32_t th_api_symbol(struct bp_dev *dev, const char *name, uint64_t *addr)
{
    for (uint32_t i = 0; i < dev->th->nsymbols; i++) {
        if (!strcmp(dev->th->symbols[i].name, name)) {
            *addr = dev->th->symbols[i].addr;
            return BP_OK;
        }
    }
    return BP_E_NOENT;
}

static inline void th_api_log(struct bp_dev *dev, uint32_t level, const char *text)
{
    dev->th->logs[level < TH_LOG_LEVELS ? level : BP_LOG_ERROR]++;
    snprintf(dev->th->log, sizeof dev->th->log, "%s", text);
}

static inline void th_api_emit(struct bp_dev *dev, uint32_t event, const uint64_t *args)
{
    (void)args;
    if (event >= dev->th->cls->nevents)
        th_violation(dev->th, "emit: no such event");
    dev->th->events++;
}

static inline void th_api_error(struct bp_dev *dev, const char *property, const char *text)
{
    snprintf(dev->th->error, sizeof dev->th->error, "%s", text);
    snprintf(dev->th->error_property, sizeof dev->th->error_property, "%s",
             property ? property : "");
}

static inline int32_t th_api_post(struct bp_dev *dev, void (*fn)(void *, void *), void *ctx)
{
    struct th *t = dev->th;

    if (t->nposts == TH_MAX_POSTS)
        return BP_E_FULL;
    t->posts[t->nposts].fn = fn;
    t->posts[t->nposts++].ctx = ctx;
    return BP_OK;
}

static inline uint32_t th_api_in_machine(struct bp_dev *dev)
{
    (void)dev;
    return 1;
}

/* Runs what the device has posted, including what is posted meanwhile. */
static inline void th_run_posted(struct th *t)
{
    for (uint32_t i = 0; i < t->nposts; i++)
        t->posts[i].fn(t->self, t->posts[i].ctx);
    t->nposts = 0;
}

/* Defines a symbol of the loaded program, for bp.machine/1. */
static inline void th_symbol(struct th *t, const char *name, uint64_t addr)
{
    if (t->nsymbols < TH_MAX_SYMBOLS) {
        t->symbols[t->nsymbols].name = name;
        t->symbols[t->nsymbols++].addr = addr;
    }
}

static inline const void *th_core_get(const struct bp_core *core, const char *id)
{
    static const struct bp_line_api line = {sizeof line, 0, th_api_line_set, th_api_line_get};
    static const struct bp_timer_api timer = {
        sizeof timer, 0, th_api_now, th_api_timer_create, th_api_timer_arm, th_api_timer_cancel};
    static const struct bp_clock_api clock = {sizeof clock, 0, th_api_clock_hz,
                                              th_api_clock_set_hz};
    static const struct bp_dma_api dma = {
        sizeof dma, 0, th_api_dma_read, th_api_dma_write, th_api_dma_map, th_api_dma_unmap};
    static const struct bp_mem_api mem = {sizeof mem,        0,
                                          th_api_mem_data,   th_api_mem_direct,
                                          th_api_mem_enable, th_api_mem_move,
                                          th_api_mem_changed};
    static const struct bp_machine_api machine = {sizeof machine, 0, th_api_power, th_api_symbol};
    static const struct bp_char_api chr = {
        sizeof chr,          0, th_api_char_write, th_api_char_resume, th_api_char_connected,
        th_api_char_attached};
    static const struct bp_block_api block = {sizeof block,           0,
                                              th_api_block_info,      th_api_block_submit,
                                              th_api_block_in_flight, th_api_block_drain};
    static const struct bp_trace_api trace = {sizeof trace, 0, th_api_log, th_api_emit};
    static const struct bp_error_api error = {sizeof error, 0, th_api_error};
    static const struct bp_thread_api thread = {sizeof thread, 0, th_api_post, th_api_in_machine};
    static const struct {
        const char *id;
        const void *iface;
    } rows[] = {
        {BP_LINE_ID, &line},   {BP_TIMER_ID, &timer},     {BP_CLOCK_ID, &clock},
        {BP_DMA_ID, &dma},     {BP_MEM_ID, &mem},         {BP_CHAR_ID, &chr},
        {BP_BLOCK_ID, &block}, {BP_MACHINE_ID, &machine}, {BP_TRACE_ID, &trace},
        {BP_ERROR_ID, &error}, {BP_THREAD_ID, &thread},
    };
    const struct th *t = (const struct th *)core;

    if (t->without && !strcmp(t->without, id))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!strcmp(rows[i].id, id))
            return rows[i].iface;
    }
    return NULL;
}

/* --- life ----------------------------------------------------------------------------- */

static inline const struct bp_device_class *th_find_class(const struct bp_plugin *plugin,
                                                          const char *type)
{
    const struct bp_device_factory *factory =
        (const struct bp_device_factory *)plugin->get_factory(BP_FACTORY_DEVICES);

    for (uint32_t i = 0; factory && factory->classes[i]; i++) {
        if (!strcmp(factory->classes[i]->name, type))
            return factory->classes[i];
    }
    return NULL;
}

/* A host for a class; the test may link the device itself. NULL: no memory. */
static inline struct th *th_new(const struct bp_device_class *cls)
{
    struct th *t = (struct th *)calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->core.size = sizeof t->core;
    t->core.version = "0.1.0";
    t->core.get = th_core_get;
    t->dev.th = t;
    t->cls = cls;
    t->wall_start = 1700000000ull * 1000000000ull;
    t->chr.accept = TH_NO_LIMIT;
    t->ram_base = TH_RAM_BASE;
    t->ram = (uint8_t *)calloc(1, TH_RAM_BYTES);
    t->self = calloc(1, cls->instance_size);
    if (!t->ram || !t->self) {
        free(t->ram);
        free(t->self);
        free(t);
        return NULL;
    }
    return t;
}

/* A host for device `type` of the plug-in file `path`. NULL, with the reason in *why (static) when
 * it cannot be. */
static inline struct th *th_open_why(const char *path, const char *type, const char **why)
{
    const struct bp_plugin *(*query)(void);
    const struct bp_device_class *cls;
    struct th *t = NULL;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!object) {
        *why = dlerror();
        return NULL;
    }
    *(void **)&query = dlsym(object, "bp_plugin_query_v1");
    *why = "not a plug-in: no bp_plugin_query_v1";
    if (!query)
        goto fail;
    *why = "no device of this type in the plug-in";
    cls = th_find_class(query(), type);
    if (!cls)
        goto fail;
    *why = "no memory";
    t = th_new(cls);
    if (!t)
        goto fail;
    t->object = object;
    return t;
fail:
    dlclose(object);
    return NULL;
}

static inline struct th *th_open(const char *path, const char *type)
{
    const char *why;

    return th_open_why(path, type, &why);
}

/* Cold, warm or bus reset: table registers first, then the device. */
static inline void th_reset(struct th *t, uint32_t kind)
{
    th_regs_reset(t);
    if (t->cls->reset)
        t->cls->reset(t->self, kind);
}

/* Writes properties and ports, calls init() and a cold reset. BP_OK, or what init() returned. */
static inline int32_t th_start(struct th *t)
{
    int32_t status = th_props_write(t);

    if (!status)
        status = th_ports_create(t);
    if (!status)
        status = th_regions_create(t);
    if (!status && t->cls->init)
        status = t->cls->init(t->self, &t->dev, &t->core);
    t->initialised = 1;
    if (status)
        return status;
    th_reset(t, BP_RESET_COLD);
    return BP_OK;
}

/* Finishes the device and frees everything; accepts NULL. Returns the number of violations. */
static inline uint32_t th_close(struct th *t)
{
    uint32_t violations;

    if (!t)
        return 0;
    if (t->initialised)
        th_api_block_drain(&t->block);
    if (t->cls->finish)
        t->cls->finish(t->self);
    th_bus_check_unmapped(t);
    violations = t->violations;
    if (violations)
        fprintf(stderr, "%s: %u violations of the contract, last: %s\n", t->cls->name, violations,
                t->violation);
    th_props_free(t);
    th_ports_free(t);
    th_regions_free(t);
    th_time_free(t);
    th_block_free(t);
    free(t->chr.output);
    free(t->chr.queue);
    free(t->self);
    free(t->ram);
    if (t->object)
        dlclose(t->object);
    free(t);
    return violations;
}

#endif
