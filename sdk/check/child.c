/* SPDX-License-Identifier: Apache-2.0
 *
 * child.c - the process that loads the plug-in and makes one check: what it reports, and what
 * becomes of signals.
 */
#include "child.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "guard.h"
#include "imports.h"
#include "where.h"

static struct kit here;

struct kit *kit_here(void)
{
    return &here;
}

/* --- findings ------------------------------------------------------------------------ */

/* Threads of a check report side by side, and a signal may come while one does: whoever has the lock
 * may take it again. */
static pthread_mutex_t adding = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

/* What the kit did is part of the text, and makes no new finding of an old one. */
static void add_alone(struct kit *kit, const char *check, const void *pc, const char *cause,
                      bool during)
{
    struct shared *s = kit->shared;
    size_t length = strlen(cause);
    struct finding *f;

    for (uint32_t i = 0; i < s->nfindings; i++) {
        if (!strcmp(s->findings[i].check, check) && !strncmp(s->findings[i].cause, cause, length))
            return;
    }
    if (s->nfindings == FINDINGS_MAX)
        return;
    f = &s->findings[s->nfindings];
    snprintf(f->check, sizeof f->check, "%s", check);
    snprintf(f->cause, sizeof f->cause, "%s%s%s", cause, during ? ", during: " : "",
             during ? s->doing : "");
    if (!where_name(pc, f->where, sizeof f->where))
        f->where[0] = 0;
    s->nfindings++;
}

static void add(struct kit *kit, const char *check, const void *pc, const char *cause, bool during)
{
    pthread_mutex_lock(&adding);
    add_alone(kit, check, pc, cause, during);
    pthread_mutex_unlock(&adding);
}

void kit_fail(struct kit *kit, const char *format, ...)
{
    char text[CAUSE_BYTES];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    add(kit, kit->check->name, NULL, text, false);
}

void kit_watch(struct kit *kit, const char *check, const void *pc, const char *format, ...)
{
    char text[CAUSE_BYTES];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    add(kit, kit->shared->own ? kit->check->name : check, pc, text, kit->shared->doing[0] != 0);
}

void kit_own(struct kit *kit, bool own)
{
    kit->shared->own = own;
}

void kit_skip(struct kit *kit, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(kit->shared->skipped, sizeof kit->shared->skipped, format, list);
    va_end(list);
}

void kit_doing(struct kit *kit, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(kit->shared->doing, sizeof kit->shared->doing, format, list);
    va_end(list);
}

bool kit_failed(const struct kit *kit)
{
    return kit->shared->nfindings != 0;
}

_Noreturn void kit_leave(struct kit *kit)
{
    kit->shared->finished = 1;
    _exit(0);
}

const char *kit_setting(const struct kit *kit, const char *name)
{
    const char *value = NULL;

    for (uint32_t i = 0; i < kit->options->nsettings; i++) {
        const struct setting *s = &kit->options->settings[i];

        if (!strcmp(s->name, name) && (!s->type || !strcmp(s->type, kit->type)))
            value = s->value;
    }
    return value;
}

/* --- signals: the process is lost, so what formats text may be called from here ------ */

static const void *pc_of(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (const void *)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (const void *)context->uc_mcontext.pc;
#else
    (void)context;
    return NULL;
#endif
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    const void *pc = pc_of(context);
    char text[128];

    if (!where_inside(pc))
        pc = where_caller();
    if (number == SIGALRM || number == SIGPROF)
        kit_watch(&here, "hang", pc, "does not return within %u s", here.options->timeout);
    else if ((number == SIGSEGV || number == SIGBUS) &&
             guard_describe(info->si_addr, text, sizeof text))
        kit_watch(&here, "stray", pc, "touches %s", text);
    else
        kit_watch(&here, "crash", pc, "%s (signal %d)%s", strsignal(number), number,
                  pc ? "" : ", not in the plug-in's own code");
    kit_leave(&here);
}

static void catch_signals(uint32_t seconds)
{
    static const int signals[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,
                                  SIGABRT, SIGTRAP, SIGALRM, SIGPROF};
    static uint8_t alternate[128 << 10];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    /* A loop takes processor time; one that sleeps on this or a busy host takes longer. */
    struct itimerval busy = {.it_value.tv_sec = seconds};
    struct itimerval asleep = {.it_value.tv_sec = (time_t)seconds * PATIENCE};

    sigaltstack(&stack, NULL);
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    setitimer(ITIMER_PROF, &busy, NULL);
    setitimer(ITIMER_REAL, &asleep, NULL);
}

/* --- the plug-in --------------------------------------------------------------------- */

