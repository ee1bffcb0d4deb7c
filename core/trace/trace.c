/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.c - log lines, traces of registers and events, and the text behind failed calls.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"

#define FLOOD 100 /* log lines of one device shown in full; then only every power of two */

static struct {
    FILE *out;
    uint32_t level;
    const char *const *patterns, *const *breaks;
} config = {.level = BP_LOG_WARN};

static const char *const level_names[] = {"error", "warning", "guest", "info", "debug"};

void trace_configure(FILE *out, uint32_t level, const char *const *patterns)
{
    config.out = out;
    config.level = level;
    config.patterns = patterns;
}

void trace_configure_breaks(const char *const *patterns)
{
    config.breaks = patterns;
}

void trace_init(struct trace *t)
{
    char why[WATCH_WHY];

    pthread_mutex_init(&t->lock, NULL);
    t->out = config.out ? config.out : stderr;
    t->level = config.level;
    /* They have been read before, by whoever configured them. */
    watches_read(&t->traces, config.patterns, why);
    watches_read(&t->breaks, config.breaks, why);
}

void trace_finish(struct trace *t)
{
    if (t->out)
        pthread_mutex_destroy(&t->lock);
    t->out = NULL;
    watches_finish(&t->traces);
    watches_finish(&t->breaks);
    free(t->hit);
    t->hit = NULL;
}

/* Is the event asked for, as a trace or as a break? */
static bool is_watched(const struct bp_dev *dev, const char *event)
{
    const struct trace *t = &dev->machine->trace;
    bool watched = false;

    for (uint32_t i = 0; i < t->traces.count; i++)
        watched |= watch_event(&t->traces.items[i], dev->name, event);
    for (uint32_t i = 0; i < t->breaks.count; i++)
        watched |= watch_event(&t->breaks.items[i], dev->name, event);
    return watched;
}

void trace_dev_init(struct bp_dev *dev)
{
    const struct type *type = dev->type;
    const struct trace *t = &dev->machine->trace;

    for (uint32_t i = 0; i < type->nevents; i++)
        if (type->events[i].enable_offset < type->instance_size)
            ((uint8_t *)dev->instance)[type->events[i].enable_offset] =
                is_watched(dev, type->events[i].name);
    dev->trace.mmio = false;
    for (uint32_t i = 0; type->nregions && i < t->traces.count; i++)
        dev->trace.mmio |= watch_can_match(&t->traces.items[i], dev);
    for (uint32_t i = 0; type->nregions && i < t->breaks.count; i++)
        dev->trace.mmio |= watch_can_match(&t->breaks.items[i], dev);
}

bool trace_set(struct machine *m, bool breaks, const char *const *patterns, char why[WATCH_WHY])
{
    struct watches *old = breaks ? &m->trace.breaks : &m->trace.traces, read;

    if (!watches_read(&read, patterns, why))
        return false;
    watches_finish(old);
    *old = read;
    for (uint32_t i = 0; i < m->ndevs; i++)
        trace_dev_init(&m->devs[i]);
    return true;
}

const struct watch *trace_pointless(const struct machine *m, const struct watches *watches)
{
    for (uint32_t i = 0; i < watches->count; i++) {
        bool found = false;

        for (uint32_t d = 0; d < m->ndevs; d++)
            found |= watch_can_match(&watches->items[i], &m->devs[d]);
        if (!found)
            return &watches->items[i];
    }
    return NULL;
}

static void put_line(struct machine *m, const char *name, const char *kind, const char *text)
{
    struct trace *t = &m->trace;
    uint64_t now = vtime_now(&m->time);

    if (t->quiet)
        return;
    pthread_mutex_lock(&t->lock);
    fprintf(t->out, "[%5" PRIu64 ".%06" PRIu64 "] %s: %s%s%s\n", now / 1000000000u,
            now / 1000 % 1000000, name, kind, *kind ? ": " : "", text);
    fflush(t->out);
    pthread_mutex_unlock(&t->lock);
}

static void line(struct bp_dev *dev, const char *kind, const char *text)
{
    put_line(dev->machine, dev->name, kind, text);
}

void trace_say(struct machine *m, const char *what, const char *text)
{
    put_line(m, what, "", text);
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

/* Stops the machine; the first of several reasons is told. */
static void hit(struct bp_dev *dev, const struct watch *watch, const char *text)
{
    struct trace *t = &dev->machine->trace;

    pthread_mutex_lock(&t->lock);
    if (!t->hit && asprintf(&t->hit, "%s: %s (%s)", dev->name, text, watch->text) < 0)
        t->hit = NULL;
    pthread_mutex_unlock(&t->lock);
    machine_request(dev->machine, REQUEST_STOP | REQUEST_BREAK);
}

char *trace_take_hit(struct machine *m)
{
    char *text;

    pthread_mutex_lock(&m->trace.lock);
    text = m->trace.hit;
    m->trace.hit = NULL;
    pthread_mutex_unlock(&m->trace.lock);
    return text;
}

static void api_emit(struct bp_dev *dev, uint32_t event, const uint64_t *args)
{
    const struct bp_event *row = event < dev->type->nevents ? &dev->type->events[event] : NULL;
    const struct trace *t = &dev->machine->trace;
    bool shown = false;
    char text[512];
    int used = 0;

    if (!row || !is_watched(dev, row->name))
        return;
    for (uint32_t i = 0; row->args && row->args[i] && used < (int)sizeof(text) - 64; i++)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " %s=%#" PRIx64, row->args[i],
                         args[i]);
    text[used] = 0;
    for (uint32_t i = 0; i < t->traces.count; i++)
        shown |= watch_event(&t->traces.items[i], dev->name, row->name);
    if (shown)
        line(dev, row->name, text);
    for (uint32_t i = 0; i < t->breaks.count; i++)
        if (t->breaks.items[i].item && watch_event(&t->breaks.items[i], dev->name, row->name))
            hit(dev, &t->breaks.items[i], row->name);
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
    const struct trace *t = &region->dev->machine->trace;
    bool shown = false;
    char text[160];

    snprintf(text, sizeof(text), "%s+%#" PRIx64 " %s %u bytes %s %#" PRIx64 "%s", region->row->name,
             access->addr, write ? "write" : "read", access->width, write ? "<-" : "->", value,
             status == BP_OK ? "" : " (failed)");
    for (uint32_t i = 0; i < t->traces.count; i++)
        shown |=
            watch_value(&t->traces.items[i], region->dev->name, region->row->name, value, write);
    if (shown)
        line(region->dev, "", text);
    for (uint32_t i = 0; i < t->breaks.count; i++)
        if (t->breaks.items[i].item &&
            watch_value(&t->breaks.items[i], region->dev->name, region->row->name, value, write))
            hit(region->dev, &t->breaks.items[i], text);
}

