/* SPDX-License-Identifier: Apache-2.0
 *
 * host.c - the interfaces of sdk/testhost with a doorman: who calls what, when, on which thread,
 * with which handle.
 */
#include <inttypes.h>

#include "guard.h"
#include "host.h"
#include "where.h"

#define RIGS_MAX 16u

static struct rig *rigs[RIGS_MAX];

void host_join(struct rig *rig)
{
    for (uint32_t i = 0; i < RIGS_MAX; i++) {
        if (!rigs[i]) {
            rigs[i] = rig;
            return;
        }
    }
}

void host_part(struct rig *rig)
{
    for (uint32_t i = 0; i < RIGS_MAX; i++) {
        if (rigs[i] == rig)
            rigs[i] = NULL;
    }
}

static const char *phase_name(uint32_t phase)
{
    static const struct {
        uint32_t phase;
        const char *name;
    } names[] = {
        {PHASE_INIT, "init()"},
        {PHASE_RESET, "reset()"},
        {PHASE_RUN, "a call in machine context"},
        {PHASE_DEBUG, "an access with BP_ACCESS_DEBUG"},
        {PHASE_SAVE, "pre_save()"},
        {PHASE_LOAD, "post_load()"},
        {PHASE_FINISH, "finish()"},
        {PHASE_FDT, "emit() of bp.fdt-node/1"},
        {PHASE_PARALLEL, "an access without the machine lock (BP_DEVICE_PARALLEL)"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].phase == phase)
            return names[i].name;
    }
    return "nowhere: nobody called the plug-in";
}

/* --- the doorman --------------------------------------------------------------------- */

/* May `rig` call `function` now? [machine] ones only from the thread that called the plug-in. */
bool host_allowed(struct rig *rig, const char *function, uint32_t phases)
{
    struct kit *kit = kit_here();

    if (!rig->parallel && !pthread_equal(rig->owner, pthread_self())) {
        kit_watch(kit, "context", where_caller(),
                  "calls %s on a thread of its own, which is not in the machine", function);
        return false;
    }
    if (rig->phase & phases)
        return true;
    if (rig->phase == PHASE_DEBUG)
        kit_watch(kit, "debug", where_caller(), "calls %s in %s", function, phase_name(rig->phase));
    else
        kit_watch(kit, "context", where_caller(), "calls %s in %s", function,
                  phase_name(rig->phase));
    return false;
}

/* The rig one of whose ports of the kinds (bit set) and direction is `handle`. NULL: a finding. */
struct rig *host_of_port(const void *handle, const char *function, uint32_t kinds, uint32_t dirs,
                         uint32_t *port)
{
    for (uint32_t i = 0; handle && i < RIGS_MAX; i++) {
        for (uint32_t p = 0; rigs[i] && p < rigs[i]->t->cls->nports; p++) {
            const struct bp_port *row = th_port_row(rigs[i]->t, p);

            if (rigs[i]->t->ports[p] != handle || !(kinds >> row->kind & 1) ||
                !(dirs >> row->dir & 1))
                continue;
            *port = p;
            return rigs[i];
        }
    }
    kit_watch(kit_here(), "contract", where_caller(), "%s: the handle is %s", function,
              handle ? "not that of such a port" : "NULL");
    return NULL;
}

struct rig *host_of_dev(const struct bp_dev *dev, const char *function)
{
    for (uint32_t i = 0; dev && i < RIGS_MAX; i++) {
        if (rigs[i] && &rigs[i]->t->dev == dev)
            return rigs[i];
    }
    kit_watch(kit_here(), "contract", where_caller(), "%s: the bp_dev is not the one init() got",
              function);
    return NULL;
}

static struct rig *of_timer(const struct bp_timer *timer, const char *function)
{
    for (uint32_t i = 0; timer && i < RIGS_MAX; i++) {
        for (const struct bp_timer *t = rigs[i] ? rigs[i]->t->timers : NULL; t; t = t->next) {
            if (t == timer)
                return rigs[i];
        }
    }
    kit_watch(kit_here(), "contract", where_caller(), "%s: the timer is none create() gave",
              function);
    return NULL;
}

void host_breach(const char *function, const char *what)
{
    kit_watch(kit_here(), "contract", where_caller(), "%s: %s", function, what);
}

#define LINES (1u << BP_PORT_IRQ | 1u << BP_PORT_GPIO | 1u << BP_PORT_RESET)
#define OUT   (1u << BP_DIR_OUT)

/* --- lines, clocks ------------------------------------------------------------------- */

static void line_set(struct bp_line *handle, uint32_t index, uint32_t level)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.line/1 set()", LINES, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.line/1 set()", PHASE_MACHINE))
        return;
    if (index >= handle->width) {
        char text[80];

        snprintf(text, sizeof text, "line %u of a port with %u", index, handle->width);
        host_breach("bp.line/1 set()", text);
        return;
    }
    if (handle->level[index] != (level != 0))
        tape_add(rig, TAPE_LINE, port, index, level != 0);
    th_api_line_set(handle, index, level);
}

