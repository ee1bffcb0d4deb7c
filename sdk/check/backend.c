/* SPDX-License-Identifier: Apache-2.0
 *
 * backend.c - back ends: a host that gives credit, takes input, submits requests and counts what
 * comes back.
 */
#include <inttypes.h>

#include "being.h"
#include "guard.h"
#include "loop.h"
#include "where.h"

#define CHUNK_MOST  4096u
#define CREDIT_MOST 4096u
#define REQUESTS    64u
#define QUIET_MS    1500 /* without a completion: then none will come */

struct request {
    struct bp_block_io io;
    struct bp_iovec iov[2];
    uint8_t *data[2]; /* between guards */
    bool open;
};

struct backend {
    struct shell shell;
    struct loop *loop;
    const struct bp_backend_class *cls;
    uint64_t credit; /* bytes it may still send */
    struct request requests[REQUESTS];
    uint32_t open;
    bool ready, finished;
};

static struct backend *of(const struct bp_dev *dev, const char *function)
{
    struct backend *b = dev && dev->th ? dev->th->user : NULL;

    if (!b)
        kit_watch(kit_here(), "contract", where_caller(),
                  "%s: the bp_dev is not the one init() got", function);
    else if (!shell_on_main(&b->shell, function))
        b = NULL;
    return b;
}

/* --- bp.backend-host/1 --------------------------------------------------------------- */

static void input(struct bp_dev *dev, const void *data, uint64_t bytes)
{
    struct backend *b = of(dev, "bp.backend-host/1 input()");
    volatile uint8_t last = 0;

    if (!b)
        return;
    if (bytes > b->credit) {
        kit_watch(b->shell.kit, "contract", where_caller(),
                  "input() of %" PRIu64 " bytes with a credit of %" PRIu64, bytes, b->credit);
        return;
    }
    for (uint64_t i = 0; i < bytes; i++)
        last = ((const uint8_t *)data)[i];
    (void)last;
    b->credit -= bytes;
}

static void event(struct bp_dev *dev, uint32_t code)
{
    struct backend *b = of(dev, "bp.backend-host/1 event()");

    if (b && (code < BP_CHAR_OPENED || code > BP_CHAR_BREAK))
        kit_watch(b->shell.kit, "contract", where_caller(), "event(%" PRIu32 ") does not exist",
                  code);
}

static void writable(struct bp_dev *dev)
{
    of(dev, "bp.backend-host/1 writable()");
}

static void complete(struct bp_dev *dev, struct bp_block_io *io, int32_t status)
{
    struct backend *b = of(dev, "bp.backend-host/1 complete()");

    if (!b)
        return;
    if (!status_known(status))
        kit_watch(b->shell.kit, "status", where_caller(), "complete() with status %" PRId32,
                  status);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        struct request *r = &b->requests[i];

        if (&r->io != io || !r->open)
            continue;
        r->open = false;
        b->open--;
        guard_put(r->data[0]);
        guard_put(r->data[1]);
        return;
    }
    kit_watch(b->shell.kit, "io", where_caller(), "completes a request that is not open");
}

static void request(struct bp_dev *dev, uint32_t power_action)
{
    struct backend *b = of(dev, "bp.backend-host/1 request()");

    if (b && power_action > BP_POWER_FAIL)
        kit_watch(b->shell.kit, "contract", where_caller(), "request(%" PRIu32 ") does not exist",
                  power_action);
}

static const struct bp_backend_host host_api = {sizeof host_api, 0,        input,  event,
                                                writable,        complete, request};

static const char *iface(uint32_t i)
{
    static const char *const ids[] = {BP_LOOP_ID,  BP_BACKEND_HOST_ID, BP_ERROR_ID,
                                      BP_TRACE_ID, BP_THREAD_ID,       NULL};

    return ids[i];
}

static const void *get(const struct bp_core *core, const char *id)
{
    const struct th *t = (const struct th *)core;

    if (t->without && !strcmp(t->without, id))
        return NULL;
    if (!strcmp(id, BP_LOOP_ID))
        return &loop_api;
    if (!strcmp(id, BP_BACKEND_HOST_ID))
        return &host_api;
    return !strcmp(id, BP_ERROR_ID) || !strcmp(id, BP_TRACE_ID) || !strcmp(id, BP_THREAD_ID)
               ? th_core_get(core, id)
               : NULL;
}

