/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c - the machine of machine.h.
 */
#include "machine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <backplane/trace.h>

#define SECONDS (60 * BP_PATIENCE)

const char *const machine_accels[] = {INTERP_SO,
#ifdef TCG_SO
                                      TCG_SO,
#endif
                                      NULL};
const char *machine_accel = INTERP_SO;
uint32_t machine_hot = 1;
uint8_t machine_gdb;

#ifdef TCG_SO
__attribute__((constructor)) static void choose(void)
{
    const char *name = getenv("BACKPLANE_TEST_ACCEL");

    if (name && !strcmp(name, "tcg"))
        machine_accel = TCG_SO;
}
#endif

static struct machine *the_machine; /* for bp.error/1, which has no context */

/* --- what the core offers -------------------------------------------------------------------- */

static void resolve(void *host, uint64_t pa, struct bp_phys *out)
{
    struct machine *m = host;

    if (pa - RAM_BASE < RAM_BYTES) {
        *out = (struct bp_phys){RAM_BASE, RAM_BYTES, m->ram, BP_PHYS_WRITABLE, 0};
        if (m->moved && pa - RAM_BASE < 0x1000)
            *out = (struct bp_phys){RAM_BASE, 0x1000, m->ram + m->moved, BP_PHYS_WRITABLE, 0};
    } else {
        *out = (struct bp_phys){pa & ~0xfffull, 0x1000, NULL,
                                pa - DEVICE < 0x1000 ? BP_PHYS_DEVICE : 0, 0};
    }
}

static int32_t check(uint64_t pa)
{
    if (pa - DEVICE >= 0x1000)
        return BP_E_DECODE;
    return (pa & 0xff8) == DEVICE_BAD ? BP_E_IO : BP_OK;
}

static int32_t device_read(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                           uint64_t *value)
{
    struct machine *m = host;

    if (check(pa))
        return check(pa);
    *value = 0x1122334455667700ull + atomic_fetch_add(&m->reads, 1);
    if (m->on_read)
        m->on_read(m, vcpu);
    return BP_OK;
}

static int32_t device_write(void *host, uint32_t vcpu, uint64_t pa, uint32_t width, uint32_t flags,
                            uint64_t value)
{
    struct machine *m = host;

    if (check(pa))
        return check(pa);
    atomic_fetch_add(&m->writes, 1);
    m->last_write = value;
    m->last_addr = pa;
    m->last_width = width;
    if (m->on_write)
        m->on_write(m, vcpu, value);
    return BP_OK;
}

static int32_t ram(void *host, uint32_t i, struct bp_phys *out)
{
    if (i)
        return BP_E_NOENT;
    resolve(host, RAM_BASE, out);
    return BP_OK;
}

static void debug_hit(void *host, uint32_t vcpu, uint64_t pc)
{
    struct machine *m = host;

    m->hits++;
    m->hit_pc = pc;
}

static uint64_t now(void *host)
{
    return 0;
}

static const struct bp_accel_host host_api = {
    .size = sizeof host_api,
    .resolve = resolve,
    .read = device_read,
    .write = device_write,
    .ram = ram,
    .debug_hit = debug_hit,
    .now = now,
};

static void set_error(struct bp_dev *dev, const char *property, const char *text)
{
    snprintf(the_machine->error, sizeof the_machine->error, "%s", text);
}

static const void *get(const struct bp_core *core, const char *id)
{
    static const struct bp_error_api error = {.size = sizeof error, .set = set_error};

    return strcmp(id, BP_ERROR_ID) ? NULL : &error;
}

static const struct bp_core core = {.size = sizeof core, .version = "0.1.0", .get = get};

/* --- life ------------------------------------------------------------------------------------ */

static const struct bp_accel_class *load_class(void)
{
    void *object = dlopen(machine_accel, RTLD_NOW | RTLD_LOCAL);
    const struct bp_plugin *(*query)(void);
    const struct bp_accel_factory *factory;

    if (!object) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    query = (const struct bp_plugin *(*)(void))dlsym(object, "bp_plugin_query_v1");
    factory = query()->get_factory(BP_FACTORY_ACCELS);
    return factory->classes[0];
}

static void set_value(struct machine *m, const struct bp_prop *prop, uint64_t value)
{
    char *at = (char *)m->instance + prop->offset;

    if (prop->type == BP_PROP_BOOL)
        *(uint8_t *)at = (uint8_t)value;
    else if (prop->type == BP_PROP_U32)
        *(uint32_t *)at = (uint32_t)value;
    else if (prop->type == BP_PROP_SIZE)
        *(uint64_t *)at = value;
}

static const struct bp_prop *property(const struct machine *m, uint32_t i)
{
    return (const void *)((const char *)m->accel->props + (size_t)i * m->accel->prop_stride);
}

