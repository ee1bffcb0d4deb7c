/* SPDX-License-Identifier: Apache-2.0
 *
 * life.c - level 2: init() and finish() of every kind, in a core that is complete, lacks something,
 * or has no memory.
 */
#include <inttypes.h>
#include <string.h>

#include "being.h"
#include "imports.h"
#include "rig.h"

#define FAILURES_MOST 200u
#define FUZZ_ROUNDS   60u
#define FUZZ_STEPS    60u
#define WORK_STEPS    600u

void check_zeroed(struct kit *kit)
{
    const struct being_kind *kind = being_kind(kit);
    struct being *being = kind->make(kit);

    kit_own(kit, true);
    if (being)
        kind->end(being);
}

/* What every init() promises; true when it is ready. */
static bool good(struct kit *kit, const struct being_kind *kind, const struct being *being,
                 int32_t status, const char *when)
{
    if (status > 0)
        kit_fail(kit, "init() returns %" PRId32 " %s, which is no status", status, when);
    if (status == BP_E_INVAL && !kind->error(being)[0])
        kit_fail(kit, "init() returns BP_E_INVAL %s and does not say why", when);
    if (strchr(kind->error(being), '\n'))
        kit_fail(kit, "the text of bp.error/1 %s is more than one line", when);
    return !status;
}

void check_init(struct kit *kit)
{
    const struct being_kind *kind = being_kind(kit);
    struct being *being = kind->make(kit);
    struct random random = random_of(kit, 1);
    int32_t status;

    if (!being)
        return;
    status = kind->init(being);
    if (good(kit, kind, being, status, "with simple values"))
        kind->work(being, &random, WORK_STEPS);
    else if (!kit->shared->skipped[0])
        kit_fail(kit, "init() refuses simple values with status %" PRId32 ": %s", status,
                 kind->error(being)[0] ? kind->error(being) : "no text");
    kind->end(being);
}

void check_refuse(struct kit *kit)
{
    const struct being_kind *kind = being_kind(kit);
    struct random random = random_of(kit, 2);

    kit_own(kit, true);
    for (uint32_t i = 0; kind->iface(i); i++) {
        struct being *being = kind->make(kit);
        char when[64];
        int32_t status;

        if (!being)
            return;
        snprintf(when, sizeof when, "without %s", kind->iface(i));
        kind->without(being, kind->iface(i));
        status = kind->init(being);
        if (kit->shared->skipped[0]) {
            kind->end(being);
            return;
        }
        if (good(kit, kind, being, status, when))
            kind->work(being, &random, 32); /* then it can do without in all it does */
        else if (status != BP_E_UNSUPPORTED)
            kit_fail(kit, "init() returns %" PRId32 " %s", status, when);
        kind->end(being);
    }
}

/* The n-th request for memory, and all after it, fail. False when init() asked for less. */
static bool without_memory(struct kit *kit, const struct being_kind *kind, uint64_t n)
{
    struct being *being = kind->make(kit);
    uint32_t failed;
    int32_t status;

    if (!being)
        return false;
    imports_fail_at(n);
    status = kind->init(being);
    failed = imports_failed();
    imports_fail_at(UINT64_MAX);
    if (failed && status != BP_E_NOMEM && status && !kit->shared->skipped[0])
        kit_fail(kit, "init() returns %" PRId32 " when request %" PRIu64 " for memory fails",
                 status, n + 1);
    kind->end(being);
    return failed && !kit->shared->skipped[0];
}

static bool without_timer(struct kit *kit, uint32_t n)
{
    struct rig *rig = rig_open(kit, NULL);
    uint32_t made = 0;
    int32_t status;

    if (!rig)
        return false;
    rig->no_timer = n;
    status = rig_init(rig);
    for (const struct bp_timer *t = rig->t->timers; t; t = t->next)
        made++;
    if (!status)
        rig_reset(rig, BP_RESET_COLD);
    if (status != BP_E_NOMEM && status && !kit->shared->skipped[0])
        kit_fail(kit, "init() returns %" PRId32 " when timer %u cannot be made", status, n);
    rig_close(rig);
    return made >= n - 1 && status && !kit->shared->skipped[0];
}

void check_nomem(struct kit *kit)
{
    uint64_t n = 0;

    kit_own(kit, true);
    while (n < FAILURES_MOST && without_memory(kit, being_kind(kit), n))
        n++;
    for (uint32_t timer = 1; kit->device && timer < FAILURES_MOST && without_timer(kit, timer);)
        timer++;
}

/* --- get_iface ----------------------------------------------------------------------- */

static const char *const iface_ids[] = {
    "bp.fdt-node/1", "bp.counter/1", "bp.kit-does-not-exist/9", "", "bp.fdt-node",
};
#define NIDS (sizeof iface_ids / sizeof *iface_ids)

void check_iface(struct kit *kit)
{
    struct rig *rig = rig_open(kit, NULL);
    const void *first[NIDS];

    if (!rig)
        return;
    for (size_t i = 0; i < NIDS; i++)
        first[i] = rig_iface(rig, iface_ids[i]);
    for (size_t i = 2; i < NIDS; i++) {
        if (first[i])
            kit_fail(kit, "get_iface(\"%s\") returns something for an id it cannot know",
                     iface_ids[i]);
    }
    if (rig_start(rig)) {
        for (size_t i = 0; i < NIDS; i++) {
            const uint32_t *size = first[i];

            if (rig_iface(rig, iface_ids[i]) != first[i])
                kit_fail(kit, "get_iface(\"%s\") returns another pointer after init()",
                         iface_ids[i]);
            if (size && (*size < 16 || *size > 4096))
                kit_fail(kit, "%s: size %u is not that of a struct of functions", iface_ids[i],
                         *size);
        }
    }
    rig_close(rig);
}

/* --- properties ---------------------------------------------------------------------- */

void check_prop_fuzz(struct kit *kit)
{
    struct random random = random_of(kit, 3);

    for (uint32_t round = 0; round < FUZZ_ROUNDS && !kit_failed(kit); round++) {
        struct rig *rig = rig_open(kit, &random);
        int32_t status;

        if (!rig)
            return;
        kit_own(kit, true);
        status = rig_init(rig);
        kit_own(kit, false);
        if (kit->shared->skipped[0] && !kit_setting(kit, rig->t->error_property))
            kit->shared->skipped[0] = 0; /* a value the core refuses: the next one */
        else if (good(kit, &device_being, (struct being *)rig, status, "with random values")) {
            rig_reset(rig, BP_RESET_COLD);
            drive_many(rig, &random, ACT_ALL, FUZZ_STEPS);
        } else if (!rig->t->error[0] && status != BP_E_NOMEM) {
            kit_fail(kit, "init() refuses random values with status %" PRId32 " and no text",
                     status);
        }
        rig_close(rig);
    }
}