/* --- life ---------------------------------------------------------------------------- */

/* Runs the loop until no request is open, or nothing has been completed for a while. */
static void settle(struct backend *b)
{
    uint64_t since = loop_now_ms();
    uint32_t open = b->open;

    while (b->open && loop_now_ms() - since < QUIET_MS) {
        loop_turn(b->loop, 5);
        if (b->open != open)
            since = loop_now_ms();
        open = b->open;
    }
}

static void end(struct being *being)
{
    struct backend *b = (struct backend *)being;

    if (!kit_failed(b->shell.kit))
        settle(b);
    kit_doing(b->shell.kit, "finish()");
    if (b->shell.t && b->cls->finish)
        b->cls->finish(b->shell.t->self);
    loop_free(b->loop);
    shell_close(&b->shell);
    free(b);
}

static struct being *make(struct kit *kit)
{
    struct backend *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->cls = kit->backend;
    if (shell_open(&b->shell, kit, get))
        b->loop = loop_make(&b->shell);
    if (b->loop)
        return (struct being *)b;
    shell_close(&b->shell);
    free(b);
    return NULL;
}

static int32_t init(struct being *being)
{
    struct backend *b = (struct backend *)being;
    int32_t status = shell_furnish(&b->shell);

    if (status)
        return status;
    kit_doing(b->shell.kit, "init()");
    if (b->cls->init)
        status = b->cls->init(b->shell.t->self, &b->shell.t->dev, &b->shell.t->core);
    if (!status_known(status))
        kit_watch(b->shell.kit, "status", NULL, "init() returned %" PRId32, status);
    /* What the host has not is no mistake of the back end, if it says so. */
    if (status == BP_E_UNSUPPORTED && !b->shell.t->without && b->shell.t->error[0])
        kit_skip(b->shell.kit, "cannot run on this host: %s", b->shell.t->error);
    b->ready = !status;
    return status;
}

/* --- character ----------------------------------------------------------------------- */

static void write_some(struct backend *b, struct random *random)
{
    uint64_t bytes = random_below(random, CHUNK_MOST);
    uint8_t *data = guard_get(bytes, 1, "output");
    int64_t taken;

    if (!data)
        return;
    for (uint64_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)('a' + i % 26);
    guard_read_only(data);
    kit_doing(b->shell.kit, "write() of %" PRIu64 " bytes", bytes);
    taken = b->cls->write(b->shell.t->self, data, bytes);
    if (taken < 0 ? taken < BP_E_FULL : (uint64_t)taken > bytes)
        kit_watch(b->shell.kit, "io", NULL, "write() of %" PRIu64 " bytes returned %" PRId64, bytes,
                  taken);
    guard_put(data);
}

static void work_char(struct backend *b, struct random *random)
{
    if (random_below(random, 2)) {
        write_some(b, random);
    } else if (b->cls->credit && b->credit < CREDIT_MOST) {
        uint64_t more = random_below(random, CREDIT_MOST);

        b->credit += more;
        kit_doing(b->shell.kit, "credit() of %" PRIu64 " bytes", more);
        b->cls->credit(b->shell.t->self, more);
    }
    loop_turn(b->loop, 0);
}

/* --- block --------------------------------------------------------------------------- */

static bool good_info(struct backend *b, struct bp_block_info *info)
{
    int32_t status;

    *info = (struct bp_block_info){.size = sizeof *info};
    memset(info->id, 'x', sizeof info->id);
    kit_doing(b->shell.kit, "info()");
    status = b->cls->info(b->shell.t->self, info);
    if (status)
        kit_watch(b->shell.kit, "io", NULL, "info() returned %" PRId32 " after init()", status);
    else if (info->sector < 512 || (info->sector & (info->sector - 1)))
        kit_watch(b->shell.kit, "io", NULL,
                  "info() gives sectors of %" PRIu32 ", no power of two from 512 on", info->sector);
    else if (!memchr(info->id, 0, sizeof info->id))
        kit_watch(b->shell.kit, "io", NULL, "info() gives an id without an end");
    else
        return true;
    return false;
}

static struct request *free_request(struct backend *b)
{
    for (uint32_t i = 0; i < REQUESTS; i++) {
        if (!b->requests[i].open)
            return &b->requests[i];
    }
    return NULL;
}

