/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.c - log lines, traces of registers and events, and the text behind failed calls.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"

#define FLOOD 100 /* log lines of one device shown in full; then only every power of two */

static struct {
    FILE *out;
    uint32_t level;
    const char *const *patterns;
} config = {.level = BP_LOG_WARN};

static const char *const level_names[] = {"error", "warning", "guest", "info", "debug"};

void trace_configure(FILE *out, uint32_t level, const char *const *patterns)
{
    config.out = out;
    config.level = level;
    config.patterns = patterns;
}

void trace_init(struct trace *t)
{
    pthread_mutex_init(&t->lock, NULL);
    t->out = config.out ? config.out : stderr;
    t->level = config.level;
}

void trace_finish(struct trace *t)
{
    if (t->out)
        pthread_mutex_destroy(&t->lock);
    t->out = NULL;
}

static bool selected(const char *device, const char *item)
{
    char name[256];

    snprintf(name, sizeof(name), "%s.%s", device, item);
    for (uint32_t i = 0; config.patterns && config.patterns[i]; i++)
        if (!fnmatch(config.patterns[i], name, 0) || !fnmatch(config.patterns[i], device, 0))
            return true;
    return false;
}

void trace_dev_init(struct bp_dev *dev)
{
    const struct type *type = dev->type;

    if (!config.patterns)
        return;
    for (uint32_t i = 0; i < type->nevents; i++)
        if (type->events[i].enable_offset < type->instance_size &&
            selected(dev->name, type->events[i].name))
            ((uint8_t *)dev->instance)[type->events[i].enable_offset] = 1;
    for (uint32_t r = 0; r < type->nregions; r++) {
        const struct bp_region *region = &type->regions[r];

        dev->trace.mmio |= selected(dev->name, region->name);
        for (uint32_t i = 0; i < region->nregs; i++) {
            const struct bp_reg *row =
                (const void *)((const char *)region->regs + (size_t)i * region->reg_stride);

            dev->trace.mmio |= selected(dev->name, row->name);
        }
    }
}

static void line(struct bp_dev *dev, const char *kind, const char *text)
{
    struct trace *t = &dev->machine->trace;
    uint64_t now = vtime_now(&dev->machine->time);

    if (t->quiet)
        return;
    pthread_mutex_lock(&t->lock);
    fprintf(t->out, "[%5" PRIu64 ".%06" PRIu64 "] %s: %s%s%s\n", now / 1000000000u,
            now / 1000 % 1000000, dev->name, kind, *kind ? ": " : "", text);
    fflush(t->out);
    pthread_mutex_unlock(&t->lock);
}

void trace_text(struct bp_dev *dev, uint32_t level, const char *text)
{
    uint32_t n;

    if (level > dev->machine->trace.level || level > BP_LOG_DEBUG)
        return;
    n = atomic_fetch_add(&dev->trace.lines, 1) + 1;
    if (n <= FLOOD || !(n & (n - 1)))
        line(dev, level_names[level], text);
    if (n == FLOOD)
        line(dev, level_names[level],
             "many messages: from here on only every power of two is shown");
}

void trace_format(struct bp_dev *dev, uint32_t level, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    trace_text(dev, level, text);
}

static void api_emit(struct bp_dev *dev, uint32_t event, const uint64_t *args)
{
    const struct bp_event *row = event < dev->type->nevents ? &dev->type->events[event] : NULL;
    char text[512];
    int used = 0;

    if (!row || !selected(dev->name, row->name))
        return;
    for (uint32_t i = 0; row->args && row->args[i] && used < (int)sizeof(text) - 64; i++)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " %s=%#" PRIx64, row->args[i],
                         args[i]);
    text[used] = 0;
    line(dev, row->name, text);
}

const struct bp_trace_api trace_api = {
    .size = sizeof(trace_api),
    .log = trace_text,
    .emit = api_emit,
};

/* --- accesses ----------------------------------------------------------------------------------------- */

bool trace_mmio_on(const struct bp_dev *dev)
{
    return dev->trace.mmio;
}

void trace_mmio(const struct bus_region *region, const struct bp_access *access, uint64_t value,
                bool write, int32_t status)
{
    char text[160];

    if (!selected(region->dev->name, region->row->name))
        return;
    snprintf(text, sizeof(text), "%s+%#" PRIx64 " %s %u bytes %s %#" PRIx64 "%s", region->row->name,
             access->addr, write ? "write" : "read", access->width, write ? "<-" : "->", value,
             status == BP_OK ? "" : " (failed)");
    line(region->dev, "", text);
}

void trace_register(const struct bus_region *region, const struct bp_reg *row, uint32_t element,
                    uint64_t value, bool write)
{
    char name[96], text[160];

    if (row->count > 1)
        snprintf(name, sizeof(name), "%s%u", row->name, element);
    else
        snprintf(name, sizeof(name), "%s", row->name);
    if (!selected(region->dev->name, name))
        return;
    snprintf(text, sizeof(text), "%s %s %#" PRIx64, name, write ? "<-" : "->", value);
    line(region->dev, "", text);
}

/* True the first time, as long as there is room to remember. A parallel device comes here on several threads. */
static bool first_time(struct bp_dev *dev, uint64_t offset)
{
    struct trace_dev *trace = &dev->trace;
    bool first;
    uint32_t i = 0;

    pthread_mutex_lock(&dev->machine->trace.lock);
    while (i < trace->nunknown && trace->unknown[i] != offset)
        i++;
    first = i == trace->nunknown && i < sizeof(trace->unknown) / sizeof(*trace->unknown);
    if (first)
        trace->unknown[trace->nunknown++] = offset;
    pthread_mutex_unlock(&dev->machine->trace.lock);
    return first;
}

void trace_unknown(const struct bus_region *region, const struct bp_access *access, bool write)
{
    if (first_time(region->dev, access->addr))
        trace_format(region->dev, BP_LOG_GUEST, "%s of %s+%#" PRIx64 ", where it has no register",
                     write ? "write" : "read", region->row->name, access->addr);
}

/* --- bp.error/1 --------------------------------------------------------------------------------------- */

/* vCPUs may fail at the same moment, on behalf of the same accelerator. */
static void error_set(struct bp_dev *dev, const char *property, const char *text)
{
    pthread_mutex_t *lock = &dev->machine->trace.lock;

    pthread_mutex_lock(lock);
    free(dev->error);
    free(dev->error_property);
    dev->error = text ? strdup(text) : NULL;
    dev->error_property = property ? strdup(property) : NULL;
    pthread_mutex_unlock(lock);
}

void trace_error_text(struct bp_dev *dev, char *text, size_t room)
{
    pthread_mutex_t *lock = &dev->machine->trace.lock;

    pthread_mutex_lock(lock);
    snprintf(text, room, "%s", dev->error ? dev->error : "");
    pthread_mutex_unlock(lock);
}

const struct bp_error_api trace_error_api = {
    .size = sizeof(trace_error_api),
    .set = error_set,
};
