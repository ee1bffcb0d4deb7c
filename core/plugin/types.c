/* SPDX-License-Identifier: Apache-2.0
 *
 * From classes, in whatever size the plug-in was built with, to struct type: rows are copied by the
 * plug-in's stride into arrays of today's row size, so that nobody else has to think of older or
 * newer plug-ins.
 */
#include "core/plugin/object.h"

#include <backplane/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CLASSES 1024u
#define MAX_ROWS    4096u
#define MAX_STRIDE  4096u
#define MAX_CLASS   65536u
#define MAX_NAME    128u
#define MAX_BYTES   (UINT32_C(1) << 30) /* of an instance */

/* Size of a struct up to and with `field`, the last one of the first ABI: no plug-in has smaller
 * ones. */
#define UP_TO(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

/* How to find what all kinds of class have in common. */
struct shape {
    size_t min_size; /* of the class struct */
    size_t name, doc, instance_size, instance_align;
    size_t props;                             /* pointer, count, stride */
    size_t ports, providers, regions, events; /* 0: the kind has none */
    size_t buses, seats; /* also absent in a class that was built before they were there */
};

#define SHAPE(type, last, size_field, align_field)                                                 \
    .min_size = UP_TO(type, last), .name = offsetof(type, name), .doc = offsetof(type, doc),       \
    .instance_size = offsetof(type, size_field), .instance_align = offsetof(type, align_field),    \
    .props = offsetof(type, props)

static const struct shape shapes[] = {
    [TYPE_DEVICE] = {SHAPE(struct bp_device_class, get_iface, instance_size, instance_align),
                     .ports = offsetof(struct bp_device_class, ports),
                     .providers = offsetof(struct bp_device_class, providers),
                     .regions = offsetof(struct bp_device_class, regions),
                     .events = offsetof(struct bp_device_class, events),
                     .buses = offsetof(struct bp_device_class, buses),
                     .seats = offsetof(struct bp_device_class, seats)},
    [TYPE_CPU] = {SHAPE(struct bp_cpu_class, reserved, state_size, state_align),
                  .ports = offsetof(struct bp_cpu_class, ports),
                  .providers = offsetof(struct bp_cpu_class, providers)},
    [TYPE_BACKEND] = {SHAPE(struct bp_backend_class, submit, instance_size, instance_align)},
    [TYPE_ACCEL] = {SHAPE(struct bp_accel_class, counter, instance_size, instance_align)},
};

/* --- rows ------------------------------------------------------------------------------------- */

/* The three fields "rows, nrows, stride" that BP_ARRAY fills. */
struct array {
    const void *rows;
    uint32_t count, stride;
};

static bool copy_rows(const void *cls, size_t offset, size_t min_row, size_t row, const char *what,
                      void **out, uint32_t *count, char why[OBJECT_WHY])
{
    struct array a;
    uint32_t size;

    memcpy(&size, cls, sizeof(size));
    if (!offset || offset + sizeof(a) > size)
        return true;
    memcpy(&a, (const char *)cls + offset, sizeof(a));
    if (!a.count)
        return true;
    if (!a.rows || a.count > MAX_ROWS || a.stride < min_row || a.stride > MAX_STRIDE) {
        snprintf(why, OBJECT_WHY, "%u %s of %u bytes at %s: fill the three fields with BP_ARRAY()",
                 a.count, what, a.stride, a.rows ? "an address" : "NULL");
        return false;
    }
    *out = calloc(a.count, row);
    if (!*out) {
        snprintf(why, OBJECT_WHY, "no memory");
        return false;
    }
    for (uint32_t i = 0; i < a.count; i++)
        memcpy((char *)*out + i * row, (const char *)a.rows + (size_t)i * a.stride,
               a.stride < row ? a.stride : row);
    *count = a.count;
    return true;
}

#define COPY(field, count_field, type, last)                                                       \
    copy_rows(cls, s->field, UP_TO(type, last), sizeof(type), #field, (void **)&t->field,          \
              &t->count_field, why)