static void submit(struct backend *b, struct random *random, const struct bp_block_info *info)
{
    struct request *r = free_request(b);
    uint64_t bytes = random_below(random, CHUNK_MOST) + 1, first;
    uint32_t op = (uint32_t)random_below(random, BP_BLOCK_ZERO + 1);
    bool data = op == BP_BLOCK_READ || op == BP_BLOCK_WRITE;

    if (!r || info->bytes < bytes)
        return;
    if ((info->flags & BP_BLOCK_READ_ONLY) && op != BP_BLOCK_FLUSH)
        op = BP_BLOCK_READ;
    first = random_below(random, bytes + 1);
    r->data[0] = guard_get(first, 1, "a piece of a request");
    r->data[1] = guard_get(bytes - first, 1, "a piece of a request");
    r->iov[0] = (struct bp_iovec){r->data[0], first};
    r->iov[1] = (struct bp_iovec){r->data[1], bytes - first};
    r->io = (struct bp_block_io){
        .size = sizeof r->io,
        .op = op,
        .offset = op == BP_BLOCK_FLUSH ? 0 : random_below(random, info->bytes - bytes + 1),
        .bytes = op == BP_BLOCK_FLUSH ? 0 : bytes,
        .iov = r->iov,
        .niov = data ? 2 : 0,
    };
    r->open = true;
    b->open++;
    kit_doing(b->shell.kit, "submit() of operation %" PRIu32 ", %" PRIu64 " bytes at %" PRIu64, op,
              r->io.bytes, r->io.offset);
    b->cls->submit(b->shell.t->self, &r->io);
}

static void work_block(struct backend *b, struct random *random, uint32_t steps)
{
    struct bp_block_info info;

    if (!good_info(b, &info))
        return;
    for (uint32_t i = 0; i < steps; i++) {
        submit(b, random, &info);
        loop_turn(b->loop, 0);
    }
    settle(b);
    if (b->open)
        kit_watch(b->shell.kit, "io", NULL, "%u requests are never completed", b->open);
}

static void work(struct being *being, struct random *random, uint32_t steps)
{
    struct backend *b = (struct backend *)being;

    if (b->cls->kind == BP_BACKEND_BLOCK) {
        work_block(b, random, steps < 100 ? steps : 100);
        return;
    }
    for (uint32_t i = 0; i < steps; i++)
        work_char(b, random);
}

static void without(struct being *being, const char *id)
{
    ((struct backend *)being)->shell.t->without = id;
}

static const char *error(const struct being *being)
{
    return ((const struct backend *)being)->shell.t->error;
}

const struct being_kind backend_being = {KIND_BACKEND, make,    init,  work,
                                         end,          without, iface, error};

/* --- checks -------------------------------------------------------------------------- */

static void need(struct kit *kit, bool there, const char *function)
{
    if (!there)
        kit_fail(kit, "has no %s()", function);
}

void check_functions(struct kit *kit)
{
    const struct bp_backend_class *b = kit->backend;

    if (b && b->kind == BP_BACKEND_CHAR) {
        need(kit, b->write, "write");
    } else if (b && b->kind == BP_BACKEND_BLOCK) {
        need(kit, b->info, "info");
        need(kit, b->submit, "submit");
    } else if (b) {
        kit_fail(kit, "is of kind %" PRIu32 ", which is neither CHAR nor BLOCK", b->kind);
    } else if (kit->cpu) {
        need(kit, kit->cpu->init && kit->cpu->reset && kit->cpu->set_boot, "init, reset, set_boot");
        need(kit, kit->cpu->translate && kit->cpu->walk && kit->cpu->fault && kit->cpu->poll,
             "translate, walk, fault, poll");
    } else {
        const struct bp_accel_class *a = kit->accel;

        need(kit, a->init && a->vcpu_create && a->vcpu_destroy && a->vcpu_api,
             "init, vcpu_create, vcpu_destroy, vcpu_api");
        need(kit, a->run && a->kick && a->stop && a->map_changed && a->ram_written,
             "run, kick, stop, map_changed, ram_written");
        if (a->ir_min > a->ir_max)
            kit_fail(kit, "takes IR majors %" PRIu32 " to %" PRIu32, a->ir_min, a->ir_max);
    }
}

void check_backend_io(struct kit *kit)
{
    struct random random = random_of(kit, 15);
    struct being *being = make(kit);

    if (!being)
        return;
    if (!init(being))
        work(being, &random, 1000);
    end(being);
}