static uint32_t line_get(struct bp_line *handle, uint32_t index)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.line/1 get()", LINES, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.line/1 get()", PHASE_ALL))
        return 0;
    if (index >= handle->width)
        host_breach("bp.line/1 get()", "a line beyond the port's width");
    return th_api_line_get(handle, index);
}

static uint64_t clock_hz(struct bp_clock_in *handle)
{
    uint32_t port;
    struct rig *rig =
        host_of_port(handle, "bp.clock/1 hz()", 1u << BP_PORT_CLOCK, 1u << BP_DIR_IN, &port);

    return rig && host_allowed(rig, "bp.clock/1 hz()", PHASE_ALL) ? th_api_clock_hz(handle) : 0;
}

static void clock_set_hz(struct bp_clock_out *handle, uint64_t hz)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.clock/1 set_hz()", 1u << BP_PORT_CLOCK, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.clock/1 set_hz()", PHASE_MACHINE))
        return;
    tape_add(rig, TAPE_CLOCK, port, hz, 0);
    th_api_clock_set_hz(handle, hz);
}

/* --- time ---------------------------------------------------------------------------- */

static uint64_t now(struct bp_dev *dev, uint32_t clock)
{
    struct rig *rig = host_of_dev(dev, "bp.timer/1 now()");

    if (clock > BP_TIME_WALL)
        host_breach("bp.timer/1 now()", "no such clock");
    return rig ? th_api_now(dev, clock) : 0;
}

static struct bp_timer *timer_create_(struct bp_dev *dev, const char *name, void (*fn)(void *self))
{
    struct rig *rig = host_of_dev(dev, "bp.timer/1 create()");
    uint32_t made = 1;

    if (!rig || !host_allowed(rig, "bp.timer/1 create()", PHASE_INIT))
        return NULL;
    if (!name || !fn) {
        host_breach("bp.timer/1 create()", "no name, or no function");
        return NULL;
    }
    for (const struct bp_timer *t = rig->t->timers; t; t = t->next)
        made++;
    return rig->no_timer && made >= rig->no_timer ? NULL : th_api_timer_create(dev, name, fn);
}

static void timer_arm(struct bp_timer *timer, uint64_t deadline)
{
    struct rig *rig = of_timer(timer, "bp.timer/1 arm()");

    if (rig && host_allowed(rig, "bp.timer/1 arm()", PHASE_MACHINE | PHASE_LOAD))
        th_api_timer_arm(timer, deadline);
}

static void timer_cancel(struct bp_timer *timer)
{
    struct rig *rig = of_timer(timer, "bp.timer/1 cancel()");

    if (rig && host_allowed(rig, "bp.timer/1 cancel()", PHASE_MACHINE | PHASE_LOAD | PHASE_FINISH))
        th_api_timer_cancel(timer);
}

/* --- the rest ------------------------------------------------------------------------ */

static void power(struct bp_dev *dev, uint32_t action, uint32_t code)
{
    struct rig *rig = host_of_dev(dev, "bp.machine/1 power()");

    if (!rig || !host_allowed(rig, "bp.machine/1 power()", PHASE_MACHINE))
        return;
    if (action > BP_POWER_FAIL)
        host_breach("bp.machine/1 power()", "no such action");
    tape_add(rig, TAPE_POWER, action, code, 0);
    th_api_power(dev, action, code);
}

static int32_t symbol(struct bp_dev *dev, const char *name, uint64_t *addr)
{
    struct rig *rig = host_of_dev(dev, "bp.machine/1 symbol()");

    if (!rig || !host_allowed(rig, "bp.machine/1 symbol()", PHASE_MACHINE))
        return BP_E_NOENT;
    *addr = TH_RAM_BASE + TH_RAM_BYTES / 2 + strlen(name) * 4096; /* a program has it all */
    return BP_OK;
}

static void log_line(struct bp_dev *dev, uint32_t level, const char *text)
{
    if (!host_of_dev(dev, "bp.trace/1 log()"))
        return;
    if (level > BP_LOG_DEBUG)
        host_breach("bp.trace/1 log()", "no such level");
    if (!text || strchr(text, '\n'))
        host_breach("bp.trace/1 log()", "the text is not one line");
    else
        th_api_log(dev, level, text);
}

static void emit(struct bp_dev *dev, uint32_t event, const uint64_t *args)
{
    struct rig *rig = host_of_dev(dev, "bp.trace/1 emit()");

    if (rig && event >= rig->t->cls->nevents)
        host_breach("bp.trace/1 emit()", "the class has no such event");
    else if (rig)
        th_api_emit(dev, event, args);
}

static void set_error(struct bp_dev *dev, const char *property, const char *text)
{
    struct rig *rig = host_of_dev(dev, "bp.error/1 set()");
    bool known = !property;

    if (!rig || !host_allowed(rig, "bp.error/1 set()", PHASE_ALL))
        return;
    for (uint32_t i = 0; property && i < rig->t->cls->nprops; i++)
        known = known || !strcmp(th_prop_row(rig->t, i)->name, property);
    if (!known)
        host_breach("bp.error/1 set()", "the class has no property of that name");
    if (!text)
        host_breach("bp.error/1 set()", "no text");
    else
        th_api_error(dev, property, text);
}

