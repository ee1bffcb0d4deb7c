/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.c - the life of a device in the kit, and everything the machine does to it, each with its
 * phase.
 */
#include "rig.h"

#include <inttypes.h>

#include "guard.h"
#include "values.h"
#include "where.h"

#define REGION_BYTES  (1u << 20) /* of regions that leave their size to the description */
#define MEDIUM_BYTES  (1u << 20)
#define CLOCK_HZ      10000000u
#define TIMER_CALLS   4096u /* at most in one advance */
#define TIMER_STORM   512u  /* calls in a row that get no further in time */
#define CHAR_ROOM_MAX (16u << 20)
#define POSTS_MAX     1024u /* that are run in a row */

uint32_t rig_enter(struct rig *rig, uint32_t phase)
{
    uint32_t before = rig->phase;

    rig->phase = phase;
    rig->owner = pthread_self();
    return before;
}

/* What the core does once nobody is in the device: input that it made room for. */
static void deliver(struct rig *rig)
{
    while (rig->resume && rig->phase == PHASE_OUTSIDE && !rig->finished) {
        rig->resume = false;
        rig->phase = PHASE_RUN;
        if (rig->t->chr.client && rig->t->chr.client->on_input)
            th_api_char_resume(&rig->t->chr);
        rig->phase = PHASE_OUTSIDE;
    }
}

void rig_leave(struct rig *rig, uint32_t phase)
{
    rig->phase = phase;
    deliver(rig);
}

void rig_violations(struct rig *rig)
{
    if (rig->t->violations)
        kit_watch(rig->kit, "contract", NULL, "%s", rig->t->violation);
    rig->t->violations = 0;
}

void rig_status(struct rig *rig, int32_t status, const char *what, const void *function)
{
    if (!status_known(status))
        kit_watch(rig->kit, "status", function, "%s returned %" PRId32, what, status);
}

/* --- a host with values -------------------------------------------------------------- */

static bool too_large(struct kit *kit)
{
    const struct bp_device_class *cls = kit->device;

    if (cls->nprops <= TH_MAX_PROPS && cls->nports <= TH_MAX_PORTS &&
        cls->nregions <= TH_MAX_REGIONS)
        return false;
    kit_skip(kit, "the kit's host takes %d properties, %d ports and %d regions", TH_MAX_PROPS,
             TH_MAX_PORTS, TH_MAX_REGIONS);
    return true;
}

/* --props TYPE.PORT=SIZE, for devices that take no medium of any size. */
static uint64_t medium_bytes(const struct rig *rig)
{
    const char *name = th_port_row(rig->t, rig_port_of_kind(rig, BP_PORT_BLOCK))->name;
    const char *given = kit_setting(rig->kit, name);
    uint64_t bytes;

    return given && th_store_number(&bytes, BP_PROP_SIZE, given, NULL) ? bytes : MEDIUM_BYTES;
}

static void furnish(struct rig *rig)
{
    struct th *t = rig->t;

    t->user = rig;
    t->core.get = host_get;
    t->chr.attached = 1;
    t->chr.connected = 1;
    for (uint32_t i = 0; i < t->cls->nregions; i++)
        t->region_bytes[i] = REGION_BYTES;
    for (uint32_t i = 0; i < t->cls->nports; i++)
        t->clock_hz[i] = CLOCK_HZ;
    if (rig_port_of_kind(rig, BP_PORT_BLOCK) != BP_NO_OFFSET)
        th_insert(t, medium_bytes(rig), 0, "kit");
}

struct rig *rig_open(struct kit *kit, struct random *random)
{
    struct rig *rig;

