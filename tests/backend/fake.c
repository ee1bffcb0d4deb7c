/* SPDX-License-Identifier: Apache-2.0
 *
 * The fake core (fake.h).
 */
#include "fake.h"

#include <backplane/trace.h>

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct bp_dev {
    struct fake *fake;
};

struct bp_watch {
    struct fake_watch *watch;
};

struct fake_watch {
    struct bp_watch handle;
    struct fake *fake;
    int fd;
    uint32_t events;
    void (*fn)(void *self, int32_t fd, uint32_t events);
    bool dead;
    struct fake_watch *next;
};

struct fake_work {
    void (*work)(void *ctx);
    void (*done)(void *self, void *ctx);
    void *ctx;
    pthread_t thread;
    atomic_bool ended;
    struct fake_work *next;
};

struct fake_timer {
    uint64_t due;
    void (*fn)(void *self, void *ctx);
    void *ctx;
    struct fake_timer *next;
};

static struct bp_dev device;

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- bp.loop/1 ------------------------------------------------------------------------------------------------ */

static struct bp_watch *watch(struct bp_dev *dev, int32_t fd, uint32_t events,
                              void (*fn)(void *self, int32_t fd, uint32_t events))
{
    struct epoll_event any = {.events = EPOLLIN};
    struct fake_watch *w;
    int probe = epoll_create1(EPOLL_CLOEXEC), refused = epoll_ctl(probe, EPOLL_CTL_ADD, fd, &any);

    close(probe);
    if (refused)
        return NULL; /* a regular file: nothing to wait for */
    w = calloc(1, sizeof(*w));
    *w = (struct fake_watch){
        .fake = dev->fake, .fd = fd, .events = events, .fn = fn, .next = dev->fake->watches};
    w->handle.watch = w;
    dev->fake->watches = w;
    return &w->handle;
}

static void rewatch(struct bp_watch *handle, uint32_t events)
{
    handle->watch->events = events;
}

static void unwatch(struct bp_watch *handle)
{
    handle->watch->dead = true;
}

static void *pool_thread(void *arg)
{
    struct fake_work *w = arg;

    w->work(w->ctx);
    atomic_store(&w->ended, true);
    return NULL;
}

static int32_t work(struct bp_dev *dev, void (*fn)(void *ctx), void (*done)(void *self, void *ctx),
                    void *ctx)
{
    struct fake_work *w;

    if (dev->fake->refuse_work)
        return BP_E_NOMEM;
    w = calloc(1, sizeof(*w));
    w->work = fn;
    w->done = done;
    w->ctx = ctx;
    w->next = dev->fake->works;
    dev->fake->works = w;
    cr_assert_eq(pthread_create(&w->thread, NULL, pool_thread, w), 0);
    return BP_OK;
}

static int32_t after(struct bp_dev *dev, uint64_t ms, void (*fn)(void *self, void *ctx), void *ctx)
{
    struct fake_timer *t = calloc(1, sizeof(*t));

    *t = (struct fake_timer){.due = now_ms() + ms, .fn = fn, .ctx = ctx, .next = dev->fake->timers};
    dev->fake->timers = t;
    return BP_OK;
}

static const struct bp_loop_api loop_api = {
    .size = sizeof(loop_api),
    .watch = watch,
    .rewatch = rewatch,
    .unwatch = unwatch,
    .work = work,
    .after = after,
};

static void sweep(struct fake *f)
{
    for (struct fake_watch **at = &f->watches; *at;) {
        struct fake_watch *w = *at;

        if (!w->dead) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        free(w);
    }
}

static void run_watches(struct fake *f, int ms)
{
    struct pollfd fds[16];
    struct fake_watch *list[16];
    int count = 0;

    sweep(f);
    for (struct fake_watch *w = f->watches; w && count < 16; w = w->next) {
        if (!w->events)
            continue; /* paused */
        list[count] = w;
        fds[count++] = (struct pollfd){
            .fd = w->fd,
            .events = (short)((w->events & BP_LOOP_READABLE ? POLLIN : 0) |
                              (w->events & BP_LOOP_WRITABLE ? POLLOUT : 0)),
        };
    }
    if (poll(fds, (nfds_t)count, ms) <= 0)
        return;
    for (int i = 0; i < count; i++) {
        uint32_t events = (fds[i].revents & POLLIN ? BP_LOOP_READABLE : 0) |
                          (fds[i].revents & POLLOUT ? BP_LOOP_WRITABLE : 0) |
                          (fds[i].revents & (POLLHUP | POLLERR) ? BP_LOOP_HANGUP : 0);

        if (events && !list[i]->dead)
            list[i]->fn(f->self, list[i]->fd, events);
    }
}