static void set_property(struct machine *m, const char *name, uint64_t value)
{
    for (uint32_t i = 0; i < m->accel->nprops; i++) {
        if (!strcmp(property(m, i)->name, name))
            set_value(m, property(m, i), value);
    }
}

/* As the core has them. Sizes are set by machine_new(). */
static void set_defaults(struct machine *m)
{
    for (uint32_t i = 0; i < m->accel->nprops; i++) {
        const char *text = property(m, i)->def;
        if (text && property(m, i)->type != BP_PROP_SIZE)
            set_value(m, property(m, i), !strcmp(text, "true") ? 1 : strtoul(text, NULL, 10));
    }
}

struct machine *machine_new(uint32_t ncpus, uint64_t cache)
{
    struct machine *m = calloc(1, sizeof *m);

    the_machine = m;
    m->accel = load_class();
    m->instance = calloc(1, m->accel->instance_size);
    m->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    set_defaults(m);
    set_property(m, "cache", cache ? cache : 4u << 20);
    set_property(m, "verify", 1);
    set_property(m, "hot", machine_hot);
    set_property(m, "gdb", machine_gdb);
    if (m->accel->init(m->instance, NULL, &core, &host_api, m))
        abort();
    for (m->ncpus = 0; m->ncpus < ncpus; m->ncpus++) {
        void *state;
        if (m->accel->vcpu_create(m->instance, m->ncpus, &toy_class, &m->vcpus[m->ncpus], &state))
            abort();
        m->cpus[m->ncpus] = state;
        m->cpus[m->ncpus]->pages = m->pages;
        toy_class.init(state, m->vcpus[m->ncpus], m->accel->vcpu_api(m->instance), NULL, &core);
    }
    return m;
}

void machine_free(struct machine *m)
{
    for (uint32_t i = 0; i < m->ncpus; i++)
        m->accel->vcpu_destroy(m->vcpus[i]);
    m->accel->finish(m->instance);
    munmap(m->ram, RAM_BYTES);
    free(m->instance);
    free(m);
}

uint64_t *machine_word(struct machine *m, uint64_t pa)
{
    return (uint64_t *)(m->ram + (pa - RAM_BASE));
}

uint64_t machine_code(struct machine *m, uint64_t pa, const uint32_t *code, uint32_t words)
{
    memcpy(m->ram + (pa - RAM_BASE), code, words * sizeof *code);
    m->accel->ram_written(m->instance, pa, words * sizeof *code);
    return pa + words * sizeof *code;
}

/* --- running --------------------------------------------------------------------------------- */

struct runner {
    struct machine *m;
    uint32_t cpu;
    int32_t reason;
    _Atomic int done;
};

static void *run(void *arg)
{
    struct runner *r = arg;

    do {
        r->reason = r->m->accel->run(r->m->vcpus[r->cpu]);
    } while (r->reason == BP_RUN_KICKED && !atomic_load(&r->done));
    atomic_store(&r->done, 1);
    return NULL;
}

/* Waits for a runner; stops it when the time is up. */
static int join(struct runner *r, pthread_t thread)
{
    const struct timespec nap = {0, 1000000};
    time_t end = time(NULL) + SECONDS;
    int late;

    while (!atomic_load(&r->done) && time(NULL) < end)
        nanosleep(&nap, NULL);
    late = !atomic_exchange(&r->done, 1);
    if (late)
        r->m->accel->stop(r->m->vcpus[r->cpu]);
    pthread_join(thread, NULL);
    return late ? -1 : 0;
}

int32_t machine_continue(struct machine *m, uint32_t cpu)
{
    struct runner r = {.m = m, .cpu = cpu};
    pthread_t thread;

    pthread_create(&thread, NULL, run, &r);
    return join(&r, thread) ? -1 : r.reason;
}

int32_t machine_run(struct machine *m, uint64_t pc)
{
    m->cpus[0]->pc = pc;
    m->cpus[0]->waiting = 0;
    return machine_continue(m, 0);
}

int machine_run_all(struct machine *m)
{
    struct runner r[MAX_CPUS] = {0};
    pthread_t threads[MAX_CPUS];
    int late = 0;

    for (uint32_t i = 0; i < m->ncpus; i++) {
        r[i].m = m;
        r[i].cpu = i;
        pthread_create(&threads[i], NULL, run, &r[i]);
    }
    for (uint32_t i = 0; i < m->ncpus; i++)
        late |= join(&r[i], threads[i]);
    return late;
}

uint64_t machine_counter(struct machine *m, const char *name)
{
    struct bp_accel_counter counter;

    for (uint32_t i = 0; m->accel->counter(m->instance, i, &counter) == BP_OK; i++) {
        if (!strcmp(counter.name, name))
            return counter.value;
    }
    return ~0ull;
}