    if (too_large(kit))
        return NULL;
    rig = calloc(1, sizeof *rig);
    if (!rig)
        return kit_skip(kit, "the host has no memory"), NULL;
    rig->kit = kit;
    rig->owner = pthread_self();
    rig->t = th_new_in(kit->device, &guard_memory);
    if (!rig->t) {
        free(rig);
        return kit_skip(kit, "the host has no memory"), NULL;
    }
    furnish(rig);
    host_join(rig);
    if (!values_give(kit, rig->t, random) || !places_furnish(rig, random)) {
        rig_close(rig);
        return NULL;
    }
    return rig;
}

/* --- life ---------------------------------------------------------------------------- */

int32_t rig_init(struct rig *rig)
{
    struct th *t = rig->t;
    uint32_t before;
    int32_t status = th_props_write(t);

    if (status) {
        kit_skip(rig->kit, "property %s: %s", t->error_property, t->error);
        return status;
    }
    status = th_ports_create(t);
    if (!status)
        status = th_regions_create(t);
    if (status) {
        kit_skip(rig->kit, "the host has no memory");
        return status;
    }
    if (BP_HAS(t->cls, seat_stride))
        th_seats_write(t);
    for (uint32_t i = 0; i < t->nprops; i++)
        guard_read_only(t->props[i].storage);
    kit_doing(rig->kit, "init()");
    before = rig_enter(rig, PHASE_INIT);
    if (t->cls->init)
        status = t->cls->init(t->self, &t->dev, &t->core);
    rig_leave(rig, before);
    t->initialised = 1;
    rig_status(rig, status, "init()", (const void *)(uintptr_t)t->cls->init);
    return status;
}

bool rig_start(struct rig *rig)
{
    int32_t status = rig_init(rig);

    if (status && !rig->kit->shared->skipped[0])
        kit_fail(rig->kit, "init() returns %" PRId32 " (%s%s%s) for a device as the kit sets it up",
                 status, rig->t->error_property, rig->t->error_property[0] ? ": " : "",
                 rig->t->error[0] ? rig->t->error : "no text");
    if (status)
        return false;
    rig_reset(rig, BP_RESET_COLD);
    return true;
}

struct rig *rig_started(struct kit *kit, struct random *random)
{
    struct rig *rig = rig_open(kit, random);

    if (!rig || rig_start(rig))
        return rig;
    rig_close(rig);
    return NULL;
}

void rig_finish(struct rig *rig)
{
    uint32_t before;

    if (rig->finished)
        return;
    rig_posted(rig);
    if (rig->t->initialised) {
        before = rig_enter(rig, PHASE_RUN);
        kit_doing(rig->kit, "completing block requests before finish()");
        th_api_block_drain(&rig->t->block);
        rig_leave(rig, before);
    }
    kit_doing(rig->kit, "finish()");
    before = rig_enter(rig, PHASE_FINISH);
    if (rig->t->cls->finish)
        rig->t->cls->finish(rig->t->self);
    rig->finished = true;
    rig_leave(rig, before);
    if (rig->t->nmaps && !kit_failed(rig->kit))
        kit_watch(rig->kit, "dma", NULL, "%u map() of guest memory are not undone", rig->t->nmaps);
}

void rig_close(struct rig *rig)
{
    if (!rig)
        return;
    rig_finish(rig);
    guard_check(rig->kit);
    host_part(rig);
    th_free(rig->t);
    free(rig->tape.entries);
    free(rig);
}

void rig_reset(struct rig *rig, uint32_t kind)
{
    static const char *const names[] = {"cold", "warm", "bus"};
    uint32_t before;

    kit_doing(rig->kit, "reset(), %s", names[kind]);
    before = rig_enter(rig, PHASE_RESET);
    th_reset(rig->t, kind);
    rig_leave(rig, before);
    rig_violations(rig);
}

/* --- what the machine does ----------------------------------------------------------- */

/* The register an access begins in, for people. */
static const char *register_at(struct rig *rig, const struct bp_region *row, uint64_t addr)
{
    uint32_t index;
    struct bp_reg reg;

    if (!row->nregs || row->bank || /* which would call the device */
        !th_reg_find(rig->t, row, addr, &reg, &index))
        return "no table row";
    return reg.name ? reg.name : "a row without a name";
}