static void run_works(struct fake *f)
{
    for (struct fake_work **at = &f->works; *at;) {
        struct fake_work *w = *at;

        if (!atomic_load(&w->ended)) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        pthread_join(w->thread, NULL);
        w->done(f->self, w->ctx);
        free(w);
        at = &f->works;
    }
}

static void run_timers(struct fake *f)
{
    for (struct fake_timer **at = &f->timers; *at;) {
        struct fake_timer *t = *at;

        if (t->due > now_ms()) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        t->fn(f->self, t->ctx);
        free(t);
        at = &f->timers;
    }
}

void fake_turn(struct fake *f, int ms)
{
    run_watches(f, ms);
    run_works(f);
    run_timers(f);
}

/* --- bp.backend-host/1, bp.trace/1, bp.error/1 ---------------------------------------------------------------------- */

static void input(struct bp_dev *dev, const void *data, uint64_t bytes)
{
    struct fake *f = dev->fake;

    cr_assert_leq(f->ninput + bytes, sizeof(f->input));
    memcpy(f->input + f->ninput, data, bytes);
    f->ninput += bytes;
}

static void event(struct bp_dev *dev, uint32_t what)
{
    struct fake *f = dev->fake;

    f->opened += what == BP_CHAR_OPENED;
    f->closed += what == BP_CHAR_CLOSED;
    f->breaks += what == BP_CHAR_BREAK;
}

static void writable(struct bp_dev *dev)
{
    dev->fake->writable++;
}

static void complete(struct bp_dev *dev, struct bp_block_io *io, int32_t status)
{
    cr_assert_not_null(io);
    dev->fake->completed++;
    dev->fake->last_status = status;
}

static void request(struct bp_dev *dev, uint32_t action)
{
    dev->fake->leaves += action == BP_POWER_OFF;
    dev->fake->resets += action == BP_POWER_RESET;
}

static const struct bp_backend_host host_api = {
    .size = sizeof(host_api),
    .input = input,
    .event = event,
    .writable = writable,
    .complete = complete,
    .request = request,
};

static void log_line(struct bp_dev *dev, uint32_t level, const char *text)
{
    size_t used = strlen(dev->fake->log);

    cr_assert_leq(level, BP_LOG_DEBUG);
    cr_assert_null(strchr(text, '\n'), "a log line holds no line end: %s", text);
    snprintf(dev->fake->log + used, sizeof(dev->fake->log) - used, "%s\n", text);
}

static const struct bp_trace_api trace_api = {.size = sizeof(trace_api), .log = log_line};

static void set_error(struct bp_dev *dev, const char *property, const char *text)
{
    snprintf(dev->fake->error, sizeof(dev->fake->error), "%s", text);
    snprintf(dev->fake->error_property, sizeof(dev->fake->error_property), "%s",
             property ? property : "");
}

static const struct bp_error_api error_api = {.size = sizeof(error_api), .set = set_error};

static const void *get(const struct bp_core *core, const char *id)
{
    static const struct {
        const char *id;
        const void *api;
    } table[] = {
        {BP_LOOP_ID, &loop_api},
        {BP_BACKEND_HOST_ID, &host_api},
        {BP_TRACE_ID, &trace_api},
        {BP_ERROR_ID, &error_api},
    };

    (void)core;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (!strcmp(table[i].id, id))
            return table[i].api;
    return NULL;
}

static const struct bp_core core = {.size = sizeof(core), .version = "0.1.0", .get = get};

/* --- instances ------------------------------------------------------------------------------------------------------ */