static bool copy_all(struct type *t, const struct shape *s, const void *cls, char why[OBJECT_WHY])
{
    return COPY(props, nprops, struct bp_prop, ref_iface) &&
           COPY(ports, nports, struct bp_port, client) &&
           COPY(providers, nproviders, struct bp_provider, fdt_cells) &&
           COPY(regions, nregions, struct bp_region, bank) &&
           COPY(events, nevents, struct bp_event, flags) &&
           COPY(buses, nbuses, struct bp_bus_row, count_prop) &&
           COPY(seats, nseats, struct bp_seat_row, word);
}

/* --- classes ---------------------------------------------------------------------------------- */

/* Functions without which the core cannot use a class; `backend` 0: of every kind of back end. */
static const struct {
    enum type_kind kind;
    uint32_t backend;
    size_t offset;
    const char *name;
} functions[] = {
    {TYPE_CPU, 0, offsetof(struct bp_cpu_class, reset), "reset"},
    {TYPE_CPU, 0, offsetof(struct bp_cpu_class, translate), "translate"},
    {TYPE_CPU, 0, offsetof(struct bp_cpu_class, walk), "walk"},
    {TYPE_CPU, 0, offsetof(struct bp_cpu_class, fault), "fault"},
    {TYPE_CPU, 0, offsetof(struct bp_cpu_class, poll), "poll"},
    {TYPE_ACCEL, 0, offsetof(struct bp_accel_class, vcpu_create), "vcpu_create"},
    {TYPE_ACCEL, 0, offsetof(struct bp_accel_class, vcpu_destroy), "vcpu_destroy"},
    {TYPE_ACCEL, 0, offsetof(struct bp_accel_class, vcpu_api), "vcpu_api"},
    {TYPE_ACCEL, 0, offsetof(struct bp_accel_class, run), "run"},
    {TYPE_ACCEL, 0, offsetof(struct bp_accel_class, kick), "kick"},
    {TYPE_ACCEL, 0, offsetof(struct bp_accel_class, stop), "stop"},
    {TYPE_BACKEND, BP_BACKEND_CHAR, offsetof(struct bp_backend_class, write), "write"},
    {TYPE_BACKEND, BP_BACKEND_BLOCK, offsetof(struct bp_backend_class, info), "info"},
    {TYPE_BACKEND, BP_BACKEND_BLOCK, offsetof(struct bp_backend_class, submit), "submit"},
};

static const char *missing_function(const struct type *t)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        void (*function)(void);

        if (functions[i].kind != t->kind ||
            (functions[i].backend && functions[i].backend != t->backend->kind))
            continue;
        memcpy(&function, (const char *)t->device + functions[i].offset, sizeof(function));
        if (!function)
            return functions[i].name;
    }
    return NULL;
}

static bool check_class(const struct type *t, char why[OBJECT_WHY])
{
    const char *missing = missing_function(t);

    if (t->instance_align & (t->instance_align - 1) || t->instance_align > 4096 ||
        t->instance_size > MAX_BYTES) {
        snprintf(why, OBJECT_WHY,
                 "an instance of %u bytes, aligned to %u: set both with sizeof and _Alignof",
                 t->instance_size, t->instance_align);
        return false;
    }
    if (t->kind == TYPE_BACKEND && t->backend->kind != BP_BACKEND_CHAR &&
        t->backend->kind != BP_BACKEND_BLOCK) {
        snprintf(why, OBJECT_WHY,
                 "back end of unknown kind %u: use BP_BACKEND_CHAR or BP_BACKEND_BLOCK",
                 t->backend->kind);
        return false;
    }
    if (missing)
        snprintf(why, OBJECT_WHY, "%s() is NULL: implement it", missing);
    return !missing;
}

void type_free(const struct type *t)
{
    if (!t)
        return;
    free(t->props);
    free(t->ports);
    free(t->providers);
    free(t->regions);
    free(t->events);
    free(t->buses);
    free(t->seats);
    free((void *)t);
}