int32_t rig_access(struct rig *rig, uint32_t region, uint64_t addr, uint32_t width, uint32_t flags,
                   uint64_t *value, uint32_t write)
{
    const struct bp_region *row = th_region_row(rig->t, region);
    uint32_t before;
    int32_t status;

    if (write)
        kit_doing(rig->kit, "write of %#" PRIx64 ", %u bytes, to %s + %#" PRIx64 " (%s)", *value,
                  width, row->name, addr, register_at(rig, row, addr));
    else
        kit_doing(rig->kit, "%s of %u bytes from %s + %#" PRIx64 " (%s)",
                  flags & BP_ACCESS_DEBUG ? "debug read" : "read", width, row->name, addr,
                  register_at(rig, row, addr));
    before = rig_enter(rig, flags & BP_ACCESS_DEBUG ? PHASE_DEBUG : PHASE_RUN);
    status = th_access(rig->t, region, addr, width, flags, value, write);
    rig_leave(rig, before);
    rig_status(rig, status, write ? "write()" : "read()",
               write ? (const void *)(uintptr_t)row->write : (const void *)(uintptr_t)row->read);
    if (!write && !status)
        tape_add(rig, TAPE_READ, region, addr, *value);
    else
        tape_add(rig, TAPE_STATUS, region, addr, (uint64_t)(int64_t)status);
    rig_violations(rig);
    return status;
}

void rig_line(struct rig *rig, uint32_t port, uint32_t index, uint32_t level)
{
    const struct bp_port *row = th_port_row(rig->t, port);
    struct bp_line *line = rig->t->ports[port];
    uint32_t before;

    if (index >= line->width || line->level[index] == level)
        return;
    line->level[index] = (uint8_t)level;
    kit_doing(rig->kit, "on_line() of %s, line %u becomes %u", row->name, index, level);
    before = rig_enter(rig, PHASE_RUN);
    if (row->on_line)
        row->on_line(rig->t->self, index, level);
    rig_leave(rig, before);
}

void rig_clock(struct rig *rig, uint32_t port, uint64_t hz)
{
    const struct bp_port *row = th_port_row(rig->t, port);
    struct bp_clock_in *clock = rig->t->ports[port];
    uint32_t before;

    if (clock->hz == hz)
        return;
    clock->hz = hz;
    kit_doing(rig->kit, "on_clock() of %s, %" PRIu64 " Hz", row->name, hz);
    before = rig_enter(rig, PHASE_RUN);
    if (row->on_clock)
        row->on_clock(rig->t->self, hz);
    rig_leave(rig, before);
}

static void fire(struct rig *rig, struct bp_timer *timer)
{
    uint32_t before;

    kit_doing(rig->kit, "timer %s, due at %" PRIu64 ", at %" PRIu64 " ns", timer->name,
              timer->deadline, rig->t->now);
    timer->armed = 0;
    before = rig_enter(rig, PHASE_RUN);
    timer->fn(rig->t->self);
    rig_leave(rig, before);
}

void rig_advance(struct rig *rig, uint64_t ns, uint64_t late)
{
    struct th *t = rig->t;
    uint64_t end = ns > UINT64_MAX - t->now ? UINT64_MAX : t->now + ns, stuck_at = UINT64_MAX;
    uint32_t stuck = 0;

    for (uint32_t calls = 0; calls < TIMER_CALLS; calls++) {
        struct bp_timer *timer = th_next_timer(t);

        if (!timer || timer->deadline > end)
            break;
        if (timer->deadline > t->now)
            t->now = late > end - timer->deadline ? end : timer->deadline + late;
        stuck = timer->deadline == stuck_at ? stuck + 1 : 0;
        stuck_at = timer->deadline;
        if (stuck == TIMER_STORM) {
            kit_watch(
                rig->kit, "timer", (const void *)(uintptr_t)timer->fn,
                "timer %s is armed again and again for the same instant, so time stands still",
                timer->name);
            return;
        }
        fire(rig, timer);
    }
    if (t->now < end && (!th_next_timer(t) || th_next_timer(t)->deadline > end))
        t->now = end;
    places_step(rig);
}