static pthread_mutex_t posts_lock = PTHREAD_MUTEX_INITIALIZER; /* threads of the plug-in post */

static int32_t post(struct bp_dev *dev, void (*fn)(void *, void *), void *ctx)
{
    struct rig *rig = host_of_dev(dev, "bp.thread/1 post()");

    int32_t status;

    if (!rig || rig->finished || rig->phase == PHASE_FINISH)
        return BP_E_STATE;
    pthread_mutex_lock(&posts_lock);
    status = th_api_post(dev, fn, ctx);
    pthread_mutex_unlock(&posts_lock);
    return status;
}

bool host_take_post(struct rig *rig, void (**fn)(void *, void *), void **ctx)
{
    struct th *t = rig->t;
    bool any;

    pthread_mutex_lock(&posts_lock);
    any = t->nposts != 0;
    if (any) {
        *fn = t->posts[0].fn;
        *ctx = t->posts[0].ctx;
        memmove(t->posts, t->posts + 1, --t->nposts * sizeof *t->posts);
    }
    pthread_mutex_unlock(&posts_lock);
    return any;
}

static uint32_t in_machine(struct bp_dev *dev)
{
    struct rig *rig = host_of_dev(dev, "bp.thread/1 in_machine()");

    return rig && rig->phase != PHASE_OUTSIDE && pthread_equal(rig->owner, pthread_self());
}

static const struct bp_line_api line_api = {sizeof line_api, 0, line_set, line_get};
static const struct bp_clock_api clock_api = {sizeof clock_api, 0, clock_hz, clock_set_hz};
static const struct bp_timer_api timer_api = {sizeof timer_api, 0,         now,
                                              timer_create_,    timer_arm, timer_cancel};
static const struct bp_machine_api machine_api = {sizeof machine_api, 0, power, symbol};
static const struct bp_trace_api trace_api = {sizeof trace_api, 0, log_line, emit};
static const struct bp_error_api error_api = {sizeof error_api, 0, set_error};
static const struct bp_thread_api thread_api = {sizeof thread_api, 0, post, in_machine};

/* Every interface, and the size it had in SDK 0.1: up to the field named. */
#define UP_TO(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))
static const struct {
    const char *id;
    const void *iface;
    uint32_t size, first_size;
} offered[] = {
    {BP_LINE_ID, &line_api, sizeof line_api, UP_TO(bp_line_api, get)},
    {BP_CLOCK_ID, &clock_api, sizeof clock_api, UP_TO(bp_clock_api, set_hz)},
    {BP_TIMER_ID, &timer_api, sizeof timer_api, UP_TO(bp_timer_api, cancel)},
    {BP_DMA_ID, &host_dma_api, sizeof host_dma_api, UP_TO(bp_dma_api, unmap)},
    {BP_MEM_ID, &host_mem_api, sizeof host_mem_api, UP_TO(bp_mem_api, changed)},
    {BP_CHAR_ID, &host_char_api, sizeof host_char_api, UP_TO(bp_char_api, connected)},
    {BP_BLOCK_ID, &host_block_api, sizeof host_block_api, UP_TO(bp_block_api, drain)},
    {BP_MACHINE_ID, &machine_api, sizeof machine_api, UP_TO(bp_machine_api, symbol)},
    {BP_TRACE_ID, &trace_api, sizeof trace_api, UP_TO(bp_trace_api, emit)},
    {BP_ERROR_ID, &error_api, sizeof error_api, UP_TO(bp_error_api, set)},
    {BP_THREAD_ID, &thread_api, sizeof thread_api, UP_TO(bp_thread_api, in_machine)},
};

#define NOFFERED (sizeof offered / sizeof *offered)

const char *host_id(uint32_t i)
{
    return i < NOFFERED ? offered[i].id : NULL;
}

/* An interface as an older core has it: its size says so, and what came later is not there to be
 * read. */
static const void *small_iface(uint32_t i)
{
    static void *made[NOFFERED];

    if (!made[i]) {
        made[i] = guard_get(offered[i].first_size, 8, offered[i].id);
        if (!made[i])
            return NULL;
        memcpy(made[i], offered[i].iface, offered[i].first_size);
        memcpy(made[i], &offered[i].first_size, sizeof offered[i].first_size);
    }
    return made[i];
}

const void *host_get(const struct bp_core *core, const char *id)
{
    const struct th *t = (const struct th *)core;
    const struct rig *rig = t->user;

    if (!id || (t->without && !strcmp(t->without, id)))
        return NULL;
    for (uint32_t i = 0; i < NOFFERED; i++) {
        if (!strcmp(offered[i].id, id))
            return rig->core_small ? small_iface(i) : offered[i].iface;
    }
    return th_core_get(core, id);
}