static struct type *make_type(const struct plugin *p, enum type_kind kind, const void *cls,
                              char why[OBJECT_WHY])
{
    const struct shape *s = &shapes[kind];
    const char *at = cls, *name = "?";
    char cause[OBJECT_WHY] = "";
    uint32_t size;
    struct type *t = calloc(1, sizeof(*t));

    if (!t) {
        snprintf(why, OBJECT_WHY, "no memory");
        return NULL;
    }
    memcpy(&size, at, sizeof(size));
    if (size < s->min_size || size > MAX_CLASS) {
        snprintf(cause, sizeof(cause), "its struct has %u bytes: set `size` with sizeof", size);
        goto fail;
    }
    memcpy(&t->name, at + s->name, sizeof(t->name));
    if (!t->name || !*t->name || strnlen(t->name, MAX_NAME) == MAX_NAME) {
        snprintf(cause, sizeof(cause), "has no valid name: set `name`");
        goto fail;
    }
    name = t->name;
    memcpy(&t->doc, at + s->doc, sizeof(t->doc));
    t->doc = t->doc ? t->doc : "";
    memcpy(&t->instance_size, at + s->instance_size, sizeof(t->instance_size));
    memcpy(&t->instance_align, at + s->instance_align, sizeof(t->instance_align));
    t->instance_align = t->instance_align ? t->instance_align : (uint32_t)sizeof(void *);
    t->kind = kind;
    t->plugin = p;
    t->device = cls;
    if (copy_all(t, s, cls, cause) && check_class(t, cause) && rules_check(t, cause))
        return t;
fail:
    snprintf(why, OBJECT_WHY, "class %.128s: %.300s", name, cause);
    type_free(t);
    return NULL;
}

struct type *type_from_device(const struct plugin *p, const struct bp_device_class *cls,
                              char why[OBJECT_WHY])
{
    return make_type(p, TYPE_DEVICE, cls, why);
}

/* --- factories -------------------------------------------------------------------------------- */

/* All factories look alike: size, flags and a list of classes that ends with NULL. */
struct factory {
    uint32_t size, flags;
    const void *const *classes;
};

static int32_t add_type(struct plugin *p, struct type *t, char why[OBJECT_WHY])
{
    const struct type **list;

    for (size_t i = 0; i < p->ntypes; i++) {
        bool nodes =
            t->kind <= TYPE_CPU && p->types[i]->kind <= TYPE_CPU; /* devices and CPUs share names */

        if ((nodes || p->types[i]->kind == t->kind) && !strcmp(p->types[i]->name, t->name)) {
            snprintf(why, OBJECT_WHY, "class %s: is there twice: rename one", t->name);
            return BP_E_INVAL;
        }
    }
    list = realloc(p->types, (p->ntypes + 1) * sizeof(*list));
    if (!list) {
        snprintf(why, OBJECT_WHY, "no memory");
        return BP_E_NOMEM;
    }
    p->types = list;
    list[p->ntypes++] = t;
    return BP_OK;
}

int32_t types_read(struct plugin *p, char why[OBJECT_WHY])
{
    static const struct {
        const char *id;
        enum type_kind kind;
    } factories[] = {
        {BP_FACTORY_DEVICES, TYPE_DEVICE},
        {BP_FACTORY_CPUS, TYPE_CPU},
        {BP_FACTORY_BACKENDS, TYPE_BACKEND},
        {BP_FACTORY_ACCELS, TYPE_ACCEL},
    };

    for (size_t i = 0; i < sizeof(factories) / sizeof(*factories); i++) {
        const struct factory *f = p->info->get_factory(factories[i].id);

        if (!f)
            continue;
        if (f->size < sizeof(*f) || f->size > MAX_CLASS || !f->classes) {
            snprintf(why, OBJECT_WHY, "factory %s: has no valid size or no classes: fill it in",
                     factories[i].id);
            return BP_E_INVAL;
        }
        for (uint32_t k = 0; f->classes[k]; k++) {
            struct type *t;

            if (k == MAX_CLASSES) {
                snprintf(why, OBJECT_WHY,
                         "factory %s: its list of classes has no end: close it with NULL",
                         factories[i].id);
                return BP_E_INVAL;
            }
            t = make_type(p, factories[i].kind, f->classes[k], why);
            if (!t)
                return BP_E_INVAL;
            if (add_type(p, t, why) != BP_OK) {
                type_free(t);
                return BP_E_INVAL;
            }
        }
    }
    if (!p->ntypes)
        snprintf(why, OBJECT_WHY, "offers no classes: return a factory from get_factory()");
    return p->ntypes ? BP_OK : BP_E_INVAL;
}