/* " WLS=8 DLAB": fields that hold something, or those that were asked for. */
static void put_fields(char *text, size_t room, const struct bp_reg *row, const char *pattern,
                       uint64_t value)
{
    size_t used = strlen(text);

    for (const struct bp_reg_field *f = row->fields; f && f->name && used < room; f++) {
        uint64_t part = regs_field(f, value);
        const char *name = regs_field_text(f, part);

        if (!watch_field(pattern, f) || (!pattern && !part && !name))
            continue;
        used += (size_t)snprintf(text + used, room - used, " %s", f->name);
        if (used < room && name)
            used += (size_t)snprintf(text + used, room - used, "=%s", name);
        else if (used < room && (f->width > 1 || pattern))
            used += (size_t)snprintf(text + used, room - used, "=%#" PRIx64, part);
    }
}

static void describe(char *text, size_t room, const struct bp_reg *row, uint32_t element,
                     uint64_t value, bool write, const char *pattern)
{
    int used = snprintf(text, room, row->count > 1 ? "%s%u" : "%s", row->name, element);

    snprintf(text + used, room - (size_t)used, " %s %#" PRIx64, write ? "<-" : "->", value);
    put_fields(text, room, row, pattern, value);
}

void trace_register(const struct bus_region *region, const struct bp_reg *row, uint32_t element,
                    uint64_t value, bool write)
{
    const struct trace *t = &region->dev->machine->trace;
    const struct watch *shown = NULL;
    char text[512];

    for (uint32_t i = 0; !shown && i < t->traces.count; i++)
        if (watch_register(&t->traces.items[i], region->dev->name, row, element, value, write))
            shown = &t->traces.items[i];
    if (shown) {
        describe(text, sizeof(text), row, element, value, write, shown->field);
        line(region->dev, "", text);
    }
    for (uint32_t i = 0; i < t->breaks.count; i++)
        if (watch_register(&t->breaks.items[i], region->dev->name, row, element, value, write)) {
            describe(text, sizeof(text), row, element, value, write, NULL);
            hit(region->dev, &t->breaks.items[i], text);
        }
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

/* What a status says when nobody says more (abi.h). */
static const char *meaning(int32_t status)
{
    static const char *const meanings[] = {
        [-BP_E_INVAL] = "BP_E_INVAL: an argument or a value breaks the contract",
        [-BP_E_NOMEM] = "BP_E_NOMEM: the host has no memory left",
        [-BP_E_NOENT] = "BP_E_NOENT: no such name, file or node",
        [-BP_E_IO] = "BP_E_IO: the host's file, socket or device failed",
        [-BP_E_UNSUPPORTED] = "BP_E_UNSUPPORTED: not offered by this plug-in, host or version",
        [-BP_E_STATE] = "BP_E_STATE: not now, or not in this context",
        [-BP_E_DECODE] = "BP_E_DECODE: nothing answers at this guest address",
        [-BP_E_ACCESS] = "BP_E_ACCESS: this kind of access is refused",
        [-BP_E_PARTIAL] = "BP_E_PARTIAL: only a leading part was transferred",
        [-BP_E_AGAIN] = "BP_E_AGAIN: it would have to wait",
        [-BP_E_FAULT] = "BP_E_FAULT: a guest exception was recorded",
        [-BP_E_FULL] = "BP_E_FULL: a fixed capacity is used up",
    };
    uint32_t i = status < 0 ? -(uint32_t)status : 0;

    return i < sizeof(meanings) / sizeof(*meanings) && meanings[i] ? meanings[i]
                                                                   : "no status of abi.h";
}

void trace_why(struct bp_dev *dev, int32_t status, const char *what, const char *cure, char *text,
               size_t room)
{
    trace_error_text(dev, text, room);
    if (*text)
        return;
    if (status == BP_E_NOMEM)
        snprintf(text, room, "the host has no memory left: make the machine smaller");
    else
        snprintf(text, room, "%s and does not say why (%s): %s", what, meaning(status), cure);
}

const struct bp_error_api trace_error_api = {
    .size = sizeof(trace_error_api),
    .set = error_set,
};