static const struct bp_backend_class *find_class(const char *type)
{
    void *object = dlopen(HOST_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    const struct bp_plugin *(*query)(void);
    const struct bp_backend_factory *factory;

    cr_assert_not_null(object, "%s", dlerror());
    *(void **)&query = dlsym(object, "bp_plugin_query_v1");
    cr_assert_not_null(query);
    factory = query()->get_factory(BP_FACTORY_BACKENDS);
    cr_assert_not_null(factory);
    for (size_t i = 0; factory->classes[i]; i++)
        if (!strcmp(factory->classes[i]->name, type))
            return factory->classes[i];
    cr_assert_fail("no back end %s", type);
    return NULL;
}

static void set_property(struct fake *f, const char *name, const char *text)
{
    for (uint32_t i = 0; i < f->cls->nprops; i++) {
        const struct bp_prop *p = &f->cls->props[i];
        uint8_t *at = (uint8_t *)f->self + p->offset;
        uint64_t number = strtoull(text, NULL, 0);

        if (strcmp(p->name, name))
            continue;
        switch (p->type) {
        case BP_PROP_STR:
        case BP_PROP_PATH:
            memcpy(at, &text, sizeof(text));
            return;
        case BP_PROP_BOOL:
            *at = !strcmp(text, "true");
            return;
        case BP_PROP_DURATION:
            number *= strstr(text, "ms") ? 1000000 : 1000000000;
            memcpy(at, &number, sizeof(number));
            return;
        case BP_PROP_SIZE:
            memcpy(at, &number, sizeof(number));
            return;
        default:
            cr_assert_fail("property %s has a type this test cannot write", name);
        }
    }
    cr_assert_fail("%s has no property %s", f->cls->name, name);
}

void fake_zeroed(struct fake *f, const char *type)
{
    memset(f, 0, sizeof(*f));
    device.fake = f;
    f->cls = find_class(type);
    f->self = aligned_alloc(64, (f->cls->instance_size + 63u) & ~63u);
    memset(f->self, 0, f->cls->instance_size);
}

int32_t fake_open(struct fake *f, const char *type, ...)
{
    const char *name;
    va_list args;

    fake_zeroed(f, type);
    for (uint32_t i = 0; i < f->cls->nprops; i++)
        if (f->cls->props[i].def)
            set_property(f, f->cls->props[i].name, f->cls->props[i].def);
    va_start(args, type);
    while ((name = va_arg(args, const char *)))
        set_property(f, name, va_arg(args, const char *));
    va_end(args);
    return f->cls->init(f->self, &device, &core);
}

void fake_close(struct fake *f)
{
    f->cls->finish(f->self);
    sweep(f);
    cr_expect_null(f->watches, "finish() left a watch behind");
    memset(f->self, 0xa5, f->cls->instance_size);
    free(f->self);
    f->self = NULL; /* work that ends now must not look at the instance */
    while (f->works) {
        run_works(f);
        usleep(1000);
    }
    while (f->timers) {
        struct fake_timer *next = f->timers->next;

        free(f->timers);
        f->timers = next;
    }
}

void fake_write(struct fake *f, const void *data, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        uint32_t before = f->writable;
        int64_t taken = f->cls->write(f->self, (const uint8_t *)data + done, bytes - done);

        cr_assert(taken >= 0 && (uint64_t)taken <= bytes - done);
        done += (size_t)taken;
        if (done < bytes)
            UNTIL(f, f->writable != before);
    }
}

int32_t fake_block(struct fake *f, uint32_t op, uint64_t offset, void *data, uint64_t bytes)
{
    struct bp_iovec iov = {data, bytes};
    struct bp_block_io io = {.size = sizeof(io),
                             .op = op,
                             .offset = offset,
                             .bytes = bytes,
                             .iov = &iov,
                             .niov = data ? 1 : 0};
    uint32_t before = f->completed;

    f->cls->submit(f->self, &io);
    UNTIL(f, f->completed != before);
    cr_assert_eq(f->completed, before + 1, "completed more than once");
    return f->last_status;
}

/* --- files ------------------------------------------------------------------------------------------------------------ */

static char folder[64];

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command))
        fprintf(stderr, "%s stays behind\n", folder);
}

const char *fake_path(const char *name)
{
    static char paths[8][160];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    if (!*folder) {
        strcpy(folder, "/tmp/backplane-test-XXXXXX");
        cr_assert_not_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

const char *fake_slurp(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");

    cr_assert_not_null(file, "%s: %s", path, strerror(errno));
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

void fake_spill(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file, "%s: %s", path, strerror(errno));
    cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
}