bool child_load(struct kit *kit)
{
    const struct bp_plugin *(*query)(void);
    char path[PATH_MAX]; /* absolute, since a bare name would be looked for among the libraries */

    kit_doing(kit, "dlopen()");
    kit->object = realpath(kit->options->plugin, path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!kit->object) {
        kit_fail(kit, "cannot be loaded: %s", dlerror());
        return false;
    }
    where_learn(kit->object, kit->options->plugin);
    imports_hook(kit, kit->object);
    *(void **)&query = dlsym(kit->object, "bp_plugin_query_v1");
    if (!query) {
        kit_fail(kit, "exports no bp_plugin_query_v1()");
        return false;
    }
    kit_doing(kit, "bp_plugin_query_v1()");
    kit->plugin = query();
    return true;
}

void child_unload(struct kit *kit)
{
    where_forget();
    dlclose(kit->object);
    kit->object = NULL;
    kit->plugin = NULL;
    kit->device = NULL;
    kit->backend = NULL;
    kit->cpu = NULL;
    kit->accel = NULL;
}

/* Every factory has this shape. */
struct any_factory {
    uint32_t size, flags;
    const char *const *const *classes; /* NULL-terminated; the name of each is at name_offset */
};

_Static_assert(offsetof(struct bp_device_factory, classes) == offsetof(struct any_factory, classes),
               "classes");

const struct factory_row factory_rows[FACTORIES] = {
    {BP_FACTORY_DEVICES, KIND_DEVICE, offsetof(struct bp_device_class, name)},
    {BP_FACTORY_BACKENDS, KIND_BACKEND, offsetof(struct bp_backend_class, name)},
    {BP_FACTORY_CPUS, KIND_CPU, offsetof(struct bp_cpu_class, name)},
    {BP_FACTORY_ACCELS, KIND_ACCEL, offsetof(struct bp_accel_class, name)},
};

/* Class `index` of a kind, and its name; NULL: there are no more. */
static const void *class_at(const struct kit *kit, uint32_t kind, uint32_t index, const char **name)
{
    for (uint32_t i = 0; i < FACTORIES; i++) {
        const struct any_factory *factory;
        const char *cls;

        if (factory_rows[i].kind != kind)
            continue;
        factory = kit->plugin->get_factory(factory_rows[i].id);
        if (!factory || !factory->classes || !factory->classes[index])
            return NULL;
        cls = (const char *)factory->classes[index];
        *name = *(const char *const *)(cls + factory_rows[i].name_offset);
        return cls;
    }
    return NULL;
}

const char *child_class_name(const struct kit *kit, uint32_t kind, uint32_t index)
{
    const char *name;

    if (!class_at(kit, kind, index, &name))
        return NULL;
    return name ? name : "";
}

static const void *find_class(const struct kit *kit)
{
    const char *name;
    const void *cls;

    for (uint32_t i = 0; (cls = class_at(kit, kit->kind, i, &name)); i++) {
        if (name && !strcmp(name, kit->type))
            return cls;
    }
    return NULL;
}

bool child_find(struct kit *kit)
{
    const void *cls = find_class(kit);

    kit->device = kit->kind == KIND_DEVICE ? cls : NULL;
    kit->backend = kit->kind == KIND_BACKEND ? cls : NULL;
    kit->cpu = kit->kind == KIND_CPU ? cls : NULL;
    kit->accel = kit->kind == KIND_ACCEL ? cls : NULL;
    if (!cls)
        kit_fail(kit, "type %s is not there any more when the object is loaded again", kit->type);
    return cls != NULL;
}

/* "FD:KIND:CHECK:TYPE" as the parent wrote it. */
static bool read_order(struct kit *kit, const char *order)
{
    static char check[NAME_MAX_BYTES], type[NAME_MAX_BYTES];
    int fd, end = 0;

    if (sscanf(order, "%d:%u:%47[^:]:%n", &fd, &kit->kind, check, &end) < 3 || !end)
        return false;
    snprintf(type, sizeof type, "%s", order + end);
    kit->type = type;
    kit->check = check_find(check);
    kit->shared = mmap(NULL, sizeof *kit->shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return kit->check && kit->check->run && kit->shared != MAP_FAILED;
}

int child_main(const struct options *options)
{
    struct rlimit none = {0, 0};

    here.options = options;
    if (!read_order(&here, options->child))
        return 2;
    setrlimit(RLIMIT_CORE, &none);
    catch_signals(options->timeout);
    if (here.kind == KIND_OBJECT)
        here.check->run(&here); /* loads the object itself, if at all */
    else if (child_load(&here) && child_find(&here))
        here.check->run(&here);
    guard_check(&here);
    kit_leave(&here);
}