/* The room a device reports; a finding when that is no number of bytes. */
static uint32_t room_of(struct rig *rig)
{
    const struct bp_char_client *client = rig->t->chr.client;
    uint32_t before, room;

    if (!client || !client->room || !client->on_input)
        return 0;
    kit_doing(rig->kit, "room() of the character port");
    before = rig_enter(rig, PHASE_RUN);
    room = client->room(rig->t->self);
    rig_leave(rig, before);
    if (room > CHAR_ROOM_MAX)
        kit_watch(rig->kit, "status", (const void *)(uintptr_t)client->room,
                  "room() returned %" PRIu32 ", which no device has", room);
    return room > CHAR_ROOM_MAX ? 0 : room;
}

void rig_type(struct rig *rig, const void *data, uint32_t bytes)
{
    uint32_t before;

    if (rig->t->chr.nqueue > 4096 || !room_of(rig))
        return;
    kit_doing(rig->kit, "on_input() of %u bytes", bytes);
    before = rig_enter(rig, PHASE_RUN);
    th_type(rig->t, data, bytes);
    rig_leave(rig, before);
}

void rig_accept(struct rig *rig, uint32_t bytes)
{
    uint32_t before;

    kit_doing(rig->kit, "on_writable() of the character port");
    before = rig_enter(rig, PHASE_RUN);
    th_accept(rig->t, bytes);
    rig_leave(rig, before);
}

void rig_char_event(struct rig *rig, uint32_t event)
{
    const struct bp_char_client *client = rig->t->chr.client;
    uint32_t before;

    if (event == BP_CHAR_OPENED || event == BP_CHAR_CLOSED)
        rig->t->chr.connected = event == BP_CHAR_OPENED;
    kit_doing(rig->kit, "on_event(%u) of the character port", event);
    before = rig_enter(rig, PHASE_RUN);
    if (client && client->on_event)
        client->on_event(rig->t->self, event);
    rig_leave(rig, before);
}

void rig_complete(struct rig *rig, uint32_t index, int32_t status)
{
    uint32_t before;

    if (index >= rig->t->block.nrequests)
        return;
    kit_doing(rig->kit, "on_complete() of the block port with status %d", (int)status);
    rig->t->block.fail = status;
    before = rig_enter(rig, PHASE_RUN);
    th_complete_at(rig->t, index);
    rig_leave(rig, before);
    rig->t->block.fail = BP_OK;
}

void rig_posted(struct rig *rig)
{
    void (*fn)(void *self, void *ctx);
    uint32_t before;
    void *ctx;

    for (uint32_t i = 0; i < POSTS_MAX && host_take_post(rig, &fn, &ctx); i++) {
        kit_doing(rig->kit, "a function posted with bp.thread/1");
        before = rig_enter(rig, PHASE_RUN);
        fn(rig->t->self, ctx);
        rig_leave(rig, before);
    }
}

const void *rig_iface(struct rig *rig, const char *id)
{
    kit_doing(rig->kit, "get_iface(\"%s\")", id);
    return rig->t->cls->get_iface ? rig->t->cls->get_iface(rig->t->self, id) : NULL;
}

uint32_t rig_port_of_kind(const struct rig *rig, uint32_t kind)
{
    for (uint32_t i = 0; i < rig->t->cls->nports; i++) {
        if (th_port_row(rig->t, i)->kind == kind)
            return i;
    }
    return BP_NO_OFFSET;
}

bool rig_has_time(const struct rig *rig)
{
    return rig->t->timers || rig_port_of_kind(rig, BP_PORT_CLOCK) != BP_NO_OFFSET;
}
